//! Every row's expansion on the Hermez processor's executor model: what it computes is what the row's evaluator says, and no
//! free input can be another one.

use proptest::prelude::*;
use zkc_ir::{Attr, Cond, Trap};
use zkc_isa::hermez::expand::{MemoryPlan, Trial, TrialProgram, condition};
use zkc_isa::hermez::{FreeInput, Inputs, P, Refusal, run, run_forged};
use zkc_isa::{Form, ZkOp};

const MAX_STEPS: u64 = 20_000;
const ONE_PAGE: MemoryPlan = MemoryPlan::new(1, 1);
/// One page, one page that can become two, and more than a context holds.
const PLANS: [MemoryPlan; 4] = [
    ONE_PAGE,
    MemoryPlan::new(1, 2),
    MemoryPlan::new(33, 33),
    MemoryPlan::new(1, 40),
];

const BOUNDARY: [u64; 24] = [
    0,
    1,
    2,
    3,
    31,
    32,
    33,
    63,
    64,
    127,
    128,
    255,
    256,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        prop::sample::select(BOUNDARY.to_vec()),
        any::<u64>(),
        any::<u32>().prop_map(u64::from),
        (0u64..300),
    ]
}

fn inputs() -> Inputs {
    Inputs {
        private: vec![0xfe; 16],
        ..Inputs::default()
    }
}

/// Status and result of a trial.
fn answer(trial: &Trial<'_>) -> (u64, Option<u64>) {
    let program = trial.program().expect("a row with an expansion");
    let outcome =
        run(&program.program, &inputs(), MAX_STEPS).unwrap_or_else(|e| panic!("{trial:?}: {e}"));
    let (status, result) = program.answer(&outcome);
    (status.expect("a status"), result)
}

/// Whether the row takes its operands from the right range.
fn narrow(op: ZkOp, value: u64) -> u64 {
    if op.is_32() {
        value & 0xffff_ffff
    } else {
        value
    }
}

/// The row's own answer: status and result.
fn evaluated(op: ZkOp, imm: u64, args: &[u64]) -> Option<(u64, Option<u64>)> {
    let attrs = [Attr::Int(imm)];
    let attrs: &[Attr] = if op.form().has_imm() { &attrs } else { &[] };
    if let (Form::Branch | Form::BranchImm, Some((cond, bits))) = (op.form(), condition(op)) {
        let second = args.get(1).copied().unwrap_or(imm);
        let cond: Cond = cond;
        return Some((0, Some(cond.holds(bits, args[0], second).into())));
    }
    let eval = op.opcode().def().eval?;
    Some(match eval(args, attrs) {
        Ok(value) => (0, Some(value)),
        Err(trap) => (u64::from(Trap::code(trap)), None),
    })
}

fn compare(op: ZkOp, imm: u64, args: &[u64]) {
    let Some(expected) = evaluated(op, imm, args) else {
        return;
    };
    let trial = Trial {
        op,
        imm,
        slot: 0,
        args,
        plan: ONE_PAGE,
        memory: &[],
    };
    let (status, result) = answer(&trial);
    let result = expected.1.and(result);
    assert_eq!((status, result), expected, "{op:?} {imm:#x} {args:x?}");
}

/// A constant that the row may have.
fn immediate(op: ZkOp, value: u64) -> u64 {
    match op.shift_width() {
        Some(width) => value % u64::from(width),
        None => narrow(op, value),
    }
}

