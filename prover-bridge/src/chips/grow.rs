//! `grow`: memory.grow.
//!
//! With P pages (limb 0 of `SLOT_PAGES`; the others are zero), n = n0 + 2^16 n1 more wanted and a limit below 2^16: if
//! `ok`, n1 = 0 and limit - P - n0 is in 16 bits. If not, n1 is not zero (`big`), or P + n0 - limit - 1, which is below
//! 2^17, is in 16 bits after taking 2^16 from it `over` times, 0 or 1. `gap` is the value looked up. So P + n <= limit
//! is decided for all n.
//!
//! The new size, P + n0 <= limit < 2^16, is written to `SLOT_PAGES`. The row offers (old, new, time of that write) on
//! GrowEvent, `count` times; count is zero unless `ok`, on padding too: no event without a grow. Degree 3.
//!
//! Bound: ok, big, inverse, over, gap by the case split; pages_new and result0 by an equation each; `count` by the
//! balance of GrowEvent.

use crate::builder::Bus;
use crate::gadgets::{Field, Frame, InstructionRow, Slot, frame::AccessSpec, inverse, limb, word};
use zkc_isa::{SLOT_PAGES, STATIC_BASE, ZkOp};

/// Name of the column that counts how often a row's event is looked up; the witness generator fills it, as for any offer.
pub(super) const GROW_COUNT: &str = "count";

/// `grow`.
pub(super) fn grow() -> InstructionRow {
    let mut f = Frame::new("grow", &[ZkOp::Grow]);
    let n = f.read_register(Field::A, 2);
    let limit = f.constant_limb(0);
    let slot = AccessSpec {
        addr: i64::from(STATIC_BASE + SLOT_PAGES).into(),
        limbs: 1,
        when: f.real.clone(),
        slot: Slot::At(1),
    };
    let old = f.old_limbs("pages", &slot)[0];
    let new = f.new_limbs("pages_new", Slot::At(1), 1)[0];
    let time = f.clock + 1;
    f.access("pages", &slot, &word(&[old]), &word(&[new]));

    let (ok, big, inv, over, gap) = (
        f.column("ok"),
        f.column("big"),
        f.column("inverse"),
        f.column("over"),
        f.column("gap"),
    );
    for (name, flag) in [("ok", ok), ("big", big), ("over", over)] {
        f.assert_bool(format!("{name} is 0 or 1"), flag);
    }
    let real = f.real.clone();
    f.assert_zero("either ok or big", (ok + big) * (ok + big - &real));
    f.assert_zero("big means a non-zero upper limb", n[1] * inv - big);
    f.assert_zero("otherwise the upper limb is zero", (1 - big) * n[1]);
    f.assert_zero("and has no inverse", (1 - big) * inv);
    f.assert_zero(
        "over is for failures by the lower limb",
        over * (1 - &real + ok + big),
    );
    let room = limit - old - n[0];
    let short = &real - ok - big;
    f.assert_zero(
        "gap",
        gap - ok * &room - short * (-room - 1 - over * (1 << 16)),
    );
    f.range16(gap);
    f.assert_zero("new size", new - old - ok * n[0]);

    let result = f.column("result0");
    let failed = &real - ok;
    f.assert_zero("limb 0 of the result", result - ok * old - &failed * 0xffff);
    f.write_d(&[result.into(), failed * 0xffff]);
    let count = f.column(GROW_COUNT);
    f.assert_zero("events are those of grows", (1 - ok) * count);
    f.chip
        .provide(Bus::GrowEvent, vec![old.into(), new.into(), time], count);
    f.finish(move |step, row| {
        let wanted = step.accesses[0].old;
        let (pages, limit) = (step.accesses[1].old as i64, step.inst.imm as i64);
        let room = limit - pages - limb(wanted, 0) as i64;
        row.set(inv, inverse(limb(wanted, 1) as i64));
        if limb(wanted, 1) != 0 {
            row.set(big, 1);
        } else if room >= 0 {
            row.set(ok, 1);
            row.set(gap, room as u64);
        } else {
            row.set(over, ((-room - 1) >> 16) as u64);
            row.set(gap, (-room - 1) as u64 & 0xffff);
        }
        row.set_limbs(&[result], step.accesses[2].new);
    })
}
