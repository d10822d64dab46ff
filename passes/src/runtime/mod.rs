//! The runtime: functions the compiler supplies, written in WebAssembly and compiled like user code.
//!
//! Every linked module ends with the same functions in the same order: the intrinsics, which are single instructions,
//! then the functions of each runtime module. So an index is the index of the first one plus a number that never changes,
//! and a body is decoded only when somebody asks for it. A runtime module's globals go behind the module's own.

use crate::clif::internal;
use crate::decode::{ModuleItems, Remap, decode_func_at, decode_items};
use crate::wasm_to_cranelift::simd;
use cranelift_codegen::ir::Opcode;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use zkc_ir::{
    Body, ClifOp, Diagnostic, Func, FuncBody, Import, LazyBody, Module, Signature, Trap, Type,
    WasmOp,
};
use zkc_isa::ZkOp;

/// The runtime's modules, in the order of their functions. They may import intrinsics, and functions of each other under
/// the module name [`RUNTIME`].
const MODULES: &[(&str, Source)] = &[
    ("memory.wat", Source::Text(include_str!("memory.wat"))),
    ("words.wat", Source::Text(include_str!("words.wat"))),
    ("simd.wat", Source::Made(simd::runtime_text)),
    (
        "float.wasm",
        Source::Binary(include_bytes!("float/float.wasm")),
    ),
];

/// Module name under which a runtime module imports functions that are single zk instructions.
pub(crate) const INTRINSICS: &str = "zkc:intrinsics";
/// Module name under which a runtime module imports another's functions.
pub(crate) const RUNTIME: &str = "zkc:runtime";

/// A runtime module's code.
enum Source {
    Text(&'static str),
    /// Text made from a dialect's rows.
    Made(fn() -> String),
    Binary(&'static [u8]),
}

/// Static words that an intrinsic works on; where they are only the layout knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    None,
    /// The program's own.
    Program,
    /// Those of host functions.
    Scratch,
}

/// What a call of an intrinsic becomes.
#[derive(Clone, Copy)]
pub(crate) enum Meaning {
    /// A pure CLIF instruction of two operands of the result's type, made where the call is translated to CLIF.
    Pure(Opcode),
    /// A zk instruction, made with the other effects; one that ends the run takes the place of the trap behind the call.
    Effect(ZkOp),
    /// A constant: the byte address of the program's own static words, as `copy` takes it.
    WordsAddress,
}

/// A function that is one instruction.
pub(crate) struct Intrinsic {
    pub(crate) name: &'static str,
    pub(crate) meaning: Meaning,
    /// The static words it works on, counted from the first of them.
    pub(crate) words: Words,
    /// The trap it raises, for an instruction that only traps.
    pub(crate) trap: Option<Trap>,
    params: &'static [Type],
    results: &'static [Type],
}

const fn row(
    name: &'static str,
    op: ZkOp,
    params: &'static [Type],
    results: &'static [Type],
) -> Intrinsic {
    meaning(name, Meaning::Effect(op), params, results)
}

const fn meaning(
    name: &'static str,
    meaning: Meaning,
    params: &'static [Type],
    results: &'static [Type],
) -> Intrinsic {
    Intrinsic {
        name,
        meaning,
        words: Words::None,
        trap: None,
        params,
        results,
    }
}

const fn get(name: &'static str, words: Words) -> Intrinsic {
    Intrinsic {
        words,
        ..row(name, ZkOp::Ldt, &[Type::I32], &[Type::I64])
    }
}

const fn set(name: &'static str, words: Words) -> Intrinsic {
    Intrinsic {
        words,
        ..row(name, ZkOp::Stt, &[Type::I32, Type::I64], &[])
    }
}

const fn trap(name: &'static str, trap: Trap) -> Intrinsic {
    Intrinsic {
        trap: Some(trap),
        ..row(name, ZkOp::Trap, &[], &[])
    }
}

/// The intrinsics, the runtime's first functions.
const INTRINSIC_ROWS: &[Intrinsic] = &[
    row("input8", ZkOp::Input8, &[], &[Type::I32]),
    row("input64", ZkOp::Input64, &[], &[Type::I64]),
    row("inlen", ZkOp::Inlen, &[], &[Type::I32]),
    row("output", ZkOp::Output, &[Type::I32], &[]),
    get("word_get", Words::Program),
    set("word_set", Words::Program),
    row("copy", ZkOp::Copy, &[Type::I32, Type::I32, Type::I32], &[]),
    row("fill", ZkOp::Fill, &[Type::I32, Type::I64, Type::I32], &[]),
    meaning("words_address", Meaning::WordsAddress, &[], &[Type::I32]),
    row("halt", ZkOp::Halt, &[], &[]),
    get("scratch_get", Words::Scratch),
    set("scratch_set", Words::Scratch),
    meaning(
        "mulhu64",
        Meaning::Pure(Opcode::Umulhi),
        &[Type::I64, Type::I64],
        &[Type::I64],
    ),
    trap("trap_integer_overflow", Trap::IntegerOverflow),
    trap("trap_invalid_conversion", Trap::InvalidConversionToInteger),
];

/// The runtime function that an op of the cranelift dialect calls.
pub(crate) fn function_of(op: ClifOp) -> Option<&'static str> {
    match op {
        ClifOp::MemoryFill => Some("zkc.memory_fill"),
        ClifOp::MemoryCopy => Some("zkc.memory_copy"),
        ClifOp::TableGrow => Some("words.table_grow"),
        ClifOp::TableFill => Some("words.table_fill"),
        ClifOp::TableCopy | ClifOp::TableInit => Some("words.table_copy"),
        ClifOp::MemoryNLoad => Some("words.memory_load"),
        ClifOp::MemoryNStore => Some("words.memory_store"),
        ClifOp::MemoryNGrow => Some("words.grow"),
        ClifOp::MemoryNFill => Some("words.memory_fill"),
        ClifOp::MemoryInit | ClifOp::MemoryNCopy => Some("words.memory_copy"),
        _ => None,
    }
}

