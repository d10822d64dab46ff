//! Tables, segments and memories beyond the first: what their ops do to an instance.
//!
//! The wasm and cranelift dialects have the same ops, so there is one meaning, [`exec`], by the wasm dialect's names.
//! Bounds are checked before anything is written. What is charged for a length is no more than an op that does not trap can
//! have.

use super::wasm::bulk_fuel;
use super::{EvalError, Flow, Instance, LinearMemory, PAGE_BYTES, Site, TableState};
use crate::attr::Trap;
use crate::module::Module;
use crate::wasm::WasmOp;

/// Executes a reference, table or segment op, or one on a memory beyond the first.
///
/// Errors: the op's trap; `Malformed` for another op, or one that names what the module does not have.
pub(super) fn exec(
    instance: &mut Instance,
    module: &Module,
    op: WasmOp,
    site: &mut Site<'_>,
    args: &[u64],
) -> Result<Flow, EvalError> {
    use WasmOp as W;
    let three = |args: &[u64]| [args[0], args[1], args[2]];
    Ok(match op {
        W::RefFunc => Flow::Value(site.int(0)? + 1),
        W::TableGet => {
            let entry = element(&instance.table(site.index(0)?)?.entries, args[0])?;
            Flow::Value(instance.table(site.index(0)?)?.entries[entry])
        }
        W::TableSet => {
            let table = instance.table_mut(site.index(0)?)?;
            let entry = element(&table.entries, args[0])?;
            table.entries[entry] = args[1];
            Flow::Next
        }
        W::TableSize => Flow::Value(instance.table(site.index(0)?)?.entries.len() as u64),
        W::TableGrow => {
            let table = instance.table_mut(site.index(0)?)?;
            let old = table.entries.len() as u64;
            if old + args[1] > table.limit {
                return Ok(Flow::Value(u32::MAX.into()));
            }
            site.charge(args[1])?;
            table.entries.resize((old + args[1]) as usize, args[0]);
            Flow::Value(old)
        }
        W::TableFill => {
            let table = instance.table_mut(site.index(0)?)?;
            let range = range(&table.entries, args[0], args[2])?;
            site.charge(args[2])?;
            table.entries[range].fill(args[1]);
            Flow::Next
        }
        W::TableCopy => {
            site.charge(args[2].min(instance.table(site.index(0)?)?.entries.len() as u64))?;
            instance.table_copy(site.index(0)?, site.index(1)?, three(args))?;
            Flow::Next
        }
        W::TableInit => {
            site.charge(args[2].min(instance.table(site.index(0)?)?.entries.len() as u64))?;
            instance.table_init(site.index(0)?, site.index(1)?, three(args))?;
            Flow::Next
        }
        W::ElemDrop => {
            instance.elem_drop(site.index(0)?)?;
            Flow::Next
        }
        W::MemoryInit => {
            site.charge(bulk_fuel(
                args[2].min(instance.memory_mut(site.index(0)?)?.len()),
            ))?;
            instance.memory_init(module, site.index(0)?, site.index(1)?, three(args))?;
            Flow::Next
        }
        W::DataDrop => {
            instance.data_drop(site.index(0)?)?;
            Flow::Next
        }
        W::MemoryNLoad => {
            let (at, bytes) = access(site, args)?;
            Flow::Value(instance.memory_mut(site.index(0)?)?.load(at, bytes)?)
        }
        W::MemoryNStore => {
            let (at, bytes) = access(site, args)?;
            instance
                .memory_mut(site.index(0)?)?
                .store(at, bytes, args[1])?;
            Flow::Next
        }
        W::MemoryNSize => Flow::Value(instance.memory_mut(site.index(0)?)?.pages().into()),
        W::MemoryNGrow => {
            let memory = instance.memory_mut(site.index(0)?)?;
            Flow::Value(memory.grow(args[0] as u32).into())
        }
        W::MemoryNFill => {
            let memory = instance.memory_mut(site.index(0)?)?;
            site.charge(bulk_fuel(args[2].min(memory.len())))?;
            memory.fill(args[0], args[1] as u8, args[2])?;
            Flow::Next
        }
        W::MemoryNCopy => {
            site.charge(bulk_fuel(
                args[2].min(instance.memory_mut(site.index(0)?)?.len()),
            ))?;
            instance.memory_copy(site.index(0)?, site.index(1)?, three(args))?;
            Flow::Next
        }
        _ => return Err(site.malformed("an op on tables, segments or further memories")),
    })
}

/// Address and number of bytes of an access to a memory beyond the first.
fn access(site: &Site<'_>, args: &[u64]) -> Result<(u64, u32), EvalError> {
    let at = LinearMemory::address(args[0], site.offset(1)?)?;
    match site.index(2)? {
        bytes @ 1..=8 => Ok((at, bytes)),
        _ => Err(site.malformed("1 to 8 bytes")),
    }
}

fn element(entries: &[u64], index: u64) -> Result<usize, Trap> {
    let index = usize::try_from(index).ok().filter(|&i| i < entries.len());
    index.ok_or(Trap::OutOfBoundsTableAccess)
}

