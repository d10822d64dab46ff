//! Virtual code: machine instructions whose operands are virtual registers or places of the outgoing area.
//!
//! Nodes of [`crate::flow::Flow`] and blocks of the virtual code have the same numbers. It is what regalloc2 sees.

use crate::live::zk_op;
use regalloc2::{
    Block, Inst as InstIndex, InstRange, Operand, OperandConstraint, OperandKind, OperandPos, PReg,
    PRegSet, RegClass, VReg,
};
use zkc_ir::{Attr, Loc, Op, OpData};
use zkc_isa::{Inst, ZkOp};

/// Registers 1 to `BANK` of the frame are the allocator's physical registers; its stack slots are the registers above.
pub(crate) const BANK: u32 = 62;

/// Where an operand stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Nowhere: the instruction has no such operand.
    None,
    /// In a virtual register.
    Value(u32),
    /// In the outgoing area, counted from 0.
    Out(u32),
}

/// An argument of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arg {
    /// Copied from here.
    At(Place),
    /// A constant.
    Constant(u64),
}

/// What a virtual instruction does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Takes the function's parameters; `None` for those that are not needed.
    Entry(Vec<Option<u32>>),
    /// One instruction; its register fields stand in `d` and `abc`.
    Plain {
        inst: Inst,
        d: Place,
        abc: [Place; 3],
    },
    /// A call, or another instruction that takes over the outgoing area; `word` is the table word of a `calli`.
    Call {
        inst: Inst,
        word: Place,
        args: Vec<Arg>,
        results: Vec<Place>,
    },
    /// Goes to the node's only successor.
    Jump,
    /// Goes to the node's first successor if the condition holds, else to its second.
    Branch { inst: Inst, abc: [Place; 3] },
    /// Goes to the successor whose number the table gives.
    Table { index: Place, table: Vec<u32> },
    /// Returns these virtual registers.
    Return(Vec<u32>),
    /// Goes to another function with these virtual registers as arguments; `word` is the table word of a `tcalli`.
    Tail {
        inst: Inst,
        word: Place,
        args: Vec<u32>,
    },
    /// Ends the run.
    Stop(Inst),
}

/// A virtual instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct VInst {
    pub(crate) kind: Kind,
    /// The op it was made for.
    pub(crate) origin: Option<Op>,
    pub(crate) loc: Loc,
}

/// One function's virtual code.
#[derive(Default)]
pub(crate) struct Code {
    pub(crate) insts: Vec<VInst>,
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
    /// The next number for a new virtual register.
    fresh: u32,
    num_values: u32,
    /// Number of parameters of the function, and of what it leaves in registers 1.. at its end: results, or arguments of a tail call.
    pub(crate) arity: (u32, u32),
    /// Outgoing registers used.
    pub(crate) outgoing: u32,
}

/// How virtual registers are numbered: values by their index, then new ones, then parameters of blocks.
///
/// Parameters come last because regalloc2 looks for each register through the arguments of all parameters before it.
#[derive(Clone, Copy)]
pub(crate) struct Numbers {
    /// The first new one.
    pub(crate) fresh: u32,
    /// One past the last parameter.
    pub(crate) end: u32,
}

/// The virtual register with this number.
pub(crate) fn vreg(number: u32) -> VReg {
    VReg::new(number as usize, RegClass::Int)
}

/// The physical register that is register `number` of the frame, if it is in the bank.
pub(crate) fn preg(number: u32) -> Option<PReg> {
    (1..=BANK)
        .contains(&number)
        .then(|| PReg::new(number as usize, RegClass::Int))
}

impl Code {
    /// Empty code of a function with this number of parameters and of results, whose calls use `outgoing` registers.
    pub(crate) fn new(numbers: Numbers, arity: (u32, u32), outgoing: u32) -> Code {
        Code {
            fresh: numbers.fresh,
            num_values: numbers.end,
            arity,
            outgoing,
            ..Code::default()
        }
    }

    /// Appends an instruction.
    pub(crate) fn push(&mut self, kind: Kind, origin: Option<Op>, loc: Loc) {
        kind.operands(&mut self.operands);
        self.operand_ends.push(self.operands.len() as u32);
        self.insts.push(VInst { kind, origin, loc });
    }

    /// Ends a block: `args` are those of each successor.
    pub(crate) fn end_block(
        &mut self,
        node: &crate::flow::Node,
        params: Vec<VReg>,
        args: Vec<Vec<VReg>>,
    ) {
        self.block_ends.push(self.insts.len() as u32);
        self.succs
            .push(node.succs.iter().map(|&n| Block::new(n as usize)).collect());
        self.preds
            .push(node.preds.iter().map(|&n| Block::new(n as usize)).collect());
        self.params.push(params);
        self.args.push(args);
        self.facts.push((
            node.depth,
            matches!(node.kind, crate::flow::NodeKind::Edge(..)),
        ));
    }

    /// A new virtual register.
    pub(crate) fn fresh(&mut self) -> u32 {
        self.fresh += 1;
        self.fresh - 1
    }

