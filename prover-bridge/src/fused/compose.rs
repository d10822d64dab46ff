//! One chip for a straight line of instructions, made of the chips of each.
//!
//! The chips' columns stand side by side; then everything the line itself decides is put in. What the instruction fixes
//! (selectors, register numbers, constants) becomes a number. The state between two instructions is sent and received
//! by the same row, as is the word of a register between two of its accesses: both messages go, and what is received
//! equals what was sent. Linear constraints are solved for a column, lookups of known truths and repeated lookups go.
//!
//! So a row of the composed chip *is* a row of each instruction's chip, whose other messages cancel among themselves, and its
//! soundness is theirs. Two kinds of steps go beyond rewriting by equations, and both only take choices from the prover: a
//! column that depends on the instruction alone is set to its value, and bytes of a limb that has been split before are the
//! bytes it was split into.
//!
//! Off real rows nothing holds and nothing is said: every message on a one-to-one bus has the multiplicity `real`.

use super::affine::{Affine, Replace, Value, at_zero};
use crate::builder::{Bus, Chip, ChipBuilder, Constraint, Expr, Interaction};
use crate::gadgets::InstructionRow;
use crate::instruction::{ORDER, canonical};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use zkc_isa::{Inst, STATIC_BASE, Step, TICKS};

/// Column numbers of `real`, `clock` and `fp`.
const REAL: usize = 0;
const CLOCK: usize = 1;
const FP: usize = 2;
/// The columns that no instruction owns.
const SHARED: usize = 3;

/// Why a line of instructions has no chip.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ComposeError {
    /// The instruction's chip is about more than registers and memory.
    #[error("instruction {0} is about more than registers and memory")]
    Outside(usize),
    /// An instruction does not go on at the next one, or not in a frame that the line knows.
    #[error("instruction {0} does not lead to the next one")]
    Elsewhere(usize),
}

/// A column of a composed chip.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// Number of the instruction.
    pub(super) step: usize,
    /// Column of its chip.
    pub(super) column: usize,
}

/// A composed chip, and which columns of the instructions' chips it has after `real`, `clock` and `fp`.
pub(super) struct Composed {
    pub(super) chip: Chip,
    pub(super) origins: Vec<Origin>,
    /// Number of accesses that each instruction makes in a row.
    pub(super) accesses: Vec<u8>,
    /// The columns of each instruction's chip as forms over the row.
    #[cfg(test)]
    pub(super) forms: Vec<Vec<Affine>>,
}

/// A word that the row has accessed and not yet given back.
struct Open {
    value: [Affine; 4],
    time: Affine,
}

/// A lookup, resolved when it was met.
struct Lookup {
    bus: Bus,
    fields: Vec<Affine>,
    /// `None` is on every real row.
    when: Option<Affine>,
}

struct Composer {
    names: Vec<String>,
    origins: Vec<Origin>,
    solved: Vec<Option<Affine>>,
    /// Columns that are bytes by a lookup; a limb is written by its bytes rather than a byte by its limb.
    bytes: HashSet<usize>,
    constraints: Vec<Constraint>,
    lookups: Vec<Lookup>,
    messages: Vec<Interaction>,
    open: BTreeMap<Affine, Open>,
    /// Lower and upper byte of limbs.
    splits: HashMap<Affine, (Affine, Affine)>,
    /// Forms that are bytes on real rows by lookups that stay.
    byte_forms: HashSet<Affine>,
    /// ANDs by their operands.
    ands: HashMap<(Affine, Affine), Affine>,
    /// Number of accesses of each instruction.
    accesses: Vec<u8>,
    /// First column of the instruction at hand.
    base: usize,
    /// Its frame pointer.
    fp: Affine,
    #[cfg(test)]
    forms: Vec<Vec<Affine>>,
}

fn real() -> Expr {
    crate::builder::Col(REAL).into()
}

impl Composer {
    fn new() -> Composer {
        Composer {
            names: Vec::new(),
            origins: Vec::new(),
            solved: vec![None; SHARED],
            bytes: HashSet::new(),
            constraints: Vec::new(),
            lookups: Vec::new(),
            messages: Vec::new(),
            open: BTreeMap::new(),
            splits: HashMap::new(),
            byte_forms: HashSet::new(),
            ands: HashMap::new(),
            accesses: Vec::new(),
            base: SHARED,
            fp: Affine::column(FP),
            #[cfg(test)]
            forms: Vec::new(),
        }
    }

