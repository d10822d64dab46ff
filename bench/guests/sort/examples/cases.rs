//! Prints the `cases.toml` of this guest.

use guest_sort::{MAX, run};
use zkc_guest::cases::Cases;

fn main() {
    let mut cases = Cases::new();
    for n in [0, 1, 2, 20, 21, 100, 1_000, MAX] {
        cases.run(n, run(n) as i64);
    }
    cases.print();
}
