//! The native guest against the definition.

use guest_matmul::run;
use zkc_guest::{Checksum, Generator};

#[test]
fn equals_the_definition() {
    for n in [0, 1, 2, 3, 17, 128] {
        let mut generator = Generator::new();
        let mut matrix = || Vec::from_iter((0..n * n).map(|_| generator.word()));
        let (left, right) = (matrix(), matrix());
        let mut checksum = Checksum::default();
        for i in 0..n {
            for j in 0..n {
                let product = |k: usize| left[i * n + k].wrapping_mul(right[j * n + k]);
                checksum.add((0..n).map(product).fold(0, u32::wrapping_add));
            }
        }
        assert_eq!(run(n as u32), checksum.value(), "{n} by {n}");
    }
}
