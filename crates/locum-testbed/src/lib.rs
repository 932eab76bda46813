//! Pairs of real daemons on loopback addresses of their own, for tests.
//!
//! Every wait ends when what it waits for is there, or panics after the timers that lead to it and a margin. So does
//! everything else that cannot go on: who uses this is a test.

#[path = "../../locum-witness/tests/witness/cluster.rs"]
mod etcd;
mod gate;
#[path = "../../locum-host/tests/host/guests.rs"]
#[expect(dead_code, reason = "the host's own tests need more of it")]
mod guests;
mod http;
mod mold;
mod node;
pub mod pair;
mod program;
mod relay;
pub mod setup;

use std::{
    thread,
    time::{Duration, Instant},
};

pub use self::{
    etcd::EtcdCluster,
    gate::StreamGate,
    http::Answer,
    node::{Node, Said, admissions, locum},
    pair::Pair,
    relay::{Relay, Weather},
    setup::{Setup, World},
};

/// The keep-alive interval, as the profile `fast` has it.
pub const INTERVAL: Duration = Duration::from_millis(100);
/// The keep-alive timeout of a [`Setup`].
pub const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_millis(2000);
/// Its initialization keep-alive timeout.
pub const INITIALIZATION_TIMEOUT: Duration = Duration::from_millis(4000);
/// Its critical service delay.
pub const SERVICE_DELAY: Duration = Duration::from_millis(300);
/// The longest way of these timers through any one act: a start beside a silent peer, a failure, a timeout.
pub const ALL_TIMERS: Duration =
    KEEP_ALIVE_TIMEOUT.saturating_add(INITIALIZATION_TIMEOUT).saturating_add(SERVICE_DELAY);
/// What a machine that is busy with other tests may add to any wait.
pub const MARGIN: Duration = Duration::from_secs(30);

/// A node that serves its own users.
pub const NORMAL: &str = "Normal (Normal)";
/// A node that was failed over by an administrator.
pub const IDLE: &str = "Idle (On Admin Request)";
/// Its peer.
pub const BACKUP: &str = "Running in Backup Mode (On Admin Request)";

/// Looks until there is something to see, for as long as the `timers` take that lead to it, and a margin.
///
/// # Panics
/// It did not come; the message has what was seen last.
pub fn until<T>(what: &str, timers: Duration, mut look: impl FnMut() -> Result<T, String>) -> T {
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
///
/// # Panics
/// It did not come about.
pub fn until_true(what: &str, timers: Duration, mut look: impl FnMut() -> bool) {
    until(what, timers, || if look() { Ok(()) } else { Err("not yet".into()) });
}

/// A policy that keeps this promise (its case number in the interface) and whose `place` has this body, in WebAssembly
/// text: a component.
///
/// # Panics
/// The text is none.
pub fn policy(promise: u32, place: &str) -> Vec<u8> {
    guests::policy(promise, place)
}

/// A probe that imports nothing, whose check has this body, in WebAssembly text: a component. `$dive` calls itself for
/// ever.
///
/// # Panics
/// The text is none.
pub fn probe(body: &str) -> Vec<u8> {
    guests::pure_probe(body)
}
