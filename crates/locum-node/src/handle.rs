//! How the admin API reaches the running node: requests through a bounded queue, to a desk in the API's own lane, so
//! that a flood of them cannot delay a heartbeat.

use locum_core::Command;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::api::{Admission, CommandOutcome, Event, Problem, Status, UserDocument, UsersOutcome};

/// A handle on the running node. Clones are cheap.
#[derive(Clone)]
pub struct NodeHandle {
    requests: mpsc::Sender<Request>,
    events: broadcast::Sender<Event>,
}

/// What a request may ask. Each carries where its answer goes.
pub(crate) enum Request {
    Status(Reply<Status>),
    Command { node: Option<String>, command: Command, key: Option<String>, reply: Reply<CommandOutcome> },
    Events { from: u64, limit: usize, reply: Reply<Vec<Event>> },
    Users { home: Option<String>, after: Option<String>, limit: usize, reply: Reply<Vec<UserDocument>> },
    User { user: String, reply: Reply<UserDocument> },
    ChangeUsers { change: UsersChange, key: Option<String>, reply: Reply<UsersOutcome> },
    Service { name: String, action: ServiceAction, reply: Reply<String> },
    Admissions { users: Vec<String>, reply: Reply<Vec<Admission>> },
    Reload(Reply<Vec<String>>),
}

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, Problem>>;

/// A change of the directory, as it is asked for.
#[derive(Clone, Debug)]
pub enum UsersChange {
    /// Add users from CSV text: all or none.
    Import(String),
    /// Add or change one user. No home means that the policy chooses it.
    Add(UserDocument),
    /// Remove these users.
    Remove(Vec<String>),
    /// Let the policy give every user a new home.
    Rebalance,
}

/// What may be asked of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceAction {
    /// Start it if it does not run.
    Start,
    /// Stop it. It stays stopped until it is started.
    Stop,
    /// Stop it, then start it.
    Restart,
}

impl NodeHandle {
    pub(crate) fn new(requests: mpsc::Sender<Request>, events: broadcast::Sender<Event>) -> NodeHandle {
        NodeHandle { requests, events }
    }

    /// A handle without a node, to try the API by itself: whatever it is asked, it is `busy`.
    pub fn of_nobody() -> NodeHandle {
        NodeHandle::new(mpsc::channel(1).0, broadcast::channel(1).0)
    }

    /// What the node knows of its group.
    ///
    /// # Errors
    /// `busy` where too many requests wait.
    pub async fn status(&self) -> Result<Status, Problem> {
        self.ask(Request::Status).await
    }

    /// Carries a command out at `node` (this one, unless named), once for each idempotency key.
    ///
    /// # Errors
    /// `refused` with the reason; `peer` where the node that is meant cannot be reached; `busy`.
    pub async fn command(
        &self,
        node: Option<String>,
        command: Command,
        key: Option<String>,
    ) -> Result<CommandOutcome, Problem> {
        self.ask(|reply| Request::Command { node, command, key, reply }).await
    }

    /// Entries of the journal from this sequence number on; from 0, the last `limit` ones.
    ///
    /// # Errors
    /// `busy`, `internal`.
    pub async fn events(&self, from: u64, limit: usize) -> Result<Vec<Event>, Problem> {
        self.ask(|reply| Request::Events { from, limit, reply }).await
    }

    /// Entries of the journal as they are written.
    pub fn follow(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Users in order of their names, after `after`.
    ///
    /// # Errors
    /// `not-found` where `home` is no node of the group; `busy`.
    pub async fn users(
        &self,
        home: Option<String>,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<UserDocument>, Problem> {
        self.ask(|reply| Request::Users { home, after, limit, reply }).await
    }

    /// One user.
    ///
    /// # Errors
    /// `not-found`; `busy`.
    pub async fn user(&self, user: String) -> Result<UserDocument, Problem> {
        self.ask(|reply| Request::User { user, reply }).await
    }

    /// Changes the directory on both nodes, whole or not at all, once for each idempotency key.
    ///
    /// # Errors
    /// `invalid` with every fault; `refused` while a node is failed over; `peer` where the peer cannot store it; `busy`.
    pub async fn change_users(&self, change: UsersChange, key: Option<String>) -> Result<UsersOutcome, Problem> {
        self.ask(|reply| Request::ChangeUsers { change, key, reply }).await
    }

    /// Starts, stops or restarts one service of this node. The answer says what was done.
    ///
    /// # Errors
    /// `not-found`; `refused` where the node's state keeps services stopped; `busy`.
    pub async fn service(&self, name: String, action: ServiceAction) -> Result<String, Problem> {
        self.ask(|reply| Request::Service { name, action, reply }).await
    }

    /// Whether this node serves these users now; unknown users are not served.
    ///
    /// # Errors
    /// `busy`.
    pub async fn admissions(&self, users: Vec<String>) -> Result<Vec<Admission>, Problem> {
        self.ask(|reply| Request::Admissions { users, reply }).await
    }

    /// Reads the configuration again, and says what changed.
    ///
    /// # Errors
    /// `invalid` with every fault; `refused` where something changed that cannot change while the daemon runs.
    pub async fn reload(&self) -> Result<Vec<String>, Problem> {
        self.ask(Request::Reload).await
    }

    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, Problem> {
        let (reply, answer) = oneshot::channel();
        self.requests
            .try_send(request(reply))
            .map_err(|_| Problem::new("busy", "The node has too many requests waiting; try again in a moment."))?;
        answer.await.unwrap_or_else(|_| Err(Problem::new("internal", "The node stopped before it answered.")))
    }
}
