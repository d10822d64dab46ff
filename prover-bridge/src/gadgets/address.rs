//! The effective address of a load or store: 32-bit base plus 32-bit constant, split into word index and offset.
//!
//! With limbs a0, a1 of the base and o0, o1 of the constant: a0 + o0 = 8 low + offset + 2^16 carry with low below 2^13,
//! and the word's index is low + 2^13 (a1 + o1 + carry), where the bracket is checked to be below 2^15. So the index is
//! below 2^28 over the integers and can be no static word or register. The carry is a linear expression that must be 0
//! or 1.

use super::frame::Frame;
use super::limbs::INV16;
use super::row::{Row, inverse};
use crate::builder::{Col, Expr};
use zkc_isa::{MEMORY_WORDS, Step};

/// The split address.
#[derive(Debug)]
pub(crate) struct Address {
    low: Col,
    /// Index of the word.
    pub(crate) word: Expr,
}

/// The effective byte address of a load or store.
pub(crate) fn effective_address(step: &Step) -> u64 {
    (step.accesses[0].old & 0xffff_ffff) + (step.inst.imm & 0xffff_ffff)
}

impl Address {
    /// The word of the address `base` + `constant`, whose offset within it is `offset` (degree 1, below 8).
    pub(crate) fn new(f: &mut Frame, base: &[Col], constant: &[Col], offset: &Expr) -> Address {
        let low = f.column("low");
        let carry = (base[0] + constant[0] - low * 8 - offset) * INV16;
        f.assert_bool("carry of the address is 0 or 1", &carry);
        let high = base[1] + constant[1] + carry;
        f.bits(13, low);
        f.bits(15, &high);
        Address {
            low,
            word: low + high * (1 << 13),
        }
    }

    /// Fills the columns.
    pub(crate) fn fill(&self, step: &Step, row: &mut Row<'_>) {
        row.set(self.low, (effective_address(step) >> 3) & 0x1fff);
    }
}

/// The word after that of an address, where an access straddles two.
///
/// It must be a word of linear memory too: the first is not the last one of linear memory, as their difference has an
/// inverse. Both are below the field's order, so that is a statement about integers.
#[derive(Debug)]
pub(crate) struct SecondWord(Col);

impl SecondWord {
    /// Demands that `first` + 1 is below 2^28 if `crosses` is 1.
    pub(crate) fn new(f: &mut Frame, first: &Expr, crosses: &Expr) -> SecondWord {
        let inverse = f.column("room");
        f.assert_zero(
            "a second word lies in linear memory",
            (i64::from(MEMORY_WORDS - 1) - first) * inverse - crosses,
        );
        f.assert_zero("no inverse without a second word", crosses.not() * inverse);
        SecondWord(inverse)
    }

    /// Fills the column.
    pub(crate) fn fill(&self, row: &mut Row<'_>, first: u64, crosses: bool) {
        if crosses {
            row.set(self.0, inverse(i64::from(MEMORY_WORDS - 1) - first as i64));
        }
    }
}
