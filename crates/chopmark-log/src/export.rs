//! A copy of all public files: a registry without a server.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    disk::{Disk, DiskError},
    log::{CHECKPOINT, LogError, PUBLIC},
};

/// Copies the public files of the log in `folder` to `target`, the checkpoint last, so that a copy
/// that broke off shows the state before. Returns how many files there are.
///
/// # Errors
///
/// [`LogError`] when a file cannot be read or written.
pub fn export(folder: &Path, target: &Path) -> Result<u64, LogError> {
    let source = Disk::open(&folder.join(PUBLIC))?;
    let out = Disk::open(target)?;
    let checkpoint = source.read(CHECKPOINT)?.ok_or(LogError::NoLog)?;
    let mut files = 0u64;
    for path in below(source.root())? {
        if path == CHECKPOINT || path.ends_with(".tmp") {
            continue;
        }
        let from = source.root().join(&path);
        let bytes = fs::read(&from).map_err(DiskError::at("reading", &from))?;
        out.replace(&path, &bytes)?;
        files = files.saturating_add(1);
    }
    out.replace(CHECKPOINT, &checkpoint)?;
    Ok(files.saturating_add(1))
}

/// Names all files below `root`, relative to it.
fn below(root: &Path) -> Result<Vec<String>, LogError> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(&folder).map_err(DiskError::at("listing", &folder))?;
        for entry in entries {
            let path = entry.map_err(DiskError::at("listing", &folder))?.path();
            if path.is_dir() {
                open.push(path);
            } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
                found.push(name.to_owned());
            }
        }
    }
    Ok(found)
}
