//! Lanes moved between the halves: single lanes, shuffles, swizzles.

use super::Vector;
use super::half::{Half, every, full};
use cranelift_codegen::ir::types::I32;
use cranelift_codegen::ir::{InstBuilder, Value};
use std::collections::BTreeMap;

impl Half<'_, '_> {
    /// A lane as the lowest bits of a word; the bits above are those of the lanes above it.
    pub(super) fn lane(&mut self, w: u32, x: Vector, lane: u32) -> Value {
        let (half, at) = place(w, lane);
        self.shr_by(x[half], at)
    }

    /// A vector with a lane exchanged for the low bits of a word; a word for a lane of 64 or 32 bits has no others.
    pub(super) fn replace(&mut self, w: u32, x: Vector, lane: u32, word: Value) -> Vector {
        let (half, at) = place(w, lane);
        let mut new = word;
        if w < 32 && at + w < 64 {
            new = self.and_bits(new, full(w));
        }
        let mut all = x;
        all[half] = if w == 64 {
            new
        } else {
            let new = self.shl_by(new, at);
            let others = self.and_bits(x[half], !(full(w) << at));
            self.add(others, new)
        };
        all
    }

    /// A shift amount as a word below `w`.
    pub(super) fn amount(&mut self, w: u32, n: Value) -> Value {
        let n = self.widen(n);
        match self.known(n) {
            Some(n) => self.word(n & u64::from(w - 1)),
            // the machine's shifts take amounts modulo 64
            None if w == 64 => n,
            None => self.and_bits(n, u64::from(w - 1)),
        }
    }

    /// The bytes of the four words `x` that the bytes of `names` name.
    ///
    /// Bytes that come from one word and move by the same distance move together, by one rotation.
    pub(super) fn shuffle(&mut self, x: Vec<Value>, names: [u64; 2]) -> Vector {
        names.map(|names| {
            let mut moves: BTreeMap<(usize, u32), u64> = BTreeMap::new();
            for to in 0..8 {
                let from = (names >> (8 * to)) as u32 % 32;
                let distance = 8 * ((to + 8 - from % 8) % 8);
                *moves.entry((from as usize / 8, distance)).or_default() |= 0xff << (8 * to);
            }
            let mut all = None;
            for ((word, distance), kept) in moves {
                let part = self.moved(x[word], distance, kept);
                all = Some(match all {
                    None => part,
                    Some(others) => self.add(others, part),
                });
            }
            all.unwrap_or_else(|| self.word(0))
        })
    }

    /// A word rotated left, with only the `kept` bits.
    fn moved(&mut self, x: Value, distance: u32, kept: u64) -> Value {
        if distance == 0 {
            return self.and_bits(x, kept);
        }
        // A shift drops what a rotation would bring around.
        if kept == u64::MAX << distance {
            return self.shl_by(x, distance);
        }
        if kept == u64::MAX >> (64 - distance) {
            return self.shr_by(x, 64 - distance);
        }
        let rotated = self.rotl_by(x, distance);
        self.and_bits(rotated, kept)
    }

    /// The bytes of `x` that the bytes of `names` name, zero past the end.
    pub(super) fn swizzle(&mut self, x: Vector, names: Vector) -> Vector {
        names.map(|names| {
            let low = self.and_bits(names, every(8, 0x0f));
            // Lane i is to be rotated left by 8 i - 8 name bits, modulo 64. A multiple of 64 keeps the byte from borrowing.
            let places = self.shl_by(low, 3);
            let to = self.word(u64::from_le_bytes(std::array::from_fn(|i| {
                128 + 8 * i as u8
            })));
            let amounts = self.sub(to, places);
            let upper = self.shr_by(amounts, 32);
            let upper = self.low(upper);
            let mut all = None;
            for lane in 0..8 {
                let amount = match lane {
                    0..4 => self.shr_by(amounts, 8 * lane),
                    _ => {
                        let by = self.builder.ins().iconst(I32, i64::from(8 * (lane - 4)));
                        let amount = self.builder.ins().ushr(upper, by);
                        self.widen(amount)
                    }
                };
                let high = self.and_bits(low, 8 << (8 * lane));
                let half = self.builder.ins().select(high, x[1], x[0]);
                let moved = self.builder.ins().rotl(half, amount);
                let byte = self.and_bits(moved, 0xff << (8 * lane));
                all = Some(match all {
                    None => byte,
                    Some(others) => self.add(others, byte),
                });
            }
            let all = all.unwrap_or(low);
            let beyond = self.and_bits(names, every(8, 0xf0));
            self.unless_zero(beyond, all, |h| {
                let beyond = h.byte_mask(beyond);
                let dropped = h.and(all, beyond);
                h.sub(all, dropped)
            })
        })
    }

    /// Ones in every byte that is not zero.
    fn byte_mask(&mut self, x: Value) -> Value {
        let nonzero = self.nonzero(8, x);
        let flags = self.shr_by(nonzero, 7);
        let flags = self.and_bits(flags, every(8, 1));
        self.fill(8, flags)
    }

    /// Products of signed bytes in lanes of 16 bits: of the even bytes, of the odd bytes.
    pub(super) fn byte_products(&mut self, a: Value, b: Value) -> [Value; 2] {
        let [a, b] = [a, b].map(|x| self.even_odd(16, true, x));
        [
            self.mul_lanes(16, a[0], b[0]),
            self.mul_lanes(16, a[1], b[1]),
        ]
    }
}

/// The half a lane is in and its lowest bit there.
fn place(w: u32, lane: u32) -> (usize, u32) {
    let count = 64 / w;
    ((lane / count) as usize % 2, lane % count * w)
}
