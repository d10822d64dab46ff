//! The reference evaluator: one loop that runs bodies of any dialect.
//!
//! Ops whose row has an evaluator need nothing more. What the others do is told by a [`Semantics`], supplied by whoever
//! owns the dialect ([`WasmSemantics`] and [`ClifSemantics`] here); it answers with a [`Flow`] and never runs code itself.
//! So calls and nested regions live on the evaluator's own stack: a guest program can exhaust neither the Rust stack nor
//! (thanks to fuel) time. This is the meaning that every lowering is compared with, so it is plain rather than fast.

mod cranelift;
mod instance;
mod memory;
mod tables;
#[cfg(test)]
mod tests;
mod wasm;

pub use cranelift::{ClifSemantics, run_cranelift};
pub use instance::{Instance, TableState};
pub use memory::{LinearMemory, PAGE_BYTES};
pub use wasm::{WasmInstance, WasmSemantics};

use crate::attr::{Attr, Trap};
use crate::body::{Body, OpData};
use crate::entities::{Block, Op, Region, Value};
use crate::types::Type;

/// Why a run stopped without results.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EvalError {
    /// The program trapped.
    #[error("trap: {0}")]
    Trap(Trap),
    /// The run took more ops than its limit allows.
    #[error("out of fuel")]
    OutOfFuel,
    /// The run touched more memory than its limit allows.
    #[error("out of memory")]
    OutOfMemory,
    /// The program asks for something this evaluator does not have: a host function, an unsupported body.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// The caller named no function of the module or gave it wrong arguments.
    #[error("bad call: {0}")]
    BadCall(String),
    /// The body does not verify, or a semantics answered what does not fit the op. A bug of ours.
    #[error("malformed body: {0}")]
    Malformed(String),
}

impl From<Trap> for EvalError {
    fn from(trap: Trap) -> EvalError {
        EvalError::Trap(trap)
    }
}

/// What happens after an op.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Flow {
    /// The next op; the op has no results.
    Next,
    /// The next op, after one result.
    Value(u64),
    /// The next op, after these results.
    Values(Vec<u64>),
    /// The successor of this number, with the arguments that the op names for it.
    Goto(usize),
    /// Region number `0` of the op, with these values for its first block's parameters.
    Enter(usize, Vec<u64>),
    /// Ends `0` + 1 enclosing regions; the values are the results of the op that holds the outermost of them.
    /// With as many as there are, the function returns.
    Leave(usize, Vec<u64>),
    /// Like `Leave`, but runs the outermost of the regions again with the values for its parameters.
    Again(usize, Vec<u64>),
    /// The caller, with these results.
    Return(Vec<u64>),
    /// Another function, whose results are the op's.
    Call(u32, Vec<u64>),
    /// Another function in this one's place: its results are this one's.
    TailCall(u32, Vec<u64>),
    /// The end of the whole run, with these results.
    Halt(Vec<u64>),
}

/// An op being executed and the parts of its frame that it may use.
pub struct Site<'a> {
    /// The function's body.
    pub body: &'a Body,
    /// The op.
    pub op: Op,
    /// The frame's locals; parameters first.
    pub locals: &'a mut [u64],
    /// The ops whose regions are open, the innermost last.
    pub scopes: &'a [Scope],
    fuel: &'a mut u64,
}

impl<'a> Site<'a> {
    /// The op's data.
    pub fn data(&self) -> &'a OpData {
        self.body.op(self.op)
    }

    /// The attribute of this position as a number; an error if there is none.
    pub fn int(&self, index: usize) -> Result<u64, EvalError> {
        self.data()
            .attrs
            .get(index)
            .and_then(Attr::as_int)
            .ok_or_else(|| self.malformed("a number as attribute"))
    }

    /// The attribute of this position as an index; an error if there is none.
    pub fn index(&self, index: usize) -> Result<u32, EvalError> {
        u32::try_from(self.int(index)?).map_err(|_| self.malformed("an index as attribute"))
    }

    /// Byte offset of the memory attribute at this position.
    pub fn offset(&self, index: usize) -> Result<u64, EvalError> {
        match self.data().attrs.get(index) {
            Some(Attr::Mem { offset, .. }) => Ok(*offset),
            _ => Err(self.malformed("a memory access as attribute")),
        }
    }

    /// Uses up fuel for work beyond one op.
    pub fn charge(&mut self, amount: u64) -> Result<(), EvalError> {
        *self.fuel = self.fuel.checked_sub(amount).ok_or(EvalError::OutOfFuel)?;
        Ok(())
    }

    /// The error for an op that is not as its row says.
    pub fn malformed(&self, expected: &str) -> EvalError {
        EvalError::Malformed(format!(
            "{} `{}`: expected {expected}",
            self.op,
            self.data().opcode
        ))
    }
}

/// An open region: the op that holds it and where that op stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scope {
    /// The op.
    pub op: Op,
    /// Which of its regions is open.
    pub region: Region,
    block: Block,
    next: usize,
}

