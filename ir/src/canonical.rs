//! Canonical numbering: entities numbered in order of appearance in the text.
//!
//! Two bodies with the same text have the same canonical form, so "equal up to numbering" is `==` of canonical forms. The
//! parser produces canonical bodies.

use crate::body::{Body, Successor};
use crate::builder::Builder;
use crate::entities::{Block, Value};
use crate::walk::Step;
use cranelift_entity::SecondaryMap;

/// Numbers of values and blocks in order of appearance; `None` for what the root region does not reach.
#[derive(Clone, Debug)]
pub(crate) struct Numbering {
    /// Number of each value.
    pub(crate) values: SecondaryMap<Value, Option<u32>>,
    /// Number of each block.
    pub(crate) blocks: SecondaryMap<Block, Option<u32>>,
}

impl Numbering {
    /// Numbers the entities of a body.
    pub(crate) fn new(body: &Body) -> Numbering {
        let mut numbering = Numbering {
            values: SecondaryMap::new(),
            blocks: SecondaryMap::new(),
        };
        let (mut values, mut blocks) = (0, 0);
        for step in body.walk() {
            let defined: &[Value] = match step {
                Step::Block(block) => {
                    numbering.blocks[block] = Some(blocks);
                    blocks += 1;
                    &body.block(block).params
                }
                Step::Op(op) => &body.op(op).results,
                Step::EnterRegion(..) | Step::ExitRegion(..) | Step::OpEnd(_) => &[],
            };
            for &value in defined {
                numbering.values[value] = Some(values);
                values += 1;
            }
        }
        numbering
    }
}

/// The same body with entities numbered in order of appearance; what no region reaches is dropped.
///
/// Panics if an op names a value or block that no region reaches; no verified body does.
pub fn canonicalize(body: &Body) -> Body {
    let numbering = Numbering::new(body);
    let value =
        |v: Value| Value::from_u32(numbering.values[v].expect("operands are defined in the body"));
    let block =
        |b: Block| Block::from_u32(numbering.blocks[b].expect("successors lie in the body"));
    let types = |values: &[Value]| values.iter().map(|&v| body.ty(v)).collect::<Vec<_>>();

    let mut builder = Builder::new(body.signature().clone());
    builder.set_locals(body.locals().to_vec());
    // Regions being filled, each with its current block.
    let mut open = vec![(builder.body().root(), None)];
    for step in body.walk() {
        match step {
            Step::Block(b) => {
                let top = open.last_mut().expect("blocks lie in a region");
                let new = builder.block(top.0, &types(&body.block(b).params));
                top.1 = Some(new);
                builder.switch_to(new);
            }
            Step::Op(op) => {
                let data = body.op(op);
                let regions = data.regions.iter().map(|_| builder.region()).collect();
                let args: Vec<Value> = data.args.iter().map(|&v| value(v)).collect();
                let successors = data
                    .successors
                    .iter()
                    .map(|s| Successor {
                        block: block(s.block),
                        args: s.args.iter().map(|&v| value(v)).collect(),
                    })
                    .collect();
                builder.set_loc(data.loc);
                builder.op_full(
                    data.opcode,
                    &args,
                    data.attrs.clone(),
                    &types(&data.results),
                    successors,
                    regions,
                );
            }
            Step::EnterRegion(_, index) => {
                let holder = open
                    .last()
                    .and_then(|top| top.1)
                    .expect("an op lies in a block");
                let op = *builder
                    .body()
                    .block(holder)
                    .ops
                    .last()
                    .expect("the op was just appended");
                open.push((builder.body().op(op).regions[index], None));
            }
            Step::ExitRegion(..) => {
                open.pop();
                let block = open
                    .last()
                    .and_then(|top| top.1)
                    .expect("an op lies in a block");
                builder.switch_to(block);
            }
            Step::OpEnd(_) => {}
        }
    }
    builder.finish()
}
