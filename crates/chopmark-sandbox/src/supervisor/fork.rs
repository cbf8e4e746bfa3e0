//! The number of processes and threads, held for root and others alike.
//!
//! Starting one is not asked for: a call that waits for the supervisor can be interrupted by a
//! signal, and programs that start others get a signal for each that ends. So the helper counts,
//! and ends the newest ones beyond the limit before they have done much. For all but root the
//! kernel's own limit refuses as well.

use rustix::fs::{CWD, Dir, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::Supervisor;
use super::caller::Caller;
use crate::journal::{Operation, Verdict};
use crate::report::Report;
use crate::setup::rule;
use crate::sys::notify::Notification;

/// How many there were at the last look, and how many can have been started since.
#[derive(Debug, Default)]
pub(super) struct Count {
    alive: u64,
    newest: u64,
}

/// A process and what tells its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    started: u64,
    pid: u32,
    parent: u32,
    threads: u64,
    /// It ended, and its parent has not asked how.
    dead: bool,
}

impl Supervisor {
    /// `clone` into namespaces; every other start runs unasked.
    pub(super) fn clone_namespaces(&self, call: &Notification, caller: Caller) {
        self.refuse_call(call, caller, "clone", Errno::PERM);
    }

    /// Ends the newest processes beyond the limit and records that they were refused.
    pub(super) fn bound_processes(&self, count: &mut Count) {
        let limit = self.setup.limits.processes;
        let newest = newest_pid();
        // Without a number to go by every look counts; after the last number comes a small one.
        let started = match newest.zip(Some(count.newest)) {
            Some((newest, before)) if newest >= before => newest.saturating_sub(before),
            Some(_) | None => limit,
        };
        if started == 0 || count.alive.saturating_add(started) <= limit {
            return;
        }
        let (dead, mut members): (Vec<Member>, Vec<Member>) =
            members().into_iter().partition(|member| member.dead);
        members.sort_unstable_by(|one, other| other.cmp(one));
        self.bound_dead(&dead);
        let mut alive: u64 = members.iter().map(|member| member.threads).sum();
        for member in members {
            if alive <= limit {
                break;
            }
            alive = alive.saturating_sub(member.threads);
            self.end_one(member);
        }
        *count = Count {
            alive,
            newest: newest.unwrap_or(0),
        };
    }

    /// Ends whoever starts processes without end and never asks how they ended.
    fn bound_dead(&self, dead: &[Member]) {
        if let Some(newest) = dead.iter().max().filter(|_| dead.len() > MOST_DEAD) {
            self.end_one(Member {
                pid: newest.parent,
                ..*newest
            });
        }
    }

    fn end_one(&self, member: Member) {
        if let Some(pid) = i32::try_from(member.pid).ok().and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
        let caller = Caller {
            thread: member.parent,
            pid: member.parent,
            program: 0,
        };
        let mut access = self.access(caller, Operation::Fork);
        access.verdict = Verdict::Denied;
        access.rule = rule::PROCESS_LIMIT;
        access.errno = libc::EAGAIN;
        self.report(&Report::Access(access));
    }
}

/// The number that was given last in this process namespace.
fn newest_pid() -> Option<u64> {
    read("/proc/loadavg")?
        .split_whitespace()
        .last()?
        .parse()
        .ok()
}

/// Every process but the helper.
fn members() -> Vec<Member> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let entries = openat(CWD, "/proc", flags, Mode::empty()).and_then(Dir::new);
    entries
        .into_iter()
        .flat_map(Iterator::flatten)
        .filter_map(|entry| entry.file_name().to_str().ok()?.parse::<u32>().ok())
        .filter(|pid| *pid != 1)
        .filter_map(member)
        .collect()
}

fn member(pid: u32) -> Option<Member> {
    let text = read(&format!("/proc/{pid}/stat"))?;
    // The name before may hold anything.
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let field = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Member {
        started: field(19)?,
        pid,
        parent: u32::try_from(field(1)?).ok()?,
        threads: field(17)?,
        dead: matches!(fields.first(), Some(&"Z" | &"X")),
    })
}

fn read(path: &str) -> Option<String> {
    let file = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut text = vec![0_u8; 1024];
    let count = rustix::io::read(&file, &mut text).ok()?;
    text.truncate(count);
    String::from_utf8(text).ok()
}

/// Processes that ended and were not asked for take a number and a little of the kernel's memory.
const MOST_DEAD: usize = 16_384;
