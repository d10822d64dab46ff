//! Programs that use the chips in different proportions and sizes: loops over instructions drawn by chance.
//!
//! Instructions are walked, not listed: one is used if a loop with it runs to its end. A mix draws how many kinds of
//! instructions it has and which, how long it runs, how much memory it walks over, whether its values change, and how large
//! its program is. The same seed gives the same mixes.

use super::Job;
use std::sync::Arc;
use zkc_isa::{Entry, FIRST_PC, FIRST_SLOT, Form, Inst, Limits, PAGE_WORDS, Program, Status, ZkOp};

/// A generator of words (SplitMix64), enough to draw mixes and samples.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next word.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.word() % n.max(1) as u64) as usize
    }

    /// Puts a list into an order that chance draws.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

/// Counts the loop down.
const COUNTER: u32 = 1;
/// A byte address that walks over memory.
const POINTER: u32 = 2;
/// A table index.
const INDEX: u32 = 3;
/// First of [`VALUES`] registers of numbers from 1 to 2^31 - 1.
const VALUE: u32 = 4;
/// Registers of values that do not change.
const VALUES: usize = 6;
/// A value that changes with each turn if the mix is a lively one: any number below 2^32.
const LIVELY: u32 = VALUE + VALUES as u32;
/// First of [`RESULTS`] registers that only results go to.
const RESULT: u32 = 16;
/// Registers of results.
const RESULTS: usize = 16;
/// Where a callee's frame starts.
const CALLEE: u64 = 64;
/// Elements of the table.
const TABLE: u64 = 8;
/// Bytes behind the pointer that an access may reach.
const REACH: u64 = 64;
/// Name of the entry.
const ENTRY: &str = "run";

/// What a mix is made of.
struct Shape {
    ops: Vec<ZkOp>,
    /// Turns of the loop.
    turns: u64,
    /// Bytes the pointer moves in a turn.
    stride: u64,
    /// Logarithm of the bytes it walks over.
    log_bytes: u32,
    lively: bool,
    /// Instructions of the program, at least.
    insts: usize,
}

/// So many mixes of about 2^`log_steps` steps each, `log_steps` drawn from the range.
pub fn mixes(seed: u64, count: usize, log_steps: std::ops::RangeInclusive<u32>) -> Vec<Job> {
    let mut random = Random::new(seed);
    let usable: Vec<ZkOp> = ZkOp::ALL
        .iter()
        .copied()
        .filter(|&op| runs(&trial(op), &program(&trial(op), &mut Random::new(0))))
        .collect();
    let mut jobs = Vec::with_capacity(count);
    let (low, high) = (f64::from(*log_steps.start()), f64::from(*log_steps.end()));
    for number in 0..count {
        // Sizes are spread evenly, not drawn: the smallest and the largest are there.
        let at = number as f64 / (count.max(2) - 1) as f64;
        let steps = (low + (high - low) * at).exp2();
        let kinds = 2 + random.below(usable.len().min(48));
        let mut ops = Vec::new();
        for _ in 0..kinds {
            let op = usable[random.below(usable.len())];
            ops.extend(std::iter::repeat_n(op, 1 + random.below(6)));
        }
        random.shuffle(&mut ops);
        let mut shape = Shape {
            turns: 1 + (steps / (ops.len() + 5) as f64) as u64,
            ops,
            stride: 8 << random.below(4),
            log_bytes: 6 + random.below(15) as u32,
            lively: random.below(2) == 0,
            insts: 1 << random.below(15),
        };
        let draws = random.word();
        let mut made = program(&shape, &mut Random::new(draws));
        if shape.lively && !runs(&shape, &made) {
            // A value may be one that an instruction traps on.
            shape.lively = false;
            made = program(&shape, &mut Random::new(draws));
        }
        jobs.push(Job {
            name: format!("mix {}: {kinds} kinds, {} turns", number + 1, shape.turns),
            program: Arc::new(made),
            entry: ENTRY.to_owned(),
            args: Vec::new(),
            input: Vec::new(),
        });
    }
    jobs
}

/// A mix of one instruction.
fn trial(op: ZkOp) -> Shape {
    Shape {
        ops: vec![op],
        turns: 2,
        stride: 8,
        log_bytes: 6,
        lively: false,
        insts: 0,
    }
}

/// Whether the shape's program ends well, after all turns of all its instructions.
fn runs(shape: &Shape, program: &Program) -> bool {
    let least = shape.turns * (shape.ops.len() as u64 + 4);
    let limits = Limits {
        max_steps: 4 * least + 100,
        ..Limits::default()
    };
    zkc_isa::run(program, ENTRY, &[], &[], &limits)
        .is_ok_and(|o| o.status == Status::Done && o.steps >= least)
}

