//! What a witness remembers: the newest checkpoint that it cosigned for each log, and the map that
//! replaying the log's leaves made.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chopmark_core::{
    digest::{NodeHash, TreeHash, hex, sha256},
    docket::DocketStore,
    map::NodeStore,
    state::{Fresh, Position},
};
use rusqlite::{Connection, OptionalExtension as _, params};
use thiserror::Error;

use crate::{
    commit::{CommitError, integer, number, position},
    disk::{Disk, DiskError},
    frontier::Frontier,
};

pub use replay::{CLOCK_SECONDS, ReplayError, replay};

mod replay;

/// Where a witness stands in one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The newest cosigned checkpoint, as a note with the log's line and the witness's; empty
    /// before the first.
    pub note: Vec<u8>,
    /// The tree's right edge; its root is the checkpoint's. Without replay its peaks are not
    /// kept.
    pub frontier: Option<Frontier>,
    /// The checkpoint's size.
    pub size: u64,
    /// The checkpoint's root.
    pub root: TreeHash,
    /// Where the replayed map stands; at the start for a witness that does not replay.
    pub position: Position,
}

impl Standing {
    /// Before the first checkpoint.
    pub fn start() -> Self {
        Self {
            note: Vec::new(),
            frontier: Some(Frontier::default()),
            size: 0,
            root: chopmark_core::merkle::empty_root(),
            position: Position::start(),
        }
    }
}

/// The durable state of a witness, in one folder.
#[derive(Debug)]
pub struct WitnessStore {
    db: Mutex<Connection>,
    disk: Disk,
}

impl WitnessStore {
    /// Opens or makes the state in `folder`.
    ///
    /// # Errors
    ///
    /// [`WitnessStoreError`] when folder or database cannot be used.
    pub fn open(folder: &Path) -> Result<Self, WitnessStoreError> {
        let disk = Disk::open(folder)?;
        let db = Connection::open(folder.join("witness.sqlite"))?;
        db.busy_timeout(Duration::from_secs(5))?;
        db.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE IF NOT EXISTS standing (
               size INTEGER NOT NULL, root BLOB NOT NULL, map_root BLOB NOT NULL,
               state_index INTEGER, state_time INTEGER, state_root BLOB,
               replayed INTEGER NOT NULL, note BLOB NOT NULL, peaks BLOB,
               origin TEXT NOT NULL PRIMARY KEY) STRICT;
             CREATE TABLE IF NOT EXISTS node (
               hash BLOB NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS list (
               root BLOB NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;",
        )?;
        Ok(Self {
            db: Mutex::new(db),
            disk,
        })
    }

    /// Reads where the witness stands in the log of this origin.
    ///
    /// # Errors
    ///
    /// [`WitnessStoreError`] when the database fails or the row is malformed.
    pub fn standing(&self, origin: &str) -> Result<Standing, WitnessStoreError> {
        let row = self
            .db()
            .query_row(
                "SELECT size, root, map_root, state_index, state_time, state_root, replayed, note,
                   peaks FROM standing WHERE origin = ?1",
                [origin],
                |row| {
                    let size = number(row.get(0)?);
                    let peaks: Option<Vec<u8>> = row.get(8)?;
                    Ok(Standing {
                        note: row.get(7)?,
                        frontier: peaks
                            .and_then(|bytes| Frontier::from_peaks(size, hashes(&bytes)?)),
                        size,
                        root: TreeHash::from_bytes(row.get(1)?),
                        position: Position {
                            size: number(row.get(6)?),
                            ..position(row)?
                        },
                    })
                },
            )
            .optional()?;
        Ok(row.unwrap_or_else(Standing::start))
    }

    /// Moves from `old` leaves to `next`, and keeps what replaying made; both or neither. Durable
    /// when it returns, so that the cosignature may leave.
    ///
    /// # Errors
    ///
    /// [`WitnessStoreError::Moved`] when the witness no longer stands at `old`: nothing changed.
    pub fn advance(
        &self,
        origin: &str,
        old: u64,
        next: &Standing,
        fresh: &Fresh,
    ) -> Result<(), WitnessStoreError> {
        let mut db = self.db();
        let transaction = db.transaction()?;
        let held: Option<i64> = transaction
            .query_row(
                "SELECT size FROM standing WHERE origin = ?1",
                [origin],
                |r| r.get(0),
            )
            .optional()?;
        if held.map_or(0, number) != old {
            return Err(WitnessStoreError::Moved);
        }
        for (hash, bytes) in &fresh.nodes {
            transaction.execute(
                "INSERT OR IGNORE INTO node VALUES (?1, ?2)",
                params![hash.as_bytes(), bytes],
            )?;
        }
        for (root, bytes) in &fresh.lists {
            transaction.execute(
                "INSERT OR IGNORE INTO list VALUES (?1, ?2)",
                params![root.as_bytes(), bytes],
            )?;
        }
        let state = next.position.last_state;
        let peaks = next.frontier.as_ref().map(|frontier| {
            let peaks = frontier.peaks().iter();
            peaks.flat_map(|peak| *peak.as_bytes()).collect::<Vec<u8>>()
        });
        transaction.execute(
            "INSERT OR REPLACE INTO standing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                integer(next.size)?,
                next.root.as_bytes(),
                next.position.root.as_bytes(),
                state.map(|s| integer(s.index)).transpose()?,
                state.map(|s| integer(s.time)).transpose()?,
                state.map(|s| *s.root.as_bytes()),
                integer(next.position.size)?,
                next.note,
                peaks,
                origin,
            ],
        )?;
        // COMMIT: the witness stands at `next`; it cosigns nothing older or other from here on.
        Ok(transaction.commit()?)
    }

    /// Keeps notes that contradict each other, or a request that the rules refuse, as a file under
    /// `evidence/`; returns its path.
    ///
    /// # Errors
    ///
    /// [`WitnessStoreError`] when it cannot be written.
    pub fn keep_evidence(&self, parts: &[&[u8]]) -> Result<String, WitnessStoreError> {
        let bytes = parts.join(b"\n".as_slice());
        let path = format!("evidence/{}.txt", hex(&sha256(&bytes)));
        self.disk.write_immutable(&[(path.clone(), bytes)])?;
        Ok(path)
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves at most an open transaction, which rolls back.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn blob(&self, query: &str, key: &[u8; 32]) -> Option<Vec<u8>> {
        self.db().query_row(query, [key], |row| row.get(0)).ok()
    }
}

impl NodeStore for &WitnessStore {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        self.blob("SELECT bytes FROM node WHERE hash = ?1", hash.as_bytes())
    }
}

impl DocketStore for &WitnessStore {
    fn list(&self, root: &TreeHash) -> Option<Vec<u8>> {
        self.blob("SELECT bytes FROM list WHERE root = ?1", root.as_bytes())
    }
}

fn hashes(bytes: &[u8]) -> Option<Vec<TreeHash>> {
    let (chunks, rest) = bytes.as_chunks::<32>();
    rest.is_empty()
        .then(|| chunks.iter().map(|c| TreeHash::from_bytes(*c)).collect())
}

/// Why the witness's state could not be read or moved.
#[derive(Debug, Error)]
pub enum WitnessStoreError {
    /// SQLite's words.
    #[error("the witness's database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A number that the database cannot hold.
    #[error(transparent)]
    Number(#[from] CommitError),
    /// A file failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Another request moved the witness.
    #[error("the witness stands elsewhere by now")]
    Moved,
}

#[cfg(test)]
mod tests;
