//! The host interface: modules that programs may import from without being given them.
//!
//! A host module is WebAssembly, linked like any other unit, whose functions work on the importer's memory 0: it imports
//! `memory` from `zkc:importer`. It may have globals, which all its importers share, but neither segments nor a start
//! function. What a function takes from outside comes through the intrinsics (`zkc:intrinsics`), each a zk instruction.
//!
//! | module | items | what a proof says |
//! |---|---|---|
//! | `zkc` | `input_len`, `read_input`, `commit` | there is a private input on which the run is as claimed; `commit`'s bytes, in order, are the public output |
//! | `wasi_snapshot_preview1` | WASI preview 1 | [`WASI.md`](WASI.md) |
//! | `spectest` | the official suite's globals, table, memory, and print functions | printing does nothing, so a proof says nothing of it |
//!
//! Of the private input a proof shows nothing; a read past its end traps.

use crate::clif::internal;
use crate::decode::{ModuleItems, Remap, decode_func_at, decode_items};
use crate::runtime;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use zkc_ir::{Body, Diagnostic, ExportKind, Func, FuncBody, Import, LazyBody, Memory, Module};

/// Module name under which a host module imports the memory it works on.
const IMPORTER: &str = "zkc:importer";

/// A host module, or a part of one that is linked only if it is used.
struct HostModule {
    name: &'static str,
    file: &'static str,
    text: &'static str,
}

const fn host(name: &'static str, file: &'static str, text: &'static str) -> HostModule {
    HostModule { name, file, text }
}

const HOSTS: [HostModule; 5] = [
    host("zkc", "zkc.wat", include_str!("zkc.wat")),
    host(
        "wasi_snapshot_preview1",
        "wasi.wat",
        include_str!("wasi.wat"),
    ),
    host("spectest", "spectest.wat", include_str!("spectest.wat")),
    host(
        "spectest",
        "spectest_memory.wat",
        include_str!("spectest_memory.wat"),
    ),
    host(
        "spectest",
        "spectest_table.wat",
        include_str!("spectest_table.wat"),
    ),
];

type Parsed = (ModuleItems, Vec<u8>);

/// The items and bytes of a host module, read once.
fn parsed(number: usize) -> Result<&'static Parsed, Diagnostic> {
    static PARSED: [OnceLock<Result<Parsed, Diagnostic>>; HOSTS.len()] =
        [const { OnceLock::new() }; HOSTS.len()];
    let HostModule { file, text, .. } = &HOSTS[number];
    let items = PARSED[number].get_or_init(|| {
        let bytes = wat::parse_str(text).map_err(|e| internal(format!("{file}: {e}")))?;
        let items = decode_items(&bytes).map_err(|d| internal(format!("{file}: {}", d.message)))?;
        well_formed(&items.module).map_err(|what| internal(format!("{file}: {what}")))?;
        Ok((items, bytes))
    });
    items.as_ref().map_err(Clone::clone)
}

/// Whether the linker can do what a host module asks for.
fn well_formed(module: &Module) -> Result<(), &'static str> {
    if module.start.is_some() || !module.elements.is_empty() || !module.data.is_empty() {
        return Err("a host module has no segments and no start function");
    }
    let functions = module.funcs.iter().filter_map(|f| match &f.body {
        FuncBody::Import(import) => Some(import),
        FuncBody::Body(_) | FuncBody::Lazy(_) | FuncBody::Unsupported(_) => None,
    });
    let memories = module.memories.iter().filter_map(|m| m.import.as_ref());
    let mut known = functions
        .map(|import| import.module == runtime::INTRINSICS)
        .chain(memories.map(|import| import.module == IMPORTER));
    match known.all(|known| known) {
        true => Ok(()),
        false => Err("a host module imports intrinsics and its importer's memory only"),
    }
}

/// The host modules in use in a module that is being linked.
#[derive(Default)]
pub(crate) struct Hosts {
    /// Where types, globals, tables and memories of each host module are: one state, however many import from it.
    states: BTreeMap<usize, Remap>,
    /// The first function of each host module for each memory it works on.
    instances: BTreeMap<(usize, Option<u32>), u32>,
    /// The memory of importers without one.
    no_memory: Option<u32>,
}

