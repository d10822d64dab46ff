//! Vector instructions: a row of the simd dialect each, found by the instruction's name.

use super::{Decoder, invalid, mem, row_results, unsupported};
use wasmparser::{MemArg, MemArgTarget, Operator};
use zkc_ir::simd::{LaneOp, Load};
use zkc_ir::{Arity, Attr, Diagnostic, SimdOp, Type, WasmOp};

impl Decoder<'_> {
    /// Appends a vector instruction with these attributes, which accesses memory as `accessed` says.
    pub(super) fn vector(
        &mut self,
        opcode: SimdOp,
        accessed: Option<&MemArg>,
        attrs: Vec<Attr>,
    ) -> Result<(), Diagnostic> {
        match accessed.map(|memarg| (memarg, memarg.target)) {
            None => self.simd(opcode, attrs),
            Some((memarg, MemArgTarget::Memory(memory))) => match self.remap.memory(memory) {
                0 => self.simd(opcode, attrs),
                memory => self.far_vector(opcode, memory, memarg, &attrs[1..]),
            },
            Some(_) => Err(unsupported("an access to an array", self.offset)),
        }
    }

    /// A vector instruction: operands and results are as many as its row says.
    fn simd(&mut self, opcode: SimdOp, attrs: Vec<Attr>) -> Result<(), Diagnostic> {
        let row = opcode.opcode().def();
        let (Arity::Fixed(operands), Arity::Fixed(results)) = (row.operands, row.results) else {
            return Err(invalid(self.offset));
        };
        let args = self.pop_n(operands.len())?;
        if results.len() == 2 {
            self.push(opcode, &args, attrs, &[Type::V128]);
        } else {
            self.push(opcode, &args, attrs, row_results(opcode.opcode()));
        }
        Ok(())
    }

    /// A vector access to a memory beyond the first: accesses of 64 bits at most, and instructions without memory.
    fn far_vector(
        &mut self,
        opcode: SimdOp,
        memory: u32,
        memarg: &MemArg,
        lane: &[Attr],
    ) -> Result<(), Diagnostic> {
        let shape = opcode.shape();
        let access = |start: u64, bytes: u32| {
            let mem = Attr::Mem {
                offset: memarg.offset.saturating_add(start),
                align: memarg.align,
            };
            vec![Attr::Index(memory), mem, Attr::Index(bytes)]
        };
        let bytes = opcode.access_bytes();
        let offset = self.offset;
        let plain = |op| SimdOp::of(shape, op).ok_or_else(|| invalid(offset));
        let to_lane: &[WasmOp] = match bytes {
            8 => &[],
            _ => &[WasmOp::I32WrapI64],
        };
        match opcode.lane_op() {
            LaneOp::Load(Load::Whole) => {
                let address = self.pop()?;
                for start in [0, 8] {
                    let attrs = access(start, 8);
                    self.push(WasmOp::MemoryNLoad, &[address], attrs, &[Type::I64]);
                }
                self.join()
            }
            LaneOp::Load(kind) => {
                self.simple(WasmOp::MemoryNLoad, access(0, bytes), &[Type::I64])?;
                match kind {
                    Load::Extend { signed } => {
                        let extend = plain(LaneOp::Extend {
                            high: false,
                            signed,
                        })?;
                        let word = self.pop()?;
                        self.stack.extend([word, word]);
                        self.simd(extend, Vec::new())
                    }
                    Load::Splat => {
                        let splat = plain(LaneOp::Splat)?;
                        for op in to_lane {
                            self.simple(*op, Vec::new(), row_results(op.opcode()))?;
                        }
                        self.simd(splat, Vec::new())
                    }
                    Load::Zero | Load::Whole => {
                        self.constant(WasmOp::I64Const, 0, Type::I64)?;
                        self.join()
                    }
                }
            }
            LaneOp::LoadLane => {
                let replace = plain(LaneOp::Replace)?;
                let vector = self.pop_n(2)?;
                self.simple(WasmOp::MemoryNLoad, access(0, bytes), &[Type::I64])?;
                for op in to_lane {
                    self.simple(*op, Vec::new(), row_results(op.opcode()))?;
                }
                let lane_value = self.pop()?;
                self.stack.extend(vector);
                self.stack.push(lane_value);
                self.simd(replace, lane.to_vec())
            }
            LaneOp::StoreLane => {
                let extract = plain(LaneOp::Extract { signed: false })?;
                self.simd(extract, lane.to_vec())?;
                if bytes < 8 {
                    self.simple(WasmOp::I64ExtendI32U, Vec::new(), &[Type::I64])?;
                }
                self.simple(WasmOp::MemoryNStore, access(0, bytes), &[])
            }
            _ => {
                // The last bytes first: they are the ones that may be out of bounds.
                let args = self.pop_n(3)?;
                for (value, start) in [(args[2], 8), (args[1], 0)] {
                    let attrs = access(start, 8);
                    self.push(WasmOp::MemoryNStore, &[args[0], value], attrs, &[]);
                }
                Ok(())
            }
        }
    }

    /// Makes the two topmost words, which are fresh results, a `v128`.
    fn join(&mut self) -> Result<(), Diagnostic> {
        let high = *self.stack.last().ok_or_else(|| invalid(self.offset))?;
        self.high[high] = true;
        Ok(())
    }
}

/// Vector instructions: the op, which has the instruction's name, what it accesses, and its immediates.
pub(super) fn instruction<'a>(
    op: &'a Operator<'_>,
) -> Option<(SimdOp, Option<&'a MemArg>, Vec<Attr>)> {
    macro_rules! table {
        ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
            match op {
                $( Operator::$op $({ $($arg),* })? => {
                    let immediates: &[Immediate<'a>] = &[$($(immediate::$arg($arg)),*)?];
                    Some(with_immediates(SimdOp::$op, immediates))
                }, )*
                _ => None,
            }
        };
    }
    wasmparser::for_each_visit_simd_operator!(table)
}

/// An immediate of a vector instruction.
enum Immediate<'a> {
    Mem(&'a MemArg),
    Lane(u8),
    Bits(u128),
}

fn with_immediates<'a>(
    opcode: SimdOp,
    immediates: &[Immediate<'a>],
) -> (SimdOp, Option<&'a MemArg>, Vec<Attr>) {
    let (mut accessed, mut attrs) = (None, Vec::new());
    for immediate in immediates {
        match immediate {
            Immediate::Mem(memarg) => {
                accessed = Some(*memarg);
                attrs.push(mem(memarg));
            }
            Immediate::Lane(lane) => attrs.push(Attr::Index(u32::from(*lane))),
            Immediate::Bits(bits) => {
                attrs.extend([Attr::Int(*bits as u64), Attr::Int((bits >> 64) as u64)]);
            }
        }
    }
    (opcode, accessed, attrs)
}

/// Immediates by the names that wasmparser gives them.
mod immediate {
    use super::{Immediate, MemArg};

    pub(super) fn memarg(memarg: &MemArg) -> Immediate<'_> {
        Immediate::Mem(memarg)
    }

    pub(super) fn lane<'a>(lane: &u8) -> Immediate<'a> {
        Immediate::Lane(*lane)
    }

    pub(super) fn lanes<'a>(lanes: &[u8; 16]) -> Immediate<'a> {
        Immediate::Bits(u128::from_le_bytes(*lanes))
    }

    pub(super) fn value<'a>(value: &wasmparser::V128) -> Immediate<'a> {
        Immediate::Bits(u128::from(*value))
    }
}
