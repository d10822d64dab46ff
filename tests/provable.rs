//! Whatever the compiler makes and the executor runs has a proof: the traces of generated modules' runs satisfy every
//! constraint and balance every bus, results and traps alike.
//!
//! Checked on the traces themselves, which is what a proof would attest; proofs of the guests are made in `guests.rs`.

mod support;

use std::sync::Arc;
use support::random::Random;
use support::smith;
use zkc::{Options, Roots};
use zkc_isa::{Limits, Program, Status};
use zkc_prover::ProvingKey;
use zkc_prover::testing::Trace;

/// Modules tried, each at two levels.
const SEEDS: u64 = 300;
/// Longest run checked, in steps.
const MAX_STEPS: u64 = 5_000;

/// How many runs were checked, and how many of them trapped.
#[derive(Default)]
struct Seen {
    runs: u64,
    traps: u64,
}

fn check_runs(program: &Arc<Program>, seed: u64, what: &str, seen: &mut Seen) {
    let key = ProvingKey::new(program).expect("the program fits a key");
    let limits = Limits {
        max_steps: MAX_STEPS,
        ..Limits::default()
    };
    let mut random = Random::new(seed);
    for entry in program.entries.iter().take(4) {
        let args: Vec<u64> = entry
            .params
            .iter()
            .map(|kind| {
                let word = random.word();
                if kind.is_32() {
                    word & 0xffff_ffff
                } else {
                    word
                }
            })
            .collect();
        let Ok(outcome) = zkc_isa::run(program, &entry.name, &args, &[], &limits) else {
            continue;
        };
        let trace = Trace::of_run(&key, program, &entry.name, &args, &[])
            .unwrap_or_else(|e| panic!("{what}, `{}`: {e}", entry.name));
        let faults = trace.faults();
        assert!(
            faults.is_empty(),
            "{what}, `{}` {args:x?}: {faults:?}",
            entry.name
        );
        seen.runs += 1;
        seen.traps += u64::from(outcome.status != Status::Done);
    }
}

#[test]
fn runs_of_generated_modules_have_proofs() {
    let mut seen = Seen::default();
    for seed in 0..SEEDS {
        let Some(wasm) = smith::module(seed) else {
            continue;
        };
        for level in [0, 2] {
            if let Ok(program) = zkc::compile(&wasm, &Roots::Exports, &Options::new(level))
                && !program.entries.is_empty()
            {
                check_runs(
                    &program,
                    seed,
                    &format!("seed {seed} at -O{level}"),
                    &mut seen,
                );
            }
        }
    }
    assert!(
        seen.runs >= SEEDS / 2,
        "{} runs are too few to show anything",
        seen.runs
    );
    assert!(
        seen.traps >= 20 && seen.runs - seen.traps >= 20,
        "{} of {} runs trapped",
        seen.traps,
        seen.runs
    );
}
