//! zkc's passes: bytes to wasm dialect, wasm dialect to CLIF to cranelift dialect, clean-ups, effects to zk.
//!
//! A pass is a function from bodies to a new body; none changes its input.

pub mod call_graph;
pub mod clif;
mod cranelift_to_zk;
pub mod decode;
mod host;
mod layout;
pub mod link;
pub mod opt;
mod pipeline;
mod runtime;
mod wasm_to_cranelift;

pub use cranelift_to_zk::lower_effects;
pub use layout::{InitValue, InitWord, Layout, MemoryLayout, SegmentLayout, TableLayout};
pub use link::{Linked, LinkedUnit, Unit, link, load};
pub use pipeline::{Options, compile_to_cranelift, compile_to_mixed, wasm_to_cranelift};
pub use wasm_to_cranelift::wasm_to_clif;
