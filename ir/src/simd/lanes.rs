//! Evaluation of the simd dialect: vectors taken apart into lanes, lanes computed as big integers.
//!
//! This is the meaning that the lowering is compared with, so nothing here is clever.

use super::{LaneOp, Load, SimdOp};
use crate::attr::Attr;

/// The two halves of a vector, the low one first.
type Halves = [u64; 2];

fn bits_of(v: Halves) -> u128 {
    u128::from(v[0]) | u128::from(v[1]) << 64
}

fn halves_of(bits: u128) -> Halves {
    [bits as u64, (bits >> 64) as u64]
}

fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

/// The lanes of `bits` bits, as unsigned or signed numbers.
fn lanes(bits: u32, signed: bool, v: Halves) -> Vec<i128> {
    let all = bits_of(v);
    let lane = |i: u32| number(bits, signed, (all >> (i * bits)) as u64);
    (0..128 / bits).map(lane).collect()
}

/// The low bits of a word as a number.
fn number(bits: u32, signed: bool, word: u64) -> i128 {
    let low = word & mask(bits);
    if signed && low >> (bits - 1) == 1 {
        i128::from(low) - (1 << bits)
    } else {
        low.into()
    }
}

/// The vector of these numbers modulo 2^bits.
fn pack(bits: u32, lanes: impl IntoIterator<Item = i128>) -> Halves {
    let place =
        |(i, lane): (usize, i128)| u128::from(lane as u64 & mask(bits)) << (i as u32 * bits);
    halves_of(
        lanes
            .into_iter()
            .enumerate()
            .map(place)
            .fold(0, |a, b| a | b),
    )
}

/// The nearest number that a lane can hold.
fn saturate(bits: u32, signed: bool, x: i128) -> i128 {
    if signed {
        x.clamp(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    } else {
        x.clamp(0, (1 << bits) - 1)
    }
}

/// The result of the wasm dialect's row of this name; zero if there is none.
fn scalar(name: &str, args: &[i128]) -> i128 {
    let words: Vec<u64> = args.iter().map(|&arg| arg as u64).collect();
    let eval = crate::WASM
        .ops
        .iter()
        .find(|row| row.name == name)
        .and_then(|row| row.eval);
    eval.and_then(|eval| eval(&words, &[]).ok())
        .map_or(0, i128::from)
}

/// `a * b + c` of floats of `bits` bits, rounded once, with the product negated if asked; a NaN is the canonical one.
fn fused(bits: u32, negate: bool, [a, b, c]: [i128; 3]) -> i128 {
    if bits == 32 {
        let [a, b, c] = [a, b, c].map(|word| f32::from_bits(word as u32));
        let result = if negate { -a } else { a }.mul_add(b, c);
        if result.is_nan() {
            0x7fc0_0000
        } else {
            result.to_bits().into()
        }
    } else {
        let [a, b, c] = [a, b, c].map(|word| f64::from_bits(word as u64));
        let result = if negate { -a } else { a }.mul_add(b, c);
        if result.is_nan() {
            0x7ff8 << 48
        } else {
            result.to_bits().into()
        }
    }
}

fn int(attrs: &[Attr], i: usize) -> u64 {
    attrs.get(i).and_then(Attr::as_int).unwrap_or(0)
}

/// The operands of one evaluation.
struct Operands<'a> {
    bits: u32,
    args: &'a [u64],
}

impl Operands<'_> {
    fn vector(&self, i: usize) -> Halves {
        [self.args[2 * i], self.args[2 * i + 1]]
    }

    fn lanes(&self, i: usize, signed: bool) -> Vec<i128> {
        lanes(self.bits, signed, self.vector(i))
    }

    fn map(&self, signed: bool, f: impl Fn(i128) -> i128) -> Halves {
        pack(self.bits, self.lanes(0, signed).into_iter().map(f))
    }

    fn zip(&self, signed: bool, f: impl Fn(i128, i128) -> i128) -> Halves {
        let pairs = self.lanes(0, signed).into_iter().zip(self.lanes(1, signed));
        pack(self.bits, pairs.map(|(a, b)| f(a, b)))
    }

    fn bitwise(&self, f: impl Fn(u64, u64) -> u64) -> Halves {
        let (a, b) = (self.vector(0), self.vector(1));
        [f(a[0], b[0]), f(a[1], b[1])]
    }

    /// Half of an operand's lanes of half the width.
    fn half(&self, i: usize, high: bool, signed: bool) -> Vec<i128> {
        let all = lanes(self.bits / 2, signed, self.vector(i));
        let count = all.len() / 2;
        all[if high { count } else { 0 }..][..count].to_vec()
    }

    /// Sums of `group` neighbouring products of both operands' signed lanes of `bits` bits.
    fn dot(&self, bits: u32, group: usize) -> Vec<i128> {
        let (a, b) = (
            lanes(bits, true, self.vector(0)),
            lanes(bits, true, self.vector(1)),
        );
        let products: Vec<i128> = a.iter().zip(&b).map(|(a, b)| a * b).collect();
        products
            .chunks(group)
            .map(|group| group.iter().sum())
            .collect()
    }
}

