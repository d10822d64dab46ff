//! zkc: WebAssembly to zkASM, and proofs of its runs.
//!
//! The facade over the packages: [`compile`] for one program, [`Compiler`] for a session in which the input or the cost
//! model changes and only what depends on it is done again.

pub mod calibrate;
mod choices;
pub mod cli;
pub mod commands;
mod compiler;
mod db;
pub mod dropped;
pub mod emit;
pub mod experiment;
pub mod fusion;
pub mod input;
mod parallel;
pub mod profile;
mod queries;
pub mod render;
pub mod solver;
pub mod spec;
pub mod statement;
pub mod wasi;
pub mod zkir;

pub use compiler::{
    Compiler, HermezScript, Options, Prediction, Roots, Unit, compile, compile_units, decode,
};
