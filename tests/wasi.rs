//! WASI: every function of the host module against the same host in Rust under wasmtime, on honest and hostile inputs, and
//! whole programs as a user runs, proves and verifies them.

#[path = "support/command.rs"]
mod command;
mod support;

use command::{zkc, zkc_with_stdin};
use std::fmt::Write as _;
use std::sync::Arc;
use support::random::Random;
use support::referee::RefereeModule;
use support::temp::TempDir;
use support::wasi::FUNCTIONS;
use zkc::spec::Called;
use zkc::wasi::Environment;
use zkc::{Options, Roots};
use zkc_ir::eval::{EvalError, WasmInstance};
use zkc_isa::{Limits, Program, Status};

/// Instructions a call may take under wasmtime.
const FUEL: u64 = 100_000_000;

/// A module on every engine.
struct Engines {
    referee: RefereeModule,
    linked: zkc_ir::Module,
    programs: Vec<(u8, Arc<Program>)>,
}

impl Engines {
    fn new(wat: &str) -> Engines {
        let wasm = zkc::input::wat_to_wasm(wat).expect("the module is well-formed");
        let compile = |level| {
            let program = zkc::compile(&wasm, &Roots::Exports, &Options::new(level));
            (level, program.expect("the module compiles"))
        };
        Engines {
            referee: RefereeModule::new(&wasm).expect("wasmtime takes the module"),
            linked: zkc_passes::load(&[("main", &wasm)])
                .expect("the host provides every import")
                .module,
            programs: vec![compile(0), compile(2)],
        }
    }

    /// Calls an export everywhere on a fresh instance; what all engines agree on.
    fn call(&self, name: &str, args: &[u64], input: &[u8]) -> (Called, Vec<u8>) {
        let mut instance = self
            .referee
            .instantiate(input, FUEL)
            .expect("there is no start function");
        let expected = (instance.call(name, args), instance.output().to_vec());
        let at = format!("{name}{args:x?} on {input:x?}");
        let mut instance =
            WasmInstance::new(&self.linked, input).expect("the module has no start function");
        let called = match instance.invoke_export(name, args) {
            Ok(results) => Called::Values(results),
            Err(EvalError::Trap(trap)) => Called::Trap(trap),
            Err(error) => panic!("{at} in the evaluator: {error}"),
        };
        assert_eq!(
            (called, instance.output().to_vec()),
            expected,
            "{at} in the evaluator"
        );
        for (level, program) in &self.programs {
            let outcome = zkc_isa::run(program, name, args, input, &Limits::default())
                .unwrap_or_else(|e| panic!("{at} at -O{level}: {e}"));
            let called = match outcome.status {
                Status::Done => Called::Values(outcome.results),
                Status::Trap(trap) => Called::Trap(trap),
            };
            assert_eq!((called, outcome.output), expected, "{at} at -O{level}");
        }
        expected
    }
}

/// Imports of every function.
fn imports() -> String {
    let mut wat = String::new();
    for (name, params) in FUNCTIONS {
        let result = if name == "proc_exit" {
            ""
        } else {
            "(result i32)"
        };
        let params = types(params);
        writeln!(
            wat,
            "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} (param {params}) {result}))"
        )
        .expect("a string takes all");
    }
    wat
}

fn types(params: &str) -> String {
    params.replace('i', "i32 ").replace('l', "i64 ")
}

fn honest() -> Environment {
    Environment {
        args: vec!["program".into(), String::new(), "two words".into()],
        vars: vec!["HOME=/".into(), "LANG=C.UTF-8".into()],
        stdin: b"a line\nand another one\n".to_vec(),
        seed: 7,
    }
}

