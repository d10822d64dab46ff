//! Rows with an index that is compared with a bound: `ldt`, `stt` and `brt`.
//!
//! index < bound is a [`Less`] of two limbs. `ldt`: below the size, the word at slot + index is read and written to
//! `d`, else the run ends with `undefined-element` and columns of both accesses are zero. `stt`: below the size, register
//! `b` is written to the word at slot + index, else the run ends with `out-of-bounds-table-access` and columns of the
//! word are zero. Slot + size is at most 2^27, and the slot of `stt` at least 2 (program validation), so a valid index
//! reaches static words only, and no store the machine's own. `brt` continues at target + min(index, bound). Degree 2 and 3.
//!
//! Bound: marks, distance, less by the gadget; next_pc by an equation; the rest by the frame.

use crate::builder::Expr;
use crate::gadgets::{
    Field, Frame, InstructionRow, Less, Slot, exprs, frame::AccessSpec, low_limbs,
};
use zkc_ir::Trap;
use zkc_isa::{STATIC_BASE, ZkOp};

/// The next pc of a row that traps unless `less` holds.
fn next_or_trap(f: &mut Frame, less: &Less, trap: Trap) {
    let next = f.next_pc_column();
    let (pc, real, code) = (f.pc, f.real.clone(), i64::from(trap.code()));
    f.assert_zero(
        "next pc is the next instruction's or the trap's code",
        next - less.less * (pc + 1 - code) - real * code,
    );
}

/// `ldt`.
pub(super) fn ldt() -> InstructionRow {
    let mut f = Frame::new("ldt", &[ZkOp::Ldt]);
    let index = f.read_register(Field::A, 2);
    let (slot, size) = (f.target(), f.constant(2));
    let real = f.real.clone();
    let less = Less::new(&mut f, &real, &exprs(&index), &exprs(&size), None);
    let valid = Expr::from(less.less);
    let addr = slot + i64::from(STATIC_BASE) + low_limbs(&index);
    let value = f.read_if(
        "slot",
        AccessSpec {
            addr,
            limbs: 4,
            when: valid.clone(),
            slot: Slot::At(1),
        },
    );
    let addr = f.register(Field::D);
    f.write_if(
        "d",
        AccessSpec {
            addr,
            limbs: 4,
            when: valid,
            slot: Slot::At(2),
        },
        &exprs(&value),
    );
    next_or_trap(&mut f, &less, Trap::UndefinedElement);
    f.finish(move |step, row| {
        less.fill(row, step.accesses[0].old, step.inst.imm, false);
    })
}

/// `stt`.
pub(super) fn stt() -> InstructionRow {
    let mut f = Frame::new("stt", &[ZkOp::Stt]);
    let index = f.read_register(Field::A, 2);
    let value = f.read_register(Field::B, 4);
    let (slot, size) = (f.target(), f.constant(2));
    let real = f.real.clone();
    let less = Less::new(&mut f, &real, &exprs(&index), &exprs(&size), None);
    f.write_if(
        "slot",
        AccessSpec {
            addr: slot + i64::from(STATIC_BASE) + low_limbs(&index),
            limbs: 4,
            when: less.less.into(),
            slot: Slot::At(2),
        },
        &exprs(&value),
    );
    next_or_trap(&mut f, &less, Trap::OutOfBoundsTableAccess);
    f.finish(move |step, row| {
        less.fill(row, step.accesses[0].old, step.inst.imm, false);
    })
}

/// `brt`.
pub(super) fn brt() -> InstructionRow {
    let mut f = Frame::new("brt", &[ZkOp::Brt]);
    let index = f.read_register(Field::A, 2);
    let (target, count) = (f.target(), f.constant(2));
    let real = f.real.clone();
    let less = Less::new(&mut f, &real, &exprs(&index), &exprs(&count), None);
    let next = f.next_pc_column();
    let (index, count) = (low_limbs(&index), low_limbs(&count));
    f.assert_zero(
        "next pc is target + min(index, count)",
        next - target - &count - less.less * (index - &count),
    );
    f.finish(move |step, row| {
        less.fill(row, step.accesses[0].old, step.inst.imm, false);
    })
}
