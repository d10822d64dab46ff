//! Products of words as sums of byte products.

use super::limbs::sum;
use crate::builder::{Col, Expr};

/// Sums of byte products by position, all 2n - 1 of them: entry u is the sum of x_i y_j with i + j = u.
///
/// For n <= 8 bytes each entry is at most n 255^2 < 2^19, so entry 2s plus 256 times entry 2s + 1 is below 2^27 + 2^19;
/// the sum of all entries from n on, at most 28 of them, is below 2^21: nothing wraps around.
pub(crate) fn byte_products(x: &[Col], y: &[Col]) -> Vec<Expr> {
    let n = x.len();
    let at = |u: usize| {
        sum((0..n)
            .filter(|&i| u >= i && u - i < n)
            .map(|i| x[i] * y[u - i]))
    };
    (0..2 * n - 1).map(at).collect()
}
