//! Random mixed bodies and an evaluator for mixed and zk bodies that watches what the machine demands of operands.

use std::collections::BTreeMap;
use zkc_ir::analysis::{Cfg, Dominators};
use zkc_ir::{
    Arity, Attr, Block, Body, Builder, CRANELIFT, ClifOp, Cond, OpData, Signature, Successor, Trap,
    Ty, Type, Value,
};
use zkc_isa::ZkOp;

/// A value that a seed selects, often at a boundary.
pub(crate) fn boundary(seed: u64) -> u64 {
    let power = 1_u64 << (seed >> 4 & 63);
    match seed & 7 {
        0 => power,
        1 => power.wrapping_sub(1),
        2 => power.wrapping_neg(),
        3 => seed >> 10 & 3,
        4 => seed >> 10 & 0xff,
        5 => u64::from((seed >> 10) as u32),
        6 => u64::from(u32::MAX) - (seed >> 10 & 3),
        _ => seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
    }
}

struct Entropy<'a>(std::slice::Iter<'a, u64>);

impl Entropy<'_> {
    fn next(&mut self) -> u64 {
        self.0.next().copied().unwrap_or(0)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// Heads of blocks: how each ends, as numbers of successors.
fn shape(entropy: &mut Entropy<'_>) -> Vec<Vec<usize>> {
    let blocks = 1 + entropy.below(9);
    (0..blocks)
        .map(|i| {
            let ways = [0, 1, 2, 2, 2, 3][entropy.below(6)];
            // Mostly forward, so that most runs end.
            (0..ways)
                .filter_map(|_| {
                    let back = entropy.below(5) == 0;
                    let to = if back {
                        1 + entropy.below(blocks - 1)
                    } else {
                        i + 1 + entropy.below(3)
                    };
                    (to < blocks && to > 0).then_some(to)
                })
                .collect()
        })
        .collect()
}

/// A random mixed body: cranelift's pure ops and divisions, zk effects, cranelift branches.
pub(crate) fn mixed_body(entropy: &[u64]) -> Body {
    let mut entropy = Entropy(entropy.iter());
    let shape = shape(&mut entropy);
    let params = [Type::I32, Type::I32, Type::I64, Type::I64];
    let mut builder = Builder::new(Signature::new(params, [Type::I64]));
    let root = builder.body().root();
    let mut blocks = vec![builder.block(root, &params)];
    for _ in 1..shape.len() {
        let types: Vec<Type> = (0..entropy.below(3))
            .map(|_| [Type::I32, Type::I64][entropy.below(2)])
            .collect();
        blocks.push(builder.block(root, &types));
    }
    let (order, dominators) = flow(&shape);
    let mut own: Vec<Vec<Value>> = vec![Vec::new(); shape.len()];
    for i in order {
        let block = blocks[i];
        builder.switch_to(block);
        let mut visible = builder.body().block(block).params.clone();
        for (j, values) in own.iter().enumerate() {
            if j != i && dominators.dominates(Block::from_u32(j as u32), Block::from_u32(i as u32))
            {
                visible.extend(values);
            }
        }
        // One of each type at least.
        for (op, ty) in [(ClifOp::Iconst32, Type::I32), (ClifOp::Iconst64, Type::I64)] {
            let bits = boundary(entropy.next());
            let bits = if ty == Type::I32 {
                bits & 0xffff_ffff
            } else {
                bits
            };
            visible.push(builder.value(op, &[], vec![Attr::Int(bits)], ty));
        }
        for _ in 0..entropy.below(14) {
            if entropy.below(5) == 0 {
                effect(&mut builder, &mut entropy, &mut visible);
            } else {
                op(&mut builder, &mut entropy, &mut visible);
            }
        }
        terminator(
            &mut builder,
            &mut entropy,
            &visible,
            &shape[i].iter().map(|&j| blocks[j]).collect::<Vec<_>>(),
        );
        own[i] = visible;
    }
    // Blocks that the entry does not reach must still end.
    for &block in &blocks {
        if builder.body().block(block).ops.is_empty() {
            builder.switch_to(block);
            builder.op_full(
                ZkOp::Trap,
                &[],
                vec![Attr::Trap(Trap::Unreachable)],
                &[],
                Vec::new(),
                Vec::new(),
            );
        }
    }
    builder.finish()
}

fn flow(shape: &[Vec<usize>]) -> (Vec<usize>, Dominators) {
    let mut builder = Builder::new(Signature::default());
    let root = builder.body().root();
    for _ in shape {
        builder.block(root, &[]);
    }
    for (i, to) in shape.iter().enumerate() {
        builder.switch_to(Block::from_u32(i as u32));
        let successors = to
            .iter()
            .map(|&j| Successor {
                block: Block::from_u32(j as u32),
                args: Vec::new(),
            })
            .collect();
        builder.op_full(ZkOp::Brt, &[], Vec::new(), &[], successors, Vec::new());
    }
    let cfg = Cfg::new(builder.body());
    let order = cfg
        .reverse_postorder()
        .map(|b| b.as_u32() as usize)
        .collect();
    (order, Dominators::new(&cfg))
}

fn pick(body: &Body, entropy: &mut Entropy<'_>, visible: &[Value], ty: Type) -> Value {
    let fitting: Vec<Value> = visible
        .iter()
        .copied()
        .filter(|&v| body.ty(v) == ty)
        .collect();
    // Recent values more often, so that expressions get deep.
    let back = entropy
        .below(fitting.len())
        .min(entropy.below(fitting.len()));
    fitting[fitting.len() - 1 - back]
}

fn op(builder: &mut Builder, entropy: &mut Entropy<'_>, visible: &mut Vec<Value>) {
    let rows: Vec<_> = CRANELIFT
        .ops
        .iter()
        .filter(|row| row.eval.is_some())
        .collect();
    let row = rows[entropy.below(rows.len())];
    let (Arity::Fixed(operands), Arity::Fixed(results)) = (row.operands, row.results) else {
        return;
    };
    let ty = |ty: &Ty| {
        if *ty == Ty::Is(Type::I32) {
            Type::I32
        } else {
            Type::I64
        }
    };
    let args: Vec<Value> = operands
        .iter()
        .map(|t| pick(builder.body(), entropy, visible, ty(t)))
        .collect();
    let mut attrs = Vec::new();
    for (name, _) in row.attrs {
        attrs.push(match *name {
            "cond" => Attr::Cond(Cond::ALL[entropy.below(10)]),
            _ => {
                let bits = boundary(entropy.next());
                Attr::Int(if ty(&results[0]) == Type::I32 {
                    bits & 0xffff_ffff
                } else {
                    bits
                })
            }
        });
    }
    visible.push(builder.value(zkc_ir::Opcode(row), &args, attrs, ty(&results[0])));
}

/// Often a sum with a small constant, as addresses are.
fn address(builder: &mut Builder, entropy: &mut Entropy<'_>, visible: &mut Vec<Value>) -> Value {
    let base = pick(builder.body(), entropy, visible, Type::I32);
    if entropy.below(3) == 0 {
        return base;
    }
    let more = (entropy.next() % 64).wrapping_sub(16) & 0xffff_ffff;
    let more = builder.value(ClifOp::Iconst32, &[], vec![Attr::Int(more)], Type::I32);
    let sum = builder.value(ClifOp::Iadd32, &[base, more], Vec::new(), Type::I32);
    visible.push(sum);
    sum
}

fn effect(builder: &mut Builder, entropy: &mut Entropy<'_>, visible: &mut Vec<Value>) {
    let ty = [Type::I32, Type::I64][entropy.below(2)];
    let mem = |entropy: &mut Entropy<'_>| {
        vec![Attr::Mem {
            offset: entropy.next() & 0xff,
            align: 0,
        }]
    };
    match entropy.below(4) {
        0 => {
            let value = pick(builder.body(), entropy, visible, ty);
            builder.op(
                ZkOp::Sts,
                &[value],
                vec![Attr::Index(entropy.below(4) as u32)],
                &[],
            );
        }
        1 => {
            let slot =
                Attr::Index(4 + entropy.below(4) as u32 + if ty == Type::I32 { 0 } else { 4 });
            visible.push(builder.value(ZkOp::Lds, &[], vec![slot], ty));
        }
        2 => {
            let address = address(builder, entropy, visible);
            let loads: &[ZkOp] = if ty == Type::I32 {
                &[
                    ZkOp::Ld8u,
                    ZkOp::Ld16u,
                    ZkOp::Ld32u,
                    ZkOp::Ld8s32,
                    ZkOp::Ld16s32,
                ]
            } else {
                &[
                    ZkOp::Ld64,
                    ZkOp::Ld8u,
                    ZkOp::Ld32u,
                    ZkOp::Ld8s64,
                    ZkOp::Ld16s64,
                    ZkOp::Ld32s64,
                ]
            };
            let attrs = mem(entropy);
            visible.push(builder.value(loads[entropy.below(loads.len())], &[address], attrs, ty));
        }
        _ => {
            let address = address(builder, entropy, visible);
            let value = pick(builder.body(), entropy, visible, ty);
            let stores = if ty == Type::I32 {
                [ZkOp::St8, ZkOp::St16, ZkOp::St32]
            } else {
                [ZkOp::St8, ZkOp::St32, ZkOp::St64]
            };
            let attrs = mem(entropy);
            builder.op(stores[entropy.below(3)], &[address, value], attrs, &[]);
        }
    }
}

