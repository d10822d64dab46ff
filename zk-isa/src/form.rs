//! Which fields of an [`Inst`] an instruction uses: its form. Text, validation and the executor's decoder all read it.

use crate::dialect::ZkOp;
use crate::program::Inst;

/// The fields an instruction uses; those not named are zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `d`, `a`, `b`: binary ALU.
    Binary,
    /// `d`, `a`, `imm`: binary ALU with a constant.
    BinaryImm,
    /// `d`, `a`: unary ALU.
    Unary,
    /// `d`, `imm`: `li`.
    Constant,
    /// `d`, `a`, `b`, `c`: `select`.
    Select,
    /// `d`, `a`, `imm` offset.
    Load,
    /// `a`, `b`, `imm` offset.
    Store,
    /// `d`, `target` slot: `lds`.
    StaticLoad,
    /// `a`, `target` slot: `sts`.
    StaticStore,
    /// `d`, `a`, `target` slot, `imm` size: `ldt`.
    TableLoad,
    /// `a`, `b`, `target` slot, `imm` size: `stt`.
    TableStore,
    /// `a`, `b`, `c`, of which `a`, and `b` of a `copy`, are also written: `copy`, `fill`.
    Blocks,
    /// `d`, `a`, `imm` limit: `grow`.
    Grow,
    /// `d`, `imm` index: `arg`.
    Arg,
    /// `a`, `imm` index: `result`.
    Result,
    /// `d`: a value of the prover's choice.
    Hint,
    /// `a`: `output`.
    Output,
    /// `target`: `jump`, `tcall`, `reset`.
    Jump,
    /// `a`, `b`, `target`: compare and branch.
    Branch,
    /// `a`, `imm`, `target`: compare with a constant and branch.
    BranchImm,
    /// `a`, `target`, `imm` count: `brt`.
    BranchTable,
    /// `target`, `imm` frame offset: `call`.
    Call,
    /// `a`, `imm` frame offset and type: `calli`.
    CallIndirect,
    /// `a`, `imm` type: `tcalli`.
    TailCallIndirect,
    /// `imm` status code: `trap`.
    Trap,
    /// Nothing: `ret`, `halt`.
    Bare,
}

impl ZkOp {
    /// The instruction's form.
    #[rustfmt::skip]
    pub const fn form(self) -> Form {
        use ZkOp::*;
        match self {
            Add32 | Add64 | Sub32 | Sub64 | Mul32 | Mul64 | Mulhu64 | Divu32 | Divs32 | Remu32 | Rems32 | Divu64 | Divs64 | Remu64
            | Rems64 | And32 | And64 | Or32 | Or64 | Xor32 | Xor64 | Shl32 | Shru32 | Shrs32 | Rotl32 | Rotr32 | Shl64
            | Shru64 | Shrs64 | Rotl64 | Rotr64 | Eq32 | Ne32 | Ltu32 | Lts32 | Geu32 | Ges32 | Eq64 | Ne64 | Ltu64 | Lts64
            | Geu64 | Ges64 => Form::Binary,
            Add32Imm | Add64Imm | Mul32Imm | Mul64Imm | Divu32Imm | Divs32Imm | Remu32Imm | Rems32Imm | Divu64Imm
            | Divs64Imm | Remu64Imm | Rems64Imm | And32Imm | And64Imm | Or32Imm | Or64Imm | Xor32Imm | Xor64Imm | Shl32Imm
            | Shru32Imm | Shrs32Imm | Rotl32Imm | Shl64Imm | Shru64Imm | Shrs64Imm | Rotl64Imm | Eq32Imm | Ne32Imm
            | Ltu32Imm | Lts32Imm | Geu32Imm | Ges32Imm | Eq64Imm | Ne64Imm | Ltu64Imm | Lts64Imm | Geu64Imm
            | Ges64Imm => Form::BinaryImm,
            Sext832 | Sext1632 | Sext864 | Sext1664 | Sext3264 | Wrap | Clz32 | Ctz32 | Popcnt32 | Clz64 | Ctz64 | Popcnt64
            | Mov => Form::Unary,
            Li => Form::Constant,
            Select => Form::Select,
            Ld8u | Ld16u | Ld32u | Ld64 | Ld8s32 | Ld16s32 | Ld8s64 | Ld16s64 | Ld32s64 => Form::Load,
            St8 | St16 | St32 | St64 => Form::Store,
            Lds => Form::StaticLoad,
            Sts => Form::StaticStore,
            Ldt => Form::TableLoad,
            Stt => Form::TableStore,
            Copy | Fill => Form::Blocks,
            Grow => Form::Grow,
            Arg => Form::Arg,
            Result => Form::Result,
            Inlen | Input8 | Input64 => Form::Hint,
            Output => Form::Output,
            Jump | Tcall | Reset => Form::Jump,
            BrEq32 | BrNe32 | BrLtu32 | BrLts32 | BrGeu32 | BrGes32 | BrEq64 | BrNe64 | BrLtu64 | BrLts64 | BrGeu64
            | BrGes64 => Form::Branch,
            BrEq32Imm | BrNe32Imm | BrLtu32Imm | BrLts32Imm | BrGeu32Imm | BrGes32Imm | BrEq64Imm | BrNe64Imm | BrLtu64Imm
            | BrLts64Imm | BrGeu64Imm | BrGes64Imm => Form::BranchImm,
            Brt => Form::BranchTable,
            Call => Form::Call,
            Calli => Form::CallIndirect,
            Tcalli => Form::TailCallIndirect,
            Trap => Form::Trap,
            Ret | Halt => Form::Bare,
        }
    }

    /// Whether the instruction is of the `..32` kind: two-limb operands, a constant below 2^32.
    pub fn is_32(self) -> bool {
        let name = self.opcode().def().name;
        name.strip_suffix("_imm").unwrap_or(name).ends_with("32")
            && !matches!(self.form(), Form::Load | Form::Store)
    }

