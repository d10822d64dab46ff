//! Bitwise and, or, xor of 32 and 64 bits.
//!
//! Both operands stand as bytes only; a byte lookup per byte pair gives their AND. With or = a + b - and, xor = a + b -
//! 2 and the limbs of the result are selector times linear forms, in columns of their own as a message wants degree 1.
//! Degree 2.
//!
//! Bound: operand bytes by the byte table and the operands' limbs in the Memory or Program message (a limb has one split
//! into bytes); ANDs by the byte table; the result, whose limbs need no range check, by its equations.

use crate::builder::Bus;
use crate::gadgets::row::second_operand;
use crate::gadgets::{
    Field, Frame, InstructionRow, Slot, bytes_to_limbs, columns, exprs, frame::AccessSpec, word,
};
use zkc_isa::ZkOp::{self, *};

/// `and`, `or`, `xor`.
pub(super) fn bit(bits: usize, imm: bool) -> InstructionRow {
    let ops: [ZkOp; 3] = match (bits, imm) {
        (32, false) => [And32, Or32, Xor32],
        (32, true) => [And32Imm, Or32Imm, Xor32Imm],
        (_, false) => [And64, Or64, Xor64],
        (_, true) => [And64Imm, Or64Imm, Xor64Imm],
    };
    let n = bits / 16;
    let mut f = Frame::new(super::name("bit", bits, imm), &ops);
    let (a, b, and) = (
        columns(&mut f, "a_byte", 2 * n),
        columns(&mut f, "b_byte", 2 * n),
        columns(&mut f, "and_byte", 2 * n),
    );
    let real = f.real.clone();
    for i in 0..2 * n {
        f.chip.lookup(
            Bus::ByteAnd,
            vec![a[i].into(), b[i].into(), and[i].into()],
            &real,
        );
    }
    let (a_limbs, b_limbs, and_limbs) =
        (bytes_to_limbs(&a), bytes_to_limbs(&b), bytes_to_limbs(&and));
    let addr = f.register(Field::A);
    let spec = AccessSpec {
        addr,
        limbs: n,
        when: real.clone(),
        slot: Slot::At(0),
    };
    f.access("a", &spec, &word(&a_limbs), &word(&a_limbs));
    if imm {
        f.constant_from(&b_limbs);
        f.settle(&b);
    } else {
        let addr = f.register(Field::B);
        let spec = AccessSpec {
            addr,
            limbs: n,
            when: real,
            slot: Slot::At(1),
        };
        f.access("b", &spec, &word(&b_limbs), &word(&b_limbs));
    }
    let result = columns(&mut f, "result", n);
    let (is_and, is_or, is_xor) = (f.is(ops[0]), f.is(ops[1]), f.is(ops[2]));
    for i in 0..n {
        let both = &a_limbs[i] + &b_limbs[i];
        let value = &is_and * &and_limbs[i]
            + &is_or * (&both - &and_limbs[i])
            + &is_xor * (&both - &and_limbs[i] * 2);
        f.assert_zero(format!("limb {i} of the result"), result[i] - value);
    }
    f.write_d(&exprs(&result));
    f.finish(move |step, row| {
        let (x, y) = (step.accesses[0].old, second_operand(step, imm));
        row.set_bytes(&a, x);
        row.set_bytes(&b, y);
        row.set_bytes(&and, x & y);
        row.set_limbs(
            &result,
            if step.inst.op == ops[0] {
                x & y
            } else if step.inst.op == ops[1] {
                x | y
            } else {
                x ^ y
            },
        );
    })
}
