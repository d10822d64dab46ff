//! The Hermez processor in its 64-bit variant, the second machine zkc compiles to.
//!
//! Programs are data ([`Program`]): what upstream's assembler writes as the ROM, with labels and variables by number until
//! an address is asked for.

mod expr;
mod program;
mod step;

pub use expr::{BinaryOp, Expr, UnaryOp};
pub use program::{
    Constant, Label, MAX_GLOBAL_WORDS, MAX_STEPS, Program, Scope, Source, Var, Variable,
};
pub use step::{
    Address, Align, Bin, Condition, Const, Free, Goto, Index, Jump, Lhs, Mem, Reg, Space, Step,
};
