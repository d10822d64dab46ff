//! Diagnostics as a terminal or a program reads them. The only place that turns a [`Diagnostic`] into text.

use std::fmt::Write as _;
use zkc_ir::{Diagnostic, Severity};

/// How diagnostics are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum ErrorFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object per line.
    Json,
}

/// The diagnostic as text with a final line break. `input` is the name shown for the input; `source` its text, if it has
/// one, for the line in question.
pub fn render(
    diagnostic: &Diagnostic,
    input: &str,
    source: Option<&str>,
    format: ErrorFormat,
) -> String {
    match format {
        ErrorFormat::Human => human(diagnostic, input, source),
        ErrorFormat::Json => json(diagnostic, input),
    }
}

fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn human(diagnostic: &Diagnostic, input: &str, source: Option<&str>) -> String {
    let mut out = format!(
        "{}[{}]: {}\n",
        severity(diagnostic),
        diagnostic.code,
        diagnostic.message
    );
    let place = &diagnostic.place;
    let mut at = match (place.line_col, place.offset) {
        (Some((line, column)), _) => format!("{input}:{line}:{column}"),
        (None, Some(offset)) => format!("{input}:{offset:#x}"),
        (None, None) => input.to_string(),
    };
    if let Some(function) = &place.function {
        let _ = write!(at, " in function `{function}`");
    }
    let _ = writeln!(out, "  --> {at}");
    if let (Some((line, column)), Some(source)) = (place.line_col, source)
        && let Some(text) = source.lines().nth(line.saturating_sub(1) as usize)
    {
        let text: String = text.chars().take(200).collect();
        let number = line.to_string();
        let pad = " ".repeat(number.len());
        let caret = " ".repeat((column.saturating_sub(1) as usize).min(text.chars().count()));
        let _ = writeln!(out, "{pad} |\n{number} | {text}\n{pad} | {caret}^");
    }
    for note in &diagnostic.notes {
        let _ = writeln!(out, "  = note: {note}");
    }
    out
}

fn json(diagnostic: &Diagnostic, input: &str) -> String {
    let place = &diagnostic.place;
    let value = serde_json::json!({
        "code": diagnostic.code,
        "severity": severity(diagnostic),
        "message": diagnostic.message,
        "input": input,
        "offset": place.offset,
        "line": place.line_col.map(|(line, _)| line),
        "column": place.line_col.map(|(_, column)| column),
        "function": place.function,
        "notes": diagnostic.notes,
    });
    format!("{value}\n")
}
