//! Profiles: what they predict against what the prover commits to, what they change, and which are refused.
//!
//! Predicted cells are those of the instructions' rows, before padding; what is measured is the same count over a proof, or
//! over the steps of a run, each by the chip that proves it.

mod support;

use std::sync::Arc;
use support::cases::{self, Case};
use support::temp::TempDir;
use zkc::profile::Profile;
use zkc::{Compiler, Options, Roots};
use zkc_isa::{CostModel, Limits, Program, StepCounts};
use zkc_prover::{ProveOptions, ProvingKey, Security};

/// Longest run that is counted here, in steps.
const MAX_STEPS: u64 = 300_000;

fn options(level: u8, model: &str) -> Options {
    let mut options = Options::new(level);
    options.model = Arc::new(CostModel::named(model).expect("comes with the machine"));
    options
}

/// Counts of a run and its instructions' cells; `None` if it is too long.
fn counted(program: &Program, case: &Case) -> Option<(StepCounts, u64)> {
    let mut counts = StepCounts::new(program);
    let cells = zkc_prover::instruction_cells();
    let mut executed = 0;
    let limits = Limits {
        max_steps: MAX_STEPS,
        ..Limits::default()
    };
    let (entry, args, input) = (&case.invoke, &case.args, &case.input);
    let run = zkc_isa::trace(program, entry, args, input, &limits, &mut |step| {
        counts.step(step);
        executed += cells[zkc_prover::chips::select(step)];
    });
    run.ok().map(|_| (counts, executed))
}

/// A call of `run` with these arguments.
fn call(args: &[u64]) -> Case {
    Case {
        invoke: "run".to_string(),
        args: args.to_vec(),
        input: Vec::new(),
        results: Vec::new(),
        output: cases::Expected::Bytes(Vec::new()),
    }
}

/// A profile of a case under one model.
fn profile_under(wasm: &[u8], case: &Case, options: &Options) -> Option<Arc<Profile>> {
    let compiler = Compiler::new(wasm.to_vec(), options);
    let roots = Roots::Named(vec![case.invoke.clone()]);
    let program = compiler.program(&roots).expect("compiles");
    let (counts, _) = counted(&program, case)?;
    Some(Arc::new(
        compiler.profile(&roots, &counts).expect("is compiled"),
    ))
}

const STRAIGHT: [&str; 4] = [
    // every kind of arithmetic
    "(func (export \"run\") (param i32 i64) (result i64)
       (i64.xor
         (i64.mul (i64.add (local.get 1) (i64.extend_i32_u (local.get 0))) (i64.const 1000003))
         (i64.rotl (i64.div_u (local.get 1) (i64.const 7)) (i64.extend_i32_s (i32.clz (local.get 0))))))",
    // calls and globals
    "(global $g (mut i64) (i64.const 5))
     (func $f (param i64) (result i64)
       (global.set $g (i64.add (global.get $g) (local.get 0)))
       (i64.shr_u (i64.mul (local.get 0) (local.get 0)) (i64.const 13)))
     (func (export \"run\") (param i32 i64) (result i64)
       (i64.add (call $f (local.get 1)) (i64.sub (call $f (i64.extend_i32_u (local.get 0))) (global.get $g))))",
    // aligned memory
    "(memory 1)
     (func (export \"run\") (param i32 i64) (result i64)
       (i64.store (i32.const 64) (local.get 1))
       (i32.store8 (i32.const 65) (local.get 0))
       (i64.add (i64.load (i32.const 64)) (i64.load16_u (i32.const 66))))",
    // selects and comparisons
    "(func (export \"run\") (param i32 i64) (result i64)
       (select
         (i64.popcnt (local.get 1))
         (i64.extend_i32_u (i32.lt_s (local.get 0) (i32.const -5)))
         (i64.ge_u (local.get 1) (i64.const 1234567890123))))",
];

#[test]
fn prediction_is_what_a_proof_commits_to_for_straight_line_code() {
    let cells = zkc_prover::cells_model();
    for text in STRAIGHT {
        let wasm = zkc::input::wat_to_wasm(&format!("(module {text})")).expect("is a module");
        let case = call(&[77, 0x0123_4567_89ab_cdef]);
        for (level, other) in [(0, "cells"), (2, "cpu-cycles"), (2, "rows")] {
            let profile = profile_under(&wasm, &case, &options(level, other));
            let mut compiler = Compiler::new(wasm.clone(), &options(level, "cells"));
            compiler.set_profile(profile);
            let roots = Roots::Named(vec!["run".to_string()]);
            let program = compiler.program(&roots).expect("compiles");
            let predicted = compiler.predict(&roots, "run", &cells).expect("compiles");
            let predicted = predicted.expect("there is a profile");
            assert_eq!(predicted.unknown, 0);
            let key = ProvingKey::new(&program).expect("has a key");
            let options = ProveOptions {
                security: Security::Test,
                ..ProveOptions::default()
            };
            let proof = zkc_prover::prove(&key, &program, "run", &case.args, &[], &options);
            let (_, _, stats) = proof.expect("proves");
            assert_eq!(predicted.cost, stats.executed_cells(), "-O{level}: {text}");
            let (_, executed) = counted(&program, &case).expect("is short");
            assert_eq!(executed, stats.executed_cells(), "-O{level}: {text}");
        }
    }
}

