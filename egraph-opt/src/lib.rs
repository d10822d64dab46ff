//! Chooses the zk form of a function: an e-graph holds every form found, proving cost picks one.
//!
//! Input is a flat body whose pure ops are cranelift's and whose effects are already zk's; output is a body of the zk
//! dialect only. Pure ops live in one e-graph for the whole function ([`Facts`] say what is known of each class), effects
//! in an ordered skeleton; rules are data ([`rules()`]) and lowering is rules too, so level 0 is the same path with nothing
//! but those. Placement is decided after choice. Limits count nodes and iterations, never time.
//!
//! [`prove`] states each rule as a question to an SMT solver; `proofs.toml` records the answers.
//!
//! `build` makes graph and skeleton, `rewrite` applies rules, `extract` chooses forms, `select` and `place` decide what is
//! needed and where, `elaborate` writes the body.

mod build;
mod elaborate;
mod extract;
mod facts;
mod formula;
mod instruction;
mod language;
mod place;
mod plan;
pub mod prove;
mod rewrite;
mod rules;
mod select;

pub use facts::{Facts, Graph, Known, Range};
pub use formula::{Formula, Scope};
pub use language::{ENode, Head, Kind, UnknownOp};
pub use rewrite::{Instance, instances};
pub use rules::{Group, Proof, Rule, rules};

use std::collections::BTreeMap;
use zkc_ir::{Body, VerifyError};
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Options {
    /// Level.
    pub level: Level,
    /// Limits.
    pub limits: Limits,
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
    /// The limit of nodes.
    Nodes,
    /// The function was too large to start.
    TooLarge,
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

/// Lowers a mixed body to the zk dialect, choosing forms by `model`.
///
/// `body` must verify. The result is verified; all its values are words. Errors are bugs of the passes before this one or of this one: no
/// body that comes from a valid program fails.
pub fn optimize(
    body: &Body,
    model: &CostModel,
    options: &Options,
) -> Result<(Body, Stats), OptError> {
    let (mut graph, skeleton) = build::build(body)?;
    let outcome = rewrite::saturate(&mut graph, options.level, options.limits);
    rewrite::lower(&mut graph, options.level);
    debug_assert_eq!(
        graph.analysis.contradictions, 0,
        "a rule contradicts what is known"
    );
    let plan = plan::plan(&graph, &skeleton, model, options.level)?;
    let (output, choices) = elaborate::elaborate(body.signature(), &plan)?;
    zkc_ir::verify::verify(&output)?;
    let mut stats = Stats {
        nodes: graph.total_number_of_nodes(),
        classes: graph.number_of_classes(),
        iterations: outcome.iterations,
        stop: outcome.stop,
        applied: outcome.applied,
        choices,
        ..Stats::default()
    };
    for (_, data) in output.ops() {
        if let Some(op) = ZkOp::from_opcode(data.opcode) {
            *stats.ops.entry(op).or_default() += 1;
            stats.cost += model.cost(op);
        }
    }
    tracing::debug!(nodes = stats.nodes, classes = stats.classes, iterations = stats.iterations, stop = ?stats.stop, cost = stats.cost);
    Ok((output, stats))
}
