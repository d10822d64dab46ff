//! Profiles: how often the blocks of a program's functions ran.
//!
//! Blocks are those of the body that enters the e-graph, numbered among the reachable ones, so a profile is good for every
//! cost model. A function that enters in another form, as a digest of its text tells, has no counts: another level may have
//! inlined others into it.
//!
//! ```json
//! {"program": "5d1c…", "functions": {"3": {"name": "fib", "body": "81f0…", "calls": 1,
//!   "blocks": [{"runs": 1, "ways": [1]}, {"runs": 11, "ways": [10, 1]}, {"runs": 1}]}}}
//! ```

use crate::compiler::Lowered;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zkc_backend::BlockCount;
use zkc_ir::Diagnostic;

/// How often blocks ran.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Digest of the modules' bytes.
    pub program: String,
    /// Functions that were called, by index.
    pub functions: BTreeMap<u32, FunctionCounts>,
}

/// How often the blocks of a function ran.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionCounts {
    /// Its name.
    pub name: String,
    /// Digest of the body that enters the e-graph.
    pub body: String,
    /// How often it was called.
    pub calls: u64,
    /// Its reachable blocks, in the body's order.
    pub blocks: Vec<BlockCount>,
}

impl FunctionCounts {
    /// Whether the blocks have these numbers of successors.
    pub(crate) fn fits(&self, shape: &[usize]) -> bool {
        self.blocks
            .iter()
            .map(|b| b.ways.len())
            .eq(shape.iter().copied())
    }
}

impl Profile {
    /// Reads a profile.
    ///
    /// Errors: `profile`, with line and column.
    pub fn parse(text: &str) -> Result<Profile, Diagnostic> {
        serde_json::from_str(text).map_err(|e| {
            // serde_json ends its message with the place, which the diagnostic has as numbers
            let message = e.to_string();
            let at = format!(" at line {} column {}", e.line(), e.column());
            let message = message.strip_suffix(&at).unwrap_or(&message);
            Diagnostic::error("profile", format!("not a profile: {message}"))
                .at_line(e.line() as u32, e.column() as u32)
        })
    }

    /// The profile as JSON, one line per function.
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\"program\": {:?}, \"functions\": {{", self.program);
        for (number, (index, counts)) in self.functions.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            out.push_str(&format!(
                "{comma}\n\"{index}\": {}",
                serde_json::json!(counts)
            ));
        }
        out.push_str("\n}}\n");
        out
    }
}

/// Counts of the blocks that a lowered function was made from, of which `shape` has the numbers of successors; `count` counts
/// the blocks of the lowered body.
pub(crate) fn counts_of(
    lowered: &Lowered,
    shape: &[usize],
    count: impl FnOnce(&mut [BlockCount]),
) -> Vec<BlockCount> {
    let mut own: Vec<BlockCount> = lowered
        .origins
        .iter()
        .map(|origin| BlockCount {
            ways: vec![0; origin.ways.len()],
            ..BlockCount::default()
        })
        .collect();
    count(&mut own);
    let mut blocks: Vec<BlockCount> = shape
        .iter()
        .map(|&ways| BlockCount {
            ways: vec![0; ways],
            ..BlockCount::default()
        })
        .collect();
    for (count, origin) in own.into_iter().zip(&lowered.origins) {
        let block = &mut blocks[origin.block as usize];
        block.runs = count.runs;
        block.rows = count.rows;
        for (&way, count) in origin.ways.iter().zip(count.ways) {
            block.ways[way as usize] = count;
        }
    }
    blocks
}

/// Counts of a lowered function's blocks from those of the blocks that it was made from.
pub(crate) fn counts_for(lowered: &Lowered, blocks: &[BlockCount]) -> Vec<BlockCount> {
    let counts = lowered.origins.iter().map(|origin| {
        let block = &blocks[origin.block as usize];
        BlockCount {
            runs: block.runs,
            ways: origin
                .ways
                .iter()
                .map(|&w| block.ways[w as usize])
                .collect(),
            rows: block.rows.clone(),
        }
    });
    counts.collect()
}
