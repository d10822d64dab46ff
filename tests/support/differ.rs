//! The differential test as a library function: generated modules, each under wasmtime, the wasm evaluator and zkc.
//!
//! Calls go to one instance in sequence, state kept, so that what one call leaves in memory is what the next one finds.
//! After a trap state is compared as after any call, and both sides start afresh.

use super::evaluator::Evaluator;
use super::random::Random;
use super::referee::{Referee, RefereeModule};
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

    fn memory(&self) -> Vec<u8> {
        match self {
            Instance::Evaluator(_, evaluator) => evaluator.memory(),
            Instance::Machine(session) => session.memory(),
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
    let mut total = Report::default();
    for &subject in subjects {
        let outcome = std::panic::catch_unwind(|| compare_module(&wasm, subject, seed));
        let report = outcome.unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or(panic.downcast_ref::<&str>().copied());
            Report {
                disagreements: vec![format!("panic: {}", text.unwrap_or("of unknown kind"))],
                ..Report::default()
            }
        });
        for what in &report.disagreements {
            total.disagreements.push(format!(
                "seed {seed}, {subject}: {what}{}",
                keep(seed, &wasm)
            ));
        }
        total.add(Report {
            disagreements: Vec::new(),
            ..report
        });
    }
    total
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
            // wasmtime has one kind for tables; in instantiation it is a segment's
            let segment = expected == Trap::UndefinedElement && got == Trap::OutOfBoundsTableAccess;
            if expected != got && !segment {
                return Err(format!(
                    "instantiation, wasmtime: trap {expected}, zkc: trap {got}"
                ));
            }
            report.modules += 1;
            return Ok(());
        }
        (Err(Called::OutOfSteps), Err(OpenError::OutOfSteps)) => {
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
    for (name, params) in referee_module.functions() {
        for _ in 0..3 {
            let args: Vec<u64> = params
                .iter()
                .map(|&bits| random.word() & (u64::MAX >> (64 - bits)))
                .collect();
            if let Next::Afresh = compare_call(&mut referee, &mut instance, &name, &args, report)? {
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

/// How to go on after a call.
enum Next {
    WithState,
    Afresh,
}

fn compare_call(
    referee: &mut Referee,
    instance: &mut Instance<'_>,
    name: &str,
    args: &[u64],
    report: &mut Report,
) -> Result<Next, String> {
    let got = instance.call(name, args);
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
    if expected != got {
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

/// The first difference in memory or exported globals is the error.
fn compare_state(referee: &mut Referee, instance: &Instance<'_>) -> Result<(), String> {
    for name in referee.globals() {
        let (expected, got) = (referee.global(&name), instance.global(&name));
        if expected != got {
            return Err(format!(
                "global `{name}`: wasmtime {expected:x?}, zkc {got:x?}"
            ));
        }
    }
    let Some(expected) = referee.memory() else {
        return Ok(());
    };
    let got = instance.memory();
    if expected.len() != got.len() {
        return Err(format!(
            "memory: wasmtime {} bytes, zkc {}",
            expected.len(),
            got.len()
        ));
    }
    match expected.iter().zip(&got).position(|(a, b)| a != b) {
        Some(at) => Err(format!(
            "memory byte {at:#x}: wasmtime {:#x}, zkc {:#x}",
            expected[at], got[at]
        )),
        None => Ok(()),
    }
}

/// Writes a disagreeing module as `.wasm` to the scratch folder; the words that say so.
fn keep(seed: u64, wasm: &[u8]) -> String {
    let path = temp::scratch_root().join(format!("differential-{seed}.wasm"));
    match std::fs::write(&path, wasm) {
        Ok(()) => format!(" (module in {})", path.display()),
        Err(_) => String::new(),
    }
}
