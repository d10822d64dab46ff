//! Random valid programs, and short ways to write programs by hand.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test crate uses its own part"
)]

use proptest::prelude::*;
use zkc_isa::{
    Entry, FIRST_PC, FIRST_SLOT, Form, Inst, Limits, MAX_REG, Outcome, Place, Program, STATIC_BASE,
    ValueKind, ZkOp, asm,
};

/// The program of a text, which must parse.
pub fn program(text: &str) -> Program {
    asm::parse(text).unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"))
}

/// Runs entry `main` of a text.
pub fn run(text: &str, args: &[u64], input: &[u8]) -> Result<Outcome, zkc_isa::ExecError> {
    zkc_isa::run(&program(text), "main", args, input, &Limits::default())
}

/// What an instruction is made from.
type Raw = ([u8; 4], u64, u16, bool);

/// Any valid instruction of a program with `count` instructions; `narrow` ones keep every register below 2^32.
fn inst((reg, number, target, large): Raw, op: ZkOp, count: u32, narrow: bool) -> Inst {
    let register = |r: u8| {
        if large && !narrow {
            u32::from(r) * 257 % (MAX_REG + 1)
        } else {
            u32::from(r) % 6
        }
    };
    let pc = FIRST_PC + u32::from(target) % count;
    let form = op.form();
    let imm = match form {
        Form::BinaryImm | Form::BranchImm => match (op.shift_width(), op.is_32()) {
            (Some(width), _) => number % u64::from(width),
            (None, true) => number & 0xffff_ffff,
            (None, false) => number,
        },
        Form::Constant if narrow => number & 0xffff_ffff,
        Form::Constant => number,
        Form::Load | Form::Store if large => number & 0xffff_ffff,
        Form::Load | Form::Store => number & 0xffff,
        Form::TableLoad | Form::TableStore => number % 20,
        Form::Grow => number % 4,
        Form::Arg | Form::Result => number % 2,
        Form::BranchTable => number % u64::from(FIRST_PC + count - pc),
        Form::Call => number % 12 + 1,
        Form::CallIndirect => (number % 12 + 1) | (number >> 60) << 32,
        Form::TailCallIndirect => (number >> 60) << 32,
        Form::Trap => number % 10 + 1,
        _ => 0,
    };
    let target = match form {
        Form::StaticLoad | Form::TableLoad => u32::from(target) % 16,
        Form::StaticStore | Form::TableStore => FIRST_SLOT + u32::from(target) % 16,
        _ => pc,
    };
    let [mut a, mut b, mut c] = [reg[1], reg[2], reg[3]].map(register);
    if form == Form::Blocks {
        // Three registers that differ, of which two are written.
        a = a % 6 + 1;
        (b, c) = (a + 1 + b % 3, a + 4 + c % 3);
    }
    Inst {
        op,
        d: register(reg[0]).max(1),
        a,
        b,
        c,
        imm,
        target,
    }
    .normalized()
}

/// Whether an instruction keeps registers below 2^32 that are.
fn is_narrow(op: ZkOp) -> bool {
    use ZkOp::*;
    let ends = matches!(
        op,
        Ret | Halt | Trap | Reset | Input64 | Ld64 | Calli | Tcalli | Output | Result | Arg
    );
    !ends
        && (op.is_32()
            || matches!(
                op.form(),
                Form::Grow | Form::Hint | Form::Constant | Form::Select | Form::Call | Form::Jump
            )
            || matches!(
                op,
                Ld8u | Ld16u
                    | Ld32u
                    | Ld8s32
                    | Ld16s32
                    | Mov
                    | Wrap
                    | St8
                    | St16
                    | St32
                    | Brt
                    | Copy
                    | Fill
            ))
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z][a-z0-9_.$-]{0,6}", 1 => any::<String>(), 1 => "r[0-9]", 1 => "PAGES|INIT|VECTOR|L\"|a;b|\\.7"]
}

fn kinds() -> impl Strategy<Value = Vec<ValueKind>> {
    let kind = proptest::sample::select(ValueKind::ALL.to_vec());
    proptest::collection::vec(kind, 0..4)
}

