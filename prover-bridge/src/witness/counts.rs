//! How often each table entry was looked up.

use crate::backend::{Compiled, F};
use crate::builder::Bus;
use crate::tables;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use std::collections::BTreeMap;
use std::ops::Range;

/// Counts for all tables.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) range16: Vec<u32>,
    pub(super) byte_and: Vec<u32>,
    pub(super) pow2: Vec<u32>,
    /// Values of less than 16 bits, by row.
    pub(super) bits: Vec<u32>,
    /// Values of 16 bits on the bus Bits.
    pub(super) bits16: Vec<u32>,
    pub(super) small_bits: Vec<u32>,
    pub(super) nibble_and: Vec<u32>,
    pub(super) program: Vec<u32>,
    /// Program counters of `program`.
    pcs: Range<u32>,
    /// Lookups in tables that are made during the run.
    others: BTreeMap<(Bus, Vec<u32>), u32>,
    miss: Option<String>,
}

impl Counts {
    /// No lookups yet, for a program with instructions at these program counters.
    pub(super) fn new(pcs: &Range<u32>) -> Counts {
        Counts {
            range16: vec![0; tables::WORDS_ROWS],
            byte_and: vec![0; tables::WORDS_ROWS],
            bits: vec![0; tables::WORDS_ROWS],
            bits16: vec![0; tables::WORDS_ROWS],
            small_bits: vec![0; tables::SMALL_ROWS],
            nibble_and: vec![0; 256],
            pow2: vec![0; tables::POW2_ROWS],
            program: vec![0; pcs.len()],
            pcs: pcs.clone(),
            ..Counts::default()
        }
    }

    /// Counts the lookups of a row.
    #[inline]
    pub(super) fn row(&mut self, chip: &Compiled, row: &[F]) {
        for query in &chip.lookups {
            let multiplicity = query.multiplicity.on(row);
            if multiplicity == F::ZERO {
                continue;
            }
            // By far the most frequent lookup takes the short way.
            if query.bus == Bus::Range16 {
                let value = query.fields[0].on(row).as_canonical_u32() as usize;
                if let Some(count) = self
                    .range16
                    .get_mut(value)
                    .filter(|_| multiplicity == F::NEG_ONE)
                {
                    *count += 1;
                    continue;
                }
            }
            self.general(chip, query, multiplicity, row);
        }
    }

    fn general(
        &mut self,
        chip: &Compiled,
        query: &crate::backend::compiled::Query,
        multiplicity: F,
        row: &[F],
    ) {
        let mut tuple = [0u32; 16];
        for (x, form) in tuple.iter_mut().zip(&query.fields) {
            *x = form.on(row).as_canonical_u32();
        }
        let tuple = &tuple[..query.fields.len().min(16)];
        let slot = match (query.bus, tables::row_of(query.bus, tuple, &self.pcs)) {
            (Bus::Grown | Bus::GrowEvent, _) => {
                Some(self.others.entry((query.bus, tuple.to_vec())).or_default())
            }
            (Bus::Range16, Some(at)) => self.range16.get_mut(at),
            (Bus::ByteAnd, Some(at)) => self.byte_and.get_mut(at),
            (Bus::Pow2, Some(at)) => self.pow2.get_mut(at),
            (Bus::Bits, Some(at)) if tuple[0] == 16 => self.bits16.get_mut(at),
            (Bus::Bits, Some(at)) => self.bits.get_mut(at),
            (Bus::SmallBits, Some(at)) => self.small_bits.get_mut(at),
            (Bus::NibbleAnd, Some(at)) => self.nibble_and.get_mut(at),
            (Bus::Program, Some(at)) => self.program.get_mut(at),
            _ => None,
        };
        match slot.filter(|_| multiplicity == F::NEG_ONE) {
            Some(count) => *count += 1,
            None if self.miss.is_none() => {
                let name = &chip.chip.name;
                self.miss = Some(format!(
                    "chip `{name}`, {:?} {tuple:?} times {multiplicity}",
                    query.bus
                ));
            }
            None => {}
        }
    }

    /// Adds the counts of another part of the run.
    pub(super) fn add(&mut self, other: Counts) {
        let sum =
            |to: &mut Vec<u32>, from: Vec<u32>| to.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        sum(&mut self.range16, other.range16);
        sum(&mut self.byte_and, other.byte_and);
        sum(&mut self.pow2, other.pow2);
        sum(&mut self.bits, other.bits);
        sum(&mut self.bits16, other.bits16);
        sum(&mut self.small_bits, other.small_bits);
        sum(&mut self.nibble_and, other.nibble_and);
        sum(&mut self.program, other.program);
        for (key, count) in other.others {
            *self.others.entry(key).or_default() += count;
        }
        self.miss = self.miss.take().or(other.miss);
    }

    /// The count of an entry made during the run; a second call gives 0.
    pub(super) fn take(&mut self, bus: Bus, tuple: &[u32]) -> u32 {
        self.others.remove(&(bus, tuple.to_vec())).unwrap_or(0)
    }

    /// A lookup that no table answers, if there was one.
    pub(super) fn miss(&self) -> Option<String> {
        let left = |((bus, tuple), _): (&(Bus, Vec<u32>), &u32)| format!("{bus:?} {tuple:?}");
        self.miss
            .clone()
            .or_else(|| self.others.iter().next().map(left))
    }
}
