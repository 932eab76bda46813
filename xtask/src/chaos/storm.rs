//! One storm: its faults begin and end when they are due; then everything is mended.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::{
    clients::once,
    conditions::Conditions,
    config::WEB,
    history::{Record, What},
    plan::{Fault, Kind},
    stage::Stage,
};
use crate::pair::{
    http::Connection,
    node::{Node, now_us},
};

/// How long a node may take to answer a command.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many users come at once where the disk is full.
const IMPORTED: usize = 2_000;

/// Lets a storm pass, and mends what it leaves.
pub(super) async fn pass(stage: &Arc<Stage>, number: usize, faults: &[Fault]) -> Result<()> {
    stage.history.add(Record::Storm { at_us: now_us(), number });
    let begins = faults.iter().map(|fault| (fault.at_ms, true, fault.kind));
    let ends = faults.iter().map(|fault| (fault.at_ms + fault.lasts_ms, false, fault.kind));
    let mut due: Vec<(u64, bool, Kind)> = begins.chain(ends).collect();
    due.sort_by_key(|(at_ms, ..)| *at_ms);
    let start = Instant::now();
    let mut going_on: Vec<Kind> = Vec::new();
    for (at_ms, begins, kind) in due {
        sleep_until(start + Duration::from_millis(at_ms)).await;
        if begins {
            stage.history.add(Record::Begins { at_us: now_us(), what: kind.to_string() });
            going_on.push(kind);
        } else if let Some(place) = going_on.iter().position(|each| *each == kind) {
            going_on.remove(place);
        }
        stage.set_network(&Conditions::of(&going_on))?;
        match begins {
            true => begin(stage, number, kind)?,
            false => end(stage, kind)?,
        }
    }
    mend(stage).await?;
    stage.history.add(Record::Mended { at_us: now_us(), number });
    Ok(())
}

/// What cannot be done now is left out: a daemon that does not run cannot be told anything.
fn begin(stage: &Arc<Stage>, number: usize, kind: Kind) -> Result<()> {
    let stage_there = Arc::clone(stage);
    match kind {
        Kind::Kill { node } => stage.kill(node)?,
        Kind::Reboot { node } => stage.reboot(node)?,
        Kind::Pause { node } => stage.set_paused(node, true)?,
        Kind::Stop { node } => _ = tokio::spawn(async move { stage_there.stop(node, true).await }),
        Kind::Restart { node } => _ = tokio::spawn(async move { stage_there.stop(node, false).await }),
        Kind::PauseWitness => stage.set_witness_paused(true)?,
        Kind::ServiceFails { node } => {
            stage.set_broken(node, true)?;
            tokio::spawn(async move { kill_service(&stage_there, node).await });
        }
        Kind::DiskFull { node } => {
            stage.set_disk_full(node, true)?;
            // Small changes find room in what the store has already: this one does not.
            tokio::spawn(async move { import(&stage_there, node, number).await });
        }
        Kind::ClockJump { node, by_s } => stage.set_clock(node, by_s)?,
        Kind::Failover { node } => {
            tokio::spawn(async move {
                let key = format!("storm-{number}-failover-{node}");
                command(&stage_there, node, format!("/v1/nodes/{node}/failover"), key).await
            });
        }
        Kind::Cut
        | Kind::CutOneWay { .. }
        | Kind::CutLink
        | Kind::CutWitness { .. }
        | Kind::Loss { .. }
        | Kind::Weather { .. } => {}
    }
    Ok(())
}

fn end(stage: &Stage, kind: Kind) -> Result<()> {
    match kind {
        Kind::Kill { node } | Kind::Reboot { node } => stage.start(node),
        Kind::Stop { node } => {
            // It may be leaving still, or may not have heard.
            stage.kill(node)?;
            stage.start(node)
        }
        Kind::Pause { node } => stage.set_paused(node, false),
        Kind::PauseWitness => stage.set_witness_paused(false),
        Kind::ServiceFails { node } => stage.set_broken(node, false),
        Kind::DiskFull { node } => stage.set_disk_full(node, false),
        Kind::ClockJump { node, .. } => stage.set_clock(node, 0),
        _ => Ok(()),
    }
}

/// Nothing is wrong any more with anything but the pair itself.
async fn mend(stage: &Stage) -> Result<()> {
    stage.set_network(&Conditions::default())?;
    stage.set_witness_paused(false)?;
    for node in Node::BOTH {
        stage.set_paused(node, false)?;
        stage.set_broken(node, false)?;
        let _ = stage.set_disk_full(node, false);
        stage.set_clock(node, 0)?;
        stage.start(node)?;
    }
    Ok(())
}

/// Gives a command, and records it if it was acknowledged.
pub(super) async fn command(stage: &Stage, node: Node, path: String, key: String) {
    ask(stage, node, What::Command(path), key).await;
}

async fn ask(stage: &Stage, node: Node, what: What, key: String) {
    let asked = tokio::time::timeout(PATIENCE, once(&stage.socket(node), &what, &key)).await;
    if let Ok(Ok(answer)) = asked {
        stage.history.add(Record::Acknowledged { at_us: now_us(), node, key, what, answer });
    }
}

/// Asks for more users than there is room for where a disk is full.
async fn import(stage: &Stage, node: Node, number: usize) {
    let users: Vec<_> = (1..=IMPORTED).map(|user| format!("storm-{number}.{node}.{user:05}")).collect();
    stage.history.add(Record::Tried { at_us: now_us(), node, users: users.clone() });
    ask(stage, node, What::Import(users), format!("storm-{number}-import-{node}")).await;
}

async fn kill_service(stage: &Stage, node: Node) -> Option<()> {
    let mut connection = Connection::open(&stage.socket(node)).await.ok()?;
    let status: Value = tokio::time::timeout(PATIENCE, connection.get("/v1/status")).await.ok()?.ok()?;
    let services = status["nodes"][0]["services"].as_array()?;
    let pid = services.iter().find(|service| service["name"] == WEB)?["pid"].as_i64()?;
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)?;
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok()
}
