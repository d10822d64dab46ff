//! The simd dialect: WebAssembly's vector instructions over pairs of `i64`, the low half of a `v128` first.
//!
//! An instruction is a lane shape and a lane operation ([`LaneOp`]); its row in the table (`rows`) says which, its operands,
//! attributes, evaluation and lowering follow. The rows stand in bodies of the wasm dialect.
//!
//! Relaxed instructions have the meaning of the deterministic profile (WebAssembly 3.0, appendix "Profiles"), chosen as
//! wasmtime chooses with `relaxed_simd_deterministic`: most are another name of a fixed instruction (swizzle, truncation,
//! bitselect, minimum, maximum, q15mulr), products are added fused, byte products are signed, and the sum of four is exact.

mod lanes;
mod rows;

pub use rows::{SIMD, SimdOp};

use crate::attr::{AttrKind, Cond};
use crate::dialect::{Traits, Ty};
use crate::types::Type;

/// How the 128 bits are divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(
    missing_docs,
    reason = "the names are WASM's: type of a lane, number of lanes"
)]
pub enum Shape {
    I8x16,
    I16x8,
    I32x4,
    I64x2,
    F32x4,
    F64x2,
    V128,
}

impl Shape {
    /// Bits of a lane.
    pub const fn bits(self) -> u32 {
        match self {
            Shape::I8x16 => 8,
            Shape::I16x8 => 16,
            Shape::I32x4 | Shape::F32x4 => 32,
            Shape::I64x2 | Shape::F64x2 => 64,
            Shape::V128 => 128,
        }
    }

    /// The type of a lane outside a vector.
    pub const fn scalar(self) -> Type {
        match self {
            Shape::I8x16 | Shape::I16x8 | Shape::I32x4 => Type::I32,
            Shape::I64x2 => Type::I64,
            Shape::F32x4 => Type::F32,
            Shape::F64x2 => Type::F64,
            Shape::V128 => Type::V128,
        }
    }
}

/// How a load makes a vector of what it reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    /// All 128 bits.
    Whole,
    /// 64 bits, whose lanes of half the width are extended.
    Extend {
        /// With their sign.
        signed: bool,
    },
    /// One lane, to all lanes.
    Splat,
    /// One lane, to lane 0; the others are zero.
    Zero,
}

