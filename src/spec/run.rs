//! Runs a script: directives in order, instances kept between them, one outcome per directive.
//!
//! What zkc does not support is skipped with its reason, and what depends on it too; everything else passes or fails.

use super::called::Called;
use super::expected::{Expected, all_match};
use super::group::Group;
use super::plan::{Plan, Unready, reason, unready};
use super::script::{Action, ActionKind, Assembled, Directive, Kind, Refused, Script};
use crate::Options;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use zkc_ir::Trap;
use zkc_passes::decode::{Version, validate};

/// How a directive ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// As the script says.
    Passed,
    /// Not tried, because of something zkc does not have.
    Skipped(String),
    /// Otherwise than the script says.
    Failed(String),
}

/// What one directive came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Line of the directive, from 1.
    pub line: usize,
    /// Kind of the assertion; `None` for other directives.
    pub kind: Option<Kind>,
    /// How it ended.
    pub verdict: Verdict,
}

/// What a script came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// One outcome per directive, in order.
    pub outcomes: Vec<Outcome>,
}

/// Assertions of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// Those that passed.
    pub passed: usize,
    /// Those that were skipped.
    pub skipped: usize,
    /// Those that failed.
    pub failed: usize,
}

impl Report {
    /// Assertions by kind.
    pub fn counts(&self) -> BTreeMap<Kind, Count> {
        let mut counts: BTreeMap<Kind, Count> = BTreeMap::new();
        for outcome in &self.outcomes {
            let Some(kind) = outcome.kind else { continue };
            let count = counts.entry(kind).or_default();
            match outcome.verdict {
                Verdict::Passed => count.passed += 1,
                Verdict::Skipped(_) => count.skipped += 1,
                Verdict::Failed(_) => count.failed += 1,
            }
        }
        counts
    }

    /// Whether nothing failed; directives that only prepare assertions count too.
    pub fn holds(&self) -> bool {
        !self
            .outcomes
            .iter()
            .any(|o| matches!(o.verdict, Verdict::Failed(_)))
    }
}

/// What became of an instance.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Made {
    No,
    Yes,
    Unready(Unready),
}

struct Runner<'a> {
    plan: &'a Plan,
    options: &'a Options,
    version: Version,
    /// Compiled groups, each when its first instance is made.
    groups: Vec<Option<Result<Group, Unready>>>,
    /// Groups whose state is not what it should be, after a call that was skipped.
    given_up: Vec<bool>,
    made: Vec<Made>,
}

/// Runs a script.
pub fn run(script: &Script, options: &Options) -> Report {
    run_planned(script, &Plan::of(script, options), options)
}

/// Runs a script whose plan is made.
pub(super) fn run_planned(script: &Script, plan: &Plan, options: &Options) -> Report {
    let mut runner = Runner {
        plan,
        options,
        version: script.version,
        groups: plan.groups.iter().map(|_| None).collect(),
        given_up: vec![false; plan.groups.len()],
        made: vec![Made::No; plan.instances.len()],
    };
    let outcomes = script.steps.iter().zip(&plan.targets);
    let outcomes = outcomes.map(|(step, &target)| Outcome {
        line: step.line,
        kind: step.directive.kind(),
        verdict: runner.directive(&step.directive, target),
    });
    Report {
        outcomes: outcomes.collect(),
    }
}

impl Unready {
    fn verdict(&self) -> Verdict {
        match self {
            Unready::Skipped(why) => Verdict::Skipped(why.clone()),
            Unready::Refused(why) => Verdict::Failed(why.clone()),
        }
    }
}

