//! Why each op of a result is what it is: all forms that were found for its value with what they cost, and the rules that made
//! each from what the program had.
//!
//! Rewriting runs again with every use of a rule logged. A use relates two nodes of one class, so the uses of a class are a
//! graph over its nodes, and the rules that made a form are those on the shortest way to it from a node that the program had.
//! A class that the program did not have was made as part of a replacement, and its ways begin with that rule.

use crate::extract::{Candidate, Choices, Form, Numbers, Point, SCALE};
use crate::facts::Graph;
use crate::language::{ENode, Head};
use crate::plan::Plan;
use crate::rewrite::{Application, Log};
use crate::{OptError, Options, Weights, build, plan, rewrite, saturated};
use egg::{Id, Language};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;
use zkc_ir::{Attr, Block, Body, Loc};
use zkc_isa::{CostModel, ZkOp};

/// A form of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alternative {
    /// The instruction, `li` for a constant; `None` for a value that is there without one.
    pub op: Option<ZkOp>,
    /// The form as text; operands are classes, as `c5`.
    pub text: String,
    /// What the instruction costs, once.
    pub cost: u64,
    /// What it costs with its operands, each as often as extraction expects it to run, shared operands divided among their
    /// readers; `None` if an operand has no form where the value is needed.
    pub total: Option<u64>,
    /// Whether it was chosen.
    pub chosen: bool,
    /// The rules that made it from what the program had, in order: none for a form of the program's own, `fact` for a value
    /// known at compile time, `~RULE` where a rule leads the other way, `of RULE` for a class that a rule's replacement made.
    pub rules: Vec<String>,
}

/// An op of the result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Where it comes from.
    pub loc: Loc,
    /// The class of the value, `None` for an effect or branch.
    pub class: Option<u32>,
    /// What the program had for it, as text; nothing for a value that only rules made.
    pub program: Vec<String>,
    /// Blocks of the result that compute it.
    pub blocks: usize,
    /// Forms, cheapest first.
    pub alternatives: Vec<Alternative>,
}

/// Explains what [`crate::optimize`] does with these options, model and weights.
///
/// Errors: as for [`crate::optimize`].
pub fn explain(
    body: &Body,
    model: &CostModel,
    options: &Options,
    weights: &Weights,
) -> Result<Vec<Decision>, OptError> {
    let (mut graph, skeleton) = build::build(body)?;
    let own = graph.nodes().len();
    let mut log = Log::new();
    let outcome = rewrite::saturate(&mut graph, options, Some(&mut log));
    rewrite::lower(&mut graph, options, Some(&mut log));
    let ways = Ways::new(&graph, own, &log);
    let saturated = saturated(body, options, &graph, skeleton, outcome);
    let plan = plan::plan(&saturated, model, weights)?;
    let prices = Prices {
        plan: &plan,
        model,
        reads: reads(&plan),
    };
    let mut decisions = Vec::new();
    for (class, placed) in plan.placements.iter().enumerate() {
        if !placed.is_empty() {
            decisions.push(prices.decision(class as u32, placed.len(), &ways));
        }
    }
    for (number, block) in plan.blocks.iter().enumerate() {
        for op in block.iter().flat_map(|block| &block.ops) {
            let mut text = format!("zk.{}", op.op.opcode().def().name);
            op.args.iter().for_each(|arg| write_class(&mut text, *arg));
            for attr in &op.attrs {
                write_attr(&mut text, attr);
            }
            let cost = model.cost(op.op);
            let weight = plan.flow.weight(Block::from_u32(number as u32));
            decisions.push(Decision {
                loc: op.loc,
                class: None,
                program: Vec::new(),
                blocks: 1,
                alternatives: vec![Alternative {
                    op: Some(op.op),
                    text,
                    cost,
                    total: Some(cost.saturating_mul(weight)),
                    chosen: true,
                    rules: Vec::new(),
                }],
            });
        }
    }
    // places in the order of the source, values before the effects that use them
    decisions.sort_by_key(|d| (d.loc.offset(), d.class.is_none(), d.class));
    Ok(decisions)
}

/// An attribute of an effect; how to read it is the instruction's business.
fn write_attr(text: &mut String, attr: &Attr) {
    match attr {
        Attr::Int(value) => write!(text, " {value}"),
        Attr::Index(index) => write!(text, " {index}"),
        Attr::Func(index) => write!(text, " @{index}"),
        Attr::Mem { offset, .. } => write!(text, " +{offset}"),
        Attr::Trap(trap) => write!(text, " {trap}"),
        Attr::Symbol(_) | Attr::Cond(_) | Attr::Types(_) | Attr::Indices(_) => {
            write!(text, " {attr:?}")
        }
    }
    .expect("writing to a string does not fail");
}

