//! How many threads wait for calls.
//!
//! The kernel wakes every thread that waits at the listener for each call. So one waits, and the
//! others stand in reserve until calls of several tasks come at once, or one call takes long.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The threads that stand in reserve.
#[derive(Debug)]
pub(super) struct Reserve {
    state: Mutex<State>,
    called: Condvar,
    answered: AtomicU64,
}

#[derive(Debug)]
struct State {
    /// Threads with a lower number than this wait for calls.
    wanted: usize,
    ended: bool,
}

/// What one thread has seen of others' calls.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    last: Option<u32>,
    waited: bool,
    met: u32,
    alone: u32,
}

impl Default for Reserve {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                wanted: 1,
                ended: false,
            }),
            called: Condvar::new(),
            answered: AtomicU64::new(0),
        }
    }
}

impl Reserve {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the thread with this number is wanted; false when nobody is any more.
    pub(super) fn is_wanted(&self, number: usize) -> bool {
        if number == 0 {
            return true;
        }
        let idle = |state: &mut State| !state.ended && number >= state.wanted;
        let state = self
            .called
            .wait_while(self.state(), idle)
            .unwrap_or_else(PoisonError::into_inner);
        !state.ended
    }

    /// One more shall wait for calls, if there is one more.
    pub(super) fn call(&self) {
        let mut state = self.state();
        state.wanted = state.wanted.saturating_add(1).min(MOST);
        self.called.notify_all();
    }

    /// The skill is gone.
    pub(super) fn end(&self) {
        self.state().ended = true;
        self.called.notify_all();
    }

    /// Notes what `crowd` saw when the thread with this number received a call.
    pub(super) fn look(&self, number: usize, crowd: &mut Crowd, task: u32) {
        let met = crowd.waited && crowd.last.is_some_and(|last| last != task);
        crowd.last = Some(task);
        if met {
            crowd.met = crowd.met.saturating_add(1);
            crowd.alone = 0;
            if crowd.met >= MEETINGS {
                crowd.met = 0;
                self.call();
            }
        } else {
            crowd.met = 0;
            crowd.alone = crowd.alone.saturating_add(1);
            if number > 0 && crowd.alone >= QUIET_CALLS {
                crowd.alone = 0;
                let mut state = self.state();
                state.wanted = state.wanted.min(number);
            }
        }
    }

    /// Notes that a call was answered, and whether another one waits.
    pub(super) fn answered(&self, crowd: &mut Crowd, waits: bool) {
        crowd.waited = waits;
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// Calls answered so far.
    pub(super) fn count(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

/// Calls of another task that waited, one after the other, until one more thread is called.
const MEETINGS: u32 = 4;
/// Calls that met nobody until a called thread goes back.
const QUIET_CALLS: u32 = 64;
/// As many as the helper has threads for it.
pub(super) const MOST: usize = 8;

#[cfg(test)]
mod tests;
