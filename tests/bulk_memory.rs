//! memory.copy, memory.fill and memory.init against slices of bytes, on lengths and distances around whole blocks, and what a
//! byte of them costs.

use proptest::prelude::*;
use std::fmt::Write as _;
use zkc::{Options, Roots};
use zkc_isa::{Limits, Outcome, Program, Status};
use zkc_prover::ProvingKey;
use zkc_prover::testing::Trace;

/// Bytes of memory that the operations may touch; a page with room behind them.
const SPAN: u32 = 700;
/// Bytes of the passive segment.
const SEGMENT: u32 = 300;

#[derive(Clone, Copy, Debug)]
enum Bulk {
    Copy { d: u32, s: u32, n: u32 },
    Fill { d: u32, byte: u8, n: u32 },
    Init { d: u32, s: u32, n: u32 },
}

fn initial(at: usize) -> u8 {
    (at * 37 + at / 7) as u8
}

impl Bulk {
    fn on(self, memory: &mut [u8], segment: &[u8]) {
        match self {
            Bulk::Copy { d, s, n } => memory.copy_within(s as usize..(s + n) as usize, d as usize),
            Bulk::Fill { d, byte, n } => memory[d as usize..(d + n) as usize].fill(byte),
            Bulk::Init { d, s, n } => memory[d as usize..(d + n) as usize]
                .copy_from_slice(&segment[s as usize..(s + n) as usize]),
        }
    }

    fn text(self) -> String {
        let (op, d, second, n) = match self {
            Bulk::Copy { d, s, n } => ("memory.copy", d, s, n),
            Bulk::Fill { d, byte, n } => ("memory.fill", d, byte.into(), n),
            Bulk::Init { d, s, n } => ("memory.init $segment", d, s, n),
        };
        format!("({op} (i32.const {d}) (i32.const {second}) (i32.const {n}))")
    }
}

/// Lengths: short ones, and those around whole blocks.
fn length() -> impl Strategy<Value = u32> {
    prop_oneof![
        0..70u32,
        0..SEGMENT,
        (1..8u32, 0..20u32).prop_map(|(k, r)| 32 * k + r)
    ]
}

fn bulk() -> impl Strategy<Value = Bulk> {
    let near = (0..SPAN - SEGMENT, -40..40i32, length());
    let far = (0..SPAN - SEGMENT, 0..SPAN - SEGMENT, length());
    prop_oneof![
        4 => near.prop_map(|(s, by, n)| {
            let d = s.saturating_add_signed(by).min(SPAN - SEGMENT);
            Bulk::Copy { d, s, n }
        }),
        2 => far.prop_map(|(d, s, n)| Bulk::Copy { d, s, n }),
        2 => (0..SPAN - SEGMENT, any::<u8>(), length()).prop_map(|(d, byte, n)| Bulk::Fill { d, byte, n }),
        2 => (0..SPAN - SEGMENT, 0..40u32, length()).prop_map(|(d, s, n)| {
            Bulk::Init { d, s, n: n.min(SEGMENT - s) }
        }),
    ]
}

fn program(ops: &[Bulk], level: u8) -> Program {
    let bytes = |n: u32, by: usize| -> String {
        (0..n as usize).fold(String::new(), |mut s, i| {
            write!(s, "\\{:02x}", initial(i + by)).expect("a string takes text");
            s
        })
    };
    let ops: String = ops.iter().map(|op| op.text()).collect();
    let text = format!(
        "(module (memory 1) (data (i32.const 0) \"{}\") (data $segment \"{}\") (func (export \"main\") {ops}))",
        bytes(SPAN, 0),
        bytes(SEGMENT, 1000)
    );
    let wasm = wat::parse_str(text).expect("the text is WebAssembly");
    let program = zkc::compile(&wasm, &Roots::Exports, &Options::new(level));
    program.expect("it compiles").as_ref().clone()
}

fn run(program: &Program) -> Outcome {
    let outcome = zkc_isa::run(program, "main", &[], &[], &Limits::default());
    outcome.expect("the run ends")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 20 } else { 300 }))]

    #[test]
    fn bulk_operations_move_the_bytes_of_slices(ops in proptest::collection::vec(bulk(), 1..12), level in 0..=2u8) {
        let mut memory: Vec<u8> = (0..SPAN as usize).map(initial).collect();
        let segment: Vec<u8> = (1000..1000 + SEGMENT as usize).map(initial).collect();
        let outcome = run(&program(&ops, level));
        prop_assert_eq!(outcome.status, Status::Done);
        for op in &ops {
            op.on(&mut memory, &segment);
        }
        prop_assert_eq!(&outcome.memory()[..SPAN as usize], &memory[..]);
        prop_assert!(outcome.memory()[SPAN as usize..].iter().all(|&b| b == 0));
    }
}

/// The traces of runs with all three operations, aligned and not, satisfy every constraint.
#[test]
fn bulk_operations_are_provable() {
    let ops = [
        Bulk::Copy {
            d: 8,
            s: 256,
            n: 200,
        },
        Bulk::Copy {
            d: 13,
            s: 16,
            n: 300,
        },
        Bulk::Copy {
            d: 20,
            s: 13,
            n: 300,
        },
        Bulk::Fill {
            d: 3,
            byte: 7,
            n: 111,
        },
        Bulk::Init { d: 5, s: 1, n: 250 },
        Bulk::Init {
            d: 400,
            s: 0,
            n: 99,
        },
    ];
    let program = program(&ops, 2);
    let key = ProvingKey::new(&program).expect("the program fits a key");
    let trace = Trace::of_run(&key, &program, "main", &[], &[]).expect("the run ends");
    assert_eq!(trace.faults(), []);
}

/// Steps of an operation on 4,096 bytes beyond those of one on 0: a step moves 32 bytes, and a few are at the ends.
#[test]
fn a_step_moves_32_bytes() {
    let steps = |op: Bulk| run(&program(&[op], 2)).steps;
    let mut measured = Vec::new();
    for (d, s) in [(0, 8192), (0, 8195), (8192, 4), (8, 0), (0, 8)] {
        let of = |n| steps(Bulk::Copy { d, s, n });
        measured.push(of(4096) - of(0));
    }
    measured.push(
        steps(Bulk::Fill {
            d: 5,
            byte: 9,
            n: 4096,
        }) - steps(Bulk::Fill {
            d: 5,
            byte: 9,
            n: 0,
        }),
    );
    // Downwards, a block is copied by itself.
    let down = measured.remove(3);
    assert!(
        measured.iter().all(|&steps| steps < 128 + 60),
        "{measured:?}"
    );
    assert!(down < 128 * 10, "{down}");
}
