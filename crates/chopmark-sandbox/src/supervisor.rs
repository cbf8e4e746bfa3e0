//! Answers the skill's system calls: carries out, lets run or refuses, and reports each.
//!
//! Everything here runs in the helper, inside the skill's mount namespace and Landlock domain.

mod attributes;
mod before;
mod caller;
mod closed;
mod create;
mod crew;
mod exec;
mod fork;
mod hash;
mod member;
mod memory;
mod mutate;
mod network;
mod open;
mod pipe;
mod place;
mod processor;
mod reserve;
mod resolve;
mod seat;
mod watch;

use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::thread::CpuSet;
use rustix::time::{ClockId, clock_gettime};

use crate::journal::{Access, Operation, Verdict};
use crate::report::{Producer, Report, encode};
use crate::seccomp::{ARCH_X86_64, X32_BIT, closed_name};
use crate::setup::Setup;
use crate::sys::notify::{self, Notification};
use crate::sys::process::{exit_now, unshare_filesystem_state};
use crate::sys::schedule::{Yields, answer_soon};
use crate::sys::thread::start_thread;
use caller::{Caller, Callers};
pub(crate) use crew::Crew;
use hash::Work;

/// The state that all supervising threads share.
pub(crate) struct Supervisor {
    setup: Setup,
    listener: OwnedFd,
    reports: Mutex<Reports>,
    callers: Mutex<Callers>,
    images: Sender<Work>,
    /// Images that were handed to the hashing thread.
    hashes: AtomicU64,
    before: before::Before,
    process_device: u64,
    /// `/proc`, and in it the folder of the helper's own descriptors: held, for each open needs them.
    processes: OwnedFd,
    descriptors: OwnedFd,
    temp_device: u64,
    /// The helper's cores when there are several.
    cores: Option<CpuSet>,
    bound: seat::Bound,
    reserve: reserve::Reserve,
    started_ns: u64,
}

struct Reports {
    producer: Producer,
    frame: Vec<u8>,
}

impl Supervisor {
    /// Takes over the skill's listener; `images` leads to the hashing thread.
    fn new(
        setup: Setup,
        listener: OwnedFd,
        producer: Producer,
        images: Sender<Work>,
    ) -> Result<Self, Errno> {
        notify::wake_synchronously(listener.as_fd());
        let started_ns = setup.started_ns;
        Ok(Self {
            setup,
            listener,
            reports: Mutex::new(Reports {
                producer,
                frame: Vec::with_capacity(4096),
            }),
            callers: Mutex::new(Callers::default()),
            images,
            hashes: AtomicU64::new(0),
            before: before::Before::default(),
            process_device: rustix::fs::stat("/proc")?.st_dev,
            processes: held_folder("/proc")?,
            descriptors: held_folder("/proc/self/fd")?,
            temp_device: rustix::fs::stat("/tmp")?.st_dev,
            cores: seat::cores(),
            bound: seat::Bound::default(),
            reserve: reserve::Reserve::default(),
            started_ns,
        })
    }

    /// Waits for the last digest and wakes the supervising process to read what was reported.
    fn flush(&self) {
        let (done, hashed) = std::sync::mpsc::sync_channel(1);
        let asked = self.hashes.load(Ordering::SeqCst) > 0;
        if asked && self.images.send(Work::Answer(done)).is_ok() {
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

    /// Answers notifications until the filter's last user is gone; `number` counts the threads.
    fn work(&self, number: usize) {
        if unshare_filesystem_state().is_err() {
            exit_now(1);
        }
        answer_soon(Yields::ToItsWaker);
        let mut crowd = reserve::Crowd::default();
        while self.reserve.is_wanted(number) {
            match notify::receive(self.listener.as_fd()) {
                Ok(call) => {
                    self.reserve.look(number, &mut crowd, call.thread);
                    self.turn_to(call.thread);
                    self.handle(&call);
                    let waits = notify::one_waits(self.listener.as_fd());
                    self.reserve.answered(&mut crowd, waits);
                    if !waits {
                        self.stand_up();
                    }
                }
                Err(Errno::NOENT) if notify::is_unused(self.listener.as_fd()) => break,
                Err(Errno::INTR | Errno::NOENT) => {}
                Err(_) => break,
            }
        }
        self.reserve.end();
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
            libc::SYS_sched_getaffinity => self.ask_cores(call),
            libc::SYS_sched_setaffinity => self.choose_cores(call, caller),
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

fn held_folder(path: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty())
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Errno> {
    start_thread(name, STACK_BYTES, work)
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

const STACK_BYTES: usize = 512 * 1024;
