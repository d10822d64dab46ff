//! Names to entities: syntax tree to [`Body`].
//!
//! Two walks over the tree in the order of the text: the first numbers every definition, the second builds, creating
//! entities in that same order. So a use may stand before its definition, and the body comes out canonically numbered.

use super::syntax::{self, File, Name};
use crate::attr::{Attr, AttrKind, Cond, Trap};
use crate::body::{Body, Successor};
use crate::builder::Builder;
use crate::dialect::{DialectSet, Opcode};
use crate::entities::{Block, Region, Value};
use crate::types::{Signature, Type};
use std::collections::BTreeMap;

/// Why a name has no meaning.
pub(super) struct ResolveError {
    pub(super) at: usize,
    pub(super) code: &'static str,
    pub(super) message: String,
}

type Result<T> = std::result::Result<T, ResolveError>;

fn error<T>(name: Name<'_>, code: &'static str, message: String) -> Result<T> {
    Err(ResolveError {
        at: name.at,
        code,
        message,
    })
}

/// One event of the walk over the tree.
enum Visit<'s, 'a> {
    Block(&'s syntax::Block<'a>),
    Op(&'s syntax::Op<'a>),
    Enter(usize),
    Exit,
}

/// Calls `visit` for blocks and ops in the order of the text, with an explicit stack.
fn walk<'s, 'a>(
    file: &'s File<'a>,
    root: usize,
    mut visit: impl FnMut(Visit<'s, 'a>) -> Result<()>,
) -> Result<()> {
    // Open regions: region, block, op, and the next region of the op before that.
    let mut stack = vec![(root, 0, 0, 0)];
    while let Some((region, block, op, inner)) = stack.last_mut() {
        let Some(block_syntax) = file.regions[*region].blocks.get(*block) else {
            stack.pop();
            if !stack.is_empty() {
                visit(Visit::Exit)?;
            }
            continue;
        };
        if *op == 0 {
            visit(Visit::Block(block_syntax))?;
        } else if let Some(&nested) = block_syntax.ops[*op - 1].regions.get(*inner) {
            visit(Visit::Enter(*inner))?;
            *inner += 1;
            stack.push((nested, 0, 0, 0));
            continue;
        }
        (*op, *inner) = (*op + 1, 0);
        match block_syntax.ops.get(*op - 1) {
            Some(op_syntax) => visit(Visit::Op(op_syntax))?,
            None => (*block, *op) = (*block + 1, 0),
        }
    }
    Ok(())
}

/// Numbers of all names of one function.
#[derive(Default)]
struct Names<'a> {
    values: BTreeMap<&'a str, Value>,
    blocks: BTreeMap<&'a str, Block>,
    num_values: u32,
    num_blocks: u32,
}

impl<'a> Names<'a> {
    fn define_value(&mut self, name: Name<'a>) -> Result<()> {
        let value = Value::from_u32(self.num_values);
        self.num_values += 1;
        if self.values.insert(name.text, value).is_some() {
            return error(
                name,
                "duplicate-name",
                format!("value `%{}` is defined twice", name.text),
            );
        }
        Ok(())
    }

    fn define_block(&mut self, name: Option<Name<'a>>) -> Result<()> {
        let block = Block::from_u32(self.num_blocks);
        self.num_blocks += 1;
        if let Some(name) = name
            && self.blocks.insert(name.text, block).is_some()
        {
            return error(
                name,
                "duplicate-name",
                format!("block `^{}` is defined twice", name.text),
            );
        }
        Ok(())
    }

    fn value(&self, name: Name<'a>) -> Result<Value> {
        match self.values.get(name.text) {
            Some(&value) => Ok(value),
            None => error(
                name,
                "undefined-name",
                format!("value `%{}` is not defined in this function", name.text),
            ),
        }
    }

