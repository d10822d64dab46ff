//! Prints the `cases.toml` of this guest.

use guest_wasmi::{main as guest_main, run, sha256};
use zkc_guest::cases::Cases;

fn main() {
    let mut cases = Cases::new();
    for n in [0, 1, 2, 50, 1_000, 100_000] {
        cases.run(n, run(n) as i64);
    }
    for len in [0, 64, 1_024] {
        cases.call("sha256", len, sha256(len) as i64);
    }
    for input in ["", "abc"] {
        cases.main(input.as_bytes(), guest_main);
    }
    cases.print();
}
