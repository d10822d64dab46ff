//! Terms over bit-vectors: built once, printed as SMT-LIB 2 and evaluated.
//!
//! One arena holds all terms of a goal; equal terms are one. Only constants are folded, so what the solver reads is what was
//! built; `eval` gives the meaning SMT-LIB gives, division by zero included, and lets tests compare it with evaluators
//! without a solver. Widths are 1 to 128; a truth has width 0.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A term: its place in the arena.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Term(u32);

/// Widest vector.
pub(super) const MAX_WIDTH: u32 = 128;

/// What a term is made by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Op {
    /// The variable of this number.
    Var(u32),
    Const(u128),
    Not,
    And,
    Or,
    Xor,
    Neg,
    Add,
    Sub,
    Mul,
    Udiv,
    Urem,
    Sdiv,
    Srem,
    Shl,
    Lshr,
    Ashr,
    Concat,
    /// The bits from this one on, as many as the width.
    Extract(u32),
    Zext,
    Sext,
    Eq,
    Ult,
    Ule,
    Slt,
    Sle,
    Ite,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Node {
    op: Op,
    width: u32,
    args: [Term; 3],
    len: u8,
}

/// An arena of terms and the variables they speak of.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    nodes: Vec<Node>,
    index: BTreeMap<Node, Term>,
    vars: Vec<(String, Term)>,
}

fn mask(width: u32) -> u128 {
    if width >= 128 {
        u128::MAX
    } else {
        (1 << width) - 1
    }
}

fn signed(value: u128, width: u32) -> i128 {
    let unused = 128 - width;
    ((value << unused) as i128) >> unused
}

impl Terms {
    fn node(&mut self, op: Op, width: u32, args: &[Term]) -> Term {
        let mut padded = [Term(0); 3];
        padded[..args.len()].copy_from_slice(args);
        let values: Option<Vec<u128>> = args.iter().map(|&a| self.as_const(a)).collect();
        let folds = !args.is_empty() && !matches!(op, Op::Var(_) | Op::Const(_));
        let mut node = Node {
            op,
            width,
            args: padded,
            len: args.len() as u8,
        };
        if folds && let Some(values) = values {
            let widths: Vec<u32> = args.iter().map(|&a| self.width(a)).collect();
            node = Node {
                op: Op::Const(compute(op, width, &values, &widths)),
                width,
                args: [Term(0); 3],
                len: 0,
            };
        }
        if let Some(&term) = self.index.get(&node) {
            return term;
        }
        let term = Term(self.nodes.len() as u32);
        self.nodes.push(node);
        self.index.insert(node, term);
        term
    }

    /// The width in bits; 0 is a truth.
    pub fn width(&self, term: Term) -> u32 {
        self.nodes[term.0 as usize].width
    }

    /// The value, of a constant.
    pub fn as_const(&self, term: Term) -> Option<u128> {
        match self.nodes[term.0 as usize].op {
            Op::Const(value) => Some(value),
            _ => None,
        }
    }

    /// The variable of this name, made at its first use.
    pub fn var(&mut self, name: &str, width: u32) -> Term {
        if let Some((_, term)) = self.vars.iter().find(|(n, _)| n == name) {
            return *term;
        }
        let term = self.node(Op::Var(self.vars.len() as u32), width, &[]);
        self.vars.push((name.to_owned(), term));
        term
    }

    /// Names of the variables with their widths, in the order [`Terms::eval`] takes their values.
    pub fn vars(&self) -> impl Iterator<Item = (&str, u32)> {
        self.vars
            .iter()
            .map(|(name, term)| (name.as_str(), self.width(*term)))
    }

    /// A constant, modulo 2^width.
    pub fn number(&mut self, value: u128, width: u32) -> Term {
        self.node(Op::Const(value & mask(width)), width, &[])
    }

    /// A truth.
    pub fn truth(&mut self, holds: bool) -> Term {
        self.node(Op::Const(holds.into()), 0, &[])
    }

    pub(crate) fn unary(&mut self, op: Op, a: Term) -> Term {
        let width = self.width(a);
        self.node(op, width, &[a])
    }

    /// An op of two operands of one width; a comparison gives a truth.
    pub(crate) fn binary(&mut self, op: Op, a: Term, b: Term) -> Term {
        let width = self.width(a);
        assert_eq!(width, self.width(b), "operands of {op:?} have one width");
        let width = match op {
            Op::Eq | Op::Ult | Op::Ule | Op::Slt | Op::Sle => 0,
            _ => width,
        };
        self.node(op, width, &[a, b])
    }

