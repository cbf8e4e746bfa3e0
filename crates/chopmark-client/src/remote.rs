//! A registry's files: fetched once each, believed only where a hash says so.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use chopmark_core::digest::{BlobDigest, ContentDigest, LeafHash, NodeHash, TreeHash};
use chopmark_core::docket::DocketStore;
use chopmark_core::map::NodeStore;
use chopmark_core::merkle;
use chopmark_core::note::MAX_NOTE_BYTES;
use chopmark_core::package::{
    MAX_FILE_BYTES, MAX_MANIFEST_BYTES, Package, PackageError, TreeManifest,
};
use chopmark_core::rules::Blame;
use chopmark_core::tile::{self, Tile};
use thiserror::Error;

use crate::http::{Http, HttpError};

/// The read path of one registry (or mirror), with what was fetched in this process.
#[derive(Debug)]
pub struct Remote {
    base: String,
    http: Http,
    files: RefCell<BTreeMap<String, Vec<u8>>>,
    failure: RefCell<Option<HttpError>>,
    fetched: Cell<u64>,
}

impl Remote {
    /// The registry at `base`, an `http` or `https` URL; nothing is opened yet.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            http: Http::new(),
            files: RefCell::default(),
            failure: RefCell::default(),
            fetched: Cell::new(0),
        }
    }

    /// The URL that it was made with, without a final slash.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The HTTP client.
    #[must_use]
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Reads the checkpoint note, which is never kept.
    ///
    /// # Errors
    ///
    /// [`HttpError`].
    pub fn checkpoint(&self) -> Result<Vec<u8>, HttpError> {
        let url = format!("{}/checkpoint", self.base);
        let limit = u64::try_from(MAX_NOTE_BYTES).unwrap_or(u64::MAX);
        self.http
            .file(&url, limit)?
            .ok_or(HttpError::Missing { url })
    }

    /// Reads a file that never changes, from memory where it was fetched before.
    ///
    /// # Errors
    ///
    /// [`HttpError`]; `Ok(None)` where the registry has no such file.
    pub fn file(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, HttpError> {
        if let Some(bytes) = self.files.borrow().get(path) {
            return Ok(Some(bytes.clone()));
        }
        let total = self.fetched.get();
        if total > MAX_TOTAL_BYTES {
            return Err(HttpError::TooLarge {
                url: self.base.clone(),
                limit: MAX_TOTAL_BYTES,
            });
        }
        let found = self.http.file(&format!("{}/{path}", self.base), limit)?;
        if let Some(bytes) = &found {
            self.fetched
                .set(total.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX)));
            self.files
                .borrow_mut()
                .insert(path.to_owned(), bytes.clone());
        }
        Ok(found)
    }

    /// Reads the leaf at `index` of a log of `size` leaves. Nothing is verified.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    pub fn leaf(&self, index: u64, size: u64) -> Result<Vec<u8>, RemoteError> {
        let (bundle, place) = tile::bundle_of(index, size);
        let bytes = self.tile(&bundle)?;
        let malformed = || RemoteError::Tile(bundle.path());
        let entries = tile::parse_bundle(&bytes).ok_or_else(malformed)?;
        let place = usize::try_from(place).map_err(|_| malformed())?;
        entries
            .get(place)
            .map(|entry| entry.to_vec())
            .ok_or_else(malformed)
    }

    /// Makes the proof that leaf `index` is in the tree of `size` leaves, from tiles.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<TreeHash>, RemoteError> {
        merkle::inclusion_proof(&|level, at| self.subtree(size, level, at), index, size)
    }

    /// Makes the proof that the tree of `old` leaves is a prefix of that of `size`, from tiles.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    pub fn consistency_proof(&self, old: u64, size: u64) -> Result<Vec<TreeHash>, RemoteError> {
        merkle::consistency_proof(&|level, at| self.subtree(size, level, at), old, size)
    }

    /// Computes the root over the first `count` leaves of a log of `size`, from tiles.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    pub fn root(&self, count: u64, size: u64) -> Result<TreeHash, RemoteError> {
        merkle::root_from(&|level, at| self.subtree(size, level, at), count)
    }

    /// Reads the hash that the tree's lowest tiles hold for leaf `index`. Nothing is verified.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    pub fn leaf_hash(&self, index: u64, size: u64) -> Result<LeafHash, RemoteError> {
        let hash = self.subtree(size, 0, index)?;
        Ok(LeafHash::from_bytes(*hash.as_bytes()))
    }

    fn subtree(&self, size: u64, level: u32, index: u64) -> Result<TreeHash, RemoteError> {
        tile::subtree_from(&|tile| self.tile(tile), size, level, index)?
            .ok_or_else(|| RemoteError::Tile(format!("tile/{level}")))
    }

    fn tile(&self, tile: &Tile) -> Result<Vec<u8>, RemoteError> {
        let path = tile.path();
        let path = path.trim_start_matches('/');
        let found = self.file(path, MAX_TILE_BYTES)?;
        Ok(found.ok_or_else(|| HttpError::Missing {
            url: format!("{}/{path}", self.base),
        })?)
    }

    /// Fetches the manifest with this digest.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    pub fn manifest(&self, content: ContentDigest) -> Result<TreeManifest, RemoteError> {
        let path = format!("tree/sha256/{}", content.to_hex());
        let limit = u64::try_from(MAX_MANIFEST_BYTES).unwrap_or(u64::MAX);
        let bytes = self.file(&path, limit)?.ok_or_else(|| HttpError::Missing {
            url: format!("{}/{path}", self.base),
        })?;
        if ContentDigest::of(&bytes) != content {
            return Err(RemoteError::TreeDigest { expected: content });
        }
        Ok(TreeManifest::parse(&bytes)?)
    }

    /// Fetches one blob.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    pub fn blob(&self, digest: BlobDigest) -> Result<Vec<u8>, RemoteError> {
        let path = format!("blob/sha256/{}", digest.to_hex());
        let bytes = self
            .file(&path, MAX_FILE_BYTES)?
            .ok_or_else(|| HttpError::Missing {
                url: format!("{}/{path}", self.base),
            })?;
        if BlobDigest::of(&bytes) != digest {
            return Err(RemoteError::BlobDigest { expected: digest });
        }
        Ok(bytes)
    }

    /// Fetches a whole package; each file's bytes are checked against its digest.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    pub fn package(&self, content: ContentDigest) -> Result<Package, RemoteError> {
        let manifest = self.manifest(content)?;
        let mut blobs = BTreeMap::new();
        for entry in manifest.entries() {
            blobs.insert(entry.digest(), self.blob(entry.digest())?);
        }
        Ok(Package::from_parts(manifest, blobs)?)
    }

    /// Takes out why a map node or list could not be fetched, which the store traits cannot say.
    pub fn take_failure(&self) -> Option<HttpError> {
        self.failure.borrow_mut().take()
    }

    /// Keeps the first failure for [`Remote::take_failure`]. A missing file is none: whoever asked
    /// says what was left out.
    pub(crate) fn note_failure(&self, error: HttpError) {
        if !matches!(error, HttpError::Missing { .. }) {
            self.failure.borrow_mut().get_or_insert(error);
        }
    }

    fn remembered(&self, path: &str, limit: u64) -> Option<Vec<u8>> {
        match self.file(path, limit) {
            Ok(found) => found,
            Err(error) => {
                self.note_failure(error);
                None
            }
        }
    }
}

