//! From a program and its inputs to a proof.

use crate::MAX_STEPS;
use crate::backend::system::{self, Instance};
use crate::key::ProvingKey;
use crate::proof::{Proof, seed};
use crate::public::{STEP_LIMIT, Statement, StatementError};
use crate::security::{Security, ledger};
use crate::stats::{ChipStats, Seconds, Stats};
use crate::witness::lookups::Lookups;
use crate::witness::{Collector, Part};
use p3_matrix::Matrix;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use zkc_isa::{Entry, ExecError, FIRST_PC, Limits, Program, Step, ZkOp};

/// What a prover is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It executes the program; so many steps are done.
    Execute(u64),
    /// It has all steps and makes the remaining rows.
    Witness,
    /// It proves a trace of so many cells.
    Prove(u64),
}

/// How to prove.
pub struct ProveOptions<'a> {
    /// Strength of the proof.
    pub security: Security,
    /// Number of threads; all cores if absent.
    pub threads: Option<usize>,
    /// Most steps the run may take; a longer one is an error.
    pub max_steps: u64,
    /// A run of more steps than this is proven so far, with status [`STEP_LIMIT`].
    pub step_limit: Option<u64>,
    /// Executions in the run from which on a fused line is proven by its chip, whose width the proof pays for once; with more than
    /// one, the run is executed twice.
    pub line_executions: u64,
    /// Told now and then what goes on.
    pub progress: Option<&'a (dyn Fn(Progress) + Sync)>,
}

impl std::fmt::Debug for ProveOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut s = f.debug_struct("ProveOptions");
        s.field("security", &self.security)
            .field("threads", &self.threads)
            .field("max_steps", &self.max_steps)
            .field("step_limit", &self.step_limit);
        s.finish_non_exhaustive()
    }
}

impl Default for ProveOptions<'_> {
    fn default() -> Self {
        ProveOptions {
            security: Security::Default,
            threads: None,
            max_steps: MAX_STEPS,
            step_limit: None,
            line_executions: 1,
            progress: None,
        }
    }
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The key belongs to another program.
    #[error("the proving key belongs to another program")]
    Key,
    /// The run has no outcome.
    #[error(transparent)]
    Execute(#[from] ExecError),
    /// The run's outcome cannot be a public statement.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The trace is too long for one proof.
    #[error("the run is too long for one proof: {0}")]
    TooLong(String),
    /// The threads asked for could not be started.
    #[error("cannot start the prover's threads: {0}")]
    Threads(String),
    /// A fault of the prover.
    #[error("internal error in the prover: {0}")]
    Internal(String),
}

/// Runs an exported function and proves the run.
///
/// `args` are words, `input` is the private input. The proof shows the returned statement to whoever has the verifying key.
pub fn prove(
    key: &ProvingKey,
    program: &Program,
    entry: &str,
    args: &[u64],
    input: &[u8],
    options: &ProveOptions<'_>,
) -> Result<(Proof, Statement, Stats), ProveError> {
    let work = || prove_here(key, program, entry, args, input, options);
    in_threads(options.threads, work)
}

fn prove_here(
    key: &ProvingKey,
    program: &Program,
    entry: &str,
    args: &[u64],
    input: &[u8],
    options: &ProveOptions<'_>,
) -> Result<(Proof, Statement, Stats), ProveError> {
    let (run, mut stats) = traced(key, program, entry, args, input, options)?;
    let start = Instant::now();
    if let Some(progress) = options.progress {
        progress(Progress::Prove(stats.cells.total));
    }
    let statement = run.statement;
    let proof = prove_parts(key, run.entry, &statement, run.parts, options.security)?;
    stats.seconds.prove = start.elapsed().as_secs_f64();
    stats.proof_bytes = proof.to_bytes().len() as u64;
    stats.tries = system::tries(&proof.inner);
    Ok((proof, statement, stats))
}

/// Runs an exported function and makes the traces of its proof, but no proof: the statement, and all numbers of the proof
/// that are known before it is made, which are its traces' heights and cells.
pub fn measure(
    key: &ProvingKey,
    program: &Program,
    entry: &str,
    args: &[u64],
    input: &[u8],
    options: &ProveOptions<'_>,
) -> Result<(Statement, Stats), ProveError> {
    let work = || traced(key, program, entry, args, input, options);
    let (run, stats) = in_threads(options.threads, work)?;
    Ok((run.statement, stats))
}

