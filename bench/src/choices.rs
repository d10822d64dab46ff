//! `--choices [NAME...]`: what choosing lowerings by cost is worth. Each guest and each program that was not written here,
//! compiled in several ways: executed cells and proving time of one call.
//!
//! Cells are those of the rows that prove the executed instructions, fused lines with them; tables and padding to powers of
//! two are not in them, proving time has both. Every way runs in a process of its own, and the time is processor
//! time of one thread, the least of three proofs, because a machine is seldom idle.

use crate::compile::cpu_seconds;
use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use std::path::Path;
use zkc::dropped::Dropped;
use zkc::fusion::{FusionLimits, fuse};
use zkc::wasi::Environment;
use zkc::{Options, Roots, Unit};
use zkc_isa::{CostModel, Program};
use zkc_prover::{ProveOptions, ProvingKey, Security};

/// One way to compile.
struct Way {
    /// Heading.
    name: &'static str,
    options: fn() -> Result<Options>,
    /// Whether lines are fused.
    fused: bool,
}

/// Ways to compile, in the order of the columns. The last one is what the others are compared with.
const WAYS: [Way; 5] = [
    Way {
        name: "neither e-graph nor fusion",
        options: || {
            let mut options = Options::new(2);
            options.dropped = Dropped::egraph();
            Ok(options)
        },
        fused: false,
    },
    Way {
        name: "no e-graph",
        options: || {
            let mut options = Options::new(2);
            options.dropped = Dropped::egraph();
            Ok(options)
        },
        fused: true,
    },
    Way {
        name: "Cranelift's optimiser",
        options: || {
            let mut options = Options::new(2);
            options.dropped = Dropped::egraph();
            options.clif_opt = true;
            Ok(options)
        },
        fused: true,
    },
    Way {
        name: "`cpu-cycles`",
        options: || {
            let mut options = Options::new(2);
            options.model = CostModel::named("cpu-cycles")
                .context("comes with zkc")?
                .into();
            Ok(options)
        },
        fused: true,
    },
    Way {
        name: "`cells`",
        options: || Ok(Options::new(2)),
        fused: true,
    },
];

/// Proofs of each program in each way; the fastest counts.
const PROOFS: usize = 3;

/// What a program reads.
#[derive(Clone, Copy)]
enum Input {
    /// Its arguments only.
    Nothing,
    /// Standard input and an argument of a WASI program.
    Wasi(&'static str, &'static str),
}

/// A program, and the call that is measured.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) invoke: &'static str,
    pub(crate) args: &'static [u64],
    input: Input,
    /// Modules that the last one imports from, with their names there, and the last one; below `bench`.
    modules: &'static [(&'static str, &'static str)],
}

const fn guest(
    name: &'static str,
    args: &'static [u64],
    modules: &'static [(&'static str, &'static str)],
) -> Case {
    Case {
        name,
        invoke: "run",
        args,
        input: Input::Nothing,
        modules,
    }
}

