//! What small functions become: one behaviour per test.

use zkc_egraph::{Level, Options, Stats, optimize};
use zkc_ir::{CRANELIFT, DialectSet, parse_funcs, print_body};
use zkc_isa::{CostModel, ZK};

fn optimized(blocks: &str, level: Level) -> (String, Stats) {
    let text = format!("func @f{blocks}\n");
    let funcs = parse_funcs(&text, DialectSet(&[CRANELIFT, ZK]))
        .unwrap_or_else(|e| panic!("{e}: {:?}", e.place));
    zkc_ir::verify(&funcs[0].body).expect("the input verifies");
    let model = CostModel::named("cells").expect("a model of the machine's");
    let (output, stats) = optimize(
        &funcs[0].body,
        &model,
        &Options {
            level,
            ..Options::default()
        },
    )
    .expect("it has a zk form");
    (print_body(&output), stats)
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn level_0_gives_each_op_its_instruction() {
    let (text, _) = optimized(
        "(%0: i32) -> (i32) {
          ^0(%0: i32):
            %1 = cranelift.iconst.i32 {value = 7} : i32
            %2 = cranelift.iadd.i32 %0, %1 : i32
            zk.ret %2
        }",
        Level::O0,
    );
    assert_eq!(
        (count(&text, "zk.li"), count(&text, "zk.add32 ")),
        (1, 1),
        "{text}"
    );
}

#[test]
fn constants_are_part_of_instructions() {
    let (text, _) = optimized(
        "(%0: i32) -> (i32) {
          ^0(%0: i32):
            %1 = cranelift.iconst.i32 {value = 7} : i32
            %2 = cranelift.iadd.i32 %0, %1 : i32
            %3 = cranelift.isub.i32 %2, %1 : i32
            %4 = cranelift.isub.i32 %3, %1 : i32
            zk.ret %4
        }",
        Level::O1,
    );
    assert!(
        text.contains("zk.add32_imm %0 {imm = 4294967289}"),
        "{text}"
    );
    assert_eq!(count(&text, " = "), 2, "{text}");
}

#[test]
fn zero_extension_and_its_wrap_are_no_ops() {
    let (text, _) = optimized(
        "(%0: i32, %1: i32) -> (i32) {
          ^0(%0: i32, %1: i32):
            %2 = cranelift.uextend.i64 %0 : i64
            %3 = cranelift.uextend.i64 %1 : i64
            %4 = cranelift.iadd.i64 %2, %3 : i64
            %5 = cranelift.ireduce.i32 %4 : i32
            zk.ret %5
        }",
        Level::O1,
    );
    assert!(
        text.contains("zk.add32 %0, %1") && !text.contains("wrap"),
        "{text}"
    );
}

#[test]
fn shifts_that_meet_are_a_rotation() {
    let (text, _) = optimized(
        "(%0: i32) -> (i32) {
          ^0(%0: i32):
            %1 = cranelift.iconst.i32 {value = 7} : i32
            %2 = cranelift.iconst.i32 {value = 25} : i32
            %3 = cranelift.ushr.i32 %0, %1 : i32
            %4 = cranelift.ishl.i32 %0, %2 : i32
            %5 = cranelift.bor.i32 %3, %4 : i32
            zk.ret %5
        }",
        Level::O1,
    );
    assert!(text.contains("zk.rotl32_imm %0 {imm = 25}"), "{text}");
}

#[test]
fn branches_test_comparisons_and_constants_directly() {
    let (text, _) = optimized(
        "(%0: i32) -> (i32) {
          ^0(%0: i32):
            %1 = cranelift.iconst.i32 {value = 10} : i32
            %2 = cranelift.icmp.i32 %0, %1 {cond = sgt} : i32
            %3 = cranelift.iconst.i32 {value = 0} : i32
            %4 = cranelift.icmp.i32 %2, %3 {cond = eq} : i32
            cranelift.brif %4 [^1, ^2]
          ^1:
            zk.ret %0
          ^2:
            zk.ret %1
        }",
        Level::O1,
    );
    assert!(text.contains("zk.br_lts32_imm %0 {imm = 11}"), "{text}");
}

#[test]
fn branches_on_constants_are_jumps() {
    let (text, _) = optimized(
        "(%0: i32) -> (i32) {
          ^0(%0: i32):
            %1 = cranelift.bxor.i32 %0, %0 : i32
            cranelift.brif %1 [^1, ^2]
          ^1:
            zk.trap {kind = unreachable}
          ^2:
            zk.ret %0
        }",
        Level::O1,
    );
    assert!(
        text.contains("zk.jump [^1]") && !text.contains("zk.trap"),
        "{text}"
    );
}