impl Runner<'_> {
    fn directive(&mut self, directive: &Directive, target: Option<usize>) -> Verdict {
        match directive {
            Directive::Module {
                wasm,
                instantiated: false,
                ..
            } => define(wasm),
            Directive::Module { .. } | Directive::Instance { .. } => match target {
                Some(instance) => self.make(instance),
                None => Verdict::Failed("no such module definition".to_owned()),
            },
            Directive::Register { name, .. } => match target {
                Some(_) => Verdict::Passed,
                None => Verdict::Failed(format!("no instance to register as `{name}`")),
            },
            Directive::Action(action) => match self.act(action, target) {
                Ok(Called::Values(_)) => Verdict::Passed,
                Ok(other) => {
                    Verdict::Failed(format!("`{}`: expected a return, got {other}", action.name))
                }
                Err(unready) => self.give_up(target, &unready),
            },
            Directive::AssertReturn { action, results } => match self.act(action, target) {
                Ok(called) => expect_results(&action.name, &called, results),
                Err(unready) if results.is_empty() => self.give_up(target, &unready),
                Err(unready) => unready.verdict(),
            },
            Directive::AssertTrap { action, traps } => match self.act(action, target) {
                Ok(called) => expect_trap(&called, traps),
                Err(unready) => unready.verdict(),
            },
            Directive::AssertExhaustion(action) => match self.act(action, target) {
                Ok(called) => expect_trap(&called, &[Trap::CallStackExhausted]),
                Err(unready) => unready.verdict(),
            },
            Directive::AssertModuleTraps { traps, .. } => {
                match target.map(|instance| self.instantiate(instance)) {
                    Some(Ok(called)) => expect_trap(&called, traps),
                    Some(Err(unready)) => unready.verdict(),
                    None => Verdict::Failed("no such module".to_owned()),
                }
            }
            Directive::AssertInvalid(refused) | Directive::AssertMalformed(refused) => {
                assert_refused(refused, self.version)
            }
            Directive::AssertUnlinkable(refused) => self.assert_unlinkable(refused, target),
            Directive::OutOfScope(what) => Verdict::Skipped((*what).to_owned()),
        }
    }

    /// Makes an instance that is to be used.
    fn make(&mut self, instance: usize) -> Verdict {
        let made = match self.instantiate(instance) {
            Ok(Called::Values(_)) => Made::Yes,
            Ok(other) => Made::Unready(Unready::Refused(format!(
                "expected an instance, got {other}"
            ))),
            Err(unready) => Made::Unready(unready),
        };
        self.made[instance] = made.clone();
        match made {
            Made::Unready(unready) => unready.verdict(),
            Made::Yes | Made::No => Verdict::Passed,
        }
    }

    fn instantiate(&mut self, instance: usize) -> Result<Called, Unready> {
        let planned = &self.plan.instances[instance];
        planned.linked.clone()?;
        let group = self.group(instance)?;
        if let Some(diagnostic) = group.unsupported(planned.unit, None) {
            let why = reason(diagnostic);
            self.given_up[planned.group] = true;
            return Err(Unready::Skipped(why));
        }
        Ok(group.instantiate(planned.unit))
    }

    /// The group of an instance that can be linked.
    fn group(&mut self, instance: usize) -> Result<&mut Group, Unready> {
        let number = self.plan.instances[instance].group;
        if self.given_up[number] {
            return Err(Unready::Skipped("after a skipped call".to_owned()));
        }
        let (plan, options) = (self.plan, self.options);
        let group = self.groups[number].get_or_insert_with(|| {
            Group::compile(plan.units(number, |_| true), options).map_err(|d| unready(&d))
        });
        group.as_mut().map_err(|unready| unready.clone())
    }

    /// The verdict on a call that was made for its effect: if it is skipped, so is what follows in its group.
    fn give_up(&mut self, target: Option<usize>, unready: &Unready) -> Verdict {
        if let (Unready::Skipped(_), Some(instance)) = (unready, target)
            && self.plan.instances[instance].linked.is_ok()
        {
            self.given_up[self.plan.instances[instance].group] = true;
        }
        unready.verdict()
    }

    fn act(&mut self, action: &Action, target: Option<usize>) -> Result<Called, Unready> {
        let refused = |why: &str| Err(Unready::Refused(why.to_owned()));
        let Some(instance) = target else {
            return refused("no such instance");
        };
        match &self.made[instance] {
            Made::Yes => {}
            Made::Unready(Unready::Skipped(why)) => return Err(Unready::Skipped(why.clone())),
            Made::No | Made::Unready(Unready::Refused(_)) => {
                return refused("its module could not be instantiated");
            }
        }
        let unit = self.plan.instances[instance].unit;
        let group = self.group(instance)?;
        match &action.kind {
            ActionKind::Invoke(args) => match group.unsupported(unit, Some(&action.name)) {
                Some(diagnostic) => Err(Unready::Skipped(reason(diagnostic))),
                None => Ok(group.call(unit, &action.name, args)),
            },
            ActionKind::Get => match group.global(unit, &action.name) {
                Some(words) => Ok(Called::Values(words)),
                None => refused(&format!("no global `{}`", action.name)),
            },
        }
    }

    /// A module that is not linked, or, as WASM 1.0 has it, one that is but has a segment out of bounds. That leaves nothing.
    fn assert_unlinkable(&mut self, refused: &Refused, target: Option<usize>) -> Verdict {
        let (Ok(_), Some(instance)) = (&refused.wasm, target) else {
            return Verdict::Failed("the module's text is refused".to_owned());
        };
        match &self.plan.instances[instance].linked {
            Err(Unready::Refused(_)) => return Verdict::Passed,
            Err(skipped) => return skipped.verdict(),
            Ok(()) => {}
        }
        let before = match self.group(instance) {
            Ok(group) => group.state(),
            Err(unready) => return unready.verdict(),
        };
        let called = self.instantiate(instance);
        if let Ok(group) = self.group(instance) {
            group.set_state(&before);
        }
        match called {
            // the sizes of what is imported may only be known to the code, which traps before it does anything
            Ok(Called::Trap(
                Trap::OutOfBoundsMemoryAccess | Trap::OutOfBoundsTableAccess | Trap::Unreachable,
            )) => Verdict::Passed,
            Ok(called) => Verdict::Failed(format!(
                "expected `{}`, but the module is linked: {called}",
                refused.message
            )),
            Err(unready) => unready.verdict(),
        }
    }
}

