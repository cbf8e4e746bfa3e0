//! Keeps a task and the thread that answers it on one core while a descriptor is handed over.
//!
//! Handing over wakes the task, and the scheduler would wake it on another core that is idle: on a
//! virtual machine that costs several times what the open does. So the supervising thread stays
//! where it was woken, and the task is bound to that core until it asks for something that others
//! could see the binding in, or pauses.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

use super::Supervisor;
use super::caller::{Caller, family};
use super::memory::int;
use crate::sys::notify::Notification;

/// Tasks that are bound now, with the cores that they may use by right.
#[derive(Debug, Default)]
pub(super) struct Bound(Mutex<HashMap<u32, Binding>>);

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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
            Ok(_) | Err(_) => false,
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
