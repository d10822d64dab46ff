//! The steps of micro-operations, but for those with free inputs ([`super::hints`]), divisions, loads and stores.
//!
//! What binds a free input is said where it is made. `bad` is a step that no proof contains.

use super::asm::{Asm, MEMORY_BYTES, OUTPUT, Routine, STATICS, Symbol};
use super::hints;
use super::micro::*;
use crate::hermez::{Address, Condition, Expr, Goto, Index, Jump, Label, Reg, Step};
use crate::program::{SLOT_OUTPUTS, SLOT_PAGES};
use zkc_ir::Trap;

const BAD: Label = Symbol::Bad.label();

/// `JMPN(bad)` on a step whose op must not be negative.
pub(super) fn checked(step: Step) -> Step {
    step.jmpn(BAD)
}

impl Micro {
    /// Writes the steps.
    pub fn emit(&self, site: &Site<'_>, asm: &mut Asm) {
        let uses = site.uses;
        let def = site.def();
        match self {
            Micro::Const(value) => asm.push(set(Step::new().long(*value), def)),
            Micro::Lin(lin) => asm.push(set(lin.step(uses), def)),
            Micro::Carry(lin) => carry(lin, site, asm),
            Micro::Reduce(lin, modulus) => hints::reduce(lin, *modulus, uses, def, asm),
            Micro::Wrap(factor) => hints::wrap(*factor, uses[0], def, asm),
            Micro::Rotate(by) => hints::rotate(*by, uses[0], def, asm),
            Micro::Bin(bin) => asm.push(set(Step::new().computed().bin(*bin), def)),
            Micro::Mul(product) => multiply(*product, site, asm),
            Micro::Swap => asm.push(set(Step::new().reg(Reg::RotlC), def)),
            Micro::HighLimb => through_pc(Step::new().reg(Reg::RotlC), def, asm),
            Micro::LowLimb => through_pc(Step::new().reg(uses[0]), def, asm),
            Micro::SumLimbs => through_pc(Step::new().reg(Reg::C).reg(Reg::RotlC), def, asm),
            Micro::AddSmall(value) => add_small(*value, asm),
            Micro::FillFrom { from, add, high } => fill(*from, *add, *high, site, asm),
            Micro::SignMask { wide } => {
                let (limb, ones) = match wide {
                    true => (Reg::RotlC, u64::MAX),
                    false => (uses[0], 0xffff_ffff),
                };
                let test = Step::new().reg(limb).minus(1 << 31);
                choose(
                    test,
                    Condition::Negative,
                    Step::new(),
                    Step::new().long(ones),
                    def,
                    asm,
                );
            }
            Micro::Bool(test, not) => boolean(test, *not, uses, def, asm),
            Micro::Select => select(uses, def, asm),
            Micro::Power => {
                // E is below 65, so the jump stays in the table.
                asm.push(Step::new().reg(Reg::Rr).set(Reg::Gas));
                let table = Symbol::Routine(Routine::Power).label();
                let call = Jump::Call(Goto::Indirect(Some(table), Index::E));
                asm.push(Step::new().then(call));
                asm.push(Step::new().reg(Reg::Gas).set(Reg::Rr));
            }
            Micro::Divide(division) => division.emit(site, asm),
            Micro::DivideBy(divisor) => hints::divide_by(*divisor, uses[0], def, asm),
            Micro::RemainderBy(divisor) => hints::remainder_by(*divisor, uses[0], def, asm),
            Micro::LeadingZeros => zeros(uses[0], def, asm),
            Micro::BitIndex => index(uses[0], def, asm),
            Micro::Load(access) => access.emit_load(site, asm),
            Micro::Store(access) => access.emit_store(site, asm),
            Micro::Get(address) => asm.push(set(Step::new().computed().load(*address), def)),
            Micro::Set(address) => {
                let value = uses[usize::from(address.index.is_some())];
                asm.push(Step::new().reg(value).store(*address));
            }
            Micro::Below { size, trap } => {
                let trap = Goto::Label(Symbol::Trap(*trap).label());
                let jump = Jump::If(Condition::Negative, Goto::Next, trap);
                asm.push(Step::new().reg(uses[0]).minus((*size).into()).then(jump));
            }
            Micro::Copy => super::blocks::copy(asm),
            Micro::Fill(plan) => super::blocks::fill(*plan, asm),
            Micro::Grow { max, bytes } => grow(*max, *bytes, uses[0], def, asm),
            Micro::Input(bytes) => hints::input(*bytes, def, asm),
            Micro::Output(most) => {
                let count = Address::var(STATICS, SLOT_OUTPUTS as i32);
                asm.push(Step::new().computed().load(count).set(Reg::E));
                let last = i128::from(*most) - 1;
                asm.push(checked(Step::new().plus(last).times(-1, Reg::E)));
                let byte = Address::var_at(OUTPUT, Index::E, 0);
                asm.push(Step::new().reg(uses[0]).store(byte));
                asm.push(Step::new().reg(Reg::E).plus(1).store(count));
            }
            Micro::Callee(type_id) => {
                let expected = i128::from(*type_id) + 1;
                // Both limbs are 0 exactly if their sum is.
                let wrong = asm.cold(|asm| {
                    let null = Symbol::Trap(Trap::UninitializedElement.code()).label();
                    let other = Symbol::Trap(Trap::IndirectCallTypeMismatch.code()).label();
                    let sum = Step::new().reg(Reg::C).reg(Reg::RotlC);
                    asm.push(sum.then(either(Condition::Zero, null, other)));
                });
                asm.push(Step::new().reg(Reg::RotlC).minus(expected).jmpnz(wrong));
                asm.push(Step::new().reg(Reg::C).set(Reg::Rr));
                asm.push(set(Step::new().reg(Reg::Rr), def));
            }
            Micro::Param(number) => {
                let address = Address::sp(site.around.frame - 1 - *number as i32);
                asm.push(set(Step::new().computed().load(address), def));
            }
            Micro::Leave(number) => {
                let address = Address::sp(site.around.frame - 1 - *number as i32);
                asm.push(Step::new().reg(uses[0]).store(address));
            }
            Micro::Arg(number) => {
                let address = Address::sp(-1 - *number as i32);
                asm.push(Step::new().reg(uses[0]).store(address));
            }
            Micro::Result(number) => {
                let address = Address::sp(-1 - *number as i32);
                asm.push(set(Step::new().computed().load(address), def));
            }
            Micro::Call(symbol) => {
                let goto = match symbol {
                    Some(symbol) => Goto::Label(symbol.label()),
                    None => Goto::Indirect(Some(Symbol::Origin.label()), Index::E),
                };
                asm.push(Step::new().then(Jump::Call(goto)));
            }
            Micro::Tail(symbol) => {
                let goto = match symbol {
                    Some(symbol) => Goto::Label(symbol.label()),
                    None => Goto::Indirect(None, Index::E),
                };
                leave(site.around, Jump::Jmp(goto), asm);
            }
            Micro::Return => leave(site.around, Jump::Return, asm),
            Micro::Goto(symbol) => asm.jump(symbol.label(), true),
            Micro::Entry => enter(site.around, asm),
            Micro::Jump => asm.jump(site.targets[0], true),
            Micro::Branch(test, not) => {
                let (yes, no) = (
                    site.targets[usize::from(*not)],
                    site.targets[usize::from(!*not)],
                );
                branch(test, uses, yes, no, asm);
            }
            Micro::Table(entries) => table(entries, site.targets, asm),
        }
    }
}

