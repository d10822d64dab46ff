//! Every rule is proven, and a wrong or changed rule is refused.
//!
//! What the solver is asked where z3 is installed, evaluation is asked always: `.ci/run` installs z3 where it can.

use std::path::{Path, PathBuf};
use zkc::commands::run_words;
use zkc::solver::{Answer, Solver};
use zkc_egraph::prove::{Obligation, Proofs, Word, meaning, obligations, search};
use zkc_egraph::{Group, Head, Instance, Proof, Rule, rules};
use zkc_ir::{ClifOp, Cond};
use zkc_isa::ZkOp;

const SECONDS: u32 = 60;

/// The solver, where it is installed.
fn z3() -> Option<Solver> {
    Solver::find(Path::new("z3")).ok()
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the target folder can be written");
    path
}

/// The repository's record with the hash of one rule's proofs changed, as a change of the rule would.
fn changed(rule: &str) -> String {
    let text = include_str!("../egraph-opt/proofs.toml");
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if line.contains(&format!("rule = \"{rule}\"")) {
                let at = line.find("hash = \"").expect("a record has a hash") + "hash = \"".len();
                let digit = if line[at..].starts_with('0') {
                    "1"
                } else {
                    "0"
                };
                format!("{}{digit}{}", &line[..at], &line[at + 1..])
            } else {
                line.to_owned()
            }
        })
        .collect();
    lines.join("\n") + "\n"
}

#[test]
fn every_rule_is_proven_or_says_why_not_in_full() {
    let (code, stdout, stderr) = run_words(&["rules"]);
    assert_eq!(code, 0, "{stderr}");
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines.len(), rules().count());
    assert!(lines.len() >= 200, "{stderr}");
    for (line, rule) in lines.iter().zip(rules()) {
        assert!(line.starts_with(rule.name), "{line}");
        match rule.proof {
            Proof::Scaled(_, reason) => {
                assert!(line.contains("tested at 1000000 values"), "{line}");
                assert!(!reason.is_empty() && line.ends_with(reason), "{line}");
            }
            _ => assert!(line.ends_with(" proven"), "{line}"),
        }
    }
    // Words of fewer bits are the exception.
    let scaled = rules().filter(|rule| matches!(rule.proof, Proof::Scaled(..)));
    assert!(scaled.count() <= 4);
}

#[test]
fn json_says_the_same() {
    let (code, stdout, _) = run_words(&["rules", "--json"]);
    assert_eq!(code, 0);
    let value: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(value["unproven"], 0);
    let all = value["rules"].as_array().expect("a list of rules");
    assert_eq!(all.len(), rules().count());
    for (value, rule) in all.iter().zip(rules()) {
        assert_eq!(value["name"], rule.name);
        let proofs = value["proofs"].as_array().expect("a list of proofs");
        assert_eq!(proofs.len(), rule.widths.len());
        for proof in proofs {
            assert!(proof["solver"].is_string(), "{value}");
        }
    }
}

#[test]
fn the_record_is_as_it_is_written() {
    assert_eq!(
        Proofs::shipped().to_toml(),
        include_str!("../egraph-opt/proofs.toml"),
        "`zkc rules --prove` writes egraph-opt/proofs.toml"
    );
    let count = include_str!("../egraph-opt/proofs.toml")
        .lines()
        .filter(|line| line.contains("rule ="))
        .count();
    assert_eq!(count, obligations().expect("rules have terms").len());
}

#[test]
fn a_changed_rule_without_a_new_proof_fails() {
    let record = file("changed.toml", &changed("urem-small"));
    let path = record.to_str().expect("the path is text");
    let (code, stdout, stderr) = run_words(&["rules", "--proofs", path]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("rule `urem-small` is unproven at 64 bits: changed since its proof"),
        "{stderr}"
    );
    assert_eq!(
        stdout.lines().filter(|l| !l.contains("proven")).count(),
        0,
        "{stdout}"
    );
    // Without a solver it stays so, and the message names the rule.
    let without = [
        "rules",
        "--prove",
        "--proofs",
        path,
        "--solver",
        "no-such-z3",
    ];
    let (code, _, stderr) = run_words(&without);
    assert_eq!(code, 1);
    assert!(stderr.contains("no-such-z3"), "{stderr}");
    assert!(stderr.contains("rule `urem-small`"), "{stderr}");
    // With one, the proof is found and the record is what it was.
    if z3().is_some() {
        let (code, _, stderr) = run_words(&["rules", "--prove", "--proofs", path]);
        assert_eq!(code, 0, "{stderr}");
        let text = std::fs::read_to_string(&record).expect("the record was written");
        let proofs = Proofs::parse(&text).expect("a record");
        for obligation in obligations().expect("rules have terms") {
            assert!(proofs.of(&obligation).is_some(), "{}", obligation.rule.name);
        }
    }
}

