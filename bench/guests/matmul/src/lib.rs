//! A product of two square matrices of words modulo 2^32.

#![cfg_attr(target_arch = "wasm32", no_std)]

use zkc_guest::{Checksum, Generator, Scratch};

/// The largest `n`, for 128 KiB of data.
pub const MAX: u32 = 128;

const CELLS: usize = MAX as usize * MAX as usize;

/// The left matrix row by row, the right one column by column.
static FACTORS: Scratch<[[u32; CELLS]; 2]> = Scratch::new([[0; CELLS]; 2]);

/// Multiplies two generated `n` by `n` matrices and returns the checksum over the product, row by row. Traps for `n`
/// above `MAX`.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn run(n: u32) -> u64 {
    assert!(n <= MAX, "at most `MAX`");
    let n = n as usize;
    if n == 0 {
        return 0;
    }
    FACTORS.with(|[left, right]| {
        let (left, right) = (&mut left[..n * n], &mut right[..n * n]);
        let mut generator = Generator::new();
        for cell in left.iter_mut().chain(right.iter_mut()) {
            *cell = generator.word();
        }
        let mut checksum = Checksum::default();
        for row in left.chunks_exact(n) {
            for column in right.chunks_exact(n) {
                checksum.add(dot(row, column));
            }
        }
        checksum.value()
    })
}

fn dot(row: &[u32], column: &[u32]) -> u32 {
    row.iter()
        .zip(column)
        .fold(0, |sum, (a, b)| a.wrapping_mul(*b).wrapping_add(sum))
}
