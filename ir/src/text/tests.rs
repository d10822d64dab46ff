//! Round trips over hand-made and random bodies, diagnostics with their places, and hostile texts.

use super::{MAX_NESTING, NamedBody, parse_funcs, print_func};
use crate::testing::{DEMO, DemoOp, bodies};
use crate::{
    Body, Builder, CRANELIFT, ClifOp, DialectSet, Loc, Signature, Successor, Type, WASM,
    canonicalize, verify,
};
use proptest::prelude::*;

fn dialects() -> [crate::Dialect; 3] {
    [WASM, CRANELIFT, DEMO]
}

fn parse(text: &str) -> Result<Vec<NamedBody>, crate::Diagnostic> {
    parse_funcs(text, DialectSet(&dialects()))
}

/// Parses one function, checks that its text is a fixed point, and gives that text.
fn round_trip(text: &str) -> String {
    let funcs = parse(text).unwrap_or_else(|e| panic!("{e} at {:?}\n{text}", e.place.line_col));
    let printed: String = funcs.iter().map(|f| print_func(&f.name, &f.body)).collect();
    let again =
        parse(&printed).unwrap_or_else(|e| panic!("{e} at {:?}\n{printed}", e.place.line_col));
    assert_eq!(again, funcs, "{printed}");
    for f in &funcs {
        assert_eq!(canonicalize(&f.body), f.body);
    }
    printed
}

#[test]
fn flat_control_flow() {
    let printed = round_trip(
        ";; counts down\n\
         func @count(%n: i32) -> (i32) {\n\
         \x20 ^entry(%n: i32): %zero = cranelift.iconst.i32 {value = 0} : i32\n\
         cranelift.jump [^loop(%n, %zero)] @0x10\n\
         ^loop(%i: i32, %sum: i32):\n\
         \x20 cranelift.brif %i [^body, ^done] ;; until zero\n\
         ^body:\n\
         %s = cranelift.iadd.i32 %sum, %i : i32 @18\n\
         %one = cranelift.iconst.i32 {value = 0x1} : i32\n\
         %next = cranelift.isub.i32 %i, %one : i32\n\
         cranelift.jump [^loop(%next, %s)]\n\
         ^done: cranelift.return %sum }",
    );
    insta::assert_snapshot!(printed, @r"
    func @count(%0: i32) -> (i32) {
      ^0(%0: i32):
        %1 = cranelift.iconst.i32 {value = 0} : i32
        cranelift.jump [^1(%0, %1)] @0x10
      ^1(%2: i32, %3: i32):
        cranelift.brif %2 [^2, ^3]
      ^2:
        %4 = cranelift.iadd.i32 %3, %2 : i32 @0x12
        %5 = cranelift.iconst.i32 {value = 1} : i32
        %6 = cranelift.isub.i32 %2, %5 : i32
        cranelift.jump [^1(%6, %4)]
      ^3:
        cranelift.return %3
    }
    ");
}

#[test]
fn every_attribute_and_structure() {
    let printed = round_trip(
        r#"func @"a \"b\"\n"(%0: i64) -> i64 locals [i64, f32] {
            %1, %2 = demo.all %0, %0 {
                index = 4294967295, int = -1, func = @7, symbol = "x\\\t\u{1}é\u{41}", cond = slt, trap = integer-overflow,
                mem = +8 align 2, types = [i32, v128], indices = [0, 4294967295]
            } : funcref, externref
            %3 = demo.hold %0 ({ ^1(%x: i32): demo.switch %x [^2(%0), ^1, ^2(%0)]
                ^2(%y: i64):
                demo.nest ({
                    demo.stop
                }) @0x9
                demo.stop %y
            }, {}) : i64 @0x7
            %4 = demo.all { int = 0, index = 0, func = @0, symbol = "", cond = eq, mem = +0 align 0, types = [ ],
                trap = unreachable, indices = [] } : word
            demo.stop %late
            ^1000: %late = demo.hold %0 ({}, {}) : i64
            demo.stop
        }
        func @g() -> () {
          demo.stop
        }"#,
    );
    insta::assert_snapshot!(printed, @r#"
    func @"a \"b\"\n"(%0: i64) -> (i64) locals [i64, f32] {
      ^0(%0: i64):
        %1, %2 = demo.all %0, %0 {int = 18446744073709551615, index = 4294967295, func = @7, symbol = "x\\\t\u{1}éA", cond = slt, mem = +8 align 2, types = [i32, v128], trap = integer-overflow, indices = [0, 4294967295]} : funcref, externref
        %3 = demo.hold %0 ({
          ^1(%4: i32):
            demo.switch %4 [^2(%0), ^1, ^2(%0)]
          ^2(%5: i64):
            demo.nest ({
              ^3:
                demo.stop
            }) @0x9
            demo.stop %5
        }, {
        }) : i64 @0x7
        %6 = demo.all {int = 0, index = 0, func = @0, symbol = "", cond = eq, mem = +0 align 0, types = [], trap = unreachable, indices = []} : word
        demo.stop %7
      ^4:
        %7 = demo.hold %0 ({
        }, {
        }) : i64
        demo.stop
    }
    func @g() -> () {
      ^0:
        demo.stop
    }
    "#);
}

#[test]
fn built_bodies_are_the_parsed_ones() {
    let mut b = Builder::new(Signature::new([Type::I32], [Type::I32]));
    let root = b.body().root();
    let (entry, exit) = (b.block(root, &[Type::I32]), b.block(root, &[Type::I32]));
    b.switch_to(entry);
    let n = b.body().block(entry).params[0];
    b.set_loc(Loc::at(3));
    let sum = b.value(ClifOp::Iadd32, &[n, n], vec![], Type::I32);
    b.op_full(
        ClifOp::Jump,
        &[],
        vec![],
        &[],
        vec![Successor {
            block: exit,
            args: vec![sum],
        }],
        vec![],
    );
    b.switch_to(exit);
    let result = b.body().block(exit).params[0];
    b.op(ClifOp::Return, &[result], vec![], &[]);
    let body = b.finish();
    verify(&body).unwrap();
    let text = print_func("f", &body);
    let parsed = parse(&text).unwrap();
    // The builder made the exit's parameter before the sum; the text has them the other way round.
    assert_ne!(parsed[0].body, body);
    assert_eq!(parsed[0].body, canonicalize(&body));
    assert_eq!(print_func("f", &parsed[0].body), text);
}

#[test]
fn wasm_regions() {
    round_trip(
        "func @f(%0: i32) -> (i32) locals [i32, i64] {
           ^0(%0: i32):
             %1 = wasm.local.get {index = 0} : i32 @0x1
             %2 = wasm.if %1, %0 ({
               ^1(%3: i32):
                 wasm.loop ({
                   ^2:
                     wasm.br_if %3 {depth = 0}
                     wasm.br_table %3 {depths = [0, 1, 2]}
                 })
                 wasm.end %3
             }, {
               ^3(%4: i32):
                 wasm.br %4 {depth = 0}
             }) : i32 @0x5
             wasm.end %2
         }",
    );
}

