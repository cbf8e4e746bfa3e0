//! How the scheduler treats a thread.

use super::check;

/// Makes the calling thread run soon when it is woken, for a short while each time.
///
/// `struct sched_attr` as of Linux 5.3; the slice counts from 6.12. Nothing is asked that needs a
/// privilege, and a thread that the caller runs in another class stays there.
pub(crate) fn answer_soon(yields: Yields) {
    let mut attributes = Attributes::default();
    let size = u32::try_from(size_of::<Attributes>()).unwrap_or(0);
    // SAFETY: `attributes` is a writable object of the given size; 0 means the calling thread.
    let got = unsafe { libc::syscall(SYS_SCHED_GETATTR, 0, &raw mut attributes, size, 0) };
    if check(got).is_err() || attributes.policy != libc::SCHED_OTHER.cast_unsigned() {
        return;
    }
    attributes.size = size;
    attributes.runtime = SLICE_NS;
    if yields == Yields::ToItsWaker {
        attributes.policy = libc::SCHED_BATCH.cast_unsigned();
    }
    // SAFETY: `attributes` is a valid sched_attr of the size it names.
    let set = unsafe { libc::syscall(SYS_SCHED_SETATTR, 0, &raw const attributes, 0) };
    // Where it is refused the thread runs as before.
    let _ = check(set);
}

/// Whether waking the thread takes the processor from the one that wakes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Yields {
    /// As any thread.
    No,
    /// It waits until the waker sleeps.
    ToItsWaker,
}

#[repr(C)]
#[derive(Debug, Default)]
struct Attributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

/// The shortest that the kernel grants.
const SLICE_NS: u64 = 100_000;
/// On x86-64.
const SYS_SCHED_SETATTR: libc::c_long = 314;
const SYS_SCHED_GETATTR: libc::c_long = 315;
