//! The helper's threads.
//!
//! They are started while the skill's first process still installs its filter, and wait until
//! there is something to supervise.

use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::hash::{Work, hash_all};
use super::{Supervisor, io_errno, reserve, spawn, watch};
use crate::report::Producer;
use crate::setup::Setup;

/// Threads that stand by.
pub(crate) struct Crew {
    gate: Arc<OnceLock<Supervisor>>,
    images: Sender<Work>,
    ends: (Sender<()>, Receiver<()>),
}

/// Threads at work.
pub(crate) struct CrewAtWork {
    gate: Arc<OnceLock<Supervisor>>,
    ends: Receiver<()>,
    workers: usize,
}

impl Crew {
    /// Starts the threads; `control` is left alone until they are at work.
    pub(crate) fn enlist(control: &OwnedFd) -> Result<Self, Errno> {
        let (images, hashed) = channel();
        let crew = Self {
            gate: Arc::new(OnceLock::new()),
            images,
            ends: channel(),
        };
        for number in 0..FIRST_WORKERS {
            crew.add_worker(number)?;
        }
        let gate = Arc::clone(&crew.gate);
        spawn("hash", move || hash_all(gate.wait(), &hashed))?;
        let gate = Arc::clone(&crew.gate);
        let control = control.try_clone().map_err(io_errno)?;
        spawn("watch", move || watch::watch(gate.wait(), &control))?;
        Ok(crew)
    }

    fn add_worker(&self, number: usize) -> Result<(), Errno> {
        let gate = Arc::clone(&self.gate);
        let end = self.ends.0.clone();
        spawn("supervise", move || {
            gate.wait().work(number);
            // Nobody waits any more when the run ends otherwise.
            let _ = end.send(());
        })
    }

    /// Lets the threads answer what comes from `listener`.
    pub(crate) fn supervise(
        self,
        setup: Setup,
        listener: OwnedFd,
        producer: Producer,
    ) -> Result<CrewAtWork, Errno> {
        let supervisor = Supervisor::new(setup, listener, producer, self.images.clone())?;
        // It is set here only.
        let _ = self.gate.set(supervisor);
        let workers = std::thread::available_parallelism()
            .map_or(FIRST_WORKERS, std::num::NonZero::get)
            .clamp(FIRST_WORKERS, reserve::MOST);
        for number in FIRST_WORKERS..workers {
            self.add_worker(number)?;
        }
        Ok(CrewAtWork {
            gate: self.gate,
            ends: self.ends.1,
            workers,
        })
    }
}

impl CrewAtWork {
    /// Waits until all that was carried out is reported; to be called when the skill is gone.
    pub(crate) fn finish(self) {
        let end = Instant::now().checked_add(PATIENCE);
        let left = || {
            end.map_or(PATIENCE, |end| {
                end.saturating_duration_since(Instant::now())
            })
        };
        for _ in 0..self.workers {
            // A worker that hangs in a file system answers nobody any more.
            if self.ends.recv_timeout(left()).is_err() {
                break;
            }
        }
        self.gate.wait().flush();
    }
}

/// Enough for a start; one for each core joins when the skill runs.
const FIRST_WORKERS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(2);