    fn values(&self, names: &[Name<'a>]) -> Result<Vec<Value>> {
        names.iter().map(|&name| self.value(name)).collect()
    }

    fn successor(&self, (label, args): &(Name<'a>, Vec<Name<'a>>)) -> Result<Successor> {
        match self.blocks.get(label.text) {
            Some(&block) => Ok(Successor {
                block,
                args: self.values(args)?,
            }),
            None => error(
                *label,
                "undefined-name",
                format!("block `^{}` is not defined in this function", label.text),
            ),
        }
    }
}

/// Parameters of the entry block: its own, or those of the header where it has no label.
fn entry_params<'a>(
    func: &syntax::Func<'a>,
    entry: &syntax::Block<'a>,
) -> Result<Vec<(Name<'a>, Type)>> {
    let here = Name {
        text: "",
        at: func.at,
    };
    if entry.label.is_some() {
        let named = func.params.iter().filter_map(|p| p.0);
        if named.clone().next().is_some()
            && !named
                .map(|n| n.text)
                .eq(entry.params.iter().map(|p| p.0.text))
        {
            return error(
                here,
                "invalid",
                "the header names other parameters than the first block".into(),
            );
        }
        return Ok(entry.params.clone());
    }
    func.params
        .iter()
        .map(|&(name, ty)| match name {
            Some(name) => Ok((name, ty)),
            None => error(
                here,
                "invalid",
                "a function whose first block has no label must name its parameters".into(),
            ),
        })
        .collect()
}

/// The body of one function of the text.
pub(super) fn body(
    file: &File<'_>,
    func: &syntax::Func<'_>,
    dialects: DialectSet<'_>,
) -> Result<Body> {
    let Some(entry) = file.regions[func.region].blocks.first() else {
        return error(
            Name {
                text: "",
                at: func.at,
            },
            "invalid",
            format!("function `{}` has no block", func.name),
        );
    };
    let entry_params = entry_params(func, entry)?;

    let mut names = Names::default();
    walk(file, func.region, |visit| {
        match visit {
            Visit::Block(block) => {
                let params = if names.num_blocks == 0 {
                    &entry_params
                } else {
                    &block.params
                };
                names.define_block(block.label)?;
                params.iter().try_for_each(|p| names.define_value(p.0))?;
            }
            Visit::Op(op) => op
                .results
                .iter()
                .try_for_each(|&name| names.define_value(name))?,
            Visit::Enter(_) | Visit::Exit => {}
        }
        Ok(())
    })?;

    let params: Vec<Type> = func.params.iter().map(|p| p.1).collect();
    let mut build = Build {
        builder: Builder::new(Signature::new(params, func.results.clone())),
        names,
        dialects,
        open: vec![(Region::from_u32(0), None)],
        entry_params: entry_params.iter().map(|p| p.1).collect(),
    };
    build.builder.set_locals(func.locals.clone());
    walk(file, func.region, |visit| build.visit(visit))?;
    Ok(build.builder.finish())
}

struct Build<'a, 'd> {
    builder: Builder,
    names: Names<'a>,
    dialects: DialectSet<'d>,
    /// Regions being filled, each with its current block.
    open: Vec<(Region, Option<Block>)>,
    entry_params: Vec<Type>,
}

impl<'a> Build<'a, '_> {
    fn visit(&mut self, visit: Visit<'_, 'a>) -> Result<()> {
        match visit {
            Visit::Block(block) => {
                let types: Vec<Type> = if self.builder.body().num_blocks() == 0 {
                    self.entry_params.clone()
                } else {
                    block.params.iter().map(|p| p.1).collect()
                };
                let top = self.open.last_mut().expect("blocks lie in a region");
                let new = self.builder.block(top.0, &types);
                top.1 = Some(new);
                self.builder.switch_to(new);
            }
            Visit::Op(op) => self.op(op)?,
            Visit::Enter(index) => {
                let block = self
                    .open
                    .last()
                    .and_then(|top| top.1)
                    .expect("an op lies in a block");
                let op = *self
                    .builder
                    .body()
                    .block(block)
                    .ops
                    .last()
                    .expect("the op was just appended");
                let region = self.builder.body().op(op).regions[index];
                self.open.push((region, None));
            }
            Visit::Exit => {
                self.open.pop();
                let block = self
                    .open
                    .last()
                    .and_then(|top| top.1)
                    .expect("an op lies in a block");
                self.builder.switch_to(block);
            }
        }
        Ok(())
    }

    fn op(&mut self, op: &syntax::Op<'a>) -> Result<()> {
        let Some(opcode) = self.dialects.opcode(op.opcode.text) else {
            return error(
                op.opcode,
                "unknown-op",
                format!("`{}` is no op of the known dialects", op.opcode.text),
            );
        };
        if op.results.len() != op.types.len() {
            let message = format!(
                "`{opcode}` has {} result names but {} result types",
                op.results.len(),
                op.types.len()
            );
            return error(op.opcode, "invalid", message);
        }
        let args = self.names.values(&op.args)?;
        let attrs = attrs(opcode, op)?;
        let successors = op
            .successors
            .iter()
            .map(|s| self.names.successor(s))
            .collect::<Result<_>>()?;
        let regions = op.regions.iter().map(|_| self.builder.region()).collect();
        self.builder.set_loc(op.loc);
        self.builder
            .op_full(opcode, &args, attrs, &op.types, successors, regions);
        Ok(())
    }
}

