//! The grammar of a statement: tokens to syntax tree, names not yet resolved.

use super::super::step::{Align, Bin, Condition, Reg};
use super::super::words::{REFUSED, is_reserved};
use super::lex::{Kind, Token};
use super::nexpr::{Nexpr, nexpr};
use num_bigint::BigInt;
use winnow::combinator::{alt, cut_err, fail, opt, preceded, separated};
use winnow::error::{ContextError, ErrMode, StrContext, StrContextValue};
use winnow::prelude::*;
use winnow::stream::TokenSlice;
use winnow::token::any;

/// The tokens left.
pub(super) type Input<'t, 'a> = TokenSlice<'t, Token<'a>>;
/// What a parser fails with.
pub(super) type Failure = ErrMode<ContextError>;
/// What a parser gives.
pub(super) type Parsed<T> = Result<T, Failure>;

impl PartialEq<&str> for Token<'_> {
    fn eq(&self, other: &&str) -> bool {
        matches!(self.kind, Kind::Symbol(text) if text == *other)
            || matches!(self.kind, Kind::Word(text) if text == *other)
    }
}

/// The label of the following step, which upstream knows by itself.
pub(super) const NEXT: &str = "next";

/// A part and the byte it starts at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// A number or a constant's name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Short<'a> {
    Number(BigInt),
    Const(&'a str),
}

/// A factor of a left-hand side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Factor<'a> {
    Tag {
        text: Option<(&'a str, usize)>,
        limb0: bool,
    },
    Reg(Reg),
    ZkPc,
    Number(BigInt),
    Power(BigInt, BigInt),
    Long(BigInt),
    LongPower(BigInt, BigInt),
    Const(&'a str),
    Reference(&'a str),
}

/// A term of a left-hand side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Term<'a> {
    pub(super) negative: bool,
    pub(super) factors: Vec<At<Factor<'a>>>,
}

/// What is added in an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Item<'a> {
    Short(Short<'a>),
    E,
    Rr,
}

/// Items with their signs.
pub(super) type Items<'a> = Vec<(bool, At<Item<'a>>)>;

/// The base of an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Base<'a> {
    Sp,
    Sys,
    Mem,
    Stack,
    Name(&'a str),
}

/// An address of memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Address<'a> {
    pub(super) base: At<Base<'a>>,
    pub(super) inc_sp: i8,
    pub(super) items: Items<'a>,
}

/// An address of code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Target<'a> {
    pub(super) label: Option<At<&'a str>>,
    pub(super) items: Items<'a>,
}

/// An operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Op<'a> {
    Mem(bool, Address<'a>),
    Bin(Bin),
    Arith,
    Align(Align),
    Assert,
    Jmp(Target<'a>),
    Call(Target<'a>),
    /// Condition, whether it is negated, targets.
    If(Condition, bool, Target<'a>, Option<Target<'a>>),
    Return,
    Repeat,
}

/// A step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Step<'a> {
    pub(super) lhs: Vec<Term<'a>>,
    pub(super) dest: Vec<At<Reg>>,
    pub(super) ops: Vec<At<Op<'a>>>,
    pub(super) comment: Option<&'a str>,
}

/// A statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Statement<'a> {
    Empty,
    Label(&'a str),
    Var {
        is_ctx: bool,
        name: &'a str,
        count: Option<At<Short<'a>>>,
    },
    Const {
        is_long: bool,
        name: &'a str,
        value: Nexpr<'a>,
    },
    Include(&'a str),
    Command(&'a str, usize),
    Step(Step<'a>),
}

/// Runs a parser on all of an input that ends at byte `end`; an error is a byte and what was expected.
pub(super) fn finish<'t, 'a: 't, T>(
    mut input: Input<'t, 'a>,
    mut parser: impl FnMut(&mut Input<'t, 'a>) -> Parsed<T>,
    end: usize,
) -> Result<T, (usize, String)> {
    let result = parser(&mut input);
    if let (Ok(_), Some(token)) = (&result, input.first()) {
        return Err((token.at, format!("unexpected {}", describe(token))));
    }
    result.map_err(|error| error_at(&input, error, end))
}

/// The error of a parser that left `input`.
pub(super) fn error_at(input: &Input<'_, '_>, error: Failure, end: usize) -> (usize, String) {
    let (at, found) = match input.first() {
        Some(token) => (token.at, describe(token)),
        None => (end, "the end".to_owned()),
    };
    let context = error.into_inner().ok();
    let expected = context.iter().flat_map(|c| c.context()).next();
    match expected {
        Some(StrContext::Expected(what)) => (at, format!("expected {what}, found {found}")),
        Some(_) | None => (at, format!("unexpected {found}")),
    }
}

fn describe(token: &Token<'_>) -> String {
    match &token.kind {
        Kind::Lf(_) => "the end of the line".to_owned(),
        Kind::Word(word) if REFUSED.contains(word) => {
            format!("`{word}`, which the 64-bit machine of this model does not have")
        }
        Kind::Word(word) => format!("`{word}`"),
        Kind::ConstId(name) => format!("`%{name}`"),
        Kind::Reference(name) => format!("`@{name}`"),
        Kind::Number(_) | Kind::Long(_) => "a number".to_owned(),
        Kind::Text(_) => "a text".to_owned(),
        Kind::Tag(_) | Kind::Tag0(..) => "a free input".to_owned(),
        Kind::Command(..) => "a command".to_owned(),
        Kind::Symbol(symbol) => format!("`{symbol}`"),
    }
}

/// Fails for good, saying what was expected.
pub(super) fn expected<'t, 'a: 't, T>(
    what: &'static str,
) -> impl Parser<Input<'t, 'a>, T, Failure> {
    cut_err(fail.context(StrContext::Expected(StrContextValue::Description(what))))
}

/// A symbol that must be there.
pub(super) fn close<'t, 'a: 't>(symbol: &'static str) -> impl Parser<Input<'t, 'a>, (), Failure> {
    cut_err(
        symbol
            .void()
            .context(StrContext::Expected(StrContextValue::StringLiteral(symbol))),
    )
}

/// Any word.
pub(super) fn word<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<At<&'a str>> {
    any.verify_map(|token: &Token<'a>| match token.kind {
        Kind::Word(value) => Some(At {
            value,
            at: token.at,
        }),
        _ => None,
    })
    .parse_next(input)
}

