//! What a small run looks up on Range16, ByteAnd and Bits, entry by entry: chips that take the place of the table `words`.
//!
//! An entry is proven by lookups in the fixed table `small`, and offered as often as the prover claims. The inner lookups
//! are made on every row, used or not, so each entry of each row is true whatever its count: padding says only that (8, 0)
//! and (0, 0) stand in SmallBits and (0, 0, 0) in NibbleAnd, which is so, and is counted like any other lookup.
//!
//! | chip | entry | true, because |
//! |---|---|---|
//! | `few_range` | Range16 (lo + 256 hi) | lo and hi are below 2^8 |
//! | `few_and` | ByteAnd (a0 + 16 a1, b0 + 16 b1, and0 + 16 and1) | (a0, b0, and0) and (a1, b1, and1) are nibbles and their AND |
//! | `few_bits` | Bits (n0 + n1, v0 + 256 v1) | v0 is below 2^n0, v1 below 2^n1, both n at most 8, n1 zero or n0 8 |
//!
//! For `few_bits`: if n1 is 0, so is v1, and the value is v0 with its n0 bits; else n0 is 8, and the value is below 2^8 2^n1.
//! All columns but counts are small integers by the fixed table, so no sum wraps in the field.
//!
//! A row has [`ENTRIES`] entries, so that messages share auxiliary columns: an entry costs half of what it would alone.

use crate::builder::{Bus, Chip, ChipBuilder};

/// Entries in a row.
pub(crate) const ENTRIES: usize = 4;

/// Values of 16 bits.
pub(crate) fn few_range() -> Chip {
    let mut b = ChipBuilder::new("few_range");
    for i in 0..ENTRIES {
        let [lo, hi, count] = ["lo", "hi", "count"].map(|n| b.column(format!("{n} {i}")));
        for byte in [lo, hi] {
            b.lookup(Bus::SmallBits, vec![8.into(), byte.into()], 1);
        }
        b.provide(Bus::Range16, vec![lo + hi * 256], count);
    }
    b.finish()
}

/// Pairs of bytes with their AND.
pub(crate) fn few_and() -> Chip {
    let mut b = ChipBuilder::new("few_and");
    for i in 0..ENTRIES {
        let mut nibbles = |n: &str| [0, 1].map(|digit| b.column(format!("{n}{digit} {i}")));
        let tuple = [nibbles("a"), nibbles("b"), nibbles("and")];
        let count = b.column(format!("count {i}"));
        for digit in [0, 1] {
            let digits = tuple.iter().map(|x| x[digit].into()).collect();
            b.lookup(Bus::NibbleAnd, digits, 1);
        }
        let bytes = tuple.iter().map(|x| x[0] + x[1] * 16).collect();
        b.provide(Bus::ByteAnd, bytes, count);
    }
    b.finish()
}

/// Values of few bits.
pub(crate) fn few_bits() -> Chip {
    let mut b = ChipBuilder::new("few_bits");
    for i in 0..ENTRIES {
        let [n0, n1, v0, v1, count] =
            ["n0", "n1", "v0", "v1", "count"].map(|n| b.column(format!("{n} {i}")));
        for (n, v) in [(n0, v0), (n1, v1)] {
            b.lookup(Bus::SmallBits, vec![n.into(), v.into()], 1);
        }
        b.assert_zero(
            format!("more than 8 bits begin with 8, entry {i}"),
            n1 * (8 - n0),
        );
        b.provide(Bus::Bits, vec![n0 + n1, v0 + v1 * 256], count);
    }
    b.finish()
}

/// Cells of an entry of [`few_range`].
pub(crate) fn range_entry(value: u32, count: u32) -> [u32; 3] {
    [value & 255, value >> 8, count]
}

/// Cells of an entry of [`few_and`].
pub(crate) fn and_entry(a: u32, b: u32, count: u32) -> [u32; 7] {
    let and = a & b;
    [a & 15, a >> 4, b & 15, b >> 4, and & 15, and >> 4, count]
}

/// Cells of an entry of [`few_bits`].
pub(crate) fn bits_entry(n: u32, value: u32, count: u32) -> [u32; 5] {
    let low = n.min(8);
    [low, n - low, value & 255, value >> 8, count]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Compiled, F};
    use crate::tables::{SMALL_ROWS, row_of, small_table};
    use p3_field::{PrimeCharacteristicRing, PrimeField32};

    /// Entries of every kind are what they say, and their lookups stand in `small`.
    #[test]
    fn entries_are_true() {
        let check = |chip: &Compiled, entry: &[u32], bus: Bus, tuple: &[u32]| {
            let mut row: Vec<F> = entry.iter().copied().map(F::from_u32).collect();
            row.resize(chip.width(), F::ZERO);
            for q in &chip.lookups {
                let looked: Vec<u32> = q
                    .fields
                    .iter()
                    .map(|f| f.on(&row).as_canonical_u32())
                    .collect();
                assert!(
                    row_of(q.bus, &looked, &(0..0)).is_some(),
                    "{entry:?}: {looked:?}"
                );
            }
            let mut slots = Vec::new();
            let leaf = |l| match l {
                crate::backend::Leaf::Main(c) => row[c as usize],
                other => panic!("a chip of this file does not use {other:?}"),
            };
            chip.constraints.run(&mut slots, leaf);
            assert!(chip.constraints.outputs(&slots).all(|v| *v == F::ZERO));
            chip.messages.run(&mut slots, leaf);
            let mut values = chip.messages.outputs(&slots).map(|v| v.as_canonical_u32());
            for i in &chip.chip.interactions {
                let message: Vec<u32> = values.by_ref().take(i.tuple.len() + 1).collect();
                if i.provides {
                    assert_eq!((i.bus, &message[..tuple.len()]), (bus, tuple));
                    assert_eq!(message[tuple.len()], 5);
                    break;
                }
            }
        };
        let [range, and, bits] = [few_range(), few_and(), few_bits()].map(Compiled::new);
        for v in (0..1 << 16).step_by(7).chain([0xffff]) {
            check(&range, &range_entry(v, 5), Bus::Range16, &[v]);
            let (a, b) = (v & 255, v >> 8);
            check(&and, &and_entry(a, b, 5), Bus::ByteAnd, &[a, b, a & b]);
            for n in (0..=16).filter(|n| v < 1 << n) {
                check(&bits, &bits_entry(n, v, 5), Bus::Bits, &[n, v]);
            }
        }
    }

    /// Each row of `small` is true and stands where the counter looks for it, or is a copy of one that does.
    #[test]
    fn small_holds_true_entries() {
        let table = small_table();
        let cells: Vec<u32> = table.values.iter().map(|v| v.as_canonical_u32()).collect();
        let row = |i: usize| &cells[5 * i..5 * i + 5];
        for i in 0..SMALL_ROWS {
            let at = row_of(Bus::SmallBits, &row(i)[..2], &(0..0)).expect("the entry is true");
            assert_eq!(row(at)[..2], row(i)[..2]);
            assert!(at == i || i == SMALL_ROWS - 1);
            let at = row_of(Bus::NibbleAnd, &row(i)[2..], &(0..0)).expect("the entry is true");
            assert_eq!((at, &row(at)[2..]), (i % 256, &row(i)[2..]));
        }
    }
}
