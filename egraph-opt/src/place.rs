//! Where ops go: at the latest common point of the uses that one op of the source served, and up to where they run less often.
//!
//! Uses that the source computed apart stay apart, so that no path pays for what another needs.

use crate::extract::{Choices, Classes, Flow, Form};
use crate::select::Selection;
use std::collections::BTreeMap;
use zkc_ir::Block;

/// Blocks in which each needed class's op stands.
pub(crate) fn place(
    classes: &Classes,
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
        // Equal constants are one op long before: that they were is no reason to wait for the last use together.
        let originals = match candidate.form {
            Form::Const(_) => &[],
            Form::Leaf(_) | Form::Op(..) => originals[class as usize].as_slice(),
        };
        let placed = place_one(flow, choice.home.block, &blocks, originals);
        for &arg in &candidate.args {
            uses[arg as usize].extend(&placed);
        }
        placements[class as usize] = placed;
    }
    placements
}

fn place_one(flow: &Flow, home: Block, uses: &[Block], originals: &[Block]) -> Vec<Block> {
    // Uses that one op of the source served are served by one op again: the highest that dominates them.
    let originals = highest(flow, originals);
    let mut groups: BTreeMap<Block, Block> = BTreeMap::new();
    let mut placed = Vec::new();
    for &block in uses {
        let block = lift(flow, home, block);
        let after = originals.partition_point(|&o| number(flow, o) <= number(flow, block));
        let served = after.checked_sub(1).map(|i| originals[i]);
        match served.filter(|&o| flow.dominators.dominates(o, block)) {
            Some(original) => {
                let meet = groups
                    .get(&original)
                    .map_or(block, |&other| common(flow, other, block));
                groups.insert(original, meet);
            }
            None => placed.push(block),
        }
    }
    placed.extend(groups.into_values().map(|block| lift(flow, home, block)));
    let mut placed = highest(flow, &placed);
    placed.sort_unstable();
    placed
}

fn number(flow: &Flow, block: Block) -> Option<u32> {
    flow.dominators.preorder_number(block)
}

/// The blocks that no other one of them dominates, each once, in preorder of the dominator tree.
fn highest(flow: &Flow, blocks: &[Block]) -> Vec<Block> {
    let mut blocks = blocks.to_vec();
    blocks.sort_unstable_by_key(|&block| number(flow, block));
    // What a block dominates follows it.
    let mut kept: Vec<Block> = Vec::with_capacity(blocks.len());
    for block in blocks {
        if kept
            .last()
            .is_none_or(|&above| !flow.dominators.dominates(above, block))
        {
            kept.push(block);
        }
    }
    kept
}

/// The block that runs least often on the way up to `home`; the lowest of them.
fn lift(flow: &Flow, home: Block, from: Block) -> Block {
    let mut best = from;
    while let Some(up) = flow.rarer[best]
        && flow.dominators.dominates(home, up)
    {
        best = up;
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
