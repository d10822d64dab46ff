//! The queries of programs for hermez64: all up to the zk dialect is shared with zk64.

use super::{Query, in_function, layout, linked, mixed_ir, plan, zk_ir};
use crate::compiler::{Roots, backend_error};
use crate::db::{Flags, Model, Source};
use salsa::Database;
use std::collections::BTreeSet;
use std::sync::Arc;
use zkc_backend::hermez::{self, MemoryPlan};
use zkc_backend::{Export, ScriptStep};
use zkc_ir::Diagnostic;

/// One function's steps for hermez64. `memory` is the program's, see [`memory`].
#[salsa::tracked(returns(ref))]
pub(crate) fn code(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    index: u32,
    memory: MemoryPlan,
) -> Query<hermez::CompiledFunc> {
    let body = zk_ir(db, source, flags, model, index)
        .as_ref()
        .map_err(Clone::clone)?;
    let _span = tracing::info_span!(target: "zkc", "backend").entered();
    hermez::compile_function(body, &hermez::Options::new(memory))
        .map(Arc::new)
        .map_err(|e| backend_error(&e))
}

/// The memory of a hermez64 program: its size is a constant unless code that the program reaches grows it.
#[salsa::tracked(returns(clone))]
pub(crate) fn memory(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    roots: Roots,
) -> Result<MemoryPlan, Diagnostic> {
    let layout = layout(db, source, flags).as_ref().map_err(Clone::clone)?;
    let plan = plan(db, source, flags, roots)
        .as_ref()
        .map_err(Clone::clone)?;
    let mut grows = false;
    for &index in &plan.needed {
        let body = mixed_ir(db, source, flags, index)
            .as_ref()
            .map_err(|d| in_function(db, source, index, d.clone()))?;
        grows |= body
            .ops()
            .any(|(_, op)| op.opcode == zkc_isa::ZkOp::Grow.opcode());
    }
    let (pages, most) = (layout.pages, layout.max_pages);
    Ok(MemoryPlan {
        pages,
        max_pages: if grows { most } else { pages },
        output: MemoryPlan::output_beside(layout.end_slot),
    })
}

/// The hermez64 program of one call of an exported function.
pub(crate) fn program(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    roots: &Roots,
    args: &[u64],
) -> Result<zkc_isa::hermez::Program, Diagnostic> {
    let plan = plan(db, source, flags, roots.clone())
        .as_ref()
        .map_err(Clone::clone)?;
    let export = plan.exports.first().cloned().ok_or_else(|| {
        Diagnostic::error("unknown-export", "the module exports no function to run")
    })?;
    if export.params.len() != args.len() {
        let message = format!(
            "`{}` takes {} arguments, {} given",
            export.name,
            export.params.len(),
            args.len()
        );
        return Err(Diagnostic::error("argument", message));
    }
    let input = input(db, source, flags, model, roots, export, args)?;
    let _span = tracing::info_span!(target: "zkc", "link").entered();
    hermez::link(&input).map_err(|e| backend_error(&e))
}

/// The hermez64 program of a script of calls, with its memory and number of static words.
pub(crate) fn script(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    funcs: &BTreeSet<u32>,
    steps: &[ScriptStep],
    state: Option<&hermez::State>,
) -> Result<HermezScript, Diagnostic> {
    let roots = Roots::functions(funcs);
    let plan = plan(db, source, flags, roots.clone())
        .as_ref()
        .map_err(Clone::clone)?;
    let result_words = |step: &ScriptStep| {
        let export = plan
            .exports
            .iter()
            .find(|e| Some(e.func) == step.action.callee());
        export.map_or(0, |e| e.results.len() as u32)
    };
    let results: Vec<u32> = steps.iter().map(result_words).collect();
    let most = plan.exports.iter().max_by_key(|e| e.results.len());
    let export = most.cloned().unwrap_or_else(|| Export {
        name: String::new(),
        func: 0,
        params: Vec::new(),
        results: Vec::new(),
    });
    let input = input(db, source, flags, model, &roots, export, &[])?;
    let script = hermez::Script {
        steps,
        results: &results,
        state,
    };
    let program = hermez::link_script(&input, &script).map_err(|e| backend_error(&e))?;
    Ok(HermezScript {
        program,
        memory: input.memory,
        statics: input.statics,
    })
}

/// A script's program for hermez64.
#[derive(Clone, Debug)]
pub struct HermezScript {
    /// The program.
    pub program: zkc_isa::hermez::Program,
    /// Where its memory lies.
    pub memory: MemoryPlan,
    /// Static words.
    pub statics: u32,
}

/// What a hermez64 program is linked from.
fn input<'db>(
    db: &'db dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    roots: &Roots,
    export: Export,
    args: &[u64],
) -> Result<hermez::LinkInput<'db>, Diagnostic> {
    let module = &linked(db, source).as_ref().map_err(Clone::clone)?.module;
    let layout = layout(db, source, flags).as_ref().map_err(Clone::clone)?;
    let plan = plan(db, source, flags, roots.clone())
        .as_ref()
        .map_err(Clone::clone)?;
    let memory = memory(db, source, flags, roots.clone())?;
    let mut functions = Vec::with_capacity(plan.needed.len());
    for &index in &plan.needed {
        let compiled = code(db, source, flags, model, index, memory)
            .as_ref()
            .map_err(|d| in_function(db, source, index, d.clone()))?;
        let name = module.funcs[index as usize].name.clone();
        functions.push((index, name, &**compiled));
    }
    Ok(hermez::LinkInput {
        functions,
        export,
        args: args.to_vec(),
        start: module.start,
        memory,
        statics: layout.end_slot,
        init: plan.init.clone(),
    })
}
