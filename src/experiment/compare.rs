//! Which lowerings differ between two variants of a program, and what each difference is worth.
//!
//! Ops are compared by place: an op bears the place of the WebAssembly instruction that it was made for. At a place, what both
//! variants have is left out, and so is an op that only stands at another place of the function and runs as often.
//! What is left is one lowering in one variant and another in the other.

use super::{Place, Trial};
use crate::compiler::{Compiler, Roots};
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::analysis::{Cfg, Dominators, Loops};
use zkc_ir::{Body, Diagnostic};
use zkc_isa::{CostModel, ZkOp};

/// How often an op stands at a place, how often extraction expects it to run (as the profile says, else in one call of the
/// function, eight times for each loop around it), and how often it ran.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Count {
    stands: i64,
    expected: i64,
    executed: i64,
}

impl Count {
    fn minus(self, other: Count) -> Count {
        Count {
            stands: self.stands - other.stands,
            expected: self.expected - other.expected,
            executed: self.executed - other.executed,
        }
    }
}

/// An op that one variant has more of than the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The op.
    pub op: ZkOp,
    /// How many more of it the second variant has; negative if the first has more.
    pub stands: i64,
    /// How much more often it is expected to run: in the run by the profile, else in one call of the function.
    pub expected: i64,
    /// How much more often it was executed.
    pub executed: i64,
}

/// A place where two variants differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Where.
    pub place: Place,
    /// Ops that differ, in table order.
    pub ops: Vec<Moved>,
}

impl Difference {
    /// What the first variant saves by a model, as extraction predicts it: for the run by the profile, else for one call of the
    /// function.
    pub fn predicted(&self, model: &CostModel) -> i64 {
        self.sum(|op| (op.expected, model.cost(op.op)))
    }

    /// What the first variant saved in the run by a model.
    pub fn executed(&self, model: &CostModel) -> i64 {
        self.sum(|op| (op.executed, model.cost(op.op)))
    }

    fn sum(&self, part: impl Fn(&Moved) -> (i64, u64)) -> i64 {
        let parts = self.ops.iter().map(|op| {
            let (count, cost) = part(op);
            count.saturating_mul(i64::try_from(cost).unwrap_or(i64::MAX))
        });
        parts.fold(0, i64::saturating_add)
    }

    /// The ops that only the first variant has here, and those that only the second has, each as often as it has more of it.
    pub fn sides(&self) -> (Vec<ZkOp>, Vec<ZkOp>) {
        let side = |sign: i64| {
            let ops = self.ops.iter().filter(|op| op.stands * sign > 0);
            let ops = ops.flat_map(|op| vec![op.op; op.stands.unsigned_abs() as usize]);
            ops.collect()
        };
        (side(-1), side(1))
    }
}

type Counts = BTreeMap<Place, BTreeMap<ZkOp, Count>>;

/// The ops that a variant has at each place.
#[derive(Clone, Debug)]
pub struct Lowerings(Counts);

impl Lowerings {
    /// Of the program that `compiler` makes of an entry, as it is set now.
    ///
    /// Errors: the compiler's.
    pub fn of(compiler: &Compiler, entry: &str) -> Result<Lowerings, Diagnostic> {
        let module = compiler.zk_module(&Roots::Named(vec![entry.to_owned()]))?;
        let mut counts = Counts::new();
        for (index, name, body) in &module.functions {
            add(&mut counts, name, body, compiler.runs(*index)?.as_deref());
        }
        Ok(Lowerings(counts))
    }
}

/// Adds a function's ops, with how often the profile says that its blocks run, if it does.
fn add(counts: &mut Counts, function: &str, body: &Body, runs: Option<&[u64]>) {
    let cfg = Cfg::new(body);
    let dominators = Dominators::new(&cfg);
    let loops = Loops::new(&cfg, &dominators);
    for (number, &block) in body.region(body.root()).iter().enumerate() {
        let weight = match runs.and_then(|runs| runs.get(number)) {
            Some(&runs) => i64::try_from(runs).unwrap_or(i64::MAX),
            None => 8_i64.pow(loops.depth(block).min(8)),
        };
        for &op in &body.block(block).ops {
            let data = body.op(op);
            if let Some(zk) = ZkOp::from_opcode(data.opcode) {
                let place = (function.to_owned(), data.loc.offset());
                let count = counts.entry(place).or_default().entry(zk).or_default();
                count.stands += 1;
                count.expected = count.expected.saturating_add(weight);
            }
        }
    }
}

/// Where two variants differ, most worth (by `model`, in the run) first.
pub fn differences(
    (a, ran_a): (&Lowerings, &Trial),
    (b, ran_b): (&Lowerings, &Trial),
    model: &CostModel,
) -> Vec<Difference> {
    let with_runs = |lowerings: &Lowerings, trial: &Trial| {
        let mut counts = lowerings.0.clone();
        for (place, ops) in trial.by_place() {
            for (op, executed) in ops {
                let count = counts
                    .entry(place.clone())
                    .or_default()
                    .entry(op)
                    .or_default();
                count.executed = i64::try_from(executed).unwrap_or(i64::MAX);
            }
        }
        counts
    };
    let (a, b) = (with_runs(a, ran_a), with_runs(b, ran_b));
    let places: BTreeSet<&Place> = a.keys().chain(b.keys()).collect();
    let (none, mut rows) = (BTreeMap::new(), Vec::new());
    for place in places {
        let (a, b) = (a.get(place).unwrap_or(&none), b.get(place).unwrap_or(&none));
        let ops: BTreeSet<ZkOp> = a.keys().chain(b.keys()).copied().collect();
        for op in ops {
            let count = |side: &BTreeMap<ZkOp, Count>| side.get(&op).copied().unwrap_or_default();
            let more = count(b).minus(count(a));
            if more.stands != 0 {
                rows.push((place.clone(), op, more));
            }
        }
    }
    // An op that left one place of the function for another and runs as often is no difference.
    let mut open: BTreeMap<(String, ZkOp, i64, i64), Vec<usize>> = BTreeMap::new();
    let mut gone = vec![false; rows.len()];
    for (i, (place, op, more)) in rows.iter().enumerate() {
        let key = |sign: i64| {
            (
                place.0.clone(),
                *op,
                sign * more.stands,
                sign * more.executed,
            )
        };
        match open.get_mut(&key(-1)).and_then(Vec::pop) {
            Some(other) => (gone[i], gone[other]) = (true, true),
            None => open.entry(key(1)).or_default().push(i),
        }
    }
    let mut found: BTreeMap<Place, Vec<Moved>> = BTreeMap::new();
    for ((place, op, more), gone) in rows.into_iter().zip(gone) {
        if !gone {
            let Count {
                stands,
                expected,
                executed,
            } = more;
            let moved = Moved {
                op,
                stands,
                expected,
                executed,
            };
            found.entry(place).or_default().push(moved);
        }
    }
    let mut found: Vec<Difference> = found
        .into_iter()
        .map(|(place, ops)| Difference { place, ops })
        .collect();
    found.sort_by_cached_key(|d| (std::cmp::Reverse(d.executed(model)), d.place.clone()));
    found
}
