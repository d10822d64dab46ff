//! What watches a run: nothing, or the tracer that gives every access its times.
//!
//! The machine is written once, generic over [`Observer`]; with [`Silent`] every call is empty and vanishes.

use super::fuse;
use super::machine::{FRAME, Handler};
use crate::dialect::ZkOp;
use crate::program::*;
use crate::trace::{Access, MAX_ACCESSES, Step};
use std::collections::BTreeMap;

/// Sees every access and every executed instruction, in order.
pub(super) trait Observer: Sized {
    /// Whether the machine should compute what only the observer needs.
    const ON: bool;
    /// A word was read (`old == new`) or written by the current instruction, at its clock plus the number of accesses so far.
    fn access(&mut self, addr: u32, old: u64, new: u64);
    /// A word was read or written by the current instruction, at its clock plus `tick`.
    fn access_at(&mut self, tick: u32, addr: u32, old: u64, new: u64);
    /// Pages `first..last` came to be, made by the current instruction's access of `SLOT_PAGES`, its last so far.
    fn grew(&mut self, first: u32, last: u32);
    /// The current instruction, at index `at`, is complete.
    fn retire(&mut self, at: usize, fp: u32, next_pc: u32, next_fp: u32);
    /// The `reset` of the trap vector for `status` was executed.
    fn vector(&mut self, status: u32, fp: u32, target: u32);
    /// One handler for as many of the instructions, each a row and its forwarded operand, as it can execute at once.
    fn fused(_insts: &[(ZkOp, u8)]) -> Option<Handler<Self>> {
        None
    }
}

/// Watches nothing.
pub(super) struct Silent;

impl Observer for Silent {
    const ON: bool = false;
    #[inline(always)]
    fn access(&mut self, _addr: u32, _old: u64, _new: u64) {}
    #[inline(always)]
    fn access_at(&mut self, _tick: u32, _addr: u32, _old: u64, _new: u64) {}
    #[inline(always)]
    fn grew(&mut self, _first: u32, _last: u32) {}
    #[inline(always)]
    fn retire(&mut self, _at: usize, _fp: u32, _next_pc: u32, _next_fp: u32) {}
    #[inline(always)]
    fn vector(&mut self, _status: u32, _fp: u32, _target: u32) {}

    fn fused(insts: &[(ZkOp, u8)]) -> Option<Handler<Silent>> {
        fuse::fused(insts)
    }
}

/// Makes a [`Step`] of every instruction.
pub(super) struct Tracer<'a> {
    insts: &'a [Inst],
    sink: &'a mut dyn FnMut(&Step),
    step: Step,
    /// Time of the last access of each word, 0 if none; zeroed lazily by the system, like the words themselves.
    stack: Vec<u32>,
    statics: Vec<u32>,
    /// The same for static words that no instruction names, which a `copy` may read.
    far_statics: BTreeMap<u32, u32>,
    memory: Vec<u32>,
    /// Time each page came to be; 0 for initial pages.
    born: Vec<u32>,
}

impl<'a> Tracer<'a> {
    pub(super) fn new(
        insts: &'a [Inst],
        words: &super::Words,
        sink: &'a mut dyn FnMut(&Step),
    ) -> Tracer<'a> {
        let step = Step {
            pc: 0,
            clock: FIRST_CLOCK,
            fp: 0,
            inst: Inst::new(ZkOp::Halt),
            len: 0,
            accesses: [Access::default(); MAX_ACCESSES],
            next_pc: 0,
            next_fp: 0,
        };
        Tracer {
            insts,
            sink,
            step,
            stack: vec![0; STACK_WORDS as usize + FRAME],
            statics: vec![0; words.statics.len()],
            far_statics: BTreeMap::new(),
            memory: vec![0; words.memory.len() / 8],
            born: vec![0; words.memory.len() / (8 * PAGE_WORDS as usize)],
        }
    }
}

impl Observer for Tracer<'_> {
    const ON: bool = true;

    fn access(&mut self, addr: u32, old: u64, new: u64) {
        self.access_at(self.step.len.into(), addr, old, new);
    }

    fn access_at(&mut self, tick: u32, addr: u32, old: u64, new: u64) {
        let now = self.step.clock + tick;
        let time = if addr >= STACK_BASE {
            &mut self.stack[(addr - STACK_BASE) as usize]
        } else if addr >= STATIC_BASE {
            let slot = addr - STATIC_BASE;
            match self.statics.get_mut(slot as usize) {
                Some(time) => time,
                None => self.far_statics.entry(slot).or_default(),
            }
        } else {
            &mut self.memory[addr as usize]
        };
        let mut prev_ts = std::mem::replace(time, now);
        if prev_ts == 0 && addr < MEMORY_WORDS {
            prev_ts = self.born[(addr / PAGE_WORDS) as usize];
        }
        self.step.accesses[usize::from(self.step.len)] = Access {
            addr,
            prev_ts,
            old,
            new,
        };
        self.step.len += 1;
    }

    fn grew(&mut self, first: u32, last: u32) {
        let now = self.step.clock + u32::from(self.step.len) - 1;
        self.born[first as usize..last as usize].fill(now);
    }

    fn retire(&mut self, at: usize, fp: u32, next_pc: u32, next_fp: u32) {
        self.complete(
            (at as u32 + FIRST_PC, fp),
            self.insts[at],
            (next_pc, next_fp),
        );
    }

    fn vector(&mut self, status: u32, fp: u32, target: u32) {
        let inst = Inst {
            target,
            ..Inst::new(ZkOp::Reset)
        };
        self.complete((status, fp), inst, (target, STACK_BASE));
    }
}

impl Tracer<'_> {
    /// Gives the current step away.
    fn complete(&mut self, (pc, fp): (u32, u32), inst: Inst, (next_pc, next_fp): (u32, u32)) {
        let step = &mut self.step;
        (step.pc, step.fp, step.inst) = (pc, fp, inst);
        (step.next_pc, step.next_fp) = (next_pc, next_fp);
        (self.sink)(step);
        step.accesses[..usize::from(step.len)].fill(Access::default());
        step.len = 0;
        step.clock += TICKS;
    }
}
