//! Expressions of upstream's command language: how an honest prover computes a free input.
//!
//! They bind nothing. Whatever an expression says, a prover may put any field elements in its place; what an honest one
//! puts there is a big integer, cut into limbs.

use super::step::Reg;
use num_bigint::BigInt;
use std::ops;

/// Operators with one operand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names are upstream's")]
pub enum UnaryOp {
    Neg,
    BitNot,
    Not,
}

impl UnaryOp {
    /// Every operator: operator, text, name in the JSON ROM.
    pub const ALL: [(UnaryOp, &str, &str); 3] = [
        (UnaryOp::Neg, "-", "neg"),
        (UnaryOp::BitNot, "~", "bitnot"),
        (UnaryOp::Not, "!", "not"),
    ];
}

/// Operators with two operands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names are upstream's")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Exp,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
    Or,
    And,
    Eq,
    Ne,
    Lt,
    /// Upstream evaluates it as `>`; so does the model.
    Le,
    Gt,
    Ge,
}

impl BinaryOp {
    /// Every operator: operator, text, name in the JSON ROM. An operator whose text another one starts with comes later.
    pub const ALL: [(BinaryOp, &str, &str); 19] = [
        (BinaryOp::Exp, "**", "exp"),
        (BinaryOp::Shl, "<<", "shl"),
        (BinaryOp::Shr, ">>", "shr"),
        (BinaryOp::Le, "<=", "le"),
        (BinaryOp::Ge, ">=", "ge"),
        (BinaryOp::Eq, "==", "eq"),
        (BinaryOp::Ne, "!=", "ne"),
        (BinaryOp::And, "&&", "and"),
        (BinaryOp::Or, "||", "or"),
        (BinaryOp::Add, "+", "add"),
        (BinaryOp::Sub, "-", "sub"),
        (BinaryOp::Mul, "*", "mul"),
        (BinaryOp::Div, "/", "div"),
        (BinaryOp::Mod, "%", "mod"),
        (BinaryOp::BitAnd, "&", "bitand"),
        (BinaryOp::BitOr, "|", "bitor"),
        (BinaryOp::BitXor, "^", "bitxor"),
        (BinaryOp::Lt, "<", "lt"),
        (BinaryOp::Gt, ">", "gt"),
    ];
}

/// An expression.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Expr {
    /// An integer, not negative in text.
    Number(BigInt),
    /// A register or counter. `A` to `E` give their 64-bit value.
    Reg(Reg),
    /// The index of the current step.
    ZkPc,
    /// The value of a variable of the command language.
    Var(String),
    /// Declares a variable with value 0.
    Declare(String),
    /// Sets the variable that the left side names or declares.
    Set(Box<Expr>, Box<Expr>),
    /// An operator with one operand.
    Unary(UnaryOp, Box<Expr>),
    /// An operator with two operands.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// The second if the first is not 0, else the third.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A built-in function.
    Call(String, Vec<Expr>),
    /// The memory word of a `VAR`, `mem.name` or `mem.name[index]`.
    Mem(String, Option<Box<Expr>>),
    /// The address of a `VAR`, `addr.name` or `addr.name[index]`.
    Addr(String, Option<Box<Expr>>),
    /// The value of a constant, `const.name`.
    Const(String),
}

impl Expr {
    /// An integer; a negative one is the negation of a number, as in text.
    pub fn num(value: impl Into<BigInt>) -> Expr {
        let value = value.into();
        if value < BigInt::ZERO {
            return Expr::Unary(UnaryOp::Neg, Expr::Number(-value).into());
        }
        Expr::Number(value)
    }

    /// A call.
    pub fn call(name: &str, params: Vec<Expr>) -> Expr {
        Expr::Call(name.to_owned(), params)
    }

    /// `if self { yes } else { no }`.
    pub fn choose(self, yes: Expr, no: Expr) -> Expr {
        Expr::If(self.into(), yes.into(), no.into())
    }

    /// An operator on this and another expression.
    pub fn binary(self, op: BinaryOp, other: impl Into<Expr>) -> Expr {
        Expr::Binary(op, self.into(), Box::new(other.into()))
    }

    /// `self == other`: 1 or 0.
    pub fn eq(self, other: impl Into<Expr>) -> Expr {
        self.binary(BinaryOp::Eq, other)
    }

    /// `self < other`: 1 or 0.
    pub fn lt(self, other: impl Into<Expr>) -> Expr {
        self.binary(BinaryOp::Lt, other)
    }

    /// `self >= other`: 1 or 0.
    pub fn ge(self, other: impl Into<Expr>) -> Expr {
        self.binary(BinaryOp::Ge, other)
    }

    /// Nesting depth: 1 for a leaf.
    pub fn depth(&self) -> usize {
        1 + self.children().map(Expr::depth).max().unwrap_or(0)
    }

    /// The direct parts.
    pub fn children(&self) -> impl Iterator<Item = &Expr> {
        let (fixed, list): ([Option<&Expr>; 3], &[Expr]) = match self {
            Expr::Number(_)
            | Expr::Reg(_)
            | Expr::ZkPc
            | Expr::Var(_)
            | Expr::Declare(_)
            | Expr::Const(_) => ([None; 3], &[]),
            Expr::Unary(_, a) => ([Some(a), None, None], &[]),
            Expr::Set(a, b) | Expr::Binary(_, a, b) => ([Some(a), Some(b), None], &[]),
            Expr::If(a, b, c) => ([Some(a), Some(b), Some(c)], &[]),
            Expr::Call(_, params) => ([None; 3], params),
            Expr::Mem(_, index) | Expr::Addr(_, index) => ([index.as_deref(), None, None], &[]),
        };
        fixed.into_iter().flatten().chain(list)
    }
}

impl From<Reg> for Expr {
    fn from(reg: Reg) -> Expr {
        Expr::Reg(reg)
    }
}

impl From<u64> for Expr {
    fn from(value: u64) -> Expr {
        Expr::num(value)
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $op:ident),*) => {$(
        impl<T: Into<Expr>> ops::$trait<T> for Expr {
            type Output = Expr;

            fn $method(self, other: T) -> Expr {
                self.binary(BinaryOp::$op, other)
            }
        }
    )*};
}

operators!(Add add Add, Sub sub Sub, Mul mul Mul, Div div Div, Rem rem Mod);
operators!(BitAnd bitand BitAnd, BitOr bitor BitOr, BitXor bitxor BitXor, Shl shl Shl, Shr shr Shr);
