//! One node on a virtual clock, and what its peer says to it.

use locum_core::{
    Alarm, Announced, Answer, Command, Core, Directory, Echo, Effect, Gate, Health, Heartbeat, Input, Memory, Notice,
    Parameters, Rank, Reason, Service, Settings, Start, State, Switch, Transition, WitnessRequest,
};

pub(crate) const INTERVAL_MS: u64 = 100;
pub(crate) const TIMEOUT_MS: u64 = 400;
pub(crate) const INITIALIZATION_TIMEOUT_MS: u64 = 1_000;
pub(crate) const SERVICE_DELAY_MS: u64 = 300;
pub(crate) const FALLBACK_DELAY_MS: u64 = 1_000;
/// The longest start timeout of a critical service.
pub(crate) const START_TIMEOUT_MS: u64 = 700;

/// A critical service.
pub(crate) const WEB: u16 = 0;
/// A critical database.
pub(crate) const DATABASE: u16 = 1;
/// A database that users can do without.
pub(crate) const ARCHIVE: u16 = 2;
const SERVICES: [u16; 3] = [WEB, DATABASE, ARCHIVE];

const START_MS: u64 = 1_000_000;

/// The first of two nodes, with short timers and automatic fallback.
pub(crate) fn settings() -> Settings {
    let service = |critical, database, start_timeout_ms| Service { critical, database, start_timeout_ms };
    Settings {
        rank: Rank::First,
        has_peer: true,
        high_availability: true,
        parameters: Parameters {
            keep_alive_interval_ms: INTERVAL_MS,
            keep_alive_timeout_ms: TIMEOUT_MS,
            initialization_keep_alive_timeout_ms: INITIALIZATION_TIMEOUT_MS,
            critical_service_delay_ms: SERVICE_DELAY_MS,
            automatic_fallback: true,
            automatic_fallback_delay_ms: FALLBACK_DELAY_MS,
            fast_peer_loss: true,
            ..Parameters::classic()
        },
        services: vec![
            service(true, false, 500),
            service(true, true, START_TIMEOUT_MS),
            service(false, true, 10 * START_TIMEOUT_MS),
        ],
    }
}

/// What a node remembers that was in this state.
pub(crate) fn memory(state: State, reason: Reason) -> Memory {
    Memory {
        incarnation: 10,
        state,
        reason,
        recovering: false,
        high_availability: Switch { decision: 0, on: true },
        epoch: 5,
        damping: 0,
    }
}

/// A node, its driver and its peer.
pub(crate) struct Node {
    pub(crate) core: Core,
    pub(crate) now_ms: u64,
    /// What is on disk.
    pub(crate) disk: Option<Memory>,
    /// What the peer says next, but for the numbers that every heartbeat carries.
    pub(crate) peer: Heartbeat,
    /// What the node said last.
    pub(crate) said: Option<Heartbeat>,
    /// Whom the driver lets through.
    gate: Gate,
    /// The last start of the services that the node has asked for.
    pub(crate) run: u64,
    /// The last user move that the node has asked for.
    moves: u64,
    /// Counts the commands.
    commands: u64,
    /// What the witness was asked last.
    pub(crate) asked: Option<WitnessRequest>,
}

impl Node {
    /// A daemon that has just started, and what it asked for.
    pub(crate) fn start(settings: Settings, memory: Option<Memory>) -> (Node, Vec<Effect>) {
        let parameters = settings.parameters.clone();
        let start = Start { now_ms: START_MS, boot_id: 7, incarnation_min: 1, memory };
        let (core, effects) = Core::start(settings, start);
        let peer = Heartbeat {
            incarnation: 50,
            boot_id: 60,
            sequence: 0,
            sent_ms: 0,
            version: 1,
            announced: announced(State::Normal, Reason::Normal),
            epoch: 0,
            directory: Directory::default(),
            parameters,
            echo: None,
        };
        let gate = Gate::default();
        let (disk, said) = (None, None);
        let mut node =
            Node { core, now_ms: START_MS, disk, peer, said, gate, run: 0, moves: 0, commands: 0, asked: None };
        node.carry_out(&effects);
        (node, effects)
    }

    /// Normal, beside a Normal peer that is up to date with it.
    pub(crate) fn normal() -> Node {
        Node::normal_with(settings())
    }

    /// As [`Node::normal`], with other settings.
    pub(crate) fn normal_with(settings: Settings) -> Node {
        let (mut node, _) = Node::start(settings, None);
        node.all_up();
        node.hear();
        node.hear();
        node.expect(State::Normal, Reason::Normal);
        node
    }

