//! Words as 16-bit limbs.
//!
//! Invariant of the machine: every limb that stands in a Memory message is below 2^16. Initial words and constants of the
//! program are; every chip range-checks what it writes or derives it from range-checked values. So a chip that reads a
//! word, or takes limbs of `imm` from the Program bus, knows its limbs' range.

use super::frame::Frame;
use super::row::inverse;
use crate::builder::{Col, Expr};

/// 2^-16 in the field.
pub(crate) const INV16: i64 = inverse(1 << 16) as i64;

/// Limb `i` of a value.
pub(crate) const fn limb(value: u64, i: usize) -> u64 {
    (value >> (16 * i)) & 0xffff
}

/// Columns as expressions.
pub(crate) fn exprs(cols: &[Col]) -> Vec<Expr> {
    cols.iter().map(|&c| c.into()).collect()
}

/// `count` new columns named `name0`, `name1`, ...
pub(crate) fn columns(f: &mut Frame, name: &str, count: usize) -> Vec<Col> {
    (0..count).map(|i| f.column(format!("{name}{i}"))).collect()
}

/// Demands that the word of a 32-bit instruction has no upper half, when `narrow` is 1.
pub(crate) fn assert_no_upper_half(f: &mut Frame, narrow: &Expr, word: &[Col]) {
    for (i, &limb) in word.iter().enumerate().skip(2) {
        f.assert_zero(
            format!("limb {i} of a 32-bit operand is zero"),
            narrow * limb,
        );
    }
}

/// The sum of expressions.
pub(crate) fn sum(exprs: impl IntoIterator<Item = Expr>) -> Expr {
    exprs.into_iter().fold(Expr::constant(0), |s, e| s + e)
}

/// The expressions of up to four limbs, filled up with zeros.
pub(crate) fn word<E: Clone + Into<Expr>>(limbs: &[E]) -> [Expr; 4] {
    std::array::from_fn(|i| limbs.get(i).cloned().map_or(Expr::constant(0), Into::into))
}

/// Two limbs as one number; the caller knows that it is below the field's order.
pub(crate) fn low_limbs(limbs: &[Col]) -> Expr {
    limbs[0] + limbs[1] * (1 << 16)
}

/// Demands, when `on` (degree 1, 0 or 1) is 1, that `x + y = z` modulo 2^(16 n) for words of n limbs, and gives the
/// carries.
///
/// The carries are linear expressions: carry i is (x_i + y_i + carry_(i-1) - z_i) / 2^16, and being 0 or 1 makes the
/// limb's equation hold over the integers, as every limb is below 2^16 (x, y: known, z: known or checked by the caller).
/// Limbs must be of degree 1.
pub(crate) fn assert_sum(
    f: &mut Frame,
    name: &str,
    on: &Expr,
    x: &[Expr],
    y: &[Expr],
    z: &[Expr],
) -> Vec<Expr> {
    let mut carry = Expr::constant(0);
    let mut carries = Vec::new();
    for i in 0..x.len() {
        carry = (&x[i] + &y[i] + &carry - &z[i]) * INV16;
        f.assert_zero(
            format!("{name}: carry {i} is 0 or 1"),
            on * (&carry * (&carry - 1)),
        );
        carries.push(carry.clone());
    }
    carries
}
