//! The e-graph's language: constants, leaves, and ops of the cranelift and zk dialects.
//!
//! A class is a 64-bit word. An i32 is a word whose upper half is zero, so ops that compute the same word at both widths
//! (`band`, `eq`, `ult`, `udiv`, `select`, ...) are one head, and zero extension is no node at all. The constant of an
//! `_imm` row is a child like any other, whose class must hold a constant; only extraction turns it into an attribute.

use egg::{FromOp, Id, Language};
use std::fmt;
use zkc_ir::ClifOp;
use zkc_ir::{Attr, Cond, Opcode, Traits, Trap};
use zkc_isa::ZkOp;

/// What a node computes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Head {
    /// A pure op of the cranelift dialect, or a division whose divisor cannot trap.
    Clif(ClifOp),
    /// A comparison of 32- or 64-bit operands.
    Icmp(u8, Cond),
    /// A zk instruction.
    Zk(ZkOp),
}

/// Heads that patterns write without a width, because both widths compute the same word.
const WIDTHLESS: [(&str, Head); 12] = [
    ("band", Head::Clif(ClifOp::Band64)),
    ("bor", Head::Clif(ClifOp::Bor64)),
    ("bxor", Head::Clif(ClifOp::Bxor64)),
    ("select", Head::Clif(ClifOp::Select64)),
    ("udiv", Head::Clif(ClifOp::Udiv64)),
    ("urem", Head::Clif(ClifOp::Urem64)),
    ("ireduce", Head::Clif(ClifOp::Ireduce)),
    ("sextend", Head::Clif(ClifOp::Sextend)),
    ("eq", Head::Icmp(64, Cond::Eq)),
    ("ne", Head::Icmp(64, Cond::Ne)),
    ("ult", Head::Icmp(64, Cond::Ult)),
    ("uge", Head::Icmp(64, Cond::Uge)),
];

impl Head {
    /// The row of the op.
    pub fn opcode(self) -> Opcode {
        match self {
            Head::Clif(op) => op.opcode(),
            Head::Icmp(32, _) => ClifOp::Icmp32.opcode(),
            Head::Icmp(..) => ClifOp::Icmp64.opcode(),
            Head::Zk(op) => op.opcode(),
        }
    }

    /// The head with this name in a pattern: the row's name (`iadd.i32`, `zk.add32_imm`), a condition with its width
    /// (`slt.i32`), or one of the names without a width.
    pub fn from_name(name: &str) -> Option<Head> {
        if let Some((_, head)) = WIDTHLESS.iter().find(|(n, _)| *n == name) {
            return Some(*head);
        }
        if let Some(zk) = name.strip_prefix("zk.") {
            return ZkOp::ALL
                .iter()
                .find(|op| op.opcode().def().name == zk)
                .map(|&op| Head::Zk(op));
        }
        for cond in [Cond::Slt, Cond::Sge] {
            if let Some(ty) = name.strip_prefix(cond.name()) {
                return match ty {
                    ".i32" => Some(Head::Icmp(32, cond)),
                    ".i64" => Some(Head::Icmp(64, cond)),
                    _ => None,
                };
            }
        }
        ClifOp::ALL
            .iter()
            .find(|op| op.opcode().def().name == name)
            .map(|&op| Head::Clif(op))
    }

    /// Whether the last child is the constant of an `_imm` row.
    pub fn has_imm(self) -> bool {
        match self {
            Head::Zk(_) => self
                .opcode()
                .def()
                .attrs
                .iter()
                .any(|(name, _)| *name == "imm"),
            Head::Clif(_) | Head::Icmp(..) => false,
        }
    }

    /// Whether operands may be exchanged.
    pub fn is_commutative(self) -> bool {
        match self {
            Head::Icmp(_, cond) => matches!(cond, Cond::Eq | Cond::Ne),
            Head::Clif(_) | Head::Zk(_) => self.opcode().has(Traits::COMMUTATIVE),
        }
    }

    /// The value of the op, by its row's evaluator; `args` holds an `_imm` row's constant last.
    ///
    /// `None` for rows without an evaluator. Traps are the row's: a node is only made where none can happen.
    pub fn eval(self, args: &[u64]) -> Option<Result<u64, Trap>> {
        let eval = self.opcode().def().eval?;
        Some(match self {
            Head::Icmp(_, cond) => eval(args, &[Attr::Cond(cond)]),
            Head::Clif(_) => eval(args, &[]),
            Head::Zk(_) if self.has_imm() => {
                let (imm, args) = args.split_last()?;
                eval(args, &[Attr::Int(*imm)])
            }
            Head::Zk(_) => eval(args, &[]),
        })
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = WIDTHLESS.iter().find(|(_, head)| head == self) {
            return f.write_str(name);
        }
        match self {
            Head::Clif(op) => f.write_str(op.opcode().def().name),
            Head::Icmp(bits, cond) => write!(f, "{cond}.i{bits}"),
            Head::Zk(op) => write!(f, "zk.{}", op.opcode().def().name),
        }
    }
}

