//! CLIF to the cranelift dialect, instruction by instruction.
//!
//! CLIF's `i8` and `i16` values (comparison results, narrowed values) become `i32` values with zero upper bits; a narrowing
//! is only made when something but a widening uses it. Unreachable blocks and unused pure ops are left out,
//! and so are alignment hints.

use super::idioms;
use super::rows::{condition, load_row, mask, mem, store_row, type_of, wide};
use super::{External, code_to_trap, internal};
use cranelift_codegen::ir::{self as clif, BlockCall, Function, InstructionData, Opcode, types};
use zkc_ir::{
    Attr, Block, Body, Builder, ClifOp, Cond, Diagnostic, Loc, SecondaryMap, Signature, Successor,
    Trap, Type, Value,
};

/// Imports a verified CLIF function.
///
/// Errors: `internal` for an instruction the cranelift dialect does not have; WebAssembly makes none, Cranelift's
/// optimiser might.
pub fn clif_to_cranelift(func: &Function) -> Result<Body, Diagnostic> {
    let list = |params: &[clif::AbiParam]| {
        params
            .iter()
            .map(|p| type_of(p.value_type))
            .collect::<Result<Vec<_>, _>>()
    };
    let signature = Signature::new(
        list(&func.signature.params)?,
        list(&func.signature.returns)?,
    );
    let order = reverse_postorder(func)?;
    let mut import = Import {
        func,
        builder: Builder::new(signature),
        values: SecondaryMap::new(),
        blocks: SecondaryMap::new(),
    };
    let root = import.builder.body().root();
    for &block in &order {
        let params = func.dfg.block_params(block);
        let types = params
            .iter()
            .map(|&p| type_of(func.dfg.value_type(p)))
            .collect::<Result<Vec<_>, _>>()?;
        let new = import.builder.block(root, &types);
        import.blocks[block] = Some(new);
        let new_params = import.builder.body().block(new).params.clone();
        for (&param, value) in params.iter().zip(new_params) {
            import.values[param] = Known::Value(value);
        }
    }
    for &block in &order {
        if let Some(new) = import.blocks[block] {
            import.builder.switch_to(new);
        }
        for inst in func.layout.block_insts(block) {
            let loc = func.srcloc(inst);
            import.builder.set_loc(if loc.is_default() {
                Loc::NONE
            } else {
                Loc::at(loc.bits())
            });
            import.inst(inst)?;
        }
    }
    Ok(crate::opt::dce(&import.builder.finish()))
}

/// Reachable blocks, each after its dominators.
fn reverse_postorder(func: &Function) -> Result<Vec<clif::Block>, Diagnostic> {
    let entry = func
        .layout
        .entry_block()
        .ok_or_else(|| internal("CLIF function without blocks"))?;
    let mut seen = SecondaryMap::<clif::Block, bool>::new();
    let mut order = Vec::new();
    let mut stack = vec![(entry, func.block_successors(entry).collect::<Vec<_>>())];
    seen[entry] = true;
    while let Some((block, successors)) = stack.last_mut() {
        match successors.pop() {
            Some(next) if !seen[next] => {
                seen[next] = true;
                stack.push((next, func.block_successors(next).collect()));
            }
            Some(_) => {}
            None => {
                order.push(*block);
                stack.pop();
            }
        }
    }
    order.reverse();
    Ok(order)
}

/// What stands for a CLIF value.
#[derive(Clone, Copy, Default)]
enum Known {
    /// Not seen yet.
    #[default]
    Nothing,
    /// This value; zero-extended if the CLIF value is narrower than 32 bits.
    Value(Value),
    /// The low bits of this value.
    LowBitsOf(Value),
}

struct Import<'a> {
    func: &'a Function,
    builder: Builder,
    values: SecondaryMap<clif::Value, Known>,
    blocks: SecondaryMap<clif::Block, Option<Block>>,
}

