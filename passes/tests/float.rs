//! The float routines, compiled natively, against the host's floats.
//!
//! Operands are a cross product of boundary values and random patterns, half of them close to each other in exponent or
//! with few significant bits, because that is where sums cancel and products are halfway between two floats.

#[path = "../src/runtime/float/src/soft/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "the crate the routines are a part of uses and documents all"
)]
mod soft;

use soft::convert::NoInteger;
use soft::{compare, convert, fma, general, round};

/// Random operands, or tuples of them, per function.
const COUNT: u64 = 1_000_000;

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A pattern of the format, not far from `near` most of the time.
    fn pattern(&mut self, f: Shape, near: u64) -> u64 {
        let fraction = (1 << f.m) - 1;
        let bits = self.next() & f.all();
        let kind = self.next();
        let fraction = match kind % 5 {
            0 => bits & fraction,
            1 => bits & fraction & (fraction << (self.next() % u64::from(f.m))),
            2 => fraction & !(bits & 3),
            3 => near & fraction ^ (1 << (self.next() % u64::from(f.m))),
            _ => bits & fraction & ((1 << (self.next() % u64::from(f.m))) - 1),
        };
        let sign = bits & (1 << (f.w - 1));
        let exp = match kind >> 8 & 7 {
            0 => bits >> f.m & f.max(),
            1 => self.next() % 3,
            2 => f.max() - self.next() % 4,
            3 => f.max() / 2 + self.next() % 5 - 2,
            _ => {
                (near >> f.m & f.max())
                    .wrapping_add(self.next() % 64)
                    .wrapping_sub(32)
                    & f.max()
            }
        };
        sign | exp << f.m | fraction
    }
}

/// A format: stored significand bits and width.
#[derive(Clone, Copy)]
struct Shape {
    m: u32,
    w: u32,
}

const F32: Shape = Shape { m: 23, w: 32 };
const F64: Shape = Shape { m: 52, w: 64 };

impl Shape {
    fn all(self) -> u64 {
        u64::MAX >> (64 - self.w)
    }

    fn max(self) -> u64 {
        (1 << (self.w - 1 - self.m)) - 1
    }

    /// Zeros, subnormals, ones, integers, halves, limits of the integer types, largest numbers, infinities and NaNs.
    fn boundaries(self) -> Vec<u64> {
        let bias = self.max() / 2;
        let mut values = vec![0, 1, 2, 3, (1 << self.m) - 1];
        let exponents = [
            1,
            2,
            self.m.into(),
            bias - self.m as u64 - 1,
            bias - 2,
            bias - 1,
            bias,
            bias + 1,
        ]
        .into_iter()
        .chain([
            bias + self.m as u64 - 1,
            bias + self.m as u64,
            bias + self.m as u64 + 1,
        ])
        .chain([
            bias + 31,
            bias + 32,
            bias + 63,
            bias + 64,
            self.max() - 2,
            self.max() - 1,
            self.max(),
        ]);
        for exp in exponents {
            let one = exp << self.m;
            values.extend([
                one - 1,
                one,
                one + 1,
                one + (1 << (self.m - 1)),
                one + (1 << (self.m - 1)) + 1,
            ]);
            values.push(one | ((1 << self.m) - 1));
        }
        let negative: Vec<u64> = values.iter().map(|v| v | 1 << (self.w - 1)).collect();
        values.extend(negative);
        values
    }

    /// Calls `check` with pairs.
    fn pairs(self, mut check: impl FnMut(u64, u64)) {
        let boundaries = self.boundaries();
        for &a in &boundaries {
            for &b in &boundaries {
                check(a, b);
            }
        }
        let mut random = Random(u64::from(self.w));
        for _ in 0..COUNT {
            let near = random.next();
            let a = random.pattern(self, near);
            let b = random.pattern(self, a);
            check(a, b);
        }
    }
}

/// The pattern a function is to give: NaNs are canonical.
trait Bits {
    fn bits(self) -> u64;
}

impl Bits for f32 {
    fn bits(self) -> u64 {
        if self.is_nan() {
            0x7fc0_0000
        } else {
            u64::from(self.to_bits())
        }
    }
}

impl Bits for f64 {
    fn bits(self) -> u64 {
        if self.is_nan() {
            0x7ff8_0000_0000_0000
        } else {
            self.to_bits()
        }
    }
}

