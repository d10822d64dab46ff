//! How an honest prover computes a hint, with upstream's big-integer semantics.
//!
//! As upstream has it: a result is cut to 64 bits in two's complement and split into limbs; `<=` means `>`; `addr.x[i]`
//! concatenates decimal digits; variables live for the whole run and must be declared, those whose name starts with `_`
//! as often as one likes.

use super::expr::{BinaryOp, Expr, UnaryOp};
use super::field::P;
use super::program::{Program, Scope};
use super::step::Reg;
use num_bigint::BigInt;
use std::collections::BTreeMap;

/// Largest integer an expression may come to, in bits.
const MAX_BITS: u64 = 4096;

/// What hints can see of a run.
pub(super) trait View {
    /// A register's limbs.
    fn register(&self, reg: Reg) -> [u64; 2];
    /// Index of the step.
    fn zk_pc(&self) -> u32;
    /// The memory word at an address.
    fn word(&self, address: u64) -> [u64; 2];
    /// The next `count` bytes of the private input as a little-endian integer; none if there are fewer.
    fn input(&mut self, count: usize) -> Option<u64>;
    /// Bytes of private input.
    fn input_len(&self) -> u64;
    /// Notes that the program asked whether its run is to end.
    fn asked_for_end(&mut self);
}

/// A value: an integer, or the limbs that some built-ins give.
#[derive(Clone, PartialEq, Debug)]
enum Value {
    Int(BigInt),
    Limbs([u64; 2]),
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Int(BigInt::from(u8::from(value)))
    }
}

/// Variables of the command language.
pub(super) type Vars = BTreeMap<String, BigInt>;

/// Evaluates hints.
pub(super) struct Evaluator<'a, V> {
    pub(super) program: &'a Program,
    pub(super) vars: &'a mut Vars,
    pub(super) view: &'a mut V,
    /// Whether a limb of 2^32 or more is an error, as upstream has it.
    pub(super) strict: bool,
}

