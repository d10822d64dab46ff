//! One tracked function per stage and function of the module.
//!
//! What must hold: editing one function re-does that function (and those it is inlined into), and changing the cost model
//! re-does extraction and what follows. So no per-function query reads another function's code except through the
//! inliner, byte ranges stay in [`items`], and the cost model enters at [`extracted`].

pub(crate) mod hermez;

use crate::compiler::{Lowered, Roots, backend_error, internal};
use crate::db::{File, Flags, Model, Source};
use crate::dropped::INLINE;
use crate::profile::FunctionCounts;
use crate::zkir::ZkModule;
use salsa::Database;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use zkc_backend::{BackendError, CompiledFunc, Export, InitValue, InitWord, LinkInput, ScriptStep};
use zkc_egraph::{Saturated, Weights};
use zkc_ir::{Body, Diagnostic, ExportKind, FuncBody};
use zkc_isa::{Program, ValueKind};
use zkc_passes::call_graph::{Calls, calls, reach};
use zkc_passes::decode::{ModuleItems, absolute, decode_func_at, decode_items};
use zkc_passes::{Layout, Linked, Unit, link, lower_effects, opt, wasm_to_clif, wasm_to_cranelift};

/// A query's result: shared, so that memoised values are cheap to hand out.
pub(crate) type Query<T> = Result<Arc<T>, Diagnostic>;

/// The module's sections, with the byte ranges of its functions.
#[salsa::tracked(returns(ref))]
pub(crate) fn items(db: &dyn Database, file: File) -> Query<ModuleItems> {
    let _span = tracing::info_span!(target: "zkc", "decode").entered();
    decode_items(file.bytes(db)).map(Arc::new)
}

/// The module's sections without byte ranges: the same after an edit inside functions, unless it changes which tables they
/// write and which functions they refer to.
#[salsa::tracked(returns(ref))]
pub(crate) fn facts(db: &dyn Database, file: File) -> Query<ModuleItems> {
    let items = items(db, file).as_ref().map_err(Clone::clone)?;
    let bodies = items.bodies.iter().map(|_| 0..0).collect();
    Ok(Arc::new(ModuleItems {
        globals: items.globals.clone(),
        module: items.module.clone(),
        bodies,
    }))
}

/// All modules merged into one, runtime included, and what became of each; user code is not in it.
#[salsa::tracked(returns(ref))]
pub(crate) fn linked(db: &dyn Database, source: Source) -> Query<Linked> {
    let modules = source.modules(db);
    let last = modules.len().saturating_sub(1);
    let mut units = Vec::with_capacity(modules.len());
    for (position, module) in modules.iter().enumerate() {
        let items = facts(db, module.file);
        units.push(Unit {
            name: &module.name,
            items: items.as_ref().map_err(|d| match position == last {
                true => d.clone(),
                false => d.clone().in_unit(&module.name),
            })?,
            from: module.from.clone(),
            called: module.called,
        });
    }
    link(&units).map(Arc::new)
}

/// Where the module's state lives on the machine.
#[salsa::tracked(returns(ref))]
pub(crate) fn layout(db: &dyn Database, source: Source, flags: Flags) -> Query<Layout> {
    let module = &linked(db, source).as_ref().map_err(Clone::clone)?.module;
    Layout::of(module, flags.max_pages(db)).map(Arc::new)
}

/// Where a function's code is: the module's position and file, and the bytes. None for functions the compiler supplies.
fn body_range(
    db: &dyn Database,
    source: Source,
    index: u32,
) -> Option<(usize, File, Range<usize>)> {
    let (position, number) = linked(db, source).as_ref().ok()?.origin(index)?;
    let file = source.modules(db).get(position)?.file;
    let items = items(db, file).as_ref().ok()?;
    Some((position, file, items.bodies.get(number as usize)?.clone()))
}

/// The bytes of one function's body; none for functions the compiler supplies.
#[salsa::tracked(returns(ref))]
pub(crate) fn body_bytes(db: &dyn Database, source: Source, index: u32) -> Option<Arc<Vec<u8>>> {
    let (_, file, range) = body_range(db, source, index)?;
    file.bytes(db)
        .get(range)
        .map(|bytes| Arc::new(bytes.to_vec()))
}

