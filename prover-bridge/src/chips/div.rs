//! Quotients and remainders of 32 and 64 bits, unsigned and signed, with their traps.
//!
//! The core is about magnitudes Q, B (bytes) and R (limbs): Q B + R = |a| over the integers, and R < B. Per limb s
//! `S_2s + 256 S_(2s+1) + R_s + carry_(s-1) - sgn a_s = 2^16 carry_s`, sgn = 1 for a >= 0 and -1 for a < 0, where the
//! last carry is 0 or, for a < 0, 1: then Q B + R + a = 2^W with a as an unsigned word, so Q B + R = |a|. Byte products at
//! positions of 2^W and above sum to zero. Left sides are below 2^28 as in `mul`; carries are checked to be below 2^11.
//!
//! Signed: B = |b| from the limbs of b by negation; the magnitude X of the result is Q or R, the result X or -X; the
//! quotient is negative if the signs differ, the remainder if a is. A negation is the sum result + X = 0 modulo 2^W of
//! range-checked words.
//!
//! Traps: `zero` is 1 exactly if B = 0: 1 forces B = 0 and Q = 0, 0 forces R < B. Overflow: |a| <= 2^(W-1), so Q =
//! 2^(W-1) exactly if its top byte is 128, of which `top_is_128` tells by an inverse; that is an overflow if the
//! quotient is to be positive. Both end the run with their code for next pc and without the write of `d`. Degree 3.
//!
//! Bound: bytes and ANDs by the byte table and the equations, carries by the equations, marks and distance by [`Less`]'s
//! rules (zero on a zero divisor), signs by 15-bit lookups, all flags by the above.

use super::mul::position;
use crate::builder::{Col, Expr};
use crate::gadgets::row::second_operand;
use crate::gadgets::{
    BytePairs, Field, Frame, InstructionRow, Less, Row, Slot, assert_sum, byte_products,
    bytes_to_limbs, columns, exprs, frame::AccessSpec, inverse, limb, sum,
};
use zkc_ir::Trap;
use zkc_isa::ZkOp::{self, *};

/// Magnitudes and their equation.
struct Core {
    divisor: Vec<Col>,
    quotient: Vec<Col>,
    remainder: Vec<Col>,
    carry: Vec<Col>,
    pairs: BytePairs,
    less: Less,
    zero: Col,
}

impl Core {
    /// `negative` is the sign of the dividend `a`.
    fn new(f: &mut Frame, a: &[Col], divisor: Vec<Col>, negative: &Expr) -> Core {
        let n = a.len();
        let quotient = columns(f, "quotient_byte", 2 * n);
        let remainder = columns(f, "remainder", n);
        let carry = columns(f, "carry", n - 1);
        let pairs = BytePairs::new(f, &quotient, &divisor);
        let products = byte_products(&quotient, &divisor);
        for s in 0..n {
            f.range16(remainder[s]);
            let mut total = &products[2 * s]
                + &products[2 * s + 1] * 256
                + remainder[s]
                + (negative * 2 - 1) * a[s];
            if s > 0 {
                total = total + carry[s - 1];
            }
            let out = match carry.get(s) {
                Some(&carry) => {
                    f.bits(11, carry);
                    carry.into()
                }
                None => negative.clone(),
            };
            f.assert_zero(
                format!("limb {s} of quotient times divisor plus remainder"),
                total - out * (1 << 16),
            );
        }
        let beyond = sum(products[2 * n..].iter().cloned());
        f.assert_zero("the product has no part beyond the word", beyond);
        let zero = f.column("zero");
        f.assert_bool("zero is 0 or 1", zero);
        f.assert_zero("zero is for real rows", zero * (1 - &f.real));
        f.assert_zero("a zero divisor is zero", zero * sum(exprs(&divisor)));
        f.assert_zero(
            "a zero divisor gives no quotient",
            zero * sum(exprs(&quotient)),
        );
        let on = &f.real - zero;
        let less = Less::new(f, &on, &exprs(&remainder), &bytes_to_limbs(&divisor), None);
        f.assert_zero("the remainder is below the divisor", less.less - on);
        Core {
            divisor,
            quotient,
            remainder,
            carry,
            pairs,
            less,
            zero,
        }
    }

