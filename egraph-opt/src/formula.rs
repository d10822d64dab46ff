//! The side conditions and computed constants of rules: a small expression language over the facts of a rule's variables.
//!
//! A name is a variable's constant (the formula fails where the class is not constant) or one of `W` (the width), `M` (all
//! ones at the width), `SB` (its sign bit), `LOW` (all ones of an i32). `max min may must` read a variable's facts, `const`
//! asks whether it is constant, `pow2` and `log2` work on numbers, `signed` reads a constant as signed. Numbers are exact
//! (`i128`); what does not fit fails. Precedence is Rust's. So one text serves the rewriter, which knows facts, and the
//! rule tests, which know values.

use crate::facts::{Facts, mask};

/// A parsed formula.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Formula {
    /// A number.
    Number(i128),
    /// A variable's constant, or a name of the width's.
    Name(String),
    /// A function of one argument.
    Call(String, Box<Formula>),
    /// A prefix operator.
    Prefix(&'static str, Box<Formula>),
    /// An infix operator.
    Infix(&'static str, Box<Formula>, Box<Formula>),
}

/// What a formula is evaluated in.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// Width of the rule's instance, 32 or 64.
    pub bits: u32,
    /// Facts of a variable.
    pub facts: &'a dyn Fn(&str) -> Option<Facts>,
}

/// Infix operators with their binding power.
const INFIX: [(&str, u8); 17] = [
    ("||", 1),
    ("&&", 2),
    ("==", 3),
    ("!=", 3),
    ("<=", 3),
    (">=", 3),
    ("<<", 7),
    (">>", 7),
    ("<", 3),
    (">", 3),
    ("|", 4),
    ("^", 5),
    ("&", 6),
    ("+", 8),
    ("-", 8),
    ("*", 9),
    ("%", 9),
];

impl Formula {
    /// Parses a formula. The error is the rest of the text that could not be read.
    pub fn parse(text: &str) -> Result<Formula, String> {
        let mut rest = text;
        let formula = infix(&mut rest, 0)?;
        if rest.trim_start().is_empty() {
            Ok(formula)
        } else {
            Err(rest.to_owned())
        }
    }

    /// The value, or `None` where a variable is not constant or a number does not fit. Truth is 1, falsehood 0.
    pub fn eval(&self, scope: Scope<'_>) -> Option<i128> {
        match self {
            Formula::Number(value) => Some(*value),
            Formula::Name(name) => match name.as_str() {
                "W" => Some(scope.bits.into()),
                "M" => Some(mask(scope.bits).into()),
                "SB" => Some(1 << (scope.bits - 1)),
                "LOW" => Some(mask(32).into()),
                name => Some((scope.facts)(name)?.as_const()?.into()),
            },
            Formula::Call(function, arg) => {
                if let Formula::Name(name) = &**arg {
                    let facts = (scope.facts)(name);
                    match function.as_str() {
                        "const" => return Some(facts?.as_const().is_some().into()),
                        "max" => return Some(facts?.max.into()),
                        "min" => return Some(facts?.min.into()),
                        "may" => return Some(facts?.may.into()),
                        "must" => return Some(facts?.must.into()),
                        _ => {}
                    }
                }
                let value = arg.eval(scope)?;
                match function.as_str() {
                    "pow2" => Some((value > 0 && value & (value - 1) == 0).into()),
                    "log2" => Some(value.checked_ilog2()?.into()),
                    "signed" => Some(if value >> (scope.bits - 1) & 1 == 1 {
                        value - (1 << scope.bits)
                    } else {
                        value
                    }),
                    _ => None,
                }
            }
            Formula::Prefix("-", arg) => arg.eval(scope)?.checked_neg(),
            Formula::Prefix("~", arg) => Some(!arg.eval(scope)? & i128::from(mask(scope.bits))),
            Formula::Prefix(_, arg) => Some((arg.eval(scope)? == 0).into()),
            // Both sides of `&&` and `||` need not be defined.
            Formula::Infix("&&", a, b) => {
                Some((a.eval(scope).unwrap_or(0) != 0 && b.eval(scope).unwrap_or(0) != 0).into())
            }
            Formula::Infix("||", a, b) => {
                Some((a.eval(scope).unwrap_or(0) != 0 || b.eval(scope).unwrap_or(0) != 0).into())
            }
            Formula::Infix(op, a, b) => {
                let (a, b) = (a.eval(scope)?, b.eval(scope)?);
                match *op {
                    "==" => Some((a == b).into()),
                    "!=" => Some((a != b).into()),
                    "<=" => Some((a <= b).into()),
                    ">=" => Some((a >= b).into()),
                    "<" => Some((a < b).into()),
                    ">" => Some((a > b).into()),
                    "<<" if (0..64).contains(&b)
                        && (0..=i128::from(u64::MAX)).contains(&a)
                        && a.checked_ilog2().unwrap_or(0) + (b as u32) < 126 =>
                    {
                        Some(a << b)
                    }
                    ">>" if (0..64).contains(&b) => Some(a >> b),
                    "|" => Some(a | b),
                    "^" => Some(a ^ b),
                    "&" => Some(a & b),
                    "+" => a.checked_add(b),
                    "-" => a.checked_sub(b),
                    "*" => a.checked_mul(b),
                    "%" if b > 0 => Some(a.rem_euclid(b)),
                    _ => None,
                }
            }
        }
    }

