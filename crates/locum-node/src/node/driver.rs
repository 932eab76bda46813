//! The driver: brings inputs into the state machine, one at a time, and carries its effects out in order.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use locum_core::{Answer, Direction, Effect, Gate, Input, View};
use locum_host::state_machine::StateMachine;
use locum_store::{Cover, JournalEntry, StoreError};
use tokio::sync::{mpsc, oneshot, watch};

use super::shared::{Arrival, Shared};
use super::watchdog::Watchdog;
use super::{RunError, journal};
use crate::clock;
use crate::supervise::{Epoch, Fence};

/// So often the machine is given an input that it fails at.
const ATTEMPTS: u32 = 3;

/// The state machine and what it needs to act.
pub(crate) struct Driver {
    machine: StateMachine,
    shared: Arc<Shared>,
    services: Vec<String>,
    arrivals: mpsc::Receiver<Arrival>,
    /// Told when the disk fails, whoever was writing.
    failure: oneshot::Receiver<String>,
    published: watch::Sender<View>,
    watchdog: Watchdog,
    answers: HashMap<u64, oneshot::Sender<Answer>>,
    commands: u64,
    left: bool,
}

impl Driver {
    pub(crate) fn new(
        machine: StateMachine,
        shared: Arc<Shared>,
        arrivals: mpsc::Receiver<Arrival>,
        failure: oneshot::Receiver<String>,
        published: watch::Sender<View>,
        watchdog: Watchdog,
    ) -> Driver {
        let services = shared.config().services.iter().map(|service| service.name.clone()).collect();
        Driver {
            machine,
            shared,
            services,
            arrivals,
            failure,
            published,
            watchdog,
            answers: HashMap::new(),
            commands: 0,
            left: false,
        }
    }

    /// Drives the machine until the node leaves. `first` are the effects of its start.
    ///
    /// # Errors
    /// The store failed, so that what must survive cannot be put on disk, or the machine fails again and again: the
    /// node stops at once and its peer takes over.
    pub(crate) async fn drive(mut self, first: Vec<Effect>) -> Result<(), RunError> {
        let driven = self.drive_on(first).await;
        self.shared.gate.set(Gate::default());
        self.renew_fence();
        driven?;
        let nobody = self.cover(Gate { epoch: self.shared.epoch.load(Ordering::Relaxed), ..Gate::default() });
        self.shared.supervisor.tell_epoch(Epoch { number: nobody.epoch, homes: Vec::new() }).await;
        self.shared.save(None, Vec::new(), Some(nobody)).await?;
        self.watchdog.dismiss();
        Ok(())
    }

    async fn drive_on(&mut self, first: Vec<Effect>) -> Result<(), RunError> {
        self.carry_out(first).await?;
        while !self.left {
            let deadline = self.machine.next_deadline();
            let wait = Duration::from_millis(deadline.at_ms.saturating_sub(clock::now_ms()));
            tokio::select! {
                // A disk that fails ends it all, and what has arrived is heard before a timer says that nothing was.
                biased;
                Ok(why) = &mut self.failure => return Err(RunError::Disk(why)),
                arrival = self.arrivals.recv() => match arrival {
                    Some(Arrival::Input(input)) => self.handle(*input).await?,
                    Some(Arrival::Command(command, reply)) => {
                        self.commands += 1;
                        self.answers.insert(self.commands, reply);
                        self.handle(Input::Command { token: self.commands, command }).await?;
                    }
                    Some(Arrival::Stop) | None => break,
                },
                () = self.watchdog.due() => self.watchdog.pet(),
                () = tokio::time::sleep(wait) => self.handle(Input::Timer { token: deadline.token }).await?,
            }
        }
        Ok(())
    }

