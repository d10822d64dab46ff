//! The wasm dialect: one row per WebAssembly instruction that zkc accepts, named as in the text format.
//!
//! The operand stack is gone: values are SSA. Locals are read and written by ops, parameters first; a body's entry block
//! takes the parameters, and locals start as they do in WASM. A structured op holds regions of one block each, ended by
//! `wasm.end` or a branch; code after a branch, which cannot run, is not there. Operands stand in WASM's order except
//! that a condition, selector or table index that comes last on the stack comes first where the count varies.
//! Float rows only move bits. A reference is a word: null is 0, function `f` is `f` + 1, the host's `n` is `n` + 1.
//! Accesses to memories beyond the first are the `memory_n` rows, of 64 bits; the decoder narrows and extends.

use crate::attr::AttrKind;
use crate::dialect::{Traits, Ty};
use crate::int;
use crate::types::Type;

const I32: Ty = Ty::Is(Type::I32);
const I64: Ty = Ty::Is(Type::I64);
const F32: Ty = Ty::Is(Type::F32);
const F64: Ty = Ty::Is(Type::F64);
const VALUE: &[(&str, AttrKind)] = &[("value", AttrKind::Int)];
const INDEX: &[(&str, AttrKind)] = &[("index", AttrKind::Index)];
const DEPTH: &[(&str, AttrKind)] = &[("depth", AttrKind::Index)];
const MEM: &[(&str, AttrKind)] = &[("mem", AttrKind::Mem)];
const TABLE: &[(&str, AttrKind)] = &[("table", AttrKind::Index)];
const SEGMENT: &[(&str, AttrKind)] = &[("segment", AttrKind::Index)];
const MEMORY: &[(&str, AttrKind)] = &[("memory", AttrKind::Index)];
const COPY: &[(&str, AttrKind)] = &[("to", AttrKind::Index), ("from", AttrKind::Index)];
const ACCESS: &[(&str, AttrKind)] = &[
    ("memory", AttrKind::Index),
    ("mem", AttrKind::Mem),
    ("bytes", AttrKind::Index),
];
const LOAD: Traits = Traits::READS.or(Traits::MAY_TRAP);
const STORE: Traits = Traits::WRITES.or(Traits::MAY_TRAP);
const CALL: Traits = Traits::CALL.or(LOAD).or(STORE);

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
        Call, "call" => .variadic(&[]).variadic_results().attrs(&[("callee", AttrKind::Func)]).with(CALL).doc("calls a function");
        CallIndirect, "call_indirect" => .variadic(&[I32]).variadic_results().attrs(&[("type", AttrKind::Index), ("table", AttrKind::Index)]).with(CALL).doc("calls the function at the table index that is the first operand, with the other operands; traps unless it is there and of type `type`");
    }
}
