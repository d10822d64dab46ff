//! The control flow graph that code is made for: blocks, and edges that need a block of their own, in layout order.
//!
//! Every edge out of a block with several successors that carries arguments, or leads to a block with several
//! predecessors, gets a node where its moves stand; the peephole removes those that stay empty. The order is a reverse
//! postorder in which loops are contiguous: of two successors, the one in the deeper loop comes next.

use crate::BackendError;
use crate::live::{Live, zk_op};
use std::collections::BTreeMap;
use zkc_ir::{Block, Body, EntityRef, Value};
use zkc_isa::ZkOp;

/// What a node stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NodeKind {
    /// The way into a function whose first block is also branched to.
    Entry,
    /// A block.
    Block(Block),
    /// Successor `number` of a block's terminator.
    Edge(Block, u32),
}

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// What it stands for.
    pub(crate) kind: NodeKind,
    /// Its different successors.
    pub(crate) succs: Vec<u32>,
    /// Its predecessors.
    pub(crate) preds: Vec<u32>,
    /// Number of loops around it.
    pub(crate) depth: u32,
}

/// How a block ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// No successor, or one.
    Plain,
    /// Two successors, by the branch's own condition.
    Branch,
    /// Two successors: the first if the index is zero.
    ZeroBranch,
    /// Entry `i` of the table is the number of the successor for index `i`.
    Table(Vec<u32>),
}

/// The graph.
pub(crate) struct Flow {
    /// Nodes in layout order, the entry first.
    pub(crate) nodes: Vec<Node>,
    /// By block: how it ends.
    ends: BTreeMap<Block, End>,
    /// By block: for each successor of its node, the numbers of the successors of its terminator that are that one.
    distinct: BTreeMap<Block, Vec<Vec<u32>>>,
}

impl Flow {
    /// Builds and orders the graph.
    pub(crate) fn compute(body: &Body, live: &Live) -> Result<Flow, BackendError> {
        let mut flow = Flow {
            nodes: Vec::new(),
            ends: BTreeMap::new(),
            distinct: BTreeMap::new(),
        };
        let mut kinds = Vec::new();
        let mut node_of = vec![u32::MAX; body.num_blocks()];
        if !live.incoming(body.entry()).is_empty() {
            kinds.push(NodeKind::Entry);
        }
        for &block in live.reachable() {
            flow.unite(body, live, block);
            node_of[block.index()] = kinds.len() as u32;
            kinds.push(NodeKind::Block(block));
        }
        let mut pred_count = vec![0u32; body.num_blocks()];
        for (&block, distinct) in &flow.distinct {
            for numbers in distinct {
                pred_count[target(body, block, numbers[0]).index()] += 1;
            }
        }
        let mut succs: Vec<Vec<u32>> = Vec::new();
        for at in 0..kinds.len() {
            let NodeKind::Block(block) = kinds[at] else {
                succs.push(vec![node_of[body.entry().index()]]);
                pred_count[body.entry().index()] += 1;
                continue;
            };
            succs.push(Vec::new());
            let distinct = &flow.distinct[&block];
            for numbers in distinct {
                let number = numbers[0];
                let to = target(body, block, number);
                let carries = body.block(to).params.iter().any(|&p| live.param(p));
                let split = distinct.len() > 1
                    && (carries || pred_count[to.index()] > 1 || to == body.entry());
                if split {
                    succs[at].push(kinds.len() as u32);
                    kinds.push(NodeKind::Edge(block, number));
                } else {
                    succs[at].push(node_of[to.index()]);
                }
            }
        }
        for kind in &kinds[succs.len()..] {
            let NodeKind::Edge(block, number) = *kind else {
                return Err(BackendError::Malformed(
                    "only edges come after the blocks".to_owned(),
                ));
            };
            succs.push(vec![node_of[target(body, block, number).index()]]);
        }
        flow.order(kinds, succs);
        Ok(flow)
    }

