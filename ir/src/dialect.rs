//! Ops as table rows.
//!
//! A dialect is an enum with one variant per op and a static table with one [`OpDef`] row per variant. Everything generic
//! (printer, parser, verifier, evaluator, e-graph, reference documentation, cost) reads the row; nothing else states a
//! fact about an op. An [`Opcode`] is a reference to its row.

use crate::attr::{Attr, AttrKind, Trap};
use crate::types::Type;
use std::fmt;

/// Which types an operand or result may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ty {
    /// Exactly this type.
    Is(Type),
    /// `i32` or `i64`, the same wherever `Int` stands in one row.
    Int,
    /// Any type, the same wherever `Same` stands in one row.
    Same,
    /// Any type.
    Any,
}

/// Operands or results of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arity {
    /// Exactly these.
    Fixed(&'static [Ty]),
    /// These, then any number of values of any type (calls, returns, block arguments).
    Variadic(&'static [Ty]),
}

/// What an op may do beyond computing its results. Bit set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Traits(u16);

impl Traits {
    /// No trait.
    pub const NONE: Traits = Traits(0);
    /// Results depend on operands and attributes only; may be removed, duplicated and moved.
    pub const PURE: Traits = Traits(1);
    /// Ends a block.
    pub const TERMINATOR: Traits = Traits(2);
    /// May end the run with a trap.
    pub const MAY_TRAP: Traits = Traits(4);
    /// Reads mutable state (memory, globals, tables, input).
    pub const READS: Traits = Traits(8);
    /// Writes mutable state.
    pub const WRITES: Traits = Traits(16);
    /// Operands may be exchanged.
    pub const COMMUTATIVE: Traits = Traits(32);
    /// Calls another function.
    pub const CALL: Traits = Traits(64);

    /// Whether all traits of `other` are in `self`.
    pub const fn has(self, other: Traits) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    pub const fn or(self, other: Traits) -> Traits {
        Traits(self.0 | other.0)
    }
}

/// Evaluator of an op without side effects: operand bits and attributes to result bits.
///
/// A 32-bit operand or result is zero-extended to 64 bits.
pub type EvalFn = fn(&[u64], &[Attr]) -> Result<u64, Trap>;

/// One row: every fact about one op.
#[derive(Clone, Copy, Debug)]
pub struct OpDef {
    /// Dialect name, the part before the first dot of the full name.
    pub dialect: &'static str,
    /// Name within the dialect, e.g. `i32.add`; the full name is `wasm.i32.add`.
    pub name: &'static str,
    /// Position in the dialect's table.
    pub index: u16,
    /// Operands.
    pub operands: Arity,
    /// Results.
    pub results: Arity,
    /// Attribute names and kinds, in order.
    pub attrs: &'static [(&'static str, AttrKind)],
    /// Number of successor blocks; `None` for any number.
    pub successors: Option<u8>,
    /// Number of regions.
    pub regions: u8,
    /// Traits.
    pub traits: Traits,
    /// Evaluator, for ops whose single result is a function of operands and attributes.
    pub eval: Option<EvalFn>,
    /// One sentence on what the op does.
    pub doc: &'static str,
}

impl OpDef {
    /// A row without operands, results, attributes or traits, to be completed by the methods below.
    pub const fn new(dialect: &'static str, index: u16, name: &'static str) -> OpDef {
        OpDef {
            dialect,
            name,
            index,
            operands: Arity::Fixed(&[]),
            results: Arity::Fixed(&[]),
            attrs: &[],
            successors: Some(0),
            regions: 0,
            traits: Traits::NONE,
            eval: None,
            doc: "",
        }
    }

    /// Sets the operands.
    pub const fn operands(mut self, operands: &'static [Ty]) -> OpDef {
        self.operands = Arity::Fixed(operands);
        self
    }

    /// Sets leading operands that any number of others may follow.
    pub const fn variadic(mut self, operands: &'static [Ty]) -> OpDef {
        self.operands = Arity::Variadic(operands);
        self
    }

    /// Sets the results.
    pub const fn results(mut self, results: &'static [Ty]) -> OpDef {
        self.results = Arity::Fixed(results);
        self
    }

    /// Allows any number of results.
    pub const fn variadic_results(mut self) -> OpDef {
        self.results = Arity::Variadic(&[]);
        self
    }

