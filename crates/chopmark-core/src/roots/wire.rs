//! The roots file as JSON, and the checks that make it a [`Roots`].

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    num::NonZeroU32,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use super::{FirstContact, MAX_DEPTH, Panel, Root, Roots, RootsError};
use crate::{
    digest::{IdentityId, RootsDigest},
    json::MAX_INTEGER,
    name::SkillName,
    requirement::{Preset, PresetWire},
};

/// The value of `schema`.
pub(super) const SCHEMA: &str = "https://chopmark.dev/schema/roots/v1";

/// A roots file as JSON. `trust init` fills one and prints it with
/// [`to_canonical`](crate::json::to_canonical).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "docs/spec/roots.md describes each field")]
pub struct RootsWire {
    pub schema: String,
    pub version: u64,
    pub not_after: u64,
    pub logs: Vec<LogWire>,
    pub roots: Vec<RootWire>,
    pub organisations: Vec<Vec<String>>,
    pub engines: Vec<EngineWire>,
    pub panels: Vec<PanelWire>,
    pub preset: PresetWire,
}

/// One entry of `logs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "docs/spec/roots.md describes each field")]
pub struct LogWire {
    pub origin: String,
    pub charter: String,
    pub tlog_policy: String,
    pub replay_group: String,
}

/// One entry of `roots`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "docs/spec/roots.md describes each field")]
pub struct RootWire {
    pub id: String,
    pub capacity: u32,
    pub depth: u8,
}

/// One entry of `engines`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "docs/spec/roots.md describes each field")]
pub struct EngineWire {
    pub family: String,
    pub engines: Vec<String>,
}

/// One entry of `panels`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "docs/spec/roots.md describes each field")]
pub struct PanelWire {
    pub name: String,
    pub threshold: u32,
    pub members: Vec<String>,
}

impl RootsWire {
    /// A roots file with nothing in it but a table: what `trust init` starts from.
    #[must_use]
    pub fn new(version: u64, not_after: u64, preset: &Preset) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            version,
            not_after,
            logs: Vec::new(),
            roots: Vec::new(),
            organisations: Vec::new(),
            engines: Vec::new(),
            panels: Vec::new(),
            preset: preset.to_wire(),
        }
    }
}

pub(super) fn read(wire: &RootsWire, digest: RootsDigest) -> Result<Roots, RootsError> {
    if wire.schema != SCHEMA {
        return Err(RootsError::Schema(wire.schema.clone()));
    }
    if wire.version.max(wire.not_after) > MAX_INTEGER {
        return Err(problem("version", "larger than 2^53 - 1"));
    }
    let organisations = organisations(&wire.organisations)?;
    Ok(Roots {
        version: wire.version,
        not_after: wire.not_after,
        logs: logs(&wire.logs)?,
        roots: roots(&wire.roots, &organisations)?,
        engines: engines(&wire.engines)?,
        panels: panels(&wire.panels, &organisations)?,
        organisations,
        preset: Preset::try_from(wire.preset.clone())?,
        digest,
    })
}

fn logs(wire: &[LogWire]) -> Result<Vec<FirstContact>, RootsError> {
    ascending("logs", wire, MAX_LOGS, |log| log.origin.clone())?;
    wire.iter()
        .map(|log| {
            if log.origin.is_empty() || log.origin.len() > 255 {
                return Err(problem("origin", "has 1 to 255 bytes"));
            }
            if log.replay_group.is_empty() {
                return Err(problem("replayGroup", "is empty"));
            }
            Ok(FirstContact {
                origin: log.origin.clone(),
                charter: parse("charter", &log.charter)?,
                tlog_policy: log.tlog_policy.clone(),
                replay_group: log.replay_group.clone(),
            })
        })
        .collect()
}

/// Member → the organisation's lowest member, for every merged identity.
fn organisations(wire: &[Vec<String>]) -> Result<BTreeMap<IdentityId, IdentityId>, RootsError> {
    ascending("organisations", wire, MAX_ENTRIES, Clone::clone)?;
    let mut merged = BTreeMap::new();
    for group in wire {
        ascending("organisations", group, MAX_MEMBERS, Clone::clone)?;
        if group.len() < 2 {
            return Err(problem("organisations", "merging takes two identities"));
        }
        let mut head = None;
        for text in group {
            let member: IdentityId = parse("organisations", text)?;
            let head = *head.get_or_insert(member);
            if merged.insert(member, head).is_some() {
                return Err(RootsError::Merged(member));
            }
        }
    }
    Ok(merged)
}