/// What an instruction does with its lanes. `signed` says how lanes are read as numbers; widths are those of the row's
/// shape, of half the width where lanes are extended and of twice the width where they are narrowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LaneOp {
    /// Loads a vector.
    Load(Load),
    /// Stores 128 bits.
    Store,
    /// Loads a lane.
    LoadLane,
    /// Stores a lane.
    StoreLane,
    /// The bits of the attributes.
    Const,
    /// Each lane of the result is the lane of both operands, one after the other, that the attributes name.
    Shuffle,
    /// Each lane is the lane of the first operand that the second's lane names, zero past the end.
    Swizzle,
    /// A lane as a scalar.
    Extract {
        /// Sign- rather than zero-extended.
        signed: bool,
    },
    /// A lane exchanged for a scalar.
    Replace,
    /// A scalar in every lane.
    Splat,
    /// Complement of bits.
    Not,
    /// Bitwise and.
    And,
    /// Bits of the first that are not in the second.
    AndNot,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// Bits of the first where the third has ones, else of the second.
    Bitselect,
    /// 1 if a bit is one.
    AnyTrue,
    /// 1 if no lane is zero.
    AllTrue,
    /// The lanes' sign bits.
    Bitmask,
    /// Absolute value, the smallest number unchanged.
    Abs,
    /// Negation.
    Neg,
    /// Number of one bits.
    Popcnt,
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Sum, limited to the lane's numbers.
    AddSat {
        /// Signed numbers.
        signed: bool,
    },
    /// Difference, limited to the lane's numbers.
    SubSat {
        /// Signed numbers.
        signed: bool,
    },
    /// The smaller.
    Min {
        /// Signed numbers.
        signed: bool,
    },
    /// The larger.
    Max {
        /// Signed numbers.
        signed: bool,
    },
    /// The unsigned mean, rounded up.
    Avgr,
    /// Ones where the condition holds.
    Compare(Cond),
    /// Shift left by the amount modulo the lane's bits.
    Shl,
    /// Shift right by the amount modulo the lane's bits.
    Shr {
        /// Fills with the sign.
        signed: bool,
    },
    /// Half of the lanes, extended.
    Extend {
        /// The high half.
        high: bool,
        /// With their sign.
        signed: bool,
    },
    /// Products of half of the lanes, extended.
    ExtMul {
        /// The high half.
        high: bool,
        /// Signed numbers.
        signed: bool,
    },
    /// Sums of neighbours, extended.
    ExtAddPairwise {
        /// Signed numbers.
        signed: bool,
    },
    /// Signed lanes of both operands limited to the narrower lane's numbers.
    Narrow {
        /// To signed numbers.
        signed: bool,
    },
    /// Sums of neighbours' signed products.
    Dot,
    /// Signed product of fractions of 15 bits, rounded and limited.
    Q15Mulr,
    /// Sums of neighbours' products of signed bytes, modulo 2^16.
    ByteDot,
    /// The third operand plus sums of four neighbours' products of signed bytes.
    ByteDotAdd,
    /// The sign bit cleared.
    FloatAbs,
    /// The sign bit inverted.
    FloatNeg,
    /// The scalar instruction of this name, lane by lane, of one operand.
    EachOne(&'static str),
    /// The scalar instruction of this name, lane by lane, of two operands.
    EachTwo(&'static str),
    /// Ones where the scalar comparison of this name holds.
    EachTest(&'static str),
    /// The scalar instruction of this name, of the low half of the lanes, which are narrower.
    EachLow(&'static str),
    /// The scalar instruction of this name, of lanes that are wider; the high half is zero.
    EachZero(&'static str),
    /// The second operand where it is less, by the scalar comparison of this name, than the first (more, for `max`).
    Pseudo {
        /// The larger.
        max: bool,
        /// The comparison.
        less: &'static str,
    },
    /// Product plus third operand, rounded once.
    Madd {
        /// The product negated.
        negate: bool,
    },
}

/// What a row takes from its operation.
#[derive(Clone, Copy)]
struct Facts {
    operands: &'static [Ty],
    results: &'static [Ty],
    attrs: &'static [(&'static str, AttrKind)],
    traits: Traits,
    doc: &'static str,
}

const I32: Ty = Ty::Is(Type::I32);
const I64: Ty = Ty::Is(Type::I64);
const F32: Ty = Ty::Is(Type::F32);
const F64: Ty = Ty::Is(Type::F64);
const VECTOR: &[Ty] = &[I64, I64];
const MEM: (&str, AttrKind) = ("mem", AttrKind::Mem);
const LANE: (&str, AttrKind) = ("lane", AttrKind::Index);
const HALVES: &[(&str, AttrKind)] = &[("low", AttrKind::Int), ("high", AttrKind::Int)];

const fn pure(operands: &'static [Ty], doc: &'static str) -> Facts {
    Facts {
        operands,
        results: VECTOR,
        attrs: &[],
        traits: Traits::PURE,
        doc,
    }
}

const fn unary(doc: &'static str) -> Facts {
    pure(VECTOR, doc)
}

const fn binary(doc: &'static str) -> Facts {
    pure(&[I64, I64, I64, I64], doc)
}

const fn ternary(doc: &'static str) -> Facts {
    pure(&[I64, I64, I64, I64, I64, I64], doc)
}

const fn shift(doc: &'static str) -> Facts {
    pure(&[I64, I64, I32], doc)
}

const fn test(doc: &'static str) -> Facts {
    Facts {
        results: &[I32],
        ..unary(doc)
    }
}

impl LaneOp {
    const fn facts(self, shape: Shape) -> Facts {
        let load = Traits::READS.or(Traits::MAY_TRAP);
        let store = Traits::WRITES.or(Traits::MAY_TRAP);
        match self {
            LaneOp::Load(_) => Facts {
                attrs: &[MEM],
                traits: load,
                ..pure(
                    &[I32],
                    "a vector made of what is at the address plus the offset; traps out of bounds",
                )
            },
            LaneOp::LoadLane => Facts {
                attrs: &[MEM, LANE],
                traits: load,
                ..pure(
                    &[I32, I64, I64],
                    "the vector with a lane loaded from the address plus the offset; traps out of bounds",
                )
            },
            LaneOp::Store => Facts {
                results: &[],
                attrs: &[MEM],
                traits: store,
                ..pure(
                    &[I32, I64, I64],
                    "stores the vector at the address plus the offset; traps out of bounds",
                )
            },
            LaneOp::StoreLane => Facts {
                results: &[],
                attrs: &[MEM, LANE],
                traits: store,
                ..pure(
                    &[I32, I64, I64],
                    "stores a lane at the address plus the offset; traps out of bounds",
                )
            },
            LaneOp::Const => Facts {
                attrs: HALVES,
                ..pure(&[], "the vector with these bits")
            },
            LaneOp::Shuffle => Facts {
                attrs: HALVES,
                ..binary("the bytes of both operands that the attributes' bytes name")
            },
            LaneOp::Swizzle => {
                binary("the lanes of the first that the second names, zero past the end")
            }
            LaneOp::Extract { signed } => Facts {
                results: match shape {
                    Shape::I8x16 | Shape::I16x8 | Shape::I32x4 => &[I32],
                    Shape::I64x2 => &[I64],
                    Shape::F32x4 => &[F32],
                    Shape::F64x2 => &[F64],
                    Shape::V128 => &[],
                },
                attrs: &[LANE],
                ..unary(if signed {
                    "the lane, sign-extended"
                } else {
                    "the lane, zero-extended"
                })
            },
            LaneOp::Replace => Facts {
                attrs: &[LANE],
                ..pure(
                    match shape {
                        Shape::I8x16 | Shape::I16x8 | Shape::I32x4 => &[I64, I64, I32],
                        Shape::I64x2 => &[I64, I64, I64],
                        Shape::F32x4 => &[I64, I64, F32],
                        Shape::F64x2 => &[I64, I64, F64],
                        Shape::V128 => &[],
                    },
                    "the vector with a lane exchanged for the scalar",
                )
            },
            LaneOp::Splat => pure(
                match shape {
                    Shape::I8x16 | Shape::I16x8 | Shape::I32x4 => &[I32],
                    Shape::I64x2 => &[I64],
                    Shape::F32x4 => &[F32],
                    Shape::F64x2 => &[F64],
                    Shape::V128 => &[],
                },
                "the scalar in every lane",
            ),
            LaneOp::Not => unary("bitwise complement"),
            LaneOp::And => binary("bitwise and"),
            LaneOp::AndNot => binary("bits of the first that are not in the second"),
            LaneOp::Or => binary("bitwise or"),
            LaneOp::Xor => binary("bitwise exclusive or"),
            LaneOp::Bitselect => {
                ternary("bits of the first where the third has ones, else of the second")
            }
            LaneOp::AnyTrue => test("1 if a bit is one, else 0"),
            LaneOp::AllTrue => test("1 if no lane is zero, else 0"),
            LaneOp::Bitmask => test("the lanes' sign bits, lane 0 lowest"),
            LaneOp::Abs => unary("per lane: absolute value, the smallest number unchanged"),
            LaneOp::Neg => unary("per lane: negation"),
            LaneOp::Popcnt => unary("per lane: number of one bits"),
            LaneOp::Add => binary("per lane: sum"),
            LaneOp::Sub => binary("per lane: difference"),
            LaneOp::Mul => binary("per lane: product"),
            LaneOp::AddSat { .. } => binary("per lane: sum, limited to the lane's numbers"),
            LaneOp::SubSat { .. } => binary("per lane: difference, limited to the lane's numbers"),
            LaneOp::Min { .. } => binary("per lane: the smaller"),
            LaneOp::Max { .. } => binary("per lane: the larger"),
            LaneOp::Avgr => binary("per lane: unsigned mean, rounded up"),
            LaneOp::Compare(_) => binary("per lane: ones if the condition holds, else zero"),
            LaneOp::Shl => shift("per lane: shift left by the amount modulo the lane's bits"),
            LaneOp::Shr { .. } => {
                shift("per lane: shift right by the amount modulo the lane's bits")
            }
            LaneOp::Extend { .. } => unary("half of the lanes, extended to twice the width"),
            LaneOp::ExtMul { .. } => binary("products of half of the lanes, in twice the width"),
            LaneOp::ExtAddPairwise { .. } => {
                unary("sums of neighbouring lanes, in twice the width")
            }
            LaneOp::Narrow { .. } => {
                binary("the signed lanes of both operands, limited to half the width")
            }
            LaneOp::Dot => {
                binary("sums of neighbouring lanes' signed products, in twice the width")
            }
            LaneOp::Q15Mulr => {
                binary("per lane: signed (a * b + 2^14) / 2^15, limited to the lane's numbers")
            }
            LaneOp::ByteDot => binary("sums of neighbouring signed bytes' products modulo 2^16"),
            LaneOp::ByteDotAdd => {
                ternary("the third operand plus sums of four neighbouring signed bytes' products")
            }
            LaneOp::FloatAbs => unary("per lane: the float without its sign"),
            LaneOp::FloatNeg => unary("per lane: the float with the other sign"),
            LaneOp::EachOne(_) | LaneOp::EachTwo(_) | LaneOp::EachLow(_) | LaneOp::EachZero(_) => {
                const DOC: &str = "per lane: the scalar instruction's result";
                match self {
                    LaneOp::EachTwo(_) => binary(DOC),
                    _ => unary(DOC),
                }
            }
            LaneOp::EachTest(_) => {
                binary("per lane: ones if the scalar comparison holds, else zero")
            }
            LaneOp::Pseudo { .. } => binary(
                "per lane: the second if it compares as asked with the first, else the first",
            ),
            LaneOp::Madd { .. } => {
                ternary("per lane: product, negated or not, plus the third operand, rounded once")
            }
        }
    }
}
