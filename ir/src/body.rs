//! One function's code: arenas of ops, values, blocks and regions, and how to read them.
//!
//! A body is written through [`crate::Builder`] only and never changes afterwards: passes build a new one. Bodies compare
//! equal when they are the same text, because builders number entities densely in order of creation.

use crate::attr::Attr;
use crate::dialect::Opcode;
use crate::entities::{Block, Op, Region, Value};
use crate::loc::Loc;
use crate::types::{Signature, Type};
use cranelift_entity::PrimaryMap;

/// A branch target with the arguments for its block parameters.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Successor {
    /// The block.
    pub block: Block,
    /// One value per parameter of the block.
    pub args: Vec<Value>,
}

/// One operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpData {
    /// The row.
    pub opcode: Opcode,
    /// Operands.
    pub args: Vec<Value>,
    /// Results.
    pub results: Vec<Value>,
    /// Attributes, in the row's order.
    pub attrs: Vec<Attr>,
    /// Successors, for terminators.
    pub successors: Vec<Successor>,
    /// Regions held by the op.
    pub regions: Vec<Region>,
    /// Source place.
    pub loc: Loc,
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueDef {
    /// Result number `1` of op `0`.
    Result(Op, u16),
    /// Parameter number `1` of block `0`.
    Param(Block, u16),
}

/// One block.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BlockData {
    /// Parameters.
    pub params: Vec<Value>,
    /// Ops, in order; in a finished body the last is the only terminator.
    pub ops: Vec<Op>,
}

/// One function's code. Region 0 is the function's own region; its first block takes the function's parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    pub(crate) signature: Signature,
    pub(crate) ops: PrimaryMap<Op, OpData>,
    pub(crate) values: PrimaryMap<Value, (Type, ValueDef)>,
    pub(crate) blocks: PrimaryMap<Block, BlockData>,
    pub(crate) regions: PrimaryMap<Region, Vec<Block>>,
    pub(crate) locals: Vec<Type>,
}

impl Body {
    /// The function's parameter and result types.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Types of the WASM locals, parameters first; empty in dialects without locals.
    pub fn locals(&self) -> &[Type] {
        &self.locals
    }

    /// The function's own region.
    pub fn root(&self) -> Region {
        Region::from_u32(0)
    }

    /// The entry block.
    pub fn entry(&self) -> Block {
        self.regions[self.root()][0]
    }

    /// The blocks of a region, the entry first.
    pub fn region(&self, region: Region) -> &[Block] {
        &self.regions[region]
    }

    /// A block's parameters and ops.
    pub fn block(&self, block: Block) -> &BlockData {
        &self.blocks[block]
    }

    /// An op.
    pub fn op(&self, op: Op) -> &OpData {
        &self.ops[op]
    }

    /// The last op of a block, if it is a terminator.
    pub fn terminator(&self, block: Block) -> Option<Op> {
        let op = *self.blocks[block].ops.last()?;
        self.ops[op].opcode.is_terminator().then_some(op)
    }

    /// A value's type.
    pub fn ty(&self, value: Value) -> Type {
        self.values[value].0
    }

    /// A value's definition.
    pub fn def(&self, value: Value) -> ValueDef {
        self.values[value].1
    }

    /// The op whose result `value` is, if it is one's.
    pub fn def_op(&self, value: Value) -> Option<Op> {
        match self.def(value) {
            ValueDef::Result(op, _) => Some(op),
            ValueDef::Param(..) => None,
        }
    }

    /// Number of ops in the arena.
    pub fn num_ops(&self) -> usize {
        self.ops.len()
    }

    /// Number of values.
    pub fn num_values(&self) -> usize {
        self.values.len()
    }

    /// Number of blocks.
    pub fn num_blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Number of regions.
    pub fn num_regions(&self) -> usize {
        self.regions.len()
    }

    /// All ops, in order of creation.
    pub fn ops(&self) -> impl Iterator<Item = (Op, &OpData)> {
        self.ops.iter()
    }

    /// All blocks, in order of creation.
    pub fn blocks(&self) -> impl Iterator<Item = (Block, &BlockData)> {
        self.blocks.iter()
    }

    /// All values, in order of creation.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        self.values.keys()
    }
}
