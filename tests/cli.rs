//! The binary as a user meets it: outputs, exit codes, diagnostics, proofs on disk.

#[path = "support/command.rs"]
mod command;
#[path = "support/temp.rs"]
mod temp;

use command::{zkc, zkc_with_stdin};
use temp::TempDir;

/// A few exports of one behaviour each.
const SAMPLE: &str = r#"(module
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (func (export "add") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.add)
  (func (export "wide") (param i64) (result i64 i32)
    local.get 0
    i64.const 1
    i64.sub
    i32.const -1)
  (func (export "fac") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 1))
      (else (i64.mul (local.get 0) (call 2 (i64.sub (local.get 0) (i64.const 1)))))))
  (func (export "div") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.div_s)
  (func (export "stop")
    unreachable)
  (func (export "forever")
    (loop (br 0)))
  (func (export "load") (param i32) (result i32)
    local.get 0
    i32.load))
"#;

fn words<'a>(text: &'a str, file: &'a str) -> Vec<&'a str> {
    text.split_whitespace()
        .map(|w| if w == "%s" { file } else { w })
        .collect()
}

/// Runs the words with `%s` standing for the sample module.
fn run(dir: &TempDir, text: &str) -> command::Finished {
    let file = dir.write("sample.wat", SAMPLE);
    zkc(&words(text, &file.display().to_string()))
}

#[test]
fn run_prints_results_one_per_line() {
    let dir = TempDir::new("cli-run");
    assert_eq!(run(&dir, "run %s --invoke add 40 2").success(), "42\n");
    assert_eq!(
        run(&dir, "run %s --invoke add 2147483647 1").success(),
        "-2147483648\n"
    );
    assert_eq!(
        run(&dir, "run %s --invoke add -1 0xffffffff").success(),
        "-2\n"
    );
    assert_eq!(run(&dir, "run %s --invoke wide 0").success(), "-1\n-1\n");
    assert_eq!(
        run(&dir, "run %s --invoke fac 20").success(),
        "2432902008176640000\n"
    );
}

#[test]
fn run_prints_hex_with_all_digits() {
    let dir = TempDir::new("cli-hex");
    assert_eq!(
        run(&dir, "run %s --hex --invoke add 40 2").success(),
        "0x0000002a\n"
    );
    assert_eq!(
        run(&dir, "run %s --hex --invoke wide 0").success(),
        "0xffffffffffffffff\n0xffffffff\n"
    );
}

#[test]
fn references_are_arguments_and_results() {
    let dir = TempDir::new("cli-references");
    let file = dir.write(
        "references.wat",
        r#"(module
  (table $t 2 externref)
  (elem declare func $same)
  (func $same (export "same") (param externref) (result externref)
    (table.set $t (i32.const 1) (local.get 0))
    (table.get $t (i32.const 1)))
  (func (export "null") (param funcref) (result i32) (ref.is_null (local.get 0)))
  (func (export "func") (result funcref) (ref.func $same)))
"#,
    );
    let file = file.display().to_string();
    let run = |text: &str| zkc(&words(text, &file));
    for level in ["-O0", "-O2"] {
        for value in ["null", "0", "7", "18446744073709551614"] {
            let text = format!("run %s {level} --invoke same {value}");
            assert_eq!(run(&text).success(), format!("{value}\n"));
        }
        let text = format!("run %s {level} --invoke null null");
        assert_eq!(run(&text).success(), "1\n");
        let text = format!("run %s {level} --invoke func");
        let shown = run(&text).success();
        assert!(shown.starts_with("function 0x"), "{shown}");
    }
    for bad in [
        "null 5",
        "null 0x100000040",
        "same -1",
        "same 18446744073709551615",
    ] {
        let finished = run(&format!("run %s --invoke {bad}"));
        assert_eq!(finished.code, Some(1), "{bad}: {finished:?}");
    }
}

#[test]
fn every_level_gives_the_same_result() {
    let dir = TempDir::new("cli-levels");
    for level in ["-O0", "-O1", "-O2"] {
        assert_eq!(
            run(&dir, &format!("run %s {level} --invoke fac 10")).success(),
            "3628800\n"
        );
    }
}

