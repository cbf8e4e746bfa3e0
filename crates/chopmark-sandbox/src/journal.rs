//! The record of one run: JSON lines in a hash chain, written outside the sandbox.

mod network;
mod sink;

pub use network::{NetworkEvent, Stage, Verdict};
pub use sink::{Sink, SinkClosed};
