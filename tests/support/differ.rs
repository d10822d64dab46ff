//! The differential test as a library function: generated modules, each under wasmtime, the wasm evaluator and zkc.
//!
//! Calls go to one instance in sequence, state kept, so that what one call leaves in memory is what the next one finds.
//! After a trap state is compared as after any call, and both sides start afresh. A module on which they disagree is
//! written to a file, and beside it a smaller one with the same fault.

use super::evaluator::Evaluator;
use super::random::Random;
use super::referee::{Exported, Kind, Referee, RefereeModule, comparable};
use super::{smith, temp};
use std::fmt;
use std::ops::Range;
use zkc::Options;
use zkc::spec::{Called, OpenError, Session};
use zkc_ir::{Module, Trap};

/// wasmtime's fuel for one call: far more than a module's own.
const FUEL: u64 = 50_000_000;

/// What is compared with wasmtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Subject {
    /// The wasm dialect's evaluator.
    Evaluator,
    /// The whole compiler at this level, and the executor.
    Level(u8),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Evaluator => f.write_str("evaluator"),
            Subject::Level(level) => write!(f, "-O{level}"),
        }
    }
}

/// One instance of a subject.
enum Instance<'m> {
    Evaluator(&'m Module, Box<Evaluator<'m>>),
    Machine(Box<Session>),
}

impl<'m> Instance<'m> {
    fn open(subject: Subject, wasm: &[u8], module: &'m Module) -> Result<Instance<'m>, OpenError> {
        match subject {
            Subject::Evaluator => {
                Evaluator::open(module).map(|e| Instance::Evaluator(module, Box::new(e)))
            }
            Subject::Level(level) => {
                Session::open(wasm, &Options::new(level)).map(|s| Instance::Machine(Box::new(s)))
            }
        }
    }

    fn call(&mut self, name: &str, args: &[u64]) -> Called {
        match self {
            Instance::Evaluator(_, evaluator) => evaluator.call(name, args),
            Instance::Machine(session) => session.call(name, args),
        }
    }

    fn reset(&mut self) -> Result<(), OpenError> {
        match self {
            Instance::Evaluator(module, evaluator) => **evaluator = Evaluator::open(module)?,
            Instance::Machine(session) => session.reset(),
        }
        Ok(())
    }

    fn global(&self, name: &str) -> Option<Vec<u64>> {
        match self {
            Instance::Evaluator(_, evaluator) => evaluator.global(name),
            Instance::Machine(session) => session.global(name),
        }
    }

    fn memory(&self, name: &str) -> Option<Vec<u8>> {
        match self {
            Instance::Evaluator(_, evaluator) => evaluator.memory(name),
            Instance::Machine(session) => session.memory(name),
        }
    }

    fn table(&self, name: &str) -> Option<Vec<u64>> {
        match self {
            Instance::Evaluator(_, evaluator) => evaluator.table(name),
            Instance::Machine(session) => session.table(name),
        }
    }
}

/// What a range of seeds came to.
#[derive(Clone, Default, Debug)]
pub(crate) struct Report {
    /// Modules compared.
    pub(crate) modules: u64,
    /// Seeds that gave no module, or one that zkc refuses as unsupported.
    pub(crate) left_out: u64,
    /// Calls compared.
    pub(crate) calls: u64,
    /// Calls among them that trapped, on both sides.
    pub(crate) traps: u64,
    /// Calls that reach something unsupported.
    pub(crate) unsupported: u64,
    /// Calls where one side ran out of stack or steps, which are no part of WASM's meaning.
    pub(crate) exhausted: u64,
    /// Disagreements, each with its seed.
    pub(crate) disagreements: Vec<String>,
}

impl Report {
    fn add(&mut self, other: Report) {
        self.modules += other.modules;
        self.left_out += other.left_out;
        self.calls += other.calls;
        self.traps += other.traps;
        self.unsupported += other.unsupported;
        self.exhausted += other.exhausted;
        self.disagreements.extend(other.disagreements);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} modules ({} left out), {} calls, {} of them traps, {} unsupported, {} exhausted, {} disagreements",
            self.modules,
            self.left_out,
            self.calls,
            self.traps,
            self.unsupported,
            self.exhausted,
            self.disagreements.len()
        )?;
        self.disagreements
            .iter()
            .take(10)
            .try_for_each(|d| writeln!(f, "{d}"))
    }
}

/// Compares the modules of these seeds, on all cores; disagreeing modules are written to the scratch folder.
pub(crate) fn compare_seeds(seeds: Range<u64>, subjects: &[Subject]) -> Report {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let mut report = Report::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|t| {
                let mine = seeds.clone().filter(move |s| s % threads == t);
                scope.spawn(move || {
                    let mut report = Report::default();
                    mine.for_each(|seed| report.add(compare_seed(seed, subjects)));
                    report
                })
            })
            .collect();
        for worker in workers {
            report.add(
                worker
                    .join()
                    .expect("a worker reports panics as disagreements"),
            );
        }
    });
    report.disagreements.sort();
    report
}

