//! What an instruction chip offers: a description as data and a way to fill one row from one executed step.
//!
//! Rows are filled with canonical field values: plain integers below the field's order [`ORDER`], converted once by the
//! witness generator. A negative value `-x` is written `ORDER - x` ([`canonical`] does it).
//!
//! What every instruction chip keeps to:
//! * an all-zero row is padding: every constraint holds on it and every multiplicity is 0;
//! * it speaks of its own row only (no `next`, no row selectors, no preprocessed columns, no given columns);
//! * on a real row it receives the State tuple (pc, clock, fp), sends the one after with clock + 4, looks its instruction up
//!   on the Program bus (pc, opcode as the `u16` of the `ZkOp`, d, a, b, c, four 16-bit limbs of imm, target), and for access
//!   number i of the step receives the Memory tuple (address, prev_ts, old limbs), sends (address, its time, new limbs) and
//!   looks `time - prev_ts - 1` up in Range16; its time is `Step::time(i)`, mostly clock + i.

use crate::builder::Chip;
use zkc_isa::Step;

/// Order of the field KoalaBear, 2^31 - 2^24 + 1: cell values are below it.
pub const ORDER: u32 = 0x7f00_0001;

/// One kind of executed instruction with what its chip needs.
pub trait InstructionChip: Send + Sync {
    /// Columns, constraints, messages. The name is unique among all chips.
    fn describe(&self) -> Chip;

    /// Fills one real row for an executed step; `row` has as many cells as the chip has columns and comes zeroed. Every cell
    /// must be left below [`ORDER`]. Never panics for a step the executor made and [`crate::chips::select`] gave to this chip.
    fn fill(&self, step: &Step, row: &mut [u32]);
}

/// A small signed integer as a cell value.
pub const fn canonical(x: i64) -> u32 {
    x.rem_euclid(ORDER as i64) as u32
}
