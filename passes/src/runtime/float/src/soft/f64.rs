//! Double precision: short paths for normal operands.

use super::general::{self, Format};
use super::sum::double;
use super::wide::{divide, mulhu64};

const SIGN: u64 = Format::<52, 64>::SIGN;
const FRACTION: u64 = (1 << 52) - 1;
const HIDDEN: u64 = 1 << 52;

/// Sum.
#[inline(always)]
pub fn add(a: u64, b: u64) -> u64 {
    double::add(a, b).unwrap_or_else(|| general_add(a, b))
}

/// Difference.
#[inline(always)]
pub fn sub(a: u64, b: u64) -> u64 {
    double::sub(a, b).unwrap_or_else(|| general_add(a, b ^ SIGN))
}

#[inline(never)]
fn general_add(a: u64, b: u64) -> u64 {
    // A NaN's sign is lost, so `b` may come negated.
    general::add::<52, 64>(a, b)
}

/// Whether an exponent is neither that of zero and subnormal numbers nor that of infinities and NaNs.
#[inline(always)]
fn is_normal(exp: u32) -> bool {
    exp != 0 && exp != 0x7ff
}

/// Product.
#[inline(always)]
pub fn mul(a: u64, b: u64) -> u64 {
    let (top_a, top_b) = ((a >> 52) as u32, (b >> 52) as u32);
    let (exp_a, exp_b) = (top_a & 0x7ff, top_b & 0x7ff);
    let sum = exp_a + exp_b;
    // The result's exponent is the sum less 1023, and maybe one more.
    if !is_normal(exp_a) || !is_normal(exp_b) || !(1024..=3068).contains(&sum) {
        return general_mul(a, b);
    }
    let x = a << 11 | SIGN;
    let y = b << 11 | SIGN;
    let hi = mulhu64(x, y);
    // Signs add up as the bit above the exponent; the significand's highest bit adds one to the exponent.
    let top = u64::from(top_a + top_b);
    let (bits, low, half) = if (hi as i64) < 0 {
        (
            ((top - 1023) << 52).wrapping_add(hi >> 11),
            hi & 0x7ff,
            0x400,
        )
    } else {
        (
            ((top - 1024) << 52).wrapping_add(hi >> 10),
            hi & 0x3ff,
            0x200,
        )
    };
    if low < half {
        return bits;
    }
    if low > half {
        return bits + 1;
    }
    // The product's lower half matters in a tie only.
    let below = x.wrapping_mul(y);
    bits + u64::from(below != 0 || bits & 1 != 0)
}

#[inline(never)]
fn general_mul(a: u64, b: u64) -> u64 {
    general::mul::<52, 64>(a, b)
}

/// Quotient.
#[inline(always)]
pub fn div(a: u64, b: u64) -> u64 {
    let (top_a, top_b) = ((a >> 52) as u32, (b >> 52) as u32);
    let (exp_a, exp_b) = (top_a & 0x7ff, top_b & 0x7ff);
    // The result's exponent is the difference plus 1023, and maybe one less.
    let apart = exp_a.wrapping_sub(exp_b).wrapping_add(1021);
    if !is_normal(exp_a) || !is_normal(exp_b) || apart >= 2044 {
        return general_div(a, b);
    }
    let x = a << 11 | SIGN;
    let d = (b & FRACTION) + HIDDEN;
    // The divisor's first 32 bits, rounded up, so that quotients are too small, by 4 at most.
    let d1 = (d >> 21) + 1;
    // x / 2^11 = (q1 d + r) / 2^32, with r below 4 d
    let q1 = divide(x, d1);
    let r = (x << 21).wrapping_sub(q1.wrapping_mul(d));
    let q = (q1 << 29) + divide(r << 8, d1);
    let top = u64::from(top_a.wrapping_sub(top_b).wrapping_add(1022));
    let (bits, low, half) = if q < 1 << 61 {
        (((top - 1) << 52).wrapping_add(q >> 8), q & 0xff, 0x80)
    } else {
        ((top << 52).wrapping_add(q >> 9), q & 0x1ff, 0x100)
    };
    // A quotient of normal numbers is never halfway between two.
    if low > half {
        return bits + 1;
    }
    if low < half - 4 {
        return bits;
    }
    general_div(a, b)
}

#[inline(never)]
fn general_div(a: u64, b: u64) -> u64 {
    general::div::<52, 64>(a, b)
}

/// Square root.
#[inline(always)]
pub fn sqrt(a: u64) -> u64 {
    let exp = (a >> 52) as u32;
    if exp.wrapping_sub(1) >= 0x7fe {
        return general_sqrt(a);
    }
    let sig = a << 11 | SIGN;
    let (n, guess) = super::wide::sqrt_guess(sig, exp & 1 == 0);
    // Two steps of Newton's take the relative error from 2^-6.8 to 2^-30.2, a third on twice as many bits to 2^-61.
    let x = (guess + divide(n, guess)) >> 1;
    let x = (x + divide(n, x)) >> 1;
    let q = divide(n, x);
    let r = n.wrapping_sub(q.wrapping_mul(x));
    // Twice the root, 2^30 times.
    let root = ((x + q) << 30) + divide(r << 30, x);
    let low = root & 0x3ff;
    // A root is never halfway between two floats, but may be below where the last step ended.
    if low.wrapping_sub(0x200) < 4 {
        return general_sqrt(a);
    }
    (u64::from((exp + 1021) >> 1) << 52) + ((root + 0x200) >> 10)
}

#[inline(never)]
fn general_sqrt(a: u64) -> u64 {
    general::sqrt::<52, 64>(a)
}
