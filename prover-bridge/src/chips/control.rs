//! Jumps, ends, calls and returns.
//!
//! Calls: the new frame is at fp + k; with depth = fp + k - STACK_BASE = depth_low + 2^16 h, the call goes through if h
//! has 4 bits, that is if the depth is below 2^20 = STACK_WORDS, and traps if depth - 2^20 has 16 bits. As fp <
//! STACK_BASE + 2^20 in every state (entry, calls that went through, and returns only subtract) and k < 2^16, one of
//! the two holds. The link's limbs are those of pc + 1, where the upper one has 14 bits (program counters are below
//! 2^24), so the split is unique.
//!
//! `calli`: the word's limbs are pc, pc, type id + 1, 0. The chip that goes through takes limb 2 from the constant. A
//! null word traps first, then a word of another type, then the exhausted stack. Traps share one chip. Degree 3.
//!
//! `tcall` is a jump, `tcalli` a `calli` without frame and link: they leave register 0 of the frame as it is, so a `ret` of
//! the callee returns where this function would have. `tcalli` shares the traps of `calli`, but for the exhausted stack.
//!
//! `reset` goes on in the entry frame, whose register 0 no call has written: a `ret` there ends the run.
//!
//! `ret` needs no check: register 0 is no instruction's destination, so the link is one that a call wrote, or zero in
//! the entry frame, where it ends the run with status 0.
//!
//! Bound: `link_low`, `depth_low` by range checks that make the splits unique; the trap chip's flags by inverses, forced
//! to zero in rows they do not concern.

use crate::builder::{Bus, Col, Expr};
use crate::gadgets::limbs::INV16;
use crate::gadgets::{
    Difference, Field, Frame, InstructionRow, Row, Slot, frame::AccessSpec, inverse, limb,
    low_limbs, sum,
};
use zkc_ir::Trap;
use zkc_isa::{FIRST_PC, STACK_BASE, STACK_WORDS, Step, ZkOp};

const _: () = assert!(
    STACK_WORDS == 1 << 20,
    "the depth checks are for 2^20 words"
);

/// `jump`, `trap`, `halt`.
pub(super) fn jump() -> InstructionRow {
    let mut f = Frame::new("jump", &[ZkOp::Jump, ZkOp::Trap, ZkOp::Halt]);
    let (target, code) = (f.target(), f.constant_limb(0));
    let (jump, trap) = (f.is(ZkOp::Jump), f.is(ZkOp::Trap));
    f.assert_zero("only a jump has a target", (1 - jump) * target);
    f.assert_zero("only a trap has a code", (1 - trap) * code);
    f.set_next_pc(target + code);
    f.finish(|_, _| ())
}

/// The link's write and the stack's bound in calls that go through.
struct Link {
    link_low: Col,
    depth_low: Col,
}

impl Link {
    fn new(f: &mut Frame, k: Col) -> Link {
        let (link_low, depth_low) = (f.column("link_low"), f.column("depth_low"));
        let link_high = (f.pc + 1 - link_low) * INV16;
        f.range16(link_low);
        f.bits(14, &link_high);
        let frame = f.fp + k;
        f.range16(depth_low);
        f.bits(4, (&frame - i64::from(STACK_BASE) - depth_low) * INV16);
        f.write(
            "link",
            frame.clone(),
            &[link_low.into(), link_high, k.into()],
        );
        f.set_next_fp(frame);
        Link {
            link_low,
            depth_low,
        }
    }

    fn fill(&self, step: &Step, row: &mut Row<'_>) {
        row.set(self.link_low, u64::from(step.pc + 1) & 0xffff);
        row.set(
            self.depth_low,
            u64::from(step.next_fp.wrapping_sub(STACK_BASE)) & 0xffff,
        );
    }
}

/// A call that traps makes no access but that of the word `calli` takes, and `tcalli` makes no other.
fn goes_through(step: &Step) -> bool {
    match step.inst.op {
        ZkOp::Tcalli => step.next_pc >= FIRST_PC,
        op => step.len > u8::from(op == ZkOp::Calli),
    }
}

/// `call` that goes through.
pub(super) fn call() -> InstructionRow {
    let mut f = Frame::new("call", &[ZkOp::Call]);
    let (target, k) = (f.target(), f.constant_limb(0));
    let link = Link::new(&mut f, k);
    f.set_next_pc(target);
    f.finish(move |step, row| link.fill(step, row))
        .only(goes_through)
}

/// Reads the table word in register `a`, which must be a function of the type in limb 2 of the constant; gives its pc.
fn function_word(f: &mut Frame) -> Expr {
    let ty = f.constant_limb(2);
    let (addr, when) = (f.register(Field::A), f.real.clone());
    let spec = AccessSpec {
        addr,
        limbs: 2,
        when,
        slot: Slot::At(0),
    };
    let pc = f.old_limbs("a", &spec);
    let word = [pc[0].into(), pc[1].into(), ty + 1, Expr::constant(0)];
    f.access("a", &spec, &word, &word);
    f.bits(14, pc[1]);
    low_limbs(&pc)
}

