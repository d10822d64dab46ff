//! Control-flow clean-up: blocks that only jump on are bypassed, blocks with one way in are joined to it, parameters that
//! always get the same value are replaced by it.

use super::{Rebuild, is_flat};
use std::collections::BTreeSet;
use zkc_ir::{Block, Body, ClifOp, OpData, SecondaryMap, Successor, Value, ValueDef};

/// Most parameters of a block that is bypassed.
const MAX_PARAMS: usize = 32;

/// Simplifies the control-flow graph.
pub fn flow(body: &Body) -> Body {
    if !is_flat(body) {
        return body.clone();
    }
    join(&unique_params(&bypass(body)))
}

fn is_jump(data: &OpData) -> bool {
    ClifOp::from_opcode(data.opcode) == Some(ClifOp::Jump)
}

/// Redirects branches to a block that does nothing but jump.
fn bypass(body: &Body) -> Body {
    let order = Rebuild::order(body);
    // Where a parameter is used outside its own block's jump, the block must stay.
    let mut uses: SecondaryMap<Value, u32> = SecondaryMap::new();
    for &block in &order {
        for &op in &body.block(block).ops {
            let data = body.op(op);
            let through = data.successors.iter().flat_map(|s| &s.args);
            for &value in data.args.iter().chain(through) {
                uses[value] += 1;
            }
        }
    }
    // Targets first, so that the way on from them is known and chains are followed once.
    let mut onward: SecondaryMap<Block, Option<Successor>> = SecondaryMap::new();
    for &block in order.iter().skip(1).rev() {
        let [op] = body.block(block).ops.as_slice() else {
            continue;
        };
        let data = body.op(*op);
        if !is_jump(data) {
            continue;
        }
        let target = &data.successors[0];
        let params = &body.block(block).params;
        let private = params.len() <= MAX_PARAMS
            && params.iter().all(|&param| {
                let here = target.args.iter().filter(|&&arg| arg == param).count();
                uses[param] == here as u32
            });
        if private && target.block != block {
            onward[block] = Some(follow(body, target, &onward));
        }
    }
    let mut rebuild = Rebuild::new(body, &order, |_| true);
    for &block in &order {
        rebuild.start(block);
        for &op in &body.block(block).ops {
            let data = body.op(op);
            let successors = data
                .successors
                .iter()
                .map(|s| rebuild.successor(&follow(body, s, &onward)))
                .collect();
            let args = rebuild.values(&data.args);
            rebuild.copy_as(op, &args, data.attrs.clone(), successors);
        }
    }
    rebuild.finish()
}

/// Follows a successor through blocks that only jump.
fn follow(
    body: &Body,
    from: &Successor,
    onward: &SecondaryMap<Block, Option<Successor>>,
) -> Successor {
    let mut at = from.clone();
    let mut seen = BTreeSet::new();
    while let Some(next) = &onward[at.block] {
        // A circle of empty blocks is an endless loop of the program's own.
        if !seen.insert(at.block) {
            return from.clone();
        }
        let params = &body.block(at.block).params;
        let args = next
            .args
            .iter()
            .map(|arg| match params.iter().position(|p| p == arg) {
                Some(i) => at.args[i],
                None => *arg,
            });
        at = Successor {
            block: next.block,
            args: args.collect(),
        };
    }
    at
}

/// Replaces parameters that always get the same value.
fn unique_params(body: &Body) -> Body {
    let order = Rebuild::order(body);
    let mut incoming: SecondaryMap<Value, Vec<Value>> = SecondaryMap::new();
    for &block in &order {
        for &op in &body.block(block).ops {
            for successor in &body.op(op).successors {
                for (&param, &arg) in body
                    .block(successor.block)
                    .params
                    .iter()
                    .zip(&successor.args)
                {
                    incoming[param].push(arg);
                }
            }
        }
    }
    let mut stands_for: SecondaryMap<Value, Option<Value>> = SecondaryMap::new();
    let resolve = |mut value: Value, stands_for: &SecondaryMap<Value, Option<Value>>| {
        while let Some(next) = stands_for[value] {
            value = next;
        }
        value
    };
    // Each round that changes something removes a parameter; a few rounds find nearly all.
    for _ in 0..8 {
        let mut changed = false;
        for &block in order.iter().skip(1) {
            for &param in &body.block(block).params {
                if stands_for[param].is_some() {
                    continue;
                }
                let mut others = incoming[param]
                    .iter()
                    .map(|&v| resolve(v, &stands_for))
                    .filter(|&v| v != param);
                if let Some(first) = others.next()
                    && others.all(|v| v == first)
                {
                    stands_for[param] = Some(first);
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    let entry = body.entry();
    let keep = |value: Value| {
        stands_for[value].is_none()
            || matches!(body.def(value), ValueDef::Param(block, _) if block == entry)
    };
    let mut rebuild = Rebuild::new(body, &order, keep);
    for &block in &order {
        rebuild.start(block);
        for &param in body.block(block).params.iter().filter(|&&p| !keep(p)) {
            let value = rebuild.value(resolve(param, &stands_for));
            rebuild.set(param, value);
        }
        for &op in &body.block(block).ops {
            let data = body.op(op);
            let successors = data.successors.iter().map(|s| {
                let params = &body.block(s.block).params;
                let args = s
                    .args
                    .iter()
                    .zip(params)
                    .filter(|&(_, &p)| keep(p))
                    .map(|(&a, _)| a)
                    .collect();
                rebuild.successor(&Successor {
                    block: s.block,
                    args,
                })
            });
            let (successors, args) = (successors.collect(), rebuild.values(&data.args));
            rebuild.copy_as(op, &args, data.attrs.clone(), successors);
        }
    }
    rebuild.finish()
}

/// Appends a block to the one block that jumps to it, if nothing else branches there.
fn join(body: &Body) -> Body {
    let order = Rebuild::order(body);
    let mut edges: SecondaryMap<Block, u32> = SecondaryMap::new();
    for &block in &order {
        for &op in &body.block(block).ops {
            for successor in &body.op(op).successors {
                edges[successor.block] += 1;
            }
        }
    }
    let next = |block: Block| {
        let data = body.op(*body.block(block).ops.last()?);
        let target = data.successors.first().filter(|_| is_jump(data))?;
        (edges[target.block] == 1 && target.block != body.entry()).then_some(target)
    };
    let joined: BTreeSet<Block> = order
        .iter()
        .filter_map(|&b| next(b))
        .map(|s| s.block)
        .collect();
    let kept: Vec<Block> = order
        .iter()
        .copied()
        .filter(|b| !joined.contains(b))
        .collect();
    let mut rebuild = Rebuild::new(body, &kept, |_| true);
    for &first in &kept {
        rebuild.start(first);
        let mut block = first;
        loop {
            let target = next(block);
            let ops = &body.block(block).ops;
            for &op in &ops[..ops.len() - usize::from(target.is_some())] {
                rebuild.copy(op);
            }
            let Some(target) = target else { break };
            for (&param, &arg) in body.block(target.block).params.iter().zip(&target.args) {
                let value = rebuild.value(arg);
                rebuild.set(param, value);
            }
            block = target.block;
        }
    }
    rebuild.finish()
}
