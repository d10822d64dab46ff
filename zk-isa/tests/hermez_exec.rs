//! The Hermez processor's executor model: every operation against arithmetic written here, every constraint against a cheat.

use proptest::prelude::*;
use zkc_isa::hermez::{
    Bin, Cause, Constraint, Inputs, Outcome, P, Program, Refusal, Reg, asm, run, run_forged,
};

const LIMIT: u64 = 10_000;

/// Boundary values of 64-bit words.
const EDGES: [u64; 10] = [
    0,
    1,
    2,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

/// A body with the standard tail: wait for the end of the trace, registers back to zero, jump to the start.
fn program(body: &str) -> Program {
    let text = format!(
        "VAR GLOBAL one\nVAR GLOBAL many[4]\nVAR CTX local\nstart:\n{body}\n\
         finalWait:\n ${{beforeLast()}} :JMPN(finalWait)\n \
         0 => A, B, C, D, E, CTX, SP, PC, GAS, RR, HASHPOS, RCX :JMP(start)\n"
    );
    asm::parse(&text).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"))
}

fn outcome(body: &str) -> Outcome {
    let program = program(body);
    run(&program, &Inputs::default(), LIMIT).unwrap_or_else(|refusal| panic!("{refusal}\n{body}"))
}

fn refusal(body: &str) -> Refusal {
    run(&program(body), &Inputs::default(), LIMIT).expect_err(body)
}

fn value(outcome: &Outcome, reg: Reg) -> u64 {
    outcome.registers.value(reg).expect("limbs are 32 bits")
}

/// Limbs a cheating prover tries in place of honest ones.
fn cheats(honest: [u64; 2]) -> Vec<[u64; 2]> {
    let [low, high] = honest;
    let around = |x: u64| {
        [
            (x + 1) % P,
            (x + P - 1) % P,
            (x + (1 << 32)) % P,
            0,
            1,
            P - 1,
        ]
    };
    let mut cheats: Vec<[u64; 2]> = around(low).map(|low| [low, high]).into();
    cheats.extend(around(high).map(|high| [low, high]));
    // the same integer with other limbs
    cheats.push([(low + (1 << 32)) % P, (high + P - 1) % P]);
    cheats.retain(|c| *c != honest);
    cheats
}

/// Every cheat for free input `at` is refused by the constraint.
fn refuses(body: &str, at: usize, honest: u64, constraint: Constraint) {
    let program = program(body);
    for cheat in cheats([honest & 0xffff_ffff, honest >> 32]) {
        let forged = run_forged(&program, &Inputs::default(), LIMIT, at, cheat);
        let refused = forged.err().and_then(|r| r.constraint());
        assert_eq!(refused, Some(constraint), "{cheat:x?} in {body}");
    }
}

/// Result and carry of a Binary operation, by other means than the model's.
fn binary(bin: Bin, a: u64, b: u64) -> (u64, bool) {
    let (wa, wb) = (u128::from(a), u128::from(b));
    match bin {
        Bin::Add => ((wa + wb) as u64, (wa + wb) >> 64 != 0),
        Bin::Sub => ((wa + (1 << 64) - wb) as u64, wb > wa),
        Bin::Lt => (u64::from(wa < wb), wa < wb),
        Bin::Slt => {
            let less = i128::from(a as i64) < i128::from(b as i64);
            (u64::from(less), less)
        }
        Bin::Eq => (u64::from(wa ^ wb == 0), wa ^ wb == 0),
        Bin::And => ((wa & wb) as u64, wa & wb != 0),
        Bin::Or => ((wa | wb) as u64, false),
        Bin::Xor => (((wa | wb) & !(wa & wb)) as u64, false),
    }
}

fn binary_body(name: &str, a: u64, b: u64) -> String {
    format!(
        " {a}n => A\n {b}n => B\n $ => C :{name}, JMPC(carried)\n :JMP(finalWait)\ncarried:\n 1 => D"
    )
}

#[test]
fn binary_operations_on_edges() {
    for (bin, name) in Bin::ALL {
        for a in EDGES {
            for b in EDGES {
                let outcome = outcome(&binary_body(name, a, b));
                let (result, carry) = binary(bin, a, b);
                assert_eq!(value(&outcome, Reg::C), result, "{name} {a:#x} {b:#x}");
                assert_eq!(
                    value(&outcome, Reg::D),
                    u64::from(carry),
                    "{name} {a:#x} {b:#x}"
                );
                assert_eq!(outcome.counters.binary, 1);
            }
        }
    }
}

#[test]
fn forged_binary_results_are_refused() {
    for (bin, name) in Bin::ALL {
        for (a, b) in [
            (0, 0),
            (5, 7),
            (7, 5),
            (u64::MAX, 1),
            (1 << 63, 1 << 31),
            (9, 9),
        ] {
            let honest = binary(bin, a, b).0;
            refuses(&binary_body(name, a, b), 0, honest, Constraint::Binary);
        }
    }
}

proptest! {
    #[test]
    fn binary_operations_on_any_words(bin in 0usize..8, a: u64, b: u64) {
        let (bin, name) = Bin::ALL[bin];
        let outcome = outcome(&binary_body(name, a, b));
        let (result, carry) = binary(bin, a, b);
        prop_assert_eq!(value(&outcome, Reg::C), result);
        prop_assert_eq!(value(&outcome, Reg::D), u64::from(carry));
    }

    #[test]
    fn arith_on_any_words(a: u64, b: u64, c: u64) {
        let outcome = outcome(&arith_body(a, b, c));
        let whole = u128::from(a) * u128::from(b) + u128::from(c);
        prop_assert_eq!(value(&outcome, Reg::D), (whole >> 64) as u64);
        prop_assert_eq!(value(&outcome, Reg::E), whole as u64);
    }

    #[test]
    fn aligned_words_at_any_byte(a: u64, b: u64, v: u64, offset in 0usize..7) {
        let both: Vec<u8> = [a.to_be_bytes(), b.to_be_bytes()].concat();
        let read = u64::from_be_bytes(both[offset..offset + 8].try_into().expect("8 bytes"));
        let body = format!(" {a}n => A\n {b}n => B\n {offset} => C\n $ => D :MEM_ALIGN_RD");
        prop_assert_eq!(value(&outcome(&body), Reg::D), read);

        let mut written = both.clone();
        written[offset..offset + 8].copy_from_slice(&v.to_be_bytes());
        let word = |at: usize| u64::from_be_bytes(written[at..at + 8].try_into().expect("8 bytes"));
        let outcome = outcome(&align_write_body(a, b, v, offset));
        prop_assert_eq!((value(&outcome, Reg::D), value(&outcome, Reg::E)), (word(0), word(8)));
    }
}

fn arith_body(a: u64, b: u64, c: u64) -> String {
    format!(
        " {a}n => A\n {b}n => B\n {c}n => C\n ${{(A * B + C) >> 64}} => D\n \
         ${{(A * B + C) & 0xffffffffffffffff}} => E :ARITH"
    )
}

fn align_write_body(a: u64, b: u64, v: u64, offset: usize) -> String {
    format!(
        " {a}n => A\n {b}n => B\n {offset} => C\n ${{memAlignWR_W0(A, {v}, C)}} => D\n \
         ${{memAlignWR_W1(B, {v}, C)}} => E\n {v}n :MEM_ALIGN_WR"
    )
}

#[test]
fn arith_on_edges_and_forged() {
    for a in EDGES {
        for b in EDGES {
            let c = a ^ 5;
            let whole = u128::from(a) * u128::from(b) + u128::from(c);
            let body = arith_body(a, b, c);
            assert_eq!(value(&outcome(&body), Reg::E), whole as u64);
            refuses(&body, 0, (whole >> 64) as u64, Constraint::Arith);
            refuses(&body, 1, whole as u64, Constraint::Arith);
        }
    }
}

#[test]
fn mem_align_forged() {
    let (a, b, v) = (
        0x1122_3344_5566_7788_u64,
        0x99aa_bbcc_ddee_ff00_u64,
        0x0102_0304_0506_0708_u64,
    );
    for offset in 0..7 {
        let both = u128::from(a) << 64 | u128::from(b);
        let read = (both >> (64 - 8 * offset)) as u64;
        let body = format!(" {a}n => A\n {b}n => B\n {offset} => C\n $ => D :MEM_ALIGN_RD");
        refuses(&body, 0, read, Constraint::MemAlign);

        let body = align_write_body(a, b, v, offset);
        let outcome = outcome(&body);
        refuses(&body, 0, value(&outcome, Reg::D), Constraint::MemAlign);
        refuses(&body, 1, value(&outcome, Reg::E), Constraint::MemAlign);

        let body = format!(
            " {a}n => A\n {offset} => C\n ${{memAlignWR8_W0(A, {v}, C)}} => D\n {v}n :MEM_ALIGN_WR8"
        );
        let mut bytes = a.to_be_bytes();
        bytes[offset] = 8;
        refuses(&body, 0, u64::from_be_bytes(bytes), Constraint::MemAlign);
    }
    for op in ["MEM_ALIGN_RD", "MEM_ALIGN_WR", "MEM_ALIGN_WR8"] {
        let cause = refusal(&format!(" 7 => C\n 0 :{op}")).constraint();
        assert_eq!(cause, Some(Constraint::MemAlign), "byte 7 of {op}");
    }
}

#[test]
fn memory_spaces() {
    let body = " 5 => SP\n 7 => A :MSTORE(SP)\n 8 => A :MSTORE(SP + 2)\n 9 :MSTORE(SP++)\n \
                3 => E\n 2 => RR\n 1 => CTX\n 11 :MSTORE(MEM:E + 1)\n 12 :MSTORE(SYS:RR - 1)\n \
                13 :MSTORE(one)\n 14 :MSTORE(many + 3)\n 15 :MSTORE(many[RR])\n 16 :MSTORE(local)\n \
                17 :MSTORE(STACK:E)\n $ => D :MLOAD(many + RR)\n 18 :MSTORE(SP--)";
    let outcome = outcome(body);
    let word = |address: u64| outcome.memory.word(address).expect("32-bit limbs");
    assert_eq!(word((1 << 16) + 5), 9);
    assert_eq!(word((1 << 16) + 7), 8);
    let context = 1 << 18;
    assert_eq!(word(context + (1 << 17) + 4), 11);
    assert_eq!(word(1), 12, "SYS:RR - 1 is many[0]");
    assert_eq!(word(0), 13);
    assert_eq!(word(4), 14);
    assert_eq!(word(3), 15);
    assert_eq!(word(context), 16);
    assert_eq!(word(context + (1 << 16) + 6 + 3), 17);
    assert_eq!(word(context + (1 << 16) + 6), 18);
    assert_eq!(value(&outcome, Reg::D), 15);
    assert_eq!(value(&outcome, Reg::Sp), 5);
    assert_eq!(outcome.counters.mem, 12);
}

#[test]
fn forged_loads_are_refused() {
    let stored = 0x1234_5678_9abc_def0_u64;
    let body = format!(" {stored}n :MSTORE(one)\n $ => B :MLOAD(one)");
    refuses(&body, 0, stored, Constraint::Load);
}

#[test]
fn assertions() {
    outcome(" 12345678901234n => A\n 12345678901234n :ASSERT");
    let body = " 12345678901234n => A\n ${A} :ASSERT";
    refuses(body, 0, 12_345_678_901_234, Constraint::Assert);
    let wrong = refusal(" 1 => A\n 2 :ASSERT");
    assert_eq!(wrong.constraint(), Some(Constraint::Assert));
    assert_eq!((wrong.row, wrong.step), (1, 1));
    assert!(wrong.to_string().contains(":6"), "{wrong}");
}

#[test]
fn sign_jumps_check_their_range() {
    let body = |value: &str| {
        format!(" ${{{value}}} :JMPN(negative)\n :JMP(finalWait)\nnegative:\n 1 => D")
    };
    assert_eq!(value(&outcome(&body("0")), Reg::D), 0);
    assert_eq!(value(&outcome(&body("0xffffffff")), Reg::D), 0);
    assert_eq!(value(&outcome(&body("cond(1)")), Reg::D), 1);
    let program = program(&body("0"));
    let forged = |low: u64| run_forged(&program, &Inputs::default(), LIMIT, 0, [low, 7]);
    for (low, negative) in [(P - 1, 1), (P - (1 << 32), 1), (1, 0), ((1 << 32) - 1, 0)] {
        let outcome = forged(low).expect("in range");
        assert_eq!(value(&outcome, Reg::D), negative, "{low:#x}");
    }
    for low in [1 << 32, P - (1 << 32) - 1, 1 << 63, 1 << 40] {
        let refused = forged(low).expect_err("out of range");
        assert_eq!(refused.constraint(), Some(Constraint::Range), "{low:#x}");
    }
    assert!(matches!(
        refusal(" 0 - 4294967296 :JMPN(finalWait)").cause,
        Cause::Executor(_)
    ));
}

#[test]
fn zero_jumps_see_limb_0_only() {
    let run = |op: &str, constant: &str| {
        let body = format!(" {constant} :{op}(taken)\n :JMP(finalWait)\ntaken:\n 1 => D");
        value(&outcome(&body), Reg::D)
    };
    assert_eq!(run("JMPZ", "0"), 1);
    assert_eq!(run("JMPZ", "4294967296n"), 1);
    assert_eq!(run("JMPZ", "4294967297n"), 0);
    assert_eq!(run("JMPNZ", "0"), 0);
    assert_eq!(run("JMPNZ", "1"), 1);
}

#[test]
fn jumps_calls_and_repeats() {
    let body = " 2 => E :JMP(@table + E)\ntable:\n 9 => D\n 9 => D\n 5 => D :CALL(sub)\n \
                3 => RCX\nloop:\n C + 1 => C :REPEAT(RCX)\n 0 :JMPZ(left, right)\nright:\n 99 => D\nleft:\n \
                zkPC + 2 => RR :JMP(finalWait)\nsub:\n B + 7 => B\n :RETURN";
    let end = outcome(body);
    assert_eq!(value(&end, Reg::D), 5);
    assert_eq!(value(&end, Reg::B), 7);
    assert_eq!(value(&end, Reg::C), 4, "RCX = 3 repeats three times");
    let lost = refusal(" 5000 => RR :RETURN");
    assert_eq!(
        (lost.row, lost.constraint()),
        (1, Some(Constraint::Rom)),
        "row 0 returns to the old RR"
    );
    assert_eq!(
        refusal(" 5000 => RR\n :RETURN").constraint(),
        Some(Constraint::Rom)
    );
}

#[test]
fn linear_left_hand_sides() {
    let end =
        outcome(" 3 => A\n 0x500000006n => B\n 2*A + B - 1 => C\n -A + 10 => D\n ROTL_C => E");
    assert_eq!(value(&end, Reg::C), 0x5_0000_000b);
    assert_eq!(value(&end, Reg::D), 7);
    assert_eq!(value(&end, Reg::E), 0xb_0000_0005);
    let counted = outcome(" 5 => A, B\n $ => C :ADD\n $ => C :ADD\n CNT_BINARY => D\n STEP => E");
    assert_eq!(value(&counted, Reg::D), 2);
    assert_eq!(value(&counted, Reg::E), 4);
    let limb0 = outcome(" $0{0x700000005} => C");
    assert_eq!(value(&limb0, Reg::C), 5);
}

#[test]
fn a_trace_is_cyclic() {
    let text =
        "start:\n 1 => D\nfinalWait:\n ${beforeLast()} :JMPN(finalWait)\n 0 => A :JMP(start)\n";
    let open = asm::parse(text).expect("parses");
    let refused = run(&open, &Inputs::default(), LIMIT).expect_err("D is not 0");
    assert_eq!(refused.constraint(), Some(Constraint::End));
    let endless = asm::parse("start:\n :JMP(start)\n").expect("parses");
    let refused = run(&endless, &Inputs::default(), LIMIT).expect_err("no end");
    assert_eq!(refused.cause, Cause::StepLimit(LIMIT));
    let straight = asm::parse(" 0 => A\n").expect("parses");
    let refused = run(&straight, &Inputs::default(), LIMIT).expect_err("runs off the ROM");
    assert_eq!(refused.constraint(), Some(Constraint::Rom));
}

#[test]
fn start_values_are_inputs() {
    let text = "start:\n B => D\n C + SP + GAS + CTX => E\nfinalWait:\n ${beforeLast()} :JMPN(finalWait)\n \
                0 => D, E :JMP(start)\n";
    let inputs = Inputs {
        b: u64::MAX,
        c: 1,
        sp: 2,
        gas: 3,
        ctx: 4,
        ..Inputs::default()
    };
    let program = asm::parse(text).expect("parses");
    let end = run(&program, &inputs, LIMIT).expect("runs");
    assert_eq!(value(&end, Reg::D), u64::MAX);
    assert_eq!(value(&end, Reg::E), 10);
}

#[test]
fn what_only_the_executor_refuses() {
    // a limb of 2^32 read as an integer by a hint, and an address outside its space: no constraint speaks of them
    for body in [
        " 4294967295 => A\n A + 1 => A\n ${A} => B",
        " 131072 => E\n 1 :MSTORE(MEM:E)",
        " 65536 => E\n 1 :MSTORE(SYS:E)",
        " 0 - 1 => SP\n 1 :MSTORE(SP)",
    ] {
        assert!(matches!(refusal(body).cause, Cause::Executor(_)), "{body}");
        run_forged(
            &program(body),
            &Inputs::default(),
            LIMIT,
            usize::MAX,
            [0; 2],
        )
        .unwrap_or_else(|refusal| panic!("{refusal}: {body}"));
    }
    // as an operand it has no row in the Binary machine
    let wide = refusal(" 4294967295 => A\n A + 1 => A\n ${0} :ADD");
    assert_eq!(wide.constraint(), Some(Constraint::Binary));
}

#[test]
fn hints_as_upstream_evaluates_them() {
    let eval = |expr: &str| {
        let body = format!(
            "CONST %K = 7\n 0x100000005n => A\n 9 => E\n 21 :MSTORE(many + 2)\n ${{{expr}}} => D"
        );
        value(&outcome(&body), Reg::D)
    };
    for (expr, expected) in [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("2 + 3 == 3", 3),
        ("7 - 2 - 1", 4),
        ("100 / 7 % 4", 2),
        ("2 ** 3 * 2", 16),
        ("2 * 3 ** 2", 36),
        ("0 - 1", u64::MAX),
        ("-1 >> 1", u64::MAX),
        ("~0", u64::MAX),
        ("!5", 0),
        ("!0", 1),
        ("3 < 4", 1),
        ("3 <= 4", 0),
        ("4 <= 3", 1),
        ("4 >= 4", 1),
        ("1 && 0 || 1", 1),
        ("1 ? 5 : 6", 5),
        ("0 ? 5 : 6", 6),
        ("(1 << 64) + 3", 3),
        ("A >> 32", 1),
        ("A + E", 0x1_0000_000e),
        ("zkPC", 3),
        ("const.K + 1", 8),
        ("mem.many[2]", 21),
        ("mem.many[E - 7]", 21),
        ("addr.many", 1),
        ("addr.many[2]", 12),
        ("var x = 5", 5),
        ("exp(2, 10)", 1024),
        ("bitwise_and(12, 10)", 8),
        ("bitwise_or(12, 10)", 14),
        ("bitwise_xor(12, 10)", 6),
        ("bitwise_not(0)", u64::MAX),
        ("comp_lt(1, 2) + comp_gt(1, 2) + comp_eq(2, 2)", 2),
        ("loadScalar(3)", 21),
        ("0xf_f", 255),
    ] {
        assert_eq!(eval(expr), expected, "{expr}");
    }
    let vars = outcome(
        "$${var x = 3}\n $${var _y = 4}\n ${x * 2} => A\n $${x = x + 1}\n ${x + _y} => B\n $${var _y}\n ${_y} => C",
    );
    assert_eq!([Reg::A, Reg::B, Reg::C].map(|r| value(&vars, r)), [6, 8, 0]);
    for expr in [
        "1 / 0",
        "unknown(1)",
        "x",
        "1 << 5000",
        "2 ** 100000",
        "exp(1)",
        "cond(1) + 1",
        "input8()",
    ] {
        let refused = refusal(&format!(" ${{{expr}}} => D"));
        assert!(
            matches!(refused.cause, Cause::Executor(_)),
            "{expr}: {refused}"
        );
    }
}

#[test]
fn private_input_is_what_the_prover_likes() {
    let program = program(" ${inputLen()} => A\n ${input8()} => B\n ${input64()} => C");
    let inputs = Inputs {
        private: (1..=9).collect(),
        ..Inputs::default()
    };
    let end = run(&program, &inputs, LIMIT).expect("runs");
    assert_eq!(value(&end, Reg::A), 9);
    assert_eq!(value(&end, Reg::B), 1);
    assert_eq!(value(&end, Reg::C), 0x0908_0706_0504_0302);
    let steps: Vec<u32> = end.frees.iter().map(|f| f.step).collect();
    assert_eq!(steps, [0, 1, 2, 3], "the last one is the wait for the end");
    let forged = run_forged(&program, &inputs, LIMIT, 1, [77, 0]).expect("nothing binds it");
    assert_eq!(value(&forged, Reg::B), 77);
}
