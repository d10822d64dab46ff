//! The executor: runs a program on given arguments and private input, fast, or with a [`Step`] for every instruction.
//!
//! Both ways are one piece of code (`machine.rs`, `handlers.rs`), compiled twice. Memory is reserved for the largest size the program can
//! reach but touched lazily, so that a run costs memory in proportion to the pages it uses.
//!
//! The only values a prover may choose freely are what `inlen`, `input8` and `input64` give. Here they come from `input`, so
//! a caller forges them by passing other bytes; every other value of a run follows from the program, the entry and the
//! arguments.

mod alu;
mod decode;
mod executable;
mod fuse;
mod handlers;
mod machine;
mod memory;
mod observe;

use crate::program::*;
use crate::trace::Step;
pub use executable::{Executable, Instance};
use observe::{Silent, Tracer};
use zkc_ir::{Diagnostic, Trap};

/// Most instructions a traced run may execute, so that every access time is below 2^31 - 2^24, the order of the smallest
/// field proofs are made in.
pub const MAX_TRACE_STEPS: u64 = (1 << 29) - (1 << 22) - 2;

/// Bounds on a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Most instructions the run may execute.
    pub max_steps: u64,
    /// Most pages the memory may have, initially or by `grow`.
    pub max_pages: u32,
}

impl Default for Limits {
    /// No bound but the machine's own.
    fn default() -> Limits {
        Limits {
            max_steps: u64::MAX,
            max_pages: MAX_PAGES,
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// With success, status 0.
    Done,
    /// With a trap.
    Trap(Trap),
}

impl Status {
    /// The public status: 0, or the trap's code.
    pub const fn code(self) -> u32 {
        match self {
            Status::Done => 0,
            Status::Trap(trap) => trap.code(),
        }
    }
}

/// What a run left behind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// How the run ended.
    pub status: Status,
    /// The entry's results, all of them; none after a trap.
    pub results: Vec<u64>,
    /// Public output bytes.
    pub output: Vec<u8>,
    /// Number of instructions executed.
    pub steps: u64,
    /// Program counter of the last instruction; after a trap, the one at fault.
    pub pc: u32,
    words: Words,
}

impl Outcome {
    /// The linear memory at the end, whole pages.
    pub fn memory(&self) -> &[u8] {
        &self.words.memory[..self.words.pages as usize * 65536]
    }

    /// The size of the linear memory at the end, in pages.
    pub const fn pages(&self) -> u32 {
        self.words.pages
    }

