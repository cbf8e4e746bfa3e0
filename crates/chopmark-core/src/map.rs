//! The Merkle map: 16-ary, history-independent, made of content-addressed nodes.
//!
//! A node is named by the SHA-256 of its bytes and never changes, so any file server can serve
//! the map and any prover is as good as another: a proof is the nodes on the path.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::digest::{NodeHash, sha256};

/// Where nodes are read from. An answer is believed only if it hashes to what was asked for.
pub trait NodeStore {
    /// Returns the bytes of the node with this hash, or `None` when the store does not hold it.
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>>;
}

impl NodeStore for BTreeMap<NodeHash, Vec<u8>> {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        self.get(hash).cloned()
    }
}

/// A key of a map: 32 uniformly distributed bytes.
pub type Path = [u8; 32];

const LEAF: u8 = 0x00;
const BRANCH: u8 = 0x01;
const EMPTY: u8 = 0x02;

/// The nibbles of a path.
const DEPTH: usize = 64;

/// Returns the root of the map that holds nothing.
pub fn empty_root() -> NodeHash {
    NodeHash::from_bytes(sha256(&[EMPTY]))
}

/// Looks `path` up in the map with this root.
///
/// `Ok(None)` is a proof of absence: every node on the path was read and matched its hash.
///
/// Spec: docs/spec/map.md §2.
///
/// # Errors
///
/// [`MapError`] when a node is missing, does not match its hash, or is not a node.
pub fn lookup(
    store: &(impl NodeStore + ?Sized),
    root: &NodeHash,
    path: &Path,
) -> Result<Option<NodeHash>, MapError> {
    let mut at = *root;
    for depth in 0..=DEPTH {
        match load(store, &at)? {
            Node::Empty => return Ok(None),
            Node::Leaf { path: found, value } => {
                return Ok((found == *path).then_some(value));
            }
            Node::Branch(children) => match children.get(&nibble(path, depth)) {
                Some(child) => at = *child,
                None => return Ok(None),
            },
        }
    }
    Err(MapError::Malformed(at))
}

/// Sets each of `changes` in the map with this root; returns the new root and the new nodes.
///
/// The result depends only on the keys and values that the map then holds.
///
/// # Errors
///
/// As [`lookup`]; nothing was changed.
pub fn update(
    store: &(impl NodeStore + ?Sized),
    root: &NodeHash,
    changes: &BTreeMap<Path, NodeHash>,
) -> Result<(NodeHash, BTreeMap<NodeHash, Vec<u8>>), MapError> {
    let mut made = BTreeMap::new();
    let changes: Vec<(Path, NodeHash)> = changes.iter().map(|(k, v)| (*k, *v)).collect();
    let root = set(store, root, 0, &changes, &mut made)?;
    Ok((root, made))
}

/// Returns the nodes on the path of `path`, root first: a proof of presence or of absence.
///
/// # Errors
///
/// As [`lookup`].
pub fn prove(
    store: &(impl NodeStore + ?Sized),
    root: &NodeHash,
    path: &Path,
) -> Result<Vec<Vec<u8>>, MapError> {
    let reads = Recorder {
        inner: store,
        read: std::cell::RefCell::default(),
    };
    lookup(&reads, root, path)?;
    Ok(reads.read.into_inner())
}

struct Recorder<'a, S: ?Sized> {
    inner: &'a S,
    read: std::cell::RefCell<Vec<Vec<u8>>>,
}

impl<S: NodeStore + ?Sized> NodeStore for Recorder<'_, S> {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        let bytes = self.inner.node(hash)?;
        self.read.borrow_mut().push(bytes.clone());
        Some(bytes)
    }
}

enum Node {
    Empty,
    Leaf { path: Path, value: NodeHash },
    Branch(BTreeMap<u8, NodeHash>),
}

