//! The cost of each row, measured on its expansion: committed cells of all state machines.
//!
//! Cells per row of a machine are those of zkevm-proverjs, branch `feature/64bits`, commit 97927e7, stages 1 to 3 (committed columns
//! and what lookups and permutations add), times the rows an operation takes.

use super::micro::MemoryPlan;
use super::rows::condition;
use super::trial::Trial;
use crate::hermez::{Counters, Inputs};
use crate::{CostModel, Form, ZkOp};

/// Cells of a step.
const STEP: u64 = 122;
/// Cells of a memory access.
const MEM: u64 = 21;
/// Cells of a Binary operation: 4 rows.
const BINARY: u64 = 4 * 52;
/// Cells of an Arith operation: 8 rows.
const ARITH: u64 = 8 * 57;
/// Cells of a MemAlign operation: 8 rows.
const MEM_ALIGN: u64 = 8 * 61;

/// Cells that a row of all machines takes, in stages 1 to 3.
const ALL: u64 = 491;

/// The cells of the rows that operations take: what they add to a proof whose machines are all full.
pub fn area(counters: &Counters) -> u64 {
    STEP * counters.steps
        + MEM * counters.mem
        + BINARY * counters.binary
        + ARITH * counters.arith
        + MEM_ALIGN * counters.mem_align
}

/// Rows of the busiest machine. All machines have as many as that, to the next power of two.
pub fn busiest(counters: &Counters) -> u64 {
    let machines = [
        counters.steps,
        counters.mem,
        4 * counters.binary,
        8 * counters.arith,
        8 * counters.mem_align,
    ];
    machines.into_iter().fold(0, u64::max)
}

/// Operands of a 32-bit row, and of a 64-bit row: what programs compute with is small or random.
const NARROW: [[u64; 3]; 4] = [
    [9, 5, 7],
    [1000, 3, 1],
    [0x1234_5678, 0x0bcd_ef01, 0],
    [0x9abc_def0, 0x1357_9bdf, 2],
];
const WIDE: [[u64; 3]; 4] = [
    [0x1_0000_0009, 0x3_0000_0005, 7],
    [0x0123_4567_89ab_cdef, 0x1_fedc_ba98, 1],
    [0x7654_3210_0fed_cba9, 0x0bcd_ef01_2345_6789, 0],
    [0xf123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, 2],
];
const IMMEDIATES: [u64; 4] = [13, 24, 1000, 7];

/// What a model says that operations cost.
type Price = fn(&Counters) -> u64;

/// The cost model `hermez`: the area of each row's expansion, as a mean over operands, and half a step for each operand, which
/// every other time has to be moved.
///
/// A row with a constant costs no more than the one with a register: among five registers none keeps a constant, so the other
/// row's constant is set before each use, which a model that counts an `li` once does not see.
pub fn hermez_model() -> CostModel {
    let description =
        "committed cells of one row's steps on the 64-bit Hermez processor, from its expansion";
    model("hermez", description, area)
}

/// The cost model `hermez-max`: as [`hermez_model`], with the cells of all machines for each row of the row's busiest one.
pub fn hermez_max_model() -> CostModel {
    let description = "cells of all machines of the 64-bit Hermez processor over the rows that one row's expansion takes of its busiest";
    model("hermez-max", description, |counters| {
        ALL * busiest(counters)
    })
}

fn model(name: &str, description: &str, price: Price) -> CostModel {
    CostModel::from_fn(name, description, |op| match with_register(op) {
        Some(other) => cost(op, price).min(cost(other, price)),
        None => cost(op, price),
    })
}

/// The row that takes a register where this one takes a constant.
fn with_register(op: ZkOp) -> Option<ZkOp> {
    let name = op.opcode().def().name.strip_suffix("_imm")?;
    let named = |other: &&ZkOp| other.opcode().def().name == name;
    ZkOp::ALL.iter().find(named).copied()
}