    /// An estimate, in units of about 5 ns, of what makes regalloc2's better algorithm slow: it looks through all block
    /// arguments for each block that a parameter lives through, and through all arguments of a parameter for each of them.
    pub(crate) fn allocation_work(&self) -> u64 {
        let arguments: u64 = self
            .args
            .iter()
            .flatten()
            .map(|list| list.len() as u64)
            .sum();
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
}

impl Kind {
    /// Adds the operands for the allocator: uses in the order of fields, then definitions.
    fn operands(&self, to: &mut Vec<Operand>) {
        let used = |place: Place, to: &mut Vec<Operand>| {
            if let Place::Value(v) = place {
                to.push(Operand::any_use(vreg(v)));
            }
        };
        let defined = |place: Place, to: &mut Vec<Operand>| {
            if let Place::Value(v) = place {
                to.push(Operand::any_def(vreg(v)));
            }
        };
        let fixed =
            |number: u32| preg(number).map_or(OperandConstraint::Any, OperandConstraint::FixedReg);
        match self {
            Kind::Entry(params) => {
                for (number, &param) in (1..).zip(params) {
                    if let Some(v) = param {
                        to.push(Operand::new(
                            vreg(v),
                            fixed(number),
                            OperandKind::Def,
                            OperandPos::Late,
                        ));
                    }
                }
            }
            Kind::Plain { d, abc, .. } => {
                abc.iter().for_each(|&p| used(p, to));
                defined(*d, to);
            }
            Kind::Call {
                word,
                args,
                results,
                ..
            } => {
                used(*word, to);
                for arg in args {
                    if let Arg::At(place) = *arg {
                        used(place, to);
                    }
                }
                results.iter().for_each(|&p| defined(p, to));
            }
            Kind::Branch { abc, .. } => abc.iter().for_each(|&p| used(p, to)),
            Kind::Table { index, .. } => used(*index, to),
            Kind::Return(values) | Kind::Tail { args: values, .. } => {
                if let Kind::Tail { word, .. } = self {
                    used(*word, to);
                }
                for (number, &v) in (1..).zip(values) {
                    to.push(Operand::new(
                        vreg(v),
                        fixed(number),
                        OperandKind::Use,
                        OperandPos::Early,
                    ));
                }
            }
            Kind::Jump | Kind::Stop(_) => {}
        }
    }
}

/// The instruction of an op without its registers: constants and static slots, as the row's attributes say.
pub(crate) fn template(data: &OpData) -> Option<Inst> {
    let mut inst = Inst::new(zk_op(data.opcode)?);
    let has_slot = inst.op.form().has_slot();
    for (number, attr) in data.attrs.iter().enumerate() {
        match attr {
            Attr::Mem { offset, .. } => inst.imm = *offset,
            Attr::Trap(kind) => inst.imm = u64::from(kind.code()),
            _ if number == 0 && has_slot => inst.target = u32::try_from(attr.as_int()?).ok()?,
            _ if number == 0 || has_slot => inst.imm = attr.as_int()?,
            _ => {}
        }
    }
    // The machine takes no more of an amount than it uses.
    inst.imm &= match inst.op {
        ZkOp::Shl32Imm | ZkOp::Shru32Imm | ZkOp::Shrs32Imm | ZkOp::Rotl32Imm => 31,
        ZkOp::Shl64Imm | ZkOp::Shru64Imm | ZkOp::Shrs64Imm | ZkOp::Rotl64Imm => 63,
        _ => u64::MAX,
    };
    Some(inst)
}

impl regalloc2::Function for Code {
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
        let start = block
            .index()
            .checked_sub(1)
            .map_or(0, |b| self.block_ends[b]);
        InstRange::new(
            InstIndex::new(start as usize),
            InstIndex::new(self.block_ends[block.index()] as usize),
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

    fn is_ret(&self, inst: InstIndex) -> bool {
        matches!(
            self.insts[inst.index()].kind,
            Kind::Return(_) | Kind::Tail { .. } | Kind::Stop(_)
        )
    }

    fn is_branch(&self, inst: InstIndex) -> bool {
        matches!(
            self.insts[inst.index()].kind,
            Kind::Jump | Kind::Branch { .. } | Kind::Table { .. }
        )
    }

    fn branch_blockparams(&self, block: Block, _: InstIndex, successor: usize) -> &[VReg] {
        &self.args[block.index()][successor]
    }

    fn inst_operands(&self, inst: InstIndex) -> &[Operand] {
        let start = inst
            .index()
            .checked_sub(1)
            .map_or(0, |i| self.operand_ends[i]);
        &self.operands[start as usize..self.operand_ends[inst.index()] as usize]
    }

    fn inst_clobbers(&self, _: InstIndex) -> PRegSet {
        PRegSet::empty()
    }

    fn num_vregs(&self) -> usize {
        self.num_values as usize
    }

    fn spillslot_size(&self, _: RegClass) -> usize {
        1
    }
}