/// One function in the wasm dialect. Places in diagnostics count from the start of the body.
#[salsa::tracked(returns(ref))]
pub(crate) fn wasm_ir(db: &dyn Database, source: Source, index: u32) -> Query<Body> {
    let linked = linked(db, source).as_ref().map_err(Clone::clone)?;
    let func = linked
        .module
        .funcs
        .get(index as usize)
        .ok_or_else(|| internal(format!("there is no function {index}")))?;
    match (&func.body, body_bytes(db, source, index)) {
        (FuncBody::Body(body), _) => Ok(Arc::new((**body).clone())),
        (FuncBody::Lazy(body), _) => Ok(body.get().clone()),
        (_, Some(bytes)) => {
            let (position, number) = linked
                .origin(index)
                .ok_or_else(|| internal(format!("function {index} comes from no module")))?;
            let facts = facts(db, source.modules(db)[position].file);
            let facts = facts.as_ref().map_err(Clone::clone)?;
            let imports = (facts.module.funcs.len() - facts.bodies.len()) as u32;
            let remap = &linked.units[position].remap;
            decode_func_at(facts, imports + number, bytes, remap).map(Arc::new)
        }
        (FuncBody::Import(import), None) => {
            let message = format!(
                "nobody provides the imported function `{}.{}`",
                import.module, import.name
            );
            Err(Diagnostic::error("unknown-import", message))
        }
        (FuncBody::Unsupported(diagnostic), None) => Err((**diagnostic).clone()),
    }
}

/// What one function calls once others are inlined into it.
#[salsa::tracked(returns(ref))]
pub(crate) fn callees(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    index: u32,
) -> Option<Calls> {
    cranelift_ir(db, source, flags, index)
        .as_ref()
        .ok()
        .map(|body| calls(body))
}

/// One function as CLIF text.
#[salsa::tracked(returns(ref))]
pub(crate) fn clif_text(db: &dyn Database, source: Source, index: u32) -> Query<String> {
    let module = &linked(db, source).as_ref().map_err(Clone::clone)?.module;
    let body = wasm_ir(db, source, index).as_ref().map_err(Clone::clone)?;
    Ok(Arc::new(zkc_passes::clif::clif_text(&wasm_to_clif(
        module, index, body,
    )?)))
}

/// One function in the cranelift dialect, cleaned up by itself: what others may inline.
#[salsa::tracked(returns(ref))]
pub(crate) fn cranelift_alone(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    index: u32,
) -> Query<Body> {
    let module = &linked(db, source).as_ref().map_err(Clone::clone)?.module;
    let body = wasm_ir(db, source, index).as_ref().map_err(Clone::clone)?;
    let _span = tracing::info_span!(target: "zkc", "wasm-to-cranelift").entered();
    let options = zkc_passes::Options {
        clif_opt: flags.clif_opt(db),
        ..zkc_passes::Options::default()
    };
    let body = wasm_to_cranelift(module, index, body, options)?;
    Ok(Arc::new(if flags.level(db) == 0 {
        opt::dce(&body)
    } else {
        opt::cleanup_without(&body, flags.dropped_passes(db))
    }))
}

/// The functions worth inlining: small ones, and those called from one place only.
#[salsa::tracked(returns(ref))]
pub(crate) fn inlined(db: &dyn Database, source: Source, flags: Flags) -> BTreeSet<u32> {
    let Ok(linked) = linked(db, source) else {
        return BTreeSet::new();
    };
    let module = &linked.module;
    let Ok(layout) = layout(db, source, flags) else {
        return BTreeSet::new();
    };
    let mut keep: BTreeSet<u32> = module.start.into_iter().collect();
    keep.extend(module.exports.iter().filter_map(|e| match e.kind {
        ExportKind::Func(func) => Some(func),
        ExportKind::Global(_) | ExportKind::Table(_) | ExportKind::Memory(_) => None,
    }));
    keep.extend(layout.init_words().iter().filter_map(|w| match w.value {
        zkc_passes::InitValue::Func { index, .. } => Some(index),
        zkc_passes::InitValue::Const(_) => None,
    }));
    // All functions but those of the runtime that nobody calls.
    let mut bodies: BTreeMap<u32, &Body> = BTreeMap::new();
    let own = module.funcs.iter().enumerate();
    let mut work: Vec<u32> = own
        .filter(|(_, f)| !matches!(f.body, FuncBody::Lazy(_)))
        .map(|(index, _)| index as u32)
        .collect();
    while let Some(index) = work.pop() {
        if let (Entry::Vacant(entry), Ok(body)) = (
            bodies.entry(index),
            cranelift_alone(db, source, flags, index),
        ) {
            entry.insert(body);
            work.extend(calls(body).callees(module));
        }
    }
    let options = opt::InlineOptions {
        first_routine: layout.runtime,
        ..opt::InlineOptions::default()
    };
    opt::inline_candidates(&bodies, &keep, &options)
}

