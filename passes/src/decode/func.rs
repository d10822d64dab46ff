//! One function's code: an abstract operand stack over SSA values.
//!
//! The module has been validated, so types are not checked again. Code that cannot run (after a branch, up to the
//! enclosing `end` or `else`) is skipped. Nesting is a list of frames, never recursion. A `v128` is two `i64` values, the
//! low half first, wherever values stand: on the stack, in locals and globals, in signatures.

mod rows;
mod vector;

use super::{
    MAX_BR_TABLE, MAX_LOCALS_BY_BLOCKS, MAX_LOOPS, MAX_NESTING, MAX_OPERANDS, ModuleItems, Remap,
    unsupported, value_type,
};
use rows::{far, indexed, memory, op_name, row_results, simple};
use wasmparser::{BinaryReader, BlockType, FunctionBody, MemArg, MemArgTarget, Operator};
use zkc_ir::{
    Arity, Attr, Block, Body, Builder, Diagnostic, Loc, Opcode, Region, SecondaryMap, Signature,
    Type, Value, WasmOp, flat_types,
};

/// Decodes the function `index` (index space of the module) from its body's bytes.
///
/// Places count from the start of the body, in ops and in diagnostics. Errors: `unsupported-op`, naming the op;
/// `limit-exceeded` for code beyond the limits of [`super`]; `invalid` if the bytes are not the validated ones.
pub fn decode_func(items: &ModuleItems, index: u32, code: &[u8]) -> Result<Body, Diagnostic> {
    decode_func_at(items, index, code, &Remap::default())
}

/// [`decode_func`] for a function that becomes part of another module.
pub fn decode_func_at(
    items: &ModuleItems,
    index: u32,
    code: &[u8],
    remap: &Remap,
) -> Result<Body, Diagnostic> {
    let name = items
        .module
        .funcs
        .get(index as usize)
        .map(|f| f.name.clone())
        .unwrap_or_default();
    Decoder::run(items, index, code, remap).map_err(|diagnostic| diagnostic.in_function(name))
}

/// What a label is attached to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Func,
    Block,
    Loop,
    If { else_block: Block },
    Else,
}

/// One open `block`, `loop`, `if`, or the function.
struct Frame {
    kind: Kind,
    /// Number of values on the stack below this frame's.
    height: usize,
    /// Number of values a branch to its label takes.
    branch_arity: usize,
    /// Number of results.
    results: usize,
    /// The results of its op, for the code after it.
    values: Vec<Value>,
    /// The block its op stands in.
    parent: Block,
    /// Loops around its code, itself included.
    loops: usize,
}

/// Operands and attributes of a call, and the callee's results as its type has them.
type Callee<'a> = (Vec<Value>, Vec<Attr>, &'a [Type]);

struct Decoder<'a> {
    items: &'a ModuleItems,
    remap: &'a Remap,
    builder: Builder,
    /// Index in the body and WASM type of each local.
    locals: Vec<(u32, Type)>,
    stack: Vec<Value>,
    /// Whether a value is the high half of a `v128`.
    high: SecondaryMap<Value, bool>,
    frames: Vec<Frame>,
    /// Depth of blocks opened in code that is being skipped; `None` in code that runs.
    skipping: Option<usize>,
    /// Operands and results so far.
    operands: usize,
    /// Branch targets so far.
    targets: usize,
    offset: u64,
}

