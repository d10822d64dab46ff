//! Compilation as the rest of the program sees it: options in, text or a program out, with everything memoised between.

use crate::choices;
use crate::db::{Db, File, Flags, Model, Source, SourceModule};
use crate::dropped::Dropped;
use crate::emit::Emit;
use crate::profile::{self, FunctionCounts, Profile};
use crate::queries;
pub use crate::queries::hermez::HermezScript;
use crate::zkir::ZkModule;
use salsa::Setter;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use zkc_backend::{BackendError, ScriptStep};
use zkc_egraph::{BlockOrigin, Saturated, Stats, Weights};
use zkc_ir::{Body, Diagnostic, ExportKind, Module};
use zkc_isa::{CostModel, MAX_PAGES, Program, StepCounts, ZkOp};
use zkc_passes::{Layout, Linked};

/// What shapes a compilation besides its input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Optimisation level, 0 to 2.
    pub level: u8,
    /// The cost model of extraction.
    pub model: Arc<CostModel>,
    /// How often blocks ran in a run of this program; by loop depth if it is not known.
    pub profile: Option<Arc<Profile>>,
    /// Limit of the linear memory in pages.
    pub max_pages: u32,
    /// Whether Cranelift's own optimiser runs, for comparison.
    pub clif_opt: bool,
    /// What is left out, for comparison.
    pub dropped: Dropped,
    /// Threads that compile functions; the program is the same for any number. 0 is one per processor.
    pub jobs: usize,
}

/// A module of several that make one program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unit {
    /// The name other modules import from, in diagnostics and entries.
    pub name: String,
    /// The WASM binary.
    pub wasm: Vec<u8>,
    /// Which earlier module, by position, a module name of its imports stands for; `None` if each goes by its own name.
    /// Other names are the host's.
    pub from: Option<Vec<(String, usize)>>,
    /// Whether it is instantiated by a call of the entry `NAME:instantiate`, rather than before any entry.
    pub called: bool,
}

impl Unit {
    /// A module that imports from all before it, by name, and is instantiated before any entry runs.
    pub fn new(name: impl Into<String>, wasm: Vec<u8>) -> Unit {
        Unit {
            name: name.into(),
            wasm,
            from: None,
            called: false,
        }
    }
}

impl Options {
    /// The defaults at a level.
    pub fn new(level: u8) -> Options {
        Options {
            level,
            model: Arc::new(
                CostModel::named("cells").expect("the model `cells` comes with the machine"),
            ),
            profile: None,
            max_pages: MAX_PAGES,
            clif_opt: false,
            dropped: Dropped::default(),
            jobs: 1,
        }
    }
}

/// Which functions become entries of the program.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Roots {
    /// All exported functions of the last module.
    Exports,
    /// These: `EXPORT` of the last module, `MODULE.EXPORT`, or `MODULE:instantiate` of a module that is to be called.
    Named(Vec<String>),
    /// Functions of the linked module, by index, each with its entry's name.
    Functions(Vec<(String, u32)>),
}

impl Roots {
    /// These functions of the linked module, each an entry named by its index.
    pub(crate) fn functions(funcs: &BTreeSet<u32>) -> Roots {
        let named = funcs.iter().map(|&func| (func.to_string(), func));
        Roots::Functions(named.collect())
    }

    /// The entries of a linked module.
    ///
    /// Errors: `unknown-export`; `unsupported-op` for signatures with values that are no numbers.
    pub(crate) fn exports(&self, linked: &Linked) -> Result<Vec<zkc_backend::Export>, Diagnostic> {
        let module = &linked.module;
        let export = |name: &str, func: u32| {
            let data = module
                .funcs
                .get(func as usize)
                .ok_or_else(|| internal(format!("there is no function {func}")))?;
            let params = queries::kinds(&data.signature.flat().params, &data.name)?;
            let results = queries::kinds(&data.signature.flat().results, &data.name)?;
            Ok(zkc_backend::Export {
                name: name.to_string(),
                func,
                params,
                results,
            })
        };
        match self {
            Roots::Exports => module
                .exports
                .iter()
                .filter_map(|e| match e.kind {
                    ExportKind::Func(func) => Some(export(&e.name, func)),
                    ExportKind::Global(_) | ExportKind::Table(_) | ExportKind::Memory(_) => None,
                })
                .collect(),
            Roots::Named(names) => names
                .iter()
                .map(|name| match linked.entry(name) {
                    Some(func) => export(name, func),
                    None => Err(unknown_export(name, module)),
                })
                .collect(),
            Roots::Functions(funcs) => funcs
                .iter()
                .map(|(name, func)| export(name, *func))
                .collect(),
        }
    }
}

