//! Loads and stores out of bounds.
//!
//! With P pages the access traps if its last byte, ea + size - 1, is at or beyond 2^16 P. a0 + o0 + size - 1 = low +
//! 2^16 carry, carry in 0..=2 as a linear expression; page = a1 + o1 + carry, at most 2^17; page - P is 2^16 `over`
//! plus 16 bits, over in 0..=2. A non-negative page - P is the trap; nothing wraps. The row reads P, so it is the size
//! at this time. Degree 3.
//!
//! Bound: low and over by range checks that make their splits unique.

use crate::gadgets::address::effective_address;
use crate::gadgets::limbs::INV16;
use crate::gadgets::{Field, Frame, InstructionRow};
use zkc_ir::Trap;
use zkc_isa::{SLOT_PAGES, STATIC_BASE, Step, ZkOp, ZkOp::*};

/// Whether a load or store traps.
pub(super) fn traps(step: &Step) -> bool {
    step.next_pc == Trap::OutOfBoundsMemoryAccess.code()
}

/// All loads and stores that trap.
pub(super) fn mem_trap() -> InstructionRow {
    let ops: [ZkOp; 13] = [
        Ld8u, Ld16u, Ld32u, Ld64, Ld8s32, Ld16s32, Ld8s64, Ld16s64, Ld32s64, St8, St16, St32, St64,
    ];
    let mut f = Frame::new("mem_trap", &ops);
    let (_, _) = (f.register_number(Field::D), f.register_number(Field::B));
    let (a, imm) = (f.read_register(Field::A, 2), f.constant(2));
    let pages = f.read("pages", i64::from(STATIC_BASE + SLOT_PAGES).into(), 1)[0];
    let (low, over) = (f.column("low"), f.column("over"));
    let reach = crate::gadgets::sum(
        ops.iter()
            .map(|&op| f.is(op) * (i64::from(op.access_bytes()) - 1)),
    );
    let carry = (a[0] + imm[0] + reach - low) * INV16;
    f.assert_zero("carry is 0, 1 or 2", &carry * (&carry - 1) * (&carry - 2));
    f.range16(low);
    let page = a[1] + imm[1] + carry;
    f.assert_zero("over is 0, 1 or 2", over * (over - 1) * (over - 2));
    f.range16(page - pages - over * (1 << 16));
    f.set_next_pc(i64::from(Trap::OutOfBoundsMemoryAccess.code()));
    f.finish(move |step, row| {
        let last = effective_address(step) + u64::from(step.inst.op.access_bytes()) - 1;
        row.set(low, last & 0xffff);
        row.set(
            over,
            (last >> 16).wrapping_sub(step.accesses[1].old) >> 16 & 3,
        );
    })
    .only(traps)
}
