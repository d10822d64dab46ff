//! A mixed body becomes an e-graph and a skeleton.
//!
//! Pure ops, and divisions that cannot trap, are nodes. Everything with an effect stays in the skeleton, in order, with
//! classes for operands; its results and the block parameters are leaves. The graph says nothing about paths: a class is a
//! word wherever its leaves are defined.

use crate::OptError;
use crate::facts::{Facts, Graph, Known, Range};
use crate::language::{ENode, Head};
use egg::Id;
use std::collections::BTreeMap;
use zkc_ir::analysis::{Cfg, Dominators};
use zkc_ir::{Attr, Block, Body, ClifOp, Cond, Loc, Op, OpData, SecondaryMap, Type, Value};
use zkc_isa::ZkOp;

/// Where a leaf is defined: in a block, before its op number `pos`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LeafDef {
    pub(crate) block: Block,
    pub(crate) pos: u32,
    /// Number of the block parameter, if it is one.
    pub(crate) param: Option<u32>,
}

/// An op with an effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Effect {
    pub(crate) what: What,
    pub(crate) args: Vec<Id>,
    pub(crate) attrs: Vec<Attr>,
    /// Leaves.
    pub(crate) results: Vec<u32>,
    pub(crate) loc: Loc,
}

/// The op of an [`Effect`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum What {
    Zk(ZkOp),
    /// A division that may trap.
    Division(ClifOp),
}

/// A branch target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Edge {
    pub(crate) block: Block,
    pub(crate) args: Vec<Id>,
}

/// The end of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Term {
    Jump(Edge),
    Brif(Id, Edge, Edge),
    Table(Id, Vec<Edge>),
    End(ZkOp, Vec<Id>, Vec<Attr>),
}

/// A block's effects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SkeletonBlock {
    /// Leaves.
    pub(crate) params: Vec<u32>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) term: Term,
    pub(crate) loc: Loc,
}

/// What the e-graph does not hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Skeleton {
    /// Reachable blocks in the body's order, the entry first. Blocks are numbered anew by their place here.
    pub(crate) blocks: Vec<SkeletonBlock>,
    pub(crate) leaves: Vec<LeafDef>,
    /// Class, block and place of every pure op.
    pub(crate) originals: Vec<(Id, Block, Loc)>,
    /// How many pure ops and effects read a class, as built.
    pub(crate) reads: Vec<Id>,
}

impl Term {
    /// The ways out, in order.
    pub(crate) fn edges(&self) -> Vec<&Edge> {
        match self {
            Term::Jump(edge) => vec![edge],
            Term::Brif(_, then, otherwise) => vec![then, otherwise],
            Term::Table(_, edges) => edges.iter().collect(),
            Term::End(..) => Vec::new(),
        }
    }

    /// The classes it reads.
    pub(crate) fn uses(&self) -> Vec<Id> {
        let own = match self {
            Term::Brif(id, ..) | Term::Table(id, _) => std::slice::from_ref(id),
            Term::End(_, args, _) => args,
            Term::Jump(_) => &[],
        };
        let passed = self.edges().into_iter().flat_map(|edge| &edge.args);
        own.iter().chain(passed).copied().collect()
    }

    fn ids(&mut self) -> Vec<&mut Id> {
        match self {
            Term::Jump(edge) => edge.args.iter_mut().collect(),
            Term::Brif(cond, then, otherwise) => std::iter::once(cond)
                .chain(&mut then.args)
                .chain(&mut otherwise.args)
                .collect(),
            Term::Table(index, edges) => std::iter::once(index)
                .chain(edges.iter_mut().flat_map(|edge| &mut edge.args))
                .collect(),
            Term::End(_, args, _) => args.iter_mut().collect(),
        }
    }
}

impl Skeleton {
    /// Replaces every id.
    pub(crate) fn rename(&mut self, name: impl Fn(Id) -> Id) {
        for block in &mut self.blocks {
            let args = block.effects.iter_mut().flat_map(|e| &mut e.args);
            for id in args.chain(block.term.ids()) {
                *id = name(*id);
            }
        }
        let originals = self.originals.iter_mut().map(|(id, ..)| id);
        for id in originals.chain(&mut self.reads) {
            *id = name(*id);
        }
    }
}

