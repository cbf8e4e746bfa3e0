//! Working folders of tasks, held between calls.
//!
//! A folder is held only for a task that shares its working folder with no other: it can then
//! change only by the task's own `chdir`, which is asked about, and is finished before the task
//! asks for anything else.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Supervisor;
use super::caller::Caller;
use super::memory::unsigned;
use crate::sys::notify::Notification;

/// The folders that are held.
#[derive(Debug, Default)]
pub(super) struct Folders(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    folders: HashMap<u32, Arc<OwnedFd>>,
    /// Tasks that share theirs with a thread.
    sharing: HashSet<u32>,
    /// Some process shares its folder with another: nobody's is held any more.
    given_up: bool,
}

impl Folders {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The task's working folder if it is held.
    pub(super) fn get(&self, caller: Caller) -> Option<Arc<OwnedFd>> {
        self.held().folders.get(&caller.thread).map(Arc::clone)
    }

    /// Holds the task's working folder if nobody else can change it.
    pub(super) fn hold(&self, caller: Caller, folder: &Arc<OwnedFd>) {
        let mut held = self.held();
        let alone = caller.thread == caller.pid && !held.sharing.contains(&caller.thread);
        if held.given_up || !alone {
            return;
        }
        if held.folders.len() >= MOST {
            held.folders.clear();
        }
        held.folders.insert(caller.thread, Arc::clone(folder));
    }

    /// The task is about to change its working folder, or ends.
    pub(super) fn drop_of(&self, thread: u32) {
        self.held().folders.remove(&thread);
    }

    /// A new task is about to be made with these flags. Its number may be that of an old one.
    pub(super) fn new_task(&self, thread: u32, flags: u32) {
        let mut held = self.held();
        held.folders.clear();
        if flags & CLONE_FS != 0 {
            if flags & CLONE_THREAD == 0 {
                held.given_up = true;
            } else {
                held.sharing.insert(thread);
            }
        }
    }
}

impl Supervisor {
    /// `chdir` and `fchdir`.
    pub(super) fn change_folder(&self, call: &Notification) {
        self.folders.drop_of(call.thread);
        self.let_run(call);
    }
}

/// The flags of a call that makes a task; none for `fork` and `vfork`, which share no folder.
pub(super) fn flags_of(call: &Notification) -> u32 {
    let [flags, ..] = call.arguments;
    if i64::from(call.number) == libc::SYS_clone {
        unsigned(flags)
    } else {
        0
    }
}

const CLONE_FS: u32 = libc::CLONE_FS.cast_unsigned();
const CLONE_THREAD: u32 = libc::CLONE_THREAD.cast_unsigned();
/// The helper may have few descriptors.
const MOST: usize = 64;

#[cfg(test)]
mod tests;
