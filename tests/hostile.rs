//! Hostile inputs: each gives a program or a diagnostic within a minute of processor time and 4 GiB of address space.
//!
//! The binary runs in a process of its own under `ulimit`, with the usual stack, so an overflow, a panic, a hang and a flood of
//! memory all show as an exit code that is neither 0 nor 1.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use wasm::{code, leb, module};

/// Binary modules, by hand: the text format would be larger than what it describes.
mod wasm {
    pub(crate) fn leb(mut n: usize) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            out.push((n & 0x7f) as u8 | if n > 0x7f { 0x80 } else { 0 });
            n >>= 7;
            if n == 0 {
                return out;
            }
        }
    }

    fn section(id: u8, count: usize, items: &[u8]) -> Vec<u8> {
        let count = leb(count);
        let mut out = vec![id];
        out.extend(leb(count.len() + items.len()));
        out.extend(count);
        out.extend(items);
        out
    }

    /// A body with its size; `locals` i32 locals.
    pub(crate) fn code(locals: usize, ops: &[u8]) -> Vec<u8> {
        let mut body = vec![1];
        body.extend(leb(locals));
        body.push(0x7f);
        body.extend(ops);
        body.push(0x0b);
        let mut out = leb(body.len());
        out.extend(body);
        out
    }

    /// Functions (i32) -> () with these bodies, the first `exports` of them exported, and other sections before and after
    /// the code.
    pub(crate) fn module(
        codes: &[Vec<u8>],
        exports: usize,
        before: &[(u8, usize, Vec<u8>)],
        after: &[(u8, usize, Vec<u8>)],
    ) -> Vec<u8> {
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        out.extend(section(1, 1, b"\x60\x01\x7f\0"));
        out.extend(section(3, codes.len(), &vec![0; codes.len()]));
        let mut names = Vec::new();
        for index in 0..exports {
            let name = format!("f{index}");
            names.extend(leb(name.len()));
            names.extend(name.as_bytes());
            names.push(0);
            names.extend(leb(index));
        }
        let mut sections = before.to_vec();
        sections.push((7, exports, names));
        for (id, count, items) in &sections {
            out.extend(section(*id, *count, items));
        }
        out.extend(section(10, codes.len(), &codes.concat()));
        for (id, count, items) in after {
            out.extend(section(*id, *count, items));
        }
        out
    }
}

fn one(ops: &[u8]) -> Vec<u8> {
    module(&[code(0, ops)], 1, &[], &[])
}

fn nested(open: &[u8], depth: usize) -> Vec<u8> {
    let mut ops = open.repeat(depth);
    ops.extend([0x0b].repeat(depth));
    one(&ops)
}

/// Runs `zkc` on a file under limits; its exit code must be 0 or 1, and a refusal must not be a bug of ours.
fn survives(name: &str, bytes: &[u8], flags: &[&str]) {
    // tests run at once, and some names are in several
    static FILES: AtomicU32 = AtomicU32::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let file = format!("zkc-hostile-{}-{number}-{name}", std::process::id());
    let path: PathBuf = std::env::temp_dir().join(file);
    std::fs::write(&path, bytes).expect("the file is written");
    let script = "ulimit -v 4194304; ulimit -t 60; exec \"$@\" > /dev/null";
    let output = Command::new("sh")
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_zkc"), "--jobs", "1"])
        .args(flags)
        .arg(&path)
        .output()
        .expect("a shell runs");
    std::fs::remove_file(&path).expect("the file is removed");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{name} {flags:?}: {} {message}",
        output.status
    );
    assert!(!message.contains("internal"), "{name} {flags:?}: {message}");
}

fn compiles(name: &str, bytes: &[u8]) {
    for level in ["-O0", "-O2"] {
        survives(name, bytes, &[level]);
    }
}

#[test]
fn deep_nesting() {
    compiles("blocks.wasm", &nested(b"\x02\x40", 50_000));
    // all of them end in one place; quadratic work in their number would take more than a minute
    compiles("ifs.wasm", &nested(b"\x20\x00\x04\x40", 200_000));
    compiles("elses.wasm", &nested(b"\x20\x00\x04\x40\x05", 100_000));
    compiles("loops.wasm", &nested(b"\x03\x40", 50_000));
    let mut ops = b"\x03\x40".repeat(900);
    ops.extend(b"\x20\x00\x0d\x00\x0b".repeat(900));
    compiles("latches.wasm", &one(&ops));
    // every block is left from the innermost one
    let mut ops = b"\x02\x40".repeat(20_000);
    for depth in 0..20_000 {
        ops.extend(b"\x20\x00\x0d");
        ops.extend(leb(depth));
    }
    ops.extend([0x0b].repeat(20_000));
    compiles("exits.wasm", &one(&ops));
    survives(
        "blocks.wasm",
        &nested(b"\x02\x40", 50_000),
        &["--emit=wasm-ir,clif,cranelift-ir,mixed-ir,zk-ir"],
    );
}

