//! Effects of the cranelift dialect to the zk dialect.
//!
//! What touches memory, static words, input, output or other functions becomes its one zk op; control flow between blocks,
//! pure ops and divisions stay as they are, because the e-graph chooses among several zk forms of each. Values keep their
//! `i32` and `i64` types. The result is the "mixed" body the e-graph takes.

mod state;

use crate::clif::internal;
use crate::layout::{Layout, SCRATCH_WORDS};
use crate::opt::{Rebuild, make_constant};
use crate::runtime::{self, Intrinsic, Meaning, Words};
use zkc_ir::{Attr, Body, ClifOp, Diagnostic, Op, Opcode, Type, Value};
use zkc_isa::{FIRST_SLOT, SLOT_PAGES, STATIC_BASE, ZkOp};

/// Lowers the effects of a flat body.
///
/// Errors: `internal` for an op that refers to what the layout does not have.
pub fn lower_effects(body: &Body, layout: &Layout) -> Result<Body, Diagnostic> {
    let order = Rebuild::order(body);
    let mut lowering = Lowering {
        rebuild: Rebuild::new(body, &order, |_| true),
        layout,
    };
    for &block in &order {
        lowering.rebuild.start(block);
        let ops = &body.block(block).ops;
        for (i, &op) in ops.iter().enumerate() {
            if let Some((end, trap)) = lowering.end(op) {
                let behind = ops.get(i + 1).map(|&op| body.op(op).opcode);
                if behind != Some(ClifOp::Trap.into()) {
                    let message = format!("a trap stands behind a call of `{}`", end.name);
                    return Err(internal(message));
                }
                lowering.rebuild.at(op);
                let attrs = end.trap.map(Attr::Trap).into_iter().collect();
                lowering.emit(op, trap, &[], attrs);
                break;
            }
            match ClifOp::from_opcode(body.op(op).opcode) {
                Some(clif) => lowering.op(op, clif)?,
                // Already lowered.
                None => {
                    lowering.rebuild.copy(op);
                }
            }
        }
    }
    Ok(lowering.rebuild.finish())
}

struct Lowering<'a> {
    rebuild: Rebuild<'a>,
    layout: &'a Layout,
}

