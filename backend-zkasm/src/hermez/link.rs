//! Linking: functions become a program with one entry.
//!
//! ```text
//! start      STEP is 0, then to `begin`
//! functions, routines
//! begin      initial words, arguments, the start function, the entry, results
//! done, trap_KIND    the status in A, then `halt`
//! halt       waits for the last step, clears the registers, back to `start`
//! bad        no proof contains it
//! ```
//! A program's trace is a cycle, so it ends as it starts. Arguments and initial words are constants of the text.

use super::CompiledFunc;
use super::script::State;
use crate::{BackendError, Export, InitValue, InitWord};
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::Trap;
use zkc_isa::hermez::expand::{
    ARGS, Code, MEMORY_BYTES, MemoryPlan, PASSED, RESULTS, Routine, SCRATCH_WORDS, STATICS, Symbol,
    last_rows, place_with,
};
use zkc_isa::hermez::{Address, Index, Label, Program, Reg, Step};
use zkc_isa::{SLOT_PAGES, STATIC_BASE};

/// Stack words: SP at the start, from where frames go down.
const STACK_TOP: i128 = (1 << 16) - 1;
/// Words of a context's heap.
pub(super) const HEAP_WORDS: u32 = 1 << 17;

/// Everything a program is made of.
#[derive(Clone, Debug)]
pub struct LinkInput<'a> {
    /// Function index, name and code of each function, in the order in which they are to stand.
    pub functions: Vec<(u32, String, &'a CompiledFunc)>,
    /// The exported function to run.
    pub export: Export,
    /// Its arguments.
    pub args: Vec<u64>,
    /// The function to be called before.
    pub start: Option<u32>,
    /// The memory.
    pub memory: MemoryPlan,
    /// Static words, initialised or not.
    pub statics: u32,
    /// Initial words, in any order.
    pub init: Vec<InitWord>,
}

pub(super) struct Linker {
    pub(super) program: Program,
    functions: BTreeMap<u32, Label>,
    used: BTreeSet<Symbol>,
}

/// Links a program.
///
/// Errors: a function that is needed is not there; too many steps or static words.
pub fn link(input: &LinkInput<'_>) -> Result<Program, BackendError> {
    let mut linker = Linker::new(input)?;
    linker.begin(input)?;
    linker.ends(None)?;
    linker.finish()
}

impl Linker {
    /// A program up to the label `begin`: the functions and what they share.
    pub(super) fn new(input: &LinkInput<'_>) -> Result<Linker, BackendError> {
        let mut linker = Linker {
            program: Program::new(),
            functions: BTreeMap::new(),
            used: BTreeSet::new(),
        };
        linker.variables(input)?;
        let start = linker.program.label("start");
        let begin = linker.program.label("begin");
        linker.program.bind(start);
        linker.push(Step::new().reg(Reg::Step).set(Reg::A));
        linker.push(Step::new().assert().jmp(begin));
        for (index, name, _) in &input.functions {
            let label = linker
                .program
                .fresh_label(&format!("f_{}", identifier(name)));
            linker.functions.insert(*index, label);
        }
        for (index, _, func) in &input.functions {
            let label = linker.function(*index)?;
            linker.program.bind(label);
            linker.code(&func.code)?;
        }
        for routine in Routine::ALL {
            if linker.used.contains(&Symbol::Routine(routine)) {
                let label = linker.symbol(Symbol::Routine(routine))?;
                linker.program.bind(label);
                linker.code(&routine.code(input.memory))?;
            }
        }
        linker.program.bind(begin);
        Ok(linker)
    }

    /// The program, if the machine can hold it.
    pub(super) fn finish(self) -> Result<Program, BackendError> {
        match self.program.check() {
            Ok(()) => Ok(self.program),
            Err((_, message)) if self.program.steps.len() > zkc_isa::hermez::MAX_STEPS => {
                tracing::debug!(message);
                Err(BackendError::TooManyInstructions(self.program.steps.len()))
            }
            Err((_, message)) => Err(BackendError::Malformed(message)),
        }
    }

    pub(super) fn push(&mut self, step: Step) {
        self.program.push(step);
    }

