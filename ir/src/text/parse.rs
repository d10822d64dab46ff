//! The grammar: text to syntax tree, in winnow.
//!
//! Everything but nesting is a combinator; nesting is a loop with a stack of open regions ([`func_region`]), so that a
//! hostile text cannot exhaust the Rust stack. An op ends with its line, except inside brackets.

use super::MAX_NESTING;
use super::print::is_name_char;
use super::syntax::{Attr, Block, File, Func, Name, Op, Region};
use crate::loc::Loc;
use crate::types::Type;
use winnow::LocatingSlice;
use winnow::ascii::{digit1, hex_digit1};
use winnow::combinator::{
    alt, cut_err, delimited, eof, fail, opt, peek, preceded, repeat, separated, terminated,
};
use winnow::error::{ContextError, ErrMode, StrContext, StrContextValue};
use winnow::prelude::*;
use winnow::stream::Location;
use winnow::token::{any, literal, take_till, take_while};

type Input<'a> = LocatingSlice<&'a str>;

/// What the grammar expected, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SyntaxError {
    pub(super) at: usize,
    pub(super) expected: String,
}

/// Reads a whole text.
pub(super) fn file(text: &str) -> Result<File<'_>, SyntaxError> {
    let mut input = LocatingSlice::new(text);
    let mut file = File::default();
    read(&mut file, &mut input).map_err(|error| {
        let context = match error {
            ErrMode::Backtrack(context) | ErrMode::Cut(context) => context,
            ErrMode::Incomplete(_) => ContextError::new(),
        };
        // The innermost expectation is the first one pushed.
        let expected = context.context().find_map(|c| match c {
            StrContext::Expected(value) => Some(value.to_string()),
            _ => None,
        });
        SyntaxError {
            at: input.current_token_start(),
            expected: expected.unwrap_or_else(|| "something else".into()),
        }
    })?;
    Ok(file)
}

fn read<'a>(file: &mut File<'a>, input: &mut Input<'a>) -> ModalResult<()> {
    space(input)?;
    while opt(eof).parse_next(input)?.is_none() {
        let mut func = cut_err(func_header).parse_next(input)?;
        func.region = func_region(file, input)?;
        file.funcs.push(func);
        space(input)?;
    }
    Ok(())
}

/// `func @name(%0: i32) -> (i64) locals [i32] {`
fn func_header<'a>(input: &mut Input<'a>) -> ModalResult<Func<'a>> {
    keyword("func")
        .context(expected("`func`"))
        .parse_next(input)?;
    line_space(input)?;
    let at = input.current_token_start();
    let name = preceded(
        '@',
        alt((string, take_while(1.., is_name_char).map(String::from))),
    )
    .context(expected("a function name, `@name`"))
    .parse_next(input)?;
    space(input)?;
    let param = alt((
        param.map(|(name, ty)| (Some(name), ty)),
        ty.map(|ty| (None, ty)),
    ));
    let params = list('(', param, ')')
        .context(expected("parameters"))
        .parse_next(input)?;
    space(input)?;
    let results = opt(preceded(
        ("->", space),
        alt((list('(', ty, ')'), ty.map(|t| vec![t]))),
    ))
    .context(expected("result types"))
    .parse_next(input)?
    .unwrap_or_default();
    space(input)?;
    let locals = opt(preceded((keyword("locals"), space), cut_err(types)))
        .parse_next(input)?
        .unwrap_or_default();
    space(input)?;
    '{'.context(expected("`{`")).parse_next(input)?;
    Ok(Func {
        name,
        at,
        params,
        results,
        locals,
        region: 0,
    })
}

/// A region under construction, and the op whose regions are being read.
struct Open<'a> {
    region: Region<'a>,
    op: Option<Op<'a>>,
}

