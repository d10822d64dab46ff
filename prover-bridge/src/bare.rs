//! The prover's speed limit: an AIR of the same shape with nothing to compute, on the same backend.
//!
//! [`bare`] proves chips that have the columns, heights and bus messages of a given proof's chips, each message of the same
//! width on the same bus, but one trivial constraint each, arbitrary cells and multiplicity 0. What a real proof takes longer
//! is the price of its constraints.

use crate::backend::system::{Instance, prove};
use crate::backend::{Compiled, F, Table};
use crate::builder::{Chip, ChipBuilder, Expr};
use crate::key::ProvingKey;
use crate::security::Security;
use crate::stats::Stats;
use p3_field::PrimeCharacteristicRing;
use std::sync::Arc;
use std::time::Instant;

/// Seconds to prove a bare AIR of the shape of an earlier proof, whose numbers these are.
///
/// Chips are those of the key, looked up by name; an unknown name is an error.
pub fn bare(key: &ProvingKey, stats: &Stats, security: Security) -> Result<f64, String> {
    let catalog = &key.catalog;
    let mut instances = Vec::new();
    let mut traces = Vec::new();
    for part in &stats.chips {
        let chip = catalog.chips.iter().find(|c| c.chip.name == part.name);
        let chip = chip.ok_or_else(|| format!("no chip is named `{}`", part.name))?;
        let compiled = Arc::new(Compiled::new(trivial(&chip.chip)));
        traces.push(noise(compiled.width(), part.height as usize));
        instances.push(Instance {
            compiled,
            given: Vec::new(),
        });
    }
    let start = Instant::now();
    prove(security.fri(), [0; 32], &instances, &traces)?;
    Ok(start.elapsed().as_secs_f64())
}

/// A chip of the same shape: its first column is zero and is every multiplicity.
fn trivial(chip: &Chip) -> Chip {
    let mut b = ChipBuilder::new(chip.name.clone());
    let columns: Vec<_> = chip
        .columns
        .iter()
        .map(|name| b.column(name.clone()))
        .collect();
    let zero = columns[0];
    b.assert_zero("nothing", zero * zero * (zero - 1));
    for i in &chip.interactions {
        let fields = (0..i.tuple.len())
            .map(|f| Expr::from(columns[(1 + f) % columns.len()]))
            .collect();
        b.send(i.bus, fields, zero);
    }
    b.finish()
}

/// Arbitrary cells but for a first column of zeros.
fn noise(width: usize, height: usize) -> Table {
    let mut state = 1u32;
    let cells = (0..width * height).map(|i| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if i % width == 0 {
            F::ZERO
        } else {
            F::from_u32(state >> 2)
        }
    });
    Table::new(cells.collect(), width)
}
