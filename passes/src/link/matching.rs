//! Import matching: whether an item is what an import asks for, by the WebAssembly specification's rules.

use std::fmt;
use zkc_ir::{Diagnostic, ExportKind, Import, Module, Signature, Type};

/// The type of an importable item.
pub(super) enum ItemType<'a> {
    Func(&'a Signature),
    Global { ty: Type, mutable: bool },
    Table { ty: Type, limits: Limits },
    Memory { limits: Limits },
}

/// A size and the largest it may become.
pub(super) struct Limits {
    pub(super) min: u64,
    pub(super) max: Option<u64>,
}

impl<'a> ItemType<'a> {
    /// The type of an item of a module.
    pub(super) fn of(module: &'a Module, kind: ExportKind) -> ItemType<'a> {
        match kind {
            ExportKind::Func(index) => ItemType::Func(&module.funcs[index as usize].signature),
            ExportKind::Global(index) => {
                let global = &module.globals[index as usize];
                ItemType::Global {
                    ty: global.source,
                    mutable: global.mutable,
                }
            }
            ExportKind::Table(index) => {
                let table = &module.tables[index as usize];
                ItemType::Table {
                    ty: table.ty,
                    limits: Limits {
                        min: table.min,
                        max: table.max,
                    },
                }
            }
            ExportKind::Memory(index) => {
                let memory = &module.memories[index as usize];
                ItemType::Memory {
                    limits: Limits {
                        min: memory.min,
                        max: memory.max,
                    },
                }
            }
        }
    }

    /// The kind of item, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            ItemType::Func(_) => "function",
            ItemType::Global { .. } => "global",
            ItemType::Table { .. } => "table",
            ItemType::Memory { .. } => "memory",
        }
    }

    /// Whether an item of type `given` may be imported as this type; `grown` says that it may have grown by then.
    fn admits(&self, given: &ItemType<'_>, grown: bool) -> bool {
        match (self, given) {
            (ItemType::Func(asked), ItemType::Func(given)) => asked == given,
            (
                ItemType::Global { ty, mutable },
                ItemType::Global {
                    ty: given,
                    mutable: given_mutable,
                },
            ) => ty == given && mutable == given_mutable,
            (
                ItemType::Table { ty, limits },
                ItemType::Table {
                    ty: given_ty,
                    limits: given,
                },
            ) => ty == given_ty && limits.admit(given, grown),
            (ItemType::Memory { limits }, ItemType::Memory { limits: given }) => {
                limits.admit(given, grown)
            }
            (
                ItemType::Func(_)
                | ItemType::Global { .. }
                | ItemType::Table { .. }
                | ItemType::Memory { .. },
                _,
            ) => false,
        }
    }
}

impl Limits {
    fn admit(&self, given: &Limits, grown: bool) -> bool {
        let most = match given.max {
            _ if !grown => given.min,
            Some(max) => max,
            None => u64::MAX,
        };
        let max_fits = self
            .max
            .is_none_or(|asked| given.max.is_some_and(|given| given <= asked));
        most >= self.min && max_fits
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) => write!(f, "{} to {max}", self.min),
            None => write!(f, "{} or more", self.min),
        }
    }
}

impl fmt::Display for ItemType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ItemType::Func(signature) => write!(f, "a function {signature}"),
            ItemType::Global { ty, mutable: false } => write!(f, "an immutable global {ty}"),
            ItemType::Global { ty, mutable: true } => write!(f, "a mutable global {ty}"),
            ItemType::Table { ty, limits } => write!(f, "a table of {limits} elements {ty}"),
            ItemType::Memory { limits } => write!(f, "a memory of {limits} pages"),
        }
    }
}

/// Refuses an item that is not what the import asks for. `grown` says that it may have grown before the import is made.
pub(super) fn check(
    import: &Import,
    asked: &ItemType<'_>,
    given: &ItemType<'_>,
    grown: bool,
) -> Result<(), Diagnostic> {
    if asked.admits(given, grown) {
        return Ok(());
    }
    let message = format!(
        "`{}.{}` is imported as {asked}, but is {given}",
        import.module, import.name
    );
    Err(Diagnostic::error("incompatible-import", message))
}

/// The error for an import that nobody provides.
pub(super) fn unknown(kind: &str, import: &Import) -> Diagnostic {
    let message = format!(
        "nobody provides the imported {kind} `{}.{}`",
        import.module, import.name
    );
    Diagnostic::error("unknown-import", message)
}
