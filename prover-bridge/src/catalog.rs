//! The list of all chips a proof may contain, in a fixed order that gives each its number.
//!
//! First the instruction chips, those of the program's fused lines behind the machine's, then `refresh`, `memory`, `grown` and `public`, then the tables. A proof contains `memory`,
//! `public`, `pow2`, `rom`, one of `words` and `small`, and of the other chips those that have rows. Leaving a chip out is
//! like giving it no rows: it sends and offers nothing, so absence can only unbalance a bus.

use crate::backend::Compiled;
use crate::builder::Bus;
use crate::fused::FusedChip;
use crate::instruction::ORDER;
use crate::{MAX_STEPS, MIN_ROWS, few, memory, public, tables};
use std::sync::{Arc, OnceLock};

/// Largest logarithm of a height: twice as many points are the largest domain of the field.
const MAX_LOG_ROWS: u8 = 23;

/// The instruction chips of a program: the machine's and those of its fused lines.
pub(crate) struct ChipSet {
    pub(crate) fused: Vec<FusedChip>,
    compiled: Vec<Arc<Compiled>>,
    digest: OnceLock<[u8; 32]>,
}

impl ChipSet {
    /// The chips of zk64.
    pub(crate) fn standard() -> &'static ChipSet {
        static SET: OnceLock<ChipSet> = OnceLock::new();
        SET.get_or_init(|| ChipSet {
            fused: Vec::new(),
            compiled: crate::chips::all()
                .iter()
                .map(|c| Arc::new(Compiled::new(c.describe())))
                .collect(),
            digest: OnceLock::new(),
        })
    }

    /// The chips of a program with fused lines.
    pub(crate) fn with_fused(fused: Vec<FusedChip>) -> ChipSet {
        let mut compiled = ChipSet::standard().compiled.clone();
        compiled.extend(fused.iter().map(|f| Arc::new(Compiled::new(f.describe()))));
        ChipSet {
            fused,
            compiled,
            digest: OnceLock::new(),
        }
    }

    /// Number of chips that prove one instruction.
    pub(crate) fn single(&self) -> usize {
        self.compiled.len() - self.fused.len()
    }

    /// The chips for programs with this many initial pages.
    pub(crate) fn catalog(&self, pages: u32) -> Catalog {
        let mut chips = self.compiled.clone();
        let instructions = chips.len();
        let single = self.single();
        let steps = (0..instructions)
            .map(|id| match id.checked_sub(single) {
                Some(fused) => self.fused[fused].len() as u64,
                None => 1,
            })
            .collect();
        let mut add = |chip| {
            chips.push(Arc::new(Compiled::new(chip)));
            chips.len() - 1
        };
        let refresh = add(memory::refresh());
        let memory = add(memory::memory(pages));
        let grown = add(memory::grown());
        let public = add(public::public());
        let uses = |bus| {
            self.compiled
                .iter()
                .any(|c| c.lookups.iter().any(|q| q.bus == bus))
        };
        let words = add(tables::words());
        let few_range = add(few::few_range());
        let few_and = add(few::few_and());
        let few_bits = add(few::few_bits());
        let small = add(tables::small());
        let pow2 = uses(Bus::Pow2).then(|| add(tables::pow2()));
        let rom = add(tables::rom());
        Catalog {
            chips,
            instructions,
            steps,
            refresh,
            memory,
            grown,
            public,
            words,
            few_range,
            few_and,
            few_bits,
            small,
            pow2,
            rom,
        }
    }

    /// Digest of all descriptions: the version of the machine as proofs see it.
    pub(crate) fn digest(&self) -> [u8; 32] {
        *self.digest.get_or_init(|| {
            let mut h = blake3::Hasher::new();
            for c in &self.catalog(0).chips {
                let text = format!(
                    "{}\n{:?}\n{:?}\n{:?}\n",
                    c.chip.name, c.chip.columns, c.constraints, c.messages
                );
                h.update(text.as_bytes());
                for i in &c.chip.interactions {
                    h.update(format!("{:?} {} {}\n", i.bus, i.tuple.len(), i.provides).as_bytes());
                }
            }
            *h.finalize().as_bytes()
        })
    }
}

/// The fixed table behind Range16, ByteAnd and Bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Base {
    /// `words`, which offers them itself.
    Words,
    /// `small`, on which the chips of `few.rs` build.
    Small,
}

/// All chips, with the numbers of those that are not instructions.
#[derive(Clone)]
pub(crate) struct Catalog {
    pub(crate) chips: Vec<Arc<Compiled>>,
    pub(crate) instructions: usize,
    /// Steps that a row of each instruction chip stands for.
    pub(crate) steps: Vec<u64>,
    pub(crate) refresh: usize,
    pub(crate) memory: usize,
    pub(crate) grown: usize,
    pub(crate) public: usize,
    pub(crate) words: usize,
    pub(crate) few_range: usize,
    pub(crate) few_and: usize,
    pub(crate) few_bits: usize,
    pub(crate) small: usize,
    pub(crate) pow2: Option<usize>,
    pub(crate) rom: usize,
}

impl Catalog {
    /// The fixed tables of a proof, with their heights.
    pub(crate) fn tables(&self, base: Base, rom_rows: usize) -> Vec<(usize, usize)> {
        let mut list = vec![match base {
            Base::Words => (self.words, tables::WORDS_ROWS),
            Base::Small => (self.small, tables::SMALL_ROWS),
        }];
        list.extend(self.pow2.map(|id| (id, tables::POW2_ROWS)));
        list.push((self.rom, rom_rows));
        list
    }

    /// Refuses chip lists so large that clocks or counts could wrap modulo the field's order, or too large for the backend.
    /// Prover and verifier both ask; the chips are known.
    pub(crate) fn check_size(&self, chips: &[(u16, u8)]) -> Result<(), &'static str> {
        if chips
            .iter()
            .any(|&(_, h)| h > MAX_LOG_ROWS || 1 << h < MIN_ROWS)
        {
            return Err("a trace is too long or too short");
        }
        let (mut steps, mut messages) = (0u64, 0u64);
        for &(id, log_rows) in chips {
            let id = usize::from(id);
            steps += self.steps.get(id).copied().unwrap_or(0) << log_rows;
            messages += (self.chips[id].chip.interactions.len() as u64) << log_rows;
        }
        if steps > MAX_STEPS {
            return Err("so many steps that clocks could wrap");
        }
        if messages >= ORDER.into() {
            return Err("so many bus messages that counts could wrap");
        }
        Ok(())
    }
}
