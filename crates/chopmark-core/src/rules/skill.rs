//! Releases and yanks.

use super::{Changes, RuleError, View, signed};
use crate::{
    entry::{EntryState, MapKey, VersionFacts},
    key::Role,
    record::{Record, Release, Yank},
};

pub(super) fn release(
    view: &View<'_>,
    index: u64,
    record: &Record,
    release: &Release,
) -> Result<Changes, RuleError> {
    signed(view, record, Role::Release)?;
    let issuer = record.issuer();
    let version = MapKey::Version(issuer, release.skill.clone(), release.version.clone());
    if view.entry(&version).is_some() {
        return Err(RuleError::VersionExists {
            skill: release.skill.to_string(),
            version: release.version.to_string(),
        });
    }
    let skill = MapKey::Skill(issuer, release.skill.clone());
    let last = match view.entry(&skill) {
        Some(EntryState::Skill(last)) => *last,
        Some(_) | None => None,
    };
    if release.previous != last {
        return Err(RuleError::Predecessor {
            skill: release.skill.to_string(),
        });
    }
    let mut changes = Changes::default();
    changes
        .states
        .insert(skill.path(), EntryState::Skill(Some(record.id())));
    changes.states.insert(
        version.path(),
        EntryState::Version(VersionFacts {
            release: record.id(),
            index,
            content: release.content,
            yanked: None,
        }),
    );
    let content = MapKey::Content(release.content);
    changes.states.insert(content.path(), EntryState::Content);
    changes.dockets.extend([skill.path(), content.path()]);
    Ok(changes)
}

pub(super) fn yank(
    view: &View<'_>,
    index: u64,
    record: &Record,
    yank: &Yank,
) -> Result<Changes, RuleError> {
    signed(view, record, Role::Release)?;
    let issuer = record.issuer();
    let version = MapKey::Version(issuer, yank.skill.clone(), yank.version.clone());
    let facts = match view.entry(&version) {
        Some(EntryState::Version(facts))
            if facts.release == yank.release && facts.content == yank.content =>
        {
            facts
        }
        Some(_) | None => {
            return Err(RuleError::NoSuchRelease {
                skill: yank.skill.to_string(),
                version: yank.version.to_string(),
                content: yank.content,
            });
        }
    };
    if facts.yanked.is_some() {
        return Err(RuleError::AlreadyYanked {
            skill: yank.skill.to_string(),
            version: yank.version.to_string(),
        });
    }
    let mut changes = Changes::default();
    let facts = VersionFacts {
        yanked: Some(index),
        ..facts.clone()
    };
    changes
        .states
        .insert(version.path(), EntryState::Version(facts));
    changes.dockets.extend([
        MapKey::Skill(issuer, yank.skill.clone()).path(),
        MapKey::Content(yank.content).path(),
    ]);
    Ok(changes)
}
