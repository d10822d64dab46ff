//! The native guest against a stable sort.

use guest_sort::{MAX, run};
use zkc_guest::{Checksum, Generator};

#[test]
fn equals_a_stable_sort() {
    for n in [0, 1, 2, 50, 1_000, MAX] {
        let mut generator = Generator::new();
        let mut data = Vec::from_iter((0..n).map(|_| generator.word()));
        data.sort();
        let mut checksum = Checksum::default();
        data.into_iter().for_each(|word| checksum.add(word));
        assert_eq!(run(n), checksum.value(), "{n} words");
    }
}
