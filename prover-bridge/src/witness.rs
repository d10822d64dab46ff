//! From executed steps to the traces of all chips.
//!
//! Steps come one by one and are kept in a block; a full block is turned into rows in parallel and forgotten, so a run is
//! never held as steps and as rows at once. Lookups are counted while a row is still in cache, by evaluating the lookup's
//! linear forms on it: no chip tells its counts, so counts and constraints cannot disagree.

mod counts;
pub(crate) mod lookups;
mod words;

use crate::MIN_ROWS;
use crate::backend::{Compiled, F, Table};
use crate::builder::Bus;
use crate::instruction::{InstructionChip, ORDER};
use crate::key::ProvingKey;
use crate::memory::{Growth, Refresh};
use crate::public::Statement;
use counts::Counts;
use lookups::Lookups;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::Matrix;
use rayon::prelude::*;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use words::Words;
use zkc_isa::{Program, SLOT_PAGES, STATIC_BASE, Step, ZkOp};

/// Steps turned into rows at once.
const BLOCK: usize = 1 << 16;
/// Rows one task fills.
const TASK: usize = 512;

/// The trace of one chip.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The chip's number in the catalog.
    pub(crate) id: usize,
    /// Rows that are not padding.
    pub(crate) rows: usize,
    /// The trace, of power-of-two height.
    pub(crate) table: Table,
}

/// Collects the steps of a run.
pub(crate) struct Collector<'a> {
    key: &'a ProvingKey,
    /// Which fused lines have rows of their own.
    lines: Vec<bool>,
    pages: u32,
    block: Vec<Step>,
    traces: Vec<Vec<F>>,
    counts: Vec<Mutex<Counts>>,
    words: Words,
    refreshes: Vec<Refresh>,
    growths: Vec<Growth>,
    steps: u64,
    /// Program counter, clock and frame after the last step.
    last: [u32; 3],
    fault: Option<String>,
    busy: Duration,
}

