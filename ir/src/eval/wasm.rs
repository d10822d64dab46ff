//! The wasm dialect's effects and control, and running the functions of a module.

use super::{EvalError, Flow, Instance, Limits, LinearMemory, Semantics, Site, run, tables};
use crate::attr::{Attr, Trap};
use crate::body::Body;
use crate::dialect::Traits;
use crate::module::Module;
use crate::simd::SimdOp;
use crate::wasm::WasmOp;

/// Semantics of the wasm dialect over a module's state.
pub struct WasmSemantics<'a> {
    /// The module.
    pub module: &'a Module,
    /// Its state.
    pub instance: &'a mut Instance,
}

impl WasmSemantics<'_> {
    fn load(&self, site: &Site<'_>, args: &[u64], bytes: u32) -> Result<u64, EvalError> {
        let at = LinearMemory::address(args[0], site.offset(0)?)?;
        Ok(self.instance.memory.load(at, bytes)?)
    }

    fn store(&mut self, site: &Site<'_>, args: &[u64], bytes: u32) -> Result<Flow, EvalError> {
        let at = LinearMemory::address(args[0], site.offset(0)?)?;
        self.instance.memory.store(at, bytes, args[1])?;
        Ok(Flow::Next)
    }

    fn simd(&mut self, site: &Site<'_>, op: SimdOp, args: &[u64]) -> Result<Flow, EvalError> {
        let attrs = &site.data().attrs;
        let len = op.access_bytes() as usize;
        if len == 0 {
            return Ok(Flow::Values(op.evaluate(args, attrs)));
        }
        let at = LinearMemory::address(args[0], site.offset(0)?)?;
        let mut bytes = [0; 16];
        if site.data().opcode.has(Traits::WRITES) {
            bytes = op.stored(&args[1..], attrs).to_le_bytes();
            self.instance.memory.write(at, &bytes[..len])?;
            return Ok(Flow::Next);
        }
        self.instance.memory.read(at, &mut bytes[..len])?;
        Ok(Flow::Values(op.loaded(
            u128::from_le_bytes(bytes),
            &args[1..],
            attrs,
        )))
    }
}

/// Fuel of a bulk memory op.
pub(super) fn bulk_fuel(len: u64) -> u64 {
    len / 8
}

/// A branch to the label `depth` levels out.
fn branch(site: &Site<'_>, depth: u32, args: &[u64]) -> Flow {
    let depth = depth as usize;
    let holder = site
        .scopes
        .len()
        .checked_sub(depth + 1)
        .map(|i| site.body.op(site.scopes[i].op));
    match holder.and_then(|data| WasmOp::from_opcode(data.opcode)) {
        Some(WasmOp::Loop) => Flow::Again(depth, args.to_vec()),
        _ => Flow::Leave(depth, args.to_vec()),
    }
}

