//! Redundant loads, store-to-load forwarding, and globals, across blocks.
//!
//! A forward walk keeps what is known of memory, of globals and of the memory's size; where paths meet it keeps what all
//! of them know, and at a loop's header only what the loop does not change. A load of a known place needs no check: the
//! access that made it known had the same address and offset and did not trap. What a trap leaves in globals and memory is
//! what the source says: no write moves across an op that may trap.

use super::access::{Access, Content, Place, offset};
use super::{Rebuild, is_flat};
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::analysis::{Cfg, Dominators, Loops};
use zkc_ir::{Attr, Block, Body, ClifOp, Op, OpData, SecondaryMap, Traits, Value};

/// Most facts about memory, and about globals, kept at one point of a small function; large functions keep fewer, so that
/// the states of all blocks together stay small.
const MAX_FACTS: usize = 256;
/// Most facts of all blocks together.
const MAX_FACTS_IN_ALL: usize = 1 << 20;

/// Removes loads and global accesses whose outcome is known.
pub fn memory(body: &Body) -> Body {
    if !is_flat(body) {
        return body.clone();
    }
    let cfg = Cfg::new(body);
    let loops = Loops::new(&cfg, &Dominators::new(&cfg));
    let headers: BTreeMap<Block, (&[Block], Clobber)> = loops
        .loops()
        .iter()
        .map(|l| {
            (
                l.header,
                (l.latches.as_slice(), Clobber::of_blocks(body, &l.blocks)),
            )
        })
        .collect();
    let order: Vec<Block> = cfg.reverse_postorder().collect();
    let mut rebuild = Rebuild::new(body, &order, |_| true);
    let mut ends: SecondaryMap<Block, Option<State>> = SecondaryMap::new();
    let most = (MAX_FACTS_IN_ALL / order.len().max(1)).clamp(1, MAX_FACTS);
    for &block in &order {
        rebuild.start(block);
        let mut state = State::at_start(block, &cfg, &headers, &ends);
        let dead = overwritten_sets(body, block);
        for &op in &body.block(block).ops {
            if !dead.contains(&op) {
                state.step(&mut rebuild, op);
                state.limit(most);
            }
        }
        ends[block] = Some(state);
    }
    rebuild.finish()
}

/// `global_set` ops of a block that another one of the same global follows before anybody can look.
fn overwritten_sets(body: &Body, block: Block) -> BTreeSet<Op> {
    let mut dead = BTreeSet::new();
    let mut overwritten = BTreeSet::new();
    for &op in body.block(block).ops.iter().rev() {
        let data = body.op(op);
        match (ClifOp::from_opcode(data.opcode), data.attrs.first()) {
            (Some(ClifOp::GlobalSet), Some(Attr::Index(global))) => {
                let first = overwritten.insert(*global);
                dead.extend((!first).then_some(op));
            }
            (Some(ClifOp::GlobalGet), Some(Attr::Index(global))) => {
                overwritten.remove(global);
            }
            _ if data.opcode.has(Traits::MAY_TRAP) || data.opcode.is_terminator() => {
                overwritten.clear();
            }
            _ => {}
        }
    }
    dead
}

/// What a loop, or one op, may change.
#[derive(Default)]
pub(super) struct Clobber {
    pub(super) memory: bool,
    pub(super) size: bool,
    globals: BTreeSet<u32>,
    all_globals: bool,
}

impl Clobber {
    /// Whether it may change this global.
    pub(super) fn changes_global(&self, global: u32) -> bool {
        self.all_globals || self.globals.contains(&global)
    }

    pub(super) fn of_blocks(body: &Body, blocks: &[Block]) -> Clobber {
        let mut clobber = Clobber::default();
        for &block in blocks {
            for &op in &body.block(block).ops {
                clobber.add(body.op(op));
            }
        }
        clobber
    }

    fn add(&mut self, data: &OpData) {
        match (ClifOp::from_opcode(data.opcode), data.attrs.first()) {
            (Some(ClifOp::GlobalSet), Some(Attr::Index(global))) => {
                self.globals.insert(*global);
            }
            (Some(ClifOp::MemoryGrow), _) => self.size = true,
            // Of the ops on tables, segments and further memories, two may write the first memory.
            (Some(op), Some(Attr::Index(target))) if op.as_wasm().is_some() => {
                let to_memory = matches!(op, ClifOp::MemoryInit | ClifOp::MemoryNCopy);
                self.memory |= to_memory && *target == 0;
            }
            _ if data.opcode.has(Traits::CALL) => {
                (self.memory, self.size, self.all_globals) = (true, true, true);
            }
            _ if data.opcode.has(Traits::WRITES) => self.memory = true,
            _ => {}
        }
    }
}

