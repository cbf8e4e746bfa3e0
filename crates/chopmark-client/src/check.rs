//! Offline verification: installed folders against lock file, store and receipts.

use chopmark_core::digest::{hex, sha256};
use chopmark_core::name::SkillName;
use serde::Serialize;
use thiserror::Error;

use crate::durable::{self, FileError};
use crate::home::Home;
use crate::lock::{Lock, LockError, Locked};
use crate::scope::{Agent, Scope};
use crate::store::{Store, StoreError};
use crate::tree::{self, Difference};

/// What was found in one installed folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The folder's name.
    pub name: String,
    /// The agent's name.
    pub agent: &'static str,
    /// Digest of the content that belongs there, lower-case hex.
    pub content: String,
    /// Files compared.
    pub files: usize,
    /// How it differs; empty when it is exactly what was installed.
    pub differences: Vec<Difference>,
}

/// Compares every folder that the lock file of `scope` names, or only that of `only`.
///
/// Uses the lock file, the store and the receipts, and nothing else: no network, no clock.
///
/// # Errors
///
/// [`CheckError`] when something that the lock file names cannot be found or read.
pub fn check(
    scope: &Scope,
    home: &Home,
    only: Option<&SkillName>,
) -> Result<Vec<Finding>, CheckError> {
    let lock = Lock::read(scope)?;
    if let Some(name) = only
        && lock.skill(name).is_none()
    {
        return Err(CheckError::NotInstalled(name.clone()));
    }
    let store = Store::new(home.store());
    let mut findings = Vec::new();
    for (name, locked) in lock
        .skills()
        .filter(|(name, _)| only.is_none_or(|only| only == *name))
    {
        let manifest = store
            .manifest(locked.content)?
            .ok_or_else(|| CheckError::NotInStore(name.clone()))?;
        check_receipt(home, name, locked)?;
        for agent in &locked.agents {
            findings.push(Finding {
                name: name.to_string(),
                agent: Agent::name(*agent),
                content: locked.content.to_hex(),
                files: manifest.entries().len(),
                differences: tree::compare(&scope.skill_folder(*agent, name.as_str()), &manifest)?,
            });
        }
    }
    Ok(findings)
}

fn check_receipt(home: &Home, name: &SkillName, locked: &Locked) -> Result<(), CheckError> {
    let path = home.receipts().join(format!("{}.json", locked.receipt));
    let bytes = durable::read(&path, MAX_RECEIPT_BYTES)?
        .ok_or_else(|| CheckError::ReceiptMissing(name.clone()))?;
    if hex(&sha256(&bytes)) == locked.receipt {
        Ok(())
    } else {
        Err(CheckError::ReceiptChanged(name.clone()))
    }
}

/// Why an installation could not be checked.
#[derive(Debug, Error)]
pub enum CheckError {
    /// The lock file has no such skill.
    #[error("`{0}` is not installed here")]
    NotInstalled(SkillName),
    /// The manifest that the lock file names is not in the store.
    #[error("the manifest of `{0}` is not in the store")]
    NotInStore(SkillName),
    /// The receipt that the lock file names is not there.
    #[error("the receipt of `{0}` is missing")]
    ReceiptMissing(SkillName),
    /// The receipt is not the one that the lock file names.
    #[error("the receipt of `{0}` was changed after the installation")]
    ReceiptChanged(SkillName),
    /// The lock file.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl CheckError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotInstalled(_) => "not-installed",
            Self::NotInStore(_) => "store-missing",
            Self::ReceiptMissing(_) => "receipt-missing",
            Self::ReceiptChanged(_) => "receipt-changed",
            Self::Lock(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

const MAX_RECEIPT_BYTES: u64 = 64 * 1024 * 1024;
