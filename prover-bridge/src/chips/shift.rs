//! Shifts and rotates, by a constant or by a register, of 32 and 64 bits. The gadget [`Shift`] says how.
//!
//! By a constant: the amount is limb 0 of the constant and below the width, which program validation demands; a larger
//! one has no proof. By a register: amount k = limb 0 of b modulo the width, where (limb 0 - k) / width, a linear
//! expression, is checked to have the bits that remain. From m = 16 q + r follows k = m below the width for left shifts;
//! for right ones k = W - m, where an inverse shows m > 0, and q = n forces r = 0. Degree 3.
//!
//! Bound: r, q, power, upper, middle and result limbs by the gadget; `amount` by the Program message, or by r and q; the
//! inverse `nonzero` by m, or forced to zero on left shifts.

use crate::gadgets::row::second_operand;
use crate::gadgets::{Field, Frame, InstructionRow, Shift, ShiftKind, inverse};
use zkc_isa::ZkOp::{self, *};

fn is_right(op: ZkOp) -> bool {
    matches!(
        op,
        Shru32
            | Shrs32
            | Rotr32
            | Shru32Imm
            | Shrs32Imm
            | Shru64
            | Shrs64
            | Rotr64
            | Shru64Imm
            | Shrs64Imm
    )
}

fn is_arithmetic(op: ZkOp) -> bool {
    matches!(op, Shrs32 | Shrs32Imm | Shrs64 | Shrs64Imm)
}

/// `shl`, `shru`, `shrs`, `rotl` and, with registers, `rotr`.
pub(super) fn shift(bits: usize, imm: bool) -> InstructionRow {
    let ops: &[ZkOp] = match (bits, imm) {
        (32, false) => &[Shl32, Shru32, Shrs32, Rotl32, Rotr32],
        (32, true) => &[Shl32Imm, Shru32Imm, Shrs32Imm, Rotl32Imm],
        (_, false) => &[Shl64, Shru64, Shrs64, Rotl64, Rotr64],
        (_, true) => &[Shl64Imm, Shru64Imm, Shrs64Imm, Rotl64Imm],
    };
    let (n, width) = (bits / 16, bits as i64);
    let mut f = Frame::new(super::name("shift", bits, imm), ops);
    let rotates = if imm { &ops[3..4] } else { &ops[3..5] };
    let right: Vec<ZkOp> = ops.iter().copied().filter(|&op| is_right(op)).collect();
    let kind = ShiftKind {
        right: f.is_any(&right),
        low: f.is(ops[0]) + f.is_any(rotates),
        high: f.is_any(&ops[1..]),
        arithmetic: f.is(ops[2]),
    };
    let x = f.read_register(Field::A, n);
    let (amount, nonzero, shift) = if imm {
        let amount = f.constant_limb(0);
        let shift = Shift::new(&mut f, &x, &amount.into(), &kind);
        f.settle(&shift.of_amount());
        (None, None, shift)
    } else {
        let b = f.read_register(Field::B, n);
        let amount = f.column("amount");
        let shift = Shift::new(&mut f, &x, &amount.into(), &kind);
        f.bits(
            16 - i64::from(bits.ilog2()),
            (b[0] - amount) * inverse(width) as i64,
        );
        let nonzero = f.column("nonzero");
        f.assert_zero(
            "a right shift moves some place left",
            &shift.places * nonzero - &kind.right,
        );
        f.assert_zero("no inverse for a left shift", kind.right.not() * nonzero);
        (Some(amount), Some(nonzero), shift)
    };
    f.write_d(&shift.out());
    f.finish(move |step, row| {
        let op = step.inst.op;
        let k = second_operand(step, imm) & (width as u64 - 1);
        if let (Some(amount), Some(nonzero)) = (amount, nonzero) {
            row.set(amount, k);
            row.set(
                nonzero,
                if is_right(op) {
                    inverse(width - k as i64)
                } else {
                    0
                },
            );
        }
        shift.fill(
            row,
            step.accesses[0].old,
            k,
            is_right(op),
            is_arithmetic(op),
            step.accesses[usize::from(step.len) - 1].new,
        );
    })
}
