//! The simd dialect to CLIF: every vector instruction becomes arithmetic on the two 64-bit halves.
//!
//! A row names a lane shape and a lane operation; the shape's width goes into formulas that compute all lanes of a half at
//! once ([`half`]), and what no formula pays for goes lane by lane: floats by the runtime's functions. An instruction of
//! more than some fifty CLIF instructions is a runtime function ([`own_function`]), whose body is the instruction alone.

mod bytes;
mod half;
mod narrow;
mod scalars;

use super::Translator;
use super::ops::{MAX_OFFSET, index};
use crate::clif::{External, internal};
use crate::runtime;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value};
use half::{Half, every, full, ones};
use std::fmt::Write as _;
use zkc_ir::simd::{LaneOp, Load, Shape};
use zkc_ir::{Arity, Attr, Cond, Diagnostic, Op, Signature, SimdOp};

/// The two halves of a vector, the low one first.
type Vector = [Value; 2];

impl<'a> Translator<'a> {
    /// Translates a vector instruction; false if it always traps out of bounds.
    pub(super) fn simd(&mut self, op: Op, opcode: SimdOp) -> Result<bool, Diagnostic> {
        let data = self.body.op(op);
        let args = self.values(&data.args)?;
        let results = if let Some(results) = self.call_own_function(opcode, &args) {
            results
        } else if let Some(vector) = self.scalars(opcode, &args)? {
            vector.to_vec()
        } else if opcode.access_bytes() == 0 {
            self.lanes(opcode, &args, &data.attrs)?
        } else {
            match self.vector_access(opcode, &args, &data.attrs)? {
                Some(results) => results,
                None => return Ok(false),
            }
        };
        for (&result, value) in data.results.iter().zip(results) {
            self.values[result] = Some(value);
        }
        Ok(true)
    }

    /// Calls the instruction's runtime function, if it has one and this is another function.
    fn call_own_function(&mut self, opcode: SimdOp, args: &[Value]) -> Option<Vec<Value>> {
        let (callee, signature) = self.supplied(own_function(opcode)?)?;
        (callee != self.index).then(|| {
            let external = External::Func(callee);
            self.effect(external, &signature.params, &signature.results, args)
        })
    }

    /// Index and flat signature of a runtime function; none in a module that has not been linked.
    fn supplied(&self, name: &str) -> Option<(u32, Signature)> {
        let callee = runtime::index_of(runtime::base(self.module)?, name)?;
        Some((callee, self.module.funcs[callee as usize].signature.flat()))
    }

    fn half(&mut self) -> Half<'_, 'a> {
        Half {
            builder: &mut self.builder,
        }
    }