#[test]
fn a_trap_exits_with_3_and_says_where() {
    let dir = TempDir::new("cli-trap");
    for (invoke, kind) in [
        ("stop", "unreachable"),
        ("div 1 0", "integer-divide-by-zero"),
        ("div -2147483648 -1", "integer-overflow"),
        ("load 65536", "out-of-bounds-memory-access"),
        ("load -1", "out-of-bounds-memory-access"),
    ] {
        for level in ["-O0", "-O2"] {
            let finished = run(&dir, &format!("run %s {level} --invoke {invoke}"));
            assert_eq!(finished.code, Some(3), "{invoke}: {finished:?}");
            assert_eq!(finished.stdout, "", "{invoke}");
            assert!(
                finished.stderr.contains(&format!("trap: {kind}")),
                "{invoke}: {}",
                finished.stderr
            );
            assert!(
                finished.stderr.contains("0x"),
                "{invoke}: no place in {}",
                finished.stderr
            );
        }
    }
}

#[test]
fn a_run_that_does_not_end_stops_at_its_step_limit() {
    let dir = TempDir::new("cli-steps");
    let finished = run(&dir, "run %s --max-steps 100000 --invoke forever");
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(3), ""),
        "{finished:?}"
    );
    let message = "step-limit: the run has more than 100000 steps";
    assert!(finished.stderr.contains(message), "{}", finished.stderr);
}

#[test]
fn a_step_limit_is_proven() {
    let dir = TempDir::new("cli-limit");
    let file = |name: &str| dir.path(name).display().to_string();
    let (proof, vk, public) = (file("p.proof"), file("p.vk"), file("p.json"));
    let line = format!(
        "prove %s --max-steps 1000 --invoke forever -o {proof} --vk {vk} --public {public} --security test"
    );
    let shown = run(&dir, &line).success();
    assert!(shown.contains("more than 1000 steps"), "{shown}");
    let verify = |public: &str| {
        zkc(&[
            "verify",
            &proof,
            "--vk",
            &vk,
            "--public",
            public,
            "--security",
            "test",
        ])
    };
    verify(&public).success();
    let statement = std::fs::read_to_string(&public).expect("the statement was written");
    assert!(statement.contains("\"max_steps\": 1000"), "{statement}");
    let wrong = dir.write("w.json", statement.replace("1000", "1001"));
    let finished = verify(&wrong.display().to_string());
    assert_eq!(finished.code, Some(1), "{finished:?}");
}

#[test]
fn memory_does_not_grow_beyond_its_limit() {
    let dir = TempDir::new("cli-pages");
    let wat = r#"(module (memory 1)
      (func (export "grow") (param i32) (result i32 i32)
        (memory.grow (local.get 0))
        (memory.size)))"#;
    let file = dir.write("grow.wat", wat).display().to_string();
    for level in ["-O0", "-O2"] {
        let grow = |flags: &str, pages: &str| {
            let line = format!("run %s {level} {flags} --invoke grow {pages}");
            zkc(&words(&line, &file)).success()
        };
        assert_eq!(grow("--max-pages 4", "3"), "1\n4\n");
        assert_eq!(grow("--max-pages 4", "4"), "-1\n1\n");
        assert_eq!(grow("", "4"), "1\n5\n");
        assert_eq!(grow("", "32768"), "-1\n1\n");
    }
    let refused = zkc(&words("run %s --max-pages 0 --invoke grow 0", &file)).diagnostic();
    assert!(refused.contains("limit-exceeded"), "{refused}");
}

#[test]
fn bad_calls_are_diagnosed() {
    let dir = TempDir::new("cli-calls");
    assert!(
        run(&dir, "run %s --invoke nothing")
            .diagnostic()
            .contains("`nothing`")
    );
    run(&dir, "run %s --invoke add 1").diagnostic();
    run(&dir, "run %s --invoke add 1 2 3").diagnostic();
    run(&dir, "run %s --invoke add 1 x").diagnostic();
    run(&dir, "run %s --invoke add 1 4294967296").diagnostic();
}

