//! Proving and verifying a list of chips at once.

use super::air::ChipAir;
use super::config::{Config, Fri, config};
use super::{Compiled, EF, EXTENSION_DEGREE, F, Table};
use p3_batch_stark::common::{GlobalPreprocessed, PreprocessedInstanceMeta};
use p3_batch_stark::{
    BatchProof, CommonData, ProverData, ProverOnlyData, StarkInstance, prove_batch, verify_batch,
};
use p3_commit::UnivariateStarkPcs;
use p3_field::PrimeField32;
use p3_matrix::Matrix;
use p3_util::log2_strict_usize;
use std::sync::Arc;

type Pcs = super::config::Pcs;
type Challenger = super::config::Challenger;
type Commitment = p3_batch_stark::Commitment<Config>;

/// A proof as the backend makes it.
pub(crate) type Inner = BatchProof<Config>;

/// A chip of a proof, with the values of its given columns.
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) given: Vec<Vec<F>>,
}

/// Merkle root of the fixed columns of some tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root(pub(crate) [u8; 32]);

impl Root {
    fn commitment(&self) -> Commitment {
        Commitment::from(vec![self.0])
    }
}

/// Commits to fixed columns, in order.
pub(crate) fn commit_fixed(tables: &[&Table]) -> Root {
    let config = config(crate::Security::Test.fri(), [0; 32]);
    let (commitment, _) = commit(&config, tables);
    Root(commitment.roots()[0])
}

type CommittedFixed = (
    Commitment,
    <Pcs as p3_commit::Pcs<EF, Challenger>>::ProverData,
);

fn commit(config: &Config, tables: &[&Table]) -> CommittedFixed {
    use p3_uni_stark::StarkGenericConfig;
    let pcs = config.pcs();
    let domain = |t: &Table| {
        <Pcs as p3_commit::Pcs<EF, Challenger>>::natural_domain_for_degree(pcs, t.height())
    };
    let inputs: Vec<_> = tables.iter().map(|t| (domain(t), (*t).clone())).collect();
    <Pcs as UnivariateStarkPcs<EF, Challenger>>::commit_preprocessing(pcs, inputs)
        .expect("tables of power-of-two height can be committed")
}

/// Where each instance's fixed columns stand in the one commitment, as the backend wants it.
fn preprocessed(
    commitment: Commitment,
    instances: &[Instance],
    log_heights: &[usize],
) -> GlobalPreprocessed<Config> {
    let mut matrix_to_instance = Vec::new();
    let metas = instances
        .iter()
        .zip(log_heights)
        .enumerate()
        .map(|(i, (instance, &degree_bits))| {
            let width = instance.compiled.chip.fixed.len();
            (width > 0).then(|| {
                matrix_to_instance.push(i);
                PreprocessedInstanceMeta {
                    matrix_index: matrix_to_instance.len() - 1,
                    width,
                    degree_bits,
                }
            })
        })
        .collect();
    GlobalPreprocessed {
        commitment,
        instances: metas,
        matrix_to_instance,
    }
}

fn airs(instances: &[Instance]) -> Vec<ChipAir> {
    instances
        .iter()
        .map(|i| ChipAir {
            compiled: i.compiled.clone(),
            given: i.given.clone(),
        })
        .collect()
}

/// Proves that the traces satisfy the chips. The fixed columns of all chips that have some are committed in order.
pub(crate) fn prove(
    fri: Fri,
    seed: [u8; 32],
    instances: &[Instance],
    traces: &[Table],
) -> Result<Inner, String> {
    let config = config(fri, seed);
    let airs = airs(instances);
    let lookups = airs.iter().map(ChipAir::lookups).collect();
    let log_heights: Vec<usize> = traces
        .iter()
        .map(|t| log2_strict_usize(t.height()))
        .collect();
    let tables: Vec<&Table> = instances
        .iter()
        .filter(|i| !i.compiled.chip.fixed.is_empty())
        .map(|i| {
            i.compiled
                .fixed
                .as_deref()
                .expect("the prover knows all fixed columns")
        })
        .collect();
    let (global, prover_data) = if tables.is_empty() {
        (None, None)
    } else {
        let (commitment, data) = commit(&config, &tables);
        (
            Some(preprocessed(commitment, instances, &log_heights)),
            Some(data),
        )
    };
    let data = ProverData {
        common: CommonData::new(global, lookups),
        prover_only: ProverOnlyData {
            preprocessed_prover_data: prover_data,
        },
    };
    let stark_instances: Vec<_> = airs
        .iter()
        .zip(traces)
        .map(|(air, trace)| StarkInstance {
            air,
            trace,
            public_values: Vec::new(),
        })
        .collect();
    prove_batch(&config, &stark_instances, &data).map_err(|e| format!("{e:?}"))
}

/// Hashes tried for the proof's bits of work, if they were tried in order, as one thread does.
pub(crate) fn tries(proof: &Inner) -> u64 {
    let fri = &proof.opening_proof;
    let rounds = fri.commit_pow_witnesses.iter().copied();
    let single = [
        proof.ood_pow_witness,
        fri.batch_pow_witness,
        fri.query_pow_witness,
    ];
    rounds
        .chain(single)
        .chain(proof.lookup_pow_witness)
        .map(|witness| u64::from(witness.as_canonical_u32()) + 1)
        .sum()
}

/// Checks a proof for chips of the given heights, whose fixed columns have this root.
pub(crate) fn verify(
    fri: Fri,
    seed: [u8; 32],
    instances: &[Instance],
    log_heights: &[usize],
    root: Option<&Root>,
    proof: &Inner,
) -> Result<(), String> {
    if proof.degree_bits != log_heights {
        return Err("the proof's heights are not those of its chip list".into());
    }
    let config = config(fri, seed);
    let airs = airs(instances);
    let lookups = airs.iter().map(ChipAir::lookups).collect();
    let global = root.map(|r| preprocessed(r.commitment(), instances, log_heights));
    let common = CommonData::new(global, lookups);
    let publics = vec![Vec::new(); airs.len()];
    verify_batch(&config, &airs, proof, &publics, &common).map_err(|e| format!("{e:?}"))
}

/// What the security bound needs to know of a chip.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) constraints: usize,
    pub(crate) interactions: usize,
    pub(crate) widest: usize,
    pub(crate) openings: usize,
}

/// The shape of one instance.
pub(crate) fn shape(compiled: &Compiled) -> Shape {
    let chip = &compiled.chip;
    let air = ChipAir {
        compiled: Arc::new(compiled.clone()),
        given: vec![Vec::new(); chip.given.len()],
    };
    let columns = air.lookups().len();
    let chunks = if compiled.packs() { 2 } else { 1 };
    let openings = p3_batch_stark::num_batched_openings(
        chip.columns.len(),
        compiled.uses_next,
        chip.fixed.len(),
        false,
        chunks,
        columns,
        EXTENSION_DEGREE,
        p3_uni_stark::OpeningShape::new(),
    );
    // Every fraction column has one constraint, the accumulator three.
    let constraints = chip.constraints.len() + columns + 3;
    let widest = chip
        .interactions
        .iter()
        .map(|i| i.tuple.len())
        .max()
        .unwrap_or(0);
    Shape {
        constraints,
        interactions: chip.interactions.len(),
        widest,
        openings,
    }
}
