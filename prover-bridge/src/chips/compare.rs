//! Comparisons with a result, and branches on them.
//!
//! `eq`/`ne` find the highest differing limb and its inverse, without range checks; `lt`/`ge` range-check the distance
//! at that limb ([`Difference`], [`Less`]). Branches take their outcome to the next pc: target if it holds, else pc +
//! 1. Degree 3.
//!
//! Bound: marks, inverse, distance, signs, less by the gadgets; `result` and `next_pc` by an equation each.

use crate::builder::Expr;
use crate::gadgets::row::second_operand;
use crate::gadgets::{Difference, Field, Frame, InstructionRow, Less, exprs};
use zkc_isa::ZkOp::{self, *};

/// What becomes of the outcome.
fn deliver(f: &mut Frame, holds: Expr, branch: bool) -> Option<crate::builder::Col> {
    if branch {
        let (target, next) = (f.target(), f.next_pc_column());
        let pc = f.pc;
        // The real factor keeps padding silent.
        let real = f.real.clone();
        f.assert_zero(
            "next pc is the target if the condition holds",
            next - (pc + &real) - holds * (target - pc - 1),
        );
        None
    } else {
        let result = f.column("result");
        f.assert_zero("result", result - holds);
        f.write_d(&[result.into()]);
        Some(result)
    }
}

/// `eq` and `ne`, or branches on them.
pub(super) fn equal(bits: usize, imm: bool, branch: bool) -> InstructionRow {
    let ops: [ZkOp; 2] = match (branch, bits, imm) {
        (false, 32, false) => [Eq32, Ne32],
        (false, 32, true) => [Eq32Imm, Ne32Imm],
        (false, _, false) => [Eq64, Ne64],
        (false, _, true) => [Eq64Imm, Ne64Imm],
        (true, 32, false) => [BrEq32, BrNe32],
        (true, 32, true) => [BrEq32Imm, BrNe32Imm],
        (true, _, false) => [BrEq64, BrNe64],
        (true, _, true) => [BrEq64Imm, BrNe64Imm],
    };
    let n = bits / 16;
    let mut f = Frame::new(
        super::name(if branch { "br_eq" } else { "eq" }, bits, imm),
        &ops,
    );
    let a = f.read_register(Field::A, n);
    let b = super::second(&mut f, imm, n);
    let differences: Vec<Expr> = a.iter().zip(&b).map(|(&a, &b)| a - b).collect();
    let real = f.real.clone();
    let difference = Difference::new(&mut f, &real, &differences);
    let holds = f.is(ops[0]) * (1 - &difference.differ) + f.is(ops[1]) * &difference.differ;
    let result = deliver(&mut f, holds, branch);
    f.finish(move |step, row| {
        let (x, y) = (step.accesses[0].old, second_operand(step, imm));
        difference.fill(row, x, y);
        if let Some(result) = result {
            row.set(result, u64::from((x == y) == (step.inst.op == ops[0])));
        }
    })
}

/// `ltu`, `lts`, `geu`, `ges`, or branches on them.
pub(super) fn less(bits: usize, imm: bool, branch: bool) -> InstructionRow {
    let ops: [ZkOp; 4] = match (branch, bits, imm) {
        (false, 32, false) => [Ltu32, Lts32, Geu32, Ges32],
        (false, 32, true) => [Ltu32Imm, Lts32Imm, Geu32Imm, Ges32Imm],
        (false, _, false) => [Ltu64, Lts64, Geu64, Ges64],
        (false, _, true) => [Ltu64Imm, Lts64Imm, Geu64Imm, Ges64Imm],
        (true, 32, false) => [BrLtu32, BrLts32, BrGeu32, BrGes32],
        (true, 32, true) => [BrLtu32Imm, BrLts32Imm, BrGeu32Imm, BrGes32Imm],
        (true, _, false) => [BrLtu64, BrLts64, BrGeu64, BrGes64],
        (true, _, true) => [BrLtu64Imm, BrLts64Imm, BrGeu64Imm, BrGes64Imm],
    };
    let n = bits / 16;
    let mut f = Frame::new(
        super::name(if branch { "br_lt" } else { "lt" }, bits, imm),
        &ops,
    );
    let a = f.read_register(Field::A, n);
    let b = super::second(&mut f, imm, n);
    let (real, signed) = (f.real.clone(), f.is_any(&[ops[1], ops[3]]));
    let less = Less::new(&mut f, &real, &exprs(&a), &exprs(&b), Some(&signed));
    let below = f.is_any(&ops[..2]);
    let not_below = f.is_any(&ops[2..]);
    let holds = below * less.less + not_below * (1 - less.less);
    let result = deliver(&mut f, holds, branch);
    f.finish(move |step, row| {
        let op = step.inst.op;
        let is_less = less.fill(
            row,
            step.accesses[0].old,
            second_operand(step, imm),
            op == ops[1] || op == ops[3],
        );
        if let Some(result) = result {
            row.set(result, u64::from(is_less == (op == ops[0] || op == ops[1])));
        }
    })
}