impl NodeStore for Remote {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        self.remembered(&format!("map/{}", hash.to_hex()), MAX_NODE_BYTES)
    }
}

impl NodeStore for &Remote {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        (**self).node(hash)
    }
}

impl DocketStore for &Remote {
    fn list(&self, root: &TreeHash) -> Option<Vec<u8>> {
        (**self).list(root)
    }
}

impl DocketStore for Remote {
    fn list(&self, root: &TreeHash) -> Option<Vec<u8>> {
        self.remembered(&format!("map/list/{}", root.to_hex()), MAX_LIST_BYTES)
    }
}

/// Why something could not be fetched from a registry.
#[derive(Debug, Error)]
pub enum RemoteError {
    /// The network or the server.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A tile that does not hold what it must.
    #[error("the registry's `{0}` does not hold what it must")]
    Tile(String),
    /// Not the manifest that was asked for.
    #[error("the registry served other bytes for tree {expected}")]
    TreeDigest {
        /// What was asked for.
        expected: ContentDigest,
    },
    /// Not the blob that was asked for.
    #[error("the registry served other bytes for blob {expected}")]
    BlobDigest {
        /// What was asked for.
        expected: BlobDigest,
    },
    /// The parts are no package.
    #[error(transparent)]
    Package(#[from] PackageError),
}

impl RemoteError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Http(error) => error.code(),
            Self::Tile(_) => "tile-malformed",
            Self::TreeDigest { .. } => "tree-digest",
            Self::BlobDigest { .. } => "blob-digest",
            Self::Package(error) => error.code(),
        }
    }

    /// Who is answerable, where that is known.
    #[must_use]
    pub fn blame(&self) -> Option<Blame> {
        match self {
            Self::Http(_) => None,
            Self::Tile(_)
            | Self::TreeDigest { .. }
            | Self::BlobDigest { .. }
            | Self::Package(_) => Some(Blame::Registry),
        }
    }
}

/// A full entry bundle: 256 entries of 2 + 65,535 bytes.
const MAX_TILE_BYTES: u64 = 256 * 65_537;
const MAX_NODE_BYTES: u64 = 64 * 1024;
const MAX_LIST_BYTES: u64 = 16 * 1024 * 1024;
/// What one command fetches at most: a package, and evidence about it.
const MAX_TOTAL_BYTES: u64 = 512 * 1024 * 1024;