/// Runs, makes the traces and measures them.
fn traced<'p>(
    key: &ProvingKey,
    program: &'p Program,
    entry: &str,
    args: &[u64],
    input: &[u8],
    options: &ProveOptions<'_>,
) -> Result<(Run<'p>, Stats), ProveError> {
    let quiet = |_: Progress| {};
    let progress: &dyn Fn(Progress) = match options.progress {
        Some(f) => f,
        None => &quiet,
    };
    let limits = Limits {
        max_steps: options.max_steps.min(MAX_STEPS),
        ..Limits::default()
    };
    let run_options = RunOptions {
        limits,
        step_limit: options.step_limit,
        line_executions: options.line_executions,
        lookups: Lookups::Cheapest,
        progress,
    };
    let run = run(key, program, entry, args, input, &run_options)?;
    let chips = chip_list(&run.parts);
    let highest = chips.iter().map(|&(_, log)| log.into()).max().unwrap_or(0);
    let mut stats = Stats {
        steps: run.steps,
        security_bits: check_size(key, &run.parts, options.security)?,
        expected_tries: options.security.fri().expected_tries(highest),
        seconds: Seconds {
            execute: run.execute.as_secs_f64(),
            witness: run.witness.as_secs_f64(),
            prove: 0.0,
        },
        ..Stats::default()
    };
    let parts = run.parts.iter();
    stats.add_chips(parts.map(|p| {
        let instructions = p.id < key.catalog.instructions;
        let chip = &key.catalog.chips[p.id];
        ChipStats::new(chip, instructions, (p.rows, p.table.height()))
    }));
    Ok((run, stats))
}

/// Does the work in so many threads.
fn in_threads<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> Result<T, ProveError> + Send,
) -> Result<T, ProveError> {
    let Some(n) = threads else {
        return work();
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n.max(1))
        .build();
    pool.map_err(|e| ProveError::Threads(e.to_string()))?
        .install(work)
}

/// A run with its traces.
pub(crate) struct Run<'p> {
    pub(crate) entry: &'p Entry,
    pub(crate) statement: Statement,
    pub(crate) parts: Vec<Part>,
    steps: u64,
    execute: Duration,
    witness: Duration,
}

/// How to make a trace.
pub(crate) struct RunOptions<'a> {
    pub(crate) limits: Limits,
    pub(crate) step_limit: Option<u64>,
    pub(crate) line_executions: u64,
    pub(crate) lookups: Lookups,
    pub(crate) progress: &'a dyn Fn(Progress),
}

/// Which of the key's fused lines a run, called as (entry, arguments, input), executes so often.
fn worthwhile(
    key: &ProvingKey,
    program: &Program,
    (entry, args, input): (&str, &[u64], &[u8]),
    limits: &Limits,
    least: u64,
) -> Vec<bool> {
    let fused = &key.set().fused;
    if least <= 1 || fused.is_empty() {
        return vec![true; fused.len()];
    }
    let mut counts = vec![0u64; program.insts.len()];
    // what is wrong with a run, the run itself tells
    let _ = zkc_isa::trace(program, entry, args, input, limits, &mut |step: &Step| {
        let at = step.pc.wrapping_sub(FIRST_PC) as usize;
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
    });
    let executions = |chip: &crate::fused::FusedChip| {
        let first = chip.line[0].0;
        let times = chip.line.iter().filter(|(pc, _)| *pc == first).count() as u64;
        counts[(first - FIRST_PC) as usize] / times
    };
    fused.iter().map(|chip| executions(chip) >= least).collect()
}