    /// A node in this state, which its peer knows.
    pub(crate) fn in_state(state: State) -> Node {
        use State::{
            BackupActivated, FailedOver, FailedOverWithCriticalServicesNotRunning, FailingOver,
            FailoverAffectedServices, FallingBack, Idle, Initializing, Normal, RunningInBackupMode,
            RunningInFailedMode, TakingBack, TakingOver, Unknown,
        };
        let mut node = match state {
            Initializing => return Node::start(settings(), None).0,
            Idle => Node::in_state(FailingOver),
            FailedOverWithCriticalServicesNotRunning | TakingBack => Node::in_state(FailedOver),
            RunningInBackupMode => Node::in_state(TakingOver),
            FallingBack | FailoverAffectedServices => Node::in_state(RunningInBackupMode),
            Normal | TakingOver | FailingOver | FailedOver | RunningInFailedMode | Unknown | BackupActivated => {
                Node::normal()
            }
        };
        match state {
            Initializing | Normal => {}
            TakingOver => _ = node.hear_state(FailedOver, Reason::CriticalServiceDown),
            RunningInBackupMode => _ = node.users_moved(true),
            FailedOver | Idle => _ = node.hear_state(RunningInBackupMode, Reason::CriticalServiceDown),
            FailingOver => _ = node.accepts(Command::Failover),
            TakingBack => _ = node.accepts(Command::Fallback),
            FallingBack => _ = node.hear_state(TakingBack, Reason::OnAdminRequest),
            RunningInFailedMode => _ = node.hear_state(RunningInFailedMode, Reason::CriticalServiceDown),
            Unknown => _ = node.accepts(Command::HighAvailabilityOff),
            FailedOverWithCriticalServicesNotRunning => {
                node.probe(WEB, Health::Down);
                node.live(SERVICE_DELAY_MS);
            }
            BackupActivated => {
                node.hear_state(FailingOver, Reason::AutoRecoverCriticalServiceDown);
                node.users_moved(true);
            }
            FailoverAffectedServices => {
                node.probe(WEB, Health::Down);
                node.live(SERVICE_DELAY_MS);
                node.hear_state(BackupActivated, Reason::AutoRecoverCriticalServiceDown);
            }
        }
        node.hear();
        assert_eq!(node.state(), state);
        node
    }

    /// Brings an input in now, and gives what the node asks for.
    pub(crate) fn input(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.core.handle(self.now_ms, input);
        self.carry_out(&effects);
        effects
    }

