//! Those who ask all the time: at both gates, at both services, for both states, and for new users to be taken in.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::Result;
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::history::{History, Record, Via, What};
use crate::pair::{
    http::Connection,
    node::{Node, now_us},
    users::Users,
};

/// Between an answer of a gate and the next question.
const GATE_PACE: Duration = Duration::from_millis(5);
/// The same, of a service.
const SERVICE_PACE: Duration = Duration::from_millis(40);
/// Who takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two new users.
const REGISTRAR_PACE: Duration = Duration::from_millis(700);

/// The answer of a gate about one user.
#[derive(Deserialize)]
struct Admission {
    user: String,
    serve: bool,
    epoch: u64,
    at_us: u64,
}

impl Admission {
    fn record(self, node: Node, via: Via, home: Node) -> Record {
        let Admission { user, serve, epoch, at_us } = self;
        Record::Answer { at_us, node, via, user, home, serve, epoch }
    }
}

/// Asks a node's gate for ever, about a user of each home in turn.
pub(super) async fn ask_gate(node: Node, socket: PathBuf, users: Arc<Users>, history: History) {
    let homes = Node::BOTH.map(|home| users.at_home(home));
    let mut turn = 0;
    loop {
        if let Ok(mut gate) = Connection::open(&socket).await {
            let question = |turn: usize| [0, 1].map(|home: usize| homes[home][turn % homes[home].len()]);
            while let Some(answers) = admissions(&mut gate, question(turn)).await {
                for (home, answer) in Node::BOTH.into_iter().zip(answers) {
                    history.add(answer.record(node, Via::Gate, home));
                }
                turn += 1;
                tokio::time::sleep(GATE_PACE).await;
            }
        }
        history.add(Record::NoAnswer { at_us: now_us(), node, via: Via::Gate });
        tokio::time::sleep(GATE_PACE).await;
    }
}

async fn admissions(gate: &mut Connection, users: [&str; 2]) -> Option<Vec<Admission>> {
    tokio::time::timeout(PATIENCE, gate.post("/v1/gate", &users)).await.ok()?.ok()
}

/// Clients of the services, each in a thread that lives where it can reach them. They end with this.
pub(super) struct ServiceClients {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl ServiceClients {
    /// Begins to ask.
    pub(super) fn start(
        services: [SocketAddr; 2],
        users: &Arc<Users>,
        history: &History,
        enter: impl Fn() -> Result<()> + Clone + Send + 'static,
    ) -> ServiceClients {
        let stop = Arc::<AtomicBool>::default();
        let client = |node: Node| {
            let (stop, users, history) = (Arc::clone(&stop), Arc::clone(users), history.clone());
            let enter = enter.clone();
            thread::spawn(move || match enter() {
                Ok(()) => ask_service(node, services[node.index()], &users, &history, &stop),
                Err(error) => eprintln!("the services of {node} cannot be asked: {error:#}"),
            })
        };
        let threads = Node::BOTH.map(client).into();
        ServiceClients { stop, threads }
    }
}

impl Drop for ServiceClients {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn ask_service(node: Node, service: SocketAddr, users: &Users, history: &History, stop: &AtomicBool) {
    let homes = Node::BOTH.map(|home| users.at_home(home));
    let mut turn = 0;
    while !stop.load(Relaxed) {
        for home in Node::BOTH {
            let names = &homes[home.index()];
            history.add(match served(service, names[turn % names.len()]) {
                Ok(answer) => answer.record(node, Via::Service, home),
                Err(_) => Record::NoAnswer { at_us: now_us(), node, via: Via::Service },
            });
        }
        turn += 1;
        thread::sleep(SERVICE_PACE);
    }
}

fn served(service: SocketAddr, user: &str) -> io::Result<Admission> {
    let mut stream = TcpStream::connect_timeout(&service, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /users/{user} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).map_err(io::Error::other)
}

/// Asks both nodes in turn to take in a new user, for ever. What is refused is refused.
pub(super) async fn register(sockets: [PathBuf; 2], history: History) {
    for number in 1_u64.. {
        let node = Node::BOTH[(number % 2) as usize];
        let (user, key) = (format!("new.{number:05}"), format!("user-{number}"));
        let what = What::User(user.clone());
        history.add(Record::Tried { at_us: now_us(), node, users: vec![user] });
        let asked = once(&sockets[node.index()], &what, &key);
        if let Ok(Ok(answer)) = tokio::time::timeout(PATIENCE * 3, asked).await {
            history.add(Record::Acknowledged { at_us: now_us(), node, key, what, answer });
        }
        tokio::time::sleep(REGISTRAR_PACE).await;
    }
}

/// Asks for this once: a second time under the same key it only gives the same answer.
pub(super) async fn once(socket: &Path, what: &What, key: &str) -> Result<Value> {
    let mut connection = Connection::open(socket).await?;
    match what {
        What::Command(path) => connection.once(Method::POST, path, &json!({}), key).await,
        What::Import(users) => {
            let csv = format!("user\n{}\n", users.join("\n"));
            connection.import("/v1/users/import", csv, key).await
        }
        What::User(user) => connection.once(Method::PUT, &format!("/v1/users/{user}"), &json!({}), key).await,
    }
}
