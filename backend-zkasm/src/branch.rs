//! Conditional branches and their opposites.

use zkc_isa::ZkOp;

/// The branch that is taken exactly when `op` is not; `None` for an op that is no conditional branch.
pub(crate) fn opposite(op: ZkOp) -> Option<ZkOp> {
    const PAIRS: [(ZkOp, ZkOp); 12] = [
        (ZkOp::BrEq32, ZkOp::BrNe32),
        (ZkOp::BrEq32Imm, ZkOp::BrNe32Imm),
        (ZkOp::BrLtu32, ZkOp::BrGeu32),
        (ZkOp::BrLtu32Imm, ZkOp::BrGeu32Imm),
        (ZkOp::BrLts32, ZkOp::BrGes32),
        (ZkOp::BrLts32Imm, ZkOp::BrGes32Imm),
        (ZkOp::BrEq64, ZkOp::BrNe64),
        (ZkOp::BrEq64Imm, ZkOp::BrNe64Imm),
        (ZkOp::BrLtu64, ZkOp::BrGeu64),
        (ZkOp::BrLtu64Imm, ZkOp::BrGeu64Imm),
        (ZkOp::BrLts64, ZkOp::BrGes64),
        (ZkOp::BrLts64Imm, ZkOp::BrGes64Imm),
    ];
    PAIRS.iter().find_map(|&(a, b)| {
        if op == a {
            Some(b)
        } else if op == b {
            Some(a)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::opposite;
    use zkc_isa::ZkOp;

    #[test]
    fn every_two_way_branch_has_an_opposite() {
        for &op in ZkOp::ALL {
            let two_way = op.opcode().def().successors == Some(2);
            assert_eq!(opposite(op).is_some(), two_way, "{op:?}");
            if let Some(other) = opposite(op) {
                assert_eq!(opposite(other), Some(op));
            }
        }
    }
}
