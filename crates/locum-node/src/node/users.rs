//! The user directory on both nodes: changes, and catching up (`docs/behaviour.md` §7).

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use locum_core::{Direction, State};
use locum_host::policy::{Nodes, Occasion, UNASSIGNED, Users};
use locum_store::{Directory, DirectoryChange, NewUser, Snapshot, StoreError, csv};

use super::journal;
use super::messages::{Ask, Told, decode, encode};
use super::shared::Shared;
use crate::api::{Problem, UserDocument, UsersOutcome};
use crate::handle::UsersChange;

/// How long a peer may take to put a change, or a whole directory, on its disk.
const PEER_STORE_TIMEOUT: Duration = Duration::from_secs(60);

impl Shared {
    /// Changes the directory on both nodes: stage here, commit there, commit here. The caller is told only once
    /// both have it; where that cannot be found out, the node that is behind catches up with the other.
    pub(crate) async fn change_users(self: &Arc<Self>, change: UsersChange) -> Result<UsersOutcome, Problem> {
        let Ok(_changing) = self.changing.try_lock() else {
            return Err(Problem::new(
                "busy",
                "Another change of the user directory is under way; try again in a moment.",
            ));
        };
        self.agreed().await;
        self.may_change_users()?;
        let shared = Arc::clone(self);
        let (staged, bytes, outcome) = blocking(move || shared.stage(change)).await?;
        if self.peer.is_some()
            && let Err(problem) = self.commit_at_peer(bytes, staged).await
        {
            let store = Arc::clone(&self.store);
            blocking(move || store.discard_staged().map_err(internal)).await?;
            return Err(problem);
        }
        let store = Arc::clone(&self.store);
        blocking(move || store.commit_staged(staged).map(drop).map_err(internal)).await?;
        self.tell_directory().await;
        let text =
            format!("The user directory changed: {} added or changed, {} removed.", outcome.changed, outcome.removed);
        let fields =
            serde_json::json!({ "revision": outcome.revision, "changed": outcome.changed, "removed": outcome.removed });
        self.journal(vec![journal::entry("users", text, fields)]).await.map_err(internal)?;
        Ok(outcome)
    }

    /// A change that the peer asks for: it is committed here before it is there.
    pub(crate) async fn commit_for_peer(self: &Arc<Self>, change: Vec<u8>) -> Result<u64, Problem> {
        let Ok(_changing) = self.changing.try_lock() else {
            return Err(Problem::new(
                "busy",
                "A change of the user directory is under way on the other node; try again.",
            ));
        };
        self.agreed().await;
        self.may_change_users()?;
        let store = Arc::clone(&self.store);
        let revision = blocking(move || {
            let change =
                DirectoryChange::from_bytes(&change).map_err(|error| Problem::new("peer", error.to_string()))?;
            store.apply(&change).map(|directory| directory.revision()).map_err(internal)
        })
        .await?;
        self.tell_directory().await;
        Ok(revision)
    }

    /// Fetches the peer's directory if that is ahead of this node's (`docs/behaviour.md` §7). Returns whether it was.
    pub(crate) async fn catch_up(self: &Arc<Self>) -> Result<bool, Problem> {
        if !self.is_behind() {
            return Ok(false);
        }
        let _changing = self.changing.lock().await;
        // The change that was under way may have been what the peer had and this node had not.
        if !self.is_behind() {
            return Ok(false);
        }
        let Told::Directory(bytes) = self.ask_peer(&Ask::Directory, PEER_STORE_TIMEOUT).await? else {
            return Err(Problem::new("peer", "The peer did not send its user directory."));
        };
        let store = Arc::clone(&self.store);
        let users = blocking(move || {
            let snapshot = Snapshot::from_bytes(&bytes).map_err(|error| Problem::new("peer", error.to_string()))?;
            if snapshot.revision <= store.directory().revision() {
                return Ok(0);
            }
            store.replace_directory(&snapshot).map(|directory| directory.len()).map_err(internal)
        })
        .await?;
        self.tell_directory().await;
        let text = format!("The user directory has caught up with the peer's: {users} users.");
        self.journal(vec![journal::entry("users", text, serde_json::Value::Null)]).await.map_err(internal)?;
        Ok(true)
    }

