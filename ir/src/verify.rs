//! The verifier: every rule a body keeps, checked from the rows.
//!
//! What a pass makes must verify; a failure is a bug of the pass and never of the user, so the error is written for us.
//! Bodies in the middle of lowering mix dialects: where a row says `word`, any scalar fits, because on the machine every
//! scalar is a word.

use crate::analysis::{Cfg, Dominators};
use crate::body::{Body, OpData, ValueDef};
use crate::dialect::{Arity, Ty};
use crate::entities::{Block, Op, Region, Value};
use crate::text::{print_block, print_op, print_value};
use crate::types::Type;
use crate::walk::Step;
use cranelift_entity::SecondaryMap;
use std::fmt;

/// A rule that a body breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// The op, if one is to blame.
    pub op: Option<Op>,
    /// The op as it stands in the body's text.
    pub text: String,
    /// What was expected and what was found.
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.op.is_some() {
            write!(f, "\n  in: {}", self.text)
        } else {
            Ok(())
        }
    }
}

impl std::error::Error for VerifyError {}

/// Whether a value of type `found` may stand where `expected` is asked for: the same type, or a scalar for a `word`.
pub fn fits(expected: Type, found: Type) -> bool {
    expected == found || (expected == Type::Word && found != Type::V128)
}

/// Checks a body against its rows, SSA and dominance.
///
/// Checked: the entry block takes the parameters; every block ends in its only terminator; numbers and types of operands
/// and results; kinds of attributes; numbers of successors and regions; successors lie in the op's own region and get an
/// argument of the right type per parameter; every region is held by one op; every use is dominated by its definition,
/// where values of an outer region are visible in inner ones. Uses in unreachable blocks need only be of visible values.
pub fn verify(body: &Body) -> Result<(), VerifyError> {
    let layout = Layout::new(body)?;
    let verifier = Verifier { body, layout };
    verifier.entry()?;
    for step in body.walk() {
        match step {
            Step::Block(block) => verifier.block(block)?,
            Step::Op(op) => {
                verifier.row(op)?;
                verifier.successors(op)?;
                verifier.uses(op)?;
            }
            Step::EnterRegion(..) | Step::ExitRegion(..) | Step::OpEnd(_) => {}
        }
    }
    Ok(())
}

type Result<T = (), E = VerifyError> = std::result::Result<T, E>;

fn body_error<T>(message: impl Into<String>) -> Result<T> {
    Err(VerifyError {
        op: None,
        text: String::new(),
        message: message.into(),
    })
}

fn op_error<T>(body: &Body, op: Op, message: impl Into<String>) -> Result<T> {
    Err(VerifyError {
        op: Some(op),
        text: print_op(body, op),
        message: message.into(),
    })
}

/// Where a block lies.
#[derive(Clone, Copy, Default)]
struct BlockPlace {
    region: Option<Region>,
    /// Region's nesting, 0 for the root.
    depth: u32,
    /// The op that holds the region.
    holder: Option<Op>,
}

/// Where an op lies.
#[derive(Clone, Copy, Default)]
struct OpPlace {
    block: Option<Block>,
    position: u32,
}

/// Where everything lies, and dominators of the regions that have several blocks.
struct Layout {
    blocks: SecondaryMap<Block, BlockPlace>,
    ops: SecondaryMap<Op, OpPlace>,
    dominators: SecondaryMap<Region, Option<(Cfg, Dominators)>>,
}

impl Layout {
    fn new(body: &Body) -> Result<Layout> {
        let mut layout = Layout {
            blocks: SecondaryMap::new(),
            ops: SecondaryMap::new(),
            dominators: SecondaryMap::new(),
        };
        let mut held = SecondaryMap::<Region, bool>::new();
        held[body.root()] = true;
        let mut open: Vec<(Region, Option<Op>)> = vec![(body.root(), None)];
        let (mut block, mut position) = (None, 0);
        for step in body.walk() {
            match step {
                Step::Block(b) => {
                    let &(region, holder) = open.last().expect("a block lies in a region");
                    layout.blocks[b] = BlockPlace {
                        region: Some(region),
                        depth: open.len() as u32 - 1,
                        holder,
                    };
                    (block, position) = (Some(b), 0);
                }
                Step::Op(op) => {
                    layout.ops[op] = OpPlace { block, position };
                    position += 1;
                }
                Step::EnterRegion(op, index) => {
                    let region = body.op(op).regions[index];
                    if std::mem::replace(&mut held[region], true) {
                        return op_error(body, op, format!("{region} is held by more than one op"));
                    }
                    open.push((region, Some(op)));
                }
                Step::ExitRegion(op, _) => {
                    open.pop();
                    let place = layout.ops[op];
                    (block, position) = (place.block, place.position + 1);
                }
                Step::OpEnd(_) => {}
            }
        }
        for index in 0..body.num_regions() {
            let region = Region::from_u32(index as u32);
            if held[region] && body.region(region).len() > 1 {
                let cfg = Cfg::of_region(body, region);
                let dominators = Dominators::new(&cfg);
                layout.dominators[region] = Some((cfg, dominators));
            }
        }
        Ok(layout)
    }

