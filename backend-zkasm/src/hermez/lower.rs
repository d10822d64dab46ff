//! Lowering: the ops of a body become micro-operations.

use super::code::Code;
use super::facts::Facts;
use crate::BackendError;
use crate::code::template;
use crate::flow::{End, Flow, NodeKind};
use crate::live::{Live, zk_op};
use crate::vcode::vreg;
use regalloc2::VReg;
use zkc_ir::{Block, Body, EntityRef, Loc, Op, OpData, Value};
use zkc_isa::hermez::Reg;
use zkc_isa::hermez::expand::{
    Lin, MemoryPlan, Micro, PASSED, Row, Shape, Sink, Symbol, Test, Want, expand, expand_branch,
};
use zkc_isa::{Inst, ZkOp};

/// A symbol, or the address of a function; and the arguments.
type Callee<'d> = (Option<Symbol>, Option<u32>, &'d [Value]);

struct Lowerer<'a> {
    body: &'a Body,
    live: &'a Live,
    flow: &'a Flow,
    facts: &'a Facts,
    plan: MemoryPlan,
    code: Code,
    loc: Loc,
    /// By value: the virtual register of a value that an expansion gave another.
    renamed: Vec<u32>,
    sides: Sides,
}

/// Which of A and B each virtual register is to be in, for operations that do not care: a result takes the place of an
/// operand that is used for the last time, so a chain of operations needs no moves.
#[derive(Default)]
struct Sides {
    /// By virtual register: in B, if it is known.
    side: Vec<Option<bool>>,
    /// By virtual register: how often it is still used.
    left: Vec<u32>,
}

impl Sides {
    fn slot(&mut self, v: u32) -> &mut Option<bool> {
        if self.side.len() <= v as usize {
            self.side.resize(v as usize + 1, None);
        }
        &mut self.side[v as usize]
    }

    /// Whether the operands are to change places.
    fn swaps(&mut self, x: u32, y: u32) -> bool {
        let (at_x, at_y) = (*self.slot(x), *self.slot(y));
        let swap = x != y
            && match (at_x, at_y) {
                (Some(at_x), None) => at_x,
                (None, Some(at_y)) => !at_y,
                (Some(true), Some(false)) => true,
                (None, None) | (Some(_), Some(_)) => false,
            };
        self.slot(x).get_or_insert(swap);
        self.slot(y).get_or_insert(!swap);
        swap
    }

    fn is_last_use(&self, v: u32) -> bool {
        self.left.get(v as usize).is_none_or(|&n| n == 0)
    }

    /// The result of operands in A and B.
    fn result(&mut self, a: u32, b: u32, result: u32) {
        let (from_a, from_b) = (self.is_last_use(a), self.is_last_use(b));
        if from_a != from_b {
            *self.slot(result) = Some(from_b);
        }
    }
}

impl Sink for Lowerer<'_> {
    fn micro(&mut self, micro: Micro, uses: &[u32]) -> Vec<u32> {
        let shape = micro.shape();
        let defs: Vec<u32> = shape.defs.iter().map(|_| self.code.fresh()).collect();
        let mut uses = uses.to_vec();
        if let (&[x, y], &[result, ..]) = (&uses[..], &defs[..])
            && matches!(micro, Micro::Bin(_) | Micro::Mul(_))
        {
            if micro.is_commutative() && self.sides.swaps(x, y) {
                uses.reverse();
            }
            self.sides.result(uses[0], uses[1], result);
        }
        self.code.push(micro, &shape, &uses, &defs, self.loc);
        defs
    }
}

fn malformed(what: &str) -> BackendError {
    BackendError::Malformed(what.to_owned())
}

/// Makes the micro-operations of the needed part of a body.
pub(super) fn lower(
    body: &Body,
    live: &Live,
    flow: &Flow,
    facts: &Facts,
    plan: MemoryPlan,
) -> Result<Code, BackendError> {
    if body.block(body.entry()).params.len() != body.signature().params.len() {
        return Err(malformed(
            "the entry block has not one parameter per parameter of the function",
        ));
    }
    let mut lowerer = Lowerer {
        body,
        live,
        flow,
        facts,
        plan,
        code: Code::new(body.num_values() as u32),
        loc: Loc::NONE,
        renamed: (0..body.num_values() as u32).collect(),
        sides: Sides {
            side: Vec::new(),
            left: count_uses(body, live),
        },
    };
    let params = body.signature().params.len();
    let results = body.signature().results.len();
    lowerer.code.passed = beyond(params.max(results));
    for node in 0..flow.nodes.len() {
        lowerer.node(node as u32)?;
    }
    Ok(lowerer.code)
}

