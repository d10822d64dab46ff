//! Keys: what a verifier must know of a program, and what a prover wants ready.
//!
//! The verifying key binds the program: Merkle roots of the fixed tables, among them every instruction and initial word, with
//! the entry points, the statuses that have trap vectors, the initial memory size and a digest of the chip descriptions. Its own digest is how statements
//! name the program. Whoever has the program can make the key again and compare.
//!
//! One commitment covers all fixed tables of a proof, and a proof contains all tables of its commitment. There are two: one
//! with `words`, for large runs, one with `small` in its place.

use crate::backend::system::{Root, commit_fixed};
use crate::backend::{Compiled, Table};
use crate::catalog::{Base, Catalog, ChipSet};
use crate::fused::{FuseError, FusedChip};
use crate::{envelope, tables};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use zkc_ir::Diagnostic;
use zkc_isa::{Entry, FIRST_PC, Fused, Inst, MAX_FUSED, MAX_LINES, MAX_PAGES, Program, ZkOp};

/// Format version of verifying keys.
pub const KEY_VERSION: u16 = 4;
const MAGIC: &[u8; 6] = b"zkc-vk";

/// What a verifier knows of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyingKey {
    body: Body,
    digest: [u8; 32],
    set: SharedSet,
}

/// The chips that a key's body says.
#[derive(Clone)]
struct SharedSet(Arc<ChipSet>);

impl PartialEq for SharedSet {
    /// The body has said it.
    fn eq(&self, _: &SharedSet) -> bool {
        true
    }
}
impl Eq for SharedSet {}

impl std::fmt::Debug for SharedSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChipSet")
    }
}

/// An instruction of a fused line: program counter, opcode, registers `d`, `a`, `b`, `c`, constant, target.
type LineInst = (u32, u16, [u32; 4], u64, u32);

/// The name of the chip of a fused line, by the line's number.
fn line_name(number: usize) -> String {
    format!("fused_{number}")
}

fn line_insts(line: &[(u32, Inst)]) -> Vec<LineInst> {
    let inst = |&(pc, i): &(u32, Inst)| {
        let registers = [i.d, i.a, i.b, i.c];
        (pc, i.op as u16, registers, i.imm, i.target)
    };
    line.iter().map(inst).collect()
}

