//! Fused lines: one row for several instructions that a program executes in a row.
//!
//! A program may name lines of its instructions ([`zkc_isa::Fused`]). The key then has a chip for each, which
//! [`compose`] makes of the instructions' own chips, and a prover may prove a line's execution by one row of it instead
//! of a row for every instruction. What the machine does is the same either way, and so is what the proof shows; only cells
//! differ. So a line needs no rule for when it applies: where it does not (a trap inside, an unaligned access, a run that is
//! cut off in it), the instructions' own chips do.

mod affine;
mod compose;
#[cfg(test)]
mod tests;

use crate::builder::Chip;
use crate::chips;
use crate::gadgets::{InstructionRow, frame::even_out};
pub use compose::ComposeError;
use compose::{Origin, compose};
use zkc_isa::{Inst, MAX_LINE, MAX_REG, Step};

/// Why a line cannot be fused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FuseError {
    /// The line is too short or too long.
    #[error("a fused line has 2 to {MAX_LINE} instructions")]
    Length,
    /// An instruction cannot stand in a line.
    #[error("instruction {0} of the line, `{1}`, cannot be fused")]
    Instruction(usize, &'static str),
    /// The instructions' chips do not compose.
    #[error("the line has no chip: {0}")]
    Compose(#[from] ComposeError),
}

/// The chip of a fused line.
pub(crate) struct FusedChip {
    /// The instructions with their program counters.
    pub(crate) line: Vec<(u32, Inst)>,
    chip: Chip,
    /// Numbers of the instructions' own chips.
    own: Vec<usize>,
    rows: Vec<&'static InstructionRow>,
    origins: Vec<Origin>,
    accesses: Vec<u8>,
}

impl FusedChip {
    /// The chip of a line.
    pub(crate) fn new(name: String, line: Vec<(u32, Inst)>) -> Result<FusedChip, FuseError> {
        if !(2..=MAX_LINE).contains(&line.len()) {
            return Err(FuseError::Length);
        }
        for (at, (_, inst)) in line.iter().enumerate() {
            let small = [inst.d, inst.a, inst.b, inst.c]
                .iter()
                .all(|&r| r <= MAX_REG);
            let narrow = !inst.op.is_32() || inst.imm >> 32 == 0;
            let shifts = inst.op.shift_width().is_none_or(|w| inst.imm < w.into());
            if !(inst.op.fusible() && small && narrow && shifts && inst.normalized() == *inst) {
                return Err(FuseError::Instruction(at, inst.op.opcode().def().name));
            }
        }
        let own: Vec<usize> = line.iter().map(|(_, i)| chips::usual(i.op)).collect();
        let rows: Vec<_> = own.iter().map(|&id| chips::row(id)).collect();
        let mut composed = compose(name, &line, &rows)?;
        even_out(&mut composed.chip);
        Ok(FusedChip {
            line,
            chip: composed.chip,
            own,
            rows,
            origins: composed.origins,
            accesses: composed.accesses,
        })
    }

    /// The description.
    pub(crate) fn describe(&self) -> Chip {
        self.chip.clone()
    }

    /// Number of instructions.
    pub(crate) fn len(&self) -> usize {
        self.line.len()
    }

    /// Whether the steps begin with an execution of the line that its chip proves.
    pub(crate) fn claims(&self, steps: &[Step]) -> bool {
        let Some(steps) = steps.get(..self.len()) else {
            return false;
        };
        let goes_on = steps
            .last()
            .is_some_and(|last| !last.inst.op.is_straight() || last.next_pc == last.pc + 1);
        let fits = |(at, step): (usize, &Step)| {
            step.pc == self.line[at].0
                && step.len == self.accesses[at]
                && chips::select(step) == self.own[at]
        };
        goes_on && steps.iter().enumerate().all(fits)
    }

    /// Fills a row, which comes zeroed, from the steps of one execution.
    pub(crate) fn fill(&self, steps: &[Step], row: &mut [u32], scratch: &mut Vec<u32>) {
        compose::fill(&self.rows, &self.origins, steps, row, scratch);
    }
}

impl std::fmt::Debug for FusedChip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FusedChip")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}
