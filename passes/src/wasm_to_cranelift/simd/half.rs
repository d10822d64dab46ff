//! Lanes within one 64-bit half: the builder of CLIF expressions that all strategies share, and the formulas that compute
//! all lanes of a word at once.
//!
//! Masks are chosen so that no lane carries into the next. Disjoint bits are joined by additions, because an addition costs
//! fewer cells than an `or`. A lane flag is 1 or 0 in the lane's lowest bit, a lane mask all ones or zero.

use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{
    self as clif, BlockArg, InstBuilder, InstructionData, Opcode, Value, ValueDef,
};
use cranelift_frontend::FunctionBuilder;

/// The word with 1 in every lane of `w` bits.
pub(super) const fn ones(w: u32) -> u64 {
    u64::MAX / full(w)
}

/// A lane of `w` one bits, in lane 0.
pub(super) const fn full(w: u32) -> u64 {
    u64::MAX >> (64 - w)
}

/// The word with the sign bit of every lane of `w` bits.
pub(super) const fn signs(w: u32) -> u64 {
    ones(w) << (w - 1)
}

/// The word with `bits` in every lane of `w` bits.
pub(super) const fn every(w: u32, bits: u64) -> u64 {
    ones(w).wrapping_mul(bits)
}

/// Writes CLIF on 64-bit words. What is known of constants is computed on the spot.
pub(super) struct Half<'a, 'b> {
    pub(super) builder: &'a mut FunctionBuilder<'b>,
}

impl Half<'_, '_> {
    pub(super) fn word(&mut self, bits: u64) -> Value {
        self.builder.ins().iconst(I64, bits as i64)
    }

    /// The bits of a constant.
    pub(super) fn known(&self, x: Value) -> Option<u64> {
        let dfg = &self.builder.func.dfg;
        let ValueDef::Result(inst, 0) = dfg.value_def(x) else {
            return None;
        };
        match dfg.insts[inst] {
            InstructionData::UnaryImm {
                opcode: Opcode::Iconst,
                imm,
            } => {
                let ty = dfg.value_type(x);
                Some(imm.bits() as u64 & full(ty.bits()))
            }
            InstructionData::Unary {
                opcode: Opcode::Uextend,
                arg,
            } => self.known(arg),
            _ => None,
        }
    }

    fn binary(
        &mut self,
        a: Value,
        b: Value,
        fold: impl Fn(u64, u64) -> u64,
        emit: impl Fn(&mut Self, Value, Value) -> Value,
    ) -> Value {
        match (self.known(a), self.known(b)) {
            (Some(a), Some(b)) => self.word(fold(a, b)),
            _ => emit(self, a, b),
        }
    }

    pub(super) fn add(&mut self, a: Value, b: Value) -> Value {
        self.binary(a, b, u64::wrapping_add, |h, a, b| {
            h.builder.ins().iadd(a, b)
        })
    }

    pub(super) fn sub(&mut self, a: Value, b: Value) -> Value {
        self.binary(a, b, u64::wrapping_sub, |h, a, b| {
            h.builder.ins().isub(a, b)
        })
    }

    pub(super) fn mul(&mut self, a: Value, b: Value) -> Value {
        self.binary(a, b, u64::wrapping_mul, |h, a, b| {
            h.builder.ins().imul(a, b)
        })
    }

    pub(super) fn and(&mut self, a: Value, b: Value) -> Value {
        self.binary(a, b, |a, b| a & b, |h, a, b| h.builder.ins().band(a, b))
    }

    pub(super) fn or(&mut self, a: Value, b: Value) -> Value {
        self.binary(a, b, |a, b| a | b, |h, a, b| h.builder.ins().bor(a, b))
    }

    pub(super) fn xor(&mut self, a: Value, b: Value) -> Value {
        self.binary(a, b, |a, b| a ^ b, |h, a, b| h.builder.ins().bxor(a, b))
    }

