//! The zk dialect: one row per instruction of zk64, at once an op of the IR and an instruction of the machine.
//!
//! Values are 64-bit words. Instructions named `..32` read operands whose upper half is zero and write results whose upper
//! half is zero; a word whose upper half is not zero in such a place has no proof. An `_imm` row is the same instruction
//! with the constant `imm` for its second operand, 64 bits wide (upper half zero for a 32-bit instruction).
//! In the IR, blocks take arguments and calls take values; in a program the same rows stand with registers (`crate::Inst`).

use zkc_ir::{Attr, AttrKind, Cond, Traits, Trap, Ty, Type, dialect};

const W: Ty = Ty::Is(Type::Word);
const IMM: &[(&str, AttrKind)] = &[("imm", AttrKind::Int)];
const MEM: &[(&str, AttrKind)] = &[("mem", AttrKind::Mem)];
const SLOT: &[(&str, AttrKind)] = &[("slot", AttrKind::Index)];
const LOAD: Traits = Traits::READS.or(Traits::MAY_TRAP);
const STORE: Traits = Traits::WRITES.or(Traits::MAY_TRAP);
const CALL: Traits = Traits::CALL
    .or(Traits::READS)
    .or(Traits::WRITES)
    .or(Traits::MAY_TRAP);

dialect! {
    /// The instructions of zk64.
    pub enum ZkOp as ZK, "zk" {
        Add32, "add32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(lo(x[0]).wrapping_add(lo(x[1])).into())).with(Traits::COMMUTATIVE).doc("sum modulo 2^32");
        Add32Imm, "add32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(lo(x[0]).wrapping_add(lo(imm(at))).into())).doc("sum modulo 2^32, the second operand being the constant `imm`");
        Add64, "add64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0].wrapping_add(x[1]))).with(Traits::COMMUTATIVE).doc("sum modulo 2^64");
        Add64Imm, "add64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(x[0].wrapping_add(imm(at)))).doc("sum modulo 2^64, the second operand being the constant `imm`");
        Sub32, "sub32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(lo(x[0]).wrapping_sub(lo(x[1])).into())).doc("difference modulo 2^32");
        Sub64, "sub64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0].wrapping_sub(x[1]))).doc("difference modulo 2^64");
        Mul32, "mul32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(lo(x[0]).wrapping_mul(lo(x[1])).into())).with(Traits::COMMUTATIVE).doc("product modulo 2^32");
        Mul32Imm, "mul32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(lo(x[0]).wrapping_mul(lo(imm(at))).into())).doc("product modulo 2^32, the second operand being the constant `imm`");
        Mul64, "mul64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0].wrapping_mul(x[1]))).with(Traits::COMMUTATIVE).doc("product modulo 2^64");
        Mul64Imm, "mul64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(x[0].wrapping_mul(imm(at)))).doc("product modulo 2^64, the second operand being the constant `imm`");
        Mulhu64, "mulhu64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(mulhu64(x[0], x[1]))).with(Traits::COMMUTATIVE).doc("upper 64 bits of the unsigned 128-bit product");
        Divu32, "divu32" => .operands(&[W, W]).results(&[W]).trapping(|x, _| divu32(x[0], x[1])).doc("32-bit unsigned quotient; traps on a zero divisor");
        Divu32Imm, "divu32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).trapping(|x, at| divu32(x[0], imm(at))).doc("32-bit unsigned quotient; traps on a zero divisor, the second operand being the constant `imm`");
        Divs32, "divs32" => .operands(&[W, W]).results(&[W]).trapping(|x, _| divs32(x[0], x[1])).doc("32-bit signed quotient, rounded to zero; traps on a zero divisor and on overflow");
        Divs32Imm, "divs32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).trapping(|x, at| divs32(x[0], imm(at))).doc("32-bit signed quotient, rounded to zero; traps on a zero divisor and on overflow, the second operand being the constant `imm`");
        Remu32, "remu32" => .operands(&[W, W]).results(&[W]).trapping(|x, _| remu32(x[0], x[1])).doc("32-bit unsigned remainder; traps on a zero divisor");
        Remu32Imm, "remu32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).trapping(|x, at| remu32(x[0], imm(at))).doc("32-bit unsigned remainder; traps on a zero divisor, the second operand being the constant `imm`");
        Rems32, "rems32" => .operands(&[W, W]).results(&[W]).trapping(|x, _| rems32(x[0], x[1])).doc("32-bit signed remainder, with the sign of the dividend; traps on a zero divisor");
        Rems32Imm, "rems32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).trapping(|x, at| rems32(x[0], imm(at))).doc("32-bit signed remainder, with the sign of the dividend; traps on a zero divisor, the second operand being the constant `imm`");
        Divu64, "divu64" => .operands(&[W, W]).results(&[W]).trapping(|x, _| divu64(x[0], x[1])).doc("64-bit unsigned quotient; traps on a zero divisor");
        Divu64Imm, "divu64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).trapping(|x, at| divu64(x[0], imm(at))).doc("64-bit unsigned quotient; traps on a zero divisor, the second operand being the constant `imm`");
        Divs64, "divs64" => .operands(&[W, W]).results(&[W]).trapping(|x, _| divs64(x[0], x[1])).doc("64-bit signed quotient, rounded to zero; traps on a zero divisor and on overflow");
        Divs64Imm, "divs64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).trapping(|x, at| divs64(x[0], imm(at))).doc("64-bit signed quotient, rounded to zero; traps on a zero divisor and on overflow, the second operand being the constant `imm`");
        Remu64, "remu64" => .operands(&[W, W]).results(&[W]).trapping(|x, _| remu64(x[0], x[1])).doc("64-bit unsigned remainder; traps on a zero divisor");
        Remu64Imm, "remu64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).trapping(|x, at| remu64(x[0], imm(at))).doc("64-bit unsigned remainder; traps on a zero divisor, the second operand being the constant `imm`");
        Rems64, "rems64" => .operands(&[W, W]).results(&[W]).trapping(|x, _| rems64(x[0], x[1])).doc("64-bit signed remainder, with the sign of the dividend; traps on a zero divisor");
        Rems64Imm, "rems64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).trapping(|x, at| rems64(x[0], imm(at))).doc("64-bit signed remainder, with the sign of the dividend; traps on a zero divisor, the second operand being the constant `imm`");
        And32, "and32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0] & x[1])).with(Traits::COMMUTATIVE).doc("32-bit bitwise and");
        And32Imm, "and32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(x[0] & imm(at))).doc("32-bit bitwise and, the second operand being the constant `imm`");
        And64, "and64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0] & x[1])).with(Traits::COMMUTATIVE).doc("64-bit bitwise and");
        And64Imm, "and64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(x[0] & imm(at))).doc("64-bit bitwise and, the second operand being the constant `imm`");
        Or32, "or32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0] | x[1])).with(Traits::COMMUTATIVE).doc("32-bit bitwise or");
        Or32Imm, "or32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(x[0] | imm(at))).doc("32-bit bitwise or, the second operand being the constant `imm`");
        Or64, "or64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0] | x[1])).with(Traits::COMMUTATIVE).doc("64-bit bitwise or");
        Or64Imm, "or64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(x[0] | imm(at))).doc("64-bit bitwise or, the second operand being the constant `imm`");
        Xor32, "xor32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0] ^ x[1])).with(Traits::COMMUTATIVE).doc("32-bit bitwise xor");
        Xor32Imm, "xor32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(x[0] ^ imm(at))).doc("32-bit bitwise xor, the second operand being the constant `imm`");
        Xor64, "xor64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0] ^ x[1])).with(Traits::COMMUTATIVE).doc("64-bit bitwise xor");
        Xor64Imm, "xor64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(x[0] ^ imm(at))).doc("64-bit bitwise xor, the second operand being the constant `imm`");
        Shl32, "shl32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(u64::from(lo(x[0]).wrapping_shl(x[1] as u32)))).doc("32-bit shift left by the amount modulo 32");
        Shl32Imm, "shl32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(u64::from(lo(x[0]).wrapping_shl(imm(at) as u32)))).doc("32-bit shift left by the amount modulo 32, the second operand being the constant `imm`");
        Shru32, "shru32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(u64::from(lo(x[0]).wrapping_shr(x[1] as u32)))).doc("32-bit shift right by the amount modulo 32, filling with zeros");
        Shru32Imm, "shru32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(u64::from(lo(x[0]).wrapping_shr(imm(at) as u32)))).doc("32-bit shift right by the amount modulo 32, filling with zeros, the second operand being the constant `imm`");
        Shrs32, "shrs32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(u64::from((lo(x[0]) as i32).wrapping_shr(x[1] as u32) as u32))).doc("32-bit shift right by the amount modulo 32, filling with the sign");
        Shrs32Imm, "shrs32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(u64::from((lo(x[0]) as i32).wrapping_shr(imm(at) as u32) as u32))).doc("32-bit shift right by the amount modulo 32, filling with the sign, the second operand being the constant `imm`");
        Rotl32, "rotl32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(u64::from(lo(x[0]).rotate_left(x[1] as u32 % 32)))).doc("32-bit rotate left by the amount modulo 32");
        Rotl32Imm, "rotl32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(u64::from(lo(x[0]).rotate_left(imm(at) as u32 % 32)))).doc("32-bit rotate left by the amount modulo 32, the second operand being the constant `imm`");
        Rotr32, "rotr32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(u64::from(lo(x[0]).rotate_right(x[1] as u32 % 32)))).doc("32-bit rotate right by the amount modulo 32");
        Shl64, "shl64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0].wrapping_shl(x[1] as u32))).doc("64-bit shift left by the amount modulo 64");
        Shl64Imm, "shl64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(x[0].wrapping_shl(imm(at) as u32))).doc("64-bit shift left by the amount modulo 64, the second operand being the constant `imm`");
        Shru64, "shru64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0].wrapping_shr(x[1] as u32))).doc("64-bit shift right by the amount modulo 64, filling with zeros");
        Shru64Imm, "shru64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(x[0].wrapping_shr(imm(at) as u32))).doc("64-bit shift right by the amount modulo 64, filling with zeros, the second operand being the constant `imm`");
        Shrs64, "shrs64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok((x[0] as i64).wrapping_shr(x[1] as u32) as u64)).doc("64-bit shift right by the amount modulo 64, filling with the sign");
        Shrs64Imm, "shrs64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok((x[0] as i64).wrapping_shr(imm(at) as u32) as u64)).doc("64-bit shift right by the amount modulo 64, filling with the sign, the second operand being the constant `imm`");
        Rotl64, "rotl64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0].rotate_left(x[1] as u32 % 64))).doc("64-bit rotate left by the amount modulo 64");
        Rotl64Imm, "rotl64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(x[0].rotate_left(imm(at) as u32 % 64))).doc("64-bit rotate left by the amount modulo 64, the second operand being the constant `imm`");
        Rotr64, "rotr64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(x[0].rotate_right(x[1] as u32 % 64))).doc("64-bit rotate right by the amount modulo 64");
        Eq32, "eq32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Eq.holds(32, x[0], x[1]).into())).with(Traits::COMMUTATIVE).doc("1 if the 32-bit operands are equal, else 0");
        Eq32Imm, "eq32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Eq.holds(32, x[0], imm(at)).into())).doc("1 if the 32-bit operands are equal, else 0, the second operand being the constant `imm`");
        Ne32, "ne32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Ne.holds(32, x[0], x[1]).into())).with(Traits::COMMUTATIVE).doc("1 if the 32-bit operands are not equal, else 0");
        Ne32Imm, "ne32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Ne.holds(32, x[0], imm(at)).into())).doc("1 if the 32-bit operands are not equal, else 0, the second operand being the constant `imm`");
        Ltu32, "ltu32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Ult.holds(32, x[0], x[1]).into())).doc("1 if the 32-bit operands are below, unsigned, else 0");
        Ltu32Imm, "ltu32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Ult.holds(32, x[0], imm(at)).into())).doc("1 if the 32-bit operands are below, unsigned, else 0, the second operand being the constant `imm`");
        Lts32, "lts32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Slt.holds(32, x[0], x[1]).into())).doc("1 if the 32-bit operands are below, signed, else 0");
        Lts32Imm, "lts32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Slt.holds(32, x[0], imm(at)).into())).doc("1 if the 32-bit operands are below, signed, else 0, the second operand being the constant `imm`");
        Geu32, "geu32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Uge.holds(32, x[0], x[1]).into())).doc("1 if the 32-bit operands are not below, unsigned, else 0");
        Geu32Imm, "geu32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Uge.holds(32, x[0], imm(at)).into())).doc("1 if the 32-bit operands are not below, unsigned, else 0, the second operand being the constant `imm`");
        Ges32, "ges32" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Sge.holds(32, x[0], x[1]).into())).doc("1 if the 32-bit operands are not below, signed, else 0");
        Ges32Imm, "ges32_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Sge.holds(32, x[0], imm(at)).into())).doc("1 if the 32-bit operands are not below, signed, else 0, the second operand being the constant `imm`");
        Eq64, "eq64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Eq.holds(64, x[0], x[1]).into())).with(Traits::COMMUTATIVE).doc("1 if the 64-bit operands are equal, else 0");
        Eq64Imm, "eq64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Eq.holds(64, x[0], imm(at)).into())).doc("1 if the 64-bit operands are equal, else 0, the second operand being the constant `imm`");
        Ne64, "ne64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Ne.holds(64, x[0], x[1]).into())).with(Traits::COMMUTATIVE).doc("1 if the 64-bit operands are not equal, else 0");
        Ne64Imm, "ne64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Ne.holds(64, x[0], imm(at)).into())).doc("1 if the 64-bit operands are not equal, else 0, the second operand being the constant `imm`");
        Ltu64, "ltu64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Ult.holds(64, x[0], x[1]).into())).doc("1 if the 64-bit operands are below, unsigned, else 0");
        Ltu64Imm, "ltu64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Ult.holds(64, x[0], imm(at)).into())).doc("1 if the 64-bit operands are below, unsigned, else 0, the second operand being the constant `imm`");
        Lts64, "lts64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Slt.holds(64, x[0], x[1]).into())).doc("1 if the 64-bit operands are below, signed, else 0");
        Lts64Imm, "lts64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Slt.holds(64, x[0], imm(at)).into())).doc("1 if the 64-bit operands are below, signed, else 0, the second operand being the constant `imm`");
        Geu64, "geu64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Uge.holds(64, x[0], x[1]).into())).doc("1 if the 64-bit operands are not below, unsigned, else 0");
        Geu64Imm, "geu64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Uge.holds(64, x[0], imm(at)).into())).doc("1 if the 64-bit operands are not below, unsigned, else 0, the second operand being the constant `imm`");
        Ges64, "ges64" => .operands(&[W, W]).results(&[W]).pure(|x, _| Ok(Cond::Sge.holds(64, x[0], x[1]).into())).doc("1 if the 64-bit operands are not below, signed, else 0");
        Ges64Imm, "ges64_imm" => .operands(&[W]).results(&[W]).attrs(IMM).pure(|x, at| Ok(Cond::Sge.holds(64, x[0], imm(at)).into())).doc("1 if the 64-bit operands are not below, signed, else 0, the second operand being the constant `imm`");
        Sext832, "sext8_32" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(u64::from(x[0] as u8 as i8 as i32 as u32))).doc("low 8 bits, sign-extended to 32");
        Sext1632, "sext16_32" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(u64::from(x[0] as u16 as i16 as i32 as u32))).doc("low 16 bits, sign-extended to 32");
        Sext864, "sext8_64" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(x[0] as u8 as i8 as u64)).doc("low 8 bits, sign-extended to 64");
        Sext1664, "sext16_64" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(x[0] as u16 as i16 as u64)).doc("low 16 bits, sign-extended to 64");
        Sext3264, "sext32_64" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(x[0] as u32 as i32 as u64)).doc("low 32 bits, sign-extended to 64");
        Wrap, "wrap" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(x[0] & 0xffff_ffff)).doc("low 32 bits, zero-extended");
        Clz32, "clz32" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(u64::from(lo(x[0]).leading_zeros()))).doc("number of leading zero bits of the 32-bit operand; 32 for zero");
        Ctz32, "ctz32" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(u64::from(lo(x[0]).trailing_zeros()))).doc("number of trailing zero bits of the 32-bit operand; 32 for zero");
        Popcnt32, "popcnt32" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(u64::from(lo(x[0]).count_ones()))).doc("number of one bits of the 32-bit operand");
        Clz64, "clz64" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(u64::from(x[0].leading_zeros()))).doc("number of leading zero bits of the 64-bit operand; 64 for zero");
        Ctz64, "ctz64" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(u64::from(x[0].trailing_zeros()))).doc("number of trailing zero bits of the 64-bit operand; 64 for zero");
        Popcnt64, "popcnt64" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(u64::from(x[0].count_ones()))).doc("number of one bits of the 64-bit operand");
        Select, "select" => .operands(&[W, W, W]).results(&[W]).pure(|x, _| Ok(if x[0] != 0 { x[1] } else { x[2] })).doc("the second operand if the first is not zero, else the third");
        Li, "li" => .results(&[W]).attrs(IMM).pure(|_, at| Ok(imm(at))).doc("the constant `imm`");
        Mov, "mov" => .operands(&[W]).results(&[W]).pure(|x, _| Ok(x[0])).doc("the operand");
        Ld8u, "ld8u" => .operands(&[W]).results(&[W]).attrs(MEM).with(LOAD).doc("8-bit load, zero-extended, from the 32-bit address plus the constant offset; traps out of bounds");
        Ld16u, "ld16u" => .operands(&[W]).results(&[W]).attrs(MEM).with(LOAD).doc("16-bit load, zero-extended, from the 32-bit address plus the constant offset; traps out of bounds");
        Ld32u, "ld32u" => .operands(&[W]).results(&[W]).attrs(MEM).with(LOAD).doc("32-bit load, zero-extended, from the 32-bit address plus the constant offset; traps out of bounds");
        Ld64, "ld64" => .operands(&[W]).results(&[W]).attrs(MEM).with(LOAD).doc("64-bit load, from the 32-bit address plus the constant offset; traps out of bounds");
        Ld8s32, "ld8s32" => .operands(&[W]).results(&[W]).attrs(MEM).with(LOAD).doc("8-bit load, sign-extended to 32, from the 32-bit address plus the constant offset; traps out of bounds");
        Ld16s32, "ld16s32" => .operands(&[W]).results(&[W]).attrs(MEM).with(LOAD).doc("16-bit load, sign-extended to 32, from the 32-bit address plus the constant offset; traps out of bounds");
        Ld8s64, "ld8s64" => .operands(&[W]).results(&[W]).attrs(MEM).with(LOAD).doc("8-bit load, sign-extended to 64, from the 32-bit address plus the constant offset; traps out of bounds");
        Ld16s64, "ld16s64" => .operands(&[W]).results(&[W]).attrs(MEM).with(LOAD).doc("16-bit load, sign-extended to 64, from the 32-bit address plus the constant offset; traps out of bounds");
        Ld32s64, "ld32s64" => .operands(&[W]).results(&[W]).attrs(MEM).with(LOAD).doc("32-bit load, sign-extended to 64, from the 32-bit address plus the constant offset; traps out of bounds");
        St8, "st8" => .operands(&[W, W]).attrs(MEM).with(STORE).doc("stores the low 8 bits of the second operand at the 32-bit address plus the constant offset; traps out of bounds");
        St16, "st16" => .operands(&[W, W]).attrs(MEM).with(STORE).doc("stores the low 16 bits of the second operand at the 32-bit address plus the constant offset; traps out of bounds");
        St32, "st32" => .operands(&[W, W]).attrs(MEM).with(STORE).doc("stores the low 32 bits of the second operand at the 32-bit address plus the constant offset; traps out of bounds");
        St64, "st64" => .operands(&[W, W]).attrs(MEM).with(STORE).doc("stores the low 64 bits of the second operand at the 32-bit address plus the constant offset; traps out of bounds");
        Lds, "lds" => .results(&[W]).attrs(SLOT).with(Traits::READS).doc("the static word `slot`");
        Sts, "sts" => .operands(&[W]).attrs(SLOT).with(Traits::WRITES).doc("sets the static word `slot`");
        Ldt, "ldt" => .operands(&[W]).results(&[W]).attrs(&[("slot", AttrKind::Index), ("size", AttrKind::Index)]).with(Traits::READS.or(Traits::MAY_TRAP)).doc("the static word `slot` + operand; traps `undefined-element` unless the 32-bit operand is below `size`");
        Stt, "stt" => .operands(&[W, W]).attrs(&[("slot", AttrKind::Index), ("size", AttrKind::Index)]).with(STORE).doc("sets the static word `slot` + first operand to the second; traps `out-of-bounds-table-access` unless the 32-bit first operand is below `size`");
        Copy, "copy" => .operands(&[W, W, W]).with(Traits::READS.or(Traits::WRITES)).doc("copies blocks of 32 bytes, at least one, to word address `a` of linear memory from byte address `b` of linear memory or static words, each block read whole before it is written, until `a`, 4 more with each block, is the word address `c`");
        Fill, "fill" => .operands(&[W, W, W]).with(Traits::WRITES).doc("sets blocks of 4 words, at least one, from word address `a` of linear memory on to the word `b`, until `a`, 4 more with each block, is the word address `c`");
        Grow, "grow" => .operands(&[W]).results(&[W]).attrs(&[("max", AttrKind::Index)]).with(Traits::READS.or(Traits::WRITES)).doc("memory.grow: adds pages unless that would pass `max`; the old size in pages, or 2^32 - 1");
        Arg, "arg" => .results(&[W]).attrs(&[("index", AttrKind::Index)]).with(Traits::READS).doc("public argument `index` of the run");
        Result, "result" => .operands(&[W]).attrs(&[("index", AttrKind::Index)]).with(Traits::WRITES).doc("makes the operand public result `index` of the run");
        Inlen, "inlen" => .results(&[W]).with(Traits::READS).doc("number of bytes of private input; the prover's choice, below 2^32");
        Input8, "input8" => .results(&[W]).with(Traits::READS.or(Traits::WRITES)).doc("the next byte of private input; the prover's choice, below 2^8");
        Input64, "input64" => .results(&[W]).with(Traits::READS.or(Traits::WRITES)).doc("the next 8 bytes of private input, little-endian; the prover's choice");
        Output, "output" => .operands(&[W]).with(Traits::READS.or(Traits::WRITES)).doc("appends the operand, below 2^8, to the public output bytes");
        Jump, "jump" => .variadic(&[]).successors(1).doc("continues at the successor");
        BrEq32, "br_eq32" => .variadic(&[W, W]).successors(2).doc("first successor if the 32-bit operands are equal, else the second");
        BrEq32Imm, "br_eq32_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 32-bit operand and the constant `imm` are equal, else the second");
        BrNe32, "br_ne32" => .variadic(&[W, W]).successors(2).doc("first successor if the 32-bit operands are not equal, else the second");
        BrNe32Imm, "br_ne32_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 32-bit operand and the constant `imm` are not equal, else the second");
        BrLtu32, "br_ltu32" => .variadic(&[W, W]).successors(2).doc("first successor if the 32-bit operands are below, unsigned, else the second");
        BrLtu32Imm, "br_ltu32_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 32-bit operand and the constant `imm` are below, unsigned, else the second");
        BrLts32, "br_lts32" => .variadic(&[W, W]).successors(2).doc("first successor if the 32-bit operands are below, signed, else the second");
        BrLts32Imm, "br_lts32_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 32-bit operand and the constant `imm` are below, signed, else the second");
        BrGeu32, "br_geu32" => .variadic(&[W, W]).successors(2).doc("first successor if the 32-bit operands are not below, unsigned, else the second");
        BrGeu32Imm, "br_geu32_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 32-bit operand and the constant `imm` are not below, unsigned, else the second");
        BrGes32, "br_ges32" => .variadic(&[W, W]).successors(2).doc("first successor if the 32-bit operands are not below, signed, else the second");
        BrGes32Imm, "br_ges32_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 32-bit operand and the constant `imm` are not below, signed, else the second");
        BrEq64, "br_eq64" => .variadic(&[W, W]).successors(2).doc("first successor if the 64-bit operands are equal, else the second");
        BrEq64Imm, "br_eq64_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 64-bit operand and the constant `imm` are equal, else the second");
        BrNe64, "br_ne64" => .variadic(&[W, W]).successors(2).doc("first successor if the 64-bit operands are not equal, else the second");
        BrNe64Imm, "br_ne64_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 64-bit operand and the constant `imm` are not equal, else the second");
        BrLtu64, "br_ltu64" => .variadic(&[W, W]).successors(2).doc("first successor if the 64-bit operands are below, unsigned, else the second");
        BrLtu64Imm, "br_ltu64_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 64-bit operand and the constant `imm` are below, unsigned, else the second");
        BrLts64, "br_lts64" => .variadic(&[W, W]).successors(2).doc("first successor if the 64-bit operands are below, signed, else the second");
        BrLts64Imm, "br_lts64_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 64-bit operand and the constant `imm` are below, signed, else the second");
        BrGeu64, "br_geu64" => .variadic(&[W, W]).successors(2).doc("first successor if the 64-bit operands are not below, unsigned, else the second");
        BrGeu64Imm, "br_geu64_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 64-bit operand and the constant `imm` are not below, unsigned, else the second");
        BrGes64, "br_ges64" => .variadic(&[W, W]).successors(2).doc("first successor if the 64-bit operands are not below, signed, else the second");
        BrGes64Imm, "br_ges64_imm" => .variadic(&[W]).attrs(IMM).successors(2).doc("first successor if the 64-bit operand and the constant `imm` are not below, signed, else the second");
        Brt, "brt" => .variadic(&[W]).any_successors().doc("br_table: successor number operand, or the last one if there is none of that number");
        Call, "call" => .variadic(&[]).variadic_results().attrs(&[("callee", AttrKind::Func)]).with(CALL).doc("calls a function; traps `call-stack-exhausted` when the register stack has no room");
        Calli, "calli" => .variadic(&[W]).variadic_results().attrs(&[("type", AttrKind::Index), ("results", AttrKind::Index)]).with(CALL).doc("calls the function of a table word; traps `uninitialized-element` on a null word and `indirect-call-type-mismatch` unless the word has type `type`");
        Tcall, "tcall" => .variadic(&[]).attrs(&[("callee", AttrKind::Func)]).successors(0).with(CALL).doc("calls a function in this one's frame and in its place: the operands become its arguments, its results go to this one's caller");
        Tcalli, "tcalli" => .variadic(&[W]).attrs(&[("type", AttrKind::Index)]).successors(0).with(CALL).doc("as `tcall`, the function of a table word; traps `uninitialized-element` on a null word and `indirect-call-type-mismatch` unless the word has type `type`");
        Reset, "reset" => .attrs(&[("callee", AttrKind::Func)]).successors(0).with(CALL).doc("drops all frames and goes on at the function `callee` in the entry frame");
        Ret, "ret" => .variadic(&[]).successors(0).doc("returns to the caller; ends the run with success in the entry frame");
        Trap, "trap" => .attrs(&[("kind", AttrKind::Trap)]).successors(0).with(Traits::MAY_TRAP).doc("ends the run with this trap");
        Halt, "halt" => .successors(0).doc("ends the run with success");
    }
}

