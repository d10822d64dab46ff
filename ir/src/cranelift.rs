//! The cranelift dialect: one row per CLIF instruction that WebAssembly needs, and a few of ours for what CLIF leaves to
//! its embedder (globals, memory size, indirect calls).
//!
//! A flat control-flow graph with block parameters. Rows are named as CLIF prints them, with the controlling type as suffix
//! (`iadd.i32`), because an evaluator sees only bits. Differences from CLIF: a comparison gives an `i32` 0 or 1, not an
//! `i8`; addresses are WASM's 32-bit ones; a store takes the address first; floats are gone, their bits are integers.

use crate::attr::AttrKind;
use crate::dialect::{Traits, Ty};
use crate::int;
use crate::parts::{
    ACCESS, CALL, COPY, I32, I64, INDEX, LOAD, MEM, MEMORY, SEGMENT, STORE, TABLE, VALUE,
};
use crate::wasm::WasmOp;

crate::dialect! {
    /// CLIF's instructions, as far as WebAssembly needs them.
    pub enum ClifOp as CRANELIFT, "cranelift" {
        Iconst32, "iconst.i32" => .results(&[I32]).attrs(VALUE).pure(int::constant).doc("the constant `value`");
        Iadd32, "iadd.i32" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::add).with(Traits::COMMUTATIVE).doc("sum modulo 2^32");
        Isub32, "isub.i32" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::sub).doc("difference modulo 2^32");
        Imul32, "imul.i32" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::mul).with(Traits::COMMUTATIVE).doc("product modulo 2^32");
        Sdiv32, "sdiv.i32" => .operands(&[I32, I32]).results(&[I32]).trapping(int::w32::div_s).doc("signed quotient, rounded to zero; traps on a zero divisor and on overflow");
        Udiv32, "udiv.i32" => .operands(&[I32, I32]).results(&[I32]).trapping(int::w32::div_u).doc("unsigned quotient; traps on a zero divisor");
        Srem32, "srem.i32" => .operands(&[I32, I32]).results(&[I32]).trapping(int::w32::rem_s).doc("signed remainder, with the sign of the dividend; traps on a zero divisor");
        Urem32, "urem.i32" => .operands(&[I32, I32]).results(&[I32]).trapping(int::w32::rem_u).doc("unsigned remainder; traps on a zero divisor");
        Band32, "band.i32" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::and).with(Traits::COMMUTATIVE).doc("bitwise and");
        Bor32, "bor.i32" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::or).with(Traits::COMMUTATIVE).doc("bitwise or");
        Bxor32, "bxor.i32" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::xor).with(Traits::COMMUTATIVE).doc("bitwise exclusive or");
        Ishl32, "ishl.i32" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::shl).doc("shift left by the amount modulo 32");
        Sshr32, "sshr.i32" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::shr_s).doc("shift right by the amount modulo 32, filling with the sign");
        Ushr32, "ushr.i32" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::shr_u).doc("shift right by the amount modulo 32, filling with zeros");
        Rotl32, "rotl.i32" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::rotl).doc("rotate left by the amount modulo 32");
        Rotr32, "rotr.i32" => .operands(&[I32, I32]).results(&[I32]).pure(int::w32::rotr).doc("rotate right by the amount modulo 32");
        Clz32, "clz.i32" => .operands(&[I32]).results(&[I32]).pure(int::w32::clz).doc("number of leading zero bits; 32 for zero");
        Ctz32, "ctz.i32" => .operands(&[I32]).results(&[I32]).pure(int::w32::ctz).doc("number of trailing zero bits; 32 for zero");
        Popcnt32, "popcnt.i32" => .operands(&[I32]).results(&[I32]).pure(int::w32::popcnt).doc("number of one bits");
        Icmp32, "icmp.i32" => .operands(&[I32, I32]).results(&[I32]).attrs(&[("cond", AttrKind::Cond)]).pure(int::w32::icmp).doc("1 if `cond` holds of the operands, else 0");
        Select32, "select.i32" => .operands(&[I32, I32, I32]).results(&[I32]).pure(int::select_first).doc("the second operand if the first is not zero, else the third");
        Sextend8To32, "sextend8.i32" => .operands(&[I32]).results(&[I32]).pure(int::w32::extend8).doc("low 8 bits, sign-extended to 32; CLIF spells it `ireduce` and `sextend`");
        Sextend16To32, "sextend16.i32" => .operands(&[I32]).results(&[I32]).pure(int::w32::extend16).doc("low 16 bits, sign-extended to 32; CLIF spells it `ireduce` and `sextend`");
        Iconst64, "iconst.i64" => .results(&[I64]).attrs(VALUE).pure(int::constant).doc("the constant `value`");
        Iadd64, "iadd.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::add).with(Traits::COMMUTATIVE).doc("sum modulo 2^64");
        Isub64, "isub.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::sub).doc("difference modulo 2^64");
        Imul64, "imul.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::mul).with(Traits::COMMUTATIVE).doc("product modulo 2^64");
        Umulhi64, "umulhi.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::mul_high_u).with(Traits::COMMUTATIVE).doc("upper 64 bits of the unsigned 128-bit product");
        Sdiv64, "sdiv.i64" => .operands(&[I64, I64]).results(&[I64]).trapping(int::w64::div_s).doc("signed quotient, rounded to zero; traps on a zero divisor and on overflow");
        Udiv64, "udiv.i64" => .operands(&[I64, I64]).results(&[I64]).trapping(int::w64::div_u).doc("unsigned quotient; traps on a zero divisor");
        Srem64, "srem.i64" => .operands(&[I64, I64]).results(&[I64]).trapping(int::w64::rem_s).doc("signed remainder, with the sign of the dividend; traps on a zero divisor");
        Urem64, "urem.i64" => .operands(&[I64, I64]).results(&[I64]).trapping(int::w64::rem_u).doc("unsigned remainder; traps on a zero divisor");
        Band64, "band.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::and).with(Traits::COMMUTATIVE).doc("bitwise and");
        Bor64, "bor.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::or).with(Traits::COMMUTATIVE).doc("bitwise or");
        Bxor64, "bxor.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::xor).with(Traits::COMMUTATIVE).doc("bitwise exclusive or");
        Ishl64, "ishl.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::shl).doc("shift left by the amount modulo 64");
        Sshr64, "sshr.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::shr_s).doc("shift right by the amount modulo 64, filling with the sign");
        Ushr64, "ushr.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::shr_u).doc("shift right by the amount modulo 64, filling with zeros");
        Rotl64, "rotl.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::rotl).doc("rotate left by the amount modulo 64");
        Rotr64, "rotr.i64" => .operands(&[I64, I64]).results(&[I64]).pure(int::w64::rotr).doc("rotate right by the amount modulo 64");
        Clz64, "clz.i64" => .operands(&[I64]).results(&[I64]).pure(int::w64::clz).doc("number of leading zero bits; 64 for zero");
        Ctz64, "ctz.i64" => .operands(&[I64]).results(&[I64]).pure(int::w64::ctz).doc("number of trailing zero bits; 64 for zero");
        Popcnt64, "popcnt.i64" => .operands(&[I64]).results(&[I64]).pure(int::w64::popcnt).doc("number of one bits");
        Icmp64, "icmp.i64" => .operands(&[I64, I64]).results(&[I32]).attrs(&[("cond", AttrKind::Cond)]).pure(int::w64::icmp).doc("1 if `cond` holds of the operands, else 0");
        Select64, "select.i64" => .operands(&[I32, I64, I64]).results(&[I64]).pure(int::select_first).doc("the second operand if the first is not zero, else the third");
        Sextend8To64, "sextend8.i64" => .operands(&[I64]).results(&[I64]).pure(int::w64::extend8).doc("low 8 bits, sign-extended to 64; CLIF spells it `ireduce` and `sextend`");
        Sextend16To64, "sextend16.i64" => .operands(&[I64]).results(&[I64]).pure(int::w64::extend16).doc("low 16 bits, sign-extended to 64; CLIF spells it `ireduce` and `sextend`");
        Uextend, "uextend.i64" => .operands(&[I32]).results(&[I64]).pure(int::same).doc("zero extension");
        Sextend, "sextend.i64" => .operands(&[I32]).results(&[I64]).pure(int::extend32).doc("sign extension");
        Ireduce, "ireduce.i32" => .operands(&[I64]).results(&[I32]).pure(int::wrap).doc("low 32 bits");
        Load32, "load.i32" => .operands(&[I32]).results(&[I32]).attrs(MEM).with(LOAD).doc("load of 32 bits from the address plus the offset; traps out of bounds");
        Uload8To32, "uload8.i32" => .operands(&[I32]).results(&[I32]).attrs(MEM).with(LOAD).doc("load of 8 bits, zero-extended, from the address plus the offset; traps out of bounds");
        Sload8To32, "sload8.i32" => .operands(&[I32]).results(&[I32]).attrs(MEM).with(LOAD).doc("load of 8 bits, sign-extended, from the address plus the offset; traps out of bounds");
        Uload16To32, "uload16.i32" => .operands(&[I32]).results(&[I32]).attrs(MEM).with(LOAD).doc("load of 16 bits, zero-extended, from the address plus the offset; traps out of bounds");
        Sload16To32, "sload16.i32" => .operands(&[I32]).results(&[I32]).attrs(MEM).with(LOAD).doc("load of 16 bits, sign-extended, from the address plus the offset; traps out of bounds");
        Load64, "load.i64" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 64 bits from the address plus the offset; traps out of bounds");
        Uload8To64, "uload8.i64" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 8 bits, zero-extended, from the address plus the offset; traps out of bounds");
        Sload8To64, "sload8.i64" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 8 bits, sign-extended, from the address plus the offset; traps out of bounds");
        Uload16To64, "uload16.i64" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 16 bits, zero-extended, from the address plus the offset; traps out of bounds");
        Sload16To64, "sload16.i64" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 16 bits, sign-extended, from the address plus the offset; traps out of bounds");
        Uload32To64, "uload32.i64" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 32 bits, zero-extended, from the address plus the offset; traps out of bounds");
        Sload32To64, "sload32.i64" => .operands(&[I32]).results(&[I64]).attrs(MEM).with(LOAD).doc("load of 32 bits, sign-extended, from the address plus the offset; traps out of bounds");
        Store32, "store.i32" => .operands(&[I32, I32]).attrs(MEM).with(STORE).doc("stores the second operand at the address plus the offset; traps out of bounds");
        Istore8From32, "istore8.i32" => .operands(&[I32, I32]).attrs(MEM).with(STORE).doc("stores the low 8 bits of the second operand at the address plus the offset; traps out of bounds");
        Istore16From32, "istore16.i32" => .operands(&[I32, I32]).attrs(MEM).with(STORE).doc("stores the low 16 bits of the second operand at the address plus the offset; traps out of bounds");
        Store64, "store.i64" => .operands(&[I32, I64]).attrs(MEM).with(STORE).doc("stores the second operand at the address plus the offset; traps out of bounds");
        Istore8From64, "istore8.i64" => .operands(&[I32, I64]).attrs(MEM).with(STORE).doc("stores the low 8 bits of the second operand at the address plus the offset; traps out of bounds");
        Istore16From64, "istore16.i64" => .operands(&[I32, I64]).attrs(MEM).with(STORE).doc("stores the low 16 bits of the second operand at the address plus the offset; traps out of bounds");
        Istore32From64, "istore32.i64" => .operands(&[I32, I64]).attrs(MEM).with(STORE).doc("stores the low 32 bits of the second operand at the address plus the offset; traps out of bounds");
        Jump, "jump" => .successors(1).doc("continues at the successor");
        Brif, "brif" => .operands(&[Ty::Int]).successors(2).doc("first successor if the operand is not zero, else the second");
        BrTable, "br_table" => .operands(&[I32]).any_successors().doc("successor number operand, or the last one if there is none of that number");
        Return, "return" => .variadic(&[]).successors(0).doc("returns from the function");
        Trap, "trap" => .attrs(&[("kind", AttrKind::Trap)]).successors(0).with(Traits::MAY_TRAP).doc("ends the run with this trap");
        Call, "call" => .variadic(&[]).variadic_results().attrs(&[("callee", AttrKind::Func)]).with(CALL).doc("calls a function");
        CallIndirect, "call_indirect" => .variadic(&[I32]).variadic_results().attrs(&[("type", AttrKind::Index), ("table", AttrKind::Index)]).with(CALL).doc("calls the function at the table index that is the first operand, with the other operands; traps unless it is there and of type `type`");
        ReturnCall, "return_call" => .variadic(&[]).attrs(&[("callee", AttrKind::Func)]).successors(0).with(CALL).doc("calls a function in place of this one and returns its results");
        ReturnCallIndirect, "return_call_indirect" => .variadic(&[I32]).attrs(&[("type", AttrKind::Index), ("table", AttrKind::Index)]).successors(0).with(CALL).doc("as `call_indirect`, in place of this function, and returns the results");
        GlobalGet, "global_get" => .results(&[Ty::Int]).attrs(INDEX).with(Traits::READS).doc("the WASM global `index`");
        GlobalSet, "global_set" => .operands(&[Ty::Int]).attrs(INDEX).with(Traits::WRITES).doc("sets the WASM global `index`");
        MemorySize, "memory_size" => .results(&[I32]).with(Traits::READS).doc("size of the memory in pages");
        MemoryGrow, "memory_grow" => .operands(&[I32]).results(&[I32]).with(Traits::READS.or(Traits::WRITES)).doc("adds pages; the old size in pages, or 2^32 - 1 if the memory cannot grow so far");
        MemoryFill, "memory_fill" => .operands(&[I32, I32, I32]).with(LOAD.or(STORE)).doc("sets bytes: address, byte value, length; traps out of bounds before any write");
        MemoryCopy, "memory_copy" => .operands(&[I32, I32, I32]).with(LOAD.or(STORE)).doc("copies bytes: destination, source, length, which may overlap; traps out of bounds before any write");
        MemoryInit, "memory_init" => .operands(&[I32, I32, I32]).attrs(&[("memory", AttrKind::Index), ("segment", AttrKind::Index)]).with(LOAD.or(STORE)).doc("copies bytes of a data segment: destination in the memory `memory`, offset in the segment, length; traps out of bounds before any write");
        DataDrop, "data_drop" => .attrs(SEGMENT).with(Traits::WRITES).doc("makes the data segment `segment` empty");
        MemoryNLoad, "memory_n_load" => .operands(&[I32]).results(&[I64]).attrs(ACCESS).with(LOAD).doc("load of `bytes` bytes, zero-extended, from the memory `memory`, which is not the first, at the address plus the offset; traps out of bounds");
        MemoryNStore, "memory_n_store" => .operands(&[I32, I64]).attrs(ACCESS).with(STORE).doc("stores the low `bytes` bytes of the second operand in the memory `memory`, which is not the first, at the address plus the offset; traps out of bounds");
        MemoryNSize, "memory_n_size" => .results(&[I32]).attrs(MEMORY).with(Traits::READS).doc("size in pages of the memory `memory`, which is not the first");
        MemoryNGrow, "memory_n_grow" => .operands(&[I32]).results(&[I32]).attrs(MEMORY).with(Traits::READS.or(Traits::WRITES)).doc("`memory_grow` of the memory `memory`, which is not the first");
        MemoryNFill, "memory_n_fill" => .operands(&[I32, I32, I32]).attrs(MEMORY).with(LOAD.or(STORE)).doc("`memory_fill` of the memory `memory`, which is not the first");
        MemoryNCopy, "memory_n_copy" => .operands(&[I32, I32, I32]).attrs(COPY).with(LOAD.or(STORE)).doc("`memory_copy` between two memories that are not both the first");
        RefFunc, "ref_func" => .results(&[I64]).attrs(&[("func", AttrKind::Func)]).with(Traits::READS).doc("a reference to the function: function + 1 here, its table word on the machine");
        TableGet, "table_get" => .operands(&[I32]).results(&[I64]).attrs(TABLE).with(LOAD).doc("the table's element; traps out of bounds");
        TableSet, "table_set" => .operands(&[I32, I64]).attrs(TABLE).with(STORE).doc("sets the table's element; traps out of bounds");
        TableSize, "table_size" => .results(&[I32]).attrs(TABLE).with(Traits::READS).doc("number of the table's elements");
        TableGrow, "table_grow" => .operands(&[I64, I32]).results(&[I32]).attrs(TABLE).with(Traits::READS.or(Traits::WRITES)).doc("adds elements of the first operand's value, as many as the second; the old size, or 2^32 - 1 if the table cannot grow so far");
        TableFill, "table_fill" => .operands(&[I32, I64, I32]).attrs(TABLE).with(LOAD.or(STORE)).doc("sets elements: first, value, number; traps out of bounds before any write");
        TableCopy, "table_copy" => .operands(&[I32, I32, I32]).attrs(COPY).with(LOAD.or(STORE)).doc("copies elements: first in the table `to`, first in the table `from`, number, which may overlap; traps out of bounds before any write");
        TableInit, "table_init" => .operands(&[I32, I32, I32]).attrs(&[("table", AttrKind::Index), ("segment", AttrKind::Index)]).with(LOAD.or(STORE)).doc("copies elements of an element segment: first in the table, first in the segment, number; traps out of bounds before any write");
        ElemDrop, "elem_drop" => .attrs(SEGMENT).with(Traits::WRITES).doc("makes the element segment `segment` empty");
    }
}