/// The tests of one format: `$f` the host's type, `$u` its bits' type.
macro_rules! format_tests {
    ($name:ident, $f:ident, $u:ident, $shape:ident, $m:literal, $w:literal, $add:expr, $sub:expr, $mul:expr, $div:expr, $sqrt:expr) => {
        mod $name {
            use super::*;

            fn host(bits: u64) -> $f {
                $f::from_bits(bits as $u)
            }

            fn binary(soft: impl Fn(u64, u64) -> u64, hard: impl Fn($f, $f) -> $f) {
                $shape.pairs(|a, b| {
                    let (got, expected) = (soft(a, b), hard(host(a), host(b)).bits());
                    assert_eq!(
                        got, expected,
                        "{a:#x} {b:#x}: {got:#x} instead of {expected:#x}"
                    );
                });
            }

            fn unary(soft: impl Fn(u64) -> u64, hard: impl Fn($f) -> $f) {
                $shape.pairs(|_, a| {
                    let (got, expected) = (soft(a), hard(host(a)).bits());
                    assert_eq!(got, expected, "{a:#x}: {got:#x} instead of {expected:#x}");
                });
            }

            fn compare(soft: impl Fn(u64, u64) -> bool, hard: impl Fn(&$f, &$f) -> bool) {
                $shape.pairs(|a, b| {
                    assert_eq!(soft(a, b), hard(&host(a), &host(b)), "{a:#x} {b:#x}")
                });
            }

            #[test]
            fn add() {
                binary($add, |a, b| a + b);
                binary(general::add::<$m, $w>, |a, b| a + b);
            }

            #[test]
            fn sub() {
                binary($sub, |a, b| a - b);
            }

            #[test]
            fn mul() {
                binary($mul, |a, b| a * b);
                binary(general::mul::<$m, $w>, |a, b| a * b);
            }

            #[test]
            fn div() {
                binary($div, |a, b| a / b);
                binary(general::div::<$m, $w>, |a, b| a / b);
            }

            #[test]
            fn sqrt() {
                unary($sqrt, $f::sqrt);
                unary(general::sqrt::<$m, $w>, $f::sqrt);
            }

            #[test]
            fn fused() {
                let mut random = Random(7);
                $shape.pairs(|a, b| {
                    // Half of the time an addend that cancels most of the product.
                    let product = (host(a) * host(b)).to_bits() as u64 ^ 1 << ($w - 1);
                    let c = match random.next() % 4 {
                        0 => product,
                        1 => product.wrapping_add(random.next() % 5).wrapping_sub(2) & $shape.all(),
                        _ => random.pattern($shape, product),
                    };
                    let got = fma::fma::<$m, $w>(a, b, c);
                    let expected = host(a).mul_add(host(b), host(c)).bits();
                    assert_eq!(
                        got, expected,
                        "{a:#x} {b:#x} {c:#x}: {got:#x} instead of {expected:#x}"
                    );
                });
            }

            #[test]
            fn extrema() {
                binary(compare::min::<$m, $w>, |a, b| match a == b {
                    _ if a.is_nan() || b.is_nan() => $f::NAN,
                    true => $f::from_bits(a.to_bits() | b.to_bits()),
                    false => a.min(b),
                });
                binary(compare::max::<$m, $w>, |a, b| match a == b {
                    _ if a.is_nan() || b.is_nan() => $f::NAN,
                    true => $f::from_bits(a.to_bits() & b.to_bits()),
                    false => a.max(b),
                });
            }

            #[test]
            fn comparisons() {
                compare(compare::eq::<$m, $w>, $f::eq);
                compare(compare::lt::<$m, $w>, $f::lt);
                compare(compare::le::<$m, $w>, $f::le);
            }

            #[test]
            fn rounding() {
                unary(round::ceil::<$m, $w>, $f::ceil);
                unary(round::floor::<$m, $w>, $f::floor);
                unary(round::trunc::<$m, $w>, $f::trunc);
                unary(round::nearest::<$m, $w>, $f::round_ties_even);
            }

            /// `floor` is the first float beyond the type at its lower end, `end` the first at its upper end.
            fn integer(
                soft: impl Fn(u64) -> Result<u64, NoInteger>,
                cast: impl Fn($f) -> u64,
                floor: $f,
                end: $f,
            ) {
                $shape.pairs(|_, a| {
                    let x = host(a);
                    let expected = match x {
                        _ if x.is_nan() => Err(NoInteger::Nan),
                        _ if x >= end => Err(NoInteger::Above),
                        _ if x <= floor => Err(NoInteger::Below),
                        _ => Ok(cast(x)),
                    };
                    assert_eq!(soft(a), expected, "{a:#x}");
                });
            }

            #[test]
            fn to_integers() {
                let (two31, two32, two63, two64) = (
                    2147483648.0,
                    4294967296.0,
                    9223372036854775808.0,
                    18446744073709551616.0,
                );
                let below =
                    |x: $f| (x - 1.0).min(-$f::from_bits(x.to_bits() + 1).abs().copysign(1.0));
                let below31 = if $m == 52 {
                    -2147483649.0
                } else {
                    below(-two31)
                };
                integer(
                    |a| convert::to_integer::<$m, $w, 32, true>(a).map(|n| n & 0xffff_ffff),
                    |x| x as i32 as u32 as u64,
                    below31,
                    two31,
                );
                integer(
                    convert::to_integer::<$m, $w, 32, false>,
                    |x| x as u32 as u64,
                    -1.0,
                    two32,
                );
                integer(
                    convert::to_integer::<$m, $w, 64, true>,
                    |x| x as i64 as u64,
                    below(-two63),
                    two63,
                );
                integer(
                    convert::to_integer::<$m, $w, 64, false>,
                    |x| x as u64,
                    -1.0,
                    two64,
                );
            }

            #[test]
            fn from_integers() {
                F64.pairs(|a, b| {
                    let n = a >> (b % 64);
                    for n in [n, n.wrapping_neg(), a] {
                        assert_eq!(convert::from_u64::<$m, $w>(n), (n as $f).bits(), "{n}");
                        assert_eq!(
                            convert::from_i64::<$m, $w>(n as i64),
                            (n as i64 as $f).bits(),
                            "{n}"
                        );
                    }
                });
            }
        }
    };
}

