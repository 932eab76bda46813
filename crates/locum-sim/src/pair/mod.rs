//! The pair and its virtual clock.

mod events;
mod faults;
mod sight;

use std::collections::BinaryHeap;

use locum_core::{Parameters, Rank, Service, Settings, Start, TimerKind, Transition, View};

use crate::host::{Daemon, Host, Process};
use crate::log::{Entry, Logged};
use crate::network::{LINKS, Network};
use crate::node::{Node, Served};
use crate::parts::Parts;
use crate::policy::promise_of;
use crate::users::Placement;
pub(crate) use events::Event;
use events::Scheduled;

/// How long a packet travels, a probe looks and a user move takes, in virtual milliseconds, where nothing slows it.
pub(crate) const LATENCY_MS: u64 = 1;
/// When a pair begins: late enough that no node has to count below 0.
const BEGIN_MS: u64 = 1_000_000;

/// Two nodes on a virtual clock.
pub struct Pair {
    now_ms: u64,
    parts: Parts,
    settings: [Settings; 2],
    hosts: [Host; 2],
    network: Network,
    queue: BinaryHeap<Scheduled>,
    scheduled: u64,
    tokens: u64,
    inputs: u64,
    transitions: Vec<(Node, Transition)>,
    log: Vec<Entry>,
    /// Who served whom when that was last logged.
    serving: [Served; 2],
    /// For how long users of each node were served twice, in milliseconds.
    twice_ms: [u64; 2],
    pub(crate) placements: Vec<Placement>,
    pub(crate) policy_faults: Vec<(Node, String)>,
}

impl Pair {
    /// Two nodes, neither of them started, each with a critical service (0) and a critical database (1).
    pub fn new(parts: Parts, parameters: &Parameters) -> Pair {
        let services = [false, true].map(|database| Service { critical: true, database, start_timeout_ms: 1_000 });
        Pair::with_services(parts, parameters, &services)
    }

    /// Two nodes, neither of them started, each with these services.
    pub fn with_services(parts: Parts, parameters: &Parameters, services: &[Service]) -> Pair {
        let settings = |rank| Settings {
            rank,
            has_peer: true,
            high_availability: true,
            parameters: parameters.clone(),
            services: services.to_vec(),
        };
        let process = Process { sound: true, start_ms: 0, probe_ms: LATENCY_MS, looked_ms: 0 };
        Pair {
            now_ms: BEGIN_MS,
            parts,
            settings: [settings(Rank::First), settings(Rank::Second)],
            hosts: [1, 2].map(|boot_id| Host::new(boot_id, vec![process; services.len()])),
            network: Network::new(0),
            queue: BinaryHeap::new(),
            scheduled: 0,
            tokens: 0,
            inputs: 0,
            transitions: Vec::new(),
            log: Vec::new(),
            serving: [Served::Nobody; 2],
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

    /// The same pair, in which chance draws from this seed.
    pub fn with_seed(mut self, seed: u64) -> Pair {
        self.network = Network::new(seed);
        self
    }

    /// Starts a node's daemon, if it does not run. A host that is going down boots again once it is.
    pub fn start(&mut self, node: Node) {
        if self.host(node).daemon.is_some() {
            self.hosts[node as usize].boots_again = self.host(node).leaving;
            return;
        }
        let now_ms = self.own_ms(node);
        let promise = promise_of(&self.settings[node as usize].parameters);
        let host = &mut self.hosts[node as usize];
        host.starts += 1;
        (host.left, host.leaving, host.boots_again) = (false, false, false);
        (host.running, host.run, host.armed) = (false, 0, None);
        let start = Start { now_ms, boot_id: host.boot_id, incarnation_min: now_ms, memory: host.disk.memory.clone() };
        let users = host.disk.users.clone();
        let (machine, effects) = (self.parts.machines)(self.settings[node as usize].clone(), start);
        let (transport, policy) = ((self.parts.transports)(LINKS), (self.parts.policies)(promise));
        self.hosts[node as usize].daemon = Some(Daemon { machine, transport, policy, users });
        self.carry_out(node, effects);
        self.schedule_deadline(node);
        self.tell_directory(node);
    }

    /// The settings with which a node starts next.
    pub fn settings_mut(&mut self, node: Node) -> &mut Settings {
        &mut self.settings[node as usize]
    }

    /// Lets virtual time pass.
    pub fn advance(&mut self, for_ms: u64) {
        let until_ms = self.now_ms + for_ms;
        while self.queue.peek().is_some_and(|next| next.at_ms <= until_ms)
            && let Some(Scheduled { at_ms, event, .. }) = self.queue.pop()
        {
            self.pass_until(at_ms);
            self.happen(event);
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
        let silence_ms = parameters.keep_alive_timeout_ms + interval_ms;
        let mut quiet_ms = 0;
        for _ in 0..longest_ms / interval_ms + 1 {
            let before = self.transitions.len();
            self.advance(interval_ms);
            let quiet = self.transitions.len() == before
                && Node::BOTH.into_iter().all(|node| self.view(node).is_none_or(|view| is_steady(&view)));
            quiet_ms = if quiet { quiet_ms + interval_ms } else { 0 };
            if quiet_ms > silence_ms {
                return true;
            }
        }
        false
    }

    fn host(&self, node: Node) -> &Host {
        &self.hosts[node as usize]
    }

    /// The time on a node's own clock, in milliseconds.
    fn own_ms(&self, node: Node) -> u64 {
        self.now_ms + self.host(node).ahead_ms
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

    /// Puts something into the log, at the present time.
    pub(crate) fn note(&mut self, what: Logged) {
        self.log.push(Entry { at_ms: self.now_ms - BEGIN_MS, what });
    }

    /// Logs who serves whom, where that has changed.
    fn note_served(&mut self) {
        for home in Node::BOTH {
            let by = self.served(home);
            if std::mem::replace(&mut self.serving[home as usize], by) != by {
                let users = self.directory(home).count_at_home(home.name()) as u64;
                self.note(Logged::Served { home, by, users });
            }
        }
    }
}

/// In a steady state, with no service about to be given up.
fn is_steady(view: &View) -> bool {
    !view.state.is_transition() && view.timers.iter().all(|timer| timer.kind != TimerKind::Service)
}
