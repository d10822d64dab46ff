//! Proofs of the rules: what is asked of an SMT solver, and the record of what it answered.
//!
//! Nothing here runs a solver: an [`Obligation`] is a text whose every answer must be `unsat`, and `egraph-opt/proofs.toml`
//! keeps the hash of each text that was answered so. A rule whose text has changed has no record and counts as unproven.
//! Rules that a solver does not settle at 64 bits say so themselves, with a reason: their text speaks of smaller words, and
//! they are evaluated on many boundary and random values at their real widths.

mod condition;
mod goal;
mod meaning;
mod record;
mod search;
mod term;

pub use goal::{Goal, goal};
pub use meaning::{Word, meaning};
pub use record::{Proofs, Record, RecordError, Status};
pub use search::{Counterexample, Random, search};
pub use term::{Term, Terms};

use crate::rules::{Proof, Rule, rules};
use std::fmt::Write;

/// Values at which a rule that is proven for smaller words only is evaluated.
pub const TESTS: usize = 1_000_000;

/// What proves one rule at one width.
#[derive(Clone, Debug)]
pub struct Obligation {
    /// The rule.
    pub rule: &'static Rule,
    /// The width, 32 or 64.
    pub bits: u32,
    /// Bits of a word in the text; 64 unless the rule is proven for smaller words.
    pub word: Word,
    /// SMT-LIB 2: one or more questions.
    pub text: String,
    /// How many answers the text gives; each must be `unsat`.
    pub questions: usize,
    /// Hash of the text and, where the text speaks of smaller words, of the question at 64 bits.
    pub hash: String,
}

impl Obligation {
    /// What proves `rule` at a width. The error names the part of the rule that has no translation.
    pub fn new(rule: &'static Rule, bits: u32) -> Result<Obligation, String> {
        let fail = |what: String| format!("rule `{}` at {bits} bits: {what}", rule.name);
        let (word, proof) = match rule.proof {
            Proof::Scaled(word, _) => (Word { bits: word }, Proof::Direct),
            proof => (Word::FULL, proof),
        };
        let questions = goal::questions(rule, bits, word, proof).map_err(fail)?;
        let text = questions.join("(reset)\n");
        let mut hashed = text.clone();
        if word != Word::FULL {
            let full = goal::questions(rule, bits, Word::FULL, Proof::Direct).map_err(fail)?;
            let _ = write!(hashed, "tests {TESTS}\n{}", full.join("(reset)\n"));
        }
        let hash = blake3::hash(hashed.as_bytes()).to_hex();
        Ok(Obligation {
            rule,
            bits,
            word,
            text,
            questions: questions.len(),
            hash: hash[..32].to_owned(),
        })
    }

    /// The bits for which an answer of `unsat` proves the rule.
    pub fn proven_bits(&self) -> u32 {
        self.word.of(self.bits)
    }

    /// Evaluations that the proof needs besides.
    pub fn tests(&self) -> usize {
        if self.word == Word::FULL { 0 } else { TESTS }
    }
}

/// The obligations of every rule at every width, in table order.
pub fn obligations() -> Result<Vec<Obligation>, String> {
    rules()
        .flat_map(|rule| {
            rule.widths
                .iter()
                .map(move |&bits| Obligation::new(rule, bits))
        })
        .collect()
}
