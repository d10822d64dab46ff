//! Programs of scripts: calls in order, each result asserted, and perhaps a trap at the end.
//!
//! A trap ends a program, so a script is cut behind each step that must trap; what the steps before left is then a
//! [`State`], read off the executor's memory, from which the next program starts. All programs of a group have the same
//! functions at the same places, so that words of tables mean the same in each.

use super::link::{HEAP_WORDS, LinkInput, Linker, passed_on_stack};
use crate::{BackendError, Pattern, ScriptAction, ScriptExpect, ScriptStep};
use zkc_ir::Trap;
use zkc_isa::hermez::expand::{MemoryPlan, PASSED, RESULTS, STATICS, Symbol};
use zkc_isa::hermez::{Address, Bin, Memory, Program, Reg, Step};
use zkc_isa::{SLOT_PAGES, STATIC_BASE};

/// The part of an address that lies in its context.
const CONTEXT_MASK: u64 = (1 << 18) - 1;

/// What a program starts from instead of the module's initial state.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// Pages of the memory.
    pub pages: u32,
    /// Initial words that are not zero, by their address on zk64; the memory's size is not among them.
    pub words: Vec<(u32, u64)>,
}

impl State {
    /// The state that a program of a script left, of `statics` static words. None if a word is not one of 64 bits, which no
    /// code of ours leaves.
    pub fn of(memory: &Memory, statics: u32, plan: &MemoryPlan) -> Option<State> {
        let mut state = State::default();
        for (address, _) in memory.words() {
            let word = memory.word(address)?;
            let (context, place) = (address >> 18, (address & CONTEXT_MASK) as u32);
            let heap = place.checked_sub(HEAP_WORDS);
            match (context, heap) {
                (0, None) if place == SLOT_PAGES => state.pages = word as u32,
                (0, None) if place < statics => state.words.push((STATIC_BASE + place, word)),
                (0, Some(at)) if !plan.is_large() => state.words.push((at, word)),
                (1.., Some(at)) if plan.is_large() => {
                    let before = u32::try_from(context - 1).ok()?.checked_mul(HEAP_WORDS)?;
                    state.words.push((before + at, word));
                }
                _ => {}
            }
        }
        Some(state)
    }
}

/// A script's steps, and from where they start.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    /// The steps. Only the last may expect a trap.
    pub steps: &'a [ScriptStep],
    /// Words that each step's function returns.
    pub results: &'a [u32],
    /// The state to start from, if it is not the module's.
    pub state: Option<&'a State>,
}

/// Links the program of a script; `export`, `args` and `start` of the input say nothing, but that the variable of results has
/// room for the export's.
///
/// It ends at `halt` with status 0, or with the code of the trap that the last step expects. Errors: as of [`super::link`].
pub fn link_script(input: &LinkInput<'_>, script: &Script<'_>) -> Result<Program, BackendError> {
    let mut linker = Linker::new(input)?;
    linker.init(input, script.state)?;
    for (step, &results) in script.steps.iter().zip(script.results) {
        linker.script_step(step, results)?;
    }
    let traps = script.steps.last().and_then(|step| match &step.expect {
        ScriptExpect::Traps(traps) => Some(traps.as_slice()),
        ScriptExpect::Results(_) | ScriptExpect::Anything => None,
    });
    linker.ends(Some(traps.unwrap_or_default()))?;
    linker.finish()
}

