//! Narrowing: signed lanes limited to half their width and packed.
//!
//! A word whose lanes all fit, the usual case, is not limited at all: one branch asks whether any does not. Signed results are
//! made with a bias, the smallest one being zero, so that fitting shows in the upper halves of the lanes alone.

use super::Vector;
use super::half::{Half, every, full, signs};
use cranelift_codegen::ir::Value;

impl Half<'_, '_> {
    /// The lanes of both vectors as lanes of `w` bits, those of `x` first.
    pub(super) fn narrow(&mut self, w: u32, signed: bool, x: Vector, y: Vector) -> Vector {
        [x, y].map(|halves| {
            let [low, high] = halves.map(|x| {
                let limited = self.limited(w, signed, x);
                self.packed_high(w, limited)
            });
            let low = self.shr_by(low, 32);
            let high = self.and_bits(high, u64::MAX << 32);
            let lanes = self.add(low, high);
            match signed {
                true => self.xor_bits(lanes, signs(w)),
                false => lanes,
            }
        })
    }

    /// Lanes of `2 w` bits limited to numbers of `w` bits, which are biased if signed.
    fn limited(&mut self, w: u32, signed: bool, x: Value) -> Value {
        let wide = 2 * w;
        let lanes = if signed {
            // Numbers that fit are at least the constant, so no lane borrows from the next above it; the lowest that does not
            // fit still shows.
            let unsigned = self.xor_bits(x, signs(wide));
            let least = every(wide, (1 << (wide - 1)) - (1 << (w - 1)));
            self.add_bits(unsigned, least.wrapping_neg())
        } else {
            x
        };
        let beyond = self.and_bits(lanes, !every(wide, full(w)));
        self.unless_zero(beyond, lanes, |h| h.limit_lanes(w, signed, x))
    }

    /// [`Half::limited`] for any lanes.
    fn limit_lanes(&mut self, w: u32, signed: bool, x: Value) -> Value {
        let wide = 2 * w;
        let flags = self.sign_flags(wide, x);
        if !signed {
            let positive = self.fill_not(wide, flags);
            let size = self.and(x, positive);
            return self.at_most(wide, size, full(w));
        }
        // The size of a negative number less one, so that both signs have the same limit.
        let negative = self.fill(wide, flags);
        let size = self.xor(x, negative);
        let size = self.at_most(wide, size, full(w - 1));
        let limited = self.xor(size, negative);
        let limited = self.and_bits(limited, every(wide, full(w)));
        self.xor_bits(limited, every(wide, 1 << (w - 1)))
    }

    /// Lanes without sign bit, limited to `most`, which is ones below some bit.
    fn at_most(&mut self, w: u32, x: Value, most: u64) -> Value {
        let over = self.add_bits(x, every(w, full(w - 1) - most));
        let over = self.sign_flags(w, over);
        let over = self.mul_bits(over, most);
        let limited = self.or(x, over);
        self.and_bits(limited, every(w, most))
    }

    /// Lanes of `2 w` bits that need only `w`, packed into the high 32 bits; the low bits are anything.
    fn packed_high(&mut self, w: u32, x: Value) -> Value {
        let pairs = if w == 8 {
            // Each byte twice: bytes 1 and 2 are a pair of neighbours, and so are 5 and 6.
            let twice = self.mul_bits(x, 0x101);
            self.and_bits(twice, every(32, 0xff_ff00))
        } else {
            x
        };
        // The upper of two parts of 16 bits moves next to the lower one.
        self.mul_bits(pairs, (1 << 16 | 1) << if w == 8 { 8 } else { 16 })
    }
}
