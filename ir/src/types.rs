//! Value types and function signatures.
//!
//! The set is closed: WASM's value types plus `word`, the zk machine's only value type. A `word` is 64 bits; a value that
//! was an `i32` is a word whose upper half is zero, so widening without sign costs nothing on the machine.

use std::fmt;

/// The type of an SSA value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Type {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit IEEE 754 float.
    F32,
    /// 64-bit IEEE 754 float.
    F64,
    /// 128-bit vector.
    V128,
    /// Reference to a function, or null.
    FuncRef,
    /// Reference owned by the host, or null.
    ExternRef,
    /// 64-bit machine word of the zk dialect.
    Word,
}

impl Type {
    /// Every type, in declaration order.
    pub const ALL: [Type; 8] = [
        Type::I32,
        Type::I64,
        Type::F32,
        Type::F64,
        Type::V128,
        Type::FuncRef,
        Type::ExternRef,
        Type::Word,
    ];

    /// The type's name in text form.
    pub const fn name(self) -> &'static str {
        match self {
            Type::I32 => "i32",
            Type::I64 => "i64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::V128 => "v128",
            Type::FuncRef => "funcref",
            Type::ExternRef => "externref",
            Type::Word => "word",
        }
    }

    /// The type with this name in text form.
    pub fn from_name(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|t| t.name() == name)
    }

    /// The type's width in bits; references count as one 64-bit word.
    pub const fn bits(self) -> u32 {
        match self {
            Type::I32 | Type::F32 => 32,
            Type::I64 | Type::F64 | Type::FuncRef | Type::ExternRef | Type::Word => 64,
            Type::V128 => 128,
        }
    }

    /// The types of the values that stand for a value of this type in a body: two `i64`, the low half first, for a `v128`.
    pub const fn flat(self) -> &'static [Type] {
        match self {
            Type::I32 => &[Type::I32],
            Type::I64 => &[Type::I64],
            Type::F32 => &[Type::F32],
            Type::F64 => &[Type::F64],
            Type::V128 => &[Type::I64, Type::I64],
            Type::FuncRef => &[Type::FuncRef],
            Type::ExternRef => &[Type::ExternRef],
            Type::Word => &[Type::Word],
        }
    }
}

/// The types of the values that stand for values of these types in a body ([`Type::flat`]).
pub fn flat_types(types: &[Type]) -> Vec<Type> {
    types.iter().flat_map(|ty| ty.flat()).copied().collect()
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Parameter and result types of a function or block.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Signature {
    /// Parameter types, in order.
    pub params: Vec<Type>,
    /// Result types, in order.
    pub results: Vec<Type>,
}

impl Signature {
    /// A signature from its two lists.
    pub fn new(params: impl Into<Vec<Type>>, results: impl Into<Vec<Type>>) -> Signature {
        Signature {
            params: params.into(),
            results: results.into(),
        }
    }

    /// The signature of a body of this WASM type ([`Type::flat`]). A module's types and functions keep their WASM types.
    pub fn flat(&self) -> Signature {
        Signature {
            params: flat_types(&self.params),
            results: flat_types(&self.results),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |types: &[Type]| {
            types
                .iter()
                .map(|t| t.name())
                .collect::<Vec<_>>()
                .join(", ")
        };
        write!(f, "({}) -> ({})", list(&self.params), list(&self.results))
    }
}
