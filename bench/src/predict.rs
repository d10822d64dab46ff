//! The time of each guest's proof as the fit tells it, against the time it takes: `zkc-bench --predict`.
//!
//! Guests are proven in the same rounds as the programs that the fit is made from, and none of them is one of these. Without
//! a file everything is measured in one go; with one, its fit is held against the guests alone.

use super::{CASES, guest_wasm};
use anyhow::{Context as _, Result};
use serde_json::json;
use zkc::calibrate::{self, Job, Plan};
use zkc::wasi::Environment;
use zkc::{Options, Roots};
use zkc_prover::Fit;

/// Rounds over all proofs.
const ROUNDS: usize = 3;
/// WASI guests: arguments and standard input.
const WASI: &[(&str, &[&str], &str)] = &[
    ("words", &["words.wasm", "2"], "the cat and the dog\n"),
    ("rpn", &["rpn.wasm"], "3 4 * 5 6 * + . 7 2 / .\n"),
];

/// Every guest with a call.
fn guests() -> Result<Vec<Job>> {
    let compile = |guest: &str, entry: &str| {
        let roots = Roots::Named(vec![entry.to_owned()]);
        zkc::compile(&guest_wasm(guest)?, &roots, &Options::new(2))
            .map_err(|d| anyhow::anyhow!("{guest}: {d}"))
    };
    let wasmi = ("wasmi", "run", &[10u64][..], "");
    let mut jobs = Vec::new();
    for &(guest, entry, args, input) in CASES.iter().chain([&wasmi]) {
        let shown: Vec<String> = args.iter().map(u64::to_string).collect();
        jobs.push(Job {
            name: format!("{guest} {entry}({})", shown.join(", ")),
            program: compile(guest, entry)?,
            entry: entry.to_owned(),
            args: args.to_vec(),
            input: input.as_bytes().to_vec(),
        });
    }
    for &(guest, args, stdin) in WASI {
        let environment = Environment {
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            vars: Vec::new(),
            stdin: stdin.as_bytes().to_vec(),
            seed: 0,
        };
        let input = environment.to_input();
        jobs.push(Job {
            name: format!("{guest} {}", args[1..].join(" ")),
            program: compile(guest, zkc::wasi::START)?,
            entry: zkc::wasi::START.to_owned(),
            args: Vec::new(),
            input: input.map_err(|d| anyhow::anyhow!("{guest}: {d}"))?,
        });
    }
    Ok(jobs)
}

/// The table, or everything measured as JSON.
pub(crate) fn table(file: Option<&str>, as_json: bool) -> Result<Vec<String>> {
    let mut jobs = match file {
        Some(_) => Vec::new(),
        None => Plan::FULL.jobs(1),
    };
    let first_guest = jobs.len();
    jobs.extend(guests()?);
    let timed = calibrate::time_jobs(&jobs, (ROUNDS, Plan::FULL.round_seconds), &[], &mut |_| {})?;
    let (mixes, guests) = timed.split_at(first_guest);
    let fit = match file {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
            Fit::parse(&text).map_err(anyhow::Error::msg)?
        }
        None => calibrate::fit(mixes).fit,
    };
    if as_json {
        let line = |t: &calibrate::Timed| {
            json!({
                "name": t.name,
                "work": t.done.0,
                "tries": [t.stats.tries, t.stats.expected_tries],
                "chips": t.stats.chips,
                "steps": t.stats.steps,
                "seconds": t.seconds,
            })
            .to_string()
        };
        return Ok(timed.iter().map(line).collect());
    }
    let mut lines = vec![
        "| guest | steps | cells | predicted s | measured s | error | error, tries known |"
            .to_owned(),
        "|---|---|---|---|---|---|---|".to_owned(),
    ];
    let mut worst = [0f64; 2];
    for guest in guests {
        let (predicted, measured) = (fit.time(&guest.expected), guest.best());
        let errors = [predicted, fit.time(&guest.done)].map(|p| 100.0 * (p / measured - 1.0));
        for (worst, error) in worst.iter_mut().zip(errors) {
            *worst = worst.max(error.abs());
        }
        lines.push(format!(
            "| {} | {} | {:.1} M | {predicted:.3} | {measured:.3} | {:+.1} % | {:+.1} % |",
            guest.name,
            guest.stats.steps,
            guest.stats.cells.total as f64 / 1e6,
            errors[0],
            errors[1]
        ));
    }
    lines.push(format!(
        "\nlargest error: {:.1} %, {:.1} % once the hashes tried for the proof's bits of work are known",
        worst[0], worst[1]
    ));
    Ok(lines)
}
