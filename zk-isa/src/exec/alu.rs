//! Arithmetic of the executor's hot loop, on 32-bit and 64-bit values.
//!
//! These restate the evaluators of the rows, which work on slices and attributes and would be too slow here; a test
//! compares both on boundary values for every row.

use zkc_ir::Trap;

/// Comparisons of one width, as predicates.
macro_rules! compare {
    ($($name:ident: $bits:ty, $as:ty, $op:tt;)*) => {
        $(#[inline(always)]
        pub(super) fn $name(a: $bits, b: $bits) -> bool {
            (a as $as) $op (b as $as)
        })*
    };
}

compare! {
    eq32: u32, u32, ==;
    ne32: u32, u32, !=;
    ltu32: u32, u32, <;
    lts32: u32, i32, <;
    geu32: u32, u32, >=;
    ges32: u32, i32, >=;
    eq64: u64, u64, ==;
    ne64: u64, u64, !=;
    ltu64: u64, u64, <;
    lts64: u64, i64, <;
    geu64: u64, u64, >=;
    ges64: u64, i64, >=;
}

/// The upper half of the product.
#[inline(always)]
pub(super) fn mulhu64(a: u64, b: u64) -> u64 {
    ((u128::from(a) * u128::from(b)) >> 64) as u64
}

/// Divisions and signed shifts of one width.
macro_rules! arithmetic {
    ($unsigned:ty, $signed:ty: $divu:ident, $remu:ident, $divs:ident, $rems:ident, $and:ident, $or:ident, $xor:ident,
     $shl:ident, $shru:ident, $shrs:ident, $rotl:ident, $rotr:ident) => {
        #[inline(always)]
        pub(super) fn $divu(a: $unsigned, b: $unsigned) -> Result<$unsigned, Trap> {
            a.checked_div(b).ok_or(Trap::IntegerDivideByZero)
        }

        #[inline(always)]
        pub(super) fn $remu(a: $unsigned, b: $unsigned) -> Result<$unsigned, Trap> {
            a.checked_rem(b).ok_or(Trap::IntegerDivideByZero)
        }

        #[inline(always)]
        pub(super) fn $divs(a: $unsigned, b: $unsigned) -> Result<$unsigned, Trap> {
            if b == 0 {
                return Err(Trap::IntegerDivideByZero);
            }
            (a as $signed)
                .checked_div(b as $signed)
                .map(|q| q as $unsigned)
                .ok_or(Trap::IntegerOverflow)
        }

        #[inline(always)]
        pub(super) fn $rems(a: $unsigned, b: $unsigned) -> Result<$unsigned, Trap> {
            if b == 0 {
                return Err(Trap::IntegerDivideByZero);
            }
            Ok((a as $signed).wrapping_rem(b as $signed) as $unsigned)
        }

        #[inline(always)]
        pub(super) fn $and(a: $unsigned, b: $unsigned) -> $unsigned {
            a & b
        }

        #[inline(always)]
        pub(super) fn $or(a: $unsigned, b: $unsigned) -> $unsigned {
            a | b
        }

        #[inline(always)]
        pub(super) fn $xor(a: $unsigned, b: $unsigned) -> $unsigned {
            a ^ b
        }

        #[inline(always)]
        pub(super) fn $shl(a: $unsigned, b: $unsigned) -> $unsigned {
            a.wrapping_shl(b as u32)
        }

        #[inline(always)]
        pub(super) fn $shru(a: $unsigned, b: $unsigned) -> $unsigned {
            a.wrapping_shr(b as u32)
        }

        #[inline(always)]
        pub(super) fn $shrs(a: $unsigned, b: $unsigned) -> $unsigned {
            (a as $signed).wrapping_shr(b as u32) as $unsigned
        }

        #[inline(always)]
        pub(super) fn $rotl(a: $unsigned, b: $unsigned) -> $unsigned {
            a.rotate_left(b as u32 % <$unsigned>::BITS)
        }

        #[inline(always)]
        pub(super) fn $rotr(a: $unsigned, b: $unsigned) -> $unsigned {
            a.rotate_right(b as u32 % <$unsigned>::BITS)
        }
    };
}

arithmetic!(u32, i32: divu32, remu32, divs32, rems32, and32, or32, xor32, shl32, shru32, shrs32, rotl32, rotr32);
arithmetic!(u64, i64: divu64, remu64, divs64, rems64, and64, or64, xor64, shl64, shru64, shrs64, rotl64, rotr64);
