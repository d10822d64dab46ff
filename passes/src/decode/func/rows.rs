//! Which row of the wasm dialect an operator is, where the row says everything.

use crate::decode::Remap;
use wasmparser::{MemArg, Operator};
use zkc_ir::{Arity, Attr, Opcode, Type, WasmOp};

/// The text format's name of an operator.
pub(super) fn op_name(op: &Operator<'_>) -> String {
    macro_rules! visitor {
        ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
            match op {
                $( Operator::$op { .. } => stringify!($visit), )*
                _ => "visit_unknown",
            }
        };
    }
    let name = wasmparser::for_each_operator!(visitor);
    let name = name.strip_prefix("visit_").unwrap_or(name);
    let prefixed = [
        "i32_", "i64_", "f32_", "f64_", "v128_", "i8x16_", "i16x8_", "i32x4_", "i64x2_", "f32x4_",
        "f64x2_", "memory_", "table_", "local_", "global_", "ref_", "data_", "elem_", "atomic_",
    ];
    match prefixed.iter().find(|p| name.starts_with(**p)) {
        Some(prefix) => format!("{}.{}", &prefix[..prefix.len() - 1], &name[prefix.len()..]),
        None => name.to_owned(),
    }
}

/// Operators without immediates whose row says everything: the op and its result types.
pub(super) fn simple(op: &Operator<'_>) -> Option<(WasmOp, &'static [Type])> {
    macro_rules! table {
        ($($name:ident)*) => {
            match op {
                $(Operator::$name => WasmOp::$name,)*
                _ => return None,
            }
        };
    }
    let opcode = table! {
        Nop
        I32Eqz I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU
        I64Eqz I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU
        I32Clz I32Ctz I32Popcnt I32Add I32Sub I32Mul I32DivS I32DivU I32RemS I32RemU
        I32And I32Or I32Xor I32Shl I32ShrS I32ShrU I32Rotl I32Rotr
        I64Clz I64Ctz I64Popcnt I64Add I64Sub I64Mul I64DivS I64DivU I64RemS I64RemU
        I64And I64Or I64Xor I64Shl I64ShrS I64ShrU I64Rotl I64Rotr
        I32WrapI64 I64ExtendI32S I64ExtendI32U I32Extend8S I32Extend16S I64Extend8S I64Extend16S I64Extend32S
        I32ReinterpretF32 I64ReinterpretF64 F32ReinterpretI32 F64ReinterpretI64
        RefIsNull
        F32Eq F32Ne F32Lt F32Gt F32Le F32Ge F32Ceil F32Floor F32Trunc F32Nearest F32Sqrt F32Add F32Sub F32Mul
        F32Div F32Min F32Max F64Eq F64Ne F64Lt F64Gt F64Le F64Ge F64Ceil F64Floor F64Trunc F64Nearest F64Sqrt
        F64Add F64Sub F64Mul F64Div F64Min F64Max I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U
        I32TruncSatF32S I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U I64TruncF32S I64TruncF32U
        I64TruncF64S I64TruncF64U I64TruncSatF32S I64TruncSatF32U I64TruncSatF64S I64TruncSatF64U
        F32ConvertI32S F32ConvertI32U F32ConvertI64S F32ConvertI64U F64ConvertI32S F64ConvertI32U
        F64ConvertI64S F64ConvertI64U F32DemoteF64 F64PromoteF32 F32Abs F32Neg F32Copysign F64Abs F64Neg
        F64Copysign
    };
    Some((opcode, row_results(opcode.opcode())))
}

/// Loads and stores: the op, its immediate and its result types.
pub(super) fn memory<'a>(op: &'a Operator<'_>) -> Option<(WasmOp, &'a MemArg, &'static [Type])> {
    macro_rules! table {
        ($($name:ident)*) => {
            match op {
                $(Operator::$name { memarg } => (WasmOp::$name, memarg),)*
                _ => return None,
            }
        };
    }
    let (opcode, memarg) = table! {
        I32Load I64Load F32Load F64Load I32Load8S I32Load8U I32Load16S I32Load16U
        I64Load8S I64Load8U I64Load16S I64Load16U I64Load32S I64Load32U
        I32Store I64Store F32Store F64Store I32Store8 I32Store16 I64Store8 I64Store16 I64Store32
    };
    Some((opcode, memarg, row_results(opcode.opcode())))
}

