//! proptest strategies for random bodies that verify, and a dialect made for tests.
//!
//! A body is built from a list of random numbers by [`flat_body`], so that shrinking the list shrinks the body. It uses
//! the rows of a dialect alone; a new row is tested without a word here.

use crate::attr::{Attr, AttrKind, Cond, Trap};
use crate::body::{Body, Successor};
use crate::builder::Builder;
use crate::dialect::{Arity, Dialect, OpDef, Opcode, Traits, Ty};
use crate::entities::{Block, Value};
use crate::loc::Loc;
use crate::types::{Signature, Type};
use crate::verify::fits;
use proptest::prelude::*;

crate::dialect! {
    /// Ops with every kind of attribute, structure and type rule.
    pub enum DemoOp as DEMO, "demo" {
        All, "all" => .variadic(&[]).variadic_results().attrs(&[
            ("int", AttrKind::Int), ("index", AttrKind::Index), ("func", AttrKind::Func), ("symbol", AttrKind::Symbol),
            ("cond", AttrKind::Cond), ("mem", AttrKind::Mem), ("types", AttrKind::Types), ("trap", AttrKind::Trap),
            ("indices", AttrKind::Indices)
        ]).doc("has all attributes");
        Hold, "hold" => .operands(&[Ty::Same]).results(&[Ty::Same]).regions(2).doc("holds two regions");
        Nest, "nest" => .regions(1).doc("holds a region");
        Switch, "switch" => .variadic(&[]).any_successors().doc("has any number of successors");
        Stop, "stop" => .variadic(&[]).successors(0).doc("ends a block");
        Int, "int" => .operands(&[Ty::Int, Ty::Int]).results(&[Ty::Int]).doc("computes with one integer type");
        Same, "same" => .operands(&[Ty::Same, Ty::Any]).results(&[Ty::Same]).doc("computes with one type");
        Word, "word" => .operands(&[Ty::Is(Type::Word)]).results(&[Ty::Is(Type::Word)]).doc("computes with words");
    }
}

/// Random flat bodies over a dialect's pure and trapping ops, up to some hundred ops and some ten blocks.
///
/// Entry parameters are two of every type the dialect computes with. Without a terminator that has successors in the
/// dialect, bodies have one block.
pub fn bodies(dialect: Dialect) -> impl Strategy<Value = Body> {
    prop::collection::vec(any::<u64>(), 1..200)
        .prop_map(move |entropy| flat_body(dialect, &entropy))
}

/// Random bit patterns with many boundary values: 0, 1, 2^k - 1, 2^k, the signed extremes.
pub fn bits() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        any::<u32>().prop_map(u64::from),
        any::<u64>().prop_map(boundary)
    ]
}

/// A boundary value that `seed` selects.
fn boundary(seed: u64) -> u64 {
    let power = 1_u64 << (seed % 64);
    match seed >> 6 & 3 {
        0 => power,
        1 => power.wrapping_sub(1),
        2 => power.wrapping_neg(),
        _ => seed >> 8 & 0xff,
    }
}

/// The numbers that decide everything; zeros when used up.
struct Entropy<'a>(std::slice::Iter<'a, u64>);

