//! The public statement of a run, and the chip that ties it to the trace.
//!
//! The chip `public` has one row for the run as a whole and one for each argument, result and output byte. Its given columns
//! are computed from the statement by prover and verifier alike, and its main columns must equal them, so that its messages
//! are the statement's:
//!
//! * State: sends the state a run starts from (entry point, first clock, stack base) and receives the state it ended in:
//!   pc = status; clock and frame may be anything. Every step consumes one state and produces one with a later clock, so the
//!   steps form one chain from start to end, and no cycle can stand beside it. A status with a trap vector is no end: the
//!   verifier refuses it.
//! * A statement of the step limit N says instead that the run has more than N steps: the last state's clock is that after
//!   N + 1 steps, and its pc and frame may be anything. A run that ends earlier has no chain so long.
//! * Args: each argument once. The code at an entry point reads every argument exactly once before anything else.
//! * Results: each result once; a run that traps has none.
//! * Outputs: each byte at its position. The output chip counts positions in a static word that starts at zero, so positions
//!   are 0, 1, 2, ... and a proof of fewer or more bytes than were written is unbalanced.
//!
//! The given columns need no commitment. The statement enters the transcript's seed.

use crate::MAX_STEPS;
use crate::backend::F;
use crate::builder::{Bus, Chip, ChipBuilder, Expr};
use crate::tables::limbs;
use p3_field::PrimeCharacteristicRing;
use serde::{Deserialize, Serialize};
use zkc_isa::{Entry, FIRST_CLOCK, FIRST_PC, STACK_BASE, TICKS, ValueKind};

/// Largest number of public output bytes in a statement.
pub const MAX_OUTPUT: usize = 1 << 20;
/// Largest number of arguments, and of results, in a statement.
pub const MAX_VALUES: usize = 1000;

/// The status of a run that was stopped at its step limit.
pub const STEP_LIMIT: u32 = 63;

/// What a proof shows: the program's exported function, called with these arguments, ended so.
///
/// As JSON the words are decimal strings, for readers whose numbers are floating-point; digest and output are hexadecimal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Digest of the program's verifying key.
    #[serde(with = "hex_array")]
    pub program: [u8; 32],
    /// Name of the exported function.
    pub entry: String,
    /// Arguments, as words; an i32 has its upper half zero.
    #[serde(with = "decimal")]
    pub args: Vec<u64>,
    /// 0 for success, [`STEP_LIMIT`], otherwise the code of the trap (`zkc_ir::Trap::code`).
    pub status: u32,
    /// With status [`STEP_LIMIT`], and only then: the run has more steps than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u64>,
    /// Results, as words; none if the run trapped, and those given so far at the step limit.
    #[serde(with = "decimal")]
    pub results: Vec<u64>,
    /// Public output bytes, up to the trap or the step limit if there is one.
    #[serde(with = "hex_bytes")]
    pub output: Vec<u8>,
}

/// A statement that no run can have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StatementError {
    /// Another program's statement.
    #[error("the statement is about another program than the verifying key")]
    Program,
    /// The program exports nothing of this name.
    #[error("the program exports no function `{0}`")]
    Entry(String),
    /// Wrong number of arguments.
    #[error("`{entry}` takes {expected} arguments, the statement has {found}")]
    ArgCount {
        /// The function.
        entry: String,
        /// Its number of parameters.
        expected: usize,
        /// The statement's number of arguments.
        found: usize,
    },
    /// Wrong number of results.
    #[error(
        "a run of `{entry}` with status {status} has {expected} results, the statement has {found}"
    )]
    ResultCount {
        /// The function.
        entry: String,
        /// The status.
        status: u32,
        /// Its number of results.
        expected: usize,
        /// The statement's number of results.
        found: usize,
    },
    /// A 32-bit value with an upper half, or a function as argument.
    #[error("{what} {index} is {value}, which its type does not allow")]
    Range {
        /// `argument` or `result`.
        what: &'static str,
        /// Its index.
        index: usize,
        /// Its value.
        value: u64,
    },
    /// Not a status.
    #[error("{0} is no status of a run")]
    Status(u32),
    /// The run goes on after this status.
    #[error("a run does not end with status {0}, for which the program has a trap vector")]
    Vectored(u32),
    /// A step limit without its status, its status without it, or one that no proof can show.
    #[error(
        "a step limit belongs to status {STEP_LIMIT}, is at least the number of arguments, and below {MAX_STEPS}"
    )]
    StepLimit,
    /// Too many output bytes.
    #[error("the statement has {0} output bytes; at most {MAX_OUTPUT} can be public")]
    Output(usize),
}

