//! Looks for values at which a rule instance does not hold, by the rows' evaluators.
//!
//! Samples are boundaries, small numbers, the rule's own literals, and relations between the variables, because uniform
//! words seldom meet a side condition. Most facts are exact, the rest are any that the value satisfies.

use crate::facts::{Facts, mask};
use crate::language::ENode;
use crate::rewrite::Instance;
use egg::{ENodeOrVar, Language, PatternAst, Var};
use std::collections::{BTreeMap, BTreeSet};

/// Values at which a rule is wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{rule}` at {bits} bits: {left:#x} becomes {right} where {values}")]
pub struct Counterexample {
    /// The rule.
    pub rule: &'static str,
    /// The width.
    pub bits: u32,
    /// The pattern's value.
    pub left: u64,
    /// The replacement's value, or why it has none.
    pub right: String,
    /// The variables.
    pub values: String,
}

/// A generator of words, splitmix64, that begins with this seed.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next word.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
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

/// The expression's value, or why it has none: an operand that the op must not get, or a trap.
fn eval(ast: &PatternAst<ENode>, vars: &BTreeMap<Var, u64>) -> Result<u64, &'static str> {
    let mut values: Vec<u64> = Vec::with_capacity(ast.len());
    for node in ast.iter() {
        let value = match node {
            ENodeOrVar::Var(var) => *vars.get(var).ok_or("an unbound variable")?,
            ENodeOrVar::ENode(ENode::Const(value)) => *value,
            ENodeOrVar::ENode(node) => {
                let head = node.head().ok_or("a leaf")?;
                let mut args = [0; 3];
                for (arg, &id) in args.iter_mut().zip(node.children()) {
                    *arg = values[usize::from(id)];
                }
                let args = &args[..node.children().len()];
                if head.reads_low() && args.iter().any(|&arg| arg > mask(32)) {
                    return Err("an operand with an upper half");
                }
                match head.eval(args) {
                    Some(Ok(value)) => value,
                    Some(Err(_)) => return Err("a trap"),
                    None => return Err("no evaluator"),
                }
            }
        };
        values.push(value);
    }
    values.last().copied().ok_or("nothing")
}

/// A value for a variable: boundaries, small numbers, and relations to what other variables have.
fn sample(random: &mut Random, instance: &Instance, literals: &[u64], others: &[u64]) -> u64 {
    let mask = mask(instance.bits);
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
                1 => mask.wrapping_sub(literal),
                2 => width.wrapping_sub(literal),
                _ => literal.wrapping_sub(1),
            }
        }
        8 => random.next() & 0xff,
        9 => random.next() & 0x7fff_ffff,
        10 => random.next() & 0xffff_ffff,
        _ => random.next(),
    };
    // Most samples stay within the width, the rest are any word.
    if random.below(4) > 0 {
        value & mask
    } else {
        value
    }
}

/// Facts that hold of a value.
fn around(random: &mut Random, value: u64) -> Facts {
    let (a, b) = (random.next(), random.next() >> random.below(64));
    match random.below(8) {
        0 => Facts::range(value & a, value | b),
        1 => Facts::range(value.saturating_sub(b), value.saturating_add(b)),
        2 => Facts::known(value | b, value & a),
        _ => Facts::value(value),
    }
}

/// Evaluates an instance at samples until its condition held `wanted` times, or after 150 times as many tries and 60,000.
/// The number of times it held, or the first values at which the two sides differ.
pub fn search(instance: &Instance, wanted: usize, seed: u64) -> Result<usize, Counterexample> {
    let rule = instance.rule;
    let lhs = &instance.lhs[0].ast;
    let mut random = Random(seed);
    let vars: BTreeSet<Var> = lhs
        .iter()
        .filter_map(|node| match node {
            ENodeOrVar::Var(var) => Some(*var),
            ENodeOrVar::ENode(_) => None,
        })
        .collect();
    let text = format!("{} {} {}", rule.when, rule.lhs, rule.with);
    let literals: Vec<u64> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect();
    let mut held = 0;
    for _ in 0..wanted.saturating_mul(150).max(60_000) {
        let mut values = BTreeMap::new();
        for &var in &vars {
            let others: Vec<u64> = values.values().copied().collect();
            values.insert(var, sample(&mut random, instance, &literals, &others));
        }
        let Ok(left) = eval(lhs, &values) else {
            continue;
        };
        let facts: BTreeMap<Var, Facts> = values
            .iter()
            .map(|(&var, &value)| (var, around(&mut random, value)))
            .collect();
        let Some(constants) = instance.check(&|var| facts.get(&var).copied()) else {
            continue;
        };
        values.extend(constants);
        let mut sides = vec![eval(&instance.rhs, &values)];
        // Orders of commutative operands are the same expression.
        sides.extend(instance.lhs[1..].iter().map(|p| eval(&p.ast, &values)));
        if let Some(other) = sides.iter().find(|side| **side != Ok(left)) {
            let values: Vec<String> = values
                .iter()
                .map(|(v, x)| format!("{v} = {x:#x}"))
                .collect();
            return Err(Counterexample {
                rule: rule.name,
                bits: instance.bits,
                left,
                right: match other {
                    Ok(value) => format!("{value:#x}"),
                    Err(why) => (*why).to_owned(),
                },
                values: values.join(", "),
            });
        }
        held += 1;
        if held == wanted {
            break;
        }
    }
    Ok(held)
}
