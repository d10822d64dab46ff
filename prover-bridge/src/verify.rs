//! Checking a proof against a verifying key and a public statement.
//!
//! The order of checks: the statement fits the key; the proof's strength and chip list are admissible (numbers rising,
//! instruction chips possibly several times; the chips that must be there are there, one of `words` and `small`; heights
//! within bounds and those of the tables as the key has them; so few instruction rows that clocks cannot wrap); the bits its
//! shape gives reach what is demanded; then the backend with the root of the tables that the list names, whose transcript
//! begins with a digest of all of this.

use crate::backend::system::{self, Instance};
use crate::catalog::{Base, Catalog};
use crate::key::VerifyingKey;
use crate::proof::{Proof, seed};
use crate::public::{Statement, StatementError};
use crate::security::{DEFAULT_BITS, Security, SecurityLedger, ledger};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Most traces of one proof.
const MAX_PARTS: usize = 1024;

/// Why a proof is not accepted.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum VerifyError {
    /// The statement cannot belong to the key.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The proof is weaker than demanded.
    #[error("the proof was made with security `{found}`, but `{demanded}` is demanded")]
    Weak {
        /// The proof's.
        found: Security,
        /// The verifier's.
        demanded: Security,
    },
    /// The proof's shape gives too few bits.
    #[error("the proof has {0} bits of security, fewer than {DEFAULT_BITS}")]
    Bits(u32),
    /// The proof's chip list is not admissible.
    #[error("the proof has a wrong shape: {0}")]
    Shape(&'static str),
    /// The proof does not hold.
    #[error("the proof does not hold: {0}")]
    Rejected(String),
}

/// What a verifier learnt of an accepted proof.
#[derive(Clone, PartialEq, Debug)]
pub struct VerifyReport {
    /// Its security, term by term.
    pub security: SecurityLedger,
}

/// Accepts the proof if it shows the statement for the key's program with at least the demanded strength.
pub fn verify(
    proof: &Proof,
    key: &VerifyingKey,
    statement: &Statement,
    demanded: Security,
) -> Result<VerifyReport, VerifyError> {
    let _span = tracing::info_span!("verify").entered();
    if statement.program != *key.digest() {
        return Err(StatementError::Program.into());
    }
    let entry = key
        .entry(&statement.entry)
        .ok_or_else(|| StatementError::Entry(statement.entry.clone()))?;
    statement.check(key.digest(), entry)?;
    if key.is_vectored(statement.status) {
        return Err(StatementError::Vectored(statement.status).into());
    }
    if proof.security < demanded {
        return Err(VerifyError::Weak {
            found: proof.security,
            demanded,
        });
    }
    let catalog = key.set().catalog(key.pages());
    let base = check_chips(&catalog, key, statement, &proof.chips)?;
    let root = key.root(base);
    let chips = || {
        proof
            .chips
            .iter()
            .map(|&(id, log_rows)| (&catalog.chips[usize::from(id)], usize::from(log_rows)))
    };
    let security = ledger(proof.security, chips().map(|(c, h)| (c.as_ref(), h)));
    if demanded == Security::Default && security.bits < DEFAULT_BITS {
        return Err(VerifyError::Bits(security.bits));
    }
    let public = &catalog.chips[catalog.public];
    let instances: Vec<Instance> = chips()
        .map(|(compiled, _)| Instance {
            compiled: compiled.clone(),
            given: if std::sync::Arc::ptr_eq(compiled, public) {
                statement.given(entry.pc)
            } else {
                Vec::new()
            },
        })
        .collect();
    let log_heights: Vec<usize> = chips().map(|c| c.1).collect();
    let seed = seed(
        proof.security,
        key.digest(),
        &statement.digest(),
        &proof.chips,
    );
    // The backend checks shapes itself; a panic in it would be its bug, and must not become the caller's.
    let check = || {
        system::verify(
            proof.security.fri(),
            seed,
            &instances,
            &log_heights,
            Some(&root),
            &proof.inner,
        )
    };
    match catch_unwind(AssertUnwindSafe(check)) {
        Ok(Ok(())) => Ok(VerifyReport { security }),
        Ok(Err(e)) => Err(VerifyError::Rejected(e)),
        Err(_) => Err(VerifyError::Rejected("malformed".into())),
    }
}