fn lo(x: u64) -> u32 {
    x as u32
}

/// The `imm` attribute of an `_imm` row; the verifier has checked that it is there.
fn imm(attrs: &[Attr]) -> u64 {
    attrs
        .first()
        .and_then(Attr::as_int)
        .expect("an `_imm` row has its constant")
}

fn mulhu64(a: u64, b: u64) -> u64 {
    ((u128::from(a) * u128::from(b)) >> 64) as u64
}

fn divu32(a: u64, b: u64) -> Result<u64, Trap> {
    lo(a)
        .checked_div(lo(b))
        .map(u64::from)
        .ok_or(Trap::IntegerDivideByZero)
}

fn remu32(a: u64, b: u64) -> Result<u64, Trap> {
    lo(a)
        .checked_rem(lo(b))
        .map(u64::from)
        .ok_or(Trap::IntegerDivideByZero)
}

fn divs32(a: u64, b: u64) -> Result<u64, Trap> {
    let (a, b) = (lo(a) as i32, lo(b) as i32);
    if b == 0 {
        return Err(Trap::IntegerDivideByZero);
    }
    a.checked_div(b)
        .map(|q| u64::from(q as u32))
        .ok_or(Trap::IntegerOverflow)
}

fn rems32(a: u64, b: u64) -> Result<u64, Trap> {
    let (a, b) = (lo(a) as i32, lo(b) as i32);
    if b == 0 {
        return Err(Trap::IntegerDivideByZero);
    }
    Ok(u64::from(a.wrapping_rem(b) as u32))
}

fn divu64(a: u64, b: u64) -> Result<u64, Trap> {
    a.checked_div(b).ok_or(Trap::IntegerDivideByZero)
}

fn remu64(a: u64, b: u64) -> Result<u64, Trap> {
    a.checked_rem(b).ok_or(Trap::IntegerDivideByZero)
}

fn divs64(a: u64, b: u64) -> Result<u64, Trap> {
    let (a, b) = (a as i64, b as i64);
    if b == 0 {
        return Err(Trap::IntegerDivideByZero);
    }
    a.checked_div(b)
        .map(|q| q as u64)
        .ok_or(Trap::IntegerOverflow)
}

fn rems64(a: u64, b: u64) -> Result<u64, Trap> {
    let (a, b) = (a as i64, b as i64);
    if b == 0 {
        return Err(Trap::IntegerDivideByZero);
    }
    Ok(a.wrapping_rem(b) as u64)
}
