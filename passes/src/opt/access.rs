//! What a load or store of the cranelift dialect touches, and how a value in a register answers a load.

use zkc_ir::{Attr, Body, Builder, ClifOp, OpData, Type, Value};

use super::{constant_of, make_constant};

/// A load or store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Access {
    /// Bytes touched.
    pub(crate) bytes: u8,
    /// A load's extension, if it is narrower than its result.
    pub(crate) signed: bool,
    /// Whether it stores.
    pub(crate) store: bool,
    /// Type of the loaded or stored value.
    pub(crate) ty: Type,
}

impl Access {
    /// What an op accesses, if it is a load or store.
    pub(crate) fn of(op: ClifOp) -> Option<Access> {
        use ClifOp as C;
        let load = |bytes, signed, ty| {
            Some(Access {
                bytes,
                signed,
                store: false,
                ty,
            })
        };
        let store = |bytes, ty| {
            Some(Access {
                bytes,
                signed: false,
                store: true,
                ty,
            })
        };
        match op {
            C::Load32 => load(4, false, Type::I32),
            C::Load64 => load(8, false, Type::I64),
            C::Uload8To32 => load(1, false, Type::I32),
            C::Sload8To32 => load(1, true, Type::I32),
            C::Uload16To32 => load(2, false, Type::I32),
            C::Sload16To32 => load(2, true, Type::I32),
            C::Uload8To64 => load(1, false, Type::I64),
            C::Sload8To64 => load(1, true, Type::I64),
            C::Uload16To64 => load(2, false, Type::I64),
            C::Sload16To64 => load(2, true, Type::I64),
            C::Uload32To64 => load(4, false, Type::I64),
            C::Sload32To64 => load(4, true, Type::I64),
            C::Store32 => store(4, Type::I32),
            C::Store64 => store(8, Type::I64),
            C::Istore8From32 => store(1, Type::I32),
            C::Istore16From32 => store(2, Type::I32),
            C::Istore8From64 => store(1, Type::I64),
            C::Istore16From64 => store(2, Type::I64),
            C::Istore32From64 => store(4, Type::I64),
            _ => None,
        }
    }
}

/// The constant offset of a load or store.
pub(crate) fn offset(data: &OpData) -> u64 {
    match data.attrs.first() {
        Some(Attr::Mem { offset, .. }) => *offset,
        Some(_) | None => 0,
    }
}

/// A place in memory as a value plus a constant, modulo 2^32; no value for constant addresses.
///
/// Two accesses that do not trap and whose places have the same base are apart by the difference of their deltas, as a
/// signed 32-bit number, because memory ends at 2^31.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    base: Option<Value>,
    delta: u32,
}

impl Place {
    /// The place of an access at `address` plus `offset`.
    pub(crate) fn of(body: &Body, address: Value, offset: u64) -> Place {
        let mut place = Place {
            base: Some(address),
            delta: offset as u32,
        };
        // Chains of additions are short in practice; the bound keeps hostile ones cheap.
        for _ in 0..8 {
            let Some(value) = place.base else { break };
            if let Some(bits) = constant_of(body, value) {
                return Place {
                    base: None,
                    delta: place.delta.wrapping_add(bits as u32),
                };
            }
            let Some(data) = body.def_op(value).map(|op| body.op(op)) else {
                break;
            };
            let (rest, step) = match (ClifOp::from_opcode(data.opcode), data.args.as_slice()) {
                (Some(ClifOp::Iadd32), &[a, b]) => {
                    match (constant_of(body, a), constant_of(body, b)) {
                        (_, Some(bits)) => (a, bits as u32),
                        (Some(bits), None) => (b, bits as u32),
                        (None, None) => break,
                    }
                }
                (Some(ClifOp::Isub32), &[a, b]) => match constant_of(body, b) {
                    Some(bits) => (a, (bits as u32).wrapping_neg()),
                    None => break,
                },
                _ => break,
            };
            place = Place {
                base: Some(rest),
                delta: place.delta.wrapping_add(step),
            };
        }
        place
    }

    /// Whether accesses of these sizes at two places certainly touch no common byte.
    pub(crate) fn apart(self, bytes: u8, other: Place, other_bytes: u8) -> bool {
        let distance = i64::from(other.delta.wrapping_sub(self.delta) as i32);
        self.base == other.base
            && (distance >= i64::from(bytes) || distance + i64::from(other_bytes) <= 0)
    }
}

/// What is known of the bytes at a place: they are the low bytes of `value`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Content {
    /// The access that loaded or stored the value.
    pub(crate) access: Access,
    /// The value.
    pub(crate) value: Value,
}

impl Content {
    /// What `load` of the same place would give, made of the value; `None` if the value has too few bytes.
    pub(crate) fn answer(self, builder: &mut Builder, load: Access) -> Option<Value> {
        if load.bytes > self.access.bytes {
            return None;
        }
        let zero_extended =
            !self.access.store && !self.access.signed && self.access.bytes == load.bytes;
        let as_loaded = !self.access.store
            && self.access.bytes == load.bytes
            && self.access.signed == load.signed;
        if self.access.ty == load.ty && as_loaded {
            return Some(self.value);
        }
        let mut value = self.value;
        match (self.access.ty, load.ty) {
            (Type::I64, Type::I32) => {
                value = builder.value(ClifOp::Ireduce, &[value], Vec::new(), Type::I32);
            }
            (Type::I32, Type::I64) => {
                let extend = if load.signed && load.bytes == 4 {
                    ClifOp::Sextend
                } else {
                    ClifOp::Uextend
                };
                value = builder.value(extend, &[value], Vec::new(), Type::I64);
            }
            _ => {}
        }
        let wide = load.ty == Type::I64;
        let row = match (load.bytes, load.signed, wide) {
            (8, _, true) | (4, _, false) => return Some(value),
            (1, true, false) => ClifOp::Sextend8To32,
            (2, true, false) => ClifOp::Sextend16To32,
            (1, true, true) => ClifOp::Sextend8To64,
            (2, true, true) => ClifOp::Sextend16To64,
            (4, signed, true) => {
                if self.access.ty == Type::I32 || (zero_extended && !signed) {
                    return Some(value);
                }
                let low = builder.value(ClifOp::Ireduce, &[value], Vec::new(), Type::I32);
                let extend = if signed {
                    ClifOp::Sextend
                } else {
                    ClifOp::Uextend
                };
                return Some(builder.value(extend, &[low], Vec::new(), Type::I64));
            }
            (bytes, _, _) => {
                if zero_extended {
                    return Some(value);
                }
                let mask = make_constant(builder, load.ty, (1 << (8 * u32::from(bytes))) - 1);
                let row = if wide { ClifOp::Band64 } else { ClifOp::Band32 };
                return Some(builder.value(row, &[value, mask], Vec::new(), load.ty));
            }
        };
        Some(builder.value(row, &[value], Vec::new(), load.ty))
    }
}
