//! Micro-operations on virtual registers: what regalloc2 sees.

use crate::BackendError;
use crate::flow::{Node, NodeKind};
use regalloc2::{
    Algorithm, Block, Inst, InstRange, MachineEnv, Operand, Output, PReg, PRegSet, RegClass,
    RegallocOptions, VReg,
};
use zkc_ir::Loc;
use zkc_isa::hermez::Reg;
use zkc_isa::hermez::expand::{Micro, Shape, Want};

/// The allocatable registers; the position is the number of the physical register.
pub(super) const REGS: [Reg; 5] = [Reg::A, Reg::B, Reg::C, Reg::D, Reg::E];

/// A micro-operation with its operands.
pub(super) struct VInst {
    pub(super) micro: Micro,
    pub(super) loc: Loc,
    /// Numbers of operands that are uses, and that are results, in this order at the front of the operands.
    pub(super) uses: u32,
    pub(super) defs: u32,
    clobbers: PRegSet,
}

/// One function's micro-operations.
#[derive(Default)]
pub(super) struct VCode {
    pub(super) insts: Vec<VInst>,
    operands: Vec<Operand>,
    operand_ends: Vec<u32>,
    block_ends: Vec<u32>,
    succs: Vec<Vec<Block>>,
    preds: Vec<Vec<Block>>,
    params: Vec<Vec<VReg>>,
    args: Vec<Vec<Vec<VReg>>>,
    depths: Vec<u32>,
    vregs: u32,
    /// Words above the spill slots that callers and callees pass values in.
    pub(super) passed: u32,
    /// Whether RR is overwritten.
    pub(super) links: bool,
}

/// The virtual register with this number.
pub(super) fn vreg(number: u32) -> VReg {
    VReg::new(number as usize, RegClass::Int)
}

/// The physical register.
pub(super) fn preg(reg: Reg) -> PReg {
    PReg::new(reg as usize, RegClass::Int)
}

impl VCode {
    pub(super) fn new(vregs: u32) -> VCode {
        VCode {
            vregs,
            ..VCode::default()
        }
    }

    pub(super) fn fresh(&mut self) -> u32 {
        self.vregs += 1;
        self.vregs - 1
    }

    /// Appends a micro-operation with the shape's constraints.
    pub(super) fn push(
        &mut self,
        micro: Micro,
        shape: &Shape,
        uses: &[u32],
        defs: &[u32],
        loc: Loc,
    ) {
        for (&want, &v) in shape.uses.iter().zip(uses) {
            self.operands.push(match want {
                Want::Any => Operand::reg_use(vreg(v)),
                Want::In(reg) => Operand::reg_fixed_use(vreg(v), preg(reg)),
                Want::Anywhere => Operand::any_use(vreg(v)),
            });
        }
        for (&want, &v) in shape.defs.iter().zip(defs) {
            self.operands.push(match want {
                Want::Any => Operand::reg_def(vreg(v)),
                Want::In(reg) => Operand::reg_fixed_def(vreg(v), preg(reg)),
                Want::Anywhere => Operand::any_def(vreg(v)),
            });
        }
        for &temp in &shape.temps {
            let v = self.fresh();
            self.operands
                .push(Operand::reg_fixed_def_at_start(vreg(v), preg(temp)));
        }
        let clobbers = shape.clobbers.iter().map(|&r| preg(r)).collect();
        let (uses, defs) = (shape.uses.len() as u32, shape.defs.len() as u32);
        self.operand_ends.push(self.operands.len() as u32);
        self.insts.push(VInst {
            micro,
            loc,
            uses,
            defs,
            clobbers,
        });
    }

    /// Ends a block: `args` are those of each successor.
    pub(super) fn end_block(&mut self, node: &Node, params: Vec<VReg>, args: Vec<Vec<VReg>>) {
        self.block_ends.push(self.insts.len() as u32);
        let blocks = |list: &[u32]| list.iter().map(|&n| Block::new(n as usize)).collect();
        self.succs.push(blocks(&node.succs));
        self.preds.push(blocks(&node.preds));
        self.params.push(params);
        self.args.push(args);
        let edge = matches!(node.kind, NodeKind::Edge(..));
        self.depths.push(node.depth + u32::from(edge));
    }

