//! Inlining: a call is replaced by the callee's blocks.
//!
//! Who may be inlined is decided for the whole module ([`inline_candidates`]); [`inline`] is a function of one body and the
//! callees it is given. Inlined ops carry the place of the call, because places count from the start of one function's body.
//! A tail call is never replaced; in an inlined body it becomes a call, which takes the frame that the inlined one no longer does.

use super::{Rebuild, is_flat};
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::{Attr, Block, Body, ClifOp, Op, SecondaryMap, Successor, Type, Value};

/// How much to inline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InlineOptions {
    /// Functions of at most this many ops are inlined everywhere.
    pub small: usize,
    /// The same for the runtime's functions, which stand for one instruction each.
    pub routine: usize,
    /// The runtime's first function; those behind it are the runtime's, too.
    pub first_routine: Option<u32>,
    /// Functions of at most this many ops are inlined where they are called if that is one place.
    pub once: usize,
    /// Bodies stop growing at this many ops.
    pub max_ops: usize,
    /// How often calls that came in with an inlined body are looked at again.
    pub rounds: u32,
}

impl Default for InlineOptions {
    fn default() -> InlineOptions {
        InlineOptions {
            small: 30,
            routine: 72,
            first_routine: None,
            once: 2_000,
            max_ops: 20_000,
            rounds: 4,
        }
    }
}

/// The functions among `bodies` (cranelift dialect) worth inlining: small, or called from one place only, and not part of
/// a recursion. `keep` are functions that stay in any case (exports, table entries), so that calling them once does not
/// make them free.
pub fn inline_candidates(
    bodies: &BTreeMap<u32, &Body>,
    keep: &BTreeSet<u32>,
    options: &InlineOptions,
) -> BTreeSet<u32> {
    let mut sites: BTreeMap<u32, usize> = BTreeMap::new();
    let mut callees: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    let mut callers: BTreeMap<u32, u32> = BTreeMap::new();
    for (&caller, body) in bodies {
        for (_, data) in body.ops() {
            if let Some(callee) = callee(data).or(tail_callee(data)) {
                *sites.entry(callee).or_default() += 1;
                callees.entry(caller).or_default().insert(callee);
                callers.insert(callee, caller);
            }
        }
    }
    let recursive = recursive(&callees);
    let small = |index: u32| {
        let most = match options.first_routine.is_some_and(|first| index >= first) {
            true => options.routine,
            false => options.small,
        };
        let ops = bodies.get(&index).map(|body| body.num_ops());
        ops.is_some_and(|ops| ops <= most) && !recursive.contains(&index)
    };
    let only_caller = |index: u32| match sites.get(&index) {
        Some(1) if !keep.contains(&index) => callers.get(&index).copied(),
        _ => None,
    };
    // Called from one place, which stays one place: no function around it is copied to several.
    let once = |index: u32| {
        let mut around = only_caller(index);
        while let Some(caller) = around.filter(|&f| small(f) && sites.contains_key(&f)) {
            around = only_caller(caller);
        }
        around.is_some()
    };
    let worth = |&(&index, body): &(&u32, &&Body)| {
        let once = body.num_ops() <= options.once && !recursive.contains(&index) && once(index);
        small(index) || once
    };
    bodies
        .iter()
        .filter(worth)
        .map(|(&index, _)| index)
        .collect()
}

/// Functions that can call themselves, directly or through others.
fn recursive(callees: &BTreeMap<u32, BTreeSet<u32>>) -> BTreeSet<u32> {
    let mut graph: petgraph::graphmap::DiGraphMap<u32, ()> = petgraph::graphmap::DiGraphMap::new();
    for (&caller, to) in callees {
        for &callee in to {
            graph.add_edge(caller, callee, ());
        }
    }
    let components = petgraph::algo::tarjan_scc(&graph);
    let cyclic = components
        .into_iter()
        .filter(|c| c.len() > 1 || graph.contains_edge(c[0], c[0]));
    cyclic.flatten().collect()
}

fn callee(data: &zkc_ir::OpData) -> Option<u32> {
    match (ClifOp::from_opcode(data.opcode), data.attrs.first()) {
        (Some(ClifOp::Call), Some(Attr::Func(callee))) => Some(*callee),
        _ => None,
    }
}

fn tail_callee(data: &zkc_ir::OpData) -> Option<u32> {
    match (ClifOp::from_opcode(data.opcode), data.attrs.first()) {
        (Some(ClifOp::ReturnCall), Some(Attr::Func(callee))) => Some(*callee),
        _ => None,
    }
}

