//! The official test suite on the second processor's executor model, and its programs against cheating provers.
//!
//! Every file of WASM 1.0 and 2.0 runs at -O0 and -O2 as programs that assert what the script says; gaps are those of
//! `spec/expectations.toml`. Of the programs of integer files, free inputs are forged: every occurrence of short runs, a
//! sample of long ones, each with every kind of wrong value.

#![expect(clippy::print_stdout, reason = "the table is the point of the run")]

#[path = "spec/catalog.rs"]
mod catalog;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use zkc::Options;
use zkc::spec::{HermezProgram, HermezReport, Script, Verdict, run_hermez};
use zkc_isa::hermez::{Expr, Free, FreeInput, Inputs, Outcome, P, Reg, asm, run, run_forged};

/// Most rows of a program.
const MAX_STEPS: u64 = 1 << 23;

/// Suites that are run.
const SUITES: [&str; 2] = ["v1", "v2"];

/// Files whose programs are forged: all kinds of expansions are in them.
const FORGED: [&str; 22] = [
    "address",
    "block",
    "br",
    "br_if",
    "br_table",
    "call",
    "call_indirect",
    "conversions",
    "endianness",
    "fac",
    "globals",
    "i32",
    "i64",
    "if",
    "int_exprs",
    "load",
    "local_tee",
    "memory_grow",
    "memory_trap",
    "select",
    "store",
    "traps",
];

/// Rows that forging one file may run, about.
const FORGING_ROWS: u64 = 30_000_000;

#[derive(Deserialize)]
struct Expectations {
    gaps: BTreeMap<String, String>,
}