/// The runtime function that an op of the wasm dialect calls.
pub(crate) fn function_of_wasm(op: WasmOp) -> Option<&'static str> {
    use WasmOp as W;
    match op {
        W::MemoryFill => function_of(ClifOp::MemoryFill),
        W::MemoryCopy => function_of(ClifOp::MemoryCopy),
        // The routines in `float` have the instructions' names.
        zkc_ir::float_routines!() => Some(op.opcode().def().name),
        _ => function_of(ClifOp::from_wasm(op)?),
    }
}

/// The intrinsic that function `index` is, in a module whose runtime starts at `base`.
pub(crate) fn intrinsic(base: Option<u32>, index: u32) -> Option<&'static Intrinsic> {
    INTRINSIC_ROWS.get(index.checked_sub(base?)? as usize)
}

/// The index of the runtime's first function, if the module has been linked.
pub(crate) fn base(module: &Module) -> Option<u32> {
    let count = parts().as_ref().ok()?.funcs.len();
    let base = module.funcs.len().checked_sub(count)?;
    match &module.funcs[base].body {
        FuncBody::Import(import) if import.module == INTRINSICS => Some(base as u32),
        FuncBody::Import(_) | FuncBody::Body(_) | FuncBody::Lazy(_) | FuncBody::Unsupported(_) => {
            None
        }
    }
}

/// Number of the globals at the end of a module that are the runtime's.
pub(crate) fn num_globals(module: &Module) -> usize {
    match (base(module), parts()) {
        (Some(_), Ok(parts)) => {
            let each = parts.modules.iter();
            each.map(|part| part.items.module.globals.len()).sum()
        }
        _ => 0,
    }
}

