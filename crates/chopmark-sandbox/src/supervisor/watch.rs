//! Ends the run when the supervising process is gone or memory runs over.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Dir, Mode, OFlags, openat};

use super::Supervisor;
use crate::launch::control::{Message, receive, tell};
use crate::sys::notify::one_waits;
use crate::sys::process::exit_now;

/// Ends every process of the sandbox when the other end of `control` is gone, and looks at the
/// memory of all processes now and then.
pub(super) fn watch(supervisor: &Supervisor, control: &OwnedFd) {
    let mut next = Instant::now().checked_add(INTERVAL);
    let mut answered = supervisor.reserve.count();
    loop {
        let left = next.map_or(INTERVAL, |next| {
            next.saturating_duration_since(Instant::now())
        });
        if says_something(control, left) {
            if !matches!(receive(control.as_fd()), Ok(Some(_))) {
                exit_now(1);
            }
            continue;
        }
        if resident_bytes() > supervisor.setup.limits.memory_bytes {
            supervisor.flush();
            tell(control, &Message::MemoryExceeded);
            exit_now(1);
        }
        // A call that takes as long as this, on a slow file system, shall not hold up others.
        let before = std::mem::replace(&mut answered, supervisor.reserve.count());
        if before == answered && one_waits(supervisor.listener.as_fd()) {
            supervisor.reserve.call();
        }
        next = Instant::now().checked_add(INTERVAL);
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

/// Memory of all processes but the helper that is theirs alone, in bytes; all there is when it
/// cannot be told.
fn resident_bytes() -> u64 {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(folder) = openat(CWD, "/proc", flags, Mode::empty()) else {
        return u64::MAX;
    };
    let Ok(entries) = Dir::new(folder) else {
        return u64::MAX;
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().ok()?.parse::<u32>().ok())
        .filter(|pid| *pid != 1)
        .filter_map(private_bytes)
        .fold(0, u64::saturating_add)
}

fn private_bytes(pid: u32) -> Option<u64> {
    let path = format!("/proc/{pid}/statm");
    let file = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut text = [0_u8; 128];
    let count = rustix::io::read(&file, &mut text).ok()?;
    let text = std::str::from_utf8(text.get(..count)?).ok()?;
    let mut fields = text.split_whitespace().skip(1).map(str::parse::<u64>);
    let (resident, shared) = (fields.next()?.ok()?, fields.next()?.ok()?);
    let pages = resident.saturating_sub(shared);
    Some(pages.saturating_mul(PAGE_BYTES))
}

const INTERVAL: Duration = Duration::from_millis(100);
/// On x86-64.
const PAGE_BYTES: u64 = 4096;