/// The blocks of a function up to its closing brace; the opening one has been read.
fn func_region<'a>(file: &mut File<'a>, input: &mut Input<'a>) -> ModalResult<usize> {
    let mut outer: Vec<Open<'a>> = Vec::new();
    let mut open = Open {
        region: Region::default(),
        op: None,
    };
    loop {
        space(input)?;
        if opt('}').parse_next(input)?.is_some() {
            let index = file.regions.len();
            file.regions.push(std::mem::take(&mut open.region));
            let Some(mut parent) = outer.pop() else {
                return Ok(index);
            };
            let mut op = parent.op.take().expect("an outer region waits for its op");
            op.regions.push(index);
            space(input)?;
            if opt(',').parse_next(input)?.is_some() {
                cut_err((space, '{'))
                    .context(expected("`{` of the next region"))
                    .parse_next(input)?;
                parent.op = Some(op);
                outer.push(parent);
                open = Open {
                    region: Region::default(),
                    op: None,
                };
                continue;
            }
            cut_err(')')
                .context(expected("`,` or `)` after a region"))
                .parse_next(input)?;
            cut_err(op_tail(&mut op)).parse_next(input)?;
            open = parent;
            push_op(&mut open.region, op);
        } else if peek(opt('^')).parse_next(input)?.is_some() {
            open.region
                .blocks
                .push(cut_err(block_header).parse_next(input)?);
        } else {
            let mut op = cut_err(op_head).parse_next(input)?;
            line_space(input)?;
            if opt('(').parse_next(input)?.is_some() {
                cut_err((space, '{'))
                    .context(expected("`{` of a region"))
                    .parse_next(input)?;
                if outer.len() >= MAX_NESTING {
                    return cut_err(fail)
                        .context(expected("at most 1000 nested regions"))
                        .parse_next(input);
                }
                outer.push(Open {
                    region: std::mem::take(&mut open.region),
                    op: Some(op),
                });
                open = Open {
                    region: Region::default(),
                    op: None,
                };
            } else {
                cut_err(op_tail(&mut op)).parse_next(input)?;
                push_op(&mut open.region, op);
            }
        }
    }
}

fn push_op<'a>(region: &mut Region<'a>, op: Op<'a>) {
    if region.blocks.is_empty() {
        region.blocks.push(Block {
            label: None,
            params: Vec::new(),
            ops: Vec::new(),
        });
    }
    region
        .blocks
        .last_mut()
        .expect("a block was just added")
        .ops
        .push(op);
}

/// `^0(%0: i32):`
fn block_header<'a>(input: &mut Input<'a>) -> ModalResult<Block<'a>> {
    let label = Some(label(input)?);
    let params = opt(list('(', param, ')'))
        .context(expected("block parameters"))
        .parse_next(input)?
        .unwrap_or_default();
    (line_space, ':')
        .context(expected("`:` after a block label"))
        .parse_next(input)?;
    Ok(Block {
        label,
        params,
        ops: Vec::new(),
    })
}

/// `%0: i32`
fn param<'a>(input: &mut Input<'a>) -> ModalResult<(Name<'a>, Type)> {
    let colon = (space, ':', space).context(expected("`:` after a parameter"));
    (value, preceded(cut_err(colon), cut_err(ty))).parse_next(input)
}

/// `%1, %2 = zk.name %0 {a = 1} [^1(%0)]`, all but the name optional.
fn op_head<'a>(input: &mut Input<'a>) -> ModalResult<Op<'a>> {
    let results: Vec<Name<'a>> = separated(0.., value, comma).parse_next(input)?;
    let opcode = name(take_while(1.., is_name_char));
    let opcode = if results.is_empty() {
        opcode
            .context(expected("an op, a block label or `}`"))
            .parse_next(input)?
    } else {
        (line_space, '=', line_space)
            .context(expected("`=` after results"))
            .parse_next(input)?;
        opcode.context(expected("an op name")).parse_next(input)?
    };
    line_space(input)?;
    let args = separated(0.., value, comma).parse_next(input)?;
    line_space(input)?;
    let attrs = opt(list('{', attr_pair, '}'))
        .parse_next(input)?
        .unwrap_or_default();
    line_space(input)?;
    let successors = opt(list('[', successor, ']'))
        .parse_next(input)?
        .unwrap_or_default();
    Ok(Op {
        results,
        opcode,
        args,
        attrs,
        successors,
        regions: Vec::new(),
        types: Vec::new(),
        loc: Loc::NONE,
    })
}

