//! Chooses the zk form of a function: an e-graph holds every form found, proving cost picks one.
//!
//! Input is a flat body whose pure ops are cranelift's and whose effects are already zk's; output is a body of the zk
//! dialect only. Pure ops live in one e-graph for the whole function ([`Facts`] say what is known of each class), effects
//! in an ordered skeleton; rules are data ([`rules()`]) and lowering is rules too, so level 0 is the same path with nothing
//! but those. Placement is decided after choice. Limits count nodes and iterations, never time.
//!
//! [`prove`] states each rule as a question to an SMT solver; `proofs.toml` records the answers.
//!
//! `build` makes graph and skeleton, `rewrite` applies rules, `extract` and `refine` choose forms, `select` and `place` decide
//! what is needed and where, `elaborate` writes the body, `region` states what a block chooses among.

mod build;
mod dropped;
mod elaborate;
mod explain;
mod extract;
mod facts;
mod formula;
mod instruction;
mod language;
mod place;
mod plan;
pub mod prove;
mod refine;
mod region;
mod rewrite;
mod rules;
mod select;

pub use dropped::{DropError, Dropped};
pub use explain::{Alternative, Decision, explain};
pub use facts::{Facts, Graph, Known, Range};
pub use formula::{Formula, Scope};
pub use language::{ENode, Head, Kind, UnknownOp};
pub use region::{Region, RegionForm, regions};
pub use rewrite::{Instance, instances};
pub use rules::{Group, Proof, Rule, rules};

use build::Skeleton;
use extract::{Classes, Numbers, Point};
use rewrite::Outcome;
use std::collections::BTreeMap;
use zkc_ir::{Block, Body, Signature, VerifyError};
use zkc_isa::{CostModel, ZkOp};

/// How much work to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Level {
    /// Lowering only, one form per op.
    O0,
    /// Rules that seldom grow the graph, forms with constants.
    O1,
    /// All rules.
    #[default]
    O2,
}

/// Limits of rewriting.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// Rounds of rules.
    pub iterations: usize,
    /// Nodes allowed for each node the function starts with; 2000 more are always allowed.
    pub growth: usize,
    /// Matches of one rule in one class and round.
    pub matches: usize,
    /// Functions with more nodes than this are lowered without rewriting.
    pub rewritten_ops: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            iterations: 6,
            growth: 4,
            matches: 8,
            rewritten_ops: 60_000,
        }
    }
}

impl Limits {
    fn nodes(&self, start: usize) -> usize {
        start.saturating_mul(self.growth).saturating_add(2000)
    }
}

/// What [`optimize`] is asked to do.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Options {
    /// Level.
    pub level: Level,
    /// Limits.
    pub limits: Limits,
    /// Rules left out.
    pub dropped: Dropped,
}

/// Why rewriting stopped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Stop {
    /// Level 0 does not rewrite.
    #[default]
    NotRun,
    /// No rule had anything to add.
    Saturated,
    /// The limit of rounds.
    Iterations,
    /// No rule had anything to add to what was looked at, but some had more matches in a class than the limit.
    Matches,
    /// The limit of nodes.
    Nodes,
    /// The function was too large to start.
    TooLarge,
}

impl Stop {
    /// The limit's name, if it was one.
    pub const fn limit(self) -> Option<&'static str> {
        match self {
            Stop::NotRun | Stop::Saturated => None,
            Stop::Matches => Some("matches"),
            Stop::Iterations => Some("iterations"),
            Stop::Nodes => Some("nodes"),
            Stop::TooLarge => Some("size"),
        }
    }
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Nodes in the graph at the end.
    pub nodes: usize,
    /// Classes at the end.
    pub classes: usize,
    /// Rounds of rules.
    pub iterations: usize,
    /// Why rewriting stopped.
    pub stop: Stop,
    /// How often each rule joined two classes, in table order; rules that never did are left out.
    pub applied: Vec<(&'static str, usize)>,
    /// Ops of the result, by row.
    pub ops: BTreeMap<ZkOp, usize>,
    /// Classes for which two or more zk forms were known, with how often each form was chosen.
    pub choices: BTreeMap<ZkOp, usize>,
    /// Cost of the result's ops, each once.
    pub cost: u64,
}

/// Why a body has no zk form.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OptError {
    /// The op should have been lowered before.
    #[error("op `{0}` is not expected here")]
    NotLowered(String),
    /// A block without terminator.
    #[error("a block has no terminator")]
    NoTerminator,
    /// A value used where it is not defined.
    #[error("value `{0}` is used before its definition")]
    Undefined(String),
    /// A class has no zk form that is available where it is used. A bug of ours.
    #[error("no zk form for `{0}`")]
    NoForm(String),
    /// The result does not verify. A bug of ours.
    #[error("the optimised body does not verify: {0}")]
    Invalid(#[from] VerifyError),
}

