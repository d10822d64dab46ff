//! `zkc compare`: which lowerings differ between cost models, or between a program and the same one without some rules.

use super::experiments::{Session, Table, priced, prices, print_json};
use super::{Failure, Output};
use crate::cli::{Compare, Report};
use crate::compiler::Roots;
use crate::experiment::{Difference, Lowerings, Trial, differences};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use zkc_ir::Diagnostic;
use zkc_isa::{CostModel, ZkOp};

/// One way to compile the program.
struct Variant {
    name: String,
    /// The model that chose.
    model: Arc<CostModel>,
    lowerings: Lowerings,
    trial: Trial,
    /// What the profile predicts that it costs by the first model.
    predicted: Option<u64>,
}

/// The first variant against another.
struct Comparison<'v> {
    first: &'v Variant,
    second: &'v Variant,
    /// Most worth by the first's model first.
    found: Vec<Difference>,
}

impl Comparison<'_> {
    /// The first's model, and the second's if it is another.
    fn models(&self) -> Vec<&CostModel> {
        let mut models = vec![&*self.first.model];
        if self.second.model != self.first.model {
            models.push(&self.second.model);
        }
        models
    }

    /// What the first saves by a model in the run and no place explains: register moves, and ops that stand elsewhere.
    fn rest(&self, model: &CostModel) -> i64 {
        let cost = |variant: &Variant| i64::try_from(variant.trial.cost(model)).unwrap_or(i64::MAX);
        let explained = self.found.iter().map(|d| d.executed(model));
        let explained = explained.fold(0, i64::saturating_add);
        cost(self.second)
            .saturating_sub(cost(self.first))
            .saturating_sub(explained)
    }
}

/// Which lowerings differ.
pub(super) fn compare(args: &Compare, output: &mut Output) -> Result<(), Failure> {
    let mut session = Session::new(&args.invocation)?;
    let default: &[&str] = match args.without.is_empty() {
        true => &["cells", "cpu-cycles"],
        false => &["cells"],
    };
    let models = session.models(default)?;
    if models.len() < 2 && args.without.is_empty() {
        let message = "comparing takes two cost models or more, or `--without`";
        return Err(Diagnostic::error("usage", message).into());
    }
    let mut variants: Vec<Variant> = Vec::new();
    for model in &models {
        session.compiler.set_model(model.clone());
        let whole = variant(&session, model.name.clone(), model, variants.first())?;
        variants.push(whole);
        if !args.without.is_empty() {
            let kept = session.compiler.dropped();
            let mut dropped = kept.clone();
            for name in &args.without {
                dropped.insert(name)?;
            }
            session.compiler.set_dropped(dropped);
            let name = format!("{} without {}", model.name, args.without.join(", "));
            let rest = variant(&session, name, model, variants.first())?;
            variants.push(rest);
            session.compiler.set_dropped(kept);
        }
    }
    let (first, others) = variants
        .split_first()
        .expect("there is a model, and another or something left out");
    let comparisons: Vec<Comparison<'_>> = others
        .iter()
        .map(|second| Comparison {
            first,
            second,
            found: differences(
                (&first.lowerings, &first.trial),
                (&second.lowerings, &second.trial),
                &first.model,
            ),
        })
        .collect();
    match args.report {
        Report { json: true, .. } => json_of(&session, &models, &variants, &comparisons, output),
        Report { csv: true, .. } => csv_of(&comparisons, output),
        Report { .. } => text_of(&session, &models, &variants, &comparisons, args.top, output),
    }
    Ok(())
}

/// What the session is set to.
fn variant(
    session: &Session<'_>,
    name: String,
    model: &Arc<CostModel>,
    first: Option<&Variant>,
) -> Result<Variant, Failure> {
    let entry = &session.call.entry;
    let lowerings = session.about(Lowerings::of(&session.compiler, entry))?;
    let trial = session.trial(first.map(|first| &first.trial))?;
    let pricing = first.map_or(model, |first| &first.model);
    let roots = Roots::Named(vec![entry.clone()]);
    let predicted = session.compiler.predict(&roots, entry, pricing);
    Ok(Variant {
        name,
        model: model.clone(),
        lowerings,
        trial,
        predicted: session.about(predicted)?.map(|p| p.cost),
    })
}

