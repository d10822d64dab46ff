//! Proofs of whole scripts: each group of connected instances is one program whose only entry runs the script's steps.
//!
//! The statement that is proven says: this program, run from its entry, ends with success and as many passed steps as it has
//! counted ones. What is not about a run (invalid, malformed and unlinkable modules) is checked as [`run`](super::run) does.
//! A script whose run is too long is cut: what comes after the cut runs again what came before, uncounted, as far as that
//! leaves something behind.

use super::plan::Plan;
use super::run::{Report, Verdict, run_planned};
use super::script::{Action, ActionKind, Directive, Kind, Script};
use crate::compiler::internal;
use crate::fusion::{FusionLimits, fuse};
use crate::{Compiler, Options};
use std::collections::BTreeSet;
use std::time::Instant;
use zkc_backend::{SCRIPT_ENTRY, ScriptAction, ScriptExpect, ScriptStep};
use zkc_ir::{Diagnostic, ExportKind, Trap};
use zkc_isa::{FIRST_SLOT, Limits, Outcome, Program, Status};
use zkc_passes::{Layout, Linked};
use zkc_prover::{ProveOptions, ProvingKey, Security, Statement};

/// How to prove a script.
#[derive(Clone, Copy, Debug)]
pub struct ProveSettings {
    /// Strength of the proofs.
    pub security: Security,
    /// Steps of the machine beyond which a run is cut, as far as it can be.
    pub max_steps: u64,
    /// What may be fused in a run's program.
    pub fusion: FusionLimits,
}

/// One proof.
#[derive(Clone, PartialEq, Debug)]
pub struct ProvenRun {
    /// Lines of the first and the last counted directive.
    pub lines: (usize, usize),
    /// Assertions it proves.
    pub assertions: usize,
    /// Directives it proves: the assertions, and modules and calls that prepare them.
    pub counted: u32,
    /// Steps of the machine.
    pub steps: u64,
    /// Committed cells.
    pub cells: u64,
    /// Seconds to prove, execution included.
    pub prove_seconds: f64,
    /// Seconds to verify.
    pub verify_seconds: f64,
    /// Bytes of the proof.
    pub proof_bytes: u64,
    /// Bits of security.
    pub security_bits: u32,
}

/// What proving a script came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Proven {
    /// The proofs, each verified.
    pub runs: Vec<ProvenRun>,
    /// The script as it runs without proof: failures and skips are in here, and what is not about runs.
    pub report: Report,
    /// Seconds to compile, to make keys included.
    pub compile_seconds: f64,
}

impl Proven {
    /// Assertions that are proven.
    pub fn assertions(&self) -> usize {
        self.runs.iter().map(|run| run.assertions).sum()
    }

    /// Assertions that passed and that no run could show.
    pub fn checked(&self) -> usize {
        let counts = self.report.counts();
        counts
            .iter()
            .filter(|(kind, _)| is_of_modules(Some(**kind)))
            .map(|(_, count)| count.passed)
            .sum()
    }
}

/// Whether an assertion is about a module that is refused, so that no run can show it.
fn is_of_modules(kind: Option<Kind>) -> bool {
    matches!(
        kind,
        Some(Kind::Invalid | Kind::Malformed | Kind::Unlinkable)
    )
}

/// A step with what it is of the script.
#[derive(Clone)]
pub(super) struct Counted {
    pub(super) line: usize,
    pub(super) assertion: bool,
    pub(super) step: ScriptStep,
    /// Its directive's position in the script.
    pub(super) directive: usize,
}