/// The ops on references, tables, segments and further memories, which both dialects have with the same attributes and,
/// references being words here, the same operands and results.
const SHARED: [(WasmOp, ClifOp); 17] = [
    (WasmOp::RefFunc, ClifOp::RefFunc),
    (WasmOp::TableGet, ClifOp::TableGet),
    (WasmOp::TableSet, ClifOp::TableSet),
    (WasmOp::TableSize, ClifOp::TableSize),
    (WasmOp::TableGrow, ClifOp::TableGrow),
    (WasmOp::TableFill, ClifOp::TableFill),
    (WasmOp::TableCopy, ClifOp::TableCopy),
    (WasmOp::TableInit, ClifOp::TableInit),
    (WasmOp::ElemDrop, ClifOp::ElemDrop),
    (WasmOp::MemoryInit, ClifOp::MemoryInit),
    (WasmOp::DataDrop, ClifOp::DataDrop),
    (WasmOp::MemoryNLoad, ClifOp::MemoryNLoad),
    (WasmOp::MemoryNStore, ClifOp::MemoryNStore),
    (WasmOp::MemoryNSize, ClifOp::MemoryNSize),
    (WasmOp::MemoryNGrow, ClifOp::MemoryNGrow),
    (WasmOp::MemoryNFill, ClifOp::MemoryNFill),
    (WasmOp::MemoryNCopy, ClifOp::MemoryNCopy),
];

impl ClifOp {
    /// The op of an instruction that stays one op, with its attributes, from the wasm dialect on.
    pub fn from_wasm(op: WasmOp) -> Option<ClifOp> {
        SHARED.iter().find(|pair| pair.0 == op).map(|pair| pair.1)
    }

    /// The inverse of [`ClifOp::from_wasm`].
    pub fn as_wasm(self) -> Option<WasmOp> {
        SHARED.iter().find(|pair| pair.1 == self).map(|pair| pair.0)
    }
}
