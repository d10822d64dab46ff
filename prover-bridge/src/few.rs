//! What a small run looks up on Range16, ByteAnd and Bits, entry by entry: chips that take the place of the table `words`.
//!
//! An entry is proven by lookups in the fixed table `small`, and offered as often as the prover claims. The inner lookups
//! are made on every row, used or not, so each entry of each row is true whatever its count: padding says only that (8, 0)
//! and (0, 0) stand in SmallBits and (0, 0, 0) in NibbleAnd, which is so, and is counted like any other lookup.
//!
//! | chip | entry, and why it is true |
//! |---|---|
//! | `few_range` | Range16 (lo + 256 hi): lo and hi are below 2^8 |
//! | `few_and` | ByteAnd (a0 + 16 a1, b0 + 16 b1, and0 + 16 and1): each digit of the third is the AND of the digits of the others |
//! | `few_bits` | Bits (n0 + n1, v0 + 256 v1): v0 < 2^n0 and v1 < 2^n1, both n at most 8. If n1 is 0, so is v1, and the value is v0. Else n0 is 8, and the value is below 2^8 + 2^8 (2^n1 - 1) = 2^(8 + n1) |
//!
//! A row has [`ENTRIES`] entries, for then its messages share auxiliary columns: an entry costs half of what it would cost alone.

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
