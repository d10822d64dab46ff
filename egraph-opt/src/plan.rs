//! From classes to ops: everything but the order of pure ops is decided here.
//!
//! Several rounds of extraction and selection, each charging shared classes by what the round before read; the cheapest of
//! them, by where its ops stand, is refined. Equal classes can come from different branches, so a class may have a second set
//! of choices for points where the best form names what is not defined there; the form that the program had always is.

use crate::build::{Edge, Term};
use crate::extract::{Choices, Classes, Flow, Market, Point, wanted};
use crate::place::place;
use crate::refine::refine;
use crate::select::{Alternative, Selection, Selector};
use crate::{BlockOrigin, Level, OptError, Saturated, Weights};
use std::collections::BTreeMap;
use zkc_ir::analysis::{Cfg, Dominators, Loops};
use zkc_ir::{Attr, Block, Builder, Loc, SecondaryMap, Signature, Successor};
use zkc_isa::{CostModel, ZkOp};

/// Rounds of extraction: each charges shared classes by what the round before read.
const ROUNDS: usize = 3;
/// Rounds of refinement of the best of them.
const REFINED: usize = 3;
/// Loops around a block that count for how often it runs, at most.
const MAX_DEPTH: u32 = 12;

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
    pub(crate) classes: &'a Classes,
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
    /// Uses by effects and terminators.
    pub(crate) uses: Vec<(u32, Block)>,
    /// Operands for which there were several ways.
    pub(crate) alternatives: BTreeMap<Point, Vec<Alternative>>,
    /// By block number, for each way out its number in the body that was lowered.
    pub(crate) ways: Vec<Vec<u32>>,
}

impl Plan<'_> {
    /// Whether the class's chosen form is available at a point.
    pub(crate) fn available(&self, class: u32, at: Point) -> bool {
        available(&self.flow, &self.choices, class, at)
    }

    /// The blocks that are written, in order, with where they come from.
    pub(crate) fn origins(&self) -> Vec<BlockOrigin> {
        let blocks = self.blocks.iter().zip(&self.ways).enumerate();
        blocks
            .filter(|(_, (block, _))| block.is_some())
            .map(|(number, (_, ways))| BlockOrigin {
                block: number as u32,
                ways: ways.clone(),
            })
            .collect()
    }
}

pub(crate) fn available(flow: &Flow, choices: &Choices, class: u32, at: Point) -> bool {
    choices[class as usize].is_some_and(|choice| flow.reaches(choice.home, at))
}

/// Decides on everything but order.
pub(crate) fn plan<'a>(
    saturated: &'a Saturated,
    model: &CostModel,
    weights: &Weights,
) -> Result<Plan<'a>, OptError> {
    let Saturated {
        classes,
        skeleton,
        level,
        ..
    } = saturated;
    let level = *level;
    let (terms, ways): (Vec<Term>, Vec<Vec<u32>>) = skeleton
        .blocks
        .iter()
        .map(|block| fold(classes, &block.term))
        .unzip();
    let flow = flow(&terms, weights);
    let mut reads = vec![0_u32; classes.len()];
    for &id in &skeleton.reads {
        reads[classes.number(id) as usize] += 1;
    }
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
    let wanted = wanted(classes, wants(saturated, &terms, &flow));
    let market = Market {
        classes,
        flow: &flow,
        model,
        wanted: &wanted,
    };
    let tried = |choices: Choices| -> Result<Tried, OptError> {
        let selection = Selector::new(market, &choices, skeleton, &terms, level).select()?;
        let placements = place(classes, &flow, &choices, &selection, &originals);
        let mut cost = selection.cost;
        for (class, blocks) in (0..).zip(&placements) {
            if let Some(candidate) = classes.chosen(&choices, class) {
                let runs = blocks.iter().map(|&block| flow.weight(block));
                let runs = runs.fold(0, u64::saturating_add);
                cost = cost.saturating_add(candidate.cost(model).saturating_mul(runs));
            }
        }
        Ok(Tried {
            choices,
            selection,
            placements,
            cost,
        })
    };
    let mut best = tried(market.extract(&reads, None))?;
    if level > Level::O0 {
        reads.clone_from(&best.selection.reads);
        for _ in 1..ROUNDS {
            let next = tried(market.extract(&reads, None))?;
            reads.clone_from(&next.selection.reads);
            if next.cost < best.cost {
                best = next;
            }
        }
        for _ in 0..REFINED {
            let refined = refine(market, &best.choices, &best.selection, &best.placements);
            let Some(choices) = refined else { break };
            let next = tried(choices)?;
            if next.cost >= best.cost {
                break;
            }
            best = next;
        }
    }
    let Tried {
        choices,
        selection,
        placements,
        ..
    } = best;
    Ok(Plan {
        classes,
        flow,
        choices,
        local: selection.local,
        blocks: selection.blocks,
        placements,
        locs,
        uses: selection.uses,
        alternatives: selection.alternatives,
        ways,
    })
}

