//! The number of processes and threads, held for root and others alike.
//!
//! Starting one is not asked for: a call that waits for the supervisor can be interrupted by a
//! signal, and programs that start others get a signal for each that ends. So the helper counts,
//! and ends the newest ones beyond the limit before they have done much. For all but root the
//! kernel's own limit refuses as well.

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::Supervisor;
use super::caller::Caller;
use super::member::{Member, members, read};
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

/// Processes that ended and were not asked for take a number and a little of the kernel's memory.
const MOST_DEAD: usize = 16_384;
