//! `zkc-bench --extraction [GUEST...]`: what extraction pays, block by block, against the least that could be paid.
//!
//! A block's least cost is an integer program (`zkc_egraph::Region`): one binary variable per form, a class that is read is
//! computed, cycles are cut off as they appear. microlp solves it within a limit of branch-and-bound nodes. Also what the
//! largest function of the guest `wasmi` takes to optimise, in time and memory (`--largest`).

use crate::compile::cpu_seconds;
use crate::guest_wasm;
use anyhow::{Context as _, Result, ensure};
use microlp::{
    ComparisonOp, LinearExpr, OptimizationDirection, Problem, SolutionStatus, SolveOptions,
    Variable,
};
use std::collections::{BTreeMap, BTreeSet};
use zkc::{Compiler, Options};
use zkc_egraph::{Region, RegionForm, Weights};
use zkc_isa::CostModel;

/// Most classes of a block.
const MAX_CLASSES: usize = 4000;
/// Most forms that the solver is given.
const MAX_FORMS: usize = 1500;
/// Most nodes of one search.
const MAX_NODES: u64 = 500;
/// Most searches for one block, each with the cycles of the one before cut off.
const MAX_SEARCHES: usize = 40;

/// What exact extraction said of some blocks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gap {
    /// Blocks with a choice to make.
    pub(crate) regions: usize,
    /// Those for which the least cost was found.
    pub(crate) finished: usize,
    /// Of the finished, those where extraction paid more.
    pub(crate) worse: usize,
    /// Cost of the finished by extraction, and the least.
    pub(crate) paid: u64,
    pub(crate) least: u64,
    /// The largest gap of a block, as a share of its least cost.
    pub(crate) largest: f64,
    /// Sum of such shares.
    shares: f64,
    /// The same costs, each as often as the block is taken to run.
    weighted: [u128; 2],
}

impl Gap {
    fn add(&mut self, other: &Gap) {
        self.regions += other.regions;
        self.finished += other.finished;
        self.worse += other.worse;
        self.paid += other.paid;
        self.least += other.least;
        self.largest = self.largest.max(other.largest);
        self.shares += other.shares;
        self.weighted[0] += other.weighted[0];
        self.weighted[1] += other.weighted[1];
    }

    /// Total gap as a share of the least cost.
    pub(crate) fn total(&self) -> f64 {
        self.paid as f64 / self.least.max(1) as f64 - 1.0
    }

    fn row(&self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.1} |",
            self.regions,
            self.finished,
            self.worse,
            self.paid,
            self.least,
            100.0 * self.total(),
            100.0 * (self.weighted[0] as f64 / self.weighted[1].max(1) as f64 - 1.0),
            100.0 * self.shares / self.finished.max(1) as f64,
            100.0 * self.largest,
        )
    }
}

const HEADER: &str = "| guest | blocks with a choice | exact finishes | worse | paid | least | gap % | weighted % | mean % | largest % |\n|---|---|---|---|---|---|---|---|---|---|";

/// The gap over all functions of a module.
pub(crate) fn gap(wasm: &[u8], model: &CostModel) -> Result<Gap> {
    let mut gap = Gap::default();
    let compiler = Compiler::new(wasm.to_vec(), &Options::new(2));
    let functions = compiler.functions().map_err(|d| anyhow::anyhow!("{d}"))?;
    for (index, name) in functions {
        let saturated = compiler
            .saturated(index)
            .map_err(|d| anyhow::anyhow!("{d}"))?;
        for region in zkc_egraph::regions(&saturated, model, &Weights::STATIC, MAX_CLASSES)? {
            let one = measure(&region);
            ensure!(
                one.paid >= one.least,
                "{name}, block {}: {} is less than the least cost {}",
                region.block,
                one.paid,
                one.least
            );
            gap.add(&one);
        }
    }
    Ok(gap)
}

