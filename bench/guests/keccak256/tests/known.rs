//! The native guest against the crate `sha3`.

use guest_keccak256::{main, run};
use sha3::{Digest, Keccak256};
use zkc_guest::Generator;
use zkc_guest::host::with_input;

#[test]
fn equals_the_crate_sha3() {
    for len in (0..300).chain([1_000, 65_536]) {
        let mut message = vec![0; len];
        Generator::new().fill(&mut message);
        let digest = Keccak256::digest(&message);
        assert_eq!(with_input(&message, main), digest[..], "{len} bytes");
        assert_eq!(run(len as u32).to_be_bytes(), digest[..8], "{len} bytes");
    }
}