/// The attributes in the row's order; the text may name them in any.
fn attrs(opcode: Opcode, op: &syntax::Op<'_>) -> Result<Vec<Attr>> {
    let row = opcode.def().attrs;
    for (i, (name, _)) in op.attrs.iter().enumerate() {
        if !row.iter().any(|r| r.0 == name.text) {
            return error(
                *name,
                "unknown-attribute",
                format!("`{opcode}` has no attribute `{}`", name.text),
            );
        }
        if op.attrs[..i]
            .iter()
            .any(|(other, _)| other.text == name.text)
        {
            return error(
                *name,
                "duplicate-name",
                format!("attribute `{}` is given twice", name.text),
            );
        }
    }
    row.iter()
        .map(
            |&(name, kind)| match op.attrs.iter().find(|(n, _)| n.text == name) {
                None => error(
                    op.opcode,
                    "invalid",
                    format!("`{opcode}` needs the attribute `{name}`"),
                ),
                Some((at, value)) => match attr(kind, value) {
                    Some(attr) => Ok(attr),
                    None => error(
                        *at,
                        "invalid",
                        format!(
                            "attribute `{name}` of `{opcode}` must be {}",
                            kind_name(kind)
                        ),
                    ),
                },
            },
        )
        .collect()
}

fn attr(kind: AttrKind, value: &syntax::Attr<'_>) -> Option<Attr> {
    use syntax::Attr as S;
    Some(match (kind, value) {
        (AttrKind::Int, S::Number(n)) => Attr::Int(*n),
        (AttrKind::Index, S::Number(n)) => Attr::Index(u32::try_from(*n).ok()?),
        (AttrKind::Func, S::Func(n)) => Attr::Func(*n),
        (AttrKind::Symbol, S::Text(text)) => Attr::Symbol(text.clone()),
        (AttrKind::Cond, S::Word(word)) => {
            Attr::Cond(Cond::ALL.into_iter().find(|c| c.name() == *word)?)
        }
        (AttrKind::Mem, S::Mem { offset, align }) => Attr::Mem {
            offset: *offset,
            align: *align,
        },
        (AttrKind::Types, S::Types(types)) => Attr::Types(types.clone()),
        (AttrKind::Types, S::EmptyList) => Attr::Types(Vec::new()),
        (AttrKind::Indices, S::Indices(indices)) => Attr::Indices(indices.clone()),
        (AttrKind::Indices, S::EmptyList) => Attr::Indices(Vec::new()),
        (AttrKind::Trap, S::Word(word)) => Attr::Trap(Trap::from_name(word)?),
        // The kinds a row can ask for, with a value of other looks.
        (
            AttrKind::Int
            | AttrKind::Index
            | AttrKind::Func
            | AttrKind::Symbol
            | AttrKind::Cond
            | AttrKind::Mem
            | AttrKind::Types
            | AttrKind::Trap
            | AttrKind::Indices,
            _,
        ) => return None,
    })
}

fn kind_name(kind: AttrKind) -> &'static str {
    match kind {
        AttrKind::Int => "a number below 2^64",
        AttrKind::Index => "a number below 2^32",
        AttrKind::Func => "a function, `@N`",
        AttrKind::Symbol => "a string",
        AttrKind::Cond => "a condition such as `slt`",
        AttrKind::Mem => "a memory access, `+OFFSET align LOG2`",
        AttrKind::Indices => "a list of numbers below 2^32, `[0, 1]`",
        AttrKind::Types => "a list of types, `[i32, i64]`",
        AttrKind::Trap => "a trap kind such as `integer-overflow`",
    }
}
