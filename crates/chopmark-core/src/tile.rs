//! tlog-tiles: where hashes and leaves lie in files.
//!
//! Spec: C2SP tlog-tiles; docs/spec/log.md §3.

use std::fmt::Write as _;

use crate::{digest::TreeHash, merkle};

/// Hashes in a full tile, and leaves in a full entry bundle.
pub const TILE_WIDTH: u64 = 256;

/// Levels that one tile spans.
const TILE_HEIGHT: u32 = 8;

/// A file of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// The tile's level, or none for a bundle of entries.
    pub level: Option<u32>,
    /// Its number within the level.
    pub index: u64,
    /// How many hashes or entries it holds: 1 to 256.
    pub width: u64,
}

impl Tile {
    /// Returns the path below the log's prefix: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
    pub fn path(&self) -> String {
        let mut path = match self.level {
            Some(level) => format!("tile/{level}/"),
            None => "tile/entries/".to_owned(),
        };
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        while let Some(group) = groups.pop() {
            let prefix = if groups.is_empty() { "" } else { "x" };
            let slash = if groups.is_empty() { "" } else { "/" };
            // Writing to a String cannot fail.
            let _ = write!(path, "{prefix}{group:03}{slash}");
        }
        if self.width < TILE_WIDTH {
            let _ = write!(path, ".p/{}", self.width);
        }
        path
    }
}

/// Names the entry bundle that holds leaf `index` of a log of `size` leaves, and its place in it.
pub fn bundle_of(index: u64, size: u64) -> (Tile, u64) {
    let number = index / TILE_WIDTH;
    let width = size
        .saturating_sub(number.saturating_mul(TILE_WIDTH))
        .min(TILE_WIDTH);
    (
        Tile {
            level: None,
            index: number,
            width,
        },
        index % TILE_WIDTH,
    )
}

/// Names all tiles and bundles of a log of `size` leaves that hold something beyond those of its
/// first `before` leaves.
pub fn tiles_between(before: u64, size: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let mut add = |level: Option<u32>, before: u64, size: u64| {
        let mut index = before / TILE_WIDTH;
        while index.saturating_mul(TILE_WIDTH) < size {
            let start = index.saturating_mul(TILE_WIDTH);
            let width = size.saturating_sub(start).min(TILE_WIDTH);
            if before < start.saturating_add(width) {
                tiles.push(Tile {
                    level,
                    index,
                    width,
                });
            }
            index = index.saturating_add(1);
        }
    };
    add(None, before, size);
    let (mut level, mut old, mut new) = (0, before, size);
    while new > 0 {
        add(Some(level), old, new);
        old /= TILE_WIDTH;
        new /= TILE_WIDTH;
        level = level.saturating_add(1);
    }
    tiles
}

/// Makes a tile's bytes from the hashes of complete subtrees.
///
/// # Errors
///
/// What `read` returns.
pub fn tile_bytes<E>(read: &merkle::ReadSubtree<'_, E>, tile: &Tile) -> Result<Vec<u8>, E> {
    let level = tile.level.unwrap_or(0).saturating_mul(TILE_HEIGHT);
    let first = tile.index.saturating_mul(TILE_WIDTH);
    let mut bytes = Vec::new();
    for offset in 0..tile.width {
        bytes.extend_from_slice(read(level, first.saturating_add(offset))?.as_bytes());
    }
    Ok(bytes)
}

/// Reads the hash of a complete subtree of a log of `size` leaves out of tiles.
///
/// `load` returns a tile's bytes.
///
/// # Errors
///
/// What `load` returns; `None` inside `Ok` when a tile does not hold what it must.
pub fn subtree_from<E>(
    load: &dyn Fn(&Tile) -> Result<Vec<u8>, E>,
    size: u64,
    level: u32,
    index: u64,
) -> Result<Option<TreeHash>, E> {
    let tile_level = level / TILE_HEIGHT;
    let inner = level % TILE_HEIGHT;
    let count = 1u64 << inner;
    let first = index.saturating_mul(count);
    let number = first / TILE_WIDTH;
    let at_level = size
        .checked_shr(tile_level.saturating_mul(TILE_HEIGHT))
        .unwrap_or(0);
    let width = at_level
        .saturating_sub(number.saturating_mul(TILE_WIDTH))
        .min(TILE_WIDTH);
    let offset = first % TILE_WIDTH;
    if offset.saturating_add(count) > width {
        return Ok(None);
    }
    let bytes = load(&Tile {
        level: Some(tile_level),
        index: number,
        width,
    })?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || u64::try_from(hashes.len()) != Ok(width) {
        return Ok(None);
    }
    let wanted = usize::try_from(offset).ok().and_then(|o| {
        usize::try_from(count)
            .ok()
            .and_then(|c| hashes.get(o..o.checked_add(c)?))
    });
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    Ok(fold(wanted))
}

fn fold(hashes: &[[u8; 32]]) -> Option<TreeHash> {
    match hashes {
        [] => None,
        [one] => Some(TreeHash::from_bytes(*one)),
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            Some(merkle::node_hash(&fold(left)?, &fold(right)?))
        }
    }
}

/// Prints entries as a bundle: each with its length before it, 2 bytes big-endian.
///
/// Returns `None` for an entry of more than 65,535 bytes.
pub fn bundle_bytes<'e>(entries: impl IntoIterator<Item = &'e [u8]>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(&u16::try_from(entry.len()).ok()?.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Some(bytes)
}

/// Reads the entries of a bundle; `None` when the lengths do not add up or more than 256 come.
pub fn parse_bundle(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        bytes = rest;
        if entries.len() > 256 {
            return None;
        }
    }
    Some(entries)
}

#[cfg(test)]
mod tests;
