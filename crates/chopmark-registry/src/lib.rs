//! The servers: the registry, which runs a log and hosts its files, and the witness.
//!
//! What they do not do: judge. Every yes or no about a record comes from
//! [`chopmark_core::rules::apply`]; a witness that replays asks it about every leaf.
//!
//! Reading order: [`registry`] (start-up, routes), `registry/sequencer` (batches, quorum,
//! publication), [`cosign`] (the client of witnesses), [`witness`] (the other end).
//!
//! Invariant: no answer to a publisher leaves before the quorum cosigned a checkpoint that covers
//! the record.

pub mod cosign;
pub mod keyfile;
pub mod registry;
pub mod setup;
pub mod witness;

mod clock;
mod problem;
mod server;

pub use clock::now;
pub use server::Lifetime;
