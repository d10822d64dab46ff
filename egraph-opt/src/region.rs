//! A block's choices as a problem of its own: what the block must compute, all forms of it, and what extraction paid.
//!
//! It is the yardstick for extraction: with what other blocks compute for it given for nothing, a block's cheapest forms are a
//! small integer program. Addresses, stored values and conditions are classes of it too, whose forms are the ways that the
//! effect or branch may take.

use crate::extract::{Form, Point};
use crate::plan::{Plan, plan};
use crate::{OptError, Saturated, Weights};
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::Block;
use zkc_isa::{CostModel, ZkOp};

/// A form of a class of a [`Region`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegionForm {
    /// What its op costs.
    pub cost: u64,
    /// The classes it reads.
    pub args: Vec<u32>,
    /// The effect of the block before which it is not there, counted from 0; its operands may come later.
    pub from: u32,
}

/// One block's problem: choose a form for classes, without cycles, so that all roots are computed and the sum of costs is least.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// The block's number among the reachable ones of the body.
    pub block: u32,
    /// How often it runs.
    pub runs: u64,
    /// Forms of each class.
    pub classes: Vec<Vec<RegionForm>>,
    /// Classes that are needed, each with the effect that needs it; a form that is there from a later one on is no help.
    pub roots: Vec<(u32, u32)>,
    /// What extraction paid.
    pub cost: u64,
    /// Whether all forms are here; not so if there are too many.
    pub complete: bool,
}

/// The problems of a function's blocks, those of more than `limit` classes without their forms. Blocks that need second choices,
/// because a value comes from different branches, are left out.
///
/// Errors: as for [`crate::optimize`].
pub fn regions(
    saturated: &Saturated,
    model: &CostModel,
    weights: &Weights,
    limit: usize,
) -> Result<Vec<Region>, OptError> {
    let plan = plan(saturated, model, weights)?;
    let second: BTreeSet<Block> = plan.local.keys().map(|point| point.block).collect();
    let mut placed: BTreeMap<Block, Vec<u32>> = BTreeMap::new();
    let mut uses: BTreeMap<u32, Vec<Block>> = BTreeMap::new();
    for &(class, block) in &plan.uses {
        uses.entry(class).or_default().push(block);
    }
    for (class, blocks) in (0..).zip(&plan.placements) {
        for &block in blocks {
            placed.entry(block).or_default().push(class);
            let chosen = plan.classes.chosen(&plan.choices, class);
            for &arg in chosen.iter().flat_map(|candidate| &candidate.args) {
                uses.entry(arg).or_default().push(block);
            }
        }
    }
    let blocks = (0..plan.blocks.len() as u32).map(Block::from_u32);
    let regions = blocks.filter(|block| !second.contains(block));
    let regions = regions.filter_map(|block| {
        let own = placed.get(&block).map_or(&[][..], |p| &p[..]);
        let mut build = Build {
            plan: &plan,
            model,
            block,
            numbers: BTreeMap::new(),
            queue: Vec::new(),
            region: Region {
                block: block.as_u32(),
                runs: plan.flow.weight(block),
                classes: Vec::new(),
                roots: Vec::new(),
                cost: 0,
                complete: true,
            },
        };
        for &class in own {
            let candidate = plan.classes.chosen(&plan.choices, class)?;
            build.region.cost += candidate.cost(model);
            let elsewhere = |&b: &Block| b != block && plan.flow.dominators.dominates(block, b);
            if uses.get(&class).is_some_and(|u| u.iter().any(elsewhere)) {
                let number = build.number(class);
                build.region.roots.push((number, u32::MAX));
            }
        }
        build.effects()?;
        build.fill(limit);
        Some(build.region)
    });
    Ok(regions.collect())
}

struct Build<'a> {
    plan: &'a Plan<'a>,
    model: &'a CostModel,
    block: Block,
    numbers: BTreeMap<u32, u32>,
    /// Classes without their forms yet.
    queue: Vec<u32>,
    region: Region,
}

impl Build<'_> {
    fn number(&mut self, class: u32) -> u32 {
        if let Some(&number) = self.numbers.get(&class) {
            return number;
        }
        let number = self.region.classes.len() as u32;
        self.region.classes.push(Vec::new());
        self.numbers.insert(class, number);
        self.queue.push(class);
        number
    }

    /// What the block's effects and its terminator need.
    fn effects(&mut self) -> Option<()> {
        let plan = self.plan;
        let planned = plan.blocks[self.block.as_u32() as usize].as_ref()?;
        for (pos, op) in (0..).zip(&planned.ops) {
            let at = Point {
                block: self.block,
                pos,
            };
            let alternatives = plan.alternatives.get(&at).map_or(&[][..], |a| &a[..]);
            let mut settled: Vec<usize> = Vec::new();
            for alternative in alternatives {
                settled.extend(alternative.operands.clone());
                let mut forms = Vec::with_capacity(alternative.options.len());
                for (cost, args) in &alternative.options {
                    forms.push(RegionForm {
                        cost: *cost,
                        args: args.iter().map(|&arg| self.number(arg)).collect(),
                        from: 0,
                    });
                }
                self.region
                    .roots
                    .push((self.region.classes.len() as u32, pos));
                self.region.classes.push(forms);
                self.region.cost += alternative.paid;
            }
            let args = op.args.iter().enumerate();
            let args = args
                .filter(|(i, _)| !settled.contains(i))
                .map(|(_, arg)| arg);
            for &arg in args.chain(op.successors.iter().flat_map(|(_, args)| args)) {
                let number = self.number(arg);
                self.region.roots.push((number, pos));
            }
        }
        Some(())
    }

    /// The forms of all classes that are of use.
    fn fill(&mut self, limit: usize) {
        let (plan, own) = (self.plan, self.block);
        let there = |block: Block| block != own && plan.flow.dominators.dominates(block, own);
        while let Some(class) = self.queue.pop() {
            if self.region.classes.len() > limit {
                self.region.classes.clear();
                self.region.complete = false;
                return;
            }
            let mut forms = Vec::new();
            let free = |from: u32| RegionForm {
                cost: 0,
                args: Vec::new(),
                from,
            };
            if plan.placements[class as usize].iter().any(|&b| there(b)) {
                forms.push(free(0));
            } else {
                for candidate in &plan.classes.candidates[class as usize] {
                    match candidate.form {
                        Form::Leaf(leaf) => {
                            let leaf = plan.classes.leaves[leaf as usize];
                            if leaf.block == own {
                                forms.push(free(leaf.pos));
                            } else if there(leaf.block) {
                                forms.push(free(0));
                            }
                        }
                        Form::Const(_) => forms.push(RegionForm {
                            cost: self.model.cost(ZkOp::Li),
                            ..free(0)
                        }),
                        Form::Op(..) => forms.push(RegionForm {
                            cost: candidate.cost(self.model),
                            args: candidate.args.iter().map(|&arg| self.number(arg)).collect(),
                            from: 0,
                        }),
                    }
                }
            }
            let number = self.numbers[&class];
            self.region.classes[number as usize] = forms;
        }
    }
}
