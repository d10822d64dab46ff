//! Which row of the cranelift dialect an opcode at a type is, and the conversions of attributes.

use super::internal;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, Opcode, types};
use zkc_ir::{Attr, ClifOp, Cond, Diagnostic, Type};

pub(super) fn wide(ty: clif::Type, small: ClifOp, large: ClifOp) -> ClifOp {
    if ty.bits() == 64 { large } else { small }
}

pub(super) fn mask(ty: clif::Type) -> u64 {
    if ty.bits() >= 64 {
        u64::MAX
    } else {
        (1 << ty.bits()) - 1
    }
}

pub(super) fn mem(offset: i32) -> Vec<Attr> {
    vec![Attr::Mem {
        offset: offset as u32 as u64,
        align: 0,
    }]
}

pub(super) fn type_of(ty: clif::Type) -> Result<Type, Diagnostic> {
    match ty {
        types::I8 | types::I16 | types::I32 => Ok(Type::I32),
        types::I64 => Ok(Type::I64),
        _ => Err(internal(format!("no counterpart of CLIF type `{ty}`"))),
    }
}

pub(super) fn condition(cond: IntCC) -> Cond {
    match cond {
        IntCC::Equal => Cond::Eq,
        IntCC::NotEqual => Cond::Ne,
        IntCC::SignedLessThan => Cond::Slt,
        IntCC::SignedGreaterThanOrEqual => Cond::Sge,
        IntCC::SignedGreaterThan => Cond::Sgt,
        IntCC::SignedLessThanOrEqual => Cond::Sle,
        IntCC::UnsignedLessThan => Cond::Ult,
        IntCC::UnsignedGreaterThanOrEqual => Cond::Uge,
        IntCC::UnsignedGreaterThan => Cond::Ugt,
        IntCC::UnsignedLessThanOrEqual => Cond::Ule,
    }
}

pub(super) fn load_row(opcode: Opcode, ty: clif::Type) -> Option<ClifOp> {
    use ClifOp as C;
    Some(match (opcode, ty.bits()) {
        (Opcode::Load, 32) => C::Load32,
        (Opcode::Load, 64) => C::Load64,
        (Opcode::Load | Opcode::Uload8, 8 | 32) => C::Uload8To32,
        (Opcode::Load, 16) => C::Uload16To32,
        (Opcode::Sload8, 32) => C::Sload8To32,
        (Opcode::Uload16, 32) => C::Uload16To32,
        (Opcode::Sload16, 32) => C::Sload16To32,
        (Opcode::Uload8, 64) => C::Uload8To64,
        (Opcode::Sload8, 64) => C::Sload8To64,
        (Opcode::Uload16, 64) => C::Uload16To64,
        (Opcode::Sload16, 64) => C::Sload16To64,
        (Opcode::Uload32, 64) => C::Uload32To64,
        (Opcode::Sload32, 64) => C::Sload32To64,
        _ => return None,
    })
}

pub(super) fn store_row(opcode: Opcode, ty: clif::Type) -> Option<ClifOp> {
    use ClifOp as C;
    Some(match (opcode, ty.bits()) {
        (Opcode::Store, 32) => C::Store32,
        (Opcode::Store, 64) => C::Store64,
        (Opcode::Store, 8) | (Opcode::Istore8, 32) => C::Istore8From32,
        (Opcode::Store, 16) | (Opcode::Istore16, 32) => C::Istore16From32,
        (Opcode::Istore8, 64) => C::Istore8From64,
        (Opcode::Istore16, 64) => C::Istore16From64,
        (Opcode::Istore32, 64) => C::Istore32From64,
        _ => return None,
    })
}
