//! Index spaces of a module that becomes part of another.

use zkc_ir::{ElementItem, ExportKind, GlobalInit, InitOp, SegmentMode};

/// Where a module's items are in the module that takes them. A space without a list stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Remap {
    /// New indices of the functions.
    pub funcs: Option<Vec<u32>>,
    /// New indices of the function types.
    pub types: Option<Vec<u32>>,
    /// New indices of the globals, a `v128` being two.
    pub globals: Option<Vec<u32>>,
    /// New indices of the tables.
    pub tables: Option<Vec<u32>>,
    /// New indices of the memories.
    pub memories: Option<Vec<u32>>,
    /// New indices of the element segments.
    pub elements: Option<Vec<u32>>,
    /// New indices of the data segments.
    pub data: Option<Vec<u32>>,
}

impl Remap {
    /// The new index of a function.
    pub fn func(&self, index: u32) -> u32 {
        moved(self.funcs.as_deref(), index)
    }

    /// The new index of a function type.
    pub fn ty(&self, index: u32) -> u32 {
        moved(self.types.as_deref(), index)
    }

    /// The new index of a global.
    pub fn global(&self, index: u32) -> u32 {
        moved(self.globals.as_deref(), index)
    }

    /// The new index of a table.
    pub fn table(&self, index: u32) -> u32 {
        moved(self.tables.as_deref(), index)
    }

    /// The new index of a memory.
    pub fn memory(&self, index: u32) -> u32 {
        moved(self.memories.as_deref(), index)
    }

    /// The new index of an element segment.
    pub fn element(&self, index: u32) -> u32 {
        moved(self.elements.as_deref(), index)
    }

    /// The new index of a data segment.
    pub fn data(&self, index: u32) -> u32 {
        moved(self.data.as_deref(), index)
    }

    /// An exported item, with its new index.
    pub fn export(&self, kind: ExportKind) -> ExportKind {
        match kind {
            ExportKind::Func(index) => ExportKind::Func(self.func(index)),
            ExportKind::Global(index) => ExportKind::Global(self.global(index)),
            ExportKind::Table(index) => ExportKind::Table(self.table(index)),
            ExportKind::Memory(index) => ExportKind::Memory(self.memory(index)),
        }
    }

    /// A constant expression, with new indices.
    pub fn init(&self, init: &GlobalInit) -> GlobalInit {
        match init {
            GlobalInit::Global(index) => GlobalInit::Global(self.global(*index)),
            GlobalInit::RefFunc(index) => GlobalInit::RefFunc(self.func(*index)),
            GlobalInit::Expr(ops) => {
                let op = |op: &InitOp| match op {
                    InitOp::Global(index) => InitOp::Global(self.global(*index)),
                    InitOp::Const(_) | InitOp::Op(_) => *op,
                };
                GlobalInit::Expr(ops.iter().map(op).collect())
            }
            GlobalInit::Import(_) | GlobalInit::Const(_) | GlobalInit::RefNull => init.clone(),
        }
    }

    /// An element, with its new index.
    pub fn item(&self, item: ElementItem) -> ElementItem {
        match item {
            ElementItem::Func(index) => ElementItem::Func(self.func(index)),
            ElementItem::Global(index) => ElementItem::Global(self.global(index)),
            ElementItem::Null => ElementItem::Null,
        }
    }

    /// A segment's mode, with new indices; `target` gives the one of its table or memory.
    pub fn segment(&self, mode: &SegmentMode, target: impl Fn(u32) -> u32) -> SegmentMode {
        match mode {
            SegmentMode::Active {
                target: old,
                offset,
            } => SegmentMode::Active {
                target: target(*old),
                offset: self.init(offset),
            },
            SegmentMode::Passive | SegmentMode::Declared => mode.clone(),
        }
    }
}

/// The list of a space whose items stand in a row from `first`; none if that changes nothing.
pub(crate) fn in_a_row(first: usize, count: usize) -> Option<Vec<u32>> {
    let first = first as u32;
    (first > 0 && count > 0).then(|| (first..first + count as u32).collect())
}

/// Validation has checked the index against the module, and a list has an entry for each of its items.
fn moved(list: Option<&[u32]>, index: u32) -> u32 {
    list.and_then(|list| list.get(index as usize))
        .copied()
        .unwrap_or(index)
}
