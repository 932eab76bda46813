//! What the history comes to: a pure function of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::{
    config::KEEP_ALIVE_TIMEOUT_MS,
    history::{Record, Via, What},
};
use crate::pair::{
    node::Node,
    spans::{Span, Spans, covered_us},
};

/// After a cut, nodes have heard each other once two keep-alive timeouts are over, in microseconds.
const HEARD_AGAIN_US: u64 = 2 * KEEP_ALIVE_TIMEOUT_MS * 1_000;

/// What a run comes to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Verdict {
    pub(super) faults: usize,
    /// How often a node took over its peer's users and served them.
    pub(super) failovers: usize,
    /// For how long both nodes served the same users, outside of the documented window.
    pub(super) dual_service_ms: u64,
    /// Users who are not in both directories exactly once; and users whom nobody has ever named.
    pub(super) users_lost: usize,
    /// Acknowledged commands and changes that a node has forgotten.
    pub(super) acks_lost: usize,
    /// The same as `dual_service_ms`, within the window: without a witness, across a cut.
    pub(super) dual_service_in_window_ms: u64,
    pub(super) storms: usize,
    /// Storms in which both nodes served the same users at some time.
    pub(super) storms_with_dual_service: usize,
    pub(super) users_acknowledged: usize,
    pub(super) commands_acknowledged: usize,
    /// Daemons that gave up, as they do on a full disk, and were started again.
    pub(super) daemons_failed: usize,
    /// From the end of the last fault of a storm until the pair rested.
    pub(super) quiescence_ms: Quantiles,
    /// For how many of a hundred moments the users of each home were served by somebody.
    pub(super) served_percent: [f64; 2],
    /// The longest pause between two answers of a gate that answered: what is shorter can escape.
    pub(super) blind_ms: u64,
    pub(super) questions: usize,
    pub(super) violations: Vec<String>,
}

/// Of many times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Quantiles {
    pub(super) median: u64,
    pub(super) max: u64,
}

/// Judges a history. Without a witness, both nodes may serve the same users while they cannot hear each other.
pub(super) fn check(history: &[Record], witness: bool) -> Verdict {
    let mut verdict = Verdict::default();
    count(history, &mut verdict);
    dual_service(history, witness, &mut verdict);
    users(history, &mut verdict);
    acknowledged(history, &mut verdict);
    rest(history, &mut verdict);
    epochs(history, &mut verdict);
    verdict
}

fn count(history: &[Record], verdict: &mut Verdict) {
    let mut states: [&str; 2] = [""; 2];
    for record in history {
        match record {
            Record::Begins { .. } => verdict.faults += 1,
            Record::Storm { .. } => verdict.storms += 1,
            Record::Ended { told: false, .. } => verdict.daemons_failed += 1,
            Record::Answer { .. } => verdict.questions += 1,
            Record::Acknowledged { what: What::User(_), .. } => verdict.users_acknowledged += 1,
            Record::Acknowledged { what: What::Import(users), .. } => verdict.users_acknowledged += users.len(),
            Record::Acknowledged { what: What::Command(_), .. } => verdict.commands_acknowledged += 1,
            Record::Transition { node, state, .. } => {
                let covers = matches!(state.as_str(), "Running in Backup Mode" | "Backup Activated");
                let before = std::mem::replace(&mut states[node.index()], state);
                verdict.failovers += usize::from(covers && before == "Taking Over");
            }
            _ => {}
        }
    }
}

/// As seen by one kind of client.
fn spans(history: &[Record], wanted: Via) -> Spans {
    let mut spans = Spans::default();
    for record in history {
        match record {
            Record::Answer { at_us, node, via, home, serve, .. } if *via == wanted => {
                spans.answer(*node, *home, *at_us, *serve);
            }
            Record::NoAnswer { node, via, .. } if *via == wanted => spans.unreachable(*node),
            _ => {}
        }
    }
    spans
}