impl Semantics for WasmSemantics<'_> {
    fn exec(&mut self, site: &mut Site<'_>, args: &[u64]) -> Result<Flow, EvalError> {
        let operands = site.data().opcode.def().operands;
        let (crate::Arity::Fixed(fixed) | crate::Arity::Variadic(fixed)) = operands;
        if args.len() < fixed.len() {
            return Err(site.malformed("as many operands as the row says"));
        }
        if let Some(op) = SimdOp::from_opcode(site.data().opcode) {
            return self.simd(site, op, args);
        }
        let Some(op) = WasmOp::from_opcode(site.data().opcode) else {
            return Err(site.malformed("an op of the wasm dialect"));
        };
        use WasmOp as W;
        Ok(match op {
            W::I32Load | W::F32Load | W::I64Load32U => Flow::Value(self.load(site, args, 4)?),
            W::I64Load | W::F64Load => Flow::Value(self.load(site, args, 8)?),
            W::I32Load8U | W::I64Load8U => Flow::Value(self.load(site, args, 1)?),
            W::I32Load16U | W::I64Load16U => Flow::Value(self.load(site, args, 2)?),
            W::I32Load8S => Flow::Value(u64::from(self.load(site, args, 1)? as i8 as u32)),
            W::I32Load16S => Flow::Value(u64::from(self.load(site, args, 2)? as i16 as u32)),
            W::I64Load8S => Flow::Value(self.load(site, args, 1)? as i8 as u64),
            W::I64Load16S => Flow::Value(self.load(site, args, 2)? as i16 as u64),
            W::I64Load32S => Flow::Value(self.load(site, args, 4)? as i32 as u64),
            W::I32Store | W::F32Store | W::I64Store32 => self.store(site, args, 4)?,
            W::I64Store | W::F64Store => self.store(site, args, 8)?,
            W::I32Store8 | W::I64Store8 => self.store(site, args, 1)?,
            W::I32Store16 | W::I64Store16 => self.store(site, args, 2)?,
            W::MemorySize => Flow::Value(u64::from(self.instance.memory.pages())),
            W::MemoryGrow => Flow::Value(u64::from(self.instance.memory.grow(args[0] as u32))),
            W::MemoryFill => {
                site.charge(bulk_fuel(args[2]))?;
                self.instance.memory.fill(args[0], args[1] as u8, args[2])?;
                Flow::Next
            }
            W::MemoryCopy => {
                site.charge(bulk_fuel(args[2]))?;
                self.instance.memory.copy(args[0], args[1], args[2])?;
                Flow::Next
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
            | W::MemoryNCopy => tables::exec(self.instance, self.module, op, site, args)?,
            W::LocalGet | W::LocalSet | W::LocalTee => {
                let index = site.index(0)? as usize;
                let Some(local) = site.locals.get_mut(index) else {
                    return Err(site.malformed("a local of the function"));
                };
                if op == W::LocalGet {
                    return Ok(Flow::Value(*local));
                }
                *local = args[0];
                if op == W::LocalTee {
                    Flow::Value(args[0])
                } else {
                    Flow::Next
                }
            }
            W::GlobalGet => Flow::Value(self.instance.global(site.index(0)?)?),
            W::GlobalSet => {
                self.instance.set_global(site.index(0)?, args[0])?;
                Flow::Next
            }
            W::Nop | W::Drop => Flow::Next,
            W::Block | W::Loop => Flow::Enter(0, args.to_vec()),
            W::If => Flow::Enter(usize::from(args[0] == 0), args[1..].to_vec()),
            W::End => Flow::Leave(0, args.to_vec()),
            W::Br => branch(site, site.index(0)?, args),
            W::BrIf if args[0] == 0 => Flow::Next,
            W::BrIf => branch(site, site.index(0)?, &args[1..]),
            W::BrTable => {
                let Some(Attr::Indices(depths)) = site.data().attrs.first() else {
                    return Err(site.malformed("depths as attribute"));
                };
                let selected = usize::try_from(args[0])
                    .ok()
                    .and_then(|i| depths.get(i))
                    .or(depths.last());
                match selected {
                    Some(&depth) => branch(site, depth, &args[1..]),
                    None => return Err(site.malformed("a last depth")),
                }
            }
            W::Return => Flow::Return(args.to_vec()),
            W::Unreachable => return Err(Trap::Unreachable.into()),
            W::Call => Flow::Call(site.index(0)?, args.to_vec()),
            W::ReturnCall => Flow::TailCall(site.index(0)?, args.to_vec()),
            W::CallIndirect | W::ReturnCallIndirect => {
                let func =
                    self.instance
                        .indirect(self.module, site.index(1)?, site.index(0)?, args[0])?;
                let args = args[1..].to_vec();
                if op == W::CallIndirect {
                    Flow::Call(func, args)
                } else {
                    Flow::TailCall(func, args)
                }
            }
            // Rows with an evaluator.
            W::I32Const
            | W::I64Const
            | W::F32Const
            | W::F64Const
            | W::I32Eqz
            | W::I32Eq
            | W::I32Ne
            | W::I32LtS
            | W::I32LtU
            | W::I32GtS
            | W::I32GtU
            | W::I32LeS
            | W::I32LeU
            | W::I32GeS
            | W::I32GeU
            | W::I32Clz
            | W::I32Ctz
            | W::I32Popcnt
            | W::I32Add
            | W::I32Sub
            | W::I32Mul
            | W::I32DivS
            | W::I32DivU
            | W::I32RemS
            | W::I32RemU
            | W::I32And
            | W::I32Or
            | W::I32Xor
            | W::I32Shl
            | W::I32ShrS
            | W::I32ShrU
            | W::I32Rotl
            | W::I32Rotr
            | W::I32Extend8S
            | W::I32Extend16S
            | W::I64Eqz
            | W::I64Eq
            | W::I64Ne
            | W::I64LtS
            | W::I64LtU
            | W::I64GtS
            | W::I64GtU
            | W::I64LeS
            | W::I64LeU
            | W::I64GeS
            | W::I64GeU
            | W::I64Clz
            | W::I64Ctz
            | W::I64Popcnt
            | W::I64Add
            | W::I64Sub
            | W::I64Mul
            | W::I64DivS
            | W::I64DivU
            | W::I64RemS
            | W::I64RemU
            | W::I64And
            | W::I64Or
            | W::I64Xor
            | W::I64Shl
            | W::I64ShrS
            | W::I64ShrU
            | W::I64Rotl
            | W::I64Rotr
            | W::I64Extend8S
            | W::I64Extend16S
            | W::I64Extend32S
            | W::I32WrapI64
            | W::I64ExtendI32S
            | W::I64ExtendI32U
            | W::I32ReinterpretF32
            | W::I64ReinterpretF64
            | W::F32ReinterpretI32
            | W::F64ReinterpretI64
            | W::RefNull
            | W::RefIsNull
            | crate::float_routines!()
            | W::F32Abs
            | W::F32Neg
            | W::F32Copysign
            | W::F64Abs
            | W::F64Neg
            | W::F64Copysign
            | W::Select => return Err(site.malformed("an op without row evaluator")),
        })
    }

    fn host(&mut self, func: u32, args: &[u64]) -> Result<Flow, EvalError> {
        self.instance.host(self.module, func, args)
    }
}

