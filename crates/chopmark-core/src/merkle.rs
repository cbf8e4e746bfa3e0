//! RFC 6962 trees: the hashes of leaves and of whole trees.

use crate::digest::{LeafHash, TreeHash, sha256};

/// Returns the hash of a leaf: SHA-256 of `0x00` and its bytes.
pub fn leaf_hash(bytes: &[u8]) -> LeafHash {
    let mut input = vec![0];
    input.extend_from_slice(bytes);
    LeafHash::from_bytes(sha256(&input))
}

/// Returns the hash of the tree over these leaves.
pub fn root(leaves: &[LeafHash]) -> TreeHash {
    match leaves {
        [] => TreeHash::from_bytes(sha256(&[])),
        [leaf] => TreeHash::from_bytes(*leaf.as_bytes()),
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(split);
            let mut input = vec![1];
            input.extend_from_slice(root(left).as_bytes());
            input.extend_from_slice(root(right).as_bytes());
            TreeHash::from_bytes(sha256(&input))
        }
    }
}
