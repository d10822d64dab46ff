//! Machine code: the allocator's answer applied to virtual code, and in the end one list of instructions.
//!
//! Moves that the allocator put between two instructions are taken together: what matters is which register holds what
//! afterwards, and that is reached again with as few `mov` as possible, without detours over the scratch register.

use crate::code::{Arg, Code, Kind, Place};
use crate::counts::{CodeMap, CodeNode, Run, RunEnd};
use crate::frame::{self, Frame, Reg, SCRATCH};
use crate::{BackendError, CompiledFunc, branch};
use regalloc2::{Allocation, Block, Edit, InstOrEdit, Output};
use std::collections::BTreeMap;
use zkc_ir::{Loc, Op};
use zkc_isa::{Form, Inst, ZkOp};

/// An instruction whose register fields hold [`Reg`]s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MInst {
    pub(crate) inst: Inst,
    /// The op it computes; `None` for moves and copied constants.
    pub(crate) origin: Option<Op>,
    pub(crate) loc: Loc,
}

/// How a block ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Jump(u32),
    Branch {
        inst: Inst,
        taken: u32,
        other: u32,
    },
    Table {
        index: Reg,
        table: Vec<u32>,
    },
    Return,
    /// Ends the run, or goes to another function.
    Stop(Inst),
}

/// A block.
#[derive(Clone, Debug)]
pub(crate) struct MBlock {
    pub(crate) insts: Vec<MInst>,
    pub(crate) end: End,
    pub(crate) loc: Loc,
    /// Loops around it.
    pub(crate) depth: u32,
    /// Whether it holds the moves of an edge.
    pub(crate) edge: bool,
    /// The nodes whose code it is, one after the other, with their numbers of instructions: its own, and what was copied behind
    /// it. It ends as the last one does.
    pub(crate) segments: Vec<(u32, u32)>,
}

/// One function's code before it is laid out. Blocks are named by their index.
pub(crate) struct Machine {
    pub(crate) blocks: Vec<MBlock>,
    /// Blocks in the order in which they are laid out, the entry first; those missing are not needed.
    pub(crate) order: Vec<u32>,
    /// Numbers of parameters, and of registers in use at the end of the function, from 1.
    pub(crate) arity: (u32, u32),
    /// Stack slots that are the register in which a parameter arrives.
    pub(crate) homes: BTreeMap<Reg, u32>,
}

impl Machine {
    /// Calls `see` for every register field, zeros left out.
    pub(crate) fn for_each_reg(&self, mut see: impl FnMut(Reg)) {
        let mut see_inst = |inst: &Inst| {
            [inst.a, inst.b, inst.c, inst.d]
                .into_iter()
                .filter(|&r| r != 0)
                .for_each(&mut see);
        };
        for block in &self.blocks {
            block.insts.iter().for_each(|i| see_inst(&i.inst));
            match &block.end {
                End::Branch { inst, .. } | End::Stop(inst) => see_inst(inst),
                End::Table { index, .. } => see_inst(&Inst {
                    a: *index,
                    ..Inst::new(ZkOp::Brt)
                }),
                End::Jump(_) | End::Return => {}
            }
        }
    }
}

/// Orders moves `(to, from)` that happen at once; a cycle goes through `scratch`.
pub(crate) fn order_moves(
    moves: impl IntoIterator<Item = (Reg, Reg)>,
    scratch: Reg,
) -> Vec<(Reg, Reg)> {
    let mut pending: BTreeMap<Reg, Reg> =
        moves.into_iter().filter(|(to, from)| to != from).collect();
    let mut readers: BTreeMap<Reg, u32> = BTreeMap::new();
    for from in pending.values() {
        *readers.entry(*from).or_default() += 1;
    }
    let mut ready: Vec<Reg> = pending
        .keys()
        .copied()
        .filter(|to| !readers.contains_key(to))
        .collect();
    let mut ordered = Vec::with_capacity(pending.len());
    loop {
        while let Some(to) = ready.pop() {
            let from = pending.remove(&to).expect("a destination is ready once");
            ordered.push((to, from));
            let left = readers.get_mut(&from).expect("every source was counted");
            *left -= 1;
            if *left == 0 && pending.contains_key(&from) {
                ready.push(from);
            }
        }
        // Only cycles are left: every pending destination is read exactly once.
        let Some((&start, _)) = pending.first_key_value() else {
            return ordered;
        };
        ordered.push((scratch, start));
        let mut at = start;
        while pending[&at] != start {
            at = pending[&at];
        }
        pending.insert(at, scratch);
        readers.insert(scratch, 1);
        ready.push(start);
    }
}

