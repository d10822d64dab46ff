//! Fibonacci numbers modulo 2^64: one addition per number, the tightest loop a guest can have.

#![cfg_attr(target_arch = "wasm32", no_std)]

use zkc_guest as _; // the panic handler

/// Additions per turn of the loop; the pair of additions keeps the two numbers in place, without a swap.
const UNROLL: u64 = 16;

/// The `n`-th Fibonacci number modulo 2^64, `run(0) = 0` and `run(1) = 1`.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn run(n: u64) -> u64 {
    let (mut a, mut b) = (0u64, 1u64);
    let mut left = n;
    while left >= UNROLL {
        for _ in 0..UNROLL / 2 {
            a = a.wrapping_add(b);
            b = b.wrapping_add(a);
        }
        left -= UNROLL;
    }
    while left > 0 {
        (a, b) = (b, a.wrapping_add(b));
        left -= 1;
    }
    a
}