    /// An estimate of what makes the better algorithm slow; see the other machine's.
    pub(super) fn allocation_work(&self) -> u64 {
        let arguments: u64 = self.args.iter().flatten().map(|l| l.len() as u64).sum();
        let blocks: u64 = self.depths.iter().map(|&d| u64::from(d) + 1).sum();
        let joins = self.params.iter().zip(&self.preds).map(|(params, preds)| {
            let preds = preds.len() as u64;
            preds
                .saturating_mul(preds)
                .saturating_mul(params.len() as u64)
        });
        joins.fold(arguments.saturating_mul(blocks) / 8, u64::saturating_add)
    }

    pub(super) fn successors(&self, block: usize) -> &[Block] {
        &self.succs[block]
    }

    pub(super) fn num_nodes(&self) -> usize {
        self.block_ends.len()
    }
}

/// Allocates registers.
pub(super) fn allocate(code: &VCode, fast: bool, check: bool) -> Result<Output, BackendError> {
    let set = |regs: &[Reg]| regs.iter().map(|&r| preg(r)).collect::<PRegSet>();
    let none = PRegSet::empty();
    // A and B are the operands of everything that is no linear combination
    let environment = MachineEnv {
        preferred_regs_by_class: [set(&[Reg::C, Reg::D, Reg::E]), none, none],
        non_preferred_regs_by_class: [set(&[Reg::A, Reg::B]), none, none],
        scratch_by_class: [None; 3],
        fixed_stack_slots: Vec::new(),
    };
    let settings = RegallocOptions {
        validate_ssa: check,
        algorithm: if fast {
            Algorithm::Fastalloc
        } else {
            Algorithm::Ion
        },
        ..RegallocOptions::default()
    };
    let output = regalloc2::run(code, &environment, &settings)
        .map_err(|error| BackendError::Allocation(error.to_string()))?;
    if check {
        let mut checker = regalloc2::checker::Checker::new(code, &environment);
        checker.prepare(&output);
        checker
            .run()
            .map_err(|errors| BackendError::Wrong(format!("{errors:?}")))?;
    }
    Ok(output)
}

impl regalloc2::Function for VCode {
    fn num_insts(&self) -> usize {
        self.insts.len()
    }

    fn num_blocks(&self) -> usize {
        self.block_ends.len()
    }

    fn entry_block(&self) -> Block {
        Block::new(0)
    }

    fn block_insns(&self, block: Block) -> InstRange {
        let before = block.index().checked_sub(1);
        let start = before.map_or(0, |b| self.block_ends[b]);
        InstRange::new(
            Inst::new(start as usize),
            Inst::new(self.block_ends[block.index()] as usize),
        )
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
        matches!(
            self.insts[inst.index()].micro,
            Micro::Return | Micro::Tail(_) | Micro::Goto(_)
        )
    }

    fn is_branch(&self, inst: Inst) -> bool {
        matches!(
            self.insts[inst.index()].micro,
            Micro::Jump | Micro::Branch(..) | Micro::Table(_)
        )
    }

    fn branch_blockparams(&self, block: Block, _: Inst, successor: usize) -> &[VReg] {
        &self.args[block.index()][successor]
    }

    fn inst_operands(&self, inst: Inst) -> &[Operand] {
        let before = inst.index().checked_sub(1);
        let start = before.map_or(0, |i| self.operand_ends[i]);
        &self.operands[start as usize..self.operand_ends[inst.index()] as usize]
    }

    fn inst_clobbers(&self, inst: Inst) -> PRegSet {
        self.insts[inst.index()].clobbers
    }

    fn num_vregs(&self) -> usize {
        self.vregs as usize
    }

    fn spillslot_size(&self, _: RegClass) -> usize {
        1
    }
}
