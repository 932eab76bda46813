//! The processes of one service: a child behind its shepherd, and commands that run to their end.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::fence::Fence;
use super::shepherd::{FAILED, FENCED, GO, STARTED, STOP, UNTIL};

/// How long a shepherd may take to answer, or to end after the stop timeout, before it is given up.
const SHEPHERD_MARGIN: Duration = Duration::from_secs(5);

/// What a service's processes are started with.
pub(super) struct Recipe<'a> {
    /// The command, and its arguments.
    pub(super) command: &'a [String],
    /// Added to the daemon's own environment.
    pub(super) environment: &'a [(String, String)],
    /// Where output goes; otherwise to the daemon's standard error output.
    pub(super) log: Option<&'a Path>,
}

impl Recipe<'_> {
    fn prepare(&self, command: &mut Command) -> Result<(), Failure> {
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).process_group(0);
        command.stderr(self.output()?);
        Ok(())
    }

    fn output(&self) -> Result<Stdio, Failure> {
        let Some(path) = self.log else { return Ok(io::stderr().into()) };
        let log = File::options().create(true).append(true).open(path);
        log.map(Stdio::from).map_err(|error| Failure(format!("cannot write the log {}: {error}", path.display())))
    }

    /// Runs the command to its end. Where that takes longer than `patience`, or nobody waits any more, it is killed.
    ///
    /// # Errors
    /// It cannot be run, does not end in time, or fails.
    pub(super) async fn run(&self, patience: Duration) -> Result<(), Failure> {
        let (program, arguments) = self.command.split_first().ok_or_else(|| Failure("there is no command".into()))?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(self.output()?).kill_on_drop(true);
        self.prepare(&mut command)?;
        let mut child = command.spawn().map_err(|error| Failure(cannot_run(Some(program), &error)))?;
        let group = child.id();
        match timeout(patience, child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(Failure(format!("{program} {}", End::from(status)))),
            Ok(Err(error)) => Err(Failure(format!("{program} is lost: {error}"))),
            Err(_) => {
                kill_group(group);
                Err(Failure(format!("{program} did not end within {} ms and was killed", patience.as_millis())))
            }
        }
    }
}

/// Why something could not be done, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Code(i32),
    Signal(i32),
    /// The fence fell at this moment of the boot clock.
    Fenced {
        until_ms: u64,
    },
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> End {
        use std::os::unix::process::ExitStatusExt as _;
        match status.code() {
            // A shepherd passes the signal of its service on like a shell.
            Some(code @ 129..=192) => End::Signal(code - 128),
            Some(code) => End::Code(code),
            None => End::Signal(status.signal().unwrap_or_default()),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Code(code) => write!(f, "ended with exit code {code}"),
            End::Signal(signal) => write!(f, "was ended by signal {signal}"),
            End::Fenced { .. } => {
                write!(f, "was killed by the fence: the daemon had not renewed its leave to serve in time")
            }
        }
    }
}

/// A service that runs as a child. Dropped, it is killed.
pub(super) struct Child {
    shepherd: tokio::process::Child,
    /// Closed, they make the shepherd kill.
    orders: mpsc::UnboundedSender<u8>,
    answers: BufReader<ChildStdout>,
    pid: u32,
    stop_timeout: Duration,
    started_at: Instant,
}

