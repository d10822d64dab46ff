//! `zkc spec`: a script of the official suite's kind, run or proven.

use super::{About, EXIT_REFUSED, Failure, Output, options};
use crate::cli::Spec;
use crate::input;
use crate::spec::{Count, Kind, Report, Script, Verdict, run};
use zkc_ir::Diagnostic;

/// Runs a script's assertions and prints the counts, and each failure and skip with its line. Exit code 1 if one failed.
pub(super) fn spec(args: &Spec, output: &mut Output) -> Result<(), Failure> {
    let path = &args.file;
    let text = String::from_utf8(input::read_bytes(path).about(path)?)
        .map_err(|_| Diagnostic::error("malformed", "the script is not UTF-8 text"))
        .about(path)?;
    let script = Script::read(&text).about_text(path, &text)?;
    let report = run(&script, &options(&args.flags)?);
    if args.json {
        output.print(format!("{:#}", json(&report)));
    } else {
        print(&report, output);
    }
    if !report.holds() {
        output.code = EXIT_REFUSED;
    }
    Ok(())
}

fn print(report: &Report, output: &mut Output) {
    for outcome in &report.outcomes {
        let (word, why) = match &outcome.verdict {
            Verdict::Passed => continue,
            Verdict::Skipped(why) => ("skipped", why),
            Verdict::Failed(why) => ("failed", why),
        };
        let what = outcome.kind.map_or("directive", Kind::name);
        output.print(format!("line {}: {word} ({what}): {why}", outcome.line));
    }
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

fn json(report: &Report) -> serde_json::Value {
    let counts: serde_json::Map<String, serde_json::Value> = report
        .counts()
        .into_iter()
        .map(|(kind, count)| {
            let value = serde_json::json!({
                "passed": count.passed, "skipped": count.skipped, "failed": count.failed,
            });
            (kind.name().to_owned(), value)
        })
        .collect();
    let remarks: Vec<serde_json::Value> = report
        .outcomes
        .iter()
        .filter_map(|outcome| {
            let (verdict, why) = match &outcome.verdict {
                Verdict::Passed => return None,
                Verdict::Skipped(why) => ("skipped", why),
                Verdict::Failed(why) => ("failed", why),
            };
            Some(serde_json::json!({
                "line": outcome.line, "kind": outcome.kind.map(Kind::name), "verdict": verdict, "reason": why,
            }))
        })
        .collect();
    serde_json::json!({ "counts": counts, "remarks": remarks, "holds": report.holds() })
}
