//! `zkc run`, and what it shares with `zkc prove`: the program, the arguments, the input.
//!
//! A WASI program's input is its environment, its output is shown as what it wrote, and its exit code becomes `zkc run`'s.

use super::chips::{Prediction, chip_lines, measure};
use super::{
    About, EXIT_TRAP, Failure, Output, about_one, not_linked, options, report_limits, units,
};
use crate::cli::{Invocation, Run};
use crate::compiler::{Compiler, Options, Roots};
use crate::fusion::{FusionLimits, fuse};
use crate::input::{self, Input};
use crate::statement::{parse_arg, show_word};
use crate::wasi::{self, Environment, Transcript};
use crate::zkir::ZkModule;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use zkc_ir::{Diagnostic, Trap};
use zkc_isa::{
    Entry, ExecError, FIRST_PC, Limits, Outcome, Program, Status, StepCounts, ValueKind,
};
use zkc_prover::ProveOptions;

/// Most steps of a run without a limit of its own.
pub(super) const MAX_STEPS: u64 = 1 << 32;

/// A program ready to run.
pub(super) struct Prepared {
    /// The program.
    pub(super) program: Arc<Program>,
    /// The entry.
    pub(super) entry: Entry,
    /// Arguments, as words.
    pub(super) args: Vec<u64>,
    /// Private input.
    pub(super) input: Vec<u8>,
    /// Whether the output is a WASI program's.
    pub(super) wasi: bool,
    /// Seconds it took to compile.
    pub(super) compile_seconds: f64,
    /// What may be fused.
    fusion: FusionLimits,
    /// What compiled it, if it is no text.
    pub(super) compiler: Option<(Compiler, Roots)>,
}

impl Prepared {
    /// The program as it is proven, with lines fused: those of the profile's run, or by an estimate.
    ///
    /// Errors: as for [`Compiler::executions`].
    pub(super) fn fused(&self) -> Result<Program, Diagnostic> {
        let counts = match &self.compiler {
            Some((compiler, roots)) if self.fusion.width > 0 => compiler.executions(roots)?,
            Some(_) | None => None,
        };
        Ok(fuse(&self.program, counts.as_deref(), &self.fusion))
    }

    /// What the profile says that a run costs in cells, and that of some functions it says nothing.
    ///
    /// Errors: as for [`Compiler::predict`].
    pub(super) fn predicted(&self, output: &mut Output) -> Result<Option<u64>, Diagnostic> {
        let Some((compiler, roots)) = &self.compiler else {
            return Ok(None);
        };
        let cells = zkc_prover::cells_model();
        let Some(prediction) = compiler.predict(roots, &self.entry.name, &cells)? else {
            return Ok(None);
        };
        if prediction.unknown > 0 {
            output.message(format!(
                "warning: the profile has no counts of {} functions as they are compiled here; it was made with other flags",
                prediction.unknown
            ));
        }
        Ok(Some(prediction.cost))
    }
}

/// Compiles the function to invoke and reads its arguments and input.
pub(super) fn prepare(invocation: &Invocation) -> Result<Prepared, Failure> {
    let (path, modules) = (&invocation.input, &invocation.modules);
    let start_function = wasi::START.to_string();
    let (name, args) = invocation
        .invoke
        .split_first()
        .unwrap_or((&start_function, &[]));
    let start = Instant::now();
    let mut wasi = name == wasi::START;
    let mut compiled = None;
    let program = match input::read_input(path).about(path)? {
        Input::Wasm(bytes) => {
            let compiler;
            (compiler, wasi) = compiler_of(invocation, bytes, &options(&invocation.flags)?)?;
            let roots = Roots::Named(vec![name.clone()]);
            let program = compiler.program(&roots);
            compiled = Some((compiler, roots));
            about_one(program, path, modules)?
        }
        Input::Zkasm(_) | Input::Ir(_) if !modules.modules.is_empty() => {
            return Err(not_linked()).about(path);
        }
        Input::Zkasm(text) => Arc::new(zkc_isa::asm::parse(&text).about_text(path, &text)?),
        Input::Ir(text) => Arc::new(
            ZkModule::parse(&text)
                .and_then(|module| module.program())
                .about_text(path, &text)?,
        ),
    };
    let compile_seconds = start.elapsed().as_secs_f64();
    let entry = program
        .entry(name)
        .cloned()
        .ok_or_else(|| unknown_export(name, &program))
        .about(path)?;
    let (args, input) = call(invocation, args, &entry.params, wasi)?;
    Ok(Prepared {
        program,
        entry,
        args,
        input,
        wasi,
        compile_seconds,
        fusion: invocation.flags.fusion(),
        compiler: compiled,
    })
}