/// The graph and the skeleton of a body.
pub(crate) fn build(body: &Body) -> Result<(Graph, Skeleton), OptError> {
    let cfg = Cfg::new(body);
    let dominators = Dominators::new(&cfg);
    let mut numbers = SecondaryMap::new();
    let reachable = body
        .region(body.root())
        .iter()
        .filter(|&&block| cfg.is_reachable(block));
    for (number, &block) in reachable.enumerate() {
        numbers[block] = Some(Block::from_u32(number as u32));
    }
    let mut build = Build {
        body,
        numbers,
        dominators: &dominators,
        graph: Graph::new(Range::default()),
        skeleton: Skeleton::default(),
        classes: SecondaryMap::new(),
        alias: copies(body, &cfg),
        divisions: BTreeMap::new(),
    };
    let mut params = SecondaryMap::<Block, Vec<u32>>::new();
    for block in cfg.reverse_postorder() {
        for &param in &body.block(block).params {
            if build.alias[param].is_none() {
                let number = params[block].len() as u32;
                let def = LeafDef {
                    block: build.number(block),
                    pos: 0,
                    param: Some(number),
                };
                let leaf = build.leaf(param, Facts::TOP, def);
                params[block].push(leaf);
            }
        }
    }
    let mut blocks = SecondaryMap::<Block, Option<SkeletonBlock>>::new();
    for block in cfg.reverse_postorder() {
        let (last, ops) = body
            .block(block)
            .ops
            .split_last()
            .ok_or(OptError::NoTerminator)?;
        let mut effects = Vec::new();
        for &op in ops {
            build.op(block, op, &mut effects)?;
        }
        let term = build.terminator(body.op(*last))?;
        blocks[block] = Some(SkeletonBlock {
            params: std::mem::take(&mut params[block]),
            effects,
            term,
            loc: body.op(*last).loc,
        });
    }
    build.skeleton.blocks = body
        .region(body.root())
        .iter()
        .filter_map(|&block| blocks[block].take())
        .collect();
    Ok((build.graph, build.skeleton))
}

/// Block parameters that are copies: every edge passes the same value or the parameter itself.
fn copies(body: &Body, cfg: &Cfg) -> SecondaryMap<Value, Option<Value>> {
    let mut alias = SecondaryMap::<Value, Option<Value>>::new();
    let mut incoming = SecondaryMap::<Block, Vec<&[Value]>>::new();
    for block in cfg.reverse_postorder() {
        if let Some(op) = body.terminator(block) {
            for successor in &body.op(op).successors {
                incoming[successor.block].push(&successor.args);
            }
        }
    }
    loop {
        let mut changed = false;
        for block in cfg.reverse_postorder().skip(1) {
            for (i, &param) in body.block(block).params.iter().enumerate() {
                if alias[param].is_some() {
                    continue;
                }
                let mut sources = incoming[block]
                    .iter()
                    .map(|args| resolve(&alias, args[i]))
                    .filter(|&v| v != param);
                if let Some(first) = sources.next()
                    && sources.all(|v| v == first)
                {
                    alias[param] = Some(first);
                    changed = true;
                }
            }
        }
        if !changed {
            return alias;
        }
    }
}

fn resolve(alias: &SecondaryMap<Value, Option<Value>>, mut value: Value) -> Value {
    while let Some(next) = alias[value] {
        value = next;
    }
    value
}

struct Build<'a> {
    body: &'a Body,
    /// New numbers of the reachable blocks.
    numbers: SecondaryMap<Block, Option<Block>>,
    dominators: &'a Dominators,
    graph: Graph,
    skeleton: Skeleton,
    classes: SecondaryMap<Value, Option<Id>>,
    alias: SecondaryMap<Value, Option<Value>>,
    /// Results of divisions that may trap, with the block they are in.
    divisions: BTreeMap<(ClifOp, Id, Id), Vec<(Block, Id)>>,
}

