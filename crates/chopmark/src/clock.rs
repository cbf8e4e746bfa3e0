//! The one place where the command line reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the Unix epoch; 0 on a host whose clock lies before it.
pub(crate) fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the command line is an edge")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
