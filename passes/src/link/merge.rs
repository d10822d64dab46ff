//! The merge: index spaces laid end to end, imports replaced by what they name.

use super::instantiate::{self, Work};
use super::matching::{ItemType, check, unknown};
use super::{Linked, LinkedUnit, Unit, in_unit};
use crate::clif::internal;
use crate::decode::{Remap, in_a_row};
use crate::host::Hosts;
use crate::runtime;
use std::collections::BTreeMap;
use zkc_ir::{
    DataSegment, Diagnostic, ElementSegment, Export, ExportKind, Func, FuncBody, Global,
    GlobalInit, Import, Memory, Module, SegmentMode, Table, Type,
};

/// Links units, code aside. Units stand in order of instantiation; the last one is the program, whose name and exports the
/// merged module has.
///
/// Errors, each saying in which unit: `unknown-import` for an import that nobody provides (functions are left, see
/// [`Linked::complete`]); `incompatible-import` for one of another type.
pub fn link(units: &[Unit<'_>]) -> Result<Linked, Diagnostic> {
    let mut merge = Merge::default();
    for unit in units {
        merge.functions(unit);
    }
    for (position, unit) in units.iter().enumerate() {
        merge
            .unit(units, position)
            .and_then(|()| merge.instantiation(unit, position))
            .map_err(|d| in_unit(d, &merge.linked.units, position))?;
    }
    merge.finish(units)
}

/// A linking under way.
#[derive(Default)]
pub(super) struct Merge {
    pub(super) linked: Linked,
    hosts: Hosts,
    /// What is to be done for each unit so far.
    work: Vec<Vec<Work>>,
    /// Whether code runs before the next unit is instantiated.
    code_before: bool,
    /// Sizes that imports of the unit at hand ask for and that growth must have made.
    sizes: Vec<Work>,
}

impl Merge {
    /// Types and functions with code, whose places depend on no import.
    fn functions(&mut self, unit: &Unit<'_>) {
        let (module, from) = (&mut self.linked.module, &unit.items.module);
        let first_type = module.types.len();
        module.types.extend(from.types.iter().cloned());
        let first = module.funcs.len() as u32;
        let own = from
            .funcs
            .iter()
            .filter(|f| !matches!(f.body, FuncBody::Import(_)));
        module.funcs.extend(own.map(|func| Func {
            type_index: first_type as u32 + func.type_index,
            ..func.clone()
        }));
        self.linked.units.push(LinkedUnit {
            name: unit.name.to_owned(),
            remap: Remap {
                types: in_a_row(first_type, from.types.len()),
                ..Remap::default()
            },
            exports: BTreeMap::new(),
            funcs: first..module.funcs.len() as u32,
            instantiate: None,
        });
    }

    /// Everything else of a unit. Memories come first, because host functions work on the importer's.
    fn unit(&mut self, units: &[Unit<'_>], position: usize) -> Result<(), Diagnostic> {
        let unit = &units[position];
        let from = &unit.items.module;
        let grown = self.code_before || unit.called;
        let mut memories = Vec::new();
        for (index, memory) in (0..).zip(&from.memories) {
            memories.push(match &memory.import {
                Some(import) => {
                    let asked = ItemType::of(from, ExportKind::Memory(index));
                    match self.import(units, position, import, &asked, grown)? {
                        ExportKind::Memory(index) => {
                            if self.linked.module.memories[index as usize].min < memory.min {
                                let pages = memory.min as u32;
                                self.sizes.push(Work::MemoryOf {
                                    memory: index,
                                    pages,
                                });
                            }
                            index
                        }
                        _ => return Err(mismatched()),
                    }
                }
                None => self.memory(memory.clone()),
            });
            self.remap(position).memories = Some(memories.clone());
        }
        let mut tables = Vec::new();
        for (index, table) in (0..).zip(&from.tables) {
            tables.push(match &table.import {
                Some(import) => {
                    let asked = ItemType::of(from, ExportKind::Table(index));
                    match self.import(units, position, import, &asked, grown)? {
                        ExportKind::Table(index) => {
                            let given = &mut self.linked.module.tables[index as usize];
                            given.written |= table.written;
                            given.resized |= table.resized;
                            if given.min < table.min {
                                let elements = table.min as u32;
                                self.sizes.push(Work::TableOf {
                                    table: index,
                                    elements,
                                });
                            }
                            index
                        }
                        _ => return Err(mismatched()),
                    }
                }
                None => self.table(table.clone()),
            });
        }
        self.remap(position).tables = Some(tables);
        let mut funcs = Vec::with_capacity(from.funcs.len());
        let mut own = self.linked.units[position].funcs.clone();
        for (index, func) in (0..).zip(&from.funcs) {
            funcs.push(match &func.body {
                FuncBody::Import(import) => {
                    let asked = ItemType::of(from, ExportKind::Func(index));
                    match self.provided(units, position, import)? {
                        None => self.missing(position, import, func),
                        Some(ExportKind::Func(index)) => {
                            self.check(import, &asked, ExportKind::Func(index), grown)?;
                            index
                        }
                        Some(other) => {
                            self.check(import, &asked, other, grown)?;
                            return Err(mismatched());
                        }
                    }
                }
                FuncBody::Body(_) | FuncBody::Lazy(_) | FuncBody::Unsupported(_) => own
                    .next()
                    .ok_or_else(|| internal("functions with code were counted"))?,
            });
        }
        // As it is without imports, which is the rule for most modules.
        let moved = funcs.iter().zip(0..).any(|(&new, old)| new != old);
        self.remap(position).funcs = moved.then_some(funcs);
        self.globals(units, position, grown)?;
        self.segments(unit, position);
        let unit = &mut self.linked.units[position];
        for export in &from.exports {
            let kind = unit.remap.export(export.kind);
            unit.exports.insert(export.name.clone(), kind);
        }
        Ok(())
    }

    /// Globals. An imported `v128` is two, low half first, with one import.
    fn globals(
        &mut self,
        units: &[Unit<'_>],
        position: usize,
        grown: bool,
    ) -> Result<(), Diagnostic> {
        let from = &units[position].items.module;
        let mut low_half = None;
        for (index, global) in (0..).zip(&from.globals) {
            let merged = match (&global.init, low_half.take()) {
                (GlobalInit::Import(_), Some(low)) => low + 1,
                (GlobalInit::Import(import), None) => {
                    let asked = ItemType::of(from, ExportKind::Global(index));
                    let ExportKind::Global(merged) =
                        self.import(units, position, import, &asked, grown)?
                    else {
                        return Err(mismatched());
                    };
                    low_half = (global.source == Type::V128).then_some(merged);
                    merged
                }
                _ => {
                    let init = self.remap(position).init(&global.init);
                    self.linked.module.globals.push(Global {
                        init,
                        ..global.clone()
                    });
                    self.linked.module.globals.len() as u32 - 1
                }
            };
            // Constant expressions of later globals name this one.
            let globals = &mut self.remap(position).globals;
            globals.get_or_insert_default().push(merged);
        }
        Ok(())
    }

    fn segments(&mut self, unit: &Unit<'_>, position: usize) {
        let from = &unit.items.module;
        let module = &mut self.linked.module;
        let remap = &mut self.linked.units[position].remap;
        remap.elements = in_a_row(module.elements.len(), from.elements.len());
        remap.data = in_a_row(module.data.len(), from.data.len());
        for segment in &from.elements {
            module.elements.push(ElementSegment {
                mode: remap.segment(&segment.mode, |table| remap.table(table)),
                items: segment.items.iter().map(|&i| remap.item(i)).collect(),
            });
        }
        for segment in &from.data {
            module.data.push(DataSegment {
                mode: remap.segment(&segment.mode, |memory| remap.memory(memory)),
                bytes: segment.bytes.clone(),
            });
        }
        let referenced = from.referenced.iter().map(|&func| remap.func(func));
        module.referenced.extend(referenced);
    }

    /// The item a unit's import names, of the type it asks for.
    fn import(
        &mut self,
        units: &[Unit<'_>],
        position: usize,
        import: &Import,
        asked: &ItemType<'_>,
        grown: bool,
    ) -> Result<ExportKind, Diagnostic> {
        let given = self
            .provided(units, position, import)?
            .ok_or_else(|| unknown(asked.kind(), import))?;
        self.check(import, asked, given, grown)?;
        Ok(given)
    }

    /// The item of an earlier unit, or else of the host, that an import names.
    fn provided(
        &mut self,
        units: &[Unit<'_>],
        position: usize,
        import: &Import,
    ) -> Result<Option<ExportKind>, Diagnostic> {
        let mut names = units[position].from.iter().rev();
        match names.find(|(name, _)| *name == import.module) {
            Some(&(_, from)) if from >= position => Err(internal(
                "a unit imports from one that is not instantiated before it",
            )),
            Some(&(_, from)) => Ok(self.linked.units[from].exports.get(&import.name).copied()),
            None => {
                let memories = self.linked.units[position].remap.memories.as_ref();
                let memory = memories.and_then(|list| list.first().copied());
                self.hosts.item(&mut self.linked.module, import, memory)
            }
        }
    }

    fn check(
        &self,
        import: &Import,
        asked: &ItemType<'_>,
        given: ExportKind,
        grown: bool,
    ) -> Result<(), Diagnostic> {
        let given = ItemType::of(&self.linked.module, given);
        check(import, asked, &given, grown)
    }

    /// A function that nobody provides: an import of the merged module.
    fn missing(&mut self, position: usize, import: &Import, func: &Func) -> u32 {
        let type_index = self.linked.units[position].remap.ty(func.type_index);
        self.linked.missing.push((position, import.clone()));
        self.linked.module.funcs.push(Func {
            type_index,
            ..func.clone()
        });
        self.linked.module.funcs.len() as u32 - 1
    }

    fn memory(&mut self, memory: Memory) -> u32 {
        self.linked.module.memories.push(memory);
        self.linked.module.memories.len() as u32 - 1
    }

    fn table(&mut self, table: Table) -> u32 {
        self.linked.module.tables.push(table);
        self.linked.module.tables.len() as u32 - 1
    }

    fn remap(&mut self, position: usize) -> &mut Remap {
        &mut self.linked.units[position].remap
    }

    /// What is left to do for a unit when a program starts or when it is called for.
    ///
    /// Before any code has run, active segments are part of the initial state and sizes are those that were checked.
    fn instantiation(&mut self, unit: &Unit<'_>, position: usize) -> Result<(), Diagnostic> {
        let mut work = std::mem::take(&mut self.sizes);
        if unit.called || self.code_before {
            work.extend(instantiate::segments(&mut self.linked, unit, position)?);
        }
        let start = unit.items.module.start;
        let remap = &self.linked.units[position].remap;
        let calls = start.into_iter().chain(initialize(&unit.items.module));
        work.extend(calls.map(|f| Work::Call(remap.func(f))));
        self.code_before |= unit.called || !work.is_empty();
        self.work.push(work);
        Ok(())
    }

    /// Makes the functions that instantiate what is not in the initial state.
    fn instantiate(&mut self, units: &[Unit<'_>]) -> Result<(), Diagnostic> {
        let mut starts = Vec::new();
        for (position, (unit, work)) in units.iter().zip(std::mem::take(&mut self.work)).enumerate()
        {
            let name = format!("{}:instantiate", unit.name);
            let function = || instantiate::function(&mut self.linked.module, name, &work);
            if unit.called {
                self.linked.units[position].instantiate = Some(function()?);
            } else if let [Work::Call(start)] = work.as_slice() {
                starts.push(*start);
            } else if !work.is_empty() {
                starts.push(function()?);
            }
        }
        self.linked.module.start = match starts.as_slice() {
            [] => None,
            [start] => Some(*start),
            starts => {
                let calls: Vec<Work> = starts.iter().map(|&f| Work::Call(f)).collect();
                let name = "instantiate".to_owned();
                Some(instantiate::function(
                    &mut self.linked.module,
                    name,
                    &calls,
                )?)
            }
        };
        Ok(())
    }

    /// Makes the last unit's memory 0 the merged module's, which has the machine's own addresses.
    fn main_memory_first(&mut self) {
        let main = self
            .linked
            .units
            .last()
            .and_then(|u| u.remap.memories.as_ref());
        let Some(&main) = main.and_then(|list| list.first()) else {
            return;
        };
        if main == 0 {
            return;
        }
        self.linked.module.memories.swap(0, main as usize);
        let swapped = |memory: u32| match memory {
            0 => main,
            _ if memory == main => 0,
            _ => memory,
        };
        for unit in &mut self.linked.units {
            for memory in unit.remap.memories.iter_mut().flatten() {
                *memory = swapped(*memory);
            }
            for kind in unit.exports.values_mut() {
                if let ExportKind::Memory(memory) = kind {
                    *memory = swapped(*memory);
                }
            }
        }
        for segment in &mut self.linked.module.data {
            if let SegmentMode::Active { target, .. } = &mut segment.mode {
                *target = swapped(*target);
            }
        }
        for step in self.work.iter_mut().flatten() {
            if let Work::MemoryOf { memory, .. } | Work::Data { memory, .. } = step {
                *memory = swapped(*memory);
            }
        }
        self.hosts.move_memories(&swapped);
    }

    fn finish(mut self, units: &[Unit<'_>]) -> Result<Linked, Diagnostic> {
        self.main_memory_first();
        self.instantiate(units)?;
        let module = &mut self.linked.module;
        module.referenced.sort_unstable();
        module.referenced.dedup();
        self.hosts.bodies(module);
        runtime::append(module)?;
        if let (Some(unit), Some(linked)) = (units.last(), self.linked.units.last()) {
            module.name.clone_from(&unit.items.module.name);
            module.exports = unit
                .items
                .module
                .exports
                .iter()
                .map(|export| Export {
                    name: export.name.clone(),
                    kind: linked.remap.export(export.kind),
                })
                .collect();
        }
        Ok(self.linked)
    }
}

/// A WASI reactor's `_initialize`, which the host is to call behind the start function, before anything else.
fn initialize(module: &Module) -> Option<u32> {
    let index = module.exported_func("_initialize")?;
    let signature = &module.funcs.get(index as usize)?.signature;
    (signature.params.is_empty() && signature.results.is_empty()).then_some(index)
}

/// After a successful check of types.
fn mismatched() -> Diagnostic {
    internal("an import of one kind is an item of another")
}
