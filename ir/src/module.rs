//! Module-level items: everything of a WASM module but the code of its functions.
//!
//! Index spaces are WASM's: imports first. Unsupported code is kept as the diagnostic it gets when somebody needs it, so
//! that a module is usable as far as its reachable functions are supported.

use crate::body::Body;
use crate::diagnostic::Diagnostic;
use crate::types::{Signature, Type};
use crate::wasm::WasmOp;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Elements a table may grow to by `table.grow`, where its own limit is not lower.
pub const MAX_GROWN_TABLE: u64 = 1 << 20;

/// Pages a memory beyond the first may grow to by `memory.grow`, where its own limit is not lower.
pub const MAX_GROWN_MEMORY: u64 = 256;

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
    /// An expression of several instructions, in the order of a stack machine.
    Expr(Vec<InitOp>),
}

/// One instruction of [`GlobalInit::Expr`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InitOp {
    /// Pushes these bits.
    Const(u64),
    /// Pushes the value of a global.
    Global(u32),
    /// Takes as many values as the row has operands and pushes its result.
    Op(WasmOp),
}

/// What a constant expression evaluates to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConstValue {
    /// A number's bits, zero-extended; a reference of the host, 0 for null.
    Bits(u64),
    /// A reference to this function.
    Func(u32),
}

/// Why a constant expression has no value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InitError {
    /// It is, or refers to, an imported global without a value.
    #[error("nobody provides the imported global `{}.{}`", .0.module, .0.name)]
    Import(Import),
    /// It does not validate.
    #[error("invalid constant expression: {0}")]
    Invalid(&'static str),
}

impl GlobalInit {
    /// The value, given those of the globals that the expression may name.
    ///
    /// This is the one evaluator of constant expressions. Errors: see [`InitError`].
    pub fn eval(&self, globals: &[ConstValue]) -> Result<ConstValue, InitError> {
        let global = |index: u32| {
            let value = globals.get(index as usize).copied();
            value.ok_or(InitError::Invalid("no such global, or a later one"))
        };
        let ops = match self {
            GlobalInit::Import(import) => return Err(InitError::Import(import.clone())),
            GlobalInit::Const(bits) => return Ok(ConstValue::Bits(*bits)),
            GlobalInit::Global(index) => return global(*index),
            GlobalInit::RefFunc(func) => return Ok(ConstValue::Func(*func)),
            GlobalInit::RefNull => return Ok(ConstValue::Bits(0)),
            GlobalInit::Expr(ops) => ops,
        };
        let mut stack: Vec<u64> = Vec::new();
        for op in ops {
            let bits = match op {
                InitOp::Const(bits) => *bits,
                InitOp::Global(index) => match global(*index)? {
                    ConstValue::Bits(bits) => bits,
                    ConstValue::Func(_) => {
                        return Err(InitError::Invalid("arithmetic on a reference"));
                    }
                },
                InitOp::Op(op) => {
                    let row = op.opcode().def();
                    let (Some(eval), crate::Arity::Fixed(operands)) = (row.eval, row.operands)
                    else {
                        return Err(InitError::Invalid("an instruction that is not constant"));
                    };
                    let start = (stack.len().checked_sub(operands.len()))
                        .ok_or(InitError::Invalid("too few operands"))?;
                    let args = stack.split_off(start);
                    eval(&args, &[]).map_err(|_| InitError::Invalid("a trap"))?
                }
            };
            stack.push(bits);
        }
        match stack.as_slice() {
            [bits] => Ok(ConstValue::Bits(*bits)),
            _ => Err(InitError::Invalid("not exactly one value")),
        }
    }
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

/// A linear memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Memory {
    /// Initial pages of 64 KiB.
    pub min: u64,
    /// Limit in pages, if declared.
    pub max: Option<u64>,
    /// Host name, if imported.
    pub import: Option<Import>,
}

impl Memory {
    /// Pages a memory beyond the first can reach.
    pub fn grown_limit(&self) -> u64 {
        grown_limit(self.min, self.max, MAX_GROWN_MEMORY)
    }
}

/// `most`, within a declared limit, but never below what is there from the start.
fn grown_limit(min: u64, max: Option<u64>, most: u64) -> u64 {
    max.unwrap_or(most).min(most).max(min)
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
    /// Whether code writes elements, by any op; else active segments alone say what it holds.
    pub written: bool,
    /// Whether code has a `table.grow` of it; else its size is `min` for good.
    pub resized: bool,
}

impl Table {
    /// A table that no code changes.
    pub fn new(ty: Type, min: u64, max: Option<u64>, import: Option<Import>) -> Table {
        Table {
            ty,
            min,
            max,
            import,
            written: false,
            resized: false,
        }
    }

    /// Elements the table can reach.
    pub fn grown_limit(&self) -> u64 {
        grown_limit(self.min, self.max, MAX_GROWN_TABLE)
    }
}

/// What becomes of a segment at instantiation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SegmentMode {
    /// It is copied to the table or memory of index `target` and dropped.
    Active {
        /// Table or memory.
        target: u32,
        /// First element or byte address.
        offset: GlobalInit,
    },
    /// It waits for `table.init` or `memory.init`.
    Passive,
    /// It is dropped; it only declares functions that `ref.func` names.
    Declared,
}

/// One element of an element segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElementItem {
    /// The null reference.
    Null,
    /// A reference to this function.
    Func(u32),
    /// The value of this global.
    Global(u32),
}

impl ElementItem {
    /// The value, given those of the globals.
    ///
    /// Errors: as for [`GlobalInit::eval`].
    pub fn eval(self, globals: &[ConstValue]) -> Result<ConstValue, InitError> {
        match self {
            ElementItem::Null => Ok(ConstValue::Bits(0)),
            ElementItem::Func(func) => Ok(ConstValue::Func(func)),
            ElementItem::Global(index) => GlobalInit::Global(index).eval(globals),
        }
    }
}

/// An element segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ElementSegment {
    /// Active, passive or declared.
    pub mode: SegmentMode,
    /// Elements.
    pub items: Vec<ElementItem>,
}

/// A data segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataSegment {
    /// Active or passive.
    pub mode: SegmentMode,
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
    /// Functions that code names by `ref.func`, ascending, each once.
    pub referenced: Vec<u32>,
    /// Exports.
    pub exports: Vec<Export>,
    /// Start function.
    pub start: Option<u32>,
}

impl Module {
    /// The initial values of all globals, in order; a constant expression may name those before it.
    ///
    /// Errors: as for [`GlobalInit::eval`].
    pub fn global_values(&self) -> Result<Vec<ConstValue>, InitError> {
        let mut values = Vec::with_capacity(self.globals.len());
        for global in &self.globals {
            values.push(global.init.eval(&values)?);
        }
        Ok(values)
    }

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
