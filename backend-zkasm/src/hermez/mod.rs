//! The backend for the Hermez processor: bodies in the zk dialect become steps, and functions become a program.
//!
//! ```text
//! Body (zk ops only) -- live, flow, facts, lower --> micro-operations on values -- regalloc2, five registers --> emit --> CompiledFunc
//! CompiledFunc of every function, exports, initial words -- link --> zkc_isa::hermez::Program
//! ```
//! A value stands in one of the registers A to E or in a stack word; an operation's result may be stored in the step that makes
//! it, so spilling costs nothing where it happens at once. Constants are made where they are needed.

mod code;
mod emit;
mod facts;
mod link;
mod lower;
mod script;

pub use link::{LinkInput, link};
pub use script::{Script, State, link_script};
pub use zkc_isa::hermez::expand::MemoryPlan;

use crate::BackendError;
use crate::flow::Flow;
use crate::live::Live;
use zkc_ir::{Body, Loc};
use zkc_isa::hermez::expand::Code;

/// What shapes the code of a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Options {
    /// The memory.
    pub memory: MemoryPlan,
    /// Let the allocator's own checker look at its result.
    pub check: bool,
    /// Allocate registers in linear time.
    pub fast: bool,
}

impl Options {
    /// The defaults for a memory: checks in debug builds.
    pub fn new(memory: MemoryPlan) -> Options {
        Options {
            memory,
            check: cfg!(debug_assertions),
            fast: false,
        }
    }
}

/// Steps of one function, independent of its place in the program; labels outside it are symbols.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompiledFunc {
    /// Steps and labels; the entry is step 0.
    pub code: Code,
    /// The source place of each step.
    pub locs: Vec<Loc>,
    /// Words of the frame.
    pub frame: u32,
}

/// Compiles one function: a body with one region whose ops are all of the zk dialect.
///
/// Errors: a body that the verifier would refuse, or one whose frame the stack has no room for.
pub fn compile_function(body: &Body, options: &Options) -> Result<CompiledFunc, BackendError> {
    let live = Live::compute(body)?;
    let flow = Flow::compute(body, &live)?;
    let facts = facts::Facts::compute(body, &live);
    let code = lower::lower(body, &live, &flow, &facts, options.memory)?;
    let hard = code.vcode.allocation_work() > crate::regalloc::MOST_WORK;
    let output = code::allocate(&code, options.fast || hard, options.check)?;
    emit::emit(&code, &output)
}
