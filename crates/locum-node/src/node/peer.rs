//! What comes over the link: heartbeats and the kernel's word for the state machine, messages for the daemon.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use locum_core::{Heartbeat, Input, PeerLoss};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::journal;
use super::messages::{Ask, Note, Told, decode, encode};
use super::shared::{Arrival, Shared};
use crate::link::{LinkEvent, is_plausible, seal::Refusal};

/// The peer is told of this node at least this often, and at every change of state.
pub(super) const NOTE_INTERVAL: Duration = Duration::from_millis(500);

/// Takes in what the link tells until it ends.
pub(crate) async fn listen(shared: Arc<Shared>, mut events: mpsc::Receiver<LinkEvent>) {
    while let Some(event) = events.recv().await {
        match event {
            LinkEvent::Frame { link, bytes } => match read(&shared, &bytes) {
                Ok(heartbeat) => _ = shared.arrivals.send(Arrival::input(Input::Heartbeat(heartbeat))).await,
                Err(refusal) => shared.link.iter().for_each(|links| links.refuse(link, refusal)),
            },
            LinkEvent::PortRefused => lost(&shared, PeerLoss::PortRefused).await,
            LinkEvent::StreamClosed => {
                lost(&shared, PeerLoss::StreamClosed).await;
                note(&shared, "The peer's stream closed.".into(), json!({ "stream": "closed" }));
            }
            LinkEvent::StreamOpened => {
                note(&shared, "The stream to the peer is open.".into(), json!({ "stream": "open" }))
            }
            LinkEvent::StreamLost { why } => {
                note(&shared, format!("The stream to the peer is lost: {why}."), json!({ "stream": "lost" }))
            }
            LinkEvent::Refused { why } => {
                note(&shared, format!("A connection was refused: {why}"), json!({ "refused": why }))
            }
            LinkEvent::TransportFault(fault) => {
                note(&shared, format!("The transport failed, and was started afresh: {fault}"), json!({}))
            }
            LinkEvent::Request { bytes, reply } => _ = tokio::spawn(answer(Arc::clone(&shared), bytes, reply)),
            LinkEvent::Note(bytes) => {
                if let Ok(Note { status }) = decode(&bytes) {
                    shared.hear(status);
                }
            }
        }
    }
}

/// The heartbeat in a frame, unless it cannot be one of the peer's, whoever sealed it.
fn read(shared: &Shared, frame: &[u8]) -> Result<Heartbeat, Refusal> {
    let heartbeat = Heartbeat::decode(frame).ok_or(Refusal::Malformed)?;
    match is_plausible(&heartbeat, shared.epoch.load(Relaxed)) {
        true => Ok(heartbeat),
        false => Err(Refusal::Implausible),
    }
}

/// Tells the peer how this node is doing, and lets the directory catch up, until the node stops.
pub(crate) async fn keep_told(shared: Arc<Shared>) {
    let mut view = shared.view.clone();
    loop {
        let status = shared.own_status(&shared.view()).await;
        if let Some(link) = &shared.link {
            // Without a stream there is nobody to tell; the next one is told soon.
            let _ = link.note(encode(&Note { status }));
        }
        if let Err(problem) = shared.catch_up().await {
            tracing::debug!("catching up: {problem}");
        }
        let state = {
            let view = view.borrow_and_update();
            (view.state, view.reason, view.gate)
        };
        let changed = view.wait_for(|now| (now.state, now.reason, now.gate) != state);
        if let Ok(Err(_)) = tokio::time::timeout(NOTE_INTERVAL, changed).await {
            return;
        }
    }
}

async fn lost(shared: &Shared, sign: PeerLoss) {
    let _ = shared.arrivals.send(Arrival::input(Input::PeerLoss(sign))).await;
}

/// Into the journal, without holding up what comes next over the link.
fn note(shared: &Arc<Shared>, text: String, fields: serde_json::Value) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        if let Err(error) = shared.journal(vec![journal::entry("link", text, fields)]).await {
            tracing::error!("the journal cannot be written: {error}");
        }
    });
}

async fn answer(shared: Arc<Shared>, bytes: Vec<u8>, reply: oneshot::Sender<Vec<u8>>) {
    let told = match decode(&bytes) {
        Ok(Ask::Command { command, key }) => shared.command_here(command, key).await.map(Told::Command),
        Ok(Ask::Change(change)) => shared.commit_for_peer(change).await.map(Told::Changed),
        Ok(Ask::Directory) => Ok(Told::Directory(shared.store.directory().snapshot().to_bytes())),
        Err(problem) => Err(problem),
    };
    let _ = reply.send(encode(&told.unwrap_or_else(Told::Problem)));
}
