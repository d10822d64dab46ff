//! From classes to ops: everything but the order of pure ops is decided here.
//!
//! Several rounds of extraction and selection, each charging shared classes by what the round before read, and the
//! cheapest of them is kept. Equal classes can come from different branches, so a class may have a second set of choices
//! for points where the best form names what is not defined there; the form that the program had always is.

use crate::build::{Edge, Skeleton, Term};
use crate::extract::{Choices, Classes, Flow, Point};
use crate::facts::Graph;
use crate::place::place;
use crate::select::{Selection, Selector};
use crate::{Level, OptError};
use std::collections::BTreeMap;
use zkc_ir::analysis::{Cfg, Dominators, Loops};
use zkc_ir::{Attr, Block, Builder, Loc, SecondaryMap, Signature, Successor};
use zkc_isa::{CostModel, ZkOp};

/// An effect or terminator as an instruction. Operands and branch arguments are classes.
#[derive(Clone, Debug)]
pub(crate) struct PlannedOp {
    pub(crate) op: ZkOp,
    pub(crate) args: Vec<u32>,
    pub(crate) attrs: Vec<Attr>,
    /// Leaves.
    pub(crate) results: Vec<u32>,
    pub(crate) successors: Vec<(Block, Vec<u32>)>,
    pub(crate) loc: Loc,
}

/// A block to be written.
#[derive(Clone, Debug)]
pub(crate) struct PlannedBlock {
    /// Leaves.
    pub(crate) params: Vec<u32>,
    /// Effects, then the terminator.
    pub(crate) ops: Vec<PlannedOp>,
}

/// Everything decided but the order of pure ops.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) classes: Classes<'a>,
    pub(crate) flow: Flow,
    pub(crate) choices: Choices,
    /// Choices for points where `choices` names a leaf that is not defined there.
    pub(crate) local: BTreeMap<Point, Choices>,
    /// By block number; `None` for blocks no longer reachable.
    pub(crate) blocks: Vec<Option<PlannedBlock>>,
    /// Blocks in which a class's op stands.
    pub(crate) placements: Vec<Vec<Block>>,
    /// Place of the first op of the source that computed a class.
    pub(crate) locs: Vec<Loc>,
}

impl Plan<'_> {
    /// Whether the class's chosen form is available at a point.
    pub(crate) fn available(&self, class: u32, at: Point) -> bool {
        available(&self.flow, &self.choices, class, at)
    }
}

pub(crate) fn available(flow: &Flow, choices: &Choices, class: u32, at: Point) -> bool {
    choices[class as usize].is_some_and(|choice| flow.reaches(choice.home, at))
}

/// Decides on everything but order.
pub(crate) fn plan<'a>(
    graph: &'a Graph,
    skeleton: &Skeleton,
    model: &CostModel,
    level: Level,
) -> Result<Plan<'a>, OptError> {
    let terms: Vec<Term> = skeleton
        .blocks
        .iter()
        .map(|block| fold(graph, &block.term))
        .collect();
    let flow = flow(&terms);
    let entry = Block::from_u32(0);
    let leaves = skeleton
        .leaves
        .iter()
        .map(|leaf| Point {
            block: leaf.block,
            pos: leaf.pos,
        })
        .collect();
    let classes = Classes::new(graph, model, leaves, entry);
    let mut reads = vec![0_u32; classes.len()];
    for &id in &skeleton.reads {
        reads[classes.number(id) as usize] += 1;
    }
    let mut best: Option<(Choices, Selection)> = None;
    let rounds = if level == Level::O0 { 1 } else { 3 };
    for _ in 0..rounds {
        let choices = classes.extract(&flow, &reads, None);
        let selection =
            Selector::new(&classes, &flow, &choices, skeleton, &terms, model, level).select()?;
        reads.clone_from(&selection.reads);
        if best
            .as_ref()
            .is_none_or(|(_, old)| selection.cost < old.cost)
        {
            best = Some((choices, selection));
        }
    }
    let (choices, selection) = best.expect("there is at least one round");
    let mut locs = vec![Loc::NONE; classes.len()];
    let mut originals = vec![Vec::new(); classes.len()];
    for &(id, block, loc) in &skeleton.originals {
        let class = classes.number(id) as usize;
        if locs[class] == Loc::NONE {
            locs[class] = loc;
        }
        if flow.cfg.is_reachable(block) {
            originals[class].push(block);
        }
    }
    let placements = place(&classes, &flow, &choices, &selection, &originals);
    Ok(Plan {
        classes,
        flow,
        choices,
        local: selection.local,
        blocks: selection.blocks,
        placements,
        locs,
    })
}

/// A terminator without branches on constants.
fn fold(graph: &Graph, term: &Term) -> Term {
    match term {
        Term::Brif(cond, then, otherwise) => {
            let facts = graph[*cond].data.facts;
            if facts.min > 0 || then == otherwise {
                Term::Jump(then.clone())
            } else if facts.max == 0 {
                Term::Jump(otherwise.clone())
            } else {
                term.clone()
            }
        }
        Term::Table(index, edges) => match graph[*index].data.facts.as_const() {
            Some(value) => {
                let last = edges.len() - 1;
                Term::Jump(edges[usize::try_from(value).map_or(last, |v| v.min(last))].clone())
            }
            None => term.clone(),
        },
        Term::Jump(_) | Term::End(..) => term.clone(),
    }
}

pub(crate) fn edges(term: &Term) -> Vec<&Edge> {
    match term {
        Term::Jump(edge) => vec![edge],
        Term::Brif(_, then, otherwise) => vec![then, otherwise],
        Term::Table(_, edges) => edges.iter().collect(),
        Term::End(..) => Vec::new(),
    }
}

/// Control flow of the terminators, analysed through a body that has nothing else.
fn flow(terms: &[Term]) -> Flow {
    let mut builder = Builder::new(Signature::default());
    let root = builder.body().root();
    for _ in terms {
        builder.block(root, &[]);
    }
    for (i, term) in terms.iter().enumerate() {
        builder.switch_to(Block::from_u32(i as u32));
        let successors = edges(term)
            .iter()
            .map(|edge| Successor {
                block: edge.block,
                args: Vec::new(),
            })
            .collect();
        builder.op_full(ZkOp::Brt, &[], Vec::new(), &[], successors, Vec::new());
    }
    let cfg = Cfg::new(builder.body());
    let dominators = Dominators::new(&cfg);
    let loops = Loops::new(&cfg, &dominators);
    let mut shallower = SecondaryMap::<Block, Option<Block>>::new();
    for &block in dominators.preorder() {
        let mut up = dominators.idom(block);
        while let Some(above) = up
            && loops.depth(above) >= loops.depth(block)
        {
            up = shallower[above];
        }
        shallower[block] = up;
    }
    Flow {
        cfg,
        dominators,
        loops,
        shallower,
    }
}
