//! A run whose changes are kept apart: the folders that it may write stay as they are.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::{Plan, PlanError};
use crate::setup::{BindAccess, Mount};

/// A folder or file that a run may change, and where the changes went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The folder or file, as it is and as the skill names it.
    pub target: PathBuf,
    /// For a folder: the changes in the form of the kernel's overlay file system, where a
    /// character device 0:0 stands for what was removed and the attribute `user.overlay.opaque`
    /// for a folder that was made anew. For a file: a copy of it, changed.
    pub upper: PathBuf,
}

impl Plan {
    /// Keeps every change to the workspace and to absolute folders in `folder`, which is made.
    ///
    /// The skill sees its changes; outside nothing changes. [`Self::kept`] says what lies where.
    ///
    /// # Errors
    ///
    /// [`PlanError::Folder`] when the room for changes cannot be made; nothing was started.
    pub fn reviewing(mut self, folder: &Path) -> Result<Self, PlanError> {
        private(folder)?;
        let mut number = 0_usize;
        for mount in &mut self.setup.mounts {
            let Mount::Bind {
                source,
                target,
                access: BindAccess::Write,
            } = mount
            else {
                continue;
            };
            let room = folder.join(number.to_string());
            number = number.saturating_add(1);
            private(&room)?;
            let (target, source) = (target.clone(), source.clone());
            let upper = room.join("upper");
            if source.is_dir() {
                let work = room.join("work");
                private(&upper)?;
                private(&work)?;
                *mount = Mount::Overlay {
                    target: target.clone(),
                    upper: upper.clone(),
                    work,
                };
            } else {
                fs::copy(&source, &upper).map_err(|source| PlanError::Folder {
                    path: upper.clone(),
                    source,
                })?;
                *mount = Mount::Bind {
                    source: upper.clone(),
                    target: target.clone(),
                    access: BindAccess::Write,
                };
            }
            self.kept.push(Kept { target, upper });
        }
        Ok(self)
    }

    /// Where changes are kept; nothing without [`Self::reviewing`].
    #[must_use]
    pub fn kept(&self) -> &[Kept] {
        &self.kept
    }
}

fn private(path: &Path) -> Result<(), PlanError> {
    DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(|source| PlanError::Folder {
            path: path.to_owned(),
            source,
        })
}

/// Where the content of `path` lies after a run: the path itself, or in the changes.
pub(crate) fn lies_at(kept: &[Kept], path: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::FileTypeExt as _;
    let holds = |kept: &&Kept| path.starts_with(&kept.target);
    // The innermost of folders within each other.
    let found = kept
        .iter()
        .filter(holds)
        .max_by_key(|kept| kept.target.components().count());
    let Some(found) = found else {
        return Some(path.to_owned());
    };
    let below = path.strip_prefix(&found.target).ok()?;
    if below.as_os_str().is_empty() {
        return Some(found.upper.clone());
    }
    let changed = found.upper.join(below);
    match changed.symlink_metadata() {
        Ok(found) if found.file_type().is_char_device() => None,
        Ok(_) => Some(changed),
        Err(_) => Some(path.to_owned()),
    }
}
