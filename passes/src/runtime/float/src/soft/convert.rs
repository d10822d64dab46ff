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
    let exp = 63 + Format::<M, W>::BIAS - zeros as i32;
    // All integers are in range, so this is `pack` without its exceptions.
    let sig = n << zeros;
    let drop = 63 - M;
    let (low, half) = (sig & ((1 << drop) - 1), 1 << (drop - 1));
    let bits = ((exp as u64 - 1) << M) + (sig >> drop) + sign;
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
    let exp = 31 + 1023 - zeros as u64;
    ((exp - 1) << 52) + ((u64::from(n) << zeros) << 21) + sign
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
        return Ok(magnitude::<M, W>(x));
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
        return Ok(magnitude::<M, W>(abs).wrapping_neg());
    }
    Err(if abs > Format::<M, W>::INF {
        NoInteger::Nan
    } else {
        NoInteger::Below
    })
}

/// The integer part of a number that is not negative and below 2^64.
#[inline(always)]
fn magnitude<const M: u32, const W: u32>(x: u64) -> u64 {
    if x < Format::<M, W>::ONE {
        return 0;
    }
    let whole = (x >> M) - Format::<M, W>::BIAS as u64;
    ((x << (63 - M)) | 1 << 63) >> (63 - whole)
}

/// Single to double precision.
#[inline(always)]
pub fn promote(x: u64) -> u64 {
    let (sign, abs) = ((x >> 31) << 63, x & 0x7fff_ffff);
    if abs.wrapping_sub(0x80_0000) < 0x7f00_0000 {
        return (abs << 29) + sign + (896 << 52);
    }
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
    let (sign, abs) = ((x >> 63) << 31, x & (u64::MAX >> 1));
    // Exponents whose numbers are normal in single precision, rounding included.
    if abs.wrapping_sub(897 << 52) < (1150 - 897) << 52 {
        let (low, half) = (abs & 0x1fff_ffff, 0x1000_0000);
        let bits = (abs >> 29) - (896 << 23) + sign;
        if low < half {
            return bits;
        }
        return bits + u64::from(low > half || bits & 1 != 0);
    }
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
