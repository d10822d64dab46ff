//! A program of zk64: instructions with registers, initial static and memory words, entry points.
//!
//! This is what the assembler makes of zkASM text, what the executor runs and what a verifying key commits to. Program
//! counters below [`FIRST_PC`] hold no instruction, but for trap vectors: reaching one ends the run, and its number is the
//! public status (0 success, otherwise [`zkc_ir::Trap::code`]).

use crate::dialect::ZkOp;
use zkc_ir::Type;

/// First program counter that holds an instruction.
pub const FIRST_PC: u32 = 64;

/// Words of linear memory the machine can address: 2^28 words of 8 bytes, 32768 pages.
pub const MEMORY_WORDS: u32 = 1 << 28;
/// Words in a 64 KiB page.
pub const PAGE_WORDS: u32 = 8192;
/// Largest memory in pages.
pub const MAX_PAGES: u32 = MEMORY_WORDS / PAGE_WORDS;
/// Address of static word 0 in the machine's one word-address space, which is below 2^29.
pub const STATIC_BASE: u32 = MEMORY_WORDS;
/// Number of static words addressable.
pub const STATIC_WORDS: u32 = 1 << 27;
/// Address of register 0 of the entry frame.
pub const STACK_BASE: u32 = STATIC_BASE + STATIC_WORDS;
/// Words of register stack: a call whose frame would start at or beyond `STACK_BASE + STACK_WORDS` traps.
pub const STACK_WORDS: u32 = 1 << 20;
/// Largest register number an instruction may name.
pub const MAX_REG: u32 = (1 << 16) - 1;

/// Static word that holds the memory's size in pages.
pub const SLOT_PAGES: u32 = 0;
/// Static word that counts the public output bytes.
pub const SLOT_OUTPUTS: u32 = 1;
/// First static word free for globals and tables.
pub const FIRST_SLOT: u32 = 2;

/// Words that a row of `copy` or `fill` writes.
pub const BLOCK_WORDS: u32 = 4;

/// Clock ticks per instruction; an access of the instruction at clock `c` has a timestamp from `c` to `c + 3`
/// ([`crate::Step::time`]).
pub const TICKS: u32 = 4;
/// Clock of the first instruction.
pub const FIRST_CLOCK: u32 = TICKS;

/// One instruction. Fields an instruction does not use are zero.
///
/// | instructions | fields |
/// |---|---|
/// | binary ALU | `d` result, `a`, `b` registers, or `imm` for `_imm` rows |
/// | unary ALU, `mov` | `d`, `a` |
/// | `li` | `d`, `imm` |
/// | `select` | `d`, `a` condition, `b` if not zero, `c` if zero |
/// | loads | `d`, `a` address, `imm` offset in bytes |
/// | stores | `a` address, `b` value, `imm` offset in bytes |
/// | `lds` / `sts` | `d` / `a`, `target` static slot |
/// | `ldt` | `d`, `a` index, `target` first static slot, `imm` size |
/// | `stt` | `a` index, `b` value, `target` first static slot, `imm` size |
/// | `copy`, `fill` | `a` destination, written too, `b` source, written too, or word, `c` end; the three differ |
/// | `grow` | `d`, `a` pages, `imm` limit in pages |
/// | `jump`, `tcall`, `reset` | `target` |
/// | `br_*` | `a`, `b` or `imm`, `target` if the condition holds, else the next instruction |
/// | `brt` | `a` index, `imm` count n; continues at `target + min(index, n)` |
/// | `call` | `target`, `imm` the callee's frame offset k: the frame moves up k registers, its register 0 gets the link |
/// | `calli` | `a` table word, `imm` = k + type id * 2^32, k as for `call` |
/// | `tcalli` | `a` table word, `imm` = type id * 2^32 |
/// | `trap` | `imm` status code |
/// | `arg`, `result` | `d` / `a`, `imm` index |
/// | `inlen`, `input8`, `input64` / `output` | `d` / `a` |
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Inst {
    /// The instruction's row.
    pub op: ZkOp,
    /// Destination register.
    pub d: u32,
    /// First operand register.
    pub a: u32,
    /// Second operand register.
    pub b: u32,
    /// Third operand register.
    pub c: u32,
    /// Constant.
    pub imm: u64,
    /// Program counter or static slot.
    pub target: u32,
}

impl Inst {
    /// An instruction with all fields zero.
    pub const fn new(op: ZkOp) -> Inst {
        Inst {
            op,
            d: 0,
            a: 0,
            b: 0,
            c: 0,
            imm: 0,
            target: 0,
        }
    }
}

/// A word of the table a `calli` takes: entry point and type of a function.
///
/// Bits 0..32 the program counter, bits 32..48 the type id plus one; zero is the null entry.
pub const fn table_word(pc: u32, type_id: u16) -> u64 {
    pc as u64 | ((type_id as u64 + 1) << 32)
}

/// The link a call leaves in the callee's register 0: return address in bits 0..32, frame offset k in bits 32..48.
pub const fn link_word(return_pc: u32, k: u16) -> u64 {
    return_pc as u64 | ((k as u64) << 32)
}

/// An exported function's entry point. The code at `pc` reads its arguments with `arg`, calls the function and hands
/// the results over with `result`.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// Export name.
    pub name: String,
    /// Program counter of its first instruction.
    pub pc: u32,
    /// Number of argument words.
    pub params: Vec<ValueKind>,
    /// Number of result words.
    pub results: Vec<ValueKind>,
}

/// The WASM type of a public argument or result, for showing it; on the machine it is a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are WASM's")]
pub enum ValueKind {
    I32,
    I64,
    F32,
    F64,
    FuncRef,
    ExternRef,
}

