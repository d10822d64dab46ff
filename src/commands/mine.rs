//! `zkc mine`: what fusing instructions would save in a run.
//!
//! Lines are the program's straight lines with the price of their chips; pairs are two instructions of which the second is the
//! only reader of the first one's result, which is what a fused instruction of the machine would be made for.

use super::execute::{Prepared, place, prepare, refusal};
use super::{About, Failure, Output};
use crate::cli::Mine;
use crate::fusion::{Candidate, Counts, candidates, choose};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use zkc_isa::{Limits, STACK_BASE, Step, ZkOp};
use zkc_prover::cells_model;

/// Lines priced at most.
const PRICED: usize = 1024;

/// A line in the report.
#[derive(Serialize)]
struct LineReport {
    pc: u32,
    place: String,
    instructions: usize,
    segments: usize,
    executions: u64,
    cells_apart: u64,
    cells_fused: u64,
    saved: u64,
    chosen: bool,
}

/// A pair in the report.
#[derive(Serialize)]
struct PairReport {
    first: &'static str,
    second: &'static str,
    operand: usize,
    executions: u64,
}

/// What a run shows.
#[derive(Serialize)]
struct Report {
    steps: u64,
    cells: u64,
    saved_by_all: u64,
    saved_by_chosen: u64,
    chosen_width: u64,
    lines: Vec<LineReport>,
    pairs: Vec<PairReport>,
}

/// Runs the program and reports its lines and pairs.
pub(super) fn mine(args: &Mine, output: &mut Output) -> Result<(), Failure> {
    let prepared = prepare(&args.invocation)?;
    let report = report(args, &prepared)?;
    if args.json {
        let json = serde_json::to_string_pretty(&report).expect("a report is plain data");
        output.print(json);
        return Ok(());
    }
    let percent = |cells: u64| cells as f64 * 100.0 / report.cells.max(1) as f64;
    output.print(format!("steps:           {}", report.steps));
    output.print(format!("cells of rows:   {}", report.cells));
    output.print(format!(
        "lines can save:  {} ({:.1} %)",
        report.saved_by_all,
        percent(report.saved_by_all)
    ));
    output.print(format!(
        "chosen ones:     {} ({:.1} %), {} cells wide",
        report.saved_by_chosen,
        percent(report.saved_by_chosen),
        report.chosen_width
    ));
    output.print("");
    output.print("  pc       length x parts executions  apart  fused  saved  place (* chosen)");
    for line in &report.lines {
        output.print(format!(
            "{} {:<8} {:>6} x {:>2} {:>11} {:>6} {:>6} {:>5.1}% {}",
            if line.chosen { '*' } else { ' ' },
            line.pc,
            line.instructions / line.segments,
            line.segments,
            line.executions,
            line.cells_apart,
            line.cells_fused,
            percent(line.saved),
            line.place
        ));
    }
    output.print("");
    output.print("  first            second           operand executions of steps");
    for pair in &report.pairs {
        output.print(format!(
            "  {:<16} {:<16} {:>7} {:>10} {:>7.1}%",
            pair.first,
            pair.second,
            pair.operand,
            pair.executions,
            pair.executions as f64 * 100.0 / report.steps.max(1) as f64
        ));
    }
    Ok(())
}

fn report(args: &Mine, prepared: &Prepared) -> Result<Report, Failure> {
    let program = &prepared.program;
    let limits = Limits {
        max_steps: args
            .invocation
            .max_steps
            .unwrap_or(zkc_isa::MAX_TRACE_STEPS),
        max_pages: args.invocation.flags.max_pages,
    };
    let mut counts = Counts::new(program);
    let mut pairs = Pairs::default();
    let (mut steps, mut cells) = (0u64, 0u64);
    let model = cells_model();
    zkc_isa::trace(
        program,
        &prepared.entry.name,
        &prepared.args,
        &prepared.input,
        &limits,
        &mut |step| {
            steps += 1;
            cells += model.cost(step.inst.op);
            counts.add(step.pc);
            pairs.step(step);
        },
    )
    .map_err(|e| refusal(&e, program))
    .about(&args.invocation.input)?;
    let limits = args.invocation.flags.fusion();
    let mut lines = candidates(program, counts.as_slice(), &limits, PRICED);
    let chosen: BTreeSet<_> = choose(program, counts.as_slice(), &limits)
        .into_iter()
        .collect();
    lines.sort_by(|a, b| b.saved().cmp(&a.saved()).then_with(|| a.line.cmp(&b.line)));
    let sum = |of: &dyn Fn(&Candidate) -> u64, all: bool| -> u64 {
        let taken = lines.iter().filter(|c| all || chosen.contains(&c.line));
        taken.map(of).sum()
    };
    Ok(Report {
        steps,
        cells,
        saved_by_all: sum(&Candidate::saved, true),
        saved_by_chosen: sum(&Candidate::saved, false),
        chosen_width: sum(&|c| c.chip.cells.total, false),
        lines: (lines.iter().take(args.top))
            .map(|c| LineReport {
                pc: c.line.segments[0].pc,
                place: place(c.line.segments[0].pc, program)
                    .trim_start()
                    .to_owned(),
                instructions: c.line.size(),
                segments: c.line.segments.len(),
                executions: c.count,
                cells_apart: c.apart,
                cells_fused: c.chip.cells.total,
                saved: c.saved(),
                chosen: chosen.contains(&c.line),
            })
            .collect(),
        pairs: pairs.finish(args.top),
    })
}

/// A word in a register, from its write on.
struct Written {
    by: ZkOp,
    block: u64,
    reads: u32,
    reader: Option<(ZkOp, usize, u64)>,
}

/// Counts pairs of a run.
#[derive(Default)]
struct Pairs {
    counts: BTreeMap<(ZkOp, ZkOp, usize), u64>,
    words: HashMap<u32, Written>,
    block: u64,
}

impl Pairs {
    fn step(&mut self, step: &Step) {
        let op = step.inst.op;
        for (i, access) in step.accesses[..usize::from(step.len)].iter().enumerate() {
            if access.addr < STACK_BASE {
                continue;
            }
            let writes = op.form().has_d()
                && i + 1 == usize::from(step.len)
                && access.addr == step.fp + step.inst.d;
            if writes {
                let written = Written {
                    by: op,
                    block: self.block,
                    reads: 0,
                    reader: None,
                };
                if let Some(before) = self.words.insert(access.addr, written) {
                    self.count(&before);
                }
            } else if let Some(written) = self.words.get_mut(&access.addr) {
                written.reads += 1;
                written.reader = Some((op, i, self.block));
            }
        }
        if step.next_pc != step.pc + 1 || op.form().has_target_pc() {
            self.block += 1;
        }
    }

    fn count(&mut self, written: &Written) {
        if let (1, Some((reader, operand, block))) = (written.reads, written.reader)
            && block == written.block
        {
            *self
                .counts
                .entry((written.by, reader, operand))
                .or_default() += 1;
        }
    }

    fn finish(mut self, most: usize) -> Vec<PairReport> {
        for written in std::mem::take(&mut self.words).into_values() {
            self.count(&written);
        }
        let mut pairs: Vec<_> = self.counts.into_iter().collect();
        pairs.sort_by_key(|&(pair, count)| (Reverse(count), pair));
        pairs
            .into_iter()
            .take(most)
            .map(|((first, second, operand), executions)| PairReport {
                first: first.opcode().def().name,
                second: second.opcode().def().name,
                operand,
                executions,
            })
            .collect()
    }
}
