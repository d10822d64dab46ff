//! What a proof costs: what it commits to, known before it is made, and the time and bytes it took.

use crate::backend::Compiled;
use crate::work::Shape;
use serde::Serialize;
use std::ops::AddAssign;

/// Cells of committed columns, in elements of the base field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Cells {
    /// Columns of the chips.
    pub main: u64,
    /// Columns of the lookup argument.
    pub aux: u64,
    /// Columns of the quotients.
    pub quotient: u64,
    /// All of them.
    pub total: u64,
}

impl Cells {
    /// The cells of so many rows of a chip.
    pub(crate) fn of_rows(chip: &Compiled, rows: usize) -> Cells {
        let [main, aux, quotient] = chip.cells().map(|c| (c * rows) as u64);
        Cells {
            main,
            aux,
            quotient,
            total: main + aux + quotient,
        }
    }
}

impl AddAssign for Cells {
    fn add_assign(&mut self, other: Cells) {
        self.main += other.main;
        self.aux += other.aux;
        self.quotient += other.quotient;
        self.total += other.total;
    }
}

/// Wall-clock seconds of the parts of proving.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Seconds {
    /// Executing the program.
    pub execute: f64,
    /// Turning steps into rows.
    pub witness: f64,
    /// Commitments, quotients, openings.
    pub prove: f64,
}

/// One chip's part in a proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChipStats {
    /// The chip.
    pub name: String,
    /// Rows that are not padding.
    pub rows: u64,
    /// Rows with padding.
    pub height: u64,
    /// Main columns.
    pub columns: u64,
    /// Bus messages per row.
    pub interactions: u64,
    /// Cells with padding.
    pub cells: Cells,
    /// Cells of the padding.
    pub padding: Cells,
    /// Whether its rows are executed instructions.
    pub instructions: bool,
    /// What the time of its rows depends on.
    #[serde(skip)]
    pub(crate) shape: Shape,
}

impl ChipStats {
    pub(crate) fn new(
        chip: &Compiled,
        instructions: bool,
        (rows, height): (usize, usize),
    ) -> ChipStats {
        ChipStats {
            name: chip.chip.name.clone(),
            rows: rows as u64,
            height: height as u64,
            columns: chip.width() as u64,
            interactions: chip.chip.interactions.len() as u64,
            cells: Cells::of_rows(chip, height),
            padding: Cells::of_rows(chip, height.saturating_sub(rows)),
            instructions,
            shape: Shape::of(chip),
        }
    }
}

/// Numbers of a proof.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Stats {
    /// Executed instructions.
    pub steps: u64,
    /// Cells over all chips, with padding.
    pub cells: Cells,
    /// Cells of the padding over all chips.
    pub padding: Cells,
    /// The traces of the proof; a chip with several traces has one element for each.
    pub chips: Vec<ChipStats>,
    /// Where the time went.
    pub seconds: Seconds,
    /// Size of the proof.
    pub proof_bytes: u64,
    /// Hashes that the search for the proof's bits of work takes on average.
    pub expected_tries: u64,
    /// Hashes that it took, if one thread searched; 0 where there is no proof.
    pub tries: u64,
    /// Proven bits of security.
    pub security_bits: u32,
}

impl Stats {
    /// Cells of the executed instructions' rows alone: without padding, memory, public values and tables.
    pub fn executed_cells(&self) -> u64 {
        let chips = self.chips.iter().filter(|chip| chip.instructions);
        chips
            .map(|chip| chip.cells.total - chip.padding.total)
            .sum()
    }

    pub(crate) fn add_chips(&mut self, chips: impl Iterator<Item = ChipStats>) {
        for chip in chips {
            self.cells += chip.cells;
            self.padding += chip.padding;
            self.chips.push(chip);
        }
    }
}