    /// The form in columns that are not solved for.
    fn resolve(&self, form: &Affine) -> Affine {
        let mut form = form.clone();
        while form.columns().any(|c| self.solved[c].is_some()) {
            form = form.replaced(|c| self.solved[c].as_ref());
        }
        form
    }

    /// Writes what is solved in columns that are not.
    fn resolve_solved(&mut self) {
        for column in 0..self.solved.len() {
            if let Some(form) = &self.solved[column] {
                self.solved[column] = Some(self.resolve(form));
            }
        }
    }

    /// Makes a form zero on every row. `None` if that cannot be.
    fn equal_zero(&mut self, form: &Affine) -> Option<()> {
        let form = self.resolve(form);
        if form.is_zero() {
            return Some(());
        }
        let free = || form.columns().rev().filter(|&c| c >= SHARED);
        let column = free()
            .find(|c| *c >= self.base && !self.bytes.contains(c))
            .or_else(|| free().find(|c| !self.bytes.contains(c)))
            .or_else(|| free().next())?;
        self.solved[column] = Some(form.solved_for(column));
        Some(())
    }

    /// Makes two limbs equal, the second one's bytes known as columns if it is `lo + 256 hi`.
    fn same_limb(&mut self, value: &Affine, limb: &Affine) -> Option<()> {
        let (value, limb) = (self.resolve(value), self.resolve(limb));
        if let Some((lo, hi)) = own_bytes(&limb, self.base) {
            self.bytes.extend([lo, hi]);
            let known = match value.as_constant() {
                Some(c) => Some((
                    Affine::constant((c & 0xff).into()),
                    Affine::constant((c >> 8).into()),
                )),
                None => self.splits.get(&value).cloned(),
            };
            if let Some((low, high)) = known {
                self.solved[lo] = Some(low);
                self.solved[hi] = Some(high);
                return Some(());
            }
            match value.as_column() {
                // the limb is what its bytes say
                Some(col) if col >= SHARED => self.solved[col] = Some(limb),
                _ => self.solved[lo] = Some(value.minus(&Affine::column(hi).scaled(256))),
            }
            let (low, high) = (
                self.resolve(&Affine::column(lo)),
                self.resolve(&Affine::column(hi)),
            );
            self.split(low, high);
            return Some(());
        }
        self.equal_zero(&value.minus(&limb))
    }

    fn split(&mut self, low: Affine, high: Affine) {
        self.splits.insert(low.plus(&high.scaled(256)), (low, high));
    }