fn measure(region: &Region) -> Gap {
    let mut gap = Gap::default();
    if region.complete && region.classes.iter().all(|forms| forms.len() < 2) {
        return gap;
    }
    gap.regions = 1;
    let Some(least) = region.complete.then(|| least(region)).flatten() else {
        return gap;
    };
    gap.finished = 1;
    gap.worse = usize::from(region.cost > least);
    (gap.paid, gap.least) = (region.cost, least);
    if gap.paid < gap.least {
        return gap;
    }
    gap.weighted = [region.cost, least].map(|cost| u128::from(cost) * u128::from(region.runs));
    gap.largest = (region.cost - least) as f64 / least.max(1) as f64;
    gap.shares = gap.largest;
    gap
}

/// Forms that can be part of a cheapest choice.
fn prune(region: &Region) -> Vec<Vec<RegionForm>> {
    let mut classes = region.classes.clone();
    // Forms that read a class without forms are none.
    loop {
        let empty: Vec<bool> = classes.iter().map(Vec::is_empty).collect();
        let before: usize = classes.iter().map(Vec::len).sum();
        for forms in &mut classes {
            forms.retain(|form| form.args.iter().all(|&arg| !empty[arg as usize]));
        }
        if before == classes.iter().map(Vec::len).sum::<usize>() {
            break;
        }
    }
    // What is there from the start and costs nothing need not be read.
    let free: Vec<bool> = classes
        .iter()
        .map(|forms| {
            let nothing = |f: &RegionForm| f.cost == 0 && f.args.is_empty() && f.from == 0;
            forms.iter().any(nothing)
        })
        .collect();
    for (class, forms) in classes.iter_mut().enumerate() {
        if free[class] {
            *forms = vec![RegionForm {
                cost: 0,
                args: Vec::new(),
                from: 0,
            }];
        }
        for form in forms.iter_mut() {
            form.args.retain(|&arg| !free[arg as usize]);
            form.args.sort_unstable();
            form.args.dedup();
            let own = class as u32;
            if form.args.contains(&own) {
                form.cost = u64::MAX;
            }
        }
        forms.retain(|form| form.cost < u64::MAX);
        let all = std::mem::take(forms);
        for (i, form) in all.iter().enumerate() {
            let beaten = all.iter().enumerate().any(|(j, other)| {
                let better = other.cost <= form.cost
                    && other.from <= form.from
                    && other.args.iter().all(|arg| form.args.contains(arg));
                let same = other == form;
                j != i && better && (!same || j < i)
            });
            if !beaten {
                forms.push(form.clone());
            }
        }
    }
    classes
}

/// The least cost of a region; `None` if a limit is reached.
fn least(region: &Region) -> Option<u64> {
    let classes = prune(region);
    let mut reached: BTreeSet<u32> = BTreeSet::new();
    let mut stack: Vec<u32> = region.roots.iter().map(|root| root.0).collect();
    while let Some(class) = stack.pop() {
        if reached.insert(class) {
            let forms = &classes[class as usize];
            stack.extend(forms.iter().flat_map(|form| &form.args));
        }
    }
    let forms: usize = reached.iter().map(|&c| classes[c as usize].len()).sum();
    if forms > MAX_FORMS {
        return None;
    }
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    let mut variables: BTreeMap<u32, Vec<Variable>> = BTreeMap::new();
    for &class in &reached {
        let forms = classes[class as usize].iter();
        let of_class = forms.map(|form| problem.add_binary_var(form.cost as f64));
        variables.insert(class, of_class.collect());
    }
    for &(root, _) in &region.roots {
        let sum: Vec<_> = variables[&root].iter().map(|&v| (v, 1.0)).collect();
        problem.add_constraint(&sum[..], ComparisonOp::Ge, 1.0);
    }
    for (&class, own) in &variables {
        // A class is computed if any of the forms that read it is chosen: together, because one is enough.
        let mut readers: BTreeMap<u32, Vec<Variable>> = BTreeMap::new();
        for (form, &variable) in classes[class as usize].iter().zip(own) {
            for &arg in &form.args {
                readers.entry(arg).or_default().push(variable);
            }
        }
        for (arg, readers) in readers {
            let computed = variables[&arg].iter().map(|&v| (v, 1.0));
            let sum: Vec<_> = computed.chain(readers.iter().map(|&v| (v, -1.0))).collect();
            problem.add_constraint(&sum[..], ComparisonOp::Ge, 0.0);
        }
    }
    for _ in 0..MAX_SEARCHES {
        let mut options = SolveOptions::default();
        options.node_limit = Some(MAX_NODES);
        let solution = problem.solve_with(options).ok()?.into_solution().ok()?;
        if solution.status() != SolutionStatus::Optimal {
            return None;
        }
        let chosen = |class: u32| {
            let variables = &variables[&class];
            variables.iter().position(|&v| solution.var_value(v) > 0.5)
        };
        let wrong = wrong_paths(region, &classes, &chosen);
        if wrong.is_empty() {
            return Some(solution.objective().round() as u64);
        }
        for path in wrong {
            let mut sum = LinearExpr::empty();
            for &(class, form) in &path {
                sum.add(variables[&class][form], 1.0);
            }
            problem.add_constraint(sum, ComparisonOp::Le, path.len() as f64 - 1.0);
        }
    }
    None
}

