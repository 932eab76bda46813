//! The pair, its virtual clock and its faults.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use locum_core::{
    Answer, Command, Effect, Gate, Health, Heartbeat, Input, Parameters, PeerLoss, Rank, Reason, Service, Settings,
    Start, State, TimerKind, Transition, View,
};

use locum_store::Directory;

use crate::host::{Daemon, Disk, Host, UserMoves};
use crate::network::{Flight, LINKS, Network, Weather};
use crate::node::{Node, Served};
use crate::parts::Parts;
use crate::policy::Policy;
use crate::users::Placement;

/// How long a packet travels, a probe looks and a user move takes, in virtual milliseconds.
const LATENCY_MS: u64 = 1;

/// What happens at a time. Equal times keep the order in which they were scheduled.
#[derive(Debug)]
pub(crate) enum Event {
    Deadline { node: Node, start: u64, token: u64 },
    Arrives { to: Node, flight: Flight },
    CatchesUp { node: Node, start: u64 },
    Input { node: Node, start: u64, input: Box<Input> },
}

impl Event {
    fn node(&self) -> Node {
        match self {
            Event::Deadline { node, .. }
            | Event::Input { node, .. }
            | Event::Arrives { to: node, .. }
            | Event::CatchesUp { node, .. } => *node,
        }
    }
}

/// Two nodes on a virtual clock.
pub struct Pair {
    now_ms: u64,
    parts: Parts,
    settings: [Settings; 2],
    hosts: [Host; 2],
    network: Network,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, Event>,
    scheduled: u64,
    tokens: u64,
    transitions: Vec<(Node, Transition)>,
    /// For how long users of each node were served twice, in milliseconds.
    twice_ms: [u64; 2],
    pub(crate) placements: Vec<Placement>,
    pub(crate) policy_faults: Vec<(Node, String)>,
}

impl Pair {
    /// Two nodes, neither of them started, each with a critical service (0) and a critical database (1).
    pub fn new(parts: Parts, parameters: &Parameters) -> Pair {
        let services = [false, true].map(|database| Service { critical: true, database, start_timeout_ms: 1_000 });
        let settings = |rank| Settings {
            rank,
            has_peer: true,
            high_availability: true,
            parameters: parameters.clone(),
            services: services.to_vec(),
        };
        Pair {
            now_ms: 1_000_000,
            parts,
            settings: [settings(Rank::First), settings(Rank::Second)],
            hosts: [1, 2].map(|boot_id| Host::new(boot_id, services.len())),
            network: Network::default(),
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            scheduled: 0,
            tokens: 0,
            transitions: Vec::new(),
            twice_ms: [0; 2],
            placements: Vec::new(),
            policy_faults: Vec::new(),
        }
    }

    /// Two nodes that have started and settled in Normal.
    pub fn normal(parts: Parts, parameters: &Parameters) -> Pair {
        Pair::new(parts, parameters).started()
    }

    /// The same pair, once both nodes have started and settled.
    pub fn started(mut self) -> Pair {
        self.start(Node::A);
        self.start(Node::B);
        self.settle();
        self
    }

    /// The virtual time, in milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Starts a node's daemon, if it does not run.
    pub fn start(&mut self, node: Node) {
        if self.host(node).daemon.is_some() {
            return;
        }
        let now_ms = self.now_ms;
        let host = &mut self.hosts[node as usize];
        host.starts += 1;
        (host.left, host.running, host.run) = (false, false, 0);
        let start = Start { now_ms, boot_id: host.boot_id, incarnation_min: now_ms, memory: host.disk.memory.clone() };
        let (machine, effects) = (self.parts.machines)(self.settings[node as usize].clone(), start);
        let (transport, policy) = ((self.parts.transports)(LINKS), (self.parts.policies)());
        let users = self.host(node).disk.users.clone();
        self.hosts[node as usize].daemon = Some(Daemon { machine, transport, policy, users });
        self.carry_out(node, effects);
        self.schedule_deadline(node);
        self.tell_directory(node);
    }

    /// A node's daemon dies, and its services with it. What was on disk stays there.
    pub fn kill(&mut self, node: Node) {
        let host = &mut self.hosts[node as usize];
        host.daemon = None;
        host.running = false;
        host.frozen = false;
        host.waiting.clear();
        host.lasting.clear();
        host.gate = Gate::default();
    }

    /// The kernel of a node's host, still alive, tells the peer that the daemon has died.
    pub fn kernel_tells(&mut self, dead: Node) {
        self.input(dead.peer(), Input::PeerLoss(PeerLoss::StreamClosed));
        self.input(dead.peer(), Input::PeerLoss(PeerLoss::PortRefused));
    }