/// Proves a script and verifies the proofs.
///
/// Errors: a script in which a run fails has no proof (`refused`, with the line); `internal` if a proof does not come
/// out as the run before it.
pub fn prove(
    script: &Script,
    options: &Options,
    settings: &ProveSettings,
) -> Result<Proven, Diagnostic> {
    let plan = Plan::of(script, options);
    let report = run_planned(script, &plan, options);
    let mut proven = Proven::default();
    for outcome in &report.outcomes {
        if let (Verdict::Failed(why), false) = (&outcome.verdict, is_of_modules(outcome.kind)) {
            let message = format!("what does not hold has no proof: {why}");
            return Err(Diagnostic::error("refused", message).at_line(outcome.line as u32, 1));
        }
    }
    for group in 0..plan.groups.len() {
        let units = plan.units(group, |p| p.purpose != super::plan::Purpose::Unlinkable);
        if units.is_empty() {
            continue;
        }
        let start = Instant::now();
        let compiler = Compiler::with_units(units, options);
        let linked = compiler.linked()?;
        let layout = compiler.layout()?;
        proven.compile_seconds += start.elapsed().as_secs_f64();
        let context = Context {
            script,
            plan: &plan,
            report: &report,
            linked: &linked,
            layout: &layout,
        };
        let steps = context.steps(group)?;
        if !steps.iter().any(|s| s.assertion) {
            continue;
        }
        let programs = Programs::of(&compiler, &layout, &steps);
        let mut pieces = vec![steps];
        while let Some(steps) = pieces.pop() {
            let start = Instant::now();
            let program = programs.compile(&steps)?;
            proven.compile_seconds += start.elapsed().as_secs_f64();
            let outcome = execute(&program)?;
            if outcome.steps > settings.max_steps
                && let Some([first, second]) = programs.cut(&steps)?
            {
                pieces.push(second);
                pieces.push(first);
                continue;
            }
            let run = prove_run(&program, &steps, settings, &mut proven.compile_seconds)?;
            proven.runs.push(run);
        }
    }
    proven.report = report;
    Ok(proven)
}

/// A group of a script and what its modules became.
pub(super) struct Context<'a> {
    pub(super) script: &'a Script,
    pub(super) plan: &'a Plan,
    pub(super) report: &'a Report,
    pub(super) linked: &'a Linked,
    pub(super) layout: &'a Layout,
}

impl Context<'_> {
    /// The script's steps that run in a group, without those that were skipped.
    pub(super) fn steps(&self, group: usize) -> Result<Vec<Counted>, Diagnostic> {
        let mut steps = Vec::new();
        let outcomes = self.plan.targets.iter().zip(&self.report.outcomes);
        let directives = self.script.steps.iter().enumerate();
        for ((directive, step), (target, outcome)) in directives.zip(outcomes) {
            let Some(planned) = target.map(|t| &self.plan.instances[t]) else {
                continue;
            };
            let runs = planned.linked.is_ok() && planned.group == group;
            if !runs || outcome.verdict != Verdict::Passed {
                continue;
            }
            if let Some(made) = self.step(&step.directive, self.unit(group, planned.unit))? {
                steps.push(Counted {
                    line: step.line,
                    assertion: outcome.kind.is_some(),
                    step: made,
                    directive,
                });
            }
        }
        Ok(steps)
    }

    /// The position of a member among those that are compiled here.
    fn unit(&self, group: usize, unit: usize) -> usize {
        let before = &self.plan.groups[group][..unit];
        let compiled = |&&member: &&usize| {
            self.plan.instances[member].purpose != super::plan::Purpose::Unlinkable
        };
        before.iter().filter(compiled).count()
    }

    fn step(&self, directive: &Directive, unit: usize) -> Result<Option<ScriptStep>, Diagnostic> {
        let returns = || ScriptExpect::Results(Vec::new());
        let instantiate = self.linked.units.get(unit).and_then(|u| u.instantiate);
        let instantiate = instantiate.map(|func| ScriptAction::Call {
            func,
            args: Vec::new(),
        });
        let (action, expect) = match directive {
            Directive::Module { .. } | Directive::Instance { .. } => match instantiate {
                Some(action) => (action, returns()),
                None => return Ok(None),
            },
            Directive::AssertModuleTraps { traps, .. } => match instantiate {
                Some(action) => (action, ScriptExpect::Traps(traps.to_vec())),
                None => {
                    return Err(internal(
                        "a module that must trap is not instantiated by code",
                    ));
                }
            },
            Directive::Action(action) => (self.action(action, unit)?, returns()),
            Directive::AssertReturn { action, results } => {
                let results = results.iter().map(|r| r.alternatives.clone()).collect();
                (self.action(action, unit)?, ScriptExpect::Results(results))
            }
            Directive::AssertTrap { action, traps } => (
                self.action(action, unit)?,
                ScriptExpect::Traps(traps.to_vec()),
            ),
            Directive::AssertExhaustion(action) => (
                self.action(action, unit)?,
                ScriptExpect::Traps(vec![Trap::CallStackExhausted]),
            ),
            Directive::Register { .. }
            | Directive::AssertInvalid(_)
            | Directive::AssertMalformed(_)
            | Directive::AssertUnlinkable(_)
            | Directive::OutOfScope(_) => return Ok(None),
        };
        Ok(Some(ScriptStep { action, expect }))
    }

    fn action(&self, action: &Action, unit: usize) -> Result<ScriptAction, Diagnostic> {
        let export = self.linked.units[unit].exports.get(&action.name).copied();
        match (&action.kind, export) {
            (ActionKind::Invoke(args), Some(ExportKind::Func(func))) => Ok(ScriptAction::Call {
                func,
                args: args.clone(),
            }),
            (ActionKind::Get, Some(kind @ ExportKind::Global(_))) => {
                let slots = super::group::Group::global_slots(self.linked, self.layout, kind);
                Ok(ScriptAction::Read { slots })
            }
            _ => Err(internal(format!(
                "`{}` was acted on, but is not exported",
                action.name
            ))),
        }
    }
}