    /// Whether a definition in `def` (an op, or the head of the block for `None`) comes before `op`.
    fn comes_before(&self, def_block: Block, def_op: Option<Op>, op: Op) -> bool {
        let def_place = self.blocks[def_block];
        let Some(def_region) = def_place.region else {
            return false;
        };
        // Climb from the use to the region of the definition; there the use stands for the op that holds it.
        let mut at = op;
        let block = loop {
            let Some(block) = self.ops[at].block else {
                return false;
            };
            let place = self.blocks[block];
            if place.region == Some(def_region) {
                break block;
            }
            match place.holder {
                Some(holder) if place.depth > def_place.depth => at = holder,
                _ => return false,
            }
        };
        if block == def_block {
            return def_op.is_none_or(|d| self.ops[d].position < self.ops[at].position);
        }
        self.dominators[def_region]
            .as_ref()
            .is_some_and(|(cfg, dominators)| {
                !cfg.is_reachable(block) || dominators.dominates(def_block, block)
            })
    }
}

/// The types that `Int` and `Same` stand for in one op.
#[derive(Default)]
struct Bound {
    int: Option<Type>,
    same: Option<Type>,
}

impl Bound {
    fn check(&mut self, ty: Ty, found: Type) -> Result<(), String> {
        let (slot, ok, name) = match ty {
            Ty::Any => return Ok(()),
            Ty::Is(expected) if fits(expected, found) => return Ok(()),
            Ty::Is(expected) => return Err(format!("expected type {expected}, found {found}")),
            Ty::Int => (
                &mut self.int,
                matches!(found, Type::I32 | Type::I64),
                "i32 or i64",
            ),
            Ty::Same => (&mut self.same, true, "any type"),
        };
        if !ok {
            return Err(format!("expected type {name}, found {found}"));
        }
        match *slot.get_or_insert(found) {
            expected if expected == found => Ok(()),
            expected => Err(format!(
                "expected type {expected} as before in the op, found {found}"
            )),
        }
    }
}

struct Verifier<'a> {
    body: &'a Body,
    layout: Layout,
}

