//! Keeps a task and the thread that answers it on one core while a descriptor is handed over.
//!
//! Handing over wakes the task, and the scheduler would wake it on another core that is idle: on a
//! virtual machine that costs several times what the open does. So the supervising thread stays
//! where it was woken, and the task is bound to that core until it asks for something that others
//! could see the binding in, or pauses.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{CWD, Dir, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

use super::Supervisor;
use super::caller::{Caller, family};
use super::memory::int;
use crate::sys::notify::Notification;

/// Tasks that are bound now, with the cores that they may use by right.
#[derive(Debug, Default)]
pub(super) struct Bound {
    tasks: Mutex<HashMap<u32, Binding>>,
    /// Whether the skill has chosen cores itself: then a narrow set may be its own choice.
    chosen: AtomicBool,
    /// Whether a task was bound since the last look for heirs.
    used: AtomicBool,
}

#[derive(Debug)]
struct Binding {
    own: CpuSet,
    core: usize,
}

thread_local! {
    /// The task that this supervising thread bound last.
    static PARTNER: Cell<Option<u32>> = const { Cell::new(None) };
    /// Whether this supervising thread is bound itself.
    static SEATED: Cell<bool> = const { Cell::new(false) };
}

impl Bound {
    fn tasks(&self) -> MutexGuard<'_, HashMap<u32, Binding>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_have_chosen(&self) -> bool {
        self.chosen.load(Ordering::SeqCst)
    }
}

impl Supervisor {
    /// Binds `thread` and this thread to the core that this thread runs on.
    pub(super) fn sit_with(&self, thread: u32) {
        let Some(helpers) = &self.cores else { return };
        let core = sched_getcpu();
        if !helpers.is_set(core) || !self.bind_task(thread, core) {
            return;
        }
        PARTNER.set(Some(thread));
        if !SEATED.get() && sched_setaffinity(None, &only(core)).is_ok() {
            SEATED.set(true);
        }
    }

    fn bind_task(&self, thread: u32, core: usize) -> bool {
        let mut tasks = self.bound.tasks();
        self.bound.used.store(true, Ordering::SeqCst);
        let pid = pid(thread);
        // One that another thread has bound elsewhere stays there: tasks on several cores shall.
        if let Some(binding) = tasks.get(&thread) {
            return binding.core == core;
        }
        // A task that was bound by itself or its parent to other cores is left there.
        match sched_getaffinity(pid) {
            Ok(own) if own.is_set(core) && own.count() > 1 => {
                let done = sched_setaffinity(pid, &only(core)).is_ok();
                if done {
                    tasks.insert(thread, Binding { own, core });
                }
                done
            }
            Ok(own) if self.is_inherited(&own) => {
                let (done, own) = (sched_setaffinity(pid, &only(core)).is_ok(), self.cores);
                if let Some(own) = own.filter(|_| done) {
                    tasks.insert(thread, Binding { own, core });
                }
                done
            }
            Ok(_) | Err(_) => false,
        }
    }

    /// Whether a task has these cores only because it was started by one that was bound: nobody
    /// asks us before a start.
    fn is_inherited(&self, own: &CpuSet) -> bool {
        own.count() == 1 && !self.bound.may_have_chosen()
    }

    /// Gives a task that inherited a binding its cores back, as a program begins in it.
    pub(super) fn free_heir(&self, thread: u32) {
        let Some(cores) = &self.cores else { return };
        let tasks = self.bound.tasks();
        let narrow = |own: CpuSet| self.is_inherited(&own);
        if !tasks.contains_key(&thread) && sched_getaffinity(pid(thread)).is_ok_and(narrow) {
            // The only failure is a task that is gone.
            let _ = sched_setaffinity(pid(thread), cores);
        }
    }

    /// As [`Self::free_heir`], for every task: those that call nothing are seen by nobody else.
    pub(super) fn free_heirs(&self) {
        let used = self.bound.used.swap(false, Ordering::SeqCst);
        if !used || self.cores.is_none() || self.bound.may_have_chosen() {
            return;
        }
        for thread in threads() {
            self.free_heir(thread);
        }
    }

