//! zk64, the processor zkc compiles to. See README.md of this folder for the machine in one page.

pub mod asm;
mod cost;
mod counts;
mod dialect;
pub mod eval;
mod exec;
mod form;
pub mod hermez;
mod lines;
mod program;
mod target;
mod trace;
mod validate;

pub use cost::{CostModel, MAX_COST, MODELS};
pub use counts::StepCounts;
pub use dialect::{ZK, ZkOp};
pub use exec::{
    ExecError, Executable, Instance, Limits, MAX_TRACE_STEPS, Outcome, Status, run, trace,
};
pub use form::Form;
pub use lines::{lines, loops};
pub use program::*;
pub use target::Target;
pub use trace::{Access, MAX_ACCESSES, Step};
pub use validate::{MAX_INSTS, validate};
