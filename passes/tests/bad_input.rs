//! Bad input gets a diagnostic, never a panic: truncated, mutated, hostile and unsupported modules.

mod support;

use zkc_ir::{Diagnostic, FuncBody};
use zkc_passes::{Layout, Options, call_graph, compile_to_mixed, decode, load};

const SAMPLE: &str = r#"(module $sample
  (import "zkc" "commit" (func $commit (param i32 i32)))
  (type $ii (func (param i32) (result i32)))
  (memory 1) (table 3 funcref) (global $g (mut i64) (i64.const -5))
  (elem (i32.const 1) $a) (data (i32.const 8) "hello")
  (func $a (type $ii) (local i64 i64) (block (br_table 0 0 0 (local.get 0))) (i32.const 4))
  (func (export "f") (param i32) (result i64)
    (loop (br_if 0 (i32.eqz (local.get 0))))
    (memory.fill (i32.const 3) (i32.const 4) (i32.const 5))
    (call $commit (i32.const 1) (call_indirect (type $ii) (i32.const 2) (i32.const 1)))
    (i64.add (global.get $g) (i64.load offset=3 (local.get 0))))
  (start $s) (func $s (global.set $g (i64.const 9))))"#;

/// Everything this crate does with bytes.
fn compile_all(bytes: &[u8]) -> Result<(), Diagnostic> {
    let module = load(&[("main", bytes)])?.module;
    let layout = Layout::of(&module, 1024)?;
    // The runtime's functions at the end are the same every time.
    for (index, func) in module
        .funcs
        .iter()
        .enumerate()
        .take_while(|(_, f)| f.name != "input8")
    {
        let _ = call_graph::needed(&module, &[index as u32]);
        if let FuncBody::Body(_) = func.body {
            compile_to_mixed(
                &module,
                index as u32,
                &layout,
                Options {
                    cleanups: true,
                    ..Options::default()
                },
            )?;
        }
    }
    Ok(())
}

fn refuse(source: &str) -> Diagnostic {
    let bytes = wat::parse_str(source).expect("the text is well-formed");
    compile_all(&bytes).expect_err("the module is refused")
}

#[test]
fn truncated() {
    let bytes = wat::parse_str(SAMPLE).expect("the sample is well-formed");
    compile_all(&bytes).expect("the sample compiles");
    for len in 0..bytes.len() {
        match compile_all(&bytes[..len]) {
            Err(diagnostic) => assert!(
                ["malformed", "invalid"].contains(&diagnostic.code),
                "{len}: {diagnostic:?}"
            ),
            // Cut between sections: a smaller module.
            Ok(()) => assert!(len >= 8),
        }
    }
}

#[test]
fn mutated() {
    let bytes = wat::parse_str(SAMPLE).expect("the sample is well-formed");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut refused = 0;
    for round in 0..4_000 {
        let mut mutant = bytes.clone();
        for _ in 0..1 + round % 3 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (state >> 33) as usize % mutant.len();
            mutant[at] = (state >> 20) as u8;
        }
        if let Err(diagnostic) = compile_all(&mutant) {
            assert_ne!(diagnostic.code, "internal", "{diagnostic:?}");
            refused += 1;
        }
    }
    assert!(refused > 1_000, "{refused}");
}

