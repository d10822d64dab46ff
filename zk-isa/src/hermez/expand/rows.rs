//! The expansions: each zk row but those of control and calls as micro-operations.
//!
//! Operands come with the largest value they may have. A row of 32 bits has operands below 2^32, so that is known of any
//! value it is given.

use super::asm::{ARGS, RESULTS, STATICS};
use super::micro::*;
use crate::ZkOp;
use crate::hermez::{Address, Bin, Index};
use zkc_ir::Trap;

/// A value inside an expansion, by number.
pub type Value = u32;

/// Largest 32-bit value.
const WORD32: u64 = 0xffff_ffff;

/// An op to be expanded.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The row.
    pub op: ZkOp,
    /// Its constant: immediate, offset, size or limit.
    pub imm: u64,
    /// Its static slot.
    pub slot: u32,
    /// Operands.
    pub args: &'a [Value],
    /// The largest value of each operand.
    pub max: &'a [u64],
    /// The memory.
    pub plan: MemoryPlan,
}

/// What an expansion is written to.
pub trait Sink {
    /// Appends a micro-operation with operands; its results.
    fn micro(&mut self, micro: Micro, uses: &[Value]) -> Vec<Value>;
}

/// Shorthands for writing expansions.
struct Writer<'s, S: Sink> {
    sink: &'s mut S,
}

