//! Cost models: what one executed instruction costs, read from TOML, so that anyone can copy a model and change it.
//!
//! ```toml
//! name = "mine"
//! description = "what the numbers are"
//! default = 10                  # cost of rows that nothing below prices; without it every row must be priced
//! parts = true                  # a row made of others (`ZkOp::parts`) that is not named costs the sum of its parts
//!
//! [costs]
//! "add64 sub64 add64_imm" = 59  # names of rows of the zk dialect, separated by spaces
//!
//! [sums]                        # a row as the rows that take its place on a machine that has not got it
//! "rotl64_imm" = "shl64_imm shru64_imm or64"
//! ```
//!
//! A row's price is the first of: its cost, its sum, the sum of its parts, the default. A table `[fit]` is left to the
//! prover: it holds the coefficients from which the costs of a fitted model were computed.

use crate::dialect::{ZK, ZkOp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use toml::{Spanned, Value};
use zkc_ir::{Diagnostic, Opcode};

/// The models that come with the machine: name and TOML text.
pub const MODELS: [(&str, &str); 8] = [
    ("cells", include_str!("../models/cells.toml")),
    ("hermez", include_str!("../models/hermez.toml")),
    ("hermez-max", include_str!("../models/hermez-max.toml")),
    ("rows", include_str!("../models/rows.toml")),
    ("cpu-cycles", include_str!("../models/cpu-cycles.toml")),
    ("zisk", include_str!("../models/zisk.toml")),
    ("seconds", include_str!("../models/seconds.toml")),
    ("sp1", include_str!("../models/sp1.toml")),
];

/// Largest cost of a row: a run of 2^29 steps then costs at most 2^61, and no sum of costs wraps.
pub const MAX_COST: u64 = 1 << 32;

/// Rows that do in one step what several others do, with those others: what a machine without the row executes instead.
const PARTS: &[(ZkOp, &[ZkOp])] = &[];

impl ZkOp {
    /// The rows that do together what this one does alone; none for a row that is no fusion of others.
    pub fn parts(self) -> &'static [ZkOp] {
        let found = PARTS.iter().find(|(op, _)| *op == self);
        found.map_or(&[], |(_, parts)| parts)
    }
}

/// What an executed instruction costs, by row.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CostModel {
    /// Name, for reports.
    pub name: String,
    /// What the numbers are, one line.
    pub description: String,
    /// By position in the dialect's table, each from 1 to [`MAX_COST`] if the model was parsed.
    costs: Vec<u64>,
}

/// The TOML document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: String,
    #[serde(default)]
    description: String,
    default: Option<Spanned<Value>>,
    #[serde(default)]
    parts: bool,
    #[serde(default)]
    costs: BTreeMap<Spanned<String>, Spanned<Value>>,
    #[serde(default)]
    sums: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default, rename = "fit")]
    _fit: Option<toml::Table>,
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

    /// Reads a model. All that is wrong with it, in the order of the text: diagnostics of code `bad-cost-model`, with
    /// line and column where the text has a place for it.
    pub fn parse(text: &str) -> Result<CostModel, Vec<Diagnostic>> {
        let document: Document = toml::from_str(text).map_err(|error| {
            let message = error.message().replace('\n', " ");
            vec![refusal(text, error.span().map(|span| span.start), message)]
        })?;
        let mut reader = Reader::default();
        reader.rows(&document);
        let mut costs = Vec::with_capacity(ZkOp::ALL.len());
        if reader.errors.is_empty() {
            for row in 0..ZkOp::ALL.len() {
                costs.push(reader.price(row, &document).unwrap_or(0));
            }
        }
        if !reader.missing.is_empty() {
            let message = missing(&reader.missing, document.parts);
            reader.errors.push((None, message));
        }
        if reader.errors.is_empty() {
            return Ok(CostModel {
                name: document.name,
                description: document.description,
                costs,
            });
        }
        // What has no place comes last.
        reader
            .errors
            .sort_by_key(|(offset, _)| offset.unwrap_or(usize::MAX));
        let errors = reader.errors.into_iter();
        Err(errors.map(|(at, what)| refusal(text, at, what)).collect())
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
        let quoted = |text: &str| Value::String(text.to_owned());
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

/// A diagnostic, at a byte offset of the text if there is one.
fn refusal(text: &str, offset: Option<usize>, message: String) -> Diagnostic {
    let diagnostic = Diagnostic::error("bad-cost-model", message);
    let Some(before) = offset.and_then(|offset| text.get(..offset)) else {
        return diagnostic;
    };
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    diagnostic.at_line(line as u32, before[line_start..].chars().count() as u32 + 1)
}

/// What is said of rows without a price.
fn missing(rows: &[&str], parts: bool) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = rows
        .iter()
        .take(SHOWN)
        .map(|row| format!("`{row}`"))
        .collect();
    let more = match rows.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (rows, have) = match rows {
        [_] => ("row", "has"),
        _ => ("rows", "have"),
    };
    let parts = if parts { " and no parts" } else { "" };
    let shown = shown.join(", ");
    format!("{rows} {shown}{more} {have} no cost{parts}, and there is no `default`")
}

