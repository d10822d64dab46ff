//! Leading and trailing zeros; numbers of one bits.
//!
//! Zeros: the highest (`clz`) or lowest (`ctz`) non-zero limb is marked, all limbs beyond it are zero. The marked limb
//! is P + rest (`clz`, rest < P) or P + 2 P rest (`ctz`, P (1 + 2 rest) < 2^16), with P = 2^n from the Pow2 table and
//! the rest of n or 15 - n bits. Without a mark the word is zero and n, P, rest are too. Degree 3.
//!
//! Ones: the word as bits; `popcnt` is rare and this is the plainest sound way. Degree 2.
//!
//! Bound: marks, n, P, rest by the unique representation; `rest_bits` and `result` by an equation each; bits by the
//! operand.

use crate::builder::{Bus, Col, Expr};
use crate::gadgets::{
    Field, Frame, InstructionRow, Slot, assert_no_upper_half, columns, frame::AccessSpec, limb,
    sum, word,
};
use zkc_isa::ZkOp::*;

/// `clz` and `ctz`.
pub(super) fn zeros() -> InstructionRow {
    let mut f = Frame::new("zeros", &[Clz32, Ctz32, Clz64, Ctz64]);
    let a = f.read_register(Field::A, 4);
    let (clz, ctz, narrow, wide) = (
        f.is_any(&[Clz32, Clz64]),
        f.is_any(&[Ctz32, Ctz64]),
        f.is_any(&[Clz32, Ctz32]),
        f.is_any(&[Clz64, Ctz64]),
    );
    assert_no_upper_half(&mut f, &narrow, &a);
    let marks = columns(&mut f, "mark", 4);
    for (i, &mark) in marks.iter().enumerate() {
        f.assert_bool(format!("mark {i} is 0 or 1"), mark);
    }
    let any = sum(marks.iter().map(|&m| m.into()));
    f.assert_bool("at most one limb is marked", &any);
    for i in 0..4 {
        let (up, down) = (
            sum(marks[i..].iter().map(|&m| m.into())),
            sum(marks[..=i].iter().map(|&m| m.into())),
        );
        f.assert_zero(
            format!("limb {i} is zero unless it or a higher one is marked"),
            &clz * (1 - up) * a[i],
        );
        f.assert_zero(
            format!("limb {i} is zero unless it or a lower one is marked"),
            &ctz * (1 - down) * a[i],
        );
    }
    let (n, power, rest, rest_bits) = (
        f.column("n"),
        f.column("power"),
        f.column("rest"),
        f.column("rest_bits"),
    );
    f.chip.lookup(Bus::Pow2, vec![n.into(), power.into()], &any);
    f.assert_zero("n is zero without a mark", (1 - &any) * n);
    f.assert_zero("power is zero without a mark", (1 - &any) * power);
    f.assert_zero(
        "bits of the rest",
        rest_bits - &clz * n - &ctz * (&any * 15 - n),
    );
    f.bits(rest_bits, rest);
    let marked = sum(marks.iter().zip(&a).map(|(&m, &a)| m * a));
    f.assert_zero(
        "the marked limb",
        marked - power - &clz * rest - &ctz * power * rest * 2,
    );
    let result = f.column("result");
    let place = sum((1..4).map(|i| marks[i] * (16 * i as i64))) + n;
    let width = narrow * 32 + wide * 64;
    let trailing = &place * &ctz + (f.is(Ctz32) * 32 + f.is(Ctz64) * 64) * (1 - &any);
    f.assert_zero("result", result - &clz * (width - &place - &any) - trailing);
    f.write_d(&[result.into()]);
    f.finish(move |step, row| {
        let (op, x) = (step.inst.op, step.accesses[0].old);
        let leading = matches!(op, Clz32 | Clz64);
        if x != 0 {
            let bit = u64::from(if leading {
                63 - x.leading_zeros()
            } else {
                x.trailing_zeros()
            });
            let (i, b) = (bit as usize / 16, bit % 16);
            row.set(marks[i], 1);
            row.set(n, b);
            row.set(power, 1 << b);
            row.set(
                rest,
                if leading {
                    limb(x, i) - (1 << b)
                } else {
                    limb(x, i) >> (b + 1)
                },
            );
            row.set(rest_bits, if leading { b } else { 15 - b });
        }
        row.set(result, step.accesses[1].new & 0xff);
    })
}

/// `popcnt`.
pub(super) fn ones() -> InstructionRow {
    let mut f = Frame::new("ones", &[Popcnt32, Popcnt64]);
    let bits = columns(&mut f, "bit", 64);
    for (i, &bit) in bits.iter().enumerate() {
        f.assert_bool(format!("bit {i} is 0 or 1"), bit);
    }
    let total = |bits: &[Col]| sum(bits.iter().map(|&b| b.into()));
    let narrow = f.is(Popcnt32);
    f.assert_zero("a 32-bit operand has 32 bits", narrow * total(&bits[32..]));
    let limbs: Vec<Expr> = bits
        .chunks(16)
        .map(|c| sum(c.iter().enumerate().map(|(i, &b)| b * (1 << i))))
        .collect();
    let (addr, when) = (f.register(Field::A), f.real.clone());
    f.access(
        "a",
        &AccessSpec {
            addr,
            limbs: 4,
            when,
            slot: Slot::At(0),
        },
        &word(&limbs),
        &word(&limbs),
    );
    f.write_d(&[total(&bits)]);
    f.finish(move |step, row| {
        for (i, &bit) in bits.iter().enumerate() {
            row.set(bit, (step.accesses[0].old >> i) & 1);
        }
    })
}
