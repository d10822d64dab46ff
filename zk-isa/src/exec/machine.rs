//! The machine's moving parts: how instructions follow each other, frames move, steps are counted and a run ends.
//!
//! Every instruction has a handler, and a handler ends by calling the next instruction's. In an optimised build that call
//! is a jump; nothing relies on it, because a chain of handlers is at most [`SLICE`] + [`WINDOW`] long before it returns to
//! [`execute`]. What a handler needs travels in its arguments, which stay in machine registers:
//!
//! * the instructions from its own on, a window of the code, so that the window's end is also the bound of the chain; every
//!   instruction knows the next one's handler, so the window's end is looked for once per instruction;
//! * the current frame, an array of 2^16 words, so that a 16-bit register number needs no bounds check;
//! * a forwarded value: of the register [`Code::forwarded`] names, which most often the instruction before has just
//!   written, so that chains of dependent instructions do not wait for memory. Jumps load it, so it always holds.
//!
//! Steps are counted only where control moves: along straight code the steps left and the instructions left in the
//! window fall together, so it is enough to keep their difference.

use super::decode::Code;
use super::handlers::Act;
use super::observe::Observer;
use super::{ExecError, Words};
use crate::program::*;
use std::cell::Cell;
use std::marker::PhantomData;
use zkc_ir::Trap;

/// Words of a frame's window: one for each register number.
pub(super) const FRAME: usize = MAX_REG as usize + 1;
/// Most instructions after a jump before the chain of handlers returns; decoded code ends with so many that stop, so that a
/// window always fits.
pub(super) const WINDOW: usize = 256;
/// Steps after which a jump ends the chain of handlers.
const SLICE: u64 = if cfg!(debug_assertions) { 256 } else { 1024 };
/// No run is longer: at a step a nanosecond this takes a century.
const MAX_STEPS: u64 = 1 << 62;

/// The registers from `fp` on.
pub(super) type Frame = [Cell<u64>; FRAME];

/// Executes the first of the instructions and those after it. The last argument is the forwarded value.
pub(super) type Handler<O> =
    for<'m, 'a, 'h> fn(&'m mut Machine<'a, 'h, O>, &'a [Code<O>], &'a Frame, u64);

/// A run's world outside the words.
pub(super) struct Host<'a> {
    pub(super) args: &'a [u64],
    /// Number of bytes of private input.
    pub(super) input_len: u32,
    pub(super) unread: &'a [u8],
    pub(super) results: Vec<Option<u64>>,
    pub(super) output: Vec<u8>,
    pub(super) max_steps: u64,
    pub(super) max_pages: u32,
    /// The program's trap vectors.
    pub(super) vectors: &'a [(u32, u32)],
}

/// How a run ended.
pub(super) struct End {
    pub(super) pc: u32,
    pub(super) status: u32,
    pub(super) steps: u64,
}

/// Why a chain of handlers returned.
enum Exit {
    /// Go on at this index.
    Paused(usize),
    /// Go on at this index with a deeper stack.
    Deepen(usize),
    /// The instruction at this index ended the run with this status.
    Ended(usize, u32),
    Failed(ExecError),
}

/// What instructions work on, beside the frame.
pub(super) struct Machine<'a, 'h, O> {
    code: &'a [Code<O>],
    stack: &'a [Cell<u64>],
    fp: u32,
    /// Steps left less the instructions left in the window.
    balance: i64,
    /// The bytes that exist.
    pub(super) memory: &'a mut [u8],
    pub(super) statics: &'a mut [u64],
    pub(super) host: &'a mut Host<'h>,
    pub(super) observer: &'a mut O,
    exit: Exit,
}

/// The program counter of the instruction at an index.
#[inline(always)]
pub(super) fn pc_of(index: usize) -> u32 {
    index as u32 + FIRST_PC
}

