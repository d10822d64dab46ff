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
fn cells_are_the_columns_that_the_proof_commits_to() {
    let program = double();
    let key = ProvingKey::new(&program).unwrap();
    let options = options(Security::Test);
    let (proof, _, stats) = prove(&key, &program, "main", &[21], &[], &options).unwrap();
    let columns = proof.columns();
    assert_eq!(columns.len(), stats.chips.len());
    for (chip, [main, aux, quotient]) in stats.chips.iter().zip(columns) {
        let Cells { total, .. } = chip.cells;
        let per_row = [chip.cells.main, chip.cells.aux, chip.cells.quotient];
        let per_row = per_row.map(|cells| (cells / chip.height) as usize);
        assert_eq!(per_row, [main, aux, quotient], "{}", chip.name);
        assert_eq!(total / chip.height, (main + aux + quotient) as u64);
    }
    let costs = chip_costs();
    let rows = stats.chips.iter().filter(|chip| chip.instructions);
    let by_row: u64 = rows
        .map(|chip| {
            let cost = costs.iter().find(|c| c.name == chip.name).unwrap();
            cost.cells.total * chip.rows
        })
        .sum();
    assert_eq!(stats.executed_cells(), by_row);
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
    changed_keys(&program);
    let fused = programs::fused(&program, 3).remove(0);
    assert!(!fused.fused.is_empty(), "a line can be fused");
    changed_keys(&fused);
}

