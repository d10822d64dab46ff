//! Numeric expressions: the right-hand sides of `CONST` and `CONSTL`.
//!
//! Upstream's levels, loosest first: `?:`, `??`, `||`, `&&`, `|`, `^`, `&`, `== !=`, `< <= > >=`, `<< >>`, `+ -`, then one level
//! for `** * % /`, then `!`; all associate to the left, and unary minus takes a whole product.

use super::super::eval::arithmetic;
use super::super::expr::BinaryOp;
use super::lex::{Kind, Token};
use super::syntax::{Input, Parsed, close, expected};
use num_bigint::BigInt;
use winnow::combinator::opt;
use winnow::prelude::*;
use winnow::token::any;

/// Most operators and operands of one expression, which also bounds its nesting.
const MAX_PARTS: usize = 100;

/// A numeric expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Nexpr<'a> {
    Number(BigInt),
    Const(&'a str),
    /// `%X ?? e`: the constant if it is defined.
    Default(&'a str, Box<Nexpr<'a>>),
    Neg(Box<Nexpr<'a>>),
    Not(Box<Nexpr<'a>>),
    Binary(BinaryOp, Box<Nexpr<'a>>, Box<Nexpr<'a>>),
    If(Box<Nexpr<'a>>, Box<Nexpr<'a>>, Box<Nexpr<'a>>),
}

/// Levels of binary operators, loosest first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<", "<=", ">", ">="],
    &["<<", ">>"],
    &["+", "-"],
    &["**", "*", "%", "/"],
];

/// The level of products.
const PRODUCT: usize = LEVELS.len() - 1;

/// Parses a numeric expression.
pub(super) fn nexpr<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<Nexpr<'a>> {
    conditional(input, &mut 0)
}

fn conditional<'t, 'a: 't>(input: &mut Input<'t, 'a>, parts: &mut usize) -> Parsed<Nexpr<'a>> {
    let mut condition = level(input, 0, parts)?;
    while opt("?").parse_next(input)?.is_some() {
        let yes = conditional(input, parts)?;
        close(":").parse_next(input)?;
        let no = level(input, 0, parts)?;
        condition = Nexpr::If(condition.into(), yes.into(), no.into());
    }
    Ok(condition)
}

fn level<'t, 'a: 't>(
    input: &mut Input<'t, 'a>,
    from: usize,
    parts: &mut usize,
) -> Parsed<Nexpr<'a>> {
    let mut left = prefix(input, parts)?;
    while let Some(Kind::Symbol(symbol)) = input.first().map(|t| &t.kind) {
        let at = LEVELS.iter().position(|ops| ops.contains(symbol));
        let op = BinaryOp::ALL.iter().find(|op| op.1 == *symbol);
        let (Some(at), Some(op)) = (at.filter(|&at| at >= from), op) else {
            break;
        };
        any.void().parse_next(input)?;
        let right = level(input, at + 1, parts)?;
        left = Nexpr::Binary(op.0, left.into(), right.into());
    }
    Ok(left)
}

fn prefix<'t, 'a: 't>(input: &mut Input<'t, 'a>, parts: &mut usize) -> Parsed<Nexpr<'a>> {
    *parts += 1;
    if *parts > MAX_PARTS {
        return expected("an expression of at most 100 parts").parse_next(input);
    }
    let token: Option<&Token<'a>> = input.first();
    let kind = token.map(|t| t.kind.clone());
    let known = matches!(
        kind,
        Some(Kind::Symbol("-" | "!" | "(") | Kind::Number(_) | Kind::Long(_) | Kind::ConstId(_))
    );
    if !known {
        return expected("a number, a constant or `(`").parse_next(input);
    }
    any.void().parse_next(input)?;
    match kind {
        Some(Kind::Symbol("-")) => Ok(Nexpr::Neg(level(input, PRODUCT, parts)?.into())),
        Some(Kind::Symbol("!")) => Ok(Nexpr::Not(prefix(input, parts)?.into())),
        Some(Kind::Number(value) | Kind::Long(value)) => Ok(Nexpr::Number(value)),
        Some(Kind::ConstId(name)) => {
            if opt("??").parse_next(input)?.is_none() {
                return Ok(Nexpr::Const(name));
            }
            Ok(Nexpr::Default(name, level(input, 0, parts)?.into()))
        }
        _ => {
            let inner = conditional(input, parts)?;
            close(")").parse_next(input)?;
            Ok(inner)
        }
    }
}

/// Evaluates a numeric expression, given the constants defined so far.
pub(super) fn evaluate(
    expr: &Nexpr<'_>,
    constant: &dyn Fn(&str) -> Option<BigInt>,
) -> Result<BigInt, String> {
    let zero = BigInt::ZERO;
    let truth = |value: bool| BigInt::from(u8::from(value));
    let eval = |expr: &Nexpr<'_>| evaluate(expr, constant);
    let undefined = |name: &str| format!("constant `%{name}` is not defined");
    Ok(match expr {
        Nexpr::Number(value) => value.clone(),
        Nexpr::Const(name) => constant(name).ok_or_else(|| undefined(name))?,
        Nexpr::Default(name, default) => match constant(name) {
            Some(value) => value,
            None => eval(default)?,
        },
        Nexpr::Neg(a) => -eval(a)?,
        Nexpr::Not(a) => truth(eval(a)? == zero),
        Nexpr::If(condition, yes, no) => eval(if eval(condition)? != zero { yes } else { no })?,
        Nexpr::Binary(op, a, b) => {
            let (a, b) = (eval(a)?, eval(b)?);
            if *op == BinaryOp::Le {
                truth(a <= b)
            } else {
                arithmetic(*op, a, b)?
            }
        }
    })
}
