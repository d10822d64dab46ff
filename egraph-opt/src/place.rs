//! Where ops go: at the latest common point of the uses that one op of the source served, and out of loops.
//!
//! Uses that the source computed apart stay apart, so that no path pays for what another needs.

use crate::extract::{Choices, Classes, Flow, Form};
use crate::select::Selection;
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::Block;

/// Blocks in which each needed class's op stands.
pub(crate) fn place(
    classes: &Classes<'_>,
    flow: &Flow,
    choices: &Choices,
    selection: &Selection,
    originals: &[Vec<Block>],
) -> Vec<Vec<Block>> {
    let mut uses: Vec<Vec<Block>> = vec![Vec::new(); classes.len()];
    for &(class, block) in &selection.uses {
        uses[class as usize].push(block);
    }
    let mut order: Vec<(u32, u32)> = (0..classes.len() as u32)
        .filter(|&class| selection.needed[class as usize])
        .filter_map(|class| choices[class as usize].map(|choice| (choice.rank, class)))
        .collect();
    // Users before what they use.
    order.sort_unstable_by(|a, b| b.cmp(a));
    let mut placements = vec![Vec::new(); classes.len()];
    for (_, class) in order {
        let (Some(choice), Some(candidate)) =
            (choices[class as usize], classes.chosen(choices, class))
        else {
            continue;
        };
        if matches!(candidate.form, Form::Leaf(_)) {
            continue;
        }
        let mut blocks = std::mem::take(&mut uses[class as usize]);
        blocks.sort_unstable();
        blocks.dedup();
        let placed = place_one(flow, choice.home.block, &blocks, &originals[class as usize]);
        for &arg in &candidate.args {
            uses[arg as usize].extend(&placed);
        }
        placements[class as usize] = placed;
    }
    placements
}

fn place_one(flow: &Flow, home: Block, uses: &[Block], originals: &[Block]) -> Vec<Block> {
    // Uses that one op of the source served are served by one op again.
    let mut groups: BTreeMap<Block, Block> = BTreeMap::new();
    let mut placed = BTreeSet::new();
    for &block in uses {
        let block = lift(flow, home, block);
        let served = originals
            .iter()
            .copied()
            .filter(|&o| flow.dominators.dominates(o, block));
        match served.reduce(|a, b| {
            if flow.dominators.dominates(b, a) {
                b
            } else {
                a
            }
        }) {
            Some(original) => {
                let meet = groups
                    .get(&original)
                    .map_or(block, |&other| common(flow, other, block));
                groups.insert(original, meet);
            }
            None => {
                placed.insert(block);
            }
        }
    }
    placed.extend(groups.into_values().map(|block| lift(flow, home, block)));
    let all: Vec<Block> = placed.iter().copied().collect();
    placed.retain(|&b| {
        !all.iter()
            .any(|&a| a != b && flow.dominators.dominates(a, b))
    });
    placed.into_iter().collect()
}

/// The block in the fewest loops on the way up to `home`; the lowest of them.
fn lift(flow: &Flow, home: Block, from: Block) -> Block {
    let mut best = from;
    let mut block = from;
    while block != home && flow.loops.depth(best) > 0 {
        let Some(up) = flow.dominators.idom(block) else {
            break;
        };
        block = up;
        if flow.loops.depth(block) < flow.loops.depth(best) {
            best = block;
        }
    }
    best
}

/// The closest block that dominates both.
fn common(flow: &Flow, mut a: Block, b: Block) -> Block {
    while !flow.dominators.dominates(a, b) {
        match flow.dominators.idom(a) {
            Some(up) => a = up,
            None => break,
        }
    }
    a
}
