//! Sorting: `sort_unstable` of the core library, as a program would use it.

#![cfg_attr(target_arch = "wasm32", no_std)]

use zkc_guest::{Checksum, Generator, Scratch};

/// The largest `n`, for 64 KiB of data.
pub const MAX: u32 = 16_384;

static DATA: Scratch<[u32; MAX as usize]> = Scratch::new([0; MAX as usize]);

/// Sorts `n` generated words in ascending order and returns the checksum over them. Traps for `n` above `MAX`.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn run(n: u32) -> u64 {
    DATA.with(|data| {
        let data = &mut data[..n as usize];
        let mut generator = Generator::new();
        for word in data.iter_mut() {
            *word = generator.word();
        }
        data.sort_unstable();
        let mut checksum = Checksum::default();
        for &word in data.iter() {
            checksum.add(word);
        }
        checksum.value()
    })
}
