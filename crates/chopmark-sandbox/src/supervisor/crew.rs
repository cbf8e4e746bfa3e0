//! The helper's threads.
//!
//! They are started while the skill's first process still installs its filter. The first thread
//! answers calls itself, and none of the others has to be woken for the first call.

use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rustix::io::Errno;

use super::hash::{Work, hash_all};
use super::{Supervisor, io_errno, reserve, spawn, watch};
use crate::launch::control::{Message, tell};
use crate::report::Producer;
use crate::setup::Setup;
use crate::sys::process::exit_now;
use crate::sys::schedule::{Yields, answer_soon};

/// Held by each thread that answers calls and dropped when it answers no more; taken away here
/// when the first has ended.
type AtWork = Mutex<Option<Sender<()>>>;

/// Threads that stand by.
pub(crate) struct Crew {
    gate: Arc<OnceLock<Supervisor>>,
    images: Sender<Work>,
    at_work: Arc<AtWork>,
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
            at_work: Arc::new(Mutex::new(Some(at_work))),
        };
        let gate = Arc::clone(&crew.gate);
        let last_word = control.try_clone().map_err(io_errno)?;
        spawn("reap", move || {
            answer_soon(Yields::No);
            let message = reap();
            let supervisor = gate.wait();
            await_end(&working);
            supervisor.flush();
            tell(&last_word, &message);
            exit_now(0);
        })?;
        let gate = Arc::clone(&crew.gate);
        spawn("hash", move || hash_all(&gate, &hashed))?;
        let (gate, at_work) = (Arc::clone(&crew.gate), Arc::clone(&crew.at_work));
        let control = control.try_clone().map_err(io_errno)?;
        spawn("watch", move || {
            // Many runs are over before that.
            std::thread::sleep(FIRST_LOOK);
            let supervisor = gate.wait();
            add_workers(&gate, &at_work);
            watch::watch(supervisor, &control);
        })?;
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
        gate.get_or_init(|| supervisor).work(0);
        drop(held(&at_work).take());
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

fn held(at_work: &AtWork) -> MutexGuard<'_, Option<Sender<()>>> {
    at_work.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a thread for each further core; they stand in reserve.
fn add_workers(gate: &Arc<OnceLock<Supervisor>>, at_work: &AtWork) {
    let Some(at_work) = held(at_work).clone() else {
        return;
    };
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
/// The end of the supervising process is noticed so late at the start.
const FIRST_LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(2);