/// Assertions and rows of a file at a level.
type Rows = BTreeMap<(String, u8), [u64; 6]>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let expectations: Expectations = toml::from_str(include_str!("spec/expectations.toml"))
        .expect("expectations.toml has a table `gaps`");
    let gaps = Arc::new(expectations.gaps);
    let rows: Arc<Mutex<Rows>> = Arc::default();
    let mut trials = Vec::new();
    for (file, text) in catalog::files() {
        let (suite, name) = file.split_once('/').unwrap_or_default();
        if !SUITES.contains(&suite) {
            continue;
        }
        let forged = suite == "v1" && FORGED.iter().any(|f| name == format!("{f}.wast"));
        for level in [0, 2] {
            let (at, gaps, rows) = (file.clone(), gaps.clone(), rows.clone());
            trials.push(Trial::test(format!("{file} -O{level}"), move || {
                let ran = run_file(&at, text, level, &gaps)?;
                if let Ok(mut rows) = rows.lock() {
                    rows.insert((at, level), sums(&ran));
                }
                Ok(())
            }));
            if forged {
                let (at, gaps) = (file.clone(), Arc::default());
                trials.push(Trial::test(format!("forged {file} -O{level}"), move || {
                    forge(&run_file(&at, text, level, &gaps)?.programs)
                }));
            }
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    let rows = rows.lock().expect("no trial panics while it reports");
    if !rows.is_empty() {
        println!(
            "{:<32}{:>9}{:>9}{:>9}{:>8}{:>8}{:>8}",
            "file", "asserted", "skipped", "steps", "arith", "binary", "mem"
        );
        for ((file, level), [asserted, skipped, rest @ ..]) in rows.iter() {
            let [steps, arith, binary, mem] = rest;
            println!(
                "{:<32}{asserted:>9}{skipped:>9}{steps:>9}{arith:>8}{binary:>8}{mem:>8}",
                format!("{file} -O{level}")
            );
        }
    }
    conclusion.exit_code()
}

fn sums(ran: &HermezReport) -> [u64; 6] {
    let sum = |count: fn(&HermezProgram) -> u64| ran.programs.iter().map(count).sum();
    let skipped = ran.report.counts().values().map(|c| c.skipped as u64).sum();
    [
        sum(|p| p.assertions as u64),
        skipped,
        sum(|p| p.counters.steps),
        sum(|p| p.counters.arith),
        sum(|p| p.counters.binary),
        sum(|p| p.counters.mem),
    ]
}

fn run_file(
    file: &str,
    text: &str,
    level: u8,
    gaps: &BTreeMap<String, String>,
) -> Result<HermezReport, Failed> {
    let mut script = Script::read(text).map_err(|d| d.to_string())?;
    script.version = catalog::version(file);
    let ran = run_hermez(&script, &Options::new(level), MAX_STEPS).map_err(|d| d.to_string())?;
    let failures: Vec<String> = ran
        .report
        .outcomes
        .iter()
        .filter_map(|outcome| match &outcome.verdict {
            Verdict::Failed(why) => Some((format!("{file}:{}", outcome.line), why)),
            Verdict::Passed | Verdict::Skipped(_) => None,
        })
        .filter(|(place, _)| !gaps.contains_key(place))
        .map(|(place, why)| format!("{place}: {why}"))
        .collect();
    for HermezProgram { program, lines, .. } in &ran.programs {
        // what is written for upstream's tools is the same program, in forms that all their versions read
        let printed = asm::print(program);
        if asm::parse(&printed).as_ref() != Ok(program) {
            return Err(format!("lines {lines:?}: the text is another program").into());
        }
        if let Err((step, why)) = program.check_portable() {
            return Err(format!("lines {lines:?}, step {step:?}: {why}").into());
        }
    }
    if failures.is_empty() {
        Ok(ran)
    } else {
        Err(failures.join("\n").into())
    }
}

/// Wrong values in place of an honest one: neighbours, other representations, extremes, in either limb.
fn cheats(honest: [u64; 2]) -> Vec<[u64; 2]> {
    let [low, high] = honest;
    let wrong = |limb: u64| {
        let add = |n: u64| ((u128::from(limb) + u128::from(n)) % u128::from(P)) as u64;
        [
            add(1),
            add(P - 1),
            add(1 << 32),
            add(P - (1 << 32)),
            0,
            P - 1,
            limb ^ 0x8000_0000,
        ]
    };
    let mut cheats: Vec<[u64; 2]> = wrong(low).map(|low| [low, high]).into();
    cheats.extend(wrong(high).map(|high| [low, high]));
    // the same integer in other limbs
    cheats.push([wrong(low)[2], wrong(high)[1]]);
    cheats.push([wrong(low)[3], wrong(high)[0]]);
    cheats.retain(|cheat| *cheat != honest);
    cheats
}

/// Whether two runs cannot be told apart: memory, status, operations. A limb that nothing reads may be anything: limb 1 of
/// an index, the quotient before the trap of a division by zero.
fn is_same(a: &Outcome, b: &Outcome) -> bool {
    a.memory.words() == b.memory.words()
        && a.registers.limbs(Reg::A) == b.registers.limbs(Reg::A)
        && a.counters == b.counters
}

/// Forges free inputs of programs one by one: no run may be admitted, unless it is the honest one in all that is read.
fn forge(programs: &[HermezProgram]) -> Result<(), Failed> {
    let inputs = Inputs::default();
    let mut tried = 0u64;
    let share = FORGING_ROWS / programs.len().max(1) as u64;
    for HermezProgram { program, lines, .. } in programs {
        let honest = run(program, &inputs, MAX_STEPS).map_err(|refusal| refusal.to_string())?;
        let limit = honest.counters.steps * 2 + 1000;
        let occurrences = honest.frees.len() as u64;
        // a forged run is refused after half of the rows, say
        let whole = occurrences * 16 * honest.counters.steps / 2;
        let stride = whole.div_ceil(share.max(1)).max(1);
        for (at, &FreeInput { step, value }) in honest.frees.iter().enumerate() {
            if !(at as u64).is_multiple_of(stride) || is_wait(program, step) {
                continue;
            }
            for cheat in cheats(value) {
                tried += 1;
                if let Ok(outcome) = run_forged(program, &inputs, limit, at, cheat)
                    && !is_same(&outcome, &honest)
                {
                    let what = &program.steps[step as usize];
                    return Err(format!(
                        "lines {lines:?}: free input {at} at step {step} may be {cheat:x?} instead of {value:x?}: {what:?}, {:?}",
                        outcome.counters
                    )
                    .into());
                }
            }
        }
    }
    println!("{tried} forged values refused");
    Ok(())
}

/// Whether a step waits for the end of the trace, which is as long as the prover likes.
fn is_wait(program: &zkc_isa::hermez::Program, step: u32) -> bool {
    matches!(
        &program.steps[step as usize].lhs.free,
        Some((_, Free::Hint(Expr::Call(name, _)))) if name == "beforeLast"
    )
}
