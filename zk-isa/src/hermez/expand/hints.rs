//! Steps with free inputs, and what binds them: JMPN bounds limb 0, a word of memory binds limb 1.
//!
//! A free input has two limbs, and a register of one limb takes limb 0 alone. So the step that asks also stores what it asks
//! for ([`kept`]), and a later step, whose value is that register and so has limb 1 zero, must find it in memory
//! ([`confirm`]). Where that step writes the result anyway, it costs no step.

use super::asm::{Asm, HINT, Symbol};
use super::emit::checked;
use super::micro::*;
use crate::hermez::{Address, Bin, Condition, Expr, Goto, Jump, Label, Reg, Step};

/// Largest factor of a product that is likely to be below 2^32.
const SMALL_FACTOR: i128 = 16;

/// The word that keeps a free input.
pub(super) const WORD: Address = Address::var(HINT, 0);

/// Leaves op in a register of one limb, and both its limbs in [`WORD`].
pub(super) fn kept(step: Step, reg: Reg) -> Step {
    step.set(reg).store(WORD)
}

/// A step whose op is the register, of one limb, which [`kept`] set: limb 1 of what was kept is 0.
pub(super) fn confirm(reg: Reg) -> Step {
    Step::new().reg(reg).load(WORD)
}

/// Asks for a result, which is left in PC and kept. A result that goes to a stack word is kept there.
fn guess(expr: Expr, def: Place, asm: &mut Asm) {
    asm.push(checked(hint(expr).set(Reg::Pc).store(word_of(def))));
}

/// Confirms PC and writes it.
fn give(def: Place, asm: &mut Asm) {
    let step = Step::new().reg(Reg::Pc).load(word_of(def));
    asm.push(match def {
        Place::Reg(reg) => step.set(reg),
        Place::Slot(_) | Place::None => step,
    });
}

fn word_of(def: Place) -> Address {
    match def {
        Place::Slot(offset) => Address::sp(offset),
        Place::Reg(_) | Place::None => WORD,
    }
}

/// The last two steps of a program: one that waits until the trace ends, and one that clears the registers and goes back to the
/// first step. An answer that is not negative must be 0, for the second step finds it in memory.
pub fn last_rows(wait: Label, start: Label) -> [Step; 2] {
    let asks = Step::new().hint(Expr::call("beforeLast", Vec::new()));
    let clear = [
        Reg::A,
        Reg::B,
        Reg::C,
        Reg::D,
        Reg::E,
        Reg::Ctx,
        Reg::Sp,
        Reg::Pc,
        Reg::Gas,
        Reg::Rr,
    ];
    let clears = clear.into_iter().fold(Step::new(), Step::set);
    [asks.store(WORD).jmpn(wait), clears.load(WORD).jmp(start)]
}

/// v in 0..2^33 - 1, less the modulus if it is above 2^32 - 1. There is nothing to ask for.
pub(super) fn reduce(lin: &Lin, modulus: u64, uses: &[Reg], def: Place, asm: &mut Asm) {
    let end = asm.label();
    let over = asm.cold(|asm| {
        let less = lin.step(uses).minus(modulus.into());
        asm.push(set(less, def).jmp(end));
    });
    let mut room = Step::new().plus(LIMB - 1);
    for (&coefficient, &reg) in lin.terms.iter().zip(uses) {
        room = room.times(-coefficient, reg);
    }
    asm.push(room.jmpn(over));
    asm.push(set(lin.step(uses), def));
    asm.bind(end);
}

/// A multiple of x modulo 2^32. A small multiple of a small number, as an index has it, is below 2^32 and needs no free input.
pub(super) fn wrap(factor: i128, x: Reg, def: Place, asm: &mut Asm) {
    if !(1..=SMALL_FACTOR).contains(&factor) {
        modulo(factor, x, def, Goto::Next, asm);
        return;
    }
    let end = asm.label();
    let over = asm.cold(|asm| modulo(factor, x, def, Goto::Label(end), asm));
    let room = Step::new().plus((LIMB - 1) / factor).times(-1, x);
    asm.push(room.jmpn(over));
    asm.push(set(Step::new().times(factor, x), def));
    asm.bind(end);
}