impl<S: Sink> Writer<'_, S> {
    fn one(&mut self, micro: Micro, uses: &[Value]) -> Value {
        self.sink.micro(micro, uses)[0]
    }

    fn constant(&mut self, value: u64) -> Value {
        self.one(Micro::Const(value), &[])
    }

    fn lin(&mut self, terms: &[i128], uses: &[Value], plus: i128) -> Value {
        self.one(Micro::Lin(Lin::new(terms, plus)), uses)
    }

    fn carry(&mut self, terms: &[i128], uses: &[Value], plus: i128) -> Value {
        self.one(Micro::Carry(Lin::new(terms, plus)), uses)
    }

    fn reduce(&mut self, terms: &[i128], uses: &[Value], modulus: u64) -> Value {
        self.one(Micro::Reduce(Lin::new(terms, 0), modulus), uses)
    }

    /// x times a constant, of 32 bits.
    fn wrap(&mut self, coefficient: i128, x: Value) -> Value {
        match coefficient {
            2 => self.reduce(&[2], &[x], WORD32 + 1),
            _ => self.one(Micro::Wrap(coefficient), &[x]),
        }
    }

    fn bin(&mut self, bin: Bin, x: Value, y: Value) -> Value {
        self.one(Micro::Bin(bin), &[x, y])
    }

    fn product(&mut self, product: Product, x: Value, y: Value) -> Value {
        self.one(Micro::Mul(product), &[x, y])
    }

    /// x << by, of 64 bits.
    fn shl64(&mut self, x: Value, max: u64, by: u32) -> Value {
        match by {
            0 => x,
            _ if max <= WORD32 >> by.min(32) && by < 32 => self.lin(&[1 << by], &[x], 0),
            1 => self.bin(Bin::Add, x, x),
            32 if max <= WORD32 => self.one(Micro::Swap, &[x]),
            _ => {
                let power = self.constant(1 << by);
                self.product(Product::Low, x, power)
            }
        }
    }

    /// x >> by, of 64 bits, with zeros.
    fn shr64(&mut self, x: Value, max: u64, by: u32) -> Value {
        match by {
            0 => x,
            _ if max <= WORD32 => self.shr32(x, by),
            32.. => {
                let high = self.one(Micro::HighLimb, &[x]);
                self.shr32(high, by - 32)
            }
            _ => {
                let power = self.constant(1 << (64 - by));
                self.product(Product::High, x, power)
            }
        }
    }

    /// x >> by of a 32-bit value.
    fn shr32(&mut self, x: Value, by: u32) -> Value {
        match by {
            0 => x,
            1..32 => self.one(Micro::DivideBy(1 << by), &[x]),
            _ => self.constant(0),
        }
    }

    /// The low bits of a value.
    fn low_bits(&mut self, x: Value, max: u64, bits: u32) -> Value {
        match bits {
            32.. if max > WORD32 => self.one(Micro::LowLimb, &[x]),
            32.. => x,
            _ if max < 1 << bits => x,
            // AND takes A and B, which are where loops keep wide values
            _ if max > WORD32 => {
                let low = self.one(Micro::LowLimb, &[x]);
                self.one(Micro::RemainderBy(1 << bits), &[low])
            }
            _ => {
                let mask = self.constant((1 << bits) - 1);
                self.bin(Bin::And, x, mask)
            }
        }
    }

    fn power(&mut self, x: Value) -> Value {
        self.one(Micro::Power, &[x])
    }

    /// The amount of a shift.
    fn amount(&mut self, x: Value, max: u64, bits: u32) -> Value {
        if max < bits.into() {
            return x;
        }
        let mask = self.constant(u64::from(bits) - 1);
        self.bin(Bin::And, x, mask)
    }

    fn quotient(&mut self, x: Value, d: Value) -> Value {
        let division = Division {
            signed: false,
            bits: 64,
            remainder: false,
        };
        self.one(Micro::Divide(division), &[x, d])
    }

    /// x >> by register, with the sign's bits if `signed`.
    fn shr(&mut self, x: Value, by: Value, bits: u32, signed: bool) -> Value {
        let wide = bits == 64;
        let sign = signed.then(|| self.one(Micro::SignMask { wide }, &[x]));
        let mut x = x;
        if let Some(sign) = sign {
            x = self.bin(Bin::Xor, x, sign);
        }
        let shifted = if wide {
            let power = self.power(by);
            self.quotient(x, power)
        } else {
            let back = self.lin(&[-1], &[by], 32);
            let power = self.power(back);
            let product = self.product(Product::Low, x, power);
            self.one(Micro::HighLimb, &[product])
        };
        match sign {
            Some(sign) => self.bin(Bin::Xor, shifted, sign),
            None => shifted,
        }
    }

    fn rotl32(&mut self, x: Value, by: u32) -> Value {
        match by % 32 {
            0 => x,
            1 => self.reduce(&[2], &[x], WORD32),
            by => self.one(Micro::Rotate(by), &[x]),
        }
    }

    fn rotl64(&mut self, x: Value, by: u32) -> Value {
        match by % 64 {
            0 => x,
            32 => self.one(Micro::Swap, &[x]),
            by => {
                let power = self.constant(1 << by);
                self.rotate_by(x, power)
            }
        }
    }

    /// x rotated left by the exponent of `power`: the two words of the product have no bit in common.
    fn rotate_by(&mut self, x: Value, power: Value) -> Value {
        let words = self.sink.micro(Micro::Mul(Product::Both), &[x, power]);
        self.lin(&[1, 1], &words, 0)
    }

    fn truth(&mut self, test: Test, not: bool, uses: &[Value]) -> Value {
        self.one(Micro::Bool(test, not), uses)
    }

    fn sign_extend(&mut self, x: Value, bits: u32, to: u32) -> Value {
        let ones = if to == 64 { u64::MAX } else { WORD32 };
        self.one(
            Micro::FillFrom {
                from: 1 << (bits - 1),
                add: ones - ((1u64 << bits) - 1),
                high: false,
            },
            &[x],
        )
    }

    /// Upper limb and lower limb joined by choice: `high` if it is not 0.
    fn zeros64(&mut self, x: Value, max: u64) -> Value {
        if max <= WORD32 {
            let low = self.one(Micro::LeadingZeros, &[x]);
            return self.lin(&[1], &[low], 32);
        }
        let high = self.one(Micro::HighLimb, &[x]);
        let low = self.one(Micro::LowLimb, &[x]);
        let limb = self.one(Micro::Select, &[high, high, low]);
        let zeros = self.one(Micro::LeadingZeros, &[limb]);
        let more = self.lin(&[1], &[zeros], 32);
        self.one(Micro::Select, &[high, zeros, more])
    }

    fn trailing(&mut self, x: Value) -> Value {
        // x & -x, of 64 bits
        let zero = self.constant(0);
        let minus = self.bin(Bin::Sub, zero, x);
        self.bin(Bin::And, x, minus)
    }

    fn trailing64(&mut self, x: Value) -> Value {
        let bit = self.trailing(x);
        let high = self.one(Micro::HighLimb, &[bit]);
        let low = self.one(Micro::LowLimb, &[bit]);
        let in_low = self.one(Micro::BitIndex, &[low]);
        let in_high = self.one(Micro::BitIndex, &[high]);
        let in_high = self.lin(&[1], &[in_high], 32);
        self.one(Micro::Select, &[low, in_low, in_high])
    }

    /// x - upper + upper / 2^width, in each limb; 2^96 = -1 in the field.
    fn halve(&mut self, x: Value, upper: Value, width: u32) -> Value {
        let lower = self.lin(&[1, -1], &[x, upper], 0);
        self.lin(&[1, -(1 << (96 - width))], &[lower, upper], 0)
    }

    /// Bits counted in fields of doubling width, at last of all 64 bits or of 32.
    fn ones(&mut self, x: Value, wide: bool) -> Value {
        const MASKS: [u64; 4] = [
            0xaaaa_aaaa_aaaa_aaaa,
            0xcccc_cccc_cccc_cccc,
            0xf0f0_f0f0_f0f0_f0f0,
            0xff00_ff00_ff00_ff00,
        ];
        let mut x = x;
        for (step, mask) in (0..).zip(MASKS) {
            let width = 1u32 << step;
            let mask = self.constant(if wide { mask } else { mask & WORD32 });
            let upper = self.bin(Bin::And, x, mask);
            x = self.halve(x, upper, width);
        }
        // two counts a limb
        let mask = self.constant(0xffff_0000_ffff_0000);
        let upper = self.bin(Bin::And, x, mask);
        x = self.halve(x, upper, 16);
        if wide {
            self.one(Micro::SumLimbs, &[x])
        } else {
            x
        }
    }
}

