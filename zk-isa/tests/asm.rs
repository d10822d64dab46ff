//! zkASM text: round trip, diagnostics with line and column, and no panic on any text.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use proptest::prelude::*;
use zkc_isa::{Program, asm, validate};

const SAMPLE: &str = r#"
; sums a public list
PAGES 1
FUNCTION sum
FUNCTION "core::fmt"
ENTRY main start (i32, i64) -> (i64)
VECTOR unreachable .out
VECTOR integer-overflow again
INIT 8 0x1 0x2 3
INIT STATIC+2 -1

start:
  => r1 :ARG(0)              ;; sum @0x10
  => r2 :ARG(1)
  r1, r2 :ST32(+8)           ;; "core::fmt" @0x2
  r1 => r3 :LD8S32(+1024)
  $ => r4 :INPUT8
loop: again:
  r3, r4 => r5 :ADD32
  r5, -1 => r5 :ADD32
  r5, 7 => r5 :SHRU32
  0xffff_ffff_ffff_ffff => r6 :LI
  r1, r2, r3 => r7 :SELECT
  r1, r2 :BR_LTU32(loop)
  r1, 10 :BR_EQ64(.out)
  r1 => r2 :LDT(2, 5)
  r1, r2 :STT(2, 5)
  r1, r2 => r3 :MULHU64
  r1 => r2 :GROW(4)
  => r8 :LDS(0)
  r8 :STS(3)
  r1 :BRT(loop, 2)
  :CALL(start, 12)
  r4 :CALLI(12, 3)
  :TCALL(start)
  r4 :TCALLI(3)
  :RESET(.out)
  r4 :OUTPUT
.out:
  r6 :RESULT(0)
  :JUMP(loop)
  :TRAP(integer-divide-by-zero)
  :RET
  :HALT
"#;

#[test]
fn sample_prints_as_expected() {
    let program = support::program(SAMPLE);
    insta::assert_snapshot!(asm::print(&program));
    assert_eq!(asm::parse(&asm::print(&program)), Ok(program));
}

#[test]
fn sample_has_the_meaning_it_shows() {
    let program = support::program(SAMPLE);
    assert_eq!(
        program.init,
        [
            (8, 1),
            (9, 2),
            (10, 3),
            (zkc_isa::STATIC_BASE + 2, u64::MAX)
        ]
    );
    assert_eq!(
        program.labels,
        [
            (64, "start".to_owned()),
            (69, "loop".to_owned()),
            (69, "again".to_owned())
        ]
    );
    assert_eq!(program.insts[6].imm, 0xffff_ffff);
    assert_eq!(
        (program.places[0].function, program.places[0].offset),
        (0, Some(16))
    );
    assert_eq!(
        (program.places[2].function, program.places[2].offset),
        (1, Some(2))
    );
    assert_eq!(
        (program.places[3].function, program.places[3].offset),
        (1, None)
    );
}

/// The first diagnostic of a text, as `line:column message`.
fn error(text: &str) -> String {
    let errors = asm::parse(text).unwrap_err();
    let (line, column) = errors[0].place.line_col.unwrap();
    format!("{line}:{column} {}", errors[0].message)
}

#[test]
fn errors_have_their_place() {
    let texts = [
        "r1, r2 => r3 :ADD33",
        "r1, r2 => r3 :add32",
        "\n\n  r1, r2 :ADD32",
        "r1 => r3 :ADD32",
        "r1, 5 => r3 :SUB32",
        "r1, r2, r3 => r4 :ADD32",
        "r1, 0x1_0000_0000 => r3 :ADD32",
        "r1, -9223372036854775809 => r3 :ADD64",
        "r1, 99999999999999999999 => r3 :ADD64",
        "r1, 32 => r3 :SHL32",
        "r1, r2 => r0 :ADD32",
        "r70000 => r1 :MOV",
        ":JUMP(nowhere)",
        "x: :RET\nx: :JUMP(x)",
        ":JUMP(63)",
        ":JUMP",
        ":JUMP(64, 2)",
        ":CALL(64, 0)",
        "=> r1 :INPUT8",
        "$ => r1 :MOV",
        ":TRAP(tiredness)",
        "PAGES 40000",
        "PAGES 1\nPAGES 2",
        "PAGES",
        "ENTRY main 64 (i32, i33) -> ()\n:RET",
        "ENTRY main x () -> ()\n:RET",
        "INIT 0 1",
        "PAGES 1\nINIT 5 1\nINIT 4 1 2",
        "INIT STATIC+0 1",
        "r1 :STS(1)",
        "r1 => r2 :LD8U(+4294967296)",
        "r1 => r2 :GROW(40000)",
        "r1 :BRT(64, 1)",
        "r1, => r2 :ADD32",
        "r1 r2",
        "\"x",
        "\"\\q\": :RET",
        ":RET :RET",
        "ä :RET",
        "r1 => r2 :LDS(1)",
        "=> r2 :LDS(x)",
        "r1 :CALLI(1, 65535)",
        "x: ; a label without an instruction",
    ];
    let list: Vec<_> = texts
        .iter()
        .map(|text| format!("{text:?}\n    {}", error(text)))
        .collect();
    insta::assert_snapshot!(list.join("\n"));
}

#[test]
fn every_line_reports_its_error() {
    let errors = asm::parse("r1 :NO\n:RET\nr1, r2 => r3 :ADD99\n:JUMP(x)\n").unwrap_err();
    let lines: Vec<_> = errors.iter().map(|e| e.place.line_col.unwrap().0).collect();
    assert_eq!(lines, [1, 3, 4]);
    assert_eq!(
        asm::parse(&"bad line\n".repeat(1000)).unwrap_err().len(),
        20
    );
}

#[test]
fn empty_text_is_the_empty_program() {
    assert_eq!(asm::parse(""), Ok(Program::default()));
}

/// Changes a text at a place: a byte dropped, doubled or replaced, or the rest cut off.
fn mutate(text: &str, seed: u64) -> String {
    let chars: Vec<_> = text.chars().collect();
    let at = (seed >> 8) as usize % chars.len();
    let extra = [
        '(', ')', ',', '"', ':', '=', '\n', '0', '-', 'r', '.', '$', ';', '\\', 'é', '\0',
    ][(seed >> 40) as usize % 16];
    let (before, after) = (&chars[..at], &chars[at + 1..]);
    match seed % 4 {
        0 => before.iter().chain(after).collect(),
        1 => before.iter().chain([&extra]).chain(after).collect(),
        2 => before
            .iter()
            .chain([&extra, &chars[at]])
            .chain(after)
            .collect(),
        _ => before.iter().collect(),
    }
}

#[test]
fn mutated_texts_never_panic() {
    let mut seed = 1u64;
    for _ in 0..3000 {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let text = mutate(SAMPLE, seed >> 7);
        match asm::parse(&text) {
            Ok(program) => assert_eq!(validate(&program), Ok(())),
            Err(errors) => assert!(errors.iter().all(|e| e.place.line_col.is_some())),
        }
    }
}

proptest! {
    #[test]
    fn round_trip(program in support::programs(false)) {
        prop_assert_eq!(validate(&program), Ok(()));
        let text = asm::print(&program);
        prop_assert_eq!(asm::parse(&text), Ok(program), "{}", text);
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in "[ -~\n]{0,80}") {
        let _ = asm::parse(&text);
    }
}
