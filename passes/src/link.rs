//! Imports: what the host gives, and the functions the compiler supplies.
//!
//! The runtime ([`crate::runtime`]) goes to the end of every module's function index space, so that its indices are known
//! before any body is looked at; what is never called costs nothing. Imports of module `zkc` get its bodies.

use crate::runtime;
use zkc_ir::{
    Attr, Builder, Diagnostic, Func, FuncBody, GlobalInit, Import, Loc, Module, Type, WasmOp,
};

/// Values for imports. [`Host::default`] has none, [`Host::spectest`] those of the official test suite.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Host {
    /// Immutable globals: name, type, bits.
    pub globals: Vec<(Import, Type, u64)>,
    /// Tables: name, size, limit.
    pub tables: Vec<(Import, u64, Option<u64>)>,
    /// Memories: name, pages, limit.
    pub memories: Vec<(Import, u64, Option<u64>)>,
    /// Functions that do nothing: name, parameter types.
    pub no_ops: Vec<(Import, Vec<Type>)>,
}

impl Host {
    /// The module `spectest` of the official test suite, whose functions print and here do nothing.
    pub fn spectest() -> Host {
        let name = |name: &str| Import {
            module: "spectest".to_owned(),
            name: name.to_owned(),
        };
        let (i32, i64, f32, f64) = (Type::I32, Type::I64, Type::F32, Type::F64);
        Host {
            globals: vec![
                (name("global_i32"), i32, 666),
                (name("global_i64"), i64, 666),
                (name("global_f32"), f32, u64::from(666.6_f32.to_bits())),
                (name("global_f64"), f64, 666.6_f64.to_bits()),
            ],
            tables: vec![(name("table"), 10, Some(20))],
            memories: vec![(name("memory"), 1, Some(2))],
            no_ops: vec![
                (name("print"), vec![]),
                (name("print_i32"), vec![i32]),
                (name("print_i64"), vec![i64]),
                (name("print_f32"), vec![f32]),
                (name("print_f64"), vec![f64]),
                (name("print_i32_f32"), vec![i32, f32]),
                (name("print_f64_f64"), vec![f64, f64]),
            ],
        }
    }
}

/// Gives imports their values and appends the runtime's functions.
///
/// Function imports that nobody provides stay imports; calling one is an error of [`crate::call_graph::needed`].
/// Errors: `unknown-import` for another import nobody provides; `incompatible-import` for one of another type.
pub fn link(module: &Module, host: &Host) -> Result<Module, Diagnostic> {
    let mut module = module.clone();
    resolve(&mut module, host)?;
    initialize(&mut module);
    let base = runtime::append(&mut module)?;
    supply(&mut module, base)?;
    Ok(module)
}

/// Has a reactor's `_initialize` called before any entry, behind the start function: WASI asks it of the host.
fn initialize(module: &mut Module) {
    let Some(index) = module.exported_func("_initialize") else {
        return;
    };
    let func = &module.funcs[index as usize];
    if !func.signature.params.is_empty() || !func.signature.results.is_empty() {
        return;
    }
    let Some(start) = module.start else {
        module.start = Some(index);
        return;
    };
    let both = Func {
        name: "start".to_owned(),
        start: 0,
        body: FuncBody::Body(Box::new(calling(func, &[start, index]))),
        ..func.clone()
    };
    module.start = Some(module.funcs.len() as u32);
    module.funcs.push(both);
}

fn resolve(module: &mut Module, host: &Host) -> Result<(), Diagnostic> {
    for global in &mut module.globals {
        if let GlobalInit::Import(import) = &global.init {
            let (_, ty, bits) = host
                .globals
                .iter()
                .find(|g| g.0 == *import)
                .ok_or_else(|| unknown("global", import))?;
            if *ty != global.source || global.mutable {
                return Err(incompatible("global", import));
            }
            global.init = GlobalInit::Const(*bits);
        }
    }
    for table in &mut module.tables {
        if let Some(import) = table.import.take() {
            let (_, size, max) = host
                .tables
                .iter()
                .find(|t| t.0 == import)
                .ok_or_else(|| unknown("table", &import))?;
            (table.min, table.max) =
                limits("table", &import, (table.min, table.max), (*size, *max))?;
        }
    }
    for memory in &mut module.memories {
        if let Some(import) = memory.import.take() {
            let (_, size, max) = host
                .memories
                .iter()
                .find(|m| m.0 == import)
                .ok_or_else(|| unknown("memory", &import))?;
            (memory.min, memory.max) =
                limits("memory", &import, (memory.min, memory.max), (*size, *max))?;
        }
    }
    for func in &mut module.funcs {
        let FuncBody::Import(import) = &func.body else {
            continue;
        };
        let Some((_, params)) = host.no_ops.iter().find(|f| f.0 == *import) else {
            continue;
        };
        if *params != func.signature.params || !func.signature.results.is_empty() {
            return Err(incompatible("function", import));
        }
        func.body = FuncBody::Body(Box::new(no_op(func)));
    }
    Ok(())
}

/// The host's limits, if they are within those the module asks for.
fn limits(
    what: &str,
    import: &Import,
    asked: (u64, Option<u64>),
    given: (u64, Option<u64>),
) -> Result<(u64, Option<u64>), Diagnostic> {
    let max_fits = asked
        .1
        .is_none_or(|asked| given.1.is_some_and(|given| given <= asked));
    if given.0 < asked.0 || !max_fits {
        return Err(incompatible(what, import));
    }
    Ok(given)
}

fn no_op(func: &Func) -> zkc_ir::Body {
    calling(func, &[])
}

/// A body for `func` that calls functions without parameters and results.
fn calling(func: &Func, callees: &[u32]) -> zkc_ir::Body {
    let signature = func.signature.flat();
    let mut builder = Builder::new(signature.clone());
    builder.set_locals(signature.params.clone());
    builder.set_loc(Loc::NONE);
    let root = builder.body().root();
    let entry = builder.block(root, &signature.params);
    builder.switch_to(entry);
    for &callee in callees {
        builder.op(WasmOp::Call, &[], vec![Attr::Func(callee)], &[]);
    }
    builder.op(WasmOp::End, &[], Vec::new(), &[]);
    builder.finish()
}

/// Gives imports of the host's modules the runtime's bodies.
fn supply(module: &mut Module, base: u32) -> Result<(), Diagnostic> {
    for index in 0..base as usize {
        let FuncBody::Import(import) = &module.funcs[index].body else {
            continue;
        };
        let name = match import.module.as_str() {
            "zkc" => format!("zkc.{}", import.name),
            "wasi_snapshot_preview1" => import.name.clone(),
            _ => continue,
        };
        let supplied = runtime::index_of(base, &name)
            .map(|index| &module.funcs[index as usize])
            .ok_or_else(|| unknown("function", import))?;
        if supplied.signature != module.funcs[index].signature {
            return Err(incompatible("function", import));
        }
        module.funcs[index].body = supplied.body.clone();
    }
    Ok(())
}

fn unknown(what: &str, import: &Import) -> Diagnostic {
    Diagnostic::error(
        "unknown-import",
        format!(
            "nobody provides the imported {what} `{}.{}`",
            import.module, import.name
        ),
    )
}

fn incompatible(what: &str, import: &Import) -> Diagnostic {
    let message = format!(
        "the imported {what} `{}.{}` has another type than the host's",
        import.module, import.name
    );
    Diagnostic::error("incompatible-import", message)
}