    /// Both hold; a side that always holds is left out.
    pub fn and(&mut self, a: Term, b: Term) -> Term {
        match (self.as_const(a), self.as_const(b)) {
            (Some(1), _) => b,
            (_, Some(1)) => a,
            _ => self.binary(Op::And, a, b),
        }
    }

    /// The opposite; of a vector, bit by bit.
    pub fn not(&mut self, a: Term) -> Term {
        self.unary(Op::Not, a)
    }

    /// Whether two terms of one width are equal.
    pub fn eq(&mut self, a: Term, b: Term) -> Term {
        self.binary(Op::Eq, a, b)
    }

    pub(crate) fn ite(&mut self, holds: Term, then: Term, otherwise: Term) -> Term {
        assert_eq!(self.width(holds), 0, "a condition is a truth");
        match self.as_const(holds) {
            Some(1) => then,
            Some(_) => otherwise,
            None => {
                let width = self.width(then);
                self.node(Op::Ite, width, &[holds, then, otherwise])
            }
        }
    }

    pub(crate) fn extract(&mut self, a: Term, low: u32, width: u32) -> Term {
        assert!(low + width <= self.width(a), "extracted bits exist");
        if width == self.width(a) {
            a
        } else {
            self.node(Op::Extract(low), width, &[a])
        }
    }

    pub(crate) fn concat(&mut self, high: Term, low: Term) -> Term {
        let width = self.width(high) + self.width(low);
        self.node(Op::Concat, width, &[high, low])
    }

    /// Widened with zeros, or with the sign.
    pub(crate) fn extend(&mut self, a: Term, width: u32, sign: bool) -> Term {
        assert!(width >= self.width(a), "an extension does not cut");
        if width == self.width(a) {
            a
        } else {
            self.node(if sign { Op::Sext } else { Op::Zext }, width, &[a])
        }
    }

    /// The value of a term where variables have these values, in the order of [`Terms::vars`].
    pub fn eval(&self, term: Term, vars: &[u128]) -> u128 {
        let mut values: Vec<u128> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes[..=term.0 as usize] {
            let args = &node.args[..node.len as usize];
            let value = match node.op {
                Op::Var(number) => vars[number as usize] & mask(node.width.max(1)),
                Op::Const(value) => value,
                op => {
                    let operands: Vec<u128> = args.iter().map(|a| values[a.0 as usize]).collect();
                    let widths: Vec<u32> = args.iter().map(|&a| self.width(a)).collect();
                    compute(op, node.width, &operands, &widths)
                }
            };
            values.push(value);
        }
        values[term.0 as usize]
    }

    /// SMT-LIB 2: can `assumed` be true and `holds` false? `unsat` says no.
    pub fn question(&self, assumed: Term, holds: Term) -> String {
        let (text, names) = self.print(&[assumed, holds]);
        format!(
            "(set-logic QF_BV)\n{text}(assert {})\n(assert (not {}))\n(check-sat)\n",
            names[0], names[1]
        )
    }

    /// Declarations of the variables that `roots` speak of, definitions of their parts, and the names of the roots.
    fn print(&self, roots: &[Term]) -> (String, Vec<String>) {
        let mut used = vec![false; self.nodes.len()];
        for root in roots {
            used[root.0 as usize] = true;
        }
        for i in (0..self.nodes.len()).rev() {
            if used[i] {
                let node = &self.nodes[i];
                for arg in &node.args[..node.len as usize] {
                    used[arg.0 as usize] = true;
                }
            }
        }
        let mut text = String::new();
        let mut names: Vec<String> = vec![String::new(); self.nodes.len()];
        let mut defined = 0;
        for (i, node) in self.nodes.iter().enumerate().filter(|(i, _)| used[*i]) {
            let sort = match node.width {
                0 => "Bool".to_owned(),
                width => format!("(_ BitVec {width})"),
            };
            names[i] = match node.op {
                Op::Var(number) => {
                    let name = &self.vars[number as usize].0;
                    let _ = writeln!(text, "(declare-const {name} {sort})");
                    name.clone()
                }
                Op::Const(value) if node.width == 0 => (value == 1).to_string(),
                Op::Const(value) => format!("(_ bv{value} {})", node.width),
                op => {
                    let args: Vec<&str> = node.args[..node.len as usize]
                        .iter()
                        .map(|a| names[a.0 as usize].as_str())
                        .collect();
                    let from = self.width(node.args[0]);
                    let name = format!("t{defined}");
                    defined += 1;
                    let _ = writeln!(
                        text,
                        "(define-fun {name} () {sort} ({} {}))",
                        spelling(op, node.width, from),
                        args.join(" ")
                    );
                    name
                }
            };
        }
        let roots = roots.iter().map(|r| names[r.0 as usize].clone()).collect();
        (text, roots)
    }
}

