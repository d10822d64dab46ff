//! Products and quotients of more than 64 bits.

#[cfg(target_arch = "wasm32")]
pub use crate::machine::{divide, mulhu64};

/// The upper half of a product.
#[cfg(not(target_arch = "wasm32"))]
pub fn mulhu64(a: u64, b: u64) -> u64 {
    ((u128::from(a) * u128::from(b)) >> 64) as u64
}

/// Quotient; the divisor is not zero.
#[cfg(not(target_arch = "wasm32"))]
pub fn divide(a: u64, b: u64) -> u64 {
    a / b
}

/// A value shifted right, the lowest bit of the result being set if a set bit was lost.
#[inline(always)]
pub fn shr_jam(x: u64, by: u32) -> u64 {
    match by {
        0 => x,
        1..=63 => (x >> by) | u64::from(x << (64 - by) != 0),
        _ => u64::from(x != 0),
    }
}

/// [`shr_jam`] of a value of two words.
#[inline(always)]
pub fn shr_jam128(hi: u64, lo: u64, by: u32) -> (u64, u64) {
    match by {
        0 => (hi, lo),
        1..=63 => (
            hi >> by,
            (hi << (64 - by)) | (lo >> by) | u64::from(lo << (64 - by) != 0),
        ),
        64..=127 => (0, shr_jam(hi, by - 64) | u64::from(lo != 0)),
        _ => (0, u64::from(hi | lo != 0)),
    }
}

/// Quotient and remainder of `hi * 2^64 + lo` by `d`, whose highest bit is set, for `hi < d`.
#[inline(always)]
pub fn div128(hi: u64, lo: u64, d: u64) -> (u64, u64) {
    let (q1, rest) = div_digit(hi, lo >> 32, d);
    let (q0, rest) = div_digit(rest, lo & 0xffff_ffff, d);
    ((q1 << 32) + q0, rest)
}

/// One digit of 32 bits: quotient and remainder of `hi * 2^32 + digit` by `d`, for `hi < d` and `d >= 2^63`.
#[inline(always)]
fn div_digit(hi: u64, digit: u64, d: u64) -> (u64, u64) {
    let (d1, d0) = (d >> 32, d & 0xffff_ffff);
    let mut q = divide(hi, d1);
    let rest = hi - q * d1;
    // `q` is at most two too large.
    let (mut have, mut need) = (rest << 32 | digit, q * d0);
    let mut wide = rest >> 32 != 0;
    while !wide && (q >> 32 != 0 || need > have) {
        q -= 1;
        need -= d0;
        let next = have.wrapping_add(d1 << 32);
        wide = next < have;
        have = next;
    }
    (q, have.wrapping_sub(need))
}

/// The rounded down square root of `n >= 2^62`, and what is left.
#[inline(always)]
pub fn sqrt64(n: u64) -> (u64, u64) {
    // 0.354 + 2/3 n on [1/4, 1) is within 4.2 % of the root; a step squares the error and halves it.
    let mut x = (((n >> 32) * 0xaaaa) >> 16) + 0x5aab_0000;
    x = (x + divide(n, x)) >> 1;
    x = (x + divide(n, x)) >> 1;
    x = (x + divide(n, x)) >> 1;
    // From above, so `x` is the root or one more.
    let left = n.wrapping_sub(x.wrapping_mul(x));
    if (left as i64) < 0 {
        x -= 1;
        return (x, left.wrapping_add(2 * x + 1));
    }
    (x, left)
}

/// For a significand, bit 63 set, the number whose root has 32 bits, and about that root: within one part in 2^6.8.
///
/// The biased exponent halves to an integer and a half if it is even.
#[inline(always)]
pub fn sqrt_guess(sig: u64, exp_is_even: bool) -> (u64, u64) {
    // The best lines on [2^63, 2^64) and [2^62, 2^63).
    if exp_is_even {
        (sig, divide(sig, 0x1_b504_f334) + 0x6ba5_919a)
    } else {
        let n = sig >> 1;
        (n, divide(n, 0x1_3504_f334) + 0x4c1e_24cd)
    }
}
