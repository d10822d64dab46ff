//! zkASM, the text of a program. Printer and parser are two sides of one language: `parse(&print(p)) == Ok(p)` for every
//! valid program. README.md of this folder describes the language.

mod parse;
mod print;
mod syntax;

pub use parse::parse;
pub use print::print;

use crate::dialect::ZkOp;

/// Words that start a directive, so no bare label.
const DIRECTIVES: [&str; 6] = ["PAGES", "FUNCTION", "ENTRY", "VECTOR", "INIT", "FUSED"];

/// Whether a character may start a bare name.
fn name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

/// Whether a character may stand in a bare name after the first.
fn name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$' | '-')
}

/// The row's name without `_imm`: in the text, the operand tells both rows apart.
fn mnemonic(op: ZkOp) -> &'static str {
    let name = op.opcode().def().name;
    name.strip_suffix("_imm").unwrap_or(name)
}