/// How often each value is used by what is executed.
fn count_uses(body: &Body, live: &Live) -> Vec<u32> {
    let mut count = vec![0u32; body.num_values()];
    for &block in live.reachable() {
        for &op in &body.block(block).ops {
            let data = body.op(op);
            let passed = data.successors.iter().flat_map(|s| &s.args);
            if live.op(op) {
                for &arg in data.args.iter().chain(passed) {
                    count[live.resolve(arg).index()] += 1;
                }
            }
        }
    }
    count
}

/// How many of so many values are passed on the stack.
fn beyond(count: usize) -> u32 {
    count.saturating_sub(PASSED.len()) as u32
}

/// The registers of the first values that are passed.
fn in_registers(count: usize) -> Vec<Want> {
    PASSED.iter().take(count).map(|&r| Want::In(r)).collect()
}

impl Lowerer<'_> {
    fn node(&mut self, node: u32) -> Result<(), BackendError> {
        let data = &self.flow.nodes[node as usize];
        let mut params = Vec::new();
        let mut args = vec![Vec::new(); data.succs.len()];
        match data.kind {
            NodeKind::Entry => {
                let entry = &self.body.block(self.body.entry()).params;
                let fresh: Vec<Option<u32>> = entry
                    .iter()
                    .map(|&p| self.live.param(p).then(|| self.code.fresh()))
                    .collect();
                args[0] = fresh.iter().flatten().map(|&v| vreg(v)).collect();
                self.entry(&fresh);
                self.control(Micro::Jump, &Shape::default(), &[]);
            }
            NodeKind::Edge(block, _) => {
                self.loc = self
                    .body
                    .terminator(block)
                    .map_or(Loc::NONE, |op| self.body.op(op).loc);
                args[0] = self.arguments(node, 0);
                self.control(Micro::Jump, &Shape::default(), &[]);
            }
            NodeKind::Block(block) => {
                let list = &self.body.block(block).params;
                let numbers: Vec<Option<u32>> = list
                    .iter()
                    .map(|&p| self.live.param(p).then_some(p.index() as u32))
                    .collect();
                if node == 0 {
                    self.entry(&numbers);
                } else {
                    params = numbers.iter().flatten().map(|&v| vreg(v)).collect();
                }
                self.block(node, block, &mut args)?;
            }
        }
        self.code.vcode.end_block(data, params, args);
        Ok(())
    }

    fn control(&mut self, micro: Micro, shape: &Shape, uses: &[u32]) {
        self.code.push(micro, shape, uses, &[], self.loc);
    }

    /// Takes the parameters.
    fn entry(&mut self, params: &[Option<u32>]) {
        let mut shape = Shape::default();
        let mut defs = Vec::new();
        for (&param, &reg) in params.iter().zip(&PASSED) {
            if let Some(v) = param {
                shape.defs.push(Want::In(reg));
                defs.push(v);
            }
        }
        self.code.push(Micro::Entry, &shape, &[], &defs, self.loc);
        for (number, &param) in (0..).zip(params.iter().skip(PASSED.len())) {
            if let Some(v) = param {
                let micro = Micro::Param(number);
                let shape = micro.shape();
                self.code.push(micro, &shape, &[], &[v], self.loc);
            }
        }
    }

    /// Registers of an edge's arguments.
    fn arguments(&mut self, node: u32, at: usize) -> Vec<VReg> {
        let (args, block) = self.flow.edge(self.body, node, at);
        let Some(block) = block else {
            return Vec::new();
        };
        let mut list = Vec::new();
        for (&arg, &param) in args.iter().zip(&self.body.block(block).params) {
            if self.live.param(param) {
                list.push(vreg(self.value(arg)));
            }
        }
        list
    }

    /// The virtual register of a value; a constant is made anew.
    fn value(&mut self, value: Value) -> u32 {
        let value = self.live.resolve(value);
        match self.live.constant(self.body, value) {
            Some(constant) => self.micro(Micro::Const(constant), &[])[0],
            None => {
                let number = self.renamed[value.index()];
                if let Some(left) = self.sides.left.get_mut(number as usize) {
                    *left = left.saturating_sub(1);
                }
                number
            }
        }
    }

    fn values(&mut self, values: &[Value]) -> Vec<u32> {
        values.iter().map(|&v| self.value(v)).collect()
    }

    fn block(
        &mut self,
        node: u32,
        block: Block,
        args: &mut [Vec<VReg>],
    ) -> Result<(), BackendError> {
        for &op in &self.body.block(block).ops {
            if !self.live.op(op) {
                continue;
            }
            let data = self.body.op(op);
            self.loc = data.loc;
            let zk =
                zk_op(data.opcode).ok_or_else(|| BackendError::NotZk(data.opcode.to_string()))?;
            let inst = template(data)
                .ok_or_else(|| malformed("an attribute is missing or of the wrong kind"))?;
            if data.opcode.is_terminator() {
                for (at, list) in args.iter_mut().enumerate() {
                    *list = self.arguments(node, at);
                }
                self.terminator(block, op, inst)?;
            } else if matches!(zk, ZkOp::Call | ZkOp::Calli) {
                self.call(data, inst)?;
            } else if zk != ZkOp::Li {
                self.row(data, inst)?;
            }
        }
        Ok(())
    }

    fn row(&mut self, data: &OpData, inst: Inst) -> Result<(), BackendError> {
        let form = inst.op.form();
        if data.args.len() != form.operands() || data.results.len() != usize::from(form.has_d()) {
            return Err(malformed(
                "an op has not the operands and results of its row",
            ));
        }
        let max = self.maxima(data);
        let args = self.values(&data.args);
        let results = expand(
            &Row {
                op: inst.op,
                imm: inst.imm,
                slot: inst.target,
                args: &args,
                max: &max,
                plan: self.plan,
            },
            self,
        )
        .ok_or_else(|| malformed("an op of control stands in the middle of a block"))?;
        if let (&[result], &[number, ..]) = (&data.results[..], &results[..]) {
            self.renamed[result.index()] = number;
            let uses = self.sides.left[result.index()];
            if self.sides.left.len() <= number as usize {
                self.sides.left.resize(number as usize + 1, 0);
            }
            self.sides.left[number as usize] += if number as usize == result.index() {
                0
            } else {
                uses
            };
        }
        Ok(())
    }

    fn maxima(&self, data: &OpData) -> Vec<u64> {
        let max = |&v: &Value| self.facts.max(self.live, v);
        data.args.iter().map(max).collect()
    }

    /// The target of a call, with the address of a table word's function, and its arguments.
    fn callee<'d>(&mut self, data: &'d OpData, inst: &Inst) -> Result<Callee<'d>, BackendError> {
        if matches!(inst.op, ZkOp::Call | ZkOp::Tcall) {
            let index = u32::try_from(inst.imm)
                .ok()
                .filter(|&i| i < 1 << 30)
                .ok_or_else(|| malformed("the callee is no function index"))?;
            return Ok((Some(Symbol::Function(index)), None, &data.args));
        }
        let ty = data.attrs.first().and_then(zkc_ir::Attr::as_int);
        let ty = ty
            .and_then(|ty| u32::try_from(ty).ok())
            .ok_or_else(|| malformed("an indirect call has no type"))?;
        let (&first, rest) = data
            .args
            .split_first()
            .ok_or_else(|| malformed("an indirect call has no operand"))?;
        let word = self.value(first);
        let ty = u32::from(crate::link::type_id(ty)?);
        let address = self.micro(Micro::Callee(ty), &[word])[0];
        Ok((None, Some(address), rest))
    }

    /// Uses of a call or an end: registers, then the address in E.
    fn passed(&mut self, values: &[Value], address: Option<u32>) -> (Shape, Vec<u32>) {
        let first = &values[..values.len().min(PASSED.len())];
        let mut uses = self.values(first);
        let mut shape = Shape {
            uses: in_registers(uses.len()),
            ..Shape::default()
        };
        if let Some(address) = address {
            uses.push(address);
            shape.uses.push(Want::In(Reg::E));
        }
        (shape, uses)
    }

    fn call(&mut self, data: &OpData, inst: Inst) -> Result<(), BackendError> {
        self.code.links = true;
        let (symbol, address, args) = self.callee(data, &inst)?;
        for (number, &arg) in (0..).zip(args.iter().skip(PASSED.len())) {
            let value = self.value(arg);
            self.micro(Micro::Arg(number), &[value]);
        }
        let (mut shape, uses) = self.passed(args, address);
        let results = &data.results;
        let mut defs = Vec::new();
        for (&result, &reg) in results.iter().zip(&PASSED) {
            if self.live.value(result) {
                shape.defs.push(Want::In(reg));
                defs.push(result.index() as u32);
            }
        }
        shape.clobbers = super::code::REGS
            .into_iter()
            .filter(|&r| !shape.defs.contains(&Want::In(r)))
            .collect();
        self.code
            .push(Micro::Call(symbol), &shape, &uses, &defs, self.loc);
        for (number, &result) in (0..).zip(results.iter().skip(PASSED.len())) {
            if self.live.value(result) {
                let micro = Micro::Result(number);
                let shape = micro.shape();
                let number = result.index() as u32;
                self.code.push(micro, &shape, &[], &[number], self.loc);
            }
        }
        Ok(())
    }

    /// Leaves what stands on the stack for the caller or the callee.
    fn leave(&mut self, values: &[Value]) {
        for (number, &value) in (0..).zip(values.iter().skip(PASSED.len())) {
            let value = self.value(value);
            self.micro(Micro::Leave(number), &[value]);
        }
        self.code.passed = self.code.passed.max(beyond(values.len()));
    }

    fn terminator(&mut self, block: Block, op: Op, inst: Inst) -> Result<(), BackendError> {
        let data = self.body.op(op);
        match self.flow.end(block) {
            End::Branch => {
                let max = self.maxima(data);
                let args = self.values(&data.args);
                let row = Row {
                    op: inst.op,
                    imm: inst.imm,
                    slot: 0,
                    args: &args,
                    max: &max,
                    plan: self.plan,
                };
                let (test, uses, not) = expand_branch(&row, self)
                    .ok_or_else(|| malformed("a branch has no condition"))?;
                self.branch(test, not, &uses);
            }
            End::ZeroBranch => {
                let index = self.value(data.args[0]);
                self.branch(Test::Zero(Lin::new(&[1], 0)), false, &[index]);
            }
            End::Table(table) => {
                let index = self.value(data.args[0]);
                let micro = Micro::Table(table.clone());
                let shape = micro.shape();
                self.control(micro, &shape, &[index]);
            }
            End::Plain if !data.successors.is_empty() => {
                self.control(Micro::Jump, &Shape::default(), &[]);
            }
            End::Plain => match inst.op {
                ZkOp::Ret => {
                    if data.args.len() != self.body.signature().results.len() {
                        return Err(malformed(
                            "`ret` has not one operand per result of the function",
                        ));
                    }
                    self.leave(&data.args);
                    let (shape, uses) = self.passed(&data.args, None);
                    self.control(Micro::Return, &shape, &uses);
                }
                ZkOp::Tcall | ZkOp::Tcalli => {
                    let (symbol, address, args) = self.callee(data, &inst)?;
                    self.leave(args);
                    let (shape, uses) = self.passed(args, address);
                    self.control(Micro::Tail(symbol), &shape, &uses);
                }
                ZkOp::Trap => {
                    let symbol = Symbol::Trap(inst.imm as u32);
                    self.control(Micro::Goto(symbol), &Shape::default(), &[]);
                }
                ZkOp::Halt => {
                    self.control(Micro::Goto(Symbol::Done), &Shape::default(), &[]);
                }
                _ => return Err(malformed("a branch has no successor")),
            },
        }
        Ok(())
    }

    fn branch(&mut self, test: Test, not: bool, uses: &[u32]) {
        let micro = Micro::Branch(test, not);
        let shape = micro.shape();
        self.control(micro, &shape, uses);
    }
}
