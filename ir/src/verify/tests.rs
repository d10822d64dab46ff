//! One broken body per rule, and what the verifier says of it.

use super::verify;
use crate::testing::DEMO;
use crate::{
    Attr, Builder, CRANELIFT, ClifOp, DialectSet, Op, Region, Signature, Successor, Type, Value,
    WASM, WasmOp, parse_funcs,
};

fn message(text: &str) -> String {
    let funcs = parse_funcs(text, DialectSet(&[WASM, CRANELIFT, DEMO]))
        .unwrap_or_else(|e| panic!("{e} at {:?}\n{text}", e.place.line_col));
    match verify(&funcs[0].body) {
        Ok(()) => "ok".into(),
        Err(error) => error.to_string(),
    }
}

fn flat(ops: &str) -> String {
    message(&format!(
        "func @f(%a: i32, %b: i64) -> () {{\n ^0(%a: i32, %b: i64):\n{ops}\n}}"
    ))
}

#[test]
fn rows() {
    let all = [
        flat("cranelift.return"),
        flat("%0 = cranelift.iadd.i32 %a : i32\ncranelift.return"),
        flat("%0 = cranelift.iadd.i32 %a, %b : i32 @0x20\ncranelift.return"),
        flat("%0 = cranelift.iadd.i32 %a, %a : i64\ncranelift.return"),
        flat("%0, %1 = cranelift.iadd.i32 %a, %a : i32, i32\ncranelift.return"),
        flat("cranelift.call_indirect %b {type = 0, table = 0}\ncranelift.return"),
        flat("cranelift.call_indirect {type = 0, table = 0}\ncranelift.return"),
        flat("cranelift.jump\n"),
        flat("cranelift.br_table %a\n"),
        flat("wasm.block\ncranelift.return"),
        flat("%0 = demo.int %a, %a : i32\ncranelift.return"),
        flat("%0 = demo.int %a, %b : i32\ncranelift.return"),
        flat("%0 = demo.int %b, %b : word\ncranelift.return"),
        flat("%0 = demo.same %b, %a : i64\ncranelift.return"),
        flat("%0 = demo.same %b, %a : i32\ncranelift.return"),
        flat("%0 = demo.word %b : i32\n%1 = demo.word %0 : word\ncranelift.return"),
        flat("%0 = demo.word %b : v128\ncranelift.return"),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    ok
    expected 2 operands, found 1
      in: %2 = cranelift.iadd.i32 %0 : i32
    operand 1: expected type i32, found i64
      in: %2 = cranelift.iadd.i32 %0, %1 : i32 @0x20
    result 0: expected type i32, found i64
      in: %2 = cranelift.iadd.i32 %0, %0 : i64
    expected 1 results, found 2
      in: %2, %3 = cranelift.iadd.i32 %0, %0 : i32, i32
    operand 0: expected type i32, found i64
      in: cranelift.call_indirect %1 {type = 0, table = 0}
    expected 1 operands, found 0
      in: cranelift.call_indirect {type = 0, table = 0}
    expected 1 successors, found 0
      in: cranelift.jump
    expected at least one successor
      in: cranelift.br_table %0
    expected 1 regions, found 0
      in: wasm.block
    ok
    operand 1: expected type i32 as before in the op, found i64
      in: %2 = demo.int %0, %1 : i32
    result 0: expected type i32 or i64, found word
      in: %2 = demo.int %1, %1 : word
    ok
    result 0: expected type i64 as before in the op, found i32
      in: %2 = demo.same %1, %0 : i32
    ok
    result 0: expected type word, found v128
      in: %2 = demo.word %1 : v128
    "#);
}

#[test]
fn structure() {
    let all = [
        flat("cranelift.return\ncranelift.return"),
        flat("%0 = cranelift.iadd.i32 %a, %a : i32"),
        flat("^1:\ncranelift.return"),
        flat("cranelift.jump [^1]\n^1(%0: i32):\ncranelift.return"),
        flat("cranelift.jump [^1(%b)]\n^1(%0: i32):\ncranelift.return"),
        flat("cranelift.jump [^1(%b)]\n^1(%0: word):\ncranelift.return"),
        flat("cranelift.jump [^1]\n^2: wasm.block ({\n^1:\nwasm.end\n})\ncranelift.return"),
        message("func @f(i32) -> () { ^0: wasm.end\n }"),
        message("func @f(i32) -> () { ^0(%0: i64): wasm.end\n }"),
        message("func @f(i32) -> () { ^0(%0: word): wasm.end\n }"),
        message("func @f(%0: i32) -> () locals [i64] { wasm.end\n }"),
        message("func @f(%0: i32) -> () locals [i32, f64] { wasm.end\n }"),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    a terminator stands before the end of ^0
      in: cranelift.return
    ^0 ends in an op that is no terminator
      in: %2 = cranelift.iadd.i32 %0, %0 : i32
    ^0 has no op, expected a terminator
    expected 1 arguments for ^1, found 0
      in: cranelift.jump [^1]
    argument 0 for ^1: expected type i32, found i64
      in: cranelift.jump [^1(%1)]
    ok
    successor ^2 is not in the op's region
      in: cranelift.jump [^2]
    the entry block takes 0 values, the signature 1
    parameter 0 of the entry block has type i64, the signature says i32
    ok
    the locals do not begin with the parameters
    ok
    "#);
}

#[test]
fn dominance() {
    let diamond = |then: &str, last: &str| {
        flat(&format!(
            "cranelift.brif %a [^1, ^2]\n^1:\n{then}\ncranelift.jump [^3]\n^2:\ncranelift.jump [^3]\n^3:\n{last}\ncranelift.return"
        ))
    };
    let use_x = "%y = cranelift.iadd.i32 %x, %x : i32";
    let def_x = "%x = cranelift.iadd.i32 %a, %a : i32";
    let all = [
        flat(&format!("{use_x}\n{def_x}\ncranelift.return")),
        flat("%x = cranelift.iadd.i32 %x, %a : i32\ncranelift.return"),
        diamond(def_x, use_x),
        diamond(&format!("{def_x}\n{use_x}"), ""),
        // The text order of blocks does not matter, dominance does.
        flat(&format!(
            "cranelift.jump [^2]\n^1:\n{use_x}\ncranelift.return\n^2:\n{def_x}\ncranelift.jump [^1]"
        )),
        // Unreachable code may use what is visible.
        flat(&format!(
            "{def_x}\ncranelift.return\n^1:\n{use_x}\ncranelift.return"
        )),
        // A loop's parameter is visible in its body, not before it.
        flat("cranelift.jump [^1(%p)]\n^1(%p: i32):\ncranelift.jump [^1(%p)]"),
        // Values of an outer region are visible inside, not the other way round, and not before their definition.
        flat(&format!(
            "{def_x}\nwasm.block ({{\n^1:\n{use_x}\nwasm.end\n}})\nwasm.end"
        )),
        flat(&format!(
            "wasm.block ({{\n^1:\n{use_x}\nwasm.end\n}})\n{def_x}\nwasm.end"
        )),
        flat(&format!(
            "wasm.block ({{\n^1:\n{def_x}\nwasm.end\n}})\n{use_x}\nwasm.end"
        )),
        flat("%x = wasm.block ({\n^1:\nwasm.end %x\n}) : i32\nwasm.end"),
        flat(&format!(
            "wasm.if %a ({{\n^1:\n{def_x}\nwasm.end\n}}, {{\n^2:\n{use_x}\nwasm.end\n}})\nwasm.end"
        )),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    %3 is used where its definition does not dominate
      in: %2 = cranelift.iadd.i32 %3, %3 : i32
    %2 is used where its definition does not dominate
      in: %2 = cranelift.iadd.i32 %2, %0 : i32
    %2 is used where its definition does not dominate
      in: %3 = cranelift.iadd.i32 %2, %2 : i32
    ok
    ok
    ok
    %2 is used where its definition does not dominate
      in: cranelift.jump [^1(%2)]
    ok
    %3 is used where its definition does not dominate
      in: %2 = cranelift.iadd.i32 %3, %3 : i32
    %2 is used where its definition does not dominate
      in: %3 = cranelift.iadd.i32 %2, %2 : i32
    %2 is used where its definition does not dominate
      in: wasm.end %2
    %2 is used where its definition does not dominate
      in: %3 = cranelift.iadd.i32 %2, %2 : i32
    "#);
}

/// What no text can say: wrong attributes, foreign values, regions held twice.
#[test]
fn built_wrongly() {
    fn built(ops: impl FnOnce(&mut Builder)) -> String {
        let mut b = Builder::new(Signature::default());
        let root = b.body().root();
        let block = b.block(root, &[]);
        b.switch_to(block);
        ops(&mut b);
        b.op(WasmOp::End, &[], vec![], &[]);
        match verify(&b.finish()) {
            Ok(()) => "ok".into(),
            Err(error) => error.to_string(),
        }
    }
    let all = [
        built(|_| {}),
        built(|b| {
            b.value(WasmOp::I32Const, &[], vec![], Type::I32);
        }),
        built(|b| {
            b.value(WasmOp::I32Const, &[], vec![Attr::Index(1)], Type::I32);
        }),
        built(|b| {
            b.op(WasmOp::Drop, &[Value::from_u32(7)], vec![], &[]);
        }),
        built(|b| {
            b.op(WasmOp::End, &[Value::from_u32(7)], vec![], &[]);
        }),
        built(|b| {
            let successors = vec![Successor {
                block: crate::Block::from_u32(9),
                args: vec![],
            }];
            b.op_full(ClifOp::Jump, &[], vec![], &[], successors, vec![]);
            let root = b.body().root();
            let block = b.block(root, &[]);
            b.switch_to(block);
        }),
        built(|b| {
            b.op_full(
                WasmOp::Block,
                &[],
                vec![],
                &[],
                vec![],
                vec![Region::from_u32(0)],
            );
        }),
        built(|b| {
            let region = b.region();
            for _ in 0..2 {
                b.op_full(WasmOp::Block, &[], vec![], &[], vec![], vec![region]);
            }
        }),
        verify(&Builder::new(Signature::default()).finish())
            .unwrap_err()
            .to_string(),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    ok
    expected 1 attributes, found 0
      in: %0 = wasm.i32.const : i32
    attribute `value`: expected Int, found Index(1)
      in: %0 = wasm.i32.const {value = 1} : i32
    %?7 is not a value of this body
      in: wasm.drop %?7
    a terminator stands before the end of ^0
      in: wasm.end %?7
    successor ^?9 is not in the op's region
      in: cranelift.jump [^?9]
    region0 is held by more than one op
      in: wasm.block (...)
    region1 is held by more than one op
      in: wasm.block (...)
    the function's region has no block
    "#);
    let error = {
        let mut b = Builder::new(Signature::default());
        let root = b.body().root();
        let block = b.block(root, &[]);
        b.switch_to(block);
        b.op(WasmOp::Nop, &[], vec![], &[]);
        verify(&b.finish()).unwrap_err()
    };
    assert_eq!(error.op, Some(Op::from_u32(0)));
}
