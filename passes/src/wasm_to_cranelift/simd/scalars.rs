//! Lanes that are floats: taken out, given to the runtime's function of the scalar instruction, and put together again.

use super::{Translator, Vector};
use crate::clif::External;
use cranelift_codegen::ir::{InstBuilder, Value};
use zkc_ir::simd::{LaneOp, Shape};
use zkc_ir::{Diagnostic, SimdOp};

/// The runtime function that does one lane, by name.
pub(super) fn function_of(opcode: SimdOp) -> Option<&'static str> {
    match opcode.lane_op() {
        LaneOp::EachOne(name)
        | LaneOp::EachTwo(name)
        | LaneOp::EachTest(name)
        | LaneOp::EachLow(name)
        | LaneOp::EachZero(name)
        | LaneOp::Pseudo { less: name, .. } => Some(name),
        LaneOp::Madd { .. } if opcode.shape() == Shape::F32x4 => Some("f32.fma"),
        LaneOp::Madd { .. } => Some("f64.fma"),
        _ => None,
    }
}

impl Translator<'_> {
    /// The result of an instruction on float lanes; nothing for another.
    ///
    /// Errors: `unsupported-op` if the runtime has no function for its lanes.
    pub(super) fn scalars(
        &mut self,
        opcode: SimdOp,
        args: &[Value],
    ) -> Result<Option<Vector>, Diagnostic> {
        let Some(name) = function_of(opcode) else {
            return Ok(None);
        };
        let w = opcode.shape().bits();
        let from = match opcode.lane_op() {
            LaneOp::EachLow(_) => w / 2,
            LaneOp::EachZero(_) => 2 * w,
            _ => w,
        };
        // Operands lane by lane: those of lane 0, of lane 1, ...
        let vectors: Vec<Vec<Value>> = args
            .chunks(2)
            .map(|halves| self.lanes_of(from, [halves[0], halves[1]]))
            .collect();
        let count = (128 / w.max(from)) as usize;
        let mut results = Vec::with_capacity(count);
        for lane in 0..count {
            let x: Vec<Value> = vectors.iter().map(|lanes| lanes[lane]).collect();
            let result = match opcode.lane_op() {
                LaneOp::Pseudo { max, .. } => {
                    let order = if max { [x[0], x[1]] } else { [x[1], x[0]] };
                    let second = self.scalar(opcode, name, &order)?;
                    self.builder.ins().select(second, x[1], x[0])
                }
                LaneOp::Madd { negate: true } => {
                    let ty = self.builder.func.dfg.value_type(x[0]);
                    let sign = self.builder.ins().iconst(ty, (1_u64 << (w - 1)) as i64);
                    let negated = self.builder.ins().bxor(x[0], sign);
                    self.scalar(opcode, name, &[negated, x[1], x[2]])?
                }
                _ => self.scalar(opcode, name, &x)?,
            };
            results.push(result);
        }
        let vector = self.vector_of(w, &results);
        Ok(Some(match opcode.lane_op() {
            LaneOp::EachTest(_) => vector.map(|flags| self.half().fill(w, flags)),
            _ => vector,
        }))
    }

    /// Calls the function of one lane.
    fn scalar(&mut self, opcode: SimdOp, name: &str, args: &[Value]) -> Result<Value, Diagnostic> {
        let Some((callee, signature)) = self.supplied(name) else {
            let message = format!("`{}` is not supported yet", opcode.opcode().def().name);
            return Err(Diagnostic::error("unsupported-op", message));
        };
        let external = External::Func(callee);
        Ok(self.effect(external, &signature.params, &signature.results, args)[0])
    }

    /// The lanes as scalars of 32 or 64 bits.
    fn lanes_of(&mut self, w: u32, x: Vector) -> Vec<Value> {
        if w == 64 {
            return x.to_vec();
        }
        let mut h = self.half();
        let pairs = x.map(|half| {
            let high = h.shr_by(half, 32);
            [h.low(half), h.low(high)]
        });
        pairs.concat()
    }

    /// The vector of these lanes of `w` bits; missing ones are zero.
    fn vector_of(&mut self, w: u32, lanes: &[Value]) -> Vector {
        let mut h = self.half();
        let words: Vec<Value> = lanes.iter().map(|&lane| h.widen(lane)).collect();
        let groups: Vec<&[Value]> = words.chunks(64 / w as usize).collect();
        [0, 1].map(|half| match groups.get(half) {
            Some([low, high]) => h.join32(*low, *high),
            Some(group) => group[0],
            None => h.word(0),
        })
    }
}
