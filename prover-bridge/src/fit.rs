//! How long the kinds of work take on a machine: the time of a proof before it is made, and the cost model `seconds`.
//!
//! A fit lives in the table `[fit]` of a cost model's file, beside the costs that follow from it; the regression that makes
//! one from measured proofs is `zkc calibrate`.

use crate::stats::Stats;
use crate::work::{KINDS, TRY, WORK_KINDS, Work};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use zkc_isa::{CostModel, MAX_COST, ZkOp};

/// Logarithm of the height of the traces whose rows the model `seconds` prices: that of busy chips of runs of some 10^5 steps.
const MODEL_LOG_ROWS: u32 = 16;

/// What [`Fit`] was made from, and how well it fits.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitSource {
    /// The machine: processor, number of processors, system.
    pub machine: String,
    /// Number of different proofs measured.
    pub proofs: u64,
    /// Part of the variance of the times that the fit explains.
    pub r_squared: f64,
    /// Mean error of the proofs that were fitted, as a part of their time.
    pub mean_error: f64,
    /// Largest of these.
    pub max_error: f64,
    /// Mean error of proofs by a fit to the others.
    pub held_out_mean_error: f64,
    /// Largest of these.
    pub held_out_max_error: f64,
    /// Threads of the proofs that `wall` is of.
    pub threads: u64,
    /// Seconds on the clock, proving in `threads` threads, for a second of processor time in one thread.
    pub wall: f64,
}

/// Seconds of processor time, proving in one thread, for each kind of work.
#[derive(Clone, PartialEq, Debug)]
pub struct Fit {
    /// Seconds a unit, in the order of [`WORK_KINDS`]; not negative.
    pub seconds: [f64; KINDS],
    /// Where it comes from.
    pub source: FitSource,
}

/// The table of the file.
#[derive(Deserialize)]
struct Table {
    #[serde(flatten)]
    source: toml::Table,
    seconds: BTreeMap<String, f64>,
}

/// A cost model's file, as far as a fit is concerned.
#[derive(Deserialize)]
struct File {
    fit: Option<Table>,
}

impl Fit {
    /// The fit in the file of the cost model `seconds` that comes with the machine.
    pub fn shipped() -> Fit {
        let text = zkc_isa::MODELS.iter().find(|(name, _)| *name == "seconds");
        let (_, text) = text.expect("the machine comes with the model `seconds`");
        Fit::parse(text).expect("a test parses the fit that comes with the machine")
    }

    /// Reads the table `[fit]` of a cost model's file; what is wrong with it otherwise, also if there is none.
    pub fn parse(text: &str) -> Result<Fit, String> {
        Fit::find(text)?.ok_or_else(|| "the file has no table `[fit]`".to_owned())
    }

    /// The same, `None` if there is none.
    pub fn find(text: &str) -> Result<Option<Fit>, String> {
        let one_line = |e: toml::de::Error| e.message().replace('\n', " ");
        let file: File = toml::from_str(text).map_err(one_line)?;
        let Some(table) = file.fit else {
            return Ok(None);
        };
        let source: FitSource = table.source.try_into().map_err(one_line)?;
        let mut left = table.seconds;
        let mut seconds = [0.0; KINDS];
        for ((kind, _), to) in WORK_KINDS.iter().zip(&mut seconds) {
            let found = left.remove(*kind);
            *to = found.ok_or_else(|| format!("`[fit.seconds]` has no `{kind}`"))?;
            if !to.is_finite() || *to < 0.0 {
                return Err(format!("`{kind}` takes {to} seconds: expected 0 or more"));
            }
        }
        match left.into_keys().next() {
            None => Ok(Some(Fit { seconds, source })),
            Some(kind) => Err(format!("no kind of work is called `{kind}`")),
        }
    }

    /// Seconds of processor time of so much work.
    pub fn time(&self, work: &Work) -> f64 {
        self.seconds.iter().zip(work.0).map(|(s, n)| s * n).sum()
    }

    /// Seconds of processor time that the proof of a run with these numbers takes in one thread: executing, making the traces
    /// and proving. The numbers are those of [`crate::measure`].
    pub fn predict(&self, stats: &Stats) -> f64 {
        self.time(&Work::expected(stats))
    }

    /// How far luck moves that time, one way or the other, in most proofs: the deviation of the search for bits of work, which
    /// is as large as its mean.
    pub fn luck(&self, stats: &Stats) -> f64 {
        self.seconds[TRY] * stats.expected_tries as f64
    }

    /// The cost model `seconds`: the time that one more execution of an instruction takes, in picoseconds.
    pub fn model(&self) -> CostModel {
        let work = Work::of_instructions(MODEL_LOG_ROWS);
        CostModel::from_fn(
            "seconds",
            "picoseconds of processor time to prove one row, fitted to measured proofs",
            |op: ZkOp| {
                let picoseconds = self.time(&work[op as usize]) * 1e12;
                (picoseconds.round() as u64).clamp(1, MAX_COST)
            },
        )
    }

    /// The cost model with the fit it follows from, as a file.
    pub fn to_toml(&self) -> String {
        let mut out = format!(
            "# Fitted by `zkc calibrate` on: {}\n# Costs follow from [fit]: `zkc cost-model derive --fit FILE` computes them again.\n{}\n[fit]\n",
            self.source.machine.replace('\n', " "),
            self.model().to_toml()
        );
        let source = toml::to_string(&self.source).expect("a struct of numbers and text is TOML");
        out.push_str(&source);
        out.push_str(
            "\n# processor time in one thread of a unit of each kind of work\n[fit.seconds]\n",
        );
        for ((kind, what), seconds) in WORK_KINDS.iter().zip(self.seconds) {
            writeln!(out, "{kind} = {seconds:e} # {what}")
                .expect("writing to a string does not fail");
        }
        out
    }
}