/// Ops in table order, those that stand several times once: `add32 li*5`.
fn names(ops: &[ZkOp]) -> String {
    let names = ops.chunk_by(|a, b| a == b).map(|same| {
        let name = same[0].opcode().def().name;
        match same.len() {
            1 => name.to_owned(),
            n => format!("{name}*{n}"),
        }
    });
    let names: Vec<String> = names.collect();
    match names.is_empty() {
        true => "-".to_owned(),
        false => names.join(" "),
    }
}

/// Places where two variants differ in the same way.
struct Pattern<'d> {
    ours: Vec<ZkOp>,
    theirs: Vec<ZkOp>,
    places: Vec<&'d Difference>,
}

impl Pattern<'_> {
    fn sum(&self, part: impl Fn(&Difference) -> i64) -> i64 {
        let parts = self.places.iter().map(|d| part(d));
        parts.fold(0, i64::saturating_add)
    }
}

/// The patterns of a comparison, most worth first.
fn patterns<'d>(found: &'d [Difference], model: &CostModel) -> Vec<Pattern<'d>> {
    let mut patterns: BTreeMap<(Vec<ZkOp>, Vec<ZkOp>), Vec<&Difference>> = BTreeMap::new();
    for difference in found {
        let places = patterns.entry(difference.sides()).or_default();
        places.push(difference);
    }
    let patterns = patterns.into_iter();
    let patterns = patterns.map(|((ours, theirs), places)| Pattern {
        ours,
        theirs,
        places,
    });
    let mut patterns: Vec<Pattern<'_>> = patterns.collect();
    // what is worth as much stays in the order of the ops
    patterns.sort_by_cached_key(|p| std::cmp::Reverse(p.sum(|d| d.executed(model))));
    patterns
}

fn shown_place(difference: &Difference) -> String {
    let (function, offset) = &difference.place;
    match offset {
        Some(offset) => format!("{function}+{offset:#x}"),
        None => function.clone(),
    }
}

