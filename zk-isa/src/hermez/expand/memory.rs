//! Loads and stores.
//!
//! Byte address a = 8 w + o is below 2^31 because it was compared with the memory's size; w is asked for, as in any division by
//! 8 ([`super::hints`]), and o is linear in a and w. Where only o = 0 or o = 4 goes on, that is the check of o. Where a word
//! is to be cut, AND with a mask does it, and a coefficient 2^-k moves the bytes down: 2^96 = -1 in the field.
//! What lies across limbs or words, other than whole words of 4 bytes and single bytes, goes byte by byte through a routine.

use super::asm::{Asm, MEMORY_BYTES, Routine, SCRATCH, Symbol};
use super::emit::checked;
use super::hints::{confirm, kept, remainder_check};
use super::micro::*;
use crate::hermez::{Address, Bin, Expr, Index, Label, Reg, Step};
use zkc_ir::Trap;

const OUT_OF_BOUNDS: Label = Symbol::Trap(Trap::OutOfBoundsMemoryAccess.code()).label();
/// Words of a context's heap.
const HEAP: i128 = 1 << 17;
/// With which one check bounds the place in a word.
const PLACE_CHECK: (i128, i128) = remainder_check(8).expect("8 is small");

/// Where an access is, but for the words that are added where the word is addressed: a register plus a constant.
#[derive(Clone, Copy)]
pub(super) struct Base {
    reg: Reg,
    plus: i128,
}

/// Words of [`SCRATCH`].
pub(super) mod scratch {
    /// RR of the caller.
    pub(crate) const LINK: i32 = 0;
    /// Byte address.
    pub(crate) const ADDRESS: i32 = 1;
    /// Number of bytes.
    pub(crate) const COUNT: i32 = 2;
    /// The value.
    pub(crate) const VALUE: i32 = 3;
    /// `A` to `D` of the caller.
    pub(crate) const SAVED: i32 = 4;
    /// A byte, or half a word.
    pub(crate) const BYTE: i32 = 8;
    /// Of a copy: word address of the destination.
    pub(crate) const TO: i32 = 9;
    /// Byte address of the source, then its word address.
    pub(crate) const FROM: i32 = 10;
    /// Word address of the end.
    pub(crate) const END: i32 = 11;
    /// RR of the caller.
    pub(crate) const OUTER_LINK: i32 = 12;
    /// The source's place in its word, in bytes.
    pub(crate) const PLACE: i32 = 13;
    /// 2^(64 - 8 PLACE).
    pub(crate) const POWER: i32 = 14;
    /// A block.
    pub(crate) const BLOCK: i32 = 15;
}

pub(super) const fn scratch_word(at: i32) -> Address {
    Address::var(SCRATCH, at)
}

/// The coefficient that divides a multiple of 2^bits by it.
const fn exact(bits: u32) -> i128 {
    if bits == 0 { 1 } else { -(1 << (96 - bits)) }
}

/// Eight bytes at a place that other code has found to be in the memory.
pub(super) fn whole_word(plan: MemoryPlan) -> Access {
    Access {
        bytes: 8,
        offset: 0,
        plan,
    }
}

impl Access {
    pub(super) fn load_shape(&self) -> Shape {
        let (temps, def) = match self.bytes {
            8 => (vec![Reg::E], Want::Any),
            4 => (vec![Reg::C, Reg::E], Want::Anywhere),
            _ => (vec![Reg::A, Reg::B, Reg::C, Reg::E], Want::Anywhere),
        };
        Shape {
            uses: vec![Want::Any],
            defs: vec![def],
            temps,
            clobbers: Vec::new(),
        }
    }

    pub(super) fn store_shape(&self) -> Shape {
        match self.bytes {
            8 => Shape {
                uses: vec![Want::Any; 2],
                temps: vec![Reg::E],
                ..Shape::default()
            },
            4 => Shape {
                uses: vec![Want::Any; 2],
                temps: vec![Reg::C, Reg::E],
                ..Shape::default()
            },
            _ => Shape {
                uses: vec![Want::In(Reg::D), Want::In(Reg::C)],
                temps: vec![Reg::A, Reg::B, Reg::E],
                clobbers: vec![Reg::D],
                ..Shape::default()
            },
        }
    }