/// `: i32, i64 @0x10` and the end of the line.
fn op_tail<'a, 'o>(
    op: &'o mut Op<'a>,
) -> impl Parser<Input<'a>, (), ErrMode<ContextError>> + use<'a, 'o> {
    move |input: &mut Input<'a>| {
        line_space(input)?;
        let types = opt(preceded(
            (':', line_space),
            cut_err(separated(1.., ty, comma)),
        ))
        .parse_next(input)?;
        op.types = types.unwrap_or_default();
        line_space(input)?;
        op.loc = opt(preceded('@', cut_err(loc)))
            .parse_next(input)?
            .unwrap_or(Loc::NONE);
        line_space(input)?;
        let end = alt((
            ";;".void(),
            "\n".void(),
            "\r\n".void(),
            "}".void(),
            eof.void(),
        ));
        peek(end)
            .context(expected("the end of the line"))
            .parse_next(input)
    }
}

fn successor<'a>(input: &mut Input<'a>) -> ModalResult<(Name<'a>, Vec<Name<'a>>)> {
    (
        label,
        opt(list('(', value, ')')).map(Option::unwrap_or_default),
    )
        .parse_next(input)
}

fn attr_pair<'a>(input: &mut Input<'a>) -> ModalResult<(Name<'a>, Attr<'a>)> {
    let name = name(take_while(1.., is_name_char))
        .context(expected("an attribute name"))
        .parse_next(input)?;
    cut_err((space, '=', space))
        .context(expected("`=` after an attribute name"))
        .parse_next(input)?;
    let attr = cut_err(attr)
        .context(expected("an attribute value"))
        .parse_next(input)?;
    Ok((name, attr))
}

fn attr<'a>(input: &mut Input<'a>) -> ModalResult<Attr<'a>> {
    let mem = (
        preceded('+', number),
        preceded((space, keyword("align"), space), small),
    )
        .map(|(offset, align)| Attr::Mem { offset, align });
    alt((
        preceded('-', number).map(|n| Attr::Number(n.wrapping_neg())),
        preceded('@', digit1.parse_to()).map(Attr::Func),
        string.map(Attr::Text),
        ('[', space, ']').value(Attr::EmptyList),
        preceded(peek(('[', space, digit1)), list('[', index, ']')).map(Attr::Indices),
        types.map(Attr::Types),
        mem,
        number.map(Attr::Number),
        take_while(1.., |c: char| is_name_char(c) || c == '-').map(Attr::Word),
    ))
    .parse_next(input)
}

fn number(input: &mut Input<'_>) -> ModalResult<u64> {
    let hex = preceded("0x", cut_err(hex_digit1))
        .verify_map(|digits: &str| u64::from_str_radix(digits, 16).ok());
    let decimal = digit1.verify_map(|digits: &str| digits.parse().ok());
    alt((hex, decimal))
        .context(expected("a number below 2^64"))
        .parse_next(input)
}

fn small(input: &mut Input<'_>) -> ModalResult<u8> {
    number
        .verify_map(|n| u8::try_from(n).ok())
        .context(expected("a number below 256"))
        .parse_next(input)
}

fn index(input: &mut Input<'_>) -> ModalResult<u32> {
    number
        .verify_map(|n| u32::try_from(n).ok())
        .context(expected("a number below 2^32"))
        .parse_next(input)
}