    /// Declares the variables that steps name by number.
    fn variables(&mut self, input: &LinkInput<'_>) -> Result<(), BackendError> {
        let params = input.export.params.len().max(1) as u32;
        let results = input.export.results.len().max(1) as u32;
        let words = [
            ("static", input.statics.max(2)),
            ("argument", params),
            ("result", results),
            ("output", input.memory.output),
            ("memory_bytes", 1),
            ("scratch", SCRATCH_WORDS),
            ("hint", 1),
        ];
        let sum: u64 = words.iter().map(|&(_, len)| u64::from(len)).sum();
        if sum > zkc_isa::hermez::MAX_GLOBAL_WORDS.into() {
            return Err(BackendError::StaticWords(sum));
        }
        for (name, len) in words {
            self.program.global(name, len);
        }
        Ok(())
    }

    pub(super) fn function(&self, index: u32) -> Result<Label, BackendError> {
        let label = self.functions.get(&index).copied();
        label.ok_or(BackendError::MissingFunction(index))
    }

    /// The program's label for a symbol.
    pub(super) fn symbol(&mut self, symbol: Symbol) -> Result<Label, BackendError> {
        let used = (&self.functions, &mut self.used);
        label_of(&mut self.program, used, symbol).map_err(BackendError::MissingFunction)
    }

    /// Appends code with its labels.
    fn code(&mut self, code: &Code) -> Result<(), BackendError> {
        let (functions, used) = (&self.functions, &mut self.used);
        let mut missing = None;
        let mut name = |program: &mut Program, symbol: Symbol| {
            label_of(program, (functions, &mut *used), symbol).unwrap_or_else(|index| {
                missing = Some(index);
                program.label("bad")
            })
        };
        place_with(&mut self.program, code, &mut name);
        missing.map_or(Ok(()), |index| Err(BackendError::MissingFunction(index)))
    }

    /// The stack is empty.
    pub(super) fn stack_pointer(&mut self) {
        self.push(Step::new().plus(STACK_TOP).set(Reg::Sp));
    }

    /// Stores the initial words: the module's, or those of another state.
    pub(super) fn init(
        &mut self,
        input: &LinkInput<'_>,
        state: Option<&State>,
    ) -> Result<(), BackendError> {
        let pages = state.map_or(input.memory.pages, |state| state.pages);
        let mut words: BTreeMap<u32, InitValue> = BTreeMap::new();
        words.insert(STATIC_BASE + SLOT_PAGES, InitValue::Const(pages.into()));
        let module = input.init.iter().map(|word| (word.addr, word.value));
        let other = state.iter().flat_map(|state| &state.words);
        let other = other.map(|&(addr, word)| (addr, InitValue::Const(word)));
        for (addr, value) in module.filter(|_| state.is_none()).chain(other) {
            if words.insert(addr, value).is_some() {
                return Err(BackendError::DuplicateInit(addr));
            }
        }
        if input.memory.grows() {
            let bytes = i128::from(pages) << 16;
            self.push(Step::new().plus(bytes).store(Address::var(MEMORY_BYTES, 0)));
        }
        let mut context = 0;
        for (addr, value) in words {
            let address = match addr.checked_sub(STATIC_BASE) {
                Some(slot) => {
                    self.context(0, &mut context);
                    Address::var(STATICS, slot as i32)
                }
                None if input.memory.is_large() => {
                    self.context(addr / HEAP_WORDS + 1, &mut context);
                    Address::mem(Index::E, (addr % HEAP_WORDS) as i32)
                }
                None => Address::mem(Index::E, addr as i32),
            };
            match value {
                InitValue::Const(0) => {}
                InitValue::Const(value) => self.push(Step::new().long(value).store(address)),
                InitValue::Func { index, type_id } => {
                    let label = self.function(index)?;
                    let ty = u64::from(crate::link::type_id(type_id)?) + 1;
                    self.push(Step::new().long(ty << 32).set(Reg::D));
                    self.push(Step::new().reg(Reg::D).address_of(label).store(address));
                }
            }
        }
        self.context(0, &mut context);
        Ok(())
    }

