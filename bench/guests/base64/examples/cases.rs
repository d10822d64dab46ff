//! Prints the `cases.toml` of this guest.

use guest_base64::{main as guest_main, run};
use zkc_guest::cases::Cases;

fn main() {
    let mut cases = Cases::new();
    for n in [0, 1, 2, 3, 4, 48, 767, 768, 769, 1_000, 100_000] {
        cases.run(n, run(n) as i64);
    }
    for input in ["", "f", "fo", "foo", "foob", "fooba", "foobar"] {
        cases.main(input.as_bytes(), guest_main);
    }
    cases.main(&Vec::from_iter(0..=255), guest_main);
    cases.main(&[b'a'; 1_000], guest_main);
    cases.print();
}
