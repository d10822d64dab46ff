//! What memoisation buys, shown by the log of executed queries: an edit re-does the functions it touches, a new cost model
//! only extraction and what follows, and nothing depends on what came before.

use std::collections::BTreeSet;
use std::sync::Arc;
use zkc::dropped::Dropped;
use zkc::{Compiler, Options, Roots};
use zkc_isa::{CostModel, Limits, StepCounts};

/// Three functions that call nobody, too large to be inlined away, and one that calls them.
fn module(constants: [u32; 3]) -> Vec<u8> {
    let body = |k: u32| {
        let step = format!(
            "(local.set 0 (i32.rotl (i32.xor (i32.mul (local.get 0) (i32.const {})) (i32.const {k})) (i32.const 7)))",
            k | 1
        );
        step.repeat(20)
    };
    let [a, b, c] = constants.map(body);
    let text = format!(
        r#"(module
            (func $a (export "a") (param i32) (result i32) {a} (local.get 0))
            (func $b (export "b") (param i32) (result i32) {b} (local.get 0))
            (func $c (export "c") (param i32) (result i32) {c} (local.get 0))
            (func (export "all") (param i32) (result i32)
                (i32.add (call $a (local.get 0)) (i32.add (call $b (local.get 0)) (call $c (local.get 0))))))"#
    );
    zkc::input::wat_to_wasm(&text).expect("the text is a module")
}

/// The names of executed queries, with how often each ran.
fn executed(compiler: &Compiler, name: &str) -> usize {
    compiler
        .take_log()
        .iter()
        .filter(|entry| entry.split('(').next() == Some(name))
        .count()
}

fn count(log: &[String], name: &str) -> usize {
    log.iter()
        .filter(|entry| entry.split('(').next() == Some(name))
        .count()
}

#[test]
fn an_edit_redoes_one_function() {
    let mut compiler = Compiler::new(module([3, 5, 7]), &Options::new(2));
    compiler.program(&Roots::Exports).expect("compiles");
    let log = compiler.take_log();
    assert_eq!(count(&log, "zk_ir"), 4, "{log:#?}");

    compiler.set_source(module([3, 5, 1_000_003]));
    compiler.program(&Roots::Exports).expect("compiles");
    let log = compiler.take_log();
    for stage in [
        "cranelift_alone",
        "cranelift_ir",
        "mixed_ir",
        "saturated",
        "extracted",
        "zk_ir",
        "code",
    ] {
        assert_eq!(count(&log, stage), 1, "{stage}: {log:#?}");
    }
    for stage in ["layout", "linked"] {
        assert_eq!(count(&log, stage), 0, "{stage}: {log:#?}");
    }
}

#[test]
fn a_cost_model_redoes_extraction_and_what_follows() {
    let mut compiler = Compiler::new(module([3, 5, 7]), &Options::new(2));
    compiler.program(&Roots::Exports).expect("compiles");
    compiler.take_log();
    compiler.set_model(Arc::new(
        CostModel::named("cpu-cycles").expect("comes with the machine"),
    ));
    compiler.program(&Roots::Exports).expect("compiles");
    let log = compiler.take_log();
    assert_eq!(count(&log, "extracted"), 4, "{log:#?}");
    let allowed: BTreeSet<&str> = ["extracted", "zk_ir", "code", "program"].into();
    for entry in &log {
        let name = entry.split('(').next().unwrap_or_default();
        assert!(allowed.contains(name), "{entry} depends on the cost model");
    }
}

