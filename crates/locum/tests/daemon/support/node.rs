//! One daemon, and the command `locum` against it.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    time::Duration,
};

use locum_node::api::{CommandOutcome, Event, Problem, Status};
use rustix::process::{Pid, Signal, kill_process};
use serde::de::DeserializeOwned;

use super::{Answer, http, setup::program, until};

/// A daemon. Dropped, it is killed; its services die with it.
pub(crate) struct Node {
    pub(crate) name: &'static str,
    pub(crate) admin: SocketAddr,
    folder: PathBuf,
    child: Option<Child>,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// # Panics
    /// The command failed.
    pub(crate) fn ok(self) -> Said {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// What a command with `--output json` printed.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Node {
    pub(crate) fn new(name: &'static str, address: Ipv4Addr, admin_port: u16, folder: &Path) -> Node {
        let admin = SocketAddrV4::new(address, admin_port).into();
        Node { name, admin, folder: folder.to_path_buf(), child: None }
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.folder.join(self.name).with_extension("toml")
    }

    pub(crate) fn state_directory(&self) -> PathBuf {
        self.folder.join(format!("state-{}", self.name))
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.state_directory().join("locum.sock")
    }

    /// What the environment of this node's services has in `LOCUM_TEST`.
    pub(crate) fn mark(&self) -> String {
        self.folder.join(self.name).display().to_string()
    }

    /// What the daemon has written.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join(self.name).with_extension("log")).unwrap_or_default()
    }

    /// Starts the daemon without waiting for it.
    pub(crate) fn launch(&mut self) {
        assert!(self.child.is_none(), "{} runs already", self.name);
        let path = self.folder.join(self.name).with_extension("log");
        let log = File::options().create(true).append(true).open(path).unwrap();
        let mut command = program();
        command.arg("run").arg("--config").arg(self.config_file()).stdin(Stdio::null());
        self.child = Some(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
    }

    /// Starts the daemon and waits until it answers.
    pub(crate) fn start(&mut self) {
        self.launch();
        until(&format!("{} answers", self.name), Duration::ZERO, || {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().unwrap()) {
                panic!("the daemon of {} ended: {status}\n{}", self.name, self.log());
            }
            self.look().map(drop)
        });
    }

    /// Whether the daemon was never started, or has ended.
    pub(crate) fn gone(&mut self) -> bool {
        if self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_some()) {
            self.child = None;
        }
        self.child.is_none()
    }

    /// Ends the daemon with SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().expect("it runs")), signal).unwrap();
    }

    /// Waits for the daemon's end, which some other act has begun.
    pub(crate) fn ended(&mut self, timers: Duration) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        let what = format!("{} ends", self.name);
        let status = until(&what, timers, || child.try_wait().unwrap().ok_or_else(|| "it runs".to_owned()));
        self.child = None;
        status
    }

    /// Runs `locum` against this node.
    pub(crate) fn locum(&self, arguments: &[&str]) -> Said {
        locum(&["--socket", self.socket().to_str().unwrap()], arguments)
    }

    /// A request through the Unix socket; `request` is `METHOD /path`.
    ///
    /// # Errors
    /// The node cannot be reached.
    pub(crate) fn ask(&self, request: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, String> {
        http::local(&self.socket(), request, headers, body).map_err(|error| error.to_string())
    }

    /// The same through the port.
    pub(crate) fn ask_over_network(&self, request: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        http::network(self.admin, request, headers, body).unwrap()
    }

    /// Asks for a command of the state machine; the answer comes when it has begun.
    pub(crate) fn command(&self, path: &str, key: Option<&str>) -> Result<CommandOutcome, Problem> {
        let headers: Vec<_> = key.into_iter().map(|key| ("idempotency-key", key)).collect();
        let answer = self.ask(&format!("POST /v1/{path}"), &headers, "").unwrap();
        if answer.status == 200 { Ok(answer.json()) } else { Err(answer.json()) }
    }

    /// # Errors
    /// The node cannot be reached.
    pub(crate) fn look(&self) -> Result<Status, String> {
        let answer = self.ask("GET /v1/status", &[], "")?;
        if answer.status == 200 { Ok(answer.json()) } else { Err(answer.body) }
    }

    pub(crate) fn status(&self) -> Status {
        self.look().unwrap_or_else(|error| panic!("{}: {error}\n{}", self.name, self.log()))
    }

    /// `State (Reason)`.
    pub(crate) fn state(&self) -> String {
        self.look()
            .map_or_else(|error| error, |status| format!("{} ({})", status.nodes[0].state, status.nodes[0].reason))
    }

    /// The whole journal.
    pub(crate) fn events(&self) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        loop {
            let from = events.last().map_or(1, |event| event.sequence + 1);
            let page: Vec<Event> = self.ask(&format!("GET /v1/events?from={from}&limit=1000"), &[], "").unwrap().json();
            if page.is_empty() {
                return events;
            }
            events.extend(page);
        }
    }

    /// The transitions to this state, as the journal has them.
    pub(crate) fn transitions_to(&self, state: &str) -> Vec<Event> {
        let events = self.events().into_iter();
        events.filter(|event| event.kind == "transition" && event.fields["to"]["state"] == state).collect()
    }

    /// All users, as `locum users export` writes them.
    pub(crate) fn export(&self) -> String {
        self.locum(&["users", "export"]).ok().out
    }

    /// Writes a file into the pair's folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Changes the configuration file.
    pub(crate) fn edit(&self, change: impl FnOnce(String) -> String) {
        let file = self.config_file();
        let before = fs::read_to_string(&file).unwrap();
        let after = change(before.clone());
        assert_ne!(before, after, "the change finds its place");
        fs::write(&file, after).unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs `locum`.
pub(crate) fn locum(globals: &[&str], arguments: &[&str]) -> Said {
    let output = program().args(globals).args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}