    /// The chip of one more instruction.
    fn instruction(
        &mut self,
        at: usize,
        pc: u32,
        inst: &Inst,
        row: &InstructionRow,
        next: Option<u32>,
    ) -> Result<(), ComposeError> {
        let outside = ComposeError::Outside(at);
        self.accesses.push(0);
        self.base = self.solved.len();
        let chip = row.chip();
        let width = chip.columns.len();
        self.solved.resize(self.base + width, None);
        for column in 0..width {
            self.names.push(format!("{at}: {}", chip.columns[column]));
            self.origins.push(Origin { step: at, column });
        }
        let base = self.base;
        let first_lookup = self.lookups.len();
        let mut map: Vec<Affine> = (0..width).map(|c| Affine::column(base + c)).collect();
        let frame = row.settled(inst, pc);
        for &(col, value) in &frame.values {
            map[col] = Affine::constant(value.into());
        }
        map[frame.clock] =
            Affine::column(CLOCK).plus(&Affine::constant((at as u32 * TICKS).into()));
        map[frame.fp] = self.fp.clone();
        #[cfg(test)]
        self.forms.push(map.clone());

        let mut replace = Replace::new(|c| map[c].clone());
        let mut messages: Vec<(Bus, Vec<Affine>, Affine)> = Vec::new();
        for i in &chip.interactions {
            let mut form = |e| match replace.value(e) {
                Value::Affine(form) => Ok(form),
                Value::Other(_) => Err(outside.clone()),
            };
            if i.provides {
                return Err(outside);
            }
            let fields = i.tuple.iter().map(&mut form).collect::<Result<_, _>>()?;
            let multiplicity = form(&i.multiplicity)?;
            if !multiplicity.is_zero() {
                messages.push((i.bus, fields, multiplicity));
            }
        }
        let polynomials: Vec<(&str, Value)> = chip
            .constraints
            .iter()
            .map(|c| (c.name.as_str(), replace.value(&c.expr)))
            .collect();
        let (sent, received) = (canonical(1), canonical(-1));
        let mut rest = messages.into_iter().peekable();
        let mut writes = Vec::new();
        let mut left = None;
        while let Some((bus, fields, multiplicity)) = rest.next() {
            let always = multiplicity.as_constant();
            match bus {
                Bus::Memory => {
                    let Some((Bus::Memory, new, m)) = rest.next() else {
                        return Err(outside);
                    };
                    if !m.plus(&multiplicity).is_zero() || new[0] != fields[0] {
                        return Err(outside);
                    }
                    // An access that some rows do not make: a division's result is written, and a load or store stays
                    // in one word.
                    let made = match m.as_constant() {
                        Some(m) => m == sent,
                        None => inst.op.access_bytes() == 0,
                    };
                    let times = Affine::constant(made.into());
                    self.equal_zero(&m.minus(&times)).ok_or(outside.clone())?;
                    if !made {
                        rest.next();
                        continue;
                    }
                    self.accesses[at] += 1;
                    let value = std::array::from_fn(|k| new[2 + k].clone());
                    let time = new[1].clone();
                    self.access(fields, &value, &time, m, &mut rest)
                        .ok_or(outside.clone())?;
                    writes.push(value);
                }
                Bus::State if always == Some(received) => {
                    if at == 0 {
                        self.message(Bus::State, &fields, false);
                    }
                }
                Bus::State if always == Some(sent) => left = Some(fields),
                Bus::Program => {
                    for (field, expected) in fields.iter().zip(program_tuple(pc, inst)) {
                        let expected = Affine::constant(expected.into());
                        self.same_limb(&expected, field).ok_or(outside.clone())?;
                    }
                }
                Bus::Range16 | Bus::Bits | Bus::ByteAnd | Bus::Pow2 => self.lookups.push(Lookup {
                    bus,
                    fields,
                    when: (always != Some(received)).then(|| multiplicity.scaled(-1)),
                }),
                _ => return Err(outside),
            }
        }
        for (name, value) in polynomials {
            match value {
                Value::Affine(form) => self.equal_zero(&form).ok_or(outside.clone())?,
                Value::Other(expr) => self.constraints.push(Constraint {
                    name: format!("{at}: {name}"),
                    expr,
                }),
            }
        }
        let left = left.ok_or(outside)?;
        match next {
            None => self.message(Bus::State, &left, true),
            Some(next) => {
                let elsewhere = ComposeError::Elsewhere(at);
                let next = left[0].minus(&Affine::constant(next.into()));
                self.equal_zero(&next).ok_or(elsewhere.clone())?;
                self.fp = self.resolve(&left[2]);
                self.fp.offset_from(FP).ok_or(elsewhere)?;
            }
        }
        self.bytewise(first_lookup);
        for value in writes.iter().flatten() {
            let value = self.resolve(value);
            if !self.splits.contains_key(&value)
                && let Some((low, high)) = self.as_bytes(&value)
            {
                self.split(low, high);
            }
        }
        Ok(())
    }

    /// One access: what it finds, what it leaves, and the check of its time.
    fn access(
        &mut self,
        found: Vec<Affine>,
        value: &[Affine; 4],
        time: &Affine,
        made: Affine,
        rest: &mut impl Iterator<Item = (Bus, Vec<Affine>, Affine)>,
    ) -> Option<()> {
        let (bus, check, when) = rest.next()?;
        let waited = match (bus, &check[..]) {
            (Bus::Range16, [waited]) => waited.clone(),
            (Bus::Bits, [bits, waited]) if bits.as_constant() == Some(16) => waited.clone(),
            _ => return None,
        };
        if !when.plus(&made).is_zero()
            || waited != time.minus(&found[1]).minus(&Affine::constant(1))
        {
            return None;
        }
        let address = self.resolve(&found[0]);
        let is_register = address.offset_from(FP).is_some();
        let is_static = address.as_constant().is_some_and(|a| a >= STATIC_BASE);
        if !is_register && address.columns().any(|c| c == FP) {
            // a register that the run chooses may be one that is open
            return None;
        }
        if let Some(open) = self.open.remove(&address) {
            for k in 0..4 {
                self.same_limb(&open.value[k], &found[2 + k])?;
            }
            self.equal_zero(&found[1].minus(&open.time))?;
            let waited = self.resolve(&waited).as_constant()?;
            if waited >= 1 << 16 {
                return None;
            }
        } else {
            for limb in &found[2..] {
                if let Some((lo, hi)) = own_bytes(limb, self.base) {
                    self.bytes.extend([lo, hi]);
                    self.split(Affine::column(lo), Affine::column(hi));
                }
            }
            self.message(Bus::Memory, &found, false);
            self.lookups.push(Lookup {
                bus: Bus::Range16,
                fields: vec![waited],
                when: None,
            });
        }
        let open = Open {
            value: value.clone(),
            time: time.clone(),
        };
        if is_register || is_static {
            self.open.insert(address, open);
        } else {
            self.close(&address, &open);
        }
        Some(())
    }

