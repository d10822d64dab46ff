//! The Hermez processor in its 64-bit variant, the second machine zkc compiles to.
//!
//! Programs are data ([`Program`]): what upstream's assembler writes as the ROM, with labels and variables by number until
//! an address is asked for.

pub mod asm;
mod eval;
mod exec;
pub mod expand;
mod expr;
mod field;
mod outcome;
mod portable;
mod program;
mod step;
mod words;

pub use exec::{MAX_ROWS, run, run_forged};
pub use expr::{BinaryOp, Expr, UnaryOp};
pub use field::{P, element};
pub use outcome::{
    Cause, Constraint, Counters, FreeInput, Inputs, Memory, Outcome, Refusal, Registers,
};
pub use program::{
    Constant, Label, MAX_GLOBAL_WORDS, MAX_STEPS, Program, Scope, Source, Var, Variable,
};
pub use step::{
    Address, Align, Bin, Condition, Const, Free, Goto, Index, Jump, Lhs, Mem, Reg, Space, Step,
};
pub use words::{is_name, is_reserved};
