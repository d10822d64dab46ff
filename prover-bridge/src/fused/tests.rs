//! What [`super::compose`] argues, checked on rows of random field values: a row of a line's chip is a row of each of its
//! instructions' chips, and their other messages cancel.

use super::affine::on;
use super::compose::compose;
use crate::builder::{Bus, Chip};
use crate::chips;
use crate::instruction::ORDER;
use std::collections::{BTreeMap, BTreeSet};
use zkc_isa::{FIRST_PC, Form, Inst, ZkOp};

/// A generator of numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// A line of any instructions that may stand in one, on few registers.
fn line(random: &mut Random) -> Vec<(u32, Inst)> {
    let ops: Vec<ZkOp> = ZkOp::ALL
        .iter()
        .copied()
        .filter(|op| op.fusible())
        .collect();
    let mut pc = FIRST_PC + random.below(1000) as u32;
    (0..2 + random.below(12))
        .map(|_| {
            let op = ops[random.below(ops.len() as u64) as usize];
            let mut register = || 1 + random.below(5) as u32;
            let (d, a, b, c) = (register(), register(), register(), register());
            let constants = [0, 1, 8, 31, 255, 0xffff, 0xff00_00ff, random.next()];
            let mut imm = constants[random.below(8) as usize];
            if op.is_32() || matches!(op.form(), Form::Load | Form::Store) {
                imm &= 0xffff_ffff;
            }
            if let Some(width) = op.shift_width() {
                imm %= u64::from(width);
            }
            if matches!(op.form(), Form::Call) {
                imm = 20;
            }
            let target = if op.form().has_slot() { 7 } else { pc + 5 };
            let inst = Inst {
                op,
                d,
                a,
                b,
                c,
                imm,
                target,
            }
            .normalized();
            let here = (pc, inst);
            // a run goes on there after it, one way or the other
            let branches = matches!(op.form(), Form::Branch | Form::BranchImm);
            pc = match op.form() {
                Form::Jump | Form::Call => inst.target,
                _ if branches && random.below(2) == 0 => inst.target,
                _ => pc + 1,
            };
            here
        })
        .collect()
}

type Message = (Bus, Vec<u32>);

/// Adds the messages of a row, sends less receives.
fn messages(chip: &Chip, row: &[u32], sign: i64, to: &mut BTreeMap<Message, i64>) {
    for i in &chip.interactions {
        let tuple = i.tuple.iter().map(|e| on(e, row)).collect();
        let times = match on(&i.multiplicity, row) {
            m if m > ORDER / 2 => i64::from(m) - i64::from(ORDER),
            m => i64::from(m),
        };
        *to.entry((i.bus, tuple)).or_default() += sign * times;
    }
}

/// Whether a lookup need not be made where these are.
fn follows(lookup: &Message, made: &BTreeSet<Message>, program: &BTreeSet<Message>) -> bool {
    let mut bytes: BTreeSet<u32> = (0..256).collect();
    for (bus, fields) in made {
        if let (Bus::ByteAnd, &[a, b, and]) = (bus, &fields[..]) {
            let minus = |x: u32, y: u32| (u64::from(x) + u64::from(ORDER - y)) % u64::from(ORDER);
            let or = minus(
                ((u64::from(a) + u64::from(b)) % u64::from(ORDER)) as u32,
                and,
            ) as u32;
            bytes.extend([a, b, and, or, minus(or, and) as u32]);
        }
    }
    let is_limb = |x: u32| {
        let part = |low: &u32| {
            let rest = (u64::from(x) + u64::from(ORDER - low)) % u64::from(ORDER);
            // 256^-1 in the field
            let high = rest * (u64::from(ORDER) - (u64::from(ORDER) - 1) / 256) % u64::from(ORDER);
            bytes.contains(&(high as u32))
        };
        x < 1 << 16 || bytes.iter().any(part)
    };
    match (lookup.0, &lookup.1[..]) {
        _ if made.contains(lookup) || program.contains(lookup) => true,
        // two of the same value, or one of the other kind
        (Bus::Range16, &[x]) => is_limb(x) || made.contains(&(Bus::Bits, vec![16, x])),
        (Bus::Bits, &[16, x]) => is_limb(x) || made.contains(&(Bus::Range16, vec![x])),
        (Bus::Bits, &[n, x]) => n <= 16 && x < 1 << n,
        (Bus::Pow2, &[k, x]) => k < 16 && x == 1 << k,
        (Bus::ByteAnd, &[a, b, and]) => {
            let known = bytes.contains(&a) && bytes.contains(&b);
            let small = a < 256 && b < 256 && and == a & b;
            let plain = (a == b && and == a)
                || (a == 255 && and == b)
                || (b == 255 && and == a)
                || (and == 0 && (a == 0 || b == 0));
            small || (known && plain) || made.contains(&(Bus::ByteAnd, vec![b, a, and]))
        }
        _ => false,
    }
}

