//! Instructions in the executor's compact form: handlers, and indices instead of program counters.

use super::fuse::MAX_GROUP;
use super::handlers::handler;
use super::machine::{Handler, WINDOW, stop};
use super::observe::Observer;
use crate::dialect::ZkOp;
use crate::form::Form;
use crate::program::{FIRST_PC, Inst};

/// A decoded instruction.
///
/// | form | fields that differ from [`Inst`] |
/// |---|---|
/// | `select`, `copy`, `fill` | `imm` is register `c` |
/// | jumps, branches on registers | `imm` is the index of the target |
/// | branches on a constant, `brt` | the index of the target is in `d` (low half) and `b` (high half) |
/// | `call` | `imm` is the program counter of the target, `b` the frame offset |
/// | `calli` | `imm` is the upper half of a matching table word, `b` the frame offset |
/// | `tcalli` | `imm` is the upper half of a matching table word |
/// | `lds`, `sts` | `imm` is the slot |
/// | `ldt`, `stt` | `imm` is the slot, plus the size times 2^32 |
pub(super) struct Code<O> {
    pub(super) run: Handler<O>,
    /// The handler of the next instruction.
    pub(super) next: Handler<O>,
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

/// Decodes the instructions of a valid program; after them come a [`WINDOW`] of instructions that stop.
///
/// An operand the instruction before has written is forwarded, and an instruction is fused with those after it where the
/// observer allows it, so that one handler executes them all. Each keeps its place and its own handler, for jumps to it.
pub(super) fn decode<O: Observer>(insts: &[Inst]) -> Vec<Code<O>> {
    let rows: Vec<(ZkOp, u8)> = (0..insts.len())
        .map(|at| {
            let before = at.checked_sub(1).map(|at| &insts[at]);
            (insts[at].op, forward::<O>(before, &insts[at]))
        })
        .collect();
    let run = |at: usize| match rows.get(at..) {
        Some(rows @ [first, ..]) => {
            let mut group = [(ZkOp::Halt, 0); MAX_GROUP];
            let group = &mut group[..rows.len().min(MAX_GROUP)];
            group.copy_from_slice(&rows[..group.len()]);
            for (place, row) in group.iter_mut().enumerate().skip(2) {
                *row = twice(insts, *row, at + place);
            }
            O::fused(group)
                .or_else(|| O::fused(rows))
                .unwrap_or_else(|| handler(first.0, first.1))
        }
        _ => stop,
    };
    let mut codes = Vec::with_capacity(insts.len() + WINDOW);
    let mut here = run(0);
    for (at, inst) in insts.iter().enumerate() {
        let next = run(at + 1);
        let forwarded = match rows[at].1 {
            1 => inst.a,
            2 => inst.b,
            _ => 0,
        };
        codes.push(code(inst, here, next, forwarded));
        here = next;
    }
    let halt = Inst::new(ZkOp::Halt);
    codes.extend((0..WINDOW).map(|_| code(&halt, stop, stop, 0)));
    codes
}

/// The row of the instruction at an index, third or later in a group: with 3 where `b` is forwarded and `a` is the result of the
/// instruction before the one before.
fn twice(insts: &[Inst], row: (ZkOp, u8), at: usize) -> (ZkOp, u8) {
    let older = at.checked_sub(2).map(|older| &insts[older]);
    match older.filter(|older| older.op.form().has_d()) {
        Some(older) if row.1 == 2 && older.d == insts[at].a => (row.0, 3),
        _ => row,
    }
}

/// The operand that is the result of the instruction before; none under an observer, which must see it read.
fn forward<O: Observer>(before: Option<&Inst>, inst: &Inst) -> u8 {
    let form = inst.op.form();
    let written = before
        .filter(|before| !O::ON && before.op.form().has_d())
        .map(|before| before.d);
    match written {
        Some(d) if form.operands() > 0 && inst.a == d => 1,
        Some(d) if form.operands() > 1 && inst.b == d => 2,
        _ => 0,
    }
}

fn code<O>(inst: &Inst, run: Handler<O>, next: Handler<O>, forwarded: u32) -> Code<O> {
    let narrow = |reg: u32| reg as u16;
    let mut code = Code {
        run,
        next,
        d: narrow(inst.d),
        a: narrow(inst.a),
        b: narrow(inst.b),
        forwarded: narrow(forwarded),
        imm: inst.imm,
    };
    let target = inst.target.wrapping_sub(FIRST_PC);
    match inst.op.form() {
        Form::Select | Form::Blocks => code.imm = u64::from(inst.c),
        Form::Jump | Form::Branch => code.imm = u64::from(target),
        Form::Call => {
            code.b = inst.imm as u16;
            code.imm = u64::from(inst.target);
        }
        Form::CallIndirect => {
            code.b = inst.imm as u16;
            code.imm = (inst.imm >> 32) + 1;
        }
        Form::TailCallIndirect => code.imm = (inst.imm >> 32) + 1,
        Form::BranchImm | Form::BranchTable => {
            code.d = target as u16;
            code.b = (target >> 16) as u16;
        }
        Form::StaticLoad | Form::StaticStore => code.imm = u64::from(inst.target),
        Form::TableLoad | Form::TableStore => {
            code.imm = u64::from(inst.target) | inst.imm << 32;
        }
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
