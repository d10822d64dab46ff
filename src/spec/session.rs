//! One compiled module and its state between calls: an instance, as WASM has it.
//!
//! A run of zkc is instantiation and one call. A session compiles once, with the start function as an export that is called
//! first, and after each run carries the final memory and static words over into the program's initial ones.

use super::called::Called;
use super::rewrite::{START_EXPORT, export_start};
use crate::{Options, Roots};
use std::collections::BTreeMap;
use std::fmt;
use zkc_ir::{Diagnostic, ExportKind, FuncBody, Import, Module, Trap};
use zkc_isa::{ExecError, FIRST_SLOT, Limits, Program, STATIC_BASE, Status};
use zkc_passes::Layout;

/// Most steps of one call.
const MAX_STEPS: u64 = 100_000_000;

/// A module's instance.
#[derive(Clone, Debug)]
pub struct Session {
    program: Program,
    /// State after instantiation.
    fresh: State,
    /// One past the last static slot in use.
    slots: u32,
    /// Exported functions that reach something unsupported, with what it is.
    unsupported: BTreeMap<String, Diagnostic>,
    /// Static slots of exported globals.
    globals: BTreeMap<String, Vec<u32>>,
}

/// What a call leaves for the next one, in a program's own form.
#[derive(Clone, Debug)]
struct State {
    init: Vec<(u32, u64)>,
    pages: u32,
}

/// Why a module has no instance.
#[derive(Clone, Debug)]
pub enum OpenError {
    /// It needs something zkc does not support, outside functions or in its start function.
    Unsupported(Diagnostic),
    /// It is refused.
    Refused(Diagnostic),
    /// Its start function or a segment traps.
    Trap(Trap),
    /// Its start function does not end.
    OutOfSteps,
    /// The machine refuses the start function's run: a finding.
    Failed(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Unsupported(d) => write!(f, "unsupported: {d}"),
            OpenError::Refused(d) => write!(f, "refused: {d}"),
            OpenError::Trap(trap) => write!(f, "trap {trap}"),
            OpenError::OutOfSteps => f.write_str("out of steps"),
            OpenError::Failed(why) => f.write_str(why),
        }
    }
}

impl Session {
    /// Compiles a module with every exported function that is supported, and instantiates it.
    pub fn open(wasm: &[u8], options: &Options) -> Result<Session, OpenError> {
        let mut bytes = wasm.to_vec();
        let module = crate::decode(wasm).map_err(refused)?;
        if module.start.is_some() {
            bytes = export_start(wasm)
                .expect("a valid module with a start function has a start section");
        }
        let linked = zkc_passes::load(&[("main", &bytes)]).map_err(refused)?;
        let linked = linked.module;
        let layout = Layout::of(&linked, options.max_pages).map_err(refused)?;
        let mut roots = Vec::new();
        let mut unsupported = BTreeMap::new();
        for export in &linked.exports {
            if let ExportKind::Func(index) = export.kind {
                match zkc_passes::call_graph::needed(&linked, &[index]) {
                    Err(diagnostic) if export.name == START_EXPORT => {
                        return Err(OpenError::Unsupported(diagnostic));
                    }
                    Err(diagnostic) => drop(unsupported.insert(export.name.clone(), diagnostic)),
                    Ok(_) => roots.push(export.name.clone()),
                }
            }
        }
        let program = crate::compile(&bytes, &Roots::Named(roots), options).map_err(refused)?;
        let program = Program::clone(&program);
        let slots = layout.end_slot;
        let fresh = State {
            init: program.init.clone(),
            pages: program.pages,
        };
        let globals = exported_globals(&linked, &layout);
        let mut session = Session {
            program,
            fresh,
            slots,
            unsupported,
            globals,
        };
        if session.program.entry(START_EXPORT).is_some() {
            match session.call(START_EXPORT, &[]) {
                Called::Values(_) => {}
                Called::Trap(trap) => return Err(OpenError::Trap(trap)),
                Called::OutOfSteps => return Err(OpenError::OutOfSteps),
                Called::Unsupported(why) | Called::Failed(why) => {
                    return Err(OpenError::Failed(why));
                }
            }
            session.fresh = State {
                init: session.program.init.clone(),
                pages: session.program.pages,
            };
        }
        Ok(session)
    }

