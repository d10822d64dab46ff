//! `zkc-bench --compile [FILE.wasm]`: zkc at `-O0` and `-O2` beside wasmtime's Cranelift, on one file, in one run.
//!
//! All three take the file's bytes to code, validation included, on one thread. Every repetition runs in a process of its own,
//! in turn, so that a busy machine slows all three alike and each peak memory is its own. What is compared is processor time.

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Instant;
use zkc::{Options, Roots};

/// Compilers, in the order of the table.
const COMPILERS: [&str; 3] = ["cranelift", "zkc -O0", "zkc -O2"];

/// Repetitions of each.
const REPETITIONS: usize = 5;

/// One compilation.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Compilation {
    wall_seconds: f64,
    cpu_seconds: f64,
    peak_rss_bytes: u64,
    functions: usize,
    instructions: usize,
}

/// The process's user and system time in seconds, in ticks of 10 ms.
pub(crate) fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // the command's name, in parentheses, may hold spaces
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |i: usize| fields.get(i)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// Compiles once in this process.
fn compile(compiler: &str, path: &Path, jobs: usize) -> Result<Compilation> {
    let wasm = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let (start, cpu) = (Instant::now(), cpu_seconds().unwrap_or(0.0));
    let (functions, instructions) = match compiler {
        "cranelift" => {
            // without wasmtime's feature `parallel-compilation` there is one thread
            let engine = wasmtime::Engine::default();
            let module = wasmtime::Module::new(&engine, &wasm).map_err(anyhow::Error::msg)?;
            (module.functions().count(), module.text().len())
        }
        "zkc -O0" | "zkc -O2" => {
            let mut options = Options::new(if compiler == "zkc -O0" { 0 } else { 2 });
            options.jobs = jobs;
            let program = zkc::compile(&wasm, &Roots::Exports, &options)
                .map_err(|d| anyhow::anyhow!("{d}"))?;
            (program.functions.len(), program.insts.len())
        }
        _ => bail!("no compiler `{compiler}`"),
    };
    Ok(Compilation {
        wall_seconds: start.elapsed().as_secs_f64(),
        cpu_seconds: cpu_seconds().unwrap_or(0.0) - cpu,
        peak_rss_bytes: zkc::commands::peak_rss_bytes().unwrap_or(0),
        functions,
        instructions,
    })
}

/// One compilation as JSON: what a child process prints.
pub(crate) fn case(compiler: &str, path: &Path, jobs: usize) -> Result<String> {
    Ok(serde_json::to_string(&compile(compiler, path, jobs)?)?)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The table, as lines of Markdown.
pub(crate) fn table(path: Option<PathBuf>, jobs: usize) -> Result<Vec<String>> {
    let path = path.unwrap_or_else(|| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("guests/wasmi/wasmi.wasm")
    });
    let mut runs: [Vec<Compilation>; 3] = Default::default();
    for _ in 0..REPETITIONS {
        for (compiler, runs) in COMPILERS.iter().zip(&mut runs) {
            let child = std::process::Command::new(std::env::current_exe()?)
                .args(["--compile-case", compiler])
                .arg(&path)
                .arg(jobs.to_string())
                .output()?;
            ensure!(
                child.status.success(),
                "{compiler} failed: {}",
                String::from_utf8_lossy(&child.stderr)
            );
            runs.push(serde_json::from_slice(&child.stdout)?);
        }
    }
    let mut lines = vec![
        "| compiler | functions | code | cpu s (min to max) | wall s | against cranelift | peak MiB |"
            .to_string(),
        "|---|---|---|---|---|---|---|".to_string(),
    ];
    let cpu = |runs: &[Compilation]| median(runs.iter().map(|r| r.cpu_seconds).collect());
    let reference = cpu(&runs[0]);
    for (compiler, runs) in COMPILERS.iter().zip(&runs) {
        let times = runs.iter().map(|r| r.cpu_seconds);
        lines.push(format!(
            "| {compiler} | {} | {} {} | {:.2} ({:.2} to {:.2}) | {:.2} | {:.1}x | {} |",
            runs[0].functions,
            runs[0].instructions,
            if *compiler == "cranelift" {
                "bytes"
            } else {
                "instructions"
            },
            cpu(runs),
            times.clone().fold(f64::INFINITY, f64::min),
            times.fold(0.0, f64::max),
            median(runs.iter().map(|r| r.wall_seconds).collect()),
            cpu(runs) / reference,
            runs.iter().map(|r| r.peak_rss_bytes).max().unwrap_or(0) >> 20,
        ));
    }
    Ok(lines)
}