#[test]
fn what_does_not_change_leaves_the_loop() {
    let (text, _) = optimized(
        "(%0: i32, %1: i32) -> (i32) {
          ^0(%0: i32, %1: i32):
            cranelift.jump [^1(%0)]
          ^1(%2: i32):
            %3 = cranelift.imul.i32 %1, %1 : i32
            %4 = cranelift.iadd.i32 %2, %3 : i32
            zk.sts %4 {slot = 2}
            cranelift.brif %4 [^1(%4), ^2]
          ^2:
            zk.ret %4
        }",
        Level::O0,
    );
    let (before, _) = text.split_once("^1(").expect("a loop");
    assert!(before.contains("zk.mul32"), "{text}");
}

#[test]
fn one_branch_does_not_pay_for_the_other() {
    let (text, _) = optimized(
        "(%0: i32, %1: i32) -> (i32) {
          ^0(%0: i32, %1: i32):
            cranelift.brif %0 [^1, ^2]
          ^1:
            %2 = cranelift.imul.i32 %1, %1 : i32
            zk.ret %2
          ^2:
            %3 = cranelift.imul.i32 %1, %1 : i32
            %4 = cranelift.iadd.i32 %3, %1 : i32
            zk.ret %4
        }",
        Level::O1,
    );
    let (before, _) = text.split_once("^1:").expect("a branch");
    assert!(
        !before.contains("zk.mul32") && count(&text, "zk.mul32") == 2,
        "{text}"
    );
}

#[test]
fn one_op_of_the_source_is_computed_once() {
    let (text, _) = optimized(
        "(%0: i32, %1: i32) -> (i32) {
          ^0(%0: i32, %1: i32):
            %2 = cranelift.imul.i32 %1, %1 : i32
            cranelift.brif %0 [^1, ^2]
          ^1:
            zk.sts %2 {slot = 2}
            cranelift.jump [^2]
          ^2:
            zk.ret %2
        }",
        Level::O1,
    );
    assert_eq!(count(&text, "zk.mul32"), 1, "{text}");
}

#[test]
fn addresses_fold_only_where_they_cannot_wrap() {
    let body = |add: &str| {
        format!(
            "(%0: i32) -> (i32) {{
              ^0(%0: i32):
                %1 = cranelift.iconst.i32 {{value = 255}} : i32
                %2 = cranelift.band.i32 %0, %1 : i32
                %3 = cranelift.iadd.i32 {add}, %1 : i32
                %4 = zk.ld32u %3 {{mem = +8 align 4}} : i32
                zk.ret %4
            }}"
        )
    };
    let (text, _) = optimized(&body("%2"), Level::O1);
    assert!(
        text.contains("mem = +263") && !text.contains("add32"),
        "{text}"
    );
    let (text, _) = optimized(&body("%0"), Level::O1);
    assert!(
        text.contains("mem = +8") && text.contains("add32"),
        "{text}"
    );
}

#[test]
fn addresses_after_an_access_need_no_sum() {
    let (text, _) = optimized(
        "(%0: i32) -> (i32) {
          ^0(%0: i32):
            %1 = cranelift.iconst.i32 {value = 65536} : i32
            %2 = cranelift.iconst.i32 {value = 65539} : i32
            %3 = cranelift.iconst.i32 {value = 65530} : i32
            %4 = cranelift.iadd.i32 %0, %1 : i32
            %5 = zk.ld8u %4 {mem = +0 align 0} : i32
            %6 = cranelift.iadd.i32 %0, %2 : i32
            %7 = zk.ld8u %6 {mem = +0 align 0} : i32
            %8 = cranelift.iadd.i32 %0, %3 : i32
            %9 = zk.ld8u %8 {mem = +0 align 0} : i32
            %10 = zk.ld8u %0 {mem = +0 align 0} : i32
            %11 = cranelift.iadd.i32 %5, %7 : i32
            %12 = cranelift.iadd.i32 %9, %10 : i32
            %13 = cranelift.isub.i32 %11, %12 : i32
            zk.ret %13
        }",
        Level::O1,
    );
    // The third address lies below the first, so it may have wrapped.
    assert!(
        count(&text, "zk.add32_imm") == 2 && text.contains("mem = +3"),
        "{text}"
    );
}