impl<'a> Collector<'a> {
    /// An empty collector for a run of the key's program, in which these of its fused lines have rows.
    pub(crate) fn new(key: &'a ProvingKey, program: &Program, lines: Vec<bool>) -> Collector<'a> {
        let threads = rayon::current_num_threads().max(1);
        Collector {
            key,
            lines,
            pages: program.pages,
            block: Vec::with_capacity(BLOCK),
            traces: vec![Vec::new(); key.catalog.instructions],
            counts: (0..=threads)
                .map(|_| Mutex::new(Counts::new(&key.rom_pcs)))
                .collect(),
            words: Words::new(&key.words),
            refreshes: Vec::new(),
            growths: Vec::new(),
            steps: 0,
            last: [0, zkc_isa::FIRST_CLOCK, zkc_isa::STACK_BASE],
            fault: None,
            busy: Duration::ZERO,
        }
    }

    /// Takes one step.
    pub(crate) fn step(&mut self, step: &Step) {
        self.block.push(*step);
        if self.block.len() == BLOCK {
            self.flush();
        }
    }

    /// Number of steps taken so far.
    pub(crate) fn steps(&self) -> u64 {
        self.steps + self.block.len() as u64
    }

    /// Time spent turning steps into rows.
    pub(crate) fn busy(&self) -> Duration {
        self.busy
    }

    fn flush(&mut self) {
        let start = Instant::now();
        let mut block = std::mem::take(&mut self.block);
        if self.fault.is_none() {
            self.fault = self.date(&mut block).err();
        }
        if self.fault.is_none() {
            self.fill(&block);
        }
        self.steps += block.len() as u64;
        if let Some(step) = block.last() {
            self.last = [step.next_pc, step.clock + zkc_isa::TICKS, step.next_fp];
        }
        block.clear();
        self.block = block;
        self.busy += start.elapsed();
    }

    /// Follows every access through memory: dates it by the last access to its word, and re-dates words that waited too long.
    fn date(&mut self, block: &mut [Step]) -> Result<(), String> {
        for step in block {
            for i in 0..usize::from(step.len) {
                let time = step.time(i);
                let access = &mut step.accesses[i];
                let fresh = |growths: &[Growth]| first_time(access.addr, self.pages, growths);
                let last = self
                    .words
                    .touch(access.addr, || fresh(&self.growths))
                    .ok_or_else(|| {
                        format!(
                            "pc {}: access to word {:#x}, which does not exist",
                            step.pc, access.addr
                        )
                    })?;
                if last.value != access.old || last.time >= time {
                    return Err(format!(
                        "pc {}: access {i} does not follow from the one before",
                        step.pc
                    ));
                }
                access.prev_ts = last.time;
                if time - last.time > 1 << 16 {
                    let new = time - 1;
                    self.refreshes.push(Refresh {
                        address: access.addr,
                        old: last.time,
                        new,
                        value: last.value,
                    });
                    access.prev_ts = new;
                }
                (last.time, last.value) = (time, access.new);
            }
            if step.inst.op == ZkOp::Grow {
                let slot = step.accesses[1];
                if slot.addr == STATIC_BASE + SLOT_PAGES && slot.new != slot.old {
                    self.growths.push(Growth {
                        old: slot.old as u32,
                        new: slot.new as u32,
                        time: step.clock + 1,
                    });
                }
            }
        }
        Ok(())
    }

    /// Appends the rows of a block to the traces.
    fn fill(&mut self, block: &[Step]) {
        let set = self.key.set();
        let mut by_chip: Vec<Vec<u32>> = vec![Vec::new(); self.traces.len()];
        let mut at = 0;
        while let Some(step) = block.get(at) {
            let line = (self.key.lines_at(step.pc).iter())
                .map(|&line| usize::from(line))
                .find(|&line| self.lines[line] && set.fused[line].claims(&block[at..]));
            let (chip, steps) = match line {
                Some(line) => (set.single() + line, set.fused[line].len()),
                None => (crate::chips::select(step), 1),
            };
            by_chip[chip].push(at as u32);
            at += steps;
        }
        let mut tasks = Vec::new();
        for (id, (trace, steps)) in self.traces.iter_mut().zip(&by_chip).enumerate() {
            let width = self.key.catalog.chips[id].width();
            let from = trace.len();
            trace.resize(from + steps.len() * width, F::ZERO);
            let rows = trace[from..].chunks_mut(TASK * width);
            tasks.extend(
                rows.zip(steps.chunks(TASK))
                    .map(|(rows, steps)| (id, rows, steps)),
            );
        }
        let counts = &self.counts;
        tasks.into_par_iter().for_each(|(id, rows, steps)| {
            let compiled = &self.key.catalog.chips[id];
            let line = id.checked_sub(set.single()).map(|line| &set.fused[line]);
            let mut scratch = Vec::new();
            let slot = rayon::current_thread_index()
                .map_or(0, |i| 1 + i)
                .min(counts.len() - 1);
            let mut counts = counts[slot].lock().expect("no task panics while it counts");
            let mut cells = vec![0u32; compiled.width()];
            for (row, &step) in rows.chunks_exact_mut(compiled.width()).zip(steps) {
                cells.fill(0);
                let steps = &block[step as usize..];
                match line {
                    Some(line) => line.fill(&steps[..line.len()], &mut cells, &mut scratch),
                    None => crate::chips::row(id).fill(&steps[0], &mut cells),
                }
                put(row, &cells);
                counts.row(compiled, row);
            }
        });
    }

    /// The traces of all chips of the proof, once the run is over.
    pub(crate) fn finish(
        mut self,
        statement: &Statement,
        entry_pc: u32,
        lookups: Lookups,
    ) -> Result<Vec<Part>, String> {
        self.flush();
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let catalog = &self.key.catalog;
        let mut counts = Counts::new(&self.key.rom_pcs);
        for part in self.counts {
            counts.add(part.into_inner().expect("no task panics while it counts"));
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut push = |id: usize, mut cells: Vec<F>| {
            let width = catalog.chips[id].width();
            let rows = cells.len() / width;
            cells.resize(rows.next_power_of_two().max(MIN_ROWS) * width, F::ZERO);
            parts.push(Part {
                id,
                rows,
                table: Table::new(cells, width),
            });
        };
        for (id, mut cells) in self
            .traces
            .into_iter()
            .enumerate()
            .filter(|(_, cells)| !cells.is_empty())
        {
            let width = catalog.chips[id].width();
            for rows in pieces(cells.len() / width) {
                let rest = cells.split_off(rows.min(cells.len() / width) * width);
                push(id, std::mem::replace(&mut cells, rest));
            }
        }

        let refresh = &catalog.chips[catalog.refresh];
        if !self.refreshes.is_empty() {
            push(
                catalog.refresh,
                fill_rows(refresh, &self.refreshes, &mut counts, |r, _, row| {
                    r.fill(row);
                }),
            );
        }
        drop(self.refreshes);

        let words = self
            .words
            .finish(|address| first_time(address, self.pages, &self.growths));
        let memory = &catalog.chips[catalog.memory];
        let pages = self.pages;
        let cells = fill_rows(memory, &words, &mut counts, |w, i, row| {
            w.fill(words.get(i + 1).map(|n| n.address), pages, row);
        });
        push(catalog.memory, cells);
        drop(words);

        let grown = &catalog.chips[catalog.grown];
        let mut cells = Vec::new();
        for growth in &self.growths {
            for page in growth.old..growth.new {
                let count = counts.take(Bus::Grown, &[page, growth.time]);
                if count > 0 {
                    let from = cells.len();
                    cells.resize(from + grown.width(), F::ZERO);
                    growth.fill(page, &mut cells[from..]);
                    counts.row(grown, &cells[from..]);
                    *cells.last_mut().expect("the row was just added") = F::from_u32(count);
                }
            }
        }
        if !cells.is_empty() {
            push(catalog.grown, cells);
        }
        let public = statement.cells(entry_pc, self.last);
        push(catalog.public, public);

        for part in parts.iter_mut().filter(|p| p.id < catalog.instructions) {
            offer(&catalog.chips[part.id], &mut part.table, &mut counts);
        }
        if let Some(miss) = counts.miss() {
            return Err(format!("a lookup has no table entry: {miss}"));
        }
        parts.extend(lookups::parts(self.key, lookups, counts));
        Ok(parts)
    }
}

/// Rows of padding that one more trace of the same chip is worth: its openings cost the verifier, not the prover's cells.
const PIECE: usize = 1 << 12;

/// Heights of the traces into which `rows` rows of an instruction chip go: powers of two whose sum is near `rows`. All but
/// the last are full. Rows of an instruction chip do not know each other, so any division of them is as good.
fn pieces(rows: usize) -> Vec<usize> {
    let whole = rows.next_power_of_two().max(MIN_ROWS);
    let half = whole / 2;
    if rows <= half || whole <= 2 * PIECE {
        return vec![whole];
    }
    let rest = pieces(rows - half);
    let parted: usize = half + rest.iter().sum::<usize>() + rest.len() * PIECE;
    if parted >= whole {
        return vec![whole];
    }
    std::iter::once(half).chain(rest).collect()
}

/// Writes canonical cells as field elements.
fn put(row: &mut [F], cells: &[u32]) {
    for (cell, &x) in row.iter_mut().zip(cells) {
        debug_assert!(x < ORDER, "a cell is a canonical field value");
        *cell = F::from_u32(x);
    }
}

/// The rows of a list of items, counted.
fn fill_rows<T: Sync>(
    chip: &Compiled,
    items: &[T],
    counts: &mut Counts,
    fill: impl Fn(&T, usize, &mut [u32]) + Sync,
) -> Vec<F> {
    let width = chip.width();
    let mut cells = vec![F::ZERO; items.len() * width];
    cells
        .par_chunks_exact_mut(width)
        .zip(items)
        .enumerate()
        .for_each_init(
            || vec![0u32; width],
            |row_cells, (i, (row, item))| {
                row_cells.fill(0);
                fill(item, i, row_cells);
                put(row, row_cells);
            },
        );
    for row in cells.chunks_exact(width) {
        counts.row(chip, row);
    }
    cells
}

/// Fills the count columns of what an instruction chip offers.
fn offer(chip: &Compiled, table: &mut Table, counts: &mut Counts) {
    use crate::backend::tape::Form;
    for i in chip.chip.interactions.iter().filter(|i| i.provides) {
        let fields: Option<Vec<Form>> = i.tuple.iter().map(Form::from_expr).collect();
        let (Some(fields), Some(Form::Column(count))) = (fields, Form::from_expr(&i.multiplicity))
        else {
            continue;
        };
        for r in 0..table.height() {
            let row = table.row_mut(r);
            let tuple: Vec<u32> = fields
                .iter()
                .map(|f| f.on(row).as_canonical_u32())
                .collect();
            row[count] = F::from_u32(counts.take(i.bus, &tuple));
        }
    }
}

/// When the word at an address can first be accessed; `None` if it does not exist.
fn first_time(address: u32, pages: u32, growths: &[Growth]) -> Option<(u32, bool)> {
    use zkc_isa::{MEMORY_WORDS, PAGE_WORDS};
    let page = address / PAGE_WORDS;
    if address >= MEMORY_WORDS || page < pages {
        return (address < 1 << 29).then_some((0, false));
    }
    let at = growths.partition_point(|g| g.new <= page);
    growths
        .get(at)
        .filter(|g| g.old <= page)
        .map(|g| (g.time, true))
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn pieces_are_powers_of_two_that_hold_all_rows() {
        for rows in (1..40_000).chain([100_000, 141_866, 185_026, 226_369, (1 << 20) + 1]) {
            let pieces = pieces(rows);
            let held: usize = pieces.iter().sum();
            assert!(held >= rows && held <= rows.next_power_of_two().max(super::MIN_ROWS));
            assert!(pieces.iter().all(|p| p.is_power_of_two()));
            assert!(pieces.windows(2).all(|w| w[0] > w[1]), "{pieces:?}");
            let full: usize = pieces[..pieces.len() - 1].iter().sum();
            assert!(full < rows, "the last piece of {rows} rows holds some");
        }
        assert_eq!(pieces(226_369), [131_072, 65_536, 32_768]);
        assert_eq!(pieces(141_866), [131_072, 16_384]);
        assert_eq!(pieces(5_000), [8_192]);
    }
}