impl<'a> Decoder<'a> {
    fn run(
        items: &'a ModuleItems,
        index: u32,
        code: &[u8],
        remap: &'a Remap,
    ) -> Result<Body, Diagnostic> {
        let broken = |e: wasmparser::Error| {
            Diagnostic::error("invalid", e.message().to_owned()).at(e.offset())
        };
        let funcs = &items.module.funcs;
        let func = funcs.get(index as usize).ok_or_else(|| invalid(0))?;
        let body = FunctionBody::new(BinaryReader::new(code, 0));
        let mut locals = Vec::new();
        for &ty in func.signature.params.iter().chain(&func.signature.results) {
            locals.push(number(ty, 0)?);
        }
        locals.truncate(func.signature.params.len());
        let mut reader = body.get_locals_reader().map_err(broken)?;
        for _ in 0..reader.get_count() {
            let offset = reader.original_position();
            let (count, ty) = reader.read().map_err(broken)?;
            let ty = number(value_type(ty).ok_or_else(|| invalid(offset))?, offset)?;
            locals.extend(std::iter::repeat_n(ty, count as usize));
        }

        let signature = func.signature.flat();
        let mut builder = Builder::new(signature.clone());
        builder.set_locals(flat_types(&locals));
        let mut next = 0;
        let locals = locals.into_iter().map(|ty| {
            let first = next;
            next += ty.flat().len() as u32;
            (first, ty)
        });
        let locals = locals.collect();
        let root = builder.body().root();
        let entry = builder.block(root, &signature.params);
        builder.switch_to(entry);
        let results = signature.results.len();
        let frame = Frame {
            kind: Kind::Func,
            height: 0,
            branch_arity: results,
            results,
            values: Vec::new(),
            parent: entry,
            loops: 0,
        };
        let mut decoder = Decoder {
            items,
            remap,
            builder,
            locals,
            stack: Vec::new(),
            high: SecondaryMap::new(),
            frames: vec![frame],
            skipping: None,
            operands: 0,
            targets: 0,
            offset: 0,
        };
        let mut ops = body.get_operators_reader().map_err(broken)?;
        while !ops.eof() {
            let (op, offset) = ops.read_with_offset().map_err(broken)?;
            decoder.offset = offset;
            decoder.builder.set_loc(Loc::at(offset as u32));
            decoder.operator(&op)?;
            if decoder.operands > MAX_OPERANDS {
                return Err(limit("operands and results", MAX_OPERANDS, offset));
            }
        }
        let locals = decoder.builder.body().locals().len();
        if locals.saturating_mul(decoder.targets) > MAX_LOCALS_BY_BLOCKS {
            return Err(limit(
                "locals times branch targets",
                MAX_LOCALS_BY_BLOCKS,
                0,
            ));
        }
        if decoder.frames.is_empty() {
            Ok(decoder.builder.finish())
        } else {
            Err(invalid(decoder.offset))
        }
    }