fn changed_keys(program: &Program) {
    let key = ProvingKey::new(program).expect("the program is valid");
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
fn a_proof_is_of_the_lines_that_its_key_has() {
    let program = programs::everything();
    let input: Vec<u8> = (1..100).collect();
    let fused = programs::fused(&program, 12).remove(0);
    let (key, plain) = (
        ProvingKey::new(&fused).unwrap(),
        ProvingKey::new(&program).unwrap(),
    );
    assert_ne!(key.verifying_key().digest(), plain.verifying_key().digest());
    let prove = |key: &ProvingKey, program: &Program| {
        prove(
            key,
            program,
            "main",
            &[5, 6],
            &input,
            &options(Security::Test),
        )
    };
    let (proof, statement, stats) = prove(&key, &fused).unwrap();
    let lines = stats.chips.iter().filter(|c| c.name.starts_with("fused"));
    assert!(lines.count() > 10, "lines are executed");
    verify(&proof, key.verifying_key(), &statement, Security::Test).unwrap();
    let moved = Statement {
        program: *plain.verifying_key().digest(),
        ..statement.clone()
    };
    verify(&proof, plain.verifying_key(), &moved, Security::Test)
        .expect_err("a key without the lines");
    // the program is another one, or the lines are others
    assert!(matches!(prove(&key, &program), Err(ProveError::Key)));
    let mut others = fused.clone();
    others.fused.swap(0, 1);
    assert!(matches!(prove(&key, &others), Err(ProveError::Key)));
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
        max_steps: None,
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

/// Counts its argument down, then gives 7.
fn countdown() -> Program {
    let mut b = Builder::new(1, 1);
    b.push(Inst {
        d: 1,
        imm: 0,
        ..Inst::new(ZkOp::Arg)
    });
    b.push(Inst {
        d: 1,
        a: 1,
        imm: u64::MAX,
        ..Inst::new(ZkOp::Add64Imm)
    });
    b.push(Inst {
        a: 1,
        imm: 0,
        target: FIRST_PC + 1,
        ..Inst::new(ZkOp::BrNe64Imm)
    });
    b.li(3, 65).push(Inst {
        a: 3,
        ..Inst::new(ZkOp::Output)
    });
    b.li(3, 7)
        .push(Inst {
            a: 3,
            imm: 0,
            ..Inst::new(ZkOp::Result)
        })
        .op(ZkOp::Ret);
    b.finish()
}

#[test]
fn a_step_limit_is_a_status() {
    let program = countdown();
    let key = ProvingKey::new(&program).unwrap();
    let vk = key.verifying_key();
    let prove = |limit| {
        let options = ProveOptions {
            step_limit: Some(limit),
            ..options(Security::Test)
        };
        prove(&key, &program, "main", &[100], &[], &options)
    };
    // 1 + 2 * 100 + 5 steps in all; the output is step 203, the result step 205.
    for (limit, output, results) in [
        (1, 0, 0),
        (100, 0, 0),
        (201, 0, 0),
        (202, 1, 0),
        (204, 1, 1),
        (205, 1, 1),
    ] {
        let (proof, statement, stats) = prove(limit).unwrap();
        assert_eq!(
            (statement.status, statement.max_steps, stats.steps),
            (STEP_LIMIT, Some(limit), limit + 1)
        );
        assert_eq!(
            (statement.output.len(), statement.results.len()),
            (output, results)
        );
        verify(&proof, vk, &statement, Security::Test).unwrap();
        for wrong in [
            Some(limit - 1),
            Some(limit + 1),
            Some(0),
            Some(MAX_STEPS),
            Some(u64::MAX),
            None,
        ] {
            let claim = Statement {
                max_steps: wrong,
                ..statement.clone()
            };
            verify(&proof, vk, &claim, Security::Test).expect_err("another limit");
        }
        for status in [0, 1, 5] {
            let claim = Statement {
                status,
                max_steps: None,
                ..statement.clone()
            };
            verify(&proof, vk, &claim, Security::Test).expect_err("no end");
        }
    }
    for limit in [206, 1000] {
        let (proof, statement, _) = prove(limit).unwrap();
        assert_eq!((statement.status, statement.max_steps), (0, None));
        let claim = Statement {
            status: STEP_LIMIT,
            max_steps: Some(limit),
            ..statement
        };
        verify(&proof, vk, &claim, Security::Test).expect_err("the run has ended");
    }
    prove(0).expect_err("the argument is not read within no steps");
}

/// A prover who changes what the trace says of the end of a run.
#[test]
fn a_forged_step_limit_is_rejected() {
    let program = countdown();
    let key = ProvingKey::new(&program).unwrap();
    let call = ("main", &[9u64][..], &[][..]);
    let trace = |limit| {
        testing::Trace::of_run_to(&key, &program, call, testing::Lookups::Cheapest, limit).unwrap()
    };
    let reject = |mut trace: testing::Trace<'_>, claim: Statement| {
        trace.claim(claim.clone());
        assert_ne!(trace.faults(), []);
        let proof = trace.prove(Security::Test).unwrap();
        verify(&proof, key.verifying_key(), &claim, Security::Test).expect_err("a forged end");
    };
    // The run has ended after 24 steps.
    let ended = trace(None);
    assert_eq!(ended.statement().status, 0);
    for limit in [24, 25, 100] {
        let claim = Statement {
            status: STEP_LIMIT,
            max_steps: Some(limit),
            ..ended.statement().clone()
        };
        reject(trace(None), claim);
    }
    // The run was stopped; a wrong limit, an end that did not come.
    let stopped = trace(Some(10));
    assert_eq!(stopped.faults(), []);
    for (status, max_steps) in [
        (STEP_LIMIT, Some(9)),
        (STEP_LIMIT, Some(11)),
        (0, None),
        (1, None),
    ] {
        let claim = Statement {
            status,
            max_steps,
            ..stopped.statement().clone()
        };
        reject(trace(Some(10)), claim);
    }
    // Its last clock moved to where another limit's is.
    let mut moved = trace(Some(10));
    let claim = Statement {
        max_steps: Some(50),
        ..stopped.statement().clone()
    };
    moved.claim(claim.clone());
    let chip = moved.chips().iter().position(|c| c.0 == "public").unwrap();
    let column = moved
        .columns(chip)
        .iter()
        .position(|c| c == "last clock")
        .unwrap();
    moved.set_cell(chip, 0, column, FIRST_CLOCK + TICKS * 51);
    assert_ne!(moved.faults(), []);
    let proof = moved.prove(Security::Test).unwrap();
    verify(&proof, key.verifying_key(), &claim, Security::Test).expect_err("a forged clock");
}

/// Calls a function that traps as its argument says; its vectors make that the result.
fn vectored() -> Program {
    asm::parse(
        "PAGES 1
ENTRY main main (i64) -> (i64)
VECTOR unreachable .unreachable
VECTOR integer-divide-by-zero .division
main:
  => r1 :ARG(0)
  r1 :STS(2)
  r1 => r9 :MOV
  :CALL(f, 8)
  100 => r1 :LI
  :JUMP(.end)
f:
  r1, 0 :BR_EQ64(.return)
  r1, 1 :BR_EQ64(.one)
  r1, 2 :BR_EQ64(.two)
  :TRAP(undefined-element)
.one:
  :TRAP(unreachable)
.two:
  r1, 0 => r1 :DIVU64
.return:
  :RET
.unreachable:
  101 => r1 :LI
  :JUMP(.end)
.division:
  => r1 :LDS(2)
.end:
  r1 :RESULT(0)
  :RET
",
    )
    .expect("the text is a program")
}

#[test]
fn vectors_catch_their_traps() {
    let program = vectored();
    let key = ProvingKey::new(&program).unwrap();
    let vk = VerifyingKey::from_bytes(&key.verifying_key().to_bytes()).unwrap();
    for (arg, status, results) in [
        (0, 0, vec![100]),
        (1, 0, vec![101]),
        (2, 0, vec![2]),
        (3, 7, vec![]),
    ] {
        let (proof, statement, _) = prove(
            &key,
            &program,
            "main",
            &[arg],
            &[],
            &options(Security::Test),
        )
        .unwrap();
        assert_eq!((statement.status, &statement.results), (status, &results));
        verify(&proof, &vk, &statement, Security::Test).unwrap();
    }
    // Without the vectors, and with other ones, it is another program.
    let mut digests = vec![*vk.digest()];
    for vectors in [
        vec![],
        program.vectors[..1].to_vec(),
        vec![(1, FIRST_PC), program.vectors[1]],
    ] {
        let other = Program {
            vectors,
            ..program.clone()
        };
        digests.push(*ProvingKey::new(&other).unwrap().verifying_key().digest());
        let error = prove(&key, &other, "main", &[1], &[], &options(Security::Test)).unwrap_err();
        assert!(matches!(error, ProveError::Key), "{error}");
    }
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), 4);
}