    fn carry_out(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Gate(gate) => self.gate = *gate,
                Effect::Persist(memory) => self.disk = Some(memory.clone()),
                Effect::Send(heartbeat) => self.said = Some(heartbeat.clone()),
                Effect::StartServices { run } | Effect::RestartServices { run } => self.run = *run,
                Effect::MoveUsers { token, .. } => self.moves = *token,
                Effect::Witness(request) => self.asked = Some(*request),
                _ => {}
            }
        }
        assert_eq!(self.gate, self.core.view().gate, "the driver lets through whom the node shows");
    }

    /// Lets time pass in silence: deadlines come as they were set.
    pub(crate) fn pass(&mut self, for_ms: u64) -> Vec<Effect> {
        let until_ms = self.now_ms + for_ms;
        let mut effects = Vec::new();
        loop {
            let deadline = self.core.next_deadline();
            if deadline.at_ms > until_ms {
                self.now_ms = until_ms;
                return effects;
            }
            assert!(deadline.at_ms > self.now_ms, "a deadline lies ahead");
            self.now_ms = deadline.at_ms;
            effects.extend(self.input(Input::Timer { token: deadline.token }));
        }
    }

    /// Lets time pass while the peer goes on saying what it said, at every interval and at the end.
    pub(crate) fn live(&mut self, for_ms: u64) -> Vec<Effect> {
        let until_ms = self.now_ms + for_ms;
        let mut effects = Vec::new();
        while self.now_ms < until_ms {
            effects.extend(self.pass(INTERVAL_MS.min(until_ms - self.now_ms)));
            effects.extend(self.hear());
        }
        effects
    }

    /// Lets time pass without the driver: the node's next input comes late.
    pub(crate) fn sleep(&mut self, for_ms: u64) {
        self.now_ms += for_ms;
    }

    /// The next heartbeat of a peer that has heard all that the node said.
    pub(crate) fn next(&mut self) -> Heartbeat {
        self.peer.sequence += 1;
        self.peer.sent_ms = self.now_ms + 3;
        self.peer.echo = self.said.as_ref().map(|said| Echo {
            incarnation: said.incarnation,
            version: said.version,
            sent_ms: said.sent_ms,
        });
        self.peer.clone()
    }

    /// A heartbeat of the peer.
    pub(crate) fn hear(&mut self) -> Vec<Effect> {
        let heartbeat = self.next();
        self.input(Input::Heartbeat(heartbeat))
    }

    /// A heartbeat of the peer, which has entered this state.
    pub(crate) fn hear_state(&mut self, state: State, reason: Reason) -> Vec<Effect> {
        self.peer.version += 1;
        let high_availability = self.peer.announced.high_availability;
        self.peer.announced = Announced { high_availability, ..announced(state, reason) };
        self.hear()
    }

    /// A heartbeat of the peer's daemon, which has just started, on the same host or on one that has booted.
    pub(crate) fn hear_start(&mut self, booted: bool) -> Vec<Effect> {
        self.peer.incarnation += 1;
        self.peer.boot_id += u64::from(booted);
        (self.peer.version, self.peer.sequence) = (1, 0);
        self.peer.announced = announced(State::Initializing, Reason::Initialization);
        let heartbeat = Heartbeat { echo: None, ..self.next() };
        self.input(Input::Heartbeat(heartbeat))
    }

    pub(crate) fn probe(&mut self, service: u16, health: Health) -> Vec<Effect> {
        self.input(Input::Probe { service, run: self.run, health })
    }

    pub(crate) fn all_up(&mut self) {
        for service in SERVICES {
            self.probe(service, Health::Up);
        }
    }

    /// The end of the last user move.
    pub(crate) fn users_moved(&mut self, moved: bool) -> Vec<Effect> {
        self.input(Input::UsersMoved { token: self.moves, moved })
    }

    /// A command, and its answer beside what else came of it.
    pub(crate) fn command(&mut self, command: Command) -> (Answer, Vec<Effect>) {
        self.commands += 1;
        let token = self.commands;
        let effects = self.input(Input::Command { token, command });
        let answers = effects.iter().filter_map(|effect| match effect {
            Effect::Answer { token: answered, answer } => Some((*answered, answer.clone())),
            _ => None,
        });
        let answers: Vec<_> = answers.collect();
        let [(answered, answer)] = &answers[..] else { panic!("{command:?} has one answer, not {answers:?}") };
        assert_eq!(*answered, token);
        (answer.clone(), effects)
    }

    pub(crate) fn accepts(&mut self, command: Command) -> Vec<Effect> {
        let (answer, effects) = self.command(command);
        assert_eq!(answer, Answer::Accepted, "{command:?}");
        effects
    }

    pub(crate) fn state(&self) -> State {
        self.core.view().state
    }

    #[track_caller]
    pub(crate) fn expect(&self, state: State, reason: Reason) {
        let view = self.core.view();
        assert_eq!((view.state, view.reason), (state, reason), "by {}", view.row);
    }

    /// Whether the node serves its own users, and the peer's.
    pub(crate) fn serves(&self) -> (bool, bool) {
        (self.gate.own, self.gate.peer)
    }

    pub(crate) fn alarms(&self) -> Vec<Alarm> {
        self.core.view().alarms
    }
}

/// A healthy node in this state.
pub(crate) fn announced(state: State, reason: Reason) -> Announced {
    let (remembered, remembered_reason) =
        if state == State::Initializing { (State::Normal, Reason::Normal) } else { (state, reason) };
    Announced {
        state,
        reason,
        remembered,
        remembered_reason,
        recovering: false,
        started: state != State::Initializing,
        high_availability: Switch { decision: 0, on: true },
        goodbye: false,
        promises: true,
    }
}

pub(crate) fn sent(effects: &[Effect]) -> Vec<&Heartbeat> {
    let sent = effects.iter().filter_map(|effect| match effect {
        Effect::Send(heartbeat) => Some(heartbeat),
        _ => None,
    });
    sent.collect()
}

pub(crate) fn transitions(effects: &[Effect]) -> Vec<&Transition> {
    let transitions = effects.iter().filter_map(|effect| match effect {
        Effect::Transition(transition) => Some(transition),
        _ => None,
    });
    transitions.collect()
}

pub(crate) fn notices(effects: &[Effect]) -> Vec<&Notice> {
    let notices = effects.iter().filter_map(|effect| match effect {
        Effect::Notice(notice) => Some(notice),
        _ => None,
    });
    notices.collect()
}
