//! Rules about bitwise ops and masks.
//!
//! They speak of words: and, or and xor of i32 values are those of the words that hold them.

use super::{Group, Rule};
use crate::Level;

const fn r(name: &'static str, lhs: &'static str, rhs: &'static str, doc: &'static str) -> Rule {
    Rule::new(Group::Bits, name, lhs, rhs, doc).word()
}

pub(super) const RULES: &[Rule] = &[
    r("and-self", "(band ?x ?x)", "?x", "and of equals"),
    r("or-self", "(bor ?x ?x)", "?x", "or of equals"),
    r("xor-self", "(bxor ?x ?x)", "0", "xor of equals is zero"),
    r(
        "or-zero",
        "(bor ?x 0)",
        "?x",
        "or with zero changes nothing",
    ),
    r(
        "xor-zero",
        "(bxor ?x 0)",
        "?x",
        "xor with zero changes nothing",
    ),
    r(
        "and-covers",
        "(band ?x ?m)",
        "?x",
        "a mask that covers every bit that may be set does nothing",
    )
    .when("may(x) & ~must(m) == 0"),
    r(
        "or-covers",
        "(bor ?x ?m)",
        "?m",
        "bits that are set already need not be set",
    )
    .when("may(x) & ~must(m) == 0"),
    r("and-or-absorb", "(band ?x (bor ?x ?y))", "?x", "absorption"),
    r("or-and-absorb", "(bor ?x (band ?x ?y))", "?x", "absorption"),
    r(
        "and-and-const",
        "(band (band ?x ?c) ?d)",
        "(band ?x ?e)",
        "nested masks meet",
    )
    .when("const(c) && const(d)")
    .with("e = c & d"),
    r(
        "or-or-const",
        "(bor (bor ?x ?c) ?d)",
        "(bor ?x ?e)",
        "nested constants join",
    )
    .when("const(c) && const(d)")
    .with("e = c | d"),
    r(
        "xor-xor-const",
        "(bxor (bxor ?x ?c) ?d)",
        "(bxor ?x ?e)",
        "nested constants cancel where they agree",
    )
    .when("const(c) && const(d)")
    .with("e = c ^ d"),
    r(
        "xor-xor-cancel",
        "(bxor (bxor ?x ?y) ?y)",
        "?x",
        "xor twice cancels",
    ),
    r(
        "and-or-mask",
        "(band (bor ?x ?y) ?m)",
        "(band ?x ?m)",
        "bits that the mask clears need not be set",
    )
    .when("may(y) & may(m) == 0"),
    r(
        "and-xor-mask",
        "(band (bxor ?x ?y) ?m)",
        "(band ?x ?m)",
        "bits that the mask clears need not be flipped",
    )
    .when("may(y) & may(m) == 0"),
    r(
        "and-add-mask",
        "(band (iadd.$ ?x ?y) ?m)",
        "(band ?x ?m)",
        "a multiple of the mask's span cannot show under a low mask",
    )
    .when("const(m) && pow2(m + 1) && m < M && may(y) & m == 0 && max(x) <= M")
    .both(),
    r(
        "and-factor-or",
        "(bor (band ?x ?y) (band ?x ?z))",
        "(band ?x (bor ?y ?z))",
        "and distributes over or",
    ),
    r(
        "and-factor-xor",
        "(bxor (band ?x ?y) (band ?x ?z))",
        "(band ?x (bxor ?y ?z))",
        "and distributes over xor",
    ),
    r(
        "xor-from-or-and",
        "(bxor (bor ?x ?y) (band ?x ?y))",
        "(bxor ?x ?y)",
        "bits in one but not in both",
    ),
    r(
        "or-from-xor-and",
        "(bxor (bxor ?x ?y) (band ?x ?y))",
        "(bor ?x ?y)",
        "bits in one or in both",
    ),
    r(
        "or-xor-and",
        "(bor (bxor ?x ?y) (band ?x ?y))",
        "(bor ?x ?y)",
        "bits in one or in both",
    ),
    r(
        "or-xor-self",
        "(bor (bxor ?x ?y) ?y)",
        "(bor ?x ?y)",
        "bits of one of two values need no xor",
    ),
    r(
        "add-or-and",
        "(iadd.$ (bor ?x ?y) (band ?x ?y))",
        "(iadd.$ ?x ?y)",
        "or and and together are the sum",
    )
    .when("max(x) <= M && max(y) <= M")
    .both(),
    r(
        "sub-or-and",
        "(isub.$ (bor ?x ?y) (band ?x ?y))",
        "(bxor ?x ?y)",
        "or less and is xor",
    )
    .when("max(x) <= M && max(y) <= M")
    .both(),
    r(
        "add-minus-and",
        "(isub.$ (iadd.$ ?x ?y) (band ?x ?y))",
        "(bor ?x ?y)",
        "the sum less and is or",
    )
    .when("max(x) <= M && max(y) <= M")
    .both(),
    r(
        "choose-xor",
        "(bxor (band ?x ?y) (band (bxor ?x M) ?z))",
        "(bxor ?z (band ?x (bxor ?y ?z)))",
        "choice by a mask in three ops",
    )
    .when("max(x) <= M && max(z) <= M")
    .both(),
    r(
        "choose-or",
        "(bor (band ?x ?y) (band (bxor ?x M) ?z))",
        "(bxor ?z (band ?x (bxor ?y ?z)))",
        "choice by a mask in three ops",
    )
    .when("max(x) <= M && max(z) <= M")
    .both(),
    r(
        "xor-andn",
        "(bxor ?x (band ?x ?y))",
        "(band ?x (bxor ?y M))",
        "what is left of a value without some bits",
    )
    .when("const(y) && max(x) <= M && y <= M")
    .both(),
    r(
        "and-not-sub",
        "(band ?x (bxor ?y M))",
        "(isub.$ ?x (band ?x ?y))",
        "bits of one that the other has not, as a difference",
    )
    .when("max(x) <= M && max(y) <= M")
    .both()
    .at(Level::O2),
    r(
        "majority-add",
        "(bxor (band ?x ?y) (band ?z (bxor ?x ?y)))",
        "(iadd.$ (band ?x ?y) (band ?z (bxor ?x ?y)))",
        "bits in both and bits in one only are disjoint",
    )
    .when("max(x) <= M && max(y) <= M && max(z) <= M")
    .both()
    .at(Level::O2),
    r(
        "or-disjoint-add",
        "(bor ?x ?y)",
        "(iadd.$ ?x ?y)",
        "or of values without common bits is their sum",
    )
    .when("may(x) & may(y) == 0 && max(x) <= M && max(y) <= M")
    .both()
    .at(Level::O2),
    r(
        "xor-disjoint-or",
        "(bxor ?x ?y)",
        "(bor ?x ?y)",
        "xor of values without common bits is their or",
    )
    .when("may(x) & may(y) == 0")
    .at(Level::O2),
];