/// Guests, then programs that were not written here.
pub(crate) const CASES: &[Case] = &[
    guest("base64", &[1000], &[("main", "guests/base64/base64.wasm")]),
    guest(
        "chacha20",
        &[40],
        &[("main", "guests/chacha20/chacha20.wasm")],
    ),
    guest("fib", &[10_000], &[("main", "guests/fib/fib.wasm")]),
    guest(
        "keccak256",
        &[1000],
        &[("main", "guests/keccak256/keccak256.wasm")],
    ),
    guest("life", &[1], &[("main", "guests/life/life.wasm")]),
    guest(
        "mandelbrot",
        &[5],
        &[("main", "guests/mandelbrot/mandelbrot.wasm")],
    ),
    guest("matmul", &[20], &[("main", "guests/matmul/matmul.wasm")]),
    guest("nbody", &[5], &[("main", "guests/nbody/nbody.wasm")]),
    Case {
        name: "rpn",
        invoke: "_start",
        args: &[],
        input: Input::Wasi("1 2 + 7 3 % . - 94 / . 1000000 7 / 3 * .", "-x"),
        modules: &[("main", "guests/rpn/rpn.wasm")],
    },
    guest("sha256", &[2000], &[("main", "guests/sha256/sha256.wasm")]),
    guest("sieve", &[20_000], &[("main", "guests/sieve/sieve.wasm")]),
    guest("sort", &[500], &[("main", "guests/sort/sort.wasm")]),
    guest("wasmi", &[100], &[("main", "guests/wasmi/wasmi.wasm")]),
    Case {
        name: "words",
        invoke: "_start",
        args: &[],
        input: Input::Wasi(
            "the cat and the dog and the bird and a cat that is not the cat of the dog that sings to the bird",
            "3",
        ),
        modules: &[("main", "guests/words/words.wasm")],
    },
    guest(
        "llhttp",
        &[20],
        &[
            ("env", "programs/llhttp/env.wat"),
            ("llhttp", "programs/llhttp/llhttp.wasm"),
            ("main", "programs/llhttp/run.wat"),
        ],
    ),
    guest(
        "source-map",
        &[1196],
        &[
            ("env", "programs/sourcemap/env.wat"),
            ("sourcemap", "programs/sourcemap/sourcemap.wasm"),
            ("main", "programs/sourcemap/run.wat"),
        ],
    ),
    guest(
        "xxhash",
        &[16_384],
        &[
            ("xxhash", "programs/xxhash/xxhash.wasm"),
            ("main", "programs/xxhash/run.wat"),
        ],
    ),
];

/// One program compiled in one way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    steps: u64,
    /// Cells of the rows of executed instructions.
    cells: u64,
    /// All committed cells, tables and padding with them.
    committed: u64,
    /// Processor seconds of execution, witness and proof.
    seconds: f64,
    results: Vec<u64>,
    output: Vec<u8>,
}

fn read(path: &str) -> Result<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    match path.extension().is_some_and(|e| e == "wat") {
        true => Ok(wat::parse_bytes(&bytes)?.into_owned()),
        false => Ok(bytes),
    }
}

impl Case {
    /// Its modules.
    pub(crate) fn units(&self) -> Result<Vec<Unit>> {
        let unit = |&(name, path): &(&str, &str)| Ok(Unit::new(name, read(path)?));
        self.modules.iter().map(unit).collect()
    }

    fn program(&self, options: &Options) -> Result<Program> {
        let roots = Roots::Named(vec![self.invoke.to_owned()]);
        let program = zkc::compile_units(self.units()?, &roots, options);
        Ok((*program.map_err(|d| anyhow::anyhow!("{}: {d}", self.name))?).clone())
    }

    /// Its private input.
    pub(crate) fn input(&self) -> Result<Vec<u8>> {
        match self.input {
            Input::Nothing => Ok(Vec::new()),
            Input::Wasi(stdin, arg) => Environment {
                args: vec![self.name.to_owned(), arg.to_owned()],
                stdin: stdin.as_bytes().to_vec(),
                ..Environment::default()
            }
            .to_input()
            .map_err(|d| anyhow::anyhow!("{d}")),
        }
    }
}

/// Runs and proves a case, compiled in one way, in this process: JSON.
pub(crate) fn case(index: usize, way: usize) -> Result<String> {
    let case = CASES.get(index).context("no such case")?;
    let way = WAYS.get(way).context("no such way")?;
    let mut program = case.program(&(way.options)()?)?;
    if way.fused {
        program = fuse(&program, None, &FusionLimits::default());
    }
    let input = case.input()?;
    let key = ProvingKey::new(&program)?;
    // One thread does not wait for others, so its time is work.
    let options = ProveOptions {
        threads: Some(1),
        ..ProveOptions::default()
    };
    let mut seconds = f64::INFINITY;
    let mut last = None;
    for _ in 0..PROOFS {
        let start = cpu_seconds().context("the system tells no processor time")?;
        let proof = zkc_prover::prove(&key, &program, case.invoke, case.args, &input, &options)?;
        seconds = seconds.min(cpu_seconds().context("it told before")? - start);
        last = Some(proof);
    }
    let (proof, statement, stats) = last.context("there is at least one proof")?;
    zkc_prover::verify(&proof, key.verifying_key(), &statement, Security::Default)?;
    ensure!(statement.status == 0, "{} traps", case.name);
    let rows = stats.chips.iter().filter(|c| c.instructions);
    Ok(serde_json::to_string(&Outcome {
        steps: stats.steps,
        cells: rows.map(|c| c.cells.total - c.padding.total).sum(),
        committed: stats.cells.total,
        seconds,
        results: statement.results,
        output: statement.output,
    })?)
}

