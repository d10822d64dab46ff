//! The guests on the Hermez processor's executor model, at -O0 and -O2: every case gives what its file says, and every version
//! of upstream's assembler reads its program.

mod support;

use support::cases::{self, Case};
use zkc::{Compiler, Options, Roots};
use zkc_isa::CostModel;
use zkc_isa::hermez::{self, Address, Counters, Inputs, Reg};

/// Most steps of a case that is run here.
const MAX_STEPS: u64 = 1 << 18;

/// Runs a case; `None` if it is too long.
fn run(compiler: &Compiler, case: &Case) -> Result<Option<Counters>, String> {
    let roots = Roots::Named(vec![case.invoke.clone()]);
    let program = compiler
        .hermez(&roots, &case.args)
        .map_err(|d| d.to_string())?;
    let mut written = program.clone();
    written.split_variables();
    if let Err((step, why)) = written.check_portable() {
        return Err(format!("step {step:?}: {why}"));
    }
    let inputs = Inputs {
        private: case.input.clone(),
        ..Inputs::default()
    };
    let outcome = match hermez::run(&program, &inputs, MAX_STEPS) {
        Ok(outcome) => outcome,
        Err(refusal) if matches!(refusal.cause, hermez::Cause::StepLimit(_)) => return Ok(None),
        Err(refusal) => return Err(refusal.to_string()),
    };
    let word = |name: &str, at: i32| {
        let var = program.find_var(name).ok_or("no such variable")?;
        let (_, address) = program.address_parts(&Address::var(var, at));
        outcome
            .memory
            .word(address as u64)
            .ok_or_else(|| format!("`{name}` + {at} is no word"))
    };
    if outcome.registers.value(Reg::A) != Some(0) {
        return Err(format!("status {:?}", outcome.registers.value(Reg::A)));
    }
    let results = (0..case.results.len() as i32)
        .map(|i| word("result", i))
        .collect::<Result<Vec<u64>, String>>()?;
    if results != case.results {
        return Err(format!("expected {:x?}, got {results:x?}", case.results));
    }
    let output = (0..word("static", 1)? as i32)
        .map(|i| word("output", i).map(|b| b as u8))
        .collect::<Result<Vec<u8>, String>>()?;
    if !case.output.is(&output) {
        let got = cases::to_hex(&output);
        return Err(format!("expected output {:x?}, got {got}", case.output));
    }
    Ok(Some(outcome.counters))
}

fn check(level: u8) {
    let mut failures = Vec::new();
    for name in cases::guest_names() {
        let guest = cases::guest(&name);
        let compiler = Compiler::new(guest.wasm.clone(), &Options::new(level));
        for case in &guest.cases {
            match run(&compiler, case) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => {
                    failures.push(format!("{name} {}({:?}): {error}", case.invoke, case.args));
                    break;
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Guest, argument, most steps, Binary and Arith operations at -O2.
const MOST: [(&str, u64, [u64; 3]); 3] = [
    ("fib", 10_000, [13_000, 10_000, 0]),
    ("sha256", 0, [14_000, 3_200, 900]),
    ("keccak256", 0, [20_000, 3_000, 1_000]),
];

#[test]
fn steps_stay_below_the_marks() {
    for (name, argument, [steps, binary, arith]) in MOST {
        let guest = cases::guest(name);
        let hermez = CostModel::named("hermez").expect("the model comes with the target");
        let options = Options {
            model: hermez.into(),
            ..Options::new(2)
        };
        let compiler = Compiler::new(guest.wasm.clone(), &options);
        let case = guest.cases.iter().find(|c| c.args == [argument]);
        let case = case.expect("the guest has this case");
        let counters = run(&compiler, case).expect("the case passes");
        let counters = counters.expect("the case is short");
        assert!(
            counters.steps <= steps && counters.binary <= binary && counters.arith <= arith,
            "{name}: {counters:?}"
        );
    }
}

#[test]
fn guests_agree_unoptimised() {
    check(0);
}

#[test]
fn guests_agree_optimised() {
    check(2);
}
