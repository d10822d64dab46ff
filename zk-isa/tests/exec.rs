//! The executor: every row as its evaluator says, every trap, calls, memory, host I/O, refusals.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{program, run};
use zkc_ir::{Attr, Trap};
use zkc_isa::*;

const VALUES: [u64; 17] = [
    0,
    1,
    2,
    3,
    7,
    31,
    32,
    63,
    64,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

/// Program: operands from the arguments, one instruction, its result.
fn one_row(op: ZkOp, imm: u64) -> Program {
    let arg = |d: u32, index| Inst {
        d,
        imm: index,
        ..Inst::new(ZkOp::Arg)
    };
    let inst = Inst {
        op,
        d: 4,
        a: 1,
        b: 2,
        c: 3,
        imm,
        target: 0,
    }
    .normalized();
    let result = Inst {
        a: 4,
        ..Inst::new(ZkOp::Result)
    };
    Program {
        insts: vec![
            arg(1, 0),
            arg(2, 1),
            arg(3, 2),
            inst,
            result,
            Inst::new(ZkOp::Halt),
        ],
        entries: vec![Entry {
            name: "main".to_owned(),
            pc: FIRST_PC,
            params: vec![ValueKind::I64; 3],
            results: vec![ValueKind::I64],
        }],
        ..Program::default()
    }
}

#[test]
fn every_row_with_an_evaluator_agrees_with_it() {
    let mut rows = 0;
    for &op in ZkOp::ALL {
        let Some(eval) = op.opcode().def().eval else {
            continue;
        };
        rows += 1;
        let fits = |v: u64| !op.is_32() || v >> 32 == 0;
        for a in VALUES.into_iter().filter(|&v| fits(v)) {
            for b in VALUES.into_iter().filter(|&v| fits(v)) {
                let program = one_row(op, b);
                if validate(&program).is_err() {
                    assert!(op.form() == Form::BinaryImm, "{op:?} is refused");
                    continue;
                }
                let c = 0x1234_5678_9abc_def0;
                let operands = [a, b, c];
                let expected = eval(&operands[..op.form().operands()], &[Attr::Int(b)]);
                let outcome =
                    zkc_isa::run(&program, "main", &operands, &[], &Limits::default()).unwrap();
                let got = match outcome.status {
                    Status::Done => Ok(outcome.results[0]),
                    Status::Trap(trap) => Err(trap),
                };
                assert_eq!(got, expected, "{op:?} {a:#x} {b:#x}");
            }
        }
    }
    assert!(rows > 90, "{rows} rows");
}

#[test]
fn every_branch_agrees_with_its_comparison() {
    for &op in ZkOp::ALL
        .iter()
        .filter(|op| matches!(op.form(), Form::Branch | Form::BranchImm))
    {
        let name = op.opcode().def().name.strip_prefix("br_").unwrap();
        let compare = ZkOp::ALL
            .iter()
            .find(|op| op.opcode().def().name == name)
            .unwrap();
        let eval = compare.opcode().def().eval.unwrap();
        for a in VALUES.into_iter().filter(|v| !op.is_32() || v >> 32 == 0) {
            for b in VALUES.into_iter().filter(|v| !op.is_32() || v >> 32 == 0) {
                let mut program = one_row(ZkOp::Mov, 0);
                let li = |imm| Inst {
                    d: 4,
                    imm,
                    ..Inst::new(ZkOp::Li)
                };
                let branch = Inst {
                    op,
                    d: 0,
                    a: 1,
                    b: 2,
                    c: 0,
                    imm: b,
                    target: FIRST_PC + 6,
                };
                program
                    .insts
                    .splice(3..4, [li(1), branch.normalized(), li(0)]);
                let outcome =
                    zkc_isa::run(&program, "main", &[a, b, 0], &[], &Limits::default()).unwrap();
                let expected = eval(&[a, b][..compare.form().operands()], &[Attr::Int(b)]).unwrap();
                assert_eq!(outcome.results, [expected], "{op:?} {a:#x} {b:#x}");
            }
        }
    }
}

#[test]
fn wide_operands_of_32_bit_instructions_are_refused() {
    for &op in ZkOp::ALL
        .iter()
        .filter(|op| op.is_32() && op.opcode().def().eval.is_some())
    {
        let wide = zkc_isa::run(
            &one_row(op, 1),
            "main",
            &[1 << 32, 1, 1],
            &[],
            &Limits::default(),
        );
        assert_eq!(
            wide,
            Err(ExecError::WideOperand { pc: FIRST_PC + 3 }),
            "{op:?}"
        );
    }
}

/// The trap a text of one function ends with, the number of its line that is at fault, counting instructions from 0.
fn trap(text: &str) -> (Trap, u32) {
    let outcome = run(
        &format!("PAGES 1\nENTRY main .0 () -> ()\n.0:\n{text}"),
        &[],
        &[],
    )
    .unwrap();
    assert!(outcome.results.is_empty());
    match outcome.status {
        Status::Trap(trap) => (trap, outcome.pc - FIRST_PC),
        Status::Done => panic!("{text} does not trap"),
    }
}

#[test]
fn traps() {
    for kind in Trap::ALL {
        assert_eq!(trap(&format!(":TRAP({kind})")), (kind, 0));
    }
    for (op, min) in [("32", "0x80000000"), ("64", "0x8000000000000000")] {
        for name in ["DIVU", "DIVS", "REMU", "REMS"] {
            let zero = format!("1 => r1 :LI\nr1, r2 => r3 :{name}{op}");
            assert_eq!(trap(&zero), (Trap::IntegerDivideByZero, 1));
            assert_eq!(
                trap(&format!("r1, 0 => r3 :{name}{op}")),
                (Trap::IntegerDivideByZero, 0)
            );
        }
        let overflow = format!("{min} => r1 :LI\nr1, -1 => r3 :DIVS{op}");
        assert_eq!(trap(&overflow), (Trap::IntegerOverflow, 1));
    }
    for (size, name) in [(1, "LD8U"), (2, "LD16S32"), (4, "LD32S64"), (8, "LD64")] {
        let at = |addr: u64| format!("{addr} => r1 :LI\nr1 => r2 :{name}(+1)\n:TRAP(unreachable)");
        assert_eq!(
            trap(&at(65536 - size)),
            (Trap::OutOfBoundsMemoryAccess, 1),
            "{name}"
        );
        assert_eq!(trap(&at(65535 - size)), (Trap::Unreachable, 2), "{name}");
        assert_eq!(
            trap(&at(0xffff_ffff)),
            (Trap::OutOfBoundsMemoryAccess, 1),
            "{name}"
        );
    }
    for (size, name) in [(1, "ST8"), (2, "ST16"), (4, "ST32"), (8, "ST64")] {
        let at =
            |addr: u64| format!("{addr} => r1 :LI\nr1, r2 :{name}(+0xffff)\n:TRAP(unreachable)");
        assert_eq!(
            trap(&at(2 - size.min(2) + u64::from(size > 1))),
            (Trap::OutOfBoundsMemoryAccess, 1),
            "{name}"
        );
        assert_eq!(
            trap(&format!(
                "r1, r2 :{name}(+{})\n:TRAP(unreachable)",
                65536 - size
            )),
            (Trap::Unreachable, 1)
        );
    }
    assert_eq!(
        trap("5 => r1 :LI\nr1 => r2 :LDT(2, 5)"),
        (Trap::UndefinedElement, 1)
    );
    assert_eq!(trap("r1 :CALLI(1, 0)"), (Trap::UninitializedElement, 0));
    assert_eq!(
        trap("0x200000040 => r1 :LI\nr1 :CALLI(1, 0)"),
        (Trap::IndirectCallTypeMismatch, 1)
    );
    assert_eq!(
        trap("0x8000000100000040 => r1 :LI\nr1 :CALLI(1, 0)"),
        (Trap::IndirectCallTypeMismatch, 1)
    );
    assert_eq!(
        trap("0x40 => r1 :LI\nr1 :CALLI(1, 0)"),
        (Trap::IndirectCallTypeMismatch, 1)
    );
}

#[test]
fn deep_recursion_exhausts_the_stack() {
    let text = "ENTRY main f () -> ()\nf:\n:CALL(f, 1)";
    let outcome = run(text, &[], &[]).unwrap();
    assert_eq!(outcome.status, Status::Trap(Trap::CallStackExhausted));
    assert_eq!(outcome.steps, u64::from(STACK_WORDS));
    let text = "ENTRY main f () -> ()\nf:\n0x0000000100000040 => r1 :LI\nr1 :CALLI(0xffff, 0)";
    let outcome = run(text, &[], &[]).unwrap();
    assert_eq!(outcome.status, Status::Trap(Trap::CallStackExhausted));
    assert_eq!((outcome.steps, outcome.pc), (34, FIRST_PC + 1));
}

#[test]
fn calls_pass_arguments_and_results_in_the_callees_registers() {
    let factorial = "
ENTRY main main (i64) -> (i64)
main:
  => r9 :ARG(0)
  :CALL(factorial, 8)
  r9 :RESULT(0)
  :RET
factorial: ; n in r1, n! back in r1
  r1, 0 :BR_NE64(.1)
  1 => r1 :LI
  :RET
.1:
  r1, -1 => r4 :ADD64
  :CALL(factorial, 3)
  r4, r1 => r1 :MUL64
  :RET
";
    let outcome = run(factorial, &[20], &[]).unwrap();
    assert_eq!(outcome.status, Status::Done);
    assert_eq!(outcome.results, [2_432_902_008_176_640_000]);
}

#[test]
fn table_calls_and_branch_tables() {
    let text = "
ENTRY main main (i32) -> (i64)
INIT STATIC+2 0x100000050 0x100000052
main:
  => r1 :ARG(0)
  r1 :BRT(.0, 2)
.0:
  :JUMP(.call)
  :JUMP(.call)
  99 => r6 :LI
  r6 :RESULT(0)
  :HALT
.call:
"
    .to_owned()
        + "  r1 => r2 :LDT(2, 2)\n  r2 :CALLI(5, 0)\n  r6 :RESULT(0)\n  :HALT\n"
        + &"  :HALT\n".repeat(5)
        + "  10 => r1 :LI\n  :RET\n  20 => r1 :LI\n  :RET\n";
    for (index, result) in [(0, 10), (1, 20), (2, 99), (3, 99), (0xffff_ffff, 99)] {
        assert_eq!(
            run(&text, &[index], &[]).unwrap().results,
            [result],
            "{index}"
        );
    }
}

#[test]
fn memory_grows_to_its_limit_and_starts_as_zeros() {
    let text = "
PAGES 1
ENTRY main main (i32) -> (i32, i32, i64)
INIT 1 0x1122334455667788
main:
  => r1 :ARG(0)
  r1 => r2 :GROW(3)
  r2 :RESULT(0)
  => r3 :LDS(0)
  r3 :RESULT(1)
  5 => r4 :LI
  r4 => r5 :LD64(+6)
  r5 :RESULT(2)
  r3, 16 => r6 :SHL32
  r6, -1 => r6 :ADD32
  r6, r4 :ST8
  r6, r4 :ST16
";
    let expected = 0x11_2233_4455;
    for (delta, old, pages) in [
        (0, 1, 1),
        (2, 1, 3),
        (3, 0xffff_ffff, 1),
        (0xffff_ffff, 0xffff_ffff, 1),
    ] {
        let outcome = run(text, &[delta], &[]).unwrap();
        assert_eq!(outcome.status, Status::Trap(Trap::OutOfBoundsMemoryAccess));
        assert_eq!(
            (outcome.pages(), outcome.static_word(SLOT_PAGES)),
            (pages, u64::from(pages))
        );
        assert_eq!(outcome.memory().len(), pages as usize * 65536);
        assert_eq!(outcome.memory().last(), Some(&5));
        let done = run(
            &text.replace("  r6, r4 :ST16\n", "  :HALT\n"),
            &[delta],
            &[],
        )
        .unwrap();
        assert_eq!(
            done.results,
            [old, u64::from(pages), expected],
            "grow by {delta}"
        );
    }
    let limits = Limits {
        max_pages: 2,
        ..Limits::default()
    };
    let refused = zkc_isa::run(&program(text), "main", &[2], &[], &limits);
    assert_eq!(refused, Err(ExecError::PageLimit { pages: 3, limit: 2 }));
    assert!(zkc_isa::run(&program(text), "main", &[3], &[], &limits).is_ok());
}

#[test]
fn host_input_and_output() {
    let text = "
ENTRY main main () -> (i32, i64, i32)
main:
  $ => r1 :INLEN
  r1 :RESULT(0)
  $ => r2 :INPUT64
  r2 :RESULT(1)
  $ => r3 :INPUT8
  r3 :RESULT(2)
  r3 :OUTPUT
  r1 :OUTPUT
  => r4 :LDS(1)
  r4 :OUTPUT
  :RET
";
    let outcome = run(text, &[], &[1, 2, 3, 4, 5, 6, 7, 8, 9]).unwrap();
    assert_eq!(outcome.results, [9, 0x0807_0605_0403_0201, 9]);
    assert_eq!(outcome.output, [9, 9, 2]);
    assert_eq!(outcome.static_word(SLOT_OUTPUTS), 3);
    assert_eq!(
        run(text, &[], &[0; 8]),
        Err(ExecError::InputExhausted { pc: FIRST_PC + 4 })
    );
    assert_eq!(
        run(text, &[], &[0; 7]),
        Err(ExecError::InputExhausted { pc: FIRST_PC + 2 })
    );
}

#[test]
fn refusals() {
    let text = "ENTRY main main (i32) -> (i64)\nmain:\n  => r1 :ARG(0)\n  r1, 1 => r2 :ADD64\n  r2 :RESULT(0)\n  :HALT";
    let adder = program(text);
    let go = |args: &[u64], entry: &str, max_steps| {
        zkc_isa::run(
            &adder,
            entry,
            args,
            &[],
            &Limits {
                max_steps,
                ..Limits::default()
            },
        )
    };
    assert_eq!(go(&[1], "main", 4).unwrap().results, [2]);
    assert_eq!(go(&[1], "main", 3), Err(ExecError::StepLimit { limit: 3 }));
    assert_eq!(
        go(&[1], "maim", 4),
        Err(ExecError::UnknownEntry("maim".to_owned()))
    );
    let count = ExecError::ArgumentCount {
        entry: "main".to_owned(),
        expected: 1,
        given: 2,
    };
    assert_eq!(go(&[1, 2], "main", 4), Err(count));
    assert_eq!(
        go(&[1 << 32], "main", 4),
        Err(ExecError::WideArgument {
            index: 0,
            value: 1 << 32
        })
    );

    let refs = "ENTRY main main (funcref, externref) -> ()\nmain:\n:HALT";
    assert!(run(refs, &[0, u64::MAX], &[]).is_ok());
    let forged = table_word(FIRST_PC, 0);
    assert_eq!(
        run(refs, &[forged, 0], &[]).unwrap_err(),
        ExecError::WideArgument {
            index: 0,
            value: forged
        }
    );

    let error = |body: &str| {
        run(
            &format!("ENTRY main main () -> (i64)\nmain:\n{body}"),
            &[],
            &[],
        )
        .unwrap_err()
    };
    assert_eq!(
        error("1 => r1 :LI"),
        ExecError::NoInstruction { pc: FIRST_PC + 1 }
    );
    assert_eq!(error(":HALT"), ExecError::MissingResult { index: 0 });
    assert_eq!(
        error("r1 :RESULT(1)"),
        ExecError::NoResult {
            pc: FIRST_PC,
            index: 1
        }
    );
    assert_eq!(
        error("r1 :RESULT(0)\nr1 :RESULT(0)"),
        ExecError::NoResult {
            pc: FIRST_PC + 1,
            index: 0
        }
    );
    assert_eq!(
        error("=> r1 :ARG(0)"),
        ExecError::NoArgument {
            pc: FIRST_PC,
            index: 0
        }
    );
    assert_eq!(
        error("256 => r1 :LI\nr1 :OUTPUT"),
        ExecError::WideOutput {
            pc: FIRST_PC + 1,
            value: 256
        }
    );
    let endless = zkc_isa::run(
        &program("ENTRY main x () -> ()\nx:\n:JUMP(x)"),
        "main",
        &[],
        &[],
        &Limits {
            max_steps: 1000,
            ..Limits::default()
        },
    );
    assert_eq!(endless, Err(ExecError::StepLimit { limit: 1000 }));
    assert_eq!(
        error("0x1000003e7 => r1 :LI\nr1 :CALLI(1, 0)"),
        ExecError::NoInstruction { pc: 999 }
    );
    assert_eq!(
        error("0x10000003f => r1 :LI\nr1 :CALLI(1, 0)"),
        ExecError::UnknownStatus { status: 63 }
    );
    let mut invalid = adder;
    invalid.insts[0].d = 0;
    assert!(matches!(
        zkc_isa::run(&invalid, "main", &[1], &[], &Limits::default()),
        Err(ExecError::Invalid(_))
    ));
}

#[test]
fn long_straight_code_runs_through() {
    let mut text = "ENTRY main m (i64) -> (i64)\nm:\n=> r1 :ARG(0)\n".to_owned();
    text += &"r1, 3 => r1 :MUL64\nr1, r1 => r2 :XOR64\nr2, r1 => r1 :SUB64\n".repeat(2000);
    text += "r1 :RESULT(0)\n:HALT\n";
    let outcome = run(&text, &[1], &[]).unwrap();
    let expected = (0..2000).fold(1u64, |x, _| x.wrapping_mul(3).wrapping_neg());
    assert_eq!((outcome.results[0], outcome.steps), (expected, 6003));
}

#[test]
fn the_step_limit_is_exact() {
    // 2 + 3 * rounds steps.
    let text = "ENTRY main m (i32) -> ()\nm:\n=> r1 :ARG(0)\nl: r1, -1 => r1 :ADD32\nr2, r1 => r2 :ADD32\nr1, 0 :BR_NE32(l)\n:HALT";
    let program = program(text);
    for rounds in [1, 2, 84, 85, 86, 170, 171, 339, 340, 341, 342, 1000] {
        let steps = 2 + 3 * rounds;
        let go = |max_steps| {
            let limits = Limits {
                max_steps,
                ..Limits::default()
            };
            let fast = zkc_isa::run(&program, "main", &[rounds], &[], &limits);
            let mut traced_steps = 0;
            let traced = trace(&program, "main", &[rounds], &[], &limits, &mut |_| {
                traced_steps += 1;
            });
            assert_eq!(fast, traced);
            if let Ok(outcome) = &fast {
                assert_eq!(outcome.steps, traced_steps);
            }
            fast.map(|outcome| outcome.steps)
        };
        assert_eq!(go(steps), Ok(steps));
        assert_eq!(go(steps + 1), Ok(steps));
        assert_eq!(go(u64::MAX), Ok(steps));
        for limit in [steps - 1, steps - 2, steps - 3, steps / 2, 1, 0] {
            assert_eq!(go(limit), Err(ExecError::StepLimit { limit }));
        }
    }
}

/// Memory after bytes 0.. are 1, 2, 3, ..., then the instruction with registers r1, r2, r3.
fn after_blocks(op: &str, to: u64, second: u64, end: u64) -> Result<Outcome, ExecError> {
    let word = |i: u64| u64::from_le_bytes(std::array::from_fn(|b| (8 * i + b as u64 + 1) as u8));
    let words = (0..32).map(|i| format!(" {}", word(i))).collect::<String>();
    let text = format!(
        "PAGES 1\nENTRY main x (i64, i64, i64) -> (i64, i64, i64)\nINIT 0{words}\nINIT STATIC+2 0x0807060504030201 0x100f0e0d0c0b0a09\n\
         x:\n=> r1 :ARG(0)\n=> r2 :ARG(1)\n=> r3 :ARG(2)\nr1, r2, r3 :{op}\n\
         r1 :RESULT(0)\nr2 :RESULT(1)\nr3 :RESULT(2)\n:HALT"
    );
    run(&text, &[to, second, end], &[])
}

#[test]
fn blocks_are_copied_as_each_is_read_whole() {
    for (to, from, blocks) in [
        (40u64, 0u64, 1u64),
        (4, 8, 3),
        (1, 0, 2),
        (0, 5, 3),
        (9, 71, 4),
        (0, 33, 1),
    ] {
        let end = to + 4 * blocks;
        let outcome = after_blocks("COPY", to, from, end).unwrap();
        assert_eq!(outcome.results, [end, from + 32 * blocks, end]);
        assert_eq!(outcome.steps, 3 + blocks + 4);
        let mut bytes: Vec<u8> = (1..=255).chain([0]).collect();
        bytes.resize(65536, 0);
        for block in 0..blocks as usize {
            let (to, from) = (to as usize * 8 + 32 * block, from as usize + 32 * block);
            bytes.copy_within(from..from + 32, to);
        }
        assert_eq!(outcome.memory(), bytes, "{to} {from} {blocks}");
    }
    // Bytes 11 to 16 of the static words, then zeros beyond what the program names.
    let outcome = after_blocks("COPY", 8, (u64::from(STATIC_BASE) + 2) * 8 + 10, 12).unwrap();
    let mut expected = [0; 32];
    expected[..6].copy_from_slice(&[11, 12, 13, 14, 15, 16]);
    assert_eq!(outcome.memory()[64..96], expected);
    let outcome = after_blocks("FILL", 8188, 0x1234, 8192).unwrap();
    assert_eq!(outcome.results, [8192, 0x1234, 8192]);
    assert_eq!(
        outcome.memory()[65536 - 32..],
        0x1234u64.to_le_bytes().repeat(4)
    );
}

#[test]
fn blocks_that_are_not_in_memory_are_refused() {
    let stack = u64::from(STACK_BASE) * 8;
    let no_block = Err(ExecError::NoBlock { pc: FIRST_PC + 3 });
    for (op, to, second, end) in [
        // The destination passes the memory's end, at once or because the end is missed.
        ("COPY", 8190, 0, 8194),
        ("FILL", 8189, 0, 8193),
        ("FILL", 0, 0, 3),
        ("COPY", 8, 0, 8),
        ("COPY", 1 << 28, 0, (1 << 28) + 4),
        ("FILL", u64::MAX, 0, 3),
        ("FILL", 0, 0, 1 << 28),
        ("COPY", 0, 0, 4 | 1 << 32),
        // The source.
        ("COPY", 0, 65536 - 31, 4),
        ("COPY", 0, stack - 32, 4),
        ("COPY", 0, u64::MAX - 64, 4),
        ("COPY", 0, 1 << 32, 4),
    ] {
        assert_eq!(
            after_blocks(op, to, second, end).map(|o| o.results),
            no_block,
            "{op} {to} {second} {end}"
        );
    }
    for operands in [
        "r0, r2, r3",
        "r1, r0, r3",
        "r1, r1, r3",
        "r1, r2, r1",
        "r1, r2, r2",
    ] {
        let text = format!("PAGES 1\nENTRY main x () -> ()\nx:\n{operands} :COPY\n:HALT");
        assert!(asm::parse(&text).is_err(), "{operands}");
    }
}
