//! The content store: blobs and tree manifests by digest, verified on the way in and out.
//!
//! `store/blob/<first two digits>/<digest>` and `store/tree/<digest>`. Files are immutable; a file
//! that no longer matches its name is reported and never used.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chopmark_core::digest::{BlobDigest, ContentDigest};
use chopmark_core::package::{
    MAX_FILE_BYTES, MAX_MANIFEST_BYTES, Package, PackageError, TreeManifest,
};
use thiserror::Error;

use crate::durable::{self, Access, FileError};

/// The content store in one folder.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store in `folder`, which need not exist yet.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps all of `package`. Durable when it returns; blobs first, so that a manifest that is
    /// there names only blobs that are there.
    ///
    /// # Errors
    ///
    /// [`StoreError::File`]; some blobs may have been kept.
    pub fn keep(&self, package: &Package) -> Result<(), StoreError> {
        for (digest, bytes) in package.blobs() {
            self.keep_blob(*digest, bytes)?;
        }
        let path = self.tree_file(package.digest());
        self.keep_file(&path, package.manifest().bytes())
    }

    /// Keeps one blob.
    ///
    /// # Errors
    ///
    /// [`StoreError::File`].
    pub fn keep_blob(&self, digest: BlobDigest, bytes: &[u8]) -> Result<(), StoreError> {
        self.keep_file(&self.blob_file(digest), bytes)
    }

    /// The manifest with this digest, or `None` when it is not here.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when the file does not match its name.
    pub fn manifest(&self, content: ContentDigest) -> Result<Option<TreeManifest>, StoreError> {
        let path = self.tree_file(content);
        let limit = u64::try_from(MAX_MANIFEST_BYTES).unwrap_or(u64::MAX);
        let Some(bytes) = durable::read(&path, limit)? else {
            return Ok(None);
        };
        match TreeManifest::parse(&bytes) {
            Ok(manifest) if manifest.digest() == content => Ok(Some(manifest)),
            Ok(_) | Err(_) => Err(StoreError::Damaged(path)),
        }
    }

    /// The blob with this digest, or `None` when it is not here.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when the file does not match its name.
    pub fn blob(&self, digest: BlobDigest) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.blob_file(digest);
        let Some(bytes) = durable::read(&path, MAX_FILE_BYTES)? else {
            return Ok(None);
        };
        if BlobDigest::of(&bytes) != digest {
            return Err(StoreError::Damaged(path));
        }
        Ok(Some(bytes))
    }

    /// The whole package with this digest, or `None` when any part of it is not here.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub fn package(&self, content: ContentDigest) -> Result<Option<Package>, StoreError> {
        let Some(manifest) = self.manifest(content)? else {
            return Ok(None);
        };
        let mut blobs = BTreeMap::new();
        for entry in manifest.entries() {
            let Some(bytes) = self.blob(entry.digest())? else {
                return Ok(None);
            };
            blobs.insert(entry.digest(), bytes);
        }
        Ok(Some(Package::from_parts(manifest, blobs)?))
    }

    fn keep_file(&self, path: &std::path::Path, bytes: &[u8]) -> Result<(), StoreError> {
        if let Some(folder) = path.parent() {
            durable::private_folder(folder)?;
        }
        // A file that is there and sound stays; a damaged one is replaced.
        let limit = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if matches!(durable::read(path, limit), Ok(Some(found)) if found == bytes) {
            return Ok(());
        }
        Ok(durable::write(path, bytes, Access::Public)?)
    }

    fn blob_file(&self, digest: BlobDigest) -> PathBuf {
        let hex = digest.to_hex();
        let shard: String = hex.chars().take(2).collect();
        self.folder.join("blob").join(shard).join(hex)
    }

    fn tree_file(&self, content: ContentDigest) -> PathBuf {
        self.folder.join("tree").join(content.to_hex())
    }
}

/// Why the store did not keep or give.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A stored file does not match its name.
    #[error("`{}` is damaged: its bytes do not match its name", .0.display())]
    Damaged(PathBuf),
    /// The parts do not make a package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl StoreError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "store-damaged",
            Self::Package(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chopmark_core::package::Mode;

    fn package() -> Package {
        let files = [
            ("SKILL.md", "---\nname: a\ndescription: b\n---\n"),
            ("b.txt", "b"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), Mode::Regular, text.into()));
        Package::build(files.into()).unwrap()
    }

    #[test]
    fn a_package_comes_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("store"));
        let package = package();
        assert_eq!(store.package(package.digest()).unwrap(), None);
        store.keep(&package).unwrap();
        assert_eq!(store.package(package.digest()).unwrap(), Some(package));
    }

    #[test]
    fn a_changed_blob_is_refused_and_mended_by_keeping_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("store"));
        let package = package();
        store.keep(&package).unwrap();
        durable::write(&store.blob_file(BlobDigest::of(b"b")), b"c", Access::Public).unwrap();
        assert_eq!(
            store.package(package.digest()).unwrap_err().code(),
            "store-damaged"
        );
        store.keep(&package).unwrap();
        assert_eq!(store.package(package.digest()).unwrap(), Some(package));
    }
}