/// A module and its state, run in the wasm dialect.
pub struct WasmInstance<'m> {
    /// The module.
    pub module: &'m Module,
    /// Its state.
    pub instance: Instance,
    /// What further runs may use; fuel is counted down.
    pub limits: Limits,
}

impl<'m> WasmInstance<'m> {
    /// Instantiates a module with default limits and runs its start function.
    pub fn new(module: &'m Module, input: &[u8]) -> Result<WasmInstance<'m>, EvalError> {
        WasmInstance::with_limits(module, input, Limits::default())
    }

    /// Instantiates a module and runs its start function.
    pub fn with_limits(
        module: &'m Module,
        input: &[u8],
        limits: Limits,
    ) -> Result<WasmInstance<'m>, EvalError> {
        let mut this = WasmInstance {
            module,
            instance: Instance::new(module, input)?,
            limits,
        };
        if let Some(start) = module.start {
            this.invoke(start, &[])?;
        }
        Ok(this)
    }

    /// Runs a function by index.
    pub fn invoke(&mut self, func: u32, args: &[u64]) -> Result<Vec<u64>, EvalError> {
        let module = self.module;
        let bodies = |func: u32| wasm_body(module, func);
        let mut semantics = WasmSemantics {
            module,
            instance: &mut self.instance,
        };
        run(&bodies, &mut semantics, &mut self.limits, func, args)
    }

    /// Runs an exported function.
    pub fn invoke_export(&mut self, name: &str, args: &[u64]) -> Result<Vec<u64>, EvalError> {
        match self.module.exported_func(name) {
            Some(func) => self.invoke(func, args),
            None => Err(EvalError::BadCall(format!("no exported function `{name}`"))),
        }
    }

    /// Public output so far.
    pub fn output(&self) -> &[u8] {
        &self.instance.output
    }
}

/// The code of a function in the wasm dialect, if it has supported code.
fn wasm_body(module: &Module, func: u32) -> Option<&Body> {
    module.funcs.get(func as usize)?.body.code()
}
