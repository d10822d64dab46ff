//! All passes of one function in their usual order.

use crate::clif::{clif_to_cranelift, internal, optimize};
use crate::layout::Layout;
use crate::opt::cleanup;
use crate::{cranelift_to_zk::lower_effects, wasm_to_clif};
use zkc_ir::{Body, Diagnostic, FuncBody, Module};

/// What to do between CLIF and the effects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Run Cranelift's own mid-end, for comparison.
    pub clif_opt: bool,
    /// Run the clean-ups of [`crate::opt`].
    pub cleanups: bool,
}

/// Function `index` of a linked module in the cranelift dialect, without clean-ups across functions.
///
/// Errors: the function's own diagnostic if it is unsupported; `unknown-import` if it has no code; `internal`.
pub fn compile_to_cranelift(
    module: &Module,
    index: u32,
    options: Options,
) -> Result<Body, Diagnostic> {
    let func = module
        .funcs
        .get(index as usize)
        .ok_or_else(|| internal(format!("no function {index}")))?;
    match &func.body {
        FuncBody::Body(body) => wasm_to_cranelift(module, index, body, options),
        FuncBody::Lazy(body) => wasm_to_cranelift(module, index, body.get(), options),
        FuncBody::Unsupported(diagnostic) => Err((**diagnostic).clone()),
        FuncBody::Import(import) => {
            let message = format!(
                "nobody provides the imported function `{}.{}`",
                import.module, import.name
            );
            Err(Diagnostic::error("unknown-import", message))
        }
    }
}

/// A wasm dialect body, function `index` of `module`, in the cranelift dialect.
///
/// Of `module` only signatures are read. Errors: `internal`.
pub fn wasm_to_cranelift(
    module: &Module,
    index: u32,
    body: &Body,
    options: Options,
) -> Result<Body, Diagnostic> {
    let mut clif = wasm_to_clif(module, index, body)?;
    if options.clif_opt {
        clif = optimize(clif)?;
    }
    let body = clif_to_cranelift(&clif)?;
    Ok(if options.cleanups {
        cleanup(&body)
    } else {
        body
    })
}

/// Function `index` of a linked module as the e-graph takes it: pure ops in the cranelift dialect, effects in zk.
///
/// Errors: as for [`compile_to_cranelift`].
pub fn compile_to_mixed(
    module: &Module,
    index: u32,
    layout: &Layout,
    options: Options,
) -> Result<Body, Diagnostic> {
    let body = compile_to_cranelift(module, index, options)?;
    lower_effects(&body, layout)
}