/// A function of two patterns of single precision.
fn two(f: fn(u32, u32) -> u32) -> impl Fn(u64, u64) -> u64 {
    move |a, b| f(a as u32, b as u32).into()
}

/// A function of one.
fn one(f: fn(u32) -> u32) -> impl Fn(u64) -> u64 {
    move |a| f(a as u32).into()
}

format_tests!(
    single,
    f32,
    u32,
    F32,
    23,
    32,
    two(soft::f32::add),
    two(soft::f32::sub),
    two(soft::f32::mul),
    two(soft::f32::div),
    one(soft::f32::sqrt)
);
format_tests!(
    double,
    f64,
    u64,
    F64,
    52,
    64,
    soft::f64::add,
    soft::f64::sub,
    soft::f64::mul,
    soft::f64::div,
    soft::f64::sqrt
);

#[test]
fn between_formats() {
    F32.pairs(|_, a| {
        assert_eq!(
            convert::promote(a),
            f64::from(f32::from_bits(a as u32)).bits(),
            "{a:#x}"
        );
    });
    let mut random = Random(3);
    F64.pairs(|_, a| {
        // Also near the floats of single precision, and halfway between two.
        let single = f64::from(f32::from_bits(random.pattern(F32, a) as u32)).to_bits();
        for a in [
            a,
            single,
            single ^ 0x1000_0000,
            single ^ 0x1000_0001,
            single ^ 0x0fff_ffff,
        ] {
            assert_eq!(
                convert::demote(a),
                (f64::from_bits(a) as f32).bits(),
                "{a:#x}"
            );
        }
    });
}

#[test]
fn floats_of_32_bit_integers() {
    F64.pairs(|a, b| {
        let n = (a >> (b % 64)) as u32;
        assert_eq!(convert::f64_from_u32(n, 0), f64::from(n).bits());
        assert_eq!(
            convert::f64_from_u32(n, 1 << 63),
            if n == 0 { 0 } else { (-f64::from(n)).bits() }
        );
        assert_eq!(u64::from(convert::f32_from_u32(n, 0)), (n as f32).bits());
        assert_eq!(
            u64::from(convert::f32_from_u32(n, 1 << 31)),
            if n == 0 { 0 } else { (-(n as f32)).bits() }
        );
    });
}
