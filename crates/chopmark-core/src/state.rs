//! The state of a log: what replaying its leaves makes.
//!
//! The registry's sequencer and every replaying witness hold one of these and push the same
//! leaves into it; if their roots differ, one of them is wrong and everyone can see which.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{
    digest::{LeafHash, NodeHash, TreeHash, sha256},
    docket::{self, DocketError, DocketStore, Item},
    entry::{Entries, Entry, EntryError, EntryState, MapKey},
    map::{self, MapError, NodeStore, Path},
    merkle,
    record::{Record, RecordError},
    rules::{self, Changes, RuleError, StateFacts, View},
};

/// A log's map, as of its first `size` leaves, over a store of earlier nodes.
#[derive(Debug)]
pub struct LogState<S> {
    origin: String,
    store: Overlay<S>,
    at: Position,
}

/// Where a [`LogState`] stands; what a store must keep to resume it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// How many leaves were pushed.
    pub size: u64,
    /// The map's root over them.
    pub root: NodeHash,
    /// The last state leaf among them.
    pub last_state: Option<StateFacts>,
}

impl Position {
    /// Before the first leaf.
    pub fn start() -> Self {
        Self {
            size: 0,
            root: map::empty_root(),
            last_state: None,
        }
    }
}

/// What pushing one leaf did.
#[derive(Debug, PartialEq, Eq)]
pub struct Applied {
    /// The leaf's hash in the log's tree.
    pub leaf: LeafHash,
    /// Why the leaf is void, if it is.
    pub void: Option<VoidCause>,
}

/// Why a leaf changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VoidCause {
    /// It is no record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The rules refuse it.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

/// Nodes and lists that were made and are in no store yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fresh {
    /// Map nodes and entries, by hash.
    pub nodes: BTreeMap<NodeHash, Vec<u8>>,
    /// Docket lists, by the root of their tree.
    pub lists: BTreeMap<TreeHash, Vec<u8>>,
}

impl<S: DocketStore> LogState<S> {
    /// Stands at `at` in the log of this origin; `store` holds the nodes made so far.
    pub fn resume(origin: &str, store: S, at: Position) -> Self {
        let fresh = Fresh::default();
        Self {
            origin: origin.to_owned(),
            store: Overlay { base: store, fresh },
            at,
        }
    }

    /// Judges `record` as the next leaf and changes nothing.
    ///
    /// # Errors
    ///
    /// [`StateError::Rule`] when it would be void; others when the store fails.
    pub fn judge(&self, record: &Record) -> Result<Changes, StateError> {
        let entries = self.entries(rules::reads(record))?;
        let view = View {
            origin: &self.origin,
            root: self.at.root,
            last_state: self.at.last_state,
            entries: &entries,
        };
        Ok(rules::apply(&view, self.at.size, record)?)
    }

    /// Takes the next leaf of the log, void or not.
    ///
    /// # Errors
    ///
    /// [`StateError`] when this code cannot judge ([`RuleError::Upgrade`]) or the store fails;
    /// the state is then as before.
    pub fn push(&mut self, leaf: &[u8]) -> Result<Applied, StateError> {
        let hash = merkle::leaf_hash(leaf);
        let void = match Record::parse(leaf) {
            Err(error) => Some(VoidCause::Record(error)),
            Ok(record) => match self.judge(&record) {
                Ok(changes) => {
                    self.commit(&record, hash, changes)?;
                    None
                }
                Err(StateError::Rule(RuleError::Upgrade { version })) => {
                    return Err(RuleError::Upgrade { version }.into());
                }
                Err(StateError::Rule(error)) => Some(VoidCause::Rule(error)),
                Err(error) => return Err(error),
            },
        };
        self.at.size = self.at.size.saturating_add(1);
        Ok(Applied { leaf: hash, void })
    }

    /// Returns where the state stands.
    pub fn position(&self) -> Position {
        self.at
    }

    /// Returns the origin.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Reads the entry of `key` as of now.
    ///
    /// # Errors
    ///
    /// [`StateError`] when the store fails.
    pub fn entry(&self, key: &MapKey) -> Result<Option<Entry>, StateError> {
        read_entry(&self.store, &self.at.root, &key.path())
    }