struct Emitter<'a> {
    code: &'a Code,
    homes: BTreeMap<Reg, u32>,
    insts: Vec<MInst>,
    pending: Vec<(Reg, Reg)>,
    loc: Loc,
}

/// Applies an allocation.
pub(crate) fn emit(code: &Code, output: &Output) -> Result<Machine, BackendError> {
    let mut emitter = Emitter {
        code,
        homes: BTreeMap::new(),
        insts: Vec::new(),
        pending: Vec::new(),
        loc: Loc::NONE,
    };
    let mut blocks = Vec::with_capacity(code.vcode.facts.len());
    for (number, &(depth, edge)) in code.vcode.facts.iter().enumerate() {
        let mut end = None;
        for item in output.block_insts_and_edits(&code.vcode, Block::new(number)) {
            match item {
                InstOrEdit::Edit(Edit::Move { from, to }) => {
                    emitter.pending.push((register(*to)?, register(*from)?));
                }
                InstOrEdit::Inst(inst) => {
                    emitter.loc = code.vcode.insts[inst.index()].loc;
                    emitter.flush();
                    end = emitter.inst(number, inst.index(), output.inst_allocs(inst))?;
                }
            }
        }
        let end = end.ok_or_else(|| {
            BackendError::Malformed("a block does not end in a terminator".to_owned())
        })?;
        blocks.push(MBlock {
            segments: vec![(number as u32, emitter.insts.len() as u32)],
            insts: std::mem::take(&mut emitter.insts),
            end,
            loc: emitter.loc,
            depth,
            edge,
        });
    }
    let order = (0..blocks.len() as u32).collect();
    Ok(Machine {
        blocks,
        order,
        arity: code.arity,
        homes: emitter.homes,
    })
}

fn register(allocation: Allocation) -> Result<Reg, BackendError> {
    match (allocation.as_reg(), allocation.as_stack()) {
        (Some(preg), _) if preg == crate::regalloc::SCRATCH => Ok(SCRATCH),
        (Some(preg), _) => Ok(preg.hw_enc() as u32),
        (None, Some(slot)) => Ok(frame::slot(slot.index() as u32)),
        (None, None) => Err(BackendError::Allocation(
            "an operand was given no place".to_owned(),
        )),
    }
}

