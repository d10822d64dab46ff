//! Chooses again, one class at a time, by what a choice adds to what the rest needs anyway.
//!
//! Finishing classes cheapest first cannot know which of a form's operands will be there for others. Here everything needed is
//! known: a form costs its op and those of its operands that nobody else reads. Passes and steps are bounded by counts.

use crate::extract::{Choice, Choices, Market, Point, SCALE};
use crate::select::Selection;
use zkc_ir::Block;

/// Passes over all classes.
const PASSES: usize = 4;
/// Classes that one change may make needed or not needed, and that are looked at for a cycle.
const REACH: usize = 512;

struct Refine<'a> {
    market: Market<'a>,
    choices: Choices,
    /// How often each class is read; zero for what is not needed.
    reads: Vec<u32>,
    /// Cost of a class's chosen op, by the blocks where it stands.
    weights: Vec<u64>,
    /// When a search saw each class.
    seen: Vec<u32>,
    searches: u32,
    /// Classes read more or less often since the change began.
    log: Vec<u32>,
}

/// Better choices, if there are any, than those that led to a selection and to these blocks where ops stand.
pub(crate) fn refine(
    market: Market<'_>,
    choices: &Choices,
    selection: &Selection,
    placements: &[Vec<Block>],
) -> Option<Choices> {
    let reads = selection.reads.iter().zip(&selection.needed);
    let reads: Vec<u32> = reads
        .map(|(&reads, &needed)| if needed { reads } else { 0 })
        .collect();
    let weights = placements.iter().zip(choices).zip(0..);
    let weights = weights.map(|((placed, choice), class)| {
        let weight = |&block: &Block| market.flow.weight(block);
        match choice {
            Some(choice) if placed.is_empty() => market.weight(class, choice.home),
            _ => placed.iter().map(weight).sum(),
        }
    });
    let mut this = Refine {
        market,
        choices: choices.clone(),
        weights: weights.collect(),
        seen: vec![0; reads.len()],
        reads,
        searches: 0,
        log: Vec::new(),
    };
    let mut order: Vec<(u32, u32)> = (0..choices.len() as u32)
        .filter(|&class| market.classes.candidates[class as usize].len() > 1)
        .filter_map(|class| choices[class as usize].map(|choice| (choice.rank, class)))
        .collect();
    // What reads others before what is read.
    order.sort_unstable_by(|a, b| b.cmp(a));
    let mut improved = false;
    for _ in 0..PASSES {
        let mut changed = false;
        for &(_, class) in &order {
            changed |= this.class(class);
        }
        improved |= changed;
        if !changed {
            break;
        }
    }
    improved.then(|| {
        this.rank();
        this.choices
    })
}

