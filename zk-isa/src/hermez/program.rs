//! A program: steps, labels, variables, constants.
//!
//! Steps name labels and variables by number ([`Label`], [`Var`]), so code can be built before it is placed; a label is
//! bound once its step is known, and [`Program::check`] says whether everything is as the machine can hold it.

use super::expr::Expr;
use super::step::{Address, Condition, Const, Free, Goto, Jump, Space, Step};
use super::words::is_name;
use num_bigint::BigInt;
use std::collections::{BTreeMap, BTreeSet};

/// Words of global variables (zkasmcom, `compiler.js`, MAX_GLOBAL_VAR), and of a context's.
pub const MAX_GLOBAL_WORDS: u32 = 1 << 16;
/// Most steps of a program: the ROM has as many rows as the trace, 2^23 (zkevm-proverjs, branch `feature/64bits`).
pub const MAX_STEPS: usize = 1 << 23;
/// Deepest nesting of an expression.
pub(super) const MAX_DEPTH: usize = 200;

/// Significant bits of a number of a left-hand side: upstream reads numbers as doubles.
const NUMBER_BITS: u32 = 53;

/// A label's number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Label(pub u32);

/// A variable's number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Var(pub u32);

/// Where a variable lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// `VAR GLOBAL`.
    Global,
    /// `VAR CTX`: every context has its own.
    Ctx,
}

/// A `VAR`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Name.
    pub name: String,
    /// Scope.
    pub scope: Scope,
    /// Address of the first word, in its context for [`Scope::Ctx`].
    pub offset: u32,
    /// Words.
    pub len: u32,
}

/// A `CONST` or `CONSTL`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Constant {
    /// Name.
    pub name: String,
    /// `CONSTL`.
    pub long: bool,
    /// Value.
    pub value: BigInt,
}

/// Where a step stands in its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Source {
    /// Index in [`Program::files`].
    pub file: u32,
    /// Line, from 1; 0 is unknown.
    pub line: u32,
}

/// A label's name and step.
#[derive(Clone, PartialEq, Eq, Debug)]
struct LabelDef {
    name: String,
    step: Option<u32>,
}

impl LabelDef {
    fn name(&self) -> &str {
        &self.name
    }
}

/// A program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Steps; the index is the program counter.
    pub steps: Vec<Step>,
    /// Variables, in order of declaration.
    pub vars: Vec<Variable>,
    /// Constants, in order of declaration.
    pub constants: Vec<Constant>,
    /// Sources of the steps; empty, or one for each.
    pub sources: Vec<Source>,
    /// Names of the files sources speak of.
    pub files: Vec<String>,
    labels: Vec<LabelDef>,
    by_name: BTreeMap<String, Label>,
}

/// Equal are programs with the same ROM, names and remarks; where their text stood, and how labels are numbered, does not count.
impl PartialEq for Program {
    fn eq(&self, other: &Program) -> bool {
        let labels = |p: &Program| {
            let mut labels: Vec<_> = p.labels.iter().map(|l| (l.step, l.name.clone())).collect();
            labels.sort();
            labels
        };
        self.vars == other.vars
            && self.constants == other.constants
            && self.steps.len() == other.steps.len()
            && labels(self) == labels(other)
            && self.steps.iter().zip(&other.steps).all(|(a, b)| {
                let names = |p: &Program, s: &Step| -> Vec<String> {
                    s.labels().map(|l| p.label_name(l).to_owned()).collect()
                };
                names(self, a) == names(other, b) && a.without_labels() == b.without_labels()
            })
    }
}

impl Eq for Program {}

impl Step {
    /// The step with all labels replaced by number 0.
    fn without_labels(&self) -> Step {
        let none = |goto: Goto| match goto {
            Goto::Next => Goto::Next,
            Goto::Label(_) => Goto::Label(Label(0)),
            Goto::Indirect(label, index) => Goto::Indirect(label.map(|_| Label(0)), index),
        };
        let mut step = self.clone();
        step.lhs.label = step.lhs.label.map(|_| Label(0));
        step.jump = match step.jump {
            Jump::Jmp(goto) => Jump::Jmp(none(goto)),
            Jump::Call(goto) => Jump::Call(none(goto)),
            Jump::If(condition, goto, other) => Jump::If(condition, none(goto), none(other)),
            Jump::None | Jump::Return | Jump::Repeat => step.jump,
        };
        step
    }
}

