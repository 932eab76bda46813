//! The stage: two daemons, the clients who ask them, the timeline; and what an act may do there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use locum_core::{Parameters, State};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    clients::{self, Clients},
    config::{Config, GROUP, Ports},
    daemon::Daemon,
    http::Connection,
    journal::{Journal, Transition},
    node::{Node, now_us},
    summary::{Ended, Summary, Tally, thousands},
    timeline::{Timeline, What},
    users::{self, Users},
};

/// Every wait lasts as long as the timers that it waits for, and this much longer: the machine may be busy.
pub(super) const MARGIN_MS: u64 = 15_000;
/// A daemon that starts for the first time compiles its components.
const FIRST_START_MS: u64 = 60_000;
/// Between two looks at what is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Between two prints of the timeline.
const PRINT_EVERY: Duration = Duration::from_millis(40);
/// A pair of states that holds for this many intervals is settled.
const SETTLED_INTERVALS: u64 = 3;

/// Where things are that the demo is played with.
pub(super) struct Props {
    /// The program `locum`.
    pub(super) locum: PathBuf,
    /// The program that has the subcommand `demo-service`.
    pub(super) services: PathBuf,
    /// The folder of the components.
    pub(super) components: PathBuf,
}

/// The stage. Dropping it ends both daemons, then removes their folder.
pub(super) struct Stage {
    daemons: [Daemon; 2],
    props: Props,
    ports: Ports,
    csv: String,
    users: Arc<Users>,
    clients: Clients,
    journal: Journal,
    timeline: Timeline,
    timers: Parameters,
    tally: Mutex<Tally>,
    total: Mutex<Tally>,
    folder: TempDir,
}

impl Stage {
    /// A stage with nothing on it yet.
    pub(super) fn build(props: Props, csv: String, timeline: Timeline, keep: bool) -> Result<Stage> {
        let mut folder = tempfile::Builder::new().prefix("locum-demo-").tempdir()?;
        folder.disable_cleanup(keep);
        fs::write(folder.path().join("users.csv"), &csv)?;
        Ok(Stage {
            daemons: Node::BOTH.map(|node| Daemon::new(node, folder.path(), &props.locum)),
            ports: Ports::find()?,
            users: Arc::new(Users::exported("user,home\n")?),
            clients: Clients::default(),
            journal: Journal::new(timeline.clone()),
            timers: Parameters::fast(),
            tally: Mutex::default(),
            total: Mutex::default(),
            props,
            csv,
            timeline,
            folder,
        })
    }

    /// Keys, configurations, two daemons that run and watch each other, users, and clients.
    pub(super) async fn set(&mut self, seed: u64) -> Result<()> {
        let printer = self.timeline.clone();
        tokio::spawn(async move {
            loop {
                printer.print();
                tokio::time::sleep(PRINT_EVERY).await;
            }
        });
        self.timeline.now(What::Act { number: 0, title: "Two nodes, each guards a database and a web service" });
        self.make_keys().await?;
        for node in Node::BOTH {
            self.daemon(node).configure(&self.config(true))?;
            tokio::spawn(self.journal.clone().follow(node, self.daemon(node).socket()));
            self.start(node)?;
        }
        self.until(State::Normal, State::Normal, FIRST_START_MS + self.timers.initialization_keep_alive_timeout_ms)
            .await?;
        self.locum(Node::A, &["users", "import", "users.csv"]).await?;
        self.users = Arc::new(Users::exported(&self.export(Node::A).await?)?);
        for node in Node::BOTH {
            let users = Arc::clone(&self.users);
            tokio::spawn(self.clients.clone().ask(node, self.daemon(node).socket(), users, seed));
            self.served(node, node, now_us()).await?;
        }
        self.roll_call().await;
        Ok(())
    }

    async fn make_keys(&self) -> Result<()> {
        self.locum(Node::A, &["pki", "init", "--dir", "pki", "--group", GROUP]).await?;
        for node in Node::BOTH {
            self.locum(node, &["pki", "issue", "--dir", "pki", "--group", GROUP, node.name()]).await?;
        }
        Ok(())
    }

