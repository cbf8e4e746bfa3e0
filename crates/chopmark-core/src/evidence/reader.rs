//! Reads single facts under one verified checkpoint.

use std::{cell::RefCell, collections::BTreeMap};

use super::{CheckpointFacts, EvidenceError, FirstContact, Source, parse};
use crate::{
    digest::{IdentityId, NodeHash, TreeHash},
    docket::{self, Item},
    entry::{Entry, MapKey},
    merkle,
    record::{Body, Record, State},
    state::read_entry,
};

/// A source, the checkpoint that it is read under, and what was already proved.
pub(super) struct Reader<'s, S: Source + ?Sized> {
    pub source: &'s S,
    pub origin: String,
    pub facts: CheckpointFacts,
    /// The map's root.
    pub map: NodeHash,
    /// Proved state leaves by index: (index of the one before, time).
    states: RefCell<BTreeMap<u64, (Option<u64>, u64)>>,
}

impl<'s, S: Source + ?Sized> Reader<'s, S> {
    /// Verifies checkpoint, charter and last state leaf.
    pub(super) fn open(source: &'s S, contact: &FirstContact) -> Result<Self, EvidenceError> {
        let note = source.checkpoint().ok_or_else(|| EvidenceError::Withheld {
            what: "its checkpoint".to_owned(),
        })?;
        let verified = contact.policy.verify(&note)?;
        if verified.origin() != contact.origin {
            return Err(EvidenceError::OtherLog {
                found: verified.origin().to_owned(),
                expected: contact.origin.clone(),
            });
        }
        let (size, root) = (verified.size(), verified.root());
        let last = size.checked_sub(1).ok_or(EvidenceError::NoState)?;

        let charter = proved_leaf(source, 0, size, &root)?;
        if charter.id() != contact.charter || !matches!(charter.body(), Body::Charter(_)) {
            return Err(EvidenceError::OtherCharter);
        }
        let record = proved_leaf(source, last, size, &root)?;
        let Body::State(state) = record.body() else {
            return Err(EvidenceError::NoState);
        };
        check_state(&record, state, last, &contact.origin)?;

        let replayed = verified.satisfies(&contact.policy, &contact.replay_group);
        let facts = CheckpointFacts {
            size,
            root,
            log_time: state.time,
            witness_time: verified.lower_median_time().unwrap_or(state.time),
            cosigners: verified.cosigners().keys().cloned().collect(),
            replayed,
            note,
        };
        Ok(Self {
            source,
            origin: contact.origin.clone(),
            facts,
            map: state.root,
            states: RefCell::new([(last, (state.previous_index, state.time))].into()),
        })
    }

    pub(super) fn entry(&self, key: &MapKey) -> Result<Option<Entry>, EvidenceError> {
        Ok(read_entry(self.source, &self.map, &key.path())?)
    }

    /// Reads everything that `issuer` has in the docket of `key`; proved complete.
    pub(super) fn docket(
        &self,
        key: &MapKey,
        issuer: &IdentityId,
    ) -> Result<Vec<Item>, EvidenceError> {
        let docket = self.entry(key)?.and_then(|entry| entry.docket);
        Ok(docket::read(self.source, docket.as_ref(), issuer)?)
    }

    /// Fetches the record that a docket's item names; its issuer and log must be the docket's.
    pub(super) fn record(&self, item: &Item, issuer: &IdentityId) -> Result<Record, EvidenceError> {
        let index = item.index;
        let leaf = self
            .source
            .leaf(index)
            .ok_or_else(|| EvidenceError::Withheld {
                what: format!("leaf {index}"),
            })?;
        if merkle::leaf_hash(&leaf) != item.leaf {
            return Err(EvidenceError::AlteredLeaf { index });
        }
        let record = parse(index, &leaf)?;
        if record.issuer() != *issuer || record.origin() != self.origin {
            return Err(EvidenceError::Misfiled { index });
        }
        Ok(record)
    }

    /// Returns the time of the batch that holds leaf `index`.
    pub(super) fn log_time(&self, index: u64) -> Result<u64, EvidenceError> {
        let known = self
            .states
            .borrow()
            .range(index..)
            .next()
            .filter(|(_, (before, _))| before.is_none_or(|before| before < index))
            .map(|(_, (_, time))| *time);
        if let Some(time) = known {
            return Ok(time);
        }
        let wrong = EvidenceError::WrongState { index };
        let size = self.facts.size;
        let at = self
            .source
            .state_after(index, size)
            .ok_or_else(|| EvidenceError::Withheld {
                what: format!("the state after {index}"),
            })?;
        let record = proved_leaf(self.source, at, size, &self.facts.root)?;
        let Body::State(state) = record.body() else {
            return Err(wrong);
        };
        check_state(&record, state, at, &self.origin)?;
        if at < index || state.previous_index.is_some_and(|before| before >= index) {
            return Err(wrong);
        }
        self.states
            .borrow_mut()
            .insert(at, (state.previous_index, state.time));
        Ok(state.time)
    }
}

fn proved_leaf<S: Source + ?Sized>(
    source: &S,
    index: u64,
    size: u64,
    root: &TreeHash,
) -> Result<Record, EvidenceError> {
    let withheld = |what: &str| EvidenceError::Withheld {
        what: format!("{what} {index}"),
    };
    let leaf = source.leaf(index).ok_or_else(|| withheld("leaf"))?;
    let path = source
        .path(index, size)
        .ok_or_else(|| withheld("the inclusion proof of leaf"))?;
    merkle::verify_inclusion(&merkle::leaf_hash(&leaf), index, size, &path, root)
        .map_err(|error| EvidenceError::Inclusion { index, error })?;
    parse(index, &leaf)
}

fn check_state(
    record: &Record,
    state: &State,
    index: u64,
    origin: &str,
) -> Result<(), EvidenceError> {
    if state.index != index || record.origin() != origin {
        return Err(EvidenceError::WrongState { index });
    }
    Ok(())
}
