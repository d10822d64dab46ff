//! Fused multiply-add: a product and a sum with one rounding.

use super::general::{Format, Number, add, pack, unpack};
use super::wide::{mulhu64, shr_jam128};

/// `a * b + c`.
#[inline(always)]
pub fn fma<const M: u32, const W: u32>(a: u64, b: u64, c: u64) -> u64 {
    let (sign, inf, nan) = (
        Format::<M, W>::SIGN,
        Format::<M, W>::INF,
        Format::<M, W>::NAN,
    );
    let (abs_a, abs_b, abs_c) = (a & !sign, b & !sign, c & !sign);
    let minus = (a ^ b) & sign;
    if abs_a > inf || abs_b > inf || abs_c > inf {
        return nan;
    }
    if abs_a == inf || abs_b == inf {
        let lost = abs_a == 0 || abs_b == 0 || (abs_c == inf && c & sign != minus);
        return if lost { nan } else { minus | inf };
    }
    if abs_c == inf || abs_a == 0 || abs_b == 0 {
        return if abs_c == inf {
            c
        } else {
            add::<M, W>(minus, c)
        };
    }
    let (x, y) = (unpack::<M, W>(a), unpack::<M, W>(b));
    let mut product = Wide {
        sign: minus,
        exp: x.exp + y.exp - Format::<M, W>::BIAS + 1,
        hi: mulhu64(x.sig, y.sig),
        lo: x.sig.wrapping_mul(y.sig),
    };
    product.normalize();
    if abs_c == 0 {
        return product.pack::<M, W>();
    }
    let z = unpack::<M, W>(c);
    let addend = Wide {
        sign: z.sign,
        exp: z.exp,
        hi: z.sig,
        lo: 0,
    };
    product.add(addend).map_or(0, |sum| sum.pack::<M, W>())
}

/// A [`Number`] with a significand of two words.
#[derive(Clone, Copy)]
struct Wide {
    sign: u64,
    exp: i32,
    hi: u64,
    lo: u64,
}

impl Wide {
    /// Moves the highest set bit to bit 127.
    #[inline(always)]
    fn normalize(&mut self) {
        if self.hi == 0 {
            (self.hi, self.lo) = (self.lo, 0);
            self.exp -= 64;
        }
        let zeros = self.hi.leading_zeros();
        if zeros > 0 {
            self.hi = self.hi << zeros | self.lo >> (64 - zeros);
            self.lo <<= zeros;
            self.exp -= zeros as i32;
        }
    }

    /// The sum, unless it is zero.
    #[inline(always)]
    fn add(self, other: Wide) -> Option<Wide> {
        let larger = (self.exp, self.hi, self.lo) >= (other.exp, other.hi, other.lo);
        let (x, y) = if larger { (self, other) } else { (other, self) };
        // Both significands end in at least eleven zeros, so what is jammed lies below what decides the rounding.
        let (hi, lo) = shr_jam128(y.hi, y.lo, (x.exp - y.exp) as u32);
        if x.sign == y.sign {
            let (lo, carry) = x.lo.overflowing_add(lo);
            let (hi, first) = x.hi.overflowing_add(hi);
            let (hi, second) = hi.overflowing_add(u64::from(carry));
            return Some(match first || second {
                true => Wide {
                    exp: x.exp + 1,
                    hi: hi >> 1 | 1 << 63,
                    lo: hi << 63 | lo >> 1 | lo & 1,
                    ..x
                },
                false => Wide { hi, lo, ..x },
            });
        }
        let (lo, borrow) = x.lo.overflowing_sub(lo);
        let hi = x.hi.wrapping_sub(hi).wrapping_sub(u64::from(borrow));
        if hi | lo == 0 {
            return None;
        }
        let mut sum = Wide { hi, lo, ..x };
        sum.normalize();
        Some(sum)
    }

    #[inline(always)]
    fn pack<const M: u32, const W: u32>(self) -> u64 {
        pack::<M, W>(Number {
            sign: self.sign,
            exp: self.exp,
            sig: self.hi | u64::from(self.lo != 0),
        })
    }
}
