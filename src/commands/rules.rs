//! `zkc rules`: the rewrite rules and their proofs.
//!
//! Without `--prove` nothing is asked of a solver: a rule is proven if the record holds the hash of what would be asked.

use super::{About, EXIT_REFUSED, Failure, Output};
use crate::cli::Rules;
use crate::solver::{Answer, Solver};
use crate::{input, parallel};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use zkc_egraph::prove::{Obligation, Proofs, Status, obligations, search};
use zkc_egraph::{Instance, Rule};
use zkc_ir::Diagnostic;

/// The repository's record, from its root.
const RECORD: &str = "egraph-opt/proofs.toml";

/// Lists rules; proves them where asked to.
pub(super) fn rules(args: &Rules, output: &mut Output) -> Result<(), Failure> {
    let obligations = obligations().map_err(|what| Diagnostic::error("internal", what))?;
    if let Some(name) = &args.smt {
        return smt(name, &obligations, output);
    }
    let mut proofs = match &args.proofs {
        Some(file) => read(file)?,
        None if args.prove => read(Path::new(RECORD))?,
        None => Proofs::shipped(),
    };
    if args.prove {
        let file = args.proofs.as_deref().unwrap_or(Path::new(RECORD));
        prove(args, file, &obligations, &mut proofs, output)?;
    }
    list(args.json, &obligations, &proofs, output);
    Ok(())
}

fn read(file: &Path) -> Result<Proofs, Failure> {
    let bytes = input::read_bytes(file).about(file)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Diagnostic::error("malformed", "the record of proofs is not UTF-8 text"))
        .about(file)?;
    Proofs::parse(&text)
        .map_err(|e| Diagnostic::error("malformed", e.to_string()))
        .about_text(file, &text)
}

fn smt(name: &str, obligations: &[Obligation], output: &mut Output) -> Result<(), Failure> {
    let own: Vec<&Obligation> = obligations.iter().filter(|o| o.rule.name == name).collect();
    if own.is_empty() {
        return Err(Diagnostic::error("usage", format!("no rule is called `{name}`")).into());
    }
    for obligation in own {
        output.print(format!(
            "; {name} at {} bits: {} answers `unsat`",
            obligation.proven_bits(),
            obligation.questions
        ));
        output.print(&obligation.text);
    }
    Ok(())
}

/// Why an obligation is not met.
fn attempt(obligation: &Obligation, solver: &Solver, seconds: u32) -> Result<(), Diagnostic> {
    let about = |what: String| {
        let (name, bits) = (obligation.rule.name, obligation.bits);
        Diagnostic::error("unproven", format!("rule `{name}` at {bits} bits: {what}"))
    };
    match solver.ask(&obligation.text, obligation.questions, seconds)? {
        Answer::Unsat => {}
        Answer::Sat(model) => {
            return Err(about("the sides differ".to_owned()).note(model));
        }
        Answer::Unknown(printed) => {
            let last = printed.lines().last().unwrap_or("nothing").to_owned();
            let what = format!("{} answers `{last}` within {seconds} s", solver.version);
            return Err(about(what));
        }
    }
    if obligation.tests() > 0 {
        let instance = Instance::new(obligation.rule, obligation.bits).map_err(about)?;
        let held = search(&instance, obligation.tests(), 1).map_err(|e| about(e.to_string()))?;
        if held < obligation.tests() {
            return Err(about(format!("evaluated at {held} values only")));
        }
    }
    Ok(())
}