    /// A node's host goes down; when it comes back it has a new boot id.
    pub fn reboot(&mut self, node: Node) {
        self.kill(node);
        self.hosts[node as usize].boot_id += 2;
    }

    /// A node's disk loses its contents.
    pub fn lose_disk(&mut self, node: Node) {
        self.hosts[node as usize].disk = Disk::empty();
    }

    /// A service of a node stops working, or works again.
    pub fn set_service(&mut self, node: Node, service: u16, sound: bool) {
        self.hosts[node as usize].sound[usize::from(service)] = sound;
        self.probe_later(node, service);
    }

    /// A probe of a node cannot tell, for the time being.
    pub fn probe_unknown(&mut self, node: Node, service: u16) {
        let run = self.host(node).run;
        self.input(node, Input::Probe { service, run, health: Health::Unknown });
    }

    /// User moves at this node succeed, fail or last; those that have lasted so far, too.
    pub fn set_moves(&mut self, node: Node, moves: UserMoves) {
        let host = &mut self.hosts[node as usize];
        host.moves = moves;
        for token in std::mem::take(&mut host.lasting) {
            self.move_users(node, token);
        }
    }

    /// What becomes of the packets of a node on one of its [`LINKS`] links, from now on.
    ///
    /// # Panics
    /// If there is no such link.
    pub fn set_weather(&mut self, from: Node, link: u32, weather: Weather) {
        self.network.set_weather(from, link, weather);
    }

    /// Packets from this node arrive, or do not, whichever link they take.
    pub fn set_sends(&mut self, node: Node, sends: bool) {
        let weather = if sends { Weather::Fair } else { Weather::Cut };
        (0..LINKS).for_each(|link| self.set_weather(node, link, weather));
    }

    /// A node's transport fails and starts afresh, as after a trap: it has forgotten what it sent and received.
    pub fn renew_transport(&mut self, node: Node) {
        if let Some(daemon) = &mut self.hosts[node as usize].daemon {
            daemon.transport = (self.parts.transports)(LINKS);
        }
    }

    /// The node's host stops running for a while, and serves nobody; what arrives meanwhile waits. When it runs
    /// again, its daemon notices at once that it is late.
    pub fn set_frozen(&mut self, node: Node, frozen: bool) {
        let host = &mut self.hosts[node as usize];
        let Some(daemon) = &host.daemon else { return };
        if std::mem::replace(&mut host.frozen, frozen) && !frozen {
            let token = daemon.machine.next_deadline().token;
            self.input(node, Input::Timer { token });
            for event in std::mem::take(&mut self.hosts[node as usize].waiting) {
                self.schedule(self.now_ms + LATENCY_MS, event);
            }
        }
    }

    /// The settings with which a node starts next.
    pub fn settings_mut(&mut self, node: Node) -> &mut Settings {
        &mut self.settings[node as usize]
    }

    /// Asks a node's administrator command, and gives its answer.
    pub fn command(&mut self, node: Node, command: Command) -> Option<Answer> {
        self.tokens += 1;
        let token = self.tokens;
        self.input(node, Input::Command { token, command });
        let answers = &self.host(node).answers;
        answers.iter().find(|(answered, _)| *answered == token).map(|(_, answer)| answer.clone())
    }

    /// Brings an input in at once.
    pub fn input(&mut self, node: Node, input: Input) {
        let now_ms = self.now_ms;
        let host = &mut self.hosts[node as usize];
        if host.frozen {
            return;
        }
        let Some(daemon) = &mut host.daemon else { return };
        let effects = daemon.machine.handle(now_ms, input);
        self.carry_out(node, effects);
        self.schedule_deadline(node);
    }

    /// Lets virtual time pass.
    pub fn advance(&mut self, for_ms: u64) {
        let until_ms = self.now_ms + for_ms;
        while let Some(Reverse((at_ms, id))) = self.queue.peek().copied().filter(|next| next.0.0 <= until_ms) {
            self.queue.pop();
            self.pass_until(at_ms);
            if let Some(event) = self.events.remove(&id) {
                self.happen(event);
            }
        }
        self.pass_until(until_ms);
    }

