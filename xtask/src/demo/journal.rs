//! Both daemons' journals, followed as they are written.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use locum_core::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::timeline::{Timeline, What};
use crate::pair::{
    http::Connection,
    node::{Node, now_us},
};

/// Between two tries to reach a daemon that does not answer.
const RETRY_PAUSE: Duration = Duration::from_millis(5);

/// An entry, as the daemon tells it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Event {
    sequence: u64,
    at_unix_ms: u64,
    pub(super) kind: String,
    pub(super) text: String,
    fields: Value,
}

/// A transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Transition {
    /// When, on the clock of the host.
    pub(super) at_ms: u64,
    pub(super) to: State,
    pub(super) reason: String,
    /// What the state machine was told when it made the transition.
    pub(super) trigger: String,
    /// For how long the peer had not been heard, where it was taken to be silent.
    pub(super) peer_silent_ms: u64,
}

/// What is known of both nodes from their journals. Clones are the same one.
#[derive(Clone)]
pub(super) struct Journal {
    histories: Arc<Mutex<[History; 2]>>,
    timeline: Timeline,
}

#[derive(Default)]
struct History {
    /// Whether the daemon answers.
    heard: bool,
    transitions: Vec<Transition>,
    events: Vec<Event>,
}

impl Event {
    fn transition(&self) -> Option<Transition> {
        let to = &self.fields["to"];
        Some(Transition {
            at_ms: self.fields["at_ms"].as_u64()?,
            to: State::from_name(to["state"].as_str()?)?,
            reason: to["reason"].as_str()?.to_owned(),
            trigger: self.fields["trigger"].as_str()?.to_owned(),
            peer_silent_ms: self.fields["peer_silent_ms"].as_u64().unwrap_or(0),
        })
    }

    /// When, on the clock of the host.
    fn at_us(&self) -> u64 {
        let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        now_us().saturating_sub(unix_ms.saturating_sub(self.at_unix_ms) * 1000)
    }

    /// What the entry says beyond the states and reasons.
    fn why(&self) -> &str {
        self.text.split_once("): ").map_or(&self.text, |(_, why)| why)
    }
}

impl Journal {
    pub(super) fn new(timeline: Timeline) -> Journal {
        Journal { histories: Arc::default(), timeline }
    }

