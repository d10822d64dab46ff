//! Moves, jumps, calls, returns, and the public and private values.

use super::{Scene, accept, check_all, check_pairs, demanded, honest, random};
use zkc_ir::Trap;
use zkc_isa::{
    Inst, SLOT_OUTPUTS, STACK_BASE, STACK_WORDS, STATIC_BASE, Step, ZkOp::*, link_word, table_word,
};

const V: u64 = 0x8899_aabb_ccdd_eeff;

fn all(step: &Step) {
    check_all(step, &mut 8);
    check_pairs(step);
}

#[test]
fn moves() {
    all(&Scene::new(Inst {
        d: 9,
        imm: V,
        ..Inst::new(Li)
    })
    .write(9, V)
    .0);
    all(&Scene::new(Inst {
        d: 9,
        a: 3,
        ..Inst::new(Mov)
    })
    .read(3, V)
    .write(9, V)
    .0);
    for condition in [0, 1, 0x1_0000, 1 << 32, 1 << 63, u64::MAX, 0xffff] {
        let i = Inst {
            d: 9,
            a: 3,
            b: 4,
            c: 5,
            ..Inst::new(Select)
        };
        let step = |chosen: u64| {
            let scene = Scene::new(i).read(3, condition).read(4, V).read(5, !V);
            scene.write(9, chosen).0
        };
        let (chosen, other) = if condition != 0 { (V, !V) } else { (!V, V) };
        all(&step(chosen));
        let (chip, row) = honest(&step(other));
        assert!(
            accept(chip, &row).map_or(true, |m| m != demanded(&step(other))),
            "the word not chosen"
        );
    }
}

#[test]
fn jumps_and_ends() {
    all(&Scene::new(Inst {
        target: 5000,
        ..Inst::new(Jump)
    })
    .goes_to(5000)
    .0);
    all(&Scene::new(Inst {
        imm: 1,
        ..Inst::new(Trap)
    })
    .goes_to(1)
    .0);
    all(&Scene::new(Inst::new(Halt)).goes_to(0).0);
    for (index, count) in [
        (0, 0),
        (0, 1),
        (1, 1),
        (5, 1),
        (0xffff_ffff, 3),
        (2, 3),
        (0x1_0000, 0x2_0000),
    ] {
        let step = Scene::new(Inst {
            a: 3,
            target: 70,
            imm: count,
            ..Inst::new(Brt)
        })
        .read(3, index)
        .goes_to(70 + index.min(count) as u32)
        .0;
        all(&step);
    }
}

fn at(mut scene: Scene, pc: u32, fp: u32) -> Scene {
    scene.0.pc = pc;
    scene.0.fp = fp;
    scene.0.next_pc = pc + 1;
    scene.0.next_fp = fp;
    scene
}

fn call(pc: u32, fp: u32, k: u32) -> Step {
    let scene = at(
        Scene::new(Inst {
            target: 5000,
            imm: k.into(),
            ..Inst::new(Call)
        }),
        pc,
        fp,
    );
    finish_call(scene, k, 5000)
}

fn finish_call(scene: Scene, k: u32, target: u32) -> Step {
    let (pc, next) = (scene.0.pc, scene.0.fp + k);
    if next >= STACK_BASE + STACK_WORDS {
        return scene.goes_to(Trap::CallStackExhausted.code()).0;
    }
    let mut step = scene
        .access(next, 7, link_word(pc + 1, k as u16))
        .goes_to(target)
        .0;
    step.next_fp = next;
    step
}

fn calli(fp: u32, k: u32, ty: u16, word: u64) -> Step {
    let imm = u64::from(k) | u64::from(ty) << 32;
    let scene = at(
        Scene::new(Inst {
            a: 3,
            imm,
            ..Inst::new(Calli)
        }),
        1000,
        fp,
    )
    .read(3, word);
    if word == 0 {
        scene.goes_to(Trap::UninitializedElement.code()).0
    } else if word >> 32 != u64::from(ty) + 1 {
        scene.goes_to(Trap::IndirectCallTypeMismatch.code()).0
    } else {
        finish_call(scene, k, word as u32)
    }
}

fn tcalli(ty: u16, word: u64) -> Step {
    let scene = Scene::new(Inst {
        a: 3,
        imm: u64::from(ty) << 32,
        ..Inst::new(Tcalli)
    })
    .read(3, word);
    let next = if word == 0 {
        Trap::UninitializedElement.code()
    } else if word >> 32 != u64::from(ty) + 1 {
        Trap::IndirectCallTypeMismatch.code()
    } else {
        word as u32
    };
    scene.goes_to(next).0
}

#[test]
fn resets() {
    let step = Scene::new(Inst {
        target: 5000,
        ..Inst::new(Reset)
    })
    .goes_to(5000)
    .0;
    for fp in [STACK_BASE, STACK_BASE + 2, STACK_BASE + STACK_WORDS - 1] {
        all(&Step {
            pc: 5,
            fp,
            next_fp: STACK_BASE,
            ..step
        });
    }
}