fn write_class(text: &mut String, class: u32) {
    write!(text, " c{class}").expect("writing to a string does not fail");
}

/// How often the plan reads each class.
fn reads(plan: &Plan<'_>) -> Vec<u64> {
    let mut reads = vec![0; plan.classes.len()];
    for (class, placed) in plan.placements.iter().enumerate() {
        if !placed.is_empty()
            && let Some(candidate) = plan.classes.chosen(&plan.choices, class as u32)
        {
            candidate
                .args
                .iter()
                .for_each(|&arg| reads[arg as usize] += 1);
        }
    }
    for op in plan.blocks.iter().flatten().flat_map(|block| &block.ops) {
        let passed = op.successors.iter().flat_map(|(_, args)| args);
        op.args
            .iter()
            .chain(passed)
            .for_each(|&arg| reads[arg as usize] += 1);
    }
    reads
}

struct Prices<'p> {
    plan: &'p Plan<'p>,
    model: &'p CostModel,
    reads: Vec<u64>,
}

impl Prices<'_> {
    fn decision(&self, class: u32, blocks: usize, ways: &Ways) -> Decision {
        let (classes, choices) = (self.plan.classes, &self.plan.choices);
        let chosen = choices[class as usize].map(|choice| choice.candidate as usize);
        let mut alternatives: Vec<Alternative> = classes.candidates[class as usize]
            .iter()
            .enumerate()
            .map(|(i, candidate)| Alternative {
                op: match candidate.form {
                    Form::Leaf(_) => None,
                    Form::Const(_) => Some(ZkOp::Li),
                    Form::Op(op, _) => Some(op),
                },
                text: shown(candidate),
                cost: candidate.cost(self.model),
                total: self.total(choices, candidate),
                chosen: chosen == Some(i),
                rules: ways.to(class, candidate),
            })
            .collect();
        alternatives.sort_by_key(|a| (!a.chosen, a.total.is_none(), a.total, a.text.clone()));
        Decision {
            loc: self.plan.locs[class as usize],
            class: Some(class),
            program: ways.program(class),
            blocks,
            alternatives,
        }
    }

    /// What a candidate costs with its operands.
    fn total(&self, choices: &Choices, candidate: &Candidate) -> Option<u64> {
        let flow = &self.plan.flow;
        let mut home = match candidate.form {
            Form::Leaf(leaf) => self.plan.classes.leaves[leaf as usize],
            Form::Const(_) | Form::Op(..) => Point {
                block: Block::from_u32(0),
                pos: 0,
            },
        };
        let mut total = 0_u64;
        for &arg in &candidate.args {
            let choice = choices[arg as usize].as_ref()?;
            home = flow.later(home, choice.home)?;
            total = total.saturating_add(choice.total / self.reads[arg as usize].max(1));
        }
        let own = candidate
            .cost(self.model)
            .saturating_mul(flow.weight(home.block));
        Some((total / SCALE).saturating_add(own))
    }
}

fn shown(candidate: &Candidate) -> String {
    let mut text = match &candidate.form {
        Form::Leaf(leaf) => format!("leaf{leaf}"),
        Form::Const(value) => format!("zk.li {value}"),
        Form::Op(op, _) => format!("zk.{}", op.opcode().def().name),
    };
    candidate
        .args
        .iter()
        .for_each(|&arg| write_class(&mut text, arg));
    if let Form::Op(_, Some(imm)) = candidate.form {
        write!(text, " {imm}").expect("writing to a string does not fail");
    }
    text
}

/// A step from one node of a class to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Step {
    backwards: bool,
    rule: &'static str,
}

/// How the nodes of each class come from those that the program had. Nodes are named by their heads and the numbers of their
/// children's classes, so nodes that became equal are one.
struct Ways {
    /// For each class, the nodes that the program had.
    own: BTreeMap<u32, BTreeSet<ENode>>,
    /// The last step of the shortest way to a node, and where it starts; `None` for a node that a way starts at.
    from: BTreeMap<(u32, ENode), Option<(Step, ENode)>>,
    /// The rules whose replacements have made a node.
    part: BTreeMap<(u32, ENode), &'static str>,
    /// The classes that hold constants.
    constants: BTreeMap<u64, u32>,
}