fn cost(op: ZkOp, price: Price) -> u64 {
    let trials = (0..NARROW.len()).filter_map(|at| sample(op, at));
    let trials: Vec<u64> = trials.map(|counters| price(&counters)).collect();
    if !trials.is_empty() {
        let count = trials.len() as u64;
        let moves = op.form().operands() as u64 * price(&steps(1, 0)) / 2;
        return (trials.iter().sum::<u64>() + count / 2) / count + moves;
    }
    match op {
        // a frame taken and given back, RR saved and restored
        ZkOp::Call => price(&steps(5, 2)),
        ZkOp::Calli => price(&steps(8, 2)),
        ZkOp::Tcalli => price(&steps(4, 0)),
        ZkOp::Brt => price(&steps(3, 0)),
        // most jumps ride on the step before
        ZkOp::Jump | ZkOp::Ret => price(&steps(1, 0)) / 2,
        _ => price(&steps(1, 0)),
    }
}

/// Steps, of which so many access memory.
fn steps(steps: u64, mem: u64) -> Counters {
    Counters {
        steps,
        mem,
        ..Counters::default()
    }
}

/// What the row's expansion takes on the operands of this number.
fn sample(op: ZkOp, at: usize) -> Option<Counters> {
    let form = op.form();
    if matches!(form, Form::Unary | Form::Constant) && matches!(op, ZkOp::Mov | ZkOp::Li) {
        return Some(steps(1, 0));
    }
    let memory = matches!(form, Form::Load | Form::Store);
    let mut args = match op.is_32() || memory || matches!(form, Form::Grow | Form::Output) {
        true => NARROW[at],
        false => WIDE[at],
    };
    let (mut imm, mut slot) = (IMMEDIATES[at], 0);
    match form {
        // aligned, as most accesses are
        Form::Load | Form::Store => {
            let bytes = u64::from(op.access_bytes());
            args[0] = (8 * at as u64) + bytes * (at as u64 % (8 / bytes));
            imm = 0;
        }
        Form::TableLoad | Form::TableStore => {
            (args[0], imm, slot) = (at as u64, 16, 8);
        }
        Form::Grow => (args[0], imm) = (0, 1),
        Form::Output => args[0] = 65,
        Form::StaticLoad | Form::StaticStore => slot = 8,
        Form::Arg | Form::Result => imm = 0,
        Form::Blocks => args = [16, if op == ZkOp::Copy { 1024 } else { 7 }, 20],
        Form::Select => args[0] = at as u64 % 2,
        _ => {}
    }
    if op.shift_width().is_some() {
        imm = 7 + 2 * at as u64;
    }
    // constants as programs have them: steps of counters, masks of low bits, sizes of elements, complements, comparisons with 0
    match op {
        ZkOp::Add32Imm | ZkOp::Add64Imm => imm = [8, -1i64 as u64, -16i64 as u64, 7][at],
        ZkOp::And32Imm | ZkOp::And64Imm => imm = [1, 255, 31, 1000][at],
        ZkOp::Shl32Imm => imm = [2, 3, 1, 9][at],
        ZkOp::Mul32Imm => imm = [4, 12, 8, 1000][at],
        ZkOp::Xor32Imm | ZkOp::Xor64Imm => imm = u64::MAX,
        _ => {}
    }
    if let Some((zkc_ir::Cond::Eq | zkc_ir::Cond::Ne, _)) = condition(op) {
        (imm, args[1]) = ([0, 0, 0, 7][at], [args[1], args[0]][at % 2]);
    }
    if op.is_32() {
        imm &= 0xffff_ffff;
    }
    let trial = Trial {
        op,
        imm,
        slot,
        args: &args[..form.operands()],
        plan: MemoryPlan::new(1, 1),
        memory: &[],
    };
    let inputs = Inputs {
        private: vec![1; 8],
        ..Inputs::default()
    };
    trial.program()?.counters(&inputs)
}