#[test]
fn tail_calls() {
    all(&Scene::new(Inst {
        target: 5000,
        ..Inst::new(Tcall)
    })
    .goes_to(5000)
    .0);
    for word in [
        0,
        5,
        1 << 63,
        1 << 48,
        3 << 32,
        table_word(70_000, 2),
        table_word(70, 3) | 1 << 63,
        table_word(70_000, 3),
        table_word((1 << 24) - 1, 3),
    ] {
        all(&tcalli(3, word));
    }
    all(&tcalli(0, table_word(70_000, 0)));
    // No stack is needed, so none is exhausted.
    let step = Scene(Step {
        fp: STACK_BASE + STACK_WORDS - 1,
        next_fp: STACK_BASE + STACK_WORDS - 1,
        ..tcalli(3, table_word(70_000, 3))
    });
    let exhausted = step.goes_to(Trap::CallStackExhausted.code()).0;
    let (chip, row) = honest(&exhausted);
    assert_eq!(chip.name, "call_trap");
    assert!(accept(chip, &row).is_err());
}

#[test]
fn calls() {
    let last = STACK_BASE + STACK_WORDS - 1;
    for pc in [64, 65_534, 65_535, 65_536, (1 << 24) - 2] {
        all(&call(pc, STACK_BASE, 1));
    }
    for (fp, k) in [
        (STACK_BASE, 65_535),
        (last - 1, 1),
        (last, 1),
        (last, 65_535),
        (last - 65_535, 65_535),
        (last - 65_534, 65_535),
        (last - 99, 100),
    ] {
        all(&call(1000, fp, k));
        all(&calli(fp, k, 3, table_word(70_000, 3)));
        for word in [
            0,
            table_word(70_000, 2),
            5,
            1 << 63,
            table_word(70, 3) | 1 << 63,
            3 << 32,
            1 << 48,
        ] {
            all(&calli(fp, k, 3, word));
        }
        all(&calli(fp, k, 0, table_word(70_000, 0)));
    }
}

/// Neither chip takes the other's case.
#[test]
fn the_stack_is_exhausted_exactly_at_its_end() {
    let edge = STACK_BASE + STACK_WORDS;
    // A call that goes through where it must trap, and the other way round.
    let beyond = at(
        Scene::new(Inst {
            target: 5000,
            imm: 10,
            ..Inst::new(Call)
        }),
        1000,
        edge - 10,
    );
    let mut step = beyond.access(edge, 7, link_word(1001, 10)).goes_to(5000).0;
    step.next_fp = edge;
    let (chip, row) = honest(&step);
    assert_eq!(chip.name, "call");
    assert!(accept(chip, &row).is_err());
    let within = at(
        Scene::new(Inst {
            target: 5000,
            imm: 9,
            ..Inst::new(Call)
        }),
        1000,
        edge - 10,
    )
    .goes_to(Trap::CallStackExhausted.code())
    .0;
    let (chip, row) = honest(&within);
    assert_eq!(chip.name, "call_trap");
    assert!(accept(chip, &row).is_err());
}

#[test]
fn returns() {
    for (pc, k) in [(70, 5), (70_000, 65_535), (0, 0)] {
        let mut step = Scene::new(Inst::new(Ret))
            .read(0, link_word(pc, k))
            .goes_to(pc)
            .0;
        step.next_fp = step.fp - u32::from(k);
        all(&step);
    }
}

#[test]
fn public_and_private_values() {
    let mut seed = 9;
    for v in [0, 1, 0xff, 0x100, 0xffff_ffff, V] {
        all(&Scene::new(Inst {
            d: 9,
            imm: 2,
            ..Inst::new(Arg)
        })
        .write(9, v)
        .0);
        all(&Scene::new(Inst {
            d: 9,
            ..Inst::new(Input64)
        })
        .write(9, v)
        .0);
        all(&Scene::new(Inst {
            d: 9,
            ..Inst::new(Inlen)
        })
        .write(9, v & 0xffff_ffff)
        .0);
        all(&Scene::new(Inst {
            d: 9,
            ..Inst::new(Input8)
        })
        .write(9, v & 0xff)
        .0);
        all(&Scene::new(Inst {
            a: 9,
            imm: 2,
            ..Inst::new(Result)
        })
        .read(9, v)
        .0);
        for count in [0, 1, 0xffff, 0x1_0000, 0xff_ffff] {
            let slot = STATIC_BASE + SLOT_OUTPUTS;
            all(&Scene::new(Inst {
                a: 9,
                ..Inst::new(Output)
            })
            .read(9, v & 0xff)
            .access(slot, count, count + 1)
            .0);
        }
    }
    // Private input is the prover's choice only within its range.
    let wide = [
        Scene::new(Inst {
            d: 9,
            ..Inst::new(Inlen)
        })
        .write(9, 1 << 32)
        .0,
        Scene::new(Inst {
            d: 9,
            ..Inst::new(Input8)
        })
        .write(9, 256)
        .0,
        Scene::new(Inst {
            a: 9,
            ..Inst::new(Output)
        })
        .read(9, 256)
        .access(STATIC_BASE + SLOT_OUTPUTS, 0, 1)
        .0,
        Scene::new(Inst {
            d: 9,
            ..Inst::new(Input8)
        })
        .write(9, random(&mut seed) | 1 << 40)
        .0,
    ];
    for step in wide {
        let (chip, row) = honest(&step);
        assert!(accept(chip, &row).is_err(), "{step:?}");
    }
}
