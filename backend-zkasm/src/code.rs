//! Virtual code: machine instructions whose operands are virtual registers or places of the outgoing area.
//!
//! Nodes of [`crate::flow::Flow`] and blocks of the virtual code have the same numbers. It is what regalloc2 sees.

use crate::live::zk_op;
use crate::vcode::{Instruction, VCode, vreg};
use regalloc2::{Operand, OperandConstraint, OperandKind, OperandPos, PReg, PRegSet, RegClass};
use zkc_ir::{Attr, Loc, Op, OpData};
use zkc_isa::Inst;

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
pub(crate) struct Code {
    pub(crate) vcode: VCode<VInst>,
    /// The next number for a new virtual register.
    fresh: u32,
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
            vcode: VCode::new(numbers.end),
            fresh: numbers.fresh,
            arity,
            outgoing,
        }
    }

    /// Appends an instruction.
    pub(crate) fn push(&mut self, kind: Kind, origin: Option<Op>, loc: Loc) {
        let operands = kind.operands();
        self.vcode.push(VInst { kind, origin, loc }, operands);
    }

    /// A new virtual register.
    pub(crate) fn fresh(&mut self) -> u32 {
        self.fresh += 1;
        self.fresh - 1
    }
}

impl Kind {
    /// The operands for the allocator: uses in the order of fields, then definitions.
    fn operands(&self) -> Vec<Operand> {
        let to = &mut Vec::new();
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
        std::mem::take(to)
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
    if let Some(width) = inst.op.shift_width() {
        inst.imm &= u64::from(width) - 1;
    }
    Some(inst)
}

impl Instruction for VInst {
    fn is_ret(&self) -> bool {
        matches!(
            self.kind,
            Kind::Return(_) | Kind::Tail { .. } | Kind::Stop(_)
        )
    }

    fn is_branch(&self) -> bool {
        matches!(
            self.kind,
            Kind::Jump | Kind::Branch { .. } | Kind::Table { .. }
        )
    }

    fn clobbers(&self) -> PRegSet {
        PRegSet::empty()
    }
}
