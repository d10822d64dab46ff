//! Public arguments, results and output bytes, and private input.
//!
//! One layout: access 0 reads (`result`, `output`) or writes (all others) a register, with old limbs and new ones, the
//! same for a read. As only one of `d` and `a` is in use, the register's number is their sum. Each new limb is looked
//! up with as many bits as the instruction allows (8 for bytes, 0 where it must be zero): that is the only thing that
//! binds private input, and for the others it repeats what their buses say. `output` also increments `SLOT_OUTPUTS`,
//! whose two limbs carry by `carry`; the count is below the number of steps, so limb 1 stays in its range. Degree 2.
//!
//! Bound: new limbs by Args, by the read, or, for private input, by nothing but their range, which is what the statement
//! says: the prover may choose it. Columns of the output count are zero elsewhere.

use crate::builder::{Bus, Expr};
use crate::gadgets::{Field, Frame, InstructionRow, Slot, frame::AccessSpec, low_limbs, word};
use zkc_isa::{SLOT_OUTPUTS, STATIC_BASE, ZkOp::*};

/// `arg`, `inlen`, `input8`, `input64`, `result`, `output`.
pub(super) fn io() -> InstructionRow {
    let mut f = Frame::new("io", &[Arg, Inlen, Input8, Input64, Result, Output]);
    let (arg, result, output) = (f.is(Arg), f.is(Result), f.is(Output));
    let reads = &result + &output;
    let (d, a, index) = (
        f.register_number(Field::D),
        f.register_number(Field::A),
        f.constant_limb(0),
    );
    f.assert_zero("a read has no destination", &reads * d);
    f.assert_zero("a write has no operand", (1 - &reads) * a);
    let spec = AccessSpec {
        addr: f.fp + d + a,
        limbs: 4,
        when: f.real.clone(),
        slot: Slot::At(0),
    };
    let old = f.old_limbs("old", &spec);
    let new = f.new_limbs("value", Slot::At(0), 4);
    f.access("value", &spec, &word(&old), &word(&new));
    for i in 0..4 {
        f.assert_zero(
            format!("a read leaves limb {i}"),
            &reads * (new[i] - old[i]),
        );
    }
    let bytes = f.is_any(&[Input8, Output]);
    let words = f.is_any(&[Arg, Input64, Result]);
    let pair = &words + f.is(Inlen);
    for (&limb, bits) in
        new.iter()
            .zip([&pair * 16 + bytes * 8, pair * 16, &words * 16, &words * 16])
    {
        f.bits(bits, limb);
    }
    let message: Vec<Expr> = [index.into()].into_iter().chain(word(&new)).collect();
    f.chip.receive(Bus::Args, message.clone(), arg);
    f.chip.send(Bus::Results, message, result);

    let slot = AccessSpec {
        addr: i64::from(STATIC_BASE + SLOT_OUTPUTS).into(),
        limbs: 2,
        when: output.clone(),
        slot: Slot::For(1, Output),
    };
    let count = f.old_limbs("count", &slot);
    let carry = f.column("carry");
    f.assert_bool("carry is 0 or 1", carry);
    f.assert_zero("carry is for output", carry * (1 - &output));
    let low = count[0] + 1 - carry * (1 << 16);
    f.chip.lookup(Bus::Range16, vec![low.clone()], &output);
    f.access(
        "count",
        &slot,
        &word(&count),
        &word(&[low, count[1] + carry]),
    );
    f.chip
        .send(Bus::Outputs, vec![low_limbs(&count), new[0].into()], output);
    f.finish(move |step, row| {
        if step.inst.op == Output {
            row.set(carry, u64::from(step.accesses[1].old & 0xffff == 0xffff));
        }
    })
}
