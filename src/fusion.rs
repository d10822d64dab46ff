//! Which straight lines of a program get a chip of their own.
//!
//! Candidates are the lines between jumps, calls and what else cannot stand in a line; each is priced by composing its chip.
//! What a line saves is the cells of its instructions' own rows less those of its row, times how often it is executed:
//! counted in a run, or estimated from loops and calls. The lines that save most for the width of their row are taken while
//! their widths fit a budget, because a proof opens whole rows: width is what its size and its verifier pay for.

use std::collections::{BTreeMap, BTreeSet};
use zkc_isa::{FIRST_PC, Form, Fused, MAX_FUSED, MAX_LINES, Program, lines, loops};
use zkc_prover::{ChipCost, cells_model, fused_cost};

/// How often a loop is taken to go round; [`estimate`] says so.
const ROUNDS: u64 = 64;
/// Largest estimate of how often an instruction is executed.
const MOST: u64 = 1 << 40;

/// How many lines are fused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FusionLimits {
    /// Most cells of one row of every fused chip together. A cell of width is about 0.8 KB of a proof.
    pub width: u64,
    /// Longest line, in instructions.
    pub length: usize,
    /// Most rounds of a loop in one line.
    pub rounds: usize,
    /// Executions from which on a line is worth the width of its row.
    pub executions: u64,
}

impl Default for FusionLimits {
    fn default() -> FusionLimits {
        FusionLimits {
            width: 8192,
            length: 64,
            rounds: 8,
            executions: 8,
        }
    }
}

/// A line with what its chip costs and saves.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The line.
    pub line: Fused,
    /// How often it is executed, or an estimate.
    pub count: u64,
    /// Cells of its instructions' own rows.
    pub apart: u64,
    /// Its chip.
    pub chip: ChipCost,
}

impl Candidate {
    /// Cells that all executions save.
    pub fn saved(&self) -> u64 {
        self.apart
            .saturating_sub(self.chip.cells.total)
            .saturating_mul(self.count)
    }

    /// Cells saved for each cell of width.
    pub fn density(&self) -> u64 {
        self.saved() / self.chip.cells.total.max(1)
    }
}

/// How often each instruction is executed, by its loops and its function's calls.
///
/// A loop is what lies between a jump back and its target; each goes round 64 times. A function runs as often as
/// the most frequent of its calls.
pub fn estimate(program: &Program) -> Vec<u64> {
    let index = |pc: u32| (pc.checked_sub(FIRST_PC)).map(|i| i as usize);
    let size = program.insts.len();
    let mut latches = BTreeMap::<usize, usize>::new();
    let mut calls = Vec::new();
    let mut starts: BTreeSet<usize> = program.entries.iter().filter_map(|e| index(e.pc)).collect();
    for (at, inst) in program.insts.iter().enumerate() {
        let target = index(inst.target).filter(|&t| t < size);
        match (inst.op.form(), target) {
            (Form::Call, Some(target)) => {
                calls.push((at, Some(target)));
                starts.insert(target);
            }
            (Form::CallIndirect, _) => calls.push((at, None)),
            (form, Some(target)) if form.has_target_pc() && target <= at => {
                let latch = latches.entry(target).or_insert(at);
                *latch = (*latch).max(at);
            }
            _ => {}
        }
    }
    starts.extend(
        (1..program.places.len())
            .filter(|&i| program.places[i].function != program.places[i - 1].function),
    );
    starts.insert(0);
    let mut depth = vec![0i32; size + 1];
    for (header, latch) in latches {
        depth[header] += 1;
        depth[latch + 1] -= 1;
    }
    let mut inside = 0;
    let local: Vec<u64> = (depth.iter().take(size))
        .map(|change| {
            inside += change;
            ROUNDS.saturating_pow(inside.clamp(0, 6) as u32)
        })
        .collect();
    let starts: Vec<usize> = starts.into_iter().collect();
    let function = |at: usize| starts.partition_point(|&s| s <= at) - 1;
    let mut times = vec![1u64; starts.len()];
    // calls nest; recursion is cut off
    for _ in 0..8 {
        let mut changed = false;
        for &(at, target) in &calls {
            let often = (local[at].saturating_mul(times[function(at)])).min(MOST);
            let callees = match target {
                Some(target) => function(target)..function(target) + 1,
                None => 0..0,
            };
            for callee in callees {
                changed |= times[callee] < often;
                times[callee] = times[callee].max(often);
            }
        }
        if !changed {
            break;
        }
    }
    (local.iter().enumerate())
        .map(|(at, &often)| often.saturating_mul(times[function(at)]).min(MOST))
        .collect()
}

/// How often each instruction of the program is executed in a run: what a trace shows step by step.
#[derive(Clone, Debug)]
pub struct Counts(Vec<u64>);

impl Counts {
    /// No execution yet.
    pub fn new(program: &Program) -> Counts {
        Counts(vec![0; program.insts.len()])
    }

    /// Adds an executed instruction.
    pub fn add(&mut self, pc: u32) {
        let at = pc.checked_sub(FIRST_PC).map(|at| at as usize);
        if let Some(count) = at.and_then(|at| self.0.get_mut(at)) {
            *count += 1;
        }
    }