impl Child {
    /// Starts a shepherd, and it the service. The shepherd hears of each new `fence`.
    ///
    /// # Errors
    /// Either cannot be run, or the shepherd does not answer.
    pub(super) async fn start(
        shepherd: &[String],
        recipe: &Recipe<'_>,
        stop_timeout: Duration,
        fence: watch::Receiver<Fence>,
    ) -> Result<Child, Failure> {
        let program = shepherd.first();
        let mut command = Command::new(program.map_or("", String::as_str));
        command.args(shepherd.iter().skip(1)).arg("--stop-timeout-ms").arg(stop_timeout.as_millis().to_string());
        command.arg("--").args(recipe.command).stdin(Stdio::piped()).stdout(Stdio::piped());
        recipe.prepare(&mut command)?;
        let mut shepherd = command.spawn().map_err(|error| Failure(cannot_run(program, &error)))?;
        let (Some(pipe), Some(answers)) = (shepherd.stdin.take(), shepherd.stdout.take()) else {
            return Err(Failure("the shepherd has no pipes".into()));
        };
        let (orders, to_pass_on) = mpsc::unbounded_channel();
        tokio::spawn(pass_on(pipe, to_pass_on, fence));
        let mut answers = BufReader::new(answers);
        // Where that fails, the answer tells.
        let _ = orders.send(GO);
        let pid = match timeout(SHEPHERD_MARGIN, introduced(&mut answers)).await {
            Ok(pid) => pid?,
            Err(_) => return Err(Failure("the shepherd does not answer".into())),
        };
        Ok(Child { shepherd, orders, answers, pid, stop_timeout, started_at: Instant::now() })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn started_at(&self) -> Instant {
        self.started_at
    }

    /// Waits until the service has ended with all its descendants. May be given up and called again.
    pub(super) async fn ended(&mut self) -> End {
        let status = self.shepherd.wait().await;
        let end = status.as_ref().map_or(End::Signal(0), |status| End::from(*status));
        // A shepherd that was itself killed has not looked after its flock.
        if status.is_ok_and(|status| status.code().is_none()) {
            kill_group(Some(self.pid));
        }
        self.fenced().await.unwrap_or(end)
    }

    /// What the shepherd, which has ended, said of the fence.
    async fn fenced(&mut self) -> Option<End> {
        let said = self.answers.fill_buf().await.ok()?;
        let until_ms = str::from_utf8(said).ok()?.strip_prefix(FENCED)?.trim_end().parse().ok()?;
        Some(End::Fenced { until_ms })
    }

    /// Asks the service to end, and kills it when the stop timeout has passed.
    pub(super) async fn stop(mut self) {
        // If that fails, the shepherd has ended already.
        let _ = self.orders.send(STOP);
        if timeout(self.stop_timeout + SHEPHERD_MARGIN, self.ended()).await.is_err() {
            self.kill().await;
        }
    }

    /// Leaves the service, which was asked to end by other means, until `deadline`, then kills it.
    pub(super) async fn stop_by(mut self, deadline: Instant) {
        if timeout_at(deadline, self.ended()).await.is_err() {
            self.kill().await;
        }
    }

    /// The end of its input makes a shepherd kill; one that does not is killed with the group it guards.
    async fn kill(self) {
        let Child { mut shepherd, orders, pid, .. } = self;
        drop(orders);
        if timeout(SHEPHERD_MARGIN, shepherd.wait()).await.is_err() {
            tracing::warn!(pid, "processes of a service cannot be ended");
            kill_group(Some(pid));
            let _ = shepherd.start_kill();
        }
    }
}

/// Passes orders on to a shepherd, and each new word on the fence as soon as it is there. A shepherd that does not listen
/// holds up nobody else.
async fn pass_on(mut pipe: ChildStdin, mut orders: mpsc::UnboundedReceiver<u8>, mut fence: watch::Receiver<Fence>) {
    // The one that holds now comes first: no service starts without it.
    fence.mark_changed();
    loop {
        let written = tokio::select! {
            biased;
            Ok(()) = fence.changed() => {
                let word = fence.borrow_and_update().to_bytes();
                pipe.write_all(&[&[UNTIL], &word[..]].concat()).await
            }
            order = orders.recv() => match order {
                Some(order) => pipe.write_all(&[order]).await,
                None => return,
            },
        };
        if written.is_err() {
            return;
        }
    }
}

/// Hears from the shepherd which process it has started.
async fn introduced(answers: &mut BufReader<ChildStdout>) -> Result<u32, Failure> {
    let mut line = String::new();
    let read = answers.read_line(&mut line).await;
    let line = line.trim_end();
    if let Some(reason) = line.strip_prefix(FAILED) {
        return Err(Failure(reason.to_owned()));
    }
    let pid = line.strip_prefix(STARTED).and_then(|pid| pid.parse().ok());
    pid.ok_or_else(|| Failure(format!("the shepherd did not say what it started: {:?}", read.map(|_| line))))
}

/// What to tell of a command that cannot be executed.
pub(super) fn cannot_run(program: Option<impl AsRef<OsStr>>, error: &io::Error) -> String {
    let program = program.as_ref().map(|program| program.as_ref().display().to_string());
    format!("cannot run {}: {error}", program.as_deref().unwrap_or("an empty command"))
}

fn kill_group(leader: Option<u32>) {
    if let Some(leader) = leader.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw) {
        let _ = kill_process_group(leader, Signal::KILL);
    }
}
