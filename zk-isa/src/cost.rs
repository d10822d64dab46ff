//! Cost models: what one executed instruction costs, read from TOML, so that anyone can copy a model and change it.
//!
//! ```toml
//! name = "mine"
//! description = "what the numbers are"
//! default = 10                  # cost of rows not named below; without it every row must be named
//!
//! [costs]
//! "add64 sub64 add64_imm" = 59  # names of rows of the zk dialect, separated by spaces
//! ```

use crate::dialect::{ZK, ZkOp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use toml::Spanned;
use zkc_ir::{Diagnostic, Opcode};

/// The models that come with the machine: name and TOML text.
pub const MODELS: [(&str, &str); 5] = [
    ("cells", include_str!("../models/cells.toml")),
    ("hermez", include_str!("../models/hermez.toml")),
    ("hermez-max", include_str!("../models/hermez-max.toml")),
    ("rows", include_str!("../models/rows.toml")),
    ("cpu-cycles", include_str!("../models/cpu-cycles.toml")),
];

/// What an executed instruction costs, by row.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CostModel {
    /// Name, for reports.
    pub name: String,
    /// What the numbers are, one line.
    pub description: String,
    /// By position in the dialect's table.
    costs: Vec<u64>,
}

/// The TOML document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: String,
    #[serde(default)]
    description: String,
    default: Option<u64>,
    #[serde(default)]
    costs: BTreeMap<Spanned<String>, u64>,
}

impl CostModel {
    /// A model with a cost for each row.
    pub fn from_fn(
        name: impl Into<String>,
        description: impl Into<String>,
        cost: impl FnMut(ZkOp) -> u64,
    ) -> CostModel {
        let costs = ZkOp::ALL.iter().copied().map(cost).collect();
        CostModel {
            name: name.into(),
            description: description.into(),
            costs,
        }
    }

    /// The model of this name that comes with the machine; see [`MODELS`].
    pub fn named(name: &str) -> Option<CostModel> {
        let (_, text) = MODELS.iter().find(|(model, _)| *model == name)?;
        Some(CostModel::parse(text).expect("a test parses every model that comes with the machine"))
    }

    /// Reads a model. The diagnostic has code `bad-cost-model`, line and column.
    pub fn parse(text: &str) -> Result<CostModel, Diagnostic> {
        let refuse = |offset: Option<usize>, message: String| {
            let diagnostic = Diagnostic::error("bad-cost-model", message);
            let Some(before) = offset.and_then(|offset| text.get(..offset)) else {
                return diagnostic;
            };
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            let line = before.matches('\n').count() + 1;
            diagnostic.at_line(line as u32, before[line_start..].chars().count() as u32 + 1)
        };
        let document: Document = toml::from_str(text).map_err(|error| {
            refuse(
                error.span().map(|span| span.start),
                error.message().replace('\n', " "),
            )
        })?;
        let mut costs = vec![None; ZkOp::ALL.len()];
        // In the order of the text, so that of several errors the first is told.
        let mut groups: Vec<_> = document.costs.iter().collect();
        groups.sort_by_key(|(rows, _)| rows.span().start);
        for (rows, &cost) in groups {
            let at = Some(rows.span().start);
            for name in rows.get_ref().split_whitespace() {
                let Some(row) = ZK.ops.iter().find(|row| row.name == name) else {
                    return Err(refuse(at, format!("the zk dialect has no row `{name}`")));
                };
                if costs[usize::from(row.index)].replace(cost).is_some() {
                    return Err(refuse(at, format!("row `{name}` has two costs")));
                }
            }
        }
        let mut filled = Vec::with_capacity(costs.len());
        for (cost, row) in costs.into_iter().zip(ZK.ops) {
            match cost.or(document.default) {
                Some(cost) => filled.push(cost),
                None => {
                    return Err(refuse(
                        None,
                        format!("row `{}` has no cost, and there is no `default`", row.name),
                    ));
                }
            }
        }
        Ok(CostModel {
            name: document.name,
            description: document.description,
            costs: filled,
        })
    }

    /// The model as TOML, one line per cost with the rows that have it, in table order.
    pub fn to_toml(&self) -> String {
        let mut groups: Vec<(u64, Vec<&str>)> = Vec::new();
        for (row, &cost) in ZK.ops.iter().zip(&self.costs) {
            match groups.iter_mut().find(|(other, _)| *other == cost) {
                Some((_, rows)) => rows.push(row.name),
                None => groups.push((cost, vec![row.name])),
            }
        }
        let quoted = |text: &str| toml::Value::String(text.to_owned());
        let mut out = format!(
            "name = {}\ndescription = {}\n\n[costs]\n",
            quoted(&self.name),
            quoted(&self.description)
        );
        for (cost, rows) in groups {
            writeln!(out, "\"{}\" = {cost}", rows.join(" "))
                .expect("writing to a string does not fail");
        }
        out
    }

    /// What one execution of the instruction costs, in the model's unit.
    pub fn cost(&self, op: ZkOp) -> u64 {
        self.costs[op as usize]
    }

    /// What one execution of an op of any dialect costs; `None` for an op that is not of the zk dialect.
    pub fn cost_of(&self, opcode: Opcode) -> Option<u64> {
        ZkOp::from_opcode(opcode).map(|op| self.cost(op))
    }

    /// What executions cost together: rows and how often each was executed. Saturates.
    pub fn total(&self, counts: impl IntoIterator<Item = (ZkOp, u64)>) -> u64 {
        counts.into_iter().fold(0, |sum, (op, count)| {
            sum.saturating_add(self.cost(op).saturating_mul(count))
        })
    }
}
