//! Several modules in one program: what imports name, when units are instantiated, what is refused.
//!
//! Programs of several modules are held against wasmtime's linker, on the machine at both ends of the optimiser's range and
//! in the wasm dialect's evaluator.

use wasmtime::{Engine, Linker, Module, Store, Val};
use zkc::{Compiler, Options, Roots, Unit};
use zkc_ir::eval::{EvalError, WasmInstance};
use zkc_ir::{Diagnostic, ExportKind, Trap};
use zkc_isa::{Limits, Status};
use zkc_passes::link::decode_unit;
use zkc_passes::{Linked, link};

/// Modules by name, the main one last.
type Texts<'a> = &'a [(&'a str, &'a str)];

fn binaries(texts: Texts<'_>) -> Vec<(String, Vec<u8>)> {
    texts
        .iter()
        .map(|(name, text)| {
            let wasm = zkc::input::wat_to_wasm(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            ((*name).to_owned(), wasm)
        })
        .collect()
}

fn load(texts: Texts<'_>) -> Result<Linked, Diagnostic> {
    let binaries = binaries(texts);
    let units: Vec<(&str, &[u8])> = binaries
        .iter()
        .map(|(n, b)| (n.as_str(), b.as_slice()))
        .collect();
    zkc_passes::load(&units)
}

fn refused(texts: Texts<'_>) -> Diagnostic {
    let linked = load(texts).and_then(|linked| linked.complete().map(|()| linked));
    linked.expect_err("the modules are refused")
}

fn under_wasmtime(texts: Texts<'_>, args: &[i32]) -> i32 {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    let mut store = Store::new(&engine, ());
    let mut last = None;
    for (name, wasm) in binaries(texts) {
        let module = Module::new(&engine, &wasm).expect("the test's modules are valid");
        let instance = linker
            .instantiate(&mut store, &module)
            .expect("the modules link");
        linker
            .instance(&mut store, &name, instance)
            .expect("names differ");
        last = Some(instance);
    }
    let run = last
        .and_then(|i| i.get_func(&mut store, "run"))
        .expect("`run` is exported");
    let args: Vec<Val> = args.iter().map(|&n| Val::I32(n)).collect();
    let mut results = [Val::I32(0)];
    run.call(&mut store, &args, &mut results)
        .expect("it returns");
    results[0].unwrap_i32()
}

/// Runs `run` of the main module everywhere.
fn agrees(texts: Texts<'_>, args: &[i32]) {
    let expected = under_wasmtime(texts, args);
    let words: Vec<u64> = args.iter().map(|&n| u64::from(n as u32)).collect();
    let linked = load(texts).expect("the modules link");
    let mut instance = WasmInstance::new(&linked.module, &[]).expect("it instantiates");
    let results = instance.invoke_export("run", &words).expect("it returns");
    assert_eq!(results, [u64::from(expected as u32)], "evaluator");
    for level in [0, 2] {
        let units = binaries(texts)
            .into_iter()
            .map(|(n, b)| Unit::new(n, b))
            .collect();
        let program = zkc::compile_units(
            units,
            &Roots::Named(vec!["run".into()]),
            &Options::new(level),
        )
        .expect("it compiles");
        let outcome =
            zkc_isa::run(&program, "run", &words, &[], &Limits::default()).expect("it runs");
        assert_eq!(outcome.status, Status::Done);
        assert_eq!(outcome.results, [u64::from(expected as u32)], "-O{level}");
    }
}

const COUNTER: &str = r#"(module
  (memory (export "memory") 1 3) (table (export "table") 4 8 funcref)
  (global $count (export "count") (mut i32) (i32.const 10))
  (global (export "at") i32 (i32.const 2))
  (func (export "bump") (param i32) (result i32)
    (global.set $count (i32.add (global.get $count) (local.get 0)))
    (global.get $count))
  (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (elem (i32.const 0) $twice)
  (data (i32.const 0) "\01\02\03\04"))"#;

#[test]
fn functions_globals_memories_and_tables_are_the_exporters() {
    let main = r#"(module
      (import "counter" "bump" (func $bump (param i32) (result i32)))
      (import "counter" "count" (global $count (mut i32)))
      (import "counter" "at" (global $at i32))
      (import "counter" "memory" (memory 1))
      (import "counter" "table" (table 2 funcref))
      (type $unary (func (param i32) (result i32)))
      (func $thrice (type $unary) (i32.mul (local.get 0) (i32.const 3)))
      (elem (global.get $at) $thrice $bump)
      (data (global.get $at) "\07")
      (func (export "run") (param i32) (result i32)
        (drop (call $bump (local.get 0)))
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (i32.store8 (i32.const 9) (call_indirect (type $unary) (local.get 0) (i32.const 0)))
        (i32.add
          (i32.add (i32.load (i32.const 0)) (i32.load8_u (i32.const 9)))
          (i32.add
            (call_indirect (type $unary) (i32.const 5) (i32.const 2))
            (call_indirect (type $unary) (i32.const 100) (i32.const 3))))))"#;
    agrees(&[("counter", COUNTER), ("main", main)], &[6]);
}

