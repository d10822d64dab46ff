//! The command language: the expression inside `${}`.
//!
//! Upstream's grammar has one left-associative level for all of `* / % & | ^ << >> || && ** == != < <= > >=` and `?:`, and
//! `+ -` bind looser: `a + b == c` is `a + (b == c)`.

use super::super::expr::{BinaryOp, Expr, UnaryOp};
use super::super::step::Reg;
use super::super::words::REFUSED;
use super::lex::{Kind, Token, expression};
use super::syntax::{At, Failure, Input, Parsed, close, expected, finish, word};
use winnow::combinator::{alt, delimited, opt, separated};
use winnow::prelude::*;
use winnow::stream::{Stream, TokenSlice};
use winnow::token::any;

/// Most parts of an expression.
const MAX_PARTS: usize = 1000;
/// Deepest nesting of brackets.
const MAX_NESTING: usize = 100;

/// Parses an expression whose text starts at byte `start` of the program.
pub(super) fn command(text: &str, start: usize) -> Result<Expr, (usize, String)> {
    let tokens = expression(text, start)?;
    let end = start + text.len();
    if tokens.len() > MAX_PARTS {
        return Err((
            start,
            format!("an expression has at most {MAX_PARTS} parts"),
        ));
    }
    if let Some(at) = too_deep(&tokens) {
        return Err((
            at,
            format!("an expression nests at most {MAX_NESTING} deep"),
        ));
    }
    finish(TokenSlice::new(&tokens), assignment, end)
}

/// Where brackets nest too deep for a recursive parser.
fn too_deep(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0usize;
    for token in tokens {
        match token.kind {
            Kind::Symbol("(" | "[") => depth += 1,
            Kind::Symbol(")" | "]") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Some(token.at);
        }
    }
    None
}

fn assignment(input: &mut Input<'_, '_>) -> Parsed<Expr> {
    let left = sum(input)?;
    if opt("=").parse_next(input)?.is_some() {
        if !matches!(left, Expr::Var(_) | Expr::Declare(_)) {
            return expected("a variable before `=`").parse_next(input);
        }
        let right = assignment(input)?;
        return Ok(Expr::Set(left.into(), right.into()));
    }
    Ok(left)
}

fn sum(input: &mut Input<'_, '_>) -> Parsed<Expr> {
    let mut left = product(input)?;
    while let Some(op) = opt(operator(true)).parse_next(input)? {
        left = left.binary(op, product(input)?);
    }
    Ok(left)
}

fn product(input: &mut Input<'_, '_>) -> Parsed<Expr> {
    let mut left = unary(input)?;
    loop {
        if let Some(op) = opt(operator(false)).parse_next(input)? {
            left = left.binary(op, unary(input)?);
        } else if opt("?").parse_next(input)?.is_some() {
            let yes = unary(input)?;
            close(":").parse_next(input)?;
            left = left.choose(yes, unary(input)?);
        } else {
            return Ok(left);
        }
    }
}

fn operator<'t, 'a: 't>(sum: bool) -> impl Parser<Input<'t, 'a>, BinaryOp, Failure> {
    any.verify_map(move |token: &Token<'_>| {
        let Kind::Symbol(symbol) = token.kind else {
            return None;
        };
        let op = BinaryOp::ALL.iter().find(|op| op.1 == symbol)?.0;
        (matches!(op, BinaryOp::Add | BinaryOp::Sub) == sum).then_some(op)
    })
}

fn unary(input: &mut Input<'_, '_>) -> Parsed<Expr> {
    let mut ops = Vec::new();
    loop {
        match input.first().map(|t| &t.kind) {
            Some(Kind::Symbol("+")) => {}
            Some(Kind::Symbol(symbol)) => match UnaryOp::ALL.iter().find(|op| op.1 == *symbol) {
                Some(op) => ops.push(op.0),
                None => break,
            },
            _ => break,
        }
        any.void().parse_next(input)?;
    }
    let operand = primary(input)?;
    let wrap = |inner: Expr, op: UnaryOp| Expr::Unary(op, inner.into());
    Ok(ops.into_iter().rev().fold(operand, wrap))
}

fn primary(input: &mut Input<'_, '_>) -> Parsed<Expr> {
    let number = any.verify_map(|token: &Token<'_>| match &token.kind {
        Kind::Number(value) => Some(Expr::Number(value.clone())),
        _ => None,
    });
    let group = delimited("(", assignment, close(")"));
    let first: Option<Expr> = opt(alt((number, group))).parse_next(input)?;
    if let Some(expr) = first {
        return Ok(expr);
    }
    let start = input.checkpoint();
    let Some(At { value: name, .. }) = opt(word).parse_next(input)? else {
        return expected("a number, a name or `(`").parse_next(input);
    };
    if name == "var" {
        let name = word.parse_next(input)?.value;
        return Ok(Expr::Declare(name.to_owned()));
    }
    if name == "zkPC" {
        return Ok(Expr::ZkPc);
    }
    if let Some(reg) = Reg::from_name(name).filter(|&reg| reg != Reg::RotlC) {
        return Ok(Expr::Reg(reg));
    }
    if REFUSED.contains(&name) {
        input.reset(&start);
        return expected("a register of the 64-bit machine").parse_next(input);
    }
    if opt(".").parse_next(input)?.is_some() {
        let item = word.parse_next(input)?.value.to_owned();
        let index = delimited("[", assignment, close("]")).map(Box::new);
        let index = opt(index).parse_next(input)?;
        return match (name, index) {
            ("mem", index) => Ok(Expr::Mem(item, index)),
            ("addr", index) => Ok(Expr::Addr(item, index)),
            ("const", None) => Ok(Expr::Const(item)),
            _ => {
                input.reset(&start);
                expected("`mem`, `addr` or `const` before `.`").parse_next(input)
            }
        };
    }
    if opt("(").parse_next(input)?.is_some() {
        if opt(")").parse_next(input)?.is_some() {
            return Ok(Expr::Call(name.to_owned(), Vec::new()));
        }
        let params: Vec<Expr> = separated(1.., assignment, ",").parse_next(input)?;
        close(")").parse_next(input)?;
        return Ok(Expr::Call(name.to_owned(), params));
    }
    Ok(Expr::Var(name.to_owned()))
}
