//! The meaning of the zk dialect before registers: effects and control for the reference evaluator.
//!
//! Rows with an evaluator need nothing here. A function reference in a table word is the function's index plus
//! [`FIRST_PC`], because there are no program counters yet.

use crate::dialect::ZkOp;
use crate::program::*;
use std::collections::BTreeMap;
use zkc_ir::eval::{Bodies, EvalError, Flow, Limits, LinearMemory, Semantics, Site, run};
use zkc_ir::{Attr, Cond, Trap};

/// Everything outside the bodies.
#[derive(Clone, Debug, Default)]
pub struct ZkState {
    /// Linear memory.
    pub memory: LinearMemory,
    /// Static words that are not zero, by slot.
    pub statics: BTreeMap<u32, u64>,
    /// Private input.
    pub input: Vec<u8>,
    /// Public output so far.
    pub output: Vec<u8>,
    position: usize,
}

/// The table word of a function that has an index but no program counter yet.
pub const fn function_word(index: u32, type_id: u16) -> u64 {
    table_word(FIRST_PC + index, type_id)
}

/// Runs a function whose body, and whose callees' bodies, are in the zk dialect.
///
/// Bodies must verify. Errors: the trap; out of fuel or memory; what a run has no proof for is `Malformed` or `Unsupported`.
pub fn evaluate<'a>(
    bodies: Bodies<'a>,
    state: &mut ZkState,
    limits: &mut Limits,
    func: u32,
    args: &[u64],
) -> Result<Vec<u64>, EvalError> {
    run(bodies, state, limits, func, args)
}

impl ZkState {
    /// A state with the words a program starts with: linear memory from address 0, static words from [`STATIC_BASE`].
    ///
    /// Errors: a word outside the memory's `pages`.
    pub fn new(
        pages: u32,
        init: impl IntoIterator<Item = (u32, u64)>,
        input: &[u8],
    ) -> Result<ZkState, EvalError> {
        let mut memory = LinearMemory::new(pages.into(), None)?;
        memory.limit_pages(MAX_PAGES.into());
        let mut state = ZkState {
            memory,
            input: input.to_vec(),
            ..ZkState::default()
        };
        for (addr, word) in init {
            match addr.checked_sub(STATIC_BASE) {
                Some(slot) => {
                    state.statics.insert(slot, word);
                }
                None => state.memory.store(u64::from(addr) * 8, 8, word)?,
            }
        }
        Ok(state)
    }

    fn load(&self, site: &Site<'_>, args: &[u64], bytes: u32) -> Result<u64, EvalError> {
        let at = LinearMemory::address(args[0], site.offset(0)?)?;
        Ok(self.memory.load(at, bytes)?)
    }

    fn store(&mut self, site: &Site<'_>, args: &[u64], bytes: u32) -> Result<Flow, EvalError> {
        let at = LinearMemory::address(args[0], site.offset(0)?)?;
        self.memory.store(at, bytes, args[1])?;
        Ok(Flow::Next)
    }

    fn slot(&self, slot: u32) -> u64 {
        match slot {
            SLOT_PAGES => self.memory.pages().into(),
            SLOT_OUTPUTS => self.output.len() as u64,
            _ => self.statics.get(&slot).copied().unwrap_or(0),
        }
    }

    /// The blocks of a `copy` or `fill`.
    fn blocks(&mut self, site: &Site<'_>, op: ZkOp, args: &[u64]) -> Result<(), EvalError> {
        let misplaced = || site.malformed("blocks that are in memory");
        let (mut to, mut from, end) = (args[0], args[1], args[2]);
        let size = u64::from(BLOCK_WORDS);
        let above = u64::from(STACK_BASE) * 8;
        loop {
            if to + size >= MEMORY_WORDS.into() || end >= MEMORY_WORDS.into() {
                return Err(misplaced());
            }
            let mut words = [args[1]; BLOCK_WORDS as usize];
            if op == ZkOp::Copy {
                if from + size * 8 >= above {
                    return Err(misplaced());
                }
                for (word, at) in words.iter_mut().zip((from..).step_by(8)) {
                    *word = self.bytes(at).map_err(|_| misplaced())?;
                }
                from += size * 8;
            }
            for (word, at) in words.into_iter().zip(to..) {
                self.memory
                    .store(at * 8, 8, word)
                    .map_err(|_| misplaced())?;
            }
            to += size;
            if to == end {
                return Ok(());
            }
        }
    }

