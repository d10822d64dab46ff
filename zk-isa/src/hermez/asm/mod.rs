//! zkASM of the Hermez processor, upstream's language: text to program and back, and the ROM as upstream's JSON.
//!
//! [`parse`] reads what upstream's assembler reads for the 64-bit machine; [`print()`] writes one file without includes that
//! it reads too. What is printed parses back to an equal program. Where upstream and this parser differ is in one direction:
//! numbers that a JS double would silently round, and trailing commands that no step carries, are errors here.

mod command;
mod json;
mod lex;
mod nexpr;
mod parse;
mod print;
mod syntax;

pub use json::to_json;
pub use parse::{Include, parse, parse_with};
pub use print::print;
pub(super) use print::{factors, summands};
