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

#[cold]
#[inline(never)]
fn general_add(a: u64, b: u64) -> u64 {
    // A NaN's sign is lost, so `b` may come negated.
    general::add::<52, 64>(a, b)
}

/// Whether a number, of any sign, has an exponent from `low` on of `count`.
#[inline(always)]
fn is_between(x: u64, low: u64, count: u64) -> bool {
    // Doubling removes the sign.
    x.wrapping_add(x).wrapping_sub(low << 53) < count << 53
}

/// Product.
#[inline(always)]
pub fn mul(a: u64, b: u64) -> u64 {
    // Products of these are normal numbers, or round to infinity as if it were the next one.
    if !is_between(a, 512, 1023) || !is_between(b, 512, 1023) {
        return general_mul(a, b);
    }
    // (1 + x) (1 + y) = 1 + x + y + x y, and signs and exponents add up, too.
    let (x, y) = (a & FRACTION, b & FRACTION);
    let (hi, lo) = (mulhu64(x, b << 12), x.wrapping_mul(b << 12));
    let fraction = x + y + hi;
    let bits = a.wrapping_add(b).wrapping_add(hi).wrapping_sub(1023 << 52);
    if fraction < HIDDEN {
        if lo < SIGN {
            return bits;
        }
        if lo == SIGN {
            return bits + (bits & 1);
        }
        return bits + 1;
    }
    // One bit more, so half of it, rounded up.
    let half = bits - (fraction >> 1) + (HIDDEN >> 1);
    if lo != 0 || fraction & 1 == 0 {
        return half;
    }
    half & !1
}

#[cold]
#[inline(never)]
fn general_mul(a: u64, b: u64) -> u64 {
    general::mul::<52, 64>(a, b)
}

/// Quotient.
#[inline(always)]
pub fn div(a: u64, b: u64) -> u64 {
    // Quotients of these are normal numbers.
    if !is_between(a, 512, 1022) || !is_between(b, 512, 1022) {
        return general_div(a, b);
    }
    let (x, y) = (a & FRACTION, b & FRACTION);
    let (n, d) = (x + HIDDEN, y + HIDDEN);
    // The divisor's first 32 bits, rounded up, so that quotients are too small, by 4 at most.
    let d1 = (d >> 21) + 1;
    // n = (q1 d + r) / 2^32, with r below 4 d
    let q1 = divide(n << 11, d1);
    let r = (n << 32).wrapping_sub(q1.wrapping_mul(d));
    let q = (q1 << 29) + divide(r << 8, d1);
    let bits = a.wrapping_sub(x).wrapping_sub(b - y);
    // A quotient of normal numbers is never halfway between two.
    let (low, quotient) = if q < 1 << 61 {
        let up = q + 0x84;
        (up & 0xff, (up >> 8) + (1021 << 52))
    } else {
        let up = q + 0x104;
        (up & 0x1ff, (up >> 9) + (1022 << 52))
    };
    if low <= 4 {
        return general_div(a, b);
    }
    bits.wrapping_add(quotient)
}

#[cold]
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

#[cold]
#[inline(never)]
fn general_sqrt(a: u64) -> u64 {
    general::sqrt::<52, 64>(a)
}