impl Program {
    /// An empty program.
    pub fn new() -> Program {
        Program::default()
    }

    /// The label of a name, which need not be bound yet.
    pub fn label(&mut self, name: &str) -> Label {
        if let Some(&label) = self.by_name.get(name) {
            return label;
        }
        let label = Label(self.labels.len() as u32);
        self.labels.push(LabelDef {
            name: name.to_owned(),
            step: None,
        });
        self.by_name.insert(name.to_owned(), label);
        label
    }

    /// A new label whose name starts with `hint`.
    pub fn fresh_label(&mut self, hint: &str) -> Label {
        let mut name = format!("{hint}_{}", self.labels.len());
        while self.by_name.contains_key(&name) {
            name.push('_');
        }
        self.label(&name)
    }

    /// Binds a label to the next step. False if it was bound before; then nothing changes.
    pub fn bind(&mut self, label: Label) -> bool {
        let next = self.steps.len() as u32;
        let def = &mut self.labels[label.0 as usize];
        let free = def.step.is_none();
        if free {
            def.step = Some(next);
        }
        free
    }

    /// Appends a step; its index.
    pub fn push(&mut self, step: Step) -> u32 {
        self.steps.push(step);
        self.steps.len() as u32 - 1
    }

    /// The step a label is bound to.
    pub fn address(&self, label: Label) -> Option<u32> {
        self.labels.get(label.0 as usize)?.step
    }

    /// A label's name.
    pub fn label_name(&self, label: Label) -> &str {
        &self.labels[label.0 as usize].name
    }

    /// The label of a name.
    pub fn find_label(&self, name: &str) -> Option<Label> {
        self.by_name.get(name).copied()
    }

    /// Labels with names and steps, in order of number.
    pub fn labels(&self) -> impl Iterator<Item = (Label, &str, Option<u32>)> {
        let entry = |(def, i)| (Label(i), LabelDef::name(def), def.step);
        self.labels.iter().zip(0..).map(entry)
    }

    /// Declares a variable of `len` words behind those of its scope. The caller gives each variable a name of its own.
    pub fn declare(&mut self, scope: Scope, name: &str, len: u32) -> Var {
        let used = |v: &&Variable| v.scope == scope;
        let offset = self
            .vars
            .iter()
            .rfind(used)
            .map_or(0, |v| v.offset.saturating_add(v.len));
        self.vars.push(Variable {
            name: name.to_owned(),
            scope,
            offset,
            len,
        });
        Var(self.vars.len() as u32 - 1)
    }

    /// Declares a global variable of `len` words.
    pub fn global(&mut self, name: &str, len: u32) -> Var {
        self.declare(Scope::Global, name, len)
    }

    /// The variable of a name.
    pub fn find_var(&self, name: &str) -> Option<Var> {
        let index = self.vars.iter().position(|v| v.name == name)?;
        Some(Var(index as u32))
    }

    /// A variable.
    pub fn var(&self, var: Var) -> &Variable {
        &self.vars[var.0 as usize]
    }

    /// The constant of a name.
    pub fn find_constant(&self, name: &str) -> Option<&Constant> {
        self.constants.iter().find(|c| c.name == name)
    }

    /// Whether a context is added to an address, and the constant part of it, without 2^16 and 2^17 of stack and heap.
    pub fn address_parts(&self, address: &Address) -> (bool, i64) {
        match address.space {
            Space::Sys => (false, address.offset.into()),
            Space::Mem | Space::Stack => (true, address.offset.into()),
            Space::Var(var) => {
                let var = self.var(var);
                let offset = i64::from(var.offset) + i64::from(address.offset);
                (var.scope == Scope::Ctx, offset)
            }
        }
    }

    /// `FILE:LINE` of a step, if known.
    pub fn place(&self, step: u32) -> Option<String> {
        let source = self.sources.get(step as usize).filter(|s| s.line > 0)?;
        let file = self.files.get(source.file as usize).map_or("", |f| f);
        Some(format!("{file}:{}", source.line))
    }

