//! Proves a loop of about 2^N steps and prints what it took, beside a bare AIR of the same shape.
//!
//! `cargo run --release -p zkc-prover --example measure -- N [test]`

#![allow(clippy::print_stdout, reason = "this is a command")]

use zkc_isa::*;
use zkc_prover::*;

/// A loop that hashes a little: loads, stores, arithmetic, a branch.
fn program() -> Program {
    let op = |op, d, a, b, imm| Inst {
        d,
        a,
        b,
        imm,
        ..Inst::new(op)
    };
    let mut insts = vec![
        op(ZkOp::Arg, 1, 0, 0, 0),
        op(ZkOp::Li, 2, 0, 0, 0),
        op(ZkOp::Li, 3, 0, 0, 0x9e37_79b9_7f4a_7c15),
    ];
    let start = FIRST_PC + insts.len() as u32;
    insts.extend([
        op(ZkOp::And64Imm, 4, 1, 0, 0x7ff8),
        op(ZkOp::Ld64, 5, 4, 0, 64),
        op(ZkOp::Add64, 5, 5, 3, 0),
        op(ZkOp::Xor64, 3, 5, 1, 0),
        op(ZkOp::Rotl64Imm, 3, 3, 0, 13),
        op(ZkOp::Add64, 2, 2, 3, 0),
        op(ZkOp::St64, 0, 4, 2, 64),
        op(ZkOp::Add64Imm, 1, 1, 0, u64::MAX),
        Inst {
            a: 1,
            target: start,
            ..Inst::new(ZkOp::BrNe64Imm)
        },
        op(ZkOp::Result, 0, 2, 0, 0),
        Inst::new(ZkOp::Ret),
    ]);
    let kinds = vec![ValueKind::I64];
    let entry = Entry {
        name: "main".into(),
        pc: FIRST_PC,
        params: kinds.clone(),
        results: kinds,
    };
    Program {
        insts,
        entries: vec![entry],
        pages: 1,
        ..Program::default()
    }
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM"));
    line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

/// Seconds of processor time used so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks = |i: usize| {
        fields
            .get(i)
            .and_then(|t| t.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let log: u32 = args.get(1).and_then(|a| a.parse().ok()).unwrap_or(16);
    let security = if args.get(2).is_some_and(|a| a == "test") {
        Security::Test
    } else {
        Security::Default
    };
    let program = program();
    let key = ProvingKey::new(&program).expect("the program is valid");
    let before_prove = std::sync::Mutex::new(0.0);
    let progress = |p: Progress| {
        if matches!(p, Progress::Prove(_)) {
            *before_prove.lock().expect("nothing panics here") = cpu();
        }
    };
    let options = ProveOptions {
        security,
        progress: Some(&progress),
        ..ProveOptions::default()
    };
    let rounds = (1u64 << log) / 9 - 1;
    let before = cpu();
    let (proof, statement, stats) =
        prove(&key, &program, "main", &[rounds], &[], &options).expect("the run has a proof");
    let (peak, used) = (peak_mib(), cpu() - before);
    let proving = cpu() - *before_prove.lock().expect("nothing panics here");
    let start = std::time::Instant::now();
    let report =
        verify(&proof, key.verifying_key(), &statement, security).expect("the proof is accepted");
    let verify = start.elapsed().as_secs_f64();
    for c in &stats.chips {
        println!(
            "{:<14} rows {:>8} height {:>8} columns {:>3} messages {:>3} cells {:?}",
            c.name, c.rows, c.height, c.columns, c.interactions, c.cells
        );
    }
    let s = stats.seconds;
    println!("{:?}", stats.cells);
    println!(
        "steps {} execute {:.2} witness {:.2} prove {:.2} verify {verify:.3}",
        stats.steps, s.execute, s.witness, s.prove
    );
    println!(
        "steps/s {:.0}",
        stats.steps as f64 / (s.execute + s.witness + s.prove)
    );
    println!("cells/s {:.2} M", stats.cells.total as f64 / s.prove / 1e6);
    println!(
        "processor {used:.2} s, of it {proving:.2} s proving, {:.2} M cells per processor second",
        stats.cells.total as f64 / used / 1e6
    );
    println!("proof {} KiB, peak {peak} MiB", stats.proof_bytes / 1024);
    println!("{}", report.security);
    let before = cpu();
    let bare = bare(&key, &stats, security).expect("the chips have names");
    let bare_cpu = cpu() - before;
    println!(
        "bare {bare:.2} s, processor {bare_cpu:.2} s: speed {:.0} %, by processor time {:.0} %",
        100.0 * bare / s.prove,
        100.0 * bare_cpu / proving
    );
}
