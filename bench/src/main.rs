//! `cargo run --release -p zkc-bench`: every guest, proven, beside native code, in one run.
//!
//! For each guest: steps, committed cells, proving time, slowdown against wasmtime, peak memory, proof size; the rate in
//! cells against a bare AIR of the same shapes on the same backend; the executor against wasmi. Every proof runs in a process
//! of its own, so that its peak memory is its own. Output is a Markdown table on stdout, one JSON object per guest on
//! request (`--json`). `--floats` prints what float instructions cost instead, `--choices` what choosing lowerings by cost
//! is worth, `--compile` how long compilation takes, `--extraction` how far choices are from the cheapest, `--largest` what the
//! e-graph takes for the largest function, `--sweep` what compiling for many cost models costs,
//! `--predict` the time that `zkc calibrate`'s fit tells for each guest's proof beside the time it takes.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program whose output is a table"
)]

mod choices;
mod compile;
mod differences;
mod extraction;
mod floats;
mod hosts;
mod predict;
mod sweep;

use anyhow::{Context as _, Result, bail, ensure};
use hosts::Call;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Instant;
use zkc::fusion::FusionLimits;
use zkc::{Options, Roots};
use zkc_isa::Limits;
use zkc_prover::{ProveOptions, ProvingKey, Security};

/// A guest and the calls that are measured: small ones show the fixed costs, larger ones the rate.
const CASES: &[(&str, &str, &[u64], &str)] = &[
    ("fib", "run", &[10_000], ""),
    ("fib", "run", &[1_000_000], ""),
    (
        "sha256",
        "main",
        &[],
        "The quick brown fox jumps over the lazy dog",
    ),
    ("sha256", "run", &[16_384], ""),
    ("keccak256", "run", &[8_192], ""),
    ("sort", "run", &[2_000], ""),
    ("sieve", "run", &[50_000], ""),
    ("matmul", "run", &[32], ""),
    ("base64", "run", &[4_000], ""),
    ("nbody", "run", &[10], ""),
    ("mandelbrot", "run", &[8], ""),
    ("chacha20", "run", &[200], ""),
    ("life", "run", &[2], ""),
];

/// What one proof showed.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Measurement {
    guest: String,
    call: String,
    steps: u64,
    main_cells: u64,
    total_cells: u64,
    execute_seconds: f64,
    witness_seconds: f64,
    prove_seconds: f64,
    bare_seconds: f64,
    native_seconds: f64,
    wasmi_seconds: f64,
    executor_seconds: f64,
    proof_bytes: u64,
    security_bits: u32,
    peak_rss_bytes: u64,
}

impl Measurement {
    fn proving(&self) -> f64 {
        self.execute_seconds + self.witness_seconds + self.prove_seconds
    }

    fn row(&self) -> String {
        let steps = self.steps as f64;
        format!(
            "| {} {} | {} | {:.1} / {:.1} | {:.2} | {:.2} | {:.4} | {:.0}x | {:.2} | {:.2} | {} | {} |",
            self.guest,
            self.call,
            self.steps,
            self.main_cells as f64 / steps,
            self.total_cells as f64 / steps,
            self.proving(),
            self.proving() * 1e6 / steps,
            self.native_seconds * 1e3,
            self.proving() / self.native_seconds,
            self.bare_seconds / (self.witness_seconds + self.prove_seconds),
            self.wasmi_seconds / self.executor_seconds,
            self.proof_bytes / 1024,
            self.peak_rss_bytes >> 20,
        )
    }
}

const HEADER: &str = "| guest | steps | cells/step (main / total) | proving s | us/step | native ms | slowdown | cells/s against bare | executor against wasmi | proof KiB | peak MiB |\n|---|---|---|---|---|---|---|---|---|---|---|";

pub(crate) fn guest_wasm(name: &str) -> Result<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("guests")
        .join(name)
        .join(format!("{name}.wasm"));
    std::fs::read(&path).with_context(|| format!("reading {}", path.display()))
}

