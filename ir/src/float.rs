//! Evaluators of float ops, on the host's floats.
//!
//! Operands and results are bit patterns. A result that is a NaN is the positive canonical one, whatever the operands'
//! were, so that a run has one result; the specification allows it. The compiler's own routines are made of integer
//! operations, so that these are their independent referee.

use crate::attr::{Attr, Trap};

type Result = std::result::Result<u64, Trap>;

/// One module per format. `$f` is the host's type, `$u` that of its bits.
macro_rules! format {
    ($name:ident, $f:ident, $u:ident) => {
        /// Evaluators of this format.
        pub(crate) mod $name {
            use super::*;

            fn of(bits: u64) -> $f {
                $f::from_bits(bits as $u)
            }
            /// The bits of a result. They are looked at as an integer, because the sign of a NaN that the host's
            /// arithmetic makes is not certain before.
            fn ok(x: $f) -> Result {
                let bits = x.to_bits();
                let is_nan = bits & (SIGN - 1) as $u > $f::INFINITY.to_bits();
                Ok(if is_nan { NAN.into() } else { bits.into() })
            }
            fn flag(x: bool) -> Result {
                Ok(x.into())
            }
            const SIGN: u64 = 1 << ($u::BITS - 1);
            /// The canonical NaN: an infinity with the fraction's highest bit.
            const NAN: $u = $f::INFINITY.to_bits() | 1 << ($f::MANTISSA_DIGITS - 2);

            pub(crate) fn add(x: &[u64], _: &[Attr]) -> Result {
                ok(of(x[0]) + of(x[1]))
            }
            pub(crate) fn sub(x: &[u64], _: &[Attr]) -> Result {
                ok(of(x[0]) - of(x[1]))
            }
            pub(crate) fn mul(x: &[u64], _: &[Attr]) -> Result {
                ok(of(x[0]) * of(x[1]))
            }
            pub(crate) fn div(x: &[u64], _: &[Attr]) -> Result {
                ok(of(x[0]) / of(x[1]))
            }
            pub(crate) fn min(x: &[u64], _: &[Attr]) -> Result {
                let (a, b) = (of(x[0]), of(x[1]));
                match a == b {
                    _ if a.is_nan() || b.is_nan() => Ok(NAN.into()),
                    // Equal numbers differ in the sign of zero only.
                    true => Ok(x[0] | x[1]),
                    false => ok(a.min(b)),
                }
            }
            pub(crate) fn max(x: &[u64], _: &[Attr]) -> Result {
                let (a, b) = (of(x[0]), of(x[1]));
                match a == b {
                    _ if a.is_nan() || b.is_nan() => Ok(NAN.into()),
                    true => Ok(x[0] & x[1]),
                    false => ok(a.max(b)),
                }
            }
            pub(crate) fn sqrt(x: &[u64], _: &[Attr]) -> Result {
                ok(of(x[0]).sqrt())
            }
            pub(crate) fn ceil(x: &[u64], _: &[Attr]) -> Result {
                ok(of(x[0]).ceil())
            }
            pub(crate) fn floor(x: &[u64], _: &[Attr]) -> Result {
                ok(of(x[0]).floor())
            }
            pub(crate) fn trunc(x: &[u64], _: &[Attr]) -> Result {
                ok(of(x[0]).trunc())
            }
            pub(crate) fn nearest(x: &[u64], _: &[Attr]) -> Result {
                ok(of(x[0]).round_ties_even())
            }
            pub(crate) fn abs(x: &[u64], _: &[Attr]) -> Result {
                Ok(x[0] & !SIGN)
            }
            pub(crate) fn neg(x: &[u64], _: &[Attr]) -> Result {
                Ok(x[0] ^ SIGN)
            }
            pub(crate) fn copysign(x: &[u64], _: &[Attr]) -> Result {
                Ok(x[0] & !SIGN | x[1] & SIGN)
            }
            pub(crate) fn eq(x: &[u64], _: &[Attr]) -> Result {
                flag(of(x[0]) == of(x[1]))
            }
            pub(crate) fn ne(x: &[u64], _: &[Attr]) -> Result {
                flag(of(x[0]) != of(x[1]))
            }
            pub(crate) fn lt(x: &[u64], _: &[Attr]) -> Result {
                flag(of(x[0]) < of(x[1]))
            }
            pub(crate) fn gt(x: &[u64], _: &[Attr]) -> Result {
                flag(of(x[0]) > of(x[1]))
            }
            pub(crate) fn le(x: &[u64], _: &[Attr]) -> Result {
                flag(of(x[0]) <= of(x[1]))
            }
            pub(crate) fn ge(x: &[u64], _: &[Attr]) -> Result {
                flag(of(x[0]) >= of(x[1]))
            }
            pub(crate) fn from_i32_s(x: &[u64], _: &[Attr]) -> Result {
                ok(x[0] as i32 as $f)
            }
            pub(crate) fn from_i32_u(x: &[u64], _: &[Attr]) -> Result {
                ok(x[0] as u32 as $f)
            }
            pub(crate) fn from_i64_s(x: &[u64], _: &[Attr]) -> Result {
                ok(x[0] as i64 as $f)
            }
            pub(crate) fn from_i64_u(x: &[u64], _: &[Attr]) -> Result {
                ok(x[0] as $f)
            }
            pub(crate) fn to_i32_s(x: &[u64], attrs: &[Attr]) -> Result {
                checked(of(x[0]).into(), -2147483649.0, 2147483648.0)?;
                sat_i32_s(x, attrs)
            }
            pub(crate) fn to_i32_u(x: &[u64], attrs: &[Attr]) -> Result {
                checked(of(x[0]).into(), -1.0, 4294967296.0)?;
                sat_i32_u(x, attrs)
            }
            pub(crate) fn to_i64_s(x: &[u64], attrs: &[Attr]) -> Result {
                // The double before -2^63.
                checked(
                    of(x[0]).into(),
                    -9223372036854777856.0,
                    9223372036854775808.0,
                )?;
                sat_i64_s(x, attrs)
            }
            pub(crate) fn to_i64_u(x: &[u64], attrs: &[Attr]) -> Result {
                checked(of(x[0]).into(), -1.0, 18446744073709551616.0)?;
                sat_i64_u(x, attrs)
            }
            pub(crate) fn sat_i32_s(x: &[u64], _: &[Attr]) -> Result {
                Ok(u64::from(of(x[0]) as i32 as u32))
            }
            pub(crate) fn sat_i32_u(x: &[u64], _: &[Attr]) -> Result {
                Ok(u64::from(of(x[0]) as u32))
            }
            pub(crate) fn sat_i64_s(x: &[u64], _: &[Attr]) -> Result {
                Ok(of(x[0]) as i64 as u64)
            }
            pub(crate) fn sat_i64_u(x: &[u64], _: &[Attr]) -> Result {
                Ok(of(x[0]) as u64)
            }
        }
    };
}

format!(f32, f32, u32);
format!(f64, f64, u64);

/// Traps unless a number is strictly between the first that are too small and too large.
fn checked(
    x: core::primitive::f64,
    below: core::primitive::f64,
    above: core::primitive::f64,
) -> std::result::Result<(), Trap> {
    if x.is_nan() {
        return Err(Trap::InvalidConversionToInteger);
    }
    if x <= below || x >= above {
        return Err(Trap::IntegerOverflow);
    }
    Ok(())
}

/// Double to single precision.
pub(crate) fn demote(x: &[u64], _: &[Attr]) -> Result {
    let x = core::primitive::f64::from_bits(x[0]);
    Ok(if x.is_nan() {
        0x7fc0_0000
    } else {
        (x as core::primitive::f32).to_bits().into()
    })
}

/// Single to double precision.
pub(crate) fn promote(x: &[u64], _: &[Attr]) -> Result {
    let x = core::primitive::f32::from_bits(x[0] as u32);
    Ok(if x.is_nan() {
        0x7ff8 << 48
    } else {
        core::primitive::f64::from(x).to_bits()
    })
}