fn terminator(
    builder: &mut Builder,
    entropy: &mut Entropy<'_>,
    visible: &[Value],
    targets: &[Block],
) {
    let successors: Vec<Successor> = targets
        .iter()
        .map(|&block| {
            let params = builder.body().block(block).params.clone();
            let args = params
                .iter()
                .map(|&p| pick(builder.body(), entropy, visible, builder.body().ty(p)))
                .collect();
            Successor { block, args }
        })
        .collect();
    let (op, args): (zkc_ir::Opcode, Vec<Value>) = match successors.len() {
        0 => (
            ZkOp::Ret.into(),
            vec![pick(builder.body(), entropy, visible, Type::I64)],
        ),
        1 => (ClifOp::Jump.into(), Vec::new()),
        2 => {
            let ty = if entropy.below(4) == 0 {
                Type::I64
            } else {
                Type::I32
            };
            (
                ClifOp::Brif.into(),
                vec![pick(builder.body(), entropy, visible, ty)],
            )
        }
        _ => (
            ClifOp::BrTable.into(),
            vec![pick(builder.body(), entropy, visible, Type::I32)],
        ),
    };
    builder.op_full(op, &args, Vec::new(), &[], successors, Vec::new());
}

/// Bytes of the memory, as many as zk64 can have.
const MEMORY: u64 = 1 << 31;

