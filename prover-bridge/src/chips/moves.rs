//! Rows that move words: `li`, `mov`, `select`, `lds`, `sts`.
//!
//! They write what they read or what the Program message says, so nothing is range-checked. `select` reads its
//! condition and only the register it chooses; whether the condition is zero is a [`Difference`] from zero. Degree 3.
//!
//! Bound: everything by the frame; `chosen`, the register number, by an equation.

use crate::gadgets::{Difference, Field, Frame, InstructionRow, exprs};
use zkc_isa::{STATIC_BASE, ZkOp};

/// `li`.
pub(super) fn li() -> InstructionRow {
    let mut f = Frame::new("li", &[ZkOp::Li]);
    let value = f.constant(4);
    f.write_d(&exprs(&value));
    f.finish(|_, _| ())
}

/// `mov`.
pub(super) fn mov() -> InstructionRow {
    let mut f = Frame::new("mov", &[ZkOp::Mov]);
    let value = f.read_register(Field::A, 4);
    f.write_d(&exprs(&value));
    f.finish(|_, _| ())
}

/// `lds`.
pub(super) fn lds() -> InstructionRow {
    let mut f = Frame::new("lds", &[ZkOp::Lds]);
    let slot = f.target();
    let value = f.read("slot", slot + i64::from(STATIC_BASE), 4);
    f.write_d(&exprs(&value));
    f.finish(|_, _| ())
}

/// `sts`.
pub(super) fn sts() -> InstructionRow {
    let mut f = Frame::new("sts", &[ZkOp::Sts]);
    let value = f.read_register(Field::A, 4);
    let slot = f.target();
    f.write("slot", slot + i64::from(STATIC_BASE), &exprs(&value));
    f.finish(|_, _| ())
}

/// `select`.
pub(super) fn select() -> InstructionRow {
    let mut f = Frame::new("select", &[ZkOp::Select]);
    let condition = f.read_register(Field::A, 4);
    let (b, c) = (f.register_number(Field::B), f.register_number(Field::C));
    let real = f.real.clone();
    let difference = Difference::new(&mut f, &real, &exprs(&condition));
    let chosen = f.column("chosen");
    f.assert_zero(
        "the register chosen",
        chosen - c - &difference.differ * (b - c),
    );
    let addr = f.fp + chosen;
    let value = f.read("value", addr, 4);
    f.write_d(&exprs(&value));
    f.finish(move |step, row| {
        let condition = step.accesses[0].old;
        difference.fill(row, condition, 0);
        row.set(
            chosen,
            u64::from(if condition != 0 {
                step.inst.b
            } else {
                step.inst.c
            }),
        );
    })
}
