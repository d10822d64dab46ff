//! What every instruction chip has: selectors, pc, clock, fp, register accesses, the Program lookup, the State messages.
//!
//! A [`Frame`] is a [`ChipBuilder`] that also remembers where each of its columns comes from in a [`Step`], so that a
//! chip's own fill function deals with the chip's own columns only. Selectors are one column per instruction of the
//! chip, each 0 or 1, and so is their sum, which is `real`. Every multiplicity is `real` or a part of it, so all-zero
//! rows are silent.
//!
//! What binds the frame's columns: pc, clock and fp stand in the State receive; register numbers, constants and target
//! in the Program lookup, as does the opcode, the sum of selector times opcode; previous time and old limbs of an
//! access in its Memory receive. An access that only some real rows make has its columns forced to zero on the others.

use super::limbs::{sum, word};
use super::row::Row;
use crate::builder::{Bus, Chip, ChipBuilder, Col, Expr};
use crate::instruction::InstructionChip;
use std::fmt;
use zkc_isa::{Access, Inst, MAX_ACCESSES, Step, TICKS, ZkOp};

/// A field of an instruction that names a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    D,
    A,
    B,
    C,
}

/// Which access of a step an access of a chip is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Slot {
    /// The access with this number, zero if there is none.
    At(usize),
    /// The last one.
    Last,
    /// The access with this number in a step with that many accesses, else zero.
    Of(usize, u8),
    /// The access with this number if the step is of this instruction, else zero.
    For(usize, ZkOp),
}

impl Slot {
    fn of(self, step: &Step) -> Access {
        match self {
            Slot::At(i) => step.accesses[i],
            Slot::Last => step.accesses[usize::from(step.len.max(1)) - 1],
            Slot::Of(i, len) if step.len == len => step.accesses[i],
            Slot::For(i, op) if step.inst.op == op => step.accesses[i],
            Slot::Of(..) | Slot::For(..) => Access::default(),
        }
    }
}

/// Where a column's value comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    Selector(ZkOp),
    Pc,
    Clock,
    Fp,
    Register(Field),
    Imm(usize),
    Target,
    NextPc,
    PrevTs(Slot),
    Old(Slot, usize),
    New(Slot, usize),
}

/// One access to a word.
#[derive(Debug)]
pub(crate) struct AccessSpec {
    /// Word address.
    pub(crate) addr: Expr,
    /// Number of limbs of the old value that may be non-zero; more are zero, or the row has no proof.
    pub(crate) limbs: usize,
    /// Number of times (0 or 1) the row makes the access.
    pub(crate) when: Expr,
    /// Which access of the step it is.
    pub(crate) slot: Slot,
}

