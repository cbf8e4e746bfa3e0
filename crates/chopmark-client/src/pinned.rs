//! A registry's files under one checkpoint: what evidence is collected from.

use chopmark_core::digest::{NodeHash, TreeHash};
use chopmark_core::docket::DocketStore;
use chopmark_core::evidence::Source;
use chopmark_core::map::NodeStore;
use chopmark_core::record::{Kind, Record};

use crate::head::Head;
use crate::remote::{Remote, RemoteError};

/// A registry as of one verified checkpoint.
#[derive(Debug)]
pub struct Pinned<'r> {
    remote: &'r Remote,
    note: Vec<u8>,
    size: u64,
}

impl<'r> Pinned<'r> {
    /// The registry as of `head`.
    #[must_use]
    pub fn at(remote: &'r Remote, head: &Head) -> Self {
        let checkpoint = head.checkpoint();
        Self {
            remote,
            note: checkpoint.note().to_vec(),
            size: checkpoint.size(),
        }
    }

    fn given<T>(&self, answer: Result<T, RemoteError>) -> Option<T> {
        match answer {
            Ok(value) => Some(value),
            Err(RemoteError::Http(error)) => {
                self.remote.note_failure(error);
                None
            }
            Err(_) => None,
        }
    }
}

impl NodeStore for Pinned<'_> {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        self.remote.node(hash)
    }
}

impl DocketStore for Pinned<'_> {
    fn list(&self, root: &TreeHash) -> Option<Vec<u8>> {
        self.remote.list(root)
    }
}

impl Source for Pinned<'_> {
    fn checkpoint(&self) -> Option<Vec<u8>> {
        Some(self.note.clone())
    }

    fn leaf(&self, index: u64) -> Option<Vec<u8>> {
        self.given(self.remote.leaf(index, self.size))
    }

    fn path(&self, index: u64, size: u64) -> Option<Vec<TreeHash>> {
        self.given(self.remote.inclusion_proof(index, size))
    }

    fn state_after(&self, index: u64, size: u64) -> Option<u64> {
        (index.saturating_add(1)..size).find(|at| {
            self.leaf(*at)
                .and_then(|leaf| Record::parse(&leaf).ok())
                .is_some_and(|record| record.kind() == Kind::State)
        })
    }
}
