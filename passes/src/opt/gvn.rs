//! Global value numbering: a pure op equal to one that dominates it is replaced by that one.

use super::{Rebuild, is_flat};
use std::collections::BTreeMap;
use zkc_ir::analysis::{Cfg, Dominators};
use zkc_ir::{Attr, Block, Body, Opcode, Traits, Value};

/// What makes two ops equal: row, operands in terms of new values, attributes.
type Key<'a> = (Opcode, Vec<Value>, &'a [Attr]);

/// How many equal ops are tried, the latest first; keeps constants that stand in every block cheap.
const CANDIDATES: usize = 64;

/// Merges equal pure ops.
pub fn gvn(body: &Body) -> Body {
    if !is_flat(body) {
        return body.clone();
    }
    let cfg = Cfg::new(body);
    let dominators = Dominators::new(&cfg);
    let order: Vec<Block> = cfg.reverse_postorder().collect();
    let mut rebuild = Rebuild::new(body, &order, |_| true);
    let mut known: BTreeMap<Key<'_>, Vec<(Block, Value)>> = BTreeMap::new();
    for &block in &order {
        rebuild.start(block);
        for &op in &body.block(block).ops {
            let data = body.op(op);
            // An op that only may trap gives the same result, or has already trapped.
            let repeatable = data.opcode.is_pure() || data.opcode.def().eval.is_some();
            let [result] = data.results.as_slice() else {
                rebuild.copy(op);
                continue;
            };
            if !repeatable {
                rebuild.copy(op);
                continue;
            }
            let mut args = rebuild.values(&data.args);
            if data.opcode.has(Traits::COMMUTATIVE) {
                args.sort_unstable();
            }
            let same = known.entry((data.opcode, args, &data.attrs)).or_default();
            match same
                .iter()
                .rev()
                .take(CANDIDATES)
                .find(|(at, _)| dominators.dominates(*at, block))
            {
                Some(&(_, value)) => rebuild.set(*result, value),
                None => {
                    rebuild.copy(op);
                    same.push((block, rebuild.value(*result)));
                }
            }
        }
    }
    rebuild.finish()
}