/// A compilation session of the invocation's modules, and whether the program is one of WASI's.
pub(super) fn compiler_of(
    invocation: &Invocation,
    main: Vec<u8>,
    options: &Options,
) -> Result<(Compiler, bool), Failure> {
    let (path, modules) = (&invocation.input, &invocation.modules);
    let units = units(modules, main)?;
    let mut wasi = invocation
        .invoke
        .first()
        .is_none_or(|name| name == wasi::START);
    for unit in &units {
        wasi |= about_one(wasi::imported_by(&unit.wasm), path, modules)?;
    }
    Ok((Compiler::with_units(units, options), wasi))
}

/// The words of the arguments, for parameters of these kinds, and the private input.
pub(super) fn call(
    invocation: &Invocation,
    args: &[String],
    params: &[ValueKind],
    wasi: bool,
) -> Result<(Vec<u64>, Vec<u8>), Failure> {
    let path = &invocation.input;
    if params.len() != args.len() {
        let name = invocation
            .invoke
            .first()
            .map_or(wasi::START, String::as_str);
        let message = format!(
            "`{name}` takes {} arguments, {} given",
            params.len(),
            args.len()
        );
        return Err(Diagnostic::error("argument", message)).about(path);
    }
    let args = args
        .iter()
        .zip(params)
        .map(|(text, &kind)| parse_arg(text, kind))
        .collect::<Result<Vec<_>, _>>()?;
    let input = match (&invocation.input_file, &invocation.input_text) {
        (Some(file), _) => input::read_bytes(file).about(file)?,
        (None, Some(text)) => text.clone().into_bytes(),
        (None, None) if wasi => environment(invocation)?.to_input()?,
        (None, None) if invocation.wasi.given() => {
            let message = format!("the program imports nothing from `{}`", wasi::MODULE);
            let diagnostic = Diagnostic::error("usage", message);
            return Err(diagnostic.note("arguments, environment and standard input are WASI's"))
                .about(path);
        }
        (None, None) => Vec::new(),
    };
    Ok((args, input))
}

/// What the flags give a WASI program; its name is its file's.
pub(super) fn environment(invocation: &Invocation) -> Result<Environment, Failure> {
    let flags = &invocation.wasi;
    let program = invocation.input.file_name().unwrap_or_default();
    let mut args = vec![program.to_string_lossy().into_owned()];
    args.extend(flags.args.iter().chain(&flags.more_args).cloned());
    if let Some(var) = flags.vars.iter().find(|v| !v.contains('=')) {
        let message = format!("`--env {var}`: expected NAME=VALUE");
        return Err(Diagnostic::error("usage", message).into());
    }
    let stdin = match &flags.stdin {
        Some(file) => input::read_bytes(file).about(file)?,
        None => Vec::new(),
    };
    Ok(Environment {
        args,
        vars: flags.vars.clone(),
        stdin,
        seed: flags.seed.unwrap_or(0),
    })
}

fn unknown_export(name: &str, program: &Program) -> Diagnostic {
    let names: Vec<&str> = program
        .entries
        .iter()
        .map(|e| e.name.as_str())
        .take(20)
        .collect();
    Diagnostic::error(
        "unknown-export",
        format!("no function `{name}` is exported"),
    )
    .note(format!("exported: {}", names.join(", ")))
}

