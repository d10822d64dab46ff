//! `zkc sweep` and `zkc ablate`, and what they share with `zkc compare`: one call of one program, compiled in many ways.
//!
//! Variants are compiled in one session, so each does again only what its change touches, and every variant's status, results
//! and output are held against the first one's: a difference is a bug and exits with 101.

use super::execute::{MAX_STEPS, call, compiler_of, refusal};
use super::{About, Failure, Output, about_one, compile::write, load_model, options};
use crate::cli::{Ablate, Invocation, Sweep};
use crate::compiler::{Compiler, Roots};
use crate::dropped::{Part, droppable};
use crate::experiment::{Call, Trial, chart, mix};
use crate::input::{self, Input};
use crate::wasi;
use serde_json::{Value, json};
use std::sync::Arc;
use zkc_ir::Diagnostic;
use zkc_isa::{CostModel, Limits};
use zkc_prover::{ProveOptions, ProvingKey};

/// A session and the call that all variants make.
pub(super) struct Session<'a> {
    pub(super) compiler: Compiler,
    pub(super) call: Call,
    pub(super) invocation: &'a Invocation,
}

impl<'a> Session<'a> {
    pub(super) fn new(invocation: &'a Invocation) -> Result<Session<'a>, Failure> {
        let (path, modules) = (&invocation.input, &invocation.modules);
        let start = wasi::START.to_owned();
        let (entry, args) = invocation.invoke.split_first().unwrap_or((&start, &[]));
        let Input::Wasm(bytes) = input::read_input(path).about(path)? else {
            let message = "only WebAssembly is compiled in several ways";
            return Err(Diagnostic::error("usage", message)).about(path);
        };
        // the cost models are the experiment's
        let mut flags = invocation.flags.clone();
        flags.cost_model.clear();
        let (compiler, wasi) = compiler_of(invocation, bytes, &options(&flags)?)?;
        let params = compiler.parameters(&Roots::Named(vec![entry.clone()]));
        let params = about_one(params, path, modules)?;
        let (args, input) = call(invocation, args, &params, wasi)?;
        let call = Call {
            entry: entry.clone(),
            args,
            input,
            limits: Limits {
                max_steps: invocation.max_steps.unwrap_or(MAX_STEPS),
                max_pages: invocation.flags.max_pages,
            },
        };
        Ok(Session {
            compiler,
            call,
            invocation,
        })
    }

    pub(super) fn about<T>(&self, result: Result<T, Diagnostic>) -> Result<T, Failure> {
        about_one(result, &self.invocation.input, &self.invocation.modules)
    }

    /// The variant that the session is set to.
    pub(super) fn trial(&self, first: Option<&Trial>) -> Result<Trial, Failure> {
        let trial = self.about(Trial::new(&self.compiler, &self.call, refusal))?;
        match first {
            Some(first) if !first.agrees(&trial) => {
                let message = "two variants of the program give different results";
                self.about(Err(Diagnostic::error("internal", message)))
            }
            _ => Ok(trial),
        }
    }

    /// The models named on the command line, or these.
    pub(super) fn models(&self, default: &[&str]) -> Result<Vec<Arc<CostModel>>, Failure> {
        let given = &self.invocation.flags.cost_model;
        if given.is_empty() {
            return default.iter().map(|name| load_model(name)).collect();
        }
        given.iter().map(|name| load_model(name)).collect()
    }

    /// What was run, for reports.
    pub(super) fn shown(&self) -> String {
        let path = &self.invocation.input;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let args = self.invocation.invoke.get(1..).unwrap_or_default();
        format!("{name} {}({})", self.call.entry, args.join(", "))
    }
}

/// Rows of text under headings.
pub(super) struct Table {
    pub(super) headings: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new<S: Into<String>>(headings: impl IntoIterator<Item = S>) -> Table {
        let headings = headings.into_iter().map(Into::into).collect();
        Table {
            headings,
            rows: Vec::new(),
        }
    }

