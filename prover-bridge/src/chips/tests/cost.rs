//! What the chips cost, as a table that shows in a diff and in the documentation of [`crate::chips`].

use super::CHIPS;
use crate::builder::Chip;

fn line(chip: &Chip, ops: &[&str]) -> String {
    let (columns, messages) = (chip.columns.len(), chip.interactions.len());
    let degree = chip
        .constraints
        .iter()
        .map(|c| c.expr.degree())
        .max()
        .unwrap_or(0);
    // Two messages share an auxiliary column of the degree-5 extension.
    let cells = columns + 5 * messages.div_ceil(2);
    format!(
        "{:<12} {columns:>7} {messages:>8} {degree:>6} {cells:>5}  {}",
        chip.name,
        ops.join(" ")
    )
}

#[test]
fn cost_table_is_true() {
    let head = "chip         columns messages degree cells  instructions".to_owned();
    let lines = CHIPS.iter().map(|r| {
        let ops: Vec<&str> = r
            .row
            .ops()
            .iter()
            .map(|op| op.opcode().def().name)
            .collect();
        line(&r.chip, &ops)
    });
    let table: Vec<String> = [head].into_iter().chain(lines).collect();
    assert_eq!(
        table.join("\n"),
        include_str!("../cost.txt").trim_end(),
        "\n{}",
        table.join("\n")
    );
}
