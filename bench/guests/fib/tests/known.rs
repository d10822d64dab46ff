//! The native guest against the recurrence.

use guest_fib::run;

#[test]
fn equals_the_recurrence() {
    let (mut a, mut b) = (0u64, 1u64);
    for n in 0..200 {
        assert_eq!(run(n), a, "number {n}");
        (a, b) = (b, a.wrapping_add(b));
    }
}
