//! Changes of an object's attributes: mode, owner, times, size, extended attributes.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::io::Errno;

use super::Supervisor;
use super::caller::Caller;
use super::memory::{int, unsigned};
use super::resolve::{Last, Walked};
use crate::journal::Operation;
use crate::report::Report;
use crate::seccomp::{SYS_REMOVEXATTRAT, SYS_SETXATTRAT};
use crate::setup::rule;
use crate::sys::notify::Notification;

/// How a call names its object.
enum Object {
    /// By a path from a folder.
    Path {
        folder: u64,
        address: u64,
        last: Last,
        may_be_empty: bool,
    },
    /// By a descriptor.
    Open(u64),
}

/// What is to be done to it.
enum Change {
    Mode(u32),
    Size(u64),
    /// The kernel does it: the object is fixed, or the mount decides.
    Run,
}

const HERE: u64 = 0xFFFF_FF9C;
const NOFOLLOW: u64 = 0x100;
const EMPTY_PATH: u64 = 0x1000;

impl Supervisor {
    /// Every call that changes an attribute.
    pub(super) fn change_attributes(&self, call: &Notification, caller: Caller) {
        let Some((operation, object, change)) = parse(call) else {
            return self.refuse_call(call, caller, "unknown", Errno::NOSYS);
        };
        let mut access = self.access(caller, operation);
        let found = match object {
            Object::Open(descriptor) => self.descriptor(caller, descriptor),
            Object::Path {
                folder,
                address,
                last,
                may_be_empty,
            } => {
                match self.read_path(call, address) {
                    Ok(path) if path.is_empty() && may_be_empty => self.descriptor(caller, folder),
                    Ok(path) => {
                        access.requested = path;
                        let found = self.object_at(caller, folder, &access.requested, last);
                        if found.is_err() {
                            let path = &access.requested;
                            let base = self.base(caller, int(folder), path).unwrap_or(None);
                            let base = base.as_ref().map(AsFd::as_fd);
                            access.resolved = self.leads_to(caller, base, path, last);
                        }
                        found
                    }
                    // Some calls take no path to mean the descriptor itself.
                    Err(Errno::FAULT) if address == 0 => self.descriptor(caller, folder),
                    Err(errno) => return self.fail(call, errno),
                }
            }
        };
        let found = match found {
            Ok(found) => found,
            Err(errno) => {
                self.judge(&mut access, Err(errno));
                self.report(&Report::Access(access));
                return self.fail(call, errno);
            }
        };
        access.resolved = self.path_of(found.as_fd());
        if let Ok(stat) = fstat(&found) {
            (access.device, access.inode) = (stat.st_dev, stat.st_ino);
        }
        let is_control = match change {
            // A folder of that name may get a mode, a file must keep its content.
            Change::Size(_) => self.is_control_name(&access.resolved),
            Change::Mode(_) | Change::Run => self.is_control(&access.resolved),
        };
        if is_control {
            return self.refuse(call, access, rule::CONTROL_PATH, Errno::ACCESS);
        }
        if !self.may_change(&found) {
            return self.refuse(call, access, rule::NOT_GRANTED, Errno::ROFS);
        }
        if let Change::Size(_) = change {
            self.note_held_before(&found);
            access.second = self.tell_before(access.device, access.inode);
        }
        let outcome = match change {
            Change::Mode(mode) => change_mode(&found, mode),
            Change::Size(bytes) => change_size(&found, bytes),
            Change::Run => {
                self.judge(&mut access, Ok(()));
                self.report(&Report::Access(access));
                return self.let_run(call);
            }
        };
        self.judge(&mut access, outcome);
        self.report(&Report::Access(access));
        match outcome {
            Ok(()) => self.succeed(call),
            Err(errno) => self.fail(call, errno),
        }
    }

    fn object_at(
        &self,
        caller: Caller,
        folder: u64,
        path: &[u8],
        last: Last,
    ) -> Result<OwnedFd, Errno> {
        use std::os::unix::ffi::OsStrExt as _;
        let base = self.base(caller, int(folder), path)?;
        match self.walk(caller, base.as_ref().map(AsFd::as_fd), path, last)? {
            Walked::Folder(folder) => Ok(folder),
            Walked::Name {
                folder,
                name,
                found,
            } => {
                let follow = match found {
                    super::resolve::Found::Magic => OFlags::empty(),
                    super::resolve::Found::Missing | super::resolve::Found::Plain => {
                        OFlags::NOFOLLOW
                    }
                };
                let flags = OFlags::PATH | OFlags::CLOEXEC | follow;
                openat(
                    &folder,
                    std::ffi::OsStr::from_bytes(&name),
                    flags,
                    Mode::empty(),
                )
            }
        }
    }

