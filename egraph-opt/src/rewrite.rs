//! Compiles the rule table into egg patterns and applies it within limits.
//!
//! Limits are counts of nodes and iterations, never time, so the result is the same on every machine. Instead of a
//! commutativity rule, nodes of commutative ops keep their children sorted and a pattern is searched once per order of
//! the operands of its commutative ops.

use crate::facts::{Facts, Graph, mask};
use crate::formula::{Formula, Scope};
use crate::language::ENode;
use crate::rules::{Group, Rule, rules};
use crate::{Level, Options, Stop};
use egg::{ENodeOrVar, Id, Language, Pattern, PatternAst, Searcher, Subst, Var};
use std::sync::LazyLock;

/// One instance of a rule at a width.
#[derive(Debug)]
pub struct Instance {
    /// The rule.
    pub rule: &'static Rule,
    /// The width.
    pub bits: u32,
    /// The pattern, once per order of commutative operands.
    pub lhs: Vec<Pattern<ENode>>,
    /// The replacement.
    pub rhs: PatternAst<ENode>,
    /// Computed constants, in order.
    pub with: Vec<(Var, Formula)>,
    /// The side condition.
    pub when: Option<Formula>,
}

/// Every instance of every rule, in table order.
///
/// Panics if a rule's text is malformed; a test compiles them all.
pub fn instances() -> &'static [Instance] {
    static INSTANCES: LazyLock<Vec<Instance>> = LazyLock::new(|| {
        rules()
            .flat_map(|rule| {
                rule.widths.iter().map(move |&bits| {
                    Instance::new(rule, bits).expect("the rule table is well formed")
                })
            })
            .collect()
    });
    &INSTANCES
}

/// The size a rule's texts are read at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts {
    /// Width of the instance, 32 or 64.
    pub(crate) bits: u32,
    /// Bits of a word: 64, or less with all widths scaled.
    pub(crate) word: u32,
}

impl Texts {
    /// A pattern: `$` is the type, `#` the width, names of numbers their values.
    pub(crate) fn parse(self, text: &str) -> Result<PatternAst<ENode>, String> {
        let scaled = |bits: u32| self.word * bits / 64;
        let bits = scaled(self.bits);
        text.replace('$', if self.bits == 32 { "i32" } else { "i64" })
            .replace('#', if self.bits == 32 { "32" } else { "64" })
            .replace('(', " ( ")
            .replace(')', " ) ")
            .split_whitespace()
            .map(|token| match token {
                "M" => mask(bits).to_string(),
                "SB" => (1_u64 << (bits - 1)).to_string(),
                "LOW" => mask(scaled(32)).to_string(),
                "W" => bits.to_string(),
                other => other.to_owned(),
            })
            .collect::<Vec<_>>()
            .join(" ")
            .parse()
            .map_err(|e| format!("{e}"))
    }
}

/// A rule's computed constants, in order.
pub(crate) fn definitions(with: &str) -> Result<Vec<(&str, Formula)>, String> {
    with.split(';')
        .filter(|definition| !definition.trim().is_empty())
        .map(|definition| {
            let (name, formula) = definition.split_once('=').ok_or("a definition needs `=`")?;
            Ok((name.trim(), Formula::parse(formula)?))
        })
        .collect()
}

fn var(name: &str) -> Var {
    format!("?{name}")
        .parse()
        .expect("a name with `?` is a variable")
}

impl Instance {
    /// The instance of a rule at a width, 32 or 64. The error names the rule and what is malformed.
    pub fn new(rule: &'static Rule, bits: u32) -> Result<Instance, String> {
        Instance::parse(rule, bits).map_err(|what| format!("rule `{}`: {what}", rule.name))
    }

    fn parse(rule: &'static Rule, bits: u32) -> Result<Instance, String> {
        let texts = Texts { bits, word: 64 };
        let lhs = texts.parse(rule.lhs)?;
        let with = definitions(rule.with)?
            .into_iter()
            .map(|(name, formula)| (var(name), formula))
            .collect();
        let when = match rule.when {
            "" => None,
            text => Some(Formula::parse(text)?),
        };
        let mut orders = vec![lhs.clone()];
        for (i, node) in lhs.iter().enumerate() {
            if let ENodeOrVar::ENode(ENode::Op(head, _, kids)) = node
                && head.is_commutative()
                && kids[0] != kids[1]
            {
                for j in 0..orders.len() {
                    let swapped = orders[j].iter().enumerate().map(|(k, node)| match node {
                        ENodeOrVar::ENode(ENode::Op(head, len, kids)) if k == i => {
                            ENodeOrVar::ENode(ENode::Op(*head, *len, [kids[1], kids[0], kids[2]]))
                        }
                        other => other.clone(),
                    });
                    let swapped: PatternAst<ENode> = swapped.collect::<Vec<_>>().into();
                    orders.push(swapped);
                }
            }
        }
        Ok(Instance {
            rule,
            bits,
            lhs: orders.into_iter().map(Pattern::new).collect(),
            rhs: texts.parse(rule.rhs)?,
            with,
            when,
        })
    }

