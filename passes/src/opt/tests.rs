//! One case per clean-up, as text before and after.

use super::{InlineOptions, PASSES, Pass, cleanup, inline, inline_candidates};
use zkc_ir::{Body, CRANELIFT, DialectSet, parse_funcs, print_body, verify};

fn body(text: &str) -> Body {
    let text = format!("func @f{text}");
    let mut funcs = parse_funcs(&text, DialectSet(&[CRANELIFT])).expect("the text is well-formed");
    let body = funcs.remove(0).body;
    verify(&body).expect("the text verifies");
    body
}

/// The ops of a body after a pass, without the parts every text has.
fn after(pass: &str, text: &str) -> String {
    let pass: &Pass = PASSES
        .iter()
        .find(|p| p.name == pass)
        .expect("the pass exists");
    let result = (pass.run)(&body(text));
    verify(&result).expect("the result verifies");
    print_body(&result)
}

#[test]
fn names_are_distinct_and_documented() {
    for (i, pass) in PASSES.iter().enumerate() {
        assert!(!pass.doc.is_empty());
        assert!(PASSES[..i].iter().all(|p| p.name != pass.name));
    }
}

#[test]
fn constants_fold_through_branches() {
    let text = after(
        "fold",
        "() -> (i32) {
  ^0:
    %0 = cranelift.iconst.i32 {value = 6} : i32
    %1 = cranelift.imul.i32 %0, %0 : i32
    %2 = cranelift.icmp.i32 %1, %0 {cond = ult} : i32
    cranelift.brif %2 [^1, ^2]
  ^1:
    cranelift.trap {kind = unreachable}
  ^2:
    cranelift.return %1
}
",
    );
    assert!(
        text.contains("{value = 36}") && !text.contains("brif") && !text.contains("trap"),
        "{text}"
    );
}

#[test]
fn a_division_that_traps_does_not_fold() {
    let text = after(
        "cleanup",
        "() -> (i32) {
  ^0:
    %0 = cranelift.iconst.i32 {value = 0} : i32
    %1 = cranelift.udiv.i32 %0, %0 : i32
    cranelift.return %0
}
",
    );
    assert!(text.contains("udiv"), "{text}");
}

#[test]
fn tests_of_tests_turn_into_one() {
    let text = after(
        "cleanup",
        "(%0: i32) -> (i32) {
  ^0(%0: i32):
    %1 = cranelift.iconst.i32 {value = 0} : i32
    %2 = cranelift.iconst.i32 {value = 9} : i32
    %3 = cranelift.icmp.i32 %0, %2 {cond = slt} : i32
    %4 = cranelift.icmp.i32 %3, %1 {cond = eq} : i32
    cranelift.brif %4 [^1, ^2]
  ^1:
    cranelift.return %1
  ^2:
    cranelift.return %2
}
",
    );
    assert_eq!(text.matches("icmp").count(), 1, "{text}");
}

#[test]
fn equal_ops_merge_only_where_one_dominates() {
    let text = after(
        "gvn",
        "(%0: i32, %1: i32) -> (i32) {
  ^0(%0: i32, %1: i32):
    cranelift.brif %0 [^1, ^2]
  ^1:
    %2 = cranelift.iadd.i32 %0, %1 : i32
    %3 = cranelift.iadd.i32 %1, %0 : i32
    %4 = cranelift.imul.i32 %2, %3 : i32
    cranelift.return %4
  ^2:
    %5 = cranelift.iadd.i32 %0, %1 : i32
    cranelift.return %5
}
",
    );
    assert_eq!(text.matches("iadd").count(), 2, "{text}");
}

#[test]
fn stores_answer_loads_unless_something_may_lie_between() {
    let case = |between: &str| {
        after(
            "memory",
            &format!(
                "(%0: i32, %1: i32, %2: i32) -> (i32) {{
  ^0(%0: i32, %1: i32, %2: i32):
    %3 = cranelift.iconst.i32 {{value = 16}} : i32
    %4 = cranelift.isub.i32 %0, %3 : i32
    cranelift.store.i32 %4, %1 {{mem = +4 align 2}}
    {between}
    %5 = cranelift.load.i32 %4 {{mem = +4 align 2}} : i32
    cranelift.return %5
}}
"
            ),
        )
    };
    let forwarded = |text: &str| !text.contains("load");
    assert!(forwarded(&case("")));
    // Same base, no overlap, also through address arithmetic.
    assert!(forwarded(&case(
        "cranelift.store.i32 %4, %2 {mem = +8 align 2}"
    )));
    assert!(forwarded(&case(
        "cranelift.store.i32 %0, %2 {mem = +0 align 2}"
    )));
    // Overlap, through address arithmetic; another base; a call.
    assert!(!forwarded(&case(
        "cranelift.store.i32 %4, %2 {mem = +7 align 2}"
    )));
    assert!(!forwarded(&case(
        "cranelift.store.i32 %2, %2 {mem = +0 align 2}"
    )));
    assert!(!forwarded(&case("cranelift.call {callee = @3}")));
}