impl Build<'_> {
    fn number(&self, block: Block) -> Block {
        self.numbers[block].expect("edges from reachable blocks reach their targets")
    }

    fn leaf(&mut self, value: Value, facts: Facts, def: LeafDef) -> u32 {
        let leaf = self.skeleton.leaves.len() as u32;
        self.skeleton.leaves.push(def);
        let id = self.graph.add(ENode::Leaf(leaf));
        let typed = match self.body.ty(value) {
            Type::I32 | Type::F32 => Facts::bits(32),
            Type::I64 | Type::F64 | Type::V128 | Type::FuncRef | Type::ExternRef | Type::Word => {
                Facts::TOP
            }
        };
        self.graph
            .set_analysis_data(id, Known::new(typed.and(facts).unwrap_or(typed)));
        self.classes[value] = Some(id);
        leaf
    }

    fn class(&self, value: Value) -> Result<Id, OptError> {
        let value = resolve(&self.alias, value);
        self.classes[value]
            .map(|id| self.graph.find(id))
            .ok_or_else(|| OptError::Undefined(format!("{value}")))
    }

    fn read(&mut self, values: &[Value]) -> Result<Vec<Id>, OptError> {
        let classes = values
            .iter()
            .map(|&v| self.class(v))
            .collect::<Result<Vec<_>, _>>()?;
        self.skeleton.reads.extend(&classes);
        Ok(classes)
    }

    fn op(&mut self, block: Block, op: Op, effects: &mut Vec<Effect>) -> Result<(), OptError> {
        let data = self.body.op(op);
        let unsupported = || OptError::NotLowered(data.opcode.to_string());
        let what = match ClifOp::from_opcode(data.opcode) {
            Some(ClifOp::Iconst32 | ClifOp::Iconst64) => {
                let value = data
                    .attrs
                    .first()
                    .and_then(Attr::as_int)
                    .ok_or_else(unsupported)?;
                let value = if data.opcode == ClifOp::Iconst32.opcode() {
                    value & crate::facts::LOW
                } else {
                    value
                };
                self.define(block, data, |graph, _| graph.add(ENode::Const(value)))?;
                return Ok(());
            }
            Some(clif) if data.opcode.is_pure() => {
                self.define(block, data, |graph, args| {
                    pure(graph, clif, args, &data.attrs)
                })?;
                return Ok(());
            }
            Some(clif) if data.opcode.def().eval.is_some() => {
                if self.division(block, clif, data)? {
                    return Ok(());
                }
                What::Division(clif)
            }
            Some(_) => return Err(unsupported()),
            None => What::Zk(ZkOp::from_opcode(data.opcode).ok_or_else(unsupported)?),
        };
        let args = self.read(&data.args)?;
        let pos = effects.len() as u32 + 1;
        let results = data
            .results
            .iter()
            .map(|&value| {
                self.leaf(
                    value,
                    result_facts(what),
                    LeafDef {
                        block: self.number(block),
                        pos,
                        param: None,
                    },
                )
            })
            .collect();
        if let What::Division(clif) = what {
            let result = self.class(data.results[0])?;
            self.divisions
                .entry((clif, args[0], args[1]))
                .or_default()
                .push((block, result));
        }
        effects.push(Effect {
            what,
            args,
            attrs: data.attrs.clone(),
            results,
            loc: data.loc,
        });
        Ok(())
    }

    fn define(
        &mut self,
        block: Block,
        data: &OpData,
        make: impl FnOnce(&mut Graph, &[Id]) -> Id,
    ) -> Result<(), OptError> {
        let args = self.read(&data.args)?;
        let id = make(&mut self.graph, &args);
        self.classes[data.results[0]] = Some(id);
        self.skeleton
            .originals
            .push((id, self.number(block), data.loc));
        Ok(())
    }

    /// Whether a division needs no op of its own: it cannot trap, or the same one was done before.
    fn division(&mut self, block: Block, clif: ClifOp, data: &OpData) -> Result<bool, OptError> {
        let (x, y) = (self.class(data.args[0])?, self.class(data.args[1])?);
        if let Some(done) = self.divisions.get(&(clif, x, y))
            && let Some(&(_, result)) = done
                .iter()
                .find(|(b, _)| self.dominators.dominates(*b, block))
        {
            self.classes[data.results[0]] = Some(result);
            return Ok(true);
        }
        let (a, b) = (self.graph[x].data.facts, self.graph[y].data.facts);
        let total = match clif {
            ClifOp::Udiv32
            | ClifOp::Udiv64
            | ClifOp::Urem32
            | ClifOp::Urem64
            | ClifOp::Srem32
            | ClifOp::Srem64 => b.min > 0,
            ClifOp::Sdiv32 => b.min > 0 && (b.max < u64::from(u32::MAX) || a.max < 1 << 31),
            ClifOp::Sdiv64 => b.min > 0 && (b.max < u64::MAX || a.max < 1 << 63),
            _ => false,
        };
        if total {
            self.define(block, data, |graph, args| pure(graph, clif, args, &[]))?;
        }
        Ok(total)
    }

    fn terminator(&mut self, data: &OpData) -> Result<Term, OptError> {
        let unsupported = || OptError::NotLowered(data.opcode.to_string());
        let mut edges = Vec::with_capacity(data.successors.len());
        for successor in &data.successors {
            let params = &self.body.block(successor.block).params;
            let kept: Vec<Value> = successor
                .args
                .iter()
                .zip(params)
                .filter(|(_, p)| self.alias[**p].is_none())
                .map(|(&v, _)| v)
                .collect();
            let args = self.read(&kept)?;
            edges.push(Edge {
                block: self.number(successor.block),
                args,
            });
        }
        let args = self.read(&data.args)?;
        if let Some(zk) = ZkOp::from_opcode(data.opcode) {
            return match zk {
                ZkOp::Jump => Ok(Term::Jump(edges.pop().ok_or_else(unsupported)?)),
                ZkOp::Tcall | ZkOp::Tcalli | ZkOp::Ret | ZkOp::Trap | ZkOp::Halt => {
                    Ok(Term::End(zk, args, data.attrs.clone()))
                }
                _ => Err(unsupported()),
            };
        }
        match ClifOp::from_opcode(data.opcode) {
            Some(ClifOp::Jump) => Ok(Term::Jump(edges.pop().ok_or_else(unsupported)?)),
            Some(ClifOp::Brif) => match (edges.pop(), edges.pop()) {
                (Some(otherwise), Some(then)) => Ok(Term::Brif(args[0], then, otherwise)),
                _ => Err(unsupported()),
            },
            Some(ClifOp::BrTable) if !edges.is_empty() => Ok(Term::Table(args[0], edges)),
            Some(ClifOp::Return) => Ok(Term::End(ZkOp::Ret, args, Vec::new())),
            Some(ClifOp::Trap) => Ok(Term::End(ZkOp::Trap, args, data.attrs.clone())),
            Some(_) | None => Err(unsupported()),
        }
    }
}

