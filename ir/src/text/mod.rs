//! The text form of bodies: one printer, one grammar, for every dialect.
//!
//! ```text
//! ;; a comment
//! func @name(%0: i32) -> (i32) {
//!   ^0(%0: i32):
//!     %1 = zk.shru32_imm %0 {imm = 7} : word @0x4
//!     zk.br_eq32_imm %1 {imm = 0} [^1(%0), ^2] @0x7
//!   ...
//! }
//! ```
//! An op is `RESULTS = NAME OPERANDS {ATTRIBUTES} [SUCCESSORS] (REGIONS) : RESULT TYPES @PLACE` on one line, each part
//! left out when empty; a region is `{ BLOCKS }`. Names are dense numbers in order of appearance, so that the text of a
//! body does not depend on how it was built; the parser takes any names. Reading makes a syntax tree with positions first
//! (`syntax`, `parse`) and looks names up in a second step (`resolve`); the two share no state.

mod parse;
mod print;
mod resolve;
mod syntax;
#[cfg(test)]
mod tests;

pub use print::{print_block, print_body, print_func, print_op, print_value};

use crate::body::Body;
use crate::diagnostic::Diagnostic;
use crate::dialect::DialectSet;

/// Deepest nesting of regions that a text may have, and that code outside this crate may recurse over.
pub const MAX_NESTING: usize = 1000;

/// A function of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedBody {
    /// Name, without the `@`.
    pub name: String,
    /// Code, canonically numbered.
    pub body: Body,
}

/// Reads a list of functions.
///
/// Errors are diagnostics with line and column: `syntax` for what the grammar refuses, `unknown-op`, `unknown-attribute`,
/// `undefined-name`, `duplicate-name` and `invalid` for the rest. The bodies are well formed but not yet verified; see
/// [`crate::verify()`].
///
/// ```
/// use zkc_ir::{CRANELIFT, DialectSet, parse_funcs, print_func, verify};
///
/// let text = "\
/// func @double(%0: i32) -> (i32) {
///   ^0(%0: i32):
///     %1 = cranelift.iadd.i32 %0, %0 : i32 @0x2
///     cranelift.return %1
/// }
/// ";
/// let funcs = parse_funcs(text, DialectSet(&[CRANELIFT])).expect("the text is well formed");
/// verify(&funcs[0].body).expect("the body keeps the rules");
/// assert_eq!(print_func(&funcs[0].name, &funcs[0].body), text);
/// ```
pub fn parse_funcs(text: &str, dialects: DialectSet<'_>) -> Result<Vec<NamedBody>, Diagnostic> {
    let place = |at: usize, diagnostic: Diagnostic| {
        let (line, column) = line_col(text, at);
        diagnostic.at(at as u64).at_line(line, column)
    };
    let file = parse::file(text).map_err(|e| {
        place(
            e.at,
            Diagnostic::error("syntax", format!("expected {}", e.expected)),
        )
    })?;
    let mut funcs: Vec<NamedBody> = Vec::with_capacity(file.funcs.len());
    for func in &file.funcs {
        if funcs.iter().any(|f| f.name == func.name) {
            let message = format!("function `{}` is defined twice", func.name);
            return Err(place(func.at, Diagnostic::error("duplicate-name", message)));
        }
        let body = resolve::body(&file, func, dialects).map_err(|e| {
            place(
                e.at,
                Diagnostic::error(e.code, e.message).in_function(&func.name),
            )
        })?;
        funcs.push(NamedBody {
            name: func.name.clone(),
            body,
        });
    }
    Ok(funcs)
}

/// Line and column, both from 1, of a byte offset; columns count characters.
fn line_col(text: &str, at: usize) -> (u32, u32) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    (
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}