#[test]
fn bad_files_are_diagnosed_with_their_place() {
    let dir = TempDir::new("cli-files");
    let missing = dir.path("missing.wasm").display().to_string();
    assert!(
        zkc(&[missing.as_str()])
            .diagnostic()
            .contains("missing.wasm")
    );
    let text = dir
        .write("bad.wat", "(module\n  (func i32.bogus))\n")
        .display()
        .to_string();
    assert!(zkc(&[text.as_str()]).diagnostic().contains("bad.wat:2:"));
    let binary = dir
        .write("bad.wasm", b"\0asm\x01\0\0\0\x0a\xff")
        .display()
        .to_string();
    assert!(zkc(&[binary.as_str()]).diagnostic().contains("bad.wasm:0x"));
    let atomic = dir.write(
        "atomic.wat",
        "(module (memory 1) (func (export \"f\") (param i32) (result i32) (i32.atomic.load (local.get 0))))",
    );
    let message = zkc(&[atomic.display().to_string().as_str()]).diagnostic();
    assert!(
        message.contains("unsupported-op") && message.contains("i32.atomic"),
        "{message}"
    );
    let json = zkc(&["--error-format=json", binary.as_str()]);
    assert_eq!(json.code, Some(1));
    let value: serde_json::Value =
        serde_json::from_str(json.stderr.trim()).expect("one JSON object");
    assert!(
        value["code"].is_string() && value["offset"].is_number(),
        "{value}"
    );
}

#[test]
fn usage_errors_exit_with_2() {
    for words in [
        &["run"][..],
        &["--emit=nonsense", "x.wat"],
        &["frobnicate", "--yes"],
        &["x.wat", "-O3"],
    ] {
        let finished = zkc(words);
        assert_eq!(finished.code, Some(2), "{words:?}: {finished:?}");
        assert_eq!(finished.stdout, "");
    }
}

#[test]
fn help_lists_every_emit_kind() {
    let help = zkc(&["--help"]).success();
    for kind in zkc::emit::EMIT_KINDS {
        assert!(
            help.contains(kind.name) && help.contains(kind.doc),
            "`{}` is missing from\n{help}",
            kind.name
        );
    }
    assert!(zkc(&["--version"]).success().starts_with("zkc "));
    assert!(zkc(&["completions", "bash"]).success().contains("zkc"));
    assert!(zkc(&["man"]).success().contains(".TH"));
}

#[test]
fn standard_input_is_an_input() {
    let finished = zkc_with_stdin(
        &["run", "-", "--invoke", "add", "1", "2"],
        SAMPLE.as_bytes(),
    );
    assert_eq!(finished.success(), "3\n");
    let binary = wat::parse_str(SAMPLE).expect("the sample assembles");
    assert_eq!(
        zkc_with_stdin(&["run", "-", "--invoke", "add", "1", "2"], &binary).success(),
        "3\n"
    );
}

#[test]
fn zkasm_text_runs_as_the_module_it_came_from() {
    let dir = TempDir::new("cli-zkasm");
    let out = dir.path("sample.zkasm").display().to_string();
    assert_eq!(run(&dir, &format!("%s -o {out}")).success(), "");
    for (invoke, expected) in [
        (["add", "40", "2"].as_slice(), "42\n"),
        (&["fac", "10"], "3628800\n"),
    ] {
        let mut words = vec!["run", out.as_str(), "--invoke"];
        words.extend(invoke);
        assert_eq!(zkc(&words).success(), expected);
    }
    let direct = run(&dir, "%s").success();
    assert_eq!(
        direct,
        std::fs::read_to_string(&out).expect("the output file"),
        "-o and standard output agree"
    );
}

#[test]
fn emitted_ir_parses_back_and_prints_the_same() {
    let dir = TempDir::new("cli-opt");
    for kind in ["wasm-ir", "cranelift-ir", "mixed-ir", "zk-ir"] {
        let text = run(&dir, &format!("%s --emit={kind}")).success();
        let file = dir
            .write(&format!("{kind}.zkir"), &text)
            .display()
            .to_string();
        assert_eq!(zkc(&["opt", file.as_str()]).success(), text, "{kind}");
        assert_eq!(
            zkc_with_stdin(&["opt", "-"], text.as_bytes()).success(),
            text,
            "{kind} from standard input"
        );
    }
}

#[test]
fn the_zk_dialect_compiles_to_the_same_program() {
    let dir = TempDir::new("cli-zkir");
    for level in ["-O0", "-O2"] {
        let text = run(&dir, &format!("%s {level} --emit=zk-ir")).success();
        let file = dir.write("sample.zkir", &text).display().to_string();
        let direct = run(&dir, &format!("%s {level}")).success();
        assert_eq!(zkc(&[file.as_str()]).success(), direct, "{level}");
    }
}

#[test]
fn one_function_can_be_shown_alone() {
    let dir = TempDir::new("cli-func");
    let text = run(&dir, "%s --emit=wasm-ir --func add").success();
    assert!(
        text.contains("wasm.i32.add") && !text.contains("wasm.i32.div_s"),
        "{text}"
    );
    run(&dir, "%s --emit=wasm-ir --func nothing").diagnostic();
}

