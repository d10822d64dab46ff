//! Runs a script: directives in order, instances kept between them, one outcome per directive.
//!
//! What zkc does not support is skipped with its reason, and what depends on it too; everything else passes or fails.

use super::called::Called;
use super::expected::{Expected, all_match};
use super::script::{Action, ActionKind, Assembled, Directive, Kind, Refused, Script};
use super::session::{OpenError, Session, imports};
use crate::Options;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use zkc_ir::{Diagnostic, Trap};

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

/// An instance of the script, or why there is none.
enum Instance {
    Ready(Box<Session>),
    Skipped(String),
    Broken(String),
}

struct Runner<'a> {
    options: &'a Options,
    /// Modules that are defined, by name; the last entry of `definitions` is the latest.
    definitions: Vec<(Option<String>, &'a Assembled)>,
    instances: Vec<Instance>,
    by_name: BTreeMap<String, usize>,
    /// Instances by the names they are registered under.
    registered: BTreeMap<String, usize>,
}

/// Runs a script.
pub fn run(script: &Script, options: &Options) -> Report {
    let mut runner = Runner {
        options,
        definitions: Vec::new(),
        instances: Vec::new(),
        by_name: BTreeMap::new(),
        registered: BTreeMap::new(),
    };
    let outcomes = script.steps.iter().map(|step| Outcome {
        line: step.line,
        kind: step.directive.kind(),
        verdict: runner.directive(&step.directive),
    });
    Report {
        outcomes: outcomes.collect(),
    }
}

impl<'a> Runner<'a> {
    fn directive(&mut self, directive: &'a Directive) -> Verdict {
        match directive {
            Directive::Module {
                name,
                wasm,
                instantiated,
            } => {
                self.definitions.push((name.clone(), wasm));
                match instantiated {
                    true => self.module(name.as_deref(), wasm),
                    false => self.define(wasm),
                }
            }
            Directive::Instance { name, module } => match self.definition(module.as_deref()) {
                Some(wasm) => self.module(name.as_deref(), wasm),
                None => Verdict::Failed("no such module definition".to_owned()),
            },
            Directive::Register { name, module } => match self.index(module.as_deref()) {
                Some(index) => {
                    self.registered.insert(name.clone(), index);
                    Verdict::Passed
                }
                None => Verdict::Failed(format!("no instance to register as `{name}`")),
            },
            Directive::Action(action) => match self.act(action) {
                Ok(Called::Values(_)) => Verdict::Passed,
                Ok(other) => {
                    Verdict::Failed(format!("`{}`: expected a return, got {other}", action.name))
                }
                Err(verdict) => self.without_effect(action, verdict),
            },
            Directive::AssertReturn { action, results } => self.assert_return(action, results),
            Directive::AssertTrap { action, traps } => match self.act(action) {
                Ok(called) => expect_trap(&called, traps),
                Err(verdict) => verdict,
            },
            Directive::AssertExhaustion(action) => match self.act(action) {
                Ok(called) => expect_trap(&called, &[Trap::CallStackExhausted]),
                Err(verdict) => verdict,
            },
            Directive::AssertModuleTraps { wasm, traps } => match wasm {
                Ok(wasm) => self.instantiation_trap(wasm, traps),
                Err(why) => text_refused(why),
            },
            Directive::AssertInvalid(refused) => assert_refused(refused, &["invalid", "malformed"]),
            Directive::AssertMalformed(refused) => {
                assert_refused(refused, &["malformed", "invalid"])
            }
            Directive::AssertUnlinkable(refused) => self.assert_unlinkable(refused),
            Directive::OutOfScope(what) => Verdict::Skipped((*what).to_owned()),
        }
    }

    fn define(&self, wasm: &Assembled) -> Verdict {
        match wasm.as_ref().map(|wasm| crate::decode(wasm)) {
            Ok(Ok(_)) => Verdict::Passed,
            Ok(Err(diagnostic)) if is_unsupported(&diagnostic) => {
                Verdict::Skipped(reason(&diagnostic))
            }
            Ok(Err(diagnostic)) => Verdict::Failed(diagnostic.to_string()),
            Err(why) => text_refused(why),
        }
    }

