//! The grammar of one line of zkASM: text to syntax tree with columns, names not yet resolved.
//!
//! Statements are line oriented, so a line that does not parse never hides errors in the next.

use super::{DIRECTIVES, name_char, name_start};
use crate::program::ValueKind;
use winnow::ascii::{digit1, space0, space1};
use winnow::combinator::{alt, cut_err, delimited, eof, fail, opt, preceded, repeat, terminated};
use winnow::error::{ContextError, ErrMode, ParserError, StrContext, StrContextValue};
use winnow::prelude::*;
use winnow::stream::LocatingSlice;
use winnow::token::{any, one_of, rest, take_while};

type Input<'a> = LocatingSlice<&'a str>;

/// A part of a line and the byte it starts at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// A label as written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Name {
    /// Kept in the program.
    Kept(String),
    /// With a dot in front: known to this text only.
    Local(String),
}

/// An integer as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Int {
    pub(super) negative: bool,
    pub(super) magnitude: u64,
}

/// What stands left of `=>`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operand {
    Register(u32),
    Int(Int),
    /// `$`: the prover's choice.
    Free,
}

/// What stands in the parentheses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Arg {
    Int(Int),
    Name(Name),
}

/// One instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Step {
    pub(super) operands: Vec<At<Operand>>,
    pub(super) dest: Option<At<u32>>,
    pub(super) mnemonic: At<String>,
    pub(super) args: Vec<At<Arg>>,
}

/// What a line says, after its labels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Statement {
    Pages(At<Int>),
    Function(String),
    Entry {
        name: At<String>,
        target: At<Arg>,
        params: Vec<ValueKind>,
        results: Vec<ValueKind>,
    },
    Vector {
        trap: At<Arg>,
        target: At<Arg>,
    },
    Init {
        is_static: bool,
        addr: At<Int>,
        words: Vec<At<Int>>,
    },
    /// Segments, each a first instruction and a number of them.
    Fused(Vec<(At<Arg>, At<Int>)>),
    Step(Step),
}

/// A line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line<'a> {
    pub(super) labels: Vec<At<Name>>,
    pub(super) statement: Option<At<Statement>>,
    /// Text after the first `;` outside quotes.
    pub(super) comment: Option<&'a str>,
}

/// A place comment: function name or number, and offset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct PlaceText {
    pub(super) function: Result<String, u32>,
    pub(super) offset: Option<u32>,
}

/// Parses a line; an error is the byte it is at and what was expected.
pub(super) fn line(text: &str) -> Result<Line<'_>, (usize, String)> {
    parse_line.parse(LocatingSlice::new(text)).map_err(|error| {
        let at = error.offset().min(text.len());
        let expected: Vec<_> = error
            .inner()
            .context()
            .filter_map(|context| match context {
                StrContext::Expected(what) => Some(what.to_string()),
                _ => None,
            })
            .collect();
        let found = match text.get(at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("`{}`", c.escape_debug()),
            None => "the end of the line".to_owned(),
        };
        let message = match expected.first() {
            None => format!("unexpected {found}"),
            Some(what) => format!("expected {what}, found {found}"),
        };
        (at, message)
    })
}

/// Parses the text of a comment as a place, if it is one.
pub(super) fn place(comment: &str) -> Option<PlaceText> {
    let function = alt((preceded('#', digit1.parse_to()).map(Err), name_text.map(Ok)));
    let offset = preceded((space1, '@'), unsigned).verify_map(|value| u32::try_from(value).ok());
    let mut place = delimited((';', space0), (function, opt(offset)), (space0, eof));
    let (function, offset) = place.parse(LocatingSlice::new(comment)).ok()?;
    Some(PlaceText { function, offset })
}

fn expected(what: &'static str) -> StrContext {
    StrContext::Expected(StrContextValue::Description(what))
}

fn at<'a, T, P: ModalParser<Input<'a>, T, ContextError>>(
    parser: P,
) -> impl ModalParser<Input<'a>, At<T>, ContextError> {
    parser
        .with_span()
        .map(|(value, span): (T, std::ops::Range<usize>)| At {
            value,
            at: span.start,
        })
}