    /// The results of an instruction without memory.
    fn lanes(
        &mut self,
        opcode: SimdOp,
        args: &[Value],
        attrs: &[Attr],
    ) -> Result<Vec<Value>, Diagnostic> {
        let w = opcode.shape().bits();
        let mut h = self.half();
        // Operand i as a vector.
        let x = |i: usize| -> Vector { [args[2 * i], args[2 * i + 1]] };
        let vector: Vector = match opcode.lane_op() {
            LaneOp::Load(_) | LaneOp::LoadLane | LaneOp::Store | LaneOp::StoreLane => {
                return Err(internal("an access among the ops without memory"));
            }
            LaneOp::Const => halves(attrs)?.map(|bits| h.word(bits)),
            LaneOp::Shuffle => h.shuffle([x(0), x(1)].concat(), halves(attrs)?),
            LaneOp::Swizzle => h.swizzle(x(0), x(1)),
            LaneOp::Extract { signed } => {
                let lane = h.lane(w, x(0), index(attrs, 0)?);
                return Ok(vec![match (w, signed) {
                    (64, _) => lane,
                    (_, true) => h.sign_extend(lane, w, I32),
                    (32, false) => h.low(lane),
                    (_, false) => {
                        let lane = h.and_bits(lane, full(w));
                        h.low(lane)
                    }
                }]);
            }
            LaneOp::Replace => {
                let lane = h.widen(args[2]);
                h.replace(w, x(0), index(attrs, 0)?, lane)
            }
            LaneOp::Splat => {
                let lane = h.widen(args[0]);
                [h.splat(w, lane); 2]
            }
            LaneOp::Not => x(0).map(|a| h.xor_bits(a, u64::MAX)),
            LaneOp::And => zip(x(0), x(1), |a, b| h.and(a, b)),
            LaneOp::AndNot => zip(x(0), x(1), |a, b| {
                let both = h.and(a, b);
                h.sub(a, both)
            }),
            LaneOp::Or => zip(x(0), x(1), |a, b| h.or(a, b)),
            LaneOp::Xor => zip(x(0), x(1), |a, b| h.xor(a, b)),
            LaneOp::Bitselect => {
                let [a, b, mask] = [x(0), x(1), x(2)];
                [0, 1].map(|i| h.choose(mask[i], a[i], b[i]))
            }
            LaneOp::AnyTrue => {
                let any = h.or(args[0], args[1]);
                let zero = h.word(0);
                let any = h.test(IntCC::NotEqual, any, zero);
                return Ok(vec![h.low(any)]);
            }
            LaneOp::AllTrue => {
                let all = if w == 64 {
                    let zero = h.word(0);
                    let [low, high] = x(0).map(|a| h.test(IntCC::NotEqual, a, zero));
                    h.and(low, high)
                } else {
                    let [low, high] = x(0).map(|a| h.nonzero(w, a));
                    let both = h.and(low, high);
                    let both = h.and_bits(both, every(w, 1 << (w - 1)));
                    let all = h.word(every(w, 1 << (w - 1)));
                    h.test(IntCC::Equal, both, all)
                };
                return Ok(vec![h.low(all)]);
            }
            LaneOp::Bitmask => {
                let [low, high] = x(0).map(|a| h.bitmask_lanes(w, a));
                let high = h.shl_by(high, 64 / w);
                let mask = h.add(low, high);
                return Ok(vec![h.low(mask)]);
            }
            LaneOp::Abs => x(0).map(|a| h.abs_lanes(w, a)),
            LaneOp::Neg => {
                let zero = h.word(0);
                x(0).map(|a| h.sub_lanes(w, zero, a))
            }
            LaneOp::Popcnt => x(0).map(|a| h.popcnt_lanes(a)),
            LaneOp::Add => zip(x(0), x(1), |a, b| h.add_lanes(w, a, b)),
            LaneOp::Sub => zip(x(0), x(1), |a, b| h.sub_lanes(w, a, b)),
            LaneOp::Mul => zip(x(0), x(1), |a, b| h.mul_lanes(w, a, b)),
            LaneOp::AddSat { signed } => zip(x(0), x(1), |a, b| h.add_sat_lanes(w, signed, a, b)),
            LaneOp::SubSat { signed } => zip(x(0), x(1), |a, b| h.sub_sat_lanes(w, signed, a, b)),
            LaneOp::Min { signed } => {
                zip(x(0), x(1), |a, b| h.min_max_lanes(w, signed, false, a, b))
            }
            LaneOp::Max { signed } => {
                zip(x(0), x(1), |a, b| h.min_max_lanes(w, signed, true, a, b))
            }
            LaneOp::Avgr => zip(x(0), x(1), |a, b| h.avgr_lanes(w, a, b)),
            LaneOp::Compare(cond) => {
                let cond = condition(cond);
                zip(x(0), x(1), |a, b| h.compare_lanes(w, cond, a, b))
            }
            LaneOp::Shl => {
                let n = h.amount(w, args[2]);
                x(0).map(|a| h.shl_lanes(w, a, n))
            }
            LaneOp::Shr { signed } => {
                let n = h.amount(w, args[2]);
                x(0).map(|a| match signed {
                    true => h.sar_lanes(w, a, n),
                    false => h.shr_lanes(w, a, n),
                })
            }
            LaneOp::Extend { high, signed } => h.extend_lanes(w, signed, x(0)[usize::from(high)]),
            LaneOp::ExtMul { high, signed } => {
                let [a, b] = [x(0), x(1)].map(|x| h.extend_lanes(w, signed, x[usize::from(high)]));
                zip(a, b, |a, b| h.mul_lanes(w, a, b))
            }
            LaneOp::ExtAddPairwise { signed } => x(0).map(|a| h.pairwise(w, signed, a)),
            LaneOp::Narrow { signed } => h.narrow(w, signed, x(0), x(1)),
            LaneOp::Dot => zip(x(0), x(1), |a, b| h.dot_lanes(a, b)),
            LaneOp::Q15Mulr => zip(x(0), x(1), |a, b| h.q15mulr_lanes(a, b)),
            LaneOp::ByteDot => zip(x(0), x(1), |a, b| {
                let [even, odd] = h.byte_products(a, b);
                h.add_lanes(16, even, odd)
            }),
            LaneOp::ByteDotAdd => {
                let sums = zip(x(0), x(1), |a, b| {
                    let [even, odd] = h.byte_products(a, b).map(|x| h.pairwise(32, true, x));
                    h.add_lanes(32, even, odd)
                });
                zip(sums, x(2), |a, b| h.add_lanes(32, a, b))
            }
            LaneOp::FloatAbs => x(0).map(|a| h.and_bits(a, !every(w, 1 << (w - 1)))),
            LaneOp::FloatNeg => x(0).map(|a| h.xor_bits(a, every(w, 1 << (w - 1)))),
            LaneOp::EachOne(_)
            | LaneOp::EachTwo(_)
            | LaneOp::EachTest(_)
            | LaneOp::EachLow(_)
            | LaneOp::EachZero(_)
            | LaneOp::Pseudo { .. }
            | LaneOp::Madd { .. } => {
                return Err(internal("a lane operation of scalars among the others"));
            }
        };
        Ok(vector.to_vec())
    }

