//! How the rows of the zk dialect become steps of the Hermez processor.
//!
//! ```text
//! row -- rows.rs --> micro-operations on values -- register allocation --> micro-operations at registers -- emit.rs --> steps
//! ```
//! Micro-operations ([`Micro`]) are data: a name, what registers they need ([`Shape`]), the steps they are. `targets/hermez64.md`
//! says which step binds which free input.

mod asm;
mod blocks;
mod cost;
mod divide;
mod emit;
mod hints;
mod memory;
mod micro;
mod routines;
mod rows;
mod trial;

pub use asm::{
    ARGS, Asm, Code, HINT, MEMORY_BYTES, OUTPUT, RESULTS, Routine, SCRATCH, SCRATCH_WORDS, STATICS,
    Symbol,
};
pub use cost::{area, busiest, hermez_max_model, hermez_model};
pub use hints::last_rows;
pub use micro::{
    Access, Around, Division, Lin, MemoryPlan, Micro, PASSED, Place, Product, Shape, Site, Test,
    Want,
};
pub use rows::{Row, Sink, Value, condition, expand, expand_branch};
pub use trial::{Trial, TrialProgram, place_with};
