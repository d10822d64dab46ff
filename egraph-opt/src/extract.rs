//! Picks one zk form per class.
//!
//! Classes are finished cheapest first, each choosing among nodes whose operands are finished: choices never form a
//! cycle. A class read by several others charges each a share of its cost, so that sharing is seen; shares come from how
//! often a class was read in the last selection. A node's own cost counts once per run of the outermost block where its
//! operands are available, because that is how far it can be hoisted.

use crate::facts::{Facts, Graph};
use crate::language::{ENode, Head};
use egg::{Id, Language};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use zkc_ir::analysis::{Cfg, Dominators};
use zkc_ir::{Block, SecondaryMap};
use zkc_isa::{CostModel, ZkOp};

/// Control flow after branches on constants are gone.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) cfg: Cfg,
    pub(crate) dominators: Dominators,
    /// The closest dominator that runs less often.
    pub(crate) rarer: SecondaryMap<Block, Option<Block>>,
    /// How often each block runs.
    pub(crate) weights: Vec<u64>,
}

/// A place in the skeleton: after the first `pos` effects of a block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Point {
    pub(crate) block: Block,
    pub(crate) pos: u32,
}

impl Flow {
    /// Whether what is defined at `a` is there at `b`.
    pub(crate) fn reaches(&self, a: Point, b: Point) -> bool {
        if a.block == b.block {
            a.pos <= b.pos
        } else {
            self.dominators.dominates(a.block, b.block)
        }
    }

    /// The later of two points on one path of the dominator tree.
    pub(crate) fn later(&self, a: Point, b: Point) -> Option<Point> {
        if self.reaches(a, b) {
            Some(b)
        } else if self.reaches(b, a) {
            Some(a)
        } else {
            None
        }
    }

    /// How often a block runs.
    pub(crate) fn weight(&self, block: Block) -> u64 {
        self.weights[block.as_u32() as usize]
    }
}

/// A zk form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Leaf(u32),
    Const(u64),
    Op(ZkOp, Option<u64>),
}

/// A zk form of a class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Candidate {
    pub(crate) form: Form,
    /// Classes.
    pub(crate) args: Box<[u32]>,
}

impl Candidate {
    /// What the op alone costs.
    pub(crate) fn cost(&self, model: &CostModel) -> u64 {
        match self.form {
            Form::Leaf(_) => 0,
            Form::Const(_) => model.cost(ZkOp::Li),
            Form::Op(op, _) => model.cost(op).max(1),
        }
    }
}

/// The graph's classes, numbered densely in order of their ids: what extraction reads, whatever the costs are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Classes {
    pub(crate) candidates: Vec<Vec<Candidate>>,
    /// Nodes that are no zk forms; their children are numbers of classes.
    nodes: Vec<Vec<ENode>>,
    facts: Vec<Facts>,
    /// For each class, the (class, candidate) pairs that read it.
    readers: Vec<Vec<(u32, u32)>>,
    pub(crate) leaves: Vec<Point>,
    entry: Block,
}

/// The choice for one class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Choice {
    pub(crate) candidate: u32,
    /// Choices refer to smaller ranks only.
    pub(crate) rank: u32,
    /// First point where all leaves below are defined.
    pub(crate) home: Point,
    /// Cost with operands, in parts of [`SCALE`].
    pub(crate) total: u64,
}

/// One choice per class that has any.
pub(crate) type Choices = Vec<Option<Choice>>;

/// A form that is ready to be chosen: total, own cost, class, candidate, home. The order decides ties.
type Offer = (u64, u64, u32, u32, Point);

/// Fractions of a cell in totals.
pub(crate) const SCALE: u64 = 64;

/// Numbers of the graph's classes.
pub(crate) struct Numbers<'a> {
    graph: &'a Graph,
    ids: Vec<Id>,
    numbers: Vec<u32>,
}