/// What a comparison compares.
struct Comparison {
    test: Test,
    not: bool,
}

/// How a condition on operands, or an operand and a constant, is decided; with a constant the test takes one operand.
fn comparison(cond: zkc_ir::Cond, bits: u32, max: &[u64], imm: Option<u64>) -> Comparison {
    use zkc_ir::Cond;
    let (cond, not) = match cond {
        Cond::Ne => (Cond::Eq, true),
        Cond::Uge => (Cond::Ult, true),
        Cond::Sge => (Cond::Slt, true),
        other => (other, false),
    };
    let plain = |test| Comparison { test, not };
    let narrow =
        bits == 32 || (max.iter().all(|&m| m <= WORD32) && imm.is_none_or(|i| i <= WORD32));
    // signed order is unsigned order where nothing has the sign bit
    let sign = 1u64 << (bits - 1);
    let unsigned = max.iter().all(|&m| m < sign) && imm.is_none_or(|i| i < sign);
    let difference = || match imm {
        Some(imm) => Lin::new(&[1], -i128::from(imm)),
        None => Lin::new(&[1, -1], 0),
    };
    match cond {
        Cond::Eq if narrow => plain(Test::Zero(difference())),
        Cond::Ult if narrow => plain(Test::Negative(difference())),
        Cond::Slt if narrow && unsigned => plain(Test::Negative(difference())),
        Cond::Slt if bits == 32 => match imm {
            // x < 0: bit 31
            Some(0) => Comparison {
                test: Test::Negative(Lin::new(&[1], -(1 << 31))),
                not: !not,
            },
            _ => plain(Test::Below32),
        },
        Cond::Eq if imm == Some(0) => plain(Test::Zero64),
        Cond::Eq => plain(Test::Equal64),
        Cond::Ult if imm.is_some_and(|i| i <= WORD32) => {
            plain(Test::Below64(imm.unwrap_or_default()))
        }
        Cond::Ult => plain(Test::Carry(Bin::Lt)),
        _ => plain(Test::Carry(Bin::Slt)),
    }
}

