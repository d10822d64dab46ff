//! Affine forms over a row's columns, and expressions with columns replaced by such forms.
//!
//! A form is canonical, so equal forms are equal values: composition compares addresses, times and limbs by it.

use crate::builder::{Col, Expr, Node};
use crate::instruction::{ORDER, canonical};
use std::collections::HashMap;

/// A constant and column coefficients, all of them canonical field values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Affine {
    pub(super) constant: u32,
    /// Columns, ascending, with their coefficients, none of which is zero.
    terms: Vec<(usize, u32)>,
}

fn times(a: u32, b: u32) -> u32 {
    (u64::from(a) * u64::from(b) % u64::from(ORDER)) as u32
}

fn plus(a: u32, b: u32) -> u32 {
    ((u64::from(a) + u64::from(b)) % u64::from(ORDER)) as u32
}

/// The value nearest to zero.
fn signed(x: u32) -> i64 {
    if x > ORDER / 2 {
        i64::from(x) - i64::from(ORDER)
    } else {
        x.into()
    }
}

impl Affine {
    /// A constant.
    pub(super) fn constant(value: i64) -> Affine {
        Affine {
            constant: canonical(value),
            terms: Vec::new(),
        }
    }

    /// One column.
    pub(super) fn column(col: usize) -> Affine {
        Affine {
            constant: 0,
            terms: vec![(col, 1)],
        }
    }

    /// The value, if it is a constant.
    pub(super) fn as_constant(&self) -> Option<u32> {
        self.terms.is_empty().then_some(self.constant)
    }

    /// The column, if it is one.
    pub(super) fn as_column(&self) -> Option<usize> {
        match self.terms[..] {
            [(col, 1)] if self.constant == 0 => Some(col),
            _ => None,
        }
    }

    /// The number `c`, if the form is a column plus `c`.
    pub(super) fn offset_from(&self, column: usize) -> Option<u32> {
        (self.terms == [(column, 1)]).then_some(self.constant)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.as_constant() == Some(0)
    }

    /// The columns, ascending.
    pub(super) fn columns(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.terms.iter().map(|&(col, _)| col)
    }

    /// The columns, ascending, with their coefficients as the numbers nearest to zero.
    pub(super) fn terms(&self) -> impl Iterator<Item = (usize, i64)> {
        self.terms.iter().map(|&(col, k)| (col, signed(k)))
    }

    /// The form plus `scale`, a canonical field value, times another.
    fn plus_scaled(&self, other: &Affine, scale: u32) -> Affine {
        let mut terms = Vec::with_capacity(self.terms.len() + other.terms.len());
        let mut left = self.terms.iter().copied().peekable();
        for &(col, k) in &other.terms {
            while let Some(term) = left.next_if(|t| t.0 < col) {
                terms.push(term);
            }
            let here = left.next_if(|t| t.0 == col).map_or(0, |t| t.1);
            let sum = plus(here, times(k, scale));
            if sum != 0 {
                terms.push((col, sum));
            }
        }
        terms.extend(left);
        Affine {
            constant: plus(self.constant, times(other.constant, scale)),
            terms,
        }
    }

    /// The form times a number.
    pub(super) fn scaled(&self, scale: i64) -> Affine {
        Affine::default().plus_scaled(self, canonical(scale))
    }

    pub(super) fn plus(&self, other: &Affine) -> Affine {
        self.plus_scaled(other, 1)
    }

    pub(super) fn minus(&self, other: &Affine) -> Affine {
        self.plus_scaled(other, ORDER - 1)
    }

    /// The form of a column for which the form is zero; `column` is one of its columns.
    pub(super) fn solved_for(&self, column: usize) -> Affine {
        let mut rest = self.clone();
        let at = rest
            .terms
            .iter()
            .position(|t| t.0 == column)
            .expect("the form has the column");
        let (_, k) = rest.terms.remove(at);
        let inverse = crate::gadgets::inverse(k.into());
        rest.scaled(-(inverse as i64))
    }

    /// The form with its constant read as a multiple of `column`.
    pub(super) fn homogeneous(&self, column: usize) -> Affine {
        let mut form = self.clone();
        let constant = std::mem::take(&mut form.constant);
        form.plus_scaled(&Affine::column(column), constant)
    }

