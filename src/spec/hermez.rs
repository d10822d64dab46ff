//! Scripts on the Hermez processor's executor model, as programs that assert what the script says.
//!
//! A group of connected instances is one sequence of programs: each makes the calls of consecutive directives and asserts
//! their results, up to one that must trap, which ends it. The next one starts from the state it left. What is not about a
//! run, and what zk64 cannot run either, is judged as [`run`](super::run) judges it.

use super::group::is_unsupported;
use super::plan::{Plan, Purpose, reason};
use super::prove::{Context, Counted};
use super::run::{Report, Verdict, run_planned};
use super::script::Script;
use crate::{Compiler, Options};
use std::collections::{BTreeMap, BTreeSet};
use zkc_backend::hermez::State;
use zkc_backend::{ScriptAction, ScriptExpect, ScriptStep};
use zkc_ir::Diagnostic;
use zkc_isa::hermez::{self, Cause, Counters, Inputs, Program};

/// Most directives of one program.
const MAX_CALLS: usize = 256;

/// One program of a script.
#[derive(Clone, Debug)]
pub struct HermezProgram {
    /// Lines of the first and the last directive.
    pub lines: (usize, usize),
    /// Assertions in it.
    pub assertions: usize,
    /// The program.
    pub program: Program,
    /// Operations of its run.
    pub counters: Counters,
}

/// What a script came to.
#[derive(Clone, Debug, Default)]
pub struct HermezReport {
    /// One outcome per directive.
    pub report: Report,
    /// The programs that ran as the script says, in order.
    pub programs: Vec<HermezProgram>,
}

/// Runs a script on the model. Runs of more than `max_steps` rows are skipped, with what follows.
///
/// Errors: inconsistencies of ours.
pub fn run_hermez(
    script: &Script,
    options: &Options,
    max_steps: u64,
) -> Result<HermezReport, Diagnostic> {
    let plan = Plan::of(script, options);
    let report = run_planned(script, &plan, options);
    judge(script, &plan, options, max_steps, report)
}

/// Judges anew, on the model, what a report says has passed.
fn judge(
    script: &Script,
    plan: &Plan,
    options: &Options,
    max_steps: u64,
    report: Report,
) -> Result<HermezReport, Diagnostic> {
    let mut all = HermezReport {
        report,
        programs: Vec::new(),
    };
    for group in 0..plan.groups.len() {
        let units = plan.units(group, |p| p.purpose != Purpose::Unlinkable);
        if units.is_empty() {
            continue;
        }
        let compiler = Compiler::with_units(units, options);
        let (linked, layout) = (compiler.linked()?, compiler.layout()?);
        let context = Context {
            script,
            plan,
            report: &all.report,
            linked: &linked,
            layout: &layout,
        };
        let steps = context.steps(group)?;
        let mut runner = Runner {
            compiler: &compiler,
            funcs: BTreeSet::new(),
            state: None,
            is_lost: false,
            max_steps,
            all: &mut all,
        };
        runner.group(steps)?;
    }
    Ok(all)
}

struct Runner<'a> {
    compiler: &'a Compiler,
    /// The functions of every program.
    funcs: BTreeSet<u32>,
    /// What the programs so far left.
    state: Option<State>,
    /// Whether a program was too long, so that nobody knows what it left.
    is_lost: bool,
    max_steps: u64,
    all: &'a mut HermezReport,
}

