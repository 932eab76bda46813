//! What every task of the daemon may look at. Only the driver changes the state machine; everyone else sends it
//! inputs and reads the view that it publishes.

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use locum_config::Config;
use locum_core::{Answer, Command, Directory, Input, View};
use locum_host::Loader;
use locum_host::policy::Policy;
use locum_store::{Cover, JournalEntry, Store, StoreError};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::drill::Drill;
use super::plugins::Locate;
use crate::admin::{AdminTls, Tokens};
use crate::api::{Event, NodeStatus, Problem};
use crate::clock;
use crate::gate::Gate;
use crate::link::Link;
use crate::supervise::Supervisor;
use crate::witness::Asking;

/// What the driver takes in.
pub(crate) enum Arrival {
    /// An input of the state machine.
    Input(Box<Input>),
    /// A command, and where its answer goes.
    Command(Command, oneshot::Sender<Answer>),
    /// Stop now, without a goodbye: the daemon restarts.
    Stop,
}

impl Arrival {
    /// An input, on its way to the driver.
    pub(crate) fn input(input: Input) -> Arrival {
        Arrival::Input(Box::new(input))
    }
}

/// The parts of a running node.
pub(crate) struct Shared {
    pub(crate) node: String,
    pub(crate) peer: Option<String>,
    pub(crate) config_path: PathBuf,
    pub(crate) config: RwLock<Config>,
    pub(crate) loader: Arc<Loader>,
    pub(crate) locate: Locate,
    /// Where probes compute.
    pub(crate) probes: Handle,
    pub(crate) store: Arc<Store>,
    pub(crate) gate: Gate,
    pub(crate) supervisor: Supervisor,
    pub(crate) link: Option<Link>,
    /// Who asks the witness, where there is one.
    pub(crate) witness: Option<Asking>,
    /// The epoch that goes into every sealed packet.
    pub(crate) epoch: Arc<AtomicU64>,
    /// The policy, for changes of the directory.
    pub(crate) policy: Arc<Mutex<Policy>>,
    /// The same once more, for user moves: a takeover waits for no import.
    pub(crate) moves: Arc<Mutex<Policy>>,
    pub(crate) tokens: Tokens,
    pub(crate) admin_tls: Option<AdminTls>,
    pub(crate) arrivals: mpsc::Sender<Arrival>,
    pub(crate) view: watch::Receiver<View>,
    pub(crate) events: broadcast::Sender<Event>,
    /// Held while the directory changes, from the first check to the commit.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// What the peer last told of itself, and when.
    pub(crate) told: Mutex<Option<(NodeStatus, u64)>>,
    pub(crate) drill: Drill,
}

impl Shared {
    pub(crate) fn view(&self) -> View {
        self.view.borrow().clone()
    }

    pub(crate) fn config(&self) -> Config {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The nodes of the group in order of their names: the rows of a policy's columns.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = std::iter::once(self.node.as_str()).chain(self.peer.as_deref()).collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn hear(&self, status: NodeStatus) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some((status, clock::now_ms()));
    }

    pub(crate) fn told(&self) -> Option<NodeStatus> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(status, _)| status.clone())
    }

    pub(crate) fn told_ms_ago(&self) -> Option<u64> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.as_ref().map(|(_, at_ms)| clock::now_ms().saturating_sub(*at_ms))
    }

    /// Asks the state machine to carry a command out.
    pub(crate) async fn ask(&self, command: Command) -> Result<Answer, Problem> {
        let stopped = |_| Problem::new("internal", "The node is stopping.");
        let (reply, answer) = oneshot::channel();
        self.arrivals.send(Arrival::Command(command, reply)).await.map_err(|_| stopped(()))?;
        answer.await.map_err(|_| stopped(()))
    }

    /// Tells the state machine which contents the directory has now.
    pub(crate) async fn tell_directory(&self) {
        let _ = self.arrivals.send(Arrival::input(Input::Directory(contents(&self.store)))).await;
    }

    /// Puts entries into the journal, then shows them to those who follow it.
    pub(crate) async fn journal(&self, entries: Vec<JournalEntry>) -> Result<(), StoreError> {
        self.save(None, entries, None).await
    }

    /// As [`Shared::journal`], with the state machine's memory, and whom the node serves, in the same durable step.
    pub(crate) async fn save(
        &self,
        memory: Option<Vec<u8>>,
        entries: Vec<JournalEntry>,
        cover: Option<Cover>,
    ) -> Result<(), StoreError> {
        let store = Arc::clone(&self.store);
        let saved = tokio::task::spawn_blocking(move || {
            store.save(memory.as_deref(), &entries, cover.as_ref()).map(|last| (last, entries))
        });
        let (last, entries) = saved.await.map_err(|_| StoreError::Stopped)??;
        let first = (last + 1).saturating_sub(entries.len() as u64);
        for (sequence, entry) in (first..).zip(entries) {
            tracing::info!(kind = entry.kind, "{}", entry.text);
            let JournalEntry { at_unix_ms, kind, text, fields, .. } = entry;
            let _ = self.events.send(Event { sequence, at_unix_ms, kind, text, fields });
        }
        Ok(())
    }
}

/// The revision and digest that a heartbeat carries.
pub(crate) fn contents(store: &Store) -> Directory {
    let directory = store.directory();
    Directory { revision: directory.revision(), digest: directory.digest().prefix() }
}