    pub(super) fn add_bits(&mut self, a: Value, bits: u64) -> Value {
        let b = self.word(bits);
        self.add(a, b)
    }

    pub(super) fn mul_bits(&mut self, a: Value, bits: u64) -> Value {
        if bits == 1 {
            return a;
        }
        let b = self.word(bits);
        self.mul(a, b)
    }

    pub(super) fn and_bits(&mut self, a: Value, bits: u64) -> Value {
        if bits == u64::MAX {
            return a;
        }
        let b = self.word(bits);
        self.and(a, b)
    }

    pub(super) fn or_bits(&mut self, a: Value, bits: u64) -> Value {
        let b = self.word(bits);
        self.or(a, b)
    }

    pub(super) fn xor_bits(&mut self, a: Value, bits: u64) -> Value {
        let b = self.word(bits);
        self.xor(a, b)
    }

    /// Shift left by a word, modulo 64.
    pub(super) fn shl(&mut self, a: Value, n: Value) -> Value {
        self.binary(
            a,
            n,
            |a, n| a << (n & 63),
            |h, a, n| h.builder.ins().ishl(a, n),
        )
    }

    /// Shift right by a word, modulo 64.
    pub(super) fn shr(&mut self, a: Value, n: Value) -> Value {
        let fold = |a: u64, n: u64| a >> (n & 63);
        self.binary(a, n, fold, |h, a, n| h.builder.ins().ushr(a, n))
    }

    pub(super) fn shl_by(&mut self, a: Value, n: u32) -> Value {
        if n == 0 {
            return a;
        }
        let n = self.word(n.into());
        self.shl(a, n)
    }

    pub(super) fn shr_by(&mut self, a: Value, n: u32) -> Value {
        if n == 0 {
            return a;
        }
        let n = self.word(n.into());
        self.shr(a, n)
    }

    pub(super) fn sar_by(&mut self, a: Value, n: u32) -> Value {
        let n = self.word(n.into());
        self.builder.ins().sshr(a, n)
    }

    pub(super) fn rotl_by(&mut self, a: Value, n: u32) -> Value {
        let n = self.word(n.into());
        self.builder.ins().rotl(a, n)
    }

    /// The low 32 bits as CLIF's `i32`.
    pub(super) fn low(&mut self, a: Value) -> Value {
        self.builder.ins().ireduce(I32, a)
    }

    /// The low 32 bits as a word.
    pub(super) fn low_word(&mut self, a: Value) -> Value {
        let low = self.low(a);
        self.widen(low)
    }

    /// The high 32 bits where they are, the low ones zero.
    pub(super) fn high_in_place(&mut self, a: Value) -> Value {
        let low = self.low_word(a);
        self.sub(a, low)
    }

    /// A scalar of at most 64 bits as a word, zero-extended.
    pub(super) fn widen(&mut self, a: Value) -> Value {
        if self.builder.func.dfg.value_type(a) == I64 {
            a
        } else {
            self.builder.ins().uextend(I64, a)
        }
    }

    /// The low `w` bits of a word, sign-extended to `ty`.
    pub(super) fn sign_extend(&mut self, a: Value, w: u32, ty: clif::Type) -> Value {
        let narrow = match w {
            8 => I8,
            16 => I16,
            _ => I32,
        };
        let low = self.builder.ins().ireduce(narrow, a);
        if narrow == ty {
            low
        } else {
            self.builder.ins().sextend(ty, low)
        }
    }

    /// A condition on two scalars as a word, 1 or 0.
    pub(super) fn test(&mut self, cond: IntCC, a: Value, b: Value) -> Value {
        let flag = self.builder.ins().icmp(cond, a, b);
        self.builder.ins().uextend(I64, flag)
    }

    fn test_bits(&mut self, cond: IntCC, a: Value, bits: u64) -> Value {
        let ty = self.builder.func.dfg.value_type(a);
        let b = self.builder.ins().iconst(ty, bits as i64);
        self.test(cond, a, b)
    }

