//! WASI programs from outside: what goes into the private input, and what comes out as records of the public output.
//!
//! The formats are those of `passes/src/host/WASI.md`; the other side of them is the host module `wasi.wat`. A reader of a
//! statement needs [`Transcript::of`] only.

use zkc_ir::{Diagnostic, FuncBody};

/// Module name of WASI's functions.
pub const MODULE: &str = "wasi_snapshot_preview1";
/// The function a program starts at.
pub const START: &str = "_start";
/// Words of 8 bytes that arguments and environment may take, with one for each string.
const STRING_WORDS: usize = 1 << 14;

/// Whether a module imports functions of WASI.
///
/// Errors: the decoder's, for a module that is not valid.
pub fn imported_by(wasm: &[u8]) -> Result<bool, Diagnostic> {
    let items = zkc_passes::decode::decode_items(wasm)?;
    Ok(items
        .module
        .funcs
        .iter()
        .any(|f| matches!(&f.body, FuncBody::Import(import) if import.module == MODULE)))
}

/// What a WASI program may ask its host for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Environment {
    /// Arguments, the program's name first.
    pub args: Vec<String>,
    /// Environment variables, as `NAME=VALUE`.
    pub vars: Vec<String>,
    /// Standard input.
    pub stdin: Vec<u8>,
    /// What `random_get` starts from.
    pub seed: u64,
}

impl Environment {
    /// The private input that holds this environment.
    ///
    /// Errors: `argument` for a string with a zero byte, or for more strings than the host has room for.
    pub fn to_input(&self) -> Result<Vec<u8>, Diagnostic> {
        let mut input = self.seed.to_le_bytes().to_vec();
        let mut words = 0;
        for list in [&self.args, &self.vars] {
            input.extend((list.len() as u32).to_le_bytes());
            for text in list {
                if text.contains('\0') {
                    let message = format!("`{}` has a zero byte", text.escape_default());
                    return Err(Diagnostic::error("argument", message));
                }
                words += 1 + text.len().div_ceil(8);
                if words > STRING_WORDS {
                    let message = format!(
                        "arguments and environment take more than {} bytes",
                        STRING_WORDS * 8
                    );
                    return Err(Diagnostic::error("argument", message));
                }
                input.extend((text.len() as u32).to_le_bytes());
                input.extend(text.as_bytes());
            }
        }
        input.extend(&self.stdin);
        Ok(input)
    }
}

/// What a run of a WASI program shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transcript {
    /// The arguments, if the program asked for them.
    pub args: Vec<Vec<u8>>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// The code the program exited with; none if it returned or trapped.
    pub exit: Option<u32>,
}

impl Transcript {
    /// Reads the records of a public output; `None` if it holds anything else.
    pub fn of(mut output: &[u8]) -> Option<Transcript> {
        let mut transcript = Transcript::default();
        while let Some((&tag, rest)) = output.split_first() {
            let (len, rest) = rest.split_first_chunk::<4>()?;
            let (bytes, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
            match tag {
                1 => transcript.stdout.extend_from_slice(bytes),
                2 => transcript.stderr.extend_from_slice(bytes),
                3 if transcript.exit.is_none() => {
                    transcript.exit = Some(u32::from_le_bytes(bytes.try_into().ok()?));
                }
                4 => transcript.args.push(bytes.to_vec()),
                _ => return None,
            }
            output = rest;
        }
        Some(transcript)
    }

    /// The records for a reader, a line each; strings are quoted and escaped.
    pub fn lines(&self) -> Vec<String> {
        let quoted = |bytes: &[u8]| format!("\"{}\"", bytes.escape_ascii());
        let mut lines = Vec::new();
        for arg in &self.args {
            lines.push(format!("argument:      {}", quoted(arg)));
        }
        for (name, bytes) in [("stdout:", &self.stdout), ("stderr:", &self.stderr)] {
            if !bytes.is_empty() {
                lines.push(format!("{name:<15}{}", quoted(bytes)));
            }
        }
        if let Some(code) = self.exit {
            lines.push(format!("exit code:     {code}"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_in_order() {
        let output = b"\x04\x01\0\0\0p\x01\x02\0\0\0ab\x02\x01\0\0\0!\x01\x01\0\0\0c\x03\x04\0\0\0\x07\0\0\0";
        let transcript = Transcript::of(output).expect("these are records");
        assert_eq!(transcript.args, [b"p"]);
        assert_eq!(transcript.stdout, b"abc");
        assert_eq!(transcript.stderr, b"!");
        assert_eq!(transcript.exit, Some(7));
        assert_eq!(
            transcript.lines(),
            [
                "argument:      \"p\"",
                "stdout:        \"abc\"",
                "stderr:        \"!\"",
                "exit code:     7"
            ]
        );
        for end in 1..output.len() {
            let whole = [0, 6, 13, 19, 25].contains(&end);
            assert_eq!(Transcript::of(&output[..end]).is_some(), whole, "{end}");
        }
    }

    #[test]
    fn other_outputs_are_no_records() {
        for output in [
            &b"\x05\0\0\0\0"[..],
            b"\x03\x01\0\0\0x",
            b"\x01\xff\xff\xff\xffx",
            b"\x03\x04\0\0\0\0\0\0\0\x03\x04\0\0\0\0\0\0\0",
        ] {
            assert_eq!(Transcript::of(output), None, "{output:?}");
        }
    }

    #[test]
    fn the_input_holds_the_environment() {
        let environment = Environment {
            args: vec!["p".into()],
            vars: Vec::new(),
            stdin: b"in".to_vec(),
            seed: 5,
        };
        let input = environment.to_input().expect("the strings are short");
        assert_eq!(input, b"\x05\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0p\0\0\0\0in");
        let long = Environment {
            vars: vec!["x".repeat(STRING_WORDS * 8)],
            ..Environment::default()
        };
        assert!(long.to_input().is_err());
        let zero = Environment {
            args: vec!["a\0b".into()],
            ..Environment::default()
        };
        assert!(zero.to_input().is_err());
    }
}
