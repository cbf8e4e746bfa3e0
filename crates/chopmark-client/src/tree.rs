//! A package laid out as a folder: written through folder handles, compared file by file.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use chopmark_core::digest::BlobDigest;
use chopmark_core::package::{FileEntry, MAX_FILE_BYTES, Mode, Package, TreeManifest};
use rustix::fs::{Mode as Bits, OFlags, ResolveFlags};
use serde::Serialize;

use crate::durable::{self, FileError};

/// Writes `package` into a new folder at `path`, reading back and hashing what was written.
/// All of it is durable when it returns.
///
/// # Errors
///
/// [`FileError`]; the folder may be there in part, and is the caller's to remove.
pub fn write(path: &Path, package: &Package) -> Result<(), FileError> {
    rustix::fs::mkdir(path, Bits::from_bits_truncate(0o755))
        .map_err(|error| FileError::at("make folder", path)(error.into()))?;
    let root = rustix::fs::open(
        path,
        OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Bits::empty(),
    )
    .map_err(|error| FileError::at("open folder", path)(error.into()))?;
    let mut folders = BTreeSet::new();
    for (file, mode, bytes) in package.files() {
        for folder in file.folders() {
            if folders.insert(folder.to_owned()) {
                rustix::fs::mkdirat(&root, folder, Bits::from_bits_truncate(0o755)).map_err(
                    |error| FileError::at("make folder", &path.join(folder))(error.into()),
                )?;
            }
        }
        write_file(&root, file.as_str(), mode, bytes)
            .map_err(FileError::at("write", &path.join(file.as_str())))?;
    }
    for folder in &folders {
        durable::sync_folder(&path.join(folder))?;
    }
    durable::sync_folder(path)
}

fn write_file(root: &OwnedFd, path: &str, mode: Mode, bytes: &[u8]) -> std::io::Result<()> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    let bits = Bits::from_bits_truncate(mode.bits());
    let fd = rustix::fs::openat2(root, path, flags, bits, beneath)?;
    let mut file = fs::File::from(fd);
    file.write_all(bytes)?;
    rustix::fs::fchmod(file.as_fd(), bits)?;
    file.sync_all()?;
    let mut written = Vec::with_capacity(bytes.len());
    std::io::Seek::rewind(&mut file)?;
    file.read_to_end(&mut written)?;
    if BlobDigest::of(&written) != BlobDigest::of(bytes) {
        return Err(std::io::Error::other(
            "what was read back differs from what was written",
        ));
    }
    Ok(())
}

/// How an installed folder differs from its manifest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum Difference {
    /// The manifest names a file that is not there.
    Missing {
        /// Path within the folder.
        path: String,
    },
    /// A file's bytes differ.
    Changed {
        /// Path within the folder.
        path: String,
    },
    /// A file's execute bit differs.
    Mode {
        /// Path within the folder.
        path: String,
        /// Permission bits found, octal.
        found: String,
    },
    /// Something is there that the manifest does not name.
    Extra {
        /// Path within the folder, lossy where it is not UTF-8.
        path: String,
    },
    /// A link, device, pipe or socket stands there.
    NotAFile {
        /// Path within the folder, lossy where it is not UTF-8.
        path: String,
    },
}

impl Difference {
    /// The path within the folder.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Missing { path }
            | Self::Changed { path }
            | Self::Mode { path, .. }
            | Self::Extra { path }
            | Self::NotAFile { path } => path,
        }
    }

    /// What differs, in a word or two.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Missing { .. } => "missing".to_owned(),
            Self::Changed { .. } => "changed".to_owned(),
            Self::Mode { found, .. } => format!("mode {found}"),
            Self::Extra { .. } => "extra".to_owned(),
            Self::NotAFile { .. } => "not a regular file".to_owned(),
        }
    }
}

/// Compares the folder at `path` with `manifest`: bytes, modes, and that nothing else is there.
/// Links are never followed.
///
/// # Errors
///
/// [`FileError`] when something cannot be read; a folder that is not there counts as all missing.
pub fn compare(path: &Path, manifest: &TreeManifest) -> Result<Vec<Difference>, FileError> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let is_folder = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    if is_folder {
        walk(path, "", manifest, &mut seen, &mut found)?;
    }
    for entry in manifest.entries() {
        if !seen.contains(entry.path().as_str()) {
            found.push(Difference::Missing {
                path: entry.path().as_str().to_owned(),
            });
        }
    }
    found.sort();
    Ok(found)
}

fn walk(
    folder: &Path,
    prefix: &str,
    manifest: &TreeManifest,
    seen: &mut BTreeSet<String>,
    found: &mut Vec<Difference>,
) -> Result<(), FileError> {
    let mut has_any = false;
    for entry in fs::read_dir(folder).map_err(FileError::at("list", folder))? {
        has_any = true;
        let entry = entry.map_err(FileError::at("list", folder))?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry
            .file_type()
            .map_err(FileError::at("inspect", &entry.path()))?;
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), manifest, seen, found)?;
        } else if !kind.is_file() {
            seen.insert(path.clone());
            found.push(Difference::NotAFile { path });
        } else if let Some(expected) = manifest.entry(&path) {
            seen.insert(path);
            compare_file(&entry.path(), expected, found)?;
        } else {
            found.push(Difference::Extra { path });
        }
    }
    if !has_any && !prefix.is_empty() {
        found.push(Difference::Extra {
            path: prefix.to_owned(),
        });
    }
    Ok(())
}

fn compare_file(
    path: &Path,
    expected: &FileEntry,
    found: &mut Vec<Difference>,
) -> Result<(), FileError> {
    let name = || expected.path().as_str().to_owned();
    let open = rustix::fs::open(
        path,
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC,
        Bits::empty(),
    );
    let file = fs::File::from(open.map_err(|error| FileError::at("open", path)(error.into()))?);
    let metadata = file.metadata().map_err(FileError::at("inspect", path))?;
    let mut bytes = Vec::with_capacity(usize::try_from(expected.size()).unwrap_or_default());
    if metadata.len() == expected.size() {
        file.take(MAX_FILE_BYTES)
            .read_to_end(&mut bytes)
            .map_err(FileError::at("read", path))?;
    }
    if metadata.len() != expected.size() || BlobDigest::of(&bytes) != expected.digest() {
        found.push(Difference::Changed { path: name() });
    }
    let bits = metadata.permissions().mode() & 0o7777;
    // The umask of a later copy may have taken bits from group and others; it may add none.
    if Mode::from_owner_bits(bits) != expected.mode() || bits & !expected.mode().bits() != 0 {
        found.push(Difference::Mode {
            path: name(),
            found: format!("{bits:o}"),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
