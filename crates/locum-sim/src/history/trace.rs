//! What came of a history.

use locum_core::{Reason, State, States};
use serde::Serialize;

use crate::log::{Entry, Logged};
use crate::node::{Node, Served};

/// What came of a history: everything that can be seen from outside, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// Everything, in order of time.
    pub entries: Vec<Entry>,
    /// How long it lasted, in virtual milliseconds.
    pub lasted_ms: u64,
    /// For how long the users of each node were served twice, in milliseconds.
    pub twice_ms: [u64; 2],
    /// How many inputs the state machines were given.
    pub inputs: u64,
    /// Where both nodes are at the end; `None` for one whose daemon does not run.
    pub ends: [Option<(State, Reason)>; 2],
    /// How many users each node's directory holds at the end, and of which revision and digest it is.
    pub directories: [(u64, u64, u64); 2],
}

/// For how long a home was served by the same nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// From when, in virtual milliseconds.
    pub from_ms: u64,
    /// Until when.
    pub to_ms: u64,
    /// Who served it.
    pub by: Served,
}

impl Trace {
    /// A digest of everything: two traces that are the same have the same.
    pub fn digest(&self) -> String {
        let bytes = postcard::to_allocvec(self).expect("a trace is plain data");
        blake3::hash(&bytes).to_hex()[..32].to_owned()
    }

    /// How often a node took over its peer's users and served them.
    pub fn failovers(&self) -> u64 {
        let taken = |entry: &&Entry| match &entry.what {
            Logged::Transition { transition, .. } => {
                transition.from.0 == State::TakingOver && States::COVERING.has(transition.to.0)
            }
            _ => false,
        };
        self.entries.iter().filter(taken).count() as u64
    }

    /// Who served the users of this home, from the beginning to the end.
    pub fn served(&self, home: Node) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut open = Span { from_ms: 0, to_ms: 0, by: Served::Nobody };
        for entry in &self.entries {
            match entry.what {
                Logged::Served { home: of, by, .. } if of == home => {
                    if entry.at_ms > open.from_ms {
                        spans.push(Span { to_ms: entry.at_ms, ..open });
                    }
                    open = Span { from_ms: entry.at_ms, to_ms: 0, by };
                }
                _ => {}
            }
        }
        if self.lasted_ms > open.from_ms {
            spans.push(Span { to_ms: self.lasted_ms, ..open });
        }
        spans
    }

    /// For how long this home was served by these nodes, in milliseconds.
    pub fn served_ms(&self, home: Node, by: Served) -> u64 {
        self.served(home).iter().filter(|span| span.by == by).map(|span| span.to_ms - span.from_ms).sum()
    }

    /// What must never happen and did, if anything.
    pub fn broken(&self) -> Option<&str> {
        self.entries.iter().rev().find_map(|entry| match &entry.what {
            Logged::Broken { what } => Some(&**what),
            _ => None,
        })
    }
}
