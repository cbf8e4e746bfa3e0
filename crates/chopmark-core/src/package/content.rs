//! A whole package in memory.

use std::collections::{BTreeMap, BTreeSet};

use super::error::PackageError;
use super::manifest::{FileEntry, Mode, TreeManifest};
use super::path::PackagePath;
use crate::digest::{BlobDigest, ContentDigest};

/// A tree manifest with the bytes of every file it names.
///
/// The one way to hold a package's content: whoever has this value has bytes that match the digest.
///
/// Spec: docs/spec/package.md §4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    manifest: TreeManifest,
    // INVARIANT: exactly the blobs that `manifest` names, each under its own digest and of the size named.
    blobs: BTreeMap<BlobDigest, Vec<u8>>,
}

impl Package {
    /// Makes a package of files given by path, mode and bytes, in any order.
    ///
    /// # Errors
    ///
    /// [`PackageError`]; the first rule that the files break.
    pub fn build(files: Vec<(String, Mode, Vec<u8>)>) -> Result<Self, PackageError> {
        let files = files
            .into_iter()
            .map(|(path, mode, bytes)| Ok((path.parse()?, mode, bytes)));
        Self::from_files(files.collect::<Result<_, PackageError>>()?)
    }

    /// Makes a package of files whose paths were checked before, in any order.
    ///
    /// # Errors
    ///
    /// [`PackageError`]; the first rule that the files break.
    pub fn from_files(files: Vec<(PackagePath, Mode, Vec<u8>)>) -> Result<Self, PackageError> {
        let mut entries = Vec::with_capacity(files.len());
        let mut blobs = BTreeMap::new();
        for (path, mode, bytes) in files {
            let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let digest = BlobDigest::of(&bytes);
            entries.push(FileEntry::new(path, mode, size, digest));
            blobs.insert(digest, bytes);
        }
        Ok(Self {
            manifest: TreeManifest::build(entries)?,
            blobs,
        })
    }

    /// Joins a manifest and blobs, hashing every blob.
    ///
    /// # Errors
    ///
    /// [`PackageError`] of the families `Blob…`: a blob that is missing, unlisted, of another size or of another digest.
    pub fn from_parts(
        manifest: TreeManifest,
        blobs: BTreeMap<BlobDigest, Vec<u8>>,
    ) -> Result<Self, PackageError> {
        for (&expected, bytes) in &blobs {
            let actual = BlobDigest::of(bytes);
            if actual != expected {
                return Err(PackageError::BlobMismatch { expected, actual });
            }
        }
        for entry in manifest.entries() {
            let (path, digest) = (entry.path().to_string(), entry.digest());
            let Some(bytes) = blobs.get(&digest) else {
                return Err(PackageError::BlobMissing { path, digest });
            };
            let actual = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if actual != entry.size() {
                return Err(PackageError::BlobSize {
                    path,
                    expected: entry.size(),
                    actual,
                });
            }
        }
        let listed = manifest
            .entries()
            .iter()
            .map(FileEntry::digest)
            .collect::<BTreeSet<_>>();
        if let Some(&digest) = blobs.keys().find(|digest| !listed.contains(digest)) {
            return Err(PackageError::BlobUnlisted { digest });
        }
        Ok(Self { manifest, blobs })
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &TreeManifest {
        &self.manifest
    }

    /// The package's identity.
    #[must_use]
    pub fn digest(&self) -> ContentDigest {
        self.manifest.digest()
    }

    /// Every blob under its digest.
    #[must_use]
    pub fn blobs(&self) -> &BTreeMap<BlobDigest, Vec<u8>> {
        &self.blobs
    }

    /// Bytes of the file at `path`.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.bytes_of(self.manifest.entry(path)?)
    }

    /// Path, mode and bytes of every file, sorted by path bytes.
    pub fn files(&self) -> impl Iterator<Item = (&PackagePath, Mode, &[u8])> {
        let entries = self.manifest.entries().iter();
        entries.filter_map(|entry| Some((entry.path(), entry.mode(), self.bytes_of(entry)?)))
    }

    fn bytes_of(&self, entry: &FileEntry) -> Option<&[u8]> {
        self.blobs.get(&entry.digest()).map(Vec::as_slice)
    }
}