    /// The computed constants, if the side condition holds of these facts.
    pub fn check(&self, facts: &dyn Fn(Var) -> Option<Facts>) -> Option<Vec<(Var, u64)>> {
        let lookup = |name: &str| facts(var(name));
        let scope = Scope {
            bits: self.bits,
            facts: &lookup,
        };
        if let Some(when) = &self.when
            && !when.holds(scope)
        {
            return None;
        }
        let mut constants = Vec::with_capacity(self.with.len());
        for (name, formula) in &self.with {
            let value = formula.eval(scope)?;
            constants.push((*name, (value & i128::from(mask(self.bits))) as u64));
        }
        Some(constants)
    }

    fn apply(&self, graph: &mut Graph, class: Id, subst: &Subst, log: Option<&mut Log>) -> bool {
        let Some(constants) = self.check(&|v| subst.get(v).map(|&id| graph[id].data.facts)) else {
            return false;
        };
        let mut ids: Vec<Id> = Vec::with_capacity(self.rhs.len());
        for node in self.rhs.iter() {
            let id = match node {
                ENodeOrVar::Var(v) => match constants.iter().find(|(name, _)| name == v) {
                    Some((_, value)) => graph.add(ENode::Const(*value)),
                    None => subst[*v],
                },
                ENodeOrVar::ENode(ENode::Op(head, ..)) => {
                    let children: Vec<Id> = node
                        .children()
                        .iter()
                        .map(|&child| ids[usize::from(child)])
                        .collect();
                    graph.add(ENode::op(*head, &children))
                }
                ENodeOrVar::ENode(leaf) => graph.add(leaf.clone()),
            };
            ids.push(id);
        }
        let root = *ids.last().expect("a replacement has a root");
        if let Some(log) = log {
            // Not the nodes of `ids`: a class is known by any of its nodes.
            let nodes = self.rhs.iter().zip(&ids).map(|(node, &id)| match node {
                ENodeOrVar::Var(_) => graph.id_to_node(id).clone(),
                ENodeOrVar::ENode(ENode::Op(head, ..)) => {
                    let children = node.children().iter();
                    let children: Vec<Id> = children.map(|&i| ids[usize::from(i)]).collect();
                    ENode::op(*head, &children)
                }
                ENodeOrVar::ENode(leaf) => leaf.clone(),
            });
            let mut parts: Vec<ENode> = nodes.collect();
            let to = parts.pop().expect("a replacement has a root");
            let mut made = self
                .rhs
                .iter()
                .map(|node| matches!(node, ENodeOrVar::ENode(_)));
            parts.retain(|_| made.next() == Some(true));
            log.push(Application {
                rule: self.rule.name,
                from: self.matched(graph, class, subst),
                to,
                parts,
            });
        }
        graph.union(class, root)
    }

    /// The node that the pattern matched; one of the same class where unions since then hide it.
    fn matched(&self, graph: &Graph, class: Id, subst: &Subst) -> ENode {
        let other = || graph.id_to_node(class).clone();
        let Some(pattern) = self.lhs.first() else {
            return other();
        };
        let mut ids: Vec<Id> = Vec::with_capacity(pattern.ast.len());
        let mut last = None;
        for node in pattern.ast.iter() {
            let node = match node {
                ENodeOrVar::Var(v) => {
                    ids.push(subst[*v]);
                    continue;
                }
                ENodeOrVar::ENode(ENode::Op(head, ..)) => {
                    let children = node.children().iter();
                    let children: Vec<Id> = children.map(|&id| ids[usize::from(id)]).collect();
                    ENode::op(*head, &children)
                }
                ENodeOrVar::ENode(leaf) => leaf.clone(),
            };
            // The root need not be found, only what it is made of.
            ids.push(graph.lookup(node.clone()).unwrap_or(class));
            last = Some(node);
        }
        last.unwrap_or_else(other)
    }

    /// Searches every order of the pattern: at most `limit` matches per class and order. Patterns with two branches find
    /// the square of a class's nodes, and the first few are as good as all. Also whether a class had as many as the limit.
    fn search(&self, graph: &Graph, limit: usize) -> (Vec<(Id, Subst)>, bool) {
        let (mut found, mut cut) = (Vec::new(), false);
        for pattern in &self.lhs {
            let root = pattern.ast.last().expect("a pattern has a root");
            let ENodeOrVar::ENode(root) = root else {
                continue;
            };
            let Some(classes) = graph.classes_for_op(&root.discriminant()) else {
                continue;
            };
            for class in classes {
                if let Some(matches) = pattern.search_eclass_with_limit(graph, class, limit) {
                    cut |= matches.substs.len() >= limit;
                    found.extend(
                        matches
                            .substs
                            .into_iter()
                            .map(|subst| (matches.eclass, subst)),
                    );
                }
            }
        }
        (found, cut)
    }
}

