//! The wasm dialect: one row per WebAssembly instruction that zkc accepts, named as in the text format.
//!
//! The operand stack is gone: values are SSA. Locals are read and written by ops, parameters first; a body's entry block
//! takes the parameters, and locals start as they do in WASM. A structured op holds regions of one block each, ended by
//! `wasm.end` or a branch; code after a branch, which cannot run, is not there. Operands stand in WASM's order except
//! that a condition, selector or table index that comes last on the stack comes first where the count varies.
//! A reference is a word: null is 0, function `f` is `f` + 1, the host's `n` is `n` + 1.
//! Accesses to memories beyond the first are the `memory_n` rows, of 64 bits; the decoder narrows and extends.
//! Floats are their bits; a result of float arithmetic that is a NaN is the positive canonical one.

use crate::attr::AttrKind;
use crate::dialect::{Traits, Ty};
use crate::float;
use crate::int;
use crate::parts::{
    ACCESS, CALL, COPY, I32, I64, INDEX, LOAD, MEM, MEMORY, SEGMENT, STORE, TABLE, VALUE,
};
use crate::types::Type;

const F32: Ty = Ty::Is(Type::F32);
const F64: Ty = Ty::Is(Type::F64);
const DEPTH: &[(&str, AttrKind)] = &[("depth", AttrKind::Index)];

