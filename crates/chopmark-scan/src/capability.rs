//! What a skill can do, apart from any judgement.

mod diff;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::{Config, count};
use crate::fact::{Fact, FactKind};
use crate::role::Role;

pub use diff::{CapabilityChange, Change, capability_changes};

/// One thing that a skill can do or speaks of, and where that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capability {
    /// What it is about.
    pub kind: FactKind,
    /// The host, path, name, package or place.
    pub value: String,
    /// Where it was read, in the order of files and lines.
    pub places: Vec<Place>,
    /// Further places that are not listed.
    pub more: u64,
}

/// A line of a file and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// What the line is for: a host in prose is spoken of, one in code is spoken to.
    pub role: Role,
}

impl Capability {
    /// Whether any place is in a script of the skill, not only in its text.
    #[must_use]
    pub fn is_in_code(&self) -> bool {
        self.places.iter().any(|place| place.role == Role::Code)
    }

    /// Whether any place is in a script or in a block of code.
    #[must_use]
    pub fn is_in_code_or_fence(&self) -> bool {
        let runs = |place: &Place| matches!(place.role, Role::Code | Role::Fence);
        self.places.iter().any(runs)
    }
}

/// Joins facts into capabilities, ordered by kind and value; places in code come first.
pub(crate) fn of(facts: &[Fact], config: &Config) -> Vec<Capability> {
    let mut joined: BTreeMap<(FactKind, &str), Vec<Place>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.kind.is_capability()) {
        joined
            .entry((fact.kind, &fact.value))
            .or_default()
            .push(Place {
                file: fact.file.clone(),
                line: fact.line,
                role: fact.role,
            });
    }
    joined
        .into_iter()
        .map(|((kind, value), mut places)| {
            places.sort_by(|a, b| (rank(a.role), a).cmp(&(rank(b.role), b)));
            places.dedup();
            let kept = places.len().min(count(config.max_places));
            let more = places.len().saturating_sub(kept);
            places.truncate(kept);
            Capability {
                kind,
                value: value.to_owned(),
                places,
                more: u64::try_from(more).unwrap_or(u64::MAX),
            }
        })
        .collect()
}

fn rank(role: Role) -> u8 {
    match role {
        Role::Code => 0,
        Role::Fence => 1,
        Role::FrontMatter
        | Role::Prose
        | Role::Comment
        | Role::Quote
        | Role::Hidden
        | Role::Data => 2,
    }
}
