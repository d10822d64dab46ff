//! The Hermez processor's text: every construct both ways, errors with their places, nothing that panics.

use proptest::prelude::*;
use zkc_isa::hermez::{
    Address, Align, Bin, Condition, Expr, Goto, Index, Jump, Label, Program, Reg, Step, asm,
};

/// Every construct of the language that the 64-bit machine has.
const ALL: &str = r#"
CONST %LOW = -5 + 3 * 2 ** 2        ; one level: (3 * 2) ** 2
CONST %MISSING = %OTHER ?? 1 + 1
CONST %FLAG = (1 < 2 && !0) ? 0x1_0 : 1 / 0
CONSTL %WIDE = (1 << 64) - 1
VAR GLOBAL one
VAR GLOBAL many[%FLAG]
VAR CTX local
/* a comment
   of two lines */
start: second:
    $${var x = 5}
    STEP => A                       ; first remark
    $${log(A)}
    10n ** 3n => B
    2 ** 10 + %LOW => C
    %WIDE => D, E
    -A + 3*B - C*2 => CTX
    @start + SP => RR
    @many => PC
    zkPC + 2 => GAS
    CNT_ARITH + CNT_BINARY + CNT_MEM_ALIGN + CNT_KECCAK_F => A
    HASHPOS + RCX + ROTL_C => HASHPOS
    $ => A      :MLOAD(SP)
    $ => A      :MLOAD(SP + 3)
    A           :MSTORE(SP - 3)
    A           :MSTORE(SP++)
    $ => A      :MLOAD(SP--), JMP(end)
    $           :ADD, MSTORE(one), JMPC(start)
    A           :SUB, JMPNC(start, end)
    A           :LT, CALL(end)
    A           :SLT, RETURN
    A           :EQ
    A           :AND
    A           :OR, ASSERT
    A           :XOR
    ${A * B}    :ARITH
    $           :MEM_ALIGN_RD
    A           :MEM_ALIGN_WR
    A           :MEM_ALIGN_WR8
    A           :MLOAD(SYS:E + 1)
    A           :MLOAD(MEM:RR)
    A           :MLOAD(STACK:E - 2)
    A           :MLOAD(many + 3)
    A           :MLOAD(many[%LOW - 30])
    A           :MLOAD(many + E)
    A           :MLOAD(many[RR - 1])
    A           :MSTORE(local)
    A + $0{mem.many[x] + 1} :JMPN(start, end)
    A           :JMPZ(next, end)
    A           :JMPNZ(end)
    A           :JMPZ(@start + E)
                :JMP(RR)
                :JMP(@start + RR)
                :CALL(@start + E)
    0           :REPEAT(RCX)
end:
    ${beforeLast() } :JMPN(end)
    0 - ${x = (var y = 3)} => A
    ${ (A + 1) * (-B) ? ~1 : !addr.one } => A :JMP(start)
"#;

#[test]
fn text_and_program_agree() {
    let program = asm::parse(ALL).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let printed = asm::print(&program);
    let again = asm::parse(&printed).unwrap_or_else(|errors| panic!("{errors:#?}\n{printed}"));
    assert_eq!(again, program, "{printed}");
    assert_eq!(asm::print(&again), printed);
    let value = |name: &str| program.find_constant(name).map(|c| c.value.to_string());
    assert_eq!(value("LOW").as_deref(), Some("31"));
    assert_eq!(value("MISSING").as_deref(), Some("2"));
    assert_eq!(value("FLAG").as_deref(), Some("16"));
    assert_eq!(value("WIDE").as_deref(), Some("18446744073709551615"));
    assert_eq!(program.steps[0].comment.as_deref(), Some("first remark"));
    assert_eq!(
        (program.steps[0].before.len(), program.steps[0].after.len()),
        (1, 1)
    );
}