    /// Traps unless the access is inside the memory; false if it never is. Afterwards the address is below 2^31.
    fn bounds(&self, a: Reg, asm: &mut Asm) -> bool {
        let end = i128::from(self.bytes) + i128::from(self.offset);
        let bytes = |pages: u32| i128::from(pages) * 65536;
        if end > bytes(self.plan.max_pages) {
            asm.jump(OUT_OF_BOUNDS, false);
            return false;
        }
        if !self.plan.grows() {
            let room = Step::new().plus(bytes(self.plan.pages) - end);
            asm.push(room.times(-1, a).jmpn(OUT_OF_BOUNDS));
            return true;
        }
        let size = Step::new().computed().load(Address::var(MEMORY_BYTES, 0));
        asm.push(size.set(Reg::E));
        if end > bytes(self.plan.pages) {
            // else the comparison below may leave the range of JMPN
            asm.push(Step::new().reg(Reg::E).minus(end).jmpn(OUT_OF_BOUNDS));
        }
        let room = Step::new().reg(Reg::E).minus(end).times(-1, a);
        asm.push(room.jmpn(OUT_OF_BOUNDS));
        true
    }

    /// The offset in words, which are added where the word is addressed; none where that may be another context.
    fn words(&self) -> i32 {
        match self.plan.is_large() {
            true => 0,
            false => (self.offset >> 3) as i32,
        }
    }

    /// The address. What is left of the offset is small, so that constants stay of the size that upstream's assembler takes;
    /// E may be used up. For an offset that may be inside the memory.
    pub(super) fn base(&self, a: Reg, asm: &mut Asm) -> Base {
        let plus = i128::from(self.offset) - 8 * i128::from(self.words());
        if plus < 64 {
            return Base { reg: a, plus };
        }
        asm.push(Step::new().reg(a).plus(plus).set(Reg::E));
        Base {
            reg: Reg::E,
            plus: 0,
        }
    }

    /// The word of the access, at the index in E.
    fn word(&self) -> Address {
        Address::mem(Index::E, self.words())
    }

    /// Asks for the word's index, which is left in GAS, below 2^32, and kept; and in E where that is all of the address.
    fn ask(&self, base: Base) -> Step {
        let address = match base.plus {
            0 => Expr::from(base.reg),
            plus => Expr::from(base.reg) + Expr::num(plus.unsigned_abs()),
        };
        let step = checked(kept(hint(address >> 3u64), Reg::Gas));
        match self.plan.is_large() {
            true => step,
            false => step.set(Reg::E),
        }
    }

    /// Asks for the word's index, and bounds the place in it.
    fn split(&self, base: Base, asm: &mut Asm) {
        asm.push(self.ask(base));
        let (c, e) = PLACE_CHECK;
        let place = Step::new().times(c, base.reg).times(-8 * c, Reg::Gas);
        asm.push(checked(place.plus(e + c * base.plus)));
    }

    /// Leaves the word's index in GAS, with its free input bound.
    pub(super) fn index(&self, a: Reg, asm: &mut Asm) {
        let base = self.base(a, asm);
        self.split(base, asm);
        asm.push(confirm(Reg::Gas));
    }

    /// A step with the place o in the word.
    fn place(base: Base) -> Step {
        Step::new()
            .reg(base.reg)
            .times(-8, Reg::Gas)
            .plus(base.plus)
    }

    /// In a large memory, sets CTX to the context's number plus one and E and GAS to the index in it, from GAS = w = 2^17 k + l:
    /// k + 1 and 2^15 w - 2^32 k are in 0..2^32, so k is unique as in any split by 2^32. Context 0 is that of frames.
    pub(super) fn context(&self, asm: &mut Asm) {
        let number = Expr::from(Reg::Gas) >> 17u64;
        asm.push(checked(kept(hint(number).plus(1), Reg::Ctx)));
        let rest = Step::new()
            .times(1 << 15, Reg::Gas)
            .times(-LIMB, Reg::Ctx)
            .plus(LIMB);
        asm.push(checked(rest));
        asm.push(confirm(Reg::Ctx));
        let index = Step::new().reg(Reg::Gas).times(-HEAP, Reg::Ctx).plus(HEAP);
        asm.push(index.set(Reg::E).set(Reg::Gas));
    }

    /// Back to the context of frames.
    pub(super) fn home(&self, asm: &mut Asm) {
        if self.plan.is_large() {
            asm.push(Step::new().set(Reg::Ctx));
        }
    }

    /// Goes to `aligned` if o is 0, with E set; else o is in PC.
    fn unless_aligned(&self, a: Reg, aligned: Label, asm: &mut Asm) {
        let base = self.base(a, asm);
        asm.push(self.ask(base));
        let place = Access::place(base).set(Reg::Pc);
        if self.plan.is_large() {
            asm.push(place);
            asm.push(confirm(Reg::Gas));
            self.context(asm);
            asm.push(Step::new().reg(Reg::Pc).jmpz(aligned));
        } else {
            asm.push(confirm(Reg::Gas));
            asm.push(place.jmpz(aligned));
        }
    }