    fn operator(&mut self, op: &Operator<'_>) -> Result<(), Diagnostic> {
        if let Some(depth) = self.skipping {
            return self.skip(op, depth);
        }
        if let Some((opcode, results)) = simple(op) {
            return self.simple(opcode, Vec::new(), results);
        }
        if let Some((opcode, memarg, results)) = memory(op) {
            let MemArgTarget::Memory(memory) = memarg.target else {
                return Err(unsupported("an access to an array", self.offset));
            };
            return match self.remap.memory(memory) {
                0 => self.simple(opcode, vec![mem(memarg)], results),
                memory => self.far_access(opcode, memory, memarg),
            };
        }
        if let Some((opcode, attrs)) = indexed(op, self.remap) {
            return self.simple(opcode, attrs, row_results(opcode.opcode()));
        }
        if let Some((opcode, accessed, attrs)) = vector::instruction(op) {
            return self.vector(opcode, accessed, attrs);
        }
        match op {
            Operator::I32Const { value } => {
                self.constant(WasmOp::I32Const, u64::from(*value as u32), Type::I32)
            }
            Operator::I64Const { value } => {
                self.constant(WasmOp::I64Const, *value as u64, Type::I64)
            }
            Operator::F32Const { value } => {
                self.constant(WasmOp::F32Const, value.bits().into(), Type::F32)
            }
            Operator::F64Const { value } => {
                self.constant(WasmOp::F64Const, value.bits(), Type::F64)
            }
            Operator::LocalGet { local_index } => {
                let place = self.local(*local_index)?;
                self.read(WasmOp::LocalGet, place);
                Ok(())
            }
            Operator::LocalSet { local_index } => {
                let place = self.local(*local_index)?;
                self.write(WasmOp::LocalSet, place)
            }
            Operator::LocalTee { local_index } => {
                let place = self.local(*local_index)?;
                self.write(WasmOp::LocalTee, place)
            }
            Operator::GlobalGet { global_index } => {
                let place = self.global(*global_index)?;
                self.read(WasmOp::GlobalGet, place);
                Ok(())
            }
            Operator::GlobalSet { global_index } => {
                let place = self.global(*global_index)?;
                self.write(WasmOp::GlobalSet, place)
            }
            Operator::Drop => {
                for value in self.pop_operand()? {
                    self.push(WasmOp::Drop, &[value], Vec::new(), &[]);
                }
                Ok(())
            }
            Operator::Select | Operator::TypedSelect { .. } => {
                let condition = self.pop()?;
                let (second, first) = (self.pop_operand()?, self.pop_operand()?);
                let start = self.stack.len();
                for (&a, &b) in first.iter().zip(&second) {
                    let ty = self.builder.body().ty(a);
                    self.push(WasmOp::Select, &[a, b, condition], Vec::new(), &[ty]);
                }
                if let [_, high] = self.stack[start..] {
                    self.high[high] = true;
                }
                Ok(())
            }
            Operator::RefNull { hty } => {
                let ty = wasmparser::RefType::new(true, *hty).map(wasmparser::ValType::Ref);
                let ty = ty
                    .and_then(value_type)
                    .ok_or_else(|| invalid(self.offset))?;
                self.simple(WasmOp::RefNull, Vec::new(), &[ty])
            }
            Operator::RefFunc { function_index } => {
                let func = Attr::Func(self.remap.func(*function_index));
                self.simple(WasmOp::RefFunc, vec![func], &[Type::FuncRef])
            }
            Operator::TableGet { table } => {
                let item = self.items.module.tables.get(*table as usize);
                let ty = item.ok_or_else(|| invalid(self.offset))?.ty;
                let attrs = vec![Attr::Index(self.remap.table(*table))];
                self.simple(WasmOp::TableGet, attrs, &[ty])
            }
            Operator::Call { function_index } => {
                let (args, attrs, results) = self.callee(*function_index)?;
                self.call(WasmOp::Call, &args, attrs, results)
            }
            Operator::CallIndirect {
                type_index,
                table_index,
            } => {
                let (args, attrs, results) = self.indirect_callee(*type_index, *table_index)?;
                self.call(WasmOp::CallIndirect, &args, attrs, results)
            }
            Operator::ReturnCall { function_index } => {
                let (args, attrs, _) = self.callee(*function_index)?;
                self.terminator(WasmOp::ReturnCall, &args, attrs)
            }
            Operator::ReturnCallIndirect {
                type_index,
                table_index,
            } => {
                let (args, attrs, _) = self.indirect_callee(*type_index, *table_index)?;
                self.terminator(WasmOp::ReturnCallIndirect, &args, attrs)
            }
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::End => self.structure(op),
            Operator::Br { relative_depth } => {
                let args = self.branch_args(*relative_depth)?;
                self.terminator(WasmOp::Br, &args, vec![Attr::Index(*relative_depth)])
            }
            Operator::BrIf { relative_depth } => {
                let mut args = vec![self.pop()?];
                args.extend(self.branch_args(*relative_depth)?);
                self.targets += 1;
                self.push(WasmOp::BrIf, &args, vec![Attr::Index(*relative_depth)], &[]);
                Ok(())
            }
            Operator::BrTable { targets } => {
                if targets.len() >= MAX_BR_TABLE {
                    return Err(limit(
                        "`br_table` entries",
                        MAX_BR_TABLE as usize,
                        self.offset,
                    ));
                }
                let mut depths = Vec::with_capacity(targets.len() as usize + 1);
                for depth in targets.targets() {
                    depths.push(depth.map_err(|_| invalid(self.offset))?);
                }
                depths.push(targets.default());
                let mut args = vec![self.pop()?];
                args.extend(self.branch_args(targets.default())?);
                self.operands += depths.len() * args.len();
                self.targets += depths.len();
                self.terminator(WasmOp::BrTable, &args, vec![Attr::Indices(depths)])
            }
            Operator::Return => {
                let args = self.branch_args(self.frames.len() as u32 - 1)?;
                self.terminator(WasmOp::Return, &args, Vec::new())
            }
            Operator::Unreachable => self.terminator(WasmOp::Unreachable, &[], Vec::new()),
            other => Err(unsupported(
                format_args!(
                    "`{}` (proposal `{}`)",
                    op_name(other),
                    super::refusal::proposal_of(other)
                ),
                self.offset,
            )),
        }
    }

