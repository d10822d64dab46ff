//! Malformed, truncated and hostile inputs of every kind: a diagnostic each, never a panic, in bounded time.
//!
//! In process, through the same function as the binary, so that hundreds of inputs take seconds.

#[path = "support/random.rs"]
mod random;
#[path = "support/temp.rs"]
mod temp;

use random::Random;
use std::time::{Duration, Instant};
use temp::TempDir;

/// Far above what any of these inputs needs on a loaded machine.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// What must hold of a bad input: exit code 1, or for some 0 or 3 too, and a message if it is refused.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Refused,
    Whatever,
}

fn check(words: &[&str], expect: Expect, what: &str) {
    let start = Instant::now();
    let (code, _, stderr) = zkc::commands::run_words(words);
    assert!(
        start.elapsed() < TIME_LIMIT,
        "{what}: took {:?}",
        start.elapsed()
    );
    match code {
        1 => assert!(
            stderr.contains("error"),
            "{what}: exit code 1 without a message: {stderr}"
        ),
        0 | 3 => assert!(
            expect == Expect::Whatever,
            "{what}: is accepted, exit code {code}"
        ),
        _ => panic!("{what}: exit code {code}: {stderr}"),
    }
}

/// Compiles a file with these bytes.
fn compile(dir: &TempDir, name: &str, bytes: impl AsRef<[u8]>, expect: Expect, what: &str) {
    let path = dir.write(name, bytes).display().to_string();
    check(&[&path], expect, what);
}

/// A module with one section of every kind.
const WHOLE: &str = r#"(module
  (type (func (param i32) (result i32)))
  (import "zkc" "input_len" (func (result i32)))
  (table 4 funcref)
  (memory 1 2)
  (global (mut i64) (i64.const 7))
  (export "f" (func $f))
  (start $s)
  (elem (i32.const 1) $f $f)
  (func $f (param i32) (result i32)
    (local i64)
    (block (loop (br_if 1 (i32.eqz (local.get 0)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br 0)))
    (call_indirect (type 0) (i32.load offset=8 (local.get 0)) (i32.const 3)))
  (func $s (global.set 0 (i64.const 9)) (memory.fill (i32.const 0) (i32.const 1) (i32.const 2)))
  (data (i32.const 16) "hello"))"#;

fn whole() -> Vec<u8> {
    wat::parse_str(WHOLE).expect("the module assembles")
}

#[test]
fn truncated_binaries() {
    let dir = TempDir::new("malformed-truncated");
    let wasm = whole();
    for len in 0..wasm.len() {
        // a cut between sections may leave a valid module, without the functions that are exported or without any
        compile(
            &dir,
            "t.wasm",
            &wasm[..len],
            Expect::Whatever,
            &format!("the first {len} bytes"),
        );
    }
}

#[test]
fn changed_bytes() {
    let dir = TempDir::new("malformed-changed");
    let wasm = whole();
    let mut random = Random::new(1);
    for at in 0..wasm.len() {
        let mut bytes = wasm.clone();
        bytes[at] ^= 1 << random.below(8);
        compile(
            &dir,
            "c.wasm",
            &bytes,
            Expect::Whatever,
            &format!("byte {at} changed"),
        );
        bytes[at] = 0xff;
        compile(
            &dir,
            "c.wasm",
            &bytes,
            Expect::Whatever,
            &format!("byte {at} set to 0xff"),
        );
    }
}

#[test]
fn hostile_binaries() {
    let dir = TempDir::new("malformed-hostile");
    let header = b"\0asm\x01\0\0\0";
    let huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
    let inputs: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("half a magic number", b"\0as".to_vec()),
        ("another version", b"\0asm\x02\0\0\0".to_vec()),
        ("a component", b"\0asm\x0d\0\x01\0".to_vec()),
        (
            "a section of unknown kind",
            [header.as_slice(), &[0x3f, 1, 0]].concat(),
        ),
        (
            "a section of 4 GiB",
            [header.as_slice(), &[1], &huge].concat(),
        ),
        (
            "four billion types",
            [header.as_slice(), &[1, 5], &huge].concat(),
        ),
        (
            "four billion functions",
            [header.as_slice(), &[3, 5], &huge].concat(),
        ),
        (
            "four billion exports",
            [header.as_slice(), &[7, 5], &huge].concat(),
        ),
        (
            "four billion bodies",
            [header.as_slice(), &[10, 5], &huge].concat(),
        ),
        (
            "a function without body",
            [header.as_slice(), &[1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0]].concat(),
        ),
        (
            "a body of four billion locals",
            [
                header.as_slice(),
                &[1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 10, 1, 8, 1],
                &huge,
                &[0x7f, 0x0b],
            ]
            .concat(),
        ),
        (
            "sections out of order",
            [header.as_slice(), &[3, 2, 1, 0, 1, 4, 1, 0x60, 0, 0]].concat(),
        ),
        (
            "random bytes",
            [header.as_slice(), &Random::new(2).bytes(4096)].concat(),
        ),
    ];
    for (what, bytes) in inputs {
        compile(&dir, "h.wasm", bytes, Expect::Refused, what);
    }
}

