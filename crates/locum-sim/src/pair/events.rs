//! What happens in a pair by itself: time passes, packets arrive, and what state machines ask for is carried out.

use std::cmp::Ordering;

use locum_core::{Effect, Gate, Health, Heartbeat, Input, Memory};
use locum_policy::{Nodes, Occasion, Users, place_builtin};

use super::{LATENCY_MS, Pair};
use crate::history::What;
use crate::host::{DiskHealth, UserMoves};
use crate::log::Logged;
use crate::network::Flight;
use crate::node::Node;
use crate::policy::{Placed, TRAPPED, promise_of};

/// What happens at a time.
#[derive(Debug)]
pub(crate) enum Event {
    Deadline { node: Node, start: u64, token: u64 },
    Arrives { to: Node, flight: Flight },
    CatchesUp { node: Node, start: u64 },
    Looks { node: Node, start: u64, service: u16 },
    Input { node: Node, start: u64, input: Box<Input> },
}

impl Event {
    fn node(&self) -> Node {
        match self {
            Event::Deadline { node, .. }
            | Event::Input { node, .. }
            | Event::Arrives { to: node, .. }
            | Event::Looks { node, .. }
            | Event::CatchesUp { node, .. } => *node,
        }
    }
}

/// An event and its time. Equal times keep the order in which they were scheduled; the first is the greatest, since
/// that is what a heap gives.
#[derive(Debug)]
pub(super) struct Scheduled {
    pub(super) at_ms: u64,
    order: u64,
    pub(super) event: Event,
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at_ms, other.order).cmp(&(self.at_ms, self.order))
    }
}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Scheduled {}

impl Pair {
    /// Brings an input in at once.
    pub fn input(&mut self, node: Node, input: Input) {
        let now_ms = self.own_ms(node);
        let host = &mut self.hosts[node as usize];
        if host.frozen {
            return;
        }
        let Some(daemon) = &mut host.daemon else { return };
        self.inputs += 1;
        let effects = daemon.machine.handle(now_ms, input);
        self.carry_out(node, effects);
        self.schedule_deadline(node);
    }

    pub(super) fn schedule(&mut self, at_ms: u64, event: Event) {
        self.scheduled += 1;
        self.queue.push(Scheduled { at_ms, order: self.scheduled, event });
    }

    pub(super) fn schedule_deadline(&mut self, node: Node) {
        let host = &mut self.hosts[node as usize];
        let Some(daemon) = &host.daemon else { return };
        let deadline = daemon.machine.next_deadline();
        if deadline.at_ms != u64::MAX && host.armed.replace(deadline.token) != Some(deadline.token) {
            let at_ms = deadline.at_ms.saturating_sub(host.ahead_ms).max(self.now_ms);
            let start = host.starts;
            self.schedule(at_ms, Event::Deadline { node, start, token: deadline.token });
        }
    }

    pub(super) fn happen(&mut self, event: Event) {
        let host = &mut self.hosts[event.node() as usize];
        if host.frozen {
            return host.waiting.push(event);
        }
        let started = host.starts;
        match event {
            Event::Deadline { node, start, token } if started == start => {
                if host.armed == Some(token) {
                    host.armed = None;
                }
                self.input(node, Input::Timer { token });
            }
            Event::Input { node, start, input } if started == start => self.input(node, *input),
            Event::Arrives { to, flight } => self.arrive(to, &flight),
            Event::CatchesUp { node, start } if started == start => self.catch_up(node),
            Event::Looks { node, start, service } if started == start => self.probe_later(node, service),
            Event::Deadline { .. } | Event::Input { .. } | Event::CatchesUp { .. } | Event::Looks { .. } => {}
        }
    }

    fn arrive(&mut self, node: Node, flight: &Flight) {
        let now_ms = self.own_ms(node);
        let Some(daemon) = &mut self.hosts[node as usize].daemon else { return };
        let frame = daemon.transport.receive(now_ms, flight.link, flight.session, &flight.bytes);
        let Some(heartbeat) = frame.and_then(|frame| Heartbeat::decode(&frame)) else { return };
        if heartbeat.directory.revision > self.directory(node).revision() {
            let start = self.host(node).starts;
            self.schedule(self.now_ms + LATENCY_MS, Event::CatchesUp { node, start });
        }
        self.input(node, Input::Heartbeat(heartbeat));
    }

    fn send(&mut self, node: Node, heartbeat: &Heartbeat) {
        let now_ms = self.own_ms(node);
        let Some(daemon) = &mut self.hosts[node as usize].daemon else { return };
        for packet in daemon.transport.send(now_ms, &heartbeat.encode()) {
            let flight = Flight { link: packet.link, session: heartbeat.incarnation, bytes: packet.bytes };
            for (late_ms, flight) in self.network.carry(node, flight).into_iter().flatten() {
                self.schedule(self.now_ms + LATENCY_MS + late_ms, Event::Arrives { to: node.peer(), flight });
            }
        }
    }

