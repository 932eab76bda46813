//! What is asked of the witness, and what is made of its answers.

use super::{Asked, Home, Record, safe};
use crate::law::{Law, Weakness};
use crate::machine::Core;
use crate::machine::step::Step;
use crate::parameters::Rank;
use crate::state::State;
use crate::witness::{LeaseReply, Wish, WitnessRequest};

/// How far ahead an epoch may be and still be one that the two nodes have come to.
const EPOCH_AHEAD_MAX: u64 = 1 << 32;

impl Core {
    /// Whether this node wants the lease of a home. To stand in it takes its own before its peer's: so of two that would
    /// stand in for each other neither ends with the other's alone.
    fn wants(&self, home: Home) -> bool {
        let stands_in = self.peer_silent() && self.could_take_over();
        self.claims(home) || (stands_in && (home == Home::Own || self.holds(Home::Own)))
    }

    fn wish(&self, home: Home) -> Wish {
        let Some(Record { lease, .. }) = self.rights.of(home).record else { return Wish::Read };
        let (revision, epoch) = (lease.revision, self.memory.epoch);
        match lease.holder {
            Some(rank) if rank == self.settings.rank => match self.state {
                _ if self.wants(home) => Wish::Hold { revision, epoch },
                // The daemon has restarted: it may want it in a moment, and if not, the lease lapses.
                State::Initializing => Wish::Read,
                _ => Wish::Release { revision, epoch },
            },
            _ if self.watched_until_ms(home).is_some_and(|until_ms| self.now_ms < until_ms) => Wish::Read,
            holder if self.wants(home) && !self.is_bound(home) => {
                let takes = holder.is_some() || home == Home::Peers;
                Wish::Hold { revision, epoch: epoch.saturating_add(takes.into()) }
            }
            _ => Wish::Read,
        }
    }

    /// Asks the witness, once an interval, and sooner where there is something to be written.
    pub(in crate::machine) fn ask_witness(&mut self, step: &mut Step) {
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
        let wish_of = |rank| self.wish(Home::named(rank, own));
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
    pub(in crate::machine) fn take_leases(&mut self, token: u64, leases: Option<[LeaseReply; 2]>, law: Law) {
        let Some(lease_ms) = self.lease_ms() else { return };
        let Some(asked) = self.rights.asked.filter(|asked| asked.request.token == token) else { return };
        self.rights.asked = None;
        let Some(leases) = leases else { return };
        self.rights.answered_ms = Some(self.now_ms);
        let counts_from_ms = if law.weakness == Some(Weakness::LeaseFromReply) { self.now_ms } else { asked.sent_ms };
        for ((rank, reply), wish) in [Rank::First, Rank::Second].into_iter().zip(leases).zip(asked.request.wishes) {
            let LeaseReply { swapped, record: lease } = reply;
            // No pair takes over so often: somebody has written that who is none of the two.
            if lease.epoch.saturating_sub(self.memory.epoch) <= EPOCH_AHEAD_MAX {
                self.memory.epoch = self.memory.epoch.max(lease.epoch);
            }
            let now_ms = self.now_ms;
            let right = self.rights.of_mut(Home::named(rank, self.settings.rank));
            if lease.holder.is_some_and(|holder| holder != self.settings.rank) {
                right.held_until_ms = 0;
            }
            if swapped && matches!(wish, Wish::Hold { .. }) {
                right.held_until_ms = counts_from_ms.saturating_add(safe(lease_ms));
            }
            let known = right.record.filter(|known| known.lease.revision == lease.revision);
            right.record = Some(Record { lease, since_ms: known.map_or(now_ms, |known| known.since_ms) });
        }
        // From here on it is the leases that vouch for it.
        if Home::BOTH.into_iter().all(|home| self.holds(home)) {
            self.rights.vouched = false;
        }
        // What was written by somebody else meanwhile can wait for the interval.
        let wrote = |(wish, reply): (&Wish, &LeaseReply)| *wish == Wish::Read || reply.swapped;
        self.rights.answers = asked.request.wishes.iter().zip(&leases).all(wrote);
    }

    /// Until when the record of this home must stand still before it can be replaced: that of the peer, and one that is
    /// not there, since it may have been there a moment ago.
    pub(in crate::machine) fn watched_until_ms(&self, home: Home) -> Option<u64> {
        let lease_ms = self.lease_ms()?;
        let record = self.rights.of(home).record?;
        let theirs = record.lease.holder.is_some_and(|rank| rank != self.settings.rank);
        (theirs || record.lease.revision == 0).then(|| record.since_ms.saturating_add(lease_ms))
    }

    /// When the witness is asked next.
    pub(in crate::machine) fn next_ask_ms(&self) -> Option<u64> {
        let lease_ms = self.lease_ms().filter(|_| self.settings.has_peer && !self.left)?;
        let rights = &self.rights;
        Some(rights.asked.map_or(rights.next_ask_ms, |asked| rights.next_ask_ms.max(asked.sent_ms + lease_ms / 2)))
    }

    /// Whether the witness has not answered for the time of a lease.
    pub(in crate::machine) fn witness_is_lost(&self) -> bool {
        let since_ms = self.rights.answered_ms.unwrap_or(self.rights.since_ms);
        self.lease_ms().is_some_and(|lease_ms| self.now_ms >= since_ms.saturating_add(lease_ms))
    }
}
