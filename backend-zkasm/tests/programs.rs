//! Hand-written programs, compiled, linked and run; results and, where rows are the point, numbers of steps.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fmt::Write;
use support::{Rest, checked, compile, outcome, parse, program, results, steps_per_iteration};
use zkc_backend::{
    BackendError, InitValue, InitWord, LinkInput, Options, add_vectors, compile_function, link,
};
use zkc_ir::Trap;
use zkc_isa::{Limits, STATIC_BASE, Status, ZkOp};

const LOOP_SUM: &str = "
func @sum(%n: word) -> (word) {
  ^entry(%n: word):
    %zero = zk.li {imm = 0} : word
    zk.jump [^head(%zero, %zero)]
  ^head(%i: word, %acc: word):
    %acc2 = zk.add64 %acc, %i : word
    %i2 = zk.add64_imm %i {imm = 1} : word
    zk.br_ltu64 %i2, %n [^head(%i2, %acc2), ^done]
  ^done:
    zk.ret %acc2
}";

#[test]
fn a_bottom_tested_loop_has_no_moves() {
    assert_eq!(results(LOOP_SUM, "sum", &[10]), [45]);
    assert_eq!(steps_per_iteration(LOOP_SUM, "sum", 10..=1010), 3.0);
}

#[test]
fn a_top_tested_loop_is_turned_around() {
    let text = "
func @sum(%n: word) -> (word) {
  ^entry(%n: word):
    %zero = zk.li {imm = 0} : word
    zk.jump [^head(%zero, %zero)]
  ^head(%i: word, %acc: word):
    zk.br_geu64 %i, %n [^done, ^body]
  ^body:
    %acc2 = zk.add64 %acc, %i : word
    %i2 = zk.add64_imm %i {imm = 1} : word
    zk.jump [^head(%i2, %acc2)]
  ^done:
    zk.ret %acc
}";
    assert_eq!(results(text, "sum", &[0]), [0]);
    assert_eq!(results(text, "sum", &[10]), [45]);
    assert_eq!(steps_per_iteration(text, "sum", 10..=1010), 3.0);
}

const FIB: &str = "
func @fib(%n: word) -> (word) {
  ^entry(%n: word):
    %zero = zk.li {imm = 0} : word
    %one = zk.li {imm = 1} : word
    zk.br_eq64_imm %n {imm = 0} [^done(%zero), ^head(%n, %zero, %one)]
  ^head(%i: word, %a: word, %b: word):
    %c = zk.add64 %a, %b : word
    %i2 = zk.add64_imm %i {imm = 18446744073709551615} : word
    zk.br_ne64_imm %i2 {imm = 0} [^head(%i2, %b, %c), ^done(%b)]
  ^done(%r: word):
    zk.ret %r
}";

#[test]
fn a_rotating_loop_needs_few_moves() {
    for (n, fib) in [
        (0, 0),
        (1, 1),
        (2, 1),
        (3, 2),
        (10, 55),
        (93, 12_200_160_415_121_876_738),
    ] {
        assert_eq!(results(FIB, "fib", &[n]), [fib]);
    }
    // Add, count, branch and the two moves of the rotation.
    assert_eq!(steps_per_iteration(FIB, "fib", 10..=1010), 5.0);
}

#[test]
fn an_unrolled_rotating_loop_has_no_moves() {
    let text = "
func @fib2(%n: word) -> (word) {
  ^entry(%n: word):
    %zero = zk.li {imm = 0} : word
    %one = zk.li {imm = 1} : word
    zk.jump [^head(%n, %zero, %one)]
  ^head(%i: word, %a: word, %b: word):
    %c = zk.add64 %a, %b : word
    %d = zk.add64 %b, %c : word
    %i2 = zk.add64_imm %i {imm = 18446744073709551615} : word
    zk.br_ne64_imm %i2 {imm = 0} [^head(%i2, %c, %d), ^done]
  ^done:
    zk.ret %c
}";
    assert_eq!(results(text, "fib2", &[5]), [55]);
    assert_eq!(steps_per_iteration(text, "fib2", 10..=1010), 4.0);
}

