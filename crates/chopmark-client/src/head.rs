//! The head of a log: a checkpoint that its policy lets through, ending in a state leaf.

use chopmark_core::digest::StatementId;
use chopmark_core::entry::{Entry, MapKey};
use chopmark_core::merkle::{self, ProofError};
use chopmark_core::record::{Body, Record, RecordError, State};
use chopmark_core::rules::StateFacts;
use chopmark_core::state::{Position, StateError, read_entry};
use chopmark_core::tlog_policy::{Policy, QuorumError, VerifiedCheckpoint};
use thiserror::Error;

use crate::http::HttpError;
use crate::memory::{Memory, MemoryError};
use crate::remote::{Remote, RemoteError};

/// What a host believes of one log before it speaks to it, from a file that its user named.
#[derive(Debug, Clone)]
pub struct LogTrust {
    /// The log's name.
    pub origin: String,
    /// Leaf 0.
    pub charter: StatementId,
    /// The log's keys, its witnesses, the quorum.
    pub policy: Policy,
    /// The group whose witnesses cosign only what they have replayed.
    pub replay_group: String,
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
        let checkpoint = trust.policy.verify(note)?;
        if checkpoint.origin() != trust.origin {
            return Err(HeadError::Origin {
                expected: trust.origin.clone(),
                found: checkpoint.origin().to_owned(),
            });
        }
        if !checkpoint.satisfies(&trust.policy, &trust.replay_group) {
            return Err(HeadError::NotReplayed {
                group: trust.replay_group.clone(),
                held: checkpoint.cosigners().keys().cloned().collect(),
            });
        }
        memory.meet(&checkpoint, remote)?;
        let size = checkpoint.size();
        let charter = proven_leaf(remote, 0, &checkpoint)?;
        if charter.id() != trust.charter {
            return Err(HeadError::Charter {
                expected: trust.charter,
                found: charter.id(),
            });
        }
        let index = size.checked_sub(1).ok_or(HeadError::NoState)?;
        let last = proven_leaf(remote, index, &checkpoint)?;
        let Body::State(state) = last.body() else {
            return Err(HeadError::NoState);
        };
        if state.index != index {
            return Err(HeadError::NoState);
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
    match remote.take_failure() {
        Some(failure) => failure.into(),
        None => error.into(),
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
    merkle::verify_inclusion(
        &merkle::leaf_hash(&leaf),
        index,
        size,
        &proof,
        &checkpoint.root(),
    )
    .map_err(|source| HeadError::Inclusion { index, source })?;
    Record::parse(&leaf).map_err(|source| HeadError::Leaf { index, source })
}

/// Why a log's head is not believed.
#[derive(Debug, Error)]
pub enum HeadError {
    /// Signature, quorum or form of the checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] QuorumError),
    /// A checkpoint of another log.
    #[error("the checkpoint is of `{found}`, not of `{expected}`")]
    Origin {
        /// The log that was asked.
        expected: String,
        /// The log that answered.
        found: String,
    },
    /// Too few witnesses that replay the rules.
    #[error("the state is UNPROVED: too few replaying witnesses of `{group}` among [{}]", held.join(", "))]
    NotReplayed {
        /// The group that is due.
        group: String,
        /// Who cosigned.
        held: Vec<String>,
    },
    /// Leaf 0 is another charter.
    #[error("leaf 0 is {found}, not the charter {expected}")]
    Charter {
        /// As told at first contact.
        expected: StatementId,
        /// As found.
        found: StatementId,
    },
    /// The checkpoint does not end in a state leaf.
    #[error("the checkpoint does not end in a state leaf")]
    NoState,
    /// A leaf that the checkpoint does not cover.
    #[error("leaf {index} is not under the checkpoint: {source}")]
    Inclusion {
        /// The leaf's index.
        index: u64,
        /// Why.
        source: ProofError,
    },
    /// A leaf that is covered and is no record.
    #[error("leaf {index} is no record: {source}")]
    Leaf {
        /// The leaf's index.
        index: u64,
        /// Why.
        source: RecordError,
    },
    /// The map could not be read, or the rules refuse.
    #[error(transparent)]
    State(#[from] StateError),
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
            Self::Checkpoint(QuorumError::Quorum { .. }) => "quorum-missing",
            Self::Checkpoint(QuorumError::UnknownLog(_)) => "checkpoint-unknown-log",
            Self::Checkpoint(QuorumError::Note(_) | QuorumError::Checkpoint(_)) => {
                "checkpoint-invalid"
            }
            Self::Origin { .. } => "checkpoint-origin",
            Self::NotReplayed { .. } => "state-unproved",
            Self::Charter { .. } => "charter-differs",
            Self::NoState => "state-leaf-missing",
            Self::Inclusion { .. } => "inclusion-proof",
            Self::Leaf { .. } => "leaf-malformed",
            Self::State(StateError::Rule(error)) => error.code(),
            Self::State(_) => "map-proof",
            Self::Memory(error) => error.code(),
            Self::Remote(error) => error.code(),
        }
    }
}
