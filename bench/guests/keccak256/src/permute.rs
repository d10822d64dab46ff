//! The permutation Keccak-f[1600], FIPS 202 section 3; lane (x, y) is `state[x + 5 * y]`.

/// 64-bit lanes in the state.
pub const LANES: usize = 25;

/// The constants of iota, FIPS 202 section 3.2.5, one a round.
const IOTA: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// Rotations of rho by lane, FIPS 202 table 2 modulo 64, in the order of the state.
const RHO: [u32; LANES] = [
    0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
];

/// One round: theta, rho, pi, chi and iota. The loops have constant bounds and unroll, so that all lanes are locals.
#[inline(always)]
fn round(state: [u64; LANES], iota: u64) -> [u64; LANES] {
    let mut column = [0; 5];
    for x in 0..5 {
        column[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
    }
    let mut moved = [0; LANES];
    for x in 0..5 {
        let theta = column[(x + 4) % 5] ^ column[(x + 1) % 5].rotate_left(1);
        for y in 0..5 {
            let i = x + 5 * y;
            moved[y + 5 * ((2 * x + 3 * y) % 5)] = (state[i] ^ theta).rotate_left(RHO[i]);
        }
    }
    let mut next = [0; LANES];
    for row in (0..LANES).step_by(5) {
        for x in 0..5 {
            next[row + x] = moved[row + x] ^ (!moved[row + (x + 1) % 5] & moved[row + (x + 2) % 5]);
        }
    }
    next[0] ^= iota;
    next
}

/// Applies all 24 rounds to `state`.
#[inline(never)]
pub fn permute(state: &mut [u64; LANES]) {
    let mut lanes = *state;
    for iota in IOTA {
        lanes = round(lanes, iota);
    }
    *state = lanes;
}
