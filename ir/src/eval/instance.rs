//! The state of a running module: memories, globals, tables, segments, private input and public output.
//!
//! All dialects' evaluators work on this one type, so that states can be compared after runs of different stages.

use super::memory::LinearMemory;
use super::{EvalError, Flow};
use crate::attr::Trap;
use crate::module::{ConstValue, FuncBody, GlobalInit, InitError, Module, SegmentMode};
use std::collections::BTreeMap;

/// Elements that a module may ask for in all its tables, wasmparser's limit for one.
const MAX_ELEMENTS: u64 = 10_000_000;

/// Bytes of output beyond which a run is stopped; a proof has far fewer.
const MAX_OUTPUT: u64 = 1 << 28;

/// Bytes that the intrinsics `copy` and `fill` move at once.
const BLOCK: u64 = 32;

/// A table of references.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TableState {
    /// Reference words: null is 0, function `f` is `f + 1`, the host's `n` is `n + 1`.
    pub entries: Vec<u64>,
    /// Elements that `table.grow` can reach.
    pub limit: u64,
}

/// Everything outside the bodies.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Instance {
    /// The first memory; of no pages and no growth if the module has none.
    pub memory: LinearMemory,
    /// The memories after the first.
    pub more_memories: Vec<LinearMemory>,
    /// Bits of the globals; references are words as in [`TableState::entries`].
    pub globals: Vec<u64>,
    /// Tables.
    pub tables: Vec<TableState>,
    /// Reference words of the element segments; none left of a dropped one.
    pub elements: Vec<Vec<u64>>,
    /// Whether each data segment is dropped.
    pub dropped_data: Vec<bool>,
    /// Private input.
    pub input: Vec<u8>,
    /// Number of input bytes read so far.
    pub input_pos: usize,
    /// Public output so far.
    pub output: Vec<u8>,
    /// The host functions' scratch words that are not zero.
    pub scratch: BTreeMap<u64, u64>,
}

impl Instance {
    /// The state before the start function: globals, then active element and data segments in order.
    ///
    /// Errors: a trap if a segment lies outside; `Unsupported` for imported globals, memories and tables.
    pub fn new(module: &Module, input: &[u8]) -> Result<Instance, EvalError> {
        let imported = |what: &str| Err(EvalError::Unsupported(format!("imported {what}")));
        let mut instance = Instance {
            input: input.to_vec(),
            ..Instance::default()
        };
        let values = module.global_values().map_err(init_error)?;
        instance.globals = values.iter().map(|&value| word(value)).collect();
        for (index, memory) in module.memories.iter().enumerate() {
            if memory.import.is_some() {
                return imported("memory");
            }
            if index == 0 {
                instance.memory = LinearMemory::new(memory.min, memory.max)?;
            } else {
                let limit = Some(memory.grown_limit());
                let memory = LinearMemory::new(memory.min, limit)?;
                instance.more_memories.push(memory);
            }
        }
        let mut elements = 0_u64;
        for table in &module.tables {
            if table.import.is_some() {
                return imported("table");
            }
            elements = elements.saturating_add(table.min);
            if elements > MAX_ELEMENTS {
                return Err(EvalError::OutOfMemory);
            }
            instance.tables.push(TableState {
                entries: vec![0; table.min as usize],
                limit: table.grown_limit(),
            });
        }
        let offset = |init: &GlobalInit| init.eval(&values).map(word).map_err(init_error);
        for segment in &module.elements {
            let items = segment.items.iter();
            let words = items.map(|item| item.eval(&values).map(word));
            let words: Vec<u64> = words.collect::<Result<_, _>>().map_err(init_error)?;
            let number = instance.elements.len() as u32;
            let len = words.len() as u64;
            instance.elements.push(words);
            match &segment.mode {
                SegmentMode::Active { target, offset: at } => {
                    instance.table_init(*target, number, [offset(at)?, 0, len])?;
                    instance.elem_drop(number)?;
                }
                SegmentMode::Passive => {}
                SegmentMode::Declared => instance.elem_drop(number)?,
            }
        }
        for segment in &module.data {
            let mut dropped = false;
            if let SegmentMode::Active { target, offset: at } = &segment.mode {
                let at = offset(at)?;
                instance.memory_mut(*target)?.write(at, &segment.bytes)?;
                dropped = true;
            }
            instance.dropped_data.push(dropped);
        }
        Ok(instance)
    }

