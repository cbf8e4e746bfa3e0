//! The one place where the servers read the clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the seconds since the Unix epoch; 0 on a host whose clock lies before it.
pub fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the servers' edge")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
