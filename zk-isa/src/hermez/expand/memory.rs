//! Loads and stores.
//!
//! Byte address a = 8 w + o is split by two checks: E = w + 1 and 2^29 a - 2^32 w are in 0..2^32, and a is below 2^31 because
//! it was compared with the memory's size, so w is unique (as in a split of 32 bits). o is linear in a and w. Where a word is to
//! be cut, AND with a mask does it, and a coefficient 2^-k moves the bytes down: 2^96 = -1 in the field.
//! What lies across limbs or words, other than whole words of 4 bytes and single bytes, goes byte by byte through a routine.

use super::asm::{Asm, MEMORY_BYTES, Routine, SCRATCH, Symbol};
use super::emit::checked;
use super::micro::*;
use crate::hermez::{Address, Bin, Expr, Index, Label, Reg, Step};
use zkc_ir::Trap;

const OUT_OF_BOUNDS: Label = Symbol::Trap(Trap::OutOfBoundsMemoryAccess.code()).label();
/// Words of a context's heap.
const HEAP: i128 = 1 << 17;

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

    /// The offset in words, which are added where the word is addressed, and the bytes that are left of it: so constants stay
    /// of the size that upstream's assembler takes. For an offset that may be inside the memory.
    fn parts(&self) -> (i32, i128) {
        if self.plan.is_large() {
            return (0, self.offset.into());
        }
        ((self.offset >> 3) as i32, i128::from(self.offset & 7))
    }

    /// The word of the access, after [`Access::split`].
    fn word(&self) -> Address {
        Address::mem(Index::E, self.parts().0 - 1)
    }

    /// Leaves the word's index plus one in E and GAS, but for the words of the offset. The free input is bound as said above; its limb 1 is nowhere read.
    pub(super) fn split(&self, a: Reg, asm: &mut Asm) {
        let (_, offset) = self.parts();
        let index = Lin::new(&[1], offset).expr(&[a], 0) >> 3u64;
        asm.push(checked(hint(index).plus(1).set(Reg::E).set(Reg::Gas)));
        let rest = Step::new()
            .times(1 << 29, a)
            .times(-LIMB, Reg::Gas)
            .plus(LIMB + (offset << 29));
        asm.push(checked(rest));
    }

    /// A step with o.
    fn place(&self, a: Reg) -> Step {
        let (_, offset) = self.parts();
        Step::new().reg(a).times(-8, Reg::Gas).plus(offset + 8)
    }

    /// Sets CTX to the context's number plus one and E and GAS to the index in it plus one: w = 2^17 k + l with both bound as in
    /// any split. Context 0 is that of frames.
    pub(super) fn context(&self, asm: &mut Asm) {
        if !self.plan.is_large() {
            return;
        }
        let number = (Expr::from(Reg::Gas) - 1u64) >> 17u64;
        asm.push(checked(hint(number).plus(1).set(Reg::Ctx)));
        let rest = Step::new()
            .times(1 << 15, Reg::Gas)
            .times(-LIMB, Reg::Ctx)
            .plus(LIMB - (1 << 15));
        asm.push(checked(rest));
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
        let place = self.place(a).set(Reg::Pc);
        if self.plan.is_large() {
            asm.push(place);
            self.context(asm);
            asm.push(Step::new().reg(Reg::Pc).jmpz(aligned));
        } else {
            asm.push(place.jmpz(aligned));
        }
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

    fn slow_load(&self, a: Reg, def: Place, end: Label, asm: &mut Asm) -> Label {
        asm.cold(|asm| {
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
        self.split(a, asm);
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
                if self.plan.is_large() {
                    asm.push(self.place(a).set(Reg::Pc));
                    self.context(asm);
                    asm.push(word().set(Reg::A));
                    self.home(asm);
                    asm.push(Step::new().reg(Reg::Pc).set(Reg::E));
                } else {
                    asm.push(word().set(Reg::A));
                    asm.push(self.place(a).set(Reg::E));
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
        self.split(a, asm);
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
                if self.plan.is_large() {
                    asm.push(self.place(a).set(Reg::Pc));
                    self.context(asm);
                    asm.push(word().set(Reg::A));
                    asm.push(Step::new().reg(Reg::Pc).set(Reg::E));
                } else {
                    asm.push(word().set(Reg::A));
                    asm.push(self.place(a).set(Reg::E));
                }
                let slow = (bytes > 1).then(|| self.slow_store(a, x, end, asm));
                let done = asm.label();
                let paste = |o: u32, asm: &mut Asm| {
                    asm.push(Step::new().reg(Reg::Gas).set(Reg::E));
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
