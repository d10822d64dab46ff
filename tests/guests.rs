//! The guests, real programs from LLVM, through every engine: wasmtime, the wasm evaluator, the zk evaluator and the executor
//! at -O0 and -O2.
//!
//! One trial per guest checks all its cases of at most [`MAX_EXECUTED`] instructions; another proves the smallest one and
//! tries to have false statements verified.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use support::cases::{self, Case, Guest};
use support::referee::RefereeModule;
use zkc::fusion::{FusionLimits, fuse};
use zkc::zkir::ZkModule;
use zkc::{Compiler, Options, Roots};
use zkc_ir::eval::Limits as EvalLimits;
use zkc_isa::{Limits, Program, Status};
use zkc_prover::{Proof, ProveOptions, ProvingKey, Security, Statement};

/// Longest case run here, in WASM instructions as wasmtime's fuel counts them. Longer ones are for the benchmarks.
const MAX_EXECUTED: u64 = 2_000_000;

fn main() {
    let arguments = Arguments::from_args();
    // a proof takes memory for all its tables, so one at a time
    let prover = Arc::new(Mutex::new(()));
    let mut trials = vec![Trial::test(
        "modules are those of their recipes",
        modules_are_those_of_their_recipes,
    )];
    for name in cases::guest_names() {
        let guest = name.clone();
        trials.push(Trial::test(format!("{name} agrees"), move || {
            agrees(&cases::guest(&guest))
        }));
        let (guest, prover) = (name.clone(), prover.clone());
        trials.push(Trial::test(format!("{name} is proven"), move || {
            let _one = prover.lock();
            is_proven(&cases::guest(&guest))
        }));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

#[derive(Deserialize)]
struct Recipe {
    wasm: String,
    sha256: String,
}

fn modules_are_those_of_their_recipes() -> Result<(), Failed> {
    let dir = cases::guests_dir();
    let text = std::fs::read_to_string(dir.join("recipes.toml")).map_err(|e| e.to_string())?;
    let recipes: BTreeMap<String, Recipe> = toml::from_str(&text).map_err(|e| e.to_string())?;
    let names: Vec<String> = recipes.keys().cloned().collect();
    if names != cases::module_names() {
        return Err(format!("recipes for {names:?}, modules {:?}", cases::module_names()).into());
    }
    for (name, recipe) in recipes {
        let bytes = std::fs::read(dir.join(&recipe.wasm)).map_err(|e| e.to_string())?;
        let digest = cases::to_hex(&Sha256::digest(&bytes));
        if digest != recipe.sha256 {
            return Err(format!(
                "`{name}`: the module's SHA-256 is {digest}, the recipe's {}",
                recipe.sha256
            )
            .into());
        }
    }
    Ok(())
}

/// Compiles a guest with all its exports.
fn compile(guest: &Guest, level: u8) -> Result<Arc<Program>, Failed> {
    zkc::compile(&guest.wasm, &Roots::Exports, &Options::new(level))
        .map_err(|d| format!("-O{level}: {d}").into())
}

/// The guest in the zk dialect.
fn zk_module(guest: &Guest, level: u8) -> Result<Arc<ZkModule>, Failed> {
    Compiler::new(guest.wasm.clone(), &Options::new(level))
        .zk_module(&Roots::Exports)
        .map_err(|d| format!("-O{level}: {d}").into())
}

fn agrees(guest: &Guest) -> Result<(), Failed> {
    let referee = RefereeModule::new(&guest.wasm)?;
    let mut module = zkc::decode(&guest.wasm).map_err(|d| d.to_string())?;
    if zkc::wasi::imported_by(&guest.wasm).map_err(|d| d.to_string())? {
        // the evaluator has no WASI of its own
        let linked = zkc_passes::load(&[("main", &guest.wasm)]);
        module = linked.map_err(|d| d.to_string())?.module;
    }
    let programs = [(0, compile(guest, 0)?), (2, compile(guest, 2)?)];
    let zk_modules = [(0, zk_module(guest, 0)?), (2, zk_module(guest, 2)?)];
    let mut checked = 0;
    for case in &guest.cases {
        let call = format!("{}({:?})", case.invoke, case.args);
        let Some((results, output)) = under_wasmtime(&referee, case)? else {
            continue;
        };
        expect_case(&format!("{call} under wasmtime"), case, &results, &output)?;
        let (results, output) = under_evaluator(&module, case)
            .map_err(|e| format!("{call} in the wasm evaluator: {e}"))?;
        expect_case(
            &format!("{call} in the wasm evaluator"),
            case,
            &results,
            &output,
        )?;
        for (level, module) in &zk_modules {
            let at = format!("{call} in the zk evaluator at -O{level}");
            let answer = module.evaluate(
                &case.invoke,
                &case.args,
                &case.input,
                &mut EvalLimits::default(),
            );
            let (results, output) = answer.map_err(|e| format!("{at}: {e}"))?;
            expect_case(&at, case, &results, &output)?;
        }
        for (level, program) in &programs {
            let at = format!("{call} at -O{level}");
            let outcome = zkc_isa::run(
                program,
                &case.invoke,
                &case.args,
                &case.input,
                &Limits::default(),
            );
            let outcome = outcome.map_err(|e| format!("{at}: {e}"))?;
            if outcome.status != Status::Done {
                return Err(format!("{at}: {:?} at pc {}", outcome.status, outcome.pc).into());
            }
            expect_case(&at, case, &outcome.results, &outcome.output)?;
        }
        checked += 1;
    }
    if checked < 3 {
        Err(format!("only {checked} cases are short enough").into())
    } else {
        Ok(())
    }
}

fn expect_case(at: &str, case: &Case, results: &[u64], output: &[u8]) -> Result<(), Failed> {
    if results != case.results {
        return Err(format!("{at}: expected {:x?}, got {results:x?}", case.results).into());
    }
    if !case.output.is(output) {
        let got = cases::to_hex(output);
        return Err(format!("{at}: expected output {:x?}, got {got}", case.output).into());
    }
    Ok(())
}

/// Result words and output bytes of a call.
type Answer = (Vec<u64>, Vec<u8>);

/// The answer, or `None` for a case that is too long.
fn under_wasmtime(module: &RefereeModule, case: &Case) -> Result<Option<Answer>, Failed> {
    use zkc::spec::Called;
    let mut instance = module
        .instantiate(&case.input, MAX_EXECUTED)
        .map_err(|c| c.to_string())?;
    match instance.call(&case.invoke, &case.args) {
        Called::Values(results) => Ok(Some((results, instance.output().to_vec()))),
        Called::OutOfSteps => Ok(None),
        other => Err(format!("{}({:?}) under wasmtime: {other}", case.invoke, case.args).into()),
    }
}

fn under_evaluator(module: &zkc_ir::Module, case: &Case) -> Result<Answer, String> {
    let mut instance =
        zkc_ir::eval::WasmInstance::new(module, &case.input).map_err(|e| e.to_string())?;
    let results = instance
        .invoke_export(&case.invoke, &case.args)
        .map_err(|e| e.to_string())?;
    Ok((results, instance.output().to_vec()))
}

/// Proves the smallest case that has something to show, with the security of tests; SHA-256 of a message by default security
/// too.
fn is_proven(guest: &Guest) -> Result<(), Failed> {
    let program = fuse(&*compile(guest, 2)?, None, &FusionLimits::default());
    let key = ProvingKey::new(&program).map_err(|e| e.to_string())?;
    let other = ProvingKey::new(&*compile(guest, 0)?).map_err(|e| e.to_string())?;
    let case = smallest(guest, &program)?;
    let (proof, statement) = prove(&key, &program, case, Security::Test)?;
    expect_case(
        "in the statement",
        case,
        &statement.results,
        &statement.output,
    )?;
    let verifies = |statement: &Statement, key: &ProvingKey| {
        zkc_prover::verify(&proof, key.verifying_key(), statement, Security::Test)
    };
    verifies(&statement, &key).map_err(|e| format!("an honest proof is refused: {e}"))?;
    for (what, changed) in false_statements(&statement) {
        if verifies(&changed, &key).is_ok() {
            return Err(format!("{what}: a false statement is accepted").into());
        }
    }
    let moved = Statement {
        program: *other.verifying_key().digest(),
        ..statement.clone()
    };
    if verifies(&statement, &other).is_ok() || verifies(&moved, &other).is_ok() {
        return Err("the proof is accepted for another program".into());
    }
    if zkc_prover::verify(&proof, key.verifying_key(), &statement, Security::Default).is_ok() {
        return Err("a proof of test security is accepted as a secure one".into());
    }
    if guest.name == "sha256" {
        let case = guest
            .cases
            .iter()
            .find(|c| c.invoke == "main" && c.input == b"abc")
            .ok_or("sha256 has a case `abc`")?;
        let (proof, statement) = prove(&key, &program, case, Security::Default)?;
        expect_case("main(abc)", case, &statement.results, &statement.output)?;
        let report = zkc_prover::verify(&proof, key.verifying_key(), &statement, Security::Default)
            .map_err(|e| e.to_string())?;
        if report.security.bits < zkc_prover::DEFAULT_BITS {
            return Err(format!("{} bits by default", report.security.bits).into());
        }
    }
    Ok(())
}

/// The case of fewest steps whose result is not zero, or that has output.
fn smallest<'a>(guest: &'a Guest, program: &Program) -> Result<&'a Case, Failed> {
    let limits = Limits {
        max_steps: 1 << 20,
        ..Limits::default()
    };
    let shows = guest
        .cases
        .iter()
        .filter(|c| !c.output.is_empty() || c.results.iter().any(|r| *r != 0));
    let steps = shows.filter_map(|case| {
        let outcome = zkc_isa::run(program, &case.invoke, &case.args, &case.input, &limits).ok()?;
        Some((outcome.steps, case))
    });
    Ok(steps
        .min_by_key(|(steps, _)| *steps)
        .ok_or("no case is short enough to be proven")?
        .1)
}

