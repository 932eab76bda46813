//! The driver: brings inputs into the state machine, one at a time, and carries its effects out in order.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use locum_core::{Answer, Direction, Effect, Input, View};
use locum_host::state_machine::StateMachine;
use locum_store::{Cover, JournalEntry, StoreError};
use tokio::sync::{mpsc, oneshot, watch};

use super::shared::{Arrival, Shared};
use super::{RunError, journal};
use crate::clock;

/// So often in a row the machine may fail before the node gives up.
const FAULTS_MAX: u32 = 3;

/// The state machine and what it needs to act.
pub(crate) struct Driver {
    machine: StateMachine,
    shared: Arc<Shared>,
    services: Vec<String>,
    arrivals: mpsc::Receiver<Arrival>,
    published: watch::Sender<View>,
    answers: HashMap<u64, oneshot::Sender<Answer>>,
    commands: u64,
    /// How often the machine has failed without a success between.
    faults: u32,
    left: bool,
}

impl Driver {
    pub(crate) fn new(
        machine: StateMachine,
        shared: Arc<Shared>,
        arrivals: mpsc::Receiver<Arrival>,
        published: watch::Sender<View>,
    ) -> Driver {
        let services = shared.config().services.iter().map(|service| service.name.clone()).collect();
        Driver {
            machine,
            shared,
            services,
            arrivals,
            published,
            answers: HashMap::new(),
            commands: 0,
            faults: 0,
            left: false,
        }
    }

    /// Drives the machine until the node leaves. `first` are the effects of its start.
    ///
    /// # Errors
    /// The store failed, so that what must survive cannot be put on disk, or the machine fails again and again: the
    /// node stops at once and its peer takes over.
    pub(crate) async fn drive(mut self, first: Vec<Effect>) -> Result<(), RunError> {
        self.carry_out(first).await?;
        while !self.left {
            let deadline = self.machine.next_deadline();
            let wait = Duration::from_millis(deadline.at_ms.saturating_sub(clock::now_ms()));
            tokio::select! {
                arrival = self.arrivals.recv() => match arrival {
                    Some(Arrival::Input(input)) => self.handle(*input).await?,
                    Some(Arrival::Command(command, reply)) => {
                        self.commands += 1;
                        self.answers.insert(self.commands, reply);
                        self.handle(Input::Command { token: self.commands, command }).await?;
                    }
                    Some(Arrival::Stop) | None => break,
                },
                () = tokio::time::sleep(wait) => self.handle(Input::Timer { token: deadline.token }).await?,
            }
        }
        self.shared.gate.set(locum_core::Gate::default());
        Ok(())
    }

    async fn handle(&mut self, input: Input) -> Result<(), RunError> {
        match self.machine.handle(clock::now_ms(), input) {
            Ok(effects) => {
                self.faults = 0;
                Ok(self.carry_out(effects).await?)
            }
            Err(fault) if self.faults == FAULTS_MAX => Err(RunError::Machine(fault)),
            // The machine goes on from where it was before this input, which had no effect.
            Err(fault) => {
                self.faults += 1;
                let text = format!("The state machine failed at an input, which is lost: {fault}");
                Ok(self.shared.journal(vec![journal::entry("fault", text, serde_json::Value::Null)]).await?)
            }
        }
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) -> Result<(), StoreError> {
        let mut memory = None;
        // Whom the node serves once all is done goes to disk with the state that says so.
        let gate =
            effects.iter().rev().find_map(|effect| if let Effect::Gate(gate) = effect { Some(*gate) } else { None });
        let mut cover = gate.map(|gate| self.cover(gate));
        let mut entries: Vec<JournalEntry> = Vec::new();
        for effect in effects {
            match effect {
                Effect::Persist(now) => memory = Some(now),
                Effect::Transition(transition) => entries.push(journal::transition(&transition, &self.services)),
                Effect::Notice(notice) => entries.push(journal::notice(&notice, &self.services)),
                effect => {
                    self.flush(&mut memory, &mut entries, &mut cover).await?;
                    self.act(effect);
                }
            }
        }
        self.flush(&mut memory, &mut entries, &mut cover).await?;
        if let Ok(view) = self.machine.view() {
            self.published.send_replace(view);
        }
        Ok(())
    }

