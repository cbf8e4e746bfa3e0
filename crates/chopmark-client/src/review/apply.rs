//! Makes a run's changes in the folders themselves, through folder handles and without links.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawMode};
use rustix::io::Errno;

use super::change::{is_opaque, is_whiteout};
use super::{MAX_DEPTH, ReviewError};
use crate::durable::FileError;

/// Makes the changes of `upper` in `target`.
pub(super) fn apply(target: &Path, upper: &Path) -> Result<(), ReviewError> {
    let failed = |error: Errno| FileError::at("open", target)(error.into());
    let found = upper
        .symlink_metadata()
        .map_err(FileError::at("look at", upper))?;
    if found.is_dir() {
        let folder = rustix::fs::open(target, FOLDER, Mode::empty()).map_err(failed)?;
        return within(folder.as_fd(), target, upper, 0);
    }
    let parent = target.parent().unwrap_or(Path::new("/"));
    let name = target.file_name().unwrap_or_default();
    let folder = rustix::fs::open(parent, FOLDER, Mode::empty()).map_err(failed)?;
    place(folder.as_fd(), name, upper).map_err(FileError::at("write", target))?;
    Ok(())
}

fn within(
    folder: BorrowedFd<'_>,
    target: &Path,
    upper: &Path,
    depth: usize,
) -> Result<(), ReviewError> {
    if depth > MAX_DEPTH {
        return Err(ReviewError::TooMany);
    }
    for entry in fs::read_dir(upper).map_err(FileError::at("list", upper))? {
        let entry = entry.map_err(FileError::at("list", upper))?;
        let (name, content) = (entry.file_name(), entry.path());
        let path = target.join(&name);
        let found = content
            .symlink_metadata()
            .map_err(FileError::at("look at", &content))?;
        let failed = |error: Errno| FileError::at("change", &path)(error.into());
        if is_whiteout(&found) {
            remove(folder, &name, depth).map_err(failed)?;
        } else if found.is_symlink() {
            let to = fs::read_link(&content).map_err(FileError::at("read", &content))?;
            remove(folder, &name, depth).map_err(failed)?;
            rustix::fs::symlinkat(&to, folder, &name).map_err(failed)?;
        } else if found.is_dir() {
            if is_opaque(&content) || kind_at(folder, &name) != Some(FileType::Directory) {
                remove(folder, &name, depth).map_err(failed)?;
                rustix::fs::mkdirat(folder, &name, Mode::from_raw_mode(0o755)).map_err(failed)?;
            }
            let inner = rustix::fs::openat(folder, &name, FOLDER, Mode::empty()).map_err(failed)?;
            within(inner.as_fd(), &path, &content, depth.saturating_add(1))?;
            let mode = Mode::from_raw_mode(found.permissions().mode() & PERMISSIONS);
            rustix::fs::fchmod(&inner, mode).map_err(failed)?;
        } else if found.is_file() {
            if kind_at(folder, &name) == Some(FileType::Directory) {
                remove(folder, &name, depth).map_err(failed)?;
            }
            place(folder, &name, &content).map_err(FileError::at("write", &path))?;
        }
        // Pipes and sockets stay behind.
    }
    rustix::fs::fsync(folder).map_err(|error| FileError::at("sync", target)(error.into()))?;
    Ok(())
}

/// Puts the content of a file under `name`: whole and durable, or not at all.
fn place(folder: BorrowedFd<'_>, name: &OsStr, content: &Path) -> std::io::Result<()> {
    let mut source = File::open(content)?;
    let mode = source.metadata()?.permissions().mode() & PERMISSIONS;
    let staged = format!(".chopmark-{}", std::process::id());
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, staged.as_str(), flags, Mode::from_raw_mode(0o600))?;
    let written = copy(&mut source, file, mode)
        .and_then(|()| Ok(rustix::fs::renameat(folder, staged.as_str(), folder, name)?));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = rustix::fs::unlinkat(folder, staged.as_str(), AtFlags::empty());
    }
    written
}

fn copy(source: &mut File, file: OwnedFd, mode: RawMode) -> std::io::Result<()> {
    let mut file = File::from(file);
    let mut part = vec![0_u8; 256 * 1024];
    loop {
        match source.read(&mut part)? {
            0 => break,
            count => file.write_all(part.get(..count).unwrap_or_default())?,
        }
    }
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))?;
    file.sync_all()
}

/// Removes `name` and, if it is a folder, all that is in it; nothing there is no error.
fn remove(folder: BorrowedFd<'_>, name: &OsStr, depth: usize) -> Result<(), Errno> {
    match kind_at(folder, name) {
        None => Ok(()),
        Some(FileType::Directory) => {
            if depth > MAX_DEPTH {
                return Err(Errno::LOOP);
            }
            let inner = rustix::fs::openat(folder, name, FOLDER, Mode::empty())?;
            let mut names = Vec::new();
            for entry in rustix::fs::Dir::read_from(&inner)? {
                let entry = entry?;
                let bytes = entry.file_name().to_bytes();
                if bytes != b"." && bytes != b".." {
                    names.push(bytes.to_vec());
                }
            }
            for inside in names {
                use std::os::unix::ffi::OsStrExt as _;
                remove(
                    inner.as_fd(),
                    OsStr::from_bytes(&inside),
                    depth.saturating_add(1),
                )?;
            }
            rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR)
        }
        Some(_) => rustix::fs::unlinkat(folder, name, AtFlags::empty()),
    }
}

fn kind_at(folder: BorrowedFd<'_>, name: &OsStr) -> Option<FileType> {
    let found = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(FileType::from_raw_mode(found.st_mode))
}

const FOLDER: OFlags = OFlags::DIRECTORY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);
/// Set-user-id and its like are never taken over.
const PERMISSIONS: u32 = 0o777;
