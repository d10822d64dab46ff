//! Small modules, one behaviour each, through the stages: both evaluators agree, at every clean-up level.

mod support;

use support::{compile, inlined, module, run_clif, run_wasm};
use zkc_passes::Options;

const EDGES: [u64; 9] = [
    0,
    1,
    2,
    31,
    0x7f,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x8000_0000_0000_0000,
];

/// Runs `f` of the module on argument tuples at every level.
fn agree(source: &str, arguments: &[Vec<u64>]) {
    let module = module(source);
    let plain = compile(&module, Options::default());
    let clean = compile(
        &module,
        Options {
            cleanups: true,
            ..Options::default()
        },
    );
    let optimized = compile(
        &module,
        Options {
            clif_opt: true,
            ..Options::default()
        },
    );
    let inlined = inlined(compile(
        &module,
        Options {
            cleanups: true,
            ..Options::default()
        },
    ));
    for args in arguments {
        let expected = run_wasm(&module, "f", args, b"0123456789abcdef0123");
        for (level, compiled) in [
            ("plain", &plain),
            ("clean", &clean),
            ("clif", &optimized),
            ("inlined", &inlined),
        ] {
            assert_eq!(
                run_clif(compiled, "f", args, b"0123456789abcdef0123"),
                expected,
                "{level} {args:x?}\n{source}"
            );
        }
    }
}

fn pairs(mask: u64) -> Vec<Vec<u64>> {
    EDGES
        .iter()
        .flat_map(|&a| EDGES.iter().map(move |&b| vec![a & mask, b & mask]))
        .collect()
}

#[test]
fn binary_ops() {
    for (ty, mask) in [("i32", 0xffff_ffff), ("i64", u64::MAX)] {
        for op in [
            "add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl",
            "shr_s", "shr_u", "rotl", "rotr",
        ] {
            let source = format!(
                "(module (func (export \"f\") (param {ty} {ty}) (result {ty}) ({ty}.{op} (local.get 0) (local.get 1))))"
            );
            agree(&source, &pairs(mask));
        }
        for op in [
            "eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u",
        ] {
            let source = format!(
                "(module (func (export \"f\") (param {ty} {ty}) (result i32) ({ty}.{op} (local.get 0) (local.get 1))))"
            );
            agree(&source, &pairs(mask));
        }
    }
}

#[test]
fn unary_ops() {
    let all = [
        "i32.eqz",
        "i32.clz",
        "i32.ctz",
        "i32.popcnt",
        "i32.extend8_s",
        "i32.extend16_s",
        "i64.extend_i32_s",
        "i64.extend_i32_u",
        "i64.eqz",
        "i64.clz",
        "i64.ctz",
        "i64.popcnt",
        "i64.extend8_s",
        "i64.extend16_s",
        "i64.extend32_s",
        "i32.wrap_i64",
        "f32.reinterpret_i32",
        "f64.reinterpret_i64",
    ];
    for op in all {
        let to = if op.ends_with("eqz") { "i32" } else { &op[..3] };
        let from = if op == "i64.eqz" {
            "i64"
        } else if op.ends_with("_i32_s")
            || op.ends_with("_i32_u")
            || op.ends_with("_i32")
            || (to == "i32" && !op.ends_with("_i64"))
        {
            "i32"
        } else {
            "i64"
        };
        let mask = if from == "i32" { 0xffff_ffff } else { u64::MAX };
        let source = format!(
            "(module (func (export \"f\") (param {from}) (result {to}) ({op} (local.get 0))))"
        );
        agree(&source, &EDGES.map(|a| vec![a & mask]));
    }
}

