//! The machine: facts in, the table, effects out.

mod fallback;
mod gate;
mod known;
mod peer;
mod rights;
mod services;
mod shown;
mod step;
mod timeless;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::alarm::Alarm;
use crate::bytes;
use crate::effect::{Effect, Gate, Notice, Trigger};
use crate::heartbeat::{Announced, Directory, Heartbeat, Switch};
use crate::input::Input;
use crate::law::{LAW, Law};
use crate::memory::Memory;
use crate::parameters::Settings;
use crate::state::{Reason, State};
use crate::table::{On, PeerFact};
use fallback::Fallback;
use peer::{Peer, Taken};
use rights::Rights;
use services::Services;
use step::Step;

pub use rights::{Home, Term};
pub use timeless::{Clock, Echoes, News};

/// How many intervals late a driver may be before the node distrusts its suspicions (`docs/behaviour.md` §9.2).
const STALL_INTERVALS: u64 = 2;

/// What a daemon brings when it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The time, in milliseconds, on a clock that does not go backwards and counts suspend.
    pub now_ms: u64,
    /// The boot of the host, as a number that differs from boot to boot.
    pub boot_id: u64,
    /// A number not lower than any incarnation before, such as the time since 1970 in milliseconds: it serves
    /// a node that has lost its disk.
    pub incarnation_min: u64,
    /// What was on disk.
    pub memory: Option<Memory>,
}

/// When the machine wants to be called, if nothing else happens before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The time, on the driver's clock, in milliseconds.
    pub at_ms: u64,
    /// Goes into [`Input::Timer`]. A token that is no longer set is ignored, so a timer need not be cancelled.
    pub token: u64,
}

/// A snapshot that cannot be restored. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not a snapshot of this version of the state machine")]
pub struct SnapshotError;

/// The state machine of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Core {
    settings: Settings,
    boot_id: u64,
    now_ms: u64,
    memory: Memory,
    state: State,
    reason: Reason,
    since_ms: u64,
    row: alloc::string::String,
    gate: Gate,
    peer: Peer,
    rights: Rights,
    services: Services,
    fallback: Fallback,
    directory: Directory,
    /// Since when the peer has been heard to have another directory: a change takes a moment to be on both.
    directories_differ_ms: Option<u64>,
    /// The token of the user move under way.
    moving: Option<u64>,
    moves: u64,
    /// Since when the node has been leaving.
    leaving_ms: Option<u64>,
    left: bool,
    /// What the present version announces.
    announced: Announced,
    version: u64,
    sequence: u64,
    next_heartbeat_ms: u64,
    deadline: Deadline,
    alarms: Vec<Alarm>,
}

impl Core {
    /// A daemon starts: the node is Initializing, and remembers what was on disk.
    pub fn start(settings: Settings, start: Start) -> (Core, Vec<Effect>) {
        Core::start_by(LAW, settings, start)
    }

    /// As [`Core::start`], by another law than the one that ships.
    pub fn start_by(law: Law, settings: Settings, start: Start) -> (Core, Vec<Effect>) {
        let memory = start.memory.unwrap_or(Memory {
            incarnation: 0,
            state: State::Normal,
            reason: Reason::Normal,
            recovering: false,
            high_availability: Switch { decision: 0, on: settings.high_availability },
            epoch: 0,
            damping: 0,
        });
        let memory = Memory {
            incarnation: (memory.incarnation + 1).max(start.incarnation_min),
            high_availability: match memory.high_availability {
                Switch { decision: 0, .. } => Switch { decision: 0, on: settings.high_availability },
                decided => decided,
            },
            ..memory
        };
        let mut core = Core {
            boot_id: start.boot_id,
            now_ms: start.now_ms,
            state: State::Initializing,
            reason: Reason::Initialization,
            since_ms: start.now_ms,
            row: "start".into(),
            gate: Gate::default(),
            peer: Peer::new(start.now_ms),
            rights: Rights::new(start.now_ms, settings.parameters.keep_alive_timeout_ms, law),
            services: Services::new(settings.services.clone()),
            fallback: Fallback::new(memory.damping),
            directory: Directory::default(),
            directories_differ_ms: None,
            moving: None,
            moves: 0,
            leaving_ms: None,
            left: false,
            announced: Announced {
                state: State::Initializing,
                reason: Reason::Initialization,
                remembered: memory.state,
                remembered_reason: memory.reason,
                recovering: memory.recovering,
                started: false,
                high_availability: memory.high_availability,
                goodbye: false,
                promises: true,
            },
            version: 1,
            sequence: 0,
            next_heartbeat_ms: start.now_ms,
            deadline: Deadline { at_ms: u64::MAX, token: 0 },
            alarms: Vec::new(),
            memory,
            settings,
        };
        let mut step = Step::begin(&core, law, Trigger::Start);
        step.must_persist();
        // An administrator stopped the services of an Idle node: they stay stopped.
        if core.memory.state != State::Idle {
            core.start_services(&mut step, false);
        }
        core.settle(&mut step);
        let effects = core.finish(step);
        (core, effects)
    }

