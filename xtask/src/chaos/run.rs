//! A run, from two daemons that start to what is asked in the end.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use serde_json::Value;
use tokio::task::JoinSet;

use super::{
    clients::{self, ServiceClients},
    crew,
    history::Record,
    plan::Plan,
    report::Report,
    stage::Stage,
    storm,
    watch::Watch,
};
use crate::pair::{
    http::Connection,
    node::{Node, now_us},
    users::{self, Users},
};

/// How many users there are from the beginning.
const USERS: usize = 200;
/// How long a directory may take to catch up in the end.
const AGREE_WITHIN: Duration = Duration::from_secs(30);
/// How many entries of a journal are asked for at once.
const PAGE: usize = 1_000;

/// An entry of a journal.
#[derive(Deserialize)]
struct Event {
    sequence: u64,
    kind: String,
    fields: Value,
}

/// Plays a plan, for so long if there is a bound, and asks for what must be known in the end.
pub(super) async fn play(stage: &Arc<Stage>, plan: &Plan, within: Option<Duration>, report: &Report) -> Result<()> {
    stage.prepare().await.context("making keys")?;
    // What is in a set ends with it.
    let (mut tasks, watch) = (JoinSet::new(), Watch::default());
    for node in Node::BOTH {
        tasks.spawn(watch.clone().follow(node, stage.socket(node), stage.history.clone()));
        stage.start(node)?;
    }
    let restored = tokio::select! {
        restored = crew::restore(stage, &watch, 0) => restored,
        (node, status) = stage.first_end() => {
            Err(anyhow!("the daemon of {node} has ended: {status}\n  {}", stage.log_tail(node).join("\n  ")))
        }
    };
    restored.context("both nodes are to be Normal in the beginning")?;
    let users = Arc::new(import(stage, plan.seed).await?);
    let keeper = Arc::clone(stage);
    tasks.spawn(async move { keeper.keep_running().await });
    for node in Node::BOTH {
        tasks.spawn(clients::ask_gate(node, stage.socket(node), Arc::clone(&users), stage.history.clone()));
    }
    let services = Node::BOTH.map(|node| stage.network.ways(node).service);
    let service_clients = ServiceClients::start(services, &users, &stage.history, stage.network.enter_middle());
    let mut registrar = JoinSet::new();
    registrar.spawn(clients::register(Node::BOTH.map(|node| stage.socket(node)), stage.history.clone()));
    let weathered = weather(stage, plan, within, report, &watch).await;
    registrar.shutdown().await;
    tokio::task::spawn_blocking(move || drop(service_clients)).await?;
    if weathered.is_ok() {
        ask_in_the_end(stage).await.context("asking both nodes in the end")?;
    }
    tasks.shutdown().await;
    weathered
}

/// Storm by storm, with a crew between them.
async fn weather(
    stage: &Arc<Stage>,
    plan: &Plan,
    within: Option<Duration>,
    report: &Report,
    watch: &Watch,
) -> Result<()> {
    let start = Instant::now();
    report.settings(plan);
    for (number, faults) in (1..).zip(&plan.storms) {
        if within.is_some_and(|within| start.elapsed() > within) {
            break;
        }
        report.storm(number, faults);
        storm::pass(stage, number, faults).await?;
        let mended = Instant::now();
        match crew::restore(stage, watch, number).await {
            Ok(commands) => report.calm(number, mended.elapsed(), commands),
            Err(error) => {
                let states = watch.states();
                stage.history.add(Record::NotNormal { at_us: now_us(), number, states });
                for node in Node::BOTH {
                    report.say(&format!("{node} wrote last:\n  {}", stage.log_tail(node).join("\n  ")));
                }
                return Err(error.context(format!("after storm {number}")));
            }
        }
    }
    Ok(())
}

async fn import(stage: &Stage, seed: u64) -> Result<Users> {
    std::fs::write(stage.path("users.csv"), users::csv(USERS, seed))?;
    stage.locum(Node::A, &["users", "import", "users.csv"]).await?;
    let users = Users::exported(&stage.locum(Node::A, &["users", "export"]).await?)?;
    stage.history.add(Record::Imported { users: users.names().to_vec() });
    Ok(users)
}

async fn ask_in_the_end(stage: &Stage) -> Result<()> {
    let start = Instant::now();
    let directories = loop {
        let [a, b] = [names(stage, Node::A).await?, names(stage, Node::B).await?];
        let same = a.iter().collect::<BTreeSet<_>>() == b.iter().collect::<BTreeSet<_>>();
        if same || start.elapsed() > AGREE_WITHIN {
            break [a, b];
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    for (node, users) in Node::BOTH.into_iter().zip(directories) {
        stage.history.add(Record::Directory { node, users });
    }
    let acknowledged: Vec<_> = stage.history.records().iter().filter_map(asked_before).collect();
    for (node, key, what) in acknowledged {
        let answer = clients::once(&stage.socket(node), &what, &key).await;
        let answer = answer.unwrap_or_else(|error| Value::String(format!("{error:#}")));
        stage.history.add(Record::Recalled { key, answer });
    }
    for node in Node::BOTH {
        journal(stage, node).await?;
    }
    Ok(())
}

fn asked_before(record: &Record) -> Option<(Node, String, super::history::What)> {
    match record {
        Record::Acknowledged { node, key, what, .. } => Some((*node, key.clone(), what.clone())),
        _ => None,
    }
}

async fn names(stage: &Stage, node: Node) -> Result<Vec<String>> {
    let export = stage.locum(node, &["users", "export"]).await?;
    Ok(export.lines().skip(1).filter_map(|line| line.split(',').next()).map(str::to_owned).collect())
}

/// Takes a node's journal into the history, and leaves it in the folder for `locum replay`.
async fn journal(stage: &Stage, node: Node) -> Result<()> {
    let mut connection = Connection::open(&stage.socket(node)).await?;
    let (mut next, mut lines) = (1, String::new());
    loop {
        let page: Vec<Value> = connection.get(&format!("/v1/events?from={next}&limit={PAGE}")).await?;
        lines.extend(page.iter().map(|event| format!("{event}\n")));
        let count = page.len();
        for event in page {
            let event: Event = serde_json::from_value(event)?;
            next = event.sequence + 1;
            if event.kind == "transition" {
                let (at_ms, epoch) = (event.fields["at_ms"].as_u64(), event.fields["epoch"].as_u64());
                let state = event.fields["to"]["state"].as_str().context("a transition leads to a state")?.to_owned();
                let (at_us, epoch) = (at_ms.unwrap_or(0) * 1_000, epoch.unwrap_or(0));
                stage.history.add(Record::Transition { at_us, node, state, epoch });
            }
        }
        if count < PAGE {
            break;
        }
    }
    Ok(std::fs::write(stage.path(&format!("{node}.journal.json")), lines)?)
}
