//! The tables that close a trace: what was looked up, and how often.
//!
//! Range16, ByteAnd and Bits are served by the fixed table `words`, or by the chips of `few.rs` and their fixed table
//! `small`: by whatever commits to fewer cells, which the counts alone decide.

use super::Part;
use super::counts::Counts;
use crate::backend::{F, Table};
use crate::catalog::Catalog;
use crate::key::ProvingKey;
use crate::{MIN_ROWS, few, tables};
use p3_field::PrimeCharacteristicRing;

/// What serves the lookups of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lookups {
    /// Whatever commits to fewer cells.
    #[default]
    Cheapest,
    /// The table of all words of 16 bits.
    Words,
    /// Tables of what the run looks up.
    Few,
}

/// The table chips with their counts, by rising number.
pub(super) fn parts(key: &ProvingKey, lookups: Lookups, mut counts: Counts) -> Vec<Part> {
    let catalog = &key.catalog;
    let few = few_cells(catalog, &counts);
    let few_cheaper = || {
        let cost = |id: usize, rows| catalog.chips[id].cells().iter().sum::<usize>() * rows;
        let rows = |(id, cells): &(usize, Vec<u32>)| height(cells.len(), width(catalog, *id));
        let sum: usize = few.iter().map(|t| cost(t.0, rows(t))).sum();
        sum + cost(catalog.small, tables::SMALL_ROWS) < cost(catalog.words, tables::WORDS_ROWS)
    };
    let mut parts = Vec::new();
    if lookups == Lookups::Few || lookups == Lookups::Cheapest && few_cheaper() {
        for (id, cells) in few {
            let part = part(catalog, id, cells);
            // Unused rows and entries look up zeros.
            for row in part.table.values.chunks_exact(part.table.width) {
                counts.row(&catalog.chips[id], row);
            }
            parts.push(part);
        }
        let row = |i: usize| {
            let ands = counts.nibble_and.get(i).copied().unwrap_or(0);
            [counts.small_bits[i], ands]
        };
        let cells = (0..tables::SMALL_ROWS).flat_map(row).collect();
        parts.push(part(catalog, catalog.small, cells));
    } else {
        let row = |i: usize| {
            [
                counts.range16[i],
                counts.byte_and[i],
                counts.bits[i],
                counts.bits16[i],
            ]
        };
        let cells = (0..tables::WORDS_ROWS).flat_map(row).collect();
        parts.push(part(catalog, catalog.words, cells));
    }
    if let Some(id) = catalog.pow2 {
        parts.push(part(catalog, id, counts.pow2));
    }
    let mut program = counts.program;
    program.resize(key.verifying_key().rom_rows(), 0);
    parts.push(part(catalog, catalog.rom, program));
    parts
}

fn width(catalog: &Catalog, id: usize) -> usize {
    catalog.chips[id].width()
}

fn height(cells: usize, width: usize) -> usize {
    cells.div_ceil(width).next_power_of_two().max(MIN_ROWS)
}

fn part(catalog: &Catalog, id: usize, cells: Vec<u32>) -> Part {
    let width = width(catalog, id);
    let rows = cells.len().div_ceil(width);
    let mut values: Vec<F> = cells.iter().copied().map(F::from_u32).collect();
    values.resize(height(cells.len(), width) * width, F::ZERO);
    Part {
        id,
        rows,
        table: Table::new(values, width),
    }
}

/// The used cells of the chips of `few.rs` that have some.
fn few_cells(catalog: &Catalog, counts: &Counts) -> Vec<(usize, Vec<u32>)> {
    let used = |counts: &[u32]| -> Vec<(u32, u32)> {
        let all = (0..).zip(counts.iter().copied());
        all.filter(|&(_, count)| count > 0).collect()
    };
    let ranges = used(&counts.range16)
        .into_iter()
        .flat_map(|(v, count)| few::range_entry(v, count));
    let ands = used(&counts.byte_and)
        .into_iter()
        .flat_map(|(v, count)| few::and_entry(v & 255, v >> 8, count));
    let short = used(&counts.bits).into_iter().map(|(at, count)| {
        let n = (at + 1).ilog2();
        (n, at + 1 - (1 << n), count)
    });
    let long = used(&counts.bits16)
        .into_iter()
        .map(|(v, count)| (16, v, count));
    let bits = short
        .chain(long)
        .flat_map(|(n, v, count)| few::bits_entry(n, v, count));
    [
        (catalog.few_range, ranges.collect::<Vec<u32>>()),
        (catalog.few_and, ands.collect()),
        (catalog.few_bits, bits.collect()),
    ]
    .into_iter()
    .filter(|(_, cells)| !cells.is_empty())
    .collect()
}
