//! Arithmetic for every operand: what the short paths of both formats fall back to.
//!
//! `M` is the number of stored significand bits, `W` the width: 23 and 32, 52 and 64. A finite number that is not zero is
//! taken apart into sign, biased exponent, and a significand whose highest bit is bit 63.

use super::wide::{div128, divide, mulhu64, shr_jam, sqrt64};

/// Bit patterns of a format.
pub struct Format<const M: u32, const W: u32>;

impl<const M: u32, const W: u32> Format<M, W> {
    /// The sign bit.
    pub const SIGN: u64 = 1 << (W - 1);
    /// The exponent of infinities and NaNs.
    pub const MAX: u64 = (1 << (W - 1 - M)) - 1;
    /// What is added to an exponent.
    pub const BIAS: i32 = (Self::MAX / 2) as i32;
    /// Infinity.
    pub const INF: u64 = Self::MAX << M;
    /// The canonical NaN.
    pub const NAN: u64 = Self::INF | 1 << (M - 1);
    /// The number one.
    pub const ONE: u64 = (Self::BIAS as u64) << M;
}

/// A finite number that is not zero: `sig / 2^63 * 2^(exp - bias)`.
#[derive(Clone, Copy)]
pub struct Number {
    /// The sign bit, where it stands in the format.
    pub sign: u64,
    /// Biased exponent, of any sign.
    pub exp: i32,
    /// Significand, bit 63 set.
    pub sig: u64,
}

/// Whether a pattern is a NaN.
#[inline(always)]
pub fn is_nan<const M: u32, const W: u32>(x: u64) -> bool {
    x & !Format::<M, W>::SIGN > Format::<M, W>::INF
}

/// Takes a finite number apart that is not zero.
#[inline(always)]
pub fn unpack<const M: u32, const W: u32>(x: u64) -> Number {
    let sign = x & Format::<M, W>::SIGN;
    let exp = (x >> M & Format::<M, W>::MAX) as i32;
    let sig = x << (63 - M);
    if exp == 0 {
        let sig = sig & (u64::MAX >> 1);
        let zeros = sig.leading_zeros();
        return Number {
            sign,
            exp: 1 - zeros as i32,
            sig: sig << zeros,
        };
    }
    let sig = sig | 1 << 63;
    Number { sign, exp, sig }
}

/// Rounds to the format. Bit 0 of the significand may stand for any lower ones.
#[inline(always)]
pub fn pack<const M: u32, const W: u32>(n: Number) -> u64 {
    let drop = 63 - M;
    if n.exp >= Format::<M, W>::MAX as i32 {
        return n.sign | Format::<M, W>::INF;
    }
    let (base, sig) = match n.exp > 0 {
        true => ((n.exp - 1) as u64, n.sig),
        false => (0, shr_jam(n.sig, (1 - n.exp) as u32)),
    };
    let (low, half) = (sig & ((1 << drop) - 1), 1 << (drop - 1));
    // The significand's highest bit is added to the exponent, and so is a carry of the rounding.
    let bits = (base << M) + (sig >> drop);
    let up = low > half || (low == half && bits & 1 != 0);
    n.sign | (bits + u64::from(up))
}

/// Sum.
#[inline(always)]
pub fn add<const M: u32, const W: u32>(a: u64, b: u64) -> u64 {
    let (sign, inf, nan) = (
        Format::<M, W>::SIGN,
        Format::<M, W>::INF,
        Format::<M, W>::NAN,
    );
    let (abs_a, abs_b) = (a & !sign, b & !sign);
    if abs_a > inf || abs_b > inf {
        return nan;
    }
    if abs_a == inf {
        return if abs_b == inf && a != b { nan } else { a };
    }
    if abs_b == inf || abs_a == 0 {
        return if abs_a | abs_b == 0 { a & b } else { b };
    }
    if abs_b == 0 {
        return a;
    }
    let (x, y) = match abs_a >= abs_b {
        true => (unpack::<M, W>(a), unpack::<M, W>(b)),
        false => (unpack::<M, W>(b), unpack::<M, W>(a)),
    };
    // Eleven bits of the smaller one are zero, so at most one bit of the sum is lost to jamming, and below the guard bits.
    let smaller = shr_jam(y.sig, (x.exp - y.exp) as u32);
    if x.sign == y.sign {
        let (sig, carry) = x.sig.overflowing_add(smaller);
        return match carry {
            true => pack::<M, W>(Number {
                exp: x.exp + 1,
                sig: sig >> 1 | sig & 1 | 1 << 63,
                ..x
            }),
            false => pack::<M, W>(Number { sig, ..x }),
        };
    }
    let sig = x.sig - smaller;
    if sig == 0 {
        return 0;
    }
    let zeros = sig.leading_zeros();
    pack::<M, W>(Number {
        exp: x.exp - zeros as i32,
        sig: sig << zeros,
        ..x
    })
}