/// The chip of a line as a key has it; `None` if a field has a value no key has.
fn line_chip(number: usize, line: &[LineInst]) -> Option<FusedChip> {
    let inst = |&(pc, op, [d, a, b, c], imm, target): &LineInst| {
        let op = *ZkOp::ALL.get(usize::from(op))?;
        let in_range = (FIRST_PC..1 << 24).contains(&pc) && target < 1 << 28;
        let inst = Inst {
            op,
            d,
            a,
            b,
            c,
            imm,
            target,
        };
        in_range.then_some((pc, inst))
    };
    let line = line.iter().map(inst).collect::<Option<_>>()?;
    FusedChip::new(line_name(number), line).ok()
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Body {
    chips: [u8; 32],
    pages: u32,
    entries: Vec<Entry>,
    /// Statuses that have a trap vector, ascending.
    vectors: Vec<u32>,
    rom_log_rows: u8,
    /// Fused lines, in the program's order.
    fused: Vec<Vec<LineInst>>,
    /// Root of the tables with `words`.
    words_root: [u8; 32],
    /// Root of the tables with `small`.
    small_root: [u8; 32],
}

/// Why a key could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The program is not valid.
    #[error("invalid program: {0}")]
    Program(Diagnostic),
    /// The program has no instructions.
    #[error("the program has no instructions")]
    Empty,
    /// The program has too many instructions or initial words for one table.
    #[error("the program has more than 2^23 instructions or initial words")]
    Large,
    /// The bytes are no verifying key of this version.
    #[error("not a verifying key: {0}")]
    Format(#[from] envelope::FormatError),
    /// A field has a value no key has.
    #[error("not a verifying key: {0}")]
    Value(&'static str),
    /// The program names a fused line that has no chip.
    #[error("the fused line at pc {0}: {1}")]
    Fused(u32, FuseError),
    /// The key was made for other chips.
    #[error("the verifying key belongs to another version of the machine's chips")]
    Chips,
}

impl VerifyingKey {
    /// The key of a program.
    pub fn new(program: &Program) -> Result<VerifyingKey, KeyError> {
        Ok(ProvingKey::new(program)?.vk)
    }

    fn from_body(body: Body, set: Arc<ChipSet>) -> VerifyingKey {
        let bytes = envelope::encode(MAGIC, KEY_VERSION, &body);
        VerifyingKey {
            body,
            digest: *blake3::hash(&bytes).as_bytes(),
            set: SharedSet(set),
        }
    }

    /// The digest by which statements name the program.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The exported function of this name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.body.entries.iter().find(|e| e.name == name)
    }

    /// All exported functions.
    pub fn entries(&self) -> &[Entry] {
        &self.body.entries
    }

    /// The chips of the key's program.
    pub(crate) fn set(&self) -> &ChipSet {
        &self.set.0
    }

    /// Whether a run goes on after this status.
    pub(crate) fn is_vectored(&self, status: u32) -> bool {
        self.body.vectors.contains(&status)
    }

    /// Initial memory size in pages.
    pub(crate) fn pages(&self) -> u32 {
        self.body.pages
    }

    /// Height of the table `rom`.
    pub(crate) fn rom_rows(&self) -> usize {
        1 << self.body.rom_log_rows
    }

    /// Root of the fixed tables of a proof.
    pub(crate) fn root(&self, base: Base) -> Root {
        Root(match base {
            Base::Words => self.body.words_root,
            Base::Small => self.body.small_root,
        })
    }

    /// The key as a file's content.
    pub fn to_bytes(&self) -> Vec<u8> {
        envelope::encode(MAGIC, KEY_VERSION, &self.body)
    }

    /// Reads what [`VerifyingKey::to_bytes`] wrote. Refuses other versions, other chips, and bytes that it would not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<VerifyingKey, KeyError> {
        let body: Body = envelope::decode(MAGIC, KEY_VERSION, bytes)?;
        let size: usize = body.fused.iter().map(Vec::len).sum();
        if body.fused.len() > MAX_LINES || size > MAX_FUSED {
            return Err(KeyError::Value("fused lines"));
        }
        let fused: Option<Vec<FusedChip>> = (body.fused.iter().enumerate())
            .map(|(number, line)| line_chip(number, line))
            .collect();
        let set = ChipSet::with_fused(fused.ok_or(KeyError::Value("fused lines"))?);
        if body.chips != set.digest() {
            return Err(KeyError::Chips);
        }
        let rows = 1usize.checked_shl(body.rom_log_rows.into()).unwrap_or(0);
        if !(crate::MIN_ROWS..=1 << 23).contains(&rows) {
            return Err(KeyError::Value("height of the program table"));
        }
        if body.pages > MAX_PAGES {
            return Err(KeyError::Value("memory size"));
        }
        if body
            .entries
            .iter()
            .any(|e| e.pc < FIRST_PC || (e.pc - FIRST_PC) as usize >= rows)
        {
            return Err(KeyError::Value("entry point"));
        }
        Ok(VerifyingKey::from_body(body, Arc::new(set)))
    }
}

/// What a prover keeps ready for a program: its verifying key and its fixed tables.
pub struct ProvingKey {
    vk: VerifyingKey,
    pub(crate) catalog: Catalog,
    /// For each program counter, from the first on, the fused lines that begin there.
    lines: Vec<Vec<u16>>,
    pub(crate) words: Vec<(u32, u64)>,
    pub(crate) rom_pcs: Range<u32>,
}

impl std::fmt::Debug for ProvingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProvingKey")
            .field("vk", &self.vk)
            .finish_non_exhaustive()
    }
}