    /// The definition of this name, or the latest.
    fn definition(&self, name: Option<&str>) -> Option<&'a Assembled> {
        let mut latest = self.definitions.iter().rev();
        let found = match name {
            Some(_) => latest.find(|(of, _)| of.as_deref() == name),
            None => latest.next(),
        };
        found.map(|(_, wasm)| *wasm)
    }

    fn module(&mut self, name: Option<&str>, wasm: &Assembled) -> Verdict {
        let instance = match wasm {
            Ok(wasm) => self.instantiate(wasm),
            Err(why) => Instance::Broken(format!("the module's text is refused: {why}")),
        };
        let verdict = match &instance {
            Instance::Ready(_) => Verdict::Passed,
            Instance::Skipped(why) => Verdict::Skipped(why.clone()),
            Instance::Broken(why) => Verdict::Failed(why.clone()),
        };
        self.instances.push(instance);
        if let Some(name) = name {
            self.by_name
                .insert(name.to_owned(), self.instances.len() - 1);
        }
        verdict
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Instance {
        if let Some(why) = self.imports_instance(wasm) {
            return Instance::Skipped(why);
        }
        match Session::open(wasm, self.options) {
            Ok(session) => Instance::Ready(Box::new(session)),
            Err(OpenError::Unsupported(diagnostic)) => {
                self.give_up_registered();
                Instance::Skipped(reason(&diagnostic))
            }
            Err(error) => Instance::Broken(error.to_string()),
        }
    }

    /// A skipped module may import from any registered instance and change what they share.
    fn give_up_registered(&mut self) {
        for &index in self.registered.values() {
            self.instances[index] =
                Instance::Skipped("may be shared with a skipped module".to_owned());
        }
    }

    /// Why a module cannot be instantiated alone: it imports from another instance of the script. That instance is given up
    /// too, because the module might change its memory or table.
    fn imports_instance(&mut self, wasm: &[u8]) -> Option<String> {
        let module = crate::decode(wasm).ok()?;
        let mut shared = false;
        for import in imports(&module) {
            if let Some(&index) = self.registered.get(&import.module) {
                self.instances[index] =
                    Instance::Skipped("instance shared with another".to_owned());
                shared = true;
            }
        }
        shared.then(|| "imports from another instance".to_owned())
    }

    /// The instance of this name, or the latest.
    fn index(&self, name: Option<&str>) -> Option<usize> {
        match name {
            Some(name) => self.by_name.get(name).copied(),
            None => self.instances.len().checked_sub(1),
        }
    }

    fn instance(&mut self, name: Option<&str>) -> Result<&mut Session, Verdict> {
        match self.index(name).and_then(|i| self.instances.get_mut(i)) {
            Some(Instance::Ready(session)) => Ok(session),
            Some(Instance::Skipped(why)) => Err(Verdict::Skipped(why.clone())),
            Some(Instance::Broken(_)) => Err(Verdict::Failed(
                "its module could not be instantiated".to_owned(),
            )),
            None => Err(Verdict::Failed("no such instance".to_owned())),
        }
    }

    fn act(&mut self, action: &Action) -> Result<Called, Verdict> {
        let session = self.instance(action.module.as_deref())?;
        match &action.kind {
            ActionKind::Invoke(args) => match session.unsupported(&action.name) {
                Some(why) => Err(Verdict::Skipped(reason(why))),
                None => Ok(session.call(&action.name, args)),
            },
            ActionKind::Get => match session.global(&action.name) {
                Some(words) => Ok(Called::Values(words)),
                None => Err(Verdict::Failed(format!("no global `{}`", action.name))),
            },
        }
    }

    /// The verdict on a call that may have been made for its effect: if it is skipped, so is what follows on its instance.
    fn without_effect(&mut self, action: &Action, verdict: Verdict) -> Verdict {
        if let (Verdict::Skipped(_), Some(index)) = (&verdict, self.index(action.module.as_deref()))
        {
            self.instances[index] = Instance::Skipped("after a skipped call".to_owned());
        }
        verdict
    }

    fn assert_return(&mut self, action: &Action, results: &[Expected]) -> Verdict {
        let called = match self.act(action) {
            Ok(called) => called,
            Err(verdict) if results.is_empty() => return self.without_effect(action, verdict),
            Err(verdict) => return verdict,
        };
        match &called {
            Called::Values(values) if all_match(results, values) => Verdict::Passed,
            _ => {
                let mut expected = String::from("expected values");
                for result in results {
                    let _ = write!(expected, " {result}");
                }
                Verdict::Failed(format!("`{}`: {expected}, got {called}", action.name))
            }
        }
    }

    fn instantiation_trap(&mut self, wasm: &[u8], traps: &[Trap]) -> Verdict {
        if let Some(why) = self.imports_instance(wasm) {
            return Verdict::Skipped(why);
        }
        match Session::open(wasm, self.options) {
            Err(OpenError::Trap(trap)) => expect_trap(&Called::Trap(trap), traps),
            Err(OpenError::Unsupported(diagnostic)) => {
                self.give_up_registered();
                Verdict::Skipped(reason(&diagnostic))
            }
            Err(error) => Verdict::Failed(format!("expected trap {}, got: {error}", traps[0])),
            Ok(_) => Verdict::Failed(format!(
                "expected trap {}, but the module was instantiated",
                traps[0]
            )),
        }
    }

    fn assert_unlinkable(&mut self, refused: &Refused) -> Verdict {
        let wasm = match &refused.wasm {
            Ok(wasm) => wasm,
            Err(why) => return text_refused(why),
        };
        if let Some(why) = self.imports_instance(wasm) {
            return Verdict::Skipped(why);
        }
        match Session::open(wasm, self.options) {
            Err(OpenError::Unsupported(diagnostic)) => Verdict::Skipped(reason(&diagnostic)),
            // WASM 1.0 calls a segment outside its memory or table unlinkable, 2.0 a trap
            Err(OpenError::Refused(_) | OpenError::Trap(_)) => Verdict::Passed,
            Err(error) => Verdict::Failed(error.to_string()),
            Ok(_) if is_incomplete(wasm) => Verdict::Passed,
            Ok(_) => Verdict::Failed(format!(
                "expected `{}`, but the module was instantiated",
                refused.message
            )),
        }
    }
}