#[test]
fn rows_compute_what_they_say_on_boundary_values() {
    for &op in ZkOp::ALL {
        let imms: &[u64] = if op.form().has_imm() { &BOUNDARY } else { &[0] };
        let count = op.form().operands();
        for (i, &a) in BOUNDARY.iter().enumerate() {
            let others: Vec<u64> = match count {
                0 | 1 => vec![0],
                _ => BOUNDARY.to_vec(),
            };
            for (j, &b) in others.iter().enumerate() {
                for (k, &imm) in imms.iter().enumerate() {
                    // all pairs, but constants only with one operand
                    if count == 3 && (i + j + k) % 3 != 0 {
                        continue;
                    }
                    let args = [narrow(op, a), narrow(op, b), 77];
                    compare(op, immediate(op, imm), &args[..count]);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_compute_what_they_say(a in word(), b in word(), c in word(), imm in word()) {
        for &op in ZkOp::ALL {
            let args = [narrow(op, a), narrow(op, b), c];
            compare(op, immediate(op, imm), &args[..op.form().operands()]);
        }
    }

    #[test]
    fn loads_and_stores_move_bytes(
        at in 0u64..80,
        far in 0u64..3,
        offset in 0u64..20,
        value in any::<u64>(),
        words in prop::collection::vec(any::<u64>(), 12),
    ) {
        for plan in PLANS {
            // from the start, around the end of the memory's first context, and at the end
            let end = u64::from(plan.pages) * 65536;
            let base = match far {
                0 => 0,
                1 if end > 1 << 20 => (1 << 20) - 40,
                _ => end - 80,
            };
            access(plan, base / 8, at, offset, value, &words);
        }
    }
}

/// Every load and store at `at` + offset bytes after the word `first`.
fn access(plan: MemoryPlan, first: u64, at: u64, offset: u64, value: u64, words: &[u64]) {
    let size = u64::from(plan.pages) * 65536;
    let memory: Vec<(u32, u64)> = words
        .iter()
        .enumerate()
        .map(|(i, &w)| (first as u32 + i as u32, w))
        .filter(|&(at, _)| u64::from(at) * 8 < size)
        .collect();
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let start = at + offset;
    for &op in ZkOp::ALL {
        let count = u64::from(op.access_bytes());
        if count == 0 {
            continue;
        }
        let args = [first * 8 + at, value];
        let trial = Trial {
            op,
            imm: offset,
            slot: 0,
            args: &args[..op.form().operands()],
            plan,
            memory: &memory,
        };
        let inside = first * 8 + start + count <= size;
        let read = |bytes: &[u8]| {
            let range = start as usize..(start + count) as usize;
            bytes
                .get(range)
                .map(|b| b.iter().rev().fold(0, |sum, &b| sum << 8 | u64::from(b)))
        };
        let Some(old) = read(&bytes) else { continue };
        let program = trial.program().expect("loads and stores have expansions");
        let outcome = run(&program.program, &inputs(), MAX_STEPS)
            .unwrap_or_else(|e| panic!("{trial:?}: {e}"));
        let (status, result) = program.answer(&outcome);
        let trap = u64::from(Trap::OutOfBoundsMemoryAccess.code());
        assert_eq!(status, Some(if inside { 0 } else { trap }), "{trial:?}");
        if !inside {
            continue;
        }
        if op.form() == Form::Load {
            let bits = 8 * count;
            let signed = ((old << (64 - bits)) as i64 >> (64 - bits)) as u64;
            let expected = match op {
                ZkOp::Ld8s32 | ZkOp::Ld16s32 => signed & 0xffff_ffff,
                ZkOp::Ld8s64 | ZkOp::Ld16s64 | ZkOp::Ld32s64 => signed,
                _ => old,
            };
            assert_eq!(result, Some(expected), "{trial:?}");
        } else {
            let mut after = bytes.clone();
            after[start as usize..(start + count) as usize]
                .copy_from_slice(&value.to_le_bytes()[..count as usize]);
            for (i, word) in after.chunks_exact(8).enumerate() {
                let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
                let index = first + i as u64;
                if index * 8 >= size {
                    break;
                }
                let address = match plan.max_pages > MemoryPlan::CONTEXT_PAGES {
                    true => (((index >> 17) + 1) << 18) + (1 << 17) + index % (1 << 17),
                    false => (1 << 17) + index,
                };
                assert_eq!(
                    outcome.memory.word(address),
                    Some(word),
                    "{trial:?} word {i}"
                );
            }
        }
    }
}

/// Forges every free input of a trial, one at a time: a constraint refuses the run.
fn forge(trial: &Trial<'_>) {
    let program: TrialProgram = trial.program().expect("a row with an expansion");
    let honest = run(&program.program, &inputs(), MAX_STEPS).expect("an honest run");
    let limit = 2 * honest.counters.steps + 1000;
    for (at, free) in honest.frees.iter().enumerate() {
        let elements = [
            0,
            1,
            2,
            255,
            0xffff_fffe,
            0xffff_ffff,
            1 << 32,
            P - 1,
            P - 2,
            P / 2,
            0x1234_5678,
        ];
        for limb in 0..2 {
            let mut one = free.value;
            for element in elements {
                one[limb] = element;
                refused(trial, &program, limit, (at, free), one);
            }
            for other in [0, 1] {
                for element in elements {
                    let mut value = [other, other];
                    value[limb] = element;
                    refused(trial, &program, limit, (at, free), value);
                }
            }
        }
    }
}

/// A constraint refuses a run with a free input that is not the honest one. Whether the trace ends is the prover's choice.
fn refused(
    trial: &Trial<'_>,
    program: &TrialProgram,
    limit: u64,
    (at, free): (usize, &FreeInput),
    value: [u64; 2],
) {
    let waits = free.step as usize == program.program.steps.len() - 4 && value[0] >= P - (1 << 32);
    if value == free.value || waits {
        return;
    }
    let forged = run_forged(&program.program, &inputs(), limit, at, value);
    let constraint = forged.as_ref().err().and_then(Refusal::constraint);
    assert!(
        constraint.is_some(),
        "{trial:?}: free input {at} as {value:x?}: {forged:?}"
    );
}

#[test]
fn no_free_input_can_be_forged() {
    let samples = [
        [9u64, 5, 7],
        [0xffff_fffe, 0xffff_ffff, 1],
        [0x8000_0001, 31, 0],
    ];
    for &op in ZkOp::ALL {
        if matches!(op, ZkOp::Input8 | ZkOp::Input64 | ZkOp::Inlen) {
            // the prover's choice
            continue;
        }
        for (i, sample) in samples.iter().enumerate() {
            let wide = |v: u64| if op.is_32() { v } else { v | v << 37 };
            let mut args = sample.map(wide);
            let mut imm = immediate(op, [3, 0x8000_0000, 29][i]);
            let mut slot = 0;
            match op.form() {
                Form::Load | Form::Store => (args[0], imm) = (13 * i as u64, 8),
                Form::Blocks => args = [16, 1025, 20],
                Form::TableLoad | Form::TableStore => (args[0], imm, slot) = (i as u64, 16, 8),
                Form::Output => args[0] = 65,
                Form::Grow | Form::Arg | Form::Result | Form::StaticLoad | Form::StaticStore => {
                    (args[0], imm) = (1, 0);
                }
                _ => {}
            }
            for plan in [PLANS[0], PLANS[3]] {
                let trial = Trial {
                    op,
                    imm,
                    slot,
                    args: &args[..op.form().operands()],
                    plan,
                    memory: &[(2, 0x0102_0304_0506_0708)],
                };
                if trial.program().is_some() {
                    forge(&trial);
                }
            }
        }
    }
}

#[test]
fn blocks_are_copied_and_filled() {
    for plan in [PLANS[0], PLANS[2]] {
        for from in [1024u64, 1029, (1 << 31) + 8 * 10, (1 << 31) + 83] {
            let memory: Vec<(u32, u64)> = (0..16)
                .map(|i| (128 + i, 0x0101_0101 * u64::from(i)))
                .collect();
            let trial = Trial {
                op: ZkOp::Copy,
                imm: 0,
                slot: 0,
                args: &[40, from, 48],
                plan,
                memory: &memory,
            };
            let program = trial.program().expect("a copy");
            let outcome = run(&program.program, &inputs(), MAX_STEPS).expect("a run");
            let mut bytes = Vec::new();
            for word in 0..9u64 {
                let word = match from >> 31 {
                    0 => 0x0101_0101 * word,
                    _ => 1000 + 10 + word,
                };
                bytes.extend(word.to_le_bytes());
            }
            let base = if plan.max_pages > 16 { 1 << 18 } else { 0 };
            for i in 0..8 {
                let at = (from % 8) as usize + 8 * i;
                let expected = u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight"));
                let address = base + (1 << 17) + 40 + i as u64;
                assert_eq!(
                    outcome.memory.word(address),
                    Some(expected),
                    "{trial:?} {i}"
                );
            }
        }
        let trial = Trial {
            op: ZkOp::Fill,
            imm: 0,
            slot: 0,
            args: &[40, u64::MAX - 1, 48],
            plan,
            memory: &[],
        };
        let program = trial.program().expect("a fill");
        let outcome = run(&program.program, &inputs(), MAX_STEPS).expect("a run");
        let base = if plan.max_pages > 16 { 1 << 18 } else { 0 };
        for i in 0..10 {
            let expected = if i < 8 { u64::MAX - 1 } else { 0 };
            let address = base + (1 << 17) + 40 + i;
            assert_eq!(outcome.memory.word(address), Some(expected));
        }
    }
}

#[test]
fn the_hermez_models_are_those_of_the_expansions() {
    let derived = [
        (zkc_isa::hermez::expand::hermez_model(), ""),
        (zkc_isa::hermez::expand::hermez_max_model(), " --max"),
    ];
    for (derived, flag) in derived {
        let model = &derived.name;
        let shipped = zkc_isa::CostModel::named(model).expect("comes with the machine");
        for &op in ZkOp::ALL {
            let name = op.opcode().def().name;
            let hint = format!(
                "put the output of `zkc cost-model derive hermez64{flag}` into zk-isa/models/{model}.toml"
            );
            assert_eq!(shipped.cost(op), derived.cost(op), "`{name}`: {hint}");
        }
    }
}