impl ValueKind {
    /// Every kind, in declaration order.
    pub const ALL: [ValueKind; 6] = [
        ValueKind::I32,
        ValueKind::I64,
        ValueKind::F32,
        ValueKind::F64,
        ValueKind::FuncRef,
        ValueKind::ExternRef,
    ];

    /// The kind of a WASM type of one word.
    pub const fn from_type(ty: Type) -> Option<ValueKind> {
        match ty {
            Type::I32 => Some(ValueKind::I32),
            Type::I64 => Some(ValueKind::I64),
            Type::F32 => Some(ValueKind::F32),
            Type::F64 => Some(ValueKind::F64),
            Type::FuncRef => Some(ValueKind::FuncRef),
            Type::ExternRef => Some(ValueKind::ExternRef),
            Type::V128 | Type::Word => None,
        }
    }

    /// WASM's name of the type.
    pub const fn name(self) -> &'static str {
        match self {
            ValueKind::I32 => "i32",
            ValueKind::I64 => "i64",
            ValueKind::F32 => "f32",
            ValueKind::F64 => "f64",
            ValueKind::FuncRef => "funcref",
            ValueKind::ExternRef => "externref",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<ValueKind> {
        ValueKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether values of this kind are below 2^32.
    pub const fn is_32(self) -> bool {
        matches!(self, ValueKind::I32 | ValueKind::F32)
    }

    /// Whether a run may be given this word as an argument: an `i32` is below 2^32, and a `funcref` is null, because a
    /// function's word must come from the program.
    pub const fn is_argument(self, word: u64) -> bool {
        match self {
            ValueKind::I32 | ValueKind::F32 => word >> 32 == 0,
            ValueKind::FuncRef => word == 0,
            ValueKind::I64 | ValueKind::F64 | ValueKind::ExternRef => true,
        }
    }
}

/// Where an instruction came from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// Index into [`Program::functions`].
    pub function: u32,
    /// Byte offset from the start of the function's body, if known.
    pub offset: Option<u32>,
}

/// Most fused lines of a program.
pub const MAX_LINES: usize = 512;
/// Most instructions of a fused line.
pub const MAX_LINE: usize = 256;
/// Most instructions of all fused lines together: what a verifier composes from a key is bounded.
pub const MAX_FUSED: usize = 1 << 14;

/// Instructions in a row, at ascending program counters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Segment {
    /// Program counter of the first.
    pub pc: u32,
    /// How many.
    pub len: u32,
}

/// A line of instructions that a run may execute one after the other and a proof may show by one row.
///
/// Where a segment ends, the run goes on at the next one: a branch goes that way, a call enters, a `ret` comes back. A line
/// changes nothing of what a run is: a prover takes the line's own chip, where that fits, in place of its instructions'.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Fused {
    /// The segments, in the order of execution; a loop's body may stand there several times.
    pub segments: Vec<Segment>,
}

impl Fused {
    /// A line of one segment.
    pub fn straight(pc: u32, len: u32) -> Fused {
        Fused {
            segments: vec![Segment { pc, len }],
        }
    }

    /// Number of instructions.
    pub fn size(&self) -> usize {
        (self.segments.iter()).fold(0, |size, s| size.saturating_add(s.len as usize))
    }

    /// Program counters of the instructions, in the order of execution.
    pub fn pcs(&self) -> impl Iterator<Item = u32> {
        (self.segments.iter()).flat_map(|s| s.pc..s.pc.saturating_add(s.len))
    }
}

/// A program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Program {
    /// Instructions; the one at index i has program counter `FIRST_PC + i`.
    pub insts: Vec<Inst>,
    /// Entry points.
    pub entries: Vec<Entry>,
    /// Initial memory size in pages; also the initial value of static word [`SLOT_PAGES`], which `init` does not repeat.
    pub pages: u32,
    /// Initial non-zero words, by word address, ascending: linear memory from 0, static words from [`STATIC_BASE`].
    pub init: Vec<(u32, u64)>,
    /// Names of the functions, for places.
    pub functions: Vec<String>,
    /// Trap vectors, ascending: (code of a trap, program counter).
    ///
    /// The program counter that is the code holds a `reset` to the other: a trap of this kind does not end the run, which goes
    /// on there, in the entry frame. Everything but the frame stays as it was.
    pub vectors: Vec<(u32, u32)>,
    /// One place per instruction, or empty.
    pub places: Vec<Place>,
    /// Names for program counters, for printing: (pc, label), ascending.
    pub labels: Vec<(u32, String)>,
    /// Fused lines. Of several that fit a run at one place a prover takes the first.
    pub fused: Vec<Fused>,
}

impl Program {
    /// The instruction at a program counter, if there is one.
    pub fn at(&self, pc: u32) -> Option<&Inst> {
        self.insts.get(pc.checked_sub(FIRST_PC)? as usize)
    }

    /// The instruction of the trap vector for a status, if there is one.
    pub fn vector(&self, status: u32) -> Option<Inst> {
        let at = self.vectors.binary_search_by_key(&status, |v| v.0).ok()?;
        Some(Inst {
            target: self.vectors[at].1,
            ..Inst::new(ZkOp::Reset)
        })
    }

    /// The instructions of a fused line of a valid program, with their program counters.
    pub fn line(&self, line: &Fused) -> Vec<(u32, Inst)> {
        (line.pcs())
            .map(|pc| (pc, self.insts[(pc - FIRST_PC) as usize]))
            .collect()
    }

    /// The entry point with this name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.name == name)
    }
}
