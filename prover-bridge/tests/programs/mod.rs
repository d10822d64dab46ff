//! Programs that together use every instruction in every way it can end, made instruction by instruction.

#![allow(dead_code, reason = "every test file uses its part")]

use zkc_ir::Trap;
use zkc_isa::*;

/// Builds a program front to back.
#[derive(Default)]
pub(crate) struct Builder {
    pub(crate) program: Program,
}

impl Builder {
    /// An empty program with one exported function at its start.
    pub(crate) fn new(params: usize, results: usize) -> Builder {
        let kinds = |n| vec![ValueKind::I64; n];
        let entry = Entry {
            name: "main".into(),
            pc: FIRST_PC,
            params: kinds(params),
            results: kinds(results),
        };
        Builder {
            program: Program {
                entries: vec![entry],
                pages: 1,
                ..Program::default()
            },
        }
    }

    /// The program counter of the next instruction.
    pub(crate) fn pc(&self) -> u32 {
        FIRST_PC + self.program.insts.len() as u32
    }

    pub(crate) fn push(&mut self, inst: Inst) -> &mut Builder {
        self.program.insts.push(inst);
        self
    }

    pub(crate) fn li(&mut self, d: u32, imm: u64) -> &mut Builder {
        self.push(Inst {
            d,
            imm,
            ..Inst::new(ZkOp::Li)
        })
    }

    pub(crate) fn op(&mut self, op: ZkOp) -> &mut Builder {
        self.push(Inst::new(op))
    }

    pub(crate) fn finish(self) -> Program {
        validate(&self.program).expect("the test's program is valid");
        self.program
    }
}

/// Operands of interest, with 32 and with 64 bits.
const WORDS: [[(u64, u64); 9]; 2] = [
    [
        (7, 3),
        (3, 7),
        (0xffff_ffff, 1),
        (0x8000_0000, 31),
        (0x1234_5678, 0xfedc_ba98),
        (0x8000_0000, 0x7fff_ffff),
        (0, 5),
        (5, 5),
        (0xffff_0000, 16),
    ],
    [
        (7, 3),
        (3, 7),
        (u64::MAX, 1),
        (1 << 63, 63),
        (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210),
        (1 << 63, u64::MAX >> 1),
        (0, 5),
        (5, 5),
        (0xffff_0000_ffff_0000, 48),
    ],
];

fn wide(op: ZkOp) -> usize {
    usize::from(
        op.opcode()
            .def()
            .name
            .trim_end_matches("_imm")
            .ends_with("64"),
    )
}

/// All instructions of a form.
fn ops(form: Form) -> impl Iterator<Item = ZkOp> {
    ZkOp::ALL
        .iter()
        .copied()
        .filter(move |op| op.form() == form)
}

/// A constant fit for an instruction's constant operand.
fn constant(op: ZkOp, b: u64) -> u64 {
    let name = op.opcode().def().name;
    let bits = if wide(op) == 1 { 63 } else { 31 };
    if name.contains("sh") || name.contains("rot") {
        b & bits
    } else {
        b
    }
}

