//! Tests of the instruction chips, row by row, without a proof system.
//!
//! [`accept`] evaluates a row: all constraints, all lookups into static tables, and gives the other messages. Honest
//! rows must be accepted with exactly the messages their step demands; rows with a cell changed must be refused or say
//! something else.

mod alu;
mod control;
mod cost;
mod memory;

use super::{build, select};
use crate::builder::{Bus, Chip, Expr, Node};
use crate::gadgets::InstructionRow;
use crate::instruction::{InstructionChip, ORDER};
use std::sync::LazyLock;
use zkc_isa::{Access, Inst, MAX_ACCESSES, STACK_BASE, Step, ZkOp};

const P: u64 = ORDER as u64;

/// Values at which limbs, signs and widths change.
pub(super) const EDGES: [u64; 20] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x8000_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
    0xffff_0000_ffff_0000,
    0x0001_0002_0003_0004,
    0xfeff_fe01_7f00_0001,
    0xffff_ffff_8000_0000,
];

struct Ready {
    row: InstructionRow,
    chip: Chip,
}

static CHIPS: LazyLock<Vec<Ready>> = LazyLock::new(|| {
    build()
        .into_iter()
        .map(|row| Ready {
            chip: row.describe(),
            row,
        })
        .collect()
});

/// A message that is not a lookup into a static table: bus, tuple, multiplicity.
pub(super) type Message = (Bus, Vec<u64>, u64);

fn eval(expr: &Expr, row: &[u32]) -> u64 {
    match &*expr.0 {
        Node::Const(c) => c.rem_euclid(P as i64) as u64,
        Node::Main { col, next: false } => u64::from(row[*col]),
        Node::Add(a, b) => (eval(a, row) + eval(b, row)) % P,
        Node::Sub(a, b) => (eval(a, row) + P - eval(b, row)) % P,
        Node::Mul(a, b) => eval(a, row) * eval(b, row) % P,
        other => panic!("an instruction chip does not use {other:?}"),
    }
}

/// Whether a tuple stands in a static table; `None` if the bus has none.
fn in_table(bus: Bus, tuple: &[u64]) -> Option<bool> {
    match bus {
        Bus::Range16 => Some(tuple[0] < 1 << 16),
        Bus::Bits => Some(tuple[0] <= 16 && tuple[1] < 1 << tuple[0]),
        Bus::ByteAnd => Some(tuple[0] < 256 && tuple[1] < 256 && tuple[2] == tuple[0] & tuple[1]),
        Bus::Pow2 => Some(tuple[0] < 16 && tuple[1] == 1 << tuple[0]),
        _ => None,
    }
}

/// The row's messages in order, or what is wrong with it.
pub(super) fn accept(chip: &Chip, row: &[u32]) -> Result<Vec<Message>, String> {
    for c in &chip.constraints {
        if eval(&c.expr, row) != 0 {
            return Err(c.name.clone());
        }
    }
    let mut messages = Vec::new();
    for i in &chip.interactions {
        let multiplicity = eval(&i.multiplicity, row);
        if multiplicity == 0 {
            continue;
        }
        let tuple: Vec<u64> = i.tuple.iter().map(|e| eval(e, row)).collect();
        match in_table(i.bus, &tuple) {
            Some(true) if multiplicity == P - 1 => {}
            Some(_) => return Err(format!("{:?} {tuple:?} times {multiplicity}", i.bus)),
            None => messages.push((i.bus, tuple, multiplicity)),
        }
    }
    messages.sort();
    Ok(messages)
}

fn limbs(v: u64) -> [u64; 4] {
    [0, 16, 32, 48].map(|s| v >> s & 0xffff)
}

/// The messages a step demands of any chip.
pub(super) fn demanded(step: &Step) -> Vec<Message> {
    let (once, taken) = (1, P - 1);
    let i = &step.inst;
    let mut list = vec![
        (
            Bus::State,
            vec![step.pc.into(), step.clock.into(), step.fp.into()],
            taken,
        ),
        (
            Bus::State,
            vec![
                step.next_pc.into(),
                u64::from(step.clock) + 4,
                step.next_fp.into(),
            ],
            once,
        ),
    ];
    let program = [step.pc, i.op as u16 as u32, i.d, i.a, i.b, i.c]
        .map(u64::from)
        .into_iter()
        .chain(limbs(i.imm))
        .chain([i.target.into()]);
    list.push((Bus::Program, program.collect(), taken));
    for (n, access) in step.accesses.iter().take(step.len.into()).enumerate() {
        let tuple = |time: u64, v: u64| {
            [access.addr.into(), time]
                .into_iter()
                .chain(limbs(v))
                .collect::<Vec<u64>>()
        };
        list.push((Bus::Memory, tuple(access.prev_ts.into(), access.old), taken));
        list.push((Bus::Memory, tuple(step.time(n).into(), access.new), once));
    }
    let word = |v: u64| limbs(v).into_iter();
    let value = step.accesses[0].new;
    match i.op {
        ZkOp::Arg => list.push((
            Bus::Args,
            [i.imm].into_iter().chain(word(value)).collect(),
            taken,
        )),
        ZkOp::Result => list.push((
            Bus::Results,
            [i.imm].into_iter().chain(word(value)).collect(),
            once,
        )),
        ZkOp::Output => list.push((Bus::Outputs, vec![step.accesses[1].old, value], once)),
        _ => {}
    }
    list.sort();
    list
}