fn unknown_export(name: &str, module: &Module) -> Diagnostic {
    let names: Vec<&str> = module
        .exports
        .iter()
        .filter(|e| matches!(e.kind, ExportKind::Func(_)))
        .map(|e| e.name.as_str())
        .take(20)
        .collect();
    let diagnostic = Diagnostic::error(
        "unknown-export",
        format!("no function `{name}` is exported"),
    );
    if names.is_empty() {
        diagnostic.note("the module exports no function")
    } else {
        diagnostic.note(format!("exported: {}", names.join(", ")))
    }
}

/// An incremental compilation session over one program's modules.
#[derive(Clone)]
pub struct Compiler {
    db: Db,
    files: Vec<File>,
    source: Source,
    flags: Flags,
    model: Model,
    jobs: usize,
}

impl std::fmt::Debug for Compiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Compiler")
    }
}

impl Compiler {
    /// A session for the bytes of a WASM binary. Nothing is compiled until asked for.
    pub fn new(wasm: Vec<u8>, options: &Options) -> Compiler {
        Compiler::with_units(vec![Unit::new("main", wasm)], options)
    }

    /// A session for modules in order of instantiation, the main one last.
    pub fn with_units(units: Vec<Unit>, options: &Options) -> Compiler {
        let db = Db::default();
        let names: Vec<String> = units.iter().map(|u| u.name.clone()).collect();
        let mut files = Vec::with_capacity(units.len());
        let mut modules = Vec::with_capacity(units.len());
        for (position, unit) in units.into_iter().enumerate() {
            let file = File::new(&db, unit.wasm);
            files.push(file);
            modules.push(SourceModule {
                name: unit.name,
                file,
                from: unit
                    .from
                    .unwrap_or_else(|| names[..position].iter().cloned().zip(0..).collect()),
                called: unit.called,
            });
        }
        let source = Source::new(&db, modules);
        let flags = Flags::new(
            &db,
            options.level,
            options.max_pages,
            options.clif_opt,
            options.dropped.rules.clone(),
            options.dropped.passes.clone(),
        );
        let model = Model::new(&db, options.model.clone(), options.profile.clone());
        Compiler {
            db,
            files,
            source,
            flags,
            model,
            jobs: options.jobs,
        }
    }

    /// Replaces the main module, the last one.
    pub fn set_source(&mut self, wasm: Vec<u8>) {
        if let Some(last) = self.files.len().checked_sub(1) {
            self.set_unit(last, wasm);
        }
    }

    /// Replaces the module at a position; there is no other effect if there is none.
    pub fn set_unit(&mut self, position: usize, wasm: Vec<u8>) {
        if let Some(file) = self.files.get(position) {
            file.set_bytes(&mut self.db).to(wasm);
        }
    }

    /// The modules merged into one, but for their code: exports and entries by index.
    ///
    /// Errors: what is wrong with the input, imports included.
    pub fn linked(&self) -> Result<Arc<Linked>, Diagnostic> {
        queries::linked(&self.db, self.source).clone()
    }

    /// Where the state of the merged module lives on the machine.
    ///
    /// Errors: as for [`Compiler::linked`]; state that the machine has no room for.
    pub fn layout(&self) -> Result<Arc<Layout>, Diagnostic> {
        queries::layout(&self.db, self.source, self.flags).clone()
    }

