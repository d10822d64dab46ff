//! What instantiation does when it cannot be done beforehand: a function in the wasm dialect.
//!
//! It does what the WebAssembly specification says in that order, so that what was written before a trap stays written:
//! sizes of imported tables and memories that may have grown, element segments, data segments, the start function. Constant
//! expressions name immutable globals only, so offsets are known when linking.

use super::{Linked, Unit};
use crate::clif::internal;
use zkc_ir::{
    Attr, Body, Builder, ConstValue, Diagnostic, Func, FuncBody, InitError, Loc, Module,
    SegmentMode, Signature, Type, Value, WasmOp, verify,
};

/// One step of an instantiation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Work {
    /// Traps `unreachable` unless a table has at least so many elements.
    TableOf { table: u32, elements: u32 },
    /// Traps `unreachable` unless a memory has at least so many pages.
    MemoryOf { memory: u32, pages: u32 },
    /// Copies an element segment to its place and drops it.
    Elements {
        table: u32,
        segment: u32,
        offset: u32,
        length: u32,
    },
    /// Copies a data segment to its place and drops it.
    Data {
        memory: u32,
        segment: u32,
        offset: u32,
        length: u32,
    },
    /// Calls a function without parameters or results.
    Call(u32),
}

/// Makes a unit's active segments passive; the steps that copy them.
///
/// Errors: `invalid` for an offset that is no number.
pub(super) fn segments(
    linked: &mut Linked,
    unit: &Unit<'_>,
    position: usize,
) -> Result<Vec<Work>, Diagnostic> {
    let module = &mut linked.module;
    let remap = &linked.units[position].remap;
    let values = module.global_values().map_err(|e| no_value(&e))?;
    let offset = |mode: &SegmentMode| match mode {
        SegmentMode::Active { target, offset } => match offset.eval(&values) {
            Ok(ConstValue::Bits(bits)) => Ok(Some((*target, bits as u32))),
            Ok(ConstValue::Func(_)) => Err(no_value(&InitError::Invalid("an offset is no number"))),
            Err(error) => Err(no_value(&error)),
        },
        SegmentMode::Passive | SegmentMode::Declared => Ok(None),
    };
    let mut work = Vec::new();
    for local in 0..unit.items.module.elements.len() as u32 {
        let number = remap.element(local);
        let segment = &mut module.elements[number as usize];
        if let Some((table, offset)) = offset(&segment.mode)? {
            segment.mode = SegmentMode::Passive;
            module.tables[table as usize].written = true;
            work.push(Work::Elements {
                table,
                segment: number,
                offset,
                length: segment.items.len() as u32,
            });
        }
    }
    for local in 0..unit.items.module.data.len() as u32 {
        let number = remap.data(local);
        let segment = &mut module.data[number as usize];
        if let Some((memory, offset)) = offset(&segment.mode)? {
            segment.mode = SegmentMode::Passive;
            work.push(Work::Data {
                memory,
                segment: number,
                offset,
                length: segment.bytes.len() as u32,
            });
        }
    }
    Ok(work)
}

fn no_value(error: &InitError) -> Diagnostic {
    Diagnostic::error("invalid", error.to_string())
}

/// Adds a function that does these steps.
pub(super) fn function(
    module: &mut Module,
    name: String,
    work: &[Work],
) -> Result<u32, Diagnostic> {
    let signature = Signature::default();
    let known = module.types.iter().position(|ty| *ty == signature);
    let type_index = known.unwrap_or_else(|| {
        module.types.push(signature.clone());
        module.types.len() - 1
    });
    let body = body(work);
    verify(&body).map_err(|e| internal(format!("{name}: {e}")))?;
    module.funcs.push(Func {
        name,
        type_index: type_index as u32,
        signature,
        start: 0,
        body: FuncBody::Body(Box::new(body)),
    });
    Ok(module.funcs.len() as u32 - 1)
}

fn body(work: &[Work]) -> Body {
    let mut builder = Builder::new(Signature::default());
    builder.set_loc(Loc::NONE);
    let root = builder.body().root();
    let entry = builder.block(root, &[]);
    builder.switch_to(entry);
    for step in work {
        match *step {
            Work::TableOf { table, elements } => {
                let attrs = vec![Attr::Index(table)];
                let size = builder.value(WasmOp::TableSize, &[], attrs, Type::I32);
                at_least(&mut builder, size, elements);
            }
            Work::MemoryOf { memory, pages } => {
                let size = match memory {
                    0 => builder.value(WasmOp::MemorySize, &[], Vec::new(), Type::I32),
                    _ => {
                        let attrs = vec![Attr::Index(memory)];
                        builder.value(WasmOp::MemoryNSize, &[], attrs, Type::I32)
                    }
                };
                at_least(&mut builder, size, pages);
            }
            Work::Elements {
                table,
                segment,
                offset,
                length,
            } => {
                let args = [offset, 0, length].map(|n| number(&mut builder, n));
                let attrs = vec![Attr::Index(table), Attr::Index(segment)];
                builder.op(WasmOp::TableInit, &args, attrs, &[]);
                builder.op(WasmOp::ElemDrop, &[], vec![Attr::Index(segment)], &[]);
            }
            Work::Data {
                memory,
                segment,
                offset,
                length,
            } => {
                let args = [offset, 0, length].map(|n| number(&mut builder, n));
                let attrs = vec![Attr::Index(memory), Attr::Index(segment)];
                builder.op(WasmOp::MemoryInit, &args, attrs, &[]);
                builder.op(WasmOp::DataDrop, &[], vec![Attr::Index(segment)], &[]);
            }
            Work::Call(func) => {
                builder.op(WasmOp::Call, &[], vec![Attr::Func(func)], &[]);
            }
        }
    }
    builder.op(WasmOp::End, &[], Vec::new(), &[]);
    builder.finish()
}

fn number(builder: &mut Builder, value: u32) -> Value {
    let attrs = vec![Attr::Int(value.into())];
    builder.value(WasmOp::I32Const, &[], attrs, Type::I32)
}

/// Traps unless `size` is at least `least`.
fn at_least(builder: &mut Builder, size: Value, least: u32) {
    let least = number(builder, least);
    let less = builder.value(WasmOp::I32LtU, &[size, least], Vec::new(), Type::I32);
    let outside = builder.current();
    let regions = [builder.region(), builder.region()];
    let [then, otherwise] = regions.map(|region| builder.block(region, &[]));
    builder.op_full(
        WasmOp::If,
        &[less],
        Vec::new(),
        &[],
        Vec::new(),
        regions.to_vec(),
    );
    builder.switch_to(then);
    builder.op(WasmOp::Unreachable, &[], Vec::new(), &[]);
    builder.switch_to(otherwise);
    builder.op(WasmOp::End, &[], Vec::new(), &[]);
    if let Some(block) = outside {
        builder.switch_to(block);
    }
}
