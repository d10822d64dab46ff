//! Which instruction an effect or branch becomes, as tables.

use crate::facts::LOW;
use zkc_ir::{ClifOp, Cond};
use zkc_isa::ZkOp;

/// How many leading operands of an effect have alternatives.
pub(crate) fn flexible_operands(op: ZkOp) -> usize {
    use ZkOp::*;
    match op {
        Ld8u | Ld16u | Ld32u | Ld64 | Ld8s32 | Ld16s32 | Ld8s64 | Ld16s64 | Ld32s64 => 1,
        St8 | St16 | St32 | St64 => 2,
        _ => 0,
    }
}

/// How many low bits of its second operand a store reads, if not all.
pub(crate) fn stored_bits(op: ZkOp) -> Option<u32> {
    match op {
        ZkOp::St8 => Some(8),
        ZkOp::St16 => Some(16),
        ZkOp::St32 => Some(32),
        _ => None,
    }
}

/// The instruction of a division that may trap, with its constant divisor where an `_imm` row allows it.
pub(crate) fn division(clif: ClifOp, fits_32: bool, constant: Option<u64>) -> (ZkOp, Option<u64>) {
    use ZkOp::*;
    let wide = matches!(
        clif,
        ClifOp::Udiv64 | ClifOp::Urem64 | ClifOp::Sdiv64 | ClifOp::Srem64
    );
    let signed = matches!(
        clif,
        ClifOp::Sdiv32 | ClifOp::Sdiv64 | ClifOp::Srem32 | ClifOp::Srem64
    );
    let wide = wide && (signed || !fits_32);
    let minus_one = if wide { u64::MAX } else { LOW };
    let imm = constant.filter(|&c| c != 0 && !(signed && c == minus_one));
    let quotient = matches!(
        clif,
        ClifOp::Udiv32 | ClifOp::Udiv64 | ClifOp::Sdiv32 | ClifOp::Sdiv64
    );
    let op = match (quotient, signed, wide, imm.is_some()) {
        (true, false, false, false) => Divu32,
        (true, false, false, true) => Divu32Imm,
        (true, false, true, false) => Divu64,
        (true, false, true, true) => Divu64Imm,
        (true, true, false, false) => Divs32,
        (true, true, false, true) => Divs32Imm,
        (true, true, true, false) => Divs64,
        (true, true, true, true) => Divs64Imm,
        (false, false, false, false) => Remu32,
        (false, false, false, true) => Remu32Imm,
        (false, false, true, false) => Remu64,
        (false, false, true, true) => Remu64Imm,
        (false, true, false, false) => Rems32,
        (false, true, false, true) => Rems32Imm,
        (false, true, true, false) => Rems64,
        (false, true, true, true) => Rems64Imm,
    };
    (op, imm)
}

/// The branch that tests a condition; `None` for conditions that the graph does not hold.
pub(crate) fn branch_op(cond: Cond, narrow: bool, imm: bool) -> Option<ZkOp> {
    use ZkOp::*;
    Some(match (cond, narrow, imm) {
        (Cond::Eq, true, false) => BrEq32,
        (Cond::Eq, true, true) => BrEq32Imm,
        (Cond::Eq, false, false) => BrEq64,
        (Cond::Eq, false, true) => BrEq64Imm,
        (Cond::Ne, true, false) => BrNe32,
        (Cond::Ne, true, true) => BrNe32Imm,
        (Cond::Ne, false, false) => BrNe64,
        (Cond::Ne, false, true) => BrNe64Imm,
        (Cond::Ult, true, false) => BrLtu32,
        (Cond::Ult, true, true) => BrLtu32Imm,
        (Cond::Ult, false, false) => BrLtu64,
        (Cond::Ult, false, true) => BrLtu64Imm,
        (Cond::Uge, true, false) => BrGeu32,
        (Cond::Uge, true, true) => BrGeu32Imm,
        (Cond::Uge, false, false) => BrGeu64,
        (Cond::Uge, false, true) => BrGeu64Imm,
        (Cond::Slt, true, false) => BrLts32,
        (Cond::Slt, true, true) => BrLts32Imm,
        (Cond::Slt, false, false) => BrLts64,
        (Cond::Slt, false, true) => BrLts64Imm,
        (Cond::Sge, true, false) => BrGes32,
        (Cond::Sge, true, true) => BrGes32Imm,
        (Cond::Sge, false, false) => BrGes64,
        (Cond::Sge, false, true) => BrGes64Imm,
        (Cond::Sgt | Cond::Sle | Cond::Ugt | Cond::Ule, ..) => return None,
    })
}