impl Comparison {
    /// Whether the constant is in the test, so that it is no operand.
    fn takes_one(&self) -> bool {
        match &self.test {
            Test::Negative(lin) | Test::Zero(lin) => lin.terms.len() == 1,
            Test::Zero64 | Test::Below64(_) => true,
            Test::Carry(_) | Test::Below32 | Test::Equal64 => false,
        }
    }
}

/// The condition and width of a comparing row, branches included.
pub fn condition(op: ZkOp) -> Option<(zkc_ir::Cond, u32)> {
    use ZkOp as Z;
    use zkc_ir::Cond::*;
    Some(match op {
        Z::Eq32 | Z::Eq32Imm | Z::BrEq32 | Z::BrEq32Imm => (Eq, 32),
        Z::Ne32 | Z::Ne32Imm | Z::BrNe32 | Z::BrNe32Imm => (Ne, 32),
        Z::Ltu32 | Z::Ltu32Imm | Z::BrLtu32 | Z::BrLtu32Imm => (Ult, 32),
        Z::Lts32 | Z::Lts32Imm | Z::BrLts32 | Z::BrLts32Imm => (Slt, 32),
        Z::Geu32 | Z::Geu32Imm | Z::BrGeu32 | Z::BrGeu32Imm => (Uge, 32),
        Z::Ges32 | Z::Ges32Imm | Z::BrGes32 | Z::BrGes32Imm => (Sge, 32),
        Z::Eq64 | Z::Eq64Imm | Z::BrEq64 | Z::BrEq64Imm => (Eq, 64),
        Z::Ne64 | Z::Ne64Imm | Z::BrNe64 | Z::BrNe64Imm => (Ne, 64),
        Z::Ltu64 | Z::Ltu64Imm | Z::BrLtu64 | Z::BrLtu64Imm => (Ult, 64),
        Z::Lts64 | Z::Lts64Imm | Z::BrLts64 | Z::BrLts64Imm => (Slt, 64),
        Z::Geu64 | Z::Geu64Imm | Z::BrGeu64 | Z::BrGeu64Imm => (Uge, 64),
        Z::Ges64 | Z::Ges64Imm | Z::BrGes64 | Z::BrGes64Imm => (Sge, 64),
        _ => return None,
    })
}

/// A branch row: the test, its operands, and whether the successors change places.
pub fn expand_branch<S: Sink>(row: &Row<'_>, sink: &mut S) -> Option<(Test, Vec<Value>, bool)> {
    let (test, uses, not) = compare(row, sink)?;
    Some((test, uses, not))
}

fn compare<S: Sink>(row: &Row<'_>, sink: &mut S) -> Option<(Test, Vec<Value>, bool)> {
    let (cond, bits) = condition(row.op)?;
    let imm = row.op.form().has_imm().then_some(row.imm);
    let found = comparison(cond, bits, row.max, imm);
    let mut uses = row.args.to_vec();
    if imm.is_some() && !found.takes_one() {
        uses.push(sink.micro(Micro::Const(row.imm), &[])[0]);
    }
    Some((found.test, uses, found.not))
}