#[test]
fn a_rule_without_a_record_fails() {
    let record = file("empty.toml", "proofs = []\n");
    let path = record.to_str().expect("the path is text");
    let (code, _, stderr) = run_words(&["rules", "--proofs", path]);
    assert_eq!(code, 1);
    let last = rules().last().expect("there are rules").name;
    for name in ["add-zero", last] {
        let line = format!("rule `{name}` is unproven at ");
        assert!(stderr.contains(&line), "{stderr}");
    }
}

#[test]
fn a_malformed_record_is_refused() {
    for (name, text) in [
        ("words", "proofs"),
        ("field", "proofs = [{ rule = \"add-zero\" }]"),
        (
            "twice",
            "proofs = [{ rule = \"a\", bits = 32, proven = 32, hash = \"\", solver = \"\" }, \
             { rule = \"a\", bits = 32, proven = 32, hash = \"\", solver = \"\" }]",
        ),
    ] {
        let record = file(&format!("malformed-{name}.toml"), text);
        let path = record.to_str().expect("the path is text");
        let (code, stdout, stderr) = run_words(&["rules", "--proofs", path]);
        assert_eq!((code, stdout.as_str()), (1, ""), "{name}");
        assert!(stderr.contains("malformed"), "{name}: {stderr}");
    }
}

/// A record that says less than the rule asks for is none: fewer bits, fewer tests.
#[test]
fn a_weaker_proof_is_none() {
    let text = include_str!("../egraph-opt/proofs.toml");
    let weaker = [
        text.replacen(
            "rule = \"add-zero\", bits = 64, proven = 64",
            "rule = \"add-zero\", bits = 64, proven = 8",
            1,
        ),
        text.replacen("tested = 1000000", "tested = 1000", 1),
    ];
    for (i, weaker) in weaker.iter().enumerate() {
        assert_ne!(weaker, text);
        let record = file(&format!("weaker-{i}.toml"), weaker);
        let path = record.to_str().expect("the path is text");
        assert_eq!(run_words(&["rules", "--proofs", path]).0, 1);
    }
}

const fn rule(name: &'static str, lhs: &'static str, rhs: &'static str) -> Rule {
    Rule::new(Group::Arith, name, lhs, rhs, "a wrong rule")
}

/// A rule that is asked about for words of 16 bits, because wrong quotients of more take seconds.
const fn small(mut rule: Rule) -> Rule {
    rule.proof = Proof::Scaled(16, "a test");
    rule
}