fn diagnostic(text: &str) -> String {
    let error = parse(text).expect_err("the text is wrong");
    let (line, column) = error.place.line_col.expect("text errors have a place");
    format!("{line}:{column}: {error}")
}

#[test]
fn diagnostics_name_place_and_expectation() {
    let in_func = |op: &str| {
        diagnostic(&format!(
            "func @f(%0: i32) -> () {{\n  {op}\n  cranelift.return\n}}\n"
        ))
    };
    let all = [
        diagnostic("fun @f"),
        diagnostic("func f() -> () {}"),
        diagnostic("func @f(%0: i33) -> () {"),
        diagnostic("func @f() -> () {"),
        diagnostic("func @f() -> () {}"),
        diagnostic("func @f() -> () {\n  cranelift.return"),
        diagnostic("func @f() -> () { cranelift.return }\nfunc @f() -> () { cranelift.return }"),
        diagnostic("func @f(i32) -> () { cranelift.return }"),
        diagnostic("func @f(%0: i32) -> () { ^0(%1: i32): cranelift.return }"),
        in_func("%1 = cranelift.iadd.i32 %0, %7 : i32"),
        in_func("%1 = cranelift.iadd.i33 %0, %0 : i32"),
        in_func("%0 = cranelift.iadd.i32 %0, %0 : i32"),
        in_func("%1 = cranelift.iadd.i32 %0, %0"),
        in_func("%1 cranelift.iadd.i32 %0, %0"),
        in_func("%1 = cranelift.iconst.i32 : i32"),
        in_func("%1 = cranelift.iconst.i32 {value = eq} : i32"),
        in_func("%1 = cranelift.iconst.i32 {value = 18446744073709551616} : i32"),
        in_func("%1 = cranelift.iconst.i32 {value = 1, value = 2} : i32"),
        in_func("%1 = cranelift.iconst.i32 {imm = 1} : i32"),
        in_func("cranelift.jump [^1]"),
        in_func("cranelift.jump ^1"),
        in_func("cranelift.call {callee = 1} @0xffffffff"),
        in_func("demo.nest ({ demo.stop"),
        in_func("demo.all {symbol = \"abc"),
        in_func("demo.all {symbol = \"\\q\"}"),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    1:1: syntax: expected `func`
    1:6: syntax: expected a function name, `@name`
    1:13: syntax: expected a type
    1:18: syntax: expected an op, a block label or `}`
    1:6: invalid: function `f` has no block
    2:19: syntax: expected an op, a block label or `}`
    2:6: duplicate-name: function `f` is defined twice
    1:6: invalid: a function whose first block has no label must name its parameters
    1:6: invalid: the header names other parameters than the first block
    2:32: undefined-name: value `%7` is not defined in this function
    2:8: unknown-op: `cranelift.iadd.i33` is no op of the known dialects
    2:4: duplicate-name: value `%0` is defined twice
    2:8: invalid: `cranelift.iadd.i32` has 1 result names but 0 result types
    2:6: syntax: expected `=` after results
    2:8: invalid: `cranelift.iconst.i32` needs the attribute `value`
    2:30: invalid: attribute `value` of `cranelift.iconst.i32` must be a number below 2^64
    2:30: invalid: attribute `value` of `cranelift.iconst.i32` must be a number below 2^64
    2:41: duplicate-name: attribute `value` is given twice
    2:30: unknown-attribute: `cranelift.iconst.i32` has no attribute `imm`
    2:20: undefined-name: block `^1` is not defined in this function
    2:18: syntax: expected the end of the line
    2:32: syntax: expected a byte offset below 2^32 - 1
    5:1: syntax: expected `,` or `)` after a region
    2:26: syntax: expected `"` at the end of a string
    2:24: syntax: expected an escape: `\\`, `\"`, `\n`, `\t` or `\u{hex}`
    "#);
}

#[test]
fn nesting_is_limited() {
    let nested = |depth: usize| {
        format!(
            "func @f() -> () {{ {}demo.stop\n{} demo.stop\n}}",
            "demo.nest ({ ".repeat(depth),
            "demo.stop })\n".repeat(depth)
        )
    };
    round_trip(&nested(MAX_NESTING));
    assert!(diagnostic(&nested(MAX_NESTING + 1)).contains("at most 1000 nested regions"));
    assert!(
        diagnostic(&format!(
            "func @f() -> () {{ {}",
            "demo.nest ({ ".repeat(100_000)
        ))
        .contains("nested")
    );
    assert!(diagnostic(&format!("func @f(){}", "(".repeat(100_000))).contains("syntax"));
}

/// Bodies that a pass builds deeper than the text allows are still printed and renumbered without recursion.
#[test]
fn deep_bodies_print() {
    let mut b = Builder::new(Signature::default());
    let mut region = b.body().root();
    for _ in 0..50_000 {
        let block = b.block(region, &[]);
        b.switch_to(block);
        region = b.region();
        b.op_full(DemoOp::Nest, &[], vec![], &[], vec![], vec![region]);
    }
    let body = b.finish();
    assert_eq!(canonicalize(&body), body);
    assert!(print_func("deep", &body).len() < 400 * 50_000);
}

fn check_round_trip(body: &Body) {
    verify(body).unwrap_or_else(|e| panic!("{e}\n{}", print_func("f", body)));
    let text = print_func("f", body);
    let parsed = parse(&text).unwrap_or_else(|e| panic!("{e} at {:?}\n{text}", e.place.line_col));
    assert_eq!(parsed[0].body, canonicalize(body), "{text}");
    assert_eq!(print_func("f", &parsed[0].body), text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_cranelift_bodies(body in bodies(CRANELIFT)) {
        check_round_trip(&body);
    }

    #[test]
    fn random_wasm_bodies(body in bodies(WASM)) {
        check_round_trip(&body);
    }

    /// A damaged text gives bodies or a diagnostic with a place.
    #[test]
    fn damaged_texts(body in bodies(CRANELIFT), cut in any::<prop::sample::Index>(), edits in prop::collection::vec((any::<prop::sample::Index>(), "[ -~\n]"), 0..4), truncate in any::<bool>()) {
        let mut text = HOSTILE.to_owned() + &print_func("f", &body);
        for (at, with) in edits {
            let at = at.index(text.len());
            text.replace_range(at..=at, &with);
        }
        if truncate {
            text.truncate(cut.index(text.len()));
        }
        if let Err(error) = parse(&text) {
            let (line, column) = error.place.line_col.unwrap();
            prop_assert!(line as usize <= text.lines().count() + 1 && column >= 1);
        }
    }
}

/// A text with all there is, to be damaged; ASCII, so that it can be cut anywhere.
const HOSTILE: &str = r#"
;; comment
func @"a\"\u{1}"(%0: i64, %1: i32) -> (i64, i32) locals [i64, i32, f32] {
  ^0(%0: i64, %1: i32):
    %2 = demo.hold %0 ({
      ^1(%3: i32):
        demo.switch %3 [^2(%0), ^1(%3)]
      ^2(%4: i64):
        demo.stop %4
    }, {
    }) : i64 @0x7
    %5 = demo.all {int = 0, index = 0, func = @0, symbol = "x", cond = eq, mem = +0 align 0, types = [i32], trap = unreachable, indices = [1]} : word
    demo.stop %2
}
"#;

#[test]
fn every_prefix_of_a_text() {
    parse(HOSTILE).unwrap();
    for end in 0..HOSTILE.len() - 2 {
        if let Err(error) = parse(&HOSTILE[..end]) {
            assert!(error.place.line_col.is_some());
        }
    }
}