    /// A static word at the end; zero if the program cannot reach it.
    pub fn static_word(&self, slot: u32) -> u64 {
        self.words.statics.get(slot as usize).copied().unwrap_or(0)
    }
}

/// Why a run has no outcome: it was not started, or has no proof.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExecError {
    /// The program is not valid; see [`validate`](crate::validate).
    #[error("invalid program: {0}")]
    Invalid(Diagnostic),
    /// No entry has this name.
    #[error("no function `{0}` is exported")]
    UnknownEntry(String),
    /// Wrong number of arguments.
    #[error("`{entry}` takes {expected} arguments, not {given}")]
    ArgumentCount {
        /// The entry's name.
        entry: String,
        /// Number of its parameters.
        expected: usize,
        /// Number of arguments given.
        given: usize,
    },
    /// The argument is none of its parameter's kind ([`crate::ValueKind::is_argument`]).
    #[error(
        "argument {index} is {value}: expected a value below 2^32 for an i32 or f32, 0 for a funcref"
    )]
    WideArgument {
        /// Position, from 0.
        index: usize,
        /// The value given.
        value: u64,
    },
    /// The private input is 2^32 bytes or longer.
    #[error("the private input has {0} bytes, at most 2^32 - 1 are possible")]
    InputTooLong(usize),
    /// The run is longer than allowed.
    #[error("the run takes more than {limit} steps, the limit")]
    StepLimit {
        /// The limit.
        limit: u64,
    },
    /// The memory is larger than allowed.
    #[error("the run needs {pages} pages of memory, the limit is {limit}")]
    PageLimit {
        /// Pages needed.
        pages: u64,
        /// The limit.
        limit: u32,
    },
    /// An `input8` or `input64` found too few bytes.
    #[error("the private input is exhausted, at program counter {pc}")]
    InputExhausted {
        /// Program counter.
        pc: u32,
    },
    /// Control reached a program counter without an instruction.
    #[error("there is no instruction at program counter {pc}")]
    NoInstruction {
        /// Program counter.
        pc: u32,
    },
    /// A block of a `copy` or `fill` is not where one may be: its destination in linear memory, its source in linear memory or
    /// static words.
    #[error("the instruction at program counter {pc} takes a block that is not in memory")]
    NoBlock {
        /// Program counter.
        pc: u32,
    },
    /// An operand that must be below 2^32 is not.
    #[error("an operand of the instruction at program counter {pc} is not below 2^32")]
    WideOperand {
        /// Program counter.
        pc: u32,
    },
    /// The operand of `output` is not a byte.
    #[error("the output {value} at program counter {pc} is not below 2^8")]
    WideOutput {
        /// Program counter.
        pc: u32,
        /// The operand.
        value: u64,
    },
    /// An `arg` names an argument the run does not have.
    #[error("the instruction at program counter {pc} reads argument {index}, which does not exist")]
    NoArgument {
        /// Program counter.
        pc: u32,
        /// Index of the argument.
        index: u64,
    },
    /// A `result` names a result the entry does not have or that was given before.
    #[error(
        "the instruction at program counter {pc} gives result {index}, which does not exist or was given before"
    )]
    NoResult {
        /// Program counter.
        pc: u32,
        /// Index of the result.
        index: u64,
    },
    /// The run ended with success, but without this result.
    #[error("the run ended without result {index}")]
    MissingResult {
        /// Index of the result.
        index: usize,
    },
    /// A return address below the first program counter that is no status.
    #[error("the run ended with status {status}, which means nothing")]
    UnknownStatus {
        /// The status.
        status: u32,
    },
    /// A `ret` would move the frame below the stack.
    #[error("the return at program counter {pc} leaves the stack")]
    FrameOutOfStack {
        /// Program counter.
        pc: u32,
    },
}

/// Words of the address space a run can reach, each part lazily zeroed.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Words {
    /// As deep as calls have gone, and a frame more.
    stack: Vec<u64>,
    statics: Vec<u64>,
    /// Bytes of linear memory up to the largest size the program can reach.
    memory: Vec<u8>,
    /// Size of the memory that exists.
    pages: u32,
}

/// Runs an exported function.
///
/// `args` are words, those of 32-bit parameters below 2^32. `input` is the private input. The outcome says whether the run
/// ended with success or a trap; a run that is neither, because it cannot be proven or passes a limit, is an error. To run a
/// program more than once, make an [`Executable`].
pub fn run(
    program: &Program,
    entry: &str,
    args: &[u64],
    input: &[u8],
    limits: &Limits,
) -> Result<Outcome, ExecError> {
    executable::observed(program, (entry, args, input), limits, |_| Silent)
}

/// Runs an exported function as [`run`] does and gives every executed instruction to `on_step`, in order.
///
/// At most [`MAX_TRACE_STEPS`] instructions, whatever the limits say. Where the run ends in an error, the steps before it
/// have been given.
pub fn trace(
    program: &Program,
    entry: &str,
    args: &[u64],
    input: &[u8],
    limits: &Limits,
    on_step: &mut impl FnMut(&Step),
) -> Result<Outcome, ExecError> {
    trace_dyn(program, (entry, args, input), limits, on_step)
}

/// [`trace`], compiled once whatever the sink.
fn trace_dyn(
    program: &Program,
    call: (&str, &[u64], &[u8]),
    limits: &Limits,
    on_step: &mut dyn FnMut(&Step),
) -> Result<Outcome, ExecError> {
    let limits = Limits {
        max_steps: limits.max_steps.min(MAX_TRACE_STEPS),
        ..*limits
    };
    executable::observed(program, call, &limits, |words| {
        Tracer::new(&program.insts, words, on_step)
    })
}
