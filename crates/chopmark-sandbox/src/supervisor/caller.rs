//! Who calls: process, parent, program.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use rustix::fs::{Mode, OFlags, open, stat};

use super::Supervisor;
use super::hash::{Image, Work};
use crate::journal::{Process, Program};
use crate::known::Print;
use crate::report::Report;

/// The process behind a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Caller {
    /// Thread id.
    pub(super) thread: u32,
    /// Process id.
    pub(super) pid: u32,
    /// Number of the program it executes.
    pub(super) program: u32,
}

/// What is known of threads and programs.
#[derive(Debug, Default)]
pub(super) struct Callers {
    threads: HashMap<u32, Known>,
    programs: HashMap<ProgramKey, u32>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    caller: Caller,
    /// An exec was let run since the program was looked up.
    stale: bool,
}

type ProgramKey = (u64, u64, i64, u64);

impl Supervisor {
    /// Looks the thread up; a new process and a new program are reported.
    pub(super) fn caller(&self, thread: u32) -> Caller {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        match callers.threads.get(&thread) {
            Some(known) if !known.stale => return known.caller,
            Some(_) | None => {}
        }
        if callers.threads.len() >= MOST_KNOWN {
            callers.threads.clear();
        }
        let known = callers.threads.get(&thread).map(|known| known.caller.pid);
        let (pid, parent) = known.map_or_else(|| family(thread), |pid| (pid, 0));
        if known.is_none()
            && !callers
                .threads
                .values()
                .any(|other| other.caller.pid == pid)
        {
            let time_ns = self.now_ns();
            self.report(&Report::Process(Process {
                time_ns,
                pid,
                parent,
            }));
        }
        let program = self.program(&mut callers, thread);
        let caller = Caller {
            thread,
            pid,
            program,
        };
        callers.threads.insert(
            thread,
            Known {
                caller,
                stale: false,
            },
        );
        caller
    }

    /// Notes that the caller's program may change now.
    pub(super) fn expect_exec(&self, caller: Caller) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        for known in callers
            .threads
            .values_mut()
            .filter(|known| known.caller.pid == caller.pid)
        {
            known.stale = true;
        }
    }

    /// Drops a process that ends.
    pub(super) fn forget(&self, caller: Caller) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        callers
            .threads
            .retain(|_, known| known.caller.pid != caller.pid);
    }

    fn program(&self, callers: &mut Callers, thread: u32) -> u32 {
        let link = format!("/proc/{thread}/exe");
        let Ok(found) = stat(&link) else { return 0 };
        let key = (
            found.st_dev,
            found.st_ino,
            found.st_ctime,
            found.st_ctime_nsec,
        );
        if let Some(number) = callers.programs.get(&key) {
            return *number;
        }
        // Before its first exec the skill is still a copy of the helper, whose program is outside.
        let Ok(file) = open(&link, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) else {
            return 0;
        };
        let number = u32::try_from(callers.programs.len())
            .unwrap_or(0)
            .saturating_add(1);
        callers.programs.insert(key, number);
        let path = rustix::fs::readlink(&link, Vec::new())
            .map(std::ffi::CString::into_bytes)
            .unwrap_or_default();
        let time_ns = self.now_ns();
        let print = Print::of(&found);
        let known = print.and_then(|print| {
            let mut known = self.setup.known.iter();
            known.find(|known| known.print == print)
        });
        if let Some(known) = known {
            self.report(&Report::Program(Program {
                time_ns,
                number,
                device: known.print.device,
                inode: known.print.inode,
                size: known.print.size,
                sha256: known.sha256,
                path,
            }));
            return number;
        }
        self.hashes.fetch_add(1, Ordering::SeqCst);
        // The hashing thread lives as long as this process.
        let _ = self.images.send(Work::Hash(Image {
            number,
            time_ns,
            file,
            path,
        }));
        number
    }
}

/// Process id and parent's process id of a thread; zero when it is gone.
pub(super) fn family(thread: u32) -> (u32, u32) {
    let status = status(thread).unwrap_or_default();
    let field = |name: &str| status_field(&status, name).and_then(|value| value.parse().ok());
    (
        field("Tgid:").unwrap_or(thread),
        field("PPid:").unwrap_or(0),
    )
}

/// Text of a thread's status file.
pub(super) fn status(thread: u32) -> Option<String> {
    let path = format!("/proc/{thread}/status");
    let file = open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut text = vec![0_u8; 4096];
    let count = rustix::io::read(&file, &mut text).ok()?;
    text.truncate(count);
    String::from_utf8(text).ok()
}

/// Value of a line of a status file.
pub(super) fn status_field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}

const MOST_KNOWN: usize = 8192;