/// The fill function of a chip's own columns.
type Fill = Box<dyn Fn(&Step, &mut Row<'_>) + Send + Sync>;

/// A chip under construction.
pub(crate) struct Frame {
    /// The description so far.
    pub(crate) chip: ChipBuilder,
    /// Sum of the selectors: 1 on real rows, 0 on padding.
    pub(crate) real: Expr,
    /// Program counter.
    pub(crate) pc: Col,
    /// Clock.
    pub(crate) clock: Col,
    /// Frame pointer.
    pub(crate) fp: Col,
    selectors: Vec<(ZkOp, Col)>,
    sources: Vec<(Col, Source)>,
    settled: Vec<Col>,
    registers: [Expr; 4],
    imm: [Expr; 4],
    target: Expr,
    next_pc: Expr,
    next_fp: Expr,
    accesses: usize,
    time: Expr,
}

impl Frame {
    /// A chip for these instructions.
    pub(crate) fn new(name: impl Into<String>, ops: &[ZkOp]) -> Frame {
        let mut chip = ChipBuilder::new(name);
        let mut sources = Vec::new();
        let mut selectors = Vec::new();
        for &op in ops {
            let name = if ops.len() == 1 {
                "real".to_owned()
            } else {
                format!("is_{}", op.opcode().def().name)
            };
            let col = chip.column(&name);
            chip.assert_bool(format!("{name} is 0 or 1"), col);
            sources.push((col, Source::Selector(op)));
            selectors.push((op, col));
        }
        let real = sum(selectors.iter().map(|&(_, col)| col.into()));
        if ops.len() > 1 {
            chip.assert_bool("at most one selector is 1", &real);
        }
        let mut column = |name: &str, source| {
            let col = chip.column(name);
            sources.push((col, source));
            col
        };
        let (pc, clock, fp) = (
            column("pc", Source::Pc),
            column("clock", Source::Clock),
            column("fp", Source::Fp),
        );
        Frame {
            chip,
            real,
            pc,
            clock,
            fp,
            selectors,
            sources,
            settled: Vec::new(),
            registers: std::array::from_fn(|_| Expr::constant(0)),
            imm: std::array::from_fn(|_| Expr::constant(0)),
            target: Expr::constant(0),
            next_pc: pc + 1,
            next_fp: fp.into(),
            accesses: 0,
            time: Expr::constant(0),
        }
    }

    /// The selector of one of the chip's instructions.
    pub(crate) fn is(&self, op: ZkOp) -> Expr {
        let found = self.selectors.iter().find(|(o, _)| *o == op);
        found
            .map(|&(_, col)| col.into())
            .expect("a chip asks for selectors of its own instructions")
    }

    /// The sum of selectors: 1 if the row is one of these instructions.
    pub(crate) fn is_any(&self, ops: &[ZkOp]) -> Expr {
        sum(ops.iter().map(|&op| self.is(op)))
    }

    fn sourced(&mut self, name: impl Into<String>, source: Source) -> Col {
        let col = self.chip.column(name);
        self.sources.push((col, source));
        col
    }

    /// A register field of the instruction; gives the register's address.
    pub(crate) fn register(&mut self, field: Field) -> Expr {
        self.fp + self.register_number(field)
    }

    /// A register field of the instruction as a number.
    pub(crate) fn register_number(&mut self, field: Field) -> Col {
        let (name, at) = match field {
            Field::D => ("d", 0),
            Field::A => ("a", 1),
            Field::B => ("b", 2),
            Field::C => ("c", 3),
        };
        let col = self.sourced(name, Source::Register(field));
        self.registers[at] = col.into();
        col
    }

    /// The first `limbs` limbs of the constant; the others are zero, or the row has no proof.
    pub(crate) fn constant(&mut self, limbs: usize) -> Vec<Col> {
        (0..limbs).map(|i| self.constant_limb(i)).collect()
    }

    /// One limb of the constant.
    pub(crate) fn constant_limb(&mut self, i: usize) -> Col {
        let col = self.sourced(format!("imm{i}"), Source::Imm(i));
        self.imm[i] = col.into();
        col
    }

    /// Limbs of the constant that are expressions of columns the chip fills itself.
    pub(crate) fn constant_from(&mut self, limbs: &[Expr]) {
        self.imm = word(limbs);
    }

    /// The target of the instruction.
    pub(crate) fn target(&mut self) -> Col {
        let col = self.sourced("target", Source::Target);
        self.target = col.into();
        col
    }

    /// A column for the next program counter, which the chip must bind.
    pub(crate) fn next_pc_column(&mut self) -> Col {
        let col = self.sourced("next_pc", Source::NextPc);
        self.next_pc = col.into();
        col
    }

    /// Sets the next program counter; without this it is the next instruction's.
    pub(crate) fn set_next_pc(&mut self, next_pc: impl Into<Expr>) {
        self.next_pc = next_pc.into();
    }

    /// Sets the next frame pointer; without this it stays.
    pub(crate) fn set_next_fp(&mut self, next_fp: impl Into<Expr>) {
        self.next_fp = next_fp.into();
    }

    /// The next access of every real row.
    fn every(&mut self, addr: Expr, limbs: usize) -> AccessSpec {
        AccessSpec {
            addr,
            limbs,
            when: self.real.clone(),
            slot: Slot::At(self.accesses),
        }
    }

    /// Reads a word of at most `limbs` non-zero limbs.
    pub(crate) fn read(&mut self, name: &str, addr: Expr, limbs: usize) -> Vec<Col> {
        let spec = self.every(addr, limbs);
        self.read_if(name, spec)
    }

    /// Reads register `field`, a word of at most `limbs` non-zero limbs.
    pub(crate) fn read_register(&mut self, field: Field, limbs: usize) -> Vec<Col> {
        let addr = self.register(field);
        let name = match field {
            Field::D => "d",
            Field::A => "a",
            Field::B => "b",
            Field::C => "c",
        };
        self.read(name, addr, limbs)
    }

    /// Reads a word on some rows.
    pub(crate) fn read_if(&mut self, name: &str, spec: AccessSpec) -> Vec<Col> {
        let limbs = self.old_limbs(name, &spec);
        self.access(name, &spec, &word(&limbs), &word(&limbs));
        limbs
    }

    /// Overwrites register `d`.
    pub(crate) fn write_d(&mut self, new: &[Expr]) {
        let addr = self.register(Field::D);
        let spec = self.every(addr, 4);
        self.write_if("d", spec, new);
    }

    /// Overwrites a word of which nothing is known.
    pub(crate) fn write(&mut self, name: &str, addr: Expr, new: &[Expr]) {
        let spec = self.every(addr, 4);
        self.write_if(name, spec, new);
    }

    /// Overwrites a word on some rows.
    pub(crate) fn write_if(&mut self, name: &str, spec: AccessSpec, new: &[Expr]) {
        let old = self.old_limbs(&format!("{name}_old"), &spec);
        self.access(name, &spec, &word(&old), &word(new));
    }

    /// Columns for the value an access finds.
    pub(crate) fn old_limbs(&mut self, name: &str, spec: &AccessSpec) -> Vec<Col> {
        let slot = spec.slot;
        (0..spec.limbs)
            .map(|i| self.conditional(format!("{name}{i}"), Source::Old(slot, i), &spec.when))
            .collect()
    }

    /// Columns for the value an access leaves, which the chip must bind.
    pub(crate) fn new_limbs(&mut self, name: &str, slot: Slot, limbs: usize) -> Vec<Col> {
        (0..limbs)
            .map(|i| self.sourced(format!("{name}{i}"), Source::New(slot, i)))
            .collect()
    }

    /// A column that is zero on real rows on which `when` is 0.
    fn conditional(&mut self, name: String, source: Source, when: &Expr) -> Col {
        let col = self.sourced(&name, source);
        if *when != self.real {
            let idle = &self.real - when;
            self.chip
                .assert_zero(format!("{name} is zero without its access"), idle * col);
        }
        col
    }

    /// The messages of one access; the time moves on by one on every row.
    pub(crate) fn access(
        &mut self,
        name: &str,
        spec: &AccessSpec,
        old: &[Expr; 4],
        new: &[Expr; 4],
    ) {
        let prev_ts = self.conditional(format!("{name}_ts"), Source::PrevTs(spec.slot), &spec.when);
        let now = self.clock + &self.time;
        let tuple = |time: Expr, limbs: &[Expr; 4]| -> Vec<Expr> {
            [spec.addr.clone(), time]
                .into_iter()
                .chain(limbs.iter().cloned())
                .collect()
        };
        self.chip
            .receive(Bus::Memory, tuple(prev_ts.into(), old), &spec.when);
        self.chip
            .send(Bus::Memory, tuple(now.clone(), new), &spec.when);
        self.chip
            .lookup(Bus::Range16, vec![now - prev_ts - 1], &spec.when);
        self.accesses += 1;
        self.time = &self.time + 1;
    }

    /// Sets the time of the next access, in ticks after the clock.
    pub(crate) fn set_time(&mut self, tick: i64) {
        self.time = Expr::constant(tick);
    }

    /// Puts the time of the next access back by `back`, for accesses some rows do not make.
    pub(crate) fn set_time_back(&mut self, back: Expr) {
        self.time = &self.time - back;
    }

    /// Says that columns depend on the instruction alone, not on the words of the step.
    pub(crate) fn settle(&mut self, cols: &[Col]) {
        self.settled.extend(cols);
    }

    /// Adds a column that the chip's own function fills.
    pub(crate) fn column(&mut self, name: impl Into<String>) -> Col {
        self.chip.column(name)
    }

    /// Demands `expr = 0` on every row.
    pub(crate) fn assert_zero(&mut self, name: impl Into<String>, expr: impl Into<Expr>) {
        self.chip.assert_zero(name, expr);
    }

    /// Demands that `expr` is 0 or 1 on every row.
    pub(crate) fn assert_bool(&mut self, name: impl Into<String>, expr: impl Into<Expr>) {
        self.chip.assert_bool(name, expr);
    }

    /// Demands that `value` is below 2^16.
    pub(crate) fn range16(&mut self, value: impl Into<Expr>) {
        let real = self.real.clone();
        self.chip.lookup(Bus::Range16, vec![value.into()], real);
    }

    /// Demands that `value` is below 2^bits.
    pub(crate) fn bits(&mut self, bits: impl Into<Expr>, value: impl Into<Expr>) {
        let real = self.real.clone();
        self.chip
            .lookup(Bus::Bits, vec![bits.into(), value.into()], real);
    }

    /// Completes the chip. `fill` fills the columns that are the chip's own.
    pub(crate) fn finish(
        mut self,
        fill: impl Fn(&Step, &mut Row<'_>) + Send + Sync + 'static,
    ) -> InstructionRow {
        let opcode = match self.selectors[..] {
            [(op, _)] => Expr::constant(i64::from(op as u16)),
            _ => sum(self
                .selectors
                .iter()
                .map(|&(op, col)| col * i64::from(op as u16))),
        };
        let program = [self.pc.into(), opcode]
            .into_iter()
            .chain(self.registers)
            .chain(self.imm)
            .chain([self.target])
            .collect();
        self.chip.lookup(Bus::Program, program, &self.real);
        self.chip.receive(
            Bus::State,
            vec![self.pc.into(), self.clock.into(), self.fp.into()],
            &self.real,
        );
        self.chip.send(
            Bus::State,
            vec![self.next_pc, self.clock + i64::from(TICKS), self.next_fp],
            &self.real,
        );
        let mut chip = self.chip.finish();
        even_out(&mut chip);
        InstructionRow {
            chip,
            ops: self.selectors.iter().map(|&(op, _)| op).collect(),
            sources: self.sources,
            settled: self.settled,
            clock: self.clock,
            fp: self.fp,
            fill: Box::new(fill),
            claims: |_| true,
        }
    }
}

/// Two messages of one bus share an auxiliary column. If both Range16 and Bits have an odd number of lookups, one moves.
pub(crate) fn even_out(chip: &mut Chip) {
    let odd = |bus| chip.interactions.iter().filter(|i| i.bus == bus).count() % 2 == 1;
    if odd(Bus::Range16) && odd(Bus::Bits) {
        let moved = chip
            .interactions
            .iter_mut()
            .rfind(|i| i.bus == Bus::Range16)
            .expect("an odd number is not zero");
        moved.bus = Bus::Bits;
        moved.tuple.insert(0, Expr::constant(16));
    }
}

/// A finished instruction chip.
pub(crate) struct InstructionRow {
    chip: Chip,
    ops: Vec<ZkOp>,
    sources: Vec<(Col, Source)>,
    settled: Vec<Col>,
    clock: Col,
    fp: Col,
    fill: Fill,
    claims: fn(&Step) -> bool,
}

impl InstructionRow {
    /// Restricts the chip to the steps that `claims` accepts.
    pub(crate) fn only(mut self, claims: fn(&Step) -> bool) -> InstructionRow {
        self.claims = claims;
        self
    }

    /// Whether the frame fills this column.
    #[cfg(test)]
    pub(crate) fn is_sourced(&self, column: usize) -> bool {
        self.sources.iter().any(|(col, source)| {
            col.0 == column && !matches!(source, Source::New(..) | Source::NextPc)
        })
    }

    /// The chip's instructions.
    pub(crate) fn ops(&self) -> &[ZkOp] {
        &self.ops
    }

    /// The description.
    pub(crate) fn chip(&self) -> &Chip {
        &self.chip
    }

    /// The columns of clock and frame pointer, and the values of those columns that the instruction at `pc` determines.
    pub(crate) fn settled(&self, inst: &Inst, pc: u32) -> Settled {
        let step = Step {
            pc,
            clock: 0,
            fp: 0,
            inst: *inst,
            len: 2,
            accesses: [Access::default(); MAX_ACCESSES],
            next_pc: pc + 1,
            next_fp: 0,
        };
        let mut row = vec![0; self.chip.columns.len()];
        self.fill(&step, &mut row);
        let fixed = self.sources.iter().filter(|(_, source)| {
            matches!(
                source,
                Source::Selector(_)
                    | Source::Pc
                    | Source::Register(_)
                    | Source::Imm(_)
                    | Source::Target
            )
        });
        let cols = fixed.map(|(col, _)| col).chain(&self.settled);
        Settled {
            clock: self.clock.0,
            fp: self.fp.0,
            values: cols.map(|col| (col.0, row[col.0])).collect(),
        }
    }

    /// Whether the chip proves this step of one of its instructions.
    pub(crate) fn claims(&self, step: &Step) -> bool {
        (self.claims)(step)
    }
}

/// What an instruction determines of its chip's row.
pub(crate) struct Settled {
    /// The column of the clock.
    pub(crate) clock: usize,
    /// The column of the frame pointer.
    pub(crate) fp: usize,
    /// Columns and their values.
    pub(crate) values: Vec<(usize, u32)>,
}

impl InstructionChip for InstructionRow {
    fn describe(&self) -> Chip {
        self.chip.clone()
    }

    fn fill(&self, step: &Step, row: &mut [u32]) {
        for &(col, source) in &self.sources {
            row[col.0] = match source {
                Source::Selector(op) => u32::from(step.inst.op == op),
                Source::Pc => step.pc,
                Source::Clock => step.clock,
                Source::Fp => step.fp,
                Source::Register(Field::D) => step.inst.d,
                Source::Register(Field::A) => step.inst.a,
                Source::Register(Field::B) => step.inst.b,
                Source::Register(Field::C) => step.inst.c,
                Source::Imm(i) => (step.inst.imm >> (16 * i)) as u32 & 0xffff,
                Source::Target => step.inst.target,
                Source::NextPc => step.next_pc,
                Source::PrevTs(slot) => slot.of(step).prev_ts,
                Source::Old(slot, i) => (slot.of(step).old >> (16 * i)) as u32 & 0xffff,
                Source::New(slot, i) => (slot.of(step).new >> (16 * i)) as u32 & 0xffff,
            };
        }
        (self.fill)(step, &mut Row(row));
    }
}

impl fmt::Debug for InstructionRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstructionRow")
            .field("name", &self.chip.name)
            .field("ops", &self.ops)
            .finish_non_exhaustive()
    }
}
