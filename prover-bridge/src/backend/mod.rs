//! The proof system under the chips: Plonky3's batch STARK over KoalaBear, with FRI and LogUp.
//!
//! Everything that names a Plonky3 type lives in this folder, so that a second adapter stays possible: the rest of the crate
//! sees [`F`], matrices of it, [`Compiled`] chips, and the two calls [`system::prove`] and [`system::verify`].

mod air;
pub(crate) mod compiled;
pub(crate) mod config;
pub(crate) mod system;
pub(crate) mod tape;

pub(crate) use compiled::Compiled;
pub(crate) use tape::Leaf;

use p3_field::extension::BinomialExtensionField;
use p3_koala_bear::KoalaBear;
use p3_matrix::dense::RowMajorMatrix;

/// The field of trace cells, of order 2^31 - 2^24 + 1.
pub(crate) type F = KoalaBear;
/// The field of challenges; [`crate::security`] says why its size is enough.
pub(crate) type EF = BinomialExtensionField<F, EXTENSION_DEGREE>;
/// Dimension of [`EF`] over [`F`].
pub(crate) const EXTENSION_DEGREE: usize = 4;
/// Whole bits of the order of [`EF`], rounded down.
pub(crate) const EXTENSION_BITS: usize = 123;
/// A trace.
pub(crate) type Table = RowMajorMatrix<F>;