#[test]
fn the_rom_as_json() {
    let text = "VAR GLOBAL x\nVAR GLOBAL y[3]\nstart:\n 5 - 2*A => B, SP :JMPNZ(start)\n \
                $ => C :MLOAD(y + E), ADD\n ${A + mem.y[2]} :MSTORE(SP++), JMPN(start, start)\n :JMP(@start + RR)\n";
    let rom = asm::to_json(&asm::parse(text).expect("parses"));
    let expected = serde_json::json!({
        "program": [
            {"fileName": "", "line": 4, "CONST": "5", "inA": "-2", "setB": 1, "setSP": 1, "JMPZ": 1,
             "useJmpAddr": 1, "jmpAddr": 1, "jmpAddrLabel": "next", "useElseAddr": 1, "elseAddr": 0, "elseAddrLabel": "start"},
            {"fileName": "", "line": 5, "inFREE": "1", "freeInTag": {"op": ""}, "setC": 1, "mOp": 1, "ind": 1,
             "offset": 1, "offsetLabel": "y", "bin": 1, "binOpcode": 0},
            {"fileName": "", "line": 6, "inFREE": "1", "freeInTag": {"op": "add", "values": [
                {"op": "getReg", "regName": "A"},
                {"op": "getMemValue", "module": "mem", "offsetLabel": "y", "useCTX": 0, "offset": 3}]},
             "mOp": 1, "mWR": 1, "useCTX": 1, "isStack": 1, "incStack": 1, "JMPN": 1,
             "useJmpAddr": 1, "jmpAddr": 0, "jmpAddrLabel": "start", "useElseAddr": 1, "elseAddr": 0, "elseAddrLabel": "start"},
            {"fileName": "", "line": 7, "JMP": 1, "indRR": 1, "offset": 0, "offsetLabel": "start"},
        ],
        "labels": {"start": 0},
        "constants": {},
    });
    assert_eq!(rom, expected);
}

#[test]
fn includes_are_inlined() {
    let mut files = |from: &str, path: &str| match (from, path) {
        ("main", "lib.zkasm") => Ok((
            "lib".to_owned(),
            "INCLUDE \"sub\"\nlib: 2 => A\n".to_owned(),
        )),
        ("lib", "sub") => Ok(("sub".to_owned(), " 1 => A\n".to_owned())),
        ("main", "bad") => Ok(("bad".to_owned(), "\n 1 => => A\n".to_owned())),
        ("main" | "loop", "loop") => Ok(("loop".to_owned(), "INCLUDE \"loop\"\n".to_owned())),
        _ => Err("no such file".to_owned()),
    };
    let mut parse = |text: &str| asm::parse_with("main", text, &mut files);
    let program = parse("INCLUDE \"lib.zkasm\"\n 3 => A :JMP(lib)\n").expect("parses");
    assert_eq!(program.steps.len(), 3);
    assert_eq!(program.place(0).as_deref(), Some("sub:1"));
    assert_eq!(program.place(1).as_deref(), Some("lib:2"));
    let bad = parse("INCLUDE \"bad\"\n").expect_err("malformed");
    assert_eq!(bad[0].place.unit.as_deref(), Some("bad"));
    assert_eq!(bad[0].place.line_col, Some((2, 7)));
    let missing = parse("\nINCLUDE \"none\"\n").expect_err("missing");
    assert_eq!(missing[0].place.line_col, Some((2, 1)));
    assert!(parse("INCLUDE \"loop\"\n").is_err(), "includes itself");
}

