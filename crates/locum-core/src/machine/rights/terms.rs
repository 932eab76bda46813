//! Rights without their dates; see [`crate::machine::timeless`].

use super::{Home, Term};
use crate::machine::Core;
use crate::table::PeerFact;
use crate::witness::{Wish, WitnessRequest};

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

    pub(in crate::machine) fn term_runs_out(&mut self, term: Term, home: Home) -> bool {
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

    pub(in crate::machine) fn ask_is_due(&mut self) -> bool {
        let due = self.lease_ms().is_some() && self.rights.asked.is_none() && !self.left;
        if due {
            self.rights.next_ask_ms = self.now_ms;
        }
        due
    }

    /// This node's rights have run out, since it did not run for so long.
    pub(in crate::machine) fn rights_run_out(&mut self) {
        for home in Home::BOTH {
            self.term_runs_out(Term::Promised, home);
            self.term_runs_out(Term::Held, home);
        }
    }

    pub(in crate::machine) fn timeless_rights(&mut self, then_ms: u64, number: u64) {
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
