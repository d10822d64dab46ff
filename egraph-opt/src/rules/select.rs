//! Rules about selects.

use super::{Group, Rule};
use crate::Level;

const fn r(name: &'static str, lhs: &'static str, rhs: &'static str, doc: &'static str) -> Rule {
    Rule::new(Group::Select, name, lhs, rhs, doc).word()
}

pub(super) const RULES: &[Rule] = &[
    r(
        "select-true",
        "(select ?c ?x ?y)",
        "?x",
        "a condition that is never zero",
    )
    .when("min(c) > 0"),
    r(
        "select-false",
        "(select ?c ?x ?y)",
        "?y",
        "a condition that is always zero",
    )
    .when("max(c) == 0"),
    r(
        "select-same",
        "(select ?c ?x ?x)",
        "?x",
        "both choices are the same",
    ),
    r(
        "select-eq-zero",
        "(select (eq ?c 0) ?x ?y)",
        "(select ?c ?y ?x)",
        "a negated condition exchanges the choices",
    ),
    r(
        "select-ne-zero",
        "(select (ne ?c 0) ?x ?y)",
        "(select ?c ?x ?y)",
        "a condition is its own truth",
    ),
    r(
        "select-one-zero",
        "(select ?c 1 0)",
        "(ne ?c 0)",
        "choosing between one and zero is a truth value",
    ),
    r(
        "select-zero-one",
        "(select ?c 0 1)",
        "(eq ?c 0)",
        "choosing between zero and one is a truth value",
    ),
    r(
        "select-eq-same",
        "(select (eq ?x ?y) ?x ?y)",
        "?y",
        "if equal, either; else the second",
    ),
    r(
        "select-ne-same",
        "(select (ne ?x ?y) ?x ?y)",
        "?x",
        "if different, the first; else either",
    ),
    r(
        "select-nested-true",
        "(select ?c (select ?c ?x ?y) ?z)",
        "(select ?c ?x ?z)",
        "a condition known to hold",
    ),
    r(
        "select-nested-false",
        "(select ?c ?x (select ?c ?y ?z))",
        "(select ?c ?x ?z)",
        "a condition known to fail",
    ),
    r(
        "mask-by-bool",
        "(band ?x (isub.$ 0 ?b))",
        "(select ?b ?x 0)",
        "a mask made of a boolean is a choice",
    )
    .when("max(b) <= 1 && max(x) <= M")
    .both(),
    r(
        "mul-by-bool",
        "(imul.$ ?x ?b)",
        "(select ?b ?x 0)",
        "a product with a boolean is a choice",
    )
    .when("max(b) <= 1 && max(x) <= M")
    .both(),
    r(
        "select-else-zero",
        "(select ?b ?x 0)",
        "(imul.$ ?x ?b)",
        "a choice against zero is a product with a boolean",
    )
    .when("max(b) <= 1 && max(x) <= M")
    .both()
    .at(Level::O2),
    r(
        "choose-by-bool",
        "(bxor ?y (band (bxor ?x ?y) (isub.$ 0 ?b)))",
        "(select ?b ?x ?y)",
        "choice by a mask made of a boolean",
    )
    .when("max(b) <= 1 && max(x) <= M && max(y) <= M")
    .both(),
    r(
        "select-add",
        "(select ?c (iadd.$ ?x ?y) (iadd.$ ?x ?z))",
        "(iadd.$ ?x (select ?c ?y ?z))",
        "a common term moves out of a choice",
    )
    .both()
    .at(Level::O2),
    r(
        "select-add-one",
        "(select ?c (iadd.$ ?x ?y) ?x)",
        "(iadd.$ ?x (select ?c ?y 0))",
        "a conditional addition",
    )
    .when("max(c) <= 1 && y == 1 && max(x) <= M")
    .both()
    .at(Level::O2),
    r(
        "select-and",
        "(select ?c (band ?x ?y) (band ?x ?z))",
        "(band ?x (select ?c ?y ?z))",
        "a common mask moves out of a choice",
    )
    .at(Level::O2),
    r(
        "select-or",
        "(select ?c (bor ?x ?y) (bor ?x ?z))",
        "(bor ?x (select ?c ?y ?z))",
        "common bits move out of a choice",
    )
    .at(Level::O2),
    r(
        "select-xor",
        "(select ?c (bxor ?x ?y) (bxor ?x ?z))",
        "(bxor ?x (select ?c ?y ?z))",
        "a common term moves out of a choice",
    )
    .at(Level::O2),
    r(
        "select-xor-one",
        "(select ?c (bxor ?x ?y) ?x)",
        "(bxor ?x (select ?c ?y 0))",
        "a conditional flip",
    )
    .at(Level::O2),
];
