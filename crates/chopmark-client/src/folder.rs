//! A skill's folder on disk, read into a package.
//!
//! Every step goes through the handle of the folder above, links are never followed, and what was
//! opened is what is judged: swapping a name under the reader gains nothing. Modes become 0644 or
//! 0755 by the owner's execute bit; version-control folders are left out and named.
//!
//! Spec: docs/spec/package.md.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use chopmark_core::package::{
    MAX_FILE_BYTES, MAX_FILES, MAX_TOTAL_BYTES, Mode, Package, PackageError, PackagePath, PathError,
};
use rustix::fs::{AtFlags, Dir, FileType, Mode as Bits, OFlags};
use thiserror::Error;

use crate::durable::FileError;

/// A folder as read: its package, and what was left out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// All regular files.
    pub package: Package,
    /// Version-control folders that were left out, by path within the folder, sorted.
    pub left_out: Vec<String>,
}

/// Reads the folder at `path`.
///
/// # Errors
///
/// [`FolderError`]: something in it cannot be part of a package, or cannot be read.
pub fn read(path: &Path) -> Result<Folder, FolderError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::open(path, flags, Bits::empty())
        .map_err(|error| FileError::at("open folder", path)(error.into()))?;
    let mut reader = Reader {
        root: path.to_owned(),
        files: Vec::new(),
        left_out: Vec::new(),
        total: 0,
    };
    reader.folder(&root, "", 0)?;
    reader.left_out.sort();
    Ok(Folder {
        package: Package::from_files(reader.files)?,
        left_out: reader.left_out,
    })
}

struct Reader {
    root: PathBuf,
    files: Vec<(PackagePath, Mode, Vec<u8>)>,
    left_out: Vec<String>,
    total: u64,
}

impl Reader {
    fn folder(&mut self, folder: &OwnedFd, prefix: &str, depth: usize) -> Result<(), FolderError> {
        if depth > MAX_DEPTH {
            return Err(FolderError::Deep(prefix.to_owned()));
        }
        let at = self.root.join(prefix);
        let failed = |action: &'static str| {
            let at = at.clone();
            move |error: rustix::io::Errno| FileError::at(action, &at)(error.into())
        };
        for entry in Dir::read_from(folder.as_fd()).map_err(failed("list"))? {
            let entry = entry.map_err(failed("list"))?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            self.entry(folder, prefix, OsStr::from_bytes(name), depth)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        folder: &OwnedFd,
        prefix: &str,
        name: &OsStr,
        depth: usize,
    ) -> Result<(), FolderError> {
        let shown = format!("{prefix}{}", name.to_string_lossy());
        let at = self.root.join(&shown);
        let failed = |action: &'static str| {
            let at = at.clone();
            move |error: rustix::io::Errno| FileError::at(action, &at)(error.into())
        };
        let seen = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(failed("inspect"))?;
        match FileType::from_raw_mode(seen.st_mode) {
            FileType::Directory
                if name
                    .to_str()
                    .is_some_and(|name| VERSION_CONTROL.contains(&name)) =>
            {
                self.left_out.push(shown);
                Ok(())
            }
            FileType::Directory => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let inner = rustix::fs::openat(folder, name, flags, Bits::empty())
                    .map_err(failed("open folder"))?;
                self.folder(&inner, &format!("{shown}/"), depth.saturating_add(1))
            }
            FileType::RegularFile => self.file(folder, prefix, name),
            FileType::Symlink => Err(FolderError::Link(shown)),
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => Err(FolderError::Special(shown)),
        }
    }

    fn file(&mut self, folder: &OwnedFd, prefix: &str, name: &OsStr) -> Result<(), FolderError> {
        let mut bytes = prefix.as_bytes().to_vec();
        bytes.extend_from_slice(name.as_bytes());
        let path = PackagePath::from_bytes(&bytes)?;
        let at = self.root.join(path.as_str());
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(folder, name, flags, Bits::empty())
            .map_err(|error| FileError::at("open", &at)(error.into()))?;
        // What counts is what was opened, not what stood there a moment ago.
        let found = rustix::fs::fstat(&opened)
            .map_err(|error| FileError::at("inspect", &at)(error.into()))?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(FolderError::Special(path.as_str().to_owned()));
        }
        if found.st_nlink > 1 {
            return Err(FolderError::HardLink(path.as_str().to_owned()));
        }
        let mut content = Vec::new();
        let mut limited = File::from(opened).take(MAX_FILE_BYTES.saturating_add(1));
        limited
            .read_to_end(&mut content)
            .map_err(FileError::at("read", &at))?;
        self.total = self
            .total
            .saturating_add(u64::try_from(content.len()).unwrap_or(u64::MAX));
        if u64::try_from(content.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
            return Err(FolderError::FileTooLarge(path.as_str().to_owned()));
        }
        if self.total > MAX_TOTAL_BYTES {
            return Err(FolderError::TooLarge);
        }
        if self.files.len() >= MAX_FILES {
            return Err(FolderError::TooMany);
        }
        self.files
            .push((path, Mode::from_owner_bits(found.st_mode), content));
        Ok(())
    }
}

/// Why a folder is no package.
#[derive(Debug, Error)]
pub enum FolderError {
    /// A symbolic link.
    #[error("`{0}` is a symbolic link; a package holds files only")]
    Link(String),
    /// A file with a second name somewhere.
    #[error("`{0}` has more than one hard link; copy it")]
    HardLink(String),
    /// A device, pipe or socket.
    #[error("`{0}` is no regular file")]
    Special(String),
    /// Too deep.
    #[error("`{0}` lies deeper than 16 folders")]
    Deep(String),
    /// A file that is too large.
    #[error("`{0}` has more than 16 MiB")]
    FileTooLarge(String),
    /// All files together.
    #[error("the folder has more than 64 MiB")]
    TooLarge,
    /// Too many files.
    #[error("the folder has more than 4096 files")]
    TooMany,
    /// A path that no package may hold.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The files do not make a package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl FolderError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Link(_) => "folder-symlink",
            Self::HardLink(_) => "folder-hard-link",
            Self::Special(_) => "folder-special-file",
            Self::Deep(_) => "folder-too-deep",
            Self::FileTooLarge(_) => "package-file-too-large",
            Self::TooLarge => "package-too-large",
            Self::TooMany => "package-too-many-files",
            Self::Path(error) => error.code(),
            Self::Package(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

/// Folders of version-control systems, which are no part of a skill.
const VERSION_CONTROL: [&str; 5] = [".bzr", ".git", ".hg", ".jj", ".svn"];
const MAX_DEPTH: usize = 16;

#[cfg(test)]
mod tests;
