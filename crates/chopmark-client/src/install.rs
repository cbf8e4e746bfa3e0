//! Installation with one commit point: the rename of the scope's lock file.
//!
//! 1. An intent file names every folder to be swapped and the digest of the new lock file.
//! 2. Each new folder is written and flushed beside its place.
//! 3. `COMMIT`: the lock file is renamed.
//! 4. The folders are swapped in, the old ones removed, the intent forgotten.
//!
//! [`recover`] runs the same step 4 after a crash behind the commit, and undoes steps 1 and 2 after
//! one before it. Every command that changes a scope recovers first.
//!
//! Spec: docs/spec/lock.md §2.

use std::fs;
use std::path::{Path, PathBuf};

use chopmark_core::digest::{ContentDigest, hex, sha256};
use chopmark_core::package::Package;
use rustix::fs::{CWD, RenameFlags};
use thiserror::Error;

use crate::durable::{self, Access, Exclusive, FileError};
use crate::home::Home;
use crate::lock::{Lock, LockError};
use crate::scope::Scope;
use crate::store::{Store, StoreError};
use crate::tree;

mod intent;

use intent::{Intent, Swap};

/// What one folder is to become.
#[derive(Debug, Clone)]
pub enum Change<'a> {
    /// The folder holds exactly this package.
    Place(&'a Package),
    /// The folder is gone.
    Remove,
}

/// Changes the folders of a scope together with its lock file.
///
/// The caller holds the scope's [`Exclusive`] and has recovered. Packages are kept in the store
/// first, so that a crash can always be mended from it. When this returns, all of it is durable.
///
/// # Errors
///
/// [`InstallError`]; before the commit nothing has changed, after it the next command finishes.
pub fn commit(
    scope: &Scope,
    home: &Home,
    _held: &Exclusive,
    lock: &Lock,
    changes: &[(PathBuf, Change<'_>)],
) -> Result<(), InstallError> {
    let store = Store::new(home.store());
    let mut swaps = Vec::new();
    for (folder, change) in changes {
        let content = match change {
            Change::Place(package) => {
                store.keep(package)?;
                Some(package.digest())
            }
            Change::Remove => None,
        };
        swaps.push(Swap::new(folder.clone(), content)?);
    }
    let intent = Intent {
        lock: hex(&sha256(&lock.to_bytes()?)),
        swaps,
    };
    durable::private_folder(&home.pending())?;
    durable::write(&scope.intent_file(), &intent.to_bytes(), Access::Private)?;
    if let Err(error) = stage_all(&intent, changes).and_then(|()| Ok(lock.commit(scope)?)) {
        // Not committed as far as is known; recovery reads the lock file and decides by it.
        let _ = finish(scope, &store, &intent);
        return Err(error);
    }
    finish(scope, &store, &intent)
}

/// Finishes or undoes an installation that a crash interrupted; `true` if there was one.
///
/// # Errors
///
/// [`InstallError`]; the intent stays for the next attempt.
pub fn recover(scope: &Scope, home: &Home, _held: &Exclusive) -> Result<bool, InstallError> {
    let Some(bytes) = durable::read(&scope.intent_file(), MAX_INTENT_BYTES)? else {
        return Ok(false);
    };
    let intent =
        Intent::parse(&bytes).ok_or_else(|| InstallError::IntentDamaged(scope.intent_file()))?;
    finish(scope, &Store::new(home.store()), &intent)?;
    Ok(true)
}

fn stage_all(intent: &Intent, changes: &[(PathBuf, Change<'_>)]) -> Result<(), InstallError> {
    for (swap, (_, change)) in intent.swaps.iter().zip(changes) {
        if let Change::Place(package) = change {
            if let Some(parent) = swap.folder.parent() {
                durable::public_folder(parent)?;
            }
            tree::write(&swap.staged, package)?;
        }
    }
    Ok(())
}

/// Brings the folders to where the lock file says they are, then forgets the intent.
fn finish(scope: &Scope, store: &Store, intent: &Intent) -> Result<(), InstallError> {
    let current = durable::read(scope.lock_file(), MAX_LOCK_BYTES)?;
    let is_committed = current.is_some_and(|bytes| hex(&sha256(&bytes)) == intent.lock);
    for swap in &intent.swaps {
        if is_committed {
            bring_in(swap, store)?;
        }
        durable::remove_folder(&swap.staged)?;
        durable::remove_folder(&swap.retired)?;
    }
    Ok(durable::remove(&scope.intent_file())?)
}

/// Makes `swap.folder` what it is to be. Safe to repeat from any point at which it was cut off.
fn bring_in(swap: &Swap, store: &Store) -> Result<(), InstallError> {
    let Some(content) = swap.content else {
        return retire(swap);
    };
    let manifest = store
        .manifest(content)?
        .ok_or(InstallError::NotInStore(content))?;
    if tree::compare(&swap.folder, &manifest)?.is_empty() {
        return Ok(());
    }
    if !tree::compare(&swap.staged, &manifest)?.is_empty() {
        let package = store
            .package(content)?
            .ok_or(InstallError::NotInStore(content))?;
        durable::remove_folder(&swap.staged)?;
        tree::write(&swap.staged, &package)?;
    }
    if exists(&swap.folder) {
        exchange(&swap.staged, &swap.folder, &swap.retired)?;
    } else {
        rename(&swap.staged, &swap.folder)?;
    }
    Ok(durable::sync_parent(&swap.folder)?)
}

fn retire(swap: &Swap) -> Result<(), InstallError> {
    if exists(&swap.folder) {
        durable::remove_folder(&swap.retired)?;
        rename(&swap.folder, &swap.retired)?;
        durable::sync_parent(&swap.folder)?;
    }
    Ok(())
}

/// Swaps two folders in one step; where the file system cannot, in two.
fn exchange(staged: &Path, folder: &Path, retired: &Path) -> Result<(), FileError> {
    match rustix::fs::renameat_with(CWD, staged, CWD, folder, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::XDEV | rustix::io::Errno::NOSYS) => {
            durable::remove_folder(retired)?;
            rename(folder, retired)?;
            rename(staged, folder)
        }
        Err(error) => Err(FileError::at("replace", folder)(error.into())),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)
        .map_err(|error| FileError::at("move into place", to)(error.into()))
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Why an installation did not happen, or was not finished.
#[derive(Debug, Error)]
pub enum InstallError {
    /// The note about an interrupted installation cannot be read.
    #[error("`{}` describes an interrupted installation and is damaged", .0.display())]
    IntentDamaged(PathBuf),
    /// A package that is to be put in place is not in the store.
    #[error("the content {0} is not in the store")]
    NotInStore(ContentDigest),
    /// A folder's path is not UTF-8.
    #[error("the path `{}` is not UTF-8", .0.display())]
    Path(PathBuf),
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

impl InstallError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::IntentDamaged(_) => "intent-damaged",
            Self::NotInStore(_) => "store-missing",
            Self::Path(_) => "install-path-not-utf8",
            Self::Lock(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

const MAX_INTENT_BYTES: u64 = 1024 * 1024;
const MAX_LOCK_BYTES: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests;