/// Runs the program and prints its results, or the trap.
pub(super) fn run(args: &Run, output: &mut Output) -> Result<(), Failure> {
    let path = &args.invocation.input;
    let prepared = prepare(&args.invocation)?;
    let most = args.invocation.max_steps;
    let limits = Limits {
        max_steps: most.unwrap_or(MAX_STEPS),
        max_pages: args.invocation.flags.max_pages,
    };
    if let Some(cells) = prepared.predicted(output).about(path)? {
        output.message(format!("predicted: {cells} cells"));
    }
    if let Some((compiler, roots)) = &prepared.compiler {
        report_limits(compiler, roots, output).about(path)?;
    }
    let ran = match &args.profile_out {
        Some(file) => profiled(&prepared, &limits, file, output)?,
        None => zkc_isa::run(
            &prepared.program,
            &prepared.entry.name,
            &prepared.args,
            &prepared.input,
            &limits,
        ),
    };
    let outcome = match ran {
        Err(ExecError::StepLimit { limit }) if most.is_some() => {
            output.message(step_limit_message(limit));
            output.code = EXIT_TRAP;
            return costs(args, &prepared, None, output);
        }
        other => other
            .map_err(|e| refusal(&e, &prepared.program))
            .about(path)?,
    };
    show_output(&outcome.output, prepared.wasi, args.json, output);
    match outcome.status {
        Status::Done if args.json => {}
        Status::Done => print_results(
            &outcome.results,
            &prepared.entry,
            args.invocation.hex,
            output,
        ),
        Status::Trap(trap) => {
            output.message(trap_message(trap, outcome.pc, &prepared.program));
            output.code = EXIT_TRAP;
        }
    }
    tracing::info!(target: "zkc", steps = outcome.steps, "run");
    costs(args, &prepared, Some(&outcome), output)
}

/// Shows what a run has put out: as what it wrote, if it is a WASI program, whose exit code becomes ours.
pub(super) fn show_output(bytes: &[u8], wasi: bool, json: bool, output: &mut Output) {
    match wasi.then(|| Transcript::of(bytes)).flatten() {
        Some(transcript) => {
            if !json {
                output.stdout.extend_from_slice(&transcript.stdout);
            }
            output
                .stderr
                .push_str(&String::from_utf8_lossy(&transcript.stderr));
            // as a shell sees it
            output.code = transcript.exit.unwrap_or(0) as u8;
        }
        None if bytes.is_empty() => {}
        None => output.message(format!("output: {}", crate::statement::to_hex(bytes))),
    }
}

/// Prints what the run costs, if that was asked for; without an outcome the run was stopped at its step limit.
fn costs(
    args: &Run,
    prepared: &Prepared,
    outcome: Option<&Outcome>,
    output: &mut Output,
) -> Result<(), Failure> {
    if !args.json && !args.chips && args.predict.is_none() {
        return Ok(());
    }
    let options = ProveOptions {
        step_limit: outcome.map_or(args.invocation.max_steps, |_| None),
        line_executions: args.invocation.flags.fuse_from,
        ..ProveOptions::default()
    };
    let stats = measure(prepared, &options, &args.invocation.input)?;
    if args.chips {
        chip_lines(&stats)
            .iter()
            .for_each(|line| output.message(line));
    }
    let time = match &args.predict {
        Some(model) => Some(Prediction::new(model, &stats)?),
        None => None,
    };
    if let Some(time) = &time {
        output.message(format!("expected time: {time}"));
    }
    if args.json {
        let status = match outcome.map(|o| o.status) {
            None => "step-limit".to_owned(),
            Some(Status::Done) => "ok".to_owned(),
            Some(Status::Trap(trap)) => trap.to_string(),
        };
        let results = outcome.map_or(&[][..], |o| &o.results);
        let results = results.iter().zip(&prepared.entry.results);
        let shown = results.map(|(&bits, &kind)| show_word(bits, kind, args.invocation.hex));
        let bytes = outcome.map_or(&[][..], |o| &o.output);
        let json = serde_json::json!({
            "status": status,
            "results": shown.collect::<Vec<_>>(),
            "output": crate::statement::to_hex(bytes),
            "steps": stats.steps,
            "cells": stats.cells,
            "padding": stats.padding,
            "chips": stats.chips,
            "predicted_seconds": time.map(|t| serde_json::json!({ "cpu": t.cpu, "wall": t.wall })),
        });
        output.print(format!("{json:#}"));
    }
    Ok(())
}

