//! The native guest against trial division.

use guest_sieve::run;

/// One test, since calls of `run` share their memory and may not overlap.
#[test]
fn equals_trial_division_and_the_known_count_below_a_million() {
    let prime = |n: &u32| *n >= 2 && (2..*n).all(|d| !n.is_multiple_of(d));
    for n in 0..500 {
        assert_eq!(run(n), (0..n).filter(prime).count() as u32, "below {n}");
    }
    assert_eq!(run(1_000_000), 78_498);
}
