//! Groups of instructions in a row that one handler executes: those programs execute most.
//!
//! A fused handler is the composition of acts and nothing else. What it saves is the dispatch between them and what the
//! compiler sees across them; steps, traps and refusals stay those of the instructions one by one. The lists come from counts over
//! compiled programs; they decide how fast a program runs, never what it does.

use super::handlers::{Act, acts};
use super::machine::{Dispatch, Fused, Handler, Then, group};
use super::observe::Silent;
use crate::dialect::ZkOp;

/// Most instructions in a group.
pub(super) const MAX_GROUP: usize = 4;

/// What follows in a group.
macro_rules! then {
    () => { Dispatch };
    ($act:ident $forward:literal $($more:tt)*) => { Fused<acts::$act, then!($($more)*), $forward> };
}

/// The table: rows, and from the second on which operand is the result of the row before: 0 none, 1 `a`, 2 `b`; from
/// the third on 3 is 2 with `a` the result of the row before the one before.
macro_rules! groups {
    ($($first:ident, $($act:ident $forward:literal),+;)*) => {
        /// The handler of the longest group the instructions, each a row and its forwarded operand, start with.
        pub(super) fn fused(insts: &[(ZkOp, u8)]) -> Option<Handler<Silent>> {
            match insts {
                $(&[(ZkOp::$first, forward), $((ZkOp::$act, $forward)),+, ..] => {
                    Some(together::<acts::$first, then!($($act $forward)+), { 1 + [$($forward),+].len() }>(forward))
                })*
                _ => None,
            }
        }

        #[cfg(test)]
        const GROUPS: &[&[(ZkOp, u8)]] =
            &[$(&[(ZkOp::$first, 0), $((ZkOp::$act, $forward)),+]),*];
    };
}

fn together<A: Act, K: Then<Silent>, const N: usize>(forward: u8) -> Handler<Silent> {
    const { assert!(N <= MAX_GROUP, "a group is too long") };
    match forward {
        1 => group::<Silent, A, K, 1, N>,
        2 => group::<Silent, A, K, 2, N>,
        _ => group::<Silent, A, K, 0, N>,
    }
}