/// s of m x = 2^32 q + s, or of -m x = s - 2^32 q. PC = q + 1 is in 0..2^32, so q is no element of another kind than the right one,
/// and s is in 0..2^32. With q below 2^32 - 1 and m x below 2^63 both sides of the equation differ by less than the field's size,
/// so it holds for integers, and q is unique.
fn modulo(factor: i128, x: Reg, def: Place, next: Goto, asm: &mut Asm) {
    let product = Expr::from(x) * Expr::num(factor.unsigned_abs());
    let (quotient, limb) = match factor < 0 {
        true => ((product + (LIMB as u64 - 1)) >> 32u64, -LIMB),
        false => (product >> 32u64, LIMB),
    };
    asm.push(checked(kept(hint(quotient).plus(1), Reg::Pc)));
    asm.push(confirm(Reg::Pc));
    let low = Step::new().times(factor, x).times(-limb, Reg::Pc);
    let low = set(low.plus(limb), def);
    let bad = Goto::Label(Symbol::Bad.label());
    asm.push(low.then(Jump::If(Condition::Negative, bad, next)));
}

/// x of 32 bits rotated by k = 2 to 31 bits: v = 2^k x = 2^32 q + s is r = q + s, which is asked for, so s = r - 2^32 (r - v).
///
/// r and s + 1 are in 0..2^32. Another r', s' with v = 2^32 (r' - s') + s' in the field has integers that differ from v by -p,
/// 0 or p. By 0: s' = s and r' = r. By -p: s' = s - 1, r' = r - 2^32; by p: s' = s + 1, r' = r + 2^32; neither r' is in range.
/// (s is a multiple of 4, so s' is not one of those plus or minus 2^32.)
pub(super) fn rotate(by: u32, x: Reg, def: Place, asm: &mut Asm) {
    let up = (Expr::from(x) * (1u64 << by)) & (LIMB as u64 - 1);
    guess(up + (Expr::from(x) >> u64::from(32 - by)), def, asm);
    let low = Step::new()
        .times(1 - LIMB, Reg::Pc)
        .times(1 << (32 + by), x);
    asm.push(checked(low.plus(1)));
    give(def, asm);
}

/// A multiplier and a summand with which one check bounds a remainder: for an integer r = x - dq, c r + e is in 0..2^32 exactly
/// if r is in 0..d. As c d is below 2^32, c (x - dq) + e comes round to no other value for q and x below 2^32. None if d is too large.
pub(super) const fn remainder_check(d: i128) -> Option<(i128, i128)> {
    let c = (LIMB - 1) / d;
    let e = LIMB - c * d;
    if e < c { Some((c, e)) } else { None }
}

/// q = x / d, of 32 bits: q and r = x - dq are in 0..2^32 and r is below d, so x = dq + r is an equation of integers below p.
pub(super) fn divide_by(divisor: u32, x: Reg, def: Place, asm: &mut Asm) {
    let d = i128::from(divisor);
    guess(Expr::from(x) / u64::from(divisor), def, asm);
    match remainder_check(d) {
        Some((c, e)) => {
            let both = Step::new().times(c, x).times(-c * d, Reg::Pc);
            asm.push(checked(both.plus(e)));
        }
        None => {
            asm.push(checked(Step::new().reg(x).times(-d, Reg::Pc)));
            let bound = Step::new().plus(d - 1).times(-1, x).times(d, Reg::Pc);
            asm.push(checked(bound));
        }
    }
    give(def, asm);
}

/// r = x - dq, of 32 bits, where q is asked for and bound as in [`divide_by`]. The result is in a register.
pub(super) fn remainder_by(divisor: u32, x: Reg, def: Place, asm: &mut Asm) {
    let d = i128::from(divisor);
    let Place::Reg(r) = def else {
        return;
    };
    let quotient = hint(Expr::from(x) / u64::from(divisor));
    asm.push(checked(kept(quotient, Reg::Pc)));
    asm.push(confirm(Reg::Pc));
    let rest = Step::new().reg(x).times(-d, Reg::Pc);
    asm.push(checked(rest.set(r)));
    asm.push(checked(Step::new().plus(d - 1).times(-1, r)));
}

