//! Instructions in the executor's compact form: handlers, and indices instead of program counters.

use super::handlers::handler;
use super::machine::Handler;
use super::observe::Observer;
use crate::form::Form;
use crate::program::{FIRST_PC, Inst};

/// A decoded instruction.
///
/// | form | fields that differ from [`Inst`] |
/// |---|---|
/// | `select` | `imm` is register `c` |
/// | jumps, branches on registers | `imm` is the index of the target |
/// | branches on a constant, `brt` | the index of the target is in `d` (low half) and `b` (high half) |
/// | `call` | `imm` is the program counter of the target, `b` the frame offset |
/// | `calli` | `imm` is the upper half of a matching table word, `b` the frame offset |
/// | `lds`, `sts` | `imm` is the slot |
/// | `ldt` | `imm` is the slot, plus the size times 2^32 |
pub(super) struct Code<O> {
    pub(super) run: Handler<O>,
    pub(super) d: u16,
    pub(super) a: u16,
    pub(super) b: u16,
    /// The register whose value the handler gets forwarded.
    pub(super) forwarded: u16,
    pub(super) imm: u64,
}

impl<O> Code<O> {
    /// The target held by `d` and `b`.
    #[inline(always)]
    pub(super) fn wide_target(&self) -> usize {
        (u32::from(self.d) | u32::from(self.b) << 16) as usize
    }
}

/// Decodes the instructions of a valid program.
///
/// An operand the instruction before has written is forwarded, except under an observer, which must see it read.
pub(super) fn decode<O: Observer>(insts: &[Inst]) -> Vec<Code<O>> {
    let before = [None].into_iter().chain(insts.iter().map(Some));
    insts
        .iter()
        .zip(before)
        .map(|(inst, before)| {
            let form = inst.op.form();
            let written = before
                .filter(|before| !O::ON && before.op.form().has_d())
                .map(|before| before.d);
            let (forward, forwarded) = match written {
                Some(d) if form.operands() > 0 && inst.a == d => (1, d),
                Some(d) if form.operands() > 1 && inst.b == d => (2, d),
                _ => (0, 0),
            };
            code(inst, handler(inst.op, forward), forwarded)
        })
        .collect()
}

fn code<O>(inst: &Inst, run: Handler<O>, forwarded: u32) -> Code<O> {
    let narrow = |reg: u32| reg as u16;
    let mut code = Code {
        run,
        d: narrow(inst.d),
        a: narrow(inst.a),
        b: narrow(inst.b),
        forwarded: narrow(forwarded),
        imm: inst.imm,
    };
    let target = inst.target.wrapping_sub(FIRST_PC);
    match inst.op.form() {
        Form::Select => code.imm = u64::from(inst.c),
        Form::Jump | Form::Branch => code.imm = u64::from(target),
        Form::Call => {
            code.b = inst.imm as u16;
            code.imm = u64::from(inst.target);
        }
        Form::CallIndirect => {
            code.b = inst.imm as u16;
            code.imm = (inst.imm >> 32) + 1;
        }
        Form::BranchImm | Form::BranchTable => {
            code.d = target as u16;
            code.b = (target >> 16) as u16;
        }
        Form::StaticLoad | Form::StaticStore => code.imm = u64::from(inst.target),
        Form::TableLoad => code.imm = u64::from(inst.target) | inst.imm << 32,
        Form::Binary
        | Form::BinaryImm
        | Form::Unary
        | Form::Constant
        | Form::Load
        | Form::Store
        | Form::Grow
        | Form::Arg
        | Form::Result
        | Form::Hint
        | Form::Output
        | Form::Trap
        | Form::Bare => {}
    }
    code
}
