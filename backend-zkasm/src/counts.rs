//! Which instructions of a function are which block's: from counts of instructions to counts of blocks, and from those to the
//! cost of a run.
//!
//! Laying out code drops blocks that only jump, copies short ones and puts moves on edges. The map keeps what that did, so
//! that blocks counted in one build of a function predict what another build of it executes.

use crate::CompiledFunc;
use crate::flow::{Flow, NodeKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zkc_ir::{Block, Body};
use zkc_isa::{CostModel, Form, StepCounts};

/// How often a block of a body ran.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockCount {
    /// Times it was entered.
    pub runs: u64,
    /// By successor of its terminator: times it went there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<u64>,
    /// Rows of each of its block moves (`copy`, `fill`), which repeat themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<u64>,
}

/// What a node of the code is of the body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum CodeNode {
    /// The way into a function whose first block is also branched to.
    Entry,
    /// A block, by its place in the body, and for each successor of the node the numbers of the successors that are that one.
    Block(u32, Vec<Vec<u32>>),
    /// These successors of a block.
    Ways(u32, Vec<u32>),
}

/// How a run of code ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RunEnd {
    /// It goes on behind itself.
    Through,
    /// One instruction that goes elsewhere.
    Leave,
    /// A branch that, if taken, goes to this successor of the node, and else to the other one, perhaps by a jump.
    Branch { taken: usize, jump: bool },
    /// A `brt` and a jump for each successor of the terminator.
    Table,
}

/// Code without a way in but at its start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Run {
    /// Its first instruction.
    pub(crate) first: u32,
    /// The nodes whose code it is, with their numbers of instructions.
    pub(crate) segments: Vec<(u32, u32)>,
    pub(crate) end: RunEnd,
}

impl Run {
    fn len(&self) -> u32 {
        self.segments.iter().map(|s| s.1).sum()
    }

    fn node(&self) -> u32 {
        self.segments[0].0
    }

    /// The node whose terminator ends it.
    fn ender(&self) -> u32 {
        self.segments[self.segments.len() - 1].0
    }
}

/// Which instructions of a function are which block's.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CodeMap {
    pub(crate) nodes: Vec<CodeNode>,
    /// In order of layout.
    pub(crate) runs: Vec<Run>,
}

/// What the nodes of a body's flow are.
pub(crate) fn nodes(body: &Body, flow: &Flow) -> Vec<CodeNode> {
    let places: BTreeMap<Block, u32> = body.region(body.root()).iter().copied().zip(0..).collect();
    let of = |block: &Block| places[block];
    let nodes = flow.nodes.iter().map(|node| match &node.kind {
        NodeKind::Entry => CodeNode::Entry,
        NodeKind::Block(block) => CodeNode::Block(of(block), flow.ways(*block).to_vec()),
        NodeKind::Edge(block, number) => {
            let ways = flow.ways(*block).iter().find(|w| w.contains(number));
            CodeNode::Ways(of(block), ways.cloned().unwrap_or_default())
        }
    });
    nodes.collect()
}

/// Adds what a run of a program says of the blocks of one of its functions.
///
/// `base` is the program counter of the function's first instruction, `calls` how often it was called. `blocks` are those of
/// `body`, in its order, with as many ways as they have successors.
pub fn add_counts(
    func: &CompiledFunc,
    body: &Body,
    counts: &StepCounts,
    (base, calls): (u32, u64),
    blocks: &mut [BlockCount],
) {
    let mut seen = vec![false; blocks.len()];
    for (number, run) in func.map.runs.iter().enumerate() {
        let pc = base + run.first;
        let executed = match func.insts.get(run.first as usize) {
            // The function's first run may have no instruction of its own.
            _ if number == 0 && run.len() == 0 && run.end == RunEnd::Through => calls,
            Some(_) if run.len() > 0 || run.end != RunEnd::Through => counts.executed(pc),
            _ => 0,
        };
        let mut at = run.first;
        for &(node, len) in &run.segments {
            let insts = at..at + len;
            at += len;
            let CodeNode::Block(block, _) = &func.map.nodes[node as usize] else {
                continue;
            };
            let count = &mut blocks[*block as usize];
            seen[*block as usize] = true;
            count.runs += executed;
            let moves = insts.filter(|&i| func.insts[i as usize].op.form() == Form::Blocks);
            for (number, inst) in moves.enumerate() {
                if count.rows.len() <= number {
                    count.rows.push(0);
                }
                count.rows[number] += counts.executed(base + inst);
            }
        }
        let CodeNode::Block(block, ways) = &func.map.nodes[run.ender() as usize] else {
            continue;
        };
        let count = &mut blocks[*block as usize].ways;
        let pc = base + at;
        match run.end {
            RunEnd::Branch { taken, .. } => {
                let target = base + func.insts[at as usize].target;
                let went = counts.went(pc, target);
                count[ways[taken][0] as usize] += went;
                count[ways[1 - taken][0] as usize] += executed.saturating_sub(went);
            }
            RunEnd::Table => {
                let jumps = (1..).zip(count.iter_mut());
                jumps.for_each(|(i, way)| *way += counts.executed(pc + i));
            }
            RunEnd::Through | RunEnd::Leave => {
                if let Some(&way) = ways.first().and_then(|w| w.first()) {
                    count[way as usize] += executed;
                }
            }
        }
    }
    passed_by(body, calls, &seen, blocks);
}