/// Executes from `entry` (an index into `code`) until the run ends.
pub(super) fn execute<O: Observer>(
    code: &[Code<O>],
    entry: usize,
    words: &mut Words,
    host: &mut Host<'_>,
    observer: &mut O,
) -> Result<End, ExecError> {
    let max_steps = host.max_steps.min(MAX_STEPS);
    let limit = host.max_steps;
    let mut steps = 0;
    let mut at = entry;
    let mut fp = STACK_BASE;
    let end = code.len() - WINDOW;
    loop {
        let live = words.statics[SLOT_PAGES as usize] as usize * 65536;
        let slice = SLICE.min(max_steps - steps) as i64;
        let mut machine = Machine {
            code,
            stack: Cell::from_mut(&mut words.stack[..]).as_slice_of_cells(),
            fp,
            balance: 0,
            memory: &mut words.memory[..live],
            statics: &mut words.statics,
            host: &mut *host,
            observer: &mut *observer,
            exit: Exit::Paused(at),
        };
        let frame = machine
            .frame(fp)
            .expect("the stack holds the current frame");
        machine.go(at, slice, frame);
        steps += (slice - machine.balance) as u64;
        fp = machine.fp;
        let exit = machine.exit;
        if steps > max_steps {
            return Err(ExecError::StepLimit { limit });
        }
        match exit {
            Exit::Paused(next) if next >= end => {
                return Err(ExecError::NoInstruction { pc: pc_of(next) });
            }
            Exit::Paused(next) => at = next,
            Exit::Deepen(next) => {
                at = next;
                let start = (fp - STACK_BASE) as usize + FRAME;
                words
                    .stack
                    .resize((2 * start).min(STACK_WORDS as usize) + FRAME, 0);
            }
            Exit::Ended(_, status) if vector(host.vectors, status).is_some() => {
                let pc = vector(host.vectors, status).expect("it was looked for");
                steps += 1;
                if steps > max_steps {
                    return Err(ExecError::StepLimit { limit });
                }
                observer.vector(status, fp, pc);
                (at, fp) = ((pc - FIRST_PC) as usize, STACK_BASE);
            }
            Exit::Ended(at, status) => {
                words.pages = words.statics[SLOT_PAGES as usize] as u32;
                return Ok(End {
                    pc: pc_of(at),
                    status,
                    steps,
                });
            }
            Exit::Failed(error) => return Err(error),
        }
    }
}

/// Where the trap vector for a status goes, if there is one.
fn vector(vectors: &[(u32, u32)], status: u32) -> Option<u32> {
    let at = vectors.binary_search_by_key(&status, |v| v.0).ok()?;
    Some(vectors[at].1)
}

impl<'a, O: Observer> Machine<'a, '_, O> {
    /// The frame at `fp`, if the stack is that deep.
    #[inline(always)]
    fn frame(&self, fp: u32) -> Option<&'a Frame> {
        self.stack.get((fp - STACK_BASE) as usize..)?.first_chunk()
    }

    /// Continues at an index, with so many steps left.
    #[inline(always)]
    fn go(&mut self, target: usize, left: i64, frame: &'a Frame) {
        // An index is below 2^32, which saves the check for overflow.
        let start = target as u32 as usize;
        let window = self.code.get(start..start + WINDOW);
        let Some(window @ [first, ..]) = window else {
            return self.pause(target, left);
        };
        self.balance = left - WINDOW as i64;
        let value = frame[usize::from(first.forwarded)].get();
        (first.run)(self, window, frame, value);
    }

    /// The index of the first of the instructions, which are a part of the code.
    #[inline(always)]
    fn index(&self, part: &[Code<O>]) -> usize {
        (part.as_ptr().addr() - self.code.as_ptr().addr()) / size_of::<Code<O>>()
    }

    /// Ends the chain before the first of the instructions.
    #[cold]
    #[inline(never)]
    fn window_end(&mut self, part: &[Code<O>]) {
        self.balance += part.len() as i64;
        self.exit = Exit::Paused(self.index(part));
    }

    // The ways out are functions of their own, on plain values, so that handlers stay short.

    #[cold]
    #[inline(never)]
    fn pause(&mut self, target: usize, left: i64) {
        self.balance = left;
        self.exit = Exit::Paused(target);
    }

    #[cold]
    #[inline(never)]
    fn deepen(&mut self, at: usize, left: i64) {
        self.balance = left;
        self.exit = Exit::Deepen(at);
    }

    #[cold]
    #[inline(never)]
    fn end(&mut self, at: usize, left: i64, status: u32) {
        self.observer.retire(at, self.fp, status, self.fp);
        self.balance = left;
        self.exit = Exit::Ended(at, status);
    }

    #[cold]
    #[inline(never)]
    pub(super) fn out_of_bounds(&mut self, at: usize, left: i64) {
        let pages = self.statics[SLOT_PAGES as usize];
        self.observer.access(STATIC_BASE + SLOT_PAGES, pages, pages);
        self.end(at, left, Trap::OutOfBoundsMemoryAccess.code());
    }

    #[cold]
    #[inline(never)]
    fn wide(&mut self, at: usize, left: i64) {
        self.balance = left;
        self.exit = Exit::Failed(ExecError::WideOperand { pc: pc_of(at) });
    }
}

