//! Side conditions and computed constants as terms.
//!
//! Facts are an over-approximation, so each field of a variable's facts that a formula reads is a variable of its own, bound
//! only by what it says of the value: a proof covers every value under every fact that admits it. Numbers are as wide as
//! they can get, so no sum wraps; where the rewriter's `i128` would give up, the term goes on, which only asks for more.

use super::meaning::Word;
use super::term::{MAX_WIDTH, Op, Term, Terms};
use crate::formula::Formula;
use std::collections::BTreeMap;

/// A number: its bits, and whether the top one is a sign.
#[derive(Clone, Copy)]
struct Number {
    term: Term,
    signed: bool,
}

/// Translates formulas of one rule instance.
pub(super) struct Conditions<'a> {
    pub(super) terms: &'a mut Terms,
    pub(super) word: Word,
    /// Bits of the instance's type, scaled.
    pub(super) bits: u32,
    /// Values of the pattern's variables.
    pub(super) values: &'a BTreeMap<String, Term>,
    /// What the facts that were read say of the values.
    pub(super) facts: Term,
}

impl Conditions<'_> {
    /// A truth that holds wherever the formula does.
    pub(super) fn holds(&mut self, formula: &Formula) -> Result<Term, String> {
        let (number, defined) = self.number(formula)?;
        let holds = self.truth(number);
        Ok(self.terms.and(defined, holds))
    }

    /// A computed constant modulo 2^bits, and a truth that holds wherever it has a value.
    pub(super) fn constant(&mut self, formula: &Formula) -> Result<(Term, Term), String> {
        let (_, defined) = self.number(formula)?;
        Ok((self.modulo(formula)?, defined))
    }

    /// The formula modulo 2^bits. Ring operations need no more bits than the result has.
    fn modulo(&mut self, formula: &Formula) -> Result<Term, String> {
        match formula {
            Formula::Prefix("-", arg) => {
                let arg = self.modulo(arg)?;
                Ok(self.terms.unary(Op::Neg, arg))
            }
            Formula::Infix(op @ ("+" | "-" | "*" | "&" | "|" | "^" | "<<"), a, b) => {
                let (a, b) = (self.modulo(a)?, self.modulo(b)?);
                Ok(self.terms.binary(infix(op), a, b))
            }
            _ => {
                let (number, _) = self.number(formula)?;
                Ok(self.fit(number, self.bits))
            }
        }
    }

    /// A number as a vector of another width; cut where it is wider.
    fn fit(&mut self, number: Number, width: u32) -> Term {
        if self.terms.width(number.term) > width {
            self.terms.extract(number.term, 0, width)
        } else {
            self.terms.extend(number.term, width, number.signed)
        }
    }

    fn truth(&mut self, number: Number) -> Term {
        let zero = self.terms.number(0, self.terms.width(number.term));
        let is_zero = self.terms.eq(number.term, zero);
        self.terms.not(is_zero)
    }

    fn of_truth(&mut self, truth: Term) -> Number {
        let (one, zero) = (self.terms.number(1, 1), self.terms.number(0, 1));
        unsigned(self.terms.ite(truth, one, zero))
    }

    fn literal(&mut self, value: u128) -> Number {
        let width = (128 - value.leading_zeros()).max(1);
        unsigned(self.terms.number(value, width))
    }

    /// Two numbers at one width that holds both, and whether it has a sign.
    fn common(&mut self, a: Number, b: Number) -> (Term, Term, bool) {
        let signed = a.signed || b.signed;
        let width = |n: Number, terms: &Terms| terms.width(n.term) + u32::from(signed && !n.signed);
        let width = width(a, self.terms).max(width(b, self.terms));
        (self.fit(a, width), self.fit(b, width), signed)
    }

    /// The value of a variable, where its facts leave one only.
    fn known(&mut self, name: &str) -> Result<(Number, Term), String> {
        let value = *self
            .values
            .get(name)
            .ok_or_else(|| format!("no variable `{name}`"))?;
        let is_const = self.terms.var(&format!("{name}_const"), 0);
        Ok((unsigned(value), is_const))
    }

    /// A field of a variable's facts.
    fn fact(&mut self, field: &str, name: &str) -> Result<Number, String> {
        let (value, is_const) = self.known(name)?;
        let value = value.term;
        let fact = self
            .terms
            .var(&format!("{name}_{field}"), self.terms.width(value));
        let (low, high) = match field {
            "min" => (fact, value),
            _ => (value, fact),
        };
        let says = match field {
            "min" | "max" => {
                let bound = self.terms.binary(Op::Ule, low, high);
                // The bounds of a constant are its value.
                let open = self.terms.not(is_const);
                let tight = self.terms.eq(fact, value);
                let tight = self.terms.binary(Op::Or, open, tight);
                self.terms.and(bound, tight)
            }
            "may" => {
                let inside = self.terms.binary(Op::And, value, fact);
                self.terms.eq(inside, value)
            }
            _ => {
                let inside = self.terms.binary(Op::And, value, fact);
                self.terms.eq(inside, fact)
            }
        };
        self.facts = self.terms.and(self.facts, says);
        Ok(unsigned(fact))
    }

    /// The formula's value, and a truth that holds wherever it has one.
    fn number(&mut self, formula: &Formula) -> Result<(Number, Term), String> {
        let always = self.terms.truth(true);
        let ones = |bits: u32| u128::MAX >> (128 - bits);
        match formula {
            Formula::Number(value) => {
                let value = u128::try_from(*value).map_err(|_| "a negative literal".to_owned())?;
                Ok((self.literal(value), always))
            }
            Formula::Name(name) => match name.as_str() {
                "W" => Ok((self.literal(self.bits.into()), always)),
                "M" => Ok((self.literal(ones(self.bits)), always)),
                "SB" => Ok((self.literal(1 << (self.bits - 1)), always)),
                "LOW" => Ok((self.literal(ones(self.word.of(32))), always)),
                name => self.known(name),
            },
            Formula::Call(function, arg) => {
                if let Formula::Name(name) = &**arg {
                    match function.as_str() {
                        "const" => {
                            let (_, is_const) = self.known(name)?;
                            return Ok((self.of_truth(is_const), always));
                        }
                        "min" | "max" | "may" | "must" => {
                            return Ok((self.fact(function, name)?, always));
                        }
                        _ => {}
                    }
                }
                self.call(function, arg)
            }
            Formula::Prefix("-", arg) => {
                let (arg, defined) = self.number(arg)?;
                let width = self.widen(arg, 1)?;
                let arg = self.fit(arg, width);
                Ok((signed(self.terms.unary(Op::Neg, arg)), defined))
            }
            Formula::Prefix("~", arg) => {
                let (arg, defined) = self.number(arg)?;
                let arg = self.fit(arg, self.bits);
                Ok((unsigned(self.terms.not(arg)), defined))
            }
            // Where a number is too large for the rewriter, its negation would ask for less.
            Formula::Prefix(op, _) => Err(format!("`{op}` is not translated")),
            Formula::Infix(op @ ("&&" | "||"), a, b) => {
                let (a, b) = (self.holds(a)?, self.holds(b)?);
                let op = if *op == "&&" { Op::And } else { Op::Or };
                let truth = self.terms.binary(op, a, b);
                Ok((self.of_truth(truth), always))
            }
            Formula::Infix(op, a, b) => {
                let (a, a_defined) = self.number(a)?;
                let (b, b_defined) = self.number(b)?;
                let (number, defined) = self.infix(op, a, b)?;
                let both = self.terms.and(a_defined, b_defined);
                Ok((number, self.terms.and(both, defined)))
            }
        }
    }

    fn call(&mut self, function: &str, arg: &Formula) -> Result<(Number, Term), String> {
        let (arg, defined) = self.number(arg)?;
        let width = self.terms.width(arg.term);
        let zero = self.terms.number(0, width);
        let positive = if arg.signed {
            self.terms.binary(Op::Slt, zero, arg.term)
        } else {
            self.terms.binary(Op::Ult, zero, arg.term)
        };
        match function {
            "pow2" => {
                let one = self.terms.number(1, width);
                let less = self.terms.binary(Op::Sub, arg.term, one);
                let common = self.terms.binary(Op::And, arg.term, less);
                let single = self.terms.eq(common, zero);
                let both = self.terms.and(positive, single);
                Ok((self.of_truth(both), defined))
            }
            "log2" => {
                let mut log = self.terms.number(0, 8);
                let one = self.terms.number(1, 1);
                for i in 1..width {
                    let bit = self.terms.extract(arg.term, i, 1);
                    let set = self.terms.eq(bit, one);
                    let here = self.terms.number(i.into(), 8);
                    log = self.terms.ite(set, here, log);
                }
                Ok((unsigned(log), self.terms.and(defined, positive)))
            }
            "signed" => {
                // Bit `bits - 1` says whether 2^bits is taken off.
                let width = width.max(self.bits) + 1;
                let wide = self.fit(arg, width);
                let sign = self.terms.extract(wide, self.bits - 1, 1);
                let one = self.terms.number(1, 1);
                let negative = self.terms.eq(sign, one);
                let all = self.terms.number(1 << self.bits, width);
                let less = self.terms.binary(Op::Sub, wide, all);
                Ok((signed(self.terms.ite(negative, less, wide)), defined))
            }
            _ => Err(format!("`{function}` is not translated")),
        }
    }

    /// The width of a number and `more` bits, as a number with a sign.
    fn widen(&self, number: Number, more: u32) -> Result<u32, String> {
        fits(self.terms.width(number.term) + more)
    }

    fn infix(&mut self, op: &str, a: Number, b: Number) -> Result<(Number, Term), String> {
        let always = self.terms.truth(true);
        let (wide_a, wide_b, sign) = self.common(a, b);
        let width = self.terms.width(wide_a);
        let make = |term| Number { term, signed: sign };
        let number = match op {
            "==" | "!=" | "<" | ">" | "<=" | ">=" => {
                let (less, at_most) = if sign {
                    (Op::Slt, Op::Sle)
                } else {
                    (Op::Ult, Op::Ule)
                };
                let truth = match op {
                    "==" => self.terms.eq(wide_a, wide_b),
                    "!=" => {
                        let equal = self.terms.eq(wide_a, wide_b);
                        self.terms.not(equal)
                    }
                    "<" => self.terms.binary(less, wide_a, wide_b),
                    ">" => self.terms.binary(less, wide_b, wide_a),
                    "<=" => self.terms.binary(at_most, wide_a, wide_b),
                    _ => self.terms.binary(at_most, wide_b, wide_a),
                };
                self.of_truth(truth)
            }
            "&" | "|" | "^" => make(self.terms.binary(infix(op), wide_a, wide_b)),
            "+" | "-" => {
                let width = fits(width + 1)?;
                let (a, b) = (self.fit(make(wide_a), width), self.fit(make(wide_b), width));
                let term = self.terms.binary(infix(op), a, b);
                Number {
                    term,
                    signed: sign || op == "-",
                }
            }
            "*" => {
                let width = if sign {
                    2 * width
                } else {
                    self.terms.width(a.term) + self.terms.width(b.term)
                };
                let width = fits(width)?;
                let (a, b) = (self.fit(make(wide_a), width), self.fit(make(wide_b), width));
                make(self.terms.binary(Op::Mul, a, b))
            }
            "<<" | ">>" if !sign => {
                let limit = self.literal(self.word.bits.into());
                let (amount, limit, _) = self.common(b, limit);
                let defined = self.terms.binary(Op::Ult, amount, limit);
                let width = if op == "<<" {
                    fits(self.terms.width(a.term) + self.word.bits - 1)?
                } else {
                    self.terms.width(a.term).max(8)
                };
                // Amounts that matter have few bits.
                let amount = unsigned(self.terms.extract(
                    amount,
                    0,
                    self.terms.width(amount).min(7),
                ));
                let (value, amount) = (self.fit(a, width), self.fit(amount, width));
                let op = if op == "<<" { Op::Shl } else { Op::Lshr };
                let term = self.terms.binary(op, value, amount);
                return Ok((unsigned(term), defined));
            }
            "%" => match self.terms.as_const(b.term) {
                Some(modulus) if modulus > 1 && modulus.is_power_of_two() => {
                    let bits = modulus.trailing_zeros();
                    let wide = self.fit(a, self.terms.width(a.term).max(bits + 1));
                    unsigned(self.terms.extract(wide, 0, bits))
                }
                _ => return Err("`%` by other than a power of two is not translated".to_owned()),
            },
            _ => return Err(format!("`{op}` of these numbers is not translated")),
        };
        Ok((number, always))
    }
}

fn fits(width: u32) -> Result<u32, String> {
    if width <= MAX_WIDTH {
        Ok(width)
    } else {
        Err(format!("a number of {width} bits"))
    }
}

fn unsigned(term: Term) -> Number {
    Number {
        term,
        signed: false,
    }
}

fn signed(term: Term) -> Number {
    Number { term, signed: true }
}

fn infix(op: &str) -> Op {
    match op {
        "+" => Op::Add,
        "-" => Op::Sub,
        "*" => Op::Mul,
        "&" => Op::And,
        "|" => Op::Or,
        "^" => Op::Xor,
        _ => Op::Shl,
    }
}