/// The frame is taken and RR saved. The stack grows down to 0, so a frame too many makes SP negative.
fn enter(around: Around, asm: &mut Asm) {
    if around.frame > 0 {
        let exhausted = Symbol::Trap(Trap::CallStackExhausted.code()).label();
        let frame = Step::new().reg(Reg::Sp).minus(around.frame.into());
        asm.push(frame.set(Reg::Sp).jmpn(exhausted));
    }
    if let Some(slot) = around.link {
        asm.push(Step::new().reg(Reg::Rr).store(Address::sp(slot)));
    }
}

fn leave(around: Around, jump: Jump, asm: &mut Asm) {
    if let Some(slot) = around.link {
        asm.push(Step::new().computed().load(Address::sp(slot)).set(Reg::Rr));
    }
    let step = match around.frame {
        0 => Step::new(),
        frame => Step::new().reg(Reg::Sp).plus(frame.into()).set(Reg::Sp),
    };
    asm.push(step.then(jump));
}

/// Only limb 0 of a step's value: registers of one limb take no other.
fn through_pc(step: Step, def: Place, asm: &mut Asm) {
    asm.push(step.set(Reg::Pc));
    asm.push(set(Step::new().reg(Reg::Pc), def));
}

/// `if condition(test) { yes } else { no }`.
fn choose(test: Step, condition: Condition, yes: Step, no: Step, def: Place, asm: &mut Asm) {
    let (if_yes, end) = (asm.label(), asm.label());
    asm.push(test.then(Jump::If(condition, Goto::Label(if_yes), Goto::Next)));
    asm.push(set(no, def).jmp(end));
    asm.bind(if_yes);
    asm.push(set(yes, def));
    asm.bind(end);
}

