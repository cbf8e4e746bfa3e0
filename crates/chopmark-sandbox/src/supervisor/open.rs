//! Opens files for the caller and hands it the descriptor.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{
    CWD, FileType, Mode, OFlags, ResolveFlags, Stat, fcntl_setfl, fstat, openat, openat2,
};
use rustix::io::Errno;

use super::Supervisor;
use super::caller::Caller;
use super::memory::{int, unsigned, word};
use super::resolve::{Found, Last, Walked};
use crate::journal::{Operation, Verdict};
use crate::report::Report;
use crate::setup::rule;
use crate::sys::notify::{self, Notification};

/// What is to be opened.
pub(super) struct Request {
    pub(super) folder: i32,
    pub(super) path: Vec<u8>,
    pub(super) flags: OFlags,
    pub(super) mode: u32,
    pub(super) resolve: ResolveFlags,
}

impl Request {
    /// The path as it is taken from the folder: where the folder is to be the root, an absolute
    /// path begins there too.
    fn path_in_folder(&self) -> &[u8] {
        if !self.resolve.contains(ResolveFlags::IN_ROOT) {
            return &self.path;
        }
        let start = self.path.iter().position(|byte| *byte != b'/');
        start
            .and_then(|start| self.path.get(start..))
            .unwrap_or(b".")
    }
}

/// Why an open failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenError {
    /// The kernel said so.
    Errno(Errno),
    /// A control path would be changed.
    Control,
}

/// An open file, and what it is.
pub(super) struct Opened {
    file: OwnedFd,
    stat: Stat,
}

impl Opened {
    fn new(file: OwnedFd) -> Result<Self, OpenError> {
        let stat = fstat(&file)?;
        Ok(Self { file, stat })
    }

    fn is_pipe(&self) -> bool {
        FileType::from_raw_mode(self.stat.st_mode) == FileType::Fifo
    }
}

impl From<Errno> for OpenError {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl Supervisor {
    /// `open`, `openat`, `openat2` and `creat`.
    pub(super) fn open(&self, call: &Notification, caller: Caller) {
        let mut access = self.access(caller, Operation::Open);
        let request = match self.open_request(call) {
            Ok(request) => request,
            Err(errno) => return self.fail(call, errno),
        };
        access.flags = u64::from(request.flags.bits());
        let from = request.path_in_folder();
        let base = match self.base(caller, request.folder, from) {
            Ok(base) => base,
            Err(errno) => return self.lead_nowhere(call, access, request.path, errno),
        };
        let base = base.as_ref().map(AsFd::as_fd);
        let outcome = self.open_as(caller, base, &request);
        if let Ok(Opened { file, stat }) = &outcome {
            access.resolved = self.path_of(file.as_fd());
            (access.device, access.inode) = (stat.st_dev, stat.st_ino);
            if changes(request.flags) {
                access.second = self.tell_before(stat.st_dev, stat.st_ino);
            }
        } else {
            let last = if request.flags.contains(OFlags::NOFOLLOW) {
                Last::Stay
            } else {
                Last::Follow
            };
            access.resolved = self.leads_to(caller, base, from, last);
        }
        let result = match &outcome {
            Ok(_) => Ok(()),
            Err(OpenError::Errno(errno)) => Err(*errno),
            Err(OpenError::Control) => Err(Errno::ACCESS),
        };
        self.judge(&mut access, result);
        if let Err(OpenError::Control) = outcome {
            access.rule = rule::CONTROL_PATH;
        }
        let flags = request.flags;
        access.requested = request.path;
        self.report(&Report::Access(access));
        match outcome {
            // A descriptor that only names cannot be handed over, and opens nothing.
            Ok(_) if flags.contains(OFlags::PATH) => self.let_run(call),
            Ok(opened) if opened.is_pipe() && self.waits_for_partner(&opened.file, flags) => {
                self.open_with_partner(call, opened.file, flags);
            }
            Ok(opened) if opened.is_pipe() => {
                self.hand_over(call, opened.file, flags.contains(OFlags::CLOEXEC));
            }
            Ok(opened) => {
                if opened.stat.st_dev == self.process_device {
                    // What is read there tells the cores, too.
                    self.release(call.thread);
                    self.free_heir(call.thread);
                } else {
                    self.sit_with(call.thread);
                }
                self.inject(call, &opened.file, flags.contains(OFlags::CLOEXEC));
            }
            Err(_) => self.fail(call, result.err().unwrap_or(Errno::ACCESS)),
        }
    }