/// Everything that does not trap, in one run.
pub(crate) fn everything() -> Program {
    let mut b = Builder::new(2, 1);
    b.program.pages = 1;
    b.program.init = vec![
        (0, 0x8877_6655_4433_2211),
        (1, 0xffee_ddcc_bbaa_9988),
        (STATIC_BASE + 9, 77),
    ];
    for i in 0..2 {
        b.push(Inst {
            d: 1 + i,
            imm: i.into(),
            ..Inst::new(ZkOp::Arg)
        });
    }
    for form in [Form::Binary, Form::BinaryImm, Form::Branch, Form::BranchImm] {
        for op in ops(form) {
            for (x, y) in WORDS[wide(op)] {
                let target = if matches!(form, Form::Branch | Form::BranchImm) {
                    b.pc() + 3
                } else {
                    0
                };
                let d = if target == 0 { 5 } else { 0 };
                let imm = matches!(form, Form::BinaryImm | Form::BranchImm);
                let (rb, imm) = if imm { (0, constant(op, y)) } else { (4, 0) };
                b.li(3, x).li(4, y).push(Inst {
                    d,
                    a: 3,
                    b: rb,
                    imm,
                    target,
                    ..Inst::new(op)
                });
            }
        }
    }
    for op in ops(Form::Unary) {
        for (x, _) in WORDS[0]
            .into_iter()
            .chain(if wide(op) == 1 || op == ZkOp::Wrap {
                WORDS[1]
            } else {
                WORDS[0]
            })
        {
            b.li(3, x).push(Inst {
                d: 5,
                a: 3,
                ..Inst::new(op)
            });
        }
    }
    for x in [0, 1, 1 << 40] {
        b.li(3, x).li(4, 44).li(6, 66).push(Inst {
            d: 5,
            a: 3,
            b: 4,
            c: 6,
            ..Inst::new(ZkOp::Select)
        });
    }
    b.li(7, 0x0102_0304_85a6_8788);
    for address in [0, 1, 2, 3, 4, 5, 6, 7, 8, 65528] {
        b.li(6, address);
        for op in ops(Form::Store) {
            b.push(Inst {
                a: 6,
                b: 7,
                imm: 0,
                ..Inst::new(op)
            });
        }
        for op in ops(Form::Load) {
            b.push(Inst {
                d: 5,
                a: 6,
                imm: 0,
                ..Inst::new(op)
            });
            if address < 8 {
                b.push(Inst {
                    d: 5,
                    a: 6,
                    imm: 7000,
                    ..Inst::new(op)
                });
            }
        }
    }
    b.push(Inst {
        a: 7,
        target: 20,
        ..Inst::new(ZkOp::Sts)
    })
    .push(Inst {
        d: 5,
        target: 20,
        ..Inst::new(ZkOp::Lds)
    });
    b.li(3, 1).push(Inst {
        d: 5,
        a: 3,
        target: 8,
        imm: 4,
        ..Inst::new(ZkOp::Ldt)
    });
    b.push(Inst {
        a: 3,
        b: 7,
        target: 8,
        imm: 4,
        ..Inst::new(ZkOp::Stt)
    });
    // Blocks between overlapping and aligned places, to the memory's end, and from static words.
    for (from, to, end) in [
        (0, 1, 13),
        (3, 8, 12),
        (65, 6, 26),
        (65528 - 40, 8188, 8192),
        (u64::from(STATIC_BASE) * 8 + 64, 100, 104),
        (u64::from(STATIC_BASE) * 8 + 69, 104, 112),
    ] {
        b.li(3, to).li(4, from).li(5, end).push(Inst {
            a: 3,
            b: 4,
            c: 5,
            ..Inst::new(ZkOp::Copy)
        });
        b.li(3, to).push(Inst {
            a: 3,
            b: 7,
            c: 5,
            ..Inst::new(ZkOp::Fill)
        });
    }
    for more in [2, 0, 9, 1 << 20] {
        b.li(3, more).push(Inst {
            d: 5,
            a: 3,
            imm: 5,
            ..Inst::new(ZkOp::Grow)
        });
    }
    b.li(6, 2 * 65536 - 3).push(Inst {
        a: 6,
        b: 7,
        imm: 2,
        ..Inst::new(ZkOp::St64)
    });
    b.push(Inst {
        d: 5,
        a: 6,
        imm: 2,
        ..Inst::new(ZkOp::Ld64)
    });
    for op in ops(Form::Hint) {
        b.push(Inst {
            d: 3,
            ..Inst::new(op)
        });
    }
    for byte in [0, 255] {
        b.li(3, byte).push(Inst {
            a: 3,
            ..Inst::new(ZkOp::Output)
        });
    }
    let pc = b.pc();
    b.push(Inst {
        target: pc + 1,
        ..Inst::new(ZkOp::Jump)
    });
    for index in [0, 1, 2, 700, 1 << 31] {
        b.li(3, index);
        let pc = b.pc();
        b.push(Inst {
            a: 3,
            target: pc + 1,
            imm: 2,
            ..Inst::new(ZkOp::Brt)
        });
        for _ in 0..3 {
            b.push(Inst {
                target: pc + 4,
                ..Inst::new(ZkOp::Jump)
            });
        }
    }
    // A function that takes so long that its caller's registers must be re-dated.
    let function = b.pc() + 4;
    b.push(Inst {
        target: function,
        imm: 10,
        ..Inst::new(ZkOp::Call)
    });
    b.li(3, table_word(function, 3)).push(Inst {
        a: 3,
        imm: 10 | 3 << 32,
        ..Inst::new(ZkOp::Calli)
    });
    b.push(Inst {
        target: function + 4,
        ..Inst::new(ZkOp::Jump)
    });
    b.li(1, 9000);
    b.push(Inst {
        d: 1,
        a: 1,
        imm: u64::MAX,
        ..Inst::new(ZkOp::Add64Imm)
    });
    b.push(Inst {
        a: 1,
        imm: 0,
        target: function + 1,
        ..Inst::new(ZkOp::BrNe64Imm)
    });
    b.op(ZkOp::Ret);
    // A trap whose vector goes on, and a reset without one.
    let pc = b.pc();
    b.program.vectors = vec![(1, pc + 1)];
    b.push(Inst {
        imm: 1,
        ..Inst::new(ZkOp::Trap)
    })
    .push(Inst {
        target: pc + 2,
        ..Inst::new(ZkOp::Reset)
    });
    // Functions whose ends are tail calls of that one's `ret`.
    let tails = b.pc() + 3;
    for callee in [tails, tails + 1] {
        b.push(Inst {
            target: callee,
            imm: 10,
            ..Inst::new(ZkOp::Call)
        });
    }
    b.push(Inst {
        target: tails + 3,
        ..Inst::new(ZkOp::Jump)
    });
    b.push(Inst {
        target: function + 3,
        ..Inst::new(ZkOp::Tcall)
    });
    b.li(3, table_word(function + 3, 3)).push(Inst {
        a: 3,
        imm: 3 << 32,
        ..Inst::new(ZkOp::Tcalli)
    });
    b.push(Inst {
        d: 5,
        a: 2,
        ..Inst::new(ZkOp::Mov)
    });
    b.push(Inst {
        a: 5,
        imm: 0,
        ..Inst::new(ZkOp::Result)
    })
    .op(ZkOp::Ret);
    b.finish()
}