    /// Gives a task its own cores back.
    pub(super) fn release(&self, thread: u32) {
        if self.cores.is_some() {
            restore(&mut self.bound.tasks(), thread);
        }
    }

    /// Before another call is answered: the partner of the last one is let go.
    pub(super) fn turn_to(&self, thread: u32) {
        match PARTNER.get() {
            Some(partner) if partner != thread => {
                PARTNER.set(None);
                self.release(partner);
            }
            Some(_) | None => {}
        }
    }

    /// When no call waits: everybody may move again.
    pub(super) fn stand_up(&self) {
        if let Some(partner) = PARTNER.take() {
            self.release(partner);
        }
        if let Some(cores) = &self.cores
            && SEATED.replace(false)
        {
            // The worst is that this thread stays where it is.
            let _ = sched_setaffinity(None, cores);
        }
    }

    /// `sched_getaffinity`: the answer is the kernel's, without our binding.
    pub(super) fn ask_cores(&self, call: &Notification) {
        let mut tasks = self.bound.tasks();
        let bound: Vec<u32> = tasks.keys().copied().collect();
        for thread in bound {
            restore(&mut tasks, thread);
        }
        drop(tasks);
        let [target, ..] = call.arguments;
        match u32::try_from(int(target)) {
            Ok(0) | Err(_) => self.free_heir(call.thread),
            Ok(thread) => self.free_heir(thread),
        }
        self.let_run(call);
    }

    /// `sched_setaffinity`, carried out here so that no binding is put back over it.
    pub(super) fn choose_cores(&self, call: &Notification, caller: Caller) {
        match self.choose(call, caller) {
            Ok(()) => self.succeed(call),
            Err(errno) => self.fail(call, errno),
        }
    }

    fn choose(&self, call: &Notification, caller: Caller) -> Result<(), Errno> {
        let [target, length, address, ..] = call.arguments;
        let length = length.min(MASK_BYTES);
        let mask = self.read_bytes(call, address, length, 128)?;
        let mut cores = CpuSet::new();
        for (index, byte) in mask.iter().enumerate() {
            for bit in (0..8_usize).filter(|bit| byte >> bit & 1 == 1) {
                cores.set(index.saturating_mul(8).saturating_add(bit));
            }
        }
        let thread = match u32::try_from(int(target)) {
            Ok(0) => caller.thread,
            Ok(thread) => thread,
            Err(_) => return Err(Errno::SRCH),
        };
        // The helper's own threads are not the skill's to move.
        if family(thread).0 == 1 {
            return Err(Errno::PERM);
        }
        let mut tasks = self.bound.tasks();
        self.bound.chosen.store(true, Ordering::SeqCst);
        restore(&mut tasks, thread);
        sched_setaffinity(pid(thread), &cores)
    }
}

fn restore(tasks: &mut HashMap<u32, Binding>, thread: u32) {
    if let Some(binding) = tasks.remove(&thread) {
        // The only failure is a task that is gone.
        let _ = sched_setaffinity(pid(thread), &binding.own);
    }
}

/// Every thread of every process but the helper.
fn threads() -> Vec<u32> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let numbers = |path: &str| -> Vec<u32> {
        let entries = openat(CWD, path, flags, Mode::empty()).and_then(Dir::new);
        let entries = entries.into_iter().flat_map(Iterator::flatten);
        entries
            .filter_map(|entry| entry.file_name().to_str().ok()?.parse().ok())
            .collect()
    };
    let processes = numbers("/proc").into_iter().filter(|pid| *pid != 1);
    processes
        .flat_map(|pid| numbers(&format!("/proc/{pid}/task")))
        .collect()
}

/// The cores of this process when there is a choice among them.
pub(super) fn cores() -> Option<CpuSet> {
    sched_getaffinity(None).ok().filter(|own| own.count() > 1)
}

fn only(core: usize) -> CpuSet {
    let mut cores = CpuSet::new();
    cores.set(core);
    cores
}

fn pid(thread: u32) -> Option<Pid> {
    // No task has id 0, which would mean ourselves.
    i32::try_from(thread).ok().and_then(Pid::from_raw)
}

/// What fits a set of 1,024 cores.
const MASK_BYTES: u64 = 128;
