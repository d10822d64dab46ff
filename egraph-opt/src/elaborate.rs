//! Writes the planned ops as a body.
//!
//! Blocks are visited down the dominator tree. A class is computed at its first use, in the block the plan placed it in;
//! later uses below find it there. An op placed in a block visited earlier goes to that block's end, before its
//! terminator.

use crate::OptError;
use crate::extract::{Choices, Form, Point};
use crate::plan::Plan;
use std::collections::BTreeMap;
use zkc_ir::{Attr, Block, Body, Builder, Loc, SecondaryMap, Signature, Successor, Type, Value};
use zkc_isa::ZkOp;

/// A value of the body to be written.
type Name = u32;

#[derive(Clone, Debug)]
struct Item {
    op: ZkOp,
    args: Vec<Name>,
    attrs: Vec<Attr>,
    results: Vec<Name>,
    successors: Vec<(Block, Vec<Name>)>,
    loc: Loc,
}

struct Elaborate<'p> {
    plan: &'p Plan<'p>,
    /// Where each class has been computed.
    computed: Vec<Vec<(Block, Name)>>,
    leaves: Vec<Option<Name>>,
    names: u32,
    ops: SecondaryMap<Block, Vec<Item>>,
    choices: BTreeMap<ZkOp, usize>,
}

/// Writes a planned body. Also counts the forms chosen for classes that had more than one.
pub(crate) fn elaborate(
    signature: &Signature,
    plan: &Plan<'_>,
) -> Result<(Body, BTreeMap<ZkOp, usize>), OptError> {
    let mut this = Elaborate {
        plan,
        computed: vec![Vec::new(); plan.classes.len()],
        leaves: vec![None; plan.classes.leaves.len()],
        names: 0,
        ops: SecondaryMap::new(),
        choices: BTreeMap::new(),
    };
    let mut params = SecondaryMap::<Block, Vec<Name>>::new();
    let mut terminators = SecondaryMap::<Block, Option<Item>>::new();
    for &block in plan.flow.dominators.preorder() {
        let Some(planned) = &plan.blocks[block.as_u32() as usize] else {
            continue;
        };
        for &leaf in &planned.params {
            let name = this.name();
            this.leaves[leaf as usize] = Some(name);
            params[block].push(name);
        }
        for (pos, op) in planned.ops.iter().enumerate() {
            let at = Point {
                block,
                pos: pos as u32,
            };
            let args = op
                .args
                .iter()
                .map(|&class| this.value(class, at, op.loc))
                .collect::<Result<_, _>>()?;
            let mut successors = Vec::with_capacity(op.successors.len());
            for (target, args) in &op.successors {
                let args = args
                    .iter()
                    .map(|&class| this.value(class, at, op.loc))
                    .collect::<Result<_, _>>()?;
                successors.push((*target, args));
            }
            let mut results = Vec::with_capacity(op.results.len());
            for &leaf in &op.results {
                let name = this.name();
                this.leaves[leaf as usize] = Some(name);
                results.push(name);
            }
            let item = Item {
                op: op.op,
                args,
                attrs: op.attrs.clone(),
                results,
                successors,
                loc: op.loc,
            };
            if pos + 1 == planned.ops.len() {
                terminators[block] = Some(item);
            } else {
                this.ops[block].push(item);
            }
        }
    }
    let choices = std::mem::take(&mut this.choices);
    Ok((this.write(signature, &params, &mut terminators), choices))
}

