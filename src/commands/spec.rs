//! `zkc spec`: a script of the official suite's kind, run or proven.

use super::prove::security;
use super::{About, EXIT_REFUSED, Failure, Output, options};
use crate::Options;
use crate::cli::{Spec, WasmVersion};
use crate::input;
use crate::spec::{
    Count, Kind, ProveSettings, Proven, Report, Script, Verdict, Version, prove, run, run_hermez,
};
use serde_json::{Map, Value, json};
use zkc_ir::Diagnostic;
use zkc_isa::Target;
use zkc_isa::hermez::{Counters, MAX_ROWS};

/// Runs a script's assertions and prints the counts, and each failure and skip with its line. Exit code 1 if one failed.
pub(super) fn spec(args: &Spec, output: &mut Output) -> Result<(), Failure> {
    let path = &args.file;
    let text = String::from_utf8(input::read_bytes(path).about(path)?)
        .map_err(|_| Diagnostic::error("malformed", "the script is not UTF-8 text"))
        .about(path)?;
    let mut script = Script::read(&text).about_text(path, &text)?;
    script.version = match args.wasm {
        WasmVersion::V2 => Version::V2,
        WasmVersion::Latest => Version::Latest,
    };
    let options = options(&args.flags)?;
    match args.flags.target {
        Target::Zk64 => {}
        Target::Hermez64 => return hermez(args, &script, &options, output),
    }
    if args.emit_dir.is_some() {
        let message = "`--emit-dir` is for `--target=hermez64`";
        return Err(Diagnostic::error("usage", message).into());
    }
    if args.prove {
        let settings = ProveSettings {
            security: security(args.security),
            max_steps: args.max_steps,
            fusion: args.flags.fusion(),
        };
        let proven = prove(&script, &options, &settings).about_text(path, &text)?;
        if args.json {
            output.print(format!("{:#}", proven_json(&proven)));
        } else {
            print_remarks(&proven.report, output);
            print_proven(&proven, output);
        }
        if !proven.report.holds() {
            output.code = EXIT_REFUSED;
        }
        return Ok(());
    }
    let report = run(&script, &options);
    if args.json {
        output.print(format!("{:#}", json(&report)));
    } else {
        print_remarks(&report, output);
        print_counts(&report, output);
    }
    if !report.holds() {
        output.code = EXIT_REFUSED;
    }
    Ok(())
}

/// Runs a script on the Hermez processor's model and writes its programs.
fn hermez(
    args: &Spec,
    script: &Script,
    options: &Options,
    output: &mut Output,
) -> Result<(), Failure> {
    if args.prove {
        let message = "`--prove` is for `--target=zk64`";
        return Err(Diagnostic::error("usage", message).into());
    }
    let path = &args.file;
    let ran = run_hermez(script, options, MAX_ROWS).about(path)?;
    if let Some(dir) = &args.emit_dir {
        let io = |e: std::io::Error| {
            let message = format!("cannot write `{}`: {e}", dir.display());
            Diagnostic::error("io", message)
        };
        std::fs::create_dir_all(dir).map_err(io).about(path)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        for (number, program) in ran.programs.iter().enumerate() {
            let (first, last) = program.lines;
            let name = format!("{stem}-{:04}-lines-{first}-{last}.zkasm", number + 1);
            let text = zkc_isa::hermez::asm::print(&program.program);
            input::write_file(&dir.join(name), text.as_bytes()).about(path)?;
        }
    }
    let sum = |count: fn(&Counters) -> u64| -> u64 {
        ran.programs.iter().map(|p| count(&p.counters)).sum()
    };
    let sums = Counters {
        steps: sum(|c| c.steps),
        arith: sum(|c| c.arith),
        binary: sum(|c| c.binary),
        mem: sum(|c| c.mem),
        mem_align: sum(|c| c.mem_align),
    };
    let asserted: usize = ran.programs.iter().map(|p| p.assertions).sum();
    if args.json {
        let mut value = json(&ran.report);
        value["programs"] = ran.programs.len().into();
        value["asserted"] = asserted.into();
        value["counters"] = json!(sums);
        output.print(format!("{value:#}"));
    } else {
        print_remarks(&ran.report, output);
        print_counts(&ran.report, output);
        let programs = ran.programs.len();
        output.print(format!(
            "asserted by {programs} programs: {asserted}; {} steps, {} arith, {} binary, {} mem, {} memAlign",
            sums.steps, sums.arith, sums.binary, sums.mem, sums.mem_align
        ));
    }
    if !ran.report.holds() {
        output.code = EXIT_REFUSED;
    }
    Ok(())
}

