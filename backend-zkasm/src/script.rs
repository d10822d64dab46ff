//! A script as one entry: calls in order, each result compared, traps caught, the passed steps counted.
//!
//! The stub's frame lies at the bottom of the stack, where a trap's vector comes back to it (`reset`), so that its registers
//! outlive whatever a call was doing. A step that expects a trap says so before it calls; the vectors count it and go on
//! with the next step, as after a return. The entry's only result is the number of passed steps: a proof of the full
//! number is a proof of every step.

use crate::BackendError;
use zkc_ir::Trap;
use zkc_isa::{Entry, FIRST_PC, Inst, Program, ValueKind, ZkOp};

/// Name of the entry.
pub const SCRIPT_ENTRY: &str = "script";

/// What one word must be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pattern {
    /// The bits under the mask are these.
    Bits {
        /// The bits that count.
        mask: u64,
        /// Their values; zero outside the mask.
        value: u64,
    },
    /// Not zero: a reference that is not null.
    NonZero,
}

impl Pattern {
    /// Exactly this word.
    pub const fn word(value: u64) -> Pattern {
        Pattern::Bits {
            mask: u64::MAX,
            value,
        }
    }

    /// Whether a word is what is expected.
    pub const fn matches(self, word: u64) -> bool {
        match self {
            Pattern::Bits { mask, value } => word & mask == value,
            Pattern::NonZero => word != 0,
        }
    }
}

/// What a step does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ScriptAction {
    /// Calls a function with these words.
    Call {
        /// Function index.
        func: u32,
        /// Argument words.
        args: Vec<u64>,
    },
    /// Reads static words.
    Read {
        /// Their slots.
        slots: Vec<u32>,
    },
}

impl ScriptAction {
    /// The function it calls.
    pub fn callee(&self) -> Option<u32> {
        match self {
            ScriptAction::Call { func, .. } => Some(*func),
            ScriptAction::Read { .. } => None,
        }
    }
}

/// When a step has passed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ScriptExpect {
    /// However it ends; it is not counted.
    Anything,
    /// It returns these results, at least: per result the words of one of several alternatives.
    Results(Vec<Vec<Vec<Pattern>>>),
    /// It traps, in one of these ways.
    Traps(Vec<Trap>),
}

/// A step of a script.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ScriptStep {
    /// What is done.
    pub action: ScriptAction,
    /// What must come of it.
    pub expect: ScriptExpect,
}

impl ScriptStep {
    /// Whether the step adds to the script's result.
    pub fn is_counted(&self) -> bool {
        self.expect != ScriptExpect::Anything
    }
}

/// Passed steps.
const COUNT: u32 = 1;
/// Bit k: the step expects the trap of status k.
const TRAPS: u32 = 2;
/// Number of the step after this one.
const NEXT: u32 = 3;
/// Anything, between calls.
const SCRATCH: u32 = 4;
/// Registers of the stub's frame.
const FRAME: u32 = 5;

/// A place in the stub that is not known yet.
#[derive(Clone, Copy)]
struct Label(usize);

/// The stub's code with open targets.
struct Stub {
    base: u32,
    insts: Vec<Inst>,
    /// Instructions whose target is a label.
    open: Vec<(usize, Label)>,
    /// Program counter of each label once it is placed.
    labels: Vec<u32>,
}

impl Stub {
    fn label(&mut self) -> Label {
        self.labels.push(u32::MAX);
        Label(self.labels.len() - 1)
    }

    fn place(&mut self, label: Label) {
        self.labels[label.0] = self.base + self.insts.len() as u32;
    }

    fn push(&mut self, inst: Inst) {
        self.insts.push(inst);
    }

    fn push_to(&mut self, inst: Inst, label: Label) {
        self.open.push((self.insts.len(), label));
        self.insts.push(inst);
    }

    fn constant(&mut self, d: u32, imm: u64) {
        self.push(Inst {
            d,
            imm,
            ..Inst::new(ZkOp::Li)
        });
    }

    /// Goes to the label unless the word in register `a` is as expected. The register may be changed.
    fn unless(&mut self, a: u32, pattern: Pattern, label: Label) {
        let (op, imm) = match pattern {
            Pattern::NonZero => (ZkOp::BrEq64Imm, 0),
            Pattern::Bits { mask, value } => {
                if mask != u64::MAX {
                    self.push(Inst {
                        a,
                        d: SCRATCH,
                        imm: mask,
                        ..Inst::new(ZkOp::And64Imm)
                    });
                }
                (ZkOp::BrNe64Imm, value)
            }
        };
        let masked = matches!(pattern, Pattern::Bits { mask, .. } if mask != u64::MAX);
        let a = if masked { SCRATCH } else { a };
        self.push_to(
            Inst {
                a,
                imm,
                ..Inst::new(op)
            },
            label,
        );
    }