fn prove(
    key: &ProvingKey,
    program: &Program,
    case: &Case,
    security: Security,
) -> Result<(Proof, Statement), Failed> {
    let options = ProveOptions {
        security,
        ..ProveOptions::default()
    };
    let (proof, statement, _) = zkc_prover::prove(
        key,
        program,
        &case.invoke,
        &case.args,
        &case.input,
        &options,
    )
    .map_err(|e| e.to_string())?;
    let read = Proof::from_bytes(&proof.to_bytes()).map_err(|e| e.to_string())?;
    if read.to_bytes() != proof.to_bytes() {
        return Err("a proof does not survive its own file format".into());
    }
    Ok((proof, statement))
}

/// Statements near an honest one, each false.
fn false_statements(honest: &Statement) -> Vec<(String, Statement)> {
    let mut all = Vec::new();
    for i in 0..honest.results.len() {
        let mut changed = honest.clone();
        changed.results[i] ^= 1;
        all.push((format!("result {i}"), changed));
    }
    for i in 0..honest.args.len() {
        let mut changed = honest.clone();
        changed.args[i] ^= 1;
        all.push((format!("argument {i}"), changed));
    }
    for i in 0..honest.output.len() {
        let mut changed = honest.clone();
        changed.output[i] ^= 0x80;
        all.push((format!("output byte {i}"), changed));
    }
    let mut shorter = honest.clone();
    if shorter.output.pop().is_some() {
        all.push(("last output byte missing".to_string(), shorter));
    }
    let mut longer = honest.clone();
    longer.output.push(0);
    all.push(("an output byte more".to_string(), longer));
    for trap in zkc_ir::Trap::ALL {
        all.push((
            format!("trap {trap}"),
            Statement {
                status: trap.code(),
                results: Vec::new(),
                ..honest.clone()
            },
        ));
    }
    let entry = if honest.entry == "run" { "main" } else { "run" };
    all.push((
        "another entry".to_string(),
        Statement {
            entry: entry.to_string(),
            ..honest.clone()
        },
    ));
    let mut program = honest.program;
    program[0] ^= 1;
    all.push((
        "another program".to_string(),
        Statement {
            program,
            ..honest.clone()
        },
    ));
    all
}