impl Elaborate<'_> {
    fn name(&mut self) -> Name {
        self.names += 1;
        self.names - 1
    }

    /// The value of a class at a point, computing what is missing.
    fn value(&mut self, class: u32, at: Point, loc: Loc) -> Result<Name, OptError> {
        let plan = self.plan;
        let choices = if plan.available(class, at) {
            &plan.choices
        } else {
            plan.local.get(&at).unwrap_or(&plan.choices)
        };
        let placed = std::ptr::eq(choices, &plan.choices);
        // Where a class is wanted, and whether its operands have been asked for.
        let mut stack = vec![(class, at.block)];
        while let Some(&(class, block)) = stack.last() {
            if self.find(class, block, choices)?.is_some() {
                stack.pop();
                continue;
            }
            let block = if placed {
                self.placement(class, block)?
            } else {
                block
            };
            let candidate = plan
                .classes
                .chosen(choices, class)
                .ok_or_else(|| self.no_form(class))?;
            let mut args = Vec::with_capacity(candidate.args.len());
            let mut missing = false;
            for &arg in &candidate.args {
                match self.find(arg, block, choices)? {
                    Some(name) => args.push(name),
                    None => {
                        stack.push((arg, block));
                        missing = true;
                    }
                }
            }
            if missing {
                continue;
            }
            let (op, attrs) = match candidate.form {
                Form::Const(value) => (ZkOp::Li, vec![Attr::Int(value)]),
                Form::Op(op, imm) => (op, imm.map(Attr::Int).into_iter().collect()),
                Form::Leaf(_) => return Err(self.no_form(class)),
            };
            if plan.classes.candidates[class as usize].len() > 1 {
                *self.choices.entry(op).or_default() += 1;
            }
            let result = self.name();
            let loc = match plan.locs[class as usize] {
                Loc::NONE => loc,
                own => own,
            };
            self.ops[block].push(Item {
                op,
                args,
                attrs,
                results: vec![result],
                successors: Vec::new(),
                loc,
            });
            self.computed[class as usize].push((block, result));
            stack.pop();
        }
        self.find(class, at.block, choices)?
            .ok_or_else(|| self.no_form(class))
    }

    /// The class's value if it is there already: computed in a block above, or a leaf.
    fn find(&self, class: u32, block: Block, choices: &Choices) -> Result<Option<Name>, OptError> {
        if let Some(candidate) = self.plan.classes.chosen(choices, class)
            && let Form::Leaf(leaf) = candidate.form
        {
            return self.leaves[leaf as usize]
                .map(Some)
                .ok_or_else(|| self.no_form(class));
        }
        let dominators = &self.plan.flow.dominators;
        Ok(self.computed[class as usize]
            .iter()
            .rev()
            .find(|(b, _)| dominators.dominates(*b, block))
            .map(|&(_, name)| name))
    }

    fn placement(&self, class: u32, block: Block) -> Result<Block, OptError> {
        let placements = &self.plan.placements[class as usize];
        placements
            .iter()
            .copied()
            .find(|&b| self.plan.flow.dominators.dominates(b, block))
            .ok_or_else(|| self.no_form(class))
    }

    fn no_form(&self, class: u32) -> OptError {
        OptError::NoForm(format!("{:?}", self.plan.classes.nodes(class)))
    }

    fn write(
        mut self,
        signature: &Signature,
        params: &SecondaryMap<Block, Vec<Name>>,
        terminators: &mut SecondaryMap<Block, Option<Item>>,
    ) -> Body {
        let words = |n: usize| vec![Type::Word; n];
        let mut builder = Builder::new(Signature::new(
            words(signature.params.len()),
            words(signature.results.len()),
        ));
        let root = builder.body().root();
        let mut values: Vec<Option<Value>> = vec![None; self.names as usize];
        let mut blocks = SecondaryMap::<Block, Option<Block>>::new();
        let kept: Vec<Block> = (0..self.plan.blocks.len())
            .filter(|&i| self.plan.blocks[i].is_some())
            .map(|i| Block::from_u32(i as u32))
            .collect();
        for &block in &kept {
            let new = builder.block(root, &words(params[block].len()));
            blocks[block] = Some(new);
            for (&name, &value) in params[block].iter().zip(&builder.body().block(new).params) {
                values[name as usize] = Some(value);
            }
        }
        // Blocks down the dominator tree, so that definitions are written before uses.
        for &block in self.plan.flow.dominators.preorder() {
            let Some(new) = blocks[block] else { continue };
            builder.switch_to(new);
            let items = std::mem::take(&mut self.ops[block]);
            for item in items.into_iter().chain(terminators[block].take()) {
                let value = |name: &Name| values[*name as usize].expect("definitions come first");
                let args: Vec<Value> = item.args.iter().map(value).collect();
                let successors = item
                    .successors
                    .iter()
                    .map(|(target, args)| Successor {
                        block: blocks[*target]
                            .expect("a reachable block's successors are reachable"),
                        args: args.iter().map(value).collect(),
                    })
                    .collect();
                builder.set_loc(item.loc);
                let op = builder.op_full(
                    item.op,
                    &args,
                    item.attrs,
                    &words(item.results.len()),
                    successors,
                    Vec::new(),
                );
                for (&name, &value) in item.results.iter().zip(&builder.body().op(op).results) {
                    values[name as usize] = Some(value);
                }
            }
        }
        builder.finish()
    }
}
