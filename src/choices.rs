//! `--emit=choices`: why each op of a function in the zk dialect is what it is, as text or JSON.
//!
//! ```text
//! func @hash
//!   0x5 c3 = rotl.i32 c0 c2
//!     *      66  total      66  zk.rotl32_imm c0 7    lower-rotl-imm
//!           129  total     171  zk.rotl32 c0 c2       lower-rotl
//! ```
//!
//! `c3` is a class of the e-graph, a value. First is what the program had for it, then each form that was found, cheapest
//! first: what the instruction costs, what it costs with its operands as often as extraction takes them to run, and the rules
//! that led to it from the program's form. `*` is the chosen one.

use serde_json::{Value, json};
use std::fmt::Write;
use zkc_egraph::Decision;

fn place(decision: &Decision) -> String {
    let offset = decision.loc.offset();
    offset.map_or_else(|| "-".to_owned(), |offset| format!("{offset:#x}"))
}

/// A function's decisions as text.
pub(crate) fn print(function: &str, decisions: &[Decision]) -> String {
    let mut text = format!("func @{function}\n");
    let mut line = |line: String| {
        writeln!(text, "{}", line.trim_end()).expect("writing to a string does not fail");
    };
    for decision in decisions {
        match decision.class {
            Some(class) => {
                let program = match decision.program.is_empty() {
                    true => "(made by rules)".to_owned(),
                    false => decision.program.join(" = "),
                };
                let times = match decision.blocks {
                    1 => String::new(),
                    n => format!("  in {n} blocks"),
                };
                line(format!("  {} c{class} = {program}{times}", place(decision)));
            }
            None => line(format!("  {} effect", place(decision))),
        }
        let forms = decision.alternatives.iter();
        let width = forms.clone().map(|a| a.text.len()).max().unwrap_or(0);
        for form in forms {
            let total = form
                .total
                .map_or_else(|| "-".to_owned(), |total| total.to_string());
            line(format!(
                "    {} {:>7}  total {total:>9}  {:<width$}  {}",
                if form.chosen { '*' } else { ' ' },
                form.cost,
                form.text,
                form.rules.join(", ")
            ));
        }
    }
    text
}

/// A function's decisions as one line of JSON.
pub(crate) fn to_json(function: &str, decisions: &[Decision]) -> String {
    let ops = decisions.iter().map(|decision| {
        let forms = decision.alternatives.iter().map(|form| {
            json!({
                "instruction": form.op.map(|op| op.opcode().def().name),
                "text": form.text,
                "cost": form.cost,
                "total": form.total,
                "chosen": form.chosen,
                "rules": form.rules,
            })
        });
        let forms: Vec<Value> = forms.collect();
        json!({
            "offset": decision.loc.offset(),
            "class": decision.class,
            "program": decision.program,
            "blocks": decision.blocks,
            "forms": forms,
        })
    });
    let ops: Vec<Value> = ops.collect();
    format!("{}\n", json!({ "function": function, "ops": ops }))
}