fn child(index: usize, way: usize) -> Result<Outcome> {
    let child = std::process::Command::new(std::env::current_exe()?)
        .args(["--choices-case", &index.to_string(), &way.to_string()])
        .output()?;
    let error = String::from_utf8_lossy(&child.stderr);
    ensure!(child.status.success(), "{}: {error}", CASES[index].name);
    Ok(serde_json::from_slice(&child.stdout)?)
}

/// The geometric mean of ratios.
fn mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|r| r.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

/// The table as lines of Markdown, each printed as soon as it is there; of these cases, or of all.
pub(crate) fn table(names: &[&str], mut print: impl FnMut(&str)) -> Result<()> {
    let known = |name: &&str| CASES.iter().any(|case| case.name == *name);
    ensure!(names.iter().all(known), "no such program in {names:?}");
    let ways = WAYS.iter().map(|way| way.name).collect::<Vec<_>>();
    let against = &ways[..ways.len() - 1];
    let less = against.iter().map(|way| format!("against {way}"));
    print(&format!(
        "| program | {} | {} | {} |",
        ways.iter()
            .map(|way| format!("{way}: cells"))
            .collect::<Vec<_>>()
            .join(" | "),
        less.collect::<Vec<_>>().join(" | "),
        ways.iter()
            .map(|way| format!("{way}: s"))
            .collect::<Vec<_>>()
            .join(" | "),
    ));
    print(&format!(
        "|{}",
        "---|".repeat(1 + ways.len() * 2 + against.len())
    ));
    let mut ratios = vec![Vec::new(); against.len()];
    let mut times = vec![Vec::new(); against.len()];
    for (index, case) in CASES.iter().enumerate() {
        if !names.is_empty() && !names.contains(&case.name) {
            continue;
        }
        let outcomes: Vec<Outcome> = (0..WAYS.len())
            .map(|way| child(index, way))
            .collect::<Result<_>>()?;
        let own = outcomes.last().context("there are ways")?;
        let mut savings = Vec::new();
        for (way, other) in outcomes[..against.len()].iter().enumerate() {
            ensure!(
                (&other.results, &other.output) == (&own.results, &own.output),
                "{}: {} gives another result",
                case.name,
                ways[way]
            );
            let ratio = own.cells as f64 / other.cells as f64;
            savings.push(percent(ratio));
            ratios[way].push(ratio);
            times[way].push(own.seconds / other.seconds);
        }
        let args: Vec<String> = case.args.iter().map(u64::to_string).collect();
        print(&format!(
            "| {} {}({}) | {} | {} | {} |",
            case.name,
            case.invoke,
            args.join(", "),
            outcomes
                .iter()
                .map(|o| o.cells.to_string())
                .collect::<Vec<_>>()
                .join(" | "),
            savings.join(" | "),
            outcomes
                .iter()
                .map(|o| format!("{:.2}", o.seconds))
                .collect::<Vec<_>>()
                .join(" | "),
        ));
    }
    let empty = vec![String::new(); ways.len()].join(" | ");
    let means = |all: &[Vec<f64>]| {
        all.iter()
            .map(|r| percent(mean(r)))
            .collect::<Vec<_>>()
            .join(" | ")
    };
    print(&format!(
        "| geometric mean | {empty} | {} | {empty} |",
        means(&ratios)
    ));
    print(&format!(
        "| geometric mean, seconds | {empty} | {} | {empty} |",
        means(&times)
    ));
    Ok(())
}

fn percent(ratio: f64) -> String {
    format!("{:+.1} %", (ratio - 1.0) * 100.0)
}
