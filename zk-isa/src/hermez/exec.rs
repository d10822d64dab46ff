//! The executor model: runs a program and checks every constraint of the processor on every row.
//!
//! Two things refuse a run: the constraints (what the PIL says, [`Cause::Constraint`]) and upstream's executor, which throws
//! on what it cannot represent ([`Cause::Executor`]). An honest run must satisfy both. A forged run, in which one free input
//! is replaced, is judged by the constraints alone, for a cheating prover does not use upstream's executor; where a later hint
//! has no honest value any more, it is 0.

use super::eval::{Evaluator, Vars, View, align_read, align_write, align_write_byte};
use super::field::{P, add, element, mul};
use super::outcome::{
    Cause, Constraint, Counters, FreeInput, Inputs, Memory, Outcome, Refusal, Registers, integer,
};
use super::program::{Label, Program};
use super::step::{Align, Bin, Condition, Const, Free, Goto, Index, Jump, Mem, Reg, Space, Step};

/// Rows of the trace of upstream's 64-bit configuration (zkevm-proverjs, branch `feature/64bits`): 2^23.
pub const MAX_ROWS: u64 = 1 << 23;

/// Runs a program honestly, for at most `max_steps` rows.
///
/// The run ends when the step counter comes back to 0 after the program asked `beforeLast()`, which the model answers at once:
/// the trace is as long as the run. The caller has checked the program ([`Program::check`]).
pub fn run(program: &Program, inputs: &Inputs, max_steps: u64) -> Result<Outcome, Refusal> {
    Machine::new(program, inputs, None).run(max_steps)
}

/// Runs a program with free input number `at` (in order of occurrence, from 0) replaced by two field elements.
///
/// An `Ok` is a run that all constraints admit: a proof of it exists. Without an occurrence of that number it is the honest run.
pub fn run_forged(
    program: &Program,
    inputs: &Inputs,
    max_steps: u64,
    at: usize,
    value: [u64; 2],
) -> Result<Outcome, Refusal> {
    let value = value.map(|limb| limb % P);
    Machine::new(program, inputs, Some((at, value))).run(max_steps)
}

fn limbs(value: u64) -> [u64; 2] {
    [value & 0xffff_ffff, value >> 32]
}

/// The state hints can see.
struct State {
    registers: Registers,
    memory: Memory,
    pc: u32,
    private: Vec<u8>,
    read: usize,
    ending: bool,
}

impl View for State {
    fn register(&self, reg: Reg) -> [u64; 2] {
        self.registers.limbs(reg)
    }

    fn zk_pc(&self) -> u32 {
        self.pc
    }

    fn word(&self, address: u64) -> [u64; 2] {
        self.memory.limbs(address)
    }

    fn input(&mut self, count: usize) -> Option<u64> {
        let bytes = self.private.get(self.read..self.read + count)?;
        self.read += count;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |sum, &b| sum << 8 | u64::from(b)),
        )
    }

    fn input_len(&self) -> u64 {
        self.private.len() as u64
    }

    fn asked_for_end(&mut self) {
        self.ending = true;
    }
}

struct Machine<'a> {
    program: &'a Program,
    state: State,
    start: Registers,
    vars: Vars,
    counters: Counters,
    frees: Vec<FreeInput>,
    forged: Option<(usize, [u64; 2])>,
}

/// What a row does to the state.
struct Row {
    op: [u64; 2],
    carry: bool,
    /// Address and word of a store.
    store: Option<(u64, [u64; 2])>,
}