    /// The form with each column for which `value` has a form replaced by it.
    pub(super) fn replaced<'f>(&self, value: impl Fn(usize) -> Option<&'f Affine>) -> Affine {
        let mut kept = Affine {
            constant: self.constant,
            terms: Vec::with_capacity(self.terms.len()),
        };
        let mut gone = Vec::new();
        for &(col, k) in &self.terms {
            match value(col) {
                Some(form) => gone.push((form, k)),
                None => kept.terms.push((col, k)),
            }
        }
        gone.into_iter()
            .fold(kept, |sum, (form, k)| sum.plus_scaled(form, k))
    }

    /// The form in other columns.
    #[cfg(test)]
    pub(super) fn replaced_columns(&self, number: impl Fn(usize) -> Option<usize>) -> Affine {
        let constant = Affine {
            constant: self.constant,
            terms: Vec::new(),
        };
        self.terms.iter().fold(constant, |sum, &(col, k)| {
            let col = number(col).expect("a resolved form is in columns that are left");
            sum.plus_scaled(&Affine::column(col), k)
        })
    }

    /// The value on a row.
    #[cfg(test)]
    pub(super) fn on(&self, row: &[u32]) -> u32 {
        (self.terms.iter()).fold(self.constant, |sum, &(col, k)| {
            plus(sum, times(row[col], k))
        })
    }

    pub(super) fn to_expr(&self) -> Expr {
        self.terms()
            .fold(Expr::constant(signed(self.constant)), |sum, (col, k)| {
                if k < 0 {
                    sum - Col(col) * -k
                } else {
                    sum + Col(col) * k
                }
            })
    }
}

/// An expression after replacement.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Affine(Affine),
    Other(Expr),
}

impl Value {
    pub(super) fn into_expr(self) -> Expr {
        match self {
            Value::Affine(form) => form.to_expr(),
            Value::Other(expr) => expr,
        }
    }
}

/// Replaces columns by forms; subexpressions of degree 1 become canonical.
pub(super) struct Replace<'a, F> {
    leaf: F,
    seen: HashMap<*const Node, Value>,
    life: std::marker::PhantomData<&'a Expr>,
}

impl<'a, F: Fn(usize) -> Affine> Replace<'a, F> {
    pub(super) fn new(leaf: F) -> Replace<'a, F> {
        Replace {
            leaf,
            seen: HashMap::new(),
            life: std::marker::PhantomData,
        }
    }

    /// The expression with its columns replaced. Only instruction chips' expressions: no next row, no fixed column.
    pub(super) fn value(&mut self, expr: &'a Expr) -> Value {
        let key = std::sync::Arc::as_ptr(&expr.0);
        if let Some(value) = self.seen.get(&key) {
            return value.clone();
        }
        let value = match &*expr.0 {
            Node::Const(c) => Value::Affine(Affine::constant(*c)),
            Node::Main { col, next: false } => Value::Affine((self.leaf)(*col)),
            Node::Add(a, b) => match (self.value(a), self.value(b)) {
                (Value::Affine(a), Value::Affine(b)) => Value::Affine(a.plus(&b)),
                (a, b) => other(a.into_expr() + b.into_expr()),
            },
            Node::Sub(a, b) => match (self.value(a), self.value(b)) {
                (Value::Affine(a), Value::Affine(b)) => Value::Affine(a.minus(&b)),
                (a, b) => other(a.into_expr() - b.into_expr()),
            },
            Node::Mul(a, b) => match (self.value(a), self.value(b)) {
                (Value::Affine(a), Value::Affine(b)) => match (a.as_constant(), b.as_constant()) {
                    (Some(k), _) => Value::Affine(b.scaled(k.into())),
                    (_, Some(k)) => Value::Affine(a.scaled(k.into())),
                    _ => other(a.to_expr() * b.to_expr()),
                },
                (a, b) => other(a.into_expr() * b.into_expr()),
            },
            Node::Main { next: true, .. }
            | Node::Fixed(_)
            | Node::Given(_)
            | Node::IsFirst
            | Node::IsLast
            | Node::IsTransition => unreachable!("an instruction chip speaks of its own row only"),
        };
        self.seen.insert(key, value.clone());
        value
    }
}

/// A product with zero is zero, which the arithmetic of expressions has already found.
fn other(expr: Expr) -> Value {
    match &*expr.0 {
        Node::Const(c) => Value::Affine(Affine::constant(*c)),
        _ => Value::Other(expr),
    }
}

/// The value of an expression on a row.
#[cfg(test)]
pub(super) fn on(expr: &Expr, row: &[u32]) -> u32 {
    match &*expr.0 {
        Node::Const(c) => canonical(*c),
        Node::Main { col, next: false } => row[*col],
        Node::Add(a, b) => plus(on(a, row), on(b, row)),
        Node::Sub(a, b) => plus(on(a, row), times(on(b, row), ORDER - 1)),
        Node::Mul(a, b) => times(on(a, row), on(b, row)),
        _ => unreachable!("an instruction chip speaks of its own row only"),
    }
}

/// The value of an expression where all columns are zero.
pub(super) fn at_zero(expr: &Expr) -> u32 {
    match &*expr.0 {
        Node::Const(c) => canonical(*c),
        Node::Add(a, b) => plus(at_zero(a), at_zero(b)),
        Node::Sub(a, b) => plus(at_zero(a), times(at_zero(b), ORDER - 1)),
        Node::Mul(a, b) => times(at_zero(a), at_zero(b)),
        _ => 0,
    }
}
