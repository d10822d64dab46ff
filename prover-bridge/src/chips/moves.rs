//! Rows that move words: `li`, `mov`, `select`, `lds`, `sts`.
//!
//! They write what they read or what the Program message says, so nothing is range-checked. `select` reads its
//! condition and both words, so that a line it stands in knows which registers it reads; whether the condition is zero is a
//! [`Difference`] from zero. Degree 3.
//!
//! Bound: everything by the frame; the limbs `select` writes by an equation each.

use crate::gadgets::{Difference, Field, Frame, InstructionRow, columns, exprs};
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
    let (b, c) = (f.read_register(Field::B, 4), f.read_register(Field::C, 4));
    let real = f.real.clone();
    let difference = Difference::new(&mut f, &real, &exprs(&condition));
    let result = columns(&mut f, "result", 4);
    for i in 0..4 {
        f.assert_zero(
            format!("limb {i} of the word chosen"),
            result[i] - c[i] - &difference.differ * (b[i] - c[i]),
        );
    }
    f.write_d(&exprs(&result));
    f.finish(move |step, row| {
        difference.fill(row, step.accesses[0].old, 0);
        row.set_limbs(&result, step.accesses[3].new);
    })
}