    /// The program whose entry [`zkc_backend::SCRIPT_ENTRY`] runs a script of calls. Its functions are those that `funcs` reach,
    /// all that the steps call among them: scripts over the same functions leave comparable words in tables.
    ///
    /// Errors: as for [`Compiler::program`].
    pub fn script(
        &self,
        funcs: &BTreeSet<u32>,
        steps: &[ScriptStep],
    ) -> Result<Program, Diagnostic> {
        queries::script(&self.db, self.source, self.flags, self.model, funcs, steps)
    }

    /// Replaces the cost model.
    pub fn set_model(&mut self, model: Arc<CostModel>) {
        self.model.set_cost(&mut self.db).to(model);
    }

    /// What is left out.
    pub fn dropped(&self) -> Dropped {
        Dropped {
            rules: self.flags.dropped_rules(&self.db).clone(),
            passes: self.flags.dropped_passes(&self.db).clone(),
        }
    }

    /// Replaces what is left out. Rules re-do the e-graph and what follows, passes what they are part of.
    pub fn set_dropped(&mut self, dropped: Dropped) {
        if *self.flags.dropped_rules(&self.db) != dropped.rules {
            self.flags.set_dropped_rules(&mut self.db).to(dropped.rules);
        }
        if *self.flags.dropped_passes(&self.db) != dropped.passes {
            let setter = self.flags.set_dropped_passes(&mut self.db);
            setter.to(dropped.passes);
        }
    }

    /// One function as the e-graph takes it.
    ///
    /// Errors: as for [`Compiler::program`].
    pub fn mixed_ir(&self, index: u32) -> Result<Arc<Body>, Diagnostic> {
        queries::mixed_ir(&self.db, self.source, self.flags, index).clone()
    }

    /// One function's saturated e-graph.
    ///
    /// Errors: as for [`Compiler::program`].
    pub fn saturated(&self, index: u32) -> Result<Arc<Saturated>, Diagnostic> {
        queries::saturated(&self.db, self.source, self.flags, index).clone()
    }

    /// Replaces the profile.
    pub fn set_profile(&mut self, profile: Option<Arc<Profile>>) {
        self.model.set_profile(&mut self.db).to(profile);
    }

    /// What a run of [`Compiler::program`] says of the blocks of its functions, as they are before the e-graph.
    ///
    /// Errors: as for [`Compiler::program`].
    pub fn profile(&self, roots: &Roots, counts: &StepCounts) -> Result<Profile, Diagnostic> {
        let program = self.program(roots)?;
        let calls = counts.calls(&program);
        let digest = queries::program_digest(&self.db, self.source).clone();
        let (db, source, flags, model) = (&self.db, self.source, self.flags, self.model);
        let mut functions = BTreeMap::new();
        for (index, name, base) in queries::bases(db, source, flags, model, roots)? {
            let lowered = queries::extracted(db, source, flags, model, index);
            let lowered = lowered.as_ref().map_err(Clone::clone)?;
            let code = queries::code(db, source, flags, model, index);
            let code = code.as_ref().map_err(Clone::clone)?;
            let saturated = queries::saturated(db, source, flags, index);
            let shape = saturated.as_ref().map_err(Clone::clone)?.shape();
            let calls = calls.get(&base).copied().unwrap_or(0);
            let blocks = profile::counts_of(lowered, &shape, |blocks| {
                zkc_backend::add_counts(code, &lowered.body, counts, (base, calls), blocks);
            });
            if calls > 0 {
                let body = queries::body_digest(db, source, flags, index);
                let counts = FunctionCounts {
                    name,
                    body: body.clone()?,
                    calls,
                    blocks,
                };
                functions.insert(index, counts);
            }
        }
        Ok(Profile {
            program: digest,
            functions,
        })
    }

