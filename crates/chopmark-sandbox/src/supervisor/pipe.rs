//! Named pipes: an open that waits for the other end, waited for apart from the supervising
//! threads.
//!
//! The kernel lets the opens of both ends meet. Here neither may block, for a thread that hangs
//! in an open would stay after its caller is gone and count as an end. So the helper looks again
//! and again, as long as the caller waits.

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, OFlags, fcntl_getfl, fstat, openat};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, pipe_with, tee};

use super::Supervisor;
use super::open::{quiet, restore_blocking};
use crate::sys::notify::{self, Notification};

impl Supervisor {
    /// Whether `file` is a named pipe whose other end is not there yet, opened by one that wants
    /// to wait for it.
    pub(super) fn waits_for_partner(&self, file: &OwnedFd, flags: OFlags) -> bool {
        if flags.intersects(OFlags::NONBLOCK | OFlags::PATH) || !is_pipe(file) {
            return false;
        }
        match flags & OFlags::ACCMODE {
            // A pipe without a name has its path there, and both its ends are open.
            OFlags::RDONLY => {
                !self.path_of(file.as_fd()).starts_with(b"pipe:") && !has_writer(file)
            }
            OFlags::WRONLY => is_held_by_name(file),
            _ => false,
        }
    }

    /// Answers `call` when the other end of the pipe `file` is there, on a thread of its own.
    pub(super) fn open_with_partner(&self, call: &Notification, file: OwnedFd, flags: OFlags) {
        let Ok(listener) = self.listener.try_clone() else {
            return self.fail(call, Errno::NFILE);
        };
        let id = call.id;
        let started = super::spawn("pipe", move || {
            let waits = || notify::still_waits(listener.as_fd(), id);
            // The caller may be gone when the partner comes.
            let _ = match meet(file, flags, waits) {
                Ok(Some(file)) => {
                    let close = flags.contains(OFlags::CLOEXEC);
                    notify::hand_over(listener.as_fd(), id, file, close)
                }
                Ok(None) => Ok(()),
                Err(errno) => notify::fail(listener.as_fd(), id, errno),
            };
        });
        if let Err(errno) = started {
            self.fail(call, errno);
        }
    }
}

/// The caller's end, when the other is there; none when the caller no longer `waits`.
fn meet(file: OwnedFd, flags: OFlags, waits: impl Fn() -> bool) -> Result<Option<OwnedFd>, Errno> {
    while waits() {
        if flags & OFlags::ACCMODE != OFlags::RDONLY {
            if let Some(opened) = reader_came(&file, flags) {
                return opened.map(Some);
            }
        } else if writer_came(&file) {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// A named pipe that nobody reads yet, held without opening either end.
pub(super) fn hold_pipe(folder: &OwnedFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let held = openat(folder, name, flags, Mode::empty())?;
    if is_pipe(&held) {
        Ok(held)
    } else {
        Err(Errno::NXIO)
    }
}

fn is_pipe(file: &OwnedFd) -> bool {
    fstat(file).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo)
}

fn is_held_by_name(file: &OwnedFd) -> bool {
    fcntl_getfl(file).is_ok_and(|flags| flags.contains(OFlags::PATH))
}

/// Waits a little, then tells whether a writer is there, or was since `file` was opened.
fn writer_came(file: &OwnedFd) -> bool {
    let wait = Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(PAUSE.subsec_nanos()),
    };
    let mut polled = [PollFd::new(file, PollFlags::IN)];
    matches!(poll(&mut polled, Some(&wait)), Ok(1..)) || has_writer(file)
}

/// Whether the other end is open, or has left something; nothing is taken out of the pipe.
fn has_writer(file: &OwnedFd) -> bool {
    let Ok((_read, write)) = pipe_with(PipeFlags::CLOEXEC) else {
        return false;
    };
    // Without a writer there is nothing to copy; with one there is, or there may be later.
    tee(file, &write, 1, SpliceFlags::NONBLOCK) != Ok(0)
}

/// The writing end, when a reader is there.
fn reader_came(held: &OwnedFd, flags: OFlags) -> Option<Result<OwnedFd, Errno>> {
    let link = format!("/proc/self/fd/{}", held.as_raw_fd());
    let wanted = quiet(flags & (OFlags::ACCMODE | OFlags::APPEND));
    match openat(CWD, link, wanted, Mode::empty()) {
        Ok(file) => Some(restore_blocking(&file, flags).map(|()| file)),
        Err(Errno::NXIO) => {
            std::thread::sleep(PAUSE);
            None
        }
        Err(errno) => Some(Err(errno)),
    }
}

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(2);