    /// Checks that the ROM can hold the program, and that everything it names exists. The error is the step and what is wrong.
    pub fn check(&self) -> Result<(), (Option<u32>, String)> {
        if self.steps.is_empty() {
            return Err((None, "a program has at least one step".to_owned()));
        }
        if self.steps.len() > MAX_STEPS {
            let message = format!("{} steps: at most {MAX_STEPS}", self.steps.len());
            return Err((None, message));
        }
        for scope in [Scope::Global, Scope::Ctx] {
            let end = |v: &Variable| u64::from(v.offset) + u64::from(v.len);
            let words = self.vars.iter().filter(|v| v.scope == scope).map(end);
            if words.max().unwrap_or(0) > MAX_GLOBAL_WORDS.into() {
                let message = format!("variables take more than {MAX_GLOBAL_WORDS} words");
                return Err((None, message));
            }
        }
        self.check_declarations()
            .map_err(|message| (None, message))?;
        let mut labelled = vec![false; self.steps.len() + 1];
        for def in &self.labels {
            if let Some(at) = def.step {
                labelled[at as usize] = true;
            }
        }
        // text gives a command to the step before it unless that one jumps or a label stands between
        let mut falls_through = false;
        for (index, step) in self.steps.iter().enumerate() {
            let result = if falls_through && !labelled[index] && !step.before.is_empty() {
                Err("commands before a step need a jump or a label in front".to_owned())
            } else {
                self.check_step(step)
            };
            result.map_err(|message| (Some(index as u32), message))?;
            falls_through = matches!(step.jump, Jump::None | Jump::Repeat);
        }
        Ok(())
    }

    fn check_declarations(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        let vars = self.vars.iter().map(|v| v.name.as_str());
        let bad = |name: &str| format!("`{name}` is no name");
        for name in vars {
            if !is_name(name) {
                return Err(bad(name));
            }
            if !names.insert(name) {
                return Err(format!("variable `{name}` is declared twice"));
            }
        }
        let labels = self.labels.iter().map(|l| l.name.as_str());
        if let Some(name) = labels.into_iter().find(|name| !is_name(name)) {
            return Err(bad(name));
        }
        for Constant { name, long, value } in &self.constants {
            let (low, high) = if *long {
                (0i128, i128::from(u64::MAX))
            } else {
                (-(1i128 << 31), (1i128 << 32) - 1)
            };
            if !(BigInt::from(low)..=BigInt::from(high)).contains(value) {
                return Err(format!(
                    "constant `%{name}` is {value}, not within {low}..={high}"
                ));
            }
        }
        Ok(())
    }