/// Counts blocks without code, which edges pass by, from the edges that lead there.
fn passed_by(body: &Body, calls: u64, seen: &[bool], blocks: &mut [BlockCount]) {
    let order = body.region(body.root());
    let places: BTreeMap<Block, usize> = order.iter().copied().zip(0..).collect();
    let mut work: Vec<(usize, u64)> = Vec::new();
    if seen.first() == Some(&false) {
        work.push((0, calls));
    }
    let successors = |at: usize| {
        let op = body.terminator(order[at]).map(|op| body.op(op));
        op.map_or(&[][..], |op| &op.successors[..])
    };
    for (at, seen_here) in seen.iter().enumerate() {
        for (successor, &way) in successors(at).iter().zip(&blocks[at].ways) {
            if *seen_here && !seen[places[&successor.block]] {
                work.push((places[&successor.block], way));
            }
        }
    }
    for (mut at, count) in work {
        // A chain of such blocks ends, but in an endless loop of nothing.
        for _ in 0..blocks.len() {
            blocks[at].runs += count;
            let Some((successor, way)) = successors(at).first().zip(blocks[at].ways.first_mut())
            else {
                break;
            };
            *way += count;
            at = places[&successor.block];
            if seen[at] {
                break;
            }
        }
    }
}

/// What the instructions of a function cost in a run in which it was called and its blocks ran so often.
///
/// As exact as [`executions`].
pub fn predict(func: &CompiledFunc, calls: u64, blocks: &[BlockCount], model: &CostModel) -> u64 {
    (func.insts.iter().zip(executions(func, calls, blocks)))
        .map(|(inst, count)| model.cost(inst.op).saturating_mul(count))
        .fold(0, u64::saturating_add)
}

/// How often each instruction of a function was executed in a run in which it was called and its blocks ran so often.
///
/// Exact where no short block was copied; where one was, what its copies share out is taken to be shared evenly.
pub fn executions(func: &CompiledFunc, calls: u64, blocks: &[BlockCount]) -> Vec<u64> {
    let map = &func.map;
    let block = |at: u32| blocks.get(at as usize);
    let way = |at: u32, way: u32| {
        let ways = block(at).map(|b| &b.ways);
        ways.and_then(|w| w.get(way as usize)).copied().unwrap_or(0)
    };
    let count = |node: u32| match &map.nodes[node as usize] {
        CodeNode::Entry => calls,
        CodeNode::Block(at, _) => block(*at).map_or(0, |b| b.runs),
        CodeNode::Ways(at, ways) => ways.iter().map(|&w| way(*at, w)).sum(),
    };
    let mut copies: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (number, run) in map.runs.iter().enumerate() {
        for &(node, _) in &run.segments[1..] {
            copies.entry(node).or_default().push(number);
        }
    }
    // Code that ends in a copy ran as often as its own node; what is left of the copied node's count ran in its place.
    let mut executed = vec![None; map.runs.len()];
    for start in 0..map.runs.len() {
        let mut stack = vec![start];
        while let Some(&number) = stack.last() {
            let node = map.runs[number].node();
            let copies = copies.get(&node).map_or(&[][..], |c| &c[..]);
            let open = copies.iter().copied().find(|&c| executed[c].is_none());
            match open {
                Some(copy) if !stack.contains(&copy) => stack.push(copy),
                _ => {
                    let elsewhere: u64 = copies.iter().filter_map(|&c| executed[c]).sum();
                    executed[number] = Some(count(node).saturating_sub(elsewhere));
                    stack.pop();
                }
            }
        }
    }
    let mut counts = vec![0u64; func.insts.len()];
    let mut add = |at: usize, count: u64| {
        if let Some(sum) = counts.get_mut(at) {
            *sum = sum.saturating_add(count);
        }
    };
    for (run, executed) in map.runs.iter().zip(executed) {
        let executed = executed.unwrap_or(0);
        // The share of `part`, of what happened whenever the node ran, that happened here.
        let share = |part: u64, node: u32| {
            let all = count(node).max(1);
            (u128::from(part) * u128::from(executed) / u128::from(all)) as u64
        };
        let mut at = run.first as usize;
        for &(node, len) in &run.segments {
            let rows = match &map.nodes[node as usize] {
                CodeNode::Block(at, _) => block(*at).map_or(&[][..], |b| &b.rows[..]),
                CodeNode::Entry | CodeNode::Ways(..) => &[],
            };
            let mut rows = rows.iter();
            for here in at..at + len as usize {
                match func.insts[here].op.form() {
                    Form::Blocks => add(here, share(rows.next().copied().unwrap_or(0), node)),
                    _ => add(here, executed),
                }
            }
            at += len as usize;
        }
        match run.end {
            RunEnd::Through => {}
            RunEnd::Leave => add(at, executed),
            RunEnd::Branch { taken, jump } => {
                add(at, executed);
                if let (true, CodeNode::Block(block, ways)) =
                    (jump, &map.nodes[run.ender() as usize])
                {
                    let other = ways[1 - taken].iter().map(|&w| way(*block, w)).sum();
                    add(at + 1, share(other, run.ender()));
                }
            }
            RunEnd::Table => {
                add(at, executed);
                if let CodeNode::Block(block, _) = &map.nodes[run.ender() as usize] {
                    let last = func.insts[at].imm as u32;
                    (0..=last).for_each(|i| {
                        add(at + 1 + i as usize, share(way(*block, i), run.ender()));
                    });
                }
            }
        }
    }
    counts
}
