//! Traces without proofs: for tests that change them and demand that the change is noticed.
//!
//! A [`Trace`] holds the traces of all chips of a run. [`Trace::faults`] evaluates every constraint on every row and balances
//! every bus over concrete values, which is what a proof shows, without making one. [`Trace::notices`] answers the same for
//! one changed cell, fast enough to walk every cell of every chip. [`Trace::prove`] makes a proof of whatever the trace now
//! says, honest or forged.

use crate::backend::{Compiled, F, Leaf, Table};
use crate::builder::Bus;
use crate::key::ProvingKey;
use crate::proof::Proof;
use crate::prove::{ProveError, RunOptions, prove_parts, run};
use crate::public::Statement;
use crate::security::Security;
use crate::tables;
use crate::witness::Part;
pub use crate::witness::lookups::Lookups;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::Matrix;
use std::collections::BTreeMap;
use std::fmt;
use zkc_isa::{Entry, Limits, Program};

/// Something a proof of the trace would fail for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A constraint does not hold.
    Constraint {
        /// The chip.
        chip: String,
        /// The row.
        row: usize,
        /// The constraint.
        name: String,
    },
    /// A message is sent and received a different number of times.
    Bus {
        /// The bus.
        bus: Bus,
        /// The message.
        tuple: Vec<u32>,
        /// Sends less receives, modulo the field's order.
        excess: u32,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Constraint { chip, row, name } => write!(f, "chip `{chip}`, row {row}: {name}"),
            Fault::Bus { bus, tuple, excess } => {
                write!(f, "bus {bus:?}: {tuple:?} has excess {excess}")
            }
        }
    }
}

/// How to treat the counts of tables when a cell changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tallies {
    /// The counts stay as they were.
    Kept,
    /// A cheating prover makes the counts anew: only a lookup without an entry is noticed.
    Redone,
}

/// The chips' traces of a run.
pub struct Trace<'a> {
    key: &'a ProvingKey,
    entry: Entry,
    statement: Statement,
    parts: Vec<Part>,
    given: Vec<Vec<F>>,
}

impl fmt::Debug for Trace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace")
            .field("statement", &self.statement)
            .finish_non_exhaustive()
    }
}

/// One cell with another value.
#[derive(Clone, Copy)]
struct Change {
    at: usize,
    value: F,
}

type Balance = BTreeMap<(Bus, Vec<u32>), F>;