#[test]
fn swapped_arguments_swap() {
    let text = "
func @swap(%n: word, %a: word, %b: word) -> (word, word) {
  ^entry(%n: word, %a: word, %b: word):
    zk.jump [^head(%n, %a, %b)]
  ^head(%i: word, %x: word, %y: word):
    %i2 = zk.add64_imm %i {imm = 18446744073709551615} : word
    zk.br_ne64_imm %i2 {imm = 0} [^head(%i2, %y, %x), ^done]
  ^done:
    zk.ret %x, %y
}";
    assert_eq!(results(text, "swap", &[1, 7, 9]), [7, 9]);
    assert_eq!(results(text, "swap", &[2, 7, 9]), [9, 7]);
    assert_eq!(results(text, "swap", &[3, 7, 9]), [7, 9]);
}

const FIB_REC: &str = "
func @fib(%n: word) -> (word) {
  ^entry(%n: word):
    zk.br_ltu64_imm %n {imm = 2} [^base, ^rec]
  ^base:
    zk.ret %n
  ^rec:
    %n1 = zk.add64_imm %n {imm = 18446744073709551615} : word
    %a = zk.call %n1 {callee = @0} : word
    %n2 = zk.add64_imm %n {imm = 18446744073709551614} : word
    %b = zk.call %n2 {callee = @0} : word
    %r = zk.add64 %a, %b : word
    zk.ret %r
}";

#[test]
fn recursion_keeps_values_across_calls() {
    let outcome = outcome(FIB_REC, "fib", &[20], &Rest::default());
    assert_eq!(outcome.results, [6765]);
    // fib(20) makes 10946 leaf calls of 2 steps and 10945 others of 8: branch, two times (add, call), one move, add, ret.
    assert_eq!(outcome.steps, 10946 * 2 + 10945 * 8 + 4);
}

#[test]
fn factorial() {
    let text = "
func @fac(%n: word) -> (word) {
  ^entry(%n: word):
    zk.br_ne64_imm %n {imm = 0} [^rec, ^base]
  ^base:
    %one = zk.li {imm = 1} : word
    zk.ret %one
  ^rec:
    %n1 = zk.add64_imm %n {imm = 18446744073709551615} : word
    %f = zk.call %n1 {callee = @0} : word
    %r = zk.mul64 %n, %f : word
    zk.ret %r
}";
    let outcome = outcome(text, "fac", &[20], &Rest::default());
    assert_eq!(outcome.results, [2_432_902_008_176_640_000]);
    assert_eq!(outcome.steps, 20 * 5 + 3 + 4);
}

#[test]
fn endless_recursion_traps() {
    let text = "
func @f() -> () {
  ^entry:
    zk.call {callee = @0}
    zk.ret
}";
    let outcome = outcome(text, "f", &[], &Rest::default());
    assert_eq!(outcome.status, Status::Trap(Trap::CallStackExhausted));
}

#[test]
fn nested_calls_hand_results_on() {
    let text = "
func @sub(%a: word, %b: word) -> (word) {
  ^entry(%a: word, %b: word):
    %r = zk.sub64 %a, %b : word
    zk.ret %r
}
func @divmod(%a: word, %b: word) -> (word, word) {
  ^entry(%a: word, %b: word):
    %q = zk.divu64 %a, %b : word
    %r = zk.remu64 %a, %b : word
    zk.ret %r, %q
}
func @main(%x: word, %y: word) -> (word, word, word) {
  ^entry(%x: word, %y: word):
    %q, %r = zk.call %x, %y {callee = @1} : word, word
    %s = zk.call %r, %q {callee = @0} : word
    %t = zk.call %x, %s {callee = @0} : word
    %u = zk.call %t, %t {callee = @0} : word
    %five = zk.li {imm = 5} : word
    %v = zk.call %five, %t {callee = @0} : word
    %w = zk.call %s, %v {callee = @0} : word
    zk.ret %u, %v, %w
}";
    let (x, y) = (100u64, 7u64);
    let s = (x / y).wrapping_sub(x % y);
    let t = x.wrapping_sub(s);
    let v = 5u64.wrapping_sub(t);
    assert_eq!(results(text, "main", &[x, y]), [0, v, s.wrapping_sub(v)]);
}