    /// The start-up code.
    fn begin(&mut self, input: &LinkInput<'_>) -> Result<(), BackendError> {
        self.stack_pointer();
        self.init(input, None)?;
        for (at, &arg) in (0..).zip(&input.args) {
            self.push(Step::new().long(arg).store(Address::var(ARGS, at)));
        }
        if let Some(start) = input.start {
            let label = self.function(start)?;
            self.push(Step::new().call(label));
        }
        let count = input.export.params.len();
        for at in PASSED.len()..count {
            let arg = Step::new().computed().load(Address::var(ARGS, at as i32));
            self.push(arg.set(Reg::A));
            self.push(Step::new().reg(Reg::A).store(passed_on_stack(at)));
        }
        for (at, reg) in (0..count as i32).zip(PASSED) {
            let arg = Step::new().computed().load(Address::var(ARGS, at));
            self.push(arg.set(reg));
        }
        let callee = self.function(input.export.func)?;
        self.push(Step::new().call(callee));
        self.results(input.export.results.len());
        Ok(())
    }

    /// Stores the results of a call.
    pub(super) fn results(&mut self, count: usize) {
        for (at, reg) in (0..count as i32).zip(PASSED) {
            self.push(Step::new().reg(reg).store(Address::var(RESULTS, at)));
        }
        for at in PASSED.len()..count {
            let word = Step::new().computed().load(passed_on_stack(at));
            self.push(word.set(Reg::A));
            let result = Address::var(RESULTS, at as i32);
            self.push(Step::new().reg(Reg::A).store(result));
        }
    }

    /// Makes `number` the context.
    fn context(&mut self, number: u32, now: &mut u32) {
        if *now != number {
            self.push(Step::new().plus(number.into()).set(Reg::Ctx));
            *now = number;
        }
    }

    /// The ends of a run. With `traps` it must end in one of these ways, or with success if there are none.
    pub(super) fn ends(&mut self, traps: Option<&[Trap]>) -> Result<(), BackendError> {
        let halt = self.program.label("halt");
        let done = self.symbol(Symbol::Done)?;
        self.program.bind(done);
        self.push(Step::new().set(Reg::A).jmp(halt));
        for trap in Trap::ALL {
            let symbol = Symbol::Trap(trap.code());
            if self.used.contains(&symbol) {
                let label = self.symbol(symbol)?;
                self.program.bind(label);
                let status = Step::new().plus(trap.code().into());
                self.push(status.set(Reg::A).jmp(halt));
            }
        }
        self.program.bind(halt);
        let mut wait = halt;
        if let Some(traps) = traps {
            self.assert_status(traps)?;
            wait = self.program.label("wait");
            self.program.bind(wait);
        }
        let start = self.program.label("start");
        for step in last_rows(wait, start) {
            self.push(step);
        }
        let bad = self.symbol(Symbol::Bad)?;
        self.program.bind(bad);
        self.push(Step::new().plus(1).set(Reg::A));
        self.push(Step::new().assert().jmp(bad));
        Ok(())
    }
}

/// The program's label for a symbol, which is now used; the index of a function that is not there.
fn label_of(
    program: &mut Program,
    (functions, used): (&BTreeMap<u32, Label>, &mut BTreeSet<Symbol>),
    symbol: Symbol,
) -> Result<Label, u32> {
    used.insert(symbol);
    match symbol {
        Symbol::Function(index) => functions.get(&index).copied().ok_or(index),
        _ => Ok(program.label(&symbol_name(symbol))),
    }
}

/// Where value `at` is passed, which is too many for registers, seen from the caller.
pub(super) fn passed_on_stack(at: usize) -> Address {
    Address::sp(-1 - (at - PASSED.len()) as i32)
}

/// The label of what is no function of the program.
fn symbol_name(symbol: Symbol) -> String {
    match symbol {
        Symbol::Origin => "start".to_owned(),
        Symbol::Bad => "bad".to_owned(),
        Symbol::Done => "done".to_owned(),
        Symbol::Routine(routine) => routine.name().to_owned(),
        Symbol::Trap(code) => trap_name(code),
        Symbol::Function(index) => format!("f_{index}"),
    }
}

/// The label of a trap.
fn trap_name(code: u32) -> String {
    let trap = Trap::ALL.iter().find(|t| t.code() == code);
    let name = trap.map_or_else(|| code.to_string(), ToString::to_string);
    format!("trap_{}", identifier(&name))
}

/// A name of letters, digits and underscores.
fn identifier(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().take(60).map(plain).collect()
}
