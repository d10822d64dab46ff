//! What a node computes, as a term: one table over the heads of both dialects.
//!
//! A head is a kind of computation at half or all of a word; the table says which, so an `_imm` row and its register form,
//! and the cranelift op they lower, share one term. Tests hold the table against the rows' evaluators.

use super::term::{Op, Term, Terms};
use crate::language::Head;
use zkc_ir::{ClifOp, Cond};
use zkc_isa::ZkOp;

/// A word and its half, in bits: 64 and 32, or smaller with everything scaled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Word {
    /// Bits of a word, an even number up to 64.
    pub bits: u32,
}

impl Word {
    /// The machine's word.
    pub const FULL: Word = Word { bits: 64 };

    /// Bits of a type of 32 or 64 bits at this scale.
    pub fn of(self, bits: u32) -> u32 {
        self.bits * bits / 64
    }
}

/// What is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Add,
    Sub,
    Mul,
    MulHigh,
    Divu,
    Divs,
    Remu,
    Rems,
    And,
    Or,
    Xor,
    Shl,
    Shru,
    Shrs,
    Rotl,
    Rotr,
    Clz,
    Ctz,
    Popcnt,
    Compare(Cond),
    /// Sign extension from this many bits.
    Sext(u32),
    /// Sign extension of the low half of any word.
    SextLow,
    Wrap,
    Select,
    Same,
}

/// Kind and width, 32 or 64.
fn clif(op: ClifOp) -> Option<(u32, Kind)> {
    use ClifOp::*;
    use Kind::*;
    Some(match op {
        Iadd32 => (32, Add),
        Iadd64 => (64, Add),
        Isub32 => (32, Sub),
        Isub64 => (64, Sub),
        Imul32 => (32, Mul),
        Imul64 => (64, Mul),
        Umulhi64 => (64, MulHigh),
        Udiv32 => (32, Divu),
        Udiv64 => (64, Divu),
        Sdiv32 => (32, Divs),
        Sdiv64 => (64, Divs),
        Urem32 => (32, Remu),
        Urem64 => (64, Remu),
        Srem32 => (32, Rems),
        Srem64 => (64, Rems),
        Band32 => (32, And),
        Band64 => (64, And),
        Bor32 => (32, Or),
        Bor64 => (64, Or),
        Bxor32 => (32, Xor),
        Bxor64 => (64, Xor),
        Ishl32 => (32, Shl),
        Ishl64 => (64, Shl),
        Ushr32 => (32, Shru),
        Ushr64 => (64, Shru),
        Sshr32 => (32, Shrs),
        Sshr64 => (64, Shrs),
        Rotl32 => (32, Rotl),
        Rotl64 => (64, Rotl),
        Rotr32 => (32, Rotr),
        Rotr64 => (64, Rotr),
        Clz32 => (32, Clz),
        Clz64 => (64, Clz),
        Ctz32 => (32, Ctz),
        Ctz64 => (64, Ctz),
        Popcnt32 => (32, Popcnt),
        Popcnt64 => (64, Popcnt),
        Sextend8To32 => (32, Sext(8)),
        Sextend8To64 => (64, Sext(8)),
        Sextend16To32 => (32, Sext(16)),
        Sextend16To64 => (64, Sext(16)),
        Sextend => (64, Sext(32)),
        Uextend => (64, Same),
        Ireduce => (64, Wrap),
        // Words, whatever the type: the graph holds one select.
        Select32 | Select64 => (64, Select),
        _ => return None,
    })
}

