//! One daemon, and the command `locum` against it.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    time::Duration,
};

use locum_node::api::{Admission, CommandOutcome, Event, Problem, Status};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde::de::DeserializeOwned;

use crate::{Answer, http, program::program, until};

/// A daemon. Dropped, it is killed; its services die with it.
pub struct Node {
    /// Its name.
    pub name: &'static str,
    /// Where its admin API is.
    pub admin: SocketAddr,
    /// What `locum run` is told beyond the configuration, from the next start on.
    pub arguments: Vec<String>,
    /// And what its environment holds besides.
    pub environment: Vec<(&'static str, String)>,
    folder: PathBuf,
    child: Option<Child>,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its exit code; -1 where a signal ended it.
    pub code: i32,
    /// Its output.
    pub out: String,
    /// Its errors.
    pub err: String,
}

impl Said {
    /// Insists that the command succeeded.
    ///
    /// # Panics
    /// It failed.
    pub fn ok(self) -> Said {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// What a command with `--output json` printed.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Node {
    pub(crate) fn new(name: &'static str, address: Ipv4Addr, admin_port: u16, folder: &Path) -> Node {
        let admin = SocketAddrV4::new(address, admin_port).into();
        Node { name, admin, arguments: Vec::new(), environment: Vec::new(), folder: folder.to_path_buf(), child: None }
    }

    /// Its configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.folder.join(self.name).with_extension("toml")
    }

    /// Its state directory.
    pub fn state_directory(&self) -> PathBuf {
        self.folder.join(format!("state-{}", self.name))
    }

    /// The Unix socket of its admin API.
    pub fn socket(&self) -> PathBuf {
        self.state_directory().join("locum.sock")
    }

    /// What the environment of this node's services has in `LOCUM_TEST`.
    pub fn mark(&self) -> String {
        self.folder.join(self.name).display().to_string()
    }

    /// What the daemon has written.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join(self.name).with_extension("log")).unwrap_or_default()
    }

    /// Starts the daemon without waiting for it.
    pub fn launch(&mut self) {
        assert!(self.child.is_none(), "{} runs already", self.name);
        let path = self.folder.join(self.name).with_extension("log");
        let log = File::options().create(true).append(true).open(path).unwrap();
        let mut command = program();
        command.arg("run").arg("--config").arg(self.config_file()).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.child = Some(command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
    }

    /// Starts the daemon and waits until it answers.
    pub fn start(&mut self) {
        self.launch();
        until(&format!("{} answers", self.name), Duration::ZERO, || {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().unwrap()) {
                panic!("the daemon of {} ended: {status}\n{}", self.name, self.log());
            }
            self.look().map(drop)
        });
    }

