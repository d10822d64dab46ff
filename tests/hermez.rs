//! The second processor from the command line.

#[path = "support/temp.rs"]
mod temp;

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use temp::TempDir;
use zkc::commands::run_words;

const SUM: &str = "; the sum of 1 to 10, in a variable called result
VAR GLOBAL result
start:
    10 => C
loop:
    A + C => A
    C - 1 => C          :JMPNZ(loop)
    A                   :MSTORE(result)
halt:
    ${beforeLast()}     :JMPN(halt)
    0 => A              :JMP(start)
";

fn run(files: &[(&str, &str)], words: &[&str]) -> (u8, String, String) {
    // Several tests run at once.
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let dir = TempDir::new(&format!("hermez-run-{}", RUNS.fetch_add(1, Relaxed)));
    for (name, text) in files {
        std::fs::write(dir.path(name), text).expect("a file is written");
    }
    let main = dir.path(files[0].0).display().to_string();
    let mut all = vec!["run", main.as_str(), "--target=hermez64"];
    all.extend_from_slice(words);
    run_words(&all)
}

#[test]
fn zkasm_runs_with_its_counters() {
    let (code, stdout, stderr) = run(&[("sum.zkasm", SUM)], &[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let expected = "status:    ok\nresult 0:  55\nA          55\n\
        steps:     24\narith:     0\nbinary:    0\nmem:       1\nmemAlign:  0\n\
        cells:     2949\nrows:      24\n";
    assert_eq!(stdout, expected);
    let (code, stdout, _) = run(&[("sum.zkasm", SUM)], &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(
        (code, &json["results"], &json["registers"]["A"]),
        (0, &serde_json::json!([55]), &55.into())
    );
    assert_eq!(
        json["counters"],
        serde_json::json!({"steps": 24, "arith": 0, "binary": 0, "mem": 1, "memAlign": 0})
    );
}

#[test]
fn includes_are_read_from_beside_the_file() {
    let main = SUM.replace("    A + C => A\n", "INCLUDE \"add.zkasm\"\n");
    let (code, stdout, stderr) = run(&[("sum.zkasm", &main), ("add.zkasm", "A + C => A\n")], &[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("result 0:  55"), "{stdout}");
    let (code, _, stderr) = run(&[("sum.zkasm", &main)], &[]);
    assert_eq!(code, 1);
    assert!(stderr.contains("cannot include `add.zkasm`"), "{stderr}");
}

#[test]
fn a_trap_status_and_a_refused_run_have_their_codes() {
    let trapped = SUM.replace("halt:\n", "    5 => A\nhalt:\n");
    let (code, stdout, _) = run(&[("trap.zkasm", &trapped)], &[]);
    assert_eq!(code, 3);
    assert!(
        stdout.starts_with("status:    out-of-bounds-memory-access\n"),
        "{stdout}"
    );

    let wrong = SUM.replace("halt:\n", "    54 :ASSERT\nhalt:\n");
    let (code, stdout, stderr) = run(&[("wrong.zkasm", &wrong)], &[]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(
        stderr.contains("constraint Assert does not hold"),
        "{stderr}"
    );
    assert!(stderr.contains("wrong.zkasm:9"), "{stderr}");

    let (code, _, stderr) = run(&[("sum.zkasm", SUM)], &["--max-steps", "10"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("more than 10 steps"), "{stderr}");
}

#[test]
fn bad_text_is_refused_with_its_place() {
    let (code, _, stderr) = run(&[("bad.zkasm", "start:\n    A => => B\n")], &[]);
    assert_eq!(code, 1);
    assert!(stderr.contains("bad.zkasm:2:10"), "{stderr}");
    let (code, _, stderr) = run(&[("hash.zkasm", "    A :HASHK(0)\n")], &[]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("`HASHK`, which the 64-bit machine"),
        "{stderr}"
    );
}

const SCRIPT: &str = r#"(module
  (memory 1 2)
  (global (export "g") (mut i32) (i32.const 5))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "both") (result i64 i32) (i64.const -1) (i32.const 7))
  (func (export "put") (param i32) (i32.store (i32.const 8) (local.get 0)))
  (func (export "get") (result i32) (i32.load (i32.const 8)))
  (func (export "put-and-trap") (i32.store (i32.const 8) (i32.const 99)) (unreachable))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "far") (result i32) (i32.load (i32.const 70000))))
(assert_return (invoke "add" (i32.const -1) (i32.const 3)) (i32.const 2))
(assert_return (invoke "both") (i64.const -1) (i32.const 7))
(assert_return (get "g") (i32.const 5))
(invoke "put" (i32.const 42))
(assert_return (invoke "get") (i32.const 42))
(assert_trap (invoke "far") "out of bounds memory access")
(assert_return (invoke "get") (i32.const 42))
(assert_trap (invoke "put-and-trap") "unreachable")
(assert_return (invoke "get") (i32.const 99))
(assert_return (invoke "grow") (i32.const 1))
(assert_return (invoke "far") (i32.const 0))
"#;

fn spec(script: &str, words: &[&str]) -> (u8, String, String) {
    let dir = TempDir::new("hermez-spec");
    std::fs::write(dir.path("s.wast"), script).expect("a file is written");
    let main = dir.path("s.wast").display().to_string();
    let mut all = vec!["spec", main.as_str(), "--target=hermez64"];
    all.extend_from_slice(words);
    run_words(&all)
}

#[test]
fn scripts_become_programs_that_assert_them() {
    let out = TempDir::new("hermez-programs");
    let folder = out.path("programs").display().to_string();
    let (code, stdout, stderr) = spec(SCRIPT, &["--emit-dir", &folder]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert!(stdout.contains("asserted by 3 programs: 10;"), "{stdout}");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is made")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let names: Vec<_> = files
        .iter()
        .filter_map(|f| f.file_name()?.to_str())
        .collect();
    assert_eq!(
        names,
        [
            "s-0001-lines-11-16.zkasm",
            "s-0002-lines-17-18.zkasm",
            "s-0003-lines-19-21.zkasm",
        ]
    );
    for (file, status) in files
        .iter()
        .zip(["out-of-bounds-memory-access", "unreachable", "ok"])
    {
        let path = file.display().to_string();
        let (_, stdout, stderr) = run_words(&["run", &path, "--target=hermez64"]);
        assert!(
            stdout.starts_with(&format!("status:    {status}\n")),
            "{path}: {stdout}{stderr}"
        );
    }
}

#[test]
fn what_is_compiled_is_read_by_every_assembler() {
    let dir = TempDir::new("hermez-written");
    let (wat, text) = (dir.path("m.wat"), dir.path("m.zkasm"));
    std::fs::write(&wat, SCRIPT.split_once("\n(assert").expect("a module").0)
        .expect("a file is written");
    let (wat, text) = (wat.display().to_string(), text.display().to_string());
    let (code, _, stderr) =
        run_words(&[&wat, "--target=hermez64", "--invoke", "both", "-o", &text]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let program =
        zkc_isa::hermez::asm::parse(&std::fs::read_to_string(&text).expect("it is written"));
    assert_eq!(program.expect("it parses").check_portable(), Ok(()));
    for file in [&wat, &text] {
        let mut words = vec!["run", file, "--target=hermez64"];
        words.extend_from_slice(if file == &wat {
            &["--invoke", "both"]
        } else {
            &[]
        });
        let (code, stdout, stderr) = run_words(&words);
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert!(
            stdout.contains("result 0:  18446744073709551615\nresult 1:  7\n"),
            "{file}: {stdout}"
        );
    }
}

#[test]
fn a_large_memory_is_read_by_every_assembler() {
    let dir = TempDir::new("hermez-large");
    let wat = dir.path("m.wat").display().to_string();
    let module = r#"(module (memory 33)
  (func (export "f") (param i32) (result i64)
    (i64.store offset=1048568 (local.get 0) (i64.const 0x1122334455667788))
    (i32.store16 offset=1048580 (local.get 0) (i32.const 0xaabb))
    (i32.store8 offset=2097000 (local.get 0) (i32.const 5))
    (i64.add
      (i64.load offset=1048574 (local.get 0))
      (i64.load8_u offset=2097000 (local.get 0)))))"#;
    std::fs::write(&wat, module).expect("a file is written");
    for level in ["-O0", "-O2"] {
        let text = dir.path("m.zkasm").display().to_string();
        let words = [
            &wat,
            "--target=hermez64",
            level,
            "--invoke",
            "f",
            "3",
            "-o",
            &text,
        ];
        let (code, _, stderr) = run_words(&words);
        assert_eq!((code, stderr.as_str()), (0, ""));
        let program =
            zkc_isa::hermez::asm::parse(&std::fs::read_to_string(&text).expect("it is written"));
        assert_eq!(program.expect("it parses").check_portable(), Ok(()));
        let (_, stdout, _) = run_words(&["run", &text, "--target=hermez64"]);
        // bytes 6 and 7 of the first store, four that are zero, the second's two
        let expected = 0xaabb_0000_0000_1122u64 + 5;
        assert!(
            stdout.contains(&format!("result 0:  {expected}\n")),
            "{stdout}"
        );
    }
}

#[test]
fn output_is_shown() {
    let dir = TempDir::new("hermez-output");
    let path = |name: &str| dir.path(name).display().to_string();
    let (wat, text) = (path("m.wat"), path("m.zkasm"));
    let module = r#"(module
  (import "zkc" "commit" (func $commit (param i32 i32)))
  (memory 1)
  (data (i32.const 0) "\01\02")
  (func (export "f") (call $commit (i32.const 0) (i32.const 6000))))"#;
    std::fs::write(&wat, module).expect("a file is written");
    let (code, _, stderr) = run_words(&[&wat, "--target=hermez64", "--invoke", "f", "-o", &text]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for words in [
        &["run", wat.as_str(), "--target=hermez64", "--invoke", "f"][..],
        &["run", text.as_str(), "--target=hermez64"],
    ] {
        let (code, stdout, stderr) = run_words(words);
        assert_eq!(
            (code, stdout.starts_with("status:    ok\n")),
            (0, true),
            "{stdout}"
        );
        assert_eq!(stderr, format!("output: 0102{}\n", "00".repeat(5998)));
    }
}

#[test]
fn wasi_programs_print_and_exit() {
    let guest = format!(
        "{}/bench/guests/words/words.wasm",
        env!("CARGO_MANIFEST_DIR")
    );
    let (code, stdout, stderr) = run_words(&["run", &guest, "--target=hermez64"]);
    assert_eq!(
        (code, stderr.as_str()),
        (3, "words: no words\n"),
        "{stdout}"
    );
}
