//! Prints the `cases.toml` of this guest.

use guest_fib::run;
use zkc_guest::cases::Cases;

fn main() {
    let mut cases = Cases::new();
    for n in [
        0, 1, 2, 10, 15, 16, 17, 92, 93, 94, 1_000, 10_000, 1_000_000,
    ] {
        cases.run(n, run(n) as i64);
    }
    cases.print();
}
