//! What came of one run.

use locum_core::{Command, Reason, State, States};
use serde::Serialize;

use crate::history::{Trace, What};
use crate::log::Logged;
use crate::node::{Node, Served};

/// What came of one run, from two nodes in Normal on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// For how long the users of each home were served by nobody, in milliseconds.
    pub unserved_ms: [u64; 2],
    /// How much of that went by while a gate was open for them, and a critical service of that node was down.
    pub service_down_ms: [u64; 2],
    /// For how long the users of each home were served by both nodes, in milliseconds.
    pub twice_ms: [u64; 2],
    /// How often a node took over its peer's users.
    pub failovers: u32,
    /// How often it did so although the peer was up and fit, and nobody had asked for it.
    pub false_failovers: u32,
    /// Whether the run ends in Running in Failed Mode.
    pub in_failed_mode: bool,
    /// Where both nodes were, one after the other.
    pub lanes: [Vec<Stay>; 2],
    /// Who was served, from when to when.
    pub served: Vec<Level>,
    /// What happened from outside, and what the nodes did about it.
    pub events: Vec<Told>,
}

/// A node stays in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stay {
    /// From when, in milliseconds since the run began.
    pub from_ms: u64,
    /// Until when.
    pub to_ms: u64,
    /// Its state.
    pub state: Seen,
    /// Its reason; none of a node that does not run.
    pub reason: Option<&'static str>,
}

/// What is seen of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Its daemon does not run.
    NotRunning,
    /// It stands still.
    StandsStill,
    /// It is in this state.
    In(State),
}

impl Seen {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Seen::NotRunning => "not running",
            Seen::StandsStill => "stands still",
            Seen::In(state) => state.name(),
        }
    }
}

/// Whether each home was served for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Level {
    /// From when, in milliseconds since the run began.
    pub from_ms: u64,
    /// Until when.
    pub to_ms: u64,
    /// Whether the users of each home were served.
    pub served: [bool; 2],
}

/// Something that was seen, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// When, in milliseconds since the run began.
    pub at_ms: u64,
    /// What.
    pub text: String,
    /// Whether it came from outside.
    pub from_outside: bool,
}

/// What is known of a node while a trace is read.
#[derive(Clone, Copy)]
struct Watched {
    running: bool,
    frozen: bool,
    /// Since when it has been up without a break.
    up_ms: u64,
    /// Whether each of its services works.
    sound: [bool; 2],
    state: (State, Reason),
}

impl Watched {
    fn seen(&self) -> Seen {
        match self {
            Watched { running: false, .. } => Seen::NotRunning,
            Watched { frozen: true, .. } => Seen::StandsStill,
            Watched { state, .. } => Seen::In(state.0),
        }
    }
}

/// Reads a trace.
struct Reader {
    begin_ms: u64,
    nodes: [Watched; 2],
    by: [Served; 2],
    /// Until when everything has been counted.
    counted_ms: u64,
    outcome: Outcome,
}

/// What came of a run that began at `begin_ms` of this trace.
pub(super) fn outcome(trace: &Trace, begin_ms: u64) -> Outcome {
    let mut reader = Reader::new(begin_ms);
    for entry in &trace.entries {
        reader.pass_until(entry.at_ms);
        reader.take(entry.at_ms, &entry.what);
    }
    reader.pass_until(trace.lasted_ms);
    reader.outcome.in_failed_mode =
        reader.nodes.iter().any(|node| node.running && node.state.0 == State::RunningInFailedMode);
    reader.outcome
}

impl Reader {
    fn new(begin_ms: u64) -> Reader {
        let node = Watched {
            running: false,
            frozen: false,
            up_ms: 0,
            sound: [true; 2],
            state: (State::Initializing, Reason::Initialization),
        };
        let outcome = Outcome {
            unserved_ms: [0; 2],
            service_down_ms: [0; 2],
            twice_ms: [0; 2],
            failovers: 0,
            false_failovers: 0,
            in_failed_mode: false,
            lanes: [Vec::new(), Vec::new()],
            served: Vec::new(),
            events: Vec::new(),
        };
        Reader { begin_ms, nodes: [node; 2], by: [Served::Nobody; 2], counted_ms: begin_ms, outcome }
    }