impl Hosts {
    /// The host's item that an import names, appended to the module at its first use. `memory` is the importer's.
    ///
    /// Errors: `internal` for a host module that is not well-formed.
    pub(crate) fn item(
        &mut self,
        module: &mut Module,
        import: &Import,
        memory: Option<u32>,
    ) -> Result<Option<ExportKind>, Diagnostic> {
        for (number, host) in HOSTS.iter().enumerate() {
            if host.name != import.module {
                continue;
            }
            let (items, _) = parsed(number)?;
            let named = |e: &&zkc_ir::Export| e.name == import.name;
            let Some(export) = items.module.exports.iter().find(named) else {
                continue;
            };
            let state = self
                .states
                .entry(number)
                .or_insert_with(|| append_state(module, &items.module));
            return Ok(Some(match export.kind {
                ExportKind::Func(index) => {
                    let first = self.instance(module, number, memory)?;
                    let imports = (items.module.funcs.len() - items.bodies.len()) as u32;
                    ExportKind::Func(first + index - imports)
                }
                ExportKind::Global(_) | ExportKind::Table(_) | ExportKind::Memory(_) => {
                    state.export(export.kind)
                }
            }));
        }
        Ok(None)
    }

    /// The first function of a host module whose functions work on a memory.
    fn instance(
        &mut self,
        module: &mut Module,
        number: usize,
        memory: Option<u32>,
    ) -> Result<u32, Diagnostic> {
        let (items, _) = parsed(number)?;
        let works_on = match (items.module.memories.first(), memory) {
            (None, _) => None,
            (Some(_), Some(memory)) => Some(memory),
            (Some(_), None) => Some(*self.no_memory.get_or_insert_with(|| {
                module.memories.push(Memory {
                    min: 0,
                    max: Some(0),
                    import: None,
                });
                module.memories.len() as u32 - 1
            })),
        };
        if let Some(&first) = self.instances.get(&(number, works_on)) {
            return Ok(first);
        }
        let first = module.funcs.len() as u32;
        let state = &self.states[&number];
        for func in &items.module.funcs {
            if !matches!(func.body, FuncBody::Import(_)) {
                module.funcs.push(Func {
                    name: format!("{}.{}", HOSTS[number].name, func.name),
                    type_index: state.ty(func.type_index),
                    ..func.clone()
                });
            }
        }
        self.instances.insert((number, works_on), first);
        Ok(first)
    }

    /// Renumbers memories.
    pub(crate) fn move_memories(&mut self, moved: &impl Fn(u32) -> u32) {
        let instances = std::mem::take(&mut self.instances);
        self.instances = instances
            .into_iter()
            .map(|((number, memory), first)| ((number, memory.map(moved)), first))
            .collect();
    }

    /// Gives the host's functions their code. The runtime goes to the end of the module, right behind what is there now.
    pub(crate) fn bodies(&self, module: &mut Module) {
        let runtime = module.funcs.len() as u32;
        for (&(number, memory), &first) in &self.instances {
            let Ok((items, _)) = parsed(number) else {
                continue;
            };
            let state = &self.states[&number];
            let imports = items.module.funcs.len() - items.bodies.len();
            for index in imports..items.module.funcs.len() {
                let func = first + (index - imports) as u32;
                let key = vec![
                    number as u32,
                    index as u32,
                    runtime,
                    first,
                    state.ty(0),
                    state.global(0),
                    memory.unwrap_or(0),
                ];
                module.funcs[func as usize].body =
                    FuncBody::Lazy(Arc::new(LazyBody::new(key, body)));
            }
        }
    }
}

/// Appends a host module's types, globals, tables and memories.
fn append_state(module: &mut Module, host: &Module) -> Remap {
    let row = |first: usize, count: usize| Some((first as u32..(first + count) as u32).collect());
    let remap = Remap {
        types: row(module.types.len(), host.types.len()),
        globals: row(module.globals.len(), host.globals.len()),
        tables: row(module.tables.len(), host.tables.len()),
        memories: row(module.memories.len(), host.memories.len()),
        ..Remap::default()
    };
    module.types.extend(host.types.iter().cloned());
    module.globals.extend(host.globals.iter().cloned());
    module.tables.extend(host.tables.iter().cloned());
    let own = host.memories.iter().filter(|m| m.import.is_none());
    module.memories.extend(own.cloned());
    remap
}

