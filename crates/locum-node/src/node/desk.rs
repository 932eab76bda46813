//! The desk: answers what the admin API asks. It looks at what the driver has published and never holds it up.

use std::sync::Arc;
use std::time::Duration;

use locum_core::{Answer, Command, Obstacle, Refusal};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::messages::{Ask, Told};
use super::shared::Shared;
use super::{journal, reload};
use crate::api::{self, CommandOutcome, Event, Problem, UserDocument};
use crate::clock;
use crate::handle::{Request, ServiceAction, UsersChange};

/// How long the peer may take to answer a command that is meant for it.
const PEER_COMMAND_TIMEOUT: Duration = Duration::from_secs(10);

/// Answers requests until nobody can ask any more.
pub(crate) async fn serve(shared: Arc<Shared>, mut requests: mpsc::Receiver<Request>) {
    while let Some(request) = requests.recv().await {
        // Each is answered by itself, so that none waits for another's disk or peer.
        tokio::spawn(answer(Arc::clone(&shared), request));
    }
}

async fn answer(shared: Arc<Shared>, request: Request) {
    match request {
        Request::Status(reply) => _ = reply.send(Ok(shared.status().await)),
        Request::Command { node, command, key, reply } => _ = reply.send(shared.command_once(node, command, key).await),
        Request::Events { from, limit, reply } => _ = reply.send(shared.events(from, limit).await),
        Request::Users { home, after, limit, reply } => _ = reply.send(shared.users(home, after, limit)),
        Request::User { user, reply } => _ = reply.send(shared.user(&user)),
        Request::ChangeUsers { change, key, reply } => {
            let asked = format!("change of users {}", fingerprint(&change));
            let changing = Arc::clone(&shared);
            let change = async move { changing.change_users(change).await };
            _ = reply.send(shared.once(asked, key, change).await);
        }
        Request::Service { name, action, reply } => _ = reply.send(shared.service(&name, action).await),
        Request::Admissions { users, reply } => _ = reply.send(Ok(shared.gate.admit(&users))),
        Request::Reload(reply) => _ = reply.send(reload::reload(&shared).await),
    }
}

impl Shared {
    /// Carries a command out where it belongs, once for each key.
    async fn command_once(
        self: &Arc<Self>,
        node: Option<String>,
        command: Command,
        key: Option<String>,
    ) -> Result<CommandOutcome, Problem> {
        match node {
            Some(node) if Some(&node) == self.peer.as_ref() => {
                match self.ask_peer(&Ask::Command { command, key }, PEER_COMMAND_TIMEOUT).await? {
                    Told::Command(outcome) => Ok(outcome),
                    _ => Err(Problem::new("peer", "The peer gave no answer to the command; look with `locum status`.")),
                }
            }
            Some(node) if node != self.node => {
                let text = format!("There is no node {node} in this group; it has {}.", self.names().join(" and "));
                Err(Problem::new("not-found", text))
            }
            _ => self.command_here(command, key).await,
        }
    }

    /// Carries a command out on this node, once for each key.
    pub(crate) async fn command_here(
        self: &Arc<Self>,
        command: Command,
        key: Option<String>,
    ) -> Result<CommandOutcome, Problem> {
        let here = Arc::clone(self);
        let carry_out = async move {
            let done =
                |outcome: &str, text: String| CommandOutcome { outcome: outcome.into(), text, node: here.node.clone() };
            match here.ask(command).await? {
                Answer::Accepted => Ok(done("accepted", format!("Node {}: {} has begun.", here.node, command.name()))),
                Answer::AlreadyDone => Ok(done(
                    "already-done",
                    format!("Node {}: {} was asked for before; nothing more to do.", here.node, command.name()),
                )),
                Answer::Refused(refusal) => Err(refused(&here.node, &refusal)),
            }
        };
        self.once(format!("{} of node {}", command.name(), self.node), key, carry_out).await
    }