    /// Puts on disk what the effects so far say must be there before the next one is visible.
    async fn flush(
        &mut self,
        memory: &mut Option<locum_core::Memory>,
        entries: &mut Vec<JournalEntry>,
        cover: &mut Option<Cover>,
    ) -> Result<(), StoreError> {
        if memory.is_none() && entries.is_empty() {
            return Ok(());
        }
        if let Some(memory) = &*memory {
            self.shared.epoch.store(memory.epoch, Ordering::Relaxed);
        }
        let cover = if memory.is_some() { cover.take() } else { None };
        let bytes = memory.take().map(|memory| memory.encode());
        self.shared.save(bytes, std::mem::take(entries), cover).await
    }

    fn cover(&self, gate: locum_core::Gate) -> Cover {
        let own = gate.own.then(|| self.shared.node.clone());
        let peer = self.shared.peer.clone().filter(|_| gate.peer);
        let directory_revision = self.shared.store.directory().revision();
        Cover { epoch: gate.epoch, homes: own.into_iter().chain(peer).collect(), directory_revision }
    }

    fn act(&mut self, effect: Effect) {
        let shared = &self.shared;
        match effect {
            Effect::Gate(gate) => {
                shared.supervisor.set_environment(gate.epoch);
                shared.gate.set(gate);
            }
            Effect::Send(heartbeat) => {
                if let Some(link) = &shared.link
                    && let Err(error) = link.send_frame(&heartbeat.encode())
                {
                    tracing::error!("a heartbeat was not sent: {error}");
                }
            }
            Effect::StartServices { run } => shared.supervisor.start_all(run),
            Effect::RestartServices { run } => shared.supervisor.restart_all(run),
            Effect::StopServices => {
                let supervisor = shared.supervisor.clone();
                tokio::spawn(async move { supervisor.stop_critical().await });
            }
            Effect::MoveUsers { token, direction, epoch } => {
                tokio::spawn(move_users(Arc::clone(shared), token, direction, epoch));
            }
            Effect::Answer { token, answer } => {
                if let Some(reply) = self.answers.remove(&token) {
                    let _ = reply.send(answer);
                }
            }
            Effect::Leave => self.left = true,
            Effect::Persist(_) | Effect::Transition(_) | Effect::Notice(_) => {}
        }
    }
}

/// Moves the peer's users, in one durable step, and tells the state machine how that went.
async fn move_users(shared: Arc<Shared>, token: u64, direction: Direction, epoch: u64) {
    let (users, nodes, occasion) = shared.columns_of_move(direction);
    let policy = Arc::clone(&shared.policy);
    let store = Arc::clone(&shared.store);
    let own = shared.node.clone();
    let names: Vec<String> = shared.names().into_iter().map(str::to_owned).collect();
    let moved = tokio::task::spawn_blocking(move || {
        let placement = policy.lock().unwrap_or_else(PoisonError::into_inner).place(occasion, &users, &nodes);
        // The homes whose users this node serves from now on: one record, however many users.
        let served = |row: &u32| names.get(*row as usize).is_some_and(|name| *name == own);
        let mut homes: Vec<String> = placement
            .nodes
            .iter()
            .zip(&users.homes)
            .filter(|(node, _)| served(node))
            .filter_map(|(_, home)| names.get(*home as usize).cloned())
            .collect();
        homes.sort_unstable();
        homes.dedup();
        let cover = Cover { epoch, homes, directory_revision: store.directory().revision() };
        let saved = store.save(None, &[], Some(&cover));
        (placement.fault, users.ids.len(), saved)
    })
    .await;
    let (entries, moved) = match moved {
        Ok((fault, count, Ok(_))) => {
            let verb = if direction == Direction::TakeOver { "taken over" } else { "given back" };
            let text = format!("The users of {} are {verb}, in one step.", shared.peer.as_deref().unwrap_or("nobody"));
            let fields = serde_json::json!({ "epoch": epoch, "directory_users": count });
            let fault = fault.map(|fault| {
                let text = format!("The policy's answer was not used, and nothing is lost: {fault}");
                journal::entry("policy", text, serde_json::Value::Null)
            });
            (fault.into_iter().chain([journal::entry("users", text, fields)]).collect(), true)
        }
        Ok((_, _, Err(error))) => {
            let text = format!("The users could not be moved: {error}");
            (vec![journal::entry("users", text, serde_json::Value::Null)], false)
        }
        Err(_) => (Vec::new(), false),
    };
    let _ = shared.arrivals.send(Arrival::input(Input::UsersMoved { token, moved })).await;
    if let Err(error) = shared.journal(entries).await {
        tracing::error!("the journal cannot be written: {error}");
    }
}
