//! The dominator tree of a region.
//!
//! Immediate dominators are found by the semi-NCA algorithm (Georgiadis, Linear-Time Algorithms for Dominators and Related
//! Problems, 2005, section 2.3), which stays near linear where iteration to a fixed point is quadratic: on long chains of
//! blocks that end in one place. A walk over the tree numbers the blocks, so that "does a dominate b" is two comparisons.

use super::cfg::Cfg;
use crate::entities::Block;
use cranelift_entity::SecondaryMap;

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
        let (order, idoms) = immediate(cfg, entry);
        for (&block, &idom) in order.iter().zip(&idoms).skip(1) {
            dominators.idom[block] = Some(order[idom as usize]);
        }
        for block in cfg.reverse_postorder() {
            if let Some(parent) = dominators.idom[block] {
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

    /// Place of a block in [`Dominators::preorder`]; `None` for unreachable blocks.
    pub fn preorder_number(&self, block: Block) -> Option<u32> {
        self.range[block].map(|(first, _)| first)
    }

    /// Reachable blocks, each before those it dominates.
    pub fn preorder(&self) -> &[Block] {
        &self.preorder
    }
}

/// The reachable blocks in preorder of a depth-first search and, by number in it, their immediate dominators; the entry's
/// is itself.
fn immediate(cfg: &Cfg, entry: Block) -> (Vec<Block>, Vec<u32>) {
    let mut order = Vec::with_capacity(cfg.postorder().len());
    let mut parent = Vec::with_capacity(cfg.postorder().len());
    let mut number = SecondaryMap::<Block, Option<u32>>::new();
    let mut stack = vec![(entry, 0)];
    while let Some((block, from)) = stack.pop() {
        if number[block].is_some() {
            continue;
        }
        let n = order.len() as u32;
        number[block] = Some(n);
        order.push(block);
        parent.push(from);
        stack.extend(cfg.succs(block).iter().map(|&to| (to, n)));
    }
    let mut forest = Forest {
        ancestor: parent.clone(),
        label: (0..order.len() as u32).collect(),
        semi: (0..order.len() as u32).collect(),
    };
    for v in (1..order.len() as u32).rev() {
        let mut semi = parent[v as usize];
        for &pred in cfg.preds(order[v as usize]) {
            if let Some(u) = number[pred] {
                semi = semi.min(forest.least(u, v));
            }
        }
        forest.semi[v as usize] = semi;
    }
    let mut idom = parent;
    for v in 1..order.len() {
        let mut at = idom[v];
        while at > forest.semi[v] {
            at = idom[at as usize];
        }
        idom[v] = at;
    }
    (order, idom)
}

/// Semidominators of the blocks done so far, with the paths to ask for the least of them.
struct Forest {
    ancestor: Vec<u32>,
    /// The vertex of least semidominator on the compressed path.
    label: Vec<u32>,
    semi: Vec<u32>,
}

impl Forest {
    /// The least semidominator on the tree path from `u` up to, and without, the first vertex not done: those up to `done`
    /// are not. A vertex not done is its own.
    fn least(&mut self, u: u32, done: u32) -> u32 {
        if u <= done {
            return u;
        }
        // The path whose ends are still to be joined, from `u` upwards.
        let mut path = vec![u];
        let mut top = self.ancestor[u as usize];
        while top > done {
            path.push(top);
            top = self.ancestor[top as usize];
        }
        let mut above = path.pop().expect("the path starts with `u`");
        while let Some(vertex) = path.pop() {
            let (v, a) = (vertex as usize, above as usize);
            if self.semi[self.label[a] as usize] < self.semi[self.label[v] as usize] {
                self.label[v] = self.label[a];
            }
            self.ancestor[v] = self.ancestor[a];
            above = vertex;
        }
        self.semi[self.label[u as usize] as usize]
    }
}