#[test]
fn stores_drop_masks_of_what_they_do_not_write() {
    let (text, _) = optimized(
        "(%0: i32, %1: i64) -> () {
          ^0(%0: i32, %1: i64):
            %2 = cranelift.ireduce.i32 %1 : i32
            %3 = cranelift.iconst.i32 {value = 255} : i32
            %4 = cranelift.band.i32 %2, %3 : i32
            zk.st8 %0, %4 {mem = +0 align 1}
            zk.ret
        }",
        Level::O1,
    );
    assert!(text.contains("zk.st8 %0, %1"), "{text}");
}

#[test]
fn divisions_trap_where_they_may_and_are_shared() {
    let (text, _) = optimized(
        "(%0: i32, %1: i32) -> (i32) {
          ^0(%0: i32, %1: i32):
            %2 = cranelift.udiv.i32 %0, %1 : i32
            %3 = cranelift.iconst.i32 {value = 10} : i32
            %4 = cranelift.udiv.i32 %0, %3 : i32
            %5 = cranelift.udiv.i32 %0, %1 : i32
            %6 = cranelift.iadd.i32 %2, %5 : i32
            zk.ret %6
        }",
        Level::O1,
    );
    assert!(
        count(&text, "zk.divu32 ") == 1 && !text.contains("divu32_imm"),
        "{text}"
    );
}

#[test]
fn parameters_that_are_copies_or_unused_vanish() {
    let (text, _) = optimized(
        "(%0: i32, %1: i32) -> (i32) {
          ^0(%0: i32, %1: i32):
            cranelift.brif %0 [^1(%1, %0), ^1(%1, %1)]
          ^1(%2: i32, %3: i32):
            zk.ret %2
        }",
        Level::O0,
    );
    assert!(text.contains("^1:") && text.contains("zk.ret %1"), "{text}");
}

#[test]
fn equal_values_of_different_branches_stay_apart() {
    // Both sides of each or are the same class, but the second names a value that only its own branch has.
    let (text, _) = optimized(
        "(%0: i32) -> (i32) {
          ^0(%0: i32):
            cranelift.brif %0 [^1, ^2]
          ^1:
            %1 = zk.lds {slot = 3} : i32
            %2 = cranelift.band.i32 %0, %1 : i32
            %3 = cranelift.bor.i32 %0, %2 : i32
            %4 = cranelift.imul.i32 %3, %3 : i32
            zk.ret %4
          ^2:
            %5 = cranelift.imul.i32 %0, %0 : i32
            zk.ret %5
        }",
        Level::O2,
    );
    assert_eq!(count(&text, "zk.mul32"), 2, "{text}");
    assert!(!text.contains("zk.or32"), "{text}");
}

#[test]
fn limits_stop_rewriting_and_the_result_is_whole() {
    let mut ops = String::new();
    for i in 1..300 {
        ops += &format!(
            "            %{} = cranelift.bxor.i32 %{}, %0 : i32\n",
            i,
            i - 1
        );
    }
    let text =
        format!("func @f(%0: i32) -> (i32) {{\n  ^0(%0: i32):\n{ops}            zk.ret %299\n}}\n");
    let body = &parse_funcs(&text, DialectSet(&[CRANELIFT, ZK])).expect("well formed")[0].body;
    let model = CostModel::named("cells").expect("a model of the machine's");
    let limits = zkc_egraph::Limits {
        rewritten_ops: 10,
        ..Default::default()
    };
    let (_, stats) = optimize(
        body,
        &model,
        &Options {
            level: Level::O2,
            limits,
            ..Options::default()
        },
    )
    .expect("it has a zk form");
    assert_eq!(stats.stop, zkc_egraph::Stop::TooLarge);
    let limits = zkc_egraph::Limits {
        iterations: 1,
        ..Default::default()
    };
    let (_, stats) = optimize(
        body,
        &model,
        &Options {
            level: Level::O2,
            limits,
            ..Options::default()
        },
    )
    .expect("it has a zk form");
    assert_eq!(stats.stop, zkc_egraph::Stop::Iterations);
    let limits = zkc_egraph::Limits {
        iterations: 100,
        matches: 1,
        ..Default::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    let (_, stats) = optimize(body, &model, &options).expect("it has a zk form");
    assert_eq!(stats.stop.limit(), Some("matches"));
    let (_, stats) = optimize(body, &model, &Options::default()).expect("it has a zk form");
    assert_eq!(
        stats.ops.get(&zkc_isa::ZkOp::Xor32),
        None,
        "xor with itself cancels all the way"
    );
}
