//! What regalloc2 sees of any machine's virtual code: instructions in blocks, operands, edges with arguments.
//!
//! A machine says of its instructions how they end blocks and what they overwrite ([`Instruction`]); everything else is here.

use crate::flow::{Node, NodeKind};
use regalloc2::{Block, Inst, InstRange, Operand, PRegSet, RegClass, VReg};

/// An instruction of some machine on virtual registers.
pub(crate) trait Instruction {
    /// Whether it leaves the function.
    fn is_ret(&self) -> bool;
    /// Whether it goes to the node's successors.
    fn is_branch(&self) -> bool;
    /// Registers it overwrites besides its operands.
    fn clobbers(&self) -> PRegSet;
}

/// One function's virtual code. Blocks have the numbers of the nodes they are made for.
pub(crate) struct VCode<I> {
    pub(crate) insts: Vec<I>,
    operands: Vec<Operand>,
    operand_ends: Vec<u32>,
    /// One past each block's last instruction.
    block_ends: Vec<u32>,
    succs: Vec<Vec<Block>>,
    preds: Vec<Vec<Block>>,
    params: Vec<Vec<VReg>>,
    /// By block and successor: arguments for the successor's parameters.
    args: Vec<Vec<Vec<VReg>>>,
    /// Loops around each block, and whether it was made for an edge.
    pub(crate) facts: Vec<(u32, bool)>,
    /// One past the last virtual register.
    pub(crate) vregs: u32,
}

/// The virtual register with this number.
pub(crate) fn vreg(number: u32) -> VReg {
    VReg::new(number as usize, RegClass::Int)
}

impl<I> VCode<I> {
    /// Empty code with so many virtual registers.
    pub(crate) fn new(vregs: u32) -> VCode<I> {
        VCode {
            insts: Vec::new(),
            operands: Vec::new(),
            operand_ends: Vec::new(),
            block_ends: Vec::new(),
            succs: Vec::new(),
            preds: Vec::new(),
            params: Vec::new(),
            args: Vec::new(),
            facts: Vec::new(),
            vregs,
        }
    }

    /// Appends an instruction with its operands.
    pub(crate) fn push(&mut self, inst: I, operands: impl IntoIterator<Item = Operand>) {
        self.operands.extend(operands);
        self.operand_ends.push(self.operands.len() as u32);
        self.insts.push(inst);
    }

    /// Ends a block: `args` are those of each successor.
    pub(crate) fn end_block(&mut self, node: &Node, params: Vec<VReg>, args: Vec<Vec<VReg>>) {
        let blocks = |list: &[u32]| list.iter().map(|&n| Block::new(n as usize)).collect();
        self.block_ends.push(self.insts.len() as u32);
        self.succs.push(blocks(&node.succs));
        self.preds.push(blocks(&node.preds));
        self.params.push(params);
        self.args.push(args);
        self.facts
            .push((node.depth, matches!(node.kind, NodeKind::Edge(..))));
    }

    /// An estimate, in units of about 5 ns, of what makes regalloc2's better algorithm slow: it looks through all block
    /// arguments for each block that a parameter lives through, and through all arguments of a parameter for each of them.
    pub(crate) fn allocation_work(&self) -> u64 {
        let arguments: u64 = self.args.iter().flatten().map(|l| l.len() as u64).sum();
        let blocks: u64 = self
            .facts
            .iter()
            .map(|&(depth, _)| u64::from(depth) + 1)
            .sum();
        let joins = self.params.iter().zip(&self.preds).map(|(params, preds)| {
            let preds = preds.len() as u64;
            preds
                .saturating_mul(preds)
                .saturating_mul(params.len() as u64)
        });
        joins.fold(arguments.saturating_mul(blocks) / 8, u64::saturating_add)
    }

    /// Numbers of a block's successors.
    pub(crate) fn successors(&self, block: usize) -> &[Block] {
        &self.succs[block]
    }

    /// Number of blocks.
    pub(crate) fn len(&self) -> usize {
        self.block_ends.len()
    }
}

/// The part of a list of runs, of which `ends` has the ends, that is run `at`.
fn run_of(ends: &[u32], at: usize) -> std::ops::Range<usize> {
    let start = at.checked_sub(1).map_or(0, |before| ends[before]);
    start as usize..ends[at] as usize
}

impl<I: Instruction> regalloc2::Function for VCode<I> {
    fn num_insts(&self) -> usize {
        self.insts.len()
    }

    fn num_blocks(&self) -> usize {
        self.len()
    }

    fn entry_block(&self) -> Block {
        Block::new(0)
    }

    fn block_insns(&self, block: Block) -> InstRange {
        let run = run_of(&self.block_ends, block.index());
        InstRange::new(Inst::new(run.start), Inst::new(run.end))
    }

    fn block_succs(&self, block: Block) -> &[Block] {
        &self.succs[block.index()]
    }

    fn block_preds(&self, block: Block) -> &[Block] {
        &self.preds[block.index()]
    }

    fn block_params(&self, block: Block) -> &[VReg] {
        &self.params[block.index()]
    }

    fn is_ret(&self, inst: Inst) -> bool {
        self.insts[inst.index()].is_ret()
    }

    fn is_branch(&self, inst: Inst) -> bool {
        self.insts[inst.index()].is_branch()
    }

    fn branch_blockparams(&self, block: Block, _: Inst, successor: usize) -> &[VReg] {
        &self.args[block.index()][successor]
    }

    fn inst_operands(&self, inst: Inst) -> &[Operand] {
        &self.operands[run_of(&self.operand_ends, inst.index())]
    }

    fn inst_clobbers(&self, inst: Inst) -> PRegSet {
        self.insts[inst.index()].clobbers()
    }

    fn num_vregs(&self) -> usize {
        self.vregs as usize
    }

    fn spillslot_size(&self, _: RegClass) -> usize {
        1
    }
}
