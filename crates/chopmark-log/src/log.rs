//! The log and its sequencer.

use std::path::Path;

use chopmark_core::{
    checkpoint::{Checkpoint, CheckpointError, verify_line},
    note::{Note, NoteError},
    record::{Record, RecordError},
    state::{Position, StateError},
};
use thiserror::Error;

pub use crate::batch::Verdict;
use crate::{
    batch::{Batch, Staged, stage},
    commit::{CommitError, Commits, Head},
    disk::{Disk, DiskError},
    frontier::Frontier,
    operator::Operator,
    reader::{ReadError, Reader},
};

/// A log that this process appends to.
///
/// One process at a time gets anywhere: the commit compares and swaps. After an error that leaves
/// a commit in doubt every call fails; only opening the log again tells what happened.
#[derive(Debug)]
pub struct Log {
    pub(crate) disk: Disk,
    commits: Commits,
    operator: Operator,
    head: Head,
    frontier: Frontier,
    in_doubt: bool,
}

/// What [`Log::append`] did.
#[derive(Debug)]
pub struct Appended {
    /// What became of each record, in order.
    pub verdicts: Vec<Verdict>,
    /// The checkpoint over the log as it now stands, with the log's signature alone.
    pub checkpoint: Vec<u8>,
    /// The number of leaves under that checkpoint.
    pub size: u64,
}

/// The folder below a log's folder that anyone may read, and any file server may serve.
pub const PUBLIC: &str = "public";

/// The public checkpoint, in [`PUBLIC`].
pub const CHECKPOINT: &str = "checkpoint";

impl Log {
    /// Begins a log with its charter, in `folder`.
    ///
    /// # Errors
    ///
    /// [`LogError::Exists`] when one is there; [`LogError::Charter`] when the rules refuse the
    /// charter: nothing was committed.
    pub fn create(
        folder: &Path,
        operator: Operator,
        charter: &Record,
        now: u64,
    ) -> Result<Self, LogError> {
        let mut log = Self::bare(folder, operator)?;
        if log.commits.head()?.is_some() {
            return Err(LogError::Exists);
        }
        log.append(std::slice::from_ref(charter), now)
            .and_then(|appended| match appended.verdicts.into_iter().next() {
                Some(Verdict::Appended { index: 0 }) => Ok(log),
                Some(Verdict::Refused(error)) => Err(LogError::Charter(error)),
                Some(Verdict::Appended { .. } | Verdict::Known { .. }) | None => {
                    Err(LogError::Exists)
                }
            })
    }

    /// Opens a log and finishes what the last process left: the files of the last commit.
    ///
    /// # Errors
    ///
    /// [`LogError`]; [`LogError::NoLog`] when `folder` holds none.
    pub fn open(folder: &Path, operator: Operator) -> Result<Self, LogError> {
        let mut log = Self::bare(folder, operator)?;
        log.recover()?;
        Ok(log)
    }

    pub(crate) fn bare(folder: &Path, operator: Operator) -> Result<Self, LogError> {
        let disk = Disk::open(&folder.join(PUBLIC))?;
        let commits = Commits::open(&folder.join("log.sqlite"))?;
        Ok(Self {
            disk,
            commits,
            operator,
            head: Head {
                position: Position::start(),
                root: chopmark_core::merkle::empty_root(),
                checkpoint: Vec::new(),
            },
            frontier: Frontier::default(),
            in_doubt: false,
        })
    }

    /// Reads where the log stands and runs step 7 for its last batch.
    pub(crate) fn recover(&mut self) -> Result<(), LogError> {
        self.head = self.commits.head()?.ok_or(LogError::NoLog)?;
        self.write_staged()?;
        let size = self.head.position.size;
        let reader = Reader::new(self.disk.clone(), size);
        self.frontier = Frontier::from_subtrees(&|l, i| reader.subtree(l, i), size)?;
        if self.frontier.root() != self.head.root {
            return Err(LogError::Derivation);
        }
        self.in_doubt = false;
        Ok(())
    }

    /// Judges `records` and commits those that the rules accept as one batch, closed by a state
    /// leaf with the time `now` (seconds since the Unix epoch; never less than the one before).
    ///
    /// When it returns, the batch is in the log and its files are durable and visible; the public
    /// checkpoint is still the old one. Records that are refused or known leave no trace.
    ///
    /// # Errors
    ///
    /// [`LogError::InDoubt`] from the commit on: the caller ends, and opens the log again. Other
    /// errors: nothing was committed.
    pub fn append(&mut self, records: &[Record], now: u64) -> Result<Appended, LogError> {
        self.sequence(records, now, Batch::IfAny)
    }

    /// Appends a state leaf alone, with the time `now`: the log's clock ticks, and a batch whose
    /// state leaf grew too old for witnesses to cosign is followed by one that they can.
    ///
    /// # Errors
    ///
    /// As [`Log::append`].
    pub fn tick(&mut self, now: u64) -> Result<Appended, LogError> {
        self.sequence(&[], now, Batch::Always)
    }

