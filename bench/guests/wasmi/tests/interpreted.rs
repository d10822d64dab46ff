//! The interpreted guests against their definitions.

use guest_wasmi::{main, run};
use zkc_guest::host::with_input;

#[test]
fn counts_as_fibonacci_does() {
    let (mut a, mut b) = (0u64, 1u64);
    for n in 0..100 {
        assert_eq!(run(n), a, "the number {n}");
        (a, b) = (b, a.wrapping_add(b));
    }
}

/// FIPS 180-4's example of one block.
#[test]
fn hashes_abc() {
    let digest = with_input(b"abc", main);
    assert_eq!(digest[..4], [0xba, 0x78, 0x16, 0xbf]);
    assert_eq!(digest[28..], [0xf2, 0x00, 0x15, 0xad]);
}
