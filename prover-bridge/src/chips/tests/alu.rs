//! ALU instructions and branches: every instruction on boundary and random values against its row's evaluator.

use super::{EDGES, Scene, check, check_all, check_mixed, check_pairs, random};
use proptest::prelude::*;
use zkc_ir::{Attr, Cond, Trap};
use zkc_isa::{Inst, Step, ZkOp, ZkOp::*};

fn inst(op: ZkOp) -> Inst {
    Inst {
        d: 65535,
        a: 1,
        b: 40_000,
        ..Inst::new(op)
    }
}

/// Instructions with two operands or one, a result, and an evaluator.
fn computing() -> Vec<ZkOp> {
    let moves = [Select, Li, Mov];
    ZkOp::ALL
        .iter()
        .copied()
        .filter(|op| op.opcode().def().eval.is_some() && !moves.contains(op))
        .collect()
}

fn name(op: ZkOp) -> &'static str {
    op.opcode().def().name
}

fn is_imm(op: ZkOp) -> bool {
    name(op).ends_with("_imm")
}

/// Number of operand registers.
fn operands(op: ZkOp) -> usize {
    match op.opcode().def().operands {
        zkc_ir::Arity::Fixed(list) | zkc_ir::Arity::Variadic(list) => list.len(),
    }
}

fn is_32(op: ZkOp) -> bool {
    name(op).trim_end_matches("_imm").ends_with("32")
}

fn is_shift(op: ZkOp) -> bool {
    name(op).starts_with("sh") || name(op).starts_with("rot")
}

/// The step of a computing instruction.
pub(super) fn compute(op: ZkOp, a: u64, b: u64) -> Step {
    let mask = if is_32(op) { 0xffff_ffff } else { u64::MAX };
    let (a, mut b) = (a & mask, b & mask);
    let mut i = inst(op);
    let two = is_imm(op) || operands(op) == 2;
    if is_imm(op) {
        if is_shift(op) {
            b %= if is_32(op) { 32 } else { 64 };
        }
        i.imm = b;
    }
    if operands(op) == 1 {
        i.b = 0;
    }
    let attrs: Vec<Attr> = if is_imm(op) {
        vec![Attr::Int(b)]
    } else {
        Vec::new()
    };
    let values = if two && !is_imm(op) {
        vec![a, b]
    } else {
        vec![a]
    };
    let result = op
        .opcode()
        .def()
        .eval
        .expect("a computing instruction has an evaluator")(&values, &attrs);
    let mut scene = Scene::new(i).read(i.a, a);
    if two && !is_imm(op) {
        scene = scene.read(i.b, b);
    }
    match result {
        Ok(value) => scene.write(i.d, value).0,
        Err(trap) => scene.goes_to(trap.code()).0,
    }
}

fn branches() -> Vec<(ZkOp, Cond)> {
    let cond = |op: ZkOp| match name(op).strip_prefix("br_")?.get(..2)? {
        "eq" => Some(Cond::Eq),
        "ne" => Some(Cond::Ne),
        "lt" => Some(if name(op).starts_with("br_ltu") {
            Cond::Ult
        } else {
            Cond::Slt
        }),
        _ => Some(if name(op).starts_with("br_geu") {
            Cond::Uge
        } else {
            Cond::Sge
        }),
    };
    ZkOp::ALL
        .iter()
        .filter_map(|&op| Some((op, cond(op)?)))
        .collect()
}

fn branch(op: ZkOp, cond: Cond, a: u64, b: u64) -> Step {
    let mask = if is_32(op) { 0xffff_ffff } else { u64::MAX };
    let (a, b) = (a & mask, b & mask);
    let mut i = Inst {
        d: 0,
        target: 5000,
        ..inst(op)
    };
    if is_imm(op) {
        i.b = 0;
        i.imm = b;
    }
    let mut scene = Scene::new(i).read(i.a, a);
    if !is_imm(op) {
        scene = scene.read(i.b, b);
    }
    if cond.holds(if is_32(op) { 32 } else { 64 }, a, b) {
        scene = scene.goes_to(5000);
    }
    scene.0
}

fn all_steps(a: u64, b: u64) -> Vec<Step> {
    let branches = branches();
    computing()
        .into_iter()
        .map(|op| compute(op, a, b))
        .chain(
            branches
                .into_iter()
                .map(|(op, cond)| branch(op, cond, a, b)),
        )
        .collect()
}