/// The class of a pure cranelift op. Ops that compute the same word at both widths are one node, comparisons have one
/// direction, and zero extension is the operand itself.
fn pure(graph: &mut Graph, clif: ClifOp, args: &[Id], attrs: &[Attr]) -> Id {
    let head = match clif {
        ClifOp::Uextend => return args[0],
        ClifOp::Band32 => ClifOp::Band64,
        ClifOp::Bor32 => ClifOp::Bor64,
        ClifOp::Bxor32 => ClifOp::Bxor64,
        ClifOp::Select32 => ClifOp::Select64,
        ClifOp::Udiv32 => ClifOp::Udiv64,
        ClifOp::Urem32 => ClifOp::Urem64,
        ClifOp::Icmp32 | ClifOp::Icmp64 => {
            let Some(Attr::Cond(cond)) = attrs.first() else {
                unreachable!("a verified `icmp` has its condition")
            };
            let bits = if clif == ClifOp::Icmp32 { 32 } else { 64 };
            return graph.add(compare(bits, *cond, args[0], args[1]));
        }
        other => other,
    };
    graph.add(ENode::op(Head::Clif(head), args))
}

/// A comparison as the graph holds it.
pub(crate) fn compare(bits: u8, cond: Cond, a: Id, b: Id) -> ENode {
    let (cond, a, b) = match cond {
        Cond::Ugt | Cond::Ule | Cond::Sgt | Cond::Sle => (cond.swap(), b, a),
        Cond::Eq | Cond::Ne | Cond::Slt | Cond::Sge | Cond::Ult | Cond::Uge => (cond, a, b),
    };
    let bits = if matches!(cond, Cond::Slt | Cond::Sge) {
        bits
    } else {
        64
    };
    ENode::op(Head::Icmp(bits, cond), &[a, b])
}

/// What is known of an effect's results from its row.
fn result_facts(what: What) -> Facts {
    match what {
        What::Zk(ZkOp::Ld8u | ZkOp::Input8) => Facts::bits(8),
        What::Zk(ZkOp::Ld16u) => Facts::bits(16),
        What::Zk(ZkOp::Ld32u | ZkOp::Ld8s32 | ZkOp::Ld16s32 | ZkOp::Grow | ZkOp::Inlen) => {
            Facts::bits(32)
        }
        What::Zk(_) | What::Division(_) => Facts::TOP,
    }
}