/// The index of a runtime function in a module whose runtime starts at `base`.
pub(crate) fn index_of(base: u32, name: &str) -> Option<u32> {
    let number = parts().as_ref().ok()?.by_name.get(name)?;
    Some(base + number)
}

/// Appends the runtime to a module; the index of its first function.
pub(crate) fn append(module: &mut Module) -> Result<u32, Diagnostic> {
    let parts = parts().as_ref().map_err(Clone::clone)?;
    let base = module.funcs.len() as u32;
    let first_type = module.types.len() as u32;
    let first_global = module.globals.len() as u32;
    module.types.extend(parts.types.iter().cloned());
    for (number, func) in parts.funcs.iter().enumerate() {
        let body = match &func.body {
            Some(_) => {
                let key = vec![number as u32, base, first_type, first_global];
                FuncBody::Lazy(Arc::new(LazyBody::new(key, body)))
            }
            None => FuncBody::Import(Import {
                module: INTRINSICS.to_owned(),
                name: func.name.clone(),
            }),
        };
        module.funcs.push(Func {
            name: func.name.clone(),
            type_index: first_type + func.ty,
            signature: parts.types[func.ty as usize].clone(),
            start: 0,
            body,
        });
    }
    for part in &parts.modules {
        module
            .globals
            .extend(part.items.module.globals.iter().cloned());
    }
    Ok(base)
}

/// The runtime's functions and what is needed to decode one.
struct Parts {
    modules: Vec<Part>,
    types: Vec<Signature>,
    funcs: Vec<PartFunc>,
    by_name: BTreeMap<String, u32>,
}

struct Part {
    items: ModuleItems,
    bytes: Cow<'static, [u8]>,
    /// Number among the runtime's functions of the first one with code.
    first_func: u32,
    /// Number among the runtime's functions, types and globals of each of the module's.
    remap: Remap,
}

struct PartFunc {
    name: String,
    /// Number among the runtime's types.
    ty: u32,
    /// Module and index in it; none for an intrinsic.
    body: Option<(usize, u32)>,
}

fn parts() -> &'static Result<Parts, Diagnostic> {
    static PARTS: LazyLock<Result<Parts, Diagnostic>> = LazyLock::new(read);
    &PARTS
}

/// Reads every runtime module, but for its code.
fn read() -> Result<Parts, Diagnostic> {
    let mut parts = Parts {
        modules: Vec::new(),
        types: Vec::new(),
        funcs: Vec::new(),
        by_name: BTreeMap::new(),
    };
    for row in INTRINSIC_ROWS {
        parts.funcs.push(PartFunc {
            name: row.name.to_owned(),
            ty: parts.types.len() as u32,
            body: None,
        });
        parts.types.push(Signature::new(row.params, row.results));
    }
    let mut first_global = 0;
    for (number, (file, source)) in MODULES.iter().enumerate() {
        let named = |d: Diagnostic| internal(format!("{file}: {}", d.message));
        let bytes = match source {
            Source::Text(text) => wat::parse_str(text)
                .map(Cow::Owned)
                .map_err(|e| internal(format!("{file}: {e}")))?,
            Source::Made(text) => wat::parse_str(text())
                .map(Cow::Owned)
                .map_err(|e| internal(format!("{file}: {e}")))?,
            Source::Binary(bytes) => Cow::Borrowed(*bytes),
        };
        let items = decode_items(&bytes).map_err(named)?;
        let first_type = parts.types.len() as u32;
        parts.types.extend(items.module.types.iter().cloned());
        let first_func = parts.funcs.len() as u32;
        for (index, func) in items.module.funcs.iter().enumerate() {
            if !matches!(func.body, FuncBody::Import(_)) {
                // A function without a name of its own got its index for one.
                let name = match func.name == format!("f{index}") {
                    true => format!("{file}.{index}"),
                    false => func.name.clone(),
                };
                parts.funcs.push(PartFunc {
                    name,
                    ty: first_type + func.type_index,
                    body: Some((number, index as u32)),
                });
            }
        }
        let globals = items.module.globals.len() as u32;
        let remap = Remap {
            types: Some((first_type..parts.types.len() as u32).collect()),
            globals: Some((first_global..first_global + globals).collect()),
            ..Remap::default()
        };
        first_global += globals;
        parts.modules.push(Part {
            items,
            bytes,
            first_func,
            remap,
        });
    }
    for (number, func) in parts.funcs.iter().enumerate() {
        if parts
            .by_name
            .insert(func.name.clone(), number as u32)
            .is_some()
        {
            return Err(internal(format!("two runtime functions `{}`", func.name)));
        }
    }
    for number in 0..parts.modules.len() {
        let funcs = numbers(&parts, number)?;
        parts.modules[number].remap.funcs = Some(funcs);
    }
    Ok(parts)
}

