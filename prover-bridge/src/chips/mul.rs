//! Products modulo 2^32 and 2^64, and the upper half of a 128-bit product.
//!
//! Both operands stand as bytes; S_u is the sum of the byte products at byte position u. Per limb s of the result
//! `S_2s + 256 S_(2s+1) + carry_(s-1) = result_s + 2^16 carry_s`. The left side is at most 8 * 255^2 * 257 + 2^11 < 2^28,
//! the right side below 2^16 + 2^27 by the checks (result limb below 2^16, carry below 2^11), so equality in the field is
//! equality. An honest carry is at most 2039. `mulhu64` goes on to limb 7; the whole product is below 2^128, so the last
//! limb has no carry, and its lower limbs are columns of its own that go nowhere. Degree 2.
//!
//! Bound: bytes by the byte table and the operands' messages, ANDs by the table, result and carries by the equations.

use crate::gadgets::row::second_operand;
use crate::gadgets::{
    BytePairs, Field, Frame, InstructionRow, Slot, byte_products, bytes_to_limbs, columns, exprs,
    frame::AccessSpec, word,
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
    let f = Frame::new(super::name("mul", bits, imm), &[op]);
    product(f, bits / 16, imm, false)
}

/// `mulhu64`.
pub(super) fn mulhu64() -> InstructionRow {
    product(Frame::new("mulhu64", &[ZkOp::Mulhu64]), 4, false, true)
}

/// A chip for operands of n limbs; the result is the product's lower n limbs, or the `upper` ones.
fn product(mut f: Frame, n: usize, imm: bool, upper: bool) -> InstructionRow {
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
    let (all, carries) = if upper { (2 * n, 2 * n - 1) } else { (n, n) };
    let result = columns(&mut f, "result", all);
    let carry = columns(&mut f, "carry", carries);
    let products = byte_products(&a, &b);
    for s in 0..all {
        f.range16(result[s]);
        let mut total = products[2 * s].clone();
        if let Some(high) = products.get(2 * s + 1) {
            total = total + high * 256;
        }
        if s > 0 {
            total = total + carry[s - 1];
        }
        if let Some(&carry) = carry.get(s) {
            f.bits(11, carry);
            total = total - carry * (1 << 16);
        }
        f.assert_zero(format!("limb {s} of the product"), total - result[s]);
    }
    f.write_d(&exprs(&result[all - n..]));
    f.finish(move |step, row| {
        let (x, y) = (step.accesses[0].old, second_operand(step, imm));
        row.set_bytes(&a, x);
        row.set_bytes(&b, y);
        pairs.fill(row);
        let mut total = 0;
        for (s, &col) in result.iter().enumerate() {
            total = (total >> 16) + position(x, y, 2 * s) + 256 * position(x, y, 2 * s + 1);
            row.set(col, total & 0xffff);
            if let Some(&carry) = carry.get(s) {
                row.set(carry, total >> 16);
            }
        }
    })
}

/// The sum of the byte products at a byte position.
pub(super) fn position(x: u64, y: u64, u: usize) -> u64 {
    (u.saturating_sub(7)..=u.min(7))
        .map(|i| ((x >> (8 * i)) & 0xff) * ((y >> (8 * (u - i))) & 0xff))
        .sum()
}
