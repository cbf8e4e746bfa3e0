//! seccomp filters and user notification.

use std::os::fd::{AsFd as _, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::io::Errno;

use super::check;

/// One system call of the skill that waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Notification {
    /// Cookie of the notification.
    pub(crate) id: u64,
    /// Thread id in the supervisor's process namespace.
    pub(crate) thread: u32,
    /// Number of the system call.
    pub(crate) number: i32,
    /// Audit architecture.
    pub(crate) arch: u32,
    /// The six arguments.
    pub(crate) arguments: [u64; 6],
}

/// Installs `program` for the calling process and returns the listening descriptor's number.
///
/// The number, not an owner: the descriptor table is shared with the supervisor, which owns it.
pub(crate) fn install_listener(program: &[libc::sock_filter]) -> Result<RawFd, Errno> {
    let flags =
        libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    let length = u16::try_from(program.len()).map_err(|_| Errno::TOOBIG)?;
    let filter = libc::sock_fprog {
        len: length,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: `filter` describes `program`, which the kernel copies and does not write.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            &raw const filter,
        )
    };
    RawFd::try_from(check(result)?).map_err(|_| Errno::RANGE)
}

/// Takes ownership of a listener whose number another process of the same table reported.
pub(crate) fn adopt(listener: RawFd) -> OwnedFd {
    // SAFETY: the number came from `install_listener` in a process that shares this table and then
    // gave the table up by exec, so nothing else here owns it.
    unsafe { OwnedFd::from_raw_fd(listener) }
}

/// Asks that waking the supervisor moves to the notifying core; false before Linux 6.6.
pub(crate) fn wake_synchronously(listener: BorrowedFd<'_>) -> bool {
    // SAFETY: the request takes its flags by value.
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), SET_FLAGS, 1_u64) };
    result == 0
}

/// Waits for the next notification.
pub(crate) fn receive(listener: BorrowedFd<'_>) -> Result<Notification, Errno> {
    // SAFETY: seccomp_notif is plain data; the kernel wants it zeroed.
    let mut raw: libc::seccomp_notif = unsafe { std::mem::zeroed() };
    // SAFETY: `raw` is a zeroed seccomp_notif that lives through the call.
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), RECEIVE, &raw mut raw) };
    check(libc::c_long::from(result))?;
    Ok(Notification {
        id: raw.id,
        thread: raw.pid,
        number: raw.data.nr,
        arch: raw.data.arch,
        arguments: raw.data.args,
    })
}

/// Whether the filter's last user is gone.
pub(crate) fn is_unused(listener: BorrowedFd<'_>) -> bool {
    is_now(listener, rustix::event::PollFlags::HUP)
}

/// Whether a notification can be received at once.
pub(crate) fn one_waits(listener: BorrowedFd<'_>) -> bool {
    is_now(listener, rustix::event::PollFlags::IN)
}

fn is_now(listener: BorrowedFd<'_>, state: rustix::event::PollFlags) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut polled = [PollFd::from_borrowed_fd(listener, PollFlags::IN)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut polled, Some(&now)).is_ok()
        && polled.iter().any(|polled| polled.revents().contains(state))
}

/// Whether the notifying thread still waits, so that what was read of it belonged to it.
pub(crate) fn still_waits(listener: BorrowedFd<'_>, id: u64) -> bool {
    // SAFETY: `id` is a valid u64 that lives through the call.
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), ID_VALID, &raw const id) };
    result == 0
}

/// Lets the system call run as it is.
pub(crate) fn let_run(listener: BorrowedFd<'_>, id: u64) -> Result<(), Errno> {
    let flags = u32::try_from(libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE).map_err(|_| Errno::RANGE)?;
    send(
        listener,
        libc::seccomp_notif_resp {
            id,
            val: 0,
            error: 0,
            flags,
        },
    )
}

/// Answers the system call with `value`.
pub(crate) fn answer(listener: BorrowedFd<'_>, id: u64, value: i64) -> Result<(), Errno> {
    send(
        listener,
        libc::seccomp_notif_resp {
            id,
            val: value,
            error: 0,
            flags: 0,
        },
    )
}

/// Fails the system call with `errno`.
pub(crate) fn fail(listener: BorrowedFd<'_>, id: u64, errno: Errno) -> Result<(), Errno> {
    let error = errno.raw_os_error().saturating_neg();
    send(
        listener,
        libc::seccomp_notif_resp {
            id,
            val: 0,
            error,
            flags: 0,
        },
    )
}

fn send(listener: BorrowedFd<'_>, response: libc::seccomp_notif_resp) -> Result<(), Errno> {
    // SAFETY: `response` is a valid seccomp_notif_resp that lives through the call.
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), SEND, &raw const response) };
    check(libc::c_long::from(result)).map(drop)
}

/// Puts `descriptor` into the notifying process and answers the call with its new number.
pub(crate) fn inject(
    listener: BorrowedFd<'_>,
    id: u64,
    descriptor: BorrowedFd<'_>,
    close_on_exec: bool,
) -> Result<u64, Errno> {
    let flags = u32::try_from(libc::SECCOMP_ADDFD_FLAG_SEND).map_err(|_| Errno::RANGE)?;
    add(listener, id, descriptor, close_on_exec, flags)
}

/// As [`inject`], with our copy closed before the caller goes on: of some objects, such as named
/// pipes, it could see that somebody else holds them too.
pub(crate) fn hand_over(
    listener: BorrowedFd<'_>,
    id: u64,
    descriptor: OwnedFd,
    close_on_exec: bool,
) -> Result<(), Errno> {
    let number = add(listener, id, descriptor.as_fd(), close_on_exec, 0)?;
    drop(descriptor);
    answer(listener, id, i64::try_from(number).unwrap_or(0))
}

fn add(
    listener: BorrowedFd<'_>,
    id: u64,
    descriptor: BorrowedFd<'_>,
    close_on_exec: bool,
    flags: u32,
) -> Result<u64, Errno> {
    let request = libc::seccomp_notif_addfd {
        id,
        flags,
        srcfd: descriptor.as_raw_fd().cast_unsigned(),
        newfd: 0,
        newfd_flags: if close_on_exec {
            libc::O_CLOEXEC.cast_unsigned()
        } else {
            0
        },
    };
    // SAFETY: `request` is a valid seccomp_notif_addfd that lives through the call.
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), ADD_DESCRIPTOR, &raw const request) };
    check(libc::c_long::from(result))
}

// The request numbers of <linux/seccomp.h>.
const RECEIVE: libc::c_ulong = 0xC050_2100;
const SEND: libc::c_ulong = 0xC018_2101;
const ID_VALID: libc::c_ulong = 0x4008_2102;
const ADD_DESCRIPTOR: libc::c_ulong = 0x4018_2103;
const SET_FLAGS: libc::c_ulong = 0x4008_2104;

/// Whether the kernel's structures of user notification have the sizes that we use.
pub(crate) fn notification_sizes_match() -> bool {
    let mut sizes = libc::seccomp_notif_sizes {
        seccomp_notif: 0,
        seccomp_notif_resp: 0,
        seccomp_data: 0,
    };
    // SAFETY: `sizes` is a valid seccomp_notif_sizes that lives through the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_GET_NOTIF_SIZES,
            0,
            &raw mut sizes,
        )
    };
    let ours = (
        size_of::<libc::seccomp_notif>(),
        size_of::<libc::seccomp_notif_resp>(),
    );
    let theirs = (
        usize::from(sizes.seccomp_notif),
        usize::from(sizes.seccomp_notif_resp),
    );
    result == 0 && ours == theirs
}