    /// Hands an input over. Where the machine fails at it, it is where it was before, and gets the input again: one
    /// that is lost would leave a user move or an administrator without an answer.
    async fn handle(&mut self, input: Input) -> Result<(), RunError> {
        let mut attempt = 1;
        loop {
            match self.machine.handle(clock::now_ms(), input.clone()) {
                Ok(effects) => return Ok(self.carry_out(effects).await?),
                Err(fault) if attempt == ATTEMPTS => return Err(RunError::Machine(fault)),
                Err(fault) => {
                    attempt += 1;
                    let text = format!("The state machine failed at an input, and gets it again: {fault}");
                    self.shared.journal(vec![journal::entry("fault", text, serde_json::Value::Null)]).await?;
                }
            }
        }
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) -> Result<(), StoreError> {
        let view = self.machine.view().ok();
        // No right holds longer than the machine says. One that it has got counts once all that goes before is done.
        let until_ms = view.as_ref().map(|view| view.serve_until_ms);
        self.shared.gate.limit(until_ms.unwrap_or(0).min(self.shared.gate.limit_ms()));
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
                    self.act(effect).await;
                }
            }
        }
        self.flush(&mut memory, &mut entries, &mut cover).await?;
        // A gate that opens or closes while the state stays.
        if cover.is_some() {
            self.shared.save(None, Vec::new(), cover).await?;
        }
        self.shared.gate.limit(until_ms.unwrap_or(0));
        self.renew_fence();
        if let Some(view) = view {
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
        let entries = std::mem::take(entries);
        match memory.take() {
            Some(memory) => {
                self.shared.epoch.store(memory.epoch, Ordering::Relaxed);
                self.shared.save(Some(memory.encode()), entries, cover.take()).await?;
            }
            None if entries.is_empty() => {}
            // Nothing that comes next depends on these, so no heartbeat waits for them.
            None => drop(tokio::spawn(write(Arc::clone(&self.shared), entries))),
        }
        Ok(())
    }

    fn cover(&self, gate: Gate) -> Cover {
        let own = gate.own.then(|| self.shared.node.clone());
        let peer = self.shared.peer.clone().filter(|_| gate.peer);
        let directory_revision = self.shared.store.directory().revision();
        Cover { epoch: gate.epoch, homes: own.into_iter().chain(peer).collect(), directory_revision }
    }

    /// What closes does so first. Then the services learn the epoch, before anybody is served under it; then the rest
    /// opens.
    async fn set_gate(&self, gate: Gate) {
        let Shared { gate: shared, supervisor, .. } = &*self.shared;
        let now = shared.now();
        shared.set(Gate { own: now.own && gate.own, peer: now.peer && gate.peer, ..now });
        self.renew_fence();
        let Cover { epoch, homes, .. } = self.cover(gate);
        supervisor.tell_epoch(Epoch { number: epoch, homes }).await;
        shared.set(gate);
        self.renew_fence();
    }

    /// Tells the services how long they may serve without a further word: as long as the gate is open, if it is.
    fn renew_fence(&self) {
        let until_ms = self.shared.gate.serves_until_ms().unwrap_or(u64::MAX);
        self.shared.supervisor.set_fence(Fence { said_ms: clock::now_ms(), until_ms });
    }

    async fn act(&mut self, effect: Effect) {
        let shared = &self.shared;
        match effect {
            Effect::Gate(gate) => self.set_gate(gate).await,
            Effect::Send(heartbeat) => {
                // From here the peer's patience counts, whether the packet arrives or not.
                shared.gate.heartbeat_sent(heartbeat.sent_ms);
                self.renew_fence();
                if let Some(link) = &shared.link
                    && let Err(error) = link.send_frame(&heartbeat.encode())
                {
                    tracing::error!("a heartbeat was not sent: {error}");
                }
            }
            Effect::StartServices { run } => shared.supervisor.start_all(run),
            Effect::RestartServices { run } => shared.supervisor.restart_all(run),
            Effect::StopServices => {
                tokio::spawn(shared.supervisor.stop_critical());
            }
            Effect::MoveUsers { token, direction, epoch } => {
                tokio::spawn(move_users(Arc::clone(shared), token, direction, epoch));
            }
            Effect::Answer { token, answer } => {
                if let Some(reply) = self.answers.remove(&token) {
                    let _ = reply.send(answer);
                }
            }
            Effect::Witness(request) => {
                if let Some(witness) = &shared.witness {
                    witness.ask(request);
                }
            }
            Effect::Leave => self.left = true,
            Effect::Persist(_) | Effect::Transition(_) | Effect::Notice(_) => {}
        }
    }
}

/// Moves the peer's users, in one durable step, and tells the state machine how that went.
async fn move_users(shared: Arc<Shared>, token: u64, direction: Direction, epoch: u64) {
    if let Err(why) = shared.drill.move_users().await {
        return moved(shared, token, false, vec![not_moved(&why)]).await;
    }
    let (users, nodes, occasion) = shared.columns_of_move(direction);
    let policy = Arc::clone(&shared.moves);
    let store = Arc::clone(&shared.store);
    let own = shared.node.clone();
    let names: Vec<String> = shared.names().into_iter().map(str::to_owned).collect();
    let placed = tokio::task::spawn_blocking(move || {
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
    let (entries, done) = match placed {
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
        Ok((_, _, Err(error))) => (vec![not_moved(&error.to_string())], false),
        Err(_) => (Vec::new(), false),
    };
    moved(shared, token, done, entries).await;
}

/// Tells the state machine how a user move went, then the journal.
async fn moved(shared: Arc<Shared>, token: u64, moved: bool, entries: Vec<JournalEntry>) {
    let _ = shared.arrivals.send(Arrival::input(Input::UsersMoved { token, moved })).await;
    write(shared, entries).await;
}

fn not_moved(why: &str) -> JournalEntry {
    journal::entry("users", format!("The users could not be moved: {why}"), serde_json::Value::Null)
}

/// Writes to the journal for whoever cannot wait. A disk that fails here fails the state machine's next step as well.
async fn write(shared: Arc<Shared>, entries: Vec<JournalEntry>) {
    if let Err(error) = shared.journal(entries).await {
        tracing::error!("the journal cannot be written: {error}");
    }
}