impl Ways {
    fn new(graph: &Graph, own_ids: usize, log: &[Application]) -> Ways {
        let numbers = Numbers::new(graph);
        let number = |id: Id| usize::from(numbers.id(id)) as u32;
        let key = |node: &ENode| match node {
            ENode::Op(head, ..) => {
                let children: Vec<Id> = node.children().iter().map(|&id| numbers.id(id)).collect();
                ENode::op(*head, &children)
            }
            ENode::Const(_) | ENode::Leaf(_) => node.clone(),
        };
        let class = |node: &ENode| graph.lookup(node.clone()).map(number);
        let mut ways = Ways {
            own: BTreeMap::new(),
            from: BTreeMap::new(),
            part: BTreeMap::new(),
            constants: BTreeMap::new(),
        };
        for id in 0..own_ids {
            let id = Id::from(id);
            ways.own
                .entry(number(id))
                .or_default()
                .insert(key(graph.id_to_node(id)));
        }
        for class in graph.classes() {
            if let Some(value) = class.data.facts.as_const() {
                ways.constants.insert(value, number(class.id));
            }
        }
        let mut next: BTreeMap<(u32, ENode), BTreeSet<(Step, ENode)>> = BTreeMap::new();
        for Application {
            rule,
            from,
            to,
            parts,
        } in log
        {
            // Nodes of a class that became a constant are gone.
            let Some(at) = class(to).or_else(|| class(from)) else {
                continue;
            };
            let (from, to) = (key(from), key(to));
            for (backwards, a, b) in [(false, &from, &to), (true, &to, &from)] {
                let step = Step { backwards, rule };
                next.entry((at, a.clone()))
                    .or_default()
                    .insert((step, b.clone()));
            }
            for part in parts {
                if let Some(at) = class(part) {
                    ways.part.entry((at, key(part))).or_insert(rule);
                }
            }
        }
        let starts = ways
            .own
            .iter()
            .flat_map(|(at, nodes)| nodes.iter().map(|node| (*at, node.clone())));
        let mut queue: VecDeque<(u32, ENode)> = starts.collect();
        let made: Vec<(u32, ENode)> = ways
            .part
            .keys()
            .filter(|(at, _)| !ways.own.contains_key(at))
            .cloned()
            .collect();
        queue.extend(made);
        ways.from
            .extend(queue.iter().map(|start| (start.clone(), None)));
        while let Some((at, node)) = queue.pop_front() {
            for (step, to) in next.get(&(at, node.clone())).into_iter().flatten() {
                let to = (at, to.clone());
                if !ways.from.contains_key(&to) {
                    ways.from.insert(to.clone(), Some((*step, node.clone())));
                    queue.push_back(to);
                }
            }
        }
        ways
    }

    /// What the program had for a class.
    fn program(&self, class: u32) -> Vec<String> {
        let shown = |node: &ENode| {
            let mut text = node.to_string();
            node.children()
                .iter()
                .for_each(|&id| write_class(&mut text, usize::from(id) as u32));
            text
        };
        self.own
            .get(&class)
            .into_iter()
            .flatten()
            .map(shown)
            .collect()
    }

    /// The rules on the way to a candidate.
    fn to(&self, class: u32, candidate: &Candidate) -> Vec<String> {
        let mut node = match &candidate.form {
            Form::Leaf(leaf) => ENode::Leaf(*leaf),
            Form::Const(value) => ENode::Const(*value),
            Form::Op(op, imm) => {
                let constant = imm.as_ref().and_then(|imm| self.constants.get(imm));
                let children = candidate.args.iter().chain(constant);
                let children: Vec<Id> = children.map(|&c| Id::from(c as usize)).collect();
                ENode::op(Head::Zk(*op), &children)
            }
        };
        let mut rules = Vec::new();
        loop {
            let key = (class, node);
            match self.from.get(&key) {
                Some(Some((Step { backwards, rule }, from))) => {
                    rules.push(format!("{}{rule}", if *backwards { "~" } else { "" }));
                    node = from.clone();
                }
                Some(None) => {
                    if let Some(rule) = self
                        .part
                        .get(&key)
                        .filter(|_| !self.own.contains_key(&class))
                    {
                        rules.push(format!("of {rule}"));
                    }
                    break;
                }
                None => {
                    rules.push("fact".to_owned());
                    break;
                }
            }
        }
        rules.reverse();
        rules
    }
}
