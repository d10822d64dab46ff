//! CLIF as zkc uses it: the names of functions that stand for effects CLIF does not know, trap codes, the verifier, and
//! Cranelift's own optimiser for experiments.
//!
//! CLIF has no globals, memory size or tables of functions: they are calls to functions in name spaces of `External`,
//! which Cranelift treats as opaque.

mod idioms;
mod import;
mod print;
mod rows;

pub use import::clif_to_cranelift;
pub use print::clif_text;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{Function, TrapCode, UserExternalName};
use cranelift_codegen::isa::{OwnedTargetIsa, TargetFrontendConfig, lookup_by_name};
use cranelift_codegen::{Context, settings, settings::Configurable};
use std::sync::OnceLock;
use zkc_ir::{Attr, AttrKind, ClifOp, Diagnostic, Trap};

/// What a called function stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum External {
    /// A function of the module.
    Func(u32),
    GlobalGet(u32),
    GlobalSet(u32),
    MemorySize,
    MemoryGrow,
    MemoryFill,
    MemoryCopy,
    /// `call_indirect` with this type index through this table.
    CallIndirect {
        ty: u32,
        table: u32,
    },
    /// An op that both dialects have; its attributes as two numbers, the first below 2^[`ROW_SHIFT`].
    Row {
        row: ClifOp,
        indices: (u32, u32),
    },
}

/// First name space of indirect calls; table 0 has this one, table n the n-th after it.
const FIRST_TABLE: u32 = 16;
/// Name space of [`External::Row`]: number of the row plus one, above this many bits for the first number.
const ROW_SHIFT: u32 = 20;

impl External {
    pub(crate) fn to_name(self) -> UserExternalName {
        let (namespace, index) = match self {
            External::Func(index) => (0, index),
            External::GlobalGet(index) => (1, index),
            External::GlobalSet(index) => (2, index),
            External::MemorySize => (3, 0),
            External::MemoryGrow => (4, 0),
            External::MemoryFill => (5, 0),
            External::MemoryCopy => (6, 0),
            External::CallIndirect { ty, table } => (FIRST_TABLE + table, ty),
            External::Row {
                row,
                indices: (a, b),
            } => (
                (u32::from(row.opcode().def().index) + 1) << ROW_SHIFT | a,
                b,
            ),
        };
        UserExternalName { namespace, index }
    }

    /// The external of a row that both dialects have; `None` for attributes it cannot hold.
    pub(crate) fn of_row(row: ClifOp, attrs: &[Attr]) -> Option<External> {
        let indices = match *attrs {
            [Attr::Index(b) | Attr::Func(b)] => (0, b),
            [Attr::Index(a), Attr::Index(b)] => (a, b),
            [
                Attr::Index(memory),
                Attr::Mem { offset, .. },
                Attr::Index(bytes @ 0..=15),
            ] => {
                // Only half of a vector can have a larger offset; it is out of bounds of any memory with this one too.
                let offset = u32::try_from(offset).unwrap_or(u32::MAX);
                (memory.checked_mul(16)? + bytes, offset)
            }
            _ => return None,
        };
        let fits = indices.0 >> ROW_SHIFT == 0;
        fits.then_some(External::Row { row, indices })
    }

    /// The attributes behind the numbers of [`External::Row`].
    pub(crate) fn row_attrs(row: ClifOp, (a, b): (u32, u32)) -> Vec<Attr> {
        match row.opcode().def().attrs {
            [(_, AttrKind::Func)] => vec![Attr::Func(b)],
            [_] => vec![Attr::Index(b)],
            [_, (_, AttrKind::Mem), _] => vec![
                Attr::Index(a >> 4),
                Attr::Mem {
                    offset: b.into(),
                    align: 0,
                },
                Attr::Index(a & 15),
            ],
            _ => vec![Attr::Index(a), Attr::Index(b)],
        }
    }

