//! Evidence as bytes: what a decision was made from, and can be made from again.

use std::{cell::RefCell, collections::BTreeMap};

use base64::{Engine, engine::general_purpose::STANDARD};
use thiserror::Error;

use super::Source;
use crate::{
    digest::{NodeHash, TreeHash, sha256},
    docket::DocketStore,
    json,
    map::NodeStore,
};

/// The largest bundle that is read, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 64 * 1024 * 1024;

/// Everything that [`super::collect`] read from a source, and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    checkpoint: Option<Vec<u8>>,
    nodes: BTreeMap<NodeHash, Vec<u8>>,
    lists: BTreeMap<TreeHash, Vec<u8>>,
    leaves: BTreeMap<u64, Vec<u8>>,
    paths: BTreeMap<(u64, u64), Vec<TreeHash>>,
    states: BTreeMap<(u64, u64), u64>,
}

impl Bundle {
    /// Prints the bundle as canonical JSON.
    ///
    /// # Errors
    ///
    /// [`BundleError`] never happens for a bundle that was recorded or parsed.
    pub fn bytes(&self) -> Result<Vec<u8>, BundleError> {
        let encode = |bytes: &Vec<u8>| STANDARD.encode(bytes);
        let wire = wire::Bundle {
            schema: wire::SCHEMA.to_owned(),
            checkpoint: self.checkpoint.as_ref().map(encode),
            nodes: self.nodes.values().map(encode).collect(),
            lists: self
                .lists
                .iter()
                .map(|(r, l)| (r.to_string(), encode(l)))
                .collect(),
            leaves: self.leaves.iter().map(|(i, l)| (*i, encode(l))).collect(),
            paths: self
                .paths
                .iter()
                .map(|((index, size), path)| {
                    (
                        *index,
                        *size,
                        path.iter().map(ToString::to_string).collect(),
                    )
                })
                .collect(),
            states: self
                .states
                .iter()
                .map(|((i, s), at)| (*i, *s, *at))
                .collect(),
        };
        json::to_canonical(&wire).map_err(|e| BundleError(e.to_string()))
    }

    /// Reads what [`Bundle::bytes`] printed. Nothing in it is believed until collected again.
    ///
    /// # Errors
    ///
    /// [`BundleError`] for anything but the canonical spelling, or more than
    /// [`MAX_BUNDLE_BYTES`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        let bad = |what: &str| BundleError(what.to_owned());
        if bytes.len() > MAX_BUNDLE_BYTES {
            return Err(bad("larger than 64 MiB"));
        }
        let wire: wire::Bundle =
            json::from_canonical(bytes).map_err(|e| BundleError(e.to_string()))?;
        if wire.schema != wire::SCHEMA {
            return Err(bad("another schema"));
        }
        let decode = |text: &String| STANDARD.decode(text).map_err(|_| bad("not base64"));
        let hash = |text: &String| text.parse::<TreeHash>().map_err(|_| bad("not a digest"));
        let mut bundle = Self {
            checkpoint: wire.checkpoint.as_ref().map(decode).transpose()?,
            ..Self::default()
        };
        for node in &wire.nodes {
            let node = decode(node)?;
            bundle
                .nodes
                .insert(NodeHash::from_bytes(sha256(&node)), node);
        }
        for (root, list) in &wire.lists {
            bundle.lists.insert(hash(root)?, decode(list)?);
        }
        for (index, leaf) in &wire.leaves {
            bundle.leaves.insert(*index, decode(leaf)?);
        }
        for (index, size, path) in &wire.paths {
            let path = path.iter().map(hash).collect::<Result<_, _>>()?;
            bundle.paths.insert((*index, *size), path);
        }
        bundle.states = wire
            .states
            .iter()
            .map(|(i, s, at)| ((*i, *s), *at))
            .collect();
        Ok(bundle)
    }
}

impl NodeStore for Bundle {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        self.nodes.get(hash).cloned()
    }
}

impl DocketStore for Bundle {
    fn list(&self, root: &TreeHash) -> Option<Vec<u8>> {
        self.lists.get(root).cloned()
    }
}

impl Source for Bundle {
    fn checkpoint(&self) -> Option<Vec<u8>> {
        self.checkpoint.clone()
    }

    fn leaf(&self, index: u64) -> Option<Vec<u8>> {
        self.leaves.get(&index).cloned()
    }

    fn path(&self, index: u64, size: u64) -> Option<Vec<TreeHash>> {
        self.paths.get(&(index, size)).cloned()
    }

    fn state_after(&self, index: u64, size: u64) -> Option<u64> {
        self.states.get(&(index, size)).copied()
    }
}

/// A source that remembers what it was asked for, and answers the same question once only.
pub struct Recorder<'s, S: ?Sized> {
    source: &'s S,
    bundle: RefCell<Bundle>,
}

impl<'s, S: Source + ?Sized> Recorder<'s, S> {
    /// Records what is read from `source`.
    pub fn new(source: &'s S) -> Self {
        Self {
            source,
            bundle: RefCell::default(),
        }
    }

    /// Returns what was read.
    pub fn into_bundle(self) -> Bundle {
        self.bundle.into_inner()
    }
}

impl<S: Source + ?Sized> NodeStore for Recorder<'_, S> {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        if let Some(node) = self.bundle.borrow().nodes.get(hash) {
            return Some(node.clone());
        }
        let node = self.source.node(hash)?;
        self.bundle.borrow_mut().nodes.insert(*hash, node.clone());
        Some(node)
    }
}

impl<S: Source + ?Sized> DocketStore for Recorder<'_, S> {
    fn list(&self, root: &TreeHash) -> Option<Vec<u8>> {
        if let Some(list) = self.bundle.borrow().lists.get(root) {
            return Some(list.clone());
        }
        let list = self.source.list(root)?;
        self.bundle.borrow_mut().lists.insert(*root, list.clone());
        Some(list)
    }
}

impl<S: Source + ?Sized> Source for Recorder<'_, S> {
    fn checkpoint(&self) -> Option<Vec<u8>> {
        let checkpoint = self.source.checkpoint()?;
        self.bundle.borrow_mut().checkpoint = Some(checkpoint.clone());
        Some(checkpoint)
    }

    fn leaf(&self, index: u64) -> Option<Vec<u8>> {
        if let Some(leaf) = self.bundle.borrow().leaves.get(&index) {
            return Some(leaf.clone());
        }
        let leaf = self.source.leaf(index)?;
        self.bundle.borrow_mut().leaves.insert(index, leaf.clone());
        Some(leaf)
    }

    fn path(&self, index: u64, size: u64) -> Option<Vec<TreeHash>> {
        let path = self.source.path(index, size)?;
        self.bundle
            .borrow_mut()
            .paths
            .insert((index, size), path.clone());
        Some(path)
    }

    fn state_after(&self, index: u64, size: u64) -> Option<u64> {
        let at = self.source.state_after(index, size)?;
        self.bundle.borrow_mut().states.insert((index, size), at);
        Some(at)
    }
}

/// Why bytes are no bundle.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the evidence bundle is malformed: {0}")]
pub struct BundleError(String);

mod wire {
    use serde::{Deserialize, Serialize};

    pub(super) const SCHEMA: &str = "https://chopmark.dev/schema/evidence/v1";

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Bundle {
        pub schema: String,
        pub checkpoint: Option<String>,
        pub nodes: Vec<String>,
        pub lists: Vec<(String, String)>,
        pub leaves: Vec<(u64, String)>,
        pub paths: Vec<(u64, u64, Vec<String>)>,
        pub states: Vec<(u64, u64, u64)>,
    }
}