fn parse_line<'a>(input: &mut Input<'a>) -> ModalResult<Line<'a>> {
    space0.parse_next(input)?;
    let labels = repeat(0.., terminated(at(name), (':', space0))).parse_next(input)?;
    // What follows decides which error a bad line gets: anything but a comment must be a statement.
    let statement = match input.chars().next() {
        None | Some(';') => None,
        Some(c) if c.is_ascii_alphabetic() && c != 'r' => Some(at(directive).parse_next(input)?),
        Some(_) => Some(at(step).parse_next(input)?),
    };
    space0.parse_next(input)?;
    let comment = opt(preceded(';', rest)).parse_next(input)?;
    eof.context(expected("a comment or the end of the line"))
        .parse_next(input)?;
    Ok(Line {
        labels,
        statement,
        comment,
    })
}

fn directive(input: &mut Input<'_>) -> ModalResult<Statement> {
    let keyword = take_while(1.., name_char)
        .verify(|word: &str| DIRECTIVES.contains(&word))
        .context(expected(
            "an instruction, `PAGES`, `FUNCTION`, `ENTRY`, `VECTOR`, `INIT` or `FUSED`",
        ))
        .parse_next(input)?;
    space1.context(expected("a space")).parse_next(input)?;
    match keyword {
        "PAGES" => cut_err(at(int)).map(Statement::Pages).parse_next(input),
        "FUNCTION" => cut_err(name_text)
            .map(Statement::Function)
            .parse_next(input),
        "ENTRY" => cut_err(entry).parse_next(input),
        "VECTOR" => cut_err(vector).parse_next(input),
        "INIT" => cut_err(init).parse_next(input),
        "FUSED" => cut_err(list(segment))
            .map(Statement::Fused)
            .parse_next(input),
        _ => Err(ErrMode::from_input(input)),
    }
}

fn entry(input: &mut Input<'_>) -> ModalResult<Statement> {
    let name = at(name_text).parse_next(input)?;
    let target = preceded(space1.context(expected("a space")), at(arg)).parse_next(input)?;
    let params = preceded(space0, kinds).parse_next(input)?;
    (space0, "->".context(expected("`->`")), space0).parse_next(input)?;
    let results = kinds.parse_next(input)?;
    Ok(Statement::Entry {
        name,
        target,
        params,
        results,
    })
}

fn vector(input: &mut Input<'_>) -> ModalResult<Statement> {
    let trap = at(arg).parse_next(input)?;
    let target = preceded(space1.context(expected("a space")), at(arg)).parse_next(input)?;
    Ok(Statement::Vector { trap, target })
}

fn segment(input: &mut Input<'_>) -> ModalResult<(At<Arg>, At<Int>)> {
    let from = at(arg).parse_next(input)?;
    let len = preceded(
        space1.context(expected("a space and a number of instructions")),
        at(int),
    )
    .parse_next(input)?;
    Ok((from, len))
}

fn kinds(input: &mut Input<'_>) -> ModalResult<Vec<ValueKind>> {
    let kind = take_while(1.., |c: char| c.is_ascii_alphanumeric())
        .verify_map(ValueKind::from_name)
        .context(expected(
            "`i32`, `i64`, `f32`, `f64`, `funcref` or `externref`",
        ));
    delimited(
        ('('.context(expected("`(`")), space0),
        list(kind),
        (space0, ')'.context(expected("`,` or `)`"))),
    )
    .parse_next(input)
}

fn init(input: &mut Input<'_>) -> ModalResult<Statement> {
    let is_static = opt("STATIC+").parse_next(input)?.is_some();
    let addr = at(int).parse_next(input)?;
    let words = repeat(
        1..,
        preceded(space1.context(expected("a space and a word")), at(int)),
    )
    .parse_next(input)?;
    Ok(Statement::Init {
        is_static,
        addr,
        words,
    })
}

fn step(input: &mut Input<'_>) -> ModalResult<Statement> {
    let operands = list(at(operand)).parse_next(input)?;
    let dest = opt(preceded((space0, "=>", space0), cut_err(at(register)))).parse_next(input)?;
    (
        space0,
        ':'.context(expected("an operand, `,`, `=>` or `:`")),
    )
        .parse_next(input)?;
    let word = take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_')
        .context(expected("an instruction's name"));
    let mnemonic = cut_err(at(word.map(str::to_owned))).parse_next(input)?;
    let args = delimited(
        ('(', space0),
        list(at(arg)),
        (
            space0,
            cut_err(')'.context(expected("an argument, `,` or `)`"))),
        ),
    );
    let args = opt(preceded(space0, args))
        .parse_next(input)?
        .unwrap_or_default();
    Ok(Statement::Step(Step {
        operands,
        dest,
        mnemonic,
        args,
    }))
}

