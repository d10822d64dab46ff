//! Loop-invariant loads and global reads move to the block before the loop. Pure ops are the e-graph's to place.
//!
//! A read moves if nothing in the loop changes what it reads. A load may trap, so it must also be what the loop does first:
//! it stands in the header, and before it only ops without effect. The block before the loop must go nowhere else.

use super::memory::Clobber;
use super::{Rebuild, is_flat, is_removable};
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::analysis::{Cfg, Dominators, Loop, Loops};
use zkc_ir::{Attr, Block, Body, ClifOp, Op, Traits, Value, ValueDef};

/// Moves invariant reads out of loops, by one level.
pub fn hoist(body: &Body) -> Body {
    if !is_flat(body) {
        return body.clone();
    }
    let cfg = Cfg::new(body);
    let loops = Loops::new(&cfg, &Dominators::new(&cfg));
    let owner = owners(body);
    let mut moved: BTreeMap<Block, Vec<Op>> = BTreeMap::new();
    let mut gone: BTreeSet<Op> = BTreeSet::new();
    for l in loops.loops() {
        if let Some(before) = block_before(&cfg, l) {
            let blocks: BTreeSet<Block> = l.blocks.iter().copied().collect();
            let mut scan = Scan {
                body,
                owner: &owner,
                blocks: &blocks,
                gone: &mut gone,
                moved: Vec::new(),
            };
            scan.run(l, &Clobber::of_blocks(body, &l.blocks));
            moved.entry(before).or_default().extend(scan.moved);
        }
    }
    let order: Vec<Block> = cfg.reverse_postorder().collect();
    let mut rebuild = Rebuild::new(body, &order, |_| true);
    for &block in &order {
        rebuild.start(block);
        for &op in &body.block(block).ops {
            if gone.contains(&op) {
                continue;
            }
            if body.op(op).opcode.is_terminator() {
                for &op in moved.get(&block).into_iter().flatten() {
                    rebuild.copy(op);
                }
            }
            rebuild.copy(op);
        }
    }
    rebuild.finish()
}

/// The block each op stands in.
fn owners(body: &Body) -> BTreeMap<Op, Block> {
    body.blocks()
        .flat_map(|(block, data)| data.ops.iter().map(move |&op| (op, block)))
        .collect()
}

/// The only block outside a loop that branches to it, if it branches nowhere else.
fn block_before(cfg: &Cfg, l: &Loop) -> Option<Block> {
    let mut outside = cfg
        .preds(l.header)
        .iter()
        .copied()
        .filter(|p| cfg.is_reachable(*p) && !l.latches.contains(p));
    let before = outside.next().filter(|_| outside.next().is_none())?;
    (cfg.succs(before).len() == 1).then_some(before)
}

struct Scan<'a> {
    body: &'a Body,
    owner: &'a BTreeMap<Op, Block>,
    blocks: &'a BTreeSet<Block>,
    gone: &'a mut BTreeSet<Op>,
    moved: Vec<Op>,
}

impl Scan<'_> {
    fn run(&mut self, l: &Loop, clobber: &Clobber) {
        let mut first = true;
        for &block in &l.blocks {
            for &op in &self.body.block(block).ops {
                let data = self.body.op(op);
                let stays = self.gone.contains(&op) || !self.reads_unchanged(op, clobber);
                if stays || !data.args.iter().all(|&arg| self.is_invariant(arg)) {
                    first &= is_removable(data);
                } else if first || !data.opcode.has(Traits::MAY_TRAP) {
                    self.take(op);
                } else {
                    first = false;
                }
            }
            // Only the header is certain to run.
            first = false;
        }
    }

    /// Whether an op reads state that the loop does not change.
    fn reads_unchanged(&self, op: Op, clobber: &Clobber) -> bool {
        let data = self.body.op(op);
        match (ClifOp::from_opcode(data.opcode), data.attrs.first()) {
            (Some(ClifOp::GlobalGet), Some(Attr::Index(global))) => {
                !clobber.changes_global(*global)
            }
            (Some(ClifOp::MemorySize), _) => !clobber.size,
            // A load in bounds stays so: memory never shrinks.
            (Some(clif), _) => {
                super::access::Access::of(clif).is_some_and(|a| !a.store)
                    && !clobber.memory
                    && !clobber.size
            }
            (None, _) => false,
        }
    }

    /// Whether a value is the same in every iteration and can be had before the loop.
    fn is_invariant(&self, value: Value) -> bool {
        match self.body.def(value) {
            ValueDef::Param(block, _) => !self.blocks.contains(&block),
            ValueDef::Result(op, _) => {
                let data = self.body.op(op);
                let outside = !self.blocks.contains(&self.owner[&op]) || self.moved.contains(&op);
                // One level of address arithmetic comes along.
                outside
                    || (data.opcode.is_pure() && data.args.iter().all(|&arg| self.is_outside(arg)))
            }
        }
    }

    fn is_outside(&self, value: Value) -> bool {
        match self.body.def(value) {
            ValueDef::Param(block, _) => !self.blocks.contains(&block),
            ValueDef::Result(op, _) => {
                let constant =
                    self.body.op(op).args.is_empty() && self.body.op(op).opcode.is_pure();
                constant || !self.blocks.contains(&self.owner[&op]) || self.moved.contains(&op)
            }
        }
    }

    /// Moves an op and the pure ops in the loop that it needs.
    fn take(&mut self, op: Op) {
        if self.gone.contains(&op) {
            return;
        }
        for &arg in &self.body.op(op).args {
            if let Some(def) = self.body.def_op(arg)
                && self.blocks.contains(&self.owner[&def])
            {
                self.take(def);
            }
        }
        if self.gone.insert(op) {
            self.moved.push(op);
        }
    }
}
