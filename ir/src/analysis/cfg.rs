//! The control-flow graph of a region.

use crate::body::Body;
use crate::entities::{Block, Region};
use cranelift_entity::SecondaryMap;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::DfsPostOrder;

/// Blocks of one region and the edges between them.
#[derive(Clone, Debug)]
pub struct Cfg {
    graph: DiGraph<Block, ()>,
    nodes: SecondaryMap<Block, Option<NodeIndex>>,
    preds: SecondaryMap<Block, Vec<Block>>,
    succs: SecondaryMap<Block, Vec<Block>>,
    postorder: Vec<Block>,
    /// Position in `postorder`.
    position: SecondaryMap<Block, Option<u32>>,
    entry: Option<Block>,
}

impl Cfg {
    /// The graph of a function's own region.
    pub fn new(body: &Body) -> Cfg {
        Cfg::of_region(body, body.root())
    }

    /// The graph of a region. Successors outside the region are left out.
    pub fn of_region(body: &Body, region: Region) -> Cfg {
        let blocks = body.region(region);
        let mut cfg = Cfg {
            graph: DiGraph::with_capacity(blocks.len(), blocks.len()),
            nodes: SecondaryMap::new(),
            preds: SecondaryMap::new(),
            succs: SecondaryMap::new(),
            postorder: Vec::with_capacity(blocks.len()),
            position: SecondaryMap::new(),
            entry: blocks.first().copied(),
        };
        for &block in blocks {
            cfg.nodes[block] = Some(cfg.graph.add_node(block));
        }
        for &block in blocks {
            let Some(&last) = body.block(block).ops.last() else {
                continue;
            };
            for successor in &body.op(last).successors {
                let to = successor.block;
                // A branch with two edges to one block is one edge of the graph.
                if cfg.nodes[to].is_some() && cfg.preds[to].last() != Some(&block) {
                    cfg.succs[block].push(to);
                    cfg.preds[to].push(block);
                }
            }
        }
        for &block in blocks {
            // petgraph lists the edge added last first; so the first successor comes first in reverse postorder.
            for &to in cfg.succs[block].iter().rev() {
                let (from, to) = (
                    cfg.nodes[block].expect("a node per block"),
                    cfg.nodes[to].expect("a node per block"),
                );
                cfg.graph.add_edge(from, to, ());
            }
        }
        if let Some(entry) = cfg.entry {
            let mut dfs =
                DfsPostOrder::new(&cfg.graph, cfg.nodes[entry].expect("a node per block"));
            while let Some(node) = dfs.next(&cfg.graph) {
                let block = cfg.graph[node];
                cfg.position[block] = Some(cfg.postorder.len() as u32);
                cfg.postorder.push(block);
            }
        }
        cfg
    }

    /// The first block; `None` for an empty region.
    pub fn entry(&self) -> Option<Block> {
        self.entry
    }

    /// Blocks with an edge to `block`, each once, in order of creation of the region's blocks; unreachable ones included.
    pub fn preds(&self, block: Block) -> &[Block] {
        &self.preds[block]
    }

    /// Blocks that `block` has an edge to, each once, in order of its successors.
    pub fn succs(&self, block: Block) -> &[Block] {
        &self.succs[block]
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

    /// The graph for petgraph's algorithms; node weights are blocks.
    pub fn graph(&self) -> &DiGraph<Block, ()> {
        &self.graph
    }

    /// The node of a block; `None` for blocks of other regions.
    pub fn node(&self, block: Block) -> Option<NodeIndex> {
        self.nodes[block]
    }
}