/// Rules with a mistake that the true rule beside it has not.
static WRONG: &[Rule] = &[
    // Wrong constants.
    rule("sub-const", "(isub.$ ?x ?c)", "(iadd.$ ?x ?d)")
        .when("const(c)")
        .with("d = c"),
    rule(
        "mul-plus-self",
        "(iadd.$ (imul.$ ?x ?c) ?x)",
        "(imul.$ ?x ?d)",
    )
    .when("const(c)")
    .with("d = c + 2"),
    rule(
        "shrs-shrs-out",
        "(sshr.$ (sshr.$ ?x ?j) ?k)",
        "(sshr.$ ?x ?s)",
    )
    .when("j < W && k < W && j + k >= W")
    .with("s = W - 2"),
    small(
        rule("udiv-power", "(udiv ?x ?c)", "(ushr.$ ?x ?k)")
            .when("c <= M && pow2(c) && max(x) <= M && c > 1")
            .with("k = log2(c) - 1"),
    ),
    rule("narrow-clz", "(clz.i64 ?x)", "(iadd.i32 (clz.i32 ?x) 31)").when("max(x) <= LOW"),
    // Missing conditions.
    rule("shl-shl", "(ishl.$ (ishl.$ ?x ?j) ?k)", "(ishl.$ ?x ?s)")
        .when("j < W && k < W")
        .with("s = (j + k) % W"),
    small(
        rule("urem-power", "(urem ?x ?c)", "(band ?x ?m)")
            .when("c > 0")
            .with("m = c - 1"),
    ),
    rule("narrow-ctz", "(ctz.i64 ?x)", "(ctz.i32 ?x)").when("max(x) <= LOW"),
    rule("ult-const-left", "(ult ?c ?x)", "(uge ?x ?d)")
        .when("const(c)")
        .with("d = c + 1"),
    rule("and-covers", "(band ?x ?m)", "?x").when("const(m)"),
    rule(
        "carry-sum",
        "(ult (iadd.$ ?x ?y) ?x)",
        "(uge ?x (isub.$ 0 ?y))",
    )
    .when("const(y) && max(x) <= M && max(y) <= M"),
    // An upper half where none may be, although the low halves agree.
    rule(
        "not-plus-one",
        "(iadd.i64 (bxor ?x M) 1)",
        "(isub.i32 0 ?x)",
    ),
    rule("lower-add", "(iadd.i64 ?x ?y)", "(zk.add32 ?x ?y)").when("max(x) <= LOW"),
    // Signs.
    rule("slt-nonneg", "(slt.$ ?x ?y)", "(ult ?x ?y)").when("max(x) < SB"),
    small(rule("sdiv-nonneg", "(sdiv.$ ?x ?y)", "(udiv ?x ?y)").when("max(y) < SB")),
    rule("lower-sge", "(sge.$ ?x ?y)", "(zk.geu# ?x ?y)"),
    rule("sextend-nonneg", "(sextend ?x)", "?x").when("max(x) <= 2147483648"),
    // A trap that was not there.
    small(rule("quotient-of-self", "(isub.$ ?x ?x)", "(urem ?x ?x)")),
    small(rule("minus-one", "(isub.$ 0 ?x)", "(sdiv.$ ?x M)")),
    // The wrong side of a fact: right for constants, wrong for values that are only bounded.
    rule("wrap-fits", "(ireduce ?x)", "?x").when("min(x) <= LOW"),
    rule("and-or-mask", "(band (bor ?x ?y) ?m)", "(band ?x ?m)").when("must(y) & may(m) == 0"),
    small(rule("urem-small", "(urem ?x ?y)", "?x").when("max(x) < max(y)")),
];

#[test]
fn wrong_rules_are_refused() {
    let solver = z3();
    for rule in WRONG {
        let mut refused = [false; 2];
        for &bits in rule.widths {
            let instance = Instance::new(rule, bits).expect("well formed");
            refused[0] |= search(&instance, 5_000, 1).is_err();
            let obligation = Obligation::new(rule, bits).expect("a rule has terms");
            if let Some(solver) = &solver {
                let answer = solver.ask(&obligation.text, obligation.questions, SECONDS);
                match answer.expect("z3 runs") {
                    Answer::Sat(model) => {
                        assert!(model.contains("define-fun"), "{model}");
                        refused[1] = true;
                    }
                    Answer::Unsat => {}
                    Answer::Unknown(printed) => panic!("{}: {printed}", rule.name),
                }
            }
        }
        assert!(
            refused[0],
            "evaluation finds nothing wrong with `{}`",
            rule.name
        );
        if solver.is_some() {
            assert!(refused[1], "z3 proves `{}`", rule.name);
        }
    }
}

/// A proof by cases must cover all of them.
#[test]
fn cases_that_are_not_all_prove_nothing() {
    let not_a_power = Rule {
        proof: Proof::Powers("c"),
        ..rule("urem-power", "(urem ?x ?c)", "(band ?x ?m)")
            .when("c > 0")
            .with("m = c - 1")
    };
    let not_below = Rule {
        proof: Proof::Below(&["x", "y"], 1),
        ..rule("slt-nonneg", "(slt.$ ?x ?y)", "(ult ?x ?y)").when("max(x) < SB")
    };
    let solver = z3();
    for wrong in [not_a_power, not_below] {
        let wrong: &'static Rule = Box::leak(Box::new(wrong));
        let obligation = Obligation::new(wrong, 64).expect("a rule has terms");
        assert!(obligation.questions > 1);
        if let Some(solver) = &solver {
            let answer = solver.ask(&obligation.text, obligation.questions, SECONDS);
            assert!(matches!(answer, Ok(Answer::Sat(_))), "{}", wrong.name);
        }
        let instance = Instance::new(wrong, 64).expect("well formed");
        assert!(search(&instance, 5_000, 1).is_err(), "{}", wrong.name);
    }
}