fn execute(program: &Program) -> Result<Outcome, Diagnostic> {
    let limits = Limits {
        max_steps: zkc_prover::MAX_STEPS,
        ..Limits::default()
    };
    zkc_isa::run(program, SCRIPT_ENTRY, &[], &[], &limits)
        .map_err(|e| Diagnostic::error("limit-exceeded", e.to_string()))
}

/// What makes programs of a group's steps. All have the same functions at the same places, whatever the steps call, so
/// that references to functions are the same words after each.
struct Programs<'a> {
    compiler: &'a Compiler,
    layout: &'a Layout,
    funcs: BTreeSet<u32>,
}

impl<'a> Programs<'a> {
    fn of(compiler: &'a Compiler, layout: &'a Layout, steps: &[Counted]) -> Programs<'a> {
        let called = steps.iter().filter_map(|s| s.step.action.callee());
        Programs {
            compiler,
            layout,
            funcs: called.collect(),
        }
    }

    fn compile(&self, steps: &[Counted]) -> Result<Program, Diagnostic> {
        let steps: Vec<ScriptStep> = steps.iter().map(|s| s.step.clone()).collect();
        self.compiler.script(&self.funcs, &steps)
    }

    /// Two parts of a run, each with half of the counted steps; `None` if there are not two counted steps.
    fn cut(&self, steps: &[Counted]) -> Result<Option<[Vec<Counted>; 2]>, Diagnostic> {
        let counted: Vec<usize> = (0..steps.len())
            .filter(|&i| steps[i].step.is_counted())
            .collect();
        let Some(&middle) = counted.get(counted.len() / 2).filter(|_| counted.len() > 1) else {
            return Ok(None);
        };
        let (first, second) = steps.split_at(middle);
        let uncounted = |s: &Counted| Counted {
            step: ScriptStep {
                expect: ScriptExpect::Anything,
                ..s.step.clone()
            },
            ..s.clone()
        };
        let again = self.leaving_something(first)?;
        let mut rest: Vec<Counted> = again.iter().map(uncounted).collect();
        rest.extend(second.iter().cloned());
        Ok(Some([first.to_vec(), rest]))
    }

    /// The steps that must run again to come to the state these steps leave: what only prepares, and the assertions that
    /// leave something. Assertions are left out in halves, as long as the state stays.
    fn leaving_something(&self, steps: &[Counted]) -> Result<Vec<Counted>, Diagnostic> {
        let whole = execute(&self.compile(steps)?)?;
        let assertions: Vec<usize> = (0..steps.len()).filter(|&i| steps[i].assertion).collect();
        let mut kept = vec![true; steps.len()];
        let select = |kept: &[bool]| -> Vec<Counted> {
            let chosen = steps.iter().zip(kept).filter(|(_, kept)| **kept);
            chosen.map(|(step, _)| step.clone()).collect()
        };
        let mut ranges = vec![assertions.as_slice()];
        while let Some(range) = ranges.pop() {
            let mut fewer = kept.clone();
            range.iter().for_each(|&i| fewer[i] = false);
            let without = execute(&self.compile(&select(&fewer))?)?;
            if self.same_state(&whole, &without) {
                kept = fewer;
            } else if range.len() > 1 {
                let (left, right) = range.split_at(range.len() / 2);
                ranges.extend([left, right]);
            }
        }
        Ok(select(&kept))
    }

    /// Whether two runs leave the same memory and static words.
    fn same_state(&self, a: &Outcome, b: &Outcome) -> bool {
        a.memory() == b.memory()
            && (FIRST_SLOT..self.layout.end_slot)
                .all(|slot| a.static_word(slot) == b.static_word(slot))
    }
}