impl Linker {
    fn script_step(&mut self, step: &ScriptStep, results: u32) -> Result<(), BackendError> {
        let words: Vec<Address> = match &step.action {
            ScriptAction::Call { func, args } => {
                self.call(*func, args)?;
                self.results(results as usize);
                (0..results as i32)
                    .map(|at| Address::var(RESULTS, at))
                    .collect()
            }
            ScriptAction::Read { slots } => {
                let word = |&slot: &u32| Address::var(STATICS, slot as i32);
                slots.iter().map(word).collect()
            }
        };
        match &step.expect {
            ScriptExpect::Anything => {}
            ScriptExpect::Traps(_) => {
                let bad = self.symbol(Symbol::Bad)?;
                self.push(Step::new().jmp(bad).note("the call must not return"));
            }
            ScriptExpect::Results(expected) => {
                let mut words = words.into_iter();
                for alternatives in expected {
                    let count = alternatives.first().map_or(0, Vec::len);
                    let words: Vec<Address> = words.by_ref().take(count).collect();
                    self.expect(alternatives, &words)?;
                }
            }
        }
        Ok(())
    }

    /// Calls a function with constants.
    fn call(&mut self, func: u32, args: &[u64]) -> Result<(), BackendError> {
        self.stack_pointer();
        for (at, &arg) in args.iter().enumerate().skip(PASSED.len()) {
            self.push(Step::new().long(arg).store(passed_on_stack(at)));
        }
        for (&arg, reg) in args.iter().zip(PASSED) {
            self.push(Step::new().long(arg).set(reg));
        }
        let callee = self.function(func)?;
        self.push(Step::new().call(callee));
        Ok(())
    }

    /// Asserts that one result's words are one of several alternatives.
    fn expect(
        &mut self,
        alternatives: &[Vec<Pattern>],
        words: &[Address],
    ) -> Result<(), BackendError> {
        if let [patterns] = alternatives {
            for (&word, &pattern) in words.iter().zip(patterns) {
                self.load_masked(word, pattern);
                self.push(Step::new().long(wanted(pattern)).assert());
            }
            return Ok(());
        }
        // D counts the alternatives that hold
        self.push(Step::new().set(Reg::D));
        for patterns in alternatives {
            let next = self.program.fresh_label("other");
            for (&word, &pattern) in words.iter().zip(patterns) {
                self.load_masked(word, pattern);
                self.push(Step::new().long(wanted(pattern)).set(Reg::B));
                self.push(Step::new().computed().set(Reg::A).bin(Bin::Eq).jmpnc(next));
            }
            self.push(Step::new().reg(Reg::D).plus(1).set(Reg::D));
            self.program.bind(next);
        }
        let bad = self.symbol(Symbol::Bad)?;
        self.push(Step::new().reg(Reg::D).jmpz(bad));
        Ok(())
    }

    /// A becomes what must be [`wanted`].
    fn load_masked(&mut self, word: Address, pattern: Pattern) {
        self.push(Step::new().computed().load(word).set(Reg::A));
        match pattern {
            Pattern::Bits { mask: u64::MAX, .. } => {}
            Pattern::Bits { mask, .. } => {
                self.push(Step::new().long(mask).set(Reg::B));
                self.push(Step::new().computed().set(Reg::A).bin(Bin::And));
            }
            Pattern::NonZero => {
                self.push(Step::new().set(Reg::B));
                self.push(Step::new().computed().set(Reg::A).bin(Bin::Eq));
            }
        }
    }

    /// Asserts that the status in A is that of one of some traps, or 0 if there are none.
    pub(super) fn assert_status(&mut self, traps: &[Trap]) -> Result<(), BackendError> {
        match traps {
            [] => self.push(Step::new().assert()),
            [trap] => self.push(Step::new().plus(trap.code().into()).assert()),
            _ => {
                let passed = self.program.fresh_label("passed");
                for trap in traps {
                    let equal = Step::new().reg(Reg::A).minus(trap.code().into());
                    self.push(equal.jmpz(passed));
                }
                let bad = self.symbol(Symbol::Bad)?;
                self.push(Step::new().jmp(bad));
                self.program.bind(passed);
            }
        }
        Ok(())
    }
}

/// What [`Linker::load_masked`] must give.
fn wanted(pattern: Pattern) -> u64 {
    match pattern {
        Pattern::Bits { value, .. } => value,
        Pattern::NonZero => 0,
    }
}