    /// Gives a word back.
    fn close(&mut self, address: &Affine, open: &Open) {
        let fields: Vec<Affine> = [address, &open.time]
            .into_iter()
            .chain(&open.value)
            .cloned()
            .collect();
        self.message(Bus::Memory, &fields, true);
    }

    fn message(&mut self, bus: Bus, fields: &[Affine], send: bool) {
        self.messages.push(Interaction {
            bus,
            tuple: fields.iter().map(Affine::to_expr).collect(),
            multiplicity: if send { real() } else { -real() },
            provides: false,
        });
    }

    /// The two bytes of a limb whose form shows them.
    fn as_bytes(&self, limb: &Affine) -> Option<(Affine, Affine)> {
        if limb.constant >= 1 << 16 || limb.as_constant().is_some() {
            return None;
        }
        let mut low = Affine::constant((limb.constant & 0xff).into());
        let mut high = Affine::constant((limb.constant >> 8).into());
        for (col, k) in limb.terms() {
            if k % 256 == 0 {
                high = high.plus(&Affine::column(col).scaled(k / 256));
            } else {
                low = low.plus(&Affine::column(col).scaled(k));
            }
        }
        let is_byte =
            |f: &Affine| f.as_constant().is_some_and(|c| c < 256) || self.byte_forms.contains(f);
        (is_byte(&low) && is_byte(&high)).then_some((low, high))
    }

    /// What the byte lookups of the instruction at hand, from number `first` on, say of bytes.
    fn bytewise(&mut self, first: usize) {
        let new = self.lookups.split_off(first);
        for lookup in new {
            let (Bus::ByteAnd, [a, b, and], None) = (lookup.bus, &lookup.fields[..], &lookup.when)
            else {
                self.lookups.push(lookup);
                continue;
            };
            let (a, b, and) = (self.resolve(a), self.resolve(b), self.resolve(and));
            let (a, b) = if a <= b { (a, b) } else { (b, a) };
            let column = and.as_column().filter(|&c| c >= self.base);
            let checked = |s: &Composer, f: &Affine| {
                f.as_constant().is_some_and(|c| c < 256) || s.byte_forms.contains(f)
            };
            let result = match (a.as_constant(), b.as_constant()) {
                (Some(x), Some(y)) if x < 256 && y < 256 => Some(Affine::constant((x & y).into())),
                (Some(0), _) | (_, Some(0)) => Some(Affine::constant(0)),
                (Some(255), _) => Some(b.clone()),
                (_, Some(255)) => Some(a.clone()),
                _ if a == b => Some(a.clone()),
                _ => self
                    .ands
                    .get(&(a.clone(), b.clone()))
                    .map(|n| self.resolve(n)),
            };
            let needless = match (result, column) {
                (Some(result), Some(column)) => {
                    self.solved[column] = Some(result);
                    checked(self, &a) && checked(self, &b)
                }
                _ => false,
            };
            let and = self.resolve(&and);
            if !needless {
                self.ands.insert((a.clone(), b.clone()), and.clone());
                self.lookups.push(Lookup {
                    bus: Bus::ByteAnd,
                    fields: vec![a.clone(), b.clone(), and.clone()],
                    when: None,
                });
            }
            let or = a.plus(&b).minus(&and);
            let xor = or.minus(&and);
            self.byte_forms.extend([a, b, and, or, xor]);
        }
    }

    /// An expression in columns that are not solved for.
    fn value(&self, expr: &Expr) -> Value {
        Replace::new(|c| match &self.solved[c] {
            Some(form) => form.clone(),
            None => Affine::column(c),
        })
        .value(expr)
    }

