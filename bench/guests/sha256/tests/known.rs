//! The native guest against the crate `sha2`.

use guest_sha256::{main, run};
use sha2::{Digest, Sha256};
use zkc_guest::Generator;
use zkc_guest::host::with_input;

#[test]
fn equals_the_crate_sha2() {
    for len in (0..200).chain([1_000, 65_536]) {
        let mut message = vec![0; len];
        Generator::new().fill(&mut message);
        let digest = Sha256::digest(&message);
        assert_eq!(with_input(&message, main), digest[..], "{len} bytes");
        assert_eq!(run(len as u32).to_be_bytes(), digest[..8], "{len} bytes");
    }
}
