//! A node that is made up, and a client for it.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request as HttpRequest, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use locum_config::{Role, Token};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    sync::{broadcast, mpsc},
    task::JoinSet,
};

use crate::{
    admin::{AdminConfig, Bound, Stop, Tokens},
    api::{
        Admission, CommandOutcome, DirectoryStatus, Event, NodeStatus, Problem, Status, UserDocument, UsersOutcome,
        UsersStatus,
    },
    handle::{NodeHandle, Request},
};

/// A made-up node behind a real admin API. It ends with its tasks.
pub(super) struct Fake {
    pub(super) socket: PathBuf,
    pub(super) address: SocketAddr,
    pub(super) tokens: Tokens,
    pub(super) stops: mpsc::Receiver<Stop>,
    pub(super) events: broadcast::Sender<Event>,
    seen: Arc<Mutex<Vec<String>>>,
    journal: Arc<Mutex<Vec<Event>>>,
    _folder: TempDir,
    _tasks: JoinSet<()>,
}

pub(super) fn token(text: &str, role: Role) -> Token {
    let sha256 = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    Token { name: format!("the {text}"), role, sha256 }
}

impl Fake {
    pub(super) async fn start() -> Fake {
        Fake::with(AdminConfig::default()).await
    }

    /// With these certificates and this TLS.
    pub(super) async fn with(config: AdminConfig) -> Fake {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("admin.sock");
        let tokens = Tokens::new(vec![token("looker", Role::Viewer), token("doer", Role::Operator)]);
        let config = AdminConfig {
            socket: Some(socket.clone()),
            listen: Some("127.0.0.1:0".parse().unwrap()),
            tokens: tokens.clone(),
            ..config
        };
        let bound = Bound::bind(config).await.unwrap();
        let address = bound.address().unwrap();
        let (requests, mut asked) = mpsc::channel(64);
        let (events, _) = broadcast::channel(4);
        let (stop, stops) = mpsc::channel(1);
        let handle = NodeHandle::new(requests, events.clone());
        let (seen, journal) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<Vec<Event>>>::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(bound.serve(handle, stop));
        let (log, entries) = (Arc::clone(&seen), Arc::clone(&journal));
        tasks.spawn(async move {
            while let Some(request) = asked.recv().await {
                answer(request, &log, &entries);
            }
        });
        Fake { socket, address, tokens, stops, events, seen, journal, _folder: folder, _tasks: tasks }
    }

    /// What the node was asked to change, in words.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Writes an entry, and tells it to followers if `live`.
    pub(super) fn write(&self, sequence: u64, live: bool) {
        let text = format!("entry {sequence}");
        let event = Event { sequence, at_unix_ms: 0, kind: "daemon".into(), text, fields: Value::Null };
        self.journal.lock().unwrap().push(event.clone());
        if live {
            let _ = self.events.send(event);
        }
    }

    /// A request through the socket.
    pub(super) async fn local(&self, method: &str, path: &str, body: &str) -> (StatusCode, Value) {
        self.keyed(method, path, body, &[]).await
    }

    /// The same with headers.
    pub(super) async fn keyed(
        &self,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let stream = UnixStream::connect(&self.socket).await.unwrap();
        document(send(stream, method, path, body, headers).await).await
    }

    /// A request over TCP, with a token if one is given.
    pub(super) async fn remote(&self, method: &str, path: &str, body: &str, token: &str) -> (StatusCode, Value) {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", &*bearer)];
        let headers = if token.is_empty() { &[][..] } else { &headers };
        document(send(stream, method, path, body, headers).await).await
    }
}

pub(super) async fn send(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    method: &str,
    path: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> Response<Incoming> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = HttpRequest::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    sender.send_request(request.body(Full::new(Bytes::from(body.to_owned()))).unwrap()).await.unwrap()
}

/// The document of a response; text where it is none.
pub(super) async fn document(response: Response<Incoming>) -> (StatusCode, Value) {
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
    (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| text()))
}

