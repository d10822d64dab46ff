//! The processors zkc compiles to, by name. Everything else about a processor is in its own modules.

use std::fmt;
use std::str::FromStr;

/// A processor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Target {
    /// zk64, whose runs zkc proves.
    #[default]
    Zk64,
    /// The Hermez processor in its 64-bit variant, which upstream's tools assemble for and run.
    Hermez64,
}

impl Target {
    /// Every processor.
    pub const ALL: [Target; 2] = [Target::Zk64, Target::Hermez64];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Target::Zk64 => "zk64",
            Target::Hermez64 => "hermez64",
        }
    }
}

impl Target {
    /// The cost model it is compiled for if nobody says another.
    pub const fn cost_model(self) -> &'static str {
        match self {
            Target::Zk64 => "cells",
            Target::Hermez64 => "hermez",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Target, String> {
        let found = Target::ALL.into_iter().find(|t| t.name() == text);
        found.ok_or_else(|| format!("expected {}", Target::ALL.map(Target::name).join(" or ")))
    }
}
