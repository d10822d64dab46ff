//! Whichever tables serve the lookups: honest runs are accepted, and no table holds an entry that is not true.

mod programs;

use programs::Builder;
use zkc_isa::*;
use zkc_prover::builder::Bus::{self, NibbleAnd, SmallBits};
use zkc_prover::instruction::ORDER;
use zkc_prover::testing::{Fault, Lookups, Trace};
use zkc_prover::*;

const BOTH: [Lookups; 2] = [Lookups::Words, Lookups::Few];

fn names(trace: &Trace<'_>) -> Vec<String> {
    trace.chips().into_iter().map(|c| c.0).collect()
}

/// Proves a trace and verifies the proof.
fn proven(trace: &Trace<'_>, key: &ProvingKey) -> Result<VerifyReport, VerifyError> {
    let proof = trace.prove(Security::Test).expect("a trace can be proven");
    let key = key.verifying_key();
    verify(&proof, key, trace.statement(), Security::Test)
}

/// A loop of so many rounds that makes new numbers all the time.
fn scramble(rounds: u64) -> Program {
    let mut b = Builder::new(0, 1);
    b.li(1, rounds).li(2, 0x9e37_79b9_7f4a_7c15).li(3, 0);
    let head = b.pc();
    let imm = |op, d, a, imm| Inst {
        d,
        a,
        imm,
        ..Inst::new(op)
    };
    b.push(imm(ZkOp::Mul64Imm, 2, 2, 6_364_136_223_846_793_005))
        .push(imm(ZkOp::Add64Imm, 2, 2, 1_442_695_040_888_963_407))
        .push(Inst {
            d: 3,
            a: 2,
            b: 3,
            ..Inst::new(ZkOp::Xor64)
        })
        .push(imm(ZkOp::Add64Imm, 1, 1, u64::MAX))
        .push(Inst {
            a: 1,
            target: head,
            ..Inst::new(ZkOp::BrNe64Imm)
        });
    b.push(Inst {
        a: 3,
        ..Inst::new(ZkOp::Result)
    })
    .op(ZkOp::Ret);
    b.finish()
}

#[test]
fn either_choice_of_tables_is_accepted() {
    let program = programs::everything();
    let key = ProvingKey::new(&program).unwrap();
    let input: Vec<u8> = (1..100).collect();
    for lookups in BOTH {
        let trace = Trace::of_run_with(&key, &program, "main", &[5, 6], &input, lookups).unwrap();
        assert_eq!(trace.faults(), [], "{lookups:?}");
        let chips = names(&trace);
        for name in ["few_range", "few_and", "few_bits", "small"] {
            assert_eq!(chips.iter().any(|c| c == name), lookups == Lookups::Few);
        }
        assert_eq!(
            chips.iter().any(|c| c == "words"),
            lookups == Lookups::Words
        );
        proven(&trace, &key).unwrap();
    }
}

#[test]
fn small_runs_get_small_tables_and_large_ones_the_large() {
    for (rounds, large) in [(10, false), (1000, false), (12_000, true)] {
        let program = scramble(rounds);
        let key = ProvingKey::new(&program).unwrap();
        let trace = Trace::of_run(&key, &program, "main", &[], &[]).unwrap();
        let chips = names(&trace);
        assert_eq!(chips.iter().any(|c| c == "words"), large, "{rounds} rounds");
        assert_eq!(chips.iter().any(|c| c == "small"), !large);
        if large {
            assert!(!chips.iter().any(|c| c.starts_with("few")), "{chips:?}");
        }
    }
}

/// A false entry: the chip, cells of the entry by column name, and what is wrong with it.
type Forgery = (
    &'static str,
    &'static [(&'static str, u32)],
    fn(&Fault) -> bool,
);

fn on(fault: &Fault, wanted: Bus, message: &[u32]) -> bool {
    matches!(fault, Fault::Bus { bus, tuple, .. } if *bus == wanted && tuple == message)
}

