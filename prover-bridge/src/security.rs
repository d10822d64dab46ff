//! How many bits of security a proof has, by proven bounds, computed from its shape.
//!
//! The bounds are those of unique decoding: FRI's proximity parameter is below (1 - rate) / 2, where the list of codewords
//! near a word has one member, so no conjecture and no list-decoding theorem enters. A query rejects a word that is too far
//! with probability about 1/4, which is 0.415 bits at blow-up 2.
//!
//! | term | error of the step | work before its challenge |
//! |---|---|---|
//! | `logup-fingerprint` | (messages of all chips over all rows) * (widest message + 2) / field | 16 bits |
//! | `air-composition` | constraints / field | |
//! | `deep-ali` | about (degree + 1) * height / field | 8 bits |
//! | `batch-combination` | opened polynomials * domain / field | 16 bits |
//! | `fri-folding` | 7 * domain / field in each round | 8 bits |
//! | `fri-queries` | (3/4 and a little)^queries | 20 bits |
//! | `commitment-collision` | half the length of a Blake3 digest | |
//!
//! The field is the degree-4 extension of KoalaBear, of 2^123.95 elements; 2^123 is charged. A cheating prover who does not
//! like a challenge must redo the work before it to draw another, so bits of work add to the bits of the step; without work
//! `batch-combination` would be the smallest term, about 91 bits at 2^20 rows. Bits of a proof are the smallest sum, as usual
//! for bounds round by round.

use crate::backend::config::{Fri, LOG_BLOWUP};
use crate::backend::system::shape;
use crate::backend::{Compiled, EXTENSION_BITS};
use p3_security::SecurityAssumption;
use p3_security::fri::{commit_phase_error_udr, query_phase_error};
use p3_security::logup::{LogUpAir, fingerprint_error};
use p3_security::proximity::{alpha_udr, list_size_udr};
use p3_security::shape::{InstanceShape, StarkAirParams};
use p3_security::{air, deep};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How strong a proof is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Security {
    /// For tests of the pipeline only: so few queries that a proof of a false statement can be found with a little work.
    Test,
    /// At least 100 bits by a proven bound (unique decoding).
    Default,
}

/// Bits that a [`Security::Default`] proof must reach.
pub const DEFAULT_BITS: u32 = 100;

impl Security {
    pub(crate) fn fri(self) -> Fri {
        match self {
            Security::Test => Fri {
                queries: 16,
                query_grinding: 0,
                fold_grinding: 0,
                batch_grinding: 0,
                lookup_grinding: 0,
                point_grinding: 0,
            },
            Security::Default => Fri {
                queries: 194,
                query_grinding: 20,
                fold_grinding: 8,
                batch_grinding: 16,
                lookup_grinding: 16,
                point_grinding: 8,
            },
        }
    }
}

impl fmt::Display for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Security::Test => "test",
            Security::Default => "default",
        })
    }
}

/// One error of the proof system.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SecurityTerm {
    /// Its name.
    pub name: String,
    /// -log2 of its probability, with the work.
    pub bits: f64,
    /// Bits of work among them.
    pub work: usize,
}

/// The ledger of a proof.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SecurityLedger {
    /// Whole bits: the smallest term, rounded down.
    pub bits: u32,
    /// The terms.
    pub terms: Vec<SecurityTerm>,
    /// Queries of the low-degree test.
    pub queries: usize,
}

impl fmt::Display for SecurityLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} bits proven (unique decoding, {} queries)",
            self.bits, self.queries
        )?;
        for t in &self.terms {
            writeln!(
                f,
                "  {:<22} {:>6.1} of which {:>2} by work",
                t.name, t.bits, t.work
            )?;
        }
        Ok(())
    }
}

/// The ledger of a proof with these chips at these heights.
pub(crate) fn ledger<'a>(
    security: Security,
    chips: impl Iterator<Item = (&'a Compiled, usize)>,
) -> SecurityLedger {
    let (mut log_height, mut constraints, mut openings, mut messages, mut widest) = (0, 0, 0, 0, 0);
    for (chip, log_rows) in chips {
        let shape = shape(chip);
        log_height = log_height.max(log_rows);
        constraints += shape.constraints;
        openings += shape.openings;
        messages += shape.interactions << log_rows;
        widest = widest.max(shape.widest);
    }
    let fri = security.fri();
    // The regime's own bits of work are left out here and added once below.
    let regime = Fri {
        query_grinding: 0,
        fold_grinding: 0,
        ..fri
    }
    .regime();
    let air = StarkAirParams {
        num_constraints: constraints,
        max_constraint_degree: 3,
        num_quotient_chunks: 2,
        max_combo: 2,
    };
    let shape = InstanceShape {
        log_trace_length: log_height,
        modulus_bits: EXTENSION_BITS,
        collision_resistance: 128,
        num_batched_functions: openings,
    };
    // The number of messages is summed over rows already.
    let all_rows = InstanceShape {
        log_trace_length: 0,
        ..shape
    };
    let logup = LogUpAir {
        num_interactions: messages,
        max_message_width: widest,
    };
    let batch = SecurityAssumption::UniqueDecoding.prox_gaps_error(
        log_height,
        LOG_BLOWUP,
        EXTENSION_BITS,
        openings,
    );
    let folding = commit_phase_error_udr(&regime, &shape).map_or(f64::INFINITY, |e| e.bits());
    let agreement = alpha_udr(log_height, LOG_BLOWUP, air.max_combo);
    let terms = [
        (
            "logup-fingerprint",
            fingerprint_error(&logup, &all_rows).bits(),
            fri.lookup_grinding,
        ),
        (
            "air-composition",
            air::composition_error(constraints, list_size_udr(), EXTENSION_BITS).bits(),
            0,
        ),
        (
            "deep-ali",
            deep::deep_ali_error(&air, &shape, list_size_udr()).bits(),
            fri.point_grinding,
        ),
        ("batch-combination", batch, fri.batch_grinding),
        ("fri-folding", folding, fri.fold_grinding),
        (
            "fri-queries",
            query_phase_error(agreement, fri.queries, 0).bits(),
            fri.query_grinding,
        ),
        ("commitment-collision", shape.collision_resistance as f64, 0),
    ];
    let terms = terms.map(|(name, bits, work)| SecurityTerm {
        name: name.to_owned(),
        bits: bits.max(0.0) + work as f64,
        work,
    });
    let bits = terms
        .iter()
        .map(|t| t.bits)
        .fold(f64::INFINITY, f64::min)
        .floor() as u32;
    SecurityLedger {
        bits,
        terms: terms.to_vec(),
        queries: fri.queries,
    }
}
