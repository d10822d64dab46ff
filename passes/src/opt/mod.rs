//! Clean-ups of flat bodies (cranelift dialect, or cranelift mixed with zk) that help on any target.
//!
//! Each pass rebuilds the body in reverse postorder, so that every definition is copied before its uses, and leaves
//! unreachable blocks out.

mod access;
mod bulk;
mod dce;
mod flow;
mod fold;
mod gvn;
mod hoist;
mod inline;
mod memory;
#[cfg(test)]
mod tests;

pub use bulk::bulk;
pub use dce::dce;
pub use flow::flow;
pub use fold::fold;
pub use gvn::gvn;
pub use hoist::hoist;
pub use inline::{InlineOptions, inline, inline_candidates};
pub use memory::memory;

use std::collections::BTreeSet;
use zkc_ir::analysis::Cfg;
use zkc_ir::{
    Attr, Block, Body, Builder, ClifOp, Loc, Op, OpData, SecondaryMap, Successor, Traits, Type,
    Value,
};

/// One clean-up by name.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// Name on the command line.
    pub name: &'static str,
    /// One sentence on what it does.
    pub doc: &'static str,
    /// The pass.
    pub run: fn(&Body) -> Body,
}

/// Every pass that needs nothing but the body.
pub static PASSES: &[Pass] = &[
    Pass {
        name: "fold",
        doc: "computes ops of constants and branches on constants",
        run: fold,
    },
    Pass {
        name: "bulk",
        doc: "expands `memory.fill` and `memory.copy` of a small constant length",
        run: bulk,
    },
    Pass {
        name: "gvn",
        doc: "replaces a pure op by an equal one that dominates it",
        run: gvn,
    },
    Pass {
        name: "memory",
        doc: "removes loads, global reads and global writes whose outcome is known",
        run: memory,
    },
    Pass {
        name: "hoist",
        doc: "moves invariant loads and global reads to the block before their loop",
        run: hoist,
    },
    Pass {
        name: "flow",
        doc: "bypasses and joins blocks, removes parameters of one value",
        run: flow,
    },
    Pass {
        name: "dce",
        doc: "removes ops and block parameters nobody uses, and unreachable blocks",
        run: dce,
    },
    Pass {
        name: "cleanup",
        doc: "all of the above, until nothing changes",
        run: cleanup,
    },
];

/// The clean-ups that [`cleanup`] is made of, in its order.
pub fn steps() -> impl Iterator<Item = &'static Pass> {
    PASSES.iter().filter(|pass| pass.name != "cleanup")
}

/// All clean-ups in turn, a few times or until nothing changes.
pub fn cleanup(body: &Body) -> Body {
    cleanup_without(body, &BTreeSet::new())
}

/// [`cleanup`] without the steps of these names.
pub fn cleanup_without(body: &Body, dropped: &BTreeSet<&'static str>) -> Body {
    let mut body = body.clone();
    for _ in 0..4 {
        let mut next = body.clone();
        for pass in steps().filter(|pass| !dropped.contains(pass.name)) {
            next = (pass.run)(&next);
        }
        if next == body {
            break;
        }
        body = next;
    }
    body
}

/// The bits of a constant of the cranelift dialect.
pub(crate) fn constant_of(body: &Body, value: Value) -> Option<u64> {
    let data = body.op(body.def_op(value)?);
    match ClifOp::from_opcode(data.opcode)? {
        ClifOp::Iconst32 | ClifOp::Iconst64 => data.attrs.first()?.as_int(),
        _ => None,
    }
}

/// Appends a constant of the cranelift dialect.
pub(crate) fn make_constant(builder: &mut Builder, ty: Type, bits: u64) -> Value {
    let row = if ty == Type::I64 {
        ClifOp::Iconst64
    } else {
        ClifOp::Iconst32
    };
    builder.value(row, &[], vec![Attr::Int(bits)], ty)
}

/// Whether an op can go when nobody uses its results: it neither writes, traps, calls nor branches.
pub(crate) fn is_removable(data: &OpData) -> bool {
    let traits = data.opcode.def().traits;
    let effect = [
        Traits::WRITES,
        Traits::MAY_TRAP,
        Traits::CALL,
        Traits::TERMINATOR,
    ];
    data.opcode.is_pure()
        || (traits.has(Traits::READS) && !effect.into_iter().any(|t| traits.has(t)))
}

