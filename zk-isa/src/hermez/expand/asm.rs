//! Code of one function before it is placed: steps, labels, and names for what only the linked program knows.
//!
//! Rare paths are written where they are thought of ([`Asm::cold`]) and stand behind everything else.

use crate::hermez::{Goto, Jump, Label, Step, Var};

/// The variable with the static words; its word `n` is static slot `n`.
pub const STATICS: Var = Var(0);
/// The variable with the arguments of the run, a word each.
pub const ARGS: Var = Var(1);
/// The variable with the results of the run, a word each.
pub const RESULTS: Var = Var(2);
/// The variable with the output bytes, a word each; static slot 1 counts them.
pub const OUTPUT: Var = Var(3);
/// The variable with the size of a memory that can grow, in bytes.
pub const MEMORY_BYTES: Var = Var(4);
/// The variable in which routines find and leave what registers have no room for.
pub const SCRATCH: Var = Var(5);
/// The variable that keeps a free input until its limbs are bound; a word.
pub const HINT: Var = Var(6);
/// Words of [`SCRATCH`].
pub const SCRATCH_WORDS: u32 = 20;

/// Bit of the label numbers that name something outside the function.
const EXTERN: u32 = 1 << 31;
const FUNCTION: u32 = 1 << 30;

/// What a label outside the function stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Symbol {
    /// Step 0.
    Origin,
    /// A step that no honest run reaches and no proof can contain.
    Bad,
    /// The end of a run with success.
    Done,
    /// The end of a run with this status, the code of a trap.
    Trap(u32),
    /// A routine that functions share.
    Routine(Routine),
    /// A function, by index.
    Function(u32),
}

/// Code that functions share; the linker adds what is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Routine {
    /// Sets B to a power of two and returns; entered E steps behind the label.
    Power,
    /// Loads bytes at any place; see `routines`.
    LoadBytes,
    /// Stores bytes at any place.
    StoreBytes,
    /// Copies blocks of words.
    CopyBlocks,
}

impl Routine {
    /// Every routine.
    pub const ALL: [Routine; 4] = [
        Routine::CopyBlocks,
        Routine::Power,
        Routine::LoadBytes,
        Routine::StoreBytes,
    ];
}

impl Symbol {
    /// The label.
    pub const fn label(self) -> Label {
        Label(match self {
            Symbol::Origin => EXTERN,
            Symbol::Bad => EXTERN + 1,
            Symbol::Done => EXTERN + 2,
            Symbol::Routine(routine) => EXTERN + 3 + routine as u32,
            Symbol::Trap(code) => EXTERN + 64 + code,
            Symbol::Function(index) => EXTERN + FUNCTION + index,
        })
    }

    /// What a label stands for, if it is one outside the function.
    pub fn of(label: Label) -> Option<Symbol> {
        let number = label.0.checked_sub(EXTERN)?;
        Some(match number {
            0 => Symbol::Origin,
            1 => Symbol::Bad,
            2 => Symbol::Done,
            3..64 => Symbol::Routine(Routine::ALL.into_iter().find(|&r| r as u32 == number - 3)?),
            FUNCTION.. => Symbol::Function(number - FUNCTION),
            _ => Symbol::Trap(number - 64),
        })
    }
}

/// Code with places for labels.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Code {
    /// Steps.
    pub steps: Vec<Step>,
    /// By label number: the step it stands before.
    pub labels: Vec<u32>,
}

/// Writes code.
#[derive(Debug, Default)]
pub struct Asm {
    /// Main path and rare paths.
    parts: [Vec<Step>; 2],
    /// By label number: part and position.
    bound: Vec<Option<(usize, u32)>>,
    part: usize,
}

impl Asm {
    /// A new label.
    pub fn label(&mut self) -> Label {
        self.bound.push(None);
        Label(self.bound.len() as u32 - 1)
    }

    /// Binds a label to the next step.
    pub fn bind(&mut self, label: Label) {
        self.bound[label.0 as usize] = Some((self.part, self.parts[self.part].len() as u32));
    }

    /// Appends a step.
    pub fn push(&mut self, step: Step) {
        self.parts[self.part].push(step);
    }

    /// Number of steps of the part that is written.
    pub fn position(&self) -> usize {
        self.parts[self.part].len()
    }

    /// Whether a label is bound to the next step of the part that is written.
    pub fn is_target(&self) -> bool {
        let here = Some((self.part, self.parts[self.part].len() as u32));
        self.bound.contains(&here)
    }

    /// The last step of the part that is written.
    pub fn last_mut(&mut self) -> Option<&mut Step> {
        self.parts[self.part].last_mut()
    }

    /// Writes a rare path, which starts with a new label and must not fall through its end.
    pub fn cold(&mut self, write: impl FnOnce(&mut Asm)) -> Label {
        let label = self.label();
        let part = std::mem::replace(&mut self.part, 1);
        self.bind(label);
        write(self);
        self.part = part;
        label
    }

    /// Goes to a label. `free` says that the step before may take the jump along.
    pub fn jump(&mut self, label: Label, free: bool) {
        if free
            && !self.is_target()
            && let Some(step) = self.last_mut()
            && step.jump == Jump::None
        {
            step.jump = Jump::Jmp(Goto::Label(label));
            return;
        }
        self.push(Step::new().jmp(label));
    }

    /// The finished code. Every label must have been bound.
    pub fn finish(self) -> Code {
        let [mut steps, cold] = self.parts;
        let main = steps.len() as u32;
        let place = |bound: Option<(usize, u32)>| {
            let (part, at) = bound.expect("every label of a function is bound");
            if part == 0 { at } else { main + at }
        };
        let labels = self.bound.into_iter().map(place).collect();
        steps.extend(cold);
        Code { steps, labels }
    }
}