/// A function that adds up `count` parameters, weighted, all alive at once, and returns them in reverse order.
fn wide(count: usize) -> String {
    let list = |prefix: &str, ty: bool| {
        let items = (0..count).map(|i| format!("%{prefix}{i}{}", if ty { ": word" } else { "" }));
        items.collect::<Vec<_>>().join(", ")
    };
    let words = vec!["word"; count].join(", ");
    let mut text = format!(
        "func @wide({}) -> ({words}) {{\n  ^entry({}):\n",
        list("p", true),
        list("p", true)
    );
    for i in 0..count {
        writeln!(
            text,
            "    %v{i} = zk.mul64_imm %p{i} {{imm = {}}} : word",
            i + 3
        )
        .unwrap();
    }
    for i in 0..count {
        let with = (i * 7 + 3) % count;
        writeln!(text, "    %w{i} = zk.add64 %v{i}, %p{with} : word").unwrap();
    }
    let reversed: Vec<String> = (0..count).rev().map(|i| format!("%w{i}")).collect();
    writeln!(text, "    zk.ret {}\n}}", reversed.join(", ")).unwrap();
    writeln!(text, "func @main() -> ({words}) {{\n  ^entry:").unwrap();
    for i in 0..count {
        writeln!(text, "    %c{i} = zk.li {{imm = {}}} : word", i * i).unwrap();
        writeln!(text, "    %a{i} = zk.add64_imm %c{i} {{imm = 1}} : word").unwrap();
    }
    writeln!(
        text,
        "    {} = zk.call {} {{callee = @0}} : {words}",
        list("r", false),
        list("a", false)
    )
    .unwrap();
    writeln!(text, "    zk.ret {}\n}}", list("r", false)).unwrap();
    text
}

#[test]
fn more_values_than_the_bank_has_registers() {
    for count in [5, 61, 62, 63, 64, 90, 200] {
        let p = |i: usize| (i * i + 1) as u64;
        let want: Vec<u64> = (0..count)
            .rev()
            .map(|i| p(i) * (i as u64 + 3) + p((i * 7 + 3) % count))
            .collect();
        assert_eq!(results(&wide(count), "main", &[]), want, "{count}");
        let args: Vec<u64> = (0..count).map(p).collect();
        assert_eq!(results(&wide(count), "wide", &args), want, "{count}");
    }
}

/// `count` loop parameters that rotate by one place in each iteration.
fn rotate(count: usize) -> String {
    let list = |prefix: &str, shift: usize, ty: &str| {
        (0..count)
            .map(|i| format!("%{prefix}{}{ty}", (i + shift) % count))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut text = "func @rotate(%n: word) -> (word, word) {\n  ^entry(%n: word):\n".to_owned();
    for i in 0..count {
        writeln!(text, "    %s{i} = zk.add64_imm %n {{imm = {i}}} : word").unwrap();
    }
    write!(
        text,
        "    zk.jump [^head(%n, {})]
  ^head(%i: word, {}):
    %i2 = zk.add64_imm %i {{imm = 18446744073709551615}} : word
    zk.br_ne64_imm %i2 {{imm = 0}} [^head(%i2, {}), ^done]
  ^done:
    zk.ret %x0, %x{}
}}",
        list("s", 0, ""),
        list("x", 0, ": word"),
        list("x", 1, ""),
        count - 1
    )
    .unwrap();
    text
}

