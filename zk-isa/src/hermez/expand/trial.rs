//! A row by itself: a program that runs a row's expansion on given operands, for the rows' costs and tests.
//!
//! There is no register allocation: each value has a stack word, and is loaded before and stored after a micro-operation.

use super::asm::{Asm, Code, Routine, SCRATCH_WORDS, Symbol};
use super::micro::*;
use super::rows::{Row, Sink, Value, expand, expand_branch};
use crate::ZkOp;
use crate::hermez::{
    Address, Counters, Goto, Index, Inputs, Jump, Label, Outcome, Program, Reg, Step,
};
use std::collections::BTreeMap;
use zkc_ir::Trap;

/// Static words of a trial.
const STATICS: u32 = 64;
const ALL: [Reg; 5] = [Reg::A, Reg::B, Reg::C, Reg::D, Reg::E];

/// A row with operands.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    /// The row.
    pub op: ZkOp,
    /// Its constant, as in [`Row`].
    pub imm: u64,
    /// Its static slot.
    pub slot: u32,
    /// Operands.
    pub args: &'a [u64],
    /// The memory.
    pub plan: MemoryPlan,
    /// Words of linear memory before, by word address.
    pub memory: &'a [(u32, u64)],
}

/// A trial's program.
#[derive(Clone, Debug)]
pub struct TrialProgram {
    /// The program; its result is in the variable `result`, its status in A.
    pub program: Program,
    /// What moves between registers and stack words add to the counters.
    overhead: Counters,
}

#[derive(Default)]
struct Writer {
    asm: Asm,
    values: u32,
    overhead: Counters,
}

impl Writer {
    fn slot(value: Value) -> Address {
        Address::sp(value as i32)
    }

    /// Registers for the operands of a shape.
    fn registers(shape: &Shape) -> Vec<Reg> {
        let mut taken: Vec<Reg> = shape.temps.clone();
        taken.extend(shape.uses.iter().filter_map(|want| match want {
            Want::In(reg) => Some(*reg),
            Want::Any | Want::Anywhere => None,
        }));
        let mut uses = Vec::new();
        for want in &shape.uses {
            let reg = match want {
                Want::In(reg) => *reg,
                Want::Any | Want::Anywhere => {
                    let free = ALL.into_iter().rev().find(|r| !taken.contains(r));
                    let free = free.expect("a shape leaves registers for its operands");
                    taken.push(free);
                    free
                }
            };
            uses.push(reg);
        }
        uses
    }

    fn push(&mut self, micro: &Micro, uses: &[Value], targets: &[Label]) -> Vec<Value> {
        let shape = micro.shape();
        let regs = Writer::registers(&shape);
        for (&value, &reg) in uses.iter().zip(&regs) {
            let load = Step::new().computed().load(Writer::slot(value));
            self.asm.push(load.set(reg));
        }
        let mut written: Vec<Reg> = Vec::new();
        for want in &shape.defs {
            written.push(match want {
                Want::In(reg) => *reg,
                Want::Any | Want::Anywhere => ALL
                    .into_iter()
                    .find(|r| {
                        !shape.temps.contains(r)
                            && !shape.clobbers.contains(r)
                            && !written.contains(r)
                            && !shape.defs.contains(&Want::In(*r))
                    })
                    .expect("a shape leaves registers for its results"),
            });
        }
        let places: Vec<Place> = written.iter().map(|&r| Place::Reg(r)).collect();
        micro.emit(
            &Site {
                uses: &regs,
                defs: &places,
                targets,
                around: Around::default(),
            },
            &mut self.asm,
        );
        let first = self.values;
        self.values += written.len() as u32;
        let results: Vec<Value> = (first..self.values).collect();
        for (&value, &reg) in results.iter().zip(&written) {
            self.asm
                .push(Step::new().reg(reg).store(Writer::slot(value)));
        }
        let moves = (uses.len() + results.len()) as u64;
        self.overhead.steps += moves;
        self.overhead.mem += moves;
        results
    }
}

impl Sink for Writer {
    fn micro(&mut self, micro: Micro, uses: &[Value]) -> Vec<Value> {
        self.push(&micro, uses, &[])
    }
}

