//! Whole proofs: honest runs are accepted, everything else is not.

mod programs;

use programs::Builder;
use zkc_isa::*;
use zkc_prover::*;

fn options(security: Security) -> ProveOptions<'static> {
    ProveOptions {
        security,
        ..ProveOptions::default()
    }
}

/// Doubles its argument, writes the byte 65 and gives the double.
fn double() -> Program {
    let mut b = Builder::new(1, 1);
    b.push(Inst {
        d: 1,
        imm: 0,
        ..Inst::new(ZkOp::Arg)
    });
    b.push(Inst {
        d: 2,
        a: 1,
        b: 1,
        ..Inst::new(ZkOp::Add64)
    });
    b.li(3, 65).push(Inst {
        a: 3,
        ..Inst::new(ZkOp::Output)
    });
    b.push(Inst {
        a: 2,
        imm: 0,
        ..Inst::new(ZkOp::Result)
    })
    .op(ZkOp::Ret);
    b.finish()
}

#[test]
fn an_honest_run_is_accepted_at_default_strength() {
    let program = double();
    let key = ProvingKey::new(&program).unwrap();
    let (proof, statement, stats) = prove(
        &key,
        &program,
        "main",
        &[21],
        &[],
        &options(Security::Default),
    )
    .unwrap();
    assert_eq!(
        (statement.results.as_slice(), statement.output.as_slice()),
        (&[42][..], &b"A"[..])
    );
    let vk = VerifyingKey::from_bytes(&key.verifying_key().to_bytes()).unwrap();
    let bytes = proof.to_bytes();
    assert_eq!(bytes.len() as u64, stats.proof_bytes);
    let proof = Proof::from_bytes(&bytes).unwrap();
    let report = verify(&proof, &vk, &statement, Security::Default).unwrap();
    assert!(report.security.bits >= DEFAULT_BITS);
    assert_eq!(report.security.bits, stats.security_bits);
    assert_eq!(stats.steps, 6);
    assert_eq!(
        stats.cells.total,
        stats.chips.iter().map(|c| c.cells.total).sum::<u64>()
    );
}

#[test]
fn another_statement_is_rejected() {
    let program = double();
    let key = ProvingKey::new(&program).unwrap();
    let (proof, statement, _) =
        prove(&key, &program, "main", &[21], &[], &options(Security::Test)).unwrap();
    let vk = key.verifying_key();
    verify(&proof, vk, &statement, Security::Test).unwrap();
    assert!(matches!(
        verify(&proof, vk, &statement, Security::Default),
        Err(VerifyError::Weak { .. })
    ));
    let s = || statement.clone();
    let mut wrong = vec![
        Statement {
            args: vec![22],
            ..s()
        },
        Statement {
            args: vec![],
            ..s()
        },
        Statement {
            results: vec![43],
            ..s()
        },
        Statement {
            results: vec![42, 0],
            ..s()
        },
        Statement {
            output: vec![66],
            ..s()
        },
        Statement {
            output: vec![],
            ..s()
        },
        Statement {
            output: b"AA".to_vec(),
            ..s()
        },
        Statement {
            status: 1,
            results: vec![],
            ..s()
        },
        Statement {
            status: 63,
            results: vec![],
            ..s()
        },
        Statement {
            entry: "other".into(),
            ..s()
        },
    ];
    for bit in 0..64 {
        wrong.push(Statement {
            args: vec![21 ^ 1 << bit],
            ..s()
        });
        wrong.push(Statement {
            results: vec![42 ^ 1 << bit],
            ..s()
        });
    }
    let mut program = statement.program;
    program[0] ^= 1;
    wrong.push(Statement { program, ..s() });
    for statement in wrong {
        verify(&proof, vk, &statement, Security::Test).expect_err("another statement");
    }

    // The same statement for another program.
    let mut other = double();
    other.insts[2].imm = 66;
    let other = ProvingKey::new(&other).unwrap();
    let claim = Statement {
        program: *other.verifying_key().digest(),
        ..s()
    };
    verify(&proof, other.verifying_key(), &claim, Security::Test).expect_err("another program");
}