#[test]
fn long_rotations_use_one_move_per_value() {
    for count in [2, 3, 40, 100] {
        let text = rotate(count);
        let n = count as u64 * 2 + 2;
        assert_eq!(
            results(&text, "rotate", &[n]),
            [n + 1 % count as u64, n],
            "{count}"
        );
        // Count and branch, one move per value, one to break the cycle; beyond the bank the allocator may add one.
        let steps = steps_per_iteration(&text, "rotate", 10..=20);
        let most = count as f64 + if count > 60 { 4.0 } else { 3.0 };
        assert!(steps <= most, "{count}: {steps}");
    }
}

#[test]
fn tables_choose_the_last_for_large_indices() {
    let text = "
func @pick(%i: word, %x: word) -> (word) {
  ^entry(%i: word, %x: word):
    %a = zk.add64_imm %x {imm = 100} : word
    zk.brt %i [^one(%x), ^two, ^one(%a), ^two, ^other(%x, %a)]
  ^one(%r: word):
    zk.ret %r
  ^two:
    %two = zk.li {imm = 2} : word
    zk.jump [^one(%two)]
  ^other(%p: word, %q: word):
    %m = zk.mul64 %p, %q : word
    zk.ret %m
}
func @zero(%i: word, %x: word) -> (word) {
  ^entry(%i: word, %x: word):
    %a = zk.add64_imm %x {imm = 100} : word
    zk.brt %i [^one(%x), ^one(%a)]
  ^one(%r: word):
    zk.ret %r
}
func @same(%i: word, %x: word) -> (word) {
  ^entry(%i: word, %x: word):
    zk.brt %i [^one(%x), ^one(%x), ^one(%x)]
  ^one(%r: word):
    zk.ret %r
}";
    for (i, want) in [
        (0, 7),
        (1, 2),
        (2, 107),
        (3, 2),
        (4, 749),
        (5, 749),
        (0xffff_ffff, 749),
    ] {
        assert_eq!(results(text, "pick", &[i, 7]), [want], "{i}");
    }
    for (i, want) in [(0, 7), (1, 107), (2, 107)] {
        assert_eq!(results(text, "zero", &[i, 7]), [want], "{i}");
    }
    assert_eq!(results(text, "same", &[1, 7]), [7]);
}

#[test]
fn a_huge_table_takes_linear_time() {
    use zkc_ir::{Builder, Signature, Successor, Type};
    let word = Type::Word;
    let mut b = Builder::new(Signature::new([word], [word]));
    let root = b.body().root();
    let entry = b.block(root, &[word]);
    let index = b.body().block(entry).params[0];
    let ends: Vec<_> = (0..3).map(|_| b.block(root, &[])).collect();
    b.switch_to(entry);
    let successors = (0..500_000)
        .map(|i| Successor {
            block: ends[i % 3],
            args: Vec::new(),
        })
        .collect();
    b.op_full(ZkOp::Brt, &[index], Vec::new(), &[], successors, Vec::new());
    for (n, &end) in ends.iter().enumerate() {
        b.switch_to(end);
        let v = b.value(ZkOp::Li, &[], vec![zkc_ir::Attr::Int(n as u64)], word);
        b.op(ZkOp::Ret, &[v], Vec::new(), &[]);
    }
    let funcs = vec![("big".to_owned(), b.finish())];
    let program = program(&funcs, &checked(true), &Rest::default());
    for i in [0u64, 1, 2, 1000, 499_999, 700_000] {
        let outcome = zkc_isa::run(&program, "big", &[i], &[], &Limits::default()).unwrap();
        assert_eq!(outcome.results, [i.min(499_999) % 3]);
    }
}