/// The loop.
fn program(shape: &Shape, random: &mut Random) -> Program {
    let mut insts = Vec::new();
    let constant = |insts: &mut Vec<Inst>, d: u32, imm: u64| {
        insts.push(Inst {
            d,
            imm,
            ..Inst::new(ZkOp::Li)
        });
    };
    constant(&mut insts, COUNTER, shape.turns);
    constant(&mut insts, POINTER, 0);
    constant(&mut insts, INDEX, random.word() % TABLE);
    for i in 0..=VALUES as u32 {
        let value = (1 + random.word() % (1 << 31)).min((1 << 31) - 1);
        constant(&mut insts, VALUE + i, value);
    }
    // The callee stands behind the loop's entry, so that its place is known.
    let callee = FIRST_PC + insts.len() as u32 + 1;
    insts.push(Inst {
        target: callee + 1,
        ..Inst::new(ZkOp::Jump)
    });
    insts.push(Inst::new(ZkOp::Ret));
    let start = FIRST_PC + insts.len() as u32;
    for &op in &shape.ops {
        let next = FIRST_PC + insts.len() as u32 + 1;
        insts.extend(instruction(op, [next, callee], shape.lively, random));
    }
    let step = |op: ZkOp, register: u32, imm: u64| Inst {
        d: register,
        a: register,
        imm,
        ..Inst::new(op)
    };
    insts.push(step(ZkOp::Add32Imm, POINTER, shape.stride));
    insts.push(step(ZkOp::And32Imm, POINTER, (1 << shape.log_bytes) - 1));
    if shape.lively {
        insts.push(step(ZkOp::Mul32Imm, LIVELY, 1_664_525));
    }
    insts.push(step(ZkOp::Add32Imm, COUNTER, u32::MAX.into()));
    insts.push(Inst {
        a: COUNTER,
        target: start,
        ..Inst::new(ZkOp::BrNe32Imm)
    });
    insts.push(Inst::new(ZkOp::Halt));
    // Never executed: the program's size alone matters.
    while insts.len() < shape.insts {
        let imm = insts.len() as u64;
        insts.push(Inst {
            d: RESULT,
            imm,
            ..Inst::new(ZkOp::Li)
        });
    }
    let bytes = (1u64 << shape.log_bytes) + REACH + 8;
    Program {
        insts,
        entries: vec![Entry {
            name: ENTRY.to_owned(),
            pc: FIRST_PC,
            params: Vec::new(),
            results: Vec::new(),
        }],
        pages: bytes.div_ceil(8 * u64::from(PAGE_WORDS)) as u32,
        ..Program::default()
    }
}

/// One instruction of the loop: operands are registers that hold what it can take, the result goes where nobody reads it,
/// and control goes on at the next instruction. `None` for an instruction that cannot be had so.
fn instruction(
    op: ZkOp,
    [next, callee]: [u32; 2],
    lively: bool,
    random: &mut Random,
) -> Option<Inst> {
    let form = op.form();
    let mut value = || VALUE + random.below(VALUES + usize::from(lively)) as u32;
    let (a, b, c) = (value(), value(), value());
    let d = RESULT + random.below(RESULTS) as u32;
    let constant = 1 + random.word() % op.shift_width().map_or((1 << 31) - 1, |w| u64::from(w) - 1);
    let offset = random.word() % REACH;
    let slot = FIRST_SLOT + random.below(64) as u32;
    let empty = Inst::new(op);
    let full = match form {
        Form::Binary
        | Form::BinaryImm
        | Form::Unary
        | Form::Constant
        | Form::Select
        | Form::Branch
        | Form::BranchImm
        | Form::Jump => Inst {
            d,
            a,
            b,
            c,
            imm: constant,
            target: next,
            ..empty
        },
        Form::Load | Form::Store => Inst {
            d,
            a: POINTER,
            b,
            imm: offset,
            ..empty
        },
        Form::StaticLoad | Form::StaticStore => Inst {
            d,
            a,
            target: slot,
            ..empty
        },
        Form::TableLoad => Inst {
            d,
            a: INDEX,
            imm: TABLE,
            target: slot,
            ..empty
        },
        Form::TableStore => Inst {
            a: INDEX,
            b,
            imm: TABLE,
            target: slot,
            ..empty
        },
        Form::BranchTable => Inst {
            a,
            target: next,
            ..empty
        },
        Form::Call => Inst {
            imm: CALLEE,
            target: callee,
            ..empty
        },
        Form::Blocks
        | Form::Grow
        | Form::Arg
        | Form::Result
        | Form::Hint
        | Form::Output
        | Form::CallIndirect
        | Form::TailCallIndirect
        | Form::Trap
        | Form::Bare => return None,
    };
    Some(full.normalized())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixes_end_well_have_their_size_and_are_the_same_each_time() {
        let jobs = mixes(1, 12, 8..=13);
        for (job, again) in jobs.iter().zip(mixes(1, 12, 8..=13)) {
            assert_eq!(job.program, again.program);
            let run = zkc_isa::run(&job.program, &job.entry, &[], &[], &Limits::default());
            let outcome = run.expect("a mix runs");
            assert_eq!(outcome.status, Status::Done);
            assert!(
                (200..20_000).contains(&outcome.steps),
                "{}: {}",
                job.name,
                outcome.steps
            );
        }
        let used = |op: &&ZkOp| {
            let mut insts = jobs.iter().flat_map(|job| &job.program.insts);
            insts.any(|i| i.op == **op)
        };
        let kinds = ZkOp::ALL.iter().filter(used).count();
        assert!(kinds > ZkOp::ALL.len() / 2, "{kinds} kinds of instructions");
    }
}
