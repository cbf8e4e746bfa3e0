//! The one judge of history.
//!
//! Author, registry, witness, monitor and client all call [`apply`]; no other code says whether a
//! record belongs in a log. It is pure and total: what it reads, the caller hands over as a
//! [`View`]; what it decides, it returns as [`Changes`].

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    digest::{IdentityId, NodeHash},
    entry::{Entries, EntryState, LogFacts, MapKey, StatementFacts},
    identity::IdentityState,
    key::Role,
    map::Path,
    record::{Body, Kind, Record, VetoTarget},
};

pub use error::{Blame, RuleError};

mod error;
mod evidence;
mod identity;
mod log;
mod skill;

/// The highest version of the rules that this code knows.
pub const KNOWN_RULES: u64 = 1;

/// The shortest notice of a raise of the rules: 14 days, in seconds.
pub const RAISE_NOTICE_SECONDS: u64 = 14 * 24 * 60 * 60;

/// What a judge may look at.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The origin of the log.
    pub origin: &'a str,
    /// The root of the map over all leaves before the record.
    pub root: NodeHash,
    /// The last state leaf before the record.
    pub last_state: Option<StateFacts>,
    /// The entries that [`reads`] names, and no others.
    pub entries: &'a Entries,
}

/// What a state leaf stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateFacts {
    /// Its index.
    pub index: u64,
    /// Its time, in seconds since the Unix epoch.
    pub time: u64,
    /// The root that it stated.
    pub root: NodeHash,
}

/// What a record changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New states of entries.
    pub states: BTreeMap<Path, EntryState>,
    /// Entries into whose dockets the record is filed, under its issuer.
    pub dockets: BTreeSet<Path>,
    /// What a state leaf stated.
    pub state: Option<StateFacts>,
}

/// Names the map entries that the judge of `record` reads.
///
/// A retraction also names the dockets of its target by path; [`apply`] takes those from the
/// target's entry.
///
/// Spec: docs/spec/rules.md §2.
pub fn reads(record: &Record) -> Vec<MapKey> {
    let issuer = record.issuer();
    let mut keys = vec![MapKey::Log];
    if !matches!(record.kind(), Kind::State) {
        keys.push(MapKey::Statement(record.id()));
    }
    keys.push(MapKey::Identity(issuer));
    match record.body() {
        Body::Charter(_) => {
            if let Some(inception) = log::operator_inception(record) {
                keys.extend(key_keys(inception.keys.keys.iter().map(|k| k.key.digest())));
            }
        }
        Body::Inception(b) => keys.extend(key_keys(b.keys.keys.iter().map(|k| k.key.digest()))),
        Body::Rotate(b) => keys.extend(key_keys(b.keys.keys.iter().map(|k| k.key.digest()))),
        Body::Retire(b) => {
            keys.extend(key_keys(b.keys.iter().map(crate::key::PublicKey::digest)));
        }
        Body::Claim(b) => {
            keys.push(MapKey::Name(b.name.clone()));
            keys.push(MapKey::Skeleton(b.name.skeleton()));
        }
        Body::Release(b) => {
            keys.push(MapKey::Skill(issuer, b.skill.clone()));
            keys.push(MapKey::Version(issuer, b.skill.clone(), b.version.clone()));
            keys.push(MapKey::Content(b.content));
        }
        Body::Yank(b) => {
            keys.push(MapKey::Skill(issuer, b.skill.clone()));
            keys.push(MapKey::Version(issuer, b.skill.clone(), b.version.clone()));
            keys.push(MapKey::Content(b.content));
        }
        Body::Scan(b) => keys.push(MapKey::Content(b.content)),
        Body::Audit(b) => keys.push(MapKey::Content(b.content)),
        Body::Vouch(b) => keys.push(MapKey::Identity(b.organisation)),
        Body::Veto(b) => keys.push(veto_key(&b.target)),
        Body::Retract(b) => keys.push(MapKey::Statement(b.statement)),
        Body::State(_) | Body::Rules(_) => {}
    }
    keys
}

fn key_keys(digests: impl Iterator<Item = crate::digest::KeyDigest>) -> Vec<MapKey> {
    digests.map(MapKey::Key).collect()
}

/// Returns the key whose docket holds a veto.
pub fn veto_key(target: &VetoTarget) -> MapKey {
    match target {
        VetoTarget::Content(content) => MapKey::Content(*content),
        VetoTarget::Key { key, .. } => MapKey::Key(*key),
        VetoTarget::Skill {
            publisher, skill, ..
        } => MapKey::Skill(*publisher, skill.clone()),
    }
}