#[test]
fn indirect_calls_and_the_start_function() {
    let text = "
func @inc(%x: word) -> (word) {
  ^entry(%x: word):
    %r = zk.add64_imm %x {imm = 1} : word
    zk.ret %r
}
func @double(%x: word) -> (word) {
  ^entry(%x: word):
    %r = zk.add64 %x, %x : word
    zk.ret %r
}
func @main(%i: word, %x: word) -> (word) {
  ^entry(%i: word, %x: word):
    %w = zk.ldt %i {slot = 3, size = 3} : word
    %r = zk.calli %w, %x {type = 4, results = 1} : word
    %g = zk.lds {slot = 2} : word
    %s = zk.add64 %r, %g : word
    zk.ret %s
}
func @start() -> () {
  ^entry:
    %c = zk.li {imm = 1000} : word
    zk.sts %c {slot = 2}
    zk.ret
}";
    let func = |slot: u32, index| InitWord {
        addr: STATIC_BASE + slot,
        value: InitValue::Func { index, type_id: 4 },
    };
    let rest = Rest {
        start: Some(3),
        pages: 1,
        init: vec![func(4, 1), func(3, 0)],
    };
    let run = |i: u64| outcome(text, "main", &[i, 21], &rest);
    assert_eq!(run(0).results, [1022]);
    assert_eq!(run(1).results, [1042]);
    assert_eq!(run(2).status, Status::Trap(Trap::UninitializedElement));
    assert_eq!(run(3).status, Status::Trap(Trap::UndefinedElement));
}

/// Frames end with arguments that change places, with more of them than the function has registers, and the word of a table
/// among them.
#[test]
fn tail_calls_move_their_arguments() {
    let text = "
func @even(%n: word, %a: word, %b: word) -> (word, word) {
  ^entry(%n: word, %a: word, %b: word):
    zk.br_eq64_imm %n {imm = 0} [^done, ^more]
  ^more:
    %m = zk.add64_imm %n {imm = 18446744073709551615} : word
    zk.tcall %m, %b, %a, %n {callee = @1}
  ^done:
    zk.ret %a, %b
}
func @odd(%n: word, %a: word, %b: word, %unused: word) -> (word, word) {
  ^entry(%n: word, %a: word, %b: word, %unused: word):
    zk.br_eq64_imm %n {imm = 0} [^done, ^more]
  ^more:
    %m = zk.add64_imm %n {imm = 18446744073709551615} : word
    %i = zk.and64_imm %n {imm = 0} : word
    %w = zk.ldt %i {slot = 3, size = 1} : word
    %seven = zk.li {imm = 7} : word
    %c = zk.add64 %b, %seven : word
    zk.tcalli %w, %m, %c, %a {type = 4}
  ^done:
    zk.ret %b, %a
}
func @main(%n: word, %w: word) -> (word, word) {
  ^entry(%n: word, %w: word):
    %one = zk.li {imm = 1} : word
    %a, %b = zk.call %n, %one, %w {callee = @0} : word, word
    zk.ret %a, %b
}
func @wrong(%w: word) -> (word) {
  ^entry(%w: word):
    zk.tcalli %w, %w {type = 4}
}";
    let func = InitWord {
        addr: STATIC_BASE + 3,
        value: InitValue::Func {
            index: 0,
            type_id: 4,
        },
    };
    let rest = Rest {
        init: vec![func],
        ..Rest::default()
    };
    let model = |n: u64| {
        let (mut a, mut b, mut even) = (1u64, 2u64, true);
        for _ in 0..n {
            (a, b) = if even { (b, a) } else { (b + 7, a) };
            even = !even;
        }
        if even { [a, b] } else { [b, a] }
    };
    for n in [0, 1, 2, 3, 10, 11, 1_000_001] {
        assert_eq!(outcome(text, "main", &[n, 2], &rest).results, model(n));
    }
    let wrong = |word: u64| outcome(text, "wrong", &[word], &rest).status;
    assert_eq!(wrong(0), Status::Trap(Trap::UninitializedElement));
    for word in [1, 4 << 32 | 64, 6 << 32 | 64] {
        assert_eq!(wrong(word), Status::Trap(Trap::IndirectCallTypeMismatch));
    }
}

