//! Modules of one program and their state between calls: instances, as WASM has them.
//!
//! A run of zkc is one call of an entry. A group compiles its modules once, with all their exported functions as entries,
//! and after each run carries the final memory and static words over into the program's initial ones.

use super::called::Called;
use crate::{Compiler, Options, Roots, Unit};
use std::collections::BTreeMap;
use std::sync::Arc;
use zkc_ir::{Diagnostic, ExportKind, Type};
use zkc_isa::{ExecError, FIRST_SLOT, Limits, PAGE_WORDS, Program, STATIC_BASE, Status};
use zkc_passes::{Layout, Linked};

/// Most steps of one call.
const MAX_STEPS: u64 = 100_000_000;

/// Modules linked into one program.
#[derive(Clone, Debug)]
pub struct Group {
    linked: Arc<Linked>,
    layout: Arc<Layout>,
    program: Program,
    /// State before anything ran.
    fresh: State,
    /// What reaches something unsupported, by unit: exported functions by name, its instantiation without one.
    unsupported: BTreeMap<(usize, Option<String>), Diagnostic>,
}

/// What a call leaves for the next one, in a program's own form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    init: Vec<(u32, u64)>,
    pages: u32,
}

/// The entry of a unit's export, or of its instantiation.
fn entry(unit: usize, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{unit}:{name}"),
        None => unit.to_string(),
    }
}

impl Group {
    /// Compiles modules in order of instantiation, with every exported function that is supported.
    ///
    /// Errors: what is wrong with the modules, imports that nobody provides included.
    pub fn compile(units: Vec<Unit>, options: &Options) -> Result<Group, Diagnostic> {
        let compiler = Compiler::with_units(units, options);
        let linked = compiler.linked()?;
        linked.complete()?;
        let layout = compiler.layout()?;
        let mut roots = Vec::new();
        for (position, unit) in linked.units.iter().enumerate() {
            roots.extend(unit.instantiate.map(|func| (position, None, func)));
            roots.extend(unit.exports.iter().filter_map(|(name, kind)| match kind {
                ExportKind::Func(func) => Some((position, Some(name.as_str()), *func)),
                ExportKind::Global(_) | ExportKind::Table(_) | ExportKind::Memory(_) => None,
            }));
        }
        let named = |roots: &[(usize, Option<&str>, u32)]| {
            let roots = roots
                .iter()
                .map(|&(unit, name, func)| (entry(unit, name), func));
            Roots::Functions(roots.collect())
        };
        let mut unsupported = BTreeMap::new();
        let program = match compiler.program(&named(&roots)) {
            Err(diagnostic) if is_unsupported(&diagnostic) => {
                roots.retain(|root| match compiler.program(&named(&[*root])) {
                    Ok(_) => true,
                    Err(diagnostic) => {
                        unsupported.insert((root.0, root.1.map(str::to_owned)), diagnostic);
                        false
                    }
                });
                compiler.program(&named(&roots))?
            }
            other => other?,
        };
        let program = Program::clone(&program);
        let fresh = State {
            init: program.init.clone(),
            pages: program.pages,
        };
        Ok(Group {
            linked,
            layout,
            program,
            fresh,
            unsupported,
        })
    }

    /// Instantiates a unit: runs what was not done beforehand.
    pub fn instantiate(&mut self, unit: usize) -> Called {
        match self.linked.units[unit].instantiate {
            Some(_) => self.invoke(unit, None, &[]),
            None => Called::Values(Vec::new()),
        }
    }

    /// Calls an exported function; what it leaves in memory, globals and tables is there for the next call.
    pub fn call(&mut self, unit: usize, name: &str, args: &[u64]) -> Called {
        self.invoke(unit, Some(name), args)
    }

