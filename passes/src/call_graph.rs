//! Which functions a run from given roots can reach.
//!
//! A `call_indirect` through a table that no code writes reaches the functions of its type in the table's active element
//! segments; through another, every function of its type that a reference is made of anywhere.

use crate::runtime::{self, INTRINSICS};
use crate::wasm_to_cranelift::simd;
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::{
    Attr, Body, ClifOp, Diagnostic, ElementItem, FuncBody, GlobalInit, Module, SegmentMode, SimdOp,
    WasmOp,
};

/// What a body calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Calls {
    /// Callees, ascending, each once.
    pub direct: Vec<u32>,
    /// Indirect calls as (type index, table), ascending, each once.
    pub indirect: Vec<(u32, u32)>,
    /// Runtime functions that ops stand for, by name, ascending, each once.
    pub runtime: Vec<&'static str>,
}

impl Calls {
    /// The callees in a linked module, but for those of indirect calls.
    pub fn callees<'a>(&'a self, module: &Module) -> impl Iterator<Item = u32> + 'a {
        let base = runtime::base(module);
        let supplied = self
            .runtime
            .iter()
            .filter_map(move |name| runtime::index_of(base?, name));
        self.direct.iter().copied().chain(supplied)
    }

    /// The callees, with those of the indirect calls that are not in `followed` yet; these calls join it.
    pub fn next(&self, module: &Module, followed: &mut BTreeSet<(u32, u32)>) -> Vec<u32> {
        let mut next: Vec<u32> = self.callees(module).collect();
        for &(ty, table) in &self.indirect {
            if followed.insert((ty, table)) {
                next.extend(candidates(module, ty, table));
            }
        }
        next
    }
}

/// What a body of the wasm or cranelift dialect calls.
pub fn calls(body: &Body) -> Calls {
    let mut calls = Calls::default();
    for (_, data) in body.ops() {
        match (ClifOp::from_opcode(data.opcode), data.attrs.as_slice()) {
            (Some(ClifOp::Call | ClifOp::ReturnCall), [Attr::Func(callee)]) => {
                calls.direct.push(*callee);
            }
            (
                Some(ClifOp::CallIndirect | ClifOp::ReturnCallIndirect),
                [Attr::Index(ty), Attr::Index(table)],
            ) => calls.indirect.push((*ty, *table)),
            (Some(op), _) => calls.runtime.extend(runtime::function_of(op)),
            (None, _) => {}
        }
        match (WasmOp::from_opcode(data.opcode), data.attrs.as_slice()) {
            (Some(WasmOp::Call | WasmOp::ReturnCall), [Attr::Func(callee)]) => {
                calls.direct.push(*callee);
            }
            (
                Some(WasmOp::CallIndirect | WasmOp::ReturnCallIndirect),
                [Attr::Index(ty), Attr::Index(table)],
            ) => calls.indirect.push((*ty, *table)),
            (Some(op), _) => calls.runtime.extend(runtime::function_of_wasm(op)),
            (None, _) => {}
        }
        if let Some(op) = SimdOp::from_opcode(data.opcode) {
            calls.runtime.extend(simd::function_of(op));
        }
    }
    calls.direct.sort_unstable();
    calls.direct.dedup();
    calls.indirect.sort_unstable();
    calls.indirect.dedup();
    calls.runtime.sort_unstable();
    calls.runtime.dedup();
    calls
}

/// The functions with code that a run starting at `roots` can reach, ascending. `module` is linked and decoded.
///
/// Errors: the diagnostic of an unsupported function among them; `unknown-import` for a function nobody provides.
pub fn needed(module: &Module, roots: &[u32]) -> Result<Vec<u32>, Diagnostic> {
    reach(module, roots, |index| {
        module.funcs.get(index as usize)?.body.code().map(calls)
    })
}