    /// Two words below 2^32 as the lanes of one.
    pub(super) fn join32(&mut self, low: Value, high: Value) -> Value {
        let high = self.shl_by(high, 32);
        self.add(low, high)
    }

    /// `usual` if the word is zero, else what `other` makes, in a block of its own.
    pub(super) fn unless_zero(
        &mut self,
        word: Value,
        usual: Value,
        other: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let (rare, done) = (self.builder.create_block(), self.builder.create_block());
        let result = self.builder.append_block_param(done, I64);
        let ins = self.builder.ins();
        ins.brif(word, rare, &[], done, &[BlockArg::Value(usual)]);
        self.builder.seal_block(rare);
        self.builder.switch_to_block(rare);
        let made = other(self);
        self.builder.ins().jump(done, &[BlockArg::Value(made)]);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        result
    }

    /// Lane masks of lane flags.
    pub(super) fn fill(&mut self, w: u32, flags: Value) -> Value {
        if w == 64 {
            let zero = self.word(0);
            self.sub(zero, flags)
        } else {
            self.mul_bits(flags, full(w))
        }
    }

    /// Lane masks where the flags are 0.
    pub(super) fn fill_not(&mut self, w: u32, flags: Value) -> Value {
        if w == 64 {
            return self.add_bits(flags, u64::MAX);
        }
        let negated = self.mul_bits(flags, full(w).wrapping_neg());
        self.add_bits(negated, u64::MAX)
    }

    /// Flags of the sign bits in `x`.
    pub(super) fn sign_flags(&mut self, w: u32, x: Value) -> Value {
        let shifted = self.shr_by(x, w - 1);
        if w == 64 {
            shifted
        } else {
            self.and_bits(shifted, ones(w))
        }
    }

    /// `b` where the mask has ones, else `a`.
    pub(super) fn choose(&mut self, mask: Value, b: Value, a: Value) -> Value {
        let differ = self.xor(a, b);
        let chosen = self.and(differ, mask);
        self.xor(a, chosen)
    }

    /// Per lane: sum.
    pub(super) fn add_lanes(&mut self, w: u32, a: Value, b: Value) -> Value {
        match w {
            64 => self.add(a, b),
            // only one carry to take back
            32 => {
                let sum = self.add(a, b);
                let differ = self.xor(a, b);
                let carries = self.xor(differ, sum);
                let carry = self.and_bits(carries, 1 << 32);
                self.sub(sum, carry)
            }
            _ => {
                let (x, y) = (self.and_bits(a, !signs(w)), self.and_bits(b, !signs(w)));
                let sum = self.add(x, y);
                let differ = self.xor(a, b);
                let top = self.and_bits(differ, signs(w));
                self.xor(sum, top)
            }
        }
    }

    /// Per lane: difference.
    pub(super) fn sub_lanes(&mut self, w: u32, a: Value, b: Value) -> Value {
        match w {
            64 => self.sub(a, b),
            32 => {
                let difference = self.sub(a, b);
                let differ = self.xor(a, b);
                let borrows = self.xor(differ, difference);
                let borrow = self.and_bits(borrows, 1 << 32);
                self.add(difference, borrow)
            }
            _ => {
                let difference = self.low_difference(w, a, b);
                let differ = self.xor(a, b);
                let top = self.and_bits(differ, signs(w));
                let top = self.xor_bits(top, signs(w));
                self.xor(difference, top)
            }
        }
    }

    /// Per lane, without the sign bits: difference, whose sign bit says that there was no borrow.
    fn low_difference(&mut self, w: u32, a: Value, b: Value) -> Value {
        let (x, y) = (self.or_bits(a, signs(w)), self.and_bits(b, !signs(w)));
        self.sub(x, y)
    }