impl Entropy<'_> {
    fn next(&mut self) -> u64 {
        self.0.next().copied().unwrap_or(0)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// The types that pure rows of a dialect name.
fn dialect_types(dialect: Dialect) -> Vec<Type> {
    let mut types: Vec<Type> = Vec::new();
    for row in dialect.ops.iter().filter(|row| row.eval.is_some()) {
        let (Arity::Fixed(operands) | Arity::Variadic(operands)) = row.operands;
        let (Arity::Fixed(results) | Arity::Variadic(results)) = row.results;
        for ty in operands.iter().chain(results) {
            match ty {
                Ty::Is(ty) => types.push(*ty),
                Ty::Int | Ty::Same | Ty::Any => types.extend([Type::I32, Type::I64]),
            }
        }
    }
    types.sort_unstable();
    types.dedup();
    types
}

/// The body that these numbers describe.
pub fn flat_body(dialect: Dialect, entropy: &[u64]) -> Body {
    let mut entropy = Entropy(entropy.iter());
    let types = dialect_types(dialect);
    let params: Vec<Type> = types.iter().flat_map(|&ty| [ty, ty]).collect();
    let branches: Vec<Opcode> = dialect
        .ops
        .iter()
        .filter(|r| matches!(r.successors, Some(1 | 2)))
        .map(Opcode)
        .collect();
    let num_blocks = if branches.is_empty() {
        1
    } else {
        1 + entropy.below(10)
    };

    let mut builder = Builder::new(Signature::new(params.clone(), Vec::new()));
    let root = builder.body().root();
    let mut blocks = vec![builder.block(root, &params)];
    for _ in 1..num_blocks {
        let params: Vec<Type> = (0..entropy.below(3))
            .map(|_| types[entropy.below(types.len())])
            .collect();
        blocks.push(builder.block(root, &params));
    }
    // Values of the entry block are visible in every block.
    let mut entry_values = builder.body().block(blocks[0]).params.clone();
    for (i, &block) in blocks.iter().enumerate() {
        builder.switch_to(block);
        let mut visible = entry_values.clone();
        if i > 0 {
            visible.extend(&builder.body().block(block).params);
        }
        for _ in 0..entropy.below(20) {
            let row = &dialect.ops[entropy.below(dialect.ops.len())];
            if row.eval.is_some() {
                visible.extend(op(&mut builder, &mut entropy, row, &visible));
            }
        }
        if i == 0 {
            entry_values = visible.clone();
        }
        terminator(
            &mut builder,
            &mut entropy,
            Rest {
                dialect,
                branches: &branches,
                targets: &blocks[1..],
            },
            &visible,
        );
    }
    builder.finish()
}

/// A visible value that fits.
fn pick(body: &Body, entropy: &mut Entropy<'_>, visible: &[Value], ty: Type) -> Option<Value> {
    let fitting: Vec<Value> = visible
        .iter()
        .copied()
        .filter(|&v| fits(ty, body.ty(v)))
        .collect();
    (!fitting.is_empty()).then(|| fitting[entropy.below(fitting.len())])
}

/// What `Int`, `Same` and `Any` stand for in one op.
fn concrete(ty: Ty, int: Type, same: Type) -> Type {
    match ty {
        Ty::Is(ty) => ty,
        Ty::Int => int,
        Ty::Same | Ty::Any => same,
    }
}

fn attrs(row: &OpDef, entropy: &mut Entropy<'_>, narrow: bool) -> Vec<Attr> {
    let mut attr = |kind: AttrKind| match kind {
        AttrKind::Int => {
            let bits = boundary(entropy.next());
            Attr::Int(if narrow { bits & 0xffff_ffff } else { bits })
        }
        AttrKind::Index => Attr::Index(entropy.below(100) as u32),
        AttrKind::Func => Attr::Func(entropy.below(10) as u32),
        AttrKind::Symbol => {
            Attr::Symbol(["", "memcpy", "a \"b\"\\\n\u{e9}\u{1}"][entropy.below(3)].to_owned())
        }
        AttrKind::Cond => Attr::Cond(Cond::ALL[entropy.below(Cond::ALL.len())]),
        AttrKind::Mem => Attr::Mem {
            offset: boundary(entropy.next()) & 0xffff_ffff,
            align: entropy.below(4) as u8,
        },
        AttrKind::Types => Attr::Types(
            (0..entropy.below(3))
                .map(|_| Type::ALL[entropy.below(8)])
                .collect(),
        ),
        AttrKind::Trap => Attr::Trap(Trap::ALL[entropy.below(Trap::ALL.len())]),
        AttrKind::Indices => Attr::Indices((0..entropy.below(4)).map(|i| i as u32).collect()),
    };
    row.attrs.iter().map(|&(_, kind)| attr(kind)).collect()
}

/// Appends an op if operands for it are visible; its results.
fn op(
    builder: &mut Builder,
    entropy: &mut Entropy<'_>,
    row: &'static OpDef,
    visible: &[Value],
) -> Vec<Value> {
    let int = [Type::I32, Type::I64][entropy.below(2)];
    let same = builder.body().ty(visible[entropy.below(visible.len())]);
    let (Arity::Fixed(operands) | Arity::Variadic(operands)) = row.operands;
    let (Arity::Fixed(results) | Arity::Variadic(results)) = row.results;
    let args: Option<Vec<Value>> = operands
        .iter()
        .map(|&ty| pick(builder.body(), entropy, visible, concrete(ty, int, same)))
        .collect();
    let Some(args) = args else { return Vec::new() };
    let results: Vec<Type> = results.iter().map(|&ty| concrete(ty, int, same)).collect();
    // A word may be the operand or result of a 32-bit op, whose constants must be narrow.
    let narrow = results
        .iter()
        .all(|ty| ty.bits() == 32 || *ty == Type::Word);
    let attrs = attrs(row, entropy, narrow);
    let place = entropy.below(1000) as u32;
    builder.set_loc(if place < 100 {
        Loc::NONE
    } else {
        Loc::at(place)
    });
    let op = builder.op(Opcode(row), &args, attrs, &results);
    builder.body().op(op).results.clone()
}

struct Rest<'a> {
    dialect: Dialect,
    branches: &'a [Opcode],
    targets: &'a [Block],
}

/// Ends the current block with a branch, or with a return where no branch can be made.
fn terminator(builder: &mut Builder, entropy: &mut Entropy<'_>, rest: Rest<'_>, visible: &[Value]) {
    if !rest.targets.is_empty() && entropy.below(4) > 0 {
        let branch = rest.branches[entropy.below(rest.branches.len())];
        let row = branch.def();
        let (Arity::Fixed(operands) | Arity::Variadic(operands)) = row.operands;
        let int = [Type::I32, Type::I64][entropy.below(2)];
        let args: Option<Vec<Value>> = operands
            .iter()
            .map(|&ty| pick(builder.body(), entropy, visible, concrete(ty, int, int)))
            .collect();
        let successors: Option<Vec<Successor>> = (0..row.successors.unwrap_or(1))
            .map(|_| {
                let block = rest.targets[entropy.below(rest.targets.len())];
                let params = builder.body().block(block).params.clone();
                let body = builder.body();
                let args: Option<Vec<Value>> = params
                    .iter()
                    .map(|&p| pick(body, entropy, visible, body.ty(p)))
                    .collect();
                Some(Successor { block, args: args? })
            })
            .collect();
        if let (Some(args), Some(successors)) = (args, successors) {
            let attrs = attrs(row, entropy, true);
            builder.op_full(branch, &args, attrs, &[], successors, Vec::new());
            return;
        }
    }
    let returns = |row: &&OpDef| {
        row.successors == Some(0)
            && row.traits.has(Traits::TERMINATOR)
            && !row.traits.has(Traits::MAY_TRAP)
            && row.attrs.is_empty()
            && matches!(row.operands, Arity::Variadic(&[]))
    };
    if let Some(row) = rest.dialect.ops.iter().find(returns) {
        builder.op(Opcode(row), &[], Vec::new(), &[]);
    }
}
