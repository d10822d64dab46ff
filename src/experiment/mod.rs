//! Experiments: one call of one program, compiled again and again with something changed, executed and priced.
//!
//! A [`Trial`] keeps how often each instruction was executed, so that any cost model can price it afterwards. All variants
//! share one [`Compiler`]: what a change does not touch is not done again.

pub mod chart;
mod compare;

pub use compare::{Difference, Lowerings, Moved, differences};

use crate::compiler::{Compiler, Roots};
use std::collections::BTreeMap;
use std::sync::Arc;
use zkc_ir::Diagnostic;
use zkc_isa::{CostModel, ExecError, FIRST_PC, Limits, Outcome, Program, ZkOp};

/// The call that all variants of a program make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// The entry.
    pub entry: String,
    /// Argument words.
    pub args: Vec<u64>,
    /// Private input.
    pub input: Vec<u8>,
    /// Limits of the run.
    pub limits: Limits,
}

/// A place in the source: function, and bytes from the start of its body if known.
pub type Place = (String, Option<u32>);

/// A program that was executed.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The program.
    pub program: Arc<Program>,
    /// How the run ended.
    pub outcome: Outcome,
    /// How often each instruction of the program was executed.
    counts: Vec<u64>,
}

impl Trial {
    /// Compiles and executes.
    ///
    /// Errors: the compiler's, and the executor's as `refusal` words them.
    pub fn new(
        compiler: &Compiler,
        call: &Call,
        refusal: impl Fn(&ExecError, &Program) -> Diagnostic,
    ) -> Result<Trial, Diagnostic> {
        let program = compiler.program(&Roots::Named(vec![call.entry.clone()]))?;
        let mut counts = vec![0; program.insts.len()];
        let (entry, args, input) = (&call.entry, &call.args, &call.input);
        let outcome = zkc_isa::trace(&program, entry, args, input, &call.limits, &mut |step| {
            // Steps of trap vectors are no instructions of the program's list.
            let at = step.pc.checked_sub(FIRST_PC).map(|at| at as usize);
            if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
                *count += 1;
            }
        });
        let outcome = outcome.map_err(|error| refusal(&error, &program))?;
        Ok(Trial {
            program,
            outcome,
            counts,
        })
    }

    /// Executed instructions with how often.
    pub fn executed(&self) -> impl Iterator<Item = (ZkOp, u64)> {
        let ops = self.program.insts.iter().map(|inst| inst.op);
        ops.zip(self.counts.iter().copied())
    }

    /// What the run costs by a model.
    pub fn cost(&self, model: &CostModel) -> u64 {
        model.total(self.executed())
    }

    /// Executions by place and instruction.
    pub fn by_place(&self) -> BTreeMap<Place, BTreeMap<ZkOp, u64>> {
        let mut places: BTreeMap<Place, BTreeMap<ZkOp, u64>> = BTreeMap::new();
        for (i, (op, count)) in self.executed().enumerate().filter(|(_, (_, n))| *n > 0) {
            let place = self.program.places.get(i);
            let function = place.and_then(|p| self.program.functions.get(p.function as usize));
            let offset = place.and_then(|p| p.offset);
            let place = (function.cloned().unwrap_or_default(), offset);
            *places.entry(place).or_default().entry(op).or_default() += count;
        }
        places
    }

    /// Whether two variants did the same, as they must.
    pub fn agrees(&self, other: &Trial) -> bool {
        let shown = |t: &Trial| {
            let outcome = &t.outcome;
            (
                outcome.status,
                outcome.results.clone(),
                outcome.output.clone(),
            )
        };
        shown(self) == shown(other)
    }
}

/// A model between two: `share` of 0 is the first, of `of` the second. Each counts in proportion to what it says of `trial`, so
/// that the middle one weighs both alike.
pub fn mix(a: &CostModel, b: &CostModel, share: u64, of: u64, trial: &Trial) -> CostModel {
    let (first, second) = (trial.cost(a).max(1), trial.cost(b).max(1));
    // Costs are whole numbers: they are kept about as fine as a thousandth of an average step.
    let steps = u128::from(trial.outcome.steps.max(1));
    let scaled = |model: &CostModel, op: ZkOp, total: u64, weight: u64| {
        u128::from(model.cost(op)) * steps * u128::from(weight) * 1000 / u128::from(total)
    };
    CostModel::from_fn(
        format!("{}*{} + {}*{}", of - share, a.name, share, b.name),
        format!("{} and {}, mixed", a.name, b.name),
        |op| {
            let cost = scaled(a, op, first, of - share) + scaled(b, op, second, share);
            u64::try_from((cost / u128::from(of.max(1))).clamp(1, u128::from(zkc_isa::MAX_COST)))
                .unwrap_or(zkc_isa::MAX_COST)
        },
    )
}
