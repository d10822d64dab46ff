//! `--differences`: lowerings that `cells` and `cpu-cycles` choose differently in the programs of `--choices`, where one
//! instruction stands for one, most worth in cells first.

use crate::choices::CASES;
use anyhow::{Context as _, Result, anyhow};
use std::collections::BTreeMap;
use std::sync::Arc;
use zkc::experiment::{Call, Difference, Lowerings, Trial, differences};
use zkc::{Compiler, Options};
use zkc_ir::Diagnostic;
use zkc_isa::{CostModel, Limits, ZkOp};

/// Rows of the table.
const ROWS: usize = 12;

/// One instruction instead of another, wherever it is.
#[derive(Default)]
struct Pattern {
    places: usize,
    saved: i64,
    other_saved: i64,
    /// The largest: cells saved, program, place.
    largest: Option<(i64, &'static str, String)>,
}

/// The table as Markdown.
pub(crate) fn table() -> Result<String> {
    let named = |name| {
        CostModel::named(name)
            .map(Arc::new)
            .context("comes with zkc")
    };
    let (ours, theirs) = (named("cells")?, named("cpu-cycles")?);
    let mut patterns: BTreeMap<(ZkOp, ZkOp), Pattern> = BTreeMap::new();
    for case in CASES {
        for difference in of_case(case, &ours, &theirs)? {
            let (our_ops, their_ops) = difference.sides();
            let (&[our_op], &[their_op]) = (&our_ops[..], &their_ops[..]) else {
                continue;
            };
            let saved = difference.executed(&ours);
            let pattern = patterns.entry((our_op, their_op)).or_default();
            pattern.places += 1;
            pattern.saved += saved;
            pattern.other_saved += difference.executed(&theirs);
            if pattern
                .largest
                .as_ref()
                .is_none_or(|(most, ..)| saved > *most)
            {
                let (function, offset) = &difference.place;
                let offset = offset.map_or_else(String::new, |o| format!("+{o:#x}"));
                pattern.largest = Some((saved, case.name, format!("{function}{offset}")));
            }
        }
    }
    let mut rows: Vec<_> = patterns.into_iter().filter(|(_, p)| p.saved > 0).collect();
    rows.sort_by_key(|(ops, pattern)| (std::cmp::Reverse(pattern.saved), *ops));
    let mut text = "| `cells` takes | `cpu-cycles` takes | cells | cycles | places | cells saved | cycles saved | most in one place |\n\
        |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for ((our_op, their_op), pattern) in rows.into_iter().take(ROWS) {
        let (saved, program, place) = pattern.largest.context("a pattern has a place")?;
        let name = |op: ZkOp| op.opcode().def().name;
        text.push_str(&format!(
            "| `{}` | `{}` | {} for {} | {} for {} | {} | {} | {} | {saved}: {program}, `{place}` |\n",
            name(our_op),
            name(their_op),
            ours.cost(our_op),
            ours.cost(their_op),
            theirs.cost(our_op),
            theirs.cost(their_op),
            pattern.places,
            pattern.saved,
            pattern.other_saved,
        ));
    }
    Ok(text)
}

fn of_case(
    case: &crate::choices::Case,
    ours: &Arc<CostModel>,
    theirs: &Arc<CostModel>,
) -> Result<Vec<Difference>> {
    let mut compiler = Compiler::with_units(case.units()?, &Options::new(2));
    let call = Call {
        entry: case.invoke.to_owned(),
        args: case.args.to_vec(),
        input: case.input()?,
        limits: Limits::default(),
    };
    let mut variant = |model: &Arc<CostModel>| {
        compiler.set_model(model.clone());
        let refused =
            |error: &zkc_isa::ExecError, _: &_| Diagnostic::error("run", error.to_string());
        let lowerings = Lowerings::of(&compiler, &call.entry)?;
        Ok((lowerings, Trial::new(&compiler, &call, refused)?))
    };
    let wrong = |d: Diagnostic| anyhow!("{}: {d}", case.name);
    let (a, b) = (
        variant(ours).map_err(wrong)?,
        variant(theirs).map_err(wrong)?,
    );
    Ok(differences((&a.0, &a.1), (&b.0, &b.1), ours))
}
