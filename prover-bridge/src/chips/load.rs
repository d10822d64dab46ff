//! Loads.
//!
//! | chip | proves |
//! |---|---|
//! | `ld64` | 8 bytes, aligned |
//! | `ld32` | `ld32u`, aligned |
//! | `ld_narrow` | 1 byte anywhere, 2 bytes at an even address |
//! | `ld_any` | 2, 4, 8 bytes anywhere, also across two words |
//!
//! The prover takes the narrowest chip that fits; each is sound by itself. No chip checks bounds: a word beyond the
//! memory's pages has no tuple on the Memory bus to consume. The address is bound by [`Address`]. Degree 3.
//!
//! Bound: the halves, bytes and offsets by the word's limbs (one split into bytes) and the address's three low bits
//! (one-hot offset); signs by lookups of the bits below them; the limbs of the result by an equation each.

use super::mem_trap::traps;
use crate::builder::{Col, Expr};
use crate::gadgets::address::effective_address;
use crate::gadgets::{
    Address, BytePairs, Field, Frame, InstructionRow, SecondWord, Slot, bytes_to_limbs, columns,
    exprs, frame::AccessSpec, limb, sum, word,
};
use zkc_isa::ZkOp::*;

/// One-hot columns `name1..` for a number below `count`; gives the columns and all `count` flags.
pub(super) fn one_hot(f: &mut Frame, name: &str, count: usize) -> (Vec<Col>, Vec<Expr>) {
    let cols: Vec<Col> = (1..count).map(|i| f.column(format!("{name}{i}"))).collect();
    for (i, &col) in cols.iter().enumerate() {
        f.assert_bool(format!("{name}{} is 0 or 1", i + 1), col);
    }
    let zero = &f.real - sum(exprs(&cols));
    f.assert_bool(format!("one {name} at most"), &zero);
    let flags = [zero].into_iter().chain(exprs(&cols)).collect();
    (cols, flags)
}

/// The sum of flag times number.
pub(super) fn position(flags: &[Expr], scale: i64) -> Expr {
    sum(flags
        .iter()
        .enumerate()
        .map(|(i, flag)| flag * (scale * i as i64)))
}

/// `ld64` at multiples of 8.
pub(super) fn ld64() -> InstructionRow {
    let mut f = Frame::new("ld64", &[Ld64]);
    let (a, imm) = (f.read_register(Field::A, 2), f.constant(2));
    let address = Address::new(&mut f, &a, &imm, &Expr::constant(0));
    let value = f.read("word", address.word.clone(), 4);
    f.write_d(&exprs(&value));
    f.finish(move |step, row| address.fill(step, row))
        .only(|step| !traps(step) && effective_address(step).is_multiple_of(8))
}

/// `ld32u` at multiples of 4.
pub(super) fn ld32() -> InstructionRow {
    let mut f = Frame::new("ld32", &[Ld32u]);
    let (a, imm) = (f.read_register(Field::A, 2), f.constant(2));
    let upper = f.column("upper");
    f.assert_bool("upper is 0 or 1", upper);
    let address = Address::new(&mut f, &a, &imm, &(upper * 4));
    let value = f.read("word", address.word.clone(), 4);
    let result = columns(&mut f, "result", 2);
    for i in 0..2 {
        f.assert_zero(
            format!("limb {i} of the half"),
            result[i] - value[i] - upper * (value[i + 2] - value[i]),
        );
    }
    f.write_d(&exprs(&result));
    f.finish(move |step, row| {
        address.fill(step, row);
        row.set(upper, effective_address(step) >> 2 & 1);
        row.set_limbs(&result, step.accesses[2].new);
    })
    .only(|step| !traps(step) && effective_address(step).is_multiple_of(4))
}

