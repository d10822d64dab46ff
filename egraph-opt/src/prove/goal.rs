//! A rule instance as a question to a solver.
//!
//! The graph only holds nodes that have a value wherever they are used, so the question is: the left side has a value, the
//! side condition holds of facts that admit the variables' values, the computed constants exist, and the right side has
//! no value or another one. An answer of `unsat` is a proof.

use super::condition::Conditions;
use super::meaning::{Word, meaning};
use super::term::{Op, Term, Terms};
use crate::formula::Formula;
use crate::language::ENode;
use crate::rewrite::{Texts, definitions};
use crate::rules::{Proof, Rule};
use egg::{ENodeOrVar, Language, PatternAst, Var};
use std::collections::BTreeMap;

/// What a solver is asked of an instance, or of one case of it.
#[derive(Clone, Debug)]
pub struct Goal {
    /// The terms.
    pub terms: Terms,
    /// What holds where the rewriter applies the rule.
    pub assumed: Term,
    /// The pattern's value.
    pub left: Term,
    /// The replacement's value.
    pub right: Term,
    /// The replacement has a value, and it is the pattern's.
    pub holds: Term,
}

/// The value of a variable in one case of a rule.
#[derive(Clone, Copy, Debug)]
enum Case {
    /// 2 to this power.
    Power(u32),
    /// This, modulo the word's bits.
    Amount(u32),
    /// Any number of this many bits.
    Below(u32),
}

/// The variable's name, without its question mark.
pub(crate) fn name(var: Var) -> String {
    var.to_string().trim_start_matches('?').to_owned()
}

/// The goal of a rule at a width, 32 or 64, with words of `word` bits.
///
/// The error says which part of the rule has no translation at that size.
pub fn goal(rule: &Rule, bits: u32, word: Word) -> Result<Goal, String> {
    goal_of(rule, bits, word, &[])
}

fn goal_of(rule: &Rule, bits: u32, word: Word, cases: &[(&str, Case)]) -> Result<Goal, String> {
    let texts = Texts {
        bits,
        word: word.bits,
    };
    let mut terms = Terms::default();
    let lhs = texts.parse(rule.lhs)?;
    let mut values = BTreeMap::new();
    for node in lhs.iter() {
        if let ENodeOrVar::Var(var) = node {
            let name = name(*var);
            let value = match cases.iter().find(|(of, _)| *of == name) {
                Some((_, case)) => case_value(&mut terms, word, &name, *case),
                None => terms.var(&name, word.bits),
            };
            values.insert(name, value);
        }
    }
    let (left, left_defined) = expression(&mut terms, word, &lhs, &values)?;
    let mut assumed = left_defined;
    let mut constants = BTreeMap::new();
    let always = terms.truth(true);
    let mut conditions = Conditions {
        terms: &mut terms,
        word,
        bits: word.of(bits),
        values: &values,
        facts: always,
    };
    if !rule.when.is_empty() {
        let when = conditions.holds(&Formula::parse(rule.when)?)?;
        assumed = conditions.terms.and(assumed, when);
    }
    for (name, formula) in definitions(rule.with)? {
        let (value, defined) = conditions.constant(&formula)?;
        assumed = conditions.terms.and(assumed, defined);
        let value = conditions.terms.extend(value, word.bits, false);
        constants.insert(name.to_owned(), value);
    }
    let facts = conditions.facts;
    assumed = terms.and(assumed, facts);
    values.extend(constants);
    let (right, right_defined) = expression(&mut terms, word, &texts.parse(rule.rhs)?, &values)?;
    let same = terms.eq(left, right);
    let holds = terms.and(right_defined, same);
    Ok(Goal {
        terms,
        assumed,
        left,
        right,
        holds,
    })
}

fn case_value(terms: &mut Terms, word: Word, name: &str, case: Case) -> Term {
    match case {
        Case::Power(power) => terms.number(1 << power, word.bits),
        Case::Amount(amount) => {
            let low = word.bits.trailing_zeros();
            let high = terms.var(&format!("{name}_high"), word.bits - low);
            let low = terms.number(amount.into(), low);
            terms.concat(high, low)
        }
        Case::Below(bits) => {
            let low = terms.var(&format!("{name}_low"), bits);
            terms.extend(low, word.bits, false)
        }
    }
}

/// An expression's value, and when it has one.
fn expression(
    terms: &mut Terms,
    word: Word,
    ast: &PatternAst<ENode>,
    values: &BTreeMap<String, Term>,
) -> Result<(Term, Term), String> {
    let mut parts: Vec<Term> = Vec::new();
    let mut defined = terms.truth(true);
    for node in ast.iter() {
        let part = match node {
            ENodeOrVar::Var(var) => *values
                .get(&name(*var))
                .ok_or_else(|| format!("`{var}` has no value"))?,
            ENodeOrVar::ENode(ENode::Const(value)) => {
                if word.bits < 64 && value >> word.bits != 0 {
                    return Err(format!("{value} does not fit words of {} bits", word.bits));
                }
                terms.number((*value).into(), word.bits)
            }
            ENodeOrVar::ENode(node) => {
                let head = node.head().ok_or("a leaf in a pattern")?;
                let args: Vec<Term> = node
                    .children()
                    .iter()
                    .map(|&id| parts[usize::from(id)])
                    .collect();
                let (value, has_value) = meaning(terms, word, head, &args)
                    .ok_or_else(|| format!("`{head}` has no term"))?;
                defined = terms.and(defined, has_value);
                value
            }
        };
        parts.push(part);
    }
    let root = *parts.last().ok_or("an empty pattern")?;
    Ok((root, defined))
}

/// The questions of an instance, each of which must have the answer `unsat`: one, or one for each case of its proof and one
/// that says that there are no other cases.
pub(super) fn questions(
    rule: &Rule,
    bits: u32,
    word: Word,
    proof: Proof,
) -> Result<Vec<String>, String> {
    let question = |goal: &Goal| goal.terms.question(goal.assumed, goal.holds);
    let whole = goal(rule, bits, word)?;
    let one = |cases: &[(&str, Case)]| Ok(question(&goal_of(rule, bits, word, cases)?));
    match proof {
        Proof::Direct | Proof::Scaled(..) => Ok(vec![question(&whole)]),
        Proof::Below(_, spare) if word.of(bits) - spare == word.bits => Ok(vec![question(&whole)]),
        Proof::Amounts(var) => (0..word.bits)
            .map(|k| one(&[(var, Case::Amount(k))]))
            .collect(),
        Proof::Powers(var) => {
            let mut cover = whole;
            let value = cover.terms.var(var, word.bits);
            cover.holds = cover.terms.truth(false);
            for k in 0..word.bits {
                let power = cover.terms.number(1 << k, word.bits);
                let is = cover.terms.eq(value, power);
                cover.holds = cover.terms.binary(Op::Or, cover.holds, is);
            }
            std::iter::once(Ok(question(&cover)))
                .chain((0..word.bits).map(|k| one(&[(var, Case::Power(k))])))
                .collect()
        }
        Proof::Below(vars, spare) => {
            let low = word.of(bits) - spare;
            let mut cover = whole;
            cover.holds = cover.terms.truth(true);
            let zero = cover.terms.number(0, word.bits - low);
            let mut cases = Vec::new();
            for &var in vars {
                let value = cover.terms.var(var, word.bits);
                let upper = cover.terms.extract(value, low, word.bits - low);
                let is = cover.terms.eq(upper, zero);
                cover.holds = cover.terms.and(cover.holds, is);
                cases.push((var, Case::Below(low)));
            }
            Ok(vec![question(&cover), one(&cases)?])
        }
    }
}
