//! The description of a chip: columns, constraints and bus messages as data, independent of any proof system.
//!
//! A chip is described once, by calls on a [`ChipBuilder`], and read by several readers: the prover backend, the cost
//! walker, the soundness tests, and later the fusion of several chips into one. Instruction chips speak of one row only;
//! only tables and boundaries look at the next row.
//!
//! Degree budget: a constraint has degree at most 3, a message field degree 1, a multiplicity degree 1. Fields of a message
//! that are products must get a column of their own.

use std::ops::{Add, Mul, Neg, Sub};
use std::sync::Arc;

/// Largest degree of a constraint, in trace columns: with blow-up 2 the quotient has degree 2.
pub const MAX_DEGREE: usize = 3;

/// A column of the main trace, by position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Col(pub usize);

/// A polynomial over the columns of a row (and, for tables, of the next row).
#[derive(Clone, Debug)]
pub struct Expr(pub(crate) Arc<Node>);

/// A node of an [`Expr`].
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// A constant, in -2^31 < c < 2^31.
    Const(i64),
    /// A main column of this row, or of the next one.
    Main {
        col: usize,
        next: bool,
    },
    /// A preprocessed column of this row.
    Fixed(usize),
    /// A column both sides compute from the statement, of this row.
    Given(usize),
    /// 1 on the first row, 0 elsewhere.
    IsFirst,
    /// 1 on the last row, 0 elsewhere.
    IsLast,
    /// 0 on the last row, non-zero elsewhere.
    IsTransition,
    Add(Expr, Expr),
    Sub(Expr, Expr),
    Mul(Expr, Expr),
}

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}
impl Eq for Expr {}
impl std::hash::Hash for Expr {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Expr {
    fn node(node: Node) -> Expr {
        Expr(Arc::new(node))
    }

    /// A constant in -2^31 < c < 2^31.
    pub fn constant(c: i64) -> Expr {
        debug_assert!(c.abs() < 1 << 31, "a field constant has 31 bits");
        Expr::node(Node::Const(c))
    }

    /// 1 - self.
    pub fn not(&self) -> Expr {
        Expr::constant(1) - self
    }

    /// The degree in trace columns; row selectors count as 1.
    pub fn degree(&self) -> usize {
        match &*self.0 {
            Node::Const(_) => 0,
            Node::Main { .. }
            | Node::Fixed(_)
            | Node::Given(_)
            | Node::IsFirst
            | Node::IsLast
            | Node::IsTransition => 1,
            Node::Add(a, b) | Node::Sub(a, b) => a.degree().max(b.degree()),
            Node::Mul(a, b) => a.degree() + b.degree(),
        }
    }

    /// Calls `f` for every main column the expression mentions, with whether it is the next row's.
    pub fn for_each_column(&self, f: &mut impl FnMut(Col, bool)) {
        match &*self.0 {
            Node::Main { col, next } => f(Col(*col), *next),
            Node::Const(_)
            | Node::Fixed(_)
            | Node::Given(_)
            | Node::IsFirst
            | Node::IsLast
            | Node::IsTransition => {}
            Node::Add(a, b) | Node::Sub(a, b) | Node::Mul(a, b) => {
                a.for_each_column(f);
                b.for_each_column(f);
            }
        }
    }
}

impl From<Col> for Expr {
    fn from(col: Col) -> Expr {
        Expr::node(Node::Main {
            col: col.0,
            next: false,
        })
    }
}
impl From<i64> for Expr {
    fn from(c: i64) -> Expr {
        Expr::constant(c)
    }
}
impl From<&Expr> for Expr {
    fn from(e: &Expr) -> Expr {
        e.clone()
    }
}

/// Arithmetic between anything that converts into [`Expr`]; constants fold so that descriptions stay small.
macro_rules! arithmetic {
    ($($Trait:ident $method:ident $fold:ident $Node:ident;)*) => {$(
        arithmetic!(@pairs $Trait $method $fold $Node; Expr: Expr, &Expr, Col, i64; &Expr: Expr, &Expr, Col, i64; Col: Expr, &Expr, Col, i64; i64: Expr, &Expr, Col);
    )*};
    (@pairs $Trait:ident $method:ident $fold:ident $Node:ident; $($Left:ty: $($Right:ty),*);*) => {$($(
        impl $Trait<$Right> for $Left {
            type Output = Expr;
            fn $method(self, right: $Right) -> Expr {
                $fold(self.into(), right.into())
            }
        }
    )*)*};
}
arithmetic! { Add add add Add; Sub sub sub Sub; Mul mul mul Mul; }

fn add(a: Expr, b: Expr) -> Expr {
    match (&*a.0, &*b.0) {
        (Node::Const(0), _) => b,
        (_, Node::Const(0)) => a,
        (Node::Const(x), Node::Const(y)) => Expr::constant(x + y),
        _ => Expr::node(Node::Add(a, b)),
    }
}

fn sub(a: Expr, b: Expr) -> Expr {
    match (&*a.0, &*b.0) {
        (_, Node::Const(0)) => a,
        (Node::Const(x), Node::Const(y)) => Expr::constant(x - y),
        _ => Expr::node(Node::Sub(a, b)),
    }
}

fn mul(a: Expr, b: Expr) -> Expr {
    match (&*a.0, &*b.0) {
        (Node::Const(0), _) | (_, Node::Const(0)) => Expr::constant(0),
        (Node::Const(1), _) => b,
        (_, Node::Const(1)) => a,
        _ => Expr::node(Node::Mul(a, b)),
    }
}

impl Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        Expr::constant(0) - self
    }
}

