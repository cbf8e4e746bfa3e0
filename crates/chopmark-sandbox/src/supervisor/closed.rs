//! Calls that are closed, and files in memory.

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::Supervisor;
use super::caller::Caller;
use super::memory::unsigned;
use crate::journal::{Operation, Verdict};
use crate::report::Report;
use crate::setup::rule;
use crate::sys::notify::Notification;

impl Supervisor {
    /// Records and refuses a closed call.
    pub(super) fn refuse_call(
        &self,
        call: &Notification,
        caller: Caller,
        name: &str,
        errno: Errno,
    ) {
        let mut access = self.access(caller, Operation::Call);
        access.requested = name.as_bytes().to_vec();
        access.resolved.clone_from(&access.requested);
        access.flags = u64::from(call.number.cast_unsigned());
        self.refuse(call, access, rule::CLOSED_CALL, errno);
    }

    /// A call of another architecture: recorded, and the process is killed.
    pub(super) fn kill_foreign(&self, call: &Notification, caller: Caller) {
        let mut access = self.access(caller, Operation::Call);
        access.requested = b"foreign-architecture".to_vec();
        access.resolved.clone_from(&access.requested);
        access.flags = u64::from(call.number.cast_unsigned());
        access.verdict = Verdict::Denied;
        access.rule = rule::CLOSED_CALL;
        access.errno = libc::ENOSYS;
        self.report(&Report::Access(access));
        if let Some(pid) = i32::try_from(caller.pid).ok().and_then(Pid::from_raw) {
            // It waits for an answer that never comes; failing that, it is refused.
            let _ = kill_process(pid, Signal::KILL);
        }
        self.fail(call, Errno::NOSYS);
    }

    /// `prlimit64` of a process that is named: its own, or none.
    pub(super) fn limit_process(&self, call: &Notification, caller: Caller) {
        let [process, ..] = call.arguments;
        if unsigned(process) == caller.pid || unsigned(process) == caller.thread {
            self.let_run(call);
        } else {
            self.refuse_call(call, caller, "prlimit64", Errno::PERM);
        }
    }

    /// `memfd_create`: made by the helper, sealed against execution.
    pub(super) fn memfd(&self, call: &Notification, caller: Caller) {
        let [name, flags, ..] = call.arguments;
        let mut access = self.access(caller, Operation::Memfd);
        access.requested = match self.read_path(call, name) {
            Ok(name) => name,
            Err(errno) => return self.fail(call, errno),
        };
        let flags = MemfdFlags::from_bits_retain(unsigned(flags));
        access.flags = u64::from(flags.bits());
        if flags.contains(MemfdFlags::EXEC) {
            return self.refuse(call, access, rule::CLOSED_CALL, Errno::ACCESS);
        }
        let wanted = flags | MemfdFlags::CLOEXEC | MemfdFlags::NOEXEC_SEAL;
        match memfd_create(access.requested.as_slice(), wanted) {
            Ok(file) => {
                self.report(&Report::Access(access));
                self.inject(call, &file, flags.contains(MemfdFlags::CLOEXEC));
            }
            Err(errno) => self.fail(call, errno),
        }
    }
}
