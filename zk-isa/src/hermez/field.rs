//! The Goldilocks field, as far as a run needs it. Elements are canonical: below [`P`].

/// The prime 2^64 - 2^32 + 1.
pub const P: u64 = 0xffff_ffff_0000_0001;

pub(super) fn add(a: u64, b: u64) -> u64 {
    ((u128::from(a) + u128::from(b)) % u128::from(P)) as u64
}

pub(super) fn mul(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(P)) as u64
}

/// The element of an integer.
pub fn element(value: i128) -> u64 {
    value.rem_euclid(i128::from(P)) as u64
}
