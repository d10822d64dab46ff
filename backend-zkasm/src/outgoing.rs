//! Values that stand in the outgoing area, the registers above the frame in which arguments and results of calls are handed over.
//!
//! A call leaves its results there and finds its arguments there. A value that lives within one block, between two calls,
//! may therefore stand in the outgoing area all its life: an argument computed in place, a result read in place. Each
//! such value saves one `mov`. The area belongs to the callee during a call, so no value stands there across one.

use crate::flow::Flow;
use crate::live::{Live, takes_over, zk_op};
use zkc_ir::{Block, Body, EntityRef, Value};
use zkc_isa::ZkOp;

/// Which values stand in the outgoing area.
pub(crate) struct Placement {
    slots: Vec<Option<u32>>,
    /// Number of outgoing registers any call of the function uses.
    pub(crate) size: u32,
}

impl Placement {
    /// The place of a (resolved) value in the outgoing area, counted from 0, if it stands there.
    pub(crate) fn slot(&self, value: Value) -> Option<u32> {
        self.slots[value.index()]
    }
}

/// Where a value is used.
#[derive(Clone, Copy)]
struct Uses {
    block: Option<Block>,
    last: usize,
    /// Used in several blocks, or copied at the end of one.
    far: bool,
}

/// Decides which values stand in the outgoing area.
pub(crate) fn place(body: &Body, live: &Live, flow: &Flow) -> Placement {
    let uses = collect_uses(body, live);
    let mut placement = Placement {
        slots: vec![None; body.num_values()],
        size: 0,
    };
    for node in &flow.nodes {
        if let crate::flow::NodeKind::Block(block) = node.kind {
            place_in_block(body, live, &uses, block, &mut placement);
        }
    }
    placement
}

fn collect_uses(body: &Body, live: &Live) -> Vec<Uses> {
    let mut uses = vec![
        Uses {
            block: None,
            last: 0,
            far: false
        };
        body.num_values()
    ];
    for &block in live.reachable() {
        for (at, &op) in body.block(block).ops.iter().enumerate() {
            if !live.op(op) {
                continue;
            }
            let data = body.op(op);
            let returned = matches!(
                zk_op(data.opcode),
                Some(ZkOp::Tcall | ZkOp::Tcalli | ZkOp::Ret)
            );
            for &arg in &data.args {
                let known = &mut uses[live.resolve(arg).index()];
                known.far |= returned || known.block.is_some_and(|b| b != block);
                known.block = Some(block);
                known.last = at;
            }
            for &arg in data.successors.iter().flat_map(|s| &s.args) {
                uses[live.resolve(arg).index()].far = true;
            }
        }
    }
    uses
}

fn place_in_block(
    body: &Body,
    live: &Live,
    uses: &[Uses],
    block: Block,
    placement: &mut Placement,
) {
    let ops = &body.block(block).ops;
    let is_call = |at: usize| zk_op(body.op(ops[at]).opcode).is_some_and(takes_over);
    let calls: Vec<usize> = (0..ops.len()).filter(|&at| is_call(at)).collect();
    if calls.is_empty() {
        return;
    }
    // The position of each value's definition among the ops since the previous call.
    let mut defined = std::collections::BTreeMap::new();
    let mut busy: Vec<usize> = Vec::new();
    let mut from = 0;
    for (number, &call) in calls.iter().enumerate() {
        for (at, &op) in ops.iter().enumerate().take(call).skip(from) {
            if let &[result] = &body.op(op).results[..]
                && live.op(op)
                && !is_call(at)
            {
                defined.insert(result, at);
            }
        }
        let data = body.op(ops[call]);
        let args = &data.args[usize::from(zk_op(data.opcode) == Some(ZkOp::Calli))..];
        placement.size = placement
            .size
            .max(args.len().max(data.results.len()) as u32);
        for (slot, &arg) in args.iter().enumerate() {
            let arg = live.resolve(arg);
            let known = uses[arg.index()];
            let Some(&at) = defined.get(&arg) else {
                continue;
            };
            let within = !known.far && known.block == Some(block) && known.last == call;
            let free = busy.get(slot).is_none_or(|&until| until <= at);
            if within
                && free
                && placement.slots[arg.index()].is_none()
                && live.constant(body, arg).is_none()
            {
                placement.slots[arg.index()] = Some(slot as u32);
            }
        }
        let next = calls.get(number + 1).copied().unwrap_or(ops.len());
        busy = vec![0; data.results.len()];
        for (slot, &result) in data.results.iter().enumerate() {
            let known = uses[result.index()];
            if live.value(result) && !known.far && known.block == Some(block) && known.last <= next
            {
                placement.slots[result.index()] = Some(slot as u32);
                busy[slot] = known.last;
            }
        }
        defined.clear();
        from = call + 1;
    }
}