crate::dialect! {
    /// WebAssembly's instructions.
    pub enum WasmOp as WASM, "wasm" {
        I32Const, "i32.const" => .results(&[I32]).attrs(VALUE).pure(int::constant).doc("the constant with these bits");
        I64Const, "i64.const" => .results(&[I64]).attrs(VALUE).pure(int::constant).doc("the constant with these bits");
        F32Const, "f32.const" => .results(&[F32]).attrs(VALUE).pure(int::constant).doc("the constant with these bits");
        F64Const, "f64.const" => .results(&[F64]).attrs(VALUE).pure(int::constant).doc("the constant with these bits");
        I32Eqz, "i32.eqz" => .operands(&[I32]).results(&[I32]).pure(int::w32::eqz).doc("1 if the operand is zero, else 0");
        I32Eq, "i32.eq" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::eq).with(Traits::COMMUTATIVE).doc("1 if the first operand equals the second, else 0");
        I32Ne, "i32.ne" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::ne).with(Traits::COMMUTATIVE).doc("1 if the first operand does not equal the second, else 0");
        I32LtS, "i32.lt_s" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::lt_s).doc("1 if the first operand is less, signed, else 0");
        I32LtU, "i32.lt_u" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::lt_u).doc("1 if the first operand is less, unsigned, else 0");
        I32GtS, "i32.gt_s" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::gt_s).doc("1 if the first operand is greater, signed, else 0");
        I32GtU, "i32.gt_u" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::gt_u).doc("1 if the first operand is greater, unsigned, else 0");
        I32LeS, "i32.le_s" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::le_s).doc("1 if the first operand is less or equal, signed, else 0");
        I32LeU, "i32.le_u" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::le_u).doc("1 if the first operand is less or equal, unsigned, else 0");
        I32GeS, "i32.ge_s" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::ge_s).doc("1 if the first operand is greater or equal, signed, else 0");
        I32GeU, "i32.ge_u" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::ge_u).doc("1 if the first operand is greater or equal, unsigned, else 0");
        I32Clz, "i32.clz" => .operands(&[I32]).results(&[I32]).pure(int::w32::clz).doc("number of leading zero bits; 32 for zero");
        I32Ctz, "i32.ctz" => .operands(&[I32]).results(&[I32]).pure(int::w32::ctz).doc("number of trailing zero bits; 32 for zero");
        I32Popcnt, "i32.popcnt" => .operands(&[I32]).results(&[I32]).pure(int::w32::popcnt).doc("number of one bits");
        I32Add, "i32.add" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::add).with(Traits::COMMUTATIVE).doc("sum modulo 2^32");
        I32Sub, "i32.sub" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::sub).doc("difference modulo 2^32");
        I32Mul, "i32.mul" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::mul).with(Traits::COMMUTATIVE).doc("product modulo 2^32");
        I32DivS, "i32.div_s" => .operands(&[I32, I32]).results(&[I32]).trapping(int::w32::div_s).doc("signed quotient, rounded to zero; traps on a zero divisor and on overflow");
        I32DivU, "i32.div_u" => .operands(&[I32, I32]).results(&[I32]).trapping(int::w32::div_u).doc("unsigned quotient; traps on a zero divisor");
        I32RemS, "i32.rem_s" => .operands(&[I32, I32]).results(&[I32]).trapping(int::w32::rem_s).doc("signed remainder, with the sign of the dividend; traps on a zero divisor");
        I32RemU, "i32.rem_u" => .operands(&[I32, I32]).results(&[I32]).trapping(int::w32::rem_u).doc("unsigned remainder; traps on a zero divisor");
        I32And, "i32.and" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::and).with(Traits::COMMUTATIVE).doc("bitwise and");
        I32Or, "i32.or" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::or).with(Traits::COMMUTATIVE).doc("bitwise or");
        I32Xor, "i32.xor" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::xor).with(Traits::COMMUTATIVE).doc("bitwise exclusive or");
        I32Shl, "i32.shl" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::shl).doc("shift left by the amount modulo 32");
        I32ShrS, "i32.shr_s" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::shr_s).doc("shift right by the amount modulo 32, filling with the sign");
        I32ShrU, "i32.shr_u" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::shr_u).doc("shift right by the amount modulo 32, filling with zeros");
        I32Rotl, "i32.rotl" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::rotl).doc("rotate left by the amount modulo 32");
        I32Rotr, "i32.rotr" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::rotr).doc("rotate right by the amount modulo 32");
        I32Extend8S, "i32.extend8_s" => .operands(&[I32]).results(&[I32]).pure(int::w32::extend8).doc("low 8 bits, sign-extended to 32");
        I32Extend16S, "i32.extend16_s" => .operands(&[I32]).results(&[I32]).pure(int::w32::extend16).doc("low 16 bits, sign-extended to 32");
        I64Eqz, "i64.eqz" => .operands(&[I64]).results(&[I32]).pure(int::w64::eqz).doc("1 if the operand is zero, else 0");
        I64Eq, "i64.eq" => .operands(&[I64, I64]).results(&[I32]).pure(int::w64::eq).with(Traits::COMMUTATIVE).doc("1 if the first operand equals the second, else 0");
        I64Ne, "i64.ne" => .operands(&[I64, I64]).results(&[I32]).pure(int::w64::ne).with(Traits::COMMUTATIVE).doc("1 if the first operand does not equal the second, else 0");
        I64LtS, "i64.lt_s" => .operands(&[I64, I64]).results(&[I32]).pure(int::w64::lt_s).doc("1 if the first operand is less, signed, else 0");
        I64LtU, "i64.lt_u" => .operands(&[I64, I64]).results(&[I32]).pure(int::w64::lt_u).doc("1 if the first operand is less, unsigned, else 0");
        I64GtS, "i64.gt_s" => .operands(&[I64, I64]).results(&[I32]).pure(int::w64::gt_s).doc("1 if the first operand is greater, signed, else 0");
        I64GtU, "i64.gt_u" => .operands(&[I64, I64]).results(&[I32]).pure(int::w64::gt_u).doc("1 if the first operand is greater, unsigned, else 0");
        I64LeS, "i64.le_s" => .operands(&[I64, I64]).results(&[I32]).pure(int::w64::le_s).doc("1 if the first operand is less or equal, signed, else 0");
        I64LeU, "i64.le_u" => .operands(&[I64, I64]).results(&[I32]).pure(int::w64::le_u).doc("1 if the first operand is less or equal, unsigned, else 0");
        I64GeS, "i64.ge_s" => .operands(&[I64, I64]).results(&[I32]).pure(int::w64::ge_s).doc("1 if the first operand is greater or equal, signed, else 0");
        I64GeU, "i64.ge_u" => .operands(&[I64, I64]).results(&[I32]).pure(int::w64::ge_u).doc("1 if the first operand is greater or equal, unsigned, else 0");
        I64Clz, "i64.clz" => .operands(&[I64]).results(&[I64]).pure(int::w64::clz).doc("number of leading zero bits; 64 for zero");
        I64Ctz, "i64.ctz" => .operands(&[I64]).results(&[I64]).pure(int::w64::ctz).doc("number of trailing zero bits; 64 for zero");
        I64Popcnt, "i64.popcnt" => .operands(&[I64]).results(&[I64]).pure(int::w64::popcnt).doc("number of one bits");
        I64Add, "i64.add" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::add).with(Traits::COMMUTATIVE).doc("sum modulo 2^64");
        I64Sub, "i64.sub" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::sub).doc("difference modulo 2^64");
        I64Mul, "i64.mul" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::mul).with(Traits::COMMUTATIVE).doc("product modulo 2^64");
        I64DivS, "i64.div_s" => .operands(&[I64, I64]).results(&[I64]).trapping(int::w64::div_s).doc("signed quotient, rounded to zero; traps on a zero divisor and on overflow");
        I64DivU, "i64.div_u" => .operands(&[I64, I64]).results(&[I64]).trapping(int::w64::div_u).doc("unsigned quotient; traps on a zero divisor");
        I64RemS, "i64.rem_s" => .operands(&[I64, I64]).results(&[I64]).trapping(int::w64::rem_s).doc("signed remainder, with the sign of the dividend; traps on a zero divisor");
        I64RemU, "i64.rem_u" => .operands(&[I64, I64]).results(&[I64]).trapping(int::w64::rem_u).doc("unsigned remainder; traps on a zero divisor");
        I64And, "i64.and" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::and).with(Traits::COMMUTATIVE).doc("bitwise and");
        I64Or, "i64.or" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::or).with(Traits::COMMUTATIVE).doc("bitwise or");
        I64Xor, "i64.xor" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::xor).with(Traits::COMMUTATIVE).doc("bitwise exclusive or");
        I64Shl, "i64.shl" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::shl).doc("shift left by the amount modulo 64");
        I64ShrS, "i64.shr_s" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::shr_s).doc("shift right by the amount modulo 64, filling with the sign");
        I64ShrU, "i64.shr_u" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::shr_u).doc("shift right by the amount modulo 64, filling with zeros");
        I64Rotl, "i64.rotl" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::rotl).doc("rotate left by the amount modulo 64");
        I64Rotr, "i64.rotr" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::rotr).doc("rotate right by the amount modulo 64");
        I64Extend8S, "i64.extend8_s" => .operands(&[I64]).results(&[I64]).pure(int::w64::extend8).doc("low 8 bits, sign-extended to 64");
        I64Extend16S, "i64.extend16_s" => .operands(&[I64]).results(&[I64]).pure(int::w64::extend16).doc("low 16 bits, sign-extended to 64");
        I64Extend32S, "i64.extend32_s" => .operands(&[I64]).results(&[I64]).pure(int::extend32).doc("low 32 bits, sign-extended to 64");
        I32WrapI64, "i32.wrap_i64" => .operands(&[I64]).results(&[I32]).pure(int::wrap).doc("low 32 bits");
        I64ExtendI32S, "i64.extend_i32_s" => .operands(&[I32]).results(&[I64]).pure(int::extend32).doc("sign extension");
        I64ExtendI32U, "i64.extend_i32_u" => .operands(&[I32]).results(&[I64]).pure(int::same).doc("zero extension");
        I32ReinterpretF32, "i32.reinterpret_f32" => .operands(&[F32]).results(&[I32]).pure(int::same).doc("the same bits as another type");
        I64ReinterpretF64, "i64.reinterpret_f64" => .operands(&[F64]).results(&[I64]).pure(int::same).doc("the same bits as another type");
        F32ReinterpretI32, "f32.reinterpret_i32" => .operands(&[I32]).results(&[F32]).pure(int::same).doc("the same bits as another type");
        F64ReinterpretI64, "f64.reinterpret_i64" => .operands(&[I64]).results(&[F64]).pure(int::same).doc("the same bits as another type");
        F32Eq, "f32.eq" => .operands(&[F32, F32]).results(&[I32]).pure(float::f32::eq).with(Traits::COMMUTATIVE).doc("1 if the operands are equal, else 0");
        F32Ne, "f32.ne" => .operands(&[F32, F32]).results(&[I32]).pure(float::f32::ne).with(Traits::COMMUTATIVE).doc("1 if the operands are not equal, NaNs included, else 0");
        F32Lt, "f32.lt" => .operands(&[F32, F32]).results(&[I32]).pure(float::f32::lt).doc("1 if the first operand is less, else 0");
        F32Gt, "f32.gt" => .operands(&[F32, F32]).results(&[I32]).pure(float::f32::gt).doc("1 if the first operand is greater, else 0");
        F32Le, "f32.le" => .operands(&[F32, F32]).results(&[I32]).pure(float::f32::le).doc("1 if the first operand is less or equal, else 0");
        F32Ge, "f32.ge" => .operands(&[F32, F32]).results(&[I32]).pure(float::f32::ge).doc("1 if the first operand is greater or equal, else 0");
        F32Abs, "f32.abs" => .operands(&[F32]).results(&[F32]).pure(float::f32::abs).doc("magnitude; changes the sign bit only, of a NaN as well");
        F32Neg, "f32.neg" => .operands(&[F32]).results(&[F32]).pure(float::f32::neg).doc("negation; changes the sign bit only, of a NaN as well");
        F32Ceil, "f32.ceil" => .operands(&[F32]).results(&[F32]).pure(float::f32::ceil).doc("rounded up to an integer");
        F32Floor, "f32.floor" => .operands(&[F32]).results(&[F32]).pure(float::f32::floor).doc("rounded down to an integer");
        F32Trunc, "f32.trunc" => .operands(&[F32]).results(&[F32]).pure(float::f32::trunc).doc("rounded to an integer towards zero");
        F32Nearest, "f32.nearest" => .operands(&[F32]).results(&[F32]).pure(float::f32::nearest).doc("rounded to the nearest integer, ties to even");
        F32Sqrt, "f32.sqrt" => .operands(&[F32]).results(&[F32]).pure(float::f32::sqrt).doc("square root, rounded");
        F32Add, "f32.add" => .operands(&[F32, F32]).results(&[F32]).pure(float::f32::add).with(Traits::COMMUTATIVE).doc("sum, rounded");
        F32Sub, "f32.sub" => .operands(&[F32, F32]).results(&[F32]).pure(float::f32::sub).doc("difference, rounded");
        F32Mul, "f32.mul" => .operands(&[F32, F32]).results(&[F32]).pure(float::f32::mul).with(Traits::COMMUTATIVE).doc("product, rounded");
        F32Div, "f32.div" => .operands(&[F32, F32]).results(&[F32]).pure(float::f32::div).doc("quotient, rounded");
        F32Min, "f32.min" => .operands(&[F32, F32]).results(&[F32]).pure(float::f32::min).with(Traits::COMMUTATIVE).doc("the smaller operand; NaN if one is a NaN");
        F32Max, "f32.max" => .operands(&[F32, F32]).results(&[F32]).pure(float::f32::max).with(Traits::COMMUTATIVE).doc("the larger operand; NaN if one is a NaN");
        F32Copysign, "f32.copysign" => .operands(&[F32, F32]).results(&[F32]).pure(float::f32::copysign).doc("the first operand with the sign bit of the second");
        F64Eq, "f64.eq" => .operands(&[F64, F64]).results(&[I32]).pure(float::f64::eq).with(Traits::COMMUTATIVE).doc("1 if the operands are equal, else 0");
        F64Ne, "f64.ne" => .operands(&[F64, F64]).results(&[I32]).pure(float::f64::ne).with(Traits::COMMUTATIVE).doc("1 if the operands are not equal, NaNs included, else 0");
        F64Lt, "f64.lt" => .operands(&[F64, F64]).results(&[I32]).pure(float::f64::lt).doc("1 if the first operand is less, else 0");
        F64Gt, "f64.gt" => .operands(&[F64, F64]).results(&[I32]).pure(float::f64::gt).doc("1 if the first operand is greater, else 0");
        F64Le, "f64.le" => .operands(&[F64, F64]).results(&[I32]).pure(float::f64::le).doc("1 if the first operand is less or equal, else 0");
        F64Ge, "f64.ge" => .operands(&[F64, F64]).results(&[I32]).pure(float::f64::ge).doc("1 if the first operand is greater or equal, else 0");
        F64Abs, "f64.abs" => .operands(&[F64]).results(&[F64]).pure(float::f64::abs).doc("magnitude; changes the sign bit only, of a NaN as well");
        F64Neg, "f64.neg" => .operands(&[F64]).results(&[F64]).pure(float::f64::neg).doc("negation; changes the sign bit only, of a NaN as well");
        F64Ceil, "f64.ceil" => .operands(&[F64]).results(&[F64]).pure(float::f64::ceil).doc("rounded up to an integer");
        F64Floor, "f64.floor" => .operands(&[F64]).results(&[F64]).pure(float::f64::floor).doc("rounded down to an integer");
        F64Trunc, "f64.trunc" => .operands(&[F64]).results(&[F64]).pure(float::f64::trunc).doc("rounded to an integer towards zero");
        F64Nearest, "f64.nearest" => .operands(&[F64]).results(&[F64]).pure(float::f64::nearest).doc("rounded to the nearest integer, ties to even");
        F64Sqrt, "f64.sqrt" => .operands(&[F64]).results(&[F64]).pure(float::f64::sqrt).doc("square root, rounded");
        F64Add, "f64.add" => .operands(&[F64, F64]).results(&[F64]).pure(float::f64::add).with(Traits::COMMUTATIVE).doc("sum, rounded");
        F64Sub, "f64.sub" => .operands(&[F64, F64]).results(&[F64]).pure(float::f64::sub).doc("difference, rounded");
        F64Mul, "f64.mul" => .operands(&[F64, F64]).results(&[F64]).pure(float::f64::mul).with(Traits::COMMUTATIVE).doc("product, rounded");
        F64Div, "f64.div" => .operands(&[F64, F64]).results(&[F64]).pure(float::f64::div).doc("quotient, rounded");
        F64Min, "f64.min" => .operands(&[F64, F64]).results(&[F64]).pure(float::f64::min).with(Traits::COMMUTATIVE).doc("the smaller operand; NaN if one is a NaN");
        F64Max, "f64.max" => .operands(&[F64, F64]).results(&[F64]).pure(float::f64::max).with(Traits::COMMUTATIVE).doc("the larger operand; NaN if one is a NaN");
        F64Copysign, "f64.copysign" => .operands(&[F64, F64]).results(&[F64]).pure(float::f64::copysign).doc("the first operand with the sign bit of the second");
        I32TruncF32S, "i32.trunc_f32_s" => .operands(&[F32]).results(&[I32]).trapping(float::f32::to_i32_s).doc("the signed integer towards zero; traps on a NaN and out of range");
        I32TruncF32U, "i32.trunc_f32_u" => .operands(&[F32]).results(&[I32]).trapping(float::f32::to_i32_u).doc("the unsigned integer towards zero; traps on a NaN and out of range");
        I32TruncF64S, "i32.trunc_f64_s" => .operands(&[F64]).results(&[I32]).trapping(float::f64::to_i32_s).doc("the signed integer towards zero; traps on a NaN and out of range");
        I32TruncF64U, "i32.trunc_f64_u" => .operands(&[F64]).results(&[I32]).trapping(float::f64::to_i32_u).doc("the unsigned integer towards zero; traps on a NaN and out of range");
        I32TruncSatF32S, "i32.trunc_sat_f32_s" => .operands(&[F32]).results(&[I32]).pure(float::f32::sat_i32_s).doc("the signed integer towards zero; the nearest there is if out of range, 0 for a NaN");
        I32TruncSatF32U, "i32.trunc_sat_f32_u" => .operands(&[F32]).results(&[I32]).pure(float::f32::sat_i32_u).doc("the unsigned integer towards zero; the nearest there is if out of range, 0 for a NaN");
        I32TruncSatF64S, "i32.trunc_sat_f64_s" => .operands(&[F64]).results(&[I32]).pure(float::f64::sat_i32_s).doc("the signed integer towards zero; the nearest there is if out of range, 0 for a NaN");
        I32TruncSatF64U, "i32.trunc_sat_f64_u" => .operands(&[F64]).results(&[I32]).pure(float::f64::sat_i32_u).doc("the unsigned integer towards zero; the nearest there is if out of range, 0 for a NaN");
        I64TruncF32S, "i64.trunc_f32_s" => .operands(&[F32]).results(&[I64]).trapping(float::f32::to_i64_s).doc("the signed integer towards zero; traps on a NaN and out of range");
        I64TruncF32U, "i64.trunc_f32_u" => .operands(&[F32]).results(&[I64]).trapping(float::f32::to_i64_u).doc("the unsigned integer towards zero; traps on a NaN and out of range");
        I64TruncF64S, "i64.trunc_f64_s" => .operands(&[F64]).results(&[I64]).trapping(float::f64::to_i64_s).doc("the signed integer towards zero; traps on a NaN and out of range");
        I64TruncF64U, "i64.trunc_f64_u" => .operands(&[F64]).results(&[I64]).trapping(float::f64::to_i64_u).doc("the unsigned integer towards zero; traps on a NaN and out of range");
        I64TruncSatF32S, "i64.trunc_sat_f32_s" => .operands(&[F32]).results(&[I64]).pure(float::f32::sat_i64_s).doc("the signed integer towards zero; the nearest there is if out of range, 0 for a NaN");
        I64TruncSatF32U, "i64.trunc_sat_f32_u" => .operands(&[F32]).results(&[I64]).pure(float::f32::sat_i64_u).doc("the unsigned integer towards zero; the nearest there is if out of range, 0 for a NaN");
        I64TruncSatF64S, "i64.trunc_sat_f64_s" => .operands(&[F64]).results(&[I64]).pure(float::f64::sat_i64_s).doc("the signed integer towards zero; the nearest there is if out of range, 0 for a NaN");
        I64TruncSatF64U, "i64.trunc_sat_f64_u" => .operands(&[F64]).results(&[I64]).pure(float::f64::sat_i64_u).doc("the unsigned integer towards zero; the nearest there is if out of range, 0 for a NaN");
        F32ConvertI32S, "f32.convert_i32_s" => .operands(&[I32]).results(&[F32]).pure(float::f32::from_i32_s).doc("the float nearest to the signed integer");
        F32ConvertI32U, "f32.convert_i32_u" => .operands(&[I32]).results(&[F32]).pure(float::f32::from_i32_u).doc("the float nearest to the unsigned integer");
        F32ConvertI64S, "f32.convert_i64_s" => .operands(&[I64]).results(&[F32]).pure(float::f32::from_i64_s).doc("the float nearest to the signed integer");
        F32ConvertI64U, "f32.convert_i64_u" => .operands(&[I64]).results(&[F32]).pure(float::f32::from_i64_u).doc("the float nearest to the unsigned integer");
        F64ConvertI32S, "f64.convert_i32_s" => .operands(&[I32]).results(&[F64]).pure(float::f64::from_i32_s).doc("the float nearest to the signed integer");
        F64ConvertI32U, "f64.convert_i32_u" => .operands(&[I32]).results(&[F64]).pure(float::f64::from_i32_u).doc("the float nearest to the unsigned integer");
        F64ConvertI64S, "f64.convert_i64_s" => .operands(&[I64]).results(&[F64]).pure(float::f64::from_i64_s).doc("the float nearest to the signed integer");
        F64ConvertI64U, "f64.convert_i64_u" => .operands(&[I64]).results(&[F64]).pure(float::f64::from_i64_u).doc("the float nearest to the unsigned integer");
        F32DemoteF64, "f32.demote_f64" => .operands(&[F64]).results(&[F32]).pure(float::demote).doc("the nearest float of single precision");
        F64PromoteF32, "f64.promote_f32" => .operands(&[F32]).results(&[F64]).pure(float::promote).doc("the same number in double precision");
        I32Load, "i32.load" => .operands(&[I32]).results(&[I32]).attrs(MEM).with(LOAD).doc("load of 32 bits, from the address plus the offset; traps out of bounds");
        I64Load, "i64.load" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 64 bits, from the address plus the offset; traps out of bounds");
        F32Load, "f32.load" => .operands(&[I32]).results(&[F32]).attrs(MEM).with(LOAD).doc("load of 32 bits, from the address plus the offset; traps out of bounds");
        F64Load, "f64.load" => .operands(&[I32]).results(&[F64]).attrs(MEM).with(LOAD).doc("load of 64 bits, from the address plus the offset; traps out of bounds");
        I32Load8S, "i32.load8_s" => .operands(&[I32]).results(&[I32]).attrs(MEM).with(LOAD).doc("load of 8 bits, sign-extended, from the address plus the offset; traps out of bounds");
        I32Load8U, "i32.load8_u" => .operands(&[I32]).results(&[I32]).attrs(MEM).with(LOAD).doc("load of 8 bits, zero-extended, from the address plus the offset; traps out of bounds");
        I32Load16S, "i32.load16_s" => .operands(&[I32]).results(&[I32]).attrs(MEM).with(LOAD).doc("load of 16 bits, sign-extended, from the address plus the offset; traps out of bounds");
        I32Load16U, "i32.load16_u" => .operands(&[I32]).results(&[I32]).attrs(MEM).with(LOAD).doc("load of 16 bits, zero-extended, from the address plus the offset; traps out of bounds");
        I64Load8S, "i64.load8_s" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 8 bits, sign-extended, from the address plus the offset; traps out of bounds");
        I64Load8U, "i64.load8_u" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 8 bits, zero-extended, from the address plus the offset; traps out of bounds");
        I64Load16S, "i64.load16_s" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 16 bits, sign-extended, from the address plus the offset; traps out of bounds");
        I64Load16U, "i64.load16_u" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 16 bits, zero-extended, from the address plus the offset; traps out of bounds");
        I64Load32S, "i64.load32_s" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 32 bits, sign-extended, from the address plus the offset; traps out of bounds");
        I64Load32U, "i64.load32_u" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 32 bits, zero-extended, from the address plus the offset; traps out of bounds");
        I32Store, "i32.store" => .operands(&[I32, I32]).attrs(MEM).with(STORE).doc("stores the 32 bits of the second operand at the address plus the offset; traps out of bounds");
        I64Store, "i64.store" => .operands(&[I32, I64]).attrs(MEM).with(STORE).doc("stores the 64 bits of the second operand at the address plus the offset; traps out of bounds");
        F32Store, "f32.store" => .operands(&[I32, F32]).attrs(MEM).with(STORE).doc("stores the 32 bits of the second operand at the address plus the offset; traps out of bounds");
        F64Store, "f64.store" => .operands(&[I32, F64]).attrs(MEM).with(STORE).doc("stores the 64 bits of the second operand at the address plus the offset; traps out of bounds");
        I32Store8, "i32.store8" => .operands(&[I32, I32]).attrs(MEM).with(STORE).doc("stores the low 8 bits of the second operand at the address plus the offset; traps out of bounds");
        I32Store16, "i32.store16" => .operands(&[I32, I32]).attrs(MEM).with(STORE).doc("stores the low 16 bits of the second operand at the address plus the offset; traps out of bounds");
        I64Store8, "i64.store8" => .operands(&[I32, I64]).attrs(MEM).with(STORE).doc("stores the low 8 bits of the second operand at the address plus the offset; traps out of bounds");
        I64Store16, "i64.store16" => .operands(&[I32, I64]).attrs(MEM).with(STORE).doc("stores the low 16 bits of the second operand at the address plus the offset; traps out of bounds");
        I64Store32, "i64.store32" => .operands(&[I32, I64]).attrs(MEM).with(STORE).doc("stores the low 32 bits of the second operand at the address plus the offset; traps out of bounds");
        MemorySize, "memory.size" => .results(&[I32]).with(Traits::READS).doc("size of the memory in pages");
        MemoryGrow, "memory.grow" => .operands(&[I32]).results(&[I32]).with(Traits::READS.or(Traits::WRITES)).doc("adds pages; the old size in pages, or 2^32 - 1 if the memory cannot grow so far");
        MemoryFill, "memory.fill" => .operands(&[I32, I32, I32]).with(LOAD.or(STORE)).doc("sets bytes: address, byte value, length; traps out of bounds before any write");
        MemoryCopy, "memory.copy" => .operands(&[I32, I32, I32]).with(LOAD.or(STORE)).doc("copies bytes: destination, source, length, which may overlap; traps out of bounds before any write");
        MemoryInit, "memory.init" => .operands(&[I32, I32, I32]).attrs(&[("memory", AttrKind::Index), ("segment", AttrKind::Index)]).with(LOAD.or(STORE)).doc("copies bytes of a data segment: destination in the memory `memory`, offset in the segment, length; traps out of bounds before any write");
        DataDrop, "data.drop" => .attrs(SEGMENT).with(Traits::WRITES).doc("makes the data segment `segment` empty");
        MemoryNLoad, "memory_n.load" => .operands(&[I32]).results(&[I64]).attrs(ACCESS).with(LOAD).doc("load of `bytes` bytes, zero-extended, from the memory `memory`, which is not the first, at the address plus the offset; traps out of bounds");
        MemoryNStore, "memory_n.store" => .operands(&[I32, I64]).attrs(ACCESS).with(STORE).doc("stores the low `bytes` bytes of the second operand in the memory `memory`, which is not the first, at the address plus the offset; traps out of bounds");
        MemoryNSize, "memory_n.size" => .results(&[I32]).attrs(MEMORY).with(Traits::READS).doc("size in pages of the memory `memory`, which is not the first");
        MemoryNGrow, "memory_n.grow" => .operands(&[I32]).results(&[I32]).attrs(MEMORY).with(Traits::READS.or(Traits::WRITES)).doc("`memory.grow` of the memory `memory`, which is not the first");
        MemoryNFill, "memory_n.fill" => .operands(&[I32, I32, I32]).attrs(MEMORY).with(LOAD.or(STORE)).doc("`memory.fill` of the memory `memory`, which is not the first");
        MemoryNCopy, "memory_n.copy" => .operands(&[I32, I32, I32]).attrs(COPY).with(LOAD.or(STORE)).doc("`memory.copy` between two memories that are not both the first");
        RefNull, "ref.null" => .results(&[Ty::Any]).pure(int::null).doc("the null reference");
        RefIsNull, "ref.is_null" => .operands(&[Ty::Any]).results(&[I32]).pure(int::w64::eqz).doc("1 if the reference is null, else 0");
        RefFunc, "ref.func" => .results(&[Ty::Is(Type::FuncRef)]).attrs(&[("func", AttrKind::Func)]).with(Traits::READS).doc("a reference to the function");
        TableGet, "table.get" => .operands(&[I32]).results(&[Ty::Any]).attrs(TABLE).with(LOAD).doc("the table's element; traps out of bounds");
        TableSet, "table.set" => .operands(&[I32, Ty::Any]).attrs(TABLE).with(STORE).doc("sets the table's element; traps out of bounds");
        TableSize, "table.size" => .results(&[I32]).attrs(TABLE).with(Traits::READS).doc("number of the table's elements");
        TableGrow, "table.grow" => .operands(&[Ty::Any, I32]).results(&[I32]).attrs(TABLE).with(Traits::READS.or(Traits::WRITES)).doc("adds elements of the first operand's value, as many as the second; the old size, or 2^32 - 1 if the table cannot grow so far");
        TableFill, "table.fill" => .operands(&[I32, Ty::Any, I32]).attrs(TABLE).with(LOAD.or(STORE)).doc("sets elements: first, value, number; traps out of bounds before any write");
        TableCopy, "table.copy" => .operands(&[I32, I32, I32]).attrs(COPY).with(LOAD.or(STORE)).doc("copies elements: first in the table `to`, first in the table `from`, number, which may overlap; traps out of bounds before any write");
        TableInit, "table.init" => .operands(&[I32, I32, I32]).attrs(&[("table", AttrKind::Index), ("segment", AttrKind::Index)]).with(LOAD.or(STORE)).doc("copies elements of an element segment: first in the table, first in the segment, number; traps out of bounds before any write");
        ElemDrop, "elem.drop" => .attrs(SEGMENT).with(Traits::WRITES).doc("makes the element segment `segment` empty");
        LocalGet, "local.get" => .results(&[Ty::Any]).attrs(INDEX).with(Traits::READS).doc("the local `index`");
        LocalSet, "local.set" => .operands(&[Ty::Any]).attrs(INDEX).with(Traits::WRITES).doc("sets the local `index`");
        LocalTee, "local.tee" => .operands(&[Ty::Same]).results(&[Ty::Same]).attrs(INDEX).with(Traits::WRITES).doc("sets the local `index` and gives the operand");
        GlobalGet, "global.get" => .results(&[Ty::Any]).attrs(INDEX).with(Traits::READS).doc("the global `index`");
        GlobalSet, "global.set" => .operands(&[Ty::Any]).attrs(INDEX).with(Traits::WRITES).doc("sets the global `index`");
        Nop, "nop" => .with(Traits::PURE).doc("nothing");
        Drop, "drop" => .operands(&[Ty::Any]).with(Traits::PURE).doc("takes its operand off the operand stack");
        Select, "select" => .operands(&[Ty::Same, Ty::Same, I32]).results(&[Ty::Same]).pure(int::select_last).doc("the first operand if the third is not zero, else the second");
        Block, "block" => .variadic(&[]).variadic_results().regions(1).doc("runs its region, whose block takes the operands; a branch to its label ends it with the branch's operands as results");
        Loop, "loop" => .variadic(&[]).variadic_results().regions(1).doc("runs its region, whose block takes the operands; a branch to its label starts it again with the branch's operands");
        If, "if" => .variadic(&[I32]).variadic_results().regions(2).doc("runs its first region if the first operand is not zero, else its second, with the other operands; labels work as for `block`");
        End, "end" => .variadic(&[]).successors(0).doc("ends the region of the enclosing op, or the function, with these results");
        Br, "br" => .variadic(&[]).attrs(DEPTH).successors(0).doc("branches to label `depth`, 0 being the innermost; the outermost label is the function's and returns");
        BrIf, "br_if" => .variadic(&[I32]).attrs(DEPTH).doc("branches to label `depth` with the other operands if the first is not zero, else goes on");
        BrTable, "br_table" => .variadic(&[I32]).attrs(&[("depths", AttrKind::Indices)]).successors(0).doc("branches to the label that the first operand selects among `depths`, or to the last if it has no such entry, with the other operands");
        Return, "return" => .variadic(&[]).successors(0).doc("returns from the function");
        Unreachable, "unreachable" => .successors(0).with(Traits::MAY_TRAP).doc("traps `unreachable`");
        ReturnCall, "return_call" => .variadic(&[]).attrs(&[("callee", AttrKind::Func)]).successors(0).with(CALL).doc("calls a function in place of this one and returns its results");
        ReturnCallIndirect, "return_call_indirect" => .variadic(&[I32]).attrs(&[("type", AttrKind::Index), ("table", AttrKind::Index)]).successors(0).with(CALL).doc("as `call_indirect`, in place of this function, and returns the results");
        Call, "call" => .variadic(&[]).variadic_results().attrs(&[("callee", AttrKind::Func)]).with(CALL).doc("calls a function");
        CallIndirect, "call_indirect" => .variadic(&[I32]).variadic_results().attrs(&[("type", AttrKind::Index), ("table", AttrKind::Index)]).with(CALL).doc("calls the function at the table index that is the first operand, with the other operands; traps unless it is there and of type `type`");
    }
}