/// Proves what has no proof, and writes the record.
fn prove(
    args: &Rules,
    file: &Path,
    obligations: &[Obligation],
    proofs: &mut Proofs,
    output: &mut Output,
) -> Result<(), Failure> {
    let open: Vec<&Obligation> = obligations
        .iter()
        .filter(|o| args.again || proofs.of(o).is_none())
        .collect();
    proofs.retain(obligations);
    if let Some(first) = open.first() {
        let solver = Solver::find(&args.solver).map_err(|diagnostic| {
            let (count, name) = (open.len(), first.rule.name);
            let more = format!("{count} proofs are missing, the first of rule `{name}`");
            diagnostic.note(more)
        })?;
        let answers: Vec<Mutex<Option<_>>> = open.iter().map(|_| Mutex::new(None)).collect();
        let asked: Vec<(&Obligation, &Mutex<_>)> = open.iter().copied().zip(&answers).collect();
        parallel::for_each(
            &(),
            parallel::threads(args.jobs),
            &asked,
            |(), (about, answer)| {
                let given = attempt(about, &solver, args.timeout);
                *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(given);
            },
        );
        for (obligation, answer) in open.into_iter().zip(answers) {
            let answer = answer.into_inner().unwrap_or_else(PoisonError::into_inner);
            match answer {
                Some(Ok(())) => proofs.insert(obligation, &solver.version),
                Some(Err(diagnostic)) => {
                    output.message(&diagnostic.message);
                    for note in &diagnostic.notes {
                        output.message(note);
                    }
                }
                None => {}
            }
        }
    }
    input::write_file(file, proofs.to_toml().as_bytes()).about(file)
}

fn list(as_json: bool, obligations: &[Obligation], proofs: &Proofs, output: &mut Output) {
    let mut counts = [0_usize; 3];
    let mut values = Vec::new();
    for rule in zkc_egraph::rules() {
        let status = proofs.status(rule, obligations);
        let (which, text) = match &status {
            Status::Proven => (0, "proven".to_owned()),
            Status::Scaled {
                proven,
                tested,
                reason,
            } => (
                1,
                format!("proven at {proven} bits, tested at {tested} values: {reason}"),
            ),
            Status::Unproven { bits, changed } => {
                let why = if *changed {
                    "changed since its proof"
                } else {
                    "no proof"
                };
                (2, format!("unproven at {bits} bits: {why}"))
            }
        };
        counts[which] += 1;
        if which == 2 {
            output.code = EXIT_REFUSED;
            output.message(format!(
                "rule `{}` is {text}; run `zkc rules --prove` with z3 installed",
                rule.name
            ));
        }
        if as_json {
            values.push(shown(rule, &status, obligations, proofs));
        } else {
            let widths: Vec<String> = rule.widths.iter().map(u32::to_string).collect();
            output.print(format!(
                "{:<22} {:<8} {:<6} {text}",
                rule.name,
                rule.group.name(),
                widths.join(","),
            ));
        }
    }
    let [proven, scaled, unproven] = counts;
    if as_json {
        let value = json!({
            "rules": values,
            "proven": proven,
            "proven at fewer bits": scaled,
            "unproven": unproven,
        });
        output.print(format!("{value:#}"));
    } else {
        output.message(format!(
            "{} rules: {proven} proven, {scaled} proven at fewer bits and tested, {unproven} unproven",
            counts.iter().sum::<usize>()
        ));
    }
}

fn shown(rule: &Rule, status: &Status, obligations: &[Obligation], proofs: &Proofs) -> Value {
    let records: Vec<Value> = obligations
        .iter()
        .filter(|o| o.rule.name == rule.name)
        .map(|o| {
            let record = proofs.of(o);
            json!({
                "bits": o.bits,
                "proven": record.map(|r| r.proven),
                "tested": record.map(|r| r.tested),
                "solver": record.map(|r| &r.solver),
                "hash": o.hash,
            })
        })
        .collect();
    let (word, reason) = match status {
        Status::Proven => ("proven", None),
        Status::Scaled { reason, .. } => ("proven at fewer bits", Some(*reason)),
        Status::Unproven { .. } => ("unproven", None),
    };
    json!({
        "name": rule.name,
        "group": rule.group.name(),
        "doc": rule.doc,
        "from": rule.lhs,
        "to": rule.rhs,
        "with": rule.with,
        "when": rule.when,
        "status": word,
        "reason": reason,
        "proofs": records,
    })
}