    /// The object behind one of the caller's descriptors.
    pub(super) fn descriptor(&self, caller: Caller, descriptor: u64) -> Result<OwnedFd, Errno> {
        let number = int(descriptor);
        let link = if number == libc::AT_FDCWD {
            format!("/proc/{}/cwd", caller.thread)
        } else {
            format!("/proc/{}/fd/{number}", caller.thread)
        };
        openat(CWD, link, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).map_err(|_| Errno::BADF)
    }

    /// Whether the mount below the object can be written; pipes and sockets have none.
    fn may_change(&self, object: &OwnedFd) -> bool {
        rustix::fs::fstatvfs(object)
            .is_ok_and(|found| !found.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY))
    }
}

fn parse(call: &Notification) -> Option<(Operation, Object, Change)> {
    let [a, b, c, d, e, _] = call.arguments;
    let path = |folder, address, last| Object::Path {
        folder,
        address,
        last,
        may_be_empty: false,
    };
    let follow = Last::Follow;
    let at_flags = |folder, address, flags: u64| Object::Path {
        folder,
        address,
        last: if flags & NOFOLLOW == 0 {
            Last::Follow
        } else {
            Last::Stay
        },
        may_be_empty: flags & EMPTY_PATH != 0,
    };
    Some(match i64::from(call.number) {
        libc::SYS_chmod => (
            Operation::Chmod,
            path(HERE, a, follow),
            Change::Mode(unsigned(b)),
        ),
        libc::SYS_fchmodat => (
            Operation::Chmod,
            path(a, b, follow),
            Change::Mode(unsigned(c)),
        ),
        libc::SYS_fchmodat2 => (
            Operation::Chmod,
            at_flags(a, b, d),
            Change::Mode(unsigned(c)),
        ),
        libc::SYS_fchmod => (Operation::Chmod, Object::Open(a), Change::Run),
        libc::SYS_chown => (Operation::Chown, path(HERE, a, follow), Change::Run),
        libc::SYS_lchown => (Operation::Chown, path(HERE, a, Last::Stay), Change::Run),
        libc::SYS_fchown => (Operation::Chown, Object::Open(a), Change::Run),
        libc::SYS_fchownat => (Operation::Chown, at_flags(a, b, e), Change::Run),
        libc::SYS_truncate => (Operation::Truncate, path(HERE, a, follow), Change::Size(b)),
        libc::SYS_setxattr | libc::SYS_removexattr => {
            (Operation::Xattr, path(HERE, a, follow), Change::Run)
        }
        libc::SYS_lsetxattr | libc::SYS_lremovexattr => {
            (Operation::Xattr, path(HERE, a, Last::Stay), Change::Run)
        }
        libc::SYS_fsetxattr | libc::SYS_fremovexattr => {
            (Operation::Xattr, Object::Open(a), Change::Run)
        }
        SYS_SETXATTRAT | SYS_REMOVEXATTRAT => (Operation::Xattr, at_flags(a, b, c), Change::Run),
        libc::SYS_utime | libc::SYS_utimes => {
            (Operation::Utime, path(HERE, a, follow), Change::Run)
        }
        libc::SYS_futimesat => (Operation::Utime, path(a, b, follow), Change::Run),
        libc::SYS_utimensat => (Operation::Utime, at_flags(a, b, d), Change::Run),
        _ => return None,
    })
}

/// The helper's own name for an object that it holds without the right to read it.
fn held(object: &OwnedFd) -> Result<CString, Errno> {
    CString::new(format!("/proc/self/fd/{}", object.as_raw_fd())).map_err(|_| Errno::INVAL)
}

fn change_mode(object: &OwnedFd, mode: u32) -> Result<(), Errno> {
    rustix::fs::chmod(held(object)?, Mode::from_raw_mode(mode & 0o7777))
}

fn change_size(object: &OwnedFd, bytes: u64) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = openat(CWD, held(object)?, flags, Mode::empty())?;
    rustix::fs::ftruncate(&file, bytes)
}
