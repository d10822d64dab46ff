//! The compression function of SHA-256, FIPS 180-4 section 6.2.2.

/// Bytes in a block.
pub const BLOCK: usize = 64;

/// The initial hash value, FIPS 180-4 section 5.3.3.
pub const INITIAL: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// The round constants, FIPS 180-4 section 4.2.2.
const K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

fn big_sigma_0(x: u32) -> u32 {
    x.rotate_right(2) ^ x.rotate_right(13) ^ x.rotate_right(22)
}

fn big_sigma_1(x: u32) -> u32 {
    x.rotate_right(6) ^ x.rotate_right(11) ^ x.rotate_right(25)
}

fn small_sigma_0(x: u32) -> u32 {
    x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3)
}

fn small_sigma_1(x: u32) -> u32 {
    x.rotate_right(17) ^ x.rotate_right(19) ^ (x >> 10)
}

/// `(x & y) ^ (!x & z)` in three operations.
fn choose(x: u32, y: u32, z: u32) -> u32 {
    z ^ (x & (y ^ z))
}

/// `(x & y) ^ (x & z) ^ (y & z)`; `y ^ z` is the `x ^ y` of the round before, so three operations are left.
fn majority(x: u32, y: u32, z: u32) -> u32 {
    y ^ ((x ^ y) & (y ^ z))
}

/// Word `i` of the message schedule, made in place of word `i - 16`; the first 16 are the message.
#[inline(always)]
fn schedule(w: &mut [u32; 16], i: usize) -> u32 {
    if i >= 16 {
        w[i % 16] = w[i % 16]
            .wrapping_add(small_sigma_0(w[(i + 1) % 16]))
            .wrapping_add(w[(i + 9) % 16])
            .wrapping_add(small_sigma_1(w[(i + 14) % 16]));
    }
    w[i % 16]
}

/// Eight rounds from round `$i`. Instead of moving the eight variables along after each round, each round is written
/// with their names moved along; after eight they are back in place.
macro_rules! eight_rounds {
    ($i:expr, $w:ident, $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
        eight_rounds!(@round $i, $w, $a $b $c $d $e $f $g $h);
        eight_rounds!(@round $i + 1, $w, $h $a $b $c $d $e $f $g);
        eight_rounds!(@round $i + 2, $w, $g $h $a $b $c $d $e $f);
        eight_rounds!(@round $i + 3, $w, $f $g $h $a $b $c $d $e);
        eight_rounds!(@round $i + 4, $w, $e $f $g $h $a $b $c $d);
        eight_rounds!(@round $i + 5, $w, $d $e $f $g $h $a $b $c);
        eight_rounds!(@round $i + 6, $w, $c $d $e $f $g $h $a $b);
        eight_rounds!(@round $i + 7, $w, $b $c $d $e $f $g $h $a);
    };
    (@round $i:expr, $w:ident, $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
        let t = $h
            .wrapping_add(big_sigma_1($e))
            .wrapping_add(choose($e, $f, $g))
            .wrapping_add(K[$i])
            .wrapping_add(schedule(&mut $w, $i));
        $d = $d.wrapping_add(t);
        $h = t.wrapping_add(big_sigma_0($a)).wrapping_add(majority($a, $b, $c));
    };
}

/// Takes `block` into the chaining value `state`.
#[inline(never)]
pub fn compress(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    let mut w = [0; 16];
    for (word, bytes) in w.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    eight_rounds!(0, w, a b c d e f g h);
    eight_rounds!(8, w, a b c d e f g h);
    eight_rounds!(16, w, a b c d e f g h);
    eight_rounds!(24, w, a b c d e f g h);
    eight_rounds!(32, w, a b c d e f g h);
    eight_rounds!(40, w, a b c d e f g h);
    eight_rounds!(48, w, a b c d e f g h);
    eight_rounds!(56, w, a b c d e f g h);
    for (old, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *old = old.wrapping_add(new);
    }
}
