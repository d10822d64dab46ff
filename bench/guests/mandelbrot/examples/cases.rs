//! Prints the `cases.toml` of this guest.

use guest_mandelbrot::{main as guest_main, run};
use zkc_guest::cases::Cases;

fn main() {
    let mut cases = Cases::new();
    for n in [0, 1, 2, 4, 8, 16, 100] {
        cases.run(n, run(n) as i64);
    }
    cases.main(b"", guest_main);
    cases.print();
}
