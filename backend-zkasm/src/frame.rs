//! The frame: which register number each place of a function gets.
//!
//! ```text
//! 0            link, written by calls only
//! 1 ..= n      parameters on entry, results on return, arguments of tail calls; n is the largest of these numbers
//! n+1 ..       the rest of the bank as far as used, the allocator's stack slots, the scratch register
//! k            the frame's size: the callee's register 0
//! k+1 ..       outgoing area: the callee's parameters and results, and two registers to break cycles of moves
//! ```
//! The bank's registers 1 ..= n are in use as themselves. Until the numbers are fixed, code names places by [`Reg`].

use crate::BackendError;
use crate::code::BANK;
use crate::emit::Machine;
use std::collections::BTreeMap;
use zkc_isa::MAX_REG;

/// A register before the frame is planned, as it stands in the fields of an instruction; 0 is "no register".
pub(crate) type Reg = u32;

const KIND_SHIFT: u32 = 28;
const SLOT: u32 = 1 << KIND_SHIFT;
const OUT: u32 = 2 << KIND_SHIFT;
const HIGH: u32 = 3 << KIND_SHIFT;
const INDEX: u32 = (1 << KIND_SHIFT) - 1;
/// The register that moves may overwrite at will.
pub(crate) const SCRATCH: Reg = 4 << KIND_SHIFT;

/// A stack slot of the allocator.
pub(crate) const fn slot(index: u32) -> Reg {
    SLOT | index
}

/// A register of the outgoing area, counted from 0.
pub(crate) const fn outgoing(index: u32) -> Reg {
    OUT | index
}

/// Register `number` of the frame in its role as parameter or result.
pub(crate) const fn abi(number: u32) -> Reg {
    if number <= BANK {
        number
    } else {
        HIGH | number
    }
}

/// The place in the outgoing area, if it is one.
pub(crate) const fn as_outgoing(reg: Reg) -> Option<u32> {
    if reg & !INDEX == OUT {
        Some(reg & INDEX)
    } else {
        None
    }
}

/// The numbers of one function's registers.
pub(crate) struct Frame {
    numbers: BTreeMap<Reg, u32>,
    /// Number of registers, register 0 included: the frame offset of the function's calls.
    pub(crate) size: u32,
}

impl Frame {
    /// Numbers the registers that the code names.
    ///
    /// Errors: more registers than an instruction can name.
    pub(crate) fn plan(machine: &Machine) -> Result<Frame, BackendError> {
        let fixed = machine.arity.0.max(machine.arity.1);
        // Kinds sort as the frame is laid out: bank, slots, (outgoing, high,) scratch.
        let mut numbers = BTreeMap::new();
        machine.for_each_reg(|reg| {
            numbers.insert(reg, reg);
        });
        let mut next = fixed + 1;
        for (&reg, number) in &mut numbers {
            let home = match reg & !INDEX {
                0 if reg <= fixed => Some(reg),
                HIGH => Some(reg & INDEX),
                SLOT => machine.homes.get(&reg).copied(),
                OUT => continue,
                _ => None,
            };
            *number = home.unwrap_or_else(|| {
                next += 1;
                next - 1
            });
        }
        let size = next;
        let top = numbers
            .range(OUT..HIGH)
            .map(|(&reg, _)| size + 1 + (reg & INDEX))
            .max()
            .unwrap_or(size);
        if top.max(size) > MAX_REG {
            return Err(BackendError::FrameTooLarge {
                registers: top,
                limit: MAX_REG,
            });
        }
        for (&reg, number) in numbers.range_mut(OUT..HIGH) {
            *number = size + 1 + (reg & INDEX);
        }
        Ok(Frame { numbers, size })
    }

    /// The number of a register; 0 for "no register".
    pub(crate) fn number(&self, reg: Reg) -> u32 {
        if reg == 0 { 0 } else { self.numbers[&reg] }
    }
}
