//! Conversions between integers and floats, and between the formats.

use super::general::{Format, Number, is_nan, pack, unpack};

/// The float nearest to an unsigned integer.
#[inline(always)]
pub fn from_u64<const M: u32, const W: u32>(n: u64) -> u64 {
    from_magnitude::<M, W>(n, 0)
}

/// The float nearest to a signed integer.
#[inline(always)]
pub fn from_i64<const M: u32, const W: u32>(n: i64) -> u64 {
    match n < 0 {
        true => from_magnitude::<M, W>(n.wrapping_neg() as u64, Format::<M, W>::SIGN),
        false => from_magnitude::<M, W>(n as u64, 0),
    }
}

#[inline(always)]
fn from_magnitude<const M: u32, const W: u32>(n: u64, sign: u64) -> u64 {
    if n == 0 {
        return 0;
    }
    let zeros = n.leading_zeros();
    // The significand's highest bit adds one to the exponent.
    let top = (((62 + Format::<M, W>::BIAS) as u64) << M) + sign;
    let scale = u64::from(zeros) << M;
    let drop = 63 - M;
    if n >> (M + 1) == 0 {
        return (n << (zeros - drop)).wrapping_sub(scale).wrapping_add(top);
    }
    // All integers are in range, so this is `pack` without its exceptions.
    let sig = n << zeros;
    let (low, half) = (sig & ((1 << drop) - 1), 1 << (drop - 1));
    let bits = (sig >> drop).wrapping_sub(scale).wrapping_add(top);
    if low < half {
        return bits;
    }
    bits + u64::from(low > half || bits & 1 != 0)
}

/// The double-precision number of a 32-bit integer's magnitude, with this sign.
#[inline(always)]
pub fn f64_from_u32(n: u32, sign: u64) -> u64 {
    if n == 0 {
        return 0;
    }
    let zeros = n.leading_zeros();
    (u64::from(n) << (zeros + 21))
        .wrapping_sub(u64::from(zeros) << 52)
        .wrapping_add(sign + (1053 << 52))
}

/// The single-precision number of a 32-bit integer's magnitude, with this sign.
#[inline(always)]
pub fn f32_from_u32(n: u32, sign: u32) -> u32 {
    if n == 0 {
        return 0;
    }
    let zeros = n.leading_zeros();
    let top = sign + (157 << 23);
    if n >> 24 == 0 {
        return (n << (zeros - 8))
            .wrapping_sub(zeros << 23)
            .wrapping_add(top);
    }
    let sig = n << zeros;
    let low = sig & 0xff;
    let bits = (sig >> 8).wrapping_sub(zeros << 23).wrapping_add(top);
    if low < 0x80 {
        return bits;
    }
    bits + u32::from(low > 0x80 || bits & 1 != 0)
}

/// Why a float has no integer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoInteger {
    /// It is a NaN.
    Nan,
    /// It is too small.
    Below,
    /// It is too large.
    Above,
}

/// The integer of `BITS` bits, two's complement if `SIGNED`, that a float rounds to towards zero.
#[inline(always)]
pub fn to_integer<const M: u32, const W: u32, const BITS: u32, const SIGNED: bool>(
    x: u64,
) -> Result<u64, NoInteger> {
    let (sign, bias) = (Format::<M, W>::SIGN, Format::<M, W>::BIAS as u64);
    // 2^BITS or 2^(BITS-1).
    let above = (bias + BITS as u64 - SIGNED as u64) << M;
    if x < above {
        return Ok(magnitude::<M, W, BITS>(x));
    }
    if x < sign {
        return Err(if x > Format::<M, W>::INF {
            NoInteger::Nan
        } else {
            NoInteger::Above
        });
    }
    let abs = x - sign;
    // The first magnitude that is too large: one; or, if the format has it, 2^(BITS-1) + 1, else the float after 2^(BITS-1).
    let below = match (SIGNED, M + 1 >= BITS) {
        (false, _) => Format::<M, W>::ONE,
        (true, true) => above + (1 << (M + 1 - BITS)),
        (true, false) => above + 1,
    };
    if abs < below {
        return Ok(magnitude::<M, W, BITS>(abs).wrapping_neg());
    }
    Err(if abs > Format::<M, W>::INF {
        NoInteger::Nan
    } else {
        NoInteger::Below
    })
}

/// The integer part of a number that is not negative and below 2^BITS.
#[inline(always)]
fn magnitude<const M: u32, const W: u32, const BITS: u32>(x: u64) -> u64 {
    if x < Format::<M, W>::ONE {
        return 0;
    }
    let exp = (x >> M) as u32;
    let bias = Format::<M, W>::BIAS as u32;
    match BITS {
        32 if M < 32 => (((x as u32) << (31 - M) | 1 << 31) >> (bias + 31 - exp)).into(),
        32 => ((x & ((1 << M) - 1)) + (1 << M)) >> (bias + M - exp),
        _ => (x << (63 - M) | 1 << 63) >> (bias + 63 - exp),
    }
}

/// Single to double precision.
#[inline(always)]
pub fn promote(x: u64) -> u64 {
    const SIGN: u64 = 1 << 31;
    // Normal numbers by sign: an exponent of 2^11 is the sign.
    if x < SIGN {
        if x.wrapping_sub(0x80_0000) < 0x7f00_0000 {
            return (x << 29) + (896 << 52);
        }
    } else if x.wrapping_sub(SIGN + 0x80_0000) < 0x7f00_0000 {
        return (x << 29) + ((2048 - 256 + 896) << 52);
    }
    promote_other(x)
}

#[cold]
#[inline(never)]
fn promote_other(x: u64) -> u64 {
    let (sign, abs) = ((x >> 31) << 63, x & 0x7fff_ffff);
    if is_nan::<23, 32>(abs) {
        return Format::<52, 64>::NAN;
    }
    if abs == Format::<23, 32>::INF {
        return sign | Format::<52, 64>::INF;
    }
    if abs == 0 {
        return sign;
    }
    let n = unpack::<23, 32>(abs);
    pack::<52, 64>(Number {
        sign,
        exp: n.exp + 896,
        ..n
    })
}

/// Double to single precision.
#[inline(always)]
pub fn demote(x: u64) -> u64 {
    const SIGN: u64 = 1 << 63;
    // Exponents whose numbers are normal in single precision, rounding included.
    const LOW: u64 = 897 << 52;
    const COUNT: u64 = (1150 - 897) << 52;
    let bits = if x < SIGN {
        if x.wrapping_sub(LOW) >= COUNT {
            return demote_other(x);
        }
        (x >> 29) - (896 << 23)
    } else {
        if x.wrapping_sub(SIGN + LOW) >= COUNT {
            return demote_other(x);
        }
        (x >> 29) - (896 << 23) - (1 << 34) + (1 << 31)
    };
    let (low, half) = (x & 0x1fff_ffff, 0x1000_0000);
    if low < half {
        return bits;
    }
    if low == half {
        return bits + (bits & 1);
    }
    bits + 1
}

#[cold]
#[inline(never)]
fn demote_other(x: u64) -> u64 {
    let (sign, abs) = ((x >> 63) << 31, x & (u64::MAX >> 1));
    if is_nan::<52, 64>(abs) {
        return Format::<23, 32>::NAN;
    }
    if abs == Format::<52, 64>::INF {
        return sign | Format::<23, 32>::INF;
    }
    if abs == 0 {
        return sign;
    }
    let n = unpack::<52, 64>(abs);
    let sig = n.sig;
    pack::<23, 32>(Number {
        sign,
        exp: n.exp - 896,
        sig,
    })
}
