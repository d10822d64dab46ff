//! The control-flow graph of a region.

use crate::body::Body;
use crate::entities::{Block, Region};
use cranelift_entity::SecondaryMap;

/// Blocks of one region and the edges between them.
#[derive(Clone, Debug)]
pub struct Cfg {
    preds: Lists,
    succs: Lists,
    postorder: Vec<Block>,
    /// Position in `postorder`.
    position: SecondaryMap<Block, Option<u32>>,
    entry: Option<Block>,
}

/// One list of blocks per block, in one vector.
#[derive(Clone, Debug, Default)]
struct Lists {
    /// Start and end in `items`.
    ranges: SecondaryMap<Block, (u32, u32)>,
    items: Vec<Block>,
}

impl Lists {
    fn of(&self, block: Block) -> &[Block] {
        let (start, end) = self.ranges[block];
        &self.items[start as usize..end as usize]
    }
}

impl Cfg {
    /// The graph of a function's own region.
    pub fn new(body: &Body) -> Cfg {
        Cfg::of_region(body, body.root())
    }

    /// The graph of a region. Successors outside the region are left out.
    pub fn of_region(body: &Body, region: Region) -> Cfg {
        let blocks = body.region(region);
        let mut inside = SecondaryMap::<Block, bool>::new();
        for &block in blocks {
            inside[block] = true;
        }
        // The last block with an edge to this one: a branch with two edges to one block is one edge of the graph.
        let mut from = SecondaryMap::<Block, Option<Block>>::new();
        let mut succs = Lists::default();
        let mut preds = Lists::default();
        for &block in blocks {
            let start = succs.items.len() as u32;
            if let Some(&last) = body.block(block).ops.last() {
                for successor in &body.op(last).successors {
                    let to = successor.block;
                    if inside[to] && from[to].replace(block) != Some(block) {
                        succs.items.push(to);
                        preds.ranges[to].1 += 1;
                    }
                }
            }
            succs.ranges[block] = (start, succs.items.len() as u32);
        }
        let mut next = 0;
        for &block in blocks {
            let count = preds.ranges[block].1;
            preds.ranges[block] = (next, next);
            next += count;
        }
        preds.items = succs.items.clone();
        for &block in blocks {
            for &to in succs.of(block) {
                let end = &mut preds.ranges[to].1;
                preds.items[*end as usize] = block;
                *end += 1;
            }
        }
        let mut cfg = Cfg {
            preds,
            succs,
            postorder: Vec::with_capacity(blocks.len()),
            position: SecondaryMap::new(),
            entry: blocks.first().copied(),
        };
        cfg.order();
        cfg
    }

    /// Depth-first search, the last successor first, so that the first comes first in reverse postorder.
    fn order(&mut self) {
        let Some(entry) = self.entry else { return };
        let mut seen = SecondaryMap::<Block, bool>::new();
        seen[entry] = true;
        let mut stack = vec![(entry, self.succs.of(entry).len())];
        while let Some((block, left)) = stack.last_mut() {
            let block = *block;
            if *left > 0 {
                *left -= 1;
                let to = self.succs.of(block)[*left];
                if !std::mem::replace(&mut seen[to], true) {
                    stack.push((to, self.succs.of(to).len()));
                }
                continue;
            }
            self.position[block] = Some(self.postorder.len() as u32);
            self.postorder.push(block);
            stack.pop();
        }
    }

    /// The first block; `None` for an empty region.
    pub fn entry(&self) -> Option<Block> {
        self.entry
    }

    /// Blocks with an edge to `block`, each once, in order of creation of the region's blocks; unreachable ones included.
    pub fn preds(&self, block: Block) -> &[Block] {
        self.preds.of(block)
    }

    /// Blocks that `block` has an edge to, each once, in order of its successors.
    pub fn succs(&self, block: Block) -> &[Block] {
        self.succs.of(block)
    }

    /// Reachable blocks, each after the blocks that a depth-first search found from it.
    pub fn postorder(&self) -> &[Block] {
        &self.postorder
    }

    /// Reachable blocks from the entry on; along edges except those that close loops.
    pub fn reverse_postorder(
        &self,
    ) -> impl DoubleEndedIterator<Item = Block> + ExactSizeIterator + '_ {
        self.postorder.iter().rev().copied()
    }

    /// Place in the reverse postorder, from 0; `None` for unreachable blocks.
    pub fn rpo_number(&self, block: Block) -> Option<u32> {
        self.position[block].map(|p| self.postorder.len() as u32 - 1 - p)
    }

    /// Whether the entry reaches `block`.
    pub fn is_reachable(&self, block: Block) -> bool {
        self.position[block].is_some()
    }
}
