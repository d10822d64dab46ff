//! `zkc prove` and `zkc verify`.
//!
//! Proving verifies its own proof before anything is written: a proof file that this command leaves has been checked.

use super::chips::{Prediction, chip_lines};
use super::execute::{Prepared, prepare, refusal, step_limit_message, trap_message};
use super::{About, EXIT_REFUSED, Failure, Output, report_limits};
use crate::cli::{Prove, SecurityLevel, Verify};
use crate::input;
use crate::statement::{show_word, to_hex};
use crate::wasi::{self, Transcript};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zkc_ir::{Diagnostic, Trap};
use zkc_isa::Program;
use zkc_prover::{
    Cells, Progress, Proof, ProveError, ProveOptions, ProvingKey, Security, Statement, VerifyingKey,
};

pub(super) fn security(level: SecurityLevel) -> Security {
    match level {
        SecurityLevel::Default => Security::Default,
        SecurityLevel::Test => Security::Test,
    }
}

/// A spinner on a terminal; hidden when piped or in process.
pub(super) fn spinner(interactive: bool) -> ProgressBar {
    if !interactive {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Compiles, executes, proves, verifies, writes the files, prints a report.
pub(super) fn prove(args: &Prove, interactive: bool, output: &mut Output) -> Result<(), Failure> {
    let path = &args.invocation.input;
    let bar = spinner(interactive);
    bar.set_message("compiling");
    let mut prepared = prepare(&args.invocation)?;
    let start = Instant::now();
    prepared.program = Arc::new(prepared.fused().about(path)?);
    bar.set_message("making the proving key");
    let key = ProvingKey::new(&prepared.program)
        .map_err(|e| Diagnostic::error("limit-exceeded", e.to_string()))
        .about(path)?;
    let key_seconds = start.elapsed().as_secs_f64();
    let report = |progress: Progress| match progress {
        Progress::Execute(steps) => bar.set_message(format!("executing: {steps} steps")),
        Progress::Witness => bar.set_message("making the trace"),
        Progress::Prove(cells) => bar.set_message(format!("proving {cells} cells")),
    };
    let options = ProveOptions {
        security: security(args.security),
        step_limit: args
            .invocation
            .max_steps
            .filter(|&limit| limit < zkc_prover::MAX_STEPS),
        line_executions: args.invocation.flags.fuse_from,
        progress: Some(&report),
        ..ProveOptions::default()
    };
    let Prepared {
        program,
        entry,
        args: words,
        input: private,
        wasi,
        compile_seconds,
        ..
    } = &prepared;
    let predicted = prepared.predicted(output).about(path)?;
    if let Some((compiler, roots)) = &prepared.compiler {
        report_limits(compiler, roots, output).about(path)?;
    }
    let (proof, statement, stats) =
        zkc_prover::prove(&key, program, &entry.name, words, private, &options)
            .map_err(|e| no_proof(&e, program))
            .about(path)?;
    bar.set_message("verifying");
    let start = Instant::now();
    zkc_prover::verify(&proof, key.verifying_key(), &statement, options.security)
        .map_err(|e| {
            Diagnostic::error(
                "internal",
                format!("the proof just made does not verify: {e}"),
            )
        })
        .about(path)?;
    let verify_seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let time = match &args.predict {
        Some(model) => Some(Prediction::new(model, &stats)?),
        None => None,
    };
    let mut numbers = stats_json(&stats, *compile_seconds, key_seconds, verify_seconds);
    if let Some(time) = &time {
        numbers["seconds"]["predicted"] = serde_json::json!({ "cpu": time.cpu, "wall": time.wall });
    }

    for (file, bytes) in [
        (&args.output, proof.to_bytes()),
        (&args.vk, key.verifying_key().to_bytes()),
        (
            &args.public,
            format!("{:#}\n", serde_json::json!(statement)).into_bytes(),
        ),
        (&args.stats, format!("{numbers:#}\n").into_bytes()),
    ] {
        if let Some(file) = file {
            input::write_file(file, &bytes).about(file)?;
        }
    }
    if args.json {
        output.print(format!("{numbers:#}"));
        return Ok(());
    }
    match (Trap::from_code(statement.status), statement.max_steps) {
        (Some(trap), _) => output.print(format!("trap:          {trap}")),
        (None, Some(limit)) => output.print(format!("step-limit:    more than {limit} steps")),
        (None, None) => {
            for (&bits, &kind) in statement.results.iter().zip(&entry.results) {
                output.print(format!(
                    "result:        {}",
                    show_word(bits, kind, args.invocation.hex)
                ));
            }
        }
    }
    show_output(&statement, *wasi, output);
    output.print(format!("steps:         {}", stats.steps));
    let cells = &stats.cells;
    output.print(format!(
        "cells:         {} (main {}, aux {}, quotient {}; {} of them padding)",
        cells.total, cells.main, cells.aux, cells.quotient, stats.padding.total
    ));
    if let Some(predicted) = predicted {
        output.print(format!(
            "instructions:  {} cells, predicted before fusion {predicted}",
            stats.executed_cells()
        ));
    }
    let seconds = &stats.seconds;
    let proving = seconds.execute + seconds.witness + seconds.prove;
    output.print(format!(
        "proving time:  {proving:.3} s (execute {:.3}, witness {:.3}, prove {:.3})",
        seconds.execute, seconds.witness, seconds.prove
    ));
    if let Some(time) = &time {
        output.print(format!("expected time: {time}"));
    }
    output.print(format!("proof size:    {} bytes", stats.proof_bytes));
    output.print(format!(
        "security:      {} bits{}",
        stats.security_bits,
        if args.security == SecurityLevel::Test {
            " (test parameters, not secure)"
        } else {
            ", proven"
        }
    ));
    output.print(format!("verified:      yes, in {verify_seconds:.3} s"));
    if args.chips {
        chip_lines(&stats)
            .iter()
            .for_each(|line| output.print(line));
    }
    if let Some(trap) = Trap::from_code(statement.status) {
        let pc = zkc_isa::run(
            program,
            &entry.name,
            words,
            private,
            &zkc_isa::Limits::default(),
        )
        .map(|o| o.pc)
        .unwrap_or(0);
        output.message(trap_message(trap, pc, program));
    }
    if let Some(limit) = statement.max_steps {
        output.message(step_limit_message(limit));
    }
    Ok(())
}

/// Why there is no proof, or no trace, as a diagnostic.
pub(super) fn no_proof(error: &ProveError, program: &Program) -> Diagnostic {
    match error {
        ProveError::Execute(error) => refusal(error, program),
        ProveError::Statement(_) | ProveError::TooLong(_) | ProveError::Threads(_) => {
            Diagnostic::error("limit-exceeded", error.to_string())
        }
        ProveError::Key | ProveError::Internal(_) => {
            Diagnostic::error("internal", error.to_string())
        }
    }
}

/// The public output: what a WASI program wrote, or hexadecimal.
fn show_output(statement: &Statement, wasi: bool, output: &mut Output) {
    match wasi.then(|| Transcript::of(&statement.output)).flatten() {
        Some(transcript) => transcript
            .lines()
            .iter()
            .for_each(|line| output.print(line)),
        None if statement.output.is_empty() => {}
        None => output.print(format!("output:        {}", to_hex(&statement.output))),
    }
}

fn stats_json(stats: &zkc_prover::Stats, compile: f64, key: f64, verify: f64) -> serde_json::Value {
    let mut value = serde_json::json!(stats);
    if let Some(seconds) = value
        .get_mut("seconds")
        .and_then(serde_json::Value::as_object_mut)
    {
        seconds.insert("compile".into(), compile.into());
        seconds.insert("key".into(), key.into());
        seconds.insert("verify".into(), verify.into());
    }
    if let Some(object) = value.as_object_mut() {
        object.insert("peak_rss_bytes".into(), peak_rss_bytes().into());
        let mut by_chip: BTreeMap<&str, Cells> = BTreeMap::new();
        for chip in &stats.chips {
            *by_chip.entry(&chip.name).or_default() += chip.cells;
        }
        if let Some(cells) = object
            .get_mut("cells")
            .and_then(serde_json::Value::as_object_mut)
        {
            cells.insert("by_chip".into(), serde_json::json!(by_chip));
        }
    }
    value
}

/// The process's peak resident memory in bytes; absent where the system does not tell.
pub fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}

/// Verifies a proof file; exit code 1 if it does not hold.
pub(super) fn verify(args: &Verify, output: &mut Output) -> Result<(), Failure> {
    let refused = |message: String| Diagnostic::error("refused", message);
    let key = VerifyingKey::from_bytes(&input::read_bytes(&args.vk).about(&args.vk)?)
        .map_err(|e| refused(e.to_string()))
        .about(&args.vk)?;
    let proof = Proof::from_bytes(&input::read_bytes(&args.proof).about(&args.proof)?)
        .map_err(|e| refused(e.to_string()))
        .about(&args.proof)?;
    let bytes = input::read_bytes(&args.public).about(&args.public)?;
    let statement: Statement = serde_json::from_slice(&bytes)
        .map_err(|e| {
            refused(format!("not a public statement: {e}"))
                .at_line(e.line() as u32, e.column() as u32)
        })
        .about(&args.public)?;
    match zkc_prover::verify(&proof, &key, &statement, security(args.security)) {
        Ok(report) => {
            if statement.entry == wasi::START {
                show_output(&statement, true, output);
            }
            output.message(format!("verified: {} bits", report.security.bits));
            if args.verbose {
                output.message(report.security.to_string());
            }
        }
        Err(error) => {
            output.message(format!("not verified: {error}"));
            output.code = EXIT_REFUSED;
        }
    }
    Ok(())
}