    /// 8 bytes from a byte address of linear memory or static words on.
    fn bytes(&self, at: u64) -> Result<u64, Trap> {
        let statics = u64::from(STATIC_BASE) * 8;
        let byte = |at: u64| match at.checked_sub(statics) {
            None => self.memory.load(at, 1),
            Some(at) => Ok(self.slot((at / 8) as u32) >> (at % 8 * 8) & 0xff),
        };
        (0..8).try_fold(0, |word, i| Ok(word | byte(at + i)? << (8 * i)))
    }

    /// The next `N` bytes of private input.
    fn read<const N: usize>(&mut self) -> Result<[u8; N], EvalError> {
        let bytes = self.input.get(self.position..self.position + N);
        let bytes = bytes.and_then(|b| b.try_into().ok());
        self.position += N;
        bytes.ok_or_else(|| EvalError::Unsupported("the private input is exhausted".to_owned()))
    }
}

/// What a branch row compares: condition, width in bits.
fn branch(op: ZkOp) -> Option<(Cond, u32)> {
    use ZkOp as Z;
    Some(match op {
        Z::BrEq32 | Z::BrEq32Imm => (Cond::Eq, 32),
        Z::BrNe32 | Z::BrNe32Imm => (Cond::Ne, 32),
        Z::BrLtu32 | Z::BrLtu32Imm => (Cond::Ult, 32),
        Z::BrLts32 | Z::BrLts32Imm => (Cond::Slt, 32),
        Z::BrGeu32 | Z::BrGeu32Imm => (Cond::Uge, 32),
        Z::BrGes32 | Z::BrGes32Imm => (Cond::Sge, 32),
        Z::BrEq64 | Z::BrEq64Imm => (Cond::Eq, 64),
        Z::BrNe64 | Z::BrNe64Imm => (Cond::Ne, 64),
        Z::BrLtu64 | Z::BrLtu64Imm => (Cond::Ult, 64),
        Z::BrLts64 | Z::BrLts64Imm => (Cond::Slt, 64),
        Z::BrGeu64 | Z::BrGeu64Imm => (Cond::Uge, 64),
        Z::BrGes64 | Z::BrGes64Imm => (Cond::Sge, 64),
        _ => return None,
    })
}