/// Runs with every step counted and writes the profile, also of a run that was stopped.
fn profiled(
    prepared: &Prepared,
    limits: &Limits,
    file: &Path,
    output: &mut Output,
) -> Result<Result<Outcome, ExecError>, Failure> {
    let Some((compiler, roots)) = &prepared.compiler else {
        let message =
            "`--profile-out` is for WebAssembly: a text has no blocks from before the e-graph";
        return Err(Diagnostic::error("usage", message).into());
    };
    let mut counts = StepCounts::new(&prepared.program);
    let cells = zkc_prover::instruction_cells();
    let mut executed = 0;
    let outcome = zkc_isa::trace(
        &prepared.program,
        &prepared.entry.name,
        &prepared.args,
        &prepared.input,
        limits,
        &mut |step| {
            counts.step(step);
            executed += cells[zkc_prover::chips::select(step)];
        },
    );
    output.message(format!("executed: {executed} cells"));
    let profile = compiler.profile(roots, &counts)?;
    input::write_file(file, profile.to_json().as_bytes()).about(file)?;
    Ok(outcome)
}

/// Results, one per line.
pub(super) fn print_results(results: &[u64], entry: &Entry, hex: bool, output: &mut Output) {
    for (&bits, &kind) in results.iter().zip(&entry.results) {
        output.print(show_word(bits, kind, hex));
    }
}

/// What is said of a run that was stopped at its step limit.
pub(super) fn step_limit_message(limit: u64) -> String {
    format!("step-limit: the run has more than {limit} steps")
}

/// `trap: KIND`, with the place of the instruction at `pc`.
pub(super) fn trap_message(trap: Trap, pc: u32, program: &Program) -> String {
    format!("trap: {trap}{}", place(pc, program))
}

/// The place of an instruction, as ` at FUNCTION+0xOFFSET (pc N)`.
pub(super) fn place(pc: u32, program: &Program) -> String {
    let place = pc
        .checked_sub(FIRST_PC)
        .and_then(|i| program.places.get(i as usize));
    match place {
        Some(place) => {
            let function = program
                .functions
                .get(place.function as usize)
                .map_or("?", String::as_str);
            let offset = place.offset.map(|o| format!("+{o:#x}")).unwrap_or_default();
            format!(" at {function}{offset} (pc {pc})")
        }
        None => format!(" at pc {pc}"),
    }
}

/// An execution error as a diagnostic.
pub(super) fn refusal(error: &ExecError, program: &Program) -> Diagnostic {
    match error {
        ExecError::Invalid(diagnostic) => diagnostic.clone(),
        ExecError::UnknownEntry(name) => unknown_export(name, program),
        ExecError::StepLimit { .. } | ExecError::PageLimit { .. } | ExecError::InputTooLong(_) => {
            Diagnostic::error("limit-exceeded", error.to_string())
        }
        ExecError::ArgumentCount { .. } | ExecError::WideArgument { .. } => {
            Diagnostic::error("argument", error.to_string())
        }
        ExecError::InputExhausted { pc } => {
            Diagnostic::error("input-exhausted", format!("{error}{}", place(*pc, program)))
        }
        ExecError::NoInstruction { .. }
        | ExecError::NoBlock { .. }
        | ExecError::WideOperand { .. }
        | ExecError::WideOutput { .. }
        | ExecError::NoArgument { .. }
        | ExecError::NoResult { .. }
        | ExecError::MissingResult { .. }
        | ExecError::UnknownStatus { .. }
        | ExecError::FrameOutOfStack { .. } => Diagnostic::error("unprovable", error.to_string()),
    }
}