/// What the text says of a row.
#[derive(Clone, Debug)]
enum Price {
    /// So much.
    Cost(u64),
    /// As much as these rows together; the sum stands at this offset.
    Sum(usize, Vec<usize>),
    /// Its sum, which stands at this offset if it is written, is being added up: a sum that gets here contains itself.
    Open(Option<usize>),
}

/// Prices by row, and what is wrong, with offsets into the text.
#[derive(Default)]
struct Reader {
    prices: BTreeMap<usize, Price>,
    /// Names of rows that nothing prices.
    missing: Vec<&'static str>,
    errors: Vec<(Option<usize>, String)>,
}

impl Reader {
    /// Reads what is said of rows.
    fn rows(&mut self, document: &Document) {
        // In the order of the text, so that the second of two prices is the one refused.
        let costs = document.costs.iter().map(|(rows, cost)| (rows, Ok(cost)));
        let sums = document.sums.iter().map(|(rows, sum)| (rows, Err(sum)));
        let mut entries: Vec<_> = costs.chain(sums).collect();
        entries.sort_by_key(|(rows, _)| rows.span().start);
        for (names, value) in entries {
            let price = match value {
                Ok(cost) => self.cost(cost).map(Price::Cost),
                Err(sum) => Some(self.names(sum))
                    .filter(|rows| !rows.is_empty())
                    .map(|rows| Price::Sum(sum.span().start, rows)),
            };
            for row in self.names(names) {
                // A price that was refused is a price all the same: the row is not missing too.
                let price = price.clone().unwrap_or(Price::Cost(1));
                if self.prices.insert(row, price).is_some() {
                    let name = ZK.ops[row].name;
                    self.refuse(names.span().start, format!("row `{name}` has two costs"));
                }
            }
        }
        if let Some(default) = &document.default {
            self.cost(default);
        }
    }

    fn refuse(&mut self, at: usize, message: String) {
        self.errors.push((Some(at), message));
    }

    /// The rows of these names; a name that is no row is refused, and so is no name at all.
    fn names(&mut self, names: &Spanned<String>) -> Vec<usize> {
        let at = names.span().start;
        let mut rows = Vec::new();
        for name in names.get_ref().split_whitespace() {
            match ZK.ops.iter().find(|row| row.name == name) {
                Some(row) => rows.push(usize::from(row.index)),
                None => self.refuse(at, format!("the zk dialect has no row `{name}`")),
            }
        }
        if names.get_ref().trim().is_empty() {
            self.refuse(at, "expected names of rows of the zk dialect".to_owned());
        }
        rows
    }

    /// A cost in range.
    fn cost(&mut self, value: &Spanned<Value>) -> Option<u64> {
        let found = match value.get_ref() {
            Value::Integer(cost) => {
                let good = u64::try_from(*cost).ok();
                if let Some(cost) = good.filter(|cost| (1..=MAX_COST).contains(cost)) {
                    return Some(cost);
                }
                cost.to_string()
            }
            Value::Float(number) => number.to_string(),
            Value::String(text) => format!("{text:?}"),
            other => other.type_str().to_owned(),
        };
        self.refuse(
            value.span().start,
            format!("expected a whole number from 1 to {MAX_COST}, found {found}"),
        );
        None
    }

    /// The price of a row, `None` if it has none that is good.
    fn price(&mut self, row: usize, document: &Document) -> Option<u64> {
        let op = ZkOp::ALL[row];
        let name = ZK.ops[row].name;
        let (at, rows) = match self.prices.get(&row) {
            Some(&Price::Cost(cost)) => return Some(cost),
            Some(Price::Sum(at, rows)) => (Some(*at), rows.clone()),
            Some(&Price::Open(at)) => {
                self.errors
                    .push((at, format!("the cost of row `{name}` contains itself")));
                return None;
            }
            None if document.parts && !op.parts().is_empty() => {
                (None, op.parts().iter().map(|&part| part as usize).collect())
            }
            None => match &document.default {
                Some(cost) => return self.cost(cost),
                None => {
                    self.missing.push(name);
                    return None;
                }
            },
        };
        self.prices.insert(row, Price::Open(at));
        let mut sum = Some(0u64);
        for part in rows {
            let cost = self.price(part, document);
            sum = sum.zip(cost).map(|(sum, cost)| sum.saturating_add(cost));
        }
        if sum.is_some_and(|sum| sum > MAX_COST) {
            self.errors
                .push((at, format!("row `{name}` costs more than {MAX_COST}")));
        }
        // So that an error is told once.
        self.prices.insert(row, Price::Cost(sum.unwrap_or(1)));
        sum
    }
}