/// Compares the module of one seed.
pub(crate) fn compare_seed(seed: u64, subjects: &[Subject]) -> Report {
    let Some(wasm) = smith::module(seed) else {
        return Report {
            left_out: 1,
            ..Report::default()
        };
    };
    compare_wasm(&wasm, seed, subjects)
}

/// Compares one module under all subjects, panics included; `seed` decides the arguments and names the files.
pub(crate) fn compare_wasm(wasm: &[u8], seed: u64, subjects: &[Subject]) -> Report {
    let mut total = Report::default();
    for &subject in subjects {
        let mut report = compare_caught(wasm, subject, seed);
        for what in std::mem::take(&mut report.disagreements) {
            total.disagreements.push(format!(
                "seed {seed}, {subject}: {what}{}",
                keep(seed, subject, wasm)
            ));
        }
        total.add(report);
    }
    total
}

/// [`compare_module`], with a panic as a disagreement.
fn compare_caught(wasm: &[u8], subject: Subject, seed: u64) -> Report {
    let outcome = std::panic::catch_unwind(|| compare_module(wasm, subject, seed));
    outcome.unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or(panic.downcast_ref::<&str>().copied());
        Report {
            disagreements: vec![format!("panic: {}", text.unwrap_or("of unknown kind"))],
            ..Report::default()
        }
    })
}

/// Compares one module under one subject; `seed` decides the arguments.
///
/// Compared are instantiation, every exported function's results or trap kind, and after each call memory and globals.
pub(crate) fn compare_module(wasm: &[u8], subject: Subject, seed: u64) -> Report {
    let mut report = Report::default();
    if let Err(what) = compare_instances(wasm, subject, seed, &mut report) {
        report.disagreements.push(what);
    }
    report
}

fn compare_instances(
    wasm: &[u8],
    subject: Subject,
    seed: u64,
    report: &mut Report,
) -> Result<(), String> {
    let referee_module =
        RefereeModule::new(wasm).map_err(|why| format!("wasmtime refuses the module: {why}"))?;
    let module = zkc::decode(wasm).map_err(|d| format!("zkc refuses the module: {d}"))?;
    let (mut referee, mut instance) = match (
        referee_module.instantiate(&[], FUEL),
        Instance::open(subject, wasm, &module),
    ) {
        (_, Err(OpenError::Unsupported(_))) => {
            report.left_out += 1;
            return Ok(());
        }
        (Ok(referee), Ok(instance)) => (referee, instance),
        (Err(Called::Trap(expected)), Err(OpenError::Trap(got))) => {
            if !same_trap(expected, got) {
                return Err(format!(
                    "instantiation, wasmtime: trap {expected}, zkc: trap {got}"
                ));
            }
            report.modules += 1;
            return Ok(());
        }
        // running out of steps or stack is no part of WASM's meaning
        (Err(Called::OutOfSteps | Called::Trap(Trap::CallStackExhausted)), _)
        | (_, Err(OpenError::OutOfSteps | OpenError::Trap(Trap::CallStackExhausted))) => {
            report.exhausted += 1;
            return Ok(());
        }
        (Ok(_), Err(error)) => return Err(format!("wasmtime instantiates, zkc: {error}")),
        (Err(called), Ok(_)) => return Err(format!("zkc instantiates, wasmtime: {called}")),
        (Err(called), Err(error)) => {
            return Err(format!("instantiation, wasmtime: {called}, zkc: {error}"));
        }
    };
    report.modules += 1;
    let mut random = Random::new(seed.wrapping_mul(31).wrapping_add(7));
    for function in referee_module.functions() {
        for _ in 0..3 {
            let args = arguments(&function.params, &mut random);
            if let Next::Afresh =
                compare_call(&mut referee, &mut instance, &function, &args, report)?
            {
                instance
                    .reset()
                    .map_err(|e| format!("instantiates once, but not again: {e}"))?;
                referee = referee_module
                    .instantiate(&[], FUEL)
                    .map_err(|c| format!("wasmtime instantiates once: {c}"))?;
            }
        }
    }
    Ok(())
}

/// Whether two traps are the same as far as wasmtime tells: it has one kind for all accesses beyond a table.
fn same_trap(expected: Trap, got: Trap) -> bool {
    expected == got || expected == Trap::UndefinedElement && got == Trap::OutOfBoundsTableAccess
}

