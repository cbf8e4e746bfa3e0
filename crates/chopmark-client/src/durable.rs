//! Files that survive a crash whole: written beside, flushed, renamed, and the folder flushed.
//!
//! The sequence is `open(O_EXCL) · write · fsync · rename · fsync(folder)`. A crash leaves either
//! the old file or the new one, and perhaps a file named `.tmp-…` that the next write ignores.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, Mode, OFlags, RenameFlags};
use thiserror::Error;

/// A file operation that failed: what was attempted, where, and why.
#[derive(Debug, Error)]
#[error("cannot {action} `{}`: {source}", path.display())]
pub struct FileError {
    /// What was attempted, as a verb phrase.
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: std::io::Error,
}

impl FileError {
    /// Attaches what was attempted and where to what the system said.
    pub fn at(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self {
            action,
            path,
            source,
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign, open enum")]
        match self.source.kind() {
            ErrorKind::NotFound => "file-not-found",
            ErrorKind::AlreadyExists => "file-exists",
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "file-permission",
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "disk-full",
            ErrorKind::FileTooLarge => "file-too-large",
            _ => "file-failed",
        }
    }
}

/// Who may read a file that is written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The owner alone: mode 0600.
    Private,
    /// Everyone, as the umask allows: mode 0644.
    Public,
    /// As [`Access::Public`], and it may be executed: mode 0755.
    Executable,
}

impl Access {
    fn bits(self) -> u32 {
        match self {
            Self::Private => 0o600,
            Self::Public => 0o644,
            Self::Executable => 0o755,
        }
    }
}

/// Replaces `path` by `bytes`. When it returns, the new content is durable and visible.
///
/// # Errors
///
/// [`FileError`]; the old content, if any, is still in place.
pub fn write(path: &Path, bytes: &[u8], access: Access) -> Result<(), FileError> {
    let staged = stage(path, bytes, access)?;
    rustix::fs::rename(&staged, path).map_err(|error| {
        let _ = fs::remove_file(&staged);
        FileError::at("replace", path)(error.into())
    })?;
    sync_parent(path)
}

/// Creates `path` with `bytes`; an existing file is never touched.
///
/// # Errors
///
/// [`FileError`], with code `file-exists` when something is there already.
pub fn create(path: &Path, bytes: &[u8], access: Access) -> Result<(), FileError> {
    let staged = stage(path, bytes, access)?;
    rustix::fs::renameat_with(CWD, &staged, CWD, path, RenameFlags::NOREPLACE).map_err(
        |error| {
            let _ = fs::remove_file(&staged);
            FileError::at("create", path)(error.into())
        },
    )?;
    sync_parent(path)
}

/// Writes a flushed temporary file beside `path` and returns its name.
pub(crate) fn stage(path: &Path, bytes: &[u8], access: Access) -> Result<PathBuf, FileError> {
    let staged = beside(path);
    let attempt = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(access.bits())
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&staged)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    attempt().map_err(|error| {
        let _ = fs::remove_file(&staged);
        FileError::at("write", path)(error)
    })?;
    Ok(staged)
}

/// A name beside `path` that nobody else uses.
fn beside(path: &Path) -> PathBuf {
    let mut random = [0u8; 8];
    // Where the system has no randomness, O_EXCL still refuses a name that is taken.
    let _ = getrandom::fill(&mut random);
    let tag = u64::from_ne_bytes(random);
    path.with_file_name(format!(".tmp-{}-{tag:016x}", std::process::id()))
}

/// Flushes the folder that holds `path`, so that a rename in it survives a crash.
pub(crate) fn sync_parent(path: &Path) -> Result<(), FileError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    sync_folder(folder)
}

/// Flushes a folder's entries.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), FileError> {
    File::open(folder)
        .and_then(|file| file.sync_all())
        .map_err(FileError::at("flush", folder))
}

/// Makes `folder` and what is missing above it, readable by the owner alone.
///
/// # Errors
///
/// [`FileError`]; folders that were made stay.
pub fn private_folder(folder: &Path) -> Result<(), FileError> {
    make_folder(folder, 0o700)
}

/// Makes `folder` and what is missing above it, as the umask allows.
///
/// # Errors
///
/// [`FileError`]; folders that were made stay.
pub fn public_folder(folder: &Path) -> Result<(), FileError> {
    make_folder(folder, 0o755)
}

fn make_folder(folder: &Path, mode: u32) -> Result<(), FileError> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(folder)
        .map_err(FileError::at("make folder", folder))?;
    sync_parent(folder)
}

/// Reads a file of at most `limit` bytes; `None` when there is none.
///
/// # Errors
///
/// [`FileError`], with code `file-too-large` past the limit.
pub fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::at("open", path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(FileError::at("read", path))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(FileError::at("read", path)(ErrorKind::FileTooLarge.into()));
    }
    Ok(Some(bytes))
}

/// Reads a file of at most `limit` bytes that must be there.
///
/// # Errors
///
/// [`FileError`], with code `file-not-found` where there is none.
pub fn read_existing(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    read(path, limit)?.ok_or_else(|| FileError::at("open", path)(ErrorKind::NotFound.into()))
}

/// Removes a file, durably; one that is not there is fine.
///
/// # Errors
///
/// [`FileError`] when the file is still there.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Ok(()) => sync_parent(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FileError::at("remove", path)(error)),
    }
}

/// Removes a folder with all in it; one that is not there is fine.
///
/// # Errors
///
/// [`FileError`]; part of the content may be gone.
pub fn remove_folder(path: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(path) {
        Ok(()) => sync_parent(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FileError::at("remove folder", path)(error)),
    }
}

/// An exclusive lock on a file, held until it goes out of scope or the process dies.
#[derive(Debug)]
#[must_use]
pub struct Exclusive {
    _file: OwnedFd,
}

impl Exclusive {
    /// Waits for the lock on `path`, which is made where it is missing.
    ///
    /// # Errors
    ///
    /// [`FileError`]; nothing is locked.
    pub fn wait(path: &Path) -> Result<Self, FileError> {
        if let Some(parent) = path.parent() {
            private_folder(parent)?;
        }
        let file = rustix::fs::open(
            path,
            OFlags::CREATE | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW,
            Mode::RUSR | Mode::WUSR,
        )
        .map_err(|error| FileError::at("open", path)(error.into()))?;
        loop {
            match rustix::fs::flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(FileError::at("lock", path)(error.into())),
            }
        }
    }
}

#[cfg(test)]
mod tests;
