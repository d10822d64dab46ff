//! Rules about sums, differences, products and quotients.
//!
//! Constants gather on the right of one addition; a product, a shift and a sum of shifts by constants are all offered,
//! because which of them is cheapest is the cost model's question.

use super::{Group, Proof, QUOTIENT, Rule};
use crate::Level;

const fn r(name: &'static str, lhs: &'static str, rhs: &'static str, doc: &'static str) -> Rule {
    Rule::new(Group::Arith, name, lhs, rhs, doc)
}

pub(super) const RULES: &[Rule] = &[
    r(
        "add-zero",
        "(iadd.$ ?x 0)",
        "?x",
        "adding zero changes nothing",
    ),
    r(
        "sub-self",
        "(isub.$ ?x ?x)",
        "0",
        "a difference of equals is zero",
    ),
    r(
        "sub-const",
        "(isub.$ ?x ?c)",
        "(iadd.$ ?x ?d)",
        "subtracting a constant is adding its negation",
    )
    .when("const(c)")
    .with("d = -c"),
    r(
        "add-add-const",
        "(iadd.$ (iadd.$ ?x ?c) ?d)",
        "(iadd.$ ?x ?e)",
        "constants of nested sums add up",
    )
    .when("const(c) && const(d)")
    .with("e = c + d"),
    r(
        "sub-const-add",
        "(isub.$ ?c (iadd.$ ?x ?d))",
        "(isub.$ ?e ?x)",
        "a constant inside a subtrahend moves out",
    )
    .when("const(c) && const(d)")
    .with("e = c - d"),
    r(
        "add-const-sub",
        "(iadd.$ (isub.$ ?c ?x) ?d)",
        "(isub.$ ?e ?x)",
        "a constant added to a difference joins its minuend",
    )
    .when("const(c) && const(d)")
    .with("e = c + d"),
    r(
        "sub-const-sub",
        "(isub.$ ?c (isub.$ ?d ?x))",
        "(iadd.$ ?x ?e)",
        "a difference from a difference is a sum",
    )
    .when("const(c) && const(d)")
    .with("e = c - d"),
    r(
        "add-sub-cancel",
        "(iadd.$ (isub.$ ?x ?y) ?y)",
        "?x",
        "what was subtracted and added again cancels",
    ),
    r(
        "sub-add-cancel",
        "(isub.$ (iadd.$ ?x ?y) ?y)",
        "?x",
        "what was added and subtracted again cancels",
    ),
    r(
        "sub-sub-cancel",
        "(isub.$ ?x (isub.$ ?x ?y))",
        "?y",
        "subtracting a difference from its minuend gives the subtrahend",
    ),
    r(
        "sub-neg",
        "(isub.$ ?x (isub.$ 0 ?y))",
        "(iadd.$ ?x ?y)",
        "subtracting a negation is adding",
    ),
    r(
        "add-neg",
        "(iadd.$ ?x (isub.$ 0 ?y))",
        "(isub.$ ?x ?y)",
        "adding a negation is subtracting",
    ),
    r(
        "not-plus-one",
        "(iadd.$ (bxor ?x M) 1)",
        "(isub.$ 0 ?x)",
        "complement plus one is negation",
    )
    .when("max(x) <= M"),
    r(
        "sub-from-ones",
        "(isub.$ M ?x)",
        "(bxor ?x M)",
        "subtracting from all ones is the complement",
    )
    .when("max(x) <= M"),
    r(
        "add-self",
        "(iadd.$ ?x ?x)",
        "(ishl.$ ?x 1)",
        "doubling is a shift by one",
    ),
    r(
        "shl-one",
        "(ishl.$ ?x 1)",
        "(iadd.$ ?x ?x)",
        "a shift by one is doubling",
    ),
    r(
        "mul-one",
        "(imul.$ ?x 1)",
        "?x",
        "multiplying by one changes nothing",
    )
    .when("max(x) <= M"),
    r(
        "mul-minus-one",
        "(imul.$ ?x M)",
        "(isub.$ 0 ?x)",
        "multiplying by minus one is negation",
    ),
    r(
        "mul-mul-const",
        "(imul.$ (imul.$ ?x ?c) ?d)",
        "(imul.$ ?x ?e)",
        "constants of nested products multiply",
    )
    .when("const(c) && const(d) && log2(c + 1) + log2(d + 1) < 120")
    .with("e = c * d"),
    r(
        "mul-power",
        "(imul.$ ?x ?c)",
        "(ishl.$ ?x ?k)",
        "multiplying by a power of two is a shift",
    )
    .when("pow2(c)")
    .with("k = log2(c)"),
    r(
        "shl-power",
        "(ishl.$ ?x ?k)",
        "(imul.$ ?x ?c)",
        "a shift left by a constant is a product",
    )
    .when("k < W")
    .with("c = 1 << k"),
    r(
        "mul-plus-self",
        "(iadd.$ (imul.$ ?x ?c) ?x)",
        "(imul.$ ?x ?d)",
        "a multiple plus one more",
    )
    .when("const(c)")
    .with("d = c + 1"),
    r(
        "mul-minus-self",
        "(isub.$ (imul.$ ?x ?c) ?x)",
        "(imul.$ ?x ?d)",
        "a multiple less one",
    )
    .when("const(c)")
    .with("d = c - 1"),
    r(
        "self-minus-mul",
        "(isub.$ ?x (imul.$ ?x ?c))",
        "(imul.$ ?x ?d)",
        "one less a multiple",
    )
    .when("const(c)")
    .with("d = 1 - c"),
    r(
        "mul-plus-mul",
        "(iadd.$ (imul.$ ?x ?c) (imul.$ ?x ?d))",
        "(imul.$ ?x ?e)",
        "two multiples of one value",
    )
    .when("const(c) && const(d)")
    .with("e = c + d"),
    r(
        "mul-minus-mul",
        "(isub.$ (imul.$ ?x ?c) (imul.$ ?x ?d))",
        "(imul.$ ?x ?e)",
        "difference of two multiples of one value",
    )
    .when("const(c) && const(d)")
    .with("e = c - d"),
    r(
        "mul-factor",
        "(iadd.$ (imul.$ ?x ?z) (imul.$ ?y ?z))",
        "(imul.$ (iadd.$ ?x ?y) ?z)",
        "a common factor moves out of a sum",
    )
    .at(Level::O2),
    r(
        "shl-factor",
        "(iadd.$ (ishl.$ ?x ?k) (ishl.$ ?y ?k))",
        "(ishl.$ (iadd.$ ?x ?y) ?k)",
        "a common shift moves out of a sum",
    )
    .at(Level::O2),
    r(
        "udiv-one",
        "(udiv ?x 1)",
        "?x",
        "dividing by one changes nothing",
    )
    .word(),
    r(
        "udiv-power",
        "(udiv ?x ?c)",
        "(ushr.$ ?x ?k)",
        "dividing by a power of two is a shift",
    )
    .when("c <= M && pow2(c) && max(x) <= M")
    .with("k = log2(c)")
    .proven(Proof::Powers("c")),
    r(
        "urem-power",
        "(urem ?x ?c)",
        "(band ?x ?m)",
        "the remainder by a power of two is a mask",
    )
    .when("pow2(c)")
    .with("m = c - 1")
    .word()
    .proven(Proof::Powers("c")),
    r(
        "udiv-udiv",
        "(udiv (udiv ?x ?c) ?d)",
        "(udiv ?x ?e)",
        "dividing twice is dividing by the product",
    )
    .when("c > 0 && d > 0 && c * d <= M")
    .with("e = c * d")
    .word()
    .proven(Proof::Scaled(8, QUOTIENT)),
    r(
        "urem-small",
        "(urem ?x ?y)",
        "?x",
        "a value below the divisor is its own remainder",
    )
    .when("max(x) < min(y)")
    .word(),
    r(
        "rem-from-div",
        "(isub.$ ?x (imul.$ (udiv ?x ?c) ?c))",
        "(urem ?x ?c)",
        "what division leaves is the remainder",
    )
    .when("c > 0")
    .proven(Proof::Scaled(12, QUOTIENT)),
    r(
        "sdiv-nonneg",
        "(sdiv.$ ?x ?y)",
        "(udiv ?x ?y)",
        "division of values that are not negative has no sign",
    )
    .when("max(x) < SB && max(y) < SB")
    .proven(Proof::Below(&["x", "y"], 1)),
    r(
        "srem-nonneg",
        "(srem.$ ?x ?y)",
        "(urem ?x ?y)",
        "the remainder of values that are not negative has no sign",
    )
    .when("max(x) < SB && max(y) < SB")
    .proven(Proof::Below(&["x", "y"], 1)),
];