    /// Whether the peer is heard to have a later directory.
    fn is_behind(&self) -> bool {
        let view = self.view();
        !view.peer_silent && view.peer.is_some_and(|peer| peer.directory.revision > self.store.directory().revision())
    }

    /// Asks the peer something over the stream.
    pub(crate) async fn ask_peer(&self, ask: &Ask, timeout: Duration) -> Result<Told, Problem> {
        let unreachable = |why: String| {
            Problem::new("peer", format!("The peer cannot be reached ({why}); check it with `locum status`."))
        };
        let Some(link) = &self.link else { return Err(unreachable("the group has only one node".into())) };
        let answer = link.request(encode(ask), timeout).await.map_err(|error| unreachable(error.to_string()))?;
        match decode(&answer)? {
            Told::Problem(problem) => Err(problem),
            told => Ok(told),
        }
    }

    /// The columns of a user move: who serves each user now, and which nodes may from now on.
    pub(crate) fn columns_of_move(&self, direction: Direction) -> (Users, Nodes, Occasion) {
        let names = self.names();
        let directory = self.store.directory();
        let homes = directory.homes_among(&names);
        let own = names.iter().position(|name| *name == self.node).unwrap_or(0) as u32;
        let at_home = |home: &u32| *home;
        let here = |home: &u32| if *home == UNASSIGNED { UNASSIGNED } else { own };
        let (nodes, available, occasion): (Vec<u32>, _, _) = match direction {
            Direction::TakeOver => {
                let available = (0..names.len() as u32).map(|row| u8::from(row == own)).collect();
                (homes.iter().map(at_home).collect(), available, Occasion::TakeOver)
            }
            Direction::GiveBack => (homes.iter().map(here).collect(), vec![1; names.len()], Occasion::GiveBack),
        };
        let users = columns(&directory, homes, nodes);
        (users, Nodes { groups: vec![0; names.len()], available }, occasion)
    }

    /// Waits, for an interval at most, until heartbeats have told each node what the other's directory is: the change
    /// before this one may have been a moment ago.
    async fn agreed(&self) {
        let interval = Duration::from_millis(self.config().parameters().keep_alive_interval_ms);
        let mut view = self.view.clone();
        let agree = view.wait_for(|view| view.peer.is_none_or(|peer| peer.directory == view.directory));
        let _ = tokio::time::timeout(interval, agree).await;
    }

    /// Refuses while any node of the group is failed over, or cannot store the change (`docs/behaviour.md` §7).
    fn may_change_users(&self) -> Result<(), Problem> {
        let view = self.view();
        let calm = |state: State| matches!(state, State::Normal | State::Unknown);
        let refuse = |why: String| {
            Err(Problem::new(
                "refused",
                format!("The user directory cannot be changed now: {why}. Nothing has changed."),
            ))
        };
        if !calm(view.state) && self.peer.is_some() {
            return refuse(format!("node {} is {} ({})", self.node, view.state, view.reason));
        }
        let Some(name) = &self.peer else { return Ok(()) };
        match view.peer {
            _ if view.peer_silent => refuse(format!("node {name} is not heard, and both nodes must store the change")),
            None => refuse(format!("node {name} has not been heard yet")),
            Some(peer) if !calm(peer.state) => refuse(format!("node {name} is {} ({})", peer.state, peer.reason)),
            Some(peer) if peer.directory.revision != view.directory.revision => {
                refuse("the node whose user directory is behind has not caught up yet; try again in a moment".into())
            }
            Some(peer) if peer.directory != view.directory => refuse(
                "the user directories of the two nodes differ; docs/operating.md, \"When the directories differ\", says what to do".into(),
            ),
            Some(_) => Ok(()),
        }
    }

    /// Puts the change on this node's disk, not yet visible: its revision, its bytes for the peer, and what it does.
    fn stage(&self, change: UsersChange) -> Result<(u64, Vec<u8>, UsersOutcome), Problem> {
        let directory = self.store.directory();
        let change = self.plan(&directory, change)?;
        let (changed, removed) = (change.upserts.len() as u64, change.removals.len() as u64);
        let bytes = change.to_bytes();
        let staged = self.store.stage(change).map_err(invalid)?;
        Ok((staged.revision, bytes, UsersOutcome { changed, removed, revision: staged.revision }))
    }

