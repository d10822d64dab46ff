//! Walking a body in the order of its text.
//!
//! Printer, canonical numbering and verifier all see a body through this iterator. It keeps its own stack, so the depth
//! of nesting costs memory but never Rust stack. Entities that no region reaches are not visited.

use crate::body::Body;
use crate::entities::{Block, Op, Region};

/// One event of a [`Walk`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// A block begins.
    Block(Block),
    /// An op; if it holds regions, they follow, then [`Step::OpEnd`].
    Op(Op),
    /// Region number `1` of op `0` begins.
    EnterRegion(Op, usize),
    /// The region entered last ends.
    ExitRegion(Op, usize),
    /// All regions of the op have been visited.
    OpEnd(Op),
}

enum Cursor<'a> {
    Region {
        holder: Option<(Op, usize)>,
        blocks: &'a [Block],
        next: usize,
    },
    Block {
        block: Block,
        next: usize,
    },
    Regions {
        op: Op,
        next: usize,
    },
}

/// Pre-order walk over all that a body's root region reaches.
pub struct Walk<'a> {
    body: &'a Body,
    stack: Vec<Cursor<'a>>,
    seen: Vec<bool>,
}

impl Body {
    /// Walks the body in the order of its text.
    pub fn walk(&self) -> Walk<'_> {
        let mut seen = vec![false; self.num_regions()];
        seen[0] = true;
        let root = Cursor::Region {
            holder: None,
            blocks: self.region(self.root()),
            next: 0,
        };
        Walk {
            body: self,
            stack: vec![root],
            seen,
        }
    }
}

impl<'a> Walk<'a> {
    /// The blocks of a region at its first visit; a region held twice is empty at the second.
    fn blocks_once(&mut self, region: Region) -> &'a [Block] {
        let index = region.as_u32() as usize;
        if std::mem::replace(&mut self.seen[index], true) {
            &[]
        } else {
            self.body.region(region)
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            match self.stack.last_mut()? {
                Cursor::Region {
                    holder,
                    blocks,
                    next,
                } => {
                    if let Some(&block) = blocks.get(*next) {
                        *next += 1;
                        self.stack.push(Cursor::Block { block, next: 0 });
                        return Some(Step::Block(block));
                    }
                    let holder = *holder;
                    self.stack.pop();
                    if let Some((op, index)) = holder {
                        return Some(Step::ExitRegion(op, index));
                    }
                }
                Cursor::Block { block, next } => {
                    if let Some(&op) = self.body.block(*block).ops.get(*next) {
                        *next += 1;
                        if !self.body.op(op).regions.is_empty() {
                            self.stack.push(Cursor::Regions { op, next: 0 });
                        }
                        return Some(Step::Op(op));
                    }
                    self.stack.pop();
                }
                Cursor::Regions { op, next } => {
                    let (op, index) = (*op, *next);
                    if let Some(&region) = self.body.op(op).regions.get(index) {
                        *next += 1;
                        let blocks = self.blocks_once(region);
                        self.stack.push(Cursor::Region {
                            holder: Some((op, index)),
                            blocks,
                            next: 0,
                        });
                        return Some(Step::EnterRegion(op, index));
                    }
                    self.stack.pop();
                    return Some(Step::OpEnd(op));
                }
            }
        }
    }
}