/// What a run shows to the outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Run {
    /// Effects in order: a name and its operands.
    pub(crate) effects: Vec<(String, Vec<u64>)>,
    /// How it ended; `None` if it did not.
    pub(crate) end: Option<Result<Vec<u64>, Trap>>,
    /// Pure ops executed.
    pub(crate) pure_ops: u64,
}

/// Runs a body for at most `fuel` blocks. Panics if a 32-bit instruction of zk64 reads an operand with an upper half, or
/// if an op is not what its row allows.
pub(crate) fn run(body: &Body, args: &[u64], mut fuel: u64) -> Run {
    let mut values: BTreeMap<Value, u64> = BTreeMap::new();
    let mut memory: BTreeMap<u64, u8> = BTreeMap::new();
    let mut run = Run {
        effects: Vec::new(),
        end: None,
        pure_ops: 0,
    };
    let mut block = body.entry();
    for (&param, &arg) in body.block(block).params.iter().zip(args) {
        values.insert(param, arg);
    }
    'block: loop {
        if fuel == 0 {
            return run;
        }
        fuel -= 1;
        for &op in &body.block(block).ops {
            let data = body.op(op);
            let args: Vec<u64> = data.args.iter().map(|v| values[v]).collect();
            demands(data, &args);
            if let Some(eval) = data.opcode.def().eval {
                run.pure_ops += 1;
                match eval(&args, &data.attrs) {
                    Ok(value) => values.insert(data.results[0], value),
                    Err(trap) => {
                        run.end = Some(Err(trap));
                        return run;
                    }
                };
                continue;
            }
            if data.opcode.is_terminator() {
                let Some(way) = way(data, &args) else {
                    run.end = Some(if data.opcode == ZkOp::Ret.opcode() {
                        Ok(args)
                    } else {
                        Err(Trap::Unreachable)
                    });
                    return run;
                };
                let successor = &data.successors[way];
                let passed: Vec<u64> = successor.args.iter().map(|v| values[v]).collect();
                block = successor.block;
                for (&param, value) in body.block(block).params.iter().zip(passed) {
                    values.insert(param, value);
                }
                continue 'block;
            }
            if let Some(value) = memory_op(data, &args, &mut memory, &mut run) {
                values.insert(data.results[0], value);
            }
            if run.end.is_some() {
                return run;
            }
        }
    }
}

/// Which successor a terminator takes.
fn way(data: &OpData, args: &[u64]) -> Option<usize> {
    if let Some(op) = ClifOp::from_opcode(data.opcode) {
        return match op {
            ClifOp::Jump => Some(0),
            ClifOp::Brif => Some(usize::from(args[0] == 0)),
            ClifOp::BrTable => Some((args[0] as usize).min(data.successors.len() - 1)),
            other => panic!("unexpected terminator {other:?}"),
        };
    }
    let op = ZkOp::from_opcode(data.opcode).expect("a zk op");
    match op {
        ZkOp::Jump => return Some(0),
        ZkOp::Brt => return Some((args[0] as usize).min(data.successors.len() - 1)),
        ZkOp::Ret | ZkOp::Trap | ZkOp::Halt => return None,
        _ => {}
    }
    let name = data
        .opcode
        .def()
        .name
        .strip_prefix("br_")
        .expect("a branch");
    let (a, b) = (
        args[0],
        args.get(1)
            .copied()
            .or(data.attrs.first().and_then(Attr::as_int))
            .expect("an operand"),
    );
    let base = name.trim_end_matches("_imm");
    let (cond, bits) = base.split_at(base.len() - 2);
    let bits = bits.parse().expect("a width");
    let cond = match cond {
        "eq" => Cond::Eq,
        "ne" => Cond::Ne,
        "ltu" => Cond::Ult,
        "lts" => Cond::Slt,
        "geu" => Cond::Uge,
        "ges" => Cond::Sge,
        other => panic!("unexpected condition {other}"),
    };
    Some(usize::from(!cond.holds(bits, a, b)))
}