#[test]
fn unsupported_code_is_kept_per_function() {
    let source = "(module (memory 1) (func $bad (export \"bad\") (param i32) (result i32) (i32.atomic.load (local.get 0)))
        (func $good (export \"good\") (result i32) (i32.const 1)) (func (export \"calls\") (drop (call $bad (i32.const 0)))))";
    let module = support::module(source);
    let FuncBody::Unsupported(diagnostic) = &module.funcs[0].body else {
        panic!("`i32.atomic.load` is not supported")
    };
    assert_eq!(diagnostic.code, "unsupported-op");
    assert_eq!(
        diagnostic.message,
        "`i32.atomic_load` (proposal `threads`) is not supported yet"
    );
    assert_eq!(diagnostic.place.function.as_deref(), Some("bad"));
    let offset = diagnostic.place.offset.expect("the place is known");
    assert_eq!(offset - module.funcs[0].start, 3);
    assert_eq!(call_graph::needed(&module, &[1]).expect("good"), vec![1]);
    let error = call_graph::needed(&module, &[2]).expect_err("it calls `bad`");
    assert_eq!(error.notes, vec!["`bad` is called from `calls`"]);
}

#[test]
fn module_level_refusals() {
    for (source, code) in [
        ("(module (memory i64 1))", "unsupported-op"),
        ("(module (table i64 1 externref))", "unsupported-op"),
        ("(module (table 1 (ref null any)))", "unsupported-op"),
        ("(module (tag))", "unsupported-op"),
        (
            "(module (memory 2) (data (i32.const 131072) \"x\"))",
            "instantiation-trap",
        ),
        (
            "(module (table 2 funcref) (func $f) (elem (i32.const 2) $f))",
            "instantiation-trap",
        ),
        ("(module (memory 2000))", "limit-exceeded"),
        (
            "(module (import \"a\" \"b\" (global i32)))",
            "unknown-import",
        ),
        ("(module (import \"a\" \"b\" (memory 1)))", "unknown-import"),
        (
            "(module (import \"zkc\" \"commit\" (func (param i64))))",
            "incompatible-import",
        ),
        ("(module (func (result i32) (i64.const 1)))", "invalid"),
    ] {
        assert_eq!(refuse(source).code, code, "{source}");
    }
}

#[test]
fn hostile_sizes() {
    // Deep nesting.
    let deep = |n: usize| format!("(module (func {} {}))", "(block ".repeat(n), ")".repeat(n));
    let bytes = wat::parse_str(deep(999)).expect("the text is well-formed");
    compile_all(&bytes).expect("real programs nest as deep");
    let too_deep = |bytes: &[u8]| {
        let module = decode::decode(bytes).expect("the module is valid");
        let FuncBody::Unsupported(diagnostic) = &module.funcs[0].body else {
            panic!("the limit holds")
        };
        assert_eq!(diagnostic.code, "limit-exceeded");
    };
    let code = |body: &[u8]| {
        // A module of one function type () -> () and one function with this body.
        let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0".to_vec();
        let leb = |mut n: usize| {
            let mut out = Vec::new();
            loop {
                out.push((n & 0x7f) as u8 | if n > 0x7f { 0x80 } else { 0 });
                n >>= 7;
                if n == 0 {
                    return out;
                }
            }
        };
        let size = leb(body.len());
        bytes.push(10);
        bytes.extend(leb(1 + size.len() + body.len()));
        bytes.push(1);
        bytes.extend(size);
        bytes.extend(body);
        bytes
    };
    let mut body = vec![0];
    body.extend([0x02, 0x40].repeat(100_000));
    body.extend([0x0b].repeat(100_001));
    compile_all(&code(&body)).expect("depth costs no stack");
    let mut body = vec![0];
    body.extend([0x02, 0x40].repeat(decode::MAX_NESTING));
    body.extend([0x0b].repeat(decode::MAX_NESTING + 1));
    too_deep(&code(&body));
    // A branch table of a million entries.
    let mut body = vec![0, 0x41, 0, 0x0e, 0xc0, 0x84, 0x3d];
    body.extend(vec![0; 1_000_001]);
    body.push(0x0b);
    compile_all(&code(&body)).expect("as many as a program may have instructions");
    // 50,000 locals, and so many branches that their SSA form would not fit.
    let mut body = vec![1, 0xd0, 0x86, 0x03, 0x7f];
    body.push(0x0b);
    compile_all(&code(&body)).expect("many locals alone are fine");
    body.pop();
    body.extend([0x20, 0x00, 0x04, 0x40, 0x0b].repeat(100_000));
    body.push(0x0b);
    too_deep(&code(&body));
}
