//! What the tests share.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use locum_config::{Restart, Service, Supervise};
use locum_node::supervise::{Epoch, Incident, Observation, ServiceSpec, Supervisor, Surroundings};
use tempfile::TempDir;
use tokio::sync::mpsc::{self, Receiver, UnboundedReceiver};

/// Longer than anything here takes; only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The helper, which `cargo test` builds beside the tests unless it is told to build less.
fn helper_path() -> PathBuf {
    static PATH: LazyLock<PathBuf> = LazyLock::new(|| {
        let test = std::env::current_exe().unwrap();
        let path = test.parent().unwrap().with_file_name("examples").join("supervised");
        if !path.exists() {
            let build = ["build", "--quiet", "--package", "locum-node", "--example", "supervised"];
            assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success());
        }
        path
    });
    PATH.clone()
}

pub(crate) fn helper(role: &str, dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(helper_path());
    command.arg(role).args(arguments).env("DIR", dir).stdout(Stdio::null());
    command
}

pub(crate) fn shepherd(dir: &Path, stop_timeout_ms: u64, body: &str) -> Command {
    let stop_timeout_ms = stop_timeout_ms.to_string();
    helper("shepherd", dir, &["--stop-timeout-ms", &stop_timeout_ms, "--", "/bin/sh", "-c", body])
}

/// A shepherd that was told to start its service.
pub(crate) fn ordered(dir: &Path, stop_timeout_ms: u64, body: &str) -> Child {
    let mut shepherd = shepherd(dir, stop_timeout_ms, body).stdin(Stdio::piped()).spawn().unwrap();
    order(&mut shepherd, b'g');
    shepherd
}

pub(crate) fn order(shepherd: &mut Child, order: u8) {
    use std::io::Write as _;
    shepherd.stdin.as_mut().unwrap().write_all(&[order]).unwrap();
}

pub(crate) fn supervise(dir: &Path, specs: Vec<ServiceSpec>) -> (Supervisor, Receiver<Observation>) {
    let (supervisor, observations, _) = supervise_and_note(dir, specs);
    (supervisor, observations)
}

pub(crate) fn supervise_and_note(
    dir: &Path,
    mut specs: Vec<ServiceSpec>,
) -> (Supervisor, Receiver<Observation>, UnboundedReceiver<Incident>) {
    for spec in &mut specs {
        spec.config.environment.insert("DIR".into(), dir.to_str().unwrap().into());
    }
    let shepherd = vec![helper_path().to_str().unwrap().to_owned(), "shepherd".into()];
    let (sender, observations) = mpsc::channel(1);
    let (incidents, noted) = mpsc::unbounded_channel();
    let surroundings = Surroundings { node: "here".into(), epoch: Epoch { number: 1, homes: Vec::new() }, shepherd };
    (Supervisor::start(specs, surroundings, sender, incidents), observations, noted)
}

pub(crate) fn script(name: &str, body: &str) -> ServiceSpec {
    let config = Service {
        name: name.into(),
        start: shell(body),
        stop: None,
        supervise: Supervise::Child,
        critical: true,
        database: false,
        authentication: false,
        restart: Restart::Always,
        start_timeout: PATIENCE,
        stop_timeout: PATIENCE,
        environment: Default::default(),
        epoch_file: None,
        on_epoch: None,
        probe: None,
    };
    ServiceSpec { config, critical: true, log: None, check: None }
}

pub(crate) fn shell(body: &str) -> Vec<String> {
    vec!["/bin/sh".into(), "-c".into(), body.into()]
}

pub(crate) async fn next(
    observations: &mut Receiver<Observation>,
    wanted: impl Fn(&Observation) -> bool,
) -> Observation {
    let found = async {
        loop {
            let seen = observations.recv().await.unwrap();
            if wanted(&seen) {
                return seen;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("no such observation")
}

pub(crate) async fn wait_for_pid(dir: &TempDir, name: &str) -> i32 {
    wait_for_line(&dir.path().join(name), 1).await
}

/// The number on that line, once it is written.
pub(crate) async fn wait_for_line(path: &Path, line: usize) -> i32 {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || number_on(&path, line)).await.unwrap()
}

pub(crate) fn pid_in(path: &Path) -> i32 {
    number_on(path, 1)
}

fn number_on(path: &Path, line: usize) -> i32 {
    let mut number = None;
    eventually(&format!("{} has {line} lines", path.display()), || {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let complete = text.matches('\n').count() >= line;
        number = complete.then(|| text.lines().nth(line - 1).unwrap().trim().parse().unwrap_or(0));
        complete
    });
    number.unwrap()
}

pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether the process lives; one that nobody has reaped does not.
pub(crate) fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

pub(crate) fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