    /// How a block ends.
    pub(crate) fn end(&self, block: Block) -> &End {
        &self.ends[&block]
    }

    /// For each successor of a block's node, the numbers of the terminator's successors that are that one.
    pub(crate) fn ways(&self, block: Block) -> &[Vec<u32>] {
        &self.distinct[&block]
    }

    /// Arguments and target of successor `at` of node `node`; no arguments if the successor is an edge's node.
    pub(crate) fn edge<'a>(
        &self,
        body: &'a Body,
        node: u32,
        at: usize,
    ) -> (&'a [Value], Option<Block>) {
        let data = &self.nodes[node as usize];
        let (block, number) = match data.kind {
            NodeKind::Entry => return (&body.block(body.entry()).params, Some(body.entry())),
            NodeKind::Edge(block, number) => (block, number),
            NodeKind::Block(block) => {
                if matches!(self.nodes[data.succs[at] as usize].kind, NodeKind::Edge(..)) {
                    return (&[], None);
                }
                (block, self.distinct[&block][at][0])
            }
        };
        let terminator = body
            .terminator(block)
            .expect("`Live` has checked that blocks end in terminators");
        let successor = &body.op(terminator).successors[number as usize];
        (&successor.args, Some(successor.block))
    }

    /// Finds the different successors of a block and how it chooses among them.
    fn unite(&mut self, body: &Body, live: &Live, block: Block) {
        let terminator = body
            .terminator(block)
            .expect("`Live` has checked that blocks end in terminators");
        let data = body.op(terminator);
        let mut known: BTreeMap<(Block, Vec<Value>), u32> = BTreeMap::new();
        let mut distinct: Vec<Vec<u32>> = Vec::new();
        let mut table = Vec::with_capacity(data.successors.len());
        for (number, successor) in data.successors.iter().enumerate() {
            let args = successor.args.iter().map(|&v| live.resolve(v)).collect();
            let at = *known.entry((successor.block, args)).or_insert_with(|| {
                distinct.push(Vec::new());
                distinct.len() as u32 - 1
            });
            distinct[at as usize].push(number as u32);
            table.push(at);
        }
        let end = match zk_op(data.opcode) {
            _ if distinct.len() < 2 => End::Plain,
            Some(ZkOp::Brt) if table.len() == 2 => End::ZeroBranch,
            Some(ZkOp::Brt) => End::Table(table),
            _ => End::Branch,
        };
        self.ends.insert(block, end);
        self.distinct.insert(block, distinct);
    }

    fn order(&mut self, kinds: Vec<NodeKind>, succs: Vec<Vec<u32>>) {
        let depth = loop_depths(&succs);
        let mut visited = vec![false; kinds.len()];
        // How far each node was from the entry when it was found.
        let mut distance = vec![0usize; kinds.len()];
        let mut postorder = Vec::with_capacity(kinds.len());
        // Successors are visited in the order in which they are to stand behind the node, the last one next to it.
        let visit_order = |node: u32| {
            let mut list = succs[node as usize].clone();
            list.sort_by_key(|&s| depth[s as usize]);
            list
        };
        visited[0] = true;
        let mut stack = vec![(0u32, visit_order(0), 0usize)];
        while let Some((node, list, next)) = stack.last_mut() {
            let Some(&succ) = list.get(*next) else {
                postorder.push(*node);
                stack.pop();
                continue;
            };
            *next += 1;
            if !std::mem::replace(&mut visited[succ as usize], true) {
                distance[succ as usize] = stack.len();
                stack.push((succ, visit_order(succ), 0));
            }
        }
        postorder.reverse();
        let mut place = vec![0u32; kinds.len()];
        for (at, &node) in postorder.iter().enumerate() {
            place[node as usize] = at as u32;
        }
        self.nodes = postorder
            .iter()
            .map(|&node| Node {
                kind: kinds[node as usize],
                succs: succs[node as usize]
                    .iter()
                    .map(|&s| place[s as usize])
                    .collect(),
                preds: Vec::new(),
                depth: depth[node as usize],
            })
            .collect();
        for node in 0..self.nodes.len() {
            for at in 0..self.nodes[node].succs.len() {
                let succ = self.nodes[node].succs[at];
                self.nodes[succ as usize].preds.push(node as u32);
            }
        }
        // The farthest first: regalloc2 intersects the dominators of predecessors in turn, and from a near one on it would walk up
        // from each far one.
        for node in &mut self.nodes {
            let far = |&pred: &u32| std::cmp::Reverse(distance[postorder[pred as usize] as usize]);
            node.preds.sort_by_key(far);
        }
    }
}