fn define(wasm: &Assembled) -> Verdict {
    match wasm.as_ref().map(|wasm| crate::decode(wasm)) {
        Ok(Ok(_)) => Verdict::Passed,
        Ok(Err(diagnostic)) => unready(&diagnostic).verdict(),
        Err(why) => Verdict::Failed(format!("the module's text is refused: {why}")),
    }
}

/// The module must be refused, as text or as a binary. What a proposal that zkc does not have would allow is refused too.
fn assert_refused(refused: &Refused, version: Version) -> Verdict {
    let Ok(wasm) = &refused.wasm else {
        return Verdict::Passed;
    };
    let expected = &refused.message;
    match validate(wasm, version).and_then(|()| crate::decode(wasm)) {
        Err(diagnostic)
            if ["invalid", "malformed", "unsupported-op"].contains(&diagnostic.code) =>
        {
            Verdict::Passed
        }
        Err(diagnostic) => {
            Verdict::Failed(format!("expected `{expected}`, refused with {diagnostic}"))
        }
        Ok(_) => Verdict::Failed(format!("expected `{expected}`, but the module is accepted")),
    }
}

fn expect_results(name: &str, called: &Called, results: &[Expected]) -> Verdict {
    match called {
        Called::Values(values) if all_match(results, values) => Verdict::Passed,
        _ => {
            let mut expected = String::from("expected values");
            for result in results {
                let _ = write!(expected, " {result}");
            }
            Verdict::Failed(format!("`{name}`: {expected}, got {called}"))
        }
    }
}

fn expect_trap(called: &Called, kinds: &[Trap]) -> Verdict {
    match called {
        Called::Trap(trap) if kinds.contains(trap) => Verdict::Passed,
        other => Verdict::Failed(format!("expected trap {}, got {other}", kinds[0])),
    }
}