    pub(super) fn inject(&self, call: &Notification, file: &OwnedFd, close_on_exec: bool) {
        let injected = notify::inject(self.listener.as_fd(), call.id, file.as_fd(), close_on_exec);
        if let Err(errno) = injected {
            // The table of the caller is full, or the caller is gone.
            self.fail(call, errno);
        }
    }

    fn hand_over(&self, call: &Notification, file: OwnedFd, close_on_exec: bool) {
        let given = notify::hand_over(self.listener.as_fd(), call.id, file, close_on_exec);
        if let Err(errno) = given {
            self.fail(call, errno);
        }
    }

    fn open_request(&self, call: &Notification) -> Result<Request, Errno> {
        let [first, second, third, fourth, ..] = call.arguments;
        let mut resolve = ResolveFlags::empty();
        let (folder, address, flags, mode) = match i64::from(call.number) {
            libc::SYS_open => (libc::AT_FDCWD, first, unsigned(second), unsigned(third)),
            libc::SYS_creat => {
                let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::TRUNC;
                (libc::AT_FDCWD, first, flags.bits(), unsigned(second))
            }
            libc::SYS_openat2 => {
                if fourth < 24 {
                    return Err(Errno::INVAL);
                }
                let how = self.read_exact::<24>(call, third)?;
                resolve = ResolveFlags::from_bits_retain(word(&how, 2));
                let flags = u32::try_from(word(&how, 0)).map_err(|_| Errno::INVAL)?;
                (int(first), second, flags, unsigned(word(&how, 1)))
            }
            _ => (int(first), second, unsigned(third), unsigned(fourth)),
        };
        let mut flags = OFlags::from_bits_retain(flags) & KNOWN_FLAGS;
        if flags.contains(OFlags::PATH) {
            flags &= OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        }
        let path = self.read_path(call, address)?;
        Ok(Request {
            folder,
            path,
            flags,
            mode: mode & 0o7777,
            resolve,
        })
    }

    /// Opens `request` as the caller would, without ever waiting.
    pub(super) fn open_as(
        &self,
        caller: Caller,
        base: Option<BorrowedFd<'_>>,
        request: &Request,
    ) -> Result<Opened, OpenError> {
        if request.path.is_empty() {
            return Err(Errno::NOENT.into());
        }
        if changes(request.flags) {
            return self
                .open_to_change(caller, base, request)
                .and_then(Opened::new);
        }
        match self.open_at_once(base, request).and_then(Opened::new) {
            Ok(opened) if opened.stat.st_dev == self.process_device => drop(opened),
            Ok(opened) => return Ok(opened),
            Err(OpenError::Errno(Errno::LOOP)) if request.resolve.is_empty() => {}
            Err(OpenError::Errno(Errno::LOOP)) => return Err(Errno::LOOP.into()),
            Err(error) if !self.may_mean_processes(base, &request.path) => return Err(error),
            Err(_) => {}
        }
        if !request.resolve.is_empty() {
            return Err(Errno::ACCESS.into());
        }
        self.open_walked(caller, base, request)
            .and_then(Opened::new)
    }

    /// The common case: one call of the kernel.
    fn open_at_once(
        &self,
        base: Option<BorrowedFd<'_>>,
        request: &Request,
    ) -> Result<OwnedFd, OpenError> {
        let resolve = request.resolve | ResolveFlags::NO_MAGICLINKS;
        let path = OsStr::from_bytes(&request.path);
        let file = openat2(
            base.unwrap_or(CWD),
            path,
            quiet(request.flags),
            Mode::empty(),
            resolve,
        )?;
        restore_blocking(&file, request.flags)?;
        Ok(file)
    }