    pub(crate) fn from_name(name: &UserExternalName) -> Option<External> {
        Some(match (name.namespace, name.index) {
            (0, index) => External::Func(index),
            (1, index) => External::GlobalGet(index),
            (2, index) => External::GlobalSet(index),
            (3, _) => External::MemorySize,
            (4, _) => External::MemoryGrow,
            (5, _) => External::MemoryFill,
            (6, _) => External::MemoryCopy,
            (namespace, b) if namespace >> ROW_SHIFT != 0 => External::Row {
                row: *ClifOp::ALL.get((namespace >> ROW_SHIFT) as usize - 1)?,
                indices: (namespace & ((1 << ROW_SHIFT) - 1), b),
            },
            (namespace, ty) => External::CallIndirect {
                ty,
                table: namespace.checked_sub(FIRST_TABLE)?,
            },
        })
    }
}

/// The CLIF trap code of a trap: user code = status code.
pub(crate) fn trap_to_code(trap: Trap) -> TrapCode {
    TrapCode::unwrap_user(trap.code() as u8)
}

/// The trap behind a CLIF trap code, ours or Cranelift's.
pub(crate) fn code_to_trap(code: TrapCode) -> Option<Trap> {
    match code {
        TrapCode::HEAP_OUT_OF_BOUNDS => Some(Trap::OutOfBoundsMemoryAccess),
        TrapCode::INTEGER_OVERFLOW => Some(Trap::IntegerOverflow),
        TrapCode::INTEGER_DIVISION_BY_ZERO => Some(Trap::IntegerDivideByZero),
        TrapCode::BAD_CONVERSION_TO_INTEGER => Some(Trap::InvalidConversionToInteger),
        TrapCode::STACK_OVERFLOW => Some(Trap::CallStackExhausted),
        code => Trap::from_code(u32::from(code.as_raw().get())),
    }
}

/// A broken invariant of the compiler, reported like bad input so that nothing panics.
pub(crate) fn internal(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("internal", message)
        .note("this is a bug in zkc; please report it with the input")
}

/// The target Cranelift is told about: its portable interpreter, 64-bit.
fn target() -> Result<OwnedTargetIsa, Diagnostic> {
    let mut flags = settings::builder();
    flags
        .set("opt_level", "speed")
        .map_err(|e| internal(format!("cranelift refuses its own setting: {e}")))?;
    lookup_by_name("pulley64")
        .map_err(|e| internal(format!("cranelift lacks its interpreter target: {e}")))?
        .finish(settings::Flags::new(flags))
        .map_err(|e| internal(format!("cranelift refuses its interpreter target: {e}")))
}

/// What cranelift's frontend wants to know of the target.
pub(crate) fn frontend_config() -> Result<TargetFrontendConfig, Diagnostic> {
    static CONFIG: OnceLock<Result<TargetFrontendConfig, Diagnostic>> = OnceLock::new();
    CONFIG
        .get_or_init(|| Ok(target()?.frontend_config()))
        .clone()
}

/// Runs CLIF's verifier; a failure is a bug of ours.
pub(crate) fn verify(func: &Function) -> Result<(), Diagnostic> {
    let flags = settings::Flags::new(settings::builder());
    cranelift_codegen::verify_function(func, &flags)
        .map_err(|errors| internal(format!("CLIF does not verify: {errors}")))
}

/// Removes block parameters that always get the same value.
pub(crate) fn remove_constant_params(func: Function) -> Result<Function, Diagnostic> {
    let mut context = Context::for_function(func);
    context.flowgraph();
    let flags = settings::Flags::new(settings::builder());
    context
        .remove_constant_phis(&flags)
        .map_err(|e| internal(format!("CLIF block parameters: {e}")))?;
    Ok(context.func)
}

/// Runs Cranelift's own mid-end. It is tuned for processors, so this is for comparison only.
///
/// Errors: `internal` if Cranelift refuses the function.
pub fn optimize(func: Function) -> Result<Function, Diagnostic> {
    let target = target()?;
    let mut context = Context::for_function(func);
    context
        .optimize(&*target, &mut ControlPlane::default())
        .map_err(|e| internal(format!("cranelift's optimiser fails: {e}")))?;
    Ok(context.func)
}