    fn check_step(&self, step: &Step) -> Result<(), String> {
        for label in step.labels() {
            match self.labels.get(label.0 as usize) {
                None => return Err("a label without a name".to_owned()),
                Some(def) => match def.step {
                    None => return Err(format!("label `{}` is not defined", def.name)),
                    Some(at) if at as usize >= self.steps.len() => {
                        return Err(format!("no step follows label `{}`", def.name));
                    }
                    Some(_) => {}
                },
            }
        }
        let short = match step.lhs.constant {
            Const::Short(value) => value,
            Const::Long(_) => 0,
        };
        let factors = step.lhs.regs.iter().map(|r| r.1);
        let free = step.lhs.free.iter().map(|f| f.0);
        let number = factors.chain(free).chain([short]);
        let rounds = |number: &i128| {
            let size = number.unsigned_abs();
            size != 0 && size.ilog2() - size.trailing_zeros() >= NUMBER_BITS
        };
        if let Some(number) = number.into_iter().find(rounds) {
            return Err(format!("{number} does not fit in a double"));
        }
        if !step.after.is_empty() && !matches!(step.jump, Jump::None | Jump::Repeat) {
            return Err("commands after a step need it to fall through".to_owned());
        }
        if let Some(reg) = step.dest.iter().find(|r| !r.is_writable()) {
            return Err(format!("register `{}` cannot be set", reg.name()));
        }
        if (1..step.dest.len()).any(|i| step.dest[..i].contains(&step.dest[i])) {
            return Err("a register is set twice".to_owned());
        }
        if step.lhs.label.is_some() && matches!(step.lhs.constant, Const::Long(_)) {
            return Err("a label cannot be added to a constant of two limbs".to_owned());
        }
        let indirect = matches!(
            step.jump,
            Jump::Jmp(Goto::Indirect(..))
                | Jump::If(_, Goto::Indirect(..), _)
                | Jump::Call(Goto::Indirect(..))
        );
        if let Some(mem) = step.mem {
            if indirect {
                return Err("an indirect jump and a memory access share one address".to_owned());
            }
            self.check_address(&mem.address)?;
            if mem.address.inc_sp != 0 && step.dest.contains(&super::step::Reg::Sp) {
                return Err("a step sets SP twice".to_owned());
            }
        }
        match step.jump {
            Jump::Jmp(Goto::Next) | Jump::Call(Goto::Next) => {
                return Err("`JMP` and `CALL` need a target".to_owned());
            }
            Jump::If(_, _, Goto::Indirect(..)) => {
                return Err("the second target of a jump is a label".to_owned());
            }
            Jump::If(Condition::Carry, ..) if step.bin.is_none() => {
                return Err("`JMPC` needs a Binary operation in its step".to_owned());
            }
            Jump::Call(_) if step.dest.contains(&super::step::Reg::Rr) => {
                return Err("`CALL` and the step set `RR`".to_owned());
            }
            Jump::Repeat if step.dest.contains(&super::step::Reg::Rcx) => {
                return Err("`REPEAT` and the step set `RCX`".to_owned());
            }
            _ => {}
        }
        let computes = step.mem.is_some_and(|m| !m.write)
            || step.bin.is_some()
            || step.align == Some(super::step::Align::Rd);
        match &step.lhs.free {
            Some((_, Free::Computed)) if !computes => {
                Err("nothing in the step computes `$`".to_owned())
            }
            Some((_, Free::Hint(expr))) => self.check_expr(expr),
            _ => Ok(()),
        }?;
        step.before
            .iter()
            .chain(&step.after)
            .try_for_each(|e| self.check_expr(e))
    }

    fn check_address(&self, address: &Address) -> Result<(), String> {
        if let Space::Var(var) = address.space {
            let Some(var) = self.vars.get(var.0 as usize) else {
                return Err("a variable without a name".to_owned());
            };
            let inside = i64::from(address.offset) >= 0
                && i64::from(address.offset) < i64::from(var.len.max(1));
            if address.index.is_none() && !inside {
                return Err(format!("`{}` has {} words", var.name, var.len));
            }
        }
        let plain = address.space == Space::Stack && address.index.is_none() && address.offset == 0;
        if address.inc_sp != 0 && !(plain && (-1..=1).contains(&address.inc_sp)) {
            return Err("only `SP++` and `SP--` change SP".to_owned());
        }
        Ok(())
    }

    fn check_expr(&self, expr: &Expr) -> Result<(), String> {
        if expr.depth() > MAX_DEPTH {
            return Err(format!("an expression is nested deeper than {MAX_DEPTH}"));
        }
        self.check_names(expr)
    }

    fn check_names(&self, expr: &Expr) -> Result<(), String> {
        match expr {
            Expr::Mem(name, _) | Expr::Addr(name, _) if self.find_var(name).is_none() => {
                return Err(format!("variable `{name}` is not defined"));
            }
            Expr::Const(name) if self.find_constant(name).is_none() => {
                return Err(format!("constant `{name}` is not defined"));
            }
            Expr::Number(value) if *value < BigInt::ZERO => {
                return Err("a number in an expression is not negative".to_owned());
            }
            Expr::Var(name) | Expr::Declare(name) | Expr::Call(name, _)
                if name == "var" || !is_name(name) =>
            {
                return Err(format!("`{name}` is no name"));
            }
            Expr::Set(left, _) if !matches!(**left, Expr::Var(_) | Expr::Declare(_)) => {
                return Err("only variables of the command language can be set".to_owned());
            }
            _ => {}
        }
        expr.children().try_for_each(|e| self.check_names(e))
    }
}