#[test]
fn boundary_values() {
    for a in EDGES {
        for b in EDGES {
            for step in all_steps(a, b) {
                check(&step);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn random_values(a: u64, b: u64, narrow in 0u32..64) {
        for (a, b) in [(a, b), (a, b >> narrow), (a >> narrow, b), (a, a)] {
            for step in all_steps(a, b) {
                check(&step);
            }
        }
    }
}

#[test]
fn all_shift_amounts() {
    let shifts: Vec<ZkOp> = computing().into_iter().filter(|&op| is_shift(op)).collect();
    for k in 0..130 {
        for x in [
            u64::MAX,
            0x8123_4567_89ab_cdef,
            0xfe01_fe02_fe03_fe04,
            0x01ff_01ff_01ff_01ff,
        ] {
            for &op in &shifts {
                check(&compute(op, x, k));
            }
        }
    }
}

#[test]
fn every_cell_is_bound() {
    let mut seed = 1;
    let values = [
        (0, 0),
        (5, 3),
        (u64::MAX, 1),
        (1 << 63 | 1 << 31, u64::MAX),
        (0x8123_4567_89ab_cdef, 0x1_000f),
        (0xfe01_fe02_fe03_fe04, 0x21),
        (7, 0),
        (0xffff_0000, 0xfffe_ffff),
    ];
    for (a, b) in values {
        for step in all_steps(a, b) {
            check_all(&step, &mut seed);
        }
    }
    for _ in 0..4 {
        let (a, b) = (
            random(&mut seed),
            random(&mut seed) >> (random(&mut seed) % 64),
        );
        for step in all_steps(a, b) {
            check_all(&step, &mut seed);
        }
    }
}

#[test]
fn no_two_cells_move_together() {
    let narrow = [
        Add32, Sub32, Add64Imm, Xor32Imm, Shl32Imm, Shrs32Imm, Rotl64Imm, Shru32, Eq32Imm, Ltu32,
        Lts64Imm, Ges32, Mul32Imm, Mulhu64, Divu32Imm, Rems32Imm, Sext832, Sext3264, Clz64, Ctz32,
    ];
    for op in narrow {
        check_pairs(&compute(op, 0x9234_8001_fe01_7fff, 0x8000_000f));
    }
    for (op, cond) in [
        (BrEq32, Cond::Eq),
        (BrNe64Imm, Cond::Ne),
        (BrLtu32Imm, Cond::Ult),
        (BrGes64, Cond::Sge),
    ] {
        check_pairs(&branch(op, cond, 0x9234_8001_fe01_7fff, 0x8000_000f));
    }
}

#[test]
fn rows_do_not_mix() {
    let mut seed = 11;
    let pool: Vec<(u64, u64)> = (0..40)
        .map(|_| {
            let (x, y, z) = (random(&mut seed), random(&mut seed), random(&mut seed));
            let edge = |v: u64| EDGES[v as usize % EDGES.len()];
            match z % 4 {
                0 => (x, y >> ((z >> 32) % 64)),
                1 => (edge(x), y),
                2 => (x, edge(y)),
                _ => (edge(x), edge(y)),
            }
        })
        .collect();
    let steps: Vec<Step> = pool.iter().flat_map(|&(a, b)| all_steps(a, b)).collect();
    let kinds = steps.len() / pool.len();
    for (n, step) in steps.iter().enumerate() {
        // The same instruction and its neighbours in the chip, on other operands and on the same.
        for _ in 0..4 {
            let at = random(&mut seed) as usize % pool.len() * kinds + n % kinds;
            check_mixed(step, &steps[at], &mut seed);
        }
        for distance in [1, 2, 3, 4, 6] {
            if let Some(other) = steps.get(n + distance) {
                check_mixed(step, other, &mut seed);
                check_mixed(other, step, &mut seed);
            }
        }
    }
}

/// With r = 15 the limb equation has solutions modulo p that are no integer solutions; the flag `r_is_15` shuts them out.
#[test]
fn shift_by_fifteen_does_not_wrap() {
    let p = u64::from(crate::instruction::ORDER);
    let step = compute(Shl32Imm, 0xffff, 15);
    let (chip, row) = super::honest(&step);
    let at = |name: &str| {
        chip.columns
            .iter()
            .position(|c| c == name)
            .expect("a column of this name")
    };
    let mut forgeries = 0;
    for upper in 0..1 << 15 {
        let middle = ((0xffff << 15) + p * 2 - (upper << 16)) % p;
        if middle >= 1 << 16 || upper == 0x7fff {
            continue;
        }
        forgeries += 1;
        for (flag, power) in [(1, 1 << 15), (0, 1 << 16)] {
            let mut forged = row.clone();
            forged[at("upper0")] = upper as u32;
            forged[at("middle0")] = middle as u32;
            forged[at("out0")] = middle as u32;
            forged[at("out1")] = upper as u32;
            forged[at("r_is_15")] = flag;
            forged[at("power")] = power;
            assert!(
                super::accept(chip, &forged).is_err(),
                "upper {upper}, middle {middle}"
            );
        }
    }
    assert!(forgeries > 0, "the danger is real");
}

#[test]
fn division_traps_and_their_absence() {
    let steps = [
        (
            compute(Divs64, 1 << 63, u64::MAX),
            Trap::IntegerOverflow.code(),
        ),
        (
            compute(Divs32Imm, 1 << 31, 0xffff_ffff),
            Trap::IntegerOverflow.code(),
        ),
        (compute(Rems64, 1 << 63, u64::MAX), 1001),
        (compute(Remu32, 1, 0), Trap::IntegerDivideByZero.code()),
        (compute(Divs64, 1 << 63, 1), 1001),
    ];
    let mut seed = 3;
    for (step, next_pc) in steps {
        assert_eq!(step.next_pc, next_pc);
        check_all(&step, &mut seed);
    }
}

/// Every result of an 8-bit multiplication and of a division, with the row filled as a forger would.
#[test]
fn wrong_quotients_and_products_are_refused() {
    for (op, a, b) in [
        (Divu32, 100, 7),
        (Remu32, 100, 7),
        (Divs32, 0xffff_ff9c, 7),
        (Rems32, 0xffff_ff9c, 7),
        (Mul32, 100, 7),
        (Mulhu64, 100 << 40, 7 << 30),
    ] {
        let step = compute(op, a, b);
        let (chip, honest) = super::honest(&step);
        let results: Vec<usize> = (0..honest.len())
            .filter(|&i| {
                chip.columns[i].starts_with("result")
                    || chip.columns[i].starts_with("quotient")
                    || chip.columns[i].starts_with("remainder")
            })
            .collect();
        for &at in &results {
            for value in 0..1 << 16 {
                let mut row = honest.clone();
                row[at] = value;
                assert!(
                    value == honest[at] || super::accept(chip, &row).is_err(),
                    "{op:?}: {} = {value}",
                    chip.columns[at]
                );
            }
        }
    }
}