#[test]
fn a_stack_pointer_put_back_is_read_once_and_written_only_if_a_trap_could_show_it() {
    let counts = |between: &str| {
        let text = after(
            "cleanup",
            &format!(
                "(%0: i32) -> (i32) {{
  ^0(%0: i32):
    %1 = cranelift.global_get {{index = 0}} : i32
    %2 = cranelift.isub.i32 %1, %0 : i32
    cranelift.global_set %2 {{index = 0}}
    %3 = cranelift.global_get {{index = 0}} : i32
    %4 = {between} : i32
    cranelift.global_set %1 {{index = 0}}
    cranelift.return %4
}}
"
            ),
        );
        (
            text.matches("global_get").count(),
            text.matches("global_set").count(),
        )
    };
    assert_eq!(counts("cranelift.iadd.i32 %3, %0"), (1, 0));
    // The trap of the load leaves the moved pointer behind, as in the source.
    let load = "cranelift.load.i32 %3 {mem = +0 align 2}";
    assert_eq!(counts(load), (1, 2));
}

#[test]
fn invariant_reads_leave_loops_that_do_not_write() {
    let case = |store: &str| {
        after(
            "hoist",
            &format!(
                "(%0: i32, %1: i32) -> (i32) {{
  ^0(%0: i32, %1: i32):
    cranelift.jump [^1(%1)]
  ^1(%2: i32):
    %3 = cranelift.iadd.i32 %0, %1 : i32
    %4 = cranelift.load.i32 %3 {{mem = +0 align 2}} : i32
    {store}
    %5 = cranelift.global_get {{index = 1}} : i32
    %6 = cranelift.isub.i32 %2, %4 : i32
    cranelift.brif %6 [^1(%6), ^2]
  ^2:
    cranelift.return %5
}}
"
            ),
        )
    };
    let before_loop = |text: &str| {
        text.split("^1(")
            .next()
            .map_or(String::new(), str::to_owned)
    };
    let text = case("");
    assert!(
        before_loop(&text).contains("load") && before_loop(&text).contains("global_get"),
        "{text}"
    );
    let text = case("cranelift.store.i32 %2, %2 {mem = +0 align 2}");
    assert!(
        !before_loop(&text).contains("load") && before_loop(&text).contains("global_get"),
        "{text}"
    );
}

#[test]
fn blocks_join_and_pass_through() {
    let text = after(
        "flow",
        "(%0: i32) -> (i32) {
  ^0(%0: i32):
    cranelift.brif %0 [^1, ^2(%0)]
  ^1:
    cranelift.jump [^2(%0)]
  ^2(%1: i32):
    cranelift.jump [^3(%1)]
  ^3(%2: i32):
    cranelift.return %2
}
",
    );
    assert!(
        !text.contains("jump") && text.contains("cranelift.return %0"),
        "{text}"
    );
}

#[test]
fn a_call_becomes_the_callee() {
    let caller = body(
        "(%0: i32) -> (i32) {
  ^0(%0: i32):
    %1 = cranelift.call %0 {callee = @1} : i32
    %2 = cranelift.call %1 {callee = @1} : i32
    cranelift.return %2
}
",
    );
    let callee = body(
        "(%0: i32) -> (i32) {
  ^0(%0: i32):
    %1 = cranelift.iconst.i32 {value = 3} : i32
    cranelift.brif %0 [^1, ^2]
  ^1:
    %2 = cranelift.iadd.i32 %0, %1 : i32
    cranelift.return %2
  ^2:
    cranelift.return %1
}
",
    );
    let result = inline(
        &caller,
        &|index| (index == 1).then_some(&callee),
        &InlineOptions::default(),
    );
    verify(&result).expect("the result verifies");
    let text = print_body(&cleanup(&result));
    assert!(
        !text.contains("call") && text.matches("brif").count() == 2,
        "{text}"
    );
    // A recursion is cut off by the bounds.
    let endless = inline(
        &caller,
        &|index| (index == 1).then_some(&caller),
        &InlineOptions::default(),
    );
    verify(&endless).expect("the result verifies");
    assert!(endless.num_ops() < 20_100);
}

