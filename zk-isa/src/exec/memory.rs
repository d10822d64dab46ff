//! Loads, stores and static words, as steps of an instruction.
//!
//! The machine holds exactly the bytes that exist, so one check of a slice's bound is the check of an access; a `grow` that makes more
//! ends the chain of handlers.

use super::machine::{At, Then};
use super::observe::Observer;
use crate::program::*;

impl<O: Observer, K: Then<O>, const FORWARD: u8> At<'_, '_, '_, O, K, FORWARD> {
    /// The byte address of a load or store.
    #[inline(always)]
    fn address(&mut self) -> Option<usize> {
        let base = self.narrow_a()?;
        Some((u64::from(base) + u64::from(self.i.imm as u32)) as usize)
    }

    /// The bytes of an access, if they exist.
    #[inline(always)]
    fn bytes<const SIZE: usize>(&mut self, addr: usize) -> Option<&mut [u8; SIZE]> {
        self.m.memory.get_mut(addr..addr + SIZE)?.first_chunk_mut()
    }

    /// The memory word that holds a byte.
    fn word(&self, byte: usize) -> u64 {
        u64::from_le_bytes(
            *self.m.memory[byte / 8 * 8..]
                .first_chunk()
                .expect("memory consists of whole words"),
        )
    }

    #[inline(always)]
    fn out_of_bounds(self) {
        self.m.out_of_bounds(self.index(), self.left());
    }

    #[inline(always)]
    pub(super) fn load<const SIZE: usize>(mut self, f: impl FnOnce([u8; SIZE]) -> u64) {
        let Some(addr) = self.address() else {
            return self.wide();
        };
        let Some(&mut bytes) = self.bytes(addr) else {
            return self.out_of_bounds();
        };
        if O::ON {
            for byte in words(addr, SIZE) {
                let word = self.word(byte);
                self.m.observer.access((byte / 8) as u32, word, word);
            }
        }
        self.done(f(bytes));
    }

    #[inline(always)]
    pub(super) fn store<const SIZE: usize>(mut self, f: impl FnOnce(u64) -> [u8; SIZE]) {
        let Some(addr) = self.address() else {
            return self.wide();
        };
        if !O::ON {
            let value = f(self.b());
            let Some(bytes) = self.bytes(addr) else {
                return self.out_of_bounds();
            };
            *bytes = value;
            return self.next();
        }
        if self.bytes::<SIZE>(addr).is_none() {
            return self.out_of_bounds();
        }
        let value = f(self.b());
        let old = [addr, addr + SIZE - 1].map(|byte| self.word(byte));
        if let Some(bytes) = self.bytes(addr) {
            *bytes = value;
        }
        for (byte, old) in words(addr, SIZE).zip(old) {
            let new = self.word(byte);
            self.m.observer.access((byte / 8) as u32, old, new);
        }
        self.next();
    }

    /// Reads a static word.
    #[inline(always)]
    pub(super) fn static_word(&mut self, slot: usize) -> u64 {
        let value = self.m.statics[slot];
        self.m
            .observer
            .access(STATIC_BASE + slot as u32, value, value);
        value
    }

    /// Writes a static word.
    #[inline(always)]
    pub(super) fn set_static(&mut self, slot: usize, value: u64) {
        let old = std::mem::replace(&mut self.m.statics[slot], value);
        self.m
            .observer
            .access(STATIC_BASE + slot as u32, old, value);
    }
}

/// A byte of each word an access touches.
fn words(addr: usize, size: usize) -> impl Iterator<Item = usize> {
    [addr, addr + size - 1]
        .into_iter()
        .take(1 + usize::from(addr % 8 + size > 8))
}