/// What follows an instruction without a jump. It gets the instruction, those after it, the forwarded value, and the one before
/// that.
pub(super) trait Then<O>: Sized {
    fn then<'a>(
        m: &mut Machine<'a, '_, O>,
        i: &'a Code<O>,
        rest: &'a [Code<O>],
        frame: &'a Frame,
        values: [u64; 2],
    );
}

/// The next instruction's own handler.
pub(super) struct Dispatch;

impl<O: Observer> Then<O> for Dispatch {
    #[inline(always)]
    fn then<'a>(
        m: &mut Machine<'a, '_, O>,
        i: &'a Code<O>,
        rest: &'a [Code<O>],
        frame: &'a Frame,
        [value, _]: [u64; 2],
    ) {
        (i.next)(m, rest, frame, value);
    }
}

/// The next instruction as part of this one's handler: it is known to be `A`, with operand `F` forwarded.
pub(super) struct Fused<A, K, const F: u8>(PhantomData<(A, K)>);

impl<O: Observer, A: Act, K: Then<O>, const F: u8> Then<O> for Fused<A, K, F> {
    #[inline(always)]
    fn then<'a>(
        m: &mut Machine<'a, '_, O>,
        _i: &'a Code<O>,
        rest: &'a [Code<O>],
        frame: &'a Frame,
        values: [u64; 2],
    ) {
        act::<O, A, K, F>(m, rest, frame, values);
    }
}

/// Executes the first of the instructions, which is `A`, unless there is none; then `K` follows. A [`Handler`].
pub(super) fn enter<'a, O: Observer, A: Act, K: Then<O>, const F: u8>(
    m: &mut Machine<'a, '_, O>,
    code: &'a [Code<O>],
    frame: &'a Frame,
    value: u64,
) {
    act::<O, A, K, F>(m, code, frame, [value, 0]);
}

/// [`enter`], anywhere in a group.
#[inline(always)]
fn act<'a, O: Observer, A: Act, K: Then<O>, const F: u8>(
    m: &mut Machine<'a, '_, O>,
    code: &'a [Code<O>],
    frame: &'a Frame,
    [value, older]: [u64; 2],
) {
    match code.split_first() {
        Some((i, rest)) => A::act::<O, K, F>(At {
            m,
            i,
            rest,
            frame,
            value,
            older,
            then: PhantomData,
        }),
        None => m.window_end(code),
    }
}

/// Executes the first `N` of the instructions: `A` and `K`, which is `N - 1` acts and [`Dispatch`]. Where the window is shorter
/// the chain ends before them, so the window is looked at once. A [`Handler`].
#[inline(always)]
pub(super) fn group<'a, O: Observer, A: Act, K: Then<O>, const F: u8, const N: usize>(
    m: &mut Machine<'a, '_, O>,
    code: &'a [Code<O>],
    frame: &'a Frame,
    value: u64,
) {
    if code.len() < N {
        return m.window_end(code);
    }
    act::<O, A, K, F>(m, code, frame, [value, 0]);
}