/// `calli` that goes through.
pub(super) fn calli() -> InstructionRow {
    let mut f = Frame::new("calli", &[ZkOp::Calli]);
    let k = f.constant_limb(0);
    let pc = function_word(&mut f);
    let link = Link::new(&mut f, k);
    f.set_next_pc(pc);
    f.finish(move |step, row| link.fill(step, row))
        .only(goes_through)
}

/// `tcall`.
pub(super) fn tcall() -> InstructionRow {
    let mut f = Frame::new("tcall", &[ZkOp::Tcall]);
    let target = f.target();
    f.set_next_pc(target);
    f.finish(|_, _| ())
}

/// `reset`.
pub(super) fn reset() -> InstructionRow {
    let mut f = Frame::new("reset", &[ZkOp::Reset]);
    let target = f.target();
    f.set_next_pc(target);
    f.set_next_fp(i64::from(STACK_BASE));
    f.finish(|_, _| ())
}

/// `tcalli` that goes through.
pub(super) fn tcalli() -> InstructionRow {
    let mut f = Frame::new("tcalli", &[ZkOp::Tcalli]);
    let pc = function_word(&mut f);
    f.set_next_pc(pc);
    f.finish(|_, _| ()).only(goes_through)
}

/// `call`, `calli` and `tcalli` that trap.
pub(super) fn call_trap() -> InstructionRow {
    let mut f = Frame::new("call_trap", &[ZkOp::Call, ZkOp::Calli, ZkOp::Tcalli]);
    let tcalli = f.is(ZkOp::Tcalli);
    let calli = f.is_any(&[ZkOp::Calli, ZkOp::Tcalli]);
    let (target, k, ty) = (f.target(), f.constant_limb(0), f.constant_limb(2));
    f.assert_zero("calli has no target", &calli * target);
    let addr = f.register(Field::A);
    let a = f.read_if(
        "a",
        AccessSpec {
            addr,
            limbs: 4,
            when: calli.clone(),
            slot: Slot::At(0),
        },
    );
    let (null, mismatch, nonzero) = (f.column("null"), f.column("mismatch"), f.column("nonzero"));
    for (name, flag) in [("null", null), ("mismatch", mismatch)] {
        f.assert_bool(format!("{name} is 0 or 1"), flag);
    }
    f.assert_bool("at most one reason", null + mismatch);
    f.assert_zero("only calli takes a word", (null + mismatch) * (1 - &calli));
    let total = sum(a.iter().map(|&a| a.into()));
    f.assert_zero("a null word is zero", null * &total);
    f.assert_zero("any other word is not", total * nonzero - (&calli - null));
    f.assert_zero("no inverse of null", (1 - &calli + null) * nonzero);
    let difference = Difference::new(&mut f, &mismatch.into(), &[a[2] - ty - 1, a[3].into()]);
    f.assert_zero(
        "a mismatch is a difference of type",
        &difference.differ - mismatch,
    );
    let exhausted = &f.real - null - mismatch;
    f.assert_zero("tcalli needs no stack", tcalli * &exhausted);
    let matches = &calli - null - mismatch;
    f.assert_zero(
        "the stack is exhausted for a word of the right type (limb 2)",
        &matches * (a[2] - ty - 1),
    );
    f.assert_zero(
        "the stack is exhausted for a word of the right type (limb 3)",
        &matches * a[3],
    );
    let beyond = f.fp + k - i64::from(STACK_BASE + STACK_WORDS);
    f.chip.lookup(Bus::Range16, vec![beyond], &exhausted);
    let code = |trap: Trap| i64::from(trap.code());
    f.set_next_pc(
        null * code(Trap::UninitializedElement)
            + mismatch * code(Trap::IndirectCallTypeMismatch)
            + exhausted * code(Trap::CallStackExhausted),
    );
    f.finish(move |step, row| {
        if step.inst.op == ZkOp::Call {
            return;
        }
        let word = step.accesses[0].old;
        let expected = (step.inst.imm >> 32) + 1;
        row.set(null, u64::from(word == 0));
        row.set(nonzero, inverse((0..4).map(|i| limb(word, i) as i64).sum()));
        if word != 0 && word >> 32 != expected {
            row.set(mismatch, 1);
            difference.fill(row, word >> 32, expected);
        }
    })
    .only(|step| !goes_through(step))
}

/// `ret`.
pub(super) fn ret() -> InstructionRow {
    let mut f = Frame::new("ret", &[ZkOp::Ret]);
    let fp = f.fp;
    let link = f.read("link", fp.into(), 3);
    f.set_next_pc(low_limbs(&link));
    f.set_next_fp(fp - link[2]);
    f.finish(|_, _| ())
}
