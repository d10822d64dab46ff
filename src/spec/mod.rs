//! The official test suite's scripts: read, run through compiler and executor, counted.
//!
//! A script is read once into values ([`Script`]); [`run`] takes it step by step and gives one [`Outcome`] per directive.
//! Instances keep their state from call to call, as WASM has it. [`prove`] makes programs of whole scripts and proves them.

mod called;
mod expected;
mod group;
mod hermez;
mod plan;
mod prove;
mod run;
mod script;
mod session;

pub use called::Called;
pub use expected::{Expected, all_match};
pub use group::{Group, State};
pub use hermez::{HermezProgram, HermezReport, run_hermez};
pub use prove::{ProveSettings, Proven, ProvenRun, prove};
pub use run::{Count, Outcome, Report, Verdict, run};
pub use script::{Action, ActionKind, Assembled, Directive, Kind, Refused, Script, Step};
pub use session::{OpenError, Session};
pub use zkc_passes::decode::Version;