/// The meaning of ops that their row alone does not give, with the state they work on.
pub trait Semantics {
    /// Executes one op without row evaluator on its operands.
    fn exec(&mut self, site: &mut Site<'_>, args: &[u64]) -> Result<Flow, EvalError>;

    /// Calls a function that has no body: the values it returns, or the end of the run.
    fn host(&mut self, func: u32, args: &[u64]) -> Result<Flow, EvalError>;
}

/// What a run may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Ops.
    pub fuel: u64,
    /// Calls inside each other; one more traps `call-stack-exhausted`.
    pub depth: usize,
    /// Values and locals of all open calls together (8 bytes each); more trap `call-stack-exhausted`.
    pub values: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            fuel: 1_000_000_000,
            depth: 1 << 16,
            values: 1 << 24,
        }
    }
}

struct Frame<'a> {
    body: &'a Body,
    /// First of the frame's values in the value stack.
    base: usize,
    locals: Vec<u64>,
    block: Block,
    next: usize,
    scopes: Vec<Scope>,
}

/// The functions that have bodies, by index.
pub type Bodies<'a> = &'a dyn Fn(u32) -> Option<&'a Body>;

/// Runs a function to its end and gives its results.
///
/// Bodies must verify: rows' evaluators rely on the operands and attributes that their row states.
/// `limits.fuel` is counted down; what is left tells how many ops ran. Operands of 32-bit types are cut to 32 bits.
pub fn run<'a>(
    bodies: Bodies<'a>,
    semantics: &mut dyn Semantics,
    limits: &mut Limits,
    func: u32,
    args: &[u64],
) -> Result<Vec<u64>, EvalError> {
    let Some(body) = bodies(func) else {
        return match semantics.host(func, args)? {
            Flow::Values(results) | Flow::Halt(results) => Ok(results),
            _ => Err(EvalError::BadCall(format!("function {func} has no code"))),
        };
    };
    let signature = body.signature();
    if signature.params.len() != args.len() {
        return Err(EvalError::BadCall(format!(
            "expected {} arguments, found {}",
            signature.params.len(),
            args.len()
        )));
    }
    let args: Vec<u64> = args
        .iter()
        .zip(&signature.params)
        .map(|(&arg, &ty)| cut(ty, arg))
        .collect();
    let mut evaluator = Evaluator {
        bodies,
        semantics,
        fuel: limits.fuel,
        limits: *limits,
        frames: Vec::new(),
        values: Vec::new(),
        used_locals: 0,
    };
    let result = evaluator.call(body, &args).and_then(|()| evaluator.run());
    limits.fuel = evaluator.fuel;
    result
}

/// The bits of a value of this type.
fn cut(ty: Type, bits: u64) -> u64 {
    if ty.bits() == 32 {
        bits & 0xffff_ffff
    } else {
        bits
    }
}

struct Evaluator<'a, 's> {
    bodies: Bodies<'a>,
    semantics: &'s mut dyn Semantics,
    fuel: u64,
    limits: Limits,
    frames: Vec<Frame<'a>>,
    /// Values of all frames.
    values: Vec<u64>,
    used_locals: usize,
}