    /// The bits of a global.
    pub fn global(&self, index: u32) -> Result<u64, EvalError> {
        self.globals
            .get(index as usize)
            .copied()
            .ok_or_else(|| EvalError::Malformed(format!("no global {index}")))
    }

    /// Sets the bits of a global.
    pub fn set_global(&mut self, index: u32, bits: u64) -> Result<(), EvalError> {
        let global = self
            .globals
            .get_mut(index as usize)
            .ok_or_else(|| EvalError::Malformed(format!("no global {index}")))?;
        *global = bits;
        Ok(())
    }

    /// The function that `call_indirect` calls, with its traps in the spec's order.
    pub fn indirect(
        &self,
        module: &Module,
        table: u32,
        type_index: u32,
        element: u64,
    ) -> Result<u32, EvalError> {
        let table = self
            .tables
            .get(table as usize)
            .ok_or_else(|| EvalError::Malformed(format!("no table {table}")))?;
        let entry = usize::try_from(element)
            .ok()
            .and_then(|i| table.entries.get(i))
            .ok_or(Trap::UndefinedElement)?;
        let func = match entry.checked_sub(1).map(u32::try_from) {
            Some(Ok(func)) => func,
            Some(Err(_)) => return Err(EvalError::Malformed("a word of no function".into())),
            None => return Err(Trap::UninitializedElement.into()),
        };
        let expected = module
            .types
            .get(type_index as usize)
            .ok_or_else(|| EvalError::Malformed(format!("no type {type_index}")))?;
        match module.funcs.get(func as usize) {
            Some(f) if f.signature == *expected => Ok(func),
            Some(_) => Err(Trap::IndirectCallTypeMismatch.into()),
            None => Err(EvalError::Malformed(format!("no function {func}"))),
        }
    }

    /// Calls a host function: `input_len`, `read_input` and `commit` of module `zkc`, or what host functions are made of.
    pub fn host(&mut self, module: &Module, func: u32, args: &[u64]) -> Result<Flow, EvalError> {
        let Some(f) = module.funcs.get(func as usize) else {
            return Err(EvalError::BadCall(format!("no function {func}")));
        };
        let import = match &f.body {
            FuncBody::Import(import) => import,
            FuncBody::Unsupported(diagnostic) => {
                return Err(EvalError::Unsupported(diagnostic.message.clone()));
            }
            FuncBody::Body(_) | FuncBody::Lazy(_) => {
                return Err(EvalError::BadCall(format!(
                    "function {func} has no body at this stage"
                )));
            }
        };
        let results = match (import.module.as_str(), import.name.as_str(), args) {
            ("zkc", "input_len", []) | ("zkc:intrinsics", "inlen", []) => {
                vec![self.input.len() as u64 & 0xffff_ffff]
            }
            ("zkc", "read_input", &[at, len]) => {
                self.read_input(at, len)?;
                Vec::new()
            }
            ("zkc", "commit", &[at, len]) => {
                self.commit(at, len)?;
                Vec::new()
            }
            ("zkc:intrinsics", "input8", []) => vec![self.take_input(1)?],
            ("zkc:intrinsics", "input64", []) => vec![self.take_input(8)?],
            ("zkc:intrinsics", "mulhu64", &[a, b]) => {
                vec![((u128::from(a) * u128::from(b)) >> 64) as u64]
            }
            ("zkc:intrinsics", "trap_integer_overflow", []) => {
                return Err(Trap::IntegerOverflow.into());
            }
            ("zkc:intrinsics", "trap_invalid_conversion", []) => {
                return Err(Trap::InvalidConversionToInteger.into());
            }
            ("zkc:intrinsics", "output", &[byte]) => {
                self.output.push(byte as u8);
                Vec::new()
            }
            ("zkc:intrinsics", "scratch_get", &[index]) => {
                vec![self.scratch.get(&index).copied().unwrap_or(0)]
            }
            ("zkc:intrinsics", "scratch_set", &[index, word]) => {
                self.scratch.insert(index, word);
                Vec::new()
            }
            ("zkc:intrinsics", "copy", &[to, from, end]) => {
                self.blocks(to, end, |memory, block| {
                    memory.copy(block * 8, from + (block - to) * 8, BLOCK)
                })?;
                Vec::new()
            }
            ("zkc:intrinsics", "fill", &[to, word, end]) => {
                let bytes = word.to_le_bytes().repeat(BLOCK as usize / 8);
                self.blocks(to, end, |memory, block| memory.write(block * 8, &bytes))?;
                Vec::new()
            }
            ("zkc:intrinsics", "halt", []) => return Ok(Flow::Halt(Vec::new())),
            _ => {
                return Err(EvalError::Unsupported(format!(
                    "host function `{}.{}`",
                    import.module, import.name
                )));
            }
        };
        Ok(Flow::Values(results))
    }

