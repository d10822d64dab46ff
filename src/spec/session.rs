//! One module as an instance: the group of one, instantiated.

use super::called::Called;
use super::group::{Group, State, is_unsupported};
use crate::{Options, Unit};
use std::fmt;
use zkc_ir::{Diagnostic, Trap};

/// A module's instance.
#[derive(Clone, Debug)]
pub struct Session {
    group: Group,
    /// State after instantiation.
    fresh: State,
}

/// Why a module has no instance.
#[derive(Clone, Debug)]
pub enum OpenError {
    /// It needs something zkc does not support, outside functions or in its start function.
    Unsupported(Diagnostic),
    /// It is refused.
    Refused(Diagnostic),
    /// Its start function or a segment traps.
    Trap(Trap),
    /// Its start function does not end.
    OutOfSteps,
    /// The machine refuses the start function's run: a finding.
    Failed(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Unsupported(d) => write!(f, "unsupported: {d}"),
            OpenError::Refused(d) => write!(f, "refused: {d}"),
            OpenError::Trap(trap) => write!(f, "trap {trap}"),
            OpenError::OutOfSteps => f.write_str("out of steps"),
            OpenError::Failed(why) => f.write_str(why),
        }
    }
}

impl Session {
    /// Compiles a module with every exported function that is supported, and instantiates it.
    pub fn open(wasm: &[u8], options: &Options) -> Result<Session, OpenError> {
        let refused = |diagnostic: Diagnostic| match diagnostic.code {
            _ if is_unsupported(&diagnostic) => OpenError::Unsupported(diagnostic),
            _ => OpenError::Refused(diagnostic),
        };
        let called = crate::decode(wasm).map_err(refused)?.start.is_some();
        let open = |called| {
            let unit = Unit {
                name: "main".to_owned(),
                wasm: wasm.to_vec(),
                from: None,
                called,
            };
            Group::compile(vec![unit], options)
        };
        let mut group = match open(called) {
            // a segment out of bounds: the trap of the code that would copy it
            Err(diagnostic) if diagnostic.code == "instantiation-trap" => open(true),
            other => other,
        }
        .map_err(refused)?;
        if let Some(diagnostic) = group.unsupported(0, None) {
            return Err(OpenError::Unsupported(diagnostic.clone()));
        }
        match group.instantiate(0) {
            Called::Values(_) => {}
            Called::Trap(trap) => return Err(OpenError::Trap(trap)),
            Called::OutOfSteps => return Err(OpenError::OutOfSteps),
            Called::Unsupported(why) | Called::Failed(why) => return Err(OpenError::Failed(why)),
        }
        let fresh = group.state();
        Ok(Session { group, fresh })
    }

    /// Calls an exported function; what it leaves in memory, globals and tables is there for the next call.
    pub fn call(&mut self, name: &str, args: &[u64]) -> Called {
        self.group.call(0, name, args)
    }

    /// Back to the state after instantiation.
    pub fn reset(&mut self) {
        self.group.set_state(&self.fresh);
    }

    /// The words of an exported global.
    pub fn global(&self, name: &str) -> Option<Vec<u64>> {
        self.group.global(0, name)
    }

    /// The bytes of an exported memory.
    pub fn memory(&self, name: &str) -> Option<Vec<u8>> {
        self.group.memory(0, name)
    }

    /// The words of an exported table's elements.
    pub fn table(&self, name: &str) -> Option<Vec<u64>> {
        self.group.table(0, name)
    }
}