/// 1-byte loads, and 2-byte loads at even addresses.
pub(super) fn ld_narrow() -> InstructionRow {
    let mut f = Frame::new(
        "ld_narrow",
        &[Ld8u, Ld8s32, Ld8s64, Ld16u, Ld16s32, Ld16s64],
    );
    let (byte, half) = (
        f.is_any(&[Ld8u, Ld8s32, Ld8s64]),
        f.is_any(&[Ld16u, Ld16s32, Ld16s64]),
    );
    let (byte_signed, half_signed) = (f.is_any(&[Ld8s32, Ld8s64]), f.is_any(&[Ld16s32, Ld16s64]));
    let to_64 = f.is_any(&[Ld8s64, Ld16s64]);
    let (a, imm) = (f.read_register(Field::A, 2), f.constant(2));
    let (limb_cols, limb_flags) = one_hot(&mut f, "limb", 4);
    let odd = f.column("odd");
    f.assert_bool("odd is 0 or 1", odd);
    f.assert_zero("halves are at even addresses", &half * odd);
    let address = Address::new(&mut f, &a, &imm, &(position(&limb_flags, 2) + odd));
    let value = f.read("word", address.word.clone(), 4);
    let chosen = sum(limb_flags.iter().zip(&value).map(|(flag, &v)| flag * v));

    let (low, other, sign_byte, sign_half) = (
        f.column("low"),
        f.column("other"),
        f.column("sign_byte"),
        f.column("sign_half"),
    );
    for (name, sign, signed) in [
        ("byte", sign_byte, &byte_signed),
        ("half", sign_half, &half_signed),
    ] {
        f.assert_bool(format!("sign of a {name} is 0 or 1"), sign);
        f.assert_zero(
            format!("sign of a {name} is zero when unsigned"),
            sign * (1 - signed),
        );
    }
    f.bits(&byte * 8 + &half * 16 - &byte_signed - &half_signed, low);
    f.bits(&byte * 8, other);
    let part = low + sign_byte * (1 << 7) + sign_half * (1 << 15);
    f.assert_zero(
        "the limb is part and other byte",
        chosen - (1 - odd) * (&part + other * 256) - odd * (other + &part * 256),
    );
    let sign = sign_byte + sign_half;
    let top = f.column("top");
    f.assert_zero("sign in limbs 2 and 3", top - to_64 * &sign);
    f.write_d(&[
        part + sign_byte * 0xff00,
        sign * 0xffff,
        top * 0xffff,
        top * 0xffff,
    ]);
    f.finish(move |step, row| {
        address.fill(step, row);
        let (op, offset) = (step.inst.op, effective_address(step) & 7);
        let x = limb(step.accesses[1].old, offset as usize / 2);
        if offset >= 2 {
            row.set(limb_cols[offset as usize / 2 - 1], 1);
        }
        let (part, bits) = match op {
            Ld8u | Ld8s32 | Ld8s64 => {
                row.set(odd, offset & 1);
                row.set(other, if offset & 1 == 0 { x >> 8 } else { x & 0xff });
                (if offset & 1 == 0 { x & 0xff } else { x >> 8 }, 8)
            }
            _ => (x, 16),
        };
        let signed = !matches!(op, Ld8u | Ld16u);
        let sign = if signed { part >> (bits - 1) } else { 0 };
        row.set(low, part - (sign << (bits - 1)));
        row.set(if bits == 8 { sign_byte } else { sign_half }, sign);
        row.set(
            top,
            if matches!(op, Ld8s64 | Ld16s64) {
                sign
            } else {
                0
            },
        );
    })
    .only(|step| {
        !traps(step)
            && (step.inst.op.access_bytes() == 1 || effective_address(step).is_multiple_of(2))
    })
}

