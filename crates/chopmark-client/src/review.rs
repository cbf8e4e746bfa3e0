//! Reviewed runs: what a skill changed is kept apart until a person accepts or discards it.
//!
//! `reviews/<run>/review.json` says which folders the run could change; `reviews/<run>/changes`
//! holds what it changed, in the form of the kernel's overlay file system.

mod apply;
mod change;

use std::path::{Path, PathBuf};

use chopmark_sandbox::Kept;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::change::{Change, Kind};
use crate::durable::{self, Access, FileError};
use crate::home::Home;

/// The changes of one run.
#[derive(Debug, Clone)]
pub struct Review {
    folder: PathBuf,
    facts: Facts,
}

/// What is known of a reviewed run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Facts {
    schema: String,
    run: String,
    skill: String,
    started_at: u64,
    kept: Vec<KeptWire>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptWire {
    target: PathBuf,
    upper: PathBuf,
}

impl Review {
    /// Makes the place for a run's changes. The sandbox makes `changes` in it.
    ///
    /// # Errors
    ///
    /// [`ReviewError::File`].
    pub fn begin(home: &Home, run: &str) -> Result<PathBuf, ReviewError> {
        let folder = home.reviews().join(run);
        durable::private_folder(&folder)?;
        Ok(folder.join("changes"))
    }

    /// Writes down what a run could change, before it starts.
    ///
    /// # Errors
    ///
    /// [`ReviewError`].
    pub fn record(
        home: &Home,
        run: &str,
        skill: &str,
        started_at: u64,
        kept: &[Kept],
    ) -> Result<(), ReviewError> {
        let wire = |kept: &Kept| KeptWire {
            target: kept.target.clone(),
            upper: kept.upper.clone(),
        };
        let facts = Facts {
            schema: SCHEMA.to_owned(),
            run: run.to_owned(),
            skill: skill.to_owned(),
            started_at,
            kept: kept.iter().map(wire).collect(),
        };
        let bytes = serde_json::to_vec(&facts).map_err(|_| ReviewError::Damaged(run.to_owned()))?;
        let path = home.reviews().join(run).join(FACTS);
        Ok(durable::write(&path, &bytes, Access::Private)?)
    }

    /// The reviewed run whose id begins with `run`.
    ///
    /// # Errors
    ///
    /// [`ReviewError::Unknown`] when there is none, or more than one.
    pub fn find(home: &Home, run: &str) -> Result<Self, ReviewError> {
        let mut found = Self::all(home)?;
        found.retain(|review| review.run().starts_with(run));
        match (found.pop(), found.is_empty()) {
            (Some(review), true) => Ok(review),
            (None, _) | (Some(_), false) => Err(ReviewError::Unknown(run.to_owned())),
        }
    }

    /// All runs that nobody has decided about, oldest first.
    ///
    /// # Errors
    ///
    /// [`ReviewError`].
    pub fn all(home: &Home) -> Result<Vec<Self>, ReviewError> {
        let folder = home.reviews();
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(FileError::at("list", &folder)(error).into()),
        };
        let mut all = Vec::new();
        for folder in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            // A run that was never started leaves a folder without facts.
            let Some(bytes) = durable::read(&folder.join(FACTS), MAX_BYTES)? else {
                continue;
            };
            let facts: Option<Facts> = serde_json::from_slice(&bytes).ok();
            let facts = facts
                .filter(|facts| facts.schema == SCHEMA && facts.run == name)
                .ok_or_else(|| ReviewError::Damaged(name.into_owned()))?;
            all.push(Self { folder, facts });
        }
        all.sort_by(|a, b| a.facts.run.cmp(&b.facts.run));
        Ok(all)
    }

    /// The run's id.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.facts.run
    }

    /// The skill, as the journal names it.
    #[must_use]
    pub fn skill(&self) -> &str {
        &self.facts.skill
    }

    /// What the run changed, sorted by path.
    ///
    /// # Errors
    ///
    /// [`ReviewError`] when the changes cannot be read, or are too many.
    pub fn changes(&self) -> Result<Vec<Change>, ReviewError> {
        let mut changes = Vec::new();
        for kept in &self.facts.kept {
            change::list(
                &kept.target,
                &kept.upper,
                self.facts.started_at,
                &mut changes,
            )?;
        }
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }

    /// Makes every change in the folders themselves, and forgets the review.
    ///
    /// Each file appears whole under its name, or not at all.
    ///
    /// # Errors
    ///
    /// [`ReviewError::Conflict`] when something was changed outside since the run began; nothing
    /// was applied then. Another error leaves the review, and applying it again is safe.
    pub fn accept(self) -> Result<Vec<Change>, ReviewError> {
        let changes = self.changes()?;
        if let Some(conflict) = changes.iter().find(|change| change.conflicts) {
            return Err(ReviewError::Conflict(conflict.path.clone()));
        }
        for kept in &self.facts.kept {
            apply::apply(&kept.target, &kept.upper)?;
        }
        self.discard()?;
        Ok(changes)
    }

    /// Forgets the changes.
    ///
    /// # Errors
    ///
    /// [`ReviewError::File`].
    pub fn discard(self) -> Result<(), ReviewError> {
        unlock(&self.folder);
        Ok(durable::remove_folder(&self.folder)?)
    }
}

/// The kernel leaves its own room without any permission; as it is ours, they can be given.
fn unlock(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(rooms) = std::fs::read_dir(folder.join("changes")) else {
        return;
    };
    for room in rooms.filter_map(Result::ok) {
        let work = room.path().join("work").join("work");
        // What cannot be unlocked shows when it is removed.
        let _ = std::fs::set_permissions(work, std::fs::Permissions::from_mode(0o700));
    }
}

/// Why changes cannot be shown, accepted or discarded.
#[derive(Debug, Error)]
pub enum ReviewError {
    /// No reviewed run of this id.
    #[error("no single reviewed run begins with `{0}`")]
    Unknown(String),
    /// What is known of the run is not what was written.
    #[error("the review of run `{0}` is damaged")]
    Damaged(String),
    /// Something else changed the file since.
    #[error("`{}` was changed outside since the run began", .0.display())]
    Conflict(PathBuf),
    /// More changes than anybody reviews.
    #[error("the run changed more than {MAX_CHANGES} files, or folders deeper than {MAX_DEPTH}")]
    TooMany,
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl ReviewError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "review-unknown",
            Self::Damaged(_) => "review-damaged",
            Self::Conflict(_) => "review-conflict",
            Self::TooMany => "review-too-many",
            Self::File(error) => error.code(),
        }
    }
}

const SCHEMA: &str = "https://chopmark.dev/schema/review/v1";
const FACTS: &str = "review.json";
const MAX_BYTES: u64 = 16 * 1024 * 1024;
const MAX_CHANGES: usize = 100_000;
const MAX_DEPTH: usize = 128;

#[cfg(test)]
mod tests;