/// Replaces the calls whose callee `lookup` gives a body for (cranelift dialect) by that body.
///
/// `lookup` must not give functions of a recursion; if it does, `options` still bound the work.
pub fn inline<'a>(
    body: &Body,
    lookup: &dyn Fn(u32) -> Option<&'a Body>,
    options: &InlineOptions,
) -> Body {
    let mut body = body.clone();
    if !is_flat(&body) {
        return body;
    }
    for _ in 0..options.rounds {
        match round(&body, lookup, options) {
            Some(next) => body = next,
            None => break,
        }
    }
    body
}

/// Inlines each call once; `None` if there was nothing to do.
fn round<'a>(
    body: &Body,
    lookup: &dyn Fn(u32) -> Option<&'a Body>,
    options: &InlineOptions,
) -> Option<Body> {
    let order = Rebuild::order(body);
    let mut budget = options.max_ops.saturating_sub(body.num_ops());
    let mut chosen: BTreeMap<Op, &'a Body> = BTreeMap::new();
    for &block in &order {
        for &op in &body.block(block).ops {
            let found = callee(body.op(op)).and_then(lookup).filter(|b| is_flat(b));
            if let Some(inner) = found
                && inner.num_ops() <= budget
            {
                budget -= inner.num_ops();
                chosen.insert(op, inner);
            }
        }
    }
    if chosen.is_empty() {
        return None;
    }
    let mut rebuild = Rebuild::new(body, &order, |_| true);
    for &block in &order {
        rebuild.start(block);
        for &op in &body.block(block).ops {
            match chosen.get(&op) {
                Some(inner) => splice(&mut rebuild, op, inner),
                None => {
                    rebuild.copy(op);
                }
            }
        }
    }
    Some(rebuild.finish())
}

/// Puts the blocks of `inner` in place of the call `op` and goes on in a new block that takes the results.
fn splice(rebuild: &mut Rebuild<'_>, op: Op, inner: &Body) {
    let data = rebuild.old.op(op);
    let args = rebuild.values(&data.args);
    rebuild.at(op);
    let builder = &mut rebuild.builder;
    let root = builder.body().root();
    let order = Rebuild::order(inner);
    let mut blocks: SecondaryMap<Block, Option<Block>> = SecondaryMap::new();
    let mut values: SecondaryMap<Value, Option<Value>> = SecondaryMap::new();
    for &block in &order {
        let params = &inner.block(block).params;
        let types: Vec<Type> = params.iter().map(|&p| inner.ty(p)).collect();
        let new = builder.block(root, &types);
        blocks[block] = Some(new);
        for (i, &param) in params.iter().enumerate() {
            values[param] = Some(builder.body().block(new).params[i]);
        }
    }
    let types: Vec<Type> = data.results.iter().map(|&r| rebuild.old.ty(r)).collect();
    let after = builder.block(root, &types);
    let jump = |builder: &mut zkc_ir::Builder, block: Block, args: Vec<Value>| {
        builder.op_full(
            ClifOp::Jump,
            &[],
            Vec::new(),
            &[],
            vec![Successor { block, args }],
            Vec::new(),
        );
    };
    let block_of =
        |block: Block| blocks[block].expect("all reachable blocks of the callee are copied");
    jump(builder, block_of(inner.entry()), args);
    for &block in &order {
        builder.switch_to(block_of(block));
        for &inner_op in &inner.block(block).ops {
            let data = inner.op(inner_op);
            let value =
                |v: Value| values[v].expect("definitions come before uses in reverse postorder");
            let args: Vec<Value> = data.args.iter().map(|&v| value(v)).collect();
            if ClifOp::from_opcode(data.opcode) == Some(ClifOp::Return) {
                jump(builder, after, args);
                continue;
            }
            let call = match ClifOp::from_opcode(data.opcode) {
                Some(ClifOp::ReturnCall) => Some(ClifOp::Call),
                Some(ClifOp::ReturnCallIndirect) => Some(ClifOp::CallIndirect),
                _ => None,
            };
            if let Some(call) = call {
                let call = builder.op(call, &args, data.attrs.clone(), &types);
                let results = builder.body().op(call).results.clone();
                jump(builder, after, results);
                continue;
            }
            let successors = data.successors.iter().map(|s| Successor {
                block: block_of(s.block),
                args: s.args.iter().map(|&v| value(v)).collect(),
            });
            let (successors, attrs) = (successors.collect(), data.attrs.clone());
            let types: Vec<Type> = data.results.iter().map(|&r| inner.ty(r)).collect();
            let new = builder.op_full(data.opcode, &args, attrs, &types, successors, Vec::new());
            for (i, &result) in data.results.iter().enumerate() {
                values[result] = Some(builder.body().op(new).results[i]);
            }
        }
    }
    builder.switch_to(after);
    for (i, &result) in data.results.iter().enumerate() {
        let value = rebuild.builder.body().block(after).params[i];
        rebuild.set(result, value);
    }
}
