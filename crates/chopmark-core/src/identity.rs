//! Identities: the state that their events make, and whose signature counts.

use std::collections::BTreeSet;

use crate::{
    digest::{Commitment, IdentityId, KeyDigest, StatementId, sha256},
    dsse::Envelope,
    key::{PublicKey, Role},
    name::Name,
    record::{Body, Inception, KeySet, NextKeys, Record, Retire, RoleKey, Rotate, identity_of},
    rules::RuleError,
};

/// Whether an identity may still speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its keys are in force.
    Active,
    /// It retired; what it said before stands.
    Retired,
}

/// An identity as its events up to some index made it.
///
/// Spec: docs/spec/records.md §6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityState {
    /// The identity.
    pub id: IdentityId,
    /// The number of its last event; 0 after the inception.
    pub seq: u64,
    /// The statement id of its last event.
    pub last_event: StatementId,
    /// The log index of its last event.
    pub last_index: u64,
    /// The log index of its inception.
    pub since: u64,
    /// The keys in force and committed.
    pub keys: KeySet,
    /// The name that it may claim.
    pub commitment: Option<Commitment>,
    /// The name that it claimed.
    pub name: Option<Name>,
    /// Whether it may still speak.
    pub standing: Standing,
}

impl IdentityState {
    /// Returns the keys in force that hold `role`.
    pub fn keys_for(&self, role: Role) -> impl Iterator<Item = &PublicKey> {
        self.keys
            .keys
            .iter()
            .filter(move |k| k.roles.contains(&role))
            .map(|k| &k.key)
    }

    /// Returns the keys with `role` that signed `envelope`, if they reach the threshold.
    ///
    /// # Errors
    ///
    /// [`RuleError::Retired`] or [`RuleError::Signature`].
    pub fn signed(&self, envelope: &Envelope, role: Role) -> Result<Vec<KeyDigest>, RuleError> {
        if self.standing == Standing::Retired {
            return Err(RuleError::Retired { issuer: self.id });
        }
        let signers = envelope.signers(self.keys_for(role));
        if count(signers.len()) < self.keys.threshold {
            return Err(RuleError::Signature {
                issuer: self.id,
                role,
                held: count(signers.len()),
                needed: self.keys.threshold,
            });
        }
        Ok(signers.into_iter().map(PublicKey::digest).collect())
    }

    /// Judges signatures by any keys in force, whatever their role: for claims and retractions.
    ///
    /// # Errors
    ///
    /// [`RuleError::Retired`] or [`RuleError::Quorum`].
    pub fn signed_by_any_role(&self, envelope: &Envelope) -> Result<(), RuleError> {
        if self.standing == Standing::Retired {
            return Err(RuleError::Retired { issuer: self.id });
        }
        let held = count(
            envelope
                .signers(self.keys.keys.iter().map(|k| &k.key))
                .len(),
        );
        let needed = self.keys.threshold;
        if held < needed {
            return Err(RuleError::Quorum {
                issuer: self.id,
                held,
                needed,
            });
        }
        Ok(())
    }
}

/// The commitment to a name: SHA-256 over a tag, the log's origin, the name and 32 random bytes.
///
/// Spec: docs/spec/records.md §5.
pub fn name_commitment(origin: &str, name: &Name, salt: &[u8; 32]) -> Commitment {
    let mut input = b"chopmark-name-v1\n".to_vec();
    input.extend_from_slice(origin.as_bytes());
    input.push(b'\n');
    input.extend_from_slice(name.as_str().as_bytes());
    input.push(b'\n');
    input.extend_from_slice(salt);
    Commitment::from_bytes(sha256(&input))
}

