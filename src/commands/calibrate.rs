//! `zkc calibrate`: proves generated programs, fits their times, writes the cost model `seconds` with the fit in it.

use super::compile::write;
use super::prove::spinner;
use super::{Failure, Output};
use crate::calibrate::{self, Fitted, Plan, Timed};
use crate::cli::Calibrate;
use serde_json::{Value, json};
use zkc_ir::Diagnostic;
use zkc_prover::WORK_KINDS;

/// So many of the largest programs are proven with all threads too.
const WALL: usize = 5;

/// Times proofs of generated programs, fits, prints fit and errors on stderr, writes the model.
pub(super) fn calibrate(
    args: &Calibrate,
    interactive: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let plan = if args.quick { Plan::QUICK } else { Plan::FULL };
    let jobs = plan.jobs(args.seed);
    let bar = spinner(interactive);
    // Sizes rise, but the largest takes so long that one below it is as good.
    let below = plan.programs.saturating_sub(3);
    let wall: Vec<usize> = (below.saturating_sub(WALL)..below).collect();
    let effort = (args.rounds as usize, plan.round_seconds);
    let timed = calibrate::time_jobs(&jobs, effort, &wall, &mut |what| {
        bar.set_message(what.to_owned());
    })
    .map_err(|e| Diagnostic::error("internal", e.to_string()))?;
    bar.finish_and_clear();
    let fitted = calibrate::fit(&timed);
    for line in report(&fitted) {
        output.message(line);
    }
    let model = fitted.fit.to_toml();
    if args.json {
        output.print(format!("{:#}", numbers(&timed, &fitted)));
        if args.out.is_none() {
            return Ok(());
        }
    }
    write(args.out.as_deref(), model, output)
}

/// Coefficients with their intervals, and errors.
fn report(fitted: &Fitted) -> Vec<String> {
    let source = &fitted.fit.source;
    let mut lines = vec![
        format!("machine: {}", source.machine),
        format!(
            "proofs:  {} programs, processor time in one thread",
            source.proofs
        ),
        format!(
            "{:<10} {:>12} {:>27}  a unit is",
            "work", "seconds", "95 % interval"
        ),
    ];
    let regression = &fitted.regression;
    for (i, (kind, what)) in WORK_KINDS.iter().enumerate() {
        let (low, high) = regression.intervals[i];
        lines.push(format!(
            "{kind:<10} {:>12.3e} {:>27}  {what}",
            regression.coefficients[i],
            format!("{low:.3e} .. {high:.3e}")
        ));
    }
    let percent = |x: f64| format!("{:.1} %", 100.0 * x);
    lines.push(format!(
        "fit:      R^2 {:.4}, error {} on average, {} at most",
        source.r_squared,
        percent(source.mean_error),
        percent(source.max_error)
    ));
    lines.push(format!(
        "held out: error {} on average, {} at most",
        percent(source.held_out_mean_error),
        percent(source.held_out_max_error)
    ));
    lines.push(format!(
        "clock:    {} s with {} threads for a second of processor time in one",
        source.wall, source.threads
    ));
    lines
}

/// Everything that was measured and found.
fn numbers(timed: &[Timed], fitted: &Fitted) -> Value {
    let proofs: Vec<Value> = timed
        .iter()
        .map(|t| {
            json!({
                "name": t.name,
                "steps": t.stats.steps,
                "cells": t.stats.cells.total,
                "work": t.done.0,
                "cpu_seconds": t.seconds,
                "wall_seconds": t.wall,
                "predicted_seconds": fitted.fit.time(&t.done),
            })
        })
        .collect();
    let coefficients: Vec<Value> = WORK_KINDS
        .iter()
        .enumerate()
        .map(|(i, (kind, what))| {
            let (low, high) = fitted.regression.intervals[i];
            let seconds = fitted.regression.coefficients[i];
            json!({ "kind": kind, "unit": what, "seconds": seconds, "low": low, "high": high })
        })
        .collect();
    json!({ "fit": fitted.fit.source, "coefficients": coefficients, "proofs": proofs })
}