#[test]
fn memory_and_unused_results() {
    let text = "
func @main(%a: word) -> (word) {
  ^entry(%a: word):
    %dead = zk.ld64 %a {mem = +8 align 0} : word
    %unused = zk.add64 %dead, %a : word
    zk.st32 %a, %a {mem = +16 align 0}
    %v = zk.ld8u %a {mem = +16 align 0} : word
    %grown = zk.grow %v {max = 3} : word
    zk.ret %v
}";
    let rest = Rest {
        pages: 1,
        ..Rest::default()
    };
    let run = outcome(text, "main", &[5], &rest);
    assert_eq!(run.results, [5]);
    // arg, call, ld64, st32, ld8u, grow, ret and result, halt, plus at most one move to the result register.
    assert!(run.steps <= 10, "{}", run.steps);
    assert_eq!(
        outcome(text, "main", &[65536], &rest).status,
        Status::Trap(Trap::OutOfBoundsMemoryAccess)
    );
}

#[test]
fn loops_to_the_first_block() {
    let text = "
func @down(%n: word) -> (word) {
  ^entry(%n: word):
    %m = zk.add64_imm %n {imm = 18446744073709551615} : word
    zk.br_ne64_imm %m {imm = 3} [^entry(%m), ^done]
  ^done:
    zk.ret %m
}";
    assert_eq!(results(text, "down", &[10]), [3]);
    assert_eq!(steps_per_iteration(text, "down", 10..=20), 2.0);
}

#[test]
fn compiling_is_deterministic_and_independent_of_place() {
    for (_, body) in parse(FIB_REC) {
        assert_eq!(
            compile(&body, &checked(true)),
            compile(&body, &checked(true))
        );
    }
    let funcs = parse(FIB_REC);
    let code = compile(&funcs[0].1, &checked(true));
    assert!(
        code.insts
            .iter()
            .all(|i| i.op != ZkOp::Call || i.target == 0)
    );
    let missing = link(LinkInput {
        functions: vec![(7, "f".to_owned(), &code)],
        ..LinkInput::default()
    });
    assert_eq!(missing, Err(BackendError::MissingFunction(0)));
}

#[test]
fn what_is_not_zk_is_refused() {
    use zkc_ir::{Builder, Signature, Type};
    let mut b = Builder::new(Signature::new([], [Type::Word]));
    let root = b.body().root();
    let entry = b.block(root, &[]);
    assert!(matches!(
        compile_function(b.body(), &Options::default()),
        Err(BackendError::Malformed(_))
    ));
    b.switch_to(entry);
    let v = b.value(
        zkc_ir::ClifOp::Iconst64,
        &[],
        vec![zkc_ir::Attr::Int(1)],
        Type::Word,
    );
    b.op(ZkOp::Ret, &[v], Vec::new(), &[]);
    assert!(matches!(
        compile_function(&b.finish(), &Options::default()),
        Err(BackendError::NotZk(_))
    ));
}

#[test]
fn a_trap_vector_goes_on_in_another_stub() {
    let text = "
func @main(%x: word) -> (word) {
  ^entry(%x: word):
    %hundred = zk.li {imm = 100} : word
    %r = zk.call %hundred, %x {callee = @1} : word
    zk.ret %r
}
func @divide(%x: word, %y: word) -> (word) {
  ^entry(%x: word, %y: word):
    %r = zk.divu64 %x, %y : word
    zk.ret %r
}
func @otherwise() -> (word) {
  ^entry:
    %r = zk.li {imm = 77} : word
    zk.ret %r
}";
    let mut program = program(&parse(text), &checked(true), &Rest::default());
    let handler = program.entry("otherwise").unwrap().pc;
    add_vectors(
        &mut program,
        [
            (Trap::Unreachable, handler),
            (Trap::IntegerDivideByZero, handler),
        ],
    );
    let run = |x: u64| zkc_isa::run(&program, "main", &[x], &[], &Limits::default()).unwrap();
    assert_eq!((run(7).status, run(7).results), (Status::Done, vec![14]));
    assert_eq!((run(0).status, run(0).results), (Status::Done, vec![77]));
    add_vectors(&mut program, [(Trap::Unreachable, handler + 1)]);
    let one = Trap::Unreachable.code();
    assert_eq!(
        program.vectors,
        [(one, handler + 1), (one + 1, handler)],
        "the later one counts"
    );
}