/// How often the blocks of a function run.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Weights(Option<Vec<u64>>);

impl Weights {
    /// Eight times for each loop around a block.
    pub const STATIC: Weights = Weights(None);

    /// As counted: by number of the block among the reachable ones of the body, in its order.
    pub fn counted(counts: Vec<u64>) -> Weights {
        Weights(Some(counts))
    }

    /// The counts, if they are for so many blocks and the function ran at all.
    fn counts(&self, blocks: usize) -> Option<&[u64]> {
        let counts = self.0.as_deref()?;
        (counts.len() == blocks && counts.iter().any(|&c| c > 0)).then_some(counts)
    }
}

/// Where a block of a lowered body comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockOrigin {
    /// The block's number among the reachable ones of the body that was lowered, in its order.
    pub block: u32,
    /// For each way out of it, the number of the successor of the terminator that it was.
    pub ways: Vec<u32>,
}

/// A function's saturated graph and its effects: everything that does not depend on what ops cost or how often blocks run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saturated {
    signature: Signature,
    classes: Classes,
    skeleton: Skeleton,
    level: Level,
    nodes: usize,
    outcome: Outcome,
}

impl Saturated {
    /// Why rewriting stopped.
    pub fn stop(&self) -> Stop {
        self.outcome.stop
    }

    /// For each reachable block of the body, in its order, how many successors its terminator has.
    pub fn shape(&self) -> Vec<usize> {
        let blocks = self.skeleton.blocks.iter();
        blocks.map(|block| block.term.edges().len()).collect()
    }
}

/// What extraction gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extracted {
    /// The function in the zk dialect, verified.
    pub body: Body,
    /// For each of its blocks, in order, where it comes from.
    pub origins: Vec<BlockOrigin>,
    /// What happened.
    pub stats: Stats,
}

/// Finds the forms of a mixed body's values.
///
/// `body` must verify. Errors: as for [`optimize`].
pub fn saturate(body: &Body, options: &Options) -> Result<Saturated, OptError> {
    let (mut graph, skeleton) = build::build(body)?;
    let outcome = rewrite::saturate(&mut graph, options, None);
    rewrite::lower(&mut graph, options, None);
    Ok(saturated(body, options, &graph, skeleton, outcome))
}

fn saturated(
    body: &Body,
    options: &Options,
    graph: &Graph,
    mut skeleton: Skeleton,
    outcome: Outcome,
) -> Saturated {
    debug_assert_eq!(
        graph.analysis.contradictions, 0,
        "a rule contradicts what is known"
    );
    let numbers = Numbers::new(graph);
    skeleton.rename(|id| numbers.id(id));
    let leaves = skeleton.leaves.iter();
    let leaves = leaves.map(|leaf| Point {
        block: leaf.block,
        pos: leaf.pos,
    });
    let classes = Classes::new(&numbers, leaves.collect(), Block::from_u32(0));
    Saturated {
        signature: body.signature().clone(),
        classes,
        skeleton,
        level: options.level,
        nodes: graph.total_number_of_nodes(),
        outcome,
    }
}

/// Chooses the cheapest forms by `model`, each op counted as often as its block runs.
///
/// Errors: as for [`optimize`].
pub fn extract(
    saturated: &Saturated,
    model: &CostModel,
    weights: &Weights,
) -> Result<Extracted, OptError> {
    let plan = plan::plan(saturated, model, weights)?;
    let (body, choices) = elaborate::elaborate(&saturated.signature, &plan)?;
    zkc_ir::verify::verify(&body)?;
    let mut stats = Stats {
        nodes: saturated.nodes,
        classes: saturated.classes.len(),
        iterations: saturated.outcome.iterations,
        stop: saturated.outcome.stop,
        applied: saturated.outcome.applied.clone(),
        choices,
        ..Stats::default()
    };
    for (_, data) in body.ops() {
        if let Some(op) = ZkOp::from_opcode(data.opcode) {
            *stats.ops.entry(op).or_default() += 1;
            stats.cost += model.cost(op);
        }
    }
    tracing::debug!(nodes = stats.nodes, classes = stats.classes, iterations = stats.iterations, stop = ?stats.stop, cost = stats.cost);
    Ok(Extracted {
        body,
        origins: plan.origins(),
        stats,
    })
}

/// Lowers a mixed body to the zk dialect, choosing forms by `model`: [`saturate`], then [`extract`] with static weights.
///
/// `body` must verify. The result is verified; all its values are words. Errors are bugs of the passes before this one or of this one: no
/// body that comes from a valid program fails.
pub fn optimize(
    body: &Body,
    model: &CostModel,
    options: &Options,
) -> Result<(Body, Stats), OptError> {
    let extracted = extract(&saturate(body, options)?, model, &Weights::STATIC)?;
    Ok((extracted.body, extracted.stats))
}
