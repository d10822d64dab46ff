//! Which ops and block parameters of a body are needed, and which values are copies of others.
//!
//! Needed is what an op with an effect asks for, directly or not. A block parameter that gets the same value from every
//! predecessor is that value, and so is the result of a `mov`. A constant is not needed where it would only be copied
//! (block argument, call argument, returned value): there selection writes the constant itself, at the price of the copy.

use crate::BackendError;
use zkc_ir::{Block, Body, EntityRef, Op, Opcode, Traits, Value, ValueDef};
use zkc_isa::{Form, ZkOp};

/// An edge of the body's control flow: successor number `1` of the terminator `0`.
pub(crate) type Edge = (Op, u32);

/// The needed part of a body.
pub(crate) struct Live {
    alias: Vec<Value>,
    values: Vec<bool>,
    ops: Vec<bool>,
    reachable: Vec<Block>,
    incoming: Vec<Vec<Edge>>,
}

impl Live {
    /// Analyses a body.
    ///
    /// Errors: an op that is not of the zk dialect, a block without terminator, wrong numbers of block arguments.
    pub(crate) fn compute(body: &Body) -> Result<Live, BackendError> {
        let mut live = Live {
            alias: body.values().collect(),
            values: vec![false; body.num_values()],
            ops: vec![false; body.num_ops()],
            reachable: Vec::new(),
            incoming: vec![Vec::new(); body.num_blocks()],
        };
        live.walk(body)?;
        live.find_copies(body);
        live.mark(body);
        Ok(live)
    }

    /// The value that `value` is a copy of, or itself.
    pub(crate) fn resolve(&self, value: Value) -> Value {
        let mut value = value;
        while self.alias[value.index()] != value {
            value = self.alias[value.index()];
        }
        value
    }

    /// Whether the value must stand in a register. Asked of resolved values.
    pub(crate) fn value(&self, value: Value) -> bool {
        self.values[value.index()]
    }

    /// Whether the op must be executed.
    pub(crate) fn op(&self, op: Op) -> bool {
        self.ops[op.index()]
    }

    /// Blocks that the entry reaches, the entry first.
    pub(crate) fn reachable(&self) -> &[Block] {
        &self.reachable
    }

    /// Edges into a block from reachable ones.
    pub(crate) fn incoming(&self, block: Block) -> &[Edge] {
        &self.incoming[block.index()]
    }

    /// Whether parameter `param` of a block is passed in a register.
    pub(crate) fn param(&self, param: Value) -> bool {
        self.alias[param.index()] == param && self.values[param.index()]
    }

    /// The constant that a resolved value is, if it is one.
    pub(crate) fn constant(&self, body: &Body, value: Value) -> Option<u64> {
        let data = body.op(body.def_op(value)?);
        (zk_op(data.opcode) == Some(ZkOp::Li)).then(|| data.attrs.first()?.as_int())?
    }

    fn walk(&mut self, body: &Body) -> Result<(), BackendError> {
        let malformed = |what: &str| BackendError::Malformed(what.to_owned());
        let entry = *body
            .region(body.root())
            .first()
            .ok_or_else(|| malformed("the function has no block"))?;
        let mut seen = vec![false; body.num_blocks()];
        seen[entry.index()] = true;
        let mut stack = vec![entry];
        while let Some(block) = stack.pop() {
            self.reachable.push(block);
            let ops = &body.block(block).ops;
            for (at, &op) in ops.iter().enumerate() {
                let data = body.op(op);
                zk_op(data.opcode).ok_or_else(|| BackendError::NotZk(data.opcode.to_string()))?;
                if data.opcode.is_terminator() != (at + 1 == ops.len()) {
                    return Err(malformed(
                        "a terminator stands exactly at the end of each block",
                    ));
                }
            }
            let Some(&last) = ops.last() else {
                return Err(malformed("a block is empty"));
            };
            for (number, successor) in body.op(last).successors.iter().enumerate() {
                if successor.args.len() != body.block(successor.block).params.len() {
                    return Err(malformed("an edge has not one argument per parameter"));
                }
                self.incoming[successor.block.index()].push((last, number as u32));
                if !std::mem::replace(&mut seen[successor.block.index()], true) {
                    stack.push(successor.block);
                }
            }
        }
        Ok(())
    }