    /// Fills the columns from magnitudes; gives quotient and remainder.
    fn fill(&self, row: &mut Row<'_>, a: u64, b: u64, raw_a: u64, negative: bool) -> (u64, u64) {
        let (q, r) = (a.checked_div(b).unwrap_or(0), a.checked_rem(b).unwrap_or(a));
        row.set_bytes(&self.divisor, b);
        row.set_bytes(&self.quotient, q);
        row.set_limbs(&self.remainder, r);
        self.pairs.fill(row);
        let mut carry = 0;
        for (s, &col) in self.carry.iter().enumerate() {
            let sum = (position(q, b, 2 * s) + 256 * position(q, b, 2 * s + 1) + limb(r, s) + carry)
                as i64;
            let a_limb = limb(raw_a, s) as i64;
            let total = if negative { sum + a_limb } else { sum - a_limb };
            carry = (total >> 16) as u64;
            row.set(col, carry);
        }
        if b == 0 {
            row.set(self.zero, 1);
        } else {
            self.less.fill(row, r, b, false);
        }
        (q, r)
    }
}

/// The write of `d` unless the row traps, and the next pc.
fn end(f: &mut Frame, zero: Col, overflow: Option<Col>, result: &[Expr], imm: bool) {
    let trapped = overflow.map_or(Expr::from(zero), |o| zero + o);
    let addr = f.register(Field::D);
    let when = &f.real - &trapped;
    f.write_if(
        "d",
        AccessSpec {
            addr,
            limbs: 4,
            when,
            slot: Slot::At(if imm { 1 } else { 2 }),
        },
        result,
    );
    let next = f.next_pc_column();
    let (pc, real) = (f.pc, f.real.clone());
    let code = |trap: Trap| i64::from(trap.code());
    let mut jump = zero * (code(Trap::IntegerDivideByZero) - pc - 1);
    if let Some(overflow) = overflow {
        jump = jump + overflow * (code(Trap::IntegerOverflow) - pc - 1);
    }
    f.assert_zero(
        "next pc is the trap's code if the row traps",
        next - (pc + real) - jump,
    );
}

/// `divu` and `remu`.
pub(super) fn unsigned(bits: usize, imm: bool) -> InstructionRow {
    let ops: [ZkOp; 2] = match (bits, imm) {
        (32, false) => [Divu32, Remu32],
        (32, true) => [Divu32Imm, Remu32Imm],
        (_, false) => [Divu64, Remu64],
        (_, true) => [Divu64Imm, Remu64Imm],
    };
    let n = bits / 16;
    let mut f = Frame::new(super::name("divu", bits, imm), &ops);
    let a = f.read_register(Field::A, n);
    let divisor = columns(&mut f, "divisor_byte", 2 * n);
    let b = bytes_to_limbs(&divisor);
    if imm {
        f.constant_from(&b);
    } else {
        let (addr, when) = (f.register(Field::B), f.real.clone());
        let (old, spec) = (
            crate::gadgets::word(&b),
            AccessSpec {
                addr,
                limbs: n,
                when,
                slot: Slot::At(1),
            },
        );
        f.access("b", &spec, &old, &old);
    }
    let core = Core::new(&mut f, &a, divisor, &Expr::constant(0));
    let result = columns(&mut f, "result", n);
    let quotient = bytes_to_limbs(&core.quotient);
    let (is_div, is_rem) = (f.is(ops[0]), f.is(ops[1]));
    for i in 0..n {
        f.assert_zero(
            format!("limb {i} of the result"),
            result[i] - &is_div * &quotient[i] - &is_rem * core.remainder[i],
        );
    }
    end(&mut f, core.zero, None, &exprs(&result), imm);
    f.finish(move |step, row| {
        let a = step.accesses[0].old;
        let (q, r) = core.fill(row, a, second_operand(step, imm), a, false);
        row.set_limbs(&result, if step.inst.op == ops[0] { q } else { r });
    })
}