/// A prover who stops at a vector, or takes another way from it.
#[test]
fn a_vector_is_no_end_and_no_choice() {
    let program = vectored();
    let key = ProvingKey::new(&program).unwrap();
    let vk = key.verifying_key();
    // The trace of the run of the same program without vectors ends with the trap; the verifier does not take that status.
    let bare = Program {
        vectors: vec![],
        ..program.clone()
    };
    let bare_key = ProvingKey::new(&bare).unwrap();
    let trace = testing::Trace::of_run(&bare_key, &bare, "main", &[1], &[]).unwrap();
    let claim = Statement {
        program: *vk.digest(),
        ..trace.statement().clone()
    };
    assert_eq!(claim.status, 1);
    let proof = trace.prove(Security::Test).unwrap();
    assert!(matches!(
        verify(&proof, vk, &claim, Security::Test),
        Err(VerifyError::Statement(StatementError::Vectored(1)))
    ));
    // Every cell of the vector's row is bound: its program counter, where it comes from and where it goes.
    let trace = testing::Trace::of_run(&key, &program, "main", &[1], &[]).unwrap();
    assert_eq!(trace.faults(), []);
    let chip = trace.chips().iter().position(|c| c.0 == "reset").unwrap();
    for column in 0..trace.columns(chip).len() {
        let old = trace.cell(chip, 0, column);
        for new in [old ^ 1, old + 1, 0, 2, FIRST_PC, STACK_BASE + 8] {
            if new != old {
                assert!(trace.notices(chip, 0, column, new, testing::Tallies::Redone));
            }
        }
    }
}

/// More output than a limb counts.
#[test]
fn long_output_is_proven() {
    let mut b = Builder::new(0, 0);
    b.li(1, 66_000);
    let body = b.pc();
    for (op, d) in [(ZkOp::And64Imm, 2), (ZkOp::Add64Imm, 1)] {
        let imm = if d == 1 { u64::MAX } else { 255 };
        b.push(Inst {
            d,
            a: 1,
            imm,
            ..Inst::new(op)
        });
    }
    b.push(Inst {
        a: 2,
        ..Inst::new(ZkOp::Output)
    })
    .push(Inst {
        a: 1,
        imm: 0,
        target: body,
        ..Inst::new(ZkOp::BrNe64Imm)
    })
    .op(ZkOp::Halt);
    let program = b.finish();
    let key = ProvingKey::new(&program).unwrap();
    let (proof, statement, _) =
        prove(&key, &program, "main", &[], &[], &options(Security::Test)).unwrap();
    assert_eq!(statement.output.len(), 66_000);
    verify(&proof, key.verifying_key(), &statement, Security::Test).unwrap();
    let swapped = |a: usize, b: usize| {
        let mut output = statement.output.clone();
        output.swap(a, b);
        Statement {
            output,
            ..statement.clone()
        }
    };
    for (a, b) in [(0, 1), (65_535, 65_536), (100, 65_637)] {
        verify(&proof, key.verifying_key(), &swapped(a, b), Security::Test)
            .expect_err("bytes in another order");
    }
}