    /// Takes in one input at this time and gives what is to be done, in order. A time earlier than the last one
    /// counts as the last one.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        self.handle_by_rows(now_ms, input).0
    }

    /// As [`Core::handle`], and names the rows of the table that applied, in order: those too that leave the state
    /// as it is, or refuse.
    pub fn handle_by_rows(&mut self, now_ms: u64, input: Input) -> (Vec<Effect>, Vec<&'static str>) {
        self.handle_by(LAW, now_ms, input)
    }

    /// As [`Core::handle_by_rows`], by another law than the one that ships.
    pub fn handle_by(&mut self, law: Law, now_ms: u64, input: Input) -> (Vec<Effect>, Vec<&'static str>) {
        if matches!(input, Input::Timer { token } if token != self.deadline.token) {
            return (Vec::new(), Vec::new());
        }
        let now_ms = now_ms.max(self.now_ms);
        let late_ms = now_ms.saturating_sub(self.deadline.at_ms);
        self.now_ms = now_ms;
        let mut step = Step::begin(self, law, trigger_of(&input));
        self.peer.excuse(now_ms, late_ms);
        if late_ms > STALL_INTERVALS * self.settings.parameters.keep_alive_interval_ms {
            self.peer.listen_again(now_ms);
            self.services.listen_again(now_ms);
            self.fallback.restart();
            // The last heartbeat went out an interval before the next was due.
            let parameters = &self.settings.parameters;
            if late_ms + parameters.keep_alive_interval_ms >= parameters.keep_alive_timeout_ms {
                self.peer.doubt();
            }
            step.notice(Notice::Stalled { late_ms });
        }
        self.take(&mut step, input);
        self.settle(&mut step);
        let rows = step.rows();
        (self.finish(step), rows)
    }

    /// When the machine wants to be called next, with [`Input::Timer`].
    pub fn next_deadline(&self) -> Deadline {
        self.deadline
    }

    /// Everything, as bytes that [`Core::restore`] takes.
    pub fn snapshot(&self) -> Vec<u8> {
        bytes::encode(self)
    }

    /// The machine of a snapshot.
    ///
    /// # Errors
    /// [`SnapshotError`] where the bytes are not exactly one snapshot.
    pub fn restore(snapshot: &[u8]) -> Result<Core, SnapshotError> {
        bytes::decode(snapshot).ok_or(SnapshotError)
    }

    fn take(&mut self, step: &mut Step, input: Input) {
        match input {
            Input::Timer { .. } => {}
            Input::Heartbeat(heartbeat) => self.take_heartbeat(step, heartbeat),
            Input::PeerLoss(sign) => {
                // A packet to a dead daemon's port is refused at once: the second sign follows the first. A sign that
                // is known already is not answered, or each answer would bring the next.
                if self.peer.lost(sign) {
                    step.speak();
                }
            }
            Input::Probe { service, run, health } => {
                if self.services.observe(self.now_ms, service, run, health) {
                    step.notice(Notice::ServiceHealth { service, health });
                }
            }
            Input::UsersMoved { token, moved } => {
                if self.moving == Some(token) {
                    self.moving = None;
                    let on = if moved { On::UsersMoved } else { On::UsersMoveFailed };
                    self.fire(step, on, None);
                }
            }
            Input::Command { token, command } => {
                self.fire(step, On::Asked(command), Some((token, command)));
            }
            Input::Directory(directory) => {
                if self.directory != directory {
                    self.directory = directory;
                    step.speak();
                }
            }
            Input::Parameters(parameters) => {
                if self.settings.parameters.partition != parameters.partition {
                    let timeout_ms =
                        self.settings.parameters.keep_alive_timeout_ms.max(parameters.keep_alive_timeout_ms);
                    self.rights = Rights::new(self.now_ms, timeout_ms, step.law());
                }
                self.settings.parameters = parameters;
                step.speak();
            }
            Input::Witness { token, leases } => self.take_leases(token, leases, step.law()),
        }
    }

    fn take_heartbeat(&mut self, step: &mut Step, heartbeat: Heartbeat) {
        let (epoch, switch) = (heartbeat.epoch, heartbeat.announced.high_availability);
        // The peer has heard a later start of this daemon: the memory is gone, and the wall clock was behind. The
        // peer takes what it hears for old until this start counts as the latest.
        if let Some(echo) = heartbeat.echo.filter(|echo| echo.incarnation > self.memory.incarnation) {
            self.memory.incarnation = echo.incarnation.saturating_add(1);
            step.speak();
        }
        let timeout_ms = self.settings.parameters.keep_alive_timeout_ms;
        let taken = self.peer.take(self.now_ms, heartbeat, self.myself(), timeout_ms);
        if taken == Taken::Stale {
            return;
        }
        self.hear_promise(self.myself());
        self.memory.epoch = self.memory.epoch.max(epoch);
        if switch.decision > self.memory.high_availability.decision {
            self.memory.high_availability = switch;
        }
        if taken == Taken::News {
            step.speak();
        }
    }

    /// Looks at the table until nothing more fires, then derives what follows from the state.
    fn settle(&mut self, step: &mut Step) {
        let delay_ms = self.settings.parameters.critical_service_delay_ms;
        self.services.advance(self.now_ms, delay_ms);
        if self.state == State::Normal {
            self.fallback.lasts(self.now_ms, self.settings.parameters.automatic_fallback_delay_ms);
        }
        self.tell(step);
        // What a row concludes from the peer's state ends with the version it was concluded under, so a few
        // rounds are always enough; the bound keeps a faulty table from hanging a node.
        for _ in 0..State::ALL.len() {
            self.count_fallback();
            if !self.fire(step, On::Facts, None) {
                break;
            }
        }
        let differ = !self.peer_silent() && self.peer.latest.is_some() && !self.directories_agree();
        self.directories_differ_ms = differ.then(|| self.directories_differ_ms.unwrap_or(self.now_ms));
        self.say_goodbye(step);
        self.ask_witness(step);
        self.raise_alarms(step);
    }

    fn count_fallback(&mut self) {
        let parameters = &self.settings.parameters;
        let covered =
            self.peer.latest.as_ref().is_some_and(|peer| crate::state::States::COVERING.has(peer.announced.state));
        let holds = parameters.automatic_fallback
            && self.state == State::FailedOver
            && self.services.started()
            && !self.services.any_down()
            && covered
            && !self.peer_silent()
            && self.directories_agree();
        self.fallback.count(self.now_ms, holds);
    }

    /// Leaves once the peer covers, or there is nothing to hand over, or the peer has had its time.
    fn say_goodbye(&mut self, step: &mut Step) {
        let Some(since_ms) = self.leaving_ms.filter(|_| !self.left) else { return };
        let covering = |state| crate::state::States::COVERING.has(state);
        let covered = matches!(self.peer_fact(), PeerFact::Heard(peer) if covering(peer.state));
        let nobody_to_cover = self.state == State::Unknown || self.peer_silent() || !self.settings.has_peer;
        if covered || nobody_to_cover || self.now_ms >= self.goodbye_until_ms(since_ms) {
            self.left = true;
            step.leave();
        }
    }

    fn goodbye_until_ms(&self, since_ms: u64) -> u64 {
        since_ms.saturating_add(self.settings.parameters.keep_alive_timeout_ms)
    }

    /// Turns what has changed into effects: close, persist, tell, open, send.
    fn finish(&mut self, mut step: Step) -> Vec<Effect> {
        self.memory.damping = self.fallback.damping;
        self.peer.acted_on();
        self.gate = self.gate_now();
        let due = step.speaks() || self.now_ms >= self.next_heartbeat_ms;
        let gone = self.left && !step.leaves();
        if due && self.settings.has_peer && !gone {
            self.next_heartbeat_ms = self.now_ms + self.settings.parameters.keep_alive_interval_ms;
            self.sequence += 1;
            step.send(self.heartbeat());
            self.promise(step.law());
        }
        self.set_deadline();
        step.effects(&self.memory, self.gate)
    }

    fn set_deadline(&mut self) {
        let delay_ms = self.settings.parameters.critical_service_delay_ms;
        let at_ms = self.timers(delay_ms).iter().map(|timer| timer.at_ms).min().unwrap_or(u64::MAX);
        if at_ms != self.deadline.at_ms {
            self.deadline = Deadline { at_ms, token: self.deadline.token + 1 };
        }
    }
}

fn trigger_of(input: &Input) -> Trigger {
    match input {
        Input::Timer { .. } => Trigger::Timer,
        Input::Heartbeat(_) => Trigger::Heartbeat,
        Input::PeerLoss(_) => Trigger::PeerLoss,
        Input::Probe { .. } => Trigger::Probe,
        Input::UsersMoved { .. } => Trigger::UsersMoved,
        Input::Command { .. } => Trigger::Command,
        Input::Directory(_) => Trigger::Directory,
        Input::Parameters(_) => Trigger::Parameters,
        Input::Witness { .. } => Trigger::Witness,
    }
}
