//! Replay: new leaves, the rules, and the state leaf that closes them.

use chopmark_core::{
    checkpoint::Checkpoint,
    digest::TreeHash,
    record::{Kind, Record},
    rules::StateFacts,
    state::{Fresh, LogState, StateError},
};
use thiserror::Error;

use super::{Standing, WitnessStore};
use crate::reachable::keep_reachable;

/// How far a state leaf's time may lie from the witness's clock, in seconds.
pub const CLOCK_SECONDS: u64 = 300;

/// Replays `leaves`, which follow `from`, up to `checkpoint`; `now` is the witness's clock in
/// seconds since the Unix epoch.
///
/// What holds when it returns: the leaves lead to the checkpoint's root, the last one is a state
/// leaf that the rules accept, so its root is that of the map over all leaves before it, and its
/// time is right. Nothing was stored.
///
/// # Errors
///
/// [`ReplayError`] says what does not hold.
pub fn replay(
    store: &WitnessStore,
    from: &Standing,
    leaves: &[Vec<u8>],
    checkpoint: &Checkpoint,
    now: u64,
) -> Result<(Standing, Fresh), ReplayError> {
    let mut frontier = from.frontier.clone().ok_or(ReplayError::NotReplayed)?;
    if from.position.size != from.size || frontier.size() != from.size {
        return Err(ReplayError::NotReplayed);
    }
    let mut state = LogState::resume(&checkpoint.origin, store, from.position);
    let mut last = None;
    for leaf in leaves {
        let applied = state.push(leaf)?;
        frontier.push(&applied.leaf);
        last = match applied.void {
            None => Record::parse(leaf).ok().map(|record| record.kind()),
            Some(_) => None,
        };
    }
    if frontier.size() != checkpoint.size || frontier.root() != checkpoint.root {
        return Err(ReplayError::Root {
            leaves: frontier.root(),
            checkpoint: checkpoint.root,
        });
    }
    let position = state.position();
    let closing = position.last_state.filter(|_| last == Some(Kind::State));
    let Some(StateFacts { time, .. }) = closing else {
        return Err(ReplayError::NoStateLeaf);
    };
    if time.abs_diff(now) > CLOCK_SECONDS {
        return Err(ReplayError::Clock { time, now });
    }
    let standing = Standing {
        note: Vec::new(),
        size: checkpoint.size,
        root: checkpoint.root,
        frontier: Some(frontier),
        position,
    };
    Ok((standing, keep_reachable(state.take_fresh(), position.root)))
}

/// Why a witness does not cosign after replay.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// A leaf cannot be judged by this program, or the witness's own map is damaged.
    #[error("a leaf could not be judged: {0}")]
    State(#[from] StateError),
    /// The leaves that the log serves lead elsewhere.
    #[error("the leaves lead to root {leaves}, the checkpoint names {checkpoint}")]
    Root {
        /// The root that the leaves lead to.
        leaves: TreeHash,
        /// The checkpoint's root.
        checkpoint: TreeHash,
    },
    /// The last leaf is no state leaf, or one that the rules refuse: wrong root, chain or issuer.
    #[error("the last leaf is not a state leaf that the rules accept")]
    NoStateLeaf,
    /// The state leaf's time is off.
    #[error("the state leaf says {time}, this witness's clock {now}; 300 seconds are allowed")]
    Clock {
        /// The state leaf's time.
        time: u64,
        /// The witness's.
        now: u64,
    },
    /// The witness cosigned this log without replay before.
    #[error("this witness has not replayed the log from its beginning")]
    NotReplayed,
}
