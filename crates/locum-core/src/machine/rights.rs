//! The right to serve a home: promises, which are heartbeats, and leases at the witness (`docs/behaviour.md` §9.1).
//!
//! A node has the right where it is no longer bound by its own promise, and its peer's promise or its own lease holds. A
//! right counts from the sending of what asked for it; a bond counts from the arrival, which is later. So no bond ends
//! before the right that rests on it.

mod leases;
mod terms;

use serde::{Deserialize, Serialize};

use super::Core;
use crate::heartbeat::Echo;
use crate::law::{Law, Weakness};
use crate::parameters::{Partition, Rank};
use crate::state::{State, States};
use crate::witness::{LeaseRecord, WitnessRequest};

/// Whose users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Home {
    /// Those at home with this node.
    Own,
    /// Those at home with its peer.
    Peers,
}

impl Term {
    /// Every one.
    pub const ALL: [Term; 4] = [Term::Promised, Term::Bound, Term::Held, Term::Watched];
}

impl Home {
    /// Both.
    pub const BOTH: [Home; 2] = [Home::Own, Home::Peers];

    /// The same home, as the peer calls it.
    pub const fn to_the_peer(self) -> Home {
        match self {
            Home::Own => Home::Peers,
            Home::Peers => Home::Own,
        }
    }

    /// The home of the node of this rank, as the node of rank `own` calls it.
    fn named(rank: Rank, own: Rank) -> Home {
        if rank == own { Home::Own } else { Home::Peers }
    }
}

/// What of a right ends with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    /// What the peer has promised.
    Promised,
    /// What this node has promised.
    Bound,
    /// This node's lease.
    Held,
    /// The time for which the peer's record must stand still before it can be replaced.
    Watched,
}

/// What a node knows of its rights, and has asked the witness. The homes come in the order of [`Home::BOTH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rights {
    homes: [Right; 2],
    /// An administrator has vouched for it that the peer serves nobody.
    vouched: bool,
    requests: u64,
    asked: Option<Asked>,
    next_ask_ms: u64,
    /// The last request was answered, and all was written: the next need not wait for the interval.
    answers: bool,
    answered_ms: Option<u64>,
    /// Since when the witness should answer.
    since_ms: u64,
}

/// All times are moments of this node's clock, in milliseconds; 0 is past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Right {
    promised_until_ms: u64,
    bound_until_ms: u64,
    held_until_ms: u64,
    record: Option<Record>,
}

/// A record of the witness, and since when it has been known to stand as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    lease: LeaseRecord,
    since_ms: u64,
}

/// A request that has not been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    request: WitnessRequest,
    sent_ms: u64,
}

impl Rights {
    /// Those of a daemon that starts, or changes what it goes by: it may have promised anything a moment ago.
    pub(super) fn new(now_ms: u64, timeout_ms: u64, law: Law) -> Rights {
        let waits = law.weakness != Some(Weakness::NoWaitAfterStart);
        let bound_until_ms = if waits { now_ms + timeout_ms } else { now_ms };
        Rights {
            homes: [Right { bound_until_ms, ..Right::default() }; 2],
            vouched: false,
            requests: 0,
            asked: None,
            next_ask_ms: now_ms,
            answers: false,
            answered_ms: None,
            since_ms: now_ms,
        }
    }

    pub(super) fn vouch(&mut self) {
        self.vouched = true;
    }

    fn of(&self, home: Home) -> &Right {
        &self.homes[home as usize]
    }

    fn of_mut(&mut self, home: Home) -> &mut Right {
        &mut self.homes[home as usize]
    }

    pub(super) fn lease(&self, home: Home) -> (Option<Rank>, u64) {
        let right = self.of(home);
        (right.record.and_then(|record| record.lease.holder), right.held_until_ms)
    }

    pub(super) fn answered_ms(&self) -> Option<u64> {
        self.answered_ms
    }
}

/// What is counted of a time by whoever has a right by it: clocks may differ by a hundredth.
fn safe(ms: u64) -> u64 {
    ms - ms.div_ceil(100)
}

impl State {
    /// Whether a node in this state lays claim to a home: it serves it, or is about to.
    pub fn claims(self, home: Home) -> bool {
        const OWN: States = States::COVERING.and(&[
            State::Normal,
            State::TakingOver,
            State::FallingBack,
            State::RunningInFailedMode,
            State::Unknown,
        ]);
        const PEERS: States = States::COVERING.and(&[State::TakingOver, State::FallingBack]);
        match home {
            Home::Own => OWN.has(self),
            Home::Peers => PEERS.has(self),
        }
    }
}

impl Core {
    fn lease_ms(&self) -> Option<u64> {
        match self.settings.parameters.partition {
            Partition::Witness { lease_ms } => Some(lease_ms),
            _ => None,
        }
    }

    /// Whether it takes a right to serve anybody. Where high availability is off at both nodes, each has its own users.
    fn needs_right(&self) -> bool {
        // A peer that is not heard may have been switched on since.
        let latest = self.peer.latest.as_ref().filter(|_| !self.peer_silent());
        let heard_off = latest.is_some_and(|peer| !peer.announced.high_availability.on);
        let switched_off = !self.memory.high_availability.on && heard_off;
        let by_rule = match self.settings.parameters.partition {
            Partition::Available | Partition::Manual => false,
            Partition::PreferredNode(_) | Partition::Witness { .. } => true,
        };
        by_rule && self.settings.has_peer && !self.rights.vouched && !switched_off
    }

    fn is_bound(&self, home: Home) -> bool {
        self.now_ms < self.rights.of(home).bound_until_ms
    }