/// Operators on memories, tables and segments whose row fixes operands and results: the op and its attributes.
pub(super) fn indexed(op: &Operator<'_>, remap: &Remap) -> Option<(WasmOp, Vec<Attr>)> {
    use WasmOp as W;
    let at = |op, indices: &[u32]| Some((op, indices.iter().map(|&i| Attr::Index(i)).collect()));
    let (memory, table) = (|i| remap.memory(i), |i| remap.table(i));
    // The first memory has rows of its own.
    let of_memory = |near, far, index| match memory(index) {
        0 => at(near, &[]),
        index => at(far, &[index]),
    };
    match *op {
        Operator::MemorySize { mem } => of_memory(W::MemorySize, W::MemoryNSize, mem),
        Operator::MemoryGrow { mem } => of_memory(W::MemoryGrow, W::MemoryNGrow, mem),
        Operator::MemoryFill { mem } => of_memory(W::MemoryFill, W::MemoryNFill, mem),
        Operator::MemoryCopy { dst_mem, src_mem } => match (memory(dst_mem), memory(src_mem)) {
            (0, 0) => at(W::MemoryCopy, &[]),
            (to, from) => at(W::MemoryNCopy, &[to, from]),
        },
        Operator::MemoryInit { data_index, mem } => {
            at(W::MemoryInit, &[memory(mem), remap.data(data_index)])
        }
        Operator::DataDrop { data_index } => at(W::DataDrop, &[remap.data(data_index)]),
        Operator::TableSet { table: index } => at(W::TableSet, &[table(index)]),
        Operator::TableSize { table: index } => at(W::TableSize, &[table(index)]),
        Operator::TableGrow { table: index } => at(W::TableGrow, &[table(index)]),
        Operator::TableFill { table: index } => at(W::TableFill, &[table(index)]),
        Operator::TableCopy {
            dst_table,
            src_table,
        } => at(W::TableCopy, &[table(dst_table), table(src_table)]),
        Operator::TableInit {
            elem_index,
            table: index,
        } => at(W::TableInit, &[table(index), remap.element(elem_index)]),
        Operator::ElemDrop { elem_index } => at(W::ElemDrop, &[remap.element(elem_index)]),
        _ => None,
    }
}

/// How a load or store looks in a memory beyond the first: bytes, and the conversions after the load or before the store.
pub(super) fn far(op: WasmOp) -> Option<(u32, &'static [WasmOp])> {
    use WasmOp as W;
    Some(match op {
        W::I32Load => (4, &[W::I32WrapI64]),
        W::I64Load => (8, &[]),
        W::F32Load => (4, &[W::I32WrapI64, W::F32ReinterpretI32]),
        W::F64Load => (8, &[W::F64ReinterpretI64]),
        W::I32Load8S => (1, &[W::I32WrapI64, W::I32Extend8S]),
        W::I32Load8U => (1, &[W::I32WrapI64]),
        W::I32Load16S => (2, &[W::I32WrapI64, W::I32Extend16S]),
        W::I32Load16U => (2, &[W::I32WrapI64]),
        W::I64Load8S => (1, &[W::I64Extend8S]),
        W::I64Load8U => (1, &[]),
        W::I64Load16S => (2, &[W::I64Extend16S]),
        W::I64Load16U => (2, &[]),
        W::I64Load32S => (4, &[W::I64Extend32S]),
        W::I64Load32U => (4, &[]),
        W::I32Store => (4, &[W::I64ExtendI32U]),
        W::I64Store => (8, &[]),
        W::F32Store => (4, &[W::I32ReinterpretF32, W::I64ExtendI32U]),
        W::F64Store => (8, &[W::I64ReinterpretF64]),
        W::I32Store8 => (1, &[W::I64ExtendI32U]),
        W::I32Store16 => (2, &[W::I64ExtendI32U]),
        W::I64Store8 => (1, &[]),
        W::I64Store16 => (2, &[]),
        W::I64Store32 => (4, &[]),
        _ => return None,
    })
}

/// The result types of a row that fixes them.
pub(super) fn row_results(opcode: Opcode) -> &'static [Type] {
    use zkc_ir::Ty;
    match opcode.def().results {
        Arity::Fixed([Ty::Is(Type::I32)]) => &[Type::I32],
        Arity::Fixed([Ty::Is(Type::I64)]) => &[Type::I64],
        Arity::Fixed([Ty::Is(Type::F32)]) => &[Type::F32],
        Arity::Fixed([Ty::Is(Type::F64)]) => &[Type::F64],
        Arity::Fixed(_) | Arity::Variadic(_) => &[],
    }
}
