//! Identity events and claims of names.

use super::{Changes, RuleError, View};
use crate::{
    digest::IdentityId,
    entry::{EntryState, MapKey},
    identity::{IdentityState, step},
    key::PublicKey,
    record::{Body, Claim, Inception, Record},
};

pub(super) fn inception(
    view: &View<'_>,
    index: u64,
    record: &Record,
    inception: &Inception,
) -> Result<Changes, RuleError> {
    let state = step(view.identity(record.issuer()).cloned(), index, record)?;
    let mut changes = Changes::default();
    register(
        view,
        &mut changes,
        state.id,
        inception.keys.keys.iter().map(|k| &k.key),
    )?;
    file_under_self(&mut changes, state);
    Ok(changes)
}

/// A rotation or a retirement.
pub(super) fn key_event(
    view: &View<'_>,
    index: u64,
    record: &Record,
) -> Result<Changes, RuleError> {
    let state = step(view.identity(record.issuer()).cloned(), index, record)?;
    let mut changes = Changes::default();
    let keys: Vec<&PublicKey> = if let Body::Rotate(rotate) = record.body() {
        rotate.keys.keys.iter().map(|k| &k.key).collect()
    } else if let Body::Retire(retire) = record.body() {
        retire.keys.iter().collect()
    } else {
        return Err(RuleError::NotAnEvent);
    };
    register(view, &mut changes, state.id, keys)?;
    file_under_self(&mut changes, state);
    Ok(changes)
}

pub(super) fn claim(
    view: &View<'_>,
    index: u64,
    record: &Record,
    claim: &Claim,
) -> Result<Changes, RuleError> {
    let state = step(view.identity(record.issuer()).cloned(), index, record)?;
    // The commitment stands in the inception: nobody who sees the reveal can have committed first.
    if view.last_state.is_none_or(|last| last.index < state.since) {
        return Err(RuleError::ClaimTooEarly);
    }
    if let Some(EntryState::Skeleton(taken)) = view.entry(&MapKey::Skeleton(claim.name.skeleton()))
    {
        return Err(RuleError::NameTaken {
            name: claim.name.clone(),
            taken: taken.clone(),
        });
    }
    let mut changes = Changes::default();
    changes.states.insert(
        MapKey::Name(claim.name.clone()).path(),
        EntryState::Name {
            identity: state.id,
            index,
        },
    );
    changes.states.insert(
        MapKey::Skeleton(claim.name.skeleton()).path(),
        EntryState::Skeleton(claim.name.clone()),
    );
    file_under_self(&mut changes, state);
    Ok(changes)
}

/// Enters keys that no identity of this log has used.
pub(super) fn register<'k>(
    view: &View<'_>,
    changes: &mut Changes,
    owner: IdentityId,
    keys: impl IntoIterator<Item = &'k PublicKey>,
) -> Result<(), RuleError> {
    for key in keys {
        let digest = key.digest();
        if let Some(EntryState::Key(Some(_))) = view.entry(&MapKey::Key(digest)) {
            return Err(RuleError::KeyExists { key: digest });
        }
        changes
            .states
            .insert(MapKey::Key(digest).path(), EntryState::Key(Some(owner)));
    }
    Ok(())
}

fn file_under_self(changes: &mut Changes, state: IdentityState) {
    let home = MapKey::Identity(state.id).path();
    changes
        .states
        .insert(home, EntryState::Identity(Box::new(state)));
    changes.dockets.insert(home);
}
