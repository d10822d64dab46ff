//! The traced run: the same outcome as the fast one, and steps that keep the promises of `Step`.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use proptest::prelude::*;
use std::collections::BTreeMap;
use zkc_isa::*;

fn steps(
    program: &Program,
    args: &[u64],
    input: &[u8],
    limits: &Limits,
) -> (Result<Outcome, ExecError>, Vec<Step>) {
    let mut steps = Vec::new();
    let outcome = trace(program, "main", args, input, limits, &mut |step| {
        steps.push(*step);
    });
    (outcome, steps)
}

/// Checks steps against each other, as the prover's buses will: control flow, clocks, every access against the one
/// before it, and the accesses' places against the table of `Step`.
fn check(program: &Program, steps: &[Step]) {
    // Value and time of the last access of each word.
    let mut words: BTreeMap<u32, (u64, u32)> = program
        .init
        .iter()
        .map(|&(addr, value)| (addr, (value, 0)))
        .collect();
    words.insert(STATIC_BASE + SLOT_PAGES, (program.pages.into(), 0));
    let mut born = vec![0; program.pages as usize];
    for (index, step) in steps.iter().enumerate() {
        assert_eq!(step.clock, FIRST_CLOCK + TICKS * index as u32);
        let inst = program.at(step.pc).copied();
        assert_eq!(Some(step.inst), inst.or(program.vector(step.pc)));
        if let Some(next) = steps.get(index + 1) {
            assert_eq!((step.next_pc, step.next_fp), (next.pc, next.fp));
        }
        let (used, unused) = step.accesses.split_at(step.len.into());
        assert!(unused.iter().all(|access| *access == Access::default()));
        for (position, access) in used.iter().enumerate() {
            let fresh = if access.addr < MEMORY_WORDS {
                (0, born[(access.addr / PAGE_WORDS) as usize])
            } else {
                (0, 0)
            };
            let (value, time) = words.get(&access.addr).copied().unwrap_or(fresh);
            assert_eq!((access.old, access.prev_ts), (value, time), "{step:?}");
            assert!((step.clock..step.clock + TICKS).contains(&step.time(position)));
            words.insert(access.addr, (access.new, step.time(position)));
            if access.addr == STATIC_BASE + SLOT_PAGES {
                born.resize(access.new as usize, step.time(position));
            }
        }
        let reads = used.iter().map(|access| access.old).collect::<Vec<_>>();
        assert_eq!(
            used.iter().map(|access| access.addr).collect::<Vec<_>>(),
            places(step, &reads),
            "{step:?}"
        );
    }
}

/// Addresses of an instruction's accesses; `values` are what it read.
fn places(step: &Step, values: &[u64]) -> Vec<u32> {
    let Inst {
        op,
        d,
        a,
        b,
        c,
        imm,
        target,
    } = step.inst;
    let r = |reg: u32| step.fp + reg;
    let traps = step.next_pc < FIRST_PC;
    let words = || {
        let first = values[0] + imm;
        let last = first + u64::from(op.access_bytes()) - 1;
        (first / 8..=last / 8).map(|word| word as u32)
    };
    let pages = STATIC_BASE + SLOT_PAGES;
    match op.form() {
        Form::Binary if traps => vec![r(a), r(b)],
        Form::Binary => vec![r(a), r(b), r(d)],
        Form::BinaryImm if traps => vec![r(a)],
        Form::BinaryImm | Form::Unary => vec![r(a), r(d)],
        Form::Constant | Form::Arg | Form::Hint => vec![r(d)],
        Form::Select => vec![r(a), r(b), r(c), r(d)],
        Form::Load | Form::Store if traps => vec![r(a), pages],
        Form::Load => [r(a)].into_iter().chain(words()).chain([r(d)]).collect(),
        Form::Store => [r(a), r(b)].into_iter().chain(words()).collect(),
        Form::StaticLoad => vec![STATIC_BASE + target, r(d)],
        Form::StaticStore => vec![r(a), STATIC_BASE + target],
        Form::TableLoad if traps => vec![r(a)],
        Form::TableLoad => vec![r(a), STATIC_BASE + target + values[0] as u32, r(d)],
        Form::TableStore if traps => vec![r(a), r(b)],
        Form::TableStore => vec![r(a), r(b), STATIC_BASE + target + values[0] as u32],
        Form::Blocks => {
            let sources = (values[1] / 8) as u32..;
            let sources = match op {
                ZkOp::Copy => sources.take(if values[1].is_multiple_of(8) { 4 } else { 5 }),
                _ => sources.take(0),
            };
            let to = values[0] as u32;
            [r(a), r(b), r(c)]
                .into_iter()
                .chain(sources)
                .chain(to..to + BLOCK_WORDS)
                .collect()
        }
        Form::Grow => vec![r(a), pages, r(d)],
        Form::Branch => vec![r(a), r(b)],
        Form::BranchImm | Form::BranchTable | Form::Result => vec![r(a)],
        Form::Output => vec![r(a), STATIC_BASE + SLOT_OUTPUTS],
        Form::Call if traps => vec![],
        Form::Call => vec![step.next_fp],
        Form::CallIndirect if traps && step.next_fp == step.fp => vec![r(a)],
        Form::CallIndirect => vec![r(a), step.next_fp],
        Form::TailCallIndirect => vec![r(a)],
        Form::Bare if op == ZkOp::Ret => vec![r(0)],
        Form::Bare | Form::Jump | Form::Trap => vec![],
    }
}