#[test]
fn items_pass_through_modules_and_several_import_them() {
    let middle = r#"(module
      (import "counter" "bump" (func $bump (param i32) (result i32)))
      (import "counter" "memory" (memory 1))
      (export "again" (func $bump)) (export "mem" (memory 0))
      (data (i32.const 1) "\09")
      (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;
    let main = r#"(module
      (import "middle" "again" (func $again (param i32) (result i32)))
      (import "counter" "bump" (func $bump (param i32) (result i32)))
      (import "counter" "memory" (memory 1))
      (import "middle" "grow" (func $grow (result i32)))
      (func (export "run") (param i32) (result i32)
        (drop (call $again (local.get 0))) (drop (call $grow))
        (i32.add (call $bump (i32.const 1))
          (i32.add (i32.mul (memory.size) (i32.const 1000)) (i32.load16_u (i32.const 0))))))"#;
    agrees(
        &[("counter", COUNTER), ("middle", middle), ("main", main)],
        &[6],
    );
}

#[test]
fn each_module_has_its_own_memory() {
    let own = r#"(module (memory (export "m") 1) (data (i32.const 4) "\2a")
      (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "fill") (memory.fill (i32.const 16) (i32.const 3) (i32.const 20))))"#;
    let main = r#"(module
      (import "own" "load" (func $load (param i32) (result i32)))
      (import "own" "fill" (func $fill))
      (memory 1) (data (i32.const 4) "\05")
      (func (export "run") (param i32) (result i32)
        (call $fill)
        (i32.add (i32.mul (call $load (local.get 0)) (i32.const 256))
          (i32.add (i32.load8_u (local.get 0)) (call $load (i32.const 35))))))"#;
    agrees(&[("own", own), ("main", main)], &[4]);
}

#[test]
fn start_functions_run_in_order_and_segments_come_after_them() {
    let first = r#"(module (memory (export "m") 1) (global $g (export "g") (mut i32) (i32.const 3))
      (func $s (i32.store (i32.const 0) (i32.const 0x01010101)) (global.set $g (i32.const 5))) (start $s))"#;
    let second = r#"(module (import "first" "m" (memory 1)) (import "first" "g" (global $g (mut i32)))
      (data (i32.const 1) "\02\03")
      (func $s (global.set $g (i32.mul (global.get $g) (i32.load (i32.const 0))))) (start $s))"#;
    let main = r#"(module (import "first" "g" (global $g (mut i32))) (import "first" "m" (memory 1))
      (func $s (i32.store8 (i32.const 3) (i32.const 9))) (start $s)
      (func (export "run") (result i32) (i32.add (global.get $g) (i32.load (i32.const 0)))))"#;
    agrees(&[("first", first), ("second", second), ("main", main)], &[]);
}

#[test]
fn a_unit_that_is_called_for_traps_as_instantiation_does() {
    let texts: Texts<'_> = &[
        (
            "a",
            r#"(module (memory (export "m") 1) (table (export "t") 3 funcref)
            (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
            (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#,
        ),
        (
            "b",
            r#"(module (import "a" "m" (memory 2)) (import "a" "t" (table 1 funcref))
            (func $f (result i32) (i32.const 77)) (elem (i32.const 1) $f)
            (data (i32.const 0) "\08") (data (i32.const 131072) "x"))"#,
        ),
    ];
    let binaries = binaries(texts);
    let items: Vec<_> = binaries
        .iter()
        .map(|(_, b)| zkc_passes::decode::decode_items(b).expect("the modules are valid"))
        .collect();
    let mut units = zkc_passes::Unit::in_order(texts.iter().map(|(name, _)| *name).zip(&items));
    units[1].called = true;
    let mut linked = link(&units).expect("the modules link");
    for (position, (_, bytes)) in binaries.iter().enumerate() {
        decode_unit(&mut linked, position, &items[position], bytes);
    }
    let func = |name: &str| match linked.units[0].exports[name] {
        ExportKind::Func(index) => index,
        other => panic!("{other:?}"),
    };
    let instantiate = linked.units[1].instantiate.expect("it is called for");
    assert_eq!(linked.entry("b:instantiate"), Some(instantiate));
    assert_eq!(linked.entry("a.peek"), Some(func("peek")));
    let mut instance = WasmInstance::new(&linked.module, &[]).expect("it instantiates");
    let trap = |result: Result<Vec<u64>, EvalError>| match result {
        Err(EvalError::Trap(trap)) => trap,
        other => panic!("{other:?}"),
    };
    // the memory has one page yet, two are asked for
    assert_eq!(trap(instance.invoke(instantiate, &[])), Trap::Unreachable);
    assert_eq!(
        trap(instance.invoke(func("call"), &[1])),
        Trap::UninitializedElement
    );
    instance.invoke(func("grow"), &[]).expect("it returns");
    // what was done before the last segment stays
    assert_eq!(
        trap(instance.invoke(instantiate, &[])),
        Trap::OutOfBoundsMemoryAccess
    );
    assert_eq!(
        instance.invoke(func("call"), &[1]).expect("it returns"),
        [77]
    );
    assert_eq!(
        instance.invoke(func("peek"), &[0]).expect("it returns"),
        [8]
    );
}

