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
mod handlers;
mod machine;
mod observe;

use crate::program::*;
use crate::trace::Step;
use crate::validate::validate;
use machine::{End, FRAME, Host};
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
    /// The program is not valid; see [`validate`].
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
    /// The argument for a 32-bit parameter is not below 2^32.
    #[error(
        "argument {index} is {value}, but the parameter is an i32 or f32: expected a value below 2^32"
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

impl Words {
    /// The words at the start of a run of a valid program.
    fn new(program: &Program, max_pages: u32) -> Words {
        let mut pages = program.pages;
        let mut slots = FIRST_SLOT;
        for inst in &program.insts {
            match inst.op {
                crate::ZkOp::Grow => pages = pages.max(inst.imm.min(u64::from(max_pages)) as u32),
                crate::ZkOp::Lds | crate::ZkOp::Sts => slots = slots.max(inst.target + 1),
                crate::ZkOp::Ldt => slots = slots.max(inst.target + inst.imm as u32),
                _ => {}
            }
        }
        if let Some(&(addr, _)) = program.init.last() {
            slots = slots.max(addr.saturating_sub(STATIC_BASE) + 1);
        }
        let mut words = Words {
            stack: vec![0; FRAME + 4096],
            statics: vec![0; slots as usize],
            memory: vec![0; pages as usize * 65536],
            pages: program.pages,
        };
        words.statics[SLOT_PAGES as usize] = u64::from(program.pages);
        for &(addr, value) in &program.init {
            match addr.checked_sub(STATIC_BASE) {
                Some(slot) => words.statics[slot as usize] = value,
                None => {
                    words.memory[addr as usize * 8..][..8].copy_from_slice(&value.to_le_bytes());
                }
            }
        }
        words
    }
}

/// Runs an exported function.
///
/// `args` are words, those of 32-bit parameters below 2^32. `input` is the private input. The outcome says whether the run
/// ended with success or a trap; a run that is neither, because it cannot be proven or passes a limit, is an error.
pub fn run(
    program: &Program,
    entry: &str,
    args: &[u64],
    input: &[u8],
    limits: &Limits,
) -> Result<Outcome, ExecError> {
    let (entry, mut words, host) = start(program, entry, args, input, limits)?;
    let code = decode::decode(&program.insts);
    let mut host = Host {
        max_steps: limits.max_steps,
        ..host
    };
    let end = machine::execute(&code, entry, &mut words, &mut host, &mut Silent)?;
    finish(end, words, host)
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
    (entry, args, input): (&str, &[u64], &[u8]),
    limits: &Limits,
    on_step: &mut dyn FnMut(&Step),
) -> Result<Outcome, ExecError> {
    let (entry, mut words, host) = start(program, entry, args, input, limits)?;
    let code = decode::decode(&program.insts);
    let mut host = Host {
        max_steps: limits.max_steps.min(MAX_TRACE_STEPS),
        ..host
    };
    let mut tracer = Tracer::new(&program.insts, &words, on_step);
    let end = machine::execute(&code, entry, &mut words, &mut host, &mut tracer)?;
    finish(end, words, host)
}

/// Checks what the caller gave and sets up the run: the entry's index, the words, the host.
fn start<'a>(
    program: &Program,
    name: &str,
    args: &'a [u64],
    input: &'a [u8],
    limits: &Limits,
) -> Result<(usize, Words, Host<'a>), ExecError> {
    validate(program).map_err(ExecError::Invalid)?;
    let entry = program
        .entry(name)
        .ok_or_else(|| ExecError::UnknownEntry(name.to_owned()))?;
    if args.len() != entry.params.len() {
        return Err(ExecError::ArgumentCount {
            entry: name.to_owned(),
            expected: entry.params.len(),
            given: args.len(),
        });
    }
    for (index, (&value, kind)) in args.iter().zip(&entry.params).enumerate() {
        if kind.is_32() && value >> 32 != 0 {
            return Err(ExecError::WideArgument { index, value });
        }
    }
    let input_len = u32::try_from(input.len()).map_err(|_| ExecError::InputTooLong(input.len()))?;
    if program.pages > limits.max_pages {
        return Err(ExecError::PageLimit {
            pages: program.pages.into(),
            limit: limits.max_pages,
        });
    }
    let host = Host {
        args,
        input_len,
        unread: input,
        results: vec![None; entry.results.len()],
        output: Vec::new(),
        max_steps: limits.max_steps,
        max_pages: limits.max_pages,
    };
    Ok((
        (entry.pc - FIRST_PC) as usize,
        Words::new(program, limits.max_pages),
        host,
    ))
}

/// The outcome of a run that ended.
fn finish(end: End, words: Words, host: Host<'_>) -> Result<Outcome, ExecError> {
    let (status, results) = match end.status {
        0 => {
            let results = host
                .results
                .iter()
                .enumerate()
                .map(|(index, r)| r.ok_or(ExecError::MissingResult { index }))
                .collect::<Result<_, _>>()?;
            (Status::Done, results)
        }
        code => (
            Status::Trap(Trap::from_code(code).ok_or(ExecError::UnknownStatus { status: code })?),
            Vec::new(),
        ),
    };
    Ok(Outcome {
        status,
        results,
        output: host.output,
        steps: end.steps,
        pc: end.pc,
        words,
    })
}