/// A word that is not the language's.
fn name<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<At<&'a str>> {
    word.verify(|word: &At<&str>| !is_reserved(word.value) || word.value == NEXT)
        .parse_next(input)
}

fn a_name<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<At<&'a str>> {
    match opt(name).parse_next(input)? {
        Some(name) => Ok(name),
        None => expected("a name").parse_next(input),
    }
}

fn here(input: &Input<'_, '_>) -> usize {
    input.first().map_or(0, |t| t.at)
}

/// One statement; the end of a line is one too.
pub(super) fn statement<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<Statement<'a>> {
    let first = input.first().map(|t| t.kind.clone());
    match first {
        Some(Kind::Lf(_)) => any.value(Statement::Empty).parse_next(input),
        Some(Kind::Command(text, at)) => any.value(Statement::Command(text, at)).parse_next(input),
        Some(Kind::Word("INCLUDE")) => preceded(any, include).parse_next(input),
        Some(Kind::Word("VAR")) => preceded(any, var).parse_next(input),
        Some(Kind::Word("CONST")) => {
            preceded(any, |i: &mut _| constant(i, false)).parse_next(input)
        }
        Some(Kind::Word("CONSTL")) => {
            preceded(any, |i: &mut _| constant(i, true)).parse_next(input)
        }
        Some(Kind::Word(_)) => match opt((name, ":")).parse_next(input)? {
            Some((label, _)) => Ok(Statement::Label(label.value)),
            None => step(input),
        },
        Some(_) | None => step(input),
    }
}

fn include<'a>(input: &mut Input<'_, 'a>) -> Parsed<Statement<'a>> {
    match input.first().map(|t| &t.kind) {
        Some(&Kind::Text(text)) => any.value(Statement::Include(text)).parse_next(input),
        _ => expected("a file's path between `\"`").parse_next(input),
    }
}

fn var<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<Statement<'a>> {
    let scope = opt(alt(("GLOBAL".value(false), "CTX".value(true)))).parse_next(input)?;
    let Some(is_ctx) = scope else {
        return expected("`GLOBAL` or `CTX`").parse_next(input);
    };
    let name = a_name(input)?.value;
    let mut count = None;
    if opt("[").parse_next(input)?.is_some() {
        let at = here(input);
        let value = match opt(short).parse_next(input)? {
            Some(value) => value,
            None => return expected("a number or a constant").parse_next(input),
        };
        close("]").parse_next(input)?;
        count = Some(At { value, at });
    }
    Ok(Statement::Var {
        is_ctx,
        name,
        count,
    })
}

