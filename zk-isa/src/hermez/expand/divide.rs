//! Divisions: x = q d + r by ARITH with A = q, B = d, C = r, D = 0, which is an equation of integers, and r below d.
//!
//! Signed divisions divide absolute values. GAS holds the sign of the quotient, or of the remainder.

use super::asm::{Asm, Symbol};
use super::micro::*;
use crate::hermez::{Bin, Condition, Expr, Goto, Jump, Label, Reg, Step};
use zkc_ir::Trap;

const ZERO: Label = Symbol::Trap(Trap::IntegerDivideByZero.code()).label();
const OVERFLOW: Label = Symbol::Trap(Trap::IntegerOverflow.code()).label();

impl Division {
    /// Dividend and divisor; the result is in A (quotient) or C (remainder).
    pub(super) fn shape(&self) -> Shape {
        let result = if self.remainder { Reg::C } else { Reg::A };
        let others: Vec<Reg> = [Reg::A, Reg::B, Reg::C, Reg::D, Reg::E]
            .into_iter()
            .filter(|&r| r != result)
            .collect();
        Shape {
            uses: vec![Want::In(Reg::E), Want::In(Reg::B)],
            defs: vec![Want::In(result)],
            temps: Vec::new(),
            clobbers: others,
        }
    }

    /// E / B.
    pub(super) fn emit(&self, _: &Site<'_>, asm: &mut Asm) {
        if self.signed {
            self.make_absolute(asm);
        }
        self.unsigned(asm);
        if self.signed {
            self.make_signed(asm);
        }
    }

    /// Quotient in A, remainder in C. The free inputs are A and C: ARITH and the comparison bind them. A divisor of 0 is found where
    /// the remainder is not below it; the equation holds there too, for any quotient, so that it is the dividend is asserted.
    fn unsigned(&self, asm: &mut Asm) {
        let safe = || Expr::from(Reg::B) + Expr::from(Reg::B).eq(0u64);
        let rest = Expr::from(Reg::E) - Expr::from(Reg::A) * Reg::B;
        asm.push(hint(Expr::from(Reg::E) / safe()).set(Reg::A));
        asm.push(hint(rest).set(Reg::C));
        asm.push(Step::new().set(Reg::D));
        asm.push(Step::new().reg(Reg::E).arith());
        if self.bits == 32 {
            // r is at most x, so its limb 1 is 0
            let zero = asm.cold(|asm| {
                let bad = Symbol::Bad.label();
                asm.push(Step::new().reg(Reg::E).assert());
                asm.push(
                    Step::new()
                        .reg(Reg::B)
                        .then(either(Condition::Zero, ZERO, bad)),
                );
            });
            let order = Step::new().reg(Reg::C).times(-1, Reg::B);
            asm.push(order.then(Jump::If(Condition::Negative, Goto::Next, Goto::Label(zero))));
            return;
        }
        let zero = asm.cold(|asm| {
            asm.push(Step::new().reg(Reg::D).set(Reg::A));
            asm.push(Step::new().reg(Reg::E).assert());
            asm.push(Step::new().set(Reg::A));
            let equal = Step::new().computed().bin(Bin::Eq);
            asm.push(equal.then(either(Condition::Carry, ZERO, Symbol::Bad.label())));
        });
        asm.push(Step::new().reg(Reg::A).set(Reg::D));
        asm.push(Step::new().reg(Reg::C).set(Reg::A));
        asm.push(Step::new().computed().bin(Bin::Lt).jmpnc(zero));
        if !self.remainder {
            asm.push(Step::new().reg(Reg::D).set(Reg::A));
        }
    }

    /// Makes E and B absolute values, and GAS 1 if the result is to be negated.
    fn make_absolute(&self, asm: &mut Asm) {
        let (done, divisor) = (asm.label(), asm.label());
        let counts = !self.remainder;
        asm.push(Step::new().set(Reg::Gas));
        if self.bits == 32 {
            let sign = |reg: Reg| Step::new().reg(reg).minus(1 << 31);
            asm.push(sign(Reg::E).jmpn(divisor));
            asm.push(Step::new().plus(LIMB).times(-1, Reg::E).set(Reg::E));
            asm.push(Step::new().plus(1).set(Reg::Gas));
            asm.bind(divisor);
            asm.push(sign(Reg::B).jmpn(done));
            asm.push(Step::new().plus(LIMB).times(-1, Reg::B).set(Reg::B));
        } else {
            let sign = || Step::new().reg(Reg::RotlC).minus(1 << 31);
            asm.push(Step::new().reg(Reg::E).set(Reg::C));
            asm.push(sign().jmpn(divisor));
            asm.push(Step::new().reg(Reg::B).set(Reg::D));
            asm.push(Step::new().reg(Reg::E).set(Reg::B));
            asm.push(Step::new().set(Reg::A));
            asm.push(Step::new().computed().bin(Bin::Sub).set(Reg::E));
            asm.push(Step::new().reg(Reg::D).set(Reg::B));
            asm.push(Step::new().plus(1).set(Reg::Gas));
            asm.bind(divisor);
            asm.push(Step::new().reg(Reg::B).set(Reg::C));
            asm.push(sign().jmpn(done));
            asm.push(Step::new().set(Reg::A));
            asm.push(Step::new().computed().bin(Bin::Sub).set(Reg::B));
        }
        if counts {
            asm.push(Step::new().plus(1).times(-1, Reg::Gas).set(Reg::Gas));
        }
        asm.bind(done);
    }

    /// Negates the result if GAS says so. A positive quotient of 2^31 or 2^63 is the overflow.
    fn make_signed(&self, asm: &mut Asm) {
        let result = if self.remainder { Reg::C } else { Reg::A };
        let (negate, done) = (asm.label(), asm.label());
        asm.push(Step::new().reg(Reg::Gas).jmpnz(negate));
        if self.remainder {
            asm.jump(done, false);
        } else {
            let top = match self.bits {
                32 => Lin::new(&[1], -(1 << 31)).step(&[Reg::A]),
                _ => {
                    asm.push(Step::new().reg(Reg::A).set(Reg::C));
                    Step::new().reg(Reg::RotlC).minus(1 << 31)
                }
            };
            asm.push(top.then(either(Condition::Negative, done, OVERFLOW)));
        }
        asm.bind(negate);
        if self.bits == 32 {
            // 0 stays 0
            asm.push(Step::new().reg(result).jmpz(done));
            let negated = Step::new().plus(LIMB).times(-1, result).set(result);
            asm.push(negated);
        } else {
            asm.push(Step::new().reg(result).set(Reg::B));
            asm.push(Step::new().set(Reg::A));
            asm.push(Step::new().computed().bin(Bin::Sub).set(result));
        }
        asm.bind(done);
    }
}
