//! The right to serve a home: promises, which are heartbeats, and leases at the witness (`docs/behaviour.md` §9.1).
//!
//! A node has the right where it is no longer bound by its own promise, and its peer's promise or its own lease holds. A
//! right counts from the sending of what asked for it; a bond counts from the arrival, which is later. So no bond ends
//! before the right that rests on it.

use serde::{Deserialize, Serialize};

use super::Core;
use super::step::Step;
use crate::heartbeat::Echo;
use crate::law::{Law, Weakness};
use crate::parameters::{Partition, Rank};
use crate::state::{State, States};
use crate::table::PeerFact;
use crate::witness::{LeaseRecord, LeaseReply, Wish, WitnessRequest};

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
        let heard_off = self.peer.latest.as_ref().is_some_and(|peer| !peer.announced.high_availability.on);
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
        if holds {
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

    /// Whether this node wants the lease of a home. Nobody holds the peer's without holding his own: so two that want
    /// both do not each get the other's.
    fn wants(&self, home: Home) -> bool {
        let stands_in = self.peer_silent() && self.could_take_over();
        self.claims(home) || (stands_in && (home == Home::Own || self.holds(Home::Own)))
    }

    fn wish(&self, home: Home, lease_ms: u64) -> Wish {
        let Some(Record { lease, since_ms }) = self.rights.of(home).record else { return Wish::Read };
        let known = self.memory.epoch.max(lease.epoch);
        let revision = lease.revision;
        match lease.holder {
            Some(rank) if rank == self.settings.rank => {
                if self.wants(home) {
                    Wish::Hold { revision, epoch: known }
                } else {
                    Wish::Release { revision, epoch: known }
                }
            }
            Some(_) if self.now_ms < since_ms.saturating_add(lease_ms) => Wish::Read,
            holder if self.wants(home) && !self.is_bound(home) => {
                let takes = holder.is_some() || home == Home::Peers;
                Wish::Hold { revision, epoch: known + u64::from(takes) }
            }
            _ => Wish::Read,
        }
    }

    /// Asks the witness, once an interval, and sooner where there is something to be written.
    pub(super) fn ask_witness(&mut self, step: &mut Step) {
        let Some(lease_ms) = self.lease_ms().filter(|_| self.settings.has_peer) else { return };
        for home in Home::BOTH {
            // What is let go of is not to be used again, whenever the witness hears of that.
            if !self.wants(home) {
                self.rights.of_mut(home).held_until_ms = 0;
            }
        }
        let waits = self.rights.asked.is_some_and(|asked| self.now_ms < asked.sent_ms + lease_ms / 2);
        if (waits && !step.leaves()) || (self.left && !step.leaves()) {
            return;
        }
        let own = self.settings.rank;
        let wish_of = |rank| self.wish(Home::named(rank, own), lease_ms);
        let wishes = [wish_of(Rank::First), wish_of(Rank::Second)];
        let is_news = |(rank, wish): (Rank, &Wish)| match wish {
            Wish::Read => false,
            Wish::Release { .. } => true,
            Wish::Hold { .. } => !self.holds_by_clock(Home::named(rank, own)),
        };
        let hurries = self.rights.answers && [Rank::First, Rank::Second].into_iter().zip(&wishes).any(is_news);
        if self.now_ms < self.rights.next_ask_ms && !hurries && !step.leaves() {
            return;
        }
        let rights = &mut self.rights;
        rights.requests += 1;
        let request = WitnessRequest { token: rights.requests, wishes };
        rights.asked = Some(Asked { request, sent_ms: self.now_ms });
        rights.answers = false;
        rights.next_ask_ms = self.now_ms + self.settings.parameters.keep_alive_interval_ms;
        step.ask(request);
    }

    fn holds_by_clock(&self, home: Home) -> bool {
        self.now_ms < self.held_until_ms(home)
    }

    /// Takes in what the witness says. A lease counts from when it was asked for; a record that is seen for the first
    /// time, from now.
    pub(super) fn take_leases(&mut self, token: u64, leases: Option<[LeaseReply; 2]>, law: Law) {
        let Some(lease_ms) = self.lease_ms() else { return };
        let Some(asked) = self.rights.asked.filter(|asked| asked.request.token == token) else { return };
        self.rights.asked = None;
        let Some(leases) = leases else { return };
        self.rights.answered_ms = Some(self.now_ms);
        let counts_from_ms = if law.weakness == Some(Weakness::LeaseFromReply) { self.now_ms } else { asked.sent_ms };
        for ((rank, reply), wish) in [Rank::First, Rank::Second].into_iter().zip(leases).zip(asked.request.wishes) {
            let LeaseReply { swapped, record: lease } = reply;
            self.memory.epoch = self.memory.epoch.max(lease.epoch);
            let now_ms = self.now_ms;
            let right = self.rights.of_mut(Home::named(rank, self.settings.rank));
            if swapped && matches!(wish, Wish::Hold { .. }) {
                right.held_until_ms = counts_from_ms.saturating_add(safe(lease_ms));
            }
            let known = right.record.filter(|known| known.lease.revision == lease.revision);
            right.record = Some(Record { lease, since_ms: known.map_or(now_ms, |known| known.since_ms) });
        }
        // What was written by somebody else meanwhile can wait for the interval.
        let wrote = |(wish, reply): (&Wish, &LeaseReply)| *wish == Wish::Read || reply.swapped;
        self.rights.answers = asked.request.wishes.iter().zip(&leases).all(wrote);
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

    /// Until when the peer's record of this home must stand still before it can be replaced.
    fn watched_until_ms(&self, home: Home) -> Option<u64> {
        let lease_ms = self.lease_ms()?;
        let record = self.rights.of(home).record?;
        let theirs = record.lease.holder.is_some_and(|rank| rank != self.settings.rank);
        theirs.then(|| record.since_ms.saturating_add(lease_ms))
    }

    /// When the witness is asked next.
    pub(super) fn next_ask_ms(&self) -> Option<u64> {
        let lease_ms = self.lease_ms().filter(|_| self.settings.has_peer && !self.left)?;
        let rights = &self.rights;
        Some(rights.asked.map_or(rights.next_ask_ms, |asked| rights.next_ask_ms.max(asked.sent_ms + lease_ms / 2)))
    }

    /// Whether the witness has not answered for the time of a lease.
    pub(super) fn witness_is_lost(&self) -> bool {
        let since_ms = self.rights.answered_ms.unwrap_or(self.rights.since_ms);
        self.lease_ms().is_some_and(|lease_ms| self.now_ms >= since_ms.saturating_add(lease_ms))
    }

    /// Until when the node may serve whom it serves.
    pub(super) fn serve_until_ms(&self) -> u64 {
        let served = [(Home::Own, self.gate.own), (Home::Peers, self.gate.peer)];
        let open = served.into_iter().filter(|(_, open)| *open);
        open.map(|(home, _)| self.right_until_ms(home)).min().unwrap_or(u64::MAX)
    }
}

// Without dates; see [`super::timeless`].
impl Core {
    /// Whether this of a right has not ended yet.
    pub fn has_term(&self, term: Term, home: Home) -> bool {
        let right = self.rights.of(home);
        self.now_ms
            < match term {
                Term::Promised => right.promised_until_ms,
                Term::Bound => right.bound_until_ms,
                Term::Held => right.held_until_ms,
                Term::Watched => self.watched_until_ms(home).unwrap_or(0),
            }
    }

    /// What the witness has been asked and has not answered.
    pub fn asked(&self) -> Option<WitnessRequest> {
        self.rights.asked.map(|asked| asked.request)
    }

    /// Whether its peer is not heard, and may still serve its users.
    pub fn is_apart(&self) -> bool {
        self.peer_fact() == PeerFact::Apart
    }

    /// Whether this node lays claim to a home.
    pub fn claims(&self, home: Home) -> bool {
        self.leaving_ms.is_none() && self.state.claims(home)
    }

    /// Whether an administrator has vouched for it that the peer serves nobody.
    pub fn vouched(&self) -> bool {
        self.rights.vouched
    }

    /// The answer that is to come is to a request that was sent longer ago than a lease holds.
    pub fn asked_long_ago(&mut self) {
        let lease_ms = self.lease_ms().unwrap_or(0);
        if let Some(asked) = &mut self.rights.asked {
            asked.sent_ms = self.now_ms.saturating_sub(lease_ms);
        }
    }

    pub(super) fn term_runs_out(&mut self, term: Term, home: Home) -> bool {
        let runs = self.has_term(term, home);
        let (now_ms, lease_ms) = (self.now_ms, self.lease_ms().unwrap_or(0));
        let right = self.rights.of_mut(home);
        if runs {
            match term {
                Term::Promised => right.promised_until_ms = now_ms,
                Term::Bound => right.bound_until_ms = now_ms,
                Term::Held => right.held_until_ms = now_ms,
                Term::Watched => {
                    if let Some(record) = &mut right.record {
                        record.since_ms = now_ms - lease_ms;
                    }
                }
            }
        }
        runs
    }

    pub(super) fn ask_is_due(&mut self) -> bool {
        let due = self.lease_ms().is_some() && self.rights.asked.is_none() && !self.left;
        if due {
            self.rights.next_ask_ms = self.now_ms;
        }
        due
    }

    /// This node's rights have run out, since it did not run for so long.
    pub(super) fn rights_run_out(&mut self) {
        for home in Home::BOTH {
            self.term_runs_out(Term::Promised, home);
            self.term_runs_out(Term::Held, home);
        }
    }

    pub(super) fn timeless_rights(&mut self, then_ms: u64, number: u64) {
        let (now_ms, lease_ms) = (self.now_ms, self.lease_ms().unwrap_or(0));
        let timeout_ms = self.settings.parameters.keep_alive_timeout_ms;
        let interval_ms = self.settings.parameters.keep_alive_interval_ms;
        let rights = &mut self.rights;
        let renew = |until_ms: u64, length_ms: u64| if until_ms > then_ms { now_ms + length_ms } else { 0 };
        for right in &mut rights.homes {
            right.promised_until_ms = renew(right.promised_until_ms, timeout_ms);
            right.bound_until_ms = renew(right.bound_until_ms, timeout_ms);
            right.held_until_ms = renew(right.held_until_ms, lease_ms);
            if let Some(record) = &mut right.record {
                let stands = then_ms.saturating_sub(record.since_ms) >= lease_ms;
                let theirs = record.lease.holder.is_some_and(|rank| rank != self.settings.rank);
                record.since_ms = if stands && theirs { now_ms - lease_ms } else { now_ms };
                (record.lease.revision, record.lease.epoch) = (number, number);
            }
        }
        if let Some(asked) = &mut rights.asked {
            asked.sent_ms = now_ms;
            asked.request.token = number;
            for wish in &mut asked.request.wishes {
                match wish {
                    Wish::Read => {}
                    Wish::Hold { revision, epoch } | Wish::Release { revision, epoch } => {
                        (*revision, *epoch) = (number, number);
                    }
                }
            }
        }
        (rights.requests, rights.next_ask_ms) = (number, now_ms + interval_ms);
        (rights.answered_ms, rights.since_ms) = (None, now_ms);
    }
}