#[test]
fn prediction_is_within_2_percent_for_guests() {
    let cells = zkc_prover::cells_model();
    let mut checked = 0;
    for name in cases::guest_names() {
        let guest = cases::guest(&name);
        // One case each: the last that is short enough.
        let other = Compiler::new(guest.wasm.clone(), &options(2, "cpu-cycles"));
        let mut built = Compiler::new(guest.wasm.clone(), &options(2, "cells"));
        for case in guest.cases.iter().rev() {
            let roots = Roots::Named(vec![case.invoke.clone()]);
            // Counted in a build by another model, predicted for a build by `cells` with that profile.
            let program = other.program(&roots).expect("compiles");
            let Some((counts, _)) = counted(&program, case) else {
                continue;
            };
            let profile = Arc::new(other.profile(&roots, &counts).expect("is compiled"));
            let text = Profile::parse(&profile.to_json()).expect("what was written is read");
            assert_eq!(text, *profile);
            built.set_profile(Some(profile));
            let program = built.program(&roots).expect("compiles");
            let predicted = built.predict(&roots, &case.invoke, &cells);
            let predicted = predicted.expect("compiles").expect("there is a profile");
            assert_eq!(predicted.unknown, 0, "{name}");
            let (_, executed) = counted(&program, case).expect("as long as before");
            let error = predicted.cost.abs_diff(executed) as f64 / executed as f64;
            assert!(error <= 0.02, "{name}: {predicted:?} against {executed}");
            checked += 1;
            break;
        }
    }
    assert!(checked >= 12, "{checked} guests");
}

#[test]
fn blocks_that_do_not_run_are_charged_nothing() {
    // What the rare branch needs does not change in the loop, so without counts it is computed before the loop.
    let text = "(module (func (export \"run\") (param i32 i32) (result i32)
      (local i32)
      (loop $l
        (if (i32.eq (local.get 0) (i32.const 1000000))
          (then (local.set 2 (i32.add (local.get 2)
            (i32.rotl (i32.mul (local.get 1) (i32.const 12345)) (i32.const 3))))))
        (local.set 2 (i32.xor (local.get 2) (local.get 0)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 2)))";
    let wasm = zkc::input::wat_to_wasm(text).expect("is a module");
    let case = call(&[3, 9]);
    let roots = Roots::Named(vec!["run".to_string()]);
    let mut compiler = Compiler::new(wasm.clone(), &Options::new(2));
    let cells = |compiler: &Compiler| {
        let program = compiler.program(&roots).expect("compiles");
        counted(&program, &case).expect("is short").1
    };
    let without = cells(&compiler);
    compiler.set_profile(profile_under(&wasm, &case, &Options::new(2)));
    let with = cells(&compiler);
    assert!(with < without, "{with} against {without} cells");
}

#[test]
fn rows_of_block_moves_are_counted() {
    let text = "(module (memory 1) (func (export \"run\") (param i32)
      (memory.fill (i32.const 64) (i32.const 7) (local.get 0))
      (memory.copy (i32.const 4096) (i32.const 64) (local.get 0))))";
    let wasm = zkc::input::wat_to_wasm(text).expect("is a module");
    let case = call(&[3200]);
    let roots = Roots::Named(vec!["run".to_string()]);
    let mut compiler = Compiler::new(wasm.clone(), &Options::new(2));
    let profile = profile_under(&wasm, &case, &Options::new(2)).expect("is short");
    let rows = |p: &Profile| {
        let blocks = p.functions.values().flat_map(|f| &f.blocks);
        blocks.flat_map(|b| &b.rows).sum::<u64>()
    };
    assert_eq!(rows(&profile), 200, "{profile:?}");
    compiler.set_profile(Some(profile));
    let program = compiler.program(&roots).expect("compiles");
    let (_, executed) = counted(&program, &case).expect("is short");
    let predicted = compiler.predict(&roots, "run", &zkc_prover::cells_model());
    let predicted = predicted
        .expect("compiles")
        .expect("there is a profile")
        .cost;
    assert!(
        predicted.abs_diff(executed) * 50 <= executed,
        "{predicted}, {executed}"
    );
}

#[test]
fn the_command_line_writes_and_reads_profiles() {
    let temp = TempDir::new("profile");
    let file = |name: &str, text: &str| temp.write(name, text).display().to_string();
    let main = file(
        "main.wat",
        "(module (func (export \"run\") (param i32) (result i32)
      (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0)))",
    );
    let other = file(
        "other.wat",
        "(module (func (export \"run\") (param i32) (result i32) (local.get 0)))",
    );
    let path = temp.path("run.json").display().to_string();
    let run = ["run", &main, "--invoke", "run", "10"];
    let (code, _, stderr) =
        zkc::commands::run_words(&[&run[..], &["--profile-out", &path]].concat());
    assert_eq!(code, 0, "{stderr}");
    let executed = stderr
        .trim()
        .strip_prefix("executed: ")
        .expect("says what it cost");

    let (code, stdout, stderr) =
        zkc::commands::run_words(&[&run[..], &["--profile", &path]].concat());
    assert_eq!((code, stdout.as_str()), (0, "0\n"));
    assert_eq!(stderr, format!("predicted: {executed}\n"));

    let refused = |words: &[&str], expected: &str| {
        let (code, _, stderr) = zkc::commands::run_words(words);
        assert_eq!(code, 1, "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
    };
    let elsewhere = ["run", &other, "--invoke", "run", "1", "--profile", &path];
    refused(&elsewhere, "the profile was made from another program");
    let broken = file("broken.json", "{\"program\": \"x\",\n \"functions\": 3}");
    refused(
        &["run", &main, "--invoke", "run", "1", "--profile", &broken],
        "broken.json:2:",
    );
    refused(&[&main, "--profile", &broken], "not a profile");

    // Another level inlines, so counts of a function may be of another form: said, and not used.
    let level = [&run[..], &["-O0", "--profile", &path]].concat();
    let (code, _, stderr) = zkc::commands::run_words(&level);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("predicted: "), "{stderr}");
}
