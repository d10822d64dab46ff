//! Linear memory, as much of it as a program touches.

use super::EvalError;
use crate::attr::Trap;

/// Bytes per page.
pub const PAGE_BYTES: u64 = 65536;

/// Pages that 32-bit addresses reach.
const MAX_PAGES: u64 = 65536;

/// A WASM memory. A page takes space from its first nonzero write on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LinearMemory {
    pages: Vec<Option<Box<[u8]>>>,
    max: u64,
    /// How many more pages may take space.
    budget: u64,
}

impl LinearMemory {
    /// A zeroed memory of `min` pages that may grow up to `max` pages (65,536 at most).
    ///
    /// Errors: [`EvalError::OutOfMemory`] if `min` is more than 32-bit addresses reach.
    pub fn new(min: u64, max: Option<u64>) -> Result<LinearMemory, EvalError> {
        if min > MAX_PAGES {
            return Err(EvalError::OutOfMemory);
        }
        Ok(LinearMemory {
            pages: vec![None; min as usize],
            max: max.unwrap_or(MAX_PAGES).min(MAX_PAGES),
            budget: 1 << 14,
        })
    }

    /// Byte address of an access: the low 32 bits of `base`, plus the constant offset, without wrapping.
    pub fn address(base: u64, offset: u64) -> Result<u64, Trap> {
        (base & 0xffff_ffff)
            .checked_add(offset)
            .ok_or(Trap::OutOfBoundsMemoryAccess)
    }

    /// Lowers the limit of [`LinearMemory::grow`].
    pub fn limit_pages(&mut self, max: u64) {
        self.max = self.max.min(max);
    }

    /// Sets how many further pages may take space (16,384 at first, which is 1 GiB).
    pub fn set_budget(&mut self, pages: u64) {
        self.budget = pages;
    }

    /// Size in pages.
    pub fn pages(&self) -> u32 {
        self.pages.len() as u32
    }

    /// Size in bytes.
    pub fn len(&self) -> u64 {
        self.pages.len() as u64 * PAGE_BYTES
    }

    /// Whether the memory has no page.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Adds pages; the old size, or `u32::MAX` if the memory cannot grow so far.
    pub fn grow(&mut self, delta: u32) -> u32 {
        let old = self.pages();
        let new = u64::from(old) + u64::from(delta);
        if new > self.max {
            return u32::MAX;
        }
        self.pages.resize(new as usize, None);
        old
    }

    /// Checks that `len` bytes from `at` on exist.
    fn check(&self, at: u64, len: u64) -> Result<(), Trap> {
        match at.checked_add(len) {
            Some(end) if end <= self.len() => Ok(()),
            _ => Err(Trap::OutOfBoundsMemoryAccess),
        }
    }

    fn page_mut(&mut self, page: usize) -> Result<&mut [u8], EvalError> {
        let slot = &mut self.pages[page];
        if slot.is_none() {
            self.budget = self.budget.checked_sub(1).ok_or(EvalError::OutOfMemory)?;
        }
        Ok(slot.get_or_insert_with(|| vec![0; PAGE_BYTES as usize].into_boxed_slice()))
    }

    /// Loads `bytes` (at most 8) bytes, little-endian, zero-extended.
    pub fn load(&self, at: u64, bytes: u32) -> Result<u64, Trap> {
        self.check(at, u64::from(bytes))?;
        let mut word = [0; 8];
        self.copy_out(at, &mut word[..bytes as usize]);
        Ok(u64::from_le_bytes(word))
    }

    /// Stores the low `bytes` (at most 8) bytes, little-endian.
    pub fn store(&mut self, at: u64, bytes: u32, value: u64) -> Result<(), EvalError> {
        self.check(at, u64::from(bytes))?;
        self.copy_in(at, &value.to_le_bytes()[..bytes as usize])
    }

    /// Reads bytes.
    pub fn read(&self, at: u64, out: &mut [u8]) -> Result<(), Trap> {
        self.check(at, out.len() as u64)?;
        self.copy_out(at, out);
        Ok(())
    }

    /// Writes bytes; none of them if one lies outside.
    pub fn write(&mut self, at: u64, bytes: &[u8]) -> Result<(), EvalError> {
        self.check(at, bytes.len() as u64)?;
        self.copy_in(at, bytes)
    }

    /// `memory.fill`.
    pub fn fill(&mut self, at: u64, value: u8, len: u64) -> Result<(), EvalError> {
        self.check(at, len)?;
        let mut start = at;
        while start < at + len {
            let (page, offset) = ((start / PAGE_BYTES) as usize, (start % PAGE_BYTES) as usize);
            let bytes = (at + len - start).min(PAGE_BYTES - offset as u64);
            if value != 0 || self.pages[page].is_some() {
                self.page_mut(page)?[offset..offset + bytes as usize].fill(value);
            }
            start += bytes;
        }
        Ok(())
    }

    /// `memory.copy`; the places may overlap.
    pub fn copy(&mut self, to: u64, from: u64, len: u64) -> Result<(), EvalError> {
        self.check(to, len)?;
        self.check(from, len)?;
        let mut buffer = vec![0; len.min(PAGE_BYTES) as usize];
        let chunks = len.div_ceil(PAGE_BYTES);
        for i in 0..chunks {
            // In the direction that reads every byte before it is overwritten.
            let start = if to <= from { i } else { chunks - 1 - i } * PAGE_BYTES;
            let chunk = &mut buffer[..(len - start).min(PAGE_BYTES) as usize];
            self.copy_out(from + start, chunk);
            self.copy_in(to + start, chunk)?;
        }
        Ok(())
    }

    /// Copies bytes that are known to exist.
    fn copy_out(&self, mut at: u64, mut out: &mut [u8]) {
        while !out.is_empty() {
            let (page, offset) = ((at / PAGE_BYTES) as usize, (at % PAGE_BYTES) as usize);
            let (head, rest) = out.split_at_mut(out.len().min(PAGE_BYTES as usize - offset));
            match &self.pages[page] {
                Some(bytes) => head.copy_from_slice(&bytes[offset..offset + head.len()]),
                None => head.fill(0),
            }
            at += head.len() as u64;
            out = rest;
        }
    }

    /// Writes bytes where they are known to exist.
    fn copy_in(&mut self, mut at: u64, mut bytes: &[u8]) -> Result<(), EvalError> {
        while !bytes.is_empty() {
            let (page, offset) = ((at / PAGE_BYTES) as usize, (at % PAGE_BYTES) as usize);
            let (head, rest) = bytes.split_at(bytes.len().min(PAGE_BYTES as usize - offset));
            if self.pages[page].is_some() || head.iter().any(|&b| b != 0) {
                self.page_mut(page)?[offset..offset + head.len()].copy_from_slice(head);
            }
            at += head.len() as u64;
            bytes = rest;
        }
        Ok(())
    }

    /// Words that are not zero, by word index (byte address / 8), in order.
    pub fn nonzero_words(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.pages.iter().enumerate().flat_map(|(page, bytes)| {
            let first = page as u64 * (PAGE_BYTES / 8);
            let words = bytes.iter().flat_map(|b| b.chunks_exact(8));
            words.enumerate().filter_map(move |(i, word)| {
                let word = u64::from_le_bytes(word.try_into().expect("chunks of 8 bytes"));
                (word != 0).then_some((first + i as u64, word))
            })
        })
    }
}