/// v in -2^32..2^32 modulo 2^32: JMPN tells whether 2^32 is to be added.
fn carry(lin: &Lin, site: &Site<'_>, asm: &mut Asm) {
    let Place::Reg(reg) = site.def() else {
        return;
    };
    let end = asm.label();
    let fix = asm.cold(|asm| {
        asm.push(Step::new().reg(reg).plus(LIMB).set(reg).jmp(end));
    });
    asm.push(lin.step(site.uses).set(reg).jmpn(fix));
    asm.bind(end);
}

/// A*B + C = D*2^64 + op with C = 0: ARITH has one solution D, op of 32-bit limbs. D = 0 where the product is below 2^64.
fn multiply(product: Product, site: &Site<'_>, asm: &mut Asm) {
    let both = || Expr::from(Reg::A) * Reg::B;
    let low = || both() & u64::MAX;
    if product == Product::Low32 {
        asm.push(Step::new().set(Reg::C).set(Reg::D));
        asm.push(Step::new().hint(both()).set(Reg::Pc).arith());
        asm.push(set(Step::new().reg(Reg::Pc), site.def()));
        return;
    }
    asm.push(Step::new().set(Reg::C));
    asm.push(hint(both() >> 64u64).set(Reg::D));
    let step = hint(low()).arith();
    asm.push(match product {
        Product::High => step,
        Product::Low | Product::Low32 | Product::Both => set(step, site.def()),
    });
}

/// C plus a small constant, limb by limb: the carry or borrow is rare, and then limb 1 is done with the limbs exchanged.
fn add_small(value: i64, asm: &mut Asm) {
    let end = asm.label();
    let value = i128::from(value);
    if value < 0 {
        let fix = asm.cold(|asm| {
            let under = asm.label();
            let swap = Step::new().reg(Reg::RotlC);
            asm.push(swap.minus(1).set(Reg::C).jmpn(under));
            let swap = Step::new().reg(Reg::RotlC);
            asm.push(swap.plus(LIMB).set(Reg::C).jmp(end));
            asm.bind(under);
            asm.push(Step::new().reg(Reg::C).plus(LIMB).set(Reg::C));
            let swap = Step::new().reg(Reg::RotlC);
            asm.push(swap.plus(LIMB).set(Reg::C).jmp(end));
        });
        asm.push(Step::new().reg(Reg::C).plus(value).set(Reg::C).jmpn(fix));
        asm.bind(end);
        return;
    }
    let carry = asm.cold(|asm| {
        // limb 0 is done; limb 1 + 1 - 2^32 is negative unless it overflows to 0
        let over = asm.label();
        let swap = Step::new().reg(Reg::RotlC);
        asm.push(swap.plus(1 - LIMB).set(Reg::C).jmpn(over));
        asm.push(Step::new().reg(Reg::RotlC).set(Reg::C).jmp(end));
        asm.bind(over);
        asm.push(Step::new().reg(Reg::C).plus(LIMB).set(Reg::C));
        asm.push(Step::new().reg(Reg::RotlC).set(Reg::C).jmp(end));
    });
    let (small, over) = (asm.label(), Goto::Label(carry));
    let test = Step::new().reg(Reg::C).plus(value - LIMB).set(Reg::C);
    asm.push(test.then(Jump::If(Condition::Negative, Goto::Label(small), over)));
    asm.bind(small);
    asm.push(Step::new().reg(Reg::C).plus(LIMB).set(Reg::C));
    asm.bind(end);
}

