//! An independent check of finished register assignment: every value is followed through the machine code.
//!
//! The state says for each register which values of the body it holds for sure. A `mov` copies that set, an instruction
//! made for an op must find the op's operands in the registers it names, a call must find its arguments in the outgoing
//! area and loses everything else there, a `ret` must find the results in registers 1 and up. Where paths meet, only what
//! all of them agree on is kept. Nothing here looks at the allocator's answer or at the selector's reasons.

use crate::BackendError;
use crate::emit::{End, MBlock, Machine};
use crate::flow::{self, Flow, NodeKind};
use crate::frame::{self, Reg};
use crate::live::{Live, takes_over};
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::{Block, Body, Op, Value};
use zkc_isa::{Form, ZkOp};

/// What a register may hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Symbol {
    Value(Value),
    Constant(u64),
}

/// For each register, the symbols that its content is equal to.
type State = BTreeMap<Reg, BTreeSet<Symbol>>;

struct Checker<'a> {
    body: &'a Body,
    live: &'a Live,
    flow: &'a Flow,
    machine: &'a Machine,
}

/// Checks the code of a function before its control flow is improved: block `i` of the machine is node `i` of the flow.
pub(crate) fn check(
    body: &Body,
    live: &Live,
    flow: &Flow,
    machine: &Machine,
) -> Result<(), BackendError> {
    let checker = Checker {
        body,
        live,
        flow,
        machine,
    };
    let mut entry = State::new();
    for (number, &param) in (1..).zip(&body.block(body.entry()).params) {
        entry.insert(frame::abi(number), BTreeSet::from([Symbol::Value(param)]));
    }
    for (&slot, &number) in &machine.homes {
        let held = entry.get(&frame::abi(number)).cloned().unwrap_or_default();
        entry.insert(slot, held);
    }
    let mut before: Vec<Option<State>> = vec![None; machine.blocks.len()];
    before[0] = Some(entry);
    let mut work = BTreeSet::from([0u32]);
    while let Some(block) = work.pop_first() {
        let mut state = before[block as usize].clone().unwrap_or_default();
        checker.block(block, &mut state)?;
        for (at, &succ) in flow.nodes[block as usize].succs.iter().enumerate() {
            let passed = checker.pass(block, at, &state);
            let met = match &before[succ as usize] {
                None => passed,
                Some(known) => meet(known, &passed),
            };
            if before[succ as usize].as_ref() != Some(&met) {
                before[succ as usize] = Some(met);
                work.insert(succ);
            }
        }
    }
    Ok(())
}

fn meet(a: &State, b: &State) -> State {
    let both = |(reg, held): (&Reg, &BTreeSet<Symbol>)| {
        let held: BTreeSet<_> = held.intersection(b.get(reg)?).copied().collect();
        (!held.is_empty()).then_some((*reg, held))
    };
    a.iter().filter_map(both).collect()
}

/// Takes a symbol that gets a new meaning out of the state.
fn forget(state: &mut State, symbol: Symbol) {
    for held in state.values_mut() {
        held.remove(&symbol);
    }
    state.retain(|_, held| !held.is_empty());
}

