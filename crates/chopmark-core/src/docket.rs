//! Dockets: for one key of the map, each issuer's records about it, in log order.
//!
//! A docket is a Merkle map from issuer to the RFC 6962 tree of that issuer's items. So a client
//! can demand everything that *one* issuer said about a thing, and a million strangers' records
//! cost it nothing.

use thiserror::Error;

use crate::{
    digest::{IdentityId, LeafHash, NodeHash, TreeHash, sha256},
    map::{self, MapError, NodeStore, Path},
    merkle,
};

/// Where dockets are read from: map nodes, and lists by the root of their tree.
pub trait DocketStore: NodeStore {
    /// Returns the bytes of the list whose tree has this root, or `None` when it is not held.
    fn list(&self, root: &TreeHash) -> Option<Vec<u8>>;
}

/// One record in a docket: 8 bytes big-endian index, 32 bytes RFC 6962 leaf hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The record's index in the log.
    pub index: u64,
    /// The hash of its leaf.
    pub leaf: LeafHash,
}

/// Bytes of an [`Item`].
pub const ITEM_BYTES: usize = 40;

/// First byte of the node that a docket's map holds for an issuer.
const HEAD: u8 = 0x04;

/// Returns the path of an issuer in a docket's map.
pub fn issuer_path(issuer: &IdentityId) -> Path {
    sha256(issuer.as_bytes())
}

/// Reads all that `issuer` has in the docket with this root; empty is proved, not assumed.
///
/// Spec: docs/spec/map.md §5.
///
/// # Errors
///
/// [`DocketError`] when anything on the way is missing, altered or malformed.
pub fn read(
    store: &(impl DocketStore + ?Sized),
    docket: Option<&NodeHash>,
    issuer: &IdentityId,
) -> Result<Vec<Item>, DocketError> {
    let Some(docket) = docket else {
        return Ok(Vec::new());
    };
    let Some(head) = map::lookup(store, docket, &issuer_path(issuer))? else {
        return Ok(Vec::new());
    };
    let (size, root) = read_head(store, &head)?;
    let bytes = store.list(&root).ok_or(DocketError::MissingList(root))?;
    let items = parse_items(&bytes).ok_or(DocketError::AlteredList(root))?;
    if u64::try_from(items.len()) != Ok(size) || tree_root(&items) != root {
        return Err(DocketError::AlteredList(root));
    }
    Ok(items)
}

/// What [`append`] made.
#[derive(Debug)]
pub struct Appended {
    /// The docket's new root.
    pub docket: NodeHash,
    /// New map nodes, heads among them.
    pub nodes: std::collections::BTreeMap<NodeHash, Vec<u8>>,
    /// The root of the issuer's new list, and its bytes.
    pub list: (TreeHash, Vec<u8>),
}

/// Adds `item` at the end of `issuer`'s list in the docket with this root.
///
/// # Errors
///
/// As [`read`]; nothing was changed.
pub fn append(
    store: &(impl DocketStore + ?Sized),
    docket: Option<&NodeHash>,
    issuer: &IdentityId,
    item: Item,
) -> Result<Appended, DocketError> {
    let mut items = read(store, docket, issuer)?;
    items.push(item);
    let root = tree_root(&items);
    let size = u64::try_from(items.len()).unwrap_or(u64::MAX);
    let mut head = vec![HEAD];
    head.extend_from_slice(&size.to_be_bytes());
    head.extend_from_slice(root.as_bytes());
    let head_hash = NodeHash::from_bytes(sha256(&head));

    let base = docket.copied().unwrap_or_else(map::empty_root);
    let change = [(issuer_path(issuer), head_hash)].into();
    let (docket, mut nodes) = map::update(store, &base, &change)?;
    nodes.insert(head_hash, head);
    Ok(Appended {
        docket,
        nodes,
        list: (root, print_items(&items)),
    })
}

fn read_head(
    store: &(impl NodeStore + ?Sized),
    hash: &NodeHash,
) -> Result<(u64, TreeHash), DocketError> {
    let bytes = store.node(hash).ok_or(MapError::Missing(*hash))?;
    if NodeHash::from_bytes(sha256(&bytes)) != *hash {
        return Err(MapError::Altered(*hash).into());
    }
    let parsed = match bytes.split_first() {
        Some((&HEAD, rest)) => rest.split_first_chunk::<8>().and_then(|(size, root)| {
            let root = <[u8; 32]>::try_from(root).ok()?;
            Some((u64::from_be_bytes(*size), TreeHash::from_bytes(root)))
        }),
        Some(_) | None => None,
    };
    parsed.ok_or_else(|| MapError::Malformed(*hash).into())
}

fn parse_items(bytes: &[u8]) -> Option<Vec<Item>> {
    let (chunks, rest) = bytes.as_chunks::<ITEM_BYTES>();
    if !rest.is_empty() {
        return None;
    }
    chunks
        .iter()
        .map(|chunk| {
            let (index, leaf) = chunk.split_first_chunk::<8>()?;
            let leaf = <[u8; 32]>::try_from(leaf).ok()?;
            Some(Item {
                index: u64::from_be_bytes(*index),
                leaf: LeafHash::from_bytes(leaf),
            })
        })
        .collect()
}

fn print_items(items: &[Item]) -> Vec<u8> {
    let mut out = Vec::with_capacity(items.len().saturating_mul(ITEM_BYTES));
    for item in items {
        out.extend_from_slice(&item_bytes(item));
    }
    out
}

fn item_bytes(item: &Item) -> Vec<u8> {
    let mut out = item.index.to_be_bytes().to_vec();
    out.extend_from_slice(item.leaf.as_bytes());
    out
}

fn tree_root(items: &[Item]) -> TreeHash {
    let leaves: Vec<LeafHash> = items
        .iter()
        .map(|item| merkle::leaf_hash(&item_bytes(item)))
        .collect();
    merkle::root(&leaves)
}

/// Why a docket could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DocketError {
    /// A node is missing, altered or malformed.
    #[error(transparent)]
    Map(#[from] MapError),
    /// The store does not hold an issuer's list.
    #[error("docket list {0} is missing")]
    MissingList(TreeHash),
    /// A list's tree has another root.
    #[error("docket list {0} was altered")]
    AlteredList(TreeHash),
}