#[test]
fn errors_have_places() {
    let mut wrong = Vec::new();
    for (text, line, column, message) in [
        (
            " A => => B",
            1,
            7,
            "expected a register that can be set, found `=>`",
        ),
        (
            " A => STEP",
            1,
            7,
            "expected a register that can be set, found `STEP`",
        ),
        (" A => B, B", 1, 10, "register `B` is set twice"),
        (" A => B :FOO", 1, 10, "expected an operation, found `FOO`"),
        (
            " A :HASHK(0)",
            1,
            5,
            "which the 64-bit machine of this model does not have",
        ),
        (
            " A :ARITH_ECADD_SAME",
            1,
            5,
            "which the 64-bit machine of this model does not have",
        ),
        (
            " SR => A",
            1,
            2,
            "which the 64-bit machine of this model does not have",
        ),
        (
            " A :SLOAD",
            1,
            5,
            "which the 64-bit machine of this model does not have",
        ),
        (
            " A :MLOAD(SP",
            1,
            13,
            "expected `)`, found the end of the line",
        ),
        (
            " A :MLOAD(MEM:E + RR)",
            1,
            19,
            "one register is added to an address",
        ),
        (
            " A :MLOAD(nowhere)",
            1,
            11,
            "variable `nowhere` is not defined",
        ),
        ("\n :JMP(nowhere)", 2, 7, "label `nowhere` is not defined"),
        ("x:\nx:\n A", 2, 1, "label `x` is defined twice"),
        ("A:\n", 1, 3, "expected an operation"),
        ("next:\n A", 1, 1, "following step"),
        (" :ADD", 1, 2, "a left-hand side is missing"),
        (
            " A :ADD, SUB",
            1,
            10,
            "the step has such an operation already",
        ),
        (
            " A :JMP(x), RETURN\nx: A",
            1,
            13,
            "the step has such an operation already",
        ),
        (" A * B => C", 1, 6, "one factor must be a constant"),
        (" 1 + 1n => C", 1, 6, "do not mix"),
        (" ${A} + ${B} => C", 1, 9, "a step has one free input"),
        (" ${A +} => C", 1, 7, "expected a number, a name or `(`"),
        (" ${A B} => C", 1, 6, "unexpected `B`"),
        (" ${(A} => C", 1, 6, "expected `)`"),
        (" ${A => C", 1, 3, "found `{`"),
        (
            " ${SR} => C",
            1,
            4,
            "expected a register of the 64-bit machine",
        ),
        (" 9007199254740993 => C", 1, 2, "does not hold"),
        (" 18446744073709551616n => C", 1, 2, "within 0..2^64"),
        (" %X => C", 1, 2, "constant `%X` is not defined"),
        (" @later => C\nlater: A", 1, 2, "neither label nor variable"),
        (
            "CONST %X = 1 +",
            1,
            15,
            "expected a number, a constant or `(`",
        ),
        ("CONST %X = 1 << 32\n A", 1, 1, "not within"),
        ("CONST %X = 1\nCONST %X = 1", 2, 1, "defined twice"),
        ("CONST %X = 1 / 0", 1, 1, "division by zero"),
        ("VAR LOCAL x", 1, 5, "expected `GLOBAL` or `CTX`"),
        ("VAR GLOBAL x[0]", 1, 1, "expected 1 to 65536"),
        (
            "VAR GLOBAL x[65536]\nVAR GLOBAL y\n A",
            1,
            1,
            "more than 65536 words",
        ),
        ("VAR GLOBAL x\nVAR GLOBAL x", 2, 1, "declared twice"),
        (" A ? B", 1, 4, "expected an operator"),
        (" é => A", 1, 2, "`é` means nothing here"),
        (" \"é\" => é", 1, 9, "`é` means nothing here"),
        ("/* never", 1, 1, "without its closing"),
        (" A\n $${B}\n $${C", 3, 3, "found a free input"),
        (
            " A :JMP(x)\n $${B}\nx: A",
            3,
            1,
            "no command is allowed before a label",
        ),
        (" A :JMP(x)\n $${B}", 2, 7, "no step follows a command"),
        (" A :JMPC(x)\nx: A", 1, 2, "`JMPC` needs a Binary operation"),
        (
            " $ => A :JMP(x)\nx: A",
            1,
            2,
            "nothing in the step computes `$`",
        ),
        (" A :MLOAD(SP), JMP(RR)", 1, 2, "share one address"),
        (
            " A => RR :CALL(x)\nx: A",
            1,
            2,
            "`CALL` and the step set `RR`",
        ),
        (" A => SP :MLOAD(SP++)", 1, 2, "sets SP twice"),
        ("INCLUDE \"x\"", 1, 1, "includes nothing"),
        ("", 1, 1, "at least one step"),
    ] {
        let errors = asm::parse(text).expect_err(text);
        let first = &errors[0];
        let found = first.place.line_col == Some((line, column)) && first.message.contains(message);
        if !found {
            wrong.push(format!("{text:?}: {:?} {first}", first.place.line_col));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn errors_do_not_hide_each_other() {
    let errors = asm::parse(" A => 5\n B => C\n :FOO\n C => \"\n").expect_err("three errors");
    assert_eq!(
        errors.len(),
        1,
        "a text without its end stops the lexer: {errors:?}"
    );
    let errors = asm::parse(" A => 5\n B => C\n :FOO\n").expect_err("two errors");
    assert_eq!(errors.len(), 2);
    let many = asm::parse(&" :FOO\n".repeat(1000)).expect_err("many errors");
    assert_eq!(many.len(), 20);
}

#[test]
fn deep_and_long_inputs_end() {
    let deep = "(".repeat(100_000);
    for text in [
        format!(" ${{{deep}}} => A\n"),
        format!("CONST %X = {deep}1\n"),
        format!(" ${{{}1}} => A\n", "-".repeat(100_000)),
        format!(" ${{{}1}} => A\n", "x = ".repeat(100_000)),
        format!(" ${{1{}}} => A\n", " + 1".repeat(100_000)),
        format!("CONST %X = {}1\n", "-".repeat(100_000)),
        format!("CONST %X = 1{}\n", " ? 1 : 1".repeat(100_000)),
        format!("CONST %X = {}\n", "9".repeat(1_000_000)),
        "CONST %X = 2 ** 2 ** 60\n A\n".to_owned(),
        " 2n ** 99999999999n => A\n".to_owned(),
        format!(" {} => A\n", "9".repeat(200)),
    ] {
        assert!(
            asm::parse(&text).is_err(),
            "{}",
            &text[..40.min(text.len())]
        );
    }
    let long = format!(" A{} => A\n", " + B".repeat(100_000));
    assert!(asm::parse(&long).is_ok());
}

fn arb_reg() -> impl Strategy<Value = Reg> {
    (0..Reg::ALL.len()).prop_map(|i| Reg::ALL[i].0)
}

fn arb_expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        any::<u64>().prop_map(Expr::from),
        arb_reg().prop_map(|r| if r == Reg::RotlC {
            Expr::ZkPc
        } else {
            Expr::Reg(r)
        }),
        Just(Expr::Var("x".to_owned())),
        Just(Expr::Declare("_y".to_owned())),
        Just(Expr::Const("K".to_owned())),
        Just(Expr::Mem("g".to_owned(), None)),
        Just(Expr::Addr("c".to_owned(), None)),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone(), 0usize..19)
                .prop_map(|(a, b, op)| { a.binary(zkc_isa::hermez::BinaryOp::ALL[op].0, b) }),
            (inner.clone(), 0usize..3)
                .prop_map(|(a, op)| { Expr::Unary(zkc_isa::hermez::UnaryOp::ALL[op].0, a.into()) }),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| a.choose(b, c)),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|p| Expr::Call("f".to_owned(), p)),
            inner
                .clone()
                .prop_map(|e| Expr::Mem("g".to_owned(), Some(e.into()))),
            inner.prop_map(|e| Expr::Set(Expr::Var("x".to_owned()).into(), e.into())),
        ]
    })
}