/// The range of `len` elements from `start` on; 32-bit numbers, so that sums do not wrap.
fn range(entries: &[u64], start: u64, len: u64) -> Result<std::ops::Range<usize>, Trap> {
    let end = start
        .checked_add(len)
        .filter(|&end| end <= entries.len() as u64);
    let end = end.ok_or(Trap::OutOfBoundsTableAccess)?;
    Ok(start as usize..end as usize)
}

fn no(what: &str, index: u32) -> EvalError {
    EvalError::Malformed(format!("no {what} {index}"))
}

impl Instance {
    /// A memory by index.
    pub fn memory_mut(&mut self, index: u32) -> Result<&mut LinearMemory, EvalError> {
        match index.checked_sub(1) {
            None => Ok(&mut self.memory),
            Some(i) => (self.more_memories.get_mut(i as usize)).ok_or_else(|| no("memory", index)),
        }
    }

    fn table(&self, index: u32) -> Result<&TableState, EvalError> {
        self.tables
            .get(index as usize)
            .ok_or_else(|| no("table", index))
    }

    fn table_mut(&mut self, index: u32) -> Result<&mut TableState, EvalError> {
        (self.tables.get_mut(index as usize)).ok_or_else(|| no("table", index))
    }

    /// `table.copy` of destination, source and length.
    fn table_copy(&mut self, to: u32, from: u32, args: [u64; 3]) -> Result<(), EvalError> {
        let source = range(&self.table(from)?.entries, args[1], args[2])?;
        let target = range(&self.table(to)?.entries, args[0], args[2])?;
        if to == from {
            let entries = &mut self.table_mut(to)?.entries;
            entries.copy_within(source, target.start);
        } else {
            let words = self.table(from)?.entries[source].to_vec();
            self.table_mut(to)?.entries[target].copy_from_slice(&words);
        }
        Ok(())
    }

    /// `table.init` of destination, offset in the segment and length.
    ///
    /// Errors: the trap; `Malformed` if there is no such table or segment.
    pub fn table_init(
        &mut self,
        table: u32,
        segment: u32,
        args: [u64; 3],
    ) -> Result<(), EvalError> {
        let words = (self.elements.get(segment as usize)).ok_or_else(|| no("segment", segment))?;
        let source = range(words, args[1], args[2])?;
        let table = (self.tables.get_mut(table as usize)).ok_or_else(|| no("table", table))?;
        let target = range(&table.entries, args[0], args[2])?;
        table.entries[target].copy_from_slice(&words[source]);
        Ok(())
    }

    /// `elem.drop`.
    ///
    /// Errors: `Malformed` if there is no such segment.
    pub fn elem_drop(&mut self, segment: u32) -> Result<(), EvalError> {
        let words = self.elements.get_mut(segment as usize);
        *words.ok_or_else(|| no("segment", segment))? = Vec::new();
        Ok(())
    }

    /// `memory.init` of destination, offset in the segment and length; the bytes are the module's.
    ///
    /// Errors: the trap; `Malformed` if there is no such memory or segment.
    pub fn memory_init(
        &mut self,
        module: &Module,
        memory: u32,
        segment: u32,
        args: [u64; 3],
    ) -> Result<(), EvalError> {
        let dropped = self.dropped_data.get(segment as usize);
        let bytes: &[u8] = match (dropped, module.data.get(segment as usize)) {
            (Some(false), Some(data)) => &data.bytes,
            (Some(true), _) => &[],
            _ => return Err(no("segment", segment)),
        };
        let end = args[1]
            .checked_add(args[2])
            .filter(|&end| end <= bytes.len() as u64);
        let end = end.ok_or(Trap::OutOfBoundsMemoryAccess)?;
        self.memory_mut(memory)?
            .write(args[0], &bytes[args[1] as usize..end as usize])
    }

    /// `data.drop`.
    ///
    /// Errors: `Malformed` if there is no such segment.
    pub fn data_drop(&mut self, segment: u32) -> Result<(), EvalError> {
        let dropped = self.dropped_data.get_mut(segment as usize);
        *dropped.ok_or_else(|| no("segment", segment))? = true;
        Ok(())
    }

    /// `memory.copy` of destination, source and length, between any memories.
    fn memory_copy(&mut self, to: u32, from: u32, args: [u64; 3]) -> Result<(), EvalError> {
        let [target, source, len] = args;
        if to == from {
            return self.memory_mut(to)?.copy(target, source, len);
        }
        let fits = |memory: &LinearMemory, at: u64| match at.checked_add(len) {
            Some(end) => end <= memory.len(),
            None => false,
        };
        if !fits(self.memory_mut(from)?, source) || !fits(self.memory_mut(to)?, target) {
            return Err(Trap::OutOfBoundsMemoryAccess.into());
        }
        let mut buffer = vec![0; len.min(PAGE_BYTES) as usize];
        let mut done = 0;
        while done < len {
            let chunk = &mut buffer[..(len - done).min(PAGE_BYTES) as usize];
            self.memory_mut(from)?.read(source + done, chunk)?;
            self.memory_mut(to)?.write(target + done, chunk)?;
            done += chunk.len() as u64;
        }
        Ok(())
    }
}