impl Emitter<'_> {
    fn push(&mut self, inst: Inst, origin: Option<Op>) {
        self.insts.push(MInst {
            inst,
            origin,
            loc: self.loc,
        });
    }

    fn mov(&mut self, to: Reg, from: Reg) {
        if to != from {
            self.push(
                Inst {
                    d: to,
                    a: from,
                    ..Inst::new(ZkOp::Mov)
                },
                None,
            );
        }
    }

    /// Emits the pending moves.
    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        if let [(to, from)] = pending[..] {
            return self.mov(to, from);
        }
        let mut holds: BTreeMap<Reg, Reg> = BTreeMap::new();
        for (to, from) in pending {
            let value = holds.get(&from).copied().unwrap_or(from);
            holds.insert(to, value);
        }
        holds.remove(&SCRATCH);
        for (to, from) in order_moves(holds, SCRATCH) {
            self.mov(to, from);
        }
    }

    /// Emits one virtual instruction; a terminator is returned as the block's end.
    fn inst(
        &mut self,
        block: usize,
        number: usize,
        allocs: &[Allocation],
    ) -> Result<Option<End>, BackendError> {
        let code = self.code;
        let vinst = &code.vcode.insts[number];
        let mut allocs = allocs.iter();
        let mut at = |place: Place| match place {
            Place::None => Ok(0),
            Place::Out(index) => Ok(frame::outgoing(index)),
            Place::Value(_) => {
                let missing =
                    || BackendError::Allocation("an operand was given no place".to_owned());
                register(*allocs.next().ok_or_else(missing)?)
            }
        };
        let successor = |n: usize| code.vcode.successors(block)[n].index() as u32;
        match &vinst.kind {
            Kind::Entry(params) => {
                for (number, param) in (1..).zip(params) {
                    let Some(v) = *param else { continue };
                    let to = at(Place::Value(v))?;
                    let is_slot = to & !((1 << 28) - 1) == frame::slot(0);
                    if frame::abi(number) != number && is_slot && number > code.arity.1 {
                        self.homes.insert(to, number);
                    } else {
                        self.mov(to, frame::abi(number));
                    }
                }
            }
            Kind::Plain { inst, d, abc } => {
                let (a, b, c) = (at(abc[0])?, at(abc[1])?, at(abc[2])?);
                let d = at(*d)?;
                self.push(
                    Inst {
                        d,
                        a,
                        b,
                        c,
                        ..*inst
                    },
                    vinst.origin,
                );
            }
            Kind::Call {
                inst,
                word,
                args,
                results,
            } => {
                let mut word = at(*word)?;
                let mut moves = Vec::new();
                let mut constants = Vec::new();
                for (index, arg) in (0..).zip(args) {
                    match *arg {
                        Arg::At(place) => moves.push((frame::outgoing(index), at(place)?)),
                        Arg::Constant(value) => constants.push((frame::outgoing(index), value)),
                    }
                }
                // Both registers lie above everything that a callee is given.
                let (cycle, saved) = (
                    frame::outgoing(code.outgoing),
                    frame::outgoing(code.outgoing + 1),
                );
                let overwritten = constants.iter().any(|&(to, _)| to == word)
                    || moves.iter().any(|&(to, from)| to == word && from != word);
                if overwritten {
                    self.mov(saved, word);
                    word = saved;
                }
                for (to, from) in order_moves(moves, cycle) {
                    self.mov(to, from);
                }
                for (to, value) in constants {
                    self.push(
                        Inst {
                            d: to,
                            imm: value,
                            ..Inst::new(ZkOp::Li)
                        },
                        None,
                    );
                }
                let [a, b, c] = match inst.op.form() {
                    Form::Blocks => [0, 1, 2].map(frame::outgoing),
                    _ => [word, 0, 0],
                };
                self.push(Inst { a, b, c, ..*inst }, vinst.origin);
                for (index, &result) in (0..).zip(results) {
                    if result != Place::None {
                        let to = at(result)?;
                        self.mov(to, frame::outgoing(index));
                    }
                }
            }
            Kind::Jump => return Ok(Some(End::Jump(successor(0)))),
            Kind::Branch { inst, abc } => {
                let inst = Inst {
                    a: at(abc[0])?,
                    b: at(abc[1])?,
                    ..*inst
                };
                return Ok(Some(End::Branch {
                    inst,
                    taken: successor(0),
                    other: successor(1),
                }));
            }
            Kind::Table { index, table } => {
                let table = table.iter().map(|&n| successor(n as usize)).collect();
                return Ok(Some(End::Table {
                    index: at(*index)?,
                    table,
                }));
            }
            Kind::Return(values) => {
                for (number, &v) in (1..).zip(values) {
                    let from = at(Place::Value(v))?;
                    self.mov(frame::abi(number), from);
                }
                return Ok(Some(End::Return));
            }
            Kind::Tail { inst, word, args } => {
                let word = at(*word)?;
                for (number, &v) in (1..).zip(args) {
                    let from = at(Place::Value(v))?;
                    self.mov(frame::abi(number), from);
                }
                return Ok(Some(End::Stop(Inst { a: word, ..*inst })));
            }
            Kind::Stop(inst) => return Ok(Some(End::Stop(*inst))),
        }
        Ok(None)
    }
}

