//! The system calls that rustix does not wrap; the crate's unsafe code lives under here.

pub(crate) mod memory;
pub(crate) mod mount;
pub(crate) mod notify;
pub(crate) mod process;
pub(crate) mod schedule;
pub(crate) mod thread;

use rustix::io::Errno;

/// Turns the result of a raw system call into a value or the error left in `errno`.
pub(crate) fn check(result: libc::c_long) -> Result<u64, Errno> {
    u64::try_from(result).map_err(|_| last_error())
}

/// The calling thread's `errno`.
pub(crate) fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}
