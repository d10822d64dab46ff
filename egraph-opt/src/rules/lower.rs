//! The zk forms of cranelift forms.
//!
//! Rules of level 0 give every op one form with register operands (constants come from `zk.li`); those of level 1 add
//! forms with a constant operand and 32-bit forms of ops whose words are small. Every head that the graph may hold has
//! a form of level 0: extraction fails otherwise, and a test walks all heads.

use super::{Group, Proof, Rule};
use crate::Level;

const fn r(name: &'static str, lhs: &'static str, rhs: &'static str, doc: &'static str) -> Rule {
    Rule::new(Group::Lower, name, lhs, rhs, doc).at(Level::O0)
}

/// A form with a constant operand.
const fn imm(name: &'static str, lhs: &'static str, rhs: &'static str) -> Rule {
    Rule::new(
        Group::Lower,
        name,
        lhs,
        rhs,
        "the constant is part of the instruction",
    )
    .when("const(c)")
}

/// A form that reads the width's low half of words that have no upper half.
const fn word(name: &'static str, lhs: &'static str, rhs: &'static str) -> Rule {
    Rule::new(
        Group::Lower,
        name,
        lhs,
        rhs,
        "the same word at the width that holds the operands",
    )
    .when("max(x) <= M && max(y) <= M")
    .at(Level::O0)
}

/// A form with a constant operand, at the width that holds the operands.
const fn word_imm(name: &'static str, lhs: &'static str, rhs: &'static str) -> Rule {
    Rule::new(
        Group::Lower,
        name,
        lhs,
        rhs,
        "the constant is part of the instruction",
    )
    .when("c <= M && max(x) <= M")
}

const DIRECT: &str = "the instruction of the same meaning";

