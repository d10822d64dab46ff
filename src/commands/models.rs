//! `zkc cost-model`.

use super::{About, Failure, Output, load_fit, load_model};
use crate::cli::{CostModelAction, CostModelArgs};
use crate::input;
use zkc_ir::Diagnostic;
use zkc_isa::{CostModel, Target, ZkOp};
use zkc_prover::Fit;

/// Shows, checks or derives cost models.
pub(super) fn cost_model(args: &CostModelArgs, output: &mut Output) -> Result<(), Failure> {
    match &args.action {
        CostModelAction::Show { model, json } => {
            let model = load_model(model)?;
            show(&model, *json, output);
        }
        CostModelAction::Check { file } => {
            let bytes = input::read_bytes(file).about(file)?;
            let text = String::from_utf8(bytes)
                .map_err(|_| Diagnostic::error("malformed", "the cost model is not UTF-8 text"))
                .about(file)?;
            let model = CostModel::parse(&text).about_text(file, &text)?;
            let fit = Fit::find(&text)
                .map_err(|message| Diagnostic::error("bad-cost-model", message))
                .about(file)?;
            output.message(format!("cost model `{}` is good", model.name));
            if fit.is_some_and(|fit| differ(&fit.model(), &model)) {
                output.message(
                    "its costs are not those that its fit gives of this zkc's chips: `zkc cost-model derive --fit FILE` prints these",
                );
            }
        }
        CostModelAction::Derive { fit: Some(fit), .. } => {
            output
                .stdout
                .extend_from_slice(load_fit(fit)?.to_toml().as_bytes());
        }
        CostModelAction::Derive { target, max, .. } => {
            let model = match (target, max) {
                (Target::Zk64, false) => zkc_prover::cells_model(),
                (Target::Zk64, true) => {
                    let message = "zk64 has no state machines that wait for each other";
                    return Err(Diagnostic::error("usage", message).into());
                }
                (Target::Hermez64, false) => zkc_isa::hermez::expand::hermez_model(),
                (Target::Hermez64, true) => zkc_isa::hermez::expand::hermez_max_model(),
            };
            output.stdout.extend_from_slice(model.to_toml().as_bytes());
        }
    }
    Ok(())
}

/// Whether the models have different costs.
fn differ(a: &CostModel, b: &CostModel) -> bool {
    ZkOp::ALL.iter().any(|&op| a.cost(op) != b.cost(op))
}

/// Prints what each instruction costs, and of the chip of zk64 that usually proves it the main columns, the bus messages, and
/// the cells of a row: main, auxiliary, quotient, all.
fn show(model: &CostModel, json: bool, output: &mut Output) {
    let rows = zkc_prover::instruction_costs();
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(op, chip)| {
                let name = op.opcode().def().name;
                serde_json::json!({ "name": name, "cost": model.cost(*op), "chip": chip })
            })
            .collect();
        let model = serde_json::json!({
            "name": model.name,
            "description": model.description,
            "instructions": rows,
        });
        return output.print(format!("{model:#}"));
    }
    output.print(format!(
        "# {}: {}\n{:<16} {:>8}  {:<16} {:>7} {:>8} {:>5} {:>8} {:>6}",
        model.name,
        model.description,
        "instruction",
        "cost",
        "chip",
        "columns",
        "messages",
        "aux",
        "quotient",
        "cells"
    ));
    for (op, chip) in rows {
        output.print(format!(
            "{:<16} {:>8}  {:<16} {:>7} {:>8} {:>5} {:>8} {:>6}",
            op.opcode().def().name,
            model.cost(op),
            chip.name,
            chip.columns,
            chip.interactions,
            chip.cells.aux,
            chip.cells.quotient,
            chip.cells.total
        ));
    }
}
