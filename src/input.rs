//! Reading inputs and writing outputs: the only place that touches files.
//!
//! Outputs are written beside their target and renamed, so an interrupted run never leaves half a file.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use zkc_ir::Diagnostic;

/// Largest input file read, in bytes.
pub const MAX_INPUT_BYTES: u64 = 512 << 20;

/// What an input is, by its name or first bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// A WASM binary (a text module is assembled first).
    Wasm(Vec<u8>),
    /// zkASM text.
    Zkasm(String),
    /// IR text.
    Ir(String),
}

/// Reads a file, or standard input for `-`.
///
/// Errors: `io` when it can't be read, `limit-exceeded` above [`MAX_INPUT_BYTES`].
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let io = |e: std::io::Error| {
        Diagnostic::error("io", format!("cannot read `{}`: {e}", path.display()))
    };
    let mut bytes = Vec::new();
    let reader: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(io)?)
    };
    reader
        .take(MAX_INPUT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > MAX_INPUT_BYTES {
        return Err(Diagnostic::error(
            "limit-exceeded",
            format!(
                "`{}` is larger than {MAX_INPUT_BYTES} bytes",
                path.display()
            ),
        ));
    }
    Ok(bytes)
}

/// Reads an input and tells what it is: a WASM binary by its magic number, zkASM or IR by the file's ending, WAT otherwise.
///
/// Errors: as [`read_bytes`]; `malformed` for text that is not UTF-8 or no WAT.
pub fn read_input(path: &Path) -> Result<Input, Diagnostic> {
    let bytes = read_bytes(path)?;
    if bytes.starts_with(b"\0asm") {
        return Ok(Input::Wasm(bytes));
    }
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default()
        .to_ascii_lowercase();
    if extension == "wasm" {
        return Ok(Input::Wasm(bytes));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        Diagnostic::error(
            "malformed",
            "the input is neither a WASM binary nor UTF-8 text",
        )
        .at(e.utf8_error().valid_up_to() as u64)
    })?;
    match extension.as_str() {
        "zkasm" => Ok(Input::Zkasm(text)),
        "zkir" => Ok(Input::Ir(text)),
        _ => wat_to_wasm(&text).map(Input::Wasm),
    }
}

/// Assembles WASM text.
///
/// Errors: `malformed` with line and column.
pub fn wat_to_wasm(text: &str) -> Result<Vec<u8>, Diagnostic> {
    wat::parse_str(text).map_err(|e| {
        let full = e.to_string();
        let mut lines = full.lines();
        let message = lines.next().unwrap_or("malformed text").trim().to_string();
        let diagnostic = Diagnostic::error("malformed", message);
        match lines.find_map(line_col) {
            Some((line, column)) => diagnostic.at_line(line, column),
            None => diagnostic,
        }
    })
}

/// Line and column of an arrow line, `--> <anon>:LINE:COLUMN`.
fn line_col(line: &str) -> Option<(u32, u32)> {
    let mut parts = line.trim().strip_prefix("-->")?.rsplit(':');
    let column = parts.next()?.trim().parse().ok()?;
    let line = parts.next()?.trim().parse().ok()?;
    Some((line, column))
}

/// Writes a file whole or not at all; `-` is standard output.
///
/// Errors: `io`.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    let io = |e: std::io::Error| {
        Diagnostic::error("io", format!("cannot write `{}`: {e}", path.display()))
    };
    if path == Path::new("-") {
        let mut out = std::io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush()).map_err(io);
    }
    // what is no file (a device, a pipe) is written to, not replaced; neither is a link, but the file it names
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return std::fs::write(path, bytes).map_err(io);
    }
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path
        .file_name()
        .map(|n| n.to_os_string())
        .unwrap_or_default();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary: PathBuf = path.with_file_name(name);
    let result = std::fs::write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    result.map_err(io)
}