    /// Lets time pass until both nodes have been in steady states for a few intervals, at most for the longest
    /// timers together. Returns whether they have.
    pub fn settle(&mut self) -> bool {
        let parameters = &self.settings[0].parameters;
        let interval_ms = parameters.keep_alive_interval_ms;
        let longest_ms = parameters.initialization_keep_alive_timeout_ms
            + parameters.keep_alive_timeout_ms * 2
            + parameters.critical_service_delay_ms
            + interval_ms * 10;
        let mut quiet_ms = 0;
        for _ in 0..longest_ms / interval_ms + 1 {
            let before = self.transitions.len();
            self.advance(interval_ms);
            let steady = Node::BOTH.into_iter().all(|node| self.view(node).is_none_or(|view| is_steady(&view)));
            let quiet = steady && self.transitions.len() == before;
            quiet_ms = if quiet { quiet_ms + interval_ms } else { 0 };
            if quiet_ms > parameters_silence_ms(&self.settings[0].parameters) {
                return true;
            }
        }
        false
    }

    /// A node's state and reason; `None` while its daemon does not run.
    pub fn state(&mut self, node: Node) -> Option<(State, Reason)> {
        self.view(node).map(|view| (view.state, view.reason))
    }

    /// What a node shows of itself; `None` while its daemon does not run.
    pub fn view(&mut self, node: Node) -> Option<View> {
        self.hosts[node as usize].daemon.as_mut().map(|daemon| daemon.machine.view())
    }

    /// Whose users a node lets through its gate.
    pub fn gate(&self, node: Node) -> Gate {
        self.host(node).gate
    }

    /// Who serves the users whose home is this node.
    pub fn served(&self, home: Node) -> Served {
        let own = self.host(home).gate.own && !self.host(home).frozen;
        let peer = self.host(home.peer()).gate.peer && !self.host(home.peer()).frozen;
        match (own, peer) {
            (false, false) => Served::Nobody,
            (true, false) => Served::By(home),
            (false, true) => Served::By(home.peer()),
            (true, true) => Served::Twice,
        }
    }

    /// For how long users of this home have been served twice, in milliseconds.
    pub fn served_twice_ms(&self, home: Node) -> u64 {
        self.twice_ms[home as usize]
    }

    /// Whether the node has left after a goodbye.
    pub fn has_left(&self, node: Node) -> bool {
        self.host(node).left
    }

    /// Every transition so far, in order.
    pub fn transitions(&self) -> &[(Node, Transition)] {
        &self.transitions
    }

    /// A node's user directory: its daemon's, or what its disk holds while that does not run.
    pub fn directory(&self, node: Node) -> &Directory {
        let host = self.host(node);
        host.daemon.as_ref().map_or(&host.disk.users, |daemon| &daemon.users)
    }

    /// Puts another user directory on a node's disk, behind its peer's back.
    pub fn set_directory(&mut self, node: Node, directory: Directory) {
        let host = &mut self.hosts[node as usize];
        if let Some(daemon) = &mut host.daemon {
            daemon.users = directory.clone();
        }
        host.disk.users = directory;
        self.tell_directory(node);
    }

    pub(crate) fn policy_mut(&mut self, node: Node) -> Option<&mut dyn Policy> {
        match &mut self.hosts[node as usize].daemon {
            Some(daemon) => Some(&mut *daemon.policy),
            None => None,
        }
    }

    /// Whether the node's daemon runs, and answers.
    pub fn is_reachable(&self, node: Node) -> bool {
        let host = self.host(node);
        host.daemon.is_some() && !host.frozen
    }

    fn host(&self, node: Node) -> &Host {
        &self.hosts[node as usize]
    }

    fn pass_until(&mut self, at_ms: u64) {
        let passed_ms = at_ms.saturating_sub(self.now_ms);
        for home in Node::BOTH {
            if self.served(home) == Served::Twice {
                self.twice_ms[home as usize] += passed_ms;
            }
        }
        self.now_ms = self.now_ms.max(at_ms);
    }

    fn schedule(&mut self, at_ms: u64, event: Event) {
        self.scheduled += 1;
        self.queue.push(Reverse((at_ms, self.scheduled)));
        self.events.insert(self.scheduled, event);
    }

    fn schedule_deadline(&mut self, node: Node) {
        let host = self.host(node);
        let Some(daemon) = &host.daemon else { return };
        let deadline = daemon.machine.next_deadline();
        if deadline.at_ms != u64::MAX {
            let start = host.starts;
            let at_ms = deadline.at_ms.max(self.now_ms);
            self.schedule(at_ms, Event::Deadline { node, start, token: deadline.token });
        }
    }