fn fill(from: u32, add: u64, high: bool, site: &Site<'_>, asm: &mut Asm) {
    let reg = site.uses[0];
    let limb = if high { Reg::RotlC } else { reg };
    let test = Step::new().reg(limb).minus(from.into());
    let filled = Step::new().reg(reg).long(add);
    if site.def() == Place::Reg(reg) {
        let end = asm.label();
        asm.push(test.jmpn(end));
        asm.push(filled.set(reg));
        asm.bind(end);
        return;
    }
    let plain = Step::new().reg(reg);
    choose(test, Condition::Negative, plain, filled, site.def(), asm);
}

fn boolean(test: &Test, not: bool, uses: &[Reg], def: Place, asm: &mut Asm) {
    if let (Test::Carry(bin), false) = (test, not) {
        // the result of a comparison is its carry
        asm.push(set(Step::new().computed().bin(*bin), def));
        return;
    }
    let (yes, no, end) = (asm.label(), asm.label(), asm.label());
    branch(test, uses, yes, no, asm);
    asm.bind(no);
    let value = |holds: bool| Step::new().plus(i128::from(holds != not));
    asm.push(set(value(false), def).jmp(end));
    asm.bind(yes);
    asm.push(set(value(true), def));
    asm.bind(end);
}

fn select(uses: &[Reg], def: Place, asm: &mut Asm) {
    let test = Step::new().reg(uses[0]);
    let end = asm.label();
    if def == Place::Reg(uses[2]) {
        asm.push(test.jmpz(end));
        asm.push(set(Step::new().reg(uses[1]), def));
        asm.bind(end);
    } else if def == Place::Reg(uses[1]) {
        asm.push(test.jmpnz(end));
        asm.push(set(Step::new().reg(uses[2]), def));
        asm.bind(end);
    } else {
        asm.bind(end);
        let (yes, no) = (Step::new().reg(uses[1]), Step::new().reg(uses[2]));
        choose(test, Condition::Zero, no, yes, def, asm);
    }
}

/// Goes to `yes` if the condition holds, else to `no`.
pub(super) fn branch(test: &Test, uses: &[Reg], yes: Label, no: Label, asm: &mut Asm) {
    use Condition::{Carry, Negative, Zero};
    match test {
        Test::Negative(lin) => asm.push(lin.step(uses).then(either(Negative, yes, no))),
        Test::Zero(lin) => asm.push(lin.step(uses).then(either(Zero, yes, no))),
        Test::Carry(bin) => {
            let step = Step::new().computed().bin(*bin);
            asm.push(step.then(either(Carry, yes, no)));
        }
        Test::Below32 => {
            // an operand with bit 31 is negative; of equal signs the unsigned order is the signed one
            let (plain, same) = (asm.label(), asm.label());
            let sign = |reg: Reg| Step::new().reg(reg).minus(1 << 31);
            asm.push(sign(uses[0]).jmpn(plain));
            asm.push(sign(uses[1]).then(Jump::If(Negative, Goto::Label(yes), Goto::Label(same))));
            asm.bind(plain);
            asm.push(sign(uses[1]).then(Jump::If(Negative, Goto::Label(same), Goto::Label(no))));
            asm.bind(same);
            let order = Step::new().reg(uses[0]).times(-1, uses[1]);
            asm.push(order.then(either(Negative, yes, no)));
        }
        Test::Zero64 => {
            // limbs are below 2^32, so their sum is 0 in the field exactly if both are
            let sum = Step::new().reg(Reg::C).reg(Reg::RotlC);
            asm.push(sum.then(either(Zero, yes, no)));
        }
        Test::Equal64 => {
            let difference = Step::new().reg(uses[0]).times(-1, uses[1]).set(Reg::C);
            asm.push(difference.jmpnz(no));
            asm.push(Step::new().reg(Reg::RotlC).then(either(Zero, yes, no)));
        }
        Test::Below64(bound) => {
            asm.push(Step::new().reg(Reg::RotlC).jmpnz(no));
            let order = Step::new().reg(Reg::C).minus((*bound).into());
            asm.push(order.then(either(Negative, yes, no)));
        }
    }
}

