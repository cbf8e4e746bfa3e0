//! Opens that may change something: the folder is resolved first, then judged, then the last name.

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

use super::Supervisor;
use super::caller::{Caller, status, status_field};
use super::open::{OpenError, Request, quiet, restore_blocking};
use super::pipe::hold_pipe;
use super::resolve::{Found, Last, Walked, join};

impl Supervisor {
    /// Opens for writing, creating or cutting.
    pub(super) fn open_to_change(
        &self,
        caller: Caller,
        base: Option<BorrowedFd<'_>>,
        request: &Request,
    ) -> Result<OwnedFd, OpenError> {
        if !request.resolve.is_empty() {
            return self.open_scoped(caller, base, request);
        }
        let exclusive = request.flags.contains(OFlags::CREATE | OFlags::EXCL);
        let stay = exclusive || request.flags.contains(OFlags::NOFOLLOW);
        let last = if stay { Last::Stay } else { Last::Follow };
        let temporary = request.flags.contains(OFlags::TMPFILE);
        match self.walk(caller, base, &request.path, last)? {
            Walked::Folder(folder) => self.open_last(caller, &folder, b".", Found::Plain, request),
            Walked::Name {
                folder,
                name,
                found,
            } => {
                if found == Found::Magic {
                    return self.open_again(caller, &folder, &name, request);
                }
                let path = join(&self.path_of(folder.as_fd()), &name);
                if !temporary && self.is_control_name(&path) {
                    return Err(OpenError::Control);
                }
                self.open_last(caller, &folder, &name, found, request)
            }
        }
    }

    /// Opens anew what one of the caller's descriptors holds: pinned, judged, then opened.
    fn open_again(
        &self,
        caller: Caller,
        folder: &OwnedFd,
        name: &[u8],
        request: &Request,
    ) -> Result<OwnedFd, OpenError> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let held = openat(folder, OsStr::from_bytes(name), flags, Mode::empty())?;
        if self.is_control_name(&self.path_of(held.as_fd())) {
            return Err(OpenError::Control);
        }
        self.note_held_before(&held);
        let link = format!("/proc/self/fd/{}", held.as_raw_fd());
        let flags = quiet(request.flags.difference(OFlags::CREATE | OFlags::NOFOLLOW));
        let mode = if request.flags.contains(OFlags::TMPFILE) {
            take_umask(caller);
            request.mode
        } else {
            0
        };
        let file = openat(rustix::fs::CWD, link, flags, Mode::from_raw_mode(mode))?;
        restore_blocking(&file, request.flags)?;
        Ok(file)
    }

    fn open_last(
        &self,
        caller: Caller,
        folder: &OwnedFd,
        name: &[u8],
        found: Found,
        request: &Request,
    ) -> Result<OwnedFd, OpenError> {
        let creates = request.flags.contains(OFlags::TMPFILE)
            || (request.flags.contains(OFlags::CREATE) && found == Found::Missing);
        if creates {
            take_umask(caller);
        }
        let resolve = ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
        let name = OsStr::from_bytes(name);
        let makes =
            request.flags.contains(OFlags::CREATE) || request.flags.contains(OFlags::TMPFILE);
        let mode = Mode::from_raw_mode(if makes { request.mode } else { 0 });
        self.note_before(folder, name, found);
        match openat2(folder, name, quiet(request.flags), mode, resolve) {
            Ok(file) => {
                restore_blocking(&file, request.flags)?;
                Ok(file)
            }
            Err(Errno::NXIO) if !request.flags.contains(OFlags::NONBLOCK) => {
                Ok(hold_pipe(folder, name)?)
            }
            Err(errno) => Err(errno.into()),
        }
    }

    /// `openat2` with a scope of the caller's own: the parent first, within the scope.
    fn open_scoped(
        &self,
        caller: Caller,
        base: Option<BorrowedFd<'_>>,
        request: &Request,
    ) -> Result<OwnedFd, OpenError> {
        let path = request.path.as_slice();
        let cut = path.iter().rposition(|byte| *byte == b'/');
        let (parent, name) = match cut {
            Some(cut) => path.split_at(cut.saturating_add(1)),
            None => (b".".as_slice(), path),
        };
        if matches!(name, b"" | b"." | b"..") {
            return Err(Errno::ISDIR.into());
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = request.resolve | ResolveFlags::NO_MAGICLINKS;
        let base = base.unwrap_or(rustix::fs::CWD);
        let folder = openat2(
            base,
            OsStr::from_bytes(parent),
            flags,
            Mode::empty(),
            resolve,
        )?;
        if self.is_control_name(&join(&self.path_of(folder.as_fd()), name)) {
            return Err(OpenError::Control);
        }
        self.open_last(caller, &folder, name, Found::Missing, request)
    }
}

/// Sets this thread's umask to the caller's.
pub(super) fn take_umask(caller: Caller) {
    let text = status(caller.thread).unwrap_or_default();
    let mask = status_field(&text, "Umask:").and_then(|mask| u32::from_str_radix(mask, 8).ok());
    rustix::process::umask(Mode::from_raw_mode(mask.unwrap_or(0o077)));
}
