//! One step: rows fire, and their effects are gathered and put in order.

use alloc::vec::Vec;

use super::Core;
use crate::effect::{Answer, Direction, Effect, Evidence, Gate, Notice, Refusal, Transition, Trigger};
use crate::heartbeat::{Heartbeat, Switch};
use crate::input::Command;
use crate::law::Law;
use crate::memory::Memory;
use crate::state::{Reason, State};
use crate::table::{Action, Next, On, Row, Why, first_match};
use crate::witness::WitnessRequest;

/// A command, and the token of its answer.
pub(super) type Asked = Option<(u64, Command)>;

/// What one call of the machine gathers.
pub(super) struct Step {
    law: Law,
    trigger: Trigger,
    memory_before: Option<Memory>,
    gate_before: Gate,
    journal: Vec<Effect>,
    work: Vec<Effect>,
    answer: Option<Effect>,
    speaks: bool,
    heartbeat: Option<Heartbeat>,
    request: Option<WitnessRequest>,
    leaves: bool,
    /// The rows that applied, in order.
    rows: Vec<&'static str>,
}

impl Step {
    pub(super) fn begin(core: &Core, law: Law, trigger: Trigger) -> Step {
        Step {
            law,
            trigger,
            memory_before: Some(core.memory.clone()),
            gate_before: core.gate,
            journal: Vec::new(),
            work: Vec::new(),
            answer: None,
            speaks: false,
            heartbeat: None,
            request: None,
            leaves: false,
            rows: Vec::new(),
        }
    }

    /// The rows that applied, in order.
    pub(super) fn rows(&mut self) -> Vec<&'static str> {
        core::mem::take(&mut self.rows)
    }

    /// The memory goes to disk, whether it has changed or not.
    pub(super) fn must_persist(&mut self) {
        self.memory_before = None;
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        self.journal.push(Effect::Notice(notice));
    }

    /// A heartbeat is due now.
    pub(super) fn speak(&mut self) {
        self.speaks = true;
    }

    pub(super) fn speaks(&self) -> bool {
        self.speaks
    }

    pub(super) fn send(&mut self, heartbeat: Heartbeat) {
        self.heartbeat = Some(heartbeat);
    }

    pub(super) fn ask(&mut self, request: WitnessRequest) {
        self.request = Some(request);
    }

    /// By what the machine decides.
    pub(super) fn law(&self) -> Law {
        self.law
    }

    pub(super) fn leave(&mut self) {
        self.leaves = true;
        self.speaks = true;
    }

    pub(super) fn leaves(&self) -> bool {
        self.leaves
    }

    /// Close, persist, tell the journal, open, work, answer, tell the peer, ask the witness, leave: what must be durable comes
    /// before what is visible, and no gate is wider than both the old state and the new one allow.
    pub(super) fn effects(self, memory: &Memory, gate: Gate) -> Vec<Effect> {
        let before = self.gate_before;
        let narrow = Gate { own: before.own && gate.own, peer: before.peer && gate.peer, ..before };
        let mut effects = Vec::new();
        if narrow != before {
            effects.push(Effect::Gate(narrow));
        }
        if self.memory_before.as_ref() != Some(memory) {
            effects.push(Effect::Persist(memory.clone()));
        }
        effects.extend(self.journal);
        if gate != narrow {
            effects.push(Effect::Gate(gate));
        }
        effects.extend(self.work);
        effects.extend(self.answer);
        effects.extend(self.heartbeat.map(Effect::Send));
        effects.extend(self.request.map(Effect::Witness));
        if self.leaves {
            effects.push(Effect::Leave);
        }
        effects
    }
}

impl Core {
    /// Lets the first row that applies fire. Returns whether anything came of it.
    pub(super) fn fire(&mut self, step: &mut Step, on: On, asked: Asked) -> bool {
        let facts = self.facts();
        let Some(row) = first_match(step.law.rows, on, &facts) else { return false };
        step.rows.push(row.id);
        let from = (self.state, self.reason);
        if let Next::Go(state, why) = row.next {
            self.go(row, state, self.reason_of(why));
        }
        for action in row.does {
            self.act(step, *action);
        }
        if let Next::Go(..) = row.next {
            self.explain(step, from);
        }
        self.tell(step);
        let answer = match row.next {
            Next::Go(..) | Next::Stay => Answer::Accepted,
            Next::Ignore | Next::AlreadyDone => Answer::AlreadyDone,
            Next::Refuse(obstacle) => Answer::Refused(Refusal {
                command: asked.map_or(Command::Failover, |(_, command)| command),
                state: self.state,
                reason: self.reason,
                obstacle,
            }),
        };
        step.answer = asked.map(|(token, _)| Effect::Answer { token, answer }).or(step.answer.take());
        matches!(row.next, Next::Go(..)) || !row.does.is_empty()
    }