#[test]
fn a_load_is_known_across_writes_to_tables_and_other_memories() {
    let text = |op: &str| {
        format!(
            "(i32, i64) -> (i64) {{
  ^0(%0: i32, %1: i64):
    %2 = cranelift.load.i64 %0 {{mem = +0 align 3}} : i64
    {op}
    %3 = cranelift.load.i64 %0 {{mem = +0 align 3}} : i64
    %4 = cranelift.iadd.i64 %2, %3 : i64
    cranelift.return %4
}}
"
        )
    };
    for (op, known) in [
        ("cranelift.table_set %0, %1 {table = 0}", true),
        ("cranelift.memory_n_fill %0, %0, %0 {memory = 1}", true),
        (
            "cranelift.memory_n_copy %0, %0, %0 {to = 1, from = 0}",
            true,
        ),
        (
            "cranelift.memory_init %0, %0, %0 {memory = 1, segment = 0}",
            true,
        ),
        (
            "cranelift.memory_n_copy %0, %0, %0 {to = 0, from = 1}",
            false,
        ),
        (
            "cranelift.memory_init %0, %0, %0 {memory = 0, segment = 0}",
            false,
        ),
    ] {
        let result = after("memory", &text(op));
        let loads = result.matches("cranelift.load.i64").count();
        assert_eq!(loads, if known { 1 } else { 2 }, "{op}\n{result}");
    }
}

#[test]
fn a_tail_call_in_an_inlined_body_becomes_a_call() {
    let caller = body(
        "(%0: i32) -> (i32) {
  ^0(%0: i32):
    %1 = cranelift.call %0 {callee = @1} : i32
    %2 = cranelift.iadd.i32 %1, %0 : i32
    cranelift.return %2
}
",
    );
    let callee = body(
        "(%0: i32) -> (i32) {
  ^0(%0: i32):
    cranelift.brif %0 [^1, ^2]
  ^1:
    cranelift.return_call %0 {callee = @2}
  ^2:
    cranelift.return_call_indirect %0, %0 {type = 0, table = 0}
}
",
    );
    let lookup = |index: u32| match index {
        1 => Some(&callee),
        2 => Some(&caller),
        _ => None,
    };
    let once = InlineOptions {
        rounds: 1,
        ..InlineOptions::default()
    };
    let result = inline(&caller, &lookup, &once);
    verify(&result).expect("the result verifies");
    let text = print_body(&result);
    assert!(!text.contains("return_call"), "{text}");
    assert_eq!(text.matches("cranelift.call ").count(), 1, "{text}");
    assert_eq!(
        text.matches("cranelift.call_indirect ").count(),
        1,
        "{text}"
    );
    // A tail call itself stays, whatever its callee is.
    assert_eq!(inline(&callee, &lookup, &once), callee);
    // A cycle of tail calls is a recursion.
    let bodies = [(1, &callee), (2, &callee)].into();
    let candidates = inline_candidates(&bodies, &[1].into(), &InlineOptions::default());
    assert!(!candidates.contains(&2), "{candidates:?}");
}

#[test]
fn what_is_called_once_from_a_copied_function_is_not_copied_with_it() {
    let calling = |callees: &[u32], ops: usize| {
        let calls = callees
            .iter()
            .map(|callee| format!("    cranelift.call {{callee = @{callee}}}\n"));
        let adds = (1..=ops).map(|i| {
            let last = i - 1;
            format!("    %{i} = cranelift.iadd.i32 %{last}, %{last} : i32\n")
        });
        let text: String = calls.chain(adds).collect();
        body(&format!(
            "(%0: i32) -> () {{\n  ^0(%0: i32):\n{text}    cranelift.return\n}}\n"
        ))
    };
    // 0 calls 1 twice, 1 is small and calls 2, which is too large to be copied and calls 3; 4 is like 1, but called once.
    let (top, small, large) = (calling(&[1, 1, 4], 0), calling(&[2], 3), calling(&[3], 40));
    let (last, other) = (calling(&[], 41), calling(&[5], 3));
    let bodies = [
        (0, &top),
        (1, &small),
        (2, &large),
        (3, &last),
        (4, &other),
        (5, &last),
    ]
    .into();
    let options = InlineOptions::default();
    let candidates = inline_candidates(&bodies, &[0].into(), &options);
    assert_eq!(candidates, [0, 1, 3, 4, 5].into());
    // Routines may be larger.
    let options = InlineOptions {
        first_routine: Some(2),
        ..options
    };
    let candidates = inline_candidates(&bodies, &[0].into(), &options);
    assert_eq!(candidates, [0, 1, 2, 3, 4, 5].into());
}
