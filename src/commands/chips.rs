//! What a run costs, chip by chip: rows, padding, cells. For `zkc run`, which makes the traces and no proof, and `zkc prove`.

use super::execute::Prepared;
use super::prove::no_proof;
use super::{About, Failure, load_fit};
use std::collections::BTreeMap;
use std::path::Path;
use zkc_ir::Diagnostic;
use zkc_prover::{Cells, ProveOptions, ProvingKey, Stats};

/// The numbers of the run's proof that are known without it.
pub(super) fn measure(
    prepared: &Prepared,
    options: &ProveOptions<'_>,
    path: &Path,
) -> Result<Stats, Failure> {
    let Prepared {
        entry, args, input, ..
    } = prepared;
    let program = &prepared.fused().about(path)?;
    let key = ProvingKey::new(program)
        .map_err(|e| Diagnostic::error("limit-exceeded", e.to_string()))
        .about(path)?;
    let measured = zkc_prover::measure(&key, program, &entry.name, args, input, options)
        .map_err(|e| no_proof(&e, program))
        .about(path)?;
    Ok(measured.1)
}

/// What is said of the time of a proof.
pub(super) struct Prediction {
    /// Processor time in one thread, in seconds.
    pub(super) cpu: f64,
    /// Time on the clock in so many threads, in seconds.
    pub(super) wall: f64,
    threads: u64,
    /// How far luck moves the processor time.
    luck: f64,
}

impl Prediction {
    /// The time that the fit of a cost model tells for a proof of these numbers.
    pub(super) fn new(model: &str, stats: &Stats) -> Result<Prediction, Failure> {
        let fit = load_fit(model)?;
        let cpu = fit.predict(stats);
        Ok(Prediction {
            cpu,
            wall: cpu * fit.source.wall,
            threads: fit.source.threads,
            luck: fit.luck(stats),
        })
    }
}

impl std::fmt::Display for Prediction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Prediction {
            cpu,
            wall,
            threads,
            luck,
        } = self;
        write!(
            f,
            "{cpu:.3} s of processor time in one thread, luck moves it by {luck:.3}; {wall:.3} s with {threads} threads"
        )
    }
}

/// One chip's part, over all its traces.
#[derive(Default)]
struct Line {
    traces: u64,
    rows: u64,
    height: u64,
    cells: Cells,
    padding: u64,
}

/// A table: a head, a line for each chip from the dearest to the cheapest, the sum.
pub(super) fn chip_lines(stats: &Stats) -> Vec<String> {
    let mut chips: BTreeMap<&str, (u64, u64, Line)> = BTreeMap::new();
    let mut sum = Line::default();
    for chip in &stats.chips {
        let entry = chips.entry(&chip.name).or_default();
        (entry.0, entry.1) = (chip.columns, chip.interactions);
        for line in [&mut entry.2, &mut sum] {
            line.traces += 1;
            line.rows += chip.rows;
            line.height += chip.height;
            line.cells += chip.cells;
            line.padding += chip.padding.total;
        }
    }
    let mut chips: Vec<_> = chips.into_iter().collect();
    chips.sort_by_key(|(_, (_, _, line))| std::cmp::Reverse(line.cells.total));
    let head = ["chip", "columns", "messages"].map(str::to_owned);
    let mut lines = vec![row(
        &head,
        "traces rows height main aux quotient cells padding",
    )];
    for (name, (columns, messages, line)) in chips {
        let head = [name.to_owned(), columns.to_string(), messages.to_string()];
        lines.push(row(&head, &line.show()));
    }
    let head = ["all", "", ""].map(str::to_owned);
    lines.push(row(&head, &sum.show()));
    lines
}

impl Line {
    fn show(&self) -> String {
        let cells = &self.cells;
        format!(
            "{} {} {} {} {} {} {} {}",
            self.traces,
            self.rows,
            self.height,
            cells.main,
            cells.aux,
            cells.quotient,
            cells.total,
            self.padding
        )
    }
}

/// A line of the table: what a chip is, and its numbers, separated by spaces.
fn row([name, columns, messages]: &[String; 3], numbers: &str) -> String {
    let mut line = format!("{name:<16} {columns:>7} {messages:>8}");
    for (number, width) in numbers
        .split_whitespace()
        .zip([6, 10, 10, 11, 11, 11, 11, 11])
    {
        line.push_str(&format!(" {number:>width$}"));
    }
    line
}