fn prove_run(
    program: &Program,
    steps: &[Counted],
    settings: &ProveSettings,
    compile_seconds: &mut f64,
) -> Result<ProvenRun, Diagnostic> {
    let counted: Vec<&Counted> = steps.iter().filter(|s| s.step.is_counted()).collect();
    let start = Instant::now();
    let program = &fuse(program, None, &settings.fusion);
    let key =
        ProvingKey::new(program).map_err(|e| Diagnostic::error("limit-exceeded", e.to_string()))?;
    *compile_seconds += start.elapsed().as_secs_f64();
    let options = ProveOptions {
        security: settings.security,
        line_executions: settings.fusion.executions,
        ..ProveOptions::default()
    };
    let (proof, statement, stats) =
        zkc_prover::prove(&key, program, SCRIPT_ENTRY, &[], &[], &options)
            .map_err(|e| Diagnostic::error("limit-exceeded", e.to_string()))?;
    let claim = claim(&key, counted.len());
    if statement != claim {
        return Err(internal(format!(
            "{:?} of {} steps pass in one run, though all do one by one",
            statement.results,
            counted.len()
        )));
    }
    let start = Instant::now();
    let report = zkc_prover::verify(&proof, key.verifying_key(), &claim, settings.security)
        .map_err(|e| internal(format!("the proof just made does not verify: {e}")))?;
    let lines = counted.iter().map(|s| s.line);
    Ok(ProvenRun {
        lines: (
            lines.clone().min().unwrap_or_default(),
            lines.max().unwrap_or_default(),
        ),
        assertions: counted.iter().filter(|s| s.assertion).count(),
        counted: counted.len() as u32,
        steps: stats.steps,
        cells: stats.cells.total,
        prove_seconds: stats.seconds.execute + stats.seconds.witness + stats.seconds.prove,
        verify_seconds: start.elapsed().as_secs_f64(),
        proof_bytes: stats.proof_bytes,
        security_bits: report.security.bits,
    })
}