    /// Finds copies until a sweep over the blocks finds no more; chains longer than the sweeps keep their moves.
    fn find_copies(&mut self, body: &Body) {
        const SWEEPS: usize = 8;
        for &block in &self.reachable {
            for &op in &body.block(block).ops {
                let data = body.op(op);
                if zk_op(data.opcode) == Some(ZkOp::Mov)
                    && let (&[arg], &[result]) = (&data.args[..], &data.results[..])
                {
                    self.alias[result.index()] = arg;
                }
            }
        }
        for _ in 0..SWEEPS {
            let mut changed = false;
            for at in 0..self.reachable.len() {
                let block = self.reachable[at];
                if block == body.entry() {
                    continue;
                }
                for (number, &param) in body.block(block).params.iter().enumerate() {
                    if self.alias[param.index()] == param
                        && let Some(value) = self.only_argument(body, block, number, param)
                    {
                        self.alias[param.index()] = value;
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
        // Aliases point towards dominating definitions, so following them ends; one step each makes later look-ups short.
        for value in body.values() {
            self.alias[value.index()] = self.resolve(value);
        }
    }

    /// The one value other than the parameter itself that all edges pass for it.
    fn only_argument(
        &self,
        body: &Body,
        block: Block,
        number: usize,
        param: Value,
    ) -> Option<Value> {
        let mut only = None;
        for &(op, successor) in &self.incoming[block.index()] {
            let arg = self.resolve(body.op(op).successors[successor as usize].args[number]);
            if arg == param || only == Some(arg) {
                continue;
            }
            if only.is_some() {
                return None;
            }
            only = Some(arg);
        }
        only
    }

    fn mark(&mut self, body: &Body) {
        let mut work = Vec::new();
        for at in 0..self.reachable.len() {
            for &op in &body.block(self.reachable[at]).ops {
                if !removable(body.op(op).opcode) {
                    self.mark_op(body, op, &mut work);
                }
            }
        }
        while let Some(value) = work.pop() {
            match body.def(value) {
                ValueDef::Result(op, _) => self.mark_op(body, op, &mut work),
                ValueDef::Param(block, number) => {
                    for at in 0..self.incoming[block.index()].len() {
                        let (op, successor) = self.incoming[block.index()][at];
                        let arg = body.op(op).successors[successor as usize].args[number as usize];
                        self.mark_copied(body, arg, &mut work);
                    }
                }
            }
        }
    }

    fn mark_op(&mut self, body: &Body, op: Op, work: &mut Vec<Value>) {
        if std::mem::replace(&mut self.ops[op.index()], true) {
            return;
        }
        let data = body.op(op);
        let copied_from = match zk_op(data.opcode) {
            Some(ZkOp::Tcall | ZkOp::Ret) => 0,
            Some(ZkOp::Calli | ZkOp::Tcalli) => 1,
            Some(op) if takes_over(op) => 0,
            _ => data.args.len(),
        };
        for (number, &arg) in data.args.iter().enumerate() {
            if number >= copied_from {
                self.mark_copied(body, arg, work);
            } else {
                self.mark_value(arg, work);
            }
        }
    }

    fn mark_copied(&mut self, body: &Body, value: Value, work: &mut Vec<Value>) {
        if self.constant(body, self.resolve(value)).is_none() {
            self.mark_value(value, work);
        }
    }

    fn mark_value(&mut self, value: Value, work: &mut Vec<Value>) {
        let value = self.resolve(value);
        if !std::mem::replace(&mut self.values[value.index()], true) {
            work.push(value);
        }
    }
}

/// The zk op behind an opcode.
pub(crate) fn zk_op(opcode: Opcode) -> Option<ZkOp> {
    ZkOp::from_opcode(opcode)
}

/// Whether an instruction finds operands in the outgoing area and makes it its own: a call, or one that moves its operands on.
pub(crate) fn takes_over(op: ZkOp) -> bool {
    matches!(op, ZkOp::Call | ZkOp::Calli) || op.form() == Form::Blocks
}

/// Whether an op may be left out when nobody needs its results. An `arg` stays: every argument of a run must be read.
fn removable(opcode: Opcode) -> bool {
    let effects = [
        Traits::WRITES,
        Traits::MAY_TRAP,
        Traits::CALL,
        Traits::TERMINATOR,
    ];
    !effects.iter().any(|&t| opcode.has(t)) && zk_op(opcode) != Some(ZkOp::Arg)
}
