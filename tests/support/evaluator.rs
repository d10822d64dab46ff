//! The wasm dialect's evaluator with the interface of a session: zkc's own meaning of a module, before any lowering.

use zkc::spec::{Called, OpenError};
use zkc_ir::eval::{EvalError, Limits, WasmInstance};
use zkc_ir::{ExportKind, Module};

/// Most ops of one call.
const FUEL: u64 = 20_000_000;

/// An instance in the evaluator.
pub(crate) struct Evaluator<'m>(WasmInstance<'m>);

impl<'m> Evaluator<'m> {
    /// Instantiates a module and runs its start function.
    pub(crate) fn open(module: &'m Module) -> Result<Evaluator<'m>, OpenError> {
        let limits = Limits {
            fuel: FUEL,
            ..Limits::default()
        };
        let instance =
            WasmInstance::with_limits(module, &[], limits).map_err(|error| match error {
                EvalError::Trap(trap) => OpenError::Trap(trap),
                EvalError::OutOfFuel => OpenError::OutOfSteps,
                EvalError::Unsupported(why) => {
                    OpenError::Unsupported(zkc_ir::Diagnostic::error("unsupported", why))
                }
                EvalError::OutOfMemory | EvalError::BadCall(_) | EvalError::Malformed(_) => {
                    OpenError::Failed(error.to_string())
                }
            })?;
        Ok(Evaluator(instance))
    }

    /// Calls an exported function.
    pub(crate) fn call(&mut self, name: &str, args: &[u64]) -> Called {
        self.0.limits.fuel = FUEL;
        match self.0.invoke_export(name, args) {
            Ok(values) => Called::Values(values),
            Err(EvalError::Trap(trap)) => Called::Trap(trap),
            Err(EvalError::OutOfFuel) => Called::OutOfSteps,
            Err(EvalError::Unsupported(why)) => Called::Unsupported(why),
            Err(error) => Called::Failed(error.to_string()),
        }
    }

    /// The words of an exported global.
    pub(crate) fn global(&self, name: &str) -> Option<Vec<u64>> {
        let ExportKind::Global(index) = self.exported(name)? else {
            return None;
        };
        let halves = match self.0.module.globals[index as usize].source {
            zkc_ir::Type::V128 => 2,
            _ => 1,
        };
        let words = (index..index + halves).map(|index| self.0.instance.global(index).ok());
        words.collect()
    }

    /// The bytes of an exported memory.
    pub(crate) fn memory(&self, name: &str) -> Option<Vec<u8>> {
        let ExportKind::Memory(index) = self.exported(name)? else {
            return None;
        };
        let instance = &self.0.instance;
        let memory = match (index as usize).checked_sub(1) {
            Some(more) => &instance.more_memories[more],
            None => &instance.memory,
        };
        let mut bytes = vec![0; memory.len() as usize];
        memory
            .read(0, &mut bytes)
            .expect("a memory can be read from end to end");
        Some(bytes)
    }

    /// The words of an exported table's elements.
    pub(crate) fn table(&self, name: &str) -> Option<Vec<u64>> {
        let ExportKind::Table(index) = self.exported(name)? else {
            return None;
        };
        Some(self.0.instance.tables[index as usize].entries.clone())
    }

    fn exported(&self, name: &str) -> Option<ExportKind> {
        let exports = &self.0.module.exports;
        exports.iter().find(|e| e.name == name).map(|e| e.kind)
    }
}