    fn sequence(
        &mut self,
        records: &[Record],
        now: u64,
        batch: Batch,
    ) -> Result<Appended, LogError> {
        if self.in_doubt {
            return Err(LogError::InDoubt(None));
        }
        // 2 to 5.
        let before = (&self.head, &self.frontier);
        let (verdicts, staged) = stage(&self.disk, &self.operator, before, records, now, batch)?;
        if let Some(staged) = staged {
            // 6. From here to the end of step 7 an error leaves doubt.
            self.in_doubt = true;
            self.commit(staged)
                .map_err(|e| LogError::InDoubt(Some(Box::new(e))))?;
            self.in_doubt = false;
        }
        Ok(Appended {
            verdicts,
            checkpoint: self.head.checkpoint.clone(),
            size: self.head.position.size,
        })
    }

    fn commit(&mut self, staged: Staged) -> Result<(), LogError> {
        let before = (self.head.position.size > 0).then_some(&self.head);
        let commits = &mut self.commits;
        // COMMIT: see `Commits::commit`.
        self.disk.point("commit", || {
            commits.commit(before, &staged.head, &staged.bundle)
        })?;
        self.head = staged.head;
        self.frontier = staged.frontier;
        // 7. The same code as recovery.
        self.write_staged()
    }

    /// 7. Writes the files of the last commit; those that are there stay.
    fn write_staged(&self) -> Result<(), LogError> {
        Ok(self.disk.write_immutable(&self.commits.staged()?)?)
    }

    /// 9. Replaces the public checkpoint by `note`, which the caller had cosigned.
    ///
    /// # Errors
    ///
    /// [`LogError::NotOurs`] when the note is not one that this log signed over what it holds, or
    /// is older than the public one.
    pub fn publish(&self, note: &Note) -> Result<(), LogError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        let key = self.operator.verifier()?;
        let line = note.lines_of(&key).next().ok_or(LogError::NotOurs)?;
        verify_line(&key, line, note.text())?;
        let ours = checkpoint.origin == self.operator.origin
            && checkpoint.size <= self.head.position.size
            && Reader::new(self.disk.clone(), checkpoint.size).root()? == checkpoint.root;
        let newest = self
            .published()?
            .is_none_or(|public| public.0.size <= checkpoint.size);
        if !ours || !newest {
            return Err(LogError::NotOurs);
        }
        Ok(self.disk.replace(CHECKPOINT, note.to_string().as_bytes())?)
    }

    /// Reads the public checkpoint.
    ///
    /// # Errors
    ///
    /// [`LogError`] when the file is malformed.
    pub fn published(&self) -> Result<Option<(Checkpoint, Note)>, LogError> {
        let Some(bytes) = self.disk.read(CHECKPOINT)? else {
            return Ok(None);
        };
        let note = Note::parse(&bytes)?;
        Ok(Some((Checkpoint::parse(note.text())?, note)))
    }

    /// Returns where the log stands: committed, perhaps not public yet.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Returns who runs the log.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Returns the public folder.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    pub(crate) fn commits_mut(&mut self) -> &mut Commits {
        &mut self.commits
    }
}

/// Why the log did not do what was asked.
#[derive(Debug, Error)]
pub enum LogError {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The commit row failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The log's files do not hold what they must.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The map could not be read, or the rules are newer than this program.
    #[error(transparent)]
    State(#[from] StateError),
    /// A record of the operator could not be made.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A note is malformed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A checkpoint is malformed or not signed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A commit may or may not have happened.
    #[error("a commit is in doubt; the log must be opened again{}", .0.as_ref().map(|e| format!(": {e}")).unwrap_or_default())]
    InDoubt(Option<Box<Self>>),
    /// The bytes to be written lead to another root than the hashes in memory.
    #[error("the log's root could not be derived again from its bytes")]
    Derivation,
    /// A leaf that no entry bundle can hold.
    #[error("a leaf is larger than 65535 bytes")]
    LeafTooLarge,
    /// There is a log already.
    #[error("the folder holds a log already")]
    Exists,
    /// There is no log.
    #[error("the folder holds no log")]
    NoLog,
    /// The rules refuse the charter.
    #[error("the charter is refused: {0}")]
    Charter(chopmark_core::rules::RuleError),
    /// A checkpoint to be published is not this log's.
    #[error("the checkpoint is not one that this log made, or is older than the public one")]
    NotOurs,
    /// The last leaf is not a state leaf, or a leaf is void.
    #[error("leaf {index} is wrong: {problem}")]
    Leaf {
        /// Its index.
        index: u64,
        /// What is wrong.
        problem: String,
    },
}

impl LogError {
    /// Returns the stable code, as listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disk(_) | Self::Commit(_) => "log-storage",
            Self::Read(_) | Self::Derivation | Self::Leaf { .. } => "log-damaged",
            Self::State(_) => "log-state",
            Self::Record(_) | Self::LeafTooLarge => "record-malformed",
            Self::Note(_) | Self::Checkpoint(_) | Self::NotOurs => "log-checkpoint",
            Self::InDoubt(_) => "log-in-doubt",
            Self::Exists => "log-exists",
            Self::NoLog => "log-missing",
            Self::Charter(error) => error.code(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
