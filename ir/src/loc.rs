//! Source places, relative to the function body they lie in.
//!
//! A place is a byte offset from the first byte of the function's body in the `.wasm` file. Where the body starts is a
//! fact of the module, so a function that moves in the file keeps its places, and nothing derived from it changes.

use std::fmt;

/// Byte offset from the first byte of the function body; [`Loc::NONE`] where an op has no source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Loc(u32);

impl Loc {
    /// No place: the op was made by the compiler.
    pub const NONE: Loc = Loc(u32::MAX);

    /// The place `offset` bytes into the function body.
    pub const fn at(offset: u32) -> Loc {
        Loc(offset)
    }

    /// The byte offset, if there is a place.
    pub const fn offset(self) -> Option<u32> {
        if self.0 == u32::MAX {
            None
        } else {
            Some(self.0)
        }
    }
}

impl Default for Loc {
    fn default() -> Loc {
        Loc::NONE
    }
}

impl fmt::Debug for Loc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset() {
            Some(offset) => write!(f, "@{offset:#x}"),
            None => f.write_str("@?"),
        }
    }
}
