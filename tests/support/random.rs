//! Deterministic random numbers: SplitMix64, so that a seed names one input on every machine.

#![allow(dead_code, reason = "each test binary uses its own part")]

/// A generator.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

/// Words at which integer operations change their behaviour.
const BOUNDARIES: [u64; 20] = [
    0,
    1,
    2,
    7,
    8,
    31,
    32,
    63,
    64,
    255,
    256,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

impl Random {
    /// The generator of a seed.
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed ^ 0x5a6b_6331)
    }

    /// The next word.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// A boundary word, its neighbour or a random one.
    pub(crate) fn word(&mut self) -> u64 {
        let boundary = BOUNDARIES[self.below(BOUNDARIES.len() as u64) as usize];
        match self.below(6) {
            0 | 1 => boundary,
            2 => boundary.wrapping_sub(1),
            3 => boundary.wrapping_neg(),
            4 => self.next() % 1000,
            _ => self.next(),
        }
    }

    /// `len` bytes.
    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..len.div_ceil(8))
            .flat_map(|_| self.next().to_le_bytes())
            .collect();
        bytes.truncate(len);
        bytes
    }
}