pub(super) const RULES: &[Rule] = &[
    r("lower-add", "(iadd.$ ?x ?y)", "(zk.add# ?x ?y)", DIRECT),
    r("lower-sub", "(isub.$ ?x ?y)", "(zk.sub# ?x ?y)", DIRECT),
    r("lower-mul", "(imul.$ ?x ?y)", "(zk.mul# ?x ?y)", DIRECT),
    r(
        "lower-umulhi",
        "(umulhi.i64 ?x ?y)",
        "(zk.mulhu64 ?x ?y)",
        DIRECT,
    )
    .word(),
    r("lower-shl", "(ishl.$ ?x ?y)", "(zk.shl# ?x ?y)", DIRECT),
    r("lower-shru", "(ushr.$ ?x ?y)", "(zk.shru# ?x ?y)", DIRECT),
    r("lower-shrs", "(sshr.$ ?x ?y)", "(zk.shrs# ?x ?y)", DIRECT),
    r("lower-rotl", "(rotl.$ ?x ?y)", "(zk.rotl# ?x ?y)", DIRECT),
    r("lower-rotr", "(rotr.$ ?x ?y)", "(zk.rotr# ?x ?y)", DIRECT),
    r("lower-clz", "(clz.$ ?x)", "(zk.clz# ?x)", DIRECT),
    r("lower-ctz", "(ctz.$ ?x)", "(zk.ctz# ?x)", DIRECT),
    r("lower-popcnt", "(popcnt.$ ?x)", "(zk.popcnt# ?x)", DIRECT),
    r(
        "lower-sextend8",
        "(sextend8.$ ?x)",
        "(zk.sext8_# ?x)",
        DIRECT,
    ),
    r(
        "lower-sextend16",
        "(sextend16.$ ?x)",
        "(zk.sext16_# ?x)",
        DIRECT,
    ),
    r("lower-sextend", "(sextend ?x)", "(zk.sext32_64 ?x)", DIRECT).word(),
    r("lower-wrap", "(ireduce ?x)", "(zk.wrap ?x)", DIRECT).word(),
    r(
        "lower-select",
        "(select ?c ?x ?y)",
        "(zk.select ?c ?x ?y)",
        DIRECT,
    )
    .word(),
    r("lower-slt", "(slt.$ ?x ?y)", "(zk.lts# ?x ?y)", DIRECT),
    r("lower-sge", "(sge.$ ?x ?y)", "(zk.ges# ?x ?y)", DIRECT),
    r("lower-sdiv", "(sdiv.$ ?x ?y)", "(zk.divs# ?x ?y)", DIRECT),
    r("lower-srem", "(srem.$ ?x ?y)", "(zk.rems# ?x ?y)", DIRECT),
    word("lower-udiv", "(udiv ?x ?y)", "(zk.divu# ?x ?y)").proven(Proof::Below(&["x", "y"], 0)),
    word("lower-urem", "(urem ?x ?y)", "(zk.remu# ?x ?y)").proven(Proof::Below(&["x", "y"], 0)),
    word("lower-and", "(band ?x ?y)", "(zk.and# ?x ?y)"),
    word("lower-or", "(bor ?x ?y)", "(zk.or# ?x ?y)"),
    word("lower-xor", "(bxor ?x ?y)", "(zk.xor# ?x ?y)"),
    word("lower-eq", "(eq ?x ?y)", "(zk.eq# ?x ?y)"),
    word("lower-ne", "(ne ?x ?y)", "(zk.ne# ?x ?y)"),
    word("lower-ult", "(ult ?x ?y)", "(zk.ltu# ?x ?y)"),
    word("lower-uge", "(uge ?x ?y)", "(zk.geu# ?x ?y)"),
    imm("lower-add-imm", "(iadd.$ ?x ?c)", "(zk.add#_imm ?x ?c)"),
    r(
        "lower-sub-imm",
        "(isub.$ ?x ?c)",
        "(zk.add#_imm ?x ?d)",
        "subtracting a constant is adding its negation",
    )
    .when("const(c)")
    .with("d = -c")
    .at(Level::O1),
    imm("lower-mul-imm", "(imul.$ ?x ?c)", "(zk.mul#_imm ?x ?c)"),
    imm("lower-shl-imm", "(ishl.$ ?x ?c)", "(zk.shl#_imm ?x ?c)").when("c < W"),
    imm("lower-shru-imm", "(ushr.$ ?x ?c)", "(zk.shru#_imm ?x ?c)").when("c < W"),
    imm("lower-shrs-imm", "(sshr.$ ?x ?c)", "(zk.shrs#_imm ?x ?c)").when("c < W"),
    imm("lower-rotl-imm", "(rotl.$ ?x ?c)", "(zk.rotl#_imm ?x ?c)").when("c < W"),
    imm("lower-slt-imm", "(slt.$ ?x ?c)", "(zk.lts#_imm ?x ?c)"),
    imm("lower-sge-imm", "(sge.$ ?x ?c)", "(zk.ges#_imm ?x ?c)"),
    imm("lower-sdiv-imm", "(sdiv.$ ?x ?c)", "(zk.divs#_imm ?x ?c)").when("c != 0 && c != M"),
    imm("lower-srem-imm", "(srem.$ ?x ?c)", "(zk.rems#_imm ?x ?c)").when("c != 0 && c != M"),
    word_imm("lower-udiv-imm", "(udiv ?x ?c)", "(zk.divu#_imm ?x ?c)")
        .when("c > 0 && c <= M && max(x) <= M")
        .proven(Proof::Below(&["c", "x"], 0)),
    word_imm("lower-urem-imm", "(urem ?x ?c)", "(zk.remu#_imm ?x ?c)")
        .when("c > 0 && c <= M && max(x) <= M")
        .proven(Proof::Below(&["c", "x"], 0)),
    word_imm("lower-and-imm", "(band ?x ?c)", "(zk.and#_imm ?x ?c)"),
    word_imm("lower-or-imm", "(bor ?x ?c)", "(zk.or#_imm ?x ?c)"),
    word_imm("lower-xor-imm", "(bxor ?x ?c)", "(zk.xor#_imm ?x ?c)"),
    word_imm("lower-eq-imm", "(eq ?x ?c)", "(zk.eq#_imm ?x ?c)"),
    word_imm("lower-ne-imm", "(ne ?x ?c)", "(zk.ne#_imm ?x ?c)"),
    word_imm("lower-ult-imm", "(ult ?x ?c)", "(zk.ltu#_imm ?x ?c)"),
    word_imm("lower-uge-imm", "(uge ?x ?c)", "(zk.geu#_imm ?x ?c)"),
    r(
        "lower-sextend-wrap",
        "(sextend (ireduce ?x))",
        "(zk.sext32_64 ?x)",
        "a 64-bit extension reads the low half of any word",
    )
    .word()
    .at(Level::O1),
];
