//! The guests and their cases: `bench/guests/*/cases.toml`, read as `bench/guests/README.md` says.

use serde::Deserialize;
use std::path::{Path, PathBuf};
use zkc::wasi::{Environment, Transcript};

/// One guest.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    /// Name of its folder.
    pub(crate) name: String,
    /// The built module.
    pub(crate) wasm: Vec<u8>,
    /// Its cases, small ones first.
    pub(crate) cases: Vec<Case>,
}

/// One call with what it must give.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Export.
    pub(crate) invoke: String,
    /// Argument words.
    pub(crate) args: Vec<u64>,
    /// Private input.
    pub(crate) input: Vec<u8>,
    /// Result words.
    pub(crate) results: Vec<u64>,
    /// Public output.
    pub(crate) output: Expected,
}

/// What the public output must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Expected {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A WASI program's records: standard output and error, exit code.
    Records(Vec<u8>, Vec<u8>, u32),
}

impl Expected {
    /// Whether an output is as expected. However a program cuts what it prints, it is the same.
    pub(crate) fn is(&self, output: &[u8]) -> bool {
        match self {
            Expected::Bytes(bytes) => bytes == output,
            Expected::Records(stdout, stderr, exit) => Transcript::of(output).is_some_and(|t| {
                (&t.stdout, &t.stderr, t.exit.unwrap_or(0)) == (stdout, stderr, *exit)
            }),
        }
    }

    /// Whether there is anything to show.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Expected::Bytes(bytes) => bytes.is_empty(),
            Expected::Records(stdout, stderr, _) => stdout.is_empty() && stderr.is_empty(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CasesFile {
    case: Vec<RawCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    invoke: String,
    args: Vec<String>,
    results: Vec<String>,
    input: Option<String>,
    input_hex: Option<String>,
    output_hex: Option<String>,
    wasi: Option<RawWasi>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWasi {
    args: Vec<String>,
    stdin_hex: String,
    stdout_hex: String,
    stderr_hex: String,
    exit: u32,
}

/// The folder of the guests.
pub(crate) fn guests_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/guests")
}

/// Names of all guests, in order: the folders that hold cases.
pub(crate) fn guest_names() -> Vec<String> {
    folders_with(|_| "cases.toml".to_string())
}

/// Names of all built modules, in order: the folders that hold one.
pub(crate) fn module_names() -> Vec<String> {
    folders_with(|name| format!("{name}.wasm"))
}

fn folders_with(file: impl Fn(&str) -> String) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(guests_dir())
        .expect("the guests are part of the repository")
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let holds = entry.path().join(file(&name)).exists();
            holds.then_some(name)
        })
        .collect();
    names.sort();
    names
}

/// Reads a guest.
pub(crate) fn guest(name: &str) -> Guest {
    let dir = guests_dir().join(name);
    let wasm =
        std::fs::read(dir.join(format!("{name}.wasm"))).expect("a guest's module is committed");
    let text = std::fs::read_to_string(dir.join("cases.toml")).expect("a guest has cases");
    let file: CasesFile =
        toml::from_str(&text).expect("cases.toml has the shape its README states");
    Guest {
        name: name.to_string(),
        cases: file.case.iter().map(|c| case(c, &wasm)).collect(),
        wasm,
    }
}

fn case(raw: &RawCase, wasm: &[u8]) -> Case {
    let input = match (&raw.input, &raw.input_hex) {
        (Some(text), None) => text.clone().into_bytes(),
        (None, Some(hex)) => from_hex(hex),
        (None, None) => raw.wasi.as_ref().map_or_else(Vec::new, environment),
        (Some(_), Some(_)) => panic!("a case has `input` or `input_hex`, not both"),
    };
    let (params, results) = signature(wasm, &raw.invoke);
    Case {
        invoke: raw.invoke.clone(),
        args: words(&raw.args, &params),
        input,
        results: words(&raw.results, &results),
        output: match &raw.wasi {
            None => Expected::Bytes(from_hex(raw.output_hex.as_deref().unwrap_or_default())),
            Some(wasi) => Expected::Records(
                from_hex(&wasi.stdout_hex),
                from_hex(&wasi.stderr_hex),
                wasi.exit,
            ),
        },
    }
}

/// The private input of a WASI program.
fn environment(wasi: &RawWasi) -> Vec<u8> {
    let environment = Environment {
        args: wasi.args.clone(),
        stdin: from_hex(&wasi.stdin_hex),
        ..Environment::default()
    };
    environment
        .to_input()
        .expect("a case's arguments are short")
}

/// Parameter and result types of an export.
fn signature(wasm: &[u8], export: &str) -> (Vec<zkc_ir::Type>, Vec<zkc_ir::Type>) {
    let module = zkc::decode(wasm).expect("a guest's module is valid");
    let index = module
        .exported_func(export)
        .expect("a case calls an export");
    let signature = &module.funcs[index as usize].signature;
    (signature.params.clone(), signature.results.clone())
}

/// Signed decimal numbers as words of their types.
fn words(texts: &[String], types: &[zkc_ir::Type]) -> Vec<u64> {
    assert_eq!(
        texts.len(),
        types.len(),
        "a case has one number per parameter and result"
    );
    let word = |(text, ty): (&String, &zkc_ir::Type)| {
        let value: i64 = text
            .parse()
            .expect("arguments and results are signed decimal numbers");
        if ty.bits() == 32 {
            u64::from(value as u32)
        } else {
            value as u64
        }
    };
    texts.iter().zip(types).map(word).collect()
}

/// Bytes of lower-case hex.
pub(crate) fn from_hex(hex: &str) -> Vec<u8> {
    assert!(
        hex.len().is_multiple_of(2) && hex.is_ascii(),
        "hex digits come in pairs"
    );
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex digits"))
        .collect()
}

/// Lower-case hex of bytes.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
