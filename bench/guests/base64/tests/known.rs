//! The native guest against RFC 4648.

use guest_base64::main;
use zkc_guest::host::with_input;

/// RFC 4648, section 10.
#[test]
fn equals_the_test_vectors() {
    let vectors = [
        "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
    ];
    for (len, text) in vectors.into_iter().enumerate() {
        assert_eq!(with_input(&b"foobar"[..len], main), text.as_bytes());
    }
}

#[test]
fn cuts_long_input_without_padding_inside() {
    let expected = "YWFh".repeat(1_000);
    assert_eq!(with_input(&[b'a'; 3_000], main), expected.as_bytes());
}
