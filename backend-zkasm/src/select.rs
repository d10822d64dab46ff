//! Selection: a body's ops become virtual code.
//!
//! One op is one instruction, except that copied constants (arguments of blocks and calls, returned values) are written
//! where they are needed instead of being kept in a register and moved.

use crate::BackendError;
use crate::code::{Arg, Code, Kind, Numbers, Place, template};
use crate::flow::{End, Flow, NodeKind};
use crate::live::{Live, takes_over, zk_op};
use crate::outgoing::Placement;
use crate::vcode::vreg;
use regalloc2::VReg;
use zkc_ir::{Block, Body, EntityRef, Loc, Op, OpData, Value};
use zkc_isa::{Form, Inst, ZkOp};

struct Selector<'a> {
    body: &'a Body,
    live: &'a Live,
    flow: &'a Flow,
    placement: &'a Placement,
    code: Code,
    /// By value: the register of a block's parameter.
    params: Vec<Option<u32>>,
}

/// Makes virtual code for the needed part of a body.
pub(crate) fn select(
    body: &Body,
    live: &Live,
    flow: &Flow,
    placement: &Placement,
) -> Result<Code, BackendError> {
    let tail_args = |&block: &Block| {
        let data = body.op(body.terminator(block)?);
        match zk_op(data.opcode)? {
            ZkOp::Tcall => Some(data.args.len()),
            ZkOp::Tcalli => data.args.len().checked_sub(1),
            _ => None,
        }
    };
    let tail_args = live.reachable().iter().filter_map(tail_args).max();
    let left = body.signature().results.len().max(tail_args.unwrap_or(0));
    let arity = (body.signature().params.len() as u32, left as u32);
    let (numbers, params) = number(body, live, flow);
    let code = Code::new(numbers, arity, placement.size);
    let mut selector = Selector {
        body,
        live,
        flow,
        placement,
        code,
        params,
    };
    if body.block(body.entry()).params.len() != body.signature().params.len() {
        return Err(malformed(
            "the entry block has not one parameter per parameter of the function",
        ));
    }
    for node in 0..flow.nodes.len() {
        selector.node(node as u32)?;
    }
    Ok(selector.code)
}

/// Numbers the virtual registers: the ranges, and the register of each parameter.
fn number(body: &Body, live: &Live, flow: &Flow) -> (Numbers, Vec<Option<u32>>) {
    let fresh = body.num_values() as u32;
    // At most one new register per copied constant and parameter of the function.
    let mut end = fresh + body.block(body.entry()).params.len() as u32;
    for &block in live.reachable() {
        let Some(op) = body.terminator(block) else {
            continue;
        };
        let data = body.op(op);
        let copied = data
            .args
            .iter()
            .chain(data.successors.iter().flat_map(|s| &s.args));
        end += copied
            .filter(|&&v| live.constant(body, live.resolve(v)).is_some())
            .count() as u32;
    }
    let mut params = vec![None; body.num_values()];
    for (at, node) in flow.nodes.iter().enumerate() {
        let NodeKind::Block(block) = node.kind else {
            continue;
        };
        for &param in body
            .block(block)
            .params
            .iter()
            .filter(|&&p| at > 0 && live.param(p))
        {
            params[param.index()] = Some(end);
            end += 1;
        }
    }
    (Numbers { fresh, end }, params)
}

fn malformed(what: &str) -> BackendError {
    BackendError::Malformed(what.to_owned())
}

