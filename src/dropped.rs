//! What a compilation leaves out, for comparisons: rewrite rules, groups of rules and passes, by name.
//!
//! One name space for all, so that an experiment can walk it ([`droppable`]); a test holds that no name means two things.

use std::collections::BTreeSet;
use zkc_ir::Diagnostic;
use zkc_passes::opt;

/// The name of inlining, the pass that is none of [`opt::PASSES`].
pub const INLINE: &str = "inline";

/// What is left out.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Dropped {
    /// Rewrite rules.
    pub rules: zkc_egraph::Dropped,
    /// Passes: steps of the clean-ups, and [`INLINE`].
    pub passes: BTreeSet<&'static str>,
}

/// What a name that can be dropped stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, clap::ValueEnum)]
pub enum Part {
    /// A pass before the e-graph.
    Pass,
    /// A group of rules.
    Group,
    /// A rule.
    Rule,
}

impl Part {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Part::Pass => "pass",
            Part::Group => "group",
            Part::Rule => "rule",
        }
    }
}

/// Every name that can be dropped: passes in their order, groups, then rules group by group.
pub fn droppable() -> Vec<(Part, &'static str)> {
    let passes = std::iter::once(INLINE).chain(opt::steps().map(|pass| pass.name));
    let groups = zkc_egraph::Group::ALL.iter().map(|group| group.name());
    let rules = zkc_egraph::rules().filter(|rule| rule.level > zkc_egraph::Level::O0);
    let passes = passes.map(|name| (Part::Pass, name));
    let groups = groups.map(|name| (Part::Group, name));
    let rules = rules.map(|rule| (Part::Rule, rule.name));
    passes.chain(groups).chain(rules).collect()
}

impl Dropped {
    /// No e-graph to speak of: every op is lowered by itself.
    pub fn egraph() -> Dropped {
        Dropped {
            rules: zkc_egraph::Dropped::rewriting(),
            passes: BTreeSet::new(),
        }
    }

    /// Drops what a name stands for.
    ///
    /// Errors: `usage`: the name stands for nothing, or for a rule that cannot be dropped.
    pub fn insert(&mut self, name: &str) -> Result<(), Diagnostic> {
        let passes = droppable()
            .into_iter()
            .filter(|(part, _)| *part == Part::Pass);
        if let Some((_, pass)) = passes.clone().find(|(_, pass)| *pass == name) {
            self.passes.insert(pass);
            return Ok(());
        }
        self.rules.insert(name).map_err(|error| {
            let diagnostic = Diagnostic::error("usage", format!("`--drop {name}`: {error}"));
            match error {
                zkc_egraph::DropError::Unknown(_) => {
                    let passes: Vec<&str> = passes.map(|(_, pass)| pass).collect();
                    let groups = zkc_egraph::Group::ALL.iter().map(|group| group.name());
                    let groups: Vec<&str> = groups.collect();
                    diagnostic
                        .note(format!("passes: {}", passes.join(", ")))
                        .note(format!("groups of rules: {}", groups.join(", ")))
                        .note("`zkc rules` lists the rules")
                }
                zkc_egraph::DropError::OnlyForm(_) => diagnostic,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_thing_and_can_be_dropped() {
        let mut seen = BTreeSet::new();
        for (_, name) in droppable() {
            assert!(seen.insert(name), "`{name}` means two things");
            let mut dropped = Dropped::default();
            dropped.insert(name).expect("it can be dropped");
            assert_ne!(dropped, Dropped::default(), "`{name}` drops nothing");
        }
    }
}