impl<'a> Machine<'a> {
    fn new(
        program: &'a Program,
        inputs: &Inputs,
        forged: Option<(usize, [u64; 2])>,
    ) -> Machine<'a> {
        let mut start = Registers::default();
        start.set(Reg::B, limbs(inputs.b));
        start.set(Reg::C, limbs(inputs.c));
        start.set(Reg::Sp, [inputs.sp % P, 0]);
        start.set(Reg::Gas, [inputs.gas % P, 0]);
        start.set(Reg::Ctx, [inputs.ctx % P, 0]);
        Machine {
            program,
            state: State {
                registers: start.clone(),
                memory: Memory::default(),
                pc: 0,
                private: inputs.private.clone(),
                read: 0,
                ending: false,
            },
            start,
            vars: Vars::new(),
            counters: Counters::default(),
            frees: Vec::new(),
            forged,
        }
    }

    fn run(mut self, max_steps: u64) -> Result<Outcome, Refusal> {
        loop {
            if self.counters.steps >= max_steps {
                return Err(self.refusal(Cause::StepLimit(max_steps)));
            }
            let Some(step) = self.program.steps.get(self.state.pc as usize) else {
                let what = format!("there is no step {}", self.state.pc);
                return Err(self.refusal(Cause::Constraint(Constraint::Rom, what)));
            };
            let last = self.state.registers.clone();
            let next = self.step(step).map_err(|cause| self.refusal(cause))?;
            if next == 0 && self.state.ending {
                self.end().map_err(|cause| self.refusal(cause))?;
                return Ok(Outcome {
                    counters: self.counters,
                    registers: last,
                    memory: self.state.memory,
                    frees: self.frees,
                });
            }
            self.state.pc = next;
        }
    }

    /// The trace is cyclic: registers and counter must be those of row 0.
    fn end(&self) -> Result<(), Cause> {
        for (reg, name, _) in Reg::ALL.iter().filter(|r| r.0.is_writable()) {
            let (now, start) = (self.state.registers.limbs(*reg), self.start.limbs(*reg));
            if now != start {
                let what = format!("`{name}` ends as {now:x?}, started as {start:x?}");
                return Err(Cause::Constraint(Constraint::End, what));
            }
        }
        Ok(())
    }

    fn refusal(&self, cause: Cause) -> Refusal {
        let step = self.state.pc;
        let label = self
            .program
            .labels()
            .filter_map(|(_, name, at)| Some((at.filter(|&at| at <= step)?, name)))
            .max_by_key(|&(at, _)| at);
        Refusal {
            row: self.counters.steps,
            step,
            place: self.program.place(step),
            label: label.map(|(at, name)| (name.to_owned(), step - at)),
            cause,
        }
    }

    fn is_honest(&self) -> bool {
        self.forged.is_none()
    }

    fn step(&mut self, step: &Step) -> Result<u32, Cause> {
        self.commands(&step.before)?;
        let address = match &step.mem {
            Some(mem) => Some(self.address(mem)?),
            None => None,
        };
        let op = self.op(step, address)?;
        let mut row = Row {
            op,
            carry: false,
            store: None,
        };
        if let Some(bin) = step.bin {
            row.carry = self.binary(bin, op)?;
        }
        if step.arith {
            self.arith(op)?;
        }
        if let Some(align) = step.align {
            self.align(align, op)?;
        }
        if let (Some(mem), Some(address)) = (&step.mem, address) {
            self.counters.mem += 1;
            if mem.write {
                row.store = Some((address, op));
            } else {
                let word = self.state.memory.limbs(address);
                require(Constraint::Load, word == op, || {
                    format!("op {op:x?} is not the word {word:x?} at {address:#x}")
                })?;
            }
        }
        if step.assert {
            let a = self.state.registers.limbs(Reg::A);
            require(Constraint::Assert, a == op, || {
                format!("op {op:x?} is not A {a:x?}")
            })?;
        }
        let (next, jumped) = self.next(step, &row)?;
        self.commit(step, &row);
        if !jumped {
            self.commands(&step.after)?;
        }
        Ok(next)
    }

    fn commands(&mut self, commands: &[super::expr::Expr]) -> Result<(), Cause> {
        let strict = self.is_honest();
        for command in commands {
            let result = self.evaluator().command(command);
            if strict {
                result.map_err(Cause::Executor)?;
            }
        }
        Ok(())
    }

    fn evaluator(&mut self) -> Evaluator<'_, State> {
        Evaluator {
            program: self.program,
            strict: self.forged.is_none(),
            vars: &mut self.vars,
            view: &mut self.state,
        }
    }

    /// The address of an access, as a field element.
    fn address(&self, mem: &Mem) -> Result<u64, Cause> {
        let address = &mem.address;
        let regs = &self.state.registers;
        let one = |reg: Reg| regs.limbs(reg)[0];
        let (use_ctx, offset) = self.program.address_parts(address);
        let index = match address.index {
            None => 0,
            Some(Index::E) => one(Reg::E),
            Some(Index::Rr) => one(Reg::Rr),
        };
        let stack = address.space == Space::Stack;
        let sp = if stack { one(Reg::Sp) } else { 0 };
        if self.is_honest() {
            let heap = address.space == Space::Mem;
            let words = if heap { 1 << 17 } else { 1 << 16 };
            let relative = i128::from(index) + i128::from(sp) + i128::from(offset);
            if !(0..words).contains(&relative) {
                let message = format!("address {relative} is not within {words} words");
                return Err(Cause::Executor(message));
            }
        }
        let base = match address.space {
            Space::Sys | Space::Var(_) => 0,
            Space::Mem => 1 << 17,
            Space::Stack => 1 << 16,
        };
        let context = if use_ctx {
            mul(one(Reg::Ctx), 1 << 18)
        } else {
            0
        };
        let sum = add(add(context, index), add(sp, base));
        Ok(add(sum, element(offset.into())))
    }

    /// The value of the left-hand side.
    fn op(&mut self, step: &Step, address: Option<u64>) -> Result<[u64; 2], Cause> {
        let mut op = match step.lhs.constant {
            Const::Short(value) => [element(value), 0],
            Const::Long(value) => limbs(value),
        };
        if let Some(label) = step.lhs.label {
            op[0] = add(op[0], self.label(label)?.into());
        }
        for &(reg, coefficient) in &step.lhs.regs {
            let value = self.state.registers.limbs(reg);
            let coefficient = element(coefficient);
            for i in 0..2 {
                op[i] = add(op[i], mul(coefficient, value[i]));
            }
        }
        if let Some((coefficient, free)) = &step.lhs.free {
            let value = self.free(step, free, address)?;
            let coefficient = element(*coefficient);
            op[0] = add(op[0], mul(coefficient, value[0]));
            if !step.free_limb0 {
                op[1] = add(op[1], mul(coefficient, value[1]));
            }
        }
        Ok(op)
    }

    fn free(&mut self, step: &Step, free: &Free, address: Option<u64>) -> Result<[u64; 2], Cause> {
        let number = self.frees.len();
        let step_index = self.state.pc;
        let honest = match free {
            Free::Hint(expr) => self.evaluator().limbs(expr).map_err(Cause::Executor),
            Free::Computed => self.computed(step, address),
        };
        let value = match self.forged {
            None => honest?,
            Some((at, value)) if at == number => value,
            Some(_) => honest.unwrap_or([0; 2]),
        };
        self.frees.push(FreeInput {
            step: step_index,
            value,
        });
        Ok(value)
    }

    /// What bare `$` yields.
    fn computed(&self, step: &Step, address: Option<u64>) -> Result<[u64; 2], Cause> {
        let word = |reg: Reg| {
            let wide = || Cause::Executor(format!("a limb of `{}` exceeds 32 bits", reg.name()));
            self.state.registers.value(reg).ok_or_else(wide)
        };
        if let (Some(Mem { write: false, .. }), Some(address)) = (&step.mem, address) {
            return Ok(self.state.memory.limbs(address));
        }
        if let Some(bin) = step.bin {
            return Ok(limbs(bin.apply(word(Reg::A)?, word(Reg::B)?).0));
        }
        let offset = self.state.registers.limbs(Reg::C)[0];
        if offset > 7 {
            return Err(Cause::Executor(format!("byte offset {offset} is above 7")));
        }
        let value = align_read(word(Reg::A)?, word(Reg::B)?, offset as u32);
        Ok(limbs(value))
    }

    fn binary(&mut self, bin: Bin, op: [u64; 2]) -> Result<bool, Cause> {
        self.counters.binary += 1;
        let regs = &self.state.registers;
        let (a, b) = (regs.limbs(Reg::A), regs.limbs(Reg::B));
        let parts = (integer(a), integer(b), integer(op));
        if let (Some(a), Some(b), Some(op)) = parts
            && bin.apply(a, b).0 == op
        {
            return Ok(bin.apply(a, b).1);
        }
        let what = format!("{bin:?} of {a:x?} and {b:x?} is not {op:x?}");
        Err(Cause::Constraint(Constraint::Binary, what))
    }

    fn arith(&mut self, op: [u64; 2]) -> Result<(), Cause> {
        self.counters.arith += 1;
        let all = [Reg::A, Reg::B, Reg::C, Reg::D].map(|r| self.state.registers.limbs(r));
        let integers = (all.map(integer), integer(op));
        let holds = match integers {
            ([Some(a), Some(b), Some(c), Some(d)], Some(op)) => {
                let left = u128::from(a) * u128::from(b) + u128::from(c);
                left == (u128::from(d) << 64 | u128::from(op))
            }
            _ => false,
        };
        require(Constraint::Arith, holds, || {
            let [a, b, c, d] = all;
            format!("{a:x?} * {b:x?} + {c:x?} is not {d:x?} * 2^64 + {op:x?}")
        })
    }

    fn align(&mut self, align: Align, op: [u64; 2]) -> Result<(), Cause> {
        self.counters.mem_align += 1;
        let word = |reg: Reg| integer(self.state.registers.limbs(reg));
        let offset = self.state.registers.limbs(Reg::C)[0];
        let holds = || {
            let offset = u32::try_from(offset).ok().filter(|&o| o < 7)?;
            let (a, op) = (word(Reg::A)?, integer(op)?);
            Some(match align {
                Align::Rd => align_read(a, word(Reg::B)?, offset) == op,
                Align::Wr => {
                    let written = align_write(a, word(Reg::B)?, op, offset);
                    written == (word(Reg::D)?, word(Reg::E)?)
                }
                Align::Wr8 => align_write_byte(a, op, offset) == word(Reg::D)?,
            })
        };
        require(Constraint::MemAlign, holds().unwrap_or(false), || {
            format!("{align:?} at byte {offset} with op {op:x?}")
        })
    }

    fn label(&self, label: Label) -> Result<u32, Cause> {
        let name = || Cause::Executor("a label is not bound".to_owned());
        self.program.address(label).ok_or_else(name)
    }

    /// The next step, and whether the step jumped.
    fn next(&self, step: &Step, row: &Row) -> Result<(u32, bool), Cause> {
        let following = self.state.pc + 1;
        let regs = &self.state.registers;
        let target = match step.jump {
            Jump::None => return Ok((following, false)),
            Jump::Jmp(goto) | Jump::Call(goto) => goto,
            Jump::Return => Goto::Indirect(None, Index::Rr),
            Jump::Repeat if regs.limbs(Reg::Rcx)[0] == 0 => return Ok((following, false)),
            Jump::Repeat => return Ok((self.state.pc, true)),
            Jump::If(condition, goto, other) => {
                if self.holds(condition, row)? {
                    goto
                } else {
                    other
                }
            }
        };
        match target {
            Goto::Next => Ok((following, false)),
            Goto::Label(label) => Ok((self.label(label)?, true)),
            Goto::Indirect(base, index) => {
                let reg = match index {
                    Index::E => Reg::E,
                    Index::Rr => Reg::Rr,
                };
                let base = base.map_or(Ok(0), |label| self.label(label))?;
                let target = add(base.into(), regs.limbs(reg)[0]);
                let steps = self.program.steps.len() as u64;
                require(Constraint::Rom, target < steps, || {
                    format!("there is no step {target}")
                })?;
                Ok((target as u32, true))
            }
        }
    }

    fn holds(&self, condition: Condition, row: &Row) -> Result<bool, Cause> {
        let value = row.op[0];
        match condition {
            Condition::Zero => Ok(value == 0),
            Condition::Carry => Ok(row.carry),
            Condition::Negative => {
                let (positive, negative) = (value < 1 << 32, value >= P - (1 << 32));
                require(Constraint::Range, positive || negative, || {
                    format!("{value:#x} is not in -2^32..2^32")
                })?;
                if self.is_honest() && value == P - (1 << 32) {
                    return Err(Cause::Executor("`JMPN` of -2^32".to_owned()));
                }
                Ok(negative)
            }
        }
    }

    /// Writes what the row writes.
    fn commit(&mut self, step: &Step, row: &Row) {
        let following = self.state.pc + 1;
        let regs = &mut self.state.registers;
        if let Some(mem) = step.mem {
            let sp = regs.limbs(Reg::Sp)[0];
            let sp = add(sp, element(mem.address.inc_sp.into()));
            regs.set(Reg::Sp, [sp, 0]);
        }
        match step.jump {
            Jump::Call(_) => regs.set(Reg::Rr, [following.into(), 0]),
            Jump::Repeat => {
                let left = regs.limbs(Reg::Rcx)[0].saturating_sub(1);
                regs.set(Reg::Rcx, [left, 0]);
            }
            Jump::None | Jump::Jmp(_) | Jump::If(..) | Jump::Return => {}
        }
        for &reg in &step.dest {
            regs.set(reg, row.op);
        }
        self.counters.steps += 1;
        regs.set(Reg::Step, [self.counters.steps, 0]);
        regs.set(Reg::CntArith, [self.counters.arith, 0]);
        regs.set(Reg::CntBinary, [self.counters.binary, 0]);
        regs.set(Reg::CntMemAlign, [self.counters.mem_align, 0]);
        if let Some((address, word)) = row.store {
            self.state.memory.0.insert(address, word);
        }
    }
}

fn require(
    constraint: Constraint,
    holds: bool,
    what: impl FnOnce() -> String,
) -> Result<(), Cause> {
    if holds {
        Ok(())
    } else {
        Err(Cause::Constraint(constraint, what()))
    }
}