    /// A load or store; nothing if every access with this offset is out of bounds.
    fn vector_access(
        &mut self,
        opcode: SimdOp,
        args: &[Value],
        attrs: &[Attr],
    ) -> Result<Option<Vec<Value>>, Diagnostic> {
        let Some((address, offset)) = self.address(args[0], &attrs[..1])? else {
            return Ok(None);
        };
        // The second word's offset; an access of 16 bytes beyond it is out of bounds too.
        let second = offset.checked_add(8).filter(|&at| at as u64 <= MAX_OFFSET);
        let flags = MemFlagsData::new();
        let w = opcode.shape().bits();
        let read = |this: &mut Self| {
            let ins = this.builder.ins();
            match w {
                8 => ins.uload8(I64, flags, address, offset),
                16 => ins.uload16(I64, flags, address, offset),
                32 => ins.uload32(flags, address, offset),
                _ => ins.load(I64, flags, address, offset),
            }
        };
        let results = match opcode.lane_op() {
            LaneOp::Load(Load::Whole) => {
                let Some(second) = second else {
                    return Ok(None);
                };
                [offset, second]
                    .map(|at| self.builder.ins().load(I64, flags, address, at))
                    .to_vec()
            }
            LaneOp::Load(Load::Extend { signed }) => {
                let word = self.builder.ins().load(I64, flags, address, offset);
                self.half().extend_lanes(w, signed, word).to_vec()
            }
            LaneOp::Load(Load::Splat) => {
                let lane = read(self);
                let all = self.half().mul_bits(lane, ones(w));
                vec![all, all]
            }
            LaneOp::Load(Load::Zero) => {
                let lane = read(self);
                vec![lane, self.half().word(0)]
            }
            LaneOp::LoadLane => {
                let lane = read(self);
                let at = index(attrs, 1)?;
                self.half()
                    .replace(w, [args[1], args[2]], at, lane)
                    .to_vec()
            }
            LaneOp::StoreLane => {
                let at = index(attrs, 1)?;
                let lane = self.half().lane(w, [args[1], args[2]], at);
                let ins = self.builder.ins();
                match w {
                    8 => ins.istore8(flags, lane, address, offset),
                    16 => ins.istore16(flags, lane, address, offset),
                    32 => ins.istore32(flags, lane, address, offset),
                    _ => ins.store(flags, lane, address, offset),
                };
                Vec::new()
            }
            _ => {
                let Some(second) = second else {
                    return Ok(None);
                };
                // The last byte is the one that may be out of bounds, so nothing is written before a trap.
                self.builder.ins().store(flags, args[2], address, second);
                self.builder.ins().store(flags, args[1], address, offset);
                Vec::new()
            }
        };
        Ok(Some(results))
    }
}

