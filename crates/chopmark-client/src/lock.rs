//! `chopmark.lock`: what is installed in a scope, sorted and deterministic.
//!
//! Spec: docs/spec/lock.md.

use std::collections::BTreeMap;

use chopmark_core::digest::{
    ContentDigest, GrantDigest, IdentityId, KeyDigest, StatementId, TreeHash,
};
use chopmark_core::name::{Name, SkillName};
use thiserror::Error;

use crate::durable::{self, Access, FileError};
use crate::scope::{Agent, Scope};

mod wire;

/// The content of a lock file: skills by the name of their folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    skills: BTreeMap<SkillName, Locked>,
}

/// One installed skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// The installed bytes.
    pub content: ContentDigest,
    /// Where it comes from.
    pub source: Source,
    /// Digest of what it was granted.
    pub grant: GrantDigest,
    /// SHA-256 of the receipt, lower-case hex.
    pub receipt: String,
    /// Into whose folders it was installed; at least one.
    pub agents: Vec<Agent>,
}

/// Where an installed skill comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A release in a log.
    Log(Box<Released>),
    /// A folder adopted on this host.
    Adopted {
        /// SHA-256 of the signed adoption record, lower-case hex.
        adoption: String,
        /// When the adoption ends, in seconds since the Unix epoch.
        expires: u64,
    },
}

/// A release as it stood in a log when it was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// The log.
    pub origin: String,
    /// Where it is served.
    pub registry: String,
    /// The publisher's identity.
    pub publisher: IdentityId,
    /// The publisher's name, a label.
    pub publisher_name: Name,
    /// The skill's name with its publisher.
    pub skill: SkillName,
    /// The version.
    pub version: semver::Version,
    /// The release statement.
    pub release: StatementId,
    /// Its index in the log.
    pub index: u64,
    /// The keys that were in force for the publisher, ascending.
    pub keys: Vec<KeyDigest>,
    /// Size of the checkpoint that the decision rested on.
    pub checkpoint_size: u64,
    /// Root of that checkpoint.
    pub checkpoint_root: TreeHash,
}

impl Lock {
    /// Reads a scope's lock file; none there means nothing is installed.
    ///
    /// # Errors
    ///
    /// [`LockError`].
    pub fn read(scope: &Scope) -> Result<Self, LockError> {
        match durable::read(scope.lock_file(), MAX_BYTES)? {
            None => Ok(Self::default()),
            Some(bytes) => Self::parse(&bytes),
        }
    }

    /// Reads a lock file's bytes; refuses any spelling but the one that [`Lock::to_bytes`] gives.
    ///
    /// # Errors
    ///
    /// [`LockError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, LockError> {
        let lock = wire::read(bytes)?;
        if lock.to_bytes()? != bytes {
            return Err(LockError::NotCanonical);
        }
        Ok(lock)
    }

    /// The one spelling of this lock: indented JSON, sorted, with a final newline.
    ///
    /// # Errors
    ///
    /// [`LockError::Malformed`] where a value has no JSON form, which none should.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LockError> {
        wire::write(self)
    }

    /// Sets the entry of the folder `name`, and returns the one before.
    pub fn insert(&mut self, name: SkillName, locked: Locked) -> Option<Locked> {
        self.skills.insert(name, locked)
    }

    /// Removes the entry of the folder `name`.
    pub fn remove(&mut self, name: &SkillName) -> Option<Locked> {
        self.skills.remove(name)
    }

    /// The entry of the folder `name`.
    #[must_use]
    pub fn skill(&self, name: &SkillName) -> Option<&Locked> {
        self.skills.get(name)
    }

    /// All entries, sorted by folder name.
    pub fn skills(&self) -> impl Iterator<Item = (&SkillName, &Locked)> {
        self.skills.iter()
    }

    /// Whether nothing is installed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.skills.is_empty()
    }

    /// Replaces the scope's lock file. This is the commit point of every installation.
    pub(crate) fn commit(&self, scope: &Scope) -> Result<(), LockError> {
        // COMMIT: the rename inside makes the installation the one that counts.
        Ok(durable::write(
            scope.lock_file(),
            &self.to_bytes()?,
            Access::Public,
        )?)
    }
}

/// Why a lock file is refused.
#[derive(Debug, Error)]
pub enum LockError {
    /// Not JSON of the expected shape, or a field does not hold what it must.
    #[error("`chopmark.lock` is malformed: {0}")]
    Malformed(String),
    /// Edited by hand, or by another version.
    #[error("`chopmark.lock` is not in its canonical form")]
    NotCanonical,
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl LockError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "lock-malformed",
            Self::NotCanonical => "lock-not-canonical",
            Self::File(error) => error.code(),
        }
    }
}

const MAX_BYTES: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests;
