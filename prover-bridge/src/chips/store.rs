//! Stores.
//!
//! | chip | proves |
//! |---|---|
//! | `st64` | 8 bytes, aligned |
//! | `st32` | 4 bytes, aligned |
//! | `st_narrow` | 1 byte anywhere, 2 bytes at an even address |
//! | `st_any` | 2, 4, 8 bytes anywhere, also across two words |
//!
//! The value is a whole register, of which the low bytes are stored. Words keep what is not stored: a new limb is the old
//! one plus flag times difference. Addresses as for loads. Degree 3.
//!
//! Bound: bytes by the byte table and the limbs they split; `change` and new limbs by an equation each, which also
//! keeps new limbs below 2^16: they consist of old limbs, stored limbs, or bytes of both.

use super::load::{crossing, one_hot, position};
use super::mem_trap::traps;
use crate::builder::Expr;
use crate::gadgets::address::effective_address;
use crate::gadgets::{
    Address, BytePairs, Field, Frame, InstructionRow, SecondWord, Slot, bytes_to_limbs, columns,
    exprs, frame::AccessSpec, limb, sum, word,
};
use zkc_isa::ZkOp::*;

/// `st64` at multiples of 8.
pub(super) fn st64() -> InstructionRow {
    let mut f = Frame::new("st64", &[St64]);
    let (a, imm) = (f.read_register(Field::A, 2), f.constant(2));
    let value = f.read_register(Field::B, 4);
    let address = Address::new(&mut f, &a, &imm, &Expr::constant(0));
    f.write("word", address.word.clone(), &exprs(&value));
    f.finish(move |step, row| address.fill(step, row))
        .only(|step| !traps(step) && effective_address(step).is_multiple_of(8))
}

/// `st32` at multiples of 4.
pub(super) fn st32() -> InstructionRow {
    let mut f = Frame::new("st32", &[St32]);
    let (a, imm) = (f.read_register(Field::A, 2), f.constant(2));
    let value = f.read_register(Field::B, 4);
    let upper = f.column("upper");
    f.assert_bool("upper is 0 or 1", upper);
    let address = Address::new(&mut f, &a, &imm, &(upper * 4));
    let spec = AccessSpec {
        addr: address.word.clone(),
        limbs: 4,
        when: f.real.clone(),
        slot: Slot::At(2),
    };
    let (old, new) = (
        f.old_limbs("word", &spec),
        f.new_limbs("word_new", Slot::At(2), 4),
    );
    for i in 0..2 {
        f.assert_zero(
            format!("limb {i} of the word"),
            new[i] - old[i] - (1 - upper) * (value[i] - old[i]),
        );
        f.assert_zero(
            format!("limb {} of the word", i + 2),
            new[i + 2] - old[i + 2] - upper * (value[i] - old[i + 2]),
        );
    }
    f.access("word", &spec, &word(&old), &word(&new));
    f.finish(move |step, row| {
        address.fill(step, row);
        row.set(upper, effective_address(step) >> 2 & 1);
    })
    .only(|step| !traps(step) && effective_address(step).is_multiple_of(4))
}