    /// Whether the formula is true: defined and not zero.
    pub fn holds(&self, scope: Scope<'_>) -> bool {
        self.eval(scope).is_some_and(|value| value != 0)
    }
}

fn infix(rest: &mut &str, power: u8) -> Result<Formula, String> {
    let mut left = prefix(rest)?;
    loop {
        let text = rest.trim_start();
        let Some(&(op, binds)) = INFIX.iter().find(|(op, _)| text.starts_with(op)) else {
            return Ok(left);
        };
        if binds <= power {
            return Ok(left);
        }
        *rest = &text[op.len()..];
        let right = infix(rest, binds)?;
        left = Formula::Infix(op, Box::new(left), Box::new(right));
    }
}

fn prefix(rest: &mut &str) -> Result<Formula, String> {
    let text = rest.trim_start();
    for op in ["-", "~", "!"] {
        if let Some(after) = text.strip_prefix(op) {
            *rest = after;
            return Ok(Formula::Prefix(op, Box::new(prefix(rest)?)));
        }
    }
    if let Some(after) = text.strip_prefix('(') {
        *rest = after;
        let inner = infix(rest, 0)?;
        *rest = rest
            .trim_start()
            .strip_prefix(')')
            .ok_or_else(|| (*rest).to_owned())?;
        return Ok(inner);
    }
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    if word.is_empty() {
        return Err(text.to_owned());
    }
    *rest = after;
    if let Ok(number) = word.parse() {
        return Ok(Formula::Number(number));
    }
    if after.starts_with('(') {
        let arg = prefix(rest)?;
        return Ok(Formula::Call(word.to_owned(), Box::new(arg)));
    }
    Ok(Formula::Name(word.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<i128> {
        let facts = |name: &str| match name {
            "a" => Some(Facts::value(6)),
            "x" => Some(Facts::range(4, 7)),
            _ => None,
        };
        Formula::parse(text).expect("a formula").eval(Scope {
            bits: 32,
            facts: &facts,
        })
    }

    #[test]
    fn reads_constants_facts_and_precedence() {
        assert_eq!(value("1 + 2 * 3 == 7 && a < W"), Some(1));
        assert_eq!(value("max(x) & ~3"), Some(4));
        assert_eq!(value("x + 1"), None);
        assert_eq!(value("const(x) || const(a)"), Some(1));
        assert_eq!(value("-a & M"), Some(0xffff_fffa));
        assert_eq!(value("log2(a + 2)"), Some(3));
        assert_eq!(value("signed(M)"), Some(-1));
        assert_eq!(value("pow2(a)"), Some(0));
        assert!(Formula::parse("1 +").is_err());
        assert!(Formula::parse("(1").is_err());
    }
}