impl Trial<'_> {
    /// The program; `None` for rows of calls and ends.
    pub fn program(&self) -> Option<TrialProgram> {
        let mut writer = Writer::default();
        for &arg in self.args {
            let value = Step::new().long(arg);
            writer.asm.push(value.store(Writer::slot(writer.values)));
            writer.values += 1;
        }
        let known = |&arg: &u64| {
            if arg >> 32 == 0 {
                0xffff_ffff
            } else {
                u64::MAX
            }
        };
        let max: Vec<u64> = match self.op.is_32() {
            true => vec![0xffff_ffff; self.args.len()],
            // a word says nothing of what it may be, an address is of 32 bits
            false => self.args.iter().map(known).collect(),
        };
        let args: Vec<Value> = (0..writer.values).collect();
        let row = Row {
            op: self.op,
            imm: self.imm,
            slot: self.slot,
            args: &args,
            max: &max,
            plan: self.plan,
        };
        // the same steps before and after: constants and the result
        let before = self.args.len() as u64;
        let mut result = None;
        if self.op.opcode().def().successors == Some(2) {
            let (test, uses, not) = expand_branch(&row, &mut writer)?;
            let (yes, no, end) = (writer.asm.label(), writer.asm.label(), writer.asm.label());
            writer.push(&Micro::Branch(test, not), &uses, &[yes, no]);
            let store = |holds: i128| Step::new().plus(holds).store(Writer::slot(100));
            writer.asm.bind(no);
            writer.asm.push(store(0).jmp(end));
            writer.asm.bind(yes);
            writer.asm.push(store(1));
            writer.asm.bind(end);
            writer.overhead.steps += 1;
            writer.overhead.mem += 1;
            result = Some(100);
        } else {
            let results = expand(&row, &mut writer)?;
            if self.op.form().has_d() {
                result = results.first().copied();
            }
        }
        if let Some(value) = result {
            let load = Step::new().computed().load(Writer::slot(value));
            writer.asm.push(load.set(Reg::A));
            let word = Address::var(super::asm::RESULTS, 0);
            writer.asm.push(Step::new().reg(Reg::A).store(word));
            writer.overhead.steps += 2;
            writer.overhead.mem += 2;
        }
        writer.asm.jump(Symbol::Done.label(), false);
        writer.overhead.steps += 1 + before;
        writer.overhead.mem += before;
        Some(self.link(writer))
    }

    fn link(&self, writer: Writer) -> TrialProgram {
        let mut overhead = writer.overhead;
        let mut program = Program::new();
        for (name, len) in [
            ("static", STATICS),
            ("argument", 1),
            ("result", 1),
            ("output", self.plan.output),
            ("memory_bytes", 1),
            ("scratch", SCRATCH_WORDS),
            ("hint", 1),
        ] {
            program.global(name, len);
        }
        let start = program.label("start");
        program.bind(start);
        let mut prologue = vec![Step::new().plus(1000).set(Reg::Sp)];
        let store = |value: u64, address: Address| Step::new().long(value).store(address);
        let var = |number: crate::hermez::Var, at: i32| Address::var(number, at);
        prologue.push(store(self.plan.pages.into(), var(super::asm::STATICS, 0)));
        let bytes = u64::from(self.plan.pages) << 16;
        prologue.push(store(bytes, var(super::asm::MEMORY_BYTES, 0)));
        for slot in 2..STATICS as i32 {
            prologue.push(store(1000 + slot as u64, var(super::asm::STATICS, slot)));
        }
        for &(word, value) in self.memory {
            if self.plan.is_large() {
                let context = i128::from(word >> 17) + 1;
                prologue.push(Step::new().plus(context).set(Reg::Ctx));
            }
            let word = (word & 0x1_ffff) as i32;
            prologue.push(store(value, Address::mem(Index::E, word)));
        }
        prologue.push(Step::new().set(Reg::Ctx));
        // `halt`'s two steps, which access memory, and the status
        overhead.steps += prologue.len() as u64 + 3;
        overhead.mem += prologue.iter().filter(|s| s.mem.is_some()).count() as u64 + 2;
        for step in prologue {
            program.push(step);
        }
        place(&mut program, &writer.asm.finish());
        for routine in Routine::ALL {
            let label = symbol(&mut program, Symbol::Routine(routine));
            program.bind(label);
            place(&mut program, &routine.code(self.plan));
        }
        let halt = program.label("halt");
        let done = symbol(&mut program, Symbol::Done);
        program.bind(done);
        program.push(Step::new().set(Reg::A).jmp(halt));
        for trap in Trap::ALL {
            let label = symbol(&mut program, Symbol::Trap(trap.code()));
            program.bind(label);
            program.push(Step::new().plus(trap.code().into()).set(Reg::A).jmp(halt));
        }
        program.bind(halt);
        for step in super::hints::last_rows(halt, start) {
            program.push(step);
        }
        let bad = symbol(&mut program, Symbol::Bad);
        program.bind(bad);
        program.push(Step::new().plus(1).set(Reg::A));
        program.push(Step::new().assert().jmp(bad));
        TrialProgram { program, overhead }
    }
}