fn dual_service(history: &[Record], witness: bool, verdict: &mut Verdict) {
    let windows = if witness { Vec::new() } else { windows(history) };
    let views = [Via::Gate, Via::Service].map(|via| (via, spans(history, via)));
    let storms: Vec<u64> = history
        .iter()
        .filter_map(|record| match record {
            Record::Storm { at_us, .. } => Some(*at_us),
            _ => None,
        })
        .collect();
    let mut stormy = BTreeSet::new();
    for home in Node::BOTH {
        let mut twice = Vec::new();
        for (via, spans) in &views {
            for overlap in spans.overlaps(home, 0) {
                stormy.insert(storms.partition_point(|at_us| *at_us <= overlap.last_us));
                let outside = outside(overlap, &windows);
                if let Some(first) = outside.first() {
                    verdict.violations.push(format!(
                        "both nodes served the users of {home} ({via:?}) at {} for {} ms",
                        seconds(history, first.first_us),
                        covered_us(outside.clone()).div_ceil(1_000)
                    ));
                }
                twice.push((overlap, outside));
            }
        }
        let all_us = covered_us(twice.iter().map(|(overlap, _)| *overlap).collect());
        let outside_us = covered_us(twice.into_iter().flat_map(|(_, outside)| outside).collect());
        verdict.dual_service_ms += outside_us.div_ceil(1_000);
        verdict.dual_service_in_window_ms += (all_us - outside_us).div_ceil(1_000);
        verdict.served_percent[home.index()] = availability(history, &views[0].1, home);
    }
    verdict.storms_with_dual_service = stormy.len();
    verdict.blind_ms = blind_us(history).div_ceil(1_000);
}

/// When nodes could not be expected to hear each other.
fn windows(history: &[Record]) -> Vec<Span> {
    let mut windows: Vec<Span> = Vec::new();
    let mut since_us = None;
    for record in history {
        match (record, since_us) {
            (Record::Parted { at_us, parted: true }, None) => since_us = Some(*at_us),
            (Record::Parted { at_us, parted: false }, Some(first_us)) => {
                windows.push(Span { first_us, last_us: at_us + HEARD_AGAIN_US });
                since_us = None;
            }
            _ => {}
        }
    }
    windows.extend(since_us.map(|first_us| Span { first_us, last_us: u64::MAX }));
    windows
}

/// What is left of a span without these windows, which are in order.
fn outside(span: Span, windows: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    let mut first_us = span.first_us;
    for window in windows.iter().filter(|window| window.last_us >= span.first_us && window.first_us <= span.last_us) {
        if first_us < window.first_us {
            left.push(Span { first_us, last_us: window.first_us - 1 });
        }
        first_us = first_us.max(window.last_us.saturating_add(1));
    }
    if first_us <= span.last_us {
        left.push(Span { first_us, last_us: span.last_us });
    }
    left
}

fn answers(history: &[Record]) -> impl Iterator<Item = (u64, Node)> {
    history.iter().filter_map(|record| match record {
        Record::Answer { at_us, node, via: Via::Gate, .. } => Some((*at_us, *node)),
        _ => None,
    })
}

fn availability(history: &[Record], spans: &Spans, home: Node) -> f64 {
    let times = || answers(history).map(|(at_us, _)| at_us);
    let (first_us, last_us) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
    let lasts_us = (last_us - first_us).max(1);
    // Hundredths are enough.
    (covered_us(spans.served(home)).min(lasts_us) * 10_000 / lasts_us) as f64 / 100.0
}

fn blind_us(history: &[Record]) -> u64 {
    let mut last: [Option<u64>; 2] = [None; 2];
    let mut blind_us = 0;
    for record in history {
        match record {
            Record::Answer { at_us, node, via: Via::Gate, .. } => {
                let before_us = last[node.index()].replace(*at_us).unwrap_or(*at_us);
                blind_us = blind_us.max(at_us.saturating_sub(before_us));
            }
            Record::NoAnswer { node, via: Via::Gate, .. } => last[node.index()] = None,
            _ => {}
        }
    }
    blind_us
}

