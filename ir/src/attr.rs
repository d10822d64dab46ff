//! Attributes: the compile-time constants an op carries.
//!
//! The set of kinds is closed, so printer, parser and e-graph keys treat every op alike. An op's attributes stand in the
//! order its row declares them.

use crate::types::Type;
use std::fmt;

/// One attribute value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Attr {
    /// A 64-bit pattern (constant, immediate, mask). Printed as an unsigned decimal.
    Int(u64),
    /// A small index: local, global, table, type or slot number.
    Index(u32),
    /// A reference to a function of the module, by index; text form `@N`.
    Func(u32),
    /// A name that is not a function: host import, runtime routine. Text form `"name"`.
    Symbol(String),
    /// A condition code.
    Cond(Cond),
    /// A memory access: constant byte offset added to the address, and log2 of the promised alignment in bytes.
    Mem {
        /// Byte offset added to the address operand; WASM allows up to 2^32 - 1.
        offset: u64,
        /// log2 of the alignment hint.
        align: u8,
    },
    /// A list of types (results of a block, signature parts).
    Types(Vec<Type>),
    /// A trap kind.
    Trap(Trap),
    /// A list of small numbers (branch depths of a table). Text form `[0, 1, 2]`.
    Indices(Vec<u32>),
}

/// Which kind of attribute a row expects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttrKind {
    /// [`Attr::Int`].
    Int,
    /// [`Attr::Index`].
    Index,
    /// [`Attr::Func`].
    Func,
    /// [`Attr::Symbol`].
    Symbol,
    /// [`Attr::Cond`].
    Cond,
    /// [`Attr::Mem`].
    Mem,
    /// [`Attr::Types`].
    Types,
    /// [`Attr::Trap`].
    Trap,
    /// [`Attr::Indices`].
    Indices,
}

impl Attr {
    /// The kind of this attribute.
    pub const fn kind(&self) -> AttrKind {
        match self {
            Attr::Int(_) => AttrKind::Int,
            Attr::Index(_) => AttrKind::Index,
            Attr::Func(_) => AttrKind::Func,
            Attr::Symbol(_) => AttrKind::Symbol,
            Attr::Cond(_) => AttrKind::Cond,
            Attr::Mem { .. } => AttrKind::Mem,
            Attr::Types(_) => AttrKind::Types,
            Attr::Trap(_) => AttrKind::Trap,
            Attr::Indices(_) => AttrKind::Indices,
        }
    }

    /// The integer of an [`Attr::Int`], or the index of an [`Attr::Index`] or [`Attr::Func`].
    pub const fn as_int(&self) -> Option<u64> {
        match self {
            Attr::Int(v) => Some(*v),
            Attr::Index(v) | Attr::Func(v) => Some(*v as u64),
            Attr::Symbol(_)
            | Attr::Cond(_)
            | Attr::Mem { .. }
            | Attr::Types(_)
            | Attr::Trap(_)
            | Attr::Indices(_) => None,
        }
    }
}

/// Integer comparison, named as in CLIF (`icmp`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(
    missing_docs,
    reason = "the names say it: equal, not equal, signed/unsigned less/greater (or equal)"
)]
pub enum Cond {
    Eq,
    Ne,
    Slt,
    Sge,
    Sgt,
    Sle,
    Ult,
    Uge,
    Ugt,
    Ule,
}

impl Cond {
    /// Every condition, in declaration order.
    pub const ALL: [Cond; 10] = [
        Cond::Eq,
        Cond::Ne,
        Cond::Slt,
        Cond::Sge,
        Cond::Sgt,
        Cond::Sle,
        Cond::Ult,
        Cond::Uge,
        Cond::Ugt,
        Cond::Ule,
    ];

