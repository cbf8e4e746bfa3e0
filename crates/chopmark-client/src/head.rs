//! The head of a log: a checkpoint that its policy lets through, ending in a state leaf.

use chopmark_core::digest::LeafHash;
use chopmark_core::entry::{Entry, MapKey};
use chopmark_core::evidence::{EvidenceError, FirstContact};
use chopmark_core::merkle;
use chopmark_core::record::{Body, Record, State};
use chopmark_core::rules::{Blame, RuleError, StateFacts};
use chopmark_core::state::{Position, StateError, read_entry};
use chopmark_core::tlog_policy::VerifiedCheckpoint;
use thiserror::Error;

use crate::http::HttpError;
use crate::memory::{Memory, MemoryError};
use crate::remote::{Remote, RemoteError};

/// What a host believes of one log before it speaks to it, and where it finds it.
#[derive(Debug, Clone)]
pub struct LogTrust {
    /// As its user's file says.
    pub contact: FirstContact,
    /// Where it is served.
    pub registry: String,
}

/// A verified checkpoint with the state leaf that ends it.
#[derive(Debug)]
#[must_use]
pub struct Head {
    checkpoint: VerifiedCheckpoint,
    state: State,
}

impl Head {
    /// Fetches the newest checkpoint, verifies it, and compares it with what this host remembers.
    ///
    /// # Errors
    ///
    /// [`HeadError`]; the memory changes only by a newer checkpoint or by proof of a split view.
    pub fn fetch(remote: &Remote, trust: &LogTrust, memory: &Memory) -> Result<Self, HeadError> {
        Self::of_note(&remote.checkpoint()?, remote, trust, memory)
    }

    /// As [`Head::fetch`], but lets a checkpoint pass whose state too few witnesses replayed: the
    /// kernel refuses it later, with all other facts at hand.
    ///
    /// # Errors
    ///
    /// [`HeadError`].
    pub fn fetch_any(
        remote: &Remote,
        trust: &LogTrust,
        memory: &Memory,
    ) -> Result<Self, HeadError> {
        Self::open(&remote.checkpoint()?, remote, trust, memory)
    }

    /// As [`Head::fetch`], for a checkpoint note at hand.
    ///
    /// # Errors
    ///
    /// [`HeadError`].
    pub fn of_note(
        note: &[u8],
        remote: &Remote,
        trust: &LogTrust,
        memory: &Memory,
    ) -> Result<Self, HeadError> {
        let head = Self::open(note, remote, trust, memory)?;
        let contact = &trust.contact;
        if head
            .checkpoint
            .satisfies(&contact.policy, &contact.replay_group)
        {
            return Ok(head);
        }
        Err(HeadError::NotReplayed {
            group: contact.replay_group.clone(),
            held: head.checkpoint.cosigners().keys().cloned().collect(),
        })
    }

    fn open(
        note: &[u8],
        remote: &Remote,
        trust: &LogTrust,
        memory: &Memory,
    ) -> Result<Self, HeadError> {
        let contact = &trust.contact;
        let checkpoint = contact.policy.verify(note).map_err(EvidenceError::from)?;
        if checkpoint.origin() != contact.origin {
            return Err(HeadError::Evidence(EvidenceError::OtherLog {
                expected: contact.origin.clone(),
                found: checkpoint.origin().to_owned(),
            }));
        }
        memory.meet(&checkpoint, remote)?;
        if proven_leaf(remote, 0, &checkpoint)?.id() != contact.charter {
            return Err(HeadError::Evidence(EvidenceError::OtherCharter));
        }
        let index = checkpoint
            .size()
            .checked_sub(1)
            .ok_or(EvidenceError::NoState)?;
        let last = proven_leaf(remote, index, &checkpoint)?;
        let Body::State(state) = last.body() else {
            return Err(EvidenceError::NoState.into());
        };
        if state.index != index || last.origin() != contact.origin {
            return Err(EvidenceError::WrongState { index }.into());
        }
        let state = state.clone();
        Ok(Self { checkpoint, state })
    }

    /// The checkpoint.
    pub fn checkpoint(&self) -> &VerifiedCheckpoint {
        &self.checkpoint
    }

    /// The log's clock, in seconds since the Unix epoch.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.state.time
    }

    /// Where a judge of the next record stands.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            size: self.checkpoint.size(),
            root: self.state.root,
            last_state: Some(StateFacts {
                index: self.state.index,
                time: self.state.time,
                root: self.state.root,
            }),
        }
    }

    /// Reads what the log's map holds under `key`; `None` is proved absence.
    ///
    /// # Errors
    ///
    /// [`HeadError`].
    pub fn entry(&self, remote: &Remote, key: &MapKey) -> Result<Option<Entry>, HeadError> {
        read_entry(remote, &self.state.root, &key.path())
            .map_err(|error| state_error(remote, error))
    }
}

/// Says why the map could not be read: the network's word, where there is one.
pub(crate) fn state_error(remote: &Remote, error: StateError) -> HeadError {
    match (remote.take_failure(), error) {
        (Some(failure), _) => failure.into(),
        (None, StateError::Rule(error)) => HeadError::Rule(error),
        (None, error) => HeadError::Evidence(error.into()),
    }
}

/// Fetches the leaf at `index` and proves that the checkpoint covers it.
pub(crate) fn proven_leaf(
    remote: &Remote,
    index: u64,
    checkpoint: &VerifiedCheckpoint,
) -> Result<Record, HeadError> {
    let size = checkpoint.size();
    let leaf = remote.leaf(index, size)?;
    let proof = remote.inclusion_proof(index, size)?;
    let proves =
        |hash: &LeafHash| merkle::verify_inclusion(hash, index, size, &proof, &checkpoint.root());
    if let Err(error) = proves(&merkle::leaf_hash(&leaf)) {
        // A tile that is proved and holds another hash says which of the two was altered.
        let held = remote.leaf_hash(index, size)?;
        return Err(match proves(&held) {
            Ok(()) => EvidenceError::AlteredLeaf { index },
            Err(_) => EvidenceError::Inclusion { index, error },
        }
        .into());
    }
    Ok(Record::parse(&leaf).map_err(|error| EvidenceError::Record { index, error })?)
}

/// Why a log's head is not believed, or does not take a record.
#[derive(Debug, Error)]
pub enum HeadError {
    /// Something is missing, altered or unproved.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// Too few witnesses that replay the rules.
    #[error("the state is UNPROVED: too few replaying witnesses of `{group}` among [{}]", held.join(", "))]
    NotReplayed {
        /// The group that is due.
        group: String,
        /// Who cosigned.
        held: Vec<String>,
    },
    /// The rules refuse the record.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// What this host remembers.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The registry.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl From<HttpError> for HeadError {
    fn from(error: HttpError) -> Self {
        Self::Remote(error.into())
    }
}

impl HeadError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Evidence(error) => error.code(),
            Self::NotReplayed { .. } => "state-unproved",
            Self::Rule(error) => error.code(),
            Self::Memory(error) => error.code(),
            Self::Remote(error) => error.code(),
        }
    }

    /// Who is answerable, where that is known.
    #[must_use]
    pub fn blame(&self) -> Option<Blame> {
        match self {
            Self::Evidence(error) => Some(error.blame()),
            Self::Rule(error) => Some(error.blame()),
            Self::NotReplayed { .. } => Some(Blame::Registry),
            Self::Memory(error) => error.blame(),
            Self::Remote(error) => error.blame(),
        }
    }
}
