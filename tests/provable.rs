//! Whatever the compiler makes and the executor runs has a proof: the traces of generated modules' runs satisfy every
//! constraint and balance every bus, results and traps alike.
//!
//! Checked on the traces themselves, which is what a proof would attest; proofs of the guests are made in `guests.rs`.

mod support;

use std::sync::Arc;
use support::random::Random;
use support::smith;
use zkc::fusion::fuse_all;
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
    lines: usize,
}

/// Checks the program as it is, and with every line fused that can be, long ones and short ones.
fn check_runs(program: &Arc<Program>, seed: u64, what: &str, seen: &mut Seen) {
    check_runs_of(program, seed, what, seen);
    for longest in [5, 64] {
        let fused = fuse_all(program, longest);
        seen.lines += fused.fused.len();
        check_runs_of(&fused, seed, &format!("{what}, fused by {longest}"), seen);
    }
}

fn check_runs_of(program: &Program, seed: u64, what: &str, seen: &mut Seen) {
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

/// Tables, segments and a second memory: every op on them that the runtime or an instruction of its own stands for.
const WORDS: &str = r#"(module
  (type $n (func (result i32)))
  (memory $a 1) (memory $b 1 2)
  (data $d "0123456789")
  (table $t 4 9 funcref) (table $u 4 externref)
  (elem $e func $one $two)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func (export "tables") (param i32 i32 externref) (result i32 externref)
    (table.init $t $e (local.get 0) (i32.const 0) (i32.const 2))
    (drop (table.grow $t (ref.func $two) (local.get 1)))
    (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 3))
    (table.set $u (local.get 0) (local.get 2))
    (table.fill $t (i32.const 0) (table.get $t (i32.const 2)) (i32.const 1))
    (elem.drop $e)
    (i32.add (i32.mul (table.size $t) (i32.const 100)) (call_indirect $t (type $n) (local.get 1)))
    (table.get $u (i32.const 1)))
  (func (export "memories") (param i32 i32 i32) (result i64 i64)
    (memory.init $b $d (local.get 0) (i32.const 1) (i32.const 9))
    (i64.store $b (local.get 1) (i64.load $b (local.get 0)))
    (memory.copy $b $b (i32.const 3) (local.get 0) (i32.const 11))
    (memory.fill $b (local.get 2) (i32.const 7) (i32.const 10))
    (memory.copy $a $b (i32.const 0) (i32.const 2) (i32.const 17))
    (data.drop $d)
    (i64.extend_i32_u (memory.grow $b (local.get 0)))
    (i64.load $a (i32.const 3))))
"#;

#[test]
fn runs_with_tables_segments_and_memories_have_proofs() {
    let wasm = wat::parse_str(WORDS).expect("the text is WebAssembly");
    let cases: [(&str, &[u64]); 9] = [
        ("tables", &[0, 1, 5]),
        ("tables", &[1, 5, 0]),
        ("tables", &[1, 6, 0]),
        ("tables", &[3, 1, 5]),
        ("tables", &[0, 20, 5]),
        ("memories", &[0, 9, 30]),
        ("memories", &[1, 13, 5]),
        ("memories", &[2, 65529, 5]),
        ("memories", &[65530, 9, 5]),
    ];
    let (mut done, mut traps) = (0, 0);
    for level in [0, 2] {
        let program = zkc::compile(&wasm, &Roots::Exports, &Options::new(level))
            .expect("the module compiles");
        let key = ProvingKey::new(&program).expect("the program fits a key");
        for (name, args) in cases {
            let limits = Limits::default();
            let outcome = zkc_isa::run(&program, name, args, &[], &limits).expect("it runs");
            let trace = Trace::of_run(&key, &program, name, args, &[])
                .unwrap_or_else(|e| panic!("{name} {args:?}: {e}"));
            let faults = trace.faults();
            assert!(
                faults.is_empty(),
                "{name} {args:?} at -O{level}: {faults:?}"
            );
            match outcome.status {
                Status::Done => done += 1,
                Status::Trap(_) => traps += 1,
            }
        }
    }
    assert!(done >= 8 && traps >= 6, "{done} returned, {traps} trapped");
}

/// Operations with floats on ordinary, tiny, huge and special operands, and a conversion that traps.
const FLOATS: &str = r#"(module
  (func (export "f64") (param f64 f64) (result f64)
    (f64.sub (f64.mul (local.get 0) (f64.sqrt (f64.abs (f64.add (local.get 0) (local.get 1)))))
             (f64.nearest (f64.div (local.get 1) (local.get 0)))))
  (func (export "f32") (param f32 f32) (result f32)
    (f32.sub (f32.mul (local.get 0) (f32.sqrt (f32.abs (f32.add (local.get 0) (local.get 1)))))
             (f32.floor (f32.div (local.get 1) (local.get 0)))))
  (func (export "mixed") (param f64 f64) (result i32)
    (i32.add (f32.lt (f32.demote_f64 (local.get 0)) (f32.convert_i32_s (i32.trunc_sat_f64_s (local.get 1))))
             (i32.trunc_f64_s (f64.min (local.get 0) (local.get 1))))))"#;

#[test]
fn runs_with_floats_have_proofs() {
    let wasm = wat::parse_str(FLOATS).expect("the text is WebAssembly");
    let numbers = [
        1.5,
        -2.75e3,
        0.1,
        1e300,
        5e-310,
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NAN,
        1e10,
    ];
    let mut traps = 0;
    for level in [0, 2] {
        let program =
            zkc::compile(&wasm, &Roots::Exports, &Options::new(level)).expect("it compiles");
        let key = ProvingKey::new(&program).expect("the program fits a key");
        for (i, a) in numbers.iter().enumerate() {
            let b = numbers[(i * 3 + 1) % numbers.len()];
            for (entry, args) in [
                ("f64", [a.to_bits(), b.to_bits()]),
                ("f32", [a, &b].map(|x| u64::from((*x as f32).to_bits()))),
                ("mixed", [a.to_bits(), b.to_bits()]),
            ] {
                let outcome =
                    zkc_isa::run(&program, entry, &args, &[], &Limits::default()).expect("it runs");
                let trace =
                    Trace::of_run(&key, &program, entry, &args, &[]).expect("it has a trace");
                let faults = trace.faults();
                assert!(faults.is_empty(), "`{entry}` of {args:x?}: {faults:?}");
                traps += usize::from(outcome.status != Status::Done);
            }
        }
    }
    assert!(traps >= 2, "{traps} runs trapped");
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
