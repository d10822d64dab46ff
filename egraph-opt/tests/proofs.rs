//! The terms that a solver is asked about mean what the evaluators compute.

use egg::{ENodeOrVar, Language, Var};
use std::collections::BTreeMap;
use zkc_egraph::prove::{Goal, Random, Terms, Word, goal, meaning};
use zkc_egraph::{ENode, Facts, Head, Instance, instances};
use zkc_ir::{Arity, ClifOp, Cond, Ty, Type};
use zkc_isa::ZkOp;

fn word(random: &mut Random) -> u64 {
    let bit = random.next() % 64;
    let word = match random.next() % 6 {
        0 => 1 << bit,
        1 => (1 << bit) - 1,
        2 => (1_u64 << bit).wrapping_neg(),
        3 => random.next() % 70,
        _ => random.next(),
    };
    if random.next().is_multiple_of(2) {
        word & 0xffff_ffff
    } else {
        word
    }
}

/// Every head with an evaluator, and its number of operands.
fn heads() -> Vec<(Head, usize)> {
    let clif = ClifOp::ALL.iter().map(|&op| Head::Clif(op));
    let zk = ZkOp::ALL.iter().map(|&op| Head::Zk(op));
    let conds = Cond::ALL
        .iter()
        .flat_map(|&cond| [Head::Icmp(32, cond), Head::Icmp(64, cond)]);
    clif.chain(zk)
        .chain(conds)
        .filter(|head| match head {
            // Comparisons are heads of their own; constants are no heads.
            Head::Clif(ClifOp::Icmp32 | ClifOp::Icmp64) => false,
            Head::Clif(ClifOp::Iconst32 | ClifOp::Iconst64) | Head::Zk(ZkOp::Li) => false,
            head => head.opcode().def().eval.is_some(),
        })
        .map(|head| match head.opcode().def().operands {
            Arity::Fixed(types) => (head, types.len() + usize::from(head.has_imm())),
            Arity::Variadic(_) => panic!("{head} has a fixed number of operands"),
        })
        .collect()
}

#[test]
fn the_table_means_what_the_rows_evaluate() {
    let mut random = Random(3);
    for (head, operands) in heads() {
        let mut terms = Terms::default();
        let args: Vec<_> = ["a", "b", "c"][..operands]
            .iter()
            .map(|name| terms.var(name, 64))
            .collect();
        let (value, defined) = meaning(&mut terms, Word::FULL, head, &args)
            .unwrap_or_else(|| panic!("{head} has no meaning"));
        let (mut values, mut traps, mut refused) = (0, 0, 0);
        for _ in 0..3000 {
            let mut args: Vec<u64> = (0..operands).map(|_| word(&mut random)).collect();
            if head.reads_low() && !random.next().is_multiple_of(4) {
                args.iter_mut().for_each(|arg| *arg &= 0xffff_ffff);
            }
            let wide: Vec<u128> = args.iter().map(|&arg| arg.into()).collect();
            let has_value = terms.eval(defined, &wide) == 1;
            if head.reads_low() && args.iter().any(|&arg| arg > 0xffff_ffff) {
                assert!(!has_value, "{head} of {args:x?}");
                refused += 1;
                continue;
            }
            match head.eval(&args).expect("the row has an evaluator") {
                Ok(result) => {
                    assert!(has_value, "{head} of {args:x?}");
                    assert_eq!(
                        terms.eval(value, &wide),
                        result.into(),
                        "{head} of {args:x?}"
                    );
                    values += 1;
                }
                Err(_) => {
                    assert!(!has_value, "{head} of {args:x?} traps");
                    traps += 1;
                }
            }
        }
        assert!(values > 1000, "{head}");
        assert_eq!(
            traps > 0,
            head.opcode().has(zkc_ir::Traits::MAY_TRAP),
            "{head}"
        );
        assert_eq!(refused > 0, head.reads_low(), "{head}");
    }
}

#[test]
fn operands_are_low_where_the_rows_say_so() {
    for (head, operands) in heads() {
        let row = head.opcode().def();
        let low = match head {
            // One head for both widths: words.
            Head::Clif(ClifOp::Select32 | ClifOp::Select64) => false,
            Head::Icmp(bits, _) => bits == 32,
            Head::Clif(_) => match row.operands {
                Arity::Fixed(types) => types.contains(&Ty::Is(Type::I32)),
                Arity::Variadic(_) => false,
            },
            // Instructions named `..32` read operands whose upper half is zero.
            Head::Zk(_) => row.name.trim_end_matches("_imm").ends_with("32"),
        };
        assert_eq!(head.reads_low(), low, "{head} of {operands}");
    }
}