    fn invoke(&mut self, unit: usize, name: Option<&str>, args: &[u64]) -> Called {
        if let Some(diagnostic) = self.unsupported(unit, name) {
            return Called::Unsupported(diagnostic.to_string());
        }
        let limits = Limits {
            max_steps: MAX_STEPS,
            ..Limits::default()
        };
        let entry = entry(unit, name);
        let outcome = match zkc_isa::run(&self.program, &entry, args, &[], &limits) {
            Ok(outcome) => outcome,
            Err(ExecError::StepLimit { .. }) => return Called::OutOfSteps,
            Err(error) => return Called::Failed(error.to_string()),
        };
        let memory = outcome
            .memory()
            .chunks_exact(8)
            .enumerate()
            .filter_map(|(i, bytes)| {
                let word = u64::from_le_bytes(bytes.try_into().expect("a chunk of eight bytes"));
                (word != 0).then_some((i as u32, word))
            });
        let statics = (FIRST_SLOT..self.layout.end_slot).filter_map(|slot| {
            let word = outcome.static_word(slot);
            (word != 0).then_some((STATIC_BASE + slot, word))
        });
        self.program.init = memory.chain(statics).collect();
        self.program.pages = outcome.pages();
        match outcome.status {
            Status::Done => Called::Values(outcome.results),
            Status::Trap(trap) => Called::Trap(trap),
        }
    }

    /// Why this export (or the instantiation) cannot be called, if it reaches something unsupported.
    pub fn unsupported(&self, unit: usize, name: Option<&str>) -> Option<&Diagnostic> {
        self.unsupported.get(&(unit, name.map(str::to_owned)))
    }

    /// The state as it is.
    pub fn state(&self) -> State {
        State {
            init: self.program.init.clone(),
            pages: self.program.pages,
        }
    }

    /// Back to an earlier state.
    pub fn set_state(&mut self, state: &State) {
        self.program.init.clone_from(&state.init);
        self.program.pages = state.pages;
    }

    /// Back to the state before anything ran.
    pub fn reset(&mut self) {
        self.set_state(&self.fresh.clone());
    }

    /// Static slots of an exported global.
    pub(super) fn global_slots(linked: &Linked, layout: &Layout, kind: ExportKind) -> Vec<u32> {
        let ExportKind::Global(index) = kind else {
            return Vec::new();
        };
        let halves = match linked.module.globals[index as usize].source {
            Type::V128 => 2,
            _ => 1,
        };
        layout.globals[index as usize..][..halves].to_vec()
    }

    /// The words of an exported global.
    pub fn global(&self, unit: usize, name: &str) -> Option<Vec<u64>> {
        let kind = self.export(unit, name)?;
        let slots = Group::global_slots(&self.linked, &self.layout, kind);
        let words: Vec<u64> = slots.iter().map(|&slot| self.static_word(slot)).collect();
        (!words.is_empty()).then_some(words)
    }

    /// The words of an exported table's elements.
    pub fn table(&self, unit: usize, name: &str) -> Option<Vec<u64>> {
        let ExportKind::Table(index) = self.export(unit, name)? else {
            return None;
        };
        let table = &self.layout.tables[index as usize];
        let size = match table.size_slot {
            Some(slot) => self.static_word(slot) as u32,
            None => table.capacity,
        };
        let slots = table.slot..table.slot + size;
        Some(slots.map(|slot| self.static_word(slot)).collect())
    }

    /// The bytes of an exported memory.
    pub fn memory(&self, unit: usize, name: &str) -> Option<Vec<u8>> {
        let ExportKind::Memory(index) = self.export(unit, name)? else {
            return None;
        };
        let (first, pages) = match (index as usize).checked_sub(1) {
            None => (0, self.program.pages),
            Some(more) => {
                let memory = &self.layout.more_memories[more];
                let pages = self.static_word(memory.size_slot) as u32;
                (STATIC_BASE + memory.slot, pages)
            }
        };
        let words = first..first + pages * PAGE_WORDS;
        let mut bytes = vec![0; words.len() * 8];
        let from = self.program.init.partition_point(|w| w.0 < words.start);
        for &(addr, word) in self.program.init[from..]
            .iter()
            .take_while(|w| w.0 < words.end)
        {
            bytes[(addr - first) as usize * 8..][..8].copy_from_slice(&word.to_le_bytes());
        }
        Some(bytes)
    }

    fn export(&self, unit: usize, name: &str) -> Option<ExportKind> {
        self.linked.units[unit].exports.get(name).copied()
    }

    fn static_word(&self, slot: u32) -> u64 {
        let init = &self.program.init;
        init.binary_search_by_key(&(STATIC_BASE + slot), |w| w.0)
            .map_or(0, |i| init[i].1)
    }
}

/// Whether a diagnostic is about something that zkc does not have, or that is larger than the machine.
pub(super) fn is_unsupported(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.starts_with("unsupported") || diagnostic.code == "limit-exceeded"
}
