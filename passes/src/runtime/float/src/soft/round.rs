//! Rounding to integers that stay floats.

use super::general::Format;

/// The exponent's part and what is needed of every operand: the number of fraction bits below the point, if the operand is
/// at least one in magnitude and has any.
enum Kind {
    /// A NaN, or an operand without fraction bits.
    Done(u64),
    /// Magnitude below one.
    Small,
    /// This mask covers the fraction.
    Mask(u64),
}

#[inline(always)]
fn kind<const M: u32, const W: u32>(x: u64) -> Kind {
    let abs = x & !Format::<M, W>::SIGN;
    if abs < Format::<M, W>::ONE {
        return Kind::Small;
    }
    if abs >= ((Format::<M, W>::BIAS as u64) + M as u64) << M {
        return Kind::Done(if abs > Format::<M, W>::INF {
            Format::<M, W>::NAN
        } else {
            x
        });
    }
    let whole = (abs >> M) - Format::<M, W>::BIAS as u64;
    Kind::Mask(((1 << M) - 1) >> whole)
}

/// Towards zero.
#[inline(always)]
pub fn trunc<const M: u32, const W: u32>(x: u64) -> u64 {
    match kind::<M, W>(x) {
        Kind::Done(x) => x,
        Kind::Small => x & Format::<M, W>::SIGN,
        Kind::Mask(mask) => x & !mask,
    }
}

/// Upwards.
#[inline(always)]
pub fn ceil<const M: u32, const W: u32>(x: u64) -> u64 {
    away::<M, W>(x, 0)
}

/// Downwards.
#[inline(always)]
pub fn floor<const M: u32, const W: u32>(x: u64) -> u64 {
    away::<M, W>(x, Format::<M, W>::SIGN)
}

/// Away from zero for numbers of this sign, else towards zero.
#[inline(always)]
fn away<const M: u32, const W: u32>(x: u64, sign: u64) -> u64 {
    let is_away = x & Format::<M, W>::SIGN == sign;
    match kind::<M, W>(x) {
        Kind::Done(x) => x,
        Kind::Small if is_away && x != sign => sign | Format::<M, W>::ONE,
        Kind::Small => x & Format::<M, W>::SIGN,
        Kind::Mask(mask) if is_away => (x + mask) & !mask,
        Kind::Mask(mask) => x & !mask,
    }
}

/// To the nearest, ties to even.
#[inline(always)]
pub fn nearest<const M: u32, const W: u32>(x: u64) -> u64 {
    let half = Format::<M, W>::ONE - (1 << M);
    match kind::<M, W>(x) {
        Kind::Done(x) => x,
        Kind::Small if x & !Format::<M, W>::SIGN > half => {
            x & Format::<M, W>::SIGN | Format::<M, W>::ONE
        }
        Kind::Small => x & Format::<M, W>::SIGN,
        Kind::Mask(mask) => {
            let half = (mask >> 1) + 1;
            let sum = (x + half) & !mask;
            // The bit above the mask is the integer's lowest, or, between one and two, the even exponent's.
            if x & mask == half {
                sum & !(mask + 1)
            } else {
                sum
            }
        }
    }
}
