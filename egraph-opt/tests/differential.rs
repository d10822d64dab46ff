//! Random mixed bodies do the same before and after, at every level.

mod support;

use proptest::prelude::*;
use support::{boundary, mixed_body, run};
use zkc_egraph::{Level, Options, optimize};
use zkc_isa::CostModel;

fn agree(entropy: &[u64], inputs: &[u64; 4]) -> Result<(), TestCaseError> {
    let body = mixed_body(entropy);
    zkc_ir::verify::verify(&body).map_err(|e| TestCaseError::fail(format!("generator: {e}")))?;
    let args = [
        boundary(inputs[0]) & 0xffff_ffff,
        boundary(inputs[1]) & 0xffff_ffff,
        boundary(inputs[2]),
        boundary(inputs[3]),
    ];
    let model = CostModel::named("cells").expect("a model of the machine's");
    let before = run(&body, &args, 200);
    for level in [Level::O0, Level::O1, Level::O2] {
        let options = Options {
            level,
            ..Options::default()
        };
        let (output, _) = optimize(&body, &model, &options)
            .map_err(|e| TestCaseError::fail(format!("{level:?}: {e}")))?;
        prop_assert!(output.values().all(|v| output.ty(v) == zkc_ir::Type::Word));
        prop_assert!(
            output
                .ops()
                .all(|(_, op)| zkc_isa::ZkOp::from_opcode(op.opcode).is_some())
        );
        let after = run(&output, &args, 200);
        let same = before.effects == after.effects && before.end == after.end;
        prop_assert!(
            same,
            "{level:?} {args:x?}\n{before:?}\n{after:?}\n{}\n{}",
            zkc_ir::print_body(&body),
            zkc_ir::print_body(&output)
        );
        let (again, _) =
            optimize(&body, &model, &options).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(again == output, "two runs differ");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bodies_do_the_same(entropy in prop::collection::vec(any::<u64>(), 10..900), inputs in any::<[u64; 4]>()) {
        agree(&entropy, &inputs)?;
    }
}
