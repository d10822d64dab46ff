//! Natural loops and how deep blocks lie in them.
//!
//! A loop is a header and all blocks that reach an edge back to the header without passing it. An edge back into a cycle
//! whose target does not dominate its source makes no loop; structured WASM has no such edges.

use super::cfg::Cfg;
use super::dominators::Dominators;
use crate::entities::Block;
use cranelift_entity::SecondaryMap;

/// One natural loop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loop {
    /// The block through which the loop is entered.
    pub header: Block,
    /// Sources of the edges back to the header.
    pub latches: Vec<Block>,
    /// All blocks of the loop, inner loops included, in reverse postorder; the header first.
    pub blocks: Vec<Block>,
    /// Index of the smallest loop around this one.
    pub parent: Option<usize>,
    /// Number of loops around it and itself: 1 for an outermost loop.
    pub depth: u32,
}

/// All natural loops of a region.
#[derive(Clone, Debug)]
pub struct Loops {
    loops: Vec<Loop>,
    innermost: SecondaryMap<Block, Option<u32>>,
}

impl Loops {
    /// Finds the loops.
    pub fn new(cfg: &Cfg, dominators: &Dominators) -> Loops {
        let mut found = Loops {
            loops: Vec::new(),
            innermost: SecondaryMap::new(),
        };
        // Outer headers come first in reverse postorder, so every loop finds its parent already there, and `innermost`
        // of a block is overwritten by ever smaller loops.
        // The last header whose loop a block was put into; headers differ, so no clearing between loops.
        let mut inside = SecondaryMap::<Block, Option<Block>>::new();
        for header in cfg.reverse_postorder() {
            let latches: Vec<Block> = cfg
                .preds(header)
                .iter()
                .copied()
                .filter(|&p| dominators.dominates(header, p))
                .collect();
            if latches.is_empty() {
                continue;
            }
            let mut blocks = vec![header];
            inside[header] = Some(header);
            let mut work = latches.clone();
            while let Some(block) = work.pop() {
                if inside[block].replace(header) != Some(header) {
                    blocks.push(block);
                    work.extend(
                        cfg.preds(block)
                            .iter()
                            .copied()
                            .filter(|&p| cfg.is_reachable(p)),
                    );
                }
            }
            blocks.sort_by_key(|&b| cfg.rpo_number(b));
            let parent = found.innermost[header].map(|p| p as usize);
            let depth = parent.map_or(0, |p| found.loops[p].depth) + 1;
            for &block in &blocks {
                found.innermost[block] = Some(found.loops.len() as u32);
            }
            found.loops.push(Loop {
                header,
                latches,
                blocks,
                parent,
                depth,
            });
        }
        found
    }

    /// Every loop, outer ones before their inner ones.
    pub fn loops(&self) -> &[Loop] {
        &self.loops
    }

    /// Index of the smallest loop that holds `block`.
    pub fn innermost(&self, block: Block) -> Option<usize> {
        self.innermost[block].map(|i| i as usize)
    }

    /// Number of loops that hold `block`.
    pub fn depth(&self, block: Block) -> u32 {
        self.innermost(block).map_or(0, |i| self.loops[i].depth)
    }

    /// Whether `block` is a loop's header.
    pub fn is_header(&self, block: Block) -> bool {
        self.innermost(block)
            .is_some_and(|i| self.loops[i].header == block)
    }
}