/// Panics unless the operands are what the machine can prove.
fn demands(data: &OpData, args: &[u64]) {
    let Some(op) = ZkOp::from_opcode(data.opcode) else {
        return;
    };
    let name = data.opcode.def().name;
    let base = name.trim_end_matches("_imm");
    let imm = if name.ends_with("_imm") || op == ZkOp::Li {
        data.attrs.first().and_then(Attr::as_int)
    } else {
        None
    };
    let reads_32 = base.ends_with("32") && !matches!(op, ZkOp::Ld8s32 | ZkOp::Ld16s32 | ZkOp::St32);
    if reads_32 {
        assert!(
            args.iter().chain(&imm).all(|&x| x <= 0xffff_ffff),
            "{name} of {args:?} {imm:?}"
        );
    }
    if name.starts_with("ld") && op != ZkOp::Lds || name.starts_with("st") && op != ZkOp::Sts {
        assert!(args[0] <= 0xffff_ffff, "{name} at {args:?}");
    }
    if ["shl", "shr", "rotl"]
        .iter()
        .any(|shift| base.starts_with(shift))
        && let Some(imm) = imm
    {
        assert!(
            imm < if base.ends_with("32") { 32 } else { 64 },
            "{name} by {imm}"
        );
    }
    if base.starts_with("div") || base.starts_with("rem") {
        assert!(imm != Some(0), "{name} by zero");
    }
    assert!(op != ZkOp::Brt || args[0] <= 0xffff_ffff);
}

/// A memory or static op; its result.
fn memory_op(
    data: &OpData,
    args: &[u64],
    memory: &mut BTreeMap<u64, u8>,
    run: &mut Run,
) -> Option<u64> {
    let op = ZkOp::from_opcode(data.opcode).expect("effects are zk ops");
    if op == ZkOp::Lds {
        let slot = data.attrs[0].as_int().expect("a slot");
        // Slots 4 to 7 hold i32 values.
        return Some(if slot < 8 {
            slot.wrapping_mul(0x9abc_def1) & 0xffff_ffff
        } else {
            slot.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
    }
    if op == ZkOp::Sts {
        run.effects
            .push((format!("sts {:?}", data.attrs), args.to_vec()));
        return None;
    }
    let Some(Attr::Mem { offset, .. }) = data.attrs.first() else {
        panic!("unexpected op {op:?}")
    };
    let address = args[0] + offset;
    if address >= MEMORY {
        run.end = Some(Err(Trap::OutOfBoundsMemoryAccess));
        return None;
    }
    let (bytes, signed, to) = match op {
        ZkOp::Ld8u | ZkOp::St8 => (1, false, 64),
        ZkOp::Ld16u | ZkOp::St16 => (2, false, 64),
        ZkOp::Ld32u | ZkOp::St32 => (4, false, 64),
        ZkOp::Ld64 | ZkOp::St64 => (8, false, 64),
        ZkOp::Ld8s32 => (1, true, 32),
        ZkOp::Ld16s32 => (2, true, 32),
        ZkOp::Ld8s64 => (1, true, 64),
        ZkOp::Ld16s64 => (2, true, 64),
        ZkOp::Ld32s64 => (4, true, 64),
        other => panic!("unexpected op {other:?}"),
    };
    if let Some(&value) = args.get(1) {
        let low = if bytes == 8 {
            value
        } else {
            value & ((1 << (8 * bytes)) - 1)
        };
        run.effects
            .push((format!("store {bytes}"), vec![address, low]));
        for i in 0..bytes {
            memory.insert(address + i, (low >> (8 * i)) as u8);
        }
        return None;
    }
    let mut value = 0_u64;
    for i in 0..bytes {
        let at = address + i;
        let byte = memory
            .get(&at)
            .copied()
            .unwrap_or((at.wrapping_mul(0x9e37_79b9) >> 13) as u8);
        value |= u64::from(byte) << (8 * i);
    }
    run.effects.push((format!("load {bytes}"), vec![address]));
    if signed {
        let shift = 64 - 8 * bytes;
        value = ((value << shift) as i64 >> shift) as u64;
        if to == 32 {
            value &= 0xffff_ffff;
        }
    }
    Some(value)
}