/// Proves one case in this process.
fn measure(index: usize) -> Result<Measurement> {
    let &(guest, invoke, args, input) = CASES.get(index).context("no such case")?;
    let wasm = guest_wasm(guest)?;
    let call = Call {
        invoke: invoke.to_string(),
        args: args.to_vec(),
        input: input.as_bytes().to_vec(),
    };
    let program = zkc::compile(
        &wasm,
        &Roots::Named(vec![invoke.to_string()]),
        &Options::new(2),
    )
    .map_err(|d| anyhow::anyhow!("{d}"))?;

    let native = hosts::wasmtime(&wasm, &call, 9)?;
    let wasmi = hosts::wasmi(&wasm, &call, 5)?;
    // As for the other two, the clock runs for the call alone.
    let executable = zkc_isa::Executable::new(&program).map_err(|d| anyhow::anyhow!("{d}"))?;
    let mut executor: Vec<f64> = Vec::new();
    for _ in 0..5 {
        let instance = executable.instance(&Limits::default())?;
        let start = Instant::now();
        let outcome = instance.run(invoke, args, &call.input)?;
        executor.push(start.elapsed().as_secs_f64());
        ensure!(
            outcome.results == native.results && outcome.output == native.output,
            "{guest}: the executor disagrees with wasmtime"
        );
    }
    ensure!(
        wasmi.results == native.results && wasmi.output == native.output,
        "{guest}: wasmi disagrees with wasmtime"
    );
    executor.sort_by(f64::total_cmp);

    let program = zkc::fusion::fuse(&program, None, &FusionLimits::default());
    let key = ProvingKey::new(&program)?;
    let (proof, statement, stats) = zkc_prover::prove(
        &key,
        &program,
        invoke,
        args,
        &call.input,
        &ProveOptions {
            line_executions: FusionLimits::default().executions,
            ..ProveOptions::default()
        },
    )?;
    let peak_rss_bytes = zkc::commands::peak_rss_bytes().unwrap_or(0);
    zkc_prover::verify(&proof, key.verifying_key(), &statement, Security::Default)?;
    ensure!(
        statement.results == native.results && statement.output == native.output,
        "{guest}: the proof states another result"
    );
    let bare_seconds =
        zkc_prover::bare(&key, &stats, Security::Default).map_err(anyhow::Error::msg)?;
    let shown: Vec<String> = args.iter().map(u64::to_string).collect();
    Ok(Measurement {
        guest: guest.to_string(),
        call: format!("{invoke}({})", shown.join(", ")),
        steps: stats.steps,
        main_cells: stats.cells.main,
        total_cells: stats.cells.total,
        execute_seconds: stats.seconds.execute,
        witness_seconds: stats.seconds.witness,
        prove_seconds: stats.seconds.prove,
        bare_seconds,
        native_seconds: native.median(),
        wasmi_seconds: wasmi.median(),
        executor_seconds: executor[executor.len() / 2],
        proof_bytes: stats.proof_bytes,
        security_bits: stats.security_bits,
        peak_rss_bytes,
    })
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--case", index] => {
            println!("{}", serde_json::to_string(&measure(index.parse()?)?)?);
            Ok(())
        }
        ["--compile-case", compiler, path, jobs] => {
            println!("{}", compile::case(compiler, path.as_ref(), jobs.parse()?)?);
            Ok(())
        }
        ["--compile", ref rest @ ..] => {
            let (path, jobs) = match *rest {
                [] => (None, 1),
                [path] => (Some(path), 1),
                [path, jobs] => (Some(path), jobs.parse()?),
                _ => bail!("usage: zkc-bench --compile [FILE.wasm [JOBS]]"),
            };
            for line in compile::table(path.map(PathBuf::from), jobs)? {
                println!("{line}");
            }
            Ok(())
        }
        ["--choices-case", index, way] => {
            println!("{}", choices::case(index.parse()?, way.parse()?)?);
            Ok(())
        }
        ["--choices", ref names @ ..] => choices::table(names, |line| println!("{line}")),
        ["--differences"] => {
            print!("{}", differences::table()?);
            Ok(())
        }
        ["--sweep"] => {
            println!("{}", sweep::report("sha256")?);
            Ok(())
        }
        ["--largest", ref rest @ ..] => {
            println!("{}", extraction::largest(rest.first().copied())?);
            Ok(())
        }
        ["--extraction", ref names @ ..] => extraction::table(names, |line| println!("{line}")),
        ["--predict", ref rest @ ..] => {
            let (file, json) = match *rest {
                [] => (None, false),
                ["--json"] => (None, true),
                [file] => (Some(file), false),
                _ => bail!("usage: zkc-bench --predict [--json | FILE.toml]"),
            };
            for line in predict::table(file, json)? {
                println!("{line}");
            }
            Ok(())
        }
        ["--floats"] => {
            print!("{}", floats::table()?);
            Ok(())
        }
        [] | ["--json"] => {
            let json = !args.is_empty();
            if !json {
                println!("{HEADER}");
            }
            for index in 0..CASES.len() {
                let child = std::process::Command::new(std::env::current_exe()?)
                    .args(["--case", &index.to_string()])
                    .output()?;
                if !child.status.success() {
                    bail!(
                        "case {index} failed: {}",
                        String::from_utf8_lossy(&child.stderr)
                    );
                }
                let line = String::from_utf8(child.stdout)?;
                match json {
                    true => print!("{line}"),
                    false => println!("{}", serde_json::from_str::<Measurement>(&line)?.row()),
                }
            }
            Ok(())
        }
        _ => {
            eprintln!(
                "usage: zkc-bench [--json] | --choices [NAME...] | --differences | --compile [FILE.wasm [JOBS]] | --extraction [GUEST...] | --largest [FILE.wasm] | --floats | --predict [FILE.toml] | --sweep"
            );
            bail!("unknown arguments")
        }
    }
}
