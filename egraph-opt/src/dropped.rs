//! Rules that rewriting leaves out, for comparisons: by name of a rule or of a group.
//!
//! A set of rule names, so that what is dropped can be compared: a group stands for its rules. Rules of level 0 stay,
//! because each is the only form of its ops.

use crate::Level;
use crate::rules::{Group, Rule, rules};
use std::collections::BTreeSet;

/// Rules left out.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Dropped(BTreeSet<&'static str>);

/// Why a name drops nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DropError {
    /// There is no such rule or group.
    #[error("no rule or group of rules is called `{0}`")]
    Unknown(String),
    /// The rule of level 0.
    #[error("rule `{0}` gives its ops their only form")]
    OnlyForm(String),
}

impl Dropped {
    /// All rules but those that give ops of their own their zk forms: the graph then only lowers.
    pub fn rewriting() -> Dropped {
        let rewriting = rules().filter(|rule| rule.group != Group::Lower);
        Dropped(rewriting.map(|rule| rule.name).collect())
    }

    /// Drops a rule, or all rules of a group that can be dropped.
    pub fn insert(&mut self, name: &str) -> Result<(), DropError> {
        let of_group = rules().filter(|r| r.group.name() == name && r.level > Level::O0);
        let of_group: Vec<&str> = of_group.map(|rule| rule.name).collect();
        if !of_group.is_empty() {
            self.0.extend(of_group);
            return Ok(());
        }
        match rules().find(|rule| rule.name == name) {
            Some(rule) if rule.level == Level::O0 => Err(DropError::OnlyForm(name.to_owned())),
            Some(rule) => {
                self.0.insert(rule.name);
                Ok(())
            }
            None => Err(DropError::Unknown(name.to_owned())),
        }
    }

    /// Whether a rule is left out.
    pub fn contains(&self, rule: &Rule) -> bool {
        self.0.contains(rule.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_stands_for_its_rules() {
        for group in Group::ALL {
            let mut dropped = Dropped::default();
            dropped
                .insert(group.name())
                .expect("a group can be dropped");
            for rule in rules() {
                let expected = rule.group == *group && rule.level > Level::O0;
                assert_eq!(dropped.contains(rule), expected, "{}", rule.name);
            }
        }
        let grouped = |rule: &Rule| Group::ALL.contains(&rule.group);
        assert!(rules().all(grouped), "a group is missing in the list");
    }

    #[test]
    fn names_that_drop_nothing_are_refused() {
        let mut dropped = Dropped::default();
        let unknown = DropError::Unknown("nothing".to_owned());
        assert_eq!(dropped.insert("nothing"), Err(unknown));
        let only = DropError::OnlyForm("lower-add".to_owned());
        assert_eq!(dropped.insert("lower-add"), Err(only));
        assert_eq!(dropped, Dropped::default());
    }

    #[test]
    fn without_rewriting_only_lowering_is_left() {
        let dropped = Dropped::rewriting();
        for rule in rules() {
            assert_eq!(!dropped.contains(rule), rule.group == Group::Lower);
        }
    }
}