impl Numbers<'_> {
    pub(crate) fn new(graph: &Graph) -> Numbers<'_> {
        let mut ids: Vec<Id> = graph.classes().map(|class| class.id).collect();
        ids.sort_unstable();
        let mut numbers = vec![u32::MAX; ids.last().map_or(0, |&id| usize::from(id) + 1)];
        for (number, &id) in ids.iter().enumerate() {
            numbers[usize::from(id)] = number as u32;
        }
        Numbers {
            graph,
            ids,
            numbers,
        }
    }

    fn of(&self, id: Id) -> u32 {
        self.numbers[usize::from(self.graph.find(id))]
    }

    /// The class's number as an id.
    pub(crate) fn id(&self, id: Id) -> Id {
        Id::from(self.of(id) as usize)
    }

    fn candidate(&self, node: &ENode) -> Option<Candidate> {
        let form = match node {
            ENode::Leaf(leaf) => Form::Leaf(*leaf),
            ENode::Const(value) => Form::Const(*value),
            ENode::Op(Head::Zk(op), ..) => {
                let imm = if Head::Zk(*op).has_imm() {
                    let constant = node.children().last()?;
                    Some(self.graph[*constant].data.facts.as_const()?)
                } else {
                    None
                };
                Form::Op(*op, imm)
            }
            ENode::Op(Head::Clif(_) | Head::Icmp(..), ..) => return None,
        };
        Some(Candidate {
            form,
            args: node.operands().iter().map(|&id| self.of(id)).collect(),
        })
    }
}

impl Classes {
    /// The classes of a graph under their numbers.
    pub(crate) fn new(numbers: &Numbers<'_>, leaves: Vec<Point>, entry: Block) -> Classes {
        let count = numbers.ids.len();
        let mut classes = Classes {
            candidates: Vec::with_capacity(count),
            nodes: Vec::with_capacity(count),
            facts: Vec::with_capacity(count),
            readers: vec![Vec::new(); count],
            leaves,
            entry,
        };
        for (number, &id) in numbers.ids.iter().enumerate() {
            let class = &numbers.graph[id];
            let candidates: Vec<Candidate> = class
                .nodes
                .iter()
                .filter_map(|node| numbers.candidate(node))
                .collect();
            for (i, candidate) in candidates.iter().enumerate() {
                for &arg in &candidate.args {
                    classes.readers[arg as usize].push((number as u32, i as u32));
                }
            }
            let nodes = class
                .nodes
                .iter()
                .filter(|node| !matches!(node.head(), Some(Head::Zk(_))));
            classes.nodes.push(
                nodes
                    .map(|node| node.clone().map_children(|id| numbers.id(id)))
                    .collect(),
            );
            classes.facts.push(class.data.facts);
            classes.candidates.push(candidates);
        }
        classes.readers.iter_mut().for_each(Vec::shrink_to_fit);
        classes
    }

    /// A class's number.
    pub(crate) fn number(&self, id: Id) -> u32 {
        usize::from(id) as u32
    }

    /// How many classes there are.
    pub(crate) fn len(&self) -> usize {
        self.candidates.len()
    }

    pub(crate) fn facts(&self, class: u32) -> Facts {
        self.facts[class as usize]
    }

    /// Nodes that are no zk forms; the ids of children are numbers of classes.
    pub(crate) fn nodes(&self, class: u32) -> &[ENode] {
        &self.nodes[class as usize]
    }

    /// The chosen candidate.
    pub(crate) fn chosen<'c>(&'c self, choices: &Choices, class: u32) -> Option<&'c Candidate> {
        let choice = choices[class as usize].as_ref()?;
        Some(&self.candidates[class as usize][choice.candidate as usize])
    }
}

/// What choices are made from and by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Market<'a> {
    pub(crate) classes: &'a Classes,
    pub(crate) flow: &'a Flow,
    pub(crate) model: &'a CostModel,
    /// By class: the most often that a block runs which may want it. An op never stands where it runs more often.
    pub(crate) wanted: &'a [u64],
}

/// For each class how often the block runs that wants it most often, given those that want it themselves.
pub(crate) fn wanted(classes: &Classes, own: impl Iterator<Item = (u32, u64)>) -> Vec<u64> {
    let mut wanted = vec![0; classes.len()];
    let mut queue = BinaryHeap::new();
    for (class, weight) in own {
        if weight > wanted[class as usize] {
            wanted[class as usize] = weight;
            queue.push((weight, class));
        }
    }
    while let Some((weight, class)) = queue.pop() {
        if weight < wanted[class as usize] {
            continue;
        }
        for candidate in &classes.candidates[class as usize] {
            for &arg in &candidate.args {
                if weight > wanted[arg as usize] {
                    wanted[arg as usize] = weight;
                    queue.push((weight, arg));
                }
            }
        }
    }
    wanted
}

