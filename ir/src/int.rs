//! Evaluators of integer ops, shared by the rows of all dialects that have them.
//!
//! Each is an [`crate::EvalFn`]: operands and results are bit patterns, 32-bit ones zero-extended. `w32` and `w64` hold
//! the same functions for both widths.

use crate::attr::{Attr, Cond, Trap};

type Result = std::result::Result<u64, Trap>;

/// One module per width. `$u`, `$i` are the unsigned and signed types, `$bits` their width.
macro_rules! width {
    ($name:ident, $u:ty, $i:ty, $bits:literal) => {
        /// Evaluators at this width.
        pub(crate) mod $name {
            use super::*;

            fn u(x: u64) -> $u {
                x as $u
            }
            fn s(x: u64) -> $i {
                x as $i
            }
            fn ok(x: $u) -> Result {
                Ok(x as u64)
            }
            fn cond(c: Cond, x: &[u64]) -> Result {
                Ok(c.holds($bits, x[0], x[1]).into())
            }

            pub(crate) fn add(x: &[u64], _: &[Attr]) -> Result {
                ok(u(x[0]).wrapping_add(u(x[1])))
            }
            pub(crate) fn sub(x: &[u64], _: &[Attr]) -> Result {
                ok(u(x[0]).wrapping_sub(u(x[1])))
            }
            pub(crate) fn mul(x: &[u64], _: &[Attr]) -> Result {
                ok(u(x[0]).wrapping_mul(u(x[1])))
            }
            pub(crate) fn div_u(x: &[u64], _: &[Attr]) -> Result {
                u(x[0])
                    .checked_div(u(x[1]))
                    .map(|q| q as u64)
                    .ok_or(Trap::IntegerDivideByZero)
            }
            pub(crate) fn div_s(x: &[u64], _: &[Attr]) -> Result {
                if s(x[1]) == 0 {
                    return Err(Trap::IntegerDivideByZero);
                }
                s(x[0])
                    .checked_div(s(x[1]))
                    .map(|q| q as $u as u64)
                    .ok_or(Trap::IntegerOverflow)
            }
            pub(crate) fn rem_u(x: &[u64], _: &[Attr]) -> Result {
                u(x[0])
                    .checked_rem(u(x[1]))
                    .map(|r| r as u64)
                    .ok_or(Trap::IntegerDivideByZero)
            }
            pub(crate) fn rem_s(x: &[u64], _: &[Attr]) -> Result {
                if s(x[1]) == 0 {
                    return Err(Trap::IntegerDivideByZero);
                }
                ok(s(x[0]).wrapping_rem(s(x[1])) as $u)
            }
            pub(crate) fn and(x: &[u64], _: &[Attr]) -> Result {
                Ok(x[0] & x[1])
            }
            pub(crate) fn or(x: &[u64], _: &[Attr]) -> Result {
                Ok(x[0] | x[1])
            }
            pub(crate) fn xor(x: &[u64], _: &[Attr]) -> Result {
                Ok(x[0] ^ x[1])
            }
            pub(crate) fn shl(x: &[u64], _: &[Attr]) -> Result {
                ok(u(x[0]).wrapping_shl(x[1] as u32))
            }
            pub(crate) fn shr_u(x: &[u64], _: &[Attr]) -> Result {
                ok(u(x[0]).wrapping_shr(x[1] as u32))
            }
            pub(crate) fn shr_s(x: &[u64], _: &[Attr]) -> Result {
                ok(s(x[0]).wrapping_shr(x[1] as u32) as $u)
            }
            pub(crate) fn rotl(x: &[u64], _: &[Attr]) -> Result {
                ok(u(x[0]).rotate_left(x[1] as u32 % $bits))
            }
            pub(crate) fn rotr(x: &[u64], _: &[Attr]) -> Result {
                ok(u(x[0]).rotate_right(x[1] as u32 % $bits))
            }
            pub(crate) fn clz(x: &[u64], _: &[Attr]) -> Result {
                Ok(u(x[0]).leading_zeros().into())
            }
            pub(crate) fn ctz(x: &[u64], _: &[Attr]) -> Result {
                Ok(u(x[0]).trailing_zeros().into())
            }
            pub(crate) fn popcnt(x: &[u64], _: &[Attr]) -> Result {
                Ok(u(x[0]).count_ones().into())
            }
            pub(crate) fn eqz(x: &[u64], _: &[Attr]) -> Result {
                Ok(u64::from(u(x[0]) == 0))
            }
            pub(crate) fn eq(x: &[u64], _: &[Attr]) -> Result {
                cond(Cond::Eq, x)
            }
            pub(crate) fn ne(x: &[u64], _: &[Attr]) -> Result {
                cond(Cond::Ne, x)
            }
            pub(crate) fn lt_s(x: &[u64], _: &[Attr]) -> Result {
                cond(Cond::Slt, x)
            }
            pub(crate) fn lt_u(x: &[u64], _: &[Attr]) -> Result {
                cond(Cond::Ult, x)
            }
            pub(crate) fn gt_s(x: &[u64], _: &[Attr]) -> Result {
                cond(Cond::Sgt, x)
            }
            pub(crate) fn gt_u(x: &[u64], _: &[Attr]) -> Result {
                cond(Cond::Ugt, x)
            }
            pub(crate) fn le_s(x: &[u64], _: &[Attr]) -> Result {
                cond(Cond::Sle, x)
            }
            pub(crate) fn le_u(x: &[u64], _: &[Attr]) -> Result {
                cond(Cond::Ule, x)
            }
            pub(crate) fn ge_s(x: &[u64], _: &[Attr]) -> Result {
                cond(Cond::Sge, x)
            }
            pub(crate) fn ge_u(x: &[u64], _: &[Attr]) -> Result {
                cond(Cond::Uge, x)
            }
            /// Comparison by the condition code that is the first attribute; false without one.
            pub(crate) fn icmp(x: &[u64], attrs: &[Attr]) -> Result {
                match attrs.first() {
                    Some(Attr::Cond(c)) => cond(*c, x),
                    Some(_) | None => Ok(0),
                }
            }
            pub(crate) fn extend8(x: &[u64], _: &[Attr]) -> Result {
                ok(x[0] as i8 as $u)
            }
            pub(crate) fn extend16(x: &[u64], _: &[Attr]) -> Result {
                ok(x[0] as i16 as $u)
            }
        }
    };
}

