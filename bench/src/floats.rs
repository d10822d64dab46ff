//! `--floats`: what each float instruction costs on ordinary operands, in executed instructions and committed cells.
//!
//! An export that executes the instruction once is compared with one that only returns. A second export that uses it too
//! keeps the routine from being inlined for its only caller, so that calls are counted as in a program with many.

use anyhow::{Context as _, Result, ensure};
use std::fmt::Write as _;
use zkc::{Options, Roots};
use zkc_ir::{Arity, Ty, Type, WasmOp};
use zkc_isa::{CostModel, Limits, Program};

/// Operand tuples per instruction.
const CALLS: u64 = 200;

/// The table.
pub(crate) fn table() -> Result<String> {
    let model = CostModel::named("cells").context("the model `cells` is built in")?;
    let mut text =
        "| instruction | steps | cells | instructions linked |\n|---|---|---|---|\n".to_owned();
    for &op in WasmOp::ALL {
        if let Some(case) = Case::of(op) {
            let (steps, cells, size) = case.measure(&model)?;
            writeln!(
                text,
                "| `{}` | {steps:.1} | {cells:.0} | {size} |",
                case.name
            )?;
        }
    }
    Ok(text)
}

struct Case {
    name: &'static str,
    params: Vec<Type>,
    result: Type,
}

impl Case {
    /// An instruction that computes with floats.
    fn of(op: WasmOp) -> Option<Case> {
        let row = op.opcode().def();
        let types = |arity: Arity| match arity {
            Arity::Fixed(types) => types
                .iter()
                .map(|ty| match ty {
                    Ty::Is(ty) => Some(*ty),
                    Ty::Int | Ty::Same | Ty::Any => None,
                })
                .collect::<Option<Vec<Type>>>(),
            Arity::Variadic(_) => None,
        };
        let (params, results) = (types(row.operands)?, types(row.results)?);
        let &[result] = results.as_slice() else {
            return None;
        };
        let float = |ty: &Type| matches!(ty, Type::F32 | Type::F64);
        let computes = params.iter().chain(&results).any(float)
            && row.eval.is_some()
            && row.attrs.is_empty()
            && !row.name.contains("reinterpret");
        computes.then_some(Case {
            name: row.name,
            params,
            result,
        })
    }

    fn measure(&self, model: &CostModel) -> Result<(f64, f64, usize)> {
        let params: Vec<String> = self.params.iter().map(Type::to_string).collect();
        let gets: Vec<String> = (0..params.len())
            .map(|i| format!("(local.get {i})"))
            .collect();
        let signature = format!("(param {}) (result {})", params.join(" "), self.result);
        let function =
            |name: &str, body: &str| format!("(func (export \"{name}\") {signature} {body})");
        let body = format!("({} {})", self.name, gets.join(" "));
        let base = match self.params.contains(&self.result) {
            true => "(local.get 0)".to_owned(),
            false => format!("({}.const 0)", self.result),
        };
        let module = format!(
            "(module {} {} {})",
            function("op", &body),
            function("again", &body),
            function("base", &base)
        );
        let wasm = wat::parse_str(&module)?;
        let program = zkc::compile(&wasm, &Roots::Exports, &Options::new(2))
            .map_err(|d| anyhow::anyhow!("{d}"))?;
        let bare = zkc::compile(
            &wasm,
            &Roots::Named(vec!["base".to_owned()]),
            &Options::new(2),
        )
        .map_err(|d| anyhow::anyhow!("{d}"))?;
        let mut seed = 1;
        let mut sums = (0, 0);
        for _ in 0..CALLS {
            let args: Vec<u64> = self
                .params
                .iter()
                .map(|&ty| ordinary(ty, self.name, &mut seed))
                .collect();
            let (steps, cells) = run(&program, "op", &args, model)?;
            let (base_steps, base_cells) = run(&program, "base", &args, model)?;
            sums.0 += steps - base_steps;
            sums.1 += cells - base_cells;
        }
        let average = |sum: u64| sum as f64 / CALLS as f64;
        let size = program.insts.len().saturating_sub(bare.insts.len());
        Ok((average(sums.0), average(sums.1), size))
    }
}

/// An operand of the usual kind: up to about a thousand in magnitude, of any sign but where that traps.
fn ordinary(ty: Type, name: &str, seed: &mut u64) -> u64 {
    // xorshift64
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    let unit = (*seed >> 11) as f64 / (1_u64 << 53) as f64;
    let small = 2_f64.powf(unit * 14.0 - 4.0);
    let positive = name.ends_with("_u") || name.ends_with("sqrt") || *seed & 1 == 0;
    let number = if positive { small } else { -small };
    match ty {
        Type::F32 => u64::from((number as f32).to_bits()),
        Type::F64 => number.to_bits(),
        Type::I32 => u64::from((number * 1000.0) as i64 as u32),
        _ => (number * 1000.0) as i64 as u64,
    }
}

/// Steps and cells of one run.
fn run(program: &Program, entry: &str, args: &[u64], model: &CostModel) -> Result<(u64, u64)> {
    let (mut steps, mut cells) = (0, 0);
    let outcome = zkc_isa::trace(program, entry, args, &[], &Limits::default(), &mut |step| {
        steps += 1;
        cells += model.cost(step.inst.op);
    })?;
    ensure!(
        outcome.results.len() == 1,
        "`{entry}` of {args:x?} does not return"
    );
    Ok((steps, cells))
}