fn agree(program: &Program, args: &[u64], input: &[u8], max_steps: u64) {
    let limits = Limits {
        max_steps,
        ..Limits::default()
    };
    let fast = run(program, "main", args, input, &limits);
    let (traced, steps) = steps(program, args, input, &limits);
    assert_eq!(fast, traced);
    check(program, &steps);
    if let Ok(outcome) = traced {
        let last = steps.last().unwrap();
        assert_eq!(steps.len() as u64, outcome.steps);
        assert_eq!((last.pc, last.next_pc), (outcome.pc, outcome.status.code()));
    }
}

#[test]
fn words_of_grown_pages_start_at_the_time_of_their_grow() {
    let text = "
PAGES 1
ENTRY main main () -> ()
main:
  1 => r1 :LI
  0xfffc => r2 :LI
  r1 => r3 :GROW(3)
  r2, r1 :ST64
  r1 => r3 :GROW(3)
  r2 => r4 :LD64(+0x10000)
  :HALT
";
    let program = support::program(text);
    let (outcome, steps) = steps(&program, &[], &[], &Limits::default());
    assert_eq!(outcome.unwrap().pages(), 3);
    check(&program, &steps);
    let times = |step: &Step| step.accesses.map(|access| access.prev_ts);
    let (store, load) = (&steps[3], &steps[5]);
    assert_eq!(
        (store.len, times(store)[2..4].to_vec()),
        (4, vec![0, steps[2].clock + 1])
    );
    assert_eq!(
        (load.len, times(load)[1..3].to_vec()),
        (4, vec![steps[2].clock + 1, steps[4].clock + 1])
    );
}

#[test]
fn an_instruction_that_names_a_register_twice_sees_its_own_times() {
    let program =
        support::program("ENTRY main x () -> ()\nx:\n5 => r1 :LI\nr1, r1 => r1 :ADD64\n:HALT");
    let (_, steps) = steps(&program, &[], &[], &Limits::default());
    let times = steps[1].accesses.map(|access| access.prev_ts);
    assert_eq!(times[..3], [4, 8, 9]);
    assert_eq!(
        (steps[1].accesses[2].old, steps[1].accesses[2].new),
        (5, 10)
    );
}

#[test]
fn deep_recursion_is_traced_alike() {
    let text = "ENTRY main f () -> ()\nf:\n0x0000000100000040 => r1 :LI\nr1 :CALLI(300, 0)";
    agree(&support::program(text), &[], &[], u64::MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn fast_and_traced_runs_agree(program in support::programs(false), a: u32, b in 0u32..70000) {
        agree(&program, &[a.into(), b.into()], &[7; 40], 3000);
    }

    #[test]
    fn fast_and_traced_runs_of_narrow_programs_agree(program in support::programs(true), a: u32, b in 0u32..70000) {
        agree(&program, &[a.into(), b.into()], &[200; 1000], 3000);
    }

    #[test]
    fn fused_and_single_instructions_agree(program in support::frequent_programs(), a: u32, b in 0u32..70000, steps in 0u64..3000) {
        agree(&program, &[a.into(), b.into()], &[], steps);
    }
}

#[test]
fn an_executable_runs_again_and_again_alike() {
    let program = support::program(
        "PAGES 1\nENTRY main x (i32) -> (i64)\nINIT STATIC+2 5\nx:\n=> r1 :ARG(0)\n=> r2 :LDS(2)\nr2, r1 => r2 :ADD64\n\
         r2 :STS(2)\nr1 => r3 :LD64(+0)\nr3, r2 => r3 :ADD64\nr1, r3 :ST64(+0)\nr3 :RESULT(0)\n:HALT",
    );
    let limits = Limits::default();
    let executable = Executable::new(&program).unwrap();
    for _ in 0..2 {
        for arg in [7, 65_529] {
            let outcome = run(&program, "main", &[arg], &[], &limits);
            assert_eq!(executable.run("main", &[arg], &[], &limits), outcome);
            let instance = executable.instance(&limits).unwrap();
            assert_eq!(instance.run("main", &[arg], &[]), outcome);
        }
    }
    let small = Limits {
        max_pages: 0,
        ..limits
    };
    let refused = ExecError::PageLimit { pages: 1, limit: 0 };
    assert_eq!(
        executable.run("main", &[7], &[], &small),
        Err(refused.clone())
    );
    assert!(
        executable
            .instance(&small)
            .is_err_and(|error| error == refused)
    );
    assert!(
        Executable::new(&Program {
            pages: MAX_PAGES + 1,
            ..program
        })
        .is_err()
    );
}
