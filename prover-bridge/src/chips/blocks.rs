//! Rows of `copy` and `fill`: a block of four words each.
//!
//! | chip | proves |
//! |---|---|
//! | `copy` | a block from a multiple of 8 |
//! | `copy_any` | a block from any other address: five words are read |
//! | `fill` | a block of one word |
//!
//! Registers a and b are read and moved on at times 0 and 1, c is read at time 2; source words are read at time 2, the block
//! is written at time 3. Words that share a time differ: sources, like the words written, are consecutive, and no register
//! is a source. So a block that overlaps its source is read whole before it is written.
//!
//! [`Pointer`]: the new limbs are the old ones plus the step, with a carry of 0 or 1; the lower is checked to be below 2^16,
//! the upper below a bound, hence so is the old one. A destination moves to below 2^28, so it is linear memory's; a source
//! moves to below the byte address of the stack, and so lies below it, with the word that follows the block. The end is
//! below 2^28 too, so it equals the moved destination just when their difference in the field is zero: `more` is 1 unless
//! it is, and then the program counter stays. A word that does not exist has no tuple. Degree 2.
//!
//! Bound: carries by the range of the lower limb; `more` and `inverse` by the two cases; the word of a source by its 13 bits
//! and the flag of its offset; bytes by the byte table and the words they make up; new limbs by an equation each.

use crate::builder::{Col, Expr};
use crate::gadgets::{
    BytePairs, Field, Frame, InstructionRow, Row, Slot, bytes_to_limbs, columns, exprs,
    frame::AccessSpec, inverse, limb, low_limbs, sum, word,
};
use zkc_isa::{BLOCK_WORDS, MEMORY_WORDS, STACK_BASE, Step, ZkOp};

/// Bytes of a block.
const BLOCK_BYTES: i64 = BLOCK_WORDS as i64 * 8;

/// A register that moves on by a constant.
struct Pointer {
    old: Vec<Col>,
    carry: Col,
    new: [Expr; 2],
    access: usize,
}

impl Pointer {
    /// Register `field` moves on by `by`, to below `bound`, a multiple of 2^16.
    fn new(f: &mut Frame, field: Field, access: usize, by: i64, bound: i64) -> Pointer {
        let name = if field == Field::A { "a" } else { "b" };
        let spec = AccessSpec {
            addr: f.register(field),
            limbs: 2,
            when: f.real.clone(),
            slot: Slot::At(access),
        };
        let old = f.old_limbs(name, &spec);
        let carry = f.column(format!("{name}_carry"));
        f.assert_bool(format!("carry of {name} is 0 or 1"), carry);
        let new = [old[0] + &f.real * by - carry * (1 << 16), old[1] + carry];
        f.range16(&new[0]);
        f.range16(&new[1] + ((1 << 16) - (bound >> 16)));
        f.access(name, &spec, &word(&old), &word(&new));
        Pointer {
            old,
            carry,
            new,
            access,
        }
    }

    fn fill(&self, step: &Step, row: &mut Row<'_>) {
        let access = step.accesses[self.access];
        row.set(
            self.carry,
            u64::from(limb(access.new, 1) != limb(access.old, 1)),
        );
    }
}

/// Destination and end.
struct Destination {
    pointer: Pointer,
    more: Col,
    inverse: Col,
}

impl Destination {
    /// The destination's register, which comes first.
    fn new(f: &mut Frame) -> Destination {
        let bound = i64::from(MEMORY_WORDS);
        Destination {
            pointer: Pointer::new(f, Field::A, 0, BLOCK_WORDS.into(), bound),
            more: f.column("more"),
            inverse: f.column("inverse"),
        }
    }

    /// Reads the end and decides where the run goes on.
    fn finish(&self, f: &mut Frame) {
        let end = f.read_register(Field::C, 2);
        f.range16(end[1] + ((1 << 16) - (i64::from(MEMORY_WORDS) >> 16)));
        let [low, high] = &self.pointer.new;
        let left = low + high * (1 << 16) - low_limbs(&end);
        let (more, inverse) = (self.more, self.inverse);
        f.assert_bool("more is 0 or 1", more);
        f.assert_zero(
            "more means that the end is not reached",
            &left * inverse - more,
        );
        f.assert_zero("otherwise it is", (1 - more) * left);
        f.assert_zero("and has no inverse", (1 - more) * inverse);
        f.set_next_pc(f.pc + 1 - more);
    }

    /// Writes the block.
    fn write(&self, f: &mut Frame, words: &[Expr]) {
        let first = low_limbs(&self.pointer.old);
        for (i, limbs) in words.chunks(4).enumerate() {
            f.set_time(3);
            f.write(&format!("word{i}"), &first + i as i64, limbs);
        }
    }

