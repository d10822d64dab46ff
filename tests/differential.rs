//! Generated modules against wasmtime: results, trap kinds, memory and globals after calls, in the wasm evaluator and
//! compiled at -O0 and -O2.
//!
//! `ZKC_FUZZ_COUNT` sets how many seeds are tried (1,000 by default), `ZKC_FUZZ_SEED` the first one. A disagreement names its
//! seed and leaves the module in the target folder; `ZKC_FUZZ_SEED` of that seed and a count of 1 repeats it.

mod support;

use support::differ::{self, Report, Subject};

/// Seeds tried by default.
const DEFAULT_COUNT: u64 = 1_000;

fn number_from_env(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("`{name}` is a number, not `{text}`")),
        Err(_) => default,
    }
}

/// The numbers, for `--nocapture`.
#[expect(clippy::print_stdout, reason = "the report of a long run")]
fn show(report: &Report) {
    println!("{report}");
}

#[test]
fn generated_modules_agree_with_wasmtime() {
    let count = number_from_env("ZKC_FUZZ_COUNT", DEFAULT_COUNT);
    let first = number_from_env("ZKC_FUZZ_SEED", 0);
    let subjects = [Subject::Evaluator, Subject::Level(0), Subject::Level(2)];
    let report = differ::compare_seeds(first..first + count, &subjects);
    show(&report);
    assert!(report.disagreements.is_empty(), "{report}");
    assert_worthwhile(&report, count);
}

/// A comparison that leaves most modules out, or in which every call traps, shows nothing.
fn assert_worthwhile(report: &Report, seeds: u64) {
    assert!(
        report.modules >= seeds,
        "a third of the seeds must give a module that is compared: {report}"
    );
    assert!(
        report.calls - report.traps >= seeds / 2,
        "one call in two modules must return: {report}"
    );
}
