//! CLIF as text, for people.

use super::External;
use cranelift_codegen::ir::Function;
use std::fmt::Write as _;
use zkc_ir::{Attr, WasmOp};

/// The function in CLIF's own text form, headed by a comment for each called name that says what it stands for.
pub fn clif_text(func: &Function) -> String {
    let mut text = String::new();
    for name in func.params.user_named_funcs().values() {
        let what = match External::from_name(name) {
            Some(External::Func(index)) => format!("function {index}"),
            Some(External::GlobalGet(index)) => format!("global.get {index}"),
            Some(External::GlobalSet(index)) => format!("global.set {index}"),
            Some(External::MemorySize) => "memory.size".to_owned(),
            Some(External::MemoryGrow) => "memory.grow".to_owned(),
            Some(External::MemoryFill) => "memory.fill".to_owned(),
            Some(External::MemoryCopy) => "memory.copy".to_owned(),
            Some(External::CallIndirect { ty, table }) => {
                format!("call_indirect (type {ty}) through table {table}")
            }
            Some(External::Row { row, indices }) => {
                let name = row
                    .as_wasm()
                    .map_or(row.opcode(), WasmOp::opcode)
                    .def()
                    .name;
                let attrs = External::row_attrs(row, indices);
                let numbers = attrs.iter().map(|attr| match attr {
                    Attr::Mem { offset, .. } => format!(" offset={offset}"),
                    attr => format!(" {}", attr.as_int().unwrap_or(0)),
                });
                format!("{name}{}", numbers.collect::<String>())
            }
            None => continue,
        };
        let _ = writeln!(text, "; {name}: {what}");
    }
    let _ = write!(text, "{}", func.display());
    text
}