#[test]
fn imports_of_another_type_are_refused() {
    for (import, message) in [
        (
            r#""bump" (func)"#,
            "`counter.bump` is imported as a function () -> (), but is a function (i32) -> (i32)",
        ),
        (
            r#""bump" (global i32)"#,
            "`counter.bump` is imported as an immutable global i32, but is a function (i32) -> (i32)",
        ),
        (
            r#""count" (global i32)"#,
            "`counter.count` is imported as an immutable global i32, but is a mutable global i32",
        ),
        (
            r#""at" (global i64)"#,
            "`counter.at` is imported as an immutable global i64, but is an immutable global i32",
        ),
        (
            r#""memory" (memory 2)"#,
            "`counter.memory` is imported as a memory of 2 or more pages, but is a memory of 1 to 3 pages",
        ),
        (
            r#""memory" (memory 1 2)"#,
            "`counter.memory` is imported as a memory of 1 to 2 pages, but is a memory of 1 to 3 pages",
        ),
        (
            r#""table" (table 5 funcref)"#,
            "`counter.table` is imported as a table of 5 or more elements funcref, but is a table of 4 to 8 elements funcref",
        ),
        (
            r#""table" (table 4 externref)"#,
            "`counter.table` is imported as a table of 4 or more elements externref, but is a table of 4 to 8 elements funcref",
        ),
    ] {
        let main = format!(r#"(module (import "counter" {import}))"#);
        let diagnostic = refused(&[("counter", COUNTER), ("main", &main)]);
        assert_eq!(
            (diagnostic.code, diagnostic.message.as_str()),
            ("incompatible-import", message)
        );
        assert_eq!(diagnostic.place.unit, None, "the main module needs no name");
    }
}

#[test]
fn imports_that_nobody_provides_are_refused_in_their_module() {
    for item in ["(func)", "(global i32)", "(memory 1)", "(table 1 funcref)"] {
        let middle = format!(r#"(module (import "counter" "nothing" {item}))"#);
        let diagnostic = refused(&[
            ("counter", COUNTER),
            ("middle", &middle),
            ("main", "(module)"),
        ]);
        assert_eq!(diagnostic.code, "unknown-import");
        assert!(
            diagnostic.message.ends_with("`counter.nothing`"),
            "{diagnostic}"
        );
        assert_eq!(diagnostic.place.unit.as_deref(), Some("middle"));
    }
    // a private name of the compiler's
    let diagnostic = refused(&[(
        "main",
        r#"(module (import "zkc:intrinsics" "inlen" (func (result i32))))"#,
    )]);
    assert_eq!(diagnostic.code, "unknown-import");
}

#[test]
fn the_later_of_two_modules_of_a_name_counts_and_modules_hide_the_host() {
    let answer =
        |n: u32| format!(r#"(module (func (export "input_len") (result i32) (i32.const {n})))"#);
    let main = r#"(module (import "zkc" "input_len" (func $f (result i32))) (func (export "run") (result i32) (call $f)))"#;
    let (one, two) = (answer(1), answer(2));
    let linked = load(&[("zkc", &one), ("zkc", &two), ("main", main)]).expect("the modules link");
    let mut instance = WasmInstance::new(&linked.module, b"abc").expect("it instantiates");
    assert_eq!(instance.invoke_export("run", &[]).expect("it returns"), [2]);
    let linked = load(&[("main", main)]).expect("the host has it");
    let mut instance = WasmInstance::new(&linked.module, b"abc").expect("it instantiates");
    assert_eq!(instance.invoke_export("run", &[]).expect("it returns"), [3]);
}

#[test]
fn an_edit_in_one_module_redoes_one_function() {
    let lib = |n: u32| {
        let text = format!(
            r#"(module (func (export "f") (param i32) (result i32) {} (local.get 0)))"#,
            format!(
                "(local.set 0 (i32.rotl (i32.mul (local.get 0) (i32.const {n})) (i32.const 7)))"
            )
            .repeat(20)
        );
        zkc::input::wat_to_wasm(&text).expect("the text is a module")
    };
    let main = zkc::input::wat_to_wasm(
        r#"(module (import "lib" "f" (func $f (param i32) (result i32)))
            (func (export "run") (param i32) (result i32) (i32.add (call $f (local.get 0)) (call $f (i32.const 1)))))"#,
    )
    .expect("the text is a module");
    let units = vec![Unit::new("lib", lib(3)), Unit::new("main", main)];
    let mut compiler = Compiler::with_units(units, &Options::new(2));
    compiler.program(&Roots::Exports).expect("it compiles");
    compiler.take_log();
    compiler.set_unit(0, lib(1_000_003));
    compiler.program(&Roots::Exports).expect("it compiles");
    let log = compiler.take_log();
    let count = |name: &str| {
        log.iter()
            .filter(|e| e.split('(').next() == Some(name))
            .count()
    };
    assert_eq!((count("linked"), count("layout")), (0, 0), "{log:#?}");
    assert_eq!((count("zk_ir"), count("code")), (1, 1), "{log:#?}");
}