fn answer(request: Request, seen: &Mutex<Vec<String>>, journal: &Mutex<Vec<Event>>) {
    let see = |what: String| seen.lock().unwrap().push(what);
    match request {
        Request::Status(reply) => drop(reply.send(Ok(status()))),
        Request::Command { node, command, key, reply } => {
            see(format!("{} at {node:?} key {key:?}", command.name()));
            drop(reply.send(outcome(node, command)));
        }
        Request::Events { from, limit, reply } => {
            let journal = journal.lock().unwrap();
            let skipped = if from == 0 { journal.len().saturating_sub(limit) } else { 0 };
            let events = journal.iter().skip(skipped).filter(|event| event.sequence >= from).take(limit).cloned();
            drop(reply.send(Ok(events.collect())));
        }
        Request::Users { home: Some(home), reply, .. } if home == "nowhere" => {
            drop(reply.send(Err(Problem::new("not-found", "There is no node nowhere."))));
        }
        Request::Users { after, limit, reply, .. } => {
            let users = (0..10_003).map(|number| user(&format!("user-{number:05}")));
            let users = users.filter(|user| after.as_ref().is_none_or(|after| user.user > *after)).take(limit);
            drop(reply.send(Ok(users.collect())));
        }
        Request::User { user: name, reply } => drop(reply.send(match &*name {
            "nobody" => Err(Problem::new("not-found", "There is no user nobody.")),
            name => Ok(user(name)),
        })),
        Request::ChangeUsers { change, key, reply } => {
            see(format!("{change:?} key {key:?}"));
            drop(reply.send(Ok(UsersOutcome { changed: 1, removed: 0, revision: 4 })));
        }
        Request::Service { name, action, reply } => {
            see(format!("{action:?} {name}"));
            drop(reply.send(match &*name {
                "busy" => Err(Problem::new("busy", "Too many.")),
                name => Ok(format!("{name}: done")),
            }));
        }
        Request::Admissions { users, reply } => {
            let one = |user: String| Admission { serve: user != "stranger", user, epoch: 7, at_us: 1 };
            drop(reply.send(Ok(users.into_iter().map(one).collect())));
        }
        Request::Reload(reply) => {
            see("reload".into());
            drop(
                reply.send(Err(Problem { details: vec!["a.toml:3".into()], ..Problem::new("invalid", "One fault.") })),
            );
        }
    }
}

fn outcome(node: Option<String>, command: locum_core::Command) -> Result<CommandOutcome, Problem> {
    use locum_core::Command;
    match command {
        Command::Fallback => Err(Problem::new("refused", "beta is Normal. Nothing has changed.")),
        Command::Recover => Err(Problem::new("peer", "beta does not answer.")),
        Command::CancelFallback => {
            Ok(CommandOutcome { outcome: "refused".into(), text: "No countdown runs.".into(), node: "alpha".into() })
        }
        _ => Ok(CommandOutcome {
            outcome: "accepted".into(),
            text: "It has begun.".into(),
            node: node.unwrap_or_else(|| "alpha".into()),
        }),
    }
}

fn user(name: &str) -> UserDocument {
    UserDocument { user: name.into(), home: Some("alpha".into()), weight: 1, class: 0, served_by: Some("alpha".into()) }
}

fn status() -> Status {
    let node = |name: &str| NodeStatus {
        name: name.into(),
        state: "Normal".into(),
        reason: "Normal".into(),
        since_unix_ms: 1,
        transition: "start".into(),
        epoch: 7,
        serves: vec![name.into()],
        directory: DirectoryStatus::default(),
        services: Vec::new(),
        heard: true,
        age_ms: 0,
        stale: false,
    };
    Status {
        group: "pair".into(),
        node: "alpha".into(),
        software: "0".into(),
        taken_at_unix_ms: 2,
        interval_ms: 100,
        high_availability: true,
        row: Some(1),
        cause: String::new(),
        advice: "Nothing".into(),
        recommended: "Nothing to do.".into(),
        nodes: vec![node("alpha"), node("beta")],
        users: UsersStatus::default(),
        links: Vec::new(),
        witness: None,
        timers: Vec::new(),
        alarms: Vec::new(),
        differences: Vec::new(),
    }
}