impl TrialProgram {
    /// Status and result of a run.
    pub fn answer(&self, outcome: &Outcome) -> (Option<u64>, Option<u64>) {
        let (_, at) = self
            .program
            .address_parts(&Address::var(super::asm::RESULTS, 0));
        (
            outcome.registers.value(Reg::A),
            outcome.memory.word(at as u64),
        )
    }

    /// What a run's expansion alone took.
    pub fn counters(&self, inputs: &Inputs) -> Option<Counters> {
        let all = crate::hermez::run(&self.program, inputs, 1 << 16)
            .ok()?
            .counters;
        Some(Counters {
            steps: all.steps.checked_sub(self.overhead.steps)?,
            arith: all.arith,
            binary: all.binary,
            mem: all.mem.checked_sub(self.overhead.mem)?,
            mem_align: all.mem_align,
        })
    }
}

fn symbol(program: &mut Program, symbol: Symbol) -> Label {
    program.label(&match symbol {
        Symbol::Trap(code) => format!("trap_{code}"),
        Symbol::Routine(routine) => routine.name().to_owned(),
        Symbol::Origin => "start".to_owned(),
        Symbol::Bad | Symbol::Done | Symbol::Function(_) => format!("{symbol:?}").to_lowercase(),
    })
}

/// Appends code with its labels.
fn place(program: &mut Program, code: &Code) {
    place_with(program, code, &mut symbol);
}

/// Appends code with its labels; `name` gives the program's label of a symbol.
pub fn place_with(
    program: &mut Program,
    code: &Code,
    name: &mut dyn FnMut(&mut Program, Symbol) -> Label,
) {
    let mut own: BTreeMap<Label, Label> = BTreeMap::new();
    let mut at: BTreeMap<u32, Vec<Label>> = BTreeMap::new();
    let mut steps = Vec::with_capacity(code.steps.len());
    for step in &code.steps {
        let mut step = step.clone();
        let mut map = |label: Label| -> Label {
            if let Some(symbol) = Symbol::of(label) {
                return name(program, symbol);
            }
            *own.entry(label).or_insert_with(|| {
                let new = program.fresh_label("l");
                let position = code.labels[label.0 as usize];
                at.entry(position).or_default().push(new);
                new
            })
        };
        step.lhs.label = step.lhs.label.map(&mut map);
        let mut goto = |goto: Goto| match goto {
            Goto::Next => Goto::Next,
            Goto::Label(label) => Goto::Label(map(label)),
            Goto::Indirect(label, index) => Goto::Indirect(label.map(&mut map), index),
        };
        step.jump = match step.jump {
            Jump::Jmp(to) => Jump::Jmp(goto(to)),
            Jump::Call(to) => Jump::Call(goto(to)),
            Jump::If(condition, to, other) => Jump::If(condition, goto(to), goto(other)),
            other => other,
        };
        steps.push(step);
    }
    for (index, step) in (0..).zip(steps) {
        for label in at.remove(&index).unwrap_or_default() {
            program.bind(label);
        }
        program.push(step);
    }
    for label in at.into_values().flatten() {
        program.bind(label);
    }
}
