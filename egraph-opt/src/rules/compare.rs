//! Rules about comparisons and their boolean results.
//!
//! Equality and unsigned order are those of words at any width. The graph holds only `eq ne ult uge slt sge`: the others
//! are these with operands exchanged, and a constant on the left moves to the right by one.

use super::{Group, Rule};
use crate::Level;

const fn r(name: &'static str, lhs: &'static str, rhs: &'static str, doc: &'static str) -> Rule {
    Rule::new(Group::Compare, name, lhs, rhs, doc).word()
}

const NEGATED: &str = "a negated comparison is the opposite one";
const FITS_I32: &str = "signed(c) >= 0 - 2147483648 && signed(c) <= 2147483647";

pub(super) const RULES: &[Rule] = &[
    r("eq-self", "(eq ?x ?x)", "1", "a value equals itself"),
    r("ne-self", "(ne ?x ?x)", "0", "a value equals itself"),
    r(
        "ult-self",
        "(ult ?x ?x)",
        "0",
        "a value is not below itself",
    ),
    r(
        "uge-self",
        "(uge ?x ?x)",
        "1",
        "a value is not below itself",
    ),
    r(
        "slt-self",
        "(slt.$ ?x ?x)",
        "0",
        "a value is not below itself",
    )
    .both(),
    r(
        "sge-self",
        "(sge.$ ?x ?x)",
        "1",
        "a value is not below itself",
    )
    .both(),
    r(
        "ne-zero-bool",
        "(ne ?b 0)",
        "?b",
        "a boolean is its own truth",
    )
    .when("max(b) <= 1"),
    r(
        "eq-one-bool",
        "(eq ?b 1)",
        "?b",
        "a boolean is its own truth",
    )
    .when("max(b) <= 1"),
    r(
        "eq-zero-bool",
        "(eq ?b 0)",
        "(bxor ?b 1)",
        "zero is the opposite of a boolean",
    )
    .when("max(b) <= 1"),
    r(
        "ne-one-bool",
        "(ne ?b 1)",
        "(bxor ?b 1)",
        "not one is the opposite of a boolean",
    )
    .when("max(b) <= 1"),
    r("not-eq", "(bxor (eq ?x ?y) 1)", "(ne ?x ?y)", NEGATED),
    r("not-ne", "(bxor (ne ?x ?y) 1)", "(eq ?x ?y)", NEGATED),
    r("not-ult", "(bxor (ult ?x ?y) 1)", "(uge ?x ?y)", NEGATED),
    r("not-uge", "(bxor (uge ?x ?y) 1)", "(ult ?x ?y)", NEGATED),
    r(
        "not-slt",
        "(bxor (slt.$ ?x ?y) 1)",
        "(sge.$ ?x ?y)",
        NEGATED,
    )
    .both(),
    r(
        "not-sge",
        "(bxor (sge.$ ?x ?y) 1)",
        "(slt.$ ?x ?y)",
        NEGATED,
    )
    .both(),
    r(
        "not-bool",
        "(bxor ?b 1)",
        "(eq ?b 0)",
        "the opposite of a boolean says that it is zero",
    )
    .when("max(b) <= 1"),
    r("ult-one", "(ult ?x 1)", "(eq ?x 0)", "below one is zero"),
    r(
        "uge-one",
        "(uge ?x 1)",
        "(ne ?x 0)",
        "not below one is not zero",
    ),
    r(
        "ult-zero-left",
        "(ult 0 ?x)",
        "(ne ?x 0)",
        "above zero is not zero",
    ),
    r(
        "uge-zero-left",
        "(uge 0 ?x)",
        "(eq ?x 0)",
        "not above zero is zero",
    ),
    r(
        "ult-const-left",
        "(ult ?c ?x)",
        "(uge ?x ?d)",
        "above a constant is not below the next",
    )
    .when("c < M")
    .with("d = c + 1"),
    r(
        "uge-const-left",
        "(uge ?c ?x)",
        "(ult ?x ?d)",
        "not above a constant is below the next",
    )
    .when("c < M")
    .with("d = c + 1"),
    r(
        "slt-const-left",
        "(slt.$ ?c ?x)",
        "(sge.$ ?x ?d)",
        "above a constant is not below the next",
    )
    .when("c != SB - 1")
    .with("d = c + 1")
    .both(),
    r(
        "sge-const-left",
        "(sge.$ ?c ?x)",
        "(slt.$ ?x ?d)",
        "not above a constant is below the next",
    )
    .when("c != SB - 1")
    .with("d = c + 1")
    .both(),
    r(
        "slt-nonneg",
        "(slt.$ ?x ?y)",
        "(ult ?x ?y)",
        "values that are not negative compare without sign",
    )
    .when("max(x) < SB && max(y) < SB")
    .both(),
    r(
        "sge-nonneg",
        "(sge.$ ?x ?y)",
        "(uge ?x ?y)",
        "values that are not negative compare without sign",
    )
    .when("max(x) < SB && max(y) < SB")
    .both(),
    r(
        "slt-sextend",
        "(slt.i64 (sextend ?x) (sextend ?y))",
        "(slt.i32 ?x ?y)",
        "extended values compare as the i32 they were",
    ),
    r(
        "sge-sextend",
        "(sge.i64 (sextend ?x) (sextend ?y))",
        "(sge.i32 ?x ?y)",
        "extended values compare as the i32 they were",
    ),
    r(
        "slt-sextend-const",
        "(slt.i64 (sextend ?x) ?c)",
        "(slt.i32 ?x ?d)",
        "an extended value compares as the i32 it was",
    )
    .when(FITS_I32)
    .with("d = c & LOW"),
    r(
        "sge-sextend-const",
        "(sge.i64 (sextend ?x) ?c)",
        "(sge.i32 ?x ?d)",
        "an extended value compares as the i32 it was",
    )
    .when(FITS_I32)
    .with("d = c & LOW"),
    r(
        "eq-sextend",
        "(eq (sextend ?x) (sextend ?y))",
        "(eq ?x ?y)",
        "extension keeps values apart",
    )
    .when("max(x) <= LOW && max(y) <= LOW"),
    r(
        "ne-sextend",
        "(ne (sextend ?x) (sextend ?y))",
        "(ne ?x ?y)",
        "extension keeps values apart",
    )
    .when("max(x) <= LOW && max(y) <= LOW"),
    r(
        "eq-sextend-const",
        "(eq (sextend ?x) ?c)",
        "(eq ?x ?d)",
        "extension keeps values apart",
    )
    .when("max(x) <= LOW && signed(c) >= 0 - 2147483648 && signed(c) <= 2147483647")
    .with("d = c & LOW"),
    r(
        "ne-sextend-const",
        "(ne (sextend ?x) ?c)",
        "(ne ?x ?d)",
        "extension keeps values apart",
    )
    .when("max(x) <= LOW && signed(c) >= 0 - 2147483648 && signed(c) <= 2147483647")
    .with("d = c & LOW"),
    r(
        "eq-sub",
        "(eq (isub.$ ?x ?y) 0)",
        "(eq ?x ?y)",
        "a difference of zero says equal",
    )
    .when("max(x) <= M && max(y) <= M")
    .both(),
    r(
        "ne-sub",
        "(ne (isub.$ ?x ?y) 0)",
        "(ne ?x ?y)",
        "a difference of zero says equal",
    )
    .when("max(x) <= M && max(y) <= M")
    .both(),
    r(
        "eq-xor",
        "(eq (bxor ?x ?y) 0)",
        "(eq ?x ?y)",
        "an xor of zero says equal",
    ),
    r(
        "ne-xor",
        "(ne (bxor ?x ?y) 0)",
        "(ne ?x ?y)",
        "an xor of zero says equal",
    ),
    r(
        "eq-add-const",
        "(eq (iadd.$ ?x ?c) ?d)",
        "(eq ?x ?e)",
        "a constant moves to the other side",
    )
    .when("const(c) && d <= M && max(x) <= M")
    .with("e = d - c")
    .both(),
    r(
        "ne-add-const",
        "(ne (iadd.$ ?x ?c) ?d)",
        "(ne ?x ?e)",
        "a constant moves to the other side",
    )
    .when("const(c) && d <= M && max(x) <= M")
    .with("e = d - c")
    .both(),
    r(
        "eq-xor-const",
        "(eq (bxor ?x ?c) ?d)",
        "(eq ?x ?e)",
        "a constant moves to the other side",
    )
    .when("const(c) && const(d)")
    .with("e = c ^ d"),
    r(
        "ne-xor-const",
        "(ne (bxor ?x ?c) ?d)",
        "(ne ?x ?e)",
        "a constant moves to the other side",
    )
    .when("const(c) && const(d)")
    .with("e = c ^ d"),
    r(
        "carry-sum",
        "(ult (iadd.$ ?x ?y) ?x)",
        "(uge ?x (isub.$ 0 ?y))",
        "a sum that wrapped is below its first term",
    )
    .when("const(y) && min(y) > 0 && max(x) <= M && max(y) <= M")
    .both(),
    r(
        "and-eq-zero",
        "(band (eq ?x 0) (eq ?y 0))",
        "(eq (bor ?x ?y) 0)",
        "both are zero if their or is",
    ),
    r(
        "or-ne-zero",
        "(bor (ne ?x 0) (ne ?y 0))",
        "(ne (bor ?x ?y) 0)",
        "one is not zero if their or is not",
    ),
    r(
        "range-inside",
        "(band (uge ?x ?l) (ult ?x ?h))",
        "(ult (iadd.$ ?x ?n) ?d)",
        "two bounds are one after a shift of origin",
    )
    .when("l < h && h <= M && max(x) <= M")
    .with("n = -l; d = h - l")
    .both()
    .at(Level::O2),
    r(
        "range-outside",
        "(bor (ult ?x ?l) (uge ?x ?h))",
        "(uge (iadd.$ ?x ?n) ?d)",
        "two bounds are one after a shift of origin",
    )
    .when("l < h && h <= M && max(x) <= M")
    .with("n = -l; d = h - l")
    .both()
    .at(Level::O2),
];