    /// One number for each instruction.
    pub fn as_slice(&self) -> &[u64] {
        &self.0
    }
}

/// The lines that have a chip and save cells, the one that saves most for its width first.
///
/// `counts` says how often each instruction is executed. `most` bounds how many chips are composed: the lines with the most
/// cells are tried first. A loop's line of several rounds and that of one share its executions: of `r` rounds at a time, one in
/// `r` is left to the other.
pub fn candidates(
    program: &Program,
    counts: &[u64],
    limits: &FusionLimits,
    most: usize,
) -> Vec<Candidate> {
    let model = cells_model();
    let rounds: Vec<Fused> = loops(program, limits.length, limits.rounds);
    let unrolled: BTreeMap<u32, u64> = (rounds.iter())
        .map(|line| (line.segments[0].pc, line.segments.len() as u64))
        .collect();
    let straight = lines(program, limits.length);
    let mut all: Vec<(u64, u64, Fused)> = (straight.into_iter().chain(rounds))
        .map(|line| {
            let pc = line.segments[0].pc;
            let executed = counts[(pc - FIRST_PC) as usize];
            let times = unrolled.get(&pc).copied().unwrap_or(1);
            let count = match line.segments.len() {
                1 => executed / times,
                _ => executed / times * (times - 1) / times,
            };
            let insts = program.line(&line);
            let apart: u64 = insts.iter().map(|(_, i)| model.cost(i.op)).sum();
            (apart, count, line)
        })
        .filter(|&(_, count, _)| count >= limits.executions)
        .collect();
    all.sort_by(|a, b| {
        let cells = |c: &(u64, u64, Fused)| c.0.saturating_mul(c.1);
        cells(b).cmp(&cells(a)).then_with(|| a.2.cmp(&b.2))
    });
    let mut candidates: Vec<Candidate> = all
        .into_iter()
        .take(most)
        .filter_map(|(apart, count, line)| {
            let chip = fused_cost(program, &line).ok()?;
            (chip.cells.total < apart).then_some(Candidate {
                line,
                count,
                apart,
                chip,
            })
        })
        .collect();
    candidates.sort_by(|a, b| {
        let order = b.density().cmp(&a.density());
        order.then_with(|| a.line.cmp(&b.line))
    });
    candidates
}

/// Most lines that are priced to choose among.
const PRICED: usize = 256;

/// The lines to fuse, long ones first.
pub fn choose(program: &Program, counts: &[u64], limits: &FusionLimits) -> Vec<Fused> {
    if limits.width == 0 {
        return Vec::new();
    }
    let mut width = 0;
    let mut lines: Vec<Fused> = candidates(program, counts, limits, PRICED)
        .into_iter()
        .filter(|c| {
            let fits = width + c.chip.cells.total <= limits.width;
            width += if fits { c.chip.cells.total } else { 0 };
            fits
        })
        .map(|c| c.line)
        .take(MAX_LINES)
        .collect();
    within(&mut lines);
    lines.sort_by(|a, b| b.size().cmp(&a.size()).then_with(|| a.cmp(b)));
    lines
}

/// The program with every line fused that has a chip, as far as a program may name them: for tests of fused lines.
pub fn fuse_all(program: &Program, longest: usize) -> Program {
    let mut program = program.clone();
    program.fused = loops(&program, longest, 4)
        .into_iter()
        .chain(lines(&program, longest))
        .filter(|line| fused_cost(&program, line).is_ok())
        .take(MAX_LINES)
        .collect();
    within(&mut program.fused);
    program
}

/// Leaves out lines at the end, so that all have no more instructions than a program's may.
fn within(lines: &mut Vec<Fused>) {
    let mut size = 0;
    lines.retain(|line| {
        size += line.size();
        size <= MAX_FUSED
    });
}

/// The program with the lines fused that are likely to pay, if it names none itself. `counts` says how often each instruction
/// is executed; without, that is estimated.
pub fn fuse(program: &Program, counts: Option<&[u64]>, limits: &FusionLimits) -> Program {
    let mut program = program.clone();
    if program.fused.is_empty() {
        program.fused = match counts {
            Some(counts) => choose(&program, counts, limits),
            None => choose(&program, &estimate(&program), limits),
        };
    }
    program
}

#[cfg(test)]
mod tests {
    use super::*;
    use zkc_isa::{Inst, ZkOp};

    fn inst(op: ZkOp, target: u32) -> Inst {
        Inst {
            target,
            ..Inst::new(op)
        }
    }

    fn program(insts: Vec<Inst>) -> Program {
        Program {
            insts,
            ..Program::default()
        }
    }

    #[test]
    fn loops_and_calls_multiply() {
        use ZkOp::*;
        let program = program(vec![
            inst(Add32, 0),
            inst(Call, 68),
            inst(BrEq32, 65),
            inst(Ret, 0),
            inst(Add32, 0),
            inst(BrEq32, 68),
            inst(Ret, 0),
        ]);
        let twice = ROUNDS * ROUNDS;
        assert_eq!(
            estimate(&program),
            [1, ROUNDS, ROUNDS, 1, twice, twice, ROUNDS]
        );
    }
}