/// What the prover chooses is bound to its width only: JMPN bounds an element, a Binary operation bounds both limbs.
pub(super) fn input(bytes: u32, def: Place, asm: &mut Asm) {
    match bytes {
        8 => {
            asm.push(hint(Expr::call("input64", Vec::new())).set(Reg::A));
            asm.push(Step::new().set(Reg::B));
            asm.push(set(Step::new().computed().bin(Bin::Or), def));
        }
        1 => {
            guess(Expr::call("input8", Vec::new()), def, asm);
            asm.push(checked(Step::new().plus(255).times(-1, Reg::Pc)));
            give(def, asm);
        }
        _ => {
            guess(Expr::call("inputLen", Vec::new()), def, asm);
            give(def, asm);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hermez::field::{P, add, element, mul};
    use crate::hermez::{Const, Free};
    use std::collections::BTreeMap;

    /// `slope * h + at`, of a free input h.
    #[derive(Clone, Copy, Default)]
    struct Affine {
        slope: u64,
        at: u64,
    }

    /// Sum of (a i + b) / m, rounded down, for i in 0..n.
    fn floor_sum(n: u128, m: u128, a: u128, b: u128) -> u128 {
        let (mut n, mut m, mut a, mut b, mut sum) = (n, m, a, b, 0u128);
        loop {
            sum += n * n.saturating_sub(1) / 2 * (a / m) + n * (b / m);
            (a, b) = (a % m, b % m);
            let last = a * n + b;
            if last < m {
                return sum;
            }
            (n, b) = (last / m, last % m);
            (m, a) = (a, m);
        }
    }

    /// How many h in `range` have `slope * h + at` below `width` in the field.
    fn admitted(range: (u64, u64), f: Affine, width: u64) -> u128 {
        let p = u128::from(P);
        let n = u128::from(range.1 - range.0);
        let first = add(mul(f.slope, range.0), f.at);
        let count = |b: u128| floor_sum(n, p, f.slope.into(), b);
        // y mod p is below the width exactly if (y + p - width) / p is y / p and no more
        count(u128::from(first) + p) - count(u128::from(first) + p - u128::from(width))
    }

    /// Limb 0 of a step's op, by the free input.
    fn op(step: &Step, regs: &BTreeMap<Reg, Affine>) -> Affine {
        let Const::Short(constant) = step.lhs.constant else {
            panic!("{step:?}")
        };
        let mut sum = Affine {
            slope: 0,
            at: element(constant),
        };
        if let Some((1, Free::Hint(_))) = step.lhs.free {
            sum.slope = 1;
        }
        for &(reg, coefficient) in &step.lhs.regs {
            let (reg, coefficient) = (regs[&reg], element(coefficient));
            sum.slope = add(sum.slope, mul(coefficient, reg.slope));
            sum.at = add(sum.at, mul(coefficient, reg.at));
        }
        sum
    }

    /// The number of values of limb 0 of the only free input that every JMPN admits, for an operand in D and in GAS.
    fn count(steps: &[Step], x: u64) -> u128 {
        let operand = Affine { slope: 0, at: x };
        let mut regs = BTreeMap::from([(Reg::D, operand), (Reg::Gas, operand)]);
        let mut checks: Vec<Affine> = Vec::new();
        for step in steps {
            let op = op(step, &regs);
            let bad = Goto::Label(Symbol::Bad.label());
            if let Jump::If(Condition::Negative, to, _) = step.jump
                && to == bad
            {
                checks.push(op);
            }
            regs.extend(step.dest.iter().map(|&reg| (reg, op)));
        }
        let (first, rest) = checks.split_first().expect("a check of what is asked for");
        assert_eq!(first.slope, 1);
        // h + at in 0..2^32
        let low = if first.at == 0 { 0 } else { P - first.at };
        let (mut width, mut check) = (1u64 << 32, rest[0]);
        if let Some(second) = rest.get(1) {
            // r and d - 1 - r
            assert_eq!(add(second.slope, check.slope), 0);
            width = add(second.at, check.at) + 1;
            check = rest[0];
        }
        let parts = match low.checked_add(1 << 32).filter(|&end| end <= P) {
            Some(end) => vec![(low, end)],
            None => vec![(low, P), (0, (1 << 32) - (P - low))],
        };
        parts
            .into_iter()
            .map(|part| admitted(part, check, width))
            .sum()
    }

    fn steps(micro: &Micro) -> Vec<Step> {
        let mut asm = Asm::default();
        let site = Site {
            uses: &[Reg::D],
            defs: &[Place::Reg(Reg::E)],
            targets: &[],
            around: Around::default(),
        };
        micro.emit(&site, &mut asm);
        asm.finish().steps
    }

    /// Operands near every power of two and near multiples of `d`, and some that are like nothing.
    fn operands(d: u64) -> Vec<u64> {
        let mut all: Vec<u64> = vec![0x1234_5678, 0x9abc_def0, 0xdead_beef, 0x55aa_1177];
        for power in 0..33 {
            all.extend([(1u64 << power) - 1, 1 << power, (1 << power) + 1]);
        }
        for power in 0..31 {
            all.push(0x8000_0000 | 1 << power);
        }
        for many in [1, 2, 1000, 0xffff_ffff / d] {
            all.extend([(d * many).wrapping_sub(1), d * many, d * many + 1]);
        }
        all.retain(|&x| x >> 32 == 0);
        all
    }

    #[test]
    fn one_value_of_each_free_input_is_admitted() {
        let mut micros: Vec<(Micro, u64)> = Vec::new();
        for by in 1..32 {
            if by > 1 {
                micros.push((Micro::Rotate(by), 1 << by));
                micros.push((Micro::Wrap(1 << by), 1 << by));
            }
            micros.push((Micro::DivideBy(1 << by), 1 << by));
        }
        for d in [
            1,
            3,
            5,
            7,
            10,
            100,
            641,
            1000,
            0xfffe,
            0xffff,
            0x10000,
            0x10001,
            0x12345,
            0x7fff_ffff,
            0x8000_0001,
            0xffff_ffff,
        ] {
            micros.push((Micro::DivideBy(d), d.into()));
            micros.push((Micro::RemainderBy(d), d.into()));
        }
        for factor in [3, 10, 0x7fff_ffff, -1, -3, -0x3fff_ffff] {
            micros.push((Micro::Wrap(factor), factor.unsigned_abs() as u64));
        }
        for (micro, d) in micros {
            let steps = steps(&micro);
            for x in operands(d) {
                assert_eq!(count(&steps, x), 1, "{micro:?} of {x:#x}");
            }
        }
    }

    #[test]
    fn one_index_and_one_context_of_each_address_are_admitted() {
        let plan = |pages| MemoryPlan::new(pages, pages);
        for (max_pages, offset) in [(1, 0), (1, 7), (40, 0), (40, 63)] {
            let access = Access {
                bytes: 1,
                offset,
                plan: plan(max_pages),
            };
            let mut asm = Asm::default();
            access.index(Reg::D, &mut asm);
            let steps = asm.finish().steps;
            for x in operands(8).into_iter().filter(|x| x >> 31 == 0) {
                assert_eq!(count(&steps, x), 1, "{access:?} of {x:#x}");
            }
        }
        let mut asm = Asm::default();
        super::super::memory::whole_word(plan(40)).context(&mut asm);
        let steps = asm.finish().steps;
        for x in operands(1 << 17) {
            assert_eq!(count(&steps, x), 1, "context of {x:#x}");
        }
    }

    #[test]
    fn counting_finds_what_trying_finds() {
        for (slope, at, width) in [
            (3, 5, 1000),
            (P / 7, 11, P / 5),
            (P - 2, 1, P / 3),
            (1 << 40, 0, 1 << 32),
        ] {
            let f = Affine { slope, at };
            let tried = (10..3000)
                .filter(|&h| add(mul(slope, h), at) < width)
                .count();
            assert_eq!(admitted((10, 3000), f, width), tried as u128);
        }
    }
}