/// Each function, called on its own: errno, a checksum of the memory, output.
#[test]
fn every_function_answers_as_the_referee() {
    let mut wat = format!(
        r#"(module {}
        (memory (export "memory") 1)
        (data (i32.const 0) "\40\00\00\00\0a\00\00\00\64\00\00\00\03\00\00\00\00\00\01\00\01\00\00\00")
        (data (i32.const 64) "some text to be written")
        (func $sum (result i64) (local $i i32) (local $sum i64)
          (loop $words
            (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31)) (i64.load (local.get $i))))
            (br_if $words (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 512))))
          (i64.add (local.get $sum) (i64.load (i32.const 65528))))
        "#,
        imports()
    );
    for (name, params) in FUNCTIONS {
        let get: String = (0..params.len())
            .map(|i| format!("(local.get {i})"))
            .collect();
        let (results, sum) = match name {
            "proc_exit" => ("", ""),
            _ => ("(result i32 i64)", "(call $sum)"),
        };
        writeln!(
            wat,
            "(func (export \"{name}\") (param {}) {results} (call ${name} {get}) {sum})",
            types(params)
        )
        .expect("a string takes all");
    }
    // closed descriptors, and two questions about the same strings
    wat.push_str(
        r#"(func (export "closed") (param i32) (result i32 i32 i32 i32)
             (call $fd_close (local.get 0)) (call $fd_close (local.get 0))
             (call $fd_write (local.get 0) (i32.const 0) (i32.const 1) (i32.const 256))
             (call $fd_read (local.get 0) (i32.const 0) (i32.const 1) (i32.const 256)))
           (func (export "twice") (result i32 i32 i64)
             (call $args_sizes_get (i32.const 256) (i32.const 260))
             (drop (call $environ_get (i32.const 300) (i32.const 320)))
             (drop (call $args_get (i32.const 264) (i32.const 280)))
             (call $args_get (i32.const 400) (i32.const 420))
             (call $sum)))"#,
    );
    let engines = Engines::new(&wat);
    let input = honest().to_input().expect("the strings are short");
    let mut rng = Random::new(3);
    let values = [
        0,
        1,
        2,
        3,
        8,
        16,
        64,
        256,
        0xfff8,
        0xfffc,
        0x1_0000,
        0xffff_fff8,
        0xffff_ffff,
    ];
    let mut answered = 0;
    for (name, params) in FUNCTIONS {
        for fd in [0, 1, 2, 3] {
            for _ in 0..4 {
                let mut args: Vec<u64> = (0..params.len())
                    .map(|_| values[rng.below(values.len() as u64) as usize])
                    .collect();
                if let Some(first) = args.first_mut()
                    && !name.starts_with("path_symlink")
                {
                    *first = fd;
                }
                let (called, _) = engines.call(name, &args, &input);
                answered +=
                    usize::from(matches!(called, Called::Values(v) if v.first() == Some(&0)));
            }
        }
    }
    assert!(answered > 50, "only {answered} calls succeeded");
    for fd in [0, 1, 2, 3] {
        engines.call("closed", &[fd], &input);
    }
    let (called, output) = engines.call("twice", &[], &input);
    assert!(matches!(called, Called::Values(v) if v[..2] == [0, 0]));
    let transcript = zkc::wasi::Transcript::of(&output).expect("these are records");
    assert_eq!(transcript.args, [&b"program"[..], b"", b"two words"]);
}

/// A program that asks for everything and prints it.
fn asking() -> String {
    format!(
        r#"(module {}
        (memory (export "memory") 8)
        (func $put (param $at i32) (param $n i32)
          (i32.store (i32.const 500000) (local.get $at))
          (i32.store (i32.const 500004) (local.get $n))
          (drop (call $fd_write (i32.const 1) (i32.const 500000) (i32.const 1) (i32.const 500008))))
        (func (export "_start")
          (drop (call $environ_sizes_get (i32.const 500016) (i32.const 500020)))
          (call $put (i32.const 500016) (i32.const 8))
          (drop (call $environ_get (i32.const 0) (i32.const 70000)))
          (call $put (i32.const 70000) (i32.load (i32.const 500020)))
          (drop (call $args_sizes_get (i32.const 500016) (i32.const 500020)))
          (call $put (i32.const 500016) (i32.const 8))
          (drop (call $args_get (i32.const 0) (i32.const 70000)))
          (call $put (i32.const 70000) (i32.load (i32.const 500020)))
          (drop (call $random_get (i32.const 500040) (i32.const 21)))
          (call $put (i32.const 500040) (i32.const 21))
          (i32.store (i32.const 500064) (i32.const 500100))
          (i32.store (i32.const 500068) (i32.const 3))
          (i32.store (i32.const 500072) (i32.const 500104))
          (i32.store (i32.const 500076) (i32.const 9))
          (loop $more
            (drop (call $fd_read (i32.const 0) (i32.const 500064) (i32.const 2) (i32.const 500080)))
            (call $put (i32.const 500100) (i32.const 16))
            (br_if $more (i32.load (i32.const 500080))))
          (call $proc_exit (i32.const 300))))"#,
        imports()
    )
}

/// Whatever the private input is, the program sees some environment, and every engine the same one.
#[test]
fn hostile_inputs_are_some_environment() {
    let engines = Engines::new(&asking());
    let mut rng = Random::new(4);
    let honest = honest().to_input().expect("the strings are short");
    let mut inputs: Vec<Vec<u8>> = (0..=honest.len()).map(|n| honest[..n].to_vec()).collect();
    for _ in 0..100 {
        let mut input: Vec<u8> = honest.clone();
        for _ in 0..1 + rng.below(3) {
            let at = 8 + rng.below(input.len() as u64 - 8) as usize;
            input[at] = rng.next() as u8;
        }
        inputs.push(input);
    }
    // strings without end, more strings than there is room for, one too long
    let head = |args: u32| [&[0; 8][..], &args.to_le_bytes()].concat();
    inputs.push([head(u32::MAX), vec![0xff; 40]].concat());
    inputs.push(head(u32::MAX));
    inputs.push(
        [
            head(3),
            140_000u32.to_le_bytes().to_vec(),
            vec![b'x'; 140_000],
        ]
        .concat(),
    );
    inputs.push(
        [
            head(1),
            131_064u32.to_le_bytes().to_vec(),
            vec![b'x'; 131_064],
            vec![1; 30],
        ]
        .concat(),
    );
    for input in &inputs {
        let (called, output) = engines.call("_start", &[], input);
        assert_eq!(called, Called::Values(Vec::new()));
        let transcript = zkc::wasi::Transcript::of(&output).expect("these are records");
        assert_eq!(transcript.exit, Some(300));
    }
}

