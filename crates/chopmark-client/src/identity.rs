//! An identity of this host: its keys, what it told the log, and the events that it signs.
//!
//! Each step is safe to repeat: what is random is stored before it is sent, so that a repeated
//! event is the same record.

use std::collections::BTreeSet;

use chopmark_core::digest::IdentityId;
use chopmark_core::entry::{EntryState, MapKey};
use chopmark_core::identity::{IdentityState, name_commitment};
use chopmark_core::key::{Role, SecretKey};
use chopmark_core::name::Name;
use chopmark_core::record::{
    Body, Claim, Inception, KeySet, NextKeys, Record, RecordError, Retire, RoleKey, Rotate,
};
use chopmark_core::rules::RuleError;
use thiserror::Error;

use crate::durable::FileError;
use crate::head::{Head, HeadError, LogTrust};
use crate::keys::{KeyStore, KeyStoreError, Keys, Label, draw};
use crate::memory::Memory;
use crate::remote::Remote;
use crate::seal::Seal;
use crate::submit::{Accepted, Attachments, SubmitError, submit};

mod profile;

pub use profile::Profile;

/// One log as this host reaches it.
#[derive(Debug)]
pub struct Reach {
    /// What is believed of it.
    pub trust: LogTrust,
    /// Its files.
    pub remote: Remote,
    /// What this host has seen of it.
    pub memory: Memory,
}

impl Reach {
    /// Fetches the log's head.
    ///
    /// # Errors
    ///
    /// [`HeadError`].
    pub fn head(&self) -> Result<Head, HeadError> {
        Head::fetch(&self.remote, &self.trust, &self.memory)
    }

    /// Sends a record.
    ///
    /// # Errors
    ///
    /// [`SubmitError`].
    pub fn submit(
        &self,
        record: &Record,
        attached: &Attachments<'_>,
    ) -> Result<Accepted, SubmitError> {
        submit(&self.remote, &self.trust, &self.memory, record, attached)
    }

    /// The state of an identity in the log.
    ///
    /// # Errors
    ///
    /// [`HeadError`].
    pub fn identity(
        &self,
        head: &Head,
        id: IdentityId,
    ) -> Result<Option<IdentityState>, HeadError> {
        Ok(
            match head
                .entry(&self.remote, &MapKey::Identity(id))?
                .map(|entry| entry.state)
            {
                Some(EntryState::Identity(state)) => Some(*state),
                Some(_) | None => None,
            },
        )
    }

    /// The identity that holds a name.
    ///
    /// # Errors
    ///
    /// [`HeadError`].
    pub fn holder(&self, head: &Head, name: &Name) -> Result<Option<IdentityId>, HeadError> {
        Ok(
            match head
                .entry(&self.remote, &MapKey::Name(name.clone()))?
                .map(|entry| entry.state)
            {
                Some(EntryState::Name { identity, .. }) => Some(identity),
                Some(_) | None => None,
            },
        )
    }
}

/// Begins the identity of `label` in the log and claims `name` for it.
///
/// # Errors
///
/// [`IdentityError`]; run again to continue where it stopped.
pub fn register(
    reach: &Reach,
    store: &KeyStore,
    label: &Label,
    keys: &Keys,
    name: &Name,
    rotation_days: u64,
) -> Result<(Profile, Vec<Accepted>), IdentityError> {
    let origin = reach.trust.contact.origin.as_str();
    let mut profile = match Profile::read(store, label)? {
        Some(profile) if profile.name == *name && profile.origin == origin => profile,
        Some(profile) => {
            return Err(IdentityError::Registered {
                label: label.clone(),
                name: profile.name,
            });
        }
        None => {
            let salt = *draw()?.seed();
            Profile::begin(store, label, origin, name, salt, rotation_days)?
        }
    };
    let commitment = name_commitment(origin, name, &profile.salt);
    let set = key_set(&keys.current, &keys.next, profile.rotation_days);
    let inception = Body::Inception(Inception {
        keys: set,
        name: Some(commitment),
    });
    let inception = Record::sign(origin, None, &inception, &[&keys.current])?;
    let identity = inception.issuer();
    profile.identity = Some(identity);
    profile.write(store, label)?;

    let mut accepted = Vec::new();
    let state = reach.identity(&reach.head()?, identity)?;
    if state.is_none() {
        accepted.push(reach.submit(&inception, &Attachments::default())?);
    }
    if state.and_then(|state| state.name).is_none() {
        let claim = Body::Claim(Claim {
            name: name.clone(),
            salt: profile.salt,
        });
        let claim = Record::sign(origin, Some(identity), &claim, &[&keys.current])?;
        crate::submit::judge(&reach.remote, &reach.trust, &reach.head()?, &claim)?;
        accepted.push(reach.submit(&claim, &Attachments::default())?);
    }
    Ok((profile, accepted))
}