impl<V: View> Evaluator<'_, V> {
    /// The limbs of a hint.
    pub(super) fn limbs(&mut self, expr: &Expr) -> Result<[u64; 2], String> {
        Ok(match self.eval(expr)? {
            Value::Limbs(limbs) => limbs,
            Value::Int(value) => {
                let low = to_u64(&value);
                [low & 0xffff_ffff, low >> 32]
            }
        })
    }

    /// Evaluates a command.
    pub(super) fn command(&mut self, expr: &Expr) -> Result<(), String> {
        self.eval(expr).map(|_| ())
    }

    fn int(&mut self, expr: &Expr) -> Result<BigInt, String> {
        match self.eval(expr)? {
            Value::Int(value) => Ok(value),
            Value::Limbs(_) => Err("an integer is expected, not limbs".to_owned()),
        }
    }

    fn word(&self, limbs: [u64; 2]) -> Result<BigInt, String> {
        if self.strict
            && let Some(limb) = limbs.iter().find(|&&l| l >> 32 != 0)
        {
            return Err(format!("limb {limb:#x} does not fit in 32 bits"));
        }
        Ok(BigInt::from(limbs[0]) + (BigInt::from(limbs[1]) << 32))
    }

    fn eval(&mut self, expr: &Expr) -> Result<Value, String> {
        let value = match expr {
            Expr::Number(value) => value.clone(),
            Expr::Reg(reg) => {
                let limbs = self.view.register(*reg);
                if reg.is_wide() {
                    self.word(limbs)?
                } else {
                    limbs[0].into()
                }
            }
            Expr::ZkPc => self.view.zk_pc().into(),
            Expr::Var(name) => match self.vars.get(name) {
                Some(value) => value.clone(),
                None => return Err(format!("variable `{name}` is not declared")),
            },
            Expr::Declare(name) => {
                if self.vars.contains_key(name) && !name.starts_with('_') {
                    return Err(format!("variable `{name}` is already declared"));
                }
                self.vars.insert(name.clone(), BigInt::ZERO);
                BigInt::ZERO
            }
            Expr::Set(left, right) => {
                self.eval(left)?;
                let value = self.int(right)?;
                if let Expr::Var(name) | Expr::Declare(name) = &**left {
                    self.vars.insert(name.clone(), value.clone());
                }
                value
            }
            Expr::Unary(op, a) => {
                let a = self.int(a)?;
                match op {
                    UnaryOp::Neg => -a,
                    UnaryOp::BitNot => !a,
                    UnaryOp::Not => return Ok((a == BigInt::ZERO).into()),
                }
            }
            Expr::Binary(op, a, b) => {
                let (a, b) = (self.int(a)?, self.int(b)?);
                arithmetic(*op, a, b)?
            }
            Expr::If(condition, yes, no) => {
                let holds = self.int(condition)? != BigInt::ZERO;
                return self.eval(if holds { yes } else { no });
            }
            Expr::Call(name, params) => return self.call(name, params),
            Expr::Mem(name, index) => {
                let (offset, scope) = self.var(name)?;
                let mut address = BigInt::from(offset);
                if let Some(index) = index {
                    address += self.int(index)?;
                }
                if scope == Scope::Ctx {
                    address += BigInt::from(self.view.register(Reg::Ctx)[0]) << 18;
                }
                self.word(self.view.word(to_u64(&address)))?
            }
            Expr::Addr(name, index) => {
                let (offset, _) = self.var(name)?;
                let digits = match index.as_deref() {
                    None => offset.to_string(),
                    Some(Expr::Number(index)) => format!("{offset}{index}"),
                    Some(_) => format!("{offset}0"),
                };
                digits.parse().map_err(|_| "an address has digits only")?
            }
            Expr::Const(name) => match self.program.find_constant(name) {
                Some(constant) => constant.value.clone(),
                None => return Err(format!("constant `{name}` is not defined")),
            },
        };
        Ok(Value::Int(value))
    }

    fn var(&self, name: &str) -> Result<(u32, Scope), String> {
        let var = self.program.find_var(name);
        let var = var.ok_or_else(|| format!("variable `{name}` is not defined"))?;
        let var = self.program.var(var);
        Ok((var.offset, var.scope))
    }

    fn call(&mut self, name: &str, params: &[Expr]) -> Result<Value, String> {
        let arity = |count: usize| {
            if params.len() == count {
                return Ok(());
            }
            let given = params.len();
            Err(format!("`{name}` takes {count} parameters, {given} given"))
        };
        let negative = [P - 1, 0];
        Ok(match name {
            "beforeLast" => {
                arity(0)?;
                self.view.asked_for_end();
                Value::Limbs([0; 2])
            }
            "cond" => {
                arity(1)?;
                let holds = self.int(&params[0])? != BigInt::ZERO;
                Value::Limbs(if holds { negative } else { [0; 2] })
            }
            "exp" => self.two(name, params, |a, b| arithmetic(BinaryOp::Exp, a, b))?,
            "bitwise_and" => self.two(name, params, |a, b| Ok(a & b))?,
            "bitwise_or" => self.two(name, params, |a, b| Ok(a | b))?,
            "bitwise_xor" => self.two(name, params, |a, b| Ok(a ^ b))?,
            "bitwise_not" => {
                arity(1)?;
                Value::Int(self.int(&params[0])? ^ BigInt::from(u64::MAX))
            }
            "comp_lt" => self.two(name, params, |a, b| Ok(u8::from(a < b).into()))?,
            "comp_gt" => self.two(name, params, |a, b| Ok(u8::from(a > b).into()))?,
            "comp_eq" => self.two(name, params, |a, b| Ok(u8::from(a == b).into()))?,
            "loadScalar" => {
                arity(1)?;
                let address = to_u64(&self.int(&params[0])?);
                Value::Int(self.word(self.view.word(address))?)
            }
            "memAlignWR_W0" | "memAlignWR_W1" | "memAlignWR8_W0" => {
                arity(3)?;
                let word = to_u64(&self.int(&params[0])?);
                let value = to_u64(&self.int(&params[1])?);
                let offset = self.int(&params[2])?;
                let offset = u32::try_from(&offset).ok().filter(|&o| o < 8);
                let offset = offset.ok_or("a byte offset is below 8")?;
                let (first, second) = align_write(word, word, value, offset);
                Value::Int(match name {
                    "memAlignWR_W0" => first.into(),
                    "memAlignWR_W1" => second.into(),
                    _ => align_write_byte(word, value, offset).into(),
                })
            }
            "inputLen" => {
                arity(0)?;
                Value::Int(self.view.input_len().into())
            }
            "input8" | "input64" => {
                arity(0)?;
                let count = if name == "input8" { 1 } else { 8 };
                let input = self.view.input(count);
                Value::Int(input.ok_or("the private input has ended")?.into())
            }
            "log" | "dump" | "dumphex" | "dumpRegs" | "break" | "storeLog" | "eventLog" => {
                for param in params {
                    self.eval(param)?;
                }
                Value::Int(BigInt::ZERO)
            }
            _ => return Err(format!("no built-in function is called `{name}`")),
        })
    }

    fn two(
        &mut self,
        name: &str,
        params: &[Expr],
        f: impl FnOnce(BigInt, BigInt) -> Result<BigInt, String>,
    ) -> Result<Value, String> {
        let [a, b] = params else {
            let given = params.len();
            return Err(format!("`{name}` takes 2 parameters, {given} given"));
        };
        let (a, b) = (self.int(a)?, self.int(b)?);
        f(a, b).map(Value::Int)
    }
}

