//! What a run changed, read from the kernel's layer.

use std::fs::{self, Metadata};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::{MAX_CHANGES, MAX_DEPTH, ReviewError};
use crate::durable::FileError;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file, as it would be named outside.
    pub path: PathBuf,
    /// Where the changed content lies; for what was removed, where that is said.
    pub content: PathBuf,
    /// What was done.
    pub kind: Kind,
    /// Whether the file was changed outside since the run began.
    pub conflicts: bool,
}

/// What was done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file that was not there.
    Added,
    /// A file with other content, mode or type.
    Changed,
    /// A file or a folder with all that is in it.
    Removed,
    /// A folder that was not there.
    Folder,
    /// A symbolic link, new or changed.
    Link,
    /// A pipe or a socket, which is never taken over.
    Special,
}

impl Kind {
    /// The kind's word in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Folder => "folder",
            Self::Link => "link",
            Self::Special => "special",
        }
    }
}

/// Appends the changes of `upper` over `target`. `since` is the second in which the run began.
pub(super) fn list(
    target: &Path,
    upper: &Path,
    since: u64,
    out: &mut Vec<Change>,
) -> Result<(), ReviewError> {
    let found = look(upper)?;
    if found.is_dir() {
        return walk(target, upper, since, 0, out);
    }
    // The copy of a single file.
    let same = bytes(target).is_some_and(|before| bytes(upper) == Some(before));
    if !same {
        out.push(Change {
            path: target.to_owned(),
            content: upper.to_owned(),
            kind: Kind::Changed,
            conflicts: changed_since(target, since),
        });
    }
    Ok(())
}

fn walk(
    target: &Path,
    upper: &Path,
    since: u64,
    depth: usize,
    out: &mut Vec<Change>,
) -> Result<(), ReviewError> {
    if depth > MAX_DEPTH {
        return Err(ReviewError::TooMany);
    }
    let entries = fs::read_dir(upper).map_err(FileError::at("list", upper))?;
    for entry in entries {
        let entry = entry.map_err(FileError::at("list", upper))?;
        let (path, content) = (target.join(entry.file_name()), entry.path());
        let found = look(&content)?;
        let before = path.symlink_metadata().ok();
        let kind = kind(&found, before.as_ref(), &path, &content);
        if found.is_dir() {
            let is_new = before.as_ref().is_none_or(|before| !before.is_dir());
            if is_new {
                push(out, &path, &content, Kind::Folder, since)?;
            } else if is_opaque(&content) {
                push(out, &path, &content, Kind::Removed, since)?;
            }
            walk(&path, &content, since, depth.saturating_add(1), out)?;
        } else if let Some(kind) = kind {
            push(out, &path, &content, kind, since)?;
        }
    }
    Ok(())
}

fn kind(found: &Metadata, before: Option<&Metadata>, path: &Path, content: &Path) -> Option<Kind> {
    if is_whiteout(found) {
        return before.map(|_| Kind::Removed);
    }
    if found.is_symlink() {
        let same = before.is_some() && fs::read_link(path).ok() == fs::read_link(content).ok();
        return (!same).then_some(Kind::Link);
    }
    if !found.is_file() {
        return Some(Kind::Special);
    }
    match before {
        None => Some(Kind::Added),
        Some(before) => {
            let same = before.is_file()
                && before.mode() & 0o777 == found.mode() & 0o777
                && before.len() == found.len()
                && bytes(path) == bytes(content);
            (!same).then_some(Kind::Changed)
        }
    }
}

fn push(
    out: &mut Vec<Change>,
    path: &Path,
    content: &Path,
    kind: Kind,
    since: u64,
) -> Result<(), ReviewError> {
    if out.len() >= MAX_CHANGES {
        return Err(ReviewError::TooMany);
    }
    out.push(Change {
        path: path.to_owned(),
        content: content.to_owned(),
        kind,
        conflicts: changed_since(path, since),
    });
    Ok(())
}

/// How the kernel says that a name was removed.
pub(super) fn is_whiteout(found: &Metadata) -> bool {
    found.file_type().is_char_device() && found.rdev() == 0
}

/// Whether a folder hides all that the one below it held.
pub(super) fn is_opaque(folder: &Path) -> bool {
    let mut value = [0_u8; 8];
    let length = rustix::fs::lgetxattr(folder, "user.overlay.opaque", &mut value);
    length.is_ok_and(|length| value.get(..length) == Some(b"y".as_slice()))
}

/// Whether a file was changed after the second in which the run began. In that second itself it
/// cannot be told, and counts as not.
fn changed_since(path: &Path, since: u64) -> bool {
    let changed = path.symlink_metadata().map(|found| found.ctime());
    changed.is_ok_and(|at| u64::try_from(at).is_ok_and(|at| at > since))
}

fn bytes(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

fn look(path: &Path) -> Result<Metadata, ReviewError> {
    Ok(path
        .symlink_metadata()
        .map_err(FileError::at("look at", path))?)
}
