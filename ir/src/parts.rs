//! Parts of rows that the wasm and cranelift dialects share: types, attribute lists, traits of effects.

use crate::attr::AttrKind;
use crate::dialect::{Traits, Ty};
use crate::types::Type;

pub(crate) const I32: Ty = Ty::Is(Type::I32);
pub(crate) const I64: Ty = Ty::Is(Type::I64);
pub(crate) const VALUE: &[(&str, AttrKind)] = &[("value", AttrKind::Int)];
pub(crate) const INDEX: &[(&str, AttrKind)] = &[("index", AttrKind::Index)];
pub(crate) const MEM: &[(&str, AttrKind)] = &[("mem", AttrKind::Mem)];
pub(crate) const TABLE: &[(&str, AttrKind)] = &[("table", AttrKind::Index)];
pub(crate) const SEGMENT: &[(&str, AttrKind)] = &[("segment", AttrKind::Index)];
pub(crate) const MEMORY: &[(&str, AttrKind)] = &[("memory", AttrKind::Index)];
pub(crate) const COPY: &[(&str, AttrKind)] = &[("to", AttrKind::Index), ("from", AttrKind::Index)];
pub(crate) const ACCESS: &[(&str, AttrKind)] = &[
    ("memory", AttrKind::Index),
    ("mem", AttrKind::Mem),
    ("bytes", AttrKind::Index),
];
pub(crate) const LOAD: Traits = Traits::READS.or(Traits::MAY_TRAP);
pub(crate) const STORE: Traits = Traits::WRITES.or(Traits::MAY_TRAP);
pub(crate) const CALL: Traits = Traits::CALL.or(LOAD).or(STORE);
