//! Pairs of real daemons on loopback addresses of their own, and what tests do with them.

mod gate;
#[path = "../../../../locum-host/tests/host/guests.rs"]
#[expect(dead_code, reason = "the host's own tests need more of it")]
pub(crate) mod guests;
mod http;
mod node;
pub(crate) mod pair;
mod relay;
pub(crate) mod setup;

use std::{
    thread,
    time::{Duration, Instant},
};

pub(crate) use self::{
    gate::StreamGate,
    http::Answer,
    node::{Node, locum},
    pair::Pair,
    relay::Relay,
    setup::{Setup, World},
};

/// As the profile `fast` has it.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);
pub(crate) const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_millis(2000);
pub(crate) const INITIALIZATION_TIMEOUT: Duration = Duration::from_millis(4000);
pub(crate) const SERVICE_DELAY: Duration = Duration::from_millis(300);
/// The longest way of these timers through any one act: a start beside a silent peer, a failure, a timeout.
pub(crate) const ALL_TIMERS: Duration =
    KEEP_ALIVE_TIMEOUT.saturating_add(INITIALIZATION_TIMEOUT).saturating_add(SERVICE_DELAY);
/// What a machine that is busy with other tests may add to any wait.
const MARGIN: Duration = Duration::from_secs(30);

pub(crate) const NORMAL: &str = "Normal (Normal)";
pub(crate) const IDLE: &str = "Idle (On Admin Request)";
pub(crate) const BACKUP: &str = "Running in Backup Mode (On Admin Request)";

/// Looks until there is something to see, for as long as the `timers` take that lead to it, and a margin.
///
/// # Panics
/// It did not come; the message has what was seen last.
pub(crate) fn until<T>(what: &str, timers: Duration, mut look: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(seen) => return seen,
            Err(seen) if start.elapsed() > timers + MARGIN => {
                panic!("{what}: not within {:?}; last seen: {seen}", timers + MARGIN)
            }
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// As [`until`], for a plain condition.
pub(crate) fn until_true(what: &str, timers: Duration, mut look: impl FnMut() -> bool) {
    until(what, timers, || if look() { Ok(()) } else { Err("not yet".into()) });
}