    /// Moves blocks of 32 bytes of memory, at least one, to word address `to` and on, until `end`.
    fn blocks(
        &mut self,
        to: u64,
        end: u64,
        mut each: impl FnMut(&mut LinearMemory, u64) -> Result<(), EvalError>,
    ) -> Result<(), EvalError> {
        let mut block = to;
        loop {
            each(&mut self.memory, block)?;
            block += BLOCK / 8;
            if block == end {
                return Ok(());
            }
        }
    }

    /// Copies the next `len` bytes of input to `at`.
    ///
    /// Traps `out-of-bounds-memory-access` if fewer bytes are left or the place lies outside the memory.
    pub fn read_input(&mut self, at: u64, len: u64) -> Result<(), EvalError> {
        let left = self.input.len() - self.input_pos;
        if len > left as u64 {
            return Err(Trap::OutOfBoundsMemoryAccess.into());
        }
        let end = self.input_pos + len as usize;
        self.memory.write(at, &self.input[self.input_pos..end])?;
        self.input_pos = end;
        Ok(())
    }

    /// The next `len` bytes of input, at most 8, as a little-endian word; traps like [`Instance::read_input`].
    fn take_input(&mut self, len: usize) -> Result<u64, EvalError> {
        let rest = self.input.get(self.input_pos..self.input_pos + len);
        let mut word = [0; 8];
        word[..len].copy_from_slice(rest.ok_or(Trap::OutOfBoundsMemoryAccess)?);
        self.input_pos += len;
        Ok(u64::from_le_bytes(word))
    }

    /// Appends the `len` bytes at `at` to the output.
    pub fn commit(&mut self, at: u64, len: u64) -> Result<(), EvalError> {
        if len > self.memory.len() {
            return Err(Trap::OutOfBoundsMemoryAccess.into());
        }
        if self.output.len() as u64 + len > MAX_OUTPUT {
            return Err(EvalError::OutOfMemory);
        }
        let mut bytes = vec![0; len as usize];
        self.memory.read(at, &mut bytes)?;
        self.output.extend_from_slice(&bytes);
        Ok(())
    }
}

/// The word of a constant expression's value.
fn word(value: ConstValue) -> u64 {
    match value {
        ConstValue::Bits(bits) => bits,
        ConstValue::Func(func) => u64::from(func) + 1,
    }
}

fn init_error(error: InitError) -> EvalError {
    match error {
        InitError::Import(import) => EvalError::Unsupported(format!(
            "imported global `{}.{}`",
            import.module, import.name
        )),
        InitError::Invalid(_) => EvalError::Malformed(error.to_string()),
    }
}
