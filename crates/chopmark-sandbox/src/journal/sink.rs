//! The channel by which the broker reports to the journal.

use std::sync::mpsc;

use super::NetworkEvent;

/// Sending end of the channel from the egress broker to the journal's writer.
///
/// Never blocks, so it may be used from asynchronous code.
#[derive(Debug, Clone)]
pub struct Sink {
    sender: mpsc::Sender<NetworkEvent>,
}

impl Sink {
    /// Makes a channel; the journal's writer holds the receiving end.
    #[must_use]
    pub fn channel() -> (Self, mpsc::Receiver<NetworkEvent>) {
        let (sender, receiver) = mpsc::channel();
        (Self { sender }, receiver)
    }

    /// Hands an event to the journal.
    ///
    /// # Errors
    ///
    /// [`SinkClosed`] when the journal no longer writes; the broker must then serve nothing more.
    pub fn record(&self, event: NetworkEvent) -> Result<(), SinkClosed> {
        self.sender.send(event).map_err(|_| SinkClosed)
    }
}

/// The journal no longer takes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the journal is closed")]
pub struct SinkClosed;
