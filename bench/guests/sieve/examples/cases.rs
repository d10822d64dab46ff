//! Prints the `cases.toml` of this guest.

use guest_sieve::{MAX, run};
use zkc_guest::cases::Cases;

fn main() {
    let mut cases = Cases::new();
    for n in [
        0, 1, 2, 3, 4, 9, 10, 25, 26, 100, 1_000, 10_000, 1_000_000, MAX,
    ] {
        cases.run(n, run(n) as i32);
    }
    cases.print();
}
