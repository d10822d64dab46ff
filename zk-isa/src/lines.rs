//! The straight lines of a program: what may be fused.
//!
//! A line begins where the program may be entered and ends where it may go elsewhere; what cannot stand in a line
//! ([`ZkOp::fusible`](crate::ZkOp::fusible)) parts two lines.

use crate::dialect::ZkOp;
use crate::form::Form;
use crate::program::{FIRST_PC, Fused, Program};
use std::collections::BTreeSet;

/// All straight lines of two to `longest` instructions.
pub fn lines(program: &Program, longest: usize) -> Vec<Fused> {
    let leaders = leaders(program);
    let mut lines = Vec::new();
    let mut start = FIRST_PC;
    let mut add = |mut from: u32, to: u32| {
        while to.saturating_sub(from) >= 2 {
            let len = (to - from).min(longest as u32);
            lines.push(Fused::straight(from, len));
            from += len;
        }
    };
    for (pc, inst) in (FIRST_PC..).zip(&program.insts) {
        if leaders.contains(&pc) {
            add(start, pc);
            start = pc;
        }
        if !inst.op.fusible() {
            add(start, pc);
        } else if !inst.op.is_straight() {
            add(start, pc + 1);
        } else {
            continue;
        }
        start = pc + 1;
    }
    add(start, FIRST_PC + program.insts.len() as u32);
    lines
}

/// Lines that go round a loop as often as `longest` instructions allow, `rounds` times at most and a power of two of them, for
/// the loops that are one straight line.
pub fn loops(program: &Program, longest: usize, rounds: usize) -> Vec<Fused> {
    let back = |line: &Fused| {
        let body = line.segments[0];
        let last = program.at(body.pc + body.len - 1)?;
        let once = usize::try_from(body.len).ok()?;
        let times = (longest / once).min(rounds).max(1);
        let times = 1 << times.ilog2();
        let again = last.op.form().has_target_pc() && !matches!(last.op, ZkOp::Call);
        (again && last.target == body.pc && times > 1).then(|| Fused {
            segments: vec![body; times],
        })
    };
    (lines(program, longest).iter()).filter_map(back).collect()
}

/// Program counters that are jumped to.
fn leaders(program: &Program) -> BTreeSet<u32> {
    let mut leaders: BTreeSet<u32> = program.entries.iter().map(|e| e.pc).collect();
    leaders.extend(program.vectors.iter().map(|v| v.1));
    for inst in &program.insts {
        match inst.op.form() {
            Form::BranchTable => {
                leaders.extend((0..=inst.imm as u32).map(|i| inst.target.saturating_add(i)));
            }
            form if form.has_target_pc() => {
                leaders.insert(inst.target);
            }
            _ => {}
        }
    }
    leaders
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Inst;

    #[test]
    fn lines_end_at_jumps_and_begin_at_targets() {
        use ZkOp::*;
        let inst = |op, target| Inst {
            target,
            ..Inst::new(op)
        };
        let insts = vec![
            inst(Add32, 0),
            inst(Add32, 0),
            inst(Add32, 0),
            inst(Add32, 0),
            inst(BrEq32, 66),
            inst(Add32, 0),
            inst(Ret, 0),
        ];
        let program = Program {
            insts,
            ..Program::default()
        };
        let line = Fused::straight;
        assert_eq!(lines(&program, 64), [line(64, 2), line(66, 3), line(69, 2)]);
        assert_eq!(lines(&program, 2), [line(64, 2), line(66, 2), line(69, 2)]);
    }
}