/// `divs` and `rems`.
pub(super) fn signed(bits: usize, imm: bool) -> InstructionRow {
    let ops: [ZkOp; 2] = match (bits, imm) {
        (32, false) => [Divs32, Rems32],
        (32, true) => [Divs32Imm, Rems32Imm],
        (_, false) => [Divs64, Rems64],
        (_, true) => [Divs64Imm, Rems64Imm],
    };
    let n = bits / 16;
    let mut f = Frame::new(super::name("divs", bits, imm), &ops);
    let a = f.read_register(Field::A, n);
    let b = super::second(&mut f, imm, n);
    let real = f.real.clone();
    let (sign_a, sign_b) = (f.column("sign_a"), f.column("sign_b"));
    for (name, sign, limb) in [("a", sign_a, a[n - 1]), ("b", sign_b, b[n - 1])] {
        f.assert_bool(format!("sign of {name} is 0 or 1"), sign);
        f.bits(15, limb - sign * (1 << 15));
    }
    let divisor = columns(&mut f, "divisor_byte", 2 * n);
    let magnitude = bytes_to_limbs(&divisor);
    let carries = assert_sum(
        &mut f,
        "negated divisor",
        &sign_b.into(),
        &exprs(&b),
        &magnitude,
        &vec![Expr::constant(0); n],
    );
    f.assert_zero(
        "a negative divisor has a magnitude",
        sign_b * (1 - &carries[n - 1]),
    );
    for i in 0..n {
        f.assert_zero(
            format!("limb {i} of a divisor that is not negative"),
            (1 - sign_b) * (b[i] - &magnitude[i]),
        );
    }
    let core = Core::new(&mut f, &a, divisor, &sign_a.into());

    let (is_div, is_rem) = (f.is(ops[0]), f.is(ops[1]));
    let negate = f.column("negate");
    f.assert_zero(
        "sign of the result",
        negate - &is_div * (sign_a + sign_b - sign_a * sign_b * 2) - &is_rem * sign_a,
    );
    let (positive, result) = (
        columns(&mut f, "magnitude", n),
        columns(&mut f, "result", n),
    );
    let quotient = bytes_to_limbs(&core.quotient);
    for i in 0..n {
        f.range16(result[i]);
        f.assert_zero(
            format!("limb {i} of the magnitude"),
            positive[i] - &is_div * &quotient[i] - &is_rem * core.remainder[i],
        );
        f.assert_zero(
            format!("limb {i} of a result that is not negated"),
            (1 - negate) * (result[i] - positive[i]),
        );
    }
    assert_sum(
        &mut f,
        "negated result",
        &negate.into(),
        &exprs(&result),
        &exprs(&positive),
        &vec![Expr::constant(0); n],
    );

    let (top_is_128, gap, overflow) = (
        f.column("top_is_128"),
        f.column("gap"),
        f.column("overflow"),
    );
    let from_128 = core.quotient[2 * n - 1] - 128;
    f.assert_bool("top_is_128 is 0 or 1", top_is_128);
    f.assert_zero("top_is_128 is not claimed falsely", top_is_128 * &from_128);
    f.assert_zero(
        "top_is_128 is not denied falsely",
        from_128 * gap - (&real - top_is_128),
    );
    f.assert_zero("no inverse of zero", top_is_128 * gap);
    f.assert_zero(
        "overflow is a positive quotient of 2^(W-1)",
        overflow - &is_div * top_is_128 * (1 - negate),
    );
    end(&mut f, core.zero, Some(overflow), &exprs(&result), imm);
    f.finish(move |step, row| {
        let (x, y) = (step.accesses[0].old, second_operand(step, imm));
        let mask = u64::MAX >> (64 - bits);
        let negative = |v: u64| v >> (bits - 1) & 1 == 1;
        let magnitude = |v: u64| {
            if negative(v) {
                v.wrapping_neg() & mask
            } else {
                v
            }
        };
        row.set(sign_a, u64::from(negative(x)));
        row.set(sign_b, u64::from(negative(y)));
        let (q, r) = core.fill(row, magnitude(x), magnitude(y), x, negative(x));
        let is_div = step.inst.op == ops[0];
        let (value, negated) = if is_div {
            (q, negative(x) != negative(y))
        } else {
            (r, negative(x))
        };
        row.set(negate, u64::from(negated));
        row.set_limbs(&positive, value);
        row.set_limbs(&result, if negated { value.wrapping_neg() } else { value });
        let top = (q >> (bits - 8)) as i64;
        row.set(top_is_128, u64::from(top == 128));
        row.set(gap, inverse(top - 128));
        row.set(overflow, u64::from(is_div && top == 128 && !negated));
    })
}