    /// Solves what has become linear, until nothing has.
    fn settle(&mut self) -> Option<()> {
        loop {
            let mut changed = false;
            self.resolve_solved();
            let constraints = std::mem::take(&mut self.constraints);
            for constraint in constraints {
                let value = self.value(&constraint.expr);
                match value {
                    Value::Affine(form) => {
                        if !form.is_zero() {
                            self.equal_zero(&form)?;
                            changed = true;
                        }
                    }
                    Value::Other(expr) => self.constraints.push(Constraint {
                        name: constraint.name,
                        expr,
                    }),
                }
            }
            let lookups = std::mem::take(&mut self.lookups);
            for lookup in lookups {
                let fields: Vec<Affine> = lookup.fields.iter().map(|f| self.resolve(f)).collect();
                if let (Bus::Bits, [bits, value]) = (lookup.bus, &fields[..])
                    && bits.as_constant() == Some(0)
                    && lookup.when.is_none()
                {
                    changed |= !value.is_zero();
                    self.equal_zero(value)?;
                } else {
                    self.lookups.push(Lookup { fields, ..lookup });
                }
            }
            if !changed {
                return Some(());
            }
        }
    }

    /// Whether a lookup is true whatever the row says, or said by others.
    fn needless(&self, lookup: &Lookup) -> bool {
        let constants: Option<Vec<u32>> = lookup.fields.iter().map(Affine::as_constant).collect();
        if let Some(values) = constants {
            return match (lookup.bus, &values[..]) {
                (Bus::Range16, &[x]) => x < 1 << 16,
                (Bus::Bits, &[n, x]) => n <= 16 && x < 1 << n,
                (Bus::Pow2, &[k, x]) => k < 16 && x == 1 << k,
                (Bus::ByteAnd, &[a, b, and]) => a < 256 && b < 256 && a & b == and,
                _ => false,
            };
        }
        let limb = match (lookup.bus, &lookup.fields[..]) {
            (Bus::Range16, [x]) => x,
            (Bus::Bits, [n, x]) if n.as_constant() == Some(16) => x,
            _ => return false,
        };
        // bytes that stay looked up make the limb
        self.as_bytes(limb).is_some()
    }

    fn finish(mut self, name: String) -> Option<Composed> {
        self.settle()?;
        for (address, open) in std::mem::take(&mut self.open) {
            self.close(&address, &open);
        }
        // forms of bytes in columns that are left
        self.byte_forms.clear();
        for lookup in &self.lookups {
            if let (Bus::ByteAnd, [a, b, and], None) =
                (lookup.bus, &lookup.fields[..], &lookup.when)
            {
                let or = a.plus(b).minus(and);
                let xor = or.minus(and);
                self.byte_forms
                    .extend([a.clone(), b.clone(), and.clone(), or, xor]);
            }
        }
        let mut chip = ChipBuilder::new(name).finish();
        let mut said = BTreeSet::new();
        let lookups = std::mem::take(&mut self.lookups);
        for lookup in lookups {
            // a row of padding looks nothing up
            let when = (lookup.when.as_ref()).map(|w| self.resolve(w).homogeneous(REAL));
            if self.needless(&lookup)
                || !said.insert((lookup.bus, lookup.fields.clone(), when.clone()))
            {
                continue;
            }
            chip.interactions.push(Interaction {
                bus: lookup.bus,
                tuple: lookup.fields.iter().map(Affine::to_expr).collect(),
                multiplicity: when.map_or_else(|| -real(), |w| -w.to_expr()),
                provides: false,
            });
        }
        chip.interactions
            .splice(0..0, std::mem::take(&mut self.messages));
        chip.constraints.push(Constraint {
            name: "real is 0 or 1".to_owned(),
            expr: real() * (real() - 1),
        });
        chip.constraints.append(&mut self.constraints);
        Some(self.compact(chip))
    }