#[test]
fn control() {
    let numbers: Vec<Vec<u64>> = (0..12).map(|n| vec![n]).collect();
    // Loop with parameters and several results.
    agree(
        "(module (func (export \"f\") (param i32) (result i32 i64) (local $x i64)
           (i32.const 0) (i64.const 7)
           (loop (param i32 i64) (result i32 i64)
             (local.set $x) (i32.add (i32.const 3)) (i64.mul (local.get $x) (i64.const 5))
             (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))
             (br_if 0 (i32.gt_s (i32.const 0))))))",
        &numbers,
    );
    // br_table with arguments, to labels of different depth, the function's included.
    agree(
        "(module (func (export \"f\") (param i32) (result i32)
           (block $a (result i32)
             (block $b (result i32)
               (i32.const 100) (br_table $a $b 2 $b (local.get 0)))
             (i32.add (i32.const 1)))
           (i32.add (i32.const 10))))",
        &numbers,
    );
    // if without else, nested returns, unreachable ends.
    agree(
        "(module (func (export \"f\") (param i32) (result i32)
           (if (i32.eq (local.get 0) (i32.const 3)) (then (return (i32.const 33))))
           (if (result i32) (i32.and (local.get 0) (i32.const 1))
             (then (block (result i32) (br 0 (i32.const 5)) (unreachable)))
             (else (if (i32.eq (local.get 0) (i32.const 6)) (then (unreachable))) (loop (result i32) (br 2 (i32.const 9)))))))",
        &numbers,
    );
    // Recursion and calls of several results.
    agree(
        "(module
           (func $fib (param i32) (result i32)
             (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
               (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
           (func $swap (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
           (func (export \"f\") (param i32) (result i64 i32) (call $swap (call $fib (local.get 0)) (i64.const 4))))",
        &numbers,
    );
    // Indirect calls: the three traps and two types.
    agree(
        "(module (type $ii (func (param i32) (result i32))) (type $i (func (result i32)))
           (table 6 funcref) (elem (i32.const 1) $one $two $three)
           (func $one (type $ii) (i32.add (local.get 0) (i32.const 1)))
           (func $two (type $ii) (i32.mul (local.get 0) (i32.const 2)))
           (func $three (type $i) (i32.const 3))
           (func (export \"f\") (param i32) (result i32) (call_indirect (type $ii) (i32.const 20) (local.get 0))))",
        &numbers,
    );
    // select of floats, float locals and globals.
    agree(
        "(module (global $g (mut f64) (f64.const 1.5))
           (func (export \"f\") (param i32) (result i64) (local $x f32)
             (local.set $x (select (f32.const 2.5) (f32.const -0.25) (local.get 0)))
             (global.set $g (f64.reinterpret_i64 (i64.extend_i32_u (i32.reinterpret_f32 (local.get $x)))))
             (i64.reinterpret_f64 (global.get $g))))",
        &numbers,
    );
}

#[test]
fn memory() {
    let addresses: Vec<Vec<u64>> = [
        0,
        1,
        7,
        100,
        65528,
        65529,
        65535,
        65536,
        131_071,
        0x7fff_ffff,
        0xffff_ffff,
    ]
    .iter()
    .map(|&a| vec![a])
    .collect();
    for load in [
        "i32.load",
        "i32.load8_s",
        "i32.load8_u",
        "i32.load16_s",
        "i32.load16_u",
    ] {
        agree(
            &format!(
                "(module (memory 1 2) (data (i32.const 95) \"\\80\\ff\\fe\\7f\\81\\82\\f3\\04\\05\\06\\a7\")
                   (func (export \"f\") (param i32) (result i32) ({load} offset=1 (local.get 0))))"
            ),
            &addresses,
        );
    }
    for load in [
        "i64.load",
        "i64.load8_s",
        "i64.load8_u",
        "i64.load16_s",
        "i64.load16_u",
        "i64.load32_s",
        "i64.load32_u",
    ] {
        // Forwarding from a store and from another load of the same place.
        agree(
            &format!(
                "(module (memory 1 2) (data (i32.const 95) \"\\80\\ff\\fe\\7f\\81\\82\\f3\\04\\05\\06\\a7\")
                   (func (export \"f\") (param i32) (result i64)
                     (local $s i64)
                     (local.set $s ({load} offset=1 (local.get 0)))
                     (local.set $s (i64.add (local.get $s) (i64.load32_u offset=1 (local.get 0))))
                     (i64.store offset=8 (local.get 0) (i64.const 0x8091a2b3c4d5e6f7))
                     (local.set $s (i64.add (i64.mul (local.get $s) (i64.const 3)) ({load} offset=8 (local.get 0))))
                     (i32.store16 offset=9 (local.get 0) (i32.const 0x1234))
                     (local.set $s (i64.add (i64.mul (local.get $s) (i64.const 3)) ({load} offset=8 (local.get 0))))
                     (i64.store8 offset=8 (local.get 0) (local.get $s))
                     (i64.add (local.get $s) (i64.extend_i32_s (i32.load8_s offset=8 (local.get 0))))))"
            ),
            &addresses,
        );
    }
    // Offsets beyond 2^31 always trap, and the code after is dead.
    agree(
        "(module (memory 1) (func (export \"f\") (param i32) (result i32)
           (if (result i32) (local.get 0) (then (i32.load offset=0x80000000 (local.get 0))) (else (i32.const 1)))))",
        &addresses,
    );
    // Growing, with a limit.
    agree(
        "(module (memory 1 3) (func (export \"f\") (param i32) (result i32 i32 i32)
           (memory.grow (i32.and (local.get 0) (i32.const 3))) (memory.size) (memory.grow (i32.const 1))))",
        &addresses,
    );
}

#[test]
fn globals_and_loops() {
    agree(
        "(module (memory 1) (global $sp (mut i32) (i32.const 4096)) (global $k i32 (i32.const 5))
           (func $leaf (param i32) (result i32) (local $fp i32)
             (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
             (i32.store offset=12 (local.get $fp) (local.get 0))
             (i32.store offset=8 (local.get $fp) (i32.mul (local.get 0) (global.get $k)))
             (local.set 0 (i32.add (i32.load offset=12 (local.get $fp)) (i32.load offset=8 (local.get $fp))))
             (global.set $sp (i32.add (local.get $fp) (i32.const 16)))
             (local.get 0))
           (func (export \"f\") (param i32) (result i32) (local $i i32) (local $s i32)
             (loop $l
               (local.set $s (i32.add (local.get $s) (call $leaf (local.get $i))))
               (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (local.get $s)))
               (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
             (i32.add (global.get $sp) (i32.load (i32.const 64)))))",
        &(0..20).map(|n| vec![n]).collect::<Vec<_>>(),
    );
}

#[test]
fn bulk_and_host() {
    let mut arguments = Vec::new();
    for n in [
        0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 31, 32, 33, 40, 63, 64, 70, 65_400, 65_536,
    ] {
        for (d, s) in [
            (0, 0),
            (100, 200),
            (200, 100),
            (100, 103),
            (103, 100),
            (100, 140),
            (140, 100),
            (65_500, 3),
            (3, 65_500),
        ] {
            arguments.push(vec![d, s, n]);
        }
    }
    let fill = "(module (memory 1) (func (export \"f\") (param i32 i32 i32)
        (memory.fill (local.get 0) (i32.add (local.get 1) (i32.const 0x1ab)) (local.get 2))))";
    let copy = "(module (memory 1) (data (i32.const 90) \"the quick brown fox jumps over the lazy dog; the quick brown fox jumps over the lazy dog;\")
        (func (export \"f\") (param i32 i32 i32)
          (memory.fill (i32.const 65480) (i32.const 77) (i32.const 20))
          (memory.copy (local.get 0) (local.get 1) (local.get 2))))";
    agree(fill, &arguments);
    agree(copy, &arguments);
    // The runtime's own functions, not the evaluator's.
    for (name, source) in [("zkc.memory_fill", fill), ("zkc.memory_copy", copy)] {
        let module = module(source);
        let mut compiled = compile(
            &module,
            Options {
                cleanups: true,
                ..Options::default()
            },
        );
        let index = compiled
            .module
            .funcs
            .iter()
            .position(|f| f.name == name)
            .expect("the runtime is linked") as u32;
        for args in &arguments {
            let args = if name == "zkc.memory_fill" {
                vec![args[0], args[1] + 0x1ab, args[2]]
            } else {
                args.clone()
            };
            let given = if name == "zkc.memory_fill" {
                vec![args[0], args[1] - 0x1ab, args[2]]
            } else {
                args.clone()
            };
            let expected = run_wasm(&module, "f", &given, &[]);
            let runtime = zkc_ir::Export {
                name: "runtime".to_owned(),
                kind: zkc_ir::ExportKind::Func(index),
            };
            compiled.module.exports.retain(|e| e.name != "runtime");
            compiled.module.exports.push(runtime);
            let mut got = run_clif(&compiled, "runtime", &args, &[]);
            if name == "zkc.memory_copy" && got.results.is_ok() {
                // `f` fills first; do the same and copy again from the same bytes.
                got = run_clif(&compiled, "f", &given, &[]);
            }
            assert_eq!(got, expected, "{name} {args:?}");
        }
    }
    agree(
        "(module (import \"zkc\" \"read_input\" (func $read (param i32 i32))) (import \"zkc\" \"commit\" (func $commit (param i32 i32)))
           (import \"zkc\" \"input_len\" (func $len (result i32))) (memory 1)
           (func (export \"f\") (param i32) (result i32)
             (call $read (i32.const 32) (local.get 0))
             (call $commit (i32.const 30) (i32.add (local.get 0) (i32.const 3)))
             (call $len)))",
        &(0..24).map(|n| vec![n]).collect::<Vec<_>>(),
    );
}

#[test]
fn tables_segments_and_further_memories() {
    agree(
        r#"(module
          (type $n (func (result i32)))
          (memory 1) (memory $b 1 2)
          (data $d "0123456789")
          (table $t 4 9 funcref) (table $u 4 externref)
          (elem $e func $one $two)
          (global $k i32 (i32.add (i32.const 3) (i32.mul (i32.const 2) (i32.const 5))))
          (func $one (result i32) (i32.const 1))
          (func $two (result i32) (i32.const 2))
          (func (export "f") (param i32 i32) (result i32 i64 i32)
            (table.init $t $e (local.get 0) (i32.const 0) (i32.const 2))
            (drop (table.grow $t (ref.func $two) (local.get 1)))
            (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 3))
            (table.set $u (local.get 0) (ref.null extern))
            (table.fill $t (i32.const 0) (table.get $t (i32.const 2)) (i32.const 1))
            (elem.drop $e)
            (memory.init $b $d (local.get 0) (i32.const 1) (i32.const 9))
            (memory.copy $b $b (i32.const 3) (local.get 0) (i32.const 11))
            (memory.fill $b (local.get 1) (i32.const 7) (i32.const 2))
            (memory.copy 0 $b (i32.const 0) (i32.const 2) (i32.const 17))
            (data.drop $d)
            (i32.add (i32.mul (table.size $t) (i32.const 100))
              (call_indirect $t (type $n) (local.get 1)))
            (i64.load $b (local.get 1))
            (i32.add (global.get $k) (memory.grow $b (local.get 0)))))"#,
        &pairs(0xffff_ffff),
    );
}

/// A table that nobody writes holds what its segments say; one that code writes may hold every function of the type that a
/// reference is made of.
#[test]
fn candidates_of_indirect_calls() {
    for (write, expected) in [
        ("", vec![1, 3]),
        (
            "(table.set $t (i32.const 0) (ref.func $b))",
            vec![0, 1, 2, 3],
        ),
    ] {
        let source = format!(
            r#"(module
              (type $n (func))
              (table $t 2 funcref) (table $u 1 funcref)
              (elem (table $t) (i32.const 0) func $a)
              (elem (table $u) (i32.const 0) func $c)
              (elem declare func $b)
              (func $b) (func $a) (func $c)
              (func (export "f") {write} (call_indirect $t (type $n) (i32.const 0)))
              (func $unused))"#
        );
        let module = module(&source);
        let needed = zkc_passes::call_graph::needed(&module, &[3]).expect("all have code");
        assert_eq!(needed, expected, "{write}");
    }
}

#[test]
fn divisions_by_constants() {
    for (ty, mask, divisors) in [
        (
            "i32",
            0xffff_ffff,
            ["3", "7", "10", "-5", "641", "-2147483648"],
        ),
        (
            "i64",
            u64::MAX,
            ["3", "7", "10", "-5", "641", "-9223372036854775808"],
        ),
    ] {
        for op in ["div_s", "div_u", "rem_s", "rem_u"] {
            for divisor in divisors {
                let source = format!(
                    "(module (func (export \"f\") (param {ty}) (result {ty}) ({ty}.{op} (local.get 0) ({ty}.const {divisor}))))"
                );
                let edges = EDGES.iter().flat_map(|&a| [a, a.wrapping_neg(), a + 6]);
                let arguments: Vec<Vec<u64>> = edges.map(|a| vec![a & mask]).collect();
                agree(&source, &arguments);
            }
        }
    }
}

/// What Cranelift's optimiser makes of common idioms and WebAssembly has no instruction for.
#[test]
fn idioms_of_the_optimiser() {
    let swap32 = "(i32.or (i32.or (i32.shl (local.get 0) (i32.const 24)) (i32.shl (i32.and (local.get 0) (i32.const 65280)) (i32.const 8))) (i32.or (i32.and (i32.shr_u (local.get 0) (i32.const 8)) (i32.const 65280)) (i32.shr_u (local.get 0) (i32.const 24))))";
    let term = |mask: u64, op: &str, k: u32| {
        format!(
            "(i64.and (i64.{op} (local.get 0) (i64.const {k})) (i64.const {}))",
            mask as i64
        )
    };
    let or = |a: String, b: String| format!("(i64.or {a} {b})");
    let swap64 = or(
        or(
            or(
                "(i64.shl (local.get 0) (i64.const 56))".to_owned(),
                term(0xff << 48, "shl", 40),
            ),
            or(term(0xff << 40, "shl", 24), term(0xff << 32, "shl", 8)),
        ),
        or(
            or(term(0xff << 24, "shr_u", 8), term(0xff << 16, "shr_u", 24)),
            or(
                term(0xff << 8, "shr_u", 40),
                "(i64.shr_u (local.get 0) (i64.const 56))".to_owned(),
            ),
        ),
    );
    let bodies = [
        ("i32", swap32.to_owned()),
        ("i64", swap64),
        // a mask of all ones, a narrow comparison, narrow arithmetic
        ("i32", "(i32.sub (i32.const 0) (i32.ne (local.get 0) (i32.const 0)))".to_owned()),
        ("i32", "(select (i32.const -1) (i32.const 0) (local.get 0))".to_owned()),
        ("i32", "(i32.lt_s (i32.extend8_s (local.get 0)) (i32.const 0))".to_owned()),
        ("i32", "(i32.and (i32.sub (i32.and (local.get 0) (i32.const 255)) (i32.const 77)) (i32.const 255))".to_owned()),
    ];
    for (ty, body) in bodies {
        let source = format!("(module (func (export \"f\") (param {ty}) (result {ty}) {body}))");
        let edges = EDGES
            .iter()
            .flat_map(|&a| [a, !a, a ^ 0x0123_4567_89ab_cdef]);
        let mask = if ty == "i32" { 0xffff_ffff } else { u64::MAX };
        let arguments: Vec<Vec<u64>> = edges.map(|a| vec![a & mask]).collect();
        agree(&source, &arguments);
    }
}
