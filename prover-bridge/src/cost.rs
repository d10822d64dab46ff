//! What a row of each chip costs, read off its description.
//!
//! This is where cost models in cells come from: a weight is the number of base-field cells that a proof commits to per row.

use crate::backend::Compiled;
use crate::catalog::ChipSet;
use crate::fused::{FuseError, FusedChip};
use crate::stats::Cells;
use serde::Serialize;
use zkc_isa::{CostModel, Fused, Program, ZkOp};

/// The shape of a chip and its price per row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChipCost {
    /// The chip.
    pub name: String,
    /// Main columns.
    pub columns: usize,
    /// Constraints.
    pub constraints: usize,
    /// Largest degree of a constraint.
    pub degree: usize,
    /// Bus messages.
    pub interactions: usize,
    /// Cells per row.
    pub cells: Cells,
}

impl ChipCost {
    pub(crate) fn new(chip: &Compiled) -> ChipCost {
        ChipCost {
            name: chip.chip.name.clone(),
            columns: chip.width(),
            constraints: chip.chip.constraints.len(),
            degree: chip.max_degree(),
            interactions: chip.chip.interactions.len(),
            cells: Cells::of_rows(chip, 1),
        }
    }
}

/// All chips: those of instructions in the order of [`crate::chips::all`], then memory, public values and tables.
pub fn chip_costs() -> Vec<ChipCost> {
    ChipSet::standard()
        .catalog(0)
        .chips
        .iter()
        .map(|c| ChipCost::new(c))
        .collect()
}

/// The chip that usually proves each instruction, in the order of the dialect's table.
pub fn instruction_costs() -> Vec<(ZkOp, ChipCost)> {
    let costs = chip_costs();
    let cost = |op| (op, costs[crate::chips::usual(op)].clone());
    ZkOp::ALL.iter().copied().map(cost).collect()
}

/// By number in [`crate::chips::all`]: cells of a row, without padding.
pub fn instruction_cells() -> Vec<u64> {
    let catalog = ChipSet::standard().catalog(0);
    let chips = catalog.chips.iter().take(catalog.instructions);
    chips.map(|c| ChipCost::new(c).cells.total).collect()
}

/// The cost model `cells`: what a row of the chip that usually proves an instruction adds to the committed cells.
pub fn cells_model() -> CostModel {
    let costs = chip_costs();
    CostModel::from_fn(
        "cells",
        "committed cells (main, auxiliary, quotient) of one row, from the prover's chips",
        |op| costs[crate::chips::usual(op)].cells.total,
    )
}

/// The cost model `interactions`: bus messages of a row of the chip that usually proves an instruction. An auxiliary column and
/// a table's multiplicity come with each, so it is the other axis beside cells.
pub fn interactions_model() -> CostModel {
    let costs = chip_costs();
    CostModel::from_fn(
        "interactions",
        "bus messages of one row, from the prover's chips",
        |op| (costs[crate::chips::usual(op)].interactions as u64).max(1),
    )
}

/// The shape and price of the chip of a fused line of a valid program.
pub fn fused_cost(program: &Program, line: &Fused) -> Result<ChipCost, FuseError> {
    let chip = FusedChip::new("fused".to_owned(), program.line(line))?;
    Ok(ChipCost::new(&Compiled::new(chip.describe())))
}
