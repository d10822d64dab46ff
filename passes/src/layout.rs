//! Where a module's state lives on the machine: the first memory in pages, types as ids, everything else in static words.
//!
//! A table is as many consecutive words as it can have elements, each a reference: zero, a table word
//! (`zkc_isa::table_word`) whose program counter only the final link knows, or a host's reference. A further memory is its
//! bytes in words. What has a size that changes has it in the static word before: a table that code grows, a further
//! memory (in pages), a passive segment (elements or bytes; 0 when dropped).

use crate::runtime;
use std::collections::BTreeMap;
use zkc_ir::{
    ConstValue, Diagnostic, GlobalInit, InitError, Memory, Module, SegmentMode, Signature,
};
use zkc_isa::{FIRST_SLOT, MAX_PAGES, PAGE_WORDS, STATIC_BASE, STATIC_WORDS};

const PAGE_BYTES: u64 = 65_536;

/// Static words that host functions keep strings in: 128 KiB.
pub(crate) const SCRATCH_WORDS: u32 = 1 << 14;

/// The static words of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TableLayout {
    /// Slot of entry 0.
    pub slot: u32,
    /// Number of entries there is room for; with no `size_slot` the table's size.
    pub capacity: u32,
    /// Slot of the current size, if it can change.
    pub size_slot: Option<u32>,
}

/// The static words of a memory beyond the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryLayout {
    /// Slot of the first eight bytes.
    pub slot: u32,
    /// Slot of the current size in pages.
    pub size_slot: u32,
    /// Pages the memory can grow to.
    pub max_pages: u32,
}

/// The static words of a passive segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentLayout {
    /// Slot of the first element, or of the first eight bytes.
    pub slot: u32,
    /// Slot of the current size in elements or bytes.
    pub size_slot: u32,
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
    /// Static words of each memory after the first.
    pub more_memories: Vec<MemoryLayout>,
    /// Static words of each element segment; `None` for those that are empty from the start, not being passive.
    pub elements: Vec<Option<SegmentLayout>>,
    /// Static words of each data segment, likewise.
    pub data: Vec<Option<SegmentLayout>>,
    /// Static slot of the reference to each function that code names.
    pub func_refs: BTreeMap<u32, u32>,
    /// Canonical id of each function type: equal for structurally equal types.
    pub type_ids: Vec<u16>,
    /// Initial size of the memory in pages.
    pub pages: u32,
    /// Pages the memory can grow to.
    pub max_pages: u32,
    /// First slot of the scratch words, behind everything else.
    pub(crate) scratch: u32,
    /// First static slot not in use.
    pub end_slot: u32,
    /// The runtime's first function, in a linked module.
    pub runtime: Option<u32>,
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
            more_memories: Vec::new(),
            elements: Vec::new(),
            data: Vec::new(),
            func_refs: BTreeMap::new(),
            type_ids: type_ids(&module.types)?,
            pages: 0,
            max_pages: 0,
            scratch: FIRST_SLOT,
            end_slot: FIRST_SLOT,
            runtime: runtime::base(module),
            init: Vec::new(),
        };
        if let Some(memory) = module.memories.first() {
            let limit = memory.max.unwrap_or(u64::MAX).min(MAX_PAGES.into());
            layout.max_pages = memory_limit(memory, limit, max_pages)?;
            layout.pages = memory.min as u32;
        }
        // The runtime's come last, so that the module's own state does not move when the runtime changes.
        let own = module.globals.len() - runtime::num_globals(module);
        for _ in 0..own {
            let slot = layout.slots(1)?;
            layout.globals.push(slot);
        }
        for table in &module.tables {
            if let Some(import) = &table.import {
                return Err(unknown("table", import));
            }
            let limit = table.grown_limit();
            let resized = table.resized && limit > table.min;
            let size_slot = resized.then(|| layout.slots(1)).transpose()?;
            let capacity = if resized { limit } else { table.min };
            let slot = layout.slots(capacity)?;
            layout.tables.push(TableLayout {
                slot,
                capacity: capacity as u32,
                size_slot,
            });
        }
        for memory in module.memories.iter().skip(1) {
            let limit = memory_limit(memory, memory.grown_limit(), max_pages)?;
            let size_slot = layout.slots(1)?;
            let slot = layout.slots(u64::from(limit) * u64::from(PAGE_WORDS))?;
            layout.more_memories.push(MemoryLayout {
                slot,
                size_slot,
                max_pages: limit,
            });
        }
        for segment in &module.elements {
            let segment = layout.segment(&segment.mode, segment.items.len() as u64)?;
            layout.elements.push(segment);
        }
        for segment in &module.data {
            let words = segment.bytes.len().div_ceil(8) as u64;
            let segment = layout.segment(&segment.mode, words)?;
            layout.data.push(segment);
        }
        for &func in &module.referenced {
            let slot = layout.slots(1)?;
            layout.func_refs.insert(func, slot);
        }
        for _ in own..module.globals.len() {
            let slot = layout.slots(1)?;
            layout.globals.push(slot);
        }
        layout.scratch = layout.slots(SCRATCH_WORDS.into())?;
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
                "globals, tables, segments and memories beyond the first need {end} static words, the machine has {STATIC_WORDS}"
            );
            return Err(Diagnostic::error("limit-exceeded", message));
        }
        self.end_slot = end as u32;
        Ok(slot)
    }

    /// The static words of a segment of so many, if it is passive.
    fn segment(
        &mut self,
        mode: &SegmentMode,
        words: u64,
    ) -> Result<Option<SegmentLayout>, Diagnostic> {
        match mode {
            SegmentMode::Active { .. } | SegmentMode::Declared => Ok(None),
            SegmentMode::Passive => Ok(Some(SegmentLayout {
                size_slot: self.slots(1)?,
                slot: self.slots(words)?,
            })),
        }
    }

    fn initial(&self, module: &Module) -> Result<Vec<InitWord>, Diagnostic> {
        let values = module.global_values().map_err(init_error)?;
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
        let value = |value: ConstValue| match value {
            ConstValue::Bits(bits) => InitValue::Const(bits),
            ConstValue::Func(index) => func(index),
        };
        let mut words = BTreeMap::new();
        for (&slot, &initial) in self.globals.iter().zip(&values) {
            words.insert(STATIC_BASE + slot, value(initial));
        }
        for (&index, &slot) in &self.func_refs {
            words.insert(STATIC_BASE + slot, func(index));
        }
        let sizes = self.tables.iter().zip(&module.tables);
        for (layout, table) in sizes {
            if let Some(slot) = layout.size_slot {
                words.insert(STATIC_BASE + slot, InitValue::Const(table.min));
            }
        }
        for (layout, memory) in self
            .more_memories
            .iter()
            .zip(module.memories.iter().skip(1))
        {
            words.insert(STATIC_BASE + layout.size_slot, InitValue::Const(memory.min));
        }
        for (number, segment) in module.elements.iter().enumerate() {
            let first = match (&segment.mode, self.elements[number]) {
                (SegmentMode::Active { target, offset }, _) => {
                    let size = module.tables.get(*target as usize).map_or(0, |t| t.min);
                    let offset = address(offset, &values)?;
                    if offset + segment.items.len() as u64 > size {
                        return Err(out_of_bounds("element", number, "table"));
                    }
                    self.tables[*target as usize].slot + offset as u32
                }
                (_, Some(passive)) => {
                    let size = InitValue::Const(segment.items.len() as u64);
                    words.insert(STATIC_BASE + passive.size_slot, size);
                    passive.slot
                }
                (_, None) => continue,
            };
            for (i, item) in segment.items.iter().enumerate() {
                let item = item.eval(&values).map_err(init_error)?;
                words.insert(STATIC_BASE + first + i as u32, value(item));
            }
        }
        for (number, segment) in module.data.iter().enumerate() {
            let (word, offset) = match (&segment.mode, self.data[number]) {
                (SegmentMode::Active { target, offset }, _) => {
                    let pages = module.memories.get(*target as usize).map_or(0, |m| m.min);
                    let offset = address(offset, &values)?;
                    if offset + segment.bytes.len() as u64 > pages * PAGE_BYTES {
                        return Err(out_of_bounds("data", number, "memory"));
                    }
                    let far = (*target as usize).checked_sub(1);
                    let word = far.map_or(0, |i| STATIC_BASE + self.more_memories[i].slot);
                    (word, offset)
                }
                (_, Some(passive)) => {
                    let size = InitValue::Const(segment.bytes.len() as u64);
                    words.insert(STATIC_BASE + passive.size_slot, size);
                    (STATIC_BASE + passive.slot, 0)
                }
                (_, None) => continue,
            };
            write_bytes(&mut words, word, offset, &segment.bytes);
        }
        let words = words
            .into_iter()
            .filter(|(_, value)| *value != InitValue::Const(0));
        Ok(words
            .map(|(addr, value)| InitWord { addr, value })
            .collect())
    }
}