const FORGERIES: [Forgery; 8] = [
    // 2^n is no value of n bits.
    ("few_bits", &[("n0", 3), ("v0", 8)], |f| {
        on(f, SmallBits, &[3, 8])
    }),
    ("few_bits", &[("n0", 8), ("n1", 2), ("v1", 4)], |f| {
        on(f, SmallBits, &[2, 4])
    }),
    // Nor if its bits are split otherwise: (4, 3) and (4, 5) are true, but 3 + 256 * 5 has more than 8 bits.
    (
        "few_bits",
        &[("n0", 4), ("n1", 4), ("v0", 3), ("v1", 5)],
        |f| matches!(f, Fault::Constraint { .. }),
    ),
    // A count of bits below zero.
    ("few_bits", &[("n0", 8), ("n1", ORDER - 3)], |f| {
        on(f, SmallBits, &[ORDER - 3, 0])
    }),
    // 2^16 as a word of 16 bits; the same byte with another.
    ("few_range", &[("lo", 0), ("hi", 256)], |f| {
        on(f, SmallBits, &[8, 256])
    }),
    ("few_range", &[("lo", 256), ("hi", ORDER - 1)], |f| {
        on(f, SmallBits, &[8, 256])
    }),
    // 3 AND 5 is 1; a byte of 16 + 16 * 0.
    ("few_and", &[("a0", 3), ("b0", 5), ("and0", 3)], |f| {
        on(f, NibbleAnd, &[3, 5, 3])
    }),
    ("few_and", &[("a0", 16), ("b0", 16), ("and0", 16)], |f| {
        on(f, NibbleAnd, &[16, 16, 16])
    }),
];

#[test]
fn a_false_entry_is_refused() {
    let program = programs::everything();
    let key = ProvingKey::new(&program).unwrap();
    let input: Vec<u8> = (1..100).collect();
    let honest =
        || Trace::of_run_with(&key, &program, "main", &[5, 6], &input, Lookups::Few).unwrap();
    for (name, cells, wrong) in FORGERIES {
        let mut trace = honest();
        let chips = trace.chips();
        let chip = chips.iter().position(|c| c.0 == name).unwrap();
        let small = chips.iter().position(|c| c.0 == "small").unwrap();
        // An entry that nobody uses in the honest trace: the first of the row after the last.
        let row = chips[chip].1;
        assert!(row < row.next_power_of_two(), "{name} has padding");
        let column = |n: &str| {
            let title = format!("{n} 0");
            trace
                .columns(chip)
                .iter()
                .position(|c| *c == title)
                .unwrap()
        };
        let places: Vec<_> = cells.iter().map(|&(n, v)| (column(n), v)).collect();
        for (column, value) in places {
            assert_eq!(trace.cell(chip, row, column), 0);
            trace.set_cell(chip, row, column, value);
        }
        // The forger counts anew whatever has a place for a count.
        for fault in trace.faults() {
            if let Fault::Bus { bus, tuple, excess } = fault {
                let place = match (bus, tuple.as_slice()) {
                    (SmallBits, &[k, x]) if k <= 8 && x < 1 << k => ((1 << k) - 1 + x, 0),
                    (NibbleAnd, &[a, b, and]) if a < 16 && b < 16 && and == a & b => {
                        (a + 16 * b, 1)
                    }
                    _ => continue,
                };
                let (at, column) = (place.0 as usize, place.1);
                let old = u64::from(trace.cell(small, at, column));
                let new = (old + u64::from(ORDER) - u64::from(excess)) % u64::from(ORDER);
                trace.set_cell(small, at, column, new as u32);
            }
        }
        let faults = trace.faults();
        assert!(faults.iter().any(wrong), "{name} {cells:?}: {faults:?}");
        proven(&trace, &key).expect_err("a false entry");
    }
}

#[test]
fn a_chip_may_have_several_traces() {
    let program = scramble(9_000);
    let key = ProvingKey::new(&program).unwrap();
    let trace = Trace::of_run(&key, &program, "main", &[], &[]).unwrap();
    let names = names(&trace);
    let repeated = names.windows(2).any(|w| w[0] == w[1]);
    assert!(repeated, "{names:?}");
    assert!(trace.faults().is_empty());
    proven(&trace, &key).unwrap();
}