impl SimdOp {
    /// The results of an instruction that touches no memory, as flat words; nothing for one that does.
    ///
    /// `args` and `attrs` are as many as the row says.
    pub fn evaluate(self, args: &[u64], attrs: &[Attr]) -> Vec<u64> {
        let shape = self.shape();
        let bits = shape.bits();
        let x = Operands { bits, args };
        let lane = || int(attrs, 0) as usize % (128 / bits as usize);
        let vector = match self.lane_op() {
            LaneOp::Load(_) | LaneOp::LoadLane | LaneOp::Store | LaneOp::StoreLane => {
                return Vec::new();
            }
            LaneOp::Const => [int(attrs, 0), int(attrs, 1)],
            LaneOp::Shuffle => {
                let (mut all, b) = (x.lanes(0, false), x.lanes(1, false));
                all.extend(b);
                let names = lanes(8, false, [int(attrs, 0), int(attrs, 1)]);
                pack(
                    bits,
                    names.into_iter().map(|name| all[name as usize % all.len()]),
                )
            }
            LaneOp::Swizzle => {
                let (a, b) = (x.lanes(0, false), x.lanes(1, false));
                let pick = |name: i128| a.get(name as usize).copied().unwrap_or(0);
                pack(bits, b.into_iter().map(pick))
            }
            LaneOp::Extract { signed } => {
                let scalar = x.lanes(0, signed)[lane()] as u64;
                return vec![scalar & mask(shape.scalar().bits())];
            }
            LaneOp::Replace => {
                let mut all = x.lanes(0, false);
                all[lane()] = args[2].into();
                pack(bits, all)
            }
            LaneOp::Splat => pack(bits, vec![args[0].into(); 128 / bits as usize]),
            LaneOp::Not => x.vector(0).map(|half| !half),
            LaneOp::And => x.bitwise(|a, b| a & b),
            LaneOp::AndNot => x.bitwise(|a, b| a & !b),
            LaneOp::Or => x.bitwise(|a, b| a | b),
            LaneOp::Xor => x.bitwise(|a, b| a ^ b),
            LaneOp::Bitselect => {
                let [a, b, m] = [0, 1, 2].map(|i| bits_of(x.vector(i)));
                halves_of(a & m | b & !m)
            }
            LaneOp::AnyTrue => return vec![u64::from(bits_of(x.vector(0)) != 0)],
            LaneOp::AllTrue => return vec![u64::from(!x.lanes(0, false).contains(&0))],
            LaneOp::Bitmask => {
                let signs = x.lanes(0, true).into_iter().map(|lane| u64::from(lane < 0));
                return vec![signs.rev().fold(0, |word, sign| word << 1 | sign)];
            }
            LaneOp::Abs => x.map(true, i128::abs),
            LaneOp::Neg => x.map(true, |a| -a),
            LaneOp::Popcnt => x.map(false, |a| a.count_ones().into()),
            LaneOp::Add => x.zip(false, |a, b| a + b),
            LaneOp::Sub => x.zip(false, |a, b| a - b),
            LaneOp::Mul => x.zip(true, |a, b| a * b),
            LaneOp::AddSat { signed } => x.zip(signed, |a, b| saturate(bits, signed, a + b)),
            LaneOp::SubSat { signed } => x.zip(signed, |a, b| saturate(bits, signed, a - b)),
            LaneOp::Min { signed } => x.zip(signed, i128::min),
            LaneOp::Max { signed } => x.zip(signed, i128::max),
            LaneOp::Avgr => x.zip(false, |a, b| (a + b + 1) / 2),
            LaneOp::Compare(cond) => x.zip(cond.is_signed(), |a, b| {
                -i128::from(cond.holds(64, a as u64, b as u64))
            }),
            LaneOp::Shl => x.map(false, |a| a << (args[2] as u32 % bits)),
            LaneOp::Shr { signed } => x.map(signed, |a| a >> (args[2] as u32 % bits)),
            LaneOp::Extend { high, signed } => pack(bits, x.half(0, high, signed)),
            LaneOp::ExtMul { high, signed } => {
                let (a, b) = (x.half(0, high, signed), x.half(1, high, signed));
                pack(bits, a.into_iter().zip(b).map(|(a, b)| a * b))
            }
            LaneOp::ExtAddPairwise { signed } => {
                let narrow = lanes(bits / 2, signed, x.vector(0));
                pack(bits, narrow.chunks(2).map(|pair| pair.iter().sum()))
            }
            LaneOp::Narrow { signed } => {
                let wide = [0, 1].map(|i| lanes(2 * bits, true, x.vector(i)));
                pack(
                    bits,
                    wide.into_iter()
                        .flatten()
                        .map(|lane| saturate(bits, signed, lane)),
                )
            }
            LaneOp::Dot => pack(bits, x.dot(bits / 2, 2)),
            LaneOp::Q15Mulr => x.zip(true, |a, b| saturate(bits, true, (a * b + (1 << 14)) >> 15)),
            LaneOp::ByteDot => pack(bits, x.dot(8, 2)),
            LaneOp::ByteDotAdd => {
                let sums = x.dot(8, 4).into_iter().zip(x.lanes(2, true));
                pack(bits, sums.map(|(sum, c)| sum + c))
            }
            LaneOp::FloatAbs => x.map(false, |a| a & !(1 << (bits - 1))),
            LaneOp::FloatNeg => x.map(false, |a| a ^ 1 << (bits - 1)),
            LaneOp::EachOne(name) => x.map(false, |a| scalar(name, &[a])),
            LaneOp::EachTwo(name) => x.zip(false, |a, b| scalar(name, &[a, b])),
            LaneOp::EachTest(name) => x.zip(false, |a, b| -scalar(name, &[a, b])),
            LaneOp::EachLow(name) => {
                let low = x.half(0, false, false).into_iter();
                pack(bits, low.map(|a| scalar(name, &[a])))
            }
            LaneOp::EachZero(name) => {
                let wide = lanes(2 * bits, false, x.vector(0)).into_iter();
                pack(bits, wide.map(|a| scalar(name, &[a])))
            }
            LaneOp::Pseudo { max, less } => x.zip(false, |a, b| {
                let order = if max { [a, b] } else { [b, a] };
                if scalar(less, &order) == 1 { b } else { a }
            }),
            LaneOp::Madd { negate } => {
                let (products, c) = (
                    x.lanes(0, false).into_iter().zip(x.lanes(1, false)),
                    x.lanes(2, false),
                );
                pack(
                    bits,
                    products
                        .zip(c)
                        .map(|((a, b), c)| fused(bits, negate, [a, b, c])),
                )
            }
        };
        vector.to_vec()
    }

