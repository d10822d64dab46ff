//! The largest value each value of a body may have.
//!
//! A row of 32 bits has no proof for an operand of more, so an operand of such a row is below 2^32: compiled code never gives
//! it anything else. Parameters of blocks take what the rows that use them say, or what all edges pass.

use crate::live::{Live, zk_op};
use zkc_ir::{Body, EntityRef, Value};
use zkc_isa::{Form, ZkOp};

/// Largest 32-bit value.
const WORD32: u64 = 0xffff_ffff;

/// Upper bounds of values.
pub(super) struct Facts {
    max: Vec<u64>,
}

impl Facts {
    /// Upper bounds for a body.
    pub(super) fn compute(body: &Body, live: &Live) -> Facts {
        let mut facts = Facts {
            max: vec![u64::MAX; body.num_values()],
        };
        let reachable = live.reachable();
        for &block in reachable {
            for &op in &body.block(block).ops {
                let data = body.op(op);
                let Some(zk) = zk_op(data.opcode) else {
                    continue;
                };
                for (number, &arg) in data.args.iter().enumerate() {
                    if narrow_operand(zk, number) {
                        facts.bound(live.resolve(arg), WORD32);
                    }
                }
            }
        }
        // What edges pass to a parameter: two sweeps find most of what there is.
        for _ in 0..2 {
            for &block in reachable {
                for &op in &body.block(block).ops {
                    let data = body.op(op);
                    if let (Some(zk), &[result]) = (zk_op(data.opcode), &data.results[..]) {
                        let args: Vec<u64> =
                            data.args.iter().map(|&a| facts.max(live, a)).collect();
                        let imm = data.attrs.first().and_then(zkc_ir::Attr::as_int);
                        facts.bound(result, result_bound(zk, &args, imm));
                    }
                }
            }
            for &block in reachable {
                for (number, &param) in body.block(block).params.iter().enumerate() {
                    if block == body.entry() {
                        continue;
                    }
                    let passed = live.incoming(block).iter().map(|&(op, successor)| {
                        let arg = body.op(op).successors[successor as usize].args[number];
                        match live.resolve(arg) == param {
                            true => 0,
                            false => facts.max(live, arg),
                        }
                    });
                    let most = passed.max().unwrap_or(u64::MAX);
                    facts.bound(param, most);
                }
            }
        }
        facts
    }

    fn bound(&mut self, value: Value, max: u64) {
        let known = &mut self.max[value.index()];
        *known = (*known).min(max);
    }

    /// The largest a value may be.
    pub(super) fn max(&self, live: &Live, value: Value) -> u64 {
        self.max[live.resolve(value).index()]
    }
}

/// Whether operand `number` of a row must be below 2^32.
fn narrow_operand(op: ZkOp, number: usize) -> bool {
    match op.form() {
        Form::Load | Form::TableLoad | Form::Grow | Form::BranchTable | Form::Output => true,
        Form::Store | Form::TableStore => number == 0,
        Form::Blocks => number != 1 || op == ZkOp::Copy,
        Form::Binary | Form::BinaryImm | Form::Branch | Form::BranchImm => op.is_32(),
        Form::Unary => matches!(op, ZkOp::Clz32 | ZkOp::Ctz32 | ZkOp::Popcnt32),
        _ => false,
    }
}

/// The largest result of a row.
fn result_bound(op: ZkOp, args: &[u64], imm: Option<u64>) -> u64 {
    use ZkOp as Z;
    let arg = |i: usize| args.get(i).copied().unwrap_or(u64::MAX);
    let imm = imm.unwrap_or(u64::MAX);
    let below = |max: u64| {
        if max == 0 {
            0
        } else {
            u64::MAX >> max.leading_zeros()
        }
    };
    let narrow = if op.is_32() && op.form() != Form::Unary {
        WORD32
    } else {
        u64::MAX
    };
    let most = match op {
        Z::Li => imm,
        Z::Mov => arg(0),
        Z::Wrap => arg(0).min(WORD32),
        Z::And32 | Z::And64 => arg(0).min(arg(1)),
        Z::And32Imm | Z::And64Imm => arg(0).min(imm),
        Z::Or32 | Z::Or64 | Z::Xor32 | Z::Xor64 => below(arg(0).max(arg(1))),
        Z::Or32Imm | Z::Or64Imm | Z::Xor32Imm | Z::Xor64Imm => below(arg(0).max(imm)),
        Z::Add32 | Z::Add64 => arg(0).saturating_add(arg(1)),
        Z::Add32Imm | Z::Add64Imm => arg(0).saturating_add(imm),
        Z::Mul32 | Z::Mul64 => arg(0).saturating_mul(arg(1)),
        Z::Mul32Imm | Z::Mul64Imm => arg(0).saturating_mul(imm),
        Z::Shl32Imm | Z::Shl64Imm => {
            arg(0).saturating_mul(1 << (imm & if op == Z::Shl32Imm { 31 } else { 63 }))
        }
        Z::Shru32Imm => arg(0).min(WORD32) >> (imm & 31),
        Z::Shru64Imm => arg(0) >> (imm & 63),
        Z::Shru32 | Z::Shru64 | Z::Divu32 | Z::Divu64 => arg(0),
        Z::Divu32Imm | Z::Divu64Imm => arg(0).checked_div(imm).unwrap_or(0),
        Z::Remu32 | Z::Remu64 => arg(0).min(arg(1)),
        Z::Remu32Imm | Z::Remu64Imm => arg(0).min(imm.saturating_sub(1)),
        Z::Select => arg(1).max(arg(2)),
        Z::Ld8u | Z::Input8 => 0xff,
        Z::Ld16u => 0xffff,
        Z::Ld32u | Z::Ld8s32 | Z::Ld16s32 | Z::Sext832 | Z::Sext1632 | Z::Inlen | Z::Grow => WORD32,
        Z::Clz32 | Z::Ctz32 | Z::Popcnt32 => 32,
        Z::Clz64 | Z::Ctz64 | Z::Popcnt64 => 64,
        _ if zkc_isa::hermez::expand::condition(op).is_some() => 1,
        _ => u64::MAX,
    };
    most.min(narrow)
}
