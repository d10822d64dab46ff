//! Code that functions share.

use super::asm::{Asm, Code, Routine};
use super::memory::{scratch, scratch_word};
use super::micro::*;
use crate::hermez::{Bin, Reg, Step};

impl Routine {
    /// Name, for labels.
    pub const fn name(self) -> &'static str {
        match self {
            Routine::Power => "power_of_two",
            Routine::LoadBytes => "load_bytes",
            Routine::StoreBytes => "store_bytes",
            Routine::CopyBlocks => "copy_blocks",
        }
    }

    /// The code, whose first step is the entry.
    pub fn code(self, plan: MemoryPlan) -> Code {
        let mut asm = Asm::default();
        match self {
            Routine::Power => {
                for power in (0..64).chain([0]) {
                    asm.push(Step::new().long(1 << power).set(Reg::B).ret());
                }
            }
            Routine::LoadBytes => load_bytes(plan, &mut asm),
            Routine::StoreBytes => store_bytes(plan, &mut asm),
            Routine::CopyBlocks => super::blocks::copy_blocks(plan, &mut asm),
        }
        asm.finish()
    }
}

const SAVED: [Reg; 4] = [Reg::A, Reg::B, Reg::C, Reg::D];

fn get(at: i32) -> Step {
    Step::new().computed().load(scratch_word(at))
}

fn save(asm: &mut Asm) {
    for (at, reg) in (scratch::SAVED..).zip(SAVED) {
        asm.push(Step::new().reg(reg).store(scratch_word(at)));
    }
}

fn restore(asm: &mut Asm) {
    for (at, reg) in (scratch::SAVED..).zip(SAVED) {
        asm.push(get(at).set(reg));
    }
    asm.push(Step::new().ret());
}

fn micro(micro: &Micro, uses: &[Reg], def: Reg, asm: &mut Asm) {
    micro.emit(
        &Site {
            uses,
            defs: &[Place::Reg(def)],
            targets: &[],
            around: Around::default(),
        },
        asm,
    );
}

fn byte(plan: MemoryPlan) -> Access {
    Access {
        bytes: 1,
        offset: 0,
        plan,
    }
}

/// The value of COUNT bytes from ADDRESS on, the last one first: VALUE = 256 VALUE + byte.
fn load_bytes(plan: MemoryPlan, asm: &mut Asm) {
    let (next, done) = (asm.label(), asm.label());
    save(asm);
    asm.push(Step::new().store(scratch_word(scratch::VALUE)));
    asm.bind(next);
    asm.push(get(scratch::COUNT).set(Reg::E));
    asm.push(Step::new().reg(Reg::E).minus(1).set(Reg::E).jmpn(done));
    asm.push(Step::new().reg(Reg::E).store(scratch_word(scratch::COUNT)));
    asm.push(get(scratch::ADDRESS).set(Reg::D));
    asm.push(Step::new().reg(Reg::D).reg(Reg::E).set(Reg::D));
    micro(&Micro::Load(byte(plan)), &[Reg::D], Reg::D, asm);
    asm.push(Step::new().reg(Reg::D).store(scratch_word(scratch::BYTE)));
    asm.push(get(scratch::VALUE).set(Reg::A));
    asm.push(Step::new().plus(256).set(Reg::B));
    micro(&Micro::Mul(Product::Low), &[Reg::A, Reg::B], Reg::A, asm);
    asm.push(get(scratch::BYTE).set(Reg::D));
    let sum = Step::new().reg(Reg::A).reg(Reg::D);
    asm.push(sum.store(scratch_word(scratch::VALUE)).jmp(next));
    asm.bind(done);
    restore(asm);
}

/// Stores the lower COUNT bytes of VALUE from ADDRESS on.
fn store_bytes(plan: MemoryPlan, asm: &mut Asm) {
    let (next, done) = (asm.label(), asm.label());
    save(asm);
    asm.bind(next);
    asm.push(get(scratch::COUNT).set(Reg::E));
    asm.push(Step::new().reg(Reg::E).minus(1).set(Reg::E).jmpn(done));
    asm.push(Step::new().reg(Reg::E).store(scratch_word(scratch::COUNT)));
    asm.push(get(scratch::VALUE).set(Reg::A));
    asm.push(Step::new().plus(255).set(Reg::B));
    asm.push(Step::new().computed().bin(Bin::And).set(Reg::C));
    asm.push(get(scratch::ADDRESS).set(Reg::D));
    micro(&Micro::Store(byte(plan)), &[Reg::D, Reg::C], Reg::D, asm);
    asm.push(get(scratch::ADDRESS).set(Reg::E));
    let address = Step::new().reg(Reg::E).plus(1);
    asm.push(address.store(scratch_word(scratch::ADDRESS)));
    asm.push(get(scratch::VALUE).set(Reg::A));
    asm.push(Step::new().long(1 << 56).set(Reg::B));
    micro(&Micro::Mul(Product::High), &[Reg::A, Reg::B], Reg::D, asm);
    let rest = Step::new().reg(Reg::D);
    asm.push(rest.store(scratch_word(scratch::VALUE)).jmp(next));
    asm.bind(done);
    restore(asm);
}