/// Choices that cannot stand together: cycles, and ways from a root to what is only there after it is needed.
fn wrong_paths(
    region: &Region,
    classes: &[Vec<RegionForm>],
    chosen: &dyn Fn(u32) -> Option<usize>,
) -> Vec<Vec<(u32, usize)>> {
    let mut wrong = BTreeSet::new();
    for &(root, needed) in &region.roots {
        // Depth first; the path is the classes whose arguments are being looked at.
        let mut path: Vec<(u32, usize, usize)> = Vec::new();
        let mut done: BTreeSet<u32> = BTreeSet::new();
        let mut next = Some(root);
        loop {
            if let Some(class) = next.take() {
                let Some(form) = chosen(class) else {
                    continue;
                };
                if let Some(start) = path.iter().position(|p| p.0 == class) {
                    let cycle = path[start..].iter().map(|&(c, f, _)| (c, f));
                    wrong.insert(cycle.collect::<Vec<_>>());
                } else if done.insert(class) {
                    path.push((class, form, 0));
                    if classes[class as usize][form].from > needed {
                        wrong.insert(path.iter().map(|&(c, f, _)| (c, f)).collect());
                    }
                }
            }
            let Some((class, form, at)) = path.last_mut() else {
                break;
            };
            match classes[*class as usize][*form].args.get(*at) {
                Some(&arg) => {
                    *at += 1;
                    next = Some(arg);
                }
                None => {
                    path.pop();
                }
            }
        }
    }
    wrong.into_iter().collect()
}

/// `zkc-bench --largest [FILE.wasm]`: what the e-graph takes for the function of most code, after inlining, at `-O2`: time, and
/// peak memory of this process.
pub(crate) fn largest(path: Option<&str>) -> Result<String> {
    let wasm = match path {
        Some(path) => std::fs::read(path).with_context(|| format!("reading {path}"))?,
        None => guest_wasm("wasmi")?,
    };
    let model = CostModel::named("cells").context("comes with the machine")?;
    let compiler = Compiler::new(wasm, &Options::new(2));
    let functions = compiler.functions().map_err(|d| anyhow::anyhow!("{d}"))?;
    let mut largest: Option<(usize, String, std::sync::Arc<zkc_ir::Body>)> = None;
    for (index, name) in functions {
        let body = compiler.mixed_ir(index);
        let body = body.map_err(|d| anyhow::anyhow!("{d}"))?;
        let ops = body.ops().count();
        if largest.as_ref().is_none_or(|&(most, ..)| ops > most) {
            largest = Some((ops, name, body));
        }
    }
    let (ops, name, body) = largest.context("the module has no function")?;
    drop(compiler);
    let before = peak()?;
    let start = cpu_seconds().context("the system tells no time")?;
    let options = zkc_egraph::Options::default();
    let saturated = zkc_egraph::saturate(&body, &options)?;
    let between = cpu_seconds().context("the system tells no time")?;
    let extracted = zkc_egraph::extract(&saturated, &model, &Weights::STATIC)?;
    let end = cpu_seconds().context("the system tells no time")?;
    let stats = extracted.stats;
    Ok(format!(
        "{name}: {ops} ops, {} nodes in {} classes, {:?} after {} rounds; saturation {:.2} s, extraction {:.2} s; peak {} MiB before, {} MiB after",
        stats.nodes,
        stats.classes,
        stats.stop,
        stats.iterations,
        between - start,
        end - between,
        before >> 20,
        peak()? >> 20,
    ))
}