    fn plan(&self, directory: &Directory, change: UsersChange) -> Result<DirectoryChange, Problem> {
        let new = match change {
            UsersChange::Import(text) => csv::parse(text.as_bytes()).map_err(|faults| {
                let text = format!("The file is refused as a whole: {} fault(s). Nothing was imported.", faults.count);
                let details = faults.shown.iter().map(ToString::to_string).collect();
                Problem { details, ..Problem::new("invalid", text) }
            })?,
            UsersChange::Add(user) => vec![new_user(user)],
            UsersChange::Remove(names) => {
                let gone: Vec<_> = names.iter().filter(|name| directory.row_of_name(name).is_none()).cloned().collect();
                if !gone.is_empty() {
                    return Err(Problem::new(
                        "not-found",
                        format!("There is no user {}. Nothing was removed.", gone.join(", ")),
                    ));
                }
                return Ok(DirectoryChange::removing(directory, names));
            }
            UsersChange::Rebalance => Vec::new(),
        };
        let names = self.names();
        let stray = new.iter().find(|user| user.home.as_deref().is_some_and(|home| !names.contains(&home)));
        if let Some(stray) = stray {
            let home = stray.home.as_deref().unwrap_or_default();
            let text = format!(
                "User {}: home {home} is no node of this group ({}). Nothing was changed.",
                stray.name,
                names.join(", ")
            );
            return Err(Problem::new("invalid", text));
        }
        let occasion = if new.is_empty() { Occasion::Rebalance } else { Occasion::Assign };
        let invalid =
            |error: locum_store::DirectoryError| Problem::new("invalid", format!("{error}. Nothing was changed."));
        let candidate = directory.with(&DirectoryChange::importing(directory, new)).map_err(invalid)?;
        let homes = candidate.homes_among(&names);
        let users = columns(&candidate, homes.clone(), homes);
        let nodes = Nodes { groups: vec![0; names.len()], available: vec![1; names.len()] };
        let placement = self.policy.lock().unwrap_or_else(PoisonError::into_inner).place(occasion, &users, &nodes);
        if let Some(fault) = placement.fault {
            let text = format!("The policy's answer was not used, and nothing is lost: {fault}");
            self.store.append(&journal::entry("policy", text, serde_json::Value::Null)).map_err(internal)?;
        }
        let assigned = candidate.with_homes(&names, &placement.nodes).map_err(invalid)?;
        Ok(DirectoryChange::between(directory, &assigned))
    }

    async fn commit_at_peer(&self, change: Vec<u8>, revision: u64) -> Result<(), Problem> {
        match self.ask_peer(&Ask::Change(change), PEER_STORE_TIMEOUT).await? {
            Told::Changed(theirs) if theirs == revision => Ok(()),
            _ => Err(Problem::new(
                "peer",
                "The peer stored another revision; the nodes will catch up. Look again with `locum users list`.",
            )),
        }
    }
}

fn columns(directory: &Directory, homes: Vec<u32>, nodes: Vec<u32>) -> Users {
    Users {
        ids: directory.ids().to_vec(),
        homes,
        nodes,
        weights: directory.weights().to_vec(),
        classes: directory.classes().to_vec(),
    }
}

fn new_user(user: UserDocument) -> NewUser {
    NewUser { name: user.user, home: user.home, weight: user.weight, class: user.class }
}

/// Runs what touches the disk where it holds nobody up.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    let stopped = |_| Problem::new("internal", "The node is stopping.");
    tokio::task::spawn_blocking(work).await.map_err(stopped)?
}

/// The store refuses what is asked, or fails.
fn invalid(error: StoreError) -> Problem {
    match error {
        StoreError::Directory(error) => Problem::new("invalid", format!("{error}. Nothing was changed.")),
        error => internal(error),
    }
}

fn internal(error: StoreError) -> Problem {
    Problem::new("internal", error.to_string())
}
