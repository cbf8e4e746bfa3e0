//! Reads leaves, hashes and proofs out of a log's files.

use chopmark_core::{
    digest::TreeHash,
    merkle,
    tile::{Tile, bundle_of, parse_bundle, subtree_from},
};
use thiserror::Error;

use crate::disk::{Disk, DiskError};

/// Reads the log of `size` leaves whose files a [`Disk`] holds. What it returns is as good as the
/// disk: [`crate::check`] verifies.
#[derive(Clone, Debug)]
pub struct Reader {
    disk: Disk,
    size: u64,
}

impl Reader {
    /// Reads the first `size` leaves.
    pub fn new(disk: Disk, size: u64) -> Self {
        Self { disk, size }
    }

    /// Returns the hash of a complete subtree.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a tile is missing or short.
    pub fn subtree(&self, level: u32, index: u64) -> Result<TreeHash, ReadError> {
        subtree_from(&|tile| self.tile(tile), self.size, level, index)?
            .ok_or(ReadError::Subtree { level, index })
    }

    /// Returns the bytes of a leaf.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when its bundle is missing or short.
    pub fn leaf(&self, index: u64) -> Result<Vec<u8>, ReadError> {
        let (tile, place) = bundle_of(index, self.size);
        let bytes = self.tile(&tile)?;
        let short = || ReadError::Short(tile.path());
        let place = usize::try_from(place).map_err(|_| short())?;
        let entries = parse_bundle(&bytes).ok_or_else(short)?;
        entries.get(place).map(|e| e.to_vec()).ok_or_else(short)
    }

    /// Returns the inclusion proof of a leaf in this tree.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a tile is missing or short.
    pub fn inclusion(&self, index: u64) -> Result<Vec<TreeHash>, ReadError> {
        merkle::inclusion_proof(&|level, index| self.subtree(level, index), index, self.size)
    }

    /// Returns the consistency proof from the tree of `old` leaves to this one.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a tile is missing or short.
    pub fn consistency(&self, old: u64) -> Result<Vec<TreeHash>, ReadError> {
        merkle::consistency_proof(&|level, index| self.subtree(level, index), old, self.size)
    }

    /// Returns the root, computed from the tiles.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a tile is missing or short.
    pub fn root(&self) -> Result<TreeHash, ReadError> {
        merkle::root_from(&|level, index| self.subtree(level, index), self.size)
    }

    fn tile(&self, tile: &Tile) -> Result<Vec<u8>, ReadError> {
        let path = tile.path();
        self.disk.read(&path)?.ok_or(ReadError::Missing(path))
    }
}

/// Why the files do not hold what was asked for.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A file is not there.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A file holds too little, or no entries.
    #[error("`{0}` is damaged")]
    Short(String),
    /// A tile holds too little.
    #[error("the tiles do not hold subtree {index} of height {level}")]
    Subtree {
        /// The height.
        level: u32,
        /// The number at that height.
        index: u64,
    },
}
