//! The durable log: immutable tiles and map nodes on disk, one commit point, recovery by the same
//! path; and the state that a witness keeps.
//!
//! What it does not do: no network, no clock, no randomness; times are arguments. It judges
//! nothing by itself: [`chopmark_core::rules::apply`] does, through [`chopmark_core::state::LogState`].
//!
//! Reading order: [`log`] (the sequencer's steps), [`commit`] (the one transaction), [`disk`]
//! (durable files), [`check`] (everything derived again), [`witness`].
//!
//! Invariants: a file below `public/` other than `checkpoint` and the indices never changes; the
//! public checkpoint never names a tree whose files are not durable; nothing is signed twice at
//! one size.

mod batch;
pub mod check;
pub mod commit;
pub mod disk;
pub mod export;
pub mod frontier;
pub mod log;
pub mod operator;
mod reachable;
pub mod reader;
pub mod witness;
