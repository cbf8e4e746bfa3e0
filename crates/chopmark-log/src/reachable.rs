//! Which of the nodes that a batch made its last root needs.
//!
//! Judging record after record makes a root each; only the last is stated, so only its nodes are
//! worth a file.

use chopmark_core::{
    digest::{NodeHash, TreeHash},
    entry::Entry,
    state::Fresh,
};

/// Drops from `fresh` what the map with this root does not reach.
pub(crate) fn keep_reachable(mut fresh: Fresh, root: NodeHash) -> Fresh {
    let mut kept = Fresh::default();
    let mut open = vec![root];
    while let Some(hash) = open.pop() {
        // What an earlier batch made has only children of earlier batches.
        let Some(bytes) = fresh.nodes.remove(&hash) else {
            continue;
        };
        match bytes.split_first() {
            Some((&0x00, leaf)) => open.extend(hashes(leaf.get(32..).unwrap_or_default())),
            Some((&0x01, branch)) => open.extend(hashes(branch.get(2..).unwrap_or_default())),
            Some((&0x03, _)) => open.extend(Entry::parse(&bytes).ok().and_then(|e| e.docket)),
            Some((&0x04, head)) => {
                for list in hashes(head.get(8..).unwrap_or_default()) {
                    let list = TreeHash::from_bytes(*list.as_bytes());
                    if let Some(bytes) = fresh.lists.remove(&list) {
                        kept.lists.insert(list, bytes);
                    }
                }
            }
            Some(_) | None => {}
        }
        kept.nodes.insert(hash, bytes);
    }
    kept
}

fn hashes(bytes: &[u8]) -> Vec<NodeHash> {
    let (chunks, _) = bytes.as_chunks::<32>();
    chunks.iter().map(|c| NodeHash::from_bytes(*c)).collect()
}