impl Market<'_> {
    /// How often a class's op runs that is available from `home` on.
    pub(crate) fn weight(&self, class: u32, home: Point) -> u64 {
        self.flow
            .weight(home.block)
            .min(self.wanted[class as usize])
    }

    /// The first point where a form's leaves are defined, if there is one; its operands must be chosen.
    pub(crate) fn home(&self, choices: &Choices, class: u32, candidate: u32) -> Option<Point> {
        let candidate = &self.classes.candidates[class as usize][candidate as usize];
        let mut home = match candidate.form {
            Form::Leaf(leaf) => self.classes.leaves[leaf as usize],
            Form::Const(_) | Form::Op(..) => Point {
                block: self.classes.entry,
                pos: 0,
            },
        };
        if !self.flow.cfg.is_reachable(home.block) {
            return None;
        }
        for &arg in &candidate.args {
            home = self
                .flow
                .later(home, choices[arg as usize].as_ref()?.home)?;
        }
        Some(home)
    }

    /// Cost of a class's chosen op alone, weighted by where it may run.
    pub(crate) fn own_cost(&self, choices: &Choices, class: u32) -> u64 {
        match (
            &choices[class as usize],
            self.classes.chosen(choices, class),
        ) {
            (Some(choice), Some(candidate)) => candidate
                .cost(self.model)
                .saturating_mul(self.weight(class, choice.home)),
            _ => 0,
        }
    }

    /// Chooses forms. `reads` says how many share a class's cost. With `at`, only leaves defined there are used.
    pub(crate) fn extract(&self, reads: &[u32], at: Option<Point>) -> Choices {
        let classes = self.classes;
        let mut choices: Choices = vec![None; classes.len()];
        let mut waiting: Vec<Vec<u8>> = Vec::with_capacity(classes.len());
        let mut queue = BinaryHeap::new();
        for (class, candidates) in classes.candidates.iter().enumerate() {
            waiting.push(candidates.iter().map(|c| c.args.len() as u8).collect());
            for (i, candidate) in candidates.iter().enumerate() {
                if candidate.args.is_empty() {
                    self.offer(reads, at, &choices, (class as u32, i as u32), &mut queue);
                }
            }
        }
        let mut rank = 0;
        while let Some(Reverse((total, _, class, candidate, home))) = queue.pop() {
            if choices[class as usize].is_some() {
                continue;
            }
            choices[class as usize] = Some(Choice {
                candidate,
                rank,
                home,
                total,
            });
            rank += 1;
            // A candidate that reads a class twice is listed twice.
            for &(reader, i) in &classes.readers[class as usize] {
                let left = &mut waiting[reader as usize][i as usize];
                *left -= 1;
                if *left == 0 && choices[reader as usize].is_none() {
                    self.offer(reads, at, &choices, (reader, i), &mut queue);
                }
            }
        }
        choices
    }

    fn offer(
        &self,
        reads: &[u32],
        at: Option<Point>,
        choices: &Choices,
        (class, i): (u32, u32),
        queue: &mut BinaryHeap<Reverse<Offer>>,
    ) {
        let Some(home) = self.home(choices, class, i) else {
            return;
        };
        if at.is_some_and(|at| !self.flow.reaches(home, at)) {
            return;
        }
        let candidate = &self.classes.candidates[class as usize][i as usize];
        let shares = candidate.args.iter().map(|&arg| {
            let choice = choices[arg as usize].as_ref();
            let total = choice.expect("operands are finished first").total;
            total / u64::from(reads[arg as usize].max(1))
        });
        let total = shares.fold(0, u64::saturating_add);
        let own = candidate
            .cost(self.model)
            .saturating_mul(SCALE)
            .saturating_mul(self.weight(class, home));
        queue.push(Reverse((total.saturating_add(own), own, class, i, home)));
    }
}