impl Checker<'_> {
    fn symbol(&self, value: Value) -> Symbol {
        let value = self.live.resolve(value);
        self.live
            .constant(self.body, value)
            .map_or(Symbol::Value(value), Symbol::Constant)
    }

    fn expect(
        &self,
        state: &State,
        reg: Reg,
        value: Value,
        what: &str,
    ) -> Result<(), BackendError> {
        let symbol = self.symbol(value);
        if state.get(&reg).is_some_and(|held| held.contains(&symbol)) {
            return Ok(());
        }
        Err(BackendError::Wrong(format!(
            "register {reg:#x} does not hold {symbol:?} for {what}"
        )))
    }

    /// Runs a block on a state.
    fn block(&self, number: u32, state: &mut State) -> Result<(), BackendError> {
        let block = &self.machine.blocks[number as usize];
        for inst in &block.insts {
            if inst.inst.d == 0 && inst.inst.op == ZkOp::Mov {
                return Err(BackendError::Wrong("register 0 is written".to_owned()));
            }
            match (inst.origin, inst.inst.op) {
                (Some(op), zk) if takes_over(zk) => {
                    if zk.form() == Form::Blocks {
                        let own = [0, 1, 2].map(frame::outgoing);
                        if [inst.inst.a, inst.inst.b, inst.inst.c] != own {
                            return Err(BackendError::Wrong(format!("`{zk:?}` elsewhere")));
                        }
                    }
                    self.call(op, inst.inst.a, state)?;
                }
                (None, ZkOp::Mov) => {
                    let held = state.get(&inst.inst.a).cloned().unwrap_or_default();
                    state.insert(inst.inst.d, held);
                }
                (_, ZkOp::Li) => {
                    state.insert(
                        inst.inst.d,
                        BTreeSet::from([Symbol::Constant(inst.inst.imm)]),
                    );
                }
                (Some(op), _) => {
                    let data = self.body.op(op);
                    for (&arg, reg) in data
                        .args
                        .iter()
                        .zip([inst.inst.a, inst.inst.b, inst.inst.c])
                    {
                        self.expect(state, reg, arg, &data.opcode.to_string())?;
                    }
                    if let Some(&result) = data.results.first() {
                        if inst.inst.d == 0 {
                            return Err(BackendError::Wrong("register 0 is written".to_owned()));
                        }
                        forget(state, Symbol::Value(result));
                        state.insert(inst.inst.d, BTreeSet::from([Symbol::Value(result)]));
                    }
                }
                (None, _) => {
                    return Err(BackendError::Wrong(format!(
                        "`{:?}` was made for no op",
                        inst.inst.op
                    )));
                }
            }
        }
        self.end(number, block, state)
    }

    fn call(&self, op: Op, word: Reg, state: &mut State) -> Result<(), BackendError> {
        let data = self.body.op(op);
        let mut args = &data.args[..];
        if ZkOp::from_opcode(data.opcode) == Some(ZkOp::Calli)
            && let Some((&first, rest)) = args.split_first()
        {
            self.expect(state, word, first, "the table word")?;
            args = rest;
        }
        for (index, &arg) in (0..).zip(args) {
            self.expect(state, frame::outgoing(index), arg, "an argument")?;
        }
        state.retain(|&reg, _| frame::as_outgoing(reg).is_none());
        for (index, &result) in (0..).zip(&data.results) {
            forget(state, Symbol::Value(result));
            state.insert(
                frame::outgoing(index),
                BTreeSet::from([Symbol::Value(result)]),
            );
        }
        Ok(())
    }

    fn end(&self, number: u32, block: &MBlock, state: &State) -> Result<(), BackendError> {
        let NodeKind::Block(source) = self.flow.nodes[number as usize].kind else {
            return Ok(());
        };
        let Some(terminator) = self.body.terminator(source) else {
            return Ok(());
        };
        let args = &self.body.op(terminator).args;
        match &block.end {
            End::Branch { inst, .. } => {
                let count = if *self.flow.end(source) == flow::End::ZeroBranch {
                    1
                } else {
                    args.len()
                };
                for (&arg, reg) in args.iter().take(count).zip([inst.a, inst.b]) {
                    self.expect(state, reg, arg, "a condition")?;
                }
            }
            End::Table { index, .. } => {
                for &arg in args.iter().take(1) {
                    self.expect(state, *index, arg, "a table's index")?;
                }
            }
            End::Return => {
                for (number, &arg) in (1..).zip(args) {
                    self.expect(state, frame::abi(number), arg, "a result")?;
                }
            }
            End::Stop(inst) => {
                let mut args = &args[..];
                if inst.op == ZkOp::Tcalli
                    && let Some((&first, rest)) = args.split_first()
                {
                    self.expect(state, inst.a, first, "the table word")?;
                    args = rest;
                }
                for (number, &arg) in (1..).zip(args) {
                    self.expect(state, frame::abi(number), arg, "an argument")?;
                }
            }
            End::Jump(_) => {}
        }
        Ok(())
    }

    /// The state behind an edge: parameters get their arguments' registers.
    fn pass(&self, node: u32, at: usize, state: &State) -> State {
        let (args, block): (&[Value], Option<Block>) = self.flow.edge(self.body, node, at);
        let Some(block) = block else {
            return state.clone();
        };
        let params = &self.body.block(block).params;
        // From the entry's own node the first block's parameters come as themselves.
        let named: Vec<(Symbol, Value)> = args
            .iter()
            .zip(params)
            .map(|(&a, &p)| (self.symbol(a), p))
            .collect();
        let mut passed = State::new();
        for (&reg, held) in state {
            let is_param = |s: &Symbol| matches!(s, Symbol::Value(v) if params.contains(v) && self.live.param(*v));
            let mut now: BTreeSet<Symbol> = held.iter().copied().filter(|s| !is_param(s)).collect();
            now.extend(
                named
                    .iter()
                    .filter(|(s, p)| held.contains(s) && self.live.param(*p))
                    .map(|&(_, p)| Symbol::Value(p)),
            );
            if !now.is_empty() {
                passed.insert(reg, now);
            }
        }
        passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, emit, outgoing, regalloc, select};

    /// A loop with a swap, a call and a constant: every kind of move.
    const TEXT: &str = "