/// Runs that end in a trap, with its kind.
pub(crate) fn traps() -> Vec<(Program, Trap)> {
    let mut list = Vec::new();
    let mut add = |trap, make: &dyn Fn(&mut Builder)| {
        let mut b = Builder::new(0, 0);
        b.program.pages = 1;
        make(&mut b);
        b.op(ZkOp::Halt);
        list.push((b.finish(), trap));
    };
    for trap in Trap::ALL {
        add(trap, &|b| {
            b.push(Inst {
                imm: trap.code().into(),
                ..Inst::new(ZkOp::Trap)
            });
        });
    }
    for op in ops(Form::Binary).chain(ops(Form::BinaryImm)) {
        let name = op.opcode().def().name;
        if !name.starts_with("div") && !name.starts_with("rem") {
            continue;
        }
        let imm = op.form() == Form::BinaryImm;
        let rb = if imm { 0 } else { 4 };
        add(Trap::IntegerDivideByZero, &|b| {
            b.li(3, 9).li(4, 0).push(Inst {
                d: 5,
                a: 3,
                b: rb,
                ..Inst::new(op)
            });
        });
        if name.starts_with("divs") {
            let (x, y) = if wide(op) == 1 {
                (1 << 63, u64::MAX)
            } else {
                (0x8000_0000, 0xffff_ffff)
            };
            let c = if imm { y } else { 0 };
            add(Trap::IntegerOverflow, &|b| {
                b.li(3, x).li(4, y).push(Inst {
                    d: 5,
                    a: 3,
                    b: rb,
                    imm: c,
                    ..Inst::new(op)
                });
            });
        }
    }
    for op in ops(Form::Load).chain(ops(Form::Store)) {
        let store = op.form() == Form::Store;
        for (address, offset) in [
            (65536, 0),
            (65535, 1),
            (0xffff_ffff, 0xffff_ffff),
            (1, 65535),
        ] {
            add(Trap::OutOfBoundsMemoryAccess, &|b| {
                let (d, rb) = if store { (0, 7) } else { (5, 0) };
                b.li(6, address).push(Inst {
                    d,
                    a: 6,
                    b: rb,
                    imm: offset,
                    ..Inst::new(op)
                });
            });
        }
    }
    for index in [4, 5, 0x8000_0000] {
        add(Trap::UndefinedElement, &|b| {
            b.li(3, index).push(Inst {
                d: 5,
                a: 3,
                target: 8,
                imm: 4,
                ..Inst::new(ZkOp::Ldt)
            });
        });
    }
    for index in [4, 5, 0x8000_0000] {
        add(Trap::OutOfBoundsTableAccess, &|b| {
            b.li(3, index).li(4, 9).push(Inst {
                a: 3,
                b: 4,
                target: 8,
                imm: 4,
                ..Inst::new(ZkOp::Stt)
            });
        });
    }
    for (op, k) in [(ZkOp::Calli, 10), (ZkOp::Tcalli, 0)] {
        let call = |word: u64| {
            move |b: &mut Builder| {
                b.li(3, word).push(Inst {
                    a: 3,
                    imm: k | 3 << 32,
                    ..Inst::new(op)
                });
            }
        };
        add(Trap::UninitializedElement, &call(0));
        for ty in [4, 700] {
            let word = table_word(FIRST_PC, ty);
            add(Trap::IndirectCallTypeMismatch, &call(word));
        }
    }
    add(Trap::CallStackExhausted, &|b| {
        b.push(Inst {
            target: FIRST_PC,
            imm: 65535,
            ..Inst::new(ZkOp::Call)
        });
    });
    add(Trap::CallStackExhausted, &|b| {
        b.li(3, table_word(FIRST_PC, 3)).push(Inst {
            a: 3,
            imm: 65000 | 3 << 32,
            ..Inst::new(ZkOp::Calli)
        });
    });
    list
}

/// The program with all of its lines fused, as several programs if they are many.
pub(crate) fn fused(program: &Program, longest: usize) -> Vec<Program> {
    let mut all = loops(program, longest, 4);
    all.extend(lines(program, longest));
    all.retain(|line| zkc_prover::fused_cost(program, line).is_ok());
    let with = |lines: &[Fused]| Program {
        fused: lines.to_vec(),
        ..program.clone()
    };
    all.chunks(MAX_LINES).map(with).collect()
}
