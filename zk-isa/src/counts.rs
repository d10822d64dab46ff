//! How often a run executed each instruction, and which ways it took.
//!
//! Made from steps, so that whoever traces a run anyway counts along.

use crate::dialect::ZkOp;
use crate::form::Form;
use crate::program::{FIRST_PC, Program};
use crate::trace::Step;
use std::collections::BTreeMap;

/// Counts of one run or several of a program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StepCounts {
    /// By instruction.
    executed: Vec<u64>,
    /// By instruction: where it last went other than to the next one, and how often since it last went elsewhere.
    last: Vec<(u32, u64)>,
    /// The same, added up, of those that went to several places.
    went: BTreeMap<(u32, u32), u64>,
}

impl StepCounts {
    /// Zeros for a program.
    pub fn new(program: &Program) -> StepCounts {
        StepCounts {
            executed: vec![0; program.insts.len()],
            last: vec![(0, 0); program.insts.len()],
            went: BTreeMap::new(),
        }
    }

    /// Counts a step. Steps of trap vectors, which are no instructions of the program's list, are left out.
    pub fn step(&mut self, step: &Step) {
        let Some(at) = step.pc.checked_sub(FIRST_PC).map(|at| at as usize) else {
            return;
        };
        let Some(executed) = self.executed.get_mut(at) else {
            return;
        };
        *executed += 1;
        let chooses = match step.inst.op.form() {
            Form::Branch
            | Form::BranchImm
            | Form::BranchTable
            | Form::Call
            | Form::CallIndirect
            | Form::TailCallIndirect => true,
            Form::Jump => step.inst.op == ZkOp::Tcall,
            _ => false,
        };
        if chooses && step.next_pc != step.pc + 1 {
            let (to, count) = &mut self.last[at];
            if *to != step.next_pc {
                if *count > 0 {
                    *self.went.entry((step.pc, *to)).or_default() += *count;
                }
                (*to, *count) = (step.next_pc, 0);
            }
            *count += 1;
        }
    }

    /// How often the instruction at a program counter was executed.
    pub fn executed(&self, pc: u32) -> u64 {
        let at = pc.checked_sub(FIRST_PC).map(|at| at as usize);
        at.and_then(|at| self.executed.get(at)).map_or(0, |&n| n)
    }

    /// How often a branch or call at a program counter went to another, which is not the next.
    pub fn went(&self, pc: u32, to: u32) -> u64 {
        let at = pc.checked_sub(FIRST_PC).map(|at| at as usize);
        let last = at.and_then(|at| self.last.get(at));
        let recent = last.filter(|l| l.0 == to).map_or(0, |l| l.1);
        recent + self.went.get(&(pc, to)).copied().unwrap_or(0)
    }

    /// How often calls went to each program counter.
    pub fn calls(&self, program: &Program) -> BTreeMap<u32, u64> {
        let recent = (FIRST_PC..).zip(&self.last).map(|(pc, l)| ((pc, l.0), l.1));
        let went = self.went.iter().map(|(&way, &count)| (way, count));
        let mut calls = BTreeMap::new();
        for ((pc, to), count) in recent.chain(went).filter(|(_, count)| *count > 0) {
            let calling = program.at(pc).is_some_and(|inst| {
                matches!(
                    inst.op.form(),
                    Form::Call | Form::CallIndirect | Form::TailCallIndirect | Form::Jump
                )
            });
            if calling && to >= FIRST_PC {
                *calls.entry(to).or_default() += count;
            }
        }
        calls
    }
}