/// The function's name in SMT-LIB; `from` is the width of its first operand.
fn spelling(op: Op, width: u32, from: u32) -> String {
    let truth = from == 0;
    let name = match op {
        Op::Not if truth => "not",
        Op::And if truth => "and",
        Op::Or if truth => "or",
        Op::Xor if truth => "xor",
        Op::Not => "bvnot",
        Op::And => "bvand",
        Op::Or => "bvor",
        Op::Xor => "bvxor",
        Op::Neg => "bvneg",
        Op::Add => "bvadd",
        Op::Sub => "bvsub",
        Op::Mul => "bvmul",
        Op::Udiv => "bvudiv",
        Op::Urem => "bvurem",
        Op::Sdiv => "bvsdiv",
        Op::Srem => "bvsrem",
        Op::Shl => "bvshl",
        Op::Lshr => "bvlshr",
        Op::Ashr => "bvashr",
        Op::Concat => "concat",
        Op::Extract(low) => return format!("(_ extract {} {low})", low + width - 1),
        Op::Zext => return format!("(_ zero_extend {})", width - from),
        Op::Sext => return format!("(_ sign_extend {})", width - from),
        Op::Eq => "=",
        Op::Ult => "bvult",
        Op::Ule => "bvule",
        Op::Slt => "bvslt",
        Op::Sle => "bvsle",
        Op::Ite => "ite",
        Op::Var(_) | Op::Const(_) => "",
    };
    name.to_owned()
}

/// SMT-LIB's meaning of an op on values of these widths.
fn compute(op: Op, width: u32, x: &[u128], widths: &[u32]) -> u128 {
    let from = widths[0];
    // A truth is kept as 0 or 1.
    let bits = width.max(1);
    let amount = |k: u128| u32::try_from(k).ok().filter(|k| *k < from);
    let value = match op {
        Op::Var(_) | Op::Const(_) => 0,
        Op::Not => !x[0],
        Op::And => x[0] & x[1],
        Op::Or => x[0] | x[1],
        Op::Xor => x[0] ^ x[1],
        Op::Neg => x[0].wrapping_neg(),
        Op::Add => x[0].wrapping_add(x[1]),
        Op::Sub => x[0].wrapping_sub(x[1]),
        Op::Mul => x[0].wrapping_mul(x[1]),
        Op::Udiv => x[0].checked_div(x[1]).unwrap_or(u128::MAX),
        Op::Urem => x[0].checked_rem(x[1]).unwrap_or(x[0]),
        Op::Sdiv | Op::Srem => {
            let (a, b) = (signed(x[0], from), signed(x[1], from));
            match (op, b) {
                (Op::Sdiv, 0) if a < 0 => 1,
                (Op::Sdiv, 0) => u128::MAX,
                (Op::Sdiv, _) => a.wrapping_div(b) as u128,
                (_, 0) => x[0],
                _ => a.wrapping_rem(b) as u128,
            }
        }
        Op::Shl => amount(x[1]).map_or(0, |k| x[0] << k),
        Op::Lshr => amount(x[1]).map_or(0, |k| x[0] >> k),
        Op::Ashr => (signed(x[0], from) >> amount(x[1]).unwrap_or(from - 1)) as u128,
        Op::Concat => x[0] << widths[1] | x[1],
        Op::Extract(low) => x[0] >> low,
        Op::Zext => x[0],
        Op::Sext => signed(x[0], from) as u128,
        Op::Eq => (x[0] == x[1]).into(),
        Op::Ult => (x[0] < x[1]).into(),
        Op::Ule => (x[0] <= x[1]).into(),
        Op::Slt => (signed(x[0], from) < signed(x[1], from)).into(),
        Op::Sle => (signed(x[0], from) <= signed(x[1], from)).into(),
        Op::Ite => x[if x[0] == 1 { 1 } else { 2 }],
    };
    value & mask(bits)
}