/// Argument words; references to functions are null.
fn arguments(params: &[Kind], random: &mut Random) -> Vec<u64> {
    let mut words = Vec::new();
    for param in params {
        match param {
            Kind::Word32 => words.push(random.word() & 0xffff_ffff),
            Kind::Word64 => words.push(random.word()),
            Kind::Vector => words.extend([random.word(), random.word()]),
            Kind::Func => words.push(0),
            Kind::Extern => words.push(random.below(4)),
        }
    }
    words
}

/// How to go on after a call.
enum Next {
    WithState,
    Afresh,
}

fn compare_call(
    referee: &mut Referee,
    instance: &mut Instance<'_>,
    function: &Exported,
    args: &[u64],
    report: &mut Report,
) -> Result<Next, String> {
    let name = &function.name;
    let mut got = instance.call(name, args);
    if let Called::Values(words) = &mut got {
        comparable(&function.results, words);
    }
    if let Called::Unsupported(_) = got {
        report.unsupported += 1;
        // an evaluator may have got some way before it met what it does not have
        return Ok(Next::Afresh);
    }
    let expected = referee.call(name, args);
    let limit = |called: &Called| {
        matches!(
            called,
            Called::OutOfSteps | Called::Trap(Trap::CallStackExhausted)
        )
    };
    if limit(&expected) || limit(&got) {
        report.exhausted += 1;
        return Ok(Next::Afresh);
    }
    let call = || {
        format!(
            "{name}({})",
            args.iter()
                .map(|a| format!("{a:#x}"))
                .collect::<Vec<_>>()
                .join(", ")
        )
    };
    let agree = match (&expected, &got) {
        (&Called::Trap(expected), &Called::Trap(got)) => same_trap(expected, got),
        _ => expected == got,
    };
    if !agree {
        return Err(format!("{}: wasmtime {expected}, zkc {got}", call()));
    }
    report.calls += 1;
    let trapped = matches!(expected, Called::Trap(_));
    compare_state(referee, instance).map_err(|what| format!("after {}: {what}", call()))?;
    report.traps += u64::from(trapped);
    Ok(if trapped {
        Next::Afresh
    } else {
        Next::WithState
    })
}

/// The first difference in exported globals, memories or tables is the error.
fn compare_state(referee: &mut Referee, instance: &Instance<'_>) -> Result<(), String> {
    for (name, kind) in referee.globals() {
        let (expected, mut got) = (referee.global(&name), instance.global(&name));
        if let Some(words) = &mut got {
            comparable(&[kind], words);
        }
        if expected != got {
            return Err(format!(
                "global `{name}`: wasmtime {expected:x?}, zkc {got:x?}"
            ));
        }
    }
    for (name, expected) in referee.memories() {
        let got = instance
            .memory(&name)
            .ok_or_else(|| format!("no memory `{name}`"))?;
        same(&format!("memory `{name}`, byte"), &expected, &got)?;
    }
    for (name, kind, expected) in referee.tables() {
        let mut got = instance
            .table(&name)
            .ok_or_else(|| format!("no table `{name}`"))?;
        comparable(&vec![kind; got.len()], &mut got);
        same(&format!("table `{name}`, element"), &expected, &got)?;
    }
    Ok(())
}

/// The first difference of two lists is the error.
fn same<T: PartialEq + fmt::Debug>(what: &str, expected: &[T], got: &[T]) -> Result<(), String> {
    if expected.len() != got.len() {
        let (expected, got) = (expected.len(), got.len());
        return Err(format!("{what} count: wasmtime {expected}, zkc {got}"));
    }
    match expected.iter().zip(got).position(|(a, b)| a != b) {
        Some(at) => Err(format!(
            "{what} {at:#x}: wasmtime {:x?}, zkc {:x?}",
            expected[at], got[at]
        )),
        None => Ok(()),
    }
}

/// Most failed attempts to make a module smaller before it is left as it is.
const SHRINK_ATTEMPTS: u32 = 400;

/// Writes a disagreeing module to the scratch folder, and a smaller one that disagrees too; the words that say so.
fn keep(seed: u64, subject: Subject, wasm: &[u8]) -> String {
    let path = temp::scratch_root().join(format!("differential-{seed}.wasm"));
    if std::fs::write(&path, wasm).is_err() {
        return String::new();
    }
    let mut note = format!(" (module in {}", path.display());
    let disagrees = |wasm: &[u8]| !compare_caught(wasm, subject, seed).disagreements.is_empty();
    let shrunk = wasm_shrink::WasmShrink::default()
        .attempts(SHRINK_ATTEMPTS)
        .run(wasm.to_vec(), &mut |wasm: &[u8]| Ok(disagrees(wasm)));
    if let Ok(shrunk) = shrunk {
        let path = path.with_extension("small.wasm");
        if std::fs::write(&path, &shrunk.output).is_ok() {
            note.push_str(&format!(", shrunk in {}", path.display()));
        }
    }
    note + ")"
}
