//! Comparisons, minimum and maximum.
//!
//! Patterns of one sign are in the order of their magnitudes, with NaNs behind the infinities. So one comparison with an
//! infinity excludes the NaNs of both operands.

use super::general::{Format, is_nan};

/// Whether the operands are equal.
#[inline(always)]
pub fn eq<const M: u32, const W: u32>(a: u64, b: u64) -> bool {
    if a == b {
        return !is_nan::<M, W>(a);
    }
    (a | b) & !Format::<M, W>::SIGN == 0
}

/// Whether the first operand is less.
#[inline(always)]
pub fn lt<const M: u32, const W: u32>(a: u64, b: u64) -> bool {
    let (sign, inf) = (Format::<M, W>::SIGN, Format::<M, W>::INF);
    match (a >= sign, b >= sign) {
        (false, false) => a < b && b <= inf,
        (true, true) => b < a && a <= sign + inf,
        (true, false) => a <= sign + inf && b <= inf && (a - sign) | b != 0,
        (false, true) => false,
    }
}

/// Whether the first operand is less or equal.
#[inline(always)]
pub fn le<const M: u32, const W: u32>(a: u64, b: u64) -> bool {
    let (sign, inf) = (Format::<M, W>::SIGN, Format::<M, W>::INF);
    match (a >= sign, b >= sign) {
        (false, false) => a <= b && b <= inf,
        (true, true) => b <= a && a <= sign + inf,
        (true, false) => a <= sign + inf && b <= inf,
        (false, true) => a == 0 && b == sign,
    }
}

/// The smaller operand; a negative zero is smaller than a positive one.
#[inline(always)]
pub fn min<const M: u32, const W: u32>(a: u64, b: u64) -> u64 {
    match less::<M, W>(a, b) {
        None => Format::<M, W>::NAN,
        Some(true) => a,
        Some(false) => b,
    }
}

/// The larger operand; a positive zero is larger than a negative one.
#[inline(always)]
pub fn max<const M: u32, const W: u32>(a: u64, b: u64) -> u64 {
    match less::<M, W>(a, b) {
        None => Format::<M, W>::NAN,
        Some(true) => b,
        Some(false) => a,
    }
}

/// Whether the first operand is less, zeros being ordered by sign; nothing if one is a NaN.
#[inline(always)]
fn less<const M: u32, const W: u32>(a: u64, b: u64) -> Option<bool> {
    let (sign, inf) = (Format::<M, W>::SIGN, Format::<M, W>::INF);
    match (a >= sign, b >= sign) {
        (false, false) if a <= inf && b <= inf => Some(a < b),
        (true, true) if a <= sign + inf && b <= sign + inf => Some(b < a),
        (true, false) if a <= sign + inf && b <= inf => Some(true),
        (false, true) if a <= inf && b <= sign + inf => Some(false),
        _ => None,
    }
}
