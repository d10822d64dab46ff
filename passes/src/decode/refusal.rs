//! What to say of a module that the validator refuses: malformed, invalid, or in need of a proposal that zkc lacks.
//!
//! A proposal is found by validating again with it: the first that makes the module valid is named.

use super::module::FEATURES;
use wasmparser::{
    Encoding, Error, KnownCustom, Name, Operator, Parser, Payload, TypeRef, Validator, WasmFeatures,
};
use zkc_ir::Diagnostic;

/// Proposals that are refused for the whole module, with the features that they build on.
const PROPOSALS: &[(&str, WasmFeatures)] = &[
    ("memory64", WasmFeatures::MEMORY64),
    ("custom page sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
    ("wide arithmetic", WasmFeatures::WIDE_ARITHMETIC),
    ("exception handling", WasmFeatures::EXCEPTIONS),
    (
        "legacy exception handling",
        WasmFeatures::LEGACY_EXCEPTIONS.union(WasmFeatures::EXCEPTIONS),
    ),
    (
        "typed function references",
        WasmFeatures::FUNCTION_REFERENCES,
    ),
    (
        "garbage collection",
        WasmFeatures::GC.union(WasmFeatures::FUNCTION_REFERENCES),
    ),
    (
        "stack switching",
        WasmFeatures::STACK_SWITCHING
            .union(WasmFeatures::EXCEPTIONS)
            .union(WasmFeatures::FUNCTION_REFERENCES),
    ),
    (
        "shared-everything threads",
        WasmFeatures::SHARED_EVERYTHING_THREADS
            .union(WasmFeatures::GC)
            .union(WasmFeatures::FUNCTION_REFERENCES),
    ),
    (
        "custom descriptors",
        WasmFeatures::CUSTOM_DESCRIPTORS
            .union(WasmFeatures::GC)
            .union(WasmFeatures::FUNCTION_REFERENCES),
    ),
    ("memory control", WasmFeatures::MEMORY_CONTROL),
];

/// The bytes are no module at all.
pub(super) fn malformed(error: &Error) -> Diagnostic {
    Diagnostic::error("malformed", message(error)).at(error.offset())
}

fn message(error: &Error) -> String {
    error.message().replace('\n', " ")
}

/// The diagnostic for the error of a validator that allows what zkc has.
pub(super) fn refusal(bytes: &[u8], error: &Error) -> Diagnostic {
    if is_component(bytes) {
        return Diagnostic::error(
            "unsupported-op",
            "this is a component: the proposal `component model` is not supported",
        )
        .at(0);
    }
    let valid_with = |features: WasmFeatures| {
        Validator::new_with_features(FEATURES.union(features))
            .validate_all(bytes)
            .is_ok()
    };
    let diagnostic = if let Some((name, _)) = PROPOSALS.iter().find(|(_, f)| valid_with(*f)) {
        Diagnostic::error(
            "unsupported-op",
            format!("the proposal `{name}` is not supported: {}", message(error)),
        )
        .at(error.offset())
    } else if valid_with(WasmFeatures::all()) {
        Diagnostic::error("unsupported-op", message(error))
            .at(error.offset())
            .note("the module needs several proposals that are not supported")
    } else {
        match parse_only(bytes) {
            Err(syntax) => return malformed(&syntax),
            Ok(()) => Diagnostic::error("invalid", message(error)).at(error.offset()),
        }
    };
    match function_at(bytes, error.offset()) {
        Some(name) => diagnostic.in_function(name),
        None => diagnostic,
    }
}

fn is_component(bytes: &[u8]) -> bool {
    let first = Parser::new(0).parse_all(bytes).next();
    matches!(
        first,
        Some(Ok(Payload::Version {
            encoding: Encoding::Component,
            ..
        }))
    )
}

/// The name of the function whose body holds an offset: by the name section, else its number.
fn function_at(bytes: &[u8], offset: u64) -> Option<String> {
    let (mut index, mut found, mut name) = (0, None, None);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::ImportSection(section) => {
                let imports = section.into_imports().filter_map(Result::ok);
                let funcs = imports.filter(|i| matches!(i.ty, TypeRef::Func(_)));
                index += funcs.count() as u32;
            }
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                if range.contains(&offset) {
                    found = Some(index);
                }
                index += 1;
            }
            Payload::CustomSection(section) => {
                if let (KnownCustom::Name(names), Some(found)) = (section.as_known(), found) {
                    for subsection in names.into_iter().map_while(Result::ok) {
                        if let Name::Function(map) = subsection {
                            let mut names = map.into_iter().map_while(Result::ok);
                            name = names.find(|n| n.index == found).map(|n| n.name.to_owned());
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let found = found?;
    Some(name.unwrap_or_else(|| format!("f{found}")))
}

/// Reads every section and every instruction without validating.
fn parse_only(bytes: &[u8]) -> wasmparser::Result<()> {
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    for payload in parser.parse_all(bytes) {
        match payload? {
            Payload::CodeSectionEntry(body) => {
                let mut ops = body.get_operators_reader()?;
                while !ops.eof() {
                    ops.read()?;
                }
                ops.finish()?;
            }
            Payload::TypeSection(s) => s.into_iter().try_for_each(|x| x.map(drop))?,
            Payload::ImportSection(s) => s.into_iter().try_for_each(|x| x.map(drop))?,
            Payload::FunctionSection(s) => s.into_iter().try_for_each(|x| x.map(drop))?,
            Payload::TableSection(s) => s.into_iter().try_for_each(|x| x.map(drop))?,
            Payload::MemorySection(s) => s.into_iter().try_for_each(|x| x.map(drop))?,
            Payload::GlobalSection(s) => s.into_iter().try_for_each(|x| x.map(drop))?,
            Payload::ExportSection(s) => s.into_iter().try_for_each(|x| x.map(drop))?,
            Payload::ElementSection(s) => s.into_iter().try_for_each(|x| x.map(drop))?,
            Payload::DataSection(s) => s.into_iter().try_for_each(|x| x.map(drop))?,
            _ => {}
        }
    }
    Ok(())
}

/// The proposal that an operator belongs to.
pub(super) fn proposal_of(op: &Operator<'_>) -> &'static str {
    macro_rules! proposal {
        ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
            match op {
                $( Operator::$op { .. } => stringify!($proposal), )*
                _ => "unknown",
            }
        };
    }
    wasmparser::for_each_operator!(proposal)
}
