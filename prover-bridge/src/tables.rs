//! Lookup tables: chips whose entries are fixed columns of the verifying key and whose one kind of witness is a count.
//!
//! A proof has `words` or, if its run looks up little, `small` with the chips of `few.rs`.
//!
//! | chip | rows | offers |
//! |---|---|---|
//! | `words` | 2^16: row a + 256 b | Range16 (row number), ByteAnd (a, b, a AND b), Bits (n, v) with v < 2^n for n in 0..=16 |
//! | `small` | 2^9 | SmallBits (k, x) with x < 2^k for k in 0..=8, NibbleAnd (a, b, a AND b) |
//! | `pow2` | 16 | Pow2 (k, 2^k) |
//! | `rom` | a power of two | Program entries, and each initial word once on Init |
//!
//! Counts are whatever the prover claims: an entry that is there may be looked up any number of times, and a tuple that is
//! not there has no place to claim a count. The number of lookups in a proof is below the field's order (the verifier checks
//! the sum over chips of height times lookups), so the lookups of an absent tuple cannot add up to zero.
//!
//! The instructions of `rom` stand in the order of their program counters. A program without trap vectors starts with its
//! first instruction; one with vectors at program counter 0, and where there is no vector stands the first again.
//!
//! Padding of `rom`: the program's part repeats its last instruction (a duplicate entry allows nothing new; a row of zeros
//! would be an `add32` at pc 0), and initial words have a fixed flag as multiplicity.

use crate::backend::{F, Table};
use crate::builder::{Bus, Chip, ChipBuilder};
use p3_field::PrimeCharacteristicRing;
use std::ops::Range;
use zkc_isa::{FIRST_PC, Inst, Program, SLOT_PAGES, STATIC_BASE};

/// Rows of `words`.
pub(crate) const WORDS_ROWS: usize = 1 << 16;
/// Rows of `small`.
pub(crate) const SMALL_ROWS: usize = 1 << 9;
/// Rows of `pow2`.
pub(crate) const POW2_ROWS: usize = 16;

/// 16-bit values, pairs of bytes with their AND, values of few bits.
pub(crate) fn words() -> Chip {
    let mut b = ChipBuilder::new("words");
    let (x, y, and) = (b.fixed("a"), b.fixed("b"), b.fixed("and"));
    let (n, value) = (b.fixed("bits"), b.fixed("value"));
    let word = &x + &y * 256;
    let (ranges, ands) = (b.column("range16 count"), b.column("byte-and count"));
    let (few, sixteen) = (b.column("bits count"), b.column("16 bits count"));
    b.provide(Bus::Range16, vec![word.clone()], ranges);
    b.provide(Bus::ByteAnd, vec![x, y, and], ands);
    b.provide(Bus::Bits, vec![n, value], few);
    b.provide(Bus::Bits, vec![16.into(), word], sixteen);
    b.finish()
}

/// Values of at most 8 bits, pairs of nibbles with their AND.
pub(crate) fn small() -> Chip {
    let mut b = ChipBuilder::new("small");
    let (k, x) = (b.fixed("bits"), b.fixed("value"));
    let nibbles = ["a", "b", "and"].map(|n| b.fixed(n));
    let (bits, ands) = (b.column("small-bits count"), b.column("nibble-and count"));
    b.provide(Bus::SmallBits, vec![k, x], bits);
    b.provide(Bus::NibbleAnd, nibbles.to_vec(), ands);
    b.finish()
}

/// Powers of two.
pub(crate) fn pow2() -> Chip {
    let mut b = ChipBuilder::new("pow2");
    let (k, power) = (b.fixed("k"), b.fixed("2^k"));
    let count = b.column("count");
    b.provide(Bus::Pow2, vec![k, power], count);
    b.finish()
}

/// The program's instructions and initial words.
pub(crate) fn rom() -> Chip {
    let mut b = ChipBuilder::new("rom");
    let names = [
        "pc", "op", "d", "a", "b", "c", "imm0", "imm1", "imm2", "imm3", "target",
    ];
    let inst = names.map(|n| b.fixed(n));
    let present = b.fixed("word present");
    let word = ["address", "word0", "word1", "word2", "word3"].map(|n| b.fixed(n));
    let count = b.column("count");
    b.provide(Bus::Program, inst.to_vec(), count);
    b.send(Bus::Init, word.to_vec(), present);
    b.finish()
}

fn table(width: usize, cells: impl Iterator<Item = u32>) -> Table {
    Table::new(cells.map(F::from_u32).collect(), width)
}

/// Fixed columns of [`words`]: (n, v) of few bits stands in row 2^n - 1 + v, and the last row repeats (0, 0).
pub(crate) fn words_table() -> Table {
    let row = |v: u32| {
        let n = (v + 1).ilog2();
        let (n, value) = if n < 16 {
            (n, v + 1 - (1 << n))
        } else {
            (0, 0)
        };
        [v & 255, v >> 8, v & (v >> 8) & 255, n, value]
    };
    table(5, (0..1u32 << 16).flat_map(row))
}