impl Statement {
    /// Checks the statement against an exported function of the program with digest `program`.
    pub(crate) fn check(&self, program: &[u8; 32], entry: &Entry) -> Result<(), StatementError> {
        if self.program != *program {
            return Err(StatementError::Program);
        }
        if self.entry != entry.name {
            return Err(StatementError::Entry(self.entry.clone()));
        }
        let known = matches!(self.status, 0 | STEP_LIMIT);
        if !known && zkc_ir::Trap::from_code(self.status).is_none() || self.status >= FIRST_PC {
            return Err(StatementError::Status(self.status));
        }
        // The arguments are read first, each in a step.
        let read = |&limit: &u64| limit >= self.args.len() as u64 && limit < MAX_STEPS;
        if (self.status == STEP_LIMIT) != self.max_steps.is_some()
            || !self.max_steps.as_ref().is_none_or(read)
        {
            return Err(StatementError::StepLimit);
        }
        let expected = entry.params.len();
        if self.args.len() != expected || expected > MAX_VALUES {
            return Err(StatementError::ArgCount {
                entry: entry.name.clone(),
                expected,
                found: self.args.len(),
            });
        }
        let expected = match self.status {
            0 => entry.results.len(),
            STEP_LIMIT => self.results.len().min(entry.results.len()),
            _ => 0,
        };
        if self.results.len() != expected || expected > MAX_VALUES {
            return Err(StatementError::ResultCount {
                entry: entry.name.clone(),
                status: self.status,
                expected,
                found: self.results.len(),
            });
        }
        fits(
            "argument",
            &self.args,
            &entry.params,
            ValueKind::is_argument,
        )?;
        let is_result = |kind: ValueKind, word: u64| !kind.is_32() || word >> 32 == 0;
        fits("result", &self.results, &entry.results, is_result)?;
        if self.output.len() > MAX_OUTPUT {
            return Err(StatementError::Output(self.output.len()));
        }
        Ok(())
    }

    /// Digest of all fields.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut h = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            h.update(&(bytes.len() as u64).to_le_bytes());
            h.update(bytes);
        };
        let words = |ws: &[u64]| -> Vec<u8> { ws.iter().flat_map(|w| w.to_le_bytes()).collect() };
        part(&self.program);
        part(self.entry.as_bytes());
        part(&words(&self.args));
        part(&self.status.to_le_bytes());
        part(&words(self.max_steps.as_slice()));
        part(&words(&self.results));
        part(&self.output);
        *h.finalize().as_bytes()
    }

    /// Rows of the chip `public`. The first has for values the status, or 0, 1 and the clock after the first step beyond the
    /// limit.
    fn rows(&self, pc: u32) -> Vec<[u32; GIVEN]> {
        let end = match self.max_steps {
            Some(limit) => [0, 1, FIRST_CLOCK + TICKS * (limit as u32 + 1), 0],
            None => [self.status, 0, 0, 0],
        };
        let [a, b, c, d] = end;
        let mut rows = vec![[1, 0, 0, 0, pc, a, b, c, d]];
        for (kind, words) in [(1, &self.args), (2, &self.results)] {
            for (i, &w) in words.iter().enumerate() {
                let [a, b, c, d] = limbs(w);
                let flag = |k: u32| u32::from(kind == k);
                rows.push([0, flag(1), flag(2), 0, i as u32, a, b, c, d]);
            }
        }
        for (i, &byte) in self.output.iter().enumerate() {
            rows.push([0, 0, 0, 1, i as u32, byte.into(), 0, 0, 0]);
        }
        rows
    }

    /// Height of the chip `public` for this statement.
    pub(crate) fn height(&self) -> usize {
        (1 + self.args.len() + self.results.len() + self.output.len())
            .next_power_of_two()
            .max(crate::MIN_ROWS)
    }

    /// Given columns of the chip `public`, for a run that starts at `pc`.
    pub(crate) fn given(&self, pc: u32) -> Vec<Vec<F>> {
        let rows = self.rows(pc);
        let height = self.height();
        (0..GIVEN)
            .map(|c| {
                (0..height)
                    .map(|r| F::from_u32(rows.get(r).map_or(0, |row| row[c])))
                    .collect()
            })
            .collect()
    }

    /// Cells of the chip `public`, row after row, for a run that ended in this state: pc, clock, frame.
    pub(crate) fn cells(&self, pc: u32, last: [u32; 3]) -> Vec<F> {
        let width = GIVEN + last.len();
        let mut cells = vec![F::ZERO; self.height() * width];
        for (row, out) in self.rows(pc).iter().zip(cells.chunks_exact_mut(width)) {
            for (cell, &x) in out.iter_mut().zip(row) {
                *cell = F::from_u32(x);
            }
        }
        for (cell, x) in cells[GIVEN..].iter_mut().zip(last) {
            *cell = F::from_u32(x);
        }
        cells
    }
}

