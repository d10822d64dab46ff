//! Cells of one row while it is being filled, and the little field arithmetic that filling needs.

use crate::builder::Col;
use crate::instruction::{ORDER, canonical};
use zkc_isa::Step;

/// A row being filled; cells start as zero.
#[derive(Debug)]
pub(crate) struct Row<'a>(pub(crate) &'a mut [u32]);

impl Row<'_> {
    /// Sets a cell to a value below the field's order.
    #[inline]
    pub(crate) fn set(&mut self, col: Col, value: u64) {
        debug_assert!(value < u64::from(ORDER), "a cell holds a field element");
        self.0[col.0] = value as u32;
    }

    /// Sets a cell to a number that may be negative.
    #[inline]
    pub(crate) fn set_signed(&mut self, col: Col, value: i64) {
        self.0[col.0] = canonical(value);
    }

    /// Sets cells to the 16-bit limbs of a value, as many as there are columns.
    #[inline]
    pub(crate) fn set_limbs(&mut self, cols: &[Col], value: u64) {
        for (i, col) in cols.iter().enumerate() {
            self.0[col.0] = (value >> (16 * i)) as u32 & 0xffff;
        }
    }

    /// Sets cells to the bytes of a value, as many as there are columns.
    #[inline]
    pub(crate) fn set_bytes(&mut self, cols: &[Col], value: u64) {
        for (i, col) in cols.iter().enumerate() {
            self.0[col.0] = (value >> (8 * i)) as u32 & 0xff;
        }
    }
}

/// The inverse of a non-zero number in the field; 0 for zero.
pub(crate) const fn inverse(x: i64) -> u64 {
    const P: u64 = ORDER as u64;
    let (mut base, mut exponent, mut result) = (canonical(x) as u64, P - 2, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % P;
        }
        base = base * base % P;
        exponent >>= 1;
    }
    result
}

/// The second operand of a two-operand instruction: its constant, or the value of its second access.
pub(crate) fn second_operand(step: &Step, imm: bool) -> u64 {
    if imm {
        step.inst.imm
    } else {
        step.accesses[1].old
    }
}