    fn fill(&self, step: &Step, row: &mut Row<'_>) {
        self.pointer.fill(step, row);
        let left = step.accesses[0].new as i64 - step.accesses[2].old as i64;
        row.set(self.more, u64::from(left != 0));
        row.set(self.inverse, inverse(left));
    }
}

/// The byte address of the source and the words from it on.
fn source(f: &mut Frame) -> Pointer {
    let bound = i64::from(STACK_BASE) * 8;
    Pointer::new(f, Field::B, 1, BLOCK_BYTES, bound)
}

/// The byte address of a step's source.
fn source_address(step: &Step) -> u64 {
    step.accesses[1].old
}

/// `copy` from multiples of 8.
pub(super) fn copy() -> InstructionRow {
    let mut f = Frame::new("copy", &[ZkOp::Copy]);
    let to = Destination::new(&mut f);
    let from = source(&mut f);
    let low = from.old[0] * inverse(8) as i64;
    f.bits(13, &low);
    to.finish(&mut f);
    let mut words = Vec::new();
    for i in 0..i64::from(BLOCK_WORDS) {
        f.set_time(2);
        let addr = &low + from.old[1] * (1 << 13) + i;
        words.extend(exprs(&f.read(&format!("source{i}"), addr, 4)));
    }
    to.write(&mut f, &words);
    f.finish(move |step, row| {
        to.fill(step, row);
        from.fill(step, row);
    })
    .only(|step| source_address(step).is_multiple_of(8))
}

/// `copy` from all other addresses.
pub(super) fn copy_any() -> InstructionRow {
    let mut f = Frame::new("copy_any", &[ZkOp::Copy]);
    let to = Destination::new(&mut f);
    let from = source(&mut f);
    let shifts = columns(&mut f, "shift", 7);
    for (i, &flag) in shifts.iter().enumerate() {
        f.assert_bool(format!("shift{i} is 0 or 1"), flag);
    }
    let one = sum(exprs(&shifts)) - &f.real;
    f.assert_zero("one of the shifts", one);
    let shift = sum(shifts.iter().zip(1..).map(|(&flag, by)| flag * by));
    let low = f.column("low");
    f.bits(13, low);
    f.assert_zero("the source's word and shift", from.old[0] - low * 8 - shift);
    to.finish(&mut f);

    let count = BLOCK_WORDS as usize + 1;
    let bytes = columns(&mut f, "byte", 8 * count);
    let (even, odd): (Vec<Col>, Vec<Col>) = bytes.chunks(2).map(|pair| (pair[0], pair[1])).unzip();
    let pairs = BytePairs::new(&mut f, &even, &odd);
    for (i, limbs) in bytes_to_limbs(&bytes).chunks(4).enumerate() {
        f.set_time(2);
        let spec = AccessSpec {
            addr: low + from.old[1] * (1 << 13) + i as i64,
            limbs: 4,
            when: f.real.clone(),
            slot: Slot::At(3 + i),
        };
        f.access(&format!("source{i}"), &spec, &word(limbs), &word(limbs));
    }
    let new: Vec<Vec<Col>> = (0..BLOCK_WORDS as usize)
        .map(|i| f.new_limbs(&format!("word{i}_new"), Slot::At(3 + count + i), 4))
        .collect();
    let new = new.concat();
    for (i, &limb) in new.iter().enumerate() {
        let at = |by: usize| bytes[2 * i + by] + bytes[2 * i + 1 + by] * 256;
        let shifted = sum(shifts.iter().zip(1..).map(|(&flag, by)| flag * at(by)));
        f.assert_zero(format!("limb {i} of the block"), limb - shifted);
    }
    to.write(&mut f, &exprs(&new));
    f.finish(move |step, row| {
        to.fill(step, row);
        from.fill(step, row);
        let from = source_address(step);
        row.set(shifts[(from % 8).max(1) as usize - 1], 1);
        row.set(low, from >> 3 & 0x1fff);
        for (bytes, access) in bytes.chunks(8).zip(&step.accesses[3..]) {
            row.set_bytes(bytes, access.old);
        }
        pairs.fill(row);
    })
    .only(|step| !source_address(step).is_multiple_of(8))
}

/// `fill`.
pub(super) fn fill() -> InstructionRow {
    let mut f = Frame::new("fill", &[ZkOp::Fill]);
    let to = Destination::new(&mut f);
    let value = exprs(&f.read_register(Field::B, 4));
    to.finish(&mut f);
    to.write(&mut f, &[&value[..]; BLOCK_WORDS as usize].concat());
    f.finish(move |step, row| to.fill(step, row))
}
