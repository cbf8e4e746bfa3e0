//! A ring of frames with one producing and one consuming process.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

use crate::sys::memory::Shared;

/// The helper's end; guard it with a lock when threads share it.
pub(crate) struct Producer {
    shared: Arc<Shared>,
    filled: Arc<OwnedFd>,
    drained: Arc<OwnedFd>,
}

/// The supervising process's end.
pub(crate) struct Consumer {
    shared: Arc<Shared>,
    filled: Arc<OwnedFd>,
    drained: Arc<OwnedFd>,
}

/// The consumer is gone or the frame can never fit.
#[derive(Debug)]
pub(crate) struct Stalled;

/// Makes a ring of `capacity` bytes; fork before using the two ends.
pub(crate) fn ring(capacity: usize) -> Result<(Producer, Consumer), Errno> {
    let shared = Arc::new(Shared::new(capacity)?);
    let filled = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
    let drained = Arc::new(eventfd(0, EventfdFlags::CLOEXEC)?);
    let producer = Producer {
        shared: Arc::clone(&shared),
        filled: Arc::clone(&filled),
        drained: Arc::clone(&drained),
    };
    Ok((
        producer,
        Consumer {
            shared,
            filled,
            drained,
        },
    ))
}

impl Producer {
    /// The descriptors that must stay open.
    pub(crate) fn descriptors(&self) -> [&OwnedFd; 2] {
        [&self.filled, &self.drained]
    }

    /// Appends a frame; waits for room when the consumer is behind.
    pub(crate) fn push(&self, frame: &[u8]) -> Result<(), Stalled> {
        let length = u64::try_from(frame.len()).map_err(|_| Stalled)?;
        let needed = length.checked_add(PREFIX).ok_or(Stalled)?;
        let capacity = u64::try_from(self.shared.capacity()).map_err(|_| Stalled)?;
        if needed > capacity {
            return Err(Stalled);
        }
        let at = self.shared.written().load(Ordering::Relaxed);
        let mut used = self.used(at);
        while used.saturating_add(needed) > capacity {
            self.nudge();
            let mut count = [0_u8; 8];
            rustix::io::read(self.drained.as_fd(), &mut count).map_err(|_| Stalled)?;
            used = self.used(at);
        }
        self.shared.put(at, &length.to_le_bytes());
        self.shared.put(at.wrapping_add(PREFIX), frame);
        self.shared.publish(at.wrapping_add(needed));
        let half = capacity >> 1;
        if used <= half && used.saturating_add(needed) > half {
            self.nudge();
        }
        Ok(())
    }

    /// Wakes the consumer.
    pub(crate) fn nudge(&self) {
        // A full counter means that the consumer has been woken already.
        let _ = rustix::io::write(self.filled.as_fd(), &1_u64.to_ne_bytes());
    }

    fn used(&self, at: u64) -> u64 {
        at.wrapping_sub(self.shared.read().load(Ordering::Acquire))
    }
}

impl Consumer {
    /// Readable when the producer wants attention.
    pub(crate) fn filled(&self) -> &OwnedFd {
        &self.filled
    }

    /// Hands every frame present to `each`; a frame that does not parse ends the run.
    pub(crate) fn drain<E>(&self, mut each: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut count = [0_u8; 8];
        let _ = rustix::io::read(self.filled.as_fd(), &mut count);
        let end = self.shared.written().load(Ordering::Acquire);
        let mut at = self.shared.read().load(Ordering::Relaxed);
        let mut frame = Vec::new();
        while at != end {
            let mut length = [0_u8; 8];
            self.shared.take(at, &mut length);
            let length = u64::from_le_bytes(length);
            let size = usize::try_from(length)
                .unwrap_or(0)
                .min(self.shared.capacity());
            frame.resize(size, 0);
            self.shared.take(at.wrapping_add(PREFIX), &mut frame);
            at = at.wrapping_add(PREFIX).wrapping_add(length);
            each(&frame)?;
            if end.wrapping_sub(at) > u64::try_from(self.shared.capacity()).unwrap_or(0) {
                break;
            }
        }
        self.shared.read().store(at, Ordering::Release);
        let _ = rustix::io::write(self.drained.as_fd(), &1_u64.to_ne_bytes());
        Ok(())
    }
}

const PREFIX: u64 = 8;