fn peak() -> Result<u64> {
    zkc::commands::peak_rss_bytes().context("the system tells no peak memory")
}

/// The table over guests: those named, or all.
pub(crate) fn table(names: &[&str], mut line: impl FnMut(&str)) -> Result<()> {
    let model = CostModel::named("cells").context("comes with the machine")?;
    let all = [
        "fib",
        "sha256",
        "keccak256",
        "sort",
        "sieve",
        "matmul",
        "base64",
        "nbody",
        "mandelbrot",
        "chacha20",
        "life",
        "rpn",
        "words",
    ];
    let names = if names.is_empty() { &all[..] } else { names };
    line(HEADER);
    let mut sum = Gap::default();
    for name in names {
        let gap = gap(&guest_wasm(name)?, &model)?;
        line(&gap.row(name));
        sum.add(&gap);
    }
    line(&sum.row("all"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(cost: u64, args: &[u32], from: u32) -> RegionForm {
        RegionForm {
            cost,
            args: args.to_vec(),
            from,
        }
    }

    fn region(classes: Vec<Vec<RegionForm>>, roots: &[(u32, u32)]) -> Region {
        Region {
            block: 0,
            runs: 1,
            classes,
            roots: roots.to_vec(),
            cost: 0,
            complete: true,
        }
    }

    #[test]
    fn shared_classes_are_paid_once() {
        let classes = vec![
            vec![form(1, &[2], 0), form(5, &[], 0)],
            vec![form(1, &[2], 0), form(5, &[], 0)],
            vec![form(7, &[], 0)],
        ];
        assert_eq!(least(&region(classes.clone(), &[(0, 0)])), Some(5));
        assert_eq!(least(&region(classes, &[(0, 0), (1, 0)])), Some(9));
    }

    #[test]
    fn cycles_are_no_choice() {
        let classes = vec![
            vec![form(1, &[1], 0), form(30, &[], 0)],
            vec![form(1, &[2], 0), form(20, &[], 0)],
            vec![form(1, &[0], 0), form(9, &[], 0)],
        ];
        assert_eq!(least(&region(classes, &[(0, 0)])), Some(11));
    }

    #[test]
    fn what_comes_later_is_no_help() {
        let classes = vec![
            vec![form(1, &[1], 0), form(8, &[], 0)],
            vec![form(0, &[], 3)],
        ];
        assert_eq!(least(&region(classes.clone(), &[(0, 2)])), Some(8));
        assert_eq!(least(&region(classes, &[(0, 3)])), Some(1));
    }

    #[test]
    fn extraction_is_within_3_percent_of_exact() {
        let model = CostModel::named("cells").expect("comes with the machine");
        let mut sum = Gap::default();
        for name in ["fib", "sha256", "keccak256", "sort", "chacha20", "nbody"] {
            let wasm = guest_wasm(name).expect("a guest's module is committed");
            sum.add(&gap(&wasm, &model).expect("the guest compiles"));
        }
        assert!(
            sum.regions > 500 && sum.finished * 100 > sum.regions * 95,
            "{sum:?}"
        );
        assert!(sum.total() <= 0.03, "{sum:?}");
    }
}
