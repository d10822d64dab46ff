//! A proof and its file.
//!
//! Two proofs of one run may differ: several threads search for the proof's bits of work, and the first find counts.

use crate::backend::system::Inner;
use crate::envelope::{self, FormatError};
use crate::security::Security;
use serde::{Deserialize, Serialize};

/// Format version of proofs.
pub const PROOF_VERSION: u16 = 3;
const MAGIC: &[u8; 6] = b"zkc-pf";

/// A proof that a run with some statement exists.
#[derive(Serialize, Deserialize)]
pub struct Proof {
    /// The strength it was made with; checked against what the verifier demands.
    pub(crate) security: Security,
    /// Chips it contains, by number, with the logarithms of their heights.
    pub(crate) chips: Vec<(u16, u8)>,
    /// The backend's proof.
    pub(crate) inner: Inner,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proof")
            .field("security", &self.security)
            .field("chips", &self.chips)
            .finish_non_exhaustive()
    }
}

impl Proof {
    /// The strength the proof was made with.
    pub fn security(&self) -> Security {
        self.security
    }

    /// The columns committed to for each trace, in base-field elements per row, as the openings show them: main, auxiliary,
    /// quotient.
    pub fn columns(&self) -> Vec<[usize; 3]> {
        let traces = self.inner.opened_values.instances.iter();
        let columns = traces.map(|opened| {
            let base = &opened.base_opened_values;
            [
                base.trace_local.len(),
                opened.permutation_local.len(),
                base.quotient_chunks.iter().map(Vec::len).sum(),
            ]
        });
        columns.collect()
    }

    /// The proof as a file's content.
    pub fn to_bytes(&self) -> Vec<u8> {
        envelope::encode(MAGIC, PROOF_VERSION, self)
    }

    /// Reads what [`Proof::to_bytes`] wrote. Refuses other versions, and bytes that it would not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Proof, FormatError> {
        envelope::decode(MAGIC, PROOF_VERSION, bytes)
    }
}

/// The start of the transcript: everything both sides know before the first commitment.
pub(crate) fn seed(
    security: Security,
    key: &[u8; 32],
    statement: &[u8; 32],
    chips: &[(u16, u8)],
) -> [u8; 32] {
    let mut h = blake3::Hasher::new_derive_key("zkc proof transcript, version 2");
    h.update(&PROOF_VERSION.to_le_bytes());
    h.update(&[match security {
        Security::Test => 0,
        Security::Default => 1,
    }]);
    h.update(key);
    h.update(statement);
    h.update(&(chips.len() as u64).to_le_bytes());
    for (id, log_rows) in chips {
        h.update(&id.to_le_bytes());
        h.update(&[*log_rows]);
    }
    *h.finalize().as_bytes()
}
