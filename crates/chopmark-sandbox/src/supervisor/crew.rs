//! The helper's threads.
//!
//! They are started while the skill's first process still installs its filter, and wait until
//! there is something to supervise. The first thread answers calls itself, so that no other has
//! to be woken for the first one.

use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::io::Errno;

use super::hash::{Work, hash_all};
use super::{Supervisor, io_errno, reserve, spawn, watch};
use crate::launch::control::{Message, tell};
use crate::report::Producer;
use crate::setup::Setup;
use crate::sys::process::exit_now;
use crate::sys::schedule::{Yields, answer_soon};

/// Threads that stand by.
pub(crate) struct Crew {
    gate: Arc<OnceLock<Supervisor>>,
    images: Sender<Work>,
    /// Dropped by each thread that answers calls when it answers no more.
    at_work: Sender<()>,
}

impl Crew {
    /// Starts the threads; `control` is left alone until they are at work. `reap` runs on one of
    /// them, until every process of the skill is gone; what it returns is the helper's last word.
    pub(crate) fn enlist(
        control: &OwnedFd,
        reap: impl FnOnce() -> Message + Send + 'static,
    ) -> Result<Self, Errno> {
        let (images, hashed) = channel();
        let (at_work, working) = channel();
        let crew = Self {
            gate: Arc::new(OnceLock::new()),
            images,
            at_work,
        };
        let gate = Arc::clone(&crew.gate);
        let last_word = control.try_clone().map_err(io_errno)?;
        spawn("reap", move || {
            let supervisor = gate.wait();
            answer_soon(Yields::No);
            let message = reap();
            await_end(&working);
            supervisor.flush();
            tell(&last_word, &message);
            exit_now(0);
        })?;
        let gate = Arc::clone(&crew.gate);
        spawn("hash", move || hash_all(gate.wait(), &hashed))?;
        let gate = Arc::clone(&crew.gate);
        let control = control.try_clone().map_err(io_errno)?;
        spawn("watch", move || watch::watch(gate.wait(), &control))?;
        Ok(crew)
    }

    /// Answers what comes from `listener`; the process ends with the skill. Returns only when
    /// there is nothing to answer with.
    pub(crate) fn supervise(self, setup: Setup, listener: OwnedFd, producer: Producer) -> Errno {
        let Self {
            gate,
            images,
            at_work,
        } = self;
        let supervisor = match Supervisor::new(setup, listener, producer, images) {
            Ok(supervisor) => supervisor,
            Err(errno) => return errno,
        };
        let others = (Arc::clone(&gate), at_work.clone());
        if let Err(errno) = spawn("reserve", move || add_workers(&others.0, &others.1)) {
            return errno;
        }
        gate.get_or_init(|| supervisor).work(0);
        drop(at_work);
        loop {
            std::thread::park();
        }
    }
}

/// Waits until no thread answers calls, so that all that was carried out is reported.
fn await_end(working: &Receiver<()>) {
    // Nobody sends: it ends when all are done, or when one hangs in a file system.
    let _ = working.recv_timeout(PATIENCE);
}

/// Starts a thread for each further core; they stand in reserve.
fn add_workers(gate: &Arc<OnceLock<Supervisor>>, at_work: &Sender<()>) {
    let workers = std::thread::available_parallelism()
        .map_or(FEWEST, std::num::NonZero::get)
        .clamp(FEWEST, reserve::MOST);
    for number in 1..workers {
        let (gate, at_work) = (Arc::clone(gate), at_work.clone());
        // With fewer threads the run is slower, not weaker.
        let _ = spawn("supervise", move || {
            gate.wait().work(number);
            drop(at_work);
        });
    }
}

/// One more than usually answers: a call may take long on a slow file system.
const FEWEST: usize = 2;
const PATIENCE: Duration = Duration::from_secs(2);
