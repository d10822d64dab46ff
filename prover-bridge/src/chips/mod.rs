//! The instruction chips: one row of one chip for every executed instruction.
//!
//! [`all`] lists them in a fixed order, [`select`] says which one proves a step. An instruction may have several chips (a
//! load its aligned one, its general one, and the one for traps); each is sound by itself, so the choice is free.
//!
//! Cells are an estimate per row: columns, plus an auxiliary column of a degree-5 extension for two messages.
#![doc = concat!("```text\n", include_str!("cost.txt"), "```")]

mod add;
mod bit;
mod blocks;
mod compare;
mod control;
mod count;
mod div;
mod ext;
mod grow;
mod io;
mod load;
mod mem_trap;
mod moves;
mod mul;
mod shift;
mod store;
mod table;
#[cfg(test)]
mod tests;

use crate::builder::Col;
use crate::gadgets::{Field, Frame, InstructionRow};
use crate::instruction::InstructionChip;
use std::sync::LazyLock;
use zkc_isa::{Step, ZkOp};

/// The chips and, by instruction, which of them prove it, in the order in which they are asked.
struct Catalogue {
    chips: Vec<InstructionRow>,
    by_op: Vec<Vec<usize>>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let chips = build();
    let by_op = ZkOp::ALL
        .iter()
        .map(|op| {
            (0..chips.len())
                .filter(|&i| chips[i].ops().contains(op))
                .collect()
        })
        .collect();
    Catalogue { chips, by_op }
});

fn build() -> Vec<InstructionRow> {
    let mut chips = Vec::new();
    for bits in [32, 64] {
        for imm in [false, true] {
            chips.push(add::add(bits, imm));
            chips.push(bit::bit(bits, imm));
            chips.push(shift::shift(bits, imm));
            chips.push(mul::mul(bits, imm));
            chips.push(div::unsigned(bits, imm));
            chips.push(div::signed(bits, imm));
            for branch in [false, true] {
                chips.push(compare::equal(bits, imm, branch));
                chips.push(compare::less(bits, imm, branch));
            }
        }
    }
    chips.push(mul::mulhu64());
    chips.extend([ext::ext(), count::zeros(), count::ones()]);
    chips.extend([
        moves::li(),
        moves::mov(),
        moves::select(),
        moves::lds(),
        moves::sts(),
    ]);
    // A trapping step is taken by `mem_trap` and `call_trap` only; others go to the first that fits.
    chips.extend([
        load::ld64(),
        load::ld32(),
        load::ld_narrow(),
        load::ld_any(),
    ]);
    chips.extend([
        store::st64(),
        store::st32(),
        store::st_narrow(),
        store::st_any(),
        mem_trap::mem_trap(),
    ]);
    chips.extend([blocks::copy(), blocks::copy_any(), blocks::fill()]);
    chips.extend([
        table::ldt(),
        table::stt(),
        table::brt(),
        grow::grow(),
        io::io(),
    ]);
    chips.extend([
        control::jump(),
        control::call(),
        control::calli(),
        control::tcall(),
        control::tcalli(),
        control::reset(),
        control::call_trap(),
        control::ret(),
    ]);
    chips
}

/// All instruction chips, in a fixed order.
pub fn all() -> Vec<Box<dyn InstructionChip>> {
    build()
        .into_iter()
        .map(|chip| Box::new(chip) as Box<dyn InstructionChip>)
        .collect()
}

/// The position in [`all`] of the chip that proves a step.
pub fn select(step: &Step) -> usize {
    let candidates = &CATALOGUE.by_op[step.inst.op as usize];
    match candidates[..] {
        [only] => only,
        _ => *candidates
            .iter()
            .find(|&&i| CATALOGUE.chips[i].claims(step))
            .expect("the chips of an instruction cover its steps"),
    }
}

/// The chip at a position in [`all`].
pub(crate) fn row(id: usize) -> &'static InstructionRow {
    &CATALOGUE.chips[id]
}

/// The position in [`all`] of the chip that usually proves an instruction: the first of those that can, which is the
/// one for aligned accesses and for steps that do not trap.
pub fn usual(op: ZkOp) -> usize {
    CATALOGUE.by_op[op as usize][0]
}

/// The name of a chip that exists in several widths, with registers and with a constant.
fn name(kind: &str, bits: usize, imm: bool) -> String {
    format!("{kind}{bits}{}", if imm { "_imm" } else { "" })
}

/// The second operand: register `b`, or the constant.
fn second(f: &mut Frame, imm: bool, limbs: usize) -> Vec<Col> {
    if imm {
        f.constant(limbs)
    } else {
        f.read_register(Field::B, limbs)
    }
}
