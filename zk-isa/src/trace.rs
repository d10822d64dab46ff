//! What an executed instruction did, as the witness generator needs it.
//!
//! The machine has one address space of 64-bit words; registers, static words and linear memory all live in it, so every
//! effect of a step is a list of word accesses in a fixed order. Access `i` of a step happens at time `clock + i`, but for
//! `copy` and `fill`, whose memory words differ from each other and share a time ([`Step::time`]).

use crate::dialect::ZkOp;
use crate::program::{BLOCK_WORDS, Inst};

/// One access to a word: a read leaves the value as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Access {
    /// Word address, below 2^29.
    pub addr: u32,
    /// Time of the previous access to the word; 0, or the time of the `grow` that made the word's page, if none.
    pub prev_ts: u32,
    /// Value before.
    pub old: u64,
    /// Value after.
    pub new: u64,
}

/// Largest number of accesses of one instruction.
pub const MAX_ACCESSES: usize = 12;

/// One executed instruction.
///
/// | instruction | accesses, in order |
/// |---|---|
/// | binary ALU | `a`, `b` (absent in `_imm` rows), `d`; without `d` when it traps |
/// | unary ALU, `mov` | `a`, `d` |
/// | `li`, `arg`, `inlen`, `input*` | `d` |
/// | `select` | `a`, `b`, `c`, `d` |
/// | load | `a`, the word, the next word if the access straddles two, `d` |
/// | store | `a`, `b`, the word, the next word if the access straddles two |
/// | load or store that traps | `a`, static word `SLOT_PAGES` |
/// | `lds` / `sts` | the slot, `d` / `a`, the slot |
/// | `ldt` | `a`, the slot, `d`; only `a` when it traps |
/// | `stt` | `a`, `b`, the slot; only `a`, `b` when it traps |
/// | `copy` | `a`, `b`, `c`, 4 source words, or 5 if they straddle, 4 words written |
/// | `fill` | `a`, `b`, `c`, 4 words written |
/// | `grow` | `a`, `SLOT_PAGES`, `d` |
/// | `br_*` | `a`, `b` (absent in `_imm` rows) |
/// | `brt`, `result` | `a` |
/// | `output` | `a`, `SLOT_OUTPUTS` |
/// | `call` | the callee's register 0; none when it traps |
/// | `calli` | `a`, the callee's register 0; only `a` when it traps |
/// | `tcalli` | `a` |
/// | `ret` | register 0 |
/// | `jump`, `tcall`, `reset`, `trap`, `halt` | none |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Program counter.
    pub pc: u32,
    /// Clock: `FIRST_CLOCK` plus `TICKS` per instruction before this one.
    pub clock: u32,
    /// Address of register 0.
    pub fp: u32,
    /// The instruction.
    pub inst: Inst,
    /// Number of accesses.
    pub len: u8,
    /// Accesses; those at `len` and beyond are zero.
    pub accesses: [Access; MAX_ACCESSES],
    /// Program counter after; below `FIRST_PC` it is the status the run ends with.
    pub next_pc: u32,
    /// Address of register 0 after.
    pub next_fp: u32,
}

impl Step {
    /// The time of access `i`: the clock plus `i`; in a `copy` or `fill`, plus 2 for the words read and 3 for those written.
    ///
    /// A `copy` reads its last register at the time it reads memory: a register is no word of memory.
    pub fn time(&self, i: usize) -> u32 {
        let written = usize::from(self.len).saturating_sub(BLOCK_WORDS as usize);
        let tick = match self.inst.op {
            ZkOp::Copy if i >= 2 => 2 + u32::from(i >= written),
            _ => (i as u32).min(3),
        };
        self.clock + tick
    }
}
