//! Measures the executor: nanoseconds per step, fast and traced, on three loops. Run with `--release`.
#![expect(clippy::print_stdout, reason = "an example prints what it measures")]

use std::time::Instant;
use zkc_isa::{Entry, FIRST_PC, Inst, Limits, Program, ZkOp, run, trace};

fn inst(op: ZkOp, [d, a, b]: [u32; 3], imm: u64, target: u32) -> Inst {
    Inst {
        d,
        a,
        b,
        imm,
        target,
        ..Inst::new(op)
    }
}

/// A program that runs `body` (registers 3 and up are its own) `rounds` times.
fn looped(rounds: u64, body: Vec<Inst>) -> Program {
    let mut insts = vec![
        inst(ZkOp::Li, [1, 0, 0], rounds, 0),
        inst(ZkOp::Li, [4, 0, 0], 1, 0),
    ];
    let head = FIRST_PC + insts.len() as u32;
    insts.extend(body);
    insts.push(inst(ZkOp::Add32Imm, [1, 1, 0], 0xffff_ffff, 0));
    insts.push(inst(ZkOp::BrNe32Imm, [0, 1, 0], 0, head));
    insts.push(Inst::new(ZkOp::Halt));
    let entry = Entry {
        name: "main".to_owned(),
        pc: FIRST_PC,
        params: vec![],
        results: vec![],
    };
    Program {
        insts,
        entries: vec![entry],
        pages: 2,
        ..Program::default()
    }
}

fn main() {
    use ZkOp::*;
    let fibonacci = vec![
        inst(Add64, [5, 3, 4], 0, 0),
        inst(Mov, [3, 4, 0], 0, 0),
        inst(Mov, [4, 5, 0], 0, 0),
    ];
    let hash = vec![
        inst(Xor32, [5, 3, 4], 0, 0),
        inst(Rotl32Imm, [6, 5, 0], 7, 0),
        inst(Add32, [3, 6, 1], 0, 0),
        inst(And32, [7, 3, 5], 0, 0),
        inst(Shru32Imm, [8, 7, 0], 3, 0),
        inst(Or32, [4, 8, 6], 0, 0),
    ];
    let memory = vec![
        inst(And32Imm, [5, 1, 0], 0xfff8, 0),
        inst(Ld32u, [6, 5, 0], 64, 0),
        inst(Add32, [6, 6, 1], 0, 0),
        inst(St32, [0, 5, 6], 64, 0),
        inst(Ld8u, [7, 5, 0], 65, 0),
        inst(BrLtu32Imm, [0, 7, 0], 128, FIRST_PC + 8),
    ];
    let limits = Limits::default();
    for (name, body) in [("fibonacci", fibonacci), ("hash", hash), ("memory", memory)] {
        let program = looped(20_000_000, body);
        let begin = Instant::now();
        let outcome = run(&program, "main", &[], &[], &limits).expect("the program is valid");
        let fast = begin.elapsed().as_secs_f64() * 1e9 / outcome.steps as f64;
        let begin = Instant::now();
        let mut accesses = 0u64;
        trace(&program, "main", &[], &[], &limits, &mut |step| {
            accesses += u64::from(step.len);
        })
        .expect("the program is valid");
        let traced = begin.elapsed().as_secs_f64() * 1e9 / outcome.steps as f64;
        println!(
            "{name}: {} steps, {fast:.2} ns/step, traced {traced:.2} ns/step, {accesses} accesses",
            outcome.steps
        );
    }
}
