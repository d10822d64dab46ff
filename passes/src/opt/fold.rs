//! Constant folding: an op whose operands are constants becomes the constant its row's evaluator gives; a branch on a
//! constant becomes a jump; a test of a comparison's outcome becomes the comparison, or its opposite.

use super::{Rebuild, constant_of, is_flat, make_constant};
use zkc_ir::{Attr, Body, ClifOp, Cond, Op, OpData, Successor, Type, Value};

/// Folds constants.
pub fn fold(body: &Body) -> Body {
    if !is_flat(body) {
        return body.clone();
    }
    let order = Rebuild::order(body);
    let mut rebuild = Rebuild::new(body, &order, |_| true);
    for &block in &order {
        rebuild.start(block);
        for &op in &body.block(block).ops {
            if let Some(successor) = taken(&rebuild, op) {
                rebuild.at(op);
                rebuild.builder.op_full(
                    ClifOp::Jump,
                    &[],
                    Vec::new(),
                    &[],
                    vec![successor],
                    Vec::new(),
                );
            } else if let Some((condition, swap)) = tested(&rebuild, op) {
                let mut successors: Vec<Successor> = body
                    .op(op)
                    .successors
                    .iter()
                    .map(|s| rebuild.successor(s))
                    .collect();
                if swap {
                    successors.reverse();
                }
                rebuild.copy_as(op, &[condition], Vec::new(), successors);
            } else if let Some(value) = folded(&mut rebuild, op) {
                rebuild.set(body.op(op).results[0], value);
            } else {
                rebuild.copy(op);
            }
        }
    }
    // A folded branch may have cut off blocks.
    super::dce(&rebuild.finish())
}

/// The value of an op that needs not be computed.
fn folded(rebuild: &mut Rebuild<'_>, op: Op) -> Option<Value> {
    let data = rebuild.old.op(op);
    let [result] = data.results.as_slice() else {
        return None;
    };
    let ty = rebuild.old.ty(*result);
    let clif = ClifOp::from_opcode(data.opcode)?;
    if matches!(clif, ClifOp::Iconst32 | ClifOp::Iconst64) {
        return None;
    }
    let args = rebuild.values(&data.args);
    let body = rebuild.builder.body();
    if matches!(clif, ClifOp::Select32 | ClifOp::Select64) {
        if args[1] == args[2] {
            return Some(args[1]);
        }
        if let Some(condition) = constant_of(body, args[0]) {
            return Some(if condition != 0 { args[1] } else { args[2] });
        }
    }
    if let Some(value) = negated(rebuild, op, &args) {
        return Some(value);
    }
    let body = rebuild.builder.body();
    let eval = data.opcode.def().eval?;
    let constants = args
        .iter()
        .map(|&a| constant_of(body, a))
        .collect::<Option<Vec<u64>>>()?;
    let bits = eval(&constants, &data.attrs).ok()?;
    if !matches!(ty, Type::I32 | Type::I64) {
        return None;
    }
    rebuild.at(op);
    Some(make_constant(&mut rebuild.builder, ty, bits))
}

/// A comparison of a comparison's outcome with zero: that comparison, or its opposite.
fn negated(rebuild: &mut Rebuild<'_>, op: Op, args: &[Value]) -> Option<Value> {
    let (value, keep) = zero_test(rebuild.builder.body(), rebuild.old.op(op), args)?;
    let inner = rebuild
        .builder
        .body()
        .op(rebuild.builder.body().def_op(value)?)
        .clone();
    let clif = ClifOp::from_opcode(inner.opcode)?;
    let [Attr::Cond(cond)] = inner.attrs.as_slice() else {
        return None;
    };
    if !matches!(clif, ClifOp::Icmp32 | ClifOp::Icmp64) {
        return None;
    }
    if keep {
        return Some(value);
    }
    rebuild.at(op);
    Some(rebuild.builder.value(
        clif,
        &inner.args,
        vec![Attr::Cond(cond.negate())],
        Type::I32,
    ))
}

/// The value that an `icmp.i32` compares with zero, and whether the outcome is 1 for values that are not zero.
fn zero_test(body: &Body, data: &OpData, args: &[Value]) -> Option<(Value, bool)> {
    let (Some(ClifOp::Icmp32), [Attr::Cond(cond)]) =
        (ClifOp::from_opcode(data.opcode), data.attrs.as_slice())
    else {
        return None;
    };
    let keep = match cond {
        Cond::Eq => false,
        Cond::Ne => true,
        _ => return None,
    };
    let [a, b] = *args else { return None };
    if constant_of(body, b) == Some(0) {
        Some((a, keep))
    } else {
        (constant_of(body, a) == Some(0)).then_some((b, keep))
    }
}

/// What a `brif` on a comparison with zero really tests, and whether its successors change places.
fn tested(rebuild: &Rebuild<'_>, op: Op) -> Option<(Value, bool)> {
    let data = rebuild.old.op(op);
    if ClifOp::from_opcode(data.opcode) != Some(ClifOp::Brif) {
        return None;
    }
    let body = rebuild.builder.body();
    let condition = body.op(body.def_op(rebuild.value(data.args[0]))?);
    let (value, keep) = zero_test(body, condition, &condition.args)?;
    Some((value, !keep))
}

/// The only successor a branch can take: its operand is a constant, or all its successors are the same.
fn taken(rebuild: &Rebuild<'_>, op: Op) -> Option<Successor> {
    let data = rebuild.old.op(op);
    let clif = ClifOp::from_opcode(data.opcode)?;
    if !matches!(clif, ClifOp::Brif | ClifOp::BrTable) {
        return None;
    }
    let (first, rest) = data.successors.split_first()?;
    let chosen = match constant_of(rebuild.builder.body(), rebuild.value(data.args[0])) {
        Some(bits) if clif == ClifOp::Brif => &data.successors[usize::from(bits == 0)],
        Some(bits) => &data.successors[(bits as usize).min(rest.len())],
        None if rest.iter().all(|s| s == first) => first,
        None => return None,
    };
    Some(rebuild.successor(chosen))
}