/// Runs the program and makes the traces.
pub(crate) fn run<'p>(
    key: &ProvingKey,
    program: &'p Program,
    entry: &str,
    args: &[u64],
    input: &[u8],
    options: &RunOptions<'_>,
) -> Result<Run<'p>, ProveError> {
    let progress = options.progress;
    if !key.fits(program) {
        return Err(ProveError::Key);
    }
    let span = tracing::info_span!("execute").entered();
    let start = Instant::now();
    let call = (entry, args, input);
    let lines = worthwhile(key, program, call, &options.limits, options.line_executions);
    let mut collector = Collector::new(key, program, lines);
    let mut public = Public::default();
    let most = options.step_limit.unwrap_or(u64::MAX);
    let limits = Limits {
        max_steps: options.limits.max_steps.min(most),
        ..options.limits
    };
    // The first step beyond the limit belongs to the proof; the machine may take some more.
    let mut on_step = |step: &Step| {
        if collector.steps() > most {
            return;
        }
        collector.step(step);
        public.add(step);
        if collector.steps() & 0xffff == 0 {
            progress(Progress::Execute(collector.steps()));
        }
    };
    let outcome = match zkc_isa::trace(program, entry, args, input, &limits, &mut on_step) {
        Ok(outcome) => Some(outcome),
        Err(ExecError::StepLimit { limit }) if limit == most && collector.steps() > most => None,
        Err(error) => return Err(error.into()),
    };
    let busy = collector.busy();
    let execute = start.elapsed().saturating_sub(busy);
    drop(span);
    let _span = tracing::info_span!("witness").entered();
    progress(Progress::Witness);

    let start = Instant::now();
    let entry = program
        .entry(entry)
        .ok_or_else(|| ExecError::UnknownEntry(entry.to_owned()))?;
    let statement = Statement {
        program: *key.verifying_key().digest(),
        entry: entry.name.clone(),
        args: args.to_vec(),
        status: outcome.as_ref().map_or(STEP_LIMIT, |o| o.status.code()),
        max_steps: outcome.is_none().then_some(most),
        results: public.results.into_values().collect(),
        output: public.output,
    };
    drop(outcome);
    statement.check(key.verifying_key().digest(), entry)?;
    let steps = collector.steps();
    let parts = collector
        .finish(&statement, entry.pc, options.lookups)
        .map_err(ProveError::Internal)?;
    Ok(Run {
        entry,
        statement,
        parts,
        steps,
        execute,
        witness: busy + start.elapsed(),
    })
}

/// What a run has made public so far.
#[derive(Default)]
struct Public {
    results: BTreeMap<u64, u64>,
    output: Vec<u8>,
}

impl Public {
    fn add(&mut self, step: &Step) {
        let value = step.accesses[0].new;
        match step.inst.op {
            ZkOp::Result => drop(self.results.insert(step.inst.imm, value)),
            ZkOp::Output => self.output.push(value as u8),
            _ => {}
        }
    }
}

/// Chips of a trace with the logarithms of their heights.
fn chip_list(parts: &[Part]) -> Vec<(u16, u8)> {
    parts
        .iter()
        .map(|p| (p.id as u16, p.table.height().trailing_zeros() as u8))
        .collect()
}

/// Refuses traces that the verifier would refuse for their size; gives the proof's bits.
fn check_size(key: &ProvingKey, parts: &[Part], security: Security) -> Result<u32, ProveError> {
    let chips = &key.catalog.chips;
    key.catalog
        .check_size(&chip_list(parts))
        .map_err(|e| ProveError::TooLong(e.to_owned()))?;
    let ledger = ledger(
        security,
        parts.iter().map(|p| {
            (
                chips[p.id].as_ref(),
                p.table.height().trailing_zeros() as usize,
            )
        }),
    );
    if security == Security::Default && ledger.bits < crate::DEFAULT_BITS {
        return Err(ProveError::TooLong(format!(
            "only {} bits of security",
            ledger.bits
        )));
    }
    Ok(ledger.bits)
}

/// Proves given traces.
pub(crate) fn prove_parts(
    key: &ProvingKey,
    entry: &Entry,
    statement: &Statement,
    parts: Vec<Part>,
    security: Security,
) -> Result<Proof, ProveError> {
    let _span = tracing::info_span!("prove").entered();
    let chips = chip_list(&parts);
    let catalog = &key.catalog;
    let instance = |p: &Part| Instance {
        compiled: catalog.chips[p.id].clone(),
        given: if p.id == catalog.public {
            statement.given(entry.pc)
        } else {
            Vec::new()
        },
    };
    let instances: Vec<Instance> = parts.iter().map(instance).collect();
    let seed = seed(
        security,
        key.verifying_key().digest(),
        &statement.digest(),
        &chips,
    );
    let tables: Vec<_> = parts.into_iter().map(|p| p.table).collect();
    let inner =
        system::prove(security.fri(), seed, &instances, &tables).map_err(ProveError::Internal)?;
    Ok(Proof {
        security,
        chips,
        inner,
    })
}