groups! {
    Add64, Add64 2, Add64 3, Add64 3;
    Add64, Add64 2, Add64 3, BrGeu64Imm 0;
    Add64, Add64 2, Add64 2, Add64 2;
    Add32Imm, Ld32u 1, Add32Imm 0, Ld32u 1;
    Add32Imm, St8 1, Add32 0, BrLtu32 1;
    Add32Imm, St32 1, Add32 0, BrLtu32 1;
    Add32Imm, St32 1, Ld32u 0, St32 2;
    Rotl32Imm, Rotl32Imm 0, Xor32 1, Xor32 1;
    Rotl32Imm, Rotl32Imm 0, Rotl32Imm 0, Xor32 1;
    Mul32, Add32 1, Mul32 0, Add32 1;
    Mul32, Add32 2, Mul32 0, Add32 1;
    Xor32, Xor32 0, And32 2, Xor32 2;
    Xor64, Xor64Imm 0, And64 2, Xor64 2;
    Xor64, Xor64Imm 0, And64 2, Xor64 1;
    Add64, Mov 0, Mov 0, BrNe32Imm 0;
    Xor32, Shl32Imm 1, Xor32 2, St32 2;
    Shl32Imm, Xor32 2, Shru32Imm 1, Xor32 2;
    Shl32Imm, Add32 2, Ld32u 1, St32 2;
    Mov, Shl32Imm 0, Add32 2, Ld32u 1;
    Ld32u, St32 2, Ld32u 0, St32 2;
    Ltu32, Add32 2, Shl32Imm 1, Add32 2;
    Add32Imm, Ltu32 0, Add32 2, BrLtu32 0;
    Add32, Mul32 0, Add32 1, BrNe32 0;
    Ltu32, Select 1, Ltu32 2, Select 1;
    Ltu32, Select 1, Ltu32 0, Select 1;
    Ltu32, Select 1, Ltu32 1, Select 1;
    Add32Imm, Ld32u 1, Add32Imm 0, BrLtu32 0;
    Rotl64Imm, Add64 1, Rotl64Imm 1, Add64 1;
    Ld32u, Ld32u 0, Ld32u 0, Ld32u 0;
    Shl32Imm, Xor32 2, St32 2, Shl32Imm 0;
    And32Imm, Sub32 2, Add32 1, And32Imm 1;
    Add32, And32Imm 1, Popcnt32 1, Add32 2;
    Mov, Mov 0, BrNe32Imm 0, Jump 0;
    Ld8u, Rotl64Imm 0, Add64 1, Mov 0;
    Shru64Imm, And32Imm 0, Ld8u 1, St8 2;
    Add64, Add64 2, BrGeu64Imm 0;
    Add64Imm, Add64 0, Add64 2;
    Add64, Add64 2, Add64 2;
    Ld8u, Rotl64Imm 0, Add64 1;
    Add32, Add32 1, Add32 1;
    Add32, Add32 2, Add32 1;
    Xor64, Xor64 2, Xor64 2;
    Xor64, Xor64 2, Rotl64Imm 1;
    Xor64, Xor64 0, Rotl64Imm 1;
    Xor64, Rotl64Imm 1, Xor64Imm 1;
    Xor64, Rotl64Imm 1, Xor64 1;
    Xor64Imm, And64 2, Xor64 2;
    Xor64Imm, And64 2, Xor64 1;
    Xor32, Xor32 1, Xor32 0;
    Shl32Imm, Xor32 2, St32 2;
    Shl32Imm, Xor32 2, Shru32Imm 1;
    Shl32Imm, Add32 2, Ld32u 1;
    Add32, Add32Imm 1, Ld32u 1;
    Add32, Ld32u 1, St32 2;
    Ltu32, Add32 2, BrLtu32 0;
    Mov, Mov 0, Mov 0;
    Mov, Mov 0, Jump 0;
    Mov, Mov 0, BrNe32Imm 0;
    Add32Imm, Mov 0, Jump 0;
    Add32Imm, Add32Imm 0, Add32Imm 0;
    Add32Imm, Add32Imm 0, BrNe32Imm 0;
    Ld8u, Ld8u 0, BrNe32 2;
    Ld8u, Ld8u 0, Ld8u 0;
    Mul32, Add32 1, BrNe32 0;
    Ltu32, Select 1, St32 2;
    Ltu32, Select 1, Add32 2;
    Geu32, Select 1, Add32 2;
    Add32, St32 1, BrEq32Imm 0;
    Add32, Xor32Imm 0, Shl32Imm 1;
    Ld8u, Ld8u 1, BrEq32Imm 1;
    And32Imm, Ld8u 1, St8 2;
    Add64, Add64 2;
    Add64, Add64 0;
    Add64, Add64 1;
    Add64Imm, Add64 0;
    Add64, Add64Imm 0;
    Ld32u, Add32Imm 0;
    Add32Imm, Ld32u 1;
    Rotl32Imm, Rotl32Imm 0;
    Xor64, Rotl64Imm 1;
    Add32, Add32 1;
    St8, Add32 0;
    Add32, BrLtu32 1;
    Add32Imm, St8 1;
    Xor64, Xor64 2;
    Xor64Imm, And64 2;
    Rotl32Imm, Xor32 1;
    Xor32, Xor32 1;
    Add32, Mul32 0;
    Mul32, Add32 1;
    Mul32, Add32 2;
    Add32, Add32Imm 1;
    Ld32u, St32 2;
    Ld8u, Ld8u 0;
    Xor64, Xor64Imm 0;
    Mov, Mov 0;
    Shl32Imm, Xor32 2;
    Ld32u, Ld32u 0;
    Shl32Imm, Add32 2;
    Shl32Imm, Add32 1;
    St32, Ld32u 0;
    And64, Xor64 1;
    Xor64, Xor64 0;
    Add32, Ld32u 1;
    Ltu32, Add32 2;
    Add32Imm, Add32Imm 0;
    And32, Xor32 2;
    Xor32, Xor32 0;
    Rotl64Imm, Xor64Imm 1;
    Xor32, And32 2;
    Add64, BrGeu64Imm 0;
    Ltu32, Select 1;
    Add32, BrNe32 0;
    Add32, BrLtu32 0;
    Add32Imm, BrNe32 0;
    Add32Imm, BrNe32 1;
    Rotl64Imm, Add64 1;
    BrEq32, Add32Imm 0;
    Mov, BrNe32Imm 0;
    Mov, BrNe32Imm 1;
    Add64, Mov 0;
    Ld8u, Rotl64Imm 0;
    Add32, And32Imm 1;
    Rotl64Imm, Xor64 1;
    And32Imm, Sub32 2;
    Xor32Imm, Shl32Imm 1;
    Shru32Imm, Rotl32Imm 0;
    Xor32, Shru32Imm 0;
    St32, Add32Imm 0;
    St32, Ltu32 0;
    Shru32Imm, Xor32 2;
    Xor32, Shl32Imm 1;
    Xor32, Shru32Imm 1;
    Xor32, St32 2;
    Mov, Shl32Imm 0;
    Add32Imm, BrNe32Imm 0;
    Add32Imm, BrNe32Imm 1;
    Ld32u, Add32 0;
    Ld32u, Add32 1;
    Ld32u, Add32 2;
    Add32Imm, St32 1;
    Ld8u, St8 2;
    Ld8u, BrEq32Imm 1;
    Ld8u, BrNe32 2;
    Mov, Jump 0;
    Ld32u, BrLtu32 2;
    Add32Imm, Mov 0;
    Ld8u, Add32Imm 0;
    Ld32u, Ltu32 1;
    And32Imm, BrEq32Imm 1;
    And32Imm, Add32 1;
    Add32, Shl32Imm 1;
    Geu32, Select 1;
    Select, Add32 2;
    Select, St32 2;
    Add32, St32 1;
    Add32Imm, BrLtu32 0;
    Add32Imm, BrLtu32 1;
    Add32, Jump 0;
    St32, St32 0;
    BrEq32Imm, Add32Imm 0;
    BrNe32Imm, And32Imm 0;
    Add32, BrNe32Imm 0;
    Add32, BrNe32Imm 1;
    And64Imm, Shl64Imm 1;
    Shl64Imm, Or64 2;
    Shru64Imm, And64Imm 1;
    And32Imm, Ld8u 1;
    Li, Mov 0;
    Li, Li 0;
    Ld64, St64 2;
    Ld64, Ld64 0;
    Add64Imm, BrNe64Imm 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::*;
    use crate::{Limits, run, trace};

    /// Registers 1 to 5 hold `values`; the group reads and writes them, and jumps to its end.
    fn program(group: &[(ZkOp, u8)], first: u8, values: [u64; 5]) -> Program {
        let mut insts: Vec<Inst> = (1..)
            .zip(values)
            .map(|(d, imm)| Inst {
                d,
                imm,
                ..Inst::new(ZkOp::Li)
            })
            .collect();
        let end = FIRST_PC + (insts.len() + group.len()) as u32;
        let (mut older, mut before) = (0, 5);
        for (at, &(op, forward)) in (0..).zip(group) {
            let forward = if at == 0 { first } else { forward };
            let others = [1 + at % 4, 1 + (at + 2) % 4]
                .map(|reg| if reg == before { 1 + reg % 4 } else { reg });
            let inst = Inst {
                op,
                d: 1 + (at * 3) % 4,
                a: match forward {
                    1 => before,
                    3 => older,
                    _ => others[0],
                },
                b: match forward {
                    2 | 3 => before,
                    _ => others[1],
                },
                c: 5,
                imm: 8,
                target: end,
            }
            .normalized();
            (older, before) = (before, inst.d);
            insts.push(inst);
        }
        insts.push(Inst::new(ZkOp::Halt));
        Program {
            insts,
            entries: vec![Entry {
                name: "main".to_owned(),
                pc: FIRST_PC,
                params: vec![],
                results: vec![],
            }],
            pages: 1,
            ..Program::default()
        }
    }

    #[test]
    fn no_group_hides_another_and_every_group_does_what_its_instructions_do() {
        let wide = 0x1_0000_0000;
        let values = [
            [3, 8, 16, 24, 5],
            [0xffff_fff0, 7, 0xffff_ffff, 0, 1],
            [wide, 1, 2, 3, 4],
            [1, 2, 3, wide, wide],
            [65535, 65529, 65530, 65531, 65528],
            [8; 5],
        ];
        for (at, &group) in GROUPS.iter().enumerate() {
            let hides = |before: &&[(ZkOp, u8)]| group.starts_with(before);
            assert!(!GROUPS[..at].iter().any(hides), "{group:?}");
            assert!(fused(group).is_some());
            for first in 0..3 {
                for values in values {
                    let program = program(group, first, values);
                    for max_steps in [4, 6, 7, 100] {
                        let limits = Limits {
                            max_steps,
                            ..Limits::default()
                        };
                        let fast = run(&program, "main", &[], &[], &limits);
                        let traced = trace(&program, "main", &[], &[], &limits, &mut |_| {});
                        assert_eq!(fast, traced, "{group:?} {first} {values:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn straight_code_longer_than_a_window_is_executed_once() {
        for count in 500..530 {
            let mut program = program(&[], 0, [1; 5]);
            let add = Inst {
                d: 1,
                a: 2,
                b: 1,
                ..Inst::new(ZkOp::Add64)
            };
            program.insts.splice(5..5, vec![add; count]);
            let limits = Limits::default();
            let outcome = run(&program, "main", &[], &[], &limits).expect("the program is valid");
            assert_eq!(outcome.steps, 6 + count as u64);
            let traced = trace(&program, "main", &[], &[], &limits, &mut |_| {});
            assert_eq!(Ok(outcome), traced);
        }
    }
}