fn constant<'t, 'a: 't>(input: &mut Input<'t, 'a>, is_long: bool) -> Parsed<Statement<'a>> {
    let name = match input.first().map(|t| &t.kind) {
        Some(&Kind::ConstId(name)) => name,
        _ => return expected("a constant's name, `%NAME`").parse_next(input),
    };
    any.void().parse_next(input)?;
    close("=").parse_next(input)?;
    let value = nexpr(input)?;
    Ok(Statement::Const {
        is_long,
        name,
        value,
    })
}

fn short<'a>(input: &mut Input<'_, 'a>) -> Parsed<Short<'a>> {
    any.verify_map(|token: &Token<'a>| match &token.kind {
        Kind::Number(value) => Some(Short::Number(value.clone())),
        Kind::ConstId(name) => Some(Short::Const(name)),
        _ => None,
    })
    .parse_next(input)
}

fn step<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<Statement<'a>> {
    let mut lhs = Vec::new();
    let mut dest = Vec::new();
    let mut ops = Vec::new();
    if opt(":").parse_next(input)?.is_some() {
        ops = op_list(input)?;
    } else {
        lhs = left(input)?;
        if opt("=>").parse_next(input)?.is_some() {
            dest = separated(1.., destination, ",").parse_next(input)?;
        }
        if opt(":").parse_next(input)?.is_some() {
            ops = op_list(input)?;
        }
    }
    match input.first().map(|t| &t.kind) {
        Some(&Kind::Lf(comment)) => {
            any.void().parse_next(input)?;
            Ok(Statement::Step(Step {
                lhs,
                dest,
                ops,
                comment,
            }))
        }
        _ if !ops.is_empty() => expected("`,` or the end of the line").parse_next(input),
        _ if !dest.is_empty() => expected("`,`, `:` or the end of the line").parse_next(input),
        _ => expected("an operator, `=>`, `:` or the end of the line").parse_next(input),
    }
}

fn op_list<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<Vec<At<Op<'a>>>> {
    separated(1.., op, ",").parse_next(input)
}

fn destination(input: &mut Input<'_, '_>) -> Parsed<At<Reg>> {
    let at = here(input);
    let reg = opt(any.verify_map(|token: &Token<'_>| match token.kind {
        Kind::Word(word) => Reg::from_name(word).filter(|r| r.is_writable()),
        _ => None,
    }))
    .parse_next(input)?;
    match reg {
        Some(value) => Ok(At { value, at }),
        None => expected("a register that can be set").parse_next(input),
    }
}

fn left<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<Vec<Term<'a>>> {
    let mut terms = Vec::new();
    let mut negative = opt("-").parse_next(input)?.is_some();
    loop {
        let factors = separated(1.., factor, "*").parse_next(input)?;
        terms.push(Term { negative, factors });
        negative = match opt(alt(("+".value(false), "-".value(true)))).parse_next(input)? {
            Some(negative) => negative,
            None => return Ok(terms),
        };
    }
}

fn factor<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<At<Factor<'a>>> {
    let at = here(input);
    let value = match input.first().map(|t| &t.kind) {
        Some(&Kind::Tag(text)) => Some(Factor::Tag { text, limb0: false }),
        Some(&Kind::Tag0(text, start)) => Some(Factor::Tag {
            text: Some((text, start)),
            limb0: true,
        }),
        Some(Kind::Number(value)) => Some(Factor::Number(value.clone())),
        Some(Kind::Long(value)) => Some(Factor::Long(value.clone())),
        Some(&Kind::ConstId(name)) => Some(Factor::Const(name)),
        Some(&Kind::Reference(name)) => Some(Factor::Reference(name)),
        Some(&Kind::Word("zkPC")) => Some(Factor::ZkPc),
        Some(&Kind::Word(word)) => Reg::from_name(word).map(Factor::Reg),
        _ => None,
    };
    let Some(value) = value else {
        return expected("a register, a number or a free input").parse_next(input);
    };
    any.void().parse_next(input)?;
    if !matches!(value, Factor::Number(_) | Factor::Long(_))
        || opt("**").parse_next(input)?.is_none()
    {
        return Ok(At { value, at });
    }
    let power = match (value, input.first().map(|t| &t.kind)) {
        (Factor::Number(base), Some(Kind::Number(exponent))) => {
            Factor::Power(base, exponent.clone())
        }
        (Factor::Long(base), Some(Kind::Long(exponent))) => {
            Factor::LongPower(base, exponent.clone())
        }
        _ => return expected("an exponent of the same kind").parse_next(input),
    };
    any.void().parse_next(input)?;
    Ok(At { value: power, at })
}

