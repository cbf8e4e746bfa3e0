//! The record of one run: JSON lines in a hash chain, written outside the sandbox.
//!
//! Spec: docs/spec/journal.md.

mod event;
mod header;
mod line;
mod network;
mod operation;
mod parse;
mod quick;
mod reader;
mod sink;
mod state;
mod summary;
mod writer;

pub use event::{Access, End, Event, Head, Process, Program};
pub use header::{Header, LayerRecord, RunFacts};
pub use line::Line;
pub(crate) use line::hex;
pub use network::{NetworkEvent, Stage, Verdict};
pub use operation::Operation;
pub use reader::{Reader, Verified, VerifyError, verify};
pub use sink::{Sink, SinkClosed};
pub use state::{has_end, is_being_written};
pub(crate) use summary::{BEFORE, Tally};
pub use summary::{ChangedFile, Summary};
pub use writer::{HeadSigner, JournalError, Writer};

/// Index of the first rule that the grant brought; those before are the sandbox's own.
pub const FIRST_GRANTED_RULE: u32 = crate::setup::rule::FIRST_GRANTED;
