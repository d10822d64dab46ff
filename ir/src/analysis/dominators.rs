//! The dominator tree of a region.
//!
//! petgraph computes immediate dominators; a walk over their tree numbers the blocks, so that "does a dominate b" is two
//! comparisons.

use super::cfg::Cfg;
use crate::entities::Block;
use cranelift_entity::SecondaryMap;
use petgraph::algo::dominators::simple_fast;

/// Who dominates whom.
#[derive(Clone, Debug)]
pub struct Dominators {
    idom: SecondaryMap<Block, Option<Block>>,
    children: SecondaryMap<Block, Vec<Block>>,
    /// Number at first visit, and the largest number below, of a preorder walk of the tree.
    range: SecondaryMap<Block, Option<(u32, u32)>>,
    preorder: Vec<Block>,
}

impl Dominators {
    /// The dominator tree of the graph's reachable blocks.
    pub fn new(cfg: &Cfg) -> Dominators {
        let mut dominators = Dominators {
            idom: SecondaryMap::new(),
            children: SecondaryMap::new(),
            range: SecondaryMap::new(),
            preorder: Vec::with_capacity(cfg.postorder().len()),
        };
        let Some(entry) = cfg.entry() else {
            return dominators;
        };
        let root = cfg.node(entry).expect("the entry is a node");
        let tree = simple_fast(cfg.graph(), root);
        for block in cfg.reverse_postorder() {
            let node = cfg.node(block).expect("a reachable block is a node");
            if let Some(parent) = tree.immediate_dominator(node) {
                let parent = cfg.graph()[parent];
                dominators.idom[block] = Some(parent);
                dominators.children[parent].push(block);
            }
        }
        dominators.number(entry);
        dominators
    }

    fn number(&mut self, entry: Block) {
        let mut stack = vec![(entry, 0)];
        while let Some((block, next)) = stack.last_mut() {
            let block = *block;
            if *next == 0 {
                let number = self.preorder.len() as u32;
                self.range[block] = Some((number, number));
                self.preorder.push(block);
            }
            if let Some(&child) = self.children[block].get(*next) {
                *next += 1;
                stack.push((child, 0));
                continue;
            }
            if let Some((_, last)) = &mut self.range[block] {
                *last = self.preorder.len() as u32 - 1;
            }
            stack.pop();
        }
    }

    /// The closest other block that every path to `block` goes through; `None` for the entry and unreachable blocks.
    pub fn idom(&self, block: Block) -> Option<Block> {
        self.idom[block]
    }

    /// Blocks whose immediate dominator is `block`, in reverse postorder.
    pub fn children(&self, block: Block) -> &[Block] {
        &self.children[block]
    }

    /// Whether every path from the entry to `b` goes through `a`; every block dominates itself. False where either is
    /// unreachable.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        match (self.range[a], self.range[b]) {
            (Some((first, last)), Some((number, _))) => first <= number && number <= last,
            _ => false,
        }
    }

    /// Reachable blocks, each before those it dominates.
    pub fn preorder(&self) -> &[Block] {
        &self.preorder
    }
}
