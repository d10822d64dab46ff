//! Shifts and rotates without bits.
//!
//! A word of n limbs, W bits, moves left by m = 16 q + r in double width: the product F = x 2^r has n + 1 limbs, and
//! moves up by q limbs. A left shift by k takes the lower n limbs of the result for m = k, a right shift the upper ones
//! for m = W - k (1 <= m <= W), a rotate adds both. q is one-hot, r in 0..16 comes with P = 2^r from the Pow2 table.
//!
//! Limb x_i = 2^(16-r) H_i + L_i gives H_i, below 2^r by a Bits lookup, and M_i = P x_i - 2^16 H_i, below 2^16 by
//! lookup: that is P L_i. F_i = M_i + H_(i-1). For r <= 14 all terms are below 2^30, so the equation holds over the
//! integers and H_i and M_i are unique. For r = 15, P x_i may pass the field's order; there a flag `e` is 1 and x_i - 2
//! H_i must be 0 or 1, which is the integer statement itself. The flag cannot lie: the table is asked for 2^(r + 1 -
//! e), and has no 2^16, so r = 15 needs e = 1, and e = 1 is allowed for r = 15 only. (r = -1 with e = 0 fails in the
//! Bits lookups.)
//!
//! An arithmetic right shift of a negative word adds the ones that come in: 2^16 - P in limb q, 2^16 - 1 above.

use super::frame::Frame;
use super::limbs::{columns, exprs, limb, sum};
use super::row::{Row, inverse};
use crate::builder::{Bus, Col, Expr};

/// What a row does, as sums of selectors.
#[derive(Debug)]
pub(crate) struct ShiftKind {
    /// The amount counts from the right end: m = W - k.
    pub(crate) right: Expr,
    /// The lower half of the double-width result goes in.
    pub(crate) low: Expr,
    /// The upper half goes in.
    pub(crate) high: Expr,
    /// Ones come in if the word is negative.
    pub(crate) arithmetic: Expr,
}

/// The columns of a shift.
#[derive(Debug)]
pub(crate) struct Shift {
    limbs: usize,
    r: Col,
    power: Col,
    fifteen: Col,
    q: Vec<Col>,
    upper: Vec<Col>,
    middle: Vec<Col>,
    negative: Col,
    out: Vec<Col>,
    /// m, the number of places moved left.
    pub(crate) places: Expr,
}

impl Shift {
    /// Shifts `x` by `amount`; the caller sees to it that the amount is below W, by knowing it or by a check.
    pub(crate) fn new(f: &mut Frame, x: &[Col], amount: &Expr, kind: &ShiftKind) -> Shift {
        let n = x.len();
        let real = f.real.clone();
        let left = &real - &kind.right;

        let q: Vec<Col> = (1..=n).map(|i| f.column(format!("q{i}"))).collect();
        for (i, &q) in q.iter().enumerate() {
            f.assert_bool(format!("q{} is 0 or 1", i + 1), q);
        }
        let q0 = &real - sum(exprs(&q));
        f.assert_bool("q is one of 0..=n", &q0);
        let hot: Vec<Expr> = [q0].into_iter().chain(exprs(&q)).collect();
        let r = f.column("r");
        let places = sum(q
            .iter()
            .enumerate()
            .map(|(i, &q)| q * (16 * (i as i64 + 1))))
            + r;
        let width = 16 * n as i64;
        f.assert_zero(
            "amount is 16 q + r, from the left or the right",
            &left * (amount - &places) + &kind.right * (width - amount - &places),
        );
        f.assert_zero("all limbs move out only to the right", q[n - 1] * &left);
        f.assert_zero("no bits move when all limbs do", q[n - 1] * r);

        let (power, fifteen) = (f.column("power"), f.column("r_is_15"));
        f.assert_bool("r_is_15 is 0 or 1", fifteen);
        f.assert_zero("r_is_15 tells the truth", fifteen * (r - 15));
        f.chip
            .lookup(Bus::Pow2, vec![r + 1 - fifteen, power.into()], &real);
        let p = power * inverse(2) as i64 + fifteen * (1 << 14);

        let upper = columns(f, "upper", n);
        let middle = columns(f, "middle", n);
        for i in 0..n {
            f.bits(r, upper[i]);
            f.range16(middle[i]);
            f.assert_zero(
                format!("limb {i} times 2^r"),
                x[i] * &p - upper[i] * (1 << 16) - middle[i],
            );
            let rest = x[i] - upper[i] * 2;
            f.assert_zero(
                format!("limb {i} times 2^15 over the integers"),
                fifteen * (&rest * (&rest - 1)),
            );
        }
        let product: Vec<Expr> = (0..=n)
            .map(|i| match i {
                0 => middle[0].into(),
                _ if i == n => upper[n - 1].into(),
                _ => middle[i] + upper[i - 1],
            })
            .collect();

        let negative = f.column("negative");
        f.assert_bool("negative is 0 or 1", negative);
        f.assert_zero(
            "negative is for arithmetic shifts",
            negative * kind.arithmetic.not(),
        );
        f.chip.lookup(
            Bus::Bits,
            vec![15.into(), x[n - 1] - negative * (1 << 15)],
            &kind.arithmetic,
        );

        let out = columns(f, "out", n);
        for (j, &y) in out.iter().enumerate() {
            let moved = (0..=n).map(|q| {
                let low = if j >= q {
                    &kind.low * &product[j - q]
                } else {
                    Expr::constant(0)
                };
                let high = if j <= q {
                    &kind.high * &product[j + n - q]
                } else {
                    Expr::constant(0)
                };
                &hot[q] * (low + high)
            });
            // Fill for q < n only: with q = n nothing moved.
            let ones = sum((0..j).map(|q| &hot[q] * 0xffff)) + &hot[j] * ((1 << 16) - &p);
            f.assert_zero(
                format!("limb {j} of the result"),
                y - sum(moved) - negative * ones,
            );
        }
        Shift {
            limbs: n,
            r,
            power,
            fifteen,
            q,
            upper,
            middle,
            negative,
            out,
            places,
        }
    }

    /// The columns that the amount and the kind of shift determine.
    pub(crate) fn of_amount(&self) -> Vec<Col> {
        let mut cols = vec![self.r, self.power, self.fifteen];
        cols.extend(&self.q);
        cols
    }

    /// Limbs of the result.
    pub(crate) fn out(&self) -> Vec<Expr> {
        exprs(&self.out)
    }

    /// Fills the columns for the word `x`, the amount `k` below W, and the result.
    pub(crate) fn fill(
        &self,
        row: &mut Row<'_>,
        x: u64,
        k: u64,
        right: bool,
        arithmetic: bool,
        result: u64,
    ) {
        let width = 16 * self.limbs as u64;
        let places = if right { width - k } else { k };
        let (q, r) = (places as usize / 16, places % 16);
        if q > 0 {
            row.set(self.q[q - 1], 1);
        }
        row.set(self.r, r);
        row.set(self.fifteen, u64::from(r == 15));
        row.set(self.power, if r == 15 { 1 << 15 } else { 2 << r });
        for i in 0..self.limbs {
            let product = limb(x, i) << r;
            row.set(self.upper[i], product >> 16);
            row.set(self.middle[i], product & 0xffff);
        }
        row.set(
            self.negative,
            if arithmetic {
                limb(x, self.limbs - 1) >> 15
            } else {
                0
            },
        );
        row.set_limbs(&self.out, result);
    }
}
