//! What LLVM makes of our guests goes through every stage, and both evaluators agree on it.

mod support;

use std::path::PathBuf;
use support::{compile, inlined, linked, needed, run_clif, run_wasm, size};
use zkc_passes::Options;

/// Guest, export, arguments, input.
const RUNS: [(&str, &str, &[u64], &[u8]); 7] = [
    ("fib", "run", &[100], &[]),
    ("sha256", "run", &[55], &[]),
    ("keccak256", "run", &[55], &[]),
    ("sort", "run", &[20], &[]),
    ("sieve", "run", &[100], &[]),
    ("matmul", "run", &[4], &[]),
    ("base64", "run", &[33], &[]),
];

fn guest(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../bench/guests")
        .join(name)
        .join(format!("{name}.wasm"));
    std::fs::read(&path).expect("the guest is committed")
}

#[test]
fn stages_agree() {
    for (name, export, args, input) in RUNS {
        let module = linked(&guest(name));
        let expected = run_wasm(&module, export, args, input);
        assert!(expected.results.is_ok(), "{name}: {:?}", expected.results);
        let plain = compile(&module, Options::default());
        assert!(!needed(&plain, export).is_empty());
        assert_eq!(run_clif(&plain, export, args, input), expected, "{name}");
        let clean = compile(
            &module,
            Options {
                cleanups: true,
                ..Options::default()
            },
        );
        assert_eq!(
            run_clif(&clean, export, args, input),
            expected,
            "{name} with clean-ups"
        );
        let before = (size(&plain, export), size(&clean, export));
        let inlined = inlined(clean);
        assert_eq!(
            run_clif(&inlined, export, args, input),
            expected,
            "{name} inlined"
        );
        assert!(before.1 <= before.0, "{name}: clean-ups add ops");
    }
}