    /// Bytes that the instruction reads or writes at its address; 0 if it touches no memory.
    pub fn access_bytes(self) -> u32 {
        match self.lane_op() {
            LaneOp::Load(Load::Whole) | LaneOp::Store => 16,
            LaneOp::Load(Load::Extend { .. }) => 8,
            LaneOp::Load(Load::Splat | Load::Zero) | LaneOp::LoadLane | LaneOp::StoreLane => {
                self.shape().bits() / 8
            }
            _ => 0,
        }
    }

    /// The result of a load, from the bits it read; `args` are its operands after the address.
    pub fn loaded(self, read: u128, args: &[u64], attrs: &[Attr]) -> Vec<u64> {
        let bits = self.shape().bits();
        let vector = match self.lane_op() {
            LaneOp::Load(Load::Extend { signed }) => {
                let narrow = lanes(bits / 2, signed, halves_of(read));
                pack(bits, narrow.into_iter().take(128 / bits as usize))
            }
            LaneOp::Load(Load::Splat) => pack(bits, vec![read as i128; 128 / bits as usize]),
            LaneOp::LoadLane => {
                let mut all = lanes(bits, false, [args[0], args[1]]);
                let lane = int(attrs, 1) as usize % all.len();
                all[lane] = read as i128;
                pack(bits, all)
            }
            _ => halves_of(read),
        };
        vector.to_vec()
    }

    /// The bits a store writes; `args` are its operands after the address.
    pub fn stored(self, args: &[u64], attrs: &[Attr]) -> u128 {
        let vector = [args[0], args[1]];
        match self.lane_op() {
            LaneOp::StoreLane => {
                let all = lanes(self.shape().bits(), false, vector);
                all[int(attrs, 1) as usize % all.len()] as u128
            }
            _ => bits_of(vector),
        }
    }
}