/// Product.
#[inline(always)]
pub fn mul<const M: u32, const W: u32>(a: u64, b: u64) -> u64 {
    let (sign, inf, nan) = (
        Format::<M, W>::SIGN,
        Format::<M, W>::INF,
        Format::<M, W>::NAN,
    );
    let (abs_a, abs_b, minus) = (a & !sign, b & !sign, (a ^ b) & sign);
    if abs_a > inf || abs_b > inf {
        return nan;
    }
    if abs_a == inf || abs_b == inf {
        return if abs_a == 0 || abs_b == 0 {
            nan
        } else {
            minus | inf
        };
    }
    if abs_a == 0 || abs_b == 0 {
        return minus;
    }
    let (x, y) = (unpack::<M, W>(a), unpack::<M, W>(b));
    let (hi, lo) = (mulhu64(x.sig, y.sig), x.sig.wrapping_mul(y.sig));
    let exp = x.exp + y.exp - Format::<M, W>::BIAS;
    pack::<M, W>(match hi >> 63 {
        0 => Number {
            sign: minus,
            exp,
            sig: hi << 1 | lo >> 63 | u64::from(lo << 1 != 0),
        },
        _ => Number {
            sign: minus,
            exp: exp + 1,
            sig: hi | u64::from(lo != 0),
        },
    })
}

/// Quotient.
#[inline(always)]
pub fn div<const M: u32, const W: u32>(a: u64, b: u64) -> u64 {
    let (sign, inf, nan) = (
        Format::<M, W>::SIGN,
        Format::<M, W>::INF,
        Format::<M, W>::NAN,
    );
    let (abs_a, abs_b, minus) = (a & !sign, b & !sign, (a ^ b) & sign);
    if abs_a > inf || abs_b > inf {
        return nan;
    }
    if abs_a == inf || abs_b == 0 {
        return if abs_b == inf || abs_a == 0 {
            nan
        } else {
            minus | inf
        };
    }
    if abs_b == inf || abs_a == 0 {
        return minus;
    }
    let (x, y) = (unpack::<M, W>(a), unpack::<M, W>(b));
    let exp = x.exp - y.exp + Format::<M, W>::BIAS;
    let (exp, (q, rest)) = match x.sig >= y.sig {
        true => (exp, div128(x.sig >> 1, x.sig << 63, y.sig)),
        false => (exp - 1, div128(x.sig, 0, y.sig)),
    };
    let sig = q | u64::from(rest != 0);
    pack::<M, W>(Number {
        sign: minus,
        exp,
        sig,
    })
}

/// Square root.
#[inline(always)]
pub fn sqrt<const M: u32, const W: u32>(a: u64) -> u64 {
    let (sign, inf, nan) = (
        Format::<M, W>::SIGN,
        Format::<M, W>::INF,
        Format::<M, W>::NAN,
    );
    if a & !sign == 0 || a == inf {
        return a;
    }
    if a > inf {
        return nan;
    }
    let x = unpack::<M, W>(a);
    // An even exponent halves exactly; `n` is the significand times 2^62 or 2^63, divided by 2^63.
    let exp = x.exp - Format::<M, W>::BIAS;
    let n = x.sig >> (exp & 1 ^ 1);
    let (root, left) = sqrt64(n);
    let sig = match M {
        // 30 more bits of the root: n 2^60 = (root 2^30 + q)^2 + rest.
        52 => {
            let q = divide(left << 30, root << 1);
            let rest = (left << 30) - q * (root << 1);
            let mut long = (root << 30) + q;
            let rest = (rest << 30).wrapping_sub(q * q);
            if (rest as i64) < 0 {
                long -= 1;
            }
            long << 2 | u64::from(rest != 0)
        }
        _ => root << 32 | u64::from(left != 0),
    };
    pack::<M, W>(Number {
        sign: 0,
        exp: (exp >> 1) + Format::<M, W>::BIAS,
        sig,
    })
}
