//! The proof system's parameters as Plonky3 types: FRI over Merkle trees of Blake3.

use super::{EF, F};
use p3_blake3::Blake3;
use p3_challenger::{HashChallenger, SerializingChallenger32};
use p3_commit::ExtensionMmcs;
use p3_dft::Radix2DFTSmallBatch;
use p3_fri::{FriParameters, TwoAdicFriPcs};
use p3_merkle_tree::MerkleTreeMmcs;
use p3_security::fri::FriRegime;
use p3_symmetric::{CompressionFunctionFromHasher, SerializingHasher};
use p3_uni_stark::StarkConfig;

type Hash = SerializingHasher<Blake3>;
type Compress = CompressionFunctionFromHasher<Blake3, 2, 32>;
type Mmcs = MerkleTreeMmcs<F, u8, Hash, Compress, 2, 32>;
type ExtMmcs = ExtensionMmcs<F, EF, Mmcs>;
pub(super) type Challenger = SerializingChallenger32<F, HashChallenger<u8, Blake3, 32>>;
pub(super) type Pcs = TwoAdicFriPcs<F, Radix2DFTSmallBatch<F>, Mmcs, ExtMmcs>;
pub(super) type Config = StarkConfig<Pcs, EF, Challenger>;

/// Parameters on which strength depends: queries of the low-degree test, and bits of proof of work before challenges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fri {
    /// Number of queries.
    pub(crate) queries: usize,
    /// Before the query positions.
    pub(crate) query_grinding: usize,
    /// Before each folding challenge.
    pub(crate) fold_grinding: usize,
    /// Before the challenge that combines all openings.
    pub(crate) batch_grinding: usize,
    /// Before the lookup argument's challenges.
    pub(crate) lookup_grinding: usize,
    /// Before the out-of-domain point.
    pub(crate) point_grinding: usize,
}

/// Blow-up of every proof: quotients have degree at most 2.
pub(crate) const LOG_BLOWUP: usize = 1;
/// Folding arity.
const LOG_ARITY: usize = 3;

impl Fri {
    fn parameters<M>(self, mmcs: M) -> FriParameters<M> {
        FriParameters {
            log_blowup: LOG_BLOWUP,
            log_final_poly_len: 0,
            max_log_arity: LOG_ARITY,
            num_queries: self.queries,
            batch_proof_of_work_bits: self.batch_grinding,
            commit_proof_of_work_bits: self.fold_grinding,
            query_proof_of_work_bits: self.query_grinding,
            mmcs,
        }
    }

    /// Hashes that the bits of work of a proof take to find, on average; its highest trace has this logarithm.
    pub(crate) fn expected_tries(self, log_rows: usize) -> u64 {
        let rounds = (log_rows + LOG_BLOWUP).div_ceil(LOG_ARITY) as u64;
        let single = [
            self.query_grinding,
            self.batch_grinding,
            self.lookup_grinding,
            self.point_grinding,
        ];
        single.iter().map(|bits| 1 << bits).sum::<u64>() + (rounds << self.fold_grinding)
    }

    /// The same as the security computation wants it.
    pub(crate) fn regime(self) -> FriRegime {
        self.parameters(()).security_regime()
    }
}

/// A configuration whose transcript starts from `seed`.
pub(super) fn config(fri: Fri, seed: [u8; 32]) -> Config {
    let mmcs = Mmcs::new(Hash::new(Blake3), Compress::new(Blake3), 0);
    let parameters = fri.parameters(ExtMmcs::new(mmcs.clone()));
    let pcs = Pcs::new(Radix2DFTSmallBatch::default(), mmcs, parameters);
    StarkConfig::new(pcs, Challenger::from_hasher(seed.to_vec(), Blake3))
        .with_lookup_proof_of_work_bits(fri.lookup_grinding)
        .with_ood_proof_of_work_bits(fri.point_grinding)
}