/// What a proof must show: success, with every counted step passed.
fn claim(key: &ProvingKey, counted: usize) -> Statement {
    Statement {
        program: *key.verifying_key().digest(),
        entry: SCRIPT_ENTRY.to_owned(),
        args: Vec::new(),
        status: Status::Done.code(),
        max_steps: None,
        results: vec![counted as u64],
        output: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = r#"(module
      (func (export "two") (result i32) (i32.const 2))
      (func (export "stop") (unreachable)))
    (assert_return (invoke "two") (i32.const 2))
    (assert_trap (invoke "stop") "unreachable")
    (assert_return (invoke "two") (i32.const 2))"#;

    /// Hands on the steps of a script's one group, all taken as passing.
    fn with_steps<T>(script: &str, act: impl FnOnce(&Programs<'_>, &[Counted]) -> T) -> T {
        let script = Script::read(script).unwrap();
        let options = Options::new(2);
        let plan = Plan::of(&script, &options);
        let compiler = Compiler::with_units(plan.units(0, |_| true), &options);
        let mut report = run_planned(&script, &plan, &options);
        for outcome in &mut report.outcomes {
            outcome.verdict = Verdict::Passed;
        }
        let context = Context {
            script: &script,
            plan: &plan,
            report: &report,
            linked: &compiler.linked().unwrap(),
            layout: &compiler.layout().unwrap(),
        };
        let steps = context.steps(0).unwrap();
        act(&Programs::of(&compiler, context.layout, &steps), &steps)
    }

    /// The program, its counted steps and the number that pass.
    fn counts(script: &str) -> (Program, usize, u64) {
        with_steps(script, |programs, steps| {
            let program = programs.compile(steps).unwrap();
            let outcome = execute(&program).unwrap();
            assert_eq!(outcome.status, Status::Done);
            (program, steps.len(), outcome.results[0])
        })
    }

    #[test]
    fn a_cut_runs_again_only_what_leaves_something() {
        // what is called only by a step moves the functions behind it, which a table names
        let script = r#"(module
          (memory 1)
          (table 1 funcref)
          (elem (i32.const 0) $last)
          (func (export "first") (result i32) (i32.const 1))
          (func $deep (export "deep") (call $deep))
          (func (export "store") (i32.store (i32.const 8) (i32.const 1)))
          (func $last (export "last") (result i32) (i32.const 3)))
        (assert_return (invoke "first") (i32.const 1))
        (assert_exhaustion (invoke "deep") "call stack exhausted")
        (assert_return (invoke "store"))
        (assert_return (invoke "last") (i32.const 3))"#;
        with_steps(script, |programs, steps| {
            let again = programs.leaving_something(&steps[..3]).unwrap();
            let lines: Vec<usize> = again.iter().map(|s| s.line).collect();
            assert_eq!(lines, [11]);
        });
    }

    #[test]
    fn a_changed_expectation_is_not_counted() {
        assert_eq!(counts(SCRIPT).2, 3);
        let wrong = [
            SCRIPT.replacen(
                "(invoke \"two\") (i32.const 2)",
                "(invoke \"two\") (i32.const 3)",
                1,
            ),
            SCRIPT.replace("\"unreachable\"", "\"integer overflow\""),
            SCRIPT.replace("(invoke \"stop\")", "(invoke \"two\")"),
            SCRIPT.replacen(
                "(invoke \"two\") (i32.const 2)",
                "(invoke \"stop\") (i32.const 2)",
                1,
            ),
        ];
        for wrong in wrong {
            let (_, steps, passed) = counts(&wrong);
            assert_eq!((steps, passed), (3, 2), "{wrong}");
        }
    }

    #[test]
    fn a_proof_of_fewer_steps_is_no_proof_of_all() {
        let wrong = SCRIPT.replacen(
            "(i32.const 2))\n    (assert_trap",
            "(i32.const 3))\n    (assert_trap",
            1,
        );
        let (program, steps, passed) = counts(&wrong);
        assert_eq!((steps, passed), (3, 2));
        let key = ProvingKey::new(&program).unwrap();
        let options = ProveOptions {
            security: Security::Test,
            ..ProveOptions::default()
        };
        let (proof, statement, _) =
            zkc_prover::prove(&key, &program, SCRIPT_ENTRY, &[], &[], &options).unwrap();
        let verify = |statement: &Statement| {
            zkc_prover::verify(&proof, key.verifying_key(), statement, Security::Test)
        };
        assert!(verify(&statement).is_ok());
        assert_eq!(statement, claim(&key, 2));
        assert!(verify(&claim(&key, 3)).is_err());
        // nor does the proof hold for the program with the right expectation
        let (right, _, _) = counts(SCRIPT);
        let right = ProvingKey::new(&right).unwrap();
        let claimed = claim(&right, 3);
        assert!(
            zkc_prover::verify(&proof, right.verifying_key(), &claimed, Security::Test).is_err()
        );
    }
}
