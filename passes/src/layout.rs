//! Where a module's state lives on the machine: globals and tables in static words, memory in pages, types as ids.
//!
//! A table of n entries is n consecutive static words, each zero or a table word (`zkc_isa::table_word`), whose program
//! counter only the final link knows.

use crate::runtime;
use std::collections::BTreeMap;
use zkc_ir::{Diagnostic, GlobalInit, Module, Signature};
use zkc_isa::{FIRST_SLOT, MAX_PAGES, STATIC_BASE, STATIC_WORDS};

const PAGE_BYTES: u64 = 65_536;

/// The static words of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TableLayout {
    /// Slot of entry 0.
    pub slot: u32,
    /// Number of entries.
    pub size: u32,
}

/// A word the machine starts with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InitWord {
    /// Word address in the machine's address space: linear memory from 0, static words from `zkc_isa::STATIC_BASE`.
    pub addr: u32,
    /// Value.
    pub value: InitValue,
}

/// The value of an [`InitWord`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InitValue {
    /// These bits, not zero.
    Const(u64),
    /// `zkc_isa::table_word` of this function's program counter and this type id.
    Func {
        /// Function index.
        index: u32,
        /// Canonical type id.
        type_id: u16,
    },
}

/// Static slots, type ids, memory limits and initial words of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Static slot of each global.
    pub globals: Vec<u32>,
    /// Static words of each table.
    pub tables: Vec<TableLayout>,
    /// Canonical id of each function type: equal for structurally equal types.
    pub type_ids: Vec<u16>,
    /// Initial size of the memory in pages.
    pub pages: u32,
    /// Pages the memory can grow to.
    pub max_pages: u32,
    /// First static slot not in use.
    pub end_slot: u32,
    /// The runtime's first function, in a linked module.
    pub(crate) runtime: Option<u32>,
    init: Vec<InitWord>,
}

impl Layout {
    /// Lays out a linked module. `max_pages` bounds the memory, besides the module's own limit and the machine's.
    ///
    /// Errors: `unknown-import` for an import that was not linked; `limit-exceeded` for more memory, static words or types
    /// than the machine has; `instantiation-trap` for an active segment out of bounds, which makes WebAssembly trap before
    /// any function runs.
    pub fn of(module: &Module, max_pages: u32) -> Result<Layout, Diagnostic> {
        let mut layout = Layout {
            globals: Vec::new(),
            tables: Vec::new(),
            type_ids: type_ids(&module.types)?,
            pages: 0,
            max_pages: 0,
            end_slot: FIRST_SLOT,
            runtime: runtime::base(module),
            init: Vec::new(),
        };
        if let Some(memory) = module.memories.first() {
            if let Some(import) = &memory.import {
                return Err(unknown("memory", import));
            }
            let limit = memory
                .max
                .unwrap_or(u64::MAX)
                .min(max_pages.into())
                .min(MAX_PAGES.into());
            if memory.min > limit {
                let message = format!(
                    "the module starts with {} pages of memory, the limit is {limit}",
                    memory.min
                );
                return Err(Diagnostic::error("limit-exceeded", message));
            }
            layout.pages = memory.min as u32;
            layout.max_pages = limit as u32;
        }
        for _ in &module.globals {
            let slot = layout.slots(1)?;
            layout.globals.push(slot);
        }
        for table in &module.tables {
            if let Some(import) = &table.import {
                return Err(unknown("table", import));
            }
            let slot = layout.slots(table.min)?;
            layout.tables.push(TableLayout {
                slot,
                size: table.min as u32,
            });
        }
        layout.init = layout.initial(module)?;
        Ok(layout)
    }

    /// The non-zero words the machine starts with, by ascending address; those of functions only as function indices.
    pub fn init_words(&self) -> &[InitWord] {
        &self.init
    }

    /// Takes `n` static slots; returns the first.
    fn slots(&mut self, n: u64) -> Result<u32, Diagnostic> {
        let slot = self.end_slot;
        let end = u64::from(slot) + n;
        if end > u64::from(STATIC_WORDS) {
            let message = format!(
                "globals and tables need {end} static words, the machine has {STATIC_WORDS}"
            );
            return Err(Diagnostic::error("limit-exceeded", message));
        }
        self.end_slot = end as u32;
        Ok(slot)
    }