/// Checks a chip list; gives the fixed table it builds on.
fn check_chips(
    catalog: &Catalog,
    key: &VerifyingKey,
    statement: &Statement,
    chips: &[(u16, u8)],
) -> Result<Base, VerifyError> {
    let fail = |what| Err(VerifyError::Shape(what));
    // an instruction chip may come several times: its rows do not know each other; any other chip comes once
    let again = |id: u16| usize::from(id) < catalog.instructions;
    let in_order = |w: &[(u16, u8)]| w[0].0 < w[1].0 || (w[0].0 == w[1].0 && again(w[0].0));
    if !chips.windows(2).all(in_order) || chips.len() > MAX_PARTS {
        return fail("chips out of order");
    }
    if chips
        .iter()
        .any(|&(id, _)| usize::from(id) >= catalog.chips.len())
    {
        return fail("unknown chip");
    }
    catalog.check_size(chips).map_err(VerifyError::Shape)?;
    let rows = |id: usize| {
        let at = chips.binary_search_by_key(&id, |c| c.0.into()).ok()?;
        Some(1usize << chips[at].1)
    };
    let base = match (rows(catalog.words), rows(catalog.small)) {
        (Some(_), None) => Base::Words,
        (None, Some(_)) => Base::Small,
        _ => return fail("neither or both of the tables `words` and `small`"),
    };
    for (id, height) in catalog
        .tables(base, key.rom_rows())
        .into_iter()
        .chain([(catalog.public, statement.height())])
    {
        if rows(id) != Some(height) {
            return fail("a table is missing or has the wrong height");
        }
    }
    if rows(catalog.memory).is_none() {
        return fail("the memory table is missing");
    }
    Ok(base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::ProvingKey;
    use crate::tables::{SMALL_ROWS, WORDS_ROWS};
    use zkc_isa::{Entry, FIRST_PC, Inst, Program, ZkOp};

    #[test]
    fn one_table_under_the_lookups() {
        let program = Program {
            insts: vec![Inst::new(ZkOp::Ret)],
            entries: vec![Entry {
                name: "main".into(),
                pc: FIRST_PC,
                params: vec![],
                results: vec![],
            }],
            ..Program::default()
        };
        let proving = ProvingKey::new(&program).unwrap();
        let (catalog, key) = (&proving.catalog, proving.verifying_key());
        assert_ne!(key.root(Base::Words), key.root(Base::Small));
        let statement = Statement {
            program: *key.digest(),
            entry: "main".into(),
            args: vec![],
            status: 0,
            max_steps: None,
            results: vec![],
            output: vec![],
        };
        let check = |tables: &[(usize, usize)]| {
            let mut all = vec![
                (catalog.memory, 4),
                (catalog.public, statement.height()),
                (catalog.rom, key.rom_rows()),
            ];
            all.extend(catalog.pow2.map(|id| (id, crate::tables::POW2_ROWS)));
            all.extend(tables);
            all.sort();
            let chips: Vec<_> = all
                .into_iter()
                .map(|(id, rows)| (id as u16, rows.trailing_zeros() as u8))
                .collect();
            check_chips(catalog, key, &statement, &chips)
        };
        let (words, small) = ((catalog.words, WORDS_ROWS), (catalog.small, SMALL_ROWS));
        assert_eq!(check(&[words]), Ok(Base::Words));
        assert_eq!(check(&[small]), Ok(Base::Small));
        assert_eq!(check(&[small, (catalog.few_and, 64)]), Ok(Base::Small));
        for wrong in [
            &[][..],
            &[words, small],
            &[(catalog.words, SMALL_ROWS)],
            &[(catalog.small, WORDS_ROWS)],
        ] {
            check(wrong).expect_err("a wrong choice of tables");
        }
    }
}