/// Ends the chain before the first of the instructions: what decoded code ends with.
pub(super) fn stop<'a, O: Observer>(
    m: &mut Machine<'a, '_, O>,
    code: &'a [Code<O>],
    _frame: &'a Frame,
    _value: u64,
) {
    m.window_end(code);
}

/// An instruction being executed. Every act ends with one of the methods that consume it.
///
/// `K` follows; `FORWARD` says which operand is the forwarded value: 0 none, 1 `a`, 2 `b`; 3 is 2 with `a` the one before it.
pub(super) struct At<'m, 'a, 'h, O: Observer, K, const FORWARD: u8> {
    pub(super) m: &'m mut Machine<'a, 'h, O>,
    pub(super) i: &'a Code<O>,
    /// The instructions after this one.
    rest: &'a [Code<O>],
    frame: &'a Frame,
    value: u64,
    /// The forwarded value of the instruction before, inside a group.
    older: u64,
    then: PhantomData<K>,
}

/// An instruction cannot be executed; its handler has ended.
pub(super) struct Refused;

impl<'a, O: Observer, K: Then<O>, const FORWARD: u8> At<'_, 'a, '_, O, K, FORWARD> {
    /// Index of the instruction.
    #[inline(always)]
    pub(super) fn index(&self) -> usize {
        self.m.index(self.rest) - 1
    }

    /// Program counter of the instruction.
    #[inline(always)]
    pub(super) fn pc(&self) -> u32 {
        pc_of(self.index())
    }

    /// Steps left after the instruction.
    #[inline(always)]
    pub(super) fn left(&self) -> i64 {
        self.m.balance + self.rest.len() as i64
    }

    #[inline(always)]
    pub(super) fn read(&mut self, reg: u16) -> u64 {
        let value = self.frame[usize::from(reg)].get();
        self.m
            .observer
            .access(self.m.fp + u32::from(reg), value, value);
        value
    }

    /// A register's value, without a trace of it.
    #[inline(always)]
    pub(super) fn peek(&self, reg: u16) -> u64 {
        self.frame[usize::from(reg)].get()
    }

    /// Sets a register.
    #[inline(always)]
    pub(super) fn set(&mut self, reg: u16, value: u64) {
        let old = self.frame[usize::from(reg)].replace(value);
        self.m
            .observer
            .access(self.m.fp + u32::from(reg), old, value);
    }

    #[inline(always)]
    pub(super) fn a(&mut self) -> u64 {
        if FORWARD == 1 {
            self.value
        } else if FORWARD == 3 {
            self.older
        } else {
            self.read(self.i.a)
        }
    }

    #[inline(always)]
    pub(super) fn b(&mut self) -> u64 {
        if FORWARD == 2 || FORWARD == 3 {
            self.value
        } else {
            self.read(self.i.b)
        }
    }

    /// Continues with the next instruction.
    #[inline(always)]
    pub(super) fn next(self) {
        let value = self.value;
        self.next_with(value);
    }

    #[inline(always)]
    fn next_with(self, value: u64) {
        if O::ON {
            let (at, fp) = (self.index(), self.m.fp);
            self.m.observer.retire(at, fp, pc_of(at + 1), fp);
        }
        let values = [value, self.value];
        K::then(self.m, self.i, self.rest, self.frame, values);
    }

    /// Writes the result.
    #[inline(always)]
    fn write(&mut self, value: u64) {
        self.set(self.i.d, value);
    }

    /// Writes the result and continues with the next instruction.
    #[inline(always)]
    pub(super) fn done(mut self, value: u64) {
        self.write(value);
        self.next_with(value);
    }

    /// Writes the result and ends the chain of handlers: the size of the memory has changed.
    pub(super) fn done_and_pause(mut self, value: u64) {
        self.write(value);
        let (at, fp) = (self.index(), self.m.fp);
        self.m.observer.retire(at, fp, pc_of(at + 1), fp);
        self.m.pause(at + 1, self.left());
    }

    /// Continues at an index.
    #[inline(always)]
    pub(super) fn jump(self, target: usize) {
        if O::ON {
            let fp = self.m.fp;
            self.m.observer.retire(self.index(), fp, pc_of(target), fp);
        }
        let left = self.left();
        if left <= 0 {
            return self.m.pause(target, left);
        }
        self.m.go(target, left, self.frame);
    }

