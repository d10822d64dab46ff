//! What a user is told about bad input: one plain value, rendered only by the root crate.

use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The input was refused.
    Error,
    /// Worth knowing; the work went on.
    Warning,
}

/// Where in the input.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Place {
    /// Byte offset in the input file, if known.
    pub offset: Option<u64>,
    /// Line and column, both from 1, for text inputs.
    pub line_col: Option<(u32, u32)>,
    /// Function the place lies in: name, or index as text.
    pub function: Option<String>,
    /// Module the place lies in, if several are compiled and it is not the main one.
    pub unit: Option<String>,
}

/// A message about the user's input.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Diagnostic {
    /// Stable kebab-case code, e.g. `unsupported-op`, `malformed`, `invalid`.
    pub code: &'static str,
    /// Severity.
    pub severity: Severity,
    /// One sentence, lower case, no full stop, names in backticks, what was expected.
    pub message: String,
    /// Where.
    pub place: Place,
    /// Further remarks, each one sentence.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            place: Place::default(),
            notes: Vec::new(),
        }
    }

    /// Sets the byte offset in the input file.
    pub fn at(mut self, offset: u64) -> Diagnostic {
        self.place.offset = Some(offset);
        self
    }

    /// Sets line and column, both from 1.
    pub fn at_line(mut self, line: u32, column: u32) -> Diagnostic {
        self.place.line_col = Some((line, column));
        self
    }

    /// Sets the function.
    pub fn in_function(mut self, name: impl Into<String>) -> Diagnostic {
        self.place.function = Some(name.into());
        self
    }

    /// Sets the module, of several.
    pub fn in_unit(mut self, name: impl Into<String>) -> Diagnostic {
        self.place.unit = Some(name.into());
        self
    }

    /// Adds a remark.
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Diagnostic {}