impl Semantics for ZkState {
    fn exec(&mut self, site: &mut Site<'_>, args: &[u64]) -> Result<Flow, EvalError> {
        use ZkOp as Z;
        let Some(op) = ZkOp::from_opcode(site.data().opcode) else {
            return Err(site.malformed("an op of the zk dialect"));
        };
        let (zkc_ir::Arity::Fixed(fixed) | zkc_ir::Arity::Variadic(fixed)) =
            site.data().opcode.def().operands;
        if args.len() < fixed.len() {
            return Err(site.malformed("as many operands as the row says"));
        }
        if let Some((cond, bits)) = branch(op) {
            let second = match site.data().attrs.first() {
                Some(Attr::Int(imm)) => *imm,
                _ => args[1],
            };
            return Ok(Flow::Goto(usize::from(!cond.holds(bits, args[0], second))));
        }
        Ok(match op {
            Z::Ld8u => Flow::Value(self.load(site, args, 1)?),
            Z::Ld16u => Flow::Value(self.load(site, args, 2)?),
            Z::Ld32u => Flow::Value(self.load(site, args, 4)?),
            Z::Ld64 => Flow::Value(self.load(site, args, 8)?),
            Z::Ld8s32 => Flow::Value(u64::from(self.load(site, args, 1)? as i8 as u32)),
            Z::Ld16s32 => Flow::Value(u64::from(self.load(site, args, 2)? as i16 as u32)),
            Z::Ld8s64 => Flow::Value(self.load(site, args, 1)? as i8 as u64),
            Z::Ld16s64 => Flow::Value(self.load(site, args, 2)? as i16 as u64),
            Z::Ld32s64 => Flow::Value(self.load(site, args, 4)? as i32 as u64),
            Z::St8 => self.store(site, args, 1)?,
            Z::St16 => self.store(site, args, 2)?,
            Z::St32 => self.store(site, args, 4)?,
            Z::St64 => self.store(site, args, 8)?,
            Z::Lds => Flow::Value(self.slot(site.index(0)?)),
            Z::Sts => {
                self.statics.insert(site.index(0)?, args[0]);
                Flow::Next
            }
            Z::Ldt => {
                let (first, size) = (site.index(0)?, site.index(1)?);
                match u32::try_from(args[0]) {
                    Ok(index) if index < size => Flow::Value(self.slot(first + index)),
                    _ => return Err(Trap::UndefinedElement.into()),
                }
            }
            Z::Stt => {
                let (first, size) = (site.index(0)?, site.index(1)?);
                match u32::try_from(args[0]) {
                    Ok(index) if index < size => {
                        self.statics.insert(first + index, args[1]);
                        Flow::Next
                    }
                    _ => return Err(Trap::OutOfBoundsTableAccess.into()),
                }
            }
            Z::Copy | Z::Fill => {
                self.blocks(site, op, args)?;
                Flow::Next
            }
            Z::Grow => {
                let wanted = u64::from(self.memory.pages()) + args[0];
                let fits = wanted <= u64::from(site.index(0)?);
                Flow::Value(if fits {
                    self.memory.grow(args[0] as u32).into()
                } else {
                    u32::MAX.into()
                })
            }
            Z::Inlen => Flow::Value(self.input.len() as u64),
            Z::Input8 => Flow::Value(self.read::<1>()?[0].into()),
            Z::Input64 => Flow::Value(u64::from_le_bytes(self.read::<8>()?)),
            Z::Output => {
                let byte = u8::try_from(args[0]);
                self.output
                    .push(byte.map_err(|_| site.malformed("an operand below 2^8"))?);
                Flow::Next
            }
            Z::Jump => Flow::Goto(0),
            Z::Brt => {
                let last = site.data().successors.len().saturating_sub(1);
                Flow::Goto(usize::try_from(args[0]).map_or(last, |i| i.min(last)))
            }
            Z::Call => Flow::Call(site.index(0)?, args.to_vec()),
            Z::Tcall => Flow::TailCall(site.index(0)?, args.to_vec()),
            Z::Calli | Z::Tcalli => {
                let (word, type_id) = (args[0], u64::from(site.index(0)?));
                if word == 0 {
                    return Err(Trap::UninitializedElement.into());
                }
                if word >> 32 != type_id + 1 {
                    return Err(Trap::IndirectCallTypeMismatch.into());
                }
                match ((word as u32).checked_sub(FIRST_PC), op) {
                    (Some(index), Z::Calli) => Flow::Call(index, args[1..].to_vec()),
                    (Some(index), _) => Flow::TailCall(index, args[1..].to_vec()),
                    (None, _) => return Err(site.malformed("a table word of a function")),
                }
            }
            Z::Ret => Flow::Return(args.to_vec()),
            Z::Trap => match site.data().attrs.first() {
                Some(Attr::Trap(trap)) => return Err((*trap).into()),
                _ => return Err(site.malformed("a trap kind as attribute")),
            },
            Z::Halt => Flow::Halt(Vec::new()),
            _ => return Err(site.malformed("an op of a function's body")),
        })
    }

    fn host(&mut self, func: u32, _args: &[u64]) -> Result<Flow, EvalError> {
        Err(EvalError::Unsupported(format!(
            "function {func} has no body"
        )))
    }
}
