//! The pair, its virtual clock and its faults.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use locum_core::{
    Answer, Command, Directory, Effect, Gate, Health, Heartbeat, Input, Memory, Parameters, PeerLoss, Rank, Reason,
    Service, Settings, Start, State, TimerKind, Transition, View,
};

use crate::machine::{Factory, Machine};

/// How long a frame travels, a probe looks and a user move takes, in virtual milliseconds.
const LATENCY_MS: u64 = 1;

/// One of the two nodes: `A` is the first of the group by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// The first.
    A,
    /// The second.
    B,
}

impl Node {
    /// Both nodes.
    pub const BOTH: [Node; 2] = [Node::A, Node::B];

    /// The other one.
    pub fn peer(self) -> Node {
        match self {
            Node::A => Node::B,
            Node::B => Node::A,
        }
    }
}

/// Who serves a node's users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// Nobody.
    Nobody,
    /// One node.
    By(Node),
    /// Both.
    Twice,
}

/// What happens at a time. Equal times keep the order in which they were scheduled.
#[derive(Debug)]
enum Event {
    Deadline { node: Node, start: u64, token: u64 },
    Arrives { to: Node, heartbeat: Box<Heartbeat> },
    Input { node: Node, start: u64, input: Box<Input> },
}

impl Event {
    fn node(&self) -> Node {
        match self {
            Event::Deadline { node, .. } | Event::Input { node, .. } | Event::Arrives { to: node, .. } => *node,
        }
    }
}

struct Host {
    machine: Option<Box<dyn Machine>>,
    /// Counts the daemon's starts: what an earlier one scheduled is void.
    starts: u64,
    disk: Option<Memory>,
    boot_id: u64,
    gate: Gate,
    /// Whether each service would work, if it ran.
    sound: Vec<bool>,
    run: u64,
    running: bool,
    moves_fail: bool,
    left: bool,
    answers: Vec<(u64, Answer)>,
    /// The host is stopped: what would happen to it waits.
    frozen: bool,
    waiting: Vec<Event>,
}

/// Two nodes on a virtual clock.
pub struct Pair {
    now_ms: u64,
    factory: Factory,
    settings: [Settings; 2],
    hosts: [Host; 2],
    /// Whether frames from this node arrive.
    sends: [bool; 2],
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: std::collections::BTreeMap<u64, Event>,
    scheduled: u64,
    tokens: u64,
    transitions: Vec<(Node, Transition)>,
    /// For how long users of each node were served twice, in milliseconds.
    twice_ms: [u64; 2],
    directory: Directory,
}

impl Pair {
    /// Two nodes, neither of them started, each with a critical service (0) and a critical database (1).
    pub fn new(factory: Factory, parameters: &Parameters) -> Pair {
        let services = [false, true].map(|database| Service { critical: true, database, start_timeout_ms: 1_000 });
        let settings = |rank| Settings {
            rank,
            has_peer: true,
            high_availability: true,
            parameters: parameters.clone(),
            services: services.to_vec(),
        };
        let host = |boot_id| Host {
            machine: None,
            starts: 0,
            disk: None,
            boot_id,
            gate: Gate::default(),
            sound: vec![true; services.len()],
            run: 0,
            running: false,
            moves_fail: false,
            left: false,
            answers: Vec::new(),
            frozen: false,
            waiting: Vec::new(),
        };
        Pair {
            now_ms: 1_000_000,
            factory,
            settings: [settings(Rank::First), settings(Rank::Second)],
            hosts: [host(1), host(2)],
            sends: [true; 2],
            queue: BinaryHeap::new(),
            events: std::collections::BTreeMap::new(),
            scheduled: 0,
            tokens: 0,
            transitions: Vec::new(),
            twice_ms: [0; 2],
            directory: Directory { revision: 1, digest: 1 },
        }
    }

    /// Two nodes that have started and settled in Normal.
    pub fn normal(factory: Factory, parameters: &Parameters) -> Pair {
        let mut pair = Pair::new(factory, parameters);
        pair.start(Node::A);
        pair.start(Node::B);
        pair.settle();
        pair
    }

    /// The virtual time, in milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Starts a node's daemon, if it does not run.
    pub fn start(&mut self, node: Node) {
        if self.host(node).machine.is_some() {
            return;
        }
        let now_ms = self.now_ms;
        let host = &mut self.hosts[node as usize];
        host.starts += 1;
        (host.left, host.running, host.run) = (false, false, 0);
        let start = Start { now_ms, boot_id: host.boot_id, incarnation_min: now_ms, memory: host.disk.clone() };
        let (machine, effects) = (self.factory)(self.settings[node as usize].clone(), start);
        self.hosts[node as usize].machine = Some(machine);
        self.carry_out(node, effects);
        self.schedule_deadline(node);
        self.input(node, Input::Directory(self.directory));
    }

    /// A node's daemon dies, and its services with it. What was on disk stays there.
    pub fn kill(&mut self, node: Node) {
        let host = &mut self.hosts[node as usize];
        host.machine = None;
        host.running = false;
        host.frozen = false;
        host.waiting.clear();
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
        self.hosts[node as usize].disk = None;
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

    /// User moves at this node fail, or succeed again.
    pub fn set_moves_fail(&mut self, node: Node, fail: bool) {
        self.hosts[node as usize].moves_fail = fail;
    }

    /// Frames from this node arrive, or do not.
    pub fn set_sends(&mut self, node: Node, sends: bool) {
        self.sends[node as usize] = sends;
    }

    /// The node's host stops running for a while, and serves nobody; what arrives meanwhile waits. When it runs
    /// again, its daemon notices at once that it is late.
    pub fn set_frozen(&mut self, node: Node, frozen: bool) {
        let host = &mut self.hosts[node as usize];
        let Some(machine) = &host.machine else { return };
        if std::mem::replace(&mut host.frozen, frozen) && !frozen {
            let token = machine.next_deadline().token;
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
        let Some(machine) = &mut host.machine else { return };
        let effects = machine.handle(now_ms, input);
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
        self.hosts[node as usize].machine.as_mut().map(|machine| machine.view())
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
        let Some(machine) = &host.machine else { return };
        let deadline = machine.next_deadline();
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
            Event::Arrives { to, heartbeat } => self.input(to, Input::Heartbeat(*heartbeat)),
            Event::Deadline { .. } | Event::Input { .. } => {}
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

    fn carry_out(&mut self, node: Node, effects: Vec<Effect>) {
        assert!(
            durable_before_visible(self.host(node).gate, &effects),
            "something is visible before it is durable: {effects:#?}"
        );
        for effect in effects {
            let host = &mut self.hosts[node as usize];
            match effect {
                Effect::Gate(gate) => host.gate = gate,
                Effect::Persist(memory) => host.disk = Some(memory),
                Effect::Transition(transition) => self.transitions.push((node, transition)),
                Effect::Notice(_) => {}
                Effect::Send(heartbeat) => {
                    if self.sends[node as usize] {
                        let arrives = Event::Arrives { to: node.peer(), heartbeat: Box::new(heartbeat) };
                        self.schedule(self.now_ms + LATENCY_MS, arrives);
                    }
                }
                Effect::StartServices { run } | Effect::RestartServices { run } => {
                    (host.run, host.running) = (run, true);
                    for service in 0..u16::try_from(host.sound.len()).unwrap_or(0) {
                        self.probe_later(node, service);
                    }
                }
                Effect::StopServices => host.running = false,
                Effect::MoveUsers { token, .. } => {
                    let moved = !host.moves_fail;
                    self.input_later(node, Input::UsersMoved { token, moved });
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
