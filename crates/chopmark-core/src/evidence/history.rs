//! The history of one identity, replayed.

use std::collections::BTreeMap;

use super::{EvidenceError, Source, Stated, parse, reader::Reader};
use crate::{
    digest::{IdentityId, KeyDigest, StatementId},
    docket::Item,
    entry::{EntryState, MapKey},
    identity::{IdentityState, step},
    key::PublicKey,
    record::{Body, Record, Vouch},
    rules::{RuleError, role_for},
};

/// An identity's states over time, and what else its own docket holds.
pub(super) struct History {
    id: IdentityId,
    /// The state after the event at each index.
    states: BTreeMap<u64, IdentityState>,
    pub now: IdentityState,
    pub vouches: Vec<Stated<Vouch>>,
    /// Statement id → index of the retraction.
    pub retracted: BTreeMap<StatementId, u64>,
}

impl History {
    /// Replays the identity's docket, and demands that it makes what the map holds.
    pub(super) fn read<S: Source + ?Sized>(
        reader: &Reader<'_, S>,
        id: IdentityId,
    ) -> Result<Self, EvidenceError> {
        let key = MapKey::Identity(id);
        let wrong = || EvidenceError::History { identity: id };
        let stated = match reader.entry(&key)?.map(|entry| entry.state) {
            Some(EntryState::Identity(state)) => *state,
            Some(_) | None => return Err(wrong()),
        };
        let mut states = BTreeMap::new();
        let mut now: Option<IdentityState> = None;
        let mut others: Vec<(Item, Record)> = Vec::new();
        for item in reader.docket(&key, &id)? {
            let record = reader.record(&item, &id)?;
            let index = item.index;
            match record.body() {
                Body::Charter(charter) => {
                    let inception = parse(index, charter.operator.bytes())?;
                    now = Some(
                        step(None, index, &inception)
                            .map_err(|error| EvidenceError::Rule { index, error })?,
                    );
                }
                Body::Inception(_) | Body::Rotate(_) | Body::Retire(_) | Body::Claim(_) => {
                    now = Some(
                        step(now, index, &record)
                            .map_err(|error| EvidenceError::Rule { index, error })?,
                    );
                }
                Body::Vouch(_) | Body::Retract(_) => others.push((item, record)),
                Body::Rules(_) => {}
                Body::Release(_)
                | Body::Yank(_)
                | Body::Scan(_)
                | Body::Audit(_)
                | Body::Veto(_)
                | Body::State(_) => return Err(EvidenceError::Misfiled { index }),
            }
            if let Some(state) = &now {
                states.insert(index, state.clone());
            }
        }
        if now.as_ref() != Some(&stated) {
            return Err(wrong());
        }
        let mut history = Self {
            id,
            states,
            now: stated,
            vouches: Vec::new(),
            retracted: BTreeMap::new(),
        };
        for (item, record) in others {
            let signers = history.signers(item.index, &record)?;
            if let Body::Vouch(vouch) = record.body() {
                history.vouches.push(Stated {
                    id: record.id(),
                    index: item.index,
                    log_time: reader.log_time(item.index)?,
                    issuer: id,
                    signers,
                    body: vouch.clone(),
                });
            } else if let Body::Retract(retract) = record.body() {
                history.retracted.insert(retract.statement, item.index);
            }
        }
        Ok(history)
    }

    /// Judges a record's signatures by the keys in force at its index.
    pub(super) fn signers(
        &self,
        index: u64,
        record: &Record,
    ) -> Result<Vec<KeyDigest>, EvidenceError> {
        let rule = |error| EvidenceError::Rule { index, error };
        let (_, state) = self
            .states
            .range(..index)
            .next_back()
            .ok_or(rule(RuleError::UnknownIssuer { issuer: self.id }))?;
        match role_for(record.kind()) {
            Some(role) => state.signed(record.envelope(), role).map_err(rule),
            None => {
                state.signed_by_any_role(record.envelope()).map_err(rule)?;
                let keys = state.keys.keys.iter().map(|k| &k.key);
                Ok(record
                    .envelope()
                    .signers(keys)
                    .into_iter()
                    .map(PublicKey::digest)
                    .collect())
            }
        }
    }
}
