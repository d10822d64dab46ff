//! Products modulo 2^32 and 2^64.
//!
//! Both operands stand as bytes; S_u is the sum of the byte products at byte position u. Per limb s of the result
//! `S_2s + 256 S_(2s+1) + carry_(s-1) = result_s + 2^16 carry_s`. The left side is at most 8 * 255^2 * 257 + 2^11 < 2^28,
//! the right side below 2^16 + 2^27 by the checks (result limb below 2^16, carry below 2^11), so equality in the field is
//! equality. An honest carry is at most 2039. Degree 2.
//!
//! Bound: bytes by the byte table and the operands' messages, ANDs by the table, result and carries by the equations.

use crate::gadgets::row::second_operand;
use crate::gadgets::{
    BytePairs, Field, Frame, InstructionRow, Slot, byte_products, bytes_to_limbs, columns, exprs,
    frame::AccessSpec, limb, word,
};
use zkc_isa::ZkOp;

/// `mul`.
pub(super) fn mul(bits: usize, imm: bool) -> InstructionRow {
    let op = match (bits, imm) {
        (32, false) => ZkOp::Mul32,
        (32, true) => ZkOp::Mul32Imm,
        (_, false) => ZkOp::Mul64,
        (_, true) => ZkOp::Mul64Imm,
    };
    let n = bits / 16;
    let mut f = Frame::new(super::name("mul", bits, imm), &[op]);
    let (a, b) = (
        columns(&mut f, "a_byte", 2 * n),
        columns(&mut f, "b_byte", 2 * n),
    );
    let pairs = BytePairs::new(&mut f, &a, &b);
    let (a_limbs, b_limbs) = (bytes_to_limbs(&a), bytes_to_limbs(&b));
    let (addr, real) = (f.register(Field::A), f.real.clone());
    let spec = AccessSpec {
        addr,
        limbs: n,
        when: real.clone(),
        slot: Slot::At(0),
    };
    f.access("a", &spec, &word(&a_limbs), &word(&a_limbs));
    if imm {
        f.constant_from(&b_limbs);
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
    let carry = columns(&mut f, "carry", n);
    let (products, _) = byte_products(&a, &b);
    for s in 0..n {
        f.range16(result[s]);
        f.bits(11, carry[s]);
        let mut total = &products[2 * s] + &products[2 * s + 1] * 256;
        if s > 0 {
            total = total + carry[s - 1];
        }
        f.assert_zero(
            format!("limb {s} of the product"),
            total - result[s] - carry[s] * (1 << 16),
        );
    }
    f.write_d(&exprs(&result));
    f.finish(move |step, row| {
        let (x, y) = (step.accesses[0].old, second_operand(step, imm));
        row.set_bytes(&a, x);
        row.set_bytes(&b, y);
        pairs.fill(row);
        row.set_limbs(&result, x.wrapping_mul(y));
        let mut total = 0;
        for (s, &col) in carry.iter().enumerate() {
            total = (total >> 16) + position(x, y, 2 * s) + 256 * position(x, y, 2 * s + 1);
            row.set(col, total >> 16);
        }
        debug_assert_eq!(
            total & 0xffff,
            limb(x.wrapping_mul(y), n - 1),
            "the carries make the product"
        );
    })
}

/// The sum of the byte products at a byte position.
pub(super) fn position(x: u64, y: u64, u: usize) -> u64 {
    (0..=u)
        .map(|i| ((x >> (8 * i)) & 0xff) * ((y >> (8 * (u - i))) & 0xff))
        .sum()
}
