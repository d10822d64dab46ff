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

#[inline(never)]
fn general_add(a: u32, b: u32) -> u32 {
    // A NaN's sign is lost, so `b` may come negated.
    general::add::<23, 32>(a.into(), b.into()) as u32
}

/// Whether an exponent is neither that of zero and subnormal numbers nor that of infinities and NaNs.
#[inline(always)]
fn is_normal(exp: u32) -> bool {
    exp != 0 && exp != 0xff
}

/// Product.
#[inline(always)]
pub fn mul(a: u32, b: u32) -> u32 {
    let (top_a, top_b) = (a >> 23, b >> 23);
    let (exp_a, exp_b) = (top_a & 0xff, top_b & 0xff);
    let sum = exp_a + exp_b;
    // The result's exponent is the sum less 127, and maybe one more.
    if !is_normal(exp_a) || !is_normal(exp_b) || !(128..=380).contains(&sum) {
        return general_mul(a, b);
    }
    let product = u64::from((a & FRACTION) + HIDDEN) * u64::from((b & FRACTION) + HIDDEN);
    // Signs add up as the bit above the exponent; what is beyond the word is cut off.
    let top = top_a + top_b;
    let (bits, low) = if product < 1 << 47 {
        (
            ((top - 128) << 23).wrapping_add((product >> 23) as u32),
            (product as u32) << 9,
        )
    } else {
        (
            ((top - 127) << 23).wrapping_add((product >> 24) as u32),
            (product as u32) << 8,
        )
    };
    if low < SIGN {
        return bits;
    }
    bits.wrapping_add(u32::from(low != SIGN || bits & 1 != 0))
}

#[inline(never)]
fn general_mul(a: u32, b: u32) -> u32 {
    general::mul::<23, 32>(a.into(), b.into()) as u32
}

/// Quotient.
#[inline(always)]
pub fn div(a: u32, b: u32) -> u32 {
    let (top_a, top_b) = (a >> 23, b >> 23);
    let (exp_a, exp_b) = (top_a & 0xff, top_b & 0xff);
    // The result's exponent is the difference plus 127, and maybe one less.
    let apart = exp_a.wrapping_sub(exp_b).wrapping_add(125);
    if !is_normal(exp_a) || !is_normal(exp_b) || apart >= 252 {
        return general_div(a, b);
    }
    let q = divide(
        u64::from((a & FRACTION) + HIDDEN) << 32,
        u64::from((b & FRACTION) + HIDDEN),
    );
    let top = top_a.wrapping_sub(top_b).wrapping_add(126);
    // A quotient of normal numbers is never halfway between two: what looks so is more.
    if q < 1 << 32 {
        ((top - 1) << 23).wrapping_add(((q + 0x80) >> 8) as u32)
    } else {
        (top << 23).wrapping_add(((q + 0x100) >> 9) as u32)
    }
}

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

#[inline(never)]
fn general_sqrt(a: u32) -> u32 {
    general::sqrt::<23, 32>(a.into()) as u32
}
