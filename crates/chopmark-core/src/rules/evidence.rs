//! What others say: scans, audits, vouches, vetoes, retractions.

use super::{Changes, RuleError, View, role_for, signed, veto_key};
use crate::{
    digest::ContentDigest,
    entry::{EntryState, MapKey, StatementFacts},
    key::Role,
    record::{Kind, Record, Retract, Veto, VetoReason, VetoTarget, Vouch},
};

/// A scan or an audit: anyone may issue one, about any bytes.
pub(super) fn about_content(
    view: &View<'_>,
    record: &Record,
    content: ContentDigest,
) -> Result<Changes, RuleError> {
    signed(view, record, Role::Audit)?;
    let path = MapKey::Content(content).path();
    let mut changes = Changes::default();
    changes.states.insert(path, EntryState::Content);
    changes.dockets.insert(path);
    Ok(changes)
}

pub(super) fn vouch(view: &View<'_>, record: &Record, vouch: &Vouch) -> Result<Changes, RuleError> {
    signed(view, record, Role::Vouch)?;
    if vouch.organisation == record.issuer() {
        return Err(RuleError::SelfVouch);
    }
    if view.identity(vouch.organisation).is_none() {
        return Err(RuleError::UnknownOrganisation {
            organisation: vouch.organisation,
        });
    }
    let mut changes = Changes::default();
    changes.dockets.extend([
        MapKey::Identity(record.issuer()).path(),
        MapKey::Identity(vouch.organisation).path(),
    ]);
    Ok(changes)
}

pub(super) fn veto(view: &View<'_>, record: &Record, veto: &Veto) -> Result<Changes, RuleError> {
    signed(view, record, Role::Veto)?;
    if veto.reason == VetoReason::Malicious && veto.expires.is_some() {
        return Err(RuleError::MaliciousExpires);
    }
    let key = veto_key(&veto.target);
    let path = key.path();
    let mut changes = Changes::default();
    if view.entry(&key).is_none() {
        let state = match &veto.target {
            VetoTarget::Content(_) => EntryState::Content,
            VetoTarget::Key { .. } => EntryState::Key(None),
            VetoTarget::Skill { .. } => EntryState::Skill(None),
        };
        changes.states.insert(path, state);
    }
    changes.dockets.insert(path);
    Ok(changes)
}

pub(super) fn retract(
    view: &View<'_>,
    index: u64,
    record: &Record,
    retract: &Retract,
) -> Result<Changes, RuleError> {
    let statement = retract.statement;
    let key = MapKey::Statement(statement);
    let Some(EntryState::Statement(facts)) = view.entry(&key) else {
        return Err(RuleError::UnknownStatement { statement });
    };
    if facts.issuer != record.issuer() {
        return Err(RuleError::NotYours {
            statement,
            issuer: facts.issuer,
        });
    }
    let role = match facts.kind {
        Kind::Scan | Kind::Audit | Kind::Vouch | Kind::Veto => role_for(facts.kind),
        Kind::Charter
        | Kind::Inception
        | Kind::Rotate
        | Kind::Retire
        | Kind::Claim
        | Kind::Release
        | Kind::Yank
        | Kind::Retract
        | Kind::State
        | Kind::Rules => None,
    };
    signed(view, record, role.ok_or(RuleError::NotRetractable)?)?;
    if facts.retracted.is_some() {
        return Err(RuleError::AlreadyRetracted { statement });
    }
    let mut changes = Changes::default();
    changes.dockets.extend(facts.filed.iter().copied());
    let facts = StatementFacts {
        retracted: Some(index),
        ..facts.clone()
    };
    changes
        .states
        .insert(key.path(), EntryState::Statement(facts));
    Ok(changes)
}
