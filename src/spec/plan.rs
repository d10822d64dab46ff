//! What a script's directives are about: its instances, which of them are connected, and which one each directive names.
//!
//! Names are resolved before anything runs, because instances that import from each other are compiled together: a group is
//! one program, and it must hold also the modules that come later in the script.

use super::group::is_unsupported;
use super::script::{Assembled, Directive, Script};
use crate::{Compiler, Options, Unit};
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::{Diagnostic, FuncBody, GlobalInit, Module};

/// Why an instance is not made, or an action not done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Unready {
    /// It depends on something that zkc does not have.
    Skipped(String),
    /// It is refused, or depends on something that is.
    Refused(String),
}

/// How an instance is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// It is to be used.
    Use,
    /// Making it must trap; what it did before stays done.
    Trap,
    /// It must not be made; if it is linked, it must trap and leave nothing.
    Unlinkable,
}

/// An instance of the script.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    wasm: Vec<u8>,
    /// Earlier instances by the names its imports use.
    from: Vec<(String, usize)>,
    start: bool,
    pub(super) purpose: Purpose,
    /// Whether it can be linked.
    pub(super) linked: Result<(), Unready>,
    /// Its group.
    pub(super) group: usize,
    /// Its position in the group.
    pub(super) unit: usize,
}

/// A script's instances.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// In order of instantiation.
    pub(super) instances: Vec<Planned>,
    /// Instances of each group, in order; none in a group that became part of another.
    pub(super) groups: Vec<Vec<usize>>,
    /// The instance each directive makes or is about.
    pub(super) targets: Vec<Option<usize>>,
}

/// Names while the plan is made.
#[derive(Default)]
struct Names<'a> {
    definitions: Vec<(Option<&'a str>, &'a Assembled)>,
    by_name: BTreeMap<&'a str, usize>,
    latest: Option<usize>,
    /// Instances by the names they are registered under.
    registered: BTreeMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn instance(&self, name: Option<&str>) -> Option<usize> {
        match name {
            Some(name) => self.by_name.get(name).copied(),
            None => self.latest,
        }
    }

    fn definition(&self, name: Option<&str>) -> Option<&'a Assembled> {
        let mut latest = self.definitions.iter().rev();
        let found = match name {
            Some(_) => latest.find(|(of, _)| *of == name),
            None => latest.next(),
        };
        found.map(|(_, wasm)| *wasm)
    }

    fn made(&mut self, name: Option<&'a str>, instance: usize) {
        self.latest = Some(instance);
        if let Some(name) = name {
            self.by_name.insert(name, instance);
        }
    }
}

impl Plan {
    /// Plans a script.
    pub(super) fn of(script: &Script, options: &Options) -> Plan {
        let mut plan = Plan::default();
        let mut names = Names::default();
        for step in &script.steps {
            let target = plan.directive(&step.directive, &mut names, options);
            plan.targets.push(target);
        }
        for (group, members) in plan.groups.iter().enumerate() {
            for (unit, &member) in members.iter().enumerate() {
                (plan.instances[member].group, plan.instances[member].unit) = (group, unit);
            }
        }
        plan
    }

