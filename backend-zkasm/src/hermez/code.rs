//! Micro-operations on virtual registers: what regalloc2 sees.

use crate::vcode::{Instruction, VCode, vreg};
use crate::{BackendError, regalloc};
use regalloc2::{MachineEnv, Operand, Output, PReg, PRegSet, RegClass};
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
pub(super) struct Code {
    pub(super) vcode: VCode<VInst>,
    /// Words above the spill slots that callers and callees pass values in.
    pub(super) passed: u32,
    /// Whether RR is overwritten.
    pub(super) links: bool,
}

/// The physical register.
pub(super) fn preg(reg: Reg) -> PReg {
    PReg::new(reg as usize, RegClass::Int)
}

impl Code {
    pub(super) fn new(vregs: u32) -> Code {
        Code {
            vcode: VCode::new(vregs),
            passed: 0,
            links: false,
        }
    }

    pub(super) fn fresh(&mut self) -> u32 {
        self.vcode.vregs += 1;
        self.vcode.vregs - 1
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
        let mut operands = Vec::new();
        for (&want, &v) in shape.uses.iter().zip(uses) {
            operands.push(match want {
                Want::Any => Operand::reg_use(vreg(v)),
                Want::In(reg) => Operand::reg_fixed_use(vreg(v), preg(reg)),
                Want::Anywhere => Operand::any_use(vreg(v)),
            });
        }
        for (&want, &v) in shape.defs.iter().zip(defs) {
            operands.push(match want {
                Want::Any => Operand::reg_def(vreg(v)),
                Want::In(reg) => Operand::reg_fixed_def(vreg(v), preg(reg)),
                Want::Anywhere => Operand::any_def(vreg(v)),
            });
        }
        for &temp in &shape.temps {
            let v = self.fresh();
            operands.push(Operand::reg_fixed_def_at_start(vreg(v), preg(temp)));
        }
        let inst = VInst {
            micro,
            loc,
            uses: shape.uses.len() as u32,
            defs: shape.defs.len() as u32,
            clobbers: shape.clobbers.iter().map(|&r| preg(r)).collect(),
        };
        self.vcode.push(inst, operands);
    }
}

/// Allocates registers.
pub(super) fn allocate(code: &Code, fast: bool, check: bool) -> Result<Output, BackendError> {
    let set = |regs: &[Reg]| regs.iter().map(|&r| preg(r)).collect::<PRegSet>();
    let none = PRegSet::empty();
    // A and B are the operands of everything that is no linear combination
    let environment = MachineEnv {
        preferred_regs_by_class: [set(&[Reg::C, Reg::D, Reg::E]), none, none],
        non_preferred_regs_by_class: [set(&[Reg::A, Reg::B]), none, none],
        scratch_by_class: [None; 3],
        fixed_stack_slots: Vec::new(),
    };
    regalloc::run(&code.vcode, &environment, fast, check)
}

impl Instruction for VInst {
    fn is_ret(&self) -> bool {
        matches!(self.micro, Micro::Return | Micro::Tail(_) | Micro::Goto(_))
    }

    fn is_branch(&self) -> bool {
        matches!(
            self.micro,
            Micro::Jump | Micro::Branch(..) | Micro::Table(_)
        )
    }

    fn clobbers(&self) -> PRegSet {
        self.clobbers
    }
}