#[test]
fn a_row_of_a_line_is_a_row_of_each_instruction() {
    let mut random = Random(5);
    let (mut composed_lines, mut seen) = (0, BTreeSet::new());
    for _ in 0..1500 {
        let line = line(&mut random);
        let rows: Vec<_> = line
            .iter()
            .map(|(_, i)| chips::row(chips::usual(i.op)))
            .collect();
        let Ok(composed) = compose("line".to_owned(), &line, &rows) else {
            continue;
        };
        composed_lines += 1;
        seen.extend(line.iter().map(|(_, i)| i.op));
        let mut row: Vec<u32> = (composed.chip.columns.iter())
            .map(|_| random.below(u64::from(ORDER)) as u32)
            .collect();
        row[0] = 1;
        let holds: BTreeSet<u32> = (composed.chip.constraints.iter())
            .map(|c| on(&c.expr, &row))
            .collect();
        let mut own = BTreeMap::new();
        messages(&composed.chip, &row, 1, &mut own);
        let made: BTreeSet<Message> = own.keys().cloned().collect();
        let mut left = own.clone();
        let mut program = BTreeSet::new();
        let mut lookups = BTreeSet::new();
        for ((&(pc, inst), chip), forms) in line.iter().zip(&rows).zip(&composed.forms) {
            let part: Vec<u32> = forms.iter().map(|form| form.on(&row)).collect();
            for constraint in &chip.chip().constraints {
                let value = on(&constraint.expr, &part);
                assert!(
                    value == 0 || holds.contains(&value),
                    "{line:?}: {}, pc {pc}: {}",
                    chip.chip().name,
                    constraint.name
                );
            }
            program.insert((
                Bus::Program,
                super::compose::program_tuple(pc, &inst).to_vec(),
            ));
            let mut here = BTreeMap::new();
            messages(chip.chip(), &part, -1, &mut here);
            for (message, times) in here {
                if message.0.is_lookup() && times != 0 {
                    lookups.insert(message.clone());
                }
                *left.entry(message).or_default() += times;
            }
        }
        for ((bus, tuple), times) in left {
            assert!(
                bus.is_lookup() || times == 0,
                "{line:?}: {bus:?} {tuple:?} has {times} left"
            );
        }
        for lookup in &lookups {
            // times between the line's own accesses are constants
            let own_time = matches!(lookup.0, Bus::Range16) && lookup.1[0] < 1 << 16;
            assert!(
                own_time || follows(lookup, &made, &program),
                "{line:?}: {lookup:?} is not made"
            );
        }
    }
    assert!(composed_lines > 1000, "{composed_lines} lines have a chip");
    let missing: Vec<_> = (ZkOp::ALL.iter().filter(|op| op.fusible()))
        .filter(|op| !seen.contains(op))
        .collect();
    assert!(missing.len() < 10, "never in a line: {missing:?}");
}
