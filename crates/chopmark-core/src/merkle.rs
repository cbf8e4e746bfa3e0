//! RFC 6962 trees: hashes, inclusion proofs, consistency proofs.
//!
//! Proofs are made from the hashes of complete subtrees, which the caller reads from wherever it
//! keeps them ([`crate::tile`] says how they lie in tiles).

use thiserror::Error;

use crate::digest::{LeafHash, TreeHash, sha256};

/// Returns the hash of a leaf: SHA-256 of `0x00` and its bytes.
pub fn leaf_hash(bytes: &[u8]) -> LeafHash {
    let mut input = Vec::with_capacity(bytes.len().saturating_add(1));
    input.push(0);
    input.extend_from_slice(bytes);
    LeafHash::from_bytes(sha256(&input))
}

/// Returns the hash of a tree from those of its halves: SHA-256 of `0x01`, left and right.
pub fn node_hash(left: &TreeHash, right: &TreeHash) -> TreeHash {
    let mut input = [1; 65];
    let (_, halves) = input.split_at_mut(1);
    let (first, second) = halves.split_at_mut(32);
    first.copy_from_slice(left.as_bytes());
    second.copy_from_slice(right.as_bytes());
    TreeHash::from_bytes(sha256(&input))
}

/// Returns the hash of the tree that holds one leaf.
pub fn single(leaf: &LeafHash) -> TreeHash {
    TreeHash::from_bytes(*leaf.as_bytes())
}

/// Returns the hash of the tree without leaves.
pub fn empty_root() -> TreeHash {
    TreeHash::from_bytes(sha256(&[]))
}

/// Returns the hash of the tree over these leaves.
pub fn root(leaves: &[LeafHash]) -> TreeHash {
    match leaves {
        [] => empty_root(),
        [leaf] => single(leaf),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root(left), &root(right))
        }
    }
}

/// Reads hashes of complete subtrees: `(level, index)` names the one over the leaves
/// `index × 2^level ..`.
pub type ReadSubtree<'r, E> = dyn Fn(u32, u64) -> Result<TreeHash, E> + 'r;

/// Returns the hash of the tree over the first `size` leaves.
///
/// # Errors
///
/// What `read` returns.
pub fn root_from<E>(read: &ReadSubtree<'_, E>, size: u64) -> Result<TreeHash, E> {
    if size == 0 {
        Ok(empty_root())
    } else {
        range(read, 0, size)
    }
}

/// Makes the inclusion proof of leaf `index` in the tree over the first `size` leaves, from the
/// leaf's sibling up; empty when the leaf is outside the tree.
///
/// # Errors
///
/// What `read` returns.
pub fn inclusion_proof<E>(
    read: &ReadSubtree<'_, E>,
    index: u64,
    size: u64,
) -> Result<Vec<TreeHash>, E> {
    let mut proof = Vec::new();
    if index >= size {
        return Ok(proof);
    }
    let (mut start, mut end) = (0u64, size);
    while end.saturating_sub(start) > 1 {
        let middle = start.saturating_add(split(end.saturating_sub(start)));
        if index < middle {
            proof.push(range(read, middle, end)?);
            end = middle;
        } else {
            proof.push(range(read, start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Makes the consistency proof from the tree over `old` leaves to that over `new` leaves; empty
/// when `old` is 0 or not below `new`.
///
/// # Errors
///
/// What `read` returns.
pub fn consistency_proof<E>(
    read: &ReadSubtree<'_, E>,
    old: u64,
    new: u64,
) -> Result<Vec<TreeHash>, E> {
    let mut proof = Vec::new();
    if old == 0 || old >= new {
        return Ok(proof);
    }
    let (mut start, mut end, mut whole) = (0u64, new, true);
    while old != end {
        let middle = start.saturating_add(split(end.saturating_sub(start)));
        if old <= middle {
            proof.push(range(read, middle, end)?);
            end = middle;
        } else {
            proof.push(range(read, start, middle)?);
            start = middle;
            whole = false;
        }
    }
    if !whole {
        proof.push(range(read, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Checks an inclusion proof (RFC 9162 §2.1.3.2).
///
/// # Errors
///
/// [`ProofError`] when the leaf is outside the tree, the proof has another length, or leads to
/// another root.
pub fn verify_inclusion(
    leaf: &LeafHash,
    index: u64,
    size: u64,
    proof: &[TreeHash],
    root: &TreeHash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange { index, size });
    }
    let (mut node, mut last) = (index, size.saturating_sub(1));
    let mut hash = single(leaf);
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if hash == *root {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

/// Checks a consistency proof (RFC 9162 §2.1.4.2). Any tree is consistent with the empty one, by
/// an empty proof.
///
/// # Errors
///
/// [`ProofError`] as for [`verify_inclusion`].
pub fn verify_consistency(
    old: u64,
    old_root: &TreeHash,
    new: u64,
    new_root: &TreeHash,
    proof: &[TreeHash],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::OutOfRange {
            index: old,
            size: new,
        });
    }
    if old == new || old == 0 {
        let same = old != new || old_root == new_root;
        let start = old != 0 || *old_root == empty_root();
        return match (proof.is_empty(), same && start) {
            (false, _) => Err(ProofError::Length),
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::Root),
        };
    }
    let mut hashes = proof.iter();
    let first = if old.is_power_of_two() {
        old_root
    } else {
        hashes.next().ok_or(ProofError::Length)?
    };
    let (mut node, mut last) = (old.saturating_sub(1), new.saturating_sub(1));
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (*first, *first);
    for sibling in hashes {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            from_old = node_hash(sibling, &from_old);
            from_new = node_hash(sibling, &from_new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if from_old == *old_root && from_new == *new_root {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

/// The hash over the leaves `start..end`, which lie as a node of some tree does.
fn range<E>(read: &ReadSubtree<'_, E>, start: u64, end: u64) -> Result<TreeHash, E> {
    let size = end.saturating_sub(start);
    if size.is_power_of_two() {
        let level = size.trailing_zeros();
        return read(level, start.checked_shr(level).unwrap_or(0));
    }
    let middle = start.saturating_add(split(size));
    Ok(node_hash(
        &range(read, start, middle)?,
        &range(read, middle, end)?,
    ))
}

/// The largest power of two below `size`, for `size` ≥ 2.
fn split(size: u64) -> u64 {
    1u64.checked_shl(size.saturating_sub(1).checked_ilog2().unwrap_or(0))
        .unwrap_or(1)
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProofError {
    /// The leaf, or the old tree, lies outside the tree.
    #[error("{index} lies outside a tree of {size} leaves")]
    OutOfRange {
        /// The leaf's index or the old tree's size.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The proof has another length than these sizes ask for.
    #[error("the proof has the wrong length")]
    Length,
    /// The proof leads to another root.
    #[error("the proof leads to another root")]
    Root,
}

#[cfg(test)]
mod tests;
