//! From zk64 programs to STARK proofs: run a program, turn its steps into traces, prove them, verify the proof.
//!
//! [`prove`] and [`verify`] are the crate's front door; [`ProvingKey`] and [`VerifyingKey`] bind a program, a [`Statement`]
//! says what a proof shows, [`Proof`] is the proof. [`chip_costs`] prices instructions, [`measure`] a run, [`testing`] shows traces to tests.
//!
//! # What a proof shows
//!
//! That the program with the key's digest has a run that starts at the named entry point with the named arguments and ends
//! with the named status, results and output bytes, or goes on beyond the named number of steps, for some private input. Time and space of the run stay hidden only in so
//! far as trace heights do not tell them, and the proof is not zero-knowledge: opened trace values leak some of the witness.
//!
//! # How
//!
//! A trace is a list of tables (chips, see [`builder`]): one per kind of instruction, one row per executed instruction, and a
//! few for memory, public values and lookups. Rows talk over buses: messages with signed multiplicity, whose sum per message
//! is zero over all chips. LogUp proves that: with random a, b of the extension field, the sum of multiplicity / (a - m(b))
//! over all messages is zero, where m has the message's fields for coefficients; each chip accumulates its part of the sum in
//! auxiliary columns, and the parts are in the proof. The number of the bus is one more coefficient, above all fields, and all
//! messages of a bus have one width, so no two different messages have the same m.
//!
//! | bus | kind | why a balanced bus says what it should |
//! |---|---|---|
//! | State | one to one | each step consumes the state (pc, clock, frame) and produces the next with clock + 4; `public` produces the first, consumes the last. Clocks rise and there are fewer than 2^27 steps, so no cycle and one chain |
//! | Memory | one to one | each word's accesses form one chain in time, see `memory.rs` |
//! | Program | lookup | entries are fixed columns of the key: a step's instruction is the one at its pc |
//! | Range16, Bits, ByteAnd | lookup | entries are fixed columns of the key or rows of the `few` chips, true by lookups, see `few.rs` |
//! | SmallBits, NibbleAnd, Pow2 | lookup | entries are fixed columns of the key |
//! | Init | one to one | the table sends each initial word once, and a first tuple of memory receives it |
//! | Grown, GrowEvent | lookup | entries are rows of `grown` and of the grow chip, themselves constrained |
//! | Args, Results, Outputs | one to one | `public` holds one side, tied to the statement |
//!
//! *Multiplicities.* In a one-to-one bus every multiplicity is a bit of its row (0 on padding) times plus or minus one, so a
//! message's sum is a difference of two counts below the number of messages in the proof. In a lookup one side is such a bit
//! (in the `few` chips the constant one), the other a count that the prover may choose freely: for a tuple with an entry any
//! count is harmless, for a tuple without one the sum is minus the number of its lookups. The verifier refuses proofs with as
//! many messages as the field's order, 2^31 - 2^24 + 1, so none of these sums vanishes by wrapping.
//!
//! *Padding.* A row of zeros satisfies each chip and has multiplicity zero everywhere, but in the `few` chips, where each row
//! looks its entries up and those of zeros stand in their tables. Program and initial-word tables are padded by a repeated
//! entry and by a fixed flag.
//!
//! *Repeated chips.* An instruction chip may have several traces in a proof, so that a row count need not be rounded up to
//! one power of two. Its rows speak of themselves only, so this is one longer trace cut in pieces. Tables and `memory`, whose
//! argument needs all rows together, come once.
//!
//! *Fused lines.* A key may have chips for lines of its program's instructions. Such a chip's row is a row of each of the line's
//! instructions' chips, with the messages left out that they send each other, see `fused/compose.rs`; in `check_size` it counts for as many
//! steps as the line has. It needs no lookup of its instructions: the key names them, and they are the chip's constants.
//!
//! *Absent chips.* A proof may leave out chips without rows. That only removes possible messages. It has one of the tables
//! `words` and `small`; the key has a root of the fixed tables for either case, and the chip list says which it is.
//!
//! *The field is small.* It has 31 bits, so no column holds a 32-bit value: words are four limbs of 16 bits, each limb that an
//! instruction makes is range-checked where it is made, and limbs that are read were checked by whoever wrote them (memory's
//! first tuples are zero or from the key). Addresses, times and pcs are bounded integers below 2^30, see `memory.rs`.
//!
//! # The transcript
//!
//! Its seed is a hash of the format version, the strength, the key's digest (chip descriptions, entry points, roots of the
//! fixed tables), the statement's digest, and the list of chips with their heights. Then come heights, main commitment and
//! the root of the fixed tables, work, the challenges a and b, the auxiliary commitment and partial sums, the constraint challenge,
//! the quotient commitment, work, the point, openings, work, FRI with work in each round and before the queries. Strength of all that: [`SecurityLedger`], by unique-decoding bounds.
//!
//! # Files
//!
//! [`Proof::from_bytes`] and [`VerifyingKey::from_bytes`] accept exactly what `to_bytes` writes, in one version of the format.

mod backend;
mod bare;
pub mod builder;
mod catalog;
pub mod chips;
mod cost;
mod envelope;
mod few;
mod fit;
mod fused;
mod gadgets;
pub mod instruction;
mod key;
mod memory;
mod proof;
mod prove;
mod public;
mod security;
mod stats;
mod tables;
pub mod testing;
mod verify;
mod witness;
mod work;

pub use bare::bare;
pub use cost::{
    ChipCost, cells_model, chip_costs, fused_cost, instruction_cells, instruction_costs,
    interactions_model,
};
pub use envelope::FormatError;
pub use fit::{Fit, FitSource};
pub use fused::{ComposeError, FuseError};
pub use key::{KEY_VERSION, KeyError, ProvingKey, VerifyingKey};
pub use proof::{PROOF_VERSION, Proof};
pub use prove::{Progress, ProveError, ProveOptions, measure, prove};
pub use public::{MAX_OUTPUT, MAX_VALUES, STEP_LIMIT, Statement, StatementError};
pub use security::{DEFAULT_BITS, Security, SecurityLedger, SecurityTerm};
pub use stats::{Cells, ChipStats, Seconds, Stats};
pub use verify::{VerifyError, VerifyReport, verify};
pub use work::{KINDS, WORK_KINDS, Work};

/// Smallest height of a trace.
pub(crate) const MIN_ROWS: usize = 4;
/// Most steps of a run in one proof: times then stay below 2^29.
pub const MAX_STEPS: u64 = (1 << 27) - 2;