    /// In columns: the first to the left, the others, numbers, to the right, but for those from `left` on.
    pub(super) fn text(&self, left: usize) -> String {
        let lines = std::iter::once(&self.headings).chain(&self.rows);
        let mut widths = vec![0; self.headings.len()];
        for line in lines.clone() {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for line in lines {
            let cells = line
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(i, (cell, &width))| match i == 0 || i >= left {
                    true => format!("{cell:<width$}"),
                    false => format!("{cell:>width$}"),
                });
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        text
    }

    pub(super) fn csv(&self) -> String {
        let quoted = |cell: &String| match cell.contains([',', '"', '\n']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.clone(),
        };
        let lines = std::iter::once(&self.headings).chain(&self.rows);
        let lines = lines.map(|line| line.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n");
        lines.collect()
    }
}

pub(super) fn print_json(value: &Value, output: &mut Output) {
    output.print(format!("{value:#}"));
}

/// One variant's price by each model.
pub(super) fn prices(trial: &Trial, models: &[Arc<CostModel>]) -> Vec<u64> {
    models.iter().map(|model| trial.cost(model)).collect()
}

pub(super) fn priced(prices: &[u64], models: &[Arc<CostModel>]) -> Value {
    let pairs = models.iter().zip(prices);
    pairs
        .map(|(model, price)| (model.name.clone(), json!(price)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Compiles for many models.
pub(super) fn sweep(args: &Sweep, output: &mut Output) -> Result<(), Failure> {
    let mut session = Session::new(&args.invocation)?;
    let models = session.models(&["cells", "rows"])?;
    if models.len() < 2 && (args.mix > 0 || args.svg.is_some()) {
        let message = "`--mix` and `--svg` are about two cost models";
        return Err(Diagnostic::error("usage", message).into());
    }
    let mut trials: Vec<(Arc<CostModel>, Trial)> = Vec::new();
    for model in &models {
        session.compiler.set_model(model.clone());
        let trial = session.trial(trials.first().map(|(_, trial)| trial))?;
        trials.push((model.clone(), trial));
    }
    for step in 1..=args.mix {
        let (a, b) = (&models[0], &models[1]);
        let model = Arc::new(mix(a, b, step, args.mix + 1, &trials[0].1));
        session.compiler.set_model(model.clone());
        let trial = session.trial(Some(&trials[0].1))?;
        // in order from the first model to the second
        trials.insert(step as usize, (model, trial));
    }
    let all: Vec<Vec<u64>> = trials
        .iter()
        .map(|(_, trial)| prices(trial, &models))
        .collect();
    let pairs: Vec<(u64, u64)> = all
        .iter()
        .map(|p| (p[0], *p.get(1).unwrap_or(&0)))
        .collect();
    let front = chart::front(&pairs);
    let title = session.shown();
    if let Some(file) = &args.svg {
        let points = trials
            .iter()
            .zip(&pairs)
            .map(|((model, _), &(x, y))| chart::Point {
                name: model.name.clone(),
                x: x as f64,
                y: y as f64,
            });
        let points: Vec<chart::Point> = points.collect();
        let axes = (models[0].name.as_str(), models[1].name.as_str());
        let svg = chart::scatter(&title, axes, &points, &front);
        input::write_file(file, svg.as_bytes()).about(file)?;
    }
    if args.report.json {
        let programs =
            trials
                .iter()
                .zip(&all)
                .zip(&front)
                .map(|(((model, trial), prices), front)| {
                    json!({
                        "chosen by": model.name,
                        "steps": trial.outcome.steps,
                        "costs": priced(prices, &models),
                        "on the front": front,
                    })
                });
        let programs: Vec<Value> = programs.collect();
        print_json(&json!({ "call": title, "programs": programs }), output);
        return Ok(());
    }
    let columns = models.iter().map(|model| model.name.as_str());
    let headings = ["chosen by", "steps"]
        .into_iter()
        .chain(columns)
        .chain(["front"]);
    let mut table = Table::new(headings);
    for (((model, trial), prices), front) in trials.iter().zip(&all).zip(&front) {
        let mut row = vec![model.name.clone(), trial.outcome.steps.to_string()];
        row.extend(prices.iter().map(u64::to_string));
        row.push(if *front { "yes" } else { "" }.to_owned());
        table.rows.push(row);
    }
    let text = match args.report.csv {
        true => table.csv(),
        false => table.text(usize::MAX),
    };
    write(None, text, output)
}

/// One variant of `zkc ablate`.
struct Ablated {
    part: &'static str,
    name: &'static str,
    steps: u64,
    prices: Vec<u64>,
    proving: Option<f64>,
}

/// Leaves out each part in turn.
pub(super) fn ablate(args: &Ablate, output: &mut Output) -> Result<(), Failure> {
    let mut session = Session::new(&args.invocation)?;
    let models = session.models(&["cells"])?;
    session.compiler.set_model(models[0].clone());
    let base = session.compiler.dropped();
    let whole = session.trial(None)?;
    let roots = Roots::Named(vec![session.call.entry.clone()]);
    let applied = session.about(session.compiler.applied(&roots))?;
    let mut rows = Vec::new();
    let mut row = |session: &Session<'_>, part, name, trial: &Trial| {
        let proving = match args.prove {
            true => Some(proving_seconds(session, trial)?),
            false => None,
        };
        rows.push(Ablated {
            part,
            name,
            steps: trial.outcome.steps,
            prices: prices(trial, &models),
            proving,
        });
        Ok::<(), Failure>(())
    };
    row(&session, "", "nothing", &whole)?;
    for (part, name) in droppable() {
        // A rule that changed nothing is not worth a compilation.
        if !args.parts.contains(&part) || (part == Part::Rule && !applied.contains(name)) {
            continue;
        }
        let mut dropped = base.clone();
        dropped.insert(name)?;
        if dropped == base {
            continue;
        }
        session.compiler.set_dropped(dropped);
        let trial = session.trial(Some(&whole))?;
        row(&session, part.name(), name, &trial)?;
    }
    let first = rows[0].prices[0];
    rows[1..].sort_by_key(|r| (std::cmp::Reverse(r.prices[0]), r.part, r.name));
    let change = |price: u64| (price as f64 / first.max(1) as f64 - 1.0) * 100.0;
    if args.report.json {
        let shown = rows.iter().map(|r| {
            json!({
                "part": r.part,
                "left out": r.name,
                "steps": r.steps,
                "costs": priced(&r.prices, &models),
                "change in per cent": change(r.prices[0]),
                "proving seconds": r.proving,
            })
        });
        let shown: Vec<Value> = shown.collect();
        print_json(
            &json!({ "call": session.shown(), "variants": shown }),
            output,
        );
        return Ok(());
    }
    let columns = models.iter().map(|model| model.name.as_str());
    let mut headings: Vec<&str> = ["left out", "part", "steps"]
        .into_iter()
        .chain(columns)
        .collect();
    headings.push("change");
    if args.prove {
        headings.push("proving s");
    }
    let mut table = Table::new(headings);
    for r in &rows {
        let mut row = vec![r.name.to_owned(), r.part.to_owned(), r.steps.to_string()];
        row.extend(r.prices.iter().map(u64::to_string));
        row.push(format!("{:+.2} %", change(r.prices[0])));
        row.extend(r.proving.map(|s| format!("{s:.3}")));
        table.rows.push(row);
    }
    let text = match args.report.csv {
        true => table.csv(),
        false => table.text(usize::MAX),
    };
    write(None, text, output)
}

/// Seconds that a variant's proof takes.
fn proving_seconds(session: &Session<'_>, trial: &Trial) -> Result<f64, Failure> {
    let refused = |e: &dyn std::fmt::Display| Diagnostic::error("limit-exceeded", e.to_string());
    let key = session.about(ProvingKey::new(&trial.program).map_err(|e| refused(&e)))?;
    let call = &session.call;
    let options = ProveOptions::default();
    let proof = zkc_prover::prove(
        &key,
        &trial.program,
        &call.entry,
        &call.args,
        &call.input,
        &options,
    );
    let (_, _, stats) = session.about(proof.map_err(|e| refused(&e)))?;
    let seconds = &stats.seconds;
    Ok(seconds.execute + seconds.witness + seconds.prove)
}