    /// The chip in columns that it mentions.
    fn compact(self, mut chip: Chip) -> Composed {
        let mut replaced = Vec::new();
        let mut used = BTreeSet::new();
        let exprs = chip.constraints.iter().map(|c| &c.expr).chain(
            chip.interactions
                .iter()
                .flat_map(|i| i.tuple.iter().chain([&i.multiplicity])),
        );
        for expr in exprs {
            let value = self.value(expr).into_expr();
            value.for_each_column(&mut |col, _| {
                used.insert(col.0);
            });
            replaced.push(value);
        }
        let mut numbers = vec![0; self.solved.len()];
        let mut origins = Vec::new();
        chip.columns = ["real", "clock", "fp"].map(str::to_owned).to_vec();
        (numbers[CLOCK], numbers[FP]) = (CLOCK, FP);
        for &col in used.iter().filter(|&&c| c >= SHARED) {
            numbers[col] = chip.columns.len();
            chip.columns.push(self.names[col - SHARED].clone());
            origins.push(self.origins[col - SHARED]);
        }
        let mut renumbered = replaced.iter().map(|expr| {
            Replace::new(|c| Affine::column(numbers[c]))
                .value(expr)
                .into_expr()
        });
        let mut next = || renumbered.next().expect("there is one for each");
        for constraint in &mut chip.constraints {
            let expr = next();
            // a row of zeros is padding
            let offset = i64::from(at_zero(&expr));
            constraint.expr = if offset == 0 {
                expr
            } else {
                let offset = if offset > i64::from(ORDER / 2) {
                    offset - i64::from(ORDER)
                } else {
                    offset
                };
                expr - offset + real() * offset
            };
        }
        for i in &mut chip.interactions {
            for field in &mut i.tuple {
                *field = next();
            }
            i.multiplicity = next();
        }
        Composed {
            chip,
            origins,
            #[cfg(test)]
            forms: (self.forms.iter())
                .map(|forms| {
                    let last = |f: &Affine| {
                        let form = self.resolve(f);
                        form.replaced_columns(|c| numbers.get(c).copied())
                    };
                    forms.iter().map(last).collect()
                })
                .collect(),
            accesses: self.accesses,
        }
    }
}

/// The columns of a limb `lo + 256 hi` that the instruction from column `base` on owns.
fn own_bytes(limb: &Affine, base: usize) -> Option<(usize, usize)> {
    let mut terms = limb.terms();
    let found = match (terms.next(), terms.next(), terms.next()) {
        (Some((a, 1)), Some((b, 256)), None) => (a, b),
        (Some((a, 256)), Some((b, 1)), None) => (b, a),
        _ => return None,
    };
    (limb.constant == 0 && found.0 >= base && found.1 >= base).then_some(found)
}

/// The Program tuple of an instruction.
pub(super) fn program_tuple(pc: u32, inst: &Inst) -> [u32; 11] {
    let limb = |i: u32| (inst.imm >> (16 * i)) as u32 & 0xffff;
    let Inst {
        op,
        d,
        a,
        b,
        c,
        target,
        ..
    } = *inst;
    let (i0, i1, i2, i3) = (limb(0), limb(1), limb(2), limb(3));
    [pc, op as u32, d, a, b, c, i0, i1, i2, i3, target]
}

/// The chip of a line of instructions, given with their program counters and their own chips.
pub(super) fn compose(
    name: String,
    line: &[(u32, Inst)],
    rows: &[&InstructionRow],
) -> Result<Composed, ComposeError> {
    let mut composer = Composer::new();
    for (at, ((pc, inst), row)) in line.iter().zip(rows).enumerate() {
        let next = line.get(at + 1).map(|next| next.0);
        composer.instruction(at, *pc, inst, row, next)?;
    }
    composer
        .finish(name)
        .ok_or(ComposeError::Outside(line.len()))
}

/// Fills `row` from the rows of the instructions' own chips; `scratch` is space.
pub(super) fn fill(
    rows: &[&InstructionRow],
    origins: &[Origin],
    steps: &[Step],
    row: &mut [u32],
    scratch: &mut Vec<u32>,
) {
    use crate::instruction::InstructionChip;
    row[REAL] = 1;
    row[CLOCK] = steps[0].clock;
    row[FP] = steps[0].fp;
    let mut at = 0;
    for (number, (chip, step)) in rows.iter().zip(steps).enumerate() {
        let count = origins[at..]
            .iter()
            .take_while(|o| o.step == number)
            .count();
        if count == 0 {
            continue;
        }
        scratch.clear();
        scratch.resize(chip.chip().columns.len(), 0);
        chip.fill(step, scratch);
        for (i, origin) in origins[at..at + count].iter().enumerate() {
            row[SHARED + at + i] = scratch[origin.column];
        }
        at += count;
    }
}