impl ProvingKey {
    /// The key of a program.
    pub fn new(program: &Program) -> Result<ProvingKey, KeyError> {
        zkc_isa::validate(program).map_err(KeyError::Program)?;
        if program.insts.is_empty() {
            return Err(KeyError::Empty);
        }
        let set = Arc::new(ChipSet::with_fused(fused_chips(program)?));
        let mut lines = vec![Vec::new(); program.insts.len()];
        for (number, fused) in set.fused.iter().enumerate() {
            lines[(fused.line[0].0 - FIRST_PC) as usize].push(number as u16);
        }
        let words = tables::initial_words(program);
        if tables::rom_rows(program, &words) > 1 << 23 {
            return Err(KeyError::Large);
        }
        let rom = tables::rom_table(program, &words);
        let rom_rows = tables::rom_rows(program, &words);
        let mut catalog = set.catalog(program.pages);
        let fix = |chips: &mut Vec<Arc<Compiled>>, id: usize, table: Table| {
            chips[id] = Arc::new(chips[id].as_ref().clone().with_fixed(table));
        };
        fix(&mut catalog.chips, catalog.words, tables::words_table());
        fix(&mut catalog.chips, catalog.small, tables::small_table());
        if let Some(id) = catalog.pow2 {
            fix(&mut catalog.chips, id, tables::pow2_table());
        }
        fix(&mut catalog.chips, catalog.rom, rom);
        let table = |id: usize| {
            catalog.chips[id]
                .fixed
                .as_deref()
                .expect("tables have their fixed columns")
        };
        let root = |base| {
            let ids = catalog.tables(base, rom_rows).into_iter().map(|t| t.0);
            commit_fixed(&ids.map(table).collect::<Vec<_>>()).0
        };
        let body = Body {
            chips: set.digest(),
            pages: program.pages,
            entries: program.entries.clone(),
            vectors: program.vectors.iter().map(|v| v.0).collect(),
            rom_log_rows: rom_rows.trailing_zeros() as u8,
            fused: set.fused.iter().map(|f| line_insts(&f.line)).collect(),
            words_root: root(Base::Words),
            small_root: root(Base::Small),
        };
        Ok(ProvingKey {
            vk: VerifyingKey::from_body(body, set),
            catalog,
            lines,
            words,
            rom_pcs: tables::rom_pcs(program),
        })
    }

    /// Whether the key was made for this program.
    pub(crate) fn fits(&self, program: &Program) -> bool {
        let rom = self.catalog.chips[self.catalog.rom].fixed.as_deref();
        tables::rom_pcs(program) == self.rom_pcs
            && program.pages == self.vk.body.pages
            && program.entries == self.vk.body.entries
            && program.fused.len() == self.vk.set().fused.len()
            && (program.fused.iter().zip(&self.vk.set().fused))
                .all(|(line, chip)| line.pcs().eq(chip.line.iter().map(|(pc, _)| *pc)))
            && rom == Some(&tables::rom_table(program, &tables::initial_words(program)))
    }

    /// The chips of the key's program.
    pub(crate) fn set(&self) -> &ChipSet {
        self.vk.set()
    }

    /// The fused lines that begin at a program counter.
    pub(crate) fn lines_at(&self, pc: u32) -> &[u16] {
        (pc.checked_sub(FIRST_PC))
            .and_then(|at| self.lines.get(at as usize))
            .map_or(&[], Vec::as_slice)
    }

    /// The verifying key.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.vk
    }
}

/// The chips of a valid program's fused lines.
fn fused_chips(program: &Program) -> Result<Vec<FusedChip>, KeyError> {
    let chip = |(number, line): (usize, &Fused)| {
        FusedChip::new(line_name(number), program.line(line))
            .map_err(|e| KeyError::Fused(line.segments[0].pc, e))
    };
    program.fused.iter().enumerate().map(chip).collect()
}