/// One function in the cranelift dialect after inlining and clean-ups.
#[salsa::tracked(returns(ref))]
pub(crate) fn cranelift_ir(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    index: u32,
) -> Query<Body> {
    let body = cranelift_alone(db, source, flags, index).clone()?;
    let dropped = flags.dropped_passes(db);
    if flags.level(db) < 2 || dropped.contains(INLINE) {
        return Ok(body);
    }
    let _span = tracing::info_span!(target: "zkc", "inline").entered();
    let inlined = inlined(db, source, flags);
    let callee = |callee: u32| match inlined.contains(&callee) && callee != index {
        true => cranelift_alone(db, source, flags, callee)
            .as_ref()
            .ok()
            .map(|body| &**body),
        false => None,
    };
    let inlined = opt::inline(&body, &callee, &opt::InlineOptions::default());
    Ok(Arc::new(opt::cleanup_without(&inlined, dropped)))
}

/// One function as the e-graph takes it: pure ops in the cranelift dialect, effects in zk.
#[salsa::tracked(returns(ref))]
pub(crate) fn mixed_ir(db: &dyn Database, source: Source, flags: Flags, index: u32) -> Query<Body> {
    let body = cranelift_ir(db, source, flags, index)
        .as_ref()
        .map_err(Clone::clone)?;
    let layout = layout(db, source, flags).as_ref().map_err(Clone::clone)?;
    lower_effects(body, layout).map(Arc::new)
}

/// One function's e-graph with all forms that the rules find: what the cost model and a profile have no part in.
#[salsa::tracked(returns(ref))]
pub(crate) fn saturated(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    index: u32,
) -> Query<Saturated> {
    let body = mixed_ir(db, source, flags, index)
        .as_ref()
        .map_err(Clone::clone)?;
    let _span = tracing::info_span!(target: "zkc", "saturate").entered();
    let dropped = flags.dropped_rules(db);
    crate::compiler::saturate(body, flags.level(db), dropped).map(Arc::new)
}

/// One function in the zk dialect, with what was chosen and where its blocks come from.
#[salsa::tracked(returns(ref))]
pub(crate) fn extracted(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    index: u32,
) -> Query<Lowered> {
    let saturated = saturated(db, source, flags, index)
        .as_ref()
        .map_err(Clone::clone)?;
    let weights = weights(db, source, flags, model, index)?;
    let _span = tracing::info_span!(target: "zkc", "extract").entered();
    crate::compiler::extract(saturated, model.cost(db), &weights).map(Arc::new)
}

/// How often extraction takes a function's blocks to run.
pub(crate) fn weights(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    index: u32,
) -> Result<Weights, Diagnostic> {
    let counts = counts(db, source, flags, model, index).as_ref();
    let counts = counts.map_err(Clone::clone)?.as_ref();
    Ok(counts.map_or(Weights::STATIC, |counts| {
        Weights::counted(counts.blocks.iter().map(|b| b.runs).collect())
    }))
}

/// What the profile says of one function in the form it has here.
///
/// Errors: `profile` for one of another program.
#[salsa::tracked(returns(ref))]
pub(crate) fn counts(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    index: u32,
) -> Result<Option<Arc<FunctionCounts>>, Diagnostic> {
    let Some(profile) = model.profile(db) else {
        return Ok(None);
    };
    if profile.program != *program_digest(db, source) {
        let message = "the profile was made from another program";
        return Err(Diagnostic::error("profile", message));
    }
    let Some(counts) = profile.functions.get(&index) else {
        return Ok(None);
    };
    let shape = saturated(db, source, flags, index)
        .as_ref()
        .map_err(Clone::clone)?
        .shape();
    let digest = body_digest(db, source, flags, index)
        .as_ref()
        .map_err(Clone::clone)?;
    Ok((counts.body == *digest && counts.fits(&shape)).then(|| Arc::new(counts.clone())))
}

