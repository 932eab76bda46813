//! What both nodes say of themselves and of each other.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use locum_core::{Reason, State};
use serde_json::Value;

use super::history::{History, Record};
use crate::pair::{
    http::Connection,
    node::{Node, now_us},
};

/// Between two looks at a node.
const PACE: Duration = Duration::from_millis(100);
/// A node that takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// A pair rests that has not changed for so long, in microseconds.
const AT_REST_US: u64 = 1_000_000;

/// A node's word, and what it has heard of its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) own: (State, Reason),
    /// `None` where it does not hear its peer.
    pub(super) peer: Option<(State, Reason)>,
}

/// The last words of both, and since when they have said so. Clones are the same one.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Mutex<Words>>);

/// Of each node that answers, and since when.
type Words = [Option<(Word, u64)>; 2];

impl Watch {
    /// Looks at a node for ever.
    pub(super) async fn follow(self, node: Node, socket: PathBuf, history: History) {
        loop {
            let mut connection = Connection::open(&socket).await.ok();
            while let Some(open) = &mut connection {
                let status = tokio::time::timeout(PATIENCE, open.get::<Value>("/v1/status")).await;
                let Some(word) = status.ok().and_then(Result::ok).and_then(|status| word(&status)) else { break };
                self.hears(node, Some(word), &history);
                tokio::time::sleep(PACE).await;
            }
            self.hears(node, None, &history);
            tokio::time::sleep(PACE).await;
        }
    }

    fn hears(&self, node: Node, word: Option<Word>, history: &History) {
        let last = &mut self.words()[node.index()];
        let before = last.map(|(word, _)| word);
        if before == word {
            return;
        }
        let at_us = now_us();
        if before.map(|word| word.own) != word.map(|word| word.own) {
            let state = word.map(|word| word.own.0.name().to_owned());
            let reason = word.map_or("", |word| word.own.1.name()).to_owned();
            history.add(Record::State { at_us, node, state, reason });
        }
        *last = word.map(|word| (word, at_us));
    }

    /// The word of a node that answers.
    pub(super) fn word(&self, node: Node) -> Option<Word> {
        self.words()[node.index()].map(|(word, _)| word)
    }

    /// Both states, for people.
    pub(super) fn states(&self) -> [String; 2] {
        let name = |(state, reason): (State, Reason)| format!("{} ({})", state.name(), reason.name());
        Node::BOTH.map(|node| self.word(node).map_or("no answer".to_owned(), |word| name(word.own)))
    }

    /// Since when the pair rests: both are in steady states, each knows it of the other, and nothing has changed for a
    /// while.
    pub(super) fn rests(&self) -> Option<(u64, [State; 2])> {
        let [Some((a, a_since_us)), Some((b, b_since_us))] = *self.words() else { return None };
        let since_us = a_since_us.max(b_since_us);
        let steady = !a.own.0.is_transition() && !b.own.0.is_transition();
        let known = a.peer == Some(b.own) && b.peer == Some(a.own);
        (steady && known && now_us() > since_us + AT_REST_US).then_some((since_us, [a.own.0, b.own.0]))
    }

    fn words(&self) -> MutexGuard<'_, Words> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn word(status: &Value) -> Option<Word> {
    let side =
        |node: &Value| Some((State::from_name(node["state"].as_str()?)?, Reason::from_name(node["reason"].as_str()?)?));
    let [own, peer] = [&status["nodes"][0], &status["nodes"][1]];
    let peer = if peer["heard"] == true { side(peer) } else { None };
    Some(Word { own: side(own)?, peer })
}