/// One use of a rule. Children are as they were then.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    pub(crate) rule: &'static str,
    /// The root of what was matched.
    pub(crate) from: ENode,
    /// The root of the replacement.
    pub(crate) to: ENode,
    /// The other nodes of the replacement.
    pub(crate) parts: Vec<ENode>,
}

/// Uses of rules, in order.
pub(crate) type Log = Vec<Application>;

/// How rewriting went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    pub(crate) iterations: usize,
    pub(crate) stop: Stop,
    pub(crate) applied: Vec<(&'static str, usize)>,
}

/// The rules that the options allow, those that lower or the others.
fn allowed(options: &Options, lower: bool) -> Vec<&'static Instance> {
    let instances = instances().iter().filter(|i| {
        (i.rule.group == Group::Lower) == lower
            && i.rule.level <= options.level
            && !options.dropped.contains(i.rule)
    });
    instances.collect()
}

/// Applies the rules of the level until nothing changes or a limit is hit, and writes what it does into `log`.
pub(crate) fn saturate(graph: &mut Graph, options: &Options, mut log: Option<&mut Log>) -> Outcome {
    let (level, limits) = (options.level, options.limits);
    let rules = allowed(options, false);
    let mut applied = vec![0_usize; rules.len()];
    let mut outcome = Outcome {
        iterations: 0,
        stop: Stop::Saturated,
        applied: Vec::new(),
    };
    graph.rebuild();
    if level == Level::O0 || graph.total_number_of_nodes() > limits.rewritten_ops {
        outcome.stop = if level == Level::O0 {
            Stop::NotRun
        } else {
            Stop::TooLarge
        };
        return outcome;
    }
    let node_limit = limits.nodes(graph.total_number_of_nodes());
    'run: loop {
        if outcome.iterations == limits.iterations {
            outcome.stop = Stop::Iterations;
            break;
        }
        outcome.iterations += 1;
        let mut cut = false;
        let matches: Vec<Vec<(Id, Subst)>> = rules
            .iter()
            .map(|rule| {
                let (found, more) = rule.search(graph, limits.matches);
                cut |= more;
                found
            })
            .collect();
        let mut changed = sort_commutative(graph);
        for (i, (rule, matches)) in rules.iter().zip(matches).enumerate() {
            for (class, subst) in matches {
                if rule.apply(graph, class, &subst, log.as_deref_mut()) {
                    changed = true;
                    applied[i] += 1;
                }
                if graph.total_size() > node_limit {
                    graph.rebuild();
                    outcome.stop = Stop::Nodes;
                    break 'run;
                }
            }
        }
        graph.rebuild();
        if !changed {
            if cut {
                outcome.stop = Stop::Matches;
            }
            break;
        }
    }
    for (rule, count) in rules.iter().zip(applied) {
        match outcome.applied.last_mut() {
            Some((name, total)) if *name == rule.rule.name => *total += count,
            _ => outcome.applied.push((rule.rule.name, count)),
        }
    }
    outcome.applied.retain(|(_, count)| *count > 0);
    outcome
}

/// Adds the sorted form of commutative nodes whose children a union has put out of order.
fn sort_commutative(graph: &mut Graph) -> bool {
    let mut unsorted = Vec::new();
    for class in graph.classes() {
        for node in &class.nodes {
            if let ENode::Op(head, _, kids) = node
                && kids[1] < kids[0]
                && head.is_commutative()
            {
                unsorted.push((class.id, ENode::op(*head, &kids[..2])));
            }
        }
    }
    let mut changed = false;
    for (class, node) in unsorted {
        let id = graph.add(node);
        changed |= graph.union(class, id);
    }
    changed
}

/// Adds the zk forms of the level beside every cranelift node.
pub(crate) fn lower(graph: &mut Graph, options: &Options, mut log: Option<&mut Log>) {
    graph.rebuild();
    let rules = allowed(options, true);
    // Zk nodes are no pattern of any rule, so one search finds everything.
    let matches: Vec<_> = rules
        .iter()
        .map(|rule| rule.search(graph, usize::MAX).0)
        .collect();
    for (rule, matches) in rules.iter().zip(matches) {
        for (class, subst) in matches {
            rule.apply(graph, class, &subst, log.as_deref_mut());
        }
    }
    graph.rebuild();
}
