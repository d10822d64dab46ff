//! Printing of a guest's `cases.toml` from native runs.

use std::fmt::Write;

use crate::host;

/// The text of a `cases.toml` in the making.
pub struct Cases(String);

impl Cases {
    /// A file without cases, but with its head comment.
    #[expect(clippy::new_without_default, reason = "a file is begun, not defaulted")]
    pub fn new() -> Self {
        Self("# Expected outputs from native runs of this guest; written by its `examples/cases.rs`.\n".to_owned())
    }

    /// One call of `run(arg)` that returns `result`; an unsigned result is recorded as the signed integer of the
    /// same bits.
    pub fn run(&mut self, arg: impl ToString, result: impl ToString) {
        self.call("run", arg, result);
    }

    /// One call of another export, as for `run`.
    pub fn call(&mut self, export: &str, arg: impl ToString, result: impl ToString) {
        let (arg, result) = (arg.to_string(), result.to_string());
        write!(
            self.0,
            "\n[[case]]\ninvoke = \"{export}\"\nargs = [\"{arg}\"]\nresults = [\"{result}\"]\n"
        )
        .expect("a string takes all");
    }

    /// One call of `main` with `input` as the private input: text if it is printable ASCII, else hex.
    pub fn main(&mut self, input: &[u8], main: extern "C" fn()) {
        let output = hex(&host::with_input(input, main));
        let plain = |&b: &u8| (b.is_ascii_graphic() || b == b' ') && b != b'"' && b != b'\\';
        let input = match std::str::from_utf8(input) {
            Ok(text) if input.iter().all(plain) => format!("input = \"{text}\""),
            _ => format!("input_hex = \"{}\"", hex(input)),
        };
        write!(
            self.0,
            "\n[[case]]\ninvoke = \"main\"\nargs = []\n{input}\nresults = []\noutput_hex = \"{output}\"\n"
        )
        .expect("a string takes all");
    }

    /// Prints the file to standard output.
    pub fn print(&self) {
        print!("{}", self.0);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
