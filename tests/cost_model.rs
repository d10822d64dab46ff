//! The cost model `cells` is what the prover's chips cost, not what somebody typed.

use zkc_isa::{CostModel, ZkOp};

#[test]
fn the_cells_model_is_the_one_derived_from_the_chips() {
    let derived = zkc_prover::cells_model();
    let shipped = CostModel::named("cells").expect("comes with the machine");
    for &op in ZkOp::ALL {
        let name = op.opcode().def().name;
        let hint = "run `zkc cost-model derive` and put its output into zk-isa/models/cells.toml";
        assert_eq!(shipped.cost(op), derived.cost(op), "`{name}`: {hint}");
    }
}

#[test]
fn every_model_shows_a_cost_for_every_instruction() {
    for (name, _) in zkc_isa::MODELS {
        let (code, stdout, stderr) = zkc::commands::run_words(&["cost-model", "show", name]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{name}");
        assert_eq!(stdout.lines().count(), ZkOp::ALL.len(), "{name}");
    }
}
