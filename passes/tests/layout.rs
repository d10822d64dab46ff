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
        layout.globals[..3],
        [FIRST_SLOT, FIRST_SLOT + 1, FIRST_SLOT + 2]
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
    // Behind the module's own words come those of the runtime.
    assert_eq!(layout.init_words()[..expected.len()], expected);
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

#[test]
fn static_words_of_tables_segments_and_memories() {
    let module = module(
        r#"(module
          (memory 1) (memory 1 3)
          (table $fixed 2 2 funcref) (table $grows 1 4 externref) (table $free 0 funcref)
          (global $g externref (ref.null extern))
          (elem $passive func 0) (elem declare func 1) (elem (table $fixed) (i32.const 1) func 1)
          (data $bytes "0123456789") (data (memory 1) (i32.const 8) "x")
          (func (drop (table.grow $grows (ref.null extern) (i32.const 1)))
            (drop (table.grow $fixed (ref.null func) (i32.const 1)))
            (drop (table.grow $free (ref.null func) (i32.const 1))))
          (func (drop (ref.func 0))))"#,
    );
    let layout = compile(&module, Options::default()).layout;
    let table = |slot, capacity, size_slot| TableLayout {
        slot,
        capacity,
        size_slot,
    };
    assert_eq!(layout.globals[0], 2);
    let free = 1 << 20;
    assert_eq!(
        layout.tables,
        vec![
            table(3, 2, None),
            table(6, 4, Some(5)),
            table(11, free, Some(10))
        ]
    );
    let end = 11 + free;
    let memory = layout.more_memories[0];
    assert_eq!(
        (memory.size_slot, memory.slot, memory.max_pages),
        (end, end + 1, 3)
    );
    let end = end + 1 + 3 * 8192;
    let passive = layout.elements[0].expect("the first segment is passive");
    assert_eq!((passive.size_slot, passive.slot), (end, end + 1));
    assert_eq!(layout.elements[1..], [None, None]);
    let bytes = layout.data[0].expect("the first segment is passive");
    assert_eq!((bytes.size_slot, bytes.slot), (end + 2, end + 3));
    assert_eq!(layout.data[1], None);
    assert_eq!(layout.func_refs.get(&0), Some(&(end + 5)));
    assert!(layout.globals[1..].iter().all(|&slot| slot >= end + 6));
    let const_at = |slot: u32| {
        let word = layout
            .init_words()
            .iter()
            .find(|w| w.addr == STATIC_BASE + slot);
        match word.map(|w| w.value) {
            Some(InitValue::Const(bits)) => bits,
            other => panic!("slot {slot} has {other:?}"),
        }
    };
    assert_eq!(const_at(5), 1);
    assert_eq!(const_at(memory.size_slot), 1);
    assert_eq!(const_at(memory.slot + 1), u64::from(b'x'));
    assert_eq!(const_at(passive.size_slot), 1);
    assert_eq!(const_at(bytes.size_slot), 10);
    assert_eq!(
        const_at(bytes.slot + 1),
        u64::from_le_bytes(*b"89\0\0\0\0\0\0")
    );
}