    /// Per lane: product.
    pub(super) fn mul_lanes(&mut self, w: u32, a: Value, b: Value) -> Value {
        let count = 64 / w;
        let product = self.mul(a, b);
        let mut sum = self.and_bits(product, full(w));
        for lane in 1..count {
            // Bits below the lane are zero, and what is above goes unless nothing is.
            let (x, y) = (
                self.shr_by(a, lane * w),
                self.and_bits(b, full(w) << (lane * w)),
            );
            let mut product = self.mul(x, y);
            if lane + 1 < count {
                product = self.and_bits(product, full(w) << (lane * w));
            }
            sum = self.add(sum, product);
        }
        sum
    }

    /// Per lane: absolute value.
    pub(super) fn abs_lanes(&mut self, w: u32, x: Value) -> Value {
        if w == 64 {
            let sign = self.sar_by(x, 63);
            let flipped = self.xor(x, sign);
            return self.sub(flipped, sign);
        }
        let flags = self.sign_flags(w, x);
        let mask = self.fill(w, flags);
        let flipped = self.xor(x, mask);
        self.add(flipped, flags)
    }

    /// Sign bits where a lane is not zero; other bits are anything.
    pub(super) fn nonzero(&mut self, w: u32, x: Value) -> Value {
        let low = self.and_bits(x, !signs(w));
        let carried = self.add_bits(low, !signs(w));
        self.or(carried, x)
    }

    /// Per lane: mask of a condition.
    pub(super) fn compare_lanes(&mut self, w: u32, cond: IntCC, a: Value, b: Value) -> Value {
        use IntCC as C;
        match (w, cond) {
            (64, _) => {
                let not = self.test(cond.complement(), a, b);
                self.add_bits(not, u64::MAX)
            }
            (32, C::Equal | C::NotEqual) => {
                let differ = self.xor(a, b);
                let low = self.low(differ);
                let low = self.test_bits(cond, low, 0);
                let high = match cond {
                    C::Equal => C::UnsignedLessThan,
                    _ => C::UnsignedGreaterThanOrEqual,
                };
                let high = self.test_bits(high, differ, 1 << 32);
                let flags = self.join32(low, high);
                self.fill(w, flags)
            }
            (32, _) => {
                let (low_a, low_b) = (self.low(a), self.low(b));
                let low = self.test(cond, low_a, low_b);
                let (high_a, high_b) = (self.high_in_place(a), self.high_in_place(b));
                let high = self.test(cond, high_a, high_b);
                let flags = self.join32(low, high);
                self.fill(w, flags)
            }
            (_, C::Equal | C::NotEqual) => {
                let differ = self.xor(a, b);
                let nonzero = self.nonzero(w, differ);
                let flags = self.sign_flags(w, nonzero);
                match cond {
                    C::Equal => self.fill_not(w, flags),
                    _ => self.fill(w, flags),
                }
            }
            (_, C::SignedGreaterThan | C::UnsignedGreaterThan) => {
                self.compare_lanes(w, cond.swap_args(), b, a)
            }
            (_, C::SignedLessThanOrEqual | C::UnsignedLessThanOrEqual) => {
                self.compare_lanes(w, cond.swap_args(), b, a)
            }
            (_, C::SignedLessThan | C::UnsignedLessThan) => {
                let flags = self.at_least(w, cond == C::SignedLessThan, a, b);
                self.fill_not(w, flags)
            }
            (_, C::SignedGreaterThanOrEqual | C::UnsignedGreaterThanOrEqual) => {
                let flags = self.at_least(w, cond == C::SignedGreaterThanOrEqual, a, b);
                self.fill(w, flags)
            }
        }
    }

    /// Flags of the lanes of 8 or 16 bits where `a >= b`.
    fn at_least(&mut self, w: u32, signed: bool, a: Value, b: Value) -> Value {
        // Equal sign bits: the lower bits decide; else a's decides, or b's of signed numbers.
        let low = self.low_difference(w, a, b);
        let differ = self.xor(a, b);
        let decides = if signed { b } else { a };
        let at_least = self.choose(differ, decides, low);
        self.sign_flags(w, at_least)
    }