/// Lays out the blocks and gives the registers their numbers.
pub(crate) fn finish(machine: &Machine, frame: &Frame, nodes: Vec<CodeNode>) -> CompiledFunc {
    let mut insts: Vec<Inst> = Vec::new();
    let mut locs = Vec::new();
    let mut runs = Vec::with_capacity(machine.order.len());
    let mut starts = vec![0u32; machine.blocks.len()];
    for (position, &number) in machine.order.iter().enumerate() {
        starts[number as usize] = insts.len() as u32;
        let block = &machine.blocks[number as usize];
        for inst in &block.insts {
            insts.push(inst.inst);
            locs.push(inst.loc);
        }
        let next = machine.order.get(position + 1).copied();
        let jump = |to: u32| Inst {
            target: to,
            ..Inst::new(ZkOp::Jump)
        };
        let first = starts[number as usize];
        let end = match &block.end {
            &End::Jump(to) if next == Some(to) => RunEnd::Through,
            &End::Jump(to) => {
                insts.push(jump(to));
                RunEnd::Leave
            }
            &End::Branch { inst, taken, other } => match branch::opposite(inst.op) {
                Some(op) if next == Some(taken) => {
                    insts.push(Inst {
                        op,
                        target: other,
                        ..inst
                    });
                    RunEnd::Branch {
                        taken: 1,
                        jump: false,
                    }
                }
                _ => {
                    insts.push(Inst {
                        target: taken,
                        ..inst
                    });
                    let jumps = next != Some(other);
                    insts.extend(jumps.then(|| jump(other)));
                    RunEnd::Branch {
                        taken: 0,
                        jump: jumps,
                    }
                }
            },
            End::Table { index, table } => {
                insts.push(Inst {
                    a: *index,
                    imm: table.len() as u64 - 1,
                    ..Inst::new(ZkOp::Brt)
                });
                insts.extend(table.iter().map(|&to| jump(to)));
                RunEnd::Table
            }
            End::Return => {
                insts.push(Inst::new(ZkOp::Ret));
                RunEnd::Leave
            }
            End::Stop(inst) => {
                insts.push(*inst);
                RunEnd::Leave
            }
        };
        runs.push(Run {
            first,
            segments: block.segments.clone(),
            end,
        });
        locs.resize(insts.len(), block.loc);
    }
    for (at, inst) in insts.iter_mut().enumerate() {
        for field in [&mut inst.a, &mut inst.b, &mut inst.c, &mut inst.d] {
            *field = frame.number(*field);
        }
        match inst.op {
            ZkOp::Call | ZkOp::Calli => inst.imm += u64::from(frame.size),
            ZkOp::Brt => inst.target = at as u32 + 1,
            ZkOp::Tcall => {}
            op if op.form().has_target_pc() => inst.target = starts[inst.target as usize],
            _ => {}
        }
    }
    CompiledFunc {
        insts,
        locs,
        frame: frame.size,
        map: CodeMap { nodes, runs },
    }
}

#[cfg(test)]
mod tests {
    use super::order_moves;
    use std::collections::BTreeMap;

    fn run(moves: &[(u32, u32)]) -> usize {
        let ordered = order_moves(moves.iter().copied(), 99);
        let mut state: BTreeMap<u32, u32> = (0..100).map(|r| (r, r)).collect();
        for &(to, from) in &ordered {
            let value = state[&from];
            state.insert(to, value);
        }
        for &(to, from) in moves {
            assert_eq!(state[&to], from, "{moves:?} gave {ordered:?}");
        }
        ordered.len()
    }

    #[test]
    fn moves_happen_at_once() {
        assert_eq!(run(&[]), 0);
        assert_eq!(run(&[(1, 1)]), 0);
        assert_eq!(run(&[(1, 2), (2, 1)]), 3);
        assert_eq!(run(&[(1, 2), (2, 3), (3, 1), (4, 1), (5, 4)]), 6);
        assert_eq!(run(&[(1, 2), (2, 1), (3, 4), (4, 3)]), 6);
    }
}