/// Rotates to the next key, and commits to a fresh one.
///
/// # Errors
///
/// [`IdentityError`]; run again to continue where it stopped.
pub fn rotate(
    reach: &Reach,
    store: &KeyStore,
    label: &Label,
    mut keys: Keys,
    seal: &Seal,
) -> Result<Option<Accepted>, IdentityError> {
    let (identity, state) = current(reach, store, label)?;
    let mut accepted = None;
    if !holds(&state, &keys.next) {
        if keys.fresh.is_none() {
            keys.fresh = Some(draw()?);
            store.replace(label, &keys, seal)?;
        }
        let fresh = keys.fresh.as_ref().ok_or(KeyStoreError::Randomness)?;
        let body = Body::Rotate(Rotate {
            seq: state.seq.saturating_add(1),
            previous: state.last_event,
            keys: key_set(&keys.next, fresh, state.keys.rotation_days),
        });
        let record = Record::sign(
            &reach.trust.contact.origin,
            Some(identity),
            &body,
            &[&keys.next],
        )?;
        accepted = Some(reach.submit(&record, &Attachments::default())?);
    }
    let fresh = keys
        .fresh
        .take()
        .ok_or_else(|| IdentityError::OutOfStep(label.clone()))?;
    let keys = Keys {
        current: keys.next,
        next: fresh,
        fresh: None,
    };
    store.replace(label, &keys, seal)?;
    Ok(accepted)
}

/// Ends the identity for good.
///
/// # Errors
///
/// [`IdentityError`].
pub fn retire(
    reach: &Reach,
    store: &KeyStore,
    label: &Label,
    keys: &Keys,
) -> Result<Accepted, IdentityError> {
    let (identity, state) = current(reach, store, label)?;
    let body = Body::Retire(Retire {
        seq: state.seq.saturating_add(1),
        previous: state.last_event,
        keys: vec![keys.next.public()],
    });
    let record = Record::sign(
        &reach.trust.contact.origin,
        Some(identity),
        &body,
        &[&keys.next],
    )?;
    Ok(reach.submit(&record, &Attachments::default())?)
}

/// Signs a record of `label` with its current key, judges it, and sends it.
///
/// # Errors
///
/// [`IdentityError`].
pub fn issue(
    reach: &Reach,
    store: &KeyStore,
    label: &Label,
    keys: &Keys,
    body: &Body,
    attached: &Attachments<'_>,
) -> Result<Accepted, IdentityError> {
    let identity = known(reach, store, label)?;
    let record = Record::sign(
        &reach.trust.contact.origin,
        Some(identity),
        body,
        &[&keys.current],
    )?;
    match crate::submit::judge(&reach.remote, &reach.trust, &reach.head()?, &record) {
        // The log answers a repeated record with its first index and a proof.
        Ok(()) | Err(HeadError::Rule(RuleError::Duplicate { .. })) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(reach.submit(&record, attached)?)
}

/// The identity that `label` began in this log.
///
/// # Errors
///
/// [`IdentityError::NotRegistered`].
pub fn known(reach: &Reach, store: &KeyStore, label: &Label) -> Result<IdentityId, IdentityError> {
    Profile::read(store, label)?
        .filter(|profile| profile.origin == reach.trust.contact.origin)
        .and_then(|profile| profile.identity)
        .ok_or_else(|| IdentityError::NotRegistered(label.clone()))
}

fn current(
    reach: &Reach,
    store: &KeyStore,
    label: &Label,
) -> Result<(IdentityId, IdentityState), IdentityError> {
    let identity = known(reach, store, label)?;
    let state = reach
        .identity(&reach.head()?, identity)?
        .ok_or_else(|| IdentityError::NotRegistered(label.clone()))?;
    Ok((identity, state))
}

fn holds(state: &IdentityState, key: &SecretKey) -> bool {
    state.keys.keys.iter().any(|held| held.key == key.public())
}

/// One key for every act but the operator's, one committed next key.
fn key_set(current: &SecretKey, next: &SecretKey, rotation_days: u64) -> KeySet {
    let roles = BTreeSet::from([Role::Audit, Role::Release, Role::Veto, Role::Vouch]);
    KeySet {
        keys: vec![RoleKey {
            key: current.public(),
            roles,
        }],
        threshold: 1,
        next: NextKeys {
            keys: BTreeSet::from([next.public().digest()]),
            threshold: 1,
        },
        rotation_days,
    }
}

/// Why an identity could not act.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// The label stands for another identity.
    #[error("the keys `{label}` belong to `@{name}` already")]
    Registered {
        /// The label.
        label: Label,
        /// Its name.
        name: Name,
    },
    /// The label has no identity in this log.
    #[error("the keys `{0}` have no identity in this log")]
    NotRegistered(Label),
    /// The log's keys and those of this host have nothing to do with each other.
    #[error("the log knows other keys for `{0}` than this host holds")]
    OutOfStep(Label),
    /// What this host keeps about the identity cannot be read.
    #[error("`{}` is damaged", .0.display())]
    Damaged(std::path::PathBuf),
    /// The parts make no record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    /// The log's head.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The submission.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl IdentityError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Registered { .. } => "identity-registered",
            Self::NotRegistered(_) => "identity-not-registered",
            Self::OutOfStep(_) => "identity-out-of-step",
            Self::Damaged(_) => "identity-damaged",
            Self::Record(_) => "record-malformed",
            Self::Keys(error) => error.code(),
            Self::Head(error) => error.code(),
            Self::Submit(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}
