//! Rewrite rules as data: name, pattern, replacement, side condition, one sentence.
//!
//! In the texts `$` stands for the type (`i32` or `i64`), `#` for the width, `M`, `SB`, `LOW` and `W` for the numbers
//! [`crate::Formula`] knows under these names. A rule is one instance per width it is written for. Patterns match
//! operands of commutative ops in any order. Rules of group [`Group::Lower`] give zk forms; all others relate cranelift
//! forms, so that each fact is stated once and lowering stays a table.

mod arith;
mod bits;
mod compare;
mod extend;
mod lower;
mod select;
mod shift;

use crate::Level;

/// What a rule is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Group {
    /// Sums, differences, products, quotients.
    Arith,
    /// Bitwise ops and masks.
    Bits,
    /// Shifts and rotates.
    Shift,
    /// Wrapping and sign extension, and 64-bit ops that fit 32 bits.
    Extend,
    /// Comparisons and their boolean results.
    Compare,
    /// Selects.
    Select,
    /// zk forms of cranelift forms.
    Lower,
}

impl Group {
    /// Every group, in table order.
    pub const ALL: &[Group] = &[
        Group::Arith,
        Group::Bits,
        Group::Shift,
        Group::Extend,
        Group::Compare,
        Group::Select,
        Group::Lower,
    ];

    /// The group's name.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Arith => "arith",
            Group::Bits => "bits",
            Group::Shift => "shift",
            Group::Extend => "extend",
            Group::Compare => "compare",
            Group::Select => "select",
            Group::Lower => "lower",
        }
    }
}

/// How a rule is proven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proof {
    /// One question at the rule's width.
    Direct,
    /// A question for each power of two that this variable can be.
    Powers(&'static str),
    /// A question for each value of this variable modulo the word's bits.
    Amounts(&'static str),
    /// One question with these variables below 2^(width - this many bits), as the condition says they are.
    Below(&'static [&'static str], u32),
    /// One question for words of this many bits, and evaluation at the rule's width, for this reason.
    Scaled(u32, &'static str),
}

/// Why a rule about division is proven for smaller words.
const QUOTIENT: &str = "z3 does not settle quotients of two unknown words of more bits";
/// Why a rule about a bounded product is.
const BOUND: &str = "z3 does not settle products of unknown bounds of more bits";

/// One rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Name, unique, kebab case.
    pub name: &'static str,
    /// Group.
    pub group: Group,
    /// Pattern.
    pub lhs: &'static str,
    /// Replacement.
    pub rhs: &'static str,
    /// Constants computed for the replacement: `name = formula`, separated by `;`. Values are taken modulo 2^width.
    pub with: &'static str,
    /// Side condition; empty means always.
    pub when: &'static str,
    /// What the rule says, one sentence.
    pub doc: &'static str,
    /// Widths the rule is written for; one entry means that it speaks of words of any width or names its widths itself.
    pub widths: &'static [u32],
    /// Lowest optimisation level that uses the rule.
    pub level: Level,
    /// How a solver proves it.
    pub proof: Proof,
}

impl Rule {
    /// A rule of both widths, without condition, used from level 1 on.
    pub const fn new(
        group: Group,
        name: &'static str,
        lhs: &'static str,
        rhs: &'static str,
        doc: &'static str,
    ) -> Rule {
        Rule {
            name,
            group,
            lhs,
            rhs,
            with: "",
            when: "",
            doc,
            widths: &[32, 64],
            level: Level::O1,
            proof: Proof::Direct,
        }
    }

    /// The rule under a side condition.
    pub const fn when(mut self, when: &'static str) -> Rule {
        self.when = when;
        self
    }

    /// The rule with computed constants.
    pub const fn with(mut self, with: &'static str) -> Rule {
        self.with = with;
        self
    }

    /// Only the instance of width 64: for rules about words, where the width does not matter.
    const fn word(mut self) -> Rule {
        self.widths = &[64];
        self
    }

    /// Both widths again, in a group whose rules are about words.
    const fn both(mut self) -> Rule {
        self.widths = &[32, 64];
        self
    }

    const fn at(mut self, level: Level) -> Rule {
        self.level = level;
        self
    }

    const fn proven(mut self, proof: Proof) -> Rule {
        self.proof = proof;
        self
    }
}

/// Every rule, group by group.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        arith::RULES,
        bits::RULES,
        shift::RULES,
        extend::RULES,
        compare::RULES,
        select::RULES,
        lower::RULES,
    ]
    .into_iter()
    .flatten()
}
