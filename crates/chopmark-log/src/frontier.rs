//! The right edge of a tree: enough to append leaves and to know the root.

use chopmark_core::{
    digest::{LeafHash, TreeHash},
    merkle,
};

/// The complete subtrees that a tree of some size is made of, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<TreeHash>,
}

/// The hash of a complete subtree over the leaves `index × 2^level ..`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtree {
    /// Its height.
    pub level: u32,
    /// Its number at that height.
    pub index: u64,
    /// Its hash.
    pub hash: TreeHash,
}

impl Frontier {
    /// Takes the peaks of a tree of `size` leaves, largest first; `None` when their number is not
    /// that of the ones in `size`.
    pub fn from_peaks(size: u64, peaks: Vec<TreeHash>) -> Option<Self> {
        (u32::try_from(peaks.len()) == Ok(size.count_ones())).then_some(Self { size, peaks })
    }

    /// Reads the peaks of the tree over the first `size` leaves.
    ///
    /// # Errors
    ///
    /// What `read` returns.
    pub fn from_subtrees<E>(read: &merkle::ReadSubtree<'_, E>, size: u64) -> Result<Self, E> {
        let mut peaks = Vec::new();
        let mut start = 0u64;
        for level in (0..u64::BITS).rev() {
            let width = 1u64.checked_shl(level).unwrap_or(0);
            if size & width == 0 {
                continue;
            }
            peaks.push(read(level, start.checked_shr(level).unwrap_or(0))?);
            start = start.saturating_add(width);
        }
        Ok(Self { size, peaks })
    }

    /// Appends a leaf; returns the subtrees that it completes, the leaf first.
    pub fn push(&mut self, leaf: &LeafHash) -> Vec<Subtree> {
        let mut made = Subtree {
            level: 0,
            index: self.size,
            hash: merkle::single(leaf),
        };
        let mut completed = vec![made];
        while made.index & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            made = Subtree {
                level: made.level.saturating_add(1),
                index: made.index >> 1,
                hash: merkle::node_hash(&left, &made.hash),
            };
            completed.push(made);
        }
        self.peaks.push(made.hash);
        self.size = self.size.saturating_add(1);
        completed
    }

    /// Returns the number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the peaks, largest first.
    pub fn peaks(&self) -> &[TreeHash] {
        &self.peaks
    }

    /// Returns the root.
    pub fn root(&self) -> TreeHash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return merkle::empty_root();
        };
        peaks.fold(*last, |right, left| merkle::node_hash(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_that_of_the_definition_at_every_size() {
        let leaves: Vec<LeafHash> = (0..300u32)
            .map(|i| merkle::leaf_hash(&i.to_be_bytes()))
            .collect();
        let mut frontier = Frontier::default();
        for (n, leaf) in leaves.iter().enumerate() {
            assert_eq!(frontier.root(), merkle::root(&leaves[..n]));
            let read = |level: u32, index: u64| {
                let start = usize::try_from(index << level).unwrap();
                Ok::<_, ()>(merkle::root(&leaves[start..start + (1 << level)]))
            };
            assert_eq!(
                Frontier::from_subtrees(&read, frontier.size()).unwrap(),
                frontier
            );
            for made in frontier.push(leaf) {
                let start = usize::try_from(made.index << made.level).unwrap();
                assert_eq!(
                    made.hash,
                    merkle::root(&leaves[start..start + (1 << made.level)])
                );
            }
        }
    }
}