/// What is known at one point, in terms of new values.
#[derive(Clone, Default)]
struct State {
    /// By address and offset.
    memory: BTreeMap<(Value, u64), (Place, Content)>,
    globals: BTreeMap<u32, Value>,
    size: Option<Value>,
}

impl State {
    fn at_start(
        block: Block,
        cfg: &Cfg,
        headers: &BTreeMap<Block, (&[Block], Clobber)>,
        ends: &SecondaryMap<Block, Option<State>>,
    ) -> State {
        let header = headers.get(&block);
        let mut state: Option<State> = None;
        for &pred in cfg.preds(block).iter().filter(|&&p| cfg.is_reachable(p)) {
            match (&ends[pred], &mut state) {
                (Some(end), None) => state = Some(end.clone()),
                (Some(end), Some(state)) => state.meet(end),
                // An edge back: the loop's effects stand for it, if it is a loop we know.
                (None, _) if header.is_some_and(|(latches, _)| latches.contains(&pred)) => {}
                (None, _) => return State::default(),
            }
        }
        let mut state = state.unwrap_or_default();
        if let Some((_, clobber)) = header {
            state.forget(clobber);
        }
        state
    }

    /// Keeps what both states know.
    fn meet(&mut self, other: &State) {
        self.memory
            .retain(|key, fact| other.memory.get(key) == Some(fact));
        self.globals
            .retain(|key, value| other.globals.get(key) == Some(value));
        self.size = self.size.filter(|&size| other.size == Some(size));
    }

    /// Starts over when too much is known.
    fn limit(&mut self, most: usize) {
        if self.memory.len() > most {
            self.memory.clear();
        }
        if self.globals.len() > most {
            self.globals.clear();
        }
    }

    fn forget(&mut self, clobber: &Clobber) {
        if clobber.memory {
            self.memory.clear();
        }
        if clobber.size {
            self.size = None;
        }
        if clobber.all_globals {
            self.globals.clear();
        }
        self.globals
            .retain(|global, _| !clobber.globals.contains(global));
    }

    /// Copies an op, or what is known of it, and learns from it.
    fn step(&mut self, rebuild: &mut Rebuild<'_>, op: Op) {
        let data = rebuild.old.op(op);
        let clif = ClifOp::from_opcode(data.opcode);
        if let Some(access) = clif.and_then(Access::of) {
            self.access(rebuild, op, access);
            return;
        }
        match (clif, data.attrs.first()) {
            (Some(ClifOp::GlobalGet), Some(Attr::Index(global))) => {
                let value = read(rebuild, op, self.globals.get(global).copied());
                self.globals.insert(*global, value);
            }
            (Some(ClifOp::GlobalSet), Some(Attr::Index(global))) => {
                let value = rebuild.value(data.args[0]);
                if self.globals.insert(*global, value) != Some(value) {
                    rebuild.copy(op);
                }
            }
            (Some(ClifOp::MemorySize), _) => self.size = Some(read(rebuild, op, self.size)),
            _ => {
                rebuild.copy(op);
                let mut clobber = Clobber::default();
                clobber.add(data);
                self.forget(&clobber);
            }
        }
    }

    fn access(&mut self, rebuild: &mut Rebuild<'_>, op: Op, access: Access) {
        let data = rebuild.old.op(op);
        let address = rebuild.value(data.args[0]);
        let key = (address, offset(data));
        let place = Place::of(rebuild.builder.body(), address, key.1);
        let value = if access.store {
            rebuild.copy(op);
            self.memory
                .retain(|_, (at, content)| at.apart(content.access.bytes, place, access.bytes));
            rebuild.value(data.args[1])
        } else {
            rebuild.at(op);
            let known = self
                .memory
                .get(&key)
                .and_then(|(_, content)| content.answer(&mut rebuild.builder, access));
            if let Some(value) = known {
                rebuild.set(data.results[0], value);
                return;
            }
            rebuild.copy(op);
            rebuild.value(data.results[0])
        };
        self.memory.insert(key, (place, Content { access, value }));
    }
}

/// Replaces a read by the known value, or copies it; returns the value.
fn read(rebuild: &mut Rebuild<'_>, op: Op, known: Option<Value>) -> Value {
    let result = rebuild.old.op(op).results[0];
    match known {
        Some(value) => rebuild.set(result, value),
        None => {
            rebuild.copy(op);
        }
    }
    rebuild.value(result)
}
