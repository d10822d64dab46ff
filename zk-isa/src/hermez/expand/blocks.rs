//! `copy` and `fill`: blocks of words.

use super::asm::{Asm, Routine, STATICS, Symbol};
use super::memory::{scratch, scratch_word, whole_word};
use super::micro::*;
use crate::hermez::{Address, Index, Reg, Step};
use crate::program::{BLOCK_WORDS, STATIC_BASE};

fn get(at: i32) -> Step {
    Step::new().computed().load(scratch_word(at))
}

fn put(step: Step, at: i32, asm: &mut Asm) {
    asm.push(step.store(scratch_word(at)));
}

/// Sets E, and CTX, for the word of linear memory whose address is that of D plus `more`; the address to use.
fn word_at(plan: MemoryPlan, more: i128, asm: &mut Asm) -> Address {
    let index = Step::new().reg(Reg::D).plus(more);
    if plan.is_large() {
        asm.push(index.set(Reg::Gas));
        whole_word(plan).context(asm);
    } else {
        asm.push(index.set(Reg::E));
    }
    Address::mem(Index::E, 0)
}

/// Sets the words from D on, up to C, to A.
pub(super) fn fill(plan: MemoryPlan, asm: &mut Asm) {
    let next = asm.label();
    asm.bind(next);
    let word = word_at(plan, 0, asm);
    asm.push(Step::new().reg(Reg::A).store(word));
    whole_word(plan).home(asm);
    asm.push(Step::new().reg(Reg::D).plus(1).set(Reg::D));
    let left = Step::new().reg(Reg::C).times(-1, Reg::D);
    asm.push(left.jmpnz(next));
}

/// Calls [`Routine::CopyBlocks`]: to word A, from byte B, until word C.
pub(super) fn copy(asm: &mut Asm) {
    put(Step::new().reg(Reg::A), scratch::TO, asm);
    put(Step::new().reg(Reg::B), scratch::FROM, asm);
    put(Step::new().reg(Reg::C), scratch::END, asm);
    put(Step::new().reg(Reg::Rr), scratch::OUTER_LINK, asm);
    let routine = Symbol::Routine(Routine::CopyBlocks).label();
    asm.push(Step::new().call(routine));
    asm.push(get(scratch::OUTER_LINK).set(Reg::Rr));
}

/// A = the word at word address FROM + `more`, of linear memory or static.
fn read(plan: MemoryPlan, more: i128, asm: &mut Asm) {
    let (memory, done) = (asm.label(), asm.label());
    asm.push(get(scratch::FROM).set(Reg::D));
    let test = Step::new().reg(Reg::D).minus(STATIC_BASE.into());
    asm.push(test.jmpn(memory));
    let slot = Step::new().reg(Reg::D).plus(more - i128::from(STATIC_BASE));
    asm.push(slot.set(Reg::E));
    let word = Address::var_at(STATICS, Index::E, 0);
    asm.push(Step::new().computed().load(word).set(Reg::A).jmp(done));
    asm.bind(memory);
    let word = word_at(plan, more, asm);
    asm.push(Step::new().computed().load(word).set(Reg::A));
    whole_word(plan).home(asm);
    asm.bind(done);
}

fn micro(micro: &Micro, uses: &[Reg], def: Reg, asm: &mut Asm) {
    let site = Site {
        uses,
        defs: &[Place::Reg(def)],
        targets: &[],
        around: Around::default(),
    };
    micro.emit(&site, asm);
}

/// The blocks of a `copy`. The source's byte address is split once into a word address and a place o in the word; for another o
/// than 0 a word is put together from two: 2^(64-8o) moves the upper bytes of one and the lower bytes of the next.
pub(super) fn copy_blocks(plan: MemoryPlan, asm: &mut Asm) {
    let (next, aligned) = (asm.label(), asm.label());
    asm.push(get(scratch::FROM).set(Reg::D));
    whole_word(plan).index(Reg::D, asm);
    put(Step::new().reg(Reg::Gas), scratch::FROM, asm);
    let place = Step::new().reg(Reg::D).times(-8, Reg::Gas);
    put(place.set(Reg::E), scratch::PLACE, asm);
    asm.push(Step::new().reg(Reg::E).jmpz(aligned));
    asm.push(Step::new().plus(64).times(-8, Reg::E).set(Reg::E));
    micro(&Micro::Power, &[Reg::E], Reg::B, asm);
    put(Step::new().reg(Reg::B), scratch::POWER, asm);
    asm.bind(aligned);
    asm.bind(next);
    for word in 0..BLOCK_WORDS as i32 {
        let whole = asm.label();
        read(plan, word.into(), asm);
        asm.push(get(scratch::PLACE).set(Reg::E));
        asm.push(Step::new().reg(Reg::E).jmpz(whole));
        asm.push(get(scratch::POWER).set(Reg::B));
        micro(&Micro::Mul(Product::High), &[Reg::A, Reg::B], Reg::D, asm);
        put(Step::new().reg(Reg::D), scratch::BYTE, asm);
        read(plan, i128::from(word) + 1, asm);
        asm.push(get(scratch::POWER).set(Reg::B));
        micro(&Micro::Mul(Product::Low), &[Reg::A, Reg::B], Reg::A, asm);
        asm.push(get(scratch::BYTE).set(Reg::D));
        asm.push(Step::new().reg(Reg::A).reg(Reg::D).set(Reg::A));
        asm.bind(whole);
        put(Step::new().reg(Reg::A), scratch::BLOCK + word, asm);
    }
    asm.push(get(scratch::TO).set(Reg::D));
    for word in 0..BLOCK_WORDS as i32 {
        asm.push(get(scratch::BLOCK + word).set(Reg::A));
        let address = word_at(plan, word.into(), asm);
        asm.push(Step::new().reg(Reg::A).store(address));
        whole_word(plan).home(asm);
    }
    let words = i128::from(BLOCK_WORDS);
    asm.push(Step::new().reg(Reg::D).plus(words).set(Reg::D));
    put(Step::new().reg(Reg::D), scratch::TO, asm);
    asm.push(get(scratch::FROM).set(Reg::E));
    put(Step::new().reg(Reg::E).plus(words), scratch::FROM, asm);
    asm.push(get(scratch::END).set(Reg::E));
    let left = Step::new().reg(Reg::E).times(-1, Reg::D);
    asm.push(left.jmpnz(next));
    asm.push(Step::new().ret());
}
