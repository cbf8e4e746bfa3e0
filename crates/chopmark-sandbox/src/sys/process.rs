//! Processes: fork, clone into namespaces, exec, memory of another process.

use std::ffi::CString;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use rustix::io::Errno;

use super::{check, last_error};

/// Which side of a fork the caller is on.
pub(crate) enum Forked {
    /// The new process.
    Child,
    /// The old process, with the process id of the new one.
    Parent(u32),
}

/// Forks with the C library's handlers, so that the child of a threaded process may allocate.
pub(crate) fn fork() -> Result<Forked, Errno> {
    // SAFETY: no pointers are passed; the child only runs code that needs no lock of another thread.
    let pid = unsafe { libc::fork() };
    match u32::try_from(pid) {
        Ok(0) => Ok(Forked::Child),
        Ok(pid) => Ok(Forked::Parent(pid)),
        Err(_) => Err(last_error()),
    }
}

/// Clones the calling single-threaded process with `flags` and no shared memory.
pub(crate) fn clone_process(flags: u64) -> Result<Forked, Errno> {
    let exit_signal = if flags & flag(libc::CLONE_PARENT) == 0 {
        flag(libc::SIGCHLD)
    } else {
        0
    };
    let arguments: [u64; 8] = [flags, 0, 0, 0, exit_signal, 0, 0, 0];
    // SAFETY: `arguments` is a valid clone_args of version 0; without CLONE_VM the child has its
    // own copy of the stack, and the caller has a single thread.
    let result = unsafe {
        libc::syscall(
            libc::SYS_clone3,
            arguments.as_ptr(),
            size_of_val(&arguments),
        )
    };
    match u32::try_from(check(result)?) {
        Ok(0) => Ok(Forked::Child),
        Ok(pid) => Ok(Forked::Parent(pid)),
        Err(_) => Err(Errno::RANGE),
    }
}

/// A flag constant of the C library as an unsigned word.
pub(crate) fn flag(value: i32) -> u64 {
    u64::from(value.cast_unsigned())
}

/// Replaces the calling process; returns only on failure.
pub(crate) fn exec(program: &CString, arguments: &[CString], environment: &[CString]) -> Errno {
    let terminated = |strings: &[CString]| -> Vec<*const libc::c_char> {
        strings
            .iter()
            .map(|s| s.as_ptr())
            .chain([std::ptr::null()])
            .collect()
    };
    let (argv, envp) = (terminated(arguments), terminated(environment));
    // SAFETY: all pointers lead to NUL-terminated strings that outlive the call, both arrays end in null.
    unsafe { libc::execve(program.as_ptr(), argv.as_ptr(), envp.as_ptr()) };
    last_error()
}

/// Ends the calling process at once, without running destructors or exit handlers.
pub(crate) fn exit_now(status: i32) -> ! {
    // SAFETY: _exit takes an integer and does not return.
    unsafe { libc::_exit(status) }
}

/// Ends every process that the caller may end; as first process of a namespace, all others in it.
pub(crate) fn kill_all() {
    // SAFETY: integers only. The only failure is that there is nobody.
    unsafe { libc::kill(-1, libc::SIGKILL) };
}

/// Reads from the memory of thread `pid`; may return less than asked at an unmapped page.
pub(crate) fn read_memory(pid: u32, address: u64, buffer: &mut [u8]) -> Result<usize, Errno> {
    let local = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    let remote = remote_vector(address, buffer.len())?;
    let pid = i32::try_from(pid).map_err(|_| Errno::SRCH)?;
    // SAFETY: `local` describes `buffer`, which is writable for its length; the kernel checks `remote`.
    let result =
        unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(result).map_err(|_| last_error())
}

fn remote_vector(address: u64, length: usize) -> Result<libc::iovec, Errno> {
    let address = usize::try_from(address).map_err(|_| Errno::FAULT)?;
    Ok(libc::iovec {
        iov_base: std::ptr::without_provenance_mut(address),
        iov_len: length,
    })
}

/// Puts every signal disposition back to its default and unblocks all signals.
pub(crate) fn reset_signals() {
    for signal in 1..=64 {
        // SAFETY: SIG_DFL is a valid handler; signals that cannot be changed are refused by the kernel.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let mut none = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initialises the set behind the valid pointer.
    unsafe { libc::sigemptyset(none.as_mut_ptr()) };
    // SAFETY: the set was initialised; a null old set is allowed.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut()) };
}

/// Marks every descriptor from `first` up close-on-exec.
pub(crate) fn close_on_exec_from(first: u32) -> Result<(), Errno> {
    close_range(first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC)
}

/// Closes the descriptors `first..=last`.
pub(crate) fn close_between(first: u32, last: u32) -> Result<(), Errno> {
    if first > last {
        Ok(())
    } else {
        close_range(first, last, 0)
    }
}

fn close_range(first: u32, last: u32, flags: u32) -> Result<(), Errno> {
    // SAFETY: integers only; the caller owns the descriptors it closes.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) }).map(drop)
}

/// Gives the calling thread a root, directory and umask of its own.
pub(crate) fn unshare_filesystem_state() -> Result<(), Errno> {
    // SAFETY: integers only; CLONE_FS leaves memory and descriptors shared.
    check(libc::c_long::from(unsafe { libc::unshare(libc::CLONE_FS) })).map(drop)
}

/// Copies descriptor `remote` out of the process behind `pidfd`.
pub(crate) fn take_descriptor(pidfd: BorrowedFd<'_>, remote: RawFd) -> Result<RawFd, Errno> {
    // SAFETY: integers only; the kernel checks access.
    let result = unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd.as_raw_fd(), remote, 0) };
    check(result).and_then(|fd| RawFd::try_from(fd).map_err(|_| Errno::RANGE))
}

/// Brings the loopback interface of the caller's network namespace up.
pub(crate) fn raise_loopback(socket: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: ifreq is plain data for which all zeroes is a valid value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(*b"lo") {
        *to = from.cast_signed();
    }
    request.ifr_ifru.ifru_flags = i16::try_from(libc::IFF_UP | libc::IFF_RUNNING).unwrap_or(0x41);
    // SAFETY: `request` is a valid ifreq that lives through the call.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    check(libc::c_long::from(result)).map(drop)
}
