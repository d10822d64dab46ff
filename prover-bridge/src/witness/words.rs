//! The last access to every word of the machine's address space, kept for touched parts only.

use crate::memory::Word;

/// Words of one part.
const PART: usize = 1 << 10;
/// Words of the address space.
const SPACE: usize = 1 << 29;

/// The last access to a word.
#[derive(Clone, Copy, Default)]
pub(super) struct Last {
    pub(super) time: u32,
    touched: bool,
    init: bool,
    pub(super) value: u64,
}

/// All words.
pub(super) struct Words {
    parts: Vec<Option<Box<[Last; PART]>>>,
    initial: Vec<(u32, u64)>,
}

impl Words {
    /// Before a run: only the initial words exist.
    pub(super) fn new(initial: &[(u32, u64)]) -> Words {
        let mut words = Words {
            parts: vec![None; SPACE / PART],
            initial: initial.to_vec(),
        };
        for &(address, value) in initial {
            *words.slot(address) = Last {
                time: 0,
                touched: true,
                init: true,
                value,
            };
        }
        words
    }

    fn slot(&mut self, address: u32) -> &mut Last {
        let part = self.parts[address as usize / PART]
            .get_or_insert_with(|| Box::new([Last::default(); PART]));
        &mut part[address as usize % PART]
    }

    /// The last access to a word; `first` tells the time from which a word not touched before exists.
    pub(super) fn touch(
        &mut self,
        address: u32,
        first: impl FnOnce() -> Option<(u32, bool)>,
    ) -> Option<&mut Last> {
        if address as usize >= SPACE {
            return None;
        }
        let last = self.slot(address);
        if !last.touched {
            (last.time, last.touched) = (first()?.0, true);
        }
        Some(last)
    }

    /// The rows of the chip `memory`, by address.
    pub(super) fn finish(self, first: impl Fn(u32) -> Option<(u32, bool)>) -> Vec<Word> {
        let mut rows = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            for (i, last) in part
                .iter()
                .flat_map(|p| p.iter())
                .enumerate()
                .filter(|(_, last)| last.touched)
            {
                let address = (number * PART + i) as u32;
                let (first_time, grown) = first(address).expect("a touched word exists");
                let value = last
                    .init
                    .then(|| self.initial.binary_search_by_key(&address, |w| w.0).ok())
                    .flatten();
                rows.push(Word {
                    address,
                    init: last.init,
                    grown,
                    first_time,
                    first: value.map_or(0, |at| self.initial[at].1),
                    last_time: last.time,
                    last: last.value,
                });
            }
        }
        rows
    }
}