/// An operator on integers, as the command language has it.
pub(super) fn arithmetic(op: BinaryOp, a: BigInt, b: BigInt) -> Result<BigInt, String> {
    let too_big = || format!("an integer has more than {MAX_BITS} bits");
    let truth = |value: bool| BigInt::from(u8::from(value));
    let amount = || u64::try_from(&b).ok().filter(|&b| b <= MAX_BITS);
    let zero = BigInt::ZERO;
    let value = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div | BinaryOp::Mod if b == zero => return Err("division by zero".to_owned()),
        BinaryOp::Div => a / b,
        BinaryOp::Mod => a % b,
        BinaryOp::Exp => {
            let exponent = amount().ok_or_else(too_big)?;
            if a.bits().saturating_mul(exponent) > MAX_BITS {
                return Err(too_big());
            }
            a.pow(exponent as u32)
        }
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        BinaryOp::Shl => a << amount().ok_or_else(too_big)?,
        BinaryOp::Shr => a >> amount().ok_or_else(too_big)?,
        BinaryOp::Or => truth(a != zero || b != zero),
        BinaryOp::And => truth(a != zero && b != zero),
        BinaryOp::Eq => truth(a == b),
        BinaryOp::Ne => truth(a != b),
        BinaryOp::Lt => truth(a < b),
        BinaryOp::Le | BinaryOp::Gt => truth(a > b),
        BinaryOp::Ge => truth(a >= b),
    };
    if value.bits() > MAX_BITS {
        return Err(too_big());
    }
    Ok(value)
}

/// The low 64 bits in two's complement.
fn to_u64(value: &BigInt) -> u64 {
    let low = value.magnitude().iter_u64_digits().next().unwrap_or(0);
    match value.sign() {
        num_bigint::Sign::Minus => low.wrapping_neg(),
        num_bigint::Sign::NoSign | num_bigint::Sign::Plus => low,
    }
}

/// The word that starts at byte `offset` (below 8) of `first` and ends in `second`; byte 0 is the most significant.
pub(super) fn align_read(first: u64, second: u64, offset: u32) -> u64 {
    let both = u128::from(first) << 64 | u128::from(second);
    (both >> (64 - 8 * offset)) as u64
}

/// Two words with `value` written from byte `offset` (below 8) of the first on.
pub(super) fn align_write(first: u64, second: u64, value: u64, offset: u32) -> (u64, u64) {
    let both = u128::from(first) << 64 | u128::from(second);
    let shift = 64 - 8 * offset;
    let mask = u128::from(u64::MAX) << shift;
    let both = both & !mask | u128::from(value) << shift;
    ((both >> 64) as u64, both as u64)
}

/// A word with the low byte of `value` written at byte `offset`, below 8.
pub(super) fn align_write_byte(word: u64, value: u64, offset: u32) -> u64 {
    let shift = 56 - 8 * offset;
    word & !(0xff << shift) | (value & 0xff) << shift
}