/// The body of a host function, from the key that [`Hosts::bodies`] gave it.
fn body(key: &[u32]) -> Body {
    let &[
        number,
        index,
        runtime,
        first,
        first_type,
        first_global,
        memory,
    ] = key
    else {
        unreachable!("`Hosts::bodies` makes keys of seven numbers");
    };
    let (items, bytes) = parsed(number as usize).expect("the host module was read to be linked");
    let module = &items.module;
    let mut own = first..;
    let func = |func: &Func| match &func.body {
        FuncBody::Import(import) => runtime::index_of(runtime, &import.name),
        FuncBody::Body(_) | FuncBody::Lazy(_) | FuncBody::Unsupported(_) => own.next(),
    };
    let funcs: Option<Vec<u32>> = module.funcs.iter().map(func).collect();
    let row = |first: u32, count: usize| Some((first..first + count as u32).collect());
    let remap = Remap {
        funcs: Some(funcs.expect("a test links every host function")),
        types: row(first_type, module.types.len()),
        globals: row(first_global, module.globals.len()),
        memories: Some(vec![memory]),
        ..Remap::default()
    };
    let imports = module.funcs.len() - items.bodies.len();
    let range = items.bodies[index as usize - imports].clone();
    decode_func_at(items, index, &bytes[range], &remap).expect("a test decodes every host function")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call_graph::calls;

    #[test]
    fn every_host_function_decodes_and_verifies() {
        for (number, host) in HOSTS.iter().enumerate() {
            let (items, _) = parsed(number).unwrap_or_else(|e| panic!("{}: {e}", host.file));
            let (mut hosts, mut module) = (Hosts::default(), Module::default());
            for export in &items.module.exports {
                let import = Import {
                    module: host.name.to_owned(),
                    name: export.name.clone(),
                };
                let item = hosts.item(&mut module, &import, None);
                assert!(matches!(item, Ok(Some(_))), "{import:?}: {item:?}");
            }
            hosts.bodies(&mut module);
            let end = module.funcs.len();
            runtime::append(&mut module).expect("the runtime's modules are valid");
            for func in &module.funcs[..end] {
                let body = func.body.code().expect("a host function has code");
                for callee in calls(body).direct {
                    let callee = &module.funcs[callee as usize];
                    let known =
                        items.module.funcs.iter().any(|f| {
                            callee.name.ends_with(&f.name) && callee.signature == f.signature
                        });
                    assert!(known, "{} calls `{}`", func.name, callee.name);
                }
                zkc_ir::verify(body).unwrap_or_else(|e| panic!("{}: {e}", func.name));
                assert_eq!(module.types[func.type_index as usize], func.signature);
            }
        }
    }

    #[test]
    fn bodies_refer_to_the_module_they_are_in() {
        let import = Import {
            module: "zkc".to_owned(),
            name: "read_input".to_owned(),
        };
        let callees = |before: usize| {
            let (mut hosts, mut module) = (Hosts::default(), Module::default());
            module.funcs = vec![runtime_function(); before];
            let item = hosts.item(&mut module, &import, None);
            let Ok(Some(ExportKind::Func(func))) = item else {
                panic!("{item:?}")
            };
            hosts.bodies(&mut module);
            runtime::append(&mut module).expect("the runtime's modules are valid");
            let body = module.funcs[func as usize].body.code();
            calls(body.expect("the function has code")).direct
        };
        let expected: Vec<u32> = callees(0).iter().map(|f| f + 2).collect();
        assert_eq!(callees(2), expected);
        assert!(!expected.is_empty());
    }

    fn runtime_function() -> Func {
        let mut module = Module::default();
        runtime::append(&mut module).expect("the runtime's modules are valid");
        module.funcs.swap_remove(0)
    }
}
