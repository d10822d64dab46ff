//! The official test suite through the whole compiler: one trial per file and optimisation level, every assertion counted.
//!
//! `zkc::spec` runs the scripts. Known gaps stand in `spec/expectations.toml`; one that is closed without being taken off
//! the list fails. The table of a full run is `docs/spec-status.md`: `ZKC_UPDATE_STATUS=1` writes it, and in CI it must be
//! what the run gives.

#![expect(clippy::print_stdout, reason = "the table is the point of the run")]

#[path = "spec/catalog.rs"]
mod catalog;
#[path = "spec/status.rs"]
mod status;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use zkc::Options;
use zkc::spec::{Report, Script, Verdict};

/// Optimisation levels every file is run at.
const LEVELS: [u8; 2] = [0, 2];

/// Reports of files and levels.
pub(crate) type Reports = BTreeMap<(String, u8), Report>;

#[derive(Deserialize)]
struct Expectations {
    gaps: BTreeMap<String, String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let expectations: Expectations = toml::from_str(include_str!("spec/expectations.toml"))
        .expect("expectations.toml has a table `gaps`");
    let gaps = Arc::new(expectations.gaps);
    let reports: Arc<Mutex<Reports>> = Arc::default();
    let mut trials = Vec::new();
    for (file, text) in catalog::files() {
        for level in LEVELS {
            let (file, gaps, reports) = (file.clone(), gaps.clone(), reports.clone());
            trials.push(Trial::test(format!("{file} -O{level}"), move || {
                run_file(&file, text, level, &gaps, &reports)
            }));
        }
    }
    let all = trials.len();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let reports = reports.lock().expect("no trial panics while it reports");
    if reports.is_empty() {
        return conclusion.exit_code();
    }
    let table = status::table(&reports, &gaps);
    println!("{table}");
    if reports.len() == all
        && let Err(stale) = status::keep(&table)
    {
        println!("{stale}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

fn run_file(
    file: &str,
    text: &str,
    level: u8,
    gaps: &BTreeMap<String, String>,
    reports: &Mutex<Reports>,
) -> Result<(), Failed> {
    let mut script = Script::read(text).map_err(|d| d.to_string())?;
    script.version = catalog::version(file);
    let options = Options::new(level);
    let report = zkc::spec::run(&script, &options);
    let mut failures = Vec::new();
    for outcome in &report.outcomes {
        let place = format!("{file}:{}", outcome.line);
        match (&outcome.verdict, gaps.get(&place)) {
            (Verdict::Failed(why), None) => failures.push(format!("{place}: {why}")),
            (Verdict::Passed, Some(reason)) => failures.push(format!(
                "{place}: passes, but expectations.toml lists it as a gap ({reason})"
            )),
            _ => {}
        }
    }
    let known = |(place, reason): (&String, &String)| {
        let line = place.strip_prefix(file)?.strip_prefix(':')?;
        let met = report
            .outcomes
            .iter()
            .any(|outcome| outcome.line.to_string() == line);
        (!met).then(|| format!("{place}: no directive stands there ({reason})"))
    };
    failures.extend(gaps.iter().filter_map(known));
    if let Ok(mut reports) = reports.lock() {
        reports.insert((file.to_owned(), level), report);
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n").into())
    }
}
