//! Sums and differences modulo 2^32 and 2^64.
//!
//! Carries are linear expressions ([`assert_sum`]), so a row has no column beyond its operands and its result. A
//! difference d = a - b is proven as the sum d + b = a. Degree 3: selector times carry times (carry - 1).
//!
//! Bound: the result by the limb equations and one range check per limb; all else by the frame.

use crate::gadgets::row::second_operand;
use crate::gadgets::{Field, Frame, InstructionRow, assert_sum, columns, exprs};
use zkc_isa::ZkOp;

/// `add` and, with registers, `sub`.
pub(super) fn add(bits: usize, imm: bool) -> InstructionRow {
    let (add, sub) = match (bits, imm) {
        (32, false) => (ZkOp::Add32, Some(ZkOp::Sub32)),
        (32, true) => (ZkOp::Add32Imm, None),
        (_, false) => (ZkOp::Add64, Some(ZkOp::Sub64)),
        (_, true) => (ZkOp::Add64Imm, None),
    };
    let n = bits / 16;
    let ops: Vec<ZkOp> = [add].into_iter().chain(sub).collect();
    let mut f = Frame::new(super::name("add", bits, imm), &ops);
    let a = f.read_register(Field::A, n);
    let b = super::second(&mut f, imm, n);
    let result = columns(&mut f, "result", n);
    for &limb in &result {
        f.range16(limb);
    }
    let (x, y, z) = (exprs(&a), exprs(&b), exprs(&result));
    let on = f.is(add);
    assert_sum(&mut f, "sum", &on, &x, &y, &z);
    if let Some(sub) = sub {
        let on = f.is(sub);
        assert_sum(&mut f, "difference", &on, &z, &y, &x);
    }
    f.write_d(&z);
    f.finish(move |step, row| {
        let (a, b) = (step.accesses[0].old, second_operand(step, imm));
        let value = if Some(step.inst.op) == sub {
            a.wrapping_sub(b)
        } else {
            a.wrapping_add(b)
        };
        row.set_limbs(&result, value);
    })
}