/// A proof with its key and statement on disk.
struct Proven {
    dir: TempDir,
    invoke: &'static str,
}

impl Proven {
    fn new(name: &str, invoke: &'static str) -> Proven {
        let proven = Proven {
            dir: TempDir::new(name),
            invoke,
        };
        let (proof, vk, public) = proven.paths();
        let finished = run(
            &proven.dir,
            &format!(
                "prove %s --security test --invoke {invoke} -o {proof} --vk {vk} --public {public}"
            ),
        );
        assert!(matches!(finished.code, Some(0 | 3)), "{finished:?}");
        proven
    }

    fn path(&self, name: &str) -> String {
        self.dir.path(name).display().to_string()
    }

    fn paths(&self) -> (String, String, String) {
        (self.path("p.proof"), self.path("p.vk"), self.path("p.json"))
    }

    fn verify(&self, proof: &str, vk: &str, public: &str) -> command::Finished {
        zkc(&[
            "verify",
            proof,
            "--vk",
            vk,
            "--public",
            public,
            "--security",
            "test",
        ])
    }

    /// Verifies with one of the files replaced.
    #[track_caller]
    fn refuses(&self, file: &str, bytes: &[u8], what: &str) {
        let (proof, vk, public) = self.paths();
        let changed = self.dir.write("changed", bytes).display().to_string();
        let finished = match file {
            "p.proof" => self.verify(&changed, &vk, &public),
            "p.vk" => self.verify(&proof, &changed, &public),
            _ => self.verify(&proof, &vk, &changed),
        };
        assert_eq!(
            finished.code,
            Some(1),
            "{} {file}, {what}: {finished:?}",
            self.invoke
        );
        assert!(
            !finished.stderr.contains("panicked"),
            "{what}: {}",
            finished.stderr
        );
    }
}

#[test]
fn a_proof_is_verified_and_no_changed_file_is() {
    let proven = Proven::new("cli-prove", "fac 5");
    let (proof, vk, public) = proven.paths();
    proven.verify(&proof, &vk, &public).success();
    for file in ["p.proof", "p.vk", "p.json"] {
        let bytes = std::fs::read(proven.path(file)).expect("prove wrote it");
        // the first bytes hold versions and lengths; then a sample across the file
        let step = (bytes.len() / 24).max(1);
        let positions = (0..bytes.len().min(12))
            .chain((12..bytes.len()).step_by(step))
            .chain([bytes.len() - 1]);
        for at in positions {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            if file == "p.json"
                && serde_json::from_slice::<serde_json::Value>(&changed).ok()
                    == serde_json::from_slice(&bytes).ok()
            {
                continue;
            }
            proven.refuses(file, &changed, &format!("byte {at} changed"));
        }
        // the statement ends with a line break, which is not part of it
        for len in [0, 1, bytes.len() / 2, bytes.len() - 2] {
            proven.refuses(file, &bytes[..len], &format!("cut to {len} bytes"));
        }
        if file != "p.json" {
            proven.refuses(file, &[bytes.as_slice(), b"\0"].concat(), "one byte longer");
        }
    }
}

#[test]
fn every_public_value_is_bound() {
    let proven = Proven::new("cli-public", "div 100 7");
    let text = std::fs::read_to_string(proven.path("p.json")).expect("prove wrote it");
    let statement: serde_json::Value = serde_json::from_str(&text).expect("the statement is JSON");
    let change = |key: &str, value: serde_json::Value| {
        let mut changed = statement.clone();
        assert!(
            !changed[key].is_null(),
            "the statement has no `{key}`: {text}"
        );
        changed[key] = value;
        proven.refuses(
            "p.json",
            changed.to_string().as_bytes(),
            &format!("`{key}` changed"),
        );
    };
    change("results", serde_json::json!(["15"]));
    change("results", serde_json::json!([]));
    change("args", serde_json::json!(["100", "8"]));
    change("args", serde_json::json!(["100"]));
    change("entry", serde_json::json!("add"));
    change("status", serde_json::json!(1));
    change("output", serde_json::json!("00"));
    change("program", serde_json::json!("00".repeat(32)));
}

