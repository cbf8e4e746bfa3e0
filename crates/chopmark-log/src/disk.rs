//! Files that survive a crash.
//!
//! The system calls of one durable write: open a temporary file in the same folder, write, fsync,
//! rename over the name, fsync the folder. BUG: where a disk lies about fsync, so do we.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use chopmark_core::{
    digest::{NodeHash, TreeHash},
    docket::DocketStore,
    map::NodeStore,
};
use thiserror::Error;

#[cfg(test)]
pub(crate) mod fault;

/// A folder whose files are written durably. Paths are relative, with `/` between the parts.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
    #[cfg(test)]
    pub(crate) faults: fault::Faults,
}

/// The largest file that is read whole: an entry bundle of 256 leaves of 65,535 bytes.
pub const MAX_FILE_BYTES: u64 = 256 * 65_537;

impl Disk {
    /// Uses `root`, and makes it if it is missing.
    ///
    /// # Errors
    ///
    /// [`DiskError`] when the folder cannot be made.
    pub fn open(root: &Path) -> Result<Self, DiskError> {
        fs::create_dir_all(root).map_err(DiskError::at("making the folder", root))?;
        Ok(Self {
            root: root.to_owned(),
            #[cfg(test)]
            faults: fault::Faults::default(),
        })
    }

    /// Writes files that never change. When it returns all are durable, and those that were there
    /// before hold the same bytes. A file that a crash left empty or torn is written again.
    ///
    /// # Errors
    ///
    /// [`DiskError`]; some of the files may have been written.
    pub fn write_immutable(&self, files: &[(String, Vec<u8>)]) -> Result<(), DiskError> {
        let mut folders = BTreeSet::new();
        for (path, bytes) in files {
            self.point("immutable", || {
                let target = self.root.join(path);
                if self.read(path)?.as_deref() != Some(bytes) {
                    put(&target, bytes)?;
                }
                // A crash between rename and the folder's fsync looks like "already there".
                folders.insert(parent(&target));
                Ok(())
            })?;
        }
        self.point("folders", || {
            folders.iter().try_for_each(|folder| sync_folder(folder))
        })
    }

    /// Moves whole files into place: each a path outside and its name here. When it returns all are
    /// durable. For files that are named by their digest, which the caller compared.
    ///
    /// # Errors
    ///
    /// [`DiskError`]; some of the files may have moved.
    pub fn adopt(&self, files: &[(PathBuf, String)]) -> Result<(), DiskError> {
        let mut folders = BTreeSet::new();
        for (from, path) in files {
            let target = self.root.join(path);
            make_folders(&parent(&target))?;
            File::open(from)
                .and_then(|file| file.sync_all())
                .map_err(DiskError::at("syncing", from))?;
            #[expect(clippy::disallowed_methods, reason = "this is the durable move")]
            fs::rename(from, &target).map_err(DiskError::at("renaming to", &target))?;
            folders.insert(parent(&target));
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    /// Tells whether there is a file at `path`.
    pub fn holds(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    /// Puts `bytes` in place of the file at `path`, at once: a reader sees the old or the new.
    ///
    /// # Errors
    ///
    /// [`DiskError`]; the old file, or the new one, is there.
    pub fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.point("replace", || {
            let target = self.root.join(path);
            put(&target, bytes)?;
            sync_folder(&parent(&target))
        })
    }

    /// Reads a file of at most [`MAX_FILE_BYTES`]; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`DiskError`] when it cannot be read or is larger.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        let target = self.root.join(path);
        let file = match File::open(&target) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(DiskError::at("opening", &target)(error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(DiskError::at("reading", &target))?;
        if u64::try_from(bytes.len()).is_ok_and(|n| n > MAX_FILE_BYTES) {
            return Err(DiskError::at("reading", &target)(io::Error::other(
                "larger than a file of a log",
            )));
        }
        Ok(Some(bytes))
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    #[cfg(not(test))]
    pub(crate) fn point<T, E>(
        &self,
        _name: &'static str,
        write: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        write()
    }
}

/// A missing or unreadable node is `None`: the map's reader says which one.
impl NodeStore for Disk {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        self.read(&node_path(hash)).ok().flatten()
    }
}

impl DocketStore for Disk {
    fn list(&self, root: &TreeHash) -> Option<Vec<u8>> {
        self.read(&list_path(root)).ok().flatten()
    }
}

/// The path of a map node.
pub fn node_path(hash: &NodeHash) -> String {
    format!("map/{hash}")
}

/// The path of a docket's list.
pub fn list_path(root: &TreeHash) -> String {
    format!("map/list/{root}")
}

fn put(target: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let folder = parent(target);
    make_folders(&folder)?;
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = folder.join(name);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&temporary)
        .map_err(DiskError::at("making", &temporary))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(DiskError::at("writing", &temporary))?;
    #[expect(clippy::disallowed_methods, reason = "this is the durable write")]
    fs::rename(&temporary, target).map_err(DiskError::at("renaming to", target))
}

/// Makes a folder and those above it, each durable in its parent.
fn make_folders(folder: &Path) -> Result<(), DiskError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make_folders(above)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => sync_folder(&parent(folder)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(DiskError::at("making the folder", folder)(error)),
    }
}

fn sync_folder(folder: &Path) -> Result<(), DiskError> {
    File::open(folder)
        .and_then(|file| file.sync_all())
        .map_err(DiskError::at("syncing the folder", folder))
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// A file operation that failed.
#[derive(Debug, Error)]
#[error("{attempt} {} failed: {source}", .path.display())]
pub struct DiskError {
    attempt: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl DiskError {
    pub(crate) fn at(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self {
            attempt,
            path,
            source,
        }
    }

    #[cfg(test)]
    pub(crate) fn injected() -> Self {
        Self::at("fault", Path::new("test"))(io::Error::other("injected"))
    }
}

#[cfg(test)]
mod tests;