    /// Calls an exported function; what it leaves in memory and globals is there for the next call.
    pub fn call(&mut self, name: &str, args: &[u64]) -> Called {
        if let Some(diagnostic) = self.unsupported.get(name) {
            return Called::Unsupported(diagnostic.to_string());
        }
        let limits = Limits {
            max_steps: MAX_STEPS,
            ..Limits::default()
        };
        let outcome = match zkc_isa::run(&self.program, name, args, &[], &limits) {
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
        let statics = (FIRST_SLOT..self.slots).filter_map(|slot| {
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

    /// Why this export cannot be called, if it reaches something unsupported.
    pub fn unsupported(&self, name: &str) -> Option<&Diagnostic> {
        self.unsupported.get(name)
    }

    /// Back to the state after instantiation.
    pub fn reset(&mut self) {
        self.program.init.clone_from(&self.fresh.init);
        self.program.pages = self.fresh.pages;
    }

    /// The words of an exported global.
    pub fn global(&self, name: &str) -> Option<Vec<u64>> {
        let init = &self.program.init;
        let word = |slot: &u32| {
            init.binary_search_by_key(&(STATIC_BASE + slot), |w| w.0)
                .map_or(0, |i| init[i].1)
        };
        Some(self.globals.get(name)?.iter().map(word).collect())
    }

    /// The bytes of the memory.
    pub fn memory(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.program.pages as usize * 65536];
        for &(addr, word) in self.program.init.iter().take_while(|w| w.0 < STATIC_BASE) {
            bytes[addr as usize * 8..][..8].copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

/// What a diagnostic of the compiler means for the instance.
fn refused(diagnostic: Diagnostic) -> OpenError {
    match diagnostic.code {
        "instantiation-trap" if diagnostic.message.contains("element") => {
            OpenError::Trap(Trap::OutOfBoundsTableAccess)
        }
        "instantiation-trap" => OpenError::Trap(Trap::OutOfBoundsMemoryAccess),
        code if code.starts_with("unsupported") || code == "limit-exceeded" => {
            OpenError::Unsupported(diagnostic)
        }
        _ => OpenError::Refused(diagnostic),
    }
}

/// Static slots of the exported globals of a linked module.
fn exported_globals(module: &Module, layout: &Layout) -> BTreeMap<String, Vec<u32>> {
    let slots = |index: usize| {
        let count = module.globals[index].source.flat().len();
        layout.globals[index..index + count].to_vec()
    };
    let global = |export: &zkc_ir::Export| match export.kind {
        ExportKind::Global(index) => Some((export.name.clone(), slots(index as usize))),
        ExportKind::Func(_) | ExportKind::Table(_) | ExportKind::Memory(_) => None,
    };
    module.exports.iter().filter_map(global).collect()
}

/// Everything a module imports.
pub fn imports(module: &Module) -> Vec<Import> {
    let funcs = module.funcs.iter().filter_map(|f| match &f.body {
        FuncBody::Import(import) => Some(import.clone()),
        FuncBody::Body(_) | FuncBody::Lazy(_) | FuncBody::Unsupported(_) => None,
    });
    let globals = module.globals.iter().filter_map(|g| match &g.init {
        zkc_ir::GlobalInit::Import(import) => Some(import.clone()),
        _ => None,
    });
    let memories = module.memories.iter().filter_map(|m| m.import.clone());
    let tables = module.tables.iter().filter_map(|t| t.import.clone());
    funcs.chain(globals).chain(memories).chain(tables).collect()
}