impl Selector<'_> {
    fn node(&mut self, node: u32) -> Result<(), BackendError> {
        let data = &self.flow.nodes[node as usize];
        let mut params = Vec::new();
        let mut args = vec![Vec::new(); data.succs.len()];
        match data.kind {
            NodeKind::Entry => {
                let entry = &self.body.block(self.body.entry()).params;
                let fresh: Vec<_> = entry
                    .iter()
                    .map(|&p| self.live.param(p).then(|| self.code.fresh()))
                    .collect();
                args[0] = fresh.iter().flatten().map(|&v| vreg(v)).collect();
                self.code.push(Kind::Entry(fresh), None, Loc::NONE);
                self.code.push(Kind::Jump, None, Loc::NONE);
            }
            NodeKind::Edge(block, _) => {
                let loc = self
                    .body
                    .terminator(block)
                    .map_or(Loc::NONE, |op| self.body.op(op).loc);
                args[0] = self.arguments(node, 0, loc);
                self.code.push(Kind::Jump, None, loc);
            }
            NodeKind::Block(block) => {
                let list = &self.body.block(block).params;
                if node == 0 {
                    let list = list
                        .iter()
                        .map(|&p| self.live.param(p).then_some(p.index() as u32))
                        .collect();
                    self.code.push(Kind::Entry(list), None, Loc::NONE);
                } else {
                    params = list
                        .iter()
                        .filter(|&&p| self.live.param(p))
                        .map(|&p| vreg(self.number(p)))
                        .collect();
                }
                self.block(node, block, &mut args)?;
            }
        }
        self.code.vcode.end_block(data, params, args);
        Ok(())
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
            let zk =
                zk_op(data.opcode).ok_or_else(|| BackendError::NotZk(data.opcode.to_string()))?;
            let inst = template(data)
                .ok_or_else(|| malformed("an attribute is missing or of the wrong kind"))?;
            if data.opcode.is_terminator() {
                for (at, list) in args.iter_mut().enumerate() {
                    *list = self.arguments(node, at, data.loc);
                }
                self.terminator(block, op, inst)?;
            } else if takes_over(zk) {
                self.call(op, inst)?;
            } else {
                let form = zk.form();
                if data.args.len() != form.operands()
                    || data.results.len() != usize::from(form.has_d())
                {
                    return Err(malformed(
                        "an op has not the operands and results of its row",
                    ));
                }
                let d = data.results.first().map_or(Place::None, |&v| self.place(v));
                self.code.push(
                    Kind::Plain {
                        inst,
                        d,
                        abc: self.operands(data),
                    },
                    Some(op),
                    data.loc,
                );
            }
        }
        Ok(())
    }

    fn place(&self, value: Value) -> Place {
        let value = self.live.resolve(value);
        let number = self.number(value);
        self.placement
            .slot(value)
            .map_or(Place::Value(number), Place::Out)
    }

    /// The virtual register of a resolved value.
    fn number(&self, value: Value) -> u32 {
        self.params[value.index()].unwrap_or(value.index() as u32)
    }

    fn operands(&self, data: &OpData) -> [Place; 3] {
        let mut abc = [Place::None; 3];
        for (place, &arg) in abc.iter_mut().zip(&data.args) {
            *place = self.place(arg);
        }
        abc
    }

    /// Registers of an edge's arguments; constants among them are written here.
    fn arguments(&mut self, node: u32, at: usize, loc: Loc) -> Vec<VReg> {
        let (args, block) = self.flow.edge(self.body, node, at);
        let Some(block) = block else {
            return Vec::new();
        };
        let mut list = Vec::new();
        for (&arg, &param) in args.iter().zip(&self.body.block(block).params) {
            if self.live.param(param) {
                list.push(vreg(self.copied(arg, loc)));
            }
        }
        list
    }

    /// The register of a value that is about to be copied; a constant is written to a new one.
    fn copied(&mut self, value: Value, loc: Loc) -> u32 {
        let value = self.live.resolve(value);
        let Some(constant) = self.live.constant(self.body, value) else {
            return self.number(value);
        };
        let fresh = self.code.fresh();
        let inst = Inst {
            imm: constant,
            ..Inst::new(ZkOp::Li)
        };
        self.code.push(
            Kind::Plain {
                inst,
                d: Place::Value(fresh),
                abc: [Place::None; 3],
            },
            None,
            loc,
        );
        fresh
    }

    fn call(&mut self, op: Op, mut inst: Inst) -> Result<(), BackendError> {
        let data = self.body.op(op);
        let (word, args) = self.callee(data, &mut inst)?;
        let args = args
            .iter()
            .map(
                |&arg| match self.live.constant(self.body, self.live.resolve(arg)) {
                    Some(constant) => Arg::Constant(constant),
                    None => Arg::At(self.place(arg)),
                },
            )
            .collect();
        let results = data
            .results
            .iter()
            .map(|&v| {
                if self.live.value(v) {
                    self.place(v)
                } else {
                    Place::None
                }
            })
            .collect();
        self.code.push(
            Kind::Call {
                inst,
                word,
                args,
                results,
            },
            Some(op),
            data.loc,
        );
        Ok(())
    }

    /// Completes a call but for the frame; gives the place of its table word, and its arguments.
    fn callee<'d>(
        &self,
        data: &'d OpData,
        inst: &mut Inst,
    ) -> Result<(Place, &'d [Value]), BackendError> {
        if inst.op.form().has_target_pc() {
            inst.target = u32::try_from(inst.imm)
                .map_err(|_| malformed("the callee is no function index"))?;
            inst.imm = 0;
            return Ok((Place::None, &data.args));
        }
        if inst.op.form() == Form::Blocks {
            return Ok((Place::None, &data.args));
        }
        let ty = data
            .attrs
            .first()
            .and_then(zkc_ir::Attr::as_int)
            .ok_or_else(|| malformed("an indirect call has no type"))?;
        let ty =
            u32::try_from(ty).map_err(|_| malformed("the type of an indirect call is no index"))?;
        let (&first, rest) = data
            .args
            .split_first()
            .ok_or_else(|| malformed("an indirect call has no operand"))?;
        inst.imm = u64::from(crate::link::type_id(ty)?) << 32;
        Ok((self.place(first), rest))
    }

    fn terminator(&mut self, block: Block, op: Op, mut inst: Inst) -> Result<(), BackendError> {
        let data = self.body.op(op);
        let abc = self.operands(data);
        let kind = match self.flow.end(block) {
            End::Branch => Kind::Branch { inst, abc },
            End::ZeroBranch => Kind::Branch {
                inst: Inst::new(ZkOp::BrEq32Imm),
                abc: [abc[0], Place::None, Place::None],
            },
            End::Table(table) => Kind::Table {
                index: abc[0],
                table: table.clone(),
            },
            End::Plain if !data.successors.is_empty() => Kind::Jump,
            End::Plain => match inst.op {
                ZkOp::Ret => {
                    if data.args.len() != self.body.signature().results.len() {
                        return Err(malformed(
                            "`ret` has not one operand per result of the function",
                        ));
                    }
                    Kind::Return(
                        data.args
                            .iter()
                            .map(|&v| self.copied(v, data.loc))
                            .collect(),
                    )
                }
                ZkOp::Tcall | ZkOp::Tcalli => {
                    let (word, args) = self.callee(data, &mut inst)?;
                    let args = args.iter().map(|&v| self.copied(v, data.loc)).collect();
                    Kind::Tail { inst, word, args }
                }
                ZkOp::Trap | ZkOp::Halt => Kind::Stop(inst),
                _ => return Err(malformed("a branch has no successor")),
            },
        };
        self.code.push(kind, Some(op), data.loc);
        Ok(())
    }
}
