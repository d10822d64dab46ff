//! CLIF instructions that Cranelift's optimiser makes and no WebAssembly instruction is: several ops of the cranelift dialect
//! each.

use super::rows::{mask, wide};
use cranelift_codegen::ir::{self as clif, types};
use zkc_ir::{Attr, Builder, ClifOp, Type, Value};

/// Appends a constant of a CLIF type.
pub(super) fn constant(builder: &mut Builder, ty: clif::Type, bits: u64) -> Value {
    let row = wide(ty, ClifOp::Iconst32, ClifOp::Iconst64);
    builder.value(row, &[], vec![Attr::Int(bits)], word(ty))
}

fn word(ty: clif::Type) -> Type {
    if ty.bits() == 64 {
        Type::I64
    } else {
        Type::I32
    }
}

/// The bytes of a word of 32 or 64 bits in reverse order.
pub(super) fn swap_bytes(builder: &mut Builder, ty: clif::Type, mut x: Value) -> Value {
    use ClifOp as C;
    let half = ty.bits() / 2;
    // Neighbours of 8 bits change places, then those of 16, then the halves.
    for (bits, low) in [(8, 0x00ff_00ff_00ff_00ff), (16, 0x0000_ffff_0000_ffff)] {
        if bits == half {
            break;
        }
        let amount = constant(builder, ty, bits.into());
        let low = constant(builder, ty, low & mask(ty));
        let mut op = |small, large, a, b| {
            let row = wide(ty, small, large);
            builder.value(row, &[a, b], Vec::new(), word(ty))
        };
        let even = op(C::Band32, C::Band64, x, low);
        let up = op(C::Ishl32, C::Ishl64, even, amount);
        let odd = op(C::Ushr32, C::Ushr64, x, amount);
        let down = op(C::Band32, C::Band64, odd, low);
        x = op(C::Bor32, C::Bor64, up, down);
    }
    let amount = constant(builder, ty, half.into());
    let row = wide(ty, C::Rotl32, C::Rotl64);
    builder.value(row, &[x, amount], Vec::new(), word(ty))
}

/// The upper half of a product that no row has: of 32-bit operands, or of signed 64-bit ones. Cranelift makes these of
/// divisions by constants.
pub(super) fn high_product(
    builder: &mut Builder,
    ty: clif::Type,
    signed: bool,
    x: Value,
    y: Value,
) -> Value {
    use ClifOp as C;
    let op = |builder: &mut Builder, row, x: &[Value]| builder.value(row, x, Vec::new(), Type::I64);
    if ty.bits() == 32 {
        let extend = if signed { C::Sextend } else { C::Uextend };
        let x = op(builder, extend, &[x]);
        let y = op(builder, extend, &[y]);
        let product = op(builder, C::Imul64, &[x, y]);
        let half = constant(builder, types::I64, 32);
        let high = op(builder, C::Ushr64, &[product, half]);
        return builder.value(C::Ireduce, &[high], Vec::new(), Type::I32);
    }
    // Each negative operand counts 2^64 too much as an unsigned one.
    let mut high = op(builder, C::Umulhi64, &[x, y]);
    let sign = constant(builder, types::I64, 63);
    for (negative, other) in [(x, y), (y, x)] {
        let ones = op(builder, C::Sshr64, &[negative, sign]);
        let excess = op(builder, C::Band64, &[ones, other]);
        high = op(builder, C::Isub64, &[high, excess]);
    }
    high
}