    /// Per lane of at most 32 bits: the smaller or the larger.
    pub(super) fn min_max_lanes(
        &mut self,
        w: u32,
        signed: bool,
        max: bool,
        a: Value,
        b: Value,
    ) -> Value {
        let cond = if signed {
            IntCC::SignedGreaterThanOrEqual
        } else {
            IntCC::UnsignedGreaterThanOrEqual
        };
        if w == 32 {
            let pick = |h: &mut Self, x: Value, y: Value| {
                let at_least = h.builder.ins().icmp(cond, x, y);
                let (yes, no) = if max { (x, y) } else { (y, x) };
                h.builder.ins().select(at_least, yes, no)
            };
            let (low_a, low_b) = (self.low(a), self.low(b));
            let low = pick(self, low_a, low_b);
            let (high_a, high_b) = (self.high_in_place(a), self.high_in_place(b));
            let high = pick(self, high_a, high_b);
            let low = self.widen(low);
            return self.add(low, high);
        }
        let at_least = self.compare_lanes(w, cond, a, b);
        if max {
            self.choose(at_least, a, b)
        } else {
            self.choose(at_least, b, a)
        }
    }

    /// Per lane: sum limited to the lane's numbers.
    pub(super) fn add_sat_lanes(&mut self, w: u32, signed: bool, a: Value, b: Value) -> Value {
        let sum = self.add_lanes(w, a, b);
        if signed {
            let (x, y) = (self.xor(a, sum), self.xor(b, sum));
            let overflow = self.and(x, y);
            return self.limit(w, overflow, a, sum);
        }
        let both = self.and(a, b);
        let one = self.xor(a, b);
        let kept = self.and(one, sum);
        let lost = self.sub(one, kept);
        let carries = self.add(both, lost);
        let flags = self.sign_flags(w, carries);
        let mask = self.fill(w, flags);
        self.or(sum, mask)
    }

    /// Per lane: difference limited to the lane's numbers.
    pub(super) fn sub_sat_lanes(&mut self, w: u32, signed: bool, a: Value, b: Value) -> Value {
        let difference = self.sub_lanes(w, a, b);
        if signed {
            let (x, y) = (self.xor(a, b), self.xor(a, difference));
            let overflow = self.and(x, y);
            return self.limit(w, overflow, a, difference);
        }
        let mask = self.compare_lanes(w, IntCC::UnsignedGreaterThanOrEqual, a, b);
        self.and(difference, mask)
    }

    /// Where `overflow` has its sign bit, the extreme number with `a`'s sign, else `result`.
    fn limit(&mut self, w: u32, overflow: Value, a: Value, result: Value) -> Value {
        let flags = self.sign_flags(w, overflow);
        let mask = self.fill(w, flags);
        let negative = self.sign_flags(w, a);
        let negative = self.fill(w, negative);
        let extreme = self.xor_bits(negative, !signs(w));
        self.choose(mask, extreme, result)
    }

    /// Per lane: unsigned mean, rounded up.
    pub(super) fn avgr_lanes(&mut self, w: u32, a: Value, b: Value) -> Value {
        let either = self.or(a, b);
        let differ = self.xor(a, b);
        let half = self.shr_by(differ, 1);
        let half = self.and_bits(half, !signs(w));
        self.sub(either, half)
    }

    /// Per lane of 8 bits: number of one bits.
    pub(super) fn popcnt_lanes(&mut self, x: Value) -> Value {
        let odd = self.shr_by(x, 1);
        let odd = self.and_bits(odd, every(8, 0x55));
        let pairs = self.sub(x, odd);
        let high = self.shr_by(pairs, 2);
        let (low, high) = (
            self.and_bits(pairs, every(8, 0x33)),
            self.and_bits(high, every(8, 0x33)),
        );
        let fours = self.add(low, high);
        let high = self.shr_by(fours, 4);
        let sum = self.add(fours, high);
        self.and_bits(sum, every(8, 0x0f))
    }