    /// Until when this node has a lease of this home.
    fn held_until_ms(&self, home: Home) -> u64 {
        match self.settings.parameters.partition {
            Partition::PreferredNode(rank) if rank == self.settings.rank => u64::MAX,
            Partition::Witness { .. } => self.rights.of(home).held_until_ms,
            _ => 0,
        }
    }

    /// Whether this node has a lease of this home, and is free to use it.
    pub(super) fn holds(&self, home: Home) -> bool {
        self.now_ms < self.held_until_ms(home) && !self.is_bound(home)
    }

    /// Until when this node may serve the users of this home; a past moment if it may not.
    pub(super) fn right_until_ms(&self, home: Home) -> u64 {
        if !self.needs_right() {
            return u64::MAX;
        }
        if self.is_bound(home) {
            return 0;
        }
        self.rights.of(home).promised_until_ms.max(self.held_until_ms(home))
    }

    pub(super) fn has_right(&self, home: Home) -> bool {
        self.now_ms < self.right_until_ms(home)
    }

    /// Whether a peer that is not heard counts as serving nobody. A node that could not take over anyhow need not know
    /// better.
    pub(super) fn silence_counts(&self) -> bool {
        match self.settings.parameters.partition {
            Partition::Available => true,
            _ if self.rights.vouched || !self.could_take_over() => true,
            Partition::Manual => false,
            Partition::PreferredNode(_) | Partition::Witness { .. } => {
                Home::BOTH.into_iter().all(|home| self.holds(home))
            }
        }
    }

    /// Whether this node would take over if its peer served nobody.
    fn could_take_over(&self) -> bool {
        let fit = !self.services.starting() && !self.services.unhealthy() && self.leaving_ms.is_none();
        fit && match self.state {
            State::Initializing => self.memory.state != State::Idle,
            State::FailedOver | State::TakingBack => self.services.started(),
            State::Normal
            | State::FailingOver
            | State::TakingOver
            | State::RunningInBackupMode
            | State::BackupActivated
            | State::FallingBack => true,
            State::Idle
            | State::FailedOverWithCriticalServicesNotRunning
            | State::FailoverAffectedServices
            | State::RunningInFailedMode
            | State::Unknown => false,
        }
    }

    /// Takes in what the newest heartbeat promises: a node whose state does not serve a home will not serve it for the keep-alive
    /// timeout. It counts from when this node sent what the heartbeat echoes. `known` is how the heartbeat would name
    /// this node's present state.
    pub(super) fn hear_promise(&mut self, known: Echo) {
        let Some(heartbeat) = &self.peer.latest else { return };
        if self.settings.parameters.partition == Partition::Available {
            return;
        }
        let theirs_ms = heartbeat.parameters.keep_alive_timeout_ms;
        let timeout_ms = safe(self.settings.parameters.keep_alive_timeout_ms.min(theirs_ms));
        let told = heartbeat.announced.clone();
        let echo = heartbeat.echo.filter(|echo| echo.incarnation == known.incarnation);
        let until_ms = echo.map_or(0, |echo| echo.sent_ms.saturating_add(timeout_ms));
        let holds = until_ms > self.now_ms;
        // A peer that is leaving serves nobody any more, and goes on to say so.
        if holds && !told.goodbye {
            self.rights.vouched = false;
        }
        for home in Home::BOTH {
            let promises = told.goodbye || (told.promises && !told.state.claims(home.to_the_peer()));
            // The peer knows that this node lays claim to the home, and gives it up: the promise is back.
            let returned =
                promises && holds && echo.is_some_and(|echo| echo.version == known.version) && self.claims(home);
            let right = self.rights.of_mut(home);
            right.promised_until_ms = if promises { right.promised_until_ms.max(until_ms) } else { 0 };
            if returned {
                right.bound_until_ms = 0;
            }
        }
    }

    /// A heartbeat goes out: it promises every home that this node lays no claim to, and would not if it could.
    pub(super) fn promise(&mut self, law: Law) {
        let heeds = law.weakness != Some(Weakness::PromiseIgnored);
        if self.settings.parameters.partition == Partition::Available || !heeds {
            return;
        }
        // Only what the peer has sent is echoed, and only from an echo can it count.
        let Some(arrived_ms) = self.peer.last_arrived_ms() else { return };
        let until_ms = arrived_ms.saturating_add(self.settings.parameters.keep_alive_timeout_ms);
        for home in Home::BOTH {
            if self.announced.promises && !self.claims(home) {
                let bound_until_ms = &mut self.rights.of_mut(home).bound_until_ms;
                *bound_until_ms = until_ms.max(*bound_until_ms);
            }
        }
    }

    /// When time alone will change a right, or what may be asked of the witness.
    pub(super) fn rights_change_ms(&self) -> Option<u64> {
        if self.settings.parameters.partition == Partition::Available {
            return None;
        }
        let terms = Home::BOTH.into_iter().flat_map(|home| {
            let right = self.rights.of(home);
            let watched_ms = self.watched_until_ms(home).unwrap_or(0);
            [right.promised_until_ms, right.bound_until_ms, right.held_until_ms, watched_ms]
        });
        terms.filter(|at_ms| *at_ms > self.now_ms).min()
    }

    /// Until when the node may serve whom it serves.
    pub(super) fn serve_until_ms(&self) -> u64 {
        let served = [(Home::Own, self.gate.own), (Home::Peers, self.gate.peer)];
        let open = served.into_iter().filter(|(_, open)| *open);
        open.map(|(home, _)| self.right_until_ms(home)).min().unwrap_or(u64::MAX)
    }
}
