//! The clients: for each node one that asks its gate continuously, about users of both homes in turn; and a roll call
//! of all users.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Result;
use serde::Deserialize;

use crate::pair::{http::Connection, node::Node, spans::Spans, users::Users};

/// Users of each home in one question.
const BATCH: usize = 8;
/// Between an answer and the next question.
const PACE: Duration = Duration::from_millis(2);
/// A gate that takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Users in one question of a roll call.
const ROLL_CALL_BATCH: usize = 2_500;

/// The answer of a gate about one user.
#[derive(Deserialize)]
struct Admission {
    serve: bool,
    at_us: u64,
}

/// What the clients have been told. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Clients(Arc<Mutex<Spans>>);

impl Clients {
    /// What they have been told so far.
    pub(super) fn spans(&self) -> MutexGuard<'_, Spans> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks a node's gate for ever.
    pub(super) async fn ask(self, node: Node, socket: PathBuf, users: Arc<Users>, seed: u64) {
        let batches = Node::BOTH.map(|home| {
            let mut names = users.at_home(home);
            let start = (seed as usize).checked_rem(names.len()).unwrap_or(0);
            names.rotate_left(start);
            names
        });
        let mut at = 0;
        loop {
            if let Ok(mut gate) = Connection::open(&socket).await {
                while self.ask_once(node, &mut gate, &batches, at).await.is_some() {
                    at += BATCH;
                    tokio::time::sleep(PACE).await;
                }
            }
            self.spans().unreachable(node);
            tokio::time::sleep(PACE).await;
        }
    }

    async fn ask_once(&self, node: Node, gate: &mut Connection, names: &[Vec<&str>; 2], at: usize) -> Option<()> {
        let batch = |home: Node| {
            let names = &names[home.index()];
            (at..at + BATCH.min(names.len())).map(move |place| (home, names[place % names.len()]))
        };
        let (homes, question): (Vec<Node>, Vec<&str>) = Node::BOTH.into_iter().flat_map(batch).unzip();
        let answers = tokio::time::timeout(PATIENCE, gate.post::<Vec<Admission>>("/v1/gate", &question)).await;
        let answers = answers.ok()?.ok()?;
        let mut spans = self.spans();
        spans.questions += 1;
        homes.iter().zip(&answers).for_each(|(home, answer)| spans.answer(node, *home, answer.at_us, answer.serve));
        Some(())
    }
}

/// Whom a node serves now, of all users; a node that does not answer serves nobody.
pub(super) async fn roll_call(socket: PathBuf, users: &Users) -> Vec<bool> {
    let mut served = vec![false; users.len()];
    let Ok(mut gate) = Connection::open(&socket).await else { return served };
    for (names, served) in users.names().chunks(ROLL_CALL_BATCH).zip(served.chunks_mut(ROLL_CALL_BATCH)) {
        let answers: Result<Vec<Admission>> = gate.post("/v1/gate", &names).await;
        let answers = answers.unwrap_or_default();
        served.iter_mut().zip(answers).for_each(|(served, answer)| *served = answer.serve);
    }
    served
}