    /// Sets the attributes.
    pub const fn attrs(mut self, attrs: &'static [(&'static str, AttrKind)]) -> OpDef {
        self.attrs = attrs;
        self
    }

    /// Sets the number of successors; makes the op a terminator.
    pub const fn successors(mut self, successors: u8) -> OpDef {
        self.successors = Some(successors);
        self.traits = self.traits.or(Traits::TERMINATOR);
        self
    }

    /// Allows any number of successors; makes the op a terminator.
    pub const fn any_successors(mut self) -> OpDef {
        self.successors = None;
        self.traits = self.traits.or(Traits::TERMINATOR);
        self
    }

    /// Sets the number of regions.
    pub const fn regions(mut self, regions: u8) -> OpDef {
        self.regions = regions;
        self
    }

    /// Adds traits.
    pub const fn with(mut self, traits: Traits) -> OpDef {
        self.traits = self.traits.or(traits);
        self
    }

    /// Makes the op pure, with this evaluator.
    pub const fn pure(mut self, eval: EvalFn) -> OpDef {
        self.eval = Some(eval);
        self.traits = self.traits.or(Traits::PURE);
        self
    }

    /// Gives an op that may trap, but has no other effect, its evaluator.
    pub const fn trapping(mut self, eval: EvalFn) -> OpDef {
        self.eval = Some(eval);
        self.traits = self.traits.or(Traits::MAY_TRAP);
        self
    }

    /// Sets the one-sentence description.
    pub const fn doc(mut self, doc: &'static str) -> OpDef {
        self.doc = doc;
        self
    }
}

/// A reference to an op's row. Two opcodes are equal when dialect and index are.
#[derive(Clone, Copy)]
pub struct Opcode(pub &'static OpDef);

impl Opcode {
    /// The row.
    pub const fn def(self) -> &'static OpDef {
        self.0
    }

    /// Whether the row has all of `traits`.
    pub const fn has(self, traits: Traits) -> bool {
        self.0.traits.has(traits)
    }

    /// Whether the op ends a block.
    pub const fn is_terminator(self) -> bool {
        self.has(Traits::TERMINATOR)
    }

    /// Whether the op has no effect and cannot trap.
    pub const fn is_pure(self) -> bool {
        self.has(Traits::PURE)
    }
}

impl PartialEq for Opcode {
    fn eq(&self, other: &Opcode) -> bool {
        self.0.index == other.0.index && self.0.dialect == other.0.dialect
    }
}
impl Eq for Opcode {}
impl PartialOrd for Opcode {
    fn partial_cmp(&self, other: &Opcode) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Opcode {
    fn cmp(&self, other: &Opcode) -> std::cmp::Ordering {
        (self.0.dialect, self.0.index).cmp(&(other.0.dialect, other.0.index))
    }
}
impl std::hash::Hash for Opcode {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.dialect.hash(state);
        self.0.index.hash(state);
    }
}
impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.dialect, self.0.name)
    }
}
impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A dialect: its name and its table.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Name, the prefix of its ops' full names.
    pub name: &'static str,
    /// One row per op.
    pub ops: &'static [OpDef],
}

/// The dialects a text may use.
#[derive(Clone, Copy, Debug)]
pub struct DialectSet<'a>(pub &'a [Dialect]);

impl DialectSet<'_> {
    /// The opcode with this full name, e.g. `wasm.i32.add`.
    pub fn opcode(&self, full_name: &str) -> Option<Opcode> {
        let (dialect, name) = full_name.split_once('.')?;
        let dialect = self.0.iter().find(|d| d.name == dialect)?;
        dialect.ops.iter().find(|op| op.name == name).map(Opcode)
    }
}

/// Declares a dialect: an enum with one variant per op, its table, and the conversions between both and [`Opcode`].
///
/// ```text
/// dialect! {
///     /// The demo dialect.
///     pub enum DemoOp as DEMO, "demo" {
///         Add, "add" => .operands(&[Ty::Int, Ty::Int]).results(&[Ty::Int]).doc("adds");
///     }
/// }
/// ```
/// expands to `enum DemoOp { Add }`, `static DEMO: Dialect`, `DemoOp::opcode()`, `DemoOp::from_opcode()`, `DemoOp::ALL`
/// and `From<DemoOp> for Opcode`.
#[macro_export]
macro_rules! dialect {
    ($(#[$meta:meta])* $vis:vis enum $Enum:ident as $table:ident, $dialect:literal {
        $($Variant:ident, $name:literal => $(.$method:ident($($arg:expr),*))+;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        $vis enum $Enum {
            $(#[doc = concat!("`", $dialect, ".", $name, "`; its row documents it.")] $Variant,)*
        }

        #[doc = concat!("The table of the `", $dialect, "` dialect.")]
        $vis static $table: $crate::Dialect = $crate::Dialect {
            name: $dialect,
            ops: &[$($crate::OpDef::new($dialect, $Enum::$Variant as u16, $name)$(.$method($($arg),*))+,)*],
        };

        impl $Enum {
            /// Every op of the dialect, in table order.
            $vis const ALL: &'static [$Enum] = &[$($Enum::$Variant,)*];

            /// The reference to this op's row.
            $vis fn opcode(self) -> $crate::Opcode {
                $crate::Opcode(&$table.ops[self as usize])
            }

            /// The op behind an opcode, if it is of this dialect.
            $vis fn from_opcode(opcode: $crate::Opcode) -> Option<$Enum> {
                (opcode.def().dialect == $dialect).then(|| $Enum::ALL[opcode.def().index as usize])
            }
        }

        impl From<$Enum> for $crate::Opcode {
            fn from(op: $Enum) -> $crate::Opcode {
                op.opcode()
            }
        }
    };
}
