//! A compiled chip as Plonky3's `Air`: constraints by running the tape, interactions by a second, symbolic-only view.
//!
//! The prover's and the verifier's evaluation of an `Air` never look at its interactions (those travel separately), so
//! [`ChipAir`] emits constraints alone and [`Messages`] emits interactions alone, once per proof.

use super::{Compiled, EF, F, Leaf};
use crate::builder::Bus;
use p3_air::symbolic::AirLayout;
use p3_air::{Air, AirBuilder, BaseAir, WindowAccess};
use p3_lookup::logup::LogUpGadget;
use p3_lookup::{Count, InteractionBuilder, InteractionSymbolicBuilder, Lookups};
use p3_matrix::dense::RowMajorMatrix;
use std::borrow::Cow;
use std::sync::Arc;

/// A chip in a proof.
#[derive(Clone)]
pub(super) struct ChipAir {
    pub(super) compiled: Arc<Compiled>,
    /// Values of the given columns, all of the trace's height.
    pub(super) given: Vec<Vec<F>>,
}

impl BaseAir<F> for ChipAir {
    fn width(&self) -> usize {
        self.compiled.width()
    }
    fn preprocessed_trace(&self) -> Option<RowMajorMatrix<F>> {
        self.compiled.fixed.as_deref().cloned()
    }
    fn preprocessed_width(&self) -> usize {
        self.compiled.chip.fixed.len()
    }
    fn num_periodic_columns(&self) -> usize {
        self.given.len()
    }
    fn periodic_columns(&self) -> Cow<'_, [Vec<F>]> {
        Cow::Borrowed(&self.given)
    }
    fn main_next_row_columns(&self) -> Vec<usize> {
        if self.compiled.uses_next {
            (0..self.width()).collect()
        } else {
            Vec::new()
        }
    }
    fn preprocessed_next_row_columns(&self) -> Vec<usize> {
        Vec::new()
    }
    fn num_constraints(&self) -> Option<usize> {
        Some(self.compiled.chip.constraints.len())
    }
}

/// The value of a leaf in a builder.
fn leaf<AB: AirBuilder>(builder: &AB, main: &AB::MainWindow, leaf: Leaf) -> AB::Expr {
    match leaf {
        Leaf::Main(c) => main.current_slice()[c as usize].into(),
        Leaf::Next(c) => main.next_slice()[c as usize].into(),
        Leaf::Fixed(c) => builder.preprocessed().current_slice()[c as usize].into(),
        Leaf::Given(c) => builder.periodic_values()[c as usize].into(),
        Leaf::IsFirst => builder.is_first_row(),
        Leaf::IsLast => builder.is_last_row(),
        Leaf::IsTransition => builder.is_transition(),
    }
}

impl<AB: AirBuilder<F = F>> Air<AB> for ChipAir {
    fn eval(&self, builder: &mut AB) {
        let tape = &self.compiled.constraints;
        let mut slots: Vec<AB::Expr> = Vec::new();
        let main = builder.main();
        tape.run(&mut slots, |l| leaf(builder, &main, l));
        for value in tape.outputs(&slots) {
            builder.assert_zero(value.clone());
        }
    }
}

/// The interactions of a chip.
struct Messages<'a>(&'a ChipAir);

impl BaseAir<F> for Messages<'_> {
    fn width(&self) -> usize {
        self.0.width()
    }
    fn preprocessed_width(&self) -> usize {
        self.0.preprocessed_width()
    }
    fn num_periodic_columns(&self) -> usize {
        self.0.given.len()
    }
}

impl<AB: InteractionBuilder<F = F>> Air<AB> for Messages<'_> {
    fn eval(&self, builder: &mut AB) {
        let compiled = &self.0.compiled;
        let mut slots: Vec<AB::Expr> = Vec::new();
        let main = builder.main();
        compiled
            .messages
            .run(&mut slots, |l| leaf(builder, &main, l));
        let mut values = compiled.messages.outputs(&slots).cloned();
        for i in &compiled.chip.interactions {
            let fields: Vec<AB::Expr> = values.by_ref().take(i.tuple.len()).collect();
            let multiplicity = values
                .next()
                .expect("the tape ends every message with its multiplicity");
            let count = if i.provides {
                Count::provided(multiplicity)
            } else {
                Count::bounded(multiplicity, 1)
            };
            builder.push_interaction(bus_name(i.bus), fields, count);
        }
    }
}

/// The name of a bus: buses of different names have different challenges.
fn bus_name(bus: Bus) -> &'static str {
    match bus {
        Bus::State => "state",
        Bus::Memory => "memory",
        Bus::Program => "program",
        Bus::Range16 => "range16",
        Bus::Bits => "bits",
        Bus::ByteAnd => "byte-and",
        Bus::Pow2 => "pow2",
        Bus::SmallBits => "small-bits",
        Bus::NibbleAnd => "nibble-and",
        Bus::Init => "init",
        Bus::Grown => "grown",
        Bus::GrowEvent => "grow-event",
        Bus::Args => "args",
        Bus::Results => "results",
        Bus::Outputs => "outputs",
    }
}

impl ChipAir {
    /// The interactions, two of a bus to an auxiliary column where the chip pays for the degree.
    pub(super) fn lookups(&self) -> Lookups<F> {
        let messages = Messages(self);
        let mut builder = InteractionSymbolicBuilder::<F, EF>::new(AirLayout::from_air(&messages));
        messages.eval(&mut builder);
        let lookups = Lookups::from_builder(&builder);
        lookups.pack_same_bus(
            &LogUpGadget::new(),
            if self.compiled.packs() { 3 } else { 2 },
        )
    }
}
