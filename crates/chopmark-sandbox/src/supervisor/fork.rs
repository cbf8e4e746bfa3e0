//! The number of processes and threads, counted for root and others alike.

use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{CWD, Dir, Mode, OFlags, openat, stat};
use rustix::io::Errno;

use super::Supervisor;
use super::caller::Caller;
use super::memory::unsigned;
use crate::journal::Operation;
use crate::seccomp::NEW_NAMESPACES;
use crate::setup::rule;
use crate::sys::notify::Notification;

/// An upper bound of the threads alive: the last count plus all started since.
#[derive(Debug, Default)]
pub(super) struct ThreadCount(AtomicU64);

impl Supervisor {
    /// `clone`, `fork` and `vfork`.
    pub(super) fn fork(&self, call: &Notification, caller: Caller) {
        let [flags, ..] = call.arguments;
        if i64::from(call.number) == libc::SYS_clone && unsigned(flags) & NEW_NAMESPACES != 0 {
            return self.refuse_call(call, caller, "clone", Errno::PERM);
        }
        let limit = self.setup.limits.processes;
        let bound = self
            .threads
            .0
            .fetch_add(1, Ordering::SeqCst)
            .saturating_add(1);
        if bound >= limit {
            let alive = count_threads().saturating_add(1);
            self.threads.0.store(alive, Ordering::SeqCst);
            if alive > limit {
                let access = self.access(caller, Operation::Fork);
                return self.refuse(call, access, rule::PROCESS_LIMIT, Errno::AGAIN);
            }
        }
        // The new task inherits the cores of this one.
        self.release(caller.thread);
        self.let_run(call);
    }
}

/// Threads of all processes but the helper.
fn count_threads() -> u64 {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(folder) = openat(CWD, "/proc", flags, Mode::empty()) else {
        return u64::MAX;
    };
    let Ok(entries) = Dir::new(folder) else {
        return u64::MAX;
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().ok()?.parse::<u32>().ok())
        .filter(|pid| *pid != 1)
        .map(|pid| {
            // A folder has two links of its own and one for each thread below.
            stat(format!("/proc/{pid}/task")).map_or(0, |found| found.st_nlink.saturating_sub(2))
        })
        .fold(0, u64::saturating_add)
}
