//! Sign extensions and `wrap`.
//!
//! The part that is extended is `low` plus its sign bit times 2^7 or 2^15; `low` has 7 or 15 bits by a lookup whose
//! number of bits is a sum of selectors (0 for `wrap`, so `low` is zero there). For 8 bits, limb 0 splits into that
//! byte and `high`, of 8 bits, which is zero for all others. Degree 2.
//!
//! Bound: low, high, sign by the lookups and the split; result limbs by an equation each.

use crate::gadgets::{Field, Frame, InstructionRow, assert_no_upper_half, columns, limb};
use zkc_isa::ZkOp::*;

/// `sext8_32`, `sext16_32`, `sext8_64`, `sext16_64`, `sext32_64`, `wrap`.
pub(super) fn ext() -> InstructionRow {
    let mut f = Frame::new(
        "ext",
        &[Sext832, Sext1632, Sext864, Sext1664, Sext3264, Wrap],
    );
    let a = f.read_register(Field::A, 4);
    let (low, high, sign) = (f.column("low"), f.column("high"), f.column("sign"));
    let (byte, half, word) = (
        f.is_any(&[Sext832, Sext864]),
        f.is_any(&[Sext1632, Sext1664]),
        f.is(Sext3264),
    );
    let (narrow, wide, wrap) = (
        f.is_any(&[Sext832, Sext1632]),
        f.is_any(&[Sext864, Sext1664, Sext3264]),
        f.is(Wrap),
    );
    assert_no_upper_half(&mut f, &narrow, &a);
    f.assert_bool("sign is 0 or 1", sign);
    f.assert_zero("wrap has no sign", &wrap * sign);
    f.bits(&byte * 7 + &half * 15 + &word * 15, low);
    f.bits(&byte * 8, high);
    let (low_byte, low_half) = (low + sign * (1 << 7), low + sign * (1 << 15));
    f.assert_zero(
        "split of limb 0 into bytes",
        &byte * (a[0] - &low_byte - high * 256),
    );
    f.assert_zero("sign of limb 0", &half * (a[0] - &low_half));
    f.assert_zero("sign of limb 1", &word * (a[1] - &low_half));
    let result = columns(&mut f, "result", 3);
    let (keep0, keep1) = (&half + &word + &wrap, &word + &wrap);
    f.assert_zero(
        "limb 0 of the result",
        result[0] - &byte * (low_byte + sign * 0xff00) - keep0 * a[0],
    );
    f.assert_zero(
        "limb 1 of the result",
        result[1] - (&byte + &half) * (sign * 0xffff) - keep1 * a[1],
    );
    f.assert_zero(
        "limbs 2 and 3 of the result",
        result[2] - wide * (sign * 0xffff),
    );
    f.write_d(&[
        result[0].into(),
        result[1].into(),
        result[2].into(),
        result[2].into(),
    ]);
    f.finish(move |step, row| {
        let x = step.accesses[0].old;
        let (part, bits) = match step.inst.op {
            Sext832 | Sext864 => (x & 0xff, 8),
            Sext1632 | Sext1664 => (x & 0xffff, 16),
            Sext3264 => (limb(x, 1), 16),
            _ => (0, 16),
        };
        row.set(low, part & ((1 << (bits - 1)) - 1));
        row.set(sign, part >> (bits - 1));
        row.set(high, if bits == 8 { limb(x, 0) >> 8 } else { 0 });
        row.set_limbs(&result, step.accesses[1].new);
    })
}