    /// Whether the daemon was never started, or has ended.
    pub fn gone(&mut self) -> bool {
        if self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_some()) {
            self.child = None;
        }
        self.child.is_none()
    }

    /// Ends the daemon with SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Sends the daemon a signal.
    ///
    /// # Panics
    /// It does not run.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().expect("it runs")), signal).unwrap();
    }

    /// From now on no file of the daemon grows beyond this, as if its disk were full.
    ///
    /// # Panics
    /// It does not run.
    pub fn limit_files(&self, bytes: u64) {
        let pid = Pid::from_child(self.child.as_ref().expect("it runs"));
        prlimit(Some(pid), Resource::Fsize, Rlimit { current: Some(bytes), maximum: None }).unwrap();
    }

    /// Stops the daemon as it is, or lets it go on.
    ///
    /// # Panics
    /// It does not run.
    pub fn set_paused(&self, paused: bool) {
        self.signal(if paused { Signal::STOP } else { Signal::CONT });
    }

    /// Waits until the process of a service that is the daemon's child has been killed, if there is any.
    ///
    /// # Panics
    /// It starts again and again, or the node cannot be reached.
    pub fn kill_service(&self, name: &str) {
        until(&format!("{name} of {} is killed", self.name), Duration::ZERO, || {
            let services = self.look()?.nodes.swap_remove(0).services;
            match services.iter().find(|service| service.name == name) {
                None => panic!("{} has no service {name}", self.name),
                Some(service) if service.process == "running" => {
                    // It may have ended by itself meanwhile.
                    let pid = service.pid.and_then(|pid| Pid::from_raw(pid.cast_signed()));
                    let _ = pid.map(|pid| kill_process(pid, Signal::KILL));
                    Err(format!("{service:?}"))
                }
                Some(_) => Ok(()),
            }
        });
    }

    /// Waits for the daemon's end, which some other act has begun.
    pub fn ended(&mut self, timers: Duration) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        let what = format!("{} ends", self.name);
        let status = until(&what, timers, || child.try_wait().unwrap().ok_or_else(|| "it runs".to_owned()));
        self.child = None;
        status
    }

    /// Runs `locum` against this node.
    pub fn locum(&self, arguments: &[&str]) -> Said {
        locum(&["--socket", self.socket().to_str().unwrap()], arguments)
    }

    /// A request through the Unix socket; `request` is `METHOD /path`.
    ///
    /// # Errors
    /// The node cannot be reached.
    pub fn ask(&self, request: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, String> {
        http::local(&self.socket(), request, headers, body, http::PATIENCE).map_err(|error| error.to_string())
    }

    /// The same through the port.
    ///
    /// # Panics
    /// The node cannot be reached.
    pub fn ask_over_network(&self, request: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        http::network(self.admin, request, headers, body).unwrap()
    }

    /// Asks for a command of the state machine; the answer comes when it has begun.
    ///
    /// # Errors
    /// It is refused, or something went wrong.
    pub fn command(&self, path: &str, key: Option<&str>) -> Result<CommandOutcome, Problem> {
        let headers: Vec<_> = key.into_iter().map(|key| ("idempotency-key", key)).collect();
        let answer = self.ask(&format!("POST /v1/{path}"), &headers, "").unwrap();
        if answer.status == 200 { Ok(answer.json()) } else { Err(answer.json()) }
    }

    /// What the node knows of its group.
    ///
    /// # Errors
    /// The node cannot be reached.
    pub fn look(&self) -> Result<Status, String> {
        let answer = self.ask("GET /v1/status", &[], "")?;
        if answer.status == 200 { Ok(answer.json()) } else { Err(answer.body) }
    }

    /// As [`Node::look`].
    ///
    /// # Panics
    /// The node cannot be reached.
    pub fn status(&self) -> Status {
        self.look().unwrap_or_else(|error| panic!("{}: {error}\n{}", self.name, self.log()))
    }

    /// `State (Reason)`.
    pub fn state(&self) -> String {
        self.look()
            .map_or_else(|error| error, |status| format!("{} ({})", status.nodes[0].state, status.nodes[0].reason))
    }

    /// The whole journal.
    ///
    /// # Panics
    /// The node cannot be reached.
    pub fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        while self.read_on(&mut events).unwrap() {}
        events
    }

    /// Adds the next page of the journal to what was read of it before. Returns whether there was any.
    ///
    /// # Errors
    /// The node cannot be reached.
    pub fn read_on(&self, events: &mut Vec<Event>) -> Result<bool, String> {
        let from = events.last().map_or(1, |event| event.sequence + 1);
        let answer = self.ask(&format!("GET /v1/events?from={from}&limit=1000"), &[], "")?;
        let page: Vec<Event> = if answer.status == 200 { answer.json() } else { return Err(answer.body) };
        let any = !page.is_empty();
        events.extend(page);
        Ok(any)
    }

    /// Whether the gate lets these users through.
    ///
    /// # Errors
    /// The node cannot be reached, or does not answer within `patience`.
    pub fn admissions(&self, users: &[&str], patience: Duration) -> Result<Vec<Admission>, String> {
        admissions(&self.socket(), users, patience)
    }

    /// The transitions to this state, as the journal has them.
    pub fn transitions_to(&self, state: &str) -> Vec<Event> {
        let events = self.events().into_iter();
        events.filter(|event| event.kind == "transition" && event.fields["to"]["state"] == state).collect()
    }

    /// All users, as `locum users export` writes them.
    pub fn export(&self) -> String {
        self.locum(&["users", "export"]).ok().out
    }

    /// Writes a file into the pair's folder.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Changes the configuration file.
    pub fn edit(&self, change: impl FnOnce(String) -> String) {
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

/// Whether the gate behind this socket lets these users through.
///
/// # Errors
/// The node cannot be reached, or does not answer within `patience`.
pub fn admissions(socket: &Path, users: &[&str], patience: Duration) -> Result<Vec<Admission>, String> {
    let users = serde_json::to_string(users).unwrap();
    let headers = [("content-type", "application/json")];
    let answer = http::local(socket, "POST /v1/gate", &headers, &users, patience).map_err(|error| error.to_string())?;
    if answer.status == 200 { Ok(answer.json()) } else { Err(answer.body) }
}

/// Runs `locum`.
pub fn locum(globals: &[&str], arguments: &[&str]) -> Said {
    let output = program().args(globals).args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}