    /// How often the profile says that the blocks of a function in the zk dialect run, in their order; `None` without one, or
    /// where it says nothing of the function as it is compiled here.
    ///
    /// Errors: as for [`Compiler::program`]; `profile` for one of another program.
    pub fn runs(&self, index: u32) -> Result<Option<Vec<u64>>, Diagnostic> {
        let (db, source, flags, model) = (&self.db, self.source, self.flags, self.model);
        let counts = queries::counts(db, source, flags, model, index).clone()?;
        let lowered = queries::extracted(db, source, flags, model, index).clone()?;
        Ok(counts.map(|counts| {
            let blocks = profile::counts_for(&lowered, &counts.blocks);
            blocks.into_iter().map(|block| block.runs).collect()
        }))
    }

    /// The functions of a program in which rewriting stopped at a limit, with the limit's name: they may have cheaper forms.
    ///
    /// Errors: as for [`Compiler::program`].
    pub fn limits_reached(&self, roots: &Roots) -> Result<Vec<(String, &'static str)>, Diagnostic> {
        let (db, source, flags) = (&self.db, self.source, self.flags);
        let linked = self.linked()?;
        let plan = queries::plan(db, source, flags, roots.clone());
        let plan = plan.as_ref().map_err(Clone::clone)?;
        let mut reached = Vec::new();
        for &index in &plan.needed {
            let saturated = queries::saturated(db, source, flags, index);
            let stop = saturated.as_ref().map_err(Clone::clone)?.stop();
            if let Some(limit) = stop.limit() {
                reached.push((linked.module.funcs[index as usize].name.clone(), limit));
            }
        }
        Ok(reached)
    }

    /// What the instructions of a run like the profile's cost by a model, and how many functions that ran then have no counts
    /// because they are compiled in another form here. `None` without a profile.
    ///
    /// Errors: as for [`Compiler::program`]; `profile` for one of another program.
    pub fn predict(
        &self,
        roots: &Roots,
        entry: &str,
        model: &CostModel,
    ) -> Result<Option<Prediction>, Diagnostic> {
        let program = self.program(roots)?;
        let (db, source, flags) = (&self.db, self.source, self.flags);
        let Some(profile) = self.model.profile(db) else {
            return Ok(None);
        };
        let mut prediction = Prediction::default();
        let mut functions = BTreeSet::new();
        for (index, _, _) in queries::bases(db, source, flags, self.model, roots)? {
            functions.insert(index);
            let counts = queries::counts(db, source, flags, self.model, index);
            let Some(counts) = counts.as_ref().map_err(Clone::clone)? else {
                continue;
            };
            let lowered = queries::extracted(db, source, flags, self.model, index);
            let lowered = lowered.as_ref().map_err(Clone::clone)?;
            let code = queries::code(db, source, flags, self.model, index);
            let code = code.as_ref().map_err(Clone::clone)?;
            let blocks = profile::counts_for(lowered, &counts.blocks);
            let cost = zkc_backend::predict(code, counts.calls, &blocks, model);
            prediction.cost = prediction.cost.saturating_add(cost);
            functions.remove(&index);
        }
        let unknown = |index: &&u32| profile.functions.contains_key(index);
        prediction.unknown = functions.iter().filter(unknown).count();
        if let Some(entry) = program.entry(entry) {
            for inst in &program.insts[(entry.pc - zkc_isa::FIRST_PC) as usize..] {
                prediction.cost = prediction.cost.saturating_add(model.cost(inst.op));
                if inst.op == ZkOp::Halt {
                    break;
                }
            }
        }
        Ok(Some(prediction))
    }