    /// The one place where the state changes.
    fn go(&mut self, row: &Row, state: State, reason: Reason) {
        let delay_ms = self.settings.parameters.automatic_fallback_delay_ms;
        let by_admin = reason == Reason::OnAdminRequest;
        match (self.state, state) {
            (State::TakingBack, State::Normal) if self.reason == Reason::AutomaticFallback => {
                self.fallback.done(self.now_ms);
            }
            (State::Normal, State::FailingOver | State::FailedOver) if !by_admin => {
                self.fallback.broken(self.now_ms, delay_ms);
            }
            (State::Normal, State::FailedOverWithCriticalServicesNotRunning) => {
                self.fallback.broken(self.now_ms, delay_ms);
            }
            _ => {}
        }
        (self.state, self.reason) = (state, reason);
        self.since_ms = self.now_ms;
        self.row = row.id.into();
        self.moving = None;
        if state != State::Initializing {
            (self.memory.state, self.memory.reason) = (state, reason);
            self.memory.recovering = false;
        }
    }

    fn explain(&self, step: &mut Step, from: (State, Reason)) {
        step.journal.push(Effect::Transition(Transition {
            row: self.row.clone(),
            at_ms: self.now_ms,
            from,
            to: (self.state, self.reason),
            epoch: self.memory.epoch,
            evidence: self.evidence(step.trigger),
        }));
    }

    fn act(&mut self, step: &mut Step, action: Action) {
        match action {
            Action::RaiseEpoch => self.memory.epoch = self.memory.epoch.saturating_add(1),
            Action::TakeOverUsers => self.move_users(step, Direction::TakeOver),
            Action::GiveUsersBack => self.move_users(step, Direction::GiveBack),
            Action::StartServices => self.start_services(step, false),
            Action::RestartServices => self.start_services(step, true),
            Action::StopServices => {
                self.services.stop();
                step.work.push(Effect::StopServices);
            }
            Action::Forget => self.forget(false),
            Action::ForgetAndMark => self.forget(true),
            Action::CancelFallback => self.fallback.cancel(),
            Action::SwitchOn => self.switch(true),
            Action::SwitchOff => self.switch(false),
            Action::Vouch => self.rights.vouch(),
            Action::SayGoodbye => self.leaving_ms = Some(self.now_ms),
        }
    }

    fn move_users(&mut self, step: &mut Step, direction: Direction) {
        self.moves += 1;
        self.moving = Some(self.moves);
        step.work.push(Effect::MoveUsers { token: self.moves, direction, epoch: self.memory.epoch });
    }

    pub(super) fn start_services(&mut self, step: &mut Step, again: bool) {
        if !self.services.start(self.now_ms, again) {
            return;
        }
        let run = self.services.run;
        step.work.push(if again { Effect::RestartServices { run } } else { Effect::StartServices { run } });
        // With no critical service to wait for, they have started.
        self.services.advance(self.now_ms, self.settings.parameters.critical_service_delay_ms);
    }

    fn forget(&mut self, recovering: bool) {
        (self.memory.state, self.memory.reason) = (State::Normal, Reason::Normal);
        self.memory.recovering = recovering;
    }

    fn switch(&mut self, on: bool) {
        self.memory.high_availability = Switch { decision: self.memory.high_availability.decision + 1, on };
    }

    /// Gives what is announced a new version if it has changed: from here on, until the peer echoes it, nothing
    /// is concluded from the peer's state.
    pub(super) fn tell(&mut self, step: &mut Step) {
        let announced = self.announced();
        if self.announced != announced {
            self.announced = announced;
            self.version += 1;
            step.speak();
        }
    }

    pub(super) fn raise_alarms(&mut self, step: &mut Step) {
        let alarms: Vec<_> = self.alarms_now().collect();
        let ended = self.alarms.iter().filter(|alarm| !alarms.contains(alarm)).map(|alarm| (*alarm, false));
        let begun = alarms.iter().filter(|alarm| !self.alarms.contains(alarm)).map(|alarm| (*alarm, true));
        for (alarm, raised) in ended.chain(begun) {
            step.journal.push(Effect::Notice(Notice::Alarm { alarm, raised }));
        }
        self.alarms = alarms;
    }

    fn reason_of(&self, why: Why) -> Reason {
        let peer = self.peer.latest.as_ref().map(|peer| &peer.announced);
        match why {
            Why::Is(reason) => reason,
            Why::Own => self.reason,
            Why::Peers => peer.map_or(Reason::Unknown, |peer| peer.reason),
            Why::Fault => self.services.fault(),
            Why::AutoRecover if self.services.fault() == Reason::DatabaseFailure => Reason::AutoRecoverDatabaseFailure,
            Why::AutoRecover => Reason::AutoRecoverCriticalServiceDown,
            Why::Silence if self.peer.said_goodbye() => Reason::PeerReboot,
            Why::Silence => Reason::PeerDown,
        }
    }

    fn evidence(&self, trigger: Trigger) -> Evidence {
        let worst = self.services.worst();
        Evidence {
            trigger,
            peer: self.peer.latest.as_ref().map(|peer| (peer.announced.state, peer.announced.reason)),
            peer_silent_ms: if self.peer_silent() { self.peer.unheard_ms(self.now_ms) } else { 0 },
            failing_service: worst.map(|(service, _)| service),
            down_ms: worst.map_or(0, |(_, since_ms)| self.now_ms.saturating_sub(since_ms)),
        }
    }
}
