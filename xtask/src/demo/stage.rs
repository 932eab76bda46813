//! The stage: two daemons, the clients who ask them, the timeline; and what an act may do there.

mod count;
mod deeds;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Result, bail, ensure};
use locum_core::{Parameters, State};
use tempfile::TempDir;

use count::lock;

use super::{
    clients::Clients,
    config::{Config, GROUP, Ports},
    journal::{Journal, Transition},
    summary::{Ended, Summary, Tally},
    timeline::{Timeline, What},
};
use crate::pair::{
    Props,
    daemon::Daemon,
    node::{Node, now_us},
    users::Users,
};

/// Every wait lasts as long as the timers that it waits for, and this much longer: the machine may be busy.
const MARGIN_MS: u64 = 15_000;
/// A daemon that starts for the first time compiles its components.
const FIRST_START_MS: u64 = 20_000;
/// Between two looks at what is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Between two prints of the timeline.
const PRINT_EVERY: Duration = Duration::from_millis(40);
/// A pair of states that holds for this many intervals is settled.
const SETTLED_INTERVALS: u64 = 3;

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
    pub(super) fn build(props: &Props, csv: String, timeline: Timeline, keep: bool) -> Result<Stage> {
        let mut folder = tempfile::Builder::new().prefix("locum-demo-").tempdir()?;
        folder.disable_cleanup(keep);
        fs::write(folder.path().join("users.csv"), &csv)?;
        let props = props.copied(folder.path())?;
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
        let Parameters { keep_alive_interval_ms: interval_ms, keep_alive_timeout_ms: timeout_ms, .. } = self.timers;
        let title =
            format!("Two nodes, two services each; a heartbeat every {interval_ms} ms, silent after {timeout_ms} ms");
        let began_us = now_us();
        self.timeline.at(began_us, What::Act { number: 0, title });
        self.make_keys().await?;
        for node in Node::BOTH {
            self.configure(node)?;
            tokio::spawn(self.journal.clone().follow(node, self.daemon(node).socket()));
            self.start(node)?;
        }
        let within_ms = FIRST_START_MS + self.timers.initialization_keep_alive_timeout_ms;
        if let Err(error) = self.until(State::Normal, State::Normal, within_ms).await {
            self.excuse(error, began_us).await?;
            self.restore().await?;
        }
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

    /// Leaves both journals in the folder, for `locum replay`. Gives their files.
    pub(super) fn keep_journals(&self) -> Result<[PathBuf; 2]> {
        let files = Node::BOTH.map(|node| (node, self.folder().join(format!("{node}.journal.json"))));
        for (node, file) in &files {
            fs::write(file, self.journal.lines(*node))?;
        }
        Ok(files.map(|(_, file)| file))
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

    /// How it all ended.
    pub(super) fn summary(&self, acts: Vec<Ended>, fault: Option<String>) -> Summary {
        self.close_tally();
        let total = lock(&self.total);
        let final_states = self.states();
        let questions = self.clients.spans().questions;
        Summary::new(self.users.len(), &total, questions, final_states, acts, fault)
    }

    /// A node that this machine keeps from its heartbeats is taken for dead, as it should be, and things go another
    /// way. That is told, and may be tried again; anything else may not.
    pub(super) async fn excuse(&self, error: anyhow::Error, since_us: u64) -> Result<()> {
        // A node that is kept from its work cannot say so before it is back; what begins later is no excuse.
        let failed_us = now_us();
        let stalled = || self.journal.stalled(since_us, failed_us).then_some(());
        if self.wait("a node that was late", 0, stalled).await.is_err() {
            return Err(error);
        }
        self.fault(format!("This machine kept a node from its work, so it is tried again: {error:#}."));
        Ok(())
    }

    /// Waits until both nodes are in these states and stay there, at most this long and the margin.
    pub(super) async fn until(&self, a: State, b: State, within_ms: u64) -> Result<()> {
        let what = format!("{} / {}", a.name(), b.name());
        self.settled(&what, within_ms, |pair| pair == [a, b]).await?;
        self.proof(format!("settled: {what}"));
        Ok(())
    }

    /// Waits until both nodes are in states like these, from now on, for a few intervals.
    async fn settled(&self, what: &str, within_ms: u64, wanted: impl Fn([State; 2]) -> bool) -> Result<[State; 2]> {
        let since_us = now_us();
        let settled_ms = SETTLED_INTERVALS * self.timers.keep_alive_interval_ms;
        let for_long = |node| self.journal.state(node).filter(|(_, for_ms)| *for_ms >= settled_ms);
        let look = || {
            let (a, b) = for_long(Node::A).zip(for_long(Node::B))?;
            (now_us() >= since_us + settled_ms * 1000).then_some([a.0, b.0]).filter(|pair| wanted(*pair))
        };
        self.wait(what, within_ms + settled_ms, look).await
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

    /// Says that something is not as it should be.
    pub(super) fn fault(&self, text: String) {
        self.timeline.now(What::Fault(text));
    }

    /// Says that something is as it should be.
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

    fn configure(&self, node: Node) -> Result<()> {
        let daemon = self.daemon(node);
        daemon.configure(&self.config().text(node, &daemon.breakage())?)
    }

    fn config(&self) -> Config<'_> {
        let Props { services, components, .. } = &self.props;
        Config { ports: self.ports, plugins: components, services, fast_peer_loss: self.timers.fast_peer_loss }
    }

    fn patience(&self, within_ms: u64) -> Duration {
        Duration::from_millis(within_ms + MARGIN_MS)
    }

    fn daemon(&self, node: Node) -> &Daemon {
        &self.daemons[node.index()]
    }
}