/// Loads of 2, 4, 8 bytes anywhere.
pub(super) fn ld_any() -> InstructionRow {
    let mut f = Frame::new("ld_any", &[Ld16u, Ld16s32, Ld16s64, Ld32u, Ld32s64, Ld64]);
    let (half, quarter, full) = (
        f.is_any(&[Ld16u, Ld16s32, Ld16s64]),
        f.is_any(&[Ld32u, Ld32s64]),
        f.is(Ld64),
    );
    let (half_signed, quarter_signed) = (f.is_any(&[Ld16s32, Ld16s64]), f.is(Ld32s64));
    let to_64 = f.is_any(&[Ld16s64, Ld32s64]);
    let (a, imm) = (f.read_register(Field::A, 2), f.constant(2));
    let (offset_cols, offsets) = one_hot(&mut f, "offset", 8);
    let address = Address::new(&mut f, &a, &imm, &position(&offsets, 1));
    let crosses = f.column("crosses");
    f.assert_zero(
        "whether the access crosses into a second word",
        crosses - crossing(&half, &quarter, &full, &offsets),
    );
    let room = SecondWord::new(&mut f, &address.word, &crosses.into());

    let bytes = columns(&mut f, "byte", 16);
    let pairs = BytePairs::new(&mut f, &bytes[..8], &bytes[8..]);
    f.assert_zero(
        "no bytes of a second word without one",
        (1 - crosses) * sum(exprs(&bytes[8..])),
    );
    let limbs = bytes_to_limbs(&bytes);
    let first = AccessSpec {
        addr: address.word.clone(),
        limbs: 4,
        when: f.real.clone(),
        slot: Slot::At(1),
    };
    f.access("word", &first, &word(&limbs[..4]), &word(&limbs[..4]));
    let second = AccessSpec {
        addr: &address.word + 1,
        limbs: 4,
        when: crosses.into(),
        slot: Slot::Of(2, 4),
    };
    f.access("second", &second, &word(&limbs[4..]), &word(&limbs[4..]));
    f.set_time_back(1 - crosses);

    let result = columns(&mut f, "result", 4);
    let (sign, low) = (f.column("sign"), f.column("low"));
    f.assert_bool("sign is 0 or 1", sign);
    let signed = &half_signed + &quarter_signed;
    f.assert_zero("sign is zero when unsigned", sign * (1 - signed));
    f.assert_zero(
        "bits below the sign",
        low - &half_signed * (result[0] - sign * (1 << 15))
            - &quarter_signed * (result[1] - sign * (1 << 15)),
    );
    f.bits(15, low);
    let at = |j: usize| {
        sum((0..8).map(|o| &offsets[o] * (bytes[o + 2 * j] + bytes[o + 2 * j + 1] * 256)))
    };
    let upper = to_64 * sign * 0xffff;
    f.assert_zero("limb 0 of the result", result[0] - at(0));
    f.assert_zero(
        "limb 1 of the result",
        result[1] - (quarter + &full) * at(1) - half_signed * sign * 0xffff,
    );
    f.assert_zero("limb 2 of the result", result[2] - &full * at(2) - &upper);
    f.assert_zero("limb 3 of the result", result[3] - &full * at(3) - &upper);
    let addr = f.register(Field::D);
    let when = f.real.clone();
    f.write_if(
        "d",
        AccessSpec {
            addr,
            limbs: 4,
            when,
            slot: Slot::Last,
        },
        &exprs(&result),
    );
    f.finish(move |step, row| {
        address.fill(step, row);
        let (op, ea) = (step.inst.op, effective_address(step));
        if ea & 7 > 0 {
            row.set(offset_cols[(ea & 7) as usize - 1], 1);
        }
        let straddles = step.len == 4;
        row.set(crosses, u64::from(straddles));
        room.fill(row, ea >> 3, straddles);
        row.set_bytes(&bytes[..8], step.accesses[1].old);
        if straddles {
            row.set_bytes(&bytes[8..], step.accesses[2].old);
        }
        pairs.fill(row);
        let value = step.accesses[usize::from(step.len) - 1].new;
        row.set_limbs(&result, value);
        let top = match op {
            Ld16s32 | Ld16s64 => limb(value, 0),
            Ld32s64 => limb(value, 1),
            _ => 0,
        };
        row.set(sign, top >> 15);
        row.set(low, top & 0x7fff);
    })
    .only(|step| !traps(step))
}

/// Whether an access of 2, 4 or 8 bytes at an offset goes beyond the word.
pub(super) fn crossing(half: &Expr, quarter: &Expr, full: &Expr, offsets: &[Expr]) -> Expr {
    let from = |i: usize| sum(offsets[i..].iter().cloned());
    half * from(7) + quarter * from(5) + full * from(1)
}
