//! `zkc calibrate`: how long the prover takes on this machine for each kind of work, from proofs that it times.
//!
//! What is timed is processor time of proofs in one thread, which another process on the machine disturbs least, and of
//! several rounds the least: all that disturbs makes a proof slower. Rounds go over all proofs in turn, so that a busy minute
//! hits each.

pub mod mixes;
pub mod regress;

use cpu_time::ProcessTime;
use mixes::Random;
use regress::Regression;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;
use zkc_isa::Program;
use zkc_prover::{Fit, FitSource, ProveError, ProveOptions, ProvingKey, Stats, Work};

/// A run to prove.
#[derive(Clone, Debug)]
pub struct Job {
    /// Name, for reports.
    pub name: String,
    /// The program.
    pub program: Arc<Program>,
    /// The export to run.
    pub entry: String,
    /// Its arguments.
    pub args: Vec<u64>,
    /// Private input.
    pub input: Vec<u8>,
}

/// A job and what its proofs took.
#[derive(Clone, Debug)]
pub struct Timed {
    /// The job's name.
    pub name: String,
    /// Numbers of its proof.
    pub stats: Stats,
    /// The work they are before there is a proof.
    pub expected: Work,
    /// The work that the proof was.
    pub done: Work,
    /// Seconds of processor time in one thread, of each proof.
    pub seconds: Vec<f64>,
    /// Seconds on the clock with all threads, by round, where that was measured; without what other processes took.
    pub wall: Vec<f64>,
}

impl Timed {
    fn new(job: &Job, stats: Stats) -> Timed {
        Timed {
            name: job.name.clone(),
            expected: Work::expected(&stats),
            done: Work::done(&stats),
            stats,
            seconds: Vec::new(),
            wall: Vec::new(),
        }
    }

    /// The least processor time of all rounds.
    pub fn best(&self) -> f64 {
        least(&self.seconds)
    }
}

fn least(seconds: &[f64]) -> f64 {
    seconds.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Why a job was not timed.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    /// It has no proof.
    #[error("`{0}`: {1}")]
    Prove(String, ProveError),
    /// Its program has no key.
    #[error("`{0}`: {1}")]
    Key(String, zkc_prover::KeyError),
}

/// What is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Number of generated programs.
    pub programs: usize,
    /// Logarithms of their steps.
    pub log_steps: RangeInclusive<u32>,
    /// Seconds of processor time that a program has in a round: a short one is proven several times.
    pub round_seconds: f64,
}

impl Plan {
    /// Programs up to the size of the guests that the benchmarks prove.
    pub const FULL: Plan = Plan {
        programs: 42,
        log_steps: 10..=20,
        round_seconds: 0.25,
    };
    /// A few small ones.
    pub const QUICK: Plan = Plan {
        programs: 14,
        log_steps: 7..=12,
        round_seconds: 0.05,
    };

    /// The programs, the smallest first.
    pub fn jobs(&self, seed: u64) -> Vec<Job> {
        mixes::mixes(seed, self.programs, self.log_steps.clone())
    }
}

/// Proves every job in every round, for at least `round_seconds` of processor time, in one thread, in an order that chance draws for each round; `told` hears of each. Jobs
/// whose number `also_wall` names are proven again with all threads, for the time on the clock.
pub fn time_jobs(
    jobs: &[Job],
    (rounds, round_seconds): (usize, f64),
    also_wall: &[usize],
    told: &mut dyn FnMut(&str),
) -> Result<Vec<Timed>, CalibrateError> {
    let mut random = Random::new(0);
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    let mut keys = Vec::with_capacity(jobs.len());
    let mut timed: Vec<Option<Timed>> = vec![None; jobs.len()];
    for job in jobs {
        let key = ProvingKey::new(&job.program);
        keys.push(key.map_err(|e| CalibrateError::Key(job.name.clone(), e))?);
    }
    for round in 1..=rounds {
        random.shuffle(&mut order);
        for (done, &index) in order.iter().enumerate() {
            let (job, key) = (&jobs[index], &keys[index]);
            told(&format!(
                "round {round} of {rounds}, {} of {}: {}",
                done + 1,
                jobs.len(),
                job.name
            ));
            let mut spent = 0.0;
            while spent < round_seconds {
                let start = ProcessTime::now();
                let stats = prove(job, key, Some(1))?;
                let seconds = start.elapsed().as_secs_f64();
                // A clock that stands still must not keep us here.
                spent += seconds.max(round_seconds / 10.0);
                let timed = match &mut timed[index] {
                    Some(timed) => timed,
                    empty => empty.insert(Timed::new(job, stats)),
                };
                timed.seconds.push(seconds);
            }
            if let Some(timed) = timed[index].as_mut().filter(|_| also_wall.contains(&index)) {
                let (start, cpu, waited) = (Instant::now(), ProcessTime::now(), waited());
                prove(job, key, None)?;
                let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
                let waited = self::waited() - waited;
                timed.wall.push(wall * cpu / (cpu + waited.max(0.0)));
            }
        }
    }
    Ok(timed.into_iter().flatten().collect())
}

/// Seconds that this process's threads, those that live, were ready to run and had no processor; 0 where the system does not
/// tell. On a busy machine the clock runs longer by it, in proportion.
fn waited() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let nanoseconds: u64 = tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|stat| stat.split_whitespace().nth(1)?.parse::<u64>().ok())
        .sum();
    nanoseconds as f64 / 1e9
}

fn prove(job: &Job, key: &ProvingKey, threads: Option<usize>) -> Result<Stats, CalibrateError> {
    let options = ProveOptions {
        threads,
        ..ProveOptions::default()
    };
    let (program, args) = (&job.program, &job.args);
    zkc_prover::prove(key, program, &job.entry, args, &job.input, &options)
        .map(|(_, _, stats)| stats)
        .map_err(|e| CalibrateError::Prove(job.name.clone(), e))
}

/// A fit with its uncertainty.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The fit.
    pub fit: Fit,
    /// The regression, coefficients in the order of [`zkc_prover::WORK_KINDS`].
    pub regression: Regression,
}

/// Fits the times of proofs to their work, the luck of each included. Errors count as parts of a proof's time, for small proofs as for large ones.
pub fn fit(timed: &[Timed]) -> Fitted {
    let rows: Vec<Vec<f64>> = timed.iter().map(|t| t.done.0.to_vec()).collect();
    let times: Vec<f64> = timed.iter().map(Timed::best).collect();
    let regression = Regression::new(&rows, &times);
    let mut seconds = Work::default().0;
    seconds.copy_from_slice(&regression.coefficients);
    let factors: Vec<f64> = timed
        .iter()
        .filter(|t| !t.wall.is_empty())
        .map(|t| least(&t.wall) / t.best())
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let source = FitSource {
        machine: machine(threads),
        proofs: timed.len() as u64,
        r_squared: round(regression.r_squared),
        mean_error: round(regression.fitted.mean),
        max_error: round(regression.fitted.max),
        held_out_mean_error: round(regression.held_out.mean),
        held_out_max_error: round(regression.held_out.max),
        threads: threads as u64,
        wall: round(regress::median(&factors).unwrap_or(1.0)),
    };
    Fitted {
        fit: Fit { seconds, source },
        regression,
    }
}

/// Four digits behind the point: a file shows no more than was measured.
fn round(x: f64) -> f64 {
    (x * 1e4).round() / 1e4
}

/// The machine: processor, number of processors, system.
fn machine(processors: usize) -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, name)| name.trim());
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    format!("{model}, {processors} processors, {os} {arch}")
}
