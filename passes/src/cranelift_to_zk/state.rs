//! References, tables, segments and memories beyond the first: one instruction where there is one for it, else a call of
//! the runtime function for places in static words (`runtime/words.wat`), which takes where and how large as constants.

use super::{Lowering, index, missing};
use crate::clif::internal;
use crate::layout::{Layout, SegmentLayout, TableLayout};
use crate::opt::make_constant;
use crate::runtime;
use zkc_ir::{Attr, ClifOp, Cond, Diagnostic, Op, Successor, Trap, Type, Value};
use zkc_isa::{FIRST_SLOT, SLOT_PAGES, ZkOp};

/// What the runtime takes for a place that is the first memory.
const FIRST_MEMORY: u32 = u32::MAX;
/// log2 of the bytes of a page.
const PAGE_SHIFT: u64 = 16;

impl Lowering<'_> {
    /// Lowers an op that [`ClifOp::as_wasm`] has a counterpart of.
    pub(super) fn state(&mut self, op: Op, clif: ClifOp) -> Result<(), Diagnostic> {
        let data = self.rebuild.old.op(op);
        let layout = self.layout;
        let at = |i| index(&data.attrs, i);
        let mut args = self.rebuild.values(&data.args);
        match clif {
            ClifOp::RefFunc => {
                let slot = layout.func_refs.get(&at(0)?);
                let slot =
                    *slot.ok_or_else(|| missing("referenced function", at(0).unwrap_or(0)))?;
                self.emit(op, ZkOp::Lds, &[], vec![Attr::Index(slot)]);
                return Ok(());
            }
            ClifOp::TableGet => {
                let table = table(layout, at(0)?)?;
                let size = self.table_size(table);
                self.trap_unless_below(args[0], size, Trap::OutOfBoundsTableAccess);
                self.emit(op, ZkOp::Ldt, &args, words(table));
                return Ok(());
            }
            ClifOp::TableSet => {
                let table = table(layout, at(0)?)?;
                if table.size_slot.is_some() {
                    let size = self.table_size(table);
                    self.trap_unless_below(args[0], size, Trap::OutOfBoundsTableAccess);
                }
                self.emit(op, ZkOp::Stt, &args, words(table));
                return Ok(());
            }
            ClifOp::TableSize => {
                let table = table(layout, at(0)?)?;
                let size = self.table_size(table);
                self.rebuild.set(data.results[0], size);
                return Ok(());
            }
            ClifOp::TableGrow => {
                let table = table(layout, at(0)?)?;
                let Some(size_slot) = table.size_slot else {
                    let size = self.constant(table.capacity);
                    let failed = self.constant(u32::MAX);
                    let args = [args[1], failed, size];
                    let builder = &mut self.rebuild.builder;
                    let old = builder.value(ClifOp::Select32, &args, Vec::new(), Type::I32);
                    self.rebuild.set(data.results[0], old);
                    return Ok(());
                };
                args.push(self.place(table.slot));
                args.push(self.place(size_slot));
                args.push(self.constant(table.capacity));
            }
            ClifOp::TableFill => {
                let table = table(layout, at(0)?)?;
                args.push(self.place(table.slot));
                args.push(self.table_size(table));
            }
            ClifOp::TableCopy => {
                for number in [at(0)?, at(1)?] {
                    let table = table(layout, number)?;
                    args.push(self.place(table.slot));
                    args.push(self.table_size(table));
                }
            }
            ClifOp::TableInit => {
                let table = table(layout, at(0)?)?;
                args.push(self.place(table.slot));
                args.push(self.table_size(table));
                self.segment(&mut args, segment(&layout.elements, at(1)?)?, Type::I32);
            }
            ClifOp::ElemDrop => return self.drop_segment(segment(&layout.elements, at(0)?)?),
            ClifOp::DataDrop => return self.drop_segment(segment(&layout.data, at(0)?)?),
            ClifOp::MemoryInit => {
                self.memory(&mut args, at(0)?)?;
                self.segment(&mut args, segment(&layout.data, at(1)?)?, Type::I64);
            }
            ClifOp::MemoryNLoad | ClifOp::MemoryNStore => {
                let Some(Attr::Mem { offset, .. }) = data.attrs.get(1) else {
                    return Err(internal("an access without its offset"));
                };
                args.push(self.constant(*offset as u32));
                args.push(self.constant(at(2)?));
                self.memory(&mut args, at(0)?)?;
            }
            ClifOp::MemoryNSize => {
                let slot = far(layout, at(0)?)?.size_slot;
                self.emit(op, ZkOp::Lds, &[], vec![Attr::Index(slot)]);
                return Ok(());
            }
            ClifOp::MemoryNGrow => {
                let memory = far(layout, at(0)?)?;
                args.push(self.place(memory.size_slot));
                args.push(self.constant(memory.max_pages));
            }
            ClifOp::MemoryNFill => self.memory(&mut args, at(0)?)?,
            ClifOp::MemoryNCopy => {
                self.memory(&mut args, at(0)?)?;
                self.memory(&mut args, at(1)?)?;
            }
            _ => return Err(internal(format!("no lowering of `{}`", data.opcode))),
        }
        let callee = runtime::function_of(clif)
            .and_then(|name| runtime::index_of(layout.runtime?, name))
            .ok_or_else(|| internal(format!("no runtime function for `{}`", data.opcode)))?;
        self.emit(op, ZkOp::Call, &args, vec![Attr::Func(callee)]);
        Ok(())
    }

    /// Checks the index of an indirect call through a table whose size can change.
    pub(super) fn check_element(&mut self, element: Value, table: TableLayout) {
        if table.size_slot.is_some() {
            let size = self.table_size(table);
            self.trap_unless_below(element, size, Trap::UndefinedElement);
        }
    }

    fn constant(&mut self, value: u32) -> Value {
        make_constant(&mut self.rebuild.builder, Type::I32, value.into())
    }

    /// A static slot as the runtime's functions take it.
    fn place(&mut self, slot: u32) -> Value {
        self.constant(slot - FIRST_SLOT)
    }

    fn read(&mut self, slot: u32, ty: Type) -> Value {
        let attrs = vec![Attr::Index(slot)];
        self.rebuild.builder.value(ZkOp::Lds, &[], attrs, ty)
    }

    /// The current number of a table's elements.
    fn table_size(&mut self, table: TableLayout) -> Value {
        match table.size_slot {
            Some(slot) => self.read(slot, Type::I32),
            None => self.constant(table.capacity),
        }
    }

    /// Appends the place of a segment and its size, of this type, to a call's arguments.
    fn segment(&mut self, args: &mut Vec<Value>, segment: Option<SegmentLayout>, size: Type) {
        match segment {
            Some(segment) => {
                args.push(self.place(segment.slot));
                args.push(self.read(segment.size_slot, size));
            }
            None => {
                args.push(self.constant(0));
                args.push(make_constant(&mut self.rebuild.builder, size, 0));
            }
        }
    }

    /// Appends the place of a memory and its size in bytes to a call's arguments.
    fn memory(&mut self, args: &mut Vec<Value>, number: u32) -> Result<(), Diagnostic> {
        let (place, size_slot) = match number {
            0 => (self.constant(FIRST_MEMORY), SLOT_PAGES),
            _ => {
                let memory = far(self.layout, number)?;
                (self.place(memory.slot), memory.size_slot)
            }
        };
        let pages = self.read(size_slot, Type::I64);
        let builder = &mut self.rebuild.builder;
        let shift = make_constant(builder, Type::I64, PAGE_SHIFT);
        let bytes = builder.value(ClifOp::Ishl64, &[pages, shift], Vec::new(), Type::I64);
        args.extend([place, bytes]);
        Ok(())
    }

    /// Makes a passive segment empty; others are.
    fn drop_segment(&mut self, segment: Option<SegmentLayout>) -> Result<(), Diagnostic> {
        if let Some(segment) = segment {
            let builder = &mut self.rebuild.builder;
            let zero = make_constant(builder, Type::I64, 0);
            builder.op(
                ZkOp::Sts,
                &[zero],
                vec![Attr::Index(segment.size_slot)],
                &[],
            );
        }
        Ok(())
    }

    /// Ends the block: goes on in a new one if the 32-bit index is below the bound, else traps.
    fn trap_unless_below(&mut self, index: Value, bound: Value, trap: Trap) {
        let builder = &mut self.rebuild.builder;
        let below = builder.value(
            ClifOp::Icmp32,
            &[index, bound],
            vec![Attr::Cond(Cond::Ult)],
            Type::I32,
        );
        let root = builder.body().root();
        let [next, trapping] = [0; 2].map(|_| builder.block(root, &[]));
        let successors = [next, trapping].map(|block| Successor {
            block,
            args: Vec::new(),
        });
        builder.op_full(
            ClifOp::Brif,
            &[below],
            Vec::new(),
            &[],
            successors.to_vec(),
            Vec::new(),
        );
        builder.switch_to(trapping);
        builder.op(ZkOp::Trap, &[], vec![Attr::Trap(trap)], &[]);
        builder.switch_to(next);
    }
}

/// The attributes of `ldt` and `stt`.
fn words(table: TableLayout) -> Vec<Attr> {
    vec![Attr::Index(table.slot), Attr::Index(table.capacity)]
}

fn table(layout: &Layout, number: u32) -> Result<TableLayout, Diagnostic> {
    let table = layout.tables.get(number as usize).copied();
    table.ok_or_else(|| missing("table", number))
}

fn segment(
    segments: &[Option<SegmentLayout>],
    number: u32,
) -> Result<Option<SegmentLayout>, Diagnostic> {
    let segment = segments.get(number as usize).copied();
    segment.ok_or_else(|| missing("segment", number))
}

/// A memory beyond the first.
fn far(layout: &Layout, number: u32) -> Result<crate::layout::MemoryLayout, Diagnostic> {
    let memory = (number as usize)
        .checked_sub(1)
        .and_then(|i| layout.more_memories.get(i));
    memory.copied().ok_or_else(|| missing("memory", number))
}
