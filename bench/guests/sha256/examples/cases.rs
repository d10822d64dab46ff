//! Prints the `cases.toml` of this guest.

use guest_sha256::{main as guest_main, run};
use zkc_guest::cases::Cases;

fn main() {
    let mut cases = Cases::new();
    for len in [0, 1, 55, 56, 63, 64, 65, 128, 1_024, 65_536] {
        cases.run(len, run(len) as i64);
    }
    cases.main(b"", guest_main);
    cases.main(b"abc", guest_main);
    cases.main(
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        guest_main,
    );
    cases.main(&Vec::from_iter(0..=255), guest_main);
    cases.main(&[b'a'; 1_000], guest_main);
    cases.print();
}
