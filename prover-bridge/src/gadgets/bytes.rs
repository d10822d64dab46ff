//! Bytes: a lookup of (x, y, x AND y) in the byte table also shows that x and y are below 2^8.
//!
//! So a limb known to be below 2^16 and equal to x + 256 y has exactly one such x and y.

use super::frame::Frame;
use super::row::Row;
use crate::builder::{Bus, Col, Expr};

/// Limbs made of bytes, the lower byte first.
pub(crate) fn bytes_to_limbs(bytes: &[Col]) -> Vec<Expr> {
    bytes
        .chunks(2)
        .map(|pair| pair[0] + pair[1] * 256)
        .collect()
}

/// Range checks of bytes, two a lookup, at the price of a column for their AND.
#[derive(Debug)]
pub(crate) struct BytePairs(Vec<(Col, Col, Col)>);

impl BytePairs {
    /// Demands that the columns `x` and `y` hold bytes.
    pub(crate) fn new(f: &mut Frame, x: &[Col], y: &[Col]) -> BytePairs {
        let pairs = x.iter().zip(y).enumerate().map(|(i, (&x, &y))| {
            let and = f.column(format!("and{i}"));
            let real = f.real.clone();
            f.chip
                .lookup(Bus::ByteAnd, vec![x.into(), y.into(), and.into()], real);
            (x, y, and)
        });
        BytePairs(pairs.collect())
    }

    /// Fills the ANDs, after the bytes.
    pub(crate) fn fill(&self, row: &mut Row<'_>) {
        for &(x, y, and) in &self.0 {
            row.0[and.0] = row.0[x.0] & row.0[y.0];
        }
    }
}
