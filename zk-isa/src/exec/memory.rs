//! Loads, stores, blocks and static words, as steps of an instruction.
//!
//! The machine holds exactly the bytes that exist, so one check of a slice's bound is the check of an access; a `grow` that makes more
//! ends the chain of handlers.

use super::ExecError;
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

    /// One row of `copy`.
    #[inline(always)]
    pub(super) fn copy(mut self) {
        let (to, from, end) = self.block_registers();
        let source = |m: &Self, word: u64| match word.checked_sub(STATIC_BASE.into()) {
            None => m.existing_word(word),
            Some(slot) if slot < STATIC_WORDS.into() => {
                Some(m.m.statics.get(slot as usize).copied().unwrap_or(0))
            }
            Some(_) => None,
        };
        let (first, shift) = (from / 8, from % 8 * 8);
        let mut words = [0; 5];
        let count = BLOCK_WORDS as usize + usize::from(shift > 0);
        for (place, word) in words[..count].iter_mut().zip(first..) {
            match source(&self, word) {
                Some(value) => *place = value,
                None => return self.no_block(),
            }
        }
        let next = from + u64::from(BLOCK_WORDS) * 8;
        // The next block's first byte lies below the stack, so that all words of this one do.
        if next >= u64::from(STACK_BASE) * 8 || !self.block_exists(to, end) {
            return self.no_block();
        }
        self.set(self.i.a, to + u64::from(BLOCK_WORDS));
        self.set(self.i.b, next);
        self.read(self.i.imm as u16);
        for (&word, addr) in words[..count].iter().zip(first as u32..) {
            self.m.observer.access_at(2, addr, word, word);
        }
        for at in 0..BLOCK_WORDS as usize {
            // A shift by 64 gives nothing.
            let above = words[at + 1].checked_shl(64 - shift as u32).unwrap_or(0);
            self.put_word(to as usize + at, words[at] >> shift | above);
        }
        self.again_or_next(to, end);
    }

    /// One row of `fill`.
    #[inline(always)]
    pub(super) fn fill(mut self) {
        let (to, word, end) = self.block_registers();
        if !self.block_exists(to, end) {
            return self.no_block();
        }
        self.set(self.i.a, to + u64::from(BLOCK_WORDS));
        self.set(self.i.b, word);
        self.read(self.i.imm as u16);
        for at in 0..BLOCK_WORDS as usize {
            self.put_word(to as usize + at, word);
        }
        self.again_or_next(to, end);
    }

    #[inline(always)]
    fn block_registers(&self) -> (u64, u64, u64) {
        let end = self.peek(self.i.imm as u16);
        (self.peek(self.i.a), self.peek(self.i.b), end)
    }

    /// Whether the block at a word address exists, with room for the next one's address, and the end is a word address too.
    #[inline(always)]
    fn block_exists(&self, to: u64, end: u64) -> bool {
        let next = to.saturating_add(BLOCK_WORDS.into());
        next < MEMORY_WORDS.into()
            && end < MEMORY_WORDS.into()
            && next <= self.m.memory.len() as u64 / 8
    }

    /// Goes on behind the block at a word address: with the same instruction, unless that is the end.
    #[inline(always)]
    fn again_or_next(self, to: u64, end: u64) {
        if to + u64::from(BLOCK_WORDS) == end {
            self.next();
        } else {
            let index = self.index();
            self.jump(index);
        }
    }

    /// A memory word, if it exists.
    #[inline(always)]
    fn existing_word(&self, word: u64) -> Option<u64> {
        let at = usize::try_from(word.checked_mul(8)?).ok()?;
        let bytes = self.m.memory.get(at..)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    }

    /// Sets a memory word, which exists, of a block.
    #[inline(always)]
    fn put_word(&mut self, word: usize, value: u64) {
        let old = if O::ON { self.word(word * 8) } else { 0 };
        self.m.memory[word * 8..][..8].copy_from_slice(&value.to_le_bytes());
        self.m.observer.access_at(3, word as u32, old, value);
    }

    #[cold]
    fn no_block(self) {
        let pc = self.pc();
        self.fail(ExecError::NoBlock { pc });
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