fn users(history: &[Record], verdict: &mut Verdict) {
    let (mut due, mut known) = (BTreeSet::new(), BTreeSet::new());
    for record in history {
        match record {
            Record::Imported { users } => due.extend(users.iter().map(String::as_str)),
            Record::Tried { users, .. } => known.extend(users.iter().map(String::as_str)),
            Record::Acknowledged { what: What::User(user), .. } => _ = due.insert(user.as_str()),
            Record::Acknowledged { what: What::Import(users), .. } => due.extend(users.iter().map(String::as_str)),
            _ => {}
        }
    }
    let mut lost = BTreeSet::new();
    for record in history {
        let Record::Directory { node, users } = record else { continue };
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        users.iter().for_each(|user| *times.entry(user).or_default() += 1);
        let missing = due.iter().filter(|user| !times.contains_key(*user)).copied();
        let doubled = times.iter().filter(|(_, times)| **times > 1).map(|(user, _)| *user);
        let strange = times.keys().filter(|user| !due.contains(*user) && !known.contains(*user)).copied();
        for (users, what) in [
            (missing.collect::<Vec<_>>(), "are not in"),
            (doubled.collect(), "are more than once in"),
            (strange.collect(), "were never named, and are in"),
        ] {
            if let Some(user) = users.first() {
                let count = users.len();
                verdict.violations.push(format!("{count} users {what} the directory of {node}, such as {user}"));
            }
            lost.extend(users);
        }
    }
    verdict.users_lost = lost.len();
    let directories: BTreeSet<_> = history
        .iter()
        .filter_map(|record| match record {
            Record::Directory { users, .. } => Some(users.iter().collect::<BTreeSet<_>>()),
            _ => None,
        })
        .collect();
    if directories.len() > 1 {
        verdict.violations.push("the two directories differ in the end".to_owned());
    }
}

fn acknowledged(history: &[Record], verdict: &mut Verdict) {
    let recalled: BTreeMap<&str, &Value> = history
        .iter()
        .filter_map(|record| match record {
            Record::Recalled { key, answer } => Some((key.as_str(), answer)),
            _ => None,
        })
        .collect();
    let asked = history.iter().any(|record| matches!(record, Record::Directory { .. }));
    for record in history.iter().filter(|_| asked) {
        let Record::Acknowledged { node, key, answer, .. } = record else { continue };
        let known = recalled.get(key.as_str());
        if known != Some(&answer) {
            verdict.acks_lost += 1;
            let now = known.map_or("nothing".to_owned(), |known| known.to_string());
            let text = format!("{node} acknowledged {key} with {answer}, and in the end answers {now}");
            verdict.violations.push(text);
        }
    }
}

fn rest(history: &[Record], verdict: &mut Verdict) {
    let mut mended_us = 0;
    let mut took_ms = Vec::new();
    for record in history {
        match record {
            Record::Mended { at_us, .. } => mended_us = *at_us,
            // Before the first storm there was nothing to come to rest from.
            Record::AtRest { at_us, number: 1.., .. } => took_ms.push(at_us.saturating_sub(mended_us) / 1_000),
            Record::NotNormal { number, states: [a, b], .. } => {
                verdict.violations.push(format!("after storm {number} the pair did not come back: {a} / {b}"));
            }
            _ => {}
        }
    }
    took_ms.sort_unstable();
    let median = took_ms.get(took_ms.len() / 2).copied().unwrap_or(0);
    verdict.quiescence_ms = Quantiles { median, max: took_ms.last().copied().unwrap_or(0) };
}

/// No epoch falls (`docs/behaviour.md` §9.1), in any node's journal.
fn epochs(history: &[Record], verdict: &mut Verdict) {
    let mut last = [0; 2];
    for record in history {
        let Record::Transition { at_us, node, epoch, .. } = record else { continue };
        let before = std::mem::replace(&mut last[node.index()], *epoch);
        if before > *epoch {
            let at = seconds(history, *at_us);
            verdict.violations.push(format!("the epoch of {node} fell from {before} to {epoch} at {at}"));
        }
    }
}

/// A moment, for people: since the first storm.
fn seconds(history: &[Record], at_us: u64) -> String {
    let first_us = history.iter().find_map(|record| match record {
        Record::Storm { at_us, .. } => Some(*at_us),
        _ => None,
    });
    format!("{:.3} s", at_us.saturating_sub(first_us.unwrap_or(0)) as f64 / 1e6)
}

#[cfg(test)]
mod tests;
