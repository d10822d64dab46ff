//! Everything but control flow: one arm per op.

use super::{Translator, clif_type};
use crate::clif::{External, internal};
use crate::runtime::{self, Meaning};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{self as clif, FuncRef, InstBuilder, MemFlagsData};
use zkc_ir::{Attr, ClifOp, ConstValue, Diagnostic, Op, Signature, Type, Value, WasmOp};

/// Largest constant offset a CLIF access can carry. Beyond it every access is out of bounds, because the machine's memory
/// ends at 2^31.
pub(super) const MAX_OFFSET: u64 = i32::MAX as u64;

impl Translator<'_> {
    /// Translates an op that goes on to the next; false if it always traps out of bounds.
    pub(super) fn plain(&mut self, op: Op, opcode: WasmOp) -> Result<bool, Diagnostic> {
        use WasmOp as W;
        let body = self.body;
        let data = body.op(op);
        let x = self.values(&data.args)?;
        let results = match opcode {
            W::I32Const | W::F32Const => vec![self.constant(I32, &data.attrs)],
            W::I64Const | W::F64Const => vec![self.constant(I64, &data.attrs)],

            W::I32Eqz | W::I64Eqz => {
                let ty = self.builder.func.dfg.value_type(x[0]);
                let zero = self.builder.ins().iconst(ty, 0);
                vec![self.compare(IntCC::Equal, x[0], zero)]
            }
            W::I32Eq | W::I64Eq => vec![self.compare(IntCC::Equal, x[0], x[1])],
            W::I32Ne | W::I64Ne => vec![self.compare(IntCC::NotEqual, x[0], x[1])],
            W::I32LtS | W::I64LtS => vec![self.compare(IntCC::SignedLessThan, x[0], x[1])],
            W::I32LtU | W::I64LtU => vec![self.compare(IntCC::UnsignedLessThan, x[0], x[1])],
            W::I32GtS | W::I64GtS => vec![self.compare(IntCC::SignedGreaterThan, x[0], x[1])],
            W::I32GtU | W::I64GtU => vec![self.compare(IntCC::UnsignedGreaterThan, x[0], x[1])],
            W::I32LeS | W::I64LeS => vec![self.compare(IntCC::SignedLessThanOrEqual, x[0], x[1])],
            W::I32LeU | W::I64LeU => vec![self.compare(IntCC::UnsignedLessThanOrEqual, x[0], x[1])],
            W::I32GeS | W::I64GeS => {
                vec![self.compare(IntCC::SignedGreaterThanOrEqual, x[0], x[1])]
            }
            W::I32GeU | W::I64GeU => {
                vec![self.compare(IntCC::UnsignedGreaterThanOrEqual, x[0], x[1])]
            }

            W::I32Clz | W::I64Clz => vec![self.builder.ins().clz(x[0])],
            W::I32Ctz | W::I64Ctz => vec![self.builder.ins().ctz(x[0])],
            W::I32Popcnt | W::I64Popcnt => vec![self.builder.ins().popcnt(x[0])],
            W::I32Add | W::I64Add => vec![self.builder.ins().iadd(x[0], x[1])],
            W::I32Sub | W::I64Sub => vec![self.builder.ins().isub(x[0], x[1])],
            W::I32Mul | W::I64Mul => vec![self.builder.ins().imul(x[0], x[1])],
            W::I32DivS | W::I64DivS => vec![self.builder.ins().sdiv(x[0], x[1])],
            W::I32DivU | W::I64DivU => vec![self.builder.ins().udiv(x[0], x[1])],
            W::I32RemS | W::I64RemS => vec![self.builder.ins().srem(x[0], x[1])],
            W::I32RemU | W::I64RemU => vec![self.builder.ins().urem(x[0], x[1])],
            W::I32And | W::I64And => vec![self.builder.ins().band(x[0], x[1])],
            W::I32Or | W::I64Or => vec![self.builder.ins().bor(x[0], x[1])],
            W::I32Xor | W::I64Xor => vec![self.builder.ins().bxor(x[0], x[1])],
            W::I32Shl | W::I64Shl => vec![self.builder.ins().ishl(x[0], x[1])],
            W::I32ShrS | W::I64ShrS => vec![self.builder.ins().sshr(x[0], x[1])],
            W::I32ShrU | W::I64ShrU => vec![self.builder.ins().ushr(x[0], x[1])],
            W::I32Rotl | W::I64Rotl => vec![self.builder.ins().rotl(x[0], x[1])],
            W::I32Rotr | W::I64Rotr => vec![self.builder.ins().rotr(x[0], x[1])],

            W::I32Extend8S => vec![self.sign_extend(x[0], I8, I32)],
            W::I32Extend16S => vec![self.sign_extend(x[0], I16, I32)],
            W::I64Extend8S => vec![self.sign_extend(x[0], I8, I64)],
            W::I64Extend16S => vec![self.sign_extend(x[0], I16, I64)],
            W::I64Extend32S => vec![self.sign_extend(x[0], I32, I64)],
            W::I32WrapI64 => vec![self.builder.ins().ireduce(I32, x[0])],
            W::I64ExtendI32S => vec![self.builder.ins().sextend(I64, x[0])],
            W::I64ExtendI32U => vec![self.builder.ins().uextend(I64, x[0])],
            W::I32ReinterpretF32
            | W::I64ReinterpretF64
            | W::F32ReinterpretI32
            | W::F64ReinterpretI64 => vec![x[0]],

            // Adding the sign bit costs less than changing it.
            W::F32Neg | W::F64Neg => {
                let (_, sign) = self.float_masks(x[0]);
                vec![self.builder.ins().iadd(x[0], sign)]
            }
            W::F32Abs | W::F64Abs => {
                let (rest, _) = self.float_masks(x[0]);
                vec![self.builder.ins().band(x[0], rest)]
            }
            W::F32Copysign | W::F64Copysign => {
                let (rest, sign) = self.float_masks(x[0]);
                let magnitude = self.builder.ins().band(x[0], rest);
                let sign = self.builder.ins().band(x[1], sign);
                vec![self.builder.ins().iadd(magnitude, sign)]
            }
            zkc_ir::float_routines!() => {
                let name = runtime::function_of_wasm(opcode)
                    .ok_or_else(|| internal(format!("no routine for `{}`", data.opcode)))?;
                let callee = runtime::base(self.module)
                    .and_then(|base| runtime::index_of(base, name))
                    .ok_or_else(|| internal(format!("`{name}` in a module without runtime")))?;
                let signature = &self.module.funcs[callee as usize].signature;
                self.effect(
                    External::Func(callee),
                    &signature.params,
                    &signature.results,
                    &x,
                )
            }

            W::I32Load
            | W::F32Load
            | W::I64Load
            | W::F64Load
            | W::I32Load8S
            | W::I32Load8U
            | W::I32Load16S
            | W::I32Load16U
            | W::I64Load8S
            | W::I64Load8U
            | W::I64Load16S
            | W::I64Load16U
            | W::I64Load32S
            | W::I64Load32U => match self.address(x[0], &data.attrs)? {
                Some((address, offset)) => vec![self.load(opcode, address, offset)],
                None => return Ok(false),
            },
            W::I32Store
            | W::F32Store
            | W::I64Store
            | W::F64Store
            | W::I32Store8
            | W::I32Store16
            | W::I64Store8
            | W::I64Store16
            | W::I64Store32 => match self.address(x[0], &data.attrs)? {
                Some((address, offset)) => {
                    self.store(opcode, address, offset, x[1]);
                    Vec::new()
                }
                None => return Ok(false),
            },

            W::MemorySize => self.effect(External::MemorySize, &[], &[Type::I32], &[]),
            W::MemoryGrow => self.effect(External::MemoryGrow, &[Type::I32], &[Type::I32], &x),
            W::MemoryFill => self.effect(External::MemoryFill, &[Type::I32; 3], &[], &x),
            W::MemoryCopy => self.effect(External::MemoryCopy, &[Type::I32; 3], &[], &x),
            W::RefNull => vec![self.builder.ins().iconst(I64, 0)],
            W::RefIsNull => {
                let null = self.builder.ins().iconst(I64, 0);
                vec![self.compare(IntCC::Equal, x[0], null)]
            }
            W::RefFunc
            | W::TableGet
            | W::TableSet
            | W::TableSize
            | W::TableGrow
            | W::TableFill
            | W::TableCopy
            | W::TableInit
            | W::ElemDrop
            | W::MemoryInit
            | W::DataDrop
            | W::MemoryNLoad
            | W::MemoryNStore
            | W::MemoryNSize
            | W::MemoryNGrow
            | W::MemoryNFill
            | W::MemoryNCopy => {
                let external = ClifOp::from_wasm(opcode)
                    .and_then(|row| External::of_row(row, &data.attrs))
                    .ok_or_else(|| internal(format!("the indices of `{}`", data.opcode)))?;
                let types = |values: &[Value]| values.iter().map(|&v| body.ty(v)).collect();
                let (params, results): (Vec<_>, Vec<_>) = (types(&data.args), types(&data.results));
                self.effect(external, &params, &results, &x)
            }
            W::GlobalGet => {
                let ty = body.ty(data.results[0]);
                let global = self.module.globals.get(index(&data.attrs, 0)? as usize);
                let known = global.filter(|g| !g.mutable).map(|g| g.init.eval(&[]));
                if let Some(Ok(ConstValue::Bits(bits))) = known {
                    vec![self.builder.ins().iconst(clif_type(ty), bits as i64)]
                } else {
                    self.effect(External::GlobalGet(index(&data.attrs, 0)?), &[], &[ty], &[])
                }
            }
            W::GlobalSet => {
                let ty = body.ty(data.args[0]);
                self.effect(External::GlobalSet(index(&data.attrs, 0)?), &[ty], &[], &x)
            }
            W::LocalGet => {
                let local = self.locals[index(&data.attrs, 0)? as usize];
                vec![self.builder.use_var(local)]
            }
            W::LocalSet => {
                let local = self.locals[index(&data.attrs, 0)? as usize];
                self.builder.def_var(local, x[0]);
                Vec::new()
            }
            W::LocalTee => {
                let local = self.locals[index(&data.attrs, 0)? as usize];
                self.builder.def_var(local, x[0]);
                x
            }
            W::Nop | W::Drop => Vec::new(),
            W::Select => vec![self.builder.ins().select(x[2], x[0], x[1])],

            W::Call | W::CallIndirect => match self.pure_intrinsic(opcode, &data.attrs)? {
                Some(pure) => {
                    let ty = self.builder.func.dfg.value_type(x[0]);
                    let (inst, dfg) = self.builder.ins().Binary(pure, ty, x[0], x[1]);
                    vec![dfg.first_result(inst)]
                }
                None => {
                    let callee = self.call(opcode, &data.attrs)?;
                    let call = self.builder.ins().call(callee, &x);
                    self.builder.inst_results(call).to_vec()
                }
            },
            W::Block
            | W::Loop
            | W::If
            | W::End
            | W::Br
            | W::BrIf
            | W::BrTable
            | W::Return
            | W::ReturnCall
            | W::ReturnCallIndirect
            | W::Unreachable => {
                return Err(internal(format!(
                    "`{}` reached the ops without control flow",
                    data.opcode
                )));
            }
        };
        for (&result, value) in data.results.iter().zip(results) {
            self.values[result] = Some(value);
        }
        Ok(true)
    }

    fn constant(&mut self, ty: clif::Type, attrs: &[Attr]) -> clif::Value {
        let bits = attrs.first().and_then(Attr::as_int).unwrap_or(0);
        self.builder.ins().iconst(ty, bits as i64)
    }

    /// All bits of a float but its sign, and the sign.
    fn float_masks(&mut self, x: clif::Value) -> (clif::Value, clif::Value) {
        let ty = self.builder.func.dfg.value_type(x);
        let sign = 1u64 << (ty.bits() - 1);
        let rest = self.builder.ins().iconst(ty, (sign - 1) as i64);
        (rest, self.builder.ins().iconst(ty, sign as i64))
    }

    fn compare(&mut self, cond: IntCC, a: clif::Value, b: clif::Value) -> clif::Value {
        let flag = self.builder.ins().icmp(cond, a, b);
        self.builder.ins().uextend(I32, flag)
    }

    fn sign_extend(&mut self, x: clif::Value, from: clif::Type, to: clif::Type) -> clif::Value {
        let narrow = self.builder.ins().ireduce(from, x);
        self.builder.ins().sextend(to, narrow)
    }

    /// The 64-bit address and the offset of an access, unless every access with this offset is out of bounds.
    pub(super) fn address(
        &mut self,
        address: clif::Value,
        attrs: &[Attr],
    ) -> Result<Option<(clif::Value, i32)>, Diagnostic> {
        let [Attr::Mem { offset, .. }] = attrs else {
            return Err(internal("an access without its offset"));
        };
        if *offset > MAX_OFFSET {
            return Ok(None);
        }
        Ok(Some((
            self.builder.ins().uextend(I64, address),
            *offset as i32,
        )))
    }

    fn load(&mut self, opcode: WasmOp, p: clif::Value, offset: i32) -> clif::Value {
        use WasmOp as W;
        let flags = MemFlagsData::new();
        let ins = self.builder.ins();
        match opcode {
            W::I32Load8S => ins.sload8(I32, flags, p, offset),
            W::I32Load8U => ins.uload8(I32, flags, p, offset),
            W::I32Load16S => ins.sload16(I32, flags, p, offset),
            W::I32Load16U => ins.uload16(I32, flags, p, offset),
            W::I64Load8S => ins.sload8(I64, flags, p, offset),
            W::I64Load8U => ins.uload8(I64, flags, p, offset),
            W::I64Load16S => ins.sload16(I64, flags, p, offset),
            W::I64Load16U => ins.uload16(I64, flags, p, offset),
            W::I64Load32S => ins.sload32(flags, p, offset),
            W::I64Load32U => ins.uload32(flags, p, offset),
            W::I64Load | W::F64Load => ins.load(I64, flags, p, offset),
            _ => ins.load(I32, flags, p, offset),
        }
    }

    fn store(&mut self, opcode: WasmOp, p: clif::Value, offset: i32, value: clif::Value) {
        use WasmOp as W;
        let flags = MemFlagsData::new();
        let ins = self.builder.ins();
        match opcode {
            W::I32Store8 | W::I64Store8 => ins.istore8(flags, value, p, offset),
            W::I32Store16 | W::I64Store16 => ins.istore16(flags, value, p, offset),
            W::I64Store32 => ins.istore32(flags, value, p, offset),
            _ => ins.store(flags, value, p, offset),
        };
    }

    /// The instruction that a call of a pure intrinsic is.
    fn pure_intrinsic(
        &self,
        opcode: WasmOp,
        attrs: &[Attr],
    ) -> Result<Option<clif::Opcode>, Diagnostic> {
        if opcode != WasmOp::Call {
            return Ok(None);
        }
        let intrinsic = runtime::intrinsic(runtime::base(self.module), index(attrs, 0)?);
        Ok(intrinsic.and_then(|i| match i.meaning {
            Meaning::Pure(opcode) => Some(opcode),
            Meaning::Effect(_) | Meaning::WordsAddress => None,
        }))
    }

    /// The function that a call, tail call or indirect call names.
    pub(super) fn call(&mut self, opcode: WasmOp, attrs: &[Attr]) -> Result<FuncRef, Diagnostic> {
        let module = self.module;
        if matches!(opcode, WasmOp::Call | WasmOp::ReturnCall) {
            let callee = index(attrs, 0)?;
            let func = module.funcs.get(callee as usize);
            let func = func.ok_or_else(|| internal(format!("no function {callee}")))?;
            return Ok(self.callee(External::Func(callee), &func.signature.flat()));
        }
        let (ty, table) = (index(attrs, 0)?, index(attrs, 1)?);
        let signature = module
            .types
            .get(ty as usize)
            .ok_or_else(|| internal(format!("no type {ty}")))?
            .flat();
        let mut params = vec![Type::I32];
        params.extend_from_slice(&signature.params);
        let signature = Signature::new(params, signature.results);
        Ok(self.callee(External::CallIndirect { ty, table }, &signature))
    }

    /// Calls the function that stands for an effect.
    pub(super) fn effect(
        &mut self,
        what: External,
        params: &[Type],
        results: &[Type],
        args: &[clif::Value],
    ) -> Vec<clif::Value> {
        debug_assert!(
            params
                .iter()
                .zip(args)
                .all(|(&p, &a)| clif_type(p) == self.builder.func.dfg.value_type(a))
        );
        let callee = self.callee(what, &Signature::new(params, results));
        let call = self.builder.ins().call(callee, args);
        self.builder.inst_results(call).to_vec()
    }
}

pub(super) fn index(attrs: &[Attr], i: usize) -> Result<u32, Diagnostic> {
    match attrs.get(i) {
        Some(Attr::Index(index) | Attr::Func(index)) => Ok(*index),
        Some(_) | None => Err(internal("an op without its index")),
    }
}