    /// Where everything is.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    pub(super) fn timers(&self) -> &Parameters {
        &self.timers
    }

    /// Ends the count of an act, and begins the next.
    pub(super) fn close_tally(&self) -> Tally {
        let tally = std::mem::take(&mut *lock(&self.tally));
        let mut total = lock(&self.total);
        total.lost.extend(tally.lost.iter().cloned());
        total.twice.extend(tally.twice.iter().cloned());
        tally
    }

    /// How it all ended.
    pub(super) fn summary(&self, acts: Vec<Ended>, fault: Option<String>) -> Summary {
        self.close_tally();
        let total = lock(&self.total);
        let final_states = self.states();
        let questions = self.clients.spans().questions;
        Summary::new(self.users.len(), &total, questions, final_states, acts, fault)
    }

    /// Starts a daemon.
    pub(super) fn start(&self, node: Node) -> Result<()> {
        let pid = self.daemon(node).start()?;
        self.deed(format!("{node}$ locum run --config {node}.toml  # process {pid}"));
        Ok(())
    }

    /// Kills a daemon and tells when.
    pub(super) fn kill(&self, node: Node) -> Result<u64> {
        let pid = self.daemon(node).pid().with_context(|| format!("the daemon of {node} does not run"))?;
        let at_us = self.deed(format!("{node}$ kill -9 {pid}"));
        self.daemon(node).kill()?;
        Ok(at_us)
    }

    /// Runs the command `locum` at a node, and tells when it began. What waits for an end is bounded by its timers.
    pub(super) async fn locum(&self, node: Node, arguments: &[&str]) -> Result<u64> {
        let at_us = self.deed(format!("{node}$ locum {}", arguments.join(" ")));
        self.daemon(node).locum(arguments, self.patience(self.timers.initialization_keep_alive_timeout_ms)).await?;
        Ok(at_us)
    }

    /// Starts or stops a service of a node, and tells when that was asked.
    pub(super) async fn service(&self, node: Node, action: &str, service: &str) -> Result<u64> {
        self.locum(node, &["services", action, service]).await
    }

    /// Breaks a service of a node, so that it cannot start, or mends it.
    pub(super) fn broken(&self, node: Node, broken: bool) -> Result<()> {
        let file = self.daemon(node).breakage();
        match broken {
            true => fs::write(&file, "broken by the demo\n")?,
            false => fs::remove_file(&file)?,
        }
        let what = if broken { "is broken: it will not start again" } else { "is mended" };
        self.deed(format!("the service {} of {node} {what}", super::config::WEB));
        Ok(())
    }

    /// Switches the kernel's word on or off while both daemons run.
    pub(super) async fn fast_peer_loss(&self, on: bool) -> Result<()> {
        self.deed(format!("fast_peer_loss = {on} on both nodes; locum reload"));
        for node in Node::BOTH {
            self.daemon(node).configure(&self.config(on))?;
        }
        let [a, b] = Node::BOTH.map(|node| async move {
            let mut connection = Connection::open(&self.daemon(node).socket()).await?;
            connection.post::<Value>("/v1/reload", &Value::Null).await
        });
        tokio::try_join!(a, b)?;
        self.until(State::Normal, State::Normal, self.timers.initialization_keep_alive_timeout_ms).await
    }

    /// Waits until both nodes are in these states and stay there, at most this long and the margin.
    pub(super) async fn until(&self, a: State, b: State, within_ms: u64) -> Result<()> {
        let since_us = now_us();
        let settled_ms = SETTLED_INTERVALS * self.timers.keep_alive_interval_ms;
        let what = format!("{} / {}", a.name(), b.name());
        let is_settled = |(node, wanted): (Node, State)| {
            self.journal.state(node).is_some_and(|(state, for_ms)| state == wanted && for_ms >= settled_ms)
        };
        let both = || Node::BOTH.into_iter().zip([a, b]).all(is_settled);
        let heard = || now_us() >= since_us + settled_ms * 1000;
        self.wait(&what, within_ms + settled_ms, || (heard() && both()).then_some(())).await?;
        self.proof(format!("settled: {what}"));
        Ok(())
    }

    /// Waits until a node enters a state.
    pub(super) async fn entered(&self, node: Node, state: State, since_us: u64, within_ms: u64) -> Result<Transition> {
        let what = format!("{node} {}", state.name());
        self.wait(&what, within_ms, || self.journal.entered(node, state, since_us)).await
    }

    /// Waits until a node's gate lets a user of `home` through, and tells when it did first.
    pub(super) async fn served(&self, node: Node, home: Node, since_us: u64) -> Result<u64> {
        let what = format!("{node} serves the users of {home}");
        self.wait(&what, 0, || self.clients.spans().first_served(node, home, since_us)).await
    }

    /// Asks both gates for all users: one of them, and one only, serves each.
    pub(super) async fn roll_call(&self) {
        let [a, b] = Node::BOTH.map(|node| clients::roll_call(self.daemon(node).socket(), &self.users));
        let (a, b) = tokio::join!(a, b);
        let who = |wanted: fn(bool, bool) -> bool| {
            let found = self.users.names().iter().zip(a.iter().zip(&b)).filter(move |(_, (a, b))| wanted(**a, **b));
            found.map(|(name, _)| name.clone()).collect::<BTreeSet<_>>()
        };
        let (lost, twice) = (who(|a, b| !a && !b), who(|a, b| a && b));
        let count = |served: &[bool]| thousands(served.iter().filter(|served| **served).count());
        let text = format!("Roll call of {} users: a serves {}, b serves {}", thousands(a.len()), count(&a), count(&b));
        match (lost.len(), twice.len()) {
            (0, 0) => self.proof(text + "."),
            (lost, twice) => {
                self.timeline.now(What::Fault(format!("{text}; nobody serves {lost}, both serve {twice}.")))
            }
        }
        let mut tally = lock(&self.tally);
        tally.lost.extend(lost);
        tally.twice.extend(twice);
    }

    /// Compares the directory on each node's disk with the file that was imported.
    pub(super) async fn count_directories(&self) -> Result<()> {
        for node in Node::BOTH {
            let export = self.export(node).await?;
            let missing = users::missing(&self.csv, &export)?;
            lock(&self.tally).lost.extend(missing.into_iter().map(str::to_owned));
        }
        Ok(())
    }

    /// Takes in which homes both nodes served at once, from `since_us` on.
    pub(super) fn count_twice(&self, since_us: u64) {
        for home in Node::BOTH {
            if let [first, ..] = self.clients.spans().overlaps(home, since_us)[..] {
                let ms = (first.last_us - first.first_us).div_ceil(1000);
                let text = format!("Both nodes served the users of {home}, for {ms} ms or more.");
                self.timeline.at(first.first_us, What::Fault(text));
                lock(&self.tally).twice.extend(self.users.at_home(home).into_iter().map(str::to_owned));
            }
        }
    }

    /// The states of both nodes, in words.
    pub(super) fn states(&self) -> [&'static str; 2] {
        Node::BOTH.map(|node| self.journal.state(node).map_or("not running", |(state, _)| state.name()))
    }

    /// What the daemons said last, for somebody who wants to know why an act went wrong.
    pub(super) fn last_words(&self) -> Vec<String> {
        let of = |node: Node| {
            let journal =
                self.journal.tail(node, 20).into_iter().map(|event| format!("  {}: {}", event.kind, event.text));
            let log = self.daemon(node).log_tail(30).into_iter().map(|line| format!("  {line}"));
            let titles = [format!("the journal of {node} ends:"), format!("the log of {node} ends:")];
            let [journal_title, log_title] = titles;
            std::iter::once(journal_title).chain(journal).chain([log_title]).chain(log).collect::<Vec<_>>()
        };
        Node::BOTH.into_iter().flat_map(of).collect()
    }

    /// Says what the demo does, and when.
    pub(super) fn deed(&self, text: impl Into<String>) -> u64 {
        let at_us = now_us();
        self.timeline.at(at_us, What::Deed(text.into()));
        at_us
    }

    pub(super) fn proof(&self, text: impl Into<String>) {
        self.timeline.now(What::Proof(text.into()));
    }

    async fn export(&self, node: Node) -> Result<String> {
        let export = self.daemon(node).locum(&["users", "export"], self.patience(0)).await?;
        ensure!(!export.is_empty(), "the export of {node} is empty");
        Ok(export)
    }

    /// Looks until there is something, as long as the timers that bring it about take, and the margin.
    async fn wait<T>(&self, what: &str, within_ms: u64, look: impl Fn() -> Option<T>) -> Result<T> {
        let deadline_us = now_us() + (within_ms + MARGIN_MS) * 1000;
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            Node::BOTH.into_iter().try_for_each(|node| self.daemon(node).check())?;
            if now_us() > deadline_us {
                let [a, b] = self.states();
                bail!("waited for {what}: not within {within_ms} ms and a margin of {MARGIN_MS} ms; now {a} / {b}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn config(&self, fast_peer_loss: bool) -> Config<'_> {
        let Props { services, components, .. } = &self.props;
        Config { ports: self.ports, plugins: components, services, fast_peer_loss }
    }

    fn patience(&self, within_ms: u64) -> Duration {
        Duration::from_millis(within_ms + MARGIN_MS)
    }

    fn daemon(&self, node: Node) -> &Daemon {
        &self.daemons[node.index()]
    }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