    fn pass_until(&mut self, at_ms: u64) {
        let passed_ms = at_ms.saturating_sub(self.counted_ms);
        if passed_ms == 0 {
            return;
        }
        let (from_ms, to_ms) = (self.counted_ms - self.begin_ms, at_ms - self.begin_ms);
        self.counted_ms = at_ms;
        let served = Node::BOTH.map(|home| self.is_served(home));
        for home in Node::BOTH {
            let place = home as usize;
            if !served[place] {
                self.outcome.unserved_ms[place] += passed_ms;
                if self.by[place] != Served::Nobody {
                    self.outcome.service_down_ms[place] += passed_ms;
                }
            }
            if self.by[place] == Served::Twice {
                self.outcome.twice_ms[place] += passed_ms;
            }
            let node = self.nodes[place];
            let reason = (node.running && !node.frozen).then(|| node.state.1.name());
            let state = node.seen();
            match self.outcome.lanes[place].last_mut() {
                Some(last) if last.state == state && last.reason == reason => last.to_ms = to_ms,
                _ => self.outcome.lanes[place].push(Stay { from_ms, to_ms, state, reason }),
            }
        }
        match self.outcome.served.last_mut() {
            Some(last) if last.served == served => last.to_ms = to_ms,
            _ => self.outcome.served.push(Level { from_ms, to_ms, served }),
        }
    }

    /// Whether somebody's gate is open for these users, and the services behind it work.
    fn is_served(&self, home: Node) -> bool {
        let works = |node: Node| self.nodes[node as usize].sound.iter().all(|sound| *sound);
        match self.by[home as usize] {
            Served::Nobody => false,
            Served::By(node) => works(node),
            Served::Twice => Node::BOTH.into_iter().any(works),
        }
    }

    fn take(&mut self, at_ms: u64, what: &Logged) {
        match what {
            Logged::Served { home, by, .. } => self.by[*home as usize] = *by,
            Logged::Happened(what) => self.happened(at_ms, what),
            Logged::Left { node } | Logged::Stopped { node } => self.nodes[*node as usize].running = false,
            Logged::Transition { node, transition } => {
                self.nodes[*node as usize].state = transition.to;
                let (from, to) = (transition.from, transition.to);
                let text = format!("{}: {} ({})", node.name(), to.0.name(), to.1.name());
                self.tell(at_ms, text, false);
                if from.0 == State::TakingOver && States::COVERING.has(to.0) && at_ms >= self.begin_ms {
                    self.outcome.failovers += 1;
                    let since_ms = at_ms.saturating_sub(transition.evidence.peer_silent_ms);
                    self.outcome.false_failovers += u32::from(self.was_for_nothing(node.peer(), to.1, since_ms));
                }
            }
            _ => {}
        }
    }

    /// Whether the peer was up and fit since before it fell silent, and silence was the reason.
    fn was_for_nothing(&self, peer: Node, reason: Reason, since_ms: u64) -> bool {
        let silence = matches!(reason, Reason::PeerDown | Reason::PeerDownDuringInitialization);
        let peer = self.nodes[peer as usize];
        silence && peer.running && peer.up_ms <= since_ms && peer.sound.iter().all(|sound| *sound)
    }

    fn happened(&mut self, at_ms: u64, what: &What) {
        let node = &mut self.nodes[what.node() as usize];
        match what {
            What::Start { .. } if !node.running => {
                (node.running, node.up_ms) = (true, at_ms);
                node.state = (State::Initializing, Reason::Initialization);
            }
            What::Kill { .. } | What::Reboot { .. } | What::MachineTraps { .. } => {
                (node.running, node.frozen) = (false, false);
            }
            What::Freeze { .. } => node.frozen = node.running,
            What::Thaw { .. } => node.frozen = false,
            What::ServiceFails { service, .. } | What::ServiceMends { service, .. } => {
                node.sound[usize::from(*service)] = matches!(what, What::ServiceMends { .. });
            }
            _ => {}
        }
        // Weather is the same all the time, and the kernel says what has just been said.
        if !matches!(what, What::KernelTells { .. } | What::Weather { .. }) {
            self.tell(at_ms, words(what), true);
        }
    }

    fn tell(&mut self, at_ms: u64, text: String, from_outside: bool) {
        if at_ms >= self.begin_ms {
            self.outcome.events.push(Told { at_ms: at_ms - self.begin_ms, text, from_outside });
        }
    }
}

/// As people say it: services by their names, commands as they are typed.
fn words(what: &What) -> String {
    let name = what.node().name();
    match what {
        What::ServiceFails { service: 1, .. } => format!("The database of {name} fails."),
        What::ServiceMends { service: 1, .. } => format!("The database of {name} works again."),
        What::ServiceFails { .. } => format!("The service of {name} fails."),
        What::ServiceMends { .. } => format!("The service of {name} works again."),
        What::Command { command: Command::Failover, .. } => format!("`locum failover {name}`"),
        What::Command { command: Command::Fallback, .. } => format!("`locum fallback {name}`"),
        What::Command { command: Command::Recover, .. } => "`locum recover`".to_owned(),
        other => other.to_string(),
    }
}