    /// CLIF's name of the condition.
    pub const fn name(self) -> &'static str {
        match self {
            Cond::Eq => "eq",
            Cond::Ne => "ne",
            Cond::Slt => "slt",
            Cond::Sge => "sge",
            Cond::Sgt => "sgt",
            Cond::Sle => "sle",
            Cond::Ult => "ult",
            Cond::Uge => "uge",
            Cond::Ugt => "ugt",
            Cond::Ule => "ule",
        }
    }

    /// The condition that holds exactly when this one does not.
    pub const fn negate(self) -> Cond {
        match self {
            Cond::Eq => Cond::Ne,
            Cond::Ne => Cond::Eq,
            Cond::Slt => Cond::Sge,
            Cond::Sge => Cond::Slt,
            Cond::Sgt => Cond::Sle,
            Cond::Sle => Cond::Sgt,
            Cond::Ult => Cond::Uge,
            Cond::Uge => Cond::Ult,
            Cond::Ugt => Cond::Ule,
            Cond::Ule => Cond::Ugt,
        }
    }

    /// The condition with its operands exchanged.
    pub const fn swap(self) -> Cond {
        match self {
            Cond::Eq => Cond::Eq,
            Cond::Ne => Cond::Ne,
            Cond::Slt => Cond::Sgt,
            Cond::Sge => Cond::Sle,
            Cond::Sgt => Cond::Slt,
            Cond::Sle => Cond::Sge,
            Cond::Ult => Cond::Ugt,
            Cond::Uge => Cond::Ule,
            Cond::Ugt => Cond::Ult,
            Cond::Ule => Cond::Uge,
        }
    }

    /// Whether the condition is about signed numbers.
    pub const fn is_signed(self) -> bool {
        matches!(self, Cond::Slt | Cond::Sge | Cond::Sgt | Cond::Sle)
    }

    /// Whether the condition holds of two values of `bits` (32 or 64) bits, given zero-extended.
    pub fn holds(self, bits: u32, a: u64, b: u64) -> bool {
        let signed = |v: u64| {
            if bits == 32 {
                i64::from(v as u32 as i32)
            } else {
                v as i64
            }
        };
        match self {
            Cond::Eq => a == b,
            Cond::Ne => a != b,
            Cond::Slt => signed(a) < signed(b),
            Cond::Sge => signed(a) >= signed(b),
            Cond::Sgt => signed(a) > signed(b),
            Cond::Sle => signed(a) <= signed(b),
            Cond::Ult => a < b,
            Cond::Uge => a >= b,
            Cond::Ugt => a > b,
            Cond::Ule => a <= b,
        }
    }
}

/// Why a run stopped without a result. The names are the official spec suite's, with hyphens.
///
/// The discriminant is the public status code of a run (0 is success); it never changes once released.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Trap {
    /// The `unreachable` instruction.
    Unreachable = 1,
    /// Integer division or remainder by zero.
    IntegerDivideByZero = 2,
    /// The quotient of the smallest integer and -1.
    IntegerOverflow = 3,
    /// A float that no integer of the target type represents.
    InvalidConversionToInteger = 4,
    /// A load, store or bulk operation outside the memory.
    OutOfBoundsMemoryAccess = 5,
    /// A table access outside the table.
    OutOfBoundsTableAccess = 6,
    /// `call_indirect` with an index outside the table.
    UndefinedElement = 7,
    /// `call_indirect` of a null entry.
    UninitializedElement = 8,
    /// `call_indirect` of a function of another type.
    IndirectCallTypeMismatch = 9,
    /// The register stack is exhausted.
    CallStackExhausted = 10,
}

impl Trap {
    /// Every kind, by status code.
    pub const ALL: [Trap; 10] = [
        Trap::Unreachable,
        Trap::IntegerDivideByZero,
        Trap::IntegerOverflow,
        Trap::InvalidConversionToInteger,
        Trap::OutOfBoundsMemoryAccess,
        Trap::OutOfBoundsTableAccess,
        Trap::UndefinedElement,
        Trap::UninitializedElement,
        Trap::IndirectCallTypeMismatch,
        Trap::CallStackExhausted,
    ];

    /// The public status code, 1 to 10.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The kind with this public status code.
    pub fn from_code(code: u32) -> Option<Trap> {
        Trap::ALL.into_iter().find(|t| t.code() == code)
    }

    /// The name users see.
    pub const fn name(self) -> &'static str {
        match self {
            Trap::Unreachable => "unreachable",
            Trap::IntegerDivideByZero => "integer-divide-by-zero",
            Trap::IntegerOverflow => "integer-overflow",
            Trap::InvalidConversionToInteger => "invalid-conversion-to-integer",
            Trap::OutOfBoundsMemoryAccess => "out-of-bounds-memory-access",
            Trap::OutOfBoundsTableAccess => "out-of-bounds-table-access",
            Trap::UndefinedElement => "undefined-element",
            Trap::UninitializedElement => "uninitialized-element",
            Trap::IndirectCallTypeMismatch => "indirect-call-type-mismatch",
            Trap::CallStackExhausted => "call-stack-exhausted",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Trap> {
        Trap::ALL.into_iter().find(|t| t.name() == name)
    }
}

impl fmt::Display for Cond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