    fn initial(&self, module: &Module) -> Result<Vec<InitWord>, Diagnostic> {
        let func = |index: u32| {
            let ty = module
                .funcs
                .get(index as usize)
                .map(|f| f.type_index as usize);
            let type_id = ty
                .and_then(|ty| self.type_ids.get(ty).copied())
                .unwrap_or(0);
            InitValue::Func { index, type_id }
        };
        let mut words = BTreeMap::new();
        for (index, &slot) in self.globals.iter().enumerate() {
            let value = match resolve(module, &module.globals[index].init)? {
                GlobalInit::RefFunc(index) => func(*index),
                GlobalInit::Const(bits) => InitValue::Const(*bits),
                GlobalInit::RefNull | GlobalInit::Import(_) | GlobalInit::Global(_) => {
                    InitValue::Const(0)
                }
            };
            words.insert(STATIC_BASE + slot, value);
        }
        for (number, segment) in module.elements.iter().enumerate() {
            let Some((table, offset)) = &segment.active else {
                continue;
            };
            let table = self
                .tables
                .get(*table as usize)
                .copied()
                .unwrap_or(TableLayout { slot: 0, size: 0 });
            let offset = address(module, offset)?;
            if offset + segment.funcs.len() as u64 > u64::from(table.size) {
                return Err(out_of_bounds("element", number, "table"));
            }
            for (i, entry) in segment.funcs.iter().enumerate() {
                let addr = STATIC_BASE + table.slot + offset as u32 + i as u32;
                words.insert(addr, entry.map_or(InitValue::Const(0), func));
            }
        }
        for (number, segment) in module.data.iter().enumerate() {
            let Some(offset) = &segment.active else {
                continue;
            };
            let offset = address(module, offset)?;
            if offset + segment.bytes.len() as u64 > u64::from(self.pages) * PAGE_BYTES {
                return Err(out_of_bounds("data", number, "memory"));
            }
            write_bytes(&mut words, offset, &segment.bytes);
        }
        let words = words
            .into_iter()
            .filter(|(_, value)| *value != InitValue::Const(0));
        Ok(words
            .map(|(addr, value)| InitWord { addr, value })
            .collect())
    }
}

/// Writes bytes into little-endian 64-bit words.
fn write_bytes(words: &mut BTreeMap<u32, InitValue>, offset: u64, bytes: &[u8]) {
    let mut position = offset;
    let mut rest = bytes;
    while !rest.is_empty() {
        let start = (position % 8) as usize;
        let (now, later) = rest.split_at(rest.len().min(8 - start));
        let word = words
            .entry((position / 8) as u32)
            .or_insert(InitValue::Const(0));
        let old = if let InitValue::Const(bits) = word {
            *bits
        } else {
            0
        };
        let mut le = old.to_le_bytes();
        le[start..start + now.len()].copy_from_slice(now);
        *word = InitValue::Const(u64::from_le_bytes(le));
        position += now.len() as u64;
        rest = later;
    }
}

/// Follows a global's initial value through the globals it names.
fn resolve<'a>(module: &'a Module, mut init: &'a GlobalInit) -> Result<&'a GlobalInit, Diagnostic> {
    // A global may only name earlier ones, so the chain is no longer than the list.
    for _ in 0..=module.globals.len() {
        match init {
            GlobalInit::Global(index) => match module.globals.get(*index as usize) {
                Some(global) => init = &global.init,
                None => break,
            },
            GlobalInit::Import(import) => return Err(unknown("global", import)),
            GlobalInit::Const(_) | GlobalInit::RefFunc(_) | GlobalInit::RefNull => return Ok(init),
        }
    }
    Err(Diagnostic::error(
        "invalid",
        "a global's initial value refers to itself",
    ))
}

/// The 32-bit offset of a segment.
fn address(module: &Module, init: &GlobalInit) -> Result<u64, Diagnostic> {
    match resolve(module, init)? {
        GlobalInit::Const(bits) => Ok(*bits & 0xffff_ffff),
        GlobalInit::Import(_)
        | GlobalInit::Global(_)
        | GlobalInit::RefFunc(_)
        | GlobalInit::RefNull => Err(Diagnostic::error(
            "invalid",
            "a segment's offset is no number",
        )),
    }
}

fn type_ids(types: &[Signature]) -> Result<Vec<u16>, Diagnostic> {
    let mut known = BTreeMap::new();
    let mut ids = Vec::with_capacity(types.len());
    for ty in types {
        let next = known.len();
        let id = *known.entry((&ty.params, &ty.results)).or_insert(next);
        // A table word holds the id plus one in 16 bits.
        if id >= usize::from(u16::MAX) {
            return Err(Diagnostic::error(
                "limit-exceeded",
                "the module has more than 65535 different function types",
            ));
        }
        ids.push(id as u16);
    }
    Ok(ids)
}

fn unknown(what: &str, import: &zkc_ir::Import) -> Diagnostic {
    Diagnostic::error(
        "unknown-import",
        format!(
            "nobody provides the imported {what} `{}.{}`",
            import.module, import.name
        ),
    )
}

fn out_of_bounds(what: &str, number: usize, of: &str) -> Diagnostic {
    Diagnostic::error(
        "instantiation-trap",
        format!("active {what} segment {number} does not fit the {of}"),
    )
    .note("WebAssembly traps before any function of this module runs")
}