fn table(entries: &[u32], targets: &[Label], asm: &mut Asm) {
    let Some((&last, rest)) = entries.split_last() else {
        return;
    };
    let label = asm.label();
    let inside = asm.cold(|asm| {
        asm.push(jump_table(label));
        asm.bind(label);
        for &entry in rest {
            asm.push(Step::new().jmp(targets[entry as usize]));
        }
    });
    let test = Step::new().reg(Reg::E).minus(rest.len() as i128);
    let last = targets[last as usize];
    asm.push(test.then(either(Condition::Negative, inside, last)));
}

/// Halving the range of `from..=to` until one value is left: `test` is negative if the result is at most the middle.
fn search(
    (from, to): (u32, u32),
    test: &impl Fn(u32) -> Step,
    leaf: &mut impl FnMut(u32, &mut Asm),
    asm: &mut Asm,
) {
    if from == to {
        leaf(from, asm);
        return;
    }
    let middle = from.midpoint(to);
    let lower = asm.label();
    asm.push(test(middle).jmpn(lower));
    search((middle + 1, to), test, leaf, asm);
    asm.bind(lower);
    search((from, middle), test, leaf, asm);
}

/// Leading zeros: at least n + 1 of them if x is below 2^(31-n).
fn zeros(x: Reg, def: Place, asm: &mut Asm) {
    let end = asm.label();
    // the result is at most n unless x < 2^(31-n)
    let test = |n: u32| Step::new().plus((1i128 << (31 - n)) - 1).times(-1, x);
    let mut leaf = |n: u32, asm: &mut Asm| asm.push(set(Step::new().plus(n.into()), def).jmp(end));
    search((0, 32), &test, &mut leaf, asm);
    asm.bind(end);
}

/// The position of the only bit; 32 for 0.
fn index(x: Reg, def: Place, asm: &mut Asm) {
    let end = asm.label();
    let none = asm.cold(|asm| asm.push(set(Step::new().plus(32), def).jmp(end)));
    asm.push(Step::new().reg(x).jmpz(none));
    // the result is at most n if x < 2^(n+1)
    let test = |n: u32| Step::new().reg(x).minus(1i128 << (n + 1));
    let mut leaf = |n: u32, asm: &mut Asm| asm.push(set(Step::new().plus(n.into()), def).jmp(end));
    search((0, 31), &test, &mut leaf, asm);
    asm.bind(end);
}

fn grow(max: u32, bytes: bool, more: Reg, def: Place, asm: &mut Asm) {
    let pages = Address::var(STATICS, SLOT_PAGES as i32);
    let end = asm.label();
    let fail = asm.cold(|asm| asm.push(set(Step::new().plus(LIMB - 1), def).jmp(end)));
    asm.push(Step::new().computed().load(pages).set(Reg::E));
    let room = Step::new().plus(max.into()).times(-1, Reg::E);
    asm.push(room.times(-1, more).jmpn(fail));
    asm.push(Step::new().reg(Reg::E).reg(more).store(pages));
    if bytes {
        let size = Step::new().times(65536, Reg::E).times(65536, more);
        asm.push(size.store(Address::var(MEMORY_BYTES, 0)));
    }
    asm.push(set(Step::new().reg(Reg::E), def));
    asm.bind(end);
}