impl Runner<'_> {
    fn group(&mut self, mut steps: Vec<Counted>) -> Result<(), Diagnostic> {
        self.funcs = steps
            .iter()
            .filter_map(|s| s.step.action.callee())
            .collect();
        let unsupported = self.unsupported()?;
        self.funcs.retain(|func| !unsupported.contains_key(func));
        steps.retain(|step| {
            let why = step.step.action.callee().and_then(|f| unsupported.get(&f));
            let Some(why) = why else { return true };
            self.all.report.outcomes[step.directive].verdict = Verdict::Skipped(why.clone());
            false
        });
        let is_last = |step: &Counted| matches!(step.step.expect, ScriptExpect::Traps(_));
        for part in steps.split_inclusive(is_last) {
            for part in part.chunks(MAX_CALLS) {
                self.part(part)?;
            }
        }
        Ok(())
    }

    /// Functions that hermez64 does not have something for, if there are any.
    fn unsupported(&self) -> Result<BTreeMap<u32, String>, Diagnostic> {
        let compile = |funcs: &BTreeSet<u32>| self.compiler.hermez_script(funcs, &[], None);
        let mut unsupported = BTreeMap::new();
        match compile(&self.funcs) {
            Err(diagnostic) if is_unsupported(&diagnostic) => {}
            other => return other.map(|_| unsupported),
        }
        for &func in &self.funcs {
            if let Err(diagnostic) = compile(&BTreeSet::from([func])) {
                unsupported.insert(func, reason(&diagnostic));
            }
        }
        Ok(unsupported)
    }

    /// Runs directives as one program, or as two if they do not all pass.
    fn part(&mut self, steps: &[Counted]) -> Result<(), Diagnostic> {
        let verdict = if self.is_lost {
            Verdict::Skipped("after a skipped call".to_owned())
        } else {
            self.program(steps)?
        };
        if verdict == Verdict::Passed {
            return Ok(());
        }
        if let [step] = steps {
            self.is_lost |= matches!(verdict, Verdict::Skipped(_));
            self.all.report.outcomes[step.directive].verdict = verdict;
            return Ok(());
        }
        let (first, second) = steps.split_at(steps.len() / 2);
        self.part(first)?;
        self.part(second)
    }

    /// Runs directives as one program, and judges them all at once.
    fn program(&mut self, steps: &[Counted]) -> Result<Verdict, Diagnostic> {
        let calls: Vec<ScriptStep> = steps.iter().map(|s| s.step.clone()).collect();
        let state = self.state.as_ref();
        let made = self.compiler.hermez_script(&self.funcs, &calls, state)?;
        let mut program = made.program;
        program.split_variables();
        let outcome = match hermez::run(&program, &Inputs::default(), self.max_steps) {
            Ok(outcome) => outcome,
            Err(refusal) if matches!(refusal.cause, Cause::StepLimit(_)) => {
                return Ok(Verdict::Skipped(
                    "longer than the machine's trace".to_owned(),
                ));
            }
            Err(refusal) => {
                let why = format!("{}: {refusal}", describe(&calls));
                return Ok(Verdict::Failed(why));
            }
        };
        let left = State::of(&outcome.memory, made.statics, &made.memory);
        let Some(left) = left else {
            let why = "a word of the memory is not one of 64 bits";
            return Ok(Verdict::Failed(why.to_owned()));
        };
        self.state = Some(left);
        let lines = steps.iter().map(|s| s.line);
        self.all.programs.push(HermezProgram {
            lines: (
                lines.clone().min().unwrap_or_default(),
                lines.max().unwrap_or_default(),
            ),
            assertions: steps.iter().filter(|s| s.assertion).count(),
            program,
            counters: outcome.counters,
        });
        Ok(Verdict::Passed)
    }
}

/// The last call, for a message.
fn describe(calls: &[ScriptStep]) -> String {
    match calls.last().map(|step| &step.action) {
        Some(ScriptAction::Call { args, .. }) => format!("arguments {args:x?}"),
        Some(ScriptAction::Read { .. }) | None => "a global".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = r#"(module
      (memory 1)
      (global (export "g") (mut i32) (i32.const 5))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "both") (result i64 i32) (i64.const -1) (i32.const 7))
      (func (export "nan") (result f32) (f32.const nan:0x400001))
      (func (export "far") (result i32) (i32.load (i32.const 70000))))
    (assert_return (invoke "add" (i32.const -1) (i32.const 3)) (i32.const 2))
    (assert_return (invoke "both") (i64.const -1) (i32.const 7))
    (assert_return (get "g") (i32.const 5))
    (assert_return (invoke "nan") (f32.const nan:arithmetic))
    (assert_return (invoke "add" (i32.const 1) (i32.const 1)) (either (i32.const 1) (i32.const 2)))
    (assert_trap (invoke "far") "out of bounds memory access")"#;

    /// The lines that do not hold on the model, all taken as passing before.
    fn failed(script: &str) -> Vec<usize> {
        let script = Script::read(script).unwrap();
        let options = Options::new(2);
        let plan = Plan::of(&script, &options);
        let mut report = run_planned(&script, &plan, &options);
        for outcome in &mut report.outcomes {
            outcome.verdict = Verdict::Passed;
        }
        let judged = judge(&script, &plan, &options, 1 << 20, report).unwrap();
        let outcomes = judged.report.outcomes.iter();
        let failed = outcomes.filter(|o| matches!(o.verdict, Verdict::Failed(_)));
        failed.map(|o| o.line).collect()
    }

    #[test]
    fn a_program_asserts_what_its_script_says() {
        assert_eq!(failed(SCRIPT), [0; 0]);
        for (right, wrong, line) in [
            (
                "(i32.const 3)) (i32.const 2))",
                "(i32.const 3)) (i32.const 3))",
                8,
            ),
            ("\"both\") (i64.const -1)", "\"both\") (i64.const -2)", 9),
            (
                "\"both\") (i64.const -1) (i32.const 7)",
                "\"both\") (i64.const -1) (i32.const 8)",
                9,
            ),
            ("(get \"g\") (i32.const 5)", "(get \"g\") (i32.const 6)", 10),
            ("nan:arithmetic", "nan:canonical", 11),
            (
                "(either (i32.const 1) (i32.const 2))",
                "(either (i32.const 1) (i32.const 3))",
                12,
            ),
            ("out of bounds memory access", "integer overflow", 13),
            ("(invoke \"far\")", "(invoke \"both\")", 13),
        ] {
            let changed = SCRIPT.replace(right, wrong);
            assert_ne!(changed, SCRIPT, "{wrong}");
            assert_eq!(failed(&changed), [line], "{wrong}");
        }
    }
}
