//! The analyses on graphs small enough to check by eye, and against their definitions on random ones.

use super::{Cfg, Dominators, Loops};
use crate::testing::bodies;
use crate::{Block, Body, CRANELIFT, DialectSet, parse_funcs};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A body whose block `i` branches to the blocks of `edges[i]`.
fn graph(edges: &[&[u32]]) -> Body {
    let mut text = String::from("func @g(%0: i32) -> () {\n");
    for (block, targets) in edges.iter().enumerate() {
        let params = if block == 0 { "(%0: i32)" } else { "" };
        let targets: Vec<String> = targets.iter().map(|t| format!("^{t}")).collect();
        let op = match targets.len() {
            0 => "cranelift.return".to_owned(),
            _ => format!("cranelift.br_table %0 [{}]", targets.join(", ")),
        };
        text.push_str(&format!("^{block}{params}:\n{op}\n"));
    }
    text.push('}');
    parse_funcs(&text, DialectSet(&[CRANELIFT]))
        .unwrap()
        .remove(0)
        .body
}

fn numbers(blocks: impl IntoIterator<Item = Block>) -> Vec<u32> {
    blocks.into_iter().map(Block::as_u32).collect()
}

fn block(number: u32) -> Block {
    Block::from_u32(number)
}

/// Two nested loops, an unreachable block, a double edge.
fn nested_loops() -> Body {
    graph(&[&[1, 1], &[2, 5], &[3], &[2, 4], &[1], &[], &[5]])
}

#[test]
fn cfg() {
    let cfg = Cfg::new(&nested_loops());
    assert_eq!(cfg.entry(), Some(block(0)));
    assert_eq!(numbers(cfg.succs(block(0)).to_vec()), [1]);
    assert_eq!(numbers(cfg.preds(block(1)).to_vec()), [0, 4]);
    assert_eq!(numbers(cfg.preds(block(5)).to_vec()), [1, 6]);
    assert_eq!(numbers(cfg.reverse_postorder()), [0, 1, 2, 3, 4, 5]);
    assert_eq!(numbers(cfg.postorder().to_vec()), [5, 4, 3, 2, 1, 0]);
    assert_eq!(cfg.rpo_number(block(5)), Some(5));
    assert!(cfg.is_reachable(block(4)) && !cfg.is_reachable(block(6)));
    assert_eq!(cfg.rpo_number(block(6)), None);
}

#[test]
fn dominators() {
    let cfg = Cfg::new(&nested_loops());
    let dominators = Dominators::new(&cfg);
    let idoms: Vec<_> = (0..7)
        .map(|b| dominators.idom(block(b)).map(Block::as_u32))
        .collect();
    assert_eq!(
        idoms,
        [None, Some(0), Some(1), Some(2), Some(3), Some(1), None]
    );
    assert_eq!(numbers(dominators.children(block(1)).to_vec()), [2, 5]);
    assert_eq!(numbers(dominators.preorder().to_vec()), [0, 1, 2, 3, 4, 5]);
    assert!(dominators.dominates(block(2), block(2)) && dominators.dominates(block(1), block(4)));
    assert!(!dominators.dominates(block(2), block(5)) && !dominators.dominates(block(0), block(6)));
}

#[test]
fn loops() {
    let cfg = Cfg::new(&nested_loops());
    let loops = Loops::new(&cfg, &Dominators::new(&cfg));
    let found: Vec<_> = loops
        .loops()
        .iter()
        .map(|l| {
            (
                l.header.as_u32(),
                numbers(l.blocks.clone()),
                numbers(l.latches.clone()),
                l.parent,
                l.depth,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (1, vec![1, 2, 3, 4], vec![4], None, 1),
            (2, vec![2, 3], vec![3], Some(0), 2)
        ]
    );
    assert_eq!(
        (0..7).map(|b| loops.depth(block(b))).collect::<Vec<_>>(),
        [0, 1, 2, 2, 1, 0, 0]
    );
    assert!(loops.is_header(block(2)) && !loops.is_header(block(3)));
    assert_eq!(loops.innermost(block(4)), Some(0));
}

#[test]
fn irreducible_cycles_are_no_loops() {
    let cfg = Cfg::new(&graph(&[&[1, 2], &[2], &[1, 3], &[]]));
    assert!(Loops::new(&cfg, &Dominators::new(&cfg)).loops().is_empty());
}

/// Blocks reachable from the entry without passing `without`.
fn reachable(cfg: &Cfg, without: Option<Block>) -> BTreeSet<Block> {
    let mut seen = BTreeSet::new();
    let mut work: Vec<Block> = cfg
        .entry()
        .into_iter()
        .filter(|&b| Some(b) != without)
        .collect();
    while let Some(b) = work.pop() {
        if seen.insert(b) {
            work.extend(cfg.succs(b).iter().copied().filter(|&s| Some(s) != without));
        }
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn definitions_hold(body in bodies(CRANELIFT)) {
        let cfg = Cfg::new(&body);
        let dominators = Dominators::new(&cfg);
        let loops = Loops::new(&cfg, &dominators);
        let all = reachable(&cfg, None);
        prop_assert_eq!(cfg.postorder().iter().copied().collect::<BTreeSet<_>>(), all.clone());
        for &a in &all {
            let without = reachable(&cfg, Some(a));
            for &b in &all {
                prop_assert_eq!(dominators.dominates(a, b), !without.contains(&b), "{} {}", a, b);
            }
            prop_assert_eq!(loops.depth(a) as usize, loops.loops().iter().filter(|l| l.blocks.contains(&a)).count());
        }
        for l in loops.loops() {
            prop_assert_eq!(l.blocks[0], l.header);
            for &b in &l.blocks {
                prop_assert!(dominators.dominates(l.header, b));
            }
        }
    }
}
