//! The cranelift dialect's effects and control.

use super::wasm::bulk_fuel;
use super::{
    Bodies, EvalError, Flow, Instance, Limits, LinearMemory, Semantics, Site, run, tables,
};
use crate::attr::Attr;
use crate::cranelift::ClifOp;
use crate::module::Module;

/// Semantics of the cranelift dialect over a module's state.
pub struct ClifSemantics<'a> {
    /// The module.
    pub module: &'a Module,
    /// Its state.
    pub instance: &'a mut Instance,
}

/// Runs a function of a module whose bodies are in the cranelift dialect.
pub fn run_cranelift<'a>(
    module: &'a Module,
    bodies: Bodies<'a>,
    instance: &mut Instance,
    limits: &mut Limits,
    (func, args): (u32, &[u64]),
) -> Result<Vec<u64>, EvalError> {
    run(
        bodies,
        &mut ClifSemantics { module, instance },
        limits,
        func,
        args,
    )
}

impl ClifSemantics<'_> {
    fn load(&self, site: &Site<'_>, args: &[u64], bytes: u32) -> Result<u64, EvalError> {
        let at = LinearMemory::address(args[0], site.offset(0)?)?;
        Ok(self.instance.memory.load(at, bytes)?)
    }

    fn store(&mut self, site: &Site<'_>, args: &[u64], bytes: u32) -> Result<Flow, EvalError> {
        let at = LinearMemory::address(args[0], site.offset(0)?)?;
        self.instance.memory.store(at, bytes, args[1])?;
        Ok(Flow::Next)
    }
}

impl Semantics for ClifSemantics<'_> {
    fn exec(&mut self, site: &mut Site<'_>, args: &[u64]) -> Result<Flow, EvalError> {
        let Some(op) = ClifOp::from_opcode(site.data().opcode) else {
            return Err(site.malformed("an op of the cranelift dialect"));
        };
        let operands = site.data().opcode.def().operands;
        let (crate::Arity::Fixed(fixed) | crate::Arity::Variadic(fixed)) = operands;
        if args.len() < fixed.len() {
            return Err(site.malformed("as many operands as the row says"));
        }
        use ClifOp as C;
        Ok(match op {
            C::Load32 | C::Uload32To64 => Flow::Value(self.load(site, args, 4)?),
            C::Load64 => Flow::Value(self.load(site, args, 8)?),
            C::Uload8To32 | C::Uload8To64 => Flow::Value(self.load(site, args, 1)?),
            C::Uload16To32 | C::Uload16To64 => Flow::Value(self.load(site, args, 2)?),
            C::Sload8To32 => Flow::Value(u64::from(self.load(site, args, 1)? as i8 as u32)),
            C::Sload16To32 => Flow::Value(u64::from(self.load(site, args, 2)? as i16 as u32)),
            C::Sload8To64 => Flow::Value(self.load(site, args, 1)? as i8 as u64),
            C::Sload16To64 => Flow::Value(self.load(site, args, 2)? as i16 as u64),
            C::Sload32To64 => Flow::Value(self.load(site, args, 4)? as i32 as u64),
            C::Store32 | C::Istore32From64 => self.store(site, args, 4)?,
            C::Store64 => self.store(site, args, 8)?,
            C::Istore8From32 | C::Istore8From64 => self.store(site, args, 1)?,
            C::Istore16From32 | C::Istore16From64 => self.store(site, args, 2)?,
            C::Jump => Flow::Goto(0),
            C::Brif => Flow::Goto(usize::from(args[0] == 0)),
            C::BrTable => {
                let last = site.data().successors.len().saturating_sub(1);
                Flow::Goto(usize::try_from(args[0]).map_or(last, |i| i.min(last)))
            }
            C::Return => Flow::Return(args.to_vec()),
            C::Trap => match site.data().attrs.first() {
                Some(Attr::Trap(trap)) => return Err((*trap).into()),
                _ => return Err(site.malformed("a trap kind as attribute")),
            },
            C::Call => Flow::Call(site.index(0)?, args.to_vec()),
            C::ReturnCall => Flow::TailCall(site.index(0)?, args.to_vec()),
            C::CallIndirect | C::ReturnCallIndirect => {
                let func =
                    self.instance
                        .indirect(self.module, site.index(1)?, site.index(0)?, args[0])?;
                let args = args[1..].to_vec();
                if op == C::CallIndirect {
                    Flow::Call(func, args)
                } else {
                    Flow::TailCall(func, args)
                }
            }
            C::GlobalGet => Flow::Value(self.instance.global(site.index(0)?)?),
            C::GlobalSet => {
                self.instance.set_global(site.index(0)?, args[0])?;
                Flow::Next
            }
            C::MemorySize => Flow::Value(u64::from(self.instance.memory.pages())),
            C::MemoryGrow => Flow::Value(u64::from(self.instance.memory.grow(args[0] as u32))),
            C::MemoryFill => {
                site.charge(bulk_fuel(args[2]))?;
                self.instance.memory.fill(args[0], args[1] as u8, args[2])?;
                Flow::Next
            }
            C::MemoryCopy => {
                site.charge(bulk_fuel(args[2]))?;
                self.instance.memory.copy(args[0], args[1], args[2])?;
                Flow::Next
            }
            C::RefFunc
            | C::TableGet
            | C::TableSet
            | C::TableSize
            | C::TableGrow
            | C::TableFill
            | C::TableCopy
            | C::TableInit
            | C::ElemDrop
            | C::MemoryInit
            | C::DataDrop
            | C::MemoryNLoad
            | C::MemoryNStore
            | C::MemoryNSize
            | C::MemoryNGrow
            | C::MemoryNFill
            | C::MemoryNCopy => {
                let op = op
                    .as_wasm()
                    .ok_or_else(|| site.malformed("an op of both dialects"))?;
                tables::exec(self.instance, self.module, op, site, args)?
            }
            // Rows with an evaluator.
            C::Iconst32
            | C::Iadd32
            | C::Isub32
            | C::Imul32
            | C::Sdiv32
            | C::Udiv32
            | C::Srem32
            | C::Urem32
            | C::Band32
            | C::Bor32
            | C::Bxor32
            | C::Ishl32
            | C::Sshr32
            | C::Ushr32
            | C::Rotl32
            | C::Rotr32
            | C::Clz32
            | C::Ctz32
            | C::Popcnt32
            | C::Icmp32
            | C::Select32
            | C::Sextend8To32
            | C::Sextend16To32
            | C::Iconst64
            | C::Iadd64
            | C::Isub64
            | C::Imul64
            | C::Umulhi64
            | C::Sdiv64
            | C::Udiv64
            | C::Srem64
            | C::Urem64
            | C::Band64
            | C::Bor64
            | C::Bxor64
            | C::Ishl64
            | C::Sshr64
            | C::Ushr64
            | C::Rotl64
            | C::Rotr64
            | C::Clz64
            | C::Ctz64
            | C::Popcnt64
            | C::Icmp64
            | C::Select64
            | C::Sextend8To64
            | C::Sextend16To64
            | C::Uextend
            | C::Sextend
            | C::Ireduce => return Err(site.malformed("an op without row evaluator")),
        })
    }

    fn host(&mut self, func: u32, args: &[u64]) -> Result<Flow, EvalError> {
        self.instance.host(self.module, func, args)
    }
}