/// Terms and z3 compute what the evaluators compute, head by head: the printed text means what it should.
#[test]
fn the_solver_agrees_with_the_evaluators() {
    let words: [u64; 8] = [
        0,
        1,
        7,
        0x7fff_ffff,
        0x8000_0080,
        0xffff_ffff,
        0x8000_0000_0000_0000,
        0x0123_4567_89ab_cdef,
    ];
    let clif = ClifOp::ALL.iter().map(|&op| Head::Clif(op));
    let zk = ZkOp::ALL.iter().map(|&op| Head::Zk(op));
    let conds = Cond::ALL
        .iter()
        .flat_map(|&cond| [Head::Icmp(32, cond), Head::Icmp(64, cond)]);
    let (mut text, mut questions) = (String::new(), 0);
    for head in clif.chain(zk).chain(conds) {
        let zkc_ir::Arity::Fixed(operands) = head.opcode().def().operands else {
            continue;
        };
        let operands = operands.len() + usize::from(head.has_imm());
        for sample in 0..12 {
            let mut terms = zkc_egraph::prove::Terms::default();
            let values: Vec<u64> = (0..operands)
                .map(|i| words[(sample * (2 * i + 1) + i * (3 + sample / 8)) % 8])
                .collect();
            let args: Vec<_> = ["x", "y", "z"][..operands]
                .iter()
                .map(|name| terms.var(name, 64))
                .collect();
            let Some((value, defined)) = meaning(&mut terms, Word::FULL, head, &args) else {
                break;
            };
            let low = !head.reads_low() || values.iter().all(|&v| v <= 0xffff_ffff);
            let holds = match head.eval(&values).and_then(Result::ok).filter(|_| low) {
                Some(result) => {
                    let result = terms.number(result.into(), 64);
                    let same = terms.eq(value, result);
                    terms.and(defined, same)
                }
                None => terms.not(defined),
            };
            let wide: Vec<u128> = values.iter().map(|&value| value.into()).collect();
            assert_eq!(terms.eval(holds, &wide), 1, "{head} of {values:x?}");
            let always = terms.truth(true);
            let mut question = terms.question(always, holds);
            for ((name, _), value) in terms.vars().zip(values) {
                let declared = format!("(declare-const {name} (_ BitVec 64))");
                let defined = format!("(define-fun {name} () (_ BitVec 64) (_ bv{value} 64))");
                question = question.replace(&declared, &defined);
            }
            text.push_str(&question);
            text.push_str("(reset)\n");
            questions += 1;
        }
    }
    assert!(questions > 1500, "{questions}");
    if let Some(solver) = z3() {
        let answer = solver.ask(&text, questions, SECONDS);
        assert_eq!(answer.expect("z3 runs"), Answer::Unsat);
    }
}

/// z3 gives the recorded answers again for rules of each group, and evaluation agrees.
#[test]
fn recorded_proofs_are_found_again() {
    let solver = z3();
    let obligations = obligations().expect("rules have terms");
    let asked: Vec<&Obligation> = obligations
        .iter()
        .filter(|o| o.rule.proof == Proof::Direct)
        .step_by(11)
        .collect();
    assert!(asked.len() > 20);
    for obligation in asked {
        let name = obligation.rule.name;
        if let Some(solver) = &solver {
            let answer = solver.ask(&obligation.text, obligation.questions, SECONDS);
            assert_eq!(answer.expect("z3 runs"), Answer::Unsat, "{name}");
        }
        let instance = Instance::new(obligation.rule, obligation.bits).expect("well formed");
        let held = search(&instance, 1000, 2).unwrap_or_else(|e| panic!("{e}"));
        assert!(held > 0, "{name}");
    }
}