/// One node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ENode {
    /// A constant.
    Const(u64),
    /// A value the e-graph knows nothing about: a block parameter, or a result of an op with effects. Numbers are the
    /// skeleton's.
    Leaf(u32),
    /// An op with up to three children; the unused ones are zero.
    Op(Head, u8, [Id; 3]),
}

impl ENode {
    /// A node. Children of commutative ops are put in ascending order, which makes a commutativity rule unnecessary.
    ///
    /// Panics if there are more than three children; no row has more.
    pub fn op(head: Head, children: &[Id]) -> ENode {
        let mut kids = [Id::from(0); 3];
        kids[..children.len()].copy_from_slice(children);
        if head.is_commutative() && kids[1] < kids[0] {
            kids.swap(0, 1);
        }
        ENode::Op(head, children.len() as u8, kids)
    }

    /// The head, of an op.
    pub fn head(&self) -> Option<Head> {
        match self {
            ENode::Op(head, ..) => Some(*head),
            ENode::Const(_) | ENode::Leaf(_) => None,
        }
    }

    /// The children whose values the node reads at run time: all but the constant of an `_imm` row.
    pub fn operands(&self) -> &[Id] {
        let children = self.children();
        match self {
            ENode::Op(head, ..) if head.has_imm() => &children[..children.len() - 1],
            ENode::Const(_) | ENode::Leaf(_) | ENode::Op(..) => children,
        }
    }
}

/// What must be equal for two nodes to match, children aside.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// This constant.
    Const(u64),
    /// This leaf.
    Leaf(u32),
    /// This head with this many children.
    Op(Head, u8),
}

impl Language for ENode {
    type Discriminant = Kind;

    fn discriminant(&self) -> Kind {
        match self {
            ENode::Const(value) => Kind::Const(*value),
            ENode::Leaf(leaf) => Kind::Leaf(*leaf),
            ENode::Op(head, len, _) => Kind::Op(*head, *len),
        }
    }

    fn matches(&self, other: &ENode) -> bool {
        self.discriminant() == other.discriminant()
    }

    fn children(&self) -> &[Id] {
        match self {
            ENode::Const(_) | ENode::Leaf(_) => &[],
            ENode::Op(_, len, kids) => &kids[..*len as usize],
        }
    }

    fn children_mut(&mut self) -> &mut [Id] {
        match self {
            ENode::Const(_) | ENode::Leaf(_) => &mut [],
            ENode::Op(_, len, kids) => &mut kids[..*len as usize],
        }
    }
}

impl fmt::Display for ENode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ENode::Const(value) => write!(f, "{value}"),
            ENode::Leaf(leaf) => write!(f, "leaf{leaf}"),
            ENode::Op(head, ..) => write!(f, "{head}"),
        }
    }
}

/// Why a pattern's text is not a pattern.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no op `{op}` with {children} children")]
pub struct UnknownOp {
    /// The name.
    pub op: String,
    /// How many children it was given.
    pub children: usize,
}

impl FromOp for ENode {
    type Error = UnknownOp;

    fn from_op(op: &str, children: Vec<Id>) -> Result<ENode, UnknownOp> {
        if children.is_empty()
            && let Ok(value) = op.parse()
        {
            return Ok(ENode::Const(value));
        }
        let unknown = || UnknownOp {
            op: op.to_owned(),
            children: children.len(),
        };
        let head = Head::from_name(op).ok_or_else(unknown)?;
        let arity = match head.opcode().def().operands {
            zkc_ir::Arity::Fixed(types) => types.len() + usize::from(head.has_imm()),
            zkc_ir::Arity::Variadic(_) => return Err(unknown()),
        };
        if arity != children.len() || arity > 3 {
            return Err(unknown());
        }
        // Not `ENode::op`: children of a pattern stay where the text puts them.
        let mut kids = [Id::from(0); 3];
        kids[..children.len()].copy_from_slice(&children);
        Ok(ENode::Op(head, children.len() as u8, kids))
    }
}