/// The runtime function that an instruction calls, by name.
pub(crate) fn function_of(opcode: SimdOp) -> Option<&'static str> {
    own_function(opcode).or_else(|| scalars::function_of(opcode))
}

/// The runtime function that is the instruction itself: one for all instructions that do the same.
fn own_function(opcode: SimdOp) -> Option<&'static str> {
    let long = match opcode.lane_op() {
        LaneOp::Swizzle
        | LaneOp::Narrow { .. }
        | LaneOp::Dot
        | LaneOp::Q15Mulr
        | LaneOp::ByteDot
        | LaneOp::ByteDotAdd => true,
        LaneOp::Mul | LaneOp::ExtMul { .. } => opcode.shape() == Shape::I16x8,
        _ => false,
    };
    let same = SimdOp::of(opcode.shape(), opcode.lane_op()).filter(|_| long)?;
    Some(same.opcode().def().name)
}

/// The text of the runtime module with a function for each long instruction.
pub(crate) fn runtime_text() -> String {
    let mut text = String::from("(module");
    for &opcode in SimdOp::ALL {
        let row = opcode.opcode().def();
        let Arity::Fixed(operands) = row.operands else {
            continue;
        };
        if own_function(opcode) != Some(row.name) {
            continue;
        }
        let vectors = operands.len() / 2;
        let _ = write!(text, " (func ${}", row.name);
        for _ in 0..vectors {
            text.push_str(" (param v128)");
        }
        text.push_str(" (result v128)");
        for i in 0..vectors {
            let _ = write!(text, " local.get {i}");
        }
        let _ = write!(text, " {})", row.name);
    }
    text.push(')');
    text
}

/// Both halves of two vectors, one after the other.
fn zip(a: Vector, b: Vector, mut f: impl FnMut(Value, Value) -> Value) -> Vector {
    [f(a[0], b[0]), f(a[1], b[1])]
}

/// The two words of an immediate.
fn halves(attrs: &[Attr]) -> Result<[u64; 2], Diagnostic> {
    match attrs {
        [Attr::Int(low), Attr::Int(high)] => Ok([*low, *high]),
        _ => Err(internal("a vector op without its immediate")),
    }
}

fn condition(cond: Cond) -> IntCC {
    match cond {
        Cond::Eq => IntCC::Equal,
        Cond::Ne => IntCC::NotEqual,
        Cond::Slt => IntCC::SignedLessThan,
        Cond::Sge => IntCC::SignedGreaterThanOrEqual,
        Cond::Sgt => IntCC::SignedGreaterThan,
        Cond::Sle => IntCC::SignedLessThanOrEqual,
        Cond::Ult => IntCC::UnsignedLessThan,
        Cond::Uge => IntCC::UnsignedGreaterThanOrEqual,
        Cond::Ugt => IntCC::UnsignedGreaterThan,
        Cond::Ule => IntCC::UnsignedLessThanOrEqual,
    }
}