fn loc(input: &mut Input<'_>) -> ModalResult<Loc> {
    let offset = number.verify_map(|n| u32::try_from(n).ok().filter(|&n| n != u32::MAX));
    offset
        .map(Loc::at)
        .context(expected("a byte offset below 2^32 - 1"))
        .parse_next(input)
}

/// A quoted string with the escapes `\\ \" \n \t \u{hex}`.
fn string(input: &mut Input<'_>) -> ModalResult<String> {
    let unicode = delimited("u{", hex_digit1, '}').verify_map(|digits: &str| {
        u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32)
    });
    let escape = alt(('"', '\\', 'n'.value('\n'), 't'.value('\t'), unicode)).context(expected(
        "an escape: `\\\\`, `\\\"`, `\\n`, `\\t` or `\\u{hex}`",
    ));
    let plain = any.verify(|&c: &char| c != '"' && c != '\\' && c != '\n');
    let chars = repeat(0.., alt((preceded('\\', cut_err(escape)), plain))).fold(
        String::new,
        |mut text: String, c| {
            text.push(c);
            text
        },
    );
    delimited(
        '"',
        chars,
        cut_err('"').context(expected("`\"` at the end of a string")),
    )
    .parse_next(input)
}

fn types(input: &mut Input<'_>) -> ModalResult<Vec<Type>> {
    list('[', ty, ']').parse_next(input)
}

fn ty(input: &mut Input<'_>) -> ModalResult<Type> {
    take_while(1.., |c: char| c.is_ascii_alphanumeric())
        .verify_map(Type::from_name)
        .context(expected("a type"))
        .parse_next(input)
}

fn value<'a>(input: &mut Input<'a>) -> ModalResult<Name<'a>> {
    preceded('%', name(take_while(1.., is_name_char)))
        .context(expected("a value, `%name`"))
        .parse_next(input)
}

fn label<'a>(input: &mut Input<'a>) -> ModalResult<Name<'a>> {
    preceded('^', name(take_while(1.., is_name_char)))
        .context(expected("a block, `^name`"))
        .parse_next(input)
}

fn name<'a>(
    parser: impl Parser<Input<'a>, &'a str, ErrMode<ContextError>>,
) -> impl Parser<Input<'a>, Name<'a>, ErrMode<ContextError>> {
    parser.with_span().map(|(text, span)| Name {
        text,
        at: span.start,
    })
}

/// Items between brackets, separated by commas, over any number of lines.
fn list<'a, T>(
    left: char,
    item: impl Parser<Input<'a>, T, ErrMode<ContextError>>,
    right: char,
) -> impl Parser<Input<'a>, Vec<T>, ErrMode<ContextError>> {
    let close = cut_err(preceded(space, right))
        .context(StrContext::Expected(StrContextValue::CharLiteral(right)));
    delimited(
        (left, space),
        separated(0.., item, (space, ',', space)),
        close,
    )
}

fn comma(input: &mut Input<'_>) -> ModalResult<()> {
    (line_space, ',', line_space).void().parse_next(input)
}

fn keyword<'a>(word: &'static str) -> impl Parser<Input<'a>, &'a str, ErrMode<ContextError>> {
    terminated(
        literal(word),
        peek(alt((
            any.verify(|&c: &char| !is_name_char(c)).void(),
            eof.void(),
        ))),
    )
}

fn line_space(input: &mut Input<'_>) -> ModalResult<()> {
    take_while(0.., (' ', '\t')).void().parse_next(input)
}

/// Spaces, line breaks and comments.
fn space(input: &mut Input<'_>) -> ModalResult<()> {
    let blank = take_while(1.., (' ', '\t', '\r', '\n')).void();
    let comment = (";;", take_till(0.., '\n')).void();
    repeat(0.., alt((blank, comment))).parse_next(input)
}

fn expected(what: &'static str) -> StrContext {
    StrContext::Expected(StrContextValue::Description(what))
}