width!(w32, u32, i32, 32);
width!(w64, u64, i64, 64);

/// The null reference.
pub(crate) fn null(_: &[u64], _: &[Attr]) -> Result {
    Ok(0)
}

/// The constant that is the first attribute; 0 without one.
pub(crate) fn constant(_: &[u64], attrs: &[Attr]) -> Result {
    Ok(attrs.first().and_then(Attr::as_int).unwrap_or(0))
}
/// The operand.
pub(crate) fn same(x: &[u64], _: &[Attr]) -> Result {
    Ok(x[0])
}
/// The upper 64 bits of the unsigned product.
pub(crate) fn mul_high_u(x: &[u64], _: &[Attr]) -> Result {
    Ok(((u128::from(x[0]) * u128::from(x[1])) >> 64) as u64)
}
/// The low 32 bits.
pub(crate) fn wrap(x: &[u64], _: &[Attr]) -> Result {
    Ok(x[0] & 0xffff_ffff)
}
/// The low 32 bits, sign-extended to 64.
pub(crate) fn extend32(x: &[u64], _: &[Attr]) -> Result {
    Ok(x[0] as i32 as u64)
}
/// WASM's select: the first operand if the third is not zero, else the second.
pub(crate) fn select_last(x: &[u64], _: &[Attr]) -> Result {
    Ok(if x[2] != 0 { x[0] } else { x[1] })
}
/// CLIF's select: the second operand if the first is not zero, else the third.
pub(crate) fn select_first(x: &[u64], _: &[Attr]) -> Result {
    Ok(if x[0] != 0 { x[1] } else { x[2] })
}
