//! Where a module's state goes, and what the effects on it become.

mod support;

use support::{compile, module};
use zkc_ir::print_body;
use zkc_isa::{FIRST_SLOT, STATIC_BASE};
use zkc_passes::{
    InitValue, InitWord, Layout, Options, TableLayout, clif, lower_effects, wasm_to_clif,
};

const SOURCE: &str = r#"(module
  (type $a (func (param i32) (result i64))) (type $b (func)) (type $c (func (param i32) (result i64)))
  (memory 1 5) (table $t 3 funcref) (table 2 funcref)
  (global $g (mut i64) (i64.const -1)) (global $k i32 (i32.const 7)) (global $z (mut i32) (i32.const 0))
  (elem (table $t) (i32.const 1) func $f $g)
  (data (i32.const 6) "abcd") (data (i32.const 7) "X\00")
  (func $f (type $a) (i64.load offset=2 (local.get 0)))
  (func $g (type $b) (global.set $z (memory.size)))
  (func (export "h") (param i32) (result i64)
    (global.set $g (i64.extend_i32_u (global.get $k)))
    (drop (memory.grow (i32.const 1)))
    (call_indirect (type $c) (i32.const 3) (local.get 0))))"#;

#[test]
fn words() {
    let compiled = compile(&module(SOURCE), Options::default());
    let layout = &compiled.layout;
    assert_eq!(
        layout.globals,
        vec![FIRST_SLOT, FIRST_SLOT + 1, FIRST_SLOT + 2]
    );
    let table = |slot, capacity| TableLayout {
        slot,
        capacity,
        size_slot: None,
    };
    assert_eq!(
        layout.tables,
        vec![table(FIRST_SLOT + 3, 3), table(FIRST_SLOT + 6, 2)]
    );
    assert_eq!(layout.type_ids[..3], [0, 1, 0]);
    assert_eq!((layout.pages, layout.max_pages), (1, 5));
    let word = |addr, bits| InitWord {
        addr,
        value: InitValue::Const(bits),
    };
    let func = |addr, index, type_id| InitWord {
        addr,
        value: InitValue::Func { index, type_id },
    };
    // "abcd" from byte 6, then "X\0" over its middle.
    let expected = [
        word(0, u64::from_le_bytes(*b"\0\0\0\0\0\0aX")),
        word(1, u64::from_le_bytes(*b"\0d\0\0\0\0\0\0")),
        word(STATIC_BASE + FIRST_SLOT, u64::MAX),
        word(STATIC_BASE + FIRST_SLOT + 1, 7),
        func(STATIC_BASE + FIRST_SLOT + 4, 0, 0),
        func(STATIC_BASE + FIRST_SLOT + 5, 1, 1),
    ];
    assert_eq!(layout.init_words(), expected);
    let small = Layout::of(&compiled.module, 3).expect("three pages are enough");
    assert_eq!(small.max_pages, 3);
}

#[test]
fn effects() {
    let compiled = compile(
        &module(SOURCE),
        Options {
            cleanups: true,
            ..Options::default()
        },
    );
    let mixed = lower_effects(&compiled.bodies[&2], &compiled.layout).expect("the effects lower");
    insta::assert_snapshot!("mixed", print_body(&mixed));
    let body = match &compiled.module.funcs[2].body {
        zkc_ir::FuncBody::Body(body) => body,
        other => panic!("{other:?}"),
    };
    let clif = wasm_to_clif(&compiled.module, 2, body).expect("it translates");
    insta::assert_snapshot!("clif", clif::clif_text(&clif));
}
