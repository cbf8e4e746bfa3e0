//! Ends the run when the supervising process is gone or memory runs over.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Dir, Mode, OFlags, openat};

use super::Supervisor;
use super::caller::{status, status_field};
use super::fork::Count;
use super::processor::Used;
use crate::launch::control::{Message, receive, tell};
use crate::sys::notify::one_waits;
use crate::sys::process::exit_now;

/// Ends every process of the sandbox when the other end of `control` is gone, and looks at what all
/// processes together use: often at their number, now and then at the rest.
pub(super) fn watch(supervisor: &Supervisor, control: &OwnedFd) {
    let (mut count, mut used) = (Count::default(), Used::default());
    let mut answered = supervisor.reserve.count();
    for tick in 1_u32.. {
        if says_something(control, TICK) && !matches!(receive(control.as_fd()), Ok(Some(_))) {
            exit_now(1);
        }
        supervisor.bound_processes(&mut count);
        if !tick.is_multiple_of(TICKS) {
            continue;
        }
        // A call that takes as long as this, on a slow file system, shall not hold up others.
        let before = std::mem::replace(&mut answered, supervisor.reserve.count());
        if before == answered && one_waits(supervisor.listener.as_fd()) {
            supervisor.reserve.call();
        }
        supervisor.free_heirs();
        let limits = supervisor.setup.limits;
        let over = if holds_more_than(limits.memory_bytes) {
            Message::MemoryExceeded
        } else if used.seconds() > limits.cpu_seconds {
            // As the kernel does with a single process.
            Message::Signalled(libc::SIGXCPU)
        } else {
            continue;
        };
        supervisor.flush();
        tell(control, &over);
        exit_now(1);
    }
}

/// Whether `control` can be read or is gone before `left` is over.
fn says_something(control: &OwnedFd, left: Duration) -> bool {
    let left = Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(0),
        tv_nsec: i64::from(left.subsec_nanos()),
    };
    let mut polled = [PollFd::new(control, PollFlags::IN)];
    matches!(poll(&mut polled, Some(&left)), Ok(1..))
}

/// Whether all processes together hold more than `limit`.
///
/// The quick sum counts what a process shares with its children once for each; only when that
/// is too much is the kernel asked for everyone's share.
fn holds_more_than(limit: u64) -> bool {
    sum(quick_bytes) > limit && sum(exact_bytes) > limit
}

/// The sum over all processes but the helper; all there is when it cannot be told.
fn sum(of: impl Fn(u32) -> Option<u64>) -> u64 {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(entries) = openat(CWD, "/proc", flags, Mode::empty()).and_then(Dir::new) else {
        return u64::MAX;
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().ok()?.parse::<u32>().ok())
        .filter(|pid| *pid != 1)
        .filter_map(of)
        .fold(0, u64::saturating_add)
}

/// Memory of a process that is in no file.
fn quick_bytes(pid: u32) -> Option<u64> {
    let status = status(pid)?;
    let kibibytes = |name| status_field(&status, name).and_then(kibibytes);
    let anonymous = kibibytes("RssAnon:")?;
    let shared = kibibytes("RssShmem:")?;
    Some(anonymous.saturating_add(shared))
}

/// The share of a process in memory that is in no file.
fn exact_bytes(pid: u32) -> Option<u64> {
    let file = openat(
        CWD,
        format!("/proc/{pid}/smaps_rollup"),
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    );
    let mut text = vec![0_u8; 4096];
    let count = file.and_then(|file| rustix::io::read(&file, &mut text));
    text.truncate(count.unwrap_or(0));
    let text = String::from_utf8(text).ok()?;
    let kibibytes = |name| status_field(&text, name).and_then(kibibytes);
    match kibibytes("Pss_Anon:").zip(kibibytes("Pss_Shmem:")) {
        Some((anonymous, shared)) => Some(anonymous.saturating_add(shared)),
        // Older kernels do not tell it apart, and a process that ends has none.
        None => quick_bytes(pid),
    }
}

fn kibibytes(value: &str) -> Option<u64> {
    let number: u64 = value.strip_suffix(" kB")?.trim().parse().ok()?;
    Some(number.saturating_mul(1024))
}

const TICK: Duration = Duration::from_millis(10);
/// Between two looks at memory.
const TICKS: u32 = 10;