impl Lowering<'_> {
    /// The intrinsic that ends the run, if the op is a call of one, and its instruction.
    fn end(&self, op: Op) -> Option<(&'static Intrinsic, ZkOp)> {
        let data = self.rebuild.old.op(op);
        if ClifOp::from_opcode(data.opcode) != Some(ClifOp::Call) {
            return None;
        }
        let callee = index(&data.attrs, 0).ok()?;
        let intrinsic = runtime::intrinsic(self.layout.runtime, callee)?;
        match intrinsic.meaning {
            Meaning::Effect(end) if end.opcode().is_terminator() => Some((intrinsic, end)),
            Meaning::Effect(_) | Meaning::Pure(_) | Meaning::WordsAddress => None,
        }
    }

    fn op(&mut self, op: Op, clif: ClifOp) -> Result<(), Diagnostic> {
        let data = self.rebuild.old.op(op);
        let layout = self.layout;
        self.rebuild.at(op);
        if let Some(access) = access(clif) {
            self.replace(op, access, data.attrs.clone());
            return Ok(());
        }
        match clif {
            ClifOp::GlobalGet | ClifOp::GlobalSet => {
                let index = index(&data.attrs, 0)?;
                let slot = *layout
                    .globals
                    .get(index as usize)
                    .ok_or_else(|| missing("global", index))?;
                let zk = if clif == ClifOp::GlobalGet {
                    ZkOp::Lds
                } else {
                    ZkOp::Sts
                };
                self.replace(op, zk, vec![Attr::Index(slot)]);
            }
            ClifOp::MemorySize => self.replace(op, ZkOp::Lds, vec![Attr::Index(SLOT_PAGES)]),
            ClifOp::MemoryGrow => self.replace(op, ZkOp::Grow, vec![Attr::Index(layout.max_pages)]),
            ClifOp::MemoryFill | ClifOp::MemoryCopy => {
                let callee = runtime::function_of(clif)
                    .and_then(|name| runtime::index_of(layout.runtime?, name))
                    .ok_or_else(|| {
                        internal(format!("no runtime function for `{}`", data.opcode))
                    })?;
                self.replace(op, ZkOp::Call, vec![Attr::Func(callee)]);
            }
            ClifOp::Call => {
                let callee = index(&data.attrs, 0)?;
                match runtime::intrinsic(layout.runtime, callee) {
                    None => self.replace(op, ZkOp::Call, data.attrs.clone()),
                    Some(intrinsic) => {
                        let zk = match intrinsic.meaning {
                            Meaning::Effect(zk) => zk,
                            Meaning::WordsAddress => {
                                let address = u64::from(STATIC_BASE + FIRST_SLOT) * 8;
                                let builder = &mut self.rebuild.builder;
                                let value = make_constant(builder, Type::I32, address);
                                self.rebuild.set(data.results[0], value);
                                return Ok(());
                            }
                            Meaning::Pure(_) => {
                                let message =
                                    format!("`{}` is called as an effect", intrinsic.name);
                                return Err(internal(message));
                            }
                        };
                        let attrs = match intrinsic.words {
                            Words::None => Vec::new(),
                            Words::Program => vec![FIRST_SLOT, layout.scratch - FIRST_SLOT],
                            Words::Scratch => vec![layout.scratch, SCRATCH_WORDS],
                        };
                        let attrs = attrs.into_iter().map(Attr::Index).collect();
                        self.replace(op, zk, attrs);
                    }
                }
            }
            ClifOp::ReturnCall => self.replace(op, ZkOp::Tcall, data.attrs.clone()),
            ClifOp::CallIndirect | ClifOp::ReturnCallIndirect => {
                let (ty, table) = (index(&data.attrs, 0)?, index(&data.attrs, 1)?);
                let id = *layout
                    .type_ids
                    .get(ty as usize)
                    .ok_or_else(|| missing("type", ty))?;
                let table = *layout
                    .tables
                    .get(table as usize)
                    .ok_or_else(|| missing("table", table))?;
                let mut args = self.rebuild.values(&data.args);
                self.check_element(args[0], table);
                let attrs = vec![Attr::Index(table.slot), Attr::Index(table.capacity)];
                args[0] = self
                    .rebuild
                    .builder
                    .value(ZkOp::Ldt, &args[..1], attrs, Type::I64);
                let mut attrs = vec![Attr::Index(id.into())];
                if clif == ClifOp::CallIndirect {
                    attrs.push(Attr::Index(data.results.len() as u32));
                    self.emit(op, ZkOp::Calli, &args, attrs);
                } else {
                    self.emit(op, ZkOp::Tcalli, &args, attrs);
                }
            }
            ClifOp::Return => self.replace(op, ZkOp::Ret, Vec::new()),
            ClifOp::Trap => self.replace(op, ZkOp::Trap, data.attrs.clone()),
            _ if clif.as_wasm().is_some() => self.state(op, clif)?,
            _ => {
                self.rebuild.copy(op);
            }
        }
        Ok(())
    }

    /// Appends the zk op that takes the place of `op`, with the same operands.
    fn replace(&mut self, op: Op, zk: ZkOp, attrs: Vec<Attr>) {
        let args = self.rebuild.values(&self.rebuild.old.op(op).args);
        self.emit(op, zk, &args, attrs);
    }

    fn emit(&mut self, op: Op, zk: ZkOp, args: &[Value], attrs: Vec<Attr>) {
        let old = self.rebuild.old;
        let results = &old.op(op).results;
        let types: Vec<Type> = results.iter().map(|&r| old.ty(r)).collect();
        let new = self
            .rebuild
            .builder
            .op(Opcode::from(zk), args, attrs, &types);
        for (i, &result) in results.iter().enumerate() {
            let value = self.rebuild.builder.body().op(new).results[i];
            self.rebuild.set(result, value);
        }
    }
}

/// The zk form of a load or store.
pub(crate) fn access(clif: ClifOp) -> Option<ZkOp> {
    use ClifOp as C;
    Some(match clif {
        C::Load32 | C::Uload32To64 => ZkOp::Ld32u,
        C::Load64 => ZkOp::Ld64,
        C::Uload8To32 | C::Uload8To64 => ZkOp::Ld8u,
        C::Uload16To32 | C::Uload16To64 => ZkOp::Ld16u,
        C::Sload8To32 => ZkOp::Ld8s32,
        C::Sload16To32 => ZkOp::Ld16s32,
        C::Sload8To64 => ZkOp::Ld8s64,
        C::Sload16To64 => ZkOp::Ld16s64,
        C::Sload32To64 => ZkOp::Ld32s64,
        C::Store32 | C::Istore32From64 => ZkOp::St32,
        C::Store64 => ZkOp::St64,
        C::Istore8From32 | C::Istore8From64 => ZkOp::St8,
        C::Istore16From32 | C::Istore16From64 => ZkOp::St16,
        _ => return None,
    })
}

fn index(attrs: &[Attr], i: usize) -> Result<u32, Diagnostic> {
    match attrs.get(i) {
        Some(Attr::Index(index) | Attr::Func(index)) => Ok(*index),
        Some(_) | None => Err(internal("an op without its index")),
    }
}

fn missing(what: &str, index: u32) -> Diagnostic {
    internal(format!("the layout has no {what} {index}"))
}