impl Refine<'_> {
    fn own(&self, class: u32, candidate: u32) -> u64 {
        let candidate = &self.market.classes.candidates[class as usize][candidate as usize];
        candidate
            .cost(self.market.model)
            .saturating_mul(self.weights[class as usize])
    }

    fn args(&self, class: u32, candidate: u32) -> &[u32] {
        &self.market.classes.candidates[class as usize][candidate as usize].args
    }

    /// Chooses the form of a class that costs least now.
    fn class(&mut self, class: u32) -> bool {
        let Some(old) = self.choices[class as usize] else {
            return false;
        };
        if self.reads[class as usize] == 0 {
            return false;
        }
        self.log.clear();
        let Some(saved) = self.release(class, old.candidate) else {
            self.undo(0, 1);
            return false;
        };
        let released = self.log.len();
        let mut best = (saved.saturating_add(self.own(class, old.candidate)), old);
        for candidate in 0..self.market.classes.candidates[class as usize].len() as u32 {
            let home = self.home(class, candidate, &old);
            let (true, Some(home)) = (candidate != old.candidate, home) else {
                continue;
            };
            let added = self.acquire(class, candidate);
            self.undo(released, -1);
            let Some(added) = added else { continue };
            let cost = added.saturating_add(self.own(class, candidate));
            if cost < best.0 && !self.reaches(class, candidate) {
                let choice = Choice {
                    candidate,
                    home,
                    ..old
                };
                best = (cost, choice);
            }
        }
        if best.1 == old {
            self.undo(0, 1);
            return false;
        }
        self.choices[class as usize] = Some(best.1);
        self.acquire(class, best.1.candidate)
            .expect("it was within reach before");
        true
    }

    /// Where a form is available, if it is wherever the old one was.
    fn home(&self, class: u32, candidate: u32, old: &Choice) -> Option<Point> {
        let home = self.market.home(&self.choices, class, candidate)?;
        self.market.flow.reaches(home, old.home).then_some(home)
    }

    /// Reads a form's operands once less: the cost of what is no longer needed. `None` if that is too much.
    fn release(&mut self, class: u32, candidate: u32) -> Option<u64> {
        let mut stack = self.args(class, candidate).to_vec();
        let (mut cost, start) = (0_u64, self.log.len());
        while let Some(class) = stack.pop() {
            self.reads[class as usize] -= 1;
            self.log.push(class);
            if self.reads[class as usize] == 0 {
                let choice = self.choices[class as usize]?.candidate;
                cost = cost.saturating_add(self.own(class, choice));
                stack.extend(self.args(class, choice));
            }
            if self.log.len() - start > REACH {
                return None;
            }
        }
        Some(cost)
    }

    /// Reads a form's operands once more: the cost of what was not needed before. `None` if that is too much.
    fn acquire(&mut self, class: u32, candidate: u32) -> Option<u64> {
        let mut stack = self.args(class, candidate).to_vec();
        let (mut cost, start) = (0_u64, self.log.len());
        while let Some(class) = stack.pop() {
            self.reads[class as usize] += 1;
            self.log.push(class);
            if self.reads[class as usize] == 1 {
                let choice = self.choices[class as usize]?.candidate;
                cost = cost.saturating_add(self.own(class, choice));
                stack.extend(self.args(class, choice));
            }
            if self.log.len() - start > 2 * REACH {
                return None;
            }
        }
        Some(cost)
    }

    /// Takes back what was logged from `from` on, all of it in one direction.
    fn undo(&mut self, from: usize, by: i32) {
        for class in self.log.drain(from..) {
            let reads = &mut self.reads[class as usize];
            *reads = reads.wrapping_add_signed(by);
        }
    }

    /// Whether what a form reads needs the class, or too much to tell.
    fn reaches(&mut self, class: u32, candidate: u32) -> bool {
        self.searches += 1;
        let mut stack = self.args(class, candidate).to_vec();
        let mut left = REACH;
        while let Some(next) = stack.pop() {
            if next == class || left == 0 {
                return true;
            }
            if std::mem::replace(&mut self.seen[next as usize], self.searches) == self.searches {
                continue;
            }
            left -= 1;
            if let Some(choice) = &self.choices[next as usize] {
                stack.extend(self.args(next, choice.candidate));
            }
        }
        false
    }

    /// Cost of a choice with its operands, shared ones by how often they are read now.
    fn total(&self, class: u32, choice: &Choice) -> u64 {
        let shares = self.args(class, choice.candidate).iter().map(|&arg| {
            let total = self.choices[arg as usize].map_or(0, |choice| choice.total);
            total / u64::from(self.reads[arg as usize].max(1))
        });
        let candidate = &self.market.classes.candidates[class as usize][choice.candidate as usize];
        let own = candidate
            .cost(self.market.model)
            .saturating_mul(SCALE)
            .saturating_mul(self.market.weight(class, choice.home));
        shares.fold(own, u64::saturating_add)
    }

    /// Ranks all choices anew, operands before what reads them.
    fn rank(&mut self) {
        let mut rank = 0;
        let mut done = vec![false; self.choices.len()];
        for start in 0..self.choices.len() as u32 {
            let mut stack = vec![(start, 0)];
            while let Some((class, next)) = stack.pop() {
                let Some(choice) = self.choices[class as usize] else {
                    continue;
                };
                if done[class as usize] {
                    continue;
                }
                match self.args(class, choice.candidate).get(next) {
                    Some(&arg) => stack.extend([(class, next + 1), (arg, 0)]),
                    None => {
                        done[class as usize] = true;
                        let total = self.total(class, &choice);
                        self.choices[class as usize] = Some(Choice {
                            rank,
                            total,
                            ..choice
                        });
                        rank += 1;
                    }
                }
            }
        }
    }
}