    /// Takes out the nodes and lists made since the last call; the caller makes them durable.
    pub fn take_fresh(&mut self) -> Fresh {
        std::mem::take(&mut self.store.fresh)
    }

    /// Returns the store that the state was resumed over.
    pub fn store(&self) -> &S {
        &self.store.base
    }

    /// Returns that store, to add what [`LogState::take_fresh`] gave.
    pub fn store_mut(&mut self) -> &mut S {
        &mut self.store.base
    }

    fn entries(&self, keys: Vec<MapKey>) -> Result<Entries, StateError> {
        keys.into_iter()
            .map(|key| Ok((key.clone(), self.entry(&key)?)))
            .collect()
    }

    fn commit(&mut self, record: &Record, leaf: LeafHash, c: Changes) -> Result<(), StateError> {
        let Changes {
            states,
            dockets,
            state,
        } = c;
        let item = Item {
            index: self.at.size,
            leaf,
        };
        let mut touched: BTreeMap<Path, Option<EntryState>> =
            dockets.iter().map(|path| (*path, None)).collect();
        touched.extend(states.into_iter().map(|(path, state)| (path, Some(state))));

        let mut values = BTreeMap::new();
        let mut fresh = Fresh::default();
        for (path, state) in touched {
            let before = read_entry(&self.store, &self.at.root, &path)?;
            let mut docket = before.as_ref().and_then(|entry| entry.docket);
            let state = match (state, before) {
                (Some(state), _) => state,
                (None, Some(entry)) => entry.state,
                (None, None) => return Err(StateError::NoEntry),
            };
            if dockets.contains(&path) {
                let made = docket::append(&self.store, docket.as_ref(), &record.issuer(), item)?;
                docket = Some(made.docket);
                fresh.nodes.extend(made.nodes);
                fresh.lists.insert(made.list.0, made.list.1);
            }
            let bytes = Entry { docket, state }.bytes()?;
            let hash = NodeHash::from_bytes(sha256(&bytes));
            fresh.nodes.insert(hash, bytes);
            values.insert(path, hash);
        }
        let (root, nodes) = map::update(&self.store, &self.at.root, &values)?;
        fresh.nodes.extend(nodes);

        self.store.fresh.nodes.extend(fresh.nodes);
        self.store.fresh.lists.extend(fresh.lists);
        self.at.root = root;
        if state.is_some() {
            self.at.last_state = state;
        }
        Ok(())
    }
}

/// Reads the entry at `path` in the map with this root.
///
/// # Errors
///
/// [`StateError`] when a node is missing, altered or malformed.
pub fn read_entry(
    store: &(impl NodeStore + ?Sized),
    root: &NodeHash,
    path: &Path,
) -> Result<Option<Entry>, StateError> {
    let Some(hash) = map::lookup(store, root, path)? else {
        return Ok(None);
    };
    let bytes = store.node(&hash).ok_or(MapError::Missing(hash))?;
    if NodeHash::from_bytes(sha256(&bytes)) != hash {
        return Err(MapError::Altered(hash).into());
    }
    Ok(Some(Entry::parse(&bytes)?))
}

#[derive(Debug)]
struct Overlay<S> {
    base: S,
    fresh: Fresh,
}

impl<S: NodeStore> NodeStore for Overlay<S> {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        self.fresh
            .nodes
            .get(hash)
            .cloned()
            .or_else(|| self.base.node(hash))
    }
}

impl<S: DocketStore> DocketStore for Overlay<S> {
    fn list(&self, root: &TreeHash) -> Option<Vec<u8>> {
        self.fresh
            .lists
            .get(root)
            .cloned()
            .or_else(|| self.base.list(root))
    }
}

/// Nodes and lists held in memory.
impl NodeStore for Fresh {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        self.nodes.get(hash).cloned()
    }
}

impl DocketStore for Fresh {
    fn list(&self, root: &TreeHash) -> Option<Vec<u8>> {
        self.lists.get(root).cloned()
    }
}

/// Why a leaf could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StateError {
    /// The rules refuse the record, or are newer than this code.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The map could not be read.
    #[error(transparent)]
    Map(#[from] MapError),
    /// A docket could not be read.
    #[error(transparent)]
    Docket(#[from] DocketError),
    /// An entry could not be read.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// A docket was to be extended that no entry holds.
    #[error("the map has no entry for a docket that the rules file into")]
    NoEntry,
}