/// Writes the expansion of a row; its results. `None` for rows of control and calls.
pub fn expand<S: Sink>(row: &Row<'_>, sink: &mut S) -> Option<Vec<Value>> {
    use ZkOp as Z;
    if row.op.form() != crate::Form::Branch
        && row.op.form() != crate::Form::BranchImm
        && let Some((test, uses, not)) = compare(row, sink)
    {
        return Some(vec![Writer { sink }.truth(test, not, &uses)]);
    }
    let w = &mut Writer { sink };
    let (args, imm) = (row.args, row.imm);
    let small = imm as u32 as i32;
    let max = |i: usize| row.max.get(i).copied().unwrap_or(u64::MAX);
    let max32 = |i: usize| max(i).min(WORD32);
    let sum_fits = |a: u64, b: u64| a.checked_add(b).is_some_and(|s| s <= WORD32);
    let with_constant = |w: &mut Writer<'_, S>, bin: Bin| {
        let constant = w.constant(imm);
        w.bin(bin, args[0], constant)
    };
    let access = |bytes: u32| Access {
        bytes,
        offset: imm,
        plan: row.plan,
    };
    let load =
        |w: &mut Writer<'_, S>| w.one(Micro::Load(access(row.op.access_bytes())), &args[..1]);
    let divide = |w: &mut Writer<'_, S>, signed: bool, bits: u32, remainder: bool| {
        let divisor = match args.get(1) {
            Some(&divisor) => divisor,
            None if !signed && bits == 32 && imm != 0 => {
                let micro = match remainder {
                    true => Micro::RemainderBy(imm as u32),
                    false => Micro::DivideBy(imm as u32),
                };
                return w.one(micro, &args[..1]);
            }
            None => w.constant(imm),
        };
        let division = Division {
            signed,
            bits,
            remainder,
        };
        w.one(Micro::Divide(division), &[args[0], divisor])
    };
    Some(vec![match row.op {
        Z::Add32 if sum_fits(max32(0), max32(1)) => w.lin(&[1, 1], args, 0),
        Z::Add32 => w.reduce(&[1, 1], args, WORD32 + 1),
        Z::Add32Imm | Z::Add64Imm if imm == 0 => args[0],
        Z::Add32Imm if sum_fits(max32(0), imm) => w.lin(&[1], args, imm.into()),
        Z::Add32Imm => w.carry(&[1], args, i128::from(imm) - LIMB),
        Z::Sub32 => w.carry(&[1, -1], args, 0),
        Z::Add64 if sum_fits(max(0), max(1)) => w.lin(&[1, 1], args, 0),
        Z::Add64 => w.bin(Bin::Add, args[0], args[1]),
        Z::Add64Imm if sum_fits(max(0), imm) => w.lin(&[1], args, imm.into()),
        Z::Add64Imm if i32::try_from(imm as i64).is_ok() => {
            w.one(Micro::AddSmall(imm as i64), args)
        }
        Z::Add64Imm => with_constant(w, Bin::Add),
        Z::Sub64 => w.bin(Bin::Sub, args[0], args[1]),
        Z::Mul32 => w.product(Product::Low32, args[0], args[1]),
        Z::Mul32Imm if max32(0).checked_mul(imm).is_some_and(|p| p <= WORD32) => {
            w.lin(&[imm.into()], args, 0)
        }
        Z::Mul32Imm if small > -(1 << 30) => w.wrap(small.into(), args[0]),
        Z::Mul32Imm => {
            let constant = w.constant(imm);
            w.product(Product::Low32, args[0], constant)
        }
        Z::Mul64 => w.product(Product::Low, args[0], args[1]),
        Z::Mul64Imm if imm.is_power_of_two() => w.shl64(args[0], max(0), imm.trailing_zeros()),
        Z::Mul64Imm if max(0).checked_mul(imm).is_some_and(|p| p <= WORD32) => {
            w.lin(&[imm.into()], args, 0)
        }
        Z::Mul64Imm => {
            let constant = w.constant(imm);
            w.product(Product::Low, args[0], constant)
        }
        Z::Mulhu64 => w.product(Product::High, args[0], args[1]),
        Z::Divu32 | Z::Divu32Imm => divide(w, false, 32, false),
        Z::Divs32 | Z::Divs32Imm => divide(w, true, 32, false),
        Z::Remu32 | Z::Remu32Imm => divide(w, false, 32, true),
        Z::Rems32 | Z::Rems32Imm => divide(w, true, 32, true),
        Z::Divu64 | Z::Divu64Imm => divide(w, false, 64, false),
        Z::Divs64 | Z::Divs64Imm => divide(w, true, 64, false),
        Z::Remu64 | Z::Remu64Imm => divide(w, false, 64, true),
        Z::Rems64 | Z::Rems64Imm => divide(w, true, 64, true),
        Z::And32 | Z::And64 => w.bin(Bin::And, args[0], args[1]),
        Z::And32Imm if imm & (imm + 1) == 0 && imm > 0 => {
            w.low_bits(args[0], max32(0), imm.count_ones())
        }
        Z::And64Imm if imm <= WORD32 && imm & (imm + 1) == 0 && imm > 0 => {
            w.low_bits(args[0], max(0), imm.count_ones())
        }
        Z::And32Imm | Z::And64Imm => with_constant(w, Bin::And),
        Z::Or32 | Z::Or64 => w.bin(Bin::Or, args[0], args[1]),
        Z::Or32Imm | Z::Or64Imm => with_constant(w, Bin::Or),
        Z::Xor32 | Z::Xor64 => w.bin(Bin::Xor, args[0], args[1]),
        Z::Xor32Imm if imm == WORD32 => w.lin(&[-1], args, WORD32.into()),
        Z::Xor64Imm if imm == u64::MAX => w.one(Micro::Lin(Lin::long(&[-1], imm)), args),
        Z::Xor32Imm | Z::Xor64Imm => with_constant(w, Bin::Xor),
        Z::Shl32Imm => match imm & 31 {
            0 => args[0],
            by if max32(0) <= WORD32 >> by => w.lin(&[1 << by], args, 0),
            by => w.wrap(1 << by, args[0]),
        },
        Z::Shru32Imm => w.shr32(args[0], imm as u32 & 31),
        Z::Shrs32Imm => match imm as u32 & 31 {
            0 => args[0],
            by => {
                let shifted = w.shr32(args[0], by);
                w.sign_extend(shifted, 32 - by, 32)
            }
        },
        Z::Rotl32Imm => w.rotl32(args[0], imm as u32),
        Z::Shl64Imm => w.shl64(args[0], max(0), imm as u32 & 63),
        Z::Shru64Imm => w.shr64(args[0], max(0), imm as u32 & 63),
        Z::Shrs64Imm => match imm as u32 & 63 {
            0 => args[0],
            by => {
                let shifted = w.shr64(args[0], u64::MAX, by);
                let high = by < 32;
                let from = 1u32 << if high { 31 - by } else { 63 - by };
                let add = !(u64::MAX >> by);
                w.one(Micro::FillFrom { from, add, high }, &[shifted])
            }
        },
        Z::Rotl64Imm => w.rotl64(args[0], imm as u32),
        Z::Shl32 => {
            let by = w.amount(args[1], max32(1), 32);
            let power = w.power(by);
            w.product(Product::Low32, args[0], power)
        }
        Z::Shl64 => {
            let by = w.amount(args[1], max(1), 64);
            let power = w.power(by);
            w.product(Product::Low, args[0], power)
        }
        Z::Shru32 | Z::Shrs32 => {
            let by = w.amount(args[1], max32(1), 32);
            w.shr(args[0], by, 32, row.op == Z::Shrs32)
        }
        Z::Shru64 | Z::Shrs64 => {
            let by = w.amount(args[1], max(1), 64);
            w.shr(args[0], by, 64, row.op == Z::Shrs64)
        }
        Z::Rotl32 | Z::Rotr32 => {
            let mut by = w.amount(args[1], max32(1), 32);
            if row.op == Z::Rotr32 {
                by = w.lin(&[-1], &[by], 32);
            }
            let power = w.power(by);
            let product = w.product(Product::Low, args[0], power);
            w.one(Micro::SumLimbs, &[product])
        }
        Z::Rotl64 | Z::Rotr64 => {
            let mut by = w.amount(args[1], max(1), 64);
            if row.op == Z::Rotr64 {
                by = w.lin(&[-1], &[by], 64);
            }
            let power = w.power(by);
            w.rotate_by(args[0], power)
        }
        Z::Sext832 | Z::Sext1632 | Z::Sext864 | Z::Sext1664 | Z::Sext3264 => {
            let (max, from, to) = match row.op {
                Z::Sext832 => (max32(0), 8, 32),
                Z::Sext1632 => (max32(0), 16, 32),
                Z::Sext864 => (max(0), 8, 64),
                Z::Sext1664 => (max(0), 16, 64),
                _ => (max(0), 32, 64),
            };
            let low = w.low_bits(args[0], max, from);
            w.sign_extend(low, from, to)
        }
        Z::Wrap => w.low_bits(args[0], max(0), 32),
        Z::Clz32 => w.one(Micro::LeadingZeros, args),
        Z::Ctz32 => {
            let bit = w.trailing(args[0]);
            w.one(Micro::BitIndex, &[bit])
        }
        Z::Popcnt32 => w.ones(args[0], false),
        Z::Clz64 => w.zeros64(args[0], max(0)),
        Z::Ctz64 => w.trailing64(args[0]),
        Z::Popcnt64 => w.ones(args[0], true),
        Z::Select => {
            let condition = match max(0) > WORD32 {
                true => w.one(Micro::SumLimbs, &args[..1]),
                false => args[0],
            };
            w.one(Micro::Select, &[condition, args[1], args[2]])
        }
        Z::Li => w.constant(imm),
        Z::Mov => args[0],
        Z::Ld8u | Z::Ld16u | Z::Ld32u | Z::Ld64 => load(w),
        Z::Ld8s32 | Z::Ld16s32 => {
            let value = load(w);
            w.sign_extend(value, 8 * row.op.access_bytes(), 32)
        }
        Z::Ld8s64 | Z::Ld16s64 | Z::Ld32s64 => {
            let value = load(w);
            w.sign_extend(value, 8 * row.op.access_bytes(), 64)
        }
        Z::St8 | Z::St16 | Z::St32 | Z::St64 => {
            let bytes = row.op.access_bytes();
            let value = match bytes {
                8 => args[1],
                _ => w.low_bits(args[1], max(1), 8 * bytes),
            };
            return Some(w.sink.micro(Micro::Store(access(bytes)), &[args[0], value]));
        }
        Z::Lds => w.one(Micro::Get(Address::var(STATICS, row.slot as i32)), &[]),
        Z::Sts => {
            let word = Address::var(STATICS, row.slot as i32);
            return Some(w.sink.micro(Micro::Set(word), args));
        }
        Z::Ldt | Z::Stt => {
            let trap = match row.op {
                Z::Ldt => Trap::UndefinedElement,
                _ => Trap::OutOfBoundsTableAccess,
            };
            let below = Micro::Below {
                size: imm as u32,
                trap: trap.code(),
            };
            w.sink.micro(below, &args[..1]);
            let word = Address::var_at(STATICS, Index::E, row.slot as i32);
            if row.op == Z::Stt {
                return Some(w.sink.micro(Micro::Set(word), args));
            }
            w.one(Micro::Get(word), args)
        }
        Z::Copy => return Some(w.sink.micro(Micro::Copy, args)),
        Z::Fill => return Some(w.sink.micro(Micro::Fill(row.plan), args)),
        Z::Grow => {
            let grow = Micro::Grow {
                max: (imm as u32).min(row.plan.max_pages),
                bytes: row.plan.grows(),
            };
            w.one(grow, args)
        }
        Z::Arg => w.one(Micro::Get(Address::var(ARGS, imm as i32)), &[]),
        Z::Result => {
            let word = Address::var(RESULTS, imm as i32);
            return Some(w.sink.micro(Micro::Set(word), args));
        }
        Z::Inlen => w.one(Micro::Input(0), &[]),
        Z::Input8 => w.one(Micro::Input(1), &[]),
        Z::Input64 => w.one(Micro::Input(8), &[]),
        Z::Output => return Some(w.sink.micro(Micro::Output(row.plan.output), args)),
        Z::Jump | Z::Brt | Z::Call | Z::Calli | Z::Tcall | Z::Tcalli | Z::Reset | Z::Ret => {
            return None;
        }
        Z::Trap | Z::Halt => return None,
        _ => return None,
    }])
}
