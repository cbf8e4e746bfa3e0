//! The commit row: where the log stands, and the bundle of files that stand for it.
//!
//! SQLite with a write-ahead log and `synchronous=FULL`: a transaction that returned is on disk.

use std::{path::Path, time::Duration};

use chopmark_core::{
    digest::{NodeHash, TreeHash},
    rules::StateFacts,
    state::Position,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use thiserror::Error;

/// Where a log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Where the map stands; its size is the log's.
    pub position: Position,
    /// The RFC 6962 root.
    pub root: TreeHash,
    /// The checkpoint note with the log's signature alone; empty before the first batch.
    pub checkpoint: Vec<u8>,
}

/// Files by path below `public/`, as one batch makes them.
pub type Bundle = Vec<(String, Vec<u8>)>;

/// The store of the commit row.
#[derive(Debug)]
pub struct Commits {
    db: Connection,
}

impl Commits {
    /// Opens or makes the database.
    ///
    /// # Errors
    ///
    /// [`CommitError`] when SQLite fails.
    pub fn open(path: &Path) -> Result<Self, CommitError> {
        let db = Connection::open(path)?;
        db.busy_timeout(Duration::from_secs(5))?;
        db.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE IF NOT EXISTS head (
               id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, root BLOB NOT NULL,
               map_root BLOB NOT NULL, state_index INTEGER, state_time INTEGER, state_root BLOB,
               checkpoint BLOB NOT NULL) STRICT;
             CREATE TABLE IF NOT EXISTS staged (
               size INTEGER NOT NULL, path TEXT NOT NULL, bytes BLOB NOT NULL,
               PRIMARY KEY (size, path)) STRICT;",
        )?;
        Ok(Self { db })
    }

    /// Reads where the log stands; `None` for a log without charter.
    ///
    /// # Errors
    ///
    /// [`CommitError`] when SQLite fails or the row is malformed.
    pub fn head(&self) -> Result<Option<Head>, CommitError> {
        self.db
            .query_row(
                "SELECT size, root, map_root, state_index, state_time, state_root, checkpoint FROM head",
                [],
                |row| {
                    Ok(Head {
                        root: TreeHash::from_bytes(row.get(1)?),
                        position: position(row)?,
                        checkpoint: row.get(6)?,
                    })
                },
            )
            .optional()
            .map_err(Into::into)
    }

    /// Moves the log from `before` to `after` and keeps `bundle`, both or neither.
    ///
    /// Bundles of earlier batches go: their files were durable before this batch began.
    ///
    /// # Errors
    ///
    /// [`CommitError::Moved`] when the log does not stand at `before`: nothing changed.
    /// [`CommitError::Sqlite`]: the batch may or may not be committed; only reopening tells.
    pub fn commit(
        &mut self,
        before: Option<&Head>,
        after: &Head,
        bundle: &Bundle,
    ) -> Result<(), CommitError> {
        let transaction = self.db.transaction()?;
        let (size, state) = (after.position.size, after.position.last_state);
        transaction.execute("DELETE FROM staged", [])?;
        for (path, bytes) in bundle {
            transaction.execute(
                "INSERT INTO staged (size, path, bytes) VALUES (?1, ?2, ?3)",
                params![integer(size)?, path, bytes],
            )?;
        }
        let changed = match before {
            None => transaction.execute(
                "INSERT OR IGNORE INTO head VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    integer(size)?,
                    after.root.as_bytes(),
                    after.position.root.as_bytes(),
                    state.map(|s| integer(s.index)).transpose()?,
                    state.map(|s| integer(s.time)).transpose()?,
                    state.map(|s| *s.root.as_bytes()),
                    after.checkpoint,
                ],
            )?,
            Some(before) => transaction.execute(
                "UPDATE head SET size = ?1, root = ?2, map_root = ?3, state_index = ?4,
                   state_time = ?5, state_root = ?6, checkpoint = ?7
                 WHERE id = 1 AND size = ?8 AND root = ?9",
                params![
                    integer(size)?,
                    after.root.as_bytes(),
                    after.position.root.as_bytes(),
                    state.map(|s| integer(s.index)).transpose()?,
                    state.map(|s| integer(s.time)).transpose()?,
                    state.map(|s| *s.root.as_bytes()),
                    after.checkpoint,
                    integer(before.position.size)?,
                    before.root.as_bytes(),
                ],
            )?,
        };
        if changed != 1 {
            return Err(CommitError::Moved);
        }
        // COMMIT: the batch is in the log; recovery writes its files from here.
        transaction.commit().map_err(CommitError::Sqlite)
    }

    /// Reads the bundle of the last batch.
    ///
    /// # Errors
    ///
    /// [`CommitError`] when SQLite fails.
    pub fn staged(&self) -> Result<Bundle, CommitError> {
        let mut query = self
            .db
            .prepare("SELECT path, bytes FROM staged ORDER BY path")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>().map_err(Into::into)
    }

    /// Forgets everything, for a rebuild from the files.
    ///
    /// # Errors
    ///
    /// [`CommitError`] when SQLite fails.
    pub fn restart(&mut self, head: &Head) -> Result<(), CommitError> {
        self.db.execute_batch("DELETE FROM head")?;
        self.commit(None, head, &Vec::new())
    }
}

/// Reads a position from the columns 0 and 2 to 5.
pub(crate) fn position(row: &rusqlite::Row<'_>) -> Result<Position, rusqlite::Error> {
    let index = row.get::<_, Option<i64>>(3)?.map(number);
    let time = row.get::<_, Option<i64>>(4)?.map(number);
    let root: Option<[u8; 32]> = row.get(5)?;
    let last_state = match (index, time, root) {
        (Some(index), Some(time), Some(root)) => Some(StateFacts {
            index,
            time,
            root: NodeHash::from_bytes(root),
        }),
        _ => None,
    };
    Ok(Position {
        size: number(row.get(0)?),
        root: NodeHash::from_bytes(row.get(2)?),
        last_state,
    })
}

/// Reads what [`integer`] wrote; a negative number, which it never writes, reads as no log's size.
pub(crate) fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

pub(crate) fn integer(value: u64) -> Result<i64, CommitError> {
    i64::try_from(value).map_err(|_| CommitError::TooLarge(value))
}

/// Why the row could not be read or moved.
#[derive(Debug, Error)]
pub enum CommitError {
    /// SQLite's words.
    #[error("the log's database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Another process moved the log.
    #[error("the log was moved by another process")]
    Moved,
    /// A number that SQLite cannot hold.
    #[error("{0} does not fit into the database")]
    TooLarge(u64),
    /// A write that a test made fail.
    #[error(transparent)]
    Disk(#[from] crate::disk::DiskError),
}
