//! The stage: a network, two daemons in it, and what can be done to them.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{
    conditions::Conditions,
    config::{Config, GROUP},
    history::{History, Record},
    network::Network,
    plan::{Abilities, Plan},
    witness::{Etcd, Partition, Witness},
};
use crate::pair::{
    Props,
    daemon::Daemon,
    node::{Node, now_us},
};

/// A state directory has so much room, where it is a file system of its own.
const SMALL_DISK: &str = "size=48m,mode=0700";
/// Where Debian and others have the library that fakes clocks.
const FAKETIME: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
];
/// Between the end of a daemon and its next start, as systemd has it in `locum.service`.
const RESTART_AFTER: Duration = Duration::from_secs(1);
/// With this code a daemon ends that is to be started again.
const STARTS_AGAIN: i32 = 75;
/// How long a command may take that is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the stage is to be like.
#[derive(Clone, Copy)]
pub(super) struct Setup {
    pub(super) witness: Witness,
    pub(super) partition: Partition,
    pub(super) loopback: bool,
}

/// The stage. Dropping it ends both daemons and takes down everything that it has put up.
pub(super) struct Stage {
    daemons: [Daemon; 2],
    /// Whether each is to run; held while one is started.
    wanted: [Mutex<bool>; 2],
    boots: [AtomicU32; 2],
    props: Props,
    plan: Plan,
    setup: Setup,
    etcd: Option<Etcd>,
    pub(super) history: History,
    disks: Vec<Disk>,
    pub(super) network: Network,
    folder: TempDir,
}

