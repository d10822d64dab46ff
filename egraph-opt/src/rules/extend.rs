//! Rules about wrapping, sign extension, and 64-bit ops on values that fit 32 bits.
//!
//! Zero extension is no op, so a 64-bit op on small values can become the 32-bit op whenever its result is small too;
//! a 32-bit op never gets an operand that might have upper bits.

use super::{BOUND, Group, Proof, Rule};

const fn r(name: &'static str, lhs: &'static str, rhs: &'static str, doc: &'static str) -> Rule {
    Rule::new(Group::Extend, name, lhs, rhs, doc).word()
}

pub(super) const RULES: &[Rule] = &[
    r(
        "wrap-fits",
        "(ireduce ?x)",
        "?x",
        "a value below 2^32 needs no wrap",
    )
    .when("max(x) <= LOW"),
    r(
        "and-low",
        "(band ?x LOW)",
        "(ireduce ?x)",
        "the low half by a mask is a wrap",
    ),
    r(
        "and-wrap",
        "(band (ireduce ?x) ?m)",
        "(band ?x ?m)",
        "a mask below 2^32 wraps by itself",
    )
    .when("max(m) <= LOW"),
    r(
        "wrap-or",
        "(ireduce (bor ?x ?y))",
        "(bor (ireduce ?x) ?y)",
        "only operands with upper bits are wrapped",
    )
    .when("max(y) <= LOW"),
    r(
        "wrap-xor",
        "(ireduce (bxor ?x ?y))",
        "(bxor (ireduce ?x) ?y)",
        "only operands with upper bits are wrapped",
    )
    .when("max(y) <= LOW"),
    r(
        "wrap-and",
        "(ireduce (band ?x ?c))",
        "(band ?x ?d)",
        "a mask can wrap",
    )
    .when("const(c)")
    .with("d = c & LOW"),
    r(
        "wrap-add",
        "(ireduce (iadd.i64 ?x ?y))",
        "(iadd.i32 (ireduce ?x) ?y)",
        "the low half of a sum is the sum of low halves",
    )
    .when("max(y) <= LOW"),
    r(
        "wrap-add-const",
        "(ireduce (iadd.i64 ?x ?c))",
        "(iadd.i32 (ireduce ?x) ?d)",
        "the low half of a sum is the sum of low halves",
    )
    .when("c > LOW")
    .with("d = c & LOW"),
    r(
        "wrap-sub",
        "(ireduce (isub.i64 ?x ?y))",
        "(isub.i32 (ireduce ?x) ?y)",
        "the low half of a difference is that of low halves",
    )
    .when("max(y) <= LOW"),
    r(
        "wrap-sub-left",
        "(ireduce (isub.i64 ?x ?y))",
        "(isub.i32 ?x (ireduce ?y))",
        "the low half of a difference is that of low halves",
    )
    .when("max(x) <= LOW"),
    r(
        "wrap-mul",
        "(ireduce (imul.i64 ?x ?y))",
        "(imul.i32 (ireduce ?x) ?y)",
        "the low half of a product is that of low halves",
    )
    .when("max(y) <= LOW"),
    r(
        "wrap-shl",
        "(ireduce (ishl.i64 ?x ?k))",
        "(ishl.i32 ?x ?k)",
        "the low half of a shift left",
    )
    .when("max(x) <= LOW && k < 32"),
    r(
        "wrap-sextend",
        "(ireduce (sextend ?x))",
        "?x",
        "wrapping undoes an extension",
    )
    .when("max(x) <= LOW"),
    r(
        "wrap-sextend8",
        "(ireduce (sextend8.i64 ?x))",
        "(sextend8.i32 (ireduce ?x))",
        "the low half of an extended byte",
    ),
    r(
        "wrap-sextend16",
        "(ireduce (sextend16.i64 ?x))",
        "(sextend16.i32 (ireduce ?x))",
        "the low half of an extended half word",
    ),
    r(
        "narrow-add",
        "(iadd.i64 ?x ?y)",
        "(iadd.i32 ?x ?y)",
        "a sum that fits 32 bits",
    )
    .when("max(x) + max(y) <= LOW"),
    r(
        "narrow-sub",
        "(isub.i64 ?x ?y)",
        "(isub.i32 ?x ?y)",
        "a difference that fits 32 bits and does not borrow",
    )
    .when("max(x) <= LOW && min(x) >= max(y)"),
    r(
        "narrow-mul",
        "(imul.i64 ?x ?y)",
        "(imul.i32 ?x ?y)",
        "a product that fits 32 bits",
    )
    .when("max(x) <= LOW && max(y) <= LOW && max(x) * max(y) <= LOW")
    .proven(Proof::Scaled(32, BOUND)),
    r(
        "narrow-shl",
        "(ishl.i64 ?x ?k)",
        "(ishl.i32 ?x ?k)",
        "a shift left that fits 32 bits",
    )
    .when("k < 32 && max(x) << k <= LOW"),
    r(
        "narrow-shru",
        "(ushr.i64 ?x ?k)",
        "(ushr.i32 ?x ?k)",
        "a shift right of an i32",
    )
    .when("k < 32 && max(x) <= LOW"),
    r(
        "narrow-popcnt",
        "(popcnt.i64 ?x)",
        "(popcnt.i32 ?x)",
        "the ones of an i32",
    )
    .when("max(x) <= LOW"),
    r(
        "narrow-ctz",
        "(ctz.i64 ?x)",
        "(ctz.i32 ?x)",
        "the trailing zeros of an i32 that is not zero",
    )
    .when("max(x) <= LOW && min(x) > 0"),
    r(
        "narrow-clz",
        "(clz.i64 ?x)",
        "(iadd.i32 (clz.i32 ?x) 32)",
        "the leading zeros of an i32",
    )
    .when("max(x) <= LOW"),
    r(
        "sextend-nonneg",
        "(sextend ?x)",
        "?x",
        "a sign bit of zero extends to zeros",
    )
    .when("max(x) < 2147483648"),
    r(
        "sextend8-nonneg",
        "(sextend8.$ ?x)",
        "?x",
        "a sign bit of zero extends to zeros",
    )
    .when("max(x) < 128")
    .both(),
    r(
        "sextend16-nonneg",
        "(sextend16.$ ?x)",
        "?x",
        "a sign bit of zero extends to zeros",
    )
    .when("max(x) < 32768")
    .both(),
    r(
        "sextend8-and",
        "(sextend8.$ (band ?x ?m))",
        "(sextend8.$ ?x)",
        "only the low byte is read",
    )
    .when("const(m) && m & 255 == 255 && max(x) <= M")
    .both(),
    r(
        "sextend16-and",
        "(sextend16.$ (band ?x ?m))",
        "(sextend16.$ ?x)",
        "only the low half word is read",
    )
    .when("const(m) && m & 65535 == 65535 && max(x) <= M")
    .both(),
    r(
        "sextend8-wrap",
        "(sextend8.i64 (ireduce ?x))",
        "(sextend8.i64 ?x)",
        "only the low byte is read",
    ),
    r(
        "sextend16-wrap",
        "(sextend16.i64 (ireduce ?x))",
        "(sextend16.i64 ?x)",
        "only the low half word is read",
    ),
    r(
        "sextend8-twice",
        "(sextend8.$ (sextend8.$ ?x))",
        "(sextend8.$ ?x)",
        "extending twice",
    )
    .both(),
    r(
        "sextend16-twice",
        "(sextend16.$ (sextend16.$ ?x))",
        "(sextend16.$ ?x)",
        "extending twice",
    )
    .both(),
    r(
        "sextend16-of-8",
        "(sextend16.$ (sextend8.$ ?x))",
        "(sextend8.$ ?x)",
        "an extended byte is extended",
    )
    .both(),
    r(
        "sextend-of-8",
        "(sextend (sextend8.i32 ?x))",
        "(sextend8.i64 ?x)",
        "extending in two steps",
    ),
    r(
        "sextend-of-16",
        "(sextend (sextend16.i32 ?x))",
        "(sextend16.i64 ?x)",
        "extending in two steps",
    ),
    r(
        "and-sextend8",
        "(band (sextend8.$ ?x) ?m)",
        "(band ?x ?m)",
        "the low byte is not changed by its extension",
    )
    .when("max(m) < 256")
    .both(),
    r(
        "and-sextend16",
        "(band (sextend16.$ ?x) ?m)",
        "(band ?x ?m)",
        "the low half word is not changed by its extension",
    )
    .when("max(m) < 65536")
    .both(),
    r(
        "bias-sextend8",
        "(iadd.$ (bxor (band ?x 255) 128) ?c)",
        "(sextend8.$ ?x)",
        "biasing a byte twice extends its sign",
    )
    .when("c == M - 127 && max(x) <= M")
    .both(),
    r(
        "bias-sextend16",
        "(iadd.$ (bxor (band ?x 65535) 32768) ?c)",
        "(sextend16.$ ?x)",
        "biasing a half word twice extends its sign",
    )
    .when("c == M - 32767 && max(x) <= M")
    .both(),
];
