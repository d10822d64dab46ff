//! The syntax tree: what a text says, before any name has a meaning.
//!
//! Regions live in one flat list and refer to each other by index, so a deeply nested text makes a long list, not a deep
//! recursion (not even when it is dropped).

use crate::loc::Loc;
use crate::types::Type;

/// A piece of the text and its byte offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Name<'a> {
    /// The characters, without sigil.
    pub(super) text: &'a str,
    /// Byte offset.
    pub(super) at: usize,
}

/// A whole text.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct File<'a> {
    pub(super) funcs: Vec<Func<'a>>,
    /// Every region of the text; functions and ops hold indices.
    pub(super) regions: Vec<Region<'a>>,
}

/// One function.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Func<'a> {
    pub(super) name: String,
    pub(super) at: usize,
    /// Names may be left out.
    pub(super) params: Vec<(Option<Name<'a>>, Type)>,
    pub(super) results: Vec<Type>,
    pub(super) locals: Vec<Type>,
    pub(super) region: usize,
}

/// The blocks between two braces.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Region<'a> {
    pub(super) blocks: Vec<Block<'a>>,
}

/// One block.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Block<'a> {
    /// `None` for ops that stand before any label.
    pub(super) label: Option<Name<'a>>,
    pub(super) params: Vec<(Name<'a>, Type)>,
    pub(super) ops: Vec<Op<'a>>,
}

/// One op.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Op<'a> {
    pub(super) results: Vec<Name<'a>>,
    pub(super) opcode: Name<'a>,
    pub(super) args: Vec<Name<'a>>,
    pub(super) attrs: Vec<(Name<'a>, Attr<'a>)>,
    pub(super) successors: Vec<(Name<'a>, Vec<Name<'a>>)>,
    pub(super) regions: Vec<usize>,
    pub(super) types: Vec<Type>,
    pub(super) loc: Loc,
}

/// An attribute by its looks; the row decides what it is.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Attr<'a> {
    /// `7`, `0x7`, `-7`.
    Number(u64),
    /// `@3`.
    Func(u32),
    /// `"text"`.
    Text(String),
    /// `slt`, `integer-overflow`.
    Word(&'a str),
    /// `+8 align 2`.
    Mem { offset: u64, align: u8 },
    /// `[i32, i64]`.
    Types(Vec<Type>),
    /// `[0, 1]`.
    Indices(Vec<u32>),
    /// `[]`, a list of either.
    EmptyList,
}