    /// The lanes' sign bits, as the lowest bits.
    pub(super) fn bitmask_lanes(&mut self, w: u32, x: Value) -> Value {
        let count = 64 / w;
        if w == 64 {
            return self.shr_by(x, 63);
        }
        // One product puts lane i's sign bit at bit 64 - count + i, all partial products at different bits.
        let factor = (0..count)
            .map(|i| 1_u64 << (65 - count - w - (w - 1) * i))
            .sum();
        let bits = self.and_bits(x, signs(w));
        let product = self.mul_bits(bits, factor);
        self.shr_by(product, 64 - count)
    }

    /// Lanes of `w` bits that hold numbers of `w / 2` bits, sign-extended.
    fn sign_fill(&mut self, w: u32, x: Value) -> Value {
        let sign = self.and_bits(x, every(w, 1 << (w / 2 - 1)));
        let fill = self.mul_bits(sign, full(w / 2 + 1) - 1);
        self.add(x, fill)
    }

    /// Lanes of `w` bits from the low 32 bits of a word, which hold lanes of half the width.
    fn spread(&mut self, w: u32, signed: bool, x: Value) -> Value {
        let mut x = x;
        // The upper half of each group of lanes goes up by its width.
        for group in [16, 8].into_iter().filter(|&group| 2 * group >= w) {
            let upper = self.and_bits(x, every(4 * group, full(group) << group));
            let moved = self.mul_bits(upper, full(group));
            x = self.add(x, moved);
        }
        if signed { self.sign_fill(w, x) } else { x }
    }

    /// Lanes of `w` bits from a word of lanes of half the width: the low and the high half.
    pub(super) fn extend_lanes(&mut self, w: u32, signed: bool, x: Value) -> [Value; 2] {
        if w == 64 && signed {
            return [self.sign_extend(x, 32, I64), self.sar_by(x, 32)];
        }
        let (low, high) = (self.low_word(x), self.shr_by(x, 32));
        if w == 64 {
            return [low, high];
        }
        [low, high].map(|x| self.spread(w, signed, x))
    }

    /// The even lanes and the odd lanes of half the width, each extended to `w` bits.
    pub(super) fn even_odd(&mut self, w: u32, signed: bool, x: Value) -> [Value; 2] {
        let low = every(w, full(w / 2));
        let odd = self.shr_by(x, w / 2);
        let lanes = [self.and_bits(x, low), self.and_bits(odd, low)];
        if signed {
            lanes.map(|x| self.sign_fill(w, x))
        } else {
            lanes
        }
    }

    /// Sums of neighbouring lanes of half the width, in lanes of `w` bits.
    pub(super) fn pairwise(&mut self, w: u32, signed: bool, x: Value) -> Value {
        let x = if signed {
            self.xor_bits(x, signs(w / 2))
        } else {
            x
        };
        let [even, odd] = self.even_odd(w, false, x);
        let sum = self.add(even, odd);
        if !signed {
            return sum;
        }
        // The sum is 2^(w/2) too large: its low half is right, and its high half is -1 unless bit w/2 is set.
        let low = self.and_bits(sum, every(w, full(w / 2)));
        let borrow = self.xor_bits(sum, every(w, 1 << (w / 2)));
        let borrow = self.and_bits(borrow, every(w, 1 << (w / 2)));
        let high = self.mul_bits(borrow, full(w / 2));
        self.add(low, high)
    }

    /// Per lane of 32 bits: the sum of the products of its two signed lanes of 16 bits.
    pub(super) fn dot_lanes(&mut self, a: Value, b: Value) -> Value {
        let mut sums = [a, b].map(|x| {
            let high = self.shr_by(x, 32);
            [x, high].map(|pair| {
                let pair = self.low(pair);
                let sixteen = self.builder.ins().iconst(I32, 16);
                let low = self.sign_extend(pair, 16, I32);
                [low, self.builder.ins().sshr(pair, sixteen)]
            })
        });
        let [x, y] = &mut sums;
        let lanes: Vec<Value> = x
            .iter()
            .zip(y.iter())
            .map(|(a, b)| {
                let low = self.builder.ins().imul(a[0], b[0]);
                let high = self.builder.ins().imul(a[1], b[1]);
                let sum = self.builder.ins().iadd(low, high);
                self.widen(sum)
            })
            .collect();
        self.join32(lanes[0], lanes[1])
    }

