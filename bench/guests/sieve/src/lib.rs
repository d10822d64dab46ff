//! The sieve of Eratosthenes over the odd numbers, one byte each.

#![cfg_attr(target_arch = "wasm32", no_std)]

use zkc_guest::Scratch;

/// The largest `n`, for 512 KiB of flags.
pub const MAX: u32 = 1 << 20;

/// Whether 2 * i + 1 is known to be composite.
static COMPOSITE: Scratch<[bool; MAX as usize / 2]> = Scratch::new([false; MAX as usize / 2]);

/// The number of primes below `n`. Traps for `n` above `MAX`.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn run(n: u32) -> u32 {
    assert!(n <= MAX, "at most `MAX`");
    if n <= 2 {
        return 0;
    }
    COMPOSITE.with(|composite| {
        let composite = &mut composite[..n as usize / 2];
        composite.fill(false);
        let mut p = 3;
        while p * p < n as usize {
            if !composite[p / 2] {
                let mut multiple = p * p / 2;
                while multiple < composite.len() {
                    composite[multiple] = true;
                    multiple += p;
                }
            }
            p += 2;
        }
        // The flag of 1 counts for 2, which has none.
        composite.iter().filter(|&&composite| !composite).count() as u32
    })
}