fn target(body: &Body, block: Block, number: u32) -> Block {
    let terminator = body
        .terminator(block)
        .expect("`Live` has checked that blocks end in terminators");
    body.op(terminator).successors[number as usize].block
}

/// Number of loops around each node (Havlak's nesting, near linear; parts of irreducible loops may be missed).
fn loop_depths(succs: &[Vec<u32>]) -> Vec<u32> {
    let count = succs.len();
    let mut preds: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (node, list) in succs.iter().enumerate() {
        for &succ in list {
            preds[succ as usize].push(node as u32);
        }
    }
    // Depth-first numbering: `first[n]..=last[n]` are the numbers of the nodes below n in the tree.
    let mut first = vec![u32::MAX; count];
    let mut last = vec![0u32; count];
    let mut preorder = vec![0u32];
    first[0] = 0;
    let mut stack = vec![(0u32, 0usize)];
    while let Some((node, next)) = stack.last_mut() {
        let Some(&succ) = succs[*node as usize].get(*next) else {
            last[*node as usize] = preorder.len() as u32 - 1;
            stack.pop();
            continue;
        };
        *next += 1;
        if first[succ as usize] == u32::MAX {
            first[succ as usize] = preorder.len() as u32;
            preorder.push(succ);
            stack.push((succ, 0));
        }
    }
    let above = |a: u32, b: u32| {
        first[a as usize] <= first[b as usize] && first[b as usize] <= last[a as usize]
    };

    let mut leader: Vec<u32> = (0..count as u32).collect();
    let mut parent = vec![u32::MAX; count];
    let mut is_header = vec![false; count];
    let mut mark = vec![u32::MAX; count];
    for &header in preorder.iter().rev() {
        let mut body = Vec::new();
        for &pred in &preds[header as usize] {
            if above(header, pred) {
                is_header[header as usize] = true;
                add_to_loop(header, find(&mut leader, pred), &mut mark, &mut body);
            }
        }
        let mut at = 0;
        while at < body.len() {
            let node = body[at];
            at += 1;
            for &pred in &preds[node as usize] {
                if above(node, pred) {
                    continue;
                }
                let pred = find(&mut leader, pred);
                if above(header, pred) {
                    add_to_loop(header, pred, &mut mark, &mut body);
                }
            }
        }
        for &node in &body {
            parent[node as usize] = header;
            leader[node as usize] = header;
        }
    }
    let mut depth = vec![0u32; count];
    for &node in &preorder {
        let outer = parent[node as usize];
        let around = if outer == u32::MAX {
            0
        } else {
            depth[outer as usize]
        };
        depth[node as usize] = around + u32::from(is_header[node as usize]);
    }
    depth
}

fn add_to_loop(header: u32, node: u32, mark: &mut [u32], body: &mut Vec<u32>) {
    if node != header && mark[node as usize] != header {
        mark[node as usize] = header;
        body.push(node);
    }
}

fn find(leader: &mut [u32], node: u32) -> u32 {
    let mut root = node;
    while leader[root as usize] != root {
        root = leader[root as usize];
    }
    let mut node = node;
    while leader[node as usize] != root {
        node = std::mem::replace(&mut leader[node as usize], root);
    }
    root
}
