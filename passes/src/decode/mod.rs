//! `.wasm` bytes to a [`Module`] in the wasm dialect.
//!
//! Decoding has two halves, so that a build system can re-do one function alone: [`decode_items`] validates the whole
//! module and reads everything but code; [`decode_func`] reads one function and needs, of the module, only the items.
//! Only this folder knows `wasmparser`.

mod func;
mod module;
mod refusal;
mod remap;

pub use func::{decode_func, decode_func_at};
pub use module::{ModuleItems, Version, decode_items, validate};
pub use remap::Remap;
pub(crate) use remap::in_a_row;

use zkc_ir::{Diagnostic, FuncBody, Module, Type};

/// Deepest nesting of blocks, loops and ifs that is accepted.
pub const MAX_NESTING: usize = 1 << 20;
/// Deepest nesting of loops alone: what is known of loops is kept for each loop around a block.
pub const MAX_LOOPS: usize = 1_000;
/// Largest number of entries of one `br_table`.
pub const MAX_BR_TABLE: u32 = 1 << 20;
/// Largest number of operands and results of one function's ops together.
pub const MAX_OPERANDS: usize = 1 << 22;
/// Largest product of locals and branch targets of one function: an upper bound on the block parameters of its SSA form.
pub const MAX_LOCALS_BY_BLOCKS: usize = 1 << 25;

/// Decodes a module and all its functions.
///
/// Errors: `malformed` for bytes that are no module, `invalid` for a module that does not validate, both at a byte
/// offset; `unsupported-op` for module-level items zkc does not have. A function that uses something unsupported is kept
/// as [`FuncBody::Unsupported`], because it may never be called.
pub fn decode(bytes: &[u8]) -> Result<Module, Diagnostic> {
    let items = decode_items(bytes)?;
    let mut module = items.module.clone();
    let imports = module.funcs.len() - items.bodies.len();
    for (i, range) in items.bodies.iter().enumerate() {
        let index = imports + i;
        let func = &mut module.funcs[index];
        func.start = range.start as u64;
        func.body = match decode_func(&items, index as u32, &bytes[range.clone()]) {
            Ok(body) => FuncBody::Body(Box::new(body)),
            Err(diagnostic) => FuncBody::Unsupported(Box::new(absolute(diagnostic, func.start))),
        };
    }
    Ok(module)
}

/// Moves a diagnostic of [`decode_func`], whose offset counts from the start of the function's body, to its place in
/// the file.
pub fn absolute(mut diagnostic: Diagnostic, start: u64) -> Diagnostic {
    diagnostic.place.offset = diagnostic.place.offset.map(|offset| offset + start);
    diagnostic
}

fn value_type(ty: wasmparser::ValType) -> Option<Type> {
    use wasmparser::{RefType, ValType};
    match ty {
        ValType::I32 => Some(Type::I32),
        ValType::I64 => Some(Type::I64),
        ValType::F32 => Some(Type::F32),
        ValType::F64 => Some(Type::F64),
        ValType::V128 => Some(Type::V128),
        ValType::Ref(RefType::FUNCREF) => Some(Type::FuncRef),
        ValType::Ref(RefType::EXTERNREF) => Some(Type::ExternRef),
        ValType::Ref(_) => None,
    }
}

fn unsupported(what: impl std::fmt::Display, offset: u64) -> Diagnostic {
    Diagnostic::error("unsupported-op", format!("{what} is not supported yet")).at(offset)
}
