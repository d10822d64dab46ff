//! Sums and differences of normal numbers and zeros, for both formats.
//!
//! The larger number stays as it is, sign included: what is added to its pattern, or taken from it, is the smaller one's
//! significand, shifted. A rotation gives the fraction that the shift cuts off: its first bit decides the rounding, and
//! only where it is set, or where the exponent changes, is there more to do. `None` is for what the general routine does:
//! subnormal, infinite and NaN operands and results.

/// One module per format: pattern type, stored significand bits.
macro_rules! sums {
    ($name:ident, $u:ident, $m:literal) => {
        /// Sums of this format.
        pub mod $name {
            const M: u32 = $m;
            const W: u32 = $u::BITS;
            const SIGN: $u = 1 << (W - 1);
            const MAX: $u = (1 << (W - 1 - M)) - 1;
            const HIDDEN: $u = 1 << M;
            const FRACTION: $u = HIDDEN - 1;

            /// Sum.
            #[inline(always)]
            pub fn add(a: $u, b: $u) -> Option<$u> {
                match (a >= SIGN, b >= SIGN) {
                    (false, false) => sum(a, b, 0),
                    (true, true) => sum(a, b, SIGN),
                    (false, true) => opposite(a, b),
                    (true, false) => opposite(b, a),
                }
            }

            /// Difference.
            #[inline(always)]
            pub fn sub(a: $u, b: $u) -> Option<$u> {
                match (a >= SIGN, b >= SIGN) {
                    (false, false) if a < b => difference(b + SIGN, SIGN, a, 0),
                    (false, false) => difference(a, 0, b, 0),
                    (true, true) if a < b => difference(b - SIGN, 0, a, SIGN),
                    (true, true) => difference(a, SIGN, b, SIGN),
                    (false, true) => sum(a, b - SIGN, 0),
                    (true, false) => sum(a, b + SIGN, SIGN),
                }
            }

            /// The sum of numbers of this sign.
            #[inline(always)]
            fn sum(a: $u, b: $u, sign: $u) -> Option<$u> {
                if a < b {
                    sum_ordered(b, a, sign)
                } else {
                    sum_ordered(a, b, sign)
                }
            }

            /// The sum of a positive and a negative number.
            #[inline(always)]
            fn opposite(a: $u, b: $u) -> Option<$u> {
                let size = b - SIGN;
                if a < size {
                    difference(b, SIGN, a, 0)
                } else {
                    difference(a, 0, size, 0)
                }
            }

            /// The sum of numbers of this sign, the larger one first.
            #[inline(always)]
            fn sum_ordered(a: $u, b: $u, sign: $u) -> Option<$u> {
                let (exp, small) = (a >> M, b >> M);
                if exp >= (sign >> M) + MAX - 1 {
                    return None;
                }
                if small == sign >> M {
                    return (b == sign).then_some(a);
                }
                if small == exp {
                    // Half of the significands' sum; their exponents' sum, halved, is the exponent.
                    let sum = a.wrapping_add(b).wrapping_add(HIDDEN << 1);
                    let half = (sum >> 1) + sign;
                    if sum & 1 == 0 {
                        return Some(half);
                    }
                    return Some((half + 1) & !1);
                }
                let by = exp as u32 - small as u32;
                if by > M + 1 {
                    return Some(a);
                }
                let (whole, turned) = shift(b, by);
                let sum = a + whole;
                if sum >> M == exp {
                    if turned < SIGN {
                        return Some(sum);
                    }
                    // Halfway, to the even one.
                    if turned - whole == SIGN {
                        return Some(sum + (sum & 1));
                    }
                    return Some(sum + 1);
                }
                // The exponent has grown, so what is wanted is half of the significand, rounded up: the pattern less half its fraction.
                let fraction = sum & FRACTION;
                let half = sum - (fraction >> 1);
                if turned != whole || fraction & 1 == 0 {
                    return Some(half);
                }
                Some(half & !1)
            }

            /// What an operand of the smaller exponent adds to the larger one's significand: its own shifted right by this much,
            /// and rotated, so that the first bits are those shifted out.
            #[inline(always)]
            fn shift(b: $u, by: u32) -> ($u, $u) {
                let sig = (b & FRACTION) + HIDDEN;
                (sig >> (by & (W - 1)), sig.rotate_right(by))
            }

            /// The first operand less the size of the second, which is not larger in size, both with their sign bits.
            #[inline(always)]
            fn difference(a: $u, sign: $u, b: $u, sign_b: $u) -> Option<$u> {
                let (exp, small) = (a >> M, b >> M);
                if exp == (sign >> M) + MAX {
                    return None;
                }
                if small == sign_b >> M {
                    return (b == sign_b).then_some(if a == sign { 0 } else { a });
                }
                // Of the right size modulo the width, which is all that shifts need.
                let by = (exp as u32).wrapping_sub(small as u32);
                let apart = ((sign >> M) as u32).wrapping_sub((sign_b >> M) as u32);
                if by == apart {
                    let sig = (a & FRACTION) - (b & FRACTION);
                    return if sig == 0 {
                        Some(0)
                    } else {
                        normalize(exp, sign, sig)
                    };
                }
                if by.wrapping_sub(apart) > M + 2 {
                    return Some(a);
                }
                let (whole, turned) = shift(b, by);
                let rest = a - whole;
                // The result is between `rest - 1` and `rest`.
                if (rest - 1) >> M == exp {
                    return Some(round(rest, whole, turned));
                }
                let fraction = a & FRACTION;
                if by == apart.wrapping_add(1) {
                    // Exact; the operand is not more than twice as large.
                    let sig = fraction + fraction + HIDDEN - (b & FRACTION);
                    return if sig >= HIDDEN {
                        Some(((exp - 2) << M) + sig)
                    } else {
                        normalize(exp - 1, sign, sig)
                    };
                }
                // The significand has a bit less, so one of those shifted out moves up.
                let (whole, turned) = shift(b, by.wrapping_sub(1));
                Some(round(a + fraction - whole, whole, turned))
            }

            /// A pattern less the fraction of a smaller operand.
            #[inline(always)]
            fn round(rest: $u, whole: $u, turned: $u) -> $u {
                if turned < SIGN {
                    return rest;
                }
                if turned - whole == SIGN {
                    return rest & !1;
                }
                rest - 1
            }

            /// The number with this significand, not zero and below 2^M, and exponent, sign included.
            #[inline(always)]
            fn normalize(exp: $u, sign: $u, sig: $u) -> Option<$u> {
                let zeros = sig.leading_zeros() as $u - (W - 1 - M) as $u;
                if exp <= zeros + (sign >> M) {
                    return None;
                }
                Some(((exp - zeros - 1) << M) + (sig << zeros))
            }
        }
    };
}

sums!(single, u32, 23);
sums!(double, u64, 52);