/// The value of a side of a rule, if it has one.
fn eval(ast: &egg::PatternAst<ENode>, vars: &BTreeMap<Var, u64>) -> Option<u64> {
    let mut values: Vec<u64> = Vec::new();
    for node in ast.iter() {
        values.push(match node {
            ENodeOrVar::Var(var) => vars[var],
            ENodeOrVar::ENode(ENode::Const(value)) => *value,
            ENodeOrVar::ENode(node) => {
                let args: Vec<u64> = node
                    .children()
                    .iter()
                    .map(|&id| values[usize::from(id)])
                    .collect();
                let head = node.head()?;
                if head.reads_low() && args.iter().any(|&arg| arg > 0xffff_ffff) {
                    return None;
                }
                head.eval(&args)?.ok()?
            }
        });
    }
    values.last().copied()
}

fn facts(random: &mut Random, value: u64) -> Facts {
    let (a, b) = (word(random), word(random));
    match random.next() % 6 {
        0 => Facts::range(value & a, value | b),
        1 => Facts::known(value | a, value & b),
        2 => Facts::TOP,
        _ => Facts::value(value),
    }
}

/// The values of a goal's variables, in its order.
fn assignment(
    goal: &Goal,
    values: &BTreeMap<String, u64>,
    facts: &BTreeMap<String, Facts>,
) -> Vec<u128> {
    goal.terms
        .vars()
        .map(|(name, _)| match name.split_once('_') {
            None => values[name].into(),
            Some((var, field)) => {
                let facts = facts[var];
                match field {
                    "min" => facts.min.into(),
                    "max" => facts.max.into(),
                    "may" => facts.may.into(),
                    "must" => facts.must.into(),
                    "const" => facts.as_const().is_some().into(),
                    other => panic!("{other}"),
                }
            }
        })
        .collect()
}

fn check(instance: &Instance, random: &mut Random) -> (usize, usize) {
    let rule = instance.rule;
    let goal = goal(rule, instance.bits, Word::FULL).expect("a rule has a goal");
    let lhs = &instance.lhs[0].ast;
    let vars: Vec<Var> = lhs
        .iter()
        .filter_map(|node| match node {
            ENodeOrVar::Var(var) => Some(*var),
            ENodeOrVar::ENode(_) => None,
        })
        .collect();
    let (mut applied, mut not) = (0, 0);
    for _ in 0..2000 {
        let mut values: BTreeMap<Var, u64> = vars.iter().map(|&var| (var, word(random))).collect();
        let known: BTreeMap<Var, Facts> = values
            .iter()
            .map(|(&var, &value)| (var, facts(random, value)))
            .collect();
        let name = |var: &Var| var.to_string().trim_start_matches('?').to_owned();
        let variables = assignment(
            &goal,
            &values.iter().map(|(var, &x)| (name(var), x)).collect(),
            &known.iter().map(|(var, &x)| (name(var), x)).collect(),
        );
        let assumed = goal.terms.eval(goal.assumed, &variables) == 1;
        let left = eval(lhs, &values);
        let constants = instance.check(&|var| known.get(&var).copied());
        let (Some(left), Some(constants)) = (left, constants) else {
            // A product that the rewriter's numbers do not hold is one for the terms.
            if !rule.with.contains('*') {
                assert!(!assumed, "`{}`: {values:x?} {known:x?}", rule.name);
            }
            not += 1;
            continue;
        };
        assert!(assumed, "`{}`: {values:x?} {known:x?}", rule.name);
        values.extend(constants);
        let right = eval(&instance.rhs, &values).expect("the rule holds");
        assert_eq!(goal.terms.eval(goal.left, &variables), left.into());
        assert_eq!(goal.terms.eval(goal.right, &variables), right.into());
        assert_eq!(goal.terms.eval(goal.holds, &variables), 1);
        applied += 1;
    }
    (applied, not)
}

#[test]
fn a_goal_assumes_what_the_rewriter_checks() {
    let mut random = Random(5);
    let (mut applied, mut not) = (0, 0);
    for instance in instances() {
        let (a, n) = check(instance, &mut random);
        applied += usize::from(a > 0);
        not += usize::from(n > 0);
    }
    // Some conditions hold too seldom for uniform samples.
    assert!(applied * 10 > instances().len() * 8, "{applied}");
    assert!(not * 10 > instances().len() * 4, "{not}");
}