/// Names the modules' bytes: what a profile is of.
#[salsa::tracked(returns(ref))]
pub(crate) fn program_digest(db: &dyn Database, source: Source) -> String {
    let mut hasher = blake3::Hasher::new();
    for module in source.modules(db) {
        let bytes = module.file.bytes(db);
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    hasher.finalize().to_hex().to_string()
}

/// Names the form in which a function enters the e-graph: counts of its blocks are good for no other.
#[salsa::tracked(returns(ref))]
pub(crate) fn body_digest(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    index: u32,
) -> Result<String, Diagnostic> {
    let body = mixed_ir(db, source, flags, index)
        .as_ref()
        .map_err(Clone::clone)?;
    let hash = blake3::hash(zkc_ir::text::print_body(body).as_bytes());
    Ok(hash.to_hex()[..16].to_string())
}

/// Index, name and first program counter of each function of a program.
pub(crate) fn bases(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    roots: &Roots,
) -> Result<Vec<(u32, String, u32)>, Diagnostic> {
    let plan = plan(db, source, flags, roots.clone())
        .as_ref()
        .map_err(Clone::clone)?;
    let input = link_input(db, source, flags, model, plan)?;
    let mut base = zkc_isa::FIRST_PC;
    let functions = input.functions.into_iter();
    let with_base = functions.map(|(index, name, code)| {
        let start = base;
        base += code.insts.len() as u32;
        (index, name, start)
    });
    Ok(with_base.collect())
}

/// One function in the zk dialect.
#[salsa::tracked(returns(ref))]
pub(crate) fn zk_ir(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    index: u32,
) -> Query<Body> {
    extracted(db, source, flags, model, index)
        .as_ref()
        .map(|lowered| lowered.body.clone())
        .map_err(Clone::clone)
}

/// One function's machine code.
#[salsa::tracked(returns(ref))]
pub(crate) fn code(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    index: u32,
) -> Query<CompiledFunc> {
    let body = zk_ir(db, source, flags, model, index)
        .as_ref()
        .map_err(Clone::clone)?;
    let _span = tracing::info_span!(target: "zkc", "backend").entered();
    zkc_backend::compile_function(body, &zkc_backend::Options::default())
        .map(Arc::new)
        .map_err(|e| backend_error(&e))
}

/// What a program is linked from, but for the functions' code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    exports: Vec<Export>,
    /// Functions with code that the exports reach, ascending.
    pub(crate) needed: Vec<u32>,
    init: Vec<InitWord>,
}

/// Entries, needed functions and initial words of a program.
#[salsa::tracked(returns(ref))]
pub(crate) fn plan(db: &dyn Database, source: Source, flags: Flags, roots: Roots) -> Query<Plan> {
    let linked = linked(db, source).as_ref().map_err(Clone::clone)?;
    let module = &linked.module;
    let layout = layout(db, source, flags).as_ref().map_err(Clone::clone)?;
    let exports = roots.exports(linked)?;
    let mut start: Vec<u32> = exports.iter().map(|e| e.func).collect();
    start.extend(module.start);
    let needed = reach(module, &start, |index| {
        callees(db, source, flags, index).clone()
    })
    .map_err(|d| own_diagnostic(db, source, flags, d))?;
    let init = layout
        .init_words()
        .iter()
        .map(|w| InitWord {
            addr: w.addr,
            value: init_value(w.value, &needed),
        })
        .collect();
    Ok(Arc::new(Plan {
        exports,
        needed,
        init,
    }))
}

/// A program in the zk dialect.
#[salsa::tracked(returns(ref))]
pub(crate) fn zk_module(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    roots: Roots,
) -> Query<ZkModule> {
    let module = &linked(db, source).as_ref().map_err(Clone::clone)?.module;
    let layout = layout(db, source, flags).as_ref().map_err(Clone::clone)?;
    let plan = plan(db, source, flags, roots)
        .as_ref()
        .map_err(Clone::clone)?;
    let mut functions = Vec::with_capacity(plan.needed.len());
    for &index in &plan.needed {
        let body = zk_ir(db, source, flags, model, index)
            .clone()
            .map_err(|d| in_function(db, source, index, d))?;
        functions.push((index, module.funcs[index as usize].name.clone(), body));
    }
    let (exports, init) = (plan.exports.clone(), plan.init.clone());
    Ok(Arc::new(ZkModule {
        functions,
        exports,
        start: module.start,
        pages: layout.pages,
        init,
    }))
}

/// The program of some exported functions and all they reach.
#[salsa::tracked(returns(ref))]
pub(crate) fn program(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    roots: Roots,
) -> Query<Program> {
    let plan = plan(db, source, flags, roots)
        .as_ref()
        .map_err(Clone::clone)?;
    let input = link_input(db, source, flags, model, plan)?;
    let _span = tracing::info_span!(target: "zkc", "link").entered();
    finish(zkc_backend::link(input)).map(Arc::new)
}