    /// Follows a daemon's journal, over restarts, for ever.
    pub(super) async fn follow(self, node: Node, socket: PathBuf) {
        let mut next = 1;
        loop {
            let lines = async {
                let mut connection = Connection::open(&socket).await?;
                let asked_us = now_us();
                self.look(node, asked_us, &connection.get("/v1/status").await?);
                connection.lines(&format!("/v1/events/follow?from={next}")).await
            };
            if let Ok(mut lines) = lines.await {
                self.histories()[node.index()].heard = true;
                while let Some(event) = lines.next::<Event>().await {
                    next = event.sequence + 1;
                    self.add(node, event);
                }
                self.histories()[node.index()].heard = false;
                self.timeline.now(What::Gone(node));
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    /// A daemon begins in a state that no transition leads to.
    fn look(&self, node: Node, asked_us: u64, status: &Value) {
        let own = &status["nodes"][0];
        let text = |key: &str| own[key].as_str().unwrap_or_default().to_owned();
        if let Some(state @ State::Initializing) = State::from_name(&text("state")) {
            let (reason, trigger) = (text("reason"), "Start".to_owned());
            let begins =
                Transition { at_ms: asked_us / 1000, to: state, reason: reason.clone(), trigger, peer_silent_ms: 0 };
            self.histories()[node.index()].transitions.push(begins);
            let text = "The node finds its place.".to_owned();
            self.timeline.at(asked_us, What::State { node, state, reason, text });
        }
    }

    fn add(&self, node: Node, event: Event) {
        let mut histories = self.histories();
        let history = &mut histories[node.index()];
        match event.transition() {
            Some(transition) => {
                let Transition { to: state, reason, .. } = transition.clone();
                let what = What::State { node, state, reason, text: event.why().to_owned() };
                self.timeline.at(transition.at_ms * 1000, what);
                history.transitions.push(transition);
            }
            None => {
                let what = What::Word { node, kind: event.kind.clone(), text: event.text.clone() };
                self.timeline.at(event.at_us(), what);
            }
        }
        history.events.push(event);
    }

    /// The state of a node that answers, and for how long it has been in it, in milliseconds.
    pub(super) fn state(&self, node: Node) -> Option<(State, u64)> {
        let histories = self.histories();
        let history = &histories[node.index()];
        let last = history.transitions.last().filter(|_| history.heard)?;
        Some((last.to, (now_us() / 1000).saturating_sub(last.at_ms)))
    }

    /// The first transition of a node into a state, from `since_us` on.
    pub(super) fn entered(&self, node: Node, state: State, since_us: u64) -> Option<Transition> {
        let histories = self.histories();
        let since = histories[node.index()].transitions.iter().filter(|transition| transition.at_ms >= since_us / 1000);
        since.into_iter().find(|transition| transition.to == state).cloned()
    }

    /// Whether a node itself was late at some time between these two.
    pub(super) fn stalled(&self, since_us: u64, until_us: u64) -> bool {
        let histories = self.histories();
        let began_us = |event: &Event| {
            let late_ms = event.fields["late_ms"].as_u64().unwrap_or(0);
            event.at_us().saturating_sub(late_ms * 1000)
        };
        let stalls = histories.iter().flat_map(|history| &history.events).filter(|event| event.kind == "stall");
        stalls.into_iter().any(|event| event.at_us() >= since_us && began_us(event) < until_us)
    }

    /// Everything that a node has written down, one entry a line, as `locum replay` takes it.
    pub(super) fn lines(&self, node: Node) -> String {
        let histories = self.histories();
        let events = histories[node.index()].events.iter();
        events.map(|event| serde_json::to_string(event).unwrap_or_default() + "\n").collect()
    }

    /// The last entries of a node.
    pub(super) fn tail(&self, node: Node, entries: usize) -> Vec<Event> {
        let histories = self.histories();
        let events = &histories[node.index()].events;
        events[events.len().saturating_sub(entries)..].to_vec()
    }

    fn histories(&self) -> MutexGuard<'_, [History; 2]> {
        self.histories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::timeline::Look;

    fn event(sequence: u64, at_ms: u64, state: &str) -> Event {
        let fields = serde_json::json!({ "at_ms": at_ms, "trigger": "Timer",
            "to": { "state": state, "reason": "Peer Down" } });
        let text = format!("Normal (Normal) → {state} (Peer Down): The peer is silent: it is covered.");
        Event { sequence, at_unix_ms: 0, kind: "transition".into(), text, fields }
    }

    #[test]
    fn transitions_are_found_by_state_and_time() {
        let journal = Journal::new(Timeline::new(Look::Json));
        journal.add(Node::B, event(1, 10, "Taking Over"));
        journal.add(Node::B, event(2, 20, "Running in Backup Mode"));
        journal.add(Node::B, event(3, 30, "Taking Over"));
        let at_ms = |since_us| journal.entered(Node::B, State::TakingOver, since_us).map(|found| found.at_ms);
        assert_eq!((at_ms(10_999), at_ms(11_000), at_ms(31_000)), (Some(10), Some(30), None));
        assert_eq!(journal.entered(Node::A, State::TakingOver, 0), None);
        assert_eq!(journal.entered(Node::B, State::TakingOver, 0).unwrap().trigger, "Timer");
        assert_eq!(journal.tail(Node::B, 2).len(), 2);
    }

    #[test]
    fn a_node_that_is_not_heard_has_no_state() {
        let journal = Journal::new(Timeline::new(Look::Json));
        journal.add(Node::A, event(1, 10, "Normal"));
        assert_eq!(journal.state(Node::A), None);
        journal.histories()[0].heard = true;
        assert_eq!(journal.state(Node::A).unwrap().0, State::Normal);
    }

    #[test]
    fn the_reason_why_stands_after_the_states() {
        assert_eq!(event(1, 1, "Idle").why(), "The peer is silent: it is covered.");
    }
}