#[test]
fn hostile_text() {
    let dir = TempDir::new("malformed-text");
    let nested = |n: usize| {
        format!(
            "(module (func (export \"f\") {}{}))",
            "(block ".repeat(n),
            ")".repeat(n)
        )
    };
    let inputs: Vec<(&str, String)> = vec![
        ("an open parenthesis", "(module".into()),
        ("a closing one too many", "(module))".into()),
        ("no module", "hello".into()),
        (
            "an unknown instruction",
            "(module (func i32.frobnicate))".into(),
        ),
        (
            "an unknown local",
            "(module (func (local.get 3) drop))".into(),
        ),
        ("an unknown function", "(module (func (call $f)))".into()),
        ("an unknown label", "(module (func (br 7)))".into()),
        (
            "a type error",
            "(module (func (result i32) (i64.const 1)))".into(),
        ),
        ("an empty stack", "(module (func i32.add drop))".into()),
        ("a memory of 2^32 pages", "(module (memory 65537))".into()),
        (
            "a memory larger than its limit",
            "(module (memory 2 1))".into(),
        ),
        (
            "an alignment of 3",
            "(module (memory 1) (func (drop (i32.load align=3 (i32.const 0)))))".into(),
        ),
        (
            "an alignment of 8",
            "(module (memory 1) (func (drop (i32.load align=8 (i32.const 0)))))".into(),
        ),
        (
            "an assignment to a constant",
            "(module (global i32 (i32.const 0)) (func (global.set 0 (i32.const 1))))".into(),
        ),
        (
            "a start function with parameters",
            "(module (func $f (param i32)) (start $f))".into(),
        ),
        (
            "two exports of one name",
            "(module (func (export \"a\") (export \"a\")))".into(),
        ),
        (
            "a number too large",
            "(module (func (drop (i32.const 4294967296))))".into(),
        ),
        ("an open string", "(module (data \"".into()),
        ("an open comment", "(; (module)".into()),
        ("a null byte", "\0(module)".into()),
    ];
    for (what, text) in inputs {
        compile(&dir, "h.wat", text, Expect::Refused, what);
    }
    compile(
        &dir,
        "u.wat",
        b"(module (; \xff\xfe ;))",
        Expect::Refused,
        "text that is not UTF-8",
    );
    for depth in [900, 20_000, 200_000] {
        compile(
            &dir,
            "d.wat",
            nested(depth),
            Expect::Whatever,
            &format!("blocks nested {depth} deep"),
        );
    }
}

#[test]
fn unsupported_and_unlinkable_modules() {
    let dir = TempDir::new("malformed-unsupported");
    let inputs = [
        (
            "an atomic access",
            "(module (memory 1) (func (export \"f\") (result i32) (i32.atomic.load (i32.const 0))))",
        ),
        (
            "an unknown import",
            "(module (import \"a\" \"b\" (func $f)) (func (export \"f\") (call $f)))",
        ),
        (
            "an import of another type",
            "(module (import \"zkc\" \"commit\" (func $f (param i64))) (func (export \"f\") (call $f (i64.const 0))))",
        ),
        (
            "a 64-bit memory",
            "(module (memory i64 1) (func (export \"f\") (drop (i32.load (i64.const 0)))))",
        ),
    ];
    for (what, text) in inputs {
        compile(&dir, "u.wat", text, Expect::Refused, what);
    }
}

