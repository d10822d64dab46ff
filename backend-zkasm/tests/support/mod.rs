//! Compiling, linking and running bodies of the zk dialect that are given as text.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared by test binaries that use different parts"
)]

use std::ops::RangeInclusive;
use zkc_backend::{CompiledFunc, Export, InitWord, LinkInput, Options, compile_function, link};
use zkc_ir::{Body, DialectSet, parse_funcs, verify};
use zkc_isa::{Limits, Outcome, Program, ValueKind, ZK, run};

/// The functions of a text, verified; the index of a function is its position.
pub fn parse(text: &str) -> Vec<(String, Body)> {
    let funcs = parse_funcs(text, DialectSet(&[ZK])).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    for func in &funcs {
        verify(&func.body).unwrap_or_else(|e| panic!("@{}: {e}\n{text}", func.name));
    }
    funcs.into_iter().map(|f| (f.name, f.body)).collect()
}

/// Everything a test may say about a program beyond its functions.
#[derive(Default)]
pub struct Rest {
    pub start: Option<u32>,
    pub pages: u32,
    pub init: Vec<InitWord>,
}

pub fn compile(body: &Body, options: &Options) -> CompiledFunc {
    compile_function(body, options).unwrap_or_else(|e| panic!("{e}"))
}

/// All checks on, with or without the peephole.
pub fn checked(peephole: bool) -> Options {
    Options {
        check: true,
        peephole,
        fast: false,
    }
}

/// A program that exports all functions.
pub fn program(funcs: &[(String, Body)], options: &Options, rest: &Rest) -> Program {
    let compiled: Vec<CompiledFunc> = funcs
        .iter()
        .map(|(_, body)| compile(body, options))
        .collect();
    let words = |types: &[zkc_ir::Type]| vec![ValueKind::I64; types.len()];
    let exports = (0..).zip(funcs).map(|(func, (name, body))| Export {
        name: name.clone(),
        func,
        params: words(&body.signature().params),
        results: words(&body.signature().results),
    });
    let input = LinkInput {
        functions: (0..)
            .zip(funcs)
            .zip(&compiled)
            .map(|((i, (name, _)), code)| (i, name.clone(), code))
            .collect(),
        exports: exports.collect(),
        start: rest.start,
        pages: rest.pages,
        init: rest.init.clone(),
    };
    link(input).unwrap_or_else(|e| panic!("{e}"))
}

/// Runs an export with and without the peephole; the outcome with it.
pub fn outcome(text: &str, entry: &str, args: &[u64], rest: &Rest) -> Outcome {
    let funcs = parse(text);
    let run = |peephole| {
        let program = program(&funcs, &checked(peephole), rest);
        let limits = Limits {
            max_steps: 10_000_000,
            ..Limits::default()
        };
        run(&program, entry, args, &[], &limits)
            .unwrap_or_else(|e| panic!("{e}\n{}", listing(&program)))
    };
    let (plain, improved) = (run(false), run(true));
    assert_eq!(
        (plain.status, &plain.results),
        (improved.status, &improved.results)
    );
    assert!(
        improved.steps <= plain.steps + 2,
        "{} steps became {}",
        plain.steps,
        improved.steps
    );
    improved
}

/// The results of an export.
pub fn results(text: &str, entry: &str, args: &[u64]) -> Vec<u64> {
    let outcome = outcome(text, entry, args, &Rest::default());
    assert_eq!(outcome.status, zkc_isa::Status::Done);
    outcome.results
}

/// A program's instructions, for messages.
pub fn listing(program: &Program) -> String {
    let lines = (zkc_isa::FIRST_PC..).zip(&program.insts).map(|(pc, i)| {
        let name = i.op.opcode().def().name;
        format!(
            "{pc}: {name} d={} a={} b={} c={} imm={} target={}\n",
            i.d, i.a, i.b, i.c, i.imm, i.target
        )
    });
    lines.collect()
}

/// Steps per iteration of a loop: the export is run with two counts of iterations.
pub fn steps_per_iteration(text: &str, entry: &str, counts: RangeInclusive<u64>) -> f64 {
    let steps = |n: u64| outcome(text, entry, &[n], &Rest::default()).steps;
    (steps(*counts.end()) - steps(*counts.start())) as f64 / (counts.end() - counts.start()) as f64
}