/// Takes one event of an identity: the same step for the log's judge and for who replays a history.
///
/// `before` is the state after the event before, `None` for an inception. Facts of the whole log
/// (is the name free, is a key new) are the caller's to judge.
///
/// # Errors
///
/// The [`RuleError`] that voids the event. Records that are no identity event are
/// [`RuleError::NotAnEvent`].
pub fn step(
    before: Option<IdentityState>,
    index: u64,
    record: &Record,
) -> Result<IdentityState, RuleError> {
    match (record.body(), before) {
        (Body::Inception(inception), None) => {
            incept(inception, index, record.envelope(), record.id())
        }
        (Body::Inception(_), Some(state)) => Err(RuleError::IdentityExists { issuer: state.id }),
        (Body::Rotate(rotate), Some(state)) => rotated(state, rotate, index, record),
        (Body::Retire(retire), Some(state)) => retired(state, retire, index, record),
        (Body::Claim(claim), Some(mut state)) => {
            let issuer = state.id;
            state.signed_by_any_role(record.envelope())?;
            let commitment = name_commitment(record.origin(), &claim.name, &claim.salt);
            if state.commitment != Some(commitment) || state.name.is_some() {
                return Err(RuleError::NameNotCommitted { issuer });
            }
            state.name = Some(claim.name.clone());
            Ok(state)
        }
        (_, None) => Err(RuleError::UnknownIssuer {
            issuer: record.issuer(),
        }),
        (
            Body::Charter(_)
            | Body::Release(_)
            | Body::Yank(_)
            | Body::Scan(_)
            | Body::Audit(_)
            | Body::Vouch(_)
            | Body::Veto(_)
            | Body::Retract(_)
            | Body::State(_)
            | Body::Rules(_),
            Some(_),
        ) => Err(RuleError::NotAnEvent),
    }
}

/// Makes the state that an inception begins; also used for the operator's, inside the charter.
pub(crate) fn incept(
    inception: &Inception,
    index: u64,
    envelope: &Envelope,
    id: StatementId,
) -> Result<IdentityState, RuleError> {
    let issuer = identity_of(id);
    every_key_signed(issuer, inception.keys.keys.iter().map(|k| &k.key), envelope)?;
    Ok(IdentityState {
        id: issuer,
        seq: 0,
        last_event: id,
        last_index: index,
        since: index,
        keys: inception.keys.clone(),
        commitment: inception.name,
        name: None,
        standing: Standing::Active,
    })
}

fn rotated(
    mut state: IdentityState,
    rotate: &Rotate,
    index: u64,
    record: &Record,
) -> Result<IdentityState, RuleError> {
    follows(&state, rotate.seq, rotate.previous)?;
    let keys: Vec<&PublicKey> = rotate
        .keys
        .keys
        .iter()
        .map(|RoleKey { key, .. }| key)
        .collect();
    committed(&state, &keys)?;
    every_key_signed(state.id, keys, record.envelope())?;
    state.seq = rotate.seq;
    state.last_event = record.id();
    state.last_index = index;
    state.keys = rotate.keys.clone();
    Ok(state)
}

fn retired(
    mut state: IdentityState,
    retire: &Retire,
    index: u64,
    record: &Record,
) -> Result<IdentityState, RuleError> {
    follows(&state, retire.seq, retire.previous)?;
    let keys: Vec<&PublicKey> = retire.keys.iter().collect();
    committed(&state, &keys)?;
    every_key_signed(state.id, keys, record.envelope())?;
    state.seq = retire.seq;
    state.last_event = record.id();
    state.last_index = index;
    state.standing = Standing::Retired;
    Ok(state)
}

fn follows(state: &IdentityState, seq: u64, previous: StatementId) -> Result<(), RuleError> {
    if state.standing == Standing::Retired {
        return Err(RuleError::Retired { issuer: state.id });
    }
    if Some(seq) != state.seq.checked_add(1) || previous != state.last_event {
        return Err(RuleError::Sequence {
            issuer: state.id,
            expected: state.seq.saturating_add(1),
            last_event: state.last_event,
        });
    }
    Ok(())
}

/// Pre-rotation: each key was committed to, and enough of the committed keys are here.
fn committed(state: &IdentityState, keys: &[&PublicKey]) -> Result<(), RuleError> {
    let NextKeys {
        keys: digests,
        threshold,
    } = &state.keys.next;
    let all_committed = keys.iter().all(|key| digests.contains(&key.digest()));
    if !all_committed || count(keys.len()) < *threshold {
        return Err(RuleError::NotPreRotated { issuer: state.id });
    }
    Ok(())
}

/// Each key signs the event that introduces it, so nobody registers a key that he only saw.
fn every_key_signed<'k>(
    issuer: IdentityId,
    keys: impl IntoIterator<Item = &'k PublicKey>,
    envelope: &Envelope,
) -> Result<(), RuleError> {
    let keys: BTreeSet<&PublicKey> = keys.into_iter().collect();
    match keys
        .difference(&envelope.signers(keys.iter().copied()))
        .next()
    {
        Some(silent) => Err(RuleError::KeyDidNotSign {
            issuer,
            key: silent.digest(),
        }),
        None => Ok(()),
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
