//! Text to tokens. One lexer for both languages: the program's, and the command language inside `${}`.

use super::super::words::{is_name_char, is_name_start};
use num_bigint::BigInt;
use winnow::combinator::{alt, delimited, not, opt, preceded, terminated};
use winnow::error::ContextError;
use winnow::prelude::*;
use winnow::stream::LocatingSlice;
use winnow::token::{literal, one_of, take_until, take_while};

/// Most digits of a number.
const MAX_DIGITS: usize = 400;

/// What a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind<'a> {
    /// The end of a line, with the comment that stood before it.
    Lf(Option<&'a str>),
    /// A word: identifier or keyword.
    Word(&'a str),
    /// `%name`.
    ConstId(&'a str),
    /// `@name`.
    Reference(&'a str),
    /// `5`, `0x5`.
    Number(BigInt),
    /// `5n`.
    Long(BigInt),
    /// `"text"`.
    Text(&'a str),
    /// `$` or `${expr}`: the expression and the byte it starts at.
    Tag(Option<(&'a str, usize)>),
    /// `$0{expr}`.
    Tag0(&'a str, usize),
    /// `$${expr}`.
    Command(&'a str, usize),
    /// Anything else.
    Symbol(&'static str),
}

/// A token and the byte it starts at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) at: usize,
}

type Input<'a> = LocatingSlice<&'a str>;

/// Symbols; one that another starts with comes later.
const SYMBOLS: [&str; 36] = [
    "=>", "==", "=", "++", "+", "--", "-", "**", "*", "/", "%", "<<", "<=", "<", ">>", ">=", ">",
    "!=", "!", "||", "|", "&&", "&", "^", "~", "??", "?", ":", ",", "(", ")", "[", "]", ".", "{",
    "}",
];

/// The tokens of a program, the last one an end of line. The error is a byte and what is wrong there.
pub(super) fn program(text: &str) -> Result<Vec<Token<'_>>, (usize, String)> {
    let mut tokens = Vec::new();
    let mut input = LocatingSlice::new(text);
    let mut comment = None;
    loop {
        let (blank, found) = blank(&mut input, text)?;
        comment = found.or(comment);
        if blank {
            continue;
        }
        let at = text.len() - input.len();
        if input.is_empty() {
            let kind = Kind::Lf(comment);
            tokens.push(Token { kind, at });
            return Ok(tokens);
        }
        let kind = token(&mut input, true).map_err(|_| (at, bad_token(&text[at..])))?;
        let kind = match kind {
            Kind::Lf(_) => Kind::Lf(comment.take()),
            Kind::Number(value) if !is_exact(&value) => {
                let message = "a number that a double does not hold: write it with `n` behind";
                return Err((at, message.to_owned()));
            }
            other => other,
        };
        tokens.push(Token { kind, at });
    }
}

/// The tokens of an expression, whose text starts at byte `start` of the program.
pub(super) fn expression(text: &str, start: usize) -> Result<Vec<Token<'_>>, (usize, String)> {
    let mut tokens = Vec::new();
    let mut input = LocatingSlice::new(text);
    loop {
        let space = take_while(0.., [' ', '\t', '\r', '\n']);
        let _: Result<&str, ContextError> = { space }.parse_next(&mut input);
        let at = text.len() - input.len();
        if input.is_empty() {
            return Ok(tokens);
        }
        let kind = token(&mut input, false).map_err(|_| (start + at, bad_token(&text[at..])))?;
        tokens.push(Token {
            kind,
            at: start + at,
        });
    }
}

/// Whether a JS double holds the number, which is how upstream reads numbers without `n`.
fn is_exact(value: &BigInt) -> bool {
    value.bits() <= 1023 && value.bits() - value.trailing_zeros().unwrap_or(0) <= 53
}

fn bad_token(rest: &str) -> String {
    match rest.chars().next() {
        Some('"') => "a text without its closing `\"`".to_owned(),
        Some('0'..='9') => format!("a number of more than {MAX_DIGITS} digits"),
        Some(c) => format!("`{}` means nothing here", c.escape_debug()),
        None => "unexpected end".to_owned(),
    }
}

/// Skips spaces or a comment: whether there was one, and the text of a comment that ends with the line.
fn blank<'a>(
    input: &mut Input<'a>,
    text: &'a str,
) -> Result<(bool, Option<&'a str>), (usize, String)> {
    let at = text.len() - input.len();
    let start = *input;
    let spaces = take_while(1.., [' ', '\t']).map(|_| (true, None));
    let line = preceded(';', take_while(0.., |c| c != '\n' && c != '\r'))
        .map(|comment: &'a str| (true, Some(comment.trim()).filter(|c| !c.is_empty())));
    let block = delimited("/*", take_until(0.., "*/"), "*/").map(|_| (true, None));
    let result: Result<_, ContextError> = alt((spaces, line, block)).parse_next(input);
    match result {
        Ok(blank) => Ok(blank),
        Err(_) => {
            *input = start;
            if start.starts_with("/*") {
                return Err((at, "a comment without its closing `*/`".to_owned()));
            }
            Ok((false, None))
        }
    }
}

fn token<'a>(input: &mut Input<'a>, is_program: bool) -> Result<Kind<'a>, ContextError> {
    let word = (one_of(is_name_start), take_while(0.., is_name_char)).take();
    let name = || (one_of(is_name_start), take_while(0.., is_name_char)).take();
    let lf = take_while(1.., ['\r', '\n']).map(|_| Kind::Lf(None));
    let text = delimited('"', take_while(1.., |c| c != '"'), '"').map(Kind::Text);
    let short = number.map(Kind::Number);
    if !is_program {
        return alt((short, word.map(Kind::Word), symbol)).parse_next(input);
    }
    let numbers = (number, opt('n')).map(|(value, long)| match long {
        None => Kind::Number(value),
        Some(_) => Kind::Long(value),
    });
    alt((
        lf,
        numbers,
        tag,
        text,
        word.map(Kind::Word),
        preceded('%', name()).map(Kind::ConstId),
        preceded('@', name()).map(Kind::Reference),
        symbol,
    ))
    .parse_next(input)
}

fn symbol<'a>(input: &mut Input<'a>) -> Result<Kind<'a>, ContextError> {
    let found = SYMBOLS.iter().find(|s| input.starts_with(**s));
    match found {
        Some(&symbol) => literal(symbol)
            .value(Kind::Symbol(symbol))
            .parse_next(input),
        None => Err(ContextError::new()),
    }
}

/// Decimal, or hexadecimal after `0x`; `_` may stand between and behind digits.
fn number(input: &mut Input<'_>) -> Result<BigInt, ContextError> {
    let digits = |radix: u32| {
        (
            one_of(move |c: char| c.is_digit(radix)),
            take_while(0..MAX_DIGITS, move |c: char| c.is_digit(radix) || c == '_'),
        )
            .take()
            .verify_map(move |text: &str| {
                BigInt::parse_bytes(text.replace('_', "").as_bytes(), radix)
            })
    };
    let number = alt((preceded("0x", digits(16)), digits(10)));
    let end = one_of(|c: char| c.is_ascii_digit() || c == '_');
    terminated(number, not(end)).parse_next(input)
}

/// `$`, `${..}`, `$0{..}`, `$${..}`: the text ends at the first `}`.
fn tag<'a>(input: &mut Input<'a>) -> Result<Kind<'a>, ContextError> {
    let body = || {
        delimited('{', take_while(0.., |c| c != '}').with_span(), '}')
            .map(|(text, span): (&'a str, std::ops::Range<usize>)| (text, span.start))
    };
    let command = preceded("$$", body()).map(|(text, at)| Kind::Command(text, at));
    let limb0 = preceded("$0", body()).map(|(text, at)| Kind::Tag0(text, at));
    let both = preceded('$', opt(body())).map(|body| {
        // `${}` is bare `$`, as upstream has it
        Kind::Tag(body.filter(|(text, _)| !text.is_empty()))
    });
    alt((command, limb0, both)).parse_next(input)
}