    /// How often each instruction of the program is executed in a run as the profile has it; `None` without a profile.
    /// Functions of which the profile says nothing have zeros.
    ///
    /// Errors: as for [`Compiler::predict`].
    pub fn executions(&self, roots: &Roots) -> Result<Option<Vec<u64>>, Diagnostic> {
        let program = self.program(roots)?;
        let (db, source, flags) = (&self.db, self.source, self.flags);
        if self.model.profile(db).is_none() {
            return Ok(None);
        }
        let mut executions = vec![0; program.insts.len()];
        for (index, _, start) in queries::bases(db, source, flags, self.model, roots)? {
            let counts = queries::counts(db, source, flags, self.model, index);
            let Some(counts) = counts.as_ref().map_err(Clone::clone)? else {
                continue;
            };
            let lowered = queries::extracted(db, source, flags, self.model, index);
            let lowered = lowered.as_ref().map_err(Clone::clone)?;
            let code = queries::code(db, source, flags, self.model, index);
            let code = code.as_ref().map_err(Clone::clone)?;
            let blocks = profile::counts_for(lowered, &counts.blocks);
            let own = zkc_backend::executions(code, counts.calls, &blocks);
            let from = (start - zkc_isa::FIRST_PC) as usize;
            executions[from..from + own.len()].copy_from_slice(&own);
        }
        Ok(Some(executions))
    }

    /// The queries executed since the last call, in order: `name(key)`.
    pub fn take_log(&self) -> Vec<String> {
        self.db.take_log()
    }

    /// The program of some exported functions and all they reach.
    ///
    /// Errors: what is wrong with the input; `unsupported-op` for what zkc does not have yet, at its place.
    pub fn program(&self, roots: &Roots) -> Result<Arc<Program>, Diagnostic> {
        self.ahead(roots, |db, source, flags, model, index| {
            let _ = queries::code(db, source, flags, model, index);
        });
        queries::program(&self.db, self.source, self.flags, self.model, roots.clone()).clone()
    }