    /// Ends the run.
    #[inline(always)]
    pub(super) fn end(self, status: u32) {
        self.m.end(self.index(), self.left(), status);
    }

    /// Ends the run with a trap.
    #[inline(always)]
    pub(super) fn trap(self, trap: Trap) {
        self.end(trap.code());
    }

    /// Ends the run with an error.
    #[inline(always)]
    pub(super) fn fail(self, error: ExecError) {
        self.m.balance = self.left() + 1;
        self.m.exit = Exit::Failed(error);
    }

    /// Ends the run because an operand is not below 2^32.
    #[inline(always)]
    pub(super) fn wide(self) {
        self.m.wide(self.index(), self.left() + 1);
    }

    /// The frame a call would move to: `None` where the stack has no room, an error where it must first be made deeper.
    #[inline(always)]
    pub(super) fn callee(&mut self) -> Result<Option<(u32, &'a Frame)>, Refused> {
        let next = self.m.fp + u32::from(self.i.b);
        if next >= STACK_BASE + STACK_WORDS {
            return Ok(None);
        }
        match self.m.frame(next) {
            Some(frame) => Ok(Some((next, frame))),
            None => {
                self.m.deepen(self.index(), self.left() + 1);
                Err(Refused)
            }
        }
    }

    /// Enters a callee at the program counter.
    #[inline(always)]
    pub(super) fn call(mut self, (fp, frame): (u32, &'a Frame), pc: u32) {
        let link = link_word(self.pc() + 1, self.i.b);
        let old = frame[0].replace(link);
        self.m.observer.access(fp, old, link);
        self.frame = frame;
        self.transfer(fp, pc);
    }

    /// Returns to the caller a link names.
    #[inline(always)]
    pub(super) fn ret(mut self) {
        let link = self.read(0);
        let k = (link >> 32) as u32;
        let fp = self.m.fp.wrapping_sub(k);
        match self.m.frame(fp) {
            Some(frame) if fp >= STACK_BASE => {
                self.frame = frame;
                self.transfer(fp, link as u32);
            }
            _ => {
                let pc = self.pc();
                self.fail(ExecError::FrameOutOfStack { pc });
            }
        }
    }

    /// Continues at a program counter that is data, in the same frame.
    #[inline(always)]
    pub(super) fn go_to(self, pc: u32) {
        let fp = self.m.fp;
        self.transfer(fp, pc);
    }

    /// Continues at the target, in the entry frame.
    pub(super) fn reset(mut self) {
        let pc = pc_of(self.i.imm as usize);
        self.frame = self
            .m
            .frame(STACK_BASE)
            .expect("the stack is never smaller than a frame");
        self.transfer(STACK_BASE, pc);
    }

    /// Moves the frame and continues at a program counter that is data: it may end the run.
    #[inline(always)]
    fn transfer(self, fp: u32, pc: u32) {
        let at = self.index();
        self.m.observer.retire(at, self.m.fp, pc, fp);
        self.m.fp = fp;
        let left = self.left();
        if pc < FIRST_PC {
            self.m.balance = left;
            self.m.exit = Exit::Ended(at, pc);
            return;
        }
        let target = (pc - FIRST_PC) as usize;
        if left <= 0 {
            return self.m.pause(target, left);
        }
        self.m.go(target, left, self.frame);
    }

    /// Registers `a` and `b` of a 32-bit instruction.
    #[inline(always)]
    fn pair32(&mut self) -> Option<(u32, u32)> {
        let (a, b) = (self.a(), self.b());
        ((a | b) >> 32 == 0).then_some((a as u32, b as u32))
    }

    /// Register `a`, which must be below 2^32.
    #[inline(always)]
    pub(super) fn narrow_a(&mut self) -> Option<u32> {
        let a = self.a();
        (a >> 32 == 0).then_some(a as u32)
    }

    #[inline(always)]
    pub(super) fn alu32<T: Into<u64>>(mut self, f: impl FnOnce(u32, u32) -> T) {
        match self.pair32() {
            Some((a, b)) => self.done(f(a, b).into()),
            None => self.wide(),
        }
    }

    #[inline(always)]
    pub(super) fn alu32_imm<T: Into<u64>>(mut self, f: impl FnOnce(u32, u32) -> T) {
        match self.narrow_a() {
            Some(a) => {
                let b = self.i.imm as u32;
                self.done(f(a, b).into());
            }
            None => self.wide(),
        }
    }

    #[inline(always)]
    pub(super) fn alu64<T: Into<u64>>(mut self, f: impl FnOnce(u64, u64) -> T) {
        let (a, b) = (self.a(), self.b());
        self.done(f(a, b).into());
    }

    #[inline(always)]
    pub(super) fn alu64_imm<T: Into<u64>>(mut self, f: impl FnOnce(u64, u64) -> T) {
        let (a, b) = (self.a(), self.i.imm);
        self.done(f(a, b).into());
    }

    #[inline(always)]
    fn done_or_trap(self, value: Result<impl Into<u64>, Trap>) {
        match value {
            Ok(value) => self.done(value.into()),
            Err(trap) => self.trap(trap),
        }
    }

    #[inline(always)]
    pub(super) fn trapping32(mut self, f: impl FnOnce(u32, u32) -> Result<u32, Trap>) {
        match self.pair32() {
            Some((a, b)) => self.done_or_trap(f(a, b)),
            None => self.wide(),
        }
    }

    #[inline(always)]
    pub(super) fn trapping32_imm(mut self, f: impl FnOnce(u32, u32) -> Result<u32, Trap>) {
        match self.narrow_a() {
            Some(a) => {
                let b = self.i.imm as u32;
                self.done_or_trap(f(a, b));
            }
            None => self.wide(),
        }
    }

    #[inline(always)]
    pub(super) fn trapping64(mut self, f: impl FnOnce(u64, u64) -> Result<u64, Trap>) {
        let (a, b) = (self.a(), self.b());
        self.done_or_trap(f(a, b));
    }

    #[inline(always)]
    pub(super) fn trapping64_imm(mut self, f: impl FnOnce(u64, u64) -> Result<u64, Trap>) {
        let (a, b) = (self.a(), self.i.imm);
        self.done_or_trap(f(a, b));
    }

    #[inline(always)]
    pub(super) fn unary32(mut self, f: impl FnOnce(u32) -> u32) {
        match self.narrow_a() {
            Some(a) => self.done(f(a).into()),
            None => self.wide(),
        }
    }

    #[inline(always)]
    pub(super) fn unary64(mut self, f: impl FnOnce(u64) -> u64) {
        let a = self.a();
        self.done(f(a));
    }

    #[inline(always)]
    fn jump_if(self, holds: bool, target: usize) {
        if holds {
            self.jump(target);
        } else {
            self.next();
        }
    }

    #[inline(always)]
    pub(super) fn branch32(mut self, f: impl FnOnce(u32, u32) -> bool) {
        let target = self.i.imm as usize;
        match self.pair32() {
            Some((a, b)) => self.jump_if(f(a, b), target),
            None => self.wide(),
        }
    }

    #[inline(always)]
    pub(super) fn branch32_imm(mut self, f: impl FnOnce(u32, u32) -> bool) {
        let (b, target) = (self.i.imm as u32, self.i.wide_target());
        match self.narrow_a() {
            Some(a) => self.jump_if(f(a, b), target),
            None => self.wide(),
        }
    }

    #[inline(always)]
    pub(super) fn branch64(mut self, f: impl FnOnce(u64, u64) -> bool) {
        let (a, b, target) = (self.a(), self.b(), self.i.imm as usize);
        self.jump_if(f(a, b), target);
    }

    #[inline(always)]
    pub(super) fn branch64_imm(mut self, f: impl FnOnce(u64, u64) -> bool) {
        let (a, b, target) = (self.a(), self.i.imm, self.i.wide_target());
        self.jump_if(f(a, b), target);
    }
}