    /// Sets A to the word, E to the place in it and GAS to its index, of which the caller confirms what [`Access::unconfirmed`]
    /// says.
    fn word_and_place(&self, a: Reg, asm: &mut Asm) {
        let base = self.base(a, asm);
        self.split(base, asm);
        let word = Step::new().computed().load(self.word()).set(Reg::A);
        if self.plan.is_large() {
            asm.push(confirm(Reg::Gas));
            asm.push(Access::place(base).set(Reg::Pc));
            self.context(asm);
            asm.push(word);
            asm.push(Step::new().reg(Reg::Pc).set(Reg::E));
        } else {
            asm.push(word);
            asm.push(Access::place(base).set(Reg::E));
        }
    }

    /// The step that binds limb 1 of what [`Access::word_and_place`] asked for.
    fn unconfirmed(&self) -> Option<Step> {
        (!self.plan.is_large()).then(|| confirm(Reg::Gas))
    }

    /// Calls a routine for the access.
    fn call(&self, routine: Routine, a: Reg, asm: &mut Asm) {
        self.home(asm);
        let address = Step::new().reg(a).plus(self.offset.into());
        asm.push(address.store(scratch_word(scratch::ADDRESS)));
        let count = Step::new().plus(self.bytes.into());
        asm.push(count.store(scratch_word(scratch::COUNT)));
        asm.push(Step::new().reg(Reg::Rr).store(scratch_word(scratch::LINK)));
        asm.push(Step::new().call(Symbol::Routine(routine).label()));
        let link = Step::new().computed().load(scratch_word(scratch::LINK));
        asm.push(link.set(Reg::Rr));
    }

    /// The place in PC, which is neither 0 nor 4, bounded.
    fn bounded_place() -> Step {
        let (c, e) = PLACE_CHECK;
        checked(Step::new().times(c, Reg::Pc).plus(e))
    }

    fn slow_load(&self, a: Reg, def: Place, end: Label, asm: &mut Asm) -> Label {
        asm.cold(|asm| {
            if self.bytes > 2 {
                asm.push(Access::bounded_place());
            }
            self.call(Routine::LoadBytes, a, asm);
            let value = Step::new().computed().load(scratch_word(scratch::VALUE));
            if matches!(def, Place::Slot(_)) {
                asm.push(value.set(Reg::E));
                asm.push(set(Step::new().reg(Reg::E), def).jmp(end));
            } else {
                asm.push(set(value, def).jmp(end));
            }
        })
    }

    fn slow_store(&self, a: Reg, x: Reg, end: Label, asm: &mut Asm) -> Label {
        asm.cold(|asm| {
            let check = match self.bytes {
                1 | 2 => self.unconfirmed(),
                _ => Some(Access::bounded_place()),
            };
            if let Some(check) = check {
                asm.push(check);
            }
            asm.push(Step::new().reg(x).store(scratch_word(scratch::VALUE)));
            self.call(Routine::StoreBytes, a, asm);
            asm.jump(end, false);
        })
    }

    pub(super) fn emit_load(&self, site: &Site<'_>, asm: &mut Asm) {
        let (a, def) = (site.uses[0], site.def());
        if !self.bounds(a, asm) {
            return;
        }
        let word = || Step::new().computed().load(self.word());
        let (aligned, end) = (asm.label(), asm.label());
        match self.bytes {
            8 => {
                self.unless_aligned(a, aligned, asm);
                let slow = self.slow_load(a, def, end, asm);
                asm.jump(slow, false);
                asm.bind(aligned);
                asm.push(set(word(), def));
                self.home(asm);
            }
            4 => {
                self.unless_aligned(a, aligned, asm);
                let slow = self.slow_load(a, def, end, asm);
                let limb = asm.label();
                asm.push(Step::new().reg(Reg::Pc).minus(4).jmpnz(slow));
                asm.push(word().set(Reg::C));
                asm.push(Step::new().reg(Reg::RotlC).set(Reg::Pc).jmp(limb));
                asm.bind(aligned);
                asm.push(word().set(Reg::Pc));
                asm.bind(limb);
                self.home(asm);
                asm.push(set(Step::new().reg(Reg::Pc), def));
            }
            bytes => {
                asm.bind(aligned);
                self.word_and_place(a, asm);
                self.home(asm);
                if let Some(check) = self.unconfirmed() {
                    asm.push(check);
                }
                let slow = (bytes > 1).then(|| self.slow_load(a, def, end, asm));
                let cut = |o: u32, asm: &mut Asm| {
                    asm.push(Step::new().computed().bin(Bin::And).set(Reg::C));
                    if o < 4 && o + bytes > 4 {
                        let low = Step::new().times(exact(8 * o), Reg::C);
                        let both = low.times(1 << (32 - 8 * o), Reg::RotlC);
                        asm.push(both.set(Reg::Pc));
                        asm.push(set(Step::new().reg(Reg::Pc), def).jmp(end));
                        return;
                    }
                    let limb = if o < 4 { Reg::C } else { Reg::RotlC };
                    let down = Step::new().times(exact(8 * (o % 4)), limb);
                    asm.push(set(down, def).jmp(end));
                };
                by_place(bytes, slow, &|_| true, cut, asm);
            }
        }
        asm.bind(end);
    }