func @f(%n: word, %a: word, %b: word) -> (word, word) {
  ^entry(%n: word, %a: word, %b: word):
    zk.jump [^head(%n, %a, %b)]
  ^head(%i: word, %x: word, %y: word):
    %j = zk.add64_imm %i {imm = 5} : word
    %c, %d = zk.call %x, %j, %x {callee = @0} : word, word
    %s = zk.sub64 %c, %y : word
    %e, %g = zk.call %d, %s, %n {callee = @0} : word, word
    zk.br_ltu64 %e, %j [^head(%g, %y, %x), ^done]
  ^done:
    zk.ret %y, %s
}";

    #[test]
    fn every_wrong_register_is_found() {
        let body = zkc_ir::parse_funcs(TEXT, zkc_ir::DialectSet(&[zkc_isa::ZK]))
            .expect("the text parses")
            .remove(0)
            .body;
        let live = Live::compute(&body).expect("the body verifies");
        let flow = Flow::compute(&body, &live).expect("the body verifies");
        let code = select::select(&body, &live, &flow, &outgoing::place(&body, &live, &flow))
            .expect("it selects");
        let output = regalloc::allocate(&code, &Options::default()).expect("it allocates");
        let machine = || emit::emit(&code, &output).expect("it emits");
        assert_eq!(check(&body, &live, &flow, &machine()), Ok(()));
        let mut changed = 0;
        for block in 0..machine().blocks.len() {
            for at in 0..machine().blocks[block].insts.len() {
                for field in 0..3 {
                    let mut wrong = machine();
                    let inst = &mut wrong.blocks[block].insts[at].inst;
                    let field = [&mut inst.d, &mut inst.a, &mut inst.b]
                        .into_iter()
                        .nth(field)
                        .expect("three fields");
                    if *field != 0 {
                        *field = 61;
                        changed += 1;
                        assert!(
                            check(&body, &live, &flow, &wrong).is_err(),
                            "{block} {at}: {:?}",
                            wrong.blocks[block]
                        );
                    }
                }
                let mut wrong = machine();
                wrong.blocks[block].insts.remove(at);
                // The calls of this body matter for their results only, which nobody else can give.
                assert!(
                    check(&body, &live, &flow, &wrong).is_err(),
                    "{block} {at} left out"
                );
            }
        }
        assert!(changed > 20, "{changed}");
    }
}
