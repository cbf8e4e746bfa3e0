//! Program starts: judged and recorded here, enforced by Landlock and mounts.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{Mode, OFlags, fstat, openat};
use rustix::io::Errno;

use super::Supervisor;
use super::caller::Caller;
use super::memory::{int, unsigned};
use super::resolve::{Found, Last, Walked};
use crate::journal::Operation;
use crate::report::Report;
use crate::setup::{Right, rule};
use crate::sys::notify::Notification;

impl Supervisor {
    /// `execve` and `execveat`. The call runs as it is, so the program that the record of the
    /// process names later is the truth; this one tells the intention and the refusal.
    pub(super) fn exec(&self, call: &Notification, caller: Caller) {
        let [a, b, _, _, e, _] = call.arguments;
        let (folder, address, flags) = match i64::from(call.number) {
            libc::SYS_execve => (libc::AT_FDCWD, a, 0),
            _ => (int(a), b, int(e)),
        };
        self.free_heir(call.thread);
        let mut access = self.access(caller, Operation::Exec);
        access.flags = u64::from(unsigned(flags.cast_unsigned().into()));
        access.requested = match self.read_path(call, address) {
            Ok(path) => path,
            Err(errno) => return self.fail(call, errno),
        };
        let object = if access.requested.is_empty() && flags & libc::AT_EMPTY_PATH != 0 {
            self.descriptor(caller, u64::from(folder.cast_unsigned()))
        } else {
            let last = if flags & libc::AT_SYMLINK_NOFOLLOW == 0 {
                Last::Follow
            } else {
                Last::Stay
            };
            self.program_at(caller, folder, &access.requested, last)
        };
        let object = match object {
            Ok(object) => object,
            Err(errno) => {
                let base = self.base(caller, folder, &access.requested).unwrap_or(None);
                let base = base.as_ref().map(AsFd::as_fd);
                access.resolved = self.leads_to(caller, base, &access.requested, Last::Follow);
                self.judge(&mut access, Err(errno));
                self.report(&Report::Access(access));
                return self.fail(call, errno);
            }
        };
        access.resolved = self.path_of(object.as_fd());
        if let Ok(stat) = fstat(&object) {
            (access.device, access.inode) = (stat.st_dev, stat.st_ino);
        }
        if is_loader(&access.resolved) {
            return self.refuse(call, access, rule::LOADER, Errno::ACCESS);
        }
        if !self.may_execute(&access.resolved) {
            return self.refuse(call, access, rule::NOT_GRANTED, Errno::ACCESS);
        }
        self.judge(&mut access, Ok(()));
        self.report(&Report::Access(access));
        self.expect_exec(caller);
        self.let_run(call);
    }

    fn program_at(
        &self,
        caller: Caller,
        folder: i32,
        path: &[u8],
        last: Last,
    ) -> Result<OwnedFd, Errno> {
        let base = self.base(caller, folder, path)?;
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        match self.walk(caller, base.as_ref().map(AsFd::as_fd), path, last)? {
            Walked::Folder(_) => Err(Errno::ACCESS),
            Walked::Name {
                folder,
                name,
                found,
            } => {
                let follow = if found == Found::Magic {
                    OFlags::empty()
                } else {
                    OFlags::NOFOLLOW
                };
                openat(
                    &folder,
                    OsStr::from_bytes(&name),
                    flags | follow,
                    Mode::empty(),
                )
            }
        }
    }

    /// The same rules that Landlock enforces.
    fn may_execute(&self, path: &[u8]) -> bool {
        self.setup.rights.iter().any(|(granted, right)| {
            let granted = granted.as_os_str().as_bytes();
            match right {
                Right::ExecuteFile => granted == path,
                Right::Execute => path
                    .strip_prefix(granted)
                    .is_some_and(|rest| rest.starts_with(b"/")),
                Right::Read | Right::Write | Right::Device => false,
            }
        })
    }
}

/// A program loader started by hand runs any file that can be read.
fn is_loader(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    name.starts_with(b"ld-linux") || name.starts_with(b"ld-musl") || name.starts_with(b"ld-2.")
}
