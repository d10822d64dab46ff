//! Every cell matters: for every chip and every column, a changed cell in an otherwise honest row is noticed.

mod programs;

use std::collections::BTreeMap;
use zkc_isa::Program;
use zkc_prover::testing::{Lookups, Tallies, Trace};
use zkc_prover::{ProvingKey, chip_costs};

/// Rows of a chip that are tried in one run.
const ROWS: usize = 24;

/// Changes cells all over the traces of a run; gives what was not noticed, and the chips seen.
fn walk(
    program: &Program,
    args: &[u64],
    lookups: Lookups,
    seen: &mut BTreeMap<String, usize>,
) -> Vec<String> {
    let key = ProvingKey::new(program).expect("the program is valid");
    let input: Vec<u8> = (1..100).collect();
    let trace =
        Trace::of_run_with(&key, program, "main", args, &input, lookups).expect("the run ends");
    assert_eq!(trace.faults(), [], "the honest trace");
    let mut missed = Vec::new();
    for (chip, (name, rows)) in trace.chips().into_iter().enumerate() {
        let step = rows.div_ceil(ROWS).max(1);
        for row in (0..rows).step_by(step).chain(rows.checked_sub(1)) {
            for (column, title) in trace.columns(chip).iter().enumerate() {
                let old = trace.cell(chip, row, column);
                for new in [
                    old ^ 1,
                    old.wrapping_add(1 << 16) & 0x3fff_ffff,
                    old / 2 + 3,
                    0,
                ] {
                    if new != old && !trace.notices(chip, row, column, new, Tallies::Kept) {
                        missed.push(format!("{name}, row {row}, column {title}: {old} -> {new}"));
                    }
                }
            }
        }
        *seen.entry(name).or_default() += rows;
    }
    missed
}

#[test]
fn every_cell_of_every_fused_line_matters() {
    let mut seen = BTreeMap::new();
    let mut missed = Vec::new();
    let mut lines = 0;
    for longest in [2, 5, 64] {
        let everything = (programs::everything(), [5, 6].as_slice());
        let traps = programs::traps()
            .into_iter()
            .map(|(p, _)| (p, [].as_slice()));
        for (program, args) in std::iter::once(everything).chain(traps) {
            for program in programs::fused(&program, longest) {
                let mut here = BTreeMap::new();
                missed.extend(walk(&program, args, Lookups::Cheapest, &mut here));
                lines += here.keys().filter(|name| name.starts_with("fused")).count();
                seen.append(&mut here);
            }
        }
    }
    assert!(lines > 500, "only {lines} lines were executed");
    assert!(
        missed.is_empty(),
        "{} changes were not noticed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

#[test]
fn every_cell_of_every_chip_matters() {
    let mut seen = BTreeMap::new();
    let mut missed = Vec::new();
    for lookups in [Lookups::Words, Lookups::Few] {
        missed.extend(walk(&programs::everything(), &[5, 6], lookups, &mut seen));
    }
    for (program, _) in programs::traps() {
        missed.extend(walk(&program, &[], Lookups::Cheapest, &mut seen));
    }
    let absent: Vec<_> = chip_costs()
        .into_iter()
        .map(|c| c.name)
        .filter(|n| !seen.contains_key(n))
        .collect();
    assert!(absent.is_empty(), "no program uses {absent:?}");
    assert!(
        missed.is_empty(),
        "{} changes were not noticed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}