    /// Per lane of 16 bits: the rounded product of fractions.
    pub(super) fn q15mulr_lanes(&mut self, a: Value, b: Value) -> Value {
        let mut all = self.word(0);
        for lane in 0..4 {
            let [x, y] = [a, b].map(|x| {
                let x = self.shr_by(x, 16 * lane);
                self.sign_extend(x, 16, I32)
            });
            let product = self.builder.ins().imul(x, y);
            let half = self.builder.ins().iconst(I32, 1 << 14);
            let sum = self.builder.ins().iadd(product, half);
            let fifteen = self.builder.ins().iconst(I32, 15);
            let rounded = self.builder.ins().sshr(sum, fifteen);
            // Only -1 times -1 is too large, by one.
            let too_large = self.builder.ins().iconst(I32, 1 << 15);
            let over = self.builder.ins().icmp(IntCC::Equal, rounded, too_large);
            let over = self.builder.ins().uextend(I32, over);
            let limited = self.builder.ins().isub(rounded, over);
            let word = self.widen(limited);
            let word = self.and_bits(word, full(16));
            let word = self.shl_by(word, 16 * lane);
            all = if lane == 0 { word } else { self.add(all, word) };
        }
        all
    }

    /// Per lane: shift right with the sign by a word below `w`.
    pub(super) fn sar_lanes(&mut self, w: u32, x: Value, n: Value) -> Value {
        match w {
            64 => self.builder.ins().sshr(x, n),
            32 => {
                let (low, amount) = (self.low(x), self.low(n));
                let low = self.builder.ins().sshr(low, amount);
                let low = self.widen(low);
                let high = self.builder.ins().sshr(x, n);
                let high = self.and_bits(high, full(32) << 32);
                self.add(low, high)
            }
            _ => {
                let shifted = self.shr_lanes(w, x, n);
                // The sign has come to one bit, which times 2^(n + 1) - 2 is the bits above it.
                let sign = self.word(1 << (w - 1));
                let sign = self.shr(sign, n);
                let sign = self.mul_bits(sign, ones(w));
                let negative = self.and(shifted, sign);
                let two = self.word(2);
                let factor = self.shl(two, n);
                let factor = self.add_bits(factor, 2_u64.wrapping_neg());
                let fill = self.mul(negative, factor);
                self.add(shifted, fill)
            }
        }
    }

    /// Per lane: shift right by a word below `w`.
    pub(super) fn shr_lanes(&mut self, w: u32, x: Value, n: Value) -> Value {
        let shifted = self.shr(x, n);
        if w == 64 {
            return shifted;
        }
        let lane = self.word(full(w));
        let kept = self.shr(lane, n);
        let kept = self.mul_bits(kept, ones(w));
        self.and(shifted, kept)
    }

    /// Per lane: shift left by a word below `w`.
    pub(super) fn shl_lanes(&mut self, w: u32, x: Value, n: Value) -> Value {
        let shifted = self.shl(x, n);
        if w == 64 {
            return shifted;
        }
        let lane = self.word(full(w));
        let kept = self.shl(lane, n);
        let kept = self.and_bits(kept, full(w));
        let kept = self.mul_bits(kept, ones(w));
        self.and(shifted, kept)
    }

    /// A lane's bits in every lane; the bits above the lane are ignored.
    pub(super) fn splat(&mut self, w: u32, x: Value) -> Value {
        if w == 64 {
            return x;
        }
        let lane = self.and_bits(x, full(w));
        self.mul_bits(lane, ones(w))
    }
}