/// 1-byte stores, and 2-byte stores at even addresses.
pub(super) fn st_narrow() -> InstructionRow {
    let mut f = Frame::new("st_narrow", &[St8, St16]);
    let (byte, half) = (f.is(St8), f.is(St16));
    let (a, imm) = (f.read_register(Field::A, 2), f.constant(2));
    let value = f.read_register(Field::B, 4);
    let (limb_cols, limb_flags) = one_hot(&mut f, "limb", 4);
    let odd = f.column("odd");
    f.assert_bool("odd is 0 or 1", odd);
    f.assert_zero("halves are at even addresses", &half * odd);
    let address = Address::new(&mut f, &a, &imm, &(position(&limb_flags, 2) + odd));
    let spec = AccessSpec {
        addr: address.word.clone(),
        limbs: 4,
        when: f.real.clone(),
        slot: Slot::At(2),
    };
    let (old, new) = (
        f.old_limbs("word", &spec),
        f.new_limbs("word_new", Slot::At(2), 4),
    );
    let chosen = sum(limb_flags.iter().zip(&old).map(|(flag, &v)| flag * v));

    // The byte stored and the one above it in the register; the byte it replaces and the other one of its limb.
    let (stored, above) = (f.column("stored"), f.column("above"));
    let (replaced, other) = (f.column("replaced"), f.column("other"));
    let pairs = BytePairs::new(&mut f, &[stored, replaced], &[above, other]);
    f.assert_zero(
        "a half has no bytes",
        &half * (stored + above + replaced + other),
    );
    f.assert_zero(
        "bytes of the value",
        &byte * (value[0] - stored - above * 256),
    );
    f.assert_zero(
        "bytes of the limb",
        &byte * (&chosen - (1 - odd) * (replaced + other * 256) - odd * (other + replaced * 256)),
    );
    let change = f.column("change");
    f.assert_zero(
        "change of the limb",
        change - &byte * (stored - replaced) * (odd * 255 + 1) - &half * (value[0] - chosen),
    );
    for i in 0..4 {
        f.assert_zero(
            format!("limb {i} of the word"),
            new[i] - old[i] - &limb_flags[i] * change,
        );
    }
    f.access("word", &spec, &word(&old), &word(&new));
    f.finish(move |step, row| {
        address.fill(step, row);
        let (offset, value, old) = (
            effective_address(step) & 7,
            step.accesses[1].old,
            step.accesses[2].old,
        );
        let i = offset as usize / 2;
        if i > 0 {
            row.set(limb_cols[i - 1], 1);
        }
        if step.inst.op == St8 {
            let x = limb(old, i);
            let bytes = [x & 0xff, x >> 8];
            row.set(odd, offset & 1);
            row.set(stored, value & 0xff);
            row.set(above, value >> 8 & 0xff);
            row.set(replaced, bytes[offset as usize & 1]);
            row.set(other, bytes[1 - (offset as usize & 1)]);
        }
        pairs.fill(row);
        row.set_signed(
            change,
            limb(step.accesses[2].new, i) as i64 - limb(old, i) as i64,
        );
    })
    .only(|step| !traps(step) && (step.inst.op == St8 || effective_address(step).is_multiple_of(2)))
}

/// Stores of 2, 4, 8 bytes anywhere.
pub(super) fn st_any() -> InstructionRow {
    let mut f = Frame::new("st_any", &[St16, St32, St64]);
    let (half, quarter, full) = (f.is(St16), f.is(St32), f.is(St64));
    let (a, imm) = (f.read_register(Field::A, 2), f.constant(2));
    let value = columns(&mut f, "value_byte", 8);
    let value_pairs = BytePairs::new(&mut f, &value[..4], &value[4..]);
    let limbs = bytes_to_limbs(&value);
    let spec = AccessSpec {
        addr: f.register(Field::B),
        limbs: 4,
        when: f.real.clone(),
        slot: Slot::At(1),
    };
    f.access("b", &spec, &word(&limbs), &word(&limbs));
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
    let mut new = f.new_limbs("word_new", Slot::At(2), 4);
    new.extend(f.new_limbs("second_new", Slot::At(3), 4));
    let taken = [&half + &quarter + &full, &quarter + &full, full];
    let changed = |k: usize| {
        let change = |o: usize| {
            let i = k.checked_sub(o).filter(|&i| i < 8)?;
            Some(
                &taken[if i < 2 {
                    0
                } else if i < 4 {
                    1
                } else {
                    2
                }] * &offsets[o]
                    * (value[i] - bytes[k]),
            )
        };
        bytes[k] + sum((0..8).filter_map(change))
    };
    for (j, &limb) in new.iter().enumerate() {
        f.assert_zero(
            format!("limb {j} of the words"),
            limb - changed(2 * j) - changed(2 * j + 1) * 256,
        );
    }
    let limbs = bytes_to_limbs(&bytes);
    let first = AccessSpec {
        addr: address.word.clone(),
        limbs: 4,
        when: f.real.clone(),
        slot: Slot::At(2),
    };
    f.access("word", &first, &word(&limbs[..4]), &word(&new[..4]));
    let second = AccessSpec {
        addr: &address.word + 1,
        limbs: 4,
        when: crosses.into(),
        slot: Slot::At(3),
    };
    f.access("second", &second, &word(&limbs[4..]), &word(&new[4..]));
    f.finish(move |step, row| {
        address.fill(step, row);
        let ea = effective_address(step);
        if ea & 7 > 0 {
            row.set(offset_cols[(ea & 7) as usize - 1], 1);
        }
        row.set_bytes(&value, step.accesses[1].old);
        value_pairs.fill(row);
        row.set(crosses, u64::from(step.len == 4));
        room.fill(row, ea >> 3, step.len == 4);
        row.set_bytes(&bytes[..8], step.accesses[2].old);
        row.set_bytes(&bytes[8..], step.accesses[3].old);
        pairs.fill(row);
    })
    .only(|step| !traps(step))
}