    /// Goes to `next` unless results, from register `FRAME + 1` on, are as expected.
    fn compare(&mut self, results: &[Vec<Vec<Pattern>>], next: Label) {
        let mut first = FRAME + 1;
        for alternatives in results {
            let done = self.label();
            for (i, patterns) in alternatives.iter().enumerate() {
                let last = i + 1 == alternatives.len();
                let other = if last { next } else { self.label() };
                for (a, &pattern) in (first..).zip(patterns) {
                    self.unless(a, pattern, other);
                }
                if !last {
                    self.push_to(Inst::new(ZkOp::Jump), done);
                    self.place(other);
                }
            }
            self.place(done);
            first += alternatives.first().map_or(0, Vec::len) as u32;
        }
    }

    fn act(
        &mut self,
        action: &ScriptAction,
        pc_of: &impl Fn(u32) -> Result<u32, BackendError>,
    ) -> Result<(), BackendError> {
        match action {
            ScriptAction::Call { func, args } => {
                for (d, &arg) in (FRAME + 1..).zip(args) {
                    self.constant(d, arg);
                }
                self.call(pc_of(*func)?);
            }
            ScriptAction::Read { slots } => {
                for (d, &target) in (FRAME + 1..).zip(slots) {
                    self.push(Inst {
                        d,
                        target,
                        ..Inst::new(ZkOp::Lds)
                    });
                }
            }
        }
        Ok(())
    }

    fn call(&mut self, target: u32) {
        self.push(Inst {
            target,
            imm: u64::from(FRAME),
            ..Inst::new(ZkOp::Call)
        });
    }

    fn count(&mut self) {
        self.push(Inst {
            a: COUNT,
            d: COUNT,
            imm: 1,
            ..Inst::new(ZkOp::Add32Imm)
        });
    }
}

/// Appends the script to a program: its entry, whose program counter is given, and the vectors of all traps. `pc_of` tells
/// where a function starts; `start` is called first.
pub(crate) fn append(
    program: &mut Program,
    steps: &[ScriptStep],
    start: Option<u32>,
    pc_of: impl Fn(u32) -> Result<u32, BackendError>,
) -> Result<u32, BackendError> {
    let base = FIRST_PC + program.insts.len() as u32;
    let mut stub = Stub {
        base,
        insts: Vec::new(),
        open: Vec::new(),
        labels: Vec::new(),
    };
    program.vectors.clear();
    let starts: Vec<Label> = (0..=steps.len()).map(|_| stub.label()).collect();
    stub.constant(COUNT, 0);
    stub.constant(TRAPS, 0);
    stub.constant(NEXT, steps.len() as u64);
    if let Some(start) = start {
        stub.call(start);
    }
    let mut traps = 0;
    for (i, step) in steps.iter().enumerate() {
        stub.place(starts[i]);
        let next = starts[i + 1];
        let expected = match &step.expect {
            ScriptExpect::Anything | ScriptExpect::Results(_) => 0,
            ScriptExpect::Traps(kinds) => kinds.iter().fold(0, |bits, t| bits | 1 << t.code()),
        };
        if expected != traps {
            stub.constant(TRAPS, expected);
            traps = expected;
        }
        stub.constant(NEXT, i as u64 + 1);
        stub.act(&step.action, &pc_of)?;
        if let ScriptExpect::Results(results) = &step.expect {
            stub.compare(results, next);
            stub.count();
        }
    }
    stub.place(starts[steps.len()]);
    stub.push(Inst {
        a: COUNT,
        imm: 0,
        ..Inst::new(ZkOp::Result)
    });
    stub.push(Inst::new(ZkOp::Halt));
    let caught = stub.label();
    for trap in Trap::ALL {
        // the vector comes here, back in the stub's frame: the bit of this trap
        let handler = base + stub.insts.len() as u32;
        program.vectors.push((trap.code(), handler));
        stub.push(Inst {
            a: TRAPS,
            d: SCRATCH,
            imm: u64::from(trap.code()),
            ..Inst::new(ZkOp::Shru32Imm)
        });
        stub.push_to(Inst::new(ZkOp::Jump), caught);
    }
    stub.place(caught);
    stub.push(Inst {
        a: SCRATCH,
        d: SCRATCH,
        imm: 1,
        ..Inst::new(ZkOp::And32Imm)
    });
    stub.push(Inst {
        a: COUNT,
        b: SCRATCH,
        d: COUNT,
        ..Inst::new(ZkOp::Add32)
    });
    let table = stub.label();
    stub.push_to(
        Inst {
            a: NEXT,
            imm: steps.len() as u64,
            ..Inst::new(ZkOp::Brt)
        },
        table,
    );
    stub.place(table);
    for &start in &starts {
        stub.push_to(Inst::new(ZkOp::Jump), start);
    }
    for (at, label) in stub.open {
        stub.insts[at].target = stub.labels[label.0];
    }
    program.insts.extend(stub.insts);
    program.entries.push(Entry {
        name: SCRIPT_ENTRY.to_owned(),
        pc: base,
        params: Vec::new(),
        results: vec![ValueKind::I32],
    });
    Ok(base)
}