impl<'a> Evaluator<'a, '_> {
    fn call(&mut self, body: &'a Body, args: &[u64]) -> Result<(), EvalError> {
        let base = self.values.len();
        let used = base + self.used_locals + body.num_values() + body.locals().len();
        if self.frames.len() >= self.limits.depth || used > self.limits.values {
            return Err(Trap::CallStackExhausted.into());
        }
        let Some(&entry) = body.region(body.root()).first() else {
            return Err(EvalError::Malformed("a function without block".into()));
        };
        let mut locals = vec![0; body.locals().len()];
        self.used_locals += locals.len();
        for (local, &arg) in locals.iter_mut().zip(args) {
            *local = arg;
        }
        self.values.resize(base + body.num_values(), 0);
        self.frames.push(Frame {
            body,
            base,
            locals,
            block: entry,
            next: 0,
            scopes: Vec::new(),
        });
        self.assign(&body.block(entry).params, args)
    }

    fn frame(&mut self) -> &mut Frame<'a> {
        self.frames.last_mut().expect("a run has a frame")
    }

    fn assign(&mut self, values: &[Value], bits: &[u64]) -> Result<(), EvalError> {
        let frame = self.frames.last().expect("a run has a frame");
        if values.len() != bits.len() {
            return Err(EvalError::Malformed(format!(
                "expected {} values, found {}",
                values.len(),
                bits.len()
            )));
        }
        for (&value, &bits) in values.iter().zip(bits) {
            self.values[frame.base + value.as_u32() as usize] = bits;
        }
        Ok(())
    }

    fn jump(&mut self, block: Block, args: &[u64]) -> Result<(), EvalError> {
        let frame = self.frame();
        (frame.block, frame.next) = (block, 0);
        let body = frame.body;
        self.assign(&body.block(block).params, args)
    }

    fn enter(&mut self, region: Region, args: &[u64]) -> Result<(), EvalError> {
        match self.frame().body.region(region).first() {
            Some(&block) => self.jump(block, args),
            None => Err(EvalError::Malformed(format!(
                "{region} has no block to enter"
            ))),
        }
    }

    /// Takes the current call's frame off the stack.
    fn pop_frame(&mut self) {
        let frame = self.frames.pop().expect("a run has a frame");
        self.values.truncate(frame.base);
        self.used_locals -= frame.locals.len();
    }

    /// Ends the current call; the results of the run if it was the first.
    fn leave_call(&mut self, results: Vec<u64>) -> Result<Option<Vec<u64>>, EvalError> {
        self.pop_frame();
        let Some(caller) = self.frames.last() else {
            return Ok(Some(results));
        };
        let op = caller.body.block(caller.block).ops[caller.next - 1];
        let body = caller.body;
        self.assign(&body.op(op).results, &results)?;
        Ok(None)
    }

    fn run(&mut self) -> Result<Vec<u64>, EvalError> {
        let mut args = Vec::new();
        loop {
            self.fuel = self.fuel.checked_sub(1).ok_or(EvalError::OutOfFuel)?;
            let frame = self.frames.last_mut().expect("a run has a frame");
            let (body, base) = (frame.body, frame.base);
            let Some(&op) = body.block(frame.block).ops.get(frame.next) else {
                return Err(EvalError::Malformed(format!(
                    "{} has no terminator",
                    frame.block
                )));
            };
            frame.next += 1;
            let data = body.op(op);
            args.clear();
            args.extend(
                data.args
                    .iter()
                    .map(|v| self.values[base + v.as_u32() as usize]),
            );
            let flow = match data.opcode.def().eval {
                Some(eval) => Flow::Value(eval(&args, &data.attrs)?),
                None => {
                    let mut site = Site {
                        body,
                        op,
                        locals: &mut frame.locals,
                        scopes: &frame.scopes,
                        fuel: &mut self.fuel,
                    };
                    self.semantics.exec(&mut site, &args)?
                }
            };
            if let Some(results) = self.follow(op, data, flow)? {
                return Ok(results);
            }
        }
    }

    /// Goes where the op leads; the run's results if that is its end.
    fn follow(
        &mut self,
        op: Op,
        data: &'a OpData,
        flow: Flow,
    ) -> Result<Option<Vec<u64>>, EvalError> {
        let missing =
            |what: &str| EvalError::Malformed(format!("{op} `{}` has no such {what}", data.opcode));
        match flow {
            Flow::Next => self.assign(&data.results, &[])?,
            Flow::Value(bits) => self.assign(&data.results, &[bits])?,
            Flow::Values(bits) => self.assign(&data.results, &bits)?,
            Flow::Goto(index) => {
                let successor = data
                    .successors
                    .get(index)
                    .ok_or_else(|| missing("successor"))?;
                let base = self.frame().base;
                let args: Vec<u64> = successor
                    .args
                    .iter()
                    .map(|v| self.values[base + v.as_u32() as usize])
                    .collect();
                self.jump(successor.block, &args)?;
            }
            Flow::Enter(index, args) => {
                let region = *data.regions.get(index).ok_or_else(|| missing("region"))?;
                let frame = self.frame();
                let scope = Scope {
                    op,
                    region,
                    block: frame.block,
                    next: frame.next,
                };
                frame.scopes.push(scope);
                self.enter(region, &args)?;
            }
            Flow::Leave(depth, results) => {
                let frame = self.frame();
                let Some(outermost) = frame.scopes.len().checked_sub(depth + 1) else {
                    return self.leave_call(results);
                };
                let scope = frame.scopes[outermost];
                frame.scopes.truncate(outermost);
                (frame.block, frame.next) = (scope.block, scope.next);
                let body = frame.body;
                self.assign(&body.op(scope.op).results, &results)?;
            }
            Flow::Again(depth, args) => {
                let frame = self.frame();
                let outermost = frame
                    .scopes
                    .len()
                    .checked_sub(depth + 1)
                    .ok_or_else(|| missing("enclosing region"))?;
                frame.scopes.truncate(outermost + 1);
                let region = frame.scopes[outermost].region;
                self.enter(region, &args)?;
            }
            Flow::Return(results) => return self.leave_call(results),
            Flow::TailCall(func, args) => match (self.bodies)(func) {
                Some(body) => {
                    self.pop_frame();
                    self.call(body, &args)?;
                }
                None => match self.semantics.host(func, &args)? {
                    Flow::Halt(results) => return Ok(Some(results)),
                    Flow::Values(results) => return self.leave_call(results),
                    _ => return Err(missing("host function")),
                },
            },
            Flow::Call(func, args) => match (self.bodies)(func) {
                Some(body) => self.call(body, &args)?,
                None => match self.semantics.host(func, &args)? {
                    Flow::Halt(results) => return Ok(Some(results)),
                    Flow::Values(results) => self.assign(&data.results, &results)?,
                    _ => return Err(missing("host function")),
                },
            },
            Flow::Halt(results) => return Ok(Some(results)),
        }
        Ok(None)
    }
}
