//! Prints the `cases.toml` of this guest.

use guest_matmul::{MAX, run};
use zkc_guest::cases::Cases;

fn main() {
    let mut cases = Cases::new();
    for n in [0, 1, 2, 3, 8, 15, 16, 32, MAX] {
        cases.run(n, run(n) as i64);
    }
    cases.print();
}