fn fits(
    what: &'static str,
    words: &[u64],
    kinds: &[ValueKind],
    is_of: impl Fn(ValueKind, u64) -> bool,
) -> Result<(), StatementError> {
    let wrong = |(_, (w, kind)): &(usize, (&u64, &ValueKind))| !is_of(**kind, **w);
    match words.iter().zip(kinds).enumerate().find(wrong) {
        Some((index, (&value, _))) => Err(StatementError::Range { what, index, value }),
        None => Ok(()),
    }
}

/// Number of given columns.
const GIVEN: usize = 9;

/// The chip.
pub(crate) fn public() -> Chip {
    let mut b = ChipBuilder::new("public");
    let names = [
        "is_run",
        "is_arg",
        "is_result",
        "is_output",
        "index",
        "value0",
        "value1",
        "value2",
        "value3",
    ];
    let columns = names.map(|n| b.column(n));
    let last = ["last pc", "last clock", "last fp"].map(|n| b.column(n));
    let [pc, clock, fp] = last;
    for (name, column) in names.into_iter().zip(columns) {
        let given = b.given(name);
        b.assert_zero(format!("{name} is the statement's"), column - given);
    }
    let [run, arg, result, output, index, values @ ..] = columns;
    let word = || -> Vec<Expr> { [index].into_iter().chain(values).map(Expr::from).collect() };
    let start = vec![
        index.into(),
        Expr::constant(FIRST_CLOCK.into()),
        Expr::constant(STACK_BASE.into()),
    ];
    b.send(Bus::State, start, run);
    b.receive(Bus::State, last.map(Expr::from).to_vec(), run);
    b.assert_zero(
        "the last pc is the status, without a step limit",
        run * (1 - values[1]) * (pc - values[0]),
    );
    b.assert_zero(
        "the last clock is that beyond the step limit",
        run * values[1] * (clock - values[2]),
    );
    b.send(Bus::Args, word(), arg);
    b.receive(Bus::Results, word(), result);
    b.receive(Bus::Outputs, vec![index.into(), values[0].into()], output);
    for (name, column) in [("pc", pc), ("clock", clock), ("frame", fp)] {
        b.assert_zero(
            format!("only the run's row has a last {name}"),
            (1 - run) * column,
        );
    }
    b.finish()
}

/// Serde of words as decimal strings.
mod decimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(words: &[u64], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(words.iter().map(u64::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u64>, D::Error> {
        let parse = |s: &String| {
            s.parse()
                .map_err(|_| D::Error::custom(format!("`{s}` is not a 64-bit number")))
        };
        Vec::<String>::deserialize(d)?.iter().map(parse).collect()
    }
}

/// Serde of bytes as hexadecimal digits.
mod hex_bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::fmt::Write;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(2 * bytes.len());
        for b in bytes {
            write!(text, "{b:02x}").expect("a string takes what is written");
        }
        s.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(d)?;
        let digit = |b: u8| {
            (b as char)
                .to_digit(16)
                .filter(|_| !b.is_ascii_uppercase())
                .map(|x| x as u8)
        };
        let pair = |p: &[u8]| Some(digit(p[0])? << 4 | digit(*p.get(1)?)?);
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
        bytes.ok_or_else(|| {
            D::Error::custom("expected an even number of lower-case hexadecimal digits")
        })
    }
}

/// Serde of a digest as hexadecimal digits.
mod hex_array {
    use serde::{Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
        super::hex_bytes::serialize(bytes, s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<[u8; 32], D::Error> {
        let bytes = super::hex_bytes::deserialize(d)?;
        bytes
            .try_into()
            .map_err(|_| D::Error::custom("a digest has 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_names_no_function_as_argument() {
        let entry = Entry {
            name: "main".into(),
            pc: FIRST_PC,
            params: vec![ValueKind::FuncRef, ValueKind::ExternRef, ValueKind::I32],
            results: vec![ValueKind::FuncRef],
        };
        let check = |args: [u64; 3]| {
            let statement = Statement {
                program: [0; 32],
                entry: "main".into(),
                args: args.to_vec(),
                status: 0,
                max_steps: None,
                results: vec![zkc_isa::table_word(FIRST_PC, 0)],
                output: vec![],
            };
            statement.check(&[0; 32], &entry)
        };
        assert!(check([0, u64::MAX, 1]).is_ok());
        for (index, args) in [[1, 0, 0], [0, 0, 1 << 32]].into_iter().enumerate() {
            let error = check(args).expect_err("the argument is of another type");
            let wrong = matches!(error, StatementError::Range { index: i, .. } if i == index * 2);
            assert!(wrong, "{error}");
        }
    }
}