#[test]
fn a_changed_byte_is_rejected() {
    let program = double();
    let key = ProvingKey::new(&program).unwrap();
    let (proof, statement, _) =
        prove(&key, &program, "main", &[21], &[], &options(Security::Test)).unwrap();
    let bytes = proof.to_bytes();
    // Every byte of the head, where shapes are, then ever fewer.
    let places = (0..600).chain((600..bytes.len()).step_by(bytes.len() / 400));
    for at in places {
        for change in [1u8, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            if let Ok(proof) = Proof::from_bytes(&changed) {
                let accepted = verify(&proof, key.verifying_key(), &statement, Security::Test);
                assert!(accepted.is_err(), "byte {at} changed by {change}");
            }
        }
    }
    for len in [0, 5, 7, 8, 9, 100, bytes.len() / 2, bytes.len() - 1] {
        Proof::from_bytes(&bytes[..len]).expect_err("a truncated proof");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    Proof::from_bytes(&longer).expect_err("a proof with a byte more");
}

#[test]
fn a_changed_key_is_refused_or_another_key() {
    let program = double();
    let key = ProvingKey::new(&program).unwrap();
    let bytes = key.verifying_key().to_bytes();
    for at in 0..bytes.len() {
        for change in [1u8, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            if let Ok(other) = VerifyingKey::from_bytes(&changed) {
                assert_ne!(other.digest(), key.verifying_key().digest());
            }
        }
        VerifyingKey::from_bytes(&bytes[..at]).expect_err("a truncated key");
    }
    let huge = [&bytes[..8], &[0xff; 40]].concat();
    VerifyingKey::from_bytes(&huge).expect_err("lengths that are not there");
    Proof::from_bytes(&huge).expect_err("a key is no proof");
}

#[test]
fn every_instruction_is_proven() {
    let program = programs::everything();
    let key = ProvingKey::new(&program).unwrap();
    let input: Vec<u8> = (1..100).collect();
    let (proof, statement, _) = prove(
        &key,
        &program,
        "main",
        &[5, 6],
        &input,
        &options(Security::Test),
    )
    .unwrap();
    assert_eq!(statement.status, 0);
    verify(&proof, key.verifying_key(), &statement, Security::Test).unwrap();
}

#[test]
fn traps_are_proven() {
    let mut done = std::collections::BTreeSet::new();
    for (program, trap) in programs::traps() {
        if done.insert(trap.code()) {
            let key = ProvingKey::new(&program).unwrap();
            let (proof, statement, _) =
                prove(&key, &program, "main", &[], &[], &options(Security::Test)).unwrap();
            assert_eq!(statement.status, trap.code());
            verify(&proof, key.verifying_key(), &statement, Security::Test).unwrap();
            let success = Statement {
                status: 0,
                ..statement
            };
            verify(&proof, key.verifying_key(), &success, Security::Test)
                .expect_err("another status");
        }
    }
}

/// A statement that the trace is made to claim, though the run says otherwise.
#[test]
fn a_forged_trace_is_rejected() {
    let program = double();
    let key = ProvingKey::new(&program).unwrap();
    let mut trace = testing::Trace::of_run(&key, &program, "main", &[21], &[]).unwrap();
    let claim = Statement {
        results: vec![43],
        ..trace.statement().clone()
    };
    trace.claim(claim.clone());
    assert!(!trace.faults().is_empty());
    let proof = trace.prove(Security::Test).unwrap();
    verify(&proof, key.verifying_key(), &claim, Security::Test).expect_err("a forged result");
}

#[test]
fn a_statement_survives_json() {
    let statement = Statement {
        program: [7; 32],
        entry: "main".into(),
        args: vec![u64::MAX],
        status: 0,
        results: vec![1, 2],
        output: vec![0, 255, 16],
    };
    let json = serde_json::to_string(&statement).unwrap();
    assert!(
        json.contains(r#""args":["18446744073709551615"]"#)
            && json.contains(r#""output":"00ff10""#),
        "{json}"
    );
    assert_eq!(serde_json::from_str::<Statement>(&json).unwrap(), statement);
    for wrong in [
        json.replace("00ff10", "00FF10"),
        json.replace("00ff10", "00ff1"),
        json.replace("615", "616"),
    ] {
        serde_json::from_str::<Statement>(&wrong).expect_err("not a statement");
    }
}

#[test]
fn limits_and_mismatches_are_errors() {
    let program = double();
    let key = ProvingKey::new(&program).unwrap();
    let few = ProveOptions {
        max_steps: 3,
        threads: Some(1),
        ..options(Security::Test)
    };
    let error = prove(&key, &program, "main", &[1], &[], &few).unwrap_err();
    assert!(
        matches!(error, ProveError::Execute(ExecError::StepLimit { .. })),
        "{error}"
    );
    let error = prove(&key, &program, "other", &[1], &[], &options(Security::Test)).unwrap_err();
    assert!(
        matches!(error, ProveError::Execute(ExecError::UnknownEntry(_))),
        "{error}"
    );
    let mut other = program.clone();
    other.insts[2].imm = 66;
    let error = prove(&key, &other, "main", &[1], &[], &options(Security::Test)).unwrap_err();
    assert!(matches!(error, ProveError::Key), "{error}");
    assert!(matches!(
        ProvingKey::new(&Program::default()),
        Err(KeyError::Empty)
    ));
}
