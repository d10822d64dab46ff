//! Single precision: short paths for normal operands.

use super::general;
use super::sum::single;
use super::wide::divide;

const SIGN: u32 = 1 << 31;
const FRACTION: u32 = (1 << 23) - 1;
const HIDDEN: u32 = 1 << 23;

/// Sum.
#[inline(always)]
pub fn add(a: u32, b: u32) -> u32 {
    single::add(a, b).unwrap_or_else(|| general_add(a, b))
}

/// Difference.
#[inline(always)]
pub fn sub(a: u32, b: u32) -> u32 {
    single::sub(a, b).unwrap_or_else(|| general_add(a, b ^ SIGN))
}

#[cold]
#[inline(never)]
fn general_add(a: u32, b: u32) -> u32 {
    // A NaN's sign is lost, so `b` may come negated.
    general::add::<23, 32>(a.into(), b.into()) as u32
}

/// Whether a number, of any sign, has an exponent from `low` on of `count`.
#[inline(always)]
fn is_between(x: u32, low: u32, count: u32) -> bool {
    // Doubling removes the sign.
    x.wrapping_add(x).wrapping_sub(low << 24) < count << 24
}

/// Product.
#[inline(always)]
pub fn mul(a: u32, b: u32) -> u32 {
    // Products of these are normal numbers, or round to infinity as if it were the next one.
    if !is_between(a, 64, 127) || !is_between(b, 64, 127) {
        return general_mul(a, b);
    }
    // (1 + x) (1 + y) = 1 + x + y + x y, and signs and exponents add up, too.
    let (x, y) = (a & FRACTION, b & FRACTION);
    let product = u64::from(x) * u64::from(y);
    let (hi, lo) = ((product >> 23) as u32, product & u64::from(FRACTION));
    let fraction = x + y + hi;
    let bits = a.wrapping_add(b).wrapping_add(hi).wrapping_sub(127 << 23);
    if fraction < HIDDEN {
        if lo < 1 << 22 {
            return bits;
        }
        if lo == 1 << 22 {
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
fn general_mul(a: u32, b: u32) -> u32 {
    general::mul::<23, 32>(a.into(), b.into()) as u32
}

/// Quotient.
#[inline(always)]
pub fn div(a: u32, b: u32) -> u32 {
    // Quotients of these are normal numbers.
    if !is_between(a, 64, 126) || !is_between(b, 64, 126) {
        return general_div(a, b);
    }
    let (x, y) = (a & FRACTION, b & FRACTION);
    let q = divide(u64::from(x + HIDDEN) << 32, u64::from(y + HIDDEN));
    let bits = a.wrapping_sub(x).wrapping_sub(b - y);
    // A quotient of normal numbers is never halfway between two: what looks so is more.
    if q < 1 << 32 {
        bits.wrapping_add((125 << 23) + ((q + 0x80) >> 8) as u32)
    } else {
        bits.wrapping_add((126 << 23) + ((q + 0x100) >> 9) as u32)
    }
}

#[cold]
#[inline(never)]
fn general_div(a: u32, b: u32) -> u32 {
    general::div::<23, 32>(a.into(), b.into()) as u32
}

/// Square root.
#[inline(always)]
pub fn sqrt(a: u32) -> u32 {
    let exp = a >> 23;
    if exp.wrapping_sub(1) >= 0xfe {
        return general_sqrt(a);
    }
    let sig = u64::from(a) << 40 | 1 << 63;
    let (n, guess) = super::wide::sqrt_guess(sig, exp & 1 == 0);
    // Two steps of Newton's take the relative error from 2^-6.8 to 2^-30.2.
    let x = (guess + divide(n, guess)) >> 1;
    let x = (x + divide(n, x)) >> 1;
    // The error is less than 4, and a root is never halfway between two floats.
    let low = x & 0xff;
    if low.wrapping_sub(0x7c) <= 8 {
        return general_sqrt(a);
    }
    (((exp + 125) >> 1) << 23) + ((x + 0x80) >> 8) as u32
}

#[cold]
#[inline(never)]
fn general_sqrt(a: u32) -> u32 {
    general::sqrt::<23, 32>(a.into()) as u32
}