impl Import<'_> {
    fn inst(&mut self, inst: clif::Inst) -> Result<(), Diagnostic> {
        let dfg = &self.func.dfg;
        let data = &dfg.insts[inst];
        let opcode = data.opcode();
        let args = dfg.inst_args(inst);
        let result = dfg.inst_results(inst).first().copied();
        let ty = result.map(|v| dfg.value_type(v));
        let unknown = || {
            internal(format!(
                "no counterpart of CLIF `{}`",
                dfg.display_inst(inst)
            ))
        };
        match *data {
            InstructionData::UnaryImm {
                opcode: Opcode::Iconst,
                imm,
            } => {
                let ty = ty.ok_or_else(unknown)?;
                let bits = imm.bits() as u64 & mask(ty);
                self.define(
                    result,
                    wide(ty, ClifOp::Iconst32, ClifOp::Iconst64),
                    &[],
                    vec![Attr::Int(bits)],
                )
            }
            InstructionData::Unary {
                opcode: Opcode::Ireduce,
                arg,
            } => {
                let (result, ty) = (result.ok_or_else(unknown)?, ty.ok_or_else(unknown)?);
                if ty == types::I32 {
                    let x = self.value(arg)?;
                    return self.define(Some(result), ClifOp::Ireduce, &[x], Vec::new());
                }
                let source = match self.known(arg)? {
                    Known::LowBitsOf(source) => source,
                    Known::Value(_) | Known::Nothing => self.value(arg)?,
                };
                self.values[result] = Known::LowBitsOf(source);
                Ok(())
            }
            InstructionData::Unary {
                opcode: Opcode::Uextend,
                arg,
            } => {
                let x = self.value(arg)?;
                let to = self.widen(x, ty.ok_or_else(unknown)?);
                self.set(result, to);
                Ok(())
            }
            InstructionData::Unary {
                opcode: Opcode::Sextend,
                arg,
            } => self.sextend(arg, result, ty.ok_or_else(unknown)?),
            InstructionData::Unary { opcode, arg } => {
                let ty = ty.ok_or_else(unknown)?;
                let row = match (opcode, ty.bits()) {
                    (Opcode::Clz, 32) => ClifOp::Clz32,
                    (Opcode::Clz, 64) => ClifOp::Clz64,
                    (Opcode::Ctz, 32) => ClifOp::Ctz32,
                    (Opcode::Ctz, 64) => ClifOp::Ctz64,
                    (Opcode::Popcnt, 32) => ClifOp::Popcnt32,
                    (Opcode::Popcnt, 64) => ClifOp::Popcnt64,
                    (Opcode::Bnot, _) => {
                        let x = self.value(arg)?;
                        let ones = self.constant(ty, mask(ty));
                        return self.define(
                            result,
                            wide(ty, ClifOp::Bxor32, ClifOp::Bxor64),
                            &[x, ones],
                            Vec::new(),
                        );
                    }
                    (Opcode::Ineg, 32 | 64) => {
                        let x = self.value(arg)?;
                        let zero = self.constant(ty, 0);
                        return self.define(
                            result,
                            wide(ty, ClifOp::Isub32, ClifOp::Isub64),
                            &[zero, x],
                            Vec::new(),
                        );
                    }
                    (Opcode::Bswap, 32 | 64) => {
                        let x = self.value(arg)?;
                        let swapped = idioms::swap_bytes(&mut self.builder, ty, x);
                        self.set(result, swapped);
                        return Ok(());
                    }
                    (Opcode::Bmask, 32 | 64) => {
                        let x = self.test(arg)?;
                        let choice = [x, self.constant(ty, mask(ty)), self.constant(ty, 0)];
                        let select = wide(ty, ClifOp::Select32, ClifOp::Select64);
                        return self.define(result, select, &choice, Vec::new());
                    }
                    _ => return Err(unknown()),
                };
                let x = self.value(arg)?;
                self.define(result, row, &[x], Vec::new())
            }
            InstructionData::Binary {
                opcode,
                args: [a, b],
            } => self.binary(inst, opcode, a, b),
            InstructionData::IntCompare {
                cond, args: [a, b], ..
            } => {
                let ty = dfg.value_type(a);
                let cond = condition(cond);
                let signed = matches!(cond, Cond::Slt | Cond::Sle | Cond::Sgt | Cond::Sge);
                let mut x = [self.value(a)?, self.value(b)?];
                if signed && ty.bits() < 32 {
                    let row = match ty.bits() {
                        8 => ClifOp::Sextend8To32,
                        16 => ClifOp::Sextend16To32,
                        _ => return Err(unknown()),
                    };
                    x = x.map(|x| self.builder.value(row, &[x], Vec::new(), Type::I32));
                }
                self.define(
                    result,
                    wide(ty, ClifOp::Icmp32, ClifOp::Icmp64),
                    &x,
                    vec![Attr::Cond(cond)],
                )
            }
            InstructionData::Ternary {
                opcode: Opcode::Select,
                args: [c, a, b],
            } => {
                let c = self.test(c)?;
                let x = [c, self.value(a)?, self.value(b)?];
                let ty = ty.ok_or_else(unknown)?;
                self.define(
                    result,
                    wide(ty, ClifOp::Select32, ClifOp::Select64),
                    &x,
                    Vec::new(),
                )
            }
            InstructionData::Load {
                opcode,
                arg,
                offset,
                ..
            } => {
                let row = load_row(opcode, ty.ok_or_else(unknown)?).ok_or_else(unknown)?;
                let attrs = mem(offset.into());
                let p = self.address(arg)?;
                self.define(result, row, &[p], attrs)
            }
            InstructionData::Store {
                opcode,
                args: [value, address],
                offset,
                ..
            } => {
                let row = store_row(opcode, dfg.value_type(value)).ok_or_else(unknown)?;
                let attrs = mem(offset.into());
                let x = [self.address(address)?, self.value(value)?];
                self.builder.op(row, &x, attrs, &[]);
                Ok(())
            }
            InstructionData::Call {
                opcode: Opcode::Call | Opcode::ReturnCall,
                func_ref,
                ..
            } => self.call(inst, func_ref, opcode == Opcode::ReturnCall),
            InstructionData::MultiAry {
                opcode: Opcode::Return,
                ..
            } => {
                let x = args
                    .iter()
                    .map(|&v| self.value(v))
                    .collect::<Result<Vec<_>, _>>()?;
                self.builder.op(ClifOp::Return, &x, Vec::new(), &[]);
                Ok(())
            }
            InstructionData::Trap {
                opcode: Opcode::Trap,
                code,
            } => {
                let trap = code_to_trap(code).ok_or_else(unknown)?;
                self.builder
                    .op(ClifOp::Trap, &[], vec![Attr::Trap(trap)], &[]);
                Ok(())
            }
            InstructionData::CondTrap { opcode, arg, code } => {
                let trap = code_to_trap(code).ok_or_else(unknown)?;
                let c = self.value(arg)?;
                self.trap_if(c, opcode == Opcode::Trapnz, trap);
                Ok(())
            }
            InstructionData::Jump { destination, .. } => {
                let successor = self.successor(destination)?;
                self.builder.op_full(
                    ClifOp::Jump,
                    &[],
                    Vec::new(),
                    &[],
                    vec![successor],
                    Vec::new(),
                );
                Ok(())
            }
            InstructionData::Brif { arg, blocks, .. } => {
                let c = self.value(arg)?;
                let successors = blocks
                    .into_iter()
                    .map(|b| self.successor(b))
                    .collect::<Result<Vec<_>, _>>()?;
                self.builder
                    .op_full(ClifOp::Brif, &[c], Vec::new(), &[], successors, Vec::new());
                Ok(())
            }
            InstructionData::BranchTable { arg, table, .. } => {
                let c = self.value(arg)?;
                let table = &self.func.stencil.dfg.jump_tables[table];
                let (entries, default) = (table.as_slice().to_vec(), table.default_block());
                let calls = entries.into_iter().chain([default]);
                let successors = calls
                    .map(|b| self.successor(b))
                    .collect::<Result<Vec<_>, _>>()?;
                self.builder.op_full(
                    ClifOp::BrTable,
                    &[c],
                    Vec::new(),
                    &[],
                    successors,
                    Vec::new(),
                );
                Ok(())
            }
            _ if opcode == Opcode::Nop => Ok(()),
            _ => Err(unknown()),
        }
    }

    fn binary(
        &mut self,
        inst: clif::Inst,
        opcode: Opcode,
        a: clif::Value,
        b: clif::Value,
    ) -> Result<(), Diagnostic> {
        use ClifOp as C;
        let dfg = &self.func.dfg;
        let result = dfg.inst_results(inst).first().copied();
        let ty = dfg.value_type(a);
        let unknown = || {
            internal(format!(
                "no counterpart of CLIF `{}`",
                dfg.display_inst(inst)
            ))
        };
        let (small, large) = match opcode {
            Opcode::Iadd => (C::Iadd32, C::Iadd64),
            Opcode::Isub => (C::Isub32, C::Isub64),
            Opcode::Imul => (C::Imul32, C::Imul64),
            Opcode::Umulhi if ty.bits() == 64 => (C::Umulhi64, C::Umulhi64),
            Opcode::Umulhi | Opcode::Smulhi if ty.bits() >= 32 => {
                let (x, y) = (self.value(a)?, self.value(b)?);
                let signed = opcode == Opcode::Smulhi;
                let high = idioms::high_product(&mut self.builder, ty, signed, x, y);
                self.set(result, high);
                return Ok(());
            }
            Opcode::Udiv => (C::Udiv32, C::Udiv64),
            Opcode::Sdiv => (C::Sdiv32, C::Sdiv64),
            Opcode::Urem => (C::Urem32, C::Urem64),
            Opcode::Srem => (C::Srem32, C::Srem64),
            Opcode::Band => (C::Band32, C::Band64),
            Opcode::Bor => (C::Bor32, C::Bor64),
            Opcode::Bxor => (C::Bxor32, C::Bxor64),
            Opcode::Ishl => (C::Ishl32, C::Ishl64),
            Opcode::Ushr => (C::Ushr32, C::Ushr64),
            Opcode::Sshr => (C::Sshr32, C::Sshr64),
            Opcode::Rotl => (C::Rotl32, C::Rotl64),
            Opcode::Rotr => (C::Rotr32, C::Rotr64),
            Opcode::Umin | Opcode::Umax | Opcode::Smin | Opcode::Smax if ty.bits() >= 32 => {
                let cond = match opcode {
                    Opcode::Umin => Cond::Ult,
                    Opcode::Umax => Cond::Ugt,
                    Opcode::Smin => Cond::Slt,
                    _ => Cond::Sgt,
                };
                let x = [self.value(a)?, self.value(b)?];
                let c = self.builder.value(
                    wide(ty, C::Icmp32, C::Icmp64),
                    &x,
                    vec![Attr::Cond(cond)],
                    Type::I32,
                );
                return self.define(
                    result,
                    wide(ty, C::Select32, C::Select64),
                    &[c, x[0], x[1]],
                    Vec::new(),
                );
            }
            _ => return Err(unknown()),
        };
        // Bitwise ops keep zero upper bits of narrow values.
        let narrow = ty.bits() < 32 && !matches!(opcode, Opcode::Band | Opcode::Bor | Opcode::Bxor);
        if narrow && !matches!(opcode, Opcode::Iadd | Opcode::Isub | Opcode::Imul) {
            return Err(unknown());
        }
        let y = self.value(b)?;
        // CLIF's shift amounts may be of another width than the value.
        let y = if dfg.value_type(b).bits() > 32 && ty.bits() <= 32 {
            self.builder.value(C::Ireduce, &[y], Vec::new(), Type::I32)
        } else {
            self.widen(y, ty)
        };
        let x = self.value(a)?;
        if narrow {
            let value = self.builder.value(small, &[x, y], Vec::new(), Type::I32);
            let low = self.constant(types::I32, mask(ty));
            return self.define(result, C::Band32, &[value, low], Vec::new());
        }
        self.define(result, wide(ty, small, large), &[x, y], Vec::new())
    }

    fn sextend(
        &mut self,
        arg: clif::Value,
        result: Option<clif::Value>,
        to: clif::Type,
    ) -> Result<(), Diagnostic> {
        let from = self.func.dfg.value_type(arg);
        let known = match self.known(arg)? {
            Known::LowBitsOf(source) => source,
            Known::Value(_) | Known::Nothing => self.value(arg)?,
        };
        if from == types::I32 {
            return self.define(result, ClifOp::Sextend, &[known], Vec::new());
        }
        let known_is_wide = self.builder.body().ty(known) == Type::I64;
        let x = match (known_is_wide, to.bits()) {
            (false, 64) => self
                .builder
                .value(ClifOp::Uextend, &[known], Vec::new(), Type::I64),
            (true, 32) => self
                .builder
                .value(ClifOp::Ireduce, &[known], Vec::new(), Type::I32),
            _ => known,
        };
        let row = match (from.bits(), to.bits()) {
            (8, 32) => ClifOp::Sextend8To32,
            (16, 32) => ClifOp::Sextend16To32,
            (8, 64) => ClifOp::Sextend8To64,
            (16, 64) => ClifOp::Sextend16To64,
            _ => {
                return Err(internal(format!(
                    "no sign extension from `{from}` to `{to}`"
                )));
            }
        };
        self.define(result, row, &[x], Vec::new())
    }

    fn call(
        &mut self,
        inst: clif::Inst,
        callee: clif::FuncRef,
        tail: bool,
    ) -> Result<(), Diagnostic> {
        let dfg = &self.func.dfg;
        let broken = || internal("a call of an unknown name");
        let clif::ExternalName::User(name) = &dfg.ext_funcs[callee].name else {
            return Err(broken());
        };
        let name = &self.func.params.user_named_funcs()[*name];
        let (row, attrs) = match External::from_name(name).ok_or_else(broken)? {
            External::Func(index) if tail => (ClifOp::ReturnCall, vec![Attr::Func(index)]),
            External::Func(index) => (ClifOp::Call, vec![Attr::Func(index)]),
            External::CallIndirect { ty, table } if tail => (
                ClifOp::ReturnCallIndirect,
                vec![Attr::Index(ty), Attr::Index(table)],
            ),
            _ if tail => return Err(internal("a tail call of no function")),
            External::GlobalGet(index) => (ClifOp::GlobalGet, vec![Attr::Index(index)]),
            External::GlobalSet(index) => (ClifOp::GlobalSet, vec![Attr::Index(index)]),
            External::MemorySize => (ClifOp::MemorySize, Vec::new()),
            External::MemoryGrow => (ClifOp::MemoryGrow, Vec::new()),
            External::MemoryFill => (ClifOp::MemoryFill, Vec::new()),
            External::MemoryCopy => (ClifOp::MemoryCopy, Vec::new()),
            External::CallIndirect { ty, table } => (
                ClifOp::CallIndirect,
                vec![Attr::Index(ty), Attr::Index(table)],
            ),
            External::Row { row, indices } => (row, External::row_attrs(row, indices)),
        };
        let x = dfg
            .inst_args(inst)
            .iter()
            .map(|&v| self.value(v))
            .collect::<Result<Vec<_>, _>>()?;
        let results = dfg.inst_results(inst);
        let types = results
            .iter()
            .map(|&r| type_of(dfg.value_type(r)))
            .collect::<Result<Vec<_>, _>>()?;
        let op = self.builder.op(row, &x, attrs, &types);
        let values = self.builder.body().op(op).results.clone();
        for (&result, value) in results.iter().zip(values) {
            self.values[result] = Known::Value(value);
        }
        Ok(())
    }

    /// Ends the block: traps if the value is not zero (or if it is), else goes on in a new block.
    fn trap_if(&mut self, c: Value, nonzero: bool, trap: Trap) {
        let root = self.builder.body().root();
        let [trapping, next] = [0; 2].map(|_| self.builder.block(root, &[]));
        let mut successors = [trapping, next].map(|block| Successor {
            block,
            args: Vec::new(),
        });
        if !nonzero {
            successors.reverse();
        }
        self.builder.op_full(
            ClifOp::Brif,
            &[c],
            Vec::new(),
            &[],
            successors.to_vec(),
            Vec::new(),
        );
        self.builder.switch_to(trapping);
        self.builder
            .op(ClifOp::Trap, &[], vec![Attr::Trap(trap)], &[]);
        self.builder.switch_to(next);
    }

    fn successor(&mut self, call: BlockCall) -> Result<Successor, Diagnostic> {
        let pool = &self.func.dfg.value_lists;
        let block = self.blocks[call.block(pool)]
            .ok_or_else(|| internal("a branch to an unreachable block"))?;
        let mut args = Vec::with_capacity(call.len(pool));
        for arg in call.args(pool) {
            let value = arg
                .as_value()
                .ok_or_else(|| internal("a branch argument that is no value"))?;
            args.push(self.value(value)?);
        }
        Ok(Successor { block, args })
    }

    /// The 32-bit WASM address below a CLIF address.
    fn address(&mut self, address: clif::Value) -> Result<Value, Diagnostic> {
        let value = self.value(address)?;
        let body = self.builder.body();
        if let Some(op) = body.def_op(value)
            && ClifOp::from_opcode(body.op(op).opcode) == Some(ClifOp::Uextend)
        {
            return Ok(body.op(op).args[0]);
        }
        if let Some(bits) = crate::opt::constant_of(body, value)
            && bits <= u32::MAX.into()
        {
            return Ok(self.constant(types::I32, bits));
        }
        Err(internal(
            "an address that is not a zero-extended 32-bit value",
        ))
    }

    /// An `i32` that is zero exactly when the CLIF value is.
    fn test(&mut self, value: clif::Value) -> Result<Value, Diagnostic> {
        let x = self.value(value)?;
        if self.builder.body().ty(x) == Type::I32 {
            return Ok(x);
        }
        let zero = self.constant(types::I64, 0);
        Ok(self.builder.value(
            ClifOp::Icmp64,
            &[x, zero],
            vec![Attr::Cond(Cond::Ne)],
            Type::I32,
        ))
    }

    fn known(&self, value: clif::Value) -> Result<Known, Diagnostic> {
        match self.values[self.func.dfg.resolve_aliases(value)] {
            Known::Nothing => Err(internal(format!(
                "CLIF value {value} is used before it is defined"
            ))),
            known => Ok(known),
        }
    }

    /// The value that stands for a CLIF value, zero-extended to at least 32 bits.
    fn value(&mut self, value: clif::Value) -> Result<Value, Diagnostic> {
        match self.known(value)? {
            Known::Value(x) => Ok(x),
            Known::Nothing => Err(internal("a value without definition")),
            Known::LowBitsOf(mut x) => {
                let bits = mask(self.func.dfg.value_type(value));
                if self.builder.body().ty(x) == Type::I64 {
                    x = self
                        .builder
                        .value(ClifOp::Ireduce, &[x], Vec::new(), Type::I32);
                }
                let bits = self.constant(types::I32, bits);
                Ok(self
                    .builder
                    .value(ClifOp::Band32, &[x, bits], Vec::new(), Type::I32))
            }
        }
    }

    fn widen(&mut self, x: Value, to: clif::Type) -> Value {
        if to.bits() == 64 && self.builder.body().ty(x) == Type::I32 {
            self.builder
                .value(ClifOp::Uextend, &[x], Vec::new(), Type::I64)
        } else {
            x
        }
    }

    fn constant(&mut self, ty: clif::Type, bits: u64) -> Value {
        idioms::constant(&mut self.builder, ty, bits)
    }

    /// Appends an op of one result, which stands for `result`. The row fixes the result's type.
    fn define(
        &mut self,
        result: Option<clif::Value>,
        row: ClifOp,
        args: &[Value],
        attrs: Vec<Attr>,
    ) -> Result<(), Diagnostic> {
        let zkc_ir::Arity::Fixed([zkc_ir::Ty::Is(ty)]) = row.opcode().def().results else {
            return Err(internal(format!(
                "`{}` has no result of one type",
                row.opcode()
            )));
        };
        let value = self.builder.value(row, args, attrs, *ty);
        self.set(result, value);
        Ok(())
    }

    fn set(&mut self, result: Option<clif::Value>, value: Value) {
        if let Some(result) = result {
            self.values[result] = Known::Value(value);
        }
    }
}
