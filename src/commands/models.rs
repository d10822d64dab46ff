//! `zkc cost-model`.

use super::{About, Failure, Output, load_model};
use crate::cli::{CostModelAction, CostModelArgs};
use crate::input;
use zkc_ir::Diagnostic;
use zkc_isa::{CostModel, Target, ZkOp};

/// Shows, checks or derives cost models.
pub(super) fn cost_model(args: &CostModelArgs, output: &mut Output) -> Result<(), Failure> {
    match &args.action {
        CostModelAction::Show { model } => {
            let model = load_model(model)?;
            for &op in ZkOp::ALL {
                output.print(format!("{:<16} {}", op.opcode().def().name, model.cost(op)));
            }
        }
        CostModelAction::Check { file } => {
            let bytes = input::read_bytes(file).about(file)?;
            let text = String::from_utf8(bytes)
                .map_err(|_| Diagnostic::error("malformed", "the cost model is not UTF-8 text"))
                .about(file)?;
            let model = CostModel::parse(&text).about_text(file, &text)?;
            output.message(format!("cost model `{}` is good", model.name));
        }
        CostModelAction::Derive { target, max } => {
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
