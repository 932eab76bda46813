//! The two nodes, and the clock that they and we share.

use std::fmt;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// One of the two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Node {
    A,
    B,
}

impl Node {
    pub(crate) const BOTH: [Node; 2] = [Node::A, Node::B];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Node::A => "a",
            Node::B => "b",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Node> {
        Node::BOTH.into_iter().find(|node| node.name() == name)
    }

    pub(crate) const fn peer(self) -> Node {
        match self {
            Node::A => Node::B,
            Node::B => Node::A,
        }
    }

    /// Its loopback address: both nodes use the same ports, as they would on two hosts.
    pub(crate) const fn address(self) -> &'static str {
        match self {
            Node::A => "127.0.0.1",
            Node::B => "127.0.0.2",
        }
    }

    /// Its place in an array of both.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Microseconds since the host booted: the one clock of all processes of this host, and of every journal's `at_ms`.
pub(crate) fn now_us() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000
}
