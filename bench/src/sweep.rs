//! `--sweep`: processor time of compiling a guest for 20 cost models in one session, against compiling it once.
//!
//! Both are repeated, because one compilation is shorter than the clock's ticks of 10 ms.

use crate::compile::cpu_seconds;
use anyhow::{Context as _, Result};
use std::sync::Arc;
use zkc::{Compiler, Options, Roots};
use zkc_isa::{CostModel, ZkOp};

/// Cost models of a sweep.
const MODELS: u64 = 20;
/// Repetitions of each.
const REPETITIONS: u32 = 20;

/// Models from `cells` to `cpu-cycles`, in equal steps.
fn models() -> Result<Vec<Arc<CostModel>>> {
    let [a, b] = ["cells", "cpu-cycles"].map(CostModel::named);
    let (a, b) = a.zip(b).context("both come with zkc")?;
    let total = |model: &CostModel| ZkOp::ALL.iter().map(|&op| model.cost(op)).sum::<u64>();
    let (all_a, all_b) = (total(&a), total(&b));
    let model = |share: u64| {
        let cost = |op| {
            let (a, b) = (a.cost(op) * all_b, b.cost(op) * all_a);
            (a * (MODELS - 1 - share) + b * share) / all_b
        };
        Arc::new(CostModel::from_fn(format!("mix {share}"), "", cost))
    };
    Ok((0..MODELS).map(model).collect())
}

fn seconds(mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let start = cpu_seconds().context("the system tells no processor time")?;
    for _ in 0..REPETITIONS {
        work()?;
    }
    let end = cpu_seconds().context("the system tells no processor time")?;
    Ok((end - start) / f64::from(REPETITIONS))
}

/// One line of results.
pub(crate) fn report(guest: &str) -> Result<String> {
    let (wasm, models) = (crate::guest_wasm(guest)?, models()?);
    let program = |compiler: &Compiler| {
        let program = compiler.program(&Roots::Exports);
        program.map_err(|d| anyhow::anyhow!("{d}"))
    };
    program(&Compiler::new(wasm.clone(), &Options::new(2)))?;
    let once = seconds(|| {
        program(&Compiler::new(wasm.clone(), &Options::new(2)))?;
        Ok(())
    })?;
    let mut different = 0;
    let sweep = seconds(|| {
        let mut compiler = Compiler::new(wasm.clone(), &Options::new(2));
        let mut programs = Vec::new();
        for model in &models {
            compiler.set_model(model.clone());
            let program = program(&compiler)?;
            if !programs.contains(&program) {
                programs.push(program);
            }
        }
        different = programs.len();
        Ok(())
    })?;
    Ok(format!(
        "{guest}: once {:.1} ms, for {MODELS} cost models {:.1} ms, {:.2} times as long ({different} different programs)",
        once * 1e3,
        sweep * 1e3,
        sweep / once
    ))
}