    fn input_at(&mut self, node: Node, at_ms: u64, input: Input) {
        let start = self.host(node).starts;
        self.schedule(at_ms, Event::Input { node, start, input: Box::new(input) });
    }

    fn start_services(&mut self, node: Node, run: u64, again: bool) {
        let host = &mut self.hosts[node as usize];
        if again || !host.running {
            host.started_ms = self.now_ms;
        }
        (host.run, host.running) = (run, true);
        for service in 0..u16::try_from(host.services.len()).unwrap_or(0) {
            self.probe_later(node, service);
        }
    }

    /// A probe looks at a service now, and says so when it is done. One that is still starting does not work yet, and
    /// is looked at again once it should.
    pub(super) fn probe_later(&mut self, node: Node, service: u16) {
        let host = self.host(node);
        if !host.running {
            return;
        }
        let process = host.services[usize::from(service)];
        let (start, run) = (host.starts, host.run);
        let ready_ms = host.started_ms + process.start_ms;
        let up = process.sound && self.now_ms >= ready_ms;
        let health = if up { Health::Up } else { Health::Down };
        let looked_ms = process.looked_ms.max(self.now_ms + process.probe_ms);
        self.hosts[node as usize].services[usize::from(service)].looked_ms = looked_ms;
        self.input_at(node, looked_ms, Input::Probe { service, run, health });
        if process.sound && !up {
            self.schedule(ready_ms, Event::Looks { node, start, service });
        }
    }

    /// What a node's policy says; the built-in answer where it fails.
    pub(crate) fn ask_policy(&mut self, node: Node, occasion: Occasion, users: &Users, nodes: &Nodes) -> Placed {
        let promise = promise_of(&self.settings[node as usize].parameters);
        let host = &mut self.hosts[node as usize];
        match &mut host.daemon {
            Some(daemon) if !std::mem::take(&mut host.policy_traps) => daemon.policy.place(occasion, users, nodes),
            _ => Placed { nodes: place_builtin(occasion, promise, users, nodes), fault: Some(TRAPPED.into()) },
        }
    }

    pub(super) fn move_users(&mut self, node: Node, token: u64) {
        let host = &mut self.hosts[node as usize];
        match host.moves {
            UserMoves::Last => host.lasting.push(token),
            moves => {
                let moved = moves == UserMoves::Succeed && host.disk.health == DiskHealth::Well;
                self.input_at(node, self.now_ms + LATENCY_MS, Input::UsersMoved { token, moved });
            }
        }
    }

    pub(super) fn carry_out(&mut self, node: Node, effects: Vec<Effect>) {
        assert!(
            durable_before_visible(self.host(node).gate, &effects),
            "something is visible before it is durable: {effects:#?}"
        );
        for effect in effects {
            let host = &mut self.hosts[node as usize];
            match effect {
                Effect::Gate(gate) => host.gate = gate,
                Effect::Persist(_) if host.disk.health == DiskHealth::Failing => {
                    self.kill(node);
                    return self.note(Logged::Stopped { node });
                }
                Effect::Persist(memory) => remember(&mut host.disk.memory, memory),
                Effect::Transition(transition) => {
                    self.transitions.push((node, transition.clone()));
                    self.note(Logged::Transition { node, transition });
                }
                Effect::Notice(notice) => self.note(Logged::Noticed { node, notice }),
                Effect::Send(heartbeat) => self.send(node, &heartbeat),
                Effect::StartServices { run } => self.start_services(node, run, false),
                Effect::RestartServices { run } => self.start_services(node, run, true),
                Effect::StopServices => host.running = false,
                Effect::MoveUsers { token, direction, .. } => {
                    self.place_users(node, direction);
                    self.move_users(node, token);
                }
                Effect::Answer { token, answer } => host.answers.push((token, answer)),
                // No simulated group has a witness: there it is the proof that looks at leases.
                Effect::Witness(_) => {}
                Effect::Leave => {
                    host.left = true;
                    self.note(Logged::Left { node });
                    if self.host(node).leaving {
                        self.reboot(node);
                        if self.host(node).boots_again {
                            self.note(Logged::Happened(What::Start { node }));
                            self.start(node);
                        }
                        return;
                    }
                }
            }
        }
        self.note_served();
    }
}

/// Puts on disk what must survive.
fn remember(disk: &mut Option<Memory>, memory: Memory) {
    let known = disk.as_ref().map_or(0, |memory| memory.epoch);
    assert!(memory.epoch >= known, "the epoch falls from {known} to {}", memory.epoch);
    *disk = Some(memory);
}

/// Whether nothing comes before what goes to disk but a gate that closes.
fn durable_before_visible(before: Gate, effects: &[Effect]) -> bool {
    let persisted = effects.iter().position(|effect| matches!(effect, Effect::Persist(_))).unwrap_or(0);
    effects[..persisted].iter().all(|effect| match effect {
        Effect::Gate(gate) => before.own >= gate.own && before.peer >= gate.peer,
        _ => false,
    })
}
