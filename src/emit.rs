//! The table of what `--emit` can show; help, documentation and tests read it.

/// What to show of a compilation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Emit {
    /// The wasm dialect, one function per `func`.
    WasmIr,
    /// Cranelift's own text.
    Clif,
    /// The cranelift dialect after clean-ups.
    CraneliftIr,
    /// The cranelift dialect with effects lowered to zk, the e-graph's input.
    MixedIr,
    /// The zk dialect, the e-graph's choice.
    ZkIr,
    /// For each op of the zk dialect, all forms with costs and the rules that made them.
    Choices,
    /// The same as JSON, a line for each function.
    ChoicesJson,
    /// The linked program as zkASM text.
    Zkasm,
    /// The linked program as upstream's ROM (hermez64).
    RomJson,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct EmitKind {
    /// The kind.
    pub emit: Emit,
    /// Its name on the command line.
    pub name: &'static str,
    /// One sentence for `--help`.
    pub doc: &'static str,
}

/// Every kind, in the order of the flow.
pub const EMIT_KINDS: &[EmitKind] = &[
    EmitKind {
        emit: Emit::WasmIr,
        name: "wasm-ir",
        doc: "the decoded function in the wasm dialect",
    },
    EmitKind {
        emit: Emit::Clif,
        name: "clif",
        doc: "the function as Cranelift prints it, after SSA construction",
    },
    EmitKind {
        emit: Emit::CraneliftIr,
        name: "cranelift-ir",
        doc: "the cranelift dialect after clean-ups and inlining",
    },
    EmitKind {
        emit: Emit::MixedIr,
        name: "mixed-ir",
        doc: "the cranelift dialect with effects lowered, as the e-graph gets it",
    },
    EmitKind {
        emit: Emit::ZkIr,
        name: "zk-ir",
        doc: "the zk dialect, as the e-graph chose it",
    },
    EmitKind {
        emit: Emit::Choices,
        name: "choices",
        doc: "for each op of the zk dialect all forms with what they cost, and the rules that made them",
    },
    EmitKind {
        emit: Emit::ChoicesJson,
        name: "choices-json",
        doc: "the same as JSON, a line for each function",
    },
    EmitKind {
        emit: Emit::Zkasm,
        name: "zkasm",
        doc: "the linked program as zkASM text",
    },
    EmitKind {
        emit: Emit::RomJson,
        name: "rom-json",
        doc: "the linked program as the ROM upstream's executor reads, JSON (hermez64)",
    },
];

impl Emit {
    /// The kind with this command-line name.
    pub fn from_name(name: &str) -> Option<Emit> {
        EMIT_KINDS.iter().find(|k| k.name == name).map(|k| k.emit)
    }

    /// The kind's command-line name.
    pub fn name(self) -> &'static str {
        EMIT_KINDS
            .iter()
            .find(|k| k.emit == self)
            .map_or("", |k| k.name)
    }
}
