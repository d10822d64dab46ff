//! Module-level items: everything of a WASM module but the code of its functions.
//!
//! Index spaces are WASM's: imports first. Unsupported code is kept as the diagnostic it gets when somebody needs it, so
//! that a module is usable as far as its reachable functions are supported.

use crate::body::Body;
use crate::diagnostic::Diagnostic;
use crate::types::{Signature, Type};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// An imported item's name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Import {
    /// Module name.
    pub module: String,
    /// Item name.
    pub name: String,
}

/// The code of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FuncBody {
    /// Provided by the host.
    Import(Import),
    /// Decoded code in the wasm dialect.
    Body(Box<Body>),
    /// Code in the wasm dialect that the compiler supplies.
    Lazy(Arc<LazyBody>),
    /// Code that uses something zkc does not support yet.
    Unsupported(Box<Diagnostic>),
}

impl FuncBody {
    /// The code in the wasm dialect, if there is some that is supported.
    pub fn code(&self) -> Option<&Body> {
        match self {
            FuncBody::Body(body) => Some(body),
            FuncBody::Lazy(lazy) => Some(lazy.get()),
            FuncBody::Import(_) | FuncBody::Unsupported(_) => None,
        }
    }
}

/// Makes the body that a [`LazyBody`]'s key stands for.
pub type MakeBody = fn(&[u32]) -> Body;

/// A body that is made when somebody asks for it, and then kept.
///
/// Two are equal when their keys are: the key says which function it is and where in the module it stands.
pub struct LazyBody {
    key: Vec<u32>,
    make: MakeBody,
    body: OnceLock<Arc<Body>>,
}

impl LazyBody {
    /// The body that `make` gives for `key`.
    pub fn new(key: Vec<u32>, make: MakeBody) -> LazyBody {
        LazyBody {
            key,
            make,
            body: OnceLock::new(),
        }
    }

    /// The body.
    pub fn get(&self) -> &Arc<Body> {
        self.body.get_or_init(|| Arc::new((self.make)(&self.key)))
    }
}

impl PartialEq for LazyBody {
    fn eq(&self, other: &LazyBody) -> bool {
        self.key == other.key
    }
}
impl Eq for LazyBody {}

impl fmt::Debug for LazyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LazyBody").field(&self.key).finish()
    }
}

/// A function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Func {
    /// From the name section, else the first export name, else `f<index>`.
    pub name: String,
    /// Index into [`Module::types`].
    pub type_index: u32,
    /// Parameters and results.
    pub signature: Signature,
    /// Byte offset of the body in the file, to turn places into file offsets; 0 for imports.
    pub start: u64,
    /// Code.
    pub body: FuncBody,
}

/// Initial value of a global.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GlobalInit {
    /// Provided by the host.
    Import(Import),
    /// These bits, zero-extended.
    Const(u64),
    /// The value of another global, by index.
    Global(u32),
    /// A reference to this function.
    RefFunc(u32),
    /// The null reference.
    RefNull,
}

/// A global.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Global {
    /// Name, as for functions (`g<index>`).
    pub name: String,
    /// Type.
    pub ty: Type,
    /// Its type in the file. A `v128` global is two of type `i64`, the low half first.
    pub source: Type,
    /// Whether `global.set` is allowed.
    pub mutable: bool,
    /// Initial value.
    pub init: GlobalInit,
}

/// The linear memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Memory {
    /// Initial pages of 64 KiB.
    pub min: u64,
    /// Limit in pages, if declared.
    pub max: Option<u64>,
    /// Host name, if imported.
    pub import: Option<Import>,
}

/// A table of references.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// Element type.
    pub ty: Type,
    /// Initial number of elements.
    pub min: u64,
    /// Limit, if declared.
    pub max: Option<u64>,
    /// Host name, if imported.
    pub import: Option<Import>,
}

/// An element segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ElementSegment {
    /// Table and offset, for an active segment; `None` for passive and declared ones.
    pub active: Option<(u32, GlobalInit)>,
    /// Function indices; `None` is a null reference.
    pub funcs: Vec<Option<u32>>,
}

/// A data segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataSegment {
    /// Offset, for an active segment.
    pub active: Option<GlobalInit>,
    /// Bytes.
    pub bytes: Vec<u8>,
}

/// What an export names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExportKind {
    /// A function, by index.
    Func(u32),
    /// A global, by index.
    Global(u32),
    /// A table, by index.
    Table(u32),
    /// A memory, by index.
    Memory(u32),
}

/// An export.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Export {
    /// Name.
    pub name: String,
    /// Item.
    pub kind: ExportKind,
}

/// A decoded and validated module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Module {
    /// Name from the name section.
    pub name: Option<String>,
    /// Function types.
    pub types: Vec<Signature>,
    /// Functions, imports first.
    pub funcs: Vec<Func>,
    /// Globals, imports first.
    pub globals: Vec<Global>,
    /// Memories.
    pub memories: Vec<Memory>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Element segments.
    pub elements: Vec<ElementSegment>,
    /// Data segments.
    pub data: Vec<DataSegment>,
    /// Exports.
    pub exports: Vec<Export>,
    /// Start function.
    pub start: Option<u32>,
}

impl Module {
    /// The function exported under this name.
    pub fn exported_func(&self, name: &str) -> Option<u32> {
        self.exports.iter().find_map(|e| match e.kind {
            ExportKind::Func(index) if e.name == name => Some(index),
            ExportKind::Func(_)
            | ExportKind::Global(_)
            | ExportKind::Table(_)
            | ExportKind::Memory(_) => None,
        })
    }
}