/// A file system of ours.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path) -> Result<Disk> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SMALL_DISK, "locum-chaos"]).arg(at);
        let output = mount.output().context("mount cannot be run")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(Disk(at.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a service that is about to end may still have its log there.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// What can be done here beyond the network; and what cannot, for people.
pub(super) fn abilities(witness: Witness) -> (Abilities, Vec<String>) {
    let mut missing = Vec::new();
    let small_disks = tempfile::tempdir().context("no folder").and_then(|folder| Disk::mount(folder.path()));
    if let Err(error) = &small_disks {
        missing.push(format!("no disk becomes full: there are no small file systems here: {error:#}"));
    }
    let fake_clocks = faketime().is_some();
    if !fake_clocks {
        missing.push("no clock jumps: libfaketime is not here (in Debian, the package faketime)".to_owned());
    }
    (Abilities { small_disks: small_disks.is_ok(), fake_clocks, witness: witness == Witness::Etcd }, missing)
}

fn faketime() -> Option<&'static str> {
    FAKETIME.into_iter().find(|library| Path::new(library).exists())
}

impl Stage {
    /// A network with everything in place, and no daemon that runs.
    pub(super) fn build(props: &Props, plan: Plan, abilities: Abilities, setup: Setup) -> Result<(Stage, Vec<String>)> {
        let (network, why_loopback) = Network::build(plan.settings, plan.seed, setup.loopback)?;
        let folder = tempfile::Builder::new().prefix("locum-chaos-").tempdir()?;
        let props = props.copied(folder.path())?;
        let mut disks = Vec::new();
        for node in Node::BOTH {
            let state = folder.path().join(format!("state-{node}"));
            fs::create_dir(&state)?;
            if abilities.small_disks {
                disks.push(Disk::mount(&state)?);
            }
        }
        let etcd = match setup.witness {
            Witness::Etcd => Some(Etcd::start(&network, folder.path())?),
            Witness::None => None,
        };
        let daemon = |node| Daemon::new(node, folder.path(), &props.locum).within(network.within(node));
        let stage = Stage {
            daemons: Node::BOTH.map(daemon),
            wanted: Default::default(),
            boots: Default::default(),
            history: History::default(),
            props,
            plan,
            setup,
            etcd,
            disks,
            network,
            folder,
        };
        let loopback = why_loopback.map(|why| format!("the nodes are on loopback addresses: {why}"));
        Ok((stage, loopback.into_iter().collect()))
    }

    /// Makes keys and configurations.
    pub(super) async fn prepare(&self) -> Result<()> {
        self.locum(Node::A, &["pki", "init", "--dir", "pki", "--group", GROUP]).await?;
        for node in Node::BOTH {
            self.locum(node, &["pki", "issue", "--dir", "pki", "--group", GROUP, node.name()]).await?;
            self.configure(node)?;
            fs::write(self.clock(node), "+0\n")?;
        }
        fs::write(self.path("plan.json"), serde_json::to_string_pretty(&self.plan)?)?;
        Ok(())
    }

    /// Where everything is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn socket(&self, node: Node) -> PathBuf {
        self.daemons[node.index()].socket()
    }

    /// Starts a daemon if it does not run, and keeps it running.
    pub(super) fn start(&self, node: Node) -> Result<()> {
        let mut wanted = self.wanted(node);
        *wanted = true;
        self.start_now(node, &wanted)
    }

    fn start_now(&self, node: Node, _held: &MutexGuard<'_, bool>) -> Result<()> {
        let daemon = &self.daemons[node.index()];
        let _ = daemon.ended();
        if daemon.pid().is_some() {
            return Ok(());
        }
        let fake = faketime().map(|library| {
            let clock = self.clock(node).display().to_string();
            [("LD_PRELOAD", library.to_owned()), ("FAKETIME_TIMESTAMP_FILE", clock)].into_iter().chain(
                [("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")]
                    .map(|(name, value)| (name, value.to_owned())),
            )
        });
        let environment: Vec<_> = fake.filter(|_| self.plan.settings.fake_clocks).into_iter().flatten().collect();
        daemon.start_with(&environment)?;
        Ok(())
    }

    /// Waits until a daemon has ended by itself.
    pub(super) async fn first_end(&self) -> (Node, ExitStatus) {
        loop {
            let ended = |node: Node| Some((node, self.daemons[node.index()].ended()?));
            if let Some(ended) = Node::BOTH.into_iter().find_map(ended) {
                return ended;
            }
            tokio::time::sleep(RESTART_AFTER / 5).await;
        }
    }

    /// Starts daemons that have ended by themselves, for ever, as systemd would.
    pub(super) async fn keep_running(&self) {
        loop {
            tokio::time::sleep(RESTART_AFTER / 5).await;
            for node in Node::BOTH {
                if let Some(status) = self.daemons[node.index()].ended() {
                    let told = matches!(status.code(), Some(0 | STARTS_AGAIN));
                    self.history.add(Record::Ended { at_us: now_us(), node, status: status.to_string(), told });
                    tokio::time::sleep(RESTART_AFTER).await;
                }
                let wanted = self.wanted(node);
                if *wanted && let Err(error) = self.start_now(node, &wanted) {
                    eprintln!("{node} cannot be started: {error:#}");
                }
            }
        }
    }

    /// Ends a daemon with SIGKILL, until it is started.
    pub(super) fn kill(&self, node: Node) -> Result<()> {
        let mut wanted = self.wanted(node);
        *wanted = false;
        self.daemons[node.index()].kill()
    }

    /// The next start is one after a boot of the host.
    pub(super) fn reboot(&self, node: Node) -> Result<()> {
        self.kill(node)?;
        self.boots[node.index()].fetch_add(1, Relaxed);
        self.configure(node)
    }

    /// Tells a daemon to stop, for good or for a restart. It need not follow.
    pub(super) async fn stop(&self, node: Node, for_good: bool) {
        *self.wanted(node) = !for_good;
        let words: &[&str] = if for_good { &["stop"] } else { &["stop", "--restart"] };
        let _ = self.locum(node, words).await;
    }

    pub(super) fn set_paused(&self, node: Node, paused: bool) -> Result<()> {
        let pid = self.daemons[node.index()].pid().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        match pid {
            Some(pid) => Ok(kill_process(pid, if paused { Signal::STOP } else { Signal::CONT })?),
            None => Ok(()),
        }
    }

    pub(super) fn set_network(&self, conditions: &Conditions) -> Result<()> {
        self.history.add(Record::Parted { at_us: now_us(), parted: conditions.parts_the_nodes() });
        self.network.set(conditions)
    }

    pub(super) fn set_witness_paused(&self, paused: bool) -> Result<()> {
        self.etcd.as_ref().map_or(Ok(()), |etcd| etcd.set_paused(paused))
    }

    /// While this file exists, a service of the node does not start.
    pub(super) fn set_broken(&self, node: Node, broken: bool) -> Result<()> {
        set_file(&self.daemons[node.index()].breakage(), broken)
    }

    /// Fills what is left of a node's disk, or makes room again.
    pub(super) fn set_disk_full(&self, node: Node, full: bool) -> Result<()> {
        if self.disks.is_empty() {
            bail!("{node} has no disk of its own");
        }
        let filler = self.path(&format!("state-{node}/filler"));
        set_file(&filler, full)?;
        if full {
            let mut filler = File::options().append(true).open(filler)?;
            // Pages first, then single bytes, until nothing goes in any more.
            for block in [vec![0; 65_536], vec![0; 1]] {
                while filler.write_all(&block).is_ok() {}
            }
        }
        Ok(())
    }

    pub(super) fn set_clock(&self, node: Node, ahead_s: i64) -> Result<()> {
        Ok(fs::write(self.clock(node), format!("{ahead_s:+}\n"))?)
    }

    /// Runs the command `locum` at a node.
    pub(super) async fn locum(&self, node: Node, words: &[&str]) -> Result<String> {
        self.daemons[node.index()].locum(words, PATIENCE).await
    }

    /// What a daemon wrote last.
    pub(super) fn log_tail(&self, node: Node) -> Vec<String> {
        self.daemons[node.index()].log_tail(20)
    }

    /// Leaves the folder as it is, for good. The state directories are copied, since their file systems go.
    pub(super) fn keep(&mut self) -> PathBuf {
        for node in Node::BOTH {
            let _ = self.kill(node);
            let (from, to) = (self.path(&format!("state-{node}")), self.path(&format!("kept-{node}")));
            let _ = Command::new("cp").arg("--recursive").args([from, to]).status();
        }
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }

    fn configure(&self, node: Node) -> Result<()> {
        let daemon = &self.daemons[node.index()];
        let config = Config {
            settings: self.plan.settings,
            props: &self.props,
            witness: self.setup.witness.section(self.setup.partition, &self.network, node, self.folder.path()),
            boot: self.boots[node.index()].load(Relaxed),
        };
        daemon.configure(&config.text(node, &self.network.ways(node), &daemon.breakage(), &daemon.socket())?)
    }

    /// How far ahead a node's wall clock is.
    fn clock(&self, node: Node) -> PathBuf {
        self.path(&format!("clock-{node}"))
    }

    fn wanted(&self, node: Node) -> MutexGuard<'_, bool> {
        self.wanted[node.index()].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for node in Node::BOTH {
            let _ = self.kill(node);
        }
    }
}

fn set_file(file: &Path, exists: bool) -> Result<()> {
    match exists {
        true => fs::write(file, "")?,
        false if file.exists() => fs::remove_file(file)?,
        false => {}
    }
    Ok(())
}
