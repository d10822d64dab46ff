//! Comparison of words by their highest differing limb.
//!
//! One mark per limb, at most one of them 1: all limbs above the marked one are equal, all limbs if none is marked. One
//! more fact about the marked limb makes the marks unique: that its difference has an inverse ([`Difference`]), or that
//! it is between 1 and 2^16 in the direction of the result ([`Less`]). So a comparison costs one range check, not one
//! per limb.

use super::frame::Frame;
use super::limbs::{columns, exprs, limb, sum};
use super::row::{Row, inverse};
use crate::builder::{Bus, Col, Expr};

/// The marks: `(any, sum of mark times difference)`.
fn marks(f: &mut Frame, on: &Expr, differences: &[Expr]) -> (Vec<Col>, Expr, Expr) {
    let marks = columns(f, "mark", differences.len());
    for (i, &mark) in marks.iter().enumerate() {
        f.assert_bool(format!("mark {i} is 0 or 1"), mark);
    }
    let any = sum(exprs(&marks));
    f.assert_bool("at most one limb is marked", &any);
    f.assert_zero("no mark where nothing is compared", &any * on.not());
    let mut above = Expr::constant(0);
    for (i, difference) in differences.iter().enumerate().rev() {
        above = above + marks[i];
        f.assert_zero(
            format!("limb {i} is equal unless it or a higher one is marked"),
            (on - &above) * difference,
        );
    }
    let marked = sum(marks.iter().zip(differences).map(|(&m, d)| m * d));
    (marks, any, marked)
}

fn fill_marks(marks: &[Col], row: &mut Row<'_>, a: u64, b: u64) -> Option<usize> {
    let highest = (0..marks.len()).rev().find(|&i| limb(a, i) != limb(b, i))?;
    row.set(marks[highest], 1);
    Some(highest)
}

/// Whether two words differ.
#[derive(Debug)]
pub(crate) struct Difference {
    marks: Vec<Col>,
    inverse: Col,
    /// 1 if the words differ and are compared, else 0.
    pub(crate) differ: Expr,
}

impl Difference {
    /// Compares the words whose limbs have these differences (degree 1, absolute value below 2^17) if `on` is 1.
    pub(crate) fn new(f: &mut Frame, on: &Expr, differences: &[Expr]) -> Difference {
        let (marks, differ, marked) = marks(f, on, differences);
        let inverse = f.column("inverse");
        f.assert_zero("the marked limbs differ", marked * inverse - &differ);
        f.assert_zero("no inverse without a mark", differ.not() * inverse);
        Difference {
            marks,
            inverse,
            differ,
        }
    }

    /// Fills the columns for a comparison that is on, of words with differences `a - b`.
    pub(crate) fn fill(&self, row: &mut Row<'_>, a: u64, b: u64) {
        if let Some(i) = fill_marks(&self.marks, row, a, b) {
            row.set(self.inverse, inverse(limb(a, i) as i64 - limb(b, i) as i64));
        }
    }
}

/// Whether a word is below another.
///
/// `distance` is the absolute difference of the marked limbs less 1, in the direction that `less` claims; its range
/// check refutes a wrong claim, as the difference is between -2^16 and 2^16 and p is above 2^17. Signed words have 2^15
/// added to their top limbs modulo 2^16; the sign bits are checked by 15-bit lookups.
#[derive(Debug)]
pub(crate) struct Less {
    marks: Vec<Col>,
    distance: Col,
    signs: Option<(Col, Col)>,
    /// 1 if the first word is below the second, else 0.
    pub(crate) less: Col,
}

impl Less {
    /// Compares `a` with `b` if `on` is 1; as signed words if `signed` is there and 1.
    pub(crate) fn new(
        f: &mut Frame,
        on: &Expr,
        a: &[Expr],
        b: &[Expr],
        signed: Option<&Expr>,
    ) -> Less {
        let top = a.len() - 1;
        let mut differences: Vec<Expr> = a.iter().zip(b).map(|(a, b)| b - a).collect();
        let signs = signed.map(|signed| {
            let (sign_a, sign_b) = (f.column("sign_a"), f.column("sign_b"));
            for (name, sign, limb) in [("a", sign_a, &a[top]), ("b", sign_b, &b[top])] {
                f.assert_bool(format!("sign of {name} is 0 or 1"), sign);
                f.assert_zero(
                    format!("sign of {name} is zero when unsigned"),
                    sign * signed.not(),
                );
                f.chip
                    .lookup(Bus::Bits, vec![15.into(), limb - sign * (1 << 15)], signed);
            }
            differences[top] = &differences[top] - (sign_b - sign_a) * (1 << 16);
            (sign_a, sign_b)
        });
        let (marks, any, marked) = marks(f, on, &differences);
        let (distance, less) = (f.column("distance"), f.column("less"));
        f.assert_bool("less is 0 or 1", less);
        f.assert_zero("equal words are not less", less * any.not());
        f.assert_zero(
            "distance of the marked limbs",
            distance + &any - (less * 2 - 1) * marked,
        );
        f.chip.lookup(Bus::Range16, vec![distance.into()], on);
        Less {
            marks,
            distance,
            signs,
            less,
        }
    }

    /// Fills the columns for a comparison that is on; gives its result.
    pub(crate) fn fill(&self, row: &mut Row<'_>, a: u64, b: u64, signed: bool) -> bool {
        let top = self.marks.len() - 1;
        let flip = if signed { 1 << (16 * top + 15) } else { 0 };
        if let (Some((sign_a, sign_b)), true) = (self.signs, signed) {
            row.set(sign_a, limb(a, top) >> 15);
            row.set(sign_b, limb(b, top) >> 15);
        }
        let (a, b) = (a ^ flip, b ^ flip);
        if let Some(i) = fill_marks(&self.marks, row, a, b) {
            row.set(self.distance, limb(a, i).abs_diff(limb(b, i)) - 1);
        }
        row.set(self.less, u64::from(a < b));
        a < b
    }
}