/// Prints its first argument and its input, complains, exits with 7.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\02\00\00\05\00\00\00\00\04\00\00\40\00\00\00")
  (data (i32.const 512) "oops\n")
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 256) (i32.const 260)))
    (if (i32.lt_u (i32.load (i32.const 256)) (i32.const 2)) (then (return)))
    (drop (call $args_get (i32.const 64) (i32.const 128)))
    (i32.store (i32.const 16) (i32.load (i32.const 68)))
    (i32.store (i32.const 20) (i32.const 2))
    (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 32)))
    (drop (call $fd_read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 12)))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 32)))
    (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 32)))
    (call $proc_exit (i32.const 7))))"#;

#[test]
fn run_shows_what_the_program_wrote() {
    let dir = TempDir::new("wasi-run");
    let file = dir.write("program.wat", PROGRAM).display().to_string();
    let stdin = dir.write("stdin", "from a file\n").display().to_string();
    for words in [
        vec!["run", &file, "--arg", "hi", "--stdin", &stdin],
        vec!["run", &file, "--stdin", &stdin, "--", "hi"],
        vec![
            "run", &file, "-O0", "--invoke", "_start", "--stdin", &stdin, "--arg", "hi",
        ],
    ] {
        let finished = zkc(&words);
        assert_eq!(finished.code, Some(7), "{finished:?}");
        assert_eq!(finished.stdout, "hifrom a file\n");
        assert_eq!(finished.stderr, "oops\n");
    }
    let piped = zkc_with_stdin(&["run", &file, "--stdin", "-", "--", "-v"], b"piped");
    assert_eq!((piped.code, piped.stdout.as_str()), (Some(7), "-vpiped"));
    assert_eq!(zkc(&["run", &file]).success(), "");
    zkc(&["run", &file, "--env", "NOVALUE"]).diagnostic();
    let plain = dir.write(
        "plain.wat",
        "(module (func (export \"_start\")) (func (export \"f\")))",
    );
    let plain = plain.display().to_string();
    assert_eq!(zkc(&["run", &plain]).success(), "");
    zkc(&["run", &plain, "--invoke", "f", "--arg", "x"]).diagnostic();
}

#[test]
fn a_proof_says_what_was_written() {
    let dir = TempDir::new("wasi-prove");
    let file = dir.write("program.wat", PROGRAM).display().to_string();
    let stdin = dir.write("stdin", "secret").display().to_string();
    let path = |name: &str| dir.path(name).display().to_string();
    let (proof, vk, public) = (path("p.proof"), path("p.vk"), path("p.json"));
    let shown = zkc(&[
        "prove",
        &file,
        "--security",
        "test",
        "--arg",
        "hi",
        "--stdin",
        &stdin,
        "-o",
        &proof,
        "--vk",
        &vk,
        "--public",
        &public,
    ])
    .success();
    let records = "argument:      \"program.wat\"\nargument:      \"hi\"\nstdout:        \"hisecret\"\nstderr:        \"oops\\n\"\nexit code:     7\n";
    assert!(shown.starts_with(records), "{shown}");
    let verify = [
        "verify",
        &proof,
        "--security",
        "test",
        "--vk",
        &vk,
        "--public",
        &public,
    ];
    assert_eq!(zkc(&verify).success(), records);
    // another exit code, another argument
    let statement = std::fs::read_to_string(&public).expect("the statement was written");
    for (from, to) in [
        ("030400000007", "030400000000"),
        ("04020000006869", "04020000006868"),
    ] {
        assert!(statement.contains(from), "{statement}");
        dir.write("p.json", statement.replace(from, to));
        let finished = zkc(&verify);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert_eq!(finished.stdout, "");
    }
}

#[test]
fn a_reactor_is_initialized_first() {
    let dir = TempDir::new("wasi-reactor");
    for start in ["", "(start $start)"] {
        let wat = format!(
            r#"(module
              (global $g (mut i32) (i32.const 1))
              (func $start (global.set $g (i32.mul (global.get $g) (i32.const 10))))
              (func (export "_initialize") (global.set $g (i32.add (global.get $g) (i32.const 1))))
              (func (export "get") (result i32) (global.get $g))
              {start})"#
        );
        let file = dir.write("reactor.wat", wat).display().to_string();
        let expected = if start.is_empty() { "2\n" } else { "11\n" };
        assert_eq!(zkc(&["run", &file, "--invoke", "get"]).success(), expected);
    }
}
