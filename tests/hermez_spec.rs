//! The official test suite on the second processor's executor model, and its programs against cheating provers.
//!
//! Every file of WASM 1.0 and 2.0 runs at -O0 and -O2 as programs that assert what the script says; gaps are those of
//! `spec/expectations.toml`. Of the programs of integer files, free inputs are forged: every occurrence of short runs, a
//! sample of long ones, each with every kind of wrong value.

#![expect(clippy::print_stdout, reason = "the table is the point of the run")]

#[path = "spec/catalog.rs"]
mod catalog;
#[path = "spec/forge.rs"]
mod forge;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use zkc::Options;
use zkc::spec::{HermezProgram, HermezReport, Script, Verdict, run_hermez};
use zkc_isa::hermez::{Inputs, asm};

/// Most rows of a program.
const MAX_STEPS: u64 = 1 << 23;

/// Suites that are run.
const SUITES: [&str; 2] = ["v1", "v2"];

/// Files whose programs are forged: all kinds of expansions are in them.
const FORGED: [&str; 22] = [
    "address",
    "block",
    "br",
    "br_if",
    "br_table",
    "call",
    "call_indirect",
    "conversions",
    "endianness",
    "fac",
    "globals",
    "i32",
    "i64",
    "if",
    "int_exprs",
    "load",
    "local_tee",
    "memory_grow",
    "memory_trap",
    "select",
    "store",
    "traps",
];

/// Rows that forging one file may run, about.
const FORGING_ROWS: u64 = 30_000_000;

#[derive(Deserialize)]
struct Expectations {
    gaps: BTreeMap<String, String>,
}

/// Assertions and rows of a file at a level.
type Rows = BTreeMap<(String, u8), [u64; 6]>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let expectations: Expectations = toml::from_str(include_str!("spec/expectations.toml"))
        .expect("expectations.toml has a table `gaps`");
    let gaps = Arc::new(expectations.gaps);
    let rows: Arc<Mutex<Rows>> = Arc::default();
    let mut trials = Vec::new();
    for (file, text) in catalog::files() {
        let (suite, name) = file.split_once('/').unwrap_or_default();
        if !SUITES.contains(&suite) {
            continue;
        }
        let forged = suite == "v1" && FORGED.iter().any(|f| name == format!("{f}.wast"));
        for level in [0, 2] {
            let (at, gaps, rows) = (file.clone(), gaps.clone(), rows.clone());
            trials.push(Trial::test(format!("{file} -O{level}"), move || {
                let ran = run_file(&at, text, level, &gaps)?;
                if let Ok(mut rows) = rows.lock() {
                    rows.insert((at, level), sums(&ran));
                }
                Ok(())
            }));
            if forged {
                let (at, gaps) = (file.clone(), Arc::default());
                trials.push(Trial::test(format!("forged {file} -O{level}"), move || {
                    forge_all(&run_file(&at, text, level, &gaps)?.programs)
                }));
            }
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    let rows = rows.lock().expect("no trial panics while it reports");
    if !rows.is_empty() {
        println!(
            "{:<32}{:>9}{:>9}{:>9}{:>8}{:>8}{:>8}",
            "file", "asserted", "skipped", "steps", "arith", "binary", "mem"
        );
        for ((file, level), [asserted, skipped, rest @ ..]) in rows.iter() {
            let [steps, arith, binary, mem] = rest;
            println!(
                "{:<32}{asserted:>9}{skipped:>9}{steps:>9}{arith:>8}{binary:>8}{mem:>8}",
                format!("{file} -O{level}")
            );
        }
    }
    conclusion.exit_code()
}

fn sums(ran: &HermezReport) -> [u64; 6] {
    let sum = |count: fn(&HermezProgram) -> u64| ran.programs.iter().map(count).sum();
    let skipped = ran.report.counts().values().map(|c| c.skipped as u64).sum();
    [
        sum(|p| p.assertions as u64),
        skipped,
        sum(|p| p.counters.steps),
        sum(|p| p.counters.arith),
        sum(|p| p.counters.binary),
        sum(|p| p.counters.mem),
    ]
}

fn run_file(
    file: &str,
    text: &str,
    level: u8,
    gaps: &BTreeMap<String, String>,
) -> Result<HermezReport, Failed> {
    let mut script = Script::read(text).map_err(|d| d.to_string())?;
    script.version = catalog::version(file);
    let ran = run_hermez(&script, &Options::new(level), MAX_STEPS).map_err(|d| d.to_string())?;
    let failures: Vec<String> = ran
        .report
        .outcomes
        .iter()
        .filter_map(|outcome| match &outcome.verdict {
            Verdict::Failed(why) => Some((format!("{file}:{}", outcome.line), why)),
            Verdict::Passed | Verdict::Skipped(_) => None,
        })
        .filter(|(place, _)| !gaps.contains_key(place))
        .map(|(place, why)| format!("{place}: {why}"))
        .collect();
    for HermezProgram { program, lines, .. } in &ran.programs {
        // what is written for upstream's tools is the same program, in forms that all their versions read
        let printed = asm::print(program);
        if asm::parse(&printed).as_ref() != Ok(program) {
            return Err(format!("lines {lines:?}: the text is another program").into());
        }
        if let Err((step, why)) = program.check_portable() {
            return Err(format!("lines {lines:?}, step {step:?}: {why}").into());
        }
    }
    if failures.is_empty() {
        Ok(ran)
    } else {
        Err(failures.join("\n").into())
    }
}

/// Forges free inputs of all programs of a file.
fn forge_all(programs: &[HermezProgram]) -> Result<(), Failed> {
    let share = FORGING_ROWS / programs.len().max(1) as u64;
    let mut tried = 0;
    for HermezProgram { program, lines, .. } in programs {
        let forged = forge::forge(program, &Inputs::default(), share);
        tried += forged.map_err(|why| format!("lines {lines:?}: {why}"))?;
    }
    println!("{tried} forged values refused");
    Ok(())
}