/// A bus. Sends and receives of each message balance over all chips of a proof.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Bus {
    /// Machine state between two steps: (pc, clock, fp).
    State,
    /// Words: (address, timestamp, limb 0..4). Address below 2^29, limbs below 2^16.
    Memory,
    /// Program ROM, a lookup: (pc, opcode, d, a, b, c, imm limb 0..4, target).
    Program,
    /// 16-bit range table, a lookup: (value).
    Range16,
    /// Values of few bits, a lookup: (bits, value) with value < 2^bits, bits in 0..=16.
    Bits,
    /// Byte table, a lookup: (a, b, a AND b).
    ByteAnd,
    /// Powers of two and other facts about small numbers, if a chip needs them, a lookup: (k, 2^k) for k in 0..16.
    Pow2,
    /// Values of at most 8 bits, a lookup: (bits, value) with value < 2^bits, bits in 0..=8.
    SmallBits,
    /// Nibble table, a lookup: (a, b, a AND b).
    NibbleAnd,
    /// Initial non-zero words: (address, limb 0..4), each exactly once.
    Init,
    /// Pages added by memory.grow, a lookup: (page, timestamp of the grow's write).
    Grown,
    /// Events of memory.grow, a lookup: (old pages, new pages, timestamp).
    GrowEvent,
    /// Public arguments: (index, limb 0..4), each exactly once or never.
    Args,
    /// Public results: (index, limb 0..4).
    Results,
    /// Public output bytes: (position, byte).
    Outputs,
}

impl Bus {
    /// Whether one side is a table whose multiplicities the prover counts; otherwise sends and receives match one to one.
    pub const fn is_lookup(self) -> bool {
        match self {
            Bus::Program
            | Bus::Range16
            | Bus::Bits
            | Bus::ByteAnd
            | Bus::Pow2
            | Bus::SmallBits
            | Bus::NibbleAnd
            | Bus::Grown
            | Bus::GrowEvent => true,
            Bus::State | Bus::Memory | Bus::Init | Bus::Args | Bus::Results | Bus::Outputs => false,
        }
    }

    /// Number of fields of its messages. All have the same: a shorter message would be a longer one that begins with zeros.
    pub const fn width(self) -> usize {
        match self {
            Bus::Range16 => 1,
            Bus::Bits | Bus::SmallBits | Bus::Pow2 | Bus::Grown | Bus::Outputs => 2,
            Bus::State | Bus::ByteAnd | Bus::NibbleAnd | Bus::GrowEvent => 3,
            Bus::Init | Bus::Args | Bus::Results => 5,
            Bus::Memory => 6,
            Bus::Program => 11,
        }
    }
}

/// One message of every row: `multiplicity` times the tuple, positive for a send (or a table's entry), negative for a
/// receive (or a lookup of the table).
#[derive(Clone, Debug)]
pub struct Interaction {
    /// The bus.
    pub bus: Bus,
    /// Fields, each of degree at most 1.
    pub tuple: Vec<Expr>,
    /// Signed multiplicity, of degree at most 1.
    pub multiplicity: Expr,
    /// Whether this is a table's side of a lookup, whose multiplicity is a column the prover counts.
    pub provides: bool,
}

/// A constraint: `expr` is zero on every row.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// What the constraint says, for diagnostics.
    pub name: String,
    /// The polynomial.
    pub expr: Expr,
}

/// A described chip.
#[derive(Clone, Debug)]
pub struct Chip {
    /// Name, unique among the chips.
    pub name: String,
    /// Column names, by position.
    pub columns: Vec<String>,
    /// Preprocessed column names, by position.
    pub fixed: Vec<String>,
    /// Names of the columns both sides compute from the statement, by position.
    pub given: Vec<String>,
    /// Constraints.
    pub constraints: Vec<Constraint>,
    /// Bus messages.
    pub interactions: Vec<Interaction>,
}

