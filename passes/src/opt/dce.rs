//! Dead code: ops without effect whose results nobody uses, block parameters nobody reads, unreachable blocks.

use super::{Rebuild, is_flat, is_removable};
use zkc_ir::{Block, Body, Op, SecondaryMap, Value, ValueDef};

/// Removes dead ops, block parameters and blocks.
pub fn dce(body: &Body) -> Body {
    if !is_flat(body) {
        return body.clone();
    }
    let order = Rebuild::order(body);
    let live = Liveness::of(body, &order);
    let entry = body.entry();
    let keep = |value: Value| {
        live.values[value] || matches!(body.def(value), ValueDef::Param(block, _) if block == entry)
    };
    let mut rebuild = Rebuild::new(body, &order, keep);
    for &block in &order {
        rebuild.start(block);
        for &op in &body.block(block).ops {
            if !live.ops[op] {
                continue;
            }
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
                rebuild.successor(&zkc_ir::Successor {
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

/// Ops and values that something with an effect depends on.
struct Liveness {
    ops: SecondaryMap<Op, bool>,
    values: SecondaryMap<Value, bool>,
}

impl Liveness {
    fn of(body: &Body, order: &[Block]) -> Liveness {
        let mut live = Liveness {
            ops: SecondaryMap::new(),
            values: SecondaryMap::new(),
        };
        // Branch arguments, by the block parameter they feed.
        let mut feeds: SecondaryMap<Value, Vec<Value>> = SecondaryMap::new();
        let mut work = Vec::new();
        for &block in order {
            for &op in &body.block(block).ops {
                let data = body.op(op);
                for successor in &data.successors {
                    for (&param, &arg) in body
                        .block(successor.block)
                        .params
                        .iter()
                        .zip(&successor.args)
                    {
                        feeds[param].push(arg);
                    }
                }
                if !is_removable(data) {
                    live.ops[op] = true;
                    work.extend_from_slice(&data.args);
                }
            }
        }
        for &param in &body.block(body.entry()).params {
            work.push(param);
        }
        while let Some(value) = work.pop() {
            if std::mem::replace(&mut live.values[value], true) {
                continue;
            }
            match body.def(value) {
                ValueDef::Param(..) => work.extend_from_slice(&feeds[value]),
                ValueDef::Result(op, _) => {
                    if !std::mem::replace(&mut live.ops[op], true) {
                        work.extend_from_slice(&body.op(op).args);
                    }
                }
            }
        }
        live
    }
}