#[test]
fn malformed_ir() {
    let dir = TempDir::new("malformed-ir");
    let good = "func @f(%0: i32) -> (i32) {\n  ^0(%0: i32):\n    %1 = cranelift.iadd.i32 %0, %0 : i32\n    cranelift.return %1\n}\n";
    let opt = |text: &str, expect: Expect, what: &str| {
        let path = dir.write("m.zkir", text).display().to_string();
        check(&["opt", &path], expect, what);
    };
    opt(good, Expect::Whatever, "good text");
    let inputs = [
        ("no text", "hello"),
        ("an open function", "func @f("),
        ("an unknown op", &good.replace("iadd.i32", "frobnicate")),
        (
            "an unknown dialect",
            &good.replace("cranelift.iadd.i32", "nothing.add"),
        ),
        (
            "an unknown type",
            &good.replace(": i32\n    cranelift", ": i33\n    cranelift"),
        ),
        ("an undefined value", &good.replace("%0, %0", "%0, %7")),
        ("a value defined twice", &good.replace("%1 = ", "%0 = ")),
        (
            "no terminator",
            &good.replace("    cranelift.return %1\n", ""),
        ),
        ("too few operands", &good.replace("%0, %0", "%0")),
        ("a wrong operand type", &good.replace("%0: i32", "%0: i64")),
        (
            "an unknown block",
            &good.replace("cranelift.return %1", "cranelift.jump [^9]"),
        ),
        (
            "an attribute that is none of the op's",
            &good.replace("%0, %0 :", "%0, %0 {imm = 1} :"),
        ),
        (
            "a number too large",
            &good.replace("%0, %0 :", "%0, %0 {value = 99999999999999999999999} :"),
        ),
        ("two functions of one name", &format!("{good}{good}")),
    ];
    for (what, text) in inputs {
        opt(text, Expect::Refused, what);
    }
    for len in 1..good.len() - 1 {
        opt(
            &good[..len],
            Expect::Refused,
            &format!("the first {len} bytes"),
        );
    }
    let nested = format!(
        "func @f() {{\n^0:\n{}",
        "wasm.block ({\n^1:\n".repeat(100_000)
    );
    opt(&nested, Expect::Refused, "regions nested 100,000 deep");
    let path = dir.write("g.zkir", good).display().to_string();
    check(
        &["opt", &path, "--passes=nothing"],
        Expect::Refused,
        "an unknown pass",
    );
}

#[test]
fn malformed_zkasm() {
    let dir = TempDir::new("malformed-zkasm");
    let wat = "(module (memory 1) (func (export \"f\") (param i32) (result i32) (i32.load (i32.shl (local.get 0) (i32.const 2)))))";
    let source = dir.write("s.wat", wat).display().to_string();
    let (code, text, stderr) = zkc::commands::run_words(&[&source]);
    assert_eq!(code, 0, "{stderr}");
    let run = |text: &str, what: &str| {
        let path = dir.write("m.zkasm", text).display().to_string();
        check(
            &["run", &path, "--max-steps", "100000", "--invoke", "f", "3"],
            Expect::Whatever,
            what,
        );
    };
    for len in (0..text.len()).filter(|l| text.is_char_boundary(*l)) {
        run(&text[..len], &format!("the first {len} bytes"));
    }
    let mut random = Random::new(3);
    let lines: Vec<&str> = text.lines().collect();
    for _ in 0..100 {
        let mut lines = lines.clone();
        let (a, b) = (
            random.below(lines.len() as u64) as usize,
            random.below(lines.len() as u64) as usize,
        );
        if random.below(2) == 0 {
            lines.swap(a, b);
        } else {
            lines[a] = lines[b];
        }
        run(&lines.join("\n"), &format!("lines {a} and {b} mixed"));
    }
    for (what, text) in [
        ("nothing", ""),
        ("noise", "\u{1f600} = 3"),
        ("numbers", "99999999999999999999 99"),
        ("an open string", "entry \""),
    ] {
        let path = dir.write("n.zkasm", text).display().to_string();
        check(&["run", &path, "--invoke", "f", "3"], Expect::Refused, what);
    }
}

#[test]
fn malformed_proofs_keys_and_statements() {
    let dir = TempDir::new("malformed-proofs");
    let mut random = Random::new(4);
    let mut contents = vec![
        Vec::new(),
        b"{}".to_vec(),
        b"[]".to_vec(),
        b"\xff".to_vec(),
        vec![0; 100],
        vec![0xff; 1000],
        b"{\"program\": 3}".to_vec(),
    ];
    contents.extend((0..30).map(|i| random.bytes(1 << (i % 16))));
    for (i, content) in contents.iter().enumerate() {
        let other = &contents[(i * 7 + 3) % contents.len()];
        let proof = dir.write("p.proof", content).display().to_string();
        let vk = dir.write("p.vk", other).display().to_string();
        let public = dir.write("p.json", content).display().to_string();
        check(
            &[
                "verify",
                &proof,
                "--vk",
                &vk,
                "--public",
                &public,
                "--security",
                "test",
            ],
            Expect::Refused,
            &format!("content {i}"),
        );
    }
}