    pub(super) fn emit_store(&self, site: &Site<'_>, asm: &mut Asm) {
        let (a, x) = (site.uses[0], site.uses[1]);
        if !self.bounds(a, asm) {
            return;
        }
        let word = || Step::new().computed().load(self.word());
        let (aligned, end) = (asm.label(), asm.label());
        match self.bytes {
            8 => {
                self.unless_aligned(a, aligned, asm);
                let slow = self.slow_store(a, x, end, asm);
                asm.jump(slow, false);
                asm.bind(aligned);
                asm.push(Step::new().reg(x).store(self.word()));
                self.home(asm);
            }
            4 => {
                self.unless_aligned(a, aligned, asm);
                let slow = self.slow_store(a, x, end, asm);
                let done = asm.label();
                asm.push(Step::new().reg(Reg::Pc).minus(4).jmpnz(slow));
                asm.push(Step::new().reg(x).set(Reg::C));
                asm.push(word().set(Reg::Pc));
                let upper = Step::new().reg(Reg::Pc).reg(Reg::RotlC);
                asm.push(upper.store(self.word()).jmp(done));
                asm.bind(aligned);
                asm.push(word().set(Reg::C).set(Reg::Pc));
                let lower = Step::new().reg(Reg::C).times(-1, Reg::Pc).reg(x);
                asm.push(lower.store(self.word()));
                asm.bind(done);
                self.home(asm);
            }
            bytes => {
                asm.bind(aligned);
                self.word_and_place(a, asm);
                let slow = (bytes > 1).then(|| self.slow_store(a, x, end, asm));
                let done = asm.label();
                let paste = |o: u32, asm: &mut Asm| {
                    let index = self.unconfirmed();
                    let index = index.unwrap_or_else(|| Step::new().reg(Reg::Gas));
                    asm.push(index.set(Reg::E));
                    asm.push(Step::new().computed().bin(Bin::And).set(Reg::D));
                    let limb = if o < 4 { Reg::C } else { Reg::RotlC };
                    let merged = Step::new()
                        .reg(Reg::A)
                        .times(-1, Reg::D)
                        .times(1 << (8 * (o % 4)), limb);
                    asm.push(merged.store(self.word()).jmp(done));
                };
                let inside = |o: u32| o >= 4 || o + bytes <= 4;
                by_place(bytes, slow, &inside, paste, asm);
                asm.bind(done);
                self.home(asm);
            }
        }
        asm.bind(end);
    }
}

/// Goes on by the place E of `bytes` bytes in the word A: with their mask in B to what `cut` writes, or to `slow`.
fn by_place(
    bytes: u32,
    slow: Option<Label>,
    inside: &impl Fn(u32) -> bool,
    cut: impl Fn(u32, &mut Asm),
    asm: &mut Asm,
) {
    let table = asm.label();
    asm.push(jump_table(table));
    asm.cold(|asm| {
        asm.bind(table);
        let cuts: Vec<Label> = (0..8).map(|_| asm.label()).collect();
        let fast = |o: u32| o + bytes <= 8 && inside(o);
        for (o, &label) in (0..8).zip(&cuts) {
            match slow {
                Some(slow) if !fast(o) => asm.jump(slow, false),
                _ => {
                    let mask = ((1u64 << (8 * bytes)) - 1) << (8 * o);
                    asm.push(Step::new().long(mask).set(Reg::B).jmp(label));
                }
            }
        }
        for (o, &label) in (0..8).zip(&cuts) {
            asm.bind(label);
            if fast(o) {
                cut(o, asm);
            }
        }
    });
}