/// What one set of choices comes to.
struct Tried {
    choices: Choices,
    selection: Selection,
    placements: Vec<Vec<Block>>,
    /// Of all ops, each as often as its block runs.
    cost: u64,
}

/// Classes that the source, effects and terminators want, with how often.
fn wants<'a>(
    saturated: &'a Saturated,
    terms: &'a [Term],
    flow: &'a Flow,
) -> impl Iterator<Item = (u32, u64)> {
    let Saturated {
        classes, skeleton, ..
    } = saturated;
    let originals = skeleton.originals.iter().map(|&(id, block, _)| (id, block));
    let blocks = (0..).map(Block::from_u32).zip(&skeleton.blocks).zip(terms);
    let effects = blocks.flat_map(|((block, skeleton), term)| {
        let args = skeleton.effects.iter().flat_map(|effect| &effect.args);
        args.copied().chain(term.uses()).map(move |id| (id, block))
    });
    let wants = originals.chain(effects);
    wants
        .filter(|&(_, block)| flow.cfg.is_reachable(block))
        .map(|(id, block)| (classes.number(id), flow.weight(block)))
}

/// A terminator without branches on constants, and for each of its ways out the number it had.
fn fold(classes: &Classes, term: &Term) -> (Term, Vec<u32>) {
    let only = |edge: &Edge, number: usize| (Term::Jump(edge.clone()), vec![number as u32]);
    match term {
        Term::Brif(cond, then, otherwise) => {
            let facts = classes.facts(classes.number(*cond));
            if facts.min > 0 || then == otherwise {
                return only(then, 0);
            } else if facts.max == 0 {
                return only(otherwise, 1);
            }
        }
        Term::Table(index, edges) => {
            if let Some(value) = classes.facts(classes.number(*index)).as_const() {
                let last = edges.len() - 1;
                let number = usize::try_from(value).map_or(last, |v| v.min(last));
                return only(&edges[number], number);
            }
        }
        Term::Jump(_) | Term::End(..) => {}
    }
    (term.clone(), (0..term.edges().len() as u32).collect())
}

/// Control flow of the terminators, analysed through a body that has nothing else.
fn flow(terms: &[Term], weights: &Weights) -> Flow {
    let mut builder = Builder::new(Signature::default());
    let root = builder.body().root();
    for _ in terms {
        builder.block(root, &[]);
    }
    for (i, term) in terms.iter().enumerate() {
        builder.switch_to(Block::from_u32(i as u32));
        let successors = term
            .edges()
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
    let weights = match weights.counts(terms.len()) {
        Some(counts) => counts.iter().map(|&count| count.max(1)).collect(),
        None => {
            let loops = Loops::new(&cfg, &dominators);
            let blocks = (0..terms.len()).map(|i| Block::from_u32(i as u32));
            blocks
                .map(|block| 8_u64.pow(loops.depth(block).min(MAX_DEPTH)))
                .collect::<Vec<u64>>()
        }
    };
    let weight = |block: Block| weights[block.as_u32() as usize];
    let mut rarer = SecondaryMap::<Block, Option<Block>>::new();
    for &block in dominators.preorder() {
        let mut up = dominators.idom(block);
        while let Some(above) = up
            && weight(above) >= weight(block)
        {
            up = rarer[above];
        }
        rarer[block] = up;
    }
    Flow {
        cfg,
        dominators,
        rarer,
        weights,
    }
}
