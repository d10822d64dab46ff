//! Sums and differences of normal numbers that are not negative, for both formats.
//!
//! The larger number stays as it is: what is added to its pattern is the smaller one's significand, shifted, and the
//! fraction that the shift cuts off decides the rounding. Only where the exponent changes is there more to do. `None` is
//! for what the general routine does: subnormal, infinite and NaN operands and results.

/// One module per format: pattern type, its signed type, stored significand bits.
macro_rules! sums {
    ($name:ident, $u:ident, $i:ident, $m:literal) => {
        /// Sums of this format.
        pub mod $name {
            const M: u32 = $m;
            const W: $u = $u::BITS as $u;
            const SIGN: $u = 1 << ($u::BITS - 1);
            const MAX: $u = (1 << ($u::BITS - 1 - M)) - 1;
            const HIDDEN: $u = 1 << M;
            const FRACTION: $u = HIDDEN - 1;

            /// Sum.
            #[inline(always)]
            pub fn add(a: $u, b: $u) -> Option<$u> {
                match (a >= SIGN, b >= SIGN) {
                    (false, false) => sum(a, b),
                    (true, true) => sum(a - SIGN, b - SIGN).map(|s| s + SIGN),
                    (false, true) => difference(a, b - SIGN),
                    (true, false) => difference(b, a - SIGN),
                }
            }

            /// Difference.
            #[inline(always)]
            pub fn sub(a: $u, b: $u) -> Option<$u> {
                match (a >= SIGN, b >= SIGN) {
                    (false, false) => difference(a, b),
                    (true, true) => difference(b - SIGN, a - SIGN),
                    (false, true) => sum(a, b - SIGN),
                    (true, false) => sum(a - SIGN, b).map(|s| s + SIGN),
                }
            }

            #[inline(always)]
            fn sum(a: $u, b: $u) -> Option<$u> {
                if a < b {
                    sum_ordered(b, a)
                } else {
                    sum_ordered(a, b)
                }
            }

            /// The sum, the larger operand first.
            #[inline(always)]
            fn sum_ordered(a: $u, b: $u) -> Option<$u> {
                let (exp, small) = (a >> M, b >> M);
                if exp >= MAX - 1 || small == 0 {
                    return None;
                }
                let by = exp - small;
                if by > M as $u + 1 {
                    return Some(a);
                }
                let sig = (b & FRACTION) + HIDDEN;
                let sum = a + (sig >> by);
                let rest = if by == 0 { 0 } else { sig << (W - by) };
                if sum >> M == exp {
                    if (rest as $i) >= 0 {
                        return Some(sum);
                    }
                    return Some(sum + $u::from(rest != SIGN || sum & 1 != 0));
                }
                // The significands' sum has one bit more. It stands in `sum` with exp 2^M - 2^M added, and half of it is wanted.
                let base = exp << M;
                let half = ((base + sum) >> 1) + (HIDDEN >> 1);
                if sum & 1 == 0 {
                    return Some(half);
                }
                Some(half + $u::from(rest != 0 || half & 1 != 0))
            }

            #[inline(always)]
            fn difference(a: $u, b: $u) -> Option<$u> {
                if a < b {
                    difference_ordered(b, a).map(|d| d + SIGN)
                } else if a == b {
                    // Infinities and NaNs have no difference here.
                    (a < MAX << M).then_some(0)
                } else {
                    difference_ordered(a, b)
                }
            }

            /// The difference, the larger operand first.
            #[inline(always)]
            fn difference_ordered(a: $u, b: $u) -> Option<$u> {
                let (exp, small) = (a >> M, b >> M);
                if exp == MAX || small == 0 {
                    return None;
                }
                let by = exp - small;
                if by > M as $u + 2 {
                    return Some(a);
                }
                if by == 0 {
                    return normalize(exp, a - b);
                }
                let sig = (b & FRACTION) + HIDDEN;
                // a - sig 2^-by = low + rest 2^-W
                let lost = sig << (W - by);
                let low = a - (sig >> by) - $u::from(lost != 0);
                let rest = lost.wrapping_neg();
                if low >> M == exp {
                    if (rest as $i) >= 0 {
                        return Some(low);
                    }
                    return Some(low + $u::from(rest != SIGN || low & 1 != 0));
                }
                // The significand has a bit less, so one of the fraction's moves up.
                let sig = low + HIDDEN - (exp << M);
                let sig = sig + sig + (rest >> (W - 1));
                let rest = rest << 1;
                if sig >= HIDDEN {
                    if exp == 1 {
                        return None;
                    }
                    let bits = ((exp - 2) << M) + sig;
                    return Some(bits + $u::from(rest > SIGN || (rest == SIGN && sig & 1 != 0)));
                }
                // Only if the exponents differ by one: exact.
                normalize(exp - 1, sig)
            }

            /// The number with this significand, not zero and below 2^M, and exponent.
            #[inline(always)]
            fn normalize(exp: $u, sig: $u) -> Option<$u> {
                let zeros = sig.leading_zeros() as $u - (W - 1 - M as $u);
                if exp <= zeros {
                    return None;
                }
                Some(((exp - zeros - 1) << M) + (sig << zeros))
            }
        }
    };
}

sums!(single, u32, i32, 23);
sums!(double, u64, i64, 52);
