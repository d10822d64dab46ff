//! The generic IR core of zkc, in MLIR's words.
//!
//! An *op* takes operand *values* and attributes, gives result values, and may hold *regions* of *blocks*. Ops belong to
//! dialects; a dialect is a table of rows ([`dialect!`]) and everything generic reads the row. A [`Body`] is one
//! function's code: arenas behind typed 32-bit keys, built once by a [`Builder`], never changed after, `Send + Sync + Eq`.
//! This crate knows no file, no WASM bytes, no machine.

pub mod analysis;
mod attr;
mod body;
mod builder;
mod canonical;
mod cranelift;
mod diagnostic;
mod dialect;
mod entities;
pub mod eval;
mod float;
mod int;
mod loc;
mod module;
mod parts;
pub mod simd;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
mod types;
pub mod verify;
mod walk;
mod wasm;

pub use attr::{Attr, AttrKind, Cond, Trap};
pub use body::{BlockData, Body, OpData, Successor, ValueDef};
pub use builder::Builder;
pub use canonical::canonicalize;
pub use cranelift::{CRANELIFT, ClifOp};
pub use diagnostic::{Diagnostic, Place, Severity};
pub use dialect::{Arity, Dialect, DialectSet, EvalFn, OpDef, Opcode, Traits, Ty};
pub use entities::{Block, FuncId, Op, Region, Value};
pub use loc::Loc;
pub use module::{
    ConstValue, DataSegment, ElementItem, ElementSegment, Export, ExportKind, Func, FuncBody,
    Global, GlobalInit, Import, InitError, InitOp, LazyBody, MAX_GROWN_MEMORY, MAX_GROWN_TABLE,
    MakeBody, Memory, Module, SegmentMode, Table,
};
pub use simd::{SIMD, SimdOp};
pub use text::{NamedBody, parse_funcs, print_body, print_func, print_op};
pub use types::{Signature, Type, flat_types};
pub use verify::{VerifyError, verify};
pub use walk::{Step, Walk};
pub use wasm::{WASM, WasmOp};

/// Maps and sets with a fixed iteration order.
pub use cranelift_entity::{EntityRef, PrimaryMap, SecondaryMap};
