//! The only way to write a [`Body`].
//!
//! Entities are numbered in order of creation, so equal sequences of calls give equal bodies.

use crate::attr::Attr;
use crate::body::{BlockData, Body, OpData, Successor, ValueDef};
use crate::dialect::Opcode;
use crate::entities::{Block, Op, Region, Value};
use crate::loc::Loc;
use crate::types::{Signature, Type};
use cranelift_entity::PrimaryMap;

/// Builds one body. Ops go to the end of the current block and carry the current place.
#[derive(Clone, Debug)]
pub struct Builder {
    body: Body,
    current: Option<Block>,
    loc: Loc,
}

impl Builder {
    /// A body with an empty root region. Blocks are added with [`Builder::block`].
    pub fn new(signature: Signature) -> Builder {
        let mut regions = PrimaryMap::new();
        regions.push(Vec::new());
        Builder {
            body: Body {
                signature,
                ops: PrimaryMap::new(),
                values: PrimaryMap::new(),
                blocks: PrimaryMap::new(),
                regions,
                locals: Vec::new(),
            },
            current: None,
            loc: Loc::NONE,
        }
    }

    /// Sets the types of the WASM locals, parameters first.
    pub fn set_locals(&mut self, locals: Vec<Type>) {
        self.body.locals = locals;
    }

    /// Adds a block with these parameters to the end of a region.
    pub fn block(&mut self, region: Region, params: &[Type]) -> Block {
        let block = self.body.blocks.push(BlockData::default());
        for &ty in params {
            self.block_param(block, ty);
        }
        self.body.regions[region].push(block);
        block
    }

    /// Adds a parameter to a block.
    pub fn block_param(&mut self, block: Block, ty: Type) -> Value {
        let index = self.body.blocks[block].params.len() as u16;
        let value = self.body.values.push((ty, ValueDef::Param(block, index)));
        self.body.blocks[block].params.push(value);
        value
    }

    /// Adds a region, to be given to one op.
    pub fn region(&mut self) -> Region {
        self.body.regions.push(Vec::new())
    }

    /// Makes `block` current.
    pub fn switch_to(&mut self, block: Block) {
        self.current = Some(block);
    }

    /// The current block, if any.
    pub fn current(&self) -> Option<Block> {
        self.current
    }

    /// Sets the place of the ops to come.
    pub fn set_loc(&mut self, loc: Loc) {
        self.loc = loc;
    }

    /// Appends an op without successors or regions; returns it. Its results are `self.body().op(op).results`.
    pub fn op(
        &mut self,
        opcode: impl Into<Opcode>,
        args: &[Value],
        attrs: Vec<Attr>,
        results: &[Type],
    ) -> Op {
        self.op_full(opcode, args, attrs, results, Vec::new(), Vec::new())
    }

    /// Appends an op with exactly one result; returns the result.
    pub fn value(
        &mut self,
        opcode: impl Into<Opcode>,
        args: &[Value],
        attrs: Vec<Attr>,
        result: Type,
    ) -> Value {
        let op = self.op(opcode, args, attrs, &[result]);
        self.body.ops[op].results[0]
    }

    /// Appends an op with successors and regions.
    ///
    /// Panics if no block is current.
    pub fn op_full(
        &mut self,
        opcode: impl Into<Opcode>,
        args: &[Value],
        attrs: Vec<Attr>,
        results: &[Type],
        successors: Vec<Successor>,
        regions: Vec<Region>,
    ) -> Op {
        let block = self
            .current
            .expect("a builder appends to its current block");
        let op = self.body.ops.push(OpData {
            opcode: opcode.into(),
            args: args.to_vec(),
            results: Vec::new(),
            attrs,
            successors,
            regions,
            loc: self.loc,
        });
        let results = results
            .iter()
            .enumerate()
            .map(|(i, &ty)| self.body.values.push((ty, ValueDef::Result(op, i as u16))))
            .collect();
        self.body.ops[op].results = results;
        self.body.blocks[block].ops.push(op);
        op
    }

    /// The body as built so far.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The finished body.
    pub fn finish(self) -> Body {
        self.body
    }
}