    /// The rules that found something in the functions that the roots reach, and all that lower an op.
    ///
    /// Errors: as for [`Compiler::program`].
    pub fn applied(&self, roots: &Roots) -> Result<BTreeSet<&'static str>, Diagnostic> {
        let lowering = zkc_egraph::rules().filter(|r| r.group == zkc_egraph::Group::Lower);
        let mut applied: BTreeSet<&str> = lowering.map(|rule| rule.name).collect();
        for (index, ..) in &self.zk_module(roots)?.functions {
            let (db, source, flags) = (&self.db, self.source, self.flags);
            let lowered = queries::extracted(db, source, flags, self.model, *index).clone()?;
            applied.extend(lowered.stats.applied.iter().map(|(rule, _)| *rule));
        }
        Ok(applied)
    }

    /// The kinds of the parameters of the first of the roots.
    ///
    /// Errors: `unknown-export`; `unsupported-op` for a parameter that is no number.
    pub fn parameters(&self, roots: &Roots) -> Result<Vec<zkc_isa::ValueKind>, Diagnostic> {
        let exports = roots.exports(&*self.linked()?)?;
        Ok(exports.into_iter().next().map_or(Vec::new(), |e| e.params))
    }

    /// The program for hermez64 that calls one function with these argument words: the first of the roots.
    ///
    /// Errors: as for [`Compiler::program`]; `argument` for a wrong number of arguments.
    pub fn hermez(
        &self,
        roots: &Roots,
        args: &[u64],
    ) -> Result<zkc_isa::hermez::Program, Diagnostic> {
        queries::hermez::program(&self.db, self.source, self.flags, self.model, roots, args)
    }

    /// The hermez64 program that makes a script's calls and asserts their results, from a state that an earlier one left or
    /// the module's. Functions as for [`Compiler::script`].
    ///
    /// Errors: as for [`Compiler::program`].
    pub fn hermez_script(
        &self,
        funcs: &BTreeSet<u32>,
        steps: &[ScriptStep],
        state: Option<&zkc_backend::hermez::State>,
    ) -> Result<HermezScript, Diagnostic> {
        let (db, source, flags) = (&self.db, self.source, self.flags);
        queries::hermez::script(db, source, flags, self.model, funcs, steps, state)
    }

    /// The same before register allocation: functions in the zk dialect with what links them.
    ///
    /// Errors: as for [`Compiler::program`].
    pub fn zk_module(&self, roots: &Roots) -> Result<Arc<ZkModule>, Diagnostic> {
        self.ahead(roots, |db, source, flags, model, index| {
            let _ = queries::zk_ir(db, source, flags, model, index);
        });
        queries::zk_module(&self.db, self.source, self.flags, self.model, roots.clone()).clone()
    }

    fn ahead(&self, roots: &Roots, last: fn(&Db, Source, Flags, Model, u32)) {
        let inputs = (self.source, self.flags, self.model);
        crate::parallel::compile_ahead(&self.db, inputs, roots, self.jobs, last);
    }

    /// The functions with code of their own, as (index, name); those the compiler supplies are not among them.
    pub fn functions(&self) -> Result<Vec<(u32, String)>, Diagnostic> {
        let linked = self.linked()?;
        let indices = linked.units.iter().flat_map(|unit| unit.funcs.clone());
        let name = |index: u32| linked.module.funcs[index as usize].name.clone();
        Ok(indices.map(|index| (index, name(index))).collect())
    }

    /// Functions as text at one level: all, or the one of this name.
    ///
    /// Errors: as for [`Compiler::program`]; `unknown-function`; `usage` for kinds that are not per function.
    pub fn emit(&self, emit: Emit, func: Option<&str>) -> Result<String, Diagnostic> {
        let functions = self.functions()?;
        let chosen: Vec<&(u32, String)> = functions
            .iter()
            .filter(|(_, name)| func.is_none_or(|f| f == name))
            .collect();
        if let (Some(name), true) = (func, chosen.is_empty()) {
            return Err(Diagnostic::error(
                "unknown-function",
                format!("no function is called `{name}`"),
            ));
        }
        let mut text = String::new();
        for (index, name) in chosen {
            if !text.is_empty() && emit != Emit::ChoicesJson {
                text.push('\n');
            }
            text.push_str(&self.emit_function(emit, *index, name)?);
        }
        Ok(text)
    }

    fn emit_function(&self, emit: Emit, index: u32, name: &str) -> Result<String, Diagnostic> {
        let (db, source, flags) = (&self.db, self.source, self.flags);
        let body = match emit {
            Emit::WasmIr => queries::wasm_ir(db, source, index),
            Emit::CraneliftIr => queries::cranelift_ir(db, source, flags, index),
            Emit::MixedIr => queries::mixed_ir(db, source, flags, index),
            Emit::ZkIr => queries::zk_ir(db, source, flags, self.model, index),
            Emit::Clif => {
                let text = queries::clif_text(db, source, index).clone()?;
                return Ok(format!(";; {name}\n{}\n", text.trim_end()));
            }
            Emit::Choices | Emit::ChoicesJson => {
                let body = queries::mixed_ir(db, source, flags, index).clone()?;
                let weights = queries::weights(db, source, flags, self.model, index)?;
                let options = egraph_options(flags.level(db), flags.dropped_rules(db));
                let model = self.model.cost(db);
                let decisions = zkc_egraph::explain(&body, model, &options, &weights);
                let decisions = decisions.map_err(|e| internal(e.to_string()))?;
                return Ok(match emit {
                    Emit::ChoicesJson => choices::to_json(name, &decisions),
                    _ => choices::print(name, &decisions),
                });
            }
            Emit::Zkasm | Emit::RomJson => {
                let message = format!("`{}` is emitted for a whole program", emit.name());
                return Err(Diagnostic::error("usage", message));
            }
        };
        Ok(zkc_ir::text::print_func(
            name,
            body.as_ref().map_err(Clone::clone)?,
        ))
    }

    /// One function's body in the zk dialect.
    ///
    /// Errors: as for [`Compiler::program`].
    pub fn zk_ir(&self, index: u32) -> Result<Arc<Body>, Diagnostic> {
        queries::zk_ir(&self.db, self.source, self.flags, self.model, index).clone()
    }
}

/// What a run is expected to cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Prediction {
    /// Cost of its instructions, in the model's unit; with `cells`, cells without padding, memory and tables.
    pub cost: u64,
    /// Functions that ran when the profile was made but have no part in this, because they are compiled in another form.
    pub unknown: usize,
}