fn roots(
    wire: &[RootWire],
    organisations: &BTreeMap<IdentityId, IdentityId>,
) -> Result<BTreeMap<IdentityId, Root>, RootsError> {
    ascending("roots", wire, MAX_ENTRIES, |root| root.id.clone())?;
    let mut roots = BTreeMap::new();
    for root in wire {
        let id: IdentityId = parse("roots", &root.id)?;
        let capacity = NonZeroU32::new(root.capacity)
            .filter(|capacity| capacity.get() <= MAX_CAPACITY)
            .ok_or_else(|| problem("capacity", "is 1 to 64"))?;
        if root.depth > MAX_DEPTH {
            return Err(problem("depth", "is 0 to 7"));
        }
        let organisation = organisations.get(&id).copied().unwrap_or(id);
        if roots
            .insert(
                organisation,
                Root {
                    capacity,
                    depth: root.depth,
                },
            )
            .is_some()
        {
            return Err(RootsError::TwoRoots(id));
        }
    }
    Ok(roots)
}

fn engines(wire: &[EngineWire]) -> Result<BTreeMap<SkillName, SkillName>, RootsError> {
    ascending("engines", wire, MAX_ENTRIES, |entry| entry.family.clone())?;
    let mut families = BTreeMap::new();
    for entry in wire {
        let family: SkillName = parse("family", &entry.family)?;
        ascending("engines", &entry.engines, MAX_MEMBERS, Clone::clone)?;
        for text in &entry.engines {
            let engine: SkillName = parse("engines", text)?;
            if families.insert(engine, family.clone()).is_some() {
                return Err(RootsError::Engine(text.clone()));
            }
        }
    }
    Ok(families)
}

fn panels(
    wire: &[PanelWire],
    organisations: &BTreeMap<IdentityId, IdentityId>,
) -> Result<Vec<Panel>, RootsError> {
    ascending("panels", wire, MAX_ENTRIES, |panel| panel.name.clone())?;
    wire.iter()
        .map(|panel| {
            ascending("members", &panel.members, MAX_MEMBERS, Clone::clone)?;
            let members: BTreeSet<IdentityId> = panel
                .members
                .iter()
                .map(|id| parse("members", id))
                .collect::<Result<_, _>>()?;
            let distinct: BTreeSet<IdentityId> = members
                .iter()
                .map(|id| organisations.get(id).copied().unwrap_or(*id))
                .collect();
            let threshold = NonZeroU32::new(panel.threshold)
                .filter(|t| usize::try_from(t.get()).is_ok_and(|t| t <= distinct.len()))
                .ok_or_else(|| RootsError::Panel(panel.name.clone()))?;
            Ok(Panel {
                name: parse("panels", &panel.name)?,
                members,
                threshold,
            })
        })
        .collect()
}

/// Refuses a list whose keys are not strictly ascending, so that it has one spelling.
fn ascending<T, K: Ord>(
    field: &'static str,
    items: &[T],
    max: usize,
    key: impl Fn(&T) -> K,
) -> Result<(), RootsError> {
    let sorted = items
        .iter()
        .zip(items.iter().skip(1))
        .all(|(a, b)| key(a) < key(b));
    if sorted && items.len() <= max {
        Ok(())
    } else {
        Err(RootsError::List(field))
    }
}

fn parse<T: FromStr<Err: Display>>(field: &'static str, text: &str) -> Result<T, RootsError> {
    text.parse().map_err(|e: T::Err| problem(field, e))
}

fn problem(field: &'static str, problem: impl Display) -> RootsError {
    RootsError::Field {
        field,
        problem: problem.to_string(),
    }
}

const MAX_LOGS: usize = 8;
const MAX_ENTRIES: usize = 1_024;
const MAX_MEMBERS: usize = 64;
const MAX_CAPACITY: u32 = 64;