fn zk(op: ZkOp) -> Option<(u32, Kind)> {
    use Kind::{Add, Clz, Compare, Ctz, Divs, Divu, Mul, MulHigh, Or, Popcnt, Rems, Remu};
    use Kind::{Rotl, Rotr, Same, Sext, SextLow, Shl, Shrs, Shru, Sub, Xor};
    use ZkOp::*;
    Some(match op {
        Add32 | Add32Imm => (32, Add),
        Add64 | Add64Imm => (64, Add),
        Sub32 => (32, Sub),
        Sub64 => (64, Sub),
        Mul32 | Mul32Imm => (32, Mul),
        Mul64 | Mul64Imm => (64, Mul),
        Mulhu64 => (64, MulHigh),
        Divu32 | Divu32Imm => (32, Divu),
        Divu64 | Divu64Imm => (64, Divu),
        Divs32 | Divs32Imm => (32, Divs),
        Divs64 | Divs64Imm => (64, Divs),
        Remu32 | Remu32Imm => (32, Remu),
        Remu64 | Remu64Imm => (64, Remu),
        Rems32 | Rems32Imm => (32, Rems),
        Rems64 | Rems64Imm => (64, Rems),
        And32 | And32Imm => (32, Kind::And),
        And64 | And64Imm => (64, Kind::And),
        Or32 | Or32Imm => (32, Or),
        Or64 | Or64Imm => (64, Or),
        Xor32 | Xor32Imm => (32, Xor),
        Xor64 | Xor64Imm => (64, Xor),
        Shl32 | Shl32Imm => (32, Shl),
        Shl64 | Shl64Imm => (64, Shl),
        Shru32 | Shru32Imm => (32, Shru),
        Shru64 | Shru64Imm => (64, Shru),
        Shrs32 | Shrs32Imm => (32, Shrs),
        Shrs64 | Shrs64Imm => (64, Shrs),
        Rotl32 | Rotl32Imm => (32, Rotl),
        Rotl64 | Rotl64Imm => (64, Rotl),
        Rotr32 => (32, Rotr),
        Rotr64 => (64, Rotr),
        Clz32 => (32, Clz),
        Clz64 => (64, Clz),
        Ctz32 => (32, Ctz),
        Ctz64 => (64, Ctz),
        Popcnt32 => (32, Popcnt),
        Popcnt64 => (64, Popcnt),
        Eq32 | Eq32Imm => (32, Compare(Cond::Eq)),
        Eq64 | Eq64Imm => (64, Compare(Cond::Eq)),
        Ne32 | Ne32Imm => (32, Compare(Cond::Ne)),
        Ne64 | Ne64Imm => (64, Compare(Cond::Ne)),
        Ltu32 | Ltu32Imm => (32, Compare(Cond::Ult)),
        Ltu64 | Ltu64Imm => (64, Compare(Cond::Ult)),
        Lts32 | Lts32Imm => (32, Compare(Cond::Slt)),
        Lts64 | Lts64Imm => (64, Compare(Cond::Slt)),
        Geu32 | Geu32Imm => (32, Compare(Cond::Uge)),
        Geu64 | Geu64Imm => (64, Compare(Cond::Uge)),
        Ges32 | Ges32Imm => (32, Compare(Cond::Sge)),
        Ges64 | Ges64Imm => (64, Compare(Cond::Sge)),
        Sext832 => (32, Sext(8)),
        Sext864 => (64, Sext(8)),
        Sext1632 => (32, Sext(16)),
        Sext1664 => (64, Sext(16)),
        Sext3264 => (64, SextLow),
        Wrap => (64, Kind::Wrap),
        Select => (64, Kind::Select),
        Mov => (64, Same),
        _ => return None,
    })
}

fn kind(head: Head) -> Option<(u32, Kind)> {
    match head {
        Head::Clif(op) => clif(op),
        Head::Icmp(bits, cond) => Some((bits.into(), Kind::Compare(cond))),
        Head::Zk(op) => zk(op),
    }
}

impl Head {
    /// Whether the operands must have no upper half: the graph holds no node in which one might, because a 32-bit
    /// instruction that reads such a word has no proof.
    ///
    /// Always false for heads without a value.
    pub fn reads_low(self) -> bool {
        matches!(kind(self), Some((32, _) | (_, Kind::Sext(32))))
            || self == Head::Clif(ClifOp::Uextend)
    }
}