/// Items between commas, possibly none; after a comma there must be one.
fn list<'a, T>(
    mut item: impl ModalParser<Input<'a>, T, ContextError>,
) -> impl ModalParser<Input<'a>, Vec<T>, ContextError> {
    move |input: &mut Input<'a>| {
        let mut items = Vec::new();
        items.extend(opt(item.by_ref()).parse_next(input)?);
        while !items.is_empty() && opt((space0, ',', space0)).parse_next(input)?.is_some() {
            items.push(cut_err(item.by_ref()).parse_next(input)?);
        }
        Ok(items)
    }
}

fn operand(input: &mut Input<'_>) -> ModalResult<Operand> {
    match input.chars().next() {
        Some('$') => '$'.value(Operand::Free).parse_next(input),
        Some('r') => register.map(Operand::Register).parse_next(input),
        Some('-' | '0'..='9') => int.map(Operand::Int).parse_next(input),
        _ => fail.context(expected("an operand")).parse_next(input),
    }
}

fn arg(input: &mut Input<'_>) -> ModalResult<Arg> {
    match input.chars().next() {
        Some('+' | '-' | '0'..='9') => preceded(opt('+'), int).map(Arg::Int).parse_next(input),
        Some('.' | '"') => name.map(Arg::Name).parse_next(input),
        Some(c) if name_start(c) => name.map(Arg::Name).parse_next(input),
        _ => fail
            .context(expected("a number or a label"))
            .parse_next(input),
    }
}

fn register(input: &mut Input<'_>) -> ModalResult<u32> {
    preceded('r', digit1.parse_to())
        .context(expected("a register"))
        .parse_next(input)
}

fn int(input: &mut Input<'_>) -> ModalResult<Int> {
    (opt('-'), unsigned)
        .map(|(sign, magnitude)| Int {
            negative: sign.is_some(),
            magnitude,
        })
        .parse_next(input)
}

/// Decimal, or hexadecimal after `0x`; `_` may stand between digits.
fn unsigned(input: &mut Input<'_>) -> ModalResult<u64> {
    let digits = |radix: u32| {
        (
            one_of(move |c: char| c.is_digit(radix)),
            take_while(0.., move |c: char| c.is_digit(radix) || c == '_'),
        )
            .take()
            .verify_map(move |text: &str| u64::from_str_radix(&text.replace('_', ""), radix).ok())
    };
    alt((preceded("0x", cut_err(digits(16))), digits(10)))
        .context(expected("a number below 2^64"))
        .parse_next(input)
}

fn name(input: &mut Input<'_>) -> ModalResult<Name> {
    let local = ('.', take_while(1.., name_char))
        .take()
        .map(|text: &str| Name::Local(text.to_owned()));
    alt((local, name_text.map(Name::Kept))).parse_next(input)
}

fn name_text(input: &mut Input<'_>) -> ModalResult<String> {
    let bare = (one_of(name_start), take_while(0.., name_char))
        .take()
        .map(str::to_owned);
    alt((bare, preceded('"', cut_err(quoted))))
        .context(expected("a name"))
        .parse_next(input)
}

/// The rest of a quoted name, after the opening quote.
fn quoted(input: &mut Input<'_>) -> ModalResult<String> {
    let mut text = String::new();
    loop {
        match any.context(expected("`\"`")).parse_next(input)? {
            '"' => return Ok(text),
            '\\' => text.push(
                escape
                    .context(expected("`\\`, `\"` or `u{..}` after `\\`"))
                    .parse_next(input)?,
            ),
            c => text.push(c),
        }
    }
}

fn escape(input: &mut Input<'_>) -> ModalResult<char> {
    let code = take_while(1..=6, |c: char| c.is_ascii_hexdigit())
        .verify_map(|text: &str| u32::from_str_radix(text, 16).ok().and_then(char::from_u32));
    alt((one_of(['\\', '"']), delimited("u{", code, '}'))).parse_next(input)
}