#[test]
fn large_functions() {
    compiles(
        "ifs.wasm",
        &one(&b"\x20\x00\x04\x40\x20\x00\x41\x01\x6a\x21\x00\x0b".repeat(20_000)),
    );
    compiles(
        "adds.wasm",
        &one(&b"\x20\x00\x41\x03\x6a\x21\x00".repeat(100_000)),
    );
    compiles("nops.wasm", &one(&[0x01].repeat(1_000_000)));
    compiles(
        "calls.wasm",
        &module(
            &[code(0, &b"\x20\x00\x10\x01".repeat(20_000)), code(0, &[])],
            1,
            &[],
            &[],
        ),
    );
    let mut ops = b"\x20\x00\x0e".to_vec();
    ops.extend(leb(1_000_000));
    ops.extend([0].repeat(1_000_001));
    compiles("table.wasm", &one(&ops));
    compiles(
        "locals.wasm",
        &module(&[code(49_999, b"\x20\x01\x1a")], 1, &[], &[]),
    );
}

#[test]
fn large_modules() {
    let functions: Vec<Vec<u8>> = (0..20_000)
        .map(|_| code(0, b"\x20\x00\x41\x01\x6a\x1a"))
        .collect();
    compiles("functions.wasm", &module(&functions, 20_000, &[], &[]));
    let pages = |n: usize| (5, 1, [vec![0], leb(n)].concat());
    compiles(
        "pages.wasm",
        &module(&[code(0, &[])], 1, &[pages(65_536)], &[]),
    );
    let table = |n: usize| (4, 1, [vec![0x70, 0], leb(n)].concat());
    compiles(
        "table.wasm",
        &module(&[code(0, &[])], 1, &[table(10_000_000)], &[]),
    );
    let segments = b"\0\x41\0\x0b\x01a".repeat(50_000);
    compiles(
        "segments.wasm",
        &module(&[code(0, &[])], 1, &[pages(1)], &[(11, 50_000, segments)]),
    );
}

#[test]
fn deep_and_large_text() {
    let deep = |open: &str, inner: &str, n: usize| {
        format!("(module (func {}{inner}{}))", open.repeat(n), ")".repeat(n))
    };
    compiles("blocks.wat", deep("(block ", "", 100_000).as_bytes());
    compiles(
        "eqz.wat",
        deep("(i32.eqz ", "(i32.const 1)", 100_000).as_bytes(),
    );
    compiles("open.wat", "(".repeat(1_000_000).as_bytes());
    compiles("comment.wat", "(;".repeat(1_000_000).as_bytes());
    survives(
        "open.zkir",
        format!("func @f() -> () {{\n{}", "^b:\n".repeat(200_000)).as_bytes(),
        &[],
    );
    survives("open.zkasm", ".entry ".repeat(200_000).as_bytes(), &[]);
}

#[test]
fn proposals_are_refused_by_name() {
    for (proposal, text) in [
        (
            "threads",
            "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))) (export \"f\" (func 0)))",
        ),
        ("threads", "(module (memory 1 1 shared))"),
        ("garbage collection", "(module (type (struct (field i32))))"),
        ("garbage collection", "(module (func (param anyref)))"),
        (
            "typed function references",
            "(module (type $t (func)) (func (param (ref null $t))))",
        ),
        ("exception handling", "(module (tag $e) (func (throw $e)))"),
        ("memory64", "(module (memory i64 1))"),
        ("memory64", "(module (table i64 1 funcref))"),
        ("custom page sizes", "(module (memory 1 (pagesize 1)))"),
        (
            "stack switching",
            "(module (type $f (func)) (type $k (cont $f)))",
        ),
        (
            "wide arithmetic",
            "(module (func (param i64) (i64.mul_wide_u (local.get 0) (local.get 0)) drop drop))",
        ),
        ("component model", "(component)"),
    ] {
        let wasm = wat::parse_str(text).expect("the text is WebAssembly");
        let error =
            zkc::compile(&wasm, &zkc::Roots::Exports, &zkc::Options::new(2)).expect_err(text);
        assert_eq!(error.code, "unsupported-op", "{text}: {error}");
        assert!(
            error.to_string().contains(&format!("`{proposal}`")),
            "{text}: {error}"
        );
        assert!(error.place.offset.is_some(), "{text}: {error}");
    }
    // `try` and `catch` of the older proposal have no text any more
    let legacy = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x09\x01\x07\0\x06\x40\x19\x01\x0b\x0b";
    let error =
        zkc::compile(legacy, &zkc::Roots::Exports, &zkc::Options::new(2)).expect_err("refused");
    assert!(
        error.to_string().contains("`legacy exception handling`"),
        "{error}"
    );
}

#[test]
fn validation_errors_name_the_function() {
    let wasm = wat::parse_str(
        "(module (import \"zkc\" \"input_len\" (func (result i32))) (func $good) (func $bad (result i32) (i64.const 1)))",
    );
    let wasm = wasm.expect("the text parses");
    let error =
        zkc::compile(&wasm, &zkc::Roots::Exports, &zkc::Options::new(2)).expect_err("invalid");
    assert_eq!(
        (error.code, error.place.function.as_deref()),
        ("invalid", Some("bad"))
    );
}
