//! Steps: the allocator's answer applied to micro-operations.
//!
//! A move right after the step that makes the value goes into that step: it may set several registers and one stack word.

use super::CompiledFunc;
use super::code::{Code, REGS};
use crate::BackendError;
use regalloc2::{Allocation, Block, Edit, InstOrEdit, Output};
use zkc_ir::Loc;
use zkc_isa::hermez::expand::{Around, Asm, Micro, Place, Site, Symbol};
use zkc_isa::hermez::{Address, Condition, Goto, Jump, Label, Reg, Step};

/// Most words of a frame.
const MAX_FRAME: u32 = 1 << 15;

struct Emitter<'a> {
    code: &'a Code,
    output: &'a Output,
    asm: Asm,
    around: Around,
    /// By node.
    labels: Vec<Label>,
    /// By node: the one that control reaches, past nodes without steps.
    reached: Vec<usize>,
}

/// By node: the one that control reaches, past nodes without steps.
fn reached(code: &Code, output: &Output) -> Vec<usize> {
    let past = |node: usize| {
        let mut items = output.block_insts_and_edits(&code.vcode, Block::new(node));
        match (items.next(), items.next()) {
            (Some(InstOrEdit::Inst(inst)), None)
                if code.vcode.insts[inst.index()].micro == Micro::Jump =>
            {
                Some(code.vcode.successors(node)[0].index())
            }
            _ => None,
        }
    };
    let mut reached: Vec<Option<usize>> = vec![None; code.vcode.len()];
    for start in 0..reached.len() {
        let (mut path, mut node) = (Vec::new(), start);
        let end = loop {
            if let Some(known) = reached[node] {
                break known;
            }
            path.push(node);
            // Until more is known, so that a loop without steps ends where it was entered.
            reached[node] = Some(node);
            match past(node) {
                Some(next) => node = next,
                None => break node,
            }
        };
        for node in path {
            reached[node] = Some(end);
        }
    }
    reached
        .into_iter()
        .map(|to| to.expect("every node was followed"))
        .collect()
}

/// Applies an allocation.
pub(super) fn emit(code: &Code, output: &Output) -> Result<CompiledFunc, BackendError> {
    let slots = output.num_spillslots as u32;
    let frame = match (slots, code.links) {
        (0, false) => 0,
        _ => slots + u32::from(code.links) + code.passed,
    };
    if frame > MAX_FRAME {
        return Err(BackendError::FrameTooLarge {
            registers: frame,
            limit: MAX_FRAME,
        });
    }
    let mut asm = Asm::default();
    let labels = (0..code.vcode.len()).map(|_| asm.label()).collect();
    let mut emitter = Emitter {
        code,
        output,
        asm,
        around: Around {
            frame: frame as i32,
            link: code.links.then_some(0),
        },
        labels,
        reached: reached(code, output),
    };
    let mut marks = Vec::new();
    for node in 0..code.vcode.len() {
        emitter.node(node, &mut marks)?;
    }
    let code = emitter.asm.finish();
    let mut locs = Vec::with_capacity(code.steps.len());
    for (until, loc) in marks {
        locs.resize(until, loc);
    }
    locs.resize(code.steps.len(), Loc::NONE);
    Ok(CompiledFunc { code, locs, frame })
}

impl Emitter<'_> {
    fn node(&mut self, node: usize, marks: &mut Vec<(usize, Loc)>) -> Result<(), BackendError> {
        self.asm.bind(self.labels[node]);
        if node > 0 && self.reached[node] != node {
            return Ok(());
        }
        let targets: Vec<Label> = self
            .code
            .vcode
            .successors(node)
            .iter()
            .map(|s| self.labels[self.reached[s.index()]])
            .collect();
        for item in self
            .output
            .block_insts_and_edits(&self.code.vcode, Block::new(node))
        {
            match item {
                InstOrEdit::Edit(Edit::Move { from, to }) => {
                    self.movement(self.place(*from)?, self.place(*to)?);
                }
                InstOrEdit::Inst(inst) => {
                    let vinst = &self.code.vcode.insts[inst.index()];
                    let allocs = self.output.inst_allocs(inst);
                    let (uses, rest) = allocs.split_at(vinst.uses as usize);
                    let uses = uses
                        .iter()
                        .map(|&a| match self.place(a)? {
                            Place::Reg(reg) => Ok(reg),
                            Place::None | Place::Slot(_) => Err(missing()),
                        })
                        .collect::<Result<Vec<Reg>, _>>()?;
                    let defs = rest[..vinst.defs as usize]
                        .iter()
                        .map(|&a| self.place(a))
                        .collect::<Result<Vec<Place>, _>>()?;
                    if vinst.micro == Micro::Jump && self.falls_through(node) {
                        continue;
                    }
                    let site = Site {
                        uses: &uses,
                        defs: &defs,
                        targets: &targets,
                        around: self.around,
                    };
                    vinst.micro.emit(&site, &mut self.asm);
                    marks.push((self.asm.position(), vinst.loc));
                }
            }
        }
        Ok(())
    }

    /// Whether the only successor's steps come next.
    fn falls_through(&self, node: usize) -> bool {
        let to = self.reached[self.code.vcode.successors(node)[0].index()];
        let next = (node + 1..self.code.vcode.len()).find(|&n| self.reached[n] == n);
        next == Some(to)
    }

    fn place(&self, allocation: Allocation) -> Result<Place, BackendError> {
        match (allocation.as_reg(), allocation.as_stack()) {
            (Some(preg), _) => Ok(Place::Reg(REGS[preg.hw_enc()])),
            (None, Some(slot)) => {
                let base = i32::from(self.code.links);
                Ok(Place::Slot(slot.index() as i32 + base))
            }
            (None, None) => Err(missing()),
        }
    }

    fn movement(&mut self, from: Place, to: Place) {
        match (from, to) {
            (Place::Reg(from), to) => {
                if !self.ride(from, to) {
                    let step = Step::new().reg(from);
                    self.asm.push(match to {
                        Place::Reg(to) => step.set(to),
                        Place::Slot(slot) => step.store(Address::sp(slot)),
                        Place::None => return,
                    });
                }
            }
            (Place::Slot(slot), Place::Reg(to)) => {
                let load = Step::new().computed().load(Address::sp(slot));
                self.asm.push(load.set(to));
            }
            // the allocator goes through a register
            (Place::Slot(_) | Place::None, _) => {}
        }
    }

    /// Lets the step before, which sets `from`, write the copy too.
    fn ride(&mut self, from: Reg, to: Place) -> bool {
        if self.asm.is_target() {
            return false;
        }
        let bad = Goto::Label(Symbol::Bad.label());
        let Some(step) = self.asm.last_mut() else {
            return false;
        };
        let plain = match step.jump {
            Jump::None => true,
            Jump::If(Condition::Negative, to, Goto::Next) => to == bad,
            _ => false,
        };
        if !plain || !step.dest.contains(&from) {
            return false;
        }
        match to {
            Place::Reg(to) => step.dest.push(to),
            Place::Slot(slot) if step.mem.is_none() => {
                *step = std::mem::take(step).store(Address::sp(slot));
            }
            Place::Slot(_) | Place::None => return false,
        }
        true
    }
}

fn missing() -> BackendError {
    BackendError::Allocation("an operand was given no place".to_owned())
}
