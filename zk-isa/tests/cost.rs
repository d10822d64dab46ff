//! Cost models: those that come with the machine, the text form, and errors with their place.

use zkc_isa::{CostModel, MODELS, ZkOp};

#[test]
fn models_of_the_machine_load_under_their_names() {
    for (name, text) in MODELS {
        let model = CostModel::parse(text).unwrap();
        assert_eq!(model.name, name);
        assert!(!model.description.is_empty());
        assert_eq!(CostModel::parse(&model.to_toml()), Ok(model));
    }
    assert_eq!(
        CostModel::named("rows")
            .unwrap()
            .total([(ZkOp::Add32, 5), (ZkOp::Ret, 2)]),
        7
    );
    assert_eq!(CostModel::named("gold"), None);
}

#[test]
fn a_model_is_made_of_a_function() {
    let model = CostModel::from_fn("x", "say \"x\"", |op| 1 + u64::from(op.is_32()));
    assert_eq!((model.cost(ZkOp::Add32), model.cost(ZkOp::Add64)), (2, 1));
    assert_eq!(model.cost_of(ZkOp::Add32Imm.into()), Some(2));
    assert_eq!(CostModel::parse(&model.to_toml()), Ok(model));
}

#[test]
fn a_row_without_a_cost_of_its_own_costs_its_sum_or_the_default() {
    let text = "name = \"x\"\ndefault = 7\nparts = true\n[costs]\n\"shl64_imm shru64_imm\" = 10\nor64 = 3\n\
        [sums]\n\"rotl64_imm\" = \"shl64_imm shru64_imm or64\"\n\"rotl32_imm rotr32\" = \"rotl64_imm and64_imm\"";
    let model = CostModel::parse(text).unwrap();
    let costs = [
        ZkOp::Shl64Imm,
        ZkOp::Or64,
        ZkOp::Rotl64Imm,
        ZkOp::Rotr32,
        ZkOp::Add64,
    ];
    assert_eq!(costs.map(|op| model.cost(op)), [10, 3, 23, 30, 7]);
    // a fusion costs its parts together, unless it has a cost
    for &op in ZkOp::ALL.iter().filter(|op| !op.parts().is_empty()) {
        let sum: u64 = op.parts().iter().map(|&part| model.cost(part)).sum();
        assert_eq!(model.cost(op), sum, "{op:?}");
    }
}

#[test]
fn on_machines_of_one_step_an_instruction_a_fusion_costs_its_parts() {
    for name in ["zisk", "sp1", "cpu-cycles"] {
        let model = CostModel::named(name).unwrap();
        for &op in ZkOp::ALL.iter().filter(|op| !op.parts().is_empty()) {
            let sum: u64 = op.parts().iter().map(|&part| model.cost(part)).sum();
            assert_eq!(model.cost(op), sum, "{name}: {op:?}");
        }
    }
}

#[test]
fn errors_have_their_place() {
    let errors = |text: &str| {
        let errors = CostModel::parse(text).unwrap_err();
        let shown = errors.iter().map(|e| {
            let place = e.place.line_col.map(|(line, col)| format!("{line}:{col} "));
            format!("{}{}", place.unwrap_or_default(), e.message)
        });
        shown.collect::<Vec<_>>().join("\n    ")
    };
    let texts = [
        "name = \"x\"\ndefault = 1\n[costs]\n\"add64 add46\" = 2",
        "name = \"x\"\ndefault = 1\n[costs]\n\"add64\" = 2\n\"sub64 add64\" = 3",
        "name = \"x\"\ndefault = 1\n[costs]\nadd64 = 2\nadd64 = 3",
        "name = \"x\"\ndefault = 1\n[costs]\nadd64 = 2\n[sums]\nadd64 = \"sub64\"",
        "name = \"x\"\n[costs]\nadd32 = 2",
        "name = \"x\"\ndefault = -1",
        "name = \"x\"\ndefault = 1.5",
        "name = \"x\"\ndefault = \"1\"",
        "name = \"x\"\ndefault = [1]",
        "name = \"x\"\ndefault = 99999999999999999999",
        "name = \"x\"\ndefault = 1\n[costs]\nadd64 = 0\nsub64 = -3\nmul64 = 4294967297\nmul46 = 1\n\"\" = 1",
        "name = \"x\"\ndefault = 1\n[sums]\nadd64 = \"sub64\"\nsub64 = \"mul64 add64\"",
        "name = \"x\"\ndefault = 1\n[sums]\nadd64 = \"\"",
        "name = \"x\"\ndefault = 4294967296\n[sums]\nadd64 = \"mul64 mul64\"",
        "name = \"x\"\ndefault = 1\n[sums]\nadd64 = 3",
        "default = 1",
        "name = \"x\"\ndefault = 1\n[prices]\nadd32 = 1",
        "name = \"x",
        "",
    ];
    let list: Vec<_> = texts
        .iter()
        .map(|text| format!("{text:?}\n    {}", errors(text)))
        .collect();
    insta::assert_snapshot!(list.join("\n"));
}
