//! The answer of any engine to one call, in bits: floats and integers alike are words, 32-bit ones zero-extended.

use std::fmt;
use zkc_ir::Trap;

/// What one call came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Called {
    /// Result words.
    Values(Vec<u64>),
    /// A trap.
    Trap(Trap),
    /// The function reaches something zkc does not support; why.
    Unsupported(String),
    /// The engine gave up: out of steps or fuel.
    OutOfSteps,
    /// The engine could not make the call at all: a finding.
    Failed(String),
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Called::Values(values) => {
                f.write_str("values")?;
                values.iter().try_for_each(|v| write!(f, " {v:#x}"))
            }
            Called::Trap(trap) => write!(f, "trap {trap}"),
            Called::Unsupported(why) => write!(f, "unsupported ({why})"),
            Called::OutOfSteps => f.write_str("out of steps"),
            Called::Failed(why) => write!(f, "failure: {why}"),
        }
    }
}