fn op<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<At<Op<'a>>> {
    let at = here(input);
    let text = match input.first().map(|t| &t.kind) {
        Some(&Kind::Word(word)) => word,
        _ => return expected("an operation").parse_next(input),
    };
    let bin = Bin::ALL.iter().find(|b| b.1 == text).map(|b| Op::Bin(b.0));
    let align = Align::ALL.iter().find(|a| a.1 == text);
    let simple = match text {
        "ARITH" => Some(Op::Arith),
        "ASSERT" => Some(Op::Assert),
        "RETURN" => Some(Op::Return),
        _ => bin.or(align.map(|a| Op::Align(a.0))),
    };
    if let Some(value) = simple {
        any.void().parse_next(input)?;
        return Ok(At { value, at });
    }
    let condition = Condition::ALL
        .iter()
        .find(|c| c.1 == text || c.2 == Some(text));
    let known = ["MLOAD", "MSTORE", "JMP", "CALL", "REPEAT"].contains(&text);
    if !known && condition.is_none() {
        return expected("an operation").parse_next(input);
    }
    any.void().parse_next(input)?;
    close("(").parse_next(input)?;
    let value = match (text, condition) {
        ("MLOAD" | "MSTORE", _) => Op::Mem(text == "MSTORE", address(input)?),
        ("JMP", _) => Op::Jmp(target(input)?),
        ("CALL", _) => Op::Call(target(input)?),
        (_, Some(condition)) => {
            let first = target(input)?;
            let second = opt(preceded(",", target)).parse_next(input)?;
            Op::If(condition.0, condition.1 != text, first, second)
        }
        _ => close("RCX").value(Op::Repeat).parse_next(input)?,
    };
    close(")").parse_next(input)?;
    Ok(At { value, at })
}

fn address<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<Address<'a>> {
    let at = here(input);
    let base = opt(alt((
        "SP".value(Base::Sp),
        "SYS".value(Base::Sys),
        "MEM".value(Base::Mem),
        "STACK".value(Base::Stack),
        name.map(|name| Base::Name(name.value)),
    )))
    .parse_next(input)?;
    let Some(base) = base else {
        return expected("an address").parse_next(input);
    };
    let mut inc_sp = 0;
    let mut items = Vec::new();
    match base {
        Base::Sp => {
            let inc = opt(alt(("++".value(1), "--".value(-1)))).parse_next(input)?;
            inc_sp = inc.unwrap_or(0);
            if inc_sp == 0 {
                more_items(input, &mut items)?;
            }
        }
        Base::Sys | Base::Mem | Base::Stack => {
            let bracket = opt("[").parse_next(input)?.is_some();
            if !bracket {
                close(":").parse_next(input)?;
            }
            first_items(input, &mut items)?;
            if bracket {
                close("]").parse_next(input)?;
            }
        }
        Base::Name(_) => {
            if opt("[").parse_next(input)?.is_some() {
                first_items(input, &mut items)?;
                close("]").parse_next(input)?;
            } else {
                more_items(input, &mut items)?;
            }
        }
    }
    Ok(Address {
        base: At { value: base, at },
        inc_sp,
        items,
    })
}

fn target<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<Target<'a>> {
    let mut items = Vec::new();
    if let Some(label) = opt(name).parse_next(input)? {
        let label = Some(label);
        return Ok(Target { label, items });
    }
    if let Some(&Token {
        kind: Kind::Reference(value),
        at,
    }) = input.first()
    {
        any.void().parse_next(input)?;
        more_items(input, &mut items)?;
        let label = Some(At { value, at });
        return Ok(Target { label, items });
    }
    first_items(input, &mut items)?;
    Ok(Target { label: None, items })
}

fn first_items<'t, 'a: 't>(input: &mut Input<'t, 'a>, items: &mut Items<'a>) -> Parsed<()> {
    items.push((false, item(input)?));
    more_items(input, items)
}

fn more_items<'t, 'a: 't>(input: &mut Input<'t, 'a>, items: &mut Items<'a>) -> Parsed<()> {
    while let Some(negative) = opt(alt(("+".value(false), "-".value(true)))).parse_next(input)? {
        items.push((negative, item(input)?));
    }
    Ok(())
}

fn item<'t, 'a: 't>(input: &mut Input<'t, 'a>) -> Parsed<At<Item<'a>>> {
    let at = here(input);
    let item = alt((
        short.map(Item::Short),
        "E".value(Item::E),
        "RR".value(Item::Rr),
    ));
    match opt(item).parse_next(input)? {
        Some(value) => Ok(At { value, at }),
        None => expected("a label, a number, `E` or `RR`").parse_next(input),
    }
}