/// The number among the runtime's functions of each function of a runtime module.
fn numbers(parts: &Parts, module: usize) -> Result<Vec<u32>, Diagnostic> {
    let part = &parts.modules[module];
    let imports = part.items.module.funcs.len() - part.items.bodies.len();
    let number_of = |(index, func): (usize, &Func)| {
        let known = |name: &str| parts.by_name.get(name).copied();
        let number = match &func.body {
            FuncBody::Import(import) if import.module == INTRINSICS => {
                known(&import.name).filter(|&n| (n as usize) < INTRINSIC_ROWS.len())
            }
            FuncBody::Import(import) if import.module == RUNTIME => known(&import.name),
            FuncBody::Import(_) => None,
            FuncBody::Body(_) | FuncBody::Lazy(_) | FuncBody::Unsupported(_) => {
                Some(part.first_func + (index - imports) as u32)
            }
        };
        let fits = |n: &u32| parts.types[parts.funcs[*n as usize].ty as usize] == func.signature;
        number
            .filter(fits)
            .ok_or_else(|| internal(format!("the runtime has no such function `{}`", func.name)))
    };
    let funcs = part.items.module.funcs.iter().enumerate();
    funcs.map(number_of).collect()
}

/// The body of the runtime function with this number, for a module with these first indices.
fn body(key: &[u32]) -> Body {
    let &[number, base, first_type, first_global] = key else {
        unreachable!("`append` makes keys of four numbers");
    };
    let parts = parts().as_ref().expect("`append` has read the runtime");
    let (module, index) = parts.funcs[number as usize]
        .body
        .expect("only functions with code have lazy bodies");
    let part = &parts.modules[module];
    let shift = |list: &Option<Vec<u32>>, by: u32| {
        list.as_ref()
            .map(|list| list.iter().map(|n| n + by).collect())
    };
    let remap = Remap {
        funcs: shift(&part.remap.funcs, base),
        types: shift(&part.remap.types, first_type),
        globals: shift(&part.remap.globals, first_global),
        ..Remap::default()
    };
    let imports = part.items.module.funcs.len() - part.items.bodies.len();
    let range = part.items.bodies[index as usize - imports].clone();
    decode_func_at(&part.items, index, &part.bytes[range], &remap)
        .expect("a test decodes every runtime function")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_decodes_and_verifies() {
        let mut module = Module::default();
        let base = append(&mut module).expect("the runtime's modules are valid");
        assert_eq!(base, 0);
        assert_eq!(super::base(&module), Some(0));
        for (index, func) in module.funcs.iter().enumerate() {
            assert_eq!(index_of(base, &func.name), Some(index as u32));
            assert_eq!(
                intrinsic(Some(base), index as u32).is_some(),
                func.body.code().is_none()
            );
            if let Some(body) = func.body.code() {
                zkc_ir::verify(body).unwrap_or_else(|e| panic!("{}: {e}", func.name));
                assert_eq!(body.signature(), &func.signature.flat());
            }
        }
    }
}