/// [`needed`], with the calls of each function supplied by the caller; `None` where there is no code.
pub fn reach(
    module: &Module,
    roots: &[u32],
    calls: impl Fn(u32) -> Option<Calls>,
) -> Result<Vec<u32>, Diagnostic> {
    let mut followed = BTreeSet::new();
    // Function and the one that reached it.
    let mut reached: BTreeMap<u32, Option<u32>> = BTreeMap::new();
    let mut work: Vec<(u32, Option<u32>)> = roots.iter().rev().map(|&root| (root, None)).collect();
    let mut needed = Vec::new();
    while let Some((index, from)) = work.pop() {
        if reached.contains_key(&index) {
            continue;
        }
        reached.insert(index, from);
        let Some(calls) = calls(index) else {
            refuse(module, index, &reached)?;
            continue;
        };
        needed.push(index);
        let next = calls.next(module, &mut followed);
        work.extend(next.into_iter().rev().map(|callee| (callee, Some(index))));
    }
    needed.sort_unstable();
    Ok(needed)
}

/// Functions of a type that a table may hold.
fn candidates(module: &Module, ty: u32, table: u32) -> impl Iterator<Item = u32> + '_ {
    let signature = module.types.get(ty as usize);
    let written = module.tables.get(table as usize).is_none_or(|t| t.written);
    let segments = module.elements.iter().filter(move |s| match s.mode {
        SegmentMode::Active { target, .. } => written || target == table,
        SegmentMode::Passive => written,
        SegmentMode::Declared => false,
    });
    let func = |init: &GlobalInit| match init {
        GlobalInit::RefFunc(func) => Some(*func),
        GlobalInit::Import(_)
        | GlobalInit::Const(_)
        | GlobalInit::Global(_)
        | GlobalInit::RefNull
        | GlobalInit::Expr(_) => None,
    };
    let items = segments.flat_map(|s| &s.items);
    let items = items.filter_map(move |item| match *item {
        ElementItem::Null => None,
        ElementItem::Func(func) => Some(func),
        ElementItem::Global(mut global) => loop {
            // A global may only name earlier ones.
            match &module.globals.get(global as usize)?.init {
                GlobalInit::Global(earlier) if *earlier < global => global = *earlier,
                init => break func(init),
            }
        },
    });
    let elsewhere = module.globals.iter().filter_map(move |g| func(&g.init));
    let elsewhere = elsewhere.chain(module.referenced.iter().copied());
    let funcs = items.chain(elsewhere.filter(move |_| written));
    funcs.filter(move |&f| module.funcs.get(f as usize).map(|f| &f.signature) == signature)
}

/// The error for a reached function without code, with the chain of calls that reaches it.
fn refuse(
    module: &Module,
    index: u32,
    reached: &BTreeMap<u32, Option<u32>>,
) -> Result<(), Diagnostic> {
    let name = |index: u32| {
        module
            .funcs
            .get(index as usize)
            .map_or_else(|| index.to_string(), |f| f.name.clone())
    };
    let mut diagnostic = match module.funcs.get(index as usize).map(|f| &f.body) {
        Some(FuncBody::Import(import)) if import.module == INTRINSICS => return Ok(()),
        Some(FuncBody::Import(import)) => {
            let message = format!(
                "nobody provides the imported function `{}.{}`",
                import.module, import.name
            );
            Diagnostic::error("unknown-import", message)
        }
        Some(FuncBody::Unsupported(diagnostic)) => (**diagnostic).clone(),
        Some(FuncBody::Body(_) | FuncBody::Lazy(_)) => return Ok(()),
        None => Diagnostic::error("unknown-function", format!("there is no function {index}")),
    };
    let mut chain = vec![name(index)];
    let mut at = index;
    while let Some(Some(from)) = reached.get(&at) {
        chain.push(name(*from));
        at = *from;
    }
    if chain.len() > 1 {
        diagnostic = diagnostic.note(format!(
            "`{}` is called from `{}`",
            chain[0],
            chain[1..].join("` from `")
        ));
    }
    Err(diagnostic)
}