impl<'a> Trace<'a> {
    /// The trace of an honest run, as [`crate::prove()`] makes it.
    pub fn of_run(
        key: &'a ProvingKey,
        program: &Program,
        entry: &str,
        args: &[u64],
        input: &[u8],
    ) -> Result<Trace<'a>, ProveError> {
        Trace::of_run_with(key, program, entry, args, input, Lookups::Cheapest)
    }

    /// The trace of an honest run with a choice of the tables that serve its lookups.
    pub fn of_run_with(
        key: &'a ProvingKey,
        program: &Program,
        entry: &str,
        args: &[u64],
        input: &[u8],
        lookups: Lookups,
    ) -> Result<Trace<'a>, ProveError> {
        Trace::of_run_to(key, program, (entry, args, input), lookups, None)
    }

    /// The trace of an honest run, called as (entry, arguments, input), that stops at a step limit, if it comes so far.
    pub fn of_run_to(
        key: &'a ProvingKey,
        program: &Program,
        (entry, args, input): (&str, &[u64], &[u8]),
        lookups: Lookups,
        step_limit: Option<u64>,
    ) -> Result<Trace<'a>, ProveError> {
        let options = RunOptions {
            limits: Limits::default(),
            step_limit,
            line_executions: 1,
            lookups,
            progress: &|_| {},
        };
        let run = run(key, program, entry, args, input, &options)?;
        Ok(Trace::new(key, run.entry.clone(), run.statement, run.parts))
    }

    pub(crate) fn new(
        key: &'a ProvingKey,
        entry: Entry,
        statement: Statement,
        parts: Vec<Part>,
    ) -> Trace<'a> {
        let given = statement.given(entry.pc);
        Trace {
            key,
            entry,
            statement,
            parts,
            given,
        }
    }

    /// The run's statement.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The chips of the trace: name, number of real rows.
    pub fn chips(&self) -> Vec<(String, usize)> {
        self.parts
            .iter()
            .map(|p| (self.compiled(p).chip.name.clone(), p.rows))
            .collect()
    }

    /// Column names of chip number `chip` of [`Trace::chips`].
    pub fn columns(&self, chip: usize) -> &[String] {
        &self.compiled(&self.parts[chip]).chip.columns
    }

    /// A cell.
    pub fn cell(&self, chip: usize, row: usize, column: usize) -> u32 {
        let table = &self.parts[chip].table;
        table.values[row * table.width + column].as_canonical_u32()
    }

    /// Changes a cell.
    pub fn set_cell(&mut self, chip: usize, row: usize, column: usize, value: u32) {
        let table = &mut self.parts[chip].table;
        table.values[row * table.width + column] = F::from_u32(value);
    }

    fn compiled(&self, part: &Part) -> &Compiled {
        &self.key.catalog.chips[part.id]
    }

    fn leaf(&self, part: &Part, change: Option<Change>, row: usize, leaf: Leaf) -> F {
        let table = &part.table;
        let height = table.height();
        let cell = |r: usize, c: u32| {
            let at = r * table.width + c as usize;
            change
                .filter(|change| change.at == at)
                .map_or(table.values[at], |change| change.value)
        };
        match leaf {
            Leaf::Main(c) => cell(row, c),
            Leaf::Next(c) => cell((row + 1) % height, c),
            Leaf::Fixed(c) => {
                let fixed = self
                    .compiled(part)
                    .fixed
                    .as_deref()
                    .expect("the prover knows all fixed columns");
                fixed.values[row * fixed.width + c as usize]
            }
            Leaf::Given(c) => self.given[c as usize][row],
            Leaf::IsFirst => F::from_bool(row == 0),
            Leaf::IsLast => F::from_bool(row + 1 == height),
            Leaf::IsTransition => F::from_bool(row + 1 < height),
        }
    }

    /// Numbers of the constraints that do not hold on a row.
    fn broken(
        &self,
        part: &Part,
        change: Option<Change>,
        row: usize,
        slots: &mut Vec<F>,
    ) -> Vec<usize> {
        let tape = &self.compiled(part).constraints;
        tape.run(slots, |l| self.leaf(part, change, row, l));
        tape.outputs(slots)
            .enumerate()
            .filter(|(_, v)| **v != F::ZERO)
            .map(|(i, _)| i)
            .collect()
    }

    /// Gives the messages of a row with their multiplicity and whether they are table entries.
    fn messages(
        &self,
        part: &Part,
        change: Option<Change>,
        row: usize,
        slots: &mut Vec<F>,
        mut to: impl FnMut(Bus, Vec<u32>, F, bool),
    ) {
        let compiled = self.compiled(part);
        compiled
            .messages
            .run(slots, |l| self.leaf(part, change, row, l));
        let mut values = compiled.messages.outputs(slots).copied();
        for i in &compiled.chip.interactions {
            let tuple: Vec<u32> = values
                .by_ref()
                .take(i.tuple.len())
                .map(|v| v.as_canonical_u32())
                .collect();
            let multiplicity = values
                .next()
                .expect("the tape ends every message with its multiplicity");
            if multiplicity != F::ZERO {
                to(i.bus, tuple, multiplicity, i.provides);
            }
        }
    }

    /// Everything that is wrong with the trace.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut balance = Balance::new();
        let mut slots = Vec::new();
        for part in &self.parts {
            for row in 0..part.table.height() {
                let chip = &self.compiled(part).chip;
                for i in self.broken(part, None, row, &mut slots) {
                    let name = chip.constraints[i].name.clone();
                    faults.push(Fault::Constraint {
                        chip: chip.name.clone(),
                        row,
                        name,
                    });
                }
                self.messages(part, None, row, &mut slots, |bus, tuple, m, _| {
                    *balance.entry((bus, tuple)).or_insert(F::ZERO) += m;
                });
            }
        }
        let unbalanced = balance.into_iter().filter(|(_, excess)| *excess != F::ZERO);
        faults.extend(unbalanced.map(|((bus, tuple), excess)| Fault::Bus {
            bus,
            tuple,
            excess: excess.as_canonical_u32(),
        }));
        faults
    }

    /// Whether a proof of this trace with one cell changed would fail, if it would not without the change.
    pub fn notices(
        &self,
        chip: usize,
        row: usize,
        column: usize,
        value: u32,
        tallies: Tallies,
    ) -> bool {
        let part = &self.parts[chip];
        let width = part.table.width;
        let height = part.table.height();
        let change = Change {
            at: row * width + column,
            value: F::from_u32(value),
        };
        let mut slots = Vec::new();
        let before = (row + height - 1) % height;
        if [before, row]
            .iter()
            .any(|&r| !self.broken(part, Some(change), r, &mut slots).is_empty())
        {
            return true;
        }
        let mut balance = Balance::new();
        let mut missing = false;
        self.messages(part, None, row, &mut slots, |bus, tuple, m, _| {
            *balance.entry((bus, tuple)).or_insert(F::ZERO) -= m;
        });
        self.messages(
            part,
            Some(change),
            row,
            &mut slots,
            |bus, tuple, m, provides| {
                let table = !provides && bus.is_lookup();
                missing |= table && m != F::NEG_ONE;
                missing |= table
                    && !matches!(bus, Bus::Grown | Bus::GrowEvent)
                    && tables::row_of(bus, &tuple, &self.key.rom_pcs).is_none();
                *balance.entry((bus, tuple)).or_insert(F::ZERO) += m;
            },
        );
        // The Program table determines a tuple by its pc.
        let free = |bus: Bus| {
            tallies == Tallies::Redone
                && bus.is_lookup()
                && !matches!(bus, Bus::Program | Bus::Grown | Bus::GrowEvent)
        };
        missing
            || balance
                .iter()
                .any(|((bus, _), m)| *m != F::ZERO && !free(*bus))
    }

    /// A proof of what the trace says, honest or not.
    pub fn prove(&self, security: Security) -> Result<Proof, ProveError> {
        prove_parts(
            self.key,
            &self.entry,
            &self.statement,
            self.parts.clone(),
            security,
        )
    }

    /// The same trace under another statement: its public chip says what the new statement says, and ends in the state in
    /// which the run did.
    pub fn claim(&mut self, statement: Statement) {
        self.given = statement.given(self.entry.pc);
        let public = self.key.catalog.public;
        let part = self
            .parts
            .iter_mut()
            .find(|p| p.id == public)
            .expect("every trace has its public chip");
        let width = part.table.width;
        let last = [3, 2, 1].map(|i| part.table.values[width - i].as_canonical_u32());
        let cells = statement.cells(self.entry.pc, last);
        part.table = Table::new(cells, width);
        self.statement = statement;
    }
}
