//! What a run starts from and comes to: inputs, counters, registers, memory, and why a run is refused.
//!
//! A refusal says who refuses: a constraint, which binds every prover, or upstream's executor, which binds the honest one.

use super::step::Reg;
use std::collections::HashMap;
use std::fmt;

/// What a run starts with.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Inputs {
    /// Registers B and C, 64-bit integers.
    pub b: u64,
    /// See `b`.
    pub c: u64,
    /// Register SP, below the field's prime.
    pub sp: u64,
    /// Register GAS, below the field's prime.
    pub gas: u64,
    /// Register CTX, below the field's prime.
    pub ctx: u64,
    /// Private input, which hints read with `inputLen()`, `input8()` and `input64()`.
    pub private: Vec<u8>,
}

/// Operations of each machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Steps executed.
    pub steps: u64,
    /// Arith operations.
    pub arith: u64,
    /// Binary operations.
    pub binary: u64,
    /// Memory accesses.
    pub mem: u64,
    /// MemAlign operations.
    pub mem_align: u64,
}

/// Memory words by address; a word is two elements, and zero until it is written.
#[derive(Clone, Debug, Default)]
pub struct Memory(pub(super) HashMap<u64, [u64; 2]>);

impl Memory {
    /// The limbs of a word.
    pub fn limbs(&self, address: u64) -> [u64; 2] {
        self.0.get(&address).copied().unwrap_or([0; 2])
    }

    /// Every word that is not zero, by address.
    pub fn words(&self) -> Vec<(u64, [u64; 2])> {
        let written = self.0.iter().map(|(&address, &word)| (address, word));
        let mut words: Vec<_> = written.filter(|(_, word)| *word != [0; 2]).collect();
        words.sort_unstable();
        words
    }

    /// A word as an integer; none if a limb is not below 2^32.
    pub fn word(&self, address: u64) -> Option<u64> {
        integer(self.limbs(address))
    }
}

/// Registers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Registers {
    values: [[u64; 2]; Reg::ALL.len()],
}

impl Registers {
    /// A register's limbs; limb 1 of a register of one limb is 0.
    pub fn limbs(&self, reg: Reg) -> [u64; 2] {
        match reg {
            Reg::RotlC => {
                let [low, high] = self.values[Reg::C as usize];
                [high, low]
            }
            _ => self.values[reg as usize],
        }
    }

    /// A register as an integer; none if a limb of a register of two limbs is not below 2^32.
    pub fn value(&self, reg: Reg) -> Option<u64> {
        let limbs = self.limbs(reg);
        if reg.is_wide() {
            integer(limbs)
        } else {
            Some(limbs[0])
        }
    }

    pub(super) fn set(&mut self, reg: Reg, value: [u64; 2]) {
        let high = if reg.is_wide() { value[1] } else { 0 };
        self.values[reg as usize] = [value[0], high];
    }
}

/// A run that every constraint admits.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Operations.
    pub counters: Counters,
    /// Registers on the last row: what the row's step has not set yet. Public outputs are read there.
    pub registers: Registers,
    /// Memory at the end.
    pub memory: Memory,
    /// The free inputs, in order of occurrence.
    pub frees: Vec<FreeInput>,
}

/// One occurrence of a free input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FreeInput {
    /// Index of its step.
    pub step: u32,
    /// Its limbs.
    pub value: [u64; 2],
}

/// Constraints of the processor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Constraint {
    /// op = A o B, on limbs of 32 bits.
    Binary,
    /// A*B + C = D*2^64 + op, on limbs of 32 bits.
    Arith,
    /// The relation of `MEM_ALIGN_RD`, `_WR` or `_WR8`, on limbs of 32 bits, with C_0 at most 6.
    MemAlign,
    /// op is the memory word.
    Load,
    /// op = A.
    Assert,
    /// op_0 of `JMPN` is in -2^32..2^32.
    Range,
    /// The program counter is a step.
    Rom,
    /// The registers of the row after the last are those of the first.
    End,
}

/// Why a run was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// A constraint does not hold.
    Constraint(Constraint, String),
    /// Upstream's executor throws.
    Executor(String),
    /// The run has more rows than this.
    StepLimit(u64),
}

/// A refused run.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Refusal {
    /// Row, from 0.
    pub row: u64,
    /// Index of the step.
    pub step: u32,
    /// `FILE:LINE` of the step, if known.
    pub place: Option<String>,
    /// The nearest label at or before the step, with the distance.
    pub label: Option<(String, u32)>,
    /// Why.
    pub cause: Cause,
}

impl Refusal {
    /// The constraint that refused, if one did.
    pub fn constraint(&self) -> Option<Constraint> {
        match self.cause {
            Cause::Constraint(constraint, _) => Some(constraint),
            Cause::Executor(_) | Cause::StepLimit(_) => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Constraint(constraint, what) => {
                write!(f, "constraint {constraint:?} does not hold: {what}")?;
            }
            Cause::Executor(what) => write!(f, "the executor throws: {what}")?,
            Cause::StepLimit(limit) => write!(f, "the run has more than {limit} steps")?,
        }
        write!(f, ", at step {}", self.step)?;
        if let Some((label, distance)) = &self.label {
            write!(f, " ({label}+{distance})")?;
        }
        if let Some(place) = &self.place {
            write!(f, ", {place}")?;
        }
        write!(f, ", row {}", self.row)
    }
}

/// The integer of two limbs; none if one is not below 2^32.
pub(super) fn integer(limbs: [u64; 2]) -> Option<u64> {
    (limbs[0] >> 32 == 0 && limbs[1] >> 32 == 0).then(|| limbs[0] | limbs[1] << 32)
}