/// A step under construction.
pub(super) struct Scene(pub(super) Step);

impl Scene {
    pub(super) fn new(inst: Inst) -> Scene {
        let (pc, clock, fp) = (1000, 400_000, STACK_BASE + 70_000);
        Scene(Step {
            pc,
            clock,
            fp,
            inst,
            len: 0,
            accesses: [Access::default(); MAX_ACCESSES],
            next_pc: pc + 1,
            next_fp: fp,
        })
    }

    pub(super) fn access(mut self, addr: u32, old: u64, new: u64) -> Scene {
        let n = self.0.len;
        // Distances of all sizes the range check admits; from the third access on up to a tick more.
        let distance =
            [0, 65535, 1, 30_000, 0, 65534, 1][usize::from(n).min(3 + usize::from(n) % 4)];
        self.0.accesses[usize::from(n)] = Access {
            addr,
            prev_ts: self.0.clock + u32::from(n.min(2)) - 1 - distance,
            old,
            new,
        };
        self.0.len += 1;
        self
    }

    pub(super) fn read(self, reg: u32, value: u64) -> Scene {
        let addr = self.0.fp + reg;
        self.access(addr, value, value)
    }

    pub(super) fn write(self, reg: u32, value: u64) -> Scene {
        let addr = self.0.fp + reg;
        self.access(addr, 0x1122_3344_5566_7788, value)
    }

    pub(super) fn goes_to(mut self, pc: u32) -> Scene {
        self.0.next_pc = pc;
        self
    }
}

/// The chip that proves a step and its honest row.
pub(super) fn honest(step: &Step) -> (&'static Chip, Vec<u32>) {
    let ready = &CHIPS[select(step)];
    let mut row = vec![0; ready.chip.columns.len()];
    ready.row.fill(step, &mut row);
    (&ready.chip, row)
}

/// Demands that the honest row is accepted with the messages of its step.
pub(super) fn check(step: &Step) {
    let (chip, row) = honest(step);
    assert!(
        row.iter().all(|&x| x < ORDER),
        "chip `{}`: {step:?}",
        chip.name
    );
    match accept(chip, &row) {
        Ok(messages) => assert_eq!(messages, demanded(step), "chip `{}`: {step:?}", chip.name),
        Err(what) => panic!("chip `{}` refuses {step:?}: {what}", chip.name),
    }
}

/// A small deterministic generator.
pub(super) fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// Demands that every other value of every cell of the honest row is noticed, of those tried.
pub(super) fn check_cells(step: &Step, seed: &mut u64) {
    check(step);
    let (chip, mut row) = honest(step);
    let messages = demanded(step);
    for at in 0..row.len() {
        let old = u64::from(row[at]);
        let tries = [
            old + 1,
            old + P - 1,
            old + (1 << 16),
            0,
            1,
            old ^ 1,
            old ^ 0x8000,
            random(seed),
            random(seed) & 0xffff,
            P + 1 - old,
        ];
        for value in tries.map(|v| (v % P) as u32) {
            if u64::from(value) == old {
                continue;
            }
            row[at] = value;
            if accept(chip, &row).is_ok_and(|m| m == messages) {
                panic!(
                    "chip `{}`: column `{}` may be {value} as well as {old} in {step:?}",
                    chip.name, chip.columns[at]
                );
            }
        }
        row[at] = old as u32;
    }
}

/// Demands that no change of two cells at once, of those tried, keeps a row acceptable with other messages for its step.
///
/// A cheating prover wants the same State, Program and reads but another result, so only changes that keep those count.
pub(super) fn check_pairs(step: &Step) {
    let (chip, mut row) = honest(step);
    let kept = |m: &[Message]| -> Vec<Message> {
        let inputs = |m: &&Message| m.0 == Bus::Program || m.2 == P - 1 && m.0 != Bus::Args;
        m.iter().filter(inputs).cloned().collect()
    };
    let inputs = kept(&demanded(step));
    let free = matches!(
        step.inst.op,
        ZkOp::Inlen | ZkOp::Input8 | ZkOp::Input64 | ZkOp::Arg
    );
    let own: Vec<usize> = (0..row.len()).collect();
    let deltas = [
        1,
        P - 1,
        256,
        P - 256,
        1 << 15,
        P - (1 << 15),
        1 << 16,
        P - (1 << 16),
        P - 65535,
        65535,
    ];
    for (n, &a) in own.iter().enumerate() {
        for &b in &own[n + 1..] {
            let old = (row[a], row[b]);
            for da in deltas {
                row[a] = ((u64::from(old.0) + da) % P) as u32;
                for db in deltas {
                    row[b] = ((u64::from(old.1) + db) % P) as u32;
                    if !free && accept(chip, &row).is_ok_and(|m| kept(&m) == inputs) {
                        panic!(
                            "chip `{}`: columns `{}` and `{}` may move together in {step:?}",
                            chip.name, chip.columns[a], chip.columns[b]
                        );
                    }
                }
            }
            (row[a], row[b]) = old;
        }
    }
}

