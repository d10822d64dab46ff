//! `egraph-opt/proofs.toml`: what a solver has answered, one line for each rule and width.
//!
//! A record holds for the text whose hash it has and for no other, so a rule cannot change without its proof.

use super::Obligation;
use crate::rules::{Proof, Rule};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The records that come with the package.
const SHIPPED: &str = include_str!("../../proofs.toml");

const HEAD: &str = "# What an SMT solver has proven of the rules; `zkc rules --prove` writes it. A rule whose `hash` is not this is unproven.
# `bits` is the rule's width, `proven` the width it is proven at, `tested` the number of values it was evaluated at where that is less.

proofs = [
";

/// One proof.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The rule's name.
    pub rule: String,
    /// Width of the instance.
    pub bits: u32,
    /// Width at which the solver has proven it.
    pub proven: u32,
    /// Values at which it was evaluated at its own width.
    #[serde(default)]
    pub tested: usize,
    /// [`Obligation::hash`].
    pub hash: String,
    /// Name and version of the solver.
    pub solver: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    proofs: Vec<Record>,
}

/// Why a text is not a record of proofs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordError {
    /// Not TOML, or not of this form.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// Two records for one rule and width.
    #[error("two records of rule `{0}` at {1} bits")]
    Twice(String, u32),
}

/// What is known of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Status {
    /// Proven at every width it is written for.
    Proven,
    /// Proven for smaller words, evaluated at its own widths.
    Scaled {
        /// Width at which the widest instance is proven.
        proven: u32,
        /// Values at which each instance was evaluated.
        tested: usize,
        /// Why not more.
        reason: &'static str,
    },
    /// No proof of some instance as it is.
    Unproven {
        /// Width of the instance.
        bits: u32,
        /// There is a proof of what the rule was before.
        changed: bool,
    },
}

/// Records by rule and width.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Proofs(BTreeMap<(String, u32), Record>);

impl Proofs {
    /// The records that come with the package.
    ///
    /// Panics if the file in the repository is malformed; a test reads it.
    pub fn shipped() -> Proofs {
        Proofs::parse(SHIPPED).expect("the repository's record is well formed")
    }

    /// Reads the text of a file of records.
    pub fn parse(text: &str) -> Result<Proofs, RecordError> {
        let mut proofs = Proofs::default();
        for record in toml::from_str::<File>(text)?.proofs {
            let (rule, bits) = (record.rule.clone(), record.bits);
            if proofs.0.insert((rule.clone(), bits), record).is_some() {
                return Err(RecordError::Twice(rule, bits));
            }
        }
        Ok(proofs)
    }

    /// The text of a file of records, ordered by rule and width.
    pub fn to_toml(&self) -> String {
        let mut text = HEAD.to_owned();
        for record in self.0.values() {
            let tested = match record.tested {
                0 => String::new(),
                tested => format!(", tested = {tested}"),
            };
            // Rules' names, hashes and versions need no escapes; `{:?}` writes what TOML reads.
            let _ = writeln!(
                text,
                "    {{ rule = {:?}, bits = {}, proven = {}{tested}, hash = {:?}, solver = {:?} }},",
                record.rule, record.bits, record.proven, record.hash, record.solver
            );
        }
        text.push_str("]\n");
        text
    }

    /// The record of a proof of this very obligation.
    pub fn of(&self, obligation: &Obligation) -> Option<&Record> {
        self.0
            .get(&(obligation.rule.name.to_owned(), obligation.bits))
            .filter(|record| {
                record.hash == obligation.hash
                    && record.proven == obligation.proven_bits()
                    && record.tested >= obligation.tests()
            })
    }

    /// Adds a proof, in the place of what was recorded of the rule at that width.
    pub fn insert(&mut self, obligation: &Obligation, solver: &str) {
        let (rule, bits) = (obligation.rule.name.to_owned(), obligation.bits);
        let record = Record {
            rule: rule.clone(),
            bits,
            proven: obligation.proven_bits(),
            tested: obligation.tests(),
            hash: obligation.hash.clone(),
            solver: solver.to_owned(),
        };
        self.0.insert((rule, bits), record);
    }

    /// Drops records that are of none of these.
    pub fn retain(&mut self, obligations: &[Obligation]) {
        self.0.retain(|(rule, bits), _| {
            obligations
                .iter()
                .any(|o| o.rule.name == rule && o.bits == *bits)
        });
    }

    /// What is known of a rule, given its obligations.
    pub fn status(&self, rule: &Rule, obligations: &[Obligation]) -> Status {
        let own = || obligations.iter().filter(|o| o.rule.name == rule.name);
        if let Some(missing) = own().find(|o| self.of(o).is_none()) {
            return Status::Unproven {
                bits: missing.bits,
                changed: self.0.contains_key(&(rule.name.to_owned(), missing.bits)),
            };
        }
        match rule.proof {
            Proof::Scaled(_, reason) => Status::Scaled {
                proven: own().map(Obligation::proven_bits).max().unwrap_or(0),
                tested: own().map(Obligation::tests).min().unwrap_or(0),
                reason,
            },
            _ => Status::Proven,
        }
    }
}
