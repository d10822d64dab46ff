//! Rounding to integers that stay floats.

use super::general::Format;

/// Numbers of one sign, which is `sign` as a bit pattern, by size; NaNs and the other sign's are `None`.
enum Kind {
    /// Below one.
    Small,
    /// This mask covers all but the fraction.
    Mask(u64),
    /// Without fraction bits, infinity included.
    Whole,
    /// Nothing of this sign but a NaN.
    Nan,
}

#[inline(always)]
fn kind<const M: u32, const W: u32>(x: u64, sign: u64) -> Kind {
    if x < sign + Format::<M, W>::ONE {
        return Kind::Small;
    }
    if x >= sign + (((Format::<M, W>::BIAS as u64) + M as u64) << M) {
        return if x > sign + Format::<M, W>::INF {
            Kind::Nan
        } else {
            Kind::Whole
        };
    }
    let whole = ((x >> M) as u32).wrapping_sub((sign >> M) as u32 + Format::<M, W>::BIAS as u32);
    Kind::Mask((((u64::MAX << M) as i64) >> (whole & 63)) as u64)
}

/// Towards zero.
#[inline(always)]
pub fn trunc<const M: u32, const W: u32>(x: u64) -> u64 {
    match x < Format::<M, W>::SIGN {
        true => down::<M, W>(x, 0),
        false => down::<M, W>(x, Format::<M, W>::SIGN),
    }
}

/// Upwards.
#[inline(always)]
pub fn ceil<const M: u32, const W: u32>(x: u64) -> u64 {
    match x < Format::<M, W>::SIGN {
        true => away::<M, W>(x, 0),
        false => down::<M, W>(x, Format::<M, W>::SIGN),
    }
}

/// Downwards.
#[inline(always)]
pub fn floor<const M: u32, const W: u32>(x: u64) -> u64 {
    match x < Format::<M, W>::SIGN {
        true => down::<M, W>(x, 0),
        false => away::<M, W>(x, Format::<M, W>::SIGN),
    }
}

/// To the nearest, ties to even.
#[inline(always)]
pub fn nearest<const M: u32, const W: u32>(x: u64) -> u64 {
    match x < Format::<M, W>::SIGN {
        true => near::<M, W>(x, 0),
        false => near::<M, W>(x, Format::<M, W>::SIGN),
    }
}

/// A number of this sign towards zero.
#[inline(always)]
fn down<const M: u32, const W: u32>(x: u64, sign: u64) -> u64 {
    match kind::<M, W>(x, sign) {
        Kind::Small => sign,
        Kind::Mask(mask) => x & mask,
        Kind::Whole => x,
        Kind::Nan => Format::<M, W>::NAN,
    }
}

/// A number of this sign away from zero.
#[inline(always)]
fn away<const M: u32, const W: u32>(x: u64, sign: u64) -> u64 {
    match kind::<M, W>(x, sign) {
        Kind::Small if x == sign => x,
        Kind::Small => sign + Format::<M, W>::ONE,
        Kind::Mask(mask) => (x + !mask) & mask,
        Kind::Whole => x,
        Kind::Nan => Format::<M, W>::NAN,
    }
}

/// A number of this sign to the nearest, ties to even.
#[inline(always)]
fn near<const M: u32, const W: u32>(x: u64, sign: u64) -> u64 {
    match kind::<M, W>(x, sign) {
        Kind::Small if x > sign + Format::<M, W>::ONE - (1 << M) => sign + Format::<M, W>::ONE,
        Kind::Small => sign,
        Kind::Mask(mask) => {
            let sum = x + (!mask >> 1) + 1;
            let whole = sum & mask;
            // In a tie the bit above the fraction is to be zero: the integer's lowest, or, between one and two, the even exponent's.
            if whole == sum {
                whole & (mask << 1)
            } else {
                whole
            }
        }
        Kind::Whole => x,
        Kind::Nan => Format::<M, W>::NAN,
    }
}