impl Node {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Empty => vec![EMPTY],
            Self::Leaf { path, value } => {
                let mut out = vec![LEAF];
                out.extend_from_slice(path);
                out.extend_from_slice(value.as_bytes());
                out
            }
            Self::Branch(children) => {
                let bitmap = children
                    .keys()
                    .fold(0u16, |bits, n| bits | (1u16 << (n & 15)));
                let mut out = vec![BRANCH];
                out.extend_from_slice(&bitmap.to_be_bytes());
                for child in children.values() {
                    out.extend_from_slice(child.as_bytes());
                }
                out
            }
        }
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&EMPTY, []) => Some(Self::Empty),
            (&LEAF, rest) => {
                let (path, value) = rest.split_first_chunk::<32>()?;
                let value = NodeHash::from_bytes(value.try_into().ok()?);
                Some(Self::Leaf { path: *path, value })
            }
            (&BRANCH, rest) => {
                let (bitmap, mut rest) = rest.split_first_chunk::<2>()?;
                let bitmap = u16::from_be_bytes(*bitmap);
                let mut children = BTreeMap::new();
                for n in (0..16u8).filter(|n| bitmap & (1u16 << n) != 0) {
                    let (child, tail) = rest.split_first_chunk::<32>()?;
                    children.insert(n, NodeHash::from_bytes(*child));
                    rest = tail;
                }
                (rest.is_empty() && !children.is_empty()).then_some(Self::Branch(children))
            }
            _ => None,
        }
    }
}

fn load(store: &(impl NodeStore + ?Sized), hash: &NodeHash) -> Result<Node, MapError> {
    if *hash == empty_root() {
        return Ok(Node::Empty);
    }
    let bytes = store.node(hash).ok_or(MapError::Missing(*hash))?;
    if NodeHash::from_bytes(sha256(&bytes)) != *hash {
        return Err(MapError::Altered(*hash));
    }
    Node::parse(&bytes).ok_or(MapError::Malformed(*hash))
}

fn nibble(path: &Path, depth: usize) -> u8 {
    let byte = path.get(depth / 2).copied().unwrap_or(0);
    if depth.is_multiple_of(2) {
        byte >> 4
    } else {
        byte & 0x0f
    }
}

/// `changes` are ascending and all belong below this node, which stands at `depth`.
fn set(
    store: &(impl NodeStore + ?Sized),
    at: &NodeHash,
    depth: usize,
    changes: &[(Path, NodeHash)],
    made: &mut BTreeMap<NodeHash, Vec<u8>>,
) -> Result<NodeHash, MapError> {
    let mut children = match load(store, at)? {
        Node::Branch(children) => children,
        Node::Leaf { path, value } => {
            let mut all: BTreeMap<Path, NodeHash> = [(path, value)].into();
            all.extend(changes.iter().copied());
            let all: Vec<_> = all.into_iter().collect();
            if let [(path, value)] = all.as_slice() {
                return Ok(keep(
                    &Node::Leaf {
                        path: *path,
                        value: *value,
                    },
                    made,
                ));
            }
            return branch(store, BTreeMap::new(), depth, &all, made);
        }
        Node::Empty => match changes {
            [] => return Ok(*at),
            [(path, value)] => {
                return Ok(keep(
                    &Node::Leaf {
                        path: *path,
                        value: *value,
                    },
                    made,
                ));
            }
            _ => BTreeMap::new(),
        },
    };
    branch(store, std::mem::take(&mut children), depth, changes, made)
}

fn branch(
    store: &(impl NodeStore + ?Sized),
    mut children: BTreeMap<u8, NodeHash>,
    depth: usize,
    changes: &[(Path, NodeHash)],
    made: &mut BTreeMap<NodeHash, Vec<u8>>,
) -> Result<NodeHash, MapError> {
    for group in changes.chunk_by(|a, b| nibble(&a.0, depth) == nibble(&b.0, depth)) {
        let Some((first, _)) = group.first() else {
            continue;
        };
        let n = nibble(first, depth);
        let child = children.get(&n).copied().unwrap_or_else(empty_root);
        let child = set(store, &child, depth.saturating_add(1), group, made)?;
        children.insert(n, child);
    }
    Ok(keep(&Node::Branch(children), made))
}

fn keep(node: &Node, made: &mut BTreeMap<NodeHash, Vec<u8>>) -> NodeHash {
    let bytes = node.bytes();
    let hash = NodeHash::from_bytes(sha256(&bytes));
    made.insert(hash, bytes);
    hash
}

/// Why a map could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MapError {
    /// The store does not hold a node that the path needs.
    #[error("map node {0} is missing")]
    Missing(NodeHash),
    /// The store's bytes have another hash.
    #[error("map node {0} was altered")]
    Altered(NodeHash),
    /// The bytes match the hash and are not a node: whoever made the root made it so.
    #[error("map node {0} is malformed")]
    Malformed(NodeHash),
}

#[cfg(test)]
mod tests;
