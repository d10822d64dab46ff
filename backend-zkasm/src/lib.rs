//! The backend: bodies in the zk dialect become zk64 machine code, and functions become a program.
//!
//! ```text
//! Body (zk ops only) -- live, flow, outgoing, select --> virtual code -- regalloc2 --> emit -- peephole --> CompiledFunc
//! CompiledFunc of every function, exports, initial words -- link --> zkc_isa::Program
//! ```
//!
//! A zk op already is one instruction, so selection decides only where values stand. A frame has as many registers as its
//! function needs and all cost the same: there is no spilling, and what the allocator is judged by is the number of `mov`
//! rows it leaves. A [`CompiledFunc`] does not depend on its place in the program, so equal bodies give equal results.

mod branch;
mod checker;
mod code;
mod counts;
mod emit;
mod flow;
mod frame;
pub mod hermez;
mod link;
mod live;
mod outgoing;
mod peephole;
mod regalloc;
mod script;
mod select;
mod vcode;

pub use counts::{BlockCount, CodeMap, add_counts, executions, predict};
pub use link::{Export, InitValue, InitWord, LinkInput, add_vectors, link, link_script};
pub use script::{Pattern, SCRIPT_ENTRY, ScriptAction, ScriptExpect, ScriptStep};

use zkc_ir::{Body, Loc};
use zkc_isa::Inst;

/// What to do beyond compiling.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Options {
    /// Follow every value through the finished code of the function and compare with the body. Quadratic in bad cases.
    pub check: bool,
    /// Improve the order of blocks and copy short loop heads; without it the code is as selected.
    pub peephole: bool,
    /// Allocate registers in linear time, at the price of many moves. Done anyway where the better way would take too long.
    pub fast: bool,
}

impl Default for Options {
    /// Checks in debug builds, always improves.
    fn default() -> Options {
        Options {
            check: cfg!(debug_assertions),
            peephole: true,
            fast: false,
        }
    }
}

/// Machine code of one function, independent of its place in the program.
///
/// The targets of `jump`, `br_*` and `brt` are indices into `insts`; the target of `call` is a function index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompiledFunc {
    /// Instructions.
    pub insts: Vec<Inst>,
    /// The source place of each instruction.
    pub locs: Vec<Loc>,
    /// Registers of the frame, register 0 included; the frame offset of every call the function makes.
    pub frame: u32,
    /// Which instructions are which block's.
    pub map: CodeMap,
}

/// Why a function or a program could not be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BackendError {
    /// An op of another dialect is left.
    #[error("`{0}` is not an op of the zk dialect")]
    NotZk(String),
    /// The body breaks a rule that the verifier checks.
    #[error("malformed body: {0}")]
    Malformed(String),
    /// The function keeps more values at once than an instruction can name registers.
    #[error("the function needs {registers} registers, the machine names {limit}")]
    FrameTooLarge {
        /// Highest register number the function needs.
        registers: u32,
        /// Highest register number there is.
        limit: u32,
    },
    /// A type id does not fit a table word.
    #[error("type id {0} does not fit the 16 bits of a table word")]
    TypeId(u32),
    /// The allocator refused its input.
    #[error("register allocation failed: {0}")]
    Allocation(String),
    /// [`Options::check`] found a register that does not hold the value the body asks for: a bug of the backend.
    #[error("wrong code: {0}")]
    Wrong(String),
    /// A function that is called, exported or in a table is not among those linked.
    #[error("function {0} is used but was not compiled")]
    MissingFunction(u32),
    /// Two initial words have one address.
    #[error("word {0} is initialised twice")]
    DuplicateInit(u32),
    /// Globals, tables and segments do not fit the words of variables.
    #[error("the program needs {0} words of variables, the machine has 65536")]
    StaticWords(u64),
    /// The program has more instructions than there are program counters.
    #[error("the program has {0} instructions, more than there are program counters")]
    TooManyInstructions(usize),
}

/// Compiles one function: a body with one region whose ops are all of the zk dialect.
///
/// Errors: a body that the verifier would refuse, or one that needs more than [`zkc_isa::MAX_REG`] registers.
pub fn compile_function(body: &Body, options: &Options) -> Result<CompiledFunc, BackendError> {
    let live = live::Live::compute(body)?;
    let flow = flow::Flow::compute(body, &live)?;
    let placement = outgoing::place(body, &live, &flow);
    let code = select::select(body, &live, &flow, &placement)?;
    let hard = code.vcode.allocation_work() > regalloc::MOST_WORK;
    let fast = Options {
        fast: options.fast || hard,
        ..*options
    };
    let (mut machine, frame) = match assign(&code, &fast) {
        // The fast algorithm shares few registers; where that is too few, a long time is better than none.
        Err(BackendError::FrameTooLarge { .. }) if hard && !options.fast => assign(&code, options)?,
        other => other?,
    };
    if options.check {
        checker::check(body, &live, &flow, &machine)?;
    }
    if options.peephole {
        peephole::improve(&mut machine);
    }
    let compiled = emit::finish(&machine, &frame, counts::nodes(body, &flow));
    tracing::debug!(
        insts = compiled.insts.len(),
        frame = compiled.frame,
        "compiled"
    );
    Ok(compiled)
}

fn assign(
    code: &code::Code,
    options: &Options,
) -> Result<(emit::Machine, frame::Frame), BackendError> {
    let machine = emit::emit(code, &regalloc::allocate(code, options)?)?;
    let frame = frame::Frame::plan(&machine)?;
    Ok((machine, frame))
}