    /// Does what is asked unless it was done under the same key before; then the answer is the same as then. A key
    /// that stands for something else is refused.
    async fn once<T>(
        &self,
        asked: String,
        key: Option<String>,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem>
    where
        T: serde::Serialize + serde::de::DeserializeOwned,
    {
        let Some(key) = key else { return work.await };
        let internal = |error: locum_store::StoreError| Problem::new("internal", error.to_string());
        let unreadable = |error: serde_json::Error| Problem::new("internal", error.to_string());
        if let Some(known) = self.store.recall(&key, clock::unix_ms()).map_err(internal)? {
            let known: Known<T> = serde_json::from_str(&known).map_err(unreadable)?;
            if known.asked != asked {
                let text =
                    format!("The idempotency key was used for a {}; take a new one. Nothing has changed.", known.asked);
                return Err(Problem::new("refused", text));
            }
            return Ok(known.outcome);
        }
        let known = Known { asked, outcome: work.await? };
        let json = serde_json::to_string(&known).map_err(unreadable)?;
        let (store, now_unix_ms) = (Arc::clone(&self.store), clock::unix_ms());
        let remembered = tokio::task::spawn_blocking(move || store.remember(&key, &json, now_unix_ms)).await;
        match remembered {
            Ok(Ok(())) => Ok(known.outcome),
            Ok(Err(error)) => Err(internal(error)),
            Err(_) => Err(Problem::new("internal", "The node is stopping.")),
        }
    }

    async fn events(&self, from: u64, limit: usize) -> Result<Vec<Event>, Problem> {
        let store = Arc::clone(&self.store);
        let entries = tokio::task::spawn_blocking(move || {
            let from = if from > 0 { from } else { (store.last_sequence()? + 1).saturating_sub(limit as u64) };
            store.journal(from, limit)
        });
        let entries = entries.await.map_err(|_| Problem::new("internal", "The node is stopping."))?;
        let entries = entries.map_err(|error| Problem::new("internal", error.to_string()))?;
        Ok(entries
            .into_iter()
            .map(|entry| Event {
                sequence: entry.sequence,
                at_unix_ms: entry.at_unix_ms,
                kind: entry.kind,
                text: entry.text,
                fields: entry.fields,
            })
            .collect())
    }

    fn users(&self, home: Option<String>, after: Option<String>, limit: usize) -> Result<Vec<UserDocument>, Problem> {
        if let Some(stray) = home.as_deref().filter(|home| !self.names().contains(home)) {
            return Err(Problem::new("not-found", format!("There is no node {stray} in this group.")));
        }
        let directory = self.store.directory();
        let wanted = |user: &locum_store::UserRef<'_>| home.is_none() || user.home == home.as_deref();
        Ok(directory
            .users_by_name(after.as_deref())
            .filter(wanted)
            .take(limit)
            .map(|user| self.document(user))
            .collect())
    }

    fn user(&self, name: &str) -> Result<UserDocument, Problem> {
        let directory = self.store.directory();
        let row = directory.row_of_name(name);
        row.map(|row| self.document(directory.user(row)))
            .ok_or_else(|| Problem::new("not-found", format!("There is no user {name}.")))
    }

    fn document(&self, user: locum_store::UserRef<'_>) -> UserDocument {
        let served_by = user.home.and_then(|home| self.who_serves(home));
        UserDocument {
            user: user.name.to_owned(),
            home: user.home.map(str::to_owned),
            weight: user.weight,
            class: user.class,
            served_by,
        }
    }

    /// The node that serves the users of a home, as far as this node knows.
    fn who_serves(&self, home: &str) -> Option<String> {
        if self.gate.homes().iter().any(|served| served == home) {
            return Some(self.node.clone());
        }
        let told = self.told().filter(|_| !self.view().peer_silent)?;
        told.serves.iter().any(|served| served == home).then_some(told.name)
    }

    async fn service(&self, name: &str, action: ServiceAction) -> Result<String, Problem> {
        let done = self.supervisor.act(name, action).await?;
        let fields = serde_json::json!({ "service": name, "action": format!("{action:?}") });
        let entry = journal::entry("service", format!("An operator: {done}"), fields);
        self.journal(vec![entry]).await.map_err(|error| Problem::new("internal", error.to_string()))?;
        Ok(done)
    }
}

/// What was asked under an idempotency key, and what came of it.
#[derive(serde::Serialize, serde::Deserialize)]
struct Known<T> {
    asked: String,
    outcome: T,
}

/// Tells one change from another.
fn fingerprint(change: &UsersChange) -> String {
    let digest = Sha256::digest(format!("{change:?}"));
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A refusal, for people and for programs.
fn refused(node: &str, refusal: &Refusal) -> Problem {
    let obstacle = match refusal.obstacle {
        Obstacle::State => "state",
        Obstacle::Peer => "peer",
        Obstacle::Directory => "directory",
        Obstacle::OneNode => "one-node",
        Obstacle::NoCountdown => "no-countdown",
        Obstacle::Leaving => "leaving",
    };
    let for_programs = api::Refusal {
        command: refusal.command.name().into(),
        obstacle: obstacle.into(),
        state: refusal.state.name().into(),
        reason: refusal.reason.name().into(),
    };
    Problem { refusal: Some(Box::new(for_programs)), ..Problem::new("refused", in_words(node, refusal)) }
}

/// A refusal for people: why, what the state is, what state it would take, and that nothing has changed.
fn in_words(node: &str, refusal: &Refusal) -> String {
    let needs = match refusal.command {
        Command::Failover => "both nodes must be Normal",
        Command::Fallback => "the node must be Idle or Failed Over, and its peer must be covering it",
        Command::ForceTakeOver => "the node must be Idle, and its peer must not be serving",
        Command::Recover => "the node must be Running in Failed Mode",
        Command::CancelFallback => "an automatic fallback must be counting down",
        Command::HighAvailabilityOn => "both nodes must be heard and have the same user directory",
        Command::HighAvailabilityOff | Command::Goodbye => "the node must not be leaving",
    };
    let obstacle = match refusal.obstacle {
        Obstacle::State => format!("it is {} ({})", refusal.state, refusal.reason),
        obstacle => format!("{obstacle}; it is {} ({})", refusal.state, refusal.reason),
    };
    format!("Node {node}: {} is refused: {obstacle}, and {needs}. Nothing has changed.", refusal.command.name())
}