#[test]
fn a_trap_is_proven_with_its_kind() {
    let proven = Proven::new("cli-prove-trap", "div 1 0");
    let (proof, vk, public) = proven.paths();
    let text = std::fs::read_to_string(&public).expect("prove wrote it");
    let mut statement: serde_json::Value =
        serde_json::from_str(&text).expect("the statement is JSON");
    assert_eq!(statement["status"], 2);
    proven.verify(&proof, &vk, &public).success();
    for status in [0, 1, 3, 5, 10, 11, 64] {
        statement["status"] = serde_json::json!(status);
        proven.refuses(
            "p.json",
            statement.to_string().as_bytes(),
            &format!("status {status}"),
        );
    }
}

#[test]
fn a_proof_is_not_accepted_with_another_programs_key() {
    let proven = Proven::new("cli-prove-key", "add 1 2");
    let other = SAMPLE.replace("i32.add", "i32.sub");
    let source = proven.dir.write("other.wat", other).display().to_string();
    let (proof, vk, public) = (
        proven.path("o.proof"),
        proven.path("o.vk"),
        proven.path("o.json"),
    );
    let words = format!(
        "prove {source} --security test --invoke add 5 2 -o {proof} --vk {vk} --public {public}"
    );
    let finished = zkc(&words.split_whitespace().collect::<Vec<_>>());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let read = |path: &str| std::fs::read(path).expect("prove wrote it");
    proven.refuses("p.vk", &read(&vk), "another program's key");
    proven.refuses("p.proof", &read(&proof), "another program's proof");
    proven.refuses("p.json", &read(&public), "another program's statement");
}

#[test]
fn a_test_proof_does_not_pass_for_a_secure_one() {
    let proven = Proven::new("cli-security", "add 1 2");
    let (proof, vk, public) = proven.paths();
    let finished = zkc(&["verify", &proof, "--vk", &vk, "--public", &public]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
}

#[test]
fn statistics_are_written_as_json() {
    let dir = TempDir::new("cli-stats");
    let stats = dir.path("s.json").display().to_string();
    assert_eq!(
        run(
            &dir,
            &format!("prove %s --security test --stats {stats} --invoke add 40 2")
        )
        .code,
        Some(0)
    );
    let text = std::fs::read_to_string(&stats).expect("prove wrote it");
    let stats: serde_json::Value = serde_json::from_str(&text).expect("statistics are JSON");
    for path in [
        "/steps",
        "/cells/main",
        "/cells/aux",
        "/cells/quotient",
        "/cells/total",
        "/seconds/compile",
        "/seconds/execute",
        "/seconds/witness",
        "/seconds/prove",
        "/peak_rss_bytes",
        "/proof_bytes",
        "/security_bits",
    ] {
        assert!(
            stats
                .pointer(path)
                .is_some_and(serde_json::Value::is_number),
            "`{path}` is missing from {text}"
        );
    }
}

/// Three modules: `main` imports from `lib` and `state`, `lib` from `state`.
fn three_modules(dir: &TempDir) -> [String; 3] {
    let state = r#"(module
        (memory (export "memory") 1)
        (global (export "calls") (mut i32) (i32.const 0)))"#;
    let lib = r#"(module
        (import "state" "memory" (memory 1))
        (import "state" "calls" (global $calls (mut i32)))
        (data (i32.const 8) "\05")
        (func (export "scale") (param i32) (result i32)
          (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
          (i32.mul (local.get 0) (i32.load8_u (i32.const 8)))))"#;
    let main = r#"(module
        (import "lib" "scale" (func $scale (param i32) (result i32)))
        (import "state" "calls" (global $calls (mut i32)))
        (import "state" "memory" (memory 1))
        (func (export "run") (param i32) (result i32 i32)
          (drop (call $scale (i32.const 1)))
          (i32.store8 (i32.const 8) (i32.const 3))
          (call $scale (local.get 0)) (global.get $calls)))"#;
    [("state.wat", state), ("lib.wat", lib), ("main.wat", main)]
        .map(|(name, text)| dir.write(name, text).display().to_string())
}

