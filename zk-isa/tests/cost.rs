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
    let model = CostModel::from_fn("x", "say \"x\"", |op| u64::from(op.is_32()));
    assert_eq!((model.cost(ZkOp::Add32), model.cost(ZkOp::Add64)), (1, 0));
    assert_eq!(model.cost_of(ZkOp::Add32Imm.into()), Some(1));
    assert_eq!(CostModel::parse(&model.to_toml()), Ok(model));
}

#[test]
fn errors_have_their_place() {
    let error = |text: &str| {
        let error = CostModel::parse(text).unwrap_err();
        format!("{:?} {}", error.place.line_col, error.message)
    };
    let texts = [
        "name = \"x\"\ndefault = 1\n[costs]\n\"add64 add46\" = 2",
        "name = \"x\"\ndefault = 1\n[costs]\n\"add64\" = 2\n\"sub64 add64\" = 3",
        "name = \"x\"\n[costs]\nadd32 = 2",
        "name = \"x\"\ndefault = -1",
        "name = \"x\"\ndefault = 1.5",
        "default = 1",
        "name = \"x\"\ndefault = 1\n[prices]\nadd32 = 1",
        "name = \"x",
    ];
    let list: Vec<_> = texts
        .iter()
        .map(|text| format!("{text:?}\n    {}", error(text)))
        .collect();
    insta::assert_snapshot!(list.join("\n"));
}