/// Fixed columns of [`small`]: (k, x) stands in row 2^k - 1 + x, nibbles (a, b) stand in row a + 16 b; the last row repeats
/// (0, 0), the upper half the nibbles of the lower.
pub(crate) fn small_table() -> Table {
    let row = |v: u32| {
        let k = (v + 1).ilog2();
        let (k, x) = if k < 9 { (k, v + 1 - (1 << k)) } else { (0, 0) };
        let (a, b) = (v & 15, v >> 4 & 15);
        [k, x, a, b, a & b]
    };
    table(5, (0..SMALL_ROWS as u32).flat_map(row))
}

/// Fixed columns of [`pow2`].
pub(crate) fn pow2_table() -> Table {
    table(2, (0..POW2_ROWS as u32).flat_map(|k| [k, 1 << k]))
}

/// The four 16-bit limbs of a word, lowest first.
pub(crate) fn limbs(word: u64) -> [u32; 4] {
    [0, 16, 32, 48].map(|s| (word >> s) as u32 & 0xffff)
}

/// A program's initial words with the static word [`SLOT_PAGES`], ascending.
pub(crate) fn initial_words(program: &Program) -> Vec<(u32, u64)> {
    let slot = STATIC_BASE + SLOT_PAGES;
    let mut words: Vec<(u32, u64)> = program
        .init
        .iter()
        .copied()
        .filter(|&(a, _)| a != slot)
        .collect();
    let at = words.partition_point(|&(a, _)| a < slot);
    words.insert(at, (slot, program.pages.into()));
    words
}

/// The Program tuple of an instruction.
pub(crate) fn program_tuple(pc: u32, i: &Inst) -> [u32; 11] {
    let [i0, i1, i2, i3] = limbs(i.imm);
    [
        pc,
        i.op as u16 as u32,
        i.d,
        i.a,
        i.b,
        i.c,
        i0,
        i1,
        i2,
        i3,
        i.target,
    ]
}

/// Program counters that stand in [`rom`], in order.
pub(crate) fn rom_pcs(program: &Program) -> Range<u32> {
    let first = if program.vectors.is_empty() {
        FIRST_PC
    } else {
        0
    };
    first..FIRST_PC + program.insts.len() as u32
}

/// Rows of [`rom`] for a program.
pub(crate) fn rom_rows(program: &Program, words: &[(u32, u64)]) -> usize {
    rom_pcs(program)
        .len()
        .max(words.len())
        .next_power_of_two()
        .max(crate::MIN_ROWS)
}

/// Fixed columns of [`rom`]; the program has at least one instruction.
pub(crate) fn rom_table(program: &Program, words: &[(u32, u64)]) -> Table {
    let rows = rom_rows(program, words);
    let pcs = rom_pcs(program);
    let inst = |pc: u32| match (pc.checked_sub(FIRST_PC), program.vectors.first()) {
        (Some(at), _) => program_tuple(pc, &program.insts[at as usize]),
        (None, first) => {
            let first = first.map_or(0, |v| v.0);
            let (pc, inst) = match program.vector(pc) {
                Some(inst) => (pc, inst),
                None => (first, program.vector(first).expect("there is a vector")),
            };
            program_tuple(pc, &inst)
        }
    };
    let row = |i: usize| {
        let inst = inst((pcs.start + i as u32).min(pcs.end - 1));
        let word = words.get(i).map_or([0; 6], |&(address, w)| {
            let [a, b, c, d] = limbs(w);
            [1, address, a, b, c, d]
        });
        inst.into_iter().chain(word)
    };
    table(17, (0..rows).flat_map(row))
}

/// Position of a looked-up tuple in its table, if the bus has a static one.
pub(crate) fn row_of(bus: Bus, tuple: &[u32], pcs: &Range<u32>) -> Option<usize> {
    let get = |i: usize| tuple.get(i).copied().unwrap_or(u32::MAX);
    let at = match bus {
        Bus::Range16 => (get(0) < 1 << 16).then_some(get(0)),
        Bus::ByteAnd => (get(0) < 256 && get(1) < 256 && get(2) == get(0) & get(1))
            .then(|| get(0) + 256 * get(1)),
        Bus::Pow2 => (get(0) < 16 && get(1) == 1 << get(0)).then_some(get(0)),
        Bus::SmallBits => (get(0) <= 8 && get(1) < 1 << get(0)).then(|| (1 << get(0)) - 1 + get(1)),
        Bus::NibbleAnd => {
            (get(0) < 16 && get(1) < 16 && get(2) == get(0) & get(1)).then(|| get(0) + 16 * get(1))
        }
        Bus::Bits if get(0) == 16 => (get(1) < 1 << 16).then_some(get(1)),
        Bus::Bits => (get(0) < 16 && get(1) < 1 << get(0)).then(|| (1 << get(0)) - 1 + get(1)),
        Bus::Program => get(0)
            .checked_sub(pcs.start)
            .filter(|_| pcs.contains(&get(0))),
        _ => None,
    };
    at.map(|i| i as usize)
}