/// The pattern of the [`WasmOp`]s that compute with floats, beyond moving and masking their bits: a routine of integer
/// operations each.
#[macro_export]
macro_rules! float_routines {
    () => {
        $crate::WasmOp::F32Eq
            | $crate::WasmOp::F32Ne
            | $crate::WasmOp::F32Lt
            | $crate::WasmOp::F32Gt
            | $crate::WasmOp::F32Le
            | $crate::WasmOp::F32Ge
            | $crate::WasmOp::F32Ceil
            | $crate::WasmOp::F32Floor
            | $crate::WasmOp::F32Trunc
            | $crate::WasmOp::F32Nearest
            | $crate::WasmOp::F32Sqrt
            | $crate::WasmOp::F32Add
            | $crate::WasmOp::F32Sub
            | $crate::WasmOp::F32Mul
            | $crate::WasmOp::F32Div
            | $crate::WasmOp::F32Min
            | $crate::WasmOp::F32Max
            | $crate::WasmOp::F64Eq
            | $crate::WasmOp::F64Ne
            | $crate::WasmOp::F64Lt
            | $crate::WasmOp::F64Gt
            | $crate::WasmOp::F64Le
            | $crate::WasmOp::F64Ge
            | $crate::WasmOp::F64Ceil
            | $crate::WasmOp::F64Floor
            | $crate::WasmOp::F64Trunc
            | $crate::WasmOp::F64Nearest
            | $crate::WasmOp::F64Sqrt
            | $crate::WasmOp::F64Add
            | $crate::WasmOp::F64Sub
            | $crate::WasmOp::F64Mul
            | $crate::WasmOp::F64Div
            | $crate::WasmOp::F64Min
            | $crate::WasmOp::F64Max
            | $crate::WasmOp::I32TruncF32S
            | $crate::WasmOp::I32TruncF32U
            | $crate::WasmOp::I32TruncF64S
            | $crate::WasmOp::I32TruncF64U
            | $crate::WasmOp::I32TruncSatF32S
            | $crate::WasmOp::I32TruncSatF32U
            | $crate::WasmOp::I32TruncSatF64S
            | $crate::WasmOp::I32TruncSatF64U
            | $crate::WasmOp::I64TruncF32S
            | $crate::WasmOp::I64TruncF32U
            | $crate::WasmOp::I64TruncF64S
            | $crate::WasmOp::I64TruncF64U
            | $crate::WasmOp::I64TruncSatF32S
            | $crate::WasmOp::I64TruncSatF32U
            | $crate::WasmOp::I64TruncSatF64S
            | $crate::WasmOp::I64TruncSatF64U
            | $crate::WasmOp::F32ConvertI32S
            | $crate::WasmOp::F32ConvertI32U
            | $crate::WasmOp::F32ConvertI64S
            | $crate::WasmOp::F32ConvertI64U
            | $crate::WasmOp::F64ConvertI32S
            | $crate::WasmOp::F64ConvertI32U
            | $crate::WasmOp::F64ConvertI64S
            | $crate::WasmOp::F64ConvertI64U
            | $crate::WasmOp::F32DemoteF64
            | $crate::WasmOp::F64PromoteF32
    };
}
