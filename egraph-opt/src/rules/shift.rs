//! Rules about shifts and rotates.
//!
//! Amounts count modulo the width, so a mask on an amount does nothing, and constant amounts are kept below the width.

use super::{Group, Proof, Rule};

const fn r(name: &'static str, lhs: &'static str, rhs: &'static str, doc: &'static str) -> Rule {
    Rule::new(Group::Shift, name, lhs, rhs, doc)
}

const WRAPS: &str = "the amount counts modulo the width";
const MASKED: &str = "const(m) && m & W - 1 == W - 1 && max(k) <= M";

pub(super) const RULES: &[Rule] = &[
    r(
        "shl-zero",
        "(ishl.$ ?x 0)",
        "?x",
        "a shift by zero changes nothing",
    )
    .when("max(x) <= M"),
    r(
        "shru-zero",
        "(ushr.$ ?x 0)",
        "?x",
        "a shift by zero changes nothing",
    )
    .when("max(x) <= M"),
    r(
        "shrs-zero",
        "(sshr.$ ?x 0)",
        "?x",
        "a shift by zero changes nothing",
    )
    .when("max(x) <= M"),
    r(
        "rotl-zero",
        "(rotl.$ ?x 0)",
        "?x",
        "a rotation by zero changes nothing",
    )
    .when("max(x) <= M"),
    r("shl-wide", "(ishl.$ ?x ?k)", "(ishl.$ ?x ?j)", WRAPS)
        .when("k >= W")
        .with("j = k % W"),
    r("shru-wide", "(ushr.$ ?x ?k)", "(ushr.$ ?x ?j)", WRAPS)
        .when("k >= W")
        .with("j = k % W"),
    r("shrs-wide", "(sshr.$ ?x ?k)", "(sshr.$ ?x ?j)", WRAPS)
        .when("k >= W")
        .with("j = k % W"),
    r("rotl-wide", "(rotl.$ ?x ?k)", "(rotl.$ ?x ?j)", WRAPS)
        .when("k >= W")
        .with("j = k % W"),
    r(
        "shl-masked",
        "(ishl.$ ?x (band ?k ?m))",
        "(ishl.$ ?x ?k)",
        WRAPS,
    )
    .when(MASKED),
    r(
        "shru-masked",
        "(ushr.$ ?x (band ?k ?m))",
        "(ushr.$ ?x ?k)",
        WRAPS,
    )
    .when(MASKED),
    r(
        "shrs-masked",
        "(sshr.$ ?x (band ?k ?m))",
        "(sshr.$ ?x ?k)",
        WRAPS,
    )
    .when(MASKED),
    r(
        "rotl-masked",
        "(rotl.$ ?x (band ?k ?m))",
        "(rotl.$ ?x ?k)",
        WRAPS,
    )
    .when(MASKED),
    r(
        "rotr-masked",
        "(rotr.$ ?x (band ?k ?m))",
        "(rotr.$ ?x ?k)",
        WRAPS,
    )
    .when(MASKED),
    r(
        "shl-amount-wrap",
        "(ishl.i64 ?x (ireduce ?k))",
        "(ishl.i64 ?x ?k)",
        WRAPS,
    )
    .word(),
    r(
        "shru-amount-wrap",
        "(ushr.i64 ?x (ireduce ?k))",
        "(ushr.i64 ?x ?k)",
        WRAPS,
    )
    .word(),
    r(
        "shrs-amount-wrap",
        "(sshr.i64 ?x (ireduce ?k))",
        "(sshr.i64 ?x ?k)",
        WRAPS,
    )
    .word(),
    r(
        "shl-shl",
        "(ishl.$ (ishl.$ ?x ?j) ?k)",
        "(ishl.$ ?x ?s)",
        "amounts of shifts left add up",
    )
    .when("j < W && k < W && j + k < W")
    .with("s = j + k")
    .proven(Proof::Amounts("k")),
    r(
        "shl-shl-out",
        "(ishl.$ (ishl.$ ?x ?j) ?k)",
        "0",
        "a value shifted out by two shifts left",
    )
    .when("j < W && k < W && j + k >= W"),
    r(
        "shru-shru",
        "(ushr.$ (ushr.$ ?x ?j) ?k)",
        "(ushr.$ ?x ?s)",
        "amounts of shifts right add up",
    )
    .when("j < W && k < W && j + k < W")
    .with("s = j + k")
    .proven(Proof::Amounts("k")),
    r(
        "shrs-shrs",
        "(sshr.$ (sshr.$ ?x ?j) ?k)",
        "(sshr.$ ?x ?s)",
        "amounts of shifts right add up",
    )
    .when("j < W && k < W && j + k < W")
    .with("s = j + k")
    .proven(Proof::Amounts("k")),
    r(
        "shrs-shrs-out",
        "(sshr.$ (sshr.$ ?x ?j) ?k)",
        "(sshr.$ ?x ?s)",
        "only the sign is left of two shifts right",
    )
    .when("j < W && k < W && j + k >= W")
    .with("s = W - 1"),
    r(
        "shru-shl",
        "(ushr.$ (ishl.$ ?x ?k) ?k)",
        "(band ?x ?m)",
        "shifting left and back clears the upper bits",
    )
    .when("k < W")
    .with("m = M >> k"),
    r(
        "shl-shru",
        "(ishl.$ (ushr.$ ?x ?k) ?k)",
        "(band ?x ?m)",
        "shifting right and back clears the lower bits",
    )
    .when("k < W")
    .with("m = M >> k << k"),
    r(
        "shl-and",
        "(ishl.$ (band ?x ?c) ?k)",
        "(ishl.$ ?x ?k)",
        "bits that a shift pushes out need no mask",
    )
    .when("k < W && const(c) && (M >> k) & ~c == 0 && max(x) <= M"),
    r(
        "shru-and",
        "(ushr.$ (band ?x ?c) ?k)",
        "(ushr.$ ?x ?k)",
        "bits that a shift pushes out need no mask",
    )
    .when("k < W && const(c) && (M >> k << k) & ~c == 0 && max(x) <= M"),
    r(
        "and-of-shru",
        "(band (ushr.$ ?x ?k) ?m)",
        "(ushr.$ ?x ?k)",
        "a mask of the bits a shift leaves does nothing",
    )
    .when("k < W && const(m) && (M >> k) & ~m == 0"),
    r(
        "shrs-nonneg",
        "(sshr.$ ?x ?k)",
        "(ushr.$ ?x ?k)",
        "a value that is not negative has zeros to shift in",
    )
    .when("max(x) < SB"),
    r(
        "sign-bit",
        "(slt.$ ?x 0)",
        "(ushr.$ ?x ?k)",
        "a negative value has its top bit set",
    )
    .with("k = W - 1"),
    r(
        "sign-bit-back",
        "(ushr.$ ?x ?k)",
        "(slt.$ ?x 0)",
        "a value with its top bit set is negative",
    )
    .when("k == W - 1"),
    r(
        "rotl-or",
        "(bor (ishl.$ ?x ?j) (ushr.$ ?x ?k))",
        "(rotl.$ ?x ?j)",
        "two shifts that meet are a rotation",
    )
    .when("j < W && k < W && j + k == W"),
    r(
        "rotl-add",
        "(iadd.$ (ishl.$ ?x ?j) (ushr.$ ?x ?k))",
        "(rotl.$ ?x ?j)",
        "two shifts that meet are a rotation",
    )
    .when("j < W && k < W && j + k == W"),
    r(
        "rotl-xor",
        "(bxor (ishl.$ ?x ?j) (ushr.$ ?x ?k))",
        "(rotl.$ ?x ?j)",
        "two shifts that meet are a rotation",
    )
    .when("j < W && k < W && j + k == W"),
    r(
        "rotl-or-var",
        "(bor (ishl.$ ?x ?k) (ushr.$ ?x (isub.$ ?c ?k)))",
        "(rotl.$ ?x ?k)",
        "two shifts that meet are a rotation",
    )
    .when("c % W == 0"),
    r(
        "rotr-or-var",
        "(bor (ishl.$ ?x (isub.$ ?c ?k)) (ushr.$ ?x ?k))",
        "(rotr.$ ?x ?k)",
        "two shifts that meet are a rotation",
    )
    .when("c % W == 0"),
    r(
        "rotr-const",
        "(rotr.$ ?x ?k)",
        "(rotl.$ ?x ?j)",
        "rotating right is rotating left by the rest",
    )
    .when("const(k)")
    .with("j = (W - k % W) % W"),
    r(
        "rotr-neg",
        "(rotr.$ ?x (isub.$ ?c ?k))",
        "(rotl.$ ?x ?k)",
        "rotating right by a negated amount",
    )
    .when("c % W == 0"),
    r(
        "rotl-neg",
        "(rotl.$ ?x (isub.$ ?c ?k))",
        "(rotr.$ ?x ?k)",
        "rotating left by a negated amount",
    )
    .when("c % W == 0"),
    r(
        "rotl-rotl",
        "(rotl.$ (rotl.$ ?x ?j) ?k)",
        "(rotl.$ ?x ?s)",
        "amounts of rotations add up",
    )
    .when("const(j) && const(k)")
    .with("s = (j + k) % W")
    .proven(Proof::Amounts("k")),
    r(
        "shl-sshr-8",
        "(sshr.$ (ishl.$ ?x ?k) ?k)",
        "(sextend8.$ ?x)",
        "shifting a byte up and back extends its sign",
    )
    .when("k == W - 8"),
    r(
        "shl-sshr-16",
        "(sshr.$ (ishl.$ ?x ?k) ?k)",
        "(sextend16.$ ?x)",
        "shifting a half word up and back extends its sign",
    )
    .when("k == W - 16"),
    r(
        "shl-sshr-32",
        "(sshr.i64 (ishl.i64 ?x 32) 32)",
        "(sextend (ireduce ?x))",
        "shifting an i32 up and back extends its sign",
    )
    .word(),
];