/// A node's value and when it has one: operands that must be low are, and no division traps. `None` for heads that have no
/// value, and for those that do not scale.
pub fn meaning(terms: &mut Terms, word: Word, head: Head, args: &[Term]) -> Option<(Term, Term)> {
    let (bits, kind) = kind(head)?;
    let size = word.of(bits);
    if word != Word::FULL && matches!(kind, Kind::Sext(8 | 16)) {
        return None;
    }
    let mut defined = terms.truth(true);
    if head.reads_low() {
        let half = word.of(32);
        for &arg in args {
            let upper = terms.extract(arg, half, word.bits - half);
            let zero = terms.number(0, word.bits - half);
            let low = terms.eq(upper, zero);
            defined = terms.and(defined, low);
        }
    }
    let x: Vec<Term> = args
        .iter()
        .map(|&arg| terms.extract(arg, 0, size))
        .collect();
    let value = match kind {
        Kind::Add => terms.binary(Op::Add, x[0], x[1]),
        Kind::Sub => terms.binary(Op::Sub, x[0], x[1]),
        Kind::Mul => terms.binary(Op::Mul, x[0], x[1]),
        Kind::MulHigh => {
            let a = terms.extend(x[0], 2 * size, false);
            let b = terms.extend(x[1], 2 * size, false);
            let product = terms.binary(Op::Mul, a, b);
            terms.extract(product, size, size)
        }
        Kind::Divu | Kind::Divs | Kind::Remu | Kind::Rems => {
            let zero = terms.number(0, size);
            let by_zero = terms.eq(x[1], zero);
            let no_trap = terms.not(by_zero);
            defined = terms.and(defined, no_trap);
            if kind == Kind::Divs {
                let least = terms.number(1 << (size - 1), size);
                let minus_one = terms.number(u128::MAX, size);
                let (a, b) = (terms.eq(x[0], least), terms.eq(x[1], minus_one));
                let overflow = terms.and(a, b);
                let fits = terms.not(overflow);
                defined = terms.and(defined, fits);
            }
            let op = match kind {
                Kind::Divu => Op::Udiv,
                Kind::Divs => Op::Sdiv,
                Kind::Remu => Op::Urem,
                _ => Op::Srem,
            };
            terms.binary(op, x[0], x[1])
        }
        Kind::And => terms.binary(Op::And, x[0], x[1]),
        Kind::Or => terms.binary(Op::Or, x[0], x[1]),
        Kind::Xor => terms.binary(Op::Xor, x[0], x[1]),
        Kind::Shl | Kind::Shru | Kind::Shrs | Kind::Rotl | Kind::Rotr => {
            let most = terms.number(u128::from(size - 1), size);
            let amount = terms.binary(Op::And, x[1], most);
            let all = terms.number(size.into(), size);
            let rest = terms.binary(Op::Sub, all, amount);
            match kind {
                Kind::Shl => terms.binary(Op::Shl, x[0], amount),
                Kind::Shru => terms.binary(Op::Lshr, x[0], amount),
                Kind::Shrs => terms.binary(Op::Ashr, x[0], amount),
                _ => {
                    // A shift by all bits gives zero.
                    let (up, down) = if kind == Kind::Rotl {
                        (amount, rest)
                    } else {
                        (rest, amount)
                    };
                    let high = terms.binary(Op::Shl, x[0], up);
                    let low = terms.binary(Op::Lshr, x[0], down);
                    terms.binary(Op::Or, high, low)
                }
            }
        }
        Kind::Clz => first_one(terms, x[0], size, (0..size).rev()),
        Kind::Ctz => first_one(terms, x[0], size, 0..size),
        Kind::Popcnt => {
            let mut count = terms.number(0, size);
            for i in 0..size {
                let bit = terms.extract(x[0], i, 1);
                let bit = terms.extend(bit, size, false);
                count = terms.binary(Op::Add, count, bit);
            }
            count
        }
        Kind::Compare(cond) => {
            let holds = compare(terms, cond, x[0], x[1]);
            let (one, zero) = (terms.number(1, size), terms.number(0, size));
            terms.ite(holds, one, zero)
        }
        Kind::Sext(from) => {
            let low = terms.extract(x[0], 0, word.of(32).min(from));
            terms.extend(low, size, true)
        }
        Kind::SextLow => {
            let low = terms.extract(x[0], 0, word.of(32));
            terms.extend(low, size, true)
        }
        Kind::Wrap => terms.extract(x[0], 0, word.of(32)),
        Kind::Select => {
            let zero = terms.number(0, size);
            let fails = terms.eq(x[0], zero);
            terms.ite(fails, x[2], x[1])
        }
        Kind::Same => x[0],
    };
    Some((terms.extend(value, word.bits, false), defined))
}

/// The number of bits before the first one, in this order; `size` where there is none.
fn first_one(
    terms: &mut Terms,
    x: Term,
    size: u32,
    order: impl DoubleEndedIterator<Item = u32> + ExactSizeIterator,
) -> Term {
    let mut count = terms.number(size.into(), size);
    let one = terms.number(1, 1);
    for (before, i) in order.enumerate().rev() {
        let bit = terms.extract(x, i, 1);
        let set = terms.eq(bit, one);
        let here = terms.number(before as u128, size);
        count = terms.ite(set, here, count);
    }
    count
}

fn compare(terms: &mut Terms, cond: Cond, a: Term, b: Term) -> Term {
    match cond {
        Cond::Eq => terms.eq(a, b),
        Cond::Ne => {
            let eq = terms.eq(a, b);
            terms.not(eq)
        }
        Cond::Ult => terms.binary(Op::Ult, a, b),
        Cond::Ule => terms.binary(Op::Ule, a, b),
        Cond::Ugt => terms.binary(Op::Ult, b, a),
        Cond::Uge => terms.binary(Op::Ule, b, a),
        Cond::Slt => terms.binary(Op::Slt, a, b),
        Cond::Sle => terms.binary(Op::Sle, a, b),
        Cond::Sgt => terms.binary(Op::Slt, b, a),
        Cond::Sge => terms.binary(Op::Sle, b, a),
    }
}
