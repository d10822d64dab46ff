//! Deterministic data for the `run` entry points, and the checksum they return.

/// A stream of pseudo-random words: Marsaglia's 32-bit xorshift (shifts 13, 17, 5) from one fixed seed.
pub struct Generator(u32);

impl Generator {
    /// The generator at the start of its stream; every call gives the same one.
    #[expect(
        clippy::new_without_default,
        reason = "every generator starts from the same seed"
    )]
    pub fn new() -> Self {
        Self(0x9e37_79b9)
    }

    /// The next word of the stream; never 0.
    #[inline]
    pub fn word(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    /// Fills `bytes` with words in little-endian order. A last word that does not fit is cut, so a stream of bytes
    /// read in pieces is the same however it is cut, as long as every piece but the last is a multiple of 4 long.
    #[inline]
    pub fn fill(&mut self, bytes: &mut [u8]) {
        let mut words = bytes.chunks_exact_mut(4);
        for word in &mut words {
            word.copy_from_slice(&self.word().to_le_bytes());
        }
        let rest = words.into_remainder();
        if !rest.is_empty() {
            for (byte, value) in rest.iter_mut().zip(self.word().to_le_bytes()) {
                *byte = value;
            }
        }
    }
}

/// An order-sensitive checksum: `sum = rotl(sum, 5) + value`, wrapping, from 0.
#[derive(Default)]
pub struct Checksum(u64);

impl Checksum {
    /// Takes in the next value.
    #[inline]
    pub fn add(&mut self, value: u32) {
        self.0 = self.0.rotate_left(5).wrapping_add(u64::from(value));
    }

    /// The sum over the values so far.
    pub fn value(&self) -> u64 {
        self.0
    }
}