/// Demands that rows filled for a step that claims another result or another way on are refused.
pub(super) fn check_forged(step: &Step, seed: &mut u64) {
    let ready = &CHIPS[select(step)];
    let chip = &ready.chip;
    let refuse = |forged: &Step| {
        let mut row = vec![0; chip.columns.len()];
        ready.row.fill(forged, &mut row);
        let accepted = accept(chip, &row).is_ok_and(|m| m == demanded(forged));
        assert!(
            !accepted,
            "chip `{}` accepts the forged {forged:?}",
            chip.name
        );
    };
    let free = matches!(
        step.inst.op,
        ZkOp::Inlen | ZkOp::Input8 | ZkOp::Input64 | ZkOp::Arg
    );
    for n in 0..usize::from(step.len) {
        for bit in [0, 1, 15, 16, 31, 32, 47, 48, 63, 64] {
            let mut forged = *step;
            let new = &mut forged.accesses[n].new;
            *new = if bit == 64 {
                random(seed)
            } else {
                *new ^ 1 << bit
            };
            if !free && forged != *step {
                refuse(&forged);
            }
        }
    }
    for next_pc in [
        0,
        2,
        3,
        5,
        7,
        8,
        9,
        10,
        step.pc,
        step.pc + 1,
        step.pc + 2,
        step.inst.target,
        70,
    ] {
        if next_pc != step.next_pc {
            refuse(&Step { next_pc, ..*step });
        }
    }
    refuse(&Step {
        next_fp: step.next_fp + 1,
        ..*step
    });
    refuse(&Step {
        next_fp: step.fp.wrapping_sub(1),
        ..*step
    });
}

/// Demands that no mixture of two honest rows of a chip, of those tried, proves anything but what the first one's step
/// does.
///
/// The frame's cells, and so the instruction and what it reads, are those of `step`; its own cells come from either row.
pub(super) fn check_mixed(step: &Step, other: &Step, seed: &mut u64) {
    let (chip, own) = honest(step);
    let (other_chip, foreign) = honest(other);
    if chip.name != other_chip.name {
        return;
    }
    let ready = &CHIPS[select(step)];
    let said = demanded(step);
    let kept =
        |m: &[Message]| -> Vec<Message> { m.iter().filter(|m| m.2 == P - 1).cloned().collect() };
    let differing: Vec<usize> = (0..own.len())
        .filter(|&i| own[i] != foreign[i] && !ready.row.is_sourced(i))
        .collect();
    for trial in 0..24 {
        let mut row = own.clone();
        let mask = if trial == 0 {
            u64::MAX
        } else {
            random(seed) | random(seed) & random(seed)
        };
        for (n, &i) in differing.iter().enumerate() {
            if mask >> (n % 64) & 1 == 1 {
                row[i] = foreign[i];
            }
        }
        if let Ok(messages) = accept(chip, &row)
            && kept(&messages) == kept(&said)
            && messages != said
        {
            panic!("chip `{}` proves {messages:?} for {step:?}", chip.name);
        }
    }
}

/// All of the above.
pub(super) fn check_all(step: &Step, seed: &mut u64) {
    check_cells(step, seed);
    check_forged(step, seed);
}

#[test]
fn padding_is_silent() {
    for ready in CHIPS.iter() {
        let row = vec![0; ready.chip.columns.len()];
        assert_eq!(
            accept(&ready.chip, &row),
            Ok(Vec::new()),
            "chip `{}`",
            ready.chip.name
        );
    }
}

#[test]
fn every_instruction_has_a_chip_and_names_are_unique() {
    let mut names: Vec<&str> = CHIPS.iter().map(|r| r.chip.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CHIPS.len());
    for op in ZkOp::ALL {
        assert!(
            CHIPS.iter().any(|r| r.row.ops().contains(op)),
            "{op:?} has no chip"
        );
    }
}

#[test]
fn every_column_is_mentioned() {
    for ready in CHIPS.iter() {
        let mut seen = vec![false; ready.chip.columns.len()];
        let chip = &ready.chip;
        let exprs = chip.constraints.iter().map(|c| &c.expr).chain(
            chip.interactions
                .iter()
                .flat_map(|i| i.tuple.iter().chain([&i.multiplicity])),
        );
        for expr in exprs {
            expr.for_each_column(&mut |col, next| {
                assert!(!next, "an instruction chip speaks of one row");
                seen[col.0] = true;
            });
        }
        assert!(seen.iter().all(|&s| s), "chip `{}`", chip.name);
    }
}