    fn directive<'a>(
        &mut self,
        directive: &'a Directive,
        names: &mut Names<'a>,
        options: &Options,
    ) -> Option<usize> {
        match directive {
            Directive::Module {
                name,
                wasm,
                instantiated,
            } => {
                let name = name.as_deref();
                names.definitions.push((name, wasm));
                if !instantiated {
                    return None;
                }
                let instance = self.add(wasm, Purpose::Use, names, options);
                names.made(name, instance);
                Some(instance)
            }
            Directive::Instance { name, module } => {
                let wasm = names.definition(module.as_deref())?;
                let instance = self.add(wasm, Purpose::Use, names, options);
                names.made(name.as_deref(), instance);
                Some(instance)
            }
            Directive::Register { name, module } => {
                let instance = names.instance(module.as_deref())?;
                names.registered.insert(name, instance);
                Some(instance)
            }
            Directive::Action(action)
            | Directive::AssertReturn { action, .. }
            | Directive::AssertTrap { action, .. }
            | Directive::AssertExhaustion(action) => names.instance(action.module.as_deref()),
            Directive::AssertModuleTraps { wasm, .. } => {
                Some(self.add(wasm, Purpose::Trap, names, options))
            }
            Directive::AssertUnlinkable(refused) => {
                Some(self.add(&refused.wasm, Purpose::Unlinkable, names, options))
            }
            Directive::AssertInvalid(_)
            | Directive::AssertMalformed(_)
            | Directive::OutOfScope(_) => None,
        }
    }

    fn add(
        &mut self,
        wasm: &Assembled,
        purpose: Purpose,
        names: &Names<'_>,
        options: &Options,
    ) -> usize {
        let number = self.instances.len();
        let mut planned = Planned {
            wasm: Vec::new(),
            from: Vec::new(),
            start: false,
            purpose,
            linked: Ok(()),
            group: 0,
            unit: 0,
        };
        match wasm {
            Err(why) => {
                planned.linked = Err(Unready::Refused(format!(
                    "the module's text is refused: {why}"
                )));
            }
            Ok(wasm) => {
                planned.wasm.clone_from(wasm);
                match crate::decode(wasm) {
                    Err(diagnostic) => planned.linked = Err(unready(&diagnostic)),
                    Ok(module) => {
                        planned.start = module.start.is_some();
                        planned.from = import_modules(&module)
                            .into_iter()
                            .filter_map(|name| {
                                Some((name.to_owned(), *names.registered.get(name)?))
                            })
                            .collect();
                    }
                }
            }
        }
        self.instances.push(planned);
        if self.instances[number].linked.is_ok() {
            self.instances[number].linked = self.check(number, options);
        }
        if self.instances[number].linked.is_ok() {
            self.join(number);
        }
        number
    }

    /// Whether an instance and all it imports from can be linked.
    fn check(&self, number: usize, options: &Options) -> Result<(), Unready> {
        let mut members = BTreeSet::from([number]);
        let mut pending = vec![number];
        while let Some(member) = pending.pop() {
            for &(_, from) in &self.instances[member].from {
                match &self.instances[from].linked {
                    Ok(()) if members.insert(from) => pending.push(from),
                    Ok(()) => {}
                    Err(Unready::Skipped(why)) => return Err(Unready::Skipped(why.clone())),
                    Err(Unready::Refused(_)) => {
                        return Err(Unready::Refused(
                            "imports from a module that could not be instantiated".to_owned(),
                        ));
                    }
                }
            }
        }
        let members: Vec<usize> = members.into_iter().collect();
        let compiler = Compiler::with_units(self.units_of(&members, |_| true), options);
        let linked = compiler.linked().map_err(|d| unready(&d))?;
        linked.complete().map_err(|d| unready(&d))
    }

    /// Puts an instance and all it is connected with into one group.
    fn join(&mut self, number: usize) {
        let mut members = vec![number];
        for group in &mut self.groups {
            let from = &self.instances[number].from;
            if group.iter().any(|m| from.iter().any(|(_, f)| f == m)) {
                members.append(group);
            }
        }
        members.sort_unstable();
        self.groups.push(members);
    }

    /// The units of a group, as the compiler takes them. `wanted` says which members are in it; those it leaves out must not
    /// be imported from.
    pub(super) fn units(&self, group: usize, wanted: impl Fn(&Planned) -> bool) -> Vec<Unit> {
        self.units_of(&self.groups[group], wanted)
    }

    fn units_of(&self, members: &[usize], wanted: impl Fn(&Planned) -> bool) -> Vec<Unit> {
        let members: Vec<usize> = members
            .iter()
            .copied()
            .filter(|&m| wanted(&self.instances[m]))
            .collect();
        let unit = |&member: &usize| {
            let planned = &self.instances[member];
            let position = |instance: usize| {
                let at = members.binary_search(&instance);
                at.expect("what a member imports from is a member too")
            };
            Unit {
                name: format!("instance {member}"),
                wasm: planned.wasm.clone(),
                from: Some(
                    planned
                        .from
                        .iter()
                        .map(|(name, instance)| (name.clone(), position(*instance)))
                        .collect(),
                ),
                // a module alone has its initial state in the program
                called: members.len() > 1 || planned.start || planned.purpose != Purpose::Use,
            }
        };
        members.iter().map(unit).collect()
    }
}

/// The module names of all imports.
fn import_modules(module: &Module) -> BTreeSet<&str> {
    let funcs = module.funcs.iter().filter_map(|f| match &f.body {
        FuncBody::Import(import) => Some(import),
        _ => None,
    });
    let globals = module.globals.iter().filter_map(|g| match &g.init {
        GlobalInit::Import(import) => Some(import),
        _ => None,
    });
    let memories = module.memories.iter().filter_map(|m| m.import.as_ref());
    let tables = module.tables.iter().filter_map(|t| t.import.as_ref());
    let imports = funcs.chain(globals).chain(memories).chain(tables);
    imports.map(|import| import.module.as_str()).collect()
}

/// What a diagnostic means for an instance.
pub(super) fn unready(diagnostic: &Diagnostic) -> Unready {
    if is_unsupported(diagnostic) {
        Unready::Skipped(reason(diagnostic))
    } else {
        Unready::Refused(diagnostic.to_string())
    }
}

/// The class of an unsupported thing, for the table.
pub(super) fn reason(diagnostic: &Diagnostic) -> String {
    if diagnostic.code == "limit-exceeded" {
        return "larger than the machine".to_owned();
    }
    let message = &diagnostic.message;
    let has = |words: &[&str]| words.iter().any(|w| message.contains(w));
    if has(&[
        "gc",
        "reference types",
        "heap type",
        "rec group",
        "function-references",
    ]) {
        "typed references and GC".to_owned()
    } else if has(&["exceptions"]) {
        "exceptions".to_owned()
    } else if has(&["memory64", "64-bit"]) {
        "memory64".to_owned()
    } else if has(&["shared", "atomic", "threads"]) {
        "threads".to_owned()
    } else {
        diagnostic.to_string()
    }
}
