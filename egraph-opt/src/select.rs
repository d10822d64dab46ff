//! What a set of choices leads to: the classes that are needed, the forms that effects and branches take.
//!
//! Operands without alternatives are settled first; an address, a stored value or a condition then takes the form that
//! adds least to what is there anyway. Every use is checked against the point where it stands: where the chosen form's
//! leaves are not defined there, the class is chosen again among what is.

use crate::build::{Effect, Skeleton, Term, What};
use crate::extract::{Choices, Classes, Flow, Form, Market, Point};
use crate::facts::{LOW, mask};
use crate::instruction::{branch_op, division, flexible_operands, stored_bits};
use crate::language::{ENode, Head};
use crate::plan::{PlannedBlock, PlannedOp, available};
use crate::{Level, OptError};
use egg::Language;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use zkc_ir::{Attr, Block, ClifOp, Cond};
use zkc_isa::{CostModel, MEMORY_WORDS, ZkOp};

/// Bytes of the largest memory: an address at or above traps.
const MEMORY_BYTES: u64 = MEMORY_WORDS as u64 * 8;

/// What one set of choices leads to.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) blocks: Vec<Option<PlannedBlock>>,
    pub(crate) local: BTreeMap<Point, Choices>,
    /// Uses by effects and terminators, of forms available there.
    pub(crate) uses: Vec<(u32, Block)>,
    pub(crate) needed: Vec<bool>,
    /// Operands for which there were several ways.
    pub(crate) alternatives: BTreeMap<Point, Vec<Alternative>>,
    /// How often each class is read.
    pub(crate) reads: Vec<u32>,
    /// Cost of effects, terminators and second choices, weighted by how often they run.
    pub(crate) cost: u64,
}

/// Ways that operands of an effect or terminator may take.
#[derive(Debug)]
pub(crate) struct Alternative {
    /// The operands, by their place in the planned op.
    pub(crate) operands: Range<usize>,
    /// Cost of the op that goes with a way, and the classes it reads instead.
    pub(crate) options: Vec<(u64, Vec<u32>)>,
    /// Cost of the op that was chosen.
    pub(crate) paid: u64,
}

/// An address some access has used.
#[derive(Clone, Copy, Debug)]
struct Used {
    class: u32,
    /// What the class is more than its base, modulo 2^32.
    more: u64,
    after: Point,
}

/// A branch instruction for a condition.
struct BranchForm {
    op: ZkOp,
    args: Vec<u32>,
    attrs: Vec<Attr>,
}

pub(crate) struct Selector<'s> {
    market: Market<'s>,
    classes: &'s Classes,
    flow: &'s Flow,
    choices: &'s Choices,
    skeleton: &'s Skeleton,
    terms: &'s [Term],
    model: &'s CostModel,
    level: Level,
    /// Edges into each block: source block and number of the edge.
    incoming: Vec<Vec<(usize, usize)>>,
    /// Addresses that accesses have used: of each class `base`, the classes `base` + constant with the point after the
    /// access. An access that did not trap has its address inside the memory, which is below 2^31.
    used: BTreeMap<u32, Vec<Used>>,
    pending: Vec<(u32, Point)>,
    leaf_needed: Vec<bool>,
    out: Selection,
}