/// Pages that a memory can reach: its limit, and no more than `max_pages`.
fn memory_limit(memory: &Memory, limit: u64, max_pages: u32) -> Result<u32, Diagnostic> {
    if let Some(import) = &memory.import {
        return Err(unknown("memory", import));
    }
    let limit = limit.min(max_pages.into());
    if memory.min > limit {
        let message = format!(
            "the module starts with {} pages of memory, the limit is {limit}",
            memory.min
        );
        return Err(Diagnostic::error("limit-exceeded", message));
    }
    Ok(limit as u32)
}

/// Writes bytes into little-endian 64-bit words, from `offset` bytes after the word address `first` on.
fn write_bytes(words: &mut BTreeMap<u32, InitValue>, first: u32, offset: u64, bytes: &[u8]) {
    let mut position = offset;
    let mut rest = bytes;
    while !rest.is_empty() {
        let start = (position % 8) as usize;
        let (now, later) = rest.split_at(rest.len().min(8 - start));
        let word = words
            .entry(first + (position / 8) as u32)
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

/// The 32-bit offset of a segment.
fn address(init: &GlobalInit, globals: &[ConstValue]) -> Result<u64, Diagnostic> {
    match init.eval(globals).map_err(init_error)? {
        ConstValue::Bits(bits) => Ok(bits & 0xffff_ffff),
        ConstValue::Func(_) => Err(Diagnostic::error(
            "invalid",
            "a segment's offset is no number",
        )),
    }
}

fn init_error(error: InitError) -> Diagnostic {
    match &error {
        InitError::Import(import) => unknown("global", import),
        InitError::Invalid(_) => Diagnostic::error("invalid", error.to_string()),
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
