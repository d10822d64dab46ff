//! Generated modules under wasmtime and under zkc: any disagreement is a crash.

#![no_main]

#[path = "../../support/mod.rs"]
mod support;

use support::differ::{Subject, compare_wasm};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(wasm) = support::smith::module_of_bytes(bytes) {
        let subjects = [Subject::Level(0), Subject::Level(2)];
        let report = compare_wasm(&wasm, 0, &subjects);
        assert!(report.disagreements.is_empty(), "{report}");
    }
});