/// Collects the description of one chip.
#[derive(Debug)]
pub struct ChipBuilder {
    chip: Chip,
}

impl ChipBuilder {
    /// An empty description.
    pub fn new(name: impl Into<String>) -> ChipBuilder {
        ChipBuilder {
            chip: Chip {
                name: name.into(),
                columns: Vec::new(),
                fixed: Vec::new(),
                given: Vec::new(),
                constraints: Vec::new(),
                interactions: Vec::new(),
            },
        }
    }

    /// Adds a main column.
    pub fn column(&mut self, name: impl Into<String>) -> Col {
        self.chip.columns.push(name.into());
        Col(self.chip.columns.len() - 1)
    }

    /// Adds `N` main columns named `name0`, `name1`, ...
    pub fn columns<const N: usize>(&mut self, name: &str) -> [Col; N] {
        std::array::from_fn(|i| self.column(format!("{name}{i}")))
    }

    /// The value of a column in the next row (cyclic; guard with [`ChipBuilder::is_transition`]).
    pub fn next(&self, col: Col) -> Expr {
        Expr::node(Node::Main {
            col: col.0,
            next: true,
        })
    }

    /// Adds a preprocessed column.
    pub fn fixed(&mut self, name: impl Into<String>) -> Expr {
        self.chip.fixed.push(name.into());
        Expr::node(Node::Fixed(self.chip.fixed.len() - 1))
    }

    /// Adds a column that prover and verifier compute from the statement; it is never committed, and constraints alone may
    /// mention it.
    pub fn given(&mut self, name: impl Into<String>) -> Expr {
        self.chip.given.push(name.into());
        Expr::node(Node::Given(self.chip.given.len() - 1))
    }

    /// 1 on the first row.
    pub fn is_first(&self) -> Expr {
        Expr::node(Node::IsFirst)
    }

    /// 1 on the last row.
    pub fn is_last(&self) -> Expr {
        Expr::node(Node::IsLast)
    }

    /// Non-zero on all rows but the last.
    pub fn is_transition(&self) -> Expr {
        Expr::node(Node::IsTransition)
    }

    /// Demands `expr = 0` on every row.
    ///
    /// Panics if the degree is above [`MAX_DEGREE`]: a chip over budget is a bug of ours.
    pub fn assert_zero(&mut self, name: impl Into<String>, expr: impl Into<Expr>) {
        let (name, expr) = (name.into(), expr.into());
        assert!(
            expr.degree() <= MAX_DEGREE,
            "constraint `{name}` of chip `{}` is over the degree budget",
            self.chip.name
        );
        self.chip.constraints.push(Constraint { name, expr });
    }

    /// Demands that `expr` is 0 or 1 on every row.
    pub fn assert_bool(&mut self, name: impl Into<String>, expr: impl Into<Expr>) {
        let expr = expr.into();
        self.assert_zero(name, &expr * (&expr - 1));
    }

    /// Sends `tuple`, `multiplicity` (0 or 1) times.
    pub fn send(&mut self, bus: Bus, tuple: Vec<Expr>, multiplicity: impl Into<Expr>) {
        self.interact(bus, tuple, multiplicity.into(), false);
    }

    /// Receives `tuple`, `multiplicity` (0 or 1) times.
    pub fn receive(&mut self, bus: Bus, tuple: Vec<Expr>, multiplicity: impl Into<Expr>) {
        self.interact(bus, tuple, -multiplicity.into(), false);
    }

    /// Demands that `tuple` stands in the table of `bus`, when `multiplicity` (0 or 1) is 1.
    pub fn lookup(&mut self, bus: Bus, tuple: Vec<Expr>, multiplicity: impl Into<Expr>) {
        self.receive(bus, tuple, multiplicity);
    }

    /// Offers `tuple` as a table entry looked up `count` times, a column the prover fills.
    pub fn provide(&mut self, bus: Bus, tuple: Vec<Expr>, count: Col) {
        self.interact(bus, tuple, count.into(), true);
    }

    fn interact(&mut self, bus: Bus, tuple: Vec<Expr>, multiplicity: Expr, provides: bool) {
        let chip = &self.chip.name;
        assert_eq!(
            tuple.len(),
            bus.width(),
            "a message on {bus:?} of chip `{chip}` has a wrong number of fields"
        );
        assert!(
            tuple.iter().all(|e| e.degree() <= 1),
            "a message on {bus:?} of chip `{chip}` has a field of degree over 1"
        );
        assert!(
            multiplicity.degree() <= 1,
            "a message on {bus:?} of chip `{chip}` has a multiplicity of degree over 1"
        );
        self.chip.interactions.push(Interaction {
            bus,
            tuple,
            multiplicity,
            provides,
        });
    }

    /// The finished description.
    pub fn finish(self) -> Chip {
        self.chip
    }
}