/// Compiles a WASM binary once.
///
/// Errors: as for [`Compiler::program`].
pub fn compile(wasm: &[u8], roots: &Roots, options: &Options) -> Result<Arc<Program>, Diagnostic> {
    Compiler::new(wasm.to_vec(), options).program(roots)
}

/// Compiles modules in order of instantiation, the main one last, into one program.
///
/// Errors: as for [`Compiler::program`].
pub fn compile_units(
    units: Vec<Unit>,
    roots: &Roots,
    options: &Options,
) -> Result<Arc<Program>, Diagnostic> {
    Compiler::with_units(units, options).program(roots)
}

/// Decodes and validates a WASM binary, code included.
///
/// Errors: `malformed`, `invalid` or `unsupported-op`, with the byte offset.
pub fn decode(wasm: &[u8]) -> Result<Module, Diagnostic> {
    zkc_passes::decode::decode(wasm)
}

/// A function in the zk dialect, and how it came to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Lowered {
    /// The function.
    pub body: Arc<Body>,
    /// For each of its blocks, in order, which block of the e-graph's input it is.
    pub origins: Vec<BlockOrigin>,
    /// What the e-graph did.
    pub stats: Stats,
}

/// Lowers a mixed body to the zk dialect.
///
/// Errors: `internal`: no body that comes from a valid module fails.
pub(crate) fn optimize(body: &Body, model: &CostModel, level: u8) -> Result<Body, Diagnostic> {
    let saturated = saturate(body, level, &zkc_egraph::Dropped::default())?;
    let lowered = extract(&saturated, model, &Weights::STATIC)?;
    Ok(Arc::unwrap_or_clone(lowered.body))
}

/// Finds the forms of a mixed body's values, without the rules that are dropped.
///
/// Errors: as for [`optimize`].
pub(crate) fn saturate(
    body: &Body,
    level: u8,
    dropped: &zkc_egraph::Dropped,
) -> Result<Saturated, Diagnostic> {
    let options = egraph_options(level, dropped);
    zkc_egraph::saturate(body, &options).map_err(|e| internal(e.to_string()))
}

/// What the e-graph is asked for at a level from 0 to 2.
pub(crate) fn egraph_options(level: u8, dropped: &zkc_egraph::Dropped) -> zkc_egraph::Options {
    let level = match level {
        0 => zkc_egraph::Level::O0,
        1 => zkc_egraph::Level::O1,
        _ => zkc_egraph::Level::O2,
    };
    zkc_egraph::Options {
        level,
        dropped: dropped.clone(),
        ..zkc_egraph::Options::default()
    }
}

/// Chooses among the forms.
///
/// Errors: as for [`optimize`].
pub(crate) fn extract(
    saturated: &Saturated,
    model: &CostModel,
    weights: &Weights,
) -> Result<Lowered, Diagnostic> {
    let extracted = zkc_egraph::extract(saturated, model, weights);
    let extracted = extracted.map_err(|e| internal(e.to_string()))?;
    Ok(Lowered {
        // numbered as the text is, so that emitted IR compiles to the same program
        body: Arc::new(zkc_ir::canonicalize(&extracted.body)),
        origins: extracted.origins,
        stats: extracted.stats,
    })
}

/// An inconsistency of ours.
pub(crate) fn internal(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("internal", message)
}

/// A backend error: limits are the user's business, the rest is ours.
pub(crate) fn backend_error(error: &BackendError) -> Diagnostic {
    match error {
        BackendError::FrameTooLarge { .. }
        | BackendError::StaticWords(_)
        | BackendError::TooManyInstructions(_)
        | BackendError::TypeId(_) => Diagnostic::error("limit-exceeded", error.to_string()),
        BackendError::NotZk(_)
        | BackendError::Malformed(_)
        | BackendError::Allocation(_)
        | BackendError::Wrong(_)
        | BackendError::MissingFunction(_)
        | BackendError::DuplicateInit(_) => internal(error.to_string()),
    }
}
