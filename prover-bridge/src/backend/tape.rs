//! Polynomials compiled to a flat list of operations, common subexpressions shared.
//!
//! A chip's expressions are trees of shared nodes; every reader of a chip evaluates them many times, in different rings
//! (symbols, packed field elements, extension elements, plain field elements). The tape is made once, in topological order.

use super::F;
use crate::builder::{Expr, Node};
use p3_field::{Algebra, PrimeCharacteristicRing};
use std::collections::HashMap;
use std::sync::Arc;

/// What a polynomial is made from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Leaf {
    Main(u32),
    Next(u32),
    Fixed(u32),
    Given(u32),
    IsFirst,
    IsLast,
    IsTransition,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Op {
    Const(F),
    Leaf(Leaf),
    Add(u32, u32),
    Sub(u32, u32),
    Mul(u32, u32),
}

/// Several polynomials.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    ops: Vec<Op>,
    outputs: Vec<u32>,
}

#[derive(Default)]
struct Compiler {
    ops: Vec<Op>,
    known: HashMap<Op, u32>,
    seen: HashMap<*const Node, u32>,
}

impl Compiler {
    fn op(&mut self, op: Op) -> u32 {
        let ops = &mut self.ops;
        *self.known.entry(op).or_insert_with(|| {
            ops.push(op);
            (ops.len() - 1) as u32
        })
    }

    fn expr(&mut self, expr: &Expr) -> u32 {
        let key = Arc::as_ptr(&expr.0);
        if let Some(&at) = self.seen.get(&key) {
            return at;
        }
        let op = match &*expr.0 {
            Node::Const(c) => Op::Const(F::from_i64(*c)),
            Node::Main { col, next: false } => Op::Leaf(Leaf::Main(*col as u32)),
            Node::Main { col, next: true } => Op::Leaf(Leaf::Next(*col as u32)),
            Node::Fixed(i) => Op::Leaf(Leaf::Fixed(*i as u32)),
            Node::Given(i) => Op::Leaf(Leaf::Given(*i as u32)),
            Node::IsFirst => Op::Leaf(Leaf::IsFirst),
            Node::IsLast => Op::Leaf(Leaf::IsLast),
            Node::IsTransition => Op::Leaf(Leaf::IsTransition),
            Node::Add(a, b) => self.pair(a, b, Op::Add),
            Node::Sub(a, b) => self.pair(a, b, Op::Sub),
            Node::Mul(a, b) => self.pair(a, b, Op::Mul),
        };
        let at = self.op(op);
        self.seen.insert(key, at);
        at
    }

    fn pair(&mut self, a: &Expr, b: &Expr, make: fn(u32, u32) -> Op) -> Op {
        let a = self.expr(a);
        make(a, self.expr(b))
    }
}

impl Tape {
    /// Compiles polynomials; output `i` of the tape is the `i`-th.
    pub(crate) fn compile<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> Tape {
        let mut compiler = Compiler::default();
        let outputs = exprs.into_iter().map(|e| compiler.expr(e)).collect();
        Tape {
            ops: compiler.ops,
            outputs,
        }
    }

    /// Number of operations, constants and columns among them.
    pub(crate) fn operations(&self) -> usize {
        self.ops.len()
    }

    /// Evaluates the tape in a ring over the field; `leaf` gives the values it starts from. `slots` is scratch space.
    #[inline]
    pub(crate) fn run<E: Algebra<F>>(&self, slots: &mut Vec<E>, leaf: impl Fn(Leaf) -> E) {
        slots.clear();
        slots.reserve(self.ops.len());
        for op in &self.ops {
            let value = match *op {
                Op::Const(c) => E::from(c),
                Op::Leaf(l) => leaf(l),
                Op::Add(a, b) => slots[a as usize].clone() + slots[b as usize].clone(),
                Op::Sub(a, b) => slots[a as usize].clone() - slots[b as usize].clone(),
                Op::Mul(a, b) => slots[a as usize].clone() * slots[b as usize].clone(),
            };
            slots.push(value);
        }
    }

    /// The polynomials' values after [`Tape::run`].
    pub(crate) fn outputs<'a, E>(&'a self, slots: &'a [E]) -> impl Iterator<Item = &'a E> {
        self.outputs.iter().map(|&at| &slots[at as usize])
    }
}

/// A polynomial of degree at most 1 over the main columns of a row.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// One column.
    Column(usize),
    /// Constant and terms.
    Sum(F, Vec<(usize, F)>),
}

impl Form {
    /// The expression as a form, if it is one.
    pub(crate) fn from_expr(expr: &Expr) -> Option<Form> {
        if let Node::Main { col, next: false } = &*expr.0 {
            return Some(Form::Column(*col));
        }
        let mut terms = std::collections::BTreeMap::new();
        let constant = Form::collect(expr, F::ONE, &mut terms)?;
        Some(Form::Sum(
            constant,
            terms.into_iter().filter(|(_, c)| *c != F::ZERO).collect(),
        ))
    }

    fn collect(
        expr: &Expr,
        scale: F,
        terms: &mut std::collections::BTreeMap<usize, F>,
    ) -> Option<F> {
        match &*expr.0 {
            Node::Const(c) => Some(scale * F::from_i64(*c)),
            Node::Main { col, next: false } => {
                *terms.entry(*col).or_insert(F::ZERO) += scale;
                Some(F::ZERO)
            }
            Node::Add(a, b) => {
                Some(Form::collect(a, scale, terms)? + Form::collect(b, scale, terms)?)
            }
            Node::Sub(a, b) => {
                Some(Form::collect(a, scale, terms)? + Form::collect(b, -scale, terms)?)
            }
            Node::Mul(a, b) => match (constant(a), constant(b)) {
                (Some(k), _) => Form::collect(b, scale * k, terms),
                (_, Some(k)) => Form::collect(a, scale * k, terms),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value on a row, given as field elements.
    #[inline]
    pub(crate) fn on(&self, row: &[F]) -> F {
        match self {
            Form::Column(c) => row[*c],
            Form::Sum(constant, terms) => terms
                .iter()
                .fold(*constant, |sum, &(col, k)| sum + row[col] * k),
        }
    }
}

/// The value of an expression without columns.
fn constant(expr: &Expr) -> Option<F> {
    match &*expr.0 {
        Node::Const(c) => Some(F::from_i64(*c)),
        Node::Add(a, b) => Some(constant(a)? + constant(b)?),
        Node::Sub(a, b) => Some(constant(a)? - constant(b)?),
        Node::Mul(a, b) => Some(constant(a)? * constant(b)?),
        _ => None,
    }
}