/// Whether a body is a flat graph of blocks; structured bodies are left alone by the passes here.
pub(crate) fn is_flat(body: &Body) -> bool {
    body.num_regions() == 1 && !body.region(body.root()).is_empty()
}

/// Copies a body block by block, with values and blocks renamed on the way.
pub(crate) struct Rebuild<'a> {
    pub(crate) old: &'a Body,
    pub(crate) builder: Builder,
    values: SecondaryMap<Value, Option<Value>>,
    blocks: SecondaryMap<Block, Option<Block>>,
}

impl<'a> Rebuild<'a> {
    /// A body with the same signature and, for each of `blocks`, a block whose parameters are those `keep` allows.
    pub(crate) fn new(
        old: &'a Body,
        blocks: &[Block],
        keep: impl Fn(Value) -> bool,
    ) -> Rebuild<'a> {
        let mut rebuild = Rebuild {
            old,
            builder: Builder::new(old.signature().clone()),
            values: SecondaryMap::new(),
            blocks: SecondaryMap::new(),
        };
        rebuild.builder.set_locals(old.locals().to_vec());
        let root = rebuild.builder.body().root();
        for &block in blocks {
            let new = rebuild.builder.block(root, &[]);
            rebuild.blocks[block] = Some(new);
            for &param in old.block(block).params.iter().filter(|&&p| keep(p)) {
                let value = rebuild.builder.block_param(new, old.ty(param));
                rebuild.values[param] = Some(value);
            }
        }
        rebuild
    }

    /// The reachable blocks of a body in reverse postorder.
    pub(crate) fn order(body: &Body) -> Vec<Block> {
        Cfg::new(body).reverse_postorder().collect()
    }

    /// Makes the copy of a block current.
    pub(crate) fn start(&mut self, block: Block) {
        let new = self.blocks[block].expect("blocks are made before they are filled");
        self.builder.switch_to(new);
    }

    /// What stands for an old value.
    pub(crate) fn value(&self, value: Value) -> Value {
        self.values[value].expect("definitions come before uses in reverse postorder")
    }

    /// What stands for old values.
    pub(crate) fn values(&self, values: &[Value]) -> Vec<Value> {
        values.iter().map(|&v| self.value(v)).collect()
    }

    /// Lets `new` stand for the old value from here on.
    pub(crate) fn set(&mut self, old: Value, new: Value) {
        self.values[old] = Some(new);
    }

    /// A successor with its block and arguments renamed.
    pub(crate) fn successor(&self, successor: &Successor) -> Successor {
        let block =
            self.blocks[successor.block].expect("successors of reachable blocks are reachable");
        Successor {
            block,
            args: self.values(&successor.args),
        }
    }

    /// Copies an op to the current block.
    pub(crate) fn copy(&mut self, op: Op) -> Op {
        let data = self.old.op(op);
        let successors = data.successors.iter().map(|s| self.successor(s)).collect();
        self.copy_as(op, &self.values(&data.args), data.attrs.clone(), successors)
    }

    /// Copies an op with other operands, attributes and successors.
    pub(crate) fn copy_as(
        &mut self,
        op: Op,
        args: &[Value],
        attrs: Vec<Attr>,
        successors: Vec<Successor>,
    ) -> Op {
        let data = self.old.op(op);
        self.builder.set_loc(data.loc);
        let types: Vec<Type> = data.results.iter().map(|&r| self.old.ty(r)).collect();
        let new = self
            .builder
            .op_full(data.opcode, args, attrs, &types, successors, Vec::new());
        for (i, &result) in data.results.iter().enumerate() {
            self.values[result] = Some(self.builder.body().op(new).results[i]);
        }
        new
    }

    /// Sets the place of ops made by the pass itself to that of an old op.
    pub(crate) fn at(&mut self, op: Op) {
        let loc: Loc = self.old.op(op).loc;
        self.builder.set_loc(loc);
    }

    /// The finished body.
    pub(crate) fn finish(self) -> Body {
        self.builder.finish()
    }
}
