//! Answers the skill's system calls: carries out, lets run or refuses, and reports each.
//!
//! Everything here runs in the helper, inside the skill's mount namespace and Landlock domain.

mod attributes;
mod before;
mod caller;
mod closed;
mod create;
mod exec;
mod fork;
mod hash;
mod memory;
mod mutate;
mod network;
mod open;
mod pipe;
mod place;
mod resolve;
mod watch;

use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use crate::journal::{Access, Operation, Verdict};
use crate::report::{Producer, Report, encode};
use crate::seccomp::{ARCH_X86_64, X32_BIT, closed_name};
use crate::setup::Setup;
use crate::sys::notify::{self, Notification};
use crate::sys::process::{exit_now, unshare_filesystem_state};
use caller::{Caller, Callers};
use hash::Work;
pub(crate) use place::{CONTROL_BELOW, CONTROL_NAMES, is_control_path};

/// The state that all supervising threads share.
pub(crate) struct Supervisor {
    setup: Setup,
    listener: OwnedFd,
    reports: Mutex<Reports>,
    callers: Mutex<Callers>,
    images: Sender<Work>,
    before: before::Before,
    process_device: u64,
    temp_device: u64,
    started_ns: u64,
}

struct Reports {
    producer: Producer,
    frame: Vec<u8>,
}

impl Supervisor {
    /// Takes over the skill's listener.
    pub(crate) fn new(
        setup: Setup,
        listener: OwnedFd,
        producer: Producer,
    ) -> Result<(Self, std::sync::mpsc::Receiver<Work>), Errno> {
        notify::wake_synchronously(listener.as_fd());
        let (images, hashed) = std::sync::mpsc::channel();
        let started_ns = setup.started_ns;
        let supervisor = Self {
            setup,
            listener,
            reports: Mutex::new(Reports {
                producer,
                frame: Vec::with_capacity(4096),
            }),
            callers: Mutex::new(Callers::default()),
            images,
            before: before::Before::default(),
            process_device: rustix::fs::stat("/proc")?.st_dev,
            temp_device: rustix::fs::stat("/tmp")?.st_dev,
            started_ns,
        };
        Ok((supervisor, hashed))
    }

    /// Waits for the last digest and wakes the supervising process to read what was reported.
    pub(crate) fn flush(&self) {
        let (done, hashed) = std::sync::mpsc::sync_channel(1);
        if self.images.send(Work::Answer(done)).is_ok() {
            // A hashing thread that is gone answers nothing, and there is nothing to wait for.
            let _ = hashed.recv();
        }
        self.reports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .producer
            .nudge();
    }

    /// Hands `report` on; without a reader nothing may go on.
    fn report(&self, report: &Report) {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let Reports { producer, frame } = &mut *reports;
        frame.clear();
        encode(report, frame);
        if producer.push(frame).is_err() {
            exit_now(1);
        }
    }

    fn now_ns(&self) -> u64 {
        now_ns().saturating_sub(self.started_ns)
    }

    /// Answers notifications until the filter's last user is gone.
    fn work(&self) {
        if unshare_filesystem_state().is_err() {
            exit_now(1);
        }
        loop {
            match notify::receive(self.listener.as_fd()) {
                Ok(notification) => self.handle(&notification),
                Err(Errno::NOENT) if notify::is_unused(self.listener.as_fd()) => return,
                Err(Errno::INTR | Errno::NOENT) => {}
                Err(_) => return,
            }
        }
    }

    fn handle(&self, call: &Notification) {
        let caller = self.caller(call.thread);
        let number = i64::from(call.number);
        if call.arch != ARCH_X86_64 {
            return self.kill_foreign(call, caller);
        }
        if call.number.cast_unsigned() & X32_BIT != 0 {
            return self.refuse_call(call, caller, "x32", Errno::NOSYS);
        }
        match number {
            libc::SYS_open | libc::SYS_openat | libc::SYS_openat2 | libc::SYS_creat => {
                self.open(call, caller);
            }
            libc::SYS_execve | libc::SYS_execveat => self.exec(call, caller),
            libc::SYS_clone => self.clone_namespaces(call, caller),
            libc::SYS_exit_group => {
                self.forget(caller);
                self.let_run(call);
            }
            libc::SYS_connect => self.connect(call, caller),
            libc::SYS_bind => self.bind(call, caller),
            libc::SYS_sendto | libc::SYS_sendmsg | libc::SYS_sendmmsg => self.send(call, caller),
            libc::SYS_memfd_create => self.memfd(call, caller),
            libc::SYS_prlimit64 => self.limit_process(call, caller),
            _ => match closed_name(number) {
                Some(name) => self.refuse_call(call, caller, name, Errno::PERM),
                None => self.mutate(call, caller),
            },
        }
    }

    fn let_run(&self, call: &Notification) {
        // The only failure is a caller that is gone.
        let _ = notify::let_run(self.listener.as_fd(), call.id);
    }

    fn fail(&self, call: &Notification, errno: Errno) {
        let _ = notify::fail(self.listener.as_fd(), call.id, errno);
    }

    fn succeed(&self, call: &Notification) {
        let _ = notify::answer(self.listener.as_fd(), call.id, 0);
    }

    fn still_waits(&self, call: &Notification) -> bool {
        notify::still_waits(self.listener.as_fd(), call.id)
    }

    /// A record with nothing but its caller and operation.
    fn access(&self, caller: Caller, operation: Operation) -> Access {
        Access {
            time_ns: self.now_ns(),
            pid: caller.pid,
            program: caller.program,
            operation,
            requested: Vec::new(),
            resolved: Vec::new(),
            second: Vec::new(),
            device: 0,
            inode: 0,
            flags: 0,
            verdict: Verdict::Allowed,
            rule: crate::setup::rule::SYSTEM,
            errno: 0,
        }
    }
}

/// Starts the supervising threads, the watch over amounts and the hashing of programs.
pub(crate) fn supervise(
    (supervisor, images): (Supervisor, std::sync::mpsc::Receiver<Work>),
    control: &OwnedFd,
) -> Result<Arc<Supervisor>, Errno> {
    let supervisor = Arc::new(supervisor);
    for _ in 0..WORKERS {
        let worker = Arc::clone(&supervisor);
        spawn("supervise", move || worker.work())?;
    }
    let hasher = Arc::clone(&supervisor);
    spawn("hash", move || hash::hash_all(&hasher, &images))?;
    let watch = Arc::clone(&supervisor);
    let (lifeline, alarm) = (control.try_clone(), control.try_clone());
    let (lifeline, alarm) = (lifeline.map_err(io_errno)?, alarm.map_err(io_errno)?);
    spawn("lifeline", move || watch::end_with(&lifeline))?;
    spawn("watch", move || watch::watch_amounts(&watch, &alarm))?;
    Ok(supervisor)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Errno> {
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK_BYTES);
    thread.spawn(work).map(drop).map_err(io_errno)
}

fn io_errno(error: std::io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::AGAIN)
}

/// Monotonic clock in nanoseconds.
pub(crate) fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(now.tv_nsec).unwrap_or(0);
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(nanoseconds)
}

const WORKERS: usize = 2;
const STACK_BYTES: usize = 512 * 1024;
