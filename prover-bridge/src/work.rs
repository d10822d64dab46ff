//! The work of making a proof, in units that its traces' heights alone decide, so that its time can be told before it is made.
//!
//! A unit is what some part of the prover does once: a cell committed, a butterfly of an extension, a constraint's operation
//! on a point. How long each takes is for a measurement to say ([`crate::Fit`]); the units are read off the chips, so a new
//! chip needs none of its own.

use crate::backend::Compiled;
use crate::catalog::ChipSet;
use crate::stats::Stats;
use std::ops::AddAssign;
use zkc_isa::ZkOp;

/// Number of kinds of work.
pub const KINDS: usize = 12;

/// The kinds of work: name, and what one unit of it is.
pub const WORK_KINDS: [(&str, &str); KINDS] = [
    ("proof", "a proof, whatever it is of"),
    ("try", "a hash tried for the proof's bits of work"),
    ("trace", "a trace of a proof"),
    ("step", "an executed instruction"),
    ("row", "a row of a trace, padding included"),
    ("main", "a cell of a main column"),
    ("aux", "a cell of an auxiliary column"),
    ("quotient", "a cell of a quotient column"),
    ("fixed", "a cell of a fixed column"),
    (
        "butterfly",
        "a cell of any column, times the logarithm of the column's height",
    ),
    (
        "operation",
        "an operation of a constraint, on a point of the quotient's domain",
    ),
    (
        "field",
        "a field of a bus message, on a row and on a point of the quotient's domain",
    ),
];

const PROOF: usize = 0;
/// The kind of work that is luck.
pub(crate) const TRY: usize = 1;
const TRACE: usize = 2;
const STEP: usize = 3;

/// So much of each kind of work, in the order of [`WORK_KINDS`].
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Work(pub [f64; KINDS]);

impl Work {
    /// The work of a proof of these numbers, as it is expected before there is a proof: the search for bits of work is luck,
    /// all else is known.
    pub fn expected(stats: &Stats) -> Work {
        Work::with_tries(stats, stats.expected_tries)
    }

    /// The work that a proof was, if it was made in one thread.
    pub fn done(stats: &Stats) -> Work {
        Work::with_tries(stats, stats.tries)
    }

    fn with_tries(stats: &Stats, tries: u64) -> Work {
        let mut work = Work::default();
        work.0[PROOF] = 1.0;
        work.0[TRY] = tries as f64;
        work.0[STEP] = stats.steps as f64;
        for trace in &stats.chips {
            let height = trace.height as f64;
            work.0[TRACE] += 1.0;
            work += Work::of_row(&trace.shape, height.log2()).times(height);
        }
        work
    }

    /// The work that one more execution of each instruction is, on the chip that usually proves it, in the order of the
    /// dialect's table. Traces are taken to have 2^`log_rows` rows.
    pub fn of_instructions(log_rows: u32) -> Vec<Work> {
        let set = ChipSet::standard();
        let catalog = set.catalog(0);
        let row = |op: &ZkOp| {
            let chip = &catalog.chips[crate::chips::usual(*op)];
            let mut work = Work::of_row(&Shape::of(chip), log_rows.into());
            work.0[STEP] = 1.0;
            work
        };
        ZkOp::ALL.iter().map(row).collect()
    }

    /// A row of a chip, in a trace whose height has this logarithm.
    fn of_row(shape: &Shape, log_rows: f64) -> Work {
        let [main, aux, quotient] = shape.cells.map(|c| c as f64);
        let (fixed, points) = (shape.fixed as f64, shape.points as f64);
        let (fields, operations) = (shape.fields as f64, shape.operations as f64);
        Work([
            0.0,
            0.0,
            0.0,
            0.0,
            1.0,
            main,
            aux,
            quotient,
            fixed,
            (main + aux + quotient + fixed) * log_rows,
            operations * points,
            fields * (1.0 + points),
        ])
    }

    fn times(mut self, n: f64) -> Work {
        self.0.iter_mut().for_each(|x| *x *= n);
        self
    }
}

/// What the work of a chip's rows depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    /// Main, auxiliary and quotient cells of a row.
    cells: [usize; 3],
    /// Preprocessed columns.
    fixed: usize,
    /// Points at which a row's constraints are evaluated.
    points: usize,
    /// Fields of its messages, with their multiplicities.
    fields: usize,
    /// Operations of its constraints.
    operations: usize,
}

impl Shape {
    pub(crate) fn of(chip: &Compiled) -> Shape {
        let messages = &chip.chip.interactions;
        Shape {
            cells: chip.cells(),
            fixed: chip.chip.fixed.len(),
            points: if chip.packs() { 2 } else { 1 },
            fields: messages.iter().map(|i| i.tuple.len() + 1).sum(),
            operations: chip.constraints.operations(),
        }
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Work) {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a += b;
        }
    }
}