fn print_remarks(report: &Report, output: &mut Output) {
    for outcome in &report.outcomes {
        if let Some((word, why)) = remark(&outcome.verdict) {
            let what = outcome.kind.map_or("directive", Kind::name);
            output.print(format!("line {}: {word} ({what}): {why}", outcome.line));
        }
    }
}

fn remark(verdict: &Verdict) -> Option<(&'static str, &str)> {
    match verdict {
        Verdict::Passed => None,
        Verdict::Skipped(why) => Some(("skipped", why)),
        Verdict::Failed(why) => Some(("failed", why)),
    }
}

fn print_counts(report: &Report, output: &mut Output) {
    output.print(format!(
        "{:<14}{:>8}{:>8}{:>8}",
        "kind", "passed", "skipped", "failed"
    ));
    let mut total = Count::default();
    let line = |name: &str, count: &Count| {
        format!(
            "{name:<14}{:>8}{:>8}{:>8}",
            count.passed, count.skipped, count.failed
        )
    };
    for (kind, count) in report.counts() {
        output.print(line(kind.name(), &count));
        total.passed += count.passed;
        total.skipped += count.skipped;
        total.failed += count.failed;
    }
    output.print(line("total", &total));
}

fn print_proven(proven: &Proven, output: &mut Output) {
    for run in &proven.runs {
        output.print(format!(
            "lines {} to {}: {} assertions, {} steps, {} cells, proof of {} bytes in {:.3} s, {} bits, verified in {:.3} s",
            run.lines.0,
            run.lines.1,
            run.assertions,
            run.steps,
            run.cells,
            run.proof_bytes,
            run.prove_seconds,
            run.security_bits,
            run.verify_seconds
        ));
    }
    let skipped: usize = proven.report.counts().values().map(|c| c.skipped).sum();
    output.print(format!(
        "proven:  {} assertions in {} proofs",
        proven.assertions(),
        proven.runs.len()
    ));
    output.print(format!(
        "checked: {} assertions about modules that have no run",
        proven.checked()
    ));
    output.print(format!("skipped: {skipped}"));
}

fn json(report: &Report) -> Value {
    let counts: Map<String, Value> = report
        .counts()
        .into_iter()
        .map(|(kind, count)| {
            let value = json!({
                "passed": count.passed, "skipped": count.skipped, "failed": count.failed,
            });
            (kind.name().to_owned(), value)
        })
        .collect();
    let remarks: Vec<Value> = report
        .outcomes
        .iter()
        .filter_map(|outcome| {
            let (verdict, why) = remark(&outcome.verdict)?;
            Some(json!({
                "line": outcome.line, "kind": outcome.kind.map(Kind::name), "verdict": verdict, "reason": why,
            }))
        })
        .collect();
    json!({ "counts": counts, "remarks": remarks, "holds": report.holds() })
}

fn proven_json(proven: &Proven) -> Value {
    let mut value = json(&proven.report);
    let runs = proven.runs.iter().map(|run| {
        json!({
            "first_line": run.lines.0,
            "last_line": run.lines.1,
            "assertions": run.assertions,
            "counted": run.counted,
            "steps": run.steps,
            "cells": run.cells,
            "prove_seconds": run.prove_seconds,
            "verify_seconds": run.verify_seconds,
            "proof_bytes": run.proof_bytes,
            "security_bits": run.security_bits,
        })
    });
    value["runs"] = runs.collect();
    value["proven"] = proven.assertions().into();
    value["checked"] = proven.checked().into();
    value["compile_seconds"] = proven.compile_seconds.into();
    value
}