fn arb_index() -> impl Strategy<Value = Index> {
    prop_oneof![Just(Index::E), Just(Index::Rr)]
}

/// An address in a program with a global `g` of 9 words and a context variable `c`.
fn arb_address(program: &Program) -> impl Strategy<Value = Address> + use<> {
    let global = program.find_var("g").expect("declared");
    let context = program.find_var("c").expect("declared");
    prop_oneof![
        (-9i32..9).prop_map(Address::sp),
        prop_oneof![Just(1i8), Just(-1)].prop_map(Address::sp_then),
        (arb_index(), -9i32..9).prop_map(|(i, o)| Address::mem(i, o)),
        (arb_index(), -9i32..9).prop_map(|(i, o)| Address::sys(i, o)),
        (arb_index(), -9i32..9).prop_map(move |(i, o)| Address::var_at(global, i, o)),
        (0i32..9).prop_map(move |o| Address::var(global, o)),
        Just(Address::var(context, 0)),
    ]
}

fn arb_goto() -> impl Strategy<Value = Goto> {
    prop_oneof![
        (0u32..3).prop_map(|l| Goto::Label(Label(l))),
        (prop::option::of(0u32..3), arb_index()).prop_map(|(l, i)| Goto::Indirect(l.map(Label), i)),
    ]
}