    /// Step by step, for `/proc` and for links out of it.
    fn open_walked(
        &self,
        caller: Caller,
        base: Option<BorrowedFd<'_>>,
        request: &Request,
    ) -> Result<OwnedFd, OpenError> {
        let follow = !request.flags.contains(OFlags::NOFOLLOW);
        let last = if follow { Last::Follow } else { Last::Stay };
        let flags = quiet(request.flags);
        let file = match self.walk(caller, base, &request.path, last)? {
            Walked::Folder(folder) => openat(&folder, ".", flags, Mode::empty())?,
            Walked::Name {
                folder,
                name,
                found,
            } => {
                let flags = if found == Found::Magic {
                    flags
                } else {
                    flags | OFlags::NOFOLLOW
                };
                openat(&folder, OsStr::from_bytes(&name), flags, Mode::empty())?
            }
        };
        restore_blocking(&file, request.flags)?;
        Ok(file)
    }

    /// Whether a failed path may have gone through `/proc`, where the helper is not the caller;
    /// `/dev` has links that lead there.
    fn may_mean_processes(&self, base: Option<BorrowedFd<'_>>, path: &[u8]) -> bool {
        let from = |base| fstat(base).is_ok_and(|stat| stat.st_dev == self.process_device);
        let names = |part: &[u8]| MEAN_PROCESSES.iter().any(|name| part.starts_with(name));
        base.is_some_and(from) || (0..path.len()).filter_map(|at| path.get(at..)).any(names)
    }

    /// Records a path from a folder that the caller does not hold: it leads nowhere.
    fn lead_nowhere(
        &self,
        call: &Notification,
        mut access: crate::journal::Access,
        path: Vec<u8>,
        errno: Errno,
    ) {
        access.errno = errno.raw_os_error();
        access.resolved.clone_from(&path);
        access.requested = path;
        self.report(&Report::Access(access));
        self.fail(call, errno);
    }

    /// Records and refuses what a rule of its own forbids.
    pub(super) fn refuse(
        &self,
        call: &Notification,
        mut access: crate::journal::Access,
        rule: u32,
        errno: Errno,
    ) {
        access.verdict = Verdict::Denied;
        access.rule = rule;
        access.errno = errno.raw_os_error();
        self.report(&Report::Access(access));
        self.fail(call, errno);
    }
}

/// Whether opening so can change anything.
fn changes(flags: OFlags) -> bool {
    !flags.contains(OFlags::PATH)
        && (flags & OFlags::ACCMODE != OFlags::RDONLY
            || flags.intersects(OFlags::CREATE | OFlags::TRUNC)
            || flags.contains(OFlags::TMPFILE))
}

/// Flags that never wait and never give the helper a terminal.
pub(super) fn quiet(flags: OFlags) -> OFlags {
    if flags.contains(OFlags::PATH) {
        flags | OFlags::CLOEXEC
    } else {
        flags | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC
    }
}

/// Takes back the flag that only the helper wanted.
pub(super) fn restore_blocking(file: &OwnedFd, flags: OFlags) -> Result<(), Errno> {
    if flags.intersects(OFlags::NONBLOCK | OFlags::PATH) {
        return Ok(());
    }
    let kept = OFlags::APPEND | OFlags::DIRECT | OFlags::NOATIME;
    fcntl_setfl(file, flags & kept)
}

/// Parts of paths that lead to `/proc`.
const MEAN_PROCESSES: [&[u8]; 4] = [b"self", b"proc", b"dev/", b"fd/"];
/// What `open` knows; it ignores other bits.
const KNOWN_FLAGS: OFlags = OFlags::from_bits_retain(0o37_777_703 & !0o100_000);