/// Judges the record at `index`.
///
/// Spec: docs/spec/rules.md §3.
///
/// # Errors
///
/// A [`RuleError`]: the record is void and changes nothing, except for [`RuleError::Upgrade`],
/// which says that this code cannot judge.
pub fn apply(view: &View<'_>, index: u64, record: &Record) -> Result<Changes, RuleError> {
    if record.origin() != view.origin {
        return Err(RuleError::OtherLog {
            origin: record.origin().to_owned(),
        });
    }
    if let Body::Charter(charter) = record.body() {
        return log::charter(view, index, record, charter);
    }
    let facts = view.log()?;
    in_force(facts, view)?;
    within_limits(facts, view, index, record)?;
    if let Body::State(state) = record.body() {
        return log::state(view, index, record, state);
    }
    if view.entry(&MapKey::Statement(record.id())).is_some() {
        return Err(RuleError::Duplicate {
            statement: record.id(),
        });
    }
    let mut changes = match record.body() {
        Body::Inception(b) => identity::inception(view, index, record, b),
        Body::Rotate(_) | Body::Retire(_) => identity::key_event(view, index, record),
        Body::Claim(b) => identity::claim(view, index, record, b),
        Body::Release(b) => skill::release(view, index, record, b),
        Body::Yank(b) => skill::yank(view, index, record, b),
        Body::Scan(b) => evidence::about_content(view, record, b.content),
        Body::Audit(b) => evidence::about_content(view, record, b.content),
        Body::Vouch(b) => evidence::vouch(view, record, b),
        Body::Veto(b) => evidence::veto(view, record, b),
        Body::Retract(b) => evidence::retract(view, index, record, b),
        Body::Rules(b) => log::rules(view, record, b),
        Body::Charter(_) | Body::State(_) => Ok(Changes::default()),
    }?;
    changes.states.insert(
        MapKey::Statement(record.id()).path(),
        EntryState::Statement(StatementFacts {
            index,
            issuer: record.issuer(),
            kind: record.kind(),
            filed: changes.dockets.iter().copied().collect(),
            retracted: None,
        }),
    );
    Ok(changes)
}

/// Returns the role that a key needs to sign a record of this kind.
///
/// Identity events and claims are judged by [`crate::identity::step`]; they need none.
pub fn role_for(kind: Kind) -> Option<Role> {
    match kind {
        Kind::Release | Kind::Yank => Some(Role::Release),
        Kind::Scan | Kind::Audit => Some(Role::Audit),
        Kind::Vouch => Some(Role::Vouch),
        Kind::Veto => Some(Role::Veto),
        Kind::State | Kind::Rules | Kind::Charter => Some(Role::Operate),
        Kind::Inception | Kind::Rotate | Kind::Retire | Kind::Claim | Kind::Retract => None,
    }
}

fn in_force(facts: &LogFacts, view: &View<'_>) -> Result<(), RuleError> {
    let raised = facts
        .raise
        .as_ref()
        .filter(|raise| view.last_state.is_some_and(|s| s.time >= raise.not_before));
    let version = raised.map_or(facts.rules, |raise| raise.version);
    if version > KNOWN_RULES {
        return Err(RuleError::Upgrade { version });
    }
    Ok(())
}

fn within_limits(
    facts: &LogFacts,
    view: &View<'_>,
    index: u64,
    record: &Record,
) -> Result<(), RuleError> {
    let limit = if record.kind().is_identity_event() {
        facts.limits.identity_leaf_bytes
    } else {
        facts.limits.leaf_bytes
    };
    let bytes = u64::try_from(record.bytes().len()).unwrap_or(u64::MAX);
    if bytes > limit {
        return Err(RuleError::TooLarge { bytes, limit });
    }
    let first = view.last_state.map_or(0, |s| s.index.saturating_add(1));
    let is_state = record.kind() == Kind::State;
    let records = index
        .saturating_sub(first)
        .saturating_add(if is_state { 1 } else { 2 });
    if records > facts.limits.batch_records {
        return Err(RuleError::BatchFull {
            limit: facts.limits.batch_records,
        });
    }
    Ok(())
}

impl<'a> View<'a> {
    fn entry(&self, key: &MapKey) -> Option<&'a EntryState> {
        self.entries.get(key)?.as_ref().map(|entry| &entry.state)
    }

    fn log(&self) -> Result<&'a LogFacts, RuleError> {
        match self.entry(&MapKey::Log) {
            Some(EntryState::Log(facts)) => Ok(facts),
            Some(_) | None => Err(RuleError::NoCharter),
        }
    }

    fn identity(&self, id: IdentityId) -> Option<&'a IdentityState> {
        match self.entry(&MapKey::Identity(id)) {
            Some(EntryState::Identity(state)) => Some(state),
            Some(_) | None => None,
        }
    }

    fn issuer(&self, record: &Record) -> Result<&'a IdentityState, RuleError> {
        self.identity(record.issuer())
            .ok_or_else(|| RuleError::UnknownIssuer {
                issuer: record.issuer(),
            })
    }
}

/// Judges the signatures of a record of `role` against its issuer's present keys.
fn signed(view: &View<'_>, record: &Record, role: Role) -> Result<(), RuleError> {
    view.issuer(record)?
        .signed(record.envelope(), role)
        .map(|_| ())
}

#[cfg(test)]
mod tests;