#[test]
fn modules_are_linked_run_and_proven() {
    let dir = TempDir::new("cli-modules");
    let [state, lib, main] = three_modules(&dir);
    let (state, lib_arg) = (format!("state={state}"), format!("lib={lib}"));
    let modules = ["--module", &state, "--module", &lib_arg];
    let run = [&["run", &main][..], &modules, &["--invoke", "run", "14"]].concat();
    assert_eq!(zkc(&run).success(), "42\n2\n");
    let entry = [
        &["run", &main][..],
        &modules,
        &["--invoke", "lib.scale", "2"],
    ]
    .concat();
    assert_eq!(zkc(&entry).success(), "10\n");
    let two = ["run", &lib, "--module", &state, "--invoke", "scale", "4"];
    assert_eq!(zkc(&two).success(), "20\n");
    let (proof, vk, public) = (dir.path("p.proof"), dir.path("p.vk"), dir.path("p.json"));
    let files = [&proof, &vk, &public].map(|p| p.display().to_string());
    let out = ["-o", &files[0], "--vk", &files[1], "--public", &files[2]];
    let prove = [
        &["prove", &main, "--security", "test"][..],
        &out,
        &modules,
        &["--invoke", "run", "14"],
    ]
    .concat();
    let proven = zkc(&prove).success();
    assert!(
        proven.starts_with("result:        42\nresult:        2\n"),
        "{proven}"
    );
    let verify = [
        "verify",
        &files[0],
        "--vk",
        &files[1],
        "--public",
        &files[2],
        "--security",
        "test",
    ];
    zkc(&verify).success();
}

#[test]
fn modules_that_do_not_fit_are_refused_with_their_file() {
    let dir = TempDir::new("cli-modules-refused");
    let [state, lib, main] = three_modules(&dir);
    let (state_arg, lib_arg) = (format!("state={state}"), format!("lib={lib}"));
    let swapped = [
        "run", &main, "--module", &lib_arg, "--module", &state_arg, "--invoke", "run", "1",
    ];
    let refused = zkc(&swapped);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused
            .stderr
            .contains("error[unknown-import]: nobody provides the imported memory `state.memory`"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains(&format!("--> {lib}")),
        "{}",
        refused.stderr
    );
    let wrong = dir.write(
        "wrong.wat",
        r#"(module (import "state" "calls" (global i64)))"#,
    );
    let wrong = wrong.display().to_string();
    let refused = zkc(&[&wrong, "--module", &state_arg]);
    assert_eq!(refused.code, Some(1));
    let message = "error[incompatible-import]: `state.calls` is imported as an immutable global i64, but is a mutable global i32";
    assert!(refused.stderr.contains(message), "{}", refused.stderr);
    let twice = zkc(&[&main, "--module", &state_arg, "--module", &state_arg]);
    assert_eq!(twice.code, Some(1));
    assert!(
        twice
            .stderr
            .contains("error[usage]: two modules are called `state`"),
        "{}",
        twice.stderr
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_device_or_a_link_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let dir = TempDir::new("cli-device");
    let file = dir.write("sample.wat", SAMPLE).display().to_string();
    let prove = |key: &str| {
        let words = "prove %s --security test --vk";
        let mut words = self::words(words, &file);
        words.extend([key, "--invoke", "add", "1", "2"]);
        zkc(&words)
    };
    let full = "/dev/full";
    let message = prove(full).diagnostic();
    assert!(message.starts_with("error[io]"), "{message}");
    let kind = std::fs::symlink_metadata(full)
        .expect("it is still there")
        .file_type();
    assert!(kind.is_char_device(), "{kind:?}");

    let target = dir.write("target", "old");
    let link = target.with_file_name("link");
    std::os::unix::fs::symlink(&target, &link).expect("a link");
    let key = link.display().to_string();
    prove(&key).success();
    assert!(link.is_symlink());
    assert_ne!(std::fs::read(&target).expect("a key"), b"old");
}

#[test]
fn a_limit_of_the_e_graph_is_told() {
    let steps: String = (0..20_000)
        .map(|k| {
            format!(
                "(local.set 0 (i32.xor (i32.mul (local.get 0) (i32.const {})) (i32.const {})))",
                2 * k + 3,
                7 * k + 1
            )
        })
        .collect();
    let text = format!(
        "(module (func $long (export \"run\") (param i32) (result i32) {steps} (local.get 0)))"
    );
    let temp = TempDir::new("egraph-limit");
    let main = temp.write("main.wat", text).display().to_string();
    let output = temp.path("main.zkasm").display().to_string();
    for words in [
        vec!["run", &main, "--invoke", "run", "1"],
        vec![&main, "--output", &output],
    ] {
        let (code, _, stderr) = zkc::commands::run_words(&words);
        assert_eq!(code, 0, "{stderr}");
        assert_eq!(
            stderr,
            "note: the e-graph reached its limit of size in `long`\n"
        );
    }
}