fn arb_jump() -> impl Strategy<Value = Jump> {
    let condition = (0usize..3).prop_map(|i| Condition::ALL[i].0);
    let other = prop_oneof![
        Just(Goto::Next),
        (0u32..3).prop_map(|l| Goto::Label(Label(l)))
    ];
    prop_oneof![
        Just(Jump::None),
        arb_goto().prop_map(Jump::Jmp),
        arb_goto().prop_map(Jump::Call),
        Just(Jump::Return),
        Just(Jump::Repeat),
        (condition, prop_oneof![arb_goto(), Just(Goto::Next)], other)
            .prop_map(|(c, a, b)| Jump::If(c, a, b)),
    ]
}

fn arb_step(program: &Program) -> impl Strategy<Value = Step> + use<> {
    let lhs = (
        prop::collection::vec((arb_reg(), -9i128..9), 0..4),
        prop_oneof![Just(None), (-1i128 << 53..=1i128 << 53).prop_map(Some)],
        prop::option::of(any::<u64>()),
        prop::option::of((arb_expr(), any::<bool>(), -2i128..3)),
    );
    let ops = (
        prop::collection::vec(arb_reg(), 0..4),
        prop::option::of((any::<bool>(), arb_address(program))),
        prop::option::of(0usize..8),
        any::<bool>(),
        prop::option::of(0usize..3),
        any::<bool>(),
    );
    let rest = (
        arb_jump(),
        prop::collection::vec(arb_expr(), 0..2),
        prop::option::of("[a-z][a-z ;/*]{0,10}[a-z]"),
    );
    (lhs, ops, rest).prop_map(
        |((regs, short, long, hint), (dest, mem, bin, arith, align, assert), rest)| {
            let mut step = Step::new();
            for (reg, coefficient) in regs {
                step = step.times(coefficient, reg);
            }
            step = match (short, long) {
                (Some(short), _) => step.plus(short),
                (None, Some(long)) => step.long(long),
                (None, None) => step,
            };
            if let Some((expr, limb0, coefficient)) = hint {
                step = if limb0 {
                    step.hint_limb0(expr)
                } else {
                    step.hint(expr)
                };
                if let Some(free) = step.lhs.free.as_mut().filter(|_| coefficient != 0) {
                    free.0 = coefficient;
                }
            }
            for reg in dest.into_iter().filter(|r| r.is_writable()) {
                step = step.set(reg);
            }
            step = match mem {
                Some((true, address)) => step.store(address),
                Some((false, address)) => step.load(address),
                None => step,
            };
            step.bin = bin.map(|i| Bin::ALL[i].0);
            step.align = align.map(|i| Align::ALL[i].0);
            (step.arith, step.assert) = (arith, assert);
            let (jump, after, comment) = rest;
            step.jump = jump;
            if matches!(jump, Jump::None | Jump::Repeat) {
                step.after = after;
            }
            step.comment = comment;
            step
        },
    )
}

fn base() -> Program {
    let mut program = Program::new();
    program.global("g", 9);
    program.declare(zkc_isa::hermez::Scope::Ctx, "c", 1);
    program.constants.push(zkc_isa::hermez::Constant {
        name: "K".to_owned(),
        long: true,
        value: u64::MAX.into(),
    });
    for name in ["first", "second", "third"] {
        program.label(name);
    }
    program
}

