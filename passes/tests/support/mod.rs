//! Runs a module through the stages and compares their evaluators.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::eval::{EvalError, Instance, Limits, WasmInstance, run_cranelift};
use zkc_ir::{Body, FuncBody, Module, verify};
use zkc_passes::opt::{InlineOptions, cleanup, inline, inline_candidates};
use zkc_passes::{Layout, Options, call_graph, compile_to_cranelift, load, lower_effects};

/// Decodes and links text; panics with the diagnostic.
pub(crate) fn module(source: &str) -> Module {
    linked(&wat::parse_str(source).expect("the test's text is WebAssembly"))
}

/// Decodes and links bytes; panics with the diagnostic.
pub(crate) fn linked(bytes: &[u8]) -> Module {
    load(&[("main", bytes)])
        .expect("the test's module links")
        .module
}

/// What a run did: results or trap, output, and the memory's non-zero words.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) results: Result<Vec<u64>, EvalError>,
    pub(crate) output: Vec<u8>,
    pub(crate) globals: Vec<u64>,
    pub(crate) memory: Vec<(u64, u64)>,
}

/// What a run did to a module with so many globals; a linked one has the runtime's behind them.
fn outcome(results: Result<Vec<u64>, EvalError>, instance: &Instance, globals: usize) -> Outcome {
    let trapped = results.is_err();
    Outcome {
        results,
        output: if trapped {
            Vec::new()
        } else {
            instance.output.clone()
        },
        globals: if trapped {
            Vec::new()
        } else {
            instance.globals[..globals].to_vec()
        },
        memory: if trapped {
            Vec::new()
        } else {
            instance.memory.nonzero_words().collect()
        },
    }
}

/// Runs an export in the wasm dialect.
pub(crate) fn run_wasm(module: &Module, name: &str, args: &[u64], input: &[u8]) -> Outcome {
    let mut instance = WasmInstance::new(module, input).expect("the module instantiates");
    let results = instance.invoke_export(name, args);
    outcome(results, &instance.instance, module.globals.len())
}

/// A linked module and the cranelift bodies of its functions.
pub(crate) struct Compiled {
    pub(crate) module: Module,
    /// How many globals are the module's own.
    pub(crate) globals: usize,
    pub(crate) layout: Layout,
    pub(crate) bodies: BTreeMap<u32, Body>,
}

/// Compiles all supported functions of a linked module, and checks every body with the verifier.
pub(crate) fn compile(module: &Module, options: Options) -> Compiled {
    let globals = module.globals.len();
    let module = module.clone();
    let layout = Layout::of(&module, 65_536).expect("the module has a layout");
    let mut bodies = BTreeMap::new();
    let own = module.funcs.iter().enumerate();
    let mut work: Vec<u32> = own
        .filter(|(_, f)| !matches!(f.body, FuncBody::Lazy(_)))
        .map(|(index, _)| index as u32)
        .collect();
    while let Some(index) = work.pop() {
        let func = &module.funcs[index as usize];
        let (Some(wasm), false) = (func.body.code(), bodies.contains_key(&index)) else {
            continue;
        };
        verify(wasm).unwrap_or_else(|e| panic!("wasm dialect of {}: {e}", func.name));
        let body = compile_to_cranelift(&module, index, options)
            .unwrap_or_else(|e| panic!("{}: {e}", func.name));
        verify(&body).unwrap_or_else(|e| panic!("cranelift dialect of {}: {e}", func.name));
        let mixed = lower_effects(&body, &layout).unwrap_or_else(|e| panic!("{}: {e}", func.name));
        verify(&mixed).unwrap_or_else(|e| panic!("mixed body of {}: {e}", func.name));
        work.extend(call_graph::calls(&body).callees(&module));
        bodies.insert(index, body);
    }
    Compiled {
        module,
        globals,
        layout,
        bodies,
    }
}

/// Inlines what is worth it and cleans up again, as a compiler would.
pub(crate) fn inlined(mut compiled: Compiled) -> Compiled {
    let options = InlineOptions::default();
    let bodies: BTreeMap<u32, &Body> = compiled.bodies.iter().map(|(&i, b)| (i, b)).collect();
    let candidates = inline_candidates(&bodies, &BTreeSet::new(), &options);
    let lookup = |index: u32| candidates.contains(&index).then(|| bodies[&index]);
    let next = bodies.iter().map(|(&index, body)| {
        let body = cleanup(&inline(body, &lookup, &options));
        verify(&body).unwrap_or_else(|e| panic!("inlined function {index}: {e}"));
        (index, body)
    });
    compiled.bodies = next.collect();
    compiled
}

/// Number of ops of the functions a run from one export needs.
pub(crate) fn size(compiled: &Compiled, name: &str) -> usize {
    let index = compiled
        .module
        .exported_func(name)
        .expect("the export is there");
    let calls = |i: u32| compiled.bodies.get(&i).map(call_graph::calls);
    let needed = call_graph::reach(&compiled.module, &[index], calls)
        .expect("everything reachable is supported");
    needed.iter().map(|i| compiled.bodies[i].num_ops()).sum()
}

/// Runs an export in the cranelift dialect.
pub(crate) fn run_clif(compiled: &Compiled, name: &str, args: &[u64], input: &[u8]) -> Outcome {
    let module = &compiled.module;
    let mut instance = Instance::new(module, input).expect("the module instantiates");
    let mut limits = Limits::default();
    let bodies = |index: u32| compiled.bodies.get(&index);
    if let Some(start) = module.start {
        run_cranelift(module, &bodies, &mut instance, &mut limits, (start, &[]))
            .expect("the start function runs");
    }
    let index = module.exported_func(name).expect("the export is there");
    let results = run_cranelift(module, &bodies, &mut instance, &mut limits, (index, args));
    outcome(results, &instance, compiled.globals)
}

/// The functions a run from one export needs.
pub(crate) fn needed(compiled: &Compiled, name: &str) -> Vec<u32> {
    let index = compiled
        .module
        .exported_func(name)
        .expect("the export is there");
    call_graph::needed(&compiled.module, &[index]).expect("everything reachable is supported")
}
