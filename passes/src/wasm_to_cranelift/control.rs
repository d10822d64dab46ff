//! Structured control flow to blocks and branches.
//!
//! Regions are walked with a list of frames. A region whose end cannot be reached makes the rest of the enclosing region
//! unreachable too, and that rest is not translated.

use super::{Translator, clif_type};
use crate::clif::{internal, trap_to_code};
use cranelift_codegen::ir::{self as clif, BlockArg, InstBuilder, JumpTableData};
use zkc_ir::{Attr, Block, Diagnostic, Op, SimdOp, Trap, WasmOp};

/// One open region.
pub(super) struct Frame {
    /// The op that holds the region; `None` for the function.
    op: Option<Op>,
    /// The region's block and the position of its next op.
    block: Block,
    next: usize,
    /// Where a branch to a loop's label goes.
    header: Option<clif::Block>,
    /// Where the code after the op starts; made by the first branch to it.
    after: Option<clif::Block>,
    /// The `else` region not translated yet.
    pending_else: Option<(clif::Block, Block)>,
}

impl Translator<'_> {
    /// Translates the whole body.
    pub(super) fn function(&mut self) -> Result<(), Diagnostic> {
        let entry = self.body.entry();
        self.frames.push(Frame {
            op: None,
            block: entry,
            next: 0,
            header: None,
            after: None,
            pending_else: None,
        });
        while let Some(frame) = self.frames.last_mut() {
            let Some(&op) = self.body.block(frame.block).ops.get(frame.next) else {
                return Err(internal("a region of the wasm dialect has no terminator"));
            };
            frame.next += 1;
            let data = self.body.op(op);
            self.builder.set_srcloc(match data.loc.offset() {
                Some(offset) => clif::SourceLoc::new(offset),
                None => clif::SourceLoc::default(),
            });
            let goes_on = if let Some(opcode) = SimdOp::from_opcode(data.opcode) {
                self.simd(op, opcode)?
            } else {
                let opcode = WasmOp::from_opcode(data.opcode).ok_or_else(|| {
                    internal(format!("`{}` is not of the wasm dialect", data.opcode))
                })?;
                self.control(op, opcode)? || self.plain(op, opcode)?
            };
            if !goes_on {
                self.builder
                    .ins()
                    .trap(trap_to_code(Trap::OutOfBoundsMemoryAccess));
                self.leave()?;
            }
        }
        Ok(())
    }

    /// Translates an op of control flow; false if it is another kind.
    fn control(&mut self, op: Op, opcode: WasmOp) -> Result<bool, Diagnostic> {
        let data = self.body.op(op);
        match opcode {
            WasmOp::Block | WasmOp::Loop | WasmOp::If => self.enter(op, opcode)?,
            WasmOp::End => {
                let args = self.values(&data.args)?;
                let innermost = self.frames.len() - 1;
                if innermost == 0 {
                    self.builder.ins().return_(&args);
                } else {
                    let after = self.after(innermost);
                    self.builder.ins().jump(after, &block_args(&args));
                }
                self.leave()?;
            }
            WasmOp::Br => {
                let args = self.values(&data.args)?;
                self.branch(depth(&data.attrs)?, &args)?;
                self.leave()?;
            }
            WasmOp::Return => {
                let args = self.values(&data.args)?;
                self.builder.ins().return_(&args);
                self.leave()?;
            }
            WasmOp::ReturnCall | WasmOp::ReturnCallIndirect => {
                let args = self.values(&data.args)?;
                let callee = self.call(opcode, &data.attrs)?;
                self.builder.ins().return_call(callee, &args);
                self.leave()?;
            }
            WasmOp::Unreachable => {
                self.builder.ins().trap(trap_to_code(Trap::Unreachable));
                self.leave()?;
            }
            WasmOp::BrIf => {
                let args = self.values(&data.args)?;
                let target = self.target(depth(&data.attrs)?)?;
                let next = self.builder.create_block();
                self.builder
                    .ins()
                    .brif(args[0], target, &block_args(&args[1..]), next, &[]);
                self.builder.switch_to_block(next);
                self.builder.seal_block(next);
            }
            WasmOp::BrTable => {
                let args = self.values(&data.args)?;
                let [Attr::Indices(depths)] = data.attrs.as_slice() else {
                    return Err(internal("`br_table` without depths"));
                };
                let mut calls = Vec::with_capacity(depths.len());
                for &depth in depths {
                    let target = self.target(depth)?;
                    calls.push(
                        self.builder
                            .func
                            .dfg
                            .block_call(target, &block_args(&args[1..])),
                    );
                }
                let default = calls
                    .pop()
                    .ok_or_else(|| internal("`br_table` without a default"))?;
                let table = self
                    .builder
                    .create_jump_table(JumpTableData::new(default, &calls));
                self.builder.ins().br_table(args[0], table);
                self.leave()?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn enter(&mut self, op: Op, opcode: WasmOp) -> Result<(), Diagnostic> {
        let data = self.body.op(op);
        let mut args = self.values(&data.args)?;
        let block = self.body.region(data.regions[0])[0];
        let mut frame = Frame {
            op: Some(op),
            block,
            next: 0,
            header: None,
            after: None,
            pending_else: None,
        };
        match opcode {
            WasmOp::Loop => {
                let header = self.block_with(&data.args);
                self.builder.ins().jump(header, &block_args(&args));
                self.builder.switch_to_block(header);
                args = self.builder.block_params(header).to_vec();
                frame.header = Some(header);
            }
            WasmOp::If => {
                let condition = args.remove(0);
                let then = self.builder.create_block();
                let otherwise = self.builder.create_block();
                self.builder
                    .ins()
                    .brif(condition, then, &[], otherwise, &[]);
                self.builder.seal_block(then);
                self.builder.seal_block(otherwise);
                let else_block = self.body.region(data.regions[1])[0];
                for (&param, &arg) in self.body.block(else_block).params.iter().zip(&args) {
                    self.values[param] = Some(arg);
                }
                frame.pending_else = Some((otherwise, else_block));
                self.builder.switch_to_block(then);
            }
            _ => {}
        }
        for (&param, &arg) in self.body.block(block).params.iter().zip(&args) {
            self.values[param] = Some(arg);
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Goes on after a terminator: with the `else` region, or after the innermost op that can end.
    fn leave(&mut self) -> Result<(), Diagnostic> {
        while let Some(mut frame) = self.frames.pop() {
            if let Some((target, block)) = frame.pending_else.take() {
                self.builder.switch_to_block(target);
                frame.block = block;
                frame.next = 0;
                self.frames.push(frame);
                return Ok(());
            }
            if let Some(header) = frame.header {
                self.builder.seal_block(header);
            }
            if let (Some(after), Some(op)) = (frame.after, frame.op) {
                self.builder.switch_to_block(after);
                self.builder.seal_block(after);
                let params = self.builder.block_params(after).to_vec();
                for (&result, param) in self.body.op(op).results.iter().zip(params) {
                    self.values[result] = Some(param);
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// Branches to label `depth`.
    fn branch(&mut self, depth: u32, args: &[clif::Value]) -> Result<(), Diagnostic> {
        if depth as usize + 1 == self.frames.len() {
            self.builder.ins().return_(args);
        } else {
            let target = self.target(depth)?;
            self.builder.ins().jump(target, &block_args(args));
        }
        Ok(())
    }

    /// The block a branch to label `depth` goes to.
    fn target(&mut self, depth: u32) -> Result<clif::Block, Diagnostic> {
        let index = (self.frames.len().checked_sub(1 + depth as usize))
            .ok_or_else(|| internal(format!("branch to label {depth} of {}", self.frames.len())))?;
        Ok(match self.frames[index].header {
            Some(header) => header,
            None => self.after(index),
        })
    }

    /// The block after the op of a frame; for the function, the one that returns.
    fn after(&mut self, index: usize) -> clif::Block {
        let frame = &self.frames[index];
        if let Some(block) = if frame.op.is_some() {
            frame.after
        } else {
            self.exit
        } {
            return block;
        }
        match frame.op {
            Some(op) => {
                let after = self.block_with(&self.body.op(op).results);
                self.frames[index].after = Some(after);
                after
            }
            None => {
                let exit = self.builder.create_block();
                for &ty in &self.body.signature().results {
                    self.builder.append_block_param(exit, clif_type(ty));
                }
                self.exit = Some(exit);
                exit
            }
        }
    }

    /// A new block with one parameter for each of these values, of its type.
    fn block_with(&mut self, values: &[zkc_ir::Value]) -> clif::Block {
        let block = self.builder.create_block();
        for &value in values {
            self.builder
                .append_block_param(block, clif_type(self.body.ty(value)));
        }
        block
    }
}

fn depth(attrs: &[Attr]) -> Result<u32, Diagnostic> {
    match attrs {
        [Attr::Index(depth)] => Ok(*depth),
        _ => Err(internal("a branch without its depth")),
    }
}

fn block_args(values: &[clif::Value]) -> Vec<BlockArg> {
    values.iter().map(|&v| BlockArg::Value(v)).collect()
}
