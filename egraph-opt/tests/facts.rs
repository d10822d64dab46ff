//! What the facts say of a node holds of its value, for every op and random facts of its operands.

use egg::Id;
use zkc_egraph::prove::Random;
use zkc_egraph::{ENode, Facts, Head};
use zkc_ir::{Arity, ClifOp, Cond, Ty, Type};

fn word(random: &mut Random) -> u64 {
    match random.next() % 6 {
        0 => 1 << (random.next() % 64),
        1 => (1 << (random.next() % 64)) - 1,
        2 => random.next() % 70,
        3 => u64::from(random.next() as u32),
        4 => (1_u64 << (random.next() % 64)).wrapping_neg(),
        _ => random.next(),
    }
}

/// Facts that hold of a value.
fn around(random: &mut Random, value: u64, low: bool) -> Facts {
    let facts = match random.next() % 5 {
        0 => Facts::value(value),
        1 => {
            let span = word(random) % 1000;
            Facts::range(value.saturating_sub(span), value.saturating_add(span))
        }
        2 => {
            let unknown = word(random);
            Facts::known(value | unknown, value & !unknown)
        }
        3 => Facts::range(value & word(random), value | word(random)),
        _ => Facts::TOP,
    };
    if low {
        facts.and(Facts::bits(32)).expect("the value is low")
    } else {
        facts
    }
}

fn holds(facts: Facts, value: u64) -> bool {
    facts.min <= value && value <= facts.max && value & !facts.may == 0 && facts.must & !value == 0
}

#[test]
fn facts_hold_of_values() {
    let mut heads: Vec<Head> = ClifOp::ALL
        .iter()
        .filter(|op| {
            op.opcode().def().eval.is_some() && !matches!(op, ClifOp::Icmp32 | ClifOp::Icmp64)
        })
        .map(|&op| Head::Clif(op))
        .collect();
    heads.extend(
        Cond::ALL
            .iter()
            .flat_map(|&cond| [Head::Icmp(32, cond), Head::Icmp(64, cond)]),
    );
    let mut random = Random(7);
    for head in heads {
        let Arity::Fixed(operands) = head.opcode().def().operands else {
            continue;
        };
        if operands.is_empty() {
            continue;
        }
        for _ in 0..4000 {
            let low: Vec<bool> = operands.iter().map(|&ty| ty == Ty::Is(Type::I32)).collect();
            let values: Vec<u64> = low
                .iter()
                .map(|&low| word(&mut random) & if low { 0xffff_ffff } else { u64::MAX })
                .collect();
            let facts: Vec<Facts> = values
                .iter()
                .zip(&low)
                .map(|(&v, &low)| around(&mut random, v, low))
                .collect();
            assert!(facts.iter().zip(&values).all(|(&f, &v)| holds(f, v)));
            let Some(Ok(result)) = head.eval(&values) else {
                continue;
            };
            let children: Vec<Id> = (0..values.len()).map(Id::from).collect();
            // Not `ENode::op`, which may exchange children; facts do not care.
            let node = ENode::op(head, &children);
            let of_node = Facts::of_node(&node, |id| facts[usize::from(id)]);
            assert!(
                holds(of_node, result),
                "{head} of {values:x?} with {facts:x?}: {result:x} but {of_node:x?}"
            );
        }
    }
}
