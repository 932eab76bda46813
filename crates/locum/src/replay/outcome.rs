//! What it came to: who served whom, and for how long.

use locum_sim::{Logged, Node, Served, history::Trace};
use serde::Serialize;

use super::Story;

/// What it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Outcome {
    /// How long it lasted, in milliseconds.
    pub(crate) lasted_ms: u64,
    /// How often a node took over.
    pub(crate) failovers: u64,
    /// For the users of each node.
    pub(crate) homes: [Home; 2],
    /// Where both nodes are at the end; `None` for one whose daemon does not run.
    pub(crate) ends: [Option<(&'static str, &'static str)>; 2],
    /// What is the same for the same history on every run.
    pub(crate) digest: String,
}

/// How the users of a node fared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Home {
    /// Their home.
    pub(crate) home: String,
    /// For how long it served them itself, in milliseconds.
    pub(crate) at_home_ms: u64,
    /// For how long the peer did.
    pub(crate) by_peer_ms: u64,
    /// For how long both did.
    pub(crate) twice_ms: u64,
    /// For how long nobody did, once they had been served.
    pub(crate) by_nobody_ms: u64,
    /// The longest such time.
    pub(crate) longest_ms: u64,
}

/// What a trace came to.
pub(crate) fn outcome(trace: &Trace, names: &[String; 2]) -> Outcome {
    let home = |home: Node| {
        let spans = trace.served(home);
        let first = spans.iter().position(|span| span.by != Served::Nobody).unwrap_or(spans.len());
        let gaps = spans[first..].iter().filter(|span| span.by == Served::Nobody).map(|span| span.to_ms - span.from_ms);
        Home {
            home: names[home as usize].clone(),
            at_home_ms: trace.served_ms(home, Served::By(home)),
            by_peer_ms: trace.served_ms(home, Served::By(home.peer())),
            twice_ms: trace.served_ms(home, Served::Twice),
            by_nobody_ms: gaps.clone().sum(),
            longest_ms: gaps.max().unwrap_or(0),
        }
    };
    Outcome {
        lasted_ms: trace.lasted_ms,
        failovers: trace.failovers(),
        homes: Node::BOTH.map(home),
        ends: trace.ends.map(|end| end.map(|(state, reason)| (state.name(), reason.name()))),
        digest: trace.digest(),
    }
}

/// Where the replay does something else than the nodes wrote down, if it does.
pub(crate) fn departs(story: &Story, trace: &Trace) -> Option<String> {
    Node::BOTH.into_iter().find_map(|node| {
        let seen = story.seen.iter().filter(|seen| seen.node == node);
        let mut played = trace.entries.iter().filter_map(|entry| match &entry.what {
            Logged::Transition { node: of, transition } if *of == node => Some(transition.to),
            _ => None,
        });
        // Nodes that ran already find their place first.
        let first = story.seen.iter().find(|seen| seen.node == node)?;
        let mut next = played.by_ref().skip_while(|to| *to != first.to).peekable();
        let name = &story.names[node as usize];
        seen.zip(1..).find_map(|(seen, place)| {
            let (state, reason) = seen.to;
            match next.next() {
                Some(to) if to == seen.to => None,
                to => {
                    let instead =
                        to.map_or("stays where it is".into(), |(state, reason)| format!("goes to {state} ({reason})"));
                    Some(format!("Change {place} of {name} was to {state} ({reason}); the replay {instead}."))
                }
            }
        })
    })
}