    fn happen(&mut self, event: Event) {
        let host = &mut self.hosts[event.node() as usize];
        if host.frozen {
            return host.waiting.push(event);
        }
        match event {
            Event::Deadline { node, start, token } if self.host(node).starts == start => {
                self.input(node, Input::Timer { token });
            }
            Event::Input { node, start, input } if self.host(node).starts == start => self.input(node, *input),
            Event::Arrives { to, flight } => self.arrive(to, &flight),
            Event::CatchesUp { node, start } if self.host(node).starts == start => self.catch_up(node),
            Event::Deadline { .. } | Event::Input { .. } | Event::CatchesUp { .. } => {}
        }
    }

    fn arrive(&mut self, node: Node, flight: &Flight) {
        let Some(daemon) = &mut self.hosts[node as usize].daemon else { return };
        let frame = daemon.transport.receive(self.now_ms, flight.link, flight.session, &flight.bytes);
        let Some(heartbeat) = frame.and_then(|frame| Heartbeat::decode(&frame)) else { return };
        if heartbeat.directory.revision > self.directory(node).revision() {
            let start = self.host(node).starts;
            self.schedule(self.now_ms + LATENCY_MS, Event::CatchesUp { node, start });
        }
        self.input(node, Input::Heartbeat(heartbeat));
    }

    fn send(&mut self, node: Node, heartbeat: &Heartbeat) {
        let Some(daemon) = &mut self.hosts[node as usize].daemon else { return };
        for packet in daemon.transport.send(self.now_ms, &heartbeat.encode()) {
            let flight = Flight { link: packet.link, session: heartbeat.incarnation, bytes: packet.bytes };
            for flight in self.network.carry(node, flight) {
                self.schedule(self.now_ms + LATENCY_MS, Event::Arrives { to: node.peer(), flight });
            }
        }
    }

    fn input_later(&mut self, node: Node, input: Input) {
        let start = self.host(node).starts;
        self.schedule(self.now_ms + LATENCY_MS, Event::Input { node, start, input: Box::new(input) });
    }

    fn probe_later(&mut self, node: Node, service: u16) {
        let host = self.host(node);
        if host.running {
            let health = if host.sound[usize::from(service)] { Health::Up } else { Health::Down };
            let run = host.run;
            self.input_later(node, Input::Probe { service, run, health });
        }
    }

    fn move_users(&mut self, node: Node, token: u64) {
        let host = &mut self.hosts[node as usize];
        match host.moves {
            UserMoves::Last => host.lasting.push(token),
            moves => {
                let moved = moves == UserMoves::Succeed;
                self.input_later(node, Input::UsersMoved { token, moved });
            }
        }
    }

    fn carry_out(&mut self, node: Node, effects: Vec<Effect>) {
        assert!(
            durable_before_visible(self.host(node).gate, &effects),
            "something is visible before it is durable: {effects:#?}"
        );
        for effect in effects {
            let host = &mut self.hosts[node as usize];
            match effect {
                Effect::Gate(gate) => host.gate = gate,
                Effect::Persist(memory) => host.disk.memory = Some(memory),
                Effect::Transition(transition) => self.transitions.push((node, transition)),
                Effect::Notice(_) => {}
                Effect::Send(heartbeat) => self.send(node, &heartbeat),
                Effect::StartServices { run } | Effect::RestartServices { run } => {
                    (host.run, host.running) = (run, true);
                    for service in 0..u16::try_from(host.sound.len()).unwrap_or(0) {
                        self.probe_later(node, service);
                    }
                }
                Effect::StopServices => host.running = false,
                Effect::MoveUsers { token, direction, .. } => {
                    self.place_users(node, direction);
                    self.move_users(node, token);
                }
                Effect::Answer { token, answer } => host.answers.push((token, answer)),
                Effect::Leave => host.left = true,
            }
        }
    }
}

/// Whether nothing comes before what goes to disk but a gate that closes.
fn durable_before_visible(before: Gate, effects: &[Effect]) -> bool {
    let persisted = effects.iter().position(|effect| matches!(effect, Effect::Persist(_))).unwrap_or(0);
    effects[..persisted].iter().all(|effect| match effect {
        Effect::Gate(gate) => before.own >= gate.own && before.peer >= gate.peer,
        _ => false,
    })
}

/// In a steady state, with no service about to be given up.
fn is_steady(view: &View) -> bool {
    !view.state.is_transition() && view.timers.iter().all(|timer| timer.kind != TimerKind::Service)
}

fn parameters_silence_ms(parameters: &Parameters) -> u64 {
    parameters.keep_alive_timeout_ms + parameters.keep_alive_interval_ms
}
