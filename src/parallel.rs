//! Functions compiled on several threads before a program asks for them one by one.
//!
//! Each thread has a handle of the database, and what it computes is memoised for all. The queries that follow find everything
//! done, in their own order: a program cannot depend on the number of threads, and errors are reported by those queries.

use crate::compiler::Roots;
use crate::db::{Db, Flags, Model, Source};
use crate::queries;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use zkc_ir::FuncBody;
use zkc_passes::Linked;

/// The number of threads that `jobs` asks for; 0 is one per processor.
pub(crate) fn threads(jobs: usize) -> usize {
    match jobs {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get),
        jobs => jobs,
    }
}

/// Calls `work` for each of `items`, on `threads` threads, each with its own handle.
pub(crate) fn for_each<H: Clone + Send, T: Sync>(
    handle: &H,
    threads: usize,
    items: &[T],
    work: impl Fn(&H, &T) + Sync,
) {
    let (next, work) = (AtomicUsize::new(0), &work);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            let (handle, next) = (handle.clone(), &next);
            scope.spawn(move || {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(&handle, item);
                }
            });
        }
    });
}

/// Compiles the functions that `roots` reach, up to what `last` asks for of each.
pub(crate) fn compile_ahead(
    db: &Db,
    (source, flags, model): (Source, Flags, Model),
    roots: &Roots,
    jobs: usize,
    last: fn(&Db, Source, Flags, Model, u32),
) {
    let threads = threads(jobs);
    let Ok(linked) = queries::linked(db, source) else {
        return;
    };
    let module = &linked.module;
    // The layout is asked for by every function.
    if threads < 2 || queries::layout(db, source, flags).is_err() {
        return;
    }
    if flags.level(db) >= 2 {
        // Who is inlined is decided on all functions but the runtime's. Large ones first, so that none is left for the end.
        let own = module.funcs.iter().enumerate();
        let own = own.filter(|(_, f)| !matches!(f.body, FuncBody::Lazy(_)));
        let mut all: Vec<u32> = own.map(|(index, _)| index as u32).collect();
        all.sort_by_key(|&index| std::cmp::Reverse(size(db, source, index)));
        for_each(db, threads, &all, |db, &index| {
            let _ = queries::cranelift_alone(db, source, flags, index);
        });
        queries::inlined(db, source, flags);
    }
    reach(db, (source, flags), linked, roots, threads);
    let Ok(plan) = queries::plan(db, source, flags, roots.clone()) else {
        return;
    };
    let mut needed = plan.needed.clone();
    needed.sort_by_key(|&index| std::cmp::Reverse(size(db, source, index)));
    for_each(db, threads, &needed, |db, &index| {
        last(db, source, flags, model, index);
    });
}

/// Makes the cranelift dialect of what `roots` reach, in waves.
fn reach(
    db: &Db,
    (source, flags): (Source, Flags),
    linked: &Linked,
    roots: &Roots,
    threads: usize,
) {
    let Ok(exports) = roots.exports(linked) else {
        return;
    };
    let module = &linked.module;
    let mut seen: BTreeSet<u32> = exports.iter().map(|e| e.func).chain(module.start).collect();
    let mut followed = BTreeSet::new();
    let mut wave: Vec<u32> = seen.iter().copied().collect();
    while !wave.is_empty() {
        for_each(db, threads, &wave, |db, &index| {
            queries::callees(db, source, flags, index);
        });
        let mut next = Vec::new();
        for &index in &wave {
            if let Some(calls) = queries::callees(db, source, flags, index) {
                let callees = calls.next(module, &mut followed);
                next.extend(callees.into_iter().filter(|&callee| seen.insert(callee)));
            }
        }
        wave = next;
    }
}

fn size(db: &Db, source: Source, index: u32) -> usize {
    queries::body_bytes(db, source, index)
        .as_ref()
        .map_or(0, |bytes| bytes.len())
}