proptest! {
    #[test]
    fn what_is_printed_parses_back(steps in prop::collection::vec(arb_step(&base()), 1..8), at in prop::collection::vec(0usize..8, 3)) {
        let mut program = base();
        let count = steps.len();
        for (index, step) in steps.into_iter().enumerate() {
            for (label, at) in at.iter().enumerate() {
                if at % count == index {
                    program.bind(Label(label as u32));
                }
            }
            program.push(step);
        }
        let checked = program.check();
        let printed = asm::print(&program);
        match asm::parse(&printed) {
            Ok(parsed) => {
                prop_assert_eq!(&parsed, &program, "{}", printed);
                prop_assert!(checked.is_ok(), "{:?}\n{}", checked, printed);
                prop_assert_eq!(asm::to_json(&parsed)["labels"].clone(), asm::to_json(&program)["labels"].clone());
            }
            Err(errors) => prop_assert!(checked.is_err(), "{:?}\n{}", errors, printed),
        }
    }

    #[test]
    fn arbitrary_text_does_not_panic(text in ".{0,80}") {
        let _ = asm::parse(&text);
    }

    #[test]
    fn arbitrary_words_do_not_panic(words in prop::collection::vec(prop::sample::select(vec![
        "A", "B", "SP", "=>", ":", ",", "(", ")", "+", "-", "*", "**", "5", "0x7", "9n", "%K", "@x", "x", "x:", "\n", "$",
        "${A + 1}", "$0{x}", "$${log(A)}", "MLOAD", "MSTORE", "JMP", "JMPZ", "JMPNC", "CALL", "RETURN", "REPEAT", "RCX",
        "ADD", "ARITH", "ASSERT", "MEM", "SYS", "STACK", "E", "RR", "VAR", "GLOBAL", "CTX", "CONST", "CONSTL", "=", "?", "??",
        "[", "]", "INCLUDE", "\"f\"", "; c", "/*", "*/", "zkPC", "STEP", "<<", "!", "next",
    ]), 0..40)) {
        let _ = asm::parse(&words.join(" "));
    }

    #[test]
    fn mutated_programs_do_not_panic(at in any::<prop::sample::Index>(), length in 0usize..12, with in ".{0,6}") {
        let chars: Vec<char> = ALL.chars().collect();
        let at = at.index(chars.len());
        let mut text: String = chars[..at].iter().collect();
        text.push_str(&with);
        text.extend(chars.iter().skip(at + length));
        if let Ok(program) = asm::parse(&text) {
            let printed = asm::print(&program);
            let again = asm::parse(&printed);
            prop_assert_eq!(again, Ok(program), "{}", printed);
        }
    }
}

#[test]
fn words_of_variables_become_variables() {
    let text = "VAR GLOBAL a\nVAR GLOBAL many[8]\nVAR GLOBAL many_3\n A :MSTORE(many + 3)\n A :MSTORE(many + 5)\n \
                A :MSTORE(many + E)\n A :MSTORE(many[RR + 3])\n A :MSTORE(many[E - 1])\n A :MSTORE(many_3)\n";
    let mut program = asm::parse(text).expect("parses");
    let addresses = |program: &Program| -> Vec<(bool, i64)> {
        let mems = program.steps.iter().filter_map(|s| s.mem);
        mems.map(|m| program.address_parts(&m.address)).collect()
    };
    let before = addresses(&program);
    program.split_variables();
    assert_eq!(addresses(&program), before);
    let printed = asm::print(&program);
    let declared: Vec<&str> = printed.lines().filter(|l| l.starts_with("VAR")).collect();
    assert_eq!(
        declared,
        [
            "VAR GLOBAL a",
            "VAR GLOBAL many[3]",
            "VAR GLOBAL many_3_[2]",
            "VAR GLOBAL many_5[3]",
            "VAR GLOBAL many_3",
        ]
    );
    assert_eq!(asm::parse(&printed).as_ref(), Ok(&program), "{printed}");
    let (step, message) = program
        .check_portable()
        .expect_err("an index and an offset");
    assert_eq!(
        (step, message.as_str()),
        (Some(4), "an offset from a variable")
    );
}

#[test]
fn what_some_versions_do_not_read_is_known() {
    for text in [
        " 1099511627776 => A\n",
        " 4294967297 * A => A\n",
        " $0{A} => A\n",
        " 2 * ${A} => A\n",
        "VAR GLOBAL x[2]\n ${mem.x[1]} => A\n",
        "VAR GLOBAL x\n ${addr.x} => A\n",
        "VAR GLOBAL x[2]\n A :MSTORE(x + 1)\n",
        " A :MSTORE(MEM:RR)\n",
        " A :MSTORE(MEM:5)\n",
        " :CALL(E)\n",
        "VAR CTX x\n A\n",
    ] {
        let program = asm::parse(text).expect(text);
        assert!(program.check_portable().is_err(), "{text}");
    }
    let all = "VAR GLOBAL x[2]\nl: 8589934592 - 2 * A - B * 2147483648 * 2147483648 * 8 => B :MSTORE(x)\n 18446744073709551615n => C :MSTORE(x + RR)\n \
               ${mem.x + 1} => A :MSTORE(MEM:E - 1), JMPN(l, l)\n $ => A :MLOAD(SP + 1)\n :JMP(@l + E)\n";
    assert_eq!(asm::parse(all).expect("parses").check_portable(), Ok(()));
}
