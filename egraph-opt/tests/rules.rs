//! Every rule, at every width it is written for, holds for boundary and random values by the rows' evaluators, and
//! never gives a 32-bit op an operand with an upper half.

use std::collections::{BTreeMap, BTreeSet};

use egg::{ENodeOrVar, Language, PatternAst, Var};
use zkc_egraph::{ENode, Facts, Group, Head, Instance, instances, rules};
use zkc_ir::{Arity, ClifOp, Ty, Type};

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// Why an expression has no value here.
#[derive(Debug)]
enum Undefined {
    /// An operand that the op must not get.
    Operand,
    /// A division that traps.
    Trap,
}

/// Whether operand `i` of a head must have no upper half.
fn needs_low(head: Head, i: usize) -> bool {
    match head {
        Head::Clif(ClifOp::Select64) => false,
        Head::Icmp(bits, _) => bits == 32,
        Head::Clif(op) => match op.opcode().def().operands {
            Arity::Fixed(types) => types[i] == Ty::Is(Type::I32),
            Arity::Variadic(_) => false,
        },
        Head::Zk(op) => op
            .opcode()
            .def()
            .name
            .trim_end_matches("_imm")
            .ends_with("32"),
    }
}

fn eval(ast: &PatternAst<ENode>, vars: &BTreeMap<Var, u64>) -> Result<u64, Undefined> {
    let mut values: Vec<u64> = Vec::new();
    for node in ast.iter() {
        let value = match node {
            ENodeOrVar::Var(var) => vars[var],
            ENodeOrVar::ENode(ENode::Const(value)) => *value,
            ENodeOrVar::ENode(node) => {
                let head = node.head().expect("patterns have no leaves");
                let args: Vec<u64> = node
                    .children()
                    .iter()
                    .map(|&id| values[usize::from(id)])
                    .collect();
                if args
                    .iter()
                    .enumerate()
                    .any(|(i, &arg)| needs_low(head, i) && arg > 0xffff_ffff)
                {
                    return Err(Undefined::Operand);
                }
                head.eval(&args)
                    .expect("heads of rules have evaluators")
                    .map_err(|_| Undefined::Trap)?
            }
        };
        values.push(value);
    }
    Ok(*values.last().expect("a pattern has a root"))
}

/// A value for a variable: boundaries, small numbers, and relations to what other variables have.
fn sample(random: &mut Random, instance: &Instance, literals: &[u64], others: &[u64]) -> u64 {
    let mask = if instance.bits == 32 {
        0xffff_ffff
    } else {
        u64::MAX
    };
    let width = u64::from(instance.bits);
    let value = match random.below(12) {
        0 => 1_u64 << random.below(64),
        1 => (1_u64 << random.below(64)) - 1,
        2 => (1_u64 << random.below(64)).wrapping_neg(),
        3 => random.next() & 3,
        4 => random.next() % (2 * width),
        5 | 6 if !others.is_empty() => {
            let other = others[random.below(others.len())];
            match random.below(6) {
                0 => other,
                1 => width.wrapping_sub(other),
                2 => !other,
                3 => other.wrapping_add(1),
                4 => other & random.next(),
                _ => other.wrapping_neg(),
            }
        }
        7 if !literals.is_empty() => {
            let literal = literals[random.below(literals.len())];
            match random.below(4) {
                0 => literal,
                1 => mask - literal,
                2 => width.wrapping_sub(literal),
                _ => literal.wrapping_sub(1),
            }
        }
        8 => random.next() & 0xff,
        9 => random.next() & 0x7fff_ffff,
        10 => random.next() & 0xffff_ffff,
        _ => random.next(),
    };
    // Half of the samples stay within the width, the rest are any word.
    if random.below(4) > 0 {
        value & mask
    } else {
        value
    }
}

/// What is wrong with an instance, if anything.
fn check(instance: &Instance, random: &mut Random) -> Result<(), String> {
    let rule = instance.rule;
    let lhs = &instance.lhs[0].ast;
    let vars: BTreeSet<Var> = lhs
        .iter()
        .filter_map(|n| {
            if let ENodeOrVar::Var(v) = n {
                Some(*v)
            } else {
                None
            }
        })
        .collect();
    let text = format!("{} {} {}", rule.when, rule.lhs, rule.with);
    let literals: Vec<u64> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|t| t.parse().ok())
        .collect();
    let mut held = 0;
    for _ in 0..60_000 {
        let mut values = BTreeMap::new();
        for &v in &vars {
            let others: Vec<u64> = values.values().copied().collect();
            values.insert(v, sample(random, instance, &literals, &others));
        }
        let Ok(left) = eval(lhs, &values) else {
            continue;
        };
        let Some(constants) = instance.check(&|v| values.get(&v).map(|&x| Facts::value(x))) else {
            continue;
        };
        values.extend(constants);
        match eval(&instance.rhs, &values) {
            Ok(right) if left == right => {}
            other => {
                return Err(format!(
                    "`{}` at {} bits: {left:x} became {other:x?} with {values:x?}",
                    rule.name, instance.bits
                ));
            }
        }
        // Orders of commutative operands are the same expression.
        for order in &instance.lhs[1..] {
            assert_eq!(
                eval(&order.ast, &values).ok(),
                Some(left),
                "orders of `{}`",
                rule.name
            );
        }
        held += 1;
        if held == 400 {
            break;
        }
    }
    if held < 10 {
        Err(format!(
            "`{}` at {} bits was tried only {held} times",
            rule.name, instance.bits
        ))
    } else {
        Ok(())
    }
}

#[test]
fn every_rule_holds() {
    let mut random = Random(1);
    let wrong: Vec<String> = instances()
        .iter()
        .filter_map(|i| check(i, &mut random).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