impl Verifier<'_> {
    fn entry(&self) -> Result {
        let body = self.body;
        let Some(&entry) = body.region(body.root()).first() else {
            return body_error("the function's region has no block");
        };
        let params = &body.block(entry).params;
        let expected = &body.signature().params;
        if params.len() != expected.len() {
            return body_error(format!(
                "the entry block takes {} values, the signature {}",
                params.len(),
                expected.len()
            ));
        }
        for (i, (&param, &expected)) in params.iter().zip(expected).enumerate() {
            let found = body.ty(param);
            // Either side may have been lowered to words first.
            if !fits(found, expected) && !fits(expected, found) {
                return body_error(format!(
                    "parameter {i} of the entry block has type {found}, the signature says {expected}"
                ));
            }
        }
        if !body.locals().is_empty() && !body.locals().starts_with(expected) {
            return body_error("the locals do not begin with the parameters");
        }
        Ok(())
    }

    fn block(&self, block: Block) -> Result {
        let ops = &self.body.block(block).ops;
        let Some((&last, rest)) = ops.split_last() else {
            return body_error(format!(
                "{} has no op, expected a terminator",
                print_block(self.body, block)
            ));
        };
        if let Some(&op) = rest
            .iter()
            .find(|&&op| self.body.op(op).opcode.is_terminator())
        {
            return op_error(
                self.body,
                op,
                format!(
                    "a terminator stands before the end of {}",
                    print_block(self.body, block)
                ),
            );
        }
        if !self.body.op(last).opcode.is_terminator() {
            return op_error(
                self.body,
                last,
                format!(
                    "{} ends in an op that is no terminator",
                    print_block(self.body, block)
                ),
            );
        }
        Ok(())
    }

    /// Operands, results, attributes, numbers of successors and regions.
    fn row(&self, op: Op) -> Result {
        let data = self.body.op(op);
        let row = data.opcode.def();
        let mut bound = Bound::default();
        self.types(op, "operand", row.operands, &data.args, &mut bound)?;
        self.types(op, "result", row.results, &data.results, &mut bound)?;
        if data.attrs.len() != row.attrs.len() {
            return self.count(op, "attributes", row.attrs.len(), data.attrs.len());
        }
        for (attr, &(name, kind)) in data.attrs.iter().zip(row.attrs) {
            if attr.kind() != kind {
                return op_error(
                    self.body,
                    op,
                    format!("attribute `{name}`: expected {kind:?}, found {attr:?}"),
                );
            }
        }
        if let Some(successors) = row.successors
            && data.successors.len() != usize::from(successors)
        {
            return self.count(
                op,
                "successors",
                usize::from(successors),
                data.successors.len(),
            );
        }
        if row.successors.is_none() && data.successors.is_empty() {
            return op_error(self.body, op, "expected at least one successor");
        }
        if data.regions.len() != usize::from(row.regions) {
            return self.count(op, "regions", usize::from(row.regions), data.regions.len());
        }
        for (i, &value) in data.results.iter().enumerate() {
            if self.body.def(value) != ValueDef::Result(op, i as u16) {
                return op_error(
                    self.body,
                    op,
                    format!("result {i} is not defined by the op"),
                );
            }
        }
        Ok(())
    }

    fn types(
        &self,
        op: Op,
        what: &str,
        arity: Arity,
        values: &[Value],
        bound: &mut Bound,
    ) -> Result {
        let (types, exact) = match arity {
            Arity::Fixed(types) => (types, true),
            Arity::Variadic(types) => (types, false),
        };
        if values.len() < types.len() || (exact && values.len() > types.len()) {
            return self.count(op, &format!("{what}s"), types.len(), values.len());
        }
        for (i, (&value, &ty)) in values.iter().zip(types).enumerate() {
            self.exists(op, value)?;
            if let Err(message) = bound.check(ty, self.body.ty(value)) {
                return op_error(self.body, op, format!("{what} {i}: {message}"));
            }
        }
        Ok(())
    }

    fn successors(&self, op: Op) -> Result {
        let data: &OpData = self.body.op(op);
        let region = self.layout.ops[op]
            .block
            .and_then(|b| self.layout.blocks[b].region);
        for successor in &data.successors {
            let block = successor.block;
            if block.as_u32() as usize >= self.body.num_blocks()
                || self.layout.blocks[block].region != region
            {
                return op_error(
                    self.body,
                    op,
                    format!(
                        "successor {} is not in the op's region",
                        print_block(self.body, block)
                    ),
                );
            }
            let params = &self.body.block(block).params;
            if params.len() != successor.args.len() {
                return self.count(
                    op,
                    &format!("arguments for {}", print_block(self.body, block)),
                    params.len(),
                    successor.args.len(),
                );
            }
            for (i, (&param, &arg)) in params.iter().zip(&successor.args).enumerate() {
                self.exists(op, arg)?;
                let (expected, found) = (self.body.ty(param), self.body.ty(arg));
                if !fits(expected, found) {
                    let message = format!(
                        "argument {i} for {}: expected type {expected}, found {found}",
                        print_block(self.body, block)
                    );
                    return op_error(self.body, op, message);
                }
            }
        }
        Ok(())
    }

    fn uses(&self, op: Op) -> Result {
        let data = self.body.op(op);
        for &value in data
            .args
            .iter()
            .chain(data.successors.iter().flat_map(|s| &s.args))
        {
            self.exists(op, value)?;
            let before = match self.body.def(value) {
                ValueDef::Param(block, _) => self.layout.comes_before(block, None, op),
                ValueDef::Result(def, _) => match self.layout.ops[def].block {
                    Some(block) => self.layout.comes_before(block, Some(def), op),
                    None => false,
                },
            };
            if !before {
                return op_error(
                    self.body,
                    op,
                    format!(
                        "{} is used where its definition does not dominate",
                        print_value(self.body, value)
                    ),
                );
            }
        }
        Ok(())
    }

    fn exists(&self, op: Op, value: Value) -> Result {
        if value.as_u32() as usize >= self.body.num_values() {
            return op_error(
                self.body,
                op,
                format!(
                    "{} is not a value of this body",
                    print_value(self.body, value)
                ),
            );
        }
        Ok(())
    }

    fn count<T>(&self, op: Op, what: &str, expected: usize, found: usize) -> Result<T> {
        op_error(
            self.body,
            op,
            format!("expected {expected} {what}, found {found}"),
        )
    }
}

#[cfg(test)]
mod tests;
