//! What this host remembers of each log: the newest checkpoint that it verified, and proof of any
//! split view.
//!
//! Spec: docs/spec/client.md §2.

use std::path::PathBuf;

use chopmark_core::checkpoint::Checkpoint;
use chopmark_core::digest::{hex, sha256};
use chopmark_core::merkle::{self, ProofError};
use chopmark_core::note::Note;
use chopmark_core::rules::Blame;
use chopmark_core::tlog_policy::SignedCheckpoint;
use thiserror::Error;

use crate::durable::{self, Access, FileError};
use crate::home::Home;
use crate::remote::{Remote, RemoteError};

/// The memory of one log.
#[derive(Debug)]
pub struct Memory {
    newest: PathBuf,
    split: PathBuf,
}

impl Memory {
    /// The memory of the log with this origin.
    #[must_use]
    pub fn of(home: &Home, origin: &str) -> Self {
        let name = hex(&sha256(origin.as_bytes()));
        let folder = home.origins();
        Self {
            newest: folder.join(format!("{name}.checkpoint")),
            split: folder.join(format!("{name}.split-view")),
        }
    }

    /// The file that holds two contradicting notes, if this log was ever seen to split its view.
    #[must_use]
    pub fn evidence(&self) -> Option<PathBuf> {
        self.split.exists().then(|| self.split.clone())
    }

    /// The newest verified checkpoint, as its note.
    ///
    /// # Errors
    ///
    /// [`MemoryError`].
    pub fn newest(&self) -> Result<Option<(Checkpoint, Vec<u8>)>, MemoryError> {
        let Some(note) = durable::read(&self.newest, MAX_NOTE)? else {
            return Ok(None);
        };
        let checkpoint = Note::parse(&note)
            .ok()
            .and_then(|parsed| Checkpoint::parse(parsed.text()).ok())
            .ok_or_else(|| MemoryError::Damaged(self.newest.clone()))?;
        Ok(Some((checkpoint, note)))
    }

    /// Compares a checkpoint just verified with the newest one remembered, and remembers the newer.
    ///
    /// # Errors
    ///
    /// [`MemoryError::Rollback`] for an older one; [`MemoryError::SplitView`] for one that
    /// contradicts, with both notes written to the evidence file. Nothing else is changed.
    pub fn meet(&self, met: &SignedCheckpoint, remote: &Remote) -> Result<(), MemoryError> {
        if let Some(evidence) = self.evidence() {
            return Err(MemoryError::Stopped {
                origin: met.origin().to_owned(),
                evidence,
            });
        }
        if let Some((known, known_note)) = self.newest()? {
            if met.size() < known.size {
                return Err(MemoryError::Rollback {
                    origin: met.origin().to_owned(),
                    known: known.size,
                    met: met.size(),
                });
            }
            if !continues(&known, met, remote)? {
                return Err(self.split_view(met, &known_note));
            }
            if met.size() == known.size {
                return Ok(());
            }
        }
        if let Some(folder) = self.newest.parent() {
            durable::private_folder(folder)?;
        }
        Ok(durable::write(&self.newest, met.note(), Access::Private)?)
    }

    fn split_view(&self, met: &SignedCheckpoint, known_note: &[u8]) -> MemoryError {
        let mut evidence = b"chopmark split view v1\n\n".to_vec();
        for note in [known_note, met.note()] {
            evidence.extend_from_slice(format!("{} bytes\n", note.len()).as_bytes());
            evidence.extend_from_slice(note);
            evidence.push(b'\n');
        }
        if let Err(error) = durable::write(&self.split, &evidence, Access::Private) {
            return error.into();
        }
        MemoryError::SplitView {
            origin: met.origin().to_owned(),
            evidence: self.split.clone(),
        }
    }
}

/// Whether `met` continues `known`.
///
/// Tiles that do not lead to the checkpoint's own root prove nothing against the log: they are an
/// error of whoever serves them. Tiles that do, and hold another beginning, prove a split view.
fn continues(
    known: &Checkpoint,
    met: &SignedCheckpoint,
    remote: &Remote,
) -> Result<bool, MemoryError> {
    if met.size() == known.size {
        return Ok(met.root() == known.root);
    }
    let proof = remote.consistency_proof(known.size, met.size())?;
    let (old, new) = (known.size, met.size());
    let Err(error) = merkle::verify_consistency(old, &known.root, new, &met.root(), &proof) else {
        return Ok(true);
    };
    if remote.root(new, new)? != met.root() || remote.root(old, new)? == known.root {
        return Err(error.into());
    }
    Ok(false)
}

/// Why a checkpoint is not the continuation of what this host has seen.
#[derive(Debug, Error)]
pub enum MemoryError {
    /// Older than one that was verified here before.
    #[error("`{origin}` shows {met} leaves; this host has verified {known} before")]
    Rollback {
        /// The log.
        origin: String,
        /// The size remembered.
        known: u64,
        /// The size shown.
        met: u64,
    },
    /// Two checkpoints that no one log can have.
    #[error("`{origin}` has shown two histories; both notes are in `{}`", evidence.display())]
    SplitView {
        /// The log.
        origin: String,
        /// Where the proof is.
        evidence: PathBuf,
    },
    /// A split view was seen before.
    #[error("`{origin}` has shown two histories before; this host has stopped using it")]
    Stopped {
        /// The log.
        origin: String,
        /// Where the proof is.
        evidence: PathBuf,
    },
    /// The remembered note cannot be read.
    #[error("`{}` is damaged", .0.display())]
    Damaged(PathBuf),
    /// A consistency proof does not hold in itself.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The registry.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl MemoryError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rollback { .. } => "checkpoint-rollback",
            Self::SplitView { .. } => "split-view",
            Self::Stopped { .. } => "split-view-stopped",
            Self::Damaged(_) => "memory-damaged",
            Self::Proof(_) => "consistency-proof-invalid",
            Self::Remote(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }

    /// Who is answerable, where that is known.
    #[must_use]
    pub fn blame(&self) -> Option<Blame> {
        match self {
            Self::Rollback { .. }
            | Self::SplitView { .. }
            | Self::Stopped { .. }
            | Self::Proof(_) => Some(Blame::Registry),
            Self::Remote(error) => error.blame(),
            Self::Damaged(_) | Self::File(_) => None,
        }
    }
}

const MAX_NOTE: u64 = 64 * 1024;