/// The program of a script of calls, with the functions that `funcs` reach.
pub(crate) fn script(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    funcs: &BTreeSet<u32>,
    steps: &[ScriptStep],
) -> Result<Program, Diagnostic> {
    let roots = Roots::functions(funcs);
    let plan = plan(db, source, flags, roots)
        .as_ref()
        .map_err(Clone::clone)?;
    let mut input = link_input(db, source, flags, model, plan)?;
    input.exports.clear();
    finish(zkc_backend::link_script(input, steps))
}

/// What a program is linked from.
fn link_input<'db>(
    db: &'db dyn Database,
    source: Source,
    flags: Flags,
    model: Model,
    plan: &Plan,
) -> Result<LinkInput<'db>, Diagnostic> {
    let module = &linked(db, source).as_ref().map_err(Clone::clone)?.module;
    let layout = layout(db, source, flags).as_ref().map_err(Clone::clone)?;
    let mut functions = Vec::with_capacity(plan.needed.len());
    for &index in &plan.needed {
        let compiled = code(db, source, flags, model, index)
            .as_ref()
            .map_err(|d| in_function(db, source, index, d.clone()))?;
        functions.push((
            index,
            module.funcs[index as usize].name.clone(),
            &**compiled,
        ));
    }
    Ok(LinkInput {
        functions,
        exports: plan.exports.clone(),
        start: module.start,
        pages: layout.pages,
        init: plan.init.clone(),
    })
}

fn finish(program: Result<Program, BackendError>) -> Result<Program, Diagnostic> {
    let program = program.map_err(|e| backend_error(&e))?;
    zkc_isa::validate(&program)
        .map_err(|d| internal(format!("the linked program is not valid: {d}")))?;
    Ok(program)
}

/// The initial value for the linker. An entry that no indirect call of its type can reach keeps its type, so that calls of
/// another type trap as they must, but has no code to point to.
fn init_value(value: zkc_passes::InitValue, needed: &[u32]) -> InitValue {
    match value {
        zkc_passes::InitValue::Const(bits) => InitValue::Const(bits),
        zkc_passes::InitValue::Func { index, type_id } if needed.binary_search(&index).is_ok() => {
            InitValue::Func {
                index,
                type_id: type_id.into(),
            }
        }
        zkc_passes::InitValue::Func { type_id, .. } => {
            InitValue::Const(zkc_isa::table_word(zkc_isa::FIRST_PC, type_id))
        }
    }
}

/// The diagnostic of the function that could not be decoded, with the notes on how it is reached.
fn own_diagnostic(
    db: &dyn Database,
    source: Source,
    flags: Flags,
    diagnostic: Diagnostic,
) -> Diagnostic {
    if diagnostic.code != "not-decoded" {
        return diagnostic;
    }
    let Ok(linked) = linked(db, source) else {
        return diagnostic;
    };
    let module = &linked.module;
    let bad = (0..module.funcs.len() as u32).find(|&index| {
        matches!(&module.funcs[index as usize].body, FuncBody::Unsupported(_))
            && diagnostic
                .place
                .function
                .as_ref()
                .is_none_or(|name| *name == module.funcs[index as usize].name)
            && cranelift_ir(db, source, flags, index).is_err()
    });
    match bad.and_then(|index| {
        Some((
            index,
            cranelift_ir(db, source, flags, index).as_ref().err()?,
        ))
    }) {
        Some((index, own)) => {
            let mut own = in_function(db, source, index, own.clone());
            own.notes.extend(diagnostic.notes);
            own
        }
        None => diagnostic,
    }
}

/// Moves a place from the function's body to the file, and says which file if it is not the main one.
fn in_function(
    db: &dyn Database,
    source: Source,
    index: u32,
    diagnostic: Diagnostic,
) -> Diagnostic {
    let Some((position, _, range)) = body_range(db, source, index) else {
        return diagnostic;
    };
    let diagnostic = absolute(diagnostic, range.start as u64);
    let modules = source.modules(db);
    if position + 1 < modules.len() {
        diagnostic.in_unit(&modules[position].name)
    } else {
        diagnostic
    }
}

/// The public words of a function's signature.
///
/// Errors: `unsupported-op` for a parameter or result that is no number.
pub(crate) fn kinds(types: &[zkc_ir::Type], func: &str) -> Result<Vec<ValueKind>, Diagnostic> {
    let kind = |&ty: &zkc_ir::Type| {
        ValueKind::from_type(ty).ok_or_else(|| {
            Diagnostic::error(
                "unsupported-op",
                format!("a value of type {ty} cannot be an argument or result of a run"),
            )
            .in_function(func)
        })
    };
    types.iter().map(kind).collect()
}