/// Whether linking leaves a function import open.
fn is_incomplete(wasm: &[u8]) -> bool {
    zkc_passes::load(&[("main", wasm)]).is_ok_and(|linked| linked.complete().is_err())
}

fn text_refused(why: &str) -> Verdict {
    Verdict::Failed(format!("the module's text is refused: {why}"))
}

/// The module must be refused with one of these codes, as text or as a binary.
fn assert_refused(refused: &Refused, codes: &[&str]) -> Verdict {
    let Ok(wasm) = &refused.wasm else {
        return Verdict::Passed;
    };
    let expected = &refused.message;
    match crate::decode(wasm) {
        Err(diagnostic) if codes.contains(&diagnostic.code) => Verdict::Passed,
        Err(diagnostic) if is_unsupported(&diagnostic) => Verdict::Skipped(reason(&diagnostic)),
        Err(diagnostic) => {
            Verdict::Failed(format!("expected `{expected}`, refused with {diagnostic}"))
        }
        Ok(_) => Verdict::Failed(format!("expected `{expected}`, but the module is accepted")),
    }
}

/// Whether a diagnostic says that zkc does not support something yet.
fn is_unsupported(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.starts_with("unsupported")
}

/// The class of an unsupported thing, for the table.
fn reason(diagnostic: &Diagnostic) -> String {
    if diagnostic.code == "unknown-import" {
        return "imports that nobody provides".to_owned();
    }
    if diagnostic.code == "limit-exceeded" {
        return "larger than the machine".to_owned();
    }
    let message = &diagnostic.message;
    let has = |words: &[&str]| words.iter().any(|w| message.contains(w));
    if has(&["f32", "f64", "float"]) {
        "float arithmetic".to_owned()
    } else if has(&["v128", "simd", "SIMD"]) {
        "SIMD".to_owned()
    } else if has(&["table.", "ref.", "funcref", "externref", "reference"]) {
        "reference types".to_owned()
    } else if has(&["memory.init", "data.drop", "elem.drop", "passive"]) {
        "passive segments".to_owned()
    } else {
        diagnostic.to_string()
    }
}

fn expect_trap(called: &Called, kinds: &[Trap]) -> Verdict {
    match called {
        Called::Trap(trap) if kinds.contains(trap) => Verdict::Passed,
        other => Verdict::Failed(format!("expected trap {}, got {other}", kinds[0])),
    }
}