impl<'s> Selector<'s> {
    pub(crate) fn new(
        market: Market<'s>,
        choices: &'s Choices,
        skeleton: &'s Skeleton,
        terms: &'s [Term],
        level: Level,
    ) -> Selector<'s> {
        let Market {
            classes,
            flow,
            model,
            ..
        } = market;
        let mut incoming = vec![Vec::new(); terms.len()];
        for (i, term) in terms.iter().enumerate() {
            if flow.cfg.is_reachable(Block::from_u32(i as u32)) {
                for (j, edge) in term.edges().into_iter().enumerate() {
                    incoming[edge.block.as_u32() as usize].push((i, j));
                }
            }
        }
        let out = Selection {
            blocks: vec![None; terms.len()],
            local: BTreeMap::new(),
            uses: Vec::new(),
            alternatives: BTreeMap::new(),
            needed: vec![false; classes.len()],
            reads: vec![0; classes.len()],
            cost: 0,
        };
        let leaf_needed = vec![false; skeleton.leaves.len()];
        Selector {
            market,
            classes,
            flow,
            choices,
            skeleton,
            terms,
            model,
            level,
            incoming,
            used: BTreeMap::new(),
            pending: Vec::new(),
            leaf_needed,
            out,
        }
    }

    pub(crate) fn select(mut self) -> Result<Selection, OptError> {
        let reachable: Vec<usize> = (0..self.terms.len())
            .filter(|&i| self.flow.cfg.is_reachable(Block::from_u32(i as u32)))
            .collect();
        // The function's parameters stay.
        for &leaf in &self.skeleton.blocks[0].params {
            self.need_leaf(leaf);
        }
        // Operands without alternatives first, so that the others know what is there anyway.
        let mut open = Vec::new();
        for &i in &reachable {
            let block = Block::from_u32(i as u32);
            let mut ops = Vec::new();
            for (pos, effect) in self.skeleton.blocks[i].effects.iter().enumerate() {
                let op = self.effect(effect);
                let at = Point {
                    block,
                    pos: pos as u32,
                };
                let flexible = if self.level == Level::O0 {
                    0
                } else {
                    flexible_operands(op.op)
                };
                for &arg in &op.args[flexible..] {
                    self.pending.push((arg, at));
                }
                if flexible > 0 {
                    open.push((i, pos));
                }
                ops.push(op);
            }
            let at = Point {
                block,
                pos: ops.len() as u32,
            };
            ops.push(self.terminator(i));
            for &arg in &ops[ops.len() - 1].args {
                self.pending.push((arg, at));
            }
            self.out.blocks[i] = Some(PlannedBlock {
                params: self.skeleton.blocks[i].params.clone(),
                ops,
            });
        }
        self.close()?;
        if self.level > Level::O0 {
            self.find_used(&reachable);
        }
        for (i, pos) in open {
            self.flexible(i, pos);
            self.close()?;
        }
        for &i in &reachable {
            if let Term::Brif(cond, ..) = &self.terms[i] {
                self.branch(i, self.classes.number(*cond));
                self.close()?;
            }
        }
        self.finish(&reachable);
        Ok(self.out)
    }

    /// Drops what nothing needs and adds up costs and reads.
    fn finish(&mut self, reachable: &[usize]) {
        for &i in reachable {
            let Some(block) = &mut self.out.blocks[i] else {
                continue;
            };
            block.params.retain(|&leaf| self.leaf_needed[leaf as usize]);
            let weight = self.flow.weight(Block::from_u32(i as u32));
            for op in &mut block.ops {
                self.out.cost = self
                    .out
                    .cost
                    .saturating_add(self.model.cost(op.op).saturating_mul(weight));
                for (target, args) in &mut op.successors {
                    let params = &self.skeleton.blocks[target.as_u32() as usize].params;
                    let mut leaf = params.iter();
                    args.retain(|_| leaf.next().is_none_or(|&l| self.leaf_needed[l as usize]));
                }
                for &arg in op
                    .args
                    .iter()
                    .chain(op.successors.iter().flat_map(|(_, args)| args))
                {
                    self.out.reads[arg as usize] += 1;
                }
            }
        }
        for class in 0..self.classes.len() as u32 {
            if self.out.needed[class as usize]
                && let Some(candidate) = self.classes.chosen(self.choices, class)
            {
                for &arg in &candidate.args {
                    self.out.reads[arg as usize] += 1;
                }
            }
        }
    }

    fn numbers(&self, ids: &[egg::Id]) -> Vec<u32> {
        ids.iter().map(|&id| self.classes.number(id)).collect()
    }

    /// Marks everything that pending uses need, block arguments included.
    fn close(&mut self) -> Result<(), OptError> {
        while let Some((class, at)) = self.pending.pop() {
            if available(self.flow, self.choices, class, at) {
                self.out.uses.push((class, at.block));
                self.need(class);
            } else {
                self.need_local(class, at)?;
            }
        }
        Ok(())
    }

    fn need(&mut self, class: u32) {
        let mut stack = vec![class];
        while let Some(class) = stack.pop() {
            if std::mem::replace(&mut self.out.needed[class as usize], true) {
                continue;
            }
            let candidate = self
                .classes
                .chosen(self.choices, class)
                .expect("operands of a choice are chosen");
            if let Form::Leaf(leaf) = candidate.form {
                self.need_leaf(leaf);
            }
            stack.extend(&candidate.args);
        }
    }

    fn need_local(&mut self, class: u32, at: Point) -> Result<(), OptError> {
        let choices = match self.out.local.get(&at) {
            Some(choices) => choices,
            None => {
                let choices = self.market.extract(&vec![1; self.classes.len()], Some(at));
                self.out.local.entry(at).or_insert(choices)
            }
        };
        let mut leaves = Vec::new();
        let mut cost = 0_u64;
        let mut seen = BTreeSet::new();
        let mut stack = vec![class];
        while let Some(class) = stack.pop() {
            if !seen.insert(class) {
                continue;
            }
            let Some(candidate) = self.classes.chosen(choices, class) else {
                return Err(OptError::NoForm(format!("{:?}", self.classes.nodes(class))));
            };
            cost = cost.saturating_add(self.market.own_cost(choices, class));
            if let Form::Leaf(leaf) = candidate.form {
                leaves.push(leaf);
            }
            stack.extend(&candidate.args);
        }
        self.out.cost = self.out.cost.saturating_add(cost);
        for leaf in leaves {
            self.need_leaf(leaf);
        }
        Ok(())
    }

    /// A needed block parameter needs its arguments.
    fn need_leaf(&mut self, leaf: u32) {
        if std::mem::replace(&mut self.leaf_needed[leaf as usize], true) {
            return;
        }
        let def = self.skeleton.leaves[leaf as usize];
        let Some(param) = def.param else { return };
        for &(from, edge) in &self.incoming[def.block.as_u32() as usize] {
            let arg = self.terms[from].edges()[edge].args[param as usize];
            let at = Point {
                block: Block::from_u32(from as u32),
                pos: self.skeleton.blocks[from].effects.len() as u32,
            };
            self.pending.push((self.classes.number(arg), at));
        }
    }

    /// Cost of classes that are not needed yet; `None` if one is not available.
    fn marginal(&self, classes: &[u32], at: Point) -> Option<u64> {
        let mut stack = classes.to_vec();
        if stack
            .iter()
            .any(|&class| !available(self.flow, self.choices, class, at))
        {
            return None;
        }
        let mut seen = BTreeSet::new();
        let mut cost = 0_u64;
        while let Some(class) = stack.pop() {
            if self.out.needed[class as usize] || !seen.insert(class) {
                continue;
            }
            cost = cost.saturating_add(self.market.own_cost(self.choices, class));
            stack.extend(&self.classes.chosen(self.choices, class)?.args);
        }
        Some(cost)
    }

    fn effect(&self, effect: &Effect) -> PlannedOp {
        let mut args = self.numbers(&effect.args);
        let mut attrs = effect.attrs.clone();
        let op = match effect.what {
            What::Zk(op) => op,
            What::Division(clif) => {
                let (a, b) = (self.classes.facts(args[0]), self.classes.facts(args[1]));
                let constant = b.as_const().filter(|_| self.level > Level::O0);
                let (op, imm) = division(clif, a.is_32() && b.is_32(), constant);
                if let Some(imm) = imm {
                    attrs = vec![Attr::Int(imm)];
                    args.pop();
                }
                op
            }
        };
        PlannedOp {
            op,
            args,
            attrs,
            results: effect.results.clone(),
            successors: Vec::new(),
            loc: effect.loc,
        }
    }

    fn terminator(&self, block: usize) -> PlannedOp {
        let term = &self.terms[block];
        let (op, args, attrs) = match term {
            Term::Jump(_) => (ZkOp::Jump, Vec::new(), Vec::new()),
            // The condition is decided on last.
            Term::Brif(..) => (ZkOp::BrNe32Imm, Vec::new(), vec![Attr::Int(0)]),
            Term::Table(index, _) => (ZkOp::Brt, vec![self.classes.number(*index)], Vec::new()),
            Term::End(op, args, attrs) => (*op, self.numbers(args), attrs.clone()),
        };
        let successors = term
            .edges()
            .into_iter()
            .map(|edge| (edge.block, self.numbers(&edge.args)))
            .collect();
        PlannedOp {
            op,
            args,
            attrs,
            results: Vec::new(),
            successors,
            loc: self.skeleton.blocks[block].loc,
        }
    }

    /// Chooses the address and the stored value of a memory access.
    fn flexible(&mut self, block: usize, pos: usize) {
        let at = Point {
            block: Block::from_u32(block as u32),
            pos: pos as u32,
        };
        let Some(planned) = &self.out.blocks[block] else {
            return;
        };
        let op = &planned.ops[pos];
        let opcode = op.op;
        let mut args = op.args.clone();
        let mut attrs = op.attrs.clone();
        let stored = stored_bits(op.op);
        if let Some(Attr::Mem { offset, align }) = attrs.first().cloned() {
            let mut best = (self.marginal(&args[..1], at), args[0], offset);
            let others = self.addresses(args[0], offset, at);
            self.alternative(at, 0, args[0], others.iter().map(|o| o.0));
            for (class, offset) in others {
                let cost = self.marginal(&[class], at);
                if cost.is_some_and(|cost| best.0.is_none_or(|b| cost < b)) {
                    best = (cost, class, offset);
                }
            }
            args[0] = best.1;
            attrs[0] = Attr::Mem {
                offset: best.2,
                align,
            };
        }
        if let Some(bits) = stored {
            let mut best = (self.marginal(&args[1..2], at), args[1]);
            let others = self.low_bits(args[1], bits);
            self.alternative(at, 1, args[1], others.iter().copied());
            for class in others {
                let cost = self.marginal(&[class], at);
                if cost.is_some_and(|cost| best.0.is_none_or(|b| cost < b)) {
                    best = (cost, class);
                }
            }
            args[1] = best.1;
        }
        let flexible = flexible_operands(opcode);
        self.pending
            .extend(args[..flexible].iter().map(|&arg| (arg, at)));
        if let Some(planned) = &mut self.out.blocks[block] {
            let op = &mut planned.ops[pos];
            (op.args, op.attrs) = (args, attrs);
        }
    }

    /// Notes other classes for an operand.
    fn alternative(
        &mut self,
        at: Point,
        operand: usize,
        class: u32,
        others: impl Iterator<Item = u32>,
    ) {
        let options: Vec<(u64, Vec<u32>)> = std::iter::once(class)
            .chain(others)
            .map(|class| (0, vec![class]))
            .collect();
        if options.len() > 1 {
            let alternatives = self.out.alternatives.entry(at).or_default();
            alternatives.push(Alternative {
                operands: operand..operand + 1,
                options,
                paid: 0,
            });
        }
    }

    /// The address as sums of a class and a constant, itself first.
    fn sums(&self, class: u32) -> Vec<(u32, u64)> {
        let mut sums = vec![(class, 0)];
        for node in self.classes.nodes(class) {
            if let ENode::Op(Head::Clif(ClifOp::Iadd32), _, kids) = node {
                for (x, c) in [(kids[0], kids[1]), (kids[1], kids[0])] {
                    if let Some(c) = self.classes.facts(self.classes.number(c)).as_const() {
                        sums.push((self.classes.number(x), c));
                    }
                }
            }
        }
        sums
    }

    fn find_used(&mut self, reachable: &[usize]) {
        for &i in reachable {
            for (pos, effect) in self.skeleton.blocks[i].effects.iter().enumerate() {
                let What::Zk(op) = effect.what else { continue };
                if flexible_operands(op) == 0 {
                    continue;
                }
                let class = self.classes.number(effect.args[0]);
                let after = Point {
                    block: Block::from_u32(i as u32),
                    pos: pos as u32 + 1,
                };
                for (base, more) in self.sums(class) {
                    let used = self.used.entry(base).or_default();
                    // One per class and block says enough.
                    if used.len() < 64
                        && !used
                            .iter()
                            .any(|u| u.class == class && u.after.block == after.block)
                    {
                        used.push(Used { class, more, after });
                    }
                }
            }
        }
    }

    /// Other addresses that, with a larger offset, name the same byte: terms of sums that cannot wrap, and addresses a
    /// constant below that an earlier access has shown to be inside the memory.
    fn addresses(&self, class: u32, offset: u64, at: Point) -> Vec<(u32, u64)> {
        let mut found = Vec::new();
        for (base, more) in self.sums(class) {
            if base != class && self.classes.facts(base).max + more <= LOW {
                found.push((base, more));
            }
            for used in self.used.get(&base).into_iter().flatten() {
                let between = more.wrapping_sub(used.more) & LOW;
                if used.class != class
                    && between < MEMORY_BYTES
                    && self.flow.reaches(used.after, at)
                {
                    found.push((used.class, between));
                }
            }
        }
        found.retain_mut(|(_, more)| {
            *more += offset;
            *more <= LOW
        });
        found
    }

    /// Other classes with the same low bits.
    fn low_bits(&self, class: u32, bits: u32) -> Vec<u32> {
        let mut found = vec![class];
        let mut next = 0;
        while let Some(&class) = found.get(next) {
            next += 1;
            for node in self.classes.nodes(class) {
                let ENode::Op(Head::Clif(op), _, kids) = node else {
                    continue;
                };
                let keeps = match op {
                    ClifOp::Band64 => [0, 1].into_iter().find(|&i| {
                        let facts = self.classes.facts(self.classes.number(kids[1 - i]));
                        facts.must & mask(bits) == mask(bits)
                    }),
                    ClifOp::Ireduce | ClifOp::Sextend => Some(0),
                    ClifOp::Sextend8To32 | ClifOp::Sextend8To64 if bits <= 8 => Some(0),
                    ClifOp::Sextend16To32 | ClifOp::Sextend16To64 if bits <= 16 => Some(0),
                    _ => None,
                };
                if let Some(i) = keeps {
                    let other = self.classes.number(kids[i]);
                    if !found.contains(&other) && found.len() < 16 {
                        found.push(other);
                    }
                }
            }
        }
        found.remove(0);
        found
    }

    /// Chooses the branch instruction for a condition.
    fn branch(&mut self, block: usize, cond: u32) {
        let pos = self.skeleton.blocks[block].effects.len() as u32;
        let at = Point {
            block: Block::from_u32(block as u32),
            pos,
        };
        let weight = self.flow.weight(at.block);
        let plain = if self.classes.facts(cond).is_32() {
            ZkOp::BrNe32Imm
        } else {
            ZkOp::BrNe64Imm
        };
        let mut best = BranchForm {
            op: plain,
            args: vec![cond],
            attrs: vec![Attr::Int(0)],
        };
        let mut best_cost = self
            .marginal(&best.args, at)
            .map(|c| c.saturating_add(self.model.cost(plain).saturating_mul(weight)));
        let mut options = vec![(self.model.cost(plain), best.args.clone())];
        for node in self.classes.nodes(cond) {
            for option in self.branches(node) {
                options.push((self.model.cost(option.op), option.args.clone()));
                let cost = self
                    .marginal(&option.args, at)
                    .map(|c| c.saturating_add(self.model.cost(option.op).saturating_mul(weight)));
                if cost.is_some_and(|cost| best_cost.is_none_or(|b| cost < b)) {
                    (best, best_cost) = (option, cost);
                }
            }
        }
        let paid = self.model.cost(best.op);
        let alternative = Alternative {
            operands: 0..best.args.len(),
            options,
            paid,
        };
        self.out.alternatives.insert(at, vec![alternative]);
        self.pending.extend(best.args.iter().map(|&arg| (arg, at)));
        if let Some(op) = self.out.blocks[block]
            .as_mut()
            .and_then(|planned| planned.ops.last_mut())
        {
            (op.op, op.args, op.attrs) = (best.op, best.args, best.attrs);
        }
    }

    /// Branch instructions that test a comparison directly.
    fn branches(&self, node: &ENode) -> Vec<BranchForm> {
        let ENode::Op(Head::Icmp(bits, cond), ..) = node else {
            return Vec::new();
        };
        let (a, b) = (
            self.classes.number(node.children()[0]),
            self.classes.number(node.children()[1]),
        );
        let narrow = match cond {
            Cond::Slt | Cond::Sge => *bits == 32,
            _ => self.classes.facts(a).is_32() && self.classes.facts(b).is_32(),
        };
        let mut options = Vec::new();
        let mut option = |cond: Cond, args: Vec<u32>, imm: Option<u64>| {
            if let Some(op) = branch_op(cond, narrow, imm.is_some()) {
                options.push(BranchForm {
                    op,
                    args,
                    attrs: imm.map(Attr::Int).into_iter().collect(),
                });
            }
        };
        option(*cond, vec![a, b], None);
        if self.level > Level::O0 {
            if let Some(imm) = self.classes.facts(b).as_const() {
                option(*cond, vec![a], Some(imm));
            }
            if let (Cond::Eq | Cond::Ne, Some(imm)) = (cond, self.classes.facts(a).as_const()) {
                option(*cond, vec![b], Some(imm));
            }
        }
        options
    }
}
