//! Times as SQS tells them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What clients give in seconds; a negative number is none.
pub(super) fn seconds(secs: i32) -> Duration {
    Duration::from_secs(u64::try_from(secs).unwrap_or_default())
}

/// Milliseconds since 1970.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