    /// Whether the instruction may stand in a fused line: its row speaks of registers and static words that it names, of
    /// linear memory and of where the run goes on, and of nothing else.
    pub const fn fusible(self) -> bool {
        match self.form() {
            // the frame it goes to is not known by the one it leaves
            Form::Jump => !matches!(self, ZkOp::Reset),
            Form::Bare => matches!(self, ZkOp::Ret),
            Form::Binary
            | Form::BinaryImm
            | Form::Unary
            | Form::Constant
            | Form::Select
            | Form::Load
            | Form::Store
            | Form::StaticLoad
            | Form::StaticStore
            | Form::Branch
            | Form::BranchImm
            | Form::BranchTable
            | Form::Call
            | Form::CallIndirect
            | Form::TailCallIndirect => true,
            Form::TableLoad
            | Form::TableStore
            | Form::Blocks
            | Form::Grow
            | Form::Arg
            | Form::Result
            | Form::Hint
            | Form::Output
            | Form::Trap => false,
        }
    }

    /// Whether the run always goes on at the next instruction, but for a trap.
    pub const fn is_straight(self) -> bool {
        !matches!(
            self.form(),
            Form::Jump
                | Form::Branch
                | Form::BranchImm
                | Form::BranchTable
                | Form::Call
                | Form::CallIndirect
                | Form::TailCallIndirect
                | Form::Trap
                | Form::Bare
        )
    }

    /// The width in bits of a shift or rotate by a constant amount, which is below it.
    pub const fn shift_width(self) -> Option<u32> {
        use ZkOp::*;
        match self {
            Shl32Imm | Shru32Imm | Shrs32Imm | Rotl32Imm => Some(32),
            Shl64Imm | Shru64Imm | Shrs64Imm | Rotl64Imm => Some(64),
            _ => None,
        }
    }

    /// Bytes a load or store moves; 0 for any other instruction.
    pub const fn access_bytes(self) -> u32 {
        use ZkOp::*;
        match self {
            Ld8u | Ld8s32 | Ld8s64 | St8 => 1,
            Ld16u | Ld16s32 | Ld16s64 | St16 => 2,
            Ld32u | Ld32s64 | St32 => 4,
            Ld64 | St64 => 8,
            _ => 0,
        }
    }
}

impl Form {
    /// Whether the form has a destination register.
    pub const fn has_d(self) -> bool {
        match self {
            Form::Binary
            | Form::BinaryImm
            | Form::Unary
            | Form::Constant
            | Form::Select
            | Form::Load
            | Form::StaticLoad
            | Form::TableLoad
            | Form::Grow
            | Form::Arg
            | Form::Hint => true,
            Form::Store
            | Form::StaticStore
            | Form::TableStore
            | Form::Blocks
            | Form::Result
            | Form::Output
            | Form::Jump
            | Form::Branch
            | Form::BranchImm
            | Form::BranchTable
            | Form::Call
            | Form::CallIndirect
            | Form::TailCallIndirect
            | Form::Trap
            | Form::Bare => false,
        }
    }

    /// Number of operand registers: `a`, `b`, `c` in this order.
    pub const fn operands(self) -> usize {
        match self {
            Form::Constant
            | Form::StaticLoad
            | Form::Arg
            | Form::Hint
            | Form::Jump
            | Form::Call
            | Form::Trap
            | Form::Bare => 0,
            Form::BinaryImm
            | Form::Unary
            | Form::Load
            | Form::StaticStore
            | Form::TableLoad
            | Form::Grow
            | Form::Result
            | Form::Output
            | Form::BranchImm
            | Form::BranchTable
            | Form::CallIndirect
            | Form::TailCallIndirect => 1,
            Form::Binary | Form::Store | Form::TableStore | Form::Branch => 2,
            Form::Select | Form::Blocks => 3,
        }
    }

    /// Whether the form has a constant.
    pub const fn has_imm(self) -> bool {
        match self {
            Form::BinaryImm
            | Form::Constant
            | Form::Load
            | Form::Store
            | Form::TableLoad
            | Form::TableStore
            | Form::Grow
            | Form::Arg
            | Form::Result
            | Form::BranchImm
            | Form::BranchTable
            | Form::Call
            | Form::CallIndirect
            | Form::TailCallIndirect
            | Form::Trap => true,
            Form::Binary
            | Form::Unary
            | Form::Select
            | Form::StaticLoad
            | Form::StaticStore
            | Form::Blocks
            | Form::Hint
            | Form::Output
            | Form::Jump
            | Form::Branch
            | Form::Bare => false,
        }
    }

    /// Whether `target` is a program counter.
    pub const fn has_target_pc(self) -> bool {
        matches!(
            self,
            Form::Jump | Form::Branch | Form::BranchImm | Form::BranchTable | Form::Call
        )
    }

    /// Whether `target` is a static slot.
    pub const fn has_slot(self) -> bool {
        matches!(
            self,
            Form::StaticLoad | Form::StaticStore | Form::TableLoad | Form::TableStore
        )
    }
}

impl Inst {
    /// The instruction with every field its form does not use set to zero.
    pub const fn normalized(self) -> Inst {
        let form = self.op.form();
        Inst {
            op: self.op,
            d: if form.has_d() { self.d } else { 0 },
            a: if form.operands() > 0 { self.a } else { 0 },
            b: if form.operands() > 1 { self.b } else { 0 },
            c: if form.operands() > 2 { self.c } else { 0 },
            imm: if form.has_imm() { self.imm } else { 0 },
            target: if form.has_target_pc() || form.has_slot() {
                self.target
            } else {
                0
            },
        }
    }
}
