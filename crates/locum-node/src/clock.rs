//! The clock of every deadline: milliseconds since the host booted, suspend included.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// Milliseconds since the host booted, time asleep included. It never goes backwards, and is the same clock for
/// every process of the host.
pub fn now_ms() -> u64 {
    now_us() / 1_000
}

/// As [`now_ms`], in microseconds.
pub fn now_us() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000
}

/// Milliseconds since 1970, for people and for the journal; never for a deadline.
pub fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
