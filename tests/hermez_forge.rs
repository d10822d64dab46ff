//! The guests on the second processor against cheating provers: a sample of the free inputs of each guest's first case.

#![expect(
    clippy::print_stdout,
    reason = "how much was forged is the point of the run"
)]

mod support;

#[path = "spec/forge.rs"]
mod forge;

use support::cases;
use zkc::{Compiler, Options, Roots};
use zkc_isa::hermez::{Inputs, MAX_ROWS, run};

/// Rows of forged runs a guest, about.
const ROWS: u64 = 20_000_000;
/// Longest case that is forged, in rows.
const MAX_STEPS: u64 = 1 << 17;

#[test]
fn forged_guests_are_refused() {
    let mut failures = Vec::new();
    let (mut forged, mut values) = (0, 0);
    for name in cases::guest_names() {
        let guest = cases::guest(&name);
        let compiler = Compiler::new(guest.wasm.clone(), &Options::new(2));
        let Some(case) = guest.cases.first() else {
            continue;
        };
        let roots = Roots::Named(vec![case.invoke.clone()]);
        let program = match compiler.hermez(&roots, &case.args) {
            Ok(program) => program,
            Err(diagnostic) => {
                failures.push(format!("{name}: {diagnostic}"));
                continue;
            }
        };
        let inputs = Inputs {
            private: case.input.clone(),
            ..Inputs::default()
        };
        if run(&program, &inputs, MAX_STEPS.min(MAX_ROWS)).is_err() {
            continue;
        }
        match forge::forge(&program, &inputs, ROWS) {
            Ok(tried) => {
                assert!(tried > 0, "{name} has free inputs");
                forged += 1;
                values += tried;
            }
            Err(why) => failures.push(format!("{name}: {why}")),
        }
    }
    println!("{values} forged values of {forged} guests");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(forged >= 5, "only {forged} guests are short enough");
}