    /// Operands and attributes of a call of a function, and its results.
    fn callee(&mut self, function: u32) -> Result<Callee<'a>, Diagnostic> {
        let funcs = &self.items.module.funcs;
        let func = funcs
            .get(function as usize)
            .ok_or_else(|| invalid(self.offset))?;
        let args = self.pop_n(func.signature.flat().params.len())?;
        let attrs = vec![Attr::Func(self.remap.func(function))];
        Ok((args, attrs, &func.signature.results))
    }

    /// The same of a call through a table.
    fn indirect_callee(&mut self, ty: u32, table: u32) -> Result<Callee<'a>, Diagnostic> {
        let types = &self.items.module.types;
        let signature = types.get(ty as usize).ok_or_else(|| invalid(self.offset))?;
        let mut args = vec![self.pop()?];
        args.extend(self.pop_n(signature.flat().params.len())?);
        let attrs = vec![
            Attr::Index(self.remap.ty(ty)),
            Attr::Index(self.remap.table(table)),
        ];
        Ok((args, attrs, &signature.results))
    }

    fn call(
        &mut self,
        op: WasmOp,
        args: &[Value],
        attrs: Vec<Attr>,
        results: &[Type],
    ) -> Result<(), Diagnostic> {
        self.numbers(results)?;
        self.push(op, args, attrs, results);
        Ok(())
    }

    /// In code that cannot run, only nesting matters.
    fn skip(&mut self, op: &Operator<'_>, depth: usize) -> Result<(), Diagnostic> {
        match op {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.skipping = Some(depth + 1);
            }
            Operator::Else if depth == 0 => return self.structure(op),
            Operator::End if depth == 0 => return self.structure(op),
            Operator::End => self.skipping = Some(depth - 1),
            _ => {}
        }
        Ok(())
    }

    fn structure(&mut self, op: &Operator<'_>) -> Result<(), Diagnostic> {
        match op {
            Operator::Block { blockty } => self.open(WasmOp::Block, *blockty),
            Operator::Loop { blockty } => self.open(WasmOp::Loop, *blockty),
            Operator::If { blockty } => self.open(WasmOp::If, *blockty),
            Operator::Else => {
                self.close_region()?;
                let frame = self.frames.last_mut().ok_or_else(|| invalid(self.offset))?;
                let Kind::If { else_block } = frame.kind else {
                    return Err(invalid(self.offset));
                };
                frame.kind = Kind::Else;
                self.enter(else_block);
                Ok(())
            }
            Operator::End => {
                self.close_region()?;
                let frame = self.frames.pop().ok_or_else(|| invalid(self.offset))?;
                if let Kind::If { else_block } = frame.kind {
                    self.builder.switch_to(else_block);
                    let params = self.builder.body().block(else_block).params.clone();
                    self.builder.op(WasmOp::End, &params, Vec::new(), &[]);
                }
                self.builder.switch_to(frame.parent);
                self.stack.extend(frame.values);
                Ok(())
            }
            _ => Err(invalid(self.offset)),
        }
    }

    fn open(&mut self, opcode: WasmOp, ty: BlockType) -> Result<(), Diagnostic> {
        if self.frames.len() >= MAX_NESTING {
            return Err(limit("nested blocks", MAX_NESTING, self.offset));
        }
        let around = self.frames.last().map_or(0, |frame| frame.loops);
        let loops = around + usize::from(opcode == WasmOp::Loop);
        if loops > MAX_LOOPS {
            return Err(limit("nested loops", MAX_LOOPS, self.offset));
        }
        let source = self.block_type(ty)?;
        let signature = source.flat();
        let condition = if opcode == WasmOp::If {
            Some(self.pop()?)
        } else {
            None
        };
        let params = self.pop_n(signature.params.len())?;
        let height = self.stack.len();
        let parent = self.builder.current().ok_or_else(|| invalid(self.offset))?;
        let args: Vec<Value> = condition.into_iter().chain(params).collect();

        let region = self.builder.region();
        let inner = self.block(region, &source.params);
        let mut regions = vec![region];
        let kind = match opcode {
            WasmOp::Loop => Kind::Loop,
            WasmOp::If => {
                let region = self.builder.region();
                regions.push(region);
                Kind::If {
                    else_block: self.block(region, &source.params),
                }
            }
            _ => Kind::Block,
        };
        self.operands += args.len() + signature.results.len() + signature.params.len() * 2;
        self.targets += 1;
        let op = self.builder.op_full(
            opcode,
            &args,
            Vec::new(),
            &signature.results,
            Vec::new(),
            regions,
        );
        let values = self.builder.body().op(op).results.clone();
        self.note_halves(&values, &source.results);
        let branch_arity = if kind == Kind::Loop {
            signature.params.len()
        } else {
            signature.results.len()
        };
        self.frames.push(Frame {
            kind,
            height,
            branch_arity,
            results: signature.results.len(),
            values,
            parent,
            loops,
        });
        self.enter(inner);
        Ok(())
    }

    /// A region's block with parameters of these WASM types.
    fn block(&mut self, region: Region, params: &[Type]) -> Block {
        let block = self.builder.block(region, &flat_types(params));
        let values = self.builder.body().block(block).params.clone();
        self.note_halves(&values, params);
        block
    }

    /// Starts the code of a region's block, whose parameters are on the stack.
    fn enter(&mut self, block: Block) {
        self.builder.switch_to(block);
        self.stack
            .extend(self.builder.body().block(block).params.iter().copied());
    }

    /// Ends the innermost region: with `wasm.end` if its end can be reached.
    fn close_region(&mut self) -> Result<(), Diagnostic> {
        let frame = self.frames.last().ok_or_else(|| invalid(self.offset))?;
        let (height, results) = (frame.height, frame.results);
        if self.skipping.is_none() {
            let args = self.pop_n(results)?;
            self.push(WasmOp::End, &args, Vec::new(), &[]);
        }
        self.skipping = None;
        self.stack.truncate(height);
        Ok(())
    }

    /// The values a branch to label `depth` takes, left on the stack.
    fn branch_args(&self, depth: u32) -> Result<Vec<Value>, Diagnostic> {
        let frame = self
            .frames
            .len()
            .checked_sub(1 + depth as usize)
            .ok_or_else(|| invalid(self.offset))?;
        let start = self
            .stack
            .len()
            .checked_sub(self.frames[frame].branch_arity)
            .ok_or_else(|| invalid(self.offset))?;
        Ok(self.stack[start..].to_vec())
    }

    fn terminator(
        &mut self,
        opcode: WasmOp,
        args: &[Value],
        attrs: Vec<Attr>,
    ) -> Result<(), Diagnostic> {
        self.push(opcode, args, attrs, &[]);
        self.skipping = Some(0);
        Ok(())
    }

    fn constant(&mut self, opcode: WasmOp, bits: u64, ty: Type) -> Result<(), Diagnostic> {
        self.push(opcode, &[], vec![Attr::Int(bits)], &[ty]);
        Ok(())
    }

    /// An op whose operands are as many as its row says.
    fn simple(
        &mut self,
        opcode: WasmOp,
        attrs: Vec<Attr>,
        results: &[Type],
    ) -> Result<(), Diagnostic> {
        let Arity::Fixed(operands) = opcode.opcode().def().operands else {
            return Err(invalid(self.offset));
        };
        let args = self.pop_n(operands.len())?;
        self.push(opcode, &args, attrs, results);
        Ok(())
    }

    /// An access to a memory beyond the first, whose rows are of 64 bits.
    fn far_access(
        &mut self,
        opcode: WasmOp,
        memory: u32,
        memarg: &MemArg,
    ) -> Result<(), Diagnostic> {
        let (bytes, conversions) = far(opcode).ok_or_else(|| invalid(self.offset))?;
        let attrs = vec![Attr::Index(memory), mem(memarg), Attr::Index(bytes)];
        let is_load = !row_results(opcode.opcode()).is_empty();
        if is_load {
            self.simple(WasmOp::MemoryNLoad, attrs.clone(), &[Type::I64])?;
        }
        for op in conversions {
            self.simple(*op, Vec::new(), row_results(op.opcode()))?;
        }
        if is_load {
            Ok(())
        } else {
            self.simple(WasmOp::MemoryNStore, attrs, &[])
        }
    }

    /// Appends an op with results of these WASM types and pushes them.
    fn push(
        &mut self,
        opcode: impl Into<Opcode>,
        args: &[Value],
        attrs: Vec<Attr>,
        results: &[Type],
    ) {
        let op = self.builder.op(opcode, args, attrs, &flat_types(results));
        let values = self.builder.body().op(op).results.clone();
        self.operands += args.len() + values.len();
        self.note_halves(&values, results);
        self.stack.extend(values);
    }

    /// Pushes what a local or global holds.
    fn read(&mut self, opcode: WasmOp, (first, ty): (u32, Type)) {
        let start = self.stack.len();
        for (index, &half) in (first..).zip(ty.flat()) {
            self.push(opcode, &[], vec![Attr::Index(index)], &[half]);
        }
        let values = self.stack[start..].to_vec();
        self.note_halves(&values, &[ty]);
    }

    /// Pops the new value of a local or global; `local.tee` leaves it.
    fn write(&mut self, opcode: WasmOp, (first, ty): (u32, Type)) -> Result<(), Diagnostic> {
        let values = self.pop_n(ty.flat().len())?;
        let start = self.stack.len();
        for ((index, half), value) in (first..).zip(ty.flat()).zip(values) {
            let results = if opcode == WasmOp::LocalTee {
                std::slice::from_ref(half)
            } else {
                &[]
            };
            self.push(opcode, &[value], vec![Attr::Index(index)], results);
        }
        if opcode == WasmOp::LocalTee {
            let values = self.stack[start..].to_vec();
            self.note_halves(&values, &[ty]);
        }
        Ok(())
    }

    /// Notes which values, those of these WASM types, are high halves.
    fn note_halves(&mut self, values: &[Value], types: &[Type]) {
        let mut at = 0;
        for ty in types {
            at += ty.flat().len();
            if *ty == Type::V128 {
                self.high[values[at - 1]] = true;
            }
        }
    }

    /// The values of the topmost operand, whatever its type.
    fn pop_operand(&mut self) -> Result<Vec<Value>, Diagnostic> {
        let top = *self.stack.last().ok_or_else(|| invalid(self.offset))?;
        self.pop_n(1 + usize::from(self.high[top]))
    }

    fn pop(&mut self) -> Result<Value, Diagnostic> {
        self.stack.pop().ok_or_else(|| invalid(self.offset))
    }

    fn pop_n(&mut self, n: usize) -> Result<Vec<Value>, Diagnostic> {
        let start = self
            .stack
            .len()
            .checked_sub(n)
            .ok_or_else(|| invalid(self.offset))?;
        Ok(self.stack.split_off(start))
    }

    /// A local's index in the body and its WASM type.
    fn local(&self, index: u32) -> Result<(u32, Type), Diagnostic> {
        let local = self.locals.get(index as usize).copied();
        local.ok_or_else(|| invalid(self.offset))
    }

    /// A global's index in the decoded module and its WASM type.
    fn global(&self, index: u32) -> Result<(u32, Type), Diagnostic> {
        let first = self.items.globals.get(index as usize).copied();
        let first = first.ok_or_else(|| invalid(self.offset))?;
        let ty = self.items.module.globals[first as usize].source;
        Ok((self.remap.global(first), number(ty, self.offset)?))
    }

    fn numbers(&self, types: &[Type]) -> Result<(), Diagnostic> {
        types
            .iter()
            .try_for_each(|&ty| number(ty, self.offset).map(drop))
    }

    fn block_type(&self, ty: BlockType) -> Result<Signature, Diagnostic> {
        let signature = match ty {
            BlockType::Empty => Signature::default(),
            BlockType::Type(ty) => Signature {
                params: Vec::new(),
                results: vec![value_type(ty).ok_or_else(|| invalid(self.offset))?],
            },
            BlockType::FuncType(index) => self
                .items
                .module
                .types
                .get(index as usize)
                .cloned()
                .ok_or_else(|| invalid(self.offset))?,
        };
        self.numbers(&signature.params)?;
        self.numbers(&signature.results)?;
        Ok(signature)
    }
}

fn mem(memarg: &MemArg) -> Attr {
    Attr::Mem {
        offset: memarg.offset,
        align: memarg.align,
    }
}

/// A value type that the wasm dialect has.
fn number(ty: Type, offset: u64) -> Result<Type, Diagnostic> {
    match ty {
        Type::I32
        | Type::I64
        | Type::F32
        | Type::F64
        | Type::V128
        | Type::FuncRef
        | Type::ExternRef => Ok(ty),
        Type::Word => Err(unsupported(format_args!("a value of type `{ty}`"), offset)),
    }
}

fn invalid(offset: u64) -> Diagnostic {
    Diagnostic::error(
        "invalid",
        "these bytes are not the function that was validated",
    )
    .at(offset)
}

fn limit(what: &str, most: usize, offset: u64) -> Diagnostic {
    Diagnostic::error(
        "limit-exceeded",
        format!("this function has more than {most} {what}"),
    )
    .at(offset)
}