#[test]
fn a_profile_redoes_extraction_of_functions_with_other_counts() {
    let mut compiler = Compiler::new(module([3, 5, 7]), &Options::new(2));
    let program = compiler.program(&Roots::Exports).expect("compiles");
    let counted = |entry: &str| {
        let mut counts = StepCounts::new(&program);
        let limits = Limits::default();
        let run = zkc_isa::trace(&program, entry, &[1], &[], &limits, &mut |s| counts.step(s));
        run.expect("runs");
        let profile = compiler.profile(&Roots::Exports, &counts);
        Arc::new(profile.expect("the program is compiled"))
    };
    let (all, one) = (counted("all"), counted("a"));
    assert_eq!((all.functions.len(), one.functions.len()), (4, 1));
    compiler.set_profile(Some(all));
    compiler.program(&Roots::Exports).expect("compiles");
    compiler.take_log();

    compiler.set_profile(Some(one));
    compiler.program(&Roots::Exports).expect("compiles");
    let log = compiler.take_log();
    // `a` was called once either way.
    assert_eq!(count(&log, "counts"), 4, "{log:#?}");
    assert_eq!(count(&log, "extracted"), 3, "{log:#?}");
    let allowed: BTreeSet<&str> = ["counts", "extracted", "zk_ir", "code", "program"].into();
    for entry in &log {
        let name = entry.split('(').next().unwrap_or_default();
        assert!(allowed.contains(name), "{entry} depends on the profile");
    }
}

#[test]
fn asking_again_executes_nothing() {
    let compiler = Compiler::new(module([3, 5, 7]), &Options::new(2));
    compiler.program(&Roots::Exports).expect("compiles");
    compiler.take_log();
    compiler.program(&Roots::Exports).expect("compiles");
    assert_eq!(executed(&compiler, "program"), 0);
}

#[test]
fn a_history_of_edits_gives_what_a_fresh_compilation_gives() {
    let mut compiler = Compiler::new(module([1, 1, 1]), &Options::new(2));
    for constants in [[3, 5, 7], [3, 5, 11], [13, 5, 11], [13, 17, 11], [3, 5, 7]] {
        compiler.set_source(module(constants));
        let edited = compiler.program(&Roots::Exports).expect("compiles");
        let fresh =
            zkc::compile(&module(constants), &Roots::Exports, &Options::new(2)).expect("compiles");
        assert_eq!(edited, fresh);
    }
}

#[test]
fn a_dropped_rule_redoes_the_e_graph_and_what_follows() {
    let mut compiler = Compiler::new(module([3, 5, 7]), &Options::new(2));
    let whole = compiler.program(&Roots::Exports).expect("compiles");
    compiler.take_log();
    let mut dropped = Dropped::default();
    dropped.insert("lower").expect("a group of rules");
    compiler.set_dropped(dropped.clone());
    let without = compiler.program(&Roots::Exports).expect("compiles");
    assert_ne!(whole, without);
    let log = compiler.take_log();
    assert_eq!(count(&log, "saturated"), 4, "{log:#?}");
    for stage in ["mixed_ir", "cranelift_ir", "cranelift_alone", "wasm_ir"] {
        assert_eq!(count(&log, stage), 0, "{stage}: {log:#?}");
    }
    // the same again is no change
    compiler.set_dropped(dropped);
    compiler.program(&Roots::Exports).expect("compiles");
    assert_eq!(compiler.take_log(), Vec::<String>::new());
    // a pass is part of what is before the e-graph; decoding is not
    let mut dropped = Dropped::default();
    dropped.insert("fold").expect("a pass");
    compiler.set_dropped(dropped);
    compiler.program(&Roots::Exports).expect("compiles");
    let log = compiler.take_log();
    assert_eq!(count(&log, "cranelift_alone"), 4, "{log:#?}");
    assert_eq!(count(&log, "wasm_ir"), 0, "{log:#?}");
}

#[test]
fn a_sweep_of_cost_models_saturates_each_function_once() {
    let mut compiler = Compiler::new(module([3, 5, 7]), &Options::new(2));
    compiler.program(&Roots::Exports).expect("compiles");
    assert_eq!(executed(&compiler, "saturated"), 4);
    for cost in 1..=20 {
        let uneven = |op| 1 + (op as u64 * cost) % 7;
        let model = CostModel::from_fn(format!("model {cost}"), "", uneven);
        compiler.set_model(Arc::new(model));
        compiler.program(&Roots::Exports).expect("compiles");
        let log = compiler.take_log();
        assert_eq!(count(&log, "extracted"), 4, "{log:#?}");
        assert_eq!(count(&log, "saturated"), 0, "{log:#?}");
    }
}
