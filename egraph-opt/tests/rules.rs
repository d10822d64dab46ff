//! Every rule, at every width it is written for, holds for boundary and random values by the rows' evaluators, and
//! never gives a 32-bit op an operand with an upper half.

use std::collections::BTreeSet;

use egg::ENodeOrVar;
use zkc_egraph::prove::search;
use zkc_egraph::{Group, Head, instances, rules};
use zkc_ir::ClifOp;

#[test]
fn every_rule_holds() {
    for instance in instances() {
        let held = search(instance, 400, 1).unwrap_or_else(|e| panic!("{e}"));
        let (name, bits) = (instance.rule.name, instance.bits);
        assert!(
            held >= 10,
            "`{name}` at {bits} bits was tried only {held} times"
        );
    }
}

#[test]
fn there_are_many_rules_with_names_and_docs() {
    let mut names = BTreeSet::new();
    for rule in rules() {
        assert!(names.insert(rule.name), "`{}` twice", rule.name);
        assert!(!rule.doc.is_empty(), "`{}` has no doc", rule.name);
        assert!(
            rule.name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "`{}`",
            rule.name
        );
    }
    assert!(rules().filter(|rule| rule.group != Group::Lower).count() >= 40);
}

#[test]
fn every_pure_op_has_a_lowering_of_level_0() {
    let lowered: BTreeSet<Head> = instances()
        .iter()
        .filter(|i| i.rule.group == Group::Lower && i.rule.level == zkc_egraph::Level::O0)
        .filter_map(|i| match i.lhs[0].ast.iter().last() {
            Some(ENodeOrVar::ENode(node)) => node.head(),
            _ => None,
        })
        .collect();
    let same_word = [
        ClifOp::Band32,
        ClifOp::Bor32,
        ClifOp::Bxor32,
        ClifOp::Select32,
        ClifOp::Udiv32,
        ClifOp::Urem32,
        // Leaves the graph as a constant, a comparison by condition, or the operand.
        ClifOp::Iconst32,
        ClifOp::Iconst64,
        ClifOp::Icmp32,
        ClifOp::Icmp64,
        ClifOp::Uextend,
    ];
    for &op in ClifOp::ALL {
        if op.opcode().def().eval.is_some() && !same_word.contains(&op) {
            assert!(lowered.contains(&Head::Clif(op)), "{op:?}");
        }
    }
}