fn text_of(
    session: &Session<'_>,
    models: &[Arc<CostModel>],
    variants: &[Variant],
    comparisons: &[Comparison<'_>],
    top: usize,
    output: &mut Output,
) {
    let columns = models.iter().map(|model| model.name.clone());
    let headings = ["chosen by".to_owned(), "steps".to_owned()];
    let mut programs = Table::new(headings.into_iter().chain(columns));
    if variants.iter().any(|v| v.predicted.is_some()) {
        let heading = format!("predicted {}", models[0].name);
        programs.headings.push(heading);
    }
    for variant in variants {
        let costs = prices(&variant.trial, models);
        let costs = costs.into_iter().chain(variant.predicted);
        let row = [
            variant.name.clone(),
            variant.trial.outcome.steps.to_string(),
        ];
        let costs = costs.map(|cost| cost.to_string());
        programs.rows.push(row.into_iter().chain(costs).collect());
    }
    let shown = session.shown();
    output.print(format!("{shown}: what each program costs by each model"));
    output.stdout.extend(programs.text(usize::MAX).into_bytes());
    for comparison in comparisons {
        comparison_text(session, comparison, top, output);
    }
}

fn comparison_text(
    session: &Session<'_>,
    comparison: &Comparison<'_>,
    top: usize,
    output: &mut Output,
) {
    let (found, models) = (&comparison.found, comparison.models());
    let patterns = patterns(found, &comparison.first.model);
    output.print(format!(
        "\n`{}` and `{}` choose differently at {} places, in {} ways; saved by the first, in the run and as predicted {}:",
        comparison.first.name,
        comparison.second.name,
        found.len(),
        patterns.len(),
        match session.invocation.flags.profile {
            Some(_) => "by the profile",
            None => "for one call of each function",
        }
    ));
    let mut headings = vec!["place".to_owned(), "places".to_owned()];
    headings.extend(models.iter().map(|model| model.name.clone()));
    headings.extend(
        models
            .iter()
            .map(|model| format!("predicted {}", model.name)),
    );
    let left = headings.len();
    headings.extend(["lowering".to_owned(), "instead of".to_owned()]);
    let mut table = Table::new(headings);
    for pattern in patterns.iter().take(top) {
        let place = pattern.places.first().map(|d| shown_place(d));
        let mut row = vec![place.unwrap_or_default(), pattern.places.len().to_string()];
        let executed = models.iter().map(|m| pattern.sum(|d| d.executed(m)));
        let predicted = models.iter().map(|m| pattern.sum(|d| d.predicted(m)));
        row.extend(executed.chain(predicted).map(|saved| saved.to_string()));
        row.extend([names(&pattern.ours), names(&pattern.theirs)]);
        table.rows.push(row);
    }
    output.stdout.extend(table.text(left).into_bytes());
    if patterns.len() > top {
        output.print(format!("and {} more (`--top`)", patterns.len() - top));
    }
    let rest = models
        .iter()
        .map(|m| format!("{} {}", comparison.rest(m), m.name));
    let rest: Vec<String> = rest.collect();
    output.print(format!(
        "register moves and what stands elsewhere: {}",
        rest.join(", ")
    ));
}

fn csv_of(comparisons: &[Comparison<'_>], output: &mut Output) {
    let mut table = Table::new([
        "first",
        "second",
        "function",
        "offset",
        "first has",
        "second has",
        "saved by first, executed, first model",
        "saved by first, executed, second model",
        "saved by first, predicted, first model",
        "saved by first, predicted, second model",
    ]);
    for comparison in comparisons {
        let (ours, theirs) = (&comparison.first.model, &comparison.second.model);
        for difference in &comparison.found {
            let (our_ops, their_ops) = difference.sides();
            let (function, offset) = &difference.place;
            table.rows.push(vec![
                comparison.first.name.clone(),
                comparison.second.name.clone(),
                function.clone(),
                offset.map_or(String::new(), |o| o.to_string()),
                names(&our_ops),
                names(&their_ops),
                difference.executed(ours).to_string(),
                difference.executed(theirs).to_string(),
                difference.predicted(ours).to_string(),
                difference.predicted(theirs).to_string(),
            ]);
        }
    }
    output.stdout.extend(table.csv().into_bytes());
}

fn json_of(
    session: &Session<'_>,
    models: &[Arc<CostModel>],
    variants: &[Variant],
    comparisons: &[Comparison<'_>],
    output: &mut Output,
) {
    let ops = |ops: &[ZkOp]| {
        let names = ops.iter().map(|op| op.opcode().def().name);
        names.collect::<Vec<_>>()
    };
    let programs = variants.iter().map(|variant| {
        json!({
            "chosen by": variant.name,
            "steps": variant.trial.outcome.steps,
            "costs": priced(&prices(&variant.trial, models), models),
            "predicted by the first model": variant.predicted,
        })
    });
    let programs: Vec<Value> = programs.collect();
    let comparisons = comparisons.iter().map(|comparison| {
        let (ours, theirs) = (&comparison.first.model, &comparison.second.model);
        let places = comparison.found.iter().map(|d| {
            let (our_ops, their_ops) = d.sides();
            let saved = |model: &CostModel| {
                json!({ "executed": d.executed(model), "predicted": d.predicted(model) })
            };
            json!({
                "function": d.place.0,
                "offset": d.place.1,
                "first has": ops(&our_ops),
                "second has": ops(&their_ops),
                "saved by first": { "first model": saved(ours), "second model": saved(theirs) },
            })
        });
        let places: Vec<Value> = places.collect();
        json!({
            "first": comparison.first.name,
            "second": comparison.second.name,
            "places": places,
            "moves and what stands elsewhere": {
                "first model": comparison.rest(ours),
                "second model": comparison.rest(theirs),
            },
        })
    });
    let comparisons: Vec<Value> = comparisons.collect();
    let value = json!({
        "call": session.shown(),
        "programs": programs,
        "comparisons": comparisons,
    });
    print_json(&value, output);
}