/// Any valid program; its entry `main` takes two i32.
pub fn programs(narrow: bool) -> impl Strategy<Value = Program> {
    let ops: Vec<_> = ZkOp::ALL
        .iter()
        .copied()
        .filter(|&op| !narrow || is_narrow(op))
        .collect();
    programs_of(ops, narrow)
}

/// Programs of the instructions that executors fuse, most of them on a few registers.
pub fn frequent_programs() -> impl Strategy<Value = Program> {
    use ZkOp::*;
    let ops = vec![
        Add32, Add32Imm, Add32Imm, Shl32Imm, Xor32, And32, Rotl32Imm, Ltu32, Mul32, Mov, Mov, Ld8u,
        Ld32u, St8, St32, BrLtu32, BrNe32, BrNe32Imm,
    ];
    programs_of(ops, true)
}

/// Any valid program of these instructions; see [`programs`].
fn programs_of(ops: Vec<ZkOp>, narrow: bool) -> impl Strategy<Value = Program> {
    let number =
        prop_oneof![2 => 0u64..100, 1 => any::<u64>(), 1 => Just(u64::MAX), 1 => Just(0xffff_ffff)];
    let raw = (any::<[u8; 4]>(), number, any::<u16>(), any::<bool>());
    let insts = proptest::collection::vec((raw, proptest::sample::select(ops)), 1..40);
    let names = proptest::collection::vec(name(), 1..4);
    let labels = proptest::collection::vec((any::<u16>(), name()), 0..8);
    let places = proptest::option::of(proptest::collection::vec(
        (any::<u8>(), any::<Option<u32>>()),
        40,
    ));
    let init = proptest::collection::btree_map((any::<bool>(), 2u32..40), 1u64.., 0..20);
    let entries = proptest::collection::btree_map(name(), (any::<u16>(), kinds(), kinds()), 0..3);
    (insts, 0u32..3, names, labels, places, init, entries).prop_map(
        move |(raws, pages, functions, labels, places, init, entries)| {
            let count = raws.len() as u32;
            let pc = |n: u16| FIRST_PC + u32::from(n) % count;
            let mut entries: Vec<_> = entries
                .into_iter()
                .filter(|(name, _)| name != "main")
                .map(|(name, (at, params, results))| Entry {
                    name,
                    pc: pc(at),
                    params,
                    results,
                })
                .collect();
            let two = vec![ValueKind::I32; 2];
            entries.push(Entry {
                name: "main".to_owned(),
                pc: FIRST_PC,
                params: two,
                results: vec![],
            });
            let mut labels: Vec<_> = labels
                .into_iter()
                .map(|(at, name)| (pc(at), name))
                .collect();
            labels.sort();
            let places = places.map(|places| {
                let place = |(f, offset): (u8, _)| Place {
                    function: u32::from(f) % functions.len() as u32,
                    offset,
                };
                places.into_iter().map(place).take(raws.len()).collect()
            });
            let vectors = labels
                .iter()
                .enumerate()
                .filter(|(i, _)| i % 3 == 1)
                .map(|(i, (at, _))| (i as u32 + 1, *at))
                .collect();
            let mut init: Vec<_> = init
                .into_iter()
                .filter(|((is_static, _), _)| *is_static || pages > 0)
                .map(|((is_static, at), value)| {
                    (if is_static { STATIC_BASE + at } else { at }, value)
                })
                .collect();
            init.sort();
            let mut program = Program {
                insts: raws
                    .into_iter()
                    .map(|(raw, op)| inst(raw, op, count, narrow))
                    .collect(),
                entries,
                pages,
                vectors,
                init,
                functions,
                places: places.unwrap_or_default(),
                labels,
                fused: vec![],
            };
            program.fused = zkc_isa::loops(&program, 16, 4);
            program.fused.extend(zkc_isa::lines(&program, 16));
            // two lines may be one after the other, wherever the run goes
            if let [first, .., last] = &mut program.fused[..] {
                last.segments.extend(first.segments.clone());
            }
            program.fused.truncate(zkc_isa::MAX_LINES);
            program
        },
    )
}
